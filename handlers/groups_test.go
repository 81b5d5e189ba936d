package handlers

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/store"
)

// manyGroups makes n groups and returns their ids in the order of the service.
func manyGroups(h *harness, n int) []string {
	h.newUsers("ann:Ann")
	var ids []string
	for i := range n {
		id := fmt.Sprintf("group-%03d", i)
		h.newGroup([]string{"Public", "ChatRoom"}[i%2], id, fmt.Sprintf("群 %d", i), "ann")
		ids = append(ids, id)
	}
	return ids
}

var rowID = regexp.MustCompile(`data-row="([^"]*)"`)

// listed are the ids of the rows on a page.
func (a *answer) listed() []string {
	var ids []string
	for _, m := range rowID.FindAllStringSubmatch(a.body, -1) {
		ids = append(ids, html.UnescapeString(m[1]))
	}
	return ids
}

// link is where the link or button with a text leads; "" if there is none.
func (a *answer) link(text string) string {
	for _, m := range regexp.MustCompile(`(?s)<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>`).FindAllStringSubmatch(a.body, -1) {
		if (&answer{body: m[2]}).text() == text {
			return html.UnescapeString(m[1])
		}
	}
	return ""
}

func TestGroupsPaging(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	want := manyGroups(h, 120)
	b := h.as(auth.Viewer)

	var pages [][]string
	var addresses []string
	at := "/apps/demo/groups"
	for range 10 {
		a := b.get(at).is(200).has("120 groups", "Ann")
		addresses = append(addresses, at)
		pages = append(pages, a.listed())
		if at = a.link("Next"); at == "" {
			break
		}
	}
	if got := slices.Concat(pages...); !slices.Equal(got, want) || len(pages) != 3 {
		t.Fatalf("%d pages with %d groups", len(pages), len(got))
	}
	// And back again, by the way that the address keeps.
	at = addresses[2]
	for n := 2; n >= 0; n-- {
		a := b.get(at).is(200)
		if !slices.Equal(a.listed(), pages[n]) {
			t.Fatalf("going back, page %d differs", n+1)
		}
		if n > 0 {
			a.has(fmt.Sprintf("Page %d", n+1))
			if first := a.link("First"); first != "/apps/demo/groups" {
				t.Errorf("the first page is at %q", first)
			}
		}
		at = a.link("Previous")
	}
	if at != "" {
		t.Errorf("before the first page is %s", at)
	}
	// The part is the same list without the frame.
	part := b.part(addresses[1]).is(200)
	if !slices.Equal(part.listed(), pages[1]) || strings.Contains(part.body, "<nav class=\"sidebar\"") || !strings.HasPrefix(part.body, `<section id="groups"`) {
		t.Error("the part is not the list alone")
	}
}

// TestGroupsCalls: the names of owners come from one call, and so do the groups.
func TestGroupsCalls(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("ann:Ann", "bob:Bob", "cy:Cy")
	for i, owner := range []string{"ann", "bob", "cy", "ann", "bob"} {
		h.newGroup("Public", fmt.Sprintf("g%d", i), "g", owner)
	}
	calls := func() (n int64) {
		for _, c := range []string{"group_open_http_svc/get_appid_group_list", "group_open_http_svc/get_group_info", "profile/portrait_get"} {
			n += h.im.Calls(c)
		}
		return n
	}
	b := h.as(auth.Viewer)
	before := calls()
	b.get("/apps/demo/groups").is(200).has("Ann", "Bob", "Cy")
	if n := calls() - before; n != 3 {
		t.Errorf("%d calls for five groups of three owners, want 3", n)
	}
}

