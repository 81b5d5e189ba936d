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
	"net/http"
	"net/url"
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
	clock *clock
	http  *http.Client
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
	now := r.clock.Now().Unix()
	return url.Values{"sdkappid": {fmt.Sprint(testApp)}, "identifier": {testAdmin}, "usersig": {sign(testApp, testAdmin, testKey, now, 86400)},
		"random": {"1"}, "contenttype": {"json"}}
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

const group = "group_open_http_svc/"

func TestGroupLife(t *testing.T) {
	r := newRig(t)
	r.ok("im_open_login_svc/multiaccount_import", `{"Accounts":["alice","bob","carol"]}`)
	r.ok(group+"create_group", `{"Type":"Public","Name":"test","GroupId":"g1","Owner_Account":"alice","MemberList":[{"Member_Account":"bob","Role":"Admin"}]}`)
	t.Log(r.ok(group+"add_group_member", `{"GroupId":"g1","MemberList":[{"Member_Account":"carol"},{"Member_Account":"bob"},{"Member_Account":"nobody"}]}`))
	t.Log(r.ok(group+"send_group_msg", `{"GroupId":"g1","Random":1,"From_Account":"bob","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi <b>"}}]}`))
	t.Log(r.ok(group+"get_group_info", `{"GroupIdList":["g1","nope"]}`))
	t.Log(r.ok(group+"get_group_member_info", `{"GroupId":"g1","Limit":2,"Offset":1}`))
	t.Log(r.ok(group+"group_msg_get_simple", `{"GroupId":"g1","ReqMsgNumber":20}`))
	t.Log(r.ok(group+"get_appid_group_list", `{}`))
	t.Log(r.ok(group+"get_joined_group_list", `{"Member_Account":"bob","ResponseFilter":{"SelfInfoFilter":["Role"]}}`))
	t.Log(r.call(group+"nope", `{}`))
}
