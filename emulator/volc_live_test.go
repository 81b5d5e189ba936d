package emulator

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestVolcBlocks(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	l := r.create(100, olga, 0)
	on := f(`"ConversationShortId":%d`, l)
	if err := r.VolcEnter(t.Context(), volcApp, l, anna, ben); err != nil {
		t.Fatal(err)
	}
	block := func(more string) volcAnswer {
		t.Helper()
		return r.ok("BatchAddBlockParticipants", on+","+more)
	}
	list := func(more string) volcAnswer {
		t.Helper()
		return r.ok("BatchGetBlockParticipants", on+`,"Cursor":0,"Limit":20`+more)
	}
	r.same(block(f(`"ParticipantBlockInfos":{"%d":60,"%d":3600,"%d":60}`, anna, ben, olga)), `{"FailedParticipantUserIds":[7200000000000000001],"FailedParticipantUserIdsStr":["7200000000000000001"]}`)
	now := r.clock.Now().Unix()
	r.ok("BatchUpdateLiveParticipants", on+f(`,"ParticipantInfos":[{"UserId":%d,"NickName":"安娜","AvatarUrl":"u","Ext":{"a":"b"},"Marks":["vip"]}]`, anna))
	a := list("")
	r.same(a, f(`{"AvatarUrl":"u","BlockTime":%d,"CreateTime":%d,"Ext":{"a":"b"},"Marks":["vip"],"NickName":"安娜","ParticipantUserId":7200000000000000003,"ParticipantUserIdStr":"7200000000000000003"}`, now+60, now), "Participants", 0)
	r.expect(a, a.list("BlockTime", "Participants"), f("%d %d", now+60, now+3600))
	r.same(list(`,"BlockAction":1`), `{"HasMore":false,"NextCursor":-1,"Participants":[]}`)
	r.same(r.ok("BatchGetConversationParticipant", f(`%s,"ParticipantUserIds":[%d]`, on, ben)), fmt.Sprint(now+3600), "Participants", 0, "BlockTime")

	block(f(`"ParticipantBlockInfosStr":{"%d":600}`, anna)) // replaces the end
	now = r.clock.Now().Unix()
	r.same(list(""), fmt.Sprint(now+600), "Participants", 0, "BlockTime")
	r.clock.Add(601 * time.Second)
	r.expect(a, list("").list("ParticipantUserId", "Participants"), fmt.Sprint(ben)) // what is over is not listed
	r.ok("BatchDeleteBlockParticipants", f(`%s,"ParticipantUserIdsStr":["%d"]`, on, ben))
	r.same(list(""), "[]", "Participants")

	// A ban takes out who is in, and is listed apart from mutes.
	r.same(r.ok("GetConversationUserCount", on), "3", "Count")
	block(f(`"ParticipantBlockInfos":{"%d":9223372036854775807},"BlockAction":1`, ben))
	r.same(r.ok("GetConversationUserCount", on), "2", "Count")
	if err := r.VolcEnter(t.Context(), volcApp, l, ben); err == nil {
		t.Error("a banned user came in")
	}
	r.same(list(`,"BlockAction":1`), "9223372036854775807", "Participants", 0, "BlockTime")
	r.ok("BatchDeleteBlockParticipants", f(`%s,"ParticipantUserIds":[%d],"BlockAction":1`, on, ben))
	if err := r.VolcEnter(t.Context(), volcApp, l, ben); err != nil {
		t.Error(err)
	}

	r.refuses([]volcRefusal{
		{"no duration", "BatchAddBlockParticipants", on + `,"ParticipantBlockInfos":{"5":0}`, "InvalidParam"},
		{"a negative one", "BatchAddBlockParticipants", on + `,"ParticipantBlockInfos":{"5":-1}`, "InvalidParam"},
		{"a duration of text", "BatchAddBlockParticipants", on + `,"ParticipantBlockInfos":{"5":"60"}`, "InvalidParam"},
		{"a user who is no number", "BatchAddBlockParticipants", on + `,"ParticipantBlockInfos":{"anna":60}`, "InvalidParam"},
		{"user 05", "BatchAddBlockParticipants", on + `,"ParticipantBlockInfos":{"05":60}`, "InvalidParam"},
		{"51 users", "BatchAddBlockParticipants", on + f(`,"ParticipantBlockInfos":{%s}`, each(`"%d":5`, 1, 51)), "InvalidParam"},
		{"BlockAction 2", "BatchAddBlockParticipants", on + `,"ParticipantBlockInfos":{"5":60},"BlockAction":2`, "InvalidParam"},
		{"limit 21", "BatchGetBlockParticipants", on + `,"Cursor":0,"Limit":21`, "InvalidParam"},
	})

	// Pages go by user: the cursor is the next one.
	block(f(`"ParticipantBlockInfos":{%s}`, each(`"%d":600`, 100, 45)))
	var users []string
	for cursor := int64(0); cursor >= 0; {
		a := r.ok("BatchGetBlockParticipants", f(`%s,"Cursor":%d,"Limit":20`, on, cursor))
		users = append(users, column(at(any(a.Result), "Participants"), "ParticipantUserId")...)
		if cursor = r.i64(a, "NextCursor"); cursor >= 0 && cursor != 100+int64(len(users)) {
			t.Errorf("the cursor is %d after %d users", cursor, len(users))
		}
	}
	if want := strings.ReplaceAll(each("%d", 100, 45), ",", " "); strings.Join(users, " ") != want {
		t.Errorf("pages: %v", users)
	}
}

