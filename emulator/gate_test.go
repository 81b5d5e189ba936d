package emulator

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The published test vector of the UserSig algorithm, at level 0 and as another library packs it.
const vector = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkElNyM-Myi0uKEkvyi2BKilOyEwsKMlOACgxNDKAAKpdaUZBZlAqSMTU1NUKIl2TmgkXN0dQXZ6aD7PFyrqpIzHOz8AsJiUgsNcnVNsqwLC8zT4-0yqv0yy7ONajINfRzjQg1MjexVaoFANTGNgc_"

func TestUserSigVector(t *testing.T) {
	r := newRig(t)
	q := r.query()
	q.Set("usersig", vector)
	_, text, err := r.post("/v4/"+account+"account_check", q, `{"CheckItem":[{"UserID":"administrator"}]}`)
	if err != nil || !strings.Contains(text, `"AccountStatus":"Imported"`) {
		t.Fatalf("%v, %s", err, text)
	}
}

// TestChecksComeInOrder breaks a request in one place after the other, from the last check to the first: each answer must
// name the earliest thing that is wrong.
func TestChecksComeInOrder(t *testing.T) {
	type request struct {
		method, path, body string
		query              url.Values
	}
	steps := []struct {
		name  string
		code  float64
		spoil func(*request)
	}{
		{"a field is missing", 10004, func(q *request) { q.body = `{}` }},
		{"body is no object", 60003, func(q *request) { q.body = `[]` }},
		// the rate has its own test
		{"identifier is no administrator", 60010, func(q *request) {
			q.query.Set("identifier", "mallory")
			q.query.Set("usersig", sign(testApp, "mallory", testKey, 1_700_000_000, 600))
		}},
		{"signature has expired", 70001, func(q *request) { q.query.Set("usersig", sign(testApp, "mallory", testKey, 1_699_000_000, 600)) }},
		{"signed with another key", 70009, func(q *request) { q.query.Set("usersig", sign(testApp, "mallory", "other", 1_699_000_000, 600)) }},
		{"signed for another identifier", 70013, func(q *request) { q.query.Set("usersig", sign(testApp, "eve", "other", 1_699_000_000, 600)) }},
		{"signed for another app", 70014, func(q *request) { q.query.Set("usersig", sign(testApp+1, "eve", "other", 1_699_000_000, 600)) }},
		{"signature is rubbish", 70003, func(q *request) { q.query.Set("usersig", "rubbish") }},
		{"signature is empty", 70002, func(q *request) { q.query.Set("usersig", "") }},
		{"app is unknown", 70020, func(q *request) { q.query.Set("sdkappid", "1") }},
		{"app is no number", 60006, func(q *request) { q.query.Set("sdkappid", "x") }},
		{"app is missing", 60012, func(q *request) { q.query.Del("sdkappid") }},
		{"command of a group service is unknown", 10003, func(q *request) { q.path = "/v4/group_open_http_svc/nope" }},
		{"service is unknown", 60009, func(q *request) { q.path = "/v4/nope/nope" }},
		{"method is not POST", 60002, func(q *request) { q.method = http.MethodGet }},
	}
	r := newRig(t)
	req := &request{http.MethodPost, "/v4/" + group + "get_group_info", `{"GroupIdList":["g"]}`, r.query()}
	send := func() answer {
		hr, err := http.NewRequest(req.method, r.URL()+req.path+"?"+req.query.Encode(), strings.NewReader(req.body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := r.http.Do(hr)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/json" {
			t.Fatalf("status %d, type %s", resp.StatusCode, resp.Header.Get("Content-Type"))
		}
		a := answer{}
		if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := send(); a["ErrorCode"] != 0.0 || a["ActionStatus"] != "OK" {
		t.Fatalf("a whole request: %v", a)
	}
	for _, step := range steps {
		step.spoil(req)
		if a := send(); a["ErrorCode"] != step.code || a["ActionStatus"] != "FAIL" || a["ErrorInfo"] == "" {
			t.Errorf("%s: %v, want code %v", step.name, a, step.code)
		}
	}
}

func TestPathsThatAreNone(t *testing.T) {
	r := newRig(t)
	for path, want := range map[string]int{
		"/": 60002, "/v4": 60002, "/v4/openim": 60002, "/v4/openim/": 60002, "/v4//x": 60002, "/v3/openim/querystate": 60002,
		"/v4/openim/querystate/more": 60002, "/v4/openim/nope": 60009, "/v4/Openim/querystate": 60009, "/v4/profile/nope": 60009,
		"/v4/group_open_avchatroom_http_svc/nope": 10003, "/v4/group_open_http_svc/Get_group_info": 10003,
	} {
		_, text, err := r.post(path, r.query(), "{}")
		if a := decode(text); err != nil || a.code() != want {
			t.Errorf("%s: %s %v, want code %d", path, text, err, want)
		}
	}
}

func decode(text string) answer {
	a := answer{}
	if json.Unmarshal([]byte(text), &a) != nil {
		return answer{"ErrorCode": -1.0}
	}
	return a
}

func TestSignatures(t *testing.T) {
	now := int64(1_700_000_000)
	doc := func(change func(map[string]any)) string {
		m := map[string]any{}
		z, err := zlib.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(strings.NewReplacer("*", "+", "-", "/", "_", "=").Replace(vector))))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewDecoder(z).Decode(&m); err != nil {
			t.Fatal(err)
		}
		change(m)
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return pack(b)
	}
	var bomb bytes.Buffer
	z := zlib.NewWriter(&bomb)
	z.Write(make([]byte, 5<<20))
	z.Close()
	tests := []struct {
		name, sig string
		code      int
	}{
		{"as published", vector, 0},
		{"numbers as text", doc(func(m map[string]any) {
			m["TLS.time"], m["TLS.expire"], m["TLS.sdkappid"] = "1700000000", "15552000", "1400000000"
		}), 0},
		{"at its last second", sign(testApp, testAdmin, testKey, now-600, 600), 0},
		{"a second later", sign(testApp, testAdmin, testKey, now-601, 600), 70001},
		{"never valid", sign(testApp, testAdmin, testKey, now-1, 0), 70001},
		{"base64 with its own alphabet", strings.NewReplacer("*", "+", "-", "/", "_", "=").Replace(vector), 70003},
		{"cut short", vector[:40], 70003},
		{"not compressed", base64.StdEncoding.EncodeToString([]byte("{}")), 70003},
		{"compressed, no JSON", pack([]byte("hello")), 70003},
		{"inflates to megabytes", strings.NewReplacer("+", "*", "/", "-", "=", "_").Replace(base64.StdEncoding.EncodeToString(bomb.Bytes())), 70003},
		{"very long", strings.Repeat("eJ", 8000), 70003},
		{"no time", doc(func(m map[string]any) { delete(m, "TLS.time") }), 70003},
		{"life below zero", doc(func(m map[string]any) { m["TLS.expire"] = -1 }), 70003},
		{"a userbuf nobody signed", doc(func(m map[string]any) { m["TLS.userbuf"] = "YWJj" }), 70009},
		{"another life", doc(func(m map[string]any) { m["TLS.expire"] = 99999999 }), 70009},
		{"signature missing", doc(func(m map[string]any) { delete(m, "TLS.sig") }), 70009},
	}
	r := newRig(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := r.query()
			q.Set("usersig", tt.sig)
			for range 2 { // the second time it may be known
				_, text, err := r.post("/v4/"+account+"account_check", q, `{"CheckItem":[{"UserID":"a"}]}`)
				if err != nil || decode(text).code() != tt.code {
					t.Errorf("%s %v, want code %d", text, err, tt.code)
				}
			}
		})
	}
}

