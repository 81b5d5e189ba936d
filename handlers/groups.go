package handlers

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"imdesk/auth"
	"imdesk/exports"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/terms"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) groupRoutes() []route {
	return []route{
		{get, "/apps/:app/groups", auth.VerbView, s.listGroups},
		{get, "/apps/:app/groups/:group", auth.VerbView, s.openGroup},
		{post, "/apps/:app/pins", auth.VerbView, s.pin},
	}
}

// Bounds of the list.
const (
	groupsPage = 50  // rows; the names of their owners come from one call
	maxTrail   = 20  // pages that "previous" leads back through
	maxCursor  = 200 // bytes
)

// groupQuery is the page of groups that an address asks for.
type groupQuery struct {
	find   string
	kind   imclient.GroupType
	cursor string
	trail  []string // cursors of the pages before, the last one nearest; the service cannot go back by itself
	page   int      // from 1
}

func readGroupQuery(u *url.URL, types []imclient.TypeInfo) groupQuery {
	v := u.Query()
	q := groupQuery{find: clip(strings.TrimSpace(v.Get("q")), maxFind), cursor: clip(v.Get("cursor"), maxCursor), page: 1}
	kind := imclient.GroupType(v.Get("type"))
	if slices.ContainsFunc(types, func(t imclient.TypeInfo) bool { return t.Type == kind }) {
		q.kind = kind
	}
	if q.cursor == "" {
		return q
	}
	if n, err := strconv.Atoi(v.Get("page")); err == nil && n > 1 && n < 1e6 {
		q.page = n
	}
	for part := range strings.SplitSeq(v.Get("trail"), ".") {
		b, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || len(b) > maxCursor {
			q.trail = nil
			break
		}
		q.trail = append(q.trail, string(b))
	}
	q.trail = q.trail[max(0, len(q.trail)-maxTrail):]
	return q
}

// address is where a query leads.
func (q groupQuery) address(list string) string {
	v := url.Values{}
	for name, value := range map[string]string{"q": q.find, "type": string(q.kind), "cursor": q.cursor} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.cursor != "" {
		var trail []string
		for _, c := range q.trail {
			trail = append(trail, base64.RawURLEncoding.EncodeToString([]byte(c)))
		}
		v.Set("trail", strings.Join(trail, "."))
		v.Set("page", strconv.Itoa(q.page))
	}
	if len(v) == 0 {
		return list
	}
	return list + "?" + v.Encode()
}

// next is the page after this one.
func (q groupQuery) next(cursor string) groupQuery {
	n := q
	n.trail = append(slices.Clone(q.trail), q.cursor)
	n.trail = n.trail[max(0, len(n.trail)-maxTrail):]
	n.cursor, n.page = cursor, q.page+1
	return n
}

// previous is the page before this one; false if it is not known any more.
func (q groupQuery) previous() (groupQuery, bool) {
	if q.cursor == "" || len(q.trail) == 0 {
		return q, false
	}
	p := q
	last := len(q.trail) - 1
	p.cursor, p.trail, p.page = q.trail[last], q.trail[:last], max(q.page-1, 1)
	return p, true
}

// first is the first page with the same filter.
func (q groupQuery) first() groupQuery { return groupQuery{kind: q.kind, page: 1} }

// listGroups shows one page of groups. It costs at most four calls, one after the other: the page, which the client makes
// of a list of ids and their details, the owners' names, and, if something was typed, the group with that id and details
// of groups that the operator knows.
func (s *Server) listGroups(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	q := readGroupQuery(c.Request.URL, app.IM.Caps.Types)
	op, _ := auth.OperatorFrom(ctx)
	pins, err := s.Store.Settings.Pins(ctx, op.ID, app.Name)
	if err != nil {
		return err
	}
	s.keepLastApp(ctx, op, app)
	v := s.groupsView(c, app, q)
	found, there, err := s.lookUpGroup(ctx, app, q.find)
	if err != nil {
		return err
	}
	if there {
		return seeOther(c, groupURL(app, found.ID, tabMessages))
	}
	page, expired, err := s.groupPage(ctx, app, &q)
	if err != nil {
		return err
	}
	groups := page.Items
	if q.find != "" {
		groups, err = s.knownGroups(ctx, app, op, q.find, page.Items, pins)
		if err != nil {
			return err
		}
		v.Notice = s.notFoundNotice(ctx, app, q)
	} else {
		v.Pager = groupPager(ctx, appURL(app, "groups"), q, page.Next)
	}
	if expired {
		v.Notice = &templates.Notice{Tone: "info", Title: i18n.T(ctx, "groups.expired.title"), Text: i18n.T(ctx, "groups.expired.text")}
	}
	if page.Total >= 0 {
		v.Total = i18n.N(ctx, "groups.total", page.Total)
	}
	v.Export = exportMenu(c, app, exports.Groups, "type", string(q.kind))
	v.Rows = s.groupRows(ctx, app, groups, pins)
	if !app.Lists() {
		v.Tools = append(v.Tools, s.knownLink(c, app))
	}
	if err := s.showKnownFrom(ctx, app, v.Rows); err != nil {
		return err
	}
	if len(v.Rows) == 0 {
		v.Empty = s.noGroups(ctx, app, q)
	}
	return render(c, http.StatusOK, templates.GroupsPage(s.chrome(c), v), templates.GroupsTable(v))
}

