package tencent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/imtest"
	"imdesk/imclient/tencent"
)

// TestContract runs the contract of an IM service over HTTP against the emulator, which shares no code with the client.
func TestContract(t *testing.T) {
	imtest.Run(t, newService(t).harness(t))
}

const (
	sdkAppID      = 1400000042
	administrator = "administrator"
	secretKey     = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// service is an emulator and a clock that can be moved on.
type service struct {
	emulator *emulator.Server
	ahead    atomic.Int64 // nanoseconds
	made     atomic.Int64 // accounts, groups and messages: for ids
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{}
	e, err := emulator.New(t.Context(), emulator.Config{
		Apps: []emulator.TencentApp{{SDKAppID: sdkAppID, Admins: []string{administrator}, Key: secretKey}},
		Seed: "none", Now: s.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := e.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.emulator = e
	return s
}

func (s *service) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

func (s *service) client(t *testing.T, key string) *imclient.Client {
	t.Helper()
	c, err := tencent.New(tencent.Config{
		SDKAppID: strconv.Itoa(sdkAppID), Administrator: administrator, Key: key, Endpoint: s.emulator.URL(), Now: s.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (s *service) harness(t *testing.T) imtest.Harness {
	return imtest.Harness{
		Client: s.client(t, secretKey), Now: s.now,
		Advance:  func(_ testing.TB, d time.Duration) { s.ahead.Add(int64(d)) },
		NewID:    func() string { return fmt.Sprintf("user-%d", s.made.Add(1)) },
		NewUser:  s.newUser,
		NewUsers: s.newUsers,
		NewGroup: s.newGroup,
		Join:     func(t testing.TB, group string, users ...string) { s.move(t, group, users, true) },
		Leave:    func(t testing.TB, group string, users ...string) { s.move(t, group, users, false) },
		Say:      s.say,
		Tell:     s.tell,
		Read: func(t testing.TB, group, user, message string) {
			t.Fatal("the service sends receipts for a user")
		},
		SignIn:   func(_ testing.TB, user string) { s.emulator.SignIn(sdkAppID, user, "Android") },
		Break:    s.breakDown,
		Calls:    func(op string) int { return int(s.emulator.Calls(commandOf(op))) },
		Stranger: func(t testing.TB) *imclient.Client { return s.client(t.(*testing.T), "not the key") },

		MissingGroup: "@TGS#NOSUCHGROUP", MissingUser: "nobody-at-all", MissingMessage: "999999", MissingDirect: "999_999_999",
	}
}

// post sends a command as the vendor's documents print it, waiting out the rate.
func (s *service) post(t testing.TB, command string, body map[string]any) map[string]any {
	t.Helper()
	sig, err := tencent.SignUserSig(secretKey, tencent.UserSig{
		SDKAppID: sdkAppID, Identifier: administrator, Time: s.now(), Expire: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{
		"sdkappid": {strconv.Itoa(sdkAppID)}, "identifier": {administrator}, "usersig": {sig}, "random": {"1"}, "contenttype": {"json"},
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	for {
		var answer map[string]any
		raw := s.send(t, s.emulator.URL()+"/v4/"+command+"?"+query.Encode(), b)
		if err := json.Unmarshal(raw, &answer); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		switch answer["ErrorCode"] {
		case float64(0):
			return answer
		case float64(60007):
			time.Sleep(5 * time.Millisecond)
		default:
			t.Fatalf("%s %s: %s", command, b, raw)
		}
	}
}

func (s *service) send(t testing.TB, url string, body []byte) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := seeding.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// seeding has its own connections, which end with each answer's test.
var seeding = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func (s *service) newUser(t testing.TB, nick string) string {
	t.Helper()
	id := fmt.Sprintf("user-%d", s.made.Add(1))
	s.post(t, "im_open_login_svc/account_import", map[string]any{"UserID": id, "Nick": nick})
	return id
}

func (s *service) newUsers(t testing.TB, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("user-%d", s.made.Add(1))
	}
	for start := 0; start < n; start += 100 {
		s.post(t, "im_open_login_svc/multiaccount_import", map[string]any{"Accounts": ids[start:min(start+100, n)]})
	}
	return ids
}

// newGroup imports a group where that can be done: nobody is told, and no tip is stored.
func (s *service) newGroup(t testing.TB, g imtest.Group) string {
	t.Helper()
	body := map[string]any{"Type": g.Type, "Name": g.Name, "Owner_Account": g.Owner}
	if g.Type == "AVChatRoom" {
		id := s.post(t, "group_open_http_svc/create_group", body)["GroupId"].(string)
		if err := s.emulator.Enter(t.Context(), sdkAppID, id, g.Members...); err != nil {
			t.Fatal(err)
		}
		return id
	}
	if !g.Created.IsZero() {
		body["CreateTime"] = g.Created.Unix()
	}
	id := s.post(t, "group_open_http_svc/import_group", body)["GroupId"].(string)
	var members []map[string]any
	for _, u := range g.Admins {
		members = append(members, map[string]any{"Member_Account": u, "Role": "Admin"})
	}
	for _, u := range g.Members {
		members = append(members, map[string]any{"Member_Account": u})
	}
	for start := 0; start < len(members); start += 300 {
		s.post(t, "group_open_http_svc/import_group_member", map[string]any{
			"GroupId": id, "MemberList": members[start:min(start+300, len(members))],
		})
	}
	return id
}

func (s *service) move(t testing.TB, group string, users []string, in bool) {
	t.Helper()
	info := s.post(t, "group_open_http_svc/get_group_info", map[string]any{"GroupIdList": []string{group}})
	live := info["GroupInfo"].([]any)[0].(map[string]any)["Type"] == "AVChatRoom"
	switch {
	case live && in:
		if err := s.emulator.Enter(t.Context(), sdkAppID, group, users...); err != nil {
			t.Fatal(err)
		}
	case live:
		if err := s.emulator.Leave(t.Context(), sdkAppID, group, users...); err != nil {
			t.Fatal(err)
		}
	case in:
		var members []map[string]any
		for _, u := range users {
			members = append(members, map[string]any{"Member_Account": u})
		}
		s.post(t, "group_open_http_svc/add_group_member", map[string]any{"GroupId": group, "Silence": 1, "MemberList": members})
	default:
		for part := range slices.Chunk(users, 100) {
			s.post(t, "group_open_http_svc/delete_group_member", map[string]any{"GroupId": group, "Silence": 1, "MemberToDel_Account": part})
		}
	}
}

// say sends what is said now, and imports what was said before.
func (s *service) say(t testing.TB, group string, said ...imtest.Said) {
	t.Helper()
	text := func(text string) []any {
		return []any{map[string]any{"MsgType": "TIMTextElem", "MsgContent": map[string]any{"Text": text}}}
	}
	var old []map[string]any
	flush := func() {
		if len(old) == 0 {
			return
		}
		answer := s.post(t, "group_open_http_svc/import_group_msg", map[string]any{"GroupId": group, "MsgList": old})
		for _, r := range answer["ImportMsgResult"].([]any) {
			if code := r.(map[string]any)["Result"]; code != float64(0) {
				t.Fatalf("import_group_msg: result %v", code)
			}
		}
		old = nil
	}
	for _, m := range said {
		random := s.made.Add(1)
		if m.At.IsZero() {
			flush()
			s.post(t, "group_open_http_svc/send_group_msg", map[string]any{
				"GroupId": group, "From_Account": m.From, "Random": random, "MsgBody": text(m.Text),
			})
			continue
		}
		old = append(old, map[string]any{"From_Account": m.From, "SendTime": m.At.Unix(), "Random": random, "MsgBody": text(m.Text)})
		if len(old) == 7 {
			flush()
		}
	}
	flush()
}

// tell sends what is said now, and imports what was said before as read.
func (s *service) tell(t testing.TB, to string, said ...imtest.Said) {
	t.Helper()
	for _, m := range said {
		body := map[string]any{
			"From_Account": m.From, "To_Account": to, "MsgRandom": s.made.Add(1), "MsgSeq": s.made.Add(1),
			"MsgBody": []any{map[string]any{"MsgType": "TIMTextElem", "MsgContent": map[string]any{"Text": m.Text}}},
		}
		if m.At.IsZero() {
			s.post(t, "openim/sendmsg", body)
			continue
		}
		body["SyncFromOldSystem"], body["MsgTimeStamp"] = 2, m.At.Unix()
		s.post(t, "openim/importmsg", body)
	}
}

func commandOf(op string) string {
	return map[string]string{
		imtest.OpRead:  "group_open_http_svc/get_group_info",
		imtest.OpWrite: "group_open_http_svc/forbid_send_msg",
	}[op]
}

func (s *service) breakDown(_ testing.TB, f imtest.Fault) func() {
	fault := emulator.Fault{Command: commandOf(f.Op), Times: f.Times}
	switch f.Kind {
	case imtest.BadGateway:
		fault.Status = http.StatusBadGateway
	case imtest.Dropped:
		fault.Drop = true
	case imtest.Lost:
		fault.DropAfter = true
	case imtest.CutShort:
		fault.CutBody = true
	case imtest.NotJSON:
		fault.BadJSON = true
	case imtest.Limited:
		fault.ErrorCode = 60007
	case imtest.Slow:
		fault.Delay = time.Minute
	}
	s.emulator.SetFault(fault)
	return s.emulator.ClearFaults
}
