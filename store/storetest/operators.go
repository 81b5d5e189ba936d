package storetest

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imdesk/store"
)

// Operators is the contract of store.Operators.
func Operators(t *testing.T, open Open) {
	t.Run("an operator comes back as added", func(t *testing.T) {
		s := open(t)
		want := store.Operator{
			Name: "Mei Lin 林梅", PasswordHash: "$argon2id$x", Role: "lead", Disabled: true, CreatedAt: day.Add(999),
			Prefs: store.Prefs{Language: "zh", Theme: "dark", Density: "compact", TimeZone: "Asia/Shanghai", SingleKeys: true},
		}
		got := value[store.Operator](t)(s.Operators.Add(t.Context(), want))
		if got.ID == "" {
			t.Error("no id")
		}
		want.ID, want.CreatedAt = got.ID, day // cut to the millisecond
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error("added:", diff)
		}
		if diff := cmp.Diff(want, value[store.Operator](t)(s.Operators.Get(t.Context(), got.ID))); diff != "" {
			t.Error("read:", diff)
		}
	})
	t.Run("names", func(t *testing.T) { operatorNames(t, open(t)) })
	t.Run("changes", func(t *testing.T) { operatorChanges(t, open(t)) })
	t.Run("the last owner stays", func(t *testing.T) { lastOwner(t, open(t)) })
	t.Run("two owners cannot remove each other", func(t *testing.T) { ownersAtOnce(t, open(t)) })
	t.Run("list and count", func(t *testing.T) {
		s := open(t)
		if n := value[int](t)(s.Operators.Count(t.Context())); n != 0 {
			t.Errorf("%d operators at first", n)
		}
		for _, name := range []string{"Zoe", "adam", "Ömer", "Bea"} {
			operator(t, s, name)
		}
		var names []string
		for _, o := range value[[]store.Operator](t)(s.Operators.List(t.Context())) {
			names = append(names, o.Name)
		}
		if diff := cmp.Diff([]string{"adam", "Bea", "Zoe", "Ömer"}, names); diff != "" {
			t.Error(diff)
		}
		if n := value[int](t)(s.Operators.Count(t.Context())); n != 4 {
			t.Errorf("counted %d", n)
		}
	})
}

func operatorNames(t *testing.T, s *store.Store) {
	ctx := t.Context()
	added := operator(t, s, "  Straße\u00a0ﬁ Ａ e\u0301 ")
	if want := "Straße fi A é"; added.Name != want {
		t.Errorf("name is %q, want %q", added.Name, want)
	}
	for _, same := range []string{"Straße fi A é", "STRASSE FI a É", "straße ﬁ ａ e\u0301", " strasse fi a é "} {
		got, err := s.Operators.ByName(ctx, same)
		if err != nil || got.ID != added.ID {
			t.Errorf("by name %q: %v, %v", same, got.Name, err)
		}
		_, err = s.Operators.Add(ctx, store.Operator{Name: same, CreatedAt: day})
		wantErr(t, err, store.ErrConflict)
	}
	_, err := s.Operators.ByName(ctx, "strasse")
	wantErr(t, err, store.ErrNotFound)
	for _, bad := range []string{"", "   ", "a\nb", "a\x00b\u200b", "a\u202eb", strings.Repeat("林", store.MaxOperatorName+1)} {
		_, err := s.Operators.Add(ctx, store.Operator{Name: bad, CreatedAt: day})
		wantErr(t, err, store.ErrInvalid)
	}
	operator(t, s, strings.Repeat("林", store.MaxOperatorName))
}

func operatorChanges(t *testing.T, s *store.Store) {
	ctx := t.Context()
	want, other := operator(t, s, "mei"), operator(t, s, "tom")
	want.PasswordHash, want.Role, want.Disabled = "$new", "support", true
	want.Prefs = store.Prefs{Language: "en", Theme: "light", Density: "compact", TimeZone: "UTC", SingleKeys: true}
	must(t, s.Operators.SetPassword(ctx, want.ID, want.PasswordHash))
	must(t, s.Operators.SetRole(ctx, want.ID, want.Role))
	must(t, s.Operators.SetPrefs(ctx, want.ID, want.Prefs))
	must(t, s.Operators.SetDisabled(ctx, want.ID, true))
	for _, o := range []store.Operator{want, other} {
		if diff := cmp.Diff(o, value[store.Operator](t)(s.Operators.Get(ctx, o.ID))); diff != "" {
			t.Error(diff)
		}
	}
	must(t, s.Operators.SetDisabled(ctx, want.ID, false))
	if value[store.Operator](t)(s.Operators.Get(ctx, want.ID)).Disabled {
		t.Error("is still disabled")
	}

	_, err := s.Operators.Get(ctx, "nobody")
	wantErr(t, err, store.ErrNotFound)
	wantErr(t, s.Operators.SetPassword(ctx, "nobody", "x"), store.ErrNotFound)
	wantErr(t, s.Operators.SetRole(ctx, "nobody", "lead"), store.ErrNotFound)
	wantErr(t, s.Operators.SetPrefs(ctx, "nobody", store.Prefs{}), store.ErrNotFound)
	wantErr(t, s.Operators.SetDisabled(ctx, "nobody", true), store.ErrNotFound)
}

func lastOwner(t *testing.T, s *store.Store) {
	ctx := t.Context()
	a, b := operator(t, s, "a"), operator(t, s, "b")
	must(t, s.Operators.SetRole(ctx, a.ID, store.RoleOwner))
	wantErr(t, s.Operators.SetRole(ctx, a.ID, "lead"), store.ErrLastOwner)
	wantErr(t, s.Operators.SetDisabled(ctx, a.ID, true), store.ErrLastOwner)
	must(t, s.Operators.SetRole(ctx, a.ID, store.RoleOwner)) // no change
	if o := value[store.Operator](t)(s.Operators.Get(ctx, a.ID)); o.Role != store.RoleOwner || o.Disabled {
		t.Errorf("was changed all the same: %+v", o)
	}
	must(t, s.Operators.SetRole(ctx, b.ID, store.RoleOwner))
	must(t, s.Operators.SetDisabled(ctx, a.ID, true))
	wantErr(t, s.Operators.SetRole(ctx, b.ID, "lead"), store.ErrLastOwner) // a is disabled and does not count
	must(t, s.Operators.SetRole(ctx, a.ID, "lead"))                        // a was no owner who counts
}

func ownersAtOnce(t *testing.T, s *store.Store) {
	ctx := t.Context()
	var owners []store.Operator
	for i := range 8 {
		o := operator(t, s, string(rune('a'+i)))
		must(t, s.Operators.SetRole(ctx, o.ID, store.RoleOwner))
		owners = append(owners, o)
	}
	var wg sync.WaitGroup
	errs := make([]error, len(owners))
	for i, o := range owners {
		wg.Go(func() { errs[i] = s.Operators.SetRole(ctx, o.ID, "lead") })
	}
	wg.Wait()
	refused := 0
	for _, err := range errs {
		if errors.Is(err, store.ErrLastOwner) {
			refused++
		} else {
			must(t, err)
		}
	}
	if refused != 1 {
		t.Errorf("%d of %d changes were refused, want 1", refused, len(errs))
	}
}
