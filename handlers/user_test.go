package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"

	"golang.org/x/net/html"
)

const uPage = "/apps/demo/users/ann"

// The commands that a user's page asks.
const (
	cmdProfile  = "profile/portrait_get"
	cmdPresence = "openim/query_online_status"
	cmdGlobal   = "openconfigsvr/getnospeaking"
	cmdJoined   = "group_open_http_svc/get_joined_group_list"
	cmdMember   = "group_open_http_svc/get_specified_group_member_info"
)

func newUser(t *testing.T) *harness {
	t.Helper()
	h := newHarness(t)
	h.newUsers("olga:Olga", "ann:Ann 安", "bob:Bob")
	h.newGroup("Public", "g1", "Music", "olga", "ann", "bob")
	h.newGroup("Private", "g2", "Work", "ann", "bob")
	return h
}

// do carries an action out as an operator would from somewhere else.
func (h *harness) do(a actions.Action) actions.Result {
	h.t.Helper()
	r, err := h.actions.Do(imclient.Fresh(context.Background()), actions.Actor{OperatorID: "mei", Name: "Mei Lin", Can: func(actions.Verb) bool { return true }}, h.app.Target(), a)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func because(reason string) actions.Common { return actions.Common{Reason: reason} }

// globalMute is a user's global mute as the service has it.
func (h *harness) globalMute(user string) imclient.GlobalMute {
	h.t.Helper()
	m, err := h.app.IM.Mutes.Global(imclient.Fresh(context.Background()), user)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func TestUserPage(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	h.must("profile/portrait_set", map[string]any{"From_Account": "ann", "ProfileItem": []any{
		map[string]any{"Tag": "Tag_Profile_IM_Gender", "Value": "Gender_Type_Female"},
		map[string]any{"Tag": "Tag_Profile_IM_SelfSignature", "Value": "<i>שלום</i>"},
		map[string]any{"Tag": "Tag_Profile_IM_BirthDay", "Value": 20010203},
		map[string]any{"Tag": "Tag_Profile_IM_AllowType", "Value": "AllowType_Type_AllowAny"},
	}})
	page := h.as(auth.Viewer).get(uPage).is(http.StatusOK)
	page.has("Ann 安", "ann", "Offline", "2 groups", "Music", "Public", "Work", "Owner", "Member", "female", "2001-02-03", "<i>שלום</i>", "without asking",
		"Direct chats Allowed", "All groups Allowed", "Not signed in anywhere", "No operator did anything to this user")
	page.has("Nothing keeps you from writing").lacks("May not")
	page.marked(`data-why="Your role does not allow this."`)
	h.as(auth.Lead).get(uPage).marked(`hx-get="/apps/demo/users/ann/global-mute"`, `hx-get="/apps/demo/users/ann/sign-out"`).lacks("global-unmute")
	if part := h.as(auth.Viewer).part(uPage).is(http.StatusOK); !strings.HasPrefix(part.body, `<section class="section flat" id="user-groups"`) {
		t.Errorf("the part is %.200s", part.body)
	}
	rail := h.as(auth.Viewer).do(get, uPage, nil, map[string]string{"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#user-rail"}).is(http.StatusOK)
	if !strings.HasPrefix(rail.body, `<aside class="rail" id="user-rail"`) {
		t.Errorf("the rail is %.200s", rail.body)
	}
	h.as(auth.Viewer).get("/apps/demo/users").has("Ann 安") // opened lately
}

func TestUserIDsInAddresses(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	ids := []string{"a/b", "a%2Fb", "a+b/c", "@TGS#_a/b%2F..", "..", "with space", `<b>"x"&'`, "100%", "%", "a?b=c#d", "~!*();@&=+$,/?#[]", "\\x", "../login", "a//b"}
	for _, id := range ids {
		h.newUsers(id + ":The one")
		for _, path := range []string{"", "/activity", "/global-mute", "/global-unmute", "/sign-out"} {
			if id == ".." {
				continue // no browser asks for this: it takes it for the folder above
			}
			a := h.as(auth.Lead).get(userURL(h.app, id) + path).is(http.StatusOK)
			if path != "/activity" {
				a.has(id)
			}
			a.has("The one")
		}
		if id == ".." {
			continue
		}
		if to := h.as(auth.Lead).get("/apps/demo/users?q=" + url.QueryEscape(" "+id+" ")).is(http.StatusSeeOther).location(); to != userURL(h.app, id) {
			t.Errorf("looking for %q leads to %s", id, to)
		}
	}
	for _, id := range []string{"nobody", strings.Repeat("x", 33), strings.Repeat("x", 3000), "用户", "a\x00b", "\xff", " ", "a\nb"} {
		for _, path := range []string{"", "/activity", "/global-mute", "/sign-out"} {
			h.as(auth.Lead).get(userURL(h.app, id) + path).is(http.StatusNotFound)
			h.as(auth.Lead).part(userURL(h.app, id) + path).is(http.StatusNotFound)
		}
		h.as(auth.Lead).post(userURL(h.app, id)+"/sign-out", url.Values{"why": {"ads"}}).is(http.StatusNotFound)
	}
}

// Each part of the page fails alone.
func TestUserPartsFailAlone(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	b := h.as(auth.Lead)
	all := map[string][2]string{ // what the part shows, and what stands instead
		cmdProfile:  {"Nickname", "Profile The IM service does not answer."},
		cmdPresence: {"Not signed in anywhere", "Devices The IM service does not answer."},
		cmdGlobal:   {"All groups Allowed", "May write The IM service does not answer."},
		cmdJoined:   {"Work", "Groups The IM service does not answer."},
	}
	for command := range all {
		h.advance(testCache)
		h.im.SetFault(emulator.Fault{Command: command, Status: http.StatusBadGateway})
		page := b.get(uPage).is(http.StatusOK)
		for other, says := range all {
			if other == command {
				page.has(says[1]).lacks(says[0])
			} else {
				page.has(says[0])
			}
		}
		if n := strings.Count(page.body, "part-failed"); n != 1 {
			t.Errorf("%s: %d parts failed", command, n)
		}
		h.im.ClearFaults()
	}
	h.advance(testCache)
	h.im.SetFault(emulator.Fault{Command: cmdMember, Status: http.StatusBadGateway})
	b.get(uPage).is(http.StatusOK).has("not known", "Whether the user is muted could not be read for some groups.")
	h.advance(testCache)
	h.im.SetFault(emulator.Fault{Status: http.StatusBadGateway})
	b.get(uPage).is(http.StatusBadGateway).has("The IM service does not answer.")
}

func TestUserGroupsPaging(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("ann:Ann", "olga:Olga")
	for i := range 45 {
		h.newGroup("Public", fmt.Sprintf("p%02d", i), fmt.Sprintf("p%02d", i), "olga", "ann")
	}
	b := h.as(auth.Viewer)
	seen := map[string]bool{}
	next := uPage
	for n := range 3 {
		page := b.get(next).is(http.StatusOK)
		for i := range 45 {
			if id := fmt.Sprintf("p%02d", i); strings.Contains(page.body, `title="`+id+`"`) {
				if seen[id] {
					t.Errorf("%s is on two pages", id)
				}
				seen[id] = true
			}
		}
		if n < 2 {
			next = hrefOf(page, "Next")
		}
	}
	if len(seen) != 45 {
		t.Errorf("%d groups on three pages", len(seen))
	}
	for _, wrong := range []string{"x", "0.-1", "9.9", "0.", strings.Repeat("9", 500), "' OR 1=1"} {
		page := b.get(uPage+"?cursor="+url.QueryEscape(wrong)).is(http.StatusOK).has("That page of the list is gone.", "p00")
		page.lacks("First")
	}
	b.get(uPage+"?cursor=0.9999").is(http.StatusOK).has("No groups are on this page any more", "First")
}

// The answer to "why am I muted?" stands ready: where, until when, why, in both languages.
func TestWhyAmIMuted(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	h.newGroup("AVChatRoom", "live", "直播间", "olga")
	b := h.as(auth.Support)
	b.get(uPage).has("Why writing does not work", "Nothing keeps you from writing").lacks("You cannot write")

	end := h.now().Add(24 * time.Hour)
	h.do(actions.Mute{Common: because("Advertising: three times"), Group: "g1", Users: []string{"bob", "ann"}, Span: actions.Span{For: 24 * time.Hour}})
	page := b.get(uPage).is(http.StatusOK)
	at := i18n.Full(i18n.With(context.Background(), i18n.Locale{Zone: h.server.Zone}), end)[:len("2006-01-02 15:")]
	page.has("Why writing does not work", "Set by Mei Lin", "You cannot write in the group “Music” until "+at, "UTC+8. Reason: Advertising.",
		"你在群「Music」中已被禁言，"+at, "原因：广告。")
	if said := page.answers(); strings.Contains(said, "three times") || strings.Contains(said, "Mei Lin") {
		t.Errorf("what is for colleagues is sent: %q", said)
	}
	page.marked(`aria-keyshortcuts="c"`, `aria-keyshortcuts="u"`, `lang="zh-CN"`, `data-copy="You cannot write`)
	if n := strings.Count(page.body, `class="answer"`); n != 2 {
		t.Errorf("%d answers", n)
	}

	// Whoever reads Chinese gets Chinese first, and an operator who reads it nothing else.
	h.must("profile/portrait_set", map[string]any{"From_Account": "ann", "ProfileItem": []any{map[string]any{"Tag": "Tag_Profile_IM_Language", "Value": 1}}})
	if langs := answerLanguages(i18n.English, "zh-Hant"); len(langs) != 2 || langs[0] != i18n.Chinese {
		t.Errorf("for a Chinese profile: %v", langs)
	}
	if langs := answerLanguages(i18n.Chinese, "zh"); len(langs) != 1 || langs[0] != i18n.Chinese {
		t.Errorf("for a Chinese profile and operator: %v", langs)
	}
	for _, other := range []string{"", "1", "fr", "xx-", "\x00"} {
		if langs := answerLanguages(i18n.Chinese, other); len(langs) != 2 || langs[0] != i18n.Chinese {
			t.Errorf("for profile %q: %v", other, langs)
		}
	}

	// A mute that was not set here has no reason.
	h.must("group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": "g1", "Members_Account": []string{"ann"}, "MuteTime": uint32(1<<32 - 1)})
	h.advance(3 * time.Second)
	page = b.get(uPage).has("Not set in this console", "You cannot write in the group “Music” any more. There is no end date.", "你在群「Music」中已被永久禁言。").lacks("Reason:", "原因：", "Set by Mei Lin")
	if said := page.answers(); strings.Contains(said, "three times") {
		t.Errorf("the reason of another mute is sent: %q", said)
	}

	// A mute outlives leaving, and a live room keeps no members: the log knows where to look.
	h.do(actions.Mute{Common: because("刷屏"), Group: "live", Users: []string{"ann"}, Span: actions.Span{Forever: true}})
	h.must("group_open_http_svc/delete_group_member", map[string]any{"GroupId": "g1", "MemberToDel_Account": []string{"ann"}})
	h.advance(3 * time.Second)
	page = b.get(uPage).has("You cannot write in the group “直播间” any more. There is no end date. Reason: Flooding.", "原因：刷屏。", "Music")
	if n := strings.Count(page.body, `<li class="answer-head">`); n != 2 {
		t.Errorf("%d mutes are explained:\n%s", n, page.text())
	}
	h.do(actions.Unmute{Group: "live", Users: []string{"ann"}})
	h.advance(3 * time.Second)
	b.get(uPage).lacks("group “直播间”")
}

func TestWhyAmIMutedEverywhere(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	b := h.as(auth.Lead)
	b.lang = "en"
	hour, day := &actions.Span{For: time.Hour}, &actions.Span{For: 24 * time.Hour}
	h.do(actions.GlobalMute{Common: because("Fraud or phishing"), Users: []string{"ann"}, Direct: hour, Groups: hour})
	b.get(uPage).has("Direct chats and all groups", "You cannot write in direct chats and groups until", "Reason: Fraud or phishing.", "原因：诈骗或钓鱼。").marked(`aria-keyshortcuts="u"`)
	h.do(actions.GlobalMute{Common: because("worse"), Users: []string{"ann"}, Groups: day})
	page := b.get(uPage).has("You cannot write in direct chats until", "You cannot write in any group until", "Reason: Fraud or phishing.", "Reason: It went against the rules of the app.", "原因：违反了应用的规则。")
	if n := strings.Count(page.body, `<li class="answer-head">`); n != 2 {
		t.Errorf("%d mutes are explained", n)
	}
	if said := page.answers(); strings.Contains(said, "worse") {
		t.Errorf("what a colleague wrote is sent: %q", said)
	}
	h.do(actions.GlobalUnmute{Users: []string{"ann"}, Direct: true, Groups: true})
	b.get(uPage).lacks("You cannot write")
}

// answers are the texts for the user that a page has copied.
func (a *answer) answers() string {
	a.t.Helper()
	var list []string
	for _, n := range find(a.document(), func(n *html.Node) bool { _, has := attribute(n, "data-copy"); return has }) {
		said, _ := attribute(n, "data-copy")
		list = append(list, said)
	}
	if len(list) == 0 {
		a.t.Errorf("%s: there is nothing to copy", a.what)
	}
	return strings.Join(list, "\n")
}

// A reason of the menu is said in the reader's language; what was written beside it, or instead of it, is for colleagues.
func TestReasonIn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ recorded, en, zh string }{
		{"Advertising", "Advertising", "广告"},
		{"广告", "Advertising", "广告"},
		{"广告：加 V 信", "Advertising", "广告"},
		{"Flooding: again: and again", "Flooding", "刷屏"},
		{"Advertisings", "", ""},
		{"Other, in words: a grudge", "", ""},
		{"a grudge", "", ""},
		{"", "", ""},
	} {
		if en, zh := reasonIn(in(t, i18n.English), tt.recorded), reasonIn(in(t, i18n.Chinese), tt.recorded); en != tt.en || zh != tt.zh {
			t.Errorf("%q is %q and %q", tt.recorded, en, zh)
		}
	}
}

