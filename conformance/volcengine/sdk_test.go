package conformance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/volcengine/volc-sdk-golang/service/im"
)

// The users of the tests: above 2^53, the last one is the largest number there is.
const (
	owner = 7200000000000000001
	anna  = 7200000000000000003
	ben   = 7200000000000000005
	cleo  = 9223372036854775807
)

func ptr[T any](v T) *T { return &v }

// must is the result of a call that has to work.
func must[R any](t *testing.T) func(r *R, err error) *R {
	return func(r *R, err error) *R {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// rejected wants an error that names the code.
func rejected(t *testing.T, code string, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), code) {
		t.Errorf("the error is %v, want %s", err, code)
	}
}

// TestSDK calls what the SDK has. Its last part holds the methods of the SDK against the calls that arrived: none is left out.
func TestSDK(t *testing.T) {
	c := newIM()
	for _, part := range []struct {
		name string
		run  func(*testing.T, *im.Im)
	}{
		{"conversations", conversations},
		{"participants", participants},
		{"settings and read indexes", settings},
		{"live groups", liveGroups},
		{"marks", marks},
		{"messages", messages},
		{"users", users},
		{"friends", friends},
		{"blacklists", blacklists},
		{"broadcast and token", broadcast},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, c) })
	}
	t.Run("every method of the SDK was called", everyMethod)
}

