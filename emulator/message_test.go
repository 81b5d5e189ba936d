package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSendRefusals(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	r.group("ChatRoom", "chat", "a")
	r.group("AVChatRoom", "live")
	r.group("Community", "@TGS#_c", "a")
	n := 0
	send := func(id, fields string) string {
		n++
		if !strings.Contains(fields, "MsgBody") {
			fields += `,"MsgBody":` + textBody("x")
		}
		return fmt.Sprintf(`{"GroupId":%q,"Random":%d%s}`, id, n, fields)
	}
	elem := func(kind, content string) string {
		return `,"MsgBody":[{"MsgType":"` + kind + `","MsgContent":` + content + `}]`
	}
	const command = group + "send_group_msg"
	r.refuses([]refusal{
		{"by the caller", command, send("g", ""), 0},
		{"by somebody outside the group", command, send("g", `,"From_Account":"admin2"`), 0},
		{"by a stranger", command, send("g", `,"From_Account":"zz"`), 10019},
		{"without Random", command, `{"GroupId":"g","MsgBody":` + textBody("x") + `}`, 10004},
		{"with a Random below 0", command, `{"GroupId":"g","Random":-1,"MsgBody":` + textBody("x") + `}`, 10004},
		{"with the largest Random", command, `{"GroupId":"g","Random":4294967295,"MsgBody":` + textBody("x") + `}`, 0},
		{"with a larger one", command, `{"GroupId":"g","Random":4294967296,"MsgBody":` + textBody("x") + `}`, 10004},
		{"with Random as digits", command, `{"GroupId":"g","Random":"77","MsgBody":` + textBody("x") + `}`, 0},
		{"with Random as fraction", command, `{"GroupId":"g","Random":1.5,"MsgBody":` + textBody("x") + `}`, 10004},
		{"without body", command, `{"GroupId":"g","Random":1}`, 10004},
		{"body is an object", command, send("g", `,"MsgBody":{}`), 10004},
		{"body is empty", command, send("g", `,"MsgBody":[]`), 10004},
		{"element is text", command, send("g", `,"MsgBody":["x"]`), 10004},
		{"element without content", command, send("g", `,"MsgBody":[{"MsgType":"TIMTextElem"}]`), 10004},
		{"element of no known type", command, send("g", elem("TIMGiftElem", "{}")), 10004},
		{"text is a number", command, send("g", elem("TIMTextElem", `{"Text":5}`)), 10004},
		{"text is missing", command, send("g", elem("TIMTextElem", `{}`)), 10004},
		{"place without latitude", command, send("g", elem("TIMLocationElem", `{"Desc":"x","Longitude":1.5}`)), 10004},
		{"place", command, send("g", elem("TIMLocationElem", `{"Desc":"x","Latitude":-29.34,"Longitude":116.1}`)), 0},
		{"face", command, send("g", elem("TIMFaceElem", `{"Index":6,"Data":"x"}`)), 0},
		{"picture without array", command, send("g", elem("TIMImageElem", `{"UUID":"u","ImageInfoArray":"x"}`)), 10004},
		{"picture", command, send("g", elem("TIMImageElem", `{"UUID":"u","ImageFormat":1,"ImageInfoArray":[{"Type":1,"URL":"http://x/y.jpg"}]}`)), 0},
		{"old sound without address", command, send("g", elem("TIMSoundElem", `{"UUID":"u","Size":5,"Second":1}`)), 0},
		{"file", command, send("g", elem("TIMFileElem", `{"Url":"http://x/y","FileSize":1773,"FileName":"f","Download_Flag":2}`)), 0},
		{"film", command, send("g", elem("TIMVideoFileElem", `{"VideoUrl":"http://x/y","VideoSecond":0,"ThumbUrl":"http://x/z"}`)), 0},
		{"relayed", command, send("g", elem("TIMRelayElem", `{"Title":"t","MsgNum":1,"CompatibleText":"c","AbstractList":["a"],"MsgList":[]}`)), 0},
		{"two custom elements", command, send("g", `,"MsgBody":[{"MsgType":"TIMCustomElem","MsgContent":{"Data":"1"}},{"MsgType":"TIMCustomElem","MsgContent":{"Data":"2"}}]`), 10004},
		{"one custom element among others", command, send("g", `,"MsgBody":[{"MsgType":"TIMCustomElem","MsgContent":{"Data":"1"}},{"MsgType":"TIMTextElem","MsgContent":{"Text":"2"}}]`), 0},
		{"body of 12,000 bytes", command, send("g", `,"MsgBody":`+textBody(strings.Repeat("x", 12_000-len(textBody(""))))), 0},
		{"one byte more", command, send("g", `,"MsgBody":`+textBody(strings.Repeat("x", 12_001-len(textBody(""))))), 80002},
		{"unknown priority", command, send("g", `,"MsgPriority":"high"`), 10004},
		{"priority", command, send("g", `,"MsgPriority":"Lowest"`), 0},
		{"online only", command, send("g", `,"OnlineOnlyFlag":1`), 0},
		{"online only in a live room", command, send("live", `,"OnlineOnlyFlag":1`), 10004},
		{"online only with control", command, send("g", `,"OnlineOnlyFlag":1,"SendMsgControl":["NoUnread"]`), 10004},
		{"no unread in a live room", command, send("live", `,"SendMsgControl":["NoUnread"]`), 10004},
		{"no unread in a meeting", command, send("chat", `,"SendMsgControl":["NoUnread"]`), 10004},
		{"no last message in a meeting", command, send("chat", `,"SendMsgControl":["NoLastMsg"]`), 0},
		{"unknown control", command, send("g", `,"SendMsgControl":["Loud"]`), 10004},
		{"unknown callback", command, send("g", `,"ForbidCallbackControl":["All"]`), 10004},
		{"callbacks", command, send("g", `,"ForbidCallbackControl":["ForbidBeforeSendMsgCallback","ForbidAfterSendMsgCallback"]`), 0},
		{"to one member", command, send("g", `,"To_Account":["a"]`), 0},
		{"to one member of a community", command, send("@TGS#_c", `,"To_Account":["a"]`), 10004},
		{"to 51", command, send("g", `,"To_Account":`+js(names("m", 51))), 10004},
		{"31 mentions", command, send("g", `,"GroupAtInfo":`+mentions(31)), 10053},
		{"30 mentions", command, send("g", `,"GroupAtInfo":`+mentions(30)), 0},
		{"mention all in a live room", command, send("live", `,"GroupAtInfo":[{"GroupAtAllFlag":1}]`), 10004},
		{"to an unknown topic", command, send("@TGS#_c", `,"TopicId":"@TGS#_c@TOPIC#_x"`), 10015},
		{"notice", group + "send_group_system_notification", `{"GroupId":"g","Content":"hello"}`, 0},
		{"notice without content", group + "send_group_system_notification", `{"GroupId":"g"}`, 10004},
		{"notice to 501", group + "send_group_system_notification", `{"GroupId":"g","Content":"x","ToMembers_Account":` + js(names("m", 501)) + `}`, 10004},
		{"notice to one in a live room", group + "send_group_system_notification", `{"GroupId":"live","Content":"x","ToMembers_Account":["a"]}`, 10004},
		{"notice to nobody in particular", group + "send_group_system_notification", `{"GroupId":"live","Content":"x","ToMembers_Account":[]}`, 0},
		{"broadcast by a stranger", group + "send_broadcast_msg", `{"From_Account":"zz","Random":1,"MsgBody":` + textBody("x") + `}`, 10019},
	})
}

