package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
)

const group1 = "/apps/demo/groups/g1"

// ticked are messages as the ticks send them.
func ticked(seqs ...int) []string {
	var list []string
	for _, n := range seqs {
		list = append(list, fmt.Sprintf("%d::%s", n, []string{"ann", "bob", "cy"}[(n-1)%3]))
	}
	return list
}

// recalled are the messages of g1 that the service says are taken back.
func (h *harness) recalled() []string {
	h.t.Helper()
	var list []string
	from := ""
	for range 20 {
		page, err := h.app.IM.Messages.History(imclient.Fresh(context.Background()), imclient.HistoryOptions{
			Conversation: imclient.Conversation{Group: "g1", Type: "Public"}, From: from,
		})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, m := range page.Messages {
			if m.State == imclient.MessageRecalled {
				list = append(list, m.Seq)
			}
		}
		if from = page.Older; from == "" {
			break
		}
	}
	slices.Reverse(list)
	return list
}

// entries are the actions in the audit log, oldest first.
func (h *harness) entries(verb actions.Verb) []store.AuditEntry {
	h.t.Helper()
	list, err := h.store.Audit.List(context.Background(), store.AuditFilter{App: testApp, Action: string(verb)}, 0, 100)
	if err != nil {
		h.t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

// field is the value of a hidden field of a form.
func (a *answer) field(name string) string {
	m := regexp.MustCompile(`<input type="hidden" name="` + name + `" value="([^"]*)"`).FindStringSubmatch(a.body)
	if m == nil {
		a.t.Errorf("%s: no field %s", a.what, name)
		return ""
	}
	return m[1]
}

func TestRecallAtOnce(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 30)
	b := h.as(auth.Moderator)
	// As htmx does it: the rows come back as they are now, and a toast says that there is no way back.
	a := b.postPart(group1+"/recall", room, url.Values{"m": ticked(29, 30, 5), "back": {room}}).is(200).
		has("Recalled 3 messages", "This cannot be undone", "Recalled by op_moderator", "message 29", "message 30")
	for _, seq := range []string{"5", "29", "30"} {
		if !strings.Contains(a.body, `<hx-partial hx-target="[id=&#34;seq-`+seq+`&#34;]" hx-swap="outerHTML"><li class="msg" id="seq-`+seq+`"`) {
			t.Errorf("message %s is not put in its place", seq)
		}
	}
	if got := h.recalled(); !slices.Equal(got, []string{"5", "29", "30"}) {
		t.Errorf("the service took back %v", got)
	}
	e := h.entries(actions.VerbRecall)
	if len(e) != 1 || e[0].State != store.AuditOK || e[0].Group != "g1" || e[0].OperatorName != "op_moderator" || !slices.Equal(e[0].Messages, []string{"29", "30", "5"}) {
		t.Errorf("audit log: %+v", e)
	}

	// Without scripts: back to where one was, with the toast there.
	a = b.post(group1+"/recall", url.Values{"m": ticked(7), "back": {room + "?seq=7"}}).is(http.StatusSeeOther)
	if a.location() != room+"?seq=7" {
		t.Errorf("back to %s", a.location())
	}
	b.get(a.location()).is(200).has("Recalled 1 message", "Recalled by op_moderator")

	// What is recalled already is left alone, and said so.
	b.postPart(group1+"/recall", room, url.Values{"m": ticked(7)}).is(200).has("Nothing was changed")
	if got := len(h.recalled()); got != 4 {
		t.Errorf("%d messages are taken back", got)
	}
}

func TestRecallOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 5)
	b := h.as(auth.Moderator)
	for name, form := range map[string]url.Values{
		"nothing": {}, "nonsense": {"m": {"x"}}, "no id": {"m": {"::ann"}}, "far too many": {"m": slices.Repeat([]string{"1::a"}, 600)},
	} {
		t.Run(name, func(t *testing.T) {
			b.in(t).post(group1+"/recall", form).is(http.StatusBadRequest).has("Nothing was changed")
			b.in(t).postPart(group1+"/recall", room, form).is(http.StatusBadRequest)
			b.in(t).get(group1 + "/recall?" + form.Encode()).is(http.StatusBadRequest)
		})
	}
	if a := b.postPart(group1+"/recall", room, url.Values{"m": {"4711::ann"}}); a.status >= 500 {
		t.Errorf("a message that never was: status %d", a.status)
	}
	b.post("/apps/demo/groups/none/recall", url.Values{"m": ticked(1)}).is(http.StatusNotFound)
	big := strings.Repeat("x", 2<<20)
	b.post(group1+"/recall", url.Values{"m": {big}}).is(http.StatusRequestEntityTooLarge)
}

