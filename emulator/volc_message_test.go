package emulator

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestVolcMessageAsItIsSent(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	w := r.world()
	id := r.i64(r.ok("SendMessage", f(`"ConversationShortId":%d,"SenderStr":"%d","Sender":0,"MsgType":10012,"Content":"not <JSON>","Ext":{"a":"b"},"ClientMsgId":"c1","CreateTime":1708935966123,`+
		`"MentionedUsers":[%[2]d],"VisibleUsers":[%[2]d],"InvisibleUsersStr":["%d"],"RefMsgInfo":{"ReferencedMessageId":%d,"Hint":"olga: hello"}`, w.g, anna, ben, w.m)), "MessageId")
	a := r.ok("GetMessages", f(`"ConversationShortId":%d,"MessageIds":[%d]`, w.g, id))
	index := r.i64(a, "Messages", 0, "IndexInConversation")
	r.same(a, f(`{"AppId":900001,"ClientMsgId":"c1","Content":"not \u003cJSON\u003e","ConversationShortId":%d,"ConversationType":2,"CreateTime":1708935966123,"Ext":{"a":"b"},`+
		`"IndexInConversation":%d,"MessageId":%d,"MsgType":10012,"RefMsgInfo":{"Hint":"olga: hello","ReferencedMessageId":%d,"ReferencedMessageType":10001,"Status":0},`+
		`"Sender":7200000000000000003,"SenderStr":"7200000000000000003","Status":0}`, w.g, index, id, w.m), "Messages", 0)
	if id <= 1<<53 || index != r.clock.Now().Add(-250*time.Millisecond).UnixMicro() {
		t.Errorf("MessageId %d, index %d", id, index)
	}
	plain := r.ok("GetMessages", f(`"ConversationShortId":%d,"MessageIds":[%d]`, w.g, w.m))
	r.same(plain, "null", "Messages", 0, "RefMsgInfo")
	if s, _ := at(any(plain.Result), "Messages", 0, "ClientMsgId").(string); s == "" {
		t.Error("the service makes no ClientMsgId")
	}
	// What became of the quoted message.
	ref := func() string {
		return fmt.Sprint(at(any(r.ok("GetMessages", f(`"ConversationShortId":%d,"MessageIds":[%d]`, w.g, id)).Result), "Messages", 0, "RefMsgInfo", "Status"))
	}
	r.ok("RecallMessage", f(`"ConversationShortId":%d,"MessageId":%d,"ParticipantUserId":%d`, w.g, w.m, anna))
	if got := ref(); got != "3" {
		t.Errorf("a recalled message is quoted with status %s", got)
	}
}

func TestVolcSendMessage(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	w := r.world()
	send := func(conversation, sender int64, more string) string {
		return f(`"ConversationShortId":%d,"Sender":%d,"MsgType":10001,"Content":""%s`, conversation, sender, more)
	}
	first := r.i64(r.ok("SendMessage", send(w.g, olga, `,"ClientMsgId":"x"`)), "MessageId")
	if again := r.i64(r.ok("SendMessage", send(w.g, olga, `,"ClientMsgId":"x"`)), "MessageId"); again != first {
		t.Errorf("the same ClientMsgId made %d and %d", first, again)
	}
	for name, other := range map[string]string{"another sender": send(w.g, anna, `,"ClientMsgId":"x"`), "another conversation": send(w.s, olga, `,"ClientMsgId":"x"`)} {
		if id := r.i64(r.ok("SendMessage", other), "MessageId"); id == first {
			t.Errorf("%s gets the message of the first", name)
		}
	}
	// Neither a mute nor a blacklist is looked at.
	r.ok("BatchModifyConversationParticipant", f(`"ConversationShortId":%d,"Operator":1,"ParticipantInfos":[{"ParticipantUserId":%d,"BlockTime":9999999999}]`, w.g, anna))
	r.ok("SendMessage", send(w.g, anna, ""))
	r.ok("AddBlackList", f(`"UserId":%d,"BlackListInfos":[{"BlackListUserId":%d}]`, olga, anna))
	r.ok("SendMessage", send(w.s, anna, ""))
	r.refuses([]volcRefusal{
		{"a stranger", "SendMessage", send(w.g, ben, ""), "ParticipantNotInConversation"},
		{"a quote of what is not there", "SendMessage", send(w.g, olga, `,"RefMsgInfo":{"ReferencedMessageId":5,"Hint":"h"}`), "MessageNotFound"},
		{"a quote without a hint", "SendMessage", send(w.g, olga, f(`,"RefMsgInfo":{"ReferencedMessageId":%d}`, w.m)), "InvalidParam"},
		{"priority 3", "SendMessage", send(w.l, olga, `,"Priority":3`), "InvalidParam"},
		{"MsgType 0", "SendMessage", f(`"ConversationShortId":%d,"Sender":%d,"MsgType":0,"Content":""`, w.g, olga), "InvalidParam"},
		{"sender 0", "SendMessage", send(w.g, 0, ""), "InvalidParam"},
	})
}

