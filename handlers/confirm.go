package handlers

import (
	"errors"
	"net/http"
	"net/url"

	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) confirmRoutes() []route {
	return []route{
		{get, auth.ConfirmPath + "/:waiting", auth.VerbFactors, s.confirmPage},
	}
}

// askToConfirm is the gate's question before a change that is dangerous. What was typed waits meanwhile; for htmx on a page of its
// own, since the answer to a part could not hold it.
func (s *Server) askToConfirm(c *gin.Context, w auth.Waiting, refused *auth.Refused) {
	if err := s.askConfirm(c, w, refused); err != nil {
		s.fail(c, err)
	}
}

func (s *Server) askConfirm(c *gin.Context, w auth.Waiting, refused *auth.Refused) error {
	if refused != nil {
		return s.renderConfirm(c, w, refused)
	}
	id, err := s.Auth.KeepWaiting(c.Request.Context(), w)
	if err != nil {
		return err
	}
	return seeOther(c, auth.ConfirmPath+"/"+id)
}

// confirmPage shows a change that waits.
func (s *Server) confirmPage(c *gin.Context) error {
	op, _ := auth.OperatorFrom(c.Request.Context())
	w, err := s.Auth.Waiting(c.Request.Context(), op, c.Param("waiting"))
	if err != nil {
		return err
	}
	return s.renderConfirm(c, w, nil)
}

func (s *Server) renderConfirm(c *gin.Context, w auth.Waiting, refused *auth.Refused) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	v := templates.ConfirmView{
		Name: op.Name, Action: w.Action, BackURL: auth.SafeNext(w.Back), Missing: w.Missing, Confirmed: s.Auth.Confirmed(op),
		Notice: s.noticeOf(c),
	}
	for _, f := range w.Fields {
		v.Fields = append(v.Fields, f.Name, f.Value)
	}
	if !v.Confirmed {
		if err := s.waysToConfirm(c, op, &v); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if refused != nil {
		status = http.StatusForbidden
		if refused.Wait > 0 {
			v.Notice = lockedNotice(ctx, refused)
			status = http.StatusTooManyRequests
		} else {
			v.Error = i18n.N(ctx, "security.factor.wrong", refused.TriesLeft, "pause", i18n.Duration(ctx, refused.Pause))
		}
	}
	return render(c, status, templates.ConfirmPage(v), nil)
}

// waysToConfirm are those that the operator has.
func (s *Server) waysToConfirm(c *gin.Context, op auth.Operator, v *templates.ConfirmView) error {
	ctx := c.Request.Context()
	o, err := s.Store.Operators.Get(ctx, op.ID)
	if err != nil {
		return err
	}
	f, err := s.Auth.Factors(ctx, op.ID)
	if err != nil {
		return err
	}
	if o.PasswordHash != "" {
		v.Password = auth.ConfirmPassword
	}
	if f.TOTP {
		v.Code = auth.ConfirmCode
	}
	if s.passkeysHere(c) {
		ask, err := s.Auth.AskForPasskey(ctx, op)
		if err != nil && !errors.Is(err, auth.ErrNoPasskeys) {
			return err
		}
		v.Passkey = passkeyView(ask, auth.ConfirmPasskey, auth.ConfirmChallenge, i18n.T(ctx, "security.passkey.use"))
	}
	_, linked, err := s.Auth.Linked(ctx, op)
	if err != nil {
		return err
	}
	if id := c.Param("waiting"); linked && id != "" {
		v.Provider = s.Auth.Provider()
		v.ProviderURL = auth.OIDCPath + "?for=" + auth.OIDCConfirm + "&next=" + url.QueryEscape(auth.ConfirmPath+"/"+id)
	}
	return nil
}

// noticeOf is what was kept to be said on this page.
func (s *Server) noticeOf(c *gin.Context) *templates.Notice {
	_, notice := s.takeFlashes(c)
	return notice
}

// factorPage is the second step of signing in.
func (s *Server) factorPage(c *gin.Context) error {
	return s.renderFactor(c, http.StatusOK, auth.SafeNext(c.Query("next")), nil)
}

