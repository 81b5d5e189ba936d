package handlers

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
)

// The group that the tests of members look after: an owner, an admin and some members.
const (
	mGroup = "/apps/demo/groups/g1"
	mList  = mGroup + "/members"
)

func newMembers(t *testing.T, change ...func(*Options)) *harness {
	t.Helper()
	h := newHarness(t, change...)
	h.newUsers("olga:Olga", "adam:Adam", "ann:Ann", "bob:Bob 🎸", "rtl:يوسف", "outsider:Outsider", `<b>x</b>:<script>alert(1)</script>`)
	h.newGroup("Public", "g1", "Music <night>", "olga", "*adam", "ann", "bob", "rtl", `<b>x</b>`)
	return h
}

// shows fails the test unless these people are rows of the list.
func (a *answer) shows(ids ...string) *answer {
	a.t.Helper()
	for _, id := range ids {
		if !strings.Contains(a.body, `data-row="`+html.EscapeString(id)+`"`) {
			a.t.Errorf("%s: %s is not listed:\n%s", a.what, id, a.text())
		}
	}
	return a
}

// hides fails the test if one of these people is a row of the list.
func (a *answer) hides(ids ...string) *answer {
	a.t.Helper()
	for _, id := range ids {
		if strings.Contains(a.body, `data-row="`+html.EscapeString(id)+`"`) {
			a.t.Errorf("%s: %s is listed", a.what, id)
		}
	}
	return a
}

// marked fails the test unless the body holds these pieces of markup.
func (a *answer) marked(parts ...string) *answer {
	a.t.Helper()
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			a.t.Errorf("%s: no %s in\n%s", a.what, part, a.body)
		}
	}
	return a
}

// mutedUntil asks the service until when somebody is muted.
func (h *harness) mutedUntil(group, user string) time.Time {
	h.t.Helper()
	list, err := h.app.IM.Members.Get(imclient.Fresh(h.t.Context()), group, []string{user})
	if err != nil {
		h.t.Fatal(err)
	}
	if len(list) == 0 {
		return time.Time{}
	}
	return list[0].MutedUntil
}

func (h *harness) isMember(group, user string) bool {
	h.t.Helper()
	list, err := h.app.IM.Members.Get(imclient.Fresh(h.t.Context()), group, []string{user})
	if err != nil {
		h.t.Fatal(err)
	}
	return len(list) == 1
}

// muteFor mutes somebody directly, as the app's own server would.
func (h *harness) muteFor(user string, seconds int) {
	h.t.Helper()
	h.must("group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": "g1", "Members_Account": []string{user}, "MuteTime": seconds})
}

// hurry makes the client give up on a call after d.
func (h *harness) hurry(d time.Duration) {
	h.t.Helper()
	client, err := tencent.New(tencent.Config{
		SDKAppID: strconv.Itoa(testSDKAppID), Administrator: testAdmin, Key: testKey, Endpoint: h.im.URL(), Now: h.now, Timeout: d,
		GroupFields: testGroupFields,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(client.Close)
	h.app.IM = client
}

// around reports whether a time is within a few seconds of another.
func around(a, b time.Time) bool { return a.Sub(b).Abs() < 20*time.Second }

// keyOf is the form key in a sheet.
func keyOf(t *testing.T, a *answer) string {
	t.Helper()
	_, rest, ok := strings.Cut(a.body, `name="key" value="`)
	key, _, ok2 := strings.Cut(rest, `"`)
	if !ok || !ok2 || key == "" {
		t.Fatalf("%s: no form key\n%s", a.what, a.body)
	}
	return key
}

func mute(users ...string) url.Values {
	return url.Values{"users": users, "for": {"24h"}, "why": {"ads"}, "back": {mList}}
}

func TestMembersPage(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Viewer)
	page := b.get(mList).is(http.StatusOK).has("Olga", "olga", "Owner", "Adam", "Admin", "Ann", "Bob 🎸", "يوسف", "<script>alert(1)</script>", "Members").shows("olga", "adam", "ann", "rtl", `<b>x</b>`).hides("outsider").marked(`aria-label="Select Ann"`)
	if strings.Contains(page.body, "<script>alert(1)") {
		t.Error("a name is markup")
	}
	page.lacks("Outsider")
	b.part(mList+"?role=admin").is(http.StatusOK).has("Adam").lacks("Ann", "Jump to")
	b.get(mList + "?role=owner").is(http.StatusOK).has("Olga").lacks("Adam")
	b.get(mList + "?role=nonsense").is(http.StatusOK).has("Ann")
}

func TestMembersPageCosts(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Viewer)
	b.get(mList)
	h.advance(testCache)
	before := func(command string) int64 { return h.im.Calls(command) }
	members, profiles, all := before("group_open_http_svc/get_group_member_info"), before("profile/portrait_get"), before("")
	b.get(mList).is(http.StatusOK)
	if n := before("group_open_http_svc/get_group_member_info") - members; n != 1 {
		t.Errorf("%d calls for the page", n)
	}
	if n := before("profile/portrait_get") - profiles; n != 2 { // the owner's name stands in the head
		t.Errorf("%d calls for names", n)
	}
	if n := before("") - all; n > 5 {
		t.Errorf("%d calls in all", n)
	}
}

