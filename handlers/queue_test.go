package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/archive"
	"imdesk/auth"
	"imdesk/cases"
	"imdesk/imclient"
	"imdesk/store"
)

// carryOut runs the queue until the test ends, or the returned function is called.
func (h *harness) carryOut() func() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); h.cases.Run(ctx, "test") }()
	stop := func() { cancel(); <-done }
	h.t.Cleanup(stop)
	return stop
}

// queueRoom is a console whose queue holds verdicts for so long, with a group in which cy advertises. The archive has what was said.
func queueRoom(t testing.TB, hold time.Duration) *harness {
	h := chatRoom(t, 0)
	h.inQueueRoom(hold)
	return h
}

// away is a way to a service that may not be there.
type away struct{ is atomic.Bool }

func (a *away) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.is.Load() {
		return nil, errors.New("nobody there")
	}
	return http.DefaultTransport.RoundTrip(r)
}

func (h *harness) inQueueRoom(hold time.Duration) {
	h.cases.Hold = hold
	for i, line := range []string{"hello", "hi there", "加V信 hx88291 先到先得", "go away"} {
		from := []string{"ann", "bob", "cy", "bob"}[i]
		seq := h.say("g1", from, text(line))
		h.remember("g1", seq, from, line)
	}
}

// remember keeps a message as the archive does.
func (h *harness) remember(group, seq, from, line string) {
	h.t.Helper()
	var n int64
	fmt.Sscan(seq, &n)
	_, err := h.store.Archive.Add(context.Background(), []store.Archived{{
		Place: store.Conversation{App: testApp, Group: group}, Key: seq, Seq: n, Counted: true, Sender: from, At: h.now(), Text: line, Types: []string{"text"}, Source: "event", Added: h.now(),
	}})
	check(h.t, err)
}

