package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"imdesk/auth"
	"imdesk/sheet"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const protectedURL = "/settings/protected"

func (s *Server) protectedRoutes() []route {
	return []route{
		{get, protectedURL, auth.VerbProtect, s.listProtected},
		{post, protectedURL, auth.VerbProtect, s.addProtected},
		{post, protectedURL + "/remove", auth.VerbProtect, s.removeProtected},
	}
}

// What is recorded of changes of the list.
const (
	actProtect   = "protected.add"
	actUnprotect = "protected.remove"
)

// protectedPage is how many are shown at once.
const protectedPage = 50

// protectedApp is the app whose list is open.
func (s *Server) protectedApp(c *gin.Context, name string) (*App, error) {
	return s.appFor(c, name, auth.VerbProtect)
}

// appFor is the app that a page of the settings is about: the one named, if the operator may do v there, else the first such.
func (s *Server) appFor(c *gin.Context, name string, v auth.Verb) (*App, error) {
	op, _ := auth.OperatorFrom(c.Request.Context())
	if a := s.Apps.Get(name); a != nil {
		if !op.CanIn(a.Name, v) {
			return nil, errForbidden
		}
		return a, nil
	}
	if name != "" {
		return nil, s.noApp(name)
	}
	if a := s.current(c); a != nil && op.CanIn(a.Name, v) {
		return a, nil
	}
	for _, a := range s.Apps.All() {
		if op.CanIn(a.Name, v) {
			return a, nil
		}
	}
	return nil, errForbidden
}

// listProtected shows a page of the list. It costs a call for names.
func (s *Server) listProtected(c *gin.Context) error {
	app, err := s.protectedApp(c, c.Query("app"))
	if err != nil {
		return err
	}
	return s.showProtected(c, app, templates.ProtectedView{}, http.StatusOK)
}

func (s *Server) showProtected(c *gin.Context, app *App, v templates.ProtectedView, status int) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	v.URL, v.App = protectedURL, app.Name
	for _, a := range s.Apps.All() {
		if op.CanIn(a.Name, auth.VerbProtect) {
			v.Apps = append(v.Apps, templates.Tab{Text: a.Title, URL: protectedURL + "?app=" + url.QueryEscape(a.Name), Current: a == app})
		}
	}
	after := clip(c.Query("after"), maxFind)
	list, err := s.Store.Jobs.Protected(ctx, app.Name, after, protectedPage+1)
	if err != nil {
		return fmt.Errorf("protected users of app %s: %w", app.Name, err)
	}
	here := protectedURL + "?app=" + url.QueryEscape(app.Name)
	v.Pager = templates.PagerView{Label: i18n.T(ctx, "job.protected.title")}
	if after != "" {
		v.Pager.First = here
	}
	if len(list) > protectedPage {
		list = list[:protectedPage]
		v.Pager.Next = here + "&after=" + url.QueryEscape(list[protectedPage-1].User)
	}
	var ids []string
	for _, p := range list {
		ids = append(ids, p.User)
	}
	nicks := names{}
	if len(ids) > 0 {
		users, _, err := app.IM.Users.GetMany(ctx, ids)
		if err != nil {
			s.logFailure(c, err, http.StatusOK) // ids will do
		}
		for _, u := range users {
			nicks[u.ID] = u.Nick
		}
	}
	for _, p := range list {
		v.Rows = append(v.Rows, templates.ProtectedRow{ID: p.User, Name: nicks[p.User], URL: userURL(app, p.User), Note: p.Note, By: p.By, Added: p.Added})
	}
	v.Caption = i18n.N(ctx, "job.protected.caption", len(list))
	if len(list) == 0 {
		v.Empty = &templates.EmptyView{Icon: "shield", Title: i18n.T(ctx, "job.protected.empty"), Text: i18n.T(ctx, "job.protected.empty_text")}
	}
	v.Add.Name, v.Add.Label, v.Add.Rows, v.Add.Required = "users", i18n.T(ctx, "job.protected.add"), 4, true
	v.Add.Attrs = map[string]any{"spellcheck": "false", "dir": "auto"}
	v.Note.Name, v.Note.Label, v.Note.MaxLength = "note", i18n.T(ctx, "job.protected.note"), maxFind
	v.Note.Attrs = map[string]any{"dir": "auto"}
	return render(c, status, templates.ProtectedPage(s.chrome(c), s.settingsNav(c), v), nil)
}

// addProtected puts users on the list.
func (s *Server) addProtected(c *gin.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	app, err := s.protectedApp(c, f.Get("app"))
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	text, note := lines(f.Get("users")), clip(strings.TrimSpace(f.Get("note")), maxFind)
	ids := sheet.ParseIDs(text, app.IM.Caps.Limits.UserID)
	v := templates.ProtectedView{Add: templates.FieldView{Value: text}, Note: templates.FieldView{Value: note}, Bad: badIDs(ctx, ids)}
	switch {
	case len(ids.Bad) > 0:
		v.Add.Error = i18n.N(ctx, "job.wrong.ids", len(ids.Bad))
	case len(ids.List) == 0:
		v.Add.Error = i18n.T(ctx, "action.invalid.nobody")
	case len(ids.List) > store.MaxProtected:
		v.Add.Error = i18n.T(ctx, "job.protected.full")
	}
	if v.Add.Error != "" {
		return s.showProtected(c, app, v, http.StatusUnprocessableEntity)
	}
	by := s.actorIn(c, app.Name)
	list := make([]store.ProtectedUser, 0, len(ids.List))
	for _, id := range ids.List {
		list = append(list, store.ProtectedUser{App: app.Name, User: id, Note: note, By: by.Name, Added: s.Now()})
	}
	for part := range slices.Chunk(list, store.MaxAuditTargets) {
		e := store.AuditEntry{App: app.Name, Action: actProtect, Reason: note}
		for _, p := range part {
			e.Users = append(e.Users, p.User)
		}
		if err = s.recorded(c, e, func() error { return s.Store.Jobs.Protect(ctx, part) }); err != nil {
			break
		}
	}
	if errors.Is(err, store.ErrInvalid) {
		v.Add.Error = i18n.T(ctx, "job.protected.full")
		return s.showProtected(c, app, v, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return fmt.Errorf("protect users of app %s: %w", app.Name, err)
	}
	t := templates.Toast{Text: i18n.N(ctx, "job.protected.added", len(list))}
	return s.answer(c, http.StatusOK, t, protectedURL+"?app="+url.QueryEscape(app.Name))
}

func (s *Server) removeProtected(c *gin.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	app, err := s.protectedApp(c, f.Get("app"))
	if err != nil {
		return err
	}
	ctx, user := c.Request.Context(), f.Get("user")
	e := store.AuditEntry{App: app.Name, Action: actUnprotect, Users: []string{user}}
	err = s.recorded(c, e, func() error { return s.Store.Jobs.Unprotect(ctx, app.Name, []string{user}) })
	if err != nil {
		return fmt.Errorf("unprotect a user of app %s: %w", app.Name, err)
	}
	t := templates.Toast{Text: i18n.T(ctx, "job.protected.removed", "who", user)}
	return s.answer(c, http.StatusOK, t, protectedURL+"?app="+url.QueryEscape(app.Name))
}
