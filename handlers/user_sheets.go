package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
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

// userSheet is one thing that can be done to a user in the whole app.
type userSheet struct {
	path   string // below the user's address
	name   string // in keys of texts, and of the form
	right  auth.Verb
	needs  imclient.Verb
	asks   bool // a reason is needed
	harm   bool // the focus is on Cancel
	final  bool // it cannot be undone
	says   bool // a reason is needed, in words of one's own
	many   bool // it is about others, who are pasted or ticked: ids
	whole  bool // the form shows the profile, so that there is none without it
	action func(a *userAsking) actions.Action
	fields func(a *userAsking, v *templates.UserSheetView) // what else is asked; nil: nothing
	ready  func(a *userAsking) bool                        // enough is filled in for a preview; nil: always
	wrong  func(a *userAsking, w map[string]string)        // what is refused before package actions is asked; nil: nothing
	to     func(a *userAsking, r actions.Result) string    // where it leads; nil: back
}

// What can be done to a user in the whole app.
var (
	globalMuteSheet = userSheet{
		path: "global-mute", name: "global_mute", right: auth.VerbGlobalMute, needs: imclient.VerbGlobalMute, asks: true,
		action: func(a *userAsking) actions.Action {
			return actions.GlobalMute{Common: a.f.common(), Users: []string{a.u.ID}, Direct: a.f.direct.wanted(), Groups: a.f.groups.wanted()}
		},
	}
	globalUnmuteSheet = userSheet{
		path: "global-unmute", name: "global_unmute", right: auth.VerbGlobalUnmute, needs: imclient.VerbGlobalMute,
		action: func(a *userAsking) actions.Action {
			return actions.GlobalUnmute{Common: a.f.common(), Users: []string{a.u.ID}, Direct: a.f.direct.on, Groups: a.f.groups.on}
		},
	}
	signOutSheet = userSheet{
		path: "sign-out", name: "sign_out", right: auth.VerbSignOut, needs: imclient.VerbSignOut, asks: true, harm: true, final: true,
		action: func(a *userAsking) actions.Action {
			return actions.SignOut{Common: a.f.common(), Users: []string{a.u.ID}}
		},
	}
)

// userSheets are all of them.
func userSheets() []userSheet {
	return append([]userSheet{globalMuteSheet, globalUnmuteSheet, signOutSheet, editUserSheet, deleteUserSheet}, relationSheets...)
}

func (s *Server) userSheetRoutes() []route {
	var all []route
	for _, u := range userSheets() {
		path := "/apps/:app/users/:user/" + u.path
		all = append(all, route{get, path, u.right, s.askUser(u)}, route{post, path, u.right, s.actOnUser(u)})
	}
	return all
}

// lengthLeave leaves one part of a global mute as it is.
const lengthLeave = "leave"

// globalPart is one of the two places of a global mute: direct chats, or groups.
type globalPart struct {
	on     bool // of an unmute
	length string
	until  string
	span   actions.Span
}

// wanted is the mute of the part; nil leaves it.
func (p globalPart) wanted() *actions.Span {
	if p.length == lengthLeave {
		return nil
	}
	return &p.span
}

// userForm is what was filled in.
type userForm struct {
	values         url.Values
	ids            []string // of others, distinct
	direct, groups globalPart
	why            string
	words          string
	reason         string // why and words in one
	note           string
	key            string
}

func (f userForm) common() actions.Common {
	return actions.Common{Reason: f.reason, Note: f.note, Key: f.key}
}

// readUserForm reads a form, or the address of a sheet.
func readUserForm(ctx context.Context, v url.Values) userForm {
	part := func(name string) globalPart {
		p := globalPart{on: v.Get(name) != "", length: v.Get(name + "_for"), until: strings.TrimSpace(v.Get(name + "_until"))}
		if p.length == "" {
			p.length = lengthDefault
		}
		p.span = readSpan(ctx, p.length, p.until)
		return p
	}
	f := userForm{
		values: v,
		direct: part("direct"), groups: part("groups"), why: v.Get("why"), words: strings.TrimSpace(v.Get("words")),
		note: strings.TrimSpace(lines(v.Get("note"))), key: v.Get("key"),
	}
	f.reason = wholeReason(ctx, f.why, f.words)
	for _, text := range v["ids"] {
		f.ids = append(f.ids, splitIDs(text)...)
	}
	f.ids, _ = distinctIDs(f.ids)
	return f
}

