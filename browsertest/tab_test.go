package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/auth"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	shift = chromedp.ModifierShift
	ctrl  = chromedp.ModifierCtrl
)

// patience is how long a page may take for what a test waits for, on a slow machine with the race detector.
const patience = 20 * time.Second

// tab is a page of a browser that remembers nothing of the tests before.
type tab struct {
	t   testing.TB
	c   *console
	how how
	ctx context.Context

	base string // where the browser finds the console

	mu      sync.Mutex
	said    []string // errors of the console
	allowed []string // parts of those that the test provokes

	keys   int   // pressed and clicked
	counts *task // that is being counted; nil: none

	passed map[string]bool // looks whose contrast is enough
}

// how a browser differs from one on a desk, in English, with scripts.
type how struct {
	width, height int64
	language      string // that the browser asks for
	scheme        string // that the system prefers, "light" or "dark"
	touch         bool
	noScript      bool
}

// phone is a small screen under fingers.
var phone = how{width: 390, height: 844, touch: true}

// visitor opens a browser in which nobody is signed in.
func (c *console) visitor(t testing.TB, h how) *tab {
	t.Helper()
	p := &tab{t: t, c: c, how: h, base: c.url}
	ctx, cancel := chromedp.NewContext(startBrowser(t), chromedp.WithNewBrowserContext())
	p.start(ctx, cancel, h)
	return p
}

// as opens a browser in which an operator is signed in; the name says the role.
func (c *console) as(t testing.TB, role string, h how) *tab {
	t.Helper()
	return c.named(t, role, role, h)
}

// named does so for an operator with a name of its own.
func (c *console) named(t testing.TB, name, role string, h how) *tab {
	t.Helper()
	p := c.visitor(t, h)
	p.cookie(c.session(t, name, role))
	return p
}

// sibling opens another tab of the same browser.
func (p *tab) sibling() *tab {
	p.t.Helper()
	q := &tab{t: p.t, c: p.c, how: p.how, base: p.base}
	ctx, cancel := chromedp.NewContext(p.ctx)
	q.start(ctx, cancel, how{})
	return q
}

func (p *tab) start(ctx context.Context, cancel context.CancelFunc, h how) {
	p.t.Helper()
	p.ctx = ctx
	if h.width == 0 {
		h.width, h.height = 1440, 900
	}
	if h.language == "" {
		h.language = "en"
	}
	messages := chromedp.Console(ctx)
	p.do(chromedp.EmulateViewport(h.width, h.height))
	command(p, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": h.language}})
	p.scheme(h.scheme)
	if h.touch {
		command(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true, MaxTouchPoints: 5})
	}
	if h.noScript {
		command(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	var done sync.WaitGroup
	done.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == chromedp.ConsoleError {
				p.mu.Lock()
				p.said = append(p.said, fmt.Sprintf("%s (%s)", m, strings.TrimPrefix(m.URL, p.base)))
				p.mu.Unlock()
			}
		}
	})
	p.t.Cleanup(func() {
		if p.t.Failed() {
			p.keepPicture()
		}
		cancel()
		done.Wait()
		for _, s := range p.said {
			if !p.isAllowed(s) {
				p.t.Errorf("the browser's console says %s", s)
			}
		}
	})
}

// allow names a part of errors that the test provokes, such as "status of 404".
func (p *tab) allow(part string) { p.allowed = append(p.allowed, part) }

func (p *tab) isAllowed(said string) bool {
	for _, part := range p.allowed {
		if strings.Contains(said, part) {
			return true
		}
	}
	return false
}

// keepPicture leaves a picture of what a failed test saw last, if IMDESK_FAILED names a folder.
func (p *tab) keepPicture() {
	dir := os.Getenv("IMDESK_FAILED")
	if dir == "" {
		return
	}
	if png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot()); err == nil {
		_ = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(p.t.Name(), "/", "-")+".png"), png, 0o600)
	}
}

