package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
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

// groupForm is one form about a group, about something that the app keeps with it, or about a group that is to be.
type groupForm struct {
	path   string // below the group's address, or below the app's
	name   string // in keys of texts, and of the form
	right  auth.Verb
	needs  imclient.Verb // "": asked for by the form itself
	ofApp  bool          // there is no group yet
	reason bool          // one is asked for; required where package actions says so
	harm   bool          // the focus is on Cancel
	final  bool          // it cannot be undone
	looks  bool          // what will happen is shown before
	again  bool          // and shown again as one types
	top    bool          // lines stand below the first question, which they are about
	home   string        // the section of the group where it leads back to

	load   func(f *filling) error                // what the form is about, beyond the group
	parts  func(f *filling) []templates.FormPart // what it asks
	action func(f *filling) actions.Action       // what it does; may put what is wrong into f.wrong
	lines  func(f *filling) []templates.EffectLine
	done   func(f *filling, r actions.Result) error // nil: a toast, on the page that it was opened from
}

// formRoutes are the address of each form, to open it and to send it.
func (s *Server) formRoutes(forms []groupForm) []route {
	var all []route
	for _, m := range forms {
		path := "/apps/:app/groups/:group/" + m.path
		if m.ofApp {
			path = "/apps/:app/" + m.path
		}
		all = append(all, route{get, path, m.right, s.askForm(m)}, route{post, path, m.right, s.sendForm(m)})
	}
	return all
}

// filling is one form on its way.
type filling struct {
	s   *Server
	c   *gin.Context
	app *App
	m   groupForm
	g   imclient.Group
	v   url.Values // what was filled in; of a form that opens, the address

	topic  imclient.Topic
	fields []imclient.Field // what stands under keys now
	seen   map[string]string
	owner  *people
	now    string // what a counter is

	wrong   map[string]string // by field
	invalid error             // of package actions
	unready error             // likewise, of what is filled in so far
	notice  *templates.Notice
	preview *actions.Preview
	blind   *templates.Notice // why there is no preview
}

func (f *filling) ctx() context.Context { return f.c.Request.Context() }

// get is a field of one line as it was filled in.
func (f *filling) get(name string) string { return strings.TrimSpace(f.v.Get(name)) }

// area is a field of several lines.
func (f *filling) area(name string) string { return lines(f.v.Get(name)) }

// or is a field as it was filled in; if it was not there, other.
func (f *filling) or(name, other string) string {
	if f.v.Has(name) {
		return f.v.Get(name)
	}
	return other
}

// opens reports whether the form is shown for the first time.
func (f *filling) opens() bool { return !f.sent() && !f.v.Has("now") }

// sent reports whether the form was sent, if only to see what would happen.
func (f *filling) sent() bool { return f.c.Request.Method == http.MethodPost }

func (f *filling) fail(name, text string) {
	if f.wrong == nil {
		f.wrong = map[string]string{}
	}
	if f.wrong[name] == "" {
		f.wrong[name] = text
	}
}

// common is what every action has.
func (f *filling) common() actions.Common {
	return actions.Common{Reason: strings.TrimSpace(f.area("reason")), Key: f.v.Get("key")}
}

// fault is what is wrong with a field, in words.
func (f *filling) fault(names ...string) string {
	for _, name := range names {
		if f.wrong[name] != "" {
			return f.wrong[name]
		}
		if text := invalidText(f.ctx(), f.invalid, name); text != "" {
			return text
		}
		if len(f.wrong) > 0 || f.invalid != nil { // all that is wrong at once
			if text := invalidText(f.ctx(), f.unready, name); text != "" {
				return text
			}
		}
	}
	return ""
}