func TestLiftFromTheUsersPage(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	h.newGroup("Public", "g3", "Chess", "olga", "ann")
	for _, g := range []string{"g1", "g3"} {
		h.do(actions.Mute{Common: because("Flooding"), Group: g, Users: []string{"ann"}, Span: actions.Span{For: time.Hour}})
	}
	b := h.as(auth.Support)
	page := b.get(uPage).is(http.StatusOK)
	if strings.Contains(page.body, `aria-keyshortcuts="u"`) {
		t.Error("one key for two mutes")
	}
	var forms []url.Values
	for _, f := range find(page.document(), isForm("/apps/demo/groups/g1/members/unmute")) {
		forms = append(forms, sentBy(f))
	}
	if len(forms) != 1 {
		t.Fatalf("%d buttons for g1", len(forms))
	}
	for range 2 { // twice is once
		b.post("/apps/demo/groups/g1/members/unmute", forms[0]).is(http.StatusSeeOther)
	}
	if n := len(h.acts(actions.VerbUnmute)); n != 1 {
		t.Errorf("%d entries", n)
	}
	h.advance(3 * time.Second)
	b.get(uPage).has("Chess", "Ann 安 may speak again").marked(`aria-keyshortcuts="u"`)
	h.as(auth.Viewer).get(uPage).lacks("Lift the mute")
	if !h.mutedUntil("g1", "ann").IsZero() || h.mutedUntil("g3", "ann").IsZero() {
		t.Error("the wrong mute was lifted")
	}
}

