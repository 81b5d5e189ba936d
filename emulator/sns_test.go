package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const sns = "sns/"

// results prints "account code" of each item of a list.
func results(list any) string {
	items, _ := list.([]any)
	text := make([]string, len(items))
	for i, it := range items {
		text[i] = fmt.Sprint(at(it, "To_Account"), " ", num(at(it, "ResultCode")))
	}
	return strings.Join(text, ", ")
}

// gets makes a call that works and compares what is at path with want.
func (r *rig) gets(command, body string, want any, path ...any) answer {
	r.Helper()
	a := r.ok(command, body)
	r.expect(a, want, path...)
	return a
}

// add is the body of friend_add or friend_import for one user.
func add(from, to, fields string) string {
	return fmt.Sprintf(`{"From_Account":%q,"AddFriendItem":[{"To_Account":%q%s}]`, from, to, fields)
}

// relation is what friend_check says in both directions.
func (r *rig) relation(a, b string) string {
	r.Helper()
	return fmt.Sprint(at(r.ok(sns+"friend_check", fmt.Sprintf(`{"From_Account":%q,"To_Account":[%q],"CheckType":"CheckResult_Type_Both"}`, a, b)), "InfoItem", 0, "Relation"))
}

func (r *rig) befriend(a, b string) {
	r.Helper()
	r.gets(sns+"friend_add", add(a, b, "")+`}`, 0, "ResultItem", 0, "ResultCode")
}

func TestFriendsAreAdded(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "asks", "denies", "forbidden", "blocked", "blocks")
	profile := func(who, tag, value string) {
		r.ok("profile/portrait_set", fmt.Sprintf(`{"From_Account":%q,"ProfileItem":[{"Tag":"Tag_Profile_IM_%s","Value":%q}]}`, who, tag, value))
	}
	profile("asks", "AllowType", "AllowType_Type_NeedConfirm")
	profile("denies", "AllowType", "AllowType_Type_DenyAny")
	profile("forbidden", "AdminForbidType", "AdminForbid_Type_SendOut")
	r.ok(sns+"black_list_add", `{"From_Account":"a","To_Account":["blocked"]}`)
	r.ok(sns+"black_list_add", `{"From_Account":"blocks","To_Account":["a"]}`)
	tests := []struct {
		name, from, to, item, fields string
		code                         int
		relation                     string
	}{
		{"a stranger to the service", "a", "zz", "", "", 30003, ""},
		{"himself", "a", "a", "", "", 30001, ""},
		{"one way", "a", "b", `,"Remark":"bee","AddSource":"AddSource_Type_Web"`, `,"AddType":"Add_Type_Single"`, 0, "AWithB"},
		{"the same again", "a", "b", "", `,"AddType":"Add_Type_Single"`, 30001, "AWithB"},
		{"the other way with both", "a", "b", "", "", 0, "BothWay"},
		{"both again", "b", "a", "", `,"AddType":"Add_Type_Both"`, 30001, "BothWay"},
		{"somebody who wants to be asked", "a", "asks", `,"AddWording":"hello"`, "", 30539, "NoRelation"},
		{"asked again", "a", "asks", `,"AddWording":"hello?"`, "", 30539, "NoRelation"},
		{"somebody who denies all", "a", "denies", "", "", 30516, "NoRelation"},
		{"by force", "a", "denies", "", `,"ForceAddFlags":1`, 0, "BothWay"},
		{"by somebody who may not", "forbidden", "b", "", "", 30009, "NoRelation"},
		{"by him, by force", "forbidden", "b", "", `,"ForceAddFlags":1`, 0, "BothWay"},
		{"somebody he blocks", "a", "blocked", "", "", 30515, "NoRelation"},
		{"somebody who blocks him", "a", "blocks", "", `,"ForceAddFlags":1`, 30525, "NoRelation"},
		{"somebody he blocks, the other way", "blocked", "a", "", "", 30525, "NoRelation"},
		{"long remark", "a", "forbidden", `,"Remark":"` + strings.Repeat("é", 49) + `"`, "", 30001, "NoRelation"},
		{"long wording", "a", "forbidden", `,"AddWording":"` + strings.Repeat("x", 257) + `"`, "", 30001, "NoRelation"},
		{"source without its prefix", "a", "forbidden", `,"AddSource":"Web"`, "", 30001, "NoRelation"},
		{"source of nine letters", "a", "forbidden", `,"AddSource":"AddSource_Type_abcdefghi"`, "", 30001, "NoRelation"},
		{"list with a long name", "a", "forbidden", `,"GroupName":"` + strings.Repeat("x", 31) + `"`, "", 30001, "NoRelation"},
	}
	for _, tt := range tests {
		a := r.ok(sns+"friend_add", add(tt.from, tt.to, tt.item)+tt.fields+`}`)
		if got := results(a["ResultItem"]); got != fmt.Sprint(tt.to, " ", tt.code) {
			t.Errorf("%s: %s, want %d", tt.name, got, tt.code)
		}
		if info := fmt.Sprint(at(a, "ResultItem", 0, "ResultInfo")); (tt.code == 0) != (info == "") || tt.code != 0 && !strings.HasPrefix(info, "Err_SNS_FriendAdd_") {
			t.Errorf("%s: ResultInfo %q", tt.name, info)
		}
		if want := map[bool]string{true: "<nil>", false: "[" + tt.to + "]"}[tt.code == 0]; fmt.Sprint(a["Fail_Account"]) != want {
			t.Errorf("%s: Fail_Account %v", tt.name, a["Fail_Account"])
		}
		if tt.relation != "" {
			if got := r.relation(tt.from, tt.to); got != "CheckResult_Type_"+tt.relation {
				t.Errorf("%s: afterwards %s", tt.name, got)
			}
		}
	}
	r.refuses([]refusal{
		{"nobody asks", sns + "friend_add", `{"AddFriendItem":[{"To_Account":"b"}]}`, 30001},
		{"a stranger asks", sns + "friend_add", add("zz", "b", "") + `}`, 30003},
		{"nobody is asked", sns + "friend_add", `{"From_Account":"a","AddFriendItem":[]}`, 30001},
		{"items are text", sns + "friend_add", `{"From_Account":"a","AddFriendItem":"b"}`, 30001},
		{"an item without account", sns + "friend_add", `{"From_Account":"a","AddFriendItem":[{"Remark":"x"}]}`, 30001},
		{"GroupName is a list", sns + "friend_add", add("a", "b", `,"GroupName":["x"]`) + `}`, 30001},
		{"unknown type", sns + "friend_add", add("a", "b", "") + `,"AddType":"Both"}`, 30001},
		{"force is text", sns + "friend_add", add("a", "b", "") + `,"ForceAddFlags":"yes"}`, 30001},
		{"body is a list", sns + "friend_add", `[]`, 60003},
		{"no such command", sns + "friend_hug", `{}`, 60009},
	})
}