// sheetUser is the app and the user of a sheet. Only a user who is not there is an error: the name is a courtesy.
// Of a form that shows the profile whole is true: it needs more than the name.
func (s *Server) sheetUser(c *gin.Context, whole bool) (*App, imclient.User, error) {
	app, err := s.app(c)
	if err != nil {
		return nil, imclient.User{}, err
	}
	id := c.Param("user")
	u, err := app.IM.Users.Get(c.Request.Context(), id)
	switch {
	case errors.Is(err, imclient.ErrNotFound) && !whole && app.IM.Caps.Nameless(id):
		u = imclient.User{ID: id}
	case errors.Is(err, imclient.ErrNotFound), errors.Is(err, imclient.ErrInvalid), err != nil && whole:
		return app, imclient.User{ID: id}, err
	case err != nil:
		s.logFailure(c, err, http.StatusOK)
		u = imclient.User{ID: id}
	}
	return app, u, nil
}

// askUser shows a sheet, or what it would do now. It costs a call for the user and those of the preview.
func (s *Server) askUser(m userSheet) func(*gin.Context) error {
	return func(c *gin.Context) error {
		app, u, err := s.sheetUser(c, m.whole)
		if err != nil {
			return err
		}
		q := c.Request.URL.Query()
		a := &userAsking{s: s, c: c, app: app, u: u, m: m, f: readUserForm(c.Request.Context(), q)}
		a.f.key = ""
		if m.asks && a.f.why == "" {
			a.f.why = s.lastReason(c, m.name)
		}
		if m.name == globalUnmuteSheet.name && !q.Has("now") {
			a.tickMuted()
		}
		if err := a.look(); err != nil {
			return err
		}
		if q.Has("now") && wantsPart(c.Request) {
			part := templates.MemberPreviewNow(a.view().MemberSheetView)
			return render(c, http.StatusOK, part, part)
		}
		return a.render(http.StatusOK)
	}
}

// actOnUser does what a sheet asks for. What was filled in comes back with what is wrong with it.
func (s *Server) actOnUser(m userSheet) func(*gin.Context) error {
	return func(c *gin.Context) error {
		v, err := form(c)
		if err != nil {
			return err
		}
		if m.whole { // a colleague's change is found only in what the service says now
			c.Request = c.Request.WithContext(imclient.Fresh(c.Request.Context()))
		}
		app, u, err := s.sheetUser(c, m.whole)
		if err != nil {
			return err
		}
		ctx := c.Request.Context()
		a := &userAsking{s: s, c: c, app: app, u: u, m: m, f: readUserForm(ctx, v)}
		if v.Has("preview") {
			if err := a.look(); err != nil {
				return err
			}
			return a.render(http.StatusOK)
		}
		if a.wrong = a.mistakes(); len(a.wrong) > 0 {
			return a.refused()
		}
		r, err := s.Actions.Do(ctx, s.actor(c), app.Target(), m.action(a))
		_, reused := errors.AsType[*actions.KeyReused](err)
		switch {
		case err == nil:
			if m.asks {
				s.keepReason(c, m.name, a.f.why)
			}
			return a.done(r)
		case isInvalid(err):
			a.invalid = err
			return a.refused()
		case reused:
			p := explain(ctx, err, true)
			a.notice, a.f.key = &p.notice, ""
			return a.refused()
		}
		return a.failed(err)
	}
}

// userAsking is one sheet on its way.
type userAsking struct {
	s   *Server
	c   *gin.Context
	app *App
	u   imclient.User
	m   userSheet
	f   userForm

	wrong   map[string]string // by field
	invalid error             // of package actions
	notice  *templates.Notice
	preview *actions.Preview  // nil: it could not be had, or the input makes no sense yet
	blind   *templates.Notice // why there is no preview
	unready error             // what is wrong with the input so far
	others  names             // of those whom the preview lists
	theirs  map[string]string // what a colleague made of a field meanwhile
}

func (a *userAsking) ctx() context.Context { return a.c.Request.Context() }

