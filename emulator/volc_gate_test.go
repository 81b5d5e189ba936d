package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestVolcOrderOfChecks has requests with several things wrong: the first in the order counts.
func TestVolcOrderOfChecks(t *testing.T) {
	t.Parallel()
	r := newVolcRigWith(t, Config{Volc: []VolcengineApp{
		{AppID: volcApp, AccessKey: volcAK, SecretKey: volcSK}, {AppID: 7, AccessKey: "other", SecretKey: "sk"},
	}})
	call := func(method, query, body string, signed bool) volcAnswer {
		t.Helper()
		r.clock.Add(time.Second)
		req, err := http.NewRequestWithContext(t.Context(), method, r.URL()+"/?"+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if signed {
			r.signer().sign(req, []byte(body))
		}
		return r.do(req)
	}
	const good = "Action=GetConversationUserCount&Version=2020-12-01"
	for _, c := range []struct {
		name, method, query, body string
		signed                    bool
		status                    int
		code, message             string
	}{
		{"no action", "POST", "Version=2020-12-01", "{", false, 400, "MissingParameter", "The request is missing Action parameter."},
		{"no version", "POST", "Action=SendMessage", "{", false, 400, "MissingParameter", "The request is missing Version parameter."},
		{"unknown action", "POST", "Action=Nothing&Version=2020-12-01", "{", false, 404, "InvalidActionOrVersion", "Could not find operation Nothing for version 2020-12-01."},
		{"unknown version", "POST", "Action=SendMessage&Version=2018-08-01", "{", true, 404, "InvalidActionOrVersion", ""},
		{"GET", "GET", good, "", false, 404, "InvalidActionOrVersion", ""},
		{"no signature", "POST", good, "{", false, 401, "MissingSignature", "The request is missing signature."},
		{"no JSON", "POST", good, `{"AppId":`, true, 400, "JsonParsingError", ""},
		{"nothing", "POST", good, "", true, 400, "JsonParsingError", ""},
		{"two documents", "POST", good, "{}{}", true, 400, "JsonParsingError", ""},
		{"no UTF-8", "POST", good, "{\"AppId\":900001,\"x\":\"\xff\"}", true, 400, "JsonParsingError", ""},
		{"an array", "POST", good, "[]", true, 400, "JsonParsingError", ""},
		{"null", "POST", good, "null", true, 400, "InvalidParam", ""},
		{"no AppId", "POST", good, `{"ConversationShortId":"x"}`, true, 400, "InvalidParam", "AppId is missing"},
		{"AppId as text", "POST", good, `{"AppId":"900001"}`, true, 400, "InvalidParam", ""},
		{"AppId beyond 32 bits", "POST", good, `{"AppId":4294967296}`, true, 400, "InvalidParam", ""},
		{"unknown app", "POST", good, `{"AppId":1,"ConversationShortId":"x"}`, true, 400, "AppNotFound", ""},
		{"app of another account", "POST", good, `{"AppId":7,"ConversationShortId":"x"}`, true, 400, "NoAuth", ""},
		{"wrong type", "POST", good, `{"AppId":900001,"ConversationShortId":"x"}`, true, 400, "InvalidParam", ""},
		{"unknown conversation", "POST", good, `{"AppId":900001,"ConversationShortId":5,"Unknown":{}}`, true, 400, "ConversationNotFound", ""},
	} {
		a := call(c.method, c.query, c.body, c.signed)
		if a.status != c.status || a.code() != c.code || c.message != "" && a.Metadata.Error.Message != c.message {
			t.Errorf("%s: %d %s, want %d %s %s", c.name, a.status, a.text, c.status, c.code, c.message)
		}
		if a.Metadata.RequestId == "" || a.Metadata.Service != "rtc" || strings.Contains(a.text, `"Result"`) || c.code != "" && a.Metadata.Error.CodeN == 0 {
			t.Errorf("%s: %s", c.name, a.text)
		}
	}
	req := r.request("GetConversationMarks", `{"AppId":900001}`)
	s := r.signer()
	s.region = "ap-southeast-1"
	s.sign(req, []byte(`{"AppId":900001}`))
	if a := r.do(req); a.Metadata.Region != "ap-southeast-1" {
		t.Errorf("the region of the signature is %s", a.Metadata.Region)
	}
}

func TestVolcExpires(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	for _, c := range []struct {
		expires string
		age     time.Duration
		code    string
	}{{"3600", 3599 * time.Second, "AppNotFound"}, {"3600", 3601 * time.Second, "InvalidTimestamp"}, {"60", 61 * time.Second, "InvalidTimestamp"}, {"x", 0, "InvalidTimestamp"}, {"0", 0, "InvalidTimestamp"}} {
		req := r.request("GetConversationMarks", `{"AppId":1}`)
		req.URL.RawQuery += "&X-Expires=" + c.expires
		s := r.signer()
		s.date = r.clock.Now().Add(-c.age).UTC().Format("20060102T150405Z")
		s.sign(req, []byte(`{"AppId":1}`))
		if a := r.do(req); a.code() != c.code {
			t.Errorf("X-Expires %s after %s: %s", c.expires, c.age, a.text)
		}
	}
}

// TestVolcRates has calls at one moment: the account's limit of the action counts, whatever the app.
func TestVolcRates(t *testing.T) {
	t.Parallel()
	r := newVolcRigWith(t, Config{Volc: []VolcengineApp{
		{AppID: volcApp, AccessKey: volcAK, SecretKey: volcSK}, {AppID: 7, AccessKey: volcAK, SecretKey: volcSK}, {AppID: 8, AccessKey: "other", SecretKey: volcSK},
	}})
	call := func(action string, app int, ak string) volcAnswer {
		body := f(`{"AppId":%d,"UserIds":[5]}`, app)
		req := r.request(action, body)
		s := r.signer()
		s.ak = ak
		s.sign(req, []byte(body))
		return r.do(req)
	}
	for i := range 100 {
		if a := call("BatchGetUser", []int{volcApp, 7}[i%2], volcAK); a.code() != "" {
			t.Fatalf("call %d: %s", i, a.text)
		}
	}
	a := call("BatchGetUser", 7, volcAK)
	if a.status != 429 || a.code() != "FlowLimitExceeded" || a.Metadata.Error.CodeN != 100018 {
		t.Errorf("call 101: %d %s", a.status, a.text)
	}
	for name, a := range map[string]volcAnswer{"another action": call("QueryOnlineStatus", 7, volcAK), "another account": call("BatchGetUser", 8, "other")} {
		if a.code() != "" {
			t.Errorf("%s: %s", name, a.text)
		}
	}
	for i := range 51 {
		if a := call("UnRegisterUsers", 7, volcAK); (a.status == 429) != (i == 50) {
			t.Errorf("write %d: %d", i, a.status)
		}
	}
	r.clock.Add(time.Second)
	if a := call("BatchGetUser", 7, volcAK); a.code() != "" {
		t.Errorf("a second later: %s", a.text)
	}
}

func TestVolcStatusOK(t *testing.T) {
	t.Parallel()
	r := newVolcRigWith(t, Config{Volc: []VolcengineApp{{AppID: volcApp, AccessKey: volcAK, SecretKey: volcSK, StatusOK: true}}})
	for action, code := range map[string]string{"GetConversationUserCount": "ConversationNotFound", "GetConversationMarks": "InvalidParam"} {
		fields := map[string]string{"ConversationNotFound": `"ConversationShortId":5`}[code]
		if a := r.call(action, fields); a.status != 200 || a.code() != code || strings.Contains(a.text, `"Result"`) {
			t.Errorf("%d %s", a.status, a.text)
		}
	}
	req := r.request("GetConversationMarks", "{}")
	if a := r.do(req); a.status != 401 { // the gateway's keep theirs
		t.Errorf("%d %s", a.status, a.text)
	}
}

func TestVolcApps(t *testing.T) {
	t.Parallel()
	app := VolcengineApp{AppID: 5, AccessKey: "a", SecretKey: "s"}
	for name, apps := range map[string][]VolcengineApp{
		"id 0": {{AccessKey: "a", SecretKey: "s"}}, "id of 33 bits": {{AppID: 1 << 31, AccessKey: "a", SecretKey: "s"}}, "twice": {app, app}, "no key": {{AppID: 5, SecretKey: "s"}},
		"no secret": {{AppID: 5, AccessKey: "a"}}, "two secrets of a key": {app, {AppID: 6, AccessKey: "a", SecretKey: "t"}},
		"callback": {{AppID: 5, AccessKey: "a", SecretKey: "s", Callback: Callback{URL: "ftp://x"}}}, "limit": {{AppID: 5, AccessKey: "a", SecretKey: "s", MaxMembers: -1}},
		"a callback of the other vendor": {{AppID: 5, AccessKey: "a", SecretKey: "s", Callback: Callback{Only: []string{"Group.CallbackAfterSendMsg"}}}},
	} {
		if s, err := New(t.Context(), Config{Volc: apps}); err == nil {
			t.Errorf("%s is taken", name)
			s.Close()
		}
	}
	// Conversations of one app, or inbox, are none of another's.
	r := newVolcRigWith(t, Config{Volc: []VolcengineApp{{AppID: volcApp, AccessKey: volcAK, SecretKey: volcSK}, {AppID: 7, AccessKey: volcAK, SecretKey: volcSK}}})
	g := r.create(2, olga, 0)
	body := f(`{"AppId":7,"ConversationShortId":%d}`, g)
	req := r.request("GetConversationUserCount", body)
	r.signer().sign(req, []byte(body))
	if a := r.do(req); a.code() != "ConversationNotFound" {
		t.Error(a.text)
	}
	// Without apps of this vendor the other one answers at /.
	plain := newRig(t)
	resp, text, err := plain.post("/", plain.query(), "{}")
	if err != nil || strings.Contains(text, "ResponseMetadata") {
		t.Errorf("%v %s %v", resp, text, err)
	}
}

func TestVolcFaults(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	g := r.create(2, olga, 0)
	count := f(`"ConversationShortId":%d`, g)
	r.SetFault(Fault{Command: "GetConversationUserCount", ErrorCode: 100018, Times: 1})
	if a := r.call("GetConversationUserCount", count); a.status != 429 || a.code() != "FlowLimitExceeded" || a.Metadata.Action != "GetConversationUserCount" {
		t.Errorf("%d %s", a.status, a.text)
	}
	r.ok("GetConversationUserCount", count)
	r.SetFault(Fault{Command: "GetConversationUserCount", ErrorCode: 4711})
	if a := r.call("GetConversationUserCount", count); a.status != 500 || a.code() != "InternalError" || a.Metadata.Error.CodeN != 4711 {
		t.Errorf("a number nobody knows: %d %s", a.status, a.text)
	}
	r.ok("GetConversationMarks", f(`"ConversationShortId":%d`, r.create(100, olga, 0)))
	r.ClearFaults()
	say := func() (*http.Response, string, error) {
		r.clock.Add(time.Second)
		body := f(`{"AppId":%d,"ConversationShortId":%d,"Sender":%d,"MsgType":10001,"Content":"x"}`, volcApp, g, olga)
		req := r.request("SendMessage", body)
		r.signer().sign(req, []byte(body))
		resp, err := r.http.Do(req)
		if err != nil {
			return nil, "", err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return resp, string(b), err
	}
	for _, c := range []struct {
		fault  Fault
		stored bool // whether the message is there after
		check  func(resp *http.Response, text string, err error) bool
	}{
		{Fault{Drop: true}, false, func(_ *http.Response, _ string, err error) bool { return err != nil }},
		{Fault{DropAfter: true}, true, func(_ *http.Response, _ string, err error) bool { return err != nil }},
		{Fault{Status: 502}, false, func(resp *http.Response, text string, _ error) bool { return resp.StatusCode == 502 && text[0] == '<' }},
		{Fault{CutBody: true}, true, func(_ *http.Response, _ string, err error) bool { return err != nil }},
		{Fault{BadJSON: true}, true, func(_ *http.Response, text string, _ error) bool { return !json.Valid([]byte(text)) }},
		{Fault{ErrorCode: 200006}, false, func(_ *http.Response, text string, _ error) bool {
			return strings.Contains(text, "ConversationNotFound")
		}},
	} {
		before := r.history(g)
		c.fault.Command = "SendMessage"
		r.SetFault(c.fault)
		if resp, text, err := say(); !c.check(resp, text, err) {
			t.Errorf("%+v: %s %v", c.fault, text, err)
		}
		r.ClearFaults()
		if got := r.history(g) - before; (got == 1) != c.stored {
			t.Errorf("%+v: %d messages more", c.fault, got)
		}
	}
	if n := r.Calls("SendMessage"); n != 6 {
		t.Errorf("%d calls were counted", n)
	}
	resp, err := r.http.Get(r.URL() + "/_emulator/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var stats struct{ Commands map[string]int }
	if err := json.NewDecoder(resp.Body).Decode(&stats); err != nil || stats.Commands["SendMessage"] != 6 {
		t.Errorf("%v %v", stats, err)
	}
}

// history is how many of the latest messages there are.
func (r *volcRig) history(g int64) int {
	r.Helper()
	a := r.ok("GetConversationMessages", f(`"ConversationShortId":%d,"Cursor":9223372036854775807,"Limit":20,"Reverse":1`, g))
	return len(at(any(a.Result), "Messages").([]any))
}

// volcReceiver is an app's server. It answers with the statuses it is given, then with 200.
type volcReceiver struct {
	*httptest.Server
	mu       sync.Mutex
	got      []map[string]string
	statuses []int
}

func newVolcReceiver(t *testing.T) *volcReceiver {
	v := &volcReceiver{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var event map[string]string
		if err := json.NewDecoder(req.Body).Decode(&event); err != nil || req.Method != "POST" || req.Header.Get("Content-Type") != "application/json" {
			event = map[string]string{"error": fmt.Sprint(err)}
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		v.got = append(v.got, event)
		if len(v.statuses) > 0 {
			w.WriteHeader(v.statuses[0])
			v.statuses = v.statuses[1:]
		}
	}))
	t.Cleanup(v.Close)
	return v
}

// wait is what has arrived, at least n.
func (v *volcReceiver) wait(t *testing.T, n int) []map[string]string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		v.mu.Lock()
		got := slices.Clone(v.got)
		v.mu.Unlock()
		if len(got) >= n {
			return got
		}
	}
	t.Fatalf("fewer than %d webhooks arrived", n)
	return nil
}

