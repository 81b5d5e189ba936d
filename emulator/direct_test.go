package emulator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// direct is a body of sendmsg.
func direct(from, to string, random int, more string) string {
	return fmt.Sprintf(`{"From_Account":%q,"To_Account":%q,"MsgRandom":%d,"MsgBody":%s%s}`, from, to, random, textBody(fmt.Sprint("text ", random)), more)
}

// tell sends a direct message and returns its key.
func (r *rig) tell(from, to string, random int, more string) string {
	r.Helper()
	return r.ok("openim/sendmsg", direct(from, to, random, more))["MsgKey"].(string)
}

// roam reads what operator sees of what passed between him and peer.
func (r *rig) roam(operator, peer, more string) answer {
	r.Helper()
	return r.ok("openim/admin_getroammsg", fmt.Sprintf(`{"Operator_Account":%q,"Peer_Account":%q,"MaxCnt":100,"MinTime":0,"MaxTime":4294967295%s}`, operator, peer, more))
}

func (r *rig) seen(operator, peer string) string {
	r.Helper()
	return strings.Join(column(r.roam(operator, peer, "")["MsgList"], "MsgRandom"), " ")
}

func (r *rig) unread(to, from string) string {
	r.Helper()
	return fmt.Sprint(num(at(r.ok("openim/get_c2c_unread_msg_num", fmt.Sprintf(`{"To_Account":%q,"Peer_Account":[%q]}`, to, from)), "C2CUnreadMsgNumList", 0, "C2CUnreadMsgNum")))
}

