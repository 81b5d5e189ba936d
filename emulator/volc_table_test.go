package emulator

import (
	"fmt"
	"strings"
	"testing"
)

// Users of the tests, all of them beyond what a float64 can hold.
const (
	olga = 7200000000000000001
	anna = 7200000000000000003
	ben  = 7200000000000000005
	cleo = 9223372036854775807
)

// volcField is one field of a request. In its value $O, $A, $B are users and $G, $L, $S, $M a group, a live group, a single chat and a message of
// the group.
type volcField struct {
	name, value string
	required    bool
}

// volcAction is an action with a request that works: on which of the conversations, and with which fields.
type volcAction struct {
	name, on string
	fields   []volcField
	bad      []string // kinds of conversations it is not for, as "S SingleConversationNotSupport"
}

func req(name, value string) volcField { return volcField{name, value, true} }
func opt(name, value string) volcField { return volcField{name, value, false} }

var csi = req("ConversationShortId", "$C")

var (
	notSingle = "S SingleConversationNotSupport"
	notLive   = "L LiveConversationNotSupport"
)

func onlyLive() []string {
	return []string{"S OnlyLiveConversationSupport", "G OnlyLiveConversationSupport"}
}

// volcActions are all 56.
var volcActions = []volcAction{
	{"CreateConversation", "", []volcField{
		req("ConversationCoreInfo", `{"ConversationType":2,"Name":"n","Ext":{"a":"b"}}`), req("OwnerUserId", "$O"), opt("OtherUserId", "$A"), opt("InboxType", "0"), opt("IdempotentId", `"x"`),
	}, nil},
	{"ModifyConversation", "", []volcField{req("ConversationCoreInfo", `{"ConversationShortId":$G,"Name":"m"}`)}, nil},
	{"DestroyConversation", "G", []volcField{csi, req("OwnerUserId", "$O")}, []string{notSingle}},
	{"BatchGetConversations", "", []volcField{req("ConversationShortId", "[$G]"), opt("SkipMemberCount", "false")}, nil},
	{"GetUserConversations", "", []volcField{
		req("ParticipantUserId", "$O"), req("Cursor", "0"), req("Limit", "20"), opt("DataType", "1"), opt("InboxType", "0"), opt("SkipMemberCount", "true"),
	}, nil},
	{"GetConversationSetting", "G", []volcField{csi, req("ParticipantUserId", "$A"), opt("NoReadIndex", "true")}, []string{notLive}},
	{"ModifyConversationSetting", "", []volcField{req("ConversationSettingInfo", `{"ConversationShortId":$G,"ParticipantUserId":$A,"IsMute":true}`)}, nil},

	{"BatchAddConversationParticipant", "G", []volcField{
		csi, req("Operator", "$O"), req("ParticipantInfos", `[{"ParticipantUserId":$B}]`), opt("Barrier", "true"),
	}, []string{notSingle, notLive}},
	{"BatchDeleteConversationParticipant", "G", []volcField{csi, req("Operator", "$O"), req("ParticipantUserIds", "[$A]")}, []string{notSingle, notLive}},
	{"BatchModifyConversationParticipant", "G", []volcField{
		csi, req("Operator", "$O"), req("ParticipantInfos", `[{"ParticipantUserId":$A,"Level":3}]`),
	}, []string{notSingle, notLive}},
	{"BatchGetConversationParticipant", "G", []volcField{csi, req("ParticipantUserIds", "[$A]")}, nil},
	{"ScanConversationParticipantList", "G", []volcField{
		csi, req("Cursor", "0"), req("Limit", "20"), opt("Reverse", "true"), opt("OnlyUserIds", "true"), opt("ScanOnlineParticipant", "false"), opt("MarkType", `"m"`),
	}, nil},
	{"GetConversationUserCount", "G", []volcField{csi}, nil},
	{"IsUserInConversation", "G", []volcField{csi, req("ParticipantUserId", "$A")}, nil},
	{"GetParticipantReadIndex", "G", []volcField{csi}, []string{notLive}},
	{"ModifyParticipantReadIndex", "G", []volcField{csi, req("ParticipantUserId", "$A"), req("ReadIndex", "9007199254740993")}, []string{notLive}},

	{"BatchAddBlockParticipants", "L", []volcField{csi, req("ParticipantBlockInfos", `{"7200000000000000003":60}`), opt("BlockAction", "0")}, onlyLive()},
	{"BatchDeleteBlockParticipants", "L", []volcField{csi, req("ParticipantUserIds", "[$A]"), opt("BlockAction", "1")}, onlyLive()},
	{"BatchGetBlockParticipants", "L", []volcField{csi, req("Cursor", "0"), req("Limit", "20"), opt("BlockAction", "1")}, onlyLive()},
	{"BatchAddWhitelistParticipant", "L", []volcField{csi, req("Operator", "$O"), req("ParticipantUserIds", "[$A]")}, onlyLive()},
	{"BatchRemoveWhitelistParticipant", "L", []volcField{csi, req("Operator", "$O"), req("ParticipantUserIds", "[$A]")}, onlyLive()},
	{"BatchGetWhitelistParticipant", "L", []volcField{csi, req("Cursor", "0"), req("Limit", "20")}, onlyLive()},
	{"BatchAddManager", "L", []volcField{csi, req("Operator", "$O"), req("ManagerUserIds", "[$A]")}, onlyLive()},
	{"BatchRemoveManager", "L", []volcField{csi, req("Operator", "$O"), req("RemoveManagerUserIds", "[$A]")}, onlyLive()},
	{"MarkConversation", "L", []volcField{csi, req("MarkTypes", `["m"]`), opt("MarkAction", "1"), opt("Operator", "$O")}, onlyLive()},
	{"GetConversationMarks", "L", []volcField{csi}, onlyLive()},
	{"BatchUpdateLiveParticipants", "L", []volcField{csi, req("ParticipantInfos", `[{"UserId":$O,"NickName":"n"}]`), opt("MarkAction", "2")}, onlyLive()},
	{"QueryLiveParticipantStatus", "L", []volcField{csi, req("ParticipantUserIds", "[$A]")}, onlyLive()},

	{"SendMessage", "G", []volcField{
		csi, req("Sender", "$O"), req("MsgType", "10001"), req("Content", `"{}"`), opt("Ext", `{"a":"b"}`), opt("ClientMsgId", `"c"`), opt("CreateTime", "1"),
		opt("MentionedUsers", "[$A]"), opt("VisibleUsers", "[$A]"), opt("InvisibleUsers", "[$B]"), opt("RefMsgInfo", `{"ReferencedMessageId":$M,"Hint":"h"}`), opt("Priority", "2"),
	}, nil},
	{"BatchSendMessage", "", []volcField{
		req("Sender", "$O"), req("Receiver", "[$A,$B]"), req("MsgType", "10001"), req("Content", `"{}"`), opt("InboxType", "1"), opt("Ext", `{"a":"b"}`), opt("IsNormalUser", "true"),
	}, nil},
	{"BatchSendGroupMessage", "", []volcField{
		req("Sender", "$O"), req("ConversationType", "2"), req("ConversationShortIds", "[$G]"), req("MsgType", "10001"), req("Content", `"{}"`), opt("MentionedUsers", "[$A]"),
		opt("VisibleUsers", "[$A]"), opt("InvisibleUsers", "[$B]"), opt("Ext", `{"a":"b"}`), opt("ClientMsgId", `"c"`), opt("CreateTime", "1"), opt("Priority", "0"),
	}, nil},
	{"GetMessages", "G", []volcField{csi, req("MessageIds", "[$M]")}, nil},
	{"GetConversationMessages", "G", []volcField{csi, req("Cursor", "0"), req("Limit", "20"), opt("Reverse", "1")}, nil},
	{"RecallMessage", "G", []volcField{csi, req("MessageId", "$M"), req("ParticipantUserId", "$O"), opt("RecallRole", "1")}, nil},
	{"DeleteMessage", "G", []volcField{csi, req("ParticipantUserId", "$A"), req("MessageId", "$M")}, nil},
	{"DeleteConversationMessage", "G", []volcField{csi, req("MessageId", "$M"), opt("DeleteType", "1")}, nil},
	{"ModifyMessage", "G", []volcField{csi, req("MessageId", "$M"), opt("Content", `"c"`), opt("Ext", `{"a":"b"}`)}, nil},
	{"GetMessagesReadReceipt", "G", []volcField{csi, req("MessageIds", "[$M]")}, []string{notLive}},

	{"RegisterUsers", "", []volcField{req("Users", `[{"UserId":$A,"NickName":"n","Portrait":"p","Tags":["t"],"Ext":{"a":"b"},"IsRobot":false}]`)}, nil},
	{"UnRegisterUsers", "", []volcField{req("UserIds", "[$A]")}, nil},
	{"BatchGetUser", "", []volcField{req("UserIds", "[$A]")}, nil},
	{"BatchUpdateUser", "", []volcField{req("Users", `[{"UserId":$A,"NickName":"n"}]`)}, nil},
	{"BatchUpdateUserTags", "", []volcField{req("UserIds", "[$A]"), req("Tags", `["t"]`), opt("Op", "1")}, nil},
	{"QueryOnlineStatus", "", []volcField{req("UserIds", "[$A]")}, nil},

	{"AddFriend", "", []volcField{req("UserId", "$O"), req("FriendUserIds", "[$A]"), opt("Ext", `{"a":"b"}`), opt("InboxType", "0")}, nil},
	{"DeleteFriend", "", []volcField{req("UserId", "$O"), req("DeleteUserIds", "[$A]"), opt("InboxType", "0")}, nil},
	{"UpdateFriend", "", []volcField{req("UserId", "$O"), req("FriendInfos", `[{"FriendUserId":$A,"Alias":"a"}]`), opt("InboxType", "0")}, nil},
	{"ListFriend", "", []volcField{req("UserId", "$O"), opt("Cursor", "0"), opt("Limit", "20"), opt("NeedTotal", "true"), opt("InboxType", "0")}, nil},
	{"IsFriend", "", []volcField{req("UserId", "$O"), req("FriendUserIds", "[$A]"), opt("InboxType", "0")}, nil},
	{"AddBlackList", "", []volcField{req("UserId", "$O"), req("BlackListInfos", `[{"BlackListUserId":$A,"BlackListUserExt":{"a":"b"}}]`), opt("InboxType", "0")}, nil},
	{"RemoveBlackList", "", []volcField{req("UserId", "$O"), req("BlackListUserIds", "[$A]"), opt("InboxType", "0")}, nil},
	{"UpdateBlackList", "", []volcField{req("UserId", "$O"), req("BlackListInfos", `[{"BlackListUserId":$A}]`), opt("InboxType", "0")}, nil},
	{"GetBlackList", "", []volcField{req("UserId", "$O"), req("Cursor", "0"), req("Limit", "20"), opt("NeedTotal", "true"), opt("InboxType", "0")}, nil},
	{"IsInBlackList", "", []volcField{req("UserId", "$O"), req("BlackListUserIds", "[$A]"), opt("InboxType", "0")}, nil},

	{"UserBroadcast", "", []volcField{
		req("Sender", "$O"), req("MsgType", "10001"), req("Content", `"{}"`), req("MsgTTL", "60"), opt("Tags", `["t"]`), opt("TagOp", "1"), opt("Ext", `{"a":"b"}`), opt("InboxType", "0"),
	}, nil},
	{"GetAppToken", "", []volcField{req("UserId", "$A"), req("ExpireTime", "9223372036854")}, nil},
}

