package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) homeRoutes() []route {
	return []route{
		{get, "/", auth.VerbSelf, s.overview},
		{get, "/apps/:app", auth.VerbView, s.openApp},
		{get, templates.PaletteURL, auth.VerbSelf, s.palette},
	}
}

// openApp leads to an app's groups, and remembers which app this operator looks at.
func (s *Server) openApp(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	return seeOther(c, appURL(app, "groups"))
}

// Sizes of the overview.
const (
	overviewActions = 8
	overviewRecent  = 8
)

// overview shows how the app's service does, what was done lately, and where this operator was. Health is what the client has
// seen in the last minute; the service is asked for names only, in two calls at most, and not waited for long.
func (s *Server) overview(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	app := s.current(c)
	if app == nil {
		return render(c, http.StatusOK, templates.NoAppPage(s.chrome(c)), nil)
	}
	v := templates.OverviewView{Embedded: app.Embedded, GroupsURL: appURL(app, "groups"), UsersURL: appURL(app, "users")}
	v.Health = s.healthRows(ctx, app)
	if op.CanIn(app.Name, auth.VerbAudit) {
		v.AuditURL = "/audit"
	}
	list := auditList{s: s, c: c, url: "/audit", app: app}
	f := store.AuditFilter{App: app.Name}
	if !op.CanIn(app.Name, auth.VerbAudit) {
		f.OperatorID = op.ID
	}
	entries, err := s.Store.Audit.List(ctx, f, 0, overviewActions)
	if err != nil {
		return fmt.Errorf("recent actions: %w", err)
	}
	v.Actions = list.rows(ctx, entries).Rows
	for i := range v.Actions {
		v.Actions[i].OpenURL = entryURL(app, v.Actions[i].ID)
	}
	for _, kind := range []string{store.KindGroup, store.KindUser} {
		places, err := s.Store.Settings.Recent(ctx, op.ID, app.Name, kind, overviewRecent)
		if err != nil {
			return fmt.Errorf("recently opened: %w", err)
		}
		for _, p := range places {
			r := templates.PersonView{ID: p.ID, Name: p.Title, Group: kind == store.KindGroup, Size: "sm"}
			if r.Group {
				r.URL = groupURL(app, p.ID, tabMessages)
				v.Groups = append(v.Groups, r)
			} else {
				r.URL = userURL(app, p.ID)
				v.Users = append(v.Users, r)
			}
		}
	}
	return render(c, http.StatusOK, templates.OverviewPage(s.chrome(c), v), nil)
}

func (s *Server) healthRows(ctx context.Context, app *App) []templates.HealthRow {
	st := app.IM.Stats()
	rows := []templates.HealthRow{{
		Name: i18n.T(ctx, "home.health.api"), Sub: app.Detail(), Tone: "off",
		Value: i18n.T(ctx, "home.health.no_calls"), ValueSub: i18n.T(ctx, "home.health.last_minute"),
	}}
	if st.Calls > 0 {
		rows[0].Tone, rows[0].Value, rows[0].ValueSub = "ok", fmt.Sprintf("%d ms", max(st.P95.Milliseconds(), 1)), i18n.T(ctx, "home.health.p95")
	}
	calls := templates.HealthRow{
		Name: i18n.T(ctx, "home.health.answers"), Sub: i18n.T(ctx, "home.health.last_minute"), Tone: "ok",
		Value: i18n.N(ctx, "home.health.calls", st.Calls), ValueSub: i18n.N(ctx, "home.health.failures", st.Failures),
	}
	switch {
	case st.Calls == 0:
		calls.Tone = "off"
	case st.Failures*2 > st.Calls:
		calls.Tone = "bad"
	case st.Failures > 0:
		calls.Tone = "warn"
	}
	rows = append(rows, calls)
	waiting := templates.HealthRow{
		Name: i18n.T(ctx, "home.health.waiting"), Sub: i18n.T(ctx, "home.health.waiting_sub"), Tone: "ok", Value: i18n.Int(ctx, st.Waiting),
	}
	if st.Waiting > 0 {
		waiting.Tone = "warn"
	}
	rows = append(rows, waiting)
	if row, stopped := s.callbackHealth(ctx, app); stopped {
		rows = append(rows, row)
	}
	if !st.LastOK.IsZero() {
		rows = append(rows, templates.HealthRow{
			Name: i18n.T(ctx, "home.health.last"), Sub: i18n.T(ctx, "home.health.last_sub"), Tone: "ok", Value: i18n.Ago(ctx, st.LastOK),
		})
	}
	return rows
}