func TestGlobalMuteSheet(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	b := h.as(auth.Lead)
	sheet := b.get(uPage+"/global-mute").is(http.StatusOK).has("Mute Ann 安 everywhere", "Direct chats", "All groups", "What will happen", "Can be undone", "As it is")
	action, form := sheet.filled("user-global-mute")
	if form.Get("direct_for") != "24h" || form.Get("groups_for") != "24h" || form.Get("back") == "" || form.Get("key") == "" {
		t.Errorf("the form is %v", form)
	}
	if part := b.part(uPage + "/global-mute").is(http.StatusOK); !strings.HasPrefix(part.body, "<form") {
		t.Errorf("the part is %.100s", part.body)
	}
	// The preview follows what is asked.
	b.part(uPage + "/global-mute?now=1&direct_for=leave&groups_for=forever").is(http.StatusOK).has("Ann 安 is muted: groups").lacks("direct chats until")
	b.part(uPage + "/global-mute?now=1&direct_for=leave&groups_for=leave").is(http.StatusOK).has("Choose direct chats, groups, or both.")

	mine := with(form, "direct_for", "leave", "groups_for", "7d", "why", "fraud", "words", "sold fake tickets", "note", "case 12")
	b.post(action, mine).is(http.StatusSeeOther)
	if m := h.globalMute("ann"); !m.DirectUntil.IsZero() || !around(m.GroupUntil, h.now().Add(7*24*time.Hour)) {
		t.Errorf("the mute is %+v", m)
	}
	page := b.get(uPage).has("Muted Ann 安 everywhere", "Undo", "Lift the global mute", "Fraud or phishing: sold fake tickets")
	list := h.acts(actions.VerbGlobalMute)
	if len(list) != 1 || list[0].State != store.AuditOK || list[0].Reason != "Fraud or phishing: sold fake tickets" {
		t.Fatalf("the log has %+v", list)
	}
	b.post(action, mine).is(http.StatusSeeOther)
	if n := len(h.acts(actions.VerbGlobalMute)); n != 1 {
		t.Errorf("%d entries after a double submit", n)
	}
	b.get(uPage + "/global-mute").has("Now: groups until")
	b.post(undoOf(t, page), url.Values{}).is(http.StatusSeeOther)
	if m := h.globalMute("ann"); !m.GroupUntil.IsZero() {
		t.Errorf("after the undo the mute is %+v", m)
	}
	// The same key for something else says so and loses nothing.
	b.post(action, with(mine, "groups_for", "1h")).is(http.StatusUnprocessableEntity).has("This form was sent before, with other values.").marked(`value="sold fake tickets"`)
}

