package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"imdesk/auth"
	"imdesk/store"
)

func TestEraseData(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.record(store.AuditEntry{OperatorID: "mei", OperatorName: "Mei Lin", App: testApp, Action: "member.mute", Group: "g1", Users: []string{"ann_01"}, Reason: "rude to Olga"}, store.AuditOK)
	h.record(store.AuditEntry{OperatorID: "mei", OperatorName: "Mei Lin", App: testApp, Action: "member.mute", Group: "g1", Users: []string{"bob_02"}, Reason: "friend of ann_01"}, store.AuditOK)
	check(t, h.store.Jobs.Protect(t.Context(), []store.ProtectedUser{{App: testApp, User: "ann_01", Added: h.now()}}))
	b := h.as(auth.Owner)
	b.get(dataURL).is(http.StatusOK).has("Find a user’s data").lacks("Held about")
	b.get(dataURL + "?user=nobody_here").is(http.StatusOK).has("Nothing is held about this user").lacks("Erase it")
	b.get(dataURL+"?user=ann_01").is(http.StatusOK).has("Entries of the audit log about the user 1", "Entries that name the user elsewhere 1", "Rows of lists 1", "off it")
	erase := func(reason string) *answer {
		return b.post(dataURL+"/erase", url.Values{"app": {testApp}, "user": {"ann_01"}, "reason": {reason}})
	}
	erase(" ").is(http.StatusUnprocessableEntity).has("Say why")
	if a := erase("letter of ANN_01 <b>").is(http.StatusUnprocessableEntity).has("it must not name the user"); !strings.Contains(a.body, `value="letter of ANN_01 &lt;b&gt;"`) {
		t.Error("what was typed is gone")
	}
	b.get("/audit").has("ann_01")
	b.get(erase("letter 17").is(http.StatusSeeOther).location()).is(http.StatusOK).has("Erased 2 entries", "1 record beside it", "Nothing is held about this user")
	log := b.get("/audit").is(http.StatusOK).has("Erased what was held about a user").lacks("ann_01", store.Erased)
	for _, id := range log.logged() {
		b.get("/audit?open="+strconv.FormatInt(id, 10)).is(http.StatusOK).lacks("ann_01", "rude", store.Erased)
	}
	b.get("/audit?action=audit.erase").has("Erased what was held about a user")
	b.post(dataURL+"/erase", url.Values{"app": {"nosuch"}, "user": {"x"}, "reason": {"y"}}).is(http.StatusNotFound)
	b.post(dataURL+"/erase", url.Values{"app": {testApp}, "reason": {"y"}}).is(http.StatusUnprocessableEntity)
	h.as(auth.Lead).get(dataURL).is(http.StatusForbidden)
}

// Who read a conversation: of two people, or of a group, and what else may hold it.
func TestWhoReadAConversation(t *testing.T) {
	t.Parallel()
	h := talk(t, 1)
	h.newGroup("Public", "g1", "A group", "ann")
	opened := func(action, group string, users ...string) int64 {
		return h.record(store.AuditEntry{OperatorID: "mei", OperatorName: "Mei Lin", App: testApp, Action: action, Group: group, Users: users, Reason: "report 17"}, store.AuditOK)
	}
	pair := opened("direct.view", "", "ann", "bob")
	opened("direct.view", "", "ann", "cy")
	opened("member.mute", "", "ann", "bob")
	file := opened("history_files.read", "")
	call := opened("api.call", "g1")
	opened("group.edit", "g1")
	b := h.as(auth.Lead).opened("bob", "cy")
	for path, want := range map[string][]int64{
		"/audit?app=demo&action=reads&q=ann&with=bob":                             {pair},
		"/audit?app=demo&action=reads&q=bob&with=ann":                             {pair},
		"/audit?app=demo&action=reads&q=ann&with=dee":                             nil,
		"/audit?app=demo&action=reads&q=group:g1":                                 {call},
		groupURL(h.server.Apps.Get(testApp), "g1", tabActivity) + "?action=reads": {call},
	} {
		page := b.get(path).is(http.StatusOK).has("Files of messages and calls that name no conversation", "All reads of the app")
		if got := page.logged(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	b.get("/audit?app=demo&action=reads&q=ann&with=bob").has("Only what is about bob, too.", "Mei Lin")
	if got := b.get("/audit?app=demo&action=reads").lacks("Files of messages and calls").logged(); !slices.Contains(got, file) || len(got) != 5 {
		t.Errorf("all reads: %v", got)
	}
	if page := b.get(directPage + "?user=bob&peer=cy").is(http.StatusOK).has("Who read this"); !strings.Contains(page.body, "/audit?action=reads&amp;app=demo&amp;q=bob&amp;with=cy") {
		t.Error("the chat does not lead there")
	}
	h.as(auth.Support).opened("bob", "cy").get(directPage + "?user=bob&peer=cy").is(http.StatusOK).lacks("Who read this")
}

// What one operator did: counted by day and by action, in the apps whose log may be seen, with the way to the entries.
func TestOperatorWork(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Lead)
	mei, err := h.store.Operators.ByName(t.Context(), "op_lead")
	check(t, err)
	e := store.AuditEntry{OperatorID: mei.ID, OperatorName: mei.Name, App: testApp, Action: "member.kick", Users: []string{"ann"}}
	for range 3 {
		h.record(e, store.AuditOK)
	}
	e.Action = "member.unmute"
	h.record(e, store.AuditFailed)
	e.At = h.now().AddDate(0, 0, -10)
	h.record(e, store.AuditOK)
	e.At = h.now().AddDate(0, 0, -40)
	h.record(e, store.AuditOK)
	b.get(workURL(mei.ID)).is(http.StatusOK).has("What op_lead did", "Kicked 3", "Unmuted 2", "in 30 days")
	b.get(workURL(mei.ID)+"?days=7").is(http.StatusOK).has("Kicked 3", "Unmuted 1", "in 7 days")
	b.get(workURL(mei.ID) + "?days=1000000").is(http.StatusOK).has("in 30 days")
	b.get(workURL("nobody")).is(http.StatusNotFound)
	if page := b.get("/audit?action=member.kick").is(http.StatusOK); !strings.Contains(page.body, `href="`+workURL(mei.ID)+`"`) {
		t.Error("the name in the log does not lead there")
	}
	h.as(auth.Moderator).get(workURL(mei.ID)).is(http.StatusForbidden)
}