func TestVolcWhitelistAndManagers(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	l := r.create(100, olga, 0)
	on := f(`"ConversationShortId":%d`, l)
	r.same(r.ok("BatchAddWhitelistParticipant", f(`%s,"OperatorStr":"9","ParticipantUserIds":[%s]`, on, each("%d", 1, 50))), `{"FailedUserIds":[],"FailedUserIdsStr":[]}`)
	r.ok("BatchAddWhitelistParticipant", f(`%s,"Operator":9,"ParticipantUserIdsStr":["%d","51"]`, on, cleo))
	a := r.ok("BatchGetWhitelistParticipant", on+`,"Cursor":48,"Limit":4`)
	r.expect(a, a.list("ParticipantUserId", "Participants"), "48 49 50 51")
	r.same(a, fmt.Sprint(cleo), "NextCursor")
	r.same(a, `{"AvatarUrl":"","CreateTime":1704164645,"Ext":{},"Marks":[],"NickName":"","Operator":9,"OperatorStr":"9","ParticipantUserId":48,"ParticipantUserIdStr":"48"}`, "Participants", 0)
	r.refuses([]volcRefusal{
		{"over 100", "BatchAddWhitelistParticipant", f(`%s,"Operator":9,"ParticipantUserIds":[%s]`, on, each("%d", 60, 49)), "BlockConversationWhiteParticipantMoreThanLimit"},
		{"limit 21", "BatchGetWhitelistParticipant", on + `,"Cursor":0,"Limit":21`, "InvalidParam"},
	})
	r.same(r.ok("BatchGetWhitelistParticipant", on+`,"Cursor":52,"Limit":20`), "-1", "NextCursor") // nothing of the refused was added
	r.ok("BatchRemoveWhitelistParticipant", f(`%s,"Operator":9,"ParticipantUserIds":[%s]`, on, each("%d", 1, 50)))
	a = r.ok("BatchGetWhitelistParticipant", on+`,"Cursor":0,"Limit":20`)
	r.expect(a, a.list("ParticipantUserId", "Participants"), f("51 %d", cleo))

	r.same(r.ok("BatchAddManager", f(`%s,"Operator":9,"ManagerUserIds":[%d,%d,%s]`, on, olga, anna, each("%d", 1, 9))),
		`{"FailedManagerUserIds":[7200000000000000001],"FailedManagerUserIdsStr":["7200000000000000001"]}`)
	r.refuses([]volcRefusal{{"the eleventh", "BatchAddManager", f(`%s,"Operator":9,"ManagerUserIds":[%d]`, on, ben), "ManagerMoreThanLimit"}})
	staff := r.ok("ScanConversationParticipantList", on+`,"Cursor":0,"Limit":20`)
	r.expect(staff, staff.list("Role", "Participants"), "1"+strings.Repeat(" 2", 10))
	r.same(r.ok("BatchRemoveManager", f(`%s,"Operator":9,"RemoveManagerUserIds":[%s]`, on, each("%d", 1, 9))), `{"FailedManagerUserIds":[],"FailedManagerUserIdsStr":[]}`)
	staff = r.ok("ScanConversationParticipantList", on+`,"Cursor":0,"Limit":20`)
	r.expect(staff, staff.list("ParticipantUserId", "Participants"), f("%d %d", olga, anna))
	r.same(r.ok("BatchAddManager", f(`%s,"Operator":9,"ManagerUserIdsStr":["%d"]`, on, ben)), "[]", "FailedManagerUserIds")
}

