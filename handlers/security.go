package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// securityURL is what an operator signs in with.
const securityURL = auth.EnrolPath

func (s *Server) securityRoutes() []route {
	return []route{
		{get, securityURL, auth.VerbFactors, s.securityPage},
		{get, securityURL + "/totp", auth.VerbFactors, s.totpPage},
		{get, securityURL + "/totp/qr.png", auth.VerbFactors, s.totpQR},
		{post, securityURL + "/totp/begin", auth.VerbFactors, s.beginTOTP},
		{post, securityURL + "/totp", auth.VerbFactors, s.finishTOTP},
		{post, securityURL + "/totp/remove", auth.VerbFactors, s.removeTOTP},
		{post, securityURL + "/passkeys", auth.VerbFactors, s.addPasskey},
		{post, securityURL + "/passkeys/rename", auth.VerbFactors, s.renamePasskey},
		{post, securityURL + "/passkeys/remove", auth.VerbFactors, s.removePasskey},
		{post, securityURL + "/codes", auth.VerbFactors, s.newCodes},
		{get, securityURL + "/link", auth.VerbFactors, s.linkPage},
		{post, securityURL + "/link", auth.VerbFactors, s.link},
		{post, securityURL + "/unlink", auth.VerbFactors, s.unlink},
		{post, securityURL + "/policy", auth.VerbSettings, s.setFactorPolicy},
		{post, "/settings/operators/:operator/reset-factors", auth.VerbOperators, s.resetFactors},
	}
}

func (s *Server) securityPage(c *gin.Context) error {
	return s.renderSecurity(c, http.StatusOK, templates.SecurityView{})
}

// renderSecurity reads the operator's factors, passkeys and account at the provider; v may hold what is wrong with a form.
func (s *Server) renderSecurity(c *gin.Context, status int, v templates.SecurityView) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	f, err := s.Auth.Factors(ctx, op.ID)
	if err != nil {
		return err
	}
	from, err := s.Auth.FactorPolicy(ctx)
	if err != nil {
		return err
	}
	v.Nav, v.PasswordURL = s.settingsNav(c), settingsURL+"#password-title"
	if op.MustEnrol {
		v.Required = i18n.T(ctx, "security.required.text")
	}
	last := f.Passkeys
	if f.TOTP {
		last++
	}
	if last == 1 && from != "" && op.Role.AtLeast(from) {
		v.Needed = i18n.T(ctx, "security.needed")
	}
	v.TOTP, v.TOTPAt, v.TOTPUsed = f.TOTP, f.TOTPAt, f.TOTPUsed
	v.TOTPBeginURL, v.TOTPRemoveURL = securityURL+"/totp/begin", securityURL+"/totp/remove"
	v.Codes, v.AnyCodes, v.CodesURL = f.Codes, f.Any(), securityURL+"/codes"
	if err := s.passkeysView(c, op, &v); err != nil {
		return err
	}
	if err := s.providerView(c, op, &v); err != nil {
		return err
	}
	if op.Can(auth.VerbSettings) {
		v.Policy = &templates.PolicyView{URL: securityURL + "/policy", From: string(from), Choices: []templates.Option{{Text: i18n.T(ctx, "security.policy.nobody")}}}
		for _, r := range auth.Roles() {
			//i18n:uses role.*
			v.Policy.Choices = append(v.Policy.Choices, templates.Option{Value: string(r), Text: i18n.T(ctx, "role."+string(r))})
		}
	}
	return render(c, status, templates.SecurityPage(s.chrome(c), v), nil)
}

func (s *Server) passkeysView(c *gin.Context, op auth.Operator, v *templates.SecurityView) error {
	ctx := c.Request.Context()
	list, err := s.Auth.Passkeys(ctx, op.ID)
	if err != nil {
		return err
	}
	for _, p := range list {
		v.Passkeys = append(v.Passkeys, templates.PasskeyRow{ID: p.ID, Name: p.Name, Added: p.AddedAt, Used: p.UsedAt, Warned: p.Warned, Why: v.Needed})
	}
	v.AddURL, v.RenameURL, v.RemoveURL = securityURL+"/passkeys", securityURL+"/passkeys/rename", securityURL+"/passkeys/remove"
	switch at := s.Auth.PasskeyOrigin(); {
	case at == "":
		v.PasskeysNever = true
	case !s.passkeysHere(c):
		v.PasskeysElse = at
	default:
		ask, err := s.Auth.AskToAdd(ctx, op)
		if err != nil {
			return err
		}
		v.AddPasskey = passkeyView(ask, "passkey", "challenge", i18n.T(ctx, "security.passkey.add"))
		v.AddPasskey.Create = true
	}
	return nil
}