func TestGlobalMuteSheetRefuses(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	b := h.as(auth.Lead)
	good := url.Values{"direct_for": {"1h"}, "groups_for": {"1h"}, "why": {"ads"}, "note": {"kept <b>"}}
	for _, tt := range []struct {
		name string
		form url.Values
		says string
	}{
		{"no place", with(good, "direct_for", "leave", "groups_for", "leave"), "Choose direct chats, groups, or both."},
		{"no moment", with(good, "direct_for", "until"), "Give day and time."},
		{"a moment in the past", with(good, "groups_for", "until", "groups_until", "2001-01-01T10:00"), "This moment has passed."},
		{"too far", with(good, "groups_for", "until", "groups_until", "2099-01-01T10:00"), "At most ten years"},
		{"no such length", with(good, "direct_for", "9y"), "Choose for how long."},
		{"no reason", with(good, "why", ""), "Choose a reason."},
		{"a reason to be said", with(good, "why", "other"), "Say in words why."},
		{"too long a note", with(good, "note", "kept <b>"+strings.Repeat("x", 4000)), "bytes are too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, a := range []*answer{b.in(t).post(uPage+"/global-mute", tt.form), b.in(t).postPart(uPage+"/global-mute", uPage, tt.form)} {
				a.is(http.StatusUnprocessableEntity).has(tt.says, "kept <b>")
			}
		})
	}
	if n := len(h.acts(actions.VerbGlobalMute)); n != 0 {
		t.Errorf("%d entries", n)
	}
	// An administrator's own account is left alone, and the sheet says so.
	b.get("/apps/demo/users/administrator/global-mute").is(http.StatusOK).has("administrator is skipped: the app’s own server acts as this account").marked("data-why=")
	b.post("/apps/demo/users/administrator/global-mute", good).is(http.StatusSeeOther)
	if m := h.globalMute("administrator"); !m.GroupUntil.IsZero() {
		t.Error("the administrator is muted")
	}
}