func mentions(n int) string {
	list := make([]map[string]any, n)
	for i := range list {
		list[i] = map[string]any{"GroupAtAllFlag": 0, "GroupAt_Account": fmt.Sprint("a", i)}
	}
	return js(list)
}

// row is what a test looks at in a message of history.
type row struct {
	seq, place, system int
	from, text         string
}

func (r *rig) history(id, fields string) (rows []row, finished int) {
	r.Helper()
	a := r.ok(group+"group_msg_get_simple", fmt.Sprintf(`{"GroupId":%q%s}`, id, fields))
	for _, m := range a["RspMsgList"].([]any) {
		n := func(field string) int { return int(at(m, field).(float64)) }
		body, ok := at(m, "MsgBody").([]any)
		if !ok {
			r.Errorf("MsgBody of seq %d is %v", n("MsgSeq"), at(m, "MsgBody"))
		}
		text, _ := at(body, 0, "MsgContent", "Text").(string)
		rows = append(rows, row{n("MsgSeq"), n("IsPlaceMsg"), n("IsSystemMsg"), at(m, "From_Account").(string), text})
	}
	return rows, int(a["IsFinished"].(float64))
}

func TestHistoryWindows(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	r.group("Public", "empty")
	for i := range 45 {
		r.say("g", "a", fmt.Sprint("text ", i+1))
		r.clock.Add(100 * time.Millisecond)
	}
	tests := []struct {
		name, fields      string
		top, bottom, done int
	}{
		{"the newest five", `,"ReqMsgNumber":5`, 45, 41, 1},
		{"twenty", `,"ReqMsgNumber":20`, 45, 26, 1},
		{"a hundred are twenty, to be continued", `,"ReqMsgNumber":100`, 45, 26, 0},
		{"zero is absent", `,"ReqMsgNumber":20,"ReqMsgSeq":0`, 45, 26, 1},
		{"null is absent", `,"ReqMsgNumber":20,"ReqMsgSeq":null`, 45, 26, 1},
		{"from 25", `,"ReqMsgNumber":20,"ReqMsgSeq":25`, 25, 6, 1},
		{"from 25, more than fit", `,"ReqMsgNumber":21,"ReqMsgSeq":25`, 25, 6, 0},
		{"down to the first", `,"ReqMsgNumber":21,"ReqMsgSeq":20`, 20, 1, 1},
		{"fewer than asked", `,"ReqMsgNumber":20,"ReqMsgSeq":3`, 3, 1, 1},
		{"beyond the newest", `,"ReqMsgNumber":2,"ReqMsgSeq":9999`, 45, 44, 1},
		{"digits", `,"ReqMsgNumber":"2","ReqMsgSeq":"7"`, 7, 6, 1},
	}
	for _, tt := range tests {
		rows, finished := r.history("g", tt.fields)
		if len(rows) != tt.top-tt.bottom+1 || rows[0].seq != tt.top || rows[len(rows)-1].seq != tt.bottom || finished != tt.done {
			t.Errorf("%s: %d rows %v, finished %d", tt.name, len(rows), rows, finished)
		}
		for i, m := range rows {
			if m.seq != tt.top-i || m.text != fmt.Sprint("text ", m.seq) || m.from != "a" || m.place != 0 {
				t.Errorf("%s: row %d is %v", tt.name, i, m)
			}
		}
	}
	if rows, finished := r.history("empty", `,"ReqMsgNumber":20`); len(rows) != 0 || finished != 1 {
		t.Errorf("no messages: %v, %d", rows, finished)
	}
	r.group("AVChatRoom", "live")
	r.refuses([]refusal{
		{"without number", group + "group_msg_get_simple", `{"GroupId":"g"}`, 10004},
		{"zero messages", group + "group_msg_get_simple", `{"GroupId":"g","ReqMsgNumber":0}`, 10004},
		{"of a live room", group + "group_msg_get_simple", `{"GroupId":"live","ReqMsgNumber":1}`, 10007},
		{"of an unknown topic", group + "group_msg_get_simple", `{"GroupId":"g","ReqMsgNumber":1,"TopicId":"x"}`, 10015},
	})
}

