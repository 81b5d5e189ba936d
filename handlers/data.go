package handlers

import (
	"context"
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

const dataURL = "/settings/data"

// dataRoutes are what the console itself keeps about people, and how it is taken out.
func (s *Server) dataRoutes() []route {
	return []route{
		{get, dataURL, auth.VerbPrivacy, s.dataPage},
		{post, dataURL + "/erase", auth.VerbPrivacy, s.eraseData},
	}
}

// dataAddress is the page with what is held about a user.
func dataAddress(app *App, user string) string {
	return dataURL + "?" + url.Values{"app": {app.Name}, "user": {user}}.Encode()
}

// dataPage says what is held about a user. It asks nothing of the service.
func (s *Server) dataPage(c *gin.Context) error {
	app, err := s.appFor(c, c.Query("app"), auth.VerbPrivacy)
	if err != nil {
		return err
	}
	return s.showData(c, http.StatusOK, app, dataQuery(c.Query("user")), templates.FieldView{})
}

// dataQuery is the id that was typed.
func dataQuery(typed string) string { return clip(strings.TrimSpace(typed), maxFind) }

// showData renders the page; reason is what was typed as the reason of an erasure, and what is wrong with it.
func (s *Server) showData(c *gin.Context, status int, app *App, user string, reason templates.FieldView) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	v := templates.DataView{Nav: s.settingsNav(c), URL: dataURL, EraseURL: dataURL + "/erase", App: app.Name}
	for _, a := range s.Apps.All() {
		if op.CanIn(a.Name, auth.VerbPrivacy) {
			v.Apps = append(v.Apps, templates.Tab{Text: a.Title, URL: dataAddress(a, user), Current: a == app})
		}
	}
	v.User = templates.FieldView{
		Name: "user", Label: i18n.T(ctx, "data.user"), Value: user, Hint: i18n.T(ctx, "data.user_hint", "app", app.Title), Required: true,
		MaxLength: maxFind, Attrs: map[string]any{"spellcheck": "false", "dir": "auto"},
	}
	if user == "" && status != http.StatusOK {
		v.User.Error = i18n.T(ctx, "data.user_missing")
	}
	if user != "" {
		held, err := s.heldView(ctx, app, user)
		if err != nil {
			return err
		}
		reason.Name, reason.Label, reason.Hint = "reason", i18n.T(ctx, "audit.reason"), i18n.T(ctx, "data.reason_hint")
		reason.Required, reason.MaxLength, reason.Attrs = true, maxFind, map[string]any{"dir": "auto"}
		held.Reason, v.Held = reason, &held
	}
	return render(c, status, templates.DataPage(s.chrome(c), v), nil)
}

// heldView says what is held about a user, kind by kind.
func (s *Server) heldView(ctx context.Context, app *App, user string) (templates.HeldView, error) {
	v := templates.HeldView{User: user, UserURL: userURL(app, user)}
	if user == store.Erased {
		return v, nil
	}
	h, err := s.Store.Privacy.Find(ctx, app.Name, user, s.Now())
	if err != nil {
		return v, fmt.Errorf("data of a user of app %s: %w", app.Name, err)
	}
	for _, kind := range []struct {
		key string
		n   int
	}{
		{"targets", h.Targets}, {"mentions", h.Mentions}, {"requests", h.Requests}, {"job_items", h.JobItems}, {"places", h.Places}, {"lists", h.Lists}, {"messages", h.Messages},
		{"cases", h.Cases},
	} {
		//i18n:uses data.kind.*
		v.Kinds = append(v.Kinds, templates.FactView{Name: i18n.T(ctx, "data.kind."+kind.key), Value: i18n.Int(ctx, kind.n)})
	}
	v.First, v.Last, v.Any, v.Protected = h.First, h.Last, h.Any(), h.Protected
	if h.UnderWay > 0 {
		v.UnderWay = i18n.N(ctx, "data.under_way", h.UnderWay)
	}
	if h.Held > 0 {
		v.UnderWay = strings.TrimSpace(v.UnderWay + " " + i18n.N(ctx, "data.under_hold", h.Held))
	}
	return v, nil
}

// eraseData erases what is held about a user. The store records it, batch by batch, with the reason.
func (s *Server) eraseData(c *gin.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	app, err := s.appFor(c, f.Get("app"), auth.VerbPrivacy)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	user, reason := dataQuery(f.Get("user")), clip(strings.TrimSpace(f.Get("reason")), maxFind)
	field := templates.FieldView{Value: reason}
	switch {
	case user == "" || user == store.Erased:
		return s.showData(c, http.StatusUnprocessableEntity, app, "", field)
	case reason == "":
		field.Error = i18n.T(ctx, "data.reason_missing")
	case strings.Contains(strings.ToLower(reason), strings.ToLower(user)):
		field.Error = i18n.T(ctx, "data.reason_names")
	}
	if field.Error != "" {
		return s.showData(c, http.StatusUnprocessableEntity, app, user, field)
	}
	by := s.actorIn(c, app.Name)
	e, err := s.Store.Privacy.Erase(ctx, store.AuditEntry{
		At: s.Now(), OperatorID: by.OperatorID, OperatorName: by.Name, Address: by.Address, Request: by.RequestRef, Reason: reason,
	}, app.Name, user)
	if errors.Is(err, store.ErrInvalid) {
		field.Error = i18n.T(ctx, "data.reason_names")
		return s.showData(c, http.StatusUnprocessableEntity, app, user, field)
	}
	if err != nil {
		return fmt.Errorf("erase what is held about a user of app %s: %w", app.Name, err)
	}
	rest := e.Places + e.Requests + e.JobItems + e.Lists + e.Messages + e.Cases
	t := templates.Toast{Text: i18n.N(ctx, "data.erased", e.Entries, "rest", i18n.N(ctx, "data.erased_rest", rest)), Small: i18n.T(ctx, "data.for_good")}
	if len(e.Told) > 0 {
		t.Action = &templates.ButtonView{Text: i18n.T(ctx, "data.show"), URL: entryURL(app, e.Told[0])}
	}
	return s.answer(c, http.StatusOK, t, dataAddress(app, user))
}
