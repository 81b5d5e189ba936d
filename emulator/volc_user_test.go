package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestVolcUsers(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	register := func(users string) volcAnswer {
		t.Helper()
		return r.ok("RegisterUsers", f(`"Users":[%s]`, users))
	}
	get := func(users string) volcAnswer {
		t.Helper()
		return r.ok("BatchGetUser", f(`"UserIds":[%s]`, users))
	}
	r.same(register(f(`{"UserId":%d,"NickName":"克莱奥","Portrait":"p","Tags":["tag1:v1","x"],"Ext":{"a":"b"}},{"UserId":5,"IsRobot":true}`, cleo)), `{"FailedInfos":[]}`)
	r.same(get(f("6,%d,5", cleo)), `{"NotFoundUsers":[6],"Users":[{"AppId":900001,"CreateTime":1704164645250,"Ext":{"a":"b"},"IsRobot":false,"ModifyTime":1704164645250,"NickName":"克莱奥","Portrait":"p",`+
		`"Tags":["tag1:v1","x"],"UserId":9223372036854775807},{"AppId":900001,"CreateTime":1704164645250,"Ext":{},"IsRobot":true,"ModifyTime":1704164645250,"NickName":"","Portrait":"","Tags":[],"UserId":5}]}`)

	a := r.ok("BatchUpdateUser", `"Users":[{"UserId":5,"NickName":"bot","Ext":{"k":"1"}},{"UserId":6,"NickName":"x"}]`)
	r.same(a, `{"FailedInfos":[{"Code":"UserNotFound","Message":"user not found","UserId":6}]}`)
	r.ok("BatchUpdateUser", `"Users":[{"UserId":5,"Portrait":"face","Ext":{"l":"2"}}]`)
	a = get("5")
	for field, want := range map[string]string{"NickName": `"bot"`, "Portrait": `"face"`, "Ext": `{"l":"2"}`, "IsRobot": "true", "CreateTime": "1704164645250", "ModifyTime": "1704164646000"} {
		r.same(a, want, "Users", 0, field)
	}
	a = r.ok("BatchUpdateUserTags", f(`"UserIds":[%d,6],"Tags":["x","y"]`, cleo))
	r.same(a, "6", "FailedInfos", 0, "UserId")
	r.same(get(fmt.Sprint(cleo)), `["tag1:v1","x","y"]`, "Users", 0, "Tags")
	r.ok("BatchUpdateUserTags", f(`"UserIds":[%d],"Tags":["tag1:v1","never"],"Op":1`, cleo))
	r.same(get(fmt.Sprint(cleo)), `["x","y"]`, "Users", 0, "Tags")
	register(f(`{"UserId":%d,"NickName":"again"}`, cleo)) // stored anew
	r.same(get(fmt.Sprint(cleo)), `[]`, "Users", 0, "Tags")
	r.same(r.ok("UnRegisterUsers", f(`"UserIds":[%d,6]`, cleo)), "6", "FailedInfos", 0, "UserId")
	r.same(get(fmt.Sprint(cleo)), f(`{"NotFoundUsers":[%d],"Users":[]}`, cleo))

	user := func(more string) string { return `"Users":[{"UserId":5,` + more + `}]` }
	r.refuses([]volcRefusal{
		{"21 users", "RegisterUsers", f(`"Users":[%s]`, each(`{"UserId":%d}`, 1, 21)), "InvalidParam"},
		{"11 users to update", "BatchUpdateUser", f(`"Users":[%s]`, each(`{"UserId":%d}`, 1, 11)), "InvalidParam"},
		{"11 users to unregister", "UnRegisterUsers", f(`"UserIds":[%s]`, each(`%d`, 1, 11)), "InvalidParam"},
		{"51 users to get", "BatchGetUser", f(`"UserIds":[%s]`, each(`%d`, 1, 51)), "InvalidParam"},
		{"101 users who may be online", "QueryOnlineStatus", f(`"UserIds":[%s]`, each(`%d`, 1, 101)), "InvalidParam"},
		{"51 users to tag", "BatchUpdateUserTags", f(`"UserIds":[%s],"Tags":["x"]`, each(`%d`, 1, 51)), "InvalidParam"},
		{"user 0", "RegisterUsers", `"Users":[{"UserId":0}]`, "InvalidParam"},
		{"a nick of 101", "RegisterUsers", user(f(`"NickName":"%s"`, strings.Repeat("名", 101))), "InvalidParam"},
		{"a portrait of 501", "RegisterUsers", user(f(`"Portrait":"%s"`, strings.Repeat("p", 501))), "InvalidParam"},
		{"21 fields", "RegisterUsers", user(f(`"Ext":{%s}`, each(`"k%d":"v"`, 1, 21))), "InvalidParam"},
		{"a key of 51 bytes", "RegisterUsers", user(f(`"Ext":{"%s":"v"}`, strings.Repeat("k", 51))), "InvalidParam"},
		{"a value of 501 bytes", "RegisterUsers", user(f(`"Ext":{"k":"%s"}`, strings.Repeat("v", 501))), "InvalidParam"},
		{"a key of the service", "BatchUpdateUser", user(`"Ext":{"s:from":"biz"}`), "InvalidParam"},
		{"Op 2", "BatchUpdateUserTags", `"UserIds":[5],"Tags":["x"],"Op":2`, "InvalidParam"},
	})
	register(f(`{"UserId":5,"NickName":"%s","Ext":{%s}}`, strings.Repeat("名", 100), each(`"k%d":"v"`, 1, 20)))
}

