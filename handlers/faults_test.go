package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"

	"golang.org/x/net/html"
)

// everyFault is all that can go wrong with the service.
var everyFault = map[string]emulator.Fault{
	"too late":   {Delay: 1500 * time.Millisecond},
	"dropped":    {Drop: true},
	"drop after": {DropAfter: true},
	"HTML":       {Status: http.StatusBadGateway},
	"cut":        {CutBody: true},
	"bad JSON":   {BadJSON: true},
	// One of each kind: try again, not allowed, no such group, slow down, wrong signature, and one that nobody knows.
	"code 10002": {ErrorCode: 10002}, "code 10007": {ErrorCode: 10007}, "code 10010": {ErrorCode: 10010},
	"code 60011": {ErrorCode: 60011}, "code 70009": {ErrorCode: 70009}, "code 123456": {ErrorCode: 123456},
}

// hasty gives up on an answer before a delayed one comes. The client's own time-out has to be above the service's 3 s.
const hasty = 700 * time.Millisecond

// soon is when a request's time is up: a service that asks us to slow down makes hundreds of them wait in line.
const soon = 6 * time.Second

// deed is something an operator does, and how to see in the service whether it was done.
type deed struct {
	name    string
	command string // the one that writes
	path    string // below the target's address
	form    func(x string) url.Values
	user    bool                              // the target is a user, else a group
	done    func(h *harness, x string) bool   // nil: nobody can see it
	prepare func(h *harness, x string)        // beyond the group or user
	live    bool                              // in a live room
	address func(h *harness, x string) string // instead of path
}

func fixed(pairs ...string) func(string) url.Values {
	return func(string) url.Values { return with(nil, pairs...) }
}