func TestFriendRequestIsAnswered(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c")
	r.ok("profile/portrait_set", `{"From_Account":"b","ProfileItem":[{"Tag":"Tag_Profile_IM_AllowType","Value":"AllowType_Type_NeedConfirm"}]}`)
	ask := func(from, fields string) {
		r.gets(sns+"friend_add", add(from, "b", `,"Remark":"bee","GroupName":"work","AddWording":"hi"`)+fields+`}`, 30539, "ResultItem", 0, "ResultCode")
	}
	answer := func(asker string, agree bool) {
		t.Helper()
		if err := r.AnswerFriend(t.Context(), testApp, "b", asker, agree); err != nil {
			t.Error(err)
		}
	}
	ask("a", "")
	answer("a", false)
	if got := r.relation("a", "b"); got != "CheckResult_Type_NoRelation" {
		t.Errorf("refused: %s", got)
	}
	if err := r.AnswerFriend(t.Context(), testApp, "b", "a", true); err == nil {
		t.Error("a request was answered twice")
	}
	ask("a", "")
	answer("a", true)
	if got := r.relation("a", "b"); got != "CheckResult_Type_BothWay" {
		t.Errorf("agreed: %s", got)
	}
	r.gets(sns+"friend_get_list", `{"From_Account":"a","To_Account":["b"],"TagList":["Tag_SNS_IM_Remark","Tag_SNS_IM_Group","Tag_SNS_IM_AddWording"]}`,
		"[map[Tag:Tag_SNS_IM_Remark Value:bee] map[Tag:Tag_SNS_IM_Group Value:[work]] map[Tag:Tag_SNS_IM_AddWording Value:hi]]", "InfoItem", 0, "SnsProfileItem")
	ask("c", `,"AddType":"Add_Type_Single"`)
	answer("c", true)
	if got := r.relation("c", "b"); got != "CheckResult_Type_AWithB" {
		t.Errorf("agreed to one way: %s", got)
	}
	// Blocking somebody takes back what either has asked.
	r.ok(sns+"friend_delete", `{"From_Account":"c","To_Account":["b"]}`)
	ask("c", "")
	r.ok(sns+"black_list_add", `{"From_Account":"b","To_Account":["c"]}`)
	if err := r.AnswerFriend(t.Context(), testApp, "b", "c", true); err == nil {
		t.Error("a blocked user's request was still there")
	}
}

func TestPendingRequestsAreLimited(t *testing.T) {
	r := newRig(t)
	askers := names("p", 101)
	r.people(append([]string{"b"}, askers...)...)
	r.ok("profile/portrait_set", `{"From_Account":"b","ProfileItem":[{"Tag":"Tag_Profile_IM_AllowType","Value":"AllowType_Type_NeedConfirm"}]}`)
	for i, who := range askers {
		want := 30539
		if i == 100 {
			want = 30012
		}
		r.gets(sns+"friend_add", add(who, "b", "")+`}`, want, "ResultItem", 0, "ResultCode")
	}
	r.gets(sns+"friend_add", add(askers[0], "b", "")+`}`, 30539, "ResultItem", 0, "ResultCode")
}

