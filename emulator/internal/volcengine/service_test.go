package volcengine

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"imdesk/emulator/internal/community"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exampleTime is when the worked example of the signature was signed.
var exampleTime = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)

func newService(t testing.TB) *Service {
	t.Helper()
	store, err := community.Open(t.Context(), "", func() time.Time { return exampleTime })
	if err != nil {
		t.Fatal(err)
	}
	s := New(store, []App{{ID: 1, AccessKey: "AKIDEXAMPLE", SecretKey: "SKEXAMPLE"}}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		s.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestWorkedExample has the numbers of a signature that was made by hand.
func TestWorkedExample(t *testing.T) {
	const (
		body          = `{"AppId":1,"ConversationShortId":2,"MessageIds":[3]}`
		authorization = "HMAC-SHA256 Credential=AKIDEXAMPLE/20240102/cn-north-1/rtc/request, SignedHeaders=content-type;host;x-content-sha256;x-date, " +
			"Signature=58fb0443c79e15f21581842f66da05003cd20a38ebf01c135816d5571c110aba"
	)
	s := newService(t)
	call := func(host, body string) string {
		r := httptest.NewRequest(http.MethodPost, "http://"+host+"/?Action=GetMessages&Version=2020-12-01", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Date", "20240102T030405Z")
		r.Header.Set("X-Content-Sha256", "e61382eac5f38afa7a55511ed9996916503b64eeb51b14edda42d97f7f611dd6")
		r.Header.Set("Authorization", authorization)
		var out struct {
			ResponseMetadata struct{ Error struct{ Code string } }
		}
		if err := json.Unmarshal(s.Answer(r, []byte(body)).Body, &out); err != nil {
			t.Fatal(err)
		}
		return out.ResponseMetadata.Error.Code
	}
	for name, c := range map[string][3]string{
		"as it was signed":  {"127.0.0.1:18080", body, "ConversationNotFound"},
		"another host":      {"127.0.0.1:18081", body, "SignatureDoesNotMatch"},
		"a blank more":      {"127.0.0.1:18080", body + " ", "SignatureDoesNotMatch"},
		"the standard port": {"127.0.0.1:80", body, "SignatureDoesNotMatch"},
	} {
		if got := call(c[0], c[1]); got != c[2] {
			t.Errorf("%s: %s, want %s", name, got, c[2])
		}
	}
}

// TestStandardPortsAreNotSigned has one signature count for a host with and without its standard port.
func TestStandardPortsAreNotSigned(t *testing.T) {
	for host, want := range map[string]string{"rtc.example:443": "rtc.example", "rtc.example:80": "rtc.example", "rtc.example:8080": "rtc.example:8080", "rtc.example": "rtc.example"} {
		r := httptest.NewRequest(http.MethodPost, "http://rtc.example/", nil)
		r.Host = host
		if got := headerValue(r, "host"); got != want {
			t.Errorf("%s is signed as %s", host, got)
		}
	}
}

func TestCanonicalQuery(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "http://h/?b=2&a=x+y&a=%2A~&B=%E6%B5%B7", nil)
	if got, want := canonicalQuery(r.URL.Query()), "B=%E6%B5%B7&a=x%20y&a=%2A~&b=2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := canonicalPath("/a b/海"); got != "/a%20b/%E6%B5%B7" {
		t.Error(got)
	}
}

// TestWebhookSignature has the example computed from the published rule.
func TestWebhookSignature(t *testing.T) {
	e := hookEvent{"EventTypeVal", "EventDataVal", "EventTimeVal", "EventIdVal", "AppIDVal", "VersionVal", "NonceVal", ""}
	if e.sign("SecretKeyVal"); e.Signature != "7938fac5735d71d8bf383f7587858a7c6d4e7fd214b28fd203335d250b8c6257" {
		t.Error(e.Signature)
	}
}

func TestBookmarks(t *testing.T) {
	var b bookmarks
	now := exampleTime
	key := func(n int64) listKey { return listKey{list: "participants", owner: 1, offset: n} }
	for n := int64(1); n <= 2*maxBookmarks; n++ {
		b.put(now, key(n), community.Place{Time: n})
	}
	if len(b.at) != maxBookmarks || len(b.order) != maxBookmarks {
		t.Errorf("%d bookmarks are kept, in an order of %d", len(b.at), len(b.order))
	}
	for n, want := range map[int64]struct {
		time int64
		skip int
	}{0: {0, 0}, 1: {0, 1}, 2 * maxBookmarks: {2 * maxBookmarks, 0}} {
		if place, skip := b.find(now, key(n)); place.Time != want.time || skip != want.skip {
			t.Errorf("offset %d: from %d, less %d", n, place.Time, skip)
		}
	}
	if _, skip := b.find(now.Add(bookmarkLife), key(2*maxBookmarks)); skip != 2*maxBookmarks {
		t.Error("a bookmark lasts for ever")
	}
}

// TestBatchAllowance has an account use up what it may send in a minute.
func TestBatchAllowance(t *testing.T) {
	s := newService(t)
	const one = `{"AppId":1,"Sender":5,"Receiver":[5],"MsgType":10001,"Content":""}` // whom it does not reach counts as well
	send := func(account, body string) error {
		f, err := parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.run(&call{fields: f, Context: t.Context(), s: s, app: s.apps[1], account: account}, s.actions["BatchSendMessage"])
		return err
	}
	if !s.allowance.take(exampleTime, "AKIDEXAMPLE", receiversMinute-1, receiversMinute) {
		t.Fatal("fewer than a minute's receivers are too many")
	}
	if err := send("AKIDEXAMPLE", one); err != nil {
		t.Error(err)
	}
	if err := send("AKIDEXAMPLE", one); !errors.Is(err, errFlowLimit) {
		t.Errorf("receiver 12,001: %v", err)
	}
	if err := send("another", one); err != nil {
		t.Errorf("another account: %v", err)
	}
	if !s.allowance.take(exampleTime.Add(time.Minute), "AKIDEXAMPLE", receiversMinute, receiversMinute) {
		t.Error("the next minute does not begin anew")
	}
}

// FuzzAnswer has bodies of any kind go to any action: there is always an envelope, and it is never the service's own trouble.
func FuzzAnswer(f *testing.F) {
	for i, body := range []string{
		"null", "{}", `{"AppId":1,"ConversationShortId":9223372036854775807,"Cursor":-1,"Limit":1e3}`, `{"AppId":1,"ConversationCoreInfo":{"ConversationType":2},"OwnerUserId":7}`,
		`{"AppId":1,"ParticipantBlockInfos":{"1":1},"ParticipantUserIds":[1,null,"x"]}`, `{"AppId":1,"UserId":1,"Cursor":9223372036854775807,"Limit":20}`,
		`{"AppId":1,"Users":[{"UserId":1,"Ext":{"a":null}}],"Tags":[]}`, `{"AppId":1,"AppId":2}`,
	} {
		f.Add(i*7, []byte(body))
	}
	s := newService(f)
	names := s.Actions()
	f.Fuzz(func(t *testing.T, n int, body []byte) {
		name := names[uint(n)%uint(len(names))]
		act := s.actions[name]
		fields, err := parse(body)
		if err == nil {
			var result any
			if result, err = s.run(&call{fields: fields, Context: t.Context(), s: s, app: s.apps[1], account: "AKIDEXAMPLE"}, act); err == nil {
				if _, err := json.Marshal(result); err != nil {
					t.Errorf("%s %s: %v", name, body, err)
				}
				return
			}
		}
		answer := s.failure(metadata{Action: name}, err)
		if !json.Valid(answer.Body) || answer.Status >= 500 || bytes.Contains(answer.Body, []byte("InternalError")) {
			t.Errorf("%s %s: %d %s: %v", name, body, answer.Status, answer.Body, err)
		}
	})
}
