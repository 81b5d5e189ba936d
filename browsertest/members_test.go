package browsertest

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"imdesk/store"

	"github.com/chromedp/chromedp/kb"
)

const day = 24 * time.Hour

func TestMuteByKeys(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Mutes", "bt_olga:Olga", "*bt_adam:Adam", "bt_ann:Ann", "bt_bob:Bob")
	p := c.as(t, "moderator", how{})
	p.visit(groupPath(g, "members")).see("Ann", "Bob").goTo("bt_ann")
	p.press("m").sheet().see("Mute 1 member", "Ann is muted until", "Can be undone")
	p.press(kb.Enter, ctrl).noSheet().toast("Muted Ann")
	p.wait(`document.querySelector(` + quote(row("bt_ann")) + `).innerText.includes("Muted, 23 h 59 min left")`)
	if got := p.focus(); got != "row bt_ann" {
		t.Errorf("the focus is on %q after the sheet, not on the row", got)
	}
	if n := eval[string](p, `document.querySelector('nav[aria-label="Sections of the group"] a[href$="/muted"] .count').textContent`); n != "1" {
		t.Errorf("the tab counts %s muted", n)
	}
	c.wantMuted(t, g, "bt_ann", day)

	p.press("z").toast("Undone")
	p.wait(`!document.querySelector(` + quote(row("bt_ann")) + `).innerText.includes("Muted")`)
	c.wantMuted(t, g, "bt_ann", 0)
	c.wantAudit(t, g, "undo.member.mute ok", "member.mute ok")

	// A longer one, with words; then lifted by one key, without a sheet.
	p.goTo("bt_bob").press("m").sheet().pick("7 days").see("Bob is muted until")
	p.fill(`#sheet [name="words"]`, "third time").press(kb.Enter, ctrl).noSheet().toast("Muted Bob")
	c.wantMuted(t, g, "bt_bob", 7*day)
	if e := c.audit(t, g)[0]; !strings.Contains(e.Reason, "third time") || e.OperatorName != "moderator" {
		t.Errorf("the audit log has %q by %s", e.Reason, e.OperatorName)
	}
	p.visit(groupPath(g, "muted")).see("Bob", "6 d 23 h left").goTo("bt_bob").press("u").toast("Bob may speak again")
	p.see("Nobody is muted in this group")
	c.wantMuted(t, g, "bt_bob", 0)
}

// The countdown of a mute ticks without a request.
func TestTimeLeftTicks(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Ticking", "bt_olga:Olga", "bt_ann:Ann")
	c.must(t, "group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": g, "Members_Account": []string{"bt_ann"}, "MuteTime": 200})
	p := c.as(t, "viewer", how{}).visit(groupPath(g, "muted")).see("3:")
	before := eval[string](p, `document.querySelector("time[data-left]").textContent`)
	p.wait(`document.querySelector("time[data-left]").textContent !== ` + quote(before))
}

func TestKickAsksFirst(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Kicks", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob", "bt_cy:Cy")
	p := c.as(t, "moderator", how{})
	p.visit(groupPath(g, "members")).see("Bob").goTo("bt_bob")
	p.press("k", shift).sheet().see("Kick 1 member", "Bob is removed from the group")
	if got := p.focus(); !strings.HasPrefix(got, "Cancel") {
		t.Errorf("the focus is on %q, not on Cancel", got)
	}
	p.press(kb.Enter).noSheet() // Cancel it is
	if c.member(t, g, "bt_bob") == nil {
		t.Fatal("Cancel kicks")
	}
	if got := p.focus(); got != "row bt_bob" {
		t.Errorf("the focus is on %q after Cancel", got)
	}
	p.press("k", shift).sheet().press(kb.Enter, ctrl).noSheet().toast("Removed Bob from the group")
	p.wait(`!document.querySelector(` + quote(row("bt_bob")) + `)`)
	if c.member(t, g, "bt_bob") != nil {
		t.Error("Bob is still a member")
	}
	if got := p.focus(); !strings.HasPrefix(got, "row ") {
		t.Errorf("the focus is on %q, not on the next row", got)
	}
	p.see("3 of") // the head counts anew
	c.wantAudit(t, g, "member.kick ok")
}

