package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/exports"
	"imdesk/jobs"
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

func TestJobFormNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	h, _ := newJobsRig(t)
	b := h.as(auth.Lead)
	form := url.Values{"kind": {"member.mute"}, "groups": {"g1"}, "users": {"spam_00\nzero\u200Bwidth\n7.31E+18"}, "for": {"until"}, "until": {"soon"}, "why": {"other"}, "note": {"a note"}}
	b.post("/apps/demo/jobs/new", form).is(http.StatusUnprocessableEntity).has(
		"2 entries cannot be IDs", "Line 2", "characters that cannot be seen", "Line 3: “7.31E+18” was rounded by a spreadsheet", "a note", "spam_00")
	b.post("/apps/demo/jobs/start", form).is(http.StatusUnprocessableEntity).has("2 entries cannot be IDs")
	b.post("/apps/demo/jobs/new", url.Values{"kind": {"message.recall"}, "groups": {"g1"}, "why": {"ads"}}).is(http.StatusUnprocessableEntity).has("Say which messages")
	b.post("/apps/demo/jobs/new", url.Values{"kind": {"member.mute"}, "users": {"spam_00"}, "why": {"ads"}}).is(http.StatusUnprocessableEntity).has("Name at least one group")
	b.get("/apps/demo/jobs/new?kind=member.unmute&groups=g1&all=muted").is(http.StatusOK)
	h.as(auth.Moderator).get("/apps/demo/jobs/new").is(http.StatusForbidden)
	if list, err := h.jobs.List(t.Context(), store.JobFilter{}, 0, 10); err != nil || len(list) != 0 {
		t.Errorf("%d jobs were begun, %v", len(list), err)
	}
}

func TestListsAreTakenOut(t *testing.T) {
	t.Parallel()
	h, spammers := newJobsRig(t)
	h.say("g1", "spam_00", text("=1+1 hello"))
	h.work()
	b := h.as(auth.Lead)
	for list, want := range map[string][]string{
		"members":  {"User ID,Nickname,Name card,Role,Joined,Last spoke,Muted until", "olga,Olga,,owner,", "spam_29,加V信 spam_29,,member,"},
		"messages": {"Message ID,Seq,Time", "spam_00", "'=1+1 hello"},
		"groups":   {"Group ID,Name,Type", "g1,周末音乐夜 🎧,Public,olga,32"},
	} {
		file := b.post("/apps/demo/export", url.Values{"list": {list}, "group": {map[bool]string{true: "g1"}[list != "groups"]}, "format": {"csv"}}).is(http.StatusOK)
		for _, w := range want {
			if !strings.Contains(file.body, w) {
				t.Errorf("%s lacks %q:\n%s", list, w, file.body)
			}
		}
		if !strings.Contains(file.header.Get("Content-Disposition"), list+"-") {
			t.Errorf("%s is named %s", list, file.header.Get("Content-Disposition"))
		}
	}
	if x := b.post("/apps/demo/export", url.Values{"list": {"members"}, "group": {"g1"}, "format": {"xlsx"}}).is(http.StatusOK); !strings.HasPrefix(x.body, "PK\x03\x04") {
		t.Error("no XLSX file")
	}
	b.post("/apps/demo/export", url.Values{"list": {"secrets"}, "format": {"csv"}}).is(http.StatusBadRequest)
	b.get("/audit?action=list.export").is(http.StatusOK).has("Exported a list")
	h.as(auth.Moderator).post("/apps/demo/export", url.Values{"list": {"groups"}, "format": {"csv"}}).is(http.StatusForbidden)

	// A longer one is read by a job, whose rows who asked has for a day.
	params, err := exports.Params(exports.List{Kind: exports.Members, Group: "g1"}, h.server.Zone)
	check(t, err)
	op, err := h.store.Operators.ByName(t.Context(), "op_lead")
	check(t, err)
	actor := actions.Actor{OperatorID: op.ID, Name: op.Name, Can: func(actions.Verb) bool { return true }}
	j, err := h.jobs.Start(t.Context(), actor, h.app.Target(), jobs.Spec{Kind: exports.JobKind, Params: params, Reason: "Members"}, "")
	check(t, err)
	if j = h.ended(t, j.ID); j.State != store.JobDone || j.Counts.Done != len(spammers)+2 {
		t.Fatalf("export %s %+v", j.State, j.Counts)
	}
	b.get(jobURL(j.ID)).is(http.StatusOK).has("The file is ready", "Export 32 rows")
	file := b.post(jobURL(j.ID, "export"), url.Values{"format": {"csv"}}).is(http.StatusOK)
	if !strings.Contains(file.body, "spam_07,加V信 spam_07,,member,") || strings.Count(file.body, "\n") != 33 {
		t.Errorf("the file of the job:\n%s", file.body)
	}
	h.as(auth.Owner).post(jobURL(j.ID, "export"), url.Values{"format": {"csv"}}).is(http.StatusForbidden)
	h.advance(exports.Kept + 1e9)
	if n, err := h.store.Jobs.Forget(t.Context(), exports.JobKind, h.now()); err != nil || n != 32 {
		t.Errorf("%d rows forgotten, %v", n, err)
	}
}

func TestProtectedPeople(t *testing.T) {
	t.Parallel()
	h, _ := newJobsRig(t)
	b := h.as(auth.Lead)
	b.get(protectedURL).is(http.StatusOK).has("Nobody is protected yet")
	b.post(protectedURL, url.Values{"app": {testApp}, "users": {"bad\u200Bid"}, "note": {"why"}}).is(http.StatusUnprocessableEntity).has("1 entry cannot be an ID", "Line 1")
	b.post(protectedURL, url.Values{"app": {testApp}, "users": {"spam_01, spam_02"}, "note": {"staff <b>"}}).is(http.StatusSeeOther)
	b.get(protectedURL).is(http.StatusOK).has("2 users are protected now", "加V信 spam_01", "staff <b>", "op_lead")
	b.post(protectedURL+"/remove", url.Values{"app": {testApp}, "user": {"spam_01"}}).is(http.StatusSeeOther)
	b.get(protectedURL).is(http.StatusOK).has("spam_02").lacks("加V信 spam_01")
	b.post(protectedURL, url.Values{"app": {"nosuch"}, "users": {"x"}}).is(http.StatusNotFound)
	b.get("/audit?action=protected.add").is(http.StatusOK).has("Put on the protected list")
}
