package auth

import (
	"net/http"
	"net/url"
	"strings"
)

// Where signing in and out happens.
const (
	LoginPath  = "/login"
	LogoutPath = "/logout"
)

// maxNext is the length of an address to come back to, in bytes.
const maxNext = 2 << 10

// SafeNext is where to go after signing in: next if it is a path of this console, else the start page. Anybody can make
// up a link to the login page, so next may be anything.
//
// Browsers take "//host" and "/\host" for another host, and drop tabs and line ends before they look; proxies decode
// "%2F" and "%5C", some of them twice. None of these is let through at the start of the path.
func SafeNext(next string) string {
	const home = "/"
	if len(next) > maxNext || strings.ContainsFunc(next, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' || r == '\uFFFD' }) {
		return home
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(next, "/") {
		return home
	}
	once, err := url.PathUnescape(u.EscapedPath())
	if err != nil {
		return home
	}
	twice, err := url.PathUnescape(once)
	if err != nil {
		twice = once // a lone percent sign, in an id
	}
	for _, p := range []string{u.EscapedPath(), once, twice} {
		if len(p) > 1 && (p[1] <= ' ' || p[1] == '/' || p[1] == '\\') {
			return home
		}
		for part := range strings.SplitSeq(p, "/") {
			if part == "." || part == ".." {
				return home
			}
		}
	}
	if once == LoginPath || once == LogoutPath {
		return home // or one would go in circles
	}
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).RequestURI()
}

// LoginURL leads to the login page, and from there back to next.
func LoginURL(next string) string {
	if next = SafeNext(next); next == "/" {
		return LoginPath
	}
	return LoginPath + "?next=" + url.QueryEscape(next)
}

// pageOf is the page that a request belongs to: for a part it is the one that the browser shows.
func pageOf(r *http.Request) string {
	if r.Header.Get("HX-Request") == "true" {
		if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil && u.Path != "" {
			return u.RequestURI()
		}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return "/"
	}
	return r.URL.RequestURI()
}
