package handlers

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/approvals"
	"imdesk/auth"
	"imdesk/store"
)

// withTwo is a console whose policy holds: a lead and an owner can both approve.
func withTwo(t *testing.T) (h *harness, lead, owner *browser) {
	h = newHarness(t)
	h.actions.Guard = h.server.Approvals
	h.newUsers("olga:Olga", "ann:Ann")
	h.newGroup("Public", "g1", "Music", "olga", "ann")
	return h, h.as(auth.Lead), h.as(auth.Owner)
}

// asksToDismiss sends the form of the group g1, and returns the address of the request.
func (b *browser) asksToDismiss() (request string, form url.Values) {
	b.t.Helper()
	action, form := b.get("/apps/demo/groups/g1/dismiss").is(http.StatusOK).filled("form-dismiss")
	form.Set("confirm", "Music")
	form.Set("reason", "it is over")
	at := b.post(action, form).is(http.StatusSeeOther).location()
	if !strings.HasPrefix(at, approvalsURL+"/") {
		b.t.Fatalf("led to %s", at)
	}
	return at, form
}

func (h *harness) there() bool {
	h.t.Helper()
	_, err := h.app.IM.Groups.Get(h.t.Context(), "g1")
	return err == nil
}

func TestSecondPerson(t *testing.T) {
	t.Parallel()
	h, lead, owner := withTwo(t)
	request, form := lead.asksToDismiss()
	if !h.there() {
		t.Fatal("it was done at once")
	}
	// The same form again is the same request, and nobody is one's own second person.
	if again := lead.post("/apps/demo/groups/g1/dismiss", form).is(http.StatusSeeOther).location(); again != request {
		t.Errorf("sent again: %s", again)
	}
	lead.get(request).is(http.StatusOK).has("Dismiss a group", "it is over", "Somebody else decides", "Withdraw").lacks("Approve and carry out")
	lead.post(request+"/approve", url.Values{}).is(http.StatusConflict).has("own second person")
	h.as(auth.Moderator).get(request).is(http.StatusNotFound)
	h.as(auth.Moderator).post(request+"/approve", url.Values{}).is(http.StatusForbidden)

	owner.get("/approvals").is(http.StatusOK).has("Dismiss a group", "op_lead")
	page := owner.get(request).is(http.StatusOK).has("it is over", "Approve and carry out")
	action, decision := page.filled("form-approve")
	_, refusal := page.filled("form-refuse")
	owner.post(request+"/refuse", refusal).is(http.StatusUnprocessableEntity).has("A reason is needed")

	// A plan that is not the one that was shown is shown anew: somebody joined meanwhile.
	h.newUsers("bob:Bob")
	h.must("group_open_http_svc/add_group_member", map[string]any{"GroupId": "g1", "MemberList": []any{map[string]any{"Member_Account": "bob"}}})
	stale := url.Values{"mark": {"0123"}, "reason": {"fine with me"}}
	owner.post(request+"/approve", stale).is(http.StatusConflict).has("The plan changed", "fine with me")
	if !h.there() {
		t.Fatal("a stale plan was carried out")
	}
	action, decision = owner.get(request).is(http.StatusOK).filled("form-approve")
	decision.Set("reason", "fine with me")
	owner.post(action, decision).is(http.StatusSeeOther)
	if h.there() {
		t.Fatal("it was not done")
	}
	e := h.newestEntry("group.dismiss")
	if e.OperatorName != "op_lead" || !strings.Contains(string(e.Detail), `"by_name":"op_owner"`) {
		t.Errorf("recorded as by %s: %s", e.OperatorName, e.Detail)
	}
	owner.post(action, decision).is(http.StatusConflict).has("not waiting any more")
	owner.get(request).has("Carried out", "Approved")

	// The requester is told, until it is noted; the form sent again finds what was done.
	lead.get("/settings/me").has("op_owner approved your request: Dismiss a group")
	lead.post(request+"/seen", url.Values{}).is(http.StatusSeeOther)
	lead.get("/settings/me").lacks("approved your request")
}

