package browsertest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/pquerna/otp/totp"
)

// TestFactors is a first sign-in that has to set up an app, a passkey beside it, and signing in with each of them.
func TestFactors(t *testing.T) {
	c := alone(t)
	c.url = strings.Replace(c.url, "127.0.0.1", "localhost", 1) // passkeys belong to a name
	secret := c.operator(t, "mei", "lead")
	boss := c.visitor(t, how{}).visit("/login").fill("#name", c.owner).fill("#password", c.password).press(kb.Enter)
	boss.wait(`location.pathname === "/"`).visit("/settings/security").see("Who needs a second factor")
	boss.run(`document.querySelector("#from").value = "lead"`)
	boss.clickText("Save").see("Saved who needs a second factor", "Set up a second factor to go on.")

	p := c.visitor(t, how{})
	command(p, webauthn.Enable, webauthn.EnableParams{})
	command(p, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
		HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	password := func() {
		p.visit("/login").fill("#name", "mei").fill("#password", secret).press(kb.Enter)
	}
	out := func() {
		p.visit("/settings/security").click(`[popovertarget="me"]`).clickText("Sign out").wait(`location.pathname === "/login"`)
	}
	password()
	p.see("Set up a second factor to go on.").visit(groups).see("Set up a second factor to go on.").picture("security")
	p.clickText("Set up an app").see("Scan this with the app").picture("totp")
	seed := strings.ReplaceAll(eval[string](p, `document.querySelector(".settings-page code").innerText`), " ", "")
	code := func(at time.Time) string {
		made, err := totp.GenerateCode(seed, at)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	p.fill("#code", code(time.Now())).press(kb.Enter).see("These codes are shown this once.").picture("codes")
	recovery := eval[string](p, `document.querySelector(".codes code").innerText`)
	p.clickText("I have kept them").see("10 codes are left.")

	p.fill("#passkey-name", "Work laptop 林").clickText("Add a passkey").see("Work laptop 林").picture("passkey")
	out()
	p.picture("login").clickText("Sign in with a passkey").wait(`location.pathname === "/"`).see("mei")
	out()
	password()
	p.see("the password is right").picture("factor").clickText("Use a passkey").wait(`location.pathname === "/"`)
	out()
	password()
	p.see("the password is right").fill("#code", code(time.Now().Add(30*time.Second))).press(kb.Enter).wait(`location.pathname === "/"`)
	out()
	password()
	p.allow("status of 401")
	p.see("the password is right").fill("#code", "000000").press(kb.Enter).see("or was used before")
	p.fill("#code", recovery).press(kb.Enter).wait(`location.pathname === "/"`)
	p.visit("/settings/security").see("9 codes are left.")
}

// picture leaves a picture, if IMDESK_PICTURES names a folder.
func (p *tab) picture(name string) *tab {
	p.t.Helper()
	if dir := os.Getenv("IMDESK_PICTURES"); dir != "" {
		png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600)
		}
		if err != nil {
			p.t.Error(err)
		}
	}
	return p
}