// flag puts a message into the queue, as a rule does.
func (h *harness) flag(key, sender, line string, score int) int64 {
	h.t.Helper()
	id, err := h.cases.Flag(context.Background(), cases.Flag{
		App: testApp, Group: "g1", Key: key, Sender: sender, At: h.now(), Text: line, Source: cases.FromRule, Rule: "contact", Version: 3, Score: score,
		Reasons: []cases.Reason{{Check: "contact", From: 0, To: 7}},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// settled waits until a case's verdict is over.
func (h *harness) settled(id int64) (store.Verdict, cases.Body) {
	h.t.Helper()
	for range 400 {
		k, err := h.store.Cases.Get(context.Background(), id)
		if err != nil {
			h.t.Fatal(err)
		}
		v, err := h.store.Cases.Verdict(context.Background(), k.Verdict)
		if err == nil && !v.Ended.IsZero() {
			return v, cases.ReadBody(v)
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.t.Fatal("the verdict was not carried out")
	return store.Verdict{}, cases.Body{}
}

// TestCard: everything that is needed to decide stands on the card, and nothing was asked of the service for it but names.
func TestCard(t *testing.T) {
	t.Parallel()
	h := queueRoom(t, time.Hour)
	h.remember("g2", "9", "cy", "加V信 hx88291 先到先得")
	place := store.Conversation{App: testApp, Group: "g1"}
	notice := archive.Message(place, imclient.Message{ID: "5", Seq: "5", From: "@TIM#SYSTEM", At: h.now(), Body: []imclient.Element{
		imclient.Tip{Raw: `[{"OpType":"KickGroupMember","Operator_Account":"ann","Member_Account":["cy"]}]`},
	}}, "event")
	if _, err := h.store.Archive.Add(t.Context(), []store.Archived{notice}); err != nil {
		t.Fatal(err)
	}
	h.flag("2", "bob", "hi there", 20)
	id := h.flag("3", "cy", "加V信 hx88291 先到先得", 90)
	page := h.as(auth.Moderator).get("/queue").is(200)
	page.has("contact", "Score 0.90", "hello", "hi there", "go away", "Priority", "Rule’s score 90", "Rule “contact”, version 3", "Matched contact handle", "Same text in 1 other place",
		"Also the 1 copy", "Cy", "0.0 of 3", "Recall, mute 1 day", "No action", "goal 15 min")
	if !strings.Contains(page.body, "<mark>加V信</mark>") {
		t.Error("what the rule found is not marked")
	}
	page.has("Ann removed Cy").lacks("@TIM#SYSTEM", "No text")
	if at := strings.Index(page.body, "hello"); at > strings.Index(page.body, "<mark>") {
		t.Error("what was said before stands after")
	}
	h.as(auth.Moderator).part(caseURL(id, "author")).is(200).has("A group", "Member")
	h.as(auth.Support).get("/queue").is(200).has("Case")
	h.as(auth.Viewer).get("/queue").is(403)
	h.as(auth.Moderator).get("/queue/cases/77").is(404)
	h.as(auth.Moderator).get("/queue?which=mine").is(200).has("You have no cases")
}

// TestVerdict is one key: recalled, muted, told, counted, closed, and the next card is in the answer. Then all of it is reversed.
func TestVerdict(t *testing.T) {
	t.Parallel()
	h := queueRoom(t, time.Millisecond)
	h.carryOut()
	second := h.flag("2", "bob", "hi there", 20)
	id := h.flag("3", "cy", "加V信 hx88291", 90)
	b := h.as(auth.Moderator)
	a := b.postPart(caseURL(id, "decide"), "/queue", url.Values{"macro": {"recall_mute"}, "length": {"3600"}}).is(200)
	if a.has("hi there", fmt.Sprintf("Case %d", second)); !strings.Contains(a.header.Get("HX-Push-Url"), fmt.Sprint(second)) {
		t.Errorf("the address goes to %q", a.header.Get("HX-Push-Url"))
	}
	v, body := h.settled(id)
	if v.Result != cases.ResultApplied || len(body.Steps) != 3 {
		t.Fatalf("%s: %+v", v.Result, body.Steps)
	}
	until := h.mutedUntil("g1", "cy")
	if !h.takenBack("g1", "3") || until.Before(h.now().Add(50*time.Minute)) || until.After(h.now().Add(70*time.Minute)) {
		t.Errorf("recalled %v, muted until %v", h.takenBack("g1", "3"), until)
	}
	strikes, err := h.store.Cases.Strikes(t.Context(), testApp, "cy", 10)
	if err != nil || len(strikes) != 1 {
		t.Errorf("strikes: %v %v", strikes, err)
	}
	b.get(caseURL(id)).is(303)
	b.get("/queue?which=decided").is(200).has("Applied", "in force", "Mute for 1 hour", "Reverse")
	b.post(caseURL(id, "decide"), url.Values{"macro": {"none"}}).is(409)

	b.get(verdictURL(v.ID, "/reverse")).is(200).has("Mute the author", "This stays: Recall the message")
	b.post(verdictURL(v.ID, "/reverse"), url.Values{}).is(303)
	for range 400 {
		if v, _ = h.settled(id); v.State == store.VerdictReversed {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if v.State != store.VerdictReversed || !h.mutedUntil("g1", "cy").IsZero() {
		t.Errorf("reversed: %s, muted until %v", v.State, h.mutedUntil("g1", "cy"))
	}
	if strikes, _ = h.store.Cases.Strikes(t.Context(), testApp, "cy", 10); strikes[0].Lifted.IsZero() {
		t.Error("the strike still counts")
	}
}

// TestUndoneVerdict leaves no trace at the service, and nothing in the audit log of it.
func TestUndoneVerdict(t *testing.T) {
	t.Parallel()
	h := queueRoom(t, time.Hour)
	h.carryOut()
	id := h.flag("3", "cy", "加V信 hx88291", 90)
	b := h.as(auth.Moderator)
	b.post(caseURL(id, "decide"), url.Values{"macro": {"recall_mute"}}).is(303)
	page := b.get("/queue").is(200).has("Not sent yet", "Undo")
	if !strings.Contains(page.body, `aria-keyshortcuts="z"`) {
		t.Error("no key takes it back")
	}
	v, err := h.store.Cases.LastVerdict(t.Context(), h.operatorID(auth.Moderator))
	check(t, err)
	b.post(verdictURL(v.ID, "/undo"), url.Values{}).is(303)
	b.get("/queue?case="+fmt.Sprint(id)).is(200).has("Took the verdict back", "No action")
	b.post(verdictURL(v.ID, "/undo"), url.Values{}).is(409)
	entries, err := h.store.Audit.List(t.Context(), store.AuditFilter{App: testApp}, 0, 10)
	if err != nil || len(entries) != 0 || h.takenBack("g1", "3") || !h.mutedUntil("g1", "cy").IsZero() {
		t.Errorf("%d entries (%v), recalled %v", len(entries), err, h.takenBack("g1", "3"))
	}
}

func (h *harness) operatorID(role auth.Role) string {
	h.t.Helper()
	o, err := h.store.Operators.ByName(context.Background(), "op_"+string(role))
	if err != nil {
		h.t.Fatal(err)
	}
	return o.ID
}

// TestVerdictOutlivesConsole: a verdict that is held when the console dies is carried out by the next one, once.
func TestVerdictOutlivesConsole(t *testing.T) {
	t.Parallel()
	h := queueRoom(t, 100*time.Millisecond)
	stop := h.carryOut()
	id := h.flag("3", "cy", "加V信 hx88291", 90)
	h.as(auth.Moderator).post(caseURL(id, "decide"), url.Values{"macro": {"recall_mute"}}).is(303)
	stop()
	h.carryOut()
	h.carryOut() // and a second console beside it
	if v, body := h.settled(id); v.Result != cases.ResultApplied {
		t.Errorf("%s: %+v", v.Result, body.Steps)
	}
	for _, verb := range []actions.Verb{actions.VerbRecall, actions.VerbMute, actions.VerbWarn} {
		list, err := h.store.Audit.List(t.Context(), store.AuditFilter{Action: string(verb)}, 0, 10)
		if err != nil || len(list) != 1 {
			t.Errorf("%s was done %d times: %v", verb, len(list), err)
		}
	}
}

// TestHalfDone: one who left cannot be removed, and the rest stands; with the service down nothing is done, and can be tried again.
func TestHalfDone(t *testing.T) {
	t.Parallel()
	var away away
	h := newHarnessAt(t, setting{folder: t.TempDir(), http: &http.Client{Transport: &away}})
	h.newUsers("ann:Ann", "bob:Bob", "cy:Cy")
	h.newGroup("Public", "g1", "A group", "ann", "*bob", "cy")
	h.inQueueRoom(time.Millisecond)
	h.carryOut()
	b := h.as(auth.Moderator)
	h.must("group_open_http_svc/delete_group_member", map[string]any{"GroupId": "g1", "MemberToDel_Account": []string{"cy"}})
	gone := h.flag("3", "cy", "加V信 hx88291", 90)
	b.post(caseURL(gone, "decide"), url.Values{"macro": {"kick"}}).is(303)
	v, body := h.settled(gone)
	if !h.takenBack("g1", "3") || body.Steps[1].State == cases.StepApplied || v.Result == cases.ResultRefused {
		t.Errorf("%s: %+v", v.Result, body.Steps)
	}
	down := h.flag("2", "bob", "hi there", 50)
	away.is.Store(true)
	b.post(caseURL(down, "decide"), url.Values{"macro": {"recall"}}).is(303)
	if v, body = h.settled(down); v.Result != cases.ResultRefused || body.Steps[0].Reason == "" {
		t.Errorf("%s: %+v", v.Result, body.Steps)
	}
	away.is.Store(false)
	b.get("/queue?which=decided&case="+fmt.Sprint(down)).is(200).has("Not applied", "Try again")
	b.post(verdictURL(v.ID, "/retry"), url.Values{}).is(303)
	for range 400 {
		if v, _ = h.settled(down); v.Result == cases.ResultApplied {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if v.Result != cases.ResultApplied || !h.takenBack("g1", "2") {
		t.Errorf("tried again: %s", v.Result)
	}
}

// TestTwoOnOneCase: who opened a case has it; the other one may take it over, and not act before.
func TestTwoOnOneCase(t *testing.T) {
	t.Parallel()
	h := queueRoom(t, time.Hour)
	id := h.flag("3", "cy", "加V信 hx88291", 90)
	mod, lead := h.as(auth.Moderator), h.as(auth.Lead)
	mod.post(caseURL(id, "look"), url.Values{}).is(204)
	lead.post(caseURL(id, "look"), url.Values{}).is(204)
	lead.get("/queue?case="+fmt.Sprint(id)).is(200).has("op_moderator has this case", "Take over", "Skip")
	lead.post(caseURL(id, "decide"), url.Values{"macro": {"recall"}}).is(409).has("A colleague has this case.")
	mod.part(caseURL(id, "presence")).is(200).has("Also here: op_lead")
	lead.post(caseURL(id, "take"), url.Values{}).is(303)
	mod.part(caseURL(id, "presence")).is(200).has("op_lead has this case")
	lead.post(caseURL(id, "leave"), url.Values{}).is(204)
	mod.post(caseURL(id, "look"), url.Values{}).is(204)

	// Handed on with a reason, which the other one sees; escalated, put off, noted.
	mod.get(caseURL(id, "assign")).is(200).has("op_lead", "I am not sure")
	mod.post(caseURL(id, "assign"), url.Values{"to": {h.operatorID(auth.Lead)}, "why": {"It is serious"}}).is(303)
	lead.get("/queue?which=mine").is(200).has("Handed to you", "It is serious")
	lead.post(caseURL(id, "note"), url.Values{"text": {"same handle as before"}}).is(303)
	lead.post(caseURL(id, "note"), url.Values{"text": {" "}}).is(422)
	lead.post(caseURL(id, "escalate"), url.Values{}).is(409)
	lead.post(caseURL(id, "escalate"), url.Values{"other": {"ask legal"}}).is(303)
	mod.get("/queue?which=escalated").is(200).has("ask legal", "same handle as before")
	mod.post(caseURL(id, "snooze"), url.Values{"for": {"900"}}).is(303)
	mod.get("/queue?which=snoozed").is(200).has("Put off until")
	mod.post(caseURL(id, "snooze"), url.Values{"for": {"1"}}).is(400)
	mod.get("/queue/handover").is(200).has("Left open", "Put off until")
	h.advance(20 * time.Minute)
	mod.get("/queue").is(200).has("加V信")

	// A support agent notes, and does not decide.
	support := h.as(auth.Support)
	support.post(caseURL(id, "note"), url.Values{"text": {"asks why"}}).is(303)
	support.post(caseURL(id, "decide"), url.Values{"macro": {"none"}}).is(403)
	mod.post(caseURL(id, "decide"), url.Values{"macro": {"warn"}}).is(303)
	support.post(caseURL(id, "appeal"), url.Values{"text": {"it was a joke"}}).is(303)
	support.get("/queue").is(200).has(fmt.Sprintf("Appeal against case %d", id), "it was a joke")
}

// TestNoDoubleVerdict races two operators a thousand times.
func TestNoDoubleVerdict(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.cases.Hold = time.Hour
	can := func(actions.Verb) bool { return true }
	const races = 1000
	ids := make([]int64, races)
	for i := range ids {
		ids[i] = h.flag(fmt.Sprint("m", i), "cy", "", 1)
	}
	won := make([]atomic.Int32, races)
	var wg sync.WaitGroup
	for op := range 2 {
		by := actions.Actor{OperatorID: fmt.Sprint("op", op), Name: "x", Can: can}
		wg.Go(func() {
			for i, id := range ids {
				_, _, err := h.cases.Decide(context.Background(), by, id, cases.Choice{Macro: "none"})
				switch {
				case err == nil:
					won[i].Add(1)
				case !errors.Is(err, cases.ErrDecided):
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for i := range won {
		if n := won[i].Load(); n != 1 {
			t.Fatalf("case %d has %d verdicts", ids[i], n)
		}
	}
}

// TestReports: what users of the app report comes by the API, many reports of one message become one case.
func TestReports(t *testing.T) {
	t.Parallel()
	h := queueRoom(t, time.Hour)
	token := h.token(auth.Lead, withVerbs(auth.NewToken{}, auth.VerbReport))
	report := func(body string, status int) int64 {
		t.Helper()
		a := token.ask(post, "/api/v1/apps/demo/reports", body).is(status)
		if status != http.StatusOK {
			return 0
		}
		return decode[reportOut](a).Case
	}
	first := report(`{"group":"g1","message":"3","reporter":"ann","reason":"scam","note":"he wants money"}`, 200)
	if second := report(`{"group":"g1","message":"3","reporter":"bob","reason":"spam"}`, 200); second != first {
		t.Errorf("two cases: %d, %d", first, second)
	}
	report(`{"group":"g1","message":"3","reporter":"ann","reason":"scam"}`, 200)
	for _, wrong := range []string{`{}`, `{"reporter":"ann","reason":"x"}`, `{"group":"g1","message":"3","reason":"x"}`, `{"message":"3","peers":["a"],"reporter":"ann","reason":"x"}`} {
		report(wrong, 400)
	}
	h.as(auth.Moderator).get("/queue").is(200).has("Fraud", "Ann: 0 of 0 earlier reports upheld", "he wants money", "Reporters: 2", "加V信 hx88291 先到先得")
	for i := range reportsPerHour {
		report(fmt.Sprintf(`{"group":"g1","message":"x%d","reporter":"cy","sender":"ann","reason":"spam"}`, i), 200)
	}
	report(`{"group":"g1","message":"y","reporter":"cy","sender":"ann","reason":"spam"}`, 429)

	// By hand, from a transcript.
	h.as(auth.Support).post("/apps/demo/groups/g1/messages/flag", url.Values{"m": {"4::bob"}}).is(303)
	h.as(auth.Support).post("/apps/demo/groups/g1/messages/flag", url.Values{}).is(400)
	k, err := h.store.Cases.Open(t.Context(), store.Conversation{App: testApp, Group: "g1"}, "4", "")
	if err != nil || k.Text != "go away" || k.Sender != "bob" {
		t.Errorf("by hand: %+v %v", k, err)
	}
}

// TestMacros: leads change what keys do, and what is wrong comes back with what was typed.
func TestMacros(t *testing.T) {
	t.Parallel()
	h := queueRoom(t, time.Hour)
	b := h.as(auth.Lead)
	h.as(auth.Moderator).get("/settings/macros").is(403)
	b.get("/settings/macros").is(200).has("Verdicts and keys", "No action")
	form := url.Values{
		"version": {"0"}, "goal": {"5"}, "id": {"none", "recall", ""}, "key": {"e", "v", "X"}, "name": {"", "Away with it", "Out"}, "mute": {"0", "0", "0"},
		"reply": {"", "", ""}, "strike": {"0", "0", "3"}, "note": {"", "", "left"}, "recall_1": {"1"}, "kick_2": {"1"}, "reply_id": {"rules"}, "reply_name": {""}, "reply_en": {""}, "reply_zh": {""},
	}
	bad := url.Values{}
	for k, v := range form {
		bad[k] = v
	}
	bad["key"] = []string{"e", "e", "X"}
	b.post("/settings/macros", bad).is(http.StatusUnprocessableEntity).has("Two macros have the same key.", "Away with it")
	b.post("/settings/macros", form).is(303)
	b.post("/settings/macros", form).is(409).has("Somebody changed this meanwhile.")
	h.flag("3", "cy", "加V信 hx88291", 90)
	page := h.as(auth.Moderator).get("/queue").is(200).has("Away with it", "Out", "goal 5 min")
	if !strings.Contains(page.body, `aria-keyshortcuts="v"`) || !strings.Contains(page.body, `aria-keyshortcuts="Shift+X"`) {
		t.Error("the keys are not those that were chosen")
	}
}