func TestVolcWebhooks(t *testing.T) {
	t.Parallel()
	v := newVolcReceiver(t)
	r := newVolcRigWith(t, Config{Volc: []VolcengineApp{{AppID: volcApp, AccessKey: volcAK, SecretKey: volcSK, Callback: Callback{URL: v.URL, Token: "secret"}}}})
	w := r.world() // SendMessage tells nobody
	id, err := r.VolcSay(t.Context(), volcApp, w.g, anna, "from a device")
	if err != nil {
		t.Fatal(err)
	}
	got := v.wait(t, 2)
	if got[0]["EventType"] != "BeforeSendMessage" || got[1]["EventType"] != "AfterSendMessage" {
		t.Fatalf("%v", got)
	}
	var after struct {
		ConversationShortId, MessageId, Sender, MsgType, IndexInConversation json.Number
		Content                                                              string
		Header                                                               map[string]string
		ClientMessageId                                                      string
	}
	if err := json.Unmarshal([]byte(got[1]["EventData"]), &after); err != nil {
		t.Fatal(err)
	}
	if after.MessageId.String() != fmt.Sprint(id) || after.Sender.String() != fmt.Sprint(anna) || after.Content != `{"text":"from a device"}` || after.Header["Platform"] != "Android" ||
		after.ConversationShortId.String() != fmt.Sprint(w.g) {
		t.Errorf("%s", got[1]["EventData"])
	}
	var before struct{ ClientMessageId string }
	if err := json.Unmarshal([]byte(got[0]["EventData"]), &before); err != nil || before.ClientMessageId == "" || before.ClientMessageId != after.ClientMessageId {
		t.Errorf("before %q, after %q, %v", before.ClientMessageId, after.ClientMessageId, err)
	}
	for _, e := range got {
		values := []string{e["EventType"], e["EventData"], e["EventTime"], e["EventId"], e["AppId"], e["Version"], e["Nonce"], "secret"}
		slices.Sort(values)
		if e["Signature"] != volcHash([]byte(strings.Join(values, ""))) || e["AppId"] != "900001" || e["Version"] != "2020-12-01" || len(e["Nonce"]) != 4 || len(e) != 8 {
			t.Errorf("%v", e)
		}
		if at, err := time.Parse("2006-01-02T15:04:05.000000000Z", e["EventTime"]); err != nil || !at.Equal(r.clock.Now()) {
			t.Errorf("EventTime %s", e["EventTime"])
		}
	}
	if got[0]["EventId"] == got[1]["EventId"] {
		t.Error("two events have one id")
	}

	// Actions that send for many tell after, not before, each message. The order is that of what happened.
	r.ok("BatchSendMessage", f(`"Sender":%d,"Receiver":[%d,%d],"MsgType":10001,"Content":"b"`, olga, anna, ben))
	r.ok("BatchSendGroupMessage", f(`"Sender":%d,"ConversationType":2,"ConversationShortIds":[%d],"MsgType":10001,"Content":"c"`, olga, w.g))
	got = v.wait(t, 5)[2:]
	for i, content := range []string{"b", "b", "c"} {
		if got[i]["EventType"] != "AfterSendMessage" || !strings.Contains(got[i]["EventData"], `"Content":"`+content+`"`) {
			t.Errorf("event %d: %v", i, got[i])
		}
	}

	// What is not answered with 200 is sent again, twice at most, and the same.
	v.mu.Lock()
	v.got, v.statuses = nil, []int{500, 302, 204, 500}
	v.mu.Unlock()
	r.ok("BatchSendGroupMessage", f(`"Sender":%d,"ConversationType":2,"ConversationShortIds":[%d],"MsgType":10001,"Content":"d"`, olga, w.g))
	r.ok("BatchSendGroupMessage", f(`"Sender":%d,"ConversationType":2,"ConversationShortIds":[%d],"MsgType":10001,"Content":"e"`, olga, w.g))
	got = v.wait(t, 5)
	for i, want := range []int{0, 0, 0, 3, 3} {
		if f("%v", got[i]) != f("%v", got[want]) {
			t.Errorf("delivery %d is %v", i, got[i])
		}
	}
	if got[0]["EventId"] == got[3]["EventId"] {
		t.Error("the next event has the same id")
	}

	// A before-event holds nothing back.
	v.mu.Lock()
	v.got, v.statuses = nil, []int{500}
	v.mu.Unlock()
	if _, err := r.VolcSay(t.Context(), volcApp, w.g, anna, "again"); err != nil {
		t.Error(err)
	}
	if got := v.wait(t, 2); got[0]["EventType"] != "BeforeSendMessage" || got[1]["EventType"] != "AfterSendMessage" {
		t.Errorf("%v", got)
	}
	if err := r.SetCallback(volcApp, Callback{URL: v.URL, Only: []string{"BeforeSendMessage"}}); err != nil {
		t.Fatal(err)
	}
	r.ok("BatchSendGroupMessage", f(`"Sender":%d,"ConversationType":2,"ConversationShortIds":[%d],"MsgType":10001,"Content":"f"`, olga, w.g))
	stats := r.volc.HookStats()
	for end := time.Now().Add(10 * time.Second); stats.Waiting != 0 && time.Now().Before(end); stats = r.volc.HookStats() {
		time.Sleep(time.Millisecond) // the answer to the last one is on its way
	}
	if stats.Waiting != 0 || stats.Retried != 3 || stats.Dropped != 1 || stats.Failed != 5 {
		t.Errorf("%+v", stats)
	}
}

