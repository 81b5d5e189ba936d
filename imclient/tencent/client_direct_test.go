package tencent

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/imclient"
)

// roamed is one message of a direct chat on the wire.
type roamed struct {
	at, seq, random int64
	from            string
	flags           int
}

func (r roamed) key() string { return fmt.Sprintf("%d_%d_%d", r.seq, r.random, r.at) }

// withRoam makes the wire know a direct chat of a and b, oldest first, and tell it as the page of the command says:
// backwards by pages, forwards inside one, short pages where an answer is full, LastMsgKey strictly before.
func withRoam(w *wire, list []roamed, full int) {
	w.onFunc("admin_getroammsg", func(q map[string]any) string {
		number := func(name string) int64 { return int64(q[name].(float64)) }
		last, _ := q["LastMsgKey"].(string)
		var found []roamed
		for _, m := range list {
			if m.at >= number("MinTime") && m.at <= number("MaxTime") {
				found = append(found, m)
			}
		}
		if last != "" {
			p, _ := placeOfKey(last)
			found = slices.DeleteFunc(found, func(m roamed) bool { return m.at > p.time || m.at == p.time && m.seq >= p.seq })
		}
		n := min(len(found), int(number("MaxCnt")), full)
		page := found[len(found)-n:]
		var texts []string
		for _, m := range page {
			to := "b"
			if m.from == "b" {
				to = "a"
			}
			texts = append(texts, fmt.Sprintf(`{"From_Account":%q,"To_Account":%q,"MsgSeq":%d,"MsgRandom":%d,"MsgTimeStamp":%d,"MsgFlagBits":%d,"IsPeerRead":0,"MsgKey":%q,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"%d"}}]}`,
				m.from, to, m.seq, m.random, m.at, m.flags, m.key(), m.at))
		}
		oldest := roamed{}
		if n > 0 {
			oldest = page[0]
		}
		key := oldest.key()
		if n == 0 {
			key = ""
		}
		return fmt.Sprintf(`"Complete":%d,"MsgCnt":%d,"LastMsgTime":%d,"LastMsgKey":%q,"MsgList":[%s]`, flag(n == len(found)), n, oldest.at, key, strings.Join(texts, ","))
	})
}

var directChat = imclient.Conversation{User: "a", Peer: "b"}

// talked is n messages, some of them in the same second, ending just before now.
func talked(n int, gap int64) []roamed {
	list := make([]roamed, n)
	for i := range list {
		list[i] = roamed{at: now.Unix() - gap*int64(n-i)/3*3, seq: int64(i%7 + 1), random: int64(i + 1), from: []string{"a", "b"}[i%2]}
	}
	slices.SortStableFunc(list, func(a, b roamed) int {
		return directPlace{time: a.at, seq: a.seq}.compare(directPlace{time: b.at, seq: b.seq})
	})
	return list
}

func keysOf(list []roamed) []string {
	var keys []string
	for _, m := range list {
		keys = append(keys, directID(m.key(), m.from))
	}
	return keys
}

func TestDirectHistoryIsCompleteBothWays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		list []roamed
		full int
	}{
		{"nothing said", nil, 100},
		{"one message", talked(1, 60), 100},
		{"a page exactly", talked(20, 60), 100},
		{"many, a minute apart", talked(130, 60), 100},
		{"answers that are full early", talked(70, 60), 9},
		{"a crowd in few seconds", talked(250, 1), 17},
		{"weeks between messages", talked(40, 14*24*3600), 100},
	}
	for _, tt := range tests {
		for _, limit := range []int{1, 7, 0} {
			t.Run(fmt.Sprintf("%s, by %d", tt.name, limit), func(t *testing.T) {
				t.Parallel()
				list := tt.list
				if limit == 1 && len(list) > 40 { // it takes a call a message
					list = list[len(list)-40:]
				}
				w := newWire(t)
				withRoam(w, list, tt.full)
				c := w.client(at(now))
				want := keysOf(list)
				got := walkDirect(t, c, imclient.Older, limit)
				slices.Reverse(got)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("towards the past: %s", diff)
				}
				if diff := cmp.Diff(want, walkDirect(t, c, imclient.Newer, limit)); diff != "" {
					t.Errorf("towards now: %s", diff)
				}
			})
		}
	}
}

