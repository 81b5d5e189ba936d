package emulator

import (
	"strings"
	"testing"
)

func TestAccountRefusals(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("x", 33)
	many := js(names("m", 101))
	r.refuses([]refusal{
		{"import", account + "account_import", `{"UserID":"a","Nick":"A","FaceUrl":"http://x/y.png"}`, 0},
		{"import by the older name", account + "account_import", `{"Identifier":"b"}`, 0},
		{"import again", account + "account_import", `{"UserID":"a"}`, 0},
		{"import without name", account + "account_import", `{}`, 70402},
		{"import a number", account + "account_import", `{"UserID":7}`, 70402},
		{"import a long name", account + "account_import", `{"UserID":"` + long + `"}`, 70402},
		{"import Chinese name", account + "account_import", `{"UserID":"用户"}`, 70402},
		{"import with a long nick", account + "account_import", `{"UserID":"a","Nick":"` + strings.Repeat("好", 167) + `"}`, 40601},
		{"import with the longest nick", account + "account_import", `{"UserID":"a","Nick":"` + strings.Repeat("x", 500) + `"}`, 0},
		{"import many: none", account + "multiaccount_import", `{"Accounts":[]}`, 70402},
		{"import many: numbers", account + "multiaccount_import", `{"Accounts":[1]}`, 70402},
		{"import many: too many", account + "multiaccount_import", `{"Accounts":` + many + `}`, 70206},
		{"import many: newer form", account + "multiaccount_import", `{"AccountList":[{"UserID":"c","Nick":"C"}]}`, 0},
		{"check none", account + "account_check", `{}`, 70402},
		{"delete without list", account + "account_delete", `{"DeleteItem":null}`, 70402},
		{"delete no objects", account + "account_delete", `{"DeleteItem":["a"]}`, 70402},
		{"kick nobody", account + "kick", `{}`, 70402},
		{"kick a stranger", account + "kick", `{"UserID":"stranger"}`, 70107},
		{"kick", account + "kick", `{"Identifier":"a"}`, 0},
		{"state of nobody", "openim/query_online_status", `{}`, 90003},
		{"state of an empty list", "openim/query_online_status", `{"To_Account":[]}`, 90001},
		{"state of text", "openim/query_online_status", `{"To_Account":"a"}`, 90003},
		{"state of too many", "openim/query_online_status", `{"To_Account":` + js(names("m", 501)) + `}`, 90011},
		{"state by the older call", "openim/querystate", `{"To_Account":["a"]}`, 0},
	})
}

func TestAccountsComeAndGo(t *testing.T) {
	r := newRig(t)
	a := r.ok(account+"multiaccount_import", `{"Accounts":["a","b","名字"]}`)
	r.expect(a, "[名字]", "FailAccounts")
	r.expect(r.ok(account+"multiaccount_import", `{"Accounts":["a"]}`), "[]", "FailAccounts")

	a = r.ok(account+"account_check", `{"CheckItem":[{"UserID":"a"},{"UserID":"zz"},{"UserID":"administrator"}]}`)
	if got := strings.Join(column(a["ResultItem"], "AccountStatus"), " "); got != "Imported NotImported Imported" {
		t.Errorf("check: %s", got)
	}
	r.group("Public", "g", "a", "b")
	a = r.ok(account+"account_delete", `{"DeleteItem":[{"UserID":"a"},{"UserID":"zz"},{"UserID":"a"},{"UserID":"administrator"}]}`)
	if got := strings.Join(column(a["ResultItem"], "ResultCode"), " "); got != "0 70107 70107 70402" {
		t.Errorf("delete: %s", got)
	}
	r.expect(a, "Err_TLS_PT_Open_Login_Account_Not_Exist", "ResultItem", 1, "ResultInfo")
	a = r.ok(group+"get_group_member_info", `{"GroupId":"g"}`)
	r.expect(a, 2, "MemberNum")
	if got := strings.Join(column(a["MemberList"], "Member_Account"), " "); got != "b owner" && got != "owner b" {
		t.Errorf("members after a deletion: %s", got)
	}
}

