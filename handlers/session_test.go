package handlers

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
)

// patient is a harness in which wrong passwords are answered at once.
func patient(t *testing.T) *harness {
	t.Helper()
	h := newHarness(t, func(o *Options) {
		o.Auth = auth.New(auth.Options{Store: o.Store, Now: o.Now, Log: o.Log, Wait: func(context.Context, time.Duration) error { return nil }})
	})
	for _, role := range everyRole {
		h.as(role)
	}
	return h
}

// cookieOf is the session cookie that an answer sets, and its attributes.
func cookieOf(a *answer) *http.Cookie {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == auth.CookieName {
			return c
		}
	}
	return nil
}

func signIn(name, password string, more ...string) url.Values {
	return with(url.Values{"name": {name}, "password": {password}}, more...)
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	h := patient(t)
	visitor := &browser{h: h, t: t}
	visitor.get("/login").is(http.StatusOK).has("Sign in").lacks("Groups")
	a := visitor.post("/login", signIn("op_lead", testPassword, "next", "/audit?state=ok")).is(http.StatusSeeOther)
	if a.location() != "/audit?state=ok" {
		t.Errorf("it leads to %s", a.location())
	}
	c := cookieOf(a)
	if c == nil || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || !strings.HasPrefix(c.Name, "__Host-") || len(c.Value) < 40 {
		t.Fatalf("the cookie is %+v", c)
	}
	b := &browser{h: h, t: t, cookie: c.Name + "=" + c.Value}
	b.get("/audit").is(http.StatusOK).has("op_lead")
	// Who is signed in has no use for the page.
	if to := b.get("/login?next=/settings/me").is(http.StatusSeeOther).location(); to != "/settings/me" {
		t.Errorf("it leads to %s", to)
	}
	out := b.post("/logout", url.Values{}).is(http.StatusSeeOther)
	if gone := cookieOf(out); gone == nil || gone.MaxAge >= 0 {
		t.Errorf("the cookie stays: %+v", gone)
	}
	b.get("/audit").is(http.StatusSeeOther) // the token is worth nothing any more
	b.post("/logout", url.Values{}).is(http.StatusSeeOther)
}

// A token that somebody put into the browser before is not the one that is signed in with.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	h := patient(t)
	planted := auth.CookieName + "=" + strings.Repeat("A", 43)
	victim := &browser{h: h, t: t, cookie: planted}
	c := cookieOf(victim.post("/login", signIn("op_owner", testPassword)).is(http.StatusSeeOther))
	if c == nil || planted == c.Name+"="+c.Value {
		t.Fatalf("the planted token was taken: %v", c)
	}
	(&browser{h: h, t: t, cookie: planted}).get("/").is(http.StatusSeeOther)

	// Nor is the attacker's own session: it ends, and who signed in has another.
	attacker := h.as(auth.Viewer)
	c = cookieOf((&browser{h: h, t: t, cookie: attacker.cookie}).post("/login", signIn("op_owner", testPassword)).is(http.StatusSeeOther))
	if attacker.cookie == c.Name+"="+c.Value {
		t.Error("the attacker’s token is the owner’s")
	}
	attacker.get("/").is(http.StatusSeeOther)
	(&browser{h: h, t: t, cookie: c.Name + "=" + c.Value}).get("/").is(http.StatusOK).has("op_owner")
}

