package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"imdesk/auth"
	"imdesk/exports"
	"imdesk/imclient"
	"imdesk/jobs"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// memberRoutes are the pages of who is in a group, who may not speak in it and who may not come in, and what is done to them.
func (s *Server) memberRoutes() []route {
	const group = "/apps/:app/groups/:group"
	all := []route{
		{get, group + "/members", auth.VerbView, s.listPeople(tabMembers)},
		{get, group + "/muted", auth.VerbView, s.listPeople(tabMuted)},
		{get, group + "/bans", auth.VerbView, s.listPeople(tabBans)},
	}
	for _, sheet := range memberSheets {
		all = append(all,
			route{get, group + "/" + sheet.path, sheet.right, s.askMembers(sheet)},
			route{post, group + "/" + sheet.path, sheet.right, s.actOnMembers(sheet)})
	}
	return append(append(all, s.unreadRoutes()...), s.roomRoutes()...)
}

// Bounds of one page of people.
const (
	peoplePage = 50       // rows
	peopleForm = "picked" // the form that the ticks belong to
	maxAt      = 100_000_000
)

// listPeople shows a page of a group's people. It costs the calls of groupFrame, then:
//   - members: one for the page (of a live room those of its admin list, too), one batch of names, of a live room the muted
//     list; with an id two at the same time, and the muted list if it is nobody's in the group;
//   - muted, banned: one for the page, then names and memberships at the same time.
func (s *Server) listPeople(tab string) func(*gin.Context) error {
	return func(c *gin.Context) error {
		app, err := s.app(c)
		if err != nil {
			return err
		}
		freshened(c)
		v, failed, err := s.peopleView(c, app, tab, c.Request.URL)
		if err != nil {
			return err
		}
		status := http.StatusOK
		if failed != nil {
			if wantsPart(c.Request) {
				return failed // what is shown stays, with a notice above it
			}
			p := explain(c.Request.Context(), failed, false)
			s.logFailure(c, failed, p.status)
			status, v.Failed, v.RetryURL = p.status, &p.notice, c.Request.URL.RequestURI()
		}
		return render(c, status, templates.PeoplePage(s.chrome(c), v), templates.People(v))
	}
}

// peopleView builds the list that an address asks for. An error means that there is no group; failed, that the group's
// page stands without the list.
func (s *Server) peopleView(c *gin.Context, app *App, tab string, u *url.URL) (v templates.PeopleView, failed, err error) {
	frame, g, err := s.groupFrame(c, app, tab)
	if err != nil {
		return v, nil, err
	}
	l := &peopleList{s: s, c: c, app: app, g: g, tab: tab, u: u, live: app.IM.Caps.Info(g.Type).Live}
	l.v = templates.PeopleView{
		Frame: frame, Kind: tab, URL: groupURL(app, g.ID, tab), Follow: s.followURL(app, g.ID), Self: u.RequestURI(), Selection: l.selection(), RowMenu: l.rowMenu(), Tools: l.tools(),
	}
	l.v.Export = l.export()
	switch tab {
	case tabMuted:
		failed = l.muted()
	case tabBans:
		failed = l.bans()
	default:
		failed = l.members()
	}
	return l.v, failed, nil
}

// peopleList builds one list.
type peopleList struct {
	s    *Server
	c    *gin.Context
	app  *App
	g    imclient.Group
	tab  string
	u    *url.URL
	live bool
	v    templates.PeopleView
}

func (l *peopleList) ctx() context.Context { return l.c.Request.Context() }

