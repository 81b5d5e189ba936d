package handlers

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/auth"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

// provider is one that operators sign in with, as a server of its own: it asks for PKCE and the client's secret.
type provider struct {
	t    *testing.T
	url  string
	key  *ecdsa.PrivateKey
	keys oidctest.Server
	now  func() time.Time

	mu     sync.Mutex
	codes  map[string]url.Values // what was asked for with a code
	claims map[string]any        // that a token has instead of, or beside, the right ones; nil takes one away
	signer *ecdsa.PrivateKey     // instead of key
}

const providerSecret = "the client’s secret"

func newProvider(t *testing.T, now func() time.Time) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key, now: now, codes: map[string]url.Values{}}
	p.keys = oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k", Algorithm: "ES256"}}, Algorithms: []string{"ES256"}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.Handle("/", &p.keys)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.url = server.URL
	p.keys.SetIssuer(p.url)
	return p
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = q
	p.mu.Unlock()
	http.Redirect(w, r, q.Get("redirect_uri")+"?code="+code+"&state="+url.QueryEscape(q.Get("state")), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked, known := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	print := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	user, secret, _ := r.BasicAuth()
	secret, _ = url.QueryUnescape(secret)
	w.Header().Set("Content-Type", "application/json")
	if !known || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(print[:]) || user != "imdesk" || secret != providerSecret {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		return
	}
	claims := map[string]any{
		"iss": p.url, "aud": "imdesk", "sub": "s-1", "exp": p.now().Add(5 * time.Minute).Unix(), "iat": p.now().Unix(), "auth_time": p.now().Unix(),
		"nonce": asked.Get("nonce"), "preferred_username": "mei@corp", "groups": []string{"all", "im-leads"},
	}
	for k, v := range p.claims {
		if claims[k] = v; v == nil {
			delete(claims, k)
		}
	}
	signer := p.key
	if p.signer != nil {
		signer = p.signer
	}
	raw, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	answer := map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": oidctest.SignIDToken(signer, "k", "ES256", string(raw))}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		p.t.Error(err)
	}
}

// says changes what tokens say from now on.
func (p *provider) says(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims = claims
}

// traveller is a browser with a jar, for cookies that a jar would not send over plain HTTP.
type traveller struct {
	*browser
	jar map[string]string
}

func (h *harness) traveller(t testing.TB) *traveller {
	return &traveller{&browser{h: h, t: t}, map[string]string{}}
}

func (v *traveller) ask(method, path string, form url.Values) *answer {
	v.t.Helper()
	var list []string
	for name, value := range v.jar {
		list = append(list, name+"="+value)
	}
	a := v.do(method, path, form, map[string]string{"Cookie": strings.Join(list, "; ")})
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if v.jar[c.Name] = c.Value; c.MaxAge < 0 {
			delete(v.jar, c.Name)
		}
	}
	return a
}

func (v *traveller) get(path string) *answer { v.t.Helper(); return v.ask(get, path, nil) }
func (v *traveller) post(path string, form url.Values) *answer {
	v.t.Helper()
	return v.ask(post, path, form)
}

// toProvider begins at a path, and returns the address that the provider sends the browser back to.
func (v *traveller) toProvider(path string) string {
	v.t.Helper()
	to := v.get(path).is(http.StatusSeeOther).location()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(to)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || back.Host != "console.test" || back.Path != auth.OIDCCallbackPath {
		v.t.Fatalf("from %s the provider sends to %s: %v", to, back, err)
	}
	return back.RequestURI()
}

// withProvider is a harness whose operators sign in with a provider.
func withProvider(t *testing.T, change func(*auth.OIDC)) (*harness, *provider) {
	t.Helper()
	var p *provider
	h := newHarness(t, func(o *Options) {
		p = newProvider(t, o.Now)
		c := auth.OIDC{
			Issuer: p.url, ClientID: "imdesk", ClientSecret: providerSecret, Title: "Corp", Scopes: []string{"groups"}, GroupsClaim: "groups",
			Roles: []auth.GroupRole{{Group: "im-mods", Role: auth.Moderator}, {Group: "im-leads", Role: auth.Lead}}, Create: true, Passwords: true,
		}
		change(&c)
		o.Auth = auth.New(auth.Options{
			Store: o.Store, Now: o.Now, Log: o.Log, Origin: "http://console.test", OIDC: c,
			Wait: func(context.Context, time.Duration) error { return nil },
		})
	})
	h.auth = h.server.Auth
	return h, p
}

