package handlers

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
)

const groupRoom = "/apps/demo/groups/g1"

// groupEntries are the acts in g1.
var groupEntries = store.AuditFilter{App: testApp, Group: "g1"}

func TestEditInAGroup(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 3)
	b := h.as(auth.Moderator)
	b.get(room+"?seq=2").is(200).has("Edit", "Extensions", "Read by")
	a := b.get(groupRoom+"/messages/edit?m=2::bob").is(200).has("It says now", "message 2", "What Bob wrote is overwritten")
	if a.field("seen") != "message 2" {
		t.Errorf("seen %q", a.field("seen"))
	}
	form := url.Values{"m": {"2::bob"}, "seen": {a.field("seen")}, "text": {"a\r\nnew text 新"}, "reason": {"a name in it"}, "key": {a.field("key")}}
	for range 2 { // sent twice, it is done once
		b.post(groupRoom+"/messages/edit", form).is(http.StatusSeeOther)
	}
	if n := h.im.Calls("openim/modify_group_msg"); n != 1 {
		t.Errorf("%d edits", n)
	}
	h.advance(testCache)
	b.get(room).is(200).has("new text 新").lacks("message 2 ")
	b.post(groupRoom+"/messages/edit", url.Values{"m": {"2::bob"}, "seen": {"message 2"}, "text": {"x"}, "reason": {"x"}}).is(http.StatusUnprocessableEntity).has("Somebody changed this meanwhile.", "new text 新")
	h.say("g1", "cy", []any{map[string]any{"MsgType": "TIMFaceElem", "MsgContent": map[string]any{"Index": 3, "Data": "smile"}}})
	b.get(groupRoom + "/messages/edit?m=4::cy").is(200).has("Only messages of one text can be edited here.").lacks("New text")
	for query, status := range map[string]int{
		"": 400, "?m=": 400, "?m=2::bob&m=3::cy": 400, "?m=99::bob": 400, "?m=abc::bob": 404, "?m=%00::x": 404, "?m=" + strings.Repeat("9", 3000) + "::x": 404,
	} {
		if a := b.get(groupRoom + "/messages/edit" + query); a.status != status {
			t.Errorf("%.40s: status %d, want %d", query, a.status, status)
		}
	}
	h.im.SetFault(emulator.Fault{Command: "openim/modify_group_msg", ErrorCode: 20028})
	b.post(groupRoom+"/messages/edit", url.Values{"m": {"1::ann"}, "text": {"x"}, "reason": {"x"}}).is(http.StatusSeeOther)
	b.get(room).has("Nothing was changed")
}

func TestSendToAGroup(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 1)
	b := h.as(auth.Lead)
	b.get(room).is(200).has("Send a message")
	b.get(groupRoom+"/send").is(200).has("Who says it", "Mention everybody", "Everybody in the group gets it").lacks("Not to the sender")
	b.post(groupRoom+"/send", url.Values{"text": {" "}}).is(http.StatusUnprocessableEntity).has("This is needed.")
	b.post(groupRoom+"/send", url.Values{"text": {"from above"}, "mention_all": {"1"}, "extensible": {"1"}, "receipts": {"1"}}).is(http.StatusSeeOther)
	b.post(groupRoom+"/send", url.Values{"text": {"by bob"}, "from": {"bob"}, "reason": {"he asked"}}).is(200).has("Send in the name of Bob?", "to A group")
	b.post(groupRoom+"/send", url.Values{"text": {"by bob"}, "from": {"bob"}, "reason": {"he asked"}, "confirmed": {"bob"}}).is(http.StatusSeeOther)
	h.advance(testCache)
	b.get(room).is(200).has("from above", "by bob", "To take it back, recall it")
	a := b.postPart(groupRoom+"/send", room, url.Values{"text": {"by cy"}, "from": {"cy"}, "reason": {"x"}}).is(200)
	if !strings.Contains(a.body, `hx-target="#sheet"`) {
		t.Errorf("the question does not come as a sheet: %s", a.body)
	}
	b.post(groupRoom+"/send", url.Values{"text": {"x"}, "from": {strings.Repeat("x", 40)}, "reason": {"x"}}).is(http.StatusUnprocessableEntity)
	b.post(groupRoom+"/send", url.Values{"text": {"x"}, "from": {"nobody_here"}, "reason": {"x"}, "confirmed": {"nobody_here"}}).is(http.StatusSeeOther)
	b.get(room).has("Nothing was changed")

	h.newGroup("AVChatRoom", "live", "Live", "ann")
	b.post("/apps/demo/groups/live/send", url.Values{"text": {"hello all"}}).is(http.StatusSeeOther)
	b.get("/apps/demo/groups/live/details").has("Sent the message")
}

// votes is a group with a message that takes extensions, and its name in forms.
func votes(t *testing.T) (h *harness, ref string) {
	h = chatRoom(t, 1)
	seq := h.say("g1", "ann", text("a vote"), map[string]any{"SupportMessageExtension": 1, "NeedReadReceipt": 1})
	return h, seq + "::ann"
}

