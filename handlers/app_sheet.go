package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// appSheet is one thing that can be done to something of the app as a whole: a form, and what it sends.
type appSheet struct {
	name    string // of the form's element
	right   auth.Verb
	needs   imclient.Verb
	back    func(a *appAsking) templates.Link // the page it belongs to
	action  func(a *appAsking) actions.Action
	view    func(a *appAsking, v *templates.AppSheetView) // title, fields, button
	wrong   func(a *appAsking) map[string]string          // refused before package actions is asked, by field; nil: nothing is
	done    func(a *appAsking, r actions.Result) error    // nil: a toast on the page it belongs to
	group   bool                                          // the address names a group
	instant bool                                          // what it would do can be told before anything is filled in
}

// appAsking is one sheet on its way.
type appAsking struct {
	s   *Server
	c   *gin.Context
	app *App
	m   appSheet
	g   imclient.Group // where the address names one
	v   url.Values     // what was filled in, or what the address says

	wrong   map[string]string
	invalid error // of package actions
	notice  *templates.Notice
	preview *actions.Preview // nil: not looked, or it could not be had
	people  names
	secret  string // what was made, to be shown once
}

func (a *appAsking) ctx() context.Context { return a.c.Request.Context() }

// text is a line of the form, without the space around it; area, one of several lines.
func (a *appAsking) text(name string) string { return strings.TrimSpace(a.v.Get(name)) }

func (a *appAsking) area(name string) string { return strings.TrimSpace(lines(a.v.Get(name))) }

func (a *appAsking) common() actions.Common {
	return actions.Common{Reason: a.area("reason"), Key: a.v.Get("key")}
}

