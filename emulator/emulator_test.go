package emulator

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testApp   = 1400000000
	testAdmin = "administrator"
	testKey   = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// rig is an emulator with a clock that stands still and a caller who signs.
type rig struct {
	*testing.T
	*Server
	clock  *clock
	http   *http.Client
	random int64

	sigMu sync.Mutex
	sig   string // of testAdmin
	sigAt int64
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigWith(t, Config{})
}

func newRigWith(t *testing.T, c Config) *rig {
	t.Helper()
	r := &rig{T: t, clock: &clock{t: time.Unix(1_700_000_000, 0)}, http: &http.Client{Transport: &http.Transport{}}}
	c.Apps = []TencentApp{{SDKAppID: testApp, Admins: []string{testAdmin, "admin2"}, Key: testKey}}
	if c.Now == nil {
		c.Now = r.clock.Now
	}
	var err error
	if r.Server, err = New(context.Background(), c); err != nil {
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

// sign makes a UserSig by the published recipe.
func sign(app int64, identifier, key string, now, expire int64) string {
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "TLS.identifier:%s\nTLS.sdkappid:%d\nTLS.time:%d\nTLS.expire:%d\n", identifier, app, now, expire)
	doc, _ := json.Marshal(map[string]any{
		"TLS.ver": "2.0", "TLS.identifier": identifier, "TLS.sdkappid": app, "TLS.expire": expire, "TLS.time": now,
		"TLS.sig": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	})
	return pack(doc)
}

func pack(doc []byte) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(doc)
	z.Close()
	return strings.NewReplacer("+", "*", "/", "-", "=", "_").Replace(base64.StdEncoding.EncodeToString(b.Bytes()))
}

func (r *rig) query() url.Values {
	const day, hour = 86400, 3600
	r.sigMu.Lock()
	defer r.sigMu.Unlock()
	if now := r.clock.Now().Unix(); r.sig == "" || now < r.sigAt || now > r.sigAt+hour { // making one costs more than a call
		r.sig, r.sigAt = sign(testApp, testAdmin, testKey, now, day), now
	}
	return url.Values{
		"sdkappid": {fmt.Sprint(testApp)}, "identifier": {testAdmin}, "usersig": {r.sig},
		"random": {"1"}, "contenttype": {"json"},
	}
}

// post sends body as it is and returns what came back.
func (r *rig) post(path string, q url.Values, body string) (*http.Response, string, error) {
	resp, err := r.http.Post(r.URL()+path+"?"+q.Encode(), "application/json", strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

// answer is a decoded answer.
type answer map[string]any

func (a answer) code() int {
	n, _ := a["ErrorCode"].(float64)
	return int(n)
}

// call calls "service/command" with a JSON body and returns the answer.
func (r *rig) call(command, body string) answer {
	r.Helper()
	resp, text, err := r.post("/v4/"+command, r.query(), body)
	if err != nil {
		r.Fatalf("%s: %v", command, err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" {
		r.Fatalf("%s: status %d, type %q", command, resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	a := answer{}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		r.Fatalf("%s: %v in %s", command, err, text)
	}
	return a
}

// ok is call for what has to work.
func (r *rig) ok(command, body string) answer {
	r.Helper()
	a := r.call(command, body)
	if a.code() != 0 {
		r.Fatalf("%s %s: %v", command, body, a)
	}
	return a
}

const (
	group   = "group_open_http_svc/"
	live    = "group_open_avchatroom_http_svc/"
	account = "im_open_login_svc/"
)

// refusals checks calls that must be answered with a code; code 0 is success.
type refusal struct {
	name, command, body string
	code                int
}

func (r *rig) refuses(cases []refusal) {
	r.Helper()
	for _, c := range cases {
		if got := r.call(c.command, c.body); got.code() != c.code {
			r.Errorf("%s: %s %s: code %d %v, want %d", c.name, c.command, short(c.body), got.code(), got["ErrorInfo"], c.code)
		} else if want := map[bool]string{true: "OK", false: "FAIL"}[c.code == 0]; got["ActionStatus"] != want && got["ActionStatus"] != nil {
			r.Errorf("%s: ActionStatus %v with code %d", c.name, got["ActionStatus"], c.code)
		}
	}
}

func short(s string) string {
	if len(s) > 200 {
		return s[:200] + "..."
	}
	return s
}

// at walks into a decoded answer: map keys and list indexes.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			switch m := v.(type) {
			case answer:
				v = m[p]
			case map[string]any:
				v = m[p]
			default:
				return nil
			}
		case int:
			list, _ := v.([]any)
			if p >= len(list) {
				return nil
			}
			v = list[p]
		}
	}
	return v
}

// column reads one field of every item of a list.
func column(v any, field string) (values []string) {
	items, _ := v.([]any)
	for _, it := range items {
		values = append(values, fmt.Sprint(num(at(it, field))))
	}
	return values
}

// num prints whole numbers as such.
func num(v any) any {
	if f, ok := v.(float64); ok && f == math.Trunc(f) {
		return int64(f)
	}
	return v
}

// expect compares what is at path with want, both printed.
func (r *rig) expect(a answer, want any, path ...any) {
	r.Helper()
	if got := fmt.Sprint(num(at(a, path...))); got != fmt.Sprint(want) {
		r.Errorf("%v is %s, want %v", path, got, want)
	}
}

// people imports accounts.
func (r *rig) people(names ...string) {
	r.Helper()
	for chunk := range slices.Chunk(names, 100) {
		r.ok(account+"multiaccount_import", `{"Accounts":`+js(chunk)+`}`)
	}
}

// group makes a group of the type with owner "owner" and the given members.
func (r *rig) group(kind, id string, members ...string) {
	r.Helper()
	r.people(append([]string{"owner"}, members...)...)
	body := fmt.Sprintf(`{"Type":%q,"Name":"test","GroupId":%q,"Owner_Account":"owner"}`, kind, id)
	r.ok(group+"create_group", body)
	for chunk := range slices.Chunk(members, 300) {
		r.ok(group+"add_group_member", fmt.Sprintf(`{"GroupId":%q,"Silence":1,"MemberList":%s}`, id, accounts(chunk)))
	}
}

// say sends a text and returns its seq.
func (r *rig) say(id, from, text string) int64 {
	r.Helper()
	r.random++
	a := r.ok(group+"send_group_msg", fmt.Sprintf(`{"GroupId":%q,"From_Account":%q,"Random":%d,"MsgBody":%s}`, id, from, r.random, textBody(text)))
	seq, _ := num(a["MsgSeq"]).(int64)
	return seq
}

func textBody(text string) string {
	return `[{"MsgType":"TIMTextElem","MsgContent":{"Text":` + js(text) + `}}]`
}

func js(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// accounts is names as [{"Member_Account":...}].
func accounts(names []string) string {
	list := make([]map[string]string, len(names))
	for i, n := range names {
		list[i] = map[string]string{"Member_Account": n}
	}
	return js(list)
}

// names makes n account names that sort in order.
func names(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s%05d", prefix, i)
	}
	return list
}
