package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"imdesk/auth"
	"imdesk/exports"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"
)

// Tabs of a user, and the parts that the summary loads by themselves.
const (
	tabContacts = "contacts"
	tabFriends  = "friends"
	tabBlocks   = "blocks"
)

// Sizes of the parts.
const (
	fewRows      = 5  // on the summary
	blocksPage   = 50 // the pages of the other parts are as long as the service makes them
	listedShown  = 6  // friends that a list names
	checkedUsers = 50 // whom one question about blocks names
)

// userPart is a part of a user's page that is loaded by itself.
type userPart struct {
	tab   string
	needs imclient.Verb
	show  func(p *partly) templ.Component
}

// userParts are the parts, in the order in which they stand on the summary.
func userParts() []userPart {
	return []userPart{
		{tabContacts, imclient.VerbContacts, func(p *partly) templ.Component { return templates.UserContacts(p.contacts()) }},
		{tabFriends, imclient.VerbFriends, func(p *partly) templ.Component { return templates.UserFriends(p.friends()) }},
		{tabBlocks, imclient.VerbBlocks, func(p *partly) templ.Component { return templates.UserBlocks(p.blocks()) }},
	}
}

func (s *Server) userPartRoutes() []route {
	var all []route
	for _, p := range userParts() {
		all = append(all, route{get, "/apps/:app/users/:user/" + p.tab, auth.VerbView, s.userPartPage(p)})
	}
	return all
}

// partly is a part on its way.
type partly struct {
	s   *Server
	c   *gin.Context
	app *App
	id  string
	op  auth.Operator
	few bool // for the summary
}

func (p *partly) ctx() context.Context { return p.c.Request.Context() }

// userPartPage shows a part: whole with its pages on a page of its own, or its first rows for the summary. It costs the calls
// of the part and, for a page of its own, one for the profile at the same time.
func (s *Server) userPartPage(part userPart) func(*gin.Context) error {
	return func(c *gin.Context) error {
		app, err := s.app(c)
		if err != nil {
			return err
		}
		ctx := c.Request.Context()
		op, _ := auth.OperatorFrom(ctx)
		p := &partly{s: s, c: c, app: app, id: c.Param("user"), op: op, few: wantsPart(c.Request) && c.Query("few") != ""}
		var u imclient.User
		var wg sync.WaitGroup
		wg.Go(func() { u, err = app.IM.Users.Get(ctx, p.id) })
		shown := part.show(p)
		wg.Wait()
		if errors.Is(err, imclient.ErrNotFound) && !app.IM.Caps.Nameless(p.id) || errors.Is(err, imclient.ErrInvalid) {
			return err
		}
		v := templates.UserView{
			ID: p.id, Name: u.Nick, BackURL: appURL(app, "users"), GroupCount: -1, Tabs: s.userTabs(ctx, app, p.id, part.tab),
			Section: i18n.T(ctx, "users.tab."+part.tab),
		}
		return render(c, http.StatusOK, templates.UserPartPage(s.chrome(c), v, shown), shown)
	}
}

// lazyParts are the places of the parts on the summary.
func (s *Server) lazyParts(ctx context.Context, app *App, id string) []templates.LazyView {
	var list []templates.LazyView
	for _, p := range userParts() {
		//i18n:uses users.tab.*
		list = append(list, templates.LazyView{ID: "user-" + p.tab, Title: i18n.T(ctx, "users.tab."+p.tab), URL: userURL(app, id, p.tab)})
	}
	return list
}

// frame is what all parts have. cursor is that of the page that is asked for.
func (p *partly) frame(tab string, needs imclient.Verb) (f templates.UserPart, cursor string) {
	f = templates.UserPart{URL: userURL(p.app, p.id, tab), Few: p.few, RetryURL: p.c.Request.URL.RequestURI(), Why: why(p.c, p.app, needs, "")}
	if p.few {
		f.RetryURL = f.URL + "?few=1"
	} else {
		cursor = p.c.Query("cursor")
	}
	f.Pager = templates.PagerView{Label: i18n.T(p.ctx(), "users.tab."+tab), Target: "#user-" + tab}
	return f, cursor
}

