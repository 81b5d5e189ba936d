package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imdesk/store"
)

// Sanctions is the contract of store.Sanctions.
func Sanctions(t *testing.T, open Open) {
	s := open(t)
	t.Run("log", func(t *testing.T) { sanctionLog(t, s) })
	t.Run("changes", func(t *testing.T) { sanctionChanges(t, s) })
	t.Run("looks", func(t *testing.T) { sanctionLooks(t, s) })
	t.Run("erasing", func(t *testing.T) { sanctionErase(t, s) })
}

func sanctionLog(t *testing.T, s *store.Store) {
	ctx := t.Context()
	act := func(action string) int64 {
		t.Helper()
		id := value[int64](t)(s.Audit.Begin(ctx, store.AuditEntry{At: day, OperatorID: "o1", App: "log", Action: action, Users: []string{"ann"}}))
		must(t, s.Audit.Finish(ctx, id, store.AuditOutcome{At: day, State: store.AuditOK, Items: []store.AuditItem{{ID: "ann", Code: store.ItemOK, After: "x"}}}))
		return id
	}
	first := act("member.mute")
	act("message.recall")
	second := act("member.ban")
	b := value[store.SanctionBatch](t)(s.Sanctions.Next(ctx, []string{"member.mute", "member.ban"}))
	if len(b.Entries) != 2 || b.Entries[0].ID != first || b.Entries[1].ID != second || b.From != 0 || len(b.Entries[0].Outcome.Items) != 1 {
		t.Fatalf("part of the log: %+v", b)
	}
	must(t, s.Sanctions.Apply(ctx, b, nil))
	wantErr(t, s.Sanctions.Apply(ctx, b, []store.SanctionChange{{Sanction: store.Sanction{App: "log", User: "ann", Kind: store.SanctionMute, Group: "g"}, At: day}}), store.ErrConflict)
	if b := value[store.SanctionBatch](t)(s.Sanctions.Next(ctx, []string{"member.mute"})); b.From != b.To || len(b.Entries) != 0 {
		t.Errorf("nothing is new: %+v", b)
	}
	if n := value[int](t)(s.Sanctions.Count(ctx, store.SanctionFilter{App: "log"})); n != 0 {
		t.Errorf("%d rows of a part that another console took up", n)
	}
	for range store.MaxSanctionBatch + 1 {
		act("member.mute")
	}
	b = value[store.SanctionBatch](t)(s.Sanctions.Next(ctx, []string{"member.mute"}))
	must(t, s.Sanctions.Apply(ctx, b, nil))
	rest := value[store.SanctionBatch](t)(s.Sanctions.Next(ctx, []string{"member.mute"}))
	if len(b.Entries) != store.MaxSanctionBatch || len(rest.Entries) != 1 {
		t.Errorf("%d entries and then %d, want %d and 1", len(b.Entries), len(rest.Entries), store.MaxSanctionBatch)
	}
	must(t, s.Sanctions.Apply(ctx, rest, nil))
}

