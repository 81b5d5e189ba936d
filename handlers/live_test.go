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
	"imdesk/store"
	"imdesk/web/i18n"
)

func muteOf(group string) actions.Action {
	return actions.Mute{Common: because("x"), Group: group, Users: []string{"ann"}, Span: actions.Span{For: time.Hour}}
}

// newLive is a harness with a live room and three people in it.
func newLive(t *testing.T) *harness {
	t.Helper()
	h := newHarness(t)
	h.newUsers("olga:Olga", "ann:Ann <b>", "bob:Bob", "cleo")
	h.newGroup("AVChatRoom", "live", "Evening", "olga")
	h.newGroup("Public", "g1", "Music", "olga", "ann")
	check(t, h.im.Enter(context.Background(), testSDKAppID, "live", "ann", "bob", "cleo"))
	h.must("group_open_avchatroom_http_svc/modify_admin", map[string]any{"GroupId": "live", "CommandType": 1, "Admin_Account": []string{"bob"}})
	return h
}

const liveURL = "/apps/demo/groups/live/live"

func TestLiveRoom(t *testing.T) {
	t.Parallel()
	h := newLive(t)
	b := h.as(auth.Lead)
	b.get(liveURL).is(http.StatusOK).has("Evening", "3 online now", "Counted since", "Owner and admins", "Olga", "Bob", "stays counted as online", "To all live rooms", "Banned")
	now := b.part(liveURL+"?now=1").is(http.StatusOK).marked(`id="live-now"`, `hx-trigger="every 15s"`)
	if strings.Contains(now.body, "Owner and admins") {
		t.Error("the part is the whole section")
	}
	h.advance(3 * time.Minute)
	check(t, h.im.Leave(context.Background(), testSDKAppID, "live", "cleo"))
	h.advance(time.Minute)
	a := b.get(liveURL).is(http.StatusOK).has("2 online now")
	if n := strings.Count(a.body, `class="hit"`); n != 5 {
		t.Errorf("%d minutes in the chart", n)
	}
	if n := strings.Count(a.body, `class="point"`); n != 2 {
		t.Errorf("%d points: a minute in which nobody looked is a gap", n)
	}
	b.get("/apps/demo/groups/g1/live").is(http.StatusConflict).has("Only live rooms have this page.")
	b.get("/apps/demo/groups/g1/members").lacks("Live room")
	b.get("/apps/demo/groups/nosuch/live").is(http.StatusNotFound)
	viewer := h.as(auth.Viewer)
	viewer.get(liveURL).is(http.StatusOK)
	viewer.get(liveURL + "/mark").is(http.StatusForbidden)
}

func TestLiveMarks(t *testing.T) {
	t.Parallel()
	h := newLive(t)
	b := h.as(auth.Lead)
	b.get(liveURL + "?mark=2000").has("Nobody in the room has the mark 2000.")
	a := b.post(liveURL+"/mark", url.Values{"paste": {"ann, nobody\nbob"}, "marks": {"2000 2001"}, "reason": {"stars"}}).is(http.StatusSeeOther)
	b.get(a.location()).has("2 of 3 done", "nobody")
	h.advance(time.Minute)
	b.get(liveURL+"?mark=2000").has("Ann <b>", "Bob", "Take marks away")
	b.post(liveURL+"/mark", url.Values{"users": {"ann"}, "marks": {"2000"}, "on": {"0"}, "preview": {"1"}}).is(http.StatusOK).has("Ann <b> loses marks. Had 2000, then has nothing")
	gone := b.post(liveURL+"/mark", url.Values{"users": {"ann"}, "marks": {"2000"}, "on": {"0"}}).is(http.StatusSeeOther)
	b.get(gone.location()).has("Changed the marks of Ann <b>", "Undo")
	h.advance(time.Minute)
	if text := b.get(liveURL + "?mark=2000").text(); strings.Contains(text[strings.Index(text, "Show who has it"):], "Ann") {
		t.Error("the mark is still there")
	}
	for _, mark := range []string{"vip", "-1", "<b>", "9999999999999"} {
		b.get(liveURL + "?mark=" + url.QueryEscape(mark)).is(http.StatusOK).lacks("Nobody in the room")
	}
	b.post(liveURL+"/mark", url.Values{"paste": {"ann"}, "marks": {"vip"}, "reason": {"<kept>"}}).is(http.StatusUnprocessableEntity).has("“vip” is no mark", "<kept>")
	b.post(liveURL+"/mark", url.Values{"marks": {"1000"}}).is(http.StatusUnprocessableEntity).has("Choose at least one.")
	b.post("/apps/demo/groups/g1/live/mark", url.Values{"paste": {"ann"}, "marks": {"1000"}}).is(http.StatusConflict)
	b.get("/apps/demo/groups/live/members").has("Give marks")
}