// imports makes users friends of from, one way.
func (r *rig) imports(from string, who []string) {
	r.Helper()
	for chunk := range slices.Chunk(who, 1000) {
		items := make([]map[string]any, len(chunk))
		for i, name := range chunk {
			items[i] = map[string]any{"To_Account": name, "AddSource": "AddSource_Type_Old"}
		}
		if a := r.ok(sns+"friend_import", fmt.Sprintf(`{"From_Account":%q,"AddFriendItem":%s}`, from, js(items))); a["Fail_Account"] != nil {
			r.Fatalf("import: %v", a["Fail_Account"])
		}
	}
}

func TestFriendListsAreFull(t *testing.T) {
	r := newRig(t)
	many := names("f", 3000)
	r.people(append([]string{"a", "b"}, many...)...)
	r.imports("a", many)
	r.gets(sns+"friend_add", add("a", "b", "")+`}`, 30010, "ResultItem", 0, "ResultCode")
	r.gets(sns+"friend_import", add("a", "b", `,"AddSource":"AddSource_Type_Web"`)+`}`, 30010, "ResultItem", 0, "ResultCode")
	r.gets(sns+"friend_add", add("b", "a", "")+`}`, 30014, "ResultItem", 0, "ResultCode")
	r.gets(sns+"friend_add", add("b", "a", "")+`,"AddType":"Add_Type_Single"}`, 0, "ResultItem", 0, "ResultCode")
	r.refuses([]refusal{
		{"1001 at once", sns + "friend_import", fmt.Sprintf(`{"From_Account":"b","AddFriendItem":%s}`, strings.ReplaceAll(accounts(names("f", 1001)), "Member_", "To_")), 30001},
		{"1001 checked", sns + "friend_check", `{"From_Account":"b","CheckType":"CheckResult_Type_Both","To_Account":` + js(names("f", 1001)) + `}`, 30001},
		{"1001 deleted", sns + "friend_delete", `{"From_Account":"b","To_Account":` + js(names("f", 1001)) + `}`, 30001},
		{"1001 blocked", sns + "black_list_add", `{"From_Account":"b","To_Account":` + js(names("f", 1001)) + `}`, 30001},
	})
	// Pages are complete, in order of adding, also while some go.
	var got []string
	var a answer
	for next := any(0); ; next = num(a["NextStartIndex"]) {
		a = r.ok(sns+"friend_get", fmt.Sprintf(`{"From_Account":"a","StartIndex":%v}`, next))
		got = append(got, column(a["UserDataItem"], "To_Account")...)
		if len(got) == 100 {
			r.ok(sns+"friend_delete", `{"From_Account":"a","To_Account":["f00003"]}`)
		}
		if num(a["CompleteFlag"]) != int64(0) {
			break
		}
		if n := len(a["UserDataItem"].([]any)); n != 100 {
			t.Fatalf("a page of %d", n)
		}
	}
	if !slices.Equal(got, many) {
		t.Errorf("%d friends listed", len(got))
	}
	r.expect(a, 2999, "FriendNum")
	if b := r.ok(sns+"friend_delete_all", `{"From_Account":"a","DeleteType":"Delete_Type_Both"}`); b["ErrorDisplay"] != "" {
		t.Errorf("delete all: %v", b)
	}
	r.gets(sns+"friend_get", `{"From_Account":"a","StartIndex":0}`, "[]", "UserDataItem")
	if got := r.relation("b", "a"); got != "CheckResult_Type_AWithB" {
		t.Errorf("who was no friend of his keeps him: %s", got)
	}
}

