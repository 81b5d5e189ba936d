package conformance

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	im "github.com/dobyte/tencent-im"
	"github.com/dobyte/tencent-im/account"
	"github.com/dobyte/tencent-im/callback"
	"github.com/dobyte/tencent-im/group"
	"github.com/dobyte/tencent-im/private"
	"github.com/dobyte/tencent-im/profile"
	"github.com/dobyte/tencent-im/recentcontact"
	"github.com/dobyte/tencent-im/sns"
)

// must fails the test for an error, which the module gives with the vendor's code.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// code is the vendor's code of an error, 0 if there is none.
func code(err error) int {
	var e im.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func groupText(from, text string) *group.Message {
	m := group.NewMessage()
	m.SetSender(from)
	m.SetContent(private.MsgTextContent{Text: text})
	return m
}

// TestGoModule goes through what support does, with a client by somebody else.
func TestGoModule(t *testing.T) {
	c := newIM(t)
	people := []string{"owner", "ann", "bob", "cat", "refused"}
	must(t, c.Account().ImportAccount(&account.Account{UserId: "dan", Nickname: "Dan", FaceUrl: "http://example.com/dan.png"}))
	failed, err := c.Account().ImportAccounts(people...)
	must(t, err)
	equal(t, "accounts that were not imported", len(failed), 0)
	there, err := c.Account().CheckAccount("ann")
	must(t, err)
	equal(t, "ann is imported", there, true)

	t.Run("groups", func(t *testing.T) { useGroups(t, c) })
	t.Run("messages of groups", func(t *testing.T) { useGroupMessages(t, c) })
	t.Run("muting", func(t *testing.T) { mute(t, c) })
	t.Run("direct messages", func(t *testing.T) { writeToUsers(t, c) })
	t.Run("profiles", func(t *testing.T) { useProfiles(t, c) })
	t.Run("relations", func(t *testing.T) { relate(t, c) })
	t.Run("conversations", func(t *testing.T) { converse(t, c) })
	t.Run("logins", func(t *testing.T) {
		state, err := c.Account().GetAccountOnlineState("ann")
		must(t, err)
		equal(t, "ann's state", string(state.Status), "Offline")
		must(t, c.Account().KickAccount("ann"))
		equal(t, "kicking nobody", code(c.Account().KickAccount("nobody")), 70107)
	})
}

func newGroup(t *testing.T, c im.IM, id string, kind group.Type, members ...string) {
	t.Helper()
	g := group.NewGroup(id)
	g.SetName("a house")
	g.SetGroupType(kind)
	g.SetOwner("owner")
	g.SetIntroduction("where we live")
	g.SetMaxMemberNum(20)
	g.SetCustomData("floor", "3")
	for _, name := range members {
		g.AddMembers(group.NewMember(name))
	}
	got, err := c.Group().CreateGroup(g)
	must(t, err)
	equal(t, "the group's id", got, id)
}

func useGroups(t *testing.T, c im.IM) {
	newGroup(t, c, "house", group.TypePublic, "ann")
	added, err := c.Group().AddMembers("house", []string{"bob", "ann", "nobody"}, true)
	must(t, err)
	equal(t, "who was added", fmt.Sprint(added), "[{bob 1} {ann 2} {nobody 0}]")

	g, err := c.Group().GetGroup("house")
	must(t, err)
	equal(t, "name", g.GetName(), "a house")
	equal(t, "owner", g.GetOwner(), "owner")
	equal(t, "members", g.GetMemberNum(), 3)
	floor, _ := g.GetCustomData("floor")
	equal(t, "a custom field", fmt.Sprint(floor), "3")

	member := group.NewMember("bob")
	member.SetNameCard("Bobby")
	member.SetRole("Admin")
	must(t, c.Group().UpdateMember("house", member))
	roles, err := c.Group().GetRolesInGroup("house", []string{"owner", "bob", "dan"})
	must(t, err)
	equal(t, "roles", fmt.Sprint(roles), "map[bob:Admin dan:NotMember owner:Owner]")
	page, err := c.Group().FetchMembers("house", 2, 1)
	must(t, err)
	equal(t, "members in all", page.Total, 3)
	equal(t, "members of a page", len(page.List), 2)

	g = group.NewGroup("house")
	g.SetName("our house")
	g.SetShutUpStatus(group.ShutUpStatusOn)
	must(t, c.Group().UpdateGroup(g))
	_, err = c.Group().SendMessage("house", groupText("ann", "hello"))
	equal(t, "speaking while all are muted", code(err), 10017)
	g.SetShutUpStatus(group.ShutUpStatusOff)
	must(t, c.Group().UpdateGroup(g))

	joined, err := c.Group().FetchMemberGroups(&group.FetchMemberGroupsArg{UserId: "bob", Limit: 10})
	must(t, err)
	equal(t, "bob's groups", joined.Total, 1)
	ids, err := c.Group().FetchGroupIds(100, 0)
	must(t, err)
	if !slices.Contains(ids.List, "house") || ids.HasMore {
		t.Errorf("all groups: %+v", ids)
	}
	must(t, c.Group().DeleteMembers("house", []string{"bob"}, "moved out", true))
	must(t, c.Group().ChangeGroupOwner("house", "ann"))
	equal(t, "a second group of that id", code(func() error { _, err := c.Group().CreateGroup(g2()); return err }()), 10025)
	newGroup(t, c, "gone", group.TypePrivate)
	must(t, c.Group().DestroyGroup("gone"))
	equal(t, "dismissing it again", code(c.Group().DestroyGroup("gone")), 10010)
	if app.count(callback.EventAfterGroupCreate) == 0 || app.count(callback.EventBeforeGroupCreate) == 0 {
		t.Error("the app was not told of the group")
	}
}

func g2() *group.Group {
	g := group.NewGroup("house")
	g.SetName("another house")
	g.SetGroupType(group.TypePublic)
	g.SetOwner("ann")
	return g
}

func useGroupMessages(t *testing.T, c im.IM) {
	newGroup(t, c, "talk", group.TypePublic, "ann", "bob", "refused")
	var last int
	for i := range 25 {
		sent, err := c.Group().SendMessage("talk", groupText("ann", fmt.Sprint("line ", i)))
		must(t, err)
		if sent.MsgSeq <= last {
			t.Errorf("seq %d after %d", sent.MsgSeq, last)
		}
		last = sent.MsgSeq
	}
	page, err := c.Group().FetchMessages("talk", 20)
	must(t, err)
	equal(t, "where older messages begin", page.NextSeq, last-20)
	equal(t, "whether there are any", page.HasMore, true)
	older, err := c.Group().FetchMessages("talk", 20, page.NextSeq)
	must(t, err)
	equal(t, "the end", older.NextSeq, 0)
	_, err = c.Group().RevokeMessages("talk", last, last-1)
	must(t, err)
	must(t, c.Group().RevokeMemberMessages("talk", "ann"))
	_, err = c.Group().SendMessage("talk", groupText("refused", "hello"))
	equal(t, "what the app refuses in its own words", code(err), 10100)
	must(t, c.Group().SendNotification("talk", "be nice"))
	must(t, c.Group().SetMemberUnreadMsgNum("talk", "bob", 3))
	for deadline := time.Now().Add(5 * time.Second); app.count(callback.EventAfterGroupMessageSend) < 25; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the app was told of %d messages", app.count(callback.EventAfterGroupMessageSend))
		}
	}
	app.mu.Lock()
	defer app.mu.Unlock()
	seq := 0
	for _, data := range app.got[callback.EventAfterGroupMessageSend] {
		m := data.(*callback.AfterGroupMessageSend)
		if m.GroupId != "talk" {
			continue
		}
		if m.MsgSeq <= seq || m.FromUserId != "ann" || len(m.MsgBody) != 1 || m.OperatorUserId != admin {
			t.Errorf("after seq %d the app was told %+v", seq, m)
		}
		seq = m.MsgSeq
	}
}