// deeds are all that can be done.
var deeds = []deed{
	{
		name: "mute", command: "group_open_http_svc/forbid_send_msg", path: "members/mute", form: fixed("users", "ann", "for", "1h", "why", "ads"),
		done: func(h *harness, x string) bool { return !h.mutedUntil(x, "ann").IsZero() },
	},
	{
		name: "unmute", command: "group_open_http_svc/forbid_send_msg", path: "members/unmute", form: fixed("users", "ann"),
		prepare: func(h *harness, x string) { h.muteIn(x, "ann") }, done: func(h *harness, x string) bool { return h.mutedUntil(x, "ann").IsZero() },
	},
	{
		name: "kick", command: "group_open_http_svc/delete_group_member", path: "members/kick", form: fixed("users", "ann", "why", "ads"),
		done: func(h *harness, x string) bool { return !h.isMember(x, "ann") },
	},
	{
		name: "role", command: "group_open_http_svc/modify_group_member_info", path: "members/role", form: fixed("users", "ann", "role", "admin"),
		done: func(h *harness, x string) bool { return h.member(x, "ann").Role == imclient.RoleAdmin },
	},
	{
		name: "card", command: "group_open_http_svc/modify_group_member_info", path: "members/card", form: fixed("users", "ann", "card", "New"),
		done: func(h *harness, x string) bool { return h.member(x, "ann").NameCard == "New" },
	},
	{
		name: "ban", command: "group_open_http_svc/ban_group_member", path: "bans/add", form: fixed("users", "ann", "for", "1h", "why", "ads"), live: true,
		done: func(h *harness, x string) bool { return h.banned(x, "ann") },
	},
	{
		name: "lift", command: "group_open_http_svc/unban_group_member", path: "bans/lift", form: fixed("users", "ann"), live: true,
		prepare: func(h *harness, x string) {
			h.must("group_open_http_svc/ban_group_member", map[string]any{"GroupId": x, "Members_Account": []string{"ann"}, "Duration": 3600})
		},
		done: func(h *harness, x string) bool { return !h.banned(x, "ann") },
	},
	{
		name: "recall", command: "group_open_http_svc/group_msg_recall", path: "recall", form: fixed("m", "2::ann"), prepare: twoWords,
		done: func(h *harness, x string) bool { return h.takenBack(x, "2") },
	},
	{
		name: "delete", command: "group_open_http_svc/delete_group_msg_by_sender", path: "delete-by-sender", form: fixed("users", "ann", "reason", "ads"), prepare: twoWords,
		done: func(h *harness, x string) bool { return h.takenBack(x, "2") },
	},
	{name: "notice", command: "group_open_http_svc/send_group_system_notification", path: "notice", form: fixed("text", "Hello")},
	{
		name: "mute-all", command: "group_open_http_svc/modify_group_base_info", path: "mute-all", form: fixed("on", "1"),
		done: func(h *harness, x string) bool { return h.group(x).MuteAll == imclient.On },
	},
	{
		name: "details", command: "group_open_http_svc/modify_group_base_info", path: "details",
		form: func(x string) url.Values { return with(nil, "name", "New", "seen_name", mark(x)) },
		done: func(h *harness, x string) bool { return h.group(x).Name == "New" },
	},
	{
		name: "both", command: "group_open_http_svc/modify_group_base_info", path: "details",
		form: func(x string) url.Values {
			return with(nil, "name", "New", "seen_name", mark(x), "mute_all", "on", "seen_mute_all", mark("off"), "confirmed", "1")
		},
		done: func(h *harness, x string) bool { return h.group(x).Name == "New" || h.group(x).MuteAll == imclient.On },
	},
	{name: "answer", command: "openim/sendmsg", path: "answer", user: true, form: fixed("lang", "en")},
	{
		name: "global", command: "openconfigsvr/setnospeaking", path: "global-mute", user: true, form: fixed("direct_for", "1h", "groups_for", "24h", "why", "ads"),
		done: func(h *harness, x string) bool { return !h.globalMute(x).GroupUntil.IsZero() },
	},
	{
		name: "unglobal", command: "openconfigsvr/setnospeaking", path: "global-unmute", user: true, form: fixed("groups", "1", "direct", "1"),
		prepare: func(h *harness, x string) {
			h.must("openconfigsvr/setnospeaking", map[string]any{"Set_Account": x, "GroupmsgNospeakingTime": 3600})
		},
		done: func(h *harness, x string) bool { return h.globalMute(x).GroupUntil.IsZero() },
	},
	{name: "sign-out", command: "im_open_login_svc/kick", path: "sign-out", user: true, form: fixed("why", "ads")},
	{
		name: "profile", command: "profile/portrait_set", path: "edit", user: true,
		form: func(x string) url.Values { return with(nil, "nick", "New", "seen_nick", mark(x)) },
		done: func(h *harness, x string) bool { return h.nick(x) == "New" },
	},
	{
		name: "delete-user", command: "im_open_login_svc/account_delete", path: "delete", user: true,
		form: func(x string) url.Values { return with(nil, "confirm", x, "words", "asked for it") },
		done: func(h *harness, x string) bool { return h.nick(x) == "" },
	},
	{
		name: "befriend", command: "sns/friend_add", path: "friends/add", user: true, form: fixed("ids", "ann", "how", "force"),
		done: func(h *harness, x string) bool { return h.hasFriend(x, "ann") },
	},
	{
		name: "unfriend", command: "sns/friend_delete", path: "friends/remove", user: true, form: fixed("ids", "ann", "words", "asked for it"),
		prepare: befriendAnn, done: func(h *harness, x string) bool { return !h.hasFriend(x, "ann") },
	},
	{
		name: "remark", command: "sns/friend_update", path: "friends/edit", user: true, form: fixed("friend", "ann", "remark", "New", "lists", ""),
		prepare: befriendAnn, done: func(h *harness, x string) bool { return h.remark(x, "ann") == "New" },
	},
	{
		name: "list", command: "sns/group_add", path: "friend-lists/add", user: true, form: fixed("list", "Band", "ids", ""),
		done: func(h *harness, x string) bool { return h.hasList(x, "Band") },
	},
	{
		name: "no-list", command: "sns/group_delete", path: "friend-lists/remove", user: true, form: fixed("list", "Band"),
		prepare: func(h *harness, x string) {
			h.must("sns/group_add", map[string]any{"From_Account": x, "GroupName": []string{"Band"}})
		},
		done: func(h *harness, x string) bool { return !h.hasList(x, "Band") },
	},
	{
		name: "block", command: "sns/black_list_add", path: "blocks/add", user: true, form: fixed("ids", "ann"),
		done: func(h *harness, x string) bool { return h.blocks(x, "ann") },
	},
	{
		name: "unblock", command: "sns/black_list_delete", path: "blocks/remove", user: true, form: fixed("ids", "ann"),
		prepare: func(h *harness, x string) {
			h.must("sns/black_list_add", map[string]any{"From_Account": x, "To_Account": []string{"ann"}})
		},
		done: func(h *harness, x string) bool { return !h.blocks(x, "ann") },
	},
	{
		name: "contact", command: "recentcontact/delete", path: "contacts/remove", user: true, form: fixed("peer", "ann", "words", "asked for it"),
		prepare: func(h *harness, x string) { h.write("ann", x) },
		done:    func(h *harness, x string) bool { return !h.hasContact(x, "ann") },
	},
	{
		name: "contact-mark", command: "recentcontact/mark_contact", path: "contacts/marks", user: true, form: fixed("peer", "ann", "was_favourite", "0", "favourite", "1"),
		prepare: func(h *harness, x string) { h.write("ann", x) },
		done: func(h *harness, x string) bool {
			list, err := h.app.IM.Contacts.Marks(imclient.Fresh(context.Background()), x, []imclient.Conversation{{User: x, Peer: "ann"}})
			check(h.t, err)
			return len(list) == 1 && slices.Contains(list[0].Marks, imclient.MarkFavourite)
		},
	},
	{
		name: "send-users", command: "openim/batchsendmsg", user: true, form: func(x string) url.Values {
			return with(nil, "paste", x, "from", "ann", "text", "new", "reason", "x")
		},
		address: func(h *harness, _ string) string { return appURL(h.app, "send-users") },
		done:    func(h *harness, x string) bool { return h.says(imclient.Conversation{User: x, Peer: "ann"}, "new") },
	},
	{
		name: "add", command: "group_open_http_svc/add_group_member", path: "members/add", form: fixed("paste", "zoe"),
		done: func(h *harness, x string) bool { return h.isMember(x, "zoe") },
	},
	{
		name: "transfer", command: "group_open_http_svc/change_group_owner", path: "transfer", form: fixed("owner", "ann", "reason", "asked"),
		done: func(h *harness, x string) bool { return h.group(x).OwnerID == "ann" },
	},
	{
		name: "clear", command: "group_open_http_svc/clear_group_msg", path: "clear-messages", prepare: twoWords,
		form: func(x string) url.Values { return with(nil, "confirm", x, "reason", "spam") }, done: func(h *harness, x string) bool { return h.takenBack(x, "2") },
	},
	{
		name: "dismiss", command: "group_open_http_svc/destroy_group", path: "dismiss",
		form: func(x string) url.Values { return with(nil, "confirm", x, "reason", "spam") }, done: func(h *harness, x string) bool { return h.gone(x) },
	},
	{
		name: "member-fields", command: "group_open_http_svc/modify_group_member_info", path: "members/fields", form: fixed("user", "ann", "new_key", "level", "new_value", "3"),
		done: func(h *harness, x string) bool { return len(h.member(x, "ann").Custom) == 1 },
	},
	{
		name: "fields", command: "group_open_http_svc/modify_group_base_info", path: "data/fields", form: fixed("new_key", "city", "new_value", "sg"),
		done: func(h *harness, x string) bool { return len(h.group(x).Custom) == 1 },
	},
	{
		name: "attribute", command: "group_open_http_svc/modify_group_attr", path: "data/attribute", form: fixed("k", "song", "value", "x"),
		done: func(h *harness, x string) bool { return h.attributes(x)["song"] == "x" },
	},
	{
		name: "counter", command: "group_open_http_svc/update_group_counter", path: "data/counter", form: fixed("k", "likes", "how", "add", "value", "7"),
		done: func(h *harness, x string) bool { return h.count(x, "likes") == 7 },
	},
	{
		name: "create", command: "group_open_http_svc/create_group", form: func(x string) url.Values { return with(nil, "type", "Public", "name", "New", "id", "new-"+x) },
		address: func(h *harness, _ string) string { return appURL(h.app, "new-group") }, done: func(h *harness, x string) bool { return !h.gone("new-" + x) },
	},
	{
		name: "topic", command: "million_group_open_http_svc/create_topic", prepare: inCommunity,
		form:    func(x string) url.Values { return with(nil, "name", "New", "id", "@TGS#_"+x+"@TOPIC#_new") },
		address: func(h *harness, x string) string { return groupURL(h.app, "@TGS#_"+x, tabTopics, "new") },
		done:    func(h *harness, x string) bool { return h.topicThere("@TGS#_" + x + "@TOPIC#_new") },
	},
	{
		name: "topic-edit", command: "million_group_open_http_svc/modify_topic",
		prepare: func(h *harness, x string) {
			inCommunity(h, x)
			h.must("million_group_open_http_svc/create_topic", map[string]any{"GroupId": "@TGS#_" + x, "TopicId": "@TGS#_" + x + "@TOPIC#_t", "TopicName": "Old"})
		},
		form: func(x string) url.Values {
			return with(nil, "topic", "@TGS#_"+x+"@TOPIC#_t", "name", "New", "seen_name", mark("Old"))
		},
		address: func(h *harness, x string) string { return groupURL(h.app, "@TGS#_"+x, tabTopics, "edit") },
		done: func(h *harness, x string) bool {
			topic, err := h.app.IM.Topics.Get(imclient.Fresh(context.Background()), "@TGS#_"+x+"@TOPIC#_t")
			check(h.t, err)
			return topic.Name == "New"
		},
	},
	{
		name: "undo", command: "group_open_http_svc/forbid_send_msg", form: fixed(),
		prepare: func(h *harness, x string) {
			h.do(actions.Mute{Common: because("x"), Group: x, Users: []string{"ann"}, Span: actions.Span{For: time.Hour}})
		},
		address: func(h *harness, x string) string {
			list, err := h.store.Audit.List(context.Background(), store.AuditFilter{App: testApp, Group: x}, 0, 1)
			if err != nil || len(list) != 1 {
				h.t.Fatalf("the entry of %s: %v %v", x, list, err)
			}
			return undoURL(h.app, list[0].ID)
		},
		done: func(h *harness, x string) bool { return h.mutedUntil(x, "ann").IsZero() },
	},
	{
		name: "edit", command: "openim/modify_group_msg", path: "messages/edit", form: fixed("m", "2::ann", "text", "new", "seen", "two", "reason", "ads"), prepare: twoWords,
		done: func(h *harness, x string) bool { return h.says(imclient.Conversation{Group: x}, "new") },
	},
	{
		name: "send", command: "group_open_http_svc/send_group_msg", path: "send", form: fixed("text", "new"),
		done: func(h *harness, x string) bool { return h.says(imclient.Conversation{Group: x}, "new") },
	},
	{
		name: "extend", command: "openim_msg_ext_http_svc/group_set_key_values", path: "messages/extensions", form: fixed("m", "1::ann", "new_key", "k", "new_value", "v"),
		prepare: func(h *harness, x string) {
			h.say(x, "ann", text("one"), map[string]any{"SupportMessageExtension": 1})
		},
		done: func(h *harness, x string) bool { return h.keeps(imclient.Conversation{Group: x}, "1") },
	},
	{
		name: "unread", command: "group_open_http_svc/set_unread_msg_num", path: "members/unread", form: fixed("users", "ann", "n", "1"), prepare: twoWords,
		done: func(h *harness, x string) bool { return h.member(x, "ann").ReadSeq == "1" },
	},

	{
		name: "open", command: "", user: true, form: chatForm("reason", "a report"), address: chatAddress("open"),
		done: func(h *harness, x string) bool {
			list, err := h.store.Audit.List(context.Background(), store.AuditFilter{App: testApp, User: x, Action: "direct.view"}, 0, 1)
			check(h.t, err)
			return len(list) == 1
		},
	},
	{
		name: "search-direct", command: "", user: true, form: func(x string) url.Values { return with(nil, "q", "hello", "reason", x) }, address: chatAddress("search"),
		done: func(h *harness, x string) bool {
			list, err := h.store.Audit.List(context.Background(), store.AuditFilter{App: testApp, Action: actSearchDirect}, 0, store.MaxAuditPage)
			check(h.t, err)
			return slices.ContainsFunc(list, func(e store.AuditEntry) bool { return e.Reason == x })
		},
	},
	{
		name: "search-save", command: "", user: true, form: func(x string) url.Values { return with(nil, "q", "hello", "name", x, "shared", "1") },
		address: func(*harness, string) string { return savedURL },
		done: func(h *harness, x string) bool {
			list, err := h.store.Searches.List(context.Background(), h.operator(auth.Owner))
			check(h.t, err)
			return slices.ContainsFunc(list, func(s store.SavedSearch) bool { return s.Name == x && s.Shared })
		},
	},
	{
		name: "app-off", command: "", user: true, form: fixed("version", "1"), prepare: addedApp,
		address: func(_ *harness, x string) string { return appsURL + "/" + x + "/switch" },
		done:    func(h *harness, x string) bool { return h.server.Apps.Get(x) == nil },
	},
	{
		name: "app-remove", command: "", user: true, form: func(x string) url.Values { return with(nil, "version", "1", "confirm", x) }, prepare: addedApp,
		address: func(_ *harness, x string) string { return appsURL + "/" + x + "/remove" },
		done:    func(h *harness, x string) bool { return h.server.Apps.Get(x) == nil },
	},
	{
		name: "direct-recall", command: "openim/admin_msgwithdraw", user: true, form: chatForm(), address: chatAddress("recall"), prepare: chatted,
		done: func(h *harness, x string) bool { return h.chatMessage(x).State == imclient.MessageRecalled },
	},
	{
		name: "direct-edit", command: "openim/modify_c2c_msg", user: true, form: chatForm("text", "new", "seen", "old", "reason", "x"), address: chatAddress("edit"), prepare: chatted,
		done: func(h *harness, x string) bool { return h.says(imclient.Conversation{User: x, Peer: "ann"}, "new") },
	},
	{
		name: "direct-send", command: "openim/sendmsg", user: true, form: func(x string) url.Values {
			return with(chatForm("text", "new", "from", "user", "reason", "x")(x), "confirmed", x)
		}, address: chatAddress("send"), prepare: chatted,
		done: func(h *harness, x string) bool { return h.says(imclient.Conversation{User: x, Peer: "ann"}, "new") },
	},
	{
		name: "direct-read", command: "openim/admin_set_msg_read", user: true, form: func(x string) url.Values { return chatForm("for", "ann")(x) }, address: chatAddress("read"), prepare: chatted,
		done: func(h *harness, x string) bool {
			n, err := h.app.IM.Contacts.UnreadFrom(context.Background(), imclient.Conversation{User: "ann", Peer: x})
			check(h.t, err)
			return n == 0
		},
	},
	{
		name: "direct-hide", command: "openim/delete_c2c_msg_ramble", user: true, form: chatForm("for", "ann", "reason", "x"), address: chatAddress("hide"), prepare: chatted,
		done: func(h *harness, x string) bool {
			_, there := h.inChat("ann", x, chatRef(x))
			return !there
		},
	},
	{
		name: "add-words", command: "im_msg_audit_mgr/add_local_audit_keywords", address: func(h *harness, _ string) string { return libraryURL(h.app, "block", "add") },
		form: func(x string) url.Values { return with(nil, "words", x) }, done: func(h *harness, x string) bool { return h.hasWord(x) },
	},
	{
		name: "remove-words", command: "im_msg_audit_mgr/delete_local_audit_keywords", address: func(h *harness, _ string) string { return libraryURL(h.app, "block", "remove") },
		prepare: func(h *harness, x string) { h.addWord(x) },
		form:    func(x string) url.Values { return with(nil, "word", x) }, done: func(h *harness, x string) bool { return !h.hasWord(x) },
	},
	{name: "mark", command: "group_open_avchatroom_http_svc/modify_user_info", path: "live/mark", live: true, form: fixed("users", "ann", "marks", "1000")},
	{
		name: "tags", command: "all_member_push/im_add_tag", user: true, address: func(h *harness, _ string) string { return appURL(h.app, "broadcasts", "tags") },
		form: func(x string) url.Values { return with(nil, "paste", x, "tags", "vip") }, done: func(h *harness, x string) bool { return h.hasTag(x) },
	},
	{
		name: "live-broadcast", command: "group_open_http_svc/send_broadcast_msg", address: func(h *harness, _ string) string { return appURL(h.app, "live-broadcast") },
		form: fixed("text", "Hello", "reason", "drill", "confirm", testApp),
	},
	{
		name: "broadcast", command: "all_member_push/im_push", address: func(h *harness, _ string) string { return appURL(h.app, "broadcast") },
		form: fixed("text", "Hello", "reason", "drill", "confirm", testApp),
	},
	{
		name: "open-file", command: "", form: func(string) url.Values { return with(nil, "kind", "groups", "file", "none", "reason", "drill") },
		address: func(h *harness, _ string) string { return appURL(h.app, "operations", "files", "open") }, done: func(*harness, string) bool { return false },
	},
	{
		name: "pin", command: "", form: func(x string) url.Values { return with(nil, "id", x, "on", "1") },
		address: func(h *harness, _ string) string { return appURL(h.app, "pins") },
		done: func(h *harness, x string) bool {
			pins, err := h.store.Settings.Pins(context.Background(), h.operator(auth.Owner), testApp)
			check(h.t, err)
			return slices.ContainsFunc(pins, func(p store.Place) bool { return p.ID == x })
		},
	},
}

