package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A job from paste to reverse, watched while it runs: thirty are removed with two keys after the paste, and come back.
func TestJobFromPasteToReverse(t *testing.T) {
	c := demo(t)
	people := []string{"bt_olga:Olga", "*bt_adam:Adam"}
	var spammers []string
	for n := range 30 {
		id := fmt.Sprintf("bt_spam_%02d", n)
		spammers = append(spammers, id)
		people = append(people, id+":Spam "+id)
	}
	g := c.group(t, "Raid", people...)
	p := c.as(t, "lead", how{})
	p.visit(groupPath(g, "members")).see("Adam").press("k", ctrl).wait(`document.querySelector("#palette").open`)
	p.types("many").see("Do something to many in this group").press(kb.Enter).wait(`location.pathname.endsWith("/jobs/new") && document.readyState === "complete"`)
	p.run(`(() => { const kind = document.querySelector('[name="kind"]'); kind.value = "member.kick"; kind.dispatchEvent(new Event("change", {bubbles: true})); })()`)
	p.see("Silently")
	p.click(`[name="users"]`).paste(strings.Join(spammers, "，") + " bt_adam bt_nobody")
	p.press(kb.Enter, ctrl).see("Remove 32 members", "30 as wanted", "An admin of the group", "Not a member", "It can be reversed")
	p.press(kb.Enter, ctrl).see("Begins in", "Take back")
	p.run(`window.sameDocument = true`)
	p.wait(`document.querySelector("#job").innerText.includes("30 done · 2 left alone")`)
	if !eval[bool](p, `window.sameDocument === true`) {
		t.Error("the page was loaded anew instead of being brought up to date")
	}
	p.wait(`!document.querySelector("[data-poll]")`).see("100%", "Done")
	if c.member(t, g, spammers[0]) != nil || c.member(t, g, "bt_adam") == nil {
		t.Error("the service has other members than the job says")
	}

	p.clickText("Reverse").see("30", "can be taken back")
	p.press(kb.Enter, ctrl).see("Reverse: Remove 30 members")
	p.wait(`document.querySelector("#job").innerText.includes("30 done")`)
	if c.member(t, g, spammers[29]) == nil {
		t.Error("the spammer is not back")
	}

	// Taken back before it begins, by one key, and without scripts the same page goes on by a link.
	q := c.as(t, "lead", how{noScript: true}) // a browser takes a while to open, and the job waits for eight seconds only
	p.visit("/apps/demo/jobs/new?kind=member.mute&groups="+g+"&users="+spammers[0]).press(kb.Enter, ctrl).see("Mute 1 member").press(kb.Enter, ctrl).see("Begins in")
	q.visit(p.at()).see("Refresh", "Begins in")
	p.clickText("Take back").see("Taken back. Nothing was sent").see("Stopped")
	q.click(`.no-script a`).see("Stopped")
	c.wantMuted(t, g, spammers[0], 0)
}