func TestOnlineStates(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c")
	r.SignIn(testApp, "a", "iPhone")
	a := r.ok("openim/query_online_status", `{"To_Account":["a","b","stranger"],"IsNeedDetail":1}`)
	r.expect(a, "Online", "QueryResult", 0, "Status")
	r.expect(a, "Online", "QueryResult", 0, "State")
	r.expect(a, "iPhone", "QueryResult", 0, "Detail", 0, "Platform")
	r.expect(a, "Offline", "QueryResult", 1, "Status")
	r.expect(a, 70107, "ErrorList", 0, "ErrorCode")
	if n := len(a["QueryResult"].([]any)); n != 2 {
		t.Errorf("%d states", n)
	}
	a = r.ok("openim/querystate", `{"To_Account":["a"]}`)
	r.expect(a, "Online", "QueryResult", 0, "State")
	r.expect(a, "<nil>", "QueryResult", 0, "Status")
	r.ok(account+"kick", `{"UserID":"a"}`)
	r.expect(r.ok("openim/query_online_status", `{"To_Account":["a"]}`), "Offline", "QueryResult", 0, "Status")
}

func TestProfiles(t *testing.T) {
	r := newRig(t)
	r.ok(account+"account_import", `{"UserID":"a","Nick":"A & <B>","FaceUrl":"http://x/y.png"}`)
	r.ok("profile/portrait_set", `{"From_Account":"a","ProfileItem":[{"Tag":"Tag_Profile_IM_Gender","Value":"Gender_Type_Male"},
		{"Tag":"Tag_Profile_IM_BirthDay","Value":"20190419"},{"Tag":"Tag_Profile_Custom_City","Value":"上海"},{"Tag":"Tag_Profile_IM_Level","Value":7}]}`)
	a := r.ok("profile/portrait_get", `{"To_Account":["a","zz"],"TagList":["Tag_Profile_IM_Nick","Tag_Profile_IM_Gender","Tag_Profile_IM_BirthDay","Tag_Profile_IM_Image","Tag_Profile_Custom_City","Tag_Profile_IM_Role","Tag_Profile_IM_Level"]}`)
	got := map[any]any{}
	for _, it := range at(a, "UserProfileItem", 0, "ProfileItem").([]any) {
		got[at(it, "Tag")] = at(it, "Value")
	}
	want := map[any]any{
		"Tag_Profile_IM_Nick": "A & <B>", "Tag_Profile_IM_Gender": "Gender_Type_Male", "Tag_Profile_IM_BirthDay": 20190419.0,
		"Tag_Profile_IM_Image": "http://x/y.png", "Tag_Profile_Custom_City": "上海", "Tag_Profile_IM_Level": 7.0,
	}
	for tag, value := range want {
		if got[tag] != value {
			t.Errorf("%v is %v, want %v", tag, got[tag], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
	r.expect(a, 40003, "UserProfileItem", 1, "ResultCode")
	r.expect(a, "[zz]", "Fail_Account")

	set := func(tag, value string) string {
		return `{"From_Account":"a","ProfileItem":[{"Tag":"` + tag + `","Value":` + value + `}]}`
	}
	r.refuses([]refusal{
		{"get without tags", "profile/portrait_get", `{"To_Account":["a"]}`, 40001},
		{"get an unknown tag", "profile/portrait_get", `{"To_Account":["a"],"TagList":["Tag_Profile_IM_Nope"]}`, 40009},
		{"get too many", "profile/portrait_get", `{"To_Account":` + js(names("m", 101)) + `,"TagList":["Tag_Profile_IM_Nick"]}`, 40001},
		{"set a stranger", "profile/portrait_set", `{"From_Account":"zz","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"x"}]}`, 40003},
		{"set nothing", "profile/portrait_set", `{"From_Account":"a"}`, 40001},
		{"set no value", "profile/portrait_set", `{"From_Account":"a","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick"}]}`, 40001},
		{"set an unknown tag", "profile/portrait_set", set("Tag_Profile_IM_Nope", `"x"`), 40009},
		{"set a custom tag that is too long", "profile/portrait_set", set("Tag_Profile_Custom_Abcdefghi", `"x"`), 40009},
		{"set a number as a nick", "profile/portrait_set", set("Tag_Profile_IM_Nick", `7`), 40610},
		{"set text as a level", "profile/portrait_set", set("Tag_Profile_IM_Level", `"high"`), 40610},
		{"set a list", "profile/portrait_set", set("Tag_Profile_Custom_City", `[]`), 40610},
		{"set an unknown gender", "profile/portrait_set", set("Tag_Profile_IM_Gender", `"X"`), 40605},
		{"set a long place", "profile/portrait_set", set("Tag_Profile_IM_Location", `"12345678901234567"`), 40605},
		{"set a long signature", "profile/portrait_set", set("Tag_Profile_IM_SelfSignature", js(strings.Repeat("x", 501))), 40601},
		{"set a level below zero", "profile/portrait_set", set("Tag_Profile_IM_Level", `-1`), 40605},
	})
}
