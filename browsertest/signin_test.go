package browsertest

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestSignIn(t *testing.T) {
	c := alone(t, "IMDESK_SIGN_IN_TRIES=3", "IMDESK_SIGN_IN_LOCK=7m")
	p := c.visitor(t, how{})

	// The page that was asked for comes after signing in.
	p.visit("/settings/me").see("Sign in", "Sign-ins are recorded in the audit log.")
	if got := p.focus(); got != "name" {
		t.Errorf("the focus is on %q, not on the name", got)
	}
	p.types("owner").press(kb.Tab).types("not the password").press(kb.Enter)
	p.allow("status of 401")
	p.see("Name and password do not match. 2 tries left, then a pause of 7 minutes.")
	if name := eval[string](p, `document.querySelector("#name").value`); name != "owner" {
		t.Errorf("the name is %q after a wrong password", name)
	}
	if typed := eval[string](p, `document.querySelector("#password").value`); typed != "" {
		t.Error("the wrong password comes back")
	}
	if got := p.focus(); got != "password" {
		t.Errorf("the focus is on %q, not on the password", got)
	}
	p.types(c.password)
	p.clickText("Show")
	if shown := eval[string](p, `document.querySelector("#password").value`); shown != c.password || !p.has(`#password[type="text"]`) {
		t.Errorf("the password can not be looked at: %q", shown)
	}
	p.press(kb.Enter).wait(`location.pathname === "/settings/me"`).see("owner")

	p.click(`[popovertarget="me"]`).clickText("Sign out").wait(`location.pathname === "/login"`)
	p.visit("/").wait(`location.pathname === "/login"`)
}

func TestSignInLocks(t *testing.T) {
	c := alone(t, "IMDESK_SIGN_IN_TRIES=3", "IMDESK_SIGN_IN_LOCK=7m")
	// Names that exist and names that do not are told the same.
	for _, name := range []string{"owner", "nobody"} {
		p := c.visitor(t, how{}).visit("/login")
		p.allow("status of 401")
		p.allow("status of 429")
		for _, said := range []string{"2 tries left", "One more try", "Too many tries"} {
			p.fill("#name", name).fill("#password", "wrong").press(kb.Enter).see(said)
		}
		p.see("Try again in 7 minutes")
	}
	p := c.visitor(t, how{}).visit("/login").fill("#name", "owner").fill("#password", c.password)
	p.allow("status of 429")
	p.press(kb.Enter).see("Too many tries")
}

func TestSignInLanguage(t *testing.T) {
	c := demo(t)
	p := c.visitor(t, how{})
	p.visit("/apps/demo/groups?type=Public").see("Sign in").clickText("简体中文").wait(`document.documentElement.lang.startsWith("zh")`)
	p.see("登录").lacks("Sign in")
	p.visit("/login").see("登录") // the choice is kept
	p.visit("/login?next=%2Fapps%2Fdemo%2Fgroups%3Ftype%3DPublic").fill("#name", c.owner).fill("#password", c.password).press(kb.Enter)
	p.wait(`location.pathname + location.search === "/apps/demo/groups?type=Public"`).see("公开群")
	p.click(`[popovertarget="me"]`).clickText("English").see("Groups")

	// A browser that asks for Chinese gets it.
	c.visitor(t, how{language: "zh-CN,zh;q=0.9,en;q=0.1"}).visit("/login").see("登录")
}

// A role sees what it may do, and is told of what it may not.
func TestRoles(t *testing.T) {
	c := demo(t)
	p := c.as(t, "viewer", how{})
	p.visit("/apps/demo/groups/indie-demos/members").goTo("dj_null")
	p.press("x").press("m").toast("Your role does not allow this")
	p.visitStatus("/apps/demo/groups/indie-demos/members/mute?users=dj_null", http.StatusForbidden).see("Your role does not allow this")
	p.visitStatus("/audit", http.StatusForbidden)
	if p.visit("/").has(`a[href="/audit"]`) {
		t.Error("a viewer is led to the audit log")
	}
}
