package handlers

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"imdesk/auth"

	"github.com/pquerna/otp/totp"
)

// guarded is a harness with the times that ship, and its log.
func guarded(t *testing.T) (*harness, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	h := newHarness(t, func(o *Options) {
		o.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Auth = auth.New(auth.Options{
			Store: o.Store, Now: o.Now, Log: o.Log, Origin: "http://console.test",
			Wait: func(context.Context, time.Duration) error { return nil },
		})
	})
	h.auth = h.server.Auth
	return h, &log
}

var seedOnPage = regexp.MustCompile(`([A-Z2-7]{4} ){7}[A-Z2-7]{4}`)

// enrol sets up an app by the pages, and returns its seed and the recovery codes that were shown.
func (v *traveller) enrol() (seed string, codes []string) {
	v.t.Helper()
	v.post("/settings/security/totp/begin", url.Values{}).is(http.StatusSeeOther)
	page := v.get("/settings/security/totp").is(http.StatusOK).marked(`src="/settings/security/totp/qr.png"`)
	if qr := v.get("/settings/security/totp/qr.png").is(http.StatusOK); !strings.HasPrefix(qr.body, "\x89PNG") || qr.header.Get("Cache-Control") != "no-store" {
		v.t.Errorf("the QR code is %.10q with %v", qr.body, qr.header)
	}
	seed = strings.ReplaceAll(seedOnPage.FindString(page.text()), " ", "")
	v.post("/settings/security/totp", url.Values{"code": {"000000"}}).is(http.StatusUnprocessableEntity).has("not the code that the app shows")
	shown := v.post("/settings/security/totp", url.Values{"code": {v.code(seed)}}).is(http.StatusOK).has("shown this once")
	codes = regexp.MustCompile(`[a-z2-9]{4}(-[a-z2-9]{4}){3}`).FindAllString(shown.text(), -1)
	if len(codes) != auth.RecoveryCodes {
		v.t.Fatalf("recovery codes %q", codes)
	}
	v.h.advance(time.Minute) // the code was used
	return seed, codes
}

func (v *traveller) code(seed string) string {
	v.t.Helper()
	code, err := totp.GenerateCode(seed, v.h.now())
	if err != nil {
		v.t.Fatal(err)
	}
	return code
}