// world is what the requests of the table are about.
type volcWorld struct{ g, l, s, m int64 }

func (r *volcRig) world() volcWorld {
	r.Helper()
	w := volcWorld{g: r.create(2, olga, 0), l: r.create(100, olga, 0), s: r.create(1, olga, anna)}
	r.ok("BatchAddConversationParticipant", fmt.Sprintf(`"ConversationShortId":%d,"Operator":1,"ParticipantInfos":[{"ParticipantUserId":%d}]`, w.g, anna))
	r.ok("ModifyConversationSetting", fmt.Sprintf(`"ConversationSettingInfo":{"ConversationShortId":%d,"ParticipantUserId":%d,"IsMute":false}`, w.g, anna))
	w.m = r.say(w.g, olga, "hello")
	return w
}

// say sends a text and returns its MessageId.
func (r *volcRig) say(conversation, sender int64, words string) int64 {
	r.Helper()
	return r.i64(r.ok("SendMessage", fmt.Sprintf(`"ConversationShortId":%d,"Sender":%d,"MsgType":10001,"Content":"{\"text\":\"%s\"}"`, conversation, sender, words)), "MessageId")
}

// fill puts the world into a template. on is what $C stands for.
func (w volcWorld) fill(on, template string) string {
	c := map[string]int64{"G": w.g, "L": w.l, "S": w.s}[on]
	return strings.NewReplacer("$O", fmt.Sprint(olga), "$A", fmt.Sprint(anna), "$B", fmt.Sprint(ben), "$G", fmt.Sprint(w.g), "$L", fmt.Sprint(w.l),
		"$S", fmt.Sprint(w.s), "$M", fmt.Sprint(w.m), "$C", fmt.Sprint(c)).Replace(template)
}