func sanctionChanges(t *testing.T, s *store.Store) {
	ctx := t.Context()
	n := int64(0)
	tell := func(x store.SanctionChange) int64 {
		t.Helper()
		n++
		x.App, x.User, x.Audit = "c", "ann", n
		if x.Kind == "" {
			x.Kind, x.Group = store.SanctionMute, "g"
		}
		if x.Since = day.Add(time.Duration(n) * time.Minute); x.At.IsZero() {
			x.At = x.Since
		}
		must(t, s.Sanctions.Tell(ctx, []store.SanctionChange{x}))
		return n
	}
	show := func() string {
		t.Helper()
		var lines []string
		for _, x := range value[[]store.Sanction](t)(s.Sanctions.List(ctx, store.SanctionFilter{App: "c"}, 0, 200)) {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s by %s %s %s", x.Kind, x.ByName, x.State, x.How)))
		}
		return strings.Join(lines, "; ")
	}
	want := func(what, want string) {
		t.Helper()
		if got := show(); got != want {
			t.Errorf("%s:\n got %s\nwant %s", what, got, want)
		}
	}
	by := func(name string, until time.Duration) store.SanctionChange {
		return store.SanctionChange{Sanction: store.Sanction{ByID: name, ByName: name, Source: store.SanctionByOperator, Until: day.Add(until), Reason: "spam\x00"}}
	}
	lift := func(name string) store.SanctionChange {
		x := by(name, 0)
		x.Lift = true
		return x
	}
	tell(by("mei", 24*time.Hour))
	second := tell(by("tom", 48*time.Hour))
	want("a second mute", "mute by tom in_force; mute by mei replaced")
	undo := by("tom", 24*time.Hour)
	undo.Undo = second
	tell(undo)
	want("the second is taken back", "mute by tom lifted undone; mute by mei in_force")
	lifted := tell(lift("zoe"))
	want("lifted", "mute by tom lifted undone; mute by mei lifted")
	undo.Undo = lifted
	tell(undo)
	want("lifting is taken back", "mute by tom lifted undone; mute by mei in_force")
	doubt := lift("zoe")
	doubt.Doubt = true
	tell(doubt)
	want("nobody knows whether it was lifted", "mute by tom lifted undone; mute by mei in_force")
	if x := value[[]store.Sanction](t)(s.Sanctions.List(ctx, store.SanctionFilter{App: "c", States: []string{store.SanctionInForce}}, 0, 1)); !x[0].Doubt || x[0].EndedBy != "zoe" || x[0].Reason != "spam\uFFFD" {
		t.Errorf("in doubt: %+v", x)
	}
	adopt := by("mei", 30*time.Hour)
	adopt.Adopt = true
	tell(adopt)
	if x := value[[]store.Sanction](t)(s.Sanctions.List(ctx, store.SanctionFilter{App: "c", By: "mei", EndsBefore: day.Add(31 * time.Hour)}, 0, 9)); len(x) != 1 || x[0].Doubt || !x[0].Until.Equal(day.Add(30*time.Hour)) {
		t.Errorf("adopted: %+v", x)
	}

	told := store.SanctionChange{Sanction: store.Sanction{Kind: store.SanctionKick, Group: "g", Source: store.SanctionByUser, ByID: "bo"}, Twin: true}
	tell(told)
	own := by("mei", 0)
	own.Kind, own.Group, own.Until = store.SanctionKick, "g", time.Time{}
	tell(own)
	tell(told)
	want("a callback comes before our own record, and again", "kick by mei in_force; mute by tom lifted undone; mute by mei in_force")
	back := store.SanctionChange{Sanction: store.Sanction{Kind: store.SanctionKick, Group: "g", How: store.EndedJoined}, Lift: true}
	tell(back)
	tell(back)
	want("came back", "kick by mei lifted joined; mute by tom lifted undone; mute by mei in_force")

	if n := value[int](t)(s.Sanctions.Expire(ctx, day.Add(30*time.Hour), 10)); n != 1 {
		t.Errorf("%d ran out, want 1", n)
	}
	want("ran out", "kick by mei lifted joined; mute by tom lifted undone; mute by mei over")
	if n := value[int](t)(s.Sanctions.Count(ctx, store.SanctionFilter{App: "c", Ended: true, User: "ann", Group: "g", Kind: store.SanctionMute})); n != 2 {
		t.Errorf("%d ended mutes, want 2", n)
	}
	page := value[[]store.Sanction](t)(s.Sanctions.List(ctx, store.SanctionFilter{App: "c"}, 0, 1))
	if next := value[[]store.Sanction](t)(s.Sanctions.List(ctx, store.SanctionFilter{App: "c"}, page[0].ID, 9)); len(next) != 2 {
		t.Errorf("second page: %+v", next)
	}
	_, err := s.Sanctions.Get(ctx, "other", page[0].ID)
	wantErr(t, err, store.ErrNotFound)
	if n := value[int](t)(s.Sanctions.Drop(ctx, day.Add(29*time.Hour), 10)); n != 2 {
		t.Errorf("%d dropped, want the 2 that ended before", n)
	}
}