// Wherever an address to go to comes from the request, it leads to this console only.
func TestOpenRedirects(t *testing.T) {
	t.Parallel()
	h := patient(t)
	owner := h.as(auth.Owner)
	for _, hostile := range []string{
		"//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "http:evil.example", "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example",
		"//evil.example/%2f..", "/%2f/evil.example", "/%5cevil.example", "/%252f%252fevil.example", "/..//evil.example", "/./\\evil.example", "///evil.example", "evil.example",
		"/login?next=//evil.example", "?next=//evil.example", "/@evil.example\r\nSet-Cookie: x=1", "https:/evil.example", "//[::1]", "/\x00/evil.example", "ftp://evil.example", " /x", "/" + strings.Repeat("a", 5000),
	} {
		places := map[string]*answer{
			"sign in":       (&browser{h: h, t: t}).post("/login", signIn("op_support", testPassword, "next", hostile)),
			"signed in":     owner.get("/login?next=" + url.QueryEscape(hostile)),
			"display":       owner.post("/me/display", url.Values{"theme": {"dark"}, "return": {hostile}}),
			"language":      (&browser{h: h, t: t}).get("/login?lang=zh&next=" + url.QueryEscape(hostile)),
			"pins":          owner.post("/apps/demo/pins", url.Values{"id": {"g"}, "on": {"0"}, "return": {hostile}}),
			"back of sheet": owner.post("/apps/demo/users/administrator/sign-out", url.Values{"why": {"ads"}, "back": {hostile}}),
		}
		for where, a := range places {
			to := a.location()
			u, err := url.Parse(to)
			if a.status != http.StatusSeeOther || err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(to, "/") || len(to) > 1 && (to[1] == '/' || to[1] == '\\') || strings.Contains(to, "evil") && !strings.HasPrefix(to, "/login?next=") {
				t.Errorf("%s with %q: status %d leads to %q", where, hostile, a.status, to)
			}
			if len(a.header["Set-Cookie"]) > 1 || strings.Contains(strings.Join(a.header["Set-Cookie"], ""), "x=1") {
				t.Errorf("%s with %q sets %v", where, hostile, a.header["Set-Cookie"])
			}
		}
		page := (&browser{h: h, t: t}).get("/login?next=" + url.QueryEscape(hostile)).is(http.StatusOK)
		if strings.Contains(page.body, "evil") {
			t.Errorf("the form takes %q along", hostile)
		}
	}
}

func TestStaleCookies(t *testing.T) {
	t.Parallel()
	h := patient(t)
	owner := h.as(auth.Owner)
	for _, cookie := range []string{
		"", "x", strings.Repeat("A", 43), strings.Repeat("A", 44), strings.Repeat("=", 43), strings.Repeat("ü", 20), strings.Repeat("A", 9000), `"; DROP TABLE session`, owner.cookie[len(auth.CookieName)+1:] + "x",
		strings.ToLower(owner.cookie[len(auth.CookieName)+1:]),
	} {
		b := &browser{h: h, t: t, cookie: auth.CookieName + "=" + cookie}
		if to := b.get("/audit").is(http.StatusSeeOther).location(); to != "/login?next=%2Faudit" {
			t.Errorf("with %.50q it leads to %s", cookie, to)
		}
	}
	owner.get("/audit").is(http.StatusOK)

	// After the night the session has ended; what was typed has not.
	h.advance(auth.DefaultIdle + time.Minute)
	owner.get("/audit").is(http.StatusSeeOther)
	a := owner.post("/apps/demo/groups/g1/notice", url.Values{"text": {"typed\r\nwith <care>"}, "to": {"ann", "bob"}}).is(http.StatusUnauthorized)
	a.has("Your session has ended", "Nothing was changed").marked(`action="/apps/demo/groups/g1/notice"`)
	form := find(a.document(), isForm("/apps/demo/groups/g1/notice"))
	if len(form) != 1 || sentBy(form[0]).Get("text") != "typed\r\nwith <care>" || len(sentBy(form[0])["to"]) != 2 {
		t.Errorf("the form lost something: %v", form)
	}

	// Whoever is disabled is out at once, and so is who got another password.
	support, viewer := h.renew(auth.Support), h.renew(auth.Viewer)
	if err := h.server.Auth.SetDisabled(context.Background(), auth.CommandLine(), h.operator(auth.Support), true); err != nil {
		t.Fatal(err)
	}
	support.get("/").is(http.StatusSeeOther)
	if err := h.server.Auth.SetPassword(context.Background(), auth.CommandLine(), h.operator(auth.Viewer), "quite another password 8"); err != nil {
		t.Fatal(err)
	}
	viewer.get("/").is(http.StatusSeeOther)
}

// renew signs in again.
func (h *harness) renew(role auth.Role) *browser {
	h.t.Helper()
	c := cookieOf((&browser{h: h, t: h.t}).post("/login", signIn("op_"+string(role), testPassword)).is(http.StatusSeeOther))
	return &browser{h: h, t: h.t, cookie: c.Name + "=" + c.Value}
}