func TestImportedFriend(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c")
	item := `,"AddSource":"AddSource_Type_Android","Remark":"bee","RemarkTime":1600000001,"GroupName":["work","sport"],"AddWording":"hi","AddTime":1600000000,` +
		`"CustomItem":[{"Tag":"Tag_SNS_Custom_Level","Value":7},{"Tag":"Tag_SNS_Custom_City","Value":"北京"}]`
	r.gets(sns+"friend_import", add("a", "b", item)+`}`, 0, "ResultItem", 0, "ResultCode")
	r.gets(sns+"friend_import", add("a", "b", item)+`}`, 30001, "ResultItem", 0, "ResultCode")
	if got := r.relation("a", "b"); got != "CheckResult_Type_AWithB" {
		t.Errorf("imported: %s", got)
	}
	a := r.ok(sns+"friend_get", `{"From_Account":"a","StartIndex":0,"StandardSequence":0,"CustomSequence":0}`)
	want := "[map[Tag:Tag_SNS_IM_AddSource Value:AddSource_Type_Android] map[Tag:Tag_SNS_IM_AddWording Value:hi] map[Tag:Tag_SNS_IM_Remark Value:bee]" +
		" map[Tag:Tag_SNS_IM_Group Value:[work sport]] map[Tag:Tag_SNS_IM_AddTime Value:1.6e+09] map[Tag:Tag_SNS_Custom_City Value:北京] map[Tag:Tag_SNS_Custom_Level Value:7]]"
	r.expect(a, want, "UserDataItem", 0, "ValueItem")
	// Half of the data is left out for who has it already.
	standard, custom := num(a["StandardSequence"]), num(a["CustomSequence"])
	for _, tt := range []struct {
		name, sent string
		tags       int
	}{
		{"all", ``, 7},
		{"standard known", fmt.Sprintf(`,"StandardSequence":%v`, standard), 2},
		{"custom known", fmt.Sprintf(`,"CustomSequence":%v`, custom), 5},
		{"old ones", `,"StandardSequence":999,"CustomSequence":999`, 7},
	} {
		if got := len(at(r.ok(sns+"friend_get", `{"From_Account":"a","StartIndex":0`+tt.sent+`}`), "UserDataItem", 0, "ValueItem").([]any)); got != tt.tags {
			t.Errorf("%s: %d tags", tt.name, got)
		}
	}
	both := r.ok(sns+"friend_get", fmt.Sprintf(`{"From_Account":"a","StartIndex":0,"StandardSequence":%v,"CustomSequence":%v}`, standard, custom))
	if got := fmt.Sprint(both["UserDataItem"], both["FriendNum"], both["CompleteFlag"]); got != "[] 1 1" {
		t.Errorf("both known: %s", got)
	}
	r.refuses([]refusal{
		{"no source", sns + "friend_import", add("a", "c", "") + `}`, 30001},
		{"GroupName is text", sns + "friend_import", add("a", "c", `,"AddSource":"AddSource_Type_Web","GroupName":"x"`) + `}`, 30001},
		{"field of nobody", sns + "friend_import", add("a", "c", `,"AddSource":"AddSource_Type_Web","CustomItem":[{"Tag":"Tag_SNS_Other","Value":"x"}]`) + `}`, 30001},
		{"field without value", sns + "friend_import", add("a", "c", `,"AddSource":"AddSource_Type_Web","CustomItem":[{"Tag":"Tag_SNS_Custom_A"}]`) + `}`, 30001},
		{"no start", sns + "friend_get", `{"From_Account":"a"}`, 30001},
		{"start is text", sns + "friend_get", `{"From_Account":"a","StartIndex":"x"}`, 30001},
		{"a stranger's friends", sns + "friend_get", `{"From_Account":"zz","StartIndex":0}`, 30003},
	})
}

func TestFriendFields(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c")
	r.befriend("a", "b")
	r.ok(account+"account_import", `{"UserID":"b","Nick":"x"}`)
	r.ok("profile/portrait_set", `{"From_Account":"b","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"Bea"},{"Tag":"Tag_Profile_IM_BirthDay","Value":19900101}]}`)
	update := func(who, items string) string {
		return fmt.Sprintf(`{"From_Account":"a","UpdateItem":[{"To_Account":%q,"SnsItem":[%s]}]}`, who, items)
	}
	a := r.ok(sns+"friend_update", update("b", `{"Tag":"Tag_SNS_IM_Remark","Value":"bee"},{"Tag":"Tag_SNS_IM_Group","Value":["x","y"]},{"Tag":"Tag_SNS_Custom_A","Value":"1"}`))
	if got := results(a["ResultItem"]); got != "b 0" {
		t.Errorf("update: %s", got)
	}
	get := `{"From_Account":"a","To_Account":["b","c","zz"],"TagList":["Tag_Profile_IM_Nick","Tag_SNS_IM_Group","Tag_SNS_Custom_A","Tag_SNS_IM_AddTime","Tag_Profile_IM_BirthDay","Tag_SNS_IM_AddSource"]}`
	a = r.ok(sns+"friend_get_list", get)
	r.expect(a, "[map[Tag:Tag_Profile_IM_Nick Value:Bea] map[Tag:Tag_SNS_IM_Group Value:[x y]] map[Tag:Tag_SNS_Custom_A Value:1]"+
		" map[Tag:Tag_SNS_IM_AddTime Value:1.7e+09] map[Tag:Tag_Profile_IM_BirthDay Value:1.9900101e+07]]", "InfoItem", 0, "SnsProfileItem")
	if got := results(a["InfoItem"]); got != "b 0, c 30001, zz 30001" {
		t.Errorf("get: %s", got)
	}
	r.expect(a, "Err_SNS_FriendGetList_Friend_Not_Exist", "InfoItem", 1, "ResultInfo")
	r.expect(a, "[c zz]", "Fail_Account")
	r.ok(sns+"friend_update", update("b", `{"Tag":"Tag_SNS_IM_Group","Value":[]}`))
	r.gets(sns+"friend_get_list", `{"From_Account":"a","To_Account":["b"],"TagList":["Tag_SNS_IM_Group"]}`, "[]", "InfoItem", 0, "SnsProfileItem")
	for name, want := range map[string]string{"c": "c 31704", "zz": "zz 30003"} {
		if got := results(r.ok(sns+"friend_update", update(name, `{"Tag":"Tag_SNS_IM_Remark","Value":"x"}`))["ResultItem"]); got != want {
			t.Errorf("update %s: %s", name, got)
		}
	}
	if got := results(r.ok(sns+"friend_update", update("b", `{"Tag":"Tag_SNS_IM_Remark","Value":"`+strings.Repeat("x", 97)+`"}`))["ResultItem"]); got != "b 30001" {
		t.Errorf("long remark: %s", got)
	}
	r.refuses([]refusal{
		{"a field of the service", sns + "friend_update", update("b", `{"Tag":"Tag_SNS_IM_AddTime","Value":1}`), 30001},
		{"no value", sns + "friend_update", update("b", `{"Tag":"Tag_SNS_IM_Remark"}`), 30001},
		{"remark is a number", sns + "friend_update", update("b", `{"Tag":"Tag_SNS_IM_Remark","Value":5}`), 30001},
		{"lists are text", sns + "friend_update", update("b", `{"Tag":"Tag_SNS_IM_Group","Value":"x"}`), 30001},
		{"nothing to update", sns + "friend_update", update("b", ``), 30001},
		{"unknown field asked for", sns + "friend_get_list", `{"From_Account":"a","To_Account":["b"],"TagList":["Tag_SNS_IM_Mood"]}`, 30001},
		{"no fields asked for", sns + "friend_get_list", `{"From_Account":"a","To_Account":["b"]}`, 30001},
	})
}