// Bounds of the palette: it answers as one types.
const (
	paletteTime  = 1200 * time.Millisecond // for the service; what is not there by then is left out
	paletteEach  = 6                       // results of a kind
	paletteQuery = 200                     // bytes
)

// palette answers what was typed: what can be done here, places, groups and users that were opened or pinned, and, when an
// id was typed whole, the group or user itself.
func (s *Server) palette(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	q := strings.TrimSpace(c.Query("q"))
	if len(q) > paletteQuery {
		q = ""
	}
	app := s.appAt(c, c.Query("at"))
	if app == nil {
		what := templates.PaletteResults(nil, "", false)
		return render(c, http.StatusOK, what, what)
	}
	var groups []templates.PaletteGroup
	add := func(title string, items []templates.PaletteItem) {
		if len(items) > 0 {
			groups = append(groups, templates.PaletteGroup{Title: title, Items: items[:min(len(items), paletteEach)]})
		}
	}
	quick := c.Query("quick") == "1"
	named := s.paletteNames(ctx, app, q)
	var found []templates.PaletteItem
	silent, more := false, false
	switch {
	case quick && len(named.whole) == 0:
		more = q != "" // the service is asked by the request after this one
		fallthrough
	case quick:
		found = named.whole
	default:
		found, silent = s.lookUp(ctx, app, q)
		if silent && len(found) == 0 {
			found = named.whole
		}
	}
	if q != "" {
		add(i18n.T(ctx, "home.palette.found"), found)
	}
	if here := s.hereItems(ctx, app, op, c.Query("at"), q); len(here.Items) > 0 { // all of them: there are few
		groups = append(groups, here)
	}
	add(i18n.T(ctx, "home.palette.users"), withNames(s.placeItems(ctx, app, op, store.KindUser, q, found), found, named.users))
	add(i18n.T(ctx, "home.palette.groups"), withNames(s.placeItems(ctx, app, op, store.KindGroup, q, found), found, named.groups))
	if pages := s.pageItems(ctx, app, op, q); len(pages) > 0 { // all of them, too
		groups = append(groups, templates.PaletteGroup{Title: i18n.T(ctx, "home.palette.pages"), Items: pages})
	}
	add(i18n.T(ctx, "home.palette.apps"), s.appItems(app, op, c.Query("at"), q))
	add(i18n.T(ctx, "search.saved.title"), s.savedItems(ctx, op, q))
	if q != "" && len(s.archived(ctx)) > 0 {
		add(i18n.T(ctx, "search.title"), append(named.messages, templates.PaletteItem{
			Text: i18n.T(ctx, "search.palette", "what", q), Icon: "search", URL: searchPath(q),
		}))
	}
	info := ""
	if silent {
		info = i18n.T(ctx, "home.palette.silent")
	}
	what := templates.PaletteResults(groups, info, more)
	return render(c, http.StatusOK, what, what)
}

// appAt is the app of the page that the palette was opened on.
func (s *Server) appAt(c *gin.Context, at string) *App {
	if rest, ok := strings.CutPrefix(at, "/apps/"); ok {
		name, _, _ := strings.Cut(rest, "/")
		op, _ := auth.OperatorFrom(c.Request.Context())
		if a := s.Apps.Get(name); a != nil && op.Sees(name) {
			return a
		}
	}
	return s.current(c)
}

