package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) sessionRoutes() []route {
	return []route{
		{get, auth.LoginPath, auth.VerbPublic, s.loginPage},
		{post, auth.LoginPath, auth.VerbPublic, s.signIn},
		{get, auth.SecondPath, auth.VerbPublic, s.factorPage},
		{post, auth.SecondPath, auth.VerbPublic, s.finishFactor},
		{post, auth.LoginPath + "/passkey", auth.VerbPublic, s.signInWithPasskey},
		{get, auth.OIDCPath, auth.VerbPublic, s.beginOIDC},
		{get, auth.OIDCCallbackPath, auth.VerbPublic, s.oidcCallback},
		{get, auth.SetUpPath + "/:token", auth.VerbPublic, s.setUpPage},
		{post, auth.SetUpPath + "/:token", auth.VerbPublic, s.setUp},
		{post, templates.SignOutURL, auth.VerbPublic, s.signOut},
		{post, templates.DisplayURL, auth.VerbSelf, s.setDisplay},
	}
}

// gate lets operators in; what it shows to those it does not is drawn here.
func (s *Server) gate() *auth.Gate {
	return &auth.Gate{
		Service:   s.Auth,
		Reference: func(c *gin.Context) string { return referenceOf(c.Request.Context()) },
		Fail:      s.fail,
		Forbidden: func(c *gin.Context, _ auth.Verb) { s.fail(c, errForbidden) },
		Hidden:    func(c *gin.Context) { s.fail(c, fmt.Errorf("%w: %q", errNoApp, c.Param("app"))) },
		Outside:   func(c *gin.Context) { s.fail(c, errOutside) },
		Open:      func(c *gin.Context) bool { return openToAll[c.FullPath()] },
		Programs:  fromProgram,
		Unknown:   s.fail,
		Expired:   s.expired,
		Confirm:   s.askToConfirm,
	}
}

// openToAll are the routes that any address may ask: machines do, and they say nothing about anybody.
var openToAll = map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true, callbackRoute: true}

func (s *Server) signedIn(c *gin.Context) bool {
	_, ok := auth.OperatorFrom(c.Request.Context())
	return ok
}

// actor is who acts in the app of the address, for package actions.
func (s *Server) actor(c *gin.Context) actions.Actor { return s.actorIn(c, c.Param("app")) }

// actorIn is who acts in an app that the address does not name.
func (s *Server) actorIn(c *gin.Context, app string) actions.Actor {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	a := actorOf(op, app)
	if op.TokenID != "" { // the log tells what a program did from what its operator did
		a.Name += " (" + op.Token + ")"
	}
	a.Address, a.RequestRef = auth.AddressFrom(ctx), referenceOf(ctx)
	return a
}

// actorOf is an operator in an app.
func actorOf(op auth.Operator, app string) actions.Actor {
	role, _ := op.RoleIn(app)
	return actions.Actor{
		OperatorID: op.ID, Name: op.Name, Role: string(role),
		Can: func(v actions.Verb) bool { return op.CanIn(app, auth.Verb(v)) },
	}
}

func (s *Server) loginPage(c *gin.Context) error {
	if lang, ok := i18n.Parse(c.Query("lang")); ok {
		http.SetCookie(c.Writer, &http.Cookie{
			Name: languageCookie, Value: string(lang), Path: "/", Secure: true, HttpOnly: true,
			SameSite: http.SameSiteLaxMode, MaxAge: int((365 * 24 * time.Hour).Seconds()),
		})
		to := auth.LoginURL(c.Query("next"))
		return seeOther(c, to)
	}
	next := auth.SafeNext(c.Query("next"))
	if s.signedIn(c) {
		return seeOther(c, next)
	}
	return s.renderLogin(c, http.StatusOK, templates.LoginView{Next: next})
}