func TestMembersPaging(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"Public", "Community"} {
		t.Run(kind, func(t *testing.T) {
			h := newHarness(t)
			id := "g2"
			if kind == "Community" {
				id = "@TGS#_g2"
			}
			names := []string{}
			for i := range 119 {
				names = append(names, fmt.Sprintf("user%03d", i))
			}
			h.must("im_open_login_svc/multiaccount_import", map[string]any{"Accounts": names[:100]})
			h.must("im_open_login_svc/multiaccount_import", map[string]any{"Accounts": names[100:]})
			h.newUsers("olga:Olga")
			h.newGroup(kind, id, "Large", "olga", names...)
			b := h.as(auth.Viewer)
			list := groupURL(h.app, id, "members")
			seen := map[string]int{}
			next := list
			pages := 0
			for next != "" {
				a := b.get(next).is(http.StatusOK)
				pages++
				for _, row := range strings.Split(a.body, `data-row="`)[1:] {
					user, _, _ := strings.Cut(row, `"`)
					seen[user]++
				}
				if pages == 2 {
					a.has("51 to 100 of 120", "First")
				}
				next = hrefOf(a, ">Next")
			}
			if pages != 3 || len(seen) != 120 {
				t.Errorf("%d members on %d pages", len(seen), pages)
			}
			for user, n := range seen {
				if n != 1 {
					t.Errorf("%s is listed %d times", user, n)
				}
			}
		})
	}
}

// hrefOf is the address of the link before a text; "" if there is none.
func hrefOf(a *answer, text string) string {
	body := strings.NewReplacer("\n", "", "\t", "").Replace(a.body)
	at := strings.Index(body, text)
	if at < 0 {
		return ""
	}
	open := strings.LastIndex(body[:at], "<")
	tag, _, _ := strings.Cut(body[open:], ">")
	_, rest, ok := strings.Cut(tag, `href="`)
	if !ok {
		return ""
	}
	href, _, _ := strings.Cut(rest, `"`)
	return strings.ReplaceAll(href, "&amp;", "&")
}

func TestMembersWrongCursorShowsTheFirstPage(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Viewer)
	b.get(mList+"?cursor=nonsense&at=50").is(http.StatusOK).has("That page of the list is gone.", "Olga")
	h.newGroup("AVChatRoom", "live", "Stage", "olga")
	b.get("/apps/demo/groups/live/members?cursor=.50&at=50").is(http.StatusOK).has("Nobody is on this page any more", "First page")
	b.get(mGroup + "/muted?cursor=nonsense").is(http.StatusOK).has("That page of the list is gone.")
}

func TestFindAMember(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Viewer)
	b.get(mList + "?q=ann").is(http.StatusOK).shows("ann").hides("bob")
	b.get(mList + "?q=" + url.QueryEscape("<b>x</b>")).is(http.StatusOK).has("<script>alert(1)</script>")
	b.get(mList+"?q=outsider").is(http.StatusOK).has("“outsider” is not a member of this group", "Open the user")
	b.get(mList + "?q=nobody").is(http.StatusOK).has("There is no user “nobody” in this app")
	b.get(mList + "?q=" + strings.Repeat("x", 300)).is(http.StatusOK).has("cannot be a user ID")
	// A mute outlives leaving.
	h.must("group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": "g1", "Members_Account": []string{"bob"}, "MuteTime": 3600})
	h.must("group_open_http_svc/delete_group_member", map[string]any{"GroupId": "g1", "MemberToDel_Account": []string{"bob"}})
	if list := b.get(mGroup + "/muted").is(http.StatusOK); strings.Contains(list.text(), "bob") {
		list.has("Not in the group")
		b.get(mList+"?q=bob").is(http.StatusOK).has("“bob” is not a member", "The mute holds all the same", "Muted,")
	}
}

func TestGroupThatIsNotThere(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Lead)
	for _, path := range []string{"/members", "/muted", "/bans", "/members/mute", "/members/kick", "/bans/add"} {
		b.get("/apps/demo/groups/nosuch" + path).is(http.StatusNotFound)
	}
	b.post("/apps/demo/groups/nosuch/members/mute", mute("ann")).is(http.StatusNotFound)
	b.get("/apps/other/groups/g1/members").is(http.StatusNotFound)
}

