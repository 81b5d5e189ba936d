package emulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	volcApp = 900001
	volcAK  = "AKIDEXAMPLE"
	volcSK  = "SKEXAMPLE"
)

// volcRig is an emulator with one app of Volcengine IM, a clock that only calls move, and a caller who signs.
type volcRig struct {
	testing.TB
	*Server
	clock *clock
	http  *http.Client
}

func newVolcRig(t testing.TB) *volcRig {
	t.Helper()
	return newVolcRigWith(t, Config{})
}

func newVolcRigWith(t testing.TB, c Config) *volcRig {
	t.Helper()
	r := &volcRig{TB: t, clock: &clock{t: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)}, http: &http.Client{Transport: &http.Transport{}}}
	if c.Volc == nil {
		c.Volc = []VolcengineApp{{AppID: volcApp, AccessKey: volcAK, SecretKey: volcSK}}
	}
	if c.Now == nil {
		c.Now = r.clock.Now
	}
	var err error
	if r.Server, err = New(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := r.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.http.CloseIdleConnections()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// volcSigner signs as the vendor's page says. What a test changes of it is the rest of the request.
type volcSigner struct {
	ak, sk, region, service, date string
	signed                        []string // names of headers, lower case and sorted
}

func (r *volcRig) signer() volcSigner {
	return volcSigner{volcAK, volcSK, "cn-north-1", "rtc", r.clock.Now().UTC().Format("20060102T150405Z"), []string{"content-type", "host", "x-content-sha256", "x-date"}}
}

func volcHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// signature is that of a request whose canonical query and headers are given.
func (s volcSigner) signature(canonical string) string {
	text := strings.Join([]string{"HMAC-SHA256", s.date, s.date[:8] + "/" + s.region + "/" + s.service + "/request", volcHash([]byte(canonical))}, "\n")
	key := []byte(s.sk)
	for _, part := range []string{s.date[:8], s.region, s.service, "request", text} {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(part))
		key = m.Sum(nil)
	}
	return hex.EncodeToString(key)
}

// sign puts the headers into req.
func (s volcSigner) sign(req *http.Request, body []byte) {
	hash := volcHash(body)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Date", s.date)
	req.Header.Set("X-Content-Sha256", hash)
	var headers strings.Builder
	for _, name := range s.signed {
		value := req.Header.Get(name)
		if name == "host" {
			value = req.URL.Host
		}
		fmt.Fprintf(&headers, "%s:%s\n", name, value)
	}
	query := strings.ReplaceAll(req.URL.Query().Encode(), "+", "%20")
	canonical := strings.Join([]string{req.Method, "/", query, headers.String(), strings.Join(s.signed, ";"), hash}, "\n")
	req.Header.Set("Authorization", fmt.Sprintf("HMAC-SHA256 Credential=%s/%s/%s/%s/request, SignedHeaders=%s, Signature=%s",
		s.ak, s.date[:8], s.region, s.service, strings.Join(s.signed, ";"), s.signature(canonical)))
}

// volcAnswer is an envelope. Numbers are json.Number.
type volcAnswer struct {
	status   int
	text     string
	Metadata struct {
		RequestId, Action, Version, Service, Region string
		Error                                       *struct {
			CodeN         int
			Code, Message string
		}
	} `json:"ResponseMetadata"`
	Result map[string]any
}

func (a volcAnswer) code() string {
	if a.Metadata.Error == nil {
		return ""
	}
	return a.Metadata.Error.Code
}

func (r *volcRig) request(action, body string) *http.Request {
	r.Helper()
	q := url.Values{"Action": {action}, "Version": {"2020-12-01"}}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, r.URL()+"/?"+q.Encode(), strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	return req
}

// do sends a request as it is.
func (r *volcRig) do(req *http.Request) (a volcAnswer) {
	r.Helper()
	resp, err := r.http.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	a.status, a.text = resp.StatusCode, string(b)
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&a); err != nil {
		r.Fatalf("%s: %v", b, err)
	}
	return a
}