// tickMuted chooses the places in which the user is muted now; both, if that is not known.
func (a *userAsking) tickMuted() {
	m, err := a.app.IM.Mutes.Global(a.ctx(), a.u.ID)
	if err != nil {
		a.s.logFailure(a.c, err, http.StatusOK)
	}
	direct, groups := a.s.muteView(m.DirectUntil).Muted, a.s.muteView(m.GroupUntil).Muted
	a.f.direct.on, a.f.groups.on = direct || !groups, groups || !direct
}

// look finds out what would happen. What is wrong with the input is no error: the sheet is being filled in.
func (a *userAsking) look() error {
	if a.m.many && len(a.f.ids) == 0 || a.m.ready != nil && !a.m.ready(a) {
		return nil
	}
	p, err := a.s.Actions.Preview(a.ctx(), a.s.actor(a.c), a.app.Target(), a.m.action(a))
	if _, offered := errors.AsType[*actions.NotOffered](err); offered {
		return err
	}
	switch {
	case isInvalid(err):
		a.unready = err
	case err != nil:
		a.s.logFailure(a.c, err, http.StatusOK)
		e := explain(a.ctx(), err, false)
		a.blind = &templates.Notice{Title: e.notice.Title, Next: i18n.T(a.ctx(), "users.sheet.blind"), Code: e.notice.Code}
	default:
		p.Items = mostTelling(p.Items)
		a.preview = &p
		if a.m.many {
			a.learn(p.Items[:min(len(p.Items), sheetLines)])
		}
	}
	return nil
}