func TestMuteThreeSkipsTheOwner(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Several", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob", "bt_cy:Cy")
	p := c.as(t, "moderator", how{})
	p.visit(groupPath(g, "members")).see("Cy").goTo("bt_olga")
	p.press("x").press(kb.ArrowDown, shift).press(kb.ArrowDown, shift).see("3 selected")
	p.press("m").sheet().see("Mute 3 members", "Olga is skipped: nobody can do this to a group’s owner", "Mute 2 members")
	p.pick("1 hour").press(kb.Enter, ctrl).noSheet().toast("Muted 2 members")
	c.wantMuted(t, g, "bt_olga", 0)
	c.wantMuted(t, g, "bt_ann", time.Hour)
	c.wantMuted(t, g, "bt_bob", time.Hour)
	c.wantMuted(t, g, "bt_cy", 0)
	p.press("z").toast("Undone")
	c.wantMuted(t, g, "bt_ann", 0)
}

// Two fast clicks, and two fast keys, are one act.
func TestDoubleSubmit(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Double", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob")
	p := c.as(t, "moderator", how{})
	c.fault(t, `{"command": "group_open_http_svc/forbid_send_msg", "delay": "300ms"}`)
	p.visit(groupPath(g, "members")).see("Ann").goTo("bt_ann").press("m").sheet()
	p.run(`(() => { const b = document.querySelector('#sheet footer [type="submit"]'); b.click(); b.click(); b.click(); })()`)
	p.noSheet().toast("Muted Ann")
	c.wantAudit(t, g, "member.mute ok")
	p.goTo("bt_ann").press("uu").toast("Ann may speak again")
	c.wantAudit(t, g, "member.unmute ok", "member.mute ok")

	// The same form again, without scripts to hold it back: the server knows it.
	q := c.as(t, "moderator", how{noScript: true}).visit(groupPath(g, "members/mute") + "?users=bt_bob")
	sheet := eval[string](q, `document.querySelector(".sheet-page form").outerHTML`)
	q.click(`.sheet-page footer [type="submit"]`).see("Muted Bob")
	q.run(`document.body.innerHTML = ` + quote(sheet))
	q.click(`footer [type="submit"]`).see("Muted Bob")
	c.wantAudit(t, g, "member.mute ok", "member.unmute ok", "member.mute ok")
}

func TestBackAfterAnAct(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Back", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob")
	p := c.as(t, "moderator", how{})
	p.visit(groupPath(g, "messages")).visit(groupPath(g, "members")).see("Ann").goTo("bt_ann").press("m").sheet().press(kb.Enter, ctrl).noSheet().toast("Muted Ann")
	if !strings.HasSuffix(p.at(), "/members") {
		t.Errorf("after the act at %s", p.at())
	}
	p.back().wait(`location.pathname.endsWith("/messages")`)
	p.forward().wait(`location.pathname.endsWith("/members")`).see("Muted, 23 h")
	if p.has("#sheet[open]") {
		t.Error("the sheet is open again")
	}
	c.wantAudit(t, g, "member.mute ok")
}

