package templates_test

import (
	"strings"
	"testing"

	. "imdesk/web/templates"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	shift = chromedp.ModifierShift
	ctrl  = chromedp.ModifierCtrl
)

func TestListKeys(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	p.press("j")
	p.wantFocus("row lin_wan")
	p.press("jj")
	p.wantFocus("row u_7731902")
	p.press("k")
	p.wantFocus("row cs_bot")
	p.press("x")
	p.wantSelected("cs_bot")
	p.wait(`document.querySelector("[data-count]").textContent === "1 selected"`)
	p.press(kb.ArrowDown, shift)
	p.press(kb.ArrowDown, shift)
	p.wantSelected("cs_bot u_7731902 ahao_sg")
	p.press(kb.ArrowUp, shift)
	p.wantSelected("cs_bot u_7731902")
	p.press(kb.ArrowDown)
	p.wantFocus("row ahao_sg")
	p.press(kb.Escape)
	p.wantSelected("")
	p.press("a", ctrl)
	if got := eval[int](p, `document.querySelectorAll("[data-tick]:checked").length`); got != len(members) {
		t.Errorf("Ctrl A selected %d of %d", got, len(members))
	}
	p.press(kb.Escape)
	if n := eval[int](p, `document.querySelectorAll('[data-row][tabindex="0"]').length`); n != 1 {
		t.Errorf("%d rows are tab stops", n)
	}
	p.press("o")
	p.wait(`location.pathname === "/gallery"`)
}

func TestCopyAndNextFlag(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	p.press("jy")
	p.wait(`document.querySelector(".toast:last-child")?.textContent.includes("Copied lin_wan")`)
	p.press("xjx")
	p.press("y")
	p.wait(`document.querySelector(".toast:last-child")?.textContent.includes("Copied 2 IDs")`)
	p.click("[data-copy]")
	p.wait(`document.querySelector(".toast:last-child")?.textContent.includes("Copied @TGS#2C5SZEAEF")`)
	p.press("j")
	eval[bool](p, `document.querySelector('[data-row="yusuf_h"]').dataset.flag = "bad", true`)
	p.press("f")
	p.wantFocus("row yusuf_h")
}

func TestSingleKeysDoNotFire(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	p.press("/")
	p.wantFocus("Name, nickname or user ID")
	eval[bool](p, `document.activeElement.value = "", true`) // the protocol types what a keyboard would not
	p.press("jxm")
	if got := eval[string](p, `document.activeElement.value`); got != "jxm" {
		t.Errorf("the field says %q", got)
	}
	p.wantSelected("")
	p.press(kb.Escape)
	p.press("jx")
	p.wantSelected("lin_wan")
	p.press("j", chromedp.ModifierAlt)
	p.wantFocus("row lin_wan")
	// A letter during composition is the input method's.
	eval[bool](p, `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "j", isComposing: true, bubbles: true})), true`)
	p.wantFocus("row lin_wan")
	p.press("?")
	p.wait(`document.querySelector("#keys").open`)
	p.press("x")
	p.wantSelected("lin_wan")
	p.press(kb.Escape)
	p.wait(`!document.querySelector("#keys").open`)
	p.wantFocus("row lin_wan")

	p.visit("/members?keys=off")
	p.press("jx")
	p.wantSelected("")
	p.press("k", ctrl)
	p.wait(`document.querySelector("#palette").open`)
}

func TestGoKeys(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	p.press("gu")
	p.wait(`location.pathname === "/gallery" && document.readyState === "complete"`)
	p.press("gg")
	p.wait(`location.pathname === "/members"`)
}