func TestRecallMany(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 40)
	many := ticked(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
	b := h.as(auth.Lead)

	// More than ten are asked for first: beside the list, or as a page.
	a := b.postPart(group1+"/recall", room, url.Values{"m": many, "back": {room}}).is(200).
		has("Recall 13 messages", "5 messages of Ann are taken back for everybody", "4 messages of Bob", "4 messages of Cy", "This cannot be undone")
	if !strings.HasPrefix(a.body, `<hx-partial hx-target="#sheet" hx-swap="innerHTML">`) {
		t.Errorf("the sheet goes to %.60s", a.body)
	}
	b.post(group1+"/recall", url.Values{"m": many}).is(200).has("Recall 13 messages")
	page := b.get(group1+"/recall?"+url.Values{"m": many, "back": {room}}.Encode()).is(200).has("Recall 13 messages", "Cancel")
	if got := h.recalled(); len(got) != 0 {
		t.Fatalf("taken back before anybody confirmed: %v", got)
	}

	form := url.Values{"m": many, "confirmed": {"1"}, "key": {page.field("key")}, "back": {page.field("back")}, "reason": {"raid"}}
	if to := b.post(group1+"/recall", form).is(http.StatusSeeOther).location(); to != room {
		t.Errorf("back to %s", to)
	}
	b.get(room).is(200).has("Recalled 13 messages")
	// Sent twice, it is done once.
	b.post(group1+"/recall", form).is(http.StatusSeeOther)
	if got := h.recalled(); len(got) != 13 {
		t.Errorf("the service took back %v", got)
	}
	if e := h.entries(actions.VerbRecall); len(e) != 1 || e[0].Reason != "raid" {
		t.Errorf("audit log: %+v", e)
	}
	// What is gone already is told.
	b.get(group1+"/recall?"+url.Values{"m": append(many, ticked(14)...)}.Encode()).is(200).has("Recall 1 message", "13 are recalled already")

	// A role without work for many is told why, and its post does nothing.
	m := h.as(auth.Moderator)
	more := ticked(20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
	sheet := m.get(group1 + "/recall?" + url.Values{"m": more}.Encode()).is(200)
	if !strings.Contains(sheet.body, `data-why="More than 10 at once needs a lead."`) {
		t.Error("the sheet does not say who may")
	}
	m.post(group1+"/recall", url.Values{"m": more, "confirmed": {"1"}}).is(http.StatusForbidden)
	m.postPart(group1+"/recall", room, url.Values{"m": more, "confirmed": {"1"}}).is(http.StatusForbidden)
	if got := h.recalled(); len(got) != 13 {
		t.Errorf("the service took back %d messages", len(got))
	}
	// A reason that is too long comes back with what was typed.
	long := strings.Repeat("x", 1500)
	b.post(group1+"/recall", url.Values{"m": more, "confirmed": {"1"}, "reason": {long}}).is(http.StatusUnprocessableEntity).has(long, "are too long")
}

// TestActsFaults: whatever goes wrong, there is an answer that says what is known.
func TestActsFaults(t *testing.T) {
	t.Parallel()
	posts := map[string]struct {
		path    string
		command string
		form    url.Values
	}{
		"recall":  {"/recall", "group_open_http_svc/group_msg_recall", url.Values{"m": ticked(3)}},
		"delete":  {"/delete-by-sender", "group_open_http_svc/delete_group_msg_by_sender", url.Values{"users": {"cy"}, "reason": {"spam"}}},
		"notice":  {"/notice", "group_open_http_svc/send_group_system_notification", url.Values{"text": {"hello"}}},
		"muteall": {"/mute-all", "group_open_http_svc/modify_group_base_info", url.Values{"on": {"1"}}},
	}
	all := faults()
	all["done but not answered"] = emulator.Fault{DropAfter: true}
	for act, p := range posts {
		for name, f := range all {
			if act != "recall" && name != "refused" && !f.DropAfter {
				continue // how an answer is judged is the same for all of them
			}
			t.Run(act+" "+name, func(t *testing.T) {
				t.Parallel()
				h := chatRoom(t, 6)
				b := h.as(auth.Lead)
				fault := f
				fault.Command = p.command
				h.im.SetFault(fault)
				a := b.post(group1+p.path, p.form)
				if a.status == 500 || a.status == 200 {
					t.Fatalf("status %d\n%s", a.status, a.text())
				}
				h.im.ClearFaults()
				said := a
				if a.status == http.StatusSeeOther {
					said = b.get(a.location())
				}
				toast := regexp.MustCompile(`(?s)<div class="toast.*?</div>`).FindString(said.body)
				done := fault.DropAfter || fault.CutBody || fault.BadJSON
				switch {
				case done && act != "notice" && !strings.Contains(toast, "data-tone"):
					// The answer was lost, but looking showed that it was done.
				case toast == "" && !strings.Contains(said.body, "notice"):
					t.Errorf("nothing is said:\n%s", said.text())
				case toast != "" && !strings.Contains(toast, `data-tone="bad"`):
					t.Errorf("it sounds as if it had worked: %s", toast)
				}
				if e := h.entries(map[string]actions.Verb{
					"recall": actions.VerbRecall, "delete": actions.VerbDeleteBySender, "notice": actions.VerbNotice, "muteall": actions.VerbMuteAll,
				}[act]); len(e) != 1 || e[0].State == store.AuditPending {
					t.Errorf("audit log: %+v", e)
				}
			})
		}
	}
}

func TestDeleteBySender(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 12)
	b := h.as(auth.Moderator)
	b.get(group1+"/delete-by-sender?"+url.Values{"m": ticked(3, 6, 5)}.Encode()).is(200).
		has("Recent messages of Cy are taken back: 4", "Recent messages of Bob are taken back: 4", "Members are not told", "Take back the messages of 2 people")
	b.get(group1 + "/delete-by-sender?users=cy").is(200).has("Take back the messages of 1 person")
	// Nobody named: the id is typed in.
	empty := b.get(group1 + "/delete-by-sender").is(200).has("User IDs")
	if !strings.Contains(empty.body, `name="users"`) {
		t.Error("nothing to type an id into")
	}

	// Without a reason it comes back as it was.
	b.post(group1+"/delete-by-sender", url.Values{"users": {"cy", "bob"}}).is(http.StatusUnprocessableEntity).has("This is needed.", "Cy", "Bob")
	b.post(group1+"/delete-by-sender", url.Values{"users": {"cy bob"}, "typed": {"1"}}).is(http.StatusUnprocessableEntity).has("This is needed.", "cy bob")
	b.post(group1+"/delete-by-sender", url.Values{"users": {" "}, "typed": {"1"}, "reason": {"spam"}}).is(http.StatusUnprocessableEntity).has("Choose at least one.", "spam")
	b.post(group1+"/delete-by-sender", url.Values{"users": {strings.Repeat("x", 200)}, "typed": {"1"}, "reason": {"spam"}}).is(http.StatusUnprocessableEntity).has("cannot be an ID")
	if got := h.recalled(); len(got) != 0 {
		t.Fatalf("taken back: %v", got)
	}

	a := b.post(group1+"/delete-by-sender", url.Values{"users": {"cy,bob"}, "typed": {"1"}, "reason": {"spam"}, "back": {room}}).is(http.StatusSeeOther)
	b.get(a.location()).is(200).has("Took back the recent messages of 2 members", "This cannot be undone", "message 10")
	if got := h.recalled(); !slices.Equal(got, []string{"2", "3", "5", "6", "8", "9", "11", "12"}) {
		t.Errorf("the service took back %v", got)
	}
	b.post(group1+"/delete-by-sender", url.Values{"users": {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}, "reason": {"spam"}}).is(http.StatusForbidden)

	// In a live room the service says OK and does nothing: it is not offered.
	h.newGroup("AVChatRoom", "live", "Room", "ann")
	live := b.get("/apps/demo/groups/live/delete-by-sender?users=cy").is(200)
	if !strings.Contains(live.body, `data-why="Messages in a live room are not kept`) {
		t.Error("it is offered in a live room")
	}
	b.post("/apps/demo/groups/live/delete-by-sender", url.Values{"users": {"cy"}, "reason": {"spam"}}).is(http.StatusConflict)
	if n := h.im.Calls("group_open_http_svc/delete_group_msg_by_sender"); n != 2 {
		t.Errorf("%d calls", n)
	}
}