func (h *harness) newestEntry(action string) store.AuditEntry {
	h.t.Helper()
	list, err := h.store.Audit.List(h.t.Context(), store.AuditFilter{Action: action}, 0, 1)
	if err != nil || len(list) == 0 {
		h.t.Fatalf("no entry %s: %v", action, err)
	}
	return list[0]
}

// Of two who approve at once, one does it; the other is told.
func TestTwoApproveAtOnce(t *testing.T) {
	t.Parallel()
	h, lead, owner := withTwo(t)
	if _, err := h.auth.Add(t.Context(), auth.Operator{}, "op_third", auth.Owner, testPassword); err != nil {
		t.Fatal(err)
	}
	third := &browser{h: h, t: t}
	session := cookieOf(third.post(auth.LoginPath, signIn("op_third", testPassword)).is(http.StatusSeeOther))
	third.cookie = session.Name + "=" + session.Value
	request, _ := lead.asksToDismiss()
	forms := map[string]url.Values{}
	who := []*browser{owner, third, owner, third}
	for _, b := range who[:2] {
		_, forms[b.cookie] = b.get(request).filled("form-approve")
	}
	var wg sync.WaitGroup
	statuses := make([]int, len(who))
	for i, b := range who {
		wg.Go(func() { statuses[i] = b.post(request+"/approve", forms[b.cookie]).status })
	}
	wg.Wait()
	won, winner := 0, ""
	for i, s := range statuses {
		switch s {
		case http.StatusSeeOther:
			won++
			winner = map[*browser]string{owner: "op_owner", third: "op_third"}[who[i]]
		case http.StatusConflict:
		default:
			t.Errorf("status %d", s)
		}
	}
	list, err := h.store.Audit.List(t.Context(), store.AuditFilter{Action: "group.dismiss"}, 0, 9)
	if err != nil || len(list) != 1 || won != 1 || !strings.Contains(string(list[0].Detail), `"by_name":"`+winner+`"`) {
		t.Errorf("%d won, %s; %d entries, %v", won, winner, len(list), err)
	}
}

// guarded sets the one rule that holds.
func (h *harness) guarded(r approvals.Rule) {
	h.t.Helper()
	p := approvals.Policy{Mode: approvals.On, Expires: time.Hour, Rules: []approvals.Rule{r}}
	check(h.t, h.server.Approvals.SetPolicy(h.t.Context(), actions.Actor{Name: "Olga"}, p, 0))
}

// request is one as it is kept.
func (h *harness) request(at string) store.Approval {
	h.t.Helper()
	r, err := h.store.Approvals.Get(h.t.Context(), strings.TrimPrefix(at, approvalsURL+"/"))
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// What changed while a request waited is said in words, in both languages, and with names.
func TestChangesInWords(t *testing.T) {
	t.Parallel()
	h, lead, owner := withTwo(t)
	h.newUsers("bob:Bob")
	h.must("group_open_http_svc/add_group_member", map[string]any{"GroupId": "g1", "MemberList": []any{map[string]any{"Member_Account": "bob"}}})
	h.guarded(approvals.Rule{Verb: actions.VerbKick, Size: 2, Two: true})
	kick := url.Values{"users": {"ann", "bob"}, "why": {"ads"}, "key": {"k1"}}
	request := lead.post("/apps/demo/groups/g1/members/kick", kick).is(http.StatusSeeOther).location()
	owner.get(request).is(http.StatusOK).lacks("What changed since it was asked for")
	_, seen := owner.get(request).filled("form-approve")
	h.must("group_open_http_svc/delete_group_member", map[string]any{"GroupId": "g1", "MemberToDel_Account": []string{"ann"}})
	// A reading of members may be kept for some seconds.
	h.advance(time.Minute)

	table := func(a *answer) string {
		t.Helper()
		_, rest, found := strings.Cut(a.is(http.StatusOK).body, `<table class="diff">`)
		if !found {
			t.Fatalf("nothing changed: %s", a.body)
		}
		shown, _, _ := strings.Cut(rest, "</table>")
		return shown
	}
	for lang, want := range map[string][]string{"en": {"Ann", "Ann is removed", "Ann is skipped: not a member"}, "zh": {"Ann", "跳过 Ann：不是成员"}} {
		check(t, h.auth.SetPrefs(t.Context(), h.operator(auth.Owner), store.Prefs{Language: lang}))
		shown := table(owner.get(request))
		for _, text := range want {
			if !strings.Contains(readText(shown), text) {
				t.Errorf("%s: no %q in %s", lang, text, readText(shown))
			}
		}
		for _, raw := range []string{"action.", "true", "false", "option ", "Bob"} {
			if strings.Contains(readText(shown), raw) {
				t.Errorf("%s: %q in %s", lang, raw, readText(shown))
			}
		}
	}
	check(t, h.auth.SetPrefs(t.Context(), h.operator(auth.Owner), store.Prefs{Language: "en"}))
	// Whoever looked before that decides anew.
	owner.post(request+"/approve", seen).is(http.StatusConflict).has("The plan changed", "not a member")
	_, decision := owner.get(request).filled("form-approve")
	owner.post(request+"/approve", decision).is(http.StatusSeeOther)
	if n := h.members("g1"); n != 1 {
		t.Errorf("%d members", n)
	}
}

// readText is a part of a page without its tags.
func readText(body string) string {
	return strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " "))), " ")
}

