package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"imdesk/auth"
	"imdesk/store"
)

// newJobsRig is a group with thirty spammers, an admin and an owner in it.
func newJobsRig(t *testing.T) (h *harness, spammers []string) {
	t.Helper()
	h = newHarness(t)
	users := []string{"olga:Olga", "max:Max"}
	members := []string{"*max"}
	for n := range 30 {
		id := fmt.Sprintf("spam_%02d", n)
		spammers = append(spammers, id)
		users = append(users, id+":加V信 "+id)
		members = append(members, id)
	}
	h.newUsers(users...)
	h.newGroup("Public", "g1", "周末音乐夜 🎧", "olga", members...)
	return h, spammers
}

func TestJobFromPasteToReverse(t *testing.T) {
	t.Parallel()
	h, spammers := newJobsRig(t)
	h.work()
	b := h.as(auth.Lead)
	form := url.Values{
		"kind": {"member.kick"}, "groups": {"g1"}, "users": {"\uFEFF" + strings.Join(spammers, "，") + " max, olga nobody_x " + spammers[0]}, "why": {"ads"},
	}
	check(t, h.store.Jobs.Protect(t.Context(), []store.ProtectedUser{{App: testApp, User: spammers[3], Note: "staff", Added: h.now()}}))
	plan := b.post("/apps/demo/jobs/new", form).is(http.StatusOK).has("Remove 33 members", "protected", "Nobody can do this", "On the list of protected people")
	if n := h.members("g1"); n != 32 {
		t.Fatalf("a plan did something: %d members", n)
	}
	form.Set("users", fieldValue(plan.body, "users"))
	form.Set("key", "k1")
	started := b.post("/apps/demo/jobs/start", form).is(http.StatusSeeOther)
	id := jobAt(t, started.location())
	if again := b.post("/apps/demo/jobs/start", form).is(http.StatusSeeOther); again.location() != started.location() {
		t.Errorf("the form sent twice began %s and %s", started.location(), again.location())
	}
	j := h.ended(t, id)
	if j.State != store.JobDone || j.Counts.Done != 29 || j.Counts.Skipped != 4 {
		t.Fatalf("job %s %+v", j.State, j.Counts)
	}
	page := b.get(jobURL(id)).is(http.StatusOK).has("Job 1 has begun", "100%", "29 done · 4 left alone", "Reverse", "加V信 spam_00")
	if strings.Contains(page.body, "data-poll") {
		t.Error("the page of a job that has ended is asked for again")
	}
	b.get(jobURL(id)+"?state=skipped").is(http.StatusOK).has("Not a member", "On the list of protected people").lacks("spam_00")
	b.get("/jobs").is(http.StatusOK).has("Remove 33 members", "Done")
	b.get("/jobs?whose=mine&state=cancelled").is(http.StatusOK).has("No job is such")

	b.get(jobURL(id, "reverse")).is(http.StatusOK).has("Reverse job 1", "29", "can be taken back")
	back := b.post(jobURL(id, "reverse"), url.Values{"key": {"r1"}}).is(http.StatusSeeOther)
	r := h.ended(t, jobAt(t, back.location()))
	if r.Relation != store.JobReverse || r.Counts.Done != 29 {
		t.Fatalf("reverse %s %+v", r.State, r.Counts)
	}
	if n := h.members("g1"); n != 32 {
		t.Errorf("%d members after the reverse", n)
	}
	b.get(jobURL(id)).is(http.StatusOK).has("29 reversed", fmt.Sprintf("Job %d takes this back", r.ID))
	b.get(back.location()).is(http.StatusOK).has("Reverse: Remove 29 members", "Takes job 1 back")
	b.get(jobURL(id, "reverse")).is(http.StatusOK).has("29 were taken back before")
}

// members counts who is in a group, as the service says.
func (h *harness) members(group string) int {
	h.t.Helper()
	answer := h.must("group_open_http_svc/get_group_member_info", map[string]any{"GroupId": group})
	n, _ := answer["MemberNum"].(float64)
	return int(n)
}

// fieldValue is what a textarea of a name holds.
func fieldValue(body, name string) string {
	_, rest, _ := strings.Cut(body, `<textarea name="`+name+`"`)
	_, rest, _ = strings.Cut(rest, ">")
	value, _, _ := strings.Cut(rest, "</textarea>")
	return value
}
