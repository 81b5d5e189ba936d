package volcengine

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Source: signing, docs 6358/166389 and 6971/174333.
const (
	algorithm   = "HMAC-SHA256"
	serviceName = "rtc"
	dateLayout  = "20060102T150405Z"
	validity    = 900 * time.Second
)

// maxValidity bounds X-Expires, as a bound on the parameter. Open: the vendor's own.
const maxValidity = 7 * 24 * time.Hour

// signature is what a request says of who signed it and how.
type signature struct {
	accessKey, date, region, service string
	signed                           []string // names of headers, or of queries
	value                            string
}

// verify checks who signed a request, when, and whether it is what was signed. The signature is of the headers or, if there is no
// Authorization, of the query.
func (s *Service) verify(r *http.Request, query url.Values, body []byte) (signature, error) {
	if r.Header.Get("Authorization") == "" {
		if query.Get("X-Signature") == "" && query.Get("X-Algorithm") == "" {
			return signature{}, errMissingSignature
		}
		return s.verifyQuery(r, query)
	}
	sig, err := parseAuthorization(r.Header.Get("Authorization"))
	if err != nil {
		return sig, err
	}
	secret, err := s.secretOf(sig, r.Header.Get("X-Security-Token"))
	if err != nil {
		return sig, err
	}
	date := r.Header.Get("X-Date")
	if err := s.inTime(date, sig.date, query.Get("X-Expires")); err != nil {
		return sig, err
	}
	// Without these two a request could be sent elsewhere, or later.
	if !slices.Contains(sig.signed, "host") || !slices.Contains(sig.signed, "x-date") {
		return sig, errSignature
	}
	hash := hexSHA256(body)
	if claimed := r.Header.Get("X-Content-Sha256"); claimed != "" && claimed != hash {
		return sig, errSignature
	}
	var headers strings.Builder
	for _, name := range sig.signed {
		headers.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	return sig, sig.check(secret, date, canonical(r, query, headers.String(), strings.Join(sig.signed, ";"), hash))
}

// verifyQuery checks a request signed in its query: of that only the parameters named in X-SignedQueries count, and neither host
// nor body. Open: whether the host takes this for a POST with a body.
func (s *Service) verifyQuery(r *http.Request, query url.Values) (signature, error) {
	if query.Get("X-Algorithm") != algorithm {
		return signature{}, errInvalidAuthorization
	}
	if query.Get("X-Signature") == "" {
		return signature{}, errMissingSignature
	}
	sig, err := parseCredential(query.Get("X-Credential"))
	if err != nil {
		return sig, err
	}
	sig.signed, sig.value = strings.Split(query.Get("X-SignedQueries"), ";"), query.Get("X-Signature")
	secret, err := s.secretOf(sig, query.Get("X-Security-Token"))
	if err != nil {
		return sig, err
	}
	date := query.Get("X-Date")
	if err := s.inTime(date, sig.date, query.Get("X-Expires")); err != nil {
		return sig, err
	}
	signed := url.Values{}
	for _, name := range sig.signed {
		signed[name] = query[name]
	}
	for _, name := range []string{"Action", "Version", "X-Date", "X-Credential", "X-Algorithm"} {
		if !slices.Contains(sig.signed, name) {
			return sig, errSignature
		}
	}
	return sig, sig.check(secret, date, canonical(r, signed, "\n", "", hexSHA256(nil)))
}

// parseAuthorization reads "HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
func parseAuthorization(text string) (signature, error) {
	scheme, rest, ok := strings.Cut(text, " ")
	if !ok || scheme != algorithm {
		return signature{}, errInvalidAuthorization
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || value == "" {
			return signature{}, errInvalidAuthorization
		}
		parts[name] = value
	}
	if parts["Credential"] == "" || parts["SignedHeaders"] == "" || parts["Signature"] == "" {
		return signature{}, errInvalidAuthorization
	}
	sig, err := parseCredential(parts["Credential"])
	sig.signed, sig.value = strings.Split(parts["SignedHeaders"], ";"), parts["Signature"]
	return sig, err
}

// parseCredential reads AK/date/region/service/request.
func parseCredential(text string) (signature, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 5 || parts[0] == "" || parts[2] == "" || parts[4] != "request" {
		return signature{}, errInvalidCredential
	}
	sig := signature{accessKey: parts[0], date: parts[1], region: parts[2], service: parts[3]}
	if sig.service != serviceName {
		return sig, errInvalidCredential
	}
	return sig, nil
}

// secretOf is the key that signs for the caller. No temporary credentials were ever given, so a token is always wrong.
func (s *Service) secretOf(sig signature, token string) (string, error) {
	secret, ok := s.secrets[sig.accessKey]
	if !ok {
		return "", errAccessKey.with(sig.accessKey)
	}
	if token != "" {
		return "", errSecretToken.with("unknown token")
	}
	return secret, nil
}

// inTime refuses a date more than 900 s, or the seconds of expires, away. Open: how far ahead a date may lie; the same is taken.
func (s *Service) inTime(date, shortDate, expires string) error {
	at, err := time.Parse(dateLayout, date)
	if err != nil {
		return errTimestamp
	}
	if at.Format("20060102") != shortDate {
		return errInvalidCredential
	}
	valid := validity
	if expires != "" {
		n, err := strconv.ParseInt(expires, 10, 32)
		if err != nil || n <= 0 || time.Duration(n)*time.Second > maxValidity {
			return errTimestamp
		}
		valid = time.Duration(n) * time.Second
	}
	if age := s.now().Sub(at); age > valid || age < -validity {
		return errTimestamp
	}
	return nil
}

func (sig signature) check(secret, date, canonical string) error {
	scope := strings.Join([]string{sig.date, sig.region, sig.service, "request"}, "/")
	text := strings.Join([]string{algorithm, date, scope, hexSHA256([]byte(canonical))}, "\n")
	key := []byte(secret)
	for _, part := range []string{sig.date, sig.region, sig.service, "request", text} {
		key = hmacSHA256(key, part)
	}
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(key)), []byte(sig.value)) != 1 {
		return errSignature
	}
	return nil
}

func canonical(r *http.Request, query url.Values, headers, signedHeaders, bodyHash string) string {
	return strings.Join([]string{r.Method, canonicalPath(r.URL.Path), canonicalQuery(query), headers, signedHeaders, bodyHash}, "\n")
}

func canonicalPath(path string) string {
	if path == "" {
		return "/"
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = escape(p)
	}
	return strings.Join(parts, "/")
}

// canonicalQuery has the parameters by name; several values of one name keep their order.
func canonicalQuery(query url.Values) string {
	var names []string
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names {
		for _, value := range query[name] {
			parts = append(parts, escape(name)+"="+escape(value))
		}
	}
	return strings.Join(parts, "&")
}

// escape is the percent-encoding of RFC 3986.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// headerValue is the first value of a header, as it counts for the signature.
func headerValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(r.Host), ":80"), ":443")
	case "content-length": // the server has taken it out of the headers
		return strconv.FormatInt(r.ContentLength, 10)
	}
	return strings.TrimSpace(r.Header.Get(name))
}

func hmacSHA256(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
