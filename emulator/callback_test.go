package emulator

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/emulator/internal/community"
	"imdesk/emulator/internal/tencent"
)

// hook is one callback as it arrived.
type hook struct {
	command, query string
	body           answer
}

// receiver is an app's side of callbacks.
type receiver struct {
	*httptest.Server
	t      *testing.T
	mu     sync.Mutex
	got    []hook
	answer func(w http.ResponseWriter, h hook) // nil: everything is fine
}

const fine = `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`

// receive starts an app that gets the callbacks of the rig's app.
func (r *rig) receive(c Callback) *receiver {
	r.Helper()
	a := &receiver{t: r.T}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b, err := io.ReadAll(req.Body)
		h := hook{command: req.URL.Query().Get("CallbackCommand"), query: req.URL.RawQuery, body: answer{}}
		if err != nil || req.Method != http.MethodPost || json.Unmarshal(b, &h.body) != nil {
			a.t.Errorf("%s %s: %v, %s", req.Method, req.URL, err, b)
		}
		a.mu.Lock()
		a.got = append(a.got, h)
		reply := a.answer
		a.mu.Unlock()
		if reply == nil {
			io.WriteString(w, fine)
			return
		}
		reply(w, h)
	}))
	r.Cleanup(a.Close)
	c.URL = cmp.Or(c.URL, a.URL)
	if err := r.SetCallback(testApp, c); err != nil {
		r.Fatal(err)
	}
	return a
}

// answers says what the app answers from now on.
func (a *receiver) answers(text string) {
	a.does(func(w http.ResponseWriter, _ hook) { io.WriteString(w, text) })
}

func (a *receiver) does(fn func(http.ResponseWriter, hook)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = fn
}

// arrived returns what has come so far, and forgets it.
func (a *receiver) arrived() []hook {
	a.mu.Lock()
	defer a.mu.Unlock()
	got := a.got
	a.got = nil
	return got
}

// wait returns the next n callbacks.
func (a *receiver) wait(n int) []hook {
	a.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		a.mu.Lock()
		there := len(a.got)
		a.mu.Unlock()
		if there >= n {
			return a.arrived()
		}
	}
	a.t.Fatalf("%d callbacks did not come: %v", n, a.arrived())
	return nil
}

// settled waits until nothing is on its way, and returns what has come.
func (a *receiver) settled(r *rig) []hook {
	a.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if r.tencent.CallbackStats().Waiting == 0 {
			return a.arrived()
		}
	}
	a.t.Fatal("callbacks do not come to an end")
	return nil
}

