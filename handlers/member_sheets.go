package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/jobs"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// memberSheet is one thing that can be done to people of a group: a form with a preview, and what it sends.
type memberSheet struct {
	path   string // below the group's address
	name   string // in keys of texts, and of the form
	right  auth.Verb
	needs  imclient.Verb
	lasts  bool // for a while
	asks   bool // a reason is needed
	harm   bool // takes somebody out: the focus is on Cancel
	spares bool // admins, unless they are meant as well
	action func(group string, f memberForm) actions.Action
}

// What can be done to people of a group.
var (
	muteSheet = memberSheet{
		path: "members/mute", name: "mute", right: auth.VerbMute, needs: imclient.VerbMute, lasts: true, asks: true, spares: true,
		action: func(g string, f memberForm) actions.Action {
			return actions.Mute{Common: f.common(), Group: g, Users: f.users, Span: f.span, AlsoAdmins: f.admins}
		},
	}
	unmuteSheet = memberSheet{
		path: "members/unmute", name: "unmute", right: auth.VerbUnmute, needs: imclient.VerbMute,
		action: func(g string, f memberForm) actions.Action {
			return actions.Unmute{Common: f.common(), Group: g, Users: f.users}
		},
	}
	kickSheet = memberSheet{
		path: "members/kick", name: "kick", right: auth.VerbKick, needs: imclient.VerbKick, asks: true, harm: true, spares: true,
		action: func(g string, f memberForm) actions.Action {
			return actions.Kick{Common: f.common(), Group: g, Users: f.users, Silent: f.silent, AlsoAdmins: f.admins}
		},
	}
	roleSheet = memberSheet{
		path: "members/role", name: "role", right: auth.VerbSetRole, needs: imclient.VerbSetAdmin,
		action: func(g string, f memberForm) actions.Action {
			return actions.SetRole{Common: f.common(), Group: g, Users: f.users, Role: f.role}
		},
	}
	cardSheet = memberSheet{
		path: "members/card", name: "card", right: auth.VerbNameCard, needs: imclient.VerbNameCard,
		action: func(g string, f memberForm) actions.Action {
			return actions.SetNameCard{Common: f.common(), Group: g, User: f.first(), Card: f.card}
		},
	}
	banSheet = memberSheet{
		path: "bans/add", name: "ban", right: auth.VerbBan, needs: imclient.VerbBan, lasts: true, asks: true, harm: true,
		action: func(g string, f memberForm) actions.Action {
			return actions.Ban{Common: f.common(), Group: g, Users: f.users, Span: f.span}
		},
	}
	liftSheet = memberSheet{
		path: "bans/lift", name: "lift", right: auth.VerbUnban, needs: imclient.VerbBan,
		action: func(g string, f memberForm) actions.Action {
			return actions.Unban{Common: f.common(), Group: g, Users: f.users}
		},
	}
	addSheet = memberSheet{
		path: "members/add", name: "add", right: auth.VerbAddMembers, needs: imclient.VerbAddMember,
		action: func(g string, f memberForm) actions.Action {
			return actions.AddMembers{Common: f.common(), Group: g, Users: f.users, Silent: f.silent}
		},
	}
	memberSheets = []memberSheet{muteSheet, unmuteSheet, kickSheet, roleSheet, cardSheet, banSheet, liftSheet, addSheet}
)

// Sizes of a sheet.
const (
	sheetLines   = 20  // people that the preview names
	countedFrom  = 100 // people from which on their number has to be typed
	noticeLines  = 10  // people that a notice names
	retryTargets = 50  // people whom a link to the sheet takes along
)

// lengths are how long a mute or ban may last, in the order of the tiles. Two have no length: what has no end, and what
// ends at a time that is typed in.
var lengths = []struct {
	name string
	d    time.Duration
}{
	{"10m", 10 * time.Minute},
	{"1h", time.Hour},
	{"24h", 24 * time.Hour},
	{"7d", 7 * 24 * time.Hour},
	{"30d", 30 * 24 * time.Hour},
	{lengthForever, 0},
	{lengthUntil, 0},
}

const (
	lengthForever = "forever"
	lengthUntil   = "until"
	lengthDefault = "24h"
)

// reasons are what people are muted, removed or banned for, in the order of the menu; the last one is said in words.
var reasons = []string{"ads", "fraud", "flood", "insults", "sexual", "illegal", "impersonation", "off_topic", reasonOther}

const reasonOther = "other"

