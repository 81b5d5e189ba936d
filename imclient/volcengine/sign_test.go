package volcengine

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The worked example can be checked by hand: keys, date, address and body are all in it.
func TestSignWorkedExample(t *testing.T) {
	const body = `{"AppId":1,"ConversationShortId":2,"MessageIds":[3]}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:18080/?Action=GetMessages&Version=2020-12-01", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	Sign(r, []byte(body), Credentials{AccessKey: "AKIDEXAMPLE", SecretKey: "SKEXAMPLE", Region: "cn-north-1", Service: "rtc"}, time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC))
	for name, want := range map[string]string{
		"X-Date":           "20240102T030405Z",
		"X-Content-Sha256": "e61382eac5f38afa7a55511ed9996916503b64eeb51b14edda42d97f7f611dd6",
		"Authorization": "HMAC-SHA256 Credential=AKIDEXAMPLE/20240102/cn-north-1/rtc/request, " +
			"SignedHeaders=content-type;host;x-content-sha256;x-date, " +
			"Signature=58fb0443c79e15f21581842f66da05003cd20a38ebf01c135816d5571c110aba",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestCanonicalParts(t *testing.T) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://rtc.volcengineapi.com:443/a%20b/c*/~d?b=2&a=x+y&a=*&a=%2B~&%C3%A9=", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Second", "  spaced ")
	r.Header.Add("X-First", "one")
	r.Header.Add("X-First", "two")
	r.Header.Set("Content-Type", "text/plain")
	r.Header.Set("User-Agent", "not signed")
	names, lines := canonicalHeaders(r)
	if want := "content-type;host;x-first;x-second"; names != want {
		t.Errorf("names %q, want %q", names, want)
	}
	if want := "content-type:text/plain\nhost:rtc.volcengineapi.com\nx-first:one\nx-second:spaced\n"; lines != want {
		t.Errorf("lines %q, want %q", lines, want)
	}
	if got, want := canonicalPath(r.URL), "/a%20b/c%2A/~d"; got != want {
		t.Errorf("path %q, want %q", got, want)
	}
	if got, want := canonicalQuery(r.URL.Query()), "a=x%20y&a=%2A&a=%2B~&b=2&%C3%A9="; got != want {
		t.Errorf("query %q, want %q", got, want)
	}
}