func TestMuteWithoutScripts(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Moderator)
	sheet := b.get(mList+"/mute?users=ann&users=bob&users=olga&users=outsider&back="+url.QueryEscape(mList+"?role=member")).is(http.StatusOK).has(
		"Mute 4 members", "Ann is muted until", "Olga is skipped: nobody can do this to a group’s owner", "Outsider is skipped: not a member", "Mute 2 members", "Can be undone")
	form := mute("ann", "bob", "olga", "outsider")
	form.Set("key", keyOf(t, sheet))
	form.Set("back", mList+"?role=member")
	a := b.post(mList+"/mute", form).is(http.StatusSeeOther)
	if a.location() != mList+"?role=member" {
		t.Errorf("sent to %s", a.location())
	}
	b.get(a.location()).is(http.StatusOK).has("Muted 2 members", "Undo", "Muted, 23 h")
	for _, user := range []string{"ann", "bob"} {
		if end := h.mutedUntil("g1", user); !around(end, h.now().Add(24*time.Hour)) {
			t.Errorf("%s is muted until %s", user, end)
		}
	}
	b.get(mGroup+"/muted").is(http.StatusOK).has("Muted, 23 h").shows("ann", "bob").hides("olga")

	// The same form once more changes nothing.
	calls := h.im.Calls("group_open_http_svc/forbid_send_msg")
	b.post(mList+"/mute", form).is(http.StatusSeeOther)
	if n := h.im.Calls("group_open_http_svc/forbid_send_msg"); n != calls {
		t.Errorf("a form sent twice was carried out %d times more", n-calls)
	}
	// With other people it is another act, and comes back.
	form["users"] = []string{"rtl"}
	b.post(mList+"/mute", form).is(http.StatusUnprocessableEntity).has("This form was sent before, with other values.", "Mute 1 member")
}

func TestMuteLengths(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Moderator)
	zone := h.server.Zone
	for length, want := range map[string]time.Duration{
		"10m": 10 * time.Minute, "1h": time.Hour, "24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour, "30d": 30 * 24 * time.Hour, "until": 90 * time.Minute,
	} {
		form := mute("ann")
		form.Set("for", length)
		if length == "until" {
			form.Set("until", h.now().Add(want).In(zone).Format("2006-01-02T15:04"))
		}
		b.post(mList+"/mute", form).is(http.StatusSeeOther)
		if end := h.mutedUntil("g1", "ann"); end.Sub(h.now().Add(want)).Abs() > 70*time.Second {
			t.Errorf("%s: muted until %s", length, end)
		}
	}
	form := mute("ann")
	form.Set("for", "forever")
	b.post(mList+"/mute", form).is(http.StatusSeeOther)
	if end := h.mutedUntil("g1", "ann"); end.Before(h.now().AddDate(50, 0, 0)) {
		t.Errorf("muted until %s", end)
	}
	b.get(mGroup+"/muted").has("Muted, no end", "No end")
}

func TestMuteIsRefusedWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Moderator)
	for name, c := range map[string]struct {
		change map[string]string
		drop   []string
		want   string
	}{
		"no reason":            {map[string]string{"why": ""}, nil, "Choose a reason."},
		"other without words":  {map[string]string{"why": "other"}, nil, "Say in words why."},
		"until nothing":        {map[string]string{"for": "until", "until": ""}, nil, "Give day and time."},
		"until nonsense":       {map[string]string{"for": "until", "until": "tomorrow"}, nil, "Give day and time."},
		"until the past":       {map[string]string{"for": "until", "until": "2020-01-01T10:00"}, nil, "passed"},
		"until far":            {map[string]string{"for": "until", "until": "2090-01-01T10:00"}, nil, "ten years"},
		"no length there is":   {map[string]string{"for": "2 weeks"}, nil, "Choose for how long."},
		"nobody":               {nil, []string{"users"}, "Choose at least one."},
		"a note of 5000 bytes": {map[string]string{"note": strings.Repeat("n", 5000)}, nil, "too long"},
		"words too long":       {map[string]string{"words": strings.Repeat("n", 1500)}, nil, "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			form := mute("ann")
			form.Set("note", "a colleague wrote this")
			form.Set("words", "see case 7")
			for k, v := range c.change {
				form.Set(k, v)
			}
			if c.change["why"] == "other" || c.change["why"] == "" && c.change != nil && name == "no reason" {
				form.Set("words", "")
			}
			for _, k := range c.drop {
				form.Del(k)
			}
			a := b.post(mList+"/mute", form).is(http.StatusUnprocessableEntity).has(c.want)
			for _, field := range []string{"note", "words"} {
				if !strings.Contains(a.body, form.Get(field)) {
					t.Errorf("what was typed as %s is lost", field)
				}
			}
			b.postPart(mList+"/mute", mList, form).is(http.StatusUnprocessableEntity).has(c.want)
			if end := h.mutedUntil("g1", "ann"); !end.IsZero() {
				t.Errorf("muted until %s", end)
			}
		})
	}
}