// TestVolcCallbackControls sets the callbacks of both vendors in one place.
func TestVolcCallbackControls(t *testing.T) {
	t.Parallel()
	r := newVolcRigWith(t, Config{Apps: []TencentApp{{SDKAppID: testApp, Admins: []string{testAdmin}, Key: testKey}}})
	do := func(method, body string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, r.URL()+"/_emulator/callbacks", strings.NewReader(body))
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
	both := f(`[{"app":%d,"url":"http://127.0.0.1:9/t"},{"app":%d,"url":"http://127.0.0.1:9/v","token":"s","only":["AfterSendMessage"],"timeout":"1s"}]`, testApp, volcApp)
	want := f(`[{"app":%d,"url":"http://127.0.0.1:9/t"},{"app":%d,"url":"http://127.0.0.1:9/v","signed":true,"only":["AfterSendMessage"],"timeout":"1s"}]`, testApp, volcApp)
	if status, got := do("PUT", both); status != 200 || got != want {
		t.Errorf("%d %s", status, got)
	}
	if status, got := do("PUT", f(`[{"app":%d,"url":"http://127.0.0.1:9/v","only":["Group.CallbackAfterSendMsg"]}]`, volcApp)); status != 400 {
		t.Errorf("an event of the other vendor: %d %s", status, got)
	}
	if status, got := do("DELETE", ""); status != 200 || got != "[]" {
		t.Errorf("%d %s", status, got)
	}
}