func TestProviderSignsIn(t *testing.T) {
	t.Parallel()
	h, p := withProvider(t, func(*auth.OIDC) {})
	v := h.traveller(t)
	v.get("/login?next=/audit").is(http.StatusOK).has("Sign in with Corp").marked(`href="/login/oidc?next=%2Faudit"`)
	if to := v.get(v.toProvider("/login/oidc?next=/audit")).is(http.StatusSeeOther).location(); to != "/audit" {
		t.Errorf("it leads to %s", to)
	}
	v.get("/settings/me").is(http.StatusOK).has("mei@corp", "Lead")
	ctx := t.Context()
	o, err := h.store.Operators.ByName(ctx, "mei@corp")
	if err != nil || o.Role != "lead" || o.PasswordHash != "" {
		t.Fatalf("added %+v, %v", o, err)
	}

	// The role is read again at each sign-in.
	p.says(map[string]any{"groups": "im-mods"})
	v = h.traveller(t)
	v.get(v.toProvider("/login/oidc")).is(http.StatusSeeOther)
	v.get("/settings/me").is(http.StatusOK).has("mei@corp", "Moderator")
	if n, err := h.store.Operators.Count(ctx); err != nil || n != 1 {
		t.Errorf("%d operators, %v", n, err)
	}
	// Somebody with the same name there is somebody else here.
	p.says(map[string]any{"sub": "s-2"})
	v = h.traveller(t)
	v.get(v.toProvider("/login/oidc")).is(http.StatusSeeOther)
	v.get("/settings/me").has("mei@corp 2")
	if err := h.auth.SetDisabled(ctx, auth.CommandLine(), o.ID, true); err != nil {
		t.Fatal(err)
	}
	p.says(nil)
	v = h.traveller(t)
	v.get(v.toProvider("/login/oidc")).is(http.StatusForbidden).has("may not sign in")
}

// Whatever is wrong with what the provider says, nobody is let in, and the page says so in plain words.
func TestProviderRefused(t *testing.T) {
	t.Parallel()
	h, p := withProvider(t, func(*auth.OIDC) {})
	now := h.now()
	for _, tt := range []struct {
		name   string
		claims map[string]any
		says   string
	}{
		{"wrong nonce", map[string]any{"nonce": "another"}, "cannot be trusted"},
		{"no nonce", map[string]any{"nonce": nil}, "cannot be trusted"},
		{"wrong issuer", map[string]any{"iss": "https://evil.example"}, "cannot be trusted"},
		{"wrong audience", map[string]any{"aud": "another-console"}, "cannot be trusted"},
		{"made for another party", map[string]any{"aud": []string{"imdesk", "x"}, "azp": "x"}, "cannot be trusted"},
		{"expired", map[string]any{"exp": now.Add(-time.Hour).Unix()}, "is too old"},
		{"no group", map[string]any{"groups": nil}, "in no group"},
		{"other groups", map[string]any{"groups": []string{"all", "IM-LEADS"}}, "in no group"},
		{"groups that are none", map[string]any{"groups": 7}, "in no group"},
	} {
		p.says(tt.claims)
		v := h.traveller(t)
		a := v.get(v.toProvider("/login/oidc")).is(http.StatusForbidden).has("Signing in with Corp did not work.", tt.says)
		if _, in := v.jar[auth.CookieName]; in || strings.Contains(a.body, "evil.example") {
			t.Errorf("%s: signed in, or told what stood in the token", tt.name)
		}
	}
	p.says(nil)
	refused := func(name string, v *traveller, back, says string) {
		t.Helper()
		v.get(back).is(http.StatusForbidden).has(says)
		if _, in := v.jar[auth.CookieName]; in {
			t.Errorf("%s: signed in", name)
		}
	}
	// A token that somebody else has signed.
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	v := h.traveller(t)
	p.signer = stranger
	refused("another signature", v, v.toProvider("/login/oidc"), "cannot be trusted")
	p.signer = nil

	// A state that is used, of another browser, made up, or of an hour ago.
	v = h.traveller(t)
	back := v.toProvider("/login/oidc")
	journey := v.jar["__Host-imdesk-oidc"]
	v.get(back).is(http.StatusSeeOther)
	again := h.traveller(t)
	again.jar["__Host-imdesk-oidc"] = journey
	refused("replayed state", again, back, "was used already")
	refused("no cookie", h.traveller(t), back, "was used already")
	v = h.traveller(t)
	mine := v.toProvider("/login/oidc")
	theirs := h.traveller(t).toProvider("/login/oidc")
	refused("another browser’s", v, theirs, "not begun in this browser")
	refused("no state", v, "/login/oidc/callback?code=x", "not begun in this browser")
	v.get(mine).is(http.StatusSeeOther)
	v = h.traveller(t)
	mine = v.toProvider("/login/oidc")
	h.advance(time.Hour)
	refused("an hour later", v, mine, "too long ago")
	v = h.traveller(t)
	mine = v.toProvider("/login/oidc")
	state := mine[strings.Index(mine, "state="):]
	refused("a code of nobody’s", v, "/login/oidc/callback?code=nobody&"+state, "cannot be trusted")
	v = h.traveller(t)
	mine = v.toProvider("/login/oidc")
	refused("who said no", v, "/login/oidc/callback?error=access_denied&"+mine[strings.Index(mine, "state="):], "you said no there")

	// A provider that is away; the console is not.
	h, p = withProvider(t, func(c *auth.OIDC) { c.Issuer = "http://127.0.0.1:1" })
	h.traveller(t).get("/login/oidc").is(http.StatusForbidden).has("does not answer as it should")
}

