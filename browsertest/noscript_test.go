package browsertest

import (
	"strings"
	"testing"

	"imdesk/imclient"

	"github.com/chromedp/chromedp/kb"
)

// Without JavaScript everything works by links and forms.
func TestWithoutScripts(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Plain", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob", "bt_cy:Cy")
	first, second := c.say(t, g, "bt_ann", "first"), c.say(t, g, "bt_bob", "second")
	secret := c.operator(t, "plain", "lead")
	p := c.visitor(t, how{noScript: true})

	t.Run("sign in", func(t *testing.T) {
		p.t = t
		p.visit(groups).fill("#name", "plain").fill("#password", secret).press(kb.Enter).see("Page 1")
		if p.at() != groups {
			t.Errorf("at %s", p.at())
		}
	})
	t.Run("browse", func(t *testing.T) {
		p.t = t
		p.visit(groups).clickText("Next").see("Page 2").clickText("Previous").see("Page 1")
		p.clickText("Type").clickText("Live room").see("Late night DJ set")
		p.fill("[data-search]", "vinyl").press(kb.Enter).see("黑胶收藏 Vinyl").clickText("Members").see("老法师")
		p.clickText("Next").see("51 to 100 of 119").clickText("First").see("1 to 50 of 119").clickText("Owner").see("老法师")
		p.visit(groupPath("@TGS#2C5SZEAEF", "messages")).clickText("Older messages").wait(`location.search.startsWith("?from=")`).see("Seq")
	})
	t.Run("mute by the sheet's page", func(t *testing.T) {
		p.t = t
		p.visit(groupPath(g, "members")).click(row("bt_ann") + " [data-tick]").click(row("bt_bob") + " [data-tick]").act("m")
		p.see("Mute 2 members", "Ann is muted until").pick("10 min").clickText("Mute 2 members").see("Muted 2 members", "Muted, ")
		if !strings.HasSuffix(p.at(), "/members") {
			t.Errorf("at %s", p.at())
		}
		p.clickText("Undo").see("Undone")
		c.wantMuted(t, g, "bt_ann", 0)
		c.wantAudit(t, g, "undo.member.mute ok", "member.mute ok")
	})
	t.Run("a form that is refused", func(t *testing.T) {
		p.t = t
		p.allow("status of 422")
		p.visit(groupPath(g, "members/mute")+"?users=bt_ann").pick("Until…").fill(`[name="words"]`, "typed").clickText("Mute 1 member").see("Give day and time.")
		if got := eval[string](p, `document.querySelector('[name="words"]').value`); got != "typed" {
			t.Errorf("what was typed is %q", got)
		}
	})
	t.Run("recall", func(t *testing.T) {
		p.t = t
		p.visit(groupPath(g, "messages")).see("first", "second").click(row(second)+" [data-tick]").act("r").see("Recalled 1 message", "Recalled by plain")
		page, err := c.im.Messages.History(t.Context(), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: g}})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Messages {
			if want := m.Seq == second; (m.State == imclient.MessageRecalled) != want {
				t.Errorf("message %s of %s and %s: state %v", m.Seq, first, second, m.State)
			}
		}
	})
	t.Run("kick", func(t *testing.T) {
		p.t = t
		p.visit(groupPath(g, "members")).click(row("bt_cy") + " [data-tick]").act("Shift+K").see("Cy is removed from the group").clickText("Kick 1 member").see("Removed Cy from the group")
		if c.member(t, g, "bt_cy") != nil {
			t.Error("Cy is still a member")
		}
	})
	t.Run("settings", func(t *testing.T) {
		p.t = t
		p.visit("/settings/me").fill(`[name="zone"]`, "Asia/Tokyo").press(kb.Enter).see("Saved the time zone", "Times are in UTC+9 now")
		p.visit("/audit").see("UTC+9", "Kicked")
	})
	t.Run("theme and language", func(t *testing.T) {
		p.t = t
		p.visit(groups).click(`[popovertarget="me"]`).clickText("Dark").wait(`document.documentElement.dataset.theme === "dark"`)
		p.click(`[popovertarget="me"]`).clickText("Compact").wait(`document.documentElement.dataset.density === "compact"`)
		p.click(`[popovertarget="me"]`).clickText("简体中文").wait(`document.documentElement.lang.startsWith("zh")`)
		if p.at() != groups {
			t.Errorf("at %s", p.at())
		}
		p.click(`[popovertarget="me"]`).clickText("退出登录").wait(`location.pathname === "/login"`)
	})
	p.t = t
}
