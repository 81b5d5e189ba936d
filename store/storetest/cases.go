package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/store"
)

// caseOf is a case about a message of a group.
func caseOf(key string) store.Case {
	return store.Case{
		Place: store.Conversation{App: "demo", Group: "g1"}, Key: key, Sender: "spammer", SaidAt: day, Text: "加V信 hx88291",
		Evidence: json.RawMessage(`{"v":1}`), EvidenceDue: at(60),
	}
}

func ruleFlag(seconds, score int) store.CaseFlag {
	return store.CaseFlag{At: at(seconds), Source: store.CaseFromRule, Rule: "contact", Version: 2, Score: score, Reasons: json.RawMessage(`{"r":1}`)}
}

// byScore weighs a case by its score and reporters.
func byScore(_ store.Case, s store.CaseSums) store.Weighing {
	return store.Weighing{Title: s.Title, Points: s.Score + 10*s.Reporters, Terms: json.RawMessage(`{"t":1}`)}
}

// Cases is the contract of store.Cases about cases.
func Cases(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	flag := func(c store.Case, f store.CaseFlag) store.Case {
		t.Helper()
		kept, _, _, err := s.Cases.Flag(ctx, c, f, byScore)
		must(t, err)
		return kept
	}

	// Many at once open one case, and each counts once.
	var opened, added atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 2 {
				_, o, a, err := s.Cases.Flag(ctx, caseOf("m1"), store.CaseFlag{At: at(i), Source: store.CaseFromReport, By: fmt.Sprint("u", i), Score: 10}, byScore)
				if err != nil {
					t.Error(err)
				}
				if o {
					opened.Add(1)
				}
				if a {
					added.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if opened.Load() != 1 || added.Load() != 8 {
		t.Errorf("%d opened, %d flags; want one case of eight", opened.Load(), added.Load())
	}
	first := flag(caseOf("m1"), ruleFlag(9, 70))
	if first.Reporters != 8 || first.Score != 70 || first.Points != 150 || first.Title != "contact" || strings.Join(first.Sources, " ") != "report rule" {
		t.Errorf("what flags came to: %+v", first)
	}
	if n := len(value[[]store.CaseFlag](t)(s.Cases.Flags(ctx, first.ID, 20))); n != 9 {
		t.Errorf("%d flags", n)
	}
	whole := value[store.Case](t)(s.Cases.Get(ctx, first.ID))
	if string(whole.Evidence) != `{"v":1}` || whole.State != store.CaseNew || whole.Version != 1 || !whole.SaidAt.Equal(day) || whole.Text != "加V信 hx88291" {
		t.Errorf("kept: %+v", whole)
	}

	// The order: points, and a point for each minute of waiting.
	second, person := flag(caseOf("m2"), ruleFlag(60, 80)), caseOf("")
	person.Place.Group, person.Text = "", ""
	third := flag(person, ruleFlag(70, 90))
	appeal := flag(store.Case{Place: store.Conversation{App: "other"}, Parent: first.ID, Sender: "spammer"}, store.CaseFlag{At: at(80), Source: store.CaseFromAppeal, Score: 1})
	ids := func(f store.CaseFilter, after int64) (list []int64) {
		t.Helper()
		got := value[[]store.Case](t)(s.Cases.List(ctx, f, after, 10))
		if n := value[int](t)(s.Cases.Count(ctx, f)); after == 0 && n != len(got) {
			t.Errorf("%d counted, %d listed", n, len(got))
		}
		for _, c := range got {
			list = append(list, c.ID)
		}
		return list
	}
	now := at(100)
	openOnes := store.CaseFilter{Open: true, Now: now}
	for _, tt := range []struct {
		name      string
		got, want []int64
	}{
		{"the most urgent first", ids(openOnes, 0), []int64{first.ID, third.ID, second.ID, appeal.ID}},
		{"after one", ids(openOnes, third.ID), []int64{second.ID, appeal.ID}},
		{"of an app", ids(store.CaseFilter{Apps: []string{"other"}}, 0), []int64{appeal.ID}},
		{"of no app", ids(store.CaseFilter{Apps: []string{}}, 0), nil},
		{"reported", ids(store.CaseFilter{Source: "report"}, 0), []int64{first.ID}},
		{"of a group", ids(store.CaseFilter{Group: "g1", MinScore: 75}, 0), []int64{second.ID}},
	} {
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	if got := value[time.Time](t)(s.Cases.Oldest(ctx, store.CaseFilter{Apps: []string{"demo"}})); !got.Equal(first.Opened) {
		t.Errorf("the oldest was opened %v", got)
	}
	if got := value[store.Case](t)(s.Cases.Open(ctx, caseOf("m2").Place, "m2", "")); got.ID != second.ID {
		t.Errorf("open case of a message: %d", got.ID)
	}
	_, err := s.Cases.Open(ctx, caseOf("m2").Place, "m3", "")
	wantErr(t, err, store.ErrNotFound)

	// Who is faster has it.
	claimed := second
	claimed.State, claimed.ClaimedBy, claimed.ClaimedName, claimed.ClaimedAt, claimed.ClaimUntil = store.CaseClaimed, "op1", "Mei", at(90), at(120)
	got := value[store.Case](t)(s.Cases.Put(ctx, claimed, store.CaseEvent{At: at(90), Kind: "claim", By: "op1", ByName: "Mei", Note: "n"}))
	if got.Version != 2 || got.ClaimedBy != "op1" {
		t.Errorf("claimed: %+v", got)
	}
	_, err = s.Cases.Put(ctx, claimed, store.CaseEvent{At: at(90), Kind: "claim"})
	wantErr(t, err, store.ErrConflict)
	if flagged := flag(caseOf("m2"), store.CaseFlag{At: at(91), Source: store.CaseFromReport, By: "u9"}); flagged.Version != 2 || flagged.State != store.CaseClaimed {
		t.Errorf("a flag does not get in the way: %+v", flagged)
	}
	if list := ids(store.CaseFilter{Mine: "op1", Now: now}, 0); !slices.Equal(list, []int64{second.ID}) {
		t.Errorf("mine: %v", list)
	}
	if list := ids(store.CaseFilter{Mine: "op1", Now: at(121)}, 0); list != nil {
		t.Errorf("after the claim lapsed: %v", list)
	}
	if list := ids(store.CaseFilter{Open: true, NotFor: "op2", Now: now}, 0); slices.Contains(list, second.ID) || len(list) != 3 {
		t.Errorf("what nobody else has: %v", list)
	}
	third.State, third.SnoozedUntil = store.CaseSnoozed, at(200)
	value[store.Case](t)(s.Cases.Put(ctx, third, store.CaseEvent{At: at(95), Kind: "snooze", By: "op1"}))
	if list := ids(store.CaseFilter{States: []store.CaseState{store.CaseSnoozed}, Now: now}, 0); !slices.Equal(list, []int64{third.ID}) {
		t.Errorf("snoozed: %v", list)
	}
	if list := ids(store.CaseFilter{States: []store.CaseState{store.CaseNew}, Now: at(201)}, 0); !slices.Contains(list, third.ID) {
		t.Errorf("after the snooze: %v", list)
	}
	must(t, s.Cases.Tell(ctx, store.CaseEvent{Case: second.ID, At: at(96), Kind: "note", By: "op2", Note: "same handle"}))
	var lines []string
	for _, e := range value[[]store.CaseEvent](t)(s.Cases.History(ctx, second.ID, 10)) {
		lines = append(lines, e.Kind+" "+e.By+" "+e.Note)
	}
	if strings.Join(lines, ", ") != "claim op1 n, note op2 same handle" {
		t.Errorf("history: %v", lines)
	}
	if did := value[[]store.CaseEvent](t)(s.Cases.Did(ctx, "op1", at(91), 10)); len(did) != 1 || did[0].Kind != "snooze" {
		t.Errorf("what op1 did: %+v", did)
	}

	due := value[[]store.Case](t)(s.Cases.Unwhole(ctx, at(60), 10))
	if len(due) != 3 || string(due[0].Evidence) != `{"v":1}` {
		t.Errorf("%d with evidence to come", len(due))
	}
	for _, c := range due {
		must(t, s.Cases.Evidence(ctx, c.ID, json.RawMessage(`{"v":2}`), time.Time{}))
	}
	if left := value[[]store.Case](t)(s.Cases.Unwhole(ctx, at(1000), 10)); len(left) != 0 {
		t.Errorf("%d left", len(left))
	}

	// Who looks.
	look := func(op string, seconds int) bool {
		return value[bool](t)(s.Cases.Look(ctx, second.ID, store.Looker{OperatorID: op, Name: op, Seen: at(seconds)}, at(seconds-40)))
	}
	if !look("op1", 100) || look("op1", 110) || !look("op2", 120) || !look("op1", 160) {
		t.Error("new is who was not there, or gave no sign of life")
	}
	looking := value[map[int64][]store.Looker](t)(s.Cases.Lookers(ctx, []int64{first.ID, second.ID}, at(119)))
	if len(looking) != 1 || len(looking[second.ID]) != 2 {
		t.Errorf("looking: %+v", looking)
	}
	if !value[bool](t)(s.Cases.Leave(ctx, second.ID, "op2")) || value[bool](t)(s.Cases.Leave(ctx, second.ID, "op2")) {
		t.Error("one leaves once")
	}
	_, err = s.Cases.Look(ctx, 999, store.Looker{OperatorID: "op1", Seen: at(1)}, day)
	wantErr(t, err, store.ErrNotFound)
	_, err = s.Cases.Get(ctx, 999)
	wantErr(t, err, store.ErrNotFound)

	for name, bad := range map[string]func(*store.Case, *store.CaseFlag){
		"about nothing": func(c *store.Case, _ *store.CaseFlag) { *c = store.Case{Place: store.Conversation{App: "demo"}} },
		"no app":        func(c *store.Case, _ *store.CaseFlag) { c.Place.App = "" },
		"a score":       func(_ *store.Case, f *store.CaseFlag) { f.Score = 101 },
		"no object":     func(_ *store.Case, f *store.CaseFlag) { f.Reasons = json.RawMessage(`[]`) },
		"evidence":      func(c *store.Case, _ *store.CaseFlag) { c.Evidence = big(store.MaxCaseEvidence) },
	} {
		c, f := caseOf(name), ruleFlag(1, 1)
		bad(&c, &f)
		if _, _, _, err := s.Cases.Flag(ctx, c, f, byScore); err == nil {
			t.Errorf("%s: taken", name)
		} else {
			wantErr(t, err, store.ErrInvalid)
		}
	}
}

// big is a JSON object of more than n bytes.
func big(n int) json.RawMessage { return json.RawMessage(`{"x":"` + strings.Repeat("x", n) + `"}`) }

// Verdicts is the contract of store.Cases about verdicts.
func Verdicts(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	const lease = time.Minute
	next := 0
	flag := func() store.Case {
		t.Helper()
		next++
		c, _, _, err := s.Cases.Flag(ctx, caseOf(fmt.Sprint("v", next)), ruleFlag(next, 50), byScore)
		must(t, err)
		return c
	}
	decision := func(op string, hold time.Duration) store.Decision {
		return store.Decision{
			Verdict: store.Verdict{Macro: "recall-mute", OperatorID: op, OperatorName: "Mei", Address: "::1", Body: json.RawMessage(`{"steps":[]}`)},
			Hold:    hold, Upheld: true, Strike: &store.Strike{User: "spammer", At: at(1), Points: 1, Why: "ads"},
			Event: store.CaseEvent{At: at(2), Kind: "decide", By: op},
		}
	}
	strikes := func() (n int) {
		t.Helper()
		for _, x := range value[[]store.Strike](t)(s.Cases.Strikes(ctx, "demo", "spammer", 50)) {
			if x.Lifted.IsZero() {
				n++
			}
		}
		return n
	}

	// Of many who decide at the same version, one does.
	c := flag()
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, _, err := s.Cases.Decide(ctx, c.ID, c.Version, decision(fmt.Sprint("op", i), time.Hour)); err == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || strikes() != 1 {
		t.Fatalf("%d verdicts, %d strikes", won.Load(), strikes())
	}
	got := value[store.Case](t)(s.Cases.Get(ctx, c.ID))
	v := value[store.Verdict](t)(s.Cases.Verdict(ctx, got.Verdict))
	if got.State != store.CaseDecided || !got.Upheld || got.DecidedBy != v.OperatorID || v.State != store.VerdictHeld || v.Was != store.CaseNew || v.Left < 50*time.Minute || v.App != "demo" {
		t.Errorf("decided: %+v, %+v", got, v)
	}
	_, err := s.Cases.Put(ctx, got, store.CaseEvent{At: at(3), Kind: "claim"})
	wantErr(t, err, store.ErrInvalid)
	_, _, left, err := s.Cases.Due(ctx, "w1", lease)
	wantErr(t, err, store.ErrNotFound)
	if left < 50*time.Minute {
		t.Errorf("the next is due in %v", left)
	}

	// Taken back in time: nothing is left of it, and its operator has it again.
	back := value[store.Case](t)(s.Cases.Undo(ctx, v.ID, store.CaseEvent{At: at(4), Kind: "undo", By: v.OperatorID}, at(100)))
	if back.State != store.CaseClaimed || back.ClaimedBy != v.OperatorID || back.Upheld || strikes() != 0 {
		t.Errorf("undone: %+v, %d strikes", back, strikes())
	}
	_, err = s.Cases.Undo(ctx, v.ID, store.CaseEvent{At: at(4), Kind: "undo"}, at(100))
	wantErr(t, err, store.ErrConflict)

	// Due: given to one, again after its lease, and never undone.
	_, v, err = s.Cases.Decide(ctx, back.ID, back.Version, decision("op1", 0))
	must(t, err)
	_, err = s.Cases.Undo(ctx, v.ID, store.CaseEvent{At: at(4), Kind: "undo"}, at(100))
	wantErr(t, err, store.ErrConflict)
	taken, l1, _, err := s.Cases.Due(ctx, "w1", -time.Second) // a lease that is over at once
	must(t, err)
	if taken.ID != v.ID || taken.State != store.VerdictRunning || taken.Attempt != 1 {
		t.Errorf("taken: %+v", taken)
	}
	_, l2, _, err := s.Cases.Due(ctx, "w2", lease)
	must(t, err)
	wantErr(t, s.Cases.Save(ctx, l1, json.RawMessage(`{"a":1}`)), store.ErrLeaseLost)
	must(t, s.Cases.Save(ctx, l2, json.RawMessage(`{"a":2}`)))
	_, _, _, err = s.Cases.Due(ctx, "w3", lease)
	wantErr(t, err, store.ErrNotFound)
	must(t, s.Cases.End(ctx, l2, store.VerdictDone, "ok", json.RawMessage(`{"a":3}`)))
	wantErr(t, s.Cases.End(ctx, l2, store.VerdictDone, "ok", nil), store.ErrLeaseLost)
	v = value[store.Verdict](t)(s.Cases.LastVerdict(ctx, "op1"))
	if v.State != store.VerdictDone || v.Result != "ok" || string(v.Body) != `{"a":3}` || v.Ended.IsZero() {
		t.Errorf("done: %+v", v)
	}

	// Reversed: the strike goes with it.
	must(t, s.Cases.Again(ctx, v.ID, store.VerdictDone, store.VerdictReversing, json.RawMessage(`{"a":4}`), store.Verdict{OperatorID: "op2", OperatorName: "Wei"}))
	wantErr(t, s.Cases.Again(ctx, v.ID, store.VerdictDone, store.VerdictReversing, nil, v), store.ErrConflict)
	wantErr(t, s.Cases.Again(ctx, v.ID, store.VerdictDone, store.VerdictHeld, nil, v), store.ErrInvalid)
	taken, l3, _, err := s.Cases.Due(ctx, "w1", lease)
	must(t, err)
	if taken.State != store.VerdictReversing || taken.OperatorID != "op2" {
		t.Errorf("to be reversed: %+v", taken)
	}
	must(t, s.Cases.End(ctx, l3, store.VerdictReversed, "ok", nil))
	if got := value[store.Case](t)(s.Cases.Get(ctx, c.ID)); got.Upheld || strikes() != 0 {
		t.Errorf("reversed: %+v, %d strikes", got, strikes())
	}
	if list := value[[]store.Verdict](t)(s.Cases.Verdicts(ctx, c.ID, 10)); len(list) != 2 || list[0].State != store.VerdictReversed || list[1].State != store.VerdictUndone {
		t.Errorf("verdicts of a case: %+v", list)
	}

	// A message that is flagged again after the verdict is a case of its own; reporters get their record.
	again := flag()
	_, _, _, err = s.Cases.Flag(ctx, caseOf(fmt.Sprint("v", next)), store.CaseFlag{At: at(5), Source: store.CaseFromReport, By: "rep"}, byScore)
	must(t, err)
	d := decision("op1", time.Hour)
	d.Strike, d.Upheld = nil, false
	_, v, err = s.Cases.Decide(ctx, again.ID, again.Version, d)
	must(t, err)
	reopened, opened, _, err := s.Cases.Flag(ctx, caseOf(fmt.Sprint("v", next)), ruleFlag(50, 60), byScore)
	must(t, err)
	if !opened || reopened.ID == again.ID {
		t.Error("a decided case was joined")
	}
	if r := value[map[string]store.ReporterRecord](t)(s.Cases.Reporters(ctx, "demo", []string{"rep", "nobody"})); len(r) != 1 || r["rep"] != (store.ReporterRecord{Reports: 1, Rejected: 1}) {
		t.Errorf("record of a reporter: %+v", r)
	}
	if kept := value[store.Case](t)(s.Cases.Undo(ctx, v.ID, store.CaseEvent{At: at(6), Kind: "undo"}, at(7))); kept.State != store.CaseDecided {
		t.Errorf("undone while another case is open: %+v", kept)
	}
	decided := value[[]store.Case](t)(s.Cases.List(ctx, store.CaseFilter{States: []store.CaseState{store.CaseDecided}, Since: day}, 0, 10))
	if len(decided) != 2 {
		t.Errorf("%d decided", len(decided))
	}
	half := store.Strike{Points: 2, At: day}
	if half.Weight(day) != 200 || half.Weight(day.Add(store.StrikeHalf)) != 100 || half.Weight(day.Add(store.StrikeHalf*3/2)) != 75 {
		t.Errorf("decay: %d, %d, %d", half.Weight(day), half.Weight(day.Add(store.StrikeHalf)), half.Weight(day.Add(store.StrikeHalf*3/2)))
	}
}