func matches(q string, texts ...string) bool {
	q = strings.ToLower(q)
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(strings.ToLower(t), q) })
}

// lookUp finds the group and the user whose id was typed, at the same time. silent: the service did not say whether there
// are any.
func (s *Server) lookUp(ctx context.Context, app *App, q string) (items []templates.PaletteItem, silent bool) {
	limits := app.IM.Caps.Limits
	if q == "" || strings.ContainsFunc(q, func(r rune) bool { return r < ' ' }) {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, paletteTime)
	defer cancel()
	var group, user *templates.PaletteItem
	var groupErr, userErr error
	var wg sync.WaitGroup
	if limits.GroupID == 0 || len(q) <= limits.GroupID {
		wg.Go(func() {
			var g imclient.Group
			if g, groupErr = app.IM.Groups.Get(ctx, q); groupErr == nil {
				group = groupItem(app, g)
			}
		})
	}
	if limits.UserID == 0 || len(q) <= limits.UserID {
		wg.Go(func() {
			var u imclient.User
			if u, userErr = app.IM.Users.Get(ctx, q); userErr == nil {
				user = userItem(app, u.ID, u.Nick)
			} else if errors.Is(userErr, imclient.ErrNotFound) && app.IM.Caps.Nameless(q) {
				user = userItem(app, q, "")
			}
		})
	}
	wg.Wait()
	for _, i := range []*templates.PaletteItem{user, group} {
		if i != nil {
			items = append(items, *i)
		}
	}
	for _, err := range []error{groupErr, userErr} {
		silent = silent || errors.Is(err, imclient.ErrUnavailable) || errors.Is(err, imclient.ErrRateLimited) || errors.Is(err, imclient.ErrProtocol)
	}
	return items, silent
}

func groupItem(app *App, g imclient.Group) *templates.PaletteItem {
	return &templates.PaletteItem{
		Text: orID(g.Name, g.ID), Name: true, Sub: g.ID, URL: groupURL(app, g.ID, tabMessages),
		Avatar: &templates.AvatarView{ID: g.ID, Name: g.Name, Group: true},
	}
}

func userItem(app *App, id, nick string) *templates.PaletteItem {
	return &templates.PaletteItem{
		Text: orID(nick, id), Name: true, Sub: id, URL: userURL(app, id), Avatar: &templates.AvatarView{ID: id, Name: nick},
	}
}

// hereItem is something that can be done on the page that is open.
type hereItem struct {
	key, icon string
	verb      auth.Verb
	sheet     bool
	parts     []string
}

// What can be done with the group, and with the user, that is open. Sheets say themselves where something is not offered.
var (
	groupHere = []hereItem{
		{"home.palette.messages", "voice", auth.VerbView, false, []string{tabMessages}},
		{"home.palette.members", "groups", auth.VerbView, false, []string{tabMembers}},
		{"home.palette.muted", "mute", auth.VerbView, false, []string{tabMuted}},
		{"home.palette.details", "info", auth.VerbView, false, []string{tabDetails}},
		{"home.palette.activity", "audit", auth.VerbView, false, []string{tabActivity}},
		{"home.palette.mute", "mute", auth.VerbMute, true, []string{tabMembers, "mute"}},
		{"home.palette.kick", "kick", auth.VerbKick, true, []string{tabMembers, "kick"}},
		{"home.palette.notice", "notice", auth.VerbNotice, true, []string{"notice"}},
		{"job.palette.many", "jobs", auth.VerbBulk, false, []string{"jobs"}},
	}
	userHere = []hereItem{
		{"users.tab.summary", "user", auth.VerbView, false, nil},
		{"users.tab.activity", "audit", auth.VerbView, false, []string{tabActivity}},
		{"users.global_mute", "mute", auth.VerbGlobalMute, true, []string{globalMuteSheet.path}},
		{"users.global_unmute", "mic", auth.VerbGlobalUnmute, true, []string{globalUnmuteSheet.path}},
		{"users.sign_out", "logout", auth.VerbSignOut, true, []string{signOutSheet.path}},
	}
)