func mute(t *testing.T, c im.IM) {
	newGroup(t, c, "quiet", group.TypePublic, "ann", "bob")
	must(t, c.Group().ForbidSendMessage("quiet", []string{"ann", "bob"}, 3600))
	muted, err := c.Group().GetShuttedUpMembers("quiet")
	must(t, err)
	now := time.Now().Unix()
	if until := muted["ann"]; len(muted) != 2 || until < now+3590 || until > now+3610 {
		t.Errorf("muted: %v", muted)
	}
	_, err = c.Group().SendMessage("quiet", groupText("ann", "hello?"))
	equal(t, "speaking while muted", code(err), 10017)
	must(t, c.Group().AllowSendMessage("quiet", []string{"ann"}))
	_, err = c.Group().SendMessage("quiet", groupText("ann", "hello!"))
	must(t, err)

	hour, day := uint(3600), uint(86400)
	must(t, c.Mute().SetNoSpeaking("cat", &hour, &day))
	left, err := c.Mute().GetNoSpeaking("cat")
	must(t, err)
	if left.PrivateMuteTime < 3590 || left.PrivateMuteTime > 3600 || left.GroupMuteTime < 86390 || left.GroupMuteTime > 86400 {
		t.Errorf("cat is muted for %+v", left)
	}
}