func befriendAnn(h *harness, x string) {
	h.must("sns/friend_add", map[string]any{"From_Account": x, "ForceAddFlags": 1, "AddFriendItem": []any{map[string]any{"To_Account": "ann"}}})
}

// chatAt is when something was said to ann in the chats of the deeds.
var chatAt = time.Now().Add(-time.Hour).Unix()

// chatRef is the message of x.
func chatRef(x string) messageRef {
	return messageRef{fmt.Sprintf("%d.1.1", chatAt), fmt.Sprintf("1_1_%d.%s", chatAt, x), x}
}

// chatForm are the fields of a deed in the chat of x and ann.
func chatForm(pairs ...string) func(string) url.Values {
	return func(x string) url.Values {
		return with(url.Values{"user": {x}, "peer": {"ann"}, "m": {chatRef(x).String()}}, pairs...)
	}
}

func chatAddress(sheet string) func(*harness, string) string {
	return func(h *harness, _ string) string { return appURL(h.app, "direct", sheet) }
}

// chatted is a chat of x and ann that the owner may read.
func chatted(h *harness, x string) {
	h.must("openim/importmsg", map[string]any{
		"SyncFromOldSystem": 5, "From_Account": x, "To_Account": "ann", "MsgSeq": 1, "MsgRandom": 1, "MsgTimeStamp": chatAt, "MsgBody": text("old"),
	})
	h.mayRead(auth.Owner, x, "ann")
}

