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
	"time"
	"unicode/utf8"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) searchDirectRoutes() []route {
	const direct = "/apps/:app/direct"
	return []route{
		{get, direct + "/search", auth.VerbDirect, s.searchDirect},
		{post, direct + "/search", auth.VerbDirect, s.openSearchDirect},
		{get, direct + "/said", auth.VerbDirect, s.saidDirect},
	}
}

// actSearchDirect is what the audit log calls a reason to search direct chats. As with reading one, the entry is the leave.
const actSearchDirect = "direct.search"

func directSearchURL(app *App, typed string) string {
	return appURL(app, "direct", "search") + "?" + url.Values{"q": {typed}}.Encode()
}

// directHit leads to a message of a direct chat among those around it, as the sender has them.
func directHit(app *App, m store.Archived) string {
	user, peer := directOrder(m)
	return appURL(app, "direct", "said") + "?" + url.Values{"user": {user}, "peer": {peer}, "id": {strconv.FormatInt(m.ID, 36)}}.Encode()
}

func directOrder(m store.Archived) (user, peer string) {
	user, peer = m.Place.Users[0], m.Place.Users[1]
	if m.Sender == peer {
		return peer, user
	}
	return user, peer
}

// keepsDirect are the apps whose direct chats are kept and that the operator may read, with a reason.
func (s *Server) keepsDirect(ctx context.Context) (list []*App) {
	op, _ := auth.OperatorFrom(ctx)
	for _, a := range s.appsOf(op) {
		if op.CanIn(a.Name, auth.VerbDirect) && s.Archive.Policy(a.Name).Direct {
			list = append(list, a)
		}
	}
	return list
}

// searchLeave is an operator's leave to search the direct chats of an app.
func (s *Server) searchLeave(ctx context.Context, app *App) (permit, bool, error) {
	op, _ := auth.OperatorFrom(ctx)
	now := s.Now()
	list, err := s.Store.Audit.List(ctx, store.AuditFilter{
		OperatorID: op.ID, App: app.Name, Action: actSearchDirect, State: store.AuditOK, From: now.Add(-permitTime),
	}, 0, 1)
	if err != nil || len(list) == 0 {
		return permit{}, false, err
	}
	p := permit{reason: list[0].Reason, until: list[0].At.Add(permitTime), entry: list[0].ID}
	return p, now.Before(p.until), nil
}

// openChats are the direct chats of an app that an operator has leave to read, each as its two users in order.
func (s *Server) openChats(ctx context.Context, app *App) (map[[2]string]bool, error) {
	op, _ := auth.OperatorFrom(ctx)
	now := s.Now()
	list, err := s.Store.Audit.List(ctx, store.AuditFilter{
		OperatorID: op.ID, App: app.Name, Action: string(actions.VerbViewDirect), State: store.AuditOK, From: now.Add(-permitTime),
	}, 0, store.MaxAuditPage)
	if err != nil {
		return nil, fmt.Errorf("direct chats that are open: %w", err)
	}
	open := map[[2]string]bool{}
	for _, e := range list {
		if len(e.Users) == 2 && now.Before(e.At.Add(permitTime)) {
			open[[2]string{min(e.Users[0], e.Users[1]), max(e.Users[0], e.Users[1])}] = true
		}
	}
	return open, nil
}

// searchDirect finds what was said in direct chats of an app, for who gave a reason. What a message says is shown only of chats that
// the operator has leave to read, too. It costs one search, and one call for names that the directory does not know.
func (s *Server) searchDirect(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	typed := strings.TrimSpace(strings.ToValidUTF8(c.Query("q"), ""))
	v := templates.SearchPageView{
		URL: appURL(app, "direct", "search"), Query: typed, Zone: zoneName(ctx), Kinds: s.searchTabs(ctx, typed, "direct/"+app.Name),
	}
	if !s.Archive.Policy(app.Name).Direct {
		return s.renderSearch(c, http.StatusOK, v)
	}
	v.Apps = []string{app.Title}
	leave, ok, err := s.searchLeave(ctx, app)
	switch {
	case err != nil:
		return err
	case !ok && wantsPart(c.Request):
		return seeOther(c, directSearchURL(app, typed))
	case !ok:
		return s.askSearchReason(c, app, url.Values{"q": {typed}}, "", http.StatusOK)
	}
	v.Leave = i18n.T(ctx, "search.direct.leave", "app", app.Title, "until", i18n.When(ctx, leave.until), "reason", leave.reason)
	if utf8.RuneCountInString(typed) > maxSearch {
		v.Query, v.Bad = "", i18n.T(ctx, "search.bad.long", "n", maxSearch)
		return s.renderSearch(c, http.StatusBadRequest, v)
	}
	q, err := parseSearch(typed, i18n.From(ctx).Zone)
	if bad, is := errors.AsType[badSearch](err); is {
		//i18n:uses search.bad.*
		v.Bad = i18n.T(ctx, bad.key, "part", bad.part)
		return s.renderSearch(c, http.StatusBadRequest, v)
	}
	if err != nil || q.empty {
		return errors.Join(err, s.renderSearch(c, http.StatusOK, v))
	}
	v.Asked = true
	if v.Bad = aimDirect(ctx, app, &q); v.Bad != "" {
		return s.renderSearch(c, http.StatusOK, v)
	}
	list, err := s.page(c, &v, &q)
	if err != nil {
		return err
	}
	open, err := s.openChats(ctx, app)
	if err != nil {
		return err
	}
	v.Hits = s.hits(ctx, list, q)
	for i, m := range list {
		if !open[[2]string{min(m.Place.Users[0], m.Place.Users[1]), max(m.Place.Users[0], m.Place.Users[1])}] {
			v.Hits[i].Text, v.Hits[i].Kinds, v.Hits[i].Withheld = nil, nil, true
		}
	}
	return s.renderSearch(c, http.StatusOK, v)
}

