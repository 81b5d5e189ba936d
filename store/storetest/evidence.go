package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/store"
)

// Evidence is the contract of store.Evidence.
func Evidence(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	flag := func(key string, f store.CaseFlag) store.Case {
		t.Helper()
		c, _, _, err := s.Cases.Flag(ctx, caseOf(key), f, byScore)
		must(t, err)
		return c
	}

	// A case that is flagged is due, to one console at a time, and again once its lease is over.
	one := flag("m1", ruleFlag(1, 50))
	c, gone, _, err := s.Evidence.Due(ctx, "a", -time.Second)
	must(t, err)
	if c.ID != one.ID || c.Key != "m1" || gone.Tries != 0 {
		t.Fatalf("due: %+v %+v", c, gone)
	}
	_, l, _, err := s.Evidence.Due(ctx, "b", time.Minute)
	must(t, err)
	_, _, next, err := s.Evidence.Due(ctx, "c", time.Minute)
	if wantErr(t, err, store.ErrNotFound); next <= 0 || next > time.Minute {
		t.Errorf("the next is due in %v", next)
	}
	wantErr(t, s.Evidence.Done(ctx, gone), store.ErrLeaseLost)

	// What was flagged meanwhile is due after it is done.
	second := ruleFlag(2, 60)
	second.Rule = "another"
	flag("m1", second)
	must(t, s.Evidence.Done(ctx, l))
	_, l, _, err = s.Evidence.Due(ctx, "b", time.Minute)
	must(t, err)
	must(t, s.Evidence.Later(ctx, l, 0))
	_, l, _, err = s.Evidence.Due(ctx, "b", time.Minute)
	if must(t, err); l.Tries != 1 {
		t.Errorf("tries: %+v", l)
	}

	// What is given back is due at once, to anybody, and no try was made.
	must(t, s.Evidence.GiveBack(ctx, l))
	wantErr(t, s.Evidence.GiveBack(ctx, l), store.ErrLeaseLost)
	_, l, _, err = s.Evidence.Due(ctx, "c", time.Minute)
	if must(t, err); l.Tries != 1 {
		t.Errorf("tries after it was given back: %+v", l)
	}
	must(t, s.Evidence.Done(ctx, l))
	_, _, next, err = s.Evidence.Due(ctx, "b", time.Minute)
	if wantErr(t, err, store.ErrNotFound); next != 0 {
		t.Errorf("nothing waits, but the next is due in %v", next)
	}

	// What is frozen stays as it was.
	file := bytes.Repeat([]byte{0, 1, 2}, 1000)
	frozen := []store.EvidenceItem{
		{Kind: store.EvidenceSender, Taken: at(3), State: store.EvidenceKept, Body: `{"id":"spammer"}`},
		{Kind: store.EvidenceMedia, Name: "https://cdn/a.png", Taken: at(3), State: store.EvidenceKept, Type: "image/png", File: file},
		{Kind: store.EvidenceMedia, Name: "https://cdn/b.mp4", Taken: at(3), State: store.EvidenceHashed, Why: "large", Size: 1 << 30, Hash: "ab"},
	}
	must(t, s.Evidence.Freeze(ctx, one.ID, frozen...))
	must(t, s.Evidence.Freeze(ctx, one.ID, store.EvidenceItem{Kind: store.EvidenceSender, Taken: at(9), State: store.EvidenceMissing}))
	items := value[[]store.EvidenceItem](t)(s.Evidence.Items(ctx, one.ID))
	if len(items) != 3 || items[2].Body != `{"id":"spammer"}` || !items[2].Taken.Equal(at(3)) || !items[2].Whole() || items[0].Size != 3000 || items[1].Hash != "ab" {
		t.Fatalf("frozen: %+v", items)
	}
	if got := value[[]byte](t)(s.Evidence.File(ctx, items[0].Hash)); !bytes.Equal(got, file) || store.HashOf(got) != items[0].Hash {
		t.Error("the file came back as another one")
	}
	wantErr(t, s.Evidence.Freeze(ctx, one.ID, store.EvidenceItem{Kind: "media", Taken: at(1), State: "kept", File: make([]byte, store.MaxEvidenceFile+1)}), store.ErrInvalid)
	wantErr(t, s.Evidence.Freeze(ctx, 77, frozen[0]), store.ErrNotFound)
	if n := value[int](t)(s.Evidence.Prune(ctx, at(99), 10)); n != 0 {
		t.Errorf("%d files of a case deleted", n)
	}

	// Rules are frozen as they were written.
	doc := store.RuleDoc{Kind: store.DocRule, Name: "ads", Body: "first", At: at(1)}
	doc = value[store.RuleDoc](t)(s.Rules.Put(ctx, doc))
	doc.Body = "second"
	value[store.RuleDoc](t)(s.Rules.Put(ctx, doc))
	if got := value[store.RuleDoc](t)(s.Evidence.Rule(ctx, "ads", 1)); got.Body != "first" {
		t.Errorf("version 1: %+v", got)
	}
	_, err = s.Evidence.Rule(ctx, "ads", 9)
	wantErr(t, err, store.ErrNotFound)

	t.Run("hold", func(t *testing.T) { holds(t, s, one) })
}

