package handlers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"imdesk/auth"
	"imdesk/store"
)

// idOf is the id of the operator of a role.
func (h *harness) idOf(role auth.Role) string {
	h.t.Helper()
	h.as(role)
	o, err := h.store.Operators.ByName(context.Background(), "op_"+string(role))
	if err != nil {
		h.t.Fatal(err)
	}
	return o.ID
}

var linkOnPage = regexp.MustCompile(`id="secret"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*id="secret"`)

// secretOn is what a page shows once.
func secretOn(a *answer) string {
	a.t.Helper()
	m := linkOnPage.FindStringSubmatch(a.is(http.StatusOK).body)
	if m == nil {
		a.t.Fatalf("no secret on the page:\n%s", a.text())
	}
	return m[1] + m[2]
}

func TestTeam(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	owner, lead := h.as(auth.Owner), h.as(auth.Lead)

	t.Run("from an invite to the first page, once", func(t *testing.T) {
		o := owner.in(t)
		link := secretOn(o.post(operatorsURL+"/invite", url.Values{"note": {"for <Tom> 汤姆"}, "role_in.demo": {"moderator"}, "days": {"1"}}))
		path := strings.TrimPrefix(link, "http://console.test")
		o.get(operatorsURL).is(http.StatusOK).has("for <Tom> 汤姆", "Demo 演示: Moderator").lacks(strings.TrimPrefix(path, auth.InvitePath+"/"))
		visitor := &browser{h: h, t: t}
		visitor.get(path).is(http.StatusOK).has("op_owner has invited you", "Demo 演示: Moderator")
		for name, wrong := range map[string]url.Values{
			"passwords that differ": {"name": {"Tom"}, "new_password": {testPassword}, "repeat_password": {"x"}},
			"a weak password":       {"name": {"Tom"}, "new_password": {"short"}, "repeat_password": {"short"}},
			"a name that is taken":  {"name": {"OP_lead"}, "new_password": {testPassword}, "repeat_password": {testPassword}},
			"no name":               {"new_password": {testPassword}, "repeat_password": {testPassword}},
		} {
			if a := visitor.post(path, wrong).is(http.StatusUnprocessableEntity); !strings.Contains(a.body, `aria-invalid="true"`) {
				t.Errorf("%s: %s", name, a.text())
			}
		}
		a := visitor.post(path, url.Values{"name": {"Tom"}, "new_password": {testPassword}, "repeat_password": {testPassword}}).is(http.StatusSeeOther)
		if a.location() != "/" {
			t.Errorf("leads to %s", a.location())
		}
		tom := &browser{h: h, t: t}
		for _, c := range (&http.Response{Header: a.header}).Cookies() {
			if c.Name == auth.CookieName {
				tom.cookie = c.Name + "=" + c.Value
			}
		}
		tom.get("/apps/demo/groups").is(http.StatusOK)
		visitor.get(path).is(http.StatusGone).has("This link has been used")
		visitor.get(auth.InvitePath + "/" + strings.Repeat("A", 43)).is(http.StatusGone).has("There is no such link")
		// And a new password by link, after which the old session is over.
		tomID := ""
		if op, err := h.store.Operators.ByName(context.Background(), "tom"); err == nil {
			tomID = op.ID
		}
		reset := strings.TrimPrefix(secretOn(o.post(operatorURL(tomID, "reset"), url.Values{})), "http://console.test")
		visitor.post(reset, url.Values{"new_password": {testPassword + " 2"}, "repeat_password": {testPassword + " 2"}}).is(http.StatusSeeOther)
		tom.get("/apps/demo/groups").is(http.StatusSeeOther)
	})
	t.Run("roles by app count at once, and hide what is not theirs", func(t *testing.T) {
		viewer, id := h.as(auth.Viewer).in(t), h.idOf(auth.Viewer)
		viewer.get("/apps/demo/groups").is(http.StatusOK)
		owner.in(t).post(operatorURL(id, "roles"), url.Values{"role": {""}, "role_in.shop": {"lead"}}).is(http.StatusSeeOther)
		for _, path := range []string{"/apps/demo/groups", "/apps/demo/users/ann", "/apps/demo", "/apps/demo/nowhere"} {
			viewer.get(path).is(http.StatusNotFound)
		}
		viewer.post("/apps/demo/groups/g1/dismiss", url.Values{}).is(http.StatusNotFound)
		viewer.get("/").is(http.StatusOK).has("You have no role in any app yet").lacks("Demo 演示")
		viewer.get("/palette?q=demo").is(http.StatusOK).lacks("Demo 演示")
		for _, path := range []string{"/audit", "/audit?app=demo", "/audit?q=%231"} {
			if !strings.Contains(owner.in(t).get(path).is(http.StatusOK).body, "open=") && path != "/audit?app=demo" {
				t.Errorf("%s: this test looks for the wrong thing", path)
			}
			if strings.Contains(viewer.get(path).is(http.StatusOK).body, "open=") {
				t.Errorf("%s shows entries of what is not theirs", path)
			}
		}
		viewer.get(settingsURL).is(http.StatusOK)
		owner.in(t).post(operatorURL(id, "roles"), url.Values{"role": {"viewer"}}).is(http.StatusSeeOther)
		viewer.get("/apps/demo/groups").is(http.StatusOK)
	})
	t.Run("the last owner stays, and nobody gives more than they have", func(t *testing.T) {
		o := owner.in(t)
		o.post(operatorURL(h.idOf(auth.Owner), "roles"), url.Values{"role": {"lead"}}).is(http.StatusUnprocessableEntity).has("This is the last owner")
		o.post(operatorURL(h.idOf(auth.Owner), "disable"), url.Values{}).is(http.StatusForbidden)
		o.post(operatorURL(h.idOf(auth.Lead), "roles"), url.Values{"role": {"king"}}).is(http.StatusUnprocessableEntity).has("One of these roles is not there any more")
		chief, err := h.auth.AddRole(context.Background(), auth.CommandLine(), auth.OwnRole{Title: "Chief", Base: auth.Support, Verbs: append(auth.Support.Verbs(), auth.VerbOperators)})
		check(t, err)
		support, id := h.as(auth.Support).in(t), h.idOf(auth.Support)
		check(t, h.auth.SetRoles(context.Background(), auth.CommandLine(), id, chief.ID, nil))
		support.post(operatorURL(h.idOf(auth.Viewer), "roles"), url.Values{"role": {"moderator"}}).is(http.StatusUnprocessableEntity).has("beyond your own rights")
		support.post(operatorURL(h.idOf(auth.Viewer), "roles"), url.Values{"role": {"support"}}).is(http.StatusSeeOther)
		support.get(operatorURL(h.idOf(auth.Owner))).is(http.StatusOK).has("has rights that you do not have")
		for _, deed := range []string{"disable", "reset"} {
			support.post(operatorURL(h.idOf(auth.Owner), deed), url.Values{}).is(http.StatusUnprocessableEntity).has("beyond your own rights")
		}
		support.post(operatorURL(h.idOf(auth.Owner), "sessions", "end"), url.Values{}).is(http.StatusForbidden)
		support.post(operatorsURL+"/invite", url.Values{"role": {"owner"}}).is(http.StatusUnprocessableEntity)
		owner.in(t).get("/").is(http.StatusOK)
		check(t, h.auth.SetRoles(context.Background(), auth.CommandLine(), id, auth.Support, nil))
	})
	t.Run("a role of one's own, from the preset to its end", func(t *testing.T) {
		o := owner.in(t)
		new := url.Values{"base": {"moderator"}, "title": {"Night <b>"}, "verb": {"console.view", "member.mute", "member.ban"}}
		ask := o.post(rolesURL+"/new", new).is(http.StatusOK).has("May from then on", "Ban from live rooms", "May no longer", "Remove members from groups")
		if list, err := h.auth.OwnRoles(context.Background()); err != nil || len(list) != 1 { // Chief
			t.Fatalf("kept before it was confirmed: %v, %v\n%s", list, err, ask.text())
		}
		o.post(rolesURL+"/new", url.Values{"base": {"moderator"}, "verb": {"console.view"}}).is(http.StatusUnprocessableEntity).has("1 to 64 characters")
		new.Set("confirmed", "1")
		o.post(rolesURL+"/new", new).is(http.StatusSeeOther)
		o.post(rolesURL+"/new", new).is(http.StatusUnprocessableEntity).has("Another role is called so")
		o.get(rolesURL).is(http.StatusOK).has("Night <b>", "from Moderator", "Mute members", "other than its preset")
		var id auth.Role
		list, err := h.auth.OwnRoles(context.Background())
		for _, r := range list {
			if r.Title == "Night <b>" {
				id = r.ID
			}
		}
		if err != nil || id == "" {
			t.Fatal(list, err)
		}
		o.post(roleURL(id), url.Values{"title": {"Night"}, "verb": {"member.mute"}, "version": {"1"}, "confirmed": {"1"}}).is(http.StatusSeeOther)
		o.post(roleURL(id), url.Values{"title": {"Night"}, "verb": {"member.kick"}, "version": {"1"}, "confirmed": {"1"}}).is(http.StatusUnprocessableEntity).has("Somebody changed this role meanwhile")
		o.post(roleURL(id), url.Values{"title": {"Night"}, "verb": {"member.fly"}, "version": {"2"}}).is(http.StatusBadRequest)
		check(t, h.auth.SetRoles(context.Background(), auth.CommandLine(), h.idOf(auth.Viewer), id, nil))
		o.post(roleURL(id, "remove"), url.Values{}).is(http.StatusConflict).has("Somebody has this role")
		check(t, h.auth.SetRoles(context.Background(), auth.CommandLine(), h.idOf(auth.Viewer), auth.Viewer, nil))
		o.post(roleURL(id, "remove"), url.Values{}).is(http.StatusSeeOther)
		o.get(roleURL(id)).is(http.StatusNotFound)
	})
	t.Run("addresses", func(t *testing.T) {
		o := owner.in(t)
		o.get(accessURL).is(http.StatusOK).has("192.0.2.1") // the recorder's
		o.post(accessURL, url.Values{"kind": {"console"}, "networks": {"10.0.0.0/8"}}).is(http.StatusUnprocessableEntity).has("lock yourself out")
		o.post(accessURL, url.Values{"kind": {"console"}, "networks": {"office"}}).is(http.StatusUnprocessableEntity).has("neither an address nor a network").marked(">office</textarea>")
		o.post(accessURL, url.Values{"kind": {"nothing"}, "networks": {""}}).is(http.StatusBadRequest)
		o.post(accessURL, url.Values{"kind": {"console"}, "networks": {"192.0.2.0/24 # here\n\n10.0.0.0/8"}}).is(http.StatusSeeOther)
		far := func(path string) int {
			r := newRequest(path, owner.cookie)
			r.RemoteAddr = "203.0.113.5:1000"
			r.Header.Set("X-Forwarded-For", "192.0.2.1") // no proxy is trusted
			return serve(h, r).status
		}
		for path, want := range map[string]int{"/": 403, auth.LoginPath: 403, "/apps/demo/groups": 403, "/nowhere": 403, "/healthz": 200, "/static/nothing": 404} {
			if got := far(path); got != want {
				t.Errorf("%s from outside: %d, want %d", path, got, want)
			}
		}
		o.get("/").is(http.StatusOK)
		check(t, h.auth.SetNetworks(context.Background(), auth.CommandLine(), store.AccessConsole, nil))
	})
	t.Run("tokens", func(t *testing.T) {
		l := lead.in(t)
		secret := secretOn(l.post(tokensURL+"/new", url.Values{"title": {"Nightly"}, "verb": {"console.view", "member.mute"}, "app": {"demo"}, "days": {"7"}, "networks": {"192.0.2.1"}}))
		p := &program{h: h, t: t, secret: secret}
		p.ask(get, "/api/v1/apps", "").is(http.StatusOK)
		l.get(tokensURL).is(http.StatusOK).has("Nightly", "2 rights", "192.0.2.1/32").lacks(secret)
		for name, wrong := range map[string]url.Values{
			"no title":      {"verb": {"console.view"}, "all_apps": {"1"}},
			"no right":      {"title": {"x"}, "all_apps": {"1"}},
			"no app":        {"title": {"x"}, "verb": {"console.view"}},
			"another's app": {"title": {"x"}, "verb": {"user.delete"}, "all_apps": {"1"}},
			"no network":    {"title": {"x"}, "verb": {"console.view"}, "all_apps": {"1"}, "networks": {"x"}},
		} {
			if a := l.post(tokensURL+"/new", wrong); a.status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", name, a.status)
			}
		}
		list, err := h.store.Tokens.ListOf(context.Background(), h.idOf(auth.Lead))
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		owner.in(t).post(operatorURL(h.idOf(auth.Lead), "tokens", "revoke"), url.Values{"token": {list[0].ID}}).is(http.StatusSeeOther)
		p.ask(get, "/api/v1/apps", "").is(http.StatusUnauthorized)
	})
	t.Run("sessions", func(t *testing.T) {
		o := owner.in(t)
		o.get(operatorURL(h.idOf(auth.Lead))).is(http.StatusOK).has("op_lead", "Save the roles", "Sign out everywhere")
		o.post(operatorURL(h.idOf(auth.Lead), "sessions", "end"), url.Values{}).is(http.StatusSeeOther)
		lead.in(t).get("/").is(http.StatusSeeOther)
		o.post(operatorURL(h.idOf(auth.Moderator), "disable"), url.Values{}).is(http.StatusSeeOther)
		h.as(auth.Moderator).in(t).get("/").is(http.StatusSeeOther)
		o.get(operatorsURL + "?q=moderator").is(http.StatusOK).has("Disabled")
		o.get(operatorURL("nobody")).is(http.StatusNotFound)
	})
}

func newRequest(path, cookie string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://console.test"+path, nil)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return r
}

func serve(h *harness, r *http.Request) *answer {
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return &answer{t: h.t, what: r.URL.Path, status: w.Code, header: w.Header(), body: w.Body.String()}
}