// TestVolcHistory reads all of a history in both directions.
func TestVolcHistory(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	g, l := r.create(2, olga, 0), r.create(100, olga, 0)
	var ids []string
	for i := range 47 {
		ids = append(ids, fmt.Sprint(r.say(g, olga, fmt.Sprint(i))))
	}
	read := func(reverse string, cursor int64) (got []string) {
		for more := true; more; {
			a := r.ok("GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":%d,"Limit":20%s`, g, cursor, reverse))
			got = append(got, column(at(any(a.Result), "Messages"), "MessageId")...)
			more, cursor = fmt.Sprint(at(any(a.Result), "HasMore")) == "true", r.i64(a, "NewCursor")
		}
		return got
	}
	back := make([]string, len(ids))
	for i, id := range ids {
		back[len(ids)-1-i] = id
	}
	for name, c := range map[string][2][]string{
		"forward":                 {read("", 0), ids},
		"Reverse 7 is forward":    {read(`,"Reverse":7`, 0), ids},
		"backward":                {read(`,"Reverse":1`, 9223372036854775807), back},
		"backward from 0":         {read(`,"Reverse":1`, 0), nil},
		"forward from the future": {read("", 9223372036854775807), nil},
	} {
		if f("%v", c[0]) != f("%v", c[1]) {
			t.Errorf("%s: %v", name, c[0])
		}
	}
	// The cursor is the index of a message, which is part of the page.
	a := r.ok("GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":0,"Limit":3`, g))
	third := r.i64(a, "Messages", 2, "IndexInConversation")
	r.same(a, fmt.Sprint(third+1), "NewCursor")
	a = r.ok("GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":%d,"Limit":2,"Reverse":1`, g, third))
	r.expect(a, a.list("MessageId", "Messages"), ids[2]+" "+ids[1])
	r.same(r.ok("GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":77,"Limit":2,"Reverse":1`, g)), `{"HasMore":false,"Messages":[],"NewCursor":77}`)
	r.refuses([]volcRefusal{
		{"limit 21", "GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":0,"Limit":21`, g), "InvalidParam"},
		{"limit 0", "GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":0,"Limit":0`, g), "InvalidParam"},
		{"cursor below 0", "GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":-1,"Limit":20`, g), "InvalidParam"},
		{"a live group forward", "GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":0,"Limit":20`, l), "InvalidParam"},
		{"51 messages", "GetMessages", f(`"ConversationShortId":%d,"MessageIds":[%s]`, g, each("%d", 1, 51)), "InvalidParam"},
	})
	r.ok("GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":0,"Limit":20,"Reverse":1`, l))
	a = r.ok("GetMessages", f(`"ConversationShortId":%d,"MessageIds":[%s,5,%s]`, g, ids[4], ids[2]))
	r.expect(a, a.list("MessageId", "Messages"), ids[4]+" "+ids[2])
	r.same(r.ok("GetMessages", f(`"ConversationShortId":%d,"MessageIds":[%s]`, l, ids[4])), "[]", "Messages") // of another conversation
}

func TestVolcRecallDeleteModify(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	w := r.world()
	say := func() int64 { return r.say(w.g, olga, "x") }
	on := func(id int64, more string) string {
		return f(`"ConversationShortId":%d,"MessageId":%d%s`, w.g, id, more)
	}
	by := func(user int64) string { return f(`,"ParticipantUserId":%d`, user) }
	there := func(id int64) bool {
		a := r.ok("GetMessages", f(`"ConversationShortId":%d,"MessageIds":[%d]`, w.g, id))
		b := r.ok("GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":9223372036854775807,"Limit":20,"Reverse":1`, w.g))
		one, all := len(at(any(a.Result), "Messages").([]any)) == 1, strings.Contains(b.text, fmt.Sprint(id))
		if one != all {
			t.Errorf("message %d by id %t, in the history %t", id, one, all)
		}
		return one
	}
	recalled, gone, own, hidden := say(), say(), say(), say()
	r.same(r.ok("RecallMessage", on(recalled, by(anna)+`,"RecallRole":0`)), "{}")
	r.ok("DeleteConversationMessage", on(gone, ""))
	r.ok("DeleteConversationMessage", on(own, `,"DeleteType":1`))
	r.ok("DeleteMessage", on(hidden, by(anna)))
	for id, want := range map[int64]bool{recalled: false, gone: false, own: true, hidden: true} {
		if there(id) != want {
			t.Errorf("message %d is there: %t", id, !want)
		}
	}
	m := r.say(w.g, olga, "old")
	r.ok("ModifyMessage", on(m, `,"Ext":{"a":"1","b":"2"}`))
	r.ok("ModifyMessage", on(m, `,"Content":"new","Ext":{"b":"3"}`))
	a := r.ok("GetMessages", f(`"ConversationShortId":%d,"MessageIds":[%d]`, w.g, m))
	r.same(a, `"new"`, "Messages", 0, "Content")
	r.same(a, `{"a":"1","b":"3"}`, "Messages", 0, "Ext")
	live := r.say(w.l, olga, "x")
	r.refuses([]volcRefusal{
		{"recalled twice", "RecallMessage", on(recalled, by(olga)), "MessageNotFound"},
		{"recalled by a stranger", "RecallMessage", on(own, by(ben)), "ParticipantNotInConversation"},
		{"a role that is none", "RecallMessage", on(own, by(olga)+`,"RecallRole":3`), "InvalidParam"},
		{"deleted for a stranger", "DeleteMessage", on(own, by(ben)), "ParticipantNotInConversation"},
		{"deleted twice", "DeleteConversationMessage", on(gone, ""), "MessageNotFound"},
		{"DeleteType 2", "DeleteConversationMessage", on(own, `,"DeleteType":2`), "InvalidParam"},
		{"DeleteType 1 in a live group", "DeleteConversationMessage", f(`"ConversationShortId":%d,"MessageId":%d,"DeleteType":1`, w.l, live), "InvalidParam"},
		{"nothing to change", "ModifyMessage", on(m, ""), "InvalidParam"},
		{"change of what was recalled", "ModifyMessage", on(recalled, `,"Content":"c"`), "MessageNotFound"},
		{"a message of another conversation", "RecallMessage", f(`"ConversationShortId":%d,"MessageId":%d%s`, w.s, m, by(olga)), "MessageNotFound"},
		{"the largest id", "RecallMessage", on(9223372036854775807, by(olga)), "MessageNotFound"},
		{"id 0", "DeleteMessage", on(0, by(olga)), "InvalidParam"},
	})
	r.ok("DeleteConversationMessage", f(`"ConversationShortId":%d,"MessageId":%d`, w.l, live))
	r.ok("RecallMessage", f(`"ConversationShortId":%d,"MessageId":%d%s`, w.l, r.say(w.l, olga, "y"), by(ben))) // in a live group anybody may be named
}

