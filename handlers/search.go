package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
	return []route{{get, "/search", auth.VerbView, s.searchPage}}
}

// Sizes of a search.
const (
	searchPageSize = 50
	maxSearch      = 500                     // characters
	searchNameTime = 1200 * time.Millisecond // names are a courtesy: without them ids are shown
	searchSnippet  = 300                     // characters of a message
	searchLead     = 80                      // of them before the first place
)

// searchPage finds what was said in groups. It costs one search, one call for groups' names and one for users' an app.
func (s *Server) searchPage(c *gin.Context) error {
	ctx := c.Request.Context()
	typed := strings.TrimSpace(strings.ToValidUTF8(c.Query("q"), ""))
	v := templates.SearchPageView{URL: "/search", Query: typed, Zone: zoneName(ctx), Apps: s.archived(ctx)}
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
	if bad := s.aim(ctx, &q); bad != "" {
		v.Bad = bad
		return s.renderSearch(c, http.StatusOK, v)
	}
	q.query.N, q.query.Cursor = searchPageSize, c.Query("cursor")
	list, next, err := s.Store.Archive.Search(ctx, q.query)
	if errors.Is(err, store.ErrInvalid) && q.query.Cursor != "" {
		q.query.Cursor, v.Expired = "", true
		list, next, err = s.Store.Archive.Search(ctx, q.query)
	}
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	v.Hits = s.hits(ctx, list, q)
	if next != "" {
		v.Older = withQuery(c.Request.URL, "cursor", next)
	}
	if q.query.Cursor != "" {
		v.Newest = withQuery(c.Request.URL, "cursor", "")
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

// aim restricts a search to what the operator may see: the apps of theirs, no direct chats, and what was taken back only for those
// who may take back. It returns why the search finds nothing as it is, "" if it may find something.
func (s *Server) aim(ctx context.Context, q *search) (bad string) {
	op, _ := auth.OperatorFrom(ctx)
	q.query.GroupsOnly = true
	var recalled, all int
	for _, a := range s.appsOf(op) {
		if !op.CanIn(a.Name, auth.VerbView) || q.app != "" && q.app != a.Name {
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
	if all == 0 {
		return i18n.T(ctx, "search.bad.app", "part", q.app)
	}
	q.query.NotRecalled = recalled < all
	return ""
}

// hits are messages as they are shown.
func (s *Server) hits(ctx context.Context, list []store.Archived, q search) []templates.SearchHit {
	called := s.searchNames(ctx, list)
	hits := make([]templates.SearchHit, len(list))
	for i, m := range list {
		app := s.Apps.Get(m.Place.App)
		at := groupURL(app, m.Place.Group, tabMessages)
		h := templates.SearchHit{
			At: m.At, App: app.Title, Group: templates.Link{Text: orID(called[m.Place.App].groups[m.Place.Group], m.Place.Group), URL: at},
			Sender: templates.PersonView{ID: m.Sender, Name: called[m.Place.App].users[m.Sender], URL: userURL(app, m.Sender)}, URL: at,
		}
		if m.Seq > 0 {
			h.URL = at + fmt.Sprintf("?seq=%d", m.Seq)
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

// searchNames asks for the names of groups and senders, of all apps at the same time. What is not known in time is left out.
func (s *Server) searchNames(ctx context.Context, list []store.Archived) map[string]found {
	ctx, cancel := context.WithTimeout(ctx, searchNameTime)
	defer cancel()
	groups, users := map[string][]string{}, map[string][]string{}
	called := map[string]found{}
	for _, m := range list {
		app := m.Place.App
		if !slices.Contains(groups[app], m.Place.Group) {
			groups[app] = append(groups[app], m.Place.Group)
		}
		if !slices.Contains(users[app], m.Sender) {
			users[app] = append(users[app], m.Sender)
		}
		called[app] = found{map[string]string{}, map[string]string{}}
	}
	var wg sync.WaitGroup
	for name := range called {
		app := s.Apps.Get(name)
		wg.Go(func() {
			list, _, err := app.IM.Groups.GetMany(ctx, groups[name])
			s.courtesy(ctx, err)
			for _, g := range list {
				called[name].groups[g.ID] = g.Name
			}
		})
		wg.Go(func() {
			list, _, err := app.IM.Users.GetMany(ctx, users[name])
			s.courtesy(ctx, err)
			for _, u := range list {
				called[name].users[u.ID] = u.Nick
			}
		})
	}
	wg.Wait()
	return called
}

// courtesy logs that names could not be had.
func (s *Server) courtesy(ctx context.Context, err error) {
	if err != nil && !errors.Is(err, imclient.ErrNotFound) {
		s.Log.InfoContext(ctx, "names for a search", "reference", referenceOf(ctx), "error", err)
	}
}
