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

// now is the client's clock where a test fixes it.
var now = time.Unix(1700000000, 0).UTC()

// withGroups makes the wire know groups of a type by their ids, in batches of at most 50.
func withGroups(w *wire, typ string) {
	w.onFunc("get_group_info", func(q map[string]any) string {
		var list []string
		for _, id := range q["GroupIdList"].([]any) {
			list = append(list, fmt.Sprintf(`{"GroupId":%q,"ErrorCode":0,"Type":%q,"Name":"Group %s","MemberNum":3,"NextMsgSeq":1}`, id, typ, id))
		}
		if len(list) > maxGroupInfo {
			w.t.Errorf("get_group_info for %d groups", len(list))
		}
		return `"GroupInfo":[` + strings.Join(list, ",") + `]`
	})
}

// withList makes the wire page through ids in creation order; Next is where to go on, made to look opaque.
func withList(w *wire, ids *[]string) {
	w.onFunc("get_appid_group_list", func(q map[string]any) string {
		from := 0
		if next := q["Next"].(float64); next > 0 {
			from = int(next) - 5_000_000_000
		}
		to := min(from+int(q["Limit"].(float64)), len(*ids))
		next := 0
		if to < len(*ids) {
			next = to + 5_000_000_000
		}
		var list []string
		for _, id := range (*ids)[from:to] {
			list = append(list, fmt.Sprintf(`{"GroupId":%q}`, id))
		}
		return fmt.Sprintf(`"TotalCount":%d,"GroupIdList":[%s],"Next":%d`, len(*ids), strings.Join(list, ","), next)
	})
}

func walkGroups(t *testing.T, c *imclient.Client, limit int, between func(page int)) []string {
	t.Helper()
	var got []string
	n := 0
	for page, err := range imclient.Pages(t.Context(), "", func(ctx context.Context, cursor string) (imclient.Page[imclient.Group], error) {
		return c.Groups.List(ctx, imclient.GroupListOptions{Cursor: cursor, Limit: limit})
	}) {
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) > limit {
			t.Errorf("a page of %d", len(page.Items))
		}
		for _, g := range page.Items {
			got = append(got, g.ID)
		}
		n++
		if between != nil {
			between(n)
		}
	}
	return got
}

func TestGroupListSharesItsOneCallASecond(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	ids := targets(1500)
	withList(w, &ids)
	withGroups(w, "Public")
	c := w.client()
	if got := walkGroups(t, c, 50, nil); !slices.Equal(got, ids) {
		t.Errorf("got %d groups, want %d in order", len(got), len(ids))
	}
	if n := len(w.sent("get_appid_group_list")); n != 2 {
		t.Errorf("30 pages cost %d calls of the list, want 2", n)
	}
	for range 5 {
		page, err := c.Groups.List(t.Context(), imclient.GroupListOptions{})
		if err != nil || len(page.Items) != 50 || page.Total != 1500 {
			t.Fatalf("%d groups of %d, %v", len(page.Items), page.Total, err)
		}
	}
	if n := len(w.sent("get_appid_group_list")); n != 2 {
		t.Errorf("other operators' first pages cost %d calls more", n-2)
	}
}

// TestGroupListWhileGroupsComeAndGo: the copy of the ids is renewed in the middle, and places have shifted.
func TestGroupListWhileGroupsComeAndGo(t *testing.T) {
	t.Parallel()
	clock := now
	w := newWire(t)
	ids := targets(60)
	withList(w, &ids)
	withGroups(w, "Public")
	c := w.client(func(c *Config) { c.Now = func() time.Time { return clock } })
	got := walkGroups(t, c, 10, func(page int) {
		clock = clock.Add(2 * idsStale) // nothing is left of the copy
		switch page {
		case 1: // before the place: one shown and one more
			ids = slices.Delete(ids, 2, 4)
		case 2: // the last one shown
			ids = slices.DeleteFunc(ids, func(id string) bool { return id == "u19" })
		case 3: // behind the place, and a new one
			ids = append(slices.DeleteFunc(ids, func(id string) bool { return id == "u55" }), "new")
		}
	})
	want := append(slices.DeleteFunc(targets(60), func(id string) bool { return id == "u55" }), "new")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGroupListLeavesOutWhatIsGone(t *testing.T) {
	w := newWire(t)
	w.on("get_appid_group_list", `"TotalCount":3,"GroupIdList":[{"GroupId":"a"},{"GroupId":"b"},{"GroupId":"c"}]`)
	w.on("get_group_info", `"GroupInfo":[{"GroupId":"c","ErrorCode":0,"Type":"Public"},{"GroupId":"b","ErrorCode":10010,"ErrorInfo":"gone"},{"GroupId":"a","ErrorCode":0,"Type":"Work"}]`)
	page, err := w.client().Groups.List(t.Context(), imclient.GroupListOptions{})
	if err != nil || len(page.Items) != 2 || page.Items[0].ID != "a" || page.Items[1].ID != "c" || page.Next != "" {
		t.Errorf("got %+v, %v, want a and c, and no further page", page, err)
	}
}

func TestGroupListRefusesForeignCursors(t *testing.T) {
	c := newWire(t).client()
	for _, cursor := range []string{"x", "1.2", "a.1000.0.", "1.0.0.", "1.1000.2000.", "1.1000.-1.", "1.99999999999999999999.0.", "1.20000.0."} {
		if _, err := c.Groups.List(t.Context(), imclient.GroupListOptions{Cursor: cursor}); !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("cursor %q: %v, want ErrInvalid", cursor, err)
		}
	}
	for _, limit := range []int{-1, maxGroupList + 1} {
		if _, err := c.Groups.List(t.Context(), imclient.GroupListOptions{Limit: limit}); !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("limit %d: %v, want ErrInvalid", limit, err)
		}
	}
}