func TestVolcOnline(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	r.VolcSignIn(volcApp, anna, "iOS")
	r.VolcSignIn(volcApp, anna, "Web")
	r.VolcSignIn(volcApp, anna, "iOS") // instead of the first
	a := r.ok("QueryOnlineStatus", f(`"UserIds":[%d,%d]`, anna, ben))
	r.same(a, "900001", "AppId")
	on := at(any(a.Result), "QueryOnlineResults").(map[string]any)
	if len(on) != 1 || strings.Join(column(on[fmt.Sprint(anna)], "Platform"), " ") != "Web iOS" || strings.Join(column(on[fmt.Sprint(anna)], "UserId"), " ") != f("%d %[1]d", anna) {
		t.Errorf("online: %v", on)
	}
	r.VolcSignOut(volcApp, anna, "Web")
	a = r.ok("QueryOnlineStatus", f(`"UserIds":[%d]`, anna))
	r.same(a, `"iOS"`, "QueryOnlineResults", fmt.Sprint(anna), 0, "Platform")
	r.VolcSignOut(volcApp, anna, "")
	r.same(r.ok("QueryOnlineStatus", f(`"UserIds":[%d]`, anna)), "{}", "QueryOnlineResults")
}

func TestVolcToken(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	until := r.clock.Now().Add(time.Hour).UnixMilli()
	a := r.ok("GetAppToken", f(`"UserIdStr":"%d","UserId":0,"ExpireTime":%d`, cleo, until))
	token, _ := at(any(a.Result), "Token").(string)
	r.same(a, f(`{"AppId":900001,"Token":"%s","UserId":9223372036854775807,"UserIdStr":"9223372036854775807"}`, token))
	if user, err := r.VolcLogIn(volcApp, token, "Android"); user != cleo || err != nil {
		t.Errorf("logged in as %d, %v", user, err)
	}
	r.same(r.ok("QueryOnlineStatus", f(`"UserIds":[%d]`, cleo)), `"Android"`, "QueryOnlineResults", fmt.Sprint(cleo), 0, "Platform")
	for _, bad := range []string{"", "001", "001AAAA", token[:len(token)-4] + "AAAA", "002" + token[3:]} {
		if user, err := r.VolcLogIn(volcApp, bad, "Android"); err == nil {
			t.Errorf("token %q is taken, for %d", bad, user)
		}
	}
	r.refuses([]volcRefusal{{"in the past", "GetAppToken", f(`"UserId":5,"ExpireTime":%d`, r.clock.Now().UnixMilli()-1), "InvalidParam"}})
	r.clock.Add(time.Hour)
	if _, err := r.VolcLogIn(volcApp, token, "Android"); err == nil {
		t.Error("a token is good for ever")
	}
}