func (s *Server) renderFactor(c *gin.Context, status int, next string, refused *auth.Refused) error {
	ctx := c.Request.Context()
	op, f, err := s.Auth.SecondStep(c.Request)
	if errors.Is(err, auth.ErrNoStep) {
		return seeOther(c, auth.LoginURL(next))
	}
	if err != nil {
		return err
	}
	v := templates.FactorView{Name: op.Name, Action: auth.SecondPath, Next: next, Codes: f.TOTP}
	if s.passkeysHere(c) {
		ask, err := s.Auth.AskForPasskey(ctx, op)
		if err != nil && !errors.Is(err, auth.ErrNoPasskeys) {
			return err
		}
		v.Passkey = passkeyView(ask, "passkey", "challenge", i18n.T(ctx, "security.passkey.use"))
	}
	if refused != nil && refused.Wait > 0 {
		v.Notice = lockedNotice(ctx, refused)
	} else if refused != nil {
		v.Error = i18n.N(ctx, "security.factor.wrong", refused.TriesLeft, "pause", i18n.Duration(ctx, refused.Pause))
	}
	return render(c, status, templates.FactorPage(v), nil)
}

func (s *Server) finishFactor(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	next := auth.SafeNext(c.PostForm("next"))
	_, err := s.Auth.FinishSecond(c.Writer, c.Request, auth.Answer{
		Code: c.PostForm("code"), Passkey: c.PostForm("passkey"), Challenge: c.PostForm("challenge"),
	})
	refused, wrong := errors.AsType[*auth.Refused](err)
	switch {
	case errors.Is(err, auth.ErrNoStep):
		ctx := c.Request.Context()
		return s.renderLogin(c, http.StatusUnauthorized, templates.LoginView{Next: next, Notice: &templates.Notice{
			Tone: "warn", Icon: "clock", Answer: true, Title: i18n.T(ctx, "security.factor.again.title"), Next: i18n.T(ctx, "security.factor.again.next"),
		}})
	case wrong:
		return s.renderFactor(c, statusOf(refused), next, refused)
	case err != nil:
		return err
	}
	return seeOther(c, next)
}

func statusOf(refused *auth.Refused) int {
	if refused.Wait > 0 {
		return http.StatusTooManyRequests
	}
	return http.StatusUnauthorized
}

// secondURL is the second step, and from there next.
func secondURL(next string) string {
	if next == "/" || next == "" {
		return auth.SecondPath
	}
	return auth.SecondPath + "?next=" + url.QueryEscape(next)
}

func (s *Server) signInWithPasskey(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	next, answer := auth.SafeNext(c.PostForm("next")), c.PostForm("passkey")
	if answer == "" { // sent without the script
		return seeOther(c, auth.LoginURL(next))
	}
	_, err := s.Auth.SignInWithPasskey(c.Writer, c.Request, auth.Answer{Passkey: answer, Challenge: c.PostForm("challenge")})
	refused, wrong := errors.AsType[*auth.Refused](err)
	switch {
	case wrong:
		v := templates.LoginView{Next: next, Notice: &templates.Notice{Tone: "bad", Icon: "key", Answer: true, Title: i18n.T(ctx, "security.passkey.wrong")}}
		if refused.Wait > 0 {
			v.Notice = lockedNotice(ctx, refused)
		}
		return s.renderLogin(c, statusOf(refused), v)
	case errors.Is(err, auth.ErrNoPasskeys):
		return seeOther(c, auth.LoginURL(next))
	case err != nil:
		return err
	}
	return seeOther(c, next)
}

// beginOIDC sends the browser to the provider.
func (s *Server) beginOIDC(c *gin.Context) error {
	next, purpose := auth.SafeNext(c.Query("next")), c.Query("for")
	op, signedIn := auth.OperatorFrom(c.Request.Context())
	switch {
	case s.Auth.Provider() == "" || (purpose == auth.OIDCLink || purpose == auth.OIDCConfirm) && !signedIn:
		return seeOther(c, auth.LoginURL(next))
	case purpose != auth.OIDCLink && purpose != auth.OIDCConfirm:
		purpose = auth.OIDCSignIn
	}
	to, err := s.Auth.BeginOIDC(c.Writer, c.Request, purpose, next, op)
	if refused, ok := errors.AsType[*auth.OIDCRefused](err); ok {
		return s.oidcFailed(c, purpose, next, refused)
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, to) // to the provider, as the configuration names it
	return nil
}

