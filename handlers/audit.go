package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"imdesk/actions"
	"imdesk/auditlog"
	"imdesk/auth"
	"imdesk/rules"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) auditRoutes() []route {
	return []route{
		{get, "/audit", auth.VerbAudit, s.auditPage},
		{post, "/audit/export", auth.VerbAudit, s.auditExport},
		{get, "/audit/by/:operator", auth.VerbAudit, s.operatorWork},
		{get, "/apps/:app/groups/:group/activity", auth.VerbView, s.groupActivity},
		{get, "/apps/:app/actions/:entry", auth.VerbView, s.oneAction},
		{post, "/apps/:app/actions/:entry/undo", auth.VerbView, s.undo},
	}
}

// Sizes of the log's page.
const (
	auditPageSize  = 50
	auditShowUsers = 2                       // names in a row
	auditShowItems = 100                     // results of an open entry
	auditNameTime  = 1500 * time.Millisecond // names are a courtesy: without them ids are shown
)

func (s *Server) auditPage(c *gin.Context) error {
	list := auditList{s: s, c: c, url: "/audit", app: s.auditedApp(c)}
	v, err := list.view()
	if err != nil {
		return err
	}
	v.Export = &templates.AuditExportView{URL: "/audit/export?" + withoutPaging(c.Request.URL.Query()), Most: exportMost}
	if op, _ := auth.OperatorFrom(c.Request.Context()); op.Everywhere(auth.VerbAudit) {
		if v.Total, err = s.Store.Audit.Count(c.Request.Context()); err != nil {
			return fmt.Errorf("count audit entries: %w", err)
		}
	}
	return render(c, http.StatusOK, templates.AuditPage(s.chrome(c), v), templates.AuditTable(v))
}

// auditedApp is the app that a list of the log is filtered by, if the operator may see the log of it; nil: of all such apps.
func (s *Server) auditedApp(c *gin.Context) *App {
	op, _ := auth.OperatorFrom(c.Request.Context())
	if name := c.Query("app"); op.CanIn(name, auth.VerbAudit) {
		return s.Apps.Get(name)
	}
	return nil
}

// audited are the apps whose log the operator may see.
func (l *auditList) audited() []*App {
	op, _ := auth.OperatorFrom(l.c.Request.Context())
	var list []*App
	for _, a := range l.s.Apps.All() {
		if op.CanIn(a.Name, auth.VerbAudit) {
			list = append(list, a)
		}
	}
	return list
}

// exportMost is how many entries a browser gets; imdesk audit export knows no such limit.
const exportMost = 20_000

// actExport is recorded for whoever takes the log out of the console.
const actExport = "audit.export"

// withoutPaging is a query with the filters only.
func withoutPaging(q url.Values) string {
	q.Del("before")
	q.Del("open")
	return q.Encode()
}

// auditExport sends the list with its filters as a file. It is a form, for it is recorded.
func (s *Server) auditExport(c *gin.Context) error {
	ctx := c.Request.Context()
	q := c.Request.URL.Query()
	format := auditlog.Format(c.PostForm("format"))
	list := auditList{s: s, c: c, url: "/audit", app: s.auditedApp(c)}
	f, bad := list.filter(ctx, q)
	if bad != "" || !slices.Contains(auditlog.Formats(), format) {
		return seeOther(c, "/audit?"+q.Encode()) // which says what cannot be understood
	}
	by := s.actor(c)
	detail, err := json.Marshal(map[string]string{"format": string(format), "filter": q.Encode()})
	if err != nil {
		return fmt.Errorf("export the audit log: %w", err)
	}
	id, err := s.Store.Audit.Begin(ctx, store.AuditEntry{
		At: s.Now(), OperatorID: by.OperatorID, OperatorName: by.Name, Address: by.Address, Request: by.RequestRef, Action: actExport, Detail: detail,
	})
	if err != nil {
		return fmt.Errorf("export the audit log: %w", err)
	}
	c.Header("Content-Type", map[auditlog.Format]string{auditlog.CSV: "text/csv; charset=utf-8", auditlog.JSONL: "application/jsonl"}[format])
	c.Header("Content-Disposition", `attachment; filename="audit-`+s.Now().UTC().Format("20060102-150405")+"."+string(format)+`"`)
	c.Header("Cache-Control", "no-store")
	_, err = auditlog.Write(ctx, c.Writer, s.Store.Audit, f, format, exportMost)
	out := store.AuditOutcome{At: s.Now(), State: store.AuditOK}
	if err != nil {
		out.State, out.ErrorKind = store.AuditFailed, "internal"
	}
	err = errors.Join(err, s.Store.Audit.Finish(context.WithoutCancel(ctx), id, out))
	if err != nil {
		s.Log.ErrorContext(ctx, "export the audit log", "reference", referenceOf(ctx), "error", err)
		panic(http.ErrAbortHandler) // a file that ends early must not look whole
	}
	return nil
}

