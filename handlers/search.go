package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) searchRoutes() []route {
	const saved = savedURL + "/:search"
	return []route{
		{get, allSearch, auth.VerbView, s.searchPage},
		{post, savedURL, auth.VerbView, s.saveSearch},
		{get, saved, auth.VerbView, s.savedSearch},
		{post, saved, auth.VerbView, s.changeSearch},
		{post, saved + "/remove", auth.VerbView, s.removeSearch},
		{get, "/apps/:app/groups/:group/said", auth.VerbView, s.saidPage},
	}
}

// allSearch is the page that finds messages, people and groups.
const allSearch = "/search"

// What the page finds beside messages, as in its address.
const (
	searchPeople = "people"
	searchGroups = "groups"
)

// Sizes of a search.
const (
	searchPageSize = 50
	maxSearch      = 500                     // characters
	searchNameTime = 1200 * time.Millisecond // names are a courtesy: without them ids are shown
	searchSnippet  = 300                     // characters of a message
	searchLead     = 80                      // of them before the first place
)

// searchPage finds what was said in groups, and groups and people by their names. It costs one search, and one call for groups' names
// and one for users' an app where the directory does not know them.
func (s *Server) searchPage(c *gin.Context) error {
	ctx := c.Request.Context()
	typed := strings.TrimSpace(strings.ToValidUTF8(c.Query("q"), ""))
	v := templates.SearchPageView{URL: allSearch, Query: typed, Zone: zoneName(ctx), Apps: s.archived(ctx)}
	s.scope(c, &v)
	if err := s.savedSearches(c, &v); err != nil {
		return err
	}
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
	if err != nil {
		return err
	}
	if q.empty {
		return s.renderSearch(c, http.StatusOK, v)
	}
	v.Asked = true
	if v.Scope != nil {
		q.app, q.groups = c.Query("app"), []string{c.Query("in")}
	}
	if kind := c.Query("kind"); kind == searchPeople || kind == searchGroups {
		return s.searchNamed(c, kind, v, q)
	}
	if bad := s.aim(ctx, &q); bad != "" {
		v.Bad = bad
		return s.renderSearch(c, http.StatusOK, v)
	}
	list, err := s.page(c, &v, &q)
	if err != nil {
		return err
	}
	v.Hits = s.hits(ctx, list, q)
	s.saveForm(c, &v, typed)
	return s.renderSearch(c, http.StatusOK, v)
}

// page reads the page of a search that the address asks for.
func (s *Server) page(c *gin.Context, v *templates.SearchPageView, q *search) ([]store.Archived, error) {
	ctx := c.Request.Context()
	q.query.N, q.query.Cursor = searchPageSize, c.Query("cursor")
	list, next, err := s.Store.Archive.Search(ctx, q.query)
	if errors.Is(err, store.ErrInvalid) && q.query.Cursor != "" {
		q.query.Cursor, v.Expired = "", true
		list, next, err = s.Store.Archive.Search(ctx, q.query)
	}
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	if next != "" {
		v.Older = withQuery(c.Request.URL, "cursor", next)
	}
	if q.query.Cursor != "" {
		v.Newest = withQuery(c.Request.URL, "cursor", "")
	}
	return list, nil
}

// scope restricts the page to the group that its address names, and lists what else it finds.
func (s *Server) scope(c *gin.Context, v *templates.SearchPageView) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	app, group := s.Apps.Get(c.Query("app")), clip(c.Query("in"), maxFind)
	if app != nil && group != "" && op.CanIn(app.Name, auth.VerbView) {
		names, err := s.Store.Directory.Names(ctx, app.Name, store.KindGroup, []string{group})
		s.courtesy(ctx, err)
		v.Scope = &templates.Link{Text: orID(names[group].Name, group), URL: groupURL(app, group, tabMessages)}
		v.Hidden = []string{"app", app.Name, "in", group}
		v.Everywhere = searchPath(v.Query)
		if v.Query != "" && app.IM.Caps.Can(imclient.VerbHistory, "") {
			v.History = groupURL(app, group, tabMessages) + "?q=" + url.QueryEscape(v.Query)
		}
		return
	}
	kind := c.Query("kind")
	if kind == searchPeople || kind == searchGroups {
		v.Hidden = []string{"kind", kind}
	}
	v.Kinds = s.searchTabs(ctx, v.Query, kind)
}

