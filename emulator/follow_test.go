package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func followItems(who []string) string {
	return strings.ReplaceAll(accounts(who), "Member_", "To_")
}

func TestFollow(t *testing.T) {
	r := newRig(t)
	fans := names("fan", 45)
	r.people(append([]string{"star", "other"}, fans...)...)
	follow := func(from string, to ...string) answer {
		return r.ok("follow/follow_add", fmt.Sprintf(`{"From_Account":%q,"FollowItem":%s}`, from, followItems(to)))
	}
	for _, who := range fans {
		r.clock.Add(time.Second)
		follow(who, "star")
	}
	a := follow("star", append([]string{"star", "zz"}, fans[:18]...)...)
	if got := results(a["ResultItem"]); !strings.HasPrefix(got, "star 30001, zz 30003, fan00000 0, fan00001 0") {
		t.Errorf("followed: %s", got)
	}
	r.expect(a, "[star zz]", "Fail_Account")
	follow("star", "other", fans[0])
	walk := func(what, n int) (got []string) {
		t.Helper()
		for cursor, pages := "", 0; ; pages++ {
			a := r.ok("follow/follow_get", fmt.Sprintf(`{"From_Account":"star","FollowType":%d,"StartCursor":%q,"WantNum":%d}`, what, cursor, n))
			got = append(got, column(a["FollowItem"], "To_Account")...)
			if cursor = a["NextCursor"].(string); cursor == "" {
				return got
			}
			if pages > 100 {
				t.Fatal("the list does not end")
			}
		}
	}
	for _, n := range []int{1, 7, 45, 0} {
		if got := walk(1, n); !slices.Equal(got, fans) {
			t.Errorf("fans by %d: %v", n, got)
		}
		if got := walk(2, n); !slices.Equal(got, append(slices.Clone(fans[:18]), "other")) {
			t.Errorf("followed by %d: %v", n, got)
		}
		if got := walk(3, n); !slices.Equal(got, fans[:18]) {
			t.Errorf("mutual by %d: %v", n, got)
		}
	}
	r.ok("profile/portrait_set", `{"From_Account":"fan00000","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"Fan"},{"Tag":"Tag_Profile_IM_Level","Value":3}]}`)
	r.gets("follow/follow_get", `{"From_Account":"star","FollowType":1,"StartCursor":"","WantNum":1}`,
		"map[FollowTime:1.700000001e+09 ProfileItem:[map[Tag:Tag_Profile_IM_Nick Value:Fan] map[Tag:Tag_Profile_IM_Level Value:3]] To_Account:fan00000]", "FollowItem", 0)
	a = r.ok("follow/follow_check", `{"From_Account":"star","To_Account":["fan00000","fan00040","other","administrator","zz"]}`)
	if got := strings.Join(column(a["ResultItem"], "FollowType"), " "); got != "3 1 2 0 0" {
		t.Errorf("checked: %s", got)
	}
	r.expect(a, 30003, "ResultItem", 4, "ResultCode")
	r.gets("follow/follow_get_info", `{"From_Account":"star","To_Account":["star","zz"]}`,
		"[map[FollowerCount:45 FollowingCount:19 MutualFollowingCount:18 ResultCode:0 ResultInfo: To_Account:star]"+
			" map[FollowerCount:0 FollowingCount:0 MutualFollowingCount:0 ResultCode:30003 ResultInfo:Err_SNS_FollowGetInfo_Account_Not_Imported To_Account:zz]]", "FollowInfo")
	r.ok("follow/follow_delete", `{"From_Account":"star","To_Account":["fan00000","other"]}`)
	r.ok(account+"account_delete", `{"DeleteItem":[{"UserID":"fan00001"}]}`)
	r.gets("follow/follow_get_info", `{"From_Account":"star","To_Account":["star"]}`,
		"[map[FollowerCount:44 FollowingCount:16 MutualFollowingCount:16 ResultCode:0 ResultInfo: To_Account:star]]", "FollowInfo")
	r.refuses([]refusal{
		{"21 at once", "follow/follow_add", `{"From_Account":"star","FollowItem":` + followItems(names("fan", 21)) + `}`, 30001},
		{"accounts as text", "follow/follow_add", `{"From_Account":"star","FollowItem":["fan00000"]}`, 30001},
		{"a stranger follows", "follow/follow_add", `{"From_Account":"zz","FollowItem":[{"To_Account":"star"}]}`, 30003},
		{"21 left at once", "follow/follow_delete", `{"From_Account":"star","To_Account":` + js(names("fan", 21)) + `}`, 30001},
		{"101 checked", "follow/follow_check", `{"From_Account":"star","To_Account":` + js(names("fan", 101)) + `}`, 30001},
		{"100 checked", "follow/follow_check", `{"From_Account":"star","To_Account":` + js(names("fan", 100)) + `}`, 0},
		{"21 counted", "follow/follow_get_info", `{"From_Account":"star","To_Account":` + js(names("fan", 21)) + `}`, 30001},
		{"no type", "follow/follow_get", `{"From_Account":"star","StartCursor":""}`, 30001},
		{"type 4", "follow/follow_get", `{"From_Account":"star","FollowType":4}`, 30001},
		{"1001 at once", "follow/follow_get", `{"From_Account":"star","FollowType":1,"WantNum":1001}`, 30001},
		{"a cursor of nobody", "follow/follow_get", `{"From_Account":"star","FollowType":1,"StartCursor":"next"}`, 30001},
		{"unknown command", "follow/follow_all", `{}`, 60009},
	})
}
