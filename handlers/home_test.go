package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/emulator"
)

func TestOverview(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	viewer, lead := h.as(auth.Viewer), h.as(auth.Lead)
	viewer.get("/").is(http.StatusOK).has("No group opened yet", "No user opened yet", "Nothing was done in this app yet", "This is the embedded IM service.", "Server API").lacks("Audit log")
	h.do(actions.Mute{Common: because("Flooding"), Group: "g1", Users: []string{"ann"}, Span: actions.Span{For: time.Hour}})
	viewer.get("/apps/demo/groups/g1/messages")
	viewer.get(uPage)
	// What others did is for who may read the log.
	viewer.get("/").has("Music", "Ann 安").lacks("Mei Lin", "No group opened yet")
	lead.get("/").has("Mei Lin", "Muted: 1 hour", "Ann 安", "Audit log")
	page := lead.get("/").marked(`id="health"`)
	page.has("calls", "last minute", "Last answer")

	// It stands without the service.
	h.advance(time.Minute)
	h.im.SetFault(emulator.Fault{Drop: true})
	lead.get("/").is(http.StatusOK).has("Mei Lin", "Muted: 1 hour", "ann")
	lead.get("/apps/demo/users/ann")
	lead.get("/").is(http.StatusOK).has("without an answer")
}

func TestOpenApp(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if to := h.as(auth.Viewer).get("/apps/demo").is(http.StatusSeeOther).location(); to != "/apps/demo/groups" {
		t.Errorf("it leads to %s", to)
	}
	h.as(auth.Viewer).get("/apps/nosuch").is(http.StatusNotFound)
}

func palette(q, at string) string {
	return "/palette?" + url.Values{"q": {q}, "at": {at}}.Encode()
}

func TestPalette(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	b := h.as(auth.Lead)
	b.part(palette("", "/")).is(http.StatusOK).has("Go to", "Groups", "Audit log").lacks("In this group")
	h.as(auth.Viewer).part(palette("", "/")).lacks("Audit log")
	b.part(palette("aud", "/")).has("Audit log").lacks("Settings")

	// An id that was typed whole is found, whatever it is.
	b.part(palette("ann", "/")).has("Found by ID", "Ann 安").marked(`data-href="/apps/demo/users/ann"`)
	b.part(palette("g1", "/")).has("Found by ID", "Music").marked(`data-href="/apps/demo/groups/g1/messages"`)
	h.newUsers("a+b/c%:Odd")
	b.part(palette("a+b/c%", "/")).has("Odd").marked(`data-href="/apps/demo/users/a+b%2Fc%25"`)

	// What was opened is found by a part of its name, and once only.
	b.get(uPage)
	b.get("/apps/demo/groups/g1/messages")
	b.part(palette("安", "/")).has("Users", "Ann 安")
	if page := b.part(palette("ann", "/")); strings.Count(page.body, `role="option"`) != 1 {
		t.Errorf("ann stands there more than once: %s", page.text())
	}

	// What can be done with what is open, as far as the role goes.
	group := b.part(palette("", "/apps/demo/groups/g1/messages?seq=3")).has("In this group", "Messages", "Members", "Details", "Kick by ID", "Send a notice")
	group.marked(`data-href="/apps/demo/groups/g1/members/mute"`)
	user := b.part(palette("", "/apps/demo/users/ann")).has("For this user", "Mute everywhere", "Lift the global mute", "Sign out devices")
	user.marked(`data-href="/apps/demo/users/ann/global-mute"`)
	h.as(auth.Viewer).part(palette("", "/apps/demo/groups/g1/messages")).has("Messages").lacks("Kick", "notice")
	h.as(auth.Viewer).part(palette("", "/apps/demo/users/ann")).has("For this user").lacks("Mute everywhere")
	b.part(palette("lift", "/apps/demo/users/ann")).has("Lift the global mute").lacks("Sign out devices")

	for _, hostile := range []string{`<script>alert(1)</script>`, strings.Repeat("x", 300), strings.Repeat("群", 100), "\x00", "\n", "%", "' OR 1=1", "../..", "\xff"} {
		for _, at := range []string{"/", "/apps/demo/groups/" + hostile, "/apps/" + hostile, hostile, "/apps/demo/users/%zz", "//evil.example"} {
			if page := b.part(palette(hostile, at)).is(http.StatusOK); strings.Contains(page.body, "<script>alert") {
				t.Errorf("%q at %q is markup", hostile, at)
			}
		}
	}
}

// The palette answers while one types, whatever the service does, and says that it is silent.
func TestPaletteWithoutTheService(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	b := h.as(auth.Lead)
	b.get(uPage)
	h.advance(time.Minute)
	h.im.SetFault(emulator.Fault{Delay: 10 * time.Second})
	defer h.im.ClearFaults()
	start := time.Now()
	b.part(palette("ann", "/")).is(http.StatusOK).has("Ann 安").marked(`data-info="The IM service does not answer, so IDs cannot be looked up now."`)
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	b.part(palette("", "/")).marked(`data-info=""`)
	h.im.ClearFaults()
	b.part(palette("nobody", "/")).is(http.StatusOK).marked(`data-info=""`)
}