func TestGroupListPassesOverAnEndlessListOfNothing(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	n := 0
	w.onFunc("get_appid_group_list", func(map[string]any) string {
		n++
		return fmt.Sprintf(`"TotalCount":1,"GroupIdList":[],"Next":%d`, 1+n%2)
	})
	c := w.client(func(c *Config) { c.RateShare = 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
	defer cancel()
	page, err := c.Groups.List(ctx, imclient.GroupListOptions{})
	if err == nil && len(page.Items) > 0 || n > maxEmpty {
		t.Errorf("%d calls, %v", n, err)
	}
}

func TestGroupDetailsAreCopiedBriefly(t *testing.T) {
	clock := now
	w := newWire(t)
	withGroups(w, "Public")
	w.on("modify_group_base_info", "")
	c := w.client(func(c *Config) { c.Now = func() time.Time { return clock } })
	calls := func() int { return len(w.sent("get_group_info")) }
	get := func(ctx context.Context) {
		t.Helper()
		if _, err := c.Groups.Get(ctx, "g"); err != nil {
			t.Fatal(err)
		}
	}
	get(t.Context())
	get(t.Context())
	if calls() != 1 {
		t.Errorf("%d calls for two looks at once, want 1", calls())
	}
	get(imclient.Fresh(t.Context()))
	if calls() != 2 {
		t.Error("a read-back was given a copy")
	}
	name := "new"
	if err := c.Groups.Change(t.Context(), "g", imclient.GroupChange{Name: &name}); err != nil {
		t.Fatal(err)
	}
	get(t.Context())
	if calls() != 3 {
		t.Error("after our own change a copy from before it was given")
	}
	clock = clock.Add(groupFresh)
	get(t.Context())
	if calls() != 4 {
		t.Error("a copy lives longer than it may")
	}
}

func TestGroupAsAWhole(t *testing.T) {
	w := newWire(t)
	w.on("get_group_info", `"GroupInfo":[{"GroupId":"@TGS#1","ErrorCode":0,"ErrorInfo":"","Type":"Community","Name":"n","Introduction":"i","Notification":"o","FaceUrl":"http://f","Owner_Account":"leckie","CreateTime":1426002000,"LastInfoTime":1426002001,"LastMsgTime":1426002002,"NextMsgSeq":1234,"MemberNum":2,"MaxMemberNum":50,"ApplyJoinOption":"FreeAccess","InviteJoinOption":"DisableInvite","ShutUpAllMember":"On","SupportTopic":1,"AppDefinedData":[{"Key":"A","Value":"xxxx"}]}]`)
	c := w.client(func(c *Config) { c.GroupFields = []string{"A"} })
	got, err := c.Groups.Get(t.Context(), "@TGS#1")
	if err != nil {
		t.Fatal(err)
	}
	want := imclient.Group{
		ID: "@TGS#1", Type: "Community", Name: "n", Intro: "i", Notice: "o", AvatarURL: "http://f", OwnerID: "leckie",
		Created: time.Unix(1426002000, 0).UTC(), InfoChanged: time.Unix(1426002001, 0).UTC(), LastMessage: time.Unix(1426002002, 0).UTC(),
		LastSeq: "1233", Members: 2, MaxMembers: 50, Online: -1, JoinOption: "FreeAccess", InviteOpt: "DisableInvite", MuteAll: imclient.On,
		Custom: []imclient.Field{{Key: "A", Value: "xxxx"}}, Topics: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	body := w.sent("get_group_info")[0]
	if strings.Contains(body, "MemberInfoFilter") || !strings.Contains(body, `"AppDefinedDataFilter_Group":["A"]`) {
		t.Errorf("asked %s, want no members and the app's own field", body)
	}

	w.on("get_group_info", `"GroupInfo":[{"GroupId":"@TGS#2","ErrorCode":0,"Type":"Public"}]`)
	got, err = c.Groups.Get(t.Context(), "@TGS#2")
	if err != nil || got.Members != -1 || got.LastSeq != "" || got.MuteAll != imclient.Unknown {
		t.Errorf("a group of which little is told: %+v, %v", got, err)
	}
}

func TestServersThatDoNotKnowNewFields(t *testing.T) {
	w := newWire(t)
	w.onFunc("get_group_info", func(q map[string]any) string {
		for _, f := range q["ResponseFilter"].(map[string]any)["GroupBaseInfoFilter"].([]any) {
			if f == "InviteJoinOption" {
				return `{"ActionStatus":"FAIL","ErrorCode":10004,"ErrorInfo":"unknown field"}`
			}
		}
		return `"GroupInfo":[{"GroupId":"g","ErrorCode":0,"Type":"Public"}]`
	})
	c := w.client()
	for range 3 {
		if _, err := c.Groups.Get(imclient.Fresh(t.Context()), "g"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.sent("get_group_info")); n != 4 {
		t.Errorf("%d calls for three looks, want 4: what the server does not know is asked once", n)
	}
}

func TestWhatCapabilitiesRuleOutIsNotSent(t *testing.T) {
	w := newWire(t)
	withGroups(w, "AVChatRoom")
	c := w.client()
	ctx := t.Context()
	option := "FreeAccess"
	for name, call := range map[string]func() error{
		"delete by sender, which the service would say OK to": func() error { return c.Messages.DeleteBySender(ctx, "g", "u") },
		"kick":      func() error { _, err := c.Members.Kick(ctx, "g", []string{"u"}, false, ""); return err },
		"add":       func() error { _, err := c.Members.Add(ctx, "g", []string{"u"}, false); return err },
		"name card": func() error { return c.Members.SetNameCard(ctx, "g", "u", "x") },
		"recall": func() error {
			_, err := c.Messages.Recall(ctx, imclient.Conversation{Group: "g"}, []string{"1"}, "")
			return err
		},
		"history": func() error {
			_, err := c.Messages.History(ctx, imclient.HistoryOptions{Conversation: imclient.Conversation{Group: "g", Type: "AVChatRoom"}})
			return err
		},
		"a position by time": func() error {
			_, err := c.Messages.At(ctx, imclient.Conversation{Group: "g", Type: "AVChatRoom"}, now)
			return err
		},
	} {
		err := call()
		if e, _ := errors.AsType[*imclient.Error](err); e == nil || e.Kind != imclient.ErrUnsupported || e.Sent {
			t.Errorf("%s: %v, want ErrUnsupported, nothing sent", name, err)
		}
	}
	withGroups(w, "Private")
	for name, call := range map[string]func() error{
		"mute":        func() error { _, err := c.Mutes.Set(ctx, "p", []string{"u"}, time.Minute); return err },
		"set admin":   func() error { return c.Members.SetRole(ctx, "p", "u", imclient.RoleAdmin) },
		"ban":         func() error { _, err := c.Live.Ban(ctx, "p", []string{"u"}, time.Minute, ""); return err },
		"join option": func() error { return c.Groups.Change(ctx, "p", imclient.GroupChange{JoinOption: &option}) },
	} {
		if err := call(); !errors.Is(err, imclient.ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", name, err)
		}
	}
}

// withHistory makes the wire answer as a group with messages 1 to n, a minute apart, of which some are not there.
func withHistory(w *wire, n int, hole func(seq int) bool) {
	w.onFunc("group_msg_get_simple", func(q map[string]any) string {
		top := n
		if seq, ok := q["ReqMsgSeq"].(float64); ok {
			top = min(n, int(seq))
		}
		var list []string
		for seq := top; seq >= 1 && seq > top-min(20, int(q["ReqMsgNumber"].(float64))); seq-- {
			if hole(seq) {
				list = append(list, fmt.Sprintf(`{"From_Account":"","IsPlaceMsg":1,"MsgBody":[],"MsgSeq":%d,"MsgTimeStamp":0}`, seq))
				continue
			}
			list = append(list, fmt.Sprintf(`{"From_Account":"u","IsPlaceMsg":0,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"%d"}}],"MsgPriority":2,"MsgSeq":%d,"MsgTimeStamp":%d}`, seq, seq, said(seq).Unix()))
		}
		return `"IsFinished":1,"RspMsgList":[` + strings.Join(list, ",") + `]`
	})
}

// said is when message seq was.
func said(seq int) time.Time { return now.Add(time.Duration(seq-1_000_000) * time.Minute) }

func none(int) bool { return false }

func TestHistoryPageHasEveryKindOfPosition(t *testing.T) {
	w := newWire(t)
	w.on("group_msg_get_simple", historySample)
	page, err := w.client().Messages.History(t.Context(), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: "@TGS#15ERQPAER"}})
	if err != nil {
		t.Fatal(err)
	}
	want := imclient.HistoryPage{Older: "7803317", Messages: []imclient.Message{
		{
			ID: "7803321", Seq: "7803321", From: "144115197276518801", At: time.Unix(1458721802, 0).UTC(), Priority: "High",
			Body: []imclient.Element{imclient.Face{Index: 1, Data: "\b"}}, Custom: "x",
		},
		{
			ID: "7803320", Seq: "7803320", From: "@TIM#SYSTEM", At: time.Unix(1458721797, 0).UTC(), Priority: "Normal", Tip: true,
			Body: []imclient.Element{imclient.Tip{Raw: `{"OpType":1,"Users":["a"]}`}},
		},
		{
			ID: "7803319", Seq: "7803319", From: "a", At: time.Unix(1458721790, 0).UTC(), Priority: "Low", State: imclient.MessageRecalled,
			Body: []imclient.Element{imclient.Text{Text: "buy"}},
		},
		{ID: "7803318", Seq: "7803318", State: imclient.MessageHole},
	}}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Error(diff)
	}
}

func TestHistoryAcrossHoles(t *testing.T) {
	t.Parallel()
	type page struct{ from, older string }
	tests := []struct {
		name  string
		n     int
		hole  func(int) bool
		pages []page
		calls int // at most
	}{
		{"no message yet", 0, none, []page{{"", ""}}, 1},
		{"one page", 5, none, []page{{"", ""}}, 1},
		{"two pages", 25, none, []page{{"", "5"}, {"5", ""}}, 2},
		{"one page exactly", 20, none, []page{{"", ""}}, 1},
		{"a run of holes within reach", 500, func(seq int) bool { return seq > 100 && seq <= 480 }, []page{{"", "480"}, {"480", "100"}}, 35},
		{"holes down to the beginning", 100, func(seq int) bool { return seq <= 70 }, []page{{"", "80"}, {"80", "60"}, {"60", ""}}, 10},
		{"expired far down", 100_000, func(seq int) bool { return seq <= 99_980 }, []page{{"", "99980"}, {"99980", ""}}, 60},
		{"everything expired", 100_000, func(int) bool { return true }, []page{{"", ""}}, 60},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t)
			withHistory(w, tt.n, tt.hole)
			c := w.client()
			for _, p := range tt.pages {
				got, err := c.Messages.History(t.Context(), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: "g"}, From: p.from})
				if err != nil {
					t.Fatal(err)
				}
				if got.Older != p.older {
					t.Errorf("from %q: older is %q, want %q", p.from, got.Older, p.older)
				}
			}
			if n := len(w.sent("group_msg_get_simple")); n > tt.calls {
				t.Errorf("%d calls, want at most %d", n, tt.calls)
			}
		})
	}
}

