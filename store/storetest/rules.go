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
	t.Run("what they caught", func(t *testing.T) { hits(t, s) })
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
	got := value[[]store.RuleHit](t)(s.Rules.Hits(ctx, "r", 3))
	if len(got) != 3 || got[0].Key != "4" || !got[0].Quiet || got[0].Text != "said\uFFFD" || string(got[0].Reasons) != `[{"Check":"words"}]` || string(got[0].Done) != `{}` {
		t.Errorf("hits: %+v", got)
	}
	counts := value[[]store.RuleCount](t)(s.Rules.Counts(ctx, day.Add(time.Hour)))
	if len(counts) != 1 || counts[0].Acted != 2 || counts[0].Quiet != 2 || !counts[0].Last.Equal(day.Add(4*time.Hour)) {
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
