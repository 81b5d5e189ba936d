package tencent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/imclient"
)

// snsItems answers a list of users with a result for each; code says which.
func snsItems(t *testing.T, q map[string]any, most int, code func(id string) int) string {
	t.Helper()
	list := q["To_Account"].([]any)
	if len(list) > most {
		t.Errorf("%d users in one call", len(list))
	}
	var items, failed []string
	for _, id := range list {
		n := code(id.(string))
		items = append(items, fmt.Sprintf(`{"To_Account":%q,"ResultCode":%d,"ResultInfo":"Err_SNS"}`, id, n))
		if n != 0 {
			failed = append(failed, strconv.Quote(id.(string)))
		}
	}
	return `"ResultItem":[` + strings.Join(items, ",") + `],"Fail_Account":[` + strings.Join(failed, ",") + `]`
}

func refusedCodes(list []imclient.Refused) map[string]string {
	codes := map[string]string{}
	for _, r := range list {
		codes[r.ID] = r.Err.Code
	}
	return codes
}

func TestFriendsAddTellsWhoIsAsked(t *testing.T) {
	w := newWire(t)
	w.onFunc("friend_add", func(q map[string]any) string {
		var items []string
		for _, f := range q["AddFriendItem"].([]any) {
			id := f.(map[string]any)["To_Account"].(string)
			code := map[string]int{"u3": 30539, "u5": 30516, "u150": 30539}[id]
			items = append(items, fmt.Sprintf(`{"To_Account":%q,"ResultCode":%d}`, id, code))
		}
		if len(items) > maxAddFriends {
			t.Errorf("%d friends in one call", len(items))
		}
		return `"ResultItem":[` + strings.Join(items, ",") + `]`
	})
	var list []imclient.NewFriend
	for _, id := range targets(160) {
		list = append(list, imclient.NewFriend{UserID: id})
	}
	list[0] = imclient.NewFriend{UserID: "u0", Remark: "r", List: "l", Source: "App", Wording: "w"}
	pending, refused, err := w.client().Friends.Add(t.Context(), "me", list, imclient.AddFriends{OneWay: true, Force: true})
	if err != nil || !slices.Equal(pending, []string{"u3", "u150"}) {
		t.Errorf("pending %q, %v", pending, err)
	}
	if diff := cmp.Diff(map[string]string{"u5": "30516"}, refusedCodes(refused)); diff != "" {
		t.Error(diff)
	}
	sent := w.sent("friend_add")
	for _, part := range []string{
		`"From_Account":"me"`, `{"To_Account":"u0","Remark":"r","GroupName":"l","AddSource":"AddSource_Type_App","AddWording":"w"}`,
		`{"To_Account":"u1","AddSource":"AddSource_Type_Server"}`, `"AddType":"Add_Type_Single","ForceAddFlags":1`,
	} {
		if !strings.Contains(sent[0], part) {
			t.Errorf("%s is not in %.200s", part, sent[0])
		}
	}
}