// pages reads a page of a list; if it is gone, the first one, which is said.
func pages[T any](p *partly, f *templates.UserPart, cursor string, list func(ctx context.Context, cursor string) (imclient.Page[T], error)) imclient.Page[T] {
	ctx := p.ctx()
	page, err := list(ctx, cursor)
	if cursor != "" && errors.Is(err, imclient.ErrInvalid) {
		cursor = ""
		f.Notes = append(f.Notes, i18n.T(ctx, "users.groups_expired"))
		page, err = list(ctx, "")
	}
	if f.Failed = p.failed(err); f.Failed != nil {
		return imclient.Page[T]{Total: -1}
	}
	u := p.c.Request.URL
	if page.Next != "" {
		f.Pager.Next = withQuery(u, "cursor", page.Next)
	}
	if cursor != "" {
		f.Pager.First = withQuery(u, "cursor", "")
	}
	if p.few && len(page.Items) > fewRows {
		f.More = len(page.Items) - fewRows
		page.Items = page.Items[:fewRows]
	}
	return page
}

// failed is why a part has no content, which the log has, too.
func (p *partly) failed(err error) *templates.Notice {
	if err == nil {
		return nil
	}
	p.s.logFailure(p.c, err, http.StatusOK)
	return failedPart(p.ctx(), err)
}

// names asks for names of users in one batch. Without them ids are shown, which is said.
func (p *partly) names(f *templates.UserPart, ids []string) names {
	n := names{}
	if len(ids) == 0 {
		return n
	}
	users, _, err := p.app.IM.Users.GetMany(p.ctx(), ids)
	if err != nil {
		p.s.logFailure(p.c, err, http.StatusOK)
		f.Notes = append(f.Notes, i18n.T(p.ctx(), "members.nameless"))
	}
	for _, u := range users {
		n[u.ID] = u.Nick
	}
	return n
}

func (p *partly) person(id string, n names) templates.PersonView {
	return templates.PersonView{ID: id, Name: n[id], URL: userURL(p.app, id)}
}

// sheet is a button that opens a sheet below the user's address; query are pairs.
func (p *partly) sheet(right auth.Verb, needs imclient.Verb, b templates.ButtonView, path []string, query ...string) templates.ButtonView {
	q := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		q.Add(query[i], query[i+1])
	}
	b.URL = userURL(p.app, p.id, path...)
	if len(q) > 0 {
		b.URL += "?" + q.Encode()
	}
	b.Why = notOffered(p.c, p.app, right, needs, "")
	b.Attrs = templates.SheetAttrs(b.URL)
	return b
}

// contacts are the conversations on the user's list. It costs a call for the page, about one for each ten conversations for
// what is unread, and at the same time one for the total, then one for marks, one for names of users and one of groups.
func (p *partly) contacts() templates.UserContactsView {
	f, cursor := p.frame(tabContacts, imclient.VerbContacts)
	v := templates.UserContactsView{UserPart: f, Unread: -1}
	if f.Why != "" {
		return v
	}
	v.Export = exportMenu(p.c, p.app, exports.Contacts, "user", p.id)
	ctx := p.ctx()
	var wg sync.WaitGroup
	wg.Go(func() {
		n, err := p.app.IM.Contacts.Unread(ctx, p.id)
		if err == nil {
			v.Unread = n
		}
	})
	counted := true
	page := pages(p, &v.UserPart, cursor, func(ctx context.Context, cursor string) (imclient.Page[imclient.Contact], error) {
		o := imclient.ContactListOptions{User: p.id, Cursor: cursor, Unread: true}
		page, err := p.app.IM.Contacts.List(ctx, o)
		if err != nil && len(page.Items) > 0 { // the list is there, and what is unread is not
			p.s.logFailure(p.c, err, http.StatusOK)
			counted, err = false, nil
		}
		return page, err
	})
	wg.Wait()
	if !counted {
		v.Notes = append(v.Notes, i18n.T(ctx, "users.contacts_uncounted"))
	}
	if len(page.Items) > 0 {
		p.contactRows(&v, page.Items)
	}
	return v
}

func (p *partly) contactRows(v *templates.UserContactsView, list []imclient.Contact) {
	ctx := p.ctx()
	var chats []imclient.Conversation
	var users, groups []string
	for _, c := range list {
		chats = append(chats, c.Conversation)
		if c.Conversation.Direct() {
			users = append(users, c.Conversation.Peer)
		} else {
			groups = append(groups, c.Conversation.Group)
		}
	}
	var marks []imclient.ContactMarks
	var marksErr error
	var people names
	var notes templates.UserPart
	called := names{}
	var wg sync.WaitGroup
	if p.app.IM.Caps.Can(imclient.VerbContactMarks, "") {
		wg.Go(func() { marks, marksErr = p.app.IM.Contacts.Marks(ctx, p.id, chats) })
	}
	if len(groups) > 0 {
		wg.Go(func() {
			found, _, err := p.app.IM.Groups.GetMany(ctx, groups)
			if err != nil {
				p.s.logFailure(p.c, err, http.StatusOK)
			}
			for _, g := range found {
				called[g.ID] = g.Name
			}
		})
	}
	people = p.names(&notes, users)
	wg.Wait()
	v.Notes = append(v.Notes, notes.Notes...)
	if marksErr != nil {
		p.s.logFailure(p.c, marksErr, http.StatusOK)
		v.Notes = append(v.Notes, i18n.T(ctx, "users.contacts_unmarked"))
	}
	for _, c := range list {
		v.Rows = append(v.Rows, p.contactRow(c, marks, people, called))
	}
}