func TestMutePreviewFollowsTheLength(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Moderator)
	b.post(mList+"/mute", mute("ann")).is(http.StatusSeeOther)
	b.part(mList+"/mute?now=1&users=ann&for=7d").is(http.StatusOK).has("Ann is muted already. The end moves from", "Mute 1 member").lacks("Reason")
	b.part(mList + "/mute?now=1&users=ann&for=1h").is(http.StatusOK).has("The end moves forward")
	b.part(mList + "/mute?now=1&users=bob&for=until&until=").is(http.StatusOK).has("Choose for how long.")
	b.part(mList + "/mute?now=1&paste=").is(http.StatusOK)
	b.part(mList+"/mute?now=1&paste="+url.QueryEscape("bob, rtl;bob\nadam，outsider")).is(http.StatusOK).has(
		"4 IDs read", "1 ID was given again", "Mute 2 members", "an admin of the group")
	b.part(mList + "/mute?now=1&admins=1&users=adam").is(http.StatusOK).has("Adam is muted until")
	// Without scripts a button asks for the preview, and nothing is done.
	form := mute()
	form.Set("paste", "bob rtl")
	form.Set("preview", "1")
	form.Set("note", "typed")
	b.post(mList+"/mute", form).is(http.StatusOK).has("Bob 🎸 is muted until", "Mute 2 members", "typed")
	if end := h.mutedUntil("g1", "bob"); !end.IsZero() {
		t.Errorf("a preview muted until %s", end)
	}
}

func TestMuteFromTheListShowsWhatTheServiceSays(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Moderator)
	a := b.postPart(mList+"/mute", mList+"?role=member", mute("ann", "olga")).is(http.StatusOK).has("Muted Ann", "Muted, 23 h", "Undo")
	for _, part := range []string{`hx-target="#people"`, `hx-target="#group-head"`, `hx-target="#toasts"`} {
		if !strings.Contains(a.body, part) {
			t.Errorf("no part %s", part)
		}
	}
	a.lacks("Olga is", "Sign out") // only members were shown, and no page comes
	// From a page of another kind, that page is drawn anew.
	a = b.postPart(mList+"/mute", "/apps/demo/users/ann", url.Values{"users": {"ann"}, "for": {"7d"}, "why": {"ads"}, "return": {"/apps/demo/users/ann"}}).is(http.StatusNoContent)
	if a.location() != "/apps/demo/users/ann" {
		t.Errorf("sent to %q", a.location())
	}
}

func TestUnmuteAtOnce(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	h.must("group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": "g1", "Members_Account": []string{"ann", "bob"}, "MuteTime": 3600})
	b := h.as(auth.Support)
	list := b.get(mGroup+"/muted").is(http.StatusOK).has("Ann", "Bob")
	_, rest, _ := strings.Cut(list.body, `aria-keyshortcuts="u"`)
	_, rest, _ = strings.Cut(rest, `formaction="`)
	action, _, _ := strings.Cut(rest, `"`)
	a := b.postPart(action, mGroup+"/muted", url.Values{"users": {"ann"}, "back": {mGroup + "/muted"}}).is(http.StatusOK).has("Ann may speak again", "Undo", "Bob")
	a.hides("ann")
	if !h.mutedUntil("g1", "ann").IsZero() || h.mutedUntil("g1", "bob").IsZero() {
		t.Error("not the one who was ticked")
	}
	// The same button once more, for somebody else, is another act; for the same one it is the form sent twice.
	h.muteFor("ann", 3600)
	b.postPart(action, mGroup+"/muted", url.Values{"users": {"ann"}}).is(http.StatusOK)
	if h.mutedUntil("g1", "ann").IsZero() {
		t.Error("a form sent twice was carried out twice")
	}
	h.muteFor("rtl", 3600)
	b.postPart(action, mGroup+"/muted", url.Values{"users": {"rtl"}}).is(http.StatusOK).has("may speak again")
	if !h.mutedUntil("g1", "rtl").IsZero() {
		t.Error("the second one is muted still")
	}
	// The palette sends no key and may come from anywhere.
	a = b.post(mList+"/unmute", url.Values{"users": {"bob"}, "return": {"/apps/demo/groups"}}).is(http.StatusSeeOther)
	if a.location() != "/apps/demo/groups" || !h.mutedUntil("g1", "bob").IsZero() {
		t.Errorf("sent to %s", a.location())
	}
	// Nobody was ticked.
	b.postPart(action, mGroup+"/muted", url.Values{}).is(http.StatusUnprocessableEntity).has("Choose at least one.").lacks("User IDs")
	b.post(action, url.Values{}).is(http.StatusUnprocessableEntity).has("Choose at least one.", "User IDs")
}