// groupsView is the frame of the list.
func (s *Server) groupsView(c *gin.Context, app *App, q groupQuery) templates.GroupsView {
	ctx := c.Request.Context()
	list := appURL(app, "groups")
	v := templates.GroupsView{
		URL: list, Query: q.find,
		Selection: templates.SelectionView{
			ID: selectionForm, Label: i18n.T(ctx, "groups.selection"), Count: "groups.selected",
			Hidden: []string{"return", c.Request.URL.RequestURI()},
			Actions: []templates.ButtonView{
				{Text: i18n.T(ctx, "groups.frame.pin"), Icon: "star", Key: "p", FormAction: appURL(app, "pins"), FormMethod: "post", Name: "on", Value: "1"},
				{Text: i18n.T(ctx, "groups.unpin"), FormAction: appURL(app, "pins"), FormMethod: "post", Name: "on", Value: "0"},
				{Text: i18n.T(ctx, "groups.copy_ids"), Icon: "copy", Key: "y", Attrs: map[string]any{"data-copy-ids": true}},
			},
		},
	}
	for _, b := range []struct {
		right auth.Verb
		view  templates.ButtonView
	}{
		{auth.VerbImportGroup, templates.ButtonView{Text: i18n.T(ctx, "groups.import"), Icon: "download", URL: appURL(app, "import-group")}},
		{auth.VerbCreateGroup, templates.ButtonView{Text: i18n.T(ctx, "groups.create"), Icon: "plus", URL: appURL(app, "new-group")}},
	} {
		b.view.Attrs, b.view.Why = templates.SheetAttrs(b.view.URL), notOfApp(c, app, b.right, imclient.Verb(b.right))
		v.Tools = append(v.Tools, b.view)
	}
	if q.kind != "" {
		v.Hidden = []string{"type", string(q.kind)}
		v.Type = typeName(ctx, app, q.kind)
		v.Types = append(v.Types, templates.Tab{Text: i18n.T(ctx, "groups.any_type"), URL: list})
	}
	for _, t := range app.IM.Caps.Types {
		v.Types = append(v.Types, templates.Tab{
			Text: typeName(ctx, app, t.Type), URL: groupQuery{kind: t.Type}.address(list), Current: t.Type == q.kind,
		})
	}
	return v
}

// groupPage reads the page. A cursor that the service does not take any more leads to the first page.
func (s *Server) groupPage(ctx context.Context, app *App, q *groupQuery) (page imclient.Page[imclient.Group], expired bool, err error) {
	list := func() (imclient.Page[imclient.Group], error) {
		return app.IM.Groups.List(ctx, imclient.GroupListOptions{Type: q.kind, Cursor: q.cursor, Limit: groupsPage})
	}
	page, err = list()
	if q.cursor != "" && errors.Is(err, imclient.ErrInvalid) {
		expired, *q = true, groupQuery{find: q.find, kind: q.kind, page: 1}
		page, err = list()
	}
	if err != nil {
		return page, expired, fmt.Errorf("list groups of app %s: %w", app.Name, err)
	}
	return page, expired, nil
}

// lookUpGroup finds the group whose id was typed whole.
func (s *Server) lookUpGroup(ctx context.Context, app *App, id string) (imclient.Group, bool, error) {
	limit := app.IM.Caps.Limits.GroupID
	if id == "" || limit > 0 && len(id) > 2*limit || !printable(id) {
		return imclient.Group{}, false, nil // it cannot be an id, or that of a topic
	}
	g, err := app.IM.Groups.Get(ctx, id)
	switch {
	case err == nil:
		return g, true, nil
	case errors.Is(err, imclient.ErrNotFound), errors.Is(err, imclient.ErrInvalid), errors.Is(err, imclient.ErrDenied):
		return imclient.Group{}, false, nil
	}
	return imclient.Group{}, false, fmt.Errorf("look up a group of app %s: %w", app.Name, err)
}