// memberForm is what was filled in.
type memberForm struct {
	users    []string // distinct, in the order given
	repeated int      // ids that were given again
	pasted   bool     // they were typed in
	paste    string
	length   string
	until    string
	span     actions.Span
	admins   bool
	silent   bool
	role     imclient.Role
	card     string
	carded   bool // the card was filled in
	why      string
	words    string
	reason   string // why and words in one
	note     string
	confirm  string
	key      string
}

func (f memberForm) common() actions.Common {
	return actions.Common{Reason: f.reason, Note: f.note, Key: f.key}
}

func (f memberForm) first() string {
	if len(f.users) == 0 {
		return ""
	}
	return f.users[0]
}

// readMemberForm reads a form, or the address of a sheet.
func readMemberForm(ctx context.Context, v url.Values) memberForm {
	f := memberForm{
		pasted: v.Has("paste"), paste: v.Get("paste"), length: v.Get("for"), until: strings.TrimSpace(v.Get("until")),
		admins: v.Get("admins") != "", silent: v.Get("silent") != "", role: imclient.Role(v.Get("role")),
		card: v.Get("card"), carded: v.Has("card"), why: v.Get("why"), words: strings.TrimSpace(v.Get("words")),
		note: strings.TrimSpace(strings.ReplaceAll(v.Get("note"), "\r\n", "\n")), confirm: strings.TrimSpace(v.Get("confirm")), key: v.Get("key"),
	}
	f.users, f.repeated = distinctIDs(append(v["users"], splitIDs(f.paste)...))
	f.pasted = f.pasted || len(f.users) == 0
	if f.length == "" {
		f.length = lengthDefault
	}
	f.span = readSpan(ctx, f.length, f.until)
	f.reason = wholeReason(ctx, f.why, f.words)
	return f
}

// wholeReason is a reason of the menu and what was said in words, in one.
func wholeReason(ctx context.Context, why, words string) string {
	if !slices.Contains(reasons, why) || why == reasonOther {
		return words
	}
	//i18n:uses members.reason.*
	reason := i18n.T(ctx, "members.reason."+why)
	if words == "" {
		return reason
	}
	return i18n.T(ctx, "members.reason_and", "reason", reason, "words", words)
}

// readSpan is how long something is to last; zero if that makes no sense.
func readSpan(ctx context.Context, length, until string) actions.Span {
	switch length {
	case lengthForever:
		return actions.Span{Forever: true}
	case lengthUntil:
		for _, layout := range []string{atLayout, atLayout + ":05"} {
			if t, err := time.ParseInLocation(layout, until, i18n.From(ctx).Zone); err == nil {
				return actions.Span{Until: t}
			}
		}
		return actions.Span{}
	}
	for _, l := range lengths {
		if l.name == length {
			return actions.Span{For: l.d}
		}
	}
	return actions.Span{}
}

// splitIDs reads ids that were pasted: with spaces, commas or semicolons between them, or one a line.
func splitIDs(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;，；、\uFEFF", r) })
}

