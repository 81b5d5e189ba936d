package tencent_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
)

// arrival is a callback as it came.
type arrival struct {
	query url.Values
	body  []byte
}

// callbackSink is a server that keeps the callbacks of the service's app, and lets everything through.
type callbackSink struct {
	mu  sync.Mutex
	got []arrival
}

func (s *service) callbacks(t *testing.T, token string) *callbackSink {
	t.Helper()
	sink := &callbackSink{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		sink.mu.Lock()
		defer sink.mu.Unlock()
		sink.got = append(sink.got, arrival{r.URL.Query(), body})
		w.Write(tencent.Callbacks{}.Allow())
	}))
	t.Cleanup(server.Close)
	if err := s.emulator.SetCallback(sdkAppID, emulator.Callback{URL: server.URL, Token: token}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.emulator.SetCallback(sdkAppID, emulator.Callback{}); err != nil {
			t.Error(err)
		}
	})
	return sink
}

func (c *callbackSink) all() []arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

// has waits until all these commands have come.
func (c *callbackSink) has(t *testing.T, commands []string) {
	t.Helper()
	missing := commands
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		came := map[string]bool{}
		for _, a := range c.all() {
			came[a.query.Get("CallbackCommand")] = true
		}
		missing = slices.DeleteFunc(slices.Clone(commands), func(s string) bool { return came[s] })
		if len(missing) == 0 {
			return
		}
	}
	t.Fatalf("never came: %v", missing)
}