func TestVolcFriends(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	on := f(`"UserId":%d`, olga)
	r.same(r.ok("AddFriend", f(`%s,"FriendUserIds":[%d,%d,%d],"Ext":{"from":"game"}`, on, anna, olga, cleo)), fmt.Sprint(olga), "FailedInfos", 0, "UserId")
	a := r.ok("ListFriend", f(`"UserId":%d,"NeedTotal":true`, anna)) // both ways
	r.same(a, `{"FriendInfos":[{"Alias":"","ApplyTime":1704164645,"CreateTime":1704164645,"Ext":{"from":"game"},"FriendUserId":7200000000000000001,"ModifyTime":1704164645}],`+
		`"HasMore":false,"NewCursor":-1,"NextCursor":-1,"TotalCount":1}`)
	r.clock.Add(time.Second)
	r.same(r.ok("UpdateFriend", f(`%s,"FriendInfos":[{"FriendUserId":%d,"Alias":"大"},{"FriendUserId":%d,"Ext":{"k":"v"}}]`, on, cleo, ben)), `[{"Code":"UserNotFound","Message":"user not found","UserId":7200000000000000005}]`, "FailedInfos")
	r.ok("UpdateFriend", f(`%s,"FriendInfos":[{"FriendUserId":%d,"Ext":{"k":"v"}}]`, on, cleo))
	a = r.ok("ListFriend", on)
	r.expect(a, a.list("FriendUserId", "FriendInfos"), f("%d %d", anna, cleo))
	for field, want := range map[string]string{"Alias": `"大"`, "Ext": `{"from":"game","k":"v"}`, "CreateTime": "1704164645", "ModifyTime": "1704164647"} {
		r.same(a, want, "FriendInfos", 1, field)
	}
	r.same(a, "0", "TotalCount")
	r.ok("AddFriend", f(`%s,"FriendUserIds":[%d]`, on, cleo)) // Ext anew, the rest stays
	a = r.ok("ListFriend", on)
	r.same(a, `{}`, "FriendInfos", 1, "Ext")
	r.same(a, `"大"`, "FriendInfos", 1, "Alias")
	r.same(r.ok("ListFriend", on+`,"InboxType":1`), "[]", "FriendInfos")
	r.same(r.ok("IsFriend", f(`%s,"FriendUserIds":[%d,%d]`, on, ben, cleo)), f(`[{"FriendUserId":%d,"IsFriend":false},{"FriendUserId":%d,"IsFriend":true}]`, ben, cleo), "Infos")
	r.same(r.ok("DeleteFriend", f(`"UserId":%d,"DeleteUserIds":[%d,%d]`, cleo, olga, ben)), `{"FailedInfos":[]}`)
	a = r.ok("ListFriend", on)
	r.expect(a, a.list("FriendUserId", "FriendInfos"), fmt.Sprint(anna))
	r.refuses([]volcRefusal{
		{"11 to add", "AddFriend", f(`%s,"FriendUserIds":[%s]`, on, each("%d", 1, 11)), "InvalidParam"},
		{"11 to delete", "DeleteFriend", f(`%s,"DeleteUserIds":[%s]`, on, each("%d", 1, 11)), "InvalidParam"},
		{"11 to ask for", "IsFriend", f(`%s,"FriendUserIds":[%s]`, on, each("%d", 1, 11)), "InvalidParam"},
		{"11 to update", "UpdateFriend", f(`%s,"FriendInfos":[%s]`, on, each(`{"FriendUserId":%d,"Alias":"a"}`, 1, 11)), "InvalidParam"},
		{"nothing to update", "UpdateFriend", f(`%s,"FriendInfos":[{"FriendUserId":%d}]`, on, anna), "InvalidParam"},
		{"limit 21", "ListFriend", on + `,"Limit":21`, "InvalidParam"},
		{"cursor below 0", "ListFriend", on + `,"Cursor":-1`, "InvalidParam"},
	})
}

func TestVolcFriendPages(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	on := f(`"UserId":%d`, olga)
	var friends, black []string
	for i := range int64(5) {
		r.ok("AddFriend", f(`%s,"FriendUserIds":[%s]`, on, each("%d", 100+10*i, 10)))
		r.ok("AddBlackList", f(`%s,"BlackListInfos":[%s]`, on, each(`{"BlackListUserId":%d}`, 100+10*i, 10)))
	}
	for i := range 50 {
		friends, black = append(friends, fmt.Sprint(100+i)), append(black, fmt.Sprint(149-i))
	}
	for action, c := range map[string]struct {
		list, field string
		want        []string
	}{"ListFriend": {"FriendInfos", "FriendUserId", friends}, "GetBlackList": {"BlackListInfos", "BlackListUserId", black}} {
		var got []string
		for cursor := int64(0); cursor >= 0; {
			a := r.ok(action, f(`%s,"Cursor":%d,"Limit":20,"NeedTotal":true`, on, cursor))
			got = append(got, column(at(any(a.Result), c.list), c.field)...)
			cursor = r.i64(a, "NewCursor")
			r.same(a, fmt.Sprint(cursor), "NextCursor")
			r.same(a, "50", "TotalCount")
		}
		if f("%v", got) != f("%v", c.want) {
			t.Errorf("%s: %v", action, got)
		}
	}
	a := r.ok("GetBlackList", on+`,"Cursor":47,"Limit":20`) // nobody read up to there
	r.expect(a, a.list("BlackListUserId", "BlackListInfos"), "102 101 100")
	a = r.ok("ListFriend", on+`,"Cursor":47,"Limit":0`)
	r.expect(a, a.list("FriendUserId", "FriendInfos"), "147 148 149")
}