func passkeyView(ask auth.PasskeyAsk, answer, sealed, text string) templates.PasskeyView {
	return templates.PasskeyView{Options: ask.Options, Challenge: ask.Challenge, Answer: answer, Sealed: sealed, Text: text}
}

// passkeysHere tells whether the browser is at the address that passkeys are for.
func (s *Server) passkeysHere(c *gin.Context) bool {
	u, err := url.Parse(s.Auth.PasskeyOrigin())
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, c.Request.Host)
}

func (s *Server) providerView(c *gin.Context, op auth.Operator, v *templates.SecurityView) error {
	v.Provider = s.Auth.Provider()
	if v.Provider == "" {
		return nil
	}
	account, linked, err := s.Auth.Linked(c.Request.Context(), op)
	v.Account, v.Linked = account.Name, linked
	v.LinkURL = auth.OIDCPath + "?for=" + auth.OIDCLink + "&next=" + url.QueryEscape(securityURL+"/link")
	v.UnlinkURL = securityURL + "/unlink"
	return err
}

func (s *Server) beginTOTP(c *gin.Context) error {
	op, _ := auth.OperatorFrom(c.Request.Context())
	if err := s.Auth.BeginTOTP(c.Request.Context(), op); err != nil {
		return err
	}
	return seeOther(c, securityURL+"/totp")
}

func (s *Server) totpPage(c *gin.Context) error { return s.renderTOTP(c, http.StatusOK, "") }

func (s *Server) renderTOTP(c *gin.Context, status int, problem string) error {
	op, _ := auth.OperatorFrom(c.Request.Context())
	p, err := s.Auth.PendingTOTP(c.Request.Context(), op)
	if errors.Is(err, auth.ErrNoPending) {
		return seeOther(c, securityURL)
	}
	if err != nil {
		return err
	}
	return render(c, status, templates.TOTPPage(s.chrome(c), templates.TOTPView{
		Nav: s.settingsNav(c), QRURL: securityURL + "/totp/qr.png", Secret: inFours(p.Secret), Action: securityURL + "/totp", BackURL: securityURL, Error: problem,
	}), nil)
}

// inFours spaces a key out, for those who type it.
func inFours(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (s *Server) totpQR(c *gin.Context) error {
	op, _ := auth.OperatorFrom(c.Request.Context())
	p, err := s.Auth.PendingTOTP(c.Request.Context(), op)
	if errors.Is(err, auth.ErrNoPending) {
		return errNoPage
	}
	if err != nil {
		return err
	}
	picture, err := p.QR()
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, "image/png", picture)
	return nil
}

func (s *Server) finishTOTP(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	op, _ := auth.OperatorFrom(ctx)
	codes, err := s.Auth.FinishTOTP(ctx, op, c.PostForm("code"))
	switch {
	case errors.Is(err, auth.ErrNoPending):
		return seeOther(c, securityURL)
	case errors.Is(err, auth.ErrWrongCode):
		return s.renderTOTP(c, http.StatusUnprocessableEntity, i18n.T(ctx, "security.totp.wrong"))
	case err != nil:
		return err
	}
	return s.factorAdded(c, codes, i18n.T(ctx, "security.totp.done"))
}

// factorAdded shows recovery codes, if there are new ones; this once.
func (s *Server) factorAdded(c *gin.Context, codes []string, done string) error {
	if len(codes) == 0 {
		return s.done(c, templates.Toast{Text: done}, securityURL)
	}
	return render(c, http.StatusOK, templates.CodesPage(s.chrome(c), templates.CodesView{Nav: s.settingsNav(c), Codes: codes, NextURL: securityURL}), nil)
}

func (s *Server) removeTOTP(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	return s.factorRemoved(c, s.Auth.RemoveTOTP(ctx, op), i18n.T(ctx, "security.totp.removed"))
}