// What was typed is still there after a refusal, and the field that is wrong has the focus.
func TestRefusedFormComesBack(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Refused", "bt_olga:Olga", "bt_ann:Ann")
	p := c.as(t, "moderator", how{})
	p.allow("status of 422")
	p.visit(groupPath(g, "members")).see("Ann").goTo("bt_ann").press("m").sheet().pick("Until…")
	p.fill(`#sheet [name="words"]`, "see #418").fill(`#sheet [name="note"]`, "spoke to them").press(kb.Enter, ctrl)
	p.see("Give day and time.")
	if got := eval[string](p, `document.activeElement.name`); got != "until" {
		t.Errorf("the focus is on %q", got)
	}
	for name, want := range map[string]string{"words": "see #418", "note": "spoke to them"} {
		if got := eval[string](p, `document.querySelector('#sheet [name="`+name+`"]').value`); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	p.press(kb.Escape).noSheet()
	c.wantAudit(t, g)
}

func TestSessionEndsElsewhere(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Session", "bt_olga:Olga", "bt_ann:Ann")
	secret := c.operator(t, "leaver", "moderator")
	ck, err := c.signIn("leaver", secret)
	if err != nil {
		t.Fatal(err)
	}
	p := c.visitor(t, how{})
	p.cookie(ck)
	p.allow("status of 401")
	p.visit(groupPath(g, "members")).see("Ann").goTo("bt_ann").press("m").sheet().fill(`#sheet [name="words"]`, "typed before the end")
	other := p.sibling()
	other.visit("/").click(`[popovertarget="me"]`).clickText("Sign out").wait(`location.pathname === "/login"`)

	p.press(kb.Enter, ctrl).see("Your session has ended.", "Nothing was changed")
	if got := eval[string](p, `document.querySelector('#sheet [name="words"]').value`); got != "typed before the end" {
		t.Errorf("what was typed is %q", got)
	}
	c.wantAudit(t, g)
	other.fill("#name", "leaver").fill("#password", secret).press(kb.Enter).wait(`location.pathname === "/"`)
	p.press(kb.Enter, ctrl).noSheet().toast("Muted Ann")
	if e := c.audit(t, g)[0]; !strings.Contains(e.Reason, "typed before the end") {
		t.Errorf("the reason is %q", e.Reason)
	}
}

func TestTwoOperatorsOnOneMember(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Two", "bt_olga:Olga", "bt_ann:Ann")
	first := c.as(t, "moderator", how{}).visit(groupPath(g, "members")).see("Ann")
	second := c.as(t, "lead", how{}).visit(groupPath(g, "members")).see("Ann")
	first.goTo("bt_ann").press("m").sheet().pick("7 days").press(kb.Enter, ctrl).noSheet().toast("Muted Ann")

	// The second one's sheet says how it is by now, and that the end would move.
	second.goTo("bt_ann").press("m").sheet().see("muted already", "The end moves forward")
	second.press(kb.Escape).noSheet()
	c.wantMuted(t, g, "bt_ann", 7*day)
	// Unmuted by the first in the meantime, there is nothing to lift.
	first.goTo("bt_ann").press("u").toast("Ann may speak again")
	second.goTo("bt_ann").press("u").toast("Nothing was changed").toast("not muted")
	c.wantMuted(t, g, "bt_ann", 0)
	second.wait(`!document.querySelector(` + quote(row("bt_ann")) + `).innerText.includes("Muted")`)
}

// The service mutes and the connection breaks before it says so: what is shown is what is true.
func TestAnswerIsLost(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Lost", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob")
	p := c.as(t, "moderator", how{})
	p.visit(groupPath(g, "members")).see("Ann").goTo("bt_ann").press("m").sheet()
	c.fault(t, `{"command": "group_open_http_svc/forbid_send_msg", "drop_after": true}`)
	p.press(kb.Enter, ctrl).noSheet().toast("Muted Ann")
	p.wait(`document.querySelector(` + quote(row("bt_ann")) + `).innerText.includes("Muted, 23 h")`)
	c.wantMuted(t, g, "bt_ann", day)

	// Lost on the way there: not in force, and said so.
	c.mend(t)
	p.goTo("bt_bob").press("m").sheet()
	c.fault(t, `{"command": "group_open_http_svc/forbid_send_msg", "drop": true}`)
	p.press(kb.Enter, ctrl).see("it is not in force")
	c.wantMuted(t, g, "bt_bob", 0)
	if s := c.audit(t, g)[0].State; s == store.AuditOK {
		t.Errorf("the audit log says %s", s)
	}
}

func TestUserPage(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Chess", "bt_olga:Olga", "bt_uma:Uma")
	p := c.as(t, "lead", how{})
	p.visit("/apps/demo/users/bt_uma").see("Uma", "Chess", "May write", "Allowed").press("m").sheet().see("Uma is muted")
	p.press(kb.Enter, ctrl).noSheet().toast("Muted Uma everywhere")
	p.see("Uma", "Lift the global mute")
	global, err := c.im.Mutes.Global(context.Background(), "bt_uma")
	if err != nil || time.Until(global.GroupUntil) < time.Hour {
		t.Errorf("muted in groups until %s: %v", global.GroupUntil, err)
	}
	p.press("z").toast("Undone")
	p.wait(`!document.querySelector("main").innerText.includes("Lift the global mute")`)
	_ = g
}

// Task 11: "why am I muted?" is answered within four keys and one page.
func TestTaskWhyMuted(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Task 11", "bt_olga:Olga", "bt_eleven:Eleven")
	m := c.as(t, "moderator", how{}).visit(groupPath(g, "members/mute") + "?users=bt_eleven")
	m.click(`.sheet-page footer [type="submit"]`).toast("Muted Eleven")
	p := c.as(t, "support", how{}).visit("/").see("Overview")
	task := p.task("why am I muted", 4)
	p.press("k", ctrl).types("bt_eleven").press(kb.Enter)
	p.see("Eleven", "Why writing does not work", "Task 11", "Advertising")
	p.press("c").toast("Copied")
	task.done()
	if at := p.at(); at != "/apps/demo/users/"+url.PathEscape("bt_eleven") {
		t.Errorf("at %s", at)
	}
}