func TestNotice(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 1)
	b := h.as(auth.Moderator)
	b.get(group1+"/notice").is(200).has("Send a system notice", "A group", "It is not kept")
	b.part(group1 + "/notice").is(200).lacks("Skip to content")
	b.post(group1+"/notice", url.Values{"text": {"  \n"}, "to": {"cy"}}).is(http.StatusUnprocessableEntity).has("This is needed.", "cy")
	long := strings.Repeat("长", 5000)
	b.post(group1+"/notice", url.Values{"text": {long}}).is(http.StatusUnprocessableEntity).has("are too long", "长长长")
	b.post(group1+"/notice", url.Values{"text": {"a\x00b"}}).is(http.StatusUnprocessableEntity)
	if n := h.im.Calls("group_open_http_svc/send_group_system_notification"); n != 0 {
		t.Fatalf("%d notices were sent", n)
	}
	sheet := b.get(group1 + "/notice")
	form := url.Values{"text": {"Tonight at eight\r\n今晚八点"}, "to": {"cy, bob"}, "key": {sheet.field("key")}}
	b.post(group1+"/notice", form).is(http.StatusSeeOther)
	b.get(room).is(200).has("Sent the notice", "This cannot be undone")
	b.post(group1+"/notice", form).is(http.StatusSeeOther)
	if n := h.im.Calls("group_open_http_svc/send_group_system_notification"); n != 1 {
		t.Errorf("%d notices were sent", n)
	}
	e := h.entries(actions.VerbNotice)
	if len(e) != 1 || !strings.Contains(string(e[0].Detail), "今晚八点") || !slices.Equal(e[0].Users, []string{"cy", "bob"}) {
		t.Errorf("audit log: %+v", e)
	}
	// To a live room it goes to everybody.
	h.newGroup("AVChatRoom", "live", "Room", "ann")
	b.get("/apps/demo/groups/live/notice").is(200).lacks("Only to these user IDs")
}