func TestFriends(t *testing.T) {
	w := newWire(t)
	w.on("friend_get", `"UserDataItem":[{"To_Account":"a","ValueItem":[{"Tag":"Tag_SNS_IM_Remark","Value":"r"},{"Tag":"Tag_SNS_IM_Group","Value":["l","m"]},{"Tag":"Tag_SNS_IM_AddSource","Value":"AddSource_Type_App"},{"Tag":"Tag_SNS_IM_AddWording","Value":"w"},{"Tag":"Tag_SNS_IM_AddTime","Value":1563867420},{"Tag":"Tag_SNS_Custom_Age","Value":7},{"Tag":"New","Value":{}}]},{"To_Account":"b","ValueItem":null}],"FriendNum":5,"CompleteFlag":0,"NextStartIndex":2`)
	w.onFunc("friend_get_list", func(q map[string]any) string {
		var items []string
		for _, id := range q["To_Account"].([]any) {
			if id == "u2" {
				items = append(items, `{"To_Account":"u2","ResultCode":30001,"ResultInfo":"Err_SNS_FriendGetList_Friend_Not_Exist"}`)
				continue
			}
			items = append([]string{fmt.Sprintf(`{"To_Account":%q,"ResultCode":0,"SnsProfileItem":[{"Tag":"Tag_SNS_IM_Remark","Value":%q}]}`, id, id)}, items...)
		}
		if len(items) > maxFriendRead {
			t.Errorf("%d friends in one question", len(items))
		}
		return `"InfoItem":[` + strings.Join(items, ",") + `]`
	})
	w.onFunc("friend_check", func(q map[string]any) string {
		relations := map[string]string{"u0": RelationAWithB, "u1": RelationBWithA, "u2": RelationBothWays, "u3": RelationNone}
		var items []string
		for _, id := range q["To_Account"].([]any) {
			if id == "u4" {
				items = append(items, `{"To_Account":"u4","Relation":"CheckResult_Type_NoRelation","ResultCode":30003,"ResultInfo":"no"}`)
				continue
			}
			items = append(items, fmt.Sprintf(`{"To_Account":%q,"Relation":%q,"ResultCode":0}`, id, relations[id.(string)]))
		}
		return `"InfoItem":[` + strings.Join(items, ",") + `],"Fail_Account":["u4"]`
	})
	w.onFunc("friend_delete", func(q map[string]any) string {
		return snsItems(t, q, maxRelations, func(id string) int { return map[string]int{"u7": 31704}[id] })
	})
	w.on("friend_delete_all", "")
	w.on("friend_update", `"ResultItem":[{"To_Account":"a","ResultCode":0}]`)
	w.on("group_get", `"ResultItem":[{"GroupName":"l","FriendNumber":2,"To_Account":["a","b"]},{"GroupName":"m","FriendNumber":0}]`)
	w.on("group_add", `"ResultItem":[{"To_Account":"x","ResultCode":32216}],"Fail_Account":["x"]`)
	w.on("group_delete", `"CurrentSequence":1`)
	f := w.client().Friends
	ctx := t.Context()

	page, err := f.List(ctx, "me", "")
	if err != nil {
		t.Fatal(err)
	}
	want := imclient.Page[imclient.Friend]{Next: "2", Total: 5, Items: []imclient.Friend{
		{
			UserID: "a", Remark: "r", Lists: []string{"l", "m"}, Source: "App", Wording: "w", Added: time.Unix(1563867420, 0).UTC(),
			Custom: []imclient.Field{{Key: "Age", Value: "7"}},
		},
		{UserID: "b"},
	}}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Error(diff)
	}
	if _, err := f.List(ctx, "me", "x"); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("a foreign cursor: %v", err)
	}

	friends, err := f.Get(ctx, "me", targets(120))
	if err != nil || len(friends) != 119 || friends[1].UserID != "u1" || friends[2].UserID != "u3" || friends[118].Remark != "u119" {
		t.Errorf("%d friends, %v", len(friends), err)
	}

	relations, refused, err := f.Check(ctx, "me", targets(5))
	if err != nil {
		t.Fatal(err)
	}
	wantRelations := []imclient.Relation{{UserID: "u0", Has: true}, {UserID: "u1", Had: true}, {UserID: "u2", Has: true, Had: true}, {UserID: "u3"}}
	if diff := cmp.Diff(wantRelations, relations); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"u4": "30003"}, refusedCodes(refused)); diff != "" {
		t.Error(diff)
	}

	refused, err = f.Remove(ctx, "me", targets(1200), true)
	if err != nil || len(refused) != 1 || !errors.Is(refused[0].Err, imclient.ErrNotFound) {
		t.Errorf("removing: %+v, %v", refused, err)
	}
	if sent := w.sent("friend_delete"); len(sent) != 2 || !strings.Contains(sent[1], `"DeleteType":"Delete_Type_Both"`) {
		t.Errorf("removed in %d calls", len(sent))
	}

	remark, lists := "", []string{"l"}
	for name, err := range map[string]error{
		"change": f.Change(ctx, "me", "a", imclient.FriendChange{Remark: &remark, Lists: &lists, Custom: []imclient.Field{{Key: "Age", Value: "8"}}}),
		"all":    f.RemoveAll(ctx, "me", false),
		"list":   f.RemoveList(ctx, "me", "l"),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantSent(t, w, "friend_update", `{"From_Account":"me","UpdateItem":[{"To_Account":"a","SnsItem":[{"Tag":"Tag_SNS_IM_Remark","Value":""},{"Tag":"Tag_SNS_IM_Group","Value":["l"]},{"Tag":"Tag_SNS_Custom_Age","Value":"8"}]}]}`)
	wantSent(t, w, "friend_delete_all", `{"From_Account":"me","DeleteType":"Delete_Type_Single"}`)
	if err := f.Change(ctx, "me", "a", imclient.FriendChange{}); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("nothing to change: %v", err)
	}
	w.on("friend_update", `"ResultItem":[{"To_Account":"a","ResultCode":30011,"ResultInfo":"too many"}]`)
	if err := f.Change(ctx, "me", "a", imclient.FriendChange{Lists: &lists}); !errors.Is(err, imclient.ErrQuota) {
		t.Errorf("a code inside a success: %v", err)
	}

	all, err := f.Lists(ctx, "me")
	if diff := cmp.Diff([]imclient.FriendList{{Name: "l", Friends: []string{"a", "b"}}, {Name: "m"}}, all); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	refused, err = f.AddList(ctx, "me", "l", []string{"a", "x"})
	if err != nil || len(refused) != 1 || refused[0].Err.Code != "32216" {
		t.Errorf("a list: %+v, %v", refused, err)
	}
	w.on("group_add", "")
	if _, err := f.AddList(ctx, "me", "empty", nil); err != nil {
		t.Fatal(err)
	}
	if sent := w.sent("group_add"); sent[1] != `{"From_Account":"me","GroupName":["empty"]}` {
		t.Errorf("an empty list: %s", sent[1])
	}
}