func TestFriendsAreDeletedAndChecked(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c", "d")
	for _, who := range []string{"b", "c"} {
		r.befriend("a", who)
	}
	a := r.ok(sns+"friend_delete", `{"From_Account":"a","To_Account":["b","d","zz"]}`)
	if got := results(a["ResultItem"]); got != "b 0, d 31704, zz 30003" {
		t.Errorf("deleted: %s", got)
	}
	r.expect(a, "[d zz]", "Fail_Account")
	if got := r.relation("a", "b"); got != "CheckResult_Type_BWithA" {
		t.Errorf("deleted one way: %s", got)
	}
	r.ok(sns+"friend_delete", `{"From_Account":"a","To_Account":["b","c"],"DeleteType":"Delete_Type_Both"}`)
	for _, who := range []string{"b", "c"} {
		if got := r.relation("a", who); got != "CheckResult_Type_NoRelation" {
			t.Errorf("deleted both ways: %s", got)
		}
	}
	r.befriend("a", "b")
	r.ok(sns+"friend_add", add("c", "a", "")+`,"AddType":"Add_Type_Single"}`)
	for kind, want := range map[string]string{"Single": "AWithB NoRelation NoRelation", "Both": "BothWay BWithA NoRelation"} {
		a := r.ok(sns+"friend_check", `{"From_Account":"a","To_Account":["b","c","zz"],"CheckType":"CheckResult_Type_`+kind+`"}`)
		if got := strings.ReplaceAll(strings.Join(column(a["InfoItem"], "Relation"), " "), "CheckResult_Type_", ""); got != want {
			t.Errorf("%s: %s", kind, got)
		}
		if got := results(a["InfoItem"]); got != "b 0, c 0, zz 30003" {
			t.Errorf("%s: %s", kind, got)
		}
	}
	r.ok(sns+"friend_delete_all", `{"From_Account":"a"}`)
	if got := r.relation("a", "b"); got != "CheckResult_Type_BWithA" {
		t.Errorf("deleted all, one way: %s", got)
	}
	// Deleting an account takes it off everybody's lists.
	r.ok(account+"account_delete", `{"DeleteItem":[{"UserID":"a"}]}`)
	r.gets(sns+"friend_get", `{"From_Account":"b","StartIndex":0}`, 0, "FriendNum")
	r.refuses([]refusal{
		{"no check type", sns + "friend_check", `{"From_Account":"b","To_Account":["c"]}`, 30001},
		{"unknown check type", sns + "friend_check", `{"From_Account":"b","To_Account":["c"],"CheckType":"Both"}`, 30001},
		{"nobody to delete", sns + "friend_delete", `{"From_Account":"b","To_Account":[]}`, 30001},
		{"delete by text", sns + "friend_delete", `{"From_Account":"b","To_Account":"c"}`, 30001},
		{"unknown delete type", sns + "friend_delete_all", `{"From_Account":"b","DeleteType":"All"}`, 30001},
		{"a stranger deletes", sns + "friend_delete_all", `{"From_Account":"zz"}`, 30003},
	})
}