func TestRecallAndHoles(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a", "b")
	for i := range 6 {
		r.say("g", []string{"a", "b"}[i%2], fmt.Sprint(i+1))
	}
	r.ok(group+"add_group_member", `{"GroupId":"g","MemberList":[{"Member_Account":"administrator"}]}`) // seq 7 is a tip
	a := r.ok(group+"group_msg_recall", `{"GroupId":"g","MsgSeqList":[{"MsgSeq":2},{"MsgSeq":99},{"MsgSeq":7},{"MsgSeq":2},{"MsgSeq":0}],"Reason":"spam"}`)
	if got := strings.Join(column(a["RecallRetList"], "RetCode"), " "); got != "0 10030 10032 10030 10030" {
		t.Errorf("recall: %s", got)
	}
	r.ok(group+"delete_group_msg_by_sender", `{"GroupId":"g","Sender_Account":"a"}`)
	r.ok(group+"clear_group_msg", `{"GroupId":"g","MsgSeq":1}`)
	want := map[bool][]row{
		false: {{7, 0, 1, "@TIM#SYSTEM", ""}, {6, 0, 0, "b", "6"}, {5, 1, 0, "", ""}, {4, 0, 0, "b", "4"}, {3, 1, 0, "", ""}, {2, 1, 0, "", ""}, {1, 1, 0, "", ""}},
		true:  {{7, 0, 1, "@TIM#SYSTEM", ""}, {6, 0, 0, "b", "6"}, {5, 2, 0, "a", "5"}, {4, 0, 0, "b", "4"}, {3, 2, 0, "a", "3"}, {2, 2, 0, "b", "2"}, {1, 1, 0, "", ""}},
	}
	for recalled, rows := range want {
		got, _ := r.history("g", fmt.Sprintf(`,"ReqMsgNumber":20,"WithRecalledMsg":%d`, map[bool]int{true: 1}[recalled]))
		if !slices.Equal(got, rows) {
			t.Errorf("with recalled %v:\n got %v\nwant %v", recalled, got, rows)
		}
	}
	r.ok(group+"clear_group_msg", `{"GroupId":"g"}`)
	rows, _ := r.history("g", `,"ReqMsgNumber":20,"WithRecalledMsg":1`)
	if len(rows) != 7 || rows[0].place != 1 || rows[0].system != 0 {
		t.Errorf("cleared: %v", rows)
	}
	for range 20 {
		r.say("g", "b", "x")
	}
	r.ok(group+"clear_group_msg", `{"GroupId":"g"}`)
	if _, finished := r.history("g", `,"ReqMsgNumber":30`); finished != 2 {
		t.Errorf("nothing but holes: finished %d", finished)
	}
	r.group("AVChatRoom", "live")
	r.refuses([]refusal{
		{"11 to recall", group + "group_msg_recall", `{"GroupId":"g","MsgSeqList":` + seqList(11) + `}`, 10004},
		{"none to recall", group + "group_msg_recall", `{"GroupId":"g","MsgSeqList":[]}`, 10004},
		{"numbers instead of objects", group + "group_msg_recall", `{"GroupId":"g","MsgSeqList":[1]}`, 10004},
		{"long reason", group + "group_msg_recall", `{"GroupId":"g","MsgSeqList":[{"MsgSeq":1}],"Reason":` + js(strings.Repeat("x", 101)) + `}`, 10004},
		{"in a live room", group + "group_msg_recall", `{"GroupId":"live","MsgSeqList":[{"MsgSeq":1}]}`, 10033},
		{"by sender in a live room", group + "delete_group_msg_by_sender", `{"GroupId":"live","Sender_Account":"a"}`, 0},
		{"by a strange sender", group + "delete_group_msg_by_sender", `{"GroupId":"g","Sender_Account":"zz"}`, 10019},
		{"by nobody", group + "delete_group_msg_by_sender", `{"GroupId":"g"}`, 10004},
	})
}