// searchTabs are what can be found: of direct chats by app, for those who may read them.
func (s *Server) searchTabs(ctx context.Context, typed, current string) (tabs []templates.Tab) {
	for _, tab := range []string{"", searchPeople, searchGroups} {
		//i18n:uses search.kind.*
		tabs = append(tabs, templates.Tab{
			Text: i18n.T(ctx, "search.kind."+orID(tab, "messages")), URL: withQuery(&url.URL{Path: allSearch, RawQuery: url.Values{"q": {typed}, "kind": {tab}}.Encode()}, "cursor", ""),
			Current: tab == current,
		})
	}
	apps := s.keepsDirect(ctx)
	for _, app := range apps {
		tab := templates.Tab{Text: i18n.T(ctx, "search.kind.direct"), URL: directSearchURL(app, typed), Current: "direct/"+app.Name == current}
		if len(apps) > 1 {
			tab.Text += " · " + app.Title
		}
		tabs = append(tabs, tab)
	}
	return tabs
}

// searchNamed finds people or groups, in the directory.
func (s *Server) searchNamed(c *gin.Context, kind string, v templates.SearchPageView, q search) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	n := store.NameQuery{Kind: store.KindUser, Text: q.words, N: searchPageSize}
	if kind == searchGroups {
		n.Kind = store.KindGroup
	}
	for _, a := range s.appsOf(op) {
		if op.CanIn(a.Name, auth.VerbView) && (q.app == "" || q.app == a.Name) {
			n.Apps = append(n.Apps, a.Name)
		}
	}
	list, err := s.Store.Directory.Find(ctx, n)
	if err != nil {
		return fmt.Errorf("search names: %w", err)
	}
	v.Named = true
	for _, f := range list {
		app := s.Apps.Get(f.App)
		if app == nil { // it was removed just now
			continue
		}
		row := templates.NamedRow{ID: f.App + "/" + f.ID, App: app.Title, Person: templates.PersonView{ID: f.ID, Name: f.Name, URL: userURL(app, f.ID)}}
		if kind == searchGroups {
			row.Person.URL, row.Person.Group = groupURL(app, f.ID, tabMessages), true
			row.Type = typeName(ctx, app, imclient.GroupType(f.Type))
			if f.Members >= 0 {
				row.Members = i18n.N(ctx, "search.members", f.Members)
			}
		}
		v.People = append(v.People, row)
	}
	return s.renderSearch(c, http.StatusOK, v)
}

func (s *Server) renderSearch(c *gin.Context, status int, v templates.SearchPageView) error {
	return render(c, status, templates.SearchPage(s.chrome(c), v), templates.SearchResults(v))
}

// archived are the apps that the operator sees and whose messages are kept, by title.
func (s *Server) archived(ctx context.Context) (titles []string) {
	op, _ := auth.OperatorFrom(ctx)
	for _, a := range s.appsOf(op) {
		if op.CanIn(a.Name, auth.VerbView) && s.Archive.Keeps(a.Name) {
			titles = append(titles, a.Title)
		}
	}
	return titles
}

// aim restricts a search to what the operator may see: the apps of theirs, no direct chats, what was taken back only for those
// who may take back, and of what there is a case only for those who see cases. It returns why the search finds nothing as it is, "" if it may find something.
func (s *Server) aim(ctx context.Context, q *search) (bad string) {
	op, _ := auth.OperatorFrom(ctx)
	q.query.GroupsOnly = true
	var recalled, all, unseen int
	flagged := q.query.Has&store.HasCase != 0
	for _, a := range s.appsOf(op) {
		if !op.CanIn(a.Name, auth.VerbView) || q.app != "" && q.app != a.Name {
			continue
		}
		if flagged && !op.CanIn(a.Name, auth.VerbCases) {
			unseen++
			continue
		}
		all++
		if op.CanIn(a.Name, auth.VerbRecall) {
			recalled++
		}
		q.query.Apps = append(q.query.Apps, a.Name)
		for _, g := range q.groups {
			q.query.Places = append(q.query.Places, store.Conversation{App: a.Name, Group: g})
		}
	}
	if all == 0 && unseen > 0 {
		return i18n.T(ctx, "search.bad.flagged")
	}
	if all == 0 {
		return i18n.T(ctx, "search.bad.app", "part", q.app)
	}
	q.query.NotRecalled = recalled < all
	return ""
}

// hitURL leads to a message among those around it: as the service has them, else as they were kept.
func hitURL(app *App, m store.Archived) string {
	if m.Place.Group == "" {
		return directHit(app, m)
	}
	number := strconv.FormatInt(m.ID, 36)
	if m.Seq > 0 {
		return groupURL(app, m.Place.Group, tabMessages) + fmt.Sprintf("?seq=%d&kept=%s", m.Seq, number)
	}
	return saidURL(app, m.Place.Group, number)
}