// A job waits for its second person, and begins once when that one agrees.
func TestHeldJob(t *testing.T) {
	t.Parallel()
	h, spammers := newJobsRig(t)
	h.actions.Guard = h.server.Approvals
	h.server.Approvals.Carriers = map[string]approvals.Carrier{actions.AttemptJob: approvals.JobCarrier{Jobs: h.jobs}}
	h.guarded(approvals.Rule{Verb: actions.VerbKick, Size: 10, Two: true})
	h.work()
	lead, owner := h.as(auth.Lead), h.as(auth.Owner)
	form := url.Values{"kind": {"member.kick"}, "groups": {"g1"}, "users": {strings.Join(spammers, "\n")}, "why": {"ads"}, "key": {"k1"}}
	request := lead.post("/apps/demo/jobs/start", form).is(http.StatusSeeOther).location()
	if !strings.HasPrefix(request, approvalsURL+"/") {
		t.Fatalf("led to %s", request)
	}
	if again := lead.post("/apps/demo/jobs/start", form).is(http.StatusSeeOther).location(); again != request {
		t.Errorf("sent again: %s", again)
	}
	h.must("group_open_http_svc/delete_group_member", map[string]any{"GroupId": "g1", "MemberToDel_Account": []string{spammers[0]}})
	h.advance(time.Minute)
	page := owner.get(request).is(http.StatusOK).has("30", "What changed since it was asked for", "Acted upon", "Left alone:", "not a member").lacks("action.skip")
	_, decision := page.filled("form-approve")
	owner.post(request+"/approve", decision).is(http.StatusSeeOther)
	r := h.request(request)
	if r.State != store.ApprovalDone || r.Job == "" {
		t.Fatalf("the request is %s, its job %q", r.State, r.Job)
	}
	j := h.ended(t, jobAt(t, "/jobs/"+r.Job))
	if j.Counts.Done != 29 || j.OperatorName != "op_lead" || h.members("g1") != 2 {
		t.Errorf("job of %s: %+v, %d members", j.OperatorName, j.Counts, h.members("g1"))
	}
	owner.get(request).has("The job")
	owner.post(request+"/approve", decision).is(http.StatusConflict)
	if list, err := h.jobs.List(t.Context(), store.JobFilter{}, 0, 9); err != nil || len(list) != 1 {
		t.Errorf("%d jobs, %v", len(list), err)
	}
}