func seqList(n int) string {
	list := make([]map[string]int, n)
	for i := range list {
		list[i] = map[string]int{"MsgSeq": i + 1}
	}
	return js(list)
}

// TestRecallBySenderReachesBackAThousand says that older messages stay.
func TestRecallBySenderReachesBackAThousand(t *testing.T) {
	r := newRig(t)
	r.ok(group+"import_group", `{"Type":"Public","Name":"x","GroupId":"g","CreateTime":1600000000}`)
	r.people("a")
	at := 1600000001
	for seq := 0; seq < 1050; seq += 7 {
		var list []string
		for range 7 {
			list = append(list, fmt.Sprintf(`{"From_Account":"a","SendTime":%d,"MsgBody":%s}`, at, textBody("x")))
			at++
		}
		r.clock.Add(5 * time.Millisecond)
		r.ok(group+"import_group_msg", `{"GroupId":"g","MsgList":[`+strings.Join(list, ",")+`]}`)
	}
	r.ok(group+"delete_group_msg_by_sender", `{"GroupId":"g","Sender_Account":"a"}`)
	rows, _ := r.history("g", `,"ReqMsgNumber":2,"ReqMsgSeq":51,"WithRecalledMsg":1`)
	if rows[0].place != 2 || rows[1].place != 0 {
		t.Errorf("around the thousandth: %v", rows)
	}
}

