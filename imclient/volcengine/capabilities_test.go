package volcengine

import (
	"testing"

	"imdesk/imclient"
	"imdesk/web/i18n"
)

// TestWhy has what Volcengine IM can do in full: the key of the reason, "" for what is offered.
func TestWhy(t *testing.T) {
	const (
		deleteBySender = "cap.volcengine.delete_by_sender"
		muteAll        = "cap.volcengine.mute_all"
		notice         = "cap.volcengine.notice"
		joinOption     = "cap.volcengine.join_option"
		imports        = "cap.volcengine.import"
		none           = "cap.volcengine.none"
	)
	table := []struct {
		verb        imclient.Verb
		group, live string
	}{
		{"members.list", "", ""},
		{"members.online", "cap.volcengine.online_members", ""},
		{"messages.list", "", ""},
		{"message.recall", "", ""},
		{"message.delete_by_sender", deleteBySender, deleteBySender},
		{"member.mute", "", ""},
		{"muted.list", "", ""},
		{"group.mute_all", muteAll, muteAll},
		{"member.kick", "", "cap.volcengine.live.kick"},
		{"member.ban", "cap.volcengine.ban", ""},
		{"member.set_admin", "", ""},
		{"member.name_card", "", ""},
		{"group.edit", "", ""},
		{"group.notice", notice, notice},
		{"member.add", "", "cap.volcengine.live.add"},
		{"group.transfer", "", ""},
		{"group.dismiss", "", ""},
		{"group.join_option", joinOption, joinOption},
		{"group.avatar", "", ""},
		{"group.import", imports, imports},
		{"group.create", "", ""},
		{"group.attributes", "cap.volcengine.attributes", "cap.volcengine.attributes"},
		{"group.attributes_clear", "cap.volcengine.attributes", "cap.volcengine.attributes"},
		{"group.counters", "cap.volcengine.counters", "cap.volcengine.counters"},
		{"group.topics", "cap.volcengine.topics", "cap.volcengine.topics"},
		{"message.send", "", ""},
		{"message.edit", "", ""},
		{"messages.clear", "cap.volcengine.clear_history", "cap.volcengine.clear_history"},
		{"message.receipts", "", "cap.volcengine.live.receipts"},
		{"message.extensions", "cap.volcengine.extensions", "cap.volcengine.extensions"},
		{"member.unread", "cap.volcengine.unread", "cap.volcengine.unread"},
		{"messages.mark_read", "", "cap.volcengine.live.mark_read"},
		{"member.fields", "", ""},
		{"live.marks", "cap.volcengine.live_marks", ""},
		{"no.such_verb", none, none},
	}
	caps := Capabilities()
	for _, row := range table {
		for typ, want := range map[imclient.GroupType]string{"Group": row.group, "LiveGroup": row.live, "NextYearsType": row.group} {
			got := caps.Why(row.verb, typ)
			if got != want {
				t.Errorf("%s in %s: got %q, want %q", row.verb, typ, got, want)
			}
			if got != "" {
				hasTexts(t, got)
			}
		}
	}
	for verb, want := range map[imclient.Verb]string{
		"groups.list": "cap.volcengine.list_groups", "user.global_mute": "cap.volcengine.global_mute",
		"user.sign_out": "cap.volcengine.sign_out", "user.online": "", "user.groups": "",
		"user.import": "", "user.delete": "", "user.edit": "", "user.friends": "", "user.friend_lists": "cap.volcengine.friend_lists",
		"user.blocks": "", "user.contacts": "", "user.contact_marks": "", "user.contact_folders": "cap.volcengine.contact_folders",
		"user.contact_remove": "cap.volcengine.contact_remove",
		"direct.list":         "", "direct.send": "", "direct.recall": "", "direct.edit": "", "direct.hide": "", "direct.mark_read": "",
		"direct.receipts": "cap.volcengine.direct_receipts", "direct.extensions": "cap.volcengine.extensions",
		"live.broadcast": "cap.volcengine.live_broadcast", "app.broadcast": "", "app.broadcast_attributes": "cap.volcengine.broadcast_attributes",
		"app.operations": "cap.volcengine.operations", "app.history_files": "cap.volcengine.history_files", "app.keywords": "cap.volcengine.keywords",
	} {
		if got := caps.Why(verb, ""); got != want {
			t.Errorf("%s of the app: got %q, want %q", verb, got, want)
		}
		if want != "" {
			hasTexts(t, want)
		}
	}
}

func TestTypes(t *testing.T) {
	live := map[imclient.GroupType]bool{"Group": false, "LiveGroup": true}
	caps := Capabilities()
	if len(caps.Types) != len(live) {
		t.Errorf("got %d types, want %d", len(caps.Types), len(live))
	}
	for _, info := range caps.Types {
		if want, known := live[info.Type]; !known || info.Live != want {
			t.Errorf("type %s: live is %t", info.Type, info.Live)
		}
		hasTexts(t, "cap.volcengine.type."+string(info.Type), "cap.volcengine.about."+string(info.Type))
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
		HistoryPage: 20, DirectPage: 20, MembersPage: 50, GroupsPage: 20, MuteBatch: 50, KickBatch: 50, RecallBatch: 1,
		GroupID: 19, UserID: 19, Elements: 1, Nick: 100, BroadcastKeepSeconds: 604800,
	}
	if got := Capabilities().Limits; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