// groupActivity is what operators did in one group: everybody who may see the group may see it.
func (s *Server) groupActivity(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	frame, g, err := s.groupFrame(c, app, tabActivity)
	if err != nil {
		return err
	}
	list := auditList{s: s, c: c, url: groupURL(app, g.ID, tabActivity), app: app, group: g.ID}
	v, err := list.view()
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.GroupActivityPage(s.chrome(c), frame, v), templates.AuditTable(v))
}

// oneAction is one entry, for whoever may see its app: what a toast's "Show" leads to.
func (s *Server) oneAction(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	id, err := strconv.ParseInt(c.Param("entry"), 10, 64)
	if err != nil {
		return store.ErrNotFound
	}
	e, err := s.Store.Audit.Get(ctx, id)
	if err != nil {
		return err
	}
	if e.App != app.Name {
		return store.ErrNotFound
	}
	if op, _ := auth.OperatorFrom(ctx); aboutDirect(e) && !op.CanIn(e.App, auth.VerbDirect) {
		return errForbidden
	}
	list := auditList{s: s, c: c, url: entryURL(app, id), app: app, open: id}
	v := list.rows(ctx, []store.AuditEntry{e})
	v.Rows[0].CloseURL = v.Rows[0].OpenURL
	return render(c, http.StatusOK, templates.ActionPage(s.chrome(c), v), nil)
}

// aboutDirect reports whether an entry is about a direct chat: what it says more than that is for those who may open one.
func aboutDirect(e store.AuditEntry) bool {
	verb := strings.TrimPrefix(e.Action, string(actions.Undoing("")))
	return strings.HasPrefix(verb, "direct.") || actions.Verb(verb) == actions.VerbRecall && e.Group == ""
}

// auditList builds a list of entries: of the whole log, or of one group or user.
type auditList struct {
	s     *Server
	c     *gin.Context
	url   string // of the list, without query
	app   *App   // nil: of all apps
	group string // "" of all groups
	user  string // "" of all users
	open  int64
}

// whole reports whether the list is of the log as such.
func (l *auditList) whole() bool { return l.group == "" && l.user == "" }

func (l *auditList) view() (templates.AuditView, error) {
	ctx := l.c.Request.Context()
	q := l.c.Request.URL.Query()
	l.open, _ = strconv.ParseInt(q.Get("open"), 10, 64)
	f, bad := l.filter(ctx, q)
	before, err := strconv.ParseInt(q.Get("before"), 10, 64)
	gone := q.Get("before") != "" && (err != nil || before <= 0)
	entries, err := l.read(ctx, f, max(before, 0))
	if before > 0 && errors.Is(err, store.ErrNotFound) {
		gone = true
		entries, err = l.read(ctx, f, 0)
	}
	if err != nil {
		return templates.AuditView{}, err
	}
	if gone {
		before, bad = 0, i18n.T(ctx, "audit.expired")
	}
	older := len(entries) > auditPageSize
	if older {
		entries = entries[:auditPageSize]
	}
	v := l.rows(ctx, entries)
	u := l.c.Request.URL
	if older {
		v.Older = withQuery(u, "before", strconv.FormatInt(entries[len(entries)-1].ID, 10), "open", "")
	}
	if before > 0 {
		v.Newest = withQuery(u, "before", "", "open", "")
	}
	v.Filter = l.filterView(ctx, q, bad)
	v.ClearURL = l.url
	for _, name := range []string{"q", "with", "operator", "action", "state", "app", "from", "to"} {
		v.Filtered = v.Filtered || q.Get(name) != ""
	}
	return v, nil
}

// read returns a page and one more. An entry's number that was typed, "#48207", is looked up by itself.
func (l *auditList) read(ctx context.Context, f store.AuditFilter, before int64) ([]store.AuditEntry, error) {
	if id, ok := strings.CutPrefix(strings.TrimSpace(l.c.Query("q")), "#"); ok {
		return l.byNumber(ctx, id)
	}
	list, err := l.s.Store.Audit.List(ctx, f, before, auditPageSize+1)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return list, nil
}

