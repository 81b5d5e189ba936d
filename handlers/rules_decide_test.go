package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/archive"
	"imdesk/auth"
	"imdesk/cases"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/moderation"
	"imdesk/rules"
	"imdesk/store"
)

// ruled has the emulator ask the console, which judges by rules, and keeps what was said.
func ruled(t *testing.T, text string, change ...func(*rules.Service)) *harness {
	t.Helper()
	var judge *rules.Service
	var keeper *archive.Keeper
	h := newHarness(t, func(o *Options) {
		judge = &rules.Service{Store: o.Store, Actions: o.Actions, Now: o.Now, Log: o.Log, App: func(name string) (actions.App, bool) {
			a := o.Apps.Get(name)
			if a == nil {
				return actions.App{}, false
			}
			return a.Target(), true
		}}
		queue := &cases.Service{Store: o.Store.Cases, Archive: o.Store.Archive, Audit: o.Store.Audit, Policy: o.Store.Policies, Actions: o.Actions, Now: o.Now, Log: o.Log, App: judge.App}
		queue.Init()
		judge.Flag = queue.Flag
		for _, c := range change {
			c(judge)
		}
		o.Actions.Undone = judge.Reversed
		keeper = &archive.Keeper{Store: o.Store.Archive, Policies: func() map[string]archive.Policy { return map[string]archive.Policy{testApp: {Groups: true}} }, Log: o.Log, Now: o.Now}
		o.Rules, o.Archive = judge, keeper
	})
	check(t, judge.Load(t.Context()))
	h.putRules(text)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { judge.Run(ctx, nil); done <- struct{}{} }()
	go func() { keeper.Run(ctx); done <- struct{}{} }()
	console := httptest.NewServer(h.handler)
	h.newUsers("olga:Olga", "ann:Ann", "bob:Bob")
	h.newGroup("Public", "g1", "Music", "olga", "ann", "bob")
	check(t, h.im.SetCallback(testSDKAppID, emulator.Callback{URL: console.URL + "/callbacks/demo", Token: testToken}))
	t.Cleanup(func() {
		check(t, h.im.SetCallback(testSDKAppID, emulator.Callback{}))
		console.Close()
		cancel()
		<-done
		<-done
	})
	return h
}

// putRules puts rules in force.
func (h *harness) putRules(text string) {
	h.t.Helper()
	f, err := moderation.Parse([]byte(text))
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.server.Rules.Import(h.t.Context(), f, "test", ""); err != nil {
		h.t.Fatal(err)
	}
}