func (s *Server) renderLogin(c *gin.Context, status int, v templates.LoginView) error {
	ctx := c.Request.Context()
	v.Action = auth.LoginPath
	v.LangURL = auth.LoginPath + "?lang="
	if v.Next != "/" && v.Next != "" {
		v.LangURL = auth.LoginURL(v.Next) + "&lang="
	}
	v.Version = s.Version
	if all := s.Apps.All(); len(all) == 1 {
		v.Lede = all[0].Title
	} else if len(all) > 1 {
		v.Lede = i18n.N(ctx, "login.apps", len(all))
	}
	if v.Next == "/" {
		v.Next = ""
	}
	if v.Notice == nil && !keepsCookies(c.Request) {
		v.Notice = &templates.Notice{Tone: "warn", Title: i18n.T(ctx, "login.insecure.title"), Next: i18n.T(ctx, "login.insecure.next")}
	}
	if v.Provider = s.Auth.Provider(); v.Provider != "" {
		v.ProviderURL = auth.OIDCPath + "?next=" + url.QueryEscape(v.Next)
	}
	if s.passkeysHere(c) {
		ask, err := s.Auth.AskToSignIn()
		if err != nil {
			return err
		}
		v.Passkey = passkeyView(ask, "passkey", "challenge", i18n.T(ctx, "security.passkey.sign_in"))
		v.PasskeyURL = auth.LoginPath + "/passkey"
	}
	return render(c, status, templates.LoginPage(v), nil)
}

// keepsCookies reports whether a browser keeps our cookies from the address it asked for: over HTTPS, or from this machine.
func keepsCookies(r *http.Request) bool {
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return true
	}
	host := (&url.URL{Host: r.Host}).Hostname()
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasPrefix(host, "127.") || host == "::1"
}

func (s *Server) signIn(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	name, next := c.PostForm("name"), auth.SafeNext(c.PostForm("next"))
	_, err := s.Auth.SignIn(c.Writer, c.Request, name, c.PostForm("password"))
	refused, wrong := errors.AsType[*auth.Refused](err)
	v := templates.LoginView{Name: strings.ToValidUTF8(name, "\uFFFD"), Next: next}
	switch {
	case err == nil:
		return seeOther(c, next)
	case errors.Is(err, auth.ErrSecondStep):
		return seeOther(c, secondURL(next))
	case errors.Is(err, auth.ErrUseProvider):
		v.Notice = &templates.Notice{Tone: "info", Answer: true, Title: i18n.T(ctx, "security.provider.only", "provider", s.Auth.Provider())}
		return s.renderLogin(c, http.StatusForbidden, v)
	case !wrong:
		return err
	case refused.Wait > 0:
		v.Notice = lockedNotice(ctx, refused)
		return s.renderLogin(c, http.StatusTooManyRequests, v)
	}
	v.Error = i18n.N(ctx, "login.wrong", refused.TriesLeft, "pause", i18n.Duration(ctx, refused.Pause))
	return s.renderLogin(c, http.StatusUnauthorized, v)
}

// lockedNotice says that there were too many tries.
func lockedNotice(ctx context.Context, refused *auth.Refused) *templates.Notice {
	return &templates.Notice{
		Tone: "bad", Answer: true, Icon: "clock", Title: i18n.T(ctx, "login.locked"),
		Next: i18n.T(ctx, "login.locked_next", "time", i18n.Duration(ctx, roundUp(refused.Wait))),
	}
}

// roundUp is whole minutes above one, else whole seconds: nobody waits by the second for ten minutes.
func roundUp(d time.Duration) time.Duration {
	unit := time.Second
	if d > time.Minute {
		unit = time.Minute
	}
	return (d + unit - 1).Truncate(unit)
}

// formError tells a form that is too large from one that makes no sense.
func formError(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge
	}
	return badInput{"error.form"}
}

func (s *Server) signOut(c *gin.Context) error {
	if err := s.Auth.SignOut(c.Writer, c.Request); err != nil {
		return err
	}
	return seeOther(c, auth.LoginPath)
}

// expired answers a change that came after the session had ended: nothing was done, and nothing typed is lost.
func (s *Server) expired(c *gin.Context, e auth.ExpiredWrite) {
	ctx := c.Request.Context()
	n := templates.Notice{
		Tone: "warn", Icon: "lock", Answer: true, Title: i18n.T(ctx, "login.expired.title"),
		Next: i18n.T(ctx, "login.expired.next"), Changed: i18n.T(ctx, "error.unchanged"),
		Actions: []templates.ButtonView{{
			Text: i18n.T(ctx, "login.expired.button"), URL: e.LoginURL, Variant: "primary",
			Attrs: map[string]any{"target": "_blank", "rel": "noopener"},
		}},
	}
	if e.Missing {
		n.Text = i18n.T(ctx, "login.expired.missing")
	}
	var fields []string
	for _, f := range e.Fields {
		fields = append(fields, f.Name, f.Value)
	}
	page := templates.ExpiredPage(n, e.Action, fields)
	if err := render(c, http.StatusUnauthorized, page, templates.NoticeBox(n)); err != nil {
		s.Log.ErrorContext(ctx, "expired page", "reference", referenceOf(ctx), "error", err)
	}
}