// A console that stops while it carries a request out leaves it running: whoever looks after requests next finds out how far
// it came, and never does it again.
func TestRequestLeftByACrash(t *testing.T) {
	t.Parallel()
	for _, sent := range []bool{false, true} {
		t.Run(fmt.Sprint("sent ", sent), func(t *testing.T) {
			t.Parallel()
			h, lead, owner := withTwo(t)
			request, _ := lead.asksToDismiss()
			r := h.request(request)
			second := h.operator(auth.Owner)
			check(t, h.store.Approvals.Decide(t.Context(), r.ID, store.ApprovalDecision{
				To: store.ApprovalRunning, At: h.now(), OperatorID: second, OperatorName: "op_owner",
			}))
			if sent {
				actor, err := h.server.Approvals.Actor(t.Context(), r.OperatorID, testApp)
				check(t, err)
				actor.Clearance = &actions.Clearance{Request: r.ID, By: second, ByName: "op_owner"}
				a, err := actions.DecodeAction(r.Body, r.Key)
				check(t, err)
				_, err = h.actions.Do(t.Context(), actor, h.app.Target(), a)
				check(t, err)
			}
			// One that another process may still be carrying out is left to it.
			check(t, h.server.Approvals.Tidy(t.Context()))
			if now := h.request(request); now.State != store.ApprovalRunning {
				t.Fatalf("taken away from whoever does it: %s", now.State)
			}
			h.advance(6 * time.Minute)
			check(t, h.server.Approvals.Tidy(t.Context()))
			now := h.request(request)
			if sent {
				if now.State != store.ApprovalDone || now.EntryID != h.newestEntry("group.dismiss").ID || h.there() {
					t.Errorf("%s, entry %d", now.State, now.EntryID)
				}
				owner.get(request).is(http.StatusOK).has("Carried out", "What was done")
				return
			}
			if now.State != store.ApprovalFailed || !h.there() {
				t.Errorf("%s", now.State)
			}
			lead.get(request).is(http.StatusOK).has("The console stopped before anything was sent.")
			owner.post(request+"/approve", url.Values{}).is(http.StatusConflict)
		})
	}
}

// A program is held like the operator whose token it has, asks once, and learns what came of it with the same key.
func TestProgramNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	h, _, owner := withTwo(t)
	p := h.token(auth.Lead, auth.NewToken{Verbs: []auth.Verb{auth.VerbView, auth.VerbDismiss}})
	const path, body = "/api/v1/apps/demo/groups/g1/dismiss", `{"reason":"it is over"}`
	ask := func() *answer { return p.ask(post, path, body, "Idempotency-Key", "k1") }
	first := ask().is(http.StatusConflict)
	var held programError
	check(t, json.Unmarshal([]byte(first.body), &held))
	id := held.Error.Fields["request"]
	if held.Error.Code != "second_person" || id == "" || !h.there() {
		t.Fatalf("%s", first.body)
	}
	var again programError
	check(t, json.Unmarshal([]byte(ask().is(http.StatusConflict).body), &again))
	if again.Error.Fields["request"] != id {
		t.Errorf("asked twice: %v", again.Error.Fields)
	}
	// Nobody is one's own second person, with or without a token.
	lead := h.as(auth.Lead)
	lead.post(approvalURL(id, "approve"), url.Values{}).is(http.StatusConflict)
	_, decision := owner.get(approvalURL(id)).is(http.StatusOK).filled("form-approve")
	owner.post(approvalURL(id, "approve"), decision).is(http.StatusSeeOther)
	done := decode[programResult](ask())
	if e := h.newestEntry("group.dismiss"); h.there() || e.OperatorName != "op_lead" || done.ID != e.ID {
		t.Errorf("done %+v, recorded as %d by %s", done, e.ID, e.OperatorName)
	}
}

func TestEmergencyOverride(t *testing.T) {
	t.Parallel()
	h, lead, owner := withTwo(t)
	request, _ := lead.asksToDismiss()
	lead.post(request+"/override", url.Values{}).is(http.StatusUnprocessableEntity)
	owner.post(request+"/override", url.Values{"reason": {"mine"}}).is(http.StatusNotFound)
	lead.post(request+"/override", url.Values{"reason": {"a raid, nobody is here"}}).is(http.StatusSeeOther)
	if h.there() {
		t.Fatal("it was not done")
	}
	if e := h.newestEntry("group.dismiss"); !strings.Contains(string(e.Detail), `"override":true`) {
		t.Errorf("not marked: %s", e.Detail)
	}
	owner.get("/settings/me").has("1 emergency override waits to be reviewed")
	owner.get("/approvals").has("Emergency overrides to be reviewed")
	lead.post(request+"/review", url.Values{"reason": {"it was right"}}).is(http.StatusConflict)
	owner.post(request+"/review", url.Values{"reason": {"it was right"}}).is(http.StatusSeeOther)
	owner.get("/settings/me").lacks("waits to be reviewed")
}