// byNumber returns the entry with a number, if the list may show it.
func (l *auditList) byNumber(ctx context.Context, id string) ([]store.AuditEntry, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil, nil
	}
	e, err := l.s.Store.Audit.Get(ctx, n)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the audit log: %w", err)
	case l.whole() && l.app == nil && !l.mayShow(e), l.app != nil && e.App != l.app.Name, l.group != "" && e.Group != l.group, l.user != "" && !slices.Contains(e.Users, l.user):
		return nil, nil
	}
	return []store.AuditEntry{e}, nil
}

// mayShow tells whether the operator may see an entry in the log as such.
func (l *auditList) mayShow(e store.AuditEntry) bool {
	op, _ := auth.OperatorFrom(l.c.Request.Context())
	return op.Everywhere(auth.VerbAudit) || op.CanIn(e.App, auth.VerbAudit)
}

// filter reads the query. What cannot be understood filters nothing, and bad says so.
func (l *auditList) filter(ctx context.Context, q url.Values) (f store.AuditFilter, bad string) {
	f = store.AuditFilter{OperatorID: q.Get("operator"), Group: l.group, User: l.user}
	if l.app != nil {
		f.App = l.app.Name
	}
	// What is of no app, such as who signed in, is for those who may see all of the log.
	if op, _ := auth.OperatorFrom(ctx); l.app == nil && !op.Everywhere(auth.VerbAudit) {
		f.Apps = []string{}
		for _, a := range l.audited() {
			f.Apps = append(f.Apps, a.Name)
		}
	}
	if what := strings.TrimSpace(q.Get("q")); what != "" && !strings.HasPrefix(what, "#") {
		switch kind, id, _ := strings.Cut(what, ":"); {
		case l.group != "":
			f.User = what
		case l.user != "":
			f.Group = strings.TrimPrefix(what, "group:")
		case l.app == nil && len(l.audited()) != 1:
			bad = i18n.T(ctx, "audit.choose_app")
		case kind == "group" && id != "":
			f.Group = id
		default:
			f.User = what
		}
		if f.App == "" && bad == "" {
			f.App = l.audited()[0].Name
		}
	}
	if f.User != "" {
		f.Peer = strings.TrimSpace(q.Get("with"))
	}
	switch action := q.Get("action"); action {
	case "":
	case actionNoSignIns:
		f.NotActions = signIns
	case actionReads:
		f.Actions = reads
	default:
		f.Action = action
	}
	if state := store.AuditState(q.Get("state")); slices.Contains(auditStates, state) {
		f.State = state
	}
	zone := i18n.From(ctx).Zone
	if from, err := time.ParseInLocation(time.DateOnly, q.Get("from"), zone); err == nil {
		f.From = from
	} else if q.Get("from") != "" {
		bad = i18n.T(ctx, "audit.bad_date")
	}
	if to, err := time.ParseInLocation(time.DateOnly, q.Get("to"), zone); err == nil {
		f.Until = to.AddDate(0, 0, 1)
	} else if q.Get("to") != "" {
		bad = i18n.T(ctx, "audit.bad_date")
	}
	return f, bad
}

// actionNoSignIns leaves out who signed in and out; it is most of a quiet day's log.
const actionNoSignIns = "no_sign_ins"

// actionReads is who read what people said where it is not open to all who see the group.
const actionReads = "reads"

var reads = []string{string(actions.VerbViewDirect), actSearchDirect, string(actions.VerbReadFiles), string(actions.VerbAPICall)}

// readersURL lists who read a direct chat; "" for those who may not see the log.
func readersURL(ctx context.Context, app *App, user, peer string) string {
	if op, _ := auth.OperatorFrom(ctx); !op.CanIn(app.Name, auth.VerbAudit) {
		return ""
	}
	return "/audit?" + url.Values{"app": {app.Name}, "action": {actionReads}, "q": {user}, "with": {peer}}.Encode()
}

// notes say what a list of reads does not show, and that it is of two people.
func (l *auditList) notes(ctx context.Context, q url.Values, v *templates.AuditFilterView) {
	if peer := strings.TrimSpace(q.Get("with")); peer != "" {
		v.With = i18n.T(ctx, "audit.with", "who", peer)
	}
	app := l.app
	if q.Get("action") != actionReads || app == nil || l.whole() && strings.TrimSpace(q.Get("q")) == "" {
		return
	}
	v.Beside = templates.Link{Text: i18n.T(ctx, "audit.reads_beside")}
	if op, _ := auth.OperatorFrom(ctx); op.CanIn(app.Name, auth.VerbAudit) {
		v.Beside.URL = "/audit?" + url.Values{"app": {app.Name}, "action": {actionReads}}.Encode()
	}
}