func TestSettingsPage(t *testing.T) {
	t.Parallel()
	h := patient(t)
	b := h.as(auth.Support)
	page := b.get("/settings/me").is(http.StatusOK).has("op_support", "Support", "This browser", "Times are in UTC+8 now.")
	if n := len(find(page.document(), isMarked("data-unsaved"))); n != 2 {
		t.Errorf("%d forms ask before the page is left", n)
	}
	if to := b.get("/settings").is(http.StatusSeeOther).location(); to != "/settings/me" {
		t.Errorf("it leads to %s", to)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	h := patient(t)
	b, elsewhere := h.as(auth.Support), h.renew(auth.Support)
	const fresh = "a fresh and long password 9"
	change := func(old, new, again string) *answer {
		t.Helper()
		return b.post("/settings/me/password", url.Values{"password": {old}, "new_password": {new}, "repeat_password": {again}})
	}
	change("wrong", fresh, fresh).is(http.StatusUnprocessableEntity).has("tries left")
	change(testPassword, fresh, "another").is(http.StatusUnprocessableEntity).has("This is not the same as above.")
	change(testPassword, "short", "short").is(http.StatusUnprocessableEntity).has("12")
	change(testPassword, "password12345", "password12345").is(http.StatusUnprocessableEntity)
	change(testPassword, "op_support op_support", "op_support op_support").is(http.StatusUnprocessableEntity)
	change(testPassword, strings.Repeat("x", 5000), strings.Repeat("x", 5000)).is(http.StatusUnprocessableEntity)
	for _, a := range []*answer{change("wrong", fresh, fresh)} {
		if strings.Contains(a.body, fresh) {
			t.Error("a password comes back")
		}
	}
	elsewhere.get("/settings/me").is(http.StatusOK)
	change(testPassword, fresh, fresh).is(http.StatusSeeOther)
	b.get("/settings/me").is(http.StatusOK).has("Changed the password")
	elsewhere.get("/settings/me").is(http.StatusSeeOther)
	(&browser{h: h, t: t}).post("/login", signIn("op_support", testPassword)).is(http.StatusUnauthorized)
	(&browser{h: h, t: t}).post("/login", signIn("op_support", fresh)).is(http.StatusSeeOther)
	// Guessing one's own password stops as signing in does.
	status := 0
	for range 8 {
		status = change("wrong", fresh, fresh).status
	}
	if a := change(fresh, "yet another password 10", "yet another password 10"); status != http.StatusUnprocessableEntity || a.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d, then %d", status, a.status)
	} else {
		a.has("10 minutes")
	}
}

func TestChangeZone(t *testing.T) {
	t.Parallel()
	h := patient(t)
	b := h.as(auth.Viewer)
	b.post("/settings/me/zone", url.Values{"zone": {"America/New_York"}}).is(http.StatusSeeOther)
	b.get("/settings/me").marked(`value="America/New_York"`).has("UTC-")
	for _, wrong := range []string{"Nowhere/City", "../../etc/passwd", "/etc/localtime", "Local", strings.Repeat("x", 300), "<b>", "\x00", "UTC+8"} {
		b.post("/settings/me/zone", url.Values{"zone": {wrong}}).is(http.StatusUnprocessableEntity)
	}
	b.get("/settings/me").marked(`value="America/New_York"`)
	b.post("/settings/me/zone", url.Values{"zone": {""}}).is(http.StatusSeeOther)
	b.get("/settings/me").has("Times are in UTC+8 now.")
}

func TestEndSessions(t *testing.T) {
	t.Parallel()
	h := patient(t)
	b, one, two := h.as(auth.Lead), h.renew(auth.Lead), h.renew(auth.Lead)
	stranger := h.as(auth.Owner)
	list, err := h.store.Sessions.ListOf(context.Background(), h.operator(auth.Owner), h.now())
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	// Nobody ends the sessions of others, or what is none.
	for _, id := range []string{list[0].ID, "", "x", strings.Repeat("a", 64)} {
		b.post("/settings/me/sessions/end", url.Values{"session": {id}}).is(http.StatusSeeOther)
	}
	stranger.get("/").is(http.StatusOK)
	page := b.get("/settings/me").is(http.StatusOK)
	forms := find(page.document(), isForm("/settings/me/sessions/end"))
	if len(forms) != 2 {
		t.Fatalf("%d sessions can be ended", len(forms))
	}
	b.post("/settings/me/sessions/end", sentBy(forms[0])).is(http.StatusSeeOther)
	b.post("/settings/me/sessions/end-others", url.Values{}).is(http.StatusSeeOther)
	one.get("/").is(http.StatusSeeOther)
	two.get("/").is(http.StatusSeeOther)
	b.get("/settings/me").is(http.StatusOK).lacks("End the others")
	if n := len(h.acts("operator.end_sessions")); n < 2 {
		t.Errorf("%d entries in the log", n)
	}
}

func TestDevice(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0": "Edge, Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1":   "Safari, iPhone",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                "Firefox, Linux",
		"curl/8.5.0": "curl", "": "", "something else": "",
	} {
		if got := device(agent); got != want {
			t.Errorf("%s: %q, want %q", agent, got, want)
		}
	}
}