// From a policy to a sign-in with two steps, without scripts; and nothing secret is logged.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	h, log := guarded(t)
	for _, role := range []auth.Role{auth.Owner, auth.Moderator, auth.Viewer} {
		h.as(role)
	}
	v := h.traveller(t)
	v.post("/login", signIn("op_owner", testPassword)).is(http.StatusSeeOther)
	v.enrol()
	v.post("/settings/security/policy", url.Values{"from": {"boss"}}).is(http.StatusBadRequest)
	v.post("/settings/security/policy", url.Values{"from": {"moderator"}}).is(http.StatusSeeOther)

	// Who has none can do nothing else, by any address.
	m := h.traveller(t)
	m.post("/login", signIn("op_moderator", testPassword, "next", "/audit")).is(http.StatusSeeOther)
	for _, path := range []string{"/", "/settings/me", "/apps/demo/groups", "/palette?q=x"} {
		if to := m.get(path).is(http.StatusSeeOther).location(); to != "/settings/security" {
			t.Errorf("%s leads to %s", path, to)
		}
	}
	for _, path := range []string{"/me/display", "/settings/me/password", "/apps/demo/groups/g1/notice"} {
		if to := m.post(path, url.Values{"theme": {"dark"}}).is(http.StatusSeeOther).location(); to != "/settings/security" {
			t.Errorf("%s leads to %s", path, to)
		}
	}
	part := (&browser{h: h, t: t, cookie: auth.CookieName + "=" + m.jar[auth.CookieName]}).part("/apps/demo/groups").is(http.StatusForbidden)
	if part.location() != "/settings/security" {
		t.Errorf("a part leads to %q", part.location())
	}
	m.get("/settings/security").is(http.StatusOK).has("Set up a second factor to go on.")
	seed, codes := m.enrol()
	m.get("/").is(http.StatusOK)
	m.get("/settings/security").is(http.StatusOK).has("10 codes are left.").lacks("Set up a second factor to go on.")
	m.post("/settings/security/totp/remove", url.Values{}).is(http.StatusConflict).has("this is the last one")
	(&browser{h: h, t: t, cookie: h.as(auth.Viewer).cookie}).get("/").is(http.StatusOK)

	// Two steps, with where it was going.
	in := h.traveller(t)
	if to := in.post("/login", signIn("op_moderator", testPassword, "next", "/apps/demo/users")).is(http.StatusSeeOther).location(); to != "/login/factor?next=%2Fapps%2Fdemo%2Fusers" {
		t.Errorf("the second step is at %s", to)
	}
	if _, already := in.jar[auth.CookieName]; already {
		t.Fatal("there is a session after the first step")
	}
	in.get("/login/factor?next=//evil.example").is(http.StatusOK).has("op_moderator").lacks("evil")
	in.post("/login/factor", url.Values{"code": {"123456"}}).is(http.StatusUnauthorized).has("used before")
	code := in.code(seed)
	if to := in.post("/login/factor", url.Values{"code": {code}, "next": {"//evil.example"}}).is(http.StatusSeeOther).location(); to != "/" {
		t.Errorf("it leads to %s", to)
	}
	in.get("/").is(http.StatusOK).has("op_moderator")
	in.get("/login/factor").is(http.StatusSeeOther) // there is no first step any more

	replay := h.traveller(t)
	replay.post("/login", signIn("op_moderator", testPassword)).is(http.StatusSeeOther)
	replay.post("/login/factor", url.Values{"code": {code}}).is(http.StatusUnauthorized)
	replay.post("/login/factor", url.Values{"code": {codes[0]}}).is(http.StatusSeeOther)
	replay = h.traveller(t)
	replay.post("/login", signIn("op_moderator", testPassword)).is(http.StatusSeeOther)
	replay.post("/login/factor", url.Values{"code": {codes[0]}}).is(http.StatusUnauthorized)
	h.traveller(t).post("/login/factor", url.Values{"code": {codes[1]}}).is(http.StatusUnauthorized).has("Sign in from the start.")

	// The owner takes them away from who has lost them; a stolen cookie is dead at once.
	stolen := in.jar[auth.CookieName]
	v.post("/settings/operators/"+h.operator(auth.Moderator)+"/reset-factors", url.Values{}).is(http.StatusSeeOther)
	(&browser{h: h, t: t, cookie: auth.CookieName + "=" + stolen}).get("/").is(http.StatusSeeOther)
	if len(h.acts("operator.reset_factors")) != 1 || len(h.acts("operator.add_factor")) != 2 {
		t.Error("it is not in the audit log")
	}

	secrets := append([]string{seed, code, testPassword, stolen, in.jar[auth.CookieName]}, codes...)
	for _, secret := range secrets {
		if secret != "" && strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if !strings.Contains(log.String(), "sign-in refused") {
		t.Error("nothing was logged")
	}
}

// What is dangerous wants a confirmation that is not older than ten minutes; what was typed comes along, and not in the address.
func TestStepUp(t *testing.T) {
	t.Parallel()
	h, _ := guarded(t)
	h.newUsers("olga:Olga", "ann:Ann")
	h.newGroup("Public", "g1", "Music", "olga", "ann")
	h.as(auth.Lead)
	v := h.traveller(t)
	v.post("/login", signIn("op_lead", testPassword)).is(http.StatusSeeOther)
	const typed = "typed\r\nwith <care> 它"
	form := func(more ...string) url.Values {
		return with(url.Values{"text": {typed}, "to": {"ann", "bob"}}, more...)
	}
	dismiss := "/apps/demo/groups/g1/dismiss"
	h.advance(auth.DefaultConfirm + time.Second)
	v.get("/apps/demo/groups").is(http.StatusOK) // looking is free
	v.post("/me/display", url.Values{"theme": {"dark"}}).is(http.StatusSeeOther)

	for _, part := range []bool{false, true} {
		header := map[string]string{"Cookie": auth.CookieName + "=" + v.jar[auth.CookieName]}
		if part {
			header["HX-Request"], header["HX-Request-Type"], header["HX-Current-URL"] = "true", "partial", "http://console.test/apps/demo/groups/g1/messages"
		}
		a := v.do(post, dismiss, form("password", "secret"), header)
		waits := a.location()
		if !strings.HasPrefix(waits, auth.ConfirmPath+"/") || strings.Contains(waits, "typed") || len(waits) > 80 {
			t.Fatalf("part %v: status %d leads to %q", part, a.status, waits)
		}
		page := v.get(waits).is(http.StatusOK).has("Confirm that it is you", "op_lead").marked(`action="`+dismiss+`"`, `name="to" value="ann"`, `name="to" value="bob"`)
		sent := sentBy(find(page.document(), isForm(dismiss))[0])
		if sent.Get("text") != typed || sent.Has("password") {
			t.Errorf("part %v: the form has %v", part, sent)
		}
		// Nobody else sees it.
		h.as(auth.Owner).get(waits).is(http.StatusNotFound)
	}
	if n := h.calls()["group_open_http_svc/destroy_group"]; n != 0 {
		t.Fatal("the group was dismissed")
	}
	wrong := v.post(dismiss, form(auth.ConfirmPassword, "not the password")).is(http.StatusForbidden).has("5 tries left").marked(`name="to" value="bob"`)
	if strings.Contains(wrong.body, "not the password") {
		t.Error("the password comes back")
	}
	before := v.jar[auth.CookieName]
	a := v.post(dismiss, form(auth.ConfirmPassword, testPassword))
	if strings.HasPrefix(a.location(), auth.ConfirmPath) || a.status == http.StatusForbidden {
		t.Errorf("after the right password: status %d to %s", a.status, a.location())
	}
	if strings.Contains(a.body, testPassword) || strings.Contains(a.body, auth.ConfirmPassword) {
		t.Error("the handler has seen what confirms")
	}
	if v.jar[auth.CookieName] == before {
		t.Error("the token is the same as before")
	}
	(&browser{h: h, t: t, cookie: auth.CookieName + "=" + before}).get("/").is(http.StatusSeeOther)
	// It holds for what comes after.
	if to := v.post(dismiss, form()).location(); strings.HasPrefix(to, auth.ConfirmPath) {
		t.Error("it is asked again at once")
	}
}