func sanctionLooks(t *testing.T, s *store.Store) {
	ctx, now := t.Context(), day
	for _, g := range []string{"g1", "g2", "g3"} {
		must(t, s.Directory.Note(ctx, []store.KnownGroup{{App: "l", ID: g, From: "list", Seen: day}}))
	}
	for n, want := range []int{2, 1, 0, 0} { // round and round
		if got := value[int](t)(s.Sanctions.Feed(ctx, "l", store.KindGroup, now, 2)); got != want {
			t.Errorf("feed %d: %d groups, want %d", n, got, want)
		}
	}
	claim := func(hot bool) (string, store.SanctionLook) {
		t.Helper()
		l, err := s.Sanctions.Claim(ctx, "l", "me", hot, time.Minute, now)
		if err != nil {
			wantErr(t, err, store.ErrNotFound)
			return "", l
		}
		return l.Target, l
	}
	seen := map[string]store.SanctionLook{}
	for range 3 {
		g, l := claim(false)
		seen[g] = l
	}
	if g, _ := claim(false); len(seen) != 3 || g != "" {
		t.Fatalf("claimed %v and then %q, want each once", seen, g)
	}
	next := func(hot bool) time.Duration {
		if hot {
			return 10 * time.Minute
		}
		return 24 * time.Hour
	}
	// One is found there, of whom an action is under way; another one is not touched.
	busy := value[int64](t)(s.Audit.Begin(ctx, store.AuditEntry{At: day, OperatorID: "o", App: "l", Group: "g1", Action: "undo.member.mute", Users: []string{"ann"}}))
	call := value[int64](t)(s.Audit.Begin(ctx, store.AuditEntry{At: day, OperatorID: "o", App: "l", Group: "g1", Action: "api.call", Users: []string{"cat"}}))
	settle := func(l store.SanctionLook, decide func(store.SanctionView) ([]store.Sanction, error)) error {
		return s.Sanctions.Settle(ctx, l, now, next, decide)
	}
	must(t, settle(seen["g1"], func(v store.SanctionView) ([]store.Sanction, error) {
		for user, want := range map[string]bool{"ann": true, "bob": false, "cat": false} {
			if touch, err := v.Touch(user); err != nil || touch.Busy != want || (touch.Call != nil) != (user == "cat") || touch.Call != nil && touch.Call.ID != call {
				t.Errorf("touch of %s: %+v %v", user, touch, err)
			}
		}
		return []store.Sanction{{App: "l", User: "bob", Kind: store.SanctionMute, Group: "g1", State: store.SanctionDrifted, Drift: store.DriftUnknown, Since: now, Until: now.Add(time.Hour)}}, nil
	}))
	must(t, s.Audit.Finish(ctx, busy, store.AuditOutcome{At: now, State: store.AuditOK}))
	must(t, settle(seen["g2"], func(store.SanctionView) ([]store.Sanction, error) { return nil, nil }))
	must(t, s.Sanctions.Failed(ctx, seen["g3"], "other", now, 5*time.Minute))
	wantErr(t, settle(seen["g3"], func(store.SanctionView) ([]store.Sanction, error) { return nil, nil }), store.ErrLeaseLost)
	now = now.Add(6 * time.Minute)
	if g, _ := claim(true); g != "" {
		t.Errorf("%q is due", g)
	}
	if g, _ := claim(false); g != "g3" {
		t.Errorf("%q is due, want the one that failed", g)
	}
	now = now.Add(5 * time.Minute)
	g, l := claim(true)
	if g != "g1" || !l.Looked.Equal(day) {
		t.Fatalf("%q is due (%+v), want that where somebody is muted", g, l)
	}
	must(t, settle(l, func(v store.SanctionView) ([]store.Sanction, error) {
		if touch, err := v.Touch("ann"); err != nil || touch.Busy {
			t.Errorf("an action that ended long ago: %+v %v", touch, err)
		}
		if len(v.Open) != 1 || v.Open[0].User != "bob" {
			t.Errorf("open: %+v", v.Open)
		}
		v.Open[0].State, v.Open[0].EndedAt = store.SanctionLifted, now
		return v.Open, nil
	}))
	got := value[store.SanctionLooks](t)(s.Sanctions.Looks(ctx, "l", now))
	if got.Groups != 3 || got.Seen != 2 || got.Failed != 1 || !got.Oldest.IsZero() {
		t.Errorf("looks: %+v", got)
	}
	must(t, s.Sanctions.Hurry(ctx, "l", store.KindGroup, "g2", now))
	if g, _ := claim(true); g != "g2" {
		t.Errorf("%q is due, want the one in a hurry", g)
	}
}

func sanctionErase(t *testing.T, s *store.Store) {
	ctx := t.Context()
	set := func(user, by string) {
		t.Helper()
		must(t, s.Sanctions.Tell(ctx, []store.SanctionChange{{
			Sanction: store.Sanction{App: "e", User: user, Kind: store.SanctionKick, Group: "g", Source: store.SanctionByUser, ByID: by, Since: day}, At: day,
		}}))
	}
	set("ann", "bob")
	set("cat", "ann")
	if h := value[store.Holdings](t)(s.Privacy.Find(ctx, "e", "ann", day)); h.Lists != 2 {
		t.Errorf("held: %+v", h)
	}
	value[store.Erasure](t)(s.Privacy.Erase(ctx, store.AuditEntry{At: day, OperatorID: "o", Reason: "asked"}, "e", "ann"))
	list := value[[]store.Sanction](t)(s.Sanctions.List(ctx, store.SanctionFilter{App: "e"}, 0, 9))
	if len(list) != 1 || list[0].User != "cat" || list[0].ByID != store.Erased {
		t.Errorf("left: %+v", list)
	}
}