// holds: neither age nor erasure takes a case that is held, nor what is kept with it.
func holds(t *testing.T, s *store.Store, c store.Case) {
	ctx := t.Context()
	hold := store.CaseHold{Case: c.ID, At: at(10), By: "op1", ByName: "Mei", Reason: "court order 7"}
	wantErr(t, s.Evidence.Hold(ctx, store.CaseHold{Case: c.ID, At: at(10), By: "op1"}), store.ErrInvalid)
	must(t, s.Evidence.Hold(ctx, hold))
	wantErr(t, s.Evidence.Hold(ctx, hold), store.ErrConflict)
	if got := value[store.CaseHold](t)(s.Evidence.Held(ctx, c.ID)); got != hold {
		t.Errorf("held: %+v", got)
	}
	c = value[store.Case](t)(s.Cases.Get(ctx, c.ID))
	_, _, err := s.Cases.Decide(ctx, c.ID, c.Version, store.Decision{Verdict: store.Verdict{Macro: "m", OperatorID: "op1"}, Event: store.CaseEvent{At: at(11), Kind: "decide"}})
	must(t, err)
	v, l, _, err := s.Cases.Due(ctx, "w", time.Minute)
	must(t, err)
	must(t, s.Cases.End(ctx, l, store.VerdictDone, "ok", v.Body))
	if n := value[int](t)(s.Privacy.DropCases(ctx, at(99), 9)); n != 0 {
		t.Errorf("%d held cases dropped", n)
	}
	other := caseOf("m9") // in which the user is only named
	other.Sender, other.Text = "bob", "see "+c.Sender
	other, _, _, err = s.Cases.Flag(ctx, other, ruleFlag(1, 9), byScore)
	must(t, err)
	must(t, s.Evidence.Freeze(ctx, other.ID, store.EvidenceItem{Kind: store.EvidenceGroup, Taken: at(3), State: store.EvidenceKept, Body: `{"owner":"` + c.Sender + `"}`}))
	by := store.AuditEntry{At: at(60), OperatorName: "Owner", Reason: "a letter"}
	e := value[store.Erasure](t)(s.Privacy.Erase(ctx, by, "demo", c.Sender))
	if e.Held != 1 || e.Cases != 2 {
		t.Errorf("erased: %+v", e)
	}
	if got := value[store.Case](t)(s.Cases.Get(ctx, c.ID)); got.Sender != c.Sender || got.Text == "" {
		t.Errorf("the held case: %+v", got)
	}
	if got := value[[]store.EvidenceItem](t)(s.Evidence.Items(ctx, other.ID)); len(got) != 1 || strings.Contains(got[0].Body, c.Sender) || got[0].Whole() {
		t.Errorf("evidence of another case names the user: %+v", got)
	}

	// Released, it goes like any other, and files that nobody needs go after it.
	must(t, s.Evidence.Release(ctx, store.CaseHold{Case: c.ID, At: at(61), By: "op1", Reason: "over"}))
	wantErr(t, s.Evidence.Release(ctx, hold), store.ErrNotFound)
	kinds := ""
	for _, e := range value[[]store.CaseEvent](t)(s.Cases.History(ctx, c.ID, 9)) {
		kinds += " " + e.Kind
	}
	if kinds != " hold decide unhold" {
		t.Errorf("history:%s", kinds)
	}
	if n := value[int](t)(s.Privacy.DropCases(ctx, at(99), 9)); n != 1 {
		t.Errorf("%d cases dropped", n)
	}
	if n := value[int](t)(s.Evidence.Prune(ctx, at(99), 10)); n != 1 {
		t.Errorf("%d files deleted", n)
	}
}