// undoOf is where the toast's Undo leads.
func undoOf(t *testing.T, a *answer) string {
	t.Helper()
	_, rest, ok := strings.Cut(a.body, `/undo"`)
	if !ok {
		t.Fatalf("%s: no undo\n%s", a.what, a.text())
	}
	before := strings.TrimSuffix(a.body, rest)
	at := strings.LastIndex(before, `"/apps/`)
	return strings.TrimSuffix(before[at+1:], `"`)
}

func TestUndo(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Lead)
	undo := func(a *answer) {
		t.Helper()
		b.post(undoOf(t, a), url.Values{"return": {mList}}).is(http.StatusSeeOther)
		b.get(mList).has("Undone")
	}
	muted := b.postPart(mList+"/mute", mList, mute("ann"))
	undo(muted)
	if end := h.mutedUntil("g1", "ann"); !end.IsZero() {
		t.Errorf("after the undo, muted until %s", end)
	}
	kick := mute("ann")
	kick.Set("silent", "1")
	undo(b.postPart(mList+"/kick", mList, kick).has("Removed Ann from the group"))
	if !h.isMember("g1", "ann") {
		t.Error("after the undo, not back in the group")
	}
	undo(b.postPart(mList+"/role", mList, url.Values{"users": {"bob"}, "role": {"admin"}}).has("Changed the role of Bob"))
	undo(b.postPart(mList+"/card", mList, url.Values{"users": {"bob"}, "card": {"Guitar"}}).has("Changed the name card"))
	b.get(mList+"?q=bob").lacks("Guitar", "Admin Joined")
}

func TestKick(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Moderator)
	sheet := b.get(mList+"/kick?users=ann&users=adam").is(http.StatusOK).has("Kick 2 members", "Ann is removed from the group", "Adam is skipped: an admin of the group",
		"Kick 1 member", "Silently", "Admins of the group as well")
	if !strings.Contains(sheet.body, `data-variant="harm-solid"`) {
		t.Error("the button does not say that it does harm")
	}
	b.postPart(mList+"/kick", mList, mute("ann", "adam")).is(http.StatusOK).has("Removed Ann from the group").hides("ann")
	if h.isMember("g1", "ann") || !h.isMember("g1", "adam") {
		t.Error("not who was to be removed")
	}
	form := mute("adam")
	form.Set("admins", "1")
	b.post(mList+"/kick", form).is(http.StatusSeeOther)
	if h.isMember("g1", "adam") {
		t.Error("the admin is still there")
	}
	form = mute("olga")
	b.post(mList+"/kick", form).is(http.StatusSeeOther)
	b.get(mList).has("Nothing was changed", "Olga is skipped: nobody can do this to a group’s owner")
	if !h.isMember("g1", "olga") {
		t.Error("the owner is gone")
	}
}

func TestPastedIDs(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var ids []string
	for i := range 130 {
		ids = append(ids, fmt.Sprintf("spam%03d", i))
	}
	h.must("im_open_login_svc/multiaccount_import", map[string]any{"Accounts": ids[:100]})
	h.must("im_open_login_svc/multiaccount_import", map[string]any{"Accounts": ids[100:]})
	h.newUsers("olga:Olga", "ann:Ann")
	h.newGroup("Public", "g1", "Raid", "olga", append([]string{"ann"}, ids...)...)
	lead := h.as(auth.Lead)
	lead.get(mList).is(http.StatusOK).has("Kick by ID")
	lead.get(mList+"/kick").is(http.StatusOK).has("User IDs", "Up to 500.")

	form := mute()
	form.Set("paste", strings.Join(ids[:30], "\r\n")+"\n"+ids[0])
	lead.part(mList+"/kick?now=1&paste="+url.QueryEscape(form.Get("paste"))).is(http.StatusOK).has("Kick 30 members", "And 10 more", "30 IDs read", "1 ID was given again")
	few := mute()
	few.Set("paste", strings.Join(ids[:10], "\r\n"))
	a := lead.postPart(mList+"/kick", mList, few).is(http.StatusOK).has("Removed 10 members from the group", "Undo")
	if h.isMember("g1", ids[9]) || !h.isMember("g1", ids[10]) {
		t.Error("not those who were pasted")
	}
	lead.post(undoOf(t, a), url.Values{}).is(http.StatusSeeOther)
	if !h.isMember("g1", ids[9]) {
		t.Error("not back after the undo")
	}

	// More than ten at once is not for everybody.
	moderator := h.as(auth.Moderator)
	moderator.part(mList+"/kick?now=1&paste="+url.QueryEscape(form.Get("paste"))).is(http.StatusOK).marked(`aria-disabled="true"`, "10 at once")
	moderator.postPart(mList+"/kick", mList, form).is(http.StatusForbidden)
	if !h.isMember("g1", ids[0]) {
		t.Error("a moderator removed 30 at once")
	}

	// More than a hundred have to be counted.
	form.Set("paste", strings.Join(ids, "；"))
	lead.post(mList+"/kick", form).is(http.StatusUnprocessableEntity).has("Type 130, the number of IDs, to go on", "Type 130 to go on.")
	form.Set("confirm", "130")
	if to := lead.postPart(mList+"/kick", mList, form).is(http.StatusNoContent).location(); !strings.HasPrefix(to, "/jobs/") {
		t.Errorf("130 at once lead to %q, not to a job", to)
	}

	// More than the console does at once.
	var many []string
	for i := range 501 {
		many = append(many, fmt.Sprintf("u%d", i))
	}
	form.Set("paste", strings.Join(many, " "))
	lead.post(mList+"/kick", form).is(http.StatusUnprocessableEntity).has("501 at once are too many; at most 500.", "u500")
	form.Set("paste", "ann\n"+strings.Repeat("x", 40))
	lead.post(mList+"/kick", form).is(http.StatusUnprocessableEntity).has("cannot be an ID")
	if !h.isMember("g1", "ann") {
		t.Error("ann was removed in spite of the wrong id")
	}
}

