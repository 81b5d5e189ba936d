package handlers

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"
)

// Bounds of what the palette finds in the console's own database.
const (
	paletteOwnTime  = 80 * time.Millisecond // what is not found by then is left out
	paletteMessages = 4
	palettePrefix   = 3 // letters from which on the last word may be the beginning of one
)

// paletteNamed is what the database has for what was typed.
type paletteNamed struct {
	whole                   []templates.PaletteItem // of which it is the whole id
	users, groups, messages []templates.PaletteItem
}

// paletteNames finds people and groups by a part of their name or id, and messages, at the same time.
func (s *Server) paletteNames(ctx context.Context, app *App, q string) (n paletteNamed) {
	op, _ := auth.OperatorFrom(ctx)
	if q == "" || !op.CanIn(app.Name, auth.VerbView) {
		return n
	}
	ctx, cancel := context.WithTimeout(ctx, paletteOwnTime)
	defer cancel()
	find := func(kind string) []store.Name {
		list, err := s.Store.Directory.Find(ctx, store.NameQuery{Apps: []string{app.Name}, Kind: kind, Text: q, N: paletteEach})
		s.courtesy(ctx, err)
		return list
	}
	var users, groups []store.Name
	var wg sync.WaitGroup
	wg.Go(func() { users = find(store.KindUser) })
	wg.Go(func() { groups = find(store.KindGroup) })
	wg.Go(func() { n.messages = s.messageItems(ctx, app, q) })
	wg.Wait()
	for _, u := range users {
		item := *userItem(app, u.ID, u.Name)
		if u.ID == q {
			n.whole = append(n.whole, item)
		}
		n.users = append(n.users, item)
	}
	for _, g := range groups {
		item := *groupItem(app, imclient.Group{ID: g.ID, Name: g.Name})
		if g.ID == q {
			n.whole = append(n.whole, item)
		}
		n.groups = append(n.groups, item)
	}
	return n
}

// messageItems are messages of the app with what was typed, of which the last word may not be whole yet.
func (s *Server) messageItems(ctx context.Context, app *App, q string) (items []templates.PaletteItem) {
	if !s.Archive.Keeps(app.Name) {
		return nil
	}
	look, err := parseSearch(q, i18n.From(ctx).Zone)
	if err != nil || look.empty || look.app != "" && look.app != app.Name {
		return nil
	}
	look.app = app.Name
	if s.aim(ctx, &look) != "" {
		return nil
	}
	if last, _ := utf8.DecodeLastRuneInString(q); len(look.query.All) > 0 && unicode.IsLetter(last) {
		p := &look.query.All[len(look.query.All)-1]
		if word := p.Words[len(p.Words)-1]; strings.HasSuffix(q, look.words) && utf8.RuneCountInString(word) >= palettePrefix {
			p.Prefix = true
		}
	}
	look.query.N = paletteMessages
	list, _, err := s.Store.Archive.Search(ctx, look.query)
	s.courtesy(ctx, err)
	called := found{map[string]string{}, map[string]string{}}
	var groups, users []string
	for _, m := range list {
		groups, users = append(groups, m.Place.Group), append(users, m.Sender)
	}
	s.directoryNames(ctx, app.Name, store.KindGroup, groups, called.groups)
	s.directoryNames(ctx, app.Name, store.KindUser, users, called.users)
	for _, m := range list {
		var text strings.Builder
		for _, piece := range snippet(highlight(m.Text, look.marks)) {
			text.WriteString(piece.text)
		}
		items = append(items, templates.PaletteItem{
			Text: short(strings.Join(strings.Fields(text.String()), " "), 120), Name: true, Icon: "voice", URL: hitURL(app, m),
			Sub: orID(called.users[m.Sender], m.Sender) + " · " + orID(called.groups[m.Place.Group], m.Place.Group) + " · " + i18n.When(ctx, m.At),
		})
	}
	return items
}

// withNames puts what the directory found after what the operator opened, each once and none that stands above.
func withNames(items, above, named []templates.PaletteItem) []templates.PaletteItem {
	seen := map[string]bool{}
	for _, i := range above {
		seen[i.URL] = true
	}
	for _, i := range items {
		seen[i.URL] = true
	}
	for _, i := range named {
		if !seen[i.URL] {
			items = append(items, i)
		}
	}
	return items
}

// savedItems are searches that the operator keeps or that are shared, by a part of their name.
func (s *Server) savedItems(ctx context.Context, op auth.Operator, q string) (items []templates.PaletteItem) {
	if q == "" || !op.Can(auth.VerbView) {
		return nil
	}
	list, err := s.Store.Searches.List(ctx, op.ID)
	s.courtesy(ctx, err)
	for _, f := range list {
		if matches(q, f.Name) {
			items = append(items, templates.PaletteItem{Text: f.Name, Name: true, Sub: f.Query, Icon: "search", URL: searchPath(f.Query)})
		}
	}
	return items
}