func TestLiveRoomInParts(t *testing.T) {
	t.Parallel()
	h := newLive(t)
	b := h.as(auth.Lead)
	h.advance(time.Minute)
	h.im.SetFault(emulator.Fault{Command: "group_open_avchatroom_http_svc/get_admin_list", Status: http.StatusBadGateway})
	b.get(liveURL).is(http.StatusOK).has("3 online now", "Try again", "Give marks")
	h.im.ClearFaults()
	h.advance(time.Minute)
	h.im.SetFault(emulator.Fault{Command: "group_open_http_svc/get_online_member_num", Status: http.StatusBadGateway})
	b.get(liveURL).is(http.StatusOK).has("Owner and admins", "Olga")
}

func TestLiveSeries(t *testing.T) {
	t.Parallel()
	var l liveSeries
	at := time.Date(2026, 4, 18, 12, 0, 0, 0, time.UTC)
	l.add("a", at, 1)
	if got := l.add("a", at.Add(livePause/2), 2); len(got) != 1 || got[0].n != 2 {
		t.Errorf("two counts at once: %v", got)
	}
	for i := range 2 * liveSamples {
		l.add("a", at.Add(time.Duration(i+1)*livePause), i)
	}
	if got := l.add("a", at.Add(time.Hour*24), 7); len(got) != liveSamples || got[len(got)-1].n != 7 {
		t.Errorf("%d counts are kept", len(got))
	}
	for i := range 2 * liveRooms {
		l.add(fmt.Sprint("room ", i), at.Add(time.Duration(i)*time.Minute), i)
	}
	if len(l.rooms) != liveRooms || l.rooms[fmt.Sprint("room ", 2*liveRooms-1)] == nil || l.rooms["room 0"] != nil {
		t.Errorf("%d rooms are kept", len(l.rooms))
	}
	ctx := in(t, i18n.English)
	chart := liveChart(ctx, []liveSample{{at, 5}, {at.Add(10 * time.Hour), 9}}, at.Add(10*time.Hour))
	if len(chart.Columns) != liveMinutes || !chart.Series[0].Points[liveMinutes-1].Known || chart.Series[0].Points[0].Known {
		t.Errorf("%d columns", len(chart.Columns))
	}
	if len(liveChart(ctx, nil, at).Columns) != 0 {
		t.Error("a chart of nothing")
	}
}