// mayRead gives an operator leave to read a direct chat.
func (h *harness) mayRead(role auth.Role, user, peer string) {
	h.t.Helper()
	_, err := h.actions.Do(context.Background(), actions.Actor{
		OperatorID: h.operator(role), Name: "op", Can: func(actions.Verb) bool { return true },
	}, h.app.Target(), actions.ViewDirect{Common: because("x"), User: user, Peer: peer})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) chatMessage(x string) imclient.Message {
	h.t.Helper()
	m, there := h.inChat("ann", x, chatRef(x))
	if !there {
		h.t.Errorf("the message of %s is gone", x)
	}
	return m
}

// says reports whether one of the last messages of a conversation is a text.
func (h *harness) says(c imclient.Conversation, what string) bool {
	h.t.Helper()
	page, err := h.app.IM.Messages.History(imclient.Fresh(context.Background()), imclient.HistoryOptions{Conversation: c})
	check(h.t, err)
	return slices.ContainsFunc(page.Messages, func(m imclient.Message) bool { return plainText(m.Body) == what })
}

// keeps reports whether something is kept with a message.
func (h *harness) keeps(c imclient.Conversation, id string) bool {
	h.t.Helper()
	list, err := h.app.IM.Extensions.List(imclient.Fresh(context.Background()), c, id)
	check(h.t, err)
	return len(list) > 0
}