// members lists who is in the group, of a live room who is in it now.
func (l *peopleList) members() error {
	ctx := l.ctx()
	if key := l.app.IM.Caps.Why(imclient.VerbListMembers, l.g.Type); key != "" {
		l.v.Empty = &templates.EmptyView{Icon: "groups", Title: i18n.T(ctx, "members.none_listed"), Text: i18n.T(ctx, key)}
		return nil
	}
	if l.live {
		l.v.Remark = i18n.T(ctx, "members.live_remark")
	}
	q := l.u.Query()
	role := imclient.Role(q.Get("role"))
	switch role {
	case imclient.RoleOwner, imclient.RoleAdmin, imclient.RoleMember:
	default:
		role = imclient.RoleNone
	}
	if id := strings.TrimSpace(q.Get("q")); id != "" {
		l.roles(imclient.RoleNone, nil)
		return l.find(clip(id, maxFind))
	}
	page, at, err := readPage(l, func(cursor string) (imclient.Page[imclient.Member], error) {
		return l.app.IM.Members.List(ctx, imclient.MemberListOptions{
			Group: l.g.ID, Type: l.g.Type, Role: role, Cursor: cursor, Limit: peoplePage,
		})
	})
	if err != nil {
		l.roles(role, nil)
		return fmt.Errorf("members of the group: %w", err)
	}
	l.roles(role, &page)
	l.memberRows(page.Items)
	total := page.Total
	if total < 0 && role == imclient.RoleNone && !l.live {
		total = l.g.Members
	}
	l.pager(at, len(page.Items), page.Next, total)
	if len(page.Items) == 0 {
		l.v.Empty = l.noMembers(at, role)
	}
	return nil
}

func (l *peopleList) noMembers(at int, role imclient.Role) *templates.EmptyView {
	ctx := l.ctx()
	e := &templates.EmptyView{Icon: "groups", Title: i18n.T(ctx, "members.empty")}
	switch {
	case at > 0:
		e.Title = i18n.T(ctx, "members.empty_page")
		e.Action = &templates.ButtonView{Text: i18n.T(ctx, "members.first_page"), URL: withQuery(l.u, "cursor", "", "at", "")}
	case role != imclient.RoleNone:
		e.Title = i18n.T(ctx, "members.empty_role", "role", roleText(ctx, role))
		e.Action = &templates.ButtonView{Text: i18n.T(ctx, "members.show_all"), URL: l.v.URL}
	case l.live:
		e.Title, e.Text = i18n.T(ctx, "members.empty_live"), i18n.T(ctx, "members.empty_live_text")
	}
	return e
}

// roles is the filter by role, with the numbers that are known.
func (l *peopleList) roles(open imclient.Role, page *imclient.Page[imclient.Member]) {
	ctx := l.ctx()
	counts := map[imclient.Role]int{imclient.RoleNone: l.g.Members}
	if l.live {
		delete(counts, imclient.RoleNone)
	}
	if page != nil {
		first := l.u.Query().Get("cursor") == ""
		switch {
		case page.Total >= 0:
			counts[open] = page.Total
		case first && page.Next == "":
			counts[open] = len(page.Items)
		}
	}
	for _, r := range []imclient.Role{imclient.RoleNone, imclient.RoleOwner, imclient.RoleAdmin, imclient.RoleMember} {
		key := "all"
		if r != imclient.RoleNone {
			key = string(r)
		}
		t := templates.Tab{
			//i18n:uses members.role.*
			Text: i18n.T(ctx, "members.role."+key), Current: r == open && l.u.Query().Get("q") == "",
			URL: withQuery(l.u, "role", string(r), "cursor", "", "at", "", "q", ""),
		}
		if n, known := counts[r]; known && n >= 0 {
			t.Count = i18n.Int(ctx, n)
		}
		l.v.Roles = append(l.v.Roles, t)
	}
}

// memberRows draws members. Names come from one batch, of a live room mutes from the muted list.
func (l *peopleList) memberRows(list []imclient.Member) {
	ids := make([]string, 0, len(list))
	for _, m := range list {
		ids = append(ids, m.UserID)
	}
	p := &people{users: map[string]imclient.User{}, members: map[string]imclient.Member{}}
	if len(ids) > 0 {
		users, _, err := l.app.IM.Users.GetMany(l.ctx(), ids)
		l.nameless(err)
		for _, u := range users {
			p.users[u.ID] = u
		}
	}
	mutes := map[string]time.Time{}
	if l.live && len(ids) > 0 {
		mutes = l.mutes()
	}
	for _, m := range list {
		if end, muted := mutes[m.UserID]; muted {
			m.MutedUntil = end
		}
		p.members[m.UserID] = m
		l.v.Rows = append(l.v.Rows, l.row(p, m.UserID))
	}
	l.v.Caption = i18n.N(l.ctx(), "members.caption", len(list), "group", orID(l.g.Name, l.g.ID))
}

