package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAddMembers(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g")
	r.group("AVChatRoom", "live")
	r.people("a", "b", "c")
	add := func(id string, who ...string) answer {
		return r.call(group+"add_group_member", fmt.Sprintf(`{"GroupId":%q,"MemberList":%s}`, id, accounts(who)))
	}
	a := add("g", "a", "zz", "owner", "a")
	if got := strings.Join(column(a["MemberList"], "Result"), " "); got != "1 0 2 2" {
		t.Errorf("results: %s", got)
	}
	r.refuses([]refusal{
		{"only strangers", group + "add_group_member", `{"GroupId":"g","MemberList":[{"Member_Account":"zz"}]}`, 10019},
		{"nobody", group + "add_group_member", `{"GroupId":"g","MemberList":[]}`, 10004},
		{"names instead of objects", group + "add_group_member", `{"GroupId":"g","MemberList":["b"]}`, 10004},
		{"301", group + "add_group_member", `{"GroupId":"g","MemberList":` + accounts(names("m", 301)) + `}`, 10005},
		{"into a live room", group + "add_group_member", `{"GroupId":"live","MemberList":[{"Member_Account":"b"}]}`, 10007},
	})
	r.ok(group+"modify_group_base_info", `{"GroupId":"g","MaxMemberNum":3}`)
	if a := add("g", "b", "c"); strings.Join(column(a["MemberList"], "Result"), " ") != "1 0" {
		t.Errorf("the last place: %v", a)
	}
	if a := add("g", "c"); a.code() != 10014 {
		t.Errorf("a full group: %v", a)
	}
	r.expect(r.ok(group+"get_group_info", `{"GroupIdList":["g"]}`), 3, "GroupInfo", 0, "MemberNum")
}

func TestDeleteMembers(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a", "b")
	r.group("Private", "p", "a")
	r.group("AVChatRoom", "live")
	r.refuses([]refusal{
		{"a member, a stranger and somebody outside", group + "delete_group_member", `{"GroupId":"g","MemberToDel_Account":["a","zz","administrator"],"Reason":"spam"}`, 0},
		{"again", group + "delete_group_member", `{"GroupId":"g","MemberToDel_Account":["a"]}`, 0},
		{"nobody", group + "delete_group_member", `{"GroupId":"g","MemberToDel_Account":[]}`, 10004},
		{"101", group + "delete_group_member", `{"GroupId":"g","MemberToDel_Account":` + js(names("m", 101)) + `}`, 10005},
		{"the owner", group + "delete_group_member", `{"GroupId":"g","MemberToDel_Account":["b","owner"]}`, 10004},
		{"from a live room", group + "delete_group_member", `{"GroupId":"live","MemberToDel_Account":["a"]}`, 10004},
		{"the owner of a private group", group + "delete_group_member", `{"GroupId":"p","MemberToDel_Account":["owner"]}`, 0},
	})
	a := r.ok(group+"get_group_member_info", `{"GroupId":"g"}`)
	if got := column(a["MemberList"], "Member_Account"); !slices.Equal(got, []string{"b", "owner"}) {
		t.Errorf("left: %v", got)
	}
	r.expect(r.ok(group+"get_group_info", `{"GroupIdList":["p"]}`), "", "GroupInfo", 0, "Owner_Account")
}