// clockOf is where a page says when it was made.
var clockOf = regexp.MustCompile(`<meta name="now"[^>]*>`)

// Nobody learns from the answers which names exist, and guessing stops.
func TestLockoutTellsNothing(t *testing.T) {
	t.Parallel()
	h := patient(t)
	visitor := &browser{h: h, t: t}
	for try := range 8 {
		var said []string
		for _, name := range []string{"op_lead", "no_such_name"} {
			a := visitor.post("/login", signIn(name, "wrong password"))
			said = append(said, fmt.Sprint(a.status, clockOf.ReplaceAllString(strings.ReplaceAll(a.body, name, "NAME"), "")))
			if strings.Contains(a.body, "wrong password") {
				t.Error("the password comes back")
			}
			want := http.StatusUnauthorized
			if try >= 5 { // the sixth is the last
				want = http.StatusTooManyRequests
			}
			a.is(want).marked(`value="` + name + `"`)
		}
		if said[0] != said[1] {
			t.Errorf("try %d differs:\n%s\n%s", try, said[0], said[1])
		}
	}
	// The right password is no use now, and works again after the pause.
	visitor.post("/login", signIn("op_lead", testPassword)).is(http.StatusTooManyRequests).has("10 minutes")
	h.advance(11 * time.Minute)
	visitor.post("/login", signIn("op_lead", testPassword)).is(http.StatusSeeOther)
}

func TestLoginPage(t *testing.T) {
	t.Parallel()
	h := patient(t)
	visitor := &browser{h: h, t: t, lang: "zh-CN,zh;q=0.9"}
	h.server.Language = ""
	page := visitor.get("/login?next=/audit").is(http.StatusOK).has("登录")
	to := hrefOf(page, "English")
	u, err := url.Parse(to)
	if err != nil || u.Path != "/login" || u.Query().Get("lang") != "en" || u.Query().Get("next") != "/audit" {
		t.Errorf("English leads to %s", to)
	}
	a := visitor.get(to).is(http.StatusSeeOther)
	if a.location() != "/login?next=%2Faudit" || !strings.Contains(a.header.Get("Set-Cookie"), languageCookie+"=en") {
		t.Errorf("it leads to %s and keeps %s", a.location(), a.header.Get("Set-Cookie"))
	}
	visitor.cookie = languageCookie + "=en"
	visitor.get("/login").has("Sign in")
	for _, name := range []string{"", " ", strings.Repeat("x", 5000), "\x00", "\xff\xfe", `<script>alert(1)</script>`, "用户"} {
		a := visitor.post("/login", signIn(name, strings.Repeat("y", 5000)))
		if a.status != http.StatusUnauthorized && a.status != http.StatusTooManyRequests || strings.Contains(a.body, "<script>alert") {
			t.Errorf("%.20q: status %d", name, a.status)
		}
	}
}