func TestBlocks(t *testing.T) {
	w := newWire(t)
	w.onFunc("black_list_add", func(q map[string]any) string {
		return snsItems(t, q, maxRelations, func(id string) int { return map[string]int{"u1": 30001, "u2": 30013}[id] })
	})
	w.onFunc("black_list_delete", func(q map[string]any) string { return snsItems(t, q, maxRelations, func(string) int { return 0 }) })
	w.on("black_list_get", `"BlackListItem":[{"To_Account":"a","AddBlackTimeStamp":1430000001}],"StartIndex":10,"CurruentSequence":7`)
	w.on("black_list_check", `"BlackListCheckItem":[{"To_Account":"b","Relation":"BlackCheckResult_Type_BWithA","ResultCode":0},{"To_Account":"a","Relation":"BlackCheckResult_Type_BothWay","ResultCode":0}]`)
	b := w.client().Blocks
	ctx := t.Context()
	refused, err := b.Add(ctx, "me", targets(1001))
	if diff := cmp.Diff(map[string]string{"u2": "30013"}, refusedCodes(refused)); diff != "" || err != nil {
		t.Errorf("who is blocked already is refused, or who is not is not: %v, %s", err, diff)
	}
	if refused, err := b.Remove(ctx, "me", []string{"a"}); err != nil || len(refused) > 0 {
		t.Errorf("removing: %v, %v", refused, err)
	}
	page, err := b.List(ctx, "me", "", 10)
	want := imclient.Page[imclient.Block]{Items: []imclient.Block{{UserID: "a", Since: time.Unix(1430000001, 0).UTC()}}, Next: "10", Total: -1}
	if diff := cmp.Diff(want, page); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	w.on("black_list_get", `"BlackListItem":[],"StartIndex":0`)
	if page, err = b.List(ctx, "me", "10", 10); err != nil || page.Next != "" {
		t.Errorf("the last page: %+v, %v", page, err)
	}
	relations, refused, err := b.Check(ctx, "me", []string{"a", "b", "c"})
	if diff := cmp.Diff([]imclient.Relation{{UserID: "a", Has: true, Had: true}, {UserID: "b", Had: true}}, relations); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	if len(refused) != 1 || refused[0].ID != "c" || !errors.Is(refused[0].Err, imclient.ErrNotFound) {
		t.Errorf("one whom the answer leaves out: %+v", refused)
	}
	w.refuse("black_list_add", "30001")
	if _, err := b.Add(ctx, "me", []string{"a"}); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("the same code for a whole call: %v", err)
	}
}

