package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLiveRoom(t *testing.T) {
	r := newRig(t)
	r.group("AVChatRoom", "live")
	r.group("Public", "g")
	r.people("a", "b", "c")
	if err := r.Enter(t.Context(), testApp, "live", "a", "b"); err != nil {
		t.Fatal(err)
	}
	r.expect(r.ok(group+"get_online_member_num", `{"GroupId":"live"}`), 2, "OnlineMemberNum")
	r.expect(r.ok(live+"check_members", `{"GroupId":"live","Member_Account":["c","b","zz"]}`), "[b]", "Member_Account")
	if err := r.Leave(t.Context(), testApp, "live", "a"); err != nil {
		t.Fatal(err)
	}
	r.expect(r.ok(group+"get_online_member_num", `{"GroupId":"live"}`), 1, "OnlineMemberNum")
	for command, fields := range map[string]string{
		group + "get_online_member_num": ``, live + "check_members": `,"Member_Account":["a"]`, live + "get_members": `,"Timestamp":0`,
		live + "modify_admin": `,"CommandType":1,"Admin_Account":["a"]`, live + "get_admin_list": ``, group + "ban_group_member": `,"Members_Account":["a"],"Duration":60`,
		group + "unban_group_member": `,"Members_Account":["a"]`, group + "get_group_ban_member": `,"Offset":0`, live + "modify_user_info": `,"CommandType":1,"MemberList":[{"Member_Account":"a","Marks":[1000]}]`,
	} {
		r.refuses([]refusal{{"in an ordinary group", command, `{"GroupId":"g"` + fields + `}`, 10007}, {"in no group", command, `{"GroupId":"zz"` + fields + `}`, 10015}})
	}
	r.expect(r.ok(group+"get_group_info", `{"GroupIdList":["live"]}`), "<nil>", "GroupInfo", 0, "MemberList")
	r.refuses([]refusal{{"members by the ordinary way", group + "get_group_member_info", `{"GroupId":"live"}`, 10007}})
}

func TestLiveAudience(t *testing.T) {
	r := newRig(t)
	r.group("AVChatRoom", "live")
	all := names("v", 1200)
	r.people(all...)
	r.clock.Add(time.Second)
	if err := r.Enter(t.Context(), testApp, "live", all...); err != nil {
		t.Fatal(err)
	}
	first := r.ok(live+"get_members", `{"GroupId":"live","Timestamp":0}`)
	second := r.ok(live+"get_members", fmt.Sprintf(`{"GroupId":"live","Timestamp":%d}`, num(first["NextTimestamp"])))
	seen := append(column(first["MemberList"], "Member_Account"), column(second["MemberList"], "Member_Account")...)
	want := slices.Clone(all[200:])
	slices.Reverse(want)
	if !slices.Equal(seen, want) || num(second["NextTimestamp"]) != int64(0) || num(first["NextTimestamp"]) == int64(0) {
		t.Errorf("%d of the audience, then %v", len(seen), second["NextTimestamp"])
	}
	// The list is a snapshot for ten seconds.
	if err := r.Leave(t.Context(), testApp, "live", all[1199]); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{all[1199], all[1198]} {
		r.expect(r.ok(live+"get_members", `{"GroupId":"live","Timestamp":0}`), want, "MemberList", 0, "Member_Account")
		r.clock.Add(10 * time.Second)
	}
	r.refuses([]refusal{{"no timestamp", live + "get_members", `{"GroupId":"live"}`, 10004}})
}