// hits are messages as they are shown.
func (s *Server) hits(ctx context.Context, list []store.Archived, q search) []templates.SearchHit {
	called := s.searchNames(ctx, list)
	hits := make([]templates.SearchHit, len(list))
	for i, m := range list {
		app := s.Apps.Get(m.Place.App)
		number := strconv.FormatInt(m.ID, 36)
		h := templates.SearchHit{
			ID: number, At: m.At, App: app.Title,
			Group:  templates.Link{Text: orID(called[m.Place.App].groups[m.Place.Group], m.Place.Group), URL: groupURL(app, m.Place.Group, tabMessages)},
			Sender: templates.PersonView{ID: m.Sender, Name: called[m.Place.App].users[m.Sender], URL: userURL(app, m.Sender)}, URL: hitURL(app, m),
		}
		if m.Place.Group == "" {
			user, peer := directOrder(m)
			users := called[m.Place.App].users
			h.Group = templates.Link{Text: i18n.T(ctx, "direct.between", "user", orID(users[user], user), "peer", orID(users[peer], peer)), URL: directURL(app, user, peer)}
		}
		switch m.State {
		case store.ArchiveRecalled:
			h.State = &templates.ChipView{Text: i18n.T(ctx, "search.recalled"), Tone: "warn"}
		case store.ArchiveEdited:
			h.State = &templates.ChipView{Text: i18n.T(ctx, "search.edited")}
		case store.ArchiveSaid:
		}
		for _, kind := range m.Types {
			if kind != "text" {
				//i18n:uses search.type.*
				h.Kinds = append(h.Kinds, i18n.T(ctx, "search.type."+kind))
			}
		}
		for _, p := range snippet(highlight(m.Text, q.marks)) {
			h.Text = append(h.Text, templates.Marked{Text: p.text, On: p.on})
		}
		hits[i] = h
	}
	return hits
}

// snippet cuts a long message around the first place that was found.
func snippet(list []marked) []marked {
	if i := slices.IndexFunc(list, func(m marked) bool { return m.on }); i == 1 {
		if r := []rune(list[0].text); len(r) > searchLead {
			list[0].text = "…" + string(r[len(r)-searchLead:])
		}
	}
	left := searchSnippet
	for i, m := range list {
		r := []rune(m.text)
		if len(r) > left {
			list[i].text = string(r[:left]) + "…"
			return list[:i+1]
		}
		left -= len(r)
	}
	return list
}

// found is what groups and users of an app are called.
type found struct{ groups, users map[string]string }

// searchNames reads the names of groups and senders out of the directory, and asks for those that it does not know, of all apps at
// the same time. What is not known in time is left out.
func (s *Server) searchNames(ctx context.Context, list []store.Archived) map[string]found {
	ctx, cancel := context.WithTimeout(ctx, searchNameTime)
	defer cancel()
	groups, users := map[string][]string{}, map[string][]string{}
	called := map[string]found{}
	for _, m := range list {
		app := m.Place.App
		if m.Place.Group != "" && !slices.Contains(groups[app], m.Place.Group) {
			groups[app] = append(groups[app], m.Place.Group)
		}
		for _, id := range []string{m.Sender, m.Place.Users[0], m.Place.Users[1]} {
			if id != "" && !slices.Contains(users[app], id) {
				users[app] = append(users[app], id)
			}
		}
		called[app] = found{map[string]string{}, map[string]string{}}
	}
	var wg sync.WaitGroup
	for name := range called {
		app := s.Apps.Get(name)
		if app == nil {
			continue
		}
		wg.Go(func() {
			missing := s.directoryNames(ctx, name, store.KindGroup, groups[name], called[name].groups)
			if len(missing) == 0 {
				return
			}
			list, _, err := app.IM.Groups.GetMany(ctx, missing)
			s.courtesy(ctx, err)
			for _, g := range list {
				called[name].groups[g.ID] = g.Name
			}
		})
		wg.Go(func() {
			missing := s.directoryNames(ctx, name, store.KindUser, users[name], called[name].users)
			if len(missing) == 0 {
				return
			}
			list, _, err := app.IM.Users.GetMany(ctx, missing)
			s.courtesy(ctx, err)
			for _, u := range list {
				called[name].users[u.ID] = u.Nick
			}
		})
	}
	wg.Wait()
	return called
}

// directoryNames reads names out of the directory, and returns the ids of those that the vendor was never asked for.
func (s *Server) directoryNames(ctx context.Context, app, kind string, ids []string, into map[string]string) (missing []string) {
	names, err := s.Store.Directory.Names(ctx, app, kind, ids)
	s.courtesy(ctx, err)
	for _, id := range ids {
		if n, is := names[id]; is && !n.Named.IsZero() {
			into[id] = n.Name
		} else {
			missing = append(missing, id)
		}
	}
	return missing
}

// courtesy logs that names could not be had.
func (s *Server) courtesy(ctx context.Context, err error) {
	if err != nil && !errors.Is(err, imclient.ErrNotFound) {
		s.Log.InfoContext(ctx, "names for a search", "reference", referenceOf(ctx), "error", err)
	}
}
