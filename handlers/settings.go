package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) settingsRoutes() []route {
	return []route{
		{get, "/settings", auth.VerbSelf, func(c *gin.Context) error { return seeOther(c, settingsURL) }},
		{get, settingsURL, auth.VerbSelf, s.mySettings},
		{post, settingsURL + "/password", auth.VerbSelf, s.changePassword},
		{post, settingsURL + "/zone", auth.VerbSelf, s.changeZone},
		{post, settingsURL + "/sessions/end", auth.VerbSelf, s.endMySession},
		{post, settingsURL + "/sessions/end-others", auth.VerbSelf, s.endMySessions},
	}
}

// settingsURL is an operator's own settings.
const settingsURL = "/settings/me"

func (s *Server) mySettings(c *gin.Context) error {
	return s.renderSettings(c, http.StatusOK, templates.PasswordForm{}, templates.ZoneForm{})
}

func (s *Server) renderSettings(c *gin.Context, status int, password templates.PasswordForm, zone templates.ZoneForm) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	sessions, err := s.Store.Sessions.ListOf(ctx, op.ID, s.Now())
	if err != nil {
		return fmt.Errorf("sessions of the operator: %w", err)
	}
	if zone.Value == "" && zone.Error == "" {
		zone.Value = op.Prefs.TimeZone
	}
	v := templates.SettingsView{
		Nav: s.settingsNav(c), Name: op.Name, Rank: rankText(ctx, op, s.current(c)), Password: password, Zone: zone, ZoneNow: zoneName(ctx),
		PasswordURL: settingsURL + "/password", ZoneURL: settingsURL + "/zone",
		EndURL: settingsURL + "/sessions/end", EndOthersURL: settingsURL + "/sessions/end-others",
	}
	for _, se := range sessions {
		v.Sessions = append(v.Sessions, templates.SessionRow{
			ID: se.ID, Device: device(se.UserAgent), Agent: se.UserAgent, Address: se.Address,
			Began: se.CreatedAt, Used: se.UsedAt, Current: se.ID == op.SessionID,
		})
	}
	return render(c, status, templates.SettingsPage(s.chrome(c), v), nil)
}

func (s *Server) changePassword(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	op, _ := auth.OperatorFrom(ctx)
	fresh := c.PostForm("new_password")
	err := s.Auth.CheckOwnPassword(ctx, op, c.PostForm("password"))
	if refused, wrong := errors.AsType[*auth.Refused](err); wrong {
		f := templates.PasswordForm{OldError: i18n.N(ctx, "settings.password.wrong", refused.TriesLeft)}
		if refused.Wait > 0 {
			f.OldError = i18n.T(ctx, "login.locked_next", "time", i18n.Duration(ctx, roundUp(refused.Wait)))
		}
		return s.renderSettings(c, http.StatusUnprocessableEntity, f, templates.ZoneForm{})
	}
	if err != nil {
		return err
	}
	if fresh != c.PostForm("repeat_password") {
		f := templates.PasswordForm{RepeatError: i18n.T(ctx, "settings.password.differ")}
		return s.renderSettings(c, http.StatusUnprocessableEntity, f, templates.ZoneForm{})
	}
	err = s.Auth.SetPassword(ctx, op, op.ID, fresh)
	if weak, ok := errors.AsType[*auth.WeakPassword](err); ok {
		//i18n:uses password.*
		f := templates.PasswordForm{NewError: i18n.T(ctx, weak.Key, "min", weak.Min, "max", weak.Max)}
		return s.renderSettings(c, http.StatusUnprocessableEntity, f, templates.ZoneForm{})
	}
	if err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "settings.password.done")}, settingsURL)
}

func (s *Server) changeZone(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	op, _ := auth.OperatorFrom(ctx)
	p := op.Prefs
	p.TimeZone = c.PostForm("zone")
	if _, err := time.LoadLocation(p.TimeZone); err != nil || len(p.TimeZone) > 64 || p.TimeZone == "Local" {
		return s.renderSettings(c, http.StatusUnprocessableEntity, templates.PasswordForm{},
			templates.ZoneForm{Value: p.TimeZone, Error: i18n.T(ctx, "settings.zone.bad")})
	}
	if err := s.Auth.SetPrefs(ctx, op.ID, p); err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "settings.zone.done")}, settingsURL)
}

func (s *Server) endMySession(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return formError(err)
	}
	op, _ := auth.OperatorFrom(ctx)
	err := s.Auth.EndSession(ctx, op, op.ID, c.PostForm("session"))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err // one that is gone already is as it was wanted
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "settings.sessions.ended")}, settingsURL)
}

func (s *Server) endMySessions(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	if err := s.Auth.EndSessions(ctx, op, op.ID); err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "settings.sessions.ended_all")}, settingsURL)
}