var signIns = []string{"operator.sign_in", "operator.sign_out"}

var auditStates = []store.AuditState{store.AuditOK, store.AuditPartial, store.AuditFailed, store.AuditUnknown, store.AuditPending}

func (l *auditList) filterView(ctx context.Context, q url.Values, bad string) templates.AuditFilterView {
	v := templates.AuditFilterView{Query: q.Get("q"), QueryBad: bad, From: q.Get("from"), To: q.Get("to")}
	l.notes(ctx, q, &v)
	for _, name := range []string{"operator", "action", "state", "app", "with"} {
		if q.Get(name) != "" {
			v.Hidden = append(v.Hidden, name, q.Get(name))
		}
	}
	if l.whole() && len(l.audited()) > 1 {
		v.Menus = append(v.Menus, l.menu(ctx, "app", "overview", i18n.T(ctx, "audit.app"), l.appChoices()))
	}
	v.Menus = append(v.Menus,
		l.menu(ctx, "operator", "user", i18n.T(ctx, "audit.operator"), l.operatorChoices(ctx)),
		l.menu(ctx, "action", "flag", i18n.T(ctx, "audit.action"), l.actionChoices(ctx)),
		l.menu(ctx, "state", "check", i18n.T(ctx, "audit.result"), stateChoices(ctx)))
	return v
}

// choice is a value of a filter with its text.
type choice struct{ value, text string }

func (l *auditList) menu(ctx context.Context, name, icon, text string, choices []choice) templates.FilterMenuView {
	u := l.c.Request.URL
	set := u.Query().Get(name)
	m := templates.FilterMenuView{ID: "filter-" + name, Icon: icon, Text: text, Target: "#audit"}
	m.Choices = append(m.Choices, templates.Tab{
		Text: i18n.T(ctx, "audit.any"), URL: withQuery(u, name, "", "before", "", "open", ""), Current: set == "",
	})
	for _, ch := range choices {
		m.Choices = append(m.Choices, templates.Tab{
			Text: ch.text, URL: withQuery(u, name, ch.value, "before", "", "open", ""), Current: set == ch.value,
		})
		if set == ch.value {
			m.Value = ch.text
		}
	}
	if set != "" && m.Value == "" {
		m.Value = set
	}
	return m
}

func (l *auditList) appChoices() (list []choice) {
	for _, a := range l.audited() {
		list = append(list, choice{a.Name, a.Title})
	}
	return list
}

func (l *auditList) operatorChoices(ctx context.Context) (list []choice) {
	all, err := l.s.Store.Operators.List(ctx)
	if err != nil {
		l.s.Log.WarnContext(ctx, "operators for the filter", "reference", referenceOf(ctx), "error", err)
	}
	for _, o := range all {
		list = append(list, choice{o.ID, o.Name})
	}
	return list
}

// operatorActs are what is done to operators, which package auth records, and to apps as such.
var operatorActs = []string{
	"operator.sign_in", "operator.sign_out", "operator.add", "operator.set_role", "operator.set_password", "operator.disable",
	"operator.enable", "operator.end_sessions",
	"operator.add_factor", "operator.remove_factor", "operator.new_codes", "operator.reset_factors", "operator.factor_policy", "operator.link",
	"operator.unlink", "operator.confirm", "operator.set_up", "operator.passkey_copied",
	"operator.invite", "operator.revoke_invite", "operator.accept", "operator.reset_link", "role.add", "role.change", "role.remove",
	"token.make", "token.revoke", "access.set",
	actAppAdd, actAppChange, actAppOff, actAppOn, actAppRemove,
}

// operatorFacts are what an entry about operators, roles, tokens or addresses shows when it is open.
var operatorFacts = []string{"before", "after", "role", "added", "removed", "apps", "networks", "until", "by", "invite", "service", "fields"}

func (l *auditList) actionChoices(ctx context.Context) (list []choice) {
	//i18n:uses audit.verb.*
	if l.whole() {
		list = append(list, choice{actionNoSignIns, i18n.T(ctx, "audit.no_sign_ins")})
	}
	list = append(list, choice{actionReads, i18n.T(ctx, "audit.reads")})
	for _, v := range actions.Verbs() {
		list = append(list, choice{string(v), i18n.T(ctx, "audit.verb."+string(v))})
	}
	if l.whole() {
		for _, a := range append(slices.Clone(operatorActs), actExport, actListExport, actEvidence, actHold, actUnhold, actProtect, actUnprotect, store.ActionErase, store.ActionDrop, rules.ActImport, rules.ActStop, "job.start", "job.pause", "job.resume", "job.cancel") {
			list = append(list, choice{a, i18n.T(ctx, "audit.verb."+a)})
		}
	}
	return list
}