func TestMessageFields(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	body := `[{"MsgType":"TIMTextElem","MsgContent":{"Text":"a <b> & \"c\" 你好 🎉","Extra":[1, 2]}}]`
	sent := r.ok(group+"send_group_msg", `{"GroupId":"g","Random":8912345,"From_Account":"a","MsgPriority":"High","CloudCustomData":"{\"x\":1}","MsgBody":`+body+`}`)
	r.expect(sent, 1, "MsgSeq")
	r.expect(sent, 1700000000, "MsgTime")
	resp, text, err := r.post("/v4/"+group+"group_msg_get_simple", r.query(), `{"GroupId":"g","ReqMsgNumber":1}`)
	if err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	want := `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"GroupId":"g","IsFinished":1,"RspMsgList":[{"From_Account":"a","IsPlaceMsg":0,` +
		`"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"a <b> & \"c\" 你好 🎉","Extra":[1,2]}}],"MsgPriority":1,"MsgRandom":8912345,"MsgSeq":1,` +
		`"MsgTimeStamp":1700000000,"IsSystemMsg":0,"CloudCustomData":"{\"x\":1}"}]}`
	if text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	r.clock.Add(9 * time.Second)
	a := r.ok("openim/modify_group_msg", `{"GroupId":"g","MsgSeq":1,"MsgBody":`+textBody("edited")+`}`)
	r.expect(a, "succeed", "ErrorInfo")
	a = r.ok(group+"group_msg_get_simple", `{"GroupId":"g","ReqMsgNumber":1}`)
	r.expect(a, "edited", "RspMsgList", 0, "MsgBody", 0, "MsgContent", "Text")
	r.expect(a, `{"x":1}`, "RspMsgList", 0, "CloudCustomData")
	r.expect(a, 1700000000, "RspMsgList", 0, "MsgTimeStamp")
	a = r.ok(group+"get_group_info", `{"GroupIdList":["g"]}`)
	r.expect(a, 2, "GroupInfo", 0, "NextMsgSeq")
	r.expect(a, 1700000000, "GroupInfo", 0, "LastMsgTime")
	r.refuses([]refusal{
		{"edit nothing", "openim/modify_group_msg", `{"GroupId":"g","MsgSeq":1}`, 90002},
		{"edit no message", "openim/modify_group_msg", `{"GroupId":"g","MsgSeq":9,"CloudCustomData":"x"}`, 20001},
		{"edit without seq", "openim/modify_group_msg", `{"GroupId":"g","CloudCustomData":"x"}`, 90004},
		{"edit to no array", "openim/modify_group_msg", `{"GroupId":"g","MsgSeq":1,"MsgBody":{}}`, 90007},
		{"edit to a bad element", "openim/modify_group_msg", `{"GroupId":"g","MsgSeq":1,"MsgBody":[{"MsgType":"X","MsgContent":{}}]}`, 90010},
		{"edit in no group", "openim/modify_group_msg", `{"GroupId":"zz","MsgSeq":1,"CloudCustomData":"x"}`, 10015},
	})
}

func TestDuplicates(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a", "b")
	send := func(from string, random int, text string) any {
		r.Helper()
		return num(r.ok(group+"send_group_msg", fmt.Sprintf(`{"GroupId":"g","Random":%d,"From_Account":%q,"MsgBody":%s}`, random, from, textBody(text)))["MsgSeq"])
	}
	steps := []struct {
		name, from string
		random     int
		text       string
		wait       time.Duration
		want       int64
	}{
		{"first", "a", 1, "x", 0, 1},
		{"the same", "a", 1, "x", 0, 1},
		{"other text", "a", 1, "y", 0, 2},
		{"other random", "a", 2, "x", 0, 3},
		{"other sender", "b", 1, "x", 0, 4},
		{"the same after five minutes less a second", "a", 1, "x", 299 * time.Second, 1},
		{"the same after five minutes", "a", 1, "x", 2 * time.Second, 5},
	}
	for _, s := range steps {
		r.clock.Add(s.wait)
		if got := send(s.from, s.random, s.text); got != s.want {
			t.Errorf("%s: seq %v, want %d", s.name, got, s.want)
		}
	}
	a := r.ok(group+"send_group_msg", `{"GroupId":"g","Random":2,"From_Account":"a","MsgBody":`+textBody("x")+`}`)
	r.expect(a, 6, "MsgSeq") // its five minutes are over, too
}

