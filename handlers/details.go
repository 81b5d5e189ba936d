package handlers

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// detailsRoutes are the page of what a group says of itself. Its form changes what roles of two ranks may change: the lower
// one may send it, and package actions asks again for each part.
func (s *Server) detailsRoutes() []route {
	const details = "/apps/:app/groups/:group/details"
	return []route{
		{get, details, auth.VerbView, s.groupDetails},
		{post, details, auth.VerbMuteAll, s.editGroup},
	}
}

// groupDetails shows all that the service tells of a group. It costs the calls of groupFrame.
func (s *Server) groupDetails(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	frame, g, err := s.groupFrame(c, app, tabDetails)
	if err != nil {
		return err
	}
	e := &editing{s: s, c: c, app: app, g: g, f: detailsForm{values: map[string]string{}, seen: map[string]string{}}}
	v := e.view(frame)
	return render(c, http.StatusOK, templates.DetailsPage(s.chrome(c), v), templates.Details(v))
}

// detailFields are the fields of the form, in order.
var detailFields = []string{
	actions.FieldName, actions.FieldIntro, actions.FieldNotice, actions.FieldAvatar, actions.FieldJoinOption, actions.FieldMuteAll,
}

// joinOptions are how users can come into a group by themselves.
//
// Source: Tencent Cloud Chat REST API, create_group (doc 34895), ApplyJoinOption.
var joinOptions = []string{"FreeAccess", "NeedPermission", "DisableApply"}

// maxCustomText is how much of an app's own field is shown, in bytes.
const maxCustomText = 512

// detailsForm is what was filled in.
type detailsForm struct {
	values    map[string]string // by field, as formValue; what is not in it was not offered
	seen      map[string]string // by field, the mark of what the form showed
	reason    string
	key       string
	confirmed bool
}

func readDetails(v url.Values) detailsForm {
	f := detailsForm{
		values: map[string]string{}, seen: map[string]string{}, reason: strings.TrimSpace(lines(v.Get("reason"))),
		key: v.Get("key"), confirmed: v.Get("confirmed") != "",
	}
	for _, field := range detailFields {
		if v.Has(field) {
			f.values[field] = formValue(field, v.Get(field))
			f.seen[field] = v.Get("seen_" + field)
		}
	}
	return f
}

// lines writes line ends as one character: forms send two.
func lines(s string) string { return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s) }

// formValue is a field's text as a form can hold it, so that a field which nobody touched comes back as it was shown:
// fields of one line have no line ends, areas lose one at their beginning, and no form holds control characters.
func formValue(field, text string) string {
	area := field == actions.FieldIntro || field == actions.FieldNotice
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && area, r == '\t':
			return r
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, lines(strings.ToValidUTF8(text, "\uFFFD")))
	if area {
		return strings.TrimLeft(text, "\n")
	}
	return text
}