func TestContactsWithWhatIsUnread(t *testing.T) {
	w := newWire(t)
	var sessions []string
	for i := range 25 {
		sessions = append(sessions, fmt.Sprintf(`{"Type":1,"To_Account":"u%d","MsgTime":%d,"TopFlag":%d}`, i, 1700000000-i, flag(i == 0)))
	}
	sessions = append(sessions, `{"Type":2,"GroupId":"@TGS#1","MsgTime":5}`, `{"Type":2,"ToGroupId":"@TGS#2","MsgTime":4}`, `{"Type":2,"GroupId":"@TGS#3"}`, `{"Type":1}`)
	w.on("get_list", `"SessionItem":[`+strings.Join(sessions, ",")+`],"CompleteFlag":0,"TimeStamp":1,"StartIndex":2,"TopTimeStamp":3,"TopStartIndex":4`)
	w.onFunc("get_c2c_unread_msg_num", func(q map[string]any) string {
		peers, one := q["Peer_Account"].([]any)
		if !one {
			return `"AllC2CUnreadMsgNum":99`
		}
		if len(peers) > maxUnreadOf {
			t.Errorf("%d in one question", len(peers))
		}
		var items []string
		for _, p := range peers {
			if p == "u3" {
				continue
			}
			items = append(items, fmt.Sprintf(`{"Peer_Account":%q,"C2CUnreadMsgNum":%s}`, p, p.(string)[1:]))
		}
		return `"C2CUnreadMsgNumList":[` + strings.Join(items, ",") + `],"ErrorList":[{"Peer_Account":"u3","ErrorCode":70107}]`
	})
	w.on("get_joined_group_list", `"TotalCount":2,"GroupIdList":[{"GroupId":"@TGS#1","Type":"Public","NextMsgSeq":11,"SelfInfo":{"MsgSeq":4}},{"GroupId":"@TGS#2","Type":"ChatRoom","NextMsgSeq":11,"SelfInfo":{"MsgSeq":4}},{"GroupId":"@TGS#9","Type":"Public"}]`)
	c := w.client().Contacts
	page, err := c.List(t.Context(), imclient.ContactListOptions{User: "me", Unread: true})
	if err != nil || len(page.Items) != 28 || page.Next != "1.2.3.4" || page.Total != -1 {
		t.Fatalf("%d conversations, next %q, %v", len(page.Items), page.Next, err)
	}
	first := imclient.Contact{Conversation: imclient.Conversation{User: "me", Peer: "u0"}, Last: time.Unix(1700000000, 0).UTC(), Pinned: true, Unread: 0}
	if page.Items[0] != first {
		t.Errorf("got %+v, want %+v", page.Items[0], first)
	}
	for i, want := range map[int]int{3: -1, 24: 24, 25: 6, 26: -1, 27: -1} { // unknown user, known user, group, group that counts nothing, group that is left
		if page.Items[i].Unread != want {
			t.Errorf("unread of %+v: %d, want %d", page.Items[i].Conversation, page.Items[i].Unread, want)
		}
	}
	if n := len(w.sent("get_joined_group_list")); n != 1 {
		t.Errorf("%d looks at the groups", n)
	}
	if page, err = c.List(t.Context(), imclient.ContactListOptions{User: "me", Cursor: "1.2.3.4"}); err != nil || page.Items[4].Unread != -1 || page.Next != "" {
		t.Errorf("the same cursor again: next %q, %v", page.Next, err)
	}
	if sent := w.sent("get_list"); !strings.Contains(sent[1], `"TimeStamp":1,"StartIndex":2,"TopTimeStamp":3,"TopStartIndex":4,"AssistFlags":7`) {
		t.Errorf("asked %s", sent[1])
	}
	for _, cursor := range []string{"1", "1.2.3", "1.2.3.x", "1.2.3.4.5", "-1.2.3.4"} {
		if _, err := c.List(t.Context(), imclient.ContactListOptions{User: "me", Cursor: cursor}); !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
	if n, err := c.Unread(t.Context(), "me"); err != nil || n != 99 {
		t.Errorf("unread in all: %d, %v", n, err)
	}
}

func TestContactMarksAndFolders(t *testing.T) {
	w := newWire(t)
	w.on("delete", "")
	w.on("mark_contact", `"ResultItem":[{"ContactItem":{"Type":1,"To_Account":"a"},"ResultCode":0},{"ContactItem":{"Type":2,"ToGroupId":"@TGS#1"},"ResultCode":51008,"ResultInfo":"full"}]`)
	w.on("search_contact_group", `"ContactResultItem":[{"Type":2,"ToGroupId":"@TGS#1","StandardMark":"0001"},{"Type":1,"To_Account":"a","StandardMark":"101`+strings.Repeat("0", 29)+`1","CustomMark":"c","ContactGroupId":[5,6]}],"GroupItem":[{"GroupName":"work","GroupId":5}]`)
	script(w, "get_contact_group",
		`"ContactItem":[{"Type":1,"To_Account":"a","ContactGroupId":[5]},{"Type":1,"To_Account":"z"}],"GroupItem":[{"GroupName":"work","GroupId":5},{"GroupName":"empty","GroupId":6}],"CompleteFlag":0,"NextStartIndex":2`,
		`"ContactItem":[{"Type":2,"ToGroupId":"@TGS#1","ContactGroupId":[5]}],"GroupItem":[{"GroupName":"work","GroupId":5}],"CompleteFlag":1`)
	w.on("create_contact_group", `"GroupResultItem":[{"GroupItem":{"GroupName":"work","GroupId":5},"ResultItem":[{"ContactItem":{"Type":1,"To_Account":"a"},"ResultCode":50001}]}]`)
	w.on("update_contact_group", `"UpdateType":1,"UpdateGroupResult":{"ContactResultItem":[{"ContactOptType":2,"ContactItem":{"Type":1,"To_Account":"a"},"ResultCode":51009}]}`)
	w.on("del_contact_group", `"GroupItem":[]`)
	c := w.client().Contacts
	ctx := t.Context()
	chat, group := imclient.Conversation{User: "me", Peer: "a"}, imclient.Conversation{User: "me", Group: "@TGS#1"}

	if err := errors.Join(c.Remove(ctx, chat, true), c.Remove(ctx, group, false)); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "delete", `{"From_Account":"me","Type":1,"To_Account":"a","ClearRamble":1}`, `{"From_Account":"me","Type":2,"ToGroupid":"@TGS#1"}`)

	custom := ""
	refused, err := c.Mark(ctx, "me", []imclient.ContactChange{
		{Conversation: chat, Set: []string{"favourite", "33"}, Clear: []string{"hidden"}}, {Conversation: group, Custom: &custom},
	})
	if diff := cmp.Diff(map[string]string{"@TGS#1": "51008"}, refusedCodes(refused)); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	wantSent(t, w, "mark_contact", `{"From_Account":"me","MarkItem":[{"OptType":1,"ContactItem":{"Type":1,"To_Account":"a"},"SetMark":[1,33],"ClearMark":[4]},{"OptType":2,"ContactItem":{"Type":2,"ToGroupId":"@TGS#1"},"CustomMark":""}]}`)
	for name, change := range map[string]imclient.ContactChange{"no such mark": {Set: []string{"bright"}}, "a number beyond": {Clear: []string{"65"}}, "nothing": {}} {
		if _, err := c.Mark(ctx, "me", []imclient.ContactChange{change}); !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}

	marks, err := c.Marks(ctx, "me", []imclient.Conversation{chat, group, {Peer: "unknown"}})
	want := []imclient.ContactMarks{
		{Conversation: chat, Marks: []string{"favourite", "folded", "33"}, Custom: "c", Folders: []string{"work"}},
		{Conversation: group, Marks: []string{"hidden"}},
		{Conversation: imclient.Conversation{User: "me", Peer: "unknown"}},
	}
	if diff := cmp.Diff(want, marks); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}

	folders, err := c.Folders(ctx, "me")
	if diff := cmp.Diff([]imclient.ContactFolder{{Name: "work", Conversations: []imclient.Conversation{chat, group}}, {Name: "empty"}}, folders); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	if refused, err := c.AddFolder(ctx, "me", "work", []imclient.Conversation{chat}); err != nil || refusedCodes(refused)["a"] != "50001" {
		t.Errorf("a folder: %+v, %v", refused, err)
	}
	if refused, err := c.ChangeFolder(ctx, "me", "work", []imclient.Conversation{group}, []imclient.Conversation{chat}); err != nil || refusedCodes(refused)["a"] != "51009" {
		t.Errorf("changing a folder: %+v, %v", refused, err)
	}
	if err := errors.Join(c.RenameFolder(ctx, "me", "work", "play"), c.RemoveFolder(ctx, "me", "play")); err != nil {
		t.Error(err)
	}
	wantSent(t, w, "update_contact_group",
		`{"From_Account":"me","UpdateType":1,"UpdateGroup":{"UpdateGroupType":2,"OldGroupName":"work","ContactUpdateItem":[{"ContactOptType":1,"ContactItem":{"Type":2,"ToGroupId":"@TGS#1"}},{"ContactOptType":2,"ContactItem":{"Type":1,"To_Account":"a"}}]}}`,
		`{"From_Account":"me","UpdateType":1,"UpdateGroup":{"UpdateGroupType":1,"OldGroupName":"work","NewGroupName":"play"}}`)
	if _, err := c.ChangeFolder(ctx, "me", "work", nil, nil); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("nothing to change: %v", err)
	}
}