// try sends a command that may be refused.
func (s *service) try(t *testing.T, command, body string) {
	t.Helper()
	sig, err := tencent.SignUserSig(secretKey, tencent.UserSig{SDKAppID: sdkAppID, Identifier: administrator, Time: s.now(), Expire: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	q := url.Values{"sdkappid": {fmt.Sprint(sdkAppID)}, "identifier": {administrator}, "usersig": {sig}, "random": {"1"}, "contenttype": {"json"}}
	s.send(t, s.emulator.URL()+"/v4/"+command+"?"+q.Encode(), []byte(body))
}

// rare are the two callbacks that nothing small causes from outside: one takes 8,000 new groups, the other a telephone asleep.
var rare = []arrival{
	rareCallback("Group.CallbackOnDailyGroupQuotaAlarm", `"EventTime":"1700000000000","Quota":10000,"QuotaUsed":8000`),
	rareCallback("Push.OfflinePush", `"Events":[{"CallbackCommand":"Push.OfflinePush","ErrCode":0,"ErrInfo":"OK","EventTime":1700000000,"EventType":1,`+
		`"From_Account":"a","MsgKey":"6_8_1700000000","MsgRandom":8,"MsgSeq":6,"PushPlatform":1,"PushStage":1,"To_Account":"c"}]`),
}

func rareCallback(command, fields string) arrival {
	return arrival{
		url.Values{"SdkAppid": {fmt.Sprint(sdkAppID)}, "CallbackCommand": {command}, "contenttype": {"json"}},
		[]byte(`{"CallbackCommand":"` + command + `",` + fields + `}`),
	}
}

// provoke causes every callback that is caused by a few calls.
func provoke(t *testing.T, s *service) {
	t.Helper()
	const (
		g    = "group_open_http_svc/"
		sns  = "sns/"
		text = `"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello"}}]`
	)
	ok := func(command, body string) map[string]any {
		t.Helper()
		var fields map[string]any
		if err := json.Unmarshal([]byte(body), &fields); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		return s.post(t, command, fields)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, e := t.Context(), s.emulator
	ok("im_open_login_svc/multiaccount_import", `{"Accounts":["a","b","c","d","owner"]}`)

	ok(g+"create_group", `{"Type":"Public","Name":"n","GroupId":"g","Owner_Account":"owner","MaxMemberCount":3,"MemberList":[{"Member_Account":"a"}],"AppDefinedData":[{"Key":"k","Value":"v"}]}`)
	ok(g+"add_group_member", `{"GroupId":"g","MemberList":[{"Member_Account":"b"}]}`) // fills it
	ok(g+"modify_group_member_info", `{"GroupId":"g","Member_Account":"a","Role":"Admin","NameCard":"boss"}`)
	ok(g+"modify_group_base_info", `{"GroupId":"g","Name":"m","Introduction":"i","Notification":"n","FaceUrl":"http://x/y.png"}`)
	ok(g+"change_group_owner", `{"GroupId":"g","NewOwner_Account":"b"}`)
	said := ok(g+"send_group_msg", `{"GroupId":"g","From_Account":"a","Random":1,"NeedReadReceipt":1,"CloudCustomData":"c","GroupAtInfo":[{"GroupAtAllFlag":0,"GroupAt_Account":"b"}],`+text+`}`)
	seq := fmt.Sprint(said["MsgSeq"])
	ok(g+"group_msg_receipt", `{"GroupId":"g","From_Account":"b","MsgSeqList":[{"MsgSeq":`+seq+`}]}`)
	ok(g+"group_msg_recall", `{"GroupId":"g","MsgSeqList":[{"MsgSeq":`+seq+`}]}`)
	ok(g+"forbid_send_msg", `{"GroupId":"g","Members_Account":["a"],"MuteTime":60}`)
	s.try(t, g+"send_group_msg", `{"GroupId":"g","From_Account":"a","Random":2,`+text+`}`)
	ok(g+"modify_group_attr", `{"GroupId":"g","GroupAttr":[{"key":"k","value":"v"}]}`)
	ok(g+"delete_group_member", `{"GroupId":"g","MemberToDel_Account":["a"]}`)
	ok(g+"destroy_group", `{"GroupId":"g"}`)

	ok(g+"create_group", `{"Type":"AVChatRoom","Name":"live","GroupId":"live"}`)
	must(e.Enter(ctx, sdkAppID, "live", "b"))
	must(e.Leave(ctx, sdkAppID, "live", "b"))

	const topics = "million_group_open_http_svc/"
	ok(g+"import_group", `{"Type":"Community","Name":"c","GroupId":"@TGS#_c","Owner_Account":"owner","SupportTopic":1}`)
	ok(topics+"create_topic", `{"GroupId":"@TGS#_c","TopicId":"@TGS#_c@TOPIC#_t","TopicName":"t","From_Account":"owner"}`)
	ok(g+"send_group_msg", `{"GroupId":"@TGS#_c","TopicId":"@TGS#_c@TOPIC#_t","From_Account":"owner","Random":3,`+text+`}`)
	ok(topics+"modify_topic", `{"GroupId":"@TGS#_c","TopicId":"@TGS#_c@TOPIC#_t","TopicName":"new"}`)
	ok(topics+"destroy_topic", `{"GroupId":"@TGS#_c","TopicIdList":["@TGS#_c@TOPIC#_t"]}`)

	key := ok("openim/sendmsg", `{"From_Account":"a","To_Account":"b","MsgRandom":4,"CloudCustomData":"c",`+text+`}`)["MsgKey"]
	ok("openim/modify_c2c_msg", fmt.Sprintf(`{"From_Account":"a","To_Account":"b","MsgKey":%q,%s}`, key, text))
	ok("openim/admin_set_msg_read", `{"Report_Account":"b","Peer_Account":"a"}`)
	ok("openim/admin_msgwithdraw", fmt.Sprintf(`{"From_Account":"a","To_Account":"b","MsgKey":%q}`, key))

	ok("profile/portrait_set", `{"From_Account":"a","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"A"},{"Tag":"Tag_Profile_IM_Level","Value":7}]}`)
	ok("profile/portrait_set", `{"From_Account":"c","ProfileItem":[{"Tag":"Tag_Profile_IM_AllowType","Value":"AllowType_Type_NeedConfirm"}]}`)
	e.SignIn(sdkAppID, "a", "iPhone")
	e.SignIn(sdkAppID, "a", "iPhone") // ends the other
	e.SignOut(sdkAppID, "a", "iPhone")
	if _, err := e.AskFriend(ctx, sdkAppID, "a", "c", "hi"); err != nil {
		t.Fatal(err)
	}
	must(e.AnswerFriend(ctx, sdkAppID, "c", "a", true))
	ok(sns+"friend_delete", `{"From_Account":"a","To_Account":["c"]}`)
	ok(sns+"black_list_add", `{"From_Account":"a","To_Account":["b","d"]}`)
	ok(sns+"black_list_delete", `{"From_Account":"a","To_Account":["b"]}`)
	ok("follow/follow_add", `{"From_Account":"a","FollowItem":[{"To_Account":"b"}]}`)
	ok("follow/follow_delete", `{"From_Account":"a","To_Account":["b"]}`)

	e.SignIn(sdkAppID, "b", "Web")
	ok("all_member_push/im_push", `{"MsgRandom":5,"MsgLifeTime":60,`+text+`}`)
	libraries := ok("im_msg_audit_mgr/get_cloud_audit_keywords_ids", fmt.Sprintf(`{"SdkAppId":%d,"Offset":0,"Limit":10}`, sdkAppID))
	library := libraries["Infos"].([]any)[0].(map[string]any)["ID"]
	ok("im_msg_audit_mgr/add_cloud_audit_keywords", fmt.Sprintf(`{"SdkAppId":%d,"LibID":%q,"UserKeywords":[{"Content":"hello","Label":"Abuse"}]}`, sdkAppID, library))
	s.try(t, "openim/sendmsg", `{"From_Account":"a","To_Account":"b","MsgRandom":6,`+text+`}`)
	for range 8 {
		s.try(t, g+"get_appid_group_list", `{}`) // once a second
	}
}

// TestEveryCallbackHasItsFields causes the callbacks and reads each into its type, with no field left over.
func TestEveryCallbackHasItsFields(t *testing.T) {
	s := newService(t)
	const token = "a token"
	sink := s.callbacks(t, token)
	provoke(t, s)
	types := tencent.CallbackTypes()
	sent := slices.DeleteFunc(slices.Sorted(maps.Keys(types)), func(c string) bool {
		return slices.ContainsFunc(rare, func(a arrival) bool { return a.query.Get("CallbackCommand") == c })
	})
	sink.has(t, sent)
	for _, a := range append(sink.all(), rare...) {
		cb, err := tencent.ParseCallback(a.query, a.body)
		if err != nil {
			t.Errorf("%s: %v", a.body, err)
			continue
		}
		typed := reflect.New(reflect.TypeOf(cb.Body).Elem())
		if name := typed.Elem().Type().Name(); name != types[cb.Command] {
			t.Errorf("%s became %s", cb.Command, name)
		}
		strict := json.NewDecoder(bytes.NewReader(a.body))
		strict.DisallowUnknownFields()
		if err := strict.Decode(typed.Interface()); err != nil {
			t.Errorf("%s: %v in %s", cb.Command, err, a.body)
		}
		if a.query.Get("Sign") != "" {
			if err := tencent.VerifyCallback(token, a.query, s.now()); err != nil {
				t.Errorf("%s: %v", cb.Command, err)
			}
		}
	}
}

// TestCallbacksTell has what an event says of a group and its people.
func TestCallbacksTell(t *testing.T) {
	const ms = "1700000000000"
	at := time.UnixMilli(1700000000000).UTC()
	reader := tencent.Callbacks{AppID: "7"}
	ids := map[string]bool{}
	for _, tt := range []struct {
		body string
		want imclient.Event
	}{
		{
			`{"CallbackCommand":"Group.CallbackAfterMemberExit","EventTime":"` + ms + `","ExitMemberList":[{"Member_Account":"c"},{"Member_Account":"d"}],"ExitType":"Kicked","GroupId":"g","Operator_Account":"admin","Type":"Public"}`,
			imclient.Event{Kind: "member.left", At: at, Group: "g", Users: []string{"c", "d", "admin"}, By: "admin", Removed: true},
		},
		{
			`{"CallbackCommand":"Group.CallbackAfterMemberFieldChanged","EventTime":` + ms + `,"GroupId":"g","Modified_Account":"a","Operator_Account":"a"}`,
			imclient.Event{Kind: "member.changed", At: at, Group: "g", Users: []string{"a"}},
		},
		{
			`{"CallbackCommand":"Sns.CallbackBlackListAdd","PairList":[{"From_Account":"a","To_Account":"b"},{"From_Account":"a","To_Account":"d"}]}`,
			imclient.Event{Kind: "block.added", Users: []string{"b", "a", "d"}},
		},
		{
			`{"CallbackCommand":"Group.CallbackAfterSendMsg","GroupId":"g","From_Account":"a","Operator_Account":"admin","MsgSeq":9,"New":{"x":[1]}}`,
			imclient.Event{Kind: "message.sent", Group: "g", Users: []string{"a", "admin"}},
		},
		{`{"CallbackCommand":"Moon.Rises","GroupId":7}`, imclient.Event{Kind: imclient.EventUnknown}},
	} {
		var head struct{ CallbackCommand string }
		if err := json.Unmarshal([]byte(tt.body), &head); err != nil {
			t.Fatal(err)
		}
		tt.want.Command = head.CallbackCommand
		got, err := reader.Read(url.Values{"SdkAppid": {"7"}, "CallbackCommand": {head.CallbackCommand}}, []byte(tt.body), at)
		if len(got.ID) != 32 || ids[got.ID] {
			t.Errorf("%s: id %q is none, or another's", tt.body, got.ID)
		}
		ids[got.ID], got.ID, got.Said, got.Peers, got.Edited = true, "", nil, [2]string{}, false // what was said has a test of its own
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s\n got %+v, %v\nwant %+v", tt.body, got, err, tt.want)
		}
	}
}

func TestCallbacksThatCannotBeRead(t *testing.T) {
	const sent = "Group.CallbackAfterSendMsg"
	for name, tt := range map[string]struct{ command, body string }{
		"nothing":               {sent, ``},
		"no JSON":               {sent, `x`},
		"an array":              {sent, `[]`},
		"a number for a list":   {"Group.CallbackAfterMemberExit", `{"ExitMemberList":7}`},
		"text for a number":     {sent, `{"EventTime":"soon"}`},
		"text for an object":    {"State.StateChange", `{"Info":"x"}`},
		"a command that is two": {sent, `{"CallbackCommand":"State.StateChange"}`},
		"a command of digits":   {sent, `{"CallbackCommand":7}`},
		"no command":            {"", `{}`},
		"too much":              {sent, `{"Name":"` + strings.Repeat("x", tencent.MaxCallback) + `"}`},
	} {
		if cb, err := tencent.ParseCallback(url.Values{"CallbackCommand": {tt.command}}, []byte(tt.body)); err == nil {
			t.Errorf("%s: read as %+v", name, cb.Body)
		}
	}
}

func TestVerifyCallback(t *testing.T) {
	// The vector of "Webhook Overview" (doc 34354).
	const at, sign = "1669872112", "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061"
	signed := time.Unix(1669872112, 0)
	for _, tt := range []struct {
		name, token, at, sign string
		now                   time.Time
		ok                    bool
	}{
		{"as documented", "xxxxyyyy", at, sign, signed, true},
		{"at the end of the window", "xxxxyyyy", at, sign, signed.Add(tencent.CallbackWindow), true},
		{"at its beginning", "xxxxyyyy", at, sign, signed.Add(-tencent.CallbackWindow), true},
		{"too late", "xxxxyyyy", at, sign, signed.Add(tencent.CallbackWindow + time.Second), false},
		{"too early", "xxxxyyyy", at, sign, signed.Add(-tencent.CallbackWindow - time.Second), false},
		{"another token", "xxxyyyy", at, sign, signed, false},
		{"no token", "", at, sign, signed, false},
		{"another time", "xxxxyyyy", "1669872113", sign, signed, false},
		{"no signature", "xxxxyyyy", at, "", signed, false},
		{"in capitals", "xxxxyyyy", at, strings.ToUpper(sign), signed, false},
	} {
		err := tencent.VerifyCallback(tt.token, url.Values{"RequestTime": {tt.at}, "Sign": {tt.sign}}, tt.now)
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	reader := tencent.Callbacks{AppID: "7", Token: "xxxxyyyy"}
	q := url.Values{"RequestTime": {at}, "Sign": {sign}, "SdkAppid": {"8"}, "CallbackCommand": {"Moon.Rises"}}
	if _, err := reader.Read(q, []byte("{}"), signed); !errors.Is(err, imclient.ErrCallbackApp) {
		t.Errorf("of another app: %v", err)
	}
	q.Set("SdkAppid", "7")
	if _, err := reader.Read(q, []byte("["), signed); !errors.Is(err, imclient.ErrCallbackBody) {
		t.Errorf("half a body: %v", err)
	}
	if _, err := reader.Read(q, []byte("{}"), signed.Add(time.Hour)); !errors.Is(err, imclient.ErrCallbackSign) {
		t.Errorf("an hour old: %v", err)
	}
}

// FuzzParseCallback has any body of any command: an error or a body, never a panic.
func FuzzParseCallback(f *testing.F) {
	f.Add("Group.CallbackAfterSendMsg", `{"CallbackCommand":"Group.CallbackAfterSendMsg","GroupId":"g","EventTime":"1","MsgBody":[]}`)
	f.Add("State.StateChange", `{"Info":{"Action":"Login"},"KickedDevice":[{"Platform":"Web"}]}`)
	f.Add("ContentCallback.ResultNotify", `{"ContactItem":{"ContactType":1},"TextContent":["x"]}`)
	f.Add("Push.OfflinePush", `{"Events":[{"EventTime":9223372036854775807}]}`)
	f.Add("Moon.Rises", `null`)
	f.Fuzz(func(t *testing.T, command, body string) {
		q := url.Values{"CallbackCommand": {command}, "SdkAppid": {"7"}}
		cb, err := tencent.ParseCallback(q, []byte(body))
		if (err == nil) != (cb.Body != nil) {
			t.Errorf("%v and %+v", err, cb.Body)
		}
		e, readErr := tencent.Callbacks{AppID: "7"}.Read(q, []byte(body), time.Now())
		if (readErr == nil) != (err == nil) || slices.Contains(e.Users, "") {
			t.Errorf("%v, %v, %+v", err, readErr, e)
		}
	})
}

func TestCallbacksSay(t *testing.T) {
	reader := tencent.Callbacks{AppID: "7"}
	read := func(command, body string) imclient.Event {
		t.Helper()
		e, err := reader.Read(url.Values{"SdkAppid": {"7"}, "CallbackCommand": {command}}, []byte(body), time.Now())
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		return e
	}
	const sent = "Group.CallbackAfterSendMsg"
	e := read(sent, `{"CallbackCommand":"Group.CallbackAfterSendMsg","GroupId":"g","From_Account":"ann","MsgSeq":9,"MsgTime":1745000000,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}]}`)
	want := imclient.Message{ID: "9", Seq: "9", From: "ann", At: time.Unix(1745000000, 0).UTC(), Body: []imclient.Element{imclient.Text{Text: "hi"}}}
	if e.Said == nil || !reflect.DeepEqual(*e.Said, want) || e.Group != "g" {
		t.Errorf("got %+v in %s, want %+v", e.Said, e.Group, want)
	}
	e = read(sent, `{"CallbackCommand":"Group.CallbackAfterSendMsg","GroupId":"g","TopicId":"g@TOPIC#_1","From_Account":"ann","MsgSeq":3,"EventTime":1745000000500}`)
	if e.Group != "g@TOPIC#_1" || e.Said == nil || !e.Said.At.Equal(time.UnixMilli(1745000000500)) {
		t.Errorf("in a topic: %+v of %s", e.Said, e.Group)
	}
	for _, body := range []string{
		`{"CallbackCommand":"Group.CallbackAfterSendMsg","GroupId":"g","From_Account":"ann","MsgSeq":9,"OnlineOnlyFlag":1}`,
		`{"CallbackCommand":"Group.CallbackAfterSendMsg","GroupId":"g","From_Account":"ann"}`,
	} {
		if e := read(sent, body); e.Said != nil {
			t.Errorf("%s says %+v", body, e.Said)
		}
	}
	e = read("Group.CallbackAfterRecallMsg", `{"CallbackCommand":"Group.CallbackAfterRecallMsg","GroupId":"g","MsgSeqList":[{"MsgSeq":1},{"MsgSeq":"2"}]}`)
	if !reflect.DeepEqual(e.Recalls, []string{"1", "2"}) || e.Said != nil {
		t.Errorf("recalled: %+v", e)
	}
	const direct = `{"CallbackCommand":%q,"From_Account":"ann","To_Account":"bob","MsgSeq":9,"MsgRandom":8,"MsgTime":1745000000,"MsgKey":"9_8_1745000000","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}]%s}`
	pair, key := [2]string{"ann", "bob"}, "9_8_1745000000.ann"
	want.ID, want.Seq = key, "1745000000.9.8"
	for command, tt := range map[string]struct {
		more string
		said bool
	}{
		"C2C.CallbackAfterSendMsg": {said: true}, "C2C.CallbackAfterModifyMsg": {said: true}, "C2C.CallbackBeforeSendMsg": {},
	} {
		e := read(command, fmt.Sprintf(direct, command, tt.more))
		if e.Peers != pair || tt.said != (e.Said != nil) || tt.said && !reflect.DeepEqual(*e.Said, want) || e.Edited != strings.Contains(command, "Modify") || !e.Direct() {
			t.Errorf("%s: %+v, said %+v", command, e, e.Said)
		}
	}
	for _, more := range []string{`,"SendMsgResult":20006`, `,"OnlineOnlyFlag":1`} {
		if e := read("C2C.CallbackAfterSendMsg", fmt.Sprintf(direct, "C2C.CallbackAfterSendMsg", more)); e.Said != nil {
			t.Errorf("%s says %+v", more, e.Said)
		}
	}
	e = read("C2C.CallbackAfterMsgWithDraw", `{"CallbackCommand":"C2C.CallbackAfterMsgWithDraw","From_Account":"ann","To_Account":"bob","MsgKey":"9_8_1745000000"}`)
	if !reflect.DeepEqual(e.Recalls, []string{key}) || e.Peers != pair {
		t.Errorf("recalled of a direct chat: %+v", e)
	}
}