// Numbers is the contract of store.Numbers.
func Numbers(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	steps := json.RawMessage(`{"steps":[{"do":"recall","state":"applied"},{"do":"mute","state":"applied"},{"do":"warn","state":"refused"}]}`)
	retried := json.RawMessage(`{"steps":[{"do":"recall","state":"applied"},{"do":"mute","state":"applied"},{"do":"warn","state":"applied","tries":1}]}`)
	end := func(to store.VerdictState, body json.RawMessage) {
		t.Helper()
		_, l, _, err := s.Cases.Due(ctx, "w", time.Minute)
		must(t, err)
		must(t, s.Cases.End(ctx, l, to, "ok", body))
	}
	var verdict store.Verdict
	for i, key := range []string{"a", "b"} {
		c, _, _, err := s.Cases.Flag(ctx, caseOf(key), ruleFlag(0, 50), func(store.Case, store.CaseSums) store.Weighing { return store.Weighing{Title: "ads"} })
		must(t, err)
		_, verdict, err = s.Cases.Decide(ctx, c.ID, c.Version, store.Decision{
			Verdict: store.Verdict{Macro: "m", OperatorID: "op1", Body: steps}, Upheld: true, Event: store.CaseEvent{At: at(30 + 600*i), Kind: "decide"},
		})
		must(t, err)
		end(store.VerdictDone, steps)
	}
	waits := caseOf("c")
	_, _, _, err := s.Cases.Flag(ctx, waits, store.CaseFlag{At: at(0), Source: store.CaseFromReport, By: "u"}, byScore)
	must(t, err)
	// What failed is tried again, and then all of it is reversed by somebody else.
	must(t, s.Cases.Again(ctx, verdict.ID, store.VerdictDone, store.VerdictRunning, retried, store.Verdict{OperatorID: "op2"}))
	end(store.VerdictDone, retried)
	must(t, s.Cases.Again(ctx, verdict.ID, store.VerdictDone, store.VerdictReversing, retried, store.Verdict{OperatorID: "op2"}))
	end(store.VerdictReversed, retried)

	sums := func(from, to time.Time, apps ...string) string {
		t.Helper()
		var list []string
		for _, n := range value[[]store.CaseCount](t)(s.Numbers.Sums(ctx, apps, from, to)) {
			list = append(list, fmt.Sprint(n.What, " ", n.Name, " ", n.N))
		}
		return strings.Join(list, "; ")
	}
	const want = "by op1 2; opened rule 2; opened report 1; rule ads 2; sanction mute 2; sanction recall 2; sanction warn 1; time 60 1; time 900 1"
	from, to := at(-3600), at(7200)
	if got := sums(from, to, "demo", "study"); got != want {
		t.Errorf("counted\n%s, want\n%s", got, want)
	}
	if got := sums(time.Now().Add(-2*time.Hour), time.Now().Add(2*time.Hour), "demo"); got != "reversed_by op1 1; reversed_rule ads 1" {
		t.Errorf("reversed: %s", got)
	}
	if got := sums(from, to) + sums(from, to, "study") + sums(at(7200), at(9000), "demo"); got != "" {
		t.Errorf("of other apps and times: %s", got)
	}
	_, err = s.Numbers.Sums(ctx, []string{"demo"}, from, from.Add(store.MaxNumbers+time.Hour))
	wantErr(t, err, store.ErrInvalid)
	// 15:40 in UTC is the next day already ten hours further east.
	for offset, day := range map[time.Duration]time.Time{
		0: time.Date(2026, 4, 18, 0, 0, 0, 0, time.UTC), 10 * time.Hour: time.Date(2026, 4, 18, 14, 0, 0, 0, time.UTC),
		-8 * time.Hour: time.Date(2026, 4, 18, 8, 0, 0, 0, time.UTC),
	} {
		days := value[[]store.CaseCount](t)(s.Numbers.Days(ctx, []string{"demo"}, store.CountOpened, from, to, offset))
		if len(days) != 2 || !days[0].Day.Equal(day) || days[0].Name != store.CaseFromReport || days[1].N != 2 {
			t.Errorf("by day at %v: %+v", offset, days)
		}
	}
	if ages := value[[]int64](t)(s.Numbers.Ages(ctx, []string{"demo"}, at(3000))); fmt.Sprint(ages) != "[0 0 0 1 0 0 0]" {
		t.Errorf("ages: %v", ages)
	}
}

// VerdictRaces lets two decide on each of many cases at once, a thousand times: each case gets one verdict.
func VerdictRaces(t *testing.T, open Open) {
	const races = 1000
	s, ctx := open(t), t.Context()
	var list []store.Case
	for i := range races {
		c, _, _, err := s.Cases.Flag(ctx, caseOf(fmt.Sprint("r", i)), ruleFlag(i, 50), byScore)
		must(t, err)
		list = append(list, c)
	}
	var won, beaten [2]int
	var wg sync.WaitGroup
	for op := range 2 { // both go through the queue in its order, and so meet at each case
		wg.Go(func() {
			for _, c := range list {
				_, _, err := s.Cases.Decide(ctx, c.ID, c.Version, store.Decision{
					Verdict: store.Verdict{Macro: "m", OperatorID: fmt.Sprint("op", op)}, Hold: time.Hour, Event: store.CaseEvent{At: at(2), Kind: "decide"},
				})
				switch {
				case err == nil:
					won[op]++
				case errors.Is(err, store.ErrConflict):
					beaten[op]++
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if won[0]+won[1] != races || beaten[0]+beaten[1] != races {
		t.Errorf("%v verdicts, %v refused", won, beaten)
	}
	for _, c := range list {
		if v := value[[]store.Verdict](t)(s.Cases.Verdicts(ctx, c.ID, 9)); len(v) != 1 {
			t.Fatalf("case %d has %d verdicts", c.ID, len(v))
		}
	}
}
