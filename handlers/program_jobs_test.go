package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"imdesk/actions"
	"imdesk/approvals"
	"imdesk/auth"
	"imdesk/exports"
	"imdesk/jobs"
	"imdesk/store"
)

func TestProgramJobs(t *testing.T) {
	t.Parallel()
	h, spammers := newJobsRig(t)
	const path = "/api/v1/apps/demo/jobs"
	lead := h.token(auth.Lead, withVerbs(auth.NewToken{}, auth.VerbView, auth.VerbBulk, auth.VerbMute, auth.VerbUnmute))
	kicks := h.token(auth.Lead, withVerbs(auth.NewToken{Title: "Kicks"}, auth.VerbBulk, auth.VerbKick))
	check(t, h.store.Jobs.Protect(t.Context(), []store.ProtectedUser{{App: testApp, User: spammers[3], Note: "staff", Added: h.now()}}))
	everybody := `{"kind":"member.mute","groups":["g1"],"everybody":{"list":"members","role":"member"},"seconds":3600,"reason":"raid"}`

	plan := decode[jobPlanOut](lead.ask(post, path+"/plan", everybody))
	if plan.Total != 30 || plan.Act != 29 || !plan.Complete || !plan.Reversible || len(plan.Calls) == 0 || len(plan.Skips) != 1 || !plan.Skips[0].Protected || !slices.Equal(plan.Skips[0].Sample, spammers[3:4]) {
		t.Fatalf("%+v", plan)
	}

	// It waits: no worker runs yet. So it can be steered.
	first := decode[jobOut](lead.ask(post, path, everybody, "Idempotency-Key", "raid-1"))
	if again := decode[jobOut](lead.ask(post, path, everybody, "Idempotency-Key", "raid-1")); again.ID != first.ID || first.State != "ready" {
		t.Errorf("sent twice: %+v and %+v", first, again)
	}
	if code := lead.ask(post, path, strings.Replace(everybody, "3600", "60", 1), "Idempotency-Key", "raid-1").is(http.StatusConflict).code(); code != "sent_before" {
		t.Errorf("another job under the same key: %s", code)
	}
	at := fmt.Sprintf("%s/%d", path, first.ID)
	if j := decode[jobOut](lead.ask(post, at+"/pause", "")); j.State != "paused" {
		t.Errorf("paused: %+v", j)
	}
	if code := lead.ask(post, at+"/pause", "").is(http.StatusConflict).code(); code != "not_now" {
		t.Errorf("paused twice: %s", code)
	}
	if list := decode[jobList](lead.ask(get, path+"?state=paused", "")); len(list.Jobs) != 1 || list.Jobs[0].ID != first.ID {
		t.Errorf("%+v", list)
	}
	if j := decode[jobOut](lead.ask(post, at+"/resume", "")); j.State != "ready" {
		t.Errorf("resumed: %+v", j)
	}
	lead.ask(post, at+"/reverse", "").is(http.StatusConflict) // not before its end
	second := decode[jobOut](lead.ask(post, path, `{"kind":"member.unmute","groups":["g1"],"users":["`+spammers[0]+`"]}`))
	if j := decode[jobOut](lead.ask(post, fmt.Sprintf("%s/%d/cancel", path, second.ID), "")); j.State != "cancelled" || j.Counts.Skipped != 1 {
		t.Errorf("cancelled: %+v", j)
	}

	h.work()
	h.ended(t, first.ID)
	done := decode[jobOut](lead.ask(get, at, ""))
	if done.State != "done" || done.Counts.Done != 29 || done.Counts.Skipped != 1 || done.By != "op_lead (Bot)" || done.Ended == nil {
		t.Errorf("%+v", done)
	}
	var items []jobItemOut
	for cursor := ""; ; {
		list := decode[jobItemList](lead.ask(get, at+"/items?limit=7&cursor="+cursor, ""))
		items = append(items, list.Items...)
		if cursor = list.Next; cursor == "" {
			break
		}
	}
	if skipped := decode[jobItemList](lead.ask(get, at+"/items?state=skipped", "")); len(items) != 30 || len(skipped.Items) != 1 || skipped.Items[0].Target != spammers[3] || skipped.Items[0].Why == "" {
		t.Errorf("%d items, skipped %+v", len(items), skipped)
	}
	back := decode[jobOut](lead.ask(post, at+"/reverse", ""))
	if back.Relation != store.JobReverse || back.Parent != first.ID || h.ended(t, back.ID).Counts.Done != 29 {
		t.Errorf("%+v", back)
	}
	lead.ask(post, at+"/retry", "").is(http.StatusConflict) // nothing failed

	t.Run("the same rules", func(t *testing.T) {
		p := lead.in(t)
		for _, tt := range []struct {
			name, body string
			status     int
			code       string
		}{
			{"a right that the token has not", `{"kind":"member.kick","groups":["g1"],"users":["spam_00"],"reason":"x"}`, 403, "forbidden"},
			{"a kind of the console's own", `{"kind":"` + exports.JobKind + `"}`, 422, "fields"},
			{"no reason", `{"kind":"member.mute","groups":["g1"],"users":["spam_00"],"seconds":60}`, 422, "fields"},
			{"nobody", `{"kind":"member.mute","groups":["g1"],"seconds":60,"reason":"x"}`, 422, "fields"},
			{"a field nobody knows", `{"kind":"member.mute","filter":"all"}`, 400, "body"},
		} {
			for _, where := range []string{path, path + "/plan"} {
				if code := p.ask(post, where, tt.body).is(tt.status).code(); code != tt.code {
					t.Errorf("%s: %s says %s", tt.name, where, code)
				}
			}
		}
		for _, where := range []string{"?state=over", "?cursor=x", "?cursor=0", "?limit=0"} {
			p.ask(get, path+where, "").is(http.StatusBadRequest)
		}
		small := h.token(auth.Lead, withVerbs(auth.NewToken{Title: "Small"}, auth.VerbView, auth.VerbMute)).in(t)
		small.ask(get, at, "").is(http.StatusForbidden)
		other := h.token(auth.Lead, withVerbs(auth.NewToken{Title: "Unmutes"}, auth.VerbBulk, auth.VerbUnmute)).in(t)
		other.ask(post, at+"/cancel", "").is(http.StatusForbidden) // who may not begin the like may not end it
		export, err := h.jobs.Start(t.Context(), actions.Actor{OperatorID: "op", Can: func(actions.Verb) bool { return true }}, h.app.Target(), jobs.Spec{
			Kind: exports.JobKind, Params: json.RawMessage(`{"list":{"kind":"members","group":"g1"},"zone":"UTC"}`),
		}, "")
		check(t, err)
		p.ask(get, fmt.Sprintf("%s/%d", path, export.ID), "").is(http.StatusNotFound)
	})
	t.Run("a second person", func(t *testing.T) {
		h.as(auth.Owner) // somebody who can approve
		h.actions.Guard = h.server.Approvals
		h.server.Approvals.Carriers = map[string]approvals.Carrier{actions.AttemptJob: approvals.JobCarrier{Jobs: h.jobs}}
		var many []string
		for i := range 100 {
			many = append(many, fmt.Sprintf("spam_x%d", i))
		}
		body := `{"kind":"member.kick","groups":["g1"],"users":["` + strings.Join(append(many, spammers...), `","`) + `"],"reason":"raid"}`
		a := kicks.in(t).ask(post, path, body, "Idempotency-Key", "raid-2").is(http.StatusConflict)
		if a.code() != "second_person" {
			t.Fatalf("%s", a.body)
		}
		var e programError
		check(t, json.Unmarshal([]byte(a.body), &e))
		request := approvalsURL + "/" + e.Error.Fields["request"]
		owner := h.as(auth.Owner).in(t)
		action, form := owner.get(request).is(http.StatusOK).has("On the list of protected people", "Calls").filled("form-approve")
		form.Set("reason", "yes")
		owner.post(action, form).is(http.StatusSeeOther)
		if j := decode[jobOut](kicks.in(t).ask(post, path, body, "Idempotency-Key", "raid-2")); h.ended(t, j.ID).Counts.Done != 29 {
			t.Errorf("%+v", j)
		}
	})
}