func distinctIDs(list []string) (ids []string, repeated int) {
	seen := make(map[string]bool, len(list))
	for _, id := range list {
		switch {
		case id == "":
		case seen[id]:
			repeated++
		default:
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids, repeated
}

// wrong is what a sheet refuses before package actions is asked, by field.
func (m memberSheet) wrong(ctx context.Context, f memberForm) map[string]string {
	w := map[string]string{}
	if m.lasts && f.length == lengthUntil && f.span.Until.IsZero() {
		w["until"] = i18n.T(ctx, "members.wrong.until")
	}
	if m.asks && f.why == reasonOther && f.words == "" {
		w["words"] = i18n.T(ctx, "members.wrong.words")
	} else if m.asks && f.reason == "" {
		w["why"] = i18n.T(ctx, "members.wrong.reason")
	}
	if m.name == cardSheet.name && len(f.users) > 1 {
		w["users"] = i18n.T(ctx, "members.wrong.one")
	}
	if n := len(f.users); n > actions.MaxTargets {
		w["users"] = i18n.T(ctx, "action.invalid.too_many", "n", n, "limit", actions.MaxTargets)
	}
	if m.counts(f) && f.confirm != strconv.Itoa(len(f.users)) {
		w["confirm"] = i18n.T(ctx, "members.wrong.confirm", "n", len(f.users))
	}
	return w
}

// counts reports whether the number of people has to be typed in.
func (m memberSheet) counts(f memberForm) bool {
	return m.asks && len(f.users) > countedFrom && len(f.users) <= actions.MaxTargets
}

// askMembers shows a sheet, or what it would do now. It costs one call for the group, those of the preview and, at the same
// time, two for the names of those whom it lists.
func (s *Server) askMembers(m memberSheet) func(*gin.Context) error {
	return func(c *gin.Context) error {
		app, g, err := s.sheetGroup(c)
		if err != nil {
			return err
		}
		ctx := c.Request.Context()
		q := c.Request.URL.Query()
		f := readMemberForm(ctx, q)
		f.key = ""
		if m.asks && f.why == "" {
			f.why = s.lastReason(c, m.name)
		}
		if m.name == cardSheet.name && !f.carded && len(f.users) == 1 {
			f.card = cardNow(ctx, app, g, f.first())
		}
		a := &asking{s: s, c: c, app: app, g: g, m: m, f: f}
		if err := a.look(); err != nil {
			return err
		}
		if q.Has("now") && wantsPart(c.Request) {
			part := templates.MemberPreviewNow(a.view())
			return render(c, http.StatusOK, part, part)
		}
		return a.render(http.StatusOK)
	}
}

// cardNow is somebody's name card; "" if there is none, or if it cannot be had.
func cardNow(ctx context.Context, app *App, g imclient.Group, user string) string {
	list, err := app.IM.Members.Get(ctx, g.ID, []string{user})
	if err != nil || len(list) == 0 {
		return ""
	}
	return list[0].NameCard
}

// settingReason keeps which reason an operator gave last, by what was done.
const settingReason = "reason."

// lastReason is the reason that is chosen when a sheet opens.
func (s *Server) lastReason(c *gin.Context, sheet string) string {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	last, err := s.Store.Settings.Get(ctx, op.ID, settingReason+sheet)
	if err != nil {
		s.Log.WarnContext(ctx, "last reason", "reference", referenceOf(ctx), "error", err)
	}
	if slices.Contains(reasons, last) && last != reasonOther {
		return last
	}
	return reasons[0]
}

func (s *Server) keepReason(c *gin.Context, sheet, why string) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	if !slices.Contains(reasons, why) || s.lastReason(c, sheet) == why {
		return
	}
	if err := s.Store.Settings.Set(ctx, op.ID, settingReason+sheet, why); err != nil {
		s.Log.WarnContext(ctx, "keep a reason", "reference", referenceOf(ctx), "error", err)
	}
}

// actOnMembers does what a sheet, a button of a list or the palette asks for. What was filled in comes back with what is
// wrong with it.
func (s *Server) actOnMembers(m memberSheet) func(*gin.Context) error {
	return func(c *gin.Context) error {
		v, err := form(c)
		if err != nil {
			return err
		}
		app, err := s.app(c)
		if err != nil {
			return err
		}
		ctx := c.Request.Context()
		a := &asking{s: s, c: c, app: app, g: imclient.Group{ID: c.Param("group")}, m: m, f: readMemberForm(ctx, v)}
		g, err := app.IM.Groups.Get(ctx, a.g.ID)
		if err != nil {
			return a.failed(fmt.Errorf("group of app %s: %w", app.Name, err))
		}
		a.g = g
		if a.f.key == "" {
			a.f.key = c.Query("once")
		}
		if v.Has("preview") {
			if err := a.look(); err != nil {
				return err
			}
			return a.render(http.StatusOK)
		}
		if len(a.f.users) > recallAtOnce && s.mayNotBulk(c) != "" {
			return errForbidden
		}
		if a.wrong = m.wrong(ctx, a.f); len(a.wrong) > 0 {
			return a.refused()
		}
		if len(a.f.users) > recallAtOnce && m.name != cardSheet.name {
			return a.startJob()
		}
		r, err := s.Actions.Do(ctx, s.actor(c), app.Target(), m.action(g.ID, a.f))
		reused, again := errors.AsType[*actions.KeyReused](err)
		if again && a.quick() { // another act by the same button of a list: it is not the first one sent twice
			a.f.key, again = "", false
			r, err = s.Actions.Do(ctx, s.actor(c), app.Target(), m.action(g.ID, a.f))
		}
		switch {
		case err == nil:
			if m.asks {
				s.keepReason(c, m.name, a.f.why)
			}
			return a.done(r)
		case isInvalid(err):
			a.invalid = err
			return a.refused()
		case again:
			a.f.key = ""
			a.notice = &templates.Notice{
				Tone: "warn", Answer: true, Title: i18n.T(ctx, "members.sent.title"), Next: i18n.T(ctx, "members.sent.next"),
				Actions: []templates.ButtonView{{Text: i18n.T(ctx, "action.done.show"), URL: entryURL(app, reused.ID)}},
			}
			return a.refused()
		}
		return a.failed(err)
	}
}

// spec is the job that a sheet becomes when many are chosen.
func (m memberSheet) spec(group string, f memberForm) jobs.Spec {
	return jobs.Spec{
		Kind: string(m.action(group, f).Verb()), Groups: []string{group}, Users: f.users, Span: f.span, AlsoAdmins: f.admins, Silent: f.silent,
		Role: f.role, Reason: f.reason, Note: f.note,
	}
}

// startJob has a job do it: it goes on without this request, can be taken back for a moment, and tells what became of each.
func (a *asking) startJob() error {
	ctx := a.c.Request.Context()
	j, err := a.s.Jobs.Start(ctx, a.s.actor(a.c), a.app.Target(), a.m.spec(a.g.ID, a.f), a.f.key)
	switch {
	case isInvalid(err):
		a.invalid = err
		return a.refused()
	case err != nil:
		return a.failed(err)
	}
	if a.m.asks {
		a.s.keepReason(a.c, a.m.name, a.f.why)
	}
	return a.s.answer(a.c, http.StatusOK, a.s.startedToast(ctx, j), jobURL(j.ID))
}

// asking is one sheet on its way.
type asking struct {
	s   *Server
	c   *gin.Context
	app *App
	g   imclient.Group
	m   memberSheet
	f   memberForm

	wrong   map[string]string // by field
	invalid error             // of package actions
	notice  *templates.Notice

	preview *actions.Preview // nil: not looked, nobody is named yet, or it could not be had
	people  *people
	blind   *templates.Notice // why there is no preview
	unready error             // what is wrong with the input so far
}

// look finds out what would happen. What is wrong with the input is no error: the sheet is being filled in.
func (a *asking) look() error {
	if len(a.f.users) == 0 {
		return nil
	}
	ctx := a.c.Request.Context()
	p, err := a.s.Actions.Preview(ctx, a.s.actor(a.c), a.app.Target(), a.m.action(a.g.ID, a.f))
	if _, offered := errors.AsType[*actions.NotOffered](err); offered {
		return err
	}
	switch {
	case isInvalid(err):
		a.unready = err
	case err != nil:
		a.s.logFailure(a.c, err, http.StatusOK)
		e := explain(ctx, err, false)
		a.blind = &templates.Notice{Title: e.notice.Title, Next: i18n.T(ctx, "members.preview.failed"), Code: e.notice.Code}
	default:
		p.Items = mostTelling(p.Items)
		a.preview = &p
		var ids []string
		for _, i := range p.Items[:min(len(p.Items), sheetLines)] {
			ids = append(ids, i.ID)
		}
		a.people = a.s.people(ctx, a.app, a.g, ids)
	}
	return nil
}

// mostTelling puts first who is skipped or changed differently, if not all can be listed.
func mostTelling(items []actions.Item) []actions.Item {
	if len(items) <= sheetLines {
		return items
	}
	plain := func(i actions.Item) int {
		switch {
		case i.Skip != "":
			return 0
		case i.Effect == actions.EffectLonger || i.Effect == actions.EffectShorter || i.Effect == actions.EffectSame:
			return 1
		}
		return 2
	}
	out := slices.Clone(items)
	slices.SortStableFunc(out, func(a, b actions.Item) int { return plain(a) - plain(b) })
	return out
}

// refused sends the form back as it was filled in, with what is wrong beside the fields and the preview as it is now.
func (a *asking) refused() error {
	if a.quick() && wantsPart(a.c.Request) {
		n := badField(a.c.Request.Context(), a.invalid)
		if n == nil {
			n = a.notice
		}
		if n != nil {
			return render(a.c, http.StatusUnprocessableEntity, templates.NoticeBox(*n), templates.NoticeBox(*n))
		}
	}
	if err := a.look(); err != nil {
		return err
	}
	return a.render(http.StatusUnprocessableEntity)
}

// quick reports whether the act was sent by a button of a list, not by a sheet.
func (a *asking) quick() bool { return a.c.Query("once") != "" }

// failed answers when nothing could be sent. A form sent without scripts comes back filled in: nothing typed is lost.
func (a *asking) failed(err error) error {
	_, service := errors.AsType[*imclient.Error](err)
	if wantsPart(a.c.Request) || !service || errors.Is(err, imclient.ErrNotFound) {
		return err
	}
	p := explain(a.c.Request.Context(), err, true)
	a.s.logFailure(a.c, err, p.status)
	a.notice = &p.notice
	return a.render(p.status)
}

func (a *asking) render(status int) error {
	v := a.view()
	back := templates.Link{Text: orID(a.g.Name, a.g.ID), URL: v.Sheet.BackURL, Name: true}
	return render(a.c, status, templates.MemberSheetPage(a.s.chrome(a.c), v, back), templates.MemberSheet(v))
}

// back is the page that the sheet was opened from.
func (a *asking) back() string {
	return sheetBack(a.c, groupURL(a.app, a.c.Param("group"), tabMembers))
}

// sheetBack is the page that a sheet was opened from, else other.
func sheetBack(c *gin.Context, other string) string {
	for _, back := range []string{c.PostForm("back"), c.PostForm("return"), c.Query("back"), c.Query("return")} {
		if back != "" {
			return auth.SafeNext(back)
		}
	}
	if at := currentPath(c.Request); at != "" && !strings.HasPrefix(at, c.Request.URL.EscapedPath()) {
		return auth.SafeNext(at)
	}
	return other
}

// fault is what is wrong with a field, in words; "" if nothing is.
func (a *asking) fault(names ...string) string {
	for _, name := range names {
		if text := a.wrong[name]; text != "" {
			return text
		}
		if text := invalidText(a.c.Request.Context(), a.invalid, name); text != "" {
			return text
		}
		if len(a.wrong) > 0 { // all that is wrong at once
			if text := invalidText(a.c.Request.Context(), a.unready, name); text != "" {
				return text
			}
		}
	}
	return ""
}

// view is the sheet.
func (a *asking) view() templates.MemberSheetView {
	ctx := a.c.Request.Context()
	f, m := a.f, a.m
	back := a.back()
	key := f.key
	if key == "" || a.c.Request.Method == http.MethodGet {
		key = rand.Text()
	}
	group := orID(a.g.Name, a.g.ID)
	//i18n:uses members.mute.*
	//i18n:uses members.unmute.*
	//i18n:uses members.kick.*
	//i18n:uses members.role.*
	//i18n:uses members.card.*
	//i18n:uses members.ban.*
	//i18n:uses members.lift.*
	//i18n:uses members.add.*
	text := "members." + m.name
	v := templates.MemberSheetView{
		Sheet: templates.SheetView{
			ID: "member-" + m.name, Title: i18n.T(ctx, text+".by_id"), Text: i18n.T(ctx, text+".text", "group", group),
			Action: a.c.Request.URL.EscapedPath(), BackURL: back, Hidden: []string{"back", back, "key", key},
			Foot: a.foot(), Danger: m.harm && !f.pasted, Notice: a.notice,
		},
		AskURL: a.c.Request.URL.EscapedPath() + "?now=1",
	}
	if m.harm {
		v.Sheet.Variant = "harm-solid"
	}
	v.Sheet.Submit, v.Sheet.Why = a.submit()
	a.targets(&v)
	if m.lasts {
		a.lengths(&v)
	}
	a.particulars(&v)
	a.reasons(&v)
	v.Note = templates.FieldView{
		Name: "note", Label: i18n.T(ctx, "members.note"), Value: f.note, Rows: 2, Optional: true, Error: a.fault("note"), Attrs: map[string]any{"dir": "auto"},
	}
	v.Preview = a.previewView(v.Sheet.ID)
	if m.name == cardSheet.name {
		v.Sheet.ID += fmt.Sprintf("-%x", crc32.ChecksumIEEE([]byte(f.first()))) // what was typed for one is no draft for another
		v.Preview.ID = v.Sheet.ID
	}
	if n := badField(ctx, a.invalid, "users", "user", "length", "until", "reason", "note", "role", "card"); n != nil && v.Sheet.Notice == nil {
		v.Sheet.Notice = n
	}
	return v
}

// foot says whether it can be taken back.
func (a *asking) foot() string {
	ctx := a.c.Request.Context()
	if a.m.name == kickSheet.name && !a.app.IM.Caps.Can(imclient.VerbAddMember, a.g.Type) {
		return i18n.T(ctx, "action.undo.impossible")
	}
	if a.m.name == addSheet.name && !a.app.IM.Caps.Can(imclient.VerbKick, a.g.Type) {
		return i18n.T(ctx, "action.undo.impossible")
	}
	return i18n.T(ctx, "members.can_undo")
}

// submit is the button with the true number, and why it is not offered.
func (a *asking) submit() (text, why string) {
	ctx := a.c.Request.Context()
	key := "members." + a.m.name
	n := len(a.f.users)
	if a.preview != nil {
		n = a.preview.Act
	}
	text = i18n.T(ctx, key+".button")
	if n > 0 && a.m.name != cardSheet.name {
		text = i18n.N(ctx, key+".submit", n)
	}
	switch {
	case len(a.f.users) > recallAtOnce && a.s.mayNotBulk(a.c) != "":
		why = a.s.mayNotBulk(a.c)
	case a.preview != nil && n == 0 && a.m.name != cardSheet.name:
		why = i18n.T(ctx, "members.nobody")
	}
	return text, why
}

// targets are the people: those ticked, or a field to paste ids into.
func (a *asking) targets(v *templates.MemberSheetView) {
	ctx := a.c.Request.Context()
	problem := a.fault("users", "user")
	if !a.f.pasted {
		v.Users = a.f.users[:min(len(a.f.users), actions.MaxTargets+1)]
		v.Sheet.Title = i18n.N(ctx, "members."+a.m.name+".title", len(a.f.users))
		if problem != "" && v.Sheet.Notice == nil {
			v.Sheet.Notice = &templates.Notice{Tone: "bad", Answer: true, Title: problem, Changed: i18n.T(ctx, "error.unchanged")}
		}
		return
	}
	paste := a.f.paste
	if paste == "" {
		paste = strings.Join(a.f.users, "\n")
	}
	v.Paste = &templates.FieldView{
		Name: "paste", Label: i18n.T(ctx, "members.ids"), Hint: i18n.T(ctx, "members.ids_hint", "limit", actions.MaxTargets), Value: paste,
		Rows: 5, Required: true, Error: problem, Attrs: map[string]any{"autofocus": true, "spellcheck": "false"},
	}
}

// lengths are the tiles of how long it lasts.
func (a *asking) lengths(v *templates.MemberSheetView) {
	ctx := a.c.Request.Context()
	v.Length = &templates.FieldView{Name: "for", Label: i18n.T(ctx, "members.length"), Value: a.f.length}
	if a.wrong["until"] == "" {
		v.Length.Error = a.fault("length")
	}
	v.Lengths = lengthTiles(ctx)
	v.Until = untilField(ctx, "until", a.f.until, a.fault("until"))
}

func lengthTiles(ctx context.Context) []templates.Option {
	var list []templates.Option
	for _, l := range lengths {
		//i18n:uses members.length_*
		list = append(list, templates.Option{Value: l.name, Text: i18n.T(ctx, "members.length_"+l.name)})
	}
	return list
}

// untilField is the field for a moment, in the operator's zone.
func untilField(ctx context.Context, name, value, wrong string) templates.FieldView {
	return templates.FieldView{
		Name: name, Label: i18n.T(ctx, "members.until"), Type: "datetime-local", Value: value, Error: wrong,
		Hint: i18n.T(ctx, "members.until_hint", "now", i18n.Full(ctx, i18n.From(ctx).Now())),
	}
}

// particulars are the fields that only one sheet has.
func (a *asking) particulars(v *templates.MemberSheetView) {
	ctx := a.c.Request.Context()
	switch a.m.name {
	case roleSheet.name:
		v.Role = &templates.FieldView{Name: "role", Label: i18n.T(ctx, "members.column.role"), Value: string(a.f.role), Error: a.fault("role")}
		v.Roles = []templates.Option{
			{Value: string(imclient.RoleAdmin), Text: i18n.T(ctx, "members.role.make"), Hint: i18n.T(ctx, "members.role.make_hint")},
			{Value: string(imclient.RoleMember), Text: i18n.T(ctx, "members.role.take"), Hint: i18n.T(ctx, "members.role.take_hint")},
		}
	case cardSheet.name:
		v.Card = &templates.FieldView{
			Name: "card", Label: i18n.T(ctx, "members.card.label"), Value: a.f.card, Error: a.fault("card"),
			Hint: i18n.T(ctx, "members.card.hint", "limit", a.app.IM.Caps.Limits.NameCard), Attrs: map[string]any{"dir": "auto"},
		}
	case kickSheet.name:
		v.Silent = &templates.Option{Text: i18n.T(ctx, "members.kick.silent"), Hint: i18n.T(ctx, "members.kick.silent_hint")}
		v.SilentOn = a.f.silent
	case addSheet.name:
		v.Silent = &templates.Option{Text: i18n.T(ctx, "members.kick.silent"), Hint: i18n.T(ctx, "members.add.silent_hint")}
		v.SilentOn = a.f.silent
	}
	if a.m.spares && (a.f.pasted || a.f.admins || a.meetsAdmins()) {
		v.Admins, v.AdminsOn = &templates.Option{Text: i18n.T(ctx, "members.admins"), Hint: i18n.T(ctx, "members.admins_hint")}, a.f.admins
	}
}

// meetsAdmins reports whether an admin is among the people.
func (a *asking) meetsAdmins() bool {
	return a.preview != nil && slices.ContainsFunc(a.preview.Items, func(i actions.Item) bool { return i.Skip == actions.SkipAdmin })
}

// reasons are the fields for why it is done: a menu and words of one's own, or words alone where none is needed.
func (a *asking) reasons(v *templates.MemberSheetView) {
	ctx := a.c.Request.Context()
	v.Words = templates.FieldView{
		Name: "words", Label: i18n.T(ctx, "members.words"), Value: a.f.words, Optional: true, Error: a.fault("words", "reason"), Attrs: map[string]any{"dir": "auto"},
	}
	if !a.m.asks {
		v.Words.Label = i18n.T(ctx, "members.reason_label")
		return
	}
	v.Reason = &templates.FieldView{Name: "why", Label: i18n.T(ctx, "members.reason_label"), Value: a.f.why, Error: a.fault("why")}
	v.Reasons = reasonMenu(ctx)
	if a.m.name == kickSheet.name {
		v.Words.Hint = i18n.T(ctx, "members.kick.words_hint")
	}
}

func reasonMenu(ctx context.Context) []templates.Option {
	var list []templates.Option
	for _, r := range reasons {
		list = append(list, templates.Option{Value: r, Text: i18n.T(ctx, "members.reason."+r)})
	}
	return list
}

// previewView says what will happen, person by person, then what is not listed.
func (a *asking) previewView(id string) templates.PreviewView {
	ctx := a.c.Request.Context()
	v := templates.PreviewView{ID: id, Title: i18n.T(ctx, "members.preview.title"), Failed: a.blind}
	if a.f.pasted && len(a.f.users) > 0 {
		v.More = append(v.More, i18n.N(ctx, "members.preview.ids", len(a.f.users)))
	}
	if a.f.repeated > 0 {
		v.More = append(v.More, i18n.N(ctx, "members.preview.repeated", a.f.repeated))
	}
	if p := a.preview; p != nil && !(a.m.name == cardSheet.name && !a.f.carded) {
		shown := *p
		shown.Items = p.Items[:min(len(p.Items), sheetLines)]
		v.Lines = effects(ctx, shown, a.people.names())
		if n := len(p.Items) - len(shown.Items); n > 0 {
			v.More = append([]string{i18n.N(ctx, "members.preview.more", n)}, v.More...)
			if p.Skipped > 0 {
				v.More = append(v.More, i18n.N(ctx, "members.preview.skipped", p.Skipped))
			}
		}
	}
	if bad, ok := errors.AsType[*actions.Invalid](a.unready); ok && a.c.Request.Method == http.MethodGet {
		for _, name := range slices.Sorted(maps.Keys(bad.Fields)) {
			v.Lines = append(v.Lines, templates.EffectLine{Tone: "warn", Text: invalidText(ctx, a.unready, name)})
		}
	}
	if a.m.counts(a.f) {
		v.Confirm = &templates.FieldView{
			Name: "confirm", Label: i18n.T(ctx, "members.confirm", "n", len(a.f.users)), Value: a.f.confirm, Required: true, Error: a.fault("confirm"),
			Attrs: map[string]any{"inputmode": "numeric"},
		}
	}
	return v
}

// done says what came of it: with the list as the service has it now, if the sheet was opened from one, else on the page that
// it was opened from, which is drawn anew.
func (a *asking) done(r actions.Result) error {
	ctx := a.c.Request.Context()
	people := a.s.people(ctx, a.app, a.g, toldOf(r))
	t := a.s.resultToast(ctx, a.app, r, people.names())
	said := []templates.Toast{t}
	n := a.undone(r, people)
	if n != nil { // it says all that the toast would, but for the undo
		t.Small, t.Action = "", nil
		said = []templates.Toast{t}
		if r.Count(actions.StateApplied) == 0 {
			said = nil
		}
	}
	if staysOpen(a.c, a.back()) {
		part := templates.ToastsNow(said, n)
		return render(a.c, http.StatusOK, part, part)
	}
	if wantsPart(a.c.Request) {
		if v, ok := a.listNow(); ok {
			part := templates.PeopleNow(v, said, n)
			return render(a.c, http.StatusOK, part, part)
		}
	}
	for _, t := range said {
		a.s.flash(a.c, flash{Toast: &t})
	}
	if n != nil {
		a.s.flash(a.c, flash{Notice: n})
	}
	return seeOther(a.c, a.back())
}

// toldOf are the people whom the answer names: one of those done, and those who were not.
func toldOf(r actions.Result) []string {
	var ids []string
	for _, i := range r.Items {
		if i.State == actions.StateApplied || i.State == actions.StateSkipped {
			ids = append(ids, i.ID)
			break
		}
	}
	for _, i := range missed(r) {
		if len(ids) <= noticeLines {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

// missed are the items that were to be done and are not, or of which it is not known.
func missed(r actions.Result) []actions.Item {
	if r.State == store.AuditPending {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.Items), func(i actions.Item) bool {
		return i.State == actions.StateApplied || i.State == actions.StateSkipped
	})
}

// permanent are the reasons for which trying again does not help.
var permanent = []string{
	"action.refused.not_found", "action.refused.denied", "action.refused.credentials", "action.refused.invalid",
	"action.refused.unsupported", "action.refused.quota",
}

// undone names those for whom it was not done, each with the reason, and offers another try for those whom it may help. It is
// nil if there are none.
func (a *asking) undone(r actions.Result, p *people) *templates.Notice {
	list := missed(r)
	if len(list) == 0 {
		return nil
	}
	ctx := a.c.Request.Context()
	unknown := r.Count(actions.StateUnknown)
	n := &templates.Notice{Tone: "warn", Answer: true, Title: i18n.N(ctx, "members.missed.title", len(list), "all", len(r.Items))}
	switch {
	case unknown == len(list):
		n.Title = i18n.N(ctx, "members.missed.unknown", unknown, "all", len(r.Items))
	case unknown > 0:
		n.Title = i18n.N(ctx, "members.missed.mixed", len(list), "all", len(r.Items))
	case r.Count(actions.StateApplied) == 0:
		n.Changed = i18n.T(ctx, "error.unchanged")
	}
	var again []string
	for k, i := range list {
		if k < noticeLines {
			why, _ := vendorText(ctx, a.app.IM.Vendor, i.VendorCode)
			n.List = append(n.List, i18n.T(ctx, "action.done.first", "who", p.names().of(i.ID), "why", orID(why, reasonText(ctx, i))))
		}
		invited := a.m.name == addSheet.name && i.Reason == "action.refused.conflict" // somebody has to agree first
		if !invited && !slices.Contains(permanent, i.Reason) {
			again = append(again, i.ID)
		}
		if n.Code == "" {
			n.Code = i.VendorCode
		}
	}
	if more := len(list) - noticeLines; more > 0 {
		n.Next = i18n.N(ctx, "members.missed.more", more)
	}
	n.Actions = []templates.ButtonView{{Text: i18n.T(ctx, "action.done.show"), URL: entryURL(a.app, r.ID)}}
	if len(again) > 0 && len(again) <= retryTargets {
		q := url.Values{"users": again, "back": {a.back()}, "for": {a.f.length}, "until": {a.f.until}, "role": {string(a.f.role)}}
		link := a.c.Request.URL.EscapedPath() + "?" + q.Encode()
		n.Actions = append(n.Actions, templates.ButtonView{
			Text: i18n.N(ctx, "members.missed.again", len(again)), Icon: "refresh", URL: link, Attrs: templates.SheetAttrs(link),
		})
	}
	return n
}

// listNow is the list that the browser shows, as the service has it now; false if it shows another page.
func (a *asking) listNow() (templates.PeopleView, bool) {
	u, err := url.Parse(currentPath(a.c.Request))
	if err != nil {
		return templates.PeopleView{}, false
	}
	for _, tab := range []string{tabMembers, tabMuted, tabBans} {
		if u.EscapedPath() != groupURL(a.app, a.g.ID, tab) {
			continue
		}
		a.c.Request = a.c.Request.WithContext(imclient.Fresh(a.c.Request.Context()))
		v, failed, err := a.s.peopleView(a.c, a.app, tab, u)
		if err != nil || failed != nil {
			return v, false // the page is drawn anew, and says what is wrong
		}
		return v, true
	}
	return templates.PeopleView{}, false
}
