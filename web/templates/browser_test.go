package templates_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/internal/testtools"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var shots = flag.String("shots", "", "folder for pictures of the gallery")

// tab is a page of a browser.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
	mu   sync.Mutex
	said []string // errors of the console
}

var browser struct {
	sync.Once
	ctx context.Context
}

// TestMain ends the browser, if a test started one.
func TestMain(m *testing.M) {
	flag.Parse()
	ctx, cancel := context.WithCancel(context.Background())
	browser.ctx = ctx
	code := m.Run()
	cancel()
	os.Exit(code)
}

// open starts a tab on a page of the gallery. Errors in its console, and what its policy stops, fail the test.
func open(t *testing.T, path string, width, height int64) *tab {
	t.Helper()
	browser.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(testtools.Chromium(t)), chromedp.NoSandbox,
			chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
			chromedp.Flag("disable-sync", true), chromedp.Flag("disable-quic", true), chromedp.NoFirstRun)
		allocator, _ := chromedp.NewExecAllocator(browser.ctx, options...)
		browser.ctx, _ = chromedp.NewContext(allocator)
		if err := chromedp.Do(browser.ctx); err != nil {
			t.Fatalf("start the browser: %v", err)
		}
	})
	ctx, cancel := chromedp.NewContext(browser.ctx)
	ctx, stop := context.WithTimeout(ctx, 40*time.Second)
	p := &tab{t: t, ctx: ctx, base: site(t).URL}
	messages := chromedp.Console(ctx)
	p.do(chromedp.EmulateViewport(width, height))
	var done sync.WaitGroup
	done.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" {
				p.mu.Lock()
				p.said = append(p.said, m.String())
				p.mu.Unlock()
			}
		}
	})
	t.Cleanup(func() {
		stop()
		cancel()
		done.Wait()
		for _, s := range p.said {
			t.Errorf("console: %s", s)
		}
	})
	p.visit(path)
	return p
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *tab) visit(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base + path))
}

// forgive removes console errors that a test provokes.
func (p *tab) forgive(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var rest []string
	for _, s := range p.said {
		if !strings.Contains(s, part) {
			rest = append(rest, s)
		}
	}
	p.said = rest
}

func eval[T any](p *tab, js string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// wait waits until an expression is true, over the loading of another page, too.
func (p *tab) wait(js string) {
	p.t.Helper()
	var last error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		var ok bool
		if ok, last = chromedp.Run(p.ctx, chromedp.Evaluate[bool]("Boolean("+js+")")); ok {
			return
		}
		p.do(chromedp.Sleep(20 * time.Millisecond))
	}
	p.t.Fatalf("never true: %s: %v\nfocus: %s", js, last, p.focus())
}

func (p *tab) press(keys string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// focus says what has the focus.
func (p *tab) focus() string {
	return eval[string](p, `(() => { const e = document.activeElement; return e.dataset.row ? "row " + e.dataset.row : e.id || e.getAttribute("aria-label") || e.textContent.trim().slice(0, 40) || e.tagName })()`)
}

func (p *tab) wantFocus(want string) {
	p.t.Helper()
	if got := p.focus(); got != want {
		p.t.Errorf("focus on %q, want %q", got, want)
	}
}

// selected are the rows that are ticked.
func (p *tab) selected() string {
	return eval[string](p, `[...document.querySelectorAll("[data-tick]:checked")].map(t => t.value).join(" ")`)
}

func (p *tab) wantSelected(want string) {
	p.t.Helper()
	if got := p.selected(); got != want {
		p.t.Errorf("selected %q, want %q", got, want)
	}
}

func (p *tab) picture(name string) {
	p.t.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// axe runs axe-core over the page as it stands: A, AA and best practice.
func (p *tab) axe(what string) {
	p.t.Helper()
	source, err := os.ReadFile(filepath.Join(testtools.NPM(p.t, "axe-core@4.14.1"), "axe.min.js"))
	if err != nil {
		p.t.Fatal(err)
	}
	if !eval[bool](p, `typeof axe === "object"`) {
		eval[bool](p, string(source)+";true")
	}
	found := eval[string](p, `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? ""))}))))`)
	var violations []struct {
		ID, Help string
		Nodes    []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		p.t.Fatal(err)
	}
	for _, v := range violations {
		p.t.Errorf("%s: %s: %s\n\t%s", what, v.ID, v.Help, strings.Join(v.Nodes, "\n\t"))
	}
}

// Every page of the gallery in both themes, both languages, on a desk and on a phone has no finding.
func TestAccessibility(t *testing.T) {
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"desk", 1440, 900}, {"phone", 390, 844}} {
		for _, theme := range []string{"light", "dark"} {
			t.Run(size.name+" "+theme, func(t *testing.T) {
				p := open(t, "/login", size.width, size.height)
				lang := map[string]string{"light": "en", "dark": "zh"}[theme]
				for _, page := range []string{"login", "error", "alone", "missing", "gallery", "members", "sheet"} {
					p.do(emulateScheme(theme))
					p.visit("/" + page + "?theme=" + theme + "&lang=" + lang + "&toasts=1")
					p.axe(page)
					p.picture(page + "-" + size.name + "-" + theme)
				}
				p.forgive("status of")
				p.visit("/members?theme=" + theme)
				eval[bool](p, `document.querySelectorAll("[data-tick]")[2].click(), true`)
				eval[bool](p, `document.querySelector('[data-act]').click(), true`)
				p.wait(`document.querySelector("#sheet").open`)
				p.axe("open sheet")
				p.picture("open-sheet-" + size.name + "-" + theme)
				p.press(kb.Escape)
				p.wait(`!document.querySelector("#sheet").open`)
				p.picture("selected-" + size.name + "-" + theme)
				p.press("k", chromedp.ModifierCtrl)
				p.wait(`document.querySelectorAll("#palette [role=option]").length > 0`)
				p.axe("palette")
				p.picture("palette-" + size.name + "-" + theme)
				p.press(kb.Escape)
				p.press("?")
				p.wait(`document.querySelector("#keys").open`)
				p.axe("keys")
				p.picture("keys-" + size.name + "-" + theme)
				p.press(kb.Escape)
				eval[bool](p, `document.querySelector('[popovertarget="me"]').click(), true`)
				p.axe("operator menu")
				p.picture("menu-" + size.name + "-" + theme)
				if width := eval[int64](p, `document.documentElement.scrollWidth`); width > size.width {
					p.t.Errorf("the page is %d px wide", width)
				}
			})
		}
	}
}