// call signs and sends. The clock goes on a little, so that no rate is in the way. AppId is put in front of the fields.
func (r *volcRig) call(action, fields string) volcAnswer {
	r.Helper()
	r.clock.Add(250 * time.Millisecond)
	body := fmt.Sprintf(`{"AppId":%d}`, volcApp)
	if fields != "" {
		body = fmt.Sprintf(`{"AppId":%d,%s}`, volcApp, fields)
	}
	req := r.request(action, body)
	r.signer().sign(req, []byte(body))
	return r.do(req)
}

// ok is a call that must work.
func (r *volcRig) ok(action, fields string) volcAnswer {
	r.Helper()
	a := r.call(action, fields)
	if a.status != http.StatusOK || a.Metadata.Error != nil {
		r.Fatalf("%s {%s}: %d %s", action, fields, a.status, a.text)
	}
	return a
}

// refusals are calls that must fail with a code.
type volcRefusal struct{ name, action, fields, code string }

func (r *volcRig) refuses(cases []volcRefusal) {
	r.Helper()
	for _, c := range cases {
		a := r.call(c.action, c.fields)
		if a.code() != c.code || a.status != http.StatusBadRequest || a.Result != nil || a.Metadata.Error.CodeN == 0 {
			r.Errorf("%s: %s {%s}: %d %s, want %s", c.name, c.action, short(c.fields), a.status, short(a.text), c.code)
		}
	}
}

// same compares what is at a path of the result, as JSON.
func (r *volcRig) same(a volcAnswer, want string, path ...any) {
	r.Helper()
	got, err := json.Marshal(at(any(a.Result), path...))
	if err != nil {
		r.Fatal(err)
	}
	if string(got) != want {
		r.Errorf("%s %v: %s, want %s", a.Metadata.Action, path, got, want)
	}
}

// i64 is the number at a path of the result.
func (r *volcRig) i64(a volcAnswer, path ...any) int64 {
	r.Helper()
	n, ok := at(any(a.Result), path...).(json.Number)
	if !ok {
		r.Fatalf("%v of %s is no number", path, a.text)
	}
	i, err := n.Int64()
	if err != nil {
		r.Fatal(err)
	}
	return i
}

// create makes a conversation: 1 with another user, 2, or 100.
func (r *volcRig) create(kind int, owner, other int64) int64 {
	r.Helper()
	a := r.ok("CreateConversation", fmt.Sprintf(`"ConversationCoreInfo":{"ConversationType":%d,"Name":"n"},"OwnerUserId":%d,"OtherUserId":%d`, kind, owner, other))
	return r.i64(a, "ConversationShortId")
}