func TestLiveMarksAndAdmins(t *testing.T) {
	r := newRig(t)
	r.group("AVChatRoom", "live")
	r.people("a", "b", "c", "d", "e", "f")
	if err := r.Enter(t.Context(), testApp, "live", "a", "b"); err != nil {
		t.Fatal(err)
	}
	mark := func(command int, who string, marks string) string {
		return fmt.Sprintf(`{"GroupId":"live","CommandType":%d,"MemberList":[{"Member_Account":%q,"Marks":%s},{"Member_Account":"f","Marks":[1000]}]}`, command, who, marks)
	}
	a := r.ok(live+"modify_user_info", mark(1, "a", `[1000,1001]`))
	r.expect(a, "[map[Marks:[1000 1001] Member_Account:a]]", "MemberList")
	a = r.ok(live+"get_members", `{"GroupId":"live","Timestamp":0,"Mark":1001}`)
	if got := column(a["MemberList"], "Member_Account"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("marked: %v", got)
	}
	r.refuses([]refusal{
		{"nobody is there", live + "modify_user_info", `{"GroupId":"live","CommandType":1,"MemberList":[{"Member_Account":"f","Marks":[1000]}]}`, 10019},
		{"a mark below 1000", live + "modify_user_info", mark(1, "a", `[7]`), 10004},
		{"a reserved mark", live + "modify_user_info", mark(1, "a", `[600]`), 0},
		{"command 3", live + "modify_user_info", mark(3, "a", `[1000]`), 10004},
		{"too many marks", live + "modify_user_info", mark(1, "b", `[2001,2002,2003,2004,2005,2006,2007,2008,2009]`), 10004},
		{"take one off", live + "modify_user_info", mark(2, "a", `[1000]`), 0},
		{"admins", live + "modify_admin", `{"GroupId":"live","CommandType":1,"Admin_Account":["a","b","c","d"]}`, 0},
		{"too many admins at once", live + "modify_admin", `{"GroupId":"live","CommandType":1,"Admin_Account":["a","b","c","d","e","f"]}`, 10004},
		{"too many admins in all", live + "modify_admin", `{"GroupId":"live","CommandType":1,"Admin_Account":["e","f"]}`, 10004},
		{"a stranger", live + "modify_admin", `{"GroupId":"live","CommandType":1,"Admin_Account":["zz"]}`, 10019},
		{"no longer", live + "modify_admin", `{"GroupId":"live","CommandType":2,"Admin_Account":["b","c","d"]}`, 0},
	})
	a = r.ok(live+"get_admin_list", `{"GroupId":"live"}`)
	if got := column(a["Admin_List"], "Admin_Account"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("admins: %v", got)
	}
}

func TestBans(t *testing.T) {
	r := newRig(t)
	r.group("AVChatRoom", "live")
	all := names("v", 20)
	r.people(all...)
	if err := r.Enter(t.Context(), testApp, "live", all...); err != nil {
		t.Fatal(err)
	}
	ban := func(who []string, fields string) string {
		return fmt.Sprintf(`{"GroupId":"live","Members_Account":%s%s}`, js(who), fields)
	}
	r.refuses([]refusal{
		{"twenty", group + "ban_group_member", ban(all, `,"Duration":60,"Description":"spam"`), 0},
		{"for ever", group + "ban_group_member", ban(all[:1], `,"Duration":`+forever), 0},
		{"21", group + "ban_group_member", ban(names("v", 21), `,"Duration":60`), 10005},
		{"no time", group + "ban_group_member", ban(all, ``), 10004},
		{"for no time", group + "ban_group_member", ban(all, `,"Duration":0`), 10004},
		{"long reason", group + "ban_group_member", ban(all, `,"Duration":60,"Description":`+js(strings.Repeat("x", 1001))), 10004},
		{"only strangers", group + "ban_group_member", ban([]string{"zz"}, `,"Duration":60`), 10019},
		{"let one off", group + "unban_group_member", ban(all[1:2], ``), 0},
		{"let 21 off", group + "unban_group_member", ban(names("v", 21), ``), 10005},
	})
	r.expect(r.ok(group+"get_online_member_num", `{"GroupId":"live"}`), 0, "OnlineMemberNum")
	var got []string
	for offset := 0; ; {
		a := r.ok(group+"get_group_ban_member", fmt.Sprintf(`{"GroupId":"live","Limit":8,"Offset":%d}`, offset))
		got = append(got, column(a["BannedAccountList"], "Member_Account")...)
		if offset = int(a["NextOffset"].(float64)); offset == 0 {
			break
		}
	}
	want := slices.Delete(slices.Clone(all), 1, 2)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("banned: %v", got)
	}
	r.expect(r.ok(group+"get_group_ban_member", `{"GroupId":"live","Offset":0}`), 4294967295, "BannedAccountList", 0, "BannedUntil")
	if err := r.Enter(t.Context(), testApp, "live", all[0]); err == nil {
		t.Error("a banned user came in")
	}
	r.clock.Add(time.Minute)
	a := r.ok(group+"get_group_ban_member", `{"GroupId":"live","Offset":0}`)
	if got := column(a["BannedAccountList"], "Member_Account"); !slices.Equal(got, all[:1]) {
		t.Errorf("a minute later: %v", got)
	}
	r.refuses([]refusal{{"limit over 100", group + "get_group_ban_member", `{"GroupId":"live","Offset":0,"Limit":101}`, 10004}})
}