// aimDirect restricts a search to direct chats of an app. It returns why it finds nothing as it is.
func aimDirect(ctx context.Context, app *App, q *search) (bad string) {
	op, _ := auth.OperatorFrom(ctx)
	switch {
	case len(q.groups) > 0:
		return i18n.T(ctx, "search.direct.group")
	case q.app != "" && q.app != app.Name:
		return i18n.T(ctx, "search.bad.app", "part", q.app)
	case q.query.Has&store.HasCase != 0 && !op.CanIn(app.Name, auth.VerbCases):
		return i18n.T(ctx, "search.bad.flagged")
	}
	q.query.Apps, q.query.DirectOnly, q.query.NotRecalled = []string{app.Name}, true, !op.CanIn(app.Name, auth.VerbRecall)
	return ""
}

// askSearchReason asks why direct chats are to be searched. Nothing is searched before.
func (s *Server) askSearchReason(c *gin.Context, app *App, typed url.Values, bad string, status int) error {
	ctx := c.Request.Context()
	back := templates.Link{Text: i18n.T(ctx, "search.title"), URL: searchPath(typed.Get("q"))}
	v := templates.GroupSheetView{
		Sheet: templates.SheetView{
			ID: "ask-search", Title: i18n.T(ctx, "search.direct.title", "app", app.Title), Text: i18n.N(ctx, "search.direct.text", int(permitTime/time.Minute)),
			Action: appURL(app, "direct", "search"), Hidden: []string{"q", typed.Get("q")}, Submit: i18n.T(ctx, "search.direct.submit"),
			BackURL: back.URL, Foot: i18n.T(ctx, "direct.open.foot"),
		},
		Fields: []templates.FieldView{{
			Name: "reason", ID: "search-reason", Label: i18n.T(ctx, "messages.reason"), Hint: i18n.T(ctx, "search.direct.hint"), Rows: 3, MaxLength: maxSearchReason,
			Required: true, Value: typed.Get("reason"), Error: bad, Attrs: map[string]any{"dir": "auto"},
		}},
	}
	return render(c, status, templates.GroupSheetPage(s.chrome(c), v, back), templates.GroupSheet(v))
}

// maxSearchReason is how many characters a reason has at most.
const maxSearchReason = 1000

// openSearchDirect records why direct chats are searched, and what for first, which gives leave for permitTime.
func (s *Server) openSearchDirect(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	reason, typed := strings.TrimSpace(lines(v.Get("reason"))), strings.TrimSpace(strings.ToValidUTF8(v.Get("q"), ""))
	switch n := utf8.RuneCountInString(reason); {
	case n == 0:
		return s.askSearchReason(c, app, v, i18n.T(ctx, "action.invalid.required"), http.StatusUnprocessableEntity)
	case n > maxSearchReason:
		return s.askSearchReason(c, app, v, i18n.T(ctx, "action.invalid.too_long", "n", n, "limit", maxSearchReason), http.StatusUnprocessableEntity)
	}
	detail, err := json.Marshal(map[string]string{"query": clip(typed, 4*maxSearch)})
	if err != nil {
		return fmt.Errorf("write down a search: %w", err)
	}
	if err := s.recorded(c, store.AuditEntry{App: app.Name, Action: actSearchDirect, Reason: reason, Detail: detail}, func() error { return nil }); err != nil {
		return err
	}
	s.flash(c, flash{Toast: &templates.Toast{Text: i18n.N(ctx, "search.direct.done", int(permitTime/time.Minute))}})
	return seeOther(c, directSearchURL(app, typed))
}

// saidDirect is saidPage of a direct chat that the operator has leave to read; others are asked for the reason.
func (s *Server) saidDirect(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	user, peer, wrong := directPair(ctx, app, c.Request.URL.Query())
	if len(wrong) > 0 {
		return s.findDirect(c, app, wrong, http.StatusNotFound)
	}
	if _, ok, err := s.permitOf(ctx, app, user, peer); err != nil {
		return err
	} else if !ok {
		return s.askReason(c, app, user, peer, url.Values{"to": {c.Request.URL.RequestURI()}}, nil, http.StatusOK)
	}
	place := store.Conversation{App: app.Name, Users: [2]string{user, peer}}
	names := s.searchNames(ctx, []store.Archived{{Place: place, Sender: user}, {Place: place, Sender: peer}})[app.Name].users
	return s.keptPage(c, app, place, templates.KeptView{
		Group: i18n.T(ctx, "direct.between", "user", orID(names[user], user), "peer", orID(names[peer], peer)), GroupURL: directURL(app, user, peer),
		SearchURL: appURL(app, "direct", "search"),
	}, appURL(app, "direct", "said")+"?"+url.Values{"user": {user}, "peer": {peer}}.Encode()+"&id=")
}

// afterReason is where to go once a direct chat is open: to where one came from, if that is about direct chats.
func afterReason(app *App, to, user, peer string) string {
	to = auth.SafeNext(to)
	if slices.ContainsFunc([]string{appURL(app, "direct"), appURL(app, "direct", "said")}, func(u string) bool { return strings.HasPrefix(to, u+"?") }) {
		return to
	}
	return directURL(app, user, peer)
}