// setDisplay keeps how the operator likes the console, one choice at a time.
func (s *Server) setDisplay(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	op, _ := auth.OperatorFrom(ctx)
	p := op.Prefs
	form := c.Request.PostForm
	switch {
	case form.Has("theme"):
		if p.Theme = form.Get("theme"); p.Theme != "light" && p.Theme != "dark" {
			p.Theme = ""
		}
	case form.Has("density"):
		if p.Density = form.Get("density"); p.Density != "compact" {
			p.Density = ""
		}
	case form.Has("keys"):
		p.SingleKeys = form.Get("keys") != "off"
	case form.Has("lang"):
		lang, ok := i18n.Parse(form.Get("lang"))
		if !ok {
			return badInput{"error.form"}
		}
		p.Language = string(lang)
	default:
		return badInput{"error.form"}
	}
	if err := s.Auth.SetPrefs(ctx, op.ID, p); err != nil {
		return err
	}
	return seeOther(c, auth.SafeNext(form.Get("return")))
}

// flash is what the next page says about what was just done.
type flash struct {
	Toast  *templates.Toast  `json:",omitempty"`
	Notice *templates.Notice `json:",omitempty"`
}

// flashKey is where a session keeps flashes, as JSON.
const flashKey = "flashes"

// maxFlashes is how many are kept; older ones go.
const maxFlashes = 4

// flash keeps something for the next page this browser opens. It is a courtesy: the audit log has it in any case.
func (s *Server) flash(c *gin.Context, f flash) {
	// What was done may have taken longer than the request had time.
	r := c.Request.WithContext(context.WithoutCancel(c.Request.Context()))
	session, err := s.Auth.Session(r)
	if err == nil {
		list := append(readFlashes(session.Values[flashKey]), f)
		list = list[max(0, len(list)-maxFlashes):]
		var b []byte
		if b, err = json.Marshal(list); err == nil {
			session.Values[flashKey] = string(b)
			err = session.Save(r, c.Writer)
		}
	}
	if err != nil {
		s.Log.WarnContext(c.Request.Context(), "keep a notice for the next page", "reference", referenceOf(c.Request.Context()), "error", err)
	}
}

func readFlashes(v any) []flash {
	text, _ := v.(string)
	var list []flash
	if text == "" || json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	return list
}

// takeFlashes returns what was kept for this page and forgets it. Parts of a page take nothing: they have no place for it.
func (s *Server) takeFlashes(c *gin.Context) (toasts []templates.Toast, notice *templates.Notice) {
	if wantsPart(c.Request) || c.Writer.Written() {
		return nil, nil
	}
	session, err := s.Auth.Session(c.Request)
	if err != nil || session.Values[flashKey] == nil {
		return nil, nil
	}
	list := readFlashes(session.Values[flashKey])
	delete(session.Values, flashKey)
	if err := session.Save(c.Request, c.Writer); err != nil {
		s.Log.WarnContext(c.Request.Context(), "forget shown notices", "reference", referenceOf(c.Request.Context()), "error", err)
	}
	for _, f := range list {
		if f.Toast != nil {
			toasts = append(toasts, *f.Toast)
		}
		if f.Notice != nil {
			notice = f.Notice
		}
	}
	return toasts, notice
}

// done answers a change that worked: for htmx with a toast beside the parts given, else with a redirect to back and the
// toast on the page that follows.
func (s *Server) done(c *gin.Context, t templates.Toast, back string) error {
	if wantsPart(c.Request) && back == "" {
		return render(c, http.StatusOK, templates.ToastPart(t), templates.ToastPart(t))
	}
	s.flash(c, flash{Toast: &t})
	return seeOther(c, back)
}