func (l *peopleList) nameless(err error) {
	if err == nil {
		return
	}
	l.s.logFailure(l.c, err, http.StatusOK)
	l.v.Nameless = true
}

// mutes are the ends of the mutes of a group, as far as one page of them reaches.
func (l *peopleList) mutes() map[string]time.Time {
	ends := map[string]time.Time{}
	if !l.app.IM.Caps.Can(imclient.VerbMutedList, l.g.Type) || !l.app.IM.Caps.Can(imclient.VerbMute, l.g.Type) {
		return ends
	}
	page, err := l.app.IM.Mutes.List(l.ctx(), l.g.ID, "", 0)
	if err != nil {
		l.s.logFailure(l.c, err, http.StatusOK)
		l.v.Remark = i18n.T(l.ctx(), "members.mutes_unknown")
	}
	for _, m := range page.Items {
		ends[m.UserID] = m.Until
	}
	return ends
}

func (l *peopleList) row(p *people, id string) templates.PersonRow {
	m := p.members[id]
	r := templates.PersonRow{
		ID: id, Name: p.name(id), Nick: p.nick(id), URL: userURL(l.app, id),
		FindURL: groupURL(l.app, l.g.ID, tabMembers) + "?q=" + url.QueryEscape(id),
		Role:    string(m.Role), Gone: p.gone(id), Mute: p.mute(l.s, id), Joined: m.Joined, Spoke: m.LastSpoke,
	}
	return r
}

// find shows one user alone: a member, or somebody who left and is muted all the same, or nobody.
func (l *peopleList) find(id string) error {
	ctx := l.ctx()
	l.v.Find = id
	if limit := l.app.IM.Caps.Limits.UserID; limit > 0 && len(id) > limit || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' }) {
		l.v.Empty = &templates.EmptyView{Icon: "search", Title: i18n.T(ctx, "members.no_id", "id", id), Text: i18n.T(ctx, "members.no_id_text")}
		return nil
	}
	members, err := l.app.IM.Members.Get(ctx, l.g.ID, []string{id})
	if err != nil {
		return fmt.Errorf("find a member: %w", err)
	}
	if len(members) > 0 {
		l.memberRows(members)
		return nil
	}
	users, _, err := l.app.IM.Users.GetMany(ctx, []string{id})
	if err != nil {
		return fmt.Errorf("find a user: %w", err)
	}
	e := &templates.EmptyView{Icon: "search", Title: i18n.T(ctx, "members.not_member", "id", id), Text: i18n.T(ctx, "members.not_member_text")}
	if l.live {
		e.Title, e.Text = i18n.T(ctx, "members.not_here", "id", id), ""
	}
	switch {
	case len(users) == 0:
		e.Title, e.Text = i18n.T(ctx, "members.no_user", "id", id), i18n.T(ctx, "members.no_id_text")
	default:
		e.Action = &templates.ButtonView{Text: i18n.T(ctx, "members.open_user"), Icon: "user", URL: userURL(l.app, id)}
		if end, muted := l.mutes()[id]; muted {
			p := &people{users: map[string]imclient.User{id: users[0]}, members: map[string]imclient.Member{}, asked: true}
			r := l.row(p, id)
			r.Mute = muteView(end)
			l.v.Rows = []templates.PersonRow{r}
			l.v.Notice = &templates.Notice{Tone: "info", Title: e.Title, Next: i18n.T(ctx, "members.muted_left")}
			l.v.Caption = i18n.N(ctx, "members.caption", 1, "group", orID(l.g.Name, l.g.ID))
			return nil
		}
	}
	l.v.Empty = e
	return nil
}

func muteView(end time.Time) templates.MuteView {
	if !end.Before(imclient.Forever) {
		return templates.MuteView{Muted: true}
	}
	return templates.MuteView{Muted: true, Until: end}
}