func everyMethod(t *testing.T) {
	resp, err := http.Get(base + "/_emulator/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var stats struct{ Commands map[string]int }
	if err := json.NewDecoder(resp.Body).Decode(&stats); err != nil {
		t.Fatal(err)
	}
	client := reflect.TypeFor[*im.Im]()
	own := 0
	for i := range client.NumMethod() {
		m := client.Method(i)
		if m.Type.NumIn() != 3 || m.Type.In(1) != reflect.TypeFor[context.Context]() || m.Type.In(2).Kind() != reflect.Pointer {
			continue // of the SDK's common client
		}
		if own++; stats.Commands[m.Name] == 0 {
			t.Errorf("%s was never called", m.Name)
		}
	}
	if own < 54 {
		t.Errorf("the SDK has %d methods of IM, at least 54 are known", own)
	}
}

// create makes a conversation and returns its number.
func create(t *testing.T, c *im.Im, kind int32, other *int64) int64 {
	t.Helper()
	r := must[im.CreateConversationRes](t)(c.CreateConversation(t.Context(), &im.CreateConversationBody{
		AppID: appID, OwnerUserID: owner, OtherUserID: other,
		ConversationCoreInfo: im.CreateConversationBodyConversationCoreInfo{ConversationType: kind, Name: ptr("海港 <Harbor> & co"), Ext: map[string]string{"k": "v"}},
	}))
	if r.Result.ConversationShortID <= 1<<53 || r.Result.ConversationInfo.ConversationType != kind {
		t.Fatalf("%+v", r.Result)
	}
	return r.Result.ConversationShortID
}

func conversations(t *testing.T, c *im.Im) {
	ctx := t.Context()
	id := create(t, c, 2, nil)
	must[im.ModifyConversationRes](t)(c.ModifyConversation(ctx, &im.ModifyConversationBody{
		AppID: appID, ConversationCoreInfo: im.ModifyConversationBodyConversationCoreInfo{ConversationShortID: id, Notice: ptr("公告"), Ext: map[string]string{"n": "1"}},
	}))
	got := must[im.BatchGetConversationsRes](t)(c.BatchGetConversations(ctx, &im.BatchGetConversationsBody{AppID: appID, ConversationShortID: []int64{id, 5}, SkipMemberCount: ptr(false)}))
	if list := got.Result.ConversationCoreInfos; len(list) != 1 || list[0].ConversationShortID != id || *list[0].Notice != "公告" || *list[0].MemberCount != 1 ||
		*list[0].Name != "海港 <Harbor> & co" || list[0].Ext["k"]+list[0].Ext["n"] != "v1" || list[0].OwnerUserID != owner {
		t.Errorf("%+v", list)
	}
	mine := must[im.GetUserConversationsRes](t)(c.GetUserConversations(ctx, &im.GetUserConversationsBody{AppID: appID, ParticipantUserID: owner, Limit: 20}))
	if len(mine.Result.ConversationInfos) != 1 || mine.Result.HasMore || mine.Result.NextCursor != -1 {
		t.Errorf("%+v", mine.Result)
	}
	_, err := c.DestroyConversation(ctx, &im.DestroyConversationBody{AppID: appID, ConversationShortID: id, OwnerUserID: anna})
	rejected(t, "OnlyOwnerCanOperator", err)
	must[im.DestroyConversationRes](t)(c.DestroyConversation(ctx, &im.DestroyConversationBody{AppID: appID, ConversationShortID: id, OwnerUserID: owner}))
	_, err = c.GetConversationUserCount(ctx, &im.GetConversationUserCountBody{AppID: appID, ConversationShortID: id})
	rejected(t, "ConversationNotFound", err)
	_, err = c.CreateConversation(ctx, nil)
	rejected(t, "InvalidParam", err)
}

func join(t *testing.T, c *im.Im, id int64, who ...int64) {
	t.Helper()
	var list []im.BatchAddConversationParticipantBodyParticipantInfosItem
	for _, u := range who {
		list = append(list, im.BatchAddConversationParticipantBodyParticipantInfosItem{ParticipantUserID: u, NickName: ptr("nick")})
	}
	r := must[im.BatchAddConversationParticipantRes](t)(c.BatchAddConversationParticipant(t.Context(), &im.BatchAddConversationParticipantBody{
		AppID: appID, ConversationShortID: id, Operator: owner, ParticipantInfos: list,
	}))
	if len(r.Result.FailedUserIDs) > 0 {
		t.Fatalf("%+v", r.Result)
	}
}

func participants(t *testing.T, c *im.Im) {
	ctx := t.Context()
	id := create(t, c, 2, nil)
	join(t, c, id, anna, ben, cleo)
	until := time.Now().Add(time.Hour).Unix()
	changed := must[im.BatchModifyConversationParticipantRes](t)(c.BatchModifyConversationParticipant(ctx, &im.BatchModifyConversationParticipantBody{
		AppID: appID, ConversationShortID: id, Operator: owner, ParticipantInfos: []im.BatchModifyConversationParticipantBodyParticipantInfosItem{
			{ParticipantUserID: cleo, BlockTime: &until, Role: ptr(int64(2))}, {ParticipantUserID: 77},
		},
	}))
	if !slices.Equal(changed.Result.FailedUserIDs, []int64{77}) {
		t.Errorf("%+v", changed.Result)
	}
	got := must[im.BatchGetConversationParticipantRes](t)(c.BatchGetConversationParticipant(ctx, &im.BatchGetConversationParticipantBody{
		AppID: appID, ConversationShortID: id, ParticipantUserIDs: []int64{cleo, 77},
	}))
	if p := got.Result.Participants; len(p) != 1 || p[0].ParticipantUserID != cleo || *p[0].BlockTime != until || p[0].Role != 2 || *p[0].NickName != "nick" {
		t.Errorf("%+v", p)
	}
	scan := must[im.ScanConversationParticipantListRes](t)(c.ScanConversationParticipantList(ctx, &im.ScanConversationParticipantListBody{AppID: appID, ConversationShortID: id, Limit: 3}))
	if len(scan.Result.Participants) != 3 || !scan.Result.HasMore || scan.Result.NextCursor != 3 {
		t.Errorf("%+v", scan.Result)
	}
	count := must[im.GetConversationUserCountRes](t)(c.GetConversationUserCount(ctx, &im.GetConversationUserCountBody{AppID: appID, ConversationShortID: id}))
	gone := must[im.BatchDeleteConversationParticipantRes](t)(c.BatchDeleteConversationParticipant(ctx, &im.BatchDeleteConversationParticipantBody{
		AppID: appID, ConversationShortID: id, Operator: owner, ParticipantUserIDs: []int64{ben, owner},
	}))
	in := must[im.IsUserInConversationRes](t)(c.IsUserInConversation(ctx, &im.IsUserInConversationBody{AppID: appID, ConversationShortID: id, ParticipantUserID: ben}))
	if count.Result.Count != 4 || !slices.Equal(gone.Result.FailedUserIDs, []int64{owner}) || in.Result.IsUserInConversation {
		t.Errorf("%+v %+v %+v", count.Result, gone.Result, in.Result)
	}
}

func say(t *testing.T, c *im.Im, id int64) int64 {
	t.Helper()
	r := must[im.SendMessageRes](t)(c.SendMessage(t.Context(), &im.SendMessageBody{
		AppID: appID, ConversationShortID: id, Sender: owner, MsgType: 10001, Content: `{"text":"你好 <b>"}`, VisibleUsers: []*int64{ptr(int64(anna))},
	}))
	return r.Result.MessageID
}

func settings(t *testing.T, c *im.Im) {
	ctx := t.Context()
	id := create(t, c, 2, nil)
	join(t, c, id, anna)
	msg := say(t, c, id)
	must[im.ModifyConversationSettingRes](t)(c.ModifyConversationSetting(ctx, &im.ModifyConversationSettingBody{
		AppID: appID, ConversationSettingInfo: im.ModifyConversationSettingBodyConversationSettingInfo{
			ConversationShortID: id, ParticipantUserID: anna, IsMute: ptr(true), IsStickTop: ptr(true), StickTopTime: ptr(int64(1708935966000)),
		},
	}))
	page := must[im.GetConversationMessagesRes](t)(c.GetConversationMessages(ctx, &im.GetConversationMessagesBody{AppID: appID, ConversationShortID: id, Limit: 20}))
	index := *page.Result.Messages[0].IndexInConversation
	must[im.ModifyParticipantReadIndexRes](t)(c.ModifyParticipantReadIndex(ctx, &im.ModifyParticipantReadIndexBody{AppID: appID, ConversationShortID: id, ParticipantUserID: anna, ReadIndex: index}))
	got := must[im.GetConversationSettingRes](t)(c.GetConversationSetting(ctx, &im.GetConversationSettingBody{AppID: appID, ConversationShortID: id, ParticipantUserID: anna}))
	if s := got.Result.ConversationSettingInfo; !*s.IsMute || !*s.IsStickTop || s.StickTopTime != 1708935966000 || s.ReadIndex != index {
		t.Errorf("%+v", s)
	}
	read := must[im.GetParticipantReadIndexRes](t)(c.GetParticipantReadIndex(ctx, &im.GetParticipantReadIndexBody{AppID: appID, ConversationShortID: id}))
	if list := read.Result.ReadIndexes; len(list) != 1 || list[0].ParticipantUserID != anna || list[0].ReadIndex != index {
		t.Errorf("%+v", list)
	}
	receipt := must[im.GetMessagesReadReceiptRes](t)(c.GetMessagesReadReceipt(ctx, &im.GetMessagesReadReceiptBody{AppID: appID, ConversationShortID: id, MessageIDs: []int64{msg}}))
	if list := receipt.Result.ReadReceipt; len(list) != 1 || !slices.Equal(list[0].ReadUserIDs, []int64{anna}) || len(list[0].UnReadUserIDs) > 0 {
		t.Errorf("%+v", list)
	}
}

func liveGroups(t *testing.T, c *im.Im) {
	ctx := t.Context()
	id := create(t, c, 100, nil)
	blocked := must[im.BatchAddBlockParticipantsRes](t)(c.BatchAddBlockParticipants(ctx, &im.BatchAddBlockParticipantsBody{
		AppID: appID, ConversationShortID: id, ParticipantBlockInfos: map[string]int64{"9223372036854775807": 3600, "7200000000000000003": 60},
	}))
	list := must[im.BatchGetBlockParticipantsRes](t)(c.BatchGetBlockParticipants(ctx, &im.BatchGetBlockParticipantsBody{AppID: appID, ConversationShortID: id, Limit: 1}))
	if p := list.Result.Participants; len(blocked.Result.FailedParticipantUserIDs) > 0 || len(p) != 1 || p[0].ParticipantUserID != anna || list.Result.NextCursor != cleo ||
		p[0].BlockTime < time.Now().Unix() || *p[0].ParticipantUserIDStr != "7200000000000000003" {
		t.Errorf("%+v %+v", blocked.Result, list.Result)
	}
	must[im.BatchDeleteBlockParticipantsRes](t)(c.BatchDeleteBlockParticipants(ctx, &im.BatchDeleteBlockParticipantsBody{AppID: appID, ConversationShortID: id, ParticipantUserIDs: []int64{anna}}))
	must[im.BatchAddWhitelistParticipantRes](t)(c.BatchAddWhitelistParticipant(ctx, &im.BatchAddWhitelistParticipantBody{AppID: appID, ConversationShortID: id, Operator: owner, ParticipantUserIDs: []int64{cleo}}))
	white := must[im.BatchGetWhitelistParticipantRes](t)(c.BatchGetWhitelistParticipant(ctx, &im.BatchGetWhitelistParticipantBody{AppID: appID, ConversationShortID: id, Limit: 20}))
	if p := white.Result.Participants; len(p) != 1 || p[0].ParticipantUserID != cleo || p[0].Operator != owner || white.Result.NextCursor != -1 {
		t.Errorf("%+v", white.Result)
	}
	must[im.BatchRemoveWhitelistParticipantRes](t)(c.BatchRemoveWhitelistParticipant(ctx, &im.BatchRemoveWhitelistParticipantBody{AppID: appID, ConversationShortID: id, Operator: owner, ParticipantUserIDs: []int64{cleo}}))
	must[im.BatchAddManagerRes](t)(c.BatchAddManager(ctx, &im.BatchAddManagerBody{AppID: appID, ConversationShortID: id, Operator: owner, ManagerUserIDs: []int64{anna, ben}}))
	must[im.BatchRemoveManagerRes](t)(c.BatchRemoveManager(ctx, &im.BatchRemoveManagerBody{AppID: appID, ConversationShortID: id, Operator: owner, RemoveManagerUserIDs: []int64{ben}}))
	status := must[im.QueryLiveParticipantStatusRes](t)(c.QueryLiveParticipantStatus(ctx, &im.QueryLiveParticipantStatusBody{AppID: appID, ConversationShortID: id, ParticipantUserIDs: []int64{anna, ben}}))
	if s := status.Result.Status; len(s) != 2 || !s[0].IsInConversation || s[1].IsInConversation {
		t.Errorf("%+v", s)
	}
	_, err := c.BatchAddManager(ctx, &im.BatchAddManagerBody{AppID: appID, ConversationShortID: create(t, c, 2, nil), Operator: owner, ManagerUserIDs: []int64{anna}})
	rejected(t, "OnlyLiveConversationSupport", err)
}

func marks(t *testing.T, c *im.Im) {
	ctx := t.Context()
	id := create(t, c, 100, nil)
	must[im.MarkConversationRes](t)(c.MarkConversation(ctx, &im.MarkConversationBody{AppID: appID, ConversationShortID: id, MarkTypes: []string{"hot", "new"}}))
	got := must[im.GetConversationMarksRes](t)(c.GetConversationMarks(ctx, &im.GetConversationMarksBody{AppID: appID, ConversationShortID: id}))
	if !slices.Equal(got.Result.MarkTypes, []string{"hot", "new"}) {
		t.Errorf("%+v", got.Result)
	}
	changed := must[im.BatchUpdateLiveParticipantsRes](t)(c.BatchUpdateLiveParticipants(ctx, &im.BatchUpdateLiveParticipantsBody{
		AppID: appID, ConversationShortID: id, ParticipantInfos: []im.BatchUpdateLiveParticipantsBodyParticipantInfosItem{{UserID: owner, NickName: ptr("host")}, {UserID: ben, NickName: ptr("x")}},
	}))
	if f := changed.Result.FailedInfos; len(f) != 1 || f[0].UserID != ben || f[0].Code != "ParticipantNotInConversation" || *f[0].UserIDStr != "7200000000000000005" {
		t.Errorf("%+v", f)
	}
}

func messages(t *testing.T, c *im.Im) {
	ctx := t.Context()
	id := create(t, c, 2, nil)
	join(t, c, id, anna)
	first, second := say(t, c, id), say(t, c, id)
	must[im.ModifyMessageRes](t)(c.ModifyMessage(ctx, &im.ModifyMessageBody{AppID: appID, ConversationShortID: id, MessageID: second, Ext: map[string]string{"seen": "1"}}))
	must[im.DeleteMessageRes](t)(c.DeleteMessage(ctx, &im.DeleteMessageBody{AppID: appID, ConversationShortID: id, MessageID: second, ParticipantUserID: anna}))
	got := must[im.GetMessagesRes](t)(c.GetMessages(ctx, &im.GetMessagesBody{AppID: appID, ConversationShortID: id, MessageIDs: []int64{second, first, 9223372036854775807}}))
	if m := got.Result.Messages; len(m) != 2 || m[0].MessageID != second || m[0].Content != `{"text":"你好 <b>"}` || m[0].Ext["seen"] != "1" || m[0].Sender != owner {
		t.Errorf("%+v", m)
	}
	back := must[im.GetConversationMessagesRes](t)(c.GetConversationMessages(ctx, &im.GetConversationMessagesBody{AppID: appID, ConversationShortID: id, Cursor: 9223372036854775807, Limit: 1, Reverse: ptr(int32(1))}))
	if m := back.Result.Messages; len(m) != 1 || m[0].MessageID != second || !back.Result.HasMore || back.Result.NewCursor != *m[0].IndexInConversation-1 {
		t.Errorf("%+v", back.Result)
	}
	must[im.RecallMessageRes](t)(c.RecallMessage(ctx, &im.RecallMessageBody{AppID: appID, ConversationShortID: id, MessageID: first, ParticipantUserID: owner}))
	must[im.DeleteConversationMessageRes](t)(c.DeleteConversationMessage(ctx, &im.DeleteConversationMessageBody{AppID: appID, ConversationShortID: id, MessageID: second}))
	_, err := c.RecallMessage(ctx, &im.RecallMessageBody{AppID: appID, ConversationShortID: id, MessageID: first, ParticipantUserID: owner})
	rejected(t, "MessageNotFound", err)

	sent := must[im.BatchSendMessageRes](t)(c.BatchSendMessage(ctx, &im.BatchSendMessageBody{AppID: appID, Sender: owner, Receiver: []int64{anna, cleo}, MsgType: 10001, Content: `{"text":"hi"}`}))
	if m := sent.Result.UserMessageID; len(m) != 2 || m["9223372036854775807"] == 0 {
		t.Errorf("%+v", sent.Result)
	}
	for deadline := time.Now().Add(5 * time.Second); len(hooks.all()) < 2 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	events := hooks.all()
	if len(events) != 2 {
		t.Fatalf("%d webhooks, want 2: %v", len(events), events)
	}
	for _, e := range events {
		values := []string{e["EventType"], e["EventData"], e["EventTime"], e["EventId"], e["AppId"], e["Version"], e["Nonce"], secret}
		slices.Sort(values)
		sum := sha256.Sum256([]byte(strings.Join(values, "")))
		if e["EventType"] != "AfterSendMessage" || e["AppId"] != "900001" || e["Signature"] != hex.EncodeToString(sum[:]) {
			t.Errorf("%v", e)
		}
	}
}

func users(t *testing.T, c *im.Im) {
	ctx := t.Context()
	must[im.RegisterUsersRes](t)(c.RegisterUsers(ctx, &im.RegisterUsersBody{AppID: appID, Users: []im.RegisterUsersBodyUsersItem{
		{UserID: anna, NickName: ptr("安娜"), Tags: []string{"tag1:v1"}}, {UserID: cleo, IsRobot: true},
	}}))
	must[im.BatchUpdateUserRes](t)(c.BatchUpdateUser(ctx, &im.BatchUpdateUserBody{AppID: appID, Users: []im.BatchUpdateUserBodyUsersItem{{UserID: anna, NickName: "Anna", Tags: []string{"a"}}}}))
	tagged := must[im.BatchUpdateUserTagsRes](t)(c.BatchUpdateUserTags(ctx, &im.BatchUpdateUserTagsBody{AppID: appID, UserIDs: []int64{anna, ben}, Tags: []string{"b"}}))
	if f := tagged.Result.FailedInfos; len(f) != 1 || f[0].UserID != ben || f[0].Code != "UserNotFound" {
		t.Errorf("%+v", f)
	}
	got := must[im.BatchGetUserRes](t)(c.BatchGetUser(ctx, &im.BatchGetUserBody{AppID: appID, UserIDs: []int64{anna, ben, cleo}}))
	if u := got.Result.Users; len(u) != 2 || u[0].NickName != "Anna" || !slices.Equal(u[0].Tags, []string{"a", "b"}) || !u[1].IsRobot || !slices.Equal(got.Result.NotFoundUsers, []int64{ben}) {
		t.Errorf("%+v", got.Result)
	}
	must[im.UnRegisterUsersRes](t)(c.UnRegisterUsers(ctx, &im.UnRegisterUsersBody{AppID: appID, UserIDs: []int64{cleo}}))
	online := must[im.QueryOnlineStatusRes](t)(c.QueryOnlineStatus(ctx, &im.QueryOnlineStatusBody{AppID: appID, UserIDs: []int64{anna}}))
	if len(online.Result.QueryOnlineStatusResults) != 0 || online.Result.AppID != appID {
		t.Errorf("%+v", online.Result)
	}
}

func friends(t *testing.T, c *im.Im) {
	ctx := t.Context()
	must[im.AddFriendRes](t)(c.AddFriend(ctx, &im.AddFriendBody{AppID: appID, UserID: anna, FriendUserIDs: []int64{ben, cleo}}))
	must[im.UpdateFriendRes](t)(c.UpdateFriend(ctx, &im.UpdateFriendBody{AppID: appID, UserID: anna, FriendInfos: []im.UpdateFriendBodyFriendInfosItem{{FriendUserID: cleo, Alias: ptr("C.")}}}))
	list := must[im.ListFriendRes](t)(c.ListFriend(ctx, &im.ListFriendBody{AppID: appID, UserID: anna, Cursor: ptr(int64(1)), NeedTotal: ptr(true)}))
	if f := list.Result.FriendInfos; len(f) != 1 || f[0].FriendUserID != cleo || f[0].Alias != "C." || list.Result.NextCursor != -1 || list.Result.TotalCount != 2 {
		t.Errorf("%+v", list.Result)
	}
	must[im.DeleteFriendRes](t)(c.DeleteFriend(ctx, &im.DeleteFriendBody{AppID: appID, UserID: ben, DeleteUserIDs: []int64{anna}}))
	is := must[im.IsFriendRes](t)(c.IsFriend(ctx, &im.IsFriendBody{AppID: appID, UserID: anna, FriendUserIDs: []int64{ben, cleo}}))
	if i := is.Result.Infos; len(i) != 2 || i[0].IsFriend || !i[1].IsFriend {
		t.Errorf("%+v", i)
	}
}

func blacklists(t *testing.T, c *im.Im) {
	ctx := t.Context()
	must[im.AddBlackListRes](t)(c.AddBlackList(ctx, &im.AddBlackListBody{AppID: appID, UserID: anna, BlackListInfos: []im.AddBlackListBodyBlackListInfosItem{
		{BlackListUserID: ben, BlackListUserExt: map[string]string{"why": "spam"}}, {BlackListUserID: cleo},
	}}))
	must[im.UpdateBlackListRes](t)(c.UpdateBlackList(ctx, &im.UpdateBlackListBody{AppID: appID, UserID: anna, BlackListInfos: []im.UpdateBlackListBodyBlackListInfosItem{
		{BlackListUserID: ben, BlackListUserExt: map[string]string{"by": "x"}},
	}}))
	list := must[im.GetBlackListRes](t)(c.GetBlackList(ctx, &im.GetBlackListBody{AppID: appID, UserID: anna, Limit: 20, NeedTotal: ptr(true)}))
	if b := list.Result.BlackListInfos; len(b) != 2 || b[0].BlackListUserID != cleo || b[0].FriendUserInfo == nil || b[1].BlackListUserExt["why"]+b[1].BlackListUserExt["by"] != "spamx" {
		t.Errorf("%+v", list.Result)
	}
	must[im.RemoveBlackListRes](t)(c.RemoveBlackList(ctx, &im.RemoveBlackListBody{AppID: appID, UserID: anna, BlackListUserIDs: []int64{ben}}))
	is := must[im.IsInBlackListRes](t)(c.IsInBlackList(ctx, &im.IsInBlackListBody{AppID: appID, UserID: anna, BlackListUserIDs: []int64{ben, cleo}}))
	if m := is.Result.IsInBlackListInfos; m["7200000000000000005"] || !m["9223372036854775807"] {
		t.Errorf("%+v", m)
	}
}

func broadcast(t *testing.T, c *im.Im) {
	ctx := t.Context()
	must[im.UserBroadcastRes](t)(c.UserBroadcast(ctx, &im.UserBroadcastBody{AppID: appID, Sender: owner, MsgType: 10001, Content: `{"text":"all"}`, MsgTTL: 604800, Tags: []string{"b"}}))
	_, err := c.UserBroadcast(ctx, &im.UserBroadcastBody{AppID: appID, Sender: owner, MsgType: 10001, Content: `{"text":"all"}`, MsgTTL: 604801})
	rejected(t, "InvalidParam", err)
	token := must[im.GetAppTokenRes](t)(c.GetAppToken(ctx, &im.GetAppTokenBody{AppID: appID, UserID: cleo, ExpireTime: time.Now().Add(time.Hour).UnixMilli()}))
	if r := token.Result; r.UserID != cleo || *r.UserIDStr != "9223372036854775807" || r.Token == "" {
		t.Errorf("%+v", r)
	}
}

// TestSDKSeesRefusalsOfTheGateway has the SDK sign with a wrong secret.
func TestSDKSeesRefusalsOfTheGateway(t *testing.T) {
	c := newIM()
	c.SetSecretKey("wrong")
	_, err := c.GetConversationMarks(t.Context(), &im.GetConversationMarksBody{AppID: appID, ConversationShortID: 1})
	rejected(t, "SignatureDoesNotMatch", err)
}

// TestSignedQuery calls with a signature in the query, as the SDK makes it for addresses to hand out.
func TestSignedQuery(t *testing.T) {
	c := newIM()
	call := func(change func(query string) string) string {
		query, err := c.GetSignUrl("GetAppToken", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.Post(base+"/?"+change(query), "application/json", strings.NewReader(`{"AppId":900001,"UserId":5,"ExpireTime":9223372036854}`))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var out struct {
			ResponseMetadata struct{ Error struct{ Code string } }
			Result           struct{ Token string }
		}
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
			t.Fatal(err)
		}
		if out.Result.Token != "" {
			return "worked"
		}
		return out.ResponseMetadata.Error.Code
	}
	if got := call(func(q string) string { return q }); got != "worked" {
		t.Errorf("a signed query: %s", got)
	}
	if got := call(func(q string) string { return strings.Replace(q, "GetAppToken", "SendMessage", 1) }); got != "SignatureDoesNotMatch" {
		t.Errorf("a query with another action: %s", got)
	}
}