func stateChoices(ctx context.Context) (list []choice) {
	for _, st := range auditStates {
		//i18n:uses audit.state.*
		list = append(list, choice{string(st), i18n.T(ctx, "audit.state."+string(st))})
	}
	return list
}

// rows turns entries into lines, with the names of whom they are about: one batch of users and one of groups an app.
func (l *auditList) rows(ctx context.Context, entries []store.AuditEntry) templates.AuditView {
	v := templates.AuditView{
		URL: l.url, Total: -1, Target: "#audit", Zone: zoneName(ctx), Search: "audit.search", Hide: map[string]bool{"group": l.group != ""},
	}
	switch {
	case l.group != "":
		v.Search = "audit.search_group"
	case l.user != "":
		v.Search = "audit.search_user"
	}
	who := l.s.auditNames(ctx, entries, l.open)
	who.erased = i18n.T(ctx, "audit.erased")
	zone := i18n.From(ctx).Zone
	today := l.s.Now().In(zone).Format(time.DateOnly)
	day := today
	for _, e := range entries {
		r := l.row(ctx, e, who)
		if d := e.At.In(zone).Format(time.DateOnly); d != day {
			day, r.NewDay = d, true
		}
		if e.ID == l.open {
			whole, err := l.s.Store.Audit.Get(ctx, e.ID)
			if err != nil {
				l.s.Log.WarnContext(ctx, "open an audit entry", "reference", referenceOf(ctx), "entry", e.ID, "error", err)
				whole = e
			}
			r.Open, r.Detail = true, l.detail(ctx, whole, who)
			erasedInWords(r.Detail, who.erased)
		}
		v.Rows = append(v.Rows, r)
	}
	return v
}

// erasedInWords says of what was erased that it was.
func erasedInWords(d *templates.AuditDetail, erased string) {
	say := func(texts ...*string) {
		for _, t := range texts {
			*t = strings.ReplaceAll(*t, store.Erased, erased)
		}
	}
	say(&d.Reason, &d.Note)
	for i := range d.Facts {
		say(&d.Facts[i].Value)
	}
	for i := range d.Diff {
		say(&d.Diff[i].Field, &d.Diff[i].Before, &d.Diff[i].After)
	}
	for i := range d.Items {
		say(&d.Items[i].Who.Text, &d.Items[i].Reason)
	}
}

func zoneName(ctx context.Context) string {
	full := i18n.Full(ctx, i18n.From(ctx).Now())
	return full[strings.LastIndex(full, " ")+1:]
}

func (l *auditList) row(ctx context.Context, e store.AuditEntry, who auditNames) templates.AuditRow {
	u := l.c.Request.URL
	id := strconv.FormatInt(e.ID, 10)
	r := templates.AuditRow{
		ID: e.ID, At: e.At, OperatorID: e.OperatorID, Operator: e.OperatorName, Action: actionText(ctx, e),
		State: stateChip(ctx, e.State), OpenURL: withQuery(u, "open", id), CloseURL: withQuery(u, "open", ""),
	}
	if e.OperatorID != "" && l.seesWork() {
		r.OperatorURL = workURL(e.OperatorID)
	}
	app := l.s.Apps.Get(e.App)
	for _, user := range e.Users[:min(len(e.Users), auditShowUsers)] {
		r.Users = append(r.Users, who.user(app, user))
	}
	r.MoreUsers = len(e.Users) - len(r.Users)
	if e.Group != "" {
		r.Group = who.group(app, e.Group)
	}
	if op, _ := auth.OperatorFrom(ctx); app != nil && aboutDirect(e) && len(e.Users) == 2 && op.CanIn(e.App, auth.VerbDirect) {
		r.Group = templates.Link{Text: i18n.T(ctx, "direct.one"), URL: directURL(app, e.Users[0], e.Users[1])}
	}
	if detail := operatorDetail(e); detail["name"] != "" {
		r.Users = append(r.Users, templates.Link{Text: detail["name"], Name: true})
	}
	return r
}

// operatorDetail is what package auth records about the operator that something was done to.
func operatorDetail(e store.AuditEntry) map[string]string {
	detail := map[string]string{}
	if slices.Contains(operatorActs, e.Action) && len(e.Detail) > 0 {
		_ = json.Unmarshal(e.Detail, &detail) // an older shape shows no name
	}
	return detail
}