func TestMuteAll(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 1)
	b := h.as(auth.Moderator)
	b.get(group1+"/mute-all?on=1").is(200).has("Mute all", "Only the owner and admins may speak", "Can be undone")
	b.post(group1+"/mute-all", url.Values{"on": {"1"}, "back": {room}}).is(http.StatusSeeOther)
	page := b.get(room).is(200).has("All muted", "Let everybody speak", "Undo")
	b.get(group1+"/mute-all?on=0").is(200).has("Let everybody speak", "Everybody may speak again")
	// It is so already: there is nothing to do.
	again := b.get(group1 + "/mute-all?on=1").is(200).has("it is so already")
	if strings.Contains(again.body, `type="submit" class="btn" data-variant="primary"`) {
		t.Error("it can be sent once more")
	}
	m := regexp.MustCompile(`<form method="post" action="([^"]*/undo)"`).FindStringSubmatch(page.body)
	if m == nil {
		t.Fatal("no way back")
	}
	b.post(m[1], url.Values{}).is(http.StatusSeeOther)
	b.get(room).is(200).lacks("All muted")
	b.post(group1+"/mute-all", url.Values{"on": {"1"}, "reason": {strings.Repeat("x", 2000)}}).is(http.StatusUnprocessableEntity).has("are too long")
}

// TestToSenders: what is done to the senders of messages is asked where it is done to members.
func TestToSenders(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 9)
	b := h.as(auth.Moderator)
	for _, act := range []string{"mute", "kick"} {
		a := b.get(room + "/" + act + "-senders?" + url.Values{"m": ticked(1, 4, 2), "back": {room + "?seq=4"}}.Encode()).is(http.StatusSeeOther)
		u, err := url.Parse(a.location())
		if err != nil {
			t.Fatal(err)
		}
		if q := u.Query(); u.Path != group1+"/members/"+act || !slices.Equal(q["users"], []string{"ann", "bob"}) || q.Get("back") != room+"?seq=4" {
			t.Errorf("%s leads to %s", act, a.location())
		}
		b.get(a.location()).is(200).has("Bob")
		b.get(room + "/" + act + "-senders").is(http.StatusBadRequest)
		b.get(room + "/" + act + "-senders?m=1::").is(http.StatusBadRequest)
	}
}

// TestActsNeedTheRight: who may not, is not offered and cannot.
func TestActsNeedTheRight(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 3)
	for _, role := range []auth.Role{auth.Viewer, auth.Support} {
		b := h.as(role)
		page := b.get(room).is(200)
		if regexp.MustCompile(`formaction="[^"]*recall"`).MatchString(page.body) {
			t.Errorf("a %s is offered to recall", role)
		}
		for _, path := range []string{"/recall", "/delete-by-sender", "/notice", "/mute-all"} {
			b.get(group1 + path + "?m=1::ann").is(http.StatusForbidden)
			b.post(group1+path, url.Values{"m": ticked(1), "users": {"cy"}, "reason": {"x"}, "text": {"x"}, "on": {"1"}}).is(http.StatusForbidden)
		}
	}
	if got := h.recalled(); len(got) != 0 {
		t.Errorf("taken back: %v", got)
	}
	if a := h.as("").get(room); a.status != http.StatusSeeOther || !strings.HasPrefix(a.location(), "/login") {
		t.Errorf("a visitor gets %d %s", a.status, a.location())
	}
}
