package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/store"
)

// Roles is the contract of store.Roles.
func Roles(t *testing.T, open Open) {
	t.Run("own roles", func(t *testing.T) { ownRoles(t, open(t)) })
	t.Run("who has which", func(t *testing.T) { heldRoles(t, open(t)) })
	t.Run("the last owner keeps the role", func(t *testing.T) {
		s := open(t)
		a, b := operator(t, s, "a"), operator(t, s, "b")
		must(t, s.Operators.SetRole(t.Context(), a.ID, store.RoleOwner))
		wantErr(t, s.Roles.Set(t.Context(), a.ID, "", map[string]string{"demo": store.RoleOwner}), store.ErrLastOwner)
		if held := value[[]store.HeldRole](t)(s.Roles.Of(t.Context(), a.ID)); len(held) != 1 || held[0].Role != store.RoleOwner || held[0].App != "" {
			t.Errorf("the roles were changed all the same: %+v", held)
		}
		must(t, s.Roles.Set(t.Context(), b.ID, store.RoleOwner, nil))
		var wg sync.WaitGroup
		var errs [2]error
		for i, o := range []store.Operator{a, b} {
			wg.Go(func() { errs[i] = s.Roles.Set(t.Context(), o.ID, "viewer", nil) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("two owners at once: %v, %v", errs[0], errs[1])
		}
	})
}

func ownRoles(t *testing.T, s *store.Store) {
	ctx := t.Context()
	night := value[store.OwnRole](t)(s.Roles.Add(ctx, store.OwnRole{Title: "Night shift 夜班", Base: "moderator", Verbs: []string{"member.mute", "console.view"}, ChangedAt: day}))
	if night.ID == "" || night.Version != 1 {
		t.Errorf("added %+v", night)
	}
	if diff := cmp.Diff(night, value[store.OwnRole](t)(s.Roles.Get(ctx, night.ID))); diff != "" {
		t.Error(diff)
	}
	_, err := s.Roles.Add(ctx, store.OwnRole{Title: " NIGHT shift 夜班", Base: "viewer", ChangedAt: day})
	wantErr(t, err, store.ErrConflict)
	for _, bad := range []string{"", "a\nb"} {
		_, err := s.Roles.Add(ctx, store.OwnRole{Title: bad})
		wantErr(t, err, store.ErrInvalid)
	}
	other := value[store.OwnRole](t)(s.Roles.Add(ctx, store.OwnRole{Title: "Auditors", Base: "viewer", ChangedAt: day}))

	changed := night
	changed.Title, changed.Verbs, changed.ChangedAt = "Late shift", []string{"console.view"}, day.Add(time.Second)
	must(t, s.Roles.Change(ctx, changed))
	wantErr(t, s.Roles.Change(ctx, changed), store.ErrConflict) // somebody saw the version before
	changed.Version++
	changed.Title = "auditors"
	wantErr(t, s.Roles.Change(ctx, changed), store.ErrConflict)
	changed.Title = "Late shift"
	list := value[[]store.OwnRole](t)(s.Roles.List(ctx))
	if diff := cmp.Diff([]store.OwnRole{other, changed}, list, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
		t.Error(diff)
	}
	wantErr(t, s.Roles.Change(ctx, store.OwnRole{ID: "nobody", Title: "x"}), store.ErrNotFound)

	// A role that somebody has, or is promised, stays.
	mei := operator(t, s, "mei")
	must(t, s.Roles.Set(ctx, mei.ID, "", map[string]string{"demo": night.ID}))
	wantErr(t, s.Roles.Remove(ctx, night.ID, day), store.ErrConflict)
	must(t, s.Roles.Set(ctx, mei.ID, "viewer", nil))
	i := value[store.Invite](t)(s.Invites.Add(ctx, store.Invite{TokenHash: "h", AppRoles: map[string]string{"demo": night.ID}, CreatedAt: day, ExpiresAt: day.Add(time.Hour)}))
	wantErr(t, s.Roles.Remove(ctx, night.ID, day), store.ErrConflict)
	must(t, s.Invites.Revoke(ctx, i.ID, day))
	must(t, s.Roles.Remove(ctx, night.ID, day))
	wantErr(t, s.Roles.Remove(ctx, night.ID, day), store.ErrNotFound)
}

func heldRoles(t *testing.T, s *store.Store) {
	ctx := t.Context()
	own := value[store.OwnRole](t)(s.Roles.Add(ctx, store.OwnRole{Title: "Own", Base: "viewer", Verbs: []string{"console.view"}, ChangedAt: day}))
	mei, tom := operator(t, s, "mei"), operator(t, s, "tom")
	must(t, s.Roles.Set(ctx, mei.ID, "viewer", map[string]string{"shop": "lead", "demo": own.ID}))
	want := []store.HeldRole{
		{OperatorID: mei.ID, Role: "viewer"},
		{OperatorID: mei.ID, App: "demo", Role: own.ID, Own: true, Title: "Own", Verbs: []string{"console.view"}},
		{OperatorID: mei.ID, App: "shop", Role: "lead"},
	}
	if diff := cmp.Diff(want, value[[]store.HeldRole](t)(s.Roles.Of(ctx, mei.ID))); diff != "" {
		t.Error(diff)
	}
	if n := len(value[[]store.HeldRole](t)(s.Roles.Everybody(ctx))); n != 4 {
		t.Errorf("%d roles of all, want 4", n)
	}
	must(t, s.Roles.Set(ctx, mei.ID, "", nil))
	if held := value[[]store.HeldRole](t)(s.Roles.Of(ctx, mei.ID)); len(held) != 0 {
		t.Errorf("still has %+v", held)
	}
	if held := value[[]store.HeldRole](t)(s.Roles.Of(ctx, tom.ID)); len(held) != 1 || held[0].Role != "moderator" {
		t.Errorf("the other one has %+v", held)
	}
	wantErr(t, s.Roles.Set(ctx, "nobody", "viewer", map[string]string{"demo": "lead"}), store.ErrNotFound)
}

// Invites is the contract of store.Invites.
func Invites(t *testing.T, open Open) {
	add := func(t *testing.T, s *store.Store, hash, operatorID string) store.Invite {
		t.Helper()
		return value[store.Invite](t)(s.Invites.Add(t.Context(), store.Invite{
			TokenHash: hash, OperatorID: operatorID, Note: "for Tom 汤姆", Role: "viewer", AppRoles: map[string]string{"demo": "lead"},
			ByID: "x", ByName: "Mei", CreatedAt: day, ExpiresAt: day.Add(time.Hour),
		}))
	}
	t.Run("for somebody new, once", func(t *testing.T) {
		s, ctx := open(t), t.Context()
		i := add(t, s, "h1", "")
		if diff := cmp.Diff(i, value[store.Invite](t)(s.Invites.ByToken(ctx, "h1"))); diff != "" || i.AppRoles["demo"] != "lead" || !i.ExpiresAt.Equal(day.Add(time.Hour)) {
			t.Errorf("%+v %s", i, diff)
		}
		_, err := s.Invites.ByToken(ctx, "h2")
		wantErr(t, err, store.ErrNotFound)
		operator(t, s, "taken")
		_, err = s.Invites.Accept(ctx, i.ID, store.Operator{Name: "Taken"}, at(1))
		wantErr(t, err, store.ErrConflict) // and the invite is still open
		var wg sync.WaitGroup
		var errs [4]error
		for n := range errs {
			wg.Go(func() {
				_, errs[n] = s.Invites.Accept(ctx, i.ID, store.Operator{Name: string(rune('a' + n)), PasswordHash: "$x", CreatedAt: day}, at(1))
			})
		}
		wg.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else {
				wantErr(t, err, store.ErrNotFound)
			}
		}
		used := value[store.Invite](t)(s.Invites.Get(ctx, i.ID))
		if made != 1 || used.UsedAt.IsZero() {
			t.Errorf("%d were made, used at %v", made, used.UsedAt)
		}
		if held := value[[]store.HeldRole](t)(s.Roles.Of(ctx, used.UsedBy)); len(held) != 2 || held[0].Role != "viewer" || held[1].Role != "lead" {
			t.Errorf("the new operator has %+v", held)
		}
		wantErr(t, s.Invites.Revoke(ctx, i.ID, at(2)), store.ErrNotFound)
	})
	t.Run("for a password", func(t *testing.T) {
		s, ctx := open(t), t.Context()
		o := operator(t, s, "mei")
		i := add(t, s, "h1", o.ID)
		_, err := s.Invites.Accept(ctx, i.ID, store.Operator{Name: "new"}, at(1))
		wantErr(t, err, store.ErrNotFound)
		wantErr(t, s.Invites.Use(ctx, i.ID, "$late", day.Add(time.Hour)), store.ErrNotFound)
		must(t, s.Invites.Use(ctx, i.ID, "$new", at(1)))
		wantErr(t, s.Invites.Use(ctx, i.ID, "$again", at(1)), store.ErrNotFound)
		if got := value[store.Operator](t)(s.Operators.Get(ctx, o.ID)).PasswordHash; got != "$new" {
			t.Errorf("the hash is %q", got)
		}
		add(t, s, "h2", o.ID)
		fresh := add(t, s, "h3", "")
		must(t, s.Invites.RevokeOf(ctx, o.ID, at(2)))
		if v := value[store.Invite](t)(s.Invites.ByToken(ctx, "h2")); v.RevokedAt.IsZero() {
			t.Error("is not revoked")
		}
		must(t, s.Invites.RevokeOf(ctx, "", at(2)))
		if v := value[store.Invite](t)(s.Invites.Get(ctx, fresh.ID)); !v.RevokedAt.IsZero() {
			t.Error("an invite of somebody new was revoked")
		}
		if list := value[[]store.Invite](t)(s.Invites.List(ctx, 2)); len(list) != 2 {
			t.Errorf("a list of %d", len(list))
		}
		if n := value[int](t)(s.Invites.Purge(ctx, day.Add(2*time.Hour), 2)); n != 2 {
			t.Errorf("purged %d", n)
		}
	})
}

// Tokens is the contract of store.Tokens.
func Tokens(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	o := operator(t, s, "mei")
	want := value[store.Token](t)(s.Tokens.Add(ctx, store.Token{
		Hash: "h1", OperatorID: o.ID, Title: "Nightly 夜间", Verbs: []string{"member.mute"}, Apps: []string{"demo"}, Networks: []string{"10.0.0.0/8"},
		CreatedAt: day, ExpiresAt: day.Add(time.Hour),
	}))
	if diff := cmp.Diff(want, value[store.Token](t)(s.Tokens.ByHash(ctx, "h1", at(1)))); diff != "" {
		t.Error(diff)
	}
	all := value[store.Token](t)(s.Tokens.Add(ctx, store.Token{Hash: "h2", OperatorID: o.ID, Title: "All", CreatedAt: at(1)}))
	if v := value[store.Token](t)(s.Tokens.ByHash(ctx, "h2", day.AddDate(9, 0, 0))); v.Apps != nil || !v.ExpiresAt.IsZero() {
		t.Errorf("%+v", v)
	}
	_, err := s.Tokens.ByHash(ctx, "h1", day.Add(time.Hour))
	wantErr(t, err, store.ErrNotFound)
	_, err = s.Tokens.ByHash(ctx, "h3", day)
	wantErr(t, err, store.ErrNotFound)
	must(t, s.Tokens.Touch(ctx, want.ID, at(5), "198.51.100.7"))
	list := value[[]store.Token](t)(s.Tokens.ListOf(ctx, o.ID))
	if len(list) != 2 || list[0].ID != all.ID || !list[1].UsedAt.Equal(at(5)) || list[1].UsedAddress != "198.51.100.7" {
		t.Errorf("listed %+v", list)
	}
	wantErr(t, s.Tokens.Revoke(ctx, "somebody else", want.ID, at(6)), store.ErrNotFound)
	must(t, s.Tokens.Revoke(ctx, o.ID, want.ID, at(6)))
	wantErr(t, s.Tokens.Revoke(ctx, o.ID, want.ID, at(6)), store.ErrNotFound)
	_, err = s.Tokens.ByHash(ctx, "h1", at(6))
	wantErr(t, err, store.ErrNotFound)
	must(t, s.Operators.SetDisabled(ctx, o.ID, true))
	_, err = s.Tokens.ByHash(ctx, "h2", at(6))
	wantErr(t, err, store.ErrNotFound)
	_, err = s.Tokens.Add(ctx, store.Token{Hash: "h4", OperatorID: o.ID})
	wantErr(t, err, store.ErrInvalid)
}

// Access is the contract of store.Access.
func Access(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	office := store.Network{Kind: store.AccessConsole, Network: "198.51.100.0/24", Note: "办公室"}
	bots := store.Network{Kind: store.AccessTokens, Network: "2001:db8::/32"}
	must(t, s.Access.Set(ctx, store.AccessConsole, []store.Network{office, office}))
	must(t, s.Access.Set(ctx, store.AccessTokens, []store.Network{bots}))
	if diff := cmp.Diff([]store.Network{office, bots}, value[[]store.Network](t)(s.Access.List(ctx))); diff != "" {
		t.Error(diff)
	}
	must(t, s.Access.Set(ctx, store.AccessConsole, nil))
	if diff := cmp.Diff([]store.Network{bots}, value[[]store.Network](t)(s.Access.List(ctx))); diff != "" {
		t.Error(diff)
	}
	wantErr(t, s.Access.Set(ctx, store.AccessConsole, make([]store.Network, store.MaxNetworks+1)), store.ErrInvalid)
}