// actionText says in words what was done: "Muted for 7 days", "Recalled 2 messages".
func actionText(ctx context.Context, e store.AuditEntry) string {
	verb, undo := strings.CutPrefix(e.Action, string(actions.Undoing("")))
	d, err := actions.ReadDetail(e)
	//i18n:uses audit.did.*
	if undo {
		return i18n.T(ctx, "audit.undid", "what", i18n.T(ctx, "audit.verb."+verb))
	}
	n := len(e.Users)
	switch actions.Verb(verb) {
	case actions.VerbMute, actions.VerbBan:
		if length := lengthText(ctx, d); err == nil && length != "" {
			return i18n.T(ctx, "audit.did."+verb, "length", length)
		}
	case actions.VerbRecall:
		return i18n.N(ctx, "audit.did.message.recall", len(e.Messages))
	case actions.VerbAPICall:
		if command, ok := d.Options["command"].(string); ok {
			return i18n.T(ctx, "audit.did.api.call", "command", command)
		}
	case actions.VerbMuteAll:
		if d.Want != nil && *d.Want == actions.TextOff {
			return i18n.T(ctx, "audit.did.group.mute_all_off")
		}
	case actions.VerbSetRole:
		if d.Want != nil && *d.Want == "member" {
			return i18n.T(ctx, "audit.did.member.set_role_member")
		}
	}
	if user, _ := d.Options["user"].(string); user != "" && n > 1 {
		n-- // whose friends, or whose block list, they are
	}
	key := "audit.verb." + verb
	if !i18n.Has(ctx, key) {
		return verb
	}
	if n > 1 {
		return i18n.T(ctx, "audit.did.many", "what", i18n.T(ctx, key), "n", n)
	}
	return i18n.T(ctx, key)
}

// lengthText is for how long a mute or ban was asked for.
func lengthText(ctx context.Context, d actions.Detail) string {
	if d.Want != nil && *d.Want == actions.TextForever {
		return i18n.T(ctx, "action.value.forever")
	}
	if seconds, ok := d.Options["seconds"].(float64); ok {
		return i18n.Duration(ctx, time.Duration(seconds)*time.Second)
	}
	return ""
}

func stateChip(ctx context.Context, st store.AuditState) templates.ChipView {
	c := templates.ChipView{Text: i18n.T(ctx, "audit.state."+string(st))}
	switch st {
	case store.AuditOK:
		c.Tone, c.Icon = "ok", "check"
	case store.AuditPartial:
		c.Tone, c.Icon = "warn", "alert"
	case store.AuditFailed:
		c.Tone, c.Icon = "bad", "x"
	case store.AuditUnknown:
		c.Tone, c.Icon = "warn", "clock"
	default:
		c.Tone, c.Icon = "accent", "clock"
	}
	return c
}

// detail is all that is known of one entry.
func (l *auditList) detail(ctx context.Context, e store.AuditEntry, who auditNames) *templates.AuditDetail {
	d := &templates.AuditDetail{Reason: e.Reason, Address: e.Address, Reference: e.Request}
	if op, _ := auth.OperatorFrom(ctx); aboutDirect(e) && !op.CanIn(e.App, auth.VerbDirect) {
		d.Reason, d.Address = i18n.T(ctx, "audit.detail.direct"), ""
		return d
	}
	app := l.s.Apps.Get(e.App)
	if e.App != "" {
		d.App = l.s.appTitle(ctx, e.App)
	}
	if e.Outcome != nil {
		d.Ended, d.VendorID = e.Outcome.At, e.Outcome.VendorRequest
	}
	if e.UndoOf != 0 {
		d.UndoOf = entryLink(app, e.UndoOf)
	}
	if e.UndoneBy != 0 {
		d.UndoneBy = entryLink(app, e.UndoneBy)
	}
	for name, value := range operatorDetail(e) {
		//i18n:uses audit.detail.*
		if slices.Contains(operatorFacts, name) && value != "" {
			if auth.Role(value).Valid() {
				value = i18n.T(ctx, "role."+value)
			}
			d.Facts = append(d.Facts, templates.FactView{Name: i18n.T(ctx, "audit.detail."+name), Value: value})
		}
	}
	slices.SortFunc(d.Facts, func(a, b templates.FactView) int { return strings.Compare(a.Name, b.Name) })
	if app != nil && !slices.Contains(operatorActs, e.Action) {
		l.actionDetail(ctx, app, e, d, who)
	}
	return d
}