func TestGroupsFilter(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	manyGroups(h, 6)
	h.newGroup("AVChatRoom", "room", "直播间", "ann")
	b := h.as(auth.Viewer)
	a := b.get("/apps/demo/groups?type=AVChatRoom").is(200).has("Live room", "not kept", "1 group").lacks("群 0")
	if got := a.listed(); !slices.Equal(got, []string{"room"}) {
		t.Errorf("live rooms: %v", got)
	}
	b.get("/apps/demo/groups?type=Community").is(200).has("There are no groups of the type Community.")
	if got := b.get("/apps/demo/groups?type=nonsense").is(200).listed(); len(got) != 7 {
		t.Errorf("an unknown type shows %v", got)
	}
}

func TestGroupsExpiredCursor(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	manyGroups(h, 2)
	b := h.as(auth.Viewer)
	for _, address := range []string{
		"/apps/demo/groups?cursor=nonsense&trail=LQ&page=2", "/apps/demo/groups?cursor=%00%ff&trail=%%%&page=-1", "/apps/demo/groups?cursor=" + strings.Repeat("9", 400),
	} {
		b.get(address).is(200).has("This page of the list does not exist any more.", "群 0", "群 1")
	}
}

func TestGroupsJump(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("ann:Ann")
	b := h.as(auth.Viewer)
	for _, id := range []string{"plain", "@weekend#1", "a/b c%2F?&", "+"} {
		h.newGroup("Public", id, "A group", "ann")
		a := b.get("/apps/demo/groups?q=" + url.QueryEscape(" "+id+" ")).is(http.StatusSeeOther)
		b.get(a.location()).is(200).has(id, "Messages")
		if got := b.part("/apps/demo/groups?q=" + url.QueryEscape(id)); got.header.Get("HX-Redirect") != a.location() {
			t.Errorf("%s: htmx is sent to %q", id, got.header.Get("HX-Redirect"))
		}
		to := b.get("/apps/demo/groups/" + url.PathEscape(id)).is(http.StatusSeeOther).location()
		if to != a.location() {
			t.Errorf("%s opens at %s", id, to)
		}
	}
}

func TestGroupsSearch(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	manyGroups(h, 60)
	b := h.as(auth.Viewer)
	honest := "The IM service cannot search by name."

	a := b.get("/apps/demo/groups?q="+url.QueryEscape("群 1")).is(200).has("No group has the ID “群 1”.", honest, "Show all groups")
	if got := len(a.listed()); got != 11 { // 1 and 10 to 19
		t.Errorf("%d groups with 群 1 in their names", got)
	}
	b.get("/apps/demo/groups?q=nothing-like-it").is(200).has("No group has the ID “nothing-like-it”.", "No group that this console has met has it")
	b.get("/apps/demo/groups?q=" + url.QueryEscape(`"><script>alert(1)</script>`)).is(200).has(`“"><script>alert(1)</script>”`)
	b.get("/apps/demo/groups?q=%00%ff" + strings.Repeat("x", 5000)).is(200)

	// One that is on a later page is found once it was opened, or pinned.
	if got := b.get("/apps/demo/groups?q=" + url.QueryEscape("群 57")).is(200).listed(); len(got) != 0 {
		t.Fatalf("found %v on the first page", got)
	}
	b.get("/apps/demo/groups/group-057/messages").is(200)
	if got := b.get("/apps/demo/groups?q=" + url.QueryEscape("群 57")).is(200).listed(); !slices.Equal(got, []string{"group-057"}) {
		t.Errorf("found %v after it was opened", got)
	}
	b.post("/apps/demo/pins", url.Values{"id": {"group-058"}, "on": {"1"}}).is(http.StatusSeeOther)
	if got := b.get("/apps/demo/groups?q=" + url.QueryEscape("群 58")).is(200).listed(); !slices.Equal(got, []string{"group-058"}) {
		t.Errorf("found %v after it was pinned", got)
	}
}