func TestKeysDialogListsThePagesKeys(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	p.press("?")
	p.wait(`document.querySelector("#keys").open`)
	got := eval[string](p, `[...document.querySelectorAll("[data-keys-page] .key-list > div, [data-to]")].map(r => [...r.querySelectorAll("kbd")].map(k => k.textContent).join("") + " " + r.querySelector("dd").textContent).join(", ")`)
	if want := "m Mute, u Unmute, ⇧K Kick, gg Groups, gu Users, gj Jobs, ga Audit log"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAKeyActsOnTheRowOneIsAt(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	p.press("jj")
	p.press("m")
	p.wait(`document.querySelector("#sheet").open`)
	p.wantSelected("cs_bot")
	// Shift and the letter are another key.
	p.press(kb.Escape)
	p.wait(`!document.querySelector("#sheet").open`)
	p.press("K", shift)
	p.wait(`document.querySelector("#sheet").open`)
}

func TestSheet(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	p.press("jx")
	p.press("j")
	p.press("x")
	p.press("m")
	p.wait(`document.querySelector("#sheet").open`)
	if got := eval[string](p, `performance.getEntriesByType("resource").map(e => e.name).filter(n => n.includes("/sheet")).at(-1)`); !strings.HasSuffix(got, "/sheet?member=lin_wan&member=cs_bot") {
		t.Errorf("asked for %s", got)
	}

	// What was typed is there again after the sheet was closed.
	p.do(chromedp.SendKeys(chromedp.CSS("#note"), "wrong"))
	p.press(kb.Escape)
	p.wait(`!document.querySelector("#sheet").open`)
	p.wantFocus("row cs_bot")
	p.press("m")
	p.wait(`document.querySelector("#note")?.value === "wrong"`)

	// Refused: in place, with what was typed and the reason, focus on what is wrong.
	p.press(kb.Enter, ctrl)
	p.wait(`document.querySelector("#note-error")`)
	if got := eval[string](p, `document.querySelector("#note").value + "|" + document.querySelector("#note").getAttribute("aria-describedby")`); got != "wrong|note-error" {
		t.Errorf("the field says %q", got)
	}
	p.wait(`document.activeElement.id === "note"`)

	// Failed: the notice is in the sheet, what was typed too.
	eval[bool](p, `document.querySelector("#note").value = "broken", true`)
	p.press(kb.Enter, ctrl)
	p.wait(`document.querySelector("#sheet [data-notice] .notice")`)
	if got := eval[string](p, `document.querySelector("#note").value + document.querySelector("#notice").childElementCount`); got != "broken0" {
		t.Errorf("got %q", got)
	}

	// Done: the sheet closes, list and toast are new, focus goes to the row after the one that is gone.
	eval[bool](p, `document.querySelector("#note").value = "fine", true`)
	p.press(kb.Enter, ctrl)
	p.wait(`!document.querySelector("#sheet").open && document.querySelector(".toast")`)
	p.wantSelected("")
	p.wait(`document.activeElement.dataset.row === "7312468950"`)
	if got := eval[string](p, `location.pathname`); got != "/members" {
		t.Errorf("the address moved to %s", got)
	}
	p.forgive("status of")
}

func TestUndoNewest(t *testing.T) {
	p := open(t, "/gallery?toasts=1", 1200, 900)
	p.press("z")
	p.wait(`[...document.querySelectorAll(".toast")].some(t => t.textContent.includes("Undone 17"))`)
	if got := eval[bool](p, `[...document.querySelectorAll(".toast")].some(t => t.textContent.includes("Muted 福利"))`); got {
		t.Error("the toast that was undone is still there")
	}
}

func TestToastsGoByThemselvesButNotWhileLookedAt(t *testing.T) {
	p := open(t, "/gallery", 1200, 900)
	p.do(fastIntervals())
	p.visit("/gallery?toasts=1")
	p.do(chromedp.Focus(chromedp.CSS(".toast .btn")))
	eval[bool](p, `new Promise(r => setTimeout(() => r(true), 1200))`) // three lives
	p.wait(`document.querySelectorAll(".toast").length === 3`)
	eval[bool](p, `document.activeElement.blur(), true`)
	p.wait(`document.querySelectorAll(".toast").length === 0`)
}

func TestPalette(t *testing.T) {
	p := open(t, "/members?state=muted", 1200, 900)
	p.press("k", ctrl)
	p.wait(`document.querySelectorAll("#palette [role=option]").length === 3`)
	p.press("福利")
	p.wait(`document.querySelector("#palette").textContent.includes("Mute 福利")`)
	if got := eval[string](p, `document.querySelector("[data-palette-info]").textContent`); got != "3 results, at /members?state=muted" {
		t.Errorf("info %q", got)
	}
	p.press(kb.ArrowDown)
	if got := eval[string](p, `document.getElementById(document.querySelector("#palette input").getAttribute("aria-activedescendant")).textContent`); !strings.Contains(got, "Mute 福利") {
		t.Errorf("active is %q", got)
	}
	p.press(kb.ArrowUp)
	p.press(kb.ArrowUp)
	p.press(kb.ArrowDown)
	p.press(kb.ArrowDown)
	p.press(kb.Enter)
	p.wait(`document.querySelector("#sheet").open && !document.querySelector("#palette").open`)
	p.press(kb.Escape)
	p.press("k", ctrl)
	p.press(kb.Enter) // before anything was found
	p.wait(`location.pathname === "/gallery"`)
}

func TestAFormIsSentOnce(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	eval[bool](p, `window.sent = 0, window.realFetch = fetch, window.fetch = (...a) => { if (a[1]?.method === "POST") { sent++; return new Promise(r => window.go = () => r(realFetch(...a))) } return realFetch(...a) }, true`)
	p.press("jx")
	p.press("u")
	p.press("u")
	p.press("u")
	p.wait(`window.sent === 1 && document.querySelector('[aria-keyshortcuts="u"]').getAttribute("aria-disabled") === "true"`)
	eval[bool](p, `window.go(), true`)
	p.wait(`document.querySelector(".toast")?.textContent.includes("Unmuted 1: [lin_wan]")`)
	p.wait(`!document.querySelector('[aria-keyshortcuts="u"]').hasAttribute("aria-disabled")`)
	if n := eval[int](p, `window.sent`); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

func TestNoAnswer(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	eval[bool](p, `window.fetch = () => Promise.reject(new TypeError("no network")), true`)
	p.press("jx")
	p.press("u")
	p.wait(`document.querySelector("#notice .notice[role=alert]")?.textContent.includes("We cannot tell whether it was done")`)
	p.forgive("no network")
}

func TestWhatIsNotOfferedSaysWhy(t *testing.T) {
	p := open(t, "/gallery", 1200, 900)
	eval[bool](p, `document.querySelector("[data-why]").click(), true`)
	p.wait(`document.querySelector(".toast")?.textContent.includes("An AVChatRoom cannot be muted as a whole.")`)
}

func TestTimesTickAsTheServerWritesThem(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	// The page was written for a fixed moment, long ago; the script goes by the server's clock.
	left := `[...document.querySelectorAll("time[data-left]")].map(t => t.textContent).join(", ")`
	p.wait(`/^42 min left, 9:2[0-9] left, 6 d 3 h left$/.test(` + left + `)`)
	first := eval[string](p, left)
	p.wait(left + ` !== "` + first + `"`)
}

func TestSettingsHoldAtOnce(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	eval[bool](p, `document.querySelector('[name="theme"][value="dark"]').click(), document.querySelector('[name="density"][value="compact"]').click(), document.querySelector('[name="keys"][value="off"]').click(), true`)
	p.wait(`document.documentElement.dataset.theme === "dark" && document.documentElement.dataset.density === "compact" && !document.documentElement.hasAttribute("data-single-keys")`)
	if got := eval[string](p, `document.querySelector('[name="theme"][value="dark"]').getAttribute("aria-pressed") + getComputedStyle(document.body).colorScheme + location.pathname`); got != "truedark/members" {
		t.Errorf("got %q", got)
	}
}

func TestFiltersLeaveOutWhatIsEmpty(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	p.do(chromedp.Focus(chromedp.CSS("[data-search]")))
	p.press(kb.Enter)
	p.wait(`location.search === "?state=muted"`)
}

func TestPageOfALongListIsLoadedInPlace(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	eval[bool](p, `window.here = 1, true`)
	p.click(".pager a")
	p.wait(`location.search === "?cursor=2"`)
	if !eval[bool](p, `window.here === 1`) {
		t.Error("the whole page was loaded")
	}
	p.do(chromedp.NavigateBack())
	p.wait(`location.search === "" && document.querySelector("#members")`)
}

func TestOlderRowsComeInWithoutMovingWhatIsRead(t *testing.T) {
	p := open(t, "/log", 1200, 900)
	p.wait(`document.querySelector(".pane").scrollTop > 500`)
	if n := eval[int](p, `document.querySelectorAll(".msg").length`); n != 50 {
		t.Fatalf("%d rows at first", n)
	}
	before := eval[float64](p, `document.querySelector(".pane").scrollTop = 250, document.querySelector('[data-row="158"]').getBoundingClientRect().top`)
	p.wait(`document.querySelectorAll(".msg").length === 100`)
	after := eval[float64](p, `new Promise(r => requestAnimationFrame(() => r(document.querySelector('[data-row="158"]').getBoundingClientRect().top)))`)
	if d := after - before; d > 2 || d < -2 {
		t.Errorf("what is read moved by %.0f px", d)
	}
	eval[int](p, `document.querySelector(".pane").scrollTop = 0`)
	p.wait(`document.querySelectorAll(".msg").length === 150 && document.querySelector(".msg").dataset.row === "50" && !document.querySelector("[data-more]")`)
}

func TestRailHidesAndComesBack(t *testing.T) {
	p := open(t, "/log", 1440, 900)
	shown := func(want bool) {
		t.Helper()
		if got := eval[bool](p, `document.querySelector(".rail").checkVisibility()`); got != want {
			t.Errorf("rail shown: %v, want %v", got, want)
		}
	}
	shown(true)
	eval[bool](p, `document.querySelector(".transcript").dataset.list = "", true`)
	p.press("i")
	shown(false)
	p.press("i")
	shown(true)
	p.do(chromedp.EmulateViewport(1000, 800))
	shown(false)
	p.press("i")
	shown(true)
}

func TestOffline(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	p.do(offline(true))
	p.wait(`!document.querySelector("#offline").hidden && document.querySelector("[data-offline-since]").textContent.includes("What you see is from")`)
	p.press("jx")
	eval[bool](p, `document.querySelector('form[action="`+SignOutURL+`"]').requestSubmit(), true`)
	p.wait(`document.querySelector(".toast")?.textContent.includes("Not sent: you are offline")`)
	p.do(offline(false))
	p.wait(`document.querySelector("#offline").hidden`)
	p.forgive("ERR_INTERNET_DISCONNECTED")
}

func TestPhoneSelectsByTouch(t *testing.T) {
	p := open(t, "/members", 390, 844)
	p.click(`[data-row="cs_bot"] .avatar`)
	p.wantSelected("cs_bot")
	p.click(`[data-row="ahao_sg"] td:nth-child(3)`)
	p.wantSelected("cs_bot ahao_sg")
	p.click("[data-clear]")
	p.wantSelected("")
	p.click(".menu-button")
	p.wait(`document.querySelector("#sidebar").matches(":popover-open")`)
}

// Without scripts the bar is there, sheets are pages, menus open, and everything is sent as a form.
func TestWithoutScripts(t *testing.T) {
	p := open(t, "/members", 1200, 900)
	p.do(noScript())
	p.visit("/members")
	p.do(chromedp.Click(chromedp.CSS(`[name="member"][value="cs_bot"]`)), chromedp.Click(chromedp.CSS(`[aria-keyshortcuts="m"]`)))
	p.do(chromedp.WaitVisible(chromedp.CSS(".sheet-page #mute")))
	location, err := chromedp.Run(p.ctx, chromedp.Location())
	if err != nil || !strings.HasSuffix(location, "/sheet?member=cs_bot") {
		t.Errorf("at %s, %v", location, err)
	}
	p.do(chromedp.Click(chromedp.CSS(`[popovertarget="me"]`)), chromedp.WaitVisible(chromedp.CSS("#me")))
	p.do(chromedp.SendKeys(chromedp.CSS("#note"), "wrong"), chromedp.Click(chromedp.CSS(`#mute [type="submit"]`)))
	p.do(chromedp.WaitVisible(chromedp.CSS("#note-error")))
	p.forgive("status of")
}