func TestVolcSignature(t *testing.T) {
	t.Parallel()
	const body = `{"AppId":1,"ConversationShortId":2,"MessageIds":[3]}`
	r := newVolcRig(t)
	for _, c := range []struct {
		name, code string
		status     int
		change     func(s *volcSigner, req *http.Request) func()
	}{
		{"right", "AppNotFound", 400, func(*volcSigner, *http.Request) func() { return nil }},
		{"wrong secret", "SignatureDoesNotMatch", 401, func(s *volcSigner, _ *http.Request) func() { s.sk = "other"; return nil }},
		{"unknown key", "InvalidAccessKey", 401, func(s *volcSigner, _ *http.Request) func() { s.ak = "other"; return nil }},
		{"another service", "InvalidCredential", 400, func(s *volcSigner, _ *http.Request) func() { s.service = "ecs"; return nil }},
		{"another region", "AppNotFound", 400, func(s *volcSigner, _ *http.Request) func() { s.region = "ap-southeast-1"; return nil }},
		{"899 s old", "AppNotFound", 400, func(s *volcSigner, _ *http.Request) func() { s.date = "20240102T024906Z"; return nil }},
		{"901 s old", "InvalidTimestamp", 400, func(s *volcSigner, _ *http.Request) func() { s.date = "20240102T024904Z"; return nil }},
		{"899 s ahead", "AppNotFound", 400, func(s *volcSigner, _ *http.Request) func() { s.date = "20240102T031904Z"; return nil }},
		{"901 s ahead", "InvalidTimestamp", 400, func(s *volcSigner, _ *http.Request) func() { s.date = "20240102T031906Z"; return nil }},
		{"extended date", "InvalidTimestamp", 400, func(s *volcSigner, _ *http.Request) func() { s.date = "2024-01-02T03:04:05Z"; return nil }},
		{"date not of the scope", "InvalidCredential", 400, func(_ *volcSigner, req *http.Request) func() {
			return func() { req.Header.Set("X-Date", "20240103T030405Z") }
		}},
		{"only host and date signed", "AppNotFound", 400, func(s *volcSigner, _ *http.Request) func() { s.signed = []string{"host", "x-date"}; return nil }},
		{"host not signed", "SignatureDoesNotMatch", 401, func(s *volcSigner, _ *http.Request) func() { s.signed = []string{"x-date"}; return nil }},
		{"date not signed", "SignatureDoesNotMatch", 401, func(s *volcSigner, _ *http.Request) func() { s.signed = []string{"host"}; return nil }},
		{"one more header signed", "AppNotFound", 400, func(s *volcSigner, req *http.Request) func() {
			req.Header.Set("X-Im-Sdk-Version", "Golang-V1.0.1")
			s.signed = append(s.signed, "x-im-sdk-version")
			slices.Sort(s.signed)
			return nil
		}},
		{"a signed header changed", "SignatureDoesNotMatch", 401, func(_ *volcSigner, req *http.Request) func() {
			return func() { req.Header.Set("Content-Type", "text/plain") }
		}},
		{"changed body", "SignatureDoesNotMatch", 401, func(_ *volcSigner, req *http.Request) func() {
			return func() { req.Body = io.NopCloser(strings.NewReader(strings.Replace(body, "3", "4", 1))) }
		}},
		{"changed body and hash", "SignatureDoesNotMatch", 401, func(_ *volcSigner, req *http.Request) func() {
			return func() {
				other := strings.Replace(body, "3", "4", 1)
				req.Body = io.NopCloser(strings.NewReader(other))
				req.Header.Set("X-Content-Sha256", volcHash([]byte(other)))
			}
		}},
		{"changed query", "SignatureDoesNotMatch", 401, func(_ *volcSigner, req *http.Request) func() {
			return func() { req.URL.RawQuery = strings.Replace(req.URL.RawQuery, "GetMessages", "SendMessage", 1) }
		}},
		{"no Authorization", "MissingSignature", 401, func(_ *volcSigner, req *http.Request) func() {
			return func() { req.Header.Del("Authorization") }
		}},
		{"another scheme", "InvalidAuthorization", 400, func(_ *volcSigner, req *http.Request) func() {
			return func() { req.Header.Set("Authorization", "Bearer x") }
		}},
		{"no signature in it", "InvalidAuthorization", 400, func(_ *volcSigner, req *http.Request) func() {
			return func() {
				req.Header.Set("Authorization", "HMAC-SHA256 Credential=AKIDEXAMPLE/20240102/cn-north-1/rtc/request, SignedHeaders=host")
			}
		}},
		{"short scope", "InvalidCredential", 400, func(_ *volcSigner, req *http.Request) func() {
			return func() {
				req.Header.Set("Authorization", "HMAC-SHA256 Credential=AKIDEXAMPLE/20240102/request, SignedHeaders=host;x-date, Signature=00")
			}
		}},
		{"temporary credentials", "InvalidSecretToken", 401, func(s *volcSigner, req *http.Request) func() {
			req.Header.Set("X-Security-Token", "STS")
			s.signed = append(s.signed, "x-security-token")
			return nil
		}},
	} {
		s := r.signer()
		req := r.request("GetMessages", body)
		after := c.change(&s, req)
		s.sign(req, []byte(body))
		if after != nil {
			after()
		}
		if a := r.do(req); a.code() != c.code || a.status != c.status {
			t.Errorf("%s: %d %s, want %d %s", c.name, a.status, a.text, c.status, c.code)
		}
	}
}