func TestPins(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	manyGroups(h, 3)
	b := h.as(auth.Viewer)
	pinned := func() (ids []string) {
		op, err := h.store.Operators.ByName(context.Background(), "op_viewer")
		if err != nil {
			t.Fatal(err)
		}
		list, err := h.store.Settings.Pins(context.Background(), op.ID, testApp)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			if p.Kind == store.KindGroup {
				ids = append(ids, p.ID+"="+p.Title)
			}
		}
		return ids
	}
	a := b.post("/apps/demo/pins", url.Values{"id": {"group-000", "group-001", "no-such-group"}, "on": {"1"}, "return": {"/apps/demo/groups?type=Public"}}).is(http.StatusSeeOther)
	if a.location() != "/apps/demo/groups?type=Public" {
		t.Errorf("back to %s", a.location())
	}
	if got := pinned(); !slices.Equal(got, []string{"group-000=群 0", "group-001=群 1"}) {
		t.Errorf("pinned %v", got)
	}
	b.get("/apps/demo/groups").is(200).has("Pinned 2 groups", "Undo")
	b.get("/apps/demo/groups/group-001/messages").is(200).has("Pinned")
	// Taking it back, as the toast does.
	b.postPart("/apps/demo/pins", "/apps/demo/groups", url.Values{"id": {"group-000", "group-001"}, "on": {"0"}}).is(http.StatusNoContent)
	if got := pinned(); len(got) != 0 {
		t.Errorf("still pinned: %v", got)
	}
	for name, form := range map[string]url.Values{
		"nothing": {"on": {"1"}}, "no id": {"id": {""}, "on": {"1"}}, "gone": {"id": {"no-such-group"}, "on": {"1"}},
		"too many": {"id": slices.Repeat([]string{"group-000"}, store.MaxPins+1)},
	} {
		t.Run(name, func(t *testing.T) {
			b.in(t).post("/apps/demo/pins", form).is(http.StatusBadRequest).has("Nothing was changed")
		})
	}
	a = b.post("/apps/demo/pins", url.Values{"id": {"group-000"}, "return": {"https://evil.example/"}}).is(http.StatusSeeOther)
	if a.location() != "/" {
		t.Errorf("sent to %s", a.location())
	}
	h.im.SetFault(emulator.Fault{Command: "group_open_http_svc/get_group_info", ErrorCode: 10002})
	h.advance(testCache)
	b.post("/apps/demo/pins", url.Values{"id": {"group-002"}, "on": {"1"}}).is(http.StatusBadGateway)
}

func TestGroupsEmpty(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.as(auth.Viewer).get("/apps/demo/groups").is(200).has("There are no groups yet.")
}

// TestGroupsHostile: names are what people chose.
func TestGroupsHostile(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers(`<i>:"><img src=x>`)
	h.newGroup("Public", `<b id="main">`, `</title><script>`, "<i>")
	b := h.as(auth.Viewer)
	b.get("/apps/demo/groups").is(200).has(`</title><script>`, `"><img src=x>`)
	b.get("/apps/demo/groups/"+url.PathEscape(`<b id="main">`)+"/messages").is(200).has(`</title><script>`, `"><img src=x>`)
}

// TestGroupsFaults: whatever goes wrong at the service, there is a page that says so, and nothing of ours breaks.
func TestGroupsFaults(t *testing.T) {
	t.Parallel()
	for name, f := range faults() {
		for command, status := range map[string]bool{
			"group_open_http_svc/get_appid_group_list": false, "group_open_http_svc/get_group_info": false,
			"profile/portrait_get": true, // without the owners' names their ids stand there
		} {
			t.Run(name+" of "+command, func(t *testing.T) {
				t.Parallel() // the client takes its time before it gives up
				h := newHarness(t)
				manyGroups(h, 2)
				fault := f
				fault.Command = command
				h.im.SetFault(fault)
				a := h.as(auth.Viewer).get("/apps/demo/groups")
				if status {
					a.is(200).has("群 0", "ann")
					return
				}
				if a.status < 400 || a.status == 500 || a.status > 504 {
					t.Errorf("status %d", a.status)
				}
				a.has("reference")
			})
		}
	}
}

