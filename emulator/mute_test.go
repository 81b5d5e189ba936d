package emulator

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const forever = "4294967295"

func TestMutes(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a", "b", "c")
	r.group("Private", "p", "a")
	r.group("AVChatRoom", "live")
	mute := func(id, who, fields string) string {
		return fmt.Sprintf(`{"GroupId":%q,"Members_Account":%s%s}`, id, who, fields)
	}
	const command = group + "forbid_send_msg"
	r.refuses([]refusal{
		{"for a minute", command, mute("g", `["a"]`, `,"MuteTime":60`), 0},
		{"by the older name", command, mute("g", `["b"]`, `,"ShutUpTime":120`), 0},
		{"for ever", command, mute("g", `["c","zz"]`, `,"MuteTime":`+forever), 0},
		{"longer than for ever", command, mute("g", `["c"]`, `,"MuteTime":4294967296`), 10004},
		{"no time", command, mute("g", `["a"]`, ``), 10004},
		{"nobody", command, mute("g", `[]`, `,"MuteTime":60`), 10004},
		{"only strangers", command, mute("g", `["zz"]`, `,"MuteTime":60`), 10019},
		{"501", command, mute("g", js(names("m", 501)), `,"MuteTime":60`), 10004},
		{"in a private group", command, mute("p", `["a"]`, `,"MuteTime":60`), 10007},
		{"in a live room", command, mute("live", `["a"]`, `,"MuteTime":60`), 0},
		{"list of a private group", group + "get_group_muted_account", `{"GroupId":"p"}`, 0},
	})
	a := r.ok(group+"get_group_muted_account", `{"GroupId":"g"}`)
	r.expect(a, "[map[Member_Account:a MutedUntil:1.70000006e+09] map[Member_Account:b MutedUntil:1.70000012e+09] map[Member_Account:c MutedUntil:4.294967295e+09]]", "MutedAccountList")
	a = r.ok(group+"get_group_shutted_uin", `{"GroupId":"g"}`)
	r.expect(a, 1700000060, "ShuttedUinList", 0, "ShuttedUntil")
	r.expect(a, "<nil>", "MutedAccountList")

	r.clock.Add(60 * time.Second)
	r.ok(command, mute("g", `["b"]`, `,"MuteTime":0`))
	a = r.ok(group+"get_group_muted_account", `{"GroupId":"g"}`)
	if got := strings.Join(column(a["MutedAccountList"], "Member_Account"), " "); got != "c" {
		t.Errorf("a minute later, b let off: %s", got)
	}
	// A mute outlives leaving and coming back.
	r.ok(group+"delete_group_member", `{"GroupId":"g","MemberToDel_Account":["c"]}`)
	r.ok(group+"add_group_member", `{"GroupId":"g","MemberList":[{"Member_Account":"c"}]}`)
	a = r.ok(group+"get_specified_group_member_info", `{"GroupId":"g","Member_List_Account":["c"]}`)
	r.expect(a, 4294967295, "MemberList", 0, "MuteUntil")
}

// TestWhoMaySpeak checks every reason not to, and who is above it.
func TestWhoMaySpeak(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "admin", "plain", "muted")
	r.group("AVChatRoom", "live")
	r.people("viewer", "liveadmin")
	r.ok(group+"modify_group_member_info", `{"GroupId":"g","Member_Account":"admin","Role":"Admin"}`)
	r.ok(live+"modify_admin", `{"GroupId":"live","CommandType":1,"Admin_Account":["liveadmin"]}`)
	r.ok(group+"forbid_send_msg", `{"GroupId":"g","Members_Account":["muted"],"MuteTime":60}`)
	n := 100
	check := func(state string, want map[string]int) {
		t.Helper()
		for who, code := range want {
			id := "g"
			if strings.HasPrefix(who, "live") || who == "viewer" {
				id = "live"
			}
			n++
			from := fmt.Sprintf(`,"From_Account":%q`, who)
			if who == "(caller)" {
				from = ""
			}
			if a := r.call(group+"send_group_msg", fmt.Sprintf(`{"GroupId":%q,"Random":%d,"MsgBody":%s%s}`, id, n, textBody("x"), from)); a.code() != code {
				t.Errorf("%s: %s gets %v, want %d", state, who, a, code)
			}
		}
	}
	check("one is muted", map[string]int{"plain": 0, "muted": 10017, "owner": 0, "(caller)": 0})
	for _, id := range []string{"g", "live"} {
		r.ok(group+"modify_group_base_info", `{"GroupId":"`+id+`","MuteAllMember":"On"}`)
	}
	check("all are muted", map[string]int{"plain": 10017, "muted": 10017, "owner": 0, "admin": 0, "(caller)": 0, "admin2": 0, "viewer": 10017, "liveadmin": 0})
	for _, id := range []string{"g", "live"} {
		r.ok(group+"modify_group_base_info", `{"GroupId":"`+id+`","MuteAllMember":"Off"}`)
	}
	for _, who := range []string{"plain", "owner", "administrator"} {
		r.ok("openconfigsvr/setnospeaking", `{"Set_Account":"`+who+`","GroupmsgNospeakingTime":3600}`)
	}
	check("some are muted everywhere", map[string]int{"plain": 10017, "owner": 10017, "(caller)": 0, "administrator": 0, "admin": 0})
	r.clock.Add(time.Hour)
	check("an hour later", map[string]int{"plain": 0, "owner": 0, "muted": 0})
}

func TestGlobalMutes(t *testing.T) {
	r := newRig(t)
	r.people("a")
	const set, get = "openconfigsvr/setnospeaking", "openconfigsvr/getnospeaking"
	r.refuses([]refusal{
		{"nobody", set, `{"C2CmsgNospeakingTime":5}`, 130004},
		{"a stranger", set, `{"Set_Account":"zz","C2CmsgNospeakingTime":5}`, 130005},
		{"neither time", set, `{"Set_Account":"a"}`, 130008},
		{"time below zero", set, `{"Set_Account":"a","C2CmsgNospeakingTime":-5}`, 130001},
		{"ask for nobody", get, `{}`, 130002},
		{"ask for a stranger", get, `{"Get_Account":"zz"}`, 130003},
	})
	steps := []struct {
		fields     string
		wait       time.Duration
		c2c, group string
	}{
		{`,"C2CmsgNospeakingTime":7200`, 4 * time.Second, "7196", "0"},
		{`,"GroupmsgNospeakingTime":` + forever, 0, "7196", forever},
		{`,"C2CmsgNospeakingTime":0`, 0, "0", forever},
		{`,"GroupmsgNospeakingTime":10`, 11 * time.Second, "0", "0"},
	}
	for _, s := range steps {
		r.ok(set, `{"Set_Account":"a"`+s.fields+`}`)
		r.clock.Add(s.wait)
		a := r.ok(get, `{"Get_Account":"a"}`)
		r.expect(a, s.c2c, "C2CmsgNospeakingTime")
		r.expect(a, s.group, "GroupmsgNospeakingTime")
		if _, ok := a["ActionStatus"]; ok {
			t.Error("the answer has an ActionStatus")
		}
	}
}