func TestFortyMessagesASecond(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	send := func(n int, fields string) (dropped string, seq any) {
		r.Helper()
		a := r.ok(group+"send_group_msg", fmt.Sprintf(`{"GroupId":"g","Random":%d,"From_Account":"a","MsgBody":%s%s}`, n, textBody(fmt.Sprint(n)), fields))
		dropped, _ = a["MsgDropReason"].(string)
		return dropped, num(a["MsgSeq"])
	}
	for n := range 40 {
		if dropped, _ := send(n, ""); dropped != "" {
			t.Fatalf("message %d: %s", n, dropped)
		}
	}
	if dropped, seq := send(40, ""); dropped != "MsgFreqCtrl" || seq != int64(0) {
		t.Errorf("the 41st: %q, seq %v", dropped, seq)
	}
	if dropped, seq := send(41, `,"MsgPriority":"High"`); dropped != "" || seq != int64(41) {
		t.Errorf("one of high priority: %q, seq %v", dropped, seq)
	}
	r.ok(group+"send_group_system_notification", `{"GroupId":"g","Content":"not counted"}`)
	r.clock.Add(time.Second)
	if dropped, seq := send(40, ""); dropped != "" || seq != int64(42) {
		t.Errorf("a second later, the same that was dropped: %q, seq %v", dropped, seq)
	}
}

func TestMessagesThatAreNotStored(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	r.group("AVChatRoom", "live")
	a := r.ok(group+"send_group_msg", `{"GroupId":"g","Random":1,"OnlineOnlyFlag":1,"MsgBody":`+textBody("x")+`}`)
	r.expect(a, 0, "MsgSeq")
	if seq := r.say("g", "a", "stored"); seq != 1 {
		t.Errorf("an online message took a seq: next was %d", seq)
	}
	for want := range int64(3) {
		if seq := r.say("live", "a", "hi"); seq != want+1 {
			t.Errorf("live room: seq %d, want %d", seq, want+1)
		}
	}
	a = r.ok(group+"send_broadcast_msg", `{"Random":1,"MsgBody":`+textBody("x")+`}`)
	if num(a["MsgSeq"]).(int64) < 1 {
		t.Errorf("broadcast: %v", a)
	}
}

func TestImportMessages(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	r.ok(group+"import_group", `{"Type":"Public","Name":"x","GroupId":"g","CreateTime":1600000000}`)
	msg := func(at int, text string) string {
		return fmt.Sprintf(`{"From_Account":"a","SendTime":%d,"Random":5,"MsgBody":%s}`, at, textBody(text))
	}
	a := r.ok(group+"import_group_msg", `{"GroupId":"g","MsgList":[`+strings.Join([]string{
		msg(1599999999, "before the group"), msg(1600000010, "one"), msg(1600000010, "same second"), msg(1600000009, "falls back"),
		msg(1600000020, strings.Repeat("x", 12_000)), msg(1800000000, "tomorrow"), msg(1600000030, "two"),
	}, ",")+`]}`)
	if got := strings.Join(column(a["ImportMsgResult"], "Result"), " "); got != "10004 0 0 10004 80002 10004 0" {
		t.Errorf("results: %s", got)
	}
	if got := strings.Join(column(a["ImportMsgResult"], "MsgSeq"), " "); got != "0 1 2 0 0 0 3" {
		t.Errorf("seqs: %s", got)
	}
	rows, _ := r.history("g", `,"ReqMsgNumber":20`)
	if len(rows) != 3 || rows[0].text != "two" {
		t.Errorf("history: %v", rows)
	}
	r.expect(r.ok(group+"group_msg_get_simple", `{"GroupId":"g","ReqMsgNumber":1}`), 1600000030, "RspMsgList", 0, "MsgTimeStamp")
	r.group("AVChatRoom", "live")
	eight := strings.TrimSuffix(strings.Repeat(msg(1600000040, "x")+",", 8), ",")
	r.refuses([]refusal{
		{"eight", group + "import_group_msg", `{"GroupId":"g","MsgList":[` + eight + `]}`, 10004},
		{"older than the newest", group + "import_group_msg", `{"GroupId":"g","MsgList":[` + msg(1600000029, "x") + `]}`, 0},
		{"without time", group + "import_group_msg", `{"GroupId":"g","MsgList":[{"From_Account":"a","MsgBody":` + textBody("x") + `}]}`, 10004},
		{"by a stranger", group + "import_group_msg", `{"GroupId":"g","MsgList":[{"From_Account":"zz","SendTime":1600000050,"MsgBody":` + textBody("x") + `}]}`, 10019},
		{"into a live room", group + "import_group_msg", `{"GroupId":"live","MsgList":[` + msg(1700000000, "x") + `]}`, 10007},
	})
}

