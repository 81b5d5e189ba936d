package tencent

import (
	"testing"

	"imdesk/imclient"
	"imdesk/web/i18n"
)

// TestWhy has the vendor's table of group types in full: the key of the reason, "" for what is offered.
func TestWhy(t *testing.T) {
	types := []imclient.GroupType{"Private", "Public", "ChatRoom", "AVChatRoom", "Community", "NextYearsType"}
	const (
		ban    = "cap.tencent.only_live.ban"
		online = "cap.tencent.only_live.online"
		marks  = "cap.tencent.only_live.marks"
		topics = "cap.tencent.only_community.topics"
	)
	table := []struct {
		verb imclient.Verb
		want [6]string
	}{
		{"members.list", [6]string{}},
		{"members.online", [6]string{online, online, online, "", online, online}},
		{"messages.list", [6]string{3: "cap.tencent.live.history"}},
		{"message.recall", [6]string{3: "cap.tencent.live.recall"}},
		{"message.delete_by_sender", [6]string{3: "cap.tencent.live.delete_by_sender"}},
		{"member.mute", [6]string{0: "cap.tencent.private.mute"}},
		{"muted.list", [6]string{}},
		{"group.mute_all", [6]string{}},
		{"member.kick", [6]string{3: "cap.tencent.live.kick"}},
		{"member.ban", [6]string{ban, ban, ban, "", ban, ban}},
		{"member.set_admin", [6]string{0: "cap.tencent.private.set_admin"}},
		{"member.name_card", [6]string{3: "cap.tencent.live.name_card"}},
		{"group.edit", [6]string{}},
		{"group.notice", [6]string{}},
		{"member.add", [6]string{3: "cap.tencent.live.add"}},
		{"group.transfer", [6]string{3: "cap.tencent.live.transfer"}},
		{"group.dismiss", [6]string{}},
		{"group.join_option", [6]string{0: "cap.tencent.private.join_option", 4: "cap.tencent.community.join_option"}},
		{"group.avatar", [6]string{}},
		{"group.import", [6]string{3: "cap.tencent.live.import"}},
		{"group.create", [6]string{}},
		{"group.attributes", [6]string{}},
		{"group.attributes_clear", [6]string{4: "cap.tencent.community.clear_attributes"}},
		{"group.counters", [6]string{4: "cap.tencent.community.counters"}},
		{"group.topics", [6]string{topics, topics, topics, topics, "", topics}},
		{"message.send", [6]string{}},
		{"message.edit", [6]string{3: "cap.tencent.live.edit_message"}},
		{"messages.clear", [6]string{3: "cap.tencent.live.clear_history"}},
		{"message.receipts", [6]string{3: "cap.tencent.live.receipts", 4: "cap.tencent.community.receipts"}},
		{"message.extensions", [6]string{3: "cap.tencent.live.extensions", 4: "cap.tencent.community.extensions"}},
		{"member.unread", [6]string{2: "cap.tencent.meeting.unread", 3: "cap.tencent.live.unread"}},
		{"messages.mark_read", [6]string{2: "cap.tencent.meeting.unread", 3: "cap.tencent.live.unread"}},
		{"member.fields", [6]string{3: "cap.tencent.live.member_fields"}},
		{"live.marks", [6]string{marks, marks, marks, "", marks, marks}},
		{"no.such_verb", [6]string{
			"cap.tencent.none", "cap.tencent.none", "cap.tencent.none", "cap.tencent.none", "cap.tencent.none", "cap.tencent.none",
		}},
	}
	caps := Capabilities()
	for _, row := range table {
		for i, typ := range types {
			got := caps.Why(row.verb, typ)
			if got != row.want[i] {
				t.Errorf("%s in %s: got %q, want %q", row.verb, typ, got, row.want[i])
			}
			if caps.Can(row.verb, typ) != (row.want[i] == "") {
				t.Errorf("%s in %s: Can and Why disagree", row.verb, typ)
			}
			if got != "" {
				hasTexts(t, got)
			}
		}
	}
	for _, v := range []imclient.Verb{
		"groups.list", "user.global_mute", "user.sign_out", "user.online", "user.groups", "user.import", "user.delete", "user.edit",
		"user.friends", "user.friend_lists", "user.blocks", "user.contacts", "user.contact_marks", "user.contact_folders", "user.contact_remove",
		"direct.list", "direct.send", "direct.recall", "direct.edit", "direct.hide", "direct.mark_read", "direct.receipts", "direct.extensions",
		"live.broadcast", "app.broadcast", "app.broadcast_attributes", "app.operations", "app.history_files", "app.keywords",
	} {
		if got := caps.Why(v, ""); got != "" {
			t.Errorf("%s of the app: got %q, want it offered", v, got)
		}
	}
}

func TestTypes(t *testing.T) {
	live := map[imclient.GroupType]bool{"Private": false, "Public": false, "ChatRoom": false, "AVChatRoom": true, "Community": false}
	caps := Capabilities()
	if len(caps.Types) != len(live) {
		t.Errorf("got %d types, want %d", len(caps.Types), len(live))
	}
	for _, info := range caps.Types {
		if want, known := live[info.Type]; !known || info.Live != want {
			t.Errorf("type %s: live is %t", info.Type, info.Live)
		}
		hasTexts(t, "cap.tencent.type."+string(info.Type), "cap.tencent.about."+string(info.Type))
	}
}

func hasTexts(t *testing.T, keys ...string) {
	t.Helper()
	for _, lang := range i18n.Languages() {
		for _, key := range keys {
			if !i18n.Has(i18n.With(t.Context(), i18n.Locale{Lang: lang}), key) {
				t.Errorf("%s has no text in %s", key, lang)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	want := imclient.Limits{
		GroupName: 30, Introduction: 240, Notice: 300, Avatar: 100, NameCard: 50, RecallReason: 100, NoticeText: 8000, HistoryPage: 20,
		MembersPage: 100, GroupsPage: 10000, MuteBatch: 500, KickBatch: 100, RecallBatch: 10, UserID: 32, GroupID: 48,
		MessageBytes: 12000, DirectPage: 100, Mentions: 30, OnlyTo: 50, Extensions: 300, ExtensionKey: 100, ExtensionValue: 1000,
		Attributes: 16, AttributeKey: 32, AttributeValue: 4000, Counters: 20, CounterKey: 128, Topics: 200, TopicID: 96, TopicCustom: 3000,
		Nick: 500, Signature: 500, Location: 16, FriendRemark: 96, FriendWording: 256, FriendList: 30, FriendLists: 32, ContactFolder: 32,
		ContactCustom: 256, BanReason: 1000, BroadcastTag: 50, BroadcastTags: 10, BroadcastAttribute: 50, BroadcastKeepSeconds: 604800,
	}
	if got := Capabilities().Limits; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