func TestRoleAndCard(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Lead)
	b.get(mList+"/role?users=ann&users=olga&role=admin").is(http.StatusOK).has("Ann becomes an admin", "Olga is skipped", "Change 1 role")
	b.post(mList+"/role", url.Values{"users": {"ann"}, "role": {"owner"}}).is(http.StatusUnprocessableEntity).has("Choose member or admin.")
	b.postPart(mList+"/role", mList+"?role=admin", url.Values{"users": {"ann"}, "role": {"admin"}}).is(http.StatusOK).has("Changed the role of Ann").shows("ann")
	b.postPart(mList+"/role", mList+"?role=admin", url.Values{"users": {"ann"}, "role": {"member"}}).is(http.StatusOK).hides("ann")

	b.postPart(mList+"/card", mList, url.Values{"users": {"ann"}, "card": {"安娜 🎹"}}).is(http.StatusOK).has("安娜 🎹", "Ann")
	sheet := b.get(mList + "/card?users=ann").is(http.StatusOK)
	if !strings.Contains(sheet.body, `value="安娜 🎹"`) {
		t.Error("the card of now is not in the form")
	}
	b.part(mList + "/card?now=1&users=ann&card=Anna").is(http.StatusOK).has("changes from “安娜 🎹” to “Anna”")
	b.post(mList+"/card", url.Values{"users": {"ann"}, "card": {strings.Repeat("名", 40)}}).is(http.StatusUnprocessableEntity).has("too long").marked(strings.Repeat("名", 40))
	b.post(mList+"/card", url.Values{"users": {"ann", "bob"}, "card": {"both"}}).is(http.StatusUnprocessableEntity).has("one at a time")
	b.get(mList + "?q=ann").has("安娜 🎹")
	b.post(mList+"/card", url.Values{"users": {"ann"}, "card": {""}}).is(http.StatusSeeOther)
	b.get(mList + "?q=ann").lacks("安娜 🎹")
}

// Of several people one is refused: the others are done, and who was not is named with the reason.
func TestRefusedInPart(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Lead)
	form := url.Values{"users": {"ann", "bob", "rtl"}, "role": {"admin"}, "back": {mList}}
	for _, scripts := range []bool{true, false} {
		h.im.SetFault(emulator.Fault{Command: "group_open_http_svc/modify_group_member_info", ErrorCode: 10007, Share: 1. / 3})
		var a *answer
		if scripts {
			a = b.postPart(mList+"/role", mList, form).is(http.StatusOK)
		} else {
			a = b.get(b.post(mList+"/role", form).is(http.StatusSeeOther).location())
		}
		h.im.ClearFaults()
		a.has("Not done for 1 of 3.", "2 of 3 done", "Undo", "code 10007")
		refused := 0
		for user, name := range map[string]string{"ann": "Ann", "bob": "Bob 🎸", "rtl": "يوسف"} {
			list, err := h.app.IM.Members.Get(imclient.Fresh(t.Context()), "g1", []string{user})
			if err != nil || len(list) != 1 {
				t.Fatal(err)
			}
			if list[0].Role == imclient.RoleMember {
				refused++
				a.has(name + ": ")
			}
		}
		if refused != 1 {
			t.Errorf("%d are members still", refused)
		}
		b.post(undoOf(t, a), url.Values{"return": {mList}}).is(http.StatusSeeOther)
		b.get(mList+"?role=admin").hides("ann", "bob", "rtl")
	}
}