func TestUnread(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a", "b")
	read := func(name string) any {
		r.Helper()
		a := r.ok(group+"get_specified_group_member_info", `{"GroupId":"g","Member_List_Account":["`+name+`"],"MemberInfoFilter":["MsgSeq"]}`)
		return num(at(a, "MemberList", 0, "MsgSeq"))
	}
	for range 5 {
		r.say("g", "a", "x")
	}
	if a, b := read("a"), read("b"); a != int64(5) || b != int64(0) {
		t.Errorf("after five of a: a has read %v, b %v", a, b)
	}
	for _, c := range []struct {
		unread int
		read   int64
	}{{2, 3}, {0, 5}, {99, 0}} {
		r.ok(group+"set_unread_msg_num", fmt.Sprintf(`{"GroupId":"g","Member_Account":"b","UnreadMsgNum":%d}`, c.unread))
		if got := read("b"); got != c.read {
			t.Errorf("unread %d: read up to %v, want %d", c.unread, got, c.read)
		}
	}
	r.clock.Add(time.Hour)
	r.ok(group+"import_group_msg", `{"GroupId":"g","MsgList":[{"From_Account":"a","SendTime":1700003600,"MsgBody":`+textBody("x")+`}]}`)
	if a, b := read("a"), read("b"); a != int64(6) || b != int64(6) {
		t.Errorf("after an import: a has read %v, b %v", a, b)
	}
	r.group("ChatRoom", "chat")
	r.refuses([]refusal{
		{"of a stranger", group + "set_unread_msg_num", `{"GroupId":"g","Member_Account":"zz","UnreadMsgNum":1}`, 10019},
		{"of nobody", group + "set_unread_msg_num", `{"GroupId":"g","UnreadMsgNum":1}`, 10004},
		{"in a meeting, of anybody", group + "set_unread_msg_num", `{"GroupId":"chat","Member_Account":"zz","UnreadMsgNum":1}`, 0},
	})
}

