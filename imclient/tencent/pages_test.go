package tencent

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"testing"

	"imdesk/imclient"
)

// count walks pages to their end and adds up what size says of each.
func count[R any](size func(*R) int) func(*testing.T, iter.Seq2[*R, error]) (pages, items int) {
	return func(t *testing.T, all iter.Seq2[*R, error]) (pages, items int) {
		t.Helper()
		for r, err := range all {
			if err != nil {
				t.Fatal(err)
			}
			pages++
			items += size(r)
		}
		return pages, items
	}
}

// walked adapts a walk of one kind of answer to the table below.
func walked[R any](walk func(a *API, ctx context.Context) iter.Seq2[*R, error], size func(*R) int) func(*testing.T, *API) (int, int) {
	return func(t *testing.T, a *API) (int, int) { return count(size)(t, walk(a, t.Context())) }
}

// script answers with one text after the other, and with the last from then on.
func script(w *wire, name string, answers ...string) {
	n := 0
	w.onFunc(name, func(map[string]any) string {
		text := answers[min(n, len(answers)-1)]
		n++
		return text
	})
}

func TestPagesEndAsTheCommandSays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		command string
		answers []string
		walk    func(*testing.T, *API) (pages, items int)
		pages   int
		items   int
		second  string // a part of the second request
	}{
		{
			"groups of the app end with Next 0", "get_appid_group_list",
			[]string{`"GroupIdList":[{"GroupId":"a"},{"GroupId":"b"}],"Next":4454685361`, `"GroupIdList":[{"GroupId":"c"}],"Next":0`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*GetAppidGroupListAnswer, error] {
				return a.AppidGroupListPages(ctx, GetAppidGroupListRequest{})
			}, func(r *GetAppidGroupListAnswer) int { return len(r.GroupIdList) }),
			2, 3, `"Next":4454685361`,
		},
		{
			"groups of the app end without Next", "get_appid_group_list",
			[]string{`"GroupIdList":[{"GroupId":"a"}]`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*GetAppidGroupListAnswer, error] {
				return a.AppidGroupListPages(ctx, GetAppidGroupListRequest{})
			}, func(r *GetAppidGroupListAnswer) int { return len(r.GroupIdList) }),
			1, 1, "",
		},
		{
			"groups of a user end with their number", "get_joined_group_list",
			[]string{`"TotalCount":3,"GroupIdList":[{"GroupId":"a"},{"GroupId":"b"}]`, `"TotalCount":3,"GroupIdList":[{"GroupId":"c"}]`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*GetJoinedGroupListAnswer, error] {
				return a.JoinedGroupListPages(ctx, GetJoinedGroupListRequest{MemberAccount: "u", Limit: 2})
			}, func(r *GetJoinedGroupListAnswer) int { return len(r.GroupIdList) }),
			2, 3, `"Offset":2`,
		},
		{
			"members by offset end with a short page", "get_group_member_info",
			[]string{`"MemberNum":9,"MemberList":[{"Member_Account":"a"},{"Member_Account":"b"}]`, `"MemberNum":9,"MemberList":[{"Member_Account":"c"}]`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*GetGroupMemberInfoAnswer, error] {
				return a.GroupMemberPages(ctx, GetGroupMemberInfoRequest{GroupId: "g", Limit: 2})
			}, func(r *GetGroupMemberInfoAnswer) int { return len(r.MemberList) }),
			2, 3, `"Offset":2`,
		},
		{
			"members by offset end with their number", "get_group_member_info",
			[]string{`"MemberNum":2,"MemberList":[{"Member_Account":"a"},{"Member_Account":"b"}]`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*GetGroupMemberInfoAnswer, error] {
				return a.GroupMemberPages(ctx, GetGroupMemberInfoRequest{GroupId: "g", Limit: 2})
			}, func(r *GetGroupMemberInfoAnswer) int { return len(r.MemberList) }),
			1, 2, "",
		},
		{
			"members of a community end with an empty Next, not with a short page", "get_group_member_info",
			[]string{`"MemberNum":2,"MemberList":[{"Member_Account":"a"}],"Next":"144115265295492787"`, `"MemberNum":2,"MemberList":[{"Member_Account":"b"}],"Next":""`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*GetGroupMemberInfoAnswer, error] {
				return a.GroupMemberPages(ctx, GetGroupMemberInfoRequest{GroupId: "g", Limit: 100, Next: ptr("")})
			}, func(r *GetGroupMemberInfoAnswer) int { return len(r.MemberList) }),
			2, 2, `"Next":"144115265295492787"`,
		},
		{
			"those in a live room end with NextTimestamp 0", "get_members",
			[]string{`"MemberList":[{"Member_Account":"a"}],"NextTimestamp":5`, `"MemberList":[],"NextTimestamp":0`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*GetMembersAnswer, error] {
				return a.LiveMemberPages(ctx, GetMembersRequest{GroupId: "g"})
			}, func(r *GetMembersAnswer) int { return len(r.MemberList) }),
			2, 1, `"Timestamp":5`,
		},
		{
			"banned end with NextOffset 0", "get_group_ban_member",
			[]string{`"BannedAccountList":[{"Member_Account":"a"}],"NextOffset":1`, `"BannedAccountList":[{"Member_Account":"b"}],"NextOffset":0`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*GetGroupBanMemberAnswer, error] {
				return a.GroupBanPages(ctx, GetGroupBanMemberRequest{GroupId: "g", Limit: 1})
			}, func(r *GetGroupBanMemberAnswer) int { return len(r.BannedAccountList) }),
			2, 2, `"Offset":1`,
		},
		{
			"a group's history goes on where IsFinished is 1, down to position 1", "group_msg_get_simple",
			[]string{`"IsFinished":1,"RspMsgList":[{"MsgSeq":3},{"MsgSeq":2}]`, `"IsFinished":1,"RspMsgList":[{"MsgSeq":1,"IsPlaceMsg":1}]`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*GroupMsgGetSimpleAnswer, error] {
				return a.GroupMsgPages(ctx, GroupMsgGetSimpleRequest{GroupId: "g", ReqMsgNumber: 2})
			}, func(r *GroupMsgGetSimpleAnswer) int { return len(r.Messages()) }),
			2, 3, `"ReqMsgSeq":1`,
		},
		{
			"a direct chat ends with Complete, not with a short page", "admin_getroammsg",
			[]string{
				`"Complete":0,"MsgCnt":1,"LastMsgTime":90,"LastMsgKey":"2_2_90","MsgList":[{"MsgKey":"2_2_90"}]`,
				`"Complete":1,"MsgCnt":1,"LastMsgTime":80,"LastMsgKey":"1_1_80","MsgList":[{"MsgKey":"1_1_80"}]`,
			},
			walked(func(a *API, ctx context.Context) iter.Seq2[*AdminGetRoamMsgAnswer, error] {
				return a.RoamMsgPages(ctx, AdminGetRoamMsgRequest{OperatorAccount: "a", PeerAccount: "b", MaxCnt: 100, MinTime: 1, MaxTime: 100})
			}, func(r *AdminGetRoamMsgAnswer) int { return len(r.MsgList) }),
			2, 2, `"MinTime":1,"MaxTime":90,"LastMsgKey":"2_2_90"`,
		},
		{
			"friends end with any CompleteFlag", "friend_get",
			[]string{`"UserDataItem":[{"To_Account":"a"}],"CompleteFlag":0,"NextStartIndex":1`, `"UserDataItem":[{"To_Account":"b"}],"CompleteFlag":2,"NextStartIndex":2`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*FriendGetAnswer, error] {
				return a.FriendPages(ctx, FriendGetRequest{FromAccount: "u"})
			}, func(r *FriendGetAnswer) int { return len(r.UserDataItem) }),
			2, 2, `"StartIndex":1`,
		},
		{
			"a block list ends with StartIndex 0", "black_list_get",
			[]string{`"BlackListItem":[{"To_Account":"a"}],"StartIndex":100`, `"BlackListItem":[{"To_Account":"b"}],"StartIndex":0`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*BlackListGetAnswer, error] {
				return a.BlackListPages(ctx, BlackListGetRequest{FromAccount: "u"})
			}, func(r *BlackListGetAnswer) int { return len(r.BlackListItem) }),
			2, 2, `"StartIndex":100,"MaxLimited":100`,
		},
		{
			"followers end with an empty cursor", "follow_get",
			[]string{`"FollowItem":[{"To_Account":"a"}],"NextCursor":"x"`, `"FollowItem":[{"To_Account":"b"}],"NextCursor":""`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*FollowGetAnswer, error] {
				return a.FollowPages(ctx, FollowGetRequest{FromAccount: "u", FollowType: FollowFans})
			}, func(r *FollowGetAnswer) int { return len(r.FollowItem) }),
			2, 2, `"StartCursor":"x"`,
		},
		{
			"conversations end with CompleteFlag, and all four cursors go back", "get_list",
			[]string{
				`"SessionItem":[{"Type":1,"To_Account":"a"}],"CompleteFlag":0,"TimeStamp":1,"StartIndex":2,"TopTimeStamp":3,"TopStartIndex":4`,
				`"SessionItem":[],"CompleteFlag":1,"TimeStamp":5`,
			},
			walked(func(a *API, ctx context.Context) iter.Seq2[*ContactGetListAnswer, error] {
				return a.ContactPages(ctx, ContactGetListRequest{FromAccount: "u", AssistFlags: 7})
			}, func(r *ContactGetListAnswer) int { return len(r.SessionItem) }),
			2, 1, `"TimeStamp":1,"StartIndex":2,"TopTimeStamp":3,"TopStartIndex":4`,
		},
		{
			"marked conversations end with CompleteFlag", "get_contact_group",
			[]string{`"ContactItem":[{"Type":1}],"CompleteFlag":0,"NextStartIndex":1`, `"ContactItem":[{"Type":1}],"CompleteFlag":1`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*GetContactGroupAnswer, error] {
				return a.ContactGroupPages(ctx, GetContactGroupRequest{FromAccount: "u"})
			}, func(r *GetContactGroupAnswer) int { return len(r.ContactItem) }),
			2, 2, `"StartIndex":1`,
		},
		{
			"extensions end with CompleteFlag, and go on at the last version", "get_key_values",
			[]string{
				`"CompleteFlag":0,"ExtensionList":[{"Key":"a","Seq":1},{"Key":"b","Seq":4}]`, `"CompleteFlag":0,"ExtensionList":[{"Key":"b","Seq":4}]`,
				`"CompleteFlag":1,"ExtensionList":[{"Key":"c","Seq":5}]`,
			},
			walked(func(a *API, ctx context.Context) iter.Seq2[*GetKeyValuesAnswer, error] {
				return a.KeyValuePages(ctx, GetKeyValuesRequest{ToAccount: "u", MsgKey: "1_1_1"})
			}, func(r *GetKeyValuesAnswer) int { return len(r.ExtensionList) }),
			3, 4, `"StartSeq":4`,
		},
		{
			"readers end with the flag, not with the cursor", "get_group_msg_receipt_detail",
			[]string{`"ReadList":[{"Read_Account":"a"}],"IsFinish":0,"Cursor":"7"`, `"ReadList":[{"Read_Account":"b"}],"IsFinish":1,"Cursor":"9"`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*GetGroupMsgReceiptDetailAnswer, error] {
				return a.ReceiptPages(ctx, GetGroupMsgReceiptDetailRequest{GroupId: "g", MsgSeq: 1})
			}, func(r *GetGroupMsgReceiptDetailAnswer) int { return len(r.ReadList) }),
			2, 2, `"Cursor":"7","Count":200`,
		},
		{
			"libraries end with their number", "get_cloud_audit_keywords_ids",
			[]string{`"TotalCount":2,"Infos":[{"ID":"a"}]`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*KeywordLibrariesAnswer, error] {
				return a.KeywordLibraryPages(ctx, KeywordLibrariesRequest{SdkAppId: 1})
			}, func(r *KeywordLibrariesAnswer) int { return len(r.Infos) }),
			2, 2, `"Offset":1,"Limit":100`,
		},
		{
			"words of a library end with their number", "get_cloud_audit_keywords",
			[]string{`"TotalCount":2,"Infos":[{"ID":"a"}]`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*CloudKeywordsAnswer, error] {
				return a.CloudKeywordPages(ctx, CloudKeywordsRequest{SdkAppId: 1, LibID: "l"})
			}, func(r *CloudKeywordsAnswer) int { return len(r.Infos) }),
			2, 2, `"Offset":1`,
		},
		{
			"words inside the app end with a short page", "get_local_audit_keywords",
			[]string{`"TotalCount":9,"LocalAuditWords":[{"Id":1},{"Id":2}]`, `"LocalAuditWords":[{"Id":3}]`},
			walked(func(a *API, ctx context.Context) iter.Seq2[*LocalKeywordsAnswer, error] {
				return a.LocalKeywordPages(ctx, LocalKeywordsRequest{SdkAppId: 1, FilterType: 1, Limit: 2})
			}, func(r *LocalKeywordsAnswer) int { return len(r.LocalAuditWords) }),
			2, 3, `"Offset":2`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t)
			script(w, tt.command, tt.answers...)
			pages, items := tt.walk(t, w.api())
			if pages != tt.pages || items != tt.items {
				t.Errorf("%d pages with %d things, want %d with %d", pages, items, tt.pages, tt.items)
			}
			if sent := w.sent(tt.command); tt.second != "" && !strings.Contains(sent[1], tt.second) {
				t.Errorf("the second request is %s, want %s in it", sent[1], tt.second)
			}
		})
	}
}