// inCommunity makes a community with topics besides the group.
func inCommunity(h *harness, x string) {
	h.must("group_open_http_svc/create_group", map[string]any{"Type": "Community", "GroupId": "@TGS#_" + x, "Name": "City", "Owner_Account": "olga", "SupportTopic": 1})
}

// gone reports whether there is no such group, or no more.
func (h *harness) gone(group string) bool {
	h.t.Helper()
	_, err := h.app.IM.Groups.Get(imclient.Fresh(context.Background()), group)
	if err != nil && !errors.Is(err, imclient.ErrNotFound) {
		h.t.Errorf("%s: %v", group, err)
	}
	return err != nil
}

func (h *harness) topicThere(id string) bool {
	h.t.Helper()
	_, err := h.app.IM.Topics.Get(imclient.Fresh(context.Background()), id)
	if err != nil && !errors.Is(err, imclient.ErrNotFound) {
		h.t.Errorf("%s: %v", id, err)
	}
	return err == nil
}

func twoWords(h *harness, x string) {
	h.say(x, "ann", text("one"))
	h.say(x, "ann", text("two"))
}

func (h *harness) muteIn(group, user string) {
	h.must("group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": group, "Members_Account": []string{user}, "MuteTime": 3600})
}

func (h *harness) member(group, user string) imclient.Member {
	h.t.Helper()
	list, err := h.app.IM.Members.Get(imclient.Fresh(context.Background()), group, []string{user})
	if err != nil || len(list) != 1 {
		h.t.Errorf("%s in %s: %v %v", user, group, list, err)
		return imclient.Member{}
	}
	return list[0]
}