// json is the callback's body with its keys in order.
func (h hook) json() string {
	b, err := json.Marshal(h.body)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestCallbackBodies causes every callback and compares what arrives.
func TestCallbackBodies(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c", "owner")
	app := r.receive(Callback{})
	ctx := context.Background()
	const ms, rest = "1700000000000", "OptPlatform=RESTAPI"
	const quiet = `"ForbidCallbackControl":["ForbidBeforeSendMsgCallback","ForbidAfterSendMsgCallback"]`
	text := textBody("x")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	rest1 := func(command, body string) func() { return func() { t.Helper(); r.ok(command, body) } }
	var key, task string
	steps := []struct {
		name  string
		do    func()
		query string   // part of each
		want  []string // bodies, MsgId aside
	}{
		{"create a group", rest1(group+"create_group", `{"Type":"Public","Name":"test","GroupId":"g","Owner_Account":"owner","MaxMemberCount":4,"MemberList":[{"Member_Account":"a"}],"AppDefinedData":[{"Key":"k","Value":"v"}]}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeCreateGroup","CreateGroupNum":0,"EventTime":"` + ms + `","MemberList":[{"Member_Account":"a"}],"Name":"test","Operator_Account":"administrator","Owner_Account":"owner","Type":"Public"}`,
			`{"CallbackCommand":"Group.CallbackAfterCreateGroup","EventTime":"` + ms + `","GroupId":"g","MemberList":[{"Member_Account":"a"}],"Name":"test","Operator_Account":"administrator","Owner_Account":"owner","Type":"Public","UserDefinedDataList":[{"Key":"k","Value":"v"}]}`,
		}},
		{"create another one", rest1(group+"create_group", `{"Type":"Public","Name":"second","GroupId":"h","Owner_Account":"owner"}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeCreateGroup","CreateGroupNum":1,"EventTime":"` + ms + `","MemberList":[],"Name":"second","Operator_Account":"administrator","Owner_Account":"owner","Type":"Public"}`,
			`{"CallbackCommand":"Group.CallbackAfterCreateGroup","EventTime":"` + ms + `","GroupId":"h","MemberList":[],"Name":"second","Operator_Account":"administrator","Owner_Account":"owner","Type":"Public"}`,
		}},
		{"import a group", rest1(group+"import_group", `{"Type":"Private","Name":"p","GroupId":"p","Owner_Account":"owner"}`), rest, nil},
		{"import a member", rest1(group+"import_group_member", `{"GroupId":"p","MemberList":[{"Member_Account":"a"}]}`), rest, nil},
		{"add members", rest1(group+"add_group_member", `{"GroupId":"g","Silence":1,"MemberList":[{"Member_Account":"a"},{"Member_Account":"b"},{"Member_Account":"zz"}]}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeInviteJoinGroup","DestinationMembers":[{"Member_Account":"a"},{"Member_Account":"b"},{"Member_Account":"zz"}],"EventTime":"` + ms + `","GroupId":"g","Operator_Account":"administrator","Type":"Public"}`,
			`{"CallbackCommand":"Group.CallbackAfterNewMemberJoin","EventTime":"` + ms + `","GroupId":"g","JoinType":"Invited","NewMemberList":[{"Member_Account":"b"}],"Operator_Account":"administrator","Type":"Public"}`,
		}},
		{"add who is there", rest1(group+"add_group_member", `{"GroupId":"g","MemberList":[{"Member_Account":"a"}]}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeInviteJoinGroup","DestinationMembers":[{"Member_Account":"a"}],"EventTime":"` + ms + `","GroupId":"g","Operator_Account":"administrator","Type":"Public"}`,
		}},
		{"fill the group", rest1(group+"add_group_member", `{"GroupId":"g","MemberList":[{"Member_Account":"c"}]}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeInviteJoinGroup","DestinationMembers":[{"Member_Account":"c"}],"EventTime":"` + ms + `","GroupId":"g","Operator_Account":"administrator","Type":"Public"}`,
			`{"CallbackCommand":"Group.CallbackAfterGroupFull","EventTime":"` + ms + `","GroupId":"g"}`,
			`{"CallbackCommand":"Group.CallbackAfterNewMemberJoin","EventTime":"` + ms + `","GroupId":"g","JoinType":"Invited","NewMemberList":[{"Member_Account":"c"}],"Operator_Account":"administrator","Type":"Public"}`,
		}},
		{"add to a full group", func() {
			r.refuses([]refusal{{"full", group + "add_group_member", `{"GroupId":"g","MemberList":[{"Member_Account":"admin2"}]}`, 10014}})
		}, rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeInviteJoinGroup","DestinationMembers":[{"Member_Account":"admin2"}],"EventTime":"` + ms + `","GroupId":"g","Operator_Account":"administrator","Type":"Public"}`,
			`{"CallbackCommand":"Group.CallbackAfterGroupFull","EventTime":"` + ms + `","GroupId":"g"}`,
		}},
		{"remove members", rest1(group+"delete_group_member", `{"GroupId":"g","Silence":1,"MemberToDel_Account":["c","zz"]}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackAfterMemberExit","EventTime":"` + ms + `","ExitMemberList":[{"Member_Account":"c"}],"ExitType":"Kicked","GroupId":"g","Operator_Account":"administrator","Type":"Public"}`,
		}},
		{"remove who is not there", rest1(group+"delete_group_member", `{"GroupId":"g","MemberToDel_Account":["c"]}`), rest, nil},
		{"make an administrator with a card", rest1(group+"modify_group_member_info", `{"GroupId":"g","Member_Account":"a","Role":"Admin","NameCard":"boss"}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackAfterMemberFieldChanged","EventTime":"` + ms + `","GroupId":"g","Member_Account":"a","Modified_Account":"a","NameCard":"boss","Operator_Account":"administrator","Role":"Admin","Type":"Public"}`,
		}},
		{"mute a member", rest1(group+"modify_group_member_info", `{"GroupId":"g","Member_Account":"b","MuteTime":60}`), rest, nil},
		{"mute members", rest1(group+"forbid_send_msg", `{"GroupId":"g","Members_Account":["b"],"MuteTime":0}`), rest, nil},
		{"edit the group", rest1(group+"modify_group_base_info", `{"GroupId":"g","Name":"new","Introduction":"","MuteAllMember":"Off"}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackAfterGroupInfoChanged","EventTime":"` + ms + `","GroupId":"g","Name":"new","Operator_Account":"administrator","Type":"Public"}`,
		}},
		{"edit what nobody hears of", rest1(group+"modify_group_base_info", `{"GroupId":"g","MaxMemberNum":5}`), rest, nil},
		{"hand the group over", rest1(group+"change_group_owner", `{"GroupId":"g","NewOwner_Account":"b"}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackAfterChangeGroupOwner","EventTime":"` + ms + `","GroupId":"g","NewOwner_Account":"b","OldOwner_Account":"owner","Operator_Account":"administrator","Type":"Public"}`,
		}},
		{"say something", rest1(group+"send_group_msg", `{"GroupId":"h","From_Account":"owner","Random":7,"CloudCustomData":"cc","NeedReadReceipt":1,"GroupAtInfo":[{"GroupAtAllFlag":0,"GroupAt_Account":"a"}],"MsgBody":`+text+`}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeSendMsg","CloudCustomData":"cc","EventTime":"` + ms + `","From_Account":"owner","GroupId":"h","MsgBody":` + text + `,"OnlineOnlyFlag":0,"Operator_Account":"administrator","Random":7,"Type":"Public"}`,
			`{"CallbackCommand":"Group.CallbackAfterSendMsg","CloudCustomData":"cc","EventTime":"` + ms + `","From_Account":"owner","GroupAtInfo":[{"GroupAtAllFlag":0,"GroupAt_Account":"a"}],"GroupId":"h","MsgBody":` + text + `,"MsgSeq":1,"MsgTime":1700000000,"OnlineOnlyFlag":0,"Operator_Account":"administrator","Random":7,"Type":"Public"}`,
		}},
		{"say it again", rest1(group+"send_group_msg", `{"GroupId":"h","From_Account":"owner","Random":7,"MsgBody":`+text+`}`), rest, nil},
		{"say something to who is online", rest1(group+"send_group_msg", `{"GroupId":"h","From_Account":"owner","Random":8,"OnlineOnlyFlag":1,"MsgBody":`+text+`}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeSendMsg","EventTime":"` + ms + `","From_Account":"owner","GroupId":"h","MsgBody":` + text + `,"OnlineOnlyFlag":1,"Operator_Account":"administrator","Random":8,"Type":"Public"}`,
			`{"CallbackCommand":"Group.CallbackAfterSendMsg","EventTime":"` + ms + `","From_Account":"owner","GroupId":"h","MsgBody":` + text + `,"MsgSeq":0,"MsgTime":1700000000,"OnlineOnlyFlag":1,"Operator_Account":"administrator","Random":8,"Type":"Public"}`,
		}},
		{"say something while muted", func() {
			r.ok(group+"forbid_send_msg", `{"GroupId":"g","Members_Account":["a"],"MuteTime":60}`)
			r.refuses([]refusal{{"muted", group + "send_group_msg", `{"GroupId":"g","From_Account":"a","Random":9,"MsgBody":` + text + `}`, 10017}})
		}, rest, []string{
			`{"CallbackCommand":"Group.CallbackSendMsgException","ErrorCode":10017,"ErrorInfo":"the sender is muted in the group","EventTime":"` + ms + `","From_Account":"a","GroupId":"g","MsgBody":` + text + `,"OnlineOnlyFlag":0,"Operator_Account":"administrator","Random":9,"Type":"Public"}`,
		}},
		{"say something as a stranger", func() {
			r.refuses([]refusal{{"stranger", group + "send_group_msg", `{"GroupId":"g","From_Account":"zz","Random":9,"MsgBody":` + text + `}`, 10019}})
		}, rest, []string{
			`{"CallbackCommand":"Group.CallbackSendMsgException","ErrorCode":10019,"ErrorInfo":"this account has not been imported","EventTime":"` + ms + `","From_Account":"zz","GroupId":"g","MsgBody":` + text + `,"OnlineOnlyFlag":0,"Operator_Account":"administrator","Random":9,"Type":"Public"}`,
		}},
		{"say something nowhere", func() {
			r.refuses([]refusal{{"nowhere", group + "send_group_msg", `{"GroupId":"x","Random":9,"MsgBody":` + text + `}`, 10015}})
		}, rest, nil},
		{"import a message", rest1(group+"import_group_msg", `{"GroupId":"h","MsgList":[{"From_Account":"a","SendTime":1700000000,"MsgBody":`+text+`}]}`), rest, nil},
		{"read a message", rest1(group+"add_group_member", `{"GroupId":"h","Silence":1,"MemberList":[{"Member_Account":"a"},{"Member_Account":"b"}]}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeInviteJoinGroup","DestinationMembers":[{"Member_Account":"a"},{"Member_Account":"b"}],"EventTime":"` + ms + `","GroupId":"h","Operator_Account":"administrator","Type":"Public"}`,
			`{"CallbackCommand":"Group.CallbackAfterNewMemberJoin","EventTime":"` + ms + `","GroupId":"h","JoinType":"Invited","NewMemberList":[{"Member_Account":"a"},{"Member_Account":"b"}],"Operator_Account":"administrator","Type":"Public"}`,
		}},
		{"send a receipt, twice", func() {
			for range 2 {
				r.ok(group+"group_msg_receipt", `{"GroupId":"h","From_Account":"a","MsgSeqList":[{"MsgSeq":1}]}`)
			}
		}, rest, []string{
			`{"CallbackCommand":"Group.CallbackAfterReadReceipt","EventTime":"` + ms + `","GroupId":"h","GroupMsgReceiptList":[{"MsgSeq":1,"ReadNum":1,"ReadReceiptMembers":[{"Member_Account":"a"}],"UnreadNum":1}],"Type":"Public"}`,
		}},
		{"edit a message", rest1("openim/modify_group_msg", `{"GroupId":"h","MsgSeq":1,"CloudCustomData":"new"}`), rest, nil},
		{"recall messages", rest1(group+"group_msg_recall", `{"GroupId":"h","MsgSeqList":[{"MsgSeq":1},{"MsgSeq":99},{"MsgSeq":2}]}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackAfterRecallMsg","EventTime":"` + ms + `","GroupId":"h","MsgSeqList":[{"MsgSeq":1},{"MsgSeq":2}],"Operator_Account":"administrator","Type":"Public"}`,
		}},
		{"recall them again", rest1(group+"group_msg_recall", `{"GroupId":"h","MsgSeqList":[{"MsgSeq":1}]}`), rest, nil},
		{"recall by sender", rest1(group+"delete_group_msg_by_sender", `{"GroupId":"h","Sender_Account":"a"}`), rest, nil},
		{"dismiss a group", rest1(group+"destroy_group", `{"GroupId":"h"}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackAfterGroupDestroyed","EventTime":"` + ms + `","GroupId":"h","MemberList":[{"Member_Account":"a"},{"Member_Account":"b"},{"Member_Account":"owner"}],"Name":"second","Owner_Account":"owner","Type":"Public"}`,
		}},
		{"write to a user", func() {
			key = r.tell("a", "b", 7, `,"MsgSeq":5,"CloudCustomData":"cc"`)
		}, rest, []string{
			`{"CallbackCommand":"C2C.CallbackBeforeSendMsg","CloudCustomData":"cc","EventTime":` + ms + `,"From_Account":"a","MsgBody":` + textBody("text 7") + `,"MsgKey":"5_7_1700000000","MsgRandom":7,"MsgSeq":5,"MsgTime":1700000000,"OnlineOnlyFlag":0,"To_Account":"b"}`,
			`{"CallbackCommand":"C2C.CallbackAfterSendMsg","CloudCustomData":"cc","ErrorInfo":"send msg succeed","EventTime":` + ms + `,"From_Account":"a","MsgBody":` + textBody("text 7") + `,"MsgKey":"5_7_1700000000","MsgRandom":7,"MsgSeq":5,"MsgTime":1700000000,"OnlineOnlyFlag":0,"SendMsgResult":0,"To_Account":"b","UnreadMsgNum":1}`,
		}},
		{"write it again", func() { r.tell("a", "b", 7, `,"MsgSeq":5`) }, rest, nil},
		{"write to many", rest1("openim/batchsendmsg", `{"From_Account":"a","To_Account":["b"],"MsgRandom":1,"MsgBody":`+text+`}`), rest, nil},
		{"import what was written", rest1("openim/importmsg", `{"SyncFromOldSystem":2,"From_Account":"a","To_Account":"b","MsgRandom":1,"MsgTimeStamp":1600000000,"MsgBody":`+text+`}`), rest, nil},
		{"edit what was written", func() {
			r.ok("openim/modify_c2c_msg", fmt.Sprintf(`{"From_Account":"a","To_Account":"b","MsgKey":%q,"MsgBody":%s}`, key, text))
		}, rest, []string{
			`{"CallbackCommand":"C2C.CallbackAfterModifyMsg","CloudCustomData":"cc","EventTime":` + ms + `,"From_Account":"a","MsgBody":` + text + `,"MsgKey":"5_7_1700000000","MsgRandom":7,"MsgSeq":5,"MsgTime":1700000000,"Operator_Account":"administrator","To_Account":"b"}`,
		}},
		{"recall what was written", func() {
			r.ok("openim/admin_msgwithdraw", fmt.Sprintf(`{"From_Account":"a","To_Account":"b","MsgKey":%q}`, key))
		}, rest, []string{
			`{"CallbackCommand":"C2C.CallbackAfterMsgWithDraw","From_Account":"a","MsgKey":"5_7_1700000000","To_Account":"b","UnreadMsgNum":1}`,
		}},
		{"read what was written", rest1("openim/admin_set_msg_read", `{"Report_Account":"b","Peer_Account":"a"}`), rest, []string{
			`{"CallbackCommand":"C2C.CallbackAfterMsgReport","LastReadTime":1700000000,"Peer_Account":"a","Report_Account":"b","UnreadMsgNum":0}`,
		}},
		{"edit a profile", rest1("profile/portrait_set", `{"From_Account":"a","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"A"},{"Tag":"Tag_Profile_IM_Level","Value":7}]}`), rest, []string{
			`{"CallbackCommand":"Profile.CallbackPortraitSet","EventTime":` + ms + `,"From_Account":"a","Operator_Account":"administrator","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"A"},{"Tag":"Tag_Profile_IM_Level","Value":7}]}`,
		}},
		{"sign in", func() { r.SignIn(testApp, "a", "iPhone") }, "ClientIP=127.0.0.1&OptPlatform=IOS", []string{
			`{"CallbackCommand":"State.StateChange","EventTime":` + ms + `,"Info":{"Action":"Login","Reason":"Register","To_Account":"a"}}`,
		}},
		{"sign in on a second machine", func() { r.SignIn(testApp, "a", "PC") }, "OptPlatform=Windows", []string{
			`{"CallbackCommand":"State.StateChange","EventTime":` + ms + `,"Info":{"Action":"Login","Reason":"Register","To_Account":"a"}}`,
		}},
		{"sign in on another telephone", func() { r.SignIn(testApp, "a", "iPhone") }, "OptPlatform=IOS", []string{
			`{"CallbackCommand":"State.StateChange","EventTime":` + ms + `,"Info":{"Action":"Login","Reason":"Register","To_Account":"a"},"KickedDevice":[{"Platform":"iOS"}]}`,
		}},
		{"sign out", func() { r.SignOut(testApp, "a", "PC") }, "OptPlatform=Windows", []string{
			`{"CallbackCommand":"State.StateChange","EventTime":` + ms + `,"Info":{"Action":"Logout","Reason":"Unregister","To_Account":"a"}}`,
		}},
		{"speak from a device", func() {
			_, err := r.Say(ctx, testApp, "g", "b", "x")
			must(err)
		}, "ClientIP=127.0.0.1&OptPlatform=Unknown", []string{
			`{"CallbackCommand":"Group.CallbackBeforeSendMsg","EventTime":"` + ms + `","From_Account":"b","GroupId":"g","MsgBody":` + text + `,"OnlineOnlyFlag":0,"Operator_Account":"b","Random":0,"Type":"Public"}`,
			`{"CallbackCommand":"Group.CallbackAfterSendMsg","EventTime":"` + ms + `","From_Account":"b","GroupId":"g","MsgBody":` + text + `,"MsgSeq":4,"MsgTime":1700000000,"OnlineOnlyFlag":0,"Operator_Account":"b","Random":0,"Type":"Public"}`,
		}},
		{"write from a device", func() {
			_, err := r.Tell(ctx, testApp, "a", "b", "x")
			must(err)
		}, "ClientIP=127.0.0.1&OptPlatform=iOS", []string{
			`{"CallbackCommand":"C2C.CallbackBeforeSendMsg","EventTime":` + ms + `,"From_Account":"a","MsgBody":` + text + `,"MsgKey":"","MsgRandom":0,"MsgSeq":0,"MsgTime":1700000000,"OnlineOnlyFlag":0,"To_Account":"b"}`,
			`{"CallbackCommand":"C2C.CallbackAfterSendMsg","ErrorInfo":"send msg succeed","EventTime":` + ms + `,"From_Account":"a","MsgBody":` + text + `,"MsgKey":"","MsgRandom":0,"MsgSeq":0,"MsgTime":1700000000,"OnlineOnlyFlag":0,"SendMsgResult":0,"To_Account":"b","UnreadMsgNum":1}`,
		}},
		{"kick a user", rest1(account+"kick", `{"UserID":"a"}`), "OptPlatform=IOS", []string{
			`{"CallbackCommand":"State.StateChange","EventTime":` + ms + `,"Info":{"Action":"Logout","Reason":"Unregister","To_Account":"a"}}`,
		}},
		{"make a live room", rest1(group+"create_group", `{"Type":"AVChatRoom","Name":"live","GroupId":"live"}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeCreateGroup","CreateGroupNum":0,"EventTime":"` + ms + `","MemberList":[],"Name":"live","Operator_Account":"administrator","Owner_Account":"","Type":"AVChatRoom"}`,
			`{"CallbackCommand":"Group.CallbackAfterCreateGroup","EventTime":"` + ms + `","GroupId":"live","MemberList":[],"Name":"live","Operator_Account":"administrator","Owner_Account":"","Type":"AVChatRoom"}`,
		}},
		{"enter it", func() { must(r.Enter(ctx, testApp, "live", "b")) }, "CallbackCommand=Group.", []string{
			`{"CallbackCommand":"Group.CallbackBeforeApplyJoinGroup","EventTime":"` + ms + `","GroupId":"live","Requestor_Account":"b","Type":"AVChatRoom"}`,
			`{"CallbackCommand":"Group.CallbackAfterNewMemberJoin","EventTime":"` + ms + `","GroupId":"live","JoinType":"Apply","NewMemberList":[{"Member_Account":"b"}],"Operator_Account":"b","Type":"AVChatRoom"}`,
			`{"CallbackCommand":"Group.CallbackOnMemberStateChange","EventCause":"Join","EventTime":"` + ms + `","EventType":"Online","GroupId":"live","MemberList":[{"Member_Account":"b"}],"Type":"AVChatRoom"}`,
		}},
		{"leave it", func() { must(r.Leave(ctx, testApp, "live", "b", "c")) }, "CallbackCommand=Group.", []string{
			`{"CallbackCommand":"Group.CallbackAfterMemberExit","EventTime":"` + ms + `","ExitMemberList":[{"Member_Account":"b"}],"ExitType":"Quit","GroupId":"live","Operator_Account":"b","Type":"AVChatRoom"}`,
			`{"CallbackCommand":"Group.CallbackOnMemberStateChange","EventCause":"Quit","EventTime":"` + ms + `","EventType":"Offline","GroupId":"live","MemberList":[{"Member_Account":"b"}],"Type":"AVChatRoom"}`,
		}},
		{"ban from it", rest1(group+"ban_group_member", `{"GroupId":"live","Members_Account":["b"],"Duration":60}`), rest, nil},
		{"mute everywhere", rest1("openconfigsvr/setnospeaking", `{"Set_Account":"b","GroupmsgNospeakingTime":60}`), rest, nil},
		{"follow", func() {
			for range 2 {
				r.ok("follow/follow_add", `{"From_Account":"a","FollowItem":[{"To_Account":"b"}]}`)
			}
		}, rest, []string{`{"CallbackCommand":"Follow.CallbackAfterFollowAdd","PairList":[{"From_Account":"a","To_Account":"b"}]}`}},
		{"follow no more", rest1("follow/follow_delete", `{"From_Account":"a","To_Account":["b"]}`), rest, []string{
			`{"CallbackCommand":"Follow.CallbackAfterFollowDelete","PairList":[{"From_Account":"a","To_Account":"b"}]}`,
		}},
		{"set attributes", rest1(group+"modify_group_attr", `{"GroupId":"g","GroupAttr":[{"key":"k","value":"v"}]}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackAfterGroupAttrChanged","EventTime":"` + ms + `","GroupAttr":[{"key":"k","value":"v"}],"GroupId":"g","Operator_Account":"administrator","OptionType":"modify","Type":"Public"}`,
		}},
		{"clear attributes", rest1(group+"clear_group_attr", `{"GroupId":"g"}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackAfterGroupAttrChanged","EventTime":"` + ms + `","GroupAttr":[],"GroupId":"g","Operator_Account":"administrator","OptionType":"clear","Type":"Public"}`,
		}},
		{"import a community", rest1(group+"import_group", `{"Type":"Community","Name":"c","GroupId":"@TGS#_c","Owner_Account":"owner","SupportTopic":1}`), rest, nil},
		{"make a topic", rest1("million_group_open_http_svc/create_topic", `{"GroupId":"@TGS#_c","TopicId":"@TGS#_c@TOPIC#_t","TopicName":"t","From_Account":"owner"}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeCreateTopic","Name":"t","Operator_Account":"administrator","Type":"Community"}`,
			`{"CallbackCommand":"Group.CallbackAfterCreateTopic","GroupId":"@TGS#_c","Name":"t","Operator_Account":"administrator","Owner_Account":"owner","TopicId":"@TGS#_c@TOPIC#_t","Type":"Community","UserDefinedDataList":[]}`,
		}},
		{"import a topic", rest1(group+"import_topic", `{"GroupId":"@TGS#_c","TopicId":"@TGS#_c@TOPIC#_u","TopicName":"u"}`), rest, nil},
		{"say something in a topic", rest1(group+"send_group_msg", `{"GroupId":"@TGS#_c","TopicId":"@TGS#_c@TOPIC#_t","From_Account":"owner","Random":3,"MsgBody":`+text+`}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeSendMsg","EventTime":"` + ms + `","From_Account":"owner","GroupId":"@TGS#_c","MsgBody":` + text + `,"OnlineOnlyFlag":0,"Operator_Account":"administrator","Random":3,"TopicId":"@TGS#_c@TOPIC#_t","Type":"Community"}`,
			`{"CallbackCommand":"Group.CallbackAfterSendMsg","EventTime":"` + ms + `","From_Account":"owner","GroupId":"@TGS#_c","MsgBody":` + text + `,"MsgSeq":1,"MsgTime":1700000000,"OnlineOnlyFlag":0,"Operator_Account":"administrator","Random":3,"TopicId":"@TGS#_c@TOPIC#_t","Type":"Community"}`,
		}},
		{"edit a topic", rest1("million_group_open_http_svc/modify_topic", `{"GroupId":"@TGS#_c","TopicId":"@TGS#_c@TOPIC#_t","TopicName":"new","CustomString":"x"}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackAfterTopicInfoChanged","EventTime":"` + ms + `","GroupId":"@TGS#_c","Name":"new","Operator_Account":"administrator","Type":"Community"}`,
		}},
		{"remove topics", rest1("million_group_open_http_svc/destroy_topic", `{"GroupId":"@TGS#_c","TopicIdList":["@TGS#_c@TOPIC#_t","@TGS#_c@TOPIC#_x"]}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackAfterTopicDestroyed","GroupId":"@TGS#_c","TopicIdList":["@TGS#_c@TOPIC#_t"],"Type":"Community"}`,
		}},
		{"dismiss a community", rest1(group+"destroy_group", `{"GroupId":"@TGS#_c"}`), rest, []string{
			`{"CallbackCommand":"Group.CallbackAfterGroupDestroyed","EventTime":"` + ms + `","GroupId":"@TGS#_c","Name":"c","Owner_Account":"owner","Type":"Community"}`,
		}},
		{"write to a sleeping telephone", func() {
			r.tencent.SetOnline(testApp, "c", tencent.Device{Platform: "iPhone", Status: "PushOnline"})
			r.tell("a", "c", 8, `,"MsgSeq":6,`+quiet)
			r.tell("a", "c", 9, `,"MsgSeq":7,"OfflinePushInfo":{"PushFlag":1},`+quiet)
		}, "", []string{
			`{"CallbackCommand":"Push.OfflinePush","Events":[{"CallbackCommand":"Push.OfflinePush","ErrCode":0,"ErrInfo":"OK","EventTime":1700000000,"EventType":1,"From_Account":"a","MsgKey":"6_8_1700000000","MsgRandom":8,"MsgSeq":6,"PushPlatform":1,"PushStage":1,"To_Account":"c"}]}`,
		}},
		{"write to a group with one", func() {
			r.ok(group+"import_group_member", `{"GroupId":"p","MemberList":[{"Member_Account":"c"}]}`)
			r.ok(group+"send_group_msg", `{"GroupId":"p","From_Account":"a","Random":11,`+quiet+`,"MsgBody":`+text+`}`)
			r.ok(group+"modify_group_member_info", `{"GroupId":"p","Member_Account":"c","MsgFlag":"Discard"}`)
			r.ok(group+"send_group_msg", `{"GroupId":"p","From_Account":"a","Random":12,`+quiet+`,"MsgBody":`+text+`}`)
		}, "", []string{
			`{"CallbackCommand":"Push.OfflinePush","Events":[{"CallbackCommand":"Push.OfflinePush","ErrCode":0,"ErrInfo":"OK","EventTime":1700000000,"EventType":2,"From_Account":"a","GroupID":"p","MsgSeq":1,"PushPlatform":1,"PushStage":1,"To_Account":"c"}]}`,
		}},
		{"push to all", func() {
			r.tencent.SetOnline(testApp, "b", tencent.Device{Platform: "Web", Status: "Online"})
			task = fmt.Sprint(r.ok("all_member_push/im_push", `{"MsgRandom":1,"MsgLifeTime":60,"MsgBody":`+text+`}`)["TaskId"])
		}, "", []string{
			`{"CallbackCommand":"Push.AllMemberPush","Events":[{"CallbackCommand":"Push.AllMemberPush","ErrCode":0,"ErrInfo":"OK","EventTime":1700000000,"EventType":2,"PushPlatform":0,"PushStage":1,"TaskId":"TASK","TaskTime":1700000000,"To_Account":"b"}]}`,
			`{"CallbackCommand":"Push.AllMemberPush","Events":[{"CallbackCommand":"Push.AllMemberPush","ErrCode":0,"ErrInfo":"OK","EventTime":1700000000,"EventType":1,"PushPlatform":1,"PushStage":1,"TaskId":"TASK","TaskTime":1700000000,"To_Account":"c"}]}`,
		}},
		{"write what moderation finds", func() {
			r.tencent.SetOnline(testApp, "b")
			r.tencent.SetOnline(testApp, "c")
			for n, word := range []string{"rude", "odd"} {
				lib := at(r.ok("im_msg_audit_mgr/get_cloud_audit_keywords_ids", fmt.Sprintf(`{"SdkAppId":%d,"Offset":0,"Limit":10}`, testApp)), "Infos", n, "ID")
				r.ok("im_msg_audit_mgr/add_cloud_audit_keywords", fmt.Sprintf(`{"SdkAppId":%d,"LibID":%q,"UserKeywords":[{"Content":%q,"Label":"Abuse"}]}`, testApp, lib, word))
			}
			r.refuses([]refusal{
				{"to a group", group + "send_group_msg", `{"GroupId":"p","Random":13,"From_Account":"a",` + quiet + `,"MsgBody":` + textBody("a Rude word") + `}`, 80001},
			})
		}, "", []string{
			`{"CtxcbKeywords":["rude"],"CtxcbLabel":"Abuse","CtxcbLibName":"block_1400000000","CtxcbResult":1,"CtxcbSubLabel":"","CtxcbSubLabelDesc":"","CtxcbSuggestion":"Block","ContactItem":{"ContactType":2,"ToGroupId":"p"},"ContentType":"Text","From_Account":"a","Scene":"Group","SdkAppId":1400000000,"TextContent":["a Rude word"]}`,
		}},
		{"write what it lets pass for review", rest1("openim/sendmsg", `{"From_Account":"a","To_Account":"b","MsgRandom":14,`+quiet+`,"MsgBody":`+textBody("an odd word")+`}`), "", []string{
			`{"CtxcbKeywords":["odd"],"CtxcbLabel":"Abuse","CtxcbLibName":"review_1400000000","CtxcbResult":0,"CtxcbSubLabel":"","CtxcbSubLabelDesc":"","CtxcbSuggestion":"Review","ContactItem":{"ContactType":1,"To_Account":"b"},"ContentType":"Text","From_Account":"a","Scene":"C2C","SdkAppId":1400000000,"TextContent":["an odd word"]}`,
		}},
		{"make the 8,000th group of a day, and one too many", func() {
			grow := func(n int64) {
				must(r.store.Update(ctx, func(tx *community.Tx) error { return tx.Tally(testApp, r.clock.Now().Unix(), community.GroupsNew, n) }))
			}
			before, err := r.store.Read(ctx).GroupsGrown(testApp)
			must(err)
			grow(7_999 - before)
			r.ok(group+"create_group", `{"Type":"Public","Name":"8,000","GroupId":"eight"}`)
			grow(2_000)
			r.refuses([]refusal{{"the 10,001st", group + "create_group", `{"Type":"Public","Name":"10,001"}`, 10006}})
		}, rest, []string{
			`{"CallbackCommand":"Group.CallbackBeforeCreateGroup","CreateGroupNum":0,"EventTime":"` + ms + `","MemberList":[],"Name":"8,000","Operator_Account":"administrator","Owner_Account":"","Type":"Public"}`,
			`{"CallbackCommand":"Group.CallbackBeforeCreateGroup","CreateGroupNum":0,"EventTime":"` + ms + `","MemberList":[],"Name":"10,001","Operator_Account":"administrator","Owner_Account":"","Type":"Public"}`,
			`{"CallbackCommand":"Group.CallbackOnDailyGroupQuotaAlarm","EventTime":"` + ms + `","Quota":10000,"QuotaUsed":8000}`,
			`{"CallbackCommand":"Group.CallbackAfterCreateGroup","EventTime":"` + ms + `","GroupId":"eight","MemberList":[],"Name":"8,000","Operator_Account":"administrator","Owner_Account":"","Type":"Public"}`,
		}},
		{"call too often", func() {
			for range 3 {
				r.call(group+"get_appid_group_list", `{}`)
			}
		}, rest, []string{`{"CallbackCommand":"Alert.RequestOverLimit","Command":"get_appid_group_list","Limit":1,"Request":2,"ServiceName":"group_open_http_svc"}`}},
	}
	anonymous := []string{"Group.CallbackOnMemberStateChange", "Push.OfflinePush", "Push.AllMemberPush", "ContentCallback.ResultNotify"}
	sent := map[string]bool{}
	for _, s := range steps {
		s.do()
		got := app.settled(r)
		slices.SortStableFunc(got, func(a, b hook) int { // before comes before after, whatever lane it is in
			return cmp.Compare(bit(!strings.Contains(a.command, "Before")), bit(!strings.Contains(b.command, "Before")))
		})
		var bodies []string
		for _, h := range got {
			sent[h.command] = true
			if h.command == "ContentCallback.ResultNotify" {
				if h.body["CallbackCommand"] != nil || len(fmt.Sprint(h.body["CtxcbRequestId"])) != 36 {
					t.Errorf("%s: %v", s.name, h.body)
				}
				delete(h.body, "CtxcbRequestId")
			} else if h.body["CallbackCommand"] != h.command {
				t.Errorf("%s: %s in the address, %v in the body", s.name, h.command, h.body["CallbackCommand"])
			}
			if strings.HasPrefix(h.command, "C2C.") && h.body["MsgBody"] != nil && !strings.Contains(h.command, "Modify") && len(fmt.Sprint(h.body["MsgId"])) < 16 {
				t.Errorf("%s: MsgId %v", s.name, h.body["MsgId"])
			}
			delete(h.body, "MsgId")
			if strings.Contains(s.name, "from a device") { // what a device chooses by chance
				for field, none := range map[string]any{"MsgSeq": 0.0, "MsgRandom": 0.0, "Random": 0.0, "MsgKey": ""} {
					if h.body[field] != nil && (field != "MsgSeq" || strings.HasPrefix(h.command, "C2C.")) {
						h.body[field] = none
					}
				}
			}
			if h.command == "ContentCallback.ResultNotify" {
				delete(h.body, "MsgID") // its middle is chance
			}
			bodies = append(bodies, h.json())
			if !strings.Contains(h.query, s.query) || !strings.HasPrefix(h.query, "SdkAppid=1400000000&CallbackCommand="+h.command+"&contenttype=json") {
				t.Errorf("%s: query %s, want %s in it", s.name, h.query, s.query)
			}
			if strings.Contains(h.query, "OptPlatform") == slices.Contains(anonymous, h.command) {
				t.Errorf("%s: %s says who caused it, or does not", s.name, h.query)
			}
		}
		for i, text := range s.want {
			s.want[i] = hook{body: decode(strings.ReplaceAll(text, "TASK", task))}.json()
		}
		if !slices.Equal(bodies, s.want) {
			t.Errorf("%s:\n got %s\nwant %s", s.name, strings.Join(bodies, "\n     "), strings.Join(s.want, "\n     "))
		}
	}
	for _, command := range tencent.CallbackCommands() {
		if !sent[command] && !strings.HasPrefix(command, "Sns.") {
			t.Errorf("%s was never sent", command)
		}
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestSignedCallbacks(t *testing.T) {
	r := newRig(t)
	r.people("a")
	app := r.receive(Callback{Token: "xxxxyyyy"})
	r.clock.t = time.Unix(1669872112, 0)
	r.SignIn(testApp, "a", "Web")
	const want = "SdkAppid=1400000000&CallbackCommand=State.StateChange&contenttype=json&ClientIP=127.0.0.1&OptPlatform=Web" +
		"&Sign=17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061&RequestTime=1669872112"
	if got := app.wait(1)[0].query; got != want {
		t.Errorf("query %s", got)
	}
	if err := r.SetCallback(testApp, Callback{URL: app.URL + "/in?x=1#y", Token: "secret"}); err != nil {
		t.Fatal(err)
	}
	r.SignOut(testApp, "a", "")
	q, err := url.ParseQuery(app.wait(1)[0].query)
	if sum := fmt.Sprintf("%x", sha256.Sum256([]byte("secret1669872112"))); err != nil || q.Get("x") != "1" || q.Get("Sign") != sum {
		t.Errorf("query %v, %v", q, err)
	}
}

func TestBeforeCallbacksDecide(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a", "b")
	app := r.receive(Callback{Only: []string{"C2C.CallbackBeforeSendMsg", "Group.CallbackBeforeSendMsg", "Group.CallbackBeforeCreateGroup", "Group.CallbackBeforeInviteJoinGroup", "Group.CallbackBeforeApplyJoinGroup"}})
	decide := func(code int, more string) {
		app.answers(fmt.Sprintf(`{"ActionStatus":"OK","ErrorInfo":"not here","ErrorCode":%d%s}`, code, more))
	}
	n := 0
	inGroup := func() answer {
		n++
		return r.call(group+"send_group_msg", fmt.Sprintf(`{"GroupId":"g","From_Account":"a","Random":%d,"MsgBody":%s}`, n, textBody("plain")))
	}
	toUser := func() answer {
		n++
		return r.call("openim/sendmsg", direct("a", "b", n, ""))
	}
	create := func() answer {
		n++
		return r.call(group+"create_group", fmt.Sprintf(`{"Type":"Public","Name":"n","GroupId":"g%d"}`, n))
	}
	add := func() answer {
		n++
		r.people(fmt.Sprint("new", n))
		return r.call(group+"add_group_member", fmt.Sprintf(`{"GroupId":"g","MemberList":[{"Member_Account":"new%d"}]}`, n))
	}
	tests := []struct {
		name string
		code int
		do   func() answer
		want int
		info string
	}{
		{"a group refuses", 1, inGroup, 10016, ""},
		{"a group refuses in its own words", 10100, inGroup, 10100, "not here"},
		{"the last of its words", 10200, inGroup, 10200, "not here"},
		{"a code of nobody", 10201, inGroup, 0, ""},
		{"a group drops", 2, inGroup, 0, ""},
		{"a group allows", 0, inGroup, 0, ""},
		{"a user refuses", 1, toUser, 20006, ""},
		{"a user refuses in his own words", 120001, toUser, 120001, "not here"},
		{"the last of his words", 130000, toUser, 130000, "not here"},
		{"a code of groups", 10100, toUser, 0, ""},
		{"a user drops", 2, toUser, 0, ""},
		{"a user allows", 0, toUser, 0, ""},
		{"no group is made", 1, create, 10016, ""},
		{"no group is made, in own words", 10150, create, 10150, "not here"},
		{"a group cannot be made silently", 2, create, 0, ""},
		{"a group is made", 0, create, 0, ""},
		{"nobody is added", 1, add, 10016, ""},
		{"nobody is added, in own words", 10150, add, 10150, "not here"},
		{"somebody is added", 0, add, 0, ""},
	}
	for _, tt := range tests {
		decide(tt.code, "")
		before, seen := r.NextSeq("g"), r.seen("a", "b")
		a := tt.do()
		if a.code() != tt.want || tt.info != "" && a["ErrorInfo"] != tt.info {
			t.Errorf("%s: %v", tt.name, a)
		}
		if len(app.arrived()) != 1 {
			t.Errorf("%s: the app was not asked once", tt.name)
		}
		dropped := tt.code == 2 && !strings.Contains(tt.name, "made")
		if dropped && (r.NextSeq("g") != before || r.seen("a", "b") != seen) {
			t.Errorf("%s: it was stored", tt.name)
		}
		if seq, ok := a["MsgSeq"]; ok && (seq == 0.0) != dropped {
			t.Errorf("%s: MsgSeq %v", tt.name, seq)
		}
	}

	decide(0, `,"RefusedMembers_Account":["x"]`)
	r.people("x", "y")
	app.arrived()
	a := r.ok(group+"add_group_member", `{"GroupId":"g","MemberList":[{"Member_Account":"x"},{"Member_Account":"y"}]}`)
	r.expect(a, "[map[Member_Account:x Result:0] map[Member_Account:y Result:1]]", "MemberList")

	decide(0, `,"MsgBody":`+textBody("softer")+`,"CloudCustomData":"edited"`)
	r.clock.Add(time.Second)
	inGroup()
	toUser()
	rows, _ := r.history("g", `,"ReqMsgNumber":1`)
	last := r.roam("b", "a", "")["MsgList"].([]any)
	m := last[len(last)-1]
	if rows[0].text != "softer" || at(m, "MsgBody", 0, "MsgContent", "Text") != "softer" || at(m, "CloudCustomData") != "edited" {
		t.Errorf("rewritten to %v and %v", rows[0], m)
	}
	for name, more := range map[string]string{
		"no array": `,"MsgBody":"x"`, "no element": `,"MsgBody":[{}]`, "too long": `,"MsgBody":` + textBody(strings.Repeat("x", 12_001)), "data is a number": `,"CloudCustomData":7`,
	} {
		decide(0, more)
		inGroup()
		if rows, _ := r.history("g", `,"ReqMsgNumber":1`); rows[0].text != "plain" {
			t.Errorf("%s: rewritten to %v", name, rows[0])
		}
	}

	r.group("AVChatRoom", "live")
	decide(1, "")
	if err := r.Enter(context.Background(), testApp, "live", "a"); err == nil || !strings.Contains(err.Error(), "10016") {
		t.Errorf("a user whom the app does not let in: %v", err)
	}
	if _, err := r.Say(context.Background(), testApp, "g", "a", "x"); err == nil || !strings.Contains(err.Error(), "10016") {
		t.Errorf("said from a device: %v", err)
	}
}

// NextSeq is the seq that a group's next message gets.
func (r *rig) NextSeq(id string) any {
	r.Helper()
	return at(r.ok(group+"get_group_info", `{"GroupIdList":[`+js(id)+`]}`), "GroupInfo", 0, "NextMsgSeq")
}

// TestCallbackThatFails goes on or refuses, as the app wants it, and is never repeated.
func TestCallbackThatFails(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	app := r.receive(Callback{})
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	say := func(text string) func(http.ResponseWriter, hook) {
		return func(w http.ResponseWriter, _ hook) { io.WriteString(w, text) }
	}
	failures := map[string]func(http.ResponseWriter, hook){
		"a refusal with another status": func(w http.ResponseWriter, _ hook) {
			w.WriteHeader(http.StatusAccepted)
			io.WriteString(w, `{"ActionStatus":"OK","ErrorCode":1}`)
		},
		"no answer in time":      func(http.ResponseWriter, hook) { <-release },
		"a connection that ends": func(http.ResponseWriter, hook) { panic(http.ErrAbortHandler) },
		"a redirection": func(w http.ResponseWriter, _ hook) {
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
		"no JSON":                  say("OK"),
		"nothing":                  say(""),
		"an array":                 say("[]"),
		"no code":                  say(`{"ActionStatus":"OK"}`),
		"a code that is no number": say(`{"ActionStatus":"OK","ErrorCode":[]}`),
		"a code below 0":           say(`{"ActionStatus":"OK","ErrorCode":-1}`),
		"no status":                say(`{"ErrorCode":1}`),
		"a status that is not OK":  say(`{"ActionStatus":"FAIL","ErrorCode":1}`),
		"a text that is none":      say(`{"ActionStatus":"OK","ErrorCode":1,"ErrorInfo":7}`),
		"text that is not UTF-8":   say("{\"ActionStatus\":\"OK\",\"ErrorCode\":1,\"ErrorInfo\":\"\xff\"}"),
	}
	n := 0
	for name, fail := range failures {
		app.does(fail)
		for policy, want := range map[bool]int{false: 0, true: 80003} {
			if err := r.SetCallback(testApp, Callback{URL: app.URL, Refuse: policy, Timeout: 100 * time.Millisecond, Only: []string{"C2C.CallbackBeforeSendMsg"}}); err != nil {
				t.Fatal(err)
			}
			n++
			if a := r.call("openim/sendmsg", direct("a", "b", n, "")); a.code() != want {
				t.Errorf("%s, refuse %t: %v", name, policy, a)
			}
			if got := len(app.arrived()); got != 1 {
				t.Errorf("%s: asked %d times", name, got)
			}
		}
	}
	stats := r.tencent.CallbackStats()
	if stats.Sent != int64(n) || stats.Failed != int64(n) || stats.Retried != 0 {
		t.Errorf("%+v after %d failures", stats, n)
	}
	if err := r.SetCallback(testApp, Callback{URL: "http://127.0.0.1:1/", Refuse: true}); err != nil {
		t.Fatal(err)
	}
	if a := r.call("openim/sendmsg", direct("a", "b", 0, "")); a.code() != 80003 {
		t.Errorf("nobody listens: %v", a)
	}
}

// TestCallbacksTakeTwoSeconds is the vendor's own limit, once.
func TestCallbacksTakeTwoSeconds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.people("a", "b")
	app := r.receive(Callback{Only: []string{"C2C.CallbackBeforeSendMsg"}})
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	app.does(func(http.ResponseWriter, hook) { <-release })
	begun := time.Now()
	r.tell("a", "b", 1, "")
	if took := time.Since(begun); took < 2*time.Second || took > 4*time.Second {
		t.Errorf("let through after %s", took)
	}
}

func TestForbiddenCallbacks(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a", "b")
	app := r.receive(Callback{})
	n := 0
	for _, tt := range []struct{ forbid, want string }{
		{`[]`, "Before After"},
		{`["ForbidBeforeSendMsgCallback"]`, "After"},
		{`["ForbidAfterSendMsgCallback"]`, "Before"},
		{`["ForbidBeforeSendMsgCallback","ForbidAfterSendMsgCallback"]`, ""},
	} {
		for _, where := range []func(){
			func() { r.tell("a", "b", n, `,"ForbidCallbackControl":`+tt.forbid) },
			func() {
				r.ok(group+"send_group_msg", fmt.Sprintf(`{"GroupId":"g","From_Account":"a","Random":%d,"MsgBody":%s,"ForbidCallbackControl":%s}`, n, textBody("x"), tt.forbid))
			},
		} {
			n++
			where()
			var got []string
			for _, h := range app.settled(r) {
				_, name, _ := strings.Cut(h.command, ".Callback")
				got = append(got, strings.TrimSuffix(name, "SendMsg"))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%s: %v", tt.forbid, got)
			}
		}
	}
}

// TestMessageOverTheRateIsAnException has a group at its limit of 40 messages a second.
func TestMessageOverTheRateIsAnException(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	app := r.receive(Callback{Only: []string{"Group.CallbackAfterSendMsg", "Group.CallbackSendMsgException"}})
	for range 41 {
		r.say("g", "a", "x")
	}
	got := app.wait(41)
	var seqs []string
	for _, h := range got[:40] {
		seqs = append(seqs, fmt.Sprint(num(h.body["MsgSeq"])))
	}
	first := num(got[0].body["MsgSeq"]).(int64)
	for i, seq := range seqs {
		if seq != fmt.Sprint(first+int64(i)) {
			t.Fatalf("out of order: %v", seqs)
		}
	}
	if last := got[40]; last.command != "Group.CallbackSendMsgException" || num(last.body["ErrorCode"]) != int64(10023) {
		t.Errorf("the last is %v", last)
	}
}

// TestCallbacksKeepTheirOrder has many speak in two groups at once, and the app be slow with one.
func TestCallbacksKeepTheirOrder(t *testing.T) {
	r := newRig(t)
	r.group("Public", "slow", "a")
	r.group("Public", "fast", "a")
	app := r.receive(Callback{Only: []string{"Group.CallbackAfterSendMsg"}})
	release := make(chan struct{})
	app.does(func(w http.ResponseWriter, h hook) {
		if h.body["GroupId"] == "slow" {
			<-release
		}
		io.WriteString(w, fine)
	})
	const each = 30
	var talk sync.WaitGroup
	for _, id := range []string{"slow", "fast"} {
		for i := range each {
			talk.Go(func() {
				r.call(group+"send_group_msg", fmt.Sprintf(`{"GroupId":%q,"From_Account":"a","Random":%d,"MsgBody":%s}`, id, i, textBody("x")))
			})
		}
	}
	talk.Wait()
	got := app.wait(each + 1) // all of the fast one, and the first of the slow one
	close(release)
	got = append(got, app.settled(r)...)
	last := map[any]float64{}
	for _, h := range got {
		id, seq := h.body["GroupId"], h.body["MsgSeq"].(float64)
		if seq <= last[id] {
			t.Errorf("%v: seq %v after %v", id, seq, last[id])
		}
		last[id] = seq
	}
	if len(got) != 2*each {
		t.Errorf("%d callbacks", len(got))
	}
}

func TestAfterCallbacksAreRepeatedIfWanted(t *testing.T) {
	r := newRig(t)
	r.people("a")
	app := r.receive(Callback{})
	app.answers("no")
	r.SignIn(testApp, "a", "Web")
	if got := app.settled(r); len(got) != 1 {
		t.Errorf("sent %d times", len(got))
	}
	if err := r.SetCallback(testApp, Callback{URL: app.URL, RetryAfter: true}); err != nil {
		t.Fatal(err)
	}
	r.SignOut(testApp, "a", "Web")
	got := app.settled(r)
	if len(got) != 3 || got[0].json() != got[2].json() {
		t.Errorf("sent %v", got)
	}
	if stats := r.tencent.CallbackStats(); stats.Sent != 4 || stats.Failed != 4 || stats.Retried != 2 || stats.Commands["State.StateChange"] != 4 {
		t.Errorf("%+v", stats)
	}
	app.answers(`{"ActionStatus":"OK","ErrorCode":1}`)
	r.SignIn(testApp, "a", "Web")
	if got := app.settled(r); len(got) != 1 {
		t.Errorf("an answer that says no is an answer: sent %d times", len(got))
	}
	day := at(r.ok("openconfigsvr/getappinfo", `{"RequestField":["CallBackReq","CallBackRsp"]}`), "Result", 0)
	if at(day, "CallBackReq") != "5" || at(day, "CallBackRsp") != "1" {
		t.Errorf("statistics of today: %v", day)
	}
}

// TestCloseSendsWhatWaits has callbacks wait when the server is closed: those the app takes in time arrive.
func TestCloseSendsWhatWaits(t *testing.T) {
	r := newRig(t)
	r.people("a")
	app := r.receive(Callback{})
	app.does(func(w http.ResponseWriter, _ hook) { time.Sleep(time.Millisecond); io.WriteString(w, fine) })
	for range 50 {
		r.SignIn(testApp, "a", "Web")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if got := app.arrived(); len(got) != 50 {
		t.Errorf("%d arrived", len(got))
	}
	if _, err := r.Say(context.Background(), testApp, "g", "a", "x"); err == nil {
		t.Error("something was said after the end")
	}
	if stats := r.tencent.CallbackStats(); stats.Dropped != 0 || stats.Waiting != 0 {
		t.Errorf("at the end: %+v", stats)
	}
}

// TestCloseDoesNotWaitForever has an app that answers nothing.
func TestCloseDoesNotWaitForever(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.people("a", "b")
	app := r.receive(Callback{Timeout: time.Minute})
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	app.does(func(http.ResponseWriter, hook) { <-release })
	for range 20 {
		r.SignIn(testApp, "a", "Web")
	}
	asked := make(chan error)
	go func() {
		_, err := r.Tell(context.Background(), testApp, "a", "b", "x")
		asked <- err
	}()
	app.wait(2)
	begun := time.Now()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("closed after %s", took)
	}
	<-asked
	if stats := r.tencent.CallbackStats(); stats.Dropped+stats.Sent != 20+2 || stats.Sent > 3 || stats.Waiting != 0 { // Tell goes on, and may tell of it
		t.Errorf("%+v", stats)
	}
}

func TestCallbackControls(t *testing.T) {
	r := newRig(t)
	r.people("a")
	app := r.receive(Callback{})
	control := func(method, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, r.URL()+"/_emulator/callbacks", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := r.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, strings.TrimSpace(string(b))
	}
	const set = `[{"app":1400000000,"url":"http://127.0.0.1:9/x","token":"secret","refuse":true,"retry_after":true,"only":["State.StateChange"],"timeout":"1.5s"}]`
	for _, tt := range []struct {
		name, method, body string
		status             int
		want               string
	}{
		{"as it was set", "GET", "", 200, `[{"app":1400000000,"url":"` + app.URL + `"}]`},
		{"set", "PUT", set, 200, `[{"app":1400000000,"url":"http://127.0.0.1:9/x","signed":true,"refuse":true,"retry_after":true,"only":["State.StateChange"],"timeout":"1.5s"}]`},
		{"no JSON", "PUT", `x`, 400, ""},
		{"an unknown field", "PUT", `[{"app":1400000000,"path":"x"}]`, 400, ""},
		{"an unknown app", "PUT", `[{"app":7,"url":"http://x/"}]`, 400, ""},
		{"no address", "PUT", `[{"app":1400000000,"url":"ftp://x/"}]`, 400, ""},
		{"an unknown command", "PUT", `[{"app":1400000000,"url":"http://x/","only":["State.Change"]}]`, 400, ""},
		{"no time", "PUT", `[{"app":1400000000,"url":"http://x/","timeout":"soon"}]`, 400, ""},
		{"too long", "PUT", `[{"app":1400000000,"url":"http://x/","timeout":"2h"}]`, 400, ""},
		{"nothing of that was set", "GET", "", 200, `[{"app":1400000000,"url":"http://127.0.0.1:9/x","signed":true,"refuse":true,"retry_after":true,"only":["State.StateChange"],"timeout":"1.5s"}]`},
		{"removed", "DELETE", "", 200, `[]`},
		{"gone", "GET", "", 200, `[]`},
	} {
		if status, got := control(tt.method, tt.body); status != tt.status || tt.want != "" && got != tt.want {
			t.Errorf("%s: %d %s", tt.name, status, got)
		}
	}
	r.SignIn(testApp, "a", "Web")
	if got := app.settled(r); len(got) != 0 {
		t.Errorf("callbacks of nobody: %v", got)
	}
	control("PUT", `[{"app":1400000000,"url":`+js(app.URL)+`,"only":["State.StateChange"]}]`)
	r.SignOut(testApp, "a", "Web")
	r.tell("a", "a", 1, "")
	if got := app.settled(r); len(got) != 1 || got[0].command != "State.StateChange" {
		t.Errorf("only one kind was asked for: %v", got)
	}
	resp, err := r.http.Get(r.URL() + "/_emulator/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var stats answer
	if err := json.NewDecoder(resp.Body).Decode(&stats); err != nil {
		t.Fatal(err)
	}
	r.expect(stats, 1, "callbacks", "sent")
	r.expect(stats, 1, "callbacks", "commands", "State.StateChange")
	if err := r.SetCallback(7, Callback{}); err == nil {
		t.Error("an unknown app was taken")
	}
}

// TestMediaInCallbacks has the emulator's own media reach the app under an address that works.
func TestMediaInCallbacks(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	app := r.receive(Callback{})
	picture := r.URL() + "/_emulator/media/face/1.svg"
	body := `[{"MsgType":"TIMFileElem","MsgContent":{"Url":` + js(picture) + `}}]`
	r.ok(group+"send_group_msg", `{"GroupId":"g","From_Account":"a","Random":1,"MsgBody":`+body+`}`)
	for _, h := range app.settled(r) {
		if got := at(h.body, "MsgBody", 0, "MsgContent", "Url"); got != picture {
			t.Errorf("%s: %v", h.command, got)
		}
	}
	if err := r.SetCallback(testApp, Callback{}); err != nil {
		t.Fatal(err)
	}
}
