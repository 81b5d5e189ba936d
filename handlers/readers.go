package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// readersPage is how many people a page of readers lists.
const readersPage = 50

// readersSheet shows who has read a message of a group, and who has not. It costs the group, the message, the numbers, a
// page of ids, and two calls at the same time for who they are.
func (s *Server) readersSheet(c *gin.Context) error {
	p, ok, err := s.chatSheet(c)
	if !ok {
		return err
	}
	if key := p.app.IM.Caps.Why(imclient.VerbReceipts, p.group.Type); key != "" {
		return &actions.NotOffered{Key: key}
	}
	ref, err := oneMessage(c.QueryArray("m"))
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	read, cursor := c.Query("read") != "0", c.Query("cursor")
	m, err := s.readMessage(ctx, p, ref)
	if err != nil {
		return err
	}
	v := templates.ReadersView{GroupSheetView: templates.GroupSheetView{
		Sheet:        templates.SheetView{ID: "readers", Title: i18n.T(ctx, "chat.readers.title")},
		MessageTitle: i18n.T(ctx, "chat.message"),
	}}
	at := func(read bool, cursor string) string {
		q := url.Values{"m": {ref.String()}, "back": {p.back}}
		if !read {
			q.Set("read", "0")
		}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		return c.Request.URL.EscapedPath() + "?" + q.Encode()
	}
	count := func(int) string { return "" }
	receipts, refused, err := p.app.IM.Messages.Receipts(ctx, p.conversation(), []string{ref.id})
	var page imclient.Page[string]
	switch {
	case err == nil && len(receipts) == 0:
		v.Empty = &templates.EmptyView{Icon: "eye", Title: i18n.T(ctx, "chat.readers.none"), Text: i18n.T(ctx, "chat.readers.none_text")}
		if len(refused) > 0 && refused[0].Err.Kind != imclient.ErrNotFound && refused[0].Err.Kind != imclient.ErrDenied {
			v.Empty.Text, _ = vendorText(ctx, p.app.IM.Vendor, refused[0].Err.Code)
		}
	case err == nil:
		count = func(n int) string { return i18n.Int(ctx, n) }
		page, err = p.app.IM.Messages.Readers(ctx, p.conversation(), ref.id, read, cursor, readersPage)
		if errors.Is(err, imclient.ErrInvalid) && cursor != "" {
			v.Notice = &templates.Notice{Tone: "info", Title: i18n.T(ctx, "chat.readers.expired"), Next: i18n.T(ctx, "chat.readers.expired_next")}
			cursor = ""
			page, err = p.app.IM.Messages.Readers(ctx, p.conversation(), ref.id, read, "", readersPage)
		}
	}
	if err != nil {
		return fmt.Errorf("readers of a message: %w", err)
	}
	people := s.people(ctx, p.app, p.group, append([]string{m.From}, page.Items...))
	v.Message = s.drawn(c, p, m, people)
	for _, id := range page.Items {
		v.People = append(v.People, templates.PersonView{ID: id, Name: people.name(id), URL: userURL(p.app, id)})
	}
	numbers := imclient.Receipt{}
	if len(receipts) > 0 {
		numbers = receipts[0]
	}
	if v.Empty == nil {
		v.Tabs = []templates.Tab{
			{Text: i18n.T(ctx, "chat.readers.read"), Count: count(numbers.Read), URL: at(true, ""), Current: read},
			{Text: i18n.T(ctx, "chat.readers.unread"), Count: count(numbers.Unread), URL: at(false, ""), Current: !read},
		}
		if len(page.Items) == 0 {
			v.Empty = &templates.EmptyView{Icon: "user", Title: i18n.T(ctx, "chat.readers.nobody")}
		}
	}
	if page.Next != "" {
		v.Next = at(read, page.Next)
	}
	if cursor != "" {
		v.First = at(read, "")
	}
	if people.failed != nil {
		e := explain(ctx, people.failed, false)
		v.Failed = &templates.Notice{Title: i18n.T(ctx, "messages.people_failed"), Next: e.notice.Title, Code: e.notice.Code}
	}
	back := s.finishSheet(c, p, &v.GroupSheetView)
	return render(c, http.StatusOK, templates.ReadersPage(s.chrome(c), v, back), templates.ReadersSheet(v))
}