func (h *harness) banned(group, user string) bool {
	h.t.Helper()
	page, err := h.app.IM.Live.Banned(imclient.Fresh(context.Background()), group, "", 0)
	check(h.t, err)
	return slices.ContainsFunc(page.Items, func(m imclient.Mute) bool { return m.UserID == user })
}

func (h *harness) takenBack(group, seq string) bool {
	h.t.Helper()
	page, err := h.app.IM.Messages.History(imclient.Fresh(context.Background()), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: group}})
	check(h.t, err)
	for _, m := range page.Messages {
		if m.Seq == seq {
			return m.State != imclient.MessageSaid
		}
	}
	return true
}

// try is one deed on one target: with the fault on every call or on the one that writes, for the page or for the part.
type try struct {
	deed
	every, part bool
	target      string
	cookie      string // a session of its own, so that what it is told is not mixed with others'
}

func tries() []try {
	var list []try
	for _, d := range deeds {
		for _, every := range []bool{true, false} {
			for _, part := range []bool{false, true} {
				if d.command == "" && !every {
					continue
				}
				list = append(list, try{deed: d, every: every, part: part, target: fmt.Sprintf("%s-%v-%v", d.name, every, part)})
			}
		}
	}
	for i := range list {
		token := fmt.Sprintf("%032d", i)
		list[i].cookie = base64.RawURLEncoding.EncodeToString([]byte(token))
	}
	return list
}

// image is a service and a console with all that the tries need, as files to be copied.
func image(t *testing.T, dir string) (ahead time.Duration) {
	t.Run("prepare", func(t *testing.T) {
		h := newHarnessAt(t, setting{service: filepath.Join(dir, "emulator.db"), folder: dir})
		h.newUsers("olga:Olga", "ann:Ann", "owned:Owned", "zoe:Zoe")
		h.newGroup("Public", "g1", "Music", "olga", "ann")
		h.newGroup("AVChatRoom", "live", "Live", "olga")
		h.as(auth.Owner)
		h.mayRead(auth.Owner, "ann", "olga")
		for _, x := range tries() {
			switch {
			case x.user:
				h.newUsers(x.target + ":" + x.target)
			case x.live:
				h.newGroup("AVChatRoom", x.target, x.target, "olga")
			default:
				h.newGroup("Public", x.target, x.target, "olga", "ann")
			}
			if x.prepare != nil {
				x.prepare(h, x.target)
			}
			h.session(x.cookie)
		}
		ahead = time.Duration(h.ahead.Load())
	})
	if t.Failed() {
		t.FailNow()
	}
	return ahead
}

// session begins one without a password.
func (h *harness) session(cookie string) {
	h.t.Helper()
	sum := sha256.Sum256([]byte(cookie))
	now := h.now()
	check(h.t, h.store.Sessions.Add(context.Background(), store.Session{
		ID: hex.EncodeToString(sum[:]), OperatorID: h.operator(auth.Owner), CreatedAt: now, UsedAt: now,
		IdleExpiresAt: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour), Address: "192.0.2.1", ConfirmedAt: now,
	}))
}

// open opens the image as a harness of its own.
func open(t *testing.T, image string, ahead time.Duration, client *http.Client) *harness {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"emulator.db", "imdesk.db"} {
		b, err := os.ReadFile(filepath.Join(image, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return newHarnessAt(t, setting{service: filepath.Join(dir, "emulator.db"), folder: dir, http: client, ahead: ahead})
}

// Whatever the service does, on every page and with every act: a clear message, nothing half-reported, no blank page.
func TestEveryFaultEverywhere(t *testing.T) {
	dir := t.TempDir()
	ahead := image(t, dir)
	// All faults at once, each with a service of its own: they wait for time-outs and pauses most of the time.
	var wg sync.WaitGroup
	for _, name := range slices.Sorted(maps.Keys(everyFault)) {
		fault := everyFault[name]
		wg.Go(func() {
			t.Run(name, func(t *testing.T) {
				var client *http.Client
				if fault.Delay > 0 {
					client = &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: hasty, MaxIdleConnsPerHost: 64}}
					t.Cleanup(client.CloseIdleConnections)
				}
				h := open(t, dir, ahead, client)
				h.server.timeout = soon
				h.writesUnder(t, fault)
				h.everythingUnder(t, fault)
			})
		})
	}
	wg.Wait()
}

// writesUnder does every deed while its writing call fails.
func (h *harness) writesUnder(t *testing.T, fault emulator.Fault) {
	var list []try
	for _, x := range tries() {
		if !x.every {
			list = append(list, x)
			f := fault
			f.Command = x.command
			h.im.SetFault(f)
		}
	}
	answers := h.attempt(t, list)
	h.im.ClearFaults()
	carried := func(command string) bool { // on a slow machine the time may be up before the call is made
		arrived := h.im.Calls(command) >= int64(len(slices.DeleteFunc(slices.Clone(list), func(x try) bool { return x.command != command })))
		return (fault.DropAfter || fault.CutBody || fault.BadJSON) && arrived
	}
	h.judge(t, list, answers, carried)
}

