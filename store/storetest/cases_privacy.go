package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"imdesk/store"
)

// PrivacyOfCases is the contract of store.Privacy about cases.
func PrivacyOfCases(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	const user = "spammer"
	flag := func(c store.Case, f store.CaseFlag) store.Case {
		t.Helper()
		kept, _, _, err := s.Cases.Flag(ctx, c, f, byScore)
		must(t, err)
		return kept
	}
	report := func(by string) store.CaseFlag {
		return store.CaseFlag{At: at(1), Source: store.CaseFromReport, By: by, Note: "of " + by, Reasons: json.RawMessage(`{"by":"` + by + `"}`)}
	}
	decide := func(c store.Case, offender string, hold time.Duration) (store.Case, store.Verdict) {
		t.Helper()
		c, v, err := s.Cases.Decide(ctx, c.ID, c.Version, store.Decision{
			Verdict: store.Verdict{Macro: "m", OperatorID: "op1", Body: json.RawMessage(`{"steps":[{"user":"` + offender + `"}]}`)}, Hold: hold, Upheld: true,
			Strike: &store.Strike{User: offender, At: at(2), Points: 1, Why: "ads"}, Event: store.CaseEvent{At: at(2), Kind: "decide", By: "op1", Note: offender + " again"},
		})
		must(t, err)
		return c, v
	}
	end := func() {
		t.Helper()
		v, l, _, err := s.Cases.Due(ctx, "here", time.Minute)
		must(t, err)
		must(t, s.Cases.End(ctx, l, store.VerdictDone, "ok", v.Body))
	}

	decided, _ := decide(flag(caseOf("m1"), ruleFlag(1, 50)), user, 0)
	end()
	direct := caseOf("m2")
	direct.Place, direct.Sender = store.Conversation{App: "demo", Users: [2]string{"anna", user}}, "anna"
	direct = flag(direct, ruleFlag(1, 50))
	elsewhere := caseOf("m3")
	elsewhere.Place.App = "study"
	elsewhere = flag(elsewhere, report("anna"))
	around := caseOf("m4") // of somebody else
	around.Sender, around.Text = "bob", "ask "+user+", not "+user+"2"
	around.Evidence = json.RawMessage(`{"messages":[{"key":"k1","sender":"spammer","at":"2026-01-01T00:00:00Z","text":"my number is 5","types":["text"]},` +
		`{"key":"k2","sender":"bob","text":"spammer said so"}],"sender":{"id":"bob"}}`)
	flag(around, report(user))
	other := flag(around, report("anna"))
	other, _ = decide(other, user, 0) // the strike and the verdict are of the user, the case is not
	end()
	waits, verdict := decide(flag(caseOf("m5"), ruleFlag(3, 50)), user, time.Hour)

	find := func() store.Holdings {
		t.Helper()
		return value[store.Holdings](t)(s.Privacy.Find(ctx, "demo", user, at(60)))
	}
	// Two cases, a report and a strike; and in the other case: itself, a line of its history, its verdict.
	if h := find(); h != (store.Holdings{Cases: 7, UnderWay: 1}) || !h.Any() {
		t.Errorf("found %+v", h)
	}
	by := store.AuditEntry{At: at(60), OperatorName: "Owner", Reason: "a letter"}
	e := value[store.Erasure](t)(s.Privacy.Erase(ctx, by, "demo", user))
	if e.Cases != 7 || e.Left != 1 || len(e.Told) != 1 {
		t.Errorf("erased %+v", e)
	}
	if h := find(); h != (store.Holdings{UnderWay: 1}) {
		t.Errorf("left %+v", h)
	}
	for _, id := range []int64{decided.ID, direct.ID} {
		_, err := s.Cases.Get(ctx, id)
		wantErr(t, err, store.ErrNotFound)
	}
	if got := value[store.Case](t)(s.Cases.Get(ctx, elsewhere.ID)); got.Sender != user || got.Text == "" {
		t.Errorf("the case of another app: %+v", got)
	}
	got := value[store.Case](t)(s.Cases.Get(ctx, other.ID))
	if got.Text != "ask [erased], not spammer2" || got.Reporters != 2 {
		t.Errorf("the case of another user: %+v", got)
	}
	const want = `{"messages":[{"at":"2026-01-01T00:00:00Z","key":"k1","sender":"[erased]","text":"[erased]"},{"key":"k2","sender":"bob","text":"[erased] said so"}],"sender":{"id":"bob"}}`
	if string(got.Evidence) != want {
		t.Errorf("its evidence: %s", got.Evidence)
	}
	flags := value[[]store.CaseFlag](t)(s.Cases.Flags(ctx, other.ID, 9))
	history := value[[]store.CaseEvent](t)(s.Cases.History(ctx, other.ID, 9))
	verdicts := value[[]store.Verdict](t)(s.Cases.Verdicts(ctx, other.ID, 9))
	if len(flags) != 2 || !strings.HasPrefix(flags[0].By, store.Erased) || flags[0].Note != "" || string(flags[0].Reasons) != "{}" || flags[1].By != "anna" || flags[1].Note == "" {
		t.Errorf("its flags: %+v", flags)
	}
	if all := fmt.Sprint(history, string(verdicts[0].Body)); strings.Contains(all, user) || !strings.Contains(all, store.Erased+" again") {
		t.Errorf("its history and verdict: %s", all)
	}
	if list := value[[]store.Strike](t)(s.Cases.Strikes(ctx, "demo", user, 9)); len(list) != 1 || list[0].Verdict != verdict.ID {
		t.Errorf("strikes: %+v", list)
	}
	// A verdict under way is left, until it is carried out or taken back.
	must(t, func() error {
		_, err := s.Cases.Undo(ctx, verdict.ID, store.CaseEvent{At: at(5), Kind: "undo"}, at(9))
		return err
	}())
	if e := value[store.Erasure](t)(s.Privacy.Erase(ctx, by, "demo", user)); e.Cases != 1 || e.Left != 0 {
		t.Errorf("later: %+v", e)
	}
	_, err := s.Cases.Get(ctx, waits.ID)
	wantErr(t, err, store.ErrNotFound)

	// By age: what is decided only.
	if n := value[int](t)(s.Privacy.DropCases(ctx, other.DecidedAt, 9)); n != 0 {
		t.Errorf("%d cases dropped early", n)
	}
	if n := value[int](t)(s.Privacy.DropCases(ctx, other.DecidedAt.Add(time.Second), 9)); n != 1 {
		t.Errorf("%d cases dropped", n)
	}
	_, err = s.Cases.Get(ctx, other.ID)
	wantErr(t, err, store.ErrNotFound)
	must(t, func() error { _, err := s.Cases.Get(ctx, elsewhere.ID); return err }())
}
