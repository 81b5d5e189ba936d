package auth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"imdesk/internal/testtools"

	"github.com/chromedp/chromedp"
	"github.com/gin-gonic/gin"
)

// browser starts Chromium, which finds the host console.example on this machine.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(testtools.Chromium(t)), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("no-first-run", true), chromedp.Flag("host-resolver-rules", "MAP console.example 127.0.0.1"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// site serves a small console behind the gate over plain HTTP, and returns its port.
func site(t *testing.T, g *guarded) string {
	t.Helper()
	engine := g.handler.(*gin.Engine)
	page := func(c *gin.Context, status int, body string) {
		c.Data(status, "text/html; charset=utf-8", []byte(`<!doctype html><title>imdesk</title><script src="/htmx.js"></script>`+body))
	}
	htmx, err := os.ReadFile(filepath.Join(testtools.Root(), "web", "static", "vendor", "htmx.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	engine.GET("/htmx.js", func(c *gin.Context) { c.Data(http.StatusOK, "text/javascript", htmx) })
	engine.GET(LoginPath, func(c *gin.Context) {
		page(c, http.StatusOK, `<form method="post"><input name="next" type="hidden" value="`+SafeNext(c.Query("next"))+`">`+
			`<input id="name" name="name"><input id="password" name="password" type="password"><button id="go">Sign in</button></form>`)
	})
	engine.POST(LoginPath, func(c *gin.Context) {
		if _, err := g.SignIn(c.Writer, c.Request, c.PostForm("name"), c.PostForm("password")); err != nil {
			page(c, http.StatusUnprocessableEntity, err.Error())
			return
		}
		c.Redirect(http.StatusSeeOther, SafeNext(c.PostForm("next")))
	})
	gate := &Gate{
		Service: g.Service, Reference: func(*gin.Context) string { return "r" },
		Fail:      func(c *gin.Context, err error) { page(c, http.StatusInternalServerError, err.Error()) },
		Forbidden: func(c *gin.Context, v Verb) { page(c, http.StatusForbidden, "no") },
		Expired: func(c *gin.Context, e ExpiredWrite) {
			body := `<a id="other" target="_blank" href="` + e.LoginURL + `">Sign in</a><form method="post" action="` + e.Action + `">`
			for _, f := range e.Fields {
				body += `<input type="hidden" name="` + f.Name + `" value="` + f.Value + `">`
			}
			page(c, http.StatusUnauthorized, body+`<button id="again">Send again</button></form>`)
		},
	}
	engine.GET("/me", gate.Require(VerbView), func(c *gin.Context) {
		o, _ := OperatorFrom(c.Request.Context())
		page(c, http.StatusOK, `<p id="who">`+o.Name+`</p><button id="part" hx-get="/part?x=1" hx-target="#into">Part</button><div id="into"></div>`+
			`<form method="post" action="/save"><input id="reason" name="reason"><button id="save">Save</button></form>`)
	})
	engine.GET("/part", gate.Require(VerbView), func(c *gin.Context) { c.String(http.StatusOK, "a part") })
	engine.POST("/save", gate.Require(VerbView), func(c *gin.Context) { page(c, http.StatusOK, `<p id="saved">`+c.PostForm("reason")+`</p>`) })

	server := httptest.NewServer(engine)
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// waitFor asks until an expression is true in the page, which may be on its way to another one.
func waitFor(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	if err := poll(ctx, expression); err != nil {
		text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.documentElement.outerHTML`))
		t.Fatalf("%s: %v\n%s", expression, err, text)
	}
}

func poll(ctx context.Context, expression string) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(`+expression+`)`))
		if is && err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func signInWith(t *testing.T, ctx context.Context) {
	t.Helper()
	do(t, ctx, chromedp.SendKeys("#name", "Mei"), chromedp.SendKeys("#password", password), chromedp.Click("#go"))
}

// Where the cookie lives: on loopback addresses without TLS, and on other hosts with TLS only.
func TestBrowserKeepsTheCookieOnLoopback(t *testing.T) {
	g := newGuarded(t)
	g.add(t, "Mei", Lead)
	port := site(t, g)
	ctx := browser(t)
	for _, host := range []string{"127.0.0.1", "localhost"} {
		do(t, ctx, chromedp.Navigate("http://"+host+":"+port+"/me?a=b"))
		waitFor(t, ctx, `location.pathname === "/login"`)
		signInWith(t, ctx)
		waitFor(t, ctx, `location.pathname + location.search === "/me?a=b" && document.querySelector("#who")?.textContent === "Mei"`)
		if seen, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.cookie`)); err != nil || seen != "" {
			t.Errorf("%s: scripts see %q, %v", host, seen, err)
		}
	}
	do(t, ctx, chromedp.Navigate("http://console.example:"+port+"/me"))
	waitFor(t, ctx, `location.pathname === "/login"`)
	signInWith(t, ctx)
	waitFor(t, ctx, `location.pathname === "/login" && location.search === "?next=%2Fme" && document.querySelector("#name")?.value === ""`)
}

// A session ends while its page is open.
func TestBrowserWithAnEndedSession(t *testing.T) {
	g := newGuarded(t)
	mei := g.add(t, "Mei", Lead)
	base := "http://127.0.0.1:" + site(t, g)
	ctx := browser(t)
	end := func() {
		t.Helper()
		if err := g.EndSessions(t.Context(), CommandLine(), mei.ID); err != nil {
			t.Fatal(err)
		}
	}
	do(t, ctx, chromedp.Navigate(base+"/me"))
	signInWith(t, ctx)
	waitFor(t, ctx, `document.querySelector("#who") !== null && window.htmx !== undefined`)
	do(t, ctx, chromedp.Click("#part"))
	waitFor(t, ctx, `document.querySelector("#into")?.textContent === "a part"`)

	// A part leads the whole page to the login, and back to the page, not to the part.
	end()
	do(t, ctx, chromedp.Click("#part"))
	waitFor(t, ctx, `location.pathname + location.search === "/login?next=%2Fme"`)
	signInWith(t, ctx)
	waitFor(t, ctx, `location.pathname === "/me" && document.querySelector("#who") !== null`)

	// What was typed into a form is sent again after signing in in another tab.
	end()
	do(t, ctx, chromedp.SendKeys("#reason", "posts adverts"), chromedp.Click("#save"))
	waitFor(t, ctx, `document.querySelector("#again") !== null`)
	if err := otherTab(ctx, base+LoginPath); err != nil {
		t.Fatal(err)
	}
	do(t, ctx, chromedp.Click("#again"))
	waitFor(t, ctx, `document.querySelector("#saved")?.textContent === "posts adverts"`)
}

// otherTab signs in in a second tab.
func otherTab(ctx context.Context, login string) error {
	tab, cancel := chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(tab, chromedp.Navigate(login), chromedp.SendKeys("#name", "Mei"), chromedp.SendKeys("#password", password), chromedp.Click("#go")); err != nil {
		return fmt.Errorf("other tab: %w", err)
	}
	return poll(tab, `location.pathname === "/"`)
}