// begin reads what the form is about. It costs a call for the group, and those of the form's own load.
func (s *Server) begin(c *gin.Context, m groupForm, v url.Values) (*filling, error) {
	app, err := s.app(c)
	if err != nil {
		return nil, err
	}
	f := &filling{s: s, c: c, app: app, m: m, v: v, seen: map[string]string{}}
	if !m.ofApp {
		f.g.ID = c.Param("group")
		if f.g, err = app.IM.Groups.Get(f.ctx(), f.g.ID); err != nil {
			f.g.ID = c.Param("group")
			return f, fmt.Errorf("group of app %s: %w", app.Name, err)
		}
	}
	if m.needs != "" {
		if key := app.IM.Caps.Why(m.needs, f.g.Type); key != "" {
			return f, &actions.NotOffered{Key: key}
		}
	}
	if m.load != nil {
		return f, m.load(f)
	}
	return f, nil
}

// askForm shows a form, or what it would do now.
func (s *Server) askForm(m groupForm) func(*gin.Context) error {
	return func(c *gin.Context) error {
		q := c.Request.URL.Query()
		q.Del("key")
		if !q.Has("now") { // what is there when it opens is what a change is held against
			c.Request = c.Request.WithContext(imclient.Fresh(c.Request.Context()))
		}
		f, err := s.begin(c, m, q)
		if err != nil {
			return err
		}
		if err := f.look(); err != nil {
			return err
		}
		if q.Has("now") && wantsPart(c.Request) && m.again {
			part := templates.GroupFormNow(f.view())
			return render(c, http.StatusOK, part, part)
		}
		return f.render(http.StatusOK)
	}
}

// sendForm does what a form asks for. What was filled in comes back with what is wrong with it.
func (s *Server) sendForm(m groupForm) func(*gin.Context) error {
	return func(c *gin.Context) error {
		v, err := form(c)
		if err != nil {
			return err
		}
		// What a colleague changed meanwhile is found only in what the service says now.
		c.Request = c.Request.WithContext(imclient.Fresh(c.Request.Context()))
		f, err := s.begin(c, m, v)
		if err != nil {
			if f == nil {
				return err
			}
			return f.failed(err)
		}
		if v.Has("preview") {
			if err := f.look(); err != nil {
				return err
			}
			return f.render(http.StatusOK)
		}
		a := m.action(f)
		if m.reason && actions.ReasonRequired(a.Verb()) && f.get("reason") == "" {
			f.fail("reason", i18n.T(f.ctx(), "action.invalid.required"))
		}
		if len(f.wrong) > 0 {
			return f.refused()
		}
		r, err := s.Actions.Do(f.ctx(), s.actor(c), f.app.Target(), a)
		_, reused := errors.AsType[*actions.KeyReused](err)
		switch {
		case err == nil && r.Count(actions.StateApplied) == 0 && len(missed(r)) > 0:
			return f.undone(r)
		case err == nil && m.done != nil:
			return m.done(f, r)
		case err == nil:
			return f.done(r, f.back())
		case isInvalid(err):
			f.invalid = err
			return f.refused()
		case reused:
			p := explain(f.ctx(), err, true)
			f.notice = &p.notice
			f.v.Del("key")
			return f.refused()
		}
		return f.failed(err)
	}
}

// look finds out what would happen. What is wrong with the input is no error: the form is being filled in.
func (f *filling) look() error {
	a := f.m.action(f)
	if !f.sent() || f.v.Has("preview") {
		f.wrong = nil
	}
	if !f.m.looks && len(f.wrong) == 0 && f.invalid == nil {
		return nil
	}
	p, err := f.s.Actions.Preview(f.ctx(), f.s.actor(f.c), f.app.Target(), a)
	_, offered := errors.AsType[*actions.NotOffered](err)
	switch {
	case offered && f.m.needs != "":
		return err
	case isInvalid(err):
		f.unready = err
	case err != nil:
		f.s.logFailure(f.c, err, http.StatusOK)
		e := explain(f.ctx(), err, false)
		f.blind = &templates.Notice{Title: e.notice.Title, Next: i18n.T(f.ctx(), "members.preview.failed"), Code: e.notice.Code}
	default:
		f.preview = &p
	}
	return nil
}

// refused sends the form back as it was filled in, with what is wrong beside the fields.
func (f *filling) refused() error {
	if err := f.look(); err != nil {
		return err
	}
	return f.render(http.StatusUnprocessableEntity)
}