// with is the request with one field's value exchanged; "" leaves the field out.
func (a volcAction) with(name, value string) string {
	var parts []string
	for _, f := range a.fields {
		if f.name == name {
			if f.value = value; value == "" {
				continue
			}
		}
		parts = append(parts, fmt.Sprintf(`"%s":%s`, f.name, f.value))
	}
	return strings.Join(parts, ",")
}

// wrong are values of other types than the given one's.
func wrong(value string) []string {
	switch c := value[0]; {
	case c == '"':
		return []string{"5", `["x"]`, "true"}
	case c == '[':
		return []string{`"x"`, "5", `{}`, `[1.5]`, `[true]`}
	case c == '{':
		return []string{`"x"`, "5", `[]`}
	case c == 't' || c == 'f':
		return []string{`"true"`, "1"}
	}
	return []string{`"5"`, "1.5", "9223372036854775808", "true", "[]"}
}

// TestVolcRequests has every action called with each of its fields missing, null, and of a wrong type, on each kind of conversation, and
// on one that is not there.
func TestVolcRequests(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	if len(volcActions) != 56 {
		t.Fatalf("the table has %d actions, the documentation 56", len(volcActions))
	}
	names := r.volc.Actions()
	if len(names) != 56 {
		t.Errorf("%d actions are served", len(names))
	}
	for _, a := range volcActions {
		w := r.world()
		var cases []volcRefusal
		add := func(name, template, code string) {
			cases = append(cases, volcRefusal{name, a.name, w.fill(a.on, template), code})
		}
		for _, f := range a.fields {
			if f.required {
				add(f.name+" missing", a.with(f.name, ""), "InvalidParam")
				add(f.name+" null", a.with(f.name, "null"), "InvalidParam")
			}
			for _, v := range wrong(f.value) {
				code := "InvalidParam"
				if a.name == "BatchGetConversations" && strings.HasPrefix(v, "[") {
					code = "ConversationShortIdsHasInvalidElem"
				}
				add(f.name+" of a wrong type", a.with(f.name, v), code)
			}
			switch {
			case f.value[0] == '[' && f.required:
				add(f.name+" empty", a.with(f.name, "[]"), "InvalidParam")
			case f.value == "$O" || f.value == "$A":
				add(f.name+" below 0", a.with(f.name, "-5"), "InvalidParam")
			}
		}
		if a.on != "" {
			add("unknown conversation", a.with("ConversationShortId", "1691070514797524328"), "ConversationNotFound")
			add("conversation 0", a.with("ConversationShortId", "0"), "InvalidParam")
		}
		for _, bad := range a.bad {
			kind, code, _ := strings.Cut(bad, " ")
			cases = append(cases, volcRefusal{"on " + kind, a.name, w.fill(kind, a.with("", "")), code})
		}
		before := r.Calls(a.name)
		r.refuses(cases)
		if n := r.Calls(a.name) - before; n != int64(len(cases)) {
			t.Errorf("%s: %d of %d calls were counted", a.name, n, len(cases))
		}
		r.ok(a.name, w.fill(a.on, a.with("", "")))
		for _, f := range a.fields {
			if !f.required && a.name != "ModifyMessage" && a.name != "DestroyConversation" && a.name != "CreateConversation" {
				w = r.again(a, w)
				r.ok(a.name, w.fill(a.on, a.with(f.name, "null")))
			}
		}
	}
}

// again is a new world for actions that use theirs up.
func (r *volcRig) again(a volcAction, w volcWorld) volcWorld {
	if a.name == "RecallMessage" || a.name == "DeleteConversationMessage" {
		w.m = r.say(w.g, olga, "again")
	}
	return w
}