// Other sites cannot make a browser do anything.
func TestCrossSite(t *testing.T) {
	t.Parallel()
	h := newRoutes(t)
	before := h.state()
	for _, r := range h.server.routes() {
		if r.method != post {
			continue
		}
		for _, header := range []map[string]string{
			{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
			{"Sec-Fetch-Site": "same-site"},
			{"Origin": "https://evil.example"},
			{"Origin": "null"},
			{"Origin": "http://console.test.evil.example"},
			{"Origin": "http://console.test:81"},
		} {
			a := h.as(auth.Owner).do(post, addressOf(r), url.Values{"on": {"1"}, "why": {"ads"}, "users": {"ann"}, "text": {"x"}}, header).is(http.StatusForbidden)
			a.has("This request came from another site.", "Nothing was changed")
			if len(a.header["Set-Cookie"]) > 0 {
				t.Errorf("%s sets %v", r.path, a.header["Set-Cookie"])
			}
		}
	}
	h.as(auth.Owner).do(post, "/logout", url.Values{}, map[string]string{"Sec-Fetch-Site": "cross-site", "Accept-Language": "zh", "Cookie": languageCookie + "=zh"}).has("这个请求来自其他网站。")
	h.as(auth.Owner).get("/").is(http.StatusOK) // still signed in
	for _, header := range []map[string]string{{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://console.test"}, nil} {
		h.as(auth.Owner).do(post, "/me/display", url.Values{"theme": {"dark"}}, header).is(http.StatusSeeOther)
	}
	after := h.state()
	for command, n := range after {
		if before[command] != n {
			t.Errorf("%s: %d before, %d after", command, before[command], n)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	h := newRoutes(t)
	for _, role := range []auth.Role{"", auth.Owner} {
		for _, path := range []string{"/", "/login", "/audit", "/nowhere", "/apps/demo/users/nobody", "/healthz", "/static/nothing.css"} {
			a := h.as(role).get(path)
			for name, want := range map[string]string{
				"Content-Security-Policy": contentPolicy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			} {
				if got := a.header.Get(name); got != want {
					t.Errorf("%q at %s: %s is %q", role, path, name, got)
				}
			}
			if !strings.HasPrefix(path, "/static/") && a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%q at %s: Cache-Control is %q", role, path, a.header.Get("Cache-Control"))
			}
			if a.status != http.StatusSeeOther && strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && !strings.Contains(strings.Join(a.header["Vary"], ","), "HX-Request-Type") {
				t.Errorf("%q at %s: Vary is %q", role, path, a.header["Vary"])
			}
		}
	}
	if strings.Contains(contentPolicy, "unsafe") || strings.Contains(contentPolicy, "*") {
		t.Errorf("the policy is %s", contentPolicy)
	}
}

// The name that the browser asked for changes nothing: no address is built from it.
func TestHostHeader(t *testing.T) {
	t.Parallel()
	h := newRoutes(t)
	for _, host := range []string{"evil.example", "evil.example:8080", "console.test@evil.example", "[::1]", "", "a b", `"><script>`} {
		for _, path := range []string{"/", "/login", "/nowhere", "/apps/demo/groups"} {
			for _, role := range []auth.Role{"", auth.Owner} {
				r := httptest.NewRequest(http.MethodGet, "http://console.test"+path, nil)
				r.Host = host
				r.Header.Set("X-Forwarded-Host", "evil.example")
				r.Header.Set("Forwarded", "host=evil.example;proto=http")
				r.Header.Set("Cookie", h.as(role).cookie)
				w := httptest.NewRecorder()
				h.handler.ServeHTTP(w, r)
				if w.Code == http.StatusInternalServerError || strings.Contains(w.Body.String(), "evil.example") || strings.Contains(w.Header().Get("Location"), "evil") {
					t.Errorf("%q at %s: status %d, to %q", host, path, w.Code, w.Header().Get("Location"))
				}
			}
		}
	}
	// Where cookies are not kept, the page to sign in says so.
	r := httptest.NewRequest(http.MethodGet, "http://10.1.2.3:8080/login", nil)
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), "data-tone=\"warn\"") {
		t.Error("nothing says that the browser will not keep the cookie")
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	h := patient(t)
	h.newUsers("olga:Olga", "ann:Ann")
	h.newGroup("Public", "g1", "Music", "olga", "ann")
	b := h.as(auth.Owner)
	huge := url.Values{"name": {strings.Repeat("x", maxBody)}, "text": {"x"}}
	for _, path := range []string{"/login", "/me/display", "/settings/me/zone", "/settings/me/password", "/apps/demo/pins", "/apps/demo/groups/g1/notice", "/apps/demo/groups/g1/details", "/apps/demo/users/ann/global-mute", "/apps/demo/groups/g1/members/mute"} {
		for _, part := range []bool{false, true} {
			var header map[string]string
			if part {
				header = htmx("/")
			}
			b.do(post, path, huge, header).is(http.StatusRequestEntityTooLarge).has("What was sent is too large.", "Nothing was changed")
		}
		for _, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain", "", ";;;", "application/x-www-form-urlencoded; charset=utf-16"} {
			for _, body := range []string{"%zz=%", "a=b;c=d", "{}", "\x00\xff", "--x\r\n", "=&=&&;"} {
				r := httptest.NewRequest(post, "http://console.test"+path, strings.NewReader(body))
				r.Header.Set("Content-Type", kind)
				r.Header.Set("Cookie", b.cookie)
				w := httptest.NewRecorder()
				h.handler.ServeHTTP(w, r)
				if w.Code >= http.StatusInternalServerError {
					t.Errorf("%s with %q as %q: status %d", path, body, kind, w.Code)
				}
			}
		}
	}
	if list, err := h.store.Audit.Unfinished(context.Background(), h.now().Add(time.Hour)); err != nil || len(list) > 0 {
		t.Errorf("%d actions were begun: %v", len(list), err)
	}
}

// Somebody who sends very slowly is let go, and nothing was done.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	h := newRoutes(t)
	srv := httptest.NewUnstartedServer(h.handler)
	srv.Config.ReadTimeout = 300 * time.Millisecond
	srv.Start()
	defer srv.Close()
	before := h.state()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /apps/demo/users/ann/sign-out HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nwhy=ads", srv.Listener.Addr(), h.as(auth.Owner).cookie)
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err == nil {
		res.Body.Close()
		if res.StatusCode != http.StatusRequestTimeout {
			t.Errorf("status %d", res.StatusCode)
		}
	}
	for command, n := range h.state() {
		if before[command] != n {
			t.Errorf("%s: %d before, %d after", command, before[command], n)
		}
	}
}