// learn asks for the names of those whom the preview lists. They are a courtesy.
func (a *userAsking) learn(items []actions.Item) {
	ids := make([]string, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	users, _, err := a.app.IM.Users.GetMany(a.ctx(), ids)
	if err != nil {
		a.s.logFailure(a.c, err, http.StatusOK)
	}
	a.others = names{}
	for _, u := range users {
		a.others[u.ID] = u.Nick
	}
}

// mistakes are what a sheet refuses before package actions is asked, by field.
func (a *userAsking) mistakes() map[string]string {
	w := map[string]string{}
	if a.m.name == globalMuteSheet.name {
		for name, p := range map[string]globalPart{"direct": a.f.direct, "groups": a.f.groups} {
			if p.length == lengthUntil && p.span.Until.IsZero() {
				w[name+"_until"] = i18n.T(a.ctx(), "members.wrong.until")
			}
		}
	}
	switch {
	case !a.m.asks:
	case a.f.why == reasonOther && a.f.words == "":
		w["words"] = i18n.T(a.ctx(), "members.wrong.words")
	case a.f.reason == "":
		w["why"] = i18n.T(a.ctx(), "members.wrong.reason")
	}
	if a.m.wrong != nil {
		a.m.wrong(a, w)
	}
	return w
}

// fault is what is wrong with a field, in words; "" if nothing is.
func (a *userAsking) fault(name string) string {
	for _, err := range []error{a.invalid, a.unreadyIfWrong()} {
		if text := invalidText(a.ctx(), err, name); text != "" {
			return text
		}
	}
	return a.wrong[name]
}

// unreadyIfWrong is what package actions finds wrong besides what is wrong already: all of it is said at once.
func (a *userAsking) unreadyIfWrong() error {
	if len(a.wrong) == 0 {
		return nil
	}
	return a.unready
}

// refused sends the form back as it was filled in, with what is wrong beside the fields.
func (a *userAsking) refused() error {
	if err := a.look(); err != nil {
		return err
	}
	return a.render(http.StatusUnprocessableEntity)
}

// failed answers when nothing could be sent. A form sent without scripts comes back filled in: nothing typed is lost.
func (a *userAsking) failed(err error) error {
	_, service := errors.AsType[*imclient.Error](err)
	if wantsPart(a.c.Request) || !service || errors.Is(err, imclient.ErrNotFound) {
		return err
	}
	p := explain(a.ctx(), err, true)
	a.s.logFailure(a.c, err, p.status)
	a.notice = &p.notice
	return a.render(p.status)
}

func (a *userAsking) render(status int) error {
	v := a.view()
	back := templates.Link{Text: orID(a.u.Nick, a.u.ID), URL: v.Sheet.BackURL, Name: true}
	return render(a.c, status, templates.UserSheetPage(a.s.chrome(a.c), v, back), templates.UserSheet(v))
}

func (a *userAsking) back() string { return sheetBack(a.c, userURL(a.app, a.u.ID)) }

// view is the sheet.
func (a *userAsking) view() templates.UserSheetView {
	ctx, m := a.ctx(), a.m
	back := a.back()
	key := a.f.key
	if key == "" || a.c.Request.Method == http.MethodGet {
		key = rand.Text()
	}
	//i18n:uses users.sheet.global_mute.*
	//i18n:uses users.sheet.global_unmute.*
	//i18n:uses users.sheet.sign_out.*
	//i18n:uses users.sheet.edit.*
	//i18n:uses users.sheet.delete.*
	//i18n:uses users.sheet.friends_add.*
	//i18n:uses users.sheet.friends_edit.*
	//i18n:uses users.sheet.friends_remove.*
	//i18n:uses users.sheet.friend_lists_add.*
	//i18n:uses users.sheet.friend_lists_remove.*
	//i18n:uses users.sheet.blocks_add.*
	//i18n:uses users.sheet.blocks_remove.*
	//i18n:uses users.sheet.contacts_remove.*
	text := "users.sheet." + m.name
	v := templates.UserSheetView{MemberSheetView: templates.MemberSheetView{
		Sheet: templates.SheetView{
			ID: "user-" + strings.ReplaceAll(m.name, "_", "-"), Title: i18n.T(ctx, text+".title", "who", orID(a.u.Nick, a.u.ID)),
			Text: i18n.T(ctx, text+".text", "id", a.u.ID), Action: a.c.Request.URL.EscapedPath(), BackURL: back,
			Hidden: []string{"back", back, "key", key}, Submit: i18n.T(ctx, text+".submit"), Danger: m.harm, Notice: a.notice,
			Foot: i18n.T(ctx, "members.can_undo"),
		},
		AskURL: a.c.Request.URL.EscapedPath() + "?now=1",
		Words: templates.FieldView{
			Name: "words", Label: i18n.T(ctx, "members.words"), Value: a.f.words, Optional: true,
			Error: orID(a.fault("words"), a.fault("reason")), Attrs: map[string]any{"dir": "auto"},
		},
		Note: templates.FieldView{
			Name: "note", Label: i18n.T(ctx, "members.note"), Value: a.f.note, Rows: 2, Optional: true, Error: a.fault("note"),
			Attrs: map[string]any{"dir": "auto"},
		},
	}}
	if m.harm {
		v.Sheet.Variant = "harm-solid"
	}
	if m.final {
		v.Sheet.Foot = i18n.T(ctx, actions.UndoImpossible)
	}
	if m.asks {
		v.Reason = &templates.FieldView{Name: "why", Label: i18n.T(ctx, "members.reason_label"), Value: a.f.why, Error: a.fault("why")}
		v.Reasons = reasonMenu(ctx)
	} else {
		v.Words.Label = i18n.T(ctx, "members.reason_label")
		v.Words.Required, v.Words.Optional = m.says, !m.says
	}
	a.places(&v)
	if a.m.fields != nil {
		a.m.fields(a, &v)
	}
	v.Preview = a.previewView(v.Sheet.ID)
	if a.preview != nil && a.preview.Act == 0 && len(a.preview.Items) > 0 {
		v.Sheet.Why = itemText(ctx, a.preview.Verb, a.preview.Items[0], a.names())
	}
	if n := badField(ctx, a.invalid, a.placed(v)...); n != nil && v.Sheet.Notice == nil {
		v.Sheet.Notice = n
	}
	return v
}

// places asks where, and of a mute for how long.
func (a *userAsking) places(v *templates.UserSheetView) {
	ctx := a.ctx()
	where := a.fault("where")
	switch a.m.name {
	case globalMuteSheet.name:
		leave := templates.Option{Value: lengthLeave, Text: i18n.T(ctx, "users.sheet.leave")}
		for _, p := range []struct {
			name, label string
			part        globalPart
		}{
			{"direct", i18n.T(ctx, "users.may_direct"), a.f.direct}, {"groups", i18n.T(ctx, "users.may_groups"), a.f.groups},
		} {
			span := templates.SpanView{
				Length:  templates.FieldView{Name: p.name + "_for", Label: p.label, Value: p.part.length, Error: where},
				Lengths: append(lengthTiles(ctx), leave),
			}
			if p.part.length != lengthLeave && p.part.length != lengthUntil {
				span.Length.Error = orID(where, a.fault("length"))
			}
			wrong := a.fault(p.name + "_until")
			if p.part.length == lengthUntil && wrong == "" {
				wrong = a.fault("until")
			}
			span.Until = untilField(ctx, p.name+"_until", p.part.until, wrong)
			v.Spans = append(v.Spans, span)
		}
	case globalUnmuteSheet.name:
		v.Where = []templates.WhereView{
			{Name: "direct", Option: templates.Option{Text: i18n.T(ctx, "users.may_direct")}, On: a.f.direct.on},
			{Name: "groups", Option: templates.Option{Text: i18n.T(ctx, "users.may_groups")}, On: a.f.groups.on},
		}
		if where != "" && v.Sheet.Notice == nil {
			v.Sheet.Notice = &templates.Notice{Tone: "bad", Answer: true, Title: where, Changed: i18n.T(ctx, "error.unchanged")}
		}
	}
}

// placed are the fields beside which what is wrong is said.
func (a *userAsking) placed(v templates.UserSheetView) []string {
	list := []string{"length", "until", "where", "reason", "note"}
	for _, f := range v.Fields {
		list = append(list, f.Name)
	}
	if v.Paste != nil {
		list = append(list, "friends", "others")
	}
	return list
}

func (a *userAsking) names() names {
	n := names{}
	if a.preview != nil {
		switch a.preview.Verb {
		case actions.VerbEditUser, actions.VerbEditFriend:
			return userFieldNames(a.ctx(), a.preview.Items)
		}
	}
	maps.Copy(n, a.others)
	n[a.u.ID] = a.u.Nick
	return n
}

// previewView says what will happen, and how it is now.
func (a *userAsking) previewView(id string) templates.PreviewView {
	ctx := a.ctx()
	v := templates.PreviewView{ID: id, Title: i18n.T(ctx, "members.preview.title"), Failed: a.blind}
	if a.preview != nil {
		p := *a.preview
		if rest := len(p.Items) - sheetLines; rest > 0 {
			p.Items = p.Items[:sheetLines]
			v.More = append(v.More, i18n.N(ctx, "members.preview.more", rest))
		}
		v.Lines = effects(ctx, p, a.names())
		if before := a.preview.Items[0].Before; a.m.name == globalMuteSheet.name && before.Known {
			if direct, groups := before.Ends(); !direct.IsZero() || !groups.IsZero() {
				v.More = append(v.More, i18n.T(ctx, "users.sheet.before", "state", endsText(ctx, before)))
			}
		}
	}
	if bad := badField(ctx, a.unready); bad != nil && a.c.Request.Method == http.MethodGet {
		v.Lines = append(v.Lines, templates.EffectLine{Tone: "warn", Text: bad.Title})
	}
	return v
}

// toldNames is how many of those whom an act was about have their names asked for.
const toldNames = 20

// done says what came of it: with the user as the service has it now, if the sheet was opened from the user's page, else on
// the page that it was opened from, which is drawn anew.
func (a *userAsking) done(r actions.Result) error {
	c := a.c
	if a.m.many {
		a.learn(r.Items[:min(len(r.Items), toldNames)])
	}
	known := a.names()
	if v := baseVerb(r.Verb); v == actions.VerbEditUser || v == actions.VerbEditFriend {
		known = userFieldNames(a.ctx(), r.Items)
	}
	t := a.s.resultToast(a.ctx(), a.app, r, known)
	if a.m.to != nil {
		if to := a.m.to(a, r); to != "" {
			a.s.flash(c, flash{Toast: &t})
			return seeOther(c, to)
		}
	}
	if u, err := url.Parse(currentPath(c.Request)); err == nil && wantsPart(c.Request) && u.EscapedPath() == userURL(a.app, a.u.ID) {
		c.Request = c.Request.WithContext(imclient.Fresh(a.ctx()))
		if v, _, err := a.s.userNow(c, a.app, a.u.ID, u); err == nil {
			part := templates.UserNow(v, t)
			return render(c, http.StatusOK, part, part)
		}
	}
	a.s.flash(c, flash{Toast: &t})
	return seeOther(c, a.back())
}