func TestUserSheetsAsParts(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	b := h.as(auth.Lead)
	form := url.Values{"direct_for": {"1h"}, "groups_for": {"leave"}, "why": {"ads"}, "back": {uPage}}
	a := b.postPart(uPage+"/global-mute", uPage, form).is(http.StatusOK)
	a.marked(`hx-target="#user-head"`, `hx-target="#user-rail"`, `hx-target="#user-groups"`, `hx-target="#user-answers"`, `hx-target="#toasts"`)
	a.has("Muted Ann 安 everywhere", "Lift the global mute", "You cannot write in direct chats until", "Advertising")
	// From another page the browser goes back there.
	if to := b.postPart(uPage+"/global-mute", "/apps/demo/groups/g1/members", with(form, "back", "/apps/demo/groups/g1/members")).is(http.StatusNoContent).location(); to != "/apps/demo/groups/g1/members" {
		t.Errorf("it leads to %s", to)
	}

	sheet := b.part(uPage+"/global-unmute").is(http.StatusOK).has("Lift the global mute of Ann 安", "Ann 安 may speak again")
	_, lift := sheet.filled("user-global-unmute")
	if lift.Get("direct") == "" || lift.Get("groups") != "" {
		t.Errorf("what is muted is not what is ticked: %v", lift)
	}
	b.postPart(uPage+"/global-unmute", uPage, url.Values{"back": {uPage}}).is(http.StatusUnprocessableEntity).has("Choose direct chats, groups, or both.")
	b.postPart(uPage+"/global-unmute", uPage, lift).is(http.StatusOK).has("Ann 安 may speak again").lacks("You cannot write")
	if m := h.globalMute("ann"); !m.DirectUntil.IsZero() {
		t.Errorf("the mute is %+v", m)
	}
	b.get(uPage + "/global-unmute").is(http.StatusOK).marked("data-why=").has("not muted")
}