// knownGroups are those whose name or id has the text in it: of the directory, of the page, pinned ones and those opened lately. The
// vendor cannot search by name.
func (s *Server) knownGroups(ctx context.Context, app *App, op auth.Operator, find string, page []imclient.Group, pins []store.Place) ([]imclient.Group, error) {
	recent, err := s.Store.Settings.Recent(ctx, op.ID, app.Name, store.KindGroup, store.MaxRecent)
	if err != nil {
		return nil, err
	}
	matches := func(name, id string) bool { return terms.InName(find, name, id) }
	groups, err := s.findKnown(ctx, app, find)
	if err != nil {
		return nil, fmt.Errorf("groups in the directory: %w", err)
	}
	have := map[string]bool{}
	for _, g := range groups {
		have[g.ID] = true
	}
	for _, g := range page {
		if have[g.ID] {
			continue
		}
		if matches(g.Name, g.ID) {
			groups, have[g.ID] = append(groups, g), true
		}
	}
	var ids []string
	for _, p := range append(slices.Clone(pins), recent...) {
		if p.Kind == store.KindGroup && !have[p.ID] && matches(p.Title, p.ID) && len(ids) < groupsPage {
			ids, have[p.ID] = append(ids, p.ID), true
		}
	}
	if len(ids) == 0 {
		return groups, nil
	}
	more, _, err := app.IM.Groups.GetMany(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("groups known to the operator: %w", err)
	}
	return append(more, groups...), nil
}

// notFoundNotice says that nothing has the id, and what the rows below are instead.
func (s *Server) notFoundNotice(ctx context.Context, app *App, q groupQuery) *templates.Notice {
	return &templates.Notice{
		Tone: "info", Icon: "search", Title: i18n.T(ctx, "groups.no_id.title", "text", short(q.find, 60)), Text: i18n.T(ctx, "groups.no_id.text"),
		Actions: []templates.ButtonView{{Text: i18n.T(ctx, "groups.show_all"), URL: q.first().address(appURL(app, "groups"))}},
	}
}

func (s *Server) noGroups(ctx context.Context, app *App, q groupQuery) *templates.EmptyView {
	all := &templates.ButtonView{Text: i18n.T(ctx, "groups.show_all"), URL: appURL(app, "groups")}
	switch {
	case q.find != "":
		return &templates.EmptyView{Icon: "search", Title: i18n.T(ctx, "groups.no_match.title"), Text: i18n.T(ctx, "groups.no_match.text")}
	case q.cursor != "":
		return &templates.EmptyView{Icon: "groups", Title: i18n.T(ctx, "groups.empty_page.title"), Text: i18n.T(ctx, "groups.empty_page.text"), Action: all}
	case q.kind != "":
		return &templates.EmptyView{
			Icon: "filter", Title: i18n.T(ctx, "groups.empty_type.title", "type", typeName(ctx, app, q.kind)),
			Text: i18n.T(ctx, "groups.empty_type.text"), Action: all,
		}
	}
	if !app.Lists() {
		return &templates.EmptyView{Icon: "groups", Title: i18n.T(ctx, "directory.empty.title"), Text: i18n.T(ctx, "directory.empty.text")}
	}
	return &templates.EmptyView{Icon: "groups", Title: i18n.T(ctx, "groups.empty.title"), Text: i18n.T(ctx, "groups.empty.text")}
}

func groupPager(ctx context.Context, list string, q groupQuery, next string) templates.PagerView {
	p := templates.PagerView{Label: i18n.T(ctx, "groups.pages"), Target: "#groups"}
	if q.page > 1 || next != "" {
		p.Range = i18n.T(ctx, "groups.page", "page", q.page)
	}
	if q.cursor != "" {
		p.First = q.first().address(list)
	}
	if prev, ok := q.previous(); ok {
		p.Prev = prev.address(list)
	}
	if next != "" && next != q.cursor && !slices.Contains(q.trail, next) {
		p.Next = q.next(next).address(list)
	}
	return p
}