func walkDirect(t *testing.T, c *imclient.Client, dir imclient.Direction, limit int) []string {
	t.Helper()
	var got []string
	from := ""
	for range 1000 {
		page, err := c.Messages.History(t.Context(), imclient.HistoryOptions{Conversation: directChat, From: from, Direction: dir, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		if most := max(limit, flag(limit == 0)*maxHistory); len(page.Messages) > most {
			t.Fatalf("a page of %d", len(page.Messages))
		}
		if dir == imclient.Newer {
			slices.Reverse(page.Messages)
		}
		for _, m := range page.Messages {
			got = append(got, m.ID)
		}
		if dir == imclient.Newer {
			from = page.Newer
		} else {
			from = page.Older
		}
		if from == "" {
			return got
		}
	}
	t.Fatal("the history has no end")
	return nil
}

func TestDirectHistoryFromAPosition(t *testing.T) {
	t.Parallel()
	// Three messages share a second and their senders' number; only the random number tells them apart.
	list := []roamed{{at: 100, seq: 1, random: 1, from: "a"}, {at: 200, seq: 5, random: 1, from: "a"}, {at: 200, seq: 5, random: 2, from: "b"}, {at: 200, seq: 5, random: 3, from: "a"}, {at: 300, seq: 1, random: 1, from: "b"}}
	w := newWire(t)
	withRoam(w, list, 100)
	c := w.client(at(now))
	page, err := c.Messages.History(t.Context(), imclient.HistoryOptions{Conversation: directChat, From: "200.5.2"})
	if err != nil {
		t.Fatal(err)
	}
	want := keysOf([]roamed{list[2], list[1], list[0]})
	if diff := cmp.Diff(want, messageIDs(page.Messages)); diff != "" || page.Older != "" {
		t.Errorf("older is %q: %s", page.Older, diff)
	}
	page, err = c.Messages.History(t.Context(), imclient.HistoryOptions{Conversation: directChat, From: "200.5.2", Direction: imclient.Newer})
	if err != nil {
		t.Fatal(err)
	}
	want = keysOf([]roamed{list[4], list[3], list[2]})
	if diff := cmp.Diff(want, messageIDs(page.Messages)); diff != "" || page.Newer != "" || page.Older != "<200.5.2" {
		t.Errorf("newer is %q, older %q: %s", page.Newer, page.Older, diff)
	}
	for _, bad := range []string{"x", "1.2", "1.2.3.4", "-1.2.3", "0.1.1", "<", "1_2_3", "99999999999999999999.1.1"} {
		if _, err := c.Messages.History(t.Context(), imclient.HistoryOptions{Conversation: directChat, From: bad}); !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("position %q: %v, want ErrInvalid", bad, err)
		}
	}
	for name, o := range map[string]imclient.HistoryOptions{
		"nobody":          {Conversation: imclient.Conversation{}},
		"half a chat":     {Conversation: imclient.Conversation{Peer: "b"}},
		"a page too long": {Conversation: directChat, Limit: 101},
	} {
		if _, err := c.Messages.History(t.Context(), o); !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

func messageIDs(list []imclient.Message) []string {
	var ids []string
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	return ids
}

func TestDirectPositionByTime(t *testing.T) {
	t.Parallel()
	list := talked(300, 600)
	w := newWire(t)
	withRoam(w, list, 50)
	c := w.client(at(now))
	find := func(when time.Time) string {
		t.Helper()
		pos, err := c.Messages.At(t.Context(), directChat, when)
		if err != nil {
			t.Fatal(err)
		}
		return pos
	}
	place := func(m roamed) string { return directPlace{time: m.at, seq: m.seq, random: m.random}.String() }
	first := func(at int64) string {
		return place(list[slices.IndexFunc(list, func(m roamed) bool { return m.at >= at })])
	}
	for _, i := range []int{0, 1, 150, 298, 299} {
		m := list[i]
		if got := find(time.Unix(m.at, 0)); got != first(m.at) {
			t.Errorf("at the time of message %d: %s, want %s", i, got, first(m.at))
		}
		if got := find(time.Unix(m.at, -1)); got != first(m.at) {
			t.Errorf("just before message %d: %s, want %s", i, got, first(m.at))
		}
	}
	if got := find(time.Unix(1, 0)); got != place(list[0]) {
		t.Errorf("before all: %s", got)
	}
	if got := find(now.Add(time.Hour)); got != place(list[299]) {
		t.Errorf("after all: %s", got)
	}
	withRoam(w, nil, 100)
	if got := find(now); got != "" {
		t.Errorf("in a chat without messages: %q", got)
	}
}

func TestDirectMessageAsAWhole(t *testing.T) {
	w := newWire(t)
	w.on("admin_getroammsg", `"Complete":1,"MsgCnt":3,"MsgList":[
		{"From_Account":"b ","To_Account":"a","MsgSeq":3,"MsgRandom":4,"MsgTimeStamp":1584669680,"MsgFlagBits":0,"IsPeerRead":1,"MsgKey":"3_4_1584669680","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}],"CloudCustomData":"c"},
		{"From_Account":"a","To_Account":"b","MsgSeq":1,"MsgRandom":2,"MsgTimeStamp":1584669681,"MsgFlagBits":8,"IsPeerRead":0,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"gone"}}]},
		{"MsgTimeStamp":1584669682,"MsgBody":null}]`)
	page, err := w.client(at(now)).Messages.History(t.Context(), imclient.HistoryOptions{Conversation: directChat})
	if err != nil {
		t.Fatal(err)
	}
	want := []imclient.Message{
		{ID: "0_0_1584669682.", Seq: "1584669682.0.0", At: time.Unix(1584669682, 0).UTC()},
		{
			ID: "1_2_1584669681.a", Seq: "1584669681.1.2", From: "a", At: time.Unix(1584669681, 0).UTC(), State: imclient.MessageRecalled,
			Body: []imclient.Element{imclient.Text{Text: "gone"}}, ReadByPeer: imclient.Off,
		},
		{
			ID: "3_4_1584669680.b", Seq: "1584669680.3.4", From: "b", At: time.Unix(1584669680, 0).UTC(), Body: []imclient.Element{imclient.Text{Text: "hi"}},
			Custom: "c", ReadByPeer: imclient.On,
		},
	}
	if diff := cmp.Diff(want, page.Messages); diff != "" {
		t.Error(diff)
	}
}

func TestDirectWritesNameSenderAndReceiver(t *testing.T) {
	w := newWire(t)
	for _, name := range []string{"admin_msgwithdraw", "modify_c2c_msg", "admin_set_msg_read", "c2c_msg_read_receipt"} {
		w.on(name, "")
	}
	w.on("delete_c2c_msg_ramble", `"InvalidMsgKeyList":["9_9_9"]`)
	c := w.client(at(now))
	ctx := t.Context()

	refused, err := c.Messages.Recall(ctx, directChat, []string{"1_2_3.a", "4_5_6.b", "7_8_9", "nonsense", "1_2_3.x.y"}, "")
	if err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "admin_msgwithdraw",
		`{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3"}`, `{"From_Account":"b","To_Account":"a","MsgKey":"4_5_6"}`,
		`{"From_Account":"a","To_Account":"b","MsgKey":"7_8_9"}`)
	if len(refused) != 2 || refused[0].ID != "nonsense" || refused[1].ID != "1_2_3.x.y" || !errors.Is(refused[0].Err, imclient.ErrInvalid) {
		t.Errorf("refused %+v", refused)
	}

	custom := "c"
	if err := c.Messages.Edit(ctx, directChat, "4_5_6.b", imclient.Edit{Body: []imclient.Element{imclient.Text{Text: "x"}}, Custom: &custom}); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "modify_c2c_msg", `{"From_Account":"b","To_Account":"a","MsgKey":"4_5_6","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}],"CloudCustomData":"c"}`)
	for name, e := range map[string]imclient.Edit{"nothing": {}, "an empty body": {Body: []imclient.Element{}}, "a tip": {Body: []imclient.Element{imclient.Tip{}}}} {
		if err := c.Messages.Edit(ctx, directChat, "4_5_6.b", e); !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("editing to %s: %v, want ErrInvalid", name, err)
		}
	}

	refused, err = c.Messages.Hide(ctx, directChat, append(many("%d_1_1.a", 31), "9_9_9.b"))
	if err != nil || len(refused) != 1 || refused[0].ID != "9_9_9.b" || !errors.Is(refused[0].Err, imclient.ErrNotFound) {
		t.Errorf("hiding: refused %+v, %v", refused, err)
	}
	if sent := w.sent("delete_c2c_msg_ramble"); len(sent) != 2 || strings.Count(sent[0], "_1_1") != 30 {
		t.Errorf("hidden with %q, want calls of at most 30", sent)
	}

	if err := errors.Join(c.Messages.MarkRead(ctx, directChat, time.Unix(100, 0)), c.Messages.MarkRead(ctx, directChat, time.Time{})); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "admin_set_msg_read", `{"Report_Account":"a","Peer_Account":"b","MsgReadTime":100}`, `{"Report_Account":"a","Peer_Account":"b"}`)

	if _, err := c.Messages.Acknowledge(ctx, directChat, []string{"4_5_6.b"}); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "c2c_msg_read_receipt", `{"Operator_Account":"a","Peer_Account":"b","C2CMsgInfo":[{"From_Account":"b","To_Account":"a","MsgKey":"4_5_6"}]}`)
}