func TestRefusedWithdrawnExpired(t *testing.T) {
	t.Parallel()
	h, lead, owner := withTwo(t)
	policy := approvals.Default()
	policy.Expires = 10 * time.Minute
	if err := h.server.Approvals.SetPolicy(t.Context(), actions.Actor{Name: "Olga"}, policy, 0); err != nil {
		t.Fatal(err)
	}
	refused, _ := lead.asksToDismiss()
	owner.post(refused+"/refuse", url.Values{"reason": {"ask Olga first"}}).is(http.StatusSeeOther)
	lead.get(refused).has("ask Olga first", "Refused")
	lead.get("/settings/me").has("op_owner refused your request")
	withdrawn, _ := lead.asksToDismiss()
	lead.post(withdrawn+"/withdraw", url.Values{}).is(http.StatusSeeOther)
	expired, _ := lead.asksToDismiss()
	action, decision := owner.get(expired).filled("form-approve")
	h.advance(11 * time.Minute)
	owner.post(action, decision).is(http.StatusConflict)
	if err := h.server.Approvals.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	lead.get(expired).has("Expired")
	if !h.there() {
		t.Error("it was done")
	}
}

// A quota and a pause refuse before anything is sent, and leave what was typed.
func TestQuotaOfOperators(t *testing.T) {
	t.Parallel()
	h, lead, owner := withTwo(t)
	policy := url.Values{
		"mode": {"on"}, "expires": {"24"}, "version": {"0"},
		"verb_1": {"member.mute"}, "size_1": {"1"}, "quota_1": {"1"}, "per_1": {"1h0m0s"}, "role_1": {"lead"},
		"verb_2": {"member.kick"}, "size_2": {"1"}, "pause_2": {"5"},
	}
	bad := url.Values{"mode": {"on"}, "expires": {"24"}, "version": {"0"}, "verb_1": {"member.mute"}, "size_1": {"x"}}
	owner.post(policyURL, bad).is(http.StatusUnprocessableEntity).has("This is no number")
	lead.get(policyURL).is(http.StatusForbidden)
	preview := url.Values{"preview": {"1"}}
	for k, v := range policy {
		preview[k] = v
	}
	owner.post(policyURL, preview).is(http.StatusOK).has("What would change", "Dismiss a group", "Mute members")
	owner.post(policyURL, policy).is(http.StatusSeeOther)
	owner.post(policyURL, policy).is(http.StatusConflict).has("changed the rules meanwhile")

	mute := url.Values{"users": {"ann"}, "for": {"1h"}, "why": {"ads"}, "key": {"k1"}}
	lead.post("/apps/demo/groups/g1/members/mute", mute).is(http.StatusSeeOther)
	lead.post("/apps/demo/groups/g1/members/mute", mute).is(http.StatusSeeOther) // the same form is answered like the first time
	mute.Set("key", "k2")
	lead.post("/apps/demo/groups/g1/members/mute", mute).is(http.StatusConflict).has("over the limit of 1", "Nothing was changed")
	h.as(auth.Moderator).post("/apps/demo/groups/g1/members/mute", mute).is(http.StatusSeeOther)
	kick := url.Values{"users": {"ann"}, "why": {"ads"}, "key": {"k3"}}
	lead.post("/apps/demo/groups/g1/members/kick", kick).is(http.StatusSeeOther)
	h.must("group_open_http_svc/add_group_member", map[string]any{"GroupId": "g1", "MemberList": []any{map[string]any{"Member_Account": "ann"}}})
	kick.Set("key", "k4")
	lead.post("/apps/demo/groups/g1/members/kick", kick).is(http.StatusConflict).has("pause of 5 minutes")
	h.advance(6 * time.Minute)
	lead.post("/apps/demo/groups/g1/members/kick", kick).is(http.StatusSeeOther)
}
