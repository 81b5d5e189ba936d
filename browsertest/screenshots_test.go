package browsertest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestScreenshots draws the pictures of the README, if it is told where to: -screenshots DIR.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		return
	}
	c, err := start("pictures")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.stop(); err != nil {
			t.Error(err)
		}
	})
	const room, spammer = "@TGS#2C5SZEAEF", "u_7731902"
	spam := groupPath(room, "messages") + "?sender=" + spammer

	// Something has happened before the pictures are taken.
	lead := c.named(t, "Tomasz W", "lead", how{})
	lead.visit(groupPath("@TGS#2DEALS88Q", "members")).press("jjjjj").press("m").sheet().pick("7 days").press(kb.Enter, ctrl).noSheet().toast("Muted")
	lead.visit(groupPath("gear-swap", "members")).press("jjjjj").press("k", shift).sheet().press(kb.Enter, ctrl).noSheet().toast("Removed")
	lead.visit("/apps/demo/users/"+spammer).press("m").sheet().press(kb.Enter, ctrl).noSheet().toast("Muted")
	mei := c.named(t, "Mei 林梅", "lead", how{})
	mei.visit(spam).press("jxr").toast("Recalled")
	mei.visit(groupPath(room, "members")).press("jjjjjj").press("m").sheet().press(kb.Enter, ctrl).noSheet().toast("Muted").press("z").toast("Undone")
	for _, id := range []string{room, "@TGS#2LF4YBAEP", "live_wanfeng"} {
		mei.visit(groups).goTo(id).press("xp").toast("Pinned the group")
	}

	for _, picture := range []struct {
		name string
		path string
		open func(p *tab)
	}{
		{"groups", groups, nil},
		{"messages", groupPath(room, "messages"), func(p *tab) {
			p.goTo(eval[string](p, `[...document.querySelectorAll(".msg")].at(-4).dataset.row`)).wait(`document.querySelector("#rail").innerText.includes("Role")`)
		}},
		{"members", groupPath(room, "members"), func(p *tab) {
			p.goTo("cs_bot").press("jjjxjxjx").press("m").sheet()
		}},
		{"user", "/apps/demo/users/" + spammer, nil},
		{"audit", "/audit", nil},
	} {
		for _, theme := range []string{"light", "dark"} {
			p := c.named(t, "Mei 林梅", "lead", how{scheme: theme})
			p.visit(picture.path)
			if picture.open != nil {
				picture.open(p)
			}
			p.draw(picture.name + "-" + theme)
			if picture.name == "audit" || picture.name == "user" {
				continue
			}
			h := phone
			h.scheme = theme
			p = c.named(t, "Mei 林梅", "lead", h)
			p.visit(picture.path).draw("phone-" + picture.name + "-" + theme)
		}
	}
}

// draw keeps what is in view as a picture.
func (p *tab) draw(name string) {
	p.t.Helper()
	p.wait(`[...document.images].every(i => i.complete || i.loading === "lazy") && document.fonts.status === "loaded"`)
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