// wantSent compares what a command was called with.
func wantSent(t *testing.T, w *wire, name string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, w.sent(name)); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

func many(format string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(format, i+1)
	}
	return list
}

func TestDirectRecallGoesOnAfterAMissingOne(t *testing.T) {
	w := newWire(t)
	w.onFunc("admin_msgwithdraw", func(q map[string]any) string {
		switch q["MsgKey"] {
		case "1_1_1":
			return `{"ActionStatus":"FAIL","ErrorCode":20022,"ErrorInfo":"no"}`
		case "3_3_3":
			return `{"ActionStatus":"FAIL","ErrorCode":90009,"ErrorInfo":"no"}`
		}
		return ""
	})
	refused, err := w.client().Messages.Recall(t.Context(), directChat, []string{"1_1_1.a", "2_2_2.a", "3_3_3.a", "4_4_4.a"}, "")
	if err != nil {
		t.Fatal(err)
	}
	type result struct {
		id, code string
		sent     bool
	}
	var got []result
	for _, r := range refused {
		got = append(got, result{r.ID, r.Err.Code, r.Err.Sent})
	}
	want := []result{{"1_1_1.a", "20022", true}, {"3_3_3.a", "90009", true}, {"4_4_4.a", "90009", false}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
	if n := len(w.sent("admin_msgwithdraw")); n != 3 {
		t.Errorf("%d calls: what fails for all is not tried for the rest", n)
	}
}

func TestSend(t *testing.T) {
	w := newWire(t)
	w.on("sendmsg", `"MsgTime":1572870301,"MsgKey":"89541_2574206_1572870301","MsgId":"x"`)
	w.on("send_group_msg", `"MsgTime":1497249503,"MsgSeq":7`)
	w.on("send_broadcast_msg", `"MsgSeq":1`)
	withGroups(w, "Public")
	c := w.client(at(now))
	ctx := t.Context()
	hello := []imclient.Element{imclient.Text{Text: "hello"}}

	sent, err := c.Messages.Send(ctx, imclient.Conversation{Peer: "b"}, imclient.Draft{Body: hello, Key: "once"})
	want := imclient.Sent{ID: "89541_2574206_1572870301.administrator", Seq: "1572870301.89541.2574206", At: time.Unix(1572870301, 0).UTC()}
	if err != nil || sent != want {
		t.Errorf("by the administrator: %+v, %v, want %+v", sent, err, want)
	}
	if _, err := c.Messages.Send(ctx, imclient.Conversation{Peer: "b"}, imclient.Draft{Body: hello, Key: "once"}); err != nil {
		t.Fatal(err)
	}
	first := w.sent("sendmsg")
	if first[0] != first[1] || strings.Contains(first[0], "From_Account") || !strings.Contains(first[0], `"MsgSeq":`) {
		t.Errorf("the same key was sent as %q", first)
	}
	if _, err := c.Messages.Send(ctx, directChat, imclient.Draft{From: "b", Body: hello, Custom: "x", Fleeting: true, Quiet: true, Extensible: true, Receipts: true}); err != nil {
		t.Fatal(err)
	}
	var q map[string]any
	if err := json.Unmarshal([]byte(w.sent("sendmsg")[2]), &q); err != nil {
		t.Fatal(err)
	}
	delete(q, "MsgRandom")
	wantQ := map[string]any{
		"From_Account": "b", "To_Account": "a", "OnlineOnlyFlag": 1., "MsgLifeTime": 0., "SendMsgControl": []any{"NoUnread"}, "CloudCustomData": "x",
		"SupportMessageExtension": 1., "OfflinePushInfo": map[string]any{"PushFlag": 1.}, "IsNeedReadReceipt": 1.,
		"MsgBody": []any{map[string]any{"MsgType": "TIMTextElem", "MsgContent": map[string]any{"Text": "hello"}}},
	}
	if diff := cmp.Diff(wantQ, q); diff != "" {
		t.Error(diff)
	}

	group := imclient.Conversation{Group: "@TGS#_1@TOPIC#_a"}
	sent, err = c.Messages.Send(ctx, group, imclient.Draft{
		From: "u", Body: hello, Priority: "Low", Quiet: true, Only: []string{"v"}, Mention: []string{"v"}, MentionAll: true, Receipts: true, Extensible: true,
	})
	if want := (imclient.Sent{ID: "7", Seq: "7", At: time.Unix(1497249503, 0).UTC()}); err != nil || sent != want {
		t.Errorf("in a group: %+v, %v, want %+v", sent, err, want)
	}
	body := w.sent("send_group_msg")[0]
	for _, part := range []string{
		`"GroupId":"@TGS#_1"`, `"TopicId":"@TGS#_1@TOPIC#_a"`, `"From_Account":"u"`, `"SendMsgControl":["NoUnread"]`, `"PushFlag":1`, `"To_Account":["v"]`,
		`"GroupAtInfo":[{"GroupAtAllFlag":1},{"GroupAtAllFlag":0,"GroupAt_Account":"v"}]`, `"SupportMessageExtension":1,"NeedReadReceipt":1`, `"MsgPriority":"Low"`,
	} {
		if !strings.Contains(body, part) {
			t.Errorf("%s is not in %s", part, body)
		}
	}

	if sent, err = c.Live.Broadcast(ctx, imclient.Draft{Body: hello}); err != nil || sent.ID != "1" {
		t.Errorf("to all live rooms: %+v, %v", sent, err)
	}

	for name, err := range map[string]error{
		"without a body":   second(c.Messages.Send(ctx, directChat, imclient.Draft{})),
		"a tip":            second(c.Messages.Send(ctx, directChat, imclient.Draft{Body: []imclient.Element{imclient.Tip{}}})),
		"by a stranger":    second(c.Messages.Send(ctx, directChat, imclient.Draft{From: "x", Body: hello})),
		"to nobody":        second(c.Messages.Send(ctx, imclient.Conversation{}, imclient.Draft{Body: hello})),
		"with a mention":   second(c.Messages.Send(ctx, directChat, imclient.Draft{Body: hello, Mention: []string{"b"}})),
		"broadcast of air": second(c.Live.Broadcast(ctx, imclient.Draft{})),
	} {
		if !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestQuietWhereNothingIsCounted: types without unread counts refuse to be told not to count.
func TestQuietWhereNothingIsCounted(t *testing.T) {
	for _, typ := range []string{"AVChatRoom", "ChatRoom"} {
		w := newWire(t)
		w.on("send_group_msg", `"MsgTime":1,"MsgSeq":1`)
		withGroups(w, typ)
		if _, err := w.client().Messages.Send(t.Context(), imclient.Conversation{Group: "g"}, imclient.Draft{Body: []imclient.Element{imclient.Text{Text: "x"}}, Quiet: true}); err != nil {
			t.Fatal(err)
		}
		if body := w.sent("send_group_msg")[0]; strings.Contains(body, "NoUnread") || !strings.Contains(body, `"PushFlag":1`) {
			t.Errorf("%s: %s", typ, body)
		}
	}
}

// TestDroppedMessage: the answer is OK, and the message is gone.
func TestDroppedMessage(t *testing.T) {
	w := newWire(t)
	w.on("send_group_msg", `"MsgTime":1497249503,"MsgSeq":0,"MsgDropReason":"MsgFreqCtrl"`)
	sent, err := w.client().Messages.Send(t.Context(), imclient.Conversation{Group: "g"}, imclient.Draft{Body: []imclient.Element{imclient.Text{Text: "x"}}})
	if err != nil || sent.Dropped != "MsgFreqCtrl" || sent.ID != "" || sent.Seq != "" {
		t.Errorf("got %+v, %v", sent, err)
	}
}

func TestGroupMessagesAreEditedClearedAndCounted(t *testing.T) {
	w := newWire(t)
	withGroups(w, "Public")
	for _, name := range []string{"modify_group_msg", "clear_group_msg", "set_unread_msg_num", "group_msg_receipt"} {
		w.on(name, "")
	}
	w.onFunc("get_group_msg_receipt", func(q map[string]any) string {
		list := q["MsgSeqList"].([]any)
		if len(list) > maxReceipts {
			t.Errorf("%d messages in one question", len(list))
		}
		var items []string
		for _, m := range list {
			seq := int(m.(map[string]any)["MsgSeq"].(float64))
			code := 0
			if seq%10 == 0 {
				code = 10062
			}
			items = append(items, fmt.Sprintf(`{"MsgSeq":%d,"Code":%d,"ReadNum":%d,"UnreadNum":1}`, seq, code, seq))
		}
		slices.Reverse(items)
		return `"GroupMsgReceiptList":[` + strings.Join(items, ",") + `]`
	})
	w.on("get_group_msg_receipt_detail", `"UnreadList":[{"Unread_Account":"u"}],"IsFinish":0,"Cursor":"5"`)
	c := w.client()
	ctx := t.Context()
	group := imclient.Conversation{Group: "g", User: "u"}
	custom := ""
	for name, err := range map[string]error{
		"edit":           c.Messages.Edit(ctx, group, "5", imclient.Edit{Custom: &custom}),
		"clear a part":   c.Messages.Clear(ctx, "g", "5"),
		"clear all":      c.Messages.Clear(ctx, "g", ""),
		"mark as read":   c.Messages.MarkRead(ctx, group, time.Time{}),
		"set unread":     c.Members.SetUnread(ctx, "g", "u", 3),
		"send a receipt": second(c.Messages.Acknowledge(ctx, group, []string{"5", "6"})),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantSent(t, w, "modify_group_msg", `{"GroupId":"g","MsgSeq":5,"CloudCustomData":""}`)
	if sent := slices.Sorted(slices.Values(w.sent("clear_group_msg"))); !slices.Equal(sent, []string{`{"GroupId":"g","MsgSeq":5}`, `{"GroupId":"g"}`}) {
		t.Errorf("cleared with %q", sent)
	}
	if sent := slices.Sorted(slices.Values(w.sent("set_unread_msg_num"))); !slices.Equal(sent, []string{`{"GroupId":"g","Member_Account":"u","UnreadMsgNum":0}`, `{"GroupId":"g","Member_Account":"u","UnreadMsgNum":3}`}) {
		t.Errorf("unread set with %q", sent)
	}
	wantSent(t, w, "group_msg_receipt", `{"GroupId":"g","From_Account":"u","MsgSeqList":[{"MsgSeq":5},{"MsgSeq":6}]}`)

	asked := many("%d", 120)
	slices.Reverse(asked)
	receipts, refused, err := c.Messages.Receipts(ctx, group, asked)
	if err != nil || len(receipts) != 108 || len(refused) != 12 {
		t.Fatalf("%d receipts, %d refused, %v", len(receipts), len(refused), err)
	}
	if receipts[0] != (imclient.Receipt{ID: "119", Read: 119, Unread: 1}) || receipts[107].ID != "1" {
		t.Errorf("not in the order asked: %+v ... %+v", receipts[0], receipts[107])
	}
	if refused[0].Err.Code != "10062" || !errors.Is(refused[0].Err, imclient.ErrUnsupported) {
		t.Errorf("refused %+v", refused[0].Err)
	}
	readers, err := c.Messages.Readers(ctx, group, "5", false, "", 10)
	if err != nil || !slices.Equal(readers.Items, []string{"u"}) || readers.Next != "5" {
		t.Errorf("readers %+v, %v", readers, err)
	}
	wantSent(t, w, "get_group_msg_receipt_detail", `{"GroupId":"g","MsgSeq":5,"Filter":1,"Cursor":"","Count":10}`)

	for name, err := range map[string]error{
		"unread below zero":      c.Members.SetUnread(ctx, "g", "u", -1),
		"a message that is none": c.Messages.Edit(ctx, group, "", imclient.Edit{Custom: &custom}),
	} {
		if !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
	for name, err := range map[string]error{
		"reading up to a time":  c.Messages.MarkRead(ctx, group, now),
		"clearing a topic":      c.Messages.Clear(ctx, "g@TOPIC#_1", ""),
		"hiding from one":       second(c.Messages.Hide(ctx, group, []string{"5"})),
		"receipts of a chat":    third(c.Messages.Receipts(ctx, directChat, []string{"5"})),
		"the readers of a chat": second(c.Messages.Readers(ctx, directChat, "5", true, "", 1)),
	} {
		if !errors.Is(err, imclient.ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", name, err)
		}
	}
}

func third[A, B any](_ A, _ B, err error) error { return err }
