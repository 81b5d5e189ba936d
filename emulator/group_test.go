package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	oneToThirty = "123456789012345678901234567890"
	kinds       = "Private Public ChatRoom AVChatRoom Community"
)

func TestCreateGroupRefusals(t *testing.T) {
	r := newRig(t)
	r.people("owner", "m1")
	create := func(fields string) string { return `{"Type":"Public","Name":"x"` + fields + `}` }
	tooMany := `,"MemberList":` + accounts(names("m", 101))
	r.refuses([]refusal{
		{"no type", group + "create_group", `{"Name":"x"}`, 10004},
		{"no name", group + "create_group", `{"Type":"Public"}`, 10004},
		{"retired type", group + "create_group", `{"Type":"BChatRoom","Name":"x"}`, 10004},
		{"type in lower case", group + "create_group", `{"Type":"public","Name":"x"}`, 10004},
		{"type as number", group + "create_group", `{"Type":1,"Name":"x"}`, 10004},
		{"Work", group + "create_group", `{"Type":"Work","Name":"x","GroupId":"work"}`, 0},
		{"Meeting", group + "create_group", `{"Type":"Meeting","Name":"x","GroupId":"meeting"}`, 0},
		{"name of 30 bytes", group + "create_group", `{"Type":"Public","Name":"` + oneToThirty + `"}`, 0},
		{"name of 31 bytes", group + "create_group", `{"Type":"Public","Name":"` + oneToThirty + `1"}`, 10004},
		{"name of 11 characters", group + "create_group", `{"Type":"Public","Name":"一二三四五六七八九十一"}`, 10004},
		{"long introduction", group + "create_group", create(`,"Introduction":` + js(strings.Repeat("x", 241))), 10004},
		{"long notice", group + "create_group", create(`,"Notification":` + js(strings.Repeat("x", 301))), 10004},
		{"long face", group + "create_group", create(`,"FaceUrl":` + js(strings.Repeat("x", 101))), 10004},
		{"owner unknown", group + "create_group", create(`,"Owner_Account":"zz"`), 10019},
		{"owner is a number", group + "create_group", create(`,"Owner_Account":1`), 10004},
		{"member unknown", group + "create_group", create(`,"MemberList":[{"Member_Account":"zz"}]`), 10019},
		{"member as owner", group + "create_group", create(`,"MemberList":[{"Member_Account":"m1","Role":"Owner"}]`), 10004},
		{"101 members", group + "create_group", create(tooMany), 10005},
		{"members in a live room", group + "create_group", `{"Type":"AVChatRoom","Name":"x","MemberList":[{"Member_Account":"m1"}]}`, 10007},
		{"administrator in a private group", group + "create_group", `{"Type":"Private","Name":"x","MemberList":[{"Member_Account":"m1","Role":"Admin"}]}`, 10004},
		{"unknown join option", group + "create_group", create(`,"ApplyJoinOption":"Maybe"`), 10004},
		{"join option of a community", group + "create_group", `{"Type":"Community","Name":"x","ApplyJoinOption":"FreeAccess"}`, 10004},
		{"topics outside a community", group + "create_group", create(`,"SupportTopic":1`), 10004},
		{"too few places", group + "create_group", create(`,"Owner_Account":"owner","MaxMemberCount":1,"MemberList":[{"Member_Account":"m1"}]`), 10038},
		{"too many places", group + "create_group", create(`,"MaxMemberCount":6001`), 10004},
		{"id of 48 bytes", group + "create_group", create(`,"GroupId":"` + strings.Repeat("g", 48) + `"`), 0},
		{"id of 49 bytes", group + "create_group", create(`,"GroupId":"` + strings.Repeat("g", 49) + `"`), 10004},
		{"id in Chinese", group + "create_group", create(`,"GroupId":"群"`), 10004},
		{"id of the vendor", group + "create_group", create(`,"GroupId":"@TGS#x"`), 10004},
		{"community with a plain id", group + "create_group", `{"Type":"Community","Name":"x","GroupId":"c"}`, 10004},
		{"community", group + "create_group", `{"Type":"Community","Name":"x","GroupId":"@TGS#_c","SupportTopic":1}`, 0},
		{"custom field with a bad key", group + "create_group", create(`,"AppDefinedData":[{"Key":"a-b","Value":"1"}]`), 10004},
		{"custom field with a long value", group + "create_group", create(`,"AppDefinedData":[{"Key":"a","Value":` + js(strings.Repeat("x", 513)) + `}]`), 10004},
		{"null for everything that may be absent", group + "create_group", create(`,"GroupId":null,"MemberList":null,"MaxMemberCount":null,"AppDefinedData":null`), 0},
		{"import with members ignores them", group + "import_group", create(`,"MemberList":7`), 0},
		{"import a live room", group + "import_group", `{"Type":"AVChatRoom","Name":"x"}`, 10007},
		{"import from the future", group + "import_group", create(`,"CreateTime":1700000001`), 10004},
	})
}