func TestWhatAGroupTypeDoesNotOffer(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	h.newGroup("Private", "work", "Work", "olga", "ann")
	h.newGroup("AVChatRoom", "live", "Stage", "olga")
	check(t, h.im.Enter(t.Context(), testSDKAppID, "live", "ann", "bob"))
	b := h.as(auth.Lead)
	work := "/apps/demo/groups/work"
	b.get(work+"/muted").is(http.StatusOK).has("Nobody can be muted here", "Work groups have no mute.")
	page := b.get(work + "/members").is(http.StatusOK)
	if !strings.Contains(page.body, `data-why="Work groups have no mute`) {
		t.Error("the button does not say why it is not offered")
	}
	b.get(work + "/members/mute?users=ann").is(http.StatusConflict).has("Work groups have no mute.")
	b.post(work+"/members/mute", mute("ann")).is(http.StatusConflict).has("Work groups have no mute.", "Nothing was changed")
	b.get(mGroup+"/bans").is(http.StatusOK).has("This group has no bans", "Only live rooms have bans.")
	b.post(mGroup+"/bans/add", mute("ann")).is(http.StatusConflict)

	live := "/apps/demo/groups/live"
	b.get(live+"/members").is(http.StatusOK).has("no member list of record", "Ann", "Bob")
	b.get(live + "/members?q=ann").is(http.StatusOK).has("Ann")
	b.get(live + "/members?q=rtl").is(http.StatusOK).has("“rtl” is not in the room now")
	b.post(live+"/members/kick", mute("ann")).is(http.StatusConflict).has("Nobody can be removed from a live room.")
	b.postPart(live+"/members/mute", live+"/members", mute("ann")).is(http.StatusOK).has("Muted Ann", "Muted, 23 h")
}

func TestBans(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	h.newGroup("AVChatRoom", "live", "Stage", "olga")
	check(t, h.im.Enter(t.Context(), testSDKAppID, "live", "ann", "bob"))
	b := h.as(auth.Lead)
	bans := "/apps/demo/groups/live/bans"
	b.get(bans).is(http.StatusOK).has("Nobody is banned from this room", "Ban by ID")
	b.get(bans+"/add").is(http.StatusOK).has("User IDs", "For how long")
	form := mute()
	form.Set("paste", "ann\nbob")
	form.Set("for", "7d")
	a := b.postPart(bans+"/add", bans, form).is(http.StatusOK).has("Banned 2 users", "Ann", "Banned, 6 d 23 h", "Undo")
	b.get("/apps/demo/groups/live/members").hides("ann")
	b.postPart(bans+"/lift", bans, url.Values{"users": {"bob"}}).is(http.StatusOK).has("Bob 🎸 may come back").hides("bob")
	b.post(undoOf(t, a), url.Values{"return": {bans}}).is(http.StatusSeeOther)
	b.get(bans).has("Nobody is banned from this room")
	h.as(auth.Moderator).post(bans+"/add", form).is(http.StatusForbidden)
}