func (p *partly) contactRow(c imclient.Contact, marks []imclient.ContactMarks, people, groups names) templates.ContactRow {
	ctx := p.ctx()
	chat := c.Conversation
	row := templates.ContactRow{With: p.person(chat.Peer, people), Last: c.Last, Unread: c.Unread, Pinned: c.Pinned}
	remove := []string{"peer", chat.Peer}
	if chat.Direct() {
		open := templates.ButtonView{Icon: "eye", Variant: "ghost", Label: i18n.T(ctx, "users.contact_open", "with", orID(row.With.Name, row.With.ID))}
		open.URL = appURL(p.app, "direct") + "?" + url.Values{"user": {p.id}, "peer": {chat.Peer}}.Encode()
		if p.op.CanIn(p.app.Name, auth.VerbDirect) {
			row.Open = &open
		}
	} else {
		row.With = templates.PersonView{ID: chat.Group, Name: groups[chat.Group], Group: true, URL: groupURL(p.app, chat.Group, tabMessages)}
		remove = []string{"group", chat.Group}
	}
	for _, m := range marks {
		if m.Conversation.Group != chat.Group || m.Conversation.Peer != chat.Peer {
			continue
		}
		for _, mark := range m.Marks {
			if mark == imclient.MarkPinned && row.Pinned {
				continue
			}
			row.Marks = append(row.Marks, templates.ChipView{Text: markText(ctx, mark)})
		}
		for _, folder := range m.Folders {
			row.Marks = append(row.Marks, templates.ChipView{Text: folder, Icon: "file", Tone: "plain"})
		}
	}
	set := p.sheet(auth.VerbMarkContact, imclient.VerbContactMarks,
		templates.ButtonView{Icon: "flag", Variant: "ghost", Label: i18n.T(ctx, "rooms.contact.button", "with", orID(row.With.Name, row.With.ID))}, []string{tabContacts, "marks"}, remove...)
	row.Set = &set
	row.Remove = p.sheet(auth.VerbRemoveContact, imclient.VerbContactRemove,
		templates.ButtonView{Icon: "x", Variant: "ghost", Label: i18n.T(ctx, "users.contact_remove", "with", orID(row.With.Name, row.With.ID))}, []string{tabContacts, "remove"}, remove...)
	return row
}

// markText is a mark in words; one of the app's own is its number.
func markText(ctx context.Context, mark string) string {
	//i18n:uses users.mark.*
	if key := "users.mark." + mark; i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return i18n.T(ctx, "users.mark_other", "mark", mark)
}

// friends are the user's friends and the lists that they are in, which fail each alone. It costs a call for each of the two
// at the same time, then one for who has whom, and one for names.
func (p *partly) friends() templates.UserFriendsView {
	f, cursor := p.frame(tabFriends, imclient.VerbFriends)
	ctx := p.ctx()
	v := templates.UserFriendsView{UserPart: f, Total: -1, ListsWhy: why(p.c, p.app, imclient.VerbFriendLists, "")}
	if f.Why != "" {
		return v
	}
	v.Tools = []templates.ButtonView{p.sheet(auth.VerbAddFriends, imclient.VerbFriends,
		templates.ButtonView{Text: i18n.T(ctx, "users.friends_add"), Icon: "plus"}, []string{tabFriends, "add"})}
	v.ListTools = []templates.ButtonView{p.sheet(auth.VerbFillFriendList, imclient.VerbFriendLists,
		templates.ButtonView{Text: i18n.T(ctx, "users.friend_lists_add"), Icon: "plus"}, []string{"friend-lists", "add"})}
	var lists []imclient.FriendList
	var listsErr error
	var wg sync.WaitGroup
	if v.ListsWhy == "" {
		wg.Go(func() { lists, listsErr = p.app.IM.Friends.Lists(ctx, p.id) })
	}
	page := pages(p, &v.UserPart, cursor, func(ctx context.Context, cursor string) (imclient.Page[imclient.Friend], error) {
		return p.app.IM.Friends.List(ctx, p.id, cursor)
	})
	wg.Wait()
	v.Total, v.ListsFailed = page.Total, p.failed(listsErr)
	if p.few && v.Total > len(page.Items) {
		v.More = v.Total - len(page.Items)
	}
	ids := make([]string, len(page.Items))
	for i, one := range page.Items {
		ids[i] = one.UserID
	}
	relations := p.relations(&v, ids)
	for _, l := range lists {
		ids = append(ids, l.Friends[:min(len(l.Friends), listedShown)]...)
	}
	slices.Sort(ids)
	people := p.names(&v.UserPart, slices.Compact(ids))
	for _, one := range page.Items {
		v.Rows = append(v.Rows, p.friendRow(one, relations, people))
	}
	for _, l := range lists {
		v.Lists = append(v.Lists, p.listRow(l, people))
	}
	if !p.few {
		v.Notes = append(v.Notes, i18n.T(ctx, "users.friends_pending"))
	}
	return v
}

