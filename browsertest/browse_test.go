package browsertest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const groups = "/apps/demo/groups"

// groupPath is the address of a section of a group.
func groupPath(id string, section string) string {
	return groups + "/" + url.PathEscape(id) + "/" + section
}

func TestBrowseGroups(t *testing.T) {
	p := demo(t).as(t, "viewer", how{})
	p.visit(groups).see("Page 1")
	total := eval[int](p, `Number(document.querySelector("main").innerText.match(/(\d+) groups/)[1])`)
	first := p.rows()
	if len(first) != 50 {
		t.Fatalf("%d groups on the first page", len(first))
	}
	names := p.count("[data-row] th .name a, [data-row] th a")
	if names < 50 {
		t.Errorf("only %d names", names)
	}
	p.run(`document.scrollingElement.scrollTo(0, 1e6)`)
	p.clickText("Next").see("Page 2")
	p.wait(`location.search.includes("cursor=")`)
	second := p.rows()
	for _, id := range second {
		if strings.Contains(strings.Join(first, "\n")+"\n", id+"\n") {
			t.Errorf("%s is on both pages", id)
		}
	}
	if total < 60 || len(first)+len(second) != total {
		t.Errorf("%d and %d groups of %d", len(first), len(second), total)
	}
	p.back().see("Page 1")
	if got := p.rows(); strings.Join(got, " ") != strings.Join(first, " ") {
		t.Errorf("back shows %v", got)
	}
	p.forward().see("Page 2")
	p.clickText("Previous").see("Page 1")
	p.clickText("Next").see("Page 2").clickText("First").see("Page 1")

	// An open page, found again after looking into a group.
	p.clickText("Next").see("Page 2")
	p.press("j").press("o").wait(`location.pathname.endsWith("/messages")`)
	p.back().see("Page 2")
}

func TestFilterGroups(t *testing.T) {
	p := demo(t).as(t, "viewer", how{})
	p.visit(groups)
	p.clickText("Type").clickText("Live room").wait(`location.search === "?type=AVChatRoom"`)
	p.wait(`document.querySelectorAll("[data-row]").length === 5`)
	if others := eval[int](p, `[...document.querySelectorAll("[data-row]")].filter(r => !r.innerText.includes("Live room")).length`); others != 0 {
		t.Errorf("%d groups of other types", others)
	}
	p.visit(p.at()).wait(`document.querySelectorAll("[data-row]").length === 5`) // the address says it all
	p.back().wait(`document.querySelectorAll("[data-row]").length === 50`)

	// A whole id leads to the group, a part of a name filters, nonsense says so.
	p.press("/").types("gear-swap").press(kb.Enter).wait(`location.pathname.endsWith("/gear-swap/messages")`)
	p.visit(groups).press("/").types("harbor").press(kb.Enter).see("No group has the ID “harbor”.", "Harbor Fans")
	p.visit(groups).press("/").types("no such group at all").press(kb.Enter).see("No group has the ID", "No group that this console has met has it")
	p.visit(groups).press("/").types("sg/bugis?floor=2").press(kb.Enter).wait(`location.pathname.endsWith("/sg%2Fbugis%3Ffloor=2/messages") && document.readyState === "complete"`)
	p.see("吃货地图 Foodies SG", "sg/bugis?floor=2")
	p.visitStatus(groupPath("nosuch", "messages"), 404).see("no")
}

func TestGroupTabs(t *testing.T) {
	p := demo(t).as(t, "viewer", how{})
	p.visit(groupPath("@TGS#2C5SZEAEF", "messages")).see("周末音乐夜 Weekend", "1,284 of 2,000 members", "Owner 林晚", "Up to date")
	for _, tab := range []struct{ name, path, says string }{
		{"Members", "members", "客服小助手"},
		{"Muted", "muted", "Muted, "},
		{"Details", "details", "Join option"},
		{"Activity", "activity", ""},
		{"Messages", "messages", "Find in messages"},
	} {
		p.click(`nav[aria-label="Sections of the group"] a[href$="/` + tab.path + `"]`)
		p.wait(`location.pathname.endsWith("/` + tab.path + `") && document.querySelector('nav[aria-label="Sections of the group"] [aria-current]').innerText.startsWith(` + quote(tab.name) + `)`)
		if tab.says != "" && tab.path != "messages" {
			p.see(tab.says)
		}
	}
	p.back().wait(`location.pathname.endsWith("/activity")`)

	// A live room has no history, and bans.
	p.visit(groupPath("live_wanfeng", "messages")).see("No messages are kept here.", "Who is online").clickText("Banned").wait(`location.pathname.endsWith("/bans")`)
	p.visit(groupPath("live_wanfeng", "members")).see("A live room has no member list of record")
}

func TestPins(t *testing.T) {
	p := demo(t).as(t, "support", how{})
	p.visit(groups).goTo("vinyl").press("x").press("j").press("x")
	if got := p.selected(); got != "vinyl boardgames_fri" {
		t.Errorf("selected %q", got)
	}
	p.press("p").toast("Pinned 2 groups").wait(`document.querySelector("#sidebar").innerText.includes("Vinyl")`)
	p.press("z").wait(`!document.querySelector("#sidebar").innerText.includes("Vinyl")`)
}