func TestSignOutSheet(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	h.im.SignIn(testSDKAppID, "ann", "Android")
	b := h.as(auth.Lead)
	b.get(uPage).has("Online, 1 device", "Android")
	sheet := b.get(uPage+"/sign-out").is(http.StatusOK).has("Sign Ann 安 out on all devices", "This is no ban", "This cannot be undone")
	action, form := sheet.filled("user-sign-out")
	cancel := find(sheet.document(), isMarked("data-close", "autofocus"))
	if len(cancel) != 1 {
		t.Errorf("the focus is not on Cancel: %d", len(cancel))
	}
	b.post(action, with(form, "why", "")).is(http.StatusUnprocessableEntity).has("Choose a reason.")
	b.post(action, with(form, "why", "impersonation")).is(http.StatusSeeOther)
	page := b.get(uPage).has("Signed Ann 安 out on all devices", "This cannot be undone", "Offline")
	if strings.Contains(page.body, "data-undo") {
		t.Error("an undo is offered")
	}
	if list := h.acts(actions.VerbSignOut); len(list) != 1 || list[0].State != store.AuditOK || list[0].Reason != "Impersonation" {
		t.Errorf("the log has %+v", list)
	}
}

func isForm(action string) func(n *html.Node) bool {
	return func(n *html.Node) bool { got, _ := attribute(n, "action"); return n.Data == "form" && got == action }
}

func isMarked(names ...string) func(n *html.Node) bool {
	return func(n *html.Node) bool {
		for _, name := range names {
			if _, has := attribute(n, name); !has {
				return false
			}
		}
		return true
	}
}

func TestUserActivity(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	h.do(actions.Mute{Common: because("Flooding"), Group: "g1", Users: []string{"ann"}, Span: actions.Span{For: time.Hour}})
	h.do(actions.Kick{Common: because("Fraud"), Group: "g2", Users: []string{"bob"}})
	b := h.as(auth.Viewer)
	page := b.get(uPage+"/activity").is(http.StatusOK).has("Ann 安", "Muted: 1 hour", "Mei Lin", "Music").lacks("#2", "all but sign-ins", "Signed in to the console")
	page.marked("Group ID or #entry")
	// A filter narrows it down; it never shows what was done to others.
	b.get(uPage + "/activity?q=g1").has("Muted: 1 hour")
	b.get(uPage + "/activity?q=g2").has("No entry matches the filters")
	b.get(uPage + "/activity?q=bob").has("No entry matches the filters")
	kick := h.acts(actions.VerbKick)[0].ID
	b.get(fmt.Sprintf("%s/activity?q=%%23%d", uPage, kick)).has("No entry matches the filters")
	b.get(fmt.Sprintf("/apps/demo/users/bob/activity?q=%%23%d", kick)).has("#2")
	// The log stands when the service does not.
	h.im.SetFault(emulator.Fault{Status: http.StatusBadGateway})
	b.get(uPage+"/activity").is(http.StatusOK).has("ann", "Muted: 1 hour")
	h.im.ClearFaults()
	h.must("im_open_login_svc/account_delete", map[string]any{"DeleteItem": []any{map[string]any{"UserID": "ann"}}})
	h.advance(testCache)
	b.get(uPage + "/activity").is(http.StatusOK).has("Muted: 1 hour") // who is gone still has a history
	b.get(uPage).is(http.StatusNotFound)
}

func TestUsersPage(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	b := h.as(auth.Viewer)
	b.get("/apps/demo/users").is(http.StatusOK).has("The users you open stand here")
	b.get("/apps/nosuch/users").is(http.StatusNotFound)
}