// faults are one of each sort of what goes wrong: no answer, an answer that makes no sense, a refusal, trouble over there.
func faults() map[string]emulator.Fault {
	return map[string]emulator.Fault{
		"dropped": {Drop: true}, "cut": {CutBody: true}, "refused": {ErrorCode: 10007}, "internal": {ErrorCode: 10002},
	}
}

func TestGroupFrameOfNoGroup(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("ann:Ann")
	h.newGroup("Public", "gone", "Gone", "ann")
	h.must("group_open_http_svc/destroy_group", map[string]any{"GroupId": "gone"})
	b := h.as(auth.Viewer)
	for _, id := range []string{"no-such-group", "gone", "%00", "%F0%9F%98%80", strings.Repeat("x", 3000)} {
		a := b.get("/apps/demo/groups/" + id + "/messages")
		if a.status != http.StatusNotFound && a.status != http.StatusUnprocessableEntity {
			t.Errorf("%.20s: status %d", id, a.status)
		}
	}
	b.get("/apps/other/groups").is(http.StatusNotFound)
	b.get("/apps/other/groups/g1/messages").is(http.StatusNotFound)
}

func TestGroupFrameShows(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("ann:Ann", "bob:Bob", "cy:Cy")
	h.newGroup("Public", "g1", "A group", "ann", "bob", "cy")
	h.newGroup("Private", "orphan", "Nobody's", "", "bob")
	h.newGroup("AVChatRoom", "room", "Room", "ann")
	if err := h.im.Enter(context.Background(), testSDKAppID, "room", "bob", "cy"); err != nil {
		t.Fatal(err)
	}
	h.must("group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": "g1", "Members_Account": []string{"bob"}, "MuteTime": 600})
	h.must("group_open_http_svc/modify_group_base_info", map[string]any{"GroupId": "g1", "MuteAllMember": "On"})
	lead, viewer := h.as(auth.Lead), h.as(auth.Viewer)

	a := lead.get("/apps/demo/groups/g1/messages").is(200).has("A group", "Public", "All muted", "3 of", "members", "Owner Ann", "Members 3", "Muted 1", "Let everybody speak")
	for text, want := range map[string]string{"Ann": "/apps/demo/users/ann", "Details": "/apps/demo/groups/g1/details", "Activity": "/apps/demo/groups/g1/activity", "Send notice": "/apps/demo/groups/g1/notice"} {
		if got := a.link(text); got != want {
			t.Errorf("%s leads to %q, want %q", text, got, want)
		}
	}
	a.lacks("Banned")
	lead.get("/apps/demo/groups/room/messages").is(200).has("Live room", "online", "Banned")
	lead.get("/apps/demo/groups/orphan/messages").is(200).has("No owner", "Work")

	// Who may not act is told why, and the button does nothing.
	v := viewer.get("/apps/demo/groups/g1/messages").is(200)
	if !strings.Contains(v.body, `data-why="Your role does not allow this."`) || v.link("Send notice") != "" {
		t.Error("a viewer is offered to send a notice")
	}
	// What a live room cannot do says so.
	room := lead.get("/apps/demo/groups/room/messages").is(200)
	if !strings.Contains(room.body, `data-why="Messages in a live room are not kept`) {
		t.Error("taking back a sender's messages is offered in a live room")
	}
}

// TestGroupFrameStands: what stands beside the group may be missing.
func TestGroupFrameStands(t *testing.T) {
	t.Parallel()
	for name, f := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.newUsers("ann:Ann")
			h.newGroup("Public", "g1", "A group", "ann")
			for _, command := range []string{"group_open_http_svc/get_group_muted_account", "group_open_http_svc/get_group_shutted_uin", "profile/portrait_get"} {
				fault := f
				fault.Command = command
				h.im.SetFault(fault)
			}
			h.as(auth.Viewer).get("/apps/demo/groups/g1/messages").is(200).has("A group", "Owner ann")
		})
	}
}