// Where it does not add, operators link their account themselves; then the provider may be the only way, and confirms.
func TestProviderLinks(t *testing.T) {
	t.Parallel()
	h, p := withProvider(t, func(c *auth.OIDC) { c.Create, c.Passwords, c.Roles = false, false, nil })
	v := h.traveller(t)
	v.get(v.toProvider("/login/oidc")).is(http.StatusForbidden).has("linked to no operator")
	h.as(auth.Owner)
	h.as(auth.Lead)
	v.post("/login", signIn("op_owner", testPassword)).is(http.StatusSeeOther)
	v.get("/settings/security").is(http.StatusOK).has("Link Corp")
	if to := v.get(v.toProvider("/login/oidc?for=link&next=/settings/security/link")).is(http.StatusSeeOther).location(); to != "/settings/security/link" {
		t.Fatalf("it leads to %s", to)
	}
	v.get("/settings/security/link").is(http.StatusOK).has("mei@corp", "op_owner")
	v.post("/settings/security/link", url.Values{}).is(http.StatusSeeOther)
	v.get("/settings/security").has("Linked to mei@corp at Corp")
	v.post("/settings/security/link", url.Values{}).is(http.StatusConflict) // the offer is used

	// Another operator cannot have the same account.
	other := h.traveller(t)
	other.post("/login", signIn("op_lead", testPassword)).is(http.StatusSeeOther)
	other.get(other.toProvider("/login/oidc?for=link")).is(http.StatusSeeOther)
	other.post("/settings/security/link", url.Values{}).is(http.StatusConflict).has("linked to another operator")

	// Passwords of those who are linked count no more, for signing in and for confirming.
	w := h.traveller(t)
	w.post("/login", signIn("op_owner", testPassword)).is(http.StatusForbidden).has("You sign in with Corp")
	w.get(w.toProvider("/login/oidc")).is(http.StatusSeeOther)
	w.get("/").is(http.StatusOK).has("op_owner")
	h.advance(11 * time.Minute)
	page := w.post("/settings/security/policy", url.Values{"from": {"owner"}}).is(http.StatusSeeOther).location()
	w.get(page).is(http.StatusOK).has("Confirm with Corp")
	p.says(map[string]any{"auth_time": h.now().Add(-time.Hour).Unix()})
	confirm := "/login/oidc?for=confirm&next=" + url.QueryEscape(page)
	w.get(w.toProvider(confirm)).is(http.StatusSeeOther)
	w.get(page).has("is too old")
	p.says(map[string]any{"sub": "s-9"})
	w.get(w.toProvider(confirm)).is(http.StatusSeeOther)
	w.get(page).has("not the account")
	p.says(nil)
	before := w.jar[auth.CookieName]
	w.get(w.toProvider(confirm)).is(http.StatusSeeOther)
	if w.jar[auth.CookieName] == before {
		t.Error("the token is the same after confirming")
	}
	w.get(page).has("Confirmed.").marked(`action="/settings/security/policy"`, `name="from" value="owner"`)
	w.post("/settings/security/policy", url.Values{"from": {"owner"}}).is(http.StatusSeeOther)
	w.get("/settings/security").has("Saved who needs a second factor")
	w.post("/settings/security/unlink", url.Values{}).is(http.StatusSeeOther)
}