// failed answers when nothing could be sent. A form sent without scripts comes back filled in: nothing typed is lost.
func (f *filling) failed(err error) error {
	_, service := errors.AsType[*imclient.Error](err)
	if wantsPart(f.c.Request) || !service || errors.Is(err, imclient.ErrNotFound) {
		return err
	}
	p := explain(f.ctx(), err, true)
	f.s.logFailure(f.c, err, p.status)
	f.notice = &p.notice
	return f.render(p.status)
}

func (f *filling) render(status int) error {
	v := f.view()
	back := templates.Link{Text: orID(f.g.Name, f.g.ID), URL: v.Sheet.BackURL, Name: true}
	if f.m.ofApp {
		back = templates.Link{Text: i18n.T(f.ctx(), "groups.title"), URL: v.Sheet.BackURL}
	}
	return render(f.c, status, templates.GroupFormPage(f.s.chrome(f.c), v, back), templates.GroupForm(v))
}

// back is the page that the form was opened from.
func (f *filling) back() string {
	if f.m.ofApp {
		return sheetBack(f.c, appURL(f.app, "groups"))
	}
	return sheetBack(f.c, groupURL(f.app, f.c.Param("group"), f.m.home))
}

// view is the form as it stands.
func (f *filling) view() templates.GroupFormView {
	ctx, back := f.ctx(), f.back()
	key := f.v.Get("key")
	if key == "" {
		key = rand.Text()
	}
	//i18n:uses groupdata.form.*
	text := "groupdata.form." + f.m.name
	about := orID(f.g.Name, f.g.ID)
	if f.topic.ID != "" {
		about = orID(f.topic.Name, f.topic.ID)
	}
	v := templates.GroupFormView{
		Sheet: templates.SheetView{
			ID: "form-" + f.m.name, Title: i18n.T(ctx, text+".title"), Text: i18n.T(ctx, text+".text", "name", about),
			Action: f.c.Request.URL.EscapedPath(), BackURL: back, Hidden: []string{"back", back, "key", key},
			Submit: i18n.T(ctx, text+".submit"), Danger: f.m.harm, Notice: f.notice, Foot: i18n.T(ctx, "members.can_undo"),
		},
		Parts: f.m.parts(f),
	}
	if f.m.harm {
		v.Sheet.Variant = "harm-solid"
	}
	if f.m.final {
		v.Sheet.Foot = i18n.T(ctx, actions.UndoImpossible)
	}
	if f.m.reason {
		reason := reasonField(ctx, actions.Verb(f.m.right), f.area("reason"), f.invalid)
		reason.Error = f.fault("reason")
		v.Parts = append(v.Parts, templates.FormPart{Field: reason})
	}
	shown := []string{f.get("k"), f.get("new_key")} // what is wrong with a key stands beside its value
	for _, field := range f.fields {
		shown = append(shown, field.Key)
	}
	for n := range v.Parts {
		p := &v.Parts[n].Field
		if p.Name != "" && p.ID == "" {
			p.ID = v.Sheet.ID + "-" + p.Name
		}
		if shown = append(shown, p.Name); p.Name == "k" {
			shown = append(shown, "key")
		}
	}
	v.Preview, v.Top = f.previewView(v.Sheet.ID), f.m.top
	if f.m.again {
		v.AskURL = f.c.Request.URL.EscapedPath() + "?now=1"
	}
	if f.m.looks && f.preview != nil && f.preview.Act == 0 && len(f.preview.Items) > 0 {
		v.Sheet.Why = itemText(ctx, f.preview.Verb, f.preview.Items[0], f.names(f.preview.Items))
	}
	if f.topic.ID != "" || f.v.Has("topic") {
		v.Sheet.Hidden = append(v.Sheet.Hidden, "topic", orID(f.topic.ID, f.v.Get("topic")))
	}
	if n := badField(ctx, f.invalid, shown...); n != nil && v.Sheet.Notice == nil {
		v.Sheet.Notice = n
	}
	return v
}