func TestVolcDevices(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	w := r.world()
	say := func(conversation, user int64) error {
		_, err := r.VolcSay(t.Context(), volcApp, conversation, user, "x")
		return err
	}
	r.ok("BatchModifyConversationParticipant", f(`"ConversationShortId":%d,"Operator":1,"ParticipantInfos":[{"ParticipantUserId":%d,"BlockTime":%d}]`, w.g, anna, r.clock.Now().Unix()+600))
	r.ok("BatchAddBlockParticipants", f(`"ConversationShortId":%d,"ParticipantBlockInfos":{"%d":600}`, w.l, anna))
	if err := r.VolcEnter(t.Context(), volcApp, w.l, anna); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"muted in a group": say(w.g, anna), "muted in a live group": say(w.l, anna), "a stranger": say(w.g, ben)} {
		if err == nil {
			t.Errorf("%s speaks", name)
		}
	}
	r.clock.Add(11 * time.Minute)
	for _, c := range []int64{w.g, w.l, w.s} {
		if err := say(c, anna); err != nil {
			t.Error(err)
		}
	}
	r.ok("AddBlackList", f(`"UserId":%d,"BlackListInfos":[{"BlackListUserId":%d}]`, olga, anna))
	if err := say(w.s, anna); err == nil {
		t.Error("a blacklisted user speaks")
	}
	if err := say(w.s, olga); err != nil {
		t.Error(err)
	}
	if err := r.VolcEnter(t.Context(), volcApp, w.g, anna); err == nil {
		t.Error("a group was entered as a live group")
	}
}