func TestReceipts(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", names("m", 10)...)
	r.ok(group+"send_group_msg", `{"GroupId":"g","Random":1,"From_Account":"owner","NeedReadReceipt":1,"MsgBody":`+textBody("please confirm")+`}`)
	r.say("g", "owner", "without")
	for i := range 4 {
		r.ok(group+"group_msg_receipt", fmt.Sprintf(`{"GroupId":"g","From_Account":"m0000%d","MsgSeqList":[{"MsgSeq":1}]}`, i))
	}
	r.ok(group+"group_msg_receipt", `{"GroupId":"g","From_Account":"m00000","MsgSeqList":[{"MsgSeq":1}]}`)
	a := r.ok(group+"get_group_msg_receipt", `{"GroupId":"g","MsgSeqList":[{"MsgSeq":1},{"MsgSeq":2},{"MsgSeq":3}]}`)
	r.expect(a, "[map[Code:0 MsgSeq:1 ReadNum:4 UnreadNum:6] map[Code:10062 MsgSeq:2 ReadNum:0 UnreadNum:0] map[Code:10062 MsgSeq:3 ReadNum:0 UnreadNum:0]]", "GroupMsgReceiptList")
	for filter, want := range []int{4, 6} {
		var got []string
		cursor := ""
		for {
			a := r.ok(group+"get_group_msg_receipt_detail", fmt.Sprintf(`{"GroupId":"g","MsgSeq":1,"Filter":%d,"Cursor":%q,"Count":3}`, filter, cursor))
			got = append(got, column(a["ReadList"], "Read_Account")...)
			got = append(got, column(a["UnreadList"], "Unread_Account")...)
			cursor = a["Cursor"].(string)
			if a["IsFinish"] == 1.0 {
				break
			}
		}
		slices.Sort(got)
		if got = slices.Compact(got); len(got) != want || cursor != "0" {
			t.Errorf("filter %d: %v, cursor %q", filter, got, cursor)
		}
	}
	r.group("Public", "big", names("n", 200)...)
	r.group("Community", "@TGS#_c")
	r.refuses([]refusal{
		{"of a message without", group + "get_group_msg_receipt_detail", `{"GroupId":"g","MsgSeq":2,"Filter":0,"Cursor":"","Count":3}`, 10062},
		{"without cursor", group + "get_group_msg_receipt_detail", `{"GroupId":"g","MsgSeq":1,"Filter":0,"Count":3}`, 10004},
		{"with an unknown filter", group + "get_group_msg_receipt_detail", `{"GroupId":"g","MsgSeq":1,"Filter":2,"Cursor":"","Count":3}`, 10004},
		{"201 at once", group + "get_group_msg_receipt_detail", `{"GroupId":"g","MsgSeq":1,"Filter":0,"Cursor":"","Count":201}`, 10004},
		{"by a member of no group", group + "group_msg_receipt", `{"GroupId":"g","From_Account":"administrator","MsgSeqList":[{"MsgSeq":1}]}`, 10004},
		{"in a large group", group + "get_group_msg_receipt", `{"GroupId":"big","MsgSeqList":[{"MsgSeq":1}]}`, 10060},
		{"in a community", group + "get_group_msg_receipt", `{"GroupId":"@TGS#_c","MsgSeqList":[{"MsgSeq":1}]}`, 10007},
	})
}

// TestTips says which groups keep notices of joining, leaving and changes: they take a seq there, and none elsewhere.
func TestTips(t *testing.T) {
	r := newRig(t)
	for _, tt := range []struct {
		kind, id      string
		awake         bool
		join, profile int
	}{
		{"Public", "g", true, 1, 1},
		{"Community", "@TGS#_c", true, 1, 1},
		{"ChatRoom", "chat", true, 0, 1},
		{"AVChatRoom", "live", true, 0, 0},
		{"Private", "asleep", false, 0, 0},
		{"Private", "awake", true, 1, 1},
	} {
		r.group(tt.kind, tt.id)
		r.people("a", "b")
		next := func() int {
			r.clock.Add(20 * time.Millisecond)
			return int(at(r.ok(group+"get_group_info", `{"GroupIdList":["`+tt.id+`"],"ResponseFilter":{"GroupBaseInfoFilter":["NextMsgSeq"]}}`), "GroupInfo", 0, "NextMsgSeq").(float64))
		}
		if tt.kind == "Private" && tt.awake {
			r.say(tt.id, "owner", "wake up")
		}
		if tt.kind != "AVChatRoom" {
			before := next()
			r.ok(group+"add_group_member", fmt.Sprintf(`{"GroupId":%q,"Silence":1,"MemberList":[{"Member_Account":"a"}]}`, tt.id))
			if next() != before {
				t.Errorf("%s: a silent join left a tip", tt.id)
			}
			r.ok(group+"add_group_member", fmt.Sprintf(`{"GroupId":%q,"MemberList":[{"Member_Account":"b"}]}`, tt.id))
			r.ok(group+"delete_group_member", fmt.Sprintf(`{"GroupId":%q,"MemberToDel_Account":["b"]}`, tt.id))
			if got := next() - before; got != 2*tt.join {
				t.Errorf("%s: joining and leaving left %d tips, want %d", tt.id, got, 2*tt.join)
			}
		}
		before := next()
		r.ok(group+"modify_group_base_info", fmt.Sprintf(`{"GroupId":%q,"Name":"other"}`, tt.id))
		r.ok(group+"modify_group_base_info", fmt.Sprintf(`{"GroupId":%q,"Name":"other","MuteAllMember":"Off"}`, tt.id))
		if got := next() - before; got != tt.profile {
			t.Errorf("%s: a new name left %d tips, want %d", tt.id, got, tt.profile)
		}
	}
}