// muted lists who may not speak.
func (l *peopleList) muted() error {
	ctx := l.ctx()
	for _, verb := range []imclient.Verb{imclient.VerbMute, imclient.VerbMutedList} {
		if key := l.app.IM.Caps.Why(verb, l.g.Type); key != "" {
			l.v.Tools = nil
			l.v.Empty = &templates.EmptyView{Icon: "mute", Title: i18n.T(ctx, "members.muted.not_here"), Text: i18n.T(ctx, key)}
			return nil
		}
	}
	if l.g.MuteAll == imclient.On {
		l.v.Notice = &templates.Notice{Tone: "info", Icon: "mute", Title: i18n.T(ctx, "members.muted.all"), Next: i18n.T(ctx, "members.muted.all_next")}
	}
	page, at, err := readPage(l, func(cursor string) (imclient.Page[imclient.Mute], error) {
		return l.app.IM.Mutes.List(ctx, l.g.ID, cursor, peoplePage)
	})
	if err != nil {
		return fmt.Errorf("muted list: %w", err)
	}
	l.ends(page.Items)
	l.v.Caption = i18n.N(ctx, "members.muted.caption", len(page.Items), "group", orID(l.g.Name, l.g.ID))
	l.pager(at, len(page.Items), page.Next, page.Total)
	if len(page.Items) == 0 {
		l.v.Empty = &templates.EmptyView{Icon: "mic", Title: i18n.T(ctx, "members.muted.empty"), Text: i18n.T(ctx, "members.muted.empty_text")}
	}
	return nil
}

// bans lists who may not be in a live room.
func (l *peopleList) bans() error {
	ctx := l.ctx()
	if key := l.app.IM.Caps.Why(imclient.VerbBan, l.g.Type); key != "" {
		l.v.Tools = nil
		l.v.Empty = &templates.EmptyView{
			Icon: "ban", Title: i18n.T(ctx, "members.bans.not_here"), Text: i18n.T(ctx, key),
			Action: &templates.ButtonView{Text: i18n.T(ctx, "groups.tab.members"), URL: groupURL(l.app, l.g.ID, tabMembers)},
		}
		return nil
	}
	page, at, err := readPage(l, func(cursor string) (imclient.Page[imclient.Mute], error) {
		return l.app.IM.Live.Banned(ctx, l.g.ID, cursor, peoplePage)
	})
	if err != nil {
		return fmt.Errorf("banned list: %w", err)
	}
	l.ends(page.Items)
	l.v.Caption = i18n.N(ctx, "members.bans.caption", len(page.Items), "group", orID(l.g.Name, l.g.ID))
	l.pager(at, len(page.Items), page.Next, page.Total)
	if len(page.Items) == 0 {
		l.v.Empty = &templates.EmptyView{Icon: "check", Title: i18n.T(ctx, "members.bans.empty"), Text: i18n.T(ctx, "members.bans.empty_text")}
	}
	return nil
}

// ends draws the rows of a list of mutes or bans.
func (l *peopleList) ends(list []imclient.Mute) {
	ids := make([]string, 0, len(list))
	for _, m := range list {
		ids = append(ids, m.UserID)
	}
	p := l.s.people(l.ctx(), l.app, l.g, ids)
	l.nameless(p.failed)
	for _, m := range list {
		r := l.row(p, m.UserID)
		r.Until = muteView(m.Until)
		l.v.Rows = append(l.v.Rows, r)
	}
}

// readPage reads the page that the address asks for, and how many rows come before it. A cursor that the service does not
// take any more leads to the first page, with a notice.
func readPage[T any](l *peopleList, list func(cursor string) (imclient.Page[T], error)) (imclient.Page[T], int, error) {
	q := l.u.Query()
	cursor := q.Get("cursor")
	at, err := strconv.Atoi(q.Get("at"))
	if err != nil || at < 0 || at > maxAt || cursor == "" {
		at = 0
	}
	page, err := list(cursor)
	if cursor != "" && errors.Is(err, imclient.ErrInvalid) {
		ctx := l.ctx()
		l.v.Notice = &templates.Notice{Tone: "info", Title: i18n.T(ctx, "members.expired"), Next: i18n.T(ctx, "members.expired_next")}
		at = 0
		page, err = list("")
	}
	return page, at, err
}

