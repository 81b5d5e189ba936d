package auth

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"
)

// guarded is a console with a page, a change and a part for each role, behind the gate. It keeps what the gate drew.
type guarded struct {
	*desk
	handler http.Handler
	expired *ExpiredWrite
}

func newGuarded(t testing.TB) *guarded {
	t.Helper()
	g := &guarded{desk: newDesk(t)}
	gin.SetMode(gin.TestMode)
	engine := gin.New()
	gate := &Gate{
		Service:   g.Service,
		Reference: func(*gin.Context) string { return "r-1" },
		Fail:      func(c *gin.Context, err error) { c.String(http.StatusInternalServerError, "failed") },
		Forbidden: func(c *gin.Context, v Verb) { c.String(http.StatusForbidden, "no right to "+string(v)) },
		Expired: func(c *gin.Context, e ExpiredWrite) {
			g.expired = &e
			c.String(http.StatusUnauthorized, "send it again")
		},
	}
	engine.Use(gate.Load)
	hello := func(c *gin.Context) {
		o, _ := OperatorFrom(c.Request.Context())
		c.String(http.StatusOK, "hello %s", o.Name)
	}
	for path, verb := range map[string]Verb{"/public": VerbPublic, "/view": VerbView, "/audit": VerbAudit, "/never": "never"} {
		engine.GET(path, gate.Require(verb), hello)
		engine.HEAD(path, gate.Require(verb), hello)
		engine.POST(path, gate.Require(verb), hello)
	}
	g.handler = engine
	return g
}

func (g *guarded) send(method, target, body string, c *http.Cookie, header ...string) *http.Response {
	g.expired = nil
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if c != nil {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	return w.Result()
}

func TestGateByRole(t *testing.T) {
	g := newGuarded(t)
	g.add(t, "viewer", Viewer)
	g.add(t, "lead", Lead)
	g.add(t, "owner", Owner)
	cookies := map[string]*http.Cookie{"nobody": nil}
	for _, name := range []string{"viewer", "lead", "owner"} {
		cookies[name] = g.mustSignIn(t, name)
	}
	for _, tt := range []struct {
		path string
		want map[string]int
	}{
		{"/public", map[string]int{"nobody": 200, "viewer": 200, "lead": 200, "owner": 200}},
		{"/view", map[string]int{"nobody": 303, "viewer": 200, "lead": 200, "owner": 200}},
		{"/audit", map[string]int{"nobody": 303, "viewer": 403, "lead": 200, "owner": 200}},
		{"/never", map[string]int{"nobody": 303, "viewer": 403, "lead": 403, "owner": 403}},
	} {
		for who, want := range tt.want {
			for _, method := range []string{"GET", "HEAD", "POST"} {
				if method == "POST" && want == 303 {
					want = 401
				}
				if got := g.send(method, tt.path, "", cookies[who]).StatusCode; got != want {
					t.Errorf("%s %s as %s: %d, want %d", method, tt.path, who, got, want)
				}
			}
		}
	}
}

func TestGateAsksVisitorsToSignIn(t *testing.T) {
	g := newGuarded(t)
	for _, tt := range []struct {
		name, target string
		header       []string
		status       int
		location     string
		redirect     string // HX-Redirect
	}{
		{"page", "/view", nil, 303, "/login?next=%2Fview", ""},
		{"page with filters", "/view?user=a%26b&x=1", nil, 303, "/login?next=%2Fview%3Fuser%3Da%2526b%26x%3D1", ""},
		{
			"part", "/view?part=1",
			[]string{"HX-Request", "true", "HX-Current-URL", "https://console.example/apps/demo/groups/%40TGS%23x?q=1#m"},
			401, "",
			"/login?next=%2Fapps%2Fdemo%2Fgroups%2F%2540TGS%2523x%3Fq%3D1",
		},
		{"part of the login page", "/view", []string{"HX-Request", "true", "HX-Current-URL", "https://console.example/login?next=/x"}, 401, "", "/login"},
		{"part of no page", "/view?a=b", []string{"HX-Request", "true"}, 401, "", "/login?next=%2Fview%3Fa%3Db"},
		{"part of a page elsewhere", "/view", []string{"HX-Request", "true", "HX-Current-URL", "https://evil.example//evil.example"}, 401, "", "/login"},
		{"part of nonsense", "/view", []string{"HX-Request", "true", "HX-Current-URL", "%zz"}, 401, "", "/login?next=%2Fview"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := g.send("GET", tt.target, "", nil, tt.header...)
			if res.StatusCode != tt.status || res.Header.Get("Location") != tt.location || res.Header.Get("HX-Redirect") != tt.redirect {
				t.Errorf("%d, Location %q, HX-Redirect %q", res.StatusCode, res.Header.Get("Location"), res.Header.Get("HX-Redirect"))
			}
			if res.Header.Get("Cache-Control") != "no-store" || len(res.Cookies()) > 0 {
				t.Errorf("headers %v", res.Header)
			}
		})
	}
}

