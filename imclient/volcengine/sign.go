package volcengine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Credentials sign requests.
type Credentials struct {
	AccessKey string
	SecretKey string
	Token     string // with temporary credentials; else ""
	Region    string // such as "cn-north-1"
	Service   string // "rtc"
}

const (
	algorithm  = "HMAC-SHA256"
	dateFormat = "20060102T150405Z"
)

// Sign adds the headers that prove who sends a request: X-Date, X-Content-Sha256, Authorization, and X-Security-Token
// with temporary credentials. All headers that are to be signed must be set before; the body is given as it will be sent.
// Signed are Content-Type, Content-MD5, Host and all headers whose names begin with X-.
//
// Source: Volcengine, "Signing of requests" (doc 6358/166389).
func Sign(r *http.Request, body []byte, c Credentials, at time.Time) {
	date := at.UTC().Format(dateFormat)
	sum := sha256.Sum256(body)
	payload := hex.EncodeToString(sum[:])
	r.Header.Set("X-Date", date)
	r.Header.Set("X-Content-Sha256", payload)
	if c.Token != "" {
		r.Header.Set("X-Security-Token", c.Token)
	}
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	names, headers := canonicalHeaders(r)
	request := strings.Join([]string{r.Method, canonicalPath(r.URL), canonicalQuery(r.URL.Query()), headers, names, payload}, "\n")
	hashed := sha256.Sum256([]byte(request))
	scope := strings.Join([]string{date[:8], c.Region, c.Service, "request"}, "/")
	toSign := strings.Join([]string{algorithm, date, scope, hex.EncodeToString(hashed[:])}, "\n")
	key := []byte(c.SecretKey)
	for _, part := range []string{date[:8], c.Region, c.Service, "request"} {
		key = mac(key, part)
	}
	r.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s",
		algorithm, c.AccessKey, scope, names, hex.EncodeToString(mac(key, toSign))))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// canonicalHeaders are the names of the signed headers, and a line for each. Of a repeated header the first value counts.
func canonicalHeaders(r *http.Request) (names, lines string) {
	signed := map[string]string{"host": canonicalHost(r)}
	for name, values := range r.Header {
		lower := strings.ToLower(name)
		if lower == "content-type" || lower == "content-md5" || strings.HasPrefix(lower, "x-") {
			signed[lower] = strings.TrimSpace(values[0])
		}
	}
	var list []string
	for name := range signed {
		list = append(list, name)
	}
	slices.Sort(list)
	var b strings.Builder
	for _, name := range list {
		b.WriteString(name + ":" + signed[name] + "\n")
	}
	return strings.Join(list, ";"), b.String()
}

// canonicalHost is the host without a port that its scheme implies.
func canonicalHost(r *http.Request) string {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && (host[i:] == ":80" || host[i:] == ":443") {
		host = host[:i]
	}
	return host
}

func canonicalPath(u *url.URL) string {
	path := u.Path
	if path == "" {
		return "/"
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = escape(p)
	}
	return strings.Join(parts, "/")
}

// canonicalQuery sorts by name; the values of one name stay in their order.
func canonicalQuery(q url.Values) string {
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	var list []string
	for _, name := range names {
		for _, v := range q[name] {
			list = append(list, escape(name)+"="+escape(v))
		}
	}
	return strings.Join(list, "&")
}

// escape leaves A to Z, a to z, 0 to 9 and -_.~ as they are.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