func TestVolcReadReceipts(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	w := r.world()
	r.ok("BatchAddConversationParticipant", f(`"ConversationShortId":%d,"Operator":1,"ParticipantInfos":[{"ParticipantUserId":%d}]`, w.g, ben))
	second := r.say(w.g, anna, "y")
	a := r.ok("GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":0,"Limit":20`, w.g))
	read := func(conversation, user, index int64) {
		r.ok("ModifyParticipantReadIndex", f(`"ConversationShortId":%d,"ParticipantUserId":%d,"ReadIndex":%d`, conversation, user, index))
	}
	read(w.g, anna, r.i64(a, "Messages", 0, "IndexInConversation"))
	read(w.g, ben, r.i64(a, "Messages", 1, "IndexInConversation"))
	a = r.ok("GetMessagesReadReceipt", f(`"ConversationShortId":%d,"MessageIds":[%d,5,%d]`, w.g, second, w.m))
	r.same(a, f(`{"ConversationShortId":%d,"MessageId":%d,"ReadUserIds":[%d],"ReadUserIdsStr":["%[3]d"],"ReceiverIsRead":false,"UnReadUserIds":[%d],"UnReadUserIdsStr":["%[4]d"]}`, w.g, second, ben, olga),
		"ReadReceipt", 0)
	r.same(a, f("[%d,%d]", anna, ben), "ReadReceipt", 1, "ReadUserIds")
	r.same(a, "[]", "ReadReceipt", 1, "UnReadUserIds")
	m := r.say(w.s, olga, "z")
	r.same(r.ok("GetMessagesReadReceipt", f(`"ConversationShortId":%d,"MessageIds":[%d]`, w.s, m)), "false", "ReadReceipt", 0, "ReceiverIsRead")
	read(w.s, anna, r.clock.Now().UnixMicro())
	r.same(r.ok("GetMessagesReadReceipt", f(`"ConversationShortId":%d,"MessageIds":[%d]`, w.s, m)), "true", "ReadReceipt", 0, "ReceiverIsRead")
}

func TestVolcBatchSendMessage(t *testing.T) {
	t.Parallel()
	r := newVolcRigWith(t, Config{Volc: []VolcengineApp{{AppID: volcApp, AccessKey: volcAK, SecretKey: volcSK, MaxConversations: 30}}})
	batch := func(receivers string) string {
		return f(`"Sender":%d,"Receiver":[%s],"MsgType":10001,"Content":"{}"`, olga, receivers)
	}
	a := r.ok("BatchSendMessage", batch(f("%d,%d,%d", anna, olga, cleo)))
	r.same(a, f("[%d]", olga), "FailedReceiver")
	id := r.i64(a, "UserMessageId", fmt.Sprint(cleo))
	talk := r.ok("GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":0,"Limit":20`, cleo))
	r.same(r.ok("GetMessages", f(`"ConversationShortId":%d,"MessageIds":[%d]`, r.i64(talk, "ConversationInfos", 0, "ConversationShortId"), id)), "1", "Messages", 0, "ConversationType")
	r.refuses([]volcRefusal{{"501 receivers", "BatchSendMessage", batch(each("%d", 1, 501)), "InvalidParam"}})
	a = r.ok("BatchSendMessage", batch(each("%d", 1, 40)))
	if failed := at(any(a.Result), "FailedReceiver").([]any); len(failed) != 12 { // the sender may be in 30 conversations
		t.Errorf("%d failed", len(failed))
	}
}