// TestMemberListIsComplete walks the members in both ways of paging: in order of joining and then of account.
func TestMemberListIsComplete(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g")
	r.group("Community", "@TGS#_c")
	want := []string{"owner"}
	for _, part := range []string{"z", "m", "a"} {
		r.clock.Add(time.Second)
		list := names(part, 40)
		r.people(list...)
		want = append(want, list...)
		slices.Reverse(list)
		for _, id := range []string{"g", "@TGS#_c"} {
			r.ok(group+"add_group_member", fmt.Sprintf(`{"GroupId":%q,"MemberList":%s}`, id, accounts(list)))
		}
	}
	for _, limit := range []int{0, 1, 40, 41, 120, 121, 122, 6000} {
		var got []string
		for offset := 0; ; offset += limit {
			r.clock.Add(10 * time.Millisecond)
			a := r.ok(group+"get_group_member_info", fmt.Sprintf(`{"GroupId":"g","Limit":%d,"Offset":%d,"MemberInfoFilter":["Role"]}`, limit, offset))
			r.expect(a, 121, "MemberNum")
			page := column(a["MemberList"], "Member_Account")
			got = append(got, page...)
			if len(page) < limit || limit == 0 {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("by offset in pages of %d: %d members, %v...", limit, len(got), got[:min(3, len(got))])
		}
	}
	for _, limit := range []int{0, 1, 40, 100} {
		var got []string
		next := ""
		for pages := 0; ; pages++ {
			r.clock.Add(10 * time.Millisecond)
			a := r.ok(group+"get_group_member_info", fmt.Sprintf(`{"GroupId":"@TGS#_c","Limit":%d,"Next":%q}`, limit, next))
			got = append(got, column(a["MemberList"], "Member_Account")...)
			if next = a["Next"].(string); next == "" || pages > 200 {
				break
			}
			if strings.Trim(next, "0123456789") != "" {
				t.Fatalf("Next is %q, not digits", next)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("by cursor in pages of %d: %d members", limit, len(got))
		}
	}
	r.refuses([]refusal{
		{"limit over 6000", group + "get_group_member_info", `{"GroupId":"g","Limit":6001}`, 10004},
		{"community without Next", group + "get_group_member_info", `{"GroupId":"@TGS#_c","Limit":10}`, 10004},
		{"community with limit over 100", group + "get_group_member_info", `{"GroupId":"@TGS#_c","Next":"","Limit":101}`, 10004},
		{"community with offset", group + "get_group_member_info", `{"GroupId":"@TGS#_c","Next":"","Offset":5}`, 10004},
		{"community with nonsense", group + "get_group_member_info", `{"GroupId":"@TGS#_c","Next":"x"}`, 10004},
		{"community with a far cursor", group + "get_group_member_info", `{"GroupId":"@TGS#_c","Next":"9223372036854775807"}`, 0},
		{"unknown role", group + "get_group_member_info", `{"GroupId":"g","MemberRoleFilter":["King"]}`, 10004},
	})
}

func TestMemberFilters(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a", "b", "c")
	r.ok(group+"modify_group_member_info", `{"GroupId":"g","Member_Account":"b","Role":"Admin","NameCard":"B","AppMemberDefinedData":[{"Key":"k1","Value":"v1"},{"Key":"k2","Value":"v2"}]}`)
	r.ok(group+"forbid_send_msg", `{"GroupId":"g","Members_Account":["c"],"MuteTime":60}`)
	tests := []struct{ name, fields, want string }{
		{"admins", `,"MemberRoleFilter":["Admin"],"MemberInfoFilter":["Role"]`, "[map[Member_Account:b Role:Admin]]"},
		{"owner and admins", `,"MemberRoleFilter":["Owner","Admin"],"MemberInfoFilter":["Role"]`, "[map[Member_Account:b Role:Admin] map[Member_Account:owner Role:Owner]]"},
		{"members with offset", `,"MemberRoleFilter":["Member"],"MemberInfoFilter":["Role"],"Limit":5,"Offset":1`, "[map[Member_Account:c Role:Member]]"},
		{
			"mutes, old and new name", `,"MemberRoleFilter":["Member"],"MemberInfoFilter":["MuteUntil","ShutUpUntil"],"Limit":5,"Offset":1`,
			"[map[Member_Account:c MuteUntil:1.70000006e+09 ShutUpUntil:1.70000006e+09]]",
		},
		{
			"one custom field", `,"MemberRoleFilter":["Admin"],"MemberInfoFilter":["NameCard"],"AppDefinedDataFilter_GroupMember":["k2"]`,
			"[map[AppMemberDefinedData:[map[Key:k2 Value:v2]] Member_Account:b NameCard:B]]",
		},
	}
	for _, tt := range tests {
		a := r.ok(group+"get_group_member_info", `{"GroupId":"g"`+tt.fields+`}`)
		r.expect(a, 4, "MemberNum")
		if got := fmt.Sprint(a["MemberList"]); got != tt.want {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
	a := r.ok(group+"get_specified_group_member_info", `{"GroupId":"g","Member_List_Account":["c","zz","owner","c"],"MemberInfoFilter":["Role"]}`)
	r.expect(a, "[map[Member_Account:c Role:Member] map[Member_Account:owner Role:Owner]]", "MemberList")
	r.refuses([]refusal{
		{"51 named", group + "get_specified_group_member_info", `{"GroupId":"g","Member_List_Account":` + js(names("m", 51)) + `}`, 10004},
		{"none named", group + "get_specified_group_member_info", `{"GroupId":"g"}`, 10004},
	})
}

func TestModifyMember(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	r.group("Private", "p", "a")
	r.group("AVChatRoom", "live")
	r.people("outside")
	modify := func(id, who, fields string) string {
		return fmt.Sprintf(`{"GroupId":%q,"Member_Account":%q%s}`, id, who, fields)
	}
	const command = group + "modify_group_member_info"
	r.refuses([]refusal{
		{"nothing", command, modify("g", "a", ""), 10004},
		{"somebody outside", command, modify("g", "outside", `,"NameCard":"x"`), 10004},
		{"a stranger", command, modify("g", "zz", `,"NameCard":"x"`), 10019},
		{"the owner's role", command, modify("g", "owner", `,"Role":"Member"`), 10004},
		{"the owner's card", command, modify("g", "owner", `,"NameCard":"boss"`), 0},
		{"to owner", command, modify("g", "a", `,"Role":"Owner"`), 10004},
		{"card of 51 bytes", command, modify("g", "a", `,"NameCard":`+js(strings.Repeat("x", 51))), 10004},
		{"unknown flag", command, modify("g", "a", `,"MsgFlag":"Never"`), 10004},
		{"flag", command, modify("g", "a", `,"MsgFlag":"Discard"`), 0},
		{"role in a private group", command, modify("p", "a", `,"Role":"Admin"`), 10007},
		{"mute in a private group", command, modify("p", "a", `,"MuteTime":5`), 10007},
		{"card in a private group", command, modify("p", "a", `,"NameCard":"x"`), 0},
		{"in a live room", command, modify("live", "a", `,"NameCard":"x"`), 10007},
		{"mute time below 0", command, modify("g", "a", `,"MuteTime":-1`), 10004},
		{"mute by the older name", command, modify("g", "a", `,"ShutUpTime":100`), 0},
		{"an unpublished name", command, modify("g", "a", `,"ShutUpUntil":100`), 10004},
		{"6 custom fields", command, modify("g", "a", `,"AppMemberDefinedData":`+keyValues(6)), 10004},
		{"long custom field", command, modify("g", "a", `,"AppMemberDefinedData":[{"Key":"k","Value":`+js(strings.Repeat("x", 65))+`}]`), 10004},
	})
	a := r.ok(group+"get_specified_group_member_info", `{"GroupId":"g","Member_List_Account":["a"]}`)
	r.expect(a, 1700000100, "MemberList", 0, "MuteUntil")
	r.expect(a, "Discard", "MemberList", 0, "MsgFlag")
}

func TestRoles(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	r.group("AVChatRoom", "live")
	a := r.ok(group+"get_role_in_group", `{"GroupId":"g","User_Account":["owner","zz","a"]}`)
	r.expect(a, "[map[Member_Account:owner Role:Owner] map[Member_Account:zz Role:NotMember] map[Member_Account:a Role:Member]]", "UserIdList")
	r.refuses([]refusal{
		{"501", group + "get_role_in_group", `{"GroupId":"g","User_Account":` + js(names("m", 501)) + `}`, 10004},
		{"live room", group + "get_role_in_group", `{"GroupId":"live","User_Account":["a"]}`, 10007},
	})
}

func TestImportMembers(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c", "d")
	r.ok(group+"import_group", `{"Type":"Public","Name":"old","GroupId":"g","CreateTime":1600000000}`)
	a := r.ok(group+"import_group_member", `{"GroupId":"g","MemberList":[{"Member_Account":"a","Role":"Admin","JoinTime":1650000000},
		{"Member_Account":"b","JoinTime":1500000000},{"Member_Account":"c","JoinTime":1800000000},{"Member_Account":"zz"},{"Member_Account":"d"},{"Member_Account":"a"}]}`)
	if got := strings.Join(column(a["MemberList"], "Result"), " "); got != "1 0 0 0 1 2" {
		t.Errorf("results: %s", got)
	}
	a = r.ok(group+"get_group_member_info", `{"GroupId":"g","MemberInfoFilter":["JoinTime","Role"]}`)
	r.expect(a, "[map[JoinTime:1.65e+09 Member_Account:a Role:Admin] map[JoinTime:1.7e+09 Member_Account:d Role:Member]]", "MemberList")
	r.expect(r.ok(group+"get_group_info", `{"GroupIdList":["g"]}`), 1, "GroupInfo", 0, "NextMsgSeq")
	r.refuses([]refusal{
		{"301", group + "import_group_member", `{"GroupId":"g","MemberList":` + accounts(names("m", 301)) + `}`, 10005},
		{"only strangers", group + "import_group_member", `{"GroupId":"g","MemberList":[{"Member_Account":"zz"}]}`, 10019},
		{"as owner", group + "import_group_member", `{"GroupId":"g","MemberList":[{"Member_Account":"a","Role":"Owner"}]}`, 10004},
	})
}

func TestMemberListThatIsTooLarge(t *testing.T) {
	r := newRig(t)
	r.ok(group+"create_group", `{"Type":"Community","Name":"x","GroupId":"@TGS#_big"}`)
	all := names("somebody_with_a_long_name", 6000)
	r.people(all...)
	for chunk := range slices.Chunk(all, 300) {
		r.ok(group+"add_group_member", fmt.Sprintf(`{"GroupId":"@TGS#_big","Silence":1,"MemberList":%s}`, accounts(chunk)))
	}
	if a := r.call(group+"get_group_info", `{"GroupIdList":["@TGS#_big"]}`); a.code() != 10018 {
		t.Errorf("%d members in one answer: %v", len(all), short(fmt.Sprint(a)))
	}
	a := r.ok(group+"get_group_info", `{"GroupIdList":["@TGS#_big"],"ResponseFilter":{"GroupBaseInfoFilter":["MemberNum"]}}`)
	r.expect(a, 6000, "GroupInfo", 0, "MemberNum")
}
