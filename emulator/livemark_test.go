package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func markBody(command int, marks string, who ...string) string {
	items := make([]string, len(who))
	for i, name := range who {
		items[i] = fmt.Sprintf(`{"Member_Account":%q,"Marks":%s}`, name, marks)
	}
	return fmt.Sprintf(`{"GroupId":"live","CommandType":%d,"MemberList":[%s]}`, command, strings.Join(items, ","))
}

// TestMarksEndWithLeaving has marks that are lost, and those of the service that hide people or keep them counted.
func TestMarksEndWithLeaving(t *testing.T) {
	r := newRig(t)
	r.group("AVChatRoom", "live")
	r.people("a", "b", "c")
	enter := func(who ...string) {
		t.Helper()
		if err := r.Enter(t.Context(), testApp, "live", who...); err != nil {
			t.Fatal(err)
		}
	}
	leave := func(who ...string) {
		t.Helper()
		if err := r.Leave(t.Context(), testApp, "live", who...); err != nil {
			t.Fatal(err)
		}
	}
	marked := func(mark string) string {
		r.clock.Add(11 * time.Second) // past the age of the list
		a := r.ok(live+"get_members", `{"GroupId":"live","Timestamp":0`+mark+`}`)
		got := column(a["MemberList"], "Member_Account")
		slices.Sort(got)
		return strings.Join(got, " ")
	}
	online := func() string {
		return fmt.Sprint(num(r.ok(group+"get_online_member_num", `{"GroupId":"live"}`)["OnlineMemberNum"]))
	}
	enter("a", "b", "c")
	r.ok(live+"modify_user_info", markBody(1, `[1000,500]`, "a"))
	r.ok(live+"modify_user_info", markBody(1, `[1000]`, "b"))
	r.ok(live+"modify_user_info", markBody(1, `[600]`, "c"))
	if got := marked("") + "; " + marked(`,"Mark":1000`) + "; " + marked(`,"Mark":600`); got != "a b; a b; c" {
		t.Errorf("marked: %s", got)
	}
	leave("a", "b")
	if got := online(); got != "2" {
		t.Errorf("online after two left, one of whom stays: %s", got)
	}
	enter("a", "b")
	if got := online() + "; " + marked(`,"Mark":1000`); got != "3; " {
		t.Errorf("back again: %s", got)
	}
	r.ok(live+"modify_user_info", markBody(1, `[500]`, "b"))
	leave("b")
	r.clock.Add(3*24*time.Hour - time.Minute)
	if got := online(); got != "3" {
		t.Errorf("nearly three days later: %s", got)
	}
	r.clock.Add(2 * time.Minute)
	if got := online(); got != "2" {
		t.Errorf("three days later: %s", got)
	}
	r.ok(live+"modify_user_info", markBody(1, `[500]`, "a"))
	r.ok(group+"ban_group_member", `{"GroupId":"live","Members_Account":["a"],"Duration":60}`)
	if got := online(); got != "1" {
		t.Errorf("banned: %s", got)
	}
}

func TestMarksAreLimited(t *testing.T) {
	r := newRig(t)
	r.group("AVChatRoom", "live")
	many := names("v", 1001)
	r.people(many...)
	if err := r.Enter(t.Context(), testApp, "live", many...); err != nil {
		t.Fatal(err)
	}
	for chunk := range slices.Chunk(many[:1000], 500) {
		r.ok(live+"modify_user_info", markBody(1, `[2000]`, chunk...))
	}
	r.refuses([]refusal{
		{"1001 with one mark", live + "modify_user_info", markBody(1, `[2000]`, many[1000]), 10004},
		{"again on one who has it", live + "modify_user_info", markBody(1, `[2000]`, many[0]), 0},
		{"another mark", live + "modify_user_info", markBody(1, `[2001]`, many[1000]), 0},
		{"ten in all", live + "modify_user_info", markBody(1, `[2002,2003,2004,2005,2006,2007,2008,2009]`, many[1000]), 0},
		{"those of the service do not count", live + "modify_user_info", markBody(1, `[500,600]`, many[1000]), 0},
		{"eleven", live + "modify_user_info", markBody(1, `[2010]`, many[0]), 10004},
		{"take one off", live + "modify_user_info", markBody(2, `[2009]`, many[1000]), 0},
		{"ten again", live + "modify_user_info", markBody(1, `[2010]`, many[0]), 0},
		{"501 at once", live + "modify_user_info", markBody(1, `[2000]`, many[:501]...), 10004},
	})
}
