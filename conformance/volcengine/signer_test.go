package conformance

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/volcengine/volc-sdk-golang/base"

	"imdesk/imclient/volcengine"
)

// TestSigners has the SDK's signer and ours sign the same requests: they say the same of each. The SDK takes the time
// when it is called, so ours is given what the SDK wrote.
func TestSigners(t *testing.T) {
	const n = 5000
	r := rand.New(rand.NewPCG(1, 2)) // the same requests each time
	regions := []string{"cn-north-1", "ap-southeast-1"}
	for i := range n {
		body := []byte(text(r, 300))
		if i%7 == 0 {
			body = nil
		}
		query := url.Values{"Action": {text(r, 12)}, "Version": {"2020-12-01"}}
		for range r.IntN(4) {
			name := text(r, 6)
			query[name] = append(query[name], text(r, 10))
		}
		host := []string{"rtc.volcengineapi.com", "127.0.0.1:18080", "example.com:80", "example.com:443"}[r.IntN(4)]
		address := url.URL{Scheme: "https", Host: host, Path: "/" + text(r, r.IntN(2)*10), RawQuery: query.Encode()}
		header := http.Header{}
		if i%3 > 0 {
			header.Set("Content-Type", "application/json")
		}
		if i%5 == 0 {
			header.Set("X-Im-Sdk-Version", "Golang-V1.0.1")
			header.Add("X-Twice", " one ")
			header.Add("X-Twice", "two")
		}
		if i%11 == 0 {
			header.Set("Content-Md5", "1B2M2Y8AsgTpgAmy7PhCfg==")
		}
		header.Set("User-Agent", "not signed")
		c := sdk.Credentials{
			AccessKeyID: "AK" + fmt.Sprint(i), SecretAccessKey: text(r, 40), Region: regions[r.IntN(2)], Service: "rtc",
		}
		if i%4 == 0 {
			c.SessionToken = "token-" + fmt.Sprint(i)
		}
		theirs := c.Sign(request(t, address, header, body))
		at, err := time.Parse("20060102T150405Z", theirs.Header.Get("X-Date"))
		if err != nil {
			t.Fatal(err)
		}
		ours := request(t, address, header, body)
		volcengine.Sign(ours, body, volcengine.Credentials{
			AccessKey: c.AccessKeyID, SecretKey: c.SecretAccessKey, Token: c.SessionToken, Region: c.Region, Service: c.Service,
		}, at)
		for _, name := range []string{"Authorization", "X-Content-Sha256", "X-Date", "X-Security-Token", "Content-Type"} {
			if got, want := ours.Header.Get(name), theirs.Header.Get(name); got != want {
				t.Fatalf("request %d, %s, headers %v\n%s: we say %s\nthe SDK says %s", i, address.String(), header, name, got, want)
			}
		}
	}
}

func request(t *testing.T, address url.URL, header http.Header, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address.String(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header.Clone()
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

// text is up to n characters, odd ones among them.
func text(r *rand.Rand, n int) string {
	letters := []rune("abcXYZ019-_.~ *+/%&=?#:;,'\"<>()[]{}@!$^|\\é好🌊")
	var b strings.Builder
	for range r.IntN(n + 1) {
		b.WriteRune(letters[r.IntN(len(letters))])
	}
	return b.String()
}
