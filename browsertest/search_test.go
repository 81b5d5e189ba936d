package browsertest

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// A message with words is found in all groups over a week, in its conversation and back again, without the mouse; and as one types.
func TestSearch(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Search room 搜索房", "bt_ann", "bt_bob")
	for i := range 8 {
		c.say(t, g, "bt_ann", fmt.Sprintf("quokka number %d 袋鼠 https://quokka.example", i+1))
	}
	p := c.as(t, "moderator", how{})
	query := "quokka 袋鼠 after:" + time.Now().AddDate(0, 0, -7).Format(time.DateOnly)
	p.visit("/search").press("/").types(query).press(kb.Enter)
	for range 50 { // what was said comes by callback
		if p.count("#hits .hit") == 8 {
			break
		}
		time.Sleep(100 * time.Millisecond)
		p.visit("/search?q=" + url.QueryEscape(query))
	}
	p.see("8 messages", "Search room 搜索房")
	if high := eval[float64](p, `document.querySelector(".hit .hit-text").getBoundingClientRect().height / parseFloat(getComputedStyle(document.querySelector(".hit .hit-text")).lineHeight)`); high > 1.5 {
		t.Errorf("a line of text is %.1f lines high", high)
	}

	// The third hit, in its conversation, and back to the third hit.
	p.press("j").press("j").press("j").wait(`document.activeElement.matches("#hits .hit:nth-child(3)")`)
	p.press(kb.Enter).wait(`location.pathname.endsWith("/messages") && document.querySelector("[data-here]")?.innerText.includes("quokka number 6")`)
	p.back().wait(`location.pathname === "/search" && document.activeElement.matches("#hits .hit:nth-child(3)")`)

	// In one group, from its messages.
	p.visit(groupPath(g, "messages")).press("/").types("quokka").press(kb.Enter).wait(`location.pathname === "/search"`).see("Only in", "8 messages")

	// As one types: the group by a part of its name, a message by the beginning of a word; an old answer never takes a newer one's place.
	p.press("k", ctrl).types("uokk").wait(`document.querySelectorAll("#palette [role=option]").length === 1`)
	p.press(kb.Escape).press("k", ctrl).types("quok").wait(`[...document.querySelectorAll("#palette [role=option]")].some((o) => o.innerText.includes("quokka number 8"))`)
	p.press(kb.Escape).press("k", ctrl).types("索房").wait(option + `?.innerText.includes("Search room")`)
	p.press(kb.Enter).wait(`location.pathname.endsWith("/messages")`)
}