// relations tells who of some friends has the user as a friend; none if that could not be read, which is said.
func (p *partly) relations(v *templates.UserFriendsView, ids []string) map[string]imclient.Relation {
	if len(ids) == 0 {
		return nil
	}
	list, _, err := p.app.IM.Friends.Check(p.ctx(), p.id, ids)
	if err != nil {
		p.s.logFailure(p.c, err, http.StatusOK)
		v.Notes = append(v.Notes, i18n.T(p.ctx(), "users.relations_unknown"))
	}
	m := make(map[string]imclient.Relation, len(list))
	for _, r := range list {
		m[r.UserID] = r
	}
	return m
}

func (p *partly) friendRow(f imclient.Friend, relations map[string]imclient.Relation, people names) templates.FriendRow {
	ctx := p.ctx()
	row := templates.FriendRow{
		Person: p.person(f.UserID, people), Remark: f.Remark, Lists: strings.Join(f.Lists, i18n.T(ctx, "audit.and")), Source: f.Source,
		Wording: f.Wording, Added: f.Added,
	}
	switch r, known := relations[f.UserID]; {
	case !known:
		row.Relation = templates.ChipView{Text: i18n.T(ctx, "users.relation_unknown")}
	case r.Had:
		row.Relation = templates.ChipView{Text: i18n.T(ctx, "users.relation_both"), Icon: "check", Tone: "ok"}
	default:
		row.Relation = templates.ChipView{Text: i18n.T(ctx, "users.relation_one"), Icon: "right", Tone: "warn", Title: i18n.T(ctx, "users.relation_one_long")}
	}
	who := orID(people[f.UserID], f.UserID)
	row.Acts = []templates.ButtonView{
		p.sheet(auth.VerbEditFriend, imclient.VerbFriends,
			templates.ButtonView{Icon: "edit", Variant: "ghost", Label: i18n.T(ctx, "users.friend_edit", "who", who)}, []string{tabFriends, "edit"}, "friend", f.UserID),
		p.sheet(auth.VerbRemoveFriends, imclient.VerbFriends,
			templates.ButtonView{Icon: "x", Variant: "ghost", Label: i18n.T(ctx, "users.friend_remove", "who", who)}, []string{tabFriends, "remove"}, "ids", f.UserID),
	}
	return row
}

func (p *partly) listRow(l imclient.FriendList, people names) templates.FriendListRow {
	ctx := p.ctx()
	row := templates.FriendListRow{Name: l.Name, Count: len(l.Friends)}
	for _, id := range l.Friends[:min(len(l.Friends), listedShown)] {
		row.Friends = append(row.Friends, templates.Link{Text: orID(people[id], id), URL: userURL(p.app, id), Name: true})
	}
	row.Acts = []templates.ButtonView{
		p.sheet(auth.VerbFillFriendList, imclient.VerbFriendLists,
			templates.ButtonView{Icon: "plus", Variant: "ghost", Label: i18n.T(ctx, "users.friend_list_fill", "list", l.Name)}, []string{"friend-lists", "add"}, "list", l.Name),
		p.sheet(auth.VerbRemoveFriendList, imclient.VerbFriendLists,
			templates.ButtonView{Icon: "trash", Variant: "ghost", Label: i18n.T(ctx, "users.friend_list_remove", "list", l.Name)}, []string{"friend-lists", "remove"}, "list", l.Name),
	}
	return row
}