func (h *harness) pairs(seq string) map[string]string {
	h.t.Helper()
	list, err := h.app.IM.Extensions.List(imclient.Fresh(context.Background()), imclient.Conversation{Group: "g1"}, seq)
	check(h.t, err)
	pairs := map[string]string{}
	for _, e := range list {
		pairs[e.Key] = e.Value
	}
	return pairs
}

func TestExtensionsSheet(t *testing.T) {
	t.Parallel()
	h, ref := votes(t)
	b := h.as(auth.Lead)
	sheet := groupRoom + "/messages/extensions"
	b.get(sheet+"?m="+ref).is(200).has("Nothing is kept with this message yet.", "Add a key", "a vote")
	b.post(sheet, url.Values{"m": {ref}}).is(http.StatusUnprocessableEntity).has("Nothing was changed in the form.")
	b.post(sheet, url.Values{"m": {ref}, "new_value": {"v"}}).is(http.StatusUnprocessableEntity).has("This is needed.")
	b.post(sheet, url.Values{"m": {ref}, "new_key": {"k"}}).is(http.StatusUnprocessableEntity).has("This is needed.")
	b.post(sheet, url.Values{"m": {ref}, "new_key": {strings.Repeat("k", 101)}, "new_value": {"v"}}).is(http.StatusUnprocessableEntity).has("too long")
	for _, key := range []string{"yes", "no", `<b>"&'`} {
		b.post(sheet, url.Values{"m": {ref}, "new_key": {key}, "new_value": {"1"}}).is(http.StatusSeeOther)
	}
	if got := h.pairs("2"); len(got) != 3 {
		t.Fatalf("kept: %v", got)
	}
	// The form as it was shown: versions and all.
	a := b.get(sheet+"?m="+ref).is(200).has("yes", "no", `<b>"&'`, "Remove all, 3 keys")
	shown := func(a *answer) url.Values {
		v := url.Values{"m": {ref}, "key": {a.field("key")}}
		for _, part := range strings.Split(a.body, `name="ext" value="`)[1:] {
			for name, cut := range map[string]string{"ext": "", "was": `name="was" value="`, "version": `name="version" value="`} {
				rest := part
				if cut != "" {
					_, rest, _ = strings.Cut(part, cut)
				}
				value, _, _ := strings.Cut(rest, `"`)
				v.Add(name, html.UnescapeString(value))
			}
			_, rest, _ := strings.Cut(part, "<textarea")
			_, rest, _ = strings.Cut(rest, ">")
			value, _, _ := strings.Cut(rest, "</textarea>")
			v.Add("value", html.UnescapeString(value))
		}
		return v
	}
	form := shown(a)
	if !slices.Equal(form["ext"], []string{`<b>"&'`, "no", "yes"}) || slices.Contains(form["version"], "") {
		t.Fatalf("shown: %v", form)
	}
	// Meanwhile somebody else changes one and removes another.
	h.must("openim_msg_ext_http_svc/group_set_key_values", map[string]any{
		"GroupId": "g1", "MsgSeq": 2, "OperateType": 1, "ExtensionList": []any{map[string]any{"Key": "yes", "Value": "7"}},
	})
	h.must("openim_msg_ext_http_svc/group_set_key_values", map[string]any{
		"GroupId": "g1", "MsgSeq": 2, "OperateType": 2, "ExtensionList": []any{map[string]any{"Key": "no"}},
	})
	form["value"] = []string{"changed", "mine", "8"}
	form.Set("new_key", "maybe")
	form.Set("new_value", "3")
	a = b.post(sheet, form).is(http.StatusUnprocessableEntity).has("2 keys were changed by somebody else meanwhile.", "2 other keys are saved.", "Leave it as it is now", "Take mine", "mine", "8")
	if got := h.pairs("2"); got["yes"] != "7" || got[`<b>"&'`] != "changed" || got["maybe"] != "3" || len(got) != 3 {
		t.Errorf("after the conflict: %v", got)
	}
	// Theirs for the one, mine for the other.
	form = shown(a)
	form.Set("take:yes", "theirs")
	form.Set("take:no", "mine")
	b.post(sheet, form).is(http.StatusSeeOther)
	if got := h.pairs("2"); got["yes"] != "7" || got["no"] != "mine" || len(got) != 4 {
		t.Errorf("after the choice: %v\n%v", got, form)
	}
	// Remove one, and take that back.
	form = shown(b.get(sheet + "?m=" + ref))
	form.Set("remove", "maybe")
	b.post(sheet, form).is(http.StatusSeeOther)
	if got := h.pairs("2"); len(got) != 3 {
		t.Errorf("after removing one: %v", got)
	}
	undo := h.undoLast(t, b)
	if got := h.pairs("2"); got["maybe"] != "3" {
		t.Errorf("after the undo (%d): %v", undo.status, got)
	}
	b.post(sheet, url.Values{"m": {ref}, "clear": {"1"}}).is(http.StatusSeeOther)
	if got := h.pairs("2"); len(got) != 0 {
		t.Errorf("after removing all: %v", got)
	}
	// A message that takes none, a table that makes no sense, and what is not there.
	b.get(sheet + "?m=1::ann").is(200).has("This message takes no extensions.").lacks("Add a key")
	b.post(sheet, url.Values{"m": {ref}, "ext": {"a", "b"}, "value": {"x"}}).is(http.StatusBadRequest)
	b.get(sheet + "?m=99::ann").is(http.StatusBadRequest)
	h.newGroup("Community", "@TGS#_c", "C", "ann")
	h.say("@TGS#_c", "ann", text("x"))
	b.get("/apps/demo/groups/" + url.PathEscape("@TGS#_c") + "/messages/extensions?m=1::ann").is(http.StatusConflict).has("community")
}