func TestVolcLiveParticipants(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	l := r.create(100, olga, 0)
	on := f(`"ConversationShortId":%d`, l)
	var users []int64
	for i := range int64(30) {
		users = append(users, 1000+i)
	}
	if err := r.VolcEnter(t.Context(), volcApp, l, users...); err != nil {
		t.Fatal(err)
	}
	r.clock.Add(time.Millisecond)
	if err := r.VolcEnter(t.Context(), volcApp, l, olga, 1000); err != nil { // who is in already keeps his place
		t.Fatal(err)
	}
	all := r.ok("ScanConversationParticipantList", on+`,"Cursor":0,"Limit":20,"Reverse":true`)
	r.expect(all, all.list("ParticipantUserId", "Participants"), fmt.Sprint(olga)) // ordinary members are not listed
	var got []string
	for cursor := int64(0); cursor >= 0; {
		a := r.ok("ScanConversationParticipantList", f(`%s,"Cursor":%d,"Limit":20,"ScanOnlineParticipant":true,"OnlyUserIds":true,"Reverse":true`, on, cursor))
		got = append(got, column(at(any(a.Result), "Participants"), "ParticipantUserId")...)
		cursor = r.i64(a, "NextCursor")
	}
	want := []string{fmt.Sprint(olga)}
	for i := range 30 {
		want = append(want, fmt.Sprint(1029-i))
	}
	if f("%v", got) != f("%v", want) {
		t.Errorf("online, the newest first: %v", got)
	}
	r.refuses([]volcRefusal{{"limit 50 with ids of who is online", "ScanConversationParticipantList", on + `,"Cursor":0,"Limit":50,"ScanOnlineParticipant":true,"OnlyUserIds":true`, "InvalidParam"}})

	// Marks of members.
	a := r.ok("BatchUpdateLiveParticipants", on+`,"ParticipantInfos":[{"UserId":1003,"Marks":["vip","new"]},{"UserIdStr":"1007","NickName":"n","Marks":["vip"]},{"UserId":5,"NickName":"x"}]`)
	r.same(a, `[{"Code":"ParticipantNotInConversation","Message":"participant not in conversation","UserId":5,"UserIdStr":"5"}]`, "FailedInfos")
	a = r.ok("ScanConversationParticipantList", on+`,"Cursor":0,"Limit":20,"ScanOnlineParticipant":true,"MarkType":"vip"`)
	r.expect(a, a.list("ParticipantUserId", "Participants"), "1007 1003")
	r.same(a, `["vip","new"]`, "Participants", 1, "Marks")
	r.ok("BatchUpdateLiveParticipants", on+`,"MarkAction":2,"ParticipantInfos":[{"UserId":1003,"Marks":["vip","other"]}]`)
	a = r.ok("ScanConversationParticipantList", on+`,"Cursor":0,"Limit":20,"ScanOnlineParticipant":true,"MarkType":"vip"`)
	r.expect(a, a.list("ParticipantUserId", "Participants"), "1007")
	r.refuses([]volcRefusal{
		{"nothing to change", "BatchUpdateLiveParticipants", on + `,"ParticipantInfos":[{"UserId":1003}]`, "InvalidParam"},
		{"11 members", "BatchUpdateLiveParticipants", on + f(`,"ParticipantInfos":[%s]`, each(`{"UserId":%d,"NickName":"n"}`, 1000, 11)), "InvalidParam"},
	})

	// More than 200 are not refused, but not answered.
	a = r.ok("QueryLiveParticipantStatus", f(`%s,"ParticipantUserIds":[%s]`, on, each("%d", 900, 250)))
	status := at(any(a.Result), "Status").([]any)
	if len(status) != 200 || f("%v %v", at(status[99], "IsInConversation"), at(status[100], "IsInConversation")) != "false true" {
		t.Errorf("%d of 250 were answered: %v", len(status), status[99:101])
	}
	r.same(a, f(`{"AppId":900001,"ConversationShortId":%d,"CreateTime":1704164645,"IsInConversation":true,"ParticipantUserId":1000,"ParticipantUserIdStr":"1000"}`, l), "Status", 100)

	if err := r.VolcLeave(t.Context(), volcApp, l, append(users[:29:29], olga)...); err != nil {
		t.Fatal(err)
	}
	b := r.ok("BatchGetConversations", f(`"ConversationShortId":[%d],"SkipMemberCount":false`, l))
	r.same(b, "1", "ConversationCoreInfos", 0, "OnlineCount")
	r.same(b, "2", "ConversationCoreInfos", 0, "MemberCount") // and the owner, who left, stays on record
}

func TestVolcGroupMarks(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	on := f(`"ConversationShortId":%d`, r.create(100, olga, 0))
	r.same(r.ok("MarkConversation", on+`,"MarkTypes":["b","a","b"]`), "{}")
	r.ok("MarkConversation", on+`,"MarkTypes":["c","a"],"MarkAction":1`)
	r.same(r.ok("GetConversationMarks", on), `["b","a","c"]`, "MarkTypes")
	r.ok("MarkConversation", on+`,"MarkTypes":["b","nothing"],"MarkAction":2`)
	r.same(r.ok("GetConversationMarks", on), `["a","c"]`, "MarkTypes")
	r.refuses([]volcRefusal{
		{"21 marks", "MarkConversation", f(`%s,"MarkTypes":[%s]`, on, each(`"m%d"`, 1, 19)), "ConversationMarkTypeMoreThanLimit"},
		{"MarkAction 0", "MarkConversation", on + `,"MarkTypes":["b"],"MarkAction":0`, "InvalidParam"},
		{"an empty mark", "MarkConversation", on + `,"MarkTypes":[""]`, "InvalidParam"},
	})
	r.ok("MarkConversation", f(`%s,"MarkTypes":[%s]`, on, each(`"m%d"`, 1, 18)))
	a := r.ok("GetConversationMarks", on)
	if n := len(at(any(a.Result), "MarkTypes").([]any)); n != 20 {
		t.Errorf("%d marks", n)
	}
}