// blocks are those whom the user has blocked, and what was asked about who has blocked whom. It costs a call for the page,
// one for the question at the same time, and one for names.
func (p *partly) blocks() templates.UserBlocksView {
	f, cursor := p.frame(tabBlocks, imclient.VerbBlocks)
	ctx := p.ctx()
	v := templates.UserBlocksView{UserPart: f}
	if f.Why != "" {
		return v
	}
	v.Tools = []templates.ButtonView{p.sheet(auth.VerbBlock, imclient.VerbBlocks,
		templates.ButtonView{Text: i18n.T(ctx, "users.blocks_add"), Icon: "plus"}, []string{tabBlocks, "add"})}
	asked := ""
	if !p.few {
		asked = clip(p.c.Query("check"), maxFind*checkedUsers)
	}
	others, _ := distinctIDs(splitIDs(asked))
	v.Ask = templates.FieldView{
		Name: "check", Label: i18n.T(ctx, "members.ids"), Value: strings.TrimSpace(asked), Rows: 2, Attrs: map[string]any{"spellcheck": "false"},
		Hint: i18n.T(ctx, "users.block_check_hint"),
	}
	if len(others) > checkedUsers {
		v.Ask.Error = i18n.T(ctx, "action.invalid.too_many", "n", len(others), "limit", checkedUsers)
		others = nil
	}
	var relations []imclient.Relation
	var refused []imclient.Refused
	var checkErr error
	var wg sync.WaitGroup
	if len(others) > 0 {
		wg.Go(func() { relations, refused, checkErr = p.app.IM.Blocks.Check(ctx, p.id, others) })
	}
	page := pages(p, &v.UserPart, cursor, func(ctx context.Context, cursor string) (imclient.Page[imclient.Block], error) {
		return p.app.IM.Blocks.List(ctx, p.id, cursor, blocksPage)
	})
	wg.Wait()
	if errors.Is(checkErr, imclient.ErrInvalid) {
		v.Ask.Error, checkErr = i18n.T(ctx, "users.block_check_wrong"), nil
	}
	v.CheckFailed = p.failed(checkErr)
	ids := slices.Clone(others)
	for _, b := range page.Items {
		ids = append(ids, b.UserID)
	}
	slices.Sort(ids)
	people := p.names(&v.UserPart, slices.Compact(ids))
	for _, b := range page.Items {
		v.Rows = append(v.Rows, templates.BlockRow{
			Notes: customFacts(ctx, b.Custom), Note: p.noteButton(b.UserID, people),
			Person: p.person(b.UserID, people), Since: b.Since,
			Remove: p.sheet(auth.VerbUnblock, imclient.VerbBlocks, templates.ButtonView{
				Icon: "x", Variant: "ghost", Label: i18n.T(ctx, "users.block_remove", "who", orID(people[b.UserID], b.UserID)),
			}, []string{tabBlocks, "remove"}, "ids", b.UserID),
		})
	}
	for _, r := range relations {
		v.Checked = append(v.Checked, p.blockCheck(r, people))
	}
	for _, r := range refused {
		v.Checked = append(v.Checked, templates.BlockCheck{Person: templates.PersonView{ID: r.ID}, Text: i18n.T(ctx, "users.block_no_user")})
	}
	return v
}

// noteButton changes what is noted of a block; nil where nothing can be noted.
func (p *partly) noteButton(other string, people names) *templates.ButtonView {
	if !p.app.IM.Caps.Can(imclient.VerbBlockNotes, "") {
		return nil
	}
	b := p.sheet(auth.VerbNoteBlock, imclient.VerbBlockNotes,
		templates.ButtonView{Icon: "edit", Variant: "ghost", Label: i18n.T(p.ctx(), "rooms.note.button", "who", orID(people[other], other))}, []string{tabBlocks, "note"}, "other", other)
	return &b
}

func customFacts(ctx context.Context, fields []imclient.Field) []templates.FactView {
	var list []templates.FactView
	for _, f := range fields {
		list = append(list, customFact(ctx, f))
	}
	return list
}

func (p *partly) blockCheck(r imclient.Relation, people names) templates.BlockCheck {
	ctx := p.ctx()
	c := templates.BlockCheck{Person: p.person(r.UserID, people), Tone: "warn"}
	switch {
	case r.Has && r.Had:
		c.Text = i18n.T(ctx, "users.block_both")
	case r.Has:
		c.Text = i18n.T(ctx, "users.block_has")
	case r.Had:
		c.Text = i18n.T(ctx, "users.block_had")
	default:
		c.Text, c.Tone = i18n.T(ctx, "users.block_neither"), "ok"
	}
	return c
}