func TestVolcBlacklists(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	on := f(`"UserId":%d`, olga)
	r.ok("AddFriend", f(`%s,"FriendUserIds":[%d]`, on, anna))
	r.same(r.ok("AddBlackList", f(`%s,"BlackListInfos":[{"BlackListUserId":%d,"BlackListUserExt":{"a":"1"}},{"BlackListUserId":%d},{"BlackListUserId":%d}]`, on, cleo, anna, olga)), fmt.Sprint(olga), "FailedInfos", 0, "UserId")
	r.same(r.ok("UpdateBlackList", f(`%s,"BlackListInfos":[{"BlackListUserId":%d,"BlackListUserExt":{"b":"2"}},{"BlackListUserId":5}]`, on, cleo)), "5", "FailedInfos", 0, "UserId")
	a := r.ok("GetBlackList", on+`,"Cursor":0,"Limit":20`)
	r.expect(a, a.list("BlackListUserId", "BlackListInfos"), f("%d %d", anna, cleo))
	r.same(a, fmt.Sprint(anna), "BlackListInfos", 0, "FriendUserInfo", "FriendUserId")
	r.same(a, `{"BlackListUserExt":{"a":"1","b":"2"},"BlackListUserId":9223372036854775807,"CreateTime":1704164645,"ModifyTime":1704164645}`, "BlackListInfos", 1)
	r.same(r.ok("IsInBlackList", f(`"UserId":%d,"BlackListUserIds":[%d]`, cleo, olga)), f(`{"%d":false}`, olga), "IsInBlackListInfos") // one way only
	r.same(r.ok("IsInBlackList", f(`%s,"BlackListUserIds":[%d,5]`, on, cleo)), f(`{"5":false,"%d":true}`, cleo), "IsInBlackListInfos")
	r.same(r.ok("RemoveBlackList", f(`%s,"BlackListUserIds":[%d,5]`, on, cleo)), "{}")
	a = r.ok("GetBlackList", on+`,"Cursor":0,"Limit":20`)
	r.expect(a, a.list("BlackListUserId", "BlackListInfos"), fmt.Sprint(anna))
	r.refuses([]volcRefusal{
		{"11 to add", "AddBlackList", f(`%s,"BlackListInfos":[%s]`, on, each(`{"BlackListUserId":%d}`, 1, 11)), "InvalidParam"},
		{"11 to update", "UpdateBlackList", f(`%s,"BlackListInfos":[%s]`, on, each(`{"BlackListUserId":%d}`, 1, 11)), "InvalidParam"},
		{"11 to remove", "RemoveBlackList", f(`%s,"BlackListUserIds":[%s]`, on, each("%d", 1, 11)), "InvalidParam"},
		{"11 to ask for", "IsInBlackList", f(`%s,"BlackListUserIds":[%s]`, on, each("%d", 1, 11)), "InvalidParam"},
		{"limit 21", "GetBlackList", on + `,"Cursor":0,"Limit":21`, "InvalidParam"},
		{"limit 0", "GetBlackList", on + `,"Cursor":0,"Limit":0`, "InvalidParam"},
	})
}

func TestVolcBroadcast(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	r.ok("RegisterUsers", `"Users":[{"UserId":1,"Tags":["a","b"]},{"UserId":2,"Tags":["b"]},{"UserId":3}]`)
	send := func(more string) string {
		return f(`"Sender":%d,"MsgType":10001,"Content":"{}","MsgTTL":604800%s`, cleo, more)
	}
	r.same(r.ok("UserBroadcast", send("")), "{}")
	r.ok("UserBroadcast", send(`,"Tags":["a","b"]`))
	r.ok("UserBroadcast", send(`,"Tags":["a","b"],"TagOp":1,"Ext":{"k":"v"}`))
	resp, err := r.http.Get(r.URL() + "/_emulator/broadcasts")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []struct {
		Sender  string
		Matched int
		AllOf   bool `json:"all_of"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	if f("%v", list) != "[{9223372036854775807 1 true} {9223372036854775807 2 false} {9223372036854775807 3 false}]" {
		t.Errorf("broadcasts: %v", list)
	}
	r.refuses([]volcRefusal{
		{"no life", "UserBroadcast", f(`"Sender":%d,"MsgType":10001,"Content":"{}","MsgTTL":0`, cleo), "InvalidParam"},
		{"more than a week", "UserBroadcast", f(`"Sender":%d,"MsgType":10001,"Content":"{}","MsgTTL":604801`, cleo), "InvalidParam"},
		{"TagOp 2", "UserBroadcast", send(`,"TagOp":2`), "InvalidParam"},
	})
	for range 17 {
		r.ok("UserBroadcast", send(""))
	}
	if a := r.call("UserBroadcast", send("")); a.status != http.StatusTooManyRequests || a.code() != "FlowLimitExceeded" {
		t.Errorf("the 21st of a day: %d %s", a.status, a.text)
	}
	r.clock.Add(24 * time.Hour)
	r.ok("UserBroadcast", send(""))
}
