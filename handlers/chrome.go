package handlers

import (
	"context"
	"fmt"
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

// app is the app that the address names.
func (s *Server) app(c *gin.Context) (*App, error) {
	a := s.Apps.Get(c.Param("app"))
	if a == nil {
		return nil, s.noApp(c.Param("app"))
	}
	return a, nil
}

// noApp says that there is no app of a name, and, if there was one, what became of it.
func (s *Server) noApp(name string) error {
	if gone, is := s.Apps.Absent(name); is {
		return errAbsent{gone}
	}
	return fmt.Errorf("%w: %q", errNoApp, name)
}

// appsOf are the apps of which the operator sees anything, in the order shown.
func (s *Server) appsOf(op auth.Operator) []*App {
	var list []*App
	for _, a := range s.Apps.All() {
		if op.Sees(a.Name) {
			list = append(list, a)
		}
	}
	return list
}

// current is the app to show around a page: the one in the address, else the one the operator looked at last, else the first;
// nil if the operator sees none.
func (s *Server) current(c *gin.Context) *App {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	named := func(name string) *App {
		if a := s.Apps.Get(name); a != nil && op.Sees(name) {
			return a
		}
		return nil
	}
	for _, name := range []string{c.Param("app"), c.Query("app")} {
		if a := named(name); a != nil {
			return a
		}
	}
	if name, err := s.Store.Settings.Get(ctx, op.ID, settingLastApp); err == nil {
		if a := named(name); a != nil {
			return a
		}
	}
	if list := s.appsOf(op); len(list) > 0 {
		return list[0]
	}
	return nil
}

// settingLastApp keeps which app an operator looked at last.
const settingLastApp = "last_app"

// Addresses of the console. Ids may hold slashes, hashes and at signs.
func appURL(app *App, parts ...string) string {
	var b strings.Builder
	b.WriteString("/apps/" + url.PathEscape(app.Name))
	for _, p := range parts {
		b.WriteString("/" + url.PathEscape(p))
	}
	return b.String()
}

func groupURL(app *App, group string, parts ...string) string {
	return appURL(app, append([]string{"groups", group}, parts...)...)
}

func userURL(app *App, user string, parts ...string) string {
	return appURL(app, append([]string{"users", user}, parts...)...)
}

// withQuery returns the request's own address with some parameters set; "" takes one away. Everything else in the query
// stays, so that a page keeps its filters.
func withQuery(u *url.URL, pairs ...string) string {
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if enc := q.Encode(); enc != "" {
		return u.EscapedPath() + "?" + enc
	}
	return u.EscapedPath()
}

// chrome is what stands around every page. It calls no IM service: what it says of one is what the client remembers.
func (s *Server) chrome(c *gin.Context) templates.Chrome {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	app := s.current(c)
	ch := templates.Chrome{
		Nav:      s.nav(c, app, op),
		Path:     c.Request.URL.RequestURI(),
		Operator: templates.OperatorView{ID: op.ID, Name: op.Name, Rank: rankText(ctx, op, app)},
		Display: templates.Display{
			Theme: op.Prefs.Theme, Compact: op.Prefs.Density == "compact", SingleKeys: op.Prefs.SingleKeys,
		},
		Version: s.Version,
	}
	if app != nil {
		s.chromeOf(c, app, op, &ch)
	}
	ch.Toasts, ch.Notice = s.takeFlashes(c)
	if !wantsPart(c.Request) {
		s.chromeOfRequests(c, &ch)
	}
	return ch
}

// chromeOfRequests is what the chrome says of requests for a second person: how many wait, and what the operator has to know.
func (s *Server) chromeOfRequests(c *gin.Context, ch *templates.Chrome) {
	waiting, unreviewed := s.toApprove(c)
	for i := range ch.Nav {
		if ch.Nav[i].URL == approvalsURL {
			ch.Nav[i].Count = count(c.Request.Context(), waiting+unreviewed)
		}
	}
	if ch.Notice == nil {
		ch.Notice = s.approvalNotice(c, unreviewed)
	}
}

// chromeOf is what the chrome says of an app.
func (s *Server) chromeOf(c *gin.Context, app *App, op auth.Operator, ch *templates.Chrome) {
	ctx := c.Request.Context()
	ch.App = templates.AppLink{Name: app.Title, Detail: app.Detail(), URL: appURL(app, "groups"), Current: true}
	ch.Display.Colour = s.colour(app)
	ch.Health, ch.Emulator = s.healthLink(c, app), app.Embedded
	all := s.appsOf(op)
	next := nextApp(all, app)
	for _, a := range all {
		ch.Apps = append(ch.Apps, templates.AppLink{
			Name: a.Title, Detail: a.Detail(), URL: sameKind(c.Request.URL.EscapedPath(), op, app, a), Current: a == app, Colour: s.colour(a), Switch: a == next,
		})
	}
	pins, err := s.Store.Settings.Pins(ctx, op.ID, app.Name)
	if err != nil {
		s.Log.WarnContext(ctx, "pins", "reference", referenceOf(ctx), "error", err)
	}
	for _, p := range pins {
		if p.Kind != store.KindGroup {
			continue
		}
		link := groupURL(app, p.ID, "messages")
		ch.Pinned = append(ch.Pinned, templates.PinnedLink{
			Name: orID(p.Title, p.ID), URL: link, Tone: "off",
			Current: strings.HasPrefix(c.Request.URL.EscapedPath(), groupURL(app, p.ID)+"/"),
		})
	}
}

// rankText is what the operator is in an app, or, for nil, in all.
func rankText(ctx context.Context, op auth.Operator, app *App) string {
	name := ""
	if app != nil {
		name = app.Name
	}
	preset, title := op.RoleIn(name)
	if title == "" && preset.Valid() {
		//i18n:uses role.*
		title = i18n.T(ctx, "role."+string(preset))
	}
	return orID(title, i18n.T(ctx, "role.none"))
}

// colour is an app's own, or, if it has chosen none, that of its position.
func (s *Server) colour(app *App) string {
	if app.Colour != "" {
		return app.Colour
	}
	all := templates.Colours()
	return all[max(slices.IndexFunc(s.Apps.All(), func(a *App) bool { return a.Name == app.Name }), 0)%len(all)].Name
}

// nextApp is the one that a key leads to; nil if there is no other.
func nextApp(all []*App, app *App) *App {
	i := slices.Index(all, app)
	if len(all) < 2 || i < 0 {
		return nil
	}
	return all[(i+1)%len(all)]
}

// kinds are the places that pages of an app belong to, by the part of the address after the app's name.
var kinds = map[string]string{
	"users": "users", "user-import": "users", "direct": "direct", "operations": "operations", "keywords": "keywords",
	"broadcasts": "broadcasts", "broadcast": "broadcasts", "live-broadcast": "broadcasts", "send-users": "broadcasts", "send-groups": "broadcasts",
	"api": "api", "api-answers": "api",
}

// sameKind is the page of another app that is of the kind of the one at an address: groups of groups, users of users. Where the
// other app, or the operator, has none of the kind, it is the groups.
func sameKind(at string, op auth.Operator, app, other *App) string {
	if at == "/" {
		return "/?app=" + url.QueryEscape(other.Name)
	}
	rest, _ := strings.CutPrefix(at, appURL(app)+"/")
	kind, _, _ := strings.Cut(rest, "/")
	for _, p := range places {
		if to := p.url(other); p.key == kinds[kind] && p.open(op, other) {
			return to
		}
	}
	if kind == "callbacks" {
		return appURL(other, kind)
	}
	return appURL(other, "groups")
}

// orID is a name, or the id where there is none.
func orID(name, id string) string {
	if strings.TrimSpace(name) == "" {
		return id
	}
	return name
}

// place is one line of the sidebar, shown to those who may go there.
type place struct {
	key, icon, letter string
	url               func(*App) string
	verb              auth.Verb
	needs             []imclient.Verb // of which the app has one; nil: nothing
}

// places are the sidebar, in order.
var places = []place{
	{"overview", "overview", "o", func(*App) string { return "/" }, auth.VerbView, nil},
	{"queue", "queue", "q", func(*App) string { return queueURL }, auth.VerbNote, nil},
	{"live", "live", "l", func(*App) string { return livePath }, auth.VerbView, nil},
	{"groups", "groups", "g", func(a *App) string { return appURL(a, "groups") }, auth.VerbView, nil},
	{"users", "user", "u", func(a *App) string { return appURL(a, "users") }, auth.VerbView, nil},
	{"sanctions", "ban", "", func(a *App) string { return appURL(a, "sanctions") }, auth.VerbView, nil},
	{"direct", "eye", "d", func(a *App) string { return appURL(a, "direct") }, auth.VerbDirect, []imclient.Verb{imclient.VerbDirectHistory}},
	{"search", "search", "f", func(*App) string { return "/search" }, auth.VerbView, nil},
	{"operations", "chart", "", func(a *App) string { return appURL(a, "operations") }, auth.VerbFigures, []imclient.Verb{imclient.VerbOperations, imclient.VerbHistoryFiles}},
	{"keywords", "filter", "", func(a *App) string { return appURL(a, "keywords") }, auth.VerbWords, []imclient.Verb{imclient.VerbKeywords}},
	{"broadcasts", "send", "", func(a *App) string { return appURL(a, "broadcasts") }, auth.VerbBroadcast, []imclient.Verb{imclient.VerbBroadcast, imclient.VerbLiveBroadcast, imclient.VerbSendUsers, imclient.VerbSendGroups}},
	{"jobs", "jobs", "j", func(*App) string { return "/jobs" }, auth.VerbBulk, nil},
	{"audit", "audit", "a", func(*App) string { return "/audit" }, auth.VerbAudit, nil},
	{"approvals", "check", "", func(*App) string { return approvalsURL }, auth.VerbApprove, nil},
	{"api", "code", "", func(a *App) string { return appURL(a, "api") }, auth.VerbAPI, nil},
	{"settings", "settings", "s", func(*App) string { return "/settings/me" }, auth.VerbSelf, nil},
}

// open tells whether the operator may go there from the app.
func (p place) open(op auth.Operator, app *App) bool {
	if len(p.needs) > 0 && !slices.ContainsFunc(p.needs, func(v imclient.Verb) bool { return app.IM.Caps.Can(v, "") }) {
		return false // the page would say that there is nothing
	}
	if strings.HasPrefix(p.url(app), "/apps/") {
		return op.CanIn(app.Name, p.verb)
	}
	return op.Can(p.verb)
}

func (s *Server) nav(c *gin.Context, app *App, op auth.Operator) []templates.NavItem {
	ctx := c.Request.Context()
	if app == nil {
		app = &App{IM: &imclient.Client{}} // of which nobody sees anything
	}
	var items []templates.NavItem
	for _, p := range places {
		if !p.open(op, app) {
			continue
		}
		to := p.url(app)
		here := c.Request.URL.EscapedPath()
		items = append(items, templates.NavItem{
			//i18n:uses nav.*
			Text: i18n.T(ctx, "nav."+p.key), Icon: p.icon, URL: to, Key: p.letter,
			Current: here == to || to != "/" && strings.HasPrefix(here, to+"/"),
		})
	}
	return items
}

// healthLink says how the app's IM service has answered in the last minute.
func (s *Server) healthLink(c *gin.Context, app *App) *templates.HealthLink {
	ctx := c.Request.Context()
	stats := app.IM.Stats()
	link := &templates.HealthLink{Tone: "ok", URL: "/?app=" + url.QueryEscape(app.Name) + "#health"}
	switch {
	case stats.Calls == 0:
		return nil
	case stats.Failures*2 > stats.Calls:
		link.Tone, link.Text = "bad", i18n.T(ctx, "nav.health.bad")
	case stats.Failures > 0 && stats.Failures*10 > stats.Calls:
		link.Tone, link.Text = "warn", i18n.T(ctx, "nav.health.warn")
	default:
		link.Text = i18n.T(ctx, "nav.health.ok")
	}
	if stats.P95 > 0 {
		link.Detail = fmt.Sprintf("%d ms", max(stats.P95.Milliseconds(), 1))
	}
	return link
}

// why says why a verb is not offered in groups of a type, in words; "" if it is.
func why(c *gin.Context, app *App, v imclient.Verb, t imclient.GroupType) string {
	if key := app.IM.Caps.Why(v, t); key != "" {
		return i18n.T(c.Request.Context(), key)
	}
	return ""
}