func command[P, R any](p *tab, cmd cdp.Command[P, R], params P) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, cmd, params); err != nil {
		p.t.Fatalf("%s: %v", cmd.Method, err)
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%v\nat %s", err, p.at())
	}
}

// scheme makes the system prefer light or dark, and nothing that moves.
func (p *tab) scheme(s string) {
	p.t.Helper()
	if s == "" {
		s = "light"
	}
	command(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
}

// freshSession is how long a session is used for one test after another: dangerous acts ask who signed in ten minutes ago again.
const freshSession = 5 * time.Minute

// session signs an operator in, once for a while, and returns the cookie.
func (c *console) session(t testing.TB, name, role string) *http.Cookie {
	t.Helper()
	secret := c.operator(t, name, role)
	c.mu.Lock()
	defer c.mu.Unlock()
	if ck := c.cookies[name]; ck != nil && time.Since(c.signed[name]) < freshSession {
		return ck
	}
	ck, err := c.signIn(name, secret)
	if err != nil {
		t.Fatal(err)
	}
	c.cookies[name], c.signed[name] = ck, time.Now()
	return ck
}

// signIn sends the form and returns the cookie.
func (c *console) signIn(name, secret string) (*http.Cookie, error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(c.url+auth.LoginPath, url.Values{"name": {name}, "password": {secret}})
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	for _, ck := range res.Cookies() {
		if ck.Name == auth.CookieName {
			return ck, nil
		}
	}
	return nil, fmt.Errorf("sign in as %s: status %d", name, res.StatusCode)
}

func (p *tab) cookie(ck *http.Cookie) {
	p.t.Helper()
	yes := true
	command(p, network.SetCookie, network.SetCookieParams{Name: ck.Name, Value: ck.Value, URL: p.base, Path: "/", Secure: &yes, HTTPOnly: &yes})
}

// visit opens a page that has to be there.
func (p *tab) visit(path string) *tab {
	p.t.Helper()
	return p.visitStatus(path, http.StatusOK)
}

// visitStatus opens a page that answers with a status.
func (p *tab) visitStatus(path string, status int64) *tab {
	p.t.Helper()
	p.byHand("going to " + path)
	if status >= 400 {
		p.allow(fmt.Sprintf("status of %d", status))
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	res, err := chromedp.Run(ctx, chromedp.NavigateResponse(p.base+path))
	for tries := 0; tries < 3 && err != nil && strings.Contains(err.Error(), "net::ERR_ABORTED"); tries++ { // what was done before had yet to lead somewhere
		time.Sleep(200 * time.Millisecond)
		res, err = chromedp.Run(ctx, chromedp.NavigateResponse(p.base+path))
	}
	if err != nil {
		p.t.Fatalf("open %s: %v", path, err)
	}
	if res != nil && res.Status != status {
		p.t.Fatalf("%s answers with %d, not %d: %.1500s", path, res.Status, status, p.read())
	}
	return p
}

// eval is the value of an expression in the page.
func eval[T any](p *tab, js string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%.300s: %v", js, err)
	}
	return v
}

// run is an expression without a value that matters.
func (p *tab) run(js string) {
	p.t.Helper()
	eval[bool](p, "("+js+", true)")
}

// wait waits until an expression is true, over the loading of other pages, too.
func (p *tab) wait(js string) *tab {
	p.t.Helper()
	var last error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState !== "loading" && Boolean(`+js+`)`))
		cancel()
		if ok && err == nil {
			return p
		}
		last = err
		time.Sleep(15 * time.Millisecond)
	}
	p.t.Fatalf("never true: %s: %v\nat %s: %.1000s", js, last, p.at(), p.read())
	return p
}

// quote writes a text as JavaScript does.
func quote(s string) string {
	b, _ := json.Marshal(s) // a string always encodes
	return string(b)
}

// see waits until all the texts are on the page, as one reads them.
func (p *tab) see(texts ...string) *tab {
	p.t.Helper()
	for _, text := range texts {
		p.wait(`document.body.innerText.replace(/\s+/g, " ").includes(` + quote(text) + `)`)
	}
	return p
}

// lacks fails the test if a text is on the page.
func (p *tab) lacks(texts ...string) *tab {
	p.t.Helper()
	read := p.read()
	for _, text := range texts {
		if strings.Contains(read, text) {
			p.t.Errorf("%s says %q", p.at(), text)
		}
	}
	return p
}

// read is the page as one reads it, without the sidebar.
func (p *tab) read() string {
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`[...document.querySelectorAll("main, dialog[open], .toasts")].map(e => e.innerText).join(" | ").replace(/\s+/g, " ")`))
	if err != nil {
		return err.Error()
	}
	return text
}

// at is the address, without the host.
func (p *tab) at() string {
	at, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`location.pathname + location.search + location.hash`))
	if err != nil {
		return err.Error()
	}
	return at
}

// toast waits for a message about what was just done.
func (p *tab) toast(text string) *tab {
	p.t.Helper()
	return p.wait(`[...document.querySelectorAll(".toast")].some(t => t.innerText.replace(/\s+/g, " ").includes(` + quote(text) + `))`)
}

// press presses keys, one after the other, each with the modifiers.
func (p *tab) press(keys string, modifiers ...chromedp.Modifier) *tab {
	p.t.Helper()
	for _, key := range keys {
		p.keys++
		p.key(key, modifiers)
	}
	return p
}

// key presses one key as a keyboard does: the letter comes with the press, so that whoever takes the press keeps the letter
// out of a field. Keys of chromedp send it by itself.
func (p *tab) key(key rune, modifiers []chromedp.Modifier) {
	p.t.Helper()
	text := ""
	for _, e := range kb.Encode(key) {
		if e.Type == kb.KeyChar {
			text = e.Text
		}
	}
	for _, e := range kb.Encode(key) {
		for _, m := range modifiers {
			e.Modifiers |= int64(m)
		}
		if e.Type == kb.KeyDown && e.Modifiers&^int64(shift) == 0 {
			e.Text, e.UnmodifiedText = text, text
		}
		switch e.Type {
		case kb.KeyDown:
			command(p, input.DispatchKeyEvent, *e)
		case kb.KeyUp:
			// A page that is being left does not confirm it.
			ctx, cancel := context.WithTimeout(p.ctx, 300*time.Millisecond)
			_, err := chromedp.Call(ctx, input.DispatchKeyEvent, *e)
			cancel()
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				p.t.Fatalf("release a key: %v", err)
			}
		}
	}
}

// types enters text where the focus is, which is a field. It does not count as keys.
func (p *tab) types(text string) *tab {
	p.t.Helper()
	p.wait(inField)
	for _, key := range text {
		p.key(key, nil)
	}
	return p
}

// paste enters text at once where the focus is, which is a field.
func (p *tab) paste(text string) *tab {
	p.t.Helper()
	p.wait(inField)
	p.do(insert(text))
	return p
}

// inField is true while what is typed becomes text.
const inField = `document.activeElement?.matches("input, textarea, select, [contenteditable]")`

func insert(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

func (p *tab) click(selector string) *tab {
	p.t.Helper()
	p.keys++
	p.do(chromedp.Click(chromedp.CSS(selector)))
	return p
}

// clickText clicks the link or button that reads so.
func (p *tab) clickText(text string) *tab {
	p.t.Helper()
	return p.clickWhere(`a, button, summary, [role="option"]`, text)
}

// pick clicks the tile of a choice that reads so.
func (p *tab) pick(text string) *tab {
	p.t.Helper()
	return p.clickWhere("label", text)
}

// clickWhere clicks the first thing that matches a selector, is shown, and begins with a text.
func (p *tab) clickWhere(selector, text string) *tab {
	p.t.Helper()
	found := `[...(document.querySelector("dialog:modal") ?? document).querySelectorAll(` + quote(selector) + `)].find(e => e.checkVisibility({visibilityProperty: true}) && e.innerText.replace(/\s+/g, " ").trim().startsWith(` + quote(text) + `))`
	p.wait(found)
	p.run(`document.querySelectorAll("[data-click-here]").forEach(e => e.removeAttribute("data-click-here"))`)
	p.run(found + `.setAttribute("data-click-here", "")`)
	return p.click("[data-click-here]")
}

// back and forward press the browser's buttons.
func (p *tab) back() *tab    { p.t.Helper(); p.run(`history.back()`); return p }
func (p *tab) forward() *tab { p.t.Helper(); p.run(`history.forward()`); return p }

// fill replaces what is in a field.
func (p *tab) fill(selector, text string) *tab {
	p.t.Helper()
	p.byHand("filling " + selector)
	p.do(chromedp.Focus(chromedp.CSS(selector)))
	p.run(`document.querySelector(` + quote(selector) + `).select()`)
	p.do(insert(text))
	return p
}

// has reports whether something matches a selector and is shown.
func (p *tab) has(selector string) bool {
	p.t.Helper()
	return eval[bool](p, `[...document.querySelectorAll(`+quote(selector)+`)].some(e => e.checkVisibility({visibilityProperty: true}))`)
}

func (p *tab) count(selector string) int {
	p.t.Helper()
	return eval[int](p, `document.querySelectorAll(`+quote(selector)+`).length`)
}

// row is the selector of somebody's or something's row.
func row(id string) string { return `[data-row=` + quote(id) + `]` }

// rows are the ids of the rows of the list, from the top.
func (p *tab) rows() []string {
	p.t.Helper()
	return eval[[]string](p, `[...document.querySelectorAll("[data-list] [data-row]")].map(r => r.dataset.row)`)
}

// selected are the rows that are ticked.
func (p *tab) selected() string {
	p.t.Helper()
	return eval[string](p, `[...document.querySelectorAll("[data-row]:has([data-tick]:checked)")].map(r => r.dataset.row).join(" ")`)
}

// focus says what has the focus.
func (p *tab) focus() string {
	p.t.Helper()
	return eval[string](p, `(() => { const e = document.activeElement; return e.dataset.row ? "row " + e.dataset.row : e.getAttribute("aria-label") || e.innerText?.trim().slice(0, 60) || e.id || e.tagName })()`)
}

// goTo focuses a row, as a click on it does.
func (p *tab) goTo(id string) *tab {
	p.t.Helper()
	p.keys++
	p.run(`document.querySelector(` + quote(row(id)) + `).focus()`)
	return p
}

// act presses the button of a key in the bar below a list.
func (p *tab) act(key string) *tab {
	p.t.Helper()
	return p.click(`[data-bar] [aria-keyshortcuts=` + quote(key) + `]`)
}

// sheet waits until a sheet stands open.
func (p *tab) sheet() *tab {
	p.t.Helper()
	return p.wait(`document.querySelector("#sheet").open && document.querySelector("#sheet form")`)
}

// noSheet waits until none does.
func (p *tab) noSheet() *tab {
	p.t.Helper()
	return p.wait(`!document.querySelector("#sheet").open`)
}

// fits fails the test if the page has to be scrolled sideways.
func (p *tab) fits() {
	p.t.Helper()
	p.wait(`document.readyState === "complete" && document.documentElement`)
	wide := eval[string](p, `(() => {
		const root = document.documentElement, limit = root.clientWidth;
		if (root.scrollWidth <= limit && document.body.scrollWidth <= limit) return "";
		const out = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > limit + 1).slice(0, 5);
		return root.scrollWidth + " px of " + limit + ": " + out.map(e => e.tagName + "." + e.className).join(", ");
	})()`)
	if wide != "" {
		p.t.Errorf("%s has to be scrolled sideways: %s", p.at(), wide)
	}
}
