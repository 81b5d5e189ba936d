package volcengine

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// FuzzSign signs whatever a request may hold: it never fails, always says the same of the same, and something else of
// another body.
func FuzzSign(f *testing.F) {
	f.Add("/", "Action=GetMessages&Version=2020-12-01", "application/json", `{"AppId":1}`, "SK")
	f.Add("/a b/%2F", "a=1&a=2&b=*~+%20", "", "\x00\xff", "")
	f.Fuzz(func(t *testing.T, path, query, kind, body, secret string) {
		sign := func(body string) http.Header {
			r := &http.Request{Method: http.MethodPost, URL: &url.URL{Scheme: "http", Host: "h:80", Path: path, RawQuery: query}, Header: http.Header{}}
			r.Header.Set("Content-Type", kind)
			Sign(r, []byte(body), Credentials{AccessKey: "AK", SecretKey: secret, Region: "cn-north-1", Service: "rtc"}, time.Unix(1700000000, 0))
			return r.Header
		}
		one, other := sign(body).Get("Authorization"), sign(body+"x").Get("Authorization")
		if one != sign(body).Get("Authorization") || one == other || strings.Contains(one, "\n") {
			t.Errorf("%q and %q", one, other)
		}
	})
}

// FuzzJudge decodes whatever a service may answer, and writes integers as they came.
func FuzzJudge(f *testing.F) {
	for _, w := range wire {
		f.Add(`{"ResponseMetadata":{"RequestId":"r"},"Result":` + w.result + `}`)
	}
	f.Add(`{"ResponseMetadata":{"RequestId":7,"Error":{"CodeN":"1","Code":null}}}`)
	f.Fuzz(func(t *testing.T, body string) {
		var messages GetConversationMessagesResult
		v := judge([]byte(body), &messages)
		if v.broken != nil || v.failed {
			return
		}
		for _, m := range messages.Messages {
			messageOf(m)
			if _, err := json.Marshal(m.MessageId); err != nil {
				t.Errorf("id %q: %v", m.MessageId, err)
			}
		}
	})
}

// FuzzID takes integers of 64 bits as they are written, and nothing else.
func FuzzID(f *testing.F) {
	for _, s := range []string{"0", "-1", "9223372036854775807", "9223372036854775808", "1e3", "1.0", `"7"`, "null", `""`, "true"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var id ID
		if json.Unmarshal([]byte(s), &id) != nil || id == "" {
			return
		}
		n, err := strconv.ParseInt(strings.Trim(strings.TrimSpace(s), `" `), 10, 64)
		if err != nil || string(id) != strconv.FormatInt(n, 10) {
			t.Errorf("%q became %q", s, id)
		}
	})
}