// undoLast takes the last action in the group back.
func (h *harness) undoLast(t *testing.T, b *browser) *answer {
	t.Helper()
	list, err := h.store.Audit.List(context.Background(), groupEntries, 0, 1)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return b.post(undoURL(h.app, list[0].ID), url.Values{}).is(http.StatusSeeOther)
}

func TestReaders(t *testing.T) {
	t.Parallel()
	h, ref := votes(t)
	b := h.as(auth.Moderator)
	sheet := groupRoom + "/messages/readers?m=" + ref
	b.get(sheet).is(200).has("Have read it 0", "Have not 2", "Nobody", "a vote")
	h.must("group_open_http_svc/group_msg_receipt", map[string]any{"GroupId": "g1", "From_Account": "bob", "MsgSeqList": []any{map[string]any{"MsgSeq": 2}}})
	a := b.get(sheet).is(200).has("Have read it 1", "Have not 1", "Bob")
	if strings.Contains(a.body, `class="readers"`) && strings.Contains(a.text(), "Cy") {
		t.Error("who has not read it is among the readers")
	}
	b.get(sheet + "&read=0").is(200).has("Cy")
	b.get(groupRoom + "/messages/readers?m=1::ann").is(200).has("No receipts are known of this message.")
	for _, cursor := range []string{"abc", "-1", "%00", strings.Repeat("9", 500)} {
		if a := b.get(sheet + "&cursor=" + cursor); a.status >= 500 {
			t.Errorf("cursor %.10s: status %d", cursor, a.status)
		}
	}
	// Many people, page by page.
	var members []string
	for i := range 120 {
		members = append(members, fmt.Sprintf("m%03d", i))
	}
	h.newUsers(members...)
	h.newGroup("Public", "big", "Big", "ann", members...)
	seq := h.say("big", "ann", text("all of you"), map[string]any{"NeedReadReceipt": 1})
	at, seen := "/apps/demo/groups/big/messages/readers?read=0&m="+seq+"::ann", map[string]bool{}
	for range 5 {
		a := b.get(at).is(200)
		for _, id := range members {
			if strings.Contains(a.body, "/users/"+id+`"`) {
				seen[id] = true
			}
		}
		m := regexp.MustCompile(`href="([^"]*)"[^>]*>More people<`).FindStringSubmatch(a.body)
		if m == nil {
			break
		}
		at = html.UnescapeString(m[1])
	}
	if len(seen) != 120 {
		t.Errorf("%d of 120 people", len(seen))
	}
	b.get("/apps/demo/groups/nosuch/messages/readers?m=1::ann").is(http.StatusNotFound)
	h.newGroup("AVChatRoom", "live", "Live", "ann")
	b.get("/apps/demo/groups/live/messages/readers?m=1::ann").is(http.StatusConflict)
	h.as(auth.Support).get(sheet).is(http.StatusForbidden)
}

func TestUnreadCount(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 5)
	b := h.as(auth.Lead)
	b.get(groupRoom + "/members").is(200).has("Unread count")
	sheet := groupRoom + "/members/unread"
	now := func() int { return actions.UnreadOf(h.group("g1"), h.member("g1", "bob")) }
	b.get(sheet+"?users=bob").is(200).has("Bob", "Unread messages", strconv.Itoa(now()))
	for _, n := range []string{"", "-1", "x", "99999999999999999999", "1.5"} {
		b.post(sheet, url.Values{"users": {"bob"}, "n": {n}}).is(http.StatusUnprocessableEntity).has("A whole number")
	}
	b.post(sheet, url.Values{"users": {"bob"}, "n": {"3"}}).is(http.StatusSeeOther)
	if n := now(); n != 3 {
		t.Errorf("%d unread", n)
	}
	b.get(groupRoom + "/members").has("Set what Bob has not read")
	h.undoLast(t, b)
	b.get(sheet + "?users=stranger").is(200).has("not a member")
	b.get(sheet).is(http.StatusBadRequest)
	b.get(sheet + "?users=bob&users=cy").is(http.StatusBadRequest).has("Choose one member for this.")
	h.newGroup("ChatRoom", "meet", "Meeting", "ann", "bob")
	b.get("/apps/demo/groups/meet/members/unread?users=bob").is(http.StatusConflict)
	h.as(auth.Moderator).get(sheet + "?users=bob").is(http.StatusForbidden)
}
