package browsertest

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/pquerna/otp/totp"
)

// TestInvite is a new colleague from the link to the first group they see, in a console in which everybody needs a second factor.
func TestInvite(t *testing.T) {
	c := alone(t)
	boss := c.visitor(t, how{}).visit("/login").fill("#name", c.owner).fill("#password", c.password).press(kb.Enter)
	boss.wait(`location.pathname === "/"`).visit("/settings/operators").clickText("Invite")
	boss.see("Make the link").fill("#note", "Lin of the night shift")
	boss.run(`document.querySelector("#role").value = "support"`)
	boss.clickText("Make the link").wait(`document.querySelector("#secret")`)
	link := eval[string](boss, `document.querySelector("#secret").value`)
	path, ours := strings.CutPrefix(link, c.url)
	if !ours {
		t.Fatalf("the link leads to %s, the console is at %s", link, c.url)
	}
	boss.visit("/settings/operators").see("Lin of the night shift", "Support")
	boss.visit("/settings/security").run(`document.querySelector("#from").value = "viewer"`)
	boss.clickText("Save").see("Saved who needs a second factor")

	p := c.visitor(t, how{}).visit(path)
	p.see("Support").picture("invite")
	p.allow("status of 422")
	p.fill("#name", "Lin 林").fill("#new_password", "purple kettle on a roof").fill("#repeat_password", "purple kettle on the roof").press(kb.Enter)
	p.see("not the same")
	if kept := eval[string](p, `document.querySelector("#name").value`); kept != "Lin 林" {
		t.Errorf("the name that was typed is now %q", kept)
	}
	p.fill("#new_password", "purple kettle on a roof").fill("#repeat_password", "purple kettle on a roof").press(kb.Enter)
	p.see("Set up a second factor to go on.")
	p.visit(groups).see("Set up a second factor to go on.")
	p.clickText("Set up an app").see("Scan this with the app")
	seed := strings.ReplaceAll(eval[string](p, `document.querySelector(".settings-page code").innerText`), " ", "")
	code, err := totp.GenerateCode(seed, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	p.fill("#code", code).press(kb.Enter).see("These codes are shown this once.")
	if n := p.count(".codes code"); n != 10 {
		t.Errorf("%d recovery codes are shown", n)
	}
	p.clickText("I have kept them").see("10 codes are left.")
	p.visit("/").see("Lin 林").visit(groups)
	p.visitStatus("/settings/operators", 403)

	late := c.visitor(t, how{}).visitStatus(path, 410)
	late.see("used")
	if list := c.command(t, "", "operator", "list"); !strings.Contains(list, "Lin 林\tsupport") {
		t.Errorf("the operators are %s", list)
	}
}