func writeToUsers(t *testing.T, c im.IM) {
	begun := time.Now().Unix()
	write := func(text string, to ...string) *private.Message {
		m := private.NewMessage()
		m.SetSender("ann")
		m.SetReceivers(to...)
		m.SetContent(private.MsgTextContent{Text: text})
		return m
	}
	var keys []string
	for i := range 7 {
		sent, err := c.Private().SendMessage(write(fmt.Sprint("line ", i), "bob"))
		must(t, err)
		keys = append(keys, sent.MsgKey)
	}
	_, err := c.Private().SendMessage(write("hello", "nobody"))
	equal(t, "writing to nobody", code(err), 90012)
	many, err := c.Private().SendMessages(write("to many", "bob", "nobody"))
	must(t, err)
	equal(t, "who was not reached", fmt.Sprint(many.Errors), "[{nobody 70107}]")

	got := map[string]int{}
	must(t, c.Private().PullMessages(&private.PullMessagesArg{FromUserId: "ann", ToUserId: "bob", MaxLimited: 3, MinTime: begun, MaxTime: time.Now().Unix()},
		func(page *private.FetchMessagesRet) {
			for _, m := range page.List {
				got[m.MsgKey]++
			}
		}))
	for _, key := range append(keys, many.MsgKey) {
		equal(t, "how often "+key+" was read", got[key], 1)
	}
	equal(t, "messages in all", len(got), len(keys)+1)

	unread, err := c.Private().GetUnreadMessageNum("bob", "ann")
	must(t, err)
	equal(t, "unread", unread.Results["ann"], 8)
	must(t, c.Private().RevokeMessage("ann", "bob", keys[0]))
	equal(t, "recalling it again", code(c.Private().RevokeMessage("ann", "bob", keys[0])), 20023)
	must(t, c.Private().SetMessageRead("bob", "ann"))
	unread, err = c.Private().GetUnreadMessageNum("bob")
	must(t, err)
	equal(t, "unread after reading", unread.Total, 0)
	old := write("long ago", "bob")
	old.SetTimestamp(begun - 86400)
	old.SetSyncOtherMachine(2)
	must(t, c.Private().ImportMessage(old))
	if app.count(callback.EventAfterPrivateMessageSend) == 0 || app.count(callback.EventBeforePrivateMessageSend) == 0 {
		t.Error("the app was not told of direct messages")
	}
}

func useProfiles(t *testing.T, c im.IM) {
	p := profile.NewProfile()
	p.SetUserId("bob")
	p.SetNickname("Bob & <Co>")
	p.SetSignature("just Bob")
	p.SetLevel(7)
	must(t, c.Profile().SetProfile(p))
	got, err := c.Profile().GetProfiles([]string{"bob", "dan"}, []string{profile.StandardAttrNickname, profile.StandardAttrSignature, profile.StandardAttrLevel, profile.StandardAttrAvatar})
	must(t, err)
	nick, _ := got[0].GetNickname()
	signature, _ := got[0].GetSignature()
	level, _ := got[0].GetLevel()
	picture, _ := got[1].GetAvatar()
	equal(t, "profiles", fmt.Sprint(nick, signature, level, picture), "Bob & <Co>just Bob7http://example.com/dan.png")
}

func relate(t *testing.T, c im.IM) {
	friend := sns.NewFriend("bob")
	friend.SetAddSource("Conf")
	friend.SetRemark("the one next door")
	must(t, c.SNS().AddFriend("ann", true, true, friend))
	relation, err := c.SNS().CheckFriend("ann", sns.CheckTypeBoth, "bob")
	must(t, err)
	equal(t, "relation", relation, "CheckResult_Type_BothWay")
	n := 0
	must(t, c.SNS().PullFriends("ann", func(page *sns.FetchFriendsRet) { n += len(page.List) }))
	equal(t, "friends", n, 1)
	_, err = c.SNS().AddBlacklist("bob", "cat")
	must(t, err)
	n = 0
	must(t, c.SNS().PullBlacklist("bob", 10, func(page *sns.FetchBlacklistRet) { n += len(page.List) }))
	equal(t, "blocked users", n, 1)
	must(t, c.SNS().DeleteFriend("ann", true, "bob"))
}

func converse(t *testing.T, c im.IM) {
	page, err := c.RecentContact().FetchSessions(&recentcontact.FetchSessionsArg{UserId: "bob", IsAllowTopSession: true, IsReturnEmptySession: true, IsAllowTopSessionPaging: true})
	must(t, err)
	found := false
	for _, s := range page.List {
		found = found || s.UserId == "ann"
	}
	if !found {
		t.Errorf("bob's conversations: %+v", page)
	}
}