func entryLink(app *App, id int64) templates.Link {
	text := "#" + strconv.FormatInt(id, 10)
	if app == nil {
		return templates.Link{Text: text, URL: "/audit?q=" + url.QueryEscape(text)}
	}
	return templates.Link{Text: text, URL: entryURL(app, id)}
}

func (l *auditList) actionDetail(ctx context.Context, app *App, e store.AuditEntry, d *templates.AuditDetail, who auditNames) {
	asked, err := actions.ReadDetail(e)
	if err != nil {
		l.s.Log.WarnContext(ctx, "detail of an audit entry", "entry", e.ID, "error", err)
		return
	}
	d.Note = asked.Note
	if text, ok := asked.Options["text"].(string); ok && (!aboutDirect(e) || mayReadDirectText(ctx, e.App)) {
		d.Facts = append(d.Facts, templates.FactView{Name: i18n.T(ctx, "audit.detail.text"), Value: text})
	}
	if silent, _ := asked.Options["silent"].(bool); silent {
		d.Facts = append(d.Facts, templates.FactView{Name: i18n.T(ctx, "audit.detail.silent"), Value: i18n.T(ctx, "ui.on")})
	}
	for _, o := range sendOptions {
		if on, _ := asked.Options[o.name].(bool); on {
			d.Facts = append(d.Facts, templates.FactView{Name: i18n.T(ctx, "chat.send.option."+o.name), Value: i18n.T(ctx, "ui.on")})
		}
	}
	d.Facts = append(d.Facts, appFacts(ctx, asked)...)
	if e.Action == string(actions.VerbAPICall) {
		d.Facts = append(d.Facts, apiFacts(ctx, asked)...)
	}
	r, err := l.s.Actions.FromEntry(app.Target(), e)
	if err != nil {
		l.s.Log.WarnContext(ctx, "result of an audit entry", "entry", e.ID, "error", err)
		return
	}
	if r.Failure != nil {
		d.Code = r.Failure.Code
		d.ErrorText, _ = vendorText(ctx, r.Failure.Vendor, r.Failure.Code)
	}
	for n, i := range r.Items {
		if n == auditShowItems {
			d.MoreItems = len(r.Items) - n
			break
		}
		switch v := baseVerb(r.Verb); v {
		case actions.VerbEditGroup, actions.VerbEditTopic:
			d.Diff = append(d.Diff, groupDiff(ctx, i))
		case actions.VerbMemberFields, actions.VerbGroupFields, actions.VerbAttributes, actions.VerbCounters:
			d.Diff = append(d.Diff, templates.DiffRow{Field: i.ID, Before: valueText(ctx, v, i.Before), After: valueText(ctx, v, i.Want)})
		}
		if v := baseVerb(r.Verb); v == actions.VerbEditUser || v == actions.VerbEditFriend {
			d.Diff = append(d.Diff, userDiff(ctx, v, i))
		}
		if v := baseVerb(r.Verb); (v == actions.VerbExtensions || v == actions.VerbDirectExtensions && mayReadDirectText(ctx, e.App)) && i.Skip == "" {
			d.Diff = append(d.Diff, templates.DiffRow{Field: i.ID, Before: i.Before.Text, After: i.Want.Text})
		}
		d.Items = append(d.Items, l.itemRow(ctx, app, r, i, who))
	}
	op, _ := auth.OperatorFrom(ctx)
	switch {
	case !r.UndoUntil.IsZero() && r.UndoUntil.After(l.s.Now()) && op.CanIn(e.App, auth.Verb(baseVerb(r.Verb))) && e.UndoOf == 0:
		d.UndoURL = undoURL(app, e.ID)
	case r.UndoText == actions.UndoImpossible && e.UndoOf == 0 && asked.Options["write"] != false:
		d.UndoWhy = i18n.T(ctx, r.UndoText)
	}
}

