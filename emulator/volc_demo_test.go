package emulator

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestVolcDemo looks at the demo through the protocol, as a console would.
func TestVolcDemo(t *testing.T) {
	t.Parallel()
	v := newVolcReceiver(t)
	c := Config{Seed: "demo", Now: time.Now, Path: t.TempDir() + "/demo.db", Volc: []VolcengineApp{{AppID: volcApp, AccessKey: volcAK, SecretKey: volcSK}}}
	talking := c
	talking.Talk = 40
	talking.Volc = []VolcengineApp{{AppID: volcApp, AccessKey: volcAK, SecretKey: volcSK, Callback: Callback{URL: v.URL, Token: "s", Only: []string{"AfterSendMessage"}}}}
	r := newVolcRigWith(t, talking)
	r.clock = &clock{t: time.Now()}
	r.clock.Add(-time.Minute) // every call goes on by a quarter of a second
	const music, sellers = 1691070514797524328, 9223372036854775807
	a := r.ok("BatchGetConversations", f(`"ConversationShortId":[%d,%d],"SkipMemberCount":false`, music, int64(sellers)))
	r.expect(a, a.list("Name", "ConversationCoreInfos"), "周末音乐夜 Weekend 🎧 跨境电商卖家互助群")
	if a.list("MemberCount", "ConversationCoreInfos") != "1284 2412" {
		t.Errorf("members: %s", a.list("MemberCount", "ConversationCoreInfos"))
	}
	owner := r.i64(a, "ConversationCoreInfos", 0, "OwnerUserId")
	if avatar := fmt.Sprint(at(any(a.Result), "ConversationCoreInfos", 0, "AvatarUrl")); !strings.HasPrefix(avatar, r.URL()+"/_emulator/media/group/") {
		t.Errorf("avatar %s", avatar)
	} else if resp, err := r.http.Get(avatar); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("avatar: %v %v", resp, err)
	} else {
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	members := r.ok("ScanConversationParticipantList", f(`"ConversationShortId":%d,"Cursor":0,"Limit":20`, music))
	r.same(members, fmt.Sprint(owner), "Participants", 0, "ParticipantUserId")
	history := r.ok("GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":9223372036854775807,"Limit":20,"Reverse":1`, music))
	if n := len(at(any(history.Result), "Messages").([]any)); n != 20 {
		t.Errorf("%d messages", n)
	}
	if age := time.Now().UnixMilli() - r.i64(history, "Messages", 0, "CreateTime"); age < 0 || age > int64(time.Hour/time.Millisecond) {
		t.Errorf("the latest message is %d ms old", age)
	}
	muted, texts := 0, 0
	for cursor := int64(0); cursor >= 0; {
		page := r.ok("ScanConversationParticipantList", f(`"ConversationShortId":%d,"Cursor":%d,"Limit":20`, music, cursor))
		for _, until := range column(at(any(page.Result), "Participants"), "BlockTime") {
			if until != "0" {
				muted++
			}
		}
		cursor = r.i64(page, "NextCursor")
	}
	for _, kind := range strings.Fields(history.list("MsgType", "Messages")) {
		if kind == "10001" {
			texts++
		}
	}
	if muted < 3 || texts < 10 {
		t.Errorf("%d muted members, %d texts among the latest", muted, texts)
	}

	// The owner has live groups, single chats and friends.
	lives := r.ok("GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":0,"Limit":20,"DataType":2`, owner))
	live := r.i64(lives, "ConversationInfos", 0, "ConversationShortId")
	if r.i64(lives, "ConversationInfos", 0, "OnlineCount") < 300 {
		t.Errorf("live group: %s", lives.text)
	}
	for action, want := range map[string]string{"BatchGetBlockParticipants": "Participants", "BatchGetWhitelistParticipant": "Participants"} {
		if p := r.ok(action, f(`"ConversationShortId":%d,"Cursor":0,"Limit":20`, live)); len(at(any(p.Result), want).([]any)) == 0 {
			t.Errorf("%s is empty", action)
		}
	}
	if banned := r.ok("BatchGetBlockParticipants", f(`"ConversationShortId":%d,"Cursor":0,"Limit":20,"BlockAction":1`, live)); len(at(any(banned.Result), "Participants").([]any)) == 0 {
		t.Error("nobody is banned")
	}
	if said := r.ok("GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":9223372036854775807,"Limit":20,"Reverse":1`, live)); len(at(any(said.Result), "Messages").([]any)) != 20 {
		t.Error("nothing was said in the live group")
	}
	mine := r.ok("GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":0,"Limit":20`, owner))
	if kinds := mine.list("ConversationType", "ConversationInfos"); !strings.Contains(kinds, "1") || !strings.Contains(kinds, "2") {
		t.Errorf("conversations of kinds %s", kinds)
	}
	if friends := r.ok("ListFriend", f(`"UserId":%d,"NeedTotal":true`, owner)); r.i64(friends, "TotalCount") < 2 {
		t.Error("the owner has no friends")
	}
	users := r.ok("BatchGetUser", f(`"UserIds":[%d,9223372036854775807]`, owner))
	r.expect(users, users.list("NickName", "Users"), "林晚 最大的数")
	if online := r.ok("QueryOnlineStatus", f(`"UserIds":[%d]`, owner)); !strings.Contains(online.text, `"Platform":"iOS"`) {
		t.Errorf("online: %s", online.text)
	}

	// Its people go on talking, and the app is told.
	for _, e := range v.wait(t, 5) {
		if !strings.Contains(e["EventData"], `"MsgType":100`) {
			t.Errorf("%v", e)
		}
	}

	// It is made once: what is changed stays over a new start.
	r.ok("ModifyConversation", f(`"ConversationCoreInfo":{"ConversationShortId":%d,"Name":"renamed"}`, music))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again := newVolcRigWith(t, c)
	again.clock = r.clock
	r.same(again.ok("BatchGetConversations", f(`"ConversationShortId":[%d]`, music)), `"renamed"`, "ConversationCoreInfos", 0, "Name")
}