func TestExtensions(t *testing.T) {
	w := newWire(t)
	withGroups(w, "Public")
	set := func(q map[string]any) string {
		var items []string
		list, _ := q["ExtensionList"].([]any)
		if len(list) > maxExtensions {
			t.Errorf("%d pairs in one call", len(list))
		}
		for _, p := range list {
			pair := p.(map[string]any)
			if pair["Key"] == "k7" {
				items = append(items, `{"ErrorCode":23001,"Extension":{"Key":"k7","Value":"theirs","Seq":9}}`)
				continue
			}
			items = append(items, fmt.Sprintf(`{"ErrorCode":0,"Extension":{"Key":%q,"Value":%q,"Seq":1}}`, pair["Key"], pair["Value"]))
		}
		return `"ExtensionList":[` + strings.Join(items, ",") + `]`
	}
	w.onFunc("group_set_key_values", set)
	w.onFunc("set_key_values", set)
	script(w, "get_key_values",
		`"CompleteFlag":0,"LatestSeq":3,"ExtensionList":[{"Key":"b","Value":"old","Seq":1},{"Key":"a","Value":"1","Seq":2}]`,
		`"CompleteFlag":1,"LatestSeq":3,"ExtensionList":[{"Key":"a","Value":"1","Seq":2},{"Key":"b","Value":"new","Seq":3}]`)
	c := w.client()
	ctx := t.Context()
	group := imclient.Conversation{Group: "g"}

	got, err := c.Extensions.List(ctx, directChat, "1_2_3.b")
	if diff := cmp.Diff([]imclient.Extension{{Key: "a", Value: "1", Version: "2"}, {Key: "b", Value: "new", Version: "3"}}, got); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	wantSent(t, w, "get_key_values", `{"From_Account":"b","To_Account":"a","MsgKey":"1_2_3"}`, `{"From_Account":"b","To_Account":"a","MsgKey":"1_2_3","StartSeq":2}`)

	var list []imclient.Extension
	for i := range 25 {
		list = append(list, imclient.Extension{Key: "k" + strconv.Itoa(i), Value: "mine", Version: "1"})
	}
	refused, err := c.Extensions.Set(ctx, group, "5", list)
	if err != nil || len(refused) != 1 {
		t.Fatalf("refused %+v, %v", refused, err)
	}
	if r := refused[0]; r.Key != "k7" || r.Now != (imclient.Extension{Key: "k7", Value: "theirs", Version: "9"}) || !errors.Is(r.Err, imclient.ErrConflict) || r.Err.Code != "23001" {
		t.Errorf("the conflict is %+v", r)
	}
	if sent := w.sent("group_set_key_values"); len(sent) != 2 || !strings.HasPrefix(sent[0], `{"GroupId":"g","MsgSeq":5,"OperateType":1,"ExtensionList":[{"Key":"k0","Value":"mine","Seq":1}`) {
		t.Errorf("set with %q", sent)
	}
	if _, err := c.Extensions.Remove(ctx, directChat, "1_2_3.a", []imclient.Extension{{Key: "a", Value: "x"}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Extensions.Clear(ctx, directChat, "1_2_3.a"); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "set_key_values",
		`{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3","OperateType":2,"ExtensionList":[{"Key":"a","Value":"","Seq":0}]}`,
		`{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3","OperateType":3}`)

	if _, err := c.Extensions.Set(ctx, group, "5", []imclient.Extension{{Key: "a", Version: "x"}}); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("a version that is none: %v", err)
	}
	if _, err := c.Extensions.List(ctx, group, "x"); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("a message that is none: %v", err)
	}
	w.refuse("group_get_key_values", "23002")
	if _, err := c.Extensions.List(ctx, group, "5"); !errors.Is(err, imclient.ErrUnsupported) {
		t.Errorf("a message that takes none: %v", err)
	}
	withGroups(w, "Community")
	if _, err := c.Extensions.List(imclient.Fresh(ctx), imclient.Conversation{Group: "c", Type: "Community"}, "5"); !errors.Is(err, imclient.ErrUnsupported) {
		t.Errorf("a group type without: %v", err)
	}
}