func (l *auditList) itemRow(ctx context.Context, app *App, r actions.Result, i actions.Item, who auditNames) templates.AuditItemRow {
	row := templates.AuditItemRow{Code: i.VendorCode, Reason: refusalText(ctx, app, i)}
	switch baseVerb(r.Verb) {
	case actions.VerbEditGroup, actions.VerbEditTopic:
		row.Who = templates.Link{Text: i18n.T(ctx, "audit.field."+i.ID)}
	case actions.VerbRecall, actions.VerbEditMessage:
		row.Who = templates.Link{Text: i.ID}
		if r.Group != "" {
			row.Who.URL = groupURL(app, r.Group, tabMessages) + "?seq=" + url.QueryEscape(i.ID)
		}
	case actions.VerbEditDirect, actions.VerbHideDirect, actions.VerbExtensions, actions.VerbDirectExtensions:
		row.Who = templates.Link{Text: i.ID, Name: true}
	case actions.VerbMuteAll, actions.VerbNotice, actions.VerbSend:
		row.Who = who.group(app, r.Group)
	case actions.VerbAPICall, actions.VerbRemoveFriendList:
		row.Who = templates.Link{Text: i.ID, Name: true}
	case actions.VerbEditUser, actions.VerbEditFriend:
		row.Who = templates.Link{Text: userFieldName(ctx, i.ID)}
	case actions.VerbRemoveContact:
		if row.Who = who.user(app, i.ID); r.Group != "" {
			row.Who = who.group(app, r.Group)
		}
	case actions.VerbFillFriendList:
		if row.Who = who.user(app, i.ID); i.Want.Text == actions.TextThere || i.Want.Text == actions.TextMissing {
			row.Who = templates.Link{Text: i.ID, Name: true}
		}
	default:
		row.Who = who.user(app, i.ID)
		if notPeople(r.Verb) {
			row.Who = templates.Link{Text: i.ID, Name: true}
		}
	}
	//i18n:uses audit.item_state.*
	row.State = templates.ChipView{Text: i18n.T(ctx, "audit.item_state."+string(i.State))}
	switch i.State {
	case actions.StateApplied:
		row.State.Tone, row.State.Icon = "ok", "check"
	case actions.StateSkipped:
		row.State.Icon = "minus"
		row.Reason = itemText(ctx, r.Verb, i, who.named(ctx, app, r))
	case actions.StateUnknown:
		row.State.Tone, row.State.Icon = "warn", "clock"
	default:
		row.State.Tone, row.State.Icon = "bad", "x"
	}
	return row
}

// auditNames are the names of those whom entries are about, by app.
type auditNames struct {
	users, groups map[string]names
	erased        string // in words
}

// named are the names of what an action was about.
func (n auditNames) named(ctx context.Context, app *App, r actions.Result) names {
	if v := baseVerb(r.Verb); v == actions.VerbEditGroup || v == actions.VerbMuteAll || v == actions.VerbEditTopic {
		return fieldNames(ctx)
	} else if v == actions.VerbEditUser || v == actions.VerbEditFriend {
		return userFieldNames(ctx, r.Items)
	}
	return n.users[app.Name]
}

func (n auditNames) user(app *App, id string) templates.Link {
	if id == store.Erased && n.erased != "" {
		return templates.Link{Text: n.erased}
	}
	if app == nil {
		return templates.Link{Text: id, Name: true}
	}
	return templates.Link{Text: n.users[app.Name].of(id), URL: userURL(app, id), Name: true}
}

func (n auditNames) group(app *App, id string) templates.Link {
	if app == nil {
		return templates.Link{Text: id, Name: true}
	}
	return templates.Link{Text: n.groups[app.Name].of(id), URL: groupURL(app, id, tabMessages), Name: true}
}

// auditNames asks each app for the names that a page shows, in at most two batches an app; of the entry that is open it
// shows more. A service that does not answer in time costs the names and nothing else.
func (s *Server) auditNames(ctx context.Context, entries []store.AuditEntry, open int64) auditNames {
	n := auditNames{users: map[string]names{}, groups: map[string]names{}}
	users, groups := map[string][]string{}, map[string][]string{}
	add := func(to map[string][]string, app, id string) {
		if id != "" && !slices.Contains(to[app], id) {
			to[app] = append(to[app], id)
		}
	}
	for _, e := range entries {
		shown := auditShowUsers
		if e.ID == open {
			shown = auditShowItems
		}
		for _, u := range e.Users[:min(len(e.Users), shown)] {
			add(users, e.App, u)
		}
		add(groups, e.App, e.Group)
	}
	ctx, cancel := context.WithTimeout(ctx, auditNameTime)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for name, ids := range users {
		if app := s.Apps.Get(name); app != nil {
			wg.Go(func() {
				list, _, err := app.IM.Users.GetMany(ctx, ids)
				if err != nil {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				n.users[name] = names{}
				for _, u := range list {
					n.users[name][u.ID] = u.Nick
				}
			})
		}
	}
	for name, ids := range groups {
		if app := s.Apps.Get(name); app != nil {
			wg.Go(func() {
				list, _, err := app.IM.Groups.GetMany(ctx, ids)
				if err != nil {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				n.groups[name] = names{}
				for _, g := range list {
					n.groups[name][g.ID] = g.Name
				}
			})
		}
	}
	wg.Wait()
	return n
}
