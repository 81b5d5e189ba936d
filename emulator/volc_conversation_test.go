package emulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func f(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// each is n users from the given one on, joined by commas; each is put into the format.
func each(format string, from int64, n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, from+int64(i))
	}
	return strings.Join(parts, ",")
}

// list is a field of every item of a list in the result, printed.
func (a volcAnswer) list(field string, path ...any) string {
	return strings.Join(column(at(any(a.Result), path...), field), " ")
}

func (r *volcRig) expect(a volcAnswer, got, want string) {
	r.Helper()
	if got != want {
		r.Errorf("%s: %s, want %s", a.Metadata.Action, got, want)
	}
}

func TestVolcConversationAsItIsSent(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	a := r.ok("CreateConversation", f(`"ConversationCoreInfo":{"ConversationType":2,"Name":"海港","AvatarUrl":"u","Description":"d","Notice":"n","Ext":{"a":"b"}},"OwnerUserId":%d,"InboxType":3`, olga))
	const info = `{"AppId":900001,"AvatarUrl":"u","ConversationId":"1704164645250000000","ConversationShortId":1704164645250000000,"ConversationType":2,"CreateTime":1704164645,` +
		`"CreatorUserId":7200000000000000001,"CreatorUserIdStr":"7200000000000000001","Description":"d","Ext":{"a":"b"},"InboxType":3,"MemberCount":1,"ModifyTime":1704164645,"Name":"海港",` +
		`"Notice":"n","OwnerUserId":7200000000000000001,"OwnerUserIdStr":"7200000000000000001","Status":0}`
	r.same(a, info, "ConversationInfo")
	r.same(a, "1704164645250000000", "ConversationShortId")
	r.same(a, `"1704164645250000000"`, "ConversationId")
	r.same(a, "false", "Exist")
	m := a.Metadata
	if m.Action != "CreateConversation" || m.Version != "2020-12-01" || m.Service != "rtc" || m.Region != "cn-north-1" || len(m.RequestId) < 20 || m.Error != nil {
		t.Errorf("%+v", m)
	}
	if b := r.ok("BatchGetConversations", `"ConversationShortId":[1704164645250000000]`); b.Metadata.RequestId == m.RequestId {
		t.Error("two answers have one RequestId")
	}

	single := r.i64(r.ok("CreateConversation", f(`"ConversationCoreInfo":{"ConversationType":1},"OwnerUserId":%d,"OtherUserId":%d`, olga, cleo)), "ConversationShortId")
	r.same(r.ok("BatchGetConversations", f(`"ConversationShortId":[%d]`, single)), "9223372036854775807", "ConversationCoreInfos", 0, "OtherUserId")
	r.same(r.ok("GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":0,"Limit":20`, cleo)), "7200000000000000001", "ConversationInfos", 0, "OtherUserId")
	live := r.create(100, olga, 0)
	b := r.ok("BatchGetConversations", f(`"ConversationShortId":[%d]`, live))
	r.same(b, "0", "ConversationCoreInfos", 0, "OnlineCount")
	r.same(b, "null", "ConversationCoreInfos", 0, "MemberCount")
}

func TestVolcCreateConversation(t *testing.T) {
	t.Parallel()
	r := newVolcRigWith(t, Config{Volc: []VolcengineApp{{AppID: volcApp, AccessKey: volcAK, SecretKey: volcSK, MaxConversations: 3}}})
	create := func(kind int, more string) volcAnswer {
		return r.ok("CreateConversation", f(`"ConversationCoreInfo":{"ConversationType":%d},"OwnerUserId":%d%s`, kind, olga, more))
	}
	one, two := create(1, f(`,"OtherUserId":%d`, anna)), r.ok("CreateConversation", f(`"ConversationCoreInfo":{"ConversationType":1},"OwnerUserId":%d,"OtherUserIdStr":"%d"`, anna, olga))
	r.same(two, "true", "Exist")
	r.expect(two, fmt.Sprint(r.i64(two, "ConversationShortId")), fmt.Sprint(r.i64(one, "ConversationShortId")))
	inbox := create(1, f(`,"OtherUserId":%d,"InboxType":1`, anna))
	r.same(inbox, "false", "Exist")
	r.same(create(1, f(`,"OtherUserId":%d,"IdempotentId":"x"`, anna)), "false", "Exist")
	r.same(create(2, `,"IdempotentId":"x"`), "true", "Exist") // what there is counts, not what was asked for
	r.refuses([]volcRefusal{
		{"single chat with nobody", "CreateConversation", f(`"ConversationCoreInfo":{"ConversationType":1},"OwnerUserId":%d`, olga), "CreateSingleConversationNeedOtherParticipantId"},
		{"single chat with oneself", "CreateConversation", f(`"ConversationCoreInfo":{"ConversationType":1},"OwnerUserId":%d,"OtherUserId":%[1]d`, olga), "InvalidParam"},
		{"unknown type", "CreateConversation", f(`"ConversationCoreInfo":{"ConversationType":3},"OwnerUserId":%d`, olga), "InvalidParam"},
		{"no type", "CreateConversation", f(`"ConversationCoreInfo":{"Name":"x"},"OwnerUserId":%d`, olga), "InvalidParam"},
		{"name of a wrong type", "CreateConversation", f(`"ConversationCoreInfo":{"ConversationType":2,"Name":5},"OwnerUserId":%d`, olga), "InvalidParam"},
		{"Ext of a wrong type", "CreateConversation", f(`"ConversationCoreInfo":{"ConversationType":2,"Ext":{"a":5}},"OwnerUserId":%d`, olga), "InvalidParam"},
		{"owner of no number", "CreateConversation", `"ConversationCoreInfo":{"ConversationType":2},"OwnerUserIdStr":"olga"`, "InvalidParam"},
		{"owner of two numbers", "CreateConversation", `"ConversationCoreInfo":{"ConversationType":2},"OwnerUserId":5,"OwnerUserIdStr":"6"`, "InvalidParam"},
		{"a fourth conversation", "CreateConversation", f(`"ConversationCoreInfo":{"ConversationType":2},"OwnerUserId":%d`, olga), "MoreThanUserConversationLimit"},
	})
	for range 200 {
		create(100, "")
	}
	r.refuses([]volcRefusal{{"live group 201", "CreateConversation", f(`"ConversationCoreInfo":{"ConversationType":100},"OwnerUserId":%d`, olga), "InvalidParam"}})
}

func TestVolcModifyAndDestroyConversation(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	w := r.world()
	modify := func(more string) string { return f(`"ConversationCoreInfo":{"ConversationShortId":%d%s}`, w.g, more) }
	get := func(path ...any) string {
		b, _ := json.Marshal(at(any(r.ok("BatchGetConversations", f(`"ConversationShortId":[%d]`, w.g)).Result), append([]any{"ConversationCoreInfos", 0}, path...)...))
		return string(b)
	}
	r.ok("ModifyConversation", modify(`,"Notice":"one","Ext":{"a":"1","b":"2"}`))
	r.ok("ModifyConversation", modify(`,"Name":"","Notice":null,"Ext":{"b":"3"}`))
	if got := get("Name") + get("Notice") + get("Ext"); got != `"""one"{"a":"1","b":"3"}` {
		t.Errorf("after two changes: %s", got)
	}
	r.refuses([]volcRefusal{
		{"owner who is no member", "ModifyConversation", modify(f(`,"OwnerUserId":%d`, ben)), "ParticipantNotInConversation"},
		{"unknown conversation", "ModifyConversation", `"ConversationCoreInfo":{"ConversationShortId":5}`, "ConversationNotFound"},
		{"no id", "ModifyConversation", `"ConversationCoreInfo":{"Name":"x"}`, "InvalidParam"},
		{"owner of a single chat", "ModifyConversation", f(`"ConversationCoreInfo":{"ConversationShortId":%d,"OwnerUserId":%d}`, w.s, anna), "SingleConversationNotSupport"},
		{"destroyed by a member", "DestroyConversation", f(`"ConversationShortId":%d,"OwnerUserId":%d`, w.g, anna), "OnlyOwnerCanOperator"},
	})
	r.ok("ModifyConversation", modify(f(`,"OwnerUserIdStr":"%d"`, anna)))
	roles := r.ok("BatchGetConversationParticipant", f(`"ConversationShortId":%d,"ParticipantUserIds":[%d,%d]`, w.g, olga, anna))
	r.expect(roles, roles.list("Role", "Participants"), "0 1")
	r.ok("DestroyConversation", f(`"ConversationShortId":%d,"OwnerUserId":%d`, w.g, anna))
	r.refuses([]volcRefusal{
		{"destroyed twice", "DestroyConversation", f(`"ConversationShortId":%d,"OwnerUserId":%d`, w.g, anna), "ConversationNotFound"},
		{"messages of what is gone", "GetMessages", f(`"ConversationShortId":%d,"MessageIds":[%d]`, w.g, w.m), "ConversationNotFound"},
	})
	r.same(r.ok("BatchGetConversations", f(`"ConversationShortId":[%d,%d]`, w.g, w.l)), fmt.Sprint(w.l), "ConversationCoreInfos", 0, "ConversationShortId")
	mine := r.ok("GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":0,"Limit":20`, anna))
	r.expect(mine, mine.list("ConversationShortId", "ConversationInfos"), fmt.Sprint(w.s))
}

func TestVolcBatchGetConversations(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	w := r.world()
	a := r.ok("BatchGetConversations", f(`"ConversationShortId":[%d,5,%d,%[2]d],"SkipMemberCount":false`, w.s, w.g))
	r.expect(a, a.list("ConversationShortId", "ConversationCoreInfos"), f("%d %d", w.s, w.g))
	r.expect(a, a.list("MemberCount", "ConversationCoreInfos"), "2 2")
	r.refuses([]volcRefusal{
		{"id 0", "BatchGetConversations", f(`"ConversationShortId":[%d,0]`, w.g), "ConversationShortIdsHasInvalidElem"},
		{"id as text", "BatchGetConversations", f(`"ConversationShortId":["%d"]`, w.g), "ConversationShortIdsHasInvalidElem"},
		{"51 ids", "BatchGetConversations", f(`"ConversationShortId":[%s]`, each("%d", 1, 51)), "InvalidParam"},
	})
	r.same(r.ok("BatchGetConversations", f(`"ConversationShortId":[%s]`, each("%d", 1, 50))), "[]", "ConversationCoreInfos")
}

// TestVolcUserConversations reads the pages of each DataType to their ends.
func TestVolcUserConversations(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	var groups, lives []int64
	for range 25 {
		groups = append(groups, r.create(2, olga, 0))
	}
	for range 23 {
		lives = append(lives, r.create(100, olga, 0))
	}
	r.create(2, ben, 0)
	r.ok("CreateConversation", f(`"ConversationCoreInfo":{"ConversationType":2},"OwnerUserId":%d,"InboxType":7`, olga))
	r.say(groups[3], olga, "the latest")
	pages := func(dataType int) (ids []string) {
		for cursor := int64(0); cursor >= 0; {
			a := r.ok("GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":%d,"Limit":10,"DataType":%d`, olga, cursor, dataType))
			ids = append(ids, column(at(any(a.Result), "ConversationInfos"), "ConversationShortId")...)
			next := r.i64(a, "NextCursor")
			if more := fmt.Sprint(at(any(a.Result), "HasMore")); (next < 0) != (more == "false") {
				t.Fatalf("HasMore %s with NextCursor %d", more, next)
			}
			cursor = next
		}
		return ids
	}
	reversed := func(ids []int64) (out []string) {
		for i := len(ids) - 1; i >= 0; i-- {
			out = append(out, fmt.Sprint(ids[i]))
		}
		return out
	}
	active := append([]string{fmt.Sprint(groups[3])}, reversed(append(append([]int64{}, groups[:3]...), groups[4:]...))...)
	if got := pages(0); f("%v", got) != f("%v", active) {
		t.Errorf("DataType 0: %v, want %v", got, active)
	}
	if got := pages(1); f("%v", got) != f("%v", groups) {
		t.Errorf("DataType 1: %v, want %v", got, groups)
	}
	if got := pages(2); f("%v", got) != f("%v", reversed(lives)) {
		t.Errorf("DataType 2: %v, want %v", got, lives)
	}
	a := r.ok("GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":24,"Limit":20,"DataType":1`, olga)) // nobody read up to there: the offset is counted
	r.expect(a, a.list("ConversationShortId", "ConversationInfos"), fmt.Sprint(groups[24]))
	a = r.ok("GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":0,"Limit":20,"InboxType":7,"SkipMemberCount":true`, olga))
	r.same(a, "null", "ConversationInfos", 0, "MemberCount")
	r.same(r.ok("GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":0,"Limit":20`, cleo)), `{"ConversationInfos":[],"HasMore":false,"NextCursor":-1}`)
	r.refuses([]volcRefusal{
		{"limit 21", "GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":0,"Limit":21`, olga), "InvalidParam"},
		{"limit 0", "GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":0,"Limit":0`, olga), "InvalidParam"},
		{"cursor below 0", "GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":-1,"Limit":20`, olga), "InvalidParam"},
		{"DataType 3", "GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":0,"Limit":20,"DataType":3`, olga), "InvalidParam"},
	})
}

func TestVolcSettings(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	g := r.create(2, olga, 0)
	get := f(`"ConversationShortId":%d,"ParticipantUserId":%d`, g, olga)
	set := func(more string) {
		t.Helper()
		r.ok("ModifyConversationSetting", f(`"ConversationSettingInfo":{"ConversationShortId":%d,"ParticipantUserId":%d%s}`, g, olga, more))
	}
	r.refuses([]volcRefusal{
		{"nothing set", "GetConversationSetting", get, "SettingNotFound"},
		{"a stranger", "GetConversationSetting", f(`"ConversationShortId":%d,"ParticipantUserId":%d`, g, ben), "ParticipantNotInConversation"},
		{"of a stranger", "ModifyConversationSetting", f(`"ConversationSettingInfo":{"ConversationShortId":%d,"ParticipantUserId":%d}`, g, ben), "ParticipantNotInConversation"},
		{"of a live group", "ModifyConversationSetting", f(`"ConversationSettingInfo":{"ConversationShortId":%d,"ParticipantUserId":%d}`, r.create(100, olga, 0), olga), "LiveConversationNotSupport"},
	})
	set(`,"IsMute":true,"StickTopTime":5,"Ext":{"a":"1"}`) // IsStickTop is not there, so the time does not count
	set(`,"IsStickTop":true,"StickTopTime":1708935966000,"IsSetFavorite":true,"SetFavoriteTime":7,"Ext":{"b":"2"}`)
	r.say(g, olga, "x")
	r.ok("ModifyParticipantReadIndex", f(`"ConversationShortId":%d,"ParticipantUserId":%d,"ReadIndex":9007199254740993`, g, olga))
	a := r.ok("GetConversationSetting", get)
	r.same(a, f(`{"AppId":900001,"ConversationId":"%d","ConversationShortId":%[1]d,"ConversationType":2,"Ext":{"a":"1","b":"2"},"InboxType":0,"IsMute":true,"IsSetFavorite":true,"IsStickTop":true,`+
		`"ParticipantUserId":7200000000000000001,"ParticipantUserIdStr":"7200000000000000001","ReadIndex":9007199254740993,"SetFavoriteTime":7,"StickTopTime":1708935966000}`, g), "ConversationSettingInfo")
	set(`,"IsStickTop":true,"StickTopTime":0,"IsMute":false`)
	a = r.ok("GetConversationSetting", get+`,"NoReadIndex":true`)
	for field, want := range map[string]string{"IsStickTop": "false", "IsSetFavorite": "true", "IsMute": "false", "ReadIndex": "null"} {
		r.same(a, want, "ConversationSettingInfo", field)
	}
	r.refuses([]volcRefusal{
		{"the same index", "ModifyParticipantReadIndex", get + `,"ReadIndex":9007199254740993`, "InvalidParam"},
		{"a lower index", "ModifyParticipantReadIndex", get + `,"ReadIndex":9007199254740992`, "InvalidParam"},
		{"index of a stranger", "ModifyParticipantReadIndex", f(`"ConversationShortId":%d,"ParticipantUserId":%d,"ReadIndex":5`, g, ben), "ParticipantNotInConversation"},
	})
	r.ok("ModifyParticipantReadIndex", get+`,"ReadIndex":9007199254740994`)
	r.same(r.ok("GetParticipantReadIndex", f(`"ConversationShortId":%d`, g)), `[{"ParticipantUserId":7200000000000000001,"ParticipantUserIdStr":"7200000000000000001","ReadIndex":9007199254740994}]`, "ReadIndexes")
}

func TestVolcParticipants(t *testing.T) {
	t.Parallel()
	r := newVolcRigWith(t, Config{Volc: []VolcengineApp{{AppID: volcApp, AccessKey: volcAK, SecretKey: volcSK, MaxMembers: 4, MaxConversations: 2}}})
	g := r.create(2, olga, 0)
	on := f(`"ConversationShortId":%d`, g)
	add := func(infos, more string) volcAnswer {
		t.Helper()
		return r.ok("BatchAddConversationParticipant", f(`%s,"Operator":5,"ParticipantInfos":[%s]%s`, on, infos, more))
	}
	who := func(user int64) volcAnswer {
		t.Helper()
		return r.ok("BatchGetConversationParticipant", f(`%s,"ParticipantUserIds":[%d]`, on, user))
	}
	r.same(add(f(`{"ParticipantUserId":%d,"Level":3,"NickName":"a","Role":2,"Ext":{"k":"v"},"ReadIndex":8},{"ParticipantUserId":%d,"Role":9}`, anna, ben), ""), `{"FailedUserIds":[]}`)
	r.same(who(anna), f(`{"AvatarUrl":"","BlockTime":0,"ConversationShortId":%d,"CreateTime":1704164645,"Ext":{"k":"v"},"Level":3,"NickName":"a","Operator":5,"OperatorStr":"5",`+
		`"ParticipantUserId":7200000000000000003,"ParticipantUserIdStr":"7200000000000000003","Role":2,"Status":0}`, g), "Participants", 0)
	r.same(who(ben), "0", "Participants", 0, "Role")
	r.same(r.ok("GetParticipantReadIndex", on), "8", "ReadIndexes", 0, "ReadIndex")

	// A mute ends at a time; what a change leaves out stays.
	until := r.clock.Now().Unix() + 600
	change := func(info string) volcAnswer {
		t.Helper()
		return r.ok("BatchModifyConversationParticipant", f(`%s,"Operator":6,"ParticipantInfos":[%s]`, on, info))
	}
	change(f(`{"ParticipantUserId":%d,"BlockTime":%d,"Ext":{"l":"w"}}`, anna, until))
	for field, want := range map[string]string{"BlockTime": fmt.Sprint(until), "Role": "2", "Level": "3", "NickName": `"a"`, "Ext": `{"k":"v","l":"w"}`, "Operator": "6"} {
		r.same(who(anna), want, "Participants", 0, field)
	}
	change(f(`{"ParticipantUserId":%d,"BlockTime":0,"Role":0,"NickName":""}`, anna))
	for field, want := range map[string]string{"BlockTime": "0", "Role": "0", "Level": "3", "NickName": `""`} {
		r.same(who(anna), want, "Participants", 0, field)
	}
	r.same(change(f(`{"ParticipantUserId":%d,"Level":1},{"ParticipantUserId":%d,"Level":1},{"ParticipantUserId":%d,"Role":0}`, cleo, ben, olga)), f("[%d,%d]", cleo, olga), "FailedUserIds")
	r.same(who(ben), "1", "Participants", 0, "Level")

	add(f(`{"ParticipantUserId":%d}`, anna), `,"Barrier":true`) // overwrites
	r.same(who(anna), "0", "Participants", 0, "Level")
	add(f(`{"ParticipantUserId":%d,"Role":0}`, olga), "") // an owner stays one
	r.same(who(olga), "1", "Participants", 0, "Role")

	r.refuses([]volcRefusal{
		{"a second owner", "BatchAddConversationParticipant", f(`%s,"Operator":5,"ParticipantInfos":[{"ParticipantUserId":%d,"Role":1}]`, on, cleo), "OwnerShouldBeEqual"},
		{"made owner", "BatchModifyConversationParticipant", f(`%s,"Operator":5,"ParticipantInfos":[{"ParticipantUserId":%d,"Role":1}]`, on, anna), "OwnerShouldBeEqual"},
		{"user 0", "BatchAddConversationParticipant", f(`%s,"Operator":5,"ParticipantInfos":[{"ParticipantUserId":0}]`, on), "InvalidParam"},
		{"no user", "BatchModifyConversationParticipant", f(`%s,"Operator":5,"ParticipantInfos":[{"Level":5}]`, on), "InvalidParam"},
		{"a level of text", "BatchModifyConversationParticipant", f(`%s,"Operator":5,"ParticipantInfos":[{"ParticipantUserId":%d,"Level":"5"}]`, on, anna), "InvalidParam"},
		{"a mute before 1970", "BatchModifyConversationParticipant", f(`%s,"Operator":5,"ParticipantInfos":[{"ParticipantUserId":%d,"BlockTime":-1}]`, on, anna), "InvalidParam"},
		{"51 members", "BatchAddConversationParticipant", f(`%s,"Operator":5,"ParticipantInfos":[%s]`, on, each(`{"ParticipantUserId":%d}`, 1, 51)), "InvalidParam"},
		{"two more than four", "BatchAddConversationParticipant", f(`%s,"Operator":5,"ParticipantInfos":[%s]`, on, each(`{"ParticipantUserId":%d}`, 1, 2)), "ConversationParticipantsMoreThanLimit"},
	})
	r.create(2, cleo, 0)
	r.create(2, cleo, 0)
	r.same(add(f(`{"ParticipantUserId":%d}`, cleo), ""), f("[%d]", cleo), "FailedUserIds") // is in two conversations

	r.same(r.ok("BatchDeleteConversationParticipant", f(`%s,"Operator":5,"ParticipantUserIds":[%d,%d,%d]`, on, ben, cleo, olga)), f("[%d,%d]", cleo, olga), "FailedUserIds")
	r.same(r.ok("IsUserInConversation", f(`%s,"ParticipantUserId":%d`, on, ben)), "false", "IsUserInConversation")
	r.same(r.ok("IsUserInConversation", f(`%s,"ParticipantUserIdStr":"%d"`, on, anna)), "true", "IsUserInConversation")
	r.same(r.ok("GetConversationUserCount", on), "2", "Count")
	r.same(who(ben), "[]", "Participants")
}

// TestVolcScan reads the pages of members in both directions, of both lengths.
func TestVolcScan(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	g := r.create(2, olga, 0)
	want := []string{fmt.Sprint(olga)}
	r.clock.Add(time.Second) // within one the order is that of users
	for i := range 9 {
		from := int64(1000*i + 1)
		r.ok("BatchAddConversationParticipant", f(`"ConversationShortId":%d,"Operator":5,"ParticipantInfos":[%s]`, g, each(`{"ParticipantUserId":%d}`, from, 13)))
		for n := range int64(13) {
			want = append(want, fmt.Sprint(from+n))
		}
		r.clock.Add(time.Second)
	}
	scan := func(limit int, more string) (users []string) {
		t.Helper()
		for cursor := int64(0); cursor >= 0; {
			a := r.ok("ScanConversationParticipantList", f(`"ConversationShortId":%d,"Cursor":%d,"Limit":%d%s`, g, cursor, limit, more))
			users = append(users, column(at(any(a.Result), "Participants"), "ParticipantUserId")...)
			cursor = r.i64(a, "NextCursor")
		}
		return users
	}
	back := make([]string, len(want))
	for i, u := range want {
		back[len(want)-1-i] = u
	}
	for _, c := range []struct {
		name  string
		got   []string
		wants []string
	}{
		{"by 20", scan(20, ""), want},
		{"by 7", scan(7, ""), want},
		{"backward by 20", scan(20, `,"Reverse":true`), back},
		{"ids by 50", scan(50, `,"OnlyUserIds":true`), want},
		{"ids backward by 33", scan(33, `,"OnlyUserIds":true,"Reverse":true`), back},
		{"online ones, of which a group knows none", scan(20, `,"ScanOnlineParticipant":true`), nil},
	} {
		if f("%v", c.got) != f("%v", c.wants) {
			t.Errorf("%s: %v", c.name, c.got)
		}
	}
	on := f(`"ConversationShortId":%d`, g)
	// Who reads on after somebody left misses nobody.
	page := r.ok("ScanConversationParticipantList", on+`,"Cursor":0,"Limit":20`)
	r.ok("BatchDeleteConversationParticipant", on+`,"Operator":5,"ParticipantUserIds":[1,2]`)
	page = r.ok("ScanConversationParticipantList", f(`%s,"Cursor":%d,"Limit":20`, on, r.i64(page, "NextCursor")))
	r.same(page, want[20], "Participants", 0, "ParticipantUserId")
	r.ok("BatchAddConversationParticipant", on+`,"Operator":5,"ParticipantInfos":[{"ParticipantUserId":9998},{"ParticipantUserId":9999}]`)

	r.clock.Add(5 * time.Minute) // nobody remembers how far others read: the offset is counted
	r.same(r.ok("ScanConversationParticipantList", on+`,"Cursor":117,"Limit":50,"OnlyUserIds":true`), f(`{"HasMore":false,"NextCursor":-1,"Participants":[{"ConversationShortId":%d,`+
		`"ParticipantUserId":9999,"ParticipantUserIdStr":"9999"}]}`, g))
	r.same(r.ok("ScanConversationParticipantList", on+`,"Cursor":5000,"Limit":20`), `{"HasMore":false,"NextCursor":-1,"Participants":[]}`)
	r.refuses([]volcRefusal{
		{"limit 21 with all", "ScanConversationParticipantList", on + `,"Cursor":0,"Limit":21`, "InvalidParam"},
		{"limit 51 of ids", "ScanConversationParticipantList", on + `,"Cursor":0,"Limit":51,"OnlyUserIds":true`, "InvalidParam"},
		{"limit 0", "ScanConversationParticipantList", on + `,"Cursor":0,"Limit":0`, "InvalidParam"},
		{"cursor below 0", "ScanConversationParticipantList", on + `,"Cursor":-1,"Limit":20`, "InvalidParam"},
	})
}