func TestHistoryTowardsNow(t *testing.T) {
	w := newWire(t)
	withHistory(w, 100, none)
	c := w.client()
	var got []string
	from, pages := "1", 0
	for {
		page, err := c.Messages.History(t.Context(), imclient.HistoryOptions{
			Conversation: imclient.Conversation{Group: "g"}, From: from, Direction: imclient.Newer,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range slices.Backward(page.Messages) {
			got = append(got, m.Seq)
		}
		if pages++; page.Newer == "" || pages > 10 {
			break
		}
		from = page.Newer
	}
	var want []string
	for i := range 100 {
		want = append(want, strconv.Itoa(i+1))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	beyond, err := c.Messages.History(t.Context(), imclient.HistoryOptions{
		Conversation: imclient.Conversation{Group: "g"}, From: "200", Direction: imclient.Newer,
	})
	if err != nil || len(beyond.Messages) != 0 || beyond.Newer != "" {
		t.Errorf("beyond the newest: %+v, %v", beyond, err)
	}
	w.on("group_msg_get_simple", `"RspMsgList":[]`) // a server that leaves out what is not there
	beyond, err = c.Messages.History(t.Context(), imclient.HistoryOptions{
		Conversation: imclient.Conversation{Group: "g"}, From: "300", Direction: imclient.Newer,
	})
	if err != nil || beyond.Newer != "" {
		t.Errorf("beyond the newest, where nothing is told: %+v, %v", beyond, err)
	}
}

func TestPositionByTime(t *testing.T) {
	t.Parallel()
	at := func(t *testing.T, n int, hole func(int) bool, when time.Time) (string, int) {
		t.Helper()
		w := newWire(t)
		withHistory(w, n, hole)
		got, err := w.client().Messages.At(t.Context(), imclient.Conversation{Group: "g"}, when)
		if err != nil {
			t.Fatal(err)
		}
		return got, len(w.sent("group_msg_get_simple"))
	}
	for _, n := range []int{1, 19, 20, 21, 40, 41, 1000} {
		for seq := 1; seq <= n; seq += max(1, n/37) {
			for name, when := range map[string]time.Time{"at": said(seq), "just before": said(seq).Add(-time.Second)} {
				if got, _ := at(t, n, none, when); got != strconv.Itoa(seq) {
					t.Errorf("of %d, %s message %d: got %s", n, name, seq, got)
				}
			}
		}
		if got, _ := at(t, n, none, said(n).Add(time.Hour)); got != strconv.Itoa(n) {
			t.Errorf("of %d, after all: got %s", n, got)
		}
	}
	tests := []struct {
		name string
		n    int
		hole func(int) bool
		when time.Time
		want string
	}{
		{"no message", 0, none, now, ""},
		{"before what is left", 100_000, func(seq int) bool { return seq <= 60_000 }, said(10), "60001"},
		{"above the expired", 100_000, func(seq int) bool { return seq <= 60_000 }, said(60_500), "60500"},
		{"single holes", 1000, func(seq int) bool { return seq%3 == 0 }, said(600), "601"},
		{"the newest are holes", 1000, func(seq int) bool { return seq > 900 }, said(450), "450"},
		{"all are holes", 1000, func(int) bool { return true }, said(450), "1000"},
	}
	for _, tt := range tests {
		if got, calls := at(t, tt.n, tt.hole, tt.when); got != tt.want || calls > 60 {
			t.Errorf("%s: got %q after %d calls, want %q", tt.name, got, calls, tt.want)
		}
	}
	if _, calls := at(t, 900_000, none, said(123_456)); calls > 25 {
		t.Errorf("%d calls among 900,000 messages", calls)
	}
}

func TestTopics(t *testing.T) {
	w := newWire(t)
	withHistory(w, 3, none)
	withGroups(w, "Community")
	w.on("group_msg_recall", `"RecallRetList":[]`)
	w.on("delete_group_msg_by_sender", "")
	w.on("send_group_system_notification", "")
	w.on("forbid_send_msg", "")
	w.on("get_group_muted_account", "")
	w.on("get_group_member_info", `"MemberNum":0`)
	c := w.client()
	ctx, topic := t.Context(), "@TGS#_1@TOPIC#_2"
	for name, call := range map[string]func() error{
		"group_msg_get_simple": func() error {
			_, err := c.Messages.History(ctx, imclient.HistoryOptions{Conversation: imclient.Conversation{Group: topic}})
			return err
		},
		"group_msg_recall": func() error {
			_, err := c.Messages.Recall(ctx, imclient.Conversation{Group: topic}, []string{"1"}, "")
			return err
		},
		"delete_group_msg_by_sender":     func() error { return c.Messages.DeleteBySender(ctx, topic, "u") },
		"send_group_system_notification": func() error { return c.Groups.SendNotice(ctx, topic, "x", nil) },
		"forbid_send_msg":                func() error { _, err := c.Mutes.Lift(ctx, topic, []string{"u"}); return err },
		"get_group_muted_account":        func() error { _, err := c.Mutes.List(ctx, topic, "", 0); return err },
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if body := w.sent(name)[0]; !strings.Contains(body, `"GroupId":"@TGS#_1",`) && !strings.Contains(body, `"GroupId":"@TGS#_1"}`) || !strings.Contains(body, `"TopicId":"@TGS#_1@TOPIC#_2"`) {
			t.Errorf("%s: sent %s, want the community's id and the topic's", name, body)
		}
	}
	if _, err := c.Members.List(ctx, imclient.MemberListOptions{Group: topic}); err != nil {
		t.Error(err)
	}
	if body := w.sent("get_group_member_info")[0]; body != `{"GroupId":"@TGS#_1","Limit":50,"Next":""}` {
		t.Errorf("the members of a topic: sent %s", body)
	}
}

func TestRecallInBatches(t *testing.T) {
	w := newWire(t)
	w.onFunc("group_msg_recall", func(q map[string]any) string {
		var list []string
		for _, m := range q["MsgSeqList"].([]any) {
			seq := m.(map[string]any)["MsgSeq"].(float64)
			result := 0
			if seq == 7 {
				result = 10030
			}
			list = append(list, fmt.Sprintf(`{"MsgSeq":%v,"RetCode":%d}`, seq, result))
		}
		return `"RecallRetList":[` + strings.Join(list, ",") + `]`
	})
	withGroups(w, "Public")
	ids := []string{"x", ""}
	for i := range 25 {
		ids = append(ids, strconv.Itoa(i+1))
	}
	reason := strings.Repeat("广告", 20)
	refused, err := w.client().Messages.Recall(t.Context(), imclient.Conversation{Group: "g"}, ids, reason)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range refused {
		got = append(got, r.ID+" "+r.Err.Kind.Error()+" "+r.Err.Code)
	}
	if want := []string{"x invalid ", " invalid ", "7 not found 10030"}; !slices.Equal(got, want) {
		t.Errorf("refused %q, want %q", got, want)
	}
	bodies := w.sent("group_msg_recall")
	if len(bodies) != 3 {
		t.Fatalf("%d calls for 25 messages, want 3", len(bodies))
	}
	if want := strings.Repeat("广告", 16) + "广"; !strings.Contains(bodies[0], `"Reason":"`+want+`"`) {
		t.Errorf("sent %s, want a reason of at most 100 bytes and whole characters", bodies[0])
	}
}

func TestMembersByCursorOfALiveRoom(t *testing.T) {
	w := newWire(t)
	w.on("get_group_info", `"GroupInfo":[{"GroupId":"room","ErrorCode":0,"Type":"AVChatRoom","Owner_Account":"u0"}]`)
	w.on("get_admin_list", `"Admin_List":[{"Admin_Account":"u3","NickName":"n"},{"Admin_Account":"away"}]`)
	w.onFunc("get_members", func(q map[string]any) string {
		from, next := 0, 500
		if q["Timestamp"].(float64) == 500 {
			from, next = 500, 0
		}
		var list []string
		for i := from; i < min(from+500, 730); i++ {
			list = append(list, fmt.Sprintf(`{"Member_Account":"u%d","JoinTime":%d,"NickName":"Nick %d","Avatar":""}`, i, 1600000000+i, i))
		}
		return fmt.Sprintf(`"MemberList":[%s],"NextTimestamp":%d`, strings.Join(list, ","), next)
	})
	c := w.client()
	members := func(role imclient.Role) (ids []string) {
		for page, err := range imclient.Pages(t.Context(), "", func(ctx context.Context, cursor string) (imclient.Page[imclient.Member], error) {
			return c.Members.List(ctx, imclient.MemberListOptions{Group: "room", Type: "AVChatRoom", Role: role, Cursor: cursor, Limit: 100})
		}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page.Items {
				if role != imclient.RoleNone && m.Role != role {
					t.Errorf("%s is %q, want %q", m.UserID, m.Role, role)
				}
				ids = append(ids, m.UserID)
			}
		}
		return ids
	}
	if got := members(imclient.RoleNone); !slices.Equal(got, targets(730)) {
		t.Errorf("%d members, want 730 in order", len(got))
	}
	if n := len(w.sent("get_members")); n != 2 {
		t.Errorf("8 pages cost %d calls, want 2", n)
	}
	if got := members(imclient.RoleOwner); !slices.Equal(got, []string{"u0"}) {
		t.Errorf("owner %q", got)
	}
	if got := members(imclient.RoleAdmin); !slices.Equal(got, []string{"u3", "away"}) {
		t.Errorf("admins %q", got)
	}
	if got := members(imclient.RoleMember); len(got) != 728 {
		t.Errorf("%d plain members, want 728", len(got))
	}
	w.on("check_members", `"Member_Account":["u3","u9"]`)
	w.on("get_group_muted_account", fmt.Sprintf(`"MutedAccountList":[{"Member_Account":"u9","MutedUntil":%d}]`, time.Now().Add(time.Hour).Unix()))
	got, err := c.Members.Get(t.Context(), "room", []string{"u9", "stranger", "u3", "u0"})
	if err != nil {
		t.Fatal(err)
	}
	var short []string
	for _, m := range got {
		short = append(short, fmt.Sprintf("%s %s online=%d muted=%t", m.UserID, m.Role, m.Online, !m.MutedUntil.IsZero()))
	}
	if want := []string{"u9 member online=2 muted=true", "u3 admin online=2 muted=false", "u0 owner online=0 muted=false"}; !slices.Equal(short, want) {
		t.Errorf("got %q, want %q", short, want)
	}
}

func TestLiveRoomWithoutAdmins(t *testing.T) {
	w := newWire(t)
	withGroups(w, "AVChatRoom")
	w.refuse("get_admin_list", "10007") // the plan has none
	w.on("get_members", `"MemberList":[{"Member_Account":"a"}],"NextTimestamp":0`)
	page, err := w.client().Members.List(t.Context(), imclient.MemberListOptions{Group: "room"})
	if err != nil || len(page.Items) != 1 || page.Next != "" {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestMembersByOffset(t *testing.T) {
	w := newWire(t)
	w.onFunc("get_group_member_info", func(q map[string]any) string {
		from, _ := q["Offset"].(float64)
		var list []string
		for i := int(from); i < min(int(from)+int(q["Limit"].(float64)), 120); i++ {
			list = append(list, fmt.Sprintf(`{"Member_Account":"u%d","Role":"Member ","JoinTime":5,"MsgSeq":3,"LastSendMsgTime":6,"NameCard":"c","ShutUpUntil":1700000060}`, i))
		}
		return fmt.Sprintf(`"MemberNum":120,"MemberList":[%s]`, strings.Join(list, ","))
	})
	c := w.client(at(now))
	first, err := c.Members.List(t.Context(), imclient.MemberListOptions{Group: "g", Type: "Public", Limit: 60})
	if err != nil || len(first.Items) != 60 || first.Next == "" || first.Total != 120 {
		t.Errorf("first page: %d members, next %q, total %d, %v", len(first.Items), first.Next, first.Total, err)
	}
	want := imclient.Member{
		UserID: "u0", Role: imclient.RoleMember, NameCard: "c", Joined: time.Unix(5, 0).UTC(), LastSpoke: time.Unix(6, 0).UTC(),
		MutedUntil: now.Add(time.Minute), ReadSeq: "3",
	}
	if diff := cmp.Diff(want, first.Items[0]); diff != "" {
		t.Error(diff)
	}
	last, err := c.Members.List(t.Context(), imclient.MemberListOptions{Group: "g", Type: "Public", Limit: 60, Cursor: first.Next})
	if err != nil || len(last.Items) != 60 || last.Next != "" || last.Items[0].UserID != "u60" {
		t.Errorf("last page, a full one: %d members, next %q, %v", len(last.Items), last.Next, err)
	}
	if _, err := c.Members.List(t.Context(), imclient.MemberListOptions{Group: "g", Type: "Public", Role: imclient.RoleAdmin}); err != nil {
		t.Error(err)
	}
	if bodies := w.sent("get_group_member_info"); bodies[2] != `{"GroupId":"g","Limit":50,"MemberRoleFilter":["Admin"]}` {
		t.Errorf("by role: sent %s", bodies[2])
	}
	for _, cursor := range []string{"-1", "x", "1.5"} {
		if _, err := c.Members.List(t.Context(), imclient.MemberListOptions{Group: "g", Type: "Public", Cursor: cursor}); !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

func TestMembersGetOnAnOldServer(t *testing.T) {
	w := newWire(t)
	withGroups(w, "Public")
	w.refuse("get_specified_group_member_info", "10003")
	w.on("get_role_in_group", `"UserIdList":[{"Member_Account":"a","Role":"Admin"},{"Member_Account":"b","Role":"NotMember"},{"Member_Account":"c","Role":"Member"}]`)
	w.refuse("get_group_muted_account", "60009")
	w.on("get_group_shutted_uin", `"ShuttedUinList":[{"Member_Account":"c","ShuttedUntil":4294967295}]`)
	c := w.client(at(now))
	for range 2 {
		got, err := c.Members.Get(imclient.Fresh(t.Context()), "g", []string{"c", "b", "a"})
		want := []imclient.Member{{UserID: "c", Role: imclient.RoleMember, MutedUntil: imclient.Forever}, {UserID: "a", Role: imclient.RoleAdmin}}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
	for _, name := range []string{"get_specified_group_member_info", "get_group_muted_account"} {
		if n := len(w.sent(name)); n != 1 {
			t.Errorf("%s was asked for %d times, want once", name, n)
		}
	}
}

func TestMuteInOldWords(t *testing.T) {
	w := newWire(t)
	withGroups(w, "Public")
	w.onFunc("forbid_send_msg", func(q map[string]any) string {
		if _, ok := q["ShutUpTime"]; !ok {
			return `{"ActionStatus":"FAIL","ErrorCode":10004,"ErrorInfo":"ShutUpTime is missing"}`
		}
		return ""
	})
	c := w.client()
	for range 2 {
		if _, err := c.Mutes.Set(t.Context(), "g", []string{"u"}, -1); err != nil {
			t.Fatal(err)
		}
	}
	bodies := w.sent("forbid_send_msg")
	if len(bodies) != 3 || bodies[1] != `{"GroupId":"g","Members_Account":["u"],"ShutUpTime":4294967295}` || bodies[2] != bodies[1] {
		t.Errorf("sent %q", bodies)
	}
	// A server that took the new words once is not asked in the old ones.
	w = newWire(t)
	withGroups(w, "Public")
	w.on("forbid_send_msg", "")
	c = w.client()
	if _, err := c.Mutes.Set(t.Context(), "g", []string{"u"}, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.refuse("forbid_send_msg", "10004")
	if _, err := c.Mutes.Set(t.Context(), "g", []string{"u"}, time.Minute); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("got %v, want the refusal", err)
	}
	if bodies := w.sent("forbid_send_msg"); len(bodies) != 2 {
		t.Errorf("sent %q", bodies)
	}
}

func TestMutedListPages(t *testing.T) {
	w := newWire(t)
	w.on("get_group_muted_account", `"MutedAccountList":[{"Member_Account":"ever","MutedUntil":5994967295},{"Member_Account":"b","MutedUntil":"1700000100"},{"Member_Account":"a","MutedUntil":1700000100},{"Member_Account":"over","MutedUntil":1699999999},{"Member_Account":"not","MutedUntil":0},{"Member_Account":"c","MutedUntil":1700000050}]`)
	c := w.client(at(now))
	var got []string
	for page, err := range imclient.Pages(t.Context(), "", func(ctx context.Context, cursor string) (imclient.Page[imclient.Mute], error) {
		return c.Mutes.List(ctx, "g", cursor, 1)
	}) {
		if err != nil || page.Total != 4 {
			t.Fatalf("total %d, %v", page.Total, err)
		}
		for _, m := range page.Items {
			got = append(got, fmt.Sprintf("%s %t", m.UserID, m.Until.Equal(imclient.Forever)))
		}
	}
	if want := []string{"c false", "a false", "b false", "ever true"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := len(w.sent("get_group_muted_account")); n != 1 {
		t.Errorf("4 pages cost %d calls", n)
	}
	for _, cursor := range []string{"x", "1", "x.u"} {
		if _, err := c.Mutes.List(t.Context(), "g", cursor, 1); !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

func TestGlobalMute(t *testing.T) {
	w := newWire(t)
	w.on("getnospeaking", `{"ErrorCode":0,"ErrorInfo":"","C2CmsgNospeakingTime":4294967295,"GroupmsgNospeakingTime":7196}`)
	w.on("setnospeaking", `{"ErrorCode":0}`)
	c := w.client(at(now))
	got, err := c.Mutes.Global(t.Context(), "u")
	if want := (imclient.GlobalMute{DirectUntil: imclient.Forever, GroupUntil: now.Add(7196 * time.Second)}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	w.on("getnospeaking", `{"ErrorCode":0,"C2CmsgNospeakingTime":0}`)
	if got, err := c.Mutes.Global(t.Context(), "u"); err != nil || got != (imclient.GlobalMute{}) {
		t.Errorf("not muted: got %+v, %v", got, err)
	}
	hour, off := time.Hour, time.Duration(0)
	if err := c.Mutes.SetGlobal(t.Context(), "u", &off, &hour); err != nil {
		t.Fatal(err)
	}
	if body := w.sent("setnospeaking")[0]; body != `{"Set_Account":"u","C2CmsgNospeakingTime":0,"GroupmsgNospeakingTime":3600}` {
		t.Errorf("sent %s", body)
	}
}

func TestProfiles(t *testing.T) {
	w := newWire(t)
	w.on("portrait_get", `"UserProfileItem":[{"To_Account":"a","ResultCode":0,"ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"小雨"},{"Tag":"Tag_Profile_IM_Gender","Value":"Gender_Type_Female"},{"Tag":"Tag_Profile_IM_BirthDay","Value":19990419},{"Tag":"Tag_Profile_IM_Location","Value":"Berlin"},{"Tag":"Tag_Profile_IM_SelfSignature","Value":"s"},{"Tag":"Tag_Profile_IM_AllowType","Value":"AllowType_Type_AllowAny"},{"Tag":"Tag_Profile_IM_Language","Value":0},{"Tag":"Tag_Profile_IM_Image","Value":"http://i"},{"Tag":"Tag_Profile_IM_AdminForbidType","Value":"AdminForbid_Type_SendOut"},{"Tag":"Tag_Profile_IM_Level","Value":"7"},{"Tag":"Tag_Profile_Custom_Vip","Value":"gold"},{"Tag":"Tag_New","Value":{"x":1}}]}]`)
	c := w.client(func(c *Config) { c.UserFields = []string{"Vip"} })
	got, err := c.Users.Get(t.Context(), "a")
	want := imclient.User{
		ID: "a", Nick: "小雨", AvatarURL: "http://i", Gender: "female", Birthday: "19990419", Location: "Berlin", Signature: "s", Level: "7",
		AllowType: "AllowType_Type_AllowAny", Forbidden: true, Custom: []imclient.Field{{Key: "Vip", Value: "gold"}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if body := w.sent("portrait_get")[0]; !strings.Contains(body, `"Tag_Profile_Custom_Vip"]`) {
		t.Errorf("sent %s, want the app's own tag", body)
	}
}

// TestProfilesOfAServerThatRefusesTheWholeBatch: one user who does not exist takes nobody along.
func TestProfilesOfAServerThatRefusesTheWholeBatch(t *testing.T) {
	w := newWire(t)
	w.onFunc("portrait_get", func(q map[string]any) string {
		var list []string
		for _, id := range q["To_Account"].([]any) {
			if id == "u37" || id == "u38" {
				return `{"ActionStatus":"FAIL","ErrorCode":40003,"ErrorInfo":"no such user"}`
			}
			list = append(list, fmt.Sprintf(`{"To_Account":%q,"ResultCode":0}`, id))
		}
		return `"UserProfileItem":[` + strings.Join(list, ",") + `]`
	})
	users, refused, err := w.client().Users.GetMany(t.Context(), targets(60))
	if err != nil || len(users) != 58 || len(refused) != 2 || refused[0].ID != "u37" || refused[1].ID != "u38" {
		t.Errorf("%d users, refused %+v, %v", len(users), refused, err)
	}
	for _, r := range refused {
		if !errors.Is(r.Err, imclient.ErrNotFound) {
			t.Errorf("%s: %v", r.ID, r.Err)
		}
	}
}

func TestJoinedGroupsOfBothKinds(t *testing.T) {
	joined := func(prefix string, n, topic int) func(q map[string]any) string {
		return func(q map[string]any) string {
			from, _ := q["Offset"].(float64)
			var list []string
			for i := int(from); i < min(int(from)+int(q["Limit"].(float64)), n); i++ {
				list = append(list, fmt.Sprintf(`{"GroupId":"%s%d","Name":"n","Type":"Public","SupportTopic":%d,"SelfInfo":{"Role":"Owner","JoinTime":9}}`, prefix, i, topic))
			}
			return fmt.Sprintf(`"TotalCount":%d,"GroupIdList":[%s]`, n, strings.Join(list, ","))
		}
	}
	for _, counts := range [][2]int{{0, 0}, {3, 0}, {7, 4}, {6, 1}, {0, 5}, {12, 12}} {
		w := newWire(t)
		plain, topics := joined("p", counts[0], 0), joined("t", counts[1], 1)
		w.onFunc("get_joined_group_list", func(q map[string]any) string {
			if q["SupportTopic"] == 1.0 {
				return topics(q)
			}
			return plain(q)
		})
		c := w.client()
		seen, n := map[string]bool{}, 0
		for page, err := range imclient.Pages(t.Context(), "", func(ctx context.Context, cursor string) (imclient.Page[imclient.JoinedGroup], error) {
			return c.Users.Groups(ctx, "u", cursor, 3)
		}) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 1 && page.Total != counts[0]+counts[1] {
				t.Errorf("%v: total %d", counts, page.Total)
			}
			for _, g := range page.Items {
				if seen[g.Group.ID] || g.Role != imclient.RoleOwner || g.Group.Topics != strings.HasPrefix(g.Group.ID, "t") {
					t.Errorf("%v: %+v", counts, g)
				}
				seen[g.Group.ID] = true
			}
		}
		if len(seen) != counts[0]+counts[1] {
			t.Errorf("%v: %d groups", counts, len(seen))
		}
	}
	w := newWire(t)
	w.onFunc("get_joined_group_list", func(q map[string]any) string {
		if q["SupportTopic"] == 1.0 {
			return `{"ActionStatus":"FAIL","ErrorCode":11000,"ErrorInfo":"no communities"}`
		}
		return joined("p", 2, 0)(q)
	})
	page, err := w.client().Users.Groups(t.Context(), "u", "", 0)
	if err != nil || len(page.Items) != 2 || page.Total != 2 {
		t.Errorf("an app without communities: %d groups of %d, %v", len(page.Items), page.Total, err)
	}
}

func TestPresence(t *testing.T) {
	w := newWire(t)
	w.on("query_online_status", `"QueryResult":[{"To_Account":"b","State":"PushOnline"},{"To_Account":"a","Status":"Online","Detail":[{"Platform":"iPhone","Status":"Online"}]}],"ErrorList":[{"To_Account":"x","ErrorCode":70107}]`)
	got, err := w.client().Users.Presence(t.Context(), []string{"a", "x", "b"})
	want := []imclient.Presence{
		{UserID: "a", State: "online", Devices: []imclient.Device{{Platform: "iPhone", State: "online"}}}, {UserID: "x"}, {UserID: "b", State: "push"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestImportMessagesInOrder(t *testing.T) {
	var list []imclient.ImportMessage
	for i := range 20 {
		list = append(list, imclient.ImportMessage{From: "u", At: now.Add(time.Duration(i) * time.Second), Random: uint32(i), Body: []imclient.Element{imclient.Text{Text: "x"}}})
	}
	list[3].Body = []imclient.Element{imclient.File{Name: "no such thing can be imported"}}
	w := newWire(t)
	n := 0
	w.onFunc("import_group_msg", func(q map[string]any) string {
		if n++; n == 2 {
			return `{"ActionStatus":"FAIL","ErrorCode":10002,"ErrorInfo":"trouble"}`
		}
		var results []string
		for i := range q["MsgList"].([]any) {
			result := 0
			if i == 4 {
				result = 80001
			}
			results = append(results, fmt.Sprintf(`{"Result":%d}`, result))
		}
		return `"ImportMsgResult":[` + strings.Join(results, ",") + `]`
	})
	refused, err := w.client().Import.Messages(t.Context(), "g", list)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range refused {
		got = append(got, fmt.Sprintf("%s:%s:%t", r.ID, r.Err.Code, r.Err.Sent))
	}
	want := []string{"3:element:false", "5:80001:true"}
	for i := 8; i < 15; i++ {
		want = append(want, fmt.Sprintf("%d:10002:true", i))
	}
	for i := 15; i < 20; i++ {
		want = append(want, fmt.Sprintf("%d:10002:false", i))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n != 2 {
		t.Errorf("%d calls: what comes after a failed batch must not be stored before it", n)
	}
}

func TestImportGroupThatIsThere(t *testing.T) {
	for _, code := range []string{"10021", "10025"} {
		w := newWire(t)
		w.refuse("import_group", code)
		if _, err := w.client().Import.Group(t.Context(), imclient.ImportGroup{ID: "g", Type: "Public", Name: "n"}); !errors.Is(err, imclient.ErrConflict) {
			t.Errorf("%s: %v, want ErrConflict", code, err)
		}
	}
}

func TestAddNamesTheRefused(t *testing.T) {
	w := newWire(t)
	withGroups(w, "Public")
	w.on("add_group_member", `"MemberList":[{"Member_Account":"a","Result":1},{"Member_Account":"b","Result":2},{"Member_Account":"c","Result":0},{"Member_Account":"d","Result":3}]`)
	refused, err := w.client().Members.Add(t.Context(), "g", []string{"a", "b", "c", "d"}, true)
	if err != nil || len(refused) != 2 || refused[0].ID != "c" || refused[0].Err.Code != "not_added" || refused[1].ID != "d" || refused[1].Err.Code != "invited" {
		t.Errorf("refused %+v, %v", refused, err)
	}
}

func TestSetRoleInALiveRoom(t *testing.T) {
	w := newWire(t)
	withGroups(w, "AVChatRoom")
	w.on("modify_admin", "")
	c := w.client()
	for _, role := range []imclient.Role{imclient.RoleAdmin, imclient.RoleMember} {
		if err := c.Members.SetRole(t.Context(), "room", "u", role); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{`{"GroupId":"room","CommandType":1,"Admin_Account":["u"]}`, `{"GroupId":"room","CommandType":2,"Admin_Account":["u"]}`}
	if got := w.sent("modify_admin"); !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	if err := c.Members.SetRole(t.Context(), "room", "u", imclient.RoleOwner); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("ownership by role: %v", err)
	}
}

func TestNoticeToTooMany(t *testing.T) {
	w := newWire(t)
	err := w.client().Groups.SendNotice(t.Context(), "g", "x", targets(maxNotified+1))
	if e, _ := errors.AsType[*imclient.Error](err); e == nil || e.Kind != imclient.ErrInvalid || e.Sent {
		t.Errorf("got %v, want ErrInvalid and nobody told", err)
	}
}

func TestOpOfErrors(t *testing.T) {
	w := newWire(t)
	withGroups(w, "Public")
	w.refuse("forbid_send_msg", "10007")
	_, err := w.client().Mutes.Set(t.Context(), "g", []string{"u"}, time.Minute)
	if e, _ := errors.AsType[*imclient.Error](err); e == nil || e.Op != "mutes.set (forbid_send_msg)" || e.Vendor != imclient.Tencent {
		t.Errorf("got %#v", err)
	}
}