func TestAccounts(t *testing.T) {
	w := newWire(t)
	w.onFunc("account_check", func(q map[string]any) string {
		list := q["CheckItem"].([]any)
		if len(list) > maxAccounts {
			t.Errorf("%d accounts in one question", len(list))
		}
		var items []string
		for _, i := range list {
			id := i.(map[string]any)["UserID"].(string)
			switch id {
			case "u3":
				items = append(items, `{"UserID":"u3","ResultCode":70402,"ResultInfo":"no"}`)
			case "u5", "u130":
				items = append(items, fmt.Sprintf(`{"UserID":%q,"ResultCode":0,"AccountStatus":"NotImported"}`, id))
			default:
				items = append(items, fmt.Sprintf(`{"UserID":%q,"ResultCode":0,"AccountStatus":"Imported"}`, id))
			}
		}
		return `"ResultItem":[` + strings.Join(items, ",") + `]`
	})
	w.on("account_delete", `"ResultItem":[{"UserID":"u0","ResultCode":0},{"UserID":"u1","ResultCode":70107,"ResultInfo":"Err_TLS_PT_Open_Login_Account_Not_Exist"}]`)
	w.on("multiaccount_import", `"FailAccounts":["u1"]`)
	w.on("portrait_set", "")
	u := w.client().Users
	ctx := t.Context()
	missing, refused, err := u.Check(ctx, targets(140))
	if err != nil || !slices.Equal(missing, []string{"u5", "u130"}) || len(refused) != 1 || refused[0].ID != "u3" {
		t.Errorf("missing %q, refused %+v, %v", missing, refused, err)
	}
	if refused, err := u.Delete(ctx, []string{"u0", "u1"}); err != nil || refusedCodes(refused)["u1"] != "70107" {
		t.Errorf("deleting: %+v, %v", refused, err)
	}
	w.refuse("account_delete", "71000")
	if _, err := u.Delete(ctx, []string{"u0"}); !errors.Is(err, imclient.ErrUnsupported) {
		t.Errorf("deleting on a paid plan: %v", err)
	}
	refused, err = u.Import(ctx, []imclient.NewUser{{ID: "u0"}, {ID: "u1"}, {ID: "n", Nick: "nick", AvatarURL: "http://a"}})
	if err != nil || len(refused) != 2 { // the wire refuses u1 each time
		t.Errorf("importing: %+v, %v", refused, err)
	}
	wantSent(t, w, "multiaccount_import", `{"Accounts":["u0","u1"]}`, `{"AccountList":[{"UserID":"n","Nick":"nick","FaceUrl":"http://a"}]}`)

	birthday, level, gender, off := "20190419", "", "female", false
	nick := "<b>"
	if err := u.Edit(ctx, "me", imclient.UserChange{
		Nick: &nick, Gender: &gender, Birthday: &birthday, Level: &level, Forbidden: &off, Custom: []imclient.Field{{Key: "Pet", Value: "cat"}},
	}); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "portrait_set", `{"From_Account":"me","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"<b>"},{"Tag":"Tag_Profile_IM_Gender","Value":"Gender_Type_Female"},{"Tag":"Tag_Profile_IM_BirthDay","Value":20190419},{"Tag":"Tag_Profile_IM_Level","Value":0},{"Tag":"Tag_Profile_IM_AdminForbidType","Value":"AdminForbid_Type_None"},{"Tag":"Tag_Profile_Custom_Pet","Value":"cat"}]}`)
	bad := "1.5"
	for name, change := range map[string]imclient.UserChange{"nothing": {}, "a number that is none": {Role: &bad}, "no such gender": {Gender: &bad}} {
		if err := u.Edit(ctx, "me", change); !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestImportOnAServerThatKnowsNoNames: one call for each account, and the newer form is not tried again.
func TestImportOnAServerThatKnowsNoNames(t *testing.T) {
	w := newWire(t)
	w.refuse("multiaccount_import", "70402")
	w.onFunc("account_import", func(q map[string]any) string {
		if q["UserID"] == "b" {
			return `{"ActionStatus":"FAIL","ErrorCode":40601,"ErrorInfo":"too long"}`
		}
		return ""
	})
	u := w.client().Users
	for range 2 {
		refused, err := u.Import(t.Context(), []imclient.NewUser{{ID: "a", Nick: "1"}, {ID: "b", Nick: "2"}, {ID: "c", Nick: "3"}})
		if diff := cmp.Diff(map[string]string{"b": "40601"}, refusedCodes(refused)); diff != "" || err != nil {
			t.Errorf("%v: %s", err, diff)
		}
	}
	if n, m := len(w.sent("multiaccount_import")), len(w.sent("account_import")); n != 1 || m != 6 {
		t.Errorf("%d tries of the newer form and %d of the older", n, m)
	}
}

// TestFailureInTheMiddle: what was done stays done, and the rest is named as not sent.
func TestFailureInTheMiddle(t *testing.T) {
	w := newWire(t)
	n := 0
	w.onFunc("black_list_add", func(q map[string]any) string {
		if n++; n == 2 {
			return `{"ActionStatus":"FAIL","ErrorCode":30004,"ErrorInfo":"no"}`
		}
		return snsItems(t, q, maxRelations, func(string) int { return 0 })
	})
	refused, err := w.client().Blocks.Add(t.Context(), "me", targets(3500))
	if err != nil || len(refused) != 2500 || refused[0].ID != "u1000" || !refused[0].Err.Sent || refused[1000].Err.Sent {
		t.Errorf("%d refused, %v", len(refused), err)
	}
}

func TestFriendPagesThroughTheClient(t *testing.T) {
	w := newWire(t)
	w.onFunc("friend_get", func(q map[string]any) string {
		from := int(q["StartIndex"].(float64))
		to := min(from+100, 1234)
		var items []string
		for i := from; i < to; i++ {
			items = append(items, fmt.Sprintf(`{"To_Account":"u%d","ValueItem":[]}`, i))
		}
		return fmt.Sprintf(`"UserDataItem":[%s],"FriendNum":1234,"CompleteFlag":%d,"NextStartIndex":%d`, strings.Join(items, ","), flag(to == 1234), to)
	})
	c := w.client()
	var got []string
	for page, err := range imclient.Pages(t.Context(), "", func(ctx context.Context, cursor string) (imclient.Page[imclient.Friend], error) {
		return c.Friends.List(ctx, "me", cursor)
	}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page.Items {
			got = append(got, f.UserID)
		}
	}
	if !slices.Equal(got, targets(1234)) {
		t.Errorf("%d friends, want 1234 in order", len(got))
	}
}