// eventuallyIs waits for something that is done behind an answer.
func eventuallyIs(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

// hits are what a rule caught.
func (h *harness) hits(rule string) []store.RuleHit {
	h.t.Helper()
	list, err := h.store.Rules.Hits(h.t.Context(), store.HitQuery{Rule: rule, N: 50})
	check(h.t, err)
	return list
}

const decidingRules = `
[[rule]]
name = "refused"
state = "live"
outcome = "reject"
code = 10155
direct_code = 120033
text = "not here"
where = "everywhere"
except_roles = ["owner"]
when = { words = ["casino"] }

[[rule]]
name = "starred"
state = "live"
outcome = "stars"
when = { words = ["darn"] }

[[rule]]
name = "dropped"
state = "live"
outcome = "drop"
when = { words = ["spam"] }

[[rule]]
name = "flagged"
state = "live"
outcome = "flag"
score = 77
when = { words = ["idiot"] }

[[rule]]
name = "ladder"
state = "live"
outcome = "flag"
when = { words = ["boo"] }
then = { recall = true, mute = ["warn", "1h", "24h"], notify_author = "Stop it." }

[[rule]]
name = "shadowed"
state = "shadow"
outcome = "reject"
when = { words = ["fine"] }
`

// TestRulesDecide has people say things at the service, which asks the console.
func TestRulesDecide(t *testing.T) {
	t.Parallel()
	h := ruled(t, decidingRules)
	group := imclient.Conversation{Group: "g1"}
	send := func(from, what string) (code int, info string) {
		h.advance(50 * time.Millisecond)
		return h.try("group_open_http_svc/send_group_msg", map[string]any{"GroupId": "g1", "From_Account": from, "Random": h.made.Add(1), "MsgBody": text(what)})
	}
	if code, info := send("ann", "come to my c.a.s.i.n.o"); code != 10155 || info != "not here" {
		t.Errorf("refused: %d %q", code, info)
	}
	if code, info := send("olga", "no casino here"); code != 0 {
		t.Errorf("the owner is spared: %d %q", code, info)
	}
	direct := map[string]any{"From_Account": "ann", "To_Account": "bob", "MsgRandom": 7, "MsgBody": text("casino?")}
	if code, info := h.try("openim/sendmsg", direct); code != 120033 || info != "not here" {
		t.Errorf("refused in a direct chat: %d %q", code, info)
	}
	if send("ann", "well, ｄａｒｎ it"); !h.says(group, "well, **** it") {
		t.Error("stars are not in the group")
	}
	if code, info := send("ann", "buy spam"); code != 0 || h.says(group, "buy spam") {
		t.Errorf("dropped: %d %q", code, info)
	}
	send("bob", "you idiot")
	send("bob", "all fine")
	if !h.says(group, "you idiot") || !h.says(group, "all fine") {
		t.Error("what is flagged, or only seen in the shadow, is not in the group")
	}
	for rule, want := range map[string]string{
		"refused": "reject false false", "starred": "stars false true", "dropped": "drop false false", "flagged": "flag false true", "shadowed": "reject true true",
	} {
		eventuallyIs(t, rule+" caught nothing", func() bool { return len(h.hits(rule)) > 0 })
		one := h.hits(rule)[0]
		if got := fmt.Sprint(one.Outcome, " ", one.Quiet, " ", one.Key != ""); got != want {
			t.Errorf("%s: %s, want %s", rule, got, want)
		}
	}
	list, err := h.store.Cases.List(t.Context(), store.CaseFilter{Apps: []string{testApp}}, 0, 20)
	check(t, err)
	var flagged []string
	for _, c := range list {
		flagged = append(flagged, c.Text)
	}
	if got := strings.Join(flagged, " "); !strings.Contains(got, "you idiot") || strings.Contains(got, "all fine") {
		t.Errorf("cases: %q", got)
	}
	t.Run("the ladder", func(t *testing.T) {
		for n, muted := range []bool{false, true} {
			send("bob", fmt.Sprint("boo ", n))
			eventuallyIs(t, "nothing came of it", func() bool { return len(h.hits("ladder")) == n+1 })
			var done rules.Done
			check(t, json.Unmarshal(h.hits("ladder")[0].Done, &done))
			m, err := h.app.IM.Members.Get(imclient.Fresh(t.Context()), "g1", []string{"bob"})
			check(t, err)
			if done["recall"] != rules.DoneOK || done["author"] != rules.DoneOK || done["strike"] != fmt.Sprint(n+1) || (done["mute"] == rules.DoneOK) != muted || m[0].MutedUntil.IsZero() == muted {
				t.Errorf("offence %d: %v, muted until %s", n+1, done, m[0].MutedUntil)
			}
			page, err := h.app.IM.Messages.History(imclient.Fresh(t.Context()), imclient.HistoryOptions{Conversation: group})
			check(t, err)
			i := slices.IndexFunc(page.Messages, func(m imclient.Message) bool { return m.ID == h.hits("ladder")[0].Key })
			if i < 0 || page.Messages[i].State != imclient.MessageRecalled {
				t.Error("it is not recalled at the service")
			}
		}
		entries, err := h.store.Audit.List(t.Context(), store.AuditFilter{}, 0, 50)
		check(t, err)
		var got []string
		for _, e := range entries {
			if e.OperatorName == "rule ladder" {
				got = append(got, e.Action)
			}
		}
		if s := strings.Join(got, " "); !strings.Contains(s, "member.mute") || !strings.Contains(s, "message.recall") || !strings.Contains(s, "group.notice") {
			t.Errorf("in the audit log: %s", s)
		}
	})
}

// TestRulesStopThemselves has a rule do more than it may: it stops, says so, and people can talk.
func TestRulesStopThemselves(t *testing.T) {
	t.Parallel()
	h := ruled(t, `
[[rule]]
name = "eager"
state = "live"
outcome = "reject"
max_actions = 2
when = { words = ["hello"] }
`)
	var codes []int
	for range 4 {
		code, _ := h.try("group_open_http_svc/send_group_msg", map[string]any{"GroupId": "g1", "From_Account": "ann", "Random": h.made.Add(1), "MsgBody": text("hello")})
		codes = append(codes, code)
	}
	if fmt.Sprint(codes) != "[10100 10100 0 0]" {
		t.Errorf("answers %v", codes)
	}
	eventuallyIs(t, "it is not stored as stopped", func() bool {
		r, d, _ := h.server.Rules.Rule("eager")
		return r.State == moderation.Stopped && d.Version == 2 && strings.HasPrefix(d.Note, "stopped.actions 3 2")
	})
	eventuallyIs(t, "it is not in the audit log", func() bool {
		list, err := h.store.Audit.List(t.Context(), store.AuditFilter{}, 0, 10)
		check(t, err)
		return len(list) > 0 && list[0].Action == rules.ActStop && list[0].OperatorName == rules.SystemName
	})
}

// TestRulesBroken has something break inside: messages go through.
func TestRulesBroken(t *testing.T) {
	t.Parallel()
	h := ruled(t, decidingRules, func(s *rules.Service) {
		s.App = func(string) (actions.App, bool) { panic("broken") } // asked for the role of who says a word that owners may say
	})
	message := map[string]any{"GroupId": "g1", "From_Account": "ann", "Random": h.made.Add(1), "MsgBody": text("casino")}
	if code, info := h.try("group_open_http_svc/send_group_msg", message); code != 0 || !h.says(imclient.Conversation{Group: "g1"}, "casino") {
		t.Errorf("it did not go through: %d %s", code, info)
	}
}

// TestHeldMessages has a rule hold what people say until an operator lets it through or refuses it.
func TestHeldMessages(t *testing.T) {
	t.Parallel()
	h := ruled(t, `
[[rule]]
name = "held"
state = "live"
outcome = "hold"
where = "everywhere"
when = { words = ["tickets", "gold"] }
`)
	group := imclient.Conversation{Group: "g1"}
	send := func(body []any) (int, string) {
		h.advance(50 * time.Millisecond)
		return h.try("group_open_http_svc/send_group_msg", map[string]any{"GroupId": "g1", "From_Account": "ann", "Random": h.made.Add(1), "MsgBody": body})
	}
	for _, what := range []string{"tickets, cheap", "gold for all"} {
		if code, info := send(text(what)); code != 0 || h.says(group, what) {
			t.Fatalf("%q: %d %s", what, code, info)
		}
	}
	face := append(text("tickets here"), map[string]any{"MsgType": "TIMFaceElem", "MsgContent": map[string]any{"Index": 1, "Data": "x"}})
	if code, _ := send(face); code == 0 || h.says(group, "tickets here") {
		t.Errorf("with more than text: %d", code)
	}
	if code, info := h.try("openim/sendmsg", map[string]any{"From_Account": "ann", "To_Account": "bob", "MsgRandom": 7, "MsgBody": text("tickets for you")}); code != 0 {
		t.Errorf("in a direct chat: %d %s", code, info)
	}
	var held []store.Held
	eventuallyIs(t, "nothing is held", func() bool {
		list, err := h.store.Cases.List(t.Context(), store.CaseFilter{Apps: []string{testApp}}, 0, 20)
		check(t, err)
		if len(list) != 1 {
			return false
		}
		held, err = h.store.Rules.HeldOf(t.Context(), list[0].ID)
		check(t, err)
		return len(held) == 3
	})
	at := func(i int, what string) string { return fmt.Sprintf("/queue/held/%d/%s", held[i].ID, what) }
	b := h.as(auth.Moderator)
	card := fmt.Sprintf("/queue?case=%d", held[0].Case)
	b.get(card).is(200).has("Held by a rule", "tickets, cheap", "gold for all", "tickets for you", "to bob", "Let it through")
	h.as(auth.Support).post(at(0, "release"), nil).is(403)
	b.post(at(0, "release"), nil).is(303)
	eventuallyIs(t, "it is not in the group", func() bool { return h.says(group, "tickets, cheap") })
	page, err := h.app.IM.Messages.History(imclient.Fresh(t.Context()), imclient.HistoryOptions{Conversation: group})
	check(t, err)
	if i := slices.IndexFunc(page.Messages, func(m imclient.Message) bool { return m.From == "ann" }); i < 0 {
		t.Error("it is not said by its author")
	}
	b.get(card).is(200).has("Sent again in the name of Ann", "let through by op_moderator")
	b.post(at(0, "release"), nil).is(303)
	b.post(at(1, "refuse"), nil).is(303)
	b.post(at(1, "release"), nil).is(303)
	b.get(card).has("refused by op_moderator")
	if h.says(group, "gold for all") {
		t.Error("what was refused is in the group")
	}
	b.post(at(2, "release"), nil).is(303)
	chat, err := h.app.IM.Messages.History(imclient.Fresh(t.Context()), imclient.HistoryOptions{Conversation: imclient.Conversation{User: "ann", Peer: "bob"}})
	check(t, err)
	if len(chat.Messages) != 1 || chat.Messages[0].From != "ann" {
		t.Errorf("in the direct chat: %+v", chat.Messages)
	}
	send(text("all fine"))
	eventuallyIs(t, "the archive has nothing of it", func() bool {
		list, err := h.store.Rules.Replay(t.Context(), testApp, h.now().Add(-time.Hour), 0, 50)
		check(t, err)
		return slices.ContainsFunc(list, func(m store.Replayed) bool { return m.Text == "all fine" })
	})
	if n := len(h.hits("held")); n != 4 {
		t.Errorf("the rule caught %d messages, of which it held 3 and refused 1: what is let through is not caught again", n)
	}
}