func TestFriendLists(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c", "d")
	r.befriend("a", "b")
	r.befriend("a", "c")
	a := r.ok(sns+"group_add", `{"From_Account":"a","GroupName":["work","sport"]}`)
	if a["ResultItem"] != nil || num(a["CurrentSequence"]) != int64(2) {
		t.Errorf("without users: %v", a)
	}
	a = r.ok(sns+"group_add", `{"From_Account":"a","GroupName":["work","food"],"To_Account":["c","b","d","zz"]}`)
	if got := results(a["ResultItem"]); got != "c 0, b 0, d 32216, zz 30003" {
		t.Errorf("with users: %s", got)
	}
	r.expect(a, "Err_SNS_GroupAdd_ToTinyId_Not_Friend", "ResultItem", 2, "ResultInfo")
	r.expect(a, "[d zz]", "Fail_Account")
	tests := []struct{ name, fields, want string }{
		{"all", ``, "[map[FriendNumber:2 GroupName:work] map[FriendNumber:0 GroupName:sport] map[FriendNumber:2 GroupName:food]]"},
		{"with friends", `,"NeedFriend":"Need_Friend_Type_Yes"`, "[map[FriendNumber:2 GroupName:work To_Account:[b c]] map[FriendNumber:0 GroupName:sport] map[FriendNumber:2 GroupName:food To_Account:[b c]]]"},
		{"some with friends", `,"NeedFriend":"Need_Friend_Type_Yes","GroupName":["food","never"]`, "[map[FriendNumber:2 GroupName:food To_Account:[b c]]]"},
		{"some", `,"GroupName":["sport"]`, "[map[FriendNumber:0 GroupName:sport]]"},
	}
	for _, tt := range tests {
		if got := fmt.Sprint(r.ok(sns+"group_get", `{"From_Account":"a"`+tt.fields+`}`)["ResultItem"]); got != tt.want {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
	before := num(r.ok(sns+"group_get", `{"From_Account":"a"}`)["CurrentSequence"]).(int64)
	r.ok(sns+"friend_delete", `{"From_Account":"a","To_Account":["b"]}`)
	r.gets(sns+"group_get", `{"From_Account":"a","GroupName":["work"]}`, 1, "ResultItem", 0, "FriendNumber")
	a = r.ok(sns+"group_delete", `{"From_Account":"a","GroupName":["work","never"]}`)
	if now := num(a["CurrentSequence"]).(int64); now <= before {
		t.Errorf("sequence went from %d to %d", before, now)
	}
	if got := r.relation("a", "c"); got != "CheckResult_Type_BothWay" {
		t.Errorf("who was on a list: %s", got)
	}
	r.refuses([]refusal{
		{"31 lists more", sns + "group_add", `{"From_Account":"a","GroupName":` + js(names("l", 31)) + `}`, 30011},
		{"30 lists more", sns + "group_add", `{"From_Account":"a","GroupName":` + js(names("l", 30)) + `}`, 0},
		{"one that is there", sns + "group_add", `{"From_Account":"a","GroupName":["sport"]}`, 0},
		{"no name", sns + "group_add", `{"From_Account":"a","GroupName":[""]}`, 30001},
		{"long name", sns + "group_add", `{"From_Account":"a","GroupName":["` + strings.Repeat("x", 31) + `"]}`, 30001},
		{"name is no list", sns + "group_add", `{"From_Account":"a","GroupName":"x"}`, 30001},
		{"no names", sns + "group_delete", `{"From_Account":"a"}`, 30001},
		{"a stranger", sns + "group_get", `{"From_Account":"zz"}`, 30003},
		{"unknown need", sns + "group_get", `{"From_Account":"a","NeedFriend":"Yes"}`, 30001},
	})
	r.gets(sns+"friend_add", add("a", "d", `,"GroupName":"one more"`)+`}`, 30011, "ResultItem", 0, "ResultCode")
}

func TestBlockList(t *testing.T) {
	r := newRig(t)
	many := names("x", 1001)
	r.people(append([]string{"a", "b"}, many...)...)
	r.befriend("a", "b")
	a := r.ok(sns+"black_list_add", `{"From_Account":"a","To_Account":["b","a","zz"]}`)
	if got := results(a["ResultItem"]); got != "b 0, a 30001, zz 30003" {
		t.Errorf("blocked: %s", got)
	}
	if got := r.relation("a", "b"); got != "CheckResult_Type_NoRelation" {
		t.Errorf("friends who block: %s", got)
	}
	if got := results(r.ok(sns+"black_list_add", `{"From_Account":"a","To_Account":["b"]}`)["ResultItem"]); got != "b 30001" {
		t.Errorf("blocked twice: %s", got)
	}
	check := func(from, to, kind string) string {
		return strings.TrimPrefix(fmt.Sprint(at(r.ok(sns+"black_list_check", fmt.Sprintf(`{"From_Account":%q,"To_Account":[%q],"CheckType":"BlackCheckResult_Type_%s"}`, from, to, kind)),
			"BlackListCheckItem", 0, "Relation")), "BlackCheckResult_Type_")
	}
	if got := check("a", "b", "Single") + check("b", "a", "Single") + check("a", "b", "Both") + check("b", "a", "Both"); got != "AWithBNOAWithBBWithA" {
		t.Errorf("checked: %s", got)
	}
	r.ok(sns+"black_list_add", `{"From_Account":"b","To_Account":["a"]}`)
	if got := check("a", "b", "Both"); got != "BothWay" {
		t.Errorf("both block: %s", got)
	}
	r.ok(sns+"black_list_delete", `{"From_Account":"b","To_Account":["a"]}`)

	a = r.ok(sns+"black_list_add", `{"From_Account":"a","To_Account":`+js(many[:1000])+`}`)
	r.expect(a, "[x00999]", "Fail_Account")
	r.expect(a, 30013, "ResultItem", 999, "ResultCode")
	var got []string
	for next := any(0); ; {
		a = r.ok(sns+"black_list_get", fmt.Sprintf(`{"From_Account":"a","StartIndex":%v,"MaxLimited":300,"LastSequence":0}`, next))
		got = append(got, column(a["BlackListItem"], "To_Account")...)
		if next = num(a["StartIndex"]); next == int64(0) {
			break
		}
	}
	if !slices.Equal(got, append([]string{"b"}, many[:999]...)) {
		t.Errorf("%d blocked, from %s", len(got), got[0])
	}
	r.expect(a, 1000, "CurruentSequence")
	a = r.ok(sns+"black_list_get", `{"From_Account":"a","StartIndex":0,"MaxLimited":1000,"LastSequence":0}`)
	r.expect(a, 0, "StartIndex")
	r.expect(a, 1700000000, "BlackListItem", 0, "AddBlackTimeStamp")
	if got := results(r.ok(sns+"black_list_delete", `{"From_Account":"a","To_Account":["b","x01000","zz"]}`)["ResultItem"]); got != "b 0, x01000 30001, zz 30003" {
		t.Errorf("let off: %s", got)
	}
	r.befriend("a", "b")
	r.refuses([]refusal{
		{"no page size", sns + "black_list_get", `{"From_Account":"a","StartIndex":0,"LastSequence":0}`, 30001},
		{"page of nothing", sns + "black_list_get", `{"From_Account":"a","StartIndex":0,"MaxLimited":0,"LastSequence":0}`, 30001},
		{"no sequence", sns + "black_list_get", `{"From_Account":"a","StartIndex":0,"MaxLimited":5}`, 30001},
		{"no start", sns + "black_list_get", `{"From_Account":"a","MaxLimited":5,"LastSequence":0}`, 30001},
		{"a stranger's", sns + "black_list_get", `{"From_Account":"zz","StartIndex":0,"MaxLimited":5,"LastSequence":0}`, 30003},
		{"check by a friend's type", sns + "black_list_check", `{"From_Account":"a","To_Account":["b"],"CheckType":"CheckResult_Type_Both"}`, 30001},
		{"nobody", sns + "black_list_add", `{"From_Account":"a","To_Account":[]}`, 30001},
		{"a stranger lets off", sns + "black_list_delete", `{"From_Account":"zz","To_Account":["a"]}`, 30003},
	})
}

// TestCallbacksAboutFriends compares what the app is told.
func TestCallbacksAboutFriends(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c", "d")
	r.ok("profile/portrait_set", `{"From_Account":"c","ProfileItem":[{"Tag":"Tag_Profile_IM_AllowType","Value":"AllowType_Type_NeedConfirm"}]}`)
	app := r.receive(Callback{})
	rest := func(command, body string) func() { return func() { t.Helper(); r.ok(command, body) } }
	const ms = "1700000000000"
	ask := func(user, peer string, friends bool) func() {
		return func() {
			t.Helper()
			if got, err := r.AskFriend(t.Context(), testApp, user, peer, "hi"); err != nil || got != friends {
				t.Errorf("%s asks %s: %v %v", user, peer, got, err)
			}
		}
	}
	steps := []struct {
		name string
		do   func()
		want []string
	}{
		{"make friends", rest(sns+"friend_add", `{"From_Account":"a","AddFriendItem":[{"To_Account":"b"},{"To_Account":"zz"}],"ForceAddFlags":1}`), []string{
			`{"Admin_Account":"administrator","CallbackCommand":"Sns.CallbackFriendAdd","ClientCmd":"friend_add","ForceFlag":1,"PairList":[{"From_Account":"a","Initiator_Account":"a","To_Account":"b"},{"From_Account":"b","Initiator_Account":"a","To_Account":"a"}]}`,
		}},
		{"make friends again", rest(sns+"friend_add", add("a", "b", "")+`}`), nil},
		{"import a friend", rest(sns+"friend_import", add("a", "c", `,"AddSource":"AddSource_Type_X"`)+`}`), nil},
		{"part on one side", rest(sns+"friend_delete", `{"From_Account":"a","To_Account":["b"]}`), []string{
			`{"CallbackCommand":"Sns.CallbackFriendDelete","PairList":[{"From_Account":"a","To_Account":"b"}]}`,
		}},
		{"part on both", rest(sns+"friend_delete", `{"From_Account":"b","To_Account":["a"],"DeleteType":"Delete_Type_Both"}`), []string{
			`{"CallbackCommand":"Sns.CallbackFriendDelete","PairList":[{"From_Account":"b","To_Account":"a"}]}`,
		}},
		{"part with all", rest(sns+"friend_delete_all", `{"From_Account":"a"}`), []string{
			`{"CallbackCommand":"Sns.CallbackFriendDelete","PairList":[{"From_Account":"a","To_Account":"c"}]}`,
		}},
		{"part with nobody", rest(sns+"friend_delete_all", `{"From_Account":"a"}`), nil},
		{"ask from a device", ask("a", "b", true), []string{
			`{"AddType":"Add_Type_Both","CallbackCommand":"Sns.CallbackPrevFriendAdd","EventTime":` + ms + `,"ForceAddFlags":0,"FriendItem":[{"AddWording":"hi","To_Account":"b"}],"From_Account":"a","Requester_Account":"a"}`,
			`{"Admin_Account":"","CallbackCommand":"Sns.CallbackFriendAdd","ClientCmd":"friend_add","ForceFlag":0,"PairList":[{"From_Account":"a","Initiator_Account":"a","To_Account":"b"},{"From_Account":"b","Initiator_Account":"a","To_Account":"a"}]}`,
		}},
		{"ask somebody who wants to be asked", ask("a", "c", false), []string{
			`{"AddType":"Add_Type_Both","CallbackCommand":"Sns.CallbackPrevFriendAdd","EventTime":` + ms + `,"ForceAddFlags":0,"FriendItem":[{"AddWording":"hi","To_Account":"c"}],"From_Account":"a","Requester_Account":"a"}`,
		}},
		{"answer", func() {
			if err := r.AnswerFriend(t.Context(), testApp, "c", "a", true); err != nil {
				t.Error(err)
			}
		}, []string{
			`{"CallbackCommand":"Sns.CallbackPrevFriendResponse","EventTime":` + ms + `,"From_Account":"c","Requester_Account":"c","ResponseFriendItem":[{"Remark":"","ResponseAction":"Response_Action_AgreeAndAdd","TagName":"","To_Account":"a"}]}`,
			`{"Admin_Account":"","CallbackCommand":"Sns.CallbackFriendAdd","ClientCmd":"friend_response","ForceFlag":0,"PairList":[{"From_Account":"a","Initiator_Account":"a","To_Account":"c"},{"From_Account":"c","Initiator_Account":"a","To_Account":"a"}]}`,
		}},
		{"block", rest(sns+"black_list_add", `{"From_Account":"a","To_Account":["b","zz","d"]}`), []string{
			`{"CallbackCommand":"Sns.CallbackBlackListAdd","PairList":[{"From_Account":"a","To_Account":"b"},{"From_Account":"a","To_Account":"d"}]}`,
		}},
		{"block again", rest(sns+"black_list_add", `{"From_Account":"a","To_Account":["b"]}`), nil},
		{"let off", rest(sns+"black_list_delete", `{"From_Account":"a","To_Account":["b"]}`), []string{
			`{"CallbackCommand":"Sns.CallbackBlackListDelete","PairList":[{"From_Account":"a","To_Account":"b"}]}`,
		}},
		{"sort friends", rest(sns+"group_add", `{"From_Account":"a","GroupName":["x"],"To_Account":["c"]}`), nil},
	}
	for _, s := range steps {
		s.do()
		var got []string
		for _, h := range app.settled(r) {
			got = append(got, h.json())
		}
		if !slices.Equal(got, s.want) {
			t.Errorf("%s:\n%s\nwant\n%s", s.name, strings.Join(got, "\n"), strings.Join(s.want, "\n"))
		}
	}
}

// TestAppDecidesAboutFriends has a decision for each user in the answer, while the code above them says nothing.
func TestAppDecidesAboutFriends(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	r.ok("profile/portrait_set", `{"From_Account":"b","ProfileItem":[{"Tag":"Tag_Profile_IM_AllowType","Value":"AllowType_Type_NeedConfirm"}]}`)
	app := r.receive(Callback{Only: []string{"Sns.CallbackPrevFriendAdd", "Sns.CallbackPrevFriendResponse"}})
	const (
		no     = `{"ActionStatus":"OK","ErrorCode":0,"ResultItem":[{"To_Account":"z","ResultCode":38001},{"To_Account":%q,"ResultCode":38000,"ResultInfo":"not him"}]}`
		failed = `{"ActionStatus":"OK","ErrorCode":1,"ResultItem":[{"To_Account":%q,"ResultCode":38000}]}`
	)
	app.answers(fmt.Sprintf(no, "b"))
	if _, err := r.AskFriend(t.Context(), testApp, "a", "b", ""); err == nil || !strings.Contains(err.Error(), "38000 not him") {
		t.Errorf("asked, refused: %v", err)
	}
	r.gets(sns+"friend_add", add("b", "a", "")+`}`, 0, "ResultItem", 0, "ResultCode") // the REST API asks nobody
	r.ok(sns+"friend_delete_all", `{"From_Account":"b","DeleteType":"Delete_Type_Both"}`)
	app.answers(fmt.Sprintf(failed, "b"))
	if friends, err := r.AskFriend(t.Context(), testApp, "a", "b", ""); err != nil || friends {
		t.Errorf("asked, a callback that failed: %v %v", friends, err)
	}
	app.answers(fmt.Sprintf(no, "a"))
	if err := r.AnswerFriend(t.Context(), testApp, "b", "a", true); err == nil || !strings.Contains(err.Error(), "38000 not him") {
		t.Errorf("answered, refused: %v", err)
	}
	app.answers(fmt.Sprintf(failed, "a"))
	if err := r.AnswerFriend(t.Context(), testApp, "b", "a", true); err != nil {
		t.Errorf("answered, a callback that failed: %v", err)
	}
	if got := r.relation("a", "b"); got != "CheckResult_Type_BothWay" {
		t.Errorf("afterwards: %s", got)
	}
}