// TestPagesDoNotGoRound: a server that answers with the same cursor for ever is not asked for ever.
func TestPagesDoNotGoRound(t *testing.T) {
	w := newWire(t)
	w.on("friend_get", `"UserDataItem":[{"To_Account":"a"}],"CompleteFlag":0,"NextStartIndex":5`)
	n := 0
	for _, err := range w.api().FriendPages(t.Context(), FriendGetRequest{FromAccount: "u"}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d pages, want 2: the third would be the second", n)
	}
}

func TestPagesEndWithAnError(t *testing.T) {
	w := newWire(t)
	w.refuse("black_list_get", "30003")
	n := 0
	for _, err := range w.api().BlackListPages(t.Context(), BlackListGetRequest{FromAccount: "u"}) {
		if n++; !errors.Is(err, imclient.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d pages", n)
	}
}

func TestGroupHistoryOfNothingButHolesEnds(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	withHistory(w, 100_000, func(int) bool { return true })
	pages, _ := count(func(*GroupMsgGetSimpleAnswer) int { return 0 })(t, w.api().GroupMsgPages(t.Context(), GroupMsgGetSimpleRequest{GroupId: "g"}))
	if pages != maxHoles {
		t.Errorf("%d pages of holes, want %d", pages, maxHoles)
	}
}

// TestEveryPagedCommandHasAWalk holds the requests that have a cursor against the methods that walk them.
func TestEveryPagedCommandHasAWalk(t *testing.T) {
	walks := map[string]bool{}
	api := reflect.TypeFor[*API]()
	for i := range api.NumMethod() {
		m := api.Method(i)
		if strings.HasSuffix(m.Name, "Pages") {
			walks[m.Type.In(2).Name()] = true
		}
	}
	cursors := []string{"Next", "Offset", "Timestamp", "ReqMsgSeq", "LastMsgKey", "StartIndex", "StartCursor", "StartSeq", "Cursor"}
	for _, c := range Commands() {
		for _, name := range cursors {
			if _, paged := c.Request.FieldByName(name); paged && !walks[c.Request.Name()] {
				t.Errorf("%s is paged by %s and has no walk", c.Path(), name)
			}
		}
	}
}

func TestIPListAsksInTheAddress(t *testing.T) {
	w := newWire(t)
	w.on("GetIPList", `"IPList":["1.2.3.4"]`)
	if _, err := w.api().GetIPList(t.Context(), &GetIPListRequest{NetType: 6}); err != nil {
		t.Fatal(err)
	}
	if query := w.calls[0].query; !strings.HasSuffix(query, "&contenttype=json&nettype=6") {
		t.Errorf("asked with %s", query)
	}
}

func TestSomeErrorIsASuccessInPart(t *testing.T) {
	for name, envelope := range map[string]string{"with the code": `"ErrorCode":0,`, "without the code": ``} {
		w := newWire(t)
		w.on("batchsendmsg", `{"ActionStatus":"SomeError",`+envelope+`"MsgKey":"1_1_1","ErrorList":[{"To_Account":"b","ErrorCode":70107}]}`)
		r, err := w.api().BatchSendMsg(t.Context(), &BatchSendMsgRequest{ToAccount: []string{"a", "b"}})
		if err != nil || r.ActionStatus != "SomeError" || len(r.ErrorList) != 1 || r.ErrorList[0].ErrorCode != 70107 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func TestRoamInOldWords(t *testing.T) {
	w := newWire(t)
	w.onFunc("admin_getroammsg", func(q map[string]any) string {
		if _, old := q["From_Account"]; !old {
			return `{"ActionStatus":"FAIL","ErrorCode":90008,"ErrorInfo":"no From_Account"}`
		}
		return `"Complete":1,"MsgList":[]`
	})
	a := w.api()
	for range 2 {
		if _, err := a.AdminGetRoamMsg(t.Context(), &AdminGetRoamMsgRequest{OperatorAccount: "a", PeerAccount: "b", MaxCnt: 1, MinTime: 1, MaxTime: 2, LastMsgKey: "k"}); err != nil {
			t.Fatal(err)
		}
	}
	sent := w.sent("admin_getroammsg")
	want := `{"From_Account":"a","To_Account":"b","MaxCnt":1,"MinTime":1,"MaxTime":2,"LastMsgKey":"k"}`
	if len(sent) != 3 || sent[1] != want || sent[2] != want {
		t.Errorf("sent %q, want the new words once and then the old ones", sent)
	}
}

// each writes one JSON object for each id.
func each(ids []any, format string) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = fmt.Sprintf(format, id)
	}
	return strings.Join(list, ",")
}
