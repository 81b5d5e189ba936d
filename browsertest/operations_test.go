package browsertest

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// The figures: another range changes the part and the address, tables open, and a phone shows all of it.
func TestOperations(t *testing.T) {
	c := demo(t)
	p := c.as(t, "lead", how{})
	p.visit("/apps/demo/operations").see("Messages sent", "30 days")
	if n := eval[int](p, `document.querySelectorAll("svg.chart").length`); n != 15 {
		t.Errorf("%d charts", n)
	}
	p.clickText("7 days").wait(`location.search === "?days=7"`)
	p.wait(`document.querySelector("#figure-sent .hit title").textContent.includes("Groups")`)
	p.click("#figure-sent .chart-table summary").see("Against a week before")
	m := c.as(t, "lead", phone)
	m.visit("/apps/demo/operations").fits()
}

// Words are added and removed from the list, each with a way back.
func TestKeywords(t *testing.T) {
	c := demo(t)
	p := c.as(t, "lead", how{})
	p.visit("/apps/demo/keywords/block").click(".page-head .btn[href*='/add']").sheet()
	p.fill("#words", "casino bt\n赌博 bt").press(kb.Enter, ctrl).noSheet().toast("Added 2 words")
	p.see("casino bt", "赌博 bt").press("jx").act("Shift+K").sheet().see("is removed").clickText("Remove 1 word").noSheet().toast("Removed")
	p.press("z").toast("Undone").see("casino bt", "赌博 bt")
}

// A room's page counts while it is open; all rooms are told only by who typed the app's name.
func TestLiveRoomPage(t *testing.T) {
	c := demo(t)
	p := c.as(t, "lead", how{})
	p.visit(groupPath("live_wanfeng", "live")).see("online now", "Counted since", "Owner and admins")
	p.clickText("To all live rooms").sheet().see("Everybody in every live room")
	p.allow("status of 422")
	p.fill("#text", "The stream moves to 21:00").fill("#reason", "a drill").fill("#confirm", "demon").press(kb.Enter, ctrl).see("Type demo, the app’s name here.")
	p.fill("#confirm", "demo").press(kb.Enter, ctrl).noSheet().toast("Sent to all live rooms")
}

// A file is read after a reason was given, and not by a colleague without one.
func TestMessageFilesPage(t *testing.T) {
	c := demo(t)
	p := c.as(t, "lead", how{})
	p.visit("/apps/demo/operations/files").clickText("Read").sheet().see("Open a file of messages")
	p.fill("#reason", "a report of fraud").press(kb.Enter, ctrl).wait(`location.pathname.includes("/opened/")`).see("Opened because: a report of fraud", "1 to 50")
	at := eval[string](p, "location.pathname")
	p.clickText("Next").wait(`location.search === "?at=50"`).see("51 to 100")
	q := c.as(t, "owner", how{})
	q.visit(at).see("Open the file with a reason first")
}