// groupRows are groups as the table shows them. The owners' names come from one call; without it their ids stand there.
func (s *Server) groupRows(ctx context.Context, app *App, groups []imclient.Group, pins []store.Place) []templates.GroupRow {
	owners := map[string]string{}
	var ids []string
	for _, g := range groups {
		if g.OwnerID != "" && !slices.Contains(ids, g.OwnerID) {
			ids = append(ids, g.OwnerID)
		}
	}
	if len(ids) > 0 {
		users, _, err := app.IM.Users.GetMany(ctx, ids)
		if err != nil {
			s.Log.WarnContext(ctx, "names of owners", "reference", referenceOf(ctx), "error", err)
		}
		for _, u := range users {
			owners[u.ID] = u.Nick
		}
	}
	rows := make([]templates.GroupRow, 0, len(groups))
	for _, g := range groups {
		row := templates.GroupRow{
			ID: g.ID, Name: g.Name, URL: groupURL(app, g.ID, tabMessages), Type: typeChip(ctx, app, g.Type),
			OwnerID: g.OwnerID, Owner: owners[g.OwnerID], OwnerURL: userURL(app, g.OwnerID),
			LastMessage: g.LastMessage, Live: app.IM.Caps.Info(g.Type).Live, NoLast: !app.IM.Caps.Traits.LastMessages,
			Tick: templates.TickView{Form: selectionForm, Name: "id", Value: g.ID, Label: i18n.T(ctx, "groups.select", "name", orID(g.Name, g.ID))},
		}
		if g.Members >= 0 {
			row.Members = i18n.Int(ctx, g.Members)
		}
		if g.MuteAll == imclient.On {
			chip := muteAllChip(ctx)
			row.MuteAll = &chip
		}
		row.Pinned = slices.ContainsFunc(pins, func(p store.Place) bool { return p.Kind == store.KindGroup && p.ID == g.ID })
		rows = append(rows, row)
	}
	return rows
}

// typeName is a group type in words, or the vendor's own word.
func typeName(ctx context.Context, app *App, t imclient.GroupType) string {
	//i18n:uses cap.tencent.type.*
	//i18n:uses cap.volcengine.type.*
	if key := "cap." + string(app.IM.Vendor) + ".type." + string(t); i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return string(t)
}

// typeChip says what kind of group it is, with the vendor's own word and what it means in its title.
func typeChip(ctx context.Context, app *App, t imclient.GroupType) templates.ChipView {
	chip := templates.ChipView{Text: typeName(ctx, app, t), Title: string(t)}
	//i18n:uses cap.tencent.about.*
	//i18n:uses cap.volcengine.about.*
	if key := "cap." + string(app.IM.Vendor) + ".about." + string(t); i18n.Has(ctx, key) {
		chip.Title = i18n.T(ctx, "groups.chip.type_title", "type", string(t), "about", i18n.T(ctx, key))
	}
	if app.IM.Caps.Info(t).Live {
		chip.Icon = "live"
	}
	return chip
}

// keepLastApp remembers which app the operator looks at.
func (s *Server) keepLastApp(ctx context.Context, op auth.Operator, app *App) {
	if len(s.Apps.All()) < 2 {
		return
	}
	last, err := s.Store.Settings.Get(ctx, op.ID, settingLastApp)
	if err == nil && last != app.Name {
		err = s.Store.Settings.Set(ctx, op.ID, settingLastApp, app.Name)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "last app", "reference", referenceOf(ctx), "error", err)
	}
}

// openGroup leads to the first section of a group.
func (s *Server) openGroup(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	return seeOther(c, groupURL(app, c.Param("group"), tabMessages))
}

// pin keeps groups at hand, or lets go of them. It is the operator's own and no act on the app.
func (s *Server) pin(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	ids := v["id"]
	if len(ids) == 0 || len(ids) > store.MaxPins || slices.Contains(ids, "") {
		return badInput{"groups.wrong.pins"}
	}
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	on := v.Get("on") != "0"
	titles := map[string]string{}
	if on {
		groups, _, err := app.IM.Groups.GetMany(ctx, ids)
		if err != nil {
			return fmt.Errorf("groups to pin: %w", err)
		}
		for _, g := range groups {
			titles[g.ID] = g.Name
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { _, there := titles[id]; return !there })
		if len(ids) == 0 {
			return badInput{"groups.wrong.gone"}
		}
	}
	for _, id := range ids {
		p := store.Place{App: app.Name, Kind: store.KindGroup, ID: id, Title: titles[id], At: s.Now()}
		if on {
			err = s.Store.Settings.Pin(ctx, op.ID, p)
		} else {
			err = s.Store.Settings.Unpin(ctx, op.ID, p)
		}
		if errors.Is(err, store.ErrInvalid) {
			return badInput{"groups.wrong.too_many_pins"}
		}
		if err != nil {
			return err
		}
	}
	return s.answer(c, http.StatusOK, pinToast(ctx, app, ids, on), backFrom(c, appURL(app, "groups")))
}

// pinToast says what was done, and takes it back.
func pinToast(ctx context.Context, app *App, ids []string, on bool) templates.Toast {
	t := templates.Toast{UndoURL: appURL(app, "pins"), Hidden: []string{"on", "0"}}
	if on {
		t.Text = i18n.N(ctx, "groups.pinned", len(ids))
	} else {
		t.Text, t.Hidden = i18n.N(ctx, "groups.unpinned", len(ids)), []string{"on", "1"}
	}
	for _, id := range ids {
		t.Hidden = append(t.Hidden, "id", id)
	}
	return t
}