func TestDirectRefusals(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	const send, batch, load, read = "openim/sendmsg", "openim/batchsendmsg", "openim/importmsg", "openim/admin_getroammsg"
	msg := func(fields string) string {
		if !strings.Contains(fields, "MsgBody") {
			fields += `,"MsgBody":` + textBody("x")
		}
		if !strings.Contains(fields, "To_Account") {
			fields += `,"To_Account":"b"`
		}
		return `{"MsgRandom":7` + fields + `}`
	}
	imported := func(fields string) string {
		return `{"From_Account":"a","To_Account":"b","MsgRandom":1,"MsgBody":` + textBody("x") + fields + `}`
	}
	window := func(fields string) string { return `{"Operator_Account":"a","Peer_Account":"b"` + fields + `}` }
	r.refuses([]refusal{
		{"by the caller", send, msg(""), 0},
		{"to oneself", send, msg(`,"From_Account":"a","To_Account":"a"`), 0},
		{"empty body", send, ``, 90001},
		{"by a stranger", send, msg(`,"From_Account":"zz"`), 20003},
		{"to a stranger", send, msg(`,"To_Account":"zz"`), 90012},
		{"to nobody", send, `{"MsgRandom":7,"MsgBody":` + textBody("x") + `}`, 90003},
		{"to several", send, msg(`,"To_Account":["b"]`), 90003},
		{"by a number", send, msg(`,"From_Account":7`), 90008},
		{"without random", send, `{"To_Account":"b","MsgBody":` + textBody("x") + `}`, 90005},
		{"random below 0", send, `{"To_Account":"b","MsgRandom":-1,"MsgBody":` + textBody("x") + `}`, 90005},
		{"seq is text", send, msg(`,"MsgSeq":"x"`), 90004},
		{"seq as digits", send, msg(`,"MsgSeq":"17"`), 0},
		{"time is text", send, msg(`,"MsgTimeStamp":"x"`), 90006},
		{"without body", send, `{"To_Account":"b","MsgRandom":7}`, 90002},
		{"body is an object", send, msg(`,"MsgBody":{}`), 90007},
		{"element of no known type", send, msg(`,"MsgBody":[{"MsgType":"TIMGift","MsgContent":{}}]`), 90010},
		{"two custom elements", send, msg(`,"MsgBody":[{"MsgType":"TIMCustomElem","MsgContent":{}},{"MsgType":"TIMCustomElem","MsgContent":{}}]`), 90010},
		{"body of 12,000 bytes", send, msg(`,"MsgBody":` + textBody(strings.Repeat("x", 12_000-len(textBody(""))))), 0},
		{"one byte more", send, msg(`,"MsgBody":` + textBody(strings.Repeat("x", 12_001-len(textBody(""))))), 93000},
		{"synced to nobody known", send, msg(`,"SyncOtherMachine":3`), 90031},
		{"kept for text", send, msg(`,"MsgLifeTime":"x"`), 90044},
		{"kept for longer than possible", send, msg(`,"MsgLifeTime":99999999`), 0},
		{"unknown control", send, msg(`,"SendMsgControl":["Loud"]`), 90001},
		{"controls", send, msg(`,"SendMsgControl":["NoUnread","NoLastMsg","WithMuteNotifications"]`), 0},
		{"unknown callback", send, msg(`,"ForbidCallbackControl":["All"]`), 90001},
		{"push is text", send, msg(`,"OfflinePushInfo":"x"`), 90043},
		{"nulls", send, msg(`,"MsgSeq":null,"MsgLifeTime":null,"SendMsgControl":null,"OfflinePushInfo":null,"From_Account":null`), 0},
		{"many: to none", batch, msg(`,"To_Account":[]`), 90003},
		{"many: to text", batch, msg(""), 90003},
		{"many: to 501", batch, msg(`,"To_Account":` + js(names("m", 501))), 90011},
		{"many: to strangers", batch, msg(`,"To_Account":["y","z"]`), 90012},
		{"many: by a stranger", batch, msg(`,"From_Account":"zz","To_Account":["b"]`), 20003},
		{"many: too long", batch, msg(`,"To_Account":["b"],"MsgBody":` + textBody(strings.Repeat("x", 12_000))), 93000},
		{"import: without kind", load, imported(`,"MsgTimeStamp":1600000000`), 90030},
		{"import: of no known kind", load, imported(`,"MsgTimeStamp":1600000000,"SyncFromOldSystem":3`), 90030},
		{"import: without time", load, imported(`,"SyncFromOldSystem":5`), 90006},
		{"import: too long", load, `{"From_Account":"a","To_Account":"b","MsgRandom":1,"MsgTimeStamp":1600000000,"SyncFromOldSystem":2,"MsgBody":` + textBody(strings.Repeat("x", 12_000)) + `}`, 93000},
		{"read: without count", read, window(`,"MinTime":0,"MaxTime":1`), 90001},
		{"read: none", read, window(`,"MaxCnt":0,"MinTime":0,"MaxTime":1`), 90001},
		{"read: without begin", read, window(`,"MaxCnt":1,"MaxTime":1`), 90001},
		{"read: without end", read, window(`,"MaxCnt":1,"MinTime":1`), 90001},
		{"read: nobody's", read, `{"Peer_Account":"b","MaxCnt":1,"MinTime":0,"MaxTime":1}`, 90008},
		{"read: with nobody", read, `{"Operator_Account":"b","MaxCnt":1,"MinTime":0,"MaxTime":1}`, 90003},
		{"read: a stranger's", read, `{"Operator_Account":"zz","Peer_Account":"b","MaxCnt":1,"MinTime":0,"MaxTime":1}`, 20003},
		{"read: in older words", read, `{"From_Account":"a","To_Account":"b","MaxCnt":1,"MinTime":0,"MaxTime":1}`, 0},
		{"read: on from nothing", read, window(`,"MaxCnt":1,"MinTime":0,"MaxTime":1,"LastMsgKey":"1_2"`), 90001},
		{"recall: what never was", "openim/admin_msgwithdraw", `{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3"}`, 20022},
		{"recall: no key", "openim/admin_msgwithdraw", `{"From_Account":"a","To_Account":"b","MsgKey":"1_2_x"}`, 90054},
		{"recall: a long key", "openim/admin_msgwithdraw", `{"From_Account":"a","To_Account":"b","MsgKey":"` + strings.Repeat("0", 50) + `_2_3"}`, 90054},
		{"recall: missing key", "openim/admin_msgwithdraw", `{"From_Account":"a","To_Account":"b"}`, 90001},
		{"recall: a stranger's", "openim/admin_msgwithdraw", `{"From_Account":"zz","To_Account":"b","MsgKey":"1_2_3"}`, 20003},
		{"edit: what never was", "openim/modify_c2c_msg", `{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3","CloudCustomData":"x"}`, 20001},
		{"edit: nothing", "openim/modify_c2c_msg", `{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3"}`, 90002},
		{"edit: too long", "openim/modify_c2c_msg", `{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3","MsgBody":` + textBody(strings.Repeat("x", 12_000)) + `}`, 93000},
		{"mark read: nobody's", "openim/admin_set_msg_read", `{"Peer_Account":"b"}`, 90008},
		{"mark read: with nobody", "openim/admin_set_msg_read", `{"Report_Account":"b"}`, 90003},
		{"mark read: at text", "openim/admin_set_msg_read", `{"Report_Account":"a","Peer_Account":"b","MsgReadTime":"noon"}`, 90001},
		{"unread: nobody's", "openim/get_c2c_unread_msg_num", `{}`, 90003},
		{"unread: of eleven", "openim/get_c2c_unread_msg_num", `{"To_Account":"a","Peer_Account":` + js(names("m", 11)) + `}`, 90001},
		{"unread: of a stranger", "openim/get_c2c_unread_msg_num", `{"To_Account":"zz"}`, 90012},
		{"delete: nothing", "openim/delete_c2c_msg_ramble", `{"Operator_Account":"a","Peer_Account":"b","MsgKeyList":[]}`, 90001},
		{"delete: 31", "openim/delete_c2c_msg_ramble", `{"Operator_Account":"a","Peer_Account":"b","MsgKeyList":` + js(names("m", 31)) + `}`, 90001},
		{"receipt: nothing", "openim/c2c_msg_read_receipt", `{"Operator_Account":"a","Peer_Account":"b"}`, 90001},
		{"receipt: one's own message", "openim/c2c_msg_read_receipt", `{"Operator_Account":"a","Peer_Account":"b","C2CMsgInfo":[{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3"}]}`, 90001},
		{"receipt: what never was", "openim/c2c_msg_read_receipt", `{"Operator_Account":"a","Peer_Account":"b","C2CMsgInfo":[{"From_Account":"b","To_Account":"a","MsgKey":"1_2_3"}]}`, 20022},
	})
}