// Each dangerous verb is asked for on each of its routes, and no other.
func TestStepUpRoutes(t *testing.T) {
	t.Parallel()
	h, _ := guarded(t)
	h.as(auth.Owner)
	v := h.traveller(t)
	v.post("/login", signIn("op_owner", testPassword)).is(http.StatusSeeOther)
	h.advance(auth.DefaultConfirm + time.Second)
	before := h.state()
	asked := 0
	for _, r := range h.server.routes() {
		if r.method != post || !auth.Dangerous(r.verb) || strings.HasPrefix(r.path, "/api/") { // programs come with tokens, which name each verb
			continue
		}
		if to := v.post(addressOf(r), url.Values{"x": {"y"}}).is(http.StatusSeeOther).location(); !strings.HasPrefix(to, auth.ConfirmPath+"/") {
			t.Errorf("%s leads to %s", r.path, to)
		}
		asked++
	}
	if asked < 15 {
		t.Errorf("only %d routes ask", asked)
	}
	after := h.state()
	for what, n := range after {
		if before[what] != n {
			t.Errorf("%s: %d before, %d after", what, before[what], n)
		}
	}
}

func TestSetUpPages(t *testing.T) {
	t.Parallel()
	h, log := guarded(t)
	o, _, _, err := h.auth.First(t.Context(), "owner")
	if err != nil {
		t.Fatal(err)
	}
	token, err := h.auth.SetUpLink(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	v := h.traveller(t)
	at := auth.SetUpPath + "/" + token
	v.get(auth.SetUpPath + "/" + token[1:] + "x").is(http.StatusGone).has("no longer good")
	v.get(at).is(http.StatusOK).has("Set up the console")
	form := func(name, password, again string) url.Values {
		return url.Values{"name": {name}, "new_password": {password}, "repeat_password": {again}}
	}
	const good = "nine quiet harbours"
	for _, tt := range []struct{ name, password, again, says string }{
		{"mei", "short", "short", "at least 12"}, {"mei", good, good + "x", "not the same"}, {"", good, good, "1 to 64"}, {"mei\x07", good, good, "1 to 64"},
	} {
		a := v.post(at, form(tt.name, tt.password, tt.again)).is(http.StatusUnprocessableEntity).has(tt.says)
		if strings.Contains(a.body, tt.password+`"`) {
			t.Error("the password comes back")
		}
	}
	if to := v.post(at, form("Mei 林", good, good)).is(http.StatusSeeOther).location(); to != "/settings/security" {
		t.Errorf("it leads to %s", to)
	}
	v.get("/settings/security").is(http.StatusOK).has("Mei 林")
	h.traveller(t).get(at).is(http.StatusGone)
	h.traveller(t).post(at, form("tom", good, good)).is(http.StatusGone)
	h.traveller(t).post("/login", signIn("mei 林", good)).is(http.StatusSeeOther)
	if strings.Contains(log.String(), token) || strings.Contains(log.String(), good) {
		t.Error("the log has the token, or the password")
	}
}