func TestKnownSignatureStillExpires(t *testing.T) {
	r := newRig(t)
	q := r.query()
	for _, want := range []int{0, 70001} {
		_, text, err := r.post("/v4/"+account+"account_check", q, `{"CheckItem":[{"UserID":"a"}]}`)
		if err != nil || decode(text).code() != want {
			t.Errorf("%s %v, want code %d", text, err, want)
		}
		r.clock.Add(86401 * time.Second)
	}
}

func TestBodies(t *testing.T) {
	r := newRig(t)
	for _, s := range []struct {
		command string
		code    int
	}{{account + "account_check", 60003}, {group + "get_group_info", 60003}, {"profile/portrait_get", 60003}, {"openim/querystate", 90001}, {"openconfigsvr/getnospeaking", 130001}} {
		for _, body := range []string{"", "null", "[]", `"x"`, "7", "{", `{"a":1}{"b":2}`, `{"a":}`, "\x00", "{}x", "{\"a\":\"\xff\"}"} {
			if a := r.call(s.command, body); a.code() != s.code {
				t.Errorf("%s with %q: %v, want code %d", s.command, body, a, s.code)
			}
		}
		r.clock.Add(time.Second)
	}
	if a := r.call(account+"account_check", ` {"CheckItem":[{"UserID":"x"}],"CheckItem2":null} `); a.code() != 0 {
		t.Errorf("white space and an unknown field: %v", a)
	}
	if a := r.call(account+"account_check", `{"x":"`+strings.Repeat("x", 5<<20)+`"}`); a.code() != 60003 {
		t.Errorf("five megabytes: %v", short(fmt.Sprint(a)))
	}
}

func TestRates(t *testing.T) {
	tests := []struct {
		command, body string
		rate, code    int
	}{
		{group + "get_appid_group_list", `{}`, 1, 10006},
		{group + "send_broadcast_msg", `{"Random":1,"MsgBody":` + textBody("x") + `}`, 1, 60007},
		{account + "account_check", `{"CheckItem":[{"UserID":"x"}]}`, 100, 60007},
		{group + "get_group_info", `{"GroupIdList":["x"]}`, 200, 60007},
	}
	r := newRig(t)
	for _, tt := range tests {
		t.Run(tt.command, func(t *testing.T) {
			for range 3 {
				for n := range tt.rate {
					if a := r.call(tt.command, tt.body); a.code() != 0 {
						t.Fatalf("call %d: %v", n, a)
					}
				}
				for range 2 {
					if a := r.call(tt.command, tt.body); a.code() != tt.code {
						t.Fatalf("over the rate: %v, want %d", a, tt.code)
					}
				}
				r.clock.Add(900 * time.Millisecond)
				if a := r.call(tt.command, tt.body); a.code() != tt.code {
					t.Fatalf("before the second is over: %v, want %d", a, tt.code)
				}
				r.clock.Add(100 * time.Millisecond)
			}
		})
	}
}

// TestPacedCallerIsNeverRefused calls exactly at the rate, with the jitter of a network.
func TestPacedCallerIsNeverRefused(t *testing.T) {
	r := newRig(t)
	for i := range 600 {
		r.clock.Add(5*time.Millisecond + time.Duration(i%7-3)*time.Millisecond)
		if a := r.call(group+"get_group_info", `{"GroupIdList":["x"]}`); a.code() != 0 {
			t.Fatalf("call %d: %v", i, a)
		}
	}
}
