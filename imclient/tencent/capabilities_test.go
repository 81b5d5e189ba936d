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
	for _, v := range []imclient.Verb{"groups.list", "user.global_mute", "user.sign_out", "user.online", "user.groups"} {
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
	}
	if got := Capabilities().Limits; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