// previewView says what will happen.
func (f *filling) previewView(id string) *templates.PreviewView {
	ctx := f.ctx()
	v := &templates.PreviewView{ID: id, Title: i18n.T(ctx, "members.preview.title"), Failed: f.blind}
	if f.m.top {
		v.Title = i18n.T(ctx, "groupdata.can.title")
	}
	if f.m.lines != nil {
		v.Lines = f.m.lines(f)
	}
	if f.preview != nil {
		shown := *f.preview
		shown.Items = shown.Items[:min(len(shown.Items), sheetLines)]
		v.Lines = append(v.Lines, effects(ctx, shown, f.names(shown.Items))...)
		if more := len(f.preview.Items) - len(shown.Items); more > 0 {
			v.More = append(v.More, i18n.N(ctx, "members.preview.more", more))
		}
	}
	if bad := badField(ctx, f.unready); bad != nil && !f.sent() && !f.opens() {
		v.Lines = append(v.Lines, templates.EffectLine{Tone: "warn", Text: bad.Title})
	}
	if len(v.Lines) == 0 && !f.m.looks && !f.m.again && v.Failed == nil {
		return nil
	}
	return v
}

// names are what the items of an action are called.
func (f *filling) names(items []actions.Item) names {
	switch actions.Verb(f.m.right) {
	case actions.VerbTransfer:
		if f.owner != nil {
			return f.owner.names()
		}
	case actions.VerbEditTopic:
		return fieldNames(f.ctx())
	case actions.VerbDismiss, actions.VerbClearMessages:
		return names{f.g.ID: f.g.Name}
	case actions.VerbDeleteTopic:
		return names{f.topic.ID: f.topic.Name}
	}
	return names{}
}

// undone sends the form back when the service took nothing of it, with the reason.
func (f *filling) undone(r actions.Result) error {
	ctx := f.ctx()
	t := f.s.resultToast(ctx, f.app, r, f.names(r.Items))
	f.notice = &templates.Notice{
		Tone: "bad", Answer: true, Title: t.Text, Next: t.Small,
		Actions: []templates.ButtonView{{Text: i18n.T(ctx, "action.done.show"), URL: entryURL(f.app, r.ID)}},
	}
	f.v.Del("key") // sent again it is another try
	return f.refused()
}

// done says with a toast what came of it.
func (f *filling) done(r actions.Result, next string) error {
	return f.s.answer(f.c, http.StatusOK, f.s.resultToast(f.ctx(), f.app, r, f.names(r.Items)), next)
}

// The parts that a form asks.

// line is a field of one line.
func (f *filling) line(name, now string) templates.FieldView {
	//i18n:uses groupdata.field.*
	return templates.FieldView{
		Name: name, Label: i18n.T(f.ctx(), "groupdata.field."+name), Value: f.or(name, now), Error: f.fault(name), Attrs: map[string]any{"dir": "auto"},
	}
}

// sized is a field with a count of its bytes; rows makes it an area.
func (f *filling) sized(name, now string, limit, rows int) templates.FieldView {
	v := f.line(name, now)
	v.Rows = rows
	if limit > 0 {
		v.Attrs["data-bytes"], v.Attrs["data-bytes-text"] = fmt.Sprint(limit), i18n.Raw(f.ctx(), "details.bytes")
		v.Hint = i18n.T(f.ctx(), "details.bytes", "n", len(v.Value), "limit", limit)
	}
	return v
}

// idField is a field for an id.
func (f *filling) idField(name, now string) templates.FieldView {
	v := f.line(name, now)
	v.Attrs["dir"], v.Attrs["spellcheck"] = "ltr", "false"
	return v
}

func hint(v templates.FieldView, text string) templates.FieldView {
	v.Hint = text
	return v
}

func optional(v templates.FieldView) templates.FieldView {
	v.Optional = true
	return v
}

func required(v templates.FieldView) templates.FieldView {
	v.Required = true
	return v
}

// hide is a field that is sent along and not shown.
func (f *filling) hide(pairs ...string) templates.FormPart {
	return templates.FormPart{Kind: "hidden", Hidden: pairs}
}