// unreadRoutes are those about what a member has not read.
func (s *Server) unreadRoutes() []route {
	const unread = "/apps/:app/groups/:group/members/unread"
	return []route{
		{get, unread, auth.VerbSetUnread, s.unreadSheet},
		{post, unread, auth.VerbSetUnread, s.setUnread},
	}
}

// unreadSheet shows how many messages of a group a member has not read, and asks for another number.
func (s *Server) unreadSheet(c *gin.Context) error {
	app, g, err := s.sheetGroup(c)
	if err != nil {
		return err
	}
	users := c.QueryArray("users")
	switch {
	case len(users) == 0:
		return badInput{"messages.wrong.nothing"}
	case len(users) > 1:
		return badInput{"chat.wrong.one_member"}
	}
	return s.drawUnread(c, http.StatusOK, app, g, users[0], nil, nil)
}

func (s *Server) drawUnread(c *gin.Context, status int, app *App, g imclient.Group, user string, typed url.Values, refused error) error {
	ctx := c.Request.Context()
	if key := app.IM.Caps.Why(imclient.VerbUnread, g.Type); key != "" {
		return &actions.NotOffered{Key: key}
	}
	people := s.people(imclient.Fresh(ctx), app, g, []string{user})
	member, ok := people.members[user]
	if people.failed != nil && !ok {
		return fmt.Errorf("a member's unread count: %w", people.failed)
	}
	p := chat{app: app, group: g, back: sheetBack(c, groupURL(app, g.ID, tabMembers))}
	n := actions.UnreadOf(g, member)
	number := templates.FieldView{
		Name: "n", ID: "unread-n", Label: i18n.T(ctx, "chat.unread.field"), Type: "number", Required: true, Value: strconv.Itoa(max(n, 0)),
		Error: invalidText(ctx, refused, "n"), Attrs: map[string]any{"min": "0"},
	}
	if typed != nil {
		number.Value = typed.Get("n")
	}
	v := templates.GroupSheetView{
		Sheet: templates.SheetView{
			ID: "ask-unread", Title: i18n.T(ctx, "chat.unread.title"), Submit: i18n.T(ctx, "chat.unread.submit"), Foot: i18n.T(ctx, "messages.can_undo"),
			Hidden: []string{"users", user, "key", formKey(typed)}, Notice: badField(ctx, refused, "n", "reason"),
		},
		People: []templates.PersonView{{ID: user, Name: people.name(user), URL: userURL(app, user)}},
		Fields: []templates.FieldView{number, reasonField(ctx, actions.VerbSetUnread, typed.Get("reason"), refused)},
	}
	switch {
	case !ok:
		v.Sheet.Why = i18n.T(ctx, actions.SkipNotMember, "who", orID(people.name(user), user))
	case n >= 0:
		v.Sheet.Text = i18n.N(ctx, "chat.unread.now", n)
	default:
		v.Sheet.Text = i18n.T(ctx, "chat.unread.unknown")
	}
	if v.Sheet.Why != "" {
		v.Sheet.Notice = &templates.Notice{Tone: "info", Title: v.Sheet.Why}
	}
	return s.drawSheet(c, status, p, v)
}

// setUnread sets how many messages a member has not read.
func (s *Server) setUnread(c *gin.Context) error {
	app, g, err := s.sheetGroup(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	users := v["users"]
	if len(users) != 1 {
		return badInput{"chat.wrong.one_member"}
	}
	n, err := strconv.Atoi(strings.TrimSpace(v.Get("n")))
	if err != nil {
		n = -1 // refused beside the field
	}
	ctx := c.Request.Context()
	r, err := s.Actions.Do(ctx, s.actor(c), app.Target(), actions.SetUnread{
		Group: g.ID, User: users[0], N: n, Common: actions.Common{Reason: strings.TrimSpace(v.Get("reason")), Key: v.Get("key")},
	})
	if isInvalid(err) {
		return s.drawUnread(c, http.StatusUnprocessableEntity, app, g, users[0], v, err)
	}
	if err != nil {
		return err
	}
	return s.chatDone(c, chat{app: app, group: g, back: sheetBack(c, groupURL(app, g.ID, tabMembers))}, r)
}