func TestGroupIDIsTaken(t *testing.T) {
	r := newRig(t)
	r.group("Public", "mine", "other")
	for _, tt := range []struct {
		owner string
		code  int
	}{{`,"Owner_Account":"owner"`, 10025}, {`,"Owner_Account":"other"`, 10021}, {"", 10021}} {
		r.refuses([]refusal{{"create " + tt.owner, group + "create_group", `{"Type":"Public","Name":"x","GroupId":"mine"` + tt.owner + `}`, tt.code}})
	}
	r.ok(group+"destroy_group", `{"GroupId":"mine"}`)
	r.ok(group+"create_group", `{"Type":"Public","Name":"again","GroupId":"mine"}`)
	r.expect(r.ok(group+"get_group_info", `{"GroupIdList":["mine"]}`), "again", "GroupInfo", 0, "Name")
}

func TestAssignedIDsAndTopicCommunity(t *testing.T) {
	r := newRig(t)
	for _, kind := range strings.Fields(kinds) {
		id := fmt.Sprint(r.ok(group+"create_group", `{"Type":"`+kind+`","Name":"x"}`)["GroupId"])
		if want := map[bool]string{true: "@TGS#_", false: "@TGS#"}[kind == "Community"]; !strings.HasPrefix(id, want) || len(id) < 10 || len(id) > 48 {
			t.Errorf("%s got id %s", kind, id)
		}
	}
	a := r.ok(group+"create_group", `{"Type":"Community","Name":"x","SupportTopic":1}`)
	r.expect(a, "Community", "Type")
	r.expect(a, 0, "HugeGroupFlag")
}

