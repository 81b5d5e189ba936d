package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"imdesk/archive"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
)

// TestKept reads from the archive what the service does not have: what it has forgotten, what was edited, live rooms, direct chats.
func TestKept(t *testing.T) {
	t.Parallel()
	h := archivedBy(t, archive.Policy{Groups: true, Direct: true, ForGroups: map[string]time.Duration{"quiet": -1}})
	h.newUsers("olga:Olga", "ann:Ann")
	h.newGroup("Public", "g1", "Music", "olga", "ann")
	h.newGroup("Public", "quiet", "Nothing is kept of it", "olga", "ann")
	h.newGroup("AVChatRoom", "live", "On air", "olga")
	mod, viewer := h.as(auth.Moderator), h.as(auth.Viewer)
	ctx := t.Context()
	g := store.Conversation{App: testApp, Group: "g1"}
	const page = "/apps/demo/groups/g1/messages"

	for range 5 {
		h.say("g1", "ann", text("the service has it"))
	}
	mod.get(page).is(http.StatusOK).has("Nothing is kept yet", "Nothing older is kept.").lacks("from the archive")
	mod.get("/apps/demo/groups/quiet/messages").is(http.StatusOK).lacks("Archive")
	h.told("g1", "ann", "the service has forgotten it", 101)
	h.told("g1", "olga", "and this", 102)
	h.told("g1", "ann", "late", 110)
	eventually(t, mod, page, "7 missing, being looked for", "30.00 %", "8 messages kept", "from seq 101 on") // what was read is kept, too
	if err := h.store.Archive.Lose(ctx, g, store.Loss{Span: store.Span{First: 103, Last: 106}, Why: archive.LostExpired}); err != nil {
		t.Fatal(err)
	}
	a := mod.get(page+"?archive=1").is(http.StatusOK).has("From the archive", "the service has forgotten it", "late", "3 missing", "4 cannot be had any more",
		"4 messages cannot be had any more (seq 103 to 106). The service has forgotten", "3 messages are missing here (seq 107 to 109)")
	if strings.Index(a.body, "and this") > strings.Index(a.body, "103 to 106") || strings.Index(a.body, "107 to 109") > strings.Index(a.body, ">late<") {
		t.Error("the gaps are elsewhere")
	}
	// A link to a message that only the archive has leads there.
	mod.get(page+"?seq=102").is(http.StatusOK).has("From the archive", "and this")
	mod.get(page + "?seq=104").is(http.StatusOK).lacks("From the archive")
	mod.get(page + "?archive=1&from=nonsense").is(http.StatusOK).has("the service has it")
	mod.get(page + "?archive=1&q=forgotten").is(http.StatusOK).has("has forgotten it").lacks("and this")
	mod.part(page+"?archive=1&after=101").is(http.StatusOK).has("and this", "late").lacks("forgotten it")

	// What the service says otherwise than before was edited, and both versions are there.
	kept := func(key string) store.Archived {
		found, err := h.store.Archive.Get(ctx, g, []string{key})
		check(t, err)
		return found[key]
	}
	seq := h.say("g1", "ann", text("before"))
	h.advance(5 * time.Second) // copies of the service's answers are too old
	eventually(t, mod, page, "9 messages kept")
	if kept(seq).Text != "before" {
		t.Fatalf("kept is %+v", kept(seq))
	}
	check(t, h.app.IM.Messages.Edit(ctx, imclient.Conversation{Group: "g1"}, seq, imclient.Edit{Body: []imclient.Element{imclient.Text{Text: "after"}}}))
	h.advance(5 * time.Second)
	eventually(t, mod, page, "after", "Edited", "What it said before", "before")
	viewer.get(page).is(http.StatusOK).has("after", "Edited").lacks("What it said before", ">before<")

	// Who took a message back is told with the entry of the audit log; what it said is for those who may take back.

	check(t, h.store.Archive.Recall(ctx, g, []string{"101"}, h.now()))
	mod.get(page+"?archive=1").is(http.StatusOK).has("forgotten it", "Show")
	viewer.get(page + "?archive=1").is(http.StatusOK).lacks("forgotten it").has("and this")

	// A live room, of which the service keeps nothing.
	mod.get("/apps/demo/groups/live/messages").is(http.StatusOK).lacks("From the archive")
	h.told("live", "olga", "hello on air", 1)
	mod.get("/apps/demo/groups/live/messages").is(http.StatusOK).has("hello on air", "From the archive", "keeps no history of live rooms")
}

// TestKeptDirect: a direct chat in the archive opens with a reason only, and no search finds it.
func TestKeptDirect(t *testing.T) {
	t.Parallel()
	h := archivedBy(t, archive.Policy{Groups: true, Direct: true})
	h.newUsers("ann:Ann", "bob:Bob")
	body := `{"CallbackCommand":"C2C.CallbackAfterSendMsg","From_Account":"ann","To_Account":"bob","MsgSeq":1,"MsgRandom":2,"MsgTime":1700000000,"MsgKey":"1_2_1700000000",
		"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"a secret of long ago"}}],"SendMsgResult":0}`
	if w := h.callBack(stranger, h.callbackQuery("C2C.CallbackAfterSendMsg"), body); w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	b := h.as(auth.Support)
	const pair = directPage + "?user=ann&peer=bob"
	b.get(pair + "&archive=1").is(http.StatusOK).has("Why do you open this chat?").lacks("secret")
	b.get(searchURL("secret")).is(http.StatusOK).has("Nothing was found").lacks("long ago")
	b.opened()
	older := b.get(pair).is(http.StatusOK).has("Older messages, from the archive").lacks("a secret")
	b.get(older.link("Older messages, from the archive")).is(http.StatusOK).has("a secret of long ago", "From the archive")
	h.advance(permitTime)
	b.get(pair + "&archive=1").is(http.StatusOK).has("Why do you open this chat?").lacks("secret")
}