// words are the lines of an area, each without the space around it, without empty ones.
func (a *appAsking) words(name string) []string {
	var list []string
	for _, line := range strings.Split(lines(a.v.Get(name)), "\n") {
		if line = strings.TrimSpace(strings.TrimPrefix(line, "\uFEFF")); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// sheetRoutes are the two lines of a sheet in the table.
func (s *Server) sheetRoutes(path string, m appSheet) []route {
	return []route{{get, path, m.right, s.askApp(m)}, {post, path, m.right, s.actOnApp(m)}}
}

// startAsking is the app, and the group if there is one.
func (s *Server) startAsking(c *gin.Context, m appSheet, v url.Values) (*appAsking, error) {
	app, err := s.app(c)
	if err != nil {
		return nil, err
	}
	a := &appAsking{s: s, c: c, app: app, m: m, v: v}
	if m.group {
		_, a.g, err = s.sheetGroup(c)
	}
	return a, err
}

// askApp shows a sheet. It costs a call for the group, if there is one, and those of the preview.
func (s *Server) askApp(m appSheet) func(*gin.Context) error {
	return func(c *gin.Context) error {
		a, err := s.startAsking(c, m, c.Request.URL.Query())
		if err != nil {
			return err
		}
		if key := a.app.IM.Caps.Why(m.needs, a.g.Type); key != "" {
			return &actions.NotOffered{Key: key}
		}
		a.v.Del("key")
		if m.instant {
			if err := a.look(); err != nil && !isInvalid(err) {
				return err
			}
		}
		return a.render(http.StatusOK)
	}
}

// actOnApp does what a sheet asks for. What was filled in comes back with what is wrong with it.
func (s *Server) actOnApp(m appSheet) func(*gin.Context) error {
	return func(c *gin.Context) error {
		v, err := form(c)
		if err != nil {
			return err
		}
		a, err := s.startAsking(c, m, v)
		if err != nil {
			return err
		}
		if v.Has("preview") {
			return a.showPreview()
		}
		if m.wrong != nil {
			if a.wrong = m.wrong(a); len(a.wrong) > 0 {
				return a.refused()
			}
		}
		r, err := s.Actions.Do(a.ctx(), s.actor(c), a.app.Target(), m.action(a))
		_, reused := errors.AsType[*actions.KeyReused](err)
		switch {
		case err == nil:
			return a.done(r)
		case isInvalid(err):
			a.invalid = err
			return a.refused()
		case reused:
			p := explain(a.ctx(), err, true)
			a.notice = &p.notice
			a.v.Del("key")
			return a.refused()
		}
		return a.failed(err)
	}
}

// look finds out what would happen.
func (a *appAsking) look() error {
	p, err := a.s.Actions.Preview(a.ctx(), a.s.actor(a.c), a.app.Target(), a.m.action(a))
	if err != nil {
		return err
	}
	a.preview = &p
	a.people = names{}
	if notPeople(p.Verb) {
		a.people = markNames(a.ctx(), p.Verb, p.Items)
		return nil
	}
	var ids []string
	for _, i := range p.Items[:min(len(p.Items), sheetLines)] {
		ids = append(ids, i.ID)
	}
	users, _, err := a.app.IM.Users.GetMany(a.ctx(), ids)
	if err != nil {
		a.s.logFailure(a.c, err, http.StatusOK)
	}
	for _, u := range users {
		a.people[u.ID] = u.Nick
	}
	return nil
}

// showPreview answers the button that asks what would happen: with the sheet as it is filled in. To htmx it is a form that
// comes back, which is not sent yet.
func (a *appAsking) showPreview() error {
	if a.m.wrong != nil {
		a.wrong = a.m.wrong(a)
		delete(a.wrong, "confirm")
	}
	switch err := a.look(); {
	case isInvalid(err):
		a.invalid = err
	case err != nil:
		return a.failed(err)
	}
	status := http.StatusOK
	if wantsPart(a.c.Request) {
		status = http.StatusUnprocessableEntity
	}
	return a.render(status)
}

// refused sends the form back as it was filled in, with what is wrong beside the fields.
func (a *appAsking) refused() error {
	if err := a.look(); err != nil && !isInvalid(err) {
		a.s.logFailure(a.c, err, http.StatusOK)
	} else if isInvalid(err) && a.invalid == nil {
		a.invalid = err // all that is wrong at once
	}
	return a.render(http.StatusUnprocessableEntity)
}

// failed answers when nothing could be sent. A form sent without scripts comes back filled in: nothing typed is lost.
func (a *appAsking) failed(err error) error {
	_, service := errors.AsType[*imclient.Error](err)
	if wantsPart(a.c.Request) || !service || errors.Is(err, imclient.ErrNotFound) {
		return err
	}
	p := explain(a.ctx(), err, true)
	a.s.logFailure(a.c, err, p.status)
	a.notice = &p.notice
	return a.render(p.status)
}

// fault is what is wrong with a field, in words; "" if nothing is.
func (a *appAsking) fault(list ...string) string {
	for _, name := range list {
		if text := a.wrong[name]; text != "" {
			return text
		}
		if text := invalidText(a.ctx(), a.invalid, name); text != "" {
			return text
		}
	}
	return ""
}

func (a *appAsking) render(status int) error {
	ctx := a.ctx()
	link := a.m.back(a)
	back := sheetBack(a.c, link.URL)
	key := a.v.Get("key")
	if key == "" {
		key = rand.Text()
	}
	v := templates.AppSheetView{
		Sheet: templates.SheetView{
			ID: "sheet-" + a.m.name, Action: a.c.Request.URL.EscapedPath(), BackURL: back, Hidden: []string{"back", back, "key", key}, Notice: a.notice,
			Foot: i18n.T(ctx, "members.can_undo"),
		},
		EffectTitle: i18n.T(ctx, "messages.effect"),
	}
	a.m.view(a, &v)
	if a.preview != nil {
		list := *a.preview
		list.Items = mostTelling(list.Items)
		if len(v.Effects) == 0 {
			v.Effects = effects(ctx, list, a.people)
		}
		if n := len(v.Effects) - sheetLines; n > 0 {
			v.Effects, v.More = v.Effects[:sheetLines], i18n.N(ctx, "messages.effect_more", n)
		}
		if a.preview.Act == 0 && v.Sheet.Why == "" {
			v.Sheet.Why = i18n.T(ctx, "action.done.nothing")
		}
		if a.preview.UndoText != "" && v.Sheet.Foot == i18n.T(ctx, "members.can_undo") {
			//i18n:uses action.undo.*
			v.Sheet.Foot = i18n.T(ctx, a.preview.UndoText)
		}
	}
	shown := []string{"reason"}
	for _, f := range v.Fields {
		shown = append(shown, f.Name)
	}
	if n := badField(ctx, a.invalid, shown...); n != nil && v.Sheet.Notice == nil {
		v.Sheet.Notice = n
	}
	return render(a.c, status, templates.AppSheetPage(a.s.chrome(a.c), v, link), templates.AppSheet(v))
}

// reason is the field for why it is done.
func (a *appAsking) reason() templates.AppField {
	f := reasonField(a.ctx(), actions.Verb(a.m.right), a.area("reason"), a.invalid)
	f.Attrs = map[string]any{"dir": "auto"}
	return templates.AppField{FieldView: f}
}

// confirm is the field into which the app's name is typed before something that reaches everybody.
func (a *appAsking) confirm() templates.AppField {
	ctx := a.ctx()
	return templates.AppField{FieldView: templates.FieldView{
		Name: "confirm", Label: i18n.T(ctx, "broadcast.confirm", "name", a.app.Name), Value: a.text("confirm"), Required: true,
		Error: a.fault("confirm"), Attrs: map[string]any{"dir": "ltr", "spellcheck": "false", "autocapitalize": "none"},
	}}
}

// unconfirmed is what is wrong with the app's name as it was typed.
func (a *appAsking) unconfirmed() map[string]string {
	if a.text("confirm") == a.app.Name {
		return nil
	}
	return map[string]string{"confirm": i18n.T(a.ctx(), "broadcast.unconfirmed", "name", a.app.Name)}
}

// done says what came of it, on the page that the sheet was opened from.
func (a *appAsking) done(r actions.Result) error {
	if a.m.done != nil {
		return a.m.done(a, r)
	}
	t := a.s.resultToast(a.ctx(), a.app, r, a.s.namesOf(a.ctx(), a.app, r))
	return a.s.answer(a.c, http.StatusOK, t, sheetBack(a.c, a.m.back(a).URL))
}