// oidcCallback is where the browser comes back from the provider.
func (s *Server) oidcCallback(c *gin.Context) error {
	if s.Auth.Provider() == "" {
		return seeOther(c, auth.LoginPath)
	}
	j, err := s.Auth.FinishOIDC(c.Writer, c.Request)
	refused, wrong := errors.AsType[*auth.OIDCRefused](err)
	switch {
	case wrong:
		return s.oidcFailed(c, j.Purpose, j.Next, refused)
	case errors.Is(err, auth.ErrSecondStep):
		return seeOther(c, secondURL(j.Next))
	case err != nil:
		return err
	}
	return seeOther(c, j.Next)
}

// oidcFailed says why it did not work: where somebody is signed in on the page that it was begun from.
func (s *Server) oidcFailed(c *gin.Context, purpose, next string, refused *auth.OIDCRefused) error {
	ctx := c.Request.Context()
	s.Log.InfoContext(ctx, "signing in with the provider refused", "reference", referenceOf(ctx), "why", refused.Key, "detail", refused.Detail)
	notice := s.oidcNotice(c, refused)
	if !s.signedIn(c) {
		return s.renderLogin(c, http.StatusForbidden, templates.LoginView{Next: next, Notice: notice})
	}
	s.flash(c, flash{Notice: notice})
	if purpose == auth.OIDCConfirm {
		return seeOther(c, next)
	}
	return seeOther(c, securityURL)
}

func (s *Server) oidcNotice(c *gin.Context, refused *auth.OIDCRefused) *templates.Notice {
	ctx := c.Request.Context()
	//i18n:uses oidc.*
	return &templates.Notice{
		Tone: "bad", Icon: "lock", Answer: true, Reference: referenceOf(ctx),
		Title: i18n.T(ctx, "oidc.title", "provider", s.Auth.Provider()), Text: i18n.T(ctx, refused.Key, "provider", s.Auth.Provider()),
	}
}

// setUpPage is where the first owner comes by the link that was printed at the first start.
func (s *Server) setUpPage(c *gin.Context) error {
	o, err := s.Auth.SetUpOwner(c.Request.Context(), c.Param("token"))
	if errors.Is(err, auth.ErrNoSetUp) {
		return s.setUpGone(c)
	}
	if err != nil {
		return err
	}
	return s.renderSetUp(c, http.StatusOK, templates.SetUpView{Name: o.Name})
}

func (s *Server) renderSetUp(c *gin.Context, status int, v templates.SetUpView) error {
	v.Action = c.Request.URL.EscapedPath()
	return render(c, status, templates.SetUpPage(v), nil)
}

func (s *Server) setUpGone(c *gin.Context) error {
	ctx := c.Request.Context()
	return s.renderSetUp(c, http.StatusGone, templates.SetUpView{Notice: &templates.Notice{
		Tone: "warn", Icon: "lock", Title: i18n.T(ctx, "security.setup.gone.title"), Next: i18n.T(ctx, "security.setup.gone.next"),
	}})
}

// setUp makes the first owner's choice, and leads on to a second factor.
func (s *Server) setUp(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	v := templates.SetUpView{Name: c.PostForm("name")}
	password := c.PostForm("new_password")
	_, err := s.Auth.SetUpOwner(ctx, c.Param("token"))
	if err == nil && password != c.PostForm("repeat_password") {
		v.RepeatError = i18n.T(ctx, "settings.password.differ")
		return s.renderSetUp(c, http.StatusUnprocessableEntity, v)
	}
	if err == nil {
		_, err = s.Auth.SetUp(c.Writer, c.Request, c.Param("token"), v.Name, password)
	}
	weak, isWeak := errors.AsType[*auth.WeakPassword](err)
	switch {
	case err == nil:
		return seeOther(c, securityURL)
	case errors.Is(err, auth.ErrNoSetUp):
		return s.setUpGone(c)
	case isWeak:
		//i18n:uses password.*
		v.PasswordError = i18n.T(ctx, weak.Key, "min", weak.Min, "max", weak.Max)
	case errors.Is(err, store.ErrConflict):
		v.NameError = i18n.T(ctx, "security.setup.taken")
	case errors.Is(err, store.ErrInvalid):
		v.NameError = i18n.T(ctx, "security.setup.name")
	default:
		return err
	}
	return s.renderSetUp(c, http.StatusUnprocessableEntity, v)
}