// factorRemoved: one that is gone already is as it was wanted.
func (s *Server) factorRemoved(c *gin.Context, err error, done string) error {
	ctx := c.Request.Context()
	if errors.Is(err, auth.ErrNeeded) {
		return s.renderSecurity(c, http.StatusConflict, templates.SecurityView{Notice: &templates.Notice{
			Tone: "warn", Icon: "lock", Answer: true, Title: i18n.T(ctx, "security.needed"), Changed: i18n.T(ctx, "error.unchanged"),
		}})
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return s.done(c, templates.Toast{Text: done}, securityURL)
}

// maxPasskeyName is the length of a passkey's name in characters.
const maxPasskeyName = 60

func passkeyName(c *gin.Context) string {
	name := []rune(strings.TrimSpace(strings.ToValidUTF8(c.PostForm("name"), "\uFFFD")))
	return string(name[:min(len(name), maxPasskeyName)])
}

func (s *Server) addPasskey(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	op, _ := auth.OperatorFrom(ctx)
	name := passkeyName(c)
	codes, err := s.Auth.AddPasskey(ctx, op, name, auth.Answer{Passkey: c.PostForm("passkey"), Challenge: c.PostForm("challenge")})
	if err == nil {
		return s.factorAdded(c, codes, i18n.T(ctx, "security.passkey.done"))
	}
	v := templates.SecurityView{AddName: name}
	switch {
	case errors.Is(err, auth.ErrPasskey), errors.Is(err, auth.ErrNoPasskeys):
		v.AddError = i18n.T(ctx, "security.passkey.refused")
	case errors.Is(err, store.ErrConflict):
		v.AddError = i18n.T(ctx, "security.passkey.known")
	case errors.Is(err, store.ErrInvalid):
		v.AddError = i18n.T(ctx, "security.passkey.many")
	default:
		return err
	}
	return s.renderSecurity(c, http.StatusUnprocessableEntity, v)
}

func (s *Server) renamePasskey(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	op, _ := auth.OperatorFrom(ctx)
	err := s.Auth.RenamePasskey(ctx, op, c.PostForm("passkey"), passkeyName(c))
	if errors.Is(err, store.ErrNotFound) {
		return seeOther(c, securityURL)
	}
	if err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "security.passkey.renamed")}, securityURL)
}

func (s *Server) removePasskey(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	op, _ := auth.OperatorFrom(ctx)
	return s.factorRemoved(c, s.Auth.RemovePasskey(ctx, op, c.PostForm("passkey")), i18n.T(ctx, "security.passkey.removed"))
}

func (s *Server) newCodes(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	f, err := s.Auth.Factors(ctx, op.ID)
	if err != nil {
		return err
	}
	if !f.Any() {
		return s.renderSecurity(c, http.StatusConflict, templates.SecurityView{Notice: &templates.Notice{
			Tone: "warn", Answer: true, Title: i18n.T(ctx, "security.codes.none"), Changed: i18n.T(ctx, "error.unchanged"),
		}})
	}
	codes, err := s.Auth.NewCodes(ctx, op)
	if err != nil {
		return err
	}
	return s.factorAdded(c, codes, "")
}

func (s *Server) linkPage(c *gin.Context) error {
	op, _ := auth.OperatorFrom(c.Request.Context())
	account, ok := s.Auth.OfferedLink(c.Request, op)
	if !ok {
		return seeOther(c, securityURL)
	}
	return render(c, http.StatusOK, templates.LinkPage(s.chrome(c), templates.LinkView{
		Nav: s.settingsNav(c), Provider: s.Auth.Provider(), Account: account, Name: op.Name, Action: securityURL + "/link", BackURL: securityURL,
	}), nil)
}

func (s *Server) link(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	err := s.Auth.Link(c.Writer, c.Request, op)
	if refused, ok := errors.AsType[*auth.OIDCRefused](err); ok {
		return s.renderSecurity(c, http.StatusConflict, templates.SecurityView{Notice: s.oidcNotice(c, refused)})
	}
	if err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "security.provider.done")}, securityURL)
}

func (s *Server) unlink(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	if err := s.Auth.Unlink(ctx, op); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "security.provider.unlinked")}, securityURL)
}

func (s *Server) setFactorPolicy(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	op, _ := auth.OperatorFrom(ctx)
	err := s.Auth.SetFactorPolicy(ctx, op, auth.Role(c.PostForm("from")))
	if errors.Is(err, auth.ErrRole) {
		return badInput{"error.form"}
	}
	if err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "security.policy.done")}, securityURL)
}

// resetFactors lets an operator in again who has lost the second factor.
func (s *Server) resetFactors(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	o, err := s.Store.Operators.Get(ctx, c.Param("operator"))
	if err != nil {
		return fmt.Errorf("reset factors: %w", err)
	}
	if err := s.Auth.ResetFactors(ctx, op, o.ID); err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "security.reset.done", "name", o.Name)}, "/settings/operators")
}