// pager leads to the first and the next page. A page before it cannot be asked for: cursors lead forward only.
func (l *peopleList) pager(at, n int, next string, total int) {
	ctx := l.ctx()
	p := templates.PagerView{Label: i18n.T(ctx, "members.pages"), Target: "#people"}
	if l.u.Query().Get("cursor") != "" {
		p.First = withQuery(l.u, "cursor", "", "at", "")
	}
	if next != "" {
		p.Next = withQuery(l.u, "cursor", next, "at", strconv.Itoa(at+n))
	}
	if n > 0 && (p.First != "" || p.Next != "") {
		from, to := i18n.Int(ctx, at+1), i18n.Int(ctx, at+n)
		p.Range = i18n.T(ctx, "members.range", "from", from, "to", to)
		if total >= at+n {
			p.Range = i18n.T(ctx, "members.range_of", "from", from, "to", to, "total", i18n.Int(ctx, total))
		}
	}
	l.v.Pager = p
}

// address is where a sheet is.
func (l *peopleList) address(sheet memberSheet) string {
	return groupURL(l.app, l.g.ID, strings.Split(sheet.path, "/")...)
}

// button acts on the people who are ticked: with GET it opens the sheet, with post it is done at once.
func (l *peopleList) button(sheet memberSheet, b templates.ButtonView) templates.ButtonView {
	b.Why = notOffered(l.c, l.app, sheet.right, sheet.needs, l.g.Type)
	b.FormAction = l.address(sheet)
	if b.FormMethod == "post" {
		b.FormAction += "?once=" + rand.Text()
		b.Attrs = map[string]any{"hx-post": b.FormAction, "hx-target": "#sheet", "hx-swap": "none", "hx-push-url": "false"}
	}
	return b
}

// tool opens the sheet for ids that are typed in.
func (l *peopleList) tool(sheet memberSheet, text, icon string) templates.ButtonView {
	link := l.address(sheet) + "?back=" + url.QueryEscape(l.u.RequestURI())
	return templates.ButtonView{
		Text: text, Icon: icon, URL: link, Attrs: templates.SheetAttrs(link), Why: notOffered(l.c, l.app, sheet.right, sheet.needs, l.g.Type),
	}
}

// acts are what can be done to people of the list: what comes often, then the rest.
func (l *peopleList) acts() (often, rest []templates.ButtonView) {
	ctx := l.ctx()
	mute := l.button(muteSheet, templates.ButtonView{Text: i18n.T(ctx, "members.mute.button"), Icon: "mute", Key: "m"})
	unmute := l.button(unmuteSheet, templates.ButtonView{Text: i18n.T(ctx, "members.unmute.button"), Icon: "mic", Key: "u", FormMethod: "post"})
	kick := l.button(kickSheet, templates.ButtonView{Text: i18n.T(ctx, "members.kick.button"), Icon: "kick", Key: "Shift+K", Variant: "harm"})
	ban := l.button(banSheet, templates.ButtonView{Text: i18n.T(ctx, "members.ban.button"), Icon: "ban", Key: "Shift+K", Variant: "harm"})
	if l.tab == tabBans {
		lift := l.button(liftSheet, templates.ButtonView{Text: i18n.T(ctx, "members.lift.button"), Icon: "check", Key: "u", FormMethod: "post"})
		ban.Text, ban.Variant, ban.Key = i18n.T(ctx, "members.ban.again"), "", "m"
		return []templates.ButtonView{lift, ban}, nil
	}
	often = []templates.ButtonView{mute, unmute, kick}
	if l.live {
		kick.Key = ""
		often[2], rest = ban, []templates.ButtonView{{
			Text: i18n.T(ctx, "live.give"), Icon: "flag", FormAction: groupURL(l.app, l.g.ID, tabLive, "mark"),
			Why: notOffered(l.c, l.app, auth.VerbLiveMark, imclient.VerbLiveMarks, l.g.Type),
		}, kick}
	}
	rest = append([]templates.ButtonView{
		l.button(roleSheet, templates.ButtonView{Text: i18n.T(ctx, "members.role.make"), Icon: "shield", Name: "role", Value: string(imclient.RoleAdmin)}),
		l.button(roleSheet, templates.ButtonView{Text: i18n.T(ctx, "members.role.take"), Icon: "user", Name: "role", Value: string(imclient.RoleMember)}),
		l.button(cardSheet, templates.ButtonView{Text: i18n.T(ctx, "members.card.button"), Icon: "edit"}),
		{
			Text: i18n.T(ctx, "chat.unread.button"), Icon: "history", FormAction: groupURL(l.app, l.g.ID, "members", "unread"),
			Why: notOffered(l.c, l.app, auth.VerbSetUnread, imclient.VerbUnread, l.g.Type),
		},
	}, rest...)
	return often, rest
}