func TestGroupInfo(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	r.ok(group+"modify_group_base_info", `{"GroupId":"g","Name":"new","MuteAllMember":"On","AppDefinedData":[{"Key":"k1","Value":"v1"},{"Key":"k2","Value":"v2"}]}`)
	r.group("Public", "gone")
	r.ok(group+"destroy_group", `{"GroupId":"gone"}`)

	a := r.ok(group+"get_group_info", `{"GroupIdList":["g","gone","never","g"]}`)
	if got := strings.Join(column(a["GroupInfo"], "ErrorCode"), " "); got != "0 10010 10015 0" {
		t.Errorf("codes: %s", got)
	}
	for _, c := range []struct {
		field string
		want  any
	}{
		{"Type", "Public"},
		{"Name", "new"},
		{"Appid", testApp},
		{"Owner_Account", "owner"},
		{"MemberNum", 2},
		{"MaxMemberNum", 2000},
		{"NextMsgSeq", 2},
		{"MuteAllMember", "On"},
		{"ShutUpAllMember", "On"},
		{"ApplyJoinOption", "NeedPermission"},
		{"CreateTime", 1700000000},
		{"AppDefinedData", "[map[Key:k1 Value:v1] map[Key:k2 Value:v2]]"},
	} {
		r.expect(a, c.want, "GroupInfo", 0, c.field)
	}
	if got := strings.Join(column(at(a, "GroupInfo", 0, "MemberList"), "Role"), " "); got != "Member Owner" && got != "Owner Member" {
		t.Errorf("roles: %s", got)
	}

	filters := []struct{ name, filter, want string }{
		{"nothing", `{}`, "ErrorCode ErrorInfo GroupId"},
		{"null", `null`, "AppDefinedData Appid ApplyJoinOption CreateTime ErrorCode ErrorInfo FaceUrl GroupId InfoSeq Introduction LastInfoTime LastMsgTime MaxMemberNum MemberList MemberNum MuteAllMember Name NextMsgSeq Notification Owner_Account ShutUpAllMember Type"},
		{"two base fields", `{"GroupBaseInfoFilter":["Type","MemberNum","Nonsense"]}`, "ErrorCode ErrorInfo GroupId MemberNum Type"},
		{"the older name", `{"GroupBaseInfoFilter":["ShutUpAllMember"]}`, "ErrorCode ErrorInfo GroupId ShutUpAllMember"},
		{"members", `{"MemberInfoFilter":["Role"]}`, "ErrorCode ErrorInfo GroupId MemberList"},
		{"custom fields", `{"AppDefinedDataFilter_Group":["k2","k3"]}`, "AppDefinedData ErrorCode ErrorInfo GroupId"},
	}
	for _, f := range filters {
		a := r.ok(group+"get_group_info", `{"GroupIdList":["g"],"ResponseFilter":`+f.filter+`}`)
		info := at(a, "GroupInfo", 0).(map[string]any)
		var keys []string
		for k := range info {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		if got := strings.Join(keys, " "); got != f.want {
			t.Errorf("filter for %s: %s", f.name, got)
		}
		if list, ok := info["MemberList"].([]any); ok && f.name == "members" && fmt.Sprint(list[0]) != "map[Member_Account:a Role:Member]" && fmt.Sprint(list[0]) != "map[Member_Account:owner Role:Owner]" {
			t.Errorf("filtered member: %v", list[0])
		}
		if data, ok := info["AppDefinedData"]; ok && f.name == "custom fields" && fmt.Sprint(data) != "[map[Key:k2 Value:v2]]" {
			t.Errorf("filtered custom fields: %v", data)
		}
	}
	r.refuses([]refusal{
		{"51 groups", group + "get_group_info", `{"GroupIdList":` + js(names("g", 51)) + `}`, 10004},
		{"50 groups", group + "get_group_info", `{"GroupIdList":` + js(names("g", 50)) + `}`, 0},
		{"no list", group + "get_group_info", `{}`, 10004},
		{"an empty list", group + "get_group_info", `{"GroupIdList":[]}`, 10004},
		{"filter is text", group + "get_group_info", `{"GroupIdList":["g"],"ResponseFilter":"x"}`, 10004},
	})
}

func TestModifyGroup(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g")
	r.group("Private", "p")
	r.group("Community", "@TGS#_c")
	r.group("AVChatRoom", "live")
	r.refuses([]refusal{
		{"no group", group + "modify_group_base_info", `{"Name":"x"}`, 10004},
		{"unknown group", group + "modify_group_base_info", `{"GroupId":"zz","Name":"x"}`, 10015},
		{"empty name", group + "modify_group_base_info", `{"GroupId":"g","Name":""}`, 10004},
		{"long name", group + "modify_group_base_info", `{"GroupId":"g","Name":"` + oneToThirty + `1"}`, 10004},
		{"empty introduction", group + "modify_group_base_info", `{"GroupId":"g","Introduction":""}`, 0},
		{"mute all is a number", group + "modify_group_base_info", `{"GroupId":"g","MuteAllMember":1}`, 10004},
		{"mute all in lower case", group + "modify_group_base_info", `{"GroupId":"g","MuteAllMember":"on"}`, 10004},
		{"mute all by its older name", group + "modify_group_base_info", `{"GroupId":"p","ShutUpAllMember":"On"}`, 0},
		{"places over the plan", group + "modify_group_base_info", `{"GroupId":"g","MaxMemberNum":6001}`, 10004},
		{"places of a community", group + "modify_group_base_info", `{"GroupId":"@TGS#_c","MaxMemberNum":50000}`, 0},
		{"join option of a community", group + "modify_group_base_info", `{"GroupId":"@TGS#_c","ApplyJoinOption":"FreeAccess"}`, 10004},
		{"places of a live room are ignored", group + "modify_group_base_info", `{"GroupId":"live","MaxMemberNum":5}`, 0},
		{"11 custom fields", group + "modify_group_base_info", `{"GroupId":"g","AppDefinedData":` + keyValues(11) + `}`, 10004},
		{"10 custom fields", group + "modify_group_base_info", `{"GroupId":"g","AppDefinedData":` + keyValues(10) + `}`, 0},
		{"one field more", group + "modify_group_base_info", `{"GroupId":"g","AppDefinedData":[{"Key":"new","Value":"x"}]}`, 10004},
	})
	r.expect(r.ok(group+"get_group_info", `{"GroupIdList":["p"]}`), "On", "GroupInfo", 0, "MuteAllMember")
	r.expect(r.ok(group+"get_group_info", `{"GroupIdList":["live"]}`), 0, "GroupInfo", 0, "MaxMemberNum")
	r.ok(group+"modify_group_base_info", `{"GroupId":"g","AppDefinedData":[{"Key":"k00000","Value":""},{"Key":"k00001","Value":"changed"}]}`)
	a := r.ok(group+"get_group_info", `{"GroupIdList":["g"]}`)
	r.expect(a, "changed", "GroupInfo", 0, "AppDefinedData", 0, "Value")
	if n := len(at(a, "GroupInfo", 0, "AppDefinedData").([]any)); n != 9 {
		t.Errorf("%d custom fields", n)
	}
}

func keyValues(n int) string {
	list := make([]map[string]string, n)
	for i, k := range names("k", n) {
		list[i] = map[string]string{"Key": k, "Value": "v"}
	}
	return js(list)
}

// TestGroupListIsComplete walks the list in pages of several sizes while groups come and go.
func TestGroupListIsComplete(t *testing.T) {
	r := newRig(t)
	var want []string
	for i, id := range names("g", 25) {
		kind := []string{"Public", "AVChatRoom"}[i%2]
		r.ok(group+"create_group", fmt.Sprintf(`{"Type":%q,"Name":"x","GroupId":%q}`, kind, id))
		want = append(want, id)
	}
	r.ok(group+"destroy_group", `{"GroupId":"g00003"}`)
	want = slices.Delete(want, 3, 4)
	for _, limit := range []int{1, 7, 12, 24, 25, 0} {
		if got := r.walkGroups(limit, ""); !slices.Equal(got, want) {
			t.Errorf("pages of %d: %v", limit, got)
		}
	}
	if got := r.walkGroups(5, "AVChatRoom"); len(got) != 11 || got[0] != "g00001" {
		t.Errorf("live rooms: %v", got)
	}
	if got := r.walkGroups(5, "Community"); got != nil {
		t.Errorf("communities: %v", got)
	}
	for _, c := range []refusal{
		{"limit over 10000", group + "get_appid_group_list", `{"Limit":10001}`, 10004},
		{"limit below 0", group + "get_appid_group_list", `{"Limit":-1}`, 10004},
		{"cursor of nobody", group + "get_appid_group_list", `{"Next":5}`, 10004},
		{"unknown type", group + "get_appid_group_list", `{"GroupType":"Club"}`, 10004},
		{"retired type", group + "get_appid_group_list", `{"GroupType":"BChatRoom"}`, 0},
		{"zeros count as absent", group + "get_appid_group_list", `{"Next":0,"Limit":0,"GroupType":null}`, 0},
		{"digits for a number", group + "get_appid_group_list", `{"Limit":"3"}`, 0},
	} {
		r.clock.Add(time.Second)
		r.refuses([]refusal{c})
	}
}

func (r *rig) walkGroups(limit int, kind string) (ids []string) {
	r.Helper()
	next := any(0)
	for range 100 {
		r.clock.Add(time.Second)
		a := r.ok(group+"get_appid_group_list", fmt.Sprintf(`{"Limit":%d,"Next":%v,"GroupType":%q}`, limit, next, kind))
		ids = append(ids, column(a["GroupIdList"], "GroupId")...)
		if total := map[string]int{"": 24, "AVChatRoom": 11}[kind]; num(a["TotalCount"]) != int64(total) {
			r.Errorf("TotalCount of %q is %v, want %d", kind, a["TotalCount"], total)
		}
		if next = num(a["Next"]); next == int64(0) {
			return ids
		}
		if next.(int64) < 1<<32 {
			r.Errorf("Next is %v, within 32 bits", next)
		}
	}
	r.Fatal("the list does not end")
	return nil
}

func TestJoinedGroups(t *testing.T) {
	r := newRig(t)
	for i, kind := range strings.Fields("Public Private ChatRoom Community Public") {
		id := fmt.Sprintf("g%d", i)
		if kind == "Community" {
			id = "@TGS#_3"
		}
		r.group(kind, id, "a")
	}
	r.ok(group+"create_group", `{"Type":"AVChatRoom","Name":"x","GroupId":"live"}`)
	if err := r.Enter(t.Context(), testApp, "live", "a"); err != nil {
		t.Fatal(err)
	}
	r.ok(group+"destroy_group", `{"GroupId":"g4"}`)
	tests := []struct{ name, fields, want, total string }{
		{"default: no live rooms, no sleeping private groups", ``, "g0 g2 @TGS#_3", "3"},
		{"with sleeping ones", `,"WithNoActiveGroups":1`, "g0 g1 g2 @TGS#_3", "4"},
		{"with everything", `,"WithNoActiveGroups":1,"WithHugeGroups":1`, "g0 g1 g2 @TGS#_3 live", "5"},
		{"second page", `,"WithNoActiveGroups":1,"WithHugeGroups":1,"Limit":2,"Offset":2`, "g2 @TGS#_3", "5"},
		{"past the end", `,"Limit":2,"Offset":9`, "", "3"},
		{"one type", `,"GroupType":"ChatRoom"`, "g2", "1"},
		{"live rooms", `,"GroupType":"AVChatRoom"`, "live", "1"},
		{"topic communities", `,"GroupType":"Community","SupportTopic":1`, "", "0"},
		{"plain communities", `,"GroupType":"Community","SupportTopic":0`, "@TGS#_3", "1"},
		{"zeros", `,"Limit":0,"Offset":0`, "g0 g2 @TGS#_3", "3"},
	}
	for _, tt := range tests {
		a := r.ok(group+"get_joined_group_list", `{"Member_Account":"a"`+tt.fields+`}`)
		if got := strings.Join(column(a["GroupIdList"], "GroupId"), " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		r.expect(a, tt.total, "TotalCount")
	}
	r.say("g1", "owner", "wake up")
	a := r.ok(group+"get_joined_group_list", `{"Member_Account":"a","GroupType":"Private","ResponseFilter":{"GroupBaseInfoFilter":["Type","Name"],"SelfInfoFilter":["Role","MsgFlag"]}}`)
	r.expect(a, "[map[GroupId:g1 Name:test SelfInfo:map[MsgFlag:AcceptAndNotify Role:Member] Type:Private]]", "GroupIdList")
	r.refuses([]refusal{
		{"nobody", group + "get_joined_group_list", `{}`, 10004},
		{"a stranger", group + "get_joined_group_list", `{"Member_Account":"zz"}`, 10019},
		{"limit over 5000", group + "get_joined_group_list", `{"Member_Account":"a","Limit":5001}`, 10004},
	})
}

func TestOwnerChanges(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	r.group("AVChatRoom", "live")
	r.people("b")
	r.refuses([]refusal{
		{"to nobody", group + "change_group_owner", `{"GroupId":"g"}`, 10004},
		{"to a stranger", group + "change_group_owner", `{"GroupId":"g","NewOwner_Account":"zz"}`, 10019},
		{"to somebody outside", group + "change_group_owner", `{"GroupId":"g","NewOwner_Account":"b"}`, 10004},
		{"in a live room", group + "change_group_owner", `{"GroupId":"live","NewOwner_Account":"owner"}`, 10007},
		{"to himself", group + "change_group_owner", `{"GroupId":"g","NewOwner_Account":"owner"}`, 0},
		{"to a member", group + "change_group_owner", `{"GroupId":"g","NewOwner_Account":"a"}`, 0},
	})
	r.expect(r.ok(group+"get_group_info", `{"GroupIdList":["g"]}`), "a", "GroupInfo", 0, "Owner_Account")
	a := r.ok(group+"get_role_in_group", `{"GroupId":"g","User_Account":["owner","a"]}`)
	if got := strings.Join(column(a["UserIdList"], "Role"), " "); got != "Member Owner" {
		t.Errorf("roles: %s", got)
	}
}

func TestDismissedGroup(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	r.ok(group+"destroy_group", `{"GroupId":"g"}`)
	var cases []refusal
	for command, fields := range map[string]string{
		"destroy_group": "", "modify_group_base_info": `,"Name":"x"`, "get_group_member_info": "", "get_role_in_group": `,"User_Account":["a"]`,
		"group_msg_get_simple": `,"ReqMsgNumber":5`, "forbid_send_msg": `,"Members_Account":["a"],"MuteTime":5`, "get_group_muted_account": "",
		"send_group_msg": `,"Random":1,"MsgBody":` + textBody("x"), "add_group_member": `,"MemberList":[{"Member_Account":"a"}]`,
		"delete_group_member": `,"MemberToDel_Account":["a"]`, "delete_group_msg_by_sender": `,"Sender_Account":"a"`, "group_msg_recall": `,"MsgSeqList":[{"MsgSeq":1}]`,
	} {
		cases = append(cases,
			refusal{command + " of a dismissed group", group + command, `{"GroupId":"g"` + fields + `}`, 10010},
			refusal{command + " of no group", group + command, `{"GroupId":"never"` + fields + `}`, 10015},
			refusal{command + " without group", group + command, `{"x":1` + fields + `}`, 10004},
			refusal{command + " of a number", group + command, `{"GroupId":5` + fields + `}`, 10004})
	}
	r.refuses(cases)
}