// mark stands for a text in a hidden field, so that a long one need not be sent twice.
func mark(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// touched reports whether a field was changed by hand.
func (f detailsForm) touched(field string) bool {
	v, offered := f.values[field]
	return offered && mark(v) != f.seen[field]
}

// editing is the form on its way.
type editing struct {
	s   *Server
	c   *gin.Context
	app *App
	g   imclient.Group
	f   detailsForm

	theirs  map[string]string // what a colleague made of a field meanwhile
	invalid error             // of package actions
	notice  *templates.Notice
	confirm []templates.DiffRow // what is asked again; nil: nothing is
}

func (e *editing) ctx() context.Context { return e.c.Request.Context() }

// now is a field as the service has it.
func (e *editing) now(field string) string {
	switch field {
	case actions.FieldName:
		return e.g.Name
	case actions.FieldIntro:
		return e.g.Intro
	case actions.FieldNotice:
		return e.g.Notice
	case actions.FieldAvatar:
		return e.g.AvatarURL
	case actions.FieldJoinOption:
		return e.g.JoinOption
	}
	switch e.g.MuteAll {
	case imclient.On:
		return actions.TextOn
	case imclient.Off:
		return actions.TextOff
	}
	return ""
}

// why says why a field cannot be changed; "" if it can.
func (e *editing) why(field string) string {
	right, needs := auth.VerbEditGroup, imclient.VerbEditGroup
	switch field {
	case actions.FieldAvatar:
		needs = imclient.VerbAvatar
	case actions.FieldJoinOption:
		needs = imclient.VerbJoinOption
	case actions.FieldMuteAll:
		right, needs = auth.VerbMuteAll, imclient.VerbMuteAll
	}
	return notOffered(e.c, e.app, right, needs, e.g.Type)
}

// asked is what the form asks for: changes of what the group says of itself, and mute all. Either may be nil.
func (e *editing) asked() (*actions.EditGroup, *actions.MuteAll) {
	var edit *actions.EditGroup
	common := func(suffix string) actions.Common {
		a := actions.Common{Reason: e.f.reason}
		if e.f.key != "" {
			a.Key = e.f.key + suffix
		}
		return a
	}
	for _, field := range detailFields {
		if !e.f.touched(field) || field == actions.FieldMuteAll {
			continue
		}
		if edit == nil {
			edit = &actions.EditGroup{Common: common(""), Group: e.g.ID, Seen: map[string]string{}}
		}
		v := e.f.values[field]
		switch field {
		case actions.FieldName:
			edit.Name = &v
		case actions.FieldIntro:
			edit.Intro = &v
		case actions.FieldNotice:
			edit.Notice = &v
		case actions.FieldAvatar:
			edit.Avatar = &v
		case actions.FieldJoinOption:
			edit.Join = &v
		}
		edit.Seen[field] = e.now(field)
	}
	if !e.f.touched(actions.FieldMuteAll) {
		return edit, nil
	}
	return edit, &actions.MuteAll{Common: common("-mute"), Group: e.g.ID, On: e.f.values[actions.FieldMuteAll] == actions.TextOn}
}

// conflicts finds the fields that somebody changed since the form was shown, to something else than is asked for now.
func (e *editing) conflicts() map[string]string {
	theirs := map[string]string{}
	for _, field := range detailFields {
		now := formValue(field, e.now(field))
		if e.f.touched(field) && e.f.seen[field] != "" && mark(now) != e.f.seen[field] && now != e.f.values[field] {
			theirs[field] = e.now(field)
		}
	}
	return theirs
}

// editGroup changes what the group says of itself, and mute all, which is asked again with all that will change.
func (s *Server) editGroup(c *gin.Context) error {
	v, err := form(c)
	if err != nil {
		return err
	}
	// A colleague's change is found only in what the service says now.
	c.Request = c.Request.WithContext(imclient.Fresh(c.Request.Context()))
	app, err := s.app(c)
	if err != nil {
		return err
	}
	e := &editing{s: s, c: c, app: app, f: readDetails(v)}
	if e.g, err = app.IM.Groups.Get(e.ctx(), c.Param("group")); err != nil {
		return e.failed(err)
	}
	if e.theirs = e.conflicts(); len(e.theirs) > 0 {
		return e.refused()
	}
	edit, mute := e.asked()
	if edit == nil && mute == nil {
		e.notice = &templates.Notice{Tone: "info", Answer: true, Title: i18n.T(e.ctx(), "action.invalid.no_change")}
		return e.refused()
	}
	if mute != nil && !e.f.confirmed {
		if err := e.ask(edit, *mute); err != nil {
			return e.stopped(err)
		}
		return e.render(http.StatusOK)
	}
	return e.carryOut(edit, mute)
}

// ask finds out what will change.
func (e *editing) ask(edit *actions.EditGroup, mute actions.MuteAll) error {
	list := []actions.Action{mute}
	if edit != nil {
		list = []actions.Action{*edit, mute}
	}
	for _, a := range list {
		p, err := e.s.Actions.Preview(e.ctx(), e.s.actor(e.c), e.app.Target(), a)
		if err != nil {
			return err
		}
		for _, i := range p.Items {
			e.confirm = append(e.confirm, groupDiff(e.ctx(), i))
		}
	}
	return nil
}

// groupDiff is a field of a group before and after.
func groupDiff(ctx context.Context, i actions.Item) templates.DiffRow {
	//i18n:uses audit.field.*
	return templates.DiffRow{
		Field: i18n.T(ctx, "audit.field."+i.ID), Before: groupText(ctx, i.ID, i.Before), After: groupText(ctx, i.ID, i.Want),
	}
}

// groupText is a field of a group as a person reads it; "" if it is not set.
func groupText(ctx context.Context, field string, v actions.Value) string {
	switch {
	case !v.Known:
		return i18n.T(ctx, "action.value.unknown")
	case field == actions.FieldJoinOption:
		return joinText(ctx, v.Text)
	case field == actions.FieldMuteAll && v.Text != "":
		//i18n:uses action.value.*
		return i18n.T(ctx, "action.value."+v.Text)
	}
	return v.Text
}

// fieldNames are what the fields of a group are called.
func fieldNames(ctx context.Context) names {
	n := names{}
	for _, field := range append(slices.Clone(detailFields), actions.FieldCustom) {
		n[field] = i18n.T(ctx, "audit.field."+field)
	}
	return n
}

// carryOut changes the group. If only the first of two parts could be sent, both are told of.
func (e *editing) carryOut(edit *actions.EditGroup, mute *actions.MuteAll) error {
	var toasts []templates.Toast
	do := func(a actions.Action) error {
		r, err := e.s.Actions.Do(e.ctx(), e.s.actor(e.c), e.app.Target(), a)
		if err == nil {
			toasts = append(toasts, e.s.resultToast(e.ctx(), e.app, r, fieldNames(e.ctx())))
		}
		return err
	}
	if edit != nil {
		if err := do(*edit); err != nil {
			return e.stopped(err)
		}
	}
	var half *templates.Notice
	if mute != nil {
		switch err := do(*mute); {
		case err != nil && edit == nil:
			return e.stopped(err)
		case err != nil:
			p := explain(e.ctx(), err, true)
			e.s.logFailure(e.c, err, p.status)
			p.notice.Changed = i18n.T(e.ctx(), "details.half")
			half = &p.notice
		}
	}
	return e.done(toasts, half)
}

// done shows the group as the service has it now.
func (e *editing) done(toasts []templates.Toast, half *templates.Notice) error {
	c := e.c
	page := groupURL(e.app, e.g.ID, tabDetails)
	if wantsPart(c.Request) {
		frame, g, err := e.s.groupFrame(c, e.app, tabDetails)
		if err == nil {
			e.g, e.f, e.confirm = g, detailsForm{}, nil
			part := templates.DetailsNow(e.view(frame), toasts, half)
			return render(c, http.StatusOK, part, part)
		}
	}
	for _, t := range toasts {
		e.s.flash(c, flash{Toast: &t})
	}
	if half != nil {
		e.s.flash(c, flash{Notice: half})
	}
	return seeOther(c, page)
}

// stopped answers when package actions took nothing.
func (e *editing) stopped(err error) error {
	_, reused := errors.AsType[*actions.KeyReused](err)
	switch {
	case isInvalid(err):
		e.invalid = err
		if now, failed := e.app.IM.Groups.Get(e.ctx(), e.g.ID); failed == nil {
			e.g = now
			e.theirs = e.conflicts()
		}
		return e.refused()
	case reused:
		p := explain(e.ctx(), err, true)
		e.notice, e.f.key = &p.notice, ""
		return e.refused()
	}
	return e.failed(err)
}

// refused sends the form back as it was filled in, with what is wrong beside the fields.
func (e *editing) refused() error {
	e.confirm = nil
	return e.render(http.StatusUnprocessableEntity)
}

// failed answers when nothing could be sent. A form sent without scripts comes back filled in: nothing typed is lost.
func (e *editing) failed(err error) error {
	service, is := errors.AsType[*imclient.Error](err)
	if wantsPart(e.c.Request) || !is || errors.Is(service, imclient.ErrNotFound) {
		return err
	}
	p := explain(e.ctx(), err, true)
	e.s.logFailure(e.c, err, p.status)
	e.notice, e.confirm = &p.notice, nil
	if e.g.ID == "" {
		e.g.ID = e.c.Param("group")
	}
	return e.alone(p.status)
}

// render shows the form: to htmx by itself, else on the group's page.
func (e *editing) render(status int) error {
	if wantsPart(e.c.Request) {
		part := templates.DetailsForm(e.form())
		if status == http.StatusOK {
			part = templates.DetailsFormNow(e.form())
		}
		return render(e.c, status, part, part)
	}
	frame, _, err := e.s.groupFrame(e.c, e.app, tabDetails)
	if err != nil {
		return e.alone(status)
	}
	return render(e.c, status, templates.DetailsPage(e.s.chrome(e.c), e.view(frame)), nil)
}

// alone shows the form without the group around it, which could not be read.
func (e *editing) alone(status int) error {
	back := templates.Link{Text: orID(e.g.Name, e.g.ID), URL: groupURL(e.app, e.g.ID, tabDetails), Name: true}
	return render(e.c, status, templates.DetailsFormPage(e.s.chrome(e.c), e.form(), back), nil)
}

// view is the whole page.
func (e *editing) view(frame templates.GroupFrameView) templates.DetailsView {
	ctx, g := e.ctx(), e.g
	v := templates.DetailsView{
		Frame: frame, Form: e.form(), Type: typeChip(ctx, e.app, g.Type), TypeWord: string(g.Type),
		Created: g.Created, InfoChanged: g.InfoChanged, LastMessage: g.LastMessage, Live: e.app.IM.Caps.Info(g.Type).Live,
		LastSeq: g.LastSeq, Invite: inviteText(ctx, g.InviteOpt), Join: joinText(ctx, g.JoinOption), Topics: g.Topics,
	}
	//i18n:uses cap.tencent.about.*
	//i18n:uses cap.volcengine.about.*
	if key := "cap." + string(e.app.IM.Vendor) + ".about." + string(g.Type); i18n.Has(ctx, key) {
		v.TypeAbout = i18n.T(ctx, key)
	}
	if g.LastSeq != "" && e.app.IM.Caps.Can(imclient.VerbHistory, g.Type) {
		v.LastURL = groupURL(e.app, g.ID, tabMessages) + "?seq=" + url.QueryEscape(g.LastSeq)
	}
	if now := e.now(actions.FieldMuteAll); now != "" {
		v.MuteAll = i18n.T(ctx, "action.value."+now)
	}
	for _, f := range g.Custom {
		v.Custom = append(v.Custom, customFact(ctx, f))
	}
	return v
}

// joinText and inviteText say in words who may come in. A word that the service made up since is shown as it is.
func joinText(ctx context.Context, option string) string {
	//i18n:uses details.join.*
	if key := "details.join." + option; option != "" && i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return option
}

func inviteText(ctx context.Context, option string) string {
	//i18n:uses details.invite.*
	if key := "details.invite." + option; option != "" && i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return option
}

// customFact is a field that the app made up. Its value may be any bytes: what is no text is written with escapes, and
// with its size.
func customFact(ctx context.Context, f imclient.Field) templates.FactView {
	v := f.Value
	text := utf8.ValidString(v) && !strings.ContainsFunc(v, func(r rune) bool {
		return r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\t'
	})
	shown := v[:min(len(v), maxCustomText)]
	switch {
	case !text:
		quoted := strconv.QuoteToASCII(shown)
		v = i18n.T(ctx, "details.binary", "bytes", quoted[1:len(quoted)-1], "size", i18n.Bytes(ctx, int64(len(v))))
	case len(v) > maxCustomText:
		v = strings.ToValidUTF8(shown, "") + "…"
	}
	return templates.FactView{Name: f.Key, Value: v}
}

// form is the form as it stands.
func (e *editing) form() templates.DetailsFormView {
	ctx := e.ctx()
	key := e.f.key
	if key == "" {
		key = rand.Text()
	}
	v := templates.DetailsFormView{
		Action: groupURL(e.app, e.g.ID, tabDetails), Key: key, Notice: e.notice, Confirm: e.confirm,
		Submit: i18n.T(ctx, "details.save"),
		Reason: reasonField(ctx, actions.VerbEditGroup, e.f.reason, e.invalid),
	}
	v.Reason.ID = "details-reason"
	limits := e.app.IM.Caps.Limits
	v.Name = e.text(actions.FieldName, limits.GroupName, 0)
	v.Name.Required = v.Name.Attrs["disabled"] == nil
	v.Intro = e.text(actions.FieldIntro, limits.Introduction, 2)
	v.Group = e.text(actions.FieldNotice, limits.Notice, 3)
	v.Avatar = e.text(actions.FieldAvatar, limits.Avatar, 0)
	v.Join, v.Joins = e.field(actions.FieldJoinOption), e.joins()
	v.MuteAll, v.MuteAlls = e.field(actions.FieldMuteAll), e.switches()
	for _, field := range detailFields {
		seen := e.f.seen[field]
		if seen == "" || e.theirs[field] != "" || e.f.values == nil {
			seen = mark(formValue(field, e.now(field)))
		}
		v.Seen = append(v.Seen, "seen_"+field, seen)
	}
	if len(e.confirm) > 0 {
		v.Submit = i18n.T(ctx, "details.save_mute_all")
		if e.f.values[actions.FieldMuteAll] == actions.TextOff {
			v.Submit = i18n.T(ctx, "details.save_unmute_all")
		}
	}
	if !slices.ContainsFunc(detailFields, func(field string) bool { return e.why(field) == "" }) {
		v.Why = e.why(actions.FieldName)
		v.Submit = ""
	}
	if n := badField(ctx, e.invalid, append(slices.Clone(detailFields), "reason")...); n != nil && v.Notice == nil {
		v.Notice = n
	}
	return v
}

// field is one field with what was typed, else what the service says, and what is wrong with it or why it is not offered.
func (e *editing) field(name string) templates.FieldView {
	ctx := e.ctx()
	f := templates.FieldView{
		//i18n:uses audit.field.*
		Name: name, ID: "details-" + name, Label: i18n.T(ctx, "audit.field."+name), Error: invalidText(ctx, e.invalid, name),
		Value: formValue(name, e.now(name)), Attrs: map[string]any{},
	}
	if typed, is := e.f.values[name]; is {
		f.Value = typed
	}
	if theirs, is := e.theirs[name]; is {
		f.Error = i18n.T(ctx, "details.theirs", "now", orID(groupText(ctx, name, actions.Value{Text: theirs, Known: true}), i18n.T(ctx, "ui.not_set")))
	}
	if why := e.why(name); why != "" {
		f.Attrs["disabled"], f.Hint = true, why
		if e.why(actions.FieldName) == why && e.why(actions.FieldMuteAll) == why {
			f.Hint = "" // it is said once, for the whole form
		}
	}
	return f
}

// text is a field to type into, with a count of its bytes.
func (e *editing) text(name string, limit, rows int) templates.FieldView {
	f := e.field(name)
	f.Rows = rows
	f.Attrs["dir"] = "auto"
	if limit > 0 && f.Attrs["disabled"] == nil {
		f.Attrs["data-bytes"], f.Attrs["data-bytes-text"] = strconv.Itoa(limit), i18n.Raw(e.ctx(), "details.bytes")
		f.Hint = i18n.T(e.ctx(), "details.bytes", "n", len(f.Value), "limit", limit)
	}
	if name == actions.FieldAvatar {
		f.Attrs["dir"], f.Attrs["spellcheck"], f.Attrs["inputmode"] = "ltr", "false", "url"
	}
	return f
}

func (e *editing) joins() []templates.Option {
	var list []templates.Option
	now := e.now(actions.FieldJoinOption)
	if !slices.Contains(joinOptions, now) {
		list = append(list, templates.Option{Value: now, Text: orID(now, i18n.T(e.ctx(), "groups.unknown"))})
	}
	for _, o := range joinOptions {
		list = append(list, templates.Option{Value: o, Text: joinText(e.ctx(), o)})
	}
	return list
}

func (e *editing) switches() []templates.Option {
	ctx := e.ctx()
	list := []templates.Option{
		{Value: actions.TextOff, Text: i18n.T(ctx, "details.mute_all_off")}, {Value: actions.TextOn, Text: i18n.T(ctx, "details.mute_all_on")},
	}
	if e.now(actions.FieldMuteAll) == "" {
		list = append([]templates.Option{{Value: "", Text: i18n.T(ctx, "groups.unknown")}}, list...)
	}
	return list
}
