package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const option = `document.querySelector('#palette [aria-selected="true"]')`

func TestPalette(t *testing.T) {
	c := demo(t)
	p := c.as(t, "lead", how{})
	p.visit(groups).press("k", ctrl).wait(`document.querySelector("#palette").open && ` + option)
	if got := p.focus(); got != "Find a page, group or user, or type an ID" && p.count("#palette input:focus") != 1 {
		t.Errorf("the focus is on %q", got)
	}
	// An id typed whole, with Enter at once: what it names is opened, though the answer comes later.
	p.types("gear-swap").press(kb.Enter).wait(`location.pathname.endsWith("/gear-swap/messages")`)
	p.press("k", ctrl).types("meilin").press(kb.Enter).wait(`location.pathname === "/apps/demo/users/meilin"`)

	// By a part of a name, of what was opened before.
	p.press("k", ctrl).types("GEAR").wait(option + `?.innerText.includes("Gear swap")`)
	p.press(kb.Enter).wait(`location.pathname.endsWith("/gear-swap/messages")`)

	// Pages, with arrows, around the ends.
	p.press("k", ctrl).types("audit").wait(option + `?.dataset.href === "/audit"`).press(kb.Enter).wait(`location.pathname === "/audit"`)
	p.press("k", ctrl).wait(`document.querySelectorAll("#palette [role=option]").length > 2`)
	first := eval[string](p, option+`.id`)
	p.press(kb.ArrowDown).wait(option + `.id !== ` + quote(first))
	p.press(kb.ArrowUp).press(kb.ArrowUp)
	last := eval[string](p, `[...document.querySelectorAll("#palette [role=option]")].at(-1).id`)
	p.wait(option + `.id === ` + quote(last))
	if active := eval[string](p, `document.querySelector("#palette input").getAttribute("aria-activedescendant")`); active != last {
		t.Errorf("%s is announced, %s is chosen", active, last)
	}
	p.press(kb.Escape).wait(`!document.querySelector("#palette").open`)

	// In a group: what can be done there. A sheet opens beside it.
	p.visit(groupPath("gear-swap", "members")).press("k", ctrl).types("notice").wait(option + `?.innerText.includes("Send a notice")`)
	p.press(kb.Enter).sheet().see("Send a system notice").press(kb.Escape).noSheet()

	p.press("k", ctrl).types("no such thing anywhere").wait(`(list => list.length === 1 && list[0].innerText.includes("no such thing anywhere"))(document.querySelectorAll("#palette [role=option]"))`)
}

func TestKeysDialog(t *testing.T) {
	p := demo(t).as(t, "lead", how{})
	p.visit(groupPath("gear-swap", "members")).press("?").wait(`document.querySelector("#keys").open`)
	read := p.read()
	for _, want := range []string{"Mute", "Unmute", "Kick", "⇧ K", "Ctrl K", "Audit log", "Groups"} {
		if !strings.Contains(strings.ReplaceAll(read, "⇧K", "⇧ K"), want) {
			t.Errorf("the dialog lacks %q: %s", want, read)
		}
	}
	p.press("m") // behind the dialog
	if p.count("#sheet[open]") != 0 {
		t.Error("a key acts behind the dialog")
	}
	p.press(kb.Escape).wait(`!document.querySelector("#keys").open`)
	for _, place := range []struct{ key, at string }{{"g", groups}, {"u", "/apps/demo/users"}, {"a", "/audit"}, {"s", "/settings/me"}, {"o", "/"}} {
		p.press("g" + place.key).wait(`location.pathname === ` + quote(place.at))
	}
}

// What an operator chooses holds on the next page, in the next session, and in another browser.
func TestDisplayIsKept(t *testing.T) {
	c := demo(t)
	p := c.named(t, "chooser", "viewer", how{})
	menu := func(p *tab) *tab { return p.click(`[popovertarget="me"]`) }
	p.visit(groups)
	height := func(p *tab) float64 {
		return eval[float64](p, `document.querySelector("[data-row]").getBoundingClientRect().height`)
	}
	before := height(p)
	light := eval[string](p, `getComputedStyle(document.body).backgroundColor`)
	menu(p).clickText("Dark").wait(`document.documentElement.dataset.theme === "dark"`).clickText("Compact").wait(`document.documentElement.dataset.density === "compact"`)
	if dark := eval[string](p, `getComputedStyle(document.body).backgroundColor`); dark == light {
		t.Errorf("dark is as light: %s", dark)
	}
	if after := height(p); after >= before {
		t.Errorf("compact rows are %.0f px high, others %.0f", after, before)
	}
	p.clickText("简体中文").wait(`document.documentElement.lang.startsWith("zh")`)

	delete(c.cookies, "chooser")
	q := c.named(t, "chooser", "viewer", how{})
	q.visit("/").wait(`document.documentElement.dataset.theme === "dark" && document.documentElement.dataset.density === "compact" && document.documentElement.lang.startsWith("zh")`)
	menu(q).clickText("English").wait(`document.documentElement.lang === "en"`)
	menu(q).clickText("System").wait(`!document.documentElement.dataset.theme`)

	// Single keys can be turned off, and the choice holds.
	q.visit(groups)
	menu(q).wait(`document.querySelector("#me").matches(":popover-open")`).click(`#me [name="keys"][value="off"]`).wait(`!document.documentElement.hasAttribute("data-single-keys")`)
	q.visit(groups).press("j")
	if got := q.focus(); strings.HasPrefix(got, "row ") {
		t.Errorf("j still moves to %q", got)
	}
	q.press("k", ctrl).wait(`document.querySelector("#palette").open`)
}