// everythingUnder opens every page and does every deed while every call fails.
func (h *harness) everythingUnder(t *testing.T, fault emulator.Fault) {
	h.advance(time.Minute) // what the client remembers of names and groups is too old
	h.im.SetFault(fault)
	var wg sync.WaitGroup
	b := &browser{h: h, t: t, cookie: auth.CookieName + "=" + tries()[0].cookie}
	for _, r := range h.server.routes() {
		if r.method != get || slices.Contains(forMachines, r.path) || strings.HasPrefix(r.path, "/api/v1") {
			continue
		}
		addresses := []string{addressOf(r)}
		if strings.Contains(r.path, ":group") {
			addresses = append(addresses, strings.Replace(addressOf(r), "/groups/g1", "/groups/live", 1))
		}
		for _, path := range addresses {
			for _, part := range []bool{false, true} {
				wg.Go(func() { b.opens(r, path, part) })
			}
		}
	}
	var list []try
	for _, x := range tries() {
		if x.every {
			list = append(list, x)
		}
	}
	var answers []*answer
	wg.Go(func() { answers = h.attempt(t, list) })
	wg.Wait()
	h.im.ClearFaults()
	h.judge(t, list, answers, func(string) bool { return false })
	left, err := h.store.Audit.Unfinished(context.Background(), h.now().Add(time.Hour))
	if err != nil || len(left) > 0 {
		t.Errorf("%d actions have no outcome: %v %v", len(left), left, err)
	}
}

// forMachines are addresses that no person reads.
var forMachines = []string{"/metrics", "/healthz", "/readyz"}

// sure are the pages that need no service, or stand without it.
var sure = map[string]bool{
	"/apps/:app/user-import": true, "/apps/:app/users/:user/friends/add": true, "/apps/:app/users/:user/friend-lists/add": true, "/apps/:app/users/:user/blocks/add": true,
	"/": true, "/apps/:app": true, "/apps/:app/groups/:group": true, "/apps/:app/users": true, "/apps/:app/users/:user/activity": true, "/apps/:app/actions/:entry": true,
	"/audit": true, "/settings": true, "/settings/me": true, "/settings/apps": true, "/settings/apps/new": true, "/settings/apps/:name/change": true, "/settings/apps/:name/remove": true, "/audit/by/:operator": true, "/settings/security": true, "/settings/replicas": true, "/login": true, "/login/factor": true, "/apps/:app/media": true,
	"/apps/:app/api": true, "/apps/:app/api/:service/:command": true, "/apps/:app/api-answers/:answer": true,
	"/apps/:app/direct/open": true, "/apps/:app/direct/send": true, "/apps/:app/direct/hide": true,
	"/apps/:app/operations/files": true, "/apps/:app/operations/files/open": true, "/apps/:app/keywords/:library/add": true, "/apps/:app/keywords/:library/remove": true, "/apps/:app/broadcast": true, "/apps/:app/live-broadcast": true,
	"/apps/:app/send-users": true, "/apps/:app/send-groups": true, "/apps/:app/users/:user/token": true, "/apps/:app/users/:user/contacts/marks": true,
	"/apps/:app/broadcasts/tags":                     true,
	"/apps/:app/groups/:group/messages/mute-senders": true, "/apps/:app/groups/:group/messages/kick-senders": true,
	"/apps/:app/new-group": true, "/apps/:app/import-group": true,
	"/queue": true, "/queue/last": true, "/queue/list": true, "/queue/handover": true, "/queue/numbers": true, "/queue/numbers/csv": true, "/queue/cases/:case/evidence": true, "/queue/cases/:case/hold": true, "/queue/cases/:case/unhold": true, "/queue/waves/:wave": true, "/queue/waves/:wave/clean": true, "/queue/runs/:run": true, "/queue/runs/:run/items.csv": true, "/settings/evidence": true, "/settings/macros": true,
	"/settings/rules": true, "/settings/rules/export": true, "/settings/rules/import": true, "/settings/rules/new": true, "/settings/rules/rule/:rule": true, "/settings/rules/rule/:rule/delete": true,
	"/settings/rules/new-list": true, "/settings/rules/list/:list": true, "/settings/rules/list/:list/export": true, "/settings/rules/list/:list/delete": true,
	"/apps/:app/direct/search": true, "/apps/:app/direct/said": true,
	"/live": true, "/search": true, "/search/saved/:search": true, "/apps/:app/groups/:group/said": true, "/jobs": true, "/apps/:app/jobs/new": true, "/approvals": true,
	"/settings/roles": true, "/settings/roles/new": true, "/settings/operators": true, "/settings/operators/invite": true, "/settings/tokens": true,
	"/settings/tokens/new": true, "/settings/protected": true, "/apps/:app/sanctions": true, "/apps/:app/sanctions/words": true, "/settings/access": true, "/settings/approvals": true, "/settings/data": true,
}

