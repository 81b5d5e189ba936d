package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"imdesk/store"
)

// Rules is the contract of store.Rules.
func Rules(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	put := func(kind, name string, from int64, position int, body string) store.RuleDoc {
		t.Helper()
		return value[store.RuleDoc](t)(s.Rules.Put(ctx, store.RuleDoc{Kind: kind, Name: name, Version: from, Position: position, Body: body, At: day, By: "mei", Note: "why"}))
	}
	first := put(store.DocRule, "b", 0, 1, "b1")
	put(store.DocRule, "a", 0, 2, "a1")
	put(store.DocList, "l", 0, 1, "l1")
	if first.Version != 1 {
		t.Errorf("first version %d", first.Version)
	}
	_, err := s.Rules.Put(ctx, store.RuleDoc{Kind: store.DocRule, Name: "b", Body: "x", At: day})
	wantErr(t, err, store.ErrConflict)
	put(store.DocRule, "b", 1, 3, "b2")
	_, err = s.Rules.Put(ctx, store.RuleDoc{Kind: store.DocRule, Name: "b", Version: 1, Body: "x", At: day})
	wantErr(t, err, store.ErrConflict)
	_, err = s.Rules.Put(ctx, store.RuleDoc{Kind: "thing", Name: "b", At: day})
	wantErr(t, err, store.ErrInvalid)
	show := func() (out string) {
		for _, d := range value[[]store.RuleDoc](t)(s.Rules.Current(ctx)) {
			out += fmt.Sprintf("%s %s %d %s; ", d.Kind, d.Name, d.Version, d.Body)
		}
		return out
	}
	if got, want := show(), "rule a 1 a1; rule b 2 b2; list l 1 l1; "; got != want {
		t.Errorf("current: %s, want %s", got, want)
	}
	gone := store.RuleDoc{Kind: store.DocRule, Name: "a", Version: 1, Body: "a1", Gone: true, At: day}
	value[store.RuleDoc](t)(s.Rules.Put(ctx, gone))
	if got, want := show(), "rule b 2 b2; list l 1 l1; "; got != want {
		t.Errorf("with one gone: %s", got)
	}
	if back := put(store.DocRule, "a", 0, 5, "a3"); back.Version != 3 {
		t.Errorf("back as version %d", back.Version)
	}
	list := value[[]store.RuleDoc](t)(s.Rules.Versions(ctx, store.DocRule, "a", 10))
	if len(list) != 3 || list[0].Body != "a3" || !list[1].Gone || list[2].By != "mei" || list[2].Note != "why" || !list[2].At.Equal(day) {
		t.Errorf("versions: %+v", list)
	}
	t.Run("what they caught", func(t *testing.T) { hits(t, s) })
	t.Run("what they hold", func(t *testing.T) { held(t, s) })
	t.Run("replayed", func(t *testing.T) { replayed(t, s) })
}