func TestBroadcastPages(t *testing.T) {
	t.Parallel()
	h := newLive(t)
	b := h.as(auth.Lead)
	h.must("all_member_push/im_set_attr_name", map[string]any{"AttrNames": map[string]string{"0": "city"}})
	h.must("all_member_push/im_set_attr", map[string]any{"UserAttrs": []any{map[string]any{"To_Account": "ann", "Attrs": map[string]string{"city": "<i>sg</i>"}}}})
	b.get("/apps/demo/broadcasts").is(http.StatusOK).has("Nothing sent yet", "Attributes of the app:", "city")

	text := url.Values{"text": {"The stream moves to 21:00 <b>"}, "reason": {"a change"}}
	b.post("/apps/demo/live-broadcast", text).is(http.StatusUnprocessableEntity).has("Type demo, the app’s name here.", "The stream moves to 21:00 <b>")
	text.Set("confirm", "Demo")
	b.post("/apps/demo/live-broadcast", text).is(http.StatusUnprocessableEntity)
	if n := h.im.Calls("group_open_http_svc/send_broadcast_msg"); n != 0 {
		t.Fatalf("%d were sent", n)
	}
	text.Set("confirm", "demo")
	a := b.post("/apps/demo/live-broadcast", text).is(http.StatusSeeOther)
	b.get(a.location()).has("Sent to all live rooms", "Sent from here", "op_lead")

	b.get("/apps/demo/broadcast").is(http.StatusOK).has("Every user of the app gets the message", "Who is away does not get it")
	b.post("/apps/demo/broadcast", url.Values{"text": {"x"}, "to": {"tags"}, "tags": {"vip\nstar"}, "keep": {"86400"}, "preview": {"1"}}).is(http.StatusOK).
		has("Users with one of the tags vip, star get the message", "within 1 day")
	b.post("/apps/demo/broadcast", url.Values{"text": {"x"}, "to": {"attributes"}, "attributes": {"city=sg"}, "all": {"1"}, "preview": {"1"}}).has("Users with all of city=sg get the message")
	for name, tt := range map[string]struct {
		form url.Values
		say  string
	}{
		"no text":            {url.Values{"reason": {"x"}, "confirm": {"demo"}}, "This is needed."},
		"no tags":            {url.Values{"text": {"x"}, "reason": {"x"}, "confirm": {"demo"}, "to": {"tags"}}, "Name at least one tag."},
		"tags for everybody": {url.Values{"text": {"x"}, "reason": {"x"}, "confirm": {"demo"}, "tags": {"vip"}}, "everybody is chosen"},
		"no such attribute":  {url.Values{"text": {"x"}, "reason": {"x"}, "confirm": {"demo"}, "to": {"attributes"}, "attributes": {"town=sg"}}, "The app has no attribute “town”."},
		"a tag twice":        {url.Values{"text": {"x"}, "reason": {"x"}, "confirm": {"demo"}, "to": {"tags"}, "tags": {"a\na"}}, "is there twice"},
		"for a year":         {url.Values{"text": {"x"}, "reason": {"x"}, "confirm": {"demo"}, "keep": {"31536000"}}, "At most ten years"},
	} {
		t.Run(name, func(t *testing.T) {
			b.in(t).post("/apps/demo/broadcast", tt.form).is(http.StatusUnprocessableEntity).has(tt.say)
		})
	}
	if n := h.im.Calls("all_member_push/im_push"); n != 0 {
		t.Fatalf("%d were sent", n)
	}
	sent := b.post("/apps/demo/broadcast", url.Values{"text": {"x"}, "reason": {"x"}, "confirm": {"demo"}, "to": {"tags"}, "tags": {"vip"}}).is(http.StatusSeeOther)
	b.get(sent.location()).has("Sent the broadcast")
	entry := h.lastEntry(string(actions.VerbBroadcast))
	b.get(entryURL(h.app, entry)).has("Sent a broadcast", "One of the tags", "vip")
}

// lastEntry is the newest entry of an action.
func (h *harness) lastEntry(action string) int64 {
	h.t.Helper()
	list, err := h.store.Audit.List(context.Background(), auditOf(action), 0, 1)
	if err != nil || len(list) != 1 {
		h.t.Fatalf("%s: %v %v", action, list, err)
	}
	return list[0].ID
}

func TestTags(t *testing.T) {
	t.Parallel()
	h := newLive(t)
	b := h.as(auth.Lead)
	a := b.post("/apps/demo/broadcasts/tags", url.Values{"paste": {"ann bob nobody"}, "tags": {"vip\n<b>"}, "back": {"/apps/demo/broadcasts?users=ann"}}).is(http.StatusSeeOther)
	b.get(a.location()).is(http.StatusOK).has("Changed the tags of 2 users", "Ann <b>", "vip", "<b>", "Undo")
	b.post("/apps/demo/broadcasts/tags", url.Values{"paste": {"ann"}, "tags": {"vip"}, "on": {"0"}, "preview": {"1"}}).has("tags <b>, vip, then <b>")
	b.post("/apps/demo/broadcasts/tags", url.Values{"paste": {"ann"}, "tags": {strings.Repeat("x", 51)}}).is(http.StatusUnprocessableEntity).has("too long")
	b.get("/apps/demo/broadcasts?users=" + url.QueryEscape(strings.Repeat("nobody ", 400))).is(http.StatusOK)
	h.im.SetFault(emulator.Fault{Command: "all_member_push/im_get_tag", Status: http.StatusBadGateway})
	b.get("/apps/demo/broadcasts?users=ann").is(http.StatusOK).has("Try again", "Message to users")
}

func auditOf(action string) store.AuditFilter { return store.AuditFilter{App: testApp, Action: action} }