// opens a page under a fault.
func (b *browser) opens(r route, path string, part bool) {
	var header map[string]string
	if part {
		header = htmx("/apps/demo/groups/g1/messages")
	}
	a := b.do(get, path, nil, header)
	what := fmt.Sprintf("%s part %v: status %d", path, part, a.status)
	switch {
	case a.status == http.StatusInternalServerError || a.status == http.StatusUnprocessableEntity:
		b.t.Errorf("%s\n%s", what, a.text())
	case a.status == http.StatusSeeOther || a.status == http.StatusNoContent:
		if !sure[r.path] && a.location() == "" {
			b.t.Errorf("%s leads nowhere", what)
		}
		return
	case strings.TrimSpace(a.text()) == "" && r.path != "/palette" && r.path != "/queue/last": // nothing found, no verdict given
		b.t.Errorf("%s is blank", what)
	}
	notices, parts := a.told()
	switch {
	case a.status >= 400 && len(notices)+len(parts) != 1:
		b.t.Errorf("%s has %d notices and %d failed parts\n%s", what, len(notices), len(parts), a.text())
	case a.status < 400 && !sure[r.path] && len(notices)+len(parts) == 0 && !strings.Contains(a.body, "data-info="):
		b.t.Errorf("%s says nothing of what failed\n%s", what, a.text())
	case len(notices) > 1:
		b.t.Errorf("%s has %d notices\n%s", what, len(notices), a.text())
	}
	if strings.Contains(a.text(), "Nothing was changed") {
		b.t.Errorf("%s speaks of a change", what)
	}
}

// told are the notices of a page, and the parts that failed. Each has a title, and says what to do next.
func (a *answer) told() (notices, parts []string) {
	for _, n := range find(a.document(), isClass("notice")) {
		if tone, _ := attribute(n, "data-tone"); tone == "info" && a.status < 400 {
			continue // it is about the page, not about a failure
		}
		title := find(n, func(n *html.Node) bool { return n.Data == "strong" })
		if len(title) != 1 || words(title[0]) == "" {
			a.t.Errorf("%s: a notice without a title: %s", a.what, words(n))
		}
		if rest := strings.TrimPrefix(words(n), words(title[0])); len(rest) < 10 {
			a.t.Errorf("%s: a notice without a next step: %s", a.what, words(n))
		}
		notices = append(notices, words(n))
	}
	for _, n := range find(a.document(), isClass("part-failed")) {
		if len(words(n)) < 20 {
			a.t.Errorf("%s: a part fails with %q", a.what, words(n))
		}
		parts = append(parts, words(n))
	}
	return notices, parts
}

func isClass(name string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		class, _ := attribute(n, "class")
		return slices.Contains(strings.Fields(class), name)
	}
}

// attempt does all of list at once.
func (h *harness) attempt(t *testing.T, list []try) []*answer {
	answers := make([]*answer, len(list))
	var wg sync.WaitGroup
	for i, x := range list {
		wg.Go(func() { answers[i] = h.attemptOne(t, x) })
	}
	wg.Wait()
	return answers
}

func (h *harness) attemptOne(t *testing.T, x try) *answer {
	b := &browser{h: h, t: t, cookie: auth.CookieName + "=" + x.cookie}
	at := groupURL(h.app, x.target, tabMembers)
	path := groupURL(h.app, x.target) + "/" + x.path
	if x.user {
		at, path = userURL(h.app, x.target), userURL(h.app, x.target)+"/"+x.path
	}
	if x.address != nil {
		path = x.address(h, x.target)
	}
	if x.part {
		return b.postPart(path, at, x.form(x.target))
	}
	return b.post(path, x.form(x.target))
}

// judge holds what was said, there or on the next page, against what is so. carried: the service did what was asked, for those
// of which nobody can see it.
func (h *harness) judge(t *testing.T, list []try, answers []*answer, carried func(command string) bool) {
	defer func(hasty *imclient.Client) { h.app.IM = hasty }(h.app.IM)
	h.hurry(time.Minute) // whoever looks takes the time it needs
	var wg sync.WaitGroup
	for i, x := range list {
		wg.Go(func() { h.judgeOne(t, x, answers[i], carried) })
	}
	wg.Wait()
}

func (h *harness) judgeOne(t *testing.T, x try, a *answer, carried func(command string) bool) {
	what := fmt.Sprintf("%s, fault on every call %v, part %v: status %d", x.name, x.every, x.part, a.status)
	if a.status == http.StatusInternalServerError {
		t.Errorf("%s\n%s", what, a.text())
		return
	}
	if a.status == http.StatusSeeOther || a.status == http.StatusNoContent {
		a = (&browser{h: h, t: t, cookie: auth.CookieName + "=" + x.cookie}).get(settingsURL)
	}
	said, claims := "", false
	for _, n := range find(a.document(), isClass("toast")) {
		tone, _ := attribute(n, "data-tone")
		said += words(n) + "\n"
		claims = claims || tone != "bad" && !strings.Contains(words(n), "Nothing was changed")
	}
	for _, n := range find(a.document(), isClass("notice")) {
		said += words(n) + "\n"
	}
	if said == "" {
		t.Errorf("%s says nothing\n%s", what, a.text())
		return
	}
	done := carried(x.command)
	if x.done != nil {
		done = x.done(h, x.target)
	}
	switch {
	case done && strings.Contains(said, "Nothing was changed"):
		t.Errorf("%s: it was done, and it says\n%s", what, said)
	case done && !claims && !strings.Contains(said, "not known") && !strings.Contains(said, "done"):
		t.Errorf("%s: it was done, and it says\n%s", what, said)
	case !done && claims:
		t.Errorf("%s: it was not done, and it says\n%s", what, said)
	}
	if testing.Verbose() {
		t.Logf("%s: done %v: %s", what, done, said)
	}
}