// hereItems are what can be done with the group or user that is open.
func (s *Server) hereItems(ctx context.Context, app *App, op auth.Operator, at, q string) (g templates.PaletteGroup) {
	if id := idAt(at, appURL(app, "groups")); id != "" {
		g.Title = i18n.T(ctx, "home.palette.here")
		g.Items = hereFor(ctx, app, op, q, groupHere, func(parts ...string) string { return groupURL(app, id, parts...) })
	}
	if id := idAt(at, appURL(app, "users")); id != "" {
		g.Title = i18n.T(ctx, "home.palette.here_user")
		g.Items = hereFor(ctx, app, op, q, userHere, func(parts ...string) string { return userURL(app, id, parts...) })
	}
	return g
}

// idAt is the id that follows a folder in an address; "" if none does.
func idAt(at, folder string) string {
	rest, ok := strings.CutPrefix(at, folder+"/")
	if !ok {
		return ""
	}
	escaped, _, _ := strings.Cut(rest, "/")
	escaped, _, _ = strings.Cut(escaped, "?")
	id, err := url.PathUnescape(escaped)
	if err != nil {
		return ""
	}
	return id
}

func hereFor(ctx context.Context, app *App, op auth.Operator, q string, all []hereItem, address func(parts ...string) string) []templates.PaletteItem {
	var items []templates.PaletteItem
	for _, here := range all {
		text := i18n.T(ctx, here.key)
		if op.CanIn(app.Name, here.verb) && matches(q, text) {
			items = append(items, templates.PaletteItem{Text: text, Icon: here.icon, Sheet: here.sheet, URL: address(here.parts...)})
		}
	}
	return items
}

// placeItems are what this operator pinned or opened lately, without what was found by its id.
func (s *Server) placeItems(ctx context.Context, app *App, op auth.Operator, kind, q string, found []templates.PaletteItem) []templates.PaletteItem {
	var places []store.Place
	if kind == store.KindGroup {
		pins, err := s.Store.Settings.Pins(ctx, op.ID, app.Name)
		if err == nil {
			places = pins
		}
	}
	recent, err := s.Store.Settings.Recent(ctx, op.ID, app.Name, kind, store.MaxRecent)
	if err == nil {
		places = append(places, recent...)
	}
	var items []templates.PaletteItem
	seen := map[string]bool{}
	for _, f := range found {
		seen[f.Sub] = true
	}
	for _, p := range places {
		if p.Kind != kind || seen[p.ID] || !matches(q, p.Title, p.ID) {
			continue
		}
		seen[p.ID] = true
		if kind == store.KindGroup {
			items = append(items, *groupItem(app, imclient.Group{ID: p.ID, Name: p.Title}))
		} else {
			items = append(items, *userItem(app, p.ID, p.Title))
		}
	}
	return items
}

func (s *Server) pageItems(ctx context.Context, app *App, op auth.Operator, q string) []templates.PaletteItem {
	var items []templates.PaletteItem
	for _, p := range places {
		text := i18n.T(ctx, "nav."+p.key)
		if p.open(op, app) && matches(q, text, p.key) {
			items = append(items, templates.PaletteItem{Text: text, Icon: p.icon, URL: p.url(app), Key: "g " + p.letter})
		}
	}
	return items
}

func (s *Server) appItems(current *App, op auth.Operator, at, q string) []templates.PaletteItem {
	var items []templates.PaletteItem
	all := s.appsOf(op)
	path, _, _ := strings.Cut(at, "?")
	for _, a := range all {
		if a != current && matches(q, a.Title, a.Name) {
			item := templates.PaletteItem{Text: a.Title, Name: true, Sub: a.Detail(), Icon: "overview", URL: sameKind(path, op, current, a)}
			if a == nextApp(all, current) {
				item.Key = templates.SwitchKey
			}
			items = append(items, item)
		}
	}
	return items
}