// TestRoamPaging goes back through a conversation in which several messages share a second, by pages of every small size.
func TestRoamPaging(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	var want []string
	for i := range 30 {
		from, to := "a", "b"
		if i%3 == 0 {
			from, to = to, from
		}
		r.tell(from, to, i, fmt.Sprintf(`,"MsgSeq":%d`, i/2)) // two of each seq
		want = append(want, fmt.Sprint(i))
		if i%5 == 4 {
			r.clock.Add(time.Second)
		}
	}
	first := r.clock.Now().Unix() - 6
	for size := 1; size <= 31; size++ {
		var got []string
		for key, until := "", first+10; ; {
			a := r.ok("openim/admin_getroammsg", fmt.Sprintf(`{"Operator_Account":"a","Peer_Account":"b","MaxCnt":%d,"MinTime":%d,"MaxTime":%d,"LastMsgKey":%q}`, size, first, until, key))
			r.clock.Add(10 * time.Millisecond) // for the rate of calls
			list := a["MsgList"].([]any)
			r.expect(a, len(list), "MsgCnt")
			key, until = a["LastMsgKey"].(string), int64(a["LastMsgTime"].(float64))
			if len(list) > size || at(list, 0, "MsgKey") != a["LastMsgKey"] || at(list, 0, "MsgTimeStamp") != a["LastMsgTime"] {
				t.Fatalf("pages of %d: a page of %d whose oldest is %v, Last... %v %v", size, len(list), at(list, 0), a["LastMsgKey"], a["LastMsgTime"])
			}
			got = append(column(a["MsgList"], "MsgRandom"), got...)
			if num(a["Complete"]) == int64(1) {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %v", size, got)
		}
	}
	if a := r.roam("a", "b", fmt.Sprintf(`,"MaxTime":%d,"MinTime":%d`, first+1, first+1)); len(a["MsgList"].([]any)) != 5 {
		t.Errorf("one second, both ends included: %v", column(a["MsgList"], "MsgRandom"))
	}
	a := r.roam("b", "administrator", "")
	for path, want := range map[string]any{"Complete": 1, "MsgCnt": 0, "LastMsgTime": 0, "LastMsgKey": "", "MsgList": "[]"} {
		r.expect(a, want, path)
	}
}

// TestRoamTwins has two messages of one key, in opposite directions, which no page may part.
func TestRoamTwins(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	r.tell("a", "b", 1, `,"MsgSeq":1`)
	r.tell("a", "b", 2, `,"MsgSeq":2`)
	r.tell("b", "a", 2, `,"MsgSeq":2`)
	a := r.ok("openim/admin_getroammsg", `{"Operator_Account":"a","Peer_Account":"b","MaxCnt":1,"MinTime":0,"MaxTime":4294967295}`)
	if got := column(a["MsgList"], "MsgRandom"); fmt.Sprint(got) != "[2 2]" || num(a["Complete"]) != int64(0) {
		t.Errorf("page %v, Complete %v", got, a["Complete"])
	}
}

// TestRoamPageOf13KB reads messages of 3 KB: a page has no more than fit.
func TestRoamPageOf13KB(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	for i := range 10 {
		r.ok("openim/sendmsg", fmt.Sprintf(`{"From_Account":"a","To_Account":"b","MsgRandom":%d,"MsgBody":%s}`, i, textBody(strings.Repeat("x", 3000))))
		r.clock.Add(time.Second)
	}
	_, text, err := r.post("/v4/openim/admin_getroammsg", r.query(), `{"Operator_Account":"a","Peer_Account":"b","MaxCnt":100,"MinTime":0,"MaxTime":4294967295}`)
	if err != nil || len(text) > 13<<10 || len(text) < 12<<10 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	r.expect(decode(text), 4, "MsgCnt")
	r.expect(decode(text), 0, "Complete")
	r.ok("openim/sendmsg", fmt.Sprintf(`{"From_Account":"a","To_Account":"b","MsgRandom":1,"CloudCustomData":%q,"MsgBody":%s}`, strings.Repeat("x", 9000), textBody(strings.Repeat("x", 11_000))))
	if a := r.roam("a", "b", ""); num(a["MsgCnt"]) != int64(1) {
		t.Errorf("a message that is larger than a page: %v", a["MsgCnt"])
	}
}

func TestDirectMessageAsItWasSent(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	a := r.ok("openim/sendmsg", direct("a", "b", 7, `,"MsgSeq":93847636,"CloudCustomData":"<b>"`))
	r.expect(a, "93847636_7_1700000000", "MsgKey")
	r.expect(a, 1700000000, "MsgTime")
	if id, _ := a["MsgId"].(string); len(id) < 16 {
		t.Errorf("MsgId %q", id)
	}
	for operator, peer := range map[string]string{"a": "b", "b": "a"} {
		m := at(r.roam(operator, peer, ""), "MsgList", 0)
		for field, want := range map[string]any{
			"From_Account": "a", "To_Account": "b", "MsgSeq": 93847636, "MsgRandom": 7, "MsgTimeStamp": 1700000000, "MsgFlagBits": 0, "IsPeerRead": 0,
			"MsgKey": "93847636_7_1700000000", "CloudCustomData": "<b>",
		} {
			if got := fmt.Sprint(num(at(m, field))); got != fmt.Sprint(want) {
				t.Errorf("%s's %s is %s", operator, field, got)
			}
		}
		if text := at(m, "MsgBody", 0, "MsgContent", "Text"); text != "text 7" {
			t.Errorf("text %v", text)
		}
	}
}

func TestViewsOfTheTwo(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	hide := func(operator, peer string, keys ...string) answer {
		t.Helper()
		return r.ok("openim/delete_c2c_msg_ramble", fmt.Sprintf(`{"Operator_Account":%q,"Peer_Account":%q,"MsgKeyList":%s}`, operator, peer, js(keys)))
	}
	expect := func(what, mine, theirs string) {
		t.Helper()
		if a, b := r.seen("a", "b"), r.seen("b", "a"); a != mine || b != theirs {
			t.Errorf("%s: a sees %q, b sees %q", what, a, b)
		}
	}
	var keys []string
	for i := range 4 {
		more := ""
		if i == 2 {
			more = `,"SyncOtherMachine":2`
		}
		keys = append(keys, r.tell("a", "b", i, more))
		r.clock.Add(time.Second)
	}
	expect("one was for b alone", "0 1 3", "0 1 2 3")
	a := hide("a", "b", keys[0], keys[2], "1_2_3", "nonsense")
	r.expect(a, fmt.Sprint([]string{keys[2], "1_2_3", "nonsense"}), "InvalidMsgKeyList")
	expect("a deleted one", "1 3", "0 1 2 3")
	hide("b", "a", keys[0], keys[1])
	expect("b deleted two", "1 3", "2 3")
	r.tell("a", "b", 9, `,"OnlineOnlyFlag":1`)
	r.tell("a", "b", 9, `,"MsgLifeTime":0`)
	expect("what is for who is online is not kept", "1 3", "2 3")
	self := r.tell("a", "a", 5, "")
	if r.seen("a", "a") != "5" {
		t.Errorf("a note to oneself: %q", r.seen("a", "a"))
	}
	hide("a", "a", self)
	if r.seen("a", "a") != "" {
		t.Errorf("a deleted note to oneself: %q", r.seen("a", "a"))
	}
}

func TestSameDirectMessageTwice(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	one := direct("a", "b", 1, `,"MsgSeq":5`)
	first, second := r.ok("openim/sendmsg", one), r.ok("openim/sendmsg", one)
	if first["MsgKey"] != second["MsgKey"] || first["MsgId"] != second["MsgId"] || r.seen("a", "b") != "1" {
		t.Errorf("%v, %v, kept %q", first, second, r.seen("a", "b"))
	}
	r.tell("a", "b", 1, `,"MsgSeq":6`)
	r.tell("b", "a", 1, `,"MsgSeq":5`)
	r.clock.Add(time.Second)
	r.tell("a", "b", 1, `,"MsgSeq":5`)
	r.tell("a", "b", 1, "")
	r.tell("a", "b", 1, "")
	if got := r.seen("a", "b"); got != "1 1 1 1 1 1" {
		t.Errorf("another seq, direction or second, or no seq at all: %q", got)
	}
	r.clock.Add(time.Second)
	many := `{"From_Account":"a","To_Account":["b"],"MsgRandom":3,"MsgSeq":3,"MsgBody":` + textBody("x") + `}`
	r.ok("openim/batchsendmsg", many)
	r.ok("openim/batchsendmsg", many)
	if got := r.seen("a", "b"); got != "1 1 1 1 1 1 3" {
		t.Errorf("a batch twice: %q", got)
	}
}

// TestSameDirectMessageAtOnce repeats a call before its first answer is there.
func TestSameDirectMessageAtOnce(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a", "b")
	var calls sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for range 20 {
		calls.Go(func() {
			a := r.call("openim/sendmsg", direct("a", "b", 1, `,"MsgSeq":5`))
			b := r.call(group+"send_group_msg", `{"GroupId":"g","From_Account":"a","Random":9,"MsgBody":`+textBody("x")+`}`)
			mu.Lock()
			defer mu.Unlock()
			answers[fmt.Sprint(a["MsgKey"])]++
			answers[fmt.Sprint(b["MsgSeq"])]++
		})
	}
	calls.Wait()
	if rows, _ := r.history("g", `,"ReqMsgNumber":20`); len(answers) != 2 || r.seen("a", "b") != "1" || len(rows) != 1 {
		t.Errorf("%v, kept %q and %d", answers, r.seen("a", "b"), len(rows))
	}
}

func TestBatchOfDirectMessages(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c")
	a := r.ok("openim/batchsendmsg", `{"From_Account":"a","To_Account":["b","c","b"],"MsgRandom":1,"MsgBody":`+textBody("x")+`}`)
	r.expect(a, "OK", "ActionStatus")
	r.expect(a, "<nil>", "ErrorList")
	a = r.ok("openim/batchsendmsg", `{"From_Account":"a","To_Account":["b","zz","c"],"MsgRandom":2,"MsgBody":`+textBody("x")+`}`)
	r.expect(a, "SomeError", "ActionStatus")
	r.expect(a, "[map[ErrorCode:70107 To_Account:zz]]", "ErrorList")
	for _, name := range []string{"b", "c"} {
		list := r.roam(name, "a", "")["MsgList"]
		if got := column(list, "MsgRandom"); !slices.Contains(got, "1") || !slices.Contains(got, "2") || len(got) != 2 || !slices.Contains(column(list, "MsgKey"), a["MsgKey"].(string)) {
			t.Errorf("%s got %v", name, list)
		}
	}
	fail := r.call("openim/batchsendmsg", `{"From_Account":"a","To_Account":["zz"],"MsgRandom":3,"MsgBody":`+textBody("x")+`}`)
	r.expect(fail, "FAIL", "ActionStatus")
	r.expect(fail, "invalid To_Account", "ErrorInfo")
}

func TestImportedDirectMessages(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	load := func(from, to string, kind, random int, text string) {
		t.Helper()
		r.ok("openim/importmsg", fmt.Sprintf(`{"SyncFromOldSystem":%d,"From_Account":%q,"To_Account":%q,"MsgSeq":3,"MsgRandom":%d,"MsgTimeStamp":1600000000,"MsgBody":%s}`, kind, from, to, random, textBody(text)))
	}
	load("a", "b", 2, 1, "history")
	load("a", "b", 5, 2, "live")
	load("a", "b", 1, 3, "live, by an old name")
	load("a", "b", 5, 2, "again")
	load("b", "a", 5, 1, "the same key from the other side")
	list := r.roam("b", "a", "")["MsgList"]
	if got := column(list, "MsgRandom"); fmt.Sprint(got) != "[1 2 3]" || at(list, 1, "MsgBody", 0, "MsgContent", "Text") != "live" {
		t.Errorf("%v", list)
	}
	if r.unread("b", "a") != "2" || r.unread("a", "b") != "0" {
		t.Errorf("%s and %s are unread", r.unread("b", "a"), r.unread("a", "b"))
	}
}

func TestUnreadDirectMessages(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c")
	expect := func(what string, of, from, all string) {
		t.Helper()
		if got := r.unread("b", of); got != from {
			t.Errorf("%s: %s unread of %s, want %s", what, got, of, from)
		}
		r.expect(r.ok("openim/get_c2c_unread_msg_num", `{"To_Account":"b"}`), all, "AllC2CUnreadMsgNum")
	}
	expect("nothing was said", "a", "0", "0")
	r.tell("a", "b", 1, "")
	r.tell("c", "b", 2, "")
	r.clock.Add(time.Second)
	then := r.clock.Now().Unix()
	r.tell("a", "b", 3, "")
	r.tell("a", "b", 4, `,"SendMsgControl":["NoUnread"]`)
	r.clock.Add(time.Second)
	key := r.tell("a", "b", 5, "")
	r.tell("a", "b", 6, `,"MsgLifeTime":3600`)
	expect("one does not count", "a", "4", "5")
	r.ok("openim/admin_set_msg_read", fmt.Sprintf(`{"Report_Account":"b","Peer_Account":"a","MsgReadTime":"%d"}`, then))
	expect("read up to a second, which counts", "a", "2", "3")
	r.ok("openim/admin_msgwithdraw", fmt.Sprintf(`{"From_Account":"a","To_Account":"b","MsgKey":%q}`, key))
	expect("one was recalled", "a", "1", "2")
	r.clock.Add(2 * time.Hour)
	expect("one has expired", "a", "0", "1")
	r.ok("openim/admin_set_msg_read", `{"Report_Account":"b","Peer_Account":"c"}`)
	expect("all was read", "c", "0", "0")
	a := r.ok("openim/get_c2c_unread_msg_num", `{"To_Account":"b","Peer_Account":["a","zz"]}`)
	r.expect(a, "[map[ErrorCode:70107 Peer_Account:zz]]", "ErrorList")
	r.expect(a, "a", "C2CUnreadMsgNumList", 0, "Peer_Account")
}

func TestRecallAndEditOfDirectMessages(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	key := r.tell("a", "b", 1, `,"CloudCustomData":"old"`)
	name := fmt.Sprintf(`"From_Account":"a","To_Account":"b","MsgKey":%q`, key)
	a := r.ok("openim/modify_c2c_msg", `{`+name+`,"CloudCustomData":"new"}`)
	r.expect(a, "succeed", "ErrorInfo")
	r.ok("openim/modify_c2c_msg", `{`+name+`,"MsgBody":`+textBody("edited")+`}`)
	m := at(r.roam("b", "a", ""), "MsgList", 0)
	if at(m, "MsgBody", 0, "MsgContent", "Text") != "edited" || at(m, "CloudCustomData") != "new" {
		t.Errorf("after the edit: %v", m)
	}
	r.refuses([]refusal{
		{"recalled in the wrong direction", "openim/admin_msgwithdraw", fmt.Sprintf(`{"From_Account":"b","To_Account":"a","MsgKey":%q}`, key), 20022},
		{"recalled", "openim/admin_msgwithdraw", `{` + name + `}`, 0},
		{"recalled twice", "openim/admin_msgwithdraw", `{` + name + `}`, 20023},
		{"edited after that", "openim/modify_c2c_msg", `{` + name + `,"CloudCustomData":"x"}`, 20001},
	})
	for operator, peer := range map[string]string{"a": "b", "b": "a"} {
		m := at(r.roam(operator, peer, ""), "MsgList", 0)
		if num(at(m, "MsgFlagBits")) != int64(8) || at(m, "MsgBody", 0, "MsgContent", "Text") != "edited" {
			t.Errorf("%s sees %v", operator, m)
		}
	}
}

func TestReceiptsOfDirectMessages(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	wanted, plain := r.tell("a", "b", 1, `,"IsNeedReadReceipt":1`), r.tell("a", "b", 2, "")
	for _, key := range []string{wanted, plain, wanted} {
		r.ok("openim/c2c_msg_read_receipt", fmt.Sprintf(`{"Operator_Account":"b","Peer_Account":"a","C2CMsgInfo":[{"From_Account":"a","To_Account":"b","MsgKey":%q}]}`, key))
	}
	for _, m := range r.roam("a", "b", "")["MsgList"].([]any) {
		want := int64(0)
		if at(m, "MsgKey") == wanted {
			want = 1
		}
		if num(at(m, "IsPeerRead")) != want {
			t.Errorf("%v", m)
		}
	}
}

// TestDirectMessagesFromDevices are held to what the REST API ignores.
func TestDirectMessagesFromDevices(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c")
	ctx := context.Background()
	key, err := r.Tell(ctx, testApp, "a", "b", "hello")
	if err != nil || !strings.HasSuffix(key, "_1700000000") || at(r.roam("b", "a", ""), "MsgList", 0, "MsgKey") != key {
		t.Errorf("%q, %v", key, err)
	}
	r.ok("openconfigsvr/setnospeaking", `{"Set_Account":"a","C2CmsgNospeakingTime":60}`)
	r.ok("sns/black_list_add", `{"From_Account":"b","To_Account":["c"]}`)
	for name, code := range map[string]string{"a": "20012", "c": "20007", "zz": "20003"} {
		if _, err := r.Tell(ctx, testApp, name, "b", "x"); err == nil || !strings.Contains(err.Error(), code) {
			t.Errorf("%s: %v, want %s", name, err, code)
		}
	}
	if _, err := r.Tell(ctx, testApp, "b", "zz", "x"); err == nil || !strings.Contains(err.Error(), "90012") {
		t.Errorf("to a stranger: %v", err)
	}
	r.tell("a", "b", 1, "")
	r.tell("c", "b", 1, "")
	r.clock.Add(time.Minute)
	if _, err := r.Tell(ctx, testApp, "a", "b", "again"); err != nil {
		t.Errorf("after the mute: %v", err)
	}
}