func hits(t *testing.T, s *store.Store) {
	ctx := t.Context()
	var list []store.RuleHit
	for i := range 5 {
		list = append(list, store.RuleHit{
			At: day.Add(time.Duration(i) * time.Hour), App: "a", Group: "g", Sender: "ann", Key: fmt.Sprint(i), Rule: "r", Version: 2, Quiet: i > 2,
			Outcome: "flag", Score: 50, Text: "said\x00", Reasons: json.RawMessage(`[{"Check":"words"}]`),
		})
	}
	list = append(list, store.RuleHit{At: day, App: "b", Sender: "bob", Rule: "s"})
	if err := s.Rules.AddHits(ctx, list); err != nil {
		t.Fatal(err)
	}
	got := value[[]store.RuleHit](t)(s.Rules.Hits(ctx, store.HitQuery{Apps: []string{"a"}, Rule: "r", N: 3}))
	if len(got) != 3 || got[0].Key != "4" || !got[0].Quiet || got[0].Text != "said\uFFFD" || string(got[0].Reasons) != `[{"Check":"words"}]` || string(got[0].Done) != `{}` {
		t.Errorf("hits: %+v", got)
	}
	rest := value[[]store.RuleHit](t)(s.Rules.Hits(ctx, store.HitQuery{Before: got[1].ID, N: 10}))
	if len(rest) != 3 {
		t.Errorf("further hits: %+v", rest)
	}
	for range 2 {
		if err := s.Rules.Reversed(ctx, "a", "r", day.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if none := value[[]store.RuleCount](t)(s.Rules.Counts(ctx, []string{}, day)); len(none) != 0 {
		t.Errorf("counts of no app: %+v", none)
	}
	counts := value[[]store.RuleCount](t)(s.Rules.Counts(ctx, []string{"a", "c"}, day.Add(time.Hour)))
	if len(counts) != 1 || counts[0].Reversed != 2 || counts[0].Acted != 2 || counts[0].Quiet != 2 || !counts[0].Last.Equal(day.Add(4*time.Hour)) {
		t.Errorf("counts: %+v", counts)
	}
	for i := range 3 {
		if err := s.Rules.Strike(ctx, "a", "ann", fmt.Sprintf("r%d", i%2), day.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		rule  string
		since time.Time
		want  int
	}{{"", day, 3}, {"r0", day, 2}, {"r0", day.Add(time.Minute), 1}, {"r2", day, 0}} {
		if n, err := s.Rules.Strikes(ctx, "a", "ann", c.rule, c.since); err != nil || n != c.want {
			t.Errorf("%q since %s: %d strikes, want %d (%v)", c.rule, c.since, n, c.want, err)
		}
	}
	if n, err := s.Rules.Drop(ctx, day.Add(2*time.Hour), day.Add(90*time.Minute), 10); err != nil || n != 5 {
		t.Errorf("dropped %d, want three hits and two strikes (%v)", n, err)
	}
}

func held(t *testing.T, s *store.Store) {
	ctx := t.Context()
	one := value[store.Held](t)(s.Rules.Hold(ctx, store.Held{At: day, App: "a", Group: "g", Sender: "ann", Rule: "r", Version: 2, Text: "wait"}))
	if err := s.Rules.HeldCase(ctx, one.ID, 7); err != nil {
		t.Fatal(err)
	}
	list := value[[]store.Held](t)(s.Rules.HeldOf(ctx, 7))
	if len(list) != 1 || list[0].State != store.HeldWaiting || list[0].Text != "wait" || list[0].Case != 7 || !list[0].At.Equal(day) {
		t.Fatalf("held: %+v", list)
	}
	released := func() bool {
		return value[bool](t)(s.Rules.Released(ctx, "a", "g", "ann", "wait", day))
	}
	if released() {
		t.Error("it is let through by itself")
	}
	sending := value[store.Held](t)(s.Rules.SetHeld(ctx, list[0], store.HeldSending, "mei", day.Add(time.Minute)))
	if !released() {
		t.Error("it is on its way, and not let through")
	}
	_, err := s.Rules.SetHeld(ctx, list[0], store.HeldRefused, "tom", day.Add(time.Minute))
	wantErr(t, err, store.ErrConflict)
	value[store.Held](t)(s.Rules.SetHeld(ctx, sending, store.HeldReleased, "mei", day.Add(2*time.Minute)))
	if now := value[store.Held](t)(s.Rules.Held(ctx, one.ID)); now.State != store.HeldReleased || now.By != "mei" || !now.Done.Equal(day.Add(2*time.Minute)) {
		t.Errorf("released: %+v", now)
	}
	_, err = s.Rules.Held(ctx, one.ID+1)
	wantErr(t, err, store.ErrNotFound)
	_, err = s.Rules.Hold(ctx, store.Held{At: day, App: "a"})
	wantErr(t, err, store.ErrInvalid)
	if n, err := s.Rules.Drop(ctx, day.Add(time.Hour), day.Add(-time.Hour), 100); err != nil || n == 0 {
		t.Errorf("dropped %d (%v)", n, err)
	}
	if list := value[[]store.Held](t)(s.Rules.HeldOf(ctx, 7)); len(list) != 0 {
		t.Errorf("held for ever: %+v", list)
	}
}

func replayed(t *testing.T, s *store.Store) {
	ctx := t.Context()
	for i, app := range []string{"ra", "rb", "ra", "ra"} {
		m := said(app, "g", "ann", fmt.Sprintf("word %d", i), i+1)
		m.At = day.Add(time.Duration(i) * time.Minute)
		if _, err := s.Archive.Add(ctx, []store.Archived{m}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for after := int64(0); ; {
		list := value[[]store.Replayed](t)(s.Rules.Replay(ctx, "ra", day.Add(30*time.Second), after, 1))
		if len(list) == 0 {
			break
		}
		got, after = append(got, list[0].Text+" "+list[0].Sender+" "+list[0].Types), list[0].ID
	}
	if fmt.Sprint(got) != "[word 2 ann text word 3 ann text]" {
		t.Errorf("replayed %v", got)
	}
	_, err := s.Rules.Replay(ctx, "", day, 0, store.MaxReplay+1)
	wantErr(t, err, store.ErrInvalid)
}