func TestDisplay(t *testing.T) {
	t.Parallel()
	h := patient(t)
	b := h.as(auth.Viewer)
	for _, tt := range []struct{ name, value, shows string }{
		{"theme", "dark", `data-theme="dark"`}, {"theme", "light", `data-theme="light"`}, {"density", "compact", `data-density="compact"`}, {"lang", "zh", `lang="zh-CN"`},
	} {
		b.post("/me/display", url.Values{tt.name: {tt.value}, "return": {"/settings/me"}}).is(http.StatusSeeOther)
		b.get("/settings/me").marked(tt.shows)
	}
	b.post("/me/display", url.Values{"keys": {"off"}}).is(http.StatusSeeOther)
	if page := b.get("/settings/me"); strings.Contains(page.body, "data-single-keys") {
		t.Error("the keys are still on")
	}
	b.post("/me/display", url.Values{"lang": {"en"}}).is(http.StatusSeeOther)
	b.post("/me/display", url.Values{"theme": {"<b>"}}).is(http.StatusSeeOther)
	if page := b.get("/settings/me"); strings.Contains(page.body, "<b>\"") || strings.Contains(page.body, `data-theme="&lt;`) {
		t.Error("a made-up theme is kept")
	}
	b.post("/me/display", url.Values{"lang": {"tlh"}}).is(http.StatusBadRequest)
	b.post("/me/display", url.Values{}).is(http.StatusBadRequest).has("The form could not be read.")
	if to := b.do(post, "/me/display", url.Values{"theme": {"dark"}}, htmx("/audit")).is(http.StatusNoContent).location(); to != "/" {
		t.Errorf("htmx is sent to %q", to)
	}
}

// What is told on the next page is told once, to the one who did it, and not to a part.
func TestFlashes(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	b := h.as(auth.Lead)
	for n := range 6 {
		b.post(uPage+"/global-mute", url.Values{"direct_for": {"1h"}, "groups_for": {"leave"}, "why": {"other"}, "words": {fmt.Sprint("reason ", n)}}).is(http.StatusSeeOther)
	}
	h.as(auth.Owner).get("/settings/me").lacks("Muted Ann")
	b.part(uPage).lacks("Muted Ann 安 everywhere")
	page := b.get("/settings/me")
	if n := strings.Count(page.body, "data-toast"); n < 1 || n > maxFlashes {
		t.Errorf("%d toasts", n)
	}
	b.get("/settings/me").lacks("Muted Ann")
	for _, broken := range []any{nil, 7, "", "{", "[1]", `[{"Toast":{"Text":7}}]`} {
		if list := readFlashes(broken); len(list) > 1 {
			t.Errorf("%v reads as %v", broken, list)
		}
	}
	if list := readFlashes(`[{"Toast":{"Text":"done"}}]`); len(list) != 1 || list[0].Toast.Text != "done" {
		t.Errorf("got %v", list)
	}
}