func (l *peopleList) selection() templates.SelectionView {
	ctx := l.ctx()
	often, rest := l.acts()
	return templates.SelectionView{
		ID: peopleForm, Label: i18n.T(ctx, "members.selection"), Count: "members.selected", Hidden: []string{"back", l.u.RequestURI(), "groups", l.g.ID},
		Actions: often,
		More: append(rest, templates.ButtonView{
			Text: i18n.T(ctx, "job.from_selection"), Icon: "jobs", FormAction: appURL(l.app, "jobs", "new"), Why: mayNot(l.c, l.app, auth.VerbBulk),
		}, templates.ButtonView{
			Text: i18n.T(ctx, "members.copy_ids"), Icon: "copy", Key: "y", Type: "button", Attrs: map[string]any{"data-copy-ids": true},
		}),
	}
}

func (l *peopleList) rowMenu() []templates.ButtonView {
	ctx := l.ctx()
	often, rest := l.acts()
	list := append(often, rest...)
	if l.tab == tabBans {
		return list
	}
	for _, b := range []struct {
		sheet memberSheet
		view  templates.ButtonView
	}{
		{memberSheet{path: "members/fields", right: auth.VerbMemberFields, needs: imclient.VerbMemberFields}, templates.ButtonView{Text: i18n.T(ctx, "groupdata.edit_fields"), Icon: "edit"}},
		{memberSheet{path: "transfer", right: auth.VerbTransfer, needs: imclient.VerbTransfer}, templates.ButtonView{Text: i18n.T(ctx, "groups.frame.make_owner"), Icon: "crown"}},
	} {
		list = append(list, l.button(b.sheet, b.view))
	}
	return list
}

// export takes the list out, where there is one.
func (l *peopleList) export() *templates.ExportView {
	kind := map[string]exports.Kind{tabMembers: exports.Members, tabMuted: exports.Muted, tabBans: exports.Bans}[l.tab]
	if !l.app.IM.Caps.Can(exportNeeds[kind], l.g.Type) {
		return nil
	}
	return exportMenu(l.c, l.app, kind, "group", l.g.ID, "role", l.u.Query().Get("role"))
}

// tools act on ids that are typed in.
func (l *peopleList) tools() []templates.ButtonView {
	ctx := l.ctx()
	mute := l.tool(muteSheet, i18n.T(ctx, "members.mute.by_id"), "mute")
	kick := l.tool(kickSheet, i18n.T(ctx, "members.kick.by_id"), "kick")
	ban := l.tool(banSheet, i18n.T(ctx, "members.ban.by_id"), "ban")
	look := templates.ButtonView{Text: i18n.T(ctx, "rooms.inside.button"), Icon: "eye", URL: groupURL(l.app, l.g.ID, tabMembers, "inside")}
	switch {
	case l.tab == tabMuted:
		return []templates.ButtonView{mute, {
			Text: i18n.T(ctx, "job.all_muted"), Icon: "mic", URL: newJobURL(l.app, "kind", jobs.Unmute, "groups", l.g.ID, "all", string(exports.Muted)),
			Why: orID(mayNot(l.c, l.app, auth.VerbBulk), notOffered(l.c, l.app, auth.VerbUnmute, imclient.VerbMute, l.g.Type)),
		}}
	case l.tab == tabBans:
		return []templates.ButtonView{ban}
	case l.live:
		return []templates.ButtonView{mute, ban, look}
	}
	return []templates.ButtonView{l.tool(addSheet, i18n.T(ctx, "members.add.by_id"), "plus"), mute, kick, look, {
		Text: i18n.T(ctx, "job.all_members"), Icon: "jobs", Why: mayNot(l.c, l.app, auth.VerbBulk),
		URL: newJobURL(l.app, "kind", jobs.Mute, "groups", l.g.ID, "all", string(exports.Members), "list_role", l.u.Query().Get("role")),
	}}
}