// TestVolcAtOnce has the same things asked for at one time: they happen once.
func TestVolcAtOnce(t *testing.T) {
	t.Parallel()
	r := newVolcRig(t)
	g := r.create(2, olga, 0)
	send := f(`{"AppId":%d,"ConversationShortId":%d,"Sender":%d,"MsgType":10001,"Content":"x","ClientMsgId":"once"}`, volcApp, g, olga)
	create := f(`{"AppId":%d,"ConversationCoreInfo":{"ConversationType":1},"OwnerUserId":%d,"OtherUserId":%d}`, volcApp, olga, anna)
	ids := make(chan string, 40)
	var busy sync.WaitGroup
	for i := range 40 {
		busy.Go(func() {
			action, body, field := "SendMessage", send, "MessageId"
			if i%2 == 1 {
				action, body, field = "CreateConversation", create, "ConversationShortId"
			}
			req := r.request(action, body)
			r.signer().sign(req, []byte(body))
			resp, err := r.http.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			var out struct{ Result map[string]json.RawMessage }
			if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
				t.Error(err)
			}
			ids <- field + " " + string(out.Result[field])
		})
	}
	busy.Wait()
	close(ids)
	seen := map[string]int{}
	for id := range ids {
		seen[id]++
	}
	if len(seen) != 2 {
		t.Errorf("one message and one chat were asked for: %v", seen)
	}
}
