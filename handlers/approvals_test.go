package handlers

import (
	"net/http"
	"net/url"
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
	request, _ := lead.asksToDismiss()
	action, decision := owner.get(request).filled("form-approve")
	var wg sync.WaitGroup
	statuses := make([]int, 4)
	for i := range statuses {
		wg.Go(func() { statuses[i] = owner.post(action, decision).status })
	}
	wg.Wait()
	won := 0
	for _, s := range statuses {
		if s == http.StatusSeeOther {
			won++
		} else if s != http.StatusConflict {
			t.Errorf("status %d", s)
		}
	}
	if list, err := h.store.Audit.List(t.Context(), store.AuditFilter{Action: "group.dismiss"}, 0, 9); err != nil || len(list) != 1 || won != 1 {
		t.Errorf("%d won, %d entries, %v", won, len(list), err)
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
