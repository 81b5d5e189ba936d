package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) userRoutes() []route {
	return slices.Concat([]route{
		{get, "/apps/:app/users", auth.VerbView, s.findUser},
		{get, "/apps/:app/user-import", auth.VerbImportUsers, s.importPage},
		{post, "/apps/:app/user-import", auth.VerbImportUsers, s.importUsers},
		{get, "/apps/:app/users/:user", auth.VerbView, s.userPage},
		{get, "/apps/:app/users/:user/activity", auth.VerbView, s.userActivity},
	}, s.userPartRoutes(), s.userSheetRoutes())
}

// checkedIDs is how many ids one look may name: they stand in the address.
const checkedIDs = 200

// usersNamed is how many users are listed who are called as somebody typed.
const usersNamed = 50

// findUser finds users by a part of their name or id, in the console's own directory, for the services have no such thing. What is
// the whole id of one, or nothing that is known, leads to the user of that id. What else is shown are the users that this
// operator opened lately, and which of some ids have an account: that costs a call for each 100 ids, and one for their names.
func (s *Server) findUser(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	typed := clip(strings.TrimSpace(c.Query("q")), paletteQuery)
	named, err := s.Store.Directory.Find(ctx, store.NameQuery{Apps: []string{app.Name}, Kind: store.KindUser, Text: typed, N: usersNamed})
	if err != nil {
		return fmt.Errorf("users in the directory: %w", err)
	}
	if typed != "" && (len(named) == 0 || named[0].ID == typed) {
		return seeOther(c, userURL(app, strings.TrimSpace(c.Query("q"))))
	}
	op, _ := auth.OperatorFrom(ctx)
	places, err := s.Store.Settings.Recent(ctx, op.ID, app.Name, store.KindUser, store.MaxRecent)
	if err != nil {
		return fmt.Errorf("recently opened users: %w", err)
	}
	v := templates.UsersView{URL: appURL(app, "users"), Query: typed}
	for _, n := range named {
		v.Found = append(v.Found, templates.PersonView{ID: n.ID, Name: n.Name, URL: userURL(app, n.ID)})
	}
	if typed != "" {
		v.ByID = templates.Link{Text: typed, URL: userURL(app, typed)}
	}
	for _, p := range places {
		v.Recent = append(v.Recent, templates.PersonView{ID: p.ID, Name: p.Title, URL: userURL(app, p.ID)})
	}
	v.Import = templates.ButtonView{
		Text: i18n.T(ctx, "users.import.title"), Icon: "plus", URL: importURL(app), Why: notOffered(c, app, auth.VerbImportUsers, imclient.VerbImportUsers, ""),
	}
	s.checkUsers(c, app, &v)
	return render(c, http.StatusOK, templates.UsersPage(s.chrome(c), v), templates.UsersCheck(v))
}

// checkUsers tells which of the ids that were asked for have an account.
func (s *Server) checkUsers(c *gin.Context, app *App, v *templates.UsersView) {
	ctx := c.Request.Context()
	typed := clip(c.Query("check"), maxFind*checkedIDs)
	v.Check = templates.FieldView{
		Name: "check", Label: i18n.T(ctx, "members.ids"), Value: strings.TrimSpace(typed), Rows: 3, Hint: i18n.T(ctx, "users.check_hint", "limit", checkedIDs),
		Attrs: map[string]any{"spellcheck": "false"},
	}
	v.CheckWhy, v.RetryURL = why(c, app, imclient.VerbImportUsers, ""), c.Request.URL.RequestURI()
	ids, _ := distinctIDs(splitIDs(typed))
	switch {
	case len(ids) == 0 || v.CheckWhy != "":
		return
	case len(ids) > checkedIDs:
		v.Check.Error = i18n.T(ctx, "action.invalid.too_many", "n", len(ids), "limit", checkedIDs)
		return
	}
	missing, refused, err := app.IM.Users.Check(ctx, ids)
	if errors.Is(err, imclient.ErrInvalid) {
		v.Check.Error = i18n.T(ctx, "users.block_check_wrong")
		return
	}
	if err != nil {
		s.logFailure(c, err, http.StatusOK)
		v.CheckFailed = failedPart(ctx, err)
		return
	}
	s.checkedRows(c, app, v, ids, missing, refused)
}

func (s *Server) checkedRows(c *gin.Context, app *App, v *templates.UsersView, ids, missing []string, refused []imclient.Refused) {
	ctx := c.Request.Context()
	there := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return slices.Contains(missing, id) || slices.ContainsFunc(refused, func(r imclient.Refused) bool { return r.ID == id })
	})
	called := names{}
	if len(there) > 0 {
		users, _, err := app.IM.Users.GetMany(ctx, there)
		if err != nil {
			s.logFailure(c, err, http.StatusOK)
		}
		for _, u := range users {
			called[u.ID] = u.Nick
		}
	}
	for _, id := range ids {
		row := templates.CheckedUser{Person: templates.PersonView{ID: id}, State: templates.ChipView{Text: i18n.T(ctx, "users.check_unknown")}}
		switch {
		case slices.Contains(there, id):
			row.Person = templates.PersonView{ID: id, Name: called[id], URL: userURL(app, id)}
			row.State = templates.ChipView{Text: i18n.T(ctx, "users.check_there"), Icon: "check", Tone: "ok"}
		case slices.Contains(missing, id):
			row.State = templates.ChipView{Text: i18n.T(ctx, "users.check_missing"), Icon: "x", Tone: "warn"}
			if app.IM.Caps.Nameless(id) {
				row.Person.URL = userURL(app, id)
				row.State = templates.ChipView{Text: i18n.T(ctx, "users.check_unregistered"), Icon: "x"}
			}
		}
		v.Checked = append(v.Checked, row)
	}
	v.CheckText = i18n.T(ctx, "users.check_summary", "there", len(there), "missing", len(missing))
	if len(missing) > 0 {
		v.ImportMissing = &templates.ButtonView{
			Text: i18n.N(ctx, "users.check_import", len(missing)), Icon: "plus", URL: importURL(app) + "?ids=" + url.QueryEscape(strings.Join(missing, "\n")),
			Why: v.Import.Why,
		}
	}
}