func TestVolcBatchSendGroupMessage(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	w := r.world()
	theirs := r.create(2, ben, 0)
	send := func(kind int, ids, more string) string {
		return f(`"Sender":%d,"ConversationType":%d,"ConversationShortIds":[%s],"MsgType":10001,"Content":"all"%s`, olga, kind, ids, more)
	}
	r.same(r.ok("BatchSendGroupMessage", send(2, f("%d,5,%d", w.g, theirs), `,"ClientMsgId":"x"`)), f(`{"FailedConversationShortIds":[5,%d]}`, theirs))
	r.same(r.ok("BatchSendGroupMessage", send(100, fmt.Sprint(w.l), "")), `{"FailedConversationShortIds":[]}`)
	r.ok("BatchSendGroupMessage", send(2, fmt.Sprint(w.g), `,"ClientMsgId":"x"`))
	a := r.ok("GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":0,"Limit":20`, w.g))
	r.expect(a, a.list("ClientMsgId", "Messages")[len(a.list("ClientMsgId", "Messages"))-2:], " x") // only once
	r.refuses([]volcRefusal{
		{"a group among single chats", "BatchSendGroupMessage", send(1, f("%d,%d", w.s, w.g), ""), "InvalidParam"},
		{"type 3", "BatchSendGroupMessage", send(3, fmt.Sprint(w.g), ""), "InvalidParam"},
		{"21 conversations", "BatchSendGroupMessage", send(2, each("%d", 1, 21), ""), "InvalidParam"},
	})
	r.same(r.ok("BatchSendGroupMessage", send(2, each("%d", 1, 20), "")), f("[%s]", each("%d", 1, 20)), "FailedConversationShortIds")
}

// TestVolcFlood sends more into a live group than it carries in a second: what is too much gets an id and is nowhere.
func TestVolcFlood(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	l := r.create(100, olga, 0)
	at0 := r.clock.Now()
	send := func(n int, priority string) {
		for range n {
			r.clock.mu.Lock()
			r.clock.t = at0.Add(-250 * time.Millisecond) // call adds it
			r.clock.mu.Unlock()
			if r.i64(r.ok("SendMessage", f(`"ConversationShortId":%d,"Sender":%d,"MsgType":10001,"Content":"x"%s`, l, olga, priority)), "MessageId") == 0 {
				t.Fatal("a message without an id")
			}
		}
	}
	send(20, "")
	send(15, `,"Priority":0`)
	send(10, `,"Priority":2`)
	r.clock.Add(time.Second)
	var stored int
	for cursor, more := int64(9223372036854775807), true; more; {
		a := r.ok("GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":%d,"Limit":20,"Reverse":1`, l, cursor))
		stored += len(at(any(a.Result), "Messages").([]any))
		cursor, more = r.i64(a, "NewCursor"), fmt.Sprint(at(any(a.Result), "HasMore")) == "true"
	}
	if stored != 40 {
		t.Errorf("%d of 45 messages of a second are stored, want 30 ordinary and 10 of high priority", stored)
	}
}