func TestGateKeepsWhatWasTyped(t *testing.T) {
	g := newGuarded(t)
	g.add(t, "Mei", Lead)
	c := g.mustSignIn(t, "Mei")
	g.pass(13 * time.Hour)

	form := url.Values{"reason": {"广告 & <ads>"}, "user": {"u1", "u2"}, "empty": {""}, "new_password": {"seven ducks"}}
	res := g.send("POST", "/audit?tab=2", form.Encode(), c)
	want := &ExpiredWrite{
		LoginURL: "/login", Action: "/audit?tab=2", Missing: true,
		Fields: []FormField{{"empty", ""}, {"reason", "广告 & <ads>"}, {"user", "u1"}, {"user", "u2"}},
	}
	if diff := cmp.Diff(want, g.expired); res.StatusCode != 401 || diff != "" {
		t.Errorf("%d: %s", res.StatusCode, diff)
	}

	// In a page with htmx the form still stands as it was typed.
	res = g.send("POST", "/audit", form.Encode(), c, "HX-Request", "true", "HX-Current-URL", "https://console.example/apps/demo/groups")
	want = &ExpiredWrite{LoginURL: "/login?next=%2Fapps%2Fdemo%2Fgroups", Action: "/audit", Part: true}
	if diff := cmp.Diff(want, g.expired); res.StatusCode != 401 || res.Header.Get("HX-Redirect") != "" || diff != "" {
		t.Errorf("%d, %v: %s", res.StatusCode, res.Header, diff)
	}

	// Sent again with the session of the other tab, it goes through.
	if res := g.send("POST", "/audit?tab=2", form.Encode(), g.mustSignIn(t, "Mei")); res.StatusCode != 200 {
		t.Errorf("sent again: %d", res.StatusCode)
	}
}

func TestGateKeepsForms(t *testing.T) {
	g := newGuarded(t)
	multi := func(file bool) (string, string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("name", "周末")
		if file {
			f, _ := w.CreateFormFile("avatar", "a.png")
			_, _ = f.Write(bytes.Repeat([]byte("x"), 3<<20))
		}
		_ = w.Close()
		return b.String(), w.FormDataContentType()
	}
	noFile, noFileType := multi(false)
	file, fileType := multi(true)
	var many url.Values = map[string][]string{}
	for i := range keepFields + 1 {
		many.Add("n", fmt.Sprint(i))
	}
	const urlencoded = "application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, body, kind string
		fields           int
		missing          bool
	}{
		{"nothing", "", urlencoded, 0, false},
		{"multipart", noFile, noFileType, 1, false},
		{"a file", file, fileType, 1, true},
		{"a cut multipart", noFile[:len(noFile)-20], noFileType, 0, true},
		{"too many", many.Encode(), urlencoded, keepFields, true},
		{"too large", "a=1&b=" + strings.Repeat("x", keepBytes), urlencoded, 1, true},
		{"half of it broken", "a=1&b=%zz", urlencoded, 1, true},
		{"JSON", `{"a":1}`, "application/json", 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g.send("POST", "/view", tt.body, nil, "Content-Type", tt.kind)
			if g.expired == nil || len(g.expired.Fields) != tt.fields || g.expired.Missing != tt.missing {
				t.Errorf("got %d fields, missing %v, want %d, %v", len(g.expired.Fields), g.expired.Missing, tt.fields, tt.missing)
			}
		})
	}
}

func TestGateFailsWithTheDatabase(t *testing.T) {
	g := newGuarded(t)
	g.add(t, "Mei", Lead)
	c := g.mustSignIn(t, "Mei")
	if err := g.store.Close(); err != nil {
		t.Fatal(err)
	}
	if res := g.send("GET", "/view", "", c); res.StatusCode != 500 || res.Header.Get("Location") != "" {
		t.Errorf("%d: an operator is not sent to the login page because the database is down", res.StatusCode)
	}
}