// With each fault of the service, on each act: the page says what became of it, and only that.
func TestFaultsOnActs(t *testing.T) {
	t.Parallel()
	type fault struct {
		name string
		emulator.Fault
		done  bool // the service does it all the same
		again bool // trying again may help
	}
	unanswered := []fault{
		{"dropped", emulator.Fault{Drop: true}, false, true},
		{"done without an answer", emulator.Fault{DropAfter: true}, true, false},
		{"502", emulator.Fault{Status: 502}, false, true},
		{"cut", emulator.Fault{CutBody: true}, true, false},
		{"bad JSON", emulator.Fault{BadJSON: true}, true, false},
	}
	refused := []fault{
		{"10004", emulator.Fault{ErrorCode: 10004}, false, false},
		{"10007", emulator.Fault{ErrorCode: 10007}, false, false},
		{"10010", emulator.Fault{ErrorCode: 10010}, false, false},
	}
	slow := []fault{
		{"60007", emulator.Fault{ErrorCode: 60007}, false, true},
		{"too slow", emulator.Fault{Delay: 4 * time.Second}, false, true},
	}
	mutes, unmutes, kicks := "/members/mute", "/members/unmute", "/members/kick"
	for _, c := range []struct {
		path   string
		faults []fault
	}{
		{mutes, slow}, {mutes, unanswered}, {mutes, refused}, {unmutes, unanswered[:2]}, {unmutes, refused}, {kicks, unanswered[:2]}, {kicks, refused},
	} {
		t.Run(strings.ReplaceAll(c.path, "/", " ")+" "+c.faults[0].name, func(t *testing.T) {
			t.Parallel()
			h := newMembers(t)
			h.hurry(3100 * time.Millisecond) // the least that the client takes
			b := h.as(auth.Lead)
			command, user := "group_open_http_svc/forbid_send_msg", "ann"
			done := func() bool { return !h.mutedUntil("g1", "ann").IsZero() }
			switch c.path {
			case unmutes:
				user, done = "bob", func() bool { return h.mutedUntil("g1", "bob").IsZero() }
			case kicks:
				command, done = "group_open_http_svc/delete_group_member", func() bool { return !h.isMember("g1", "ann") }
			}
			for n, f := range c.faults {
				h.muteFor("ann", 0)
				h.muteFor("bob", 3600)
				if !h.isMember("g1", "ann") {
					h.must("group_open_http_svc/add_group_member", map[string]any{"GroupId": "g1", "MemberList": []any{map[string]any{"Member_Account": "ann"}}})
				}
				f.Command = command
				h.im.SetFault(f.Fault)
				var a *answer
				if n%2 == 0 {
					a = b.postPart(mGroup+c.path, mList, mute(user)).is(http.StatusOK)
				} else { // without scripts
					a = b.get(b.post(mGroup+c.path, mute(user)).is(http.StatusSeeOther).location()).is(http.StatusOK)
				}
				h.im.ClearFaults()
				text := a.text()
				missed, again := strings.Contains(text, "Not done for 1 of 1."), strings.Contains(text, "Try again for 1")
				if is := done(); is != f.done || missed == f.done || again != f.again {
					t.Errorf("%s: done: %v, and the page says:\n%s", f.name, is, text)
				}
			}
		})
	}
}

// When the service fails before anything is sent, nothing was changed, and the page says so. What was typed is not lost.
func TestFaultsBeforeActing(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Moderator)
	form := mute("ann")
	form.Set("note", "typed with care")
	for _, f := range []struct {
		name    string
		fault   emulator.Fault
		scripts bool
	}{
		{"dropped", emulator.Fault{Drop: true}, false},
		{"502", emulator.Fault{Status: 502}, true},
		{"cut", emulator.Fault{CutBody: true}, false},
		{"bad JSON", emulator.Fault{BadJSON: true}, true},
		{"10004", emulator.Fault{ErrorCode: 10004}, true},
		{"members dropped", emulator.Fault{Drop: true, Command: "group_open_http_svc/get_specified_group_member_info"}, true},
		{"members cut", emulator.Fault{CutBody: true, Command: "group_open_http_svc/get_specified_group_member_info"}, false},
	} {
		t.Run(f.name, func(t *testing.T) {
			h.advance(time.Minute) // beyond what is remembered of the group
			h.im.SetFault(f.fault)
			var a *answer
			if f.scripts {
				a = b.postPart(mList+"/mute", mList, form)
			} else {
				a = b.post(mList+"/mute", form).has("typed with care")
			}
			h.im.ClearFaults()
			if a.status < 400 || a.status == http.StatusInternalServerError {
				t.Errorf("status %d", a.status)
			}
			a.has("Nothing was changed").lacks("may or may not")
			if end := h.mutedUntil("g1", "ann"); !end.IsZero() {
				t.Errorf("muted until %s", end)
			}
		})
	}
}

// The pages stand when a part of them fails.
func TestFaultsOnPages(t *testing.T) {
	t.Parallel()
	h := newMembers(t)
	b := h.as(auth.Moderator)
	h.im.SetFault(emulator.Fault{Command: "profile/portrait_get", ErrorCode: 40004})
	b.get(mList).is(http.StatusOK).has("The names could not be had").shows("ann", "bob")
	b.get(mList + "/mute?users=ann").is(http.StatusOK).has("ann is muted until")
	h.im.ClearFaults()
	h.im.SetFault(emulator.Fault{Command: "group_open_http_svc/get_group_member_info", Status: 502})
	b.get(mList).is(http.StatusBadGateway).has("Music <night>", "Try again", "All 6")
	b.part(mList).is(http.StatusBadGateway).lacks("Music <night>")
	h.im.ClearFaults()
	h.im.SetFault(emulator.Fault{Command: "group_open_http_svc/get_group_muted_account", CutBody: true})
	h.advance(time.Minute)
	b.get(mGroup+"/muted").is(http.StatusBadGateway).has("Music <night>", "Try again")
	h.im.ClearFaults()
	h.im.SetFault(emulator.Fault{Command: "group_open_http_svc/get_specified_group_member_info", CutBody: true})
	b.get(mList+"/mute?users=ann").is(http.StatusOK).has("What will happen could not be looked up", "Mute 1 member")
	h.im.ClearFaults()
}
