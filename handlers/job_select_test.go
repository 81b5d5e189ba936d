package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"imdesk/auth"
	"imdesk/store"

	"golang.org/x/net/html"
)

// Ticked messages, and lists that are too long for a form, become jobs.
func TestJobFromMessagesAndLists(t *testing.T) {
	t.Parallel()
	h, _ := newJobsRig(t)
	h.work()
	b := h.as(auth.Lead)
	h.chat("g1", 6, "spam_00", "spam_01", "max")
	check(t, h.store.Jobs.Protect(t.Context(), []store.ProtectedUser{{App: testApp, User: "max", Added: h.now()}}))
	var ticks []string
	for _, n := range find(b.get("/apps/demo/groups/g1/messages").is(http.StatusOK).has("Recall as a job").document(), func(n *html.Node) bool { return n.Data == "input" }) {
		if name, _ := attribute(n, "name"); name == "m" {
			value, _ := attribute(n, "value")
			ticks = append(ticks, value)
		}
	}
	if len(ticks) != 6 {
		t.Fatalf("%d messages can be ticked", len(ticks))
	}
	link := "/apps/demo/jobs/new?" + url.Values{"m": ticks[:5], "groups": {"g1"}}.Encode()
	_, form := b.get(link).is(http.StatusOK).has("Recall messages", "5 messages selected").lacks("Said by these users").filled("job-form")
	if len(form["m"]) != 5 {
		t.Fatalf("the form holds %v", form)
	}
	form.Set("why", "ads")
	page := b.post("/apps/demo/jobs/new", form).is(http.StatusOK).has("protected", "max")
	action, form := page.filled("job-plan")
	id := jobAt(t, b.post(action, form).is(http.StatusSeeOther).location())
	if j := h.ended(t, id); j.State != store.JobDone || j.Counts.Total != 5 || j.Counts.Skipped == 0 || j.Counts.Done+j.Counts.Skipped != 5 {
		t.Errorf("%s %+v", j.State, j.Counts)
	}
	b.get(jobURL(id) + "?state=skipped").is(http.StatusOK).has("Its sender is on the list of protected people")
	form.Set("m", "nonsense")
	b.post("/apps/demo/jobs/new", form).is(http.StatusUnprocessableEntity)

	// More people than a form takes: the job has the list, not the names.
	var crowd []string
	for i := range exportNow {
		crowd = append(crowd, fmt.Sprintf("crowd_%04d", i))
	}
	_, err := h.app.IM.Import.Users(t.Context(), crowd)
	check(t, err)
	h.must("group_open_http_svc/create_group", map[string]any{
		"Type": "Meeting", "GroupId": "g2", "Name": "Crowd", "Owner_Account": "olga", "MaxMemberCount": 3000,
		"MemberList": []any{map[string]any{"Member_Account": "max"}},
	})
	for at := 0; at < len(crowd); at += 100 {
		var list []map[string]any
		for _, u := range crowd[at : at+100] {
			list = append(list, map[string]any{"Member_Account": u})
		}
		h.must("group_open_http_svc/add_group_member", map[string]any{"GroupId": "g2", "Silence": 1, "MemberList": list})
	}
	page = b.get("/apps/demo/jobs/new?kind=member.mute&groups=g2&all=members&list_role=member").is(http.StatusOK).has("Everybody on the list of members")
	if strings.Contains(page.body, "crowd_0001") {
		t.Error("the form holds names")
	}
	_, form = page.filled("job-form")
	form.Set("why", "flood")
	plan := b.post("/apps/demo/jobs/new", form).is(http.StatusOK)
	action, form = plan.filled("job-plan")
	form.Set("confirm", form.Get("counted"))
	id = jobAt(t, b.post(action, form).is(http.StatusSeeOther).location())
	if j := h.ended(t, id); j.State != store.JobDone || j.Counts.Done != exportNow || j.Counts.Skipped != 1 {
		t.Errorf("%s (%s) %+v", j.State, j.Why, j.Counts)
	}
}
