package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"imdesk/actions"
	"imdesk/archive"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// chat is a conversation that a sheet is about: a group, or a direct chat that the operator has leave to read.
type chat struct {
	app   *App
	group imclient.Group // zero for a direct chat
	user  string         // of a direct chat: whose view
	peer  string
	back  string // the page that the sheet leads back to
}

func (p chat) direct() bool { return p.group.ID == "" }

func (p chat) conversation() imclient.Conversation {
	if p.direct() {
		return imclient.Conversation{User: p.user, Peer: p.peer}
	}
	return conversation(p.group)
}

func (p chat) where() actions.Where {
	return actions.Where{Group: p.group.ID, User: p.user, Peer: p.peer}
}

// query is the conversation and nothing else, for the addresses of its page.
func (p chat) query() messageQuery { return messageQuery{user: p.user, peer: p.peer} }

// verb and needs are one of two, by what the conversation is.
func (p chat) verb(group, direct actions.Verb) actions.Verb {
	if p.direct() {
		return direct
	}
	return group
}

func (p chat) needs(group, direct imclient.Verb) imclient.Verb {
	if p.direct() {
		return direct
	}
	return group
}

// chatOf is the conversation that an address, or a form, is about. A direct chat that the operator has no leave to read is
// an errClosed.
func (s *Server) chatOf(c *gin.Context) (chat, error) {
	v := c.Request.URL.Query()
	if c.Request.Method == http.MethodPost {
		var err error
		if v, err = form(c); err != nil {
			return chat{}, err
		}
	}
	if c.Param("group") != "" {
		app, g, err := s.sheetGroup(c)
		if err != nil {
			return chat{}, err
		}
		return chat{app: app, group: g, back: sheetBack(c, groupURL(app, g.ID, tabMessages))}, nil
	}
	app, err := s.app(c)
	if err != nil {
		return chat{}, err
	}
	ctx := c.Request.Context()
	user, peer, wrong := directPair(ctx, app, v)
	if len(wrong) > 0 {
		return chat{}, badInput{"direct.wrong.pair"}
	}
	_, ok, err := s.permitOf(ctx, app, user, peer)
	if err != nil {
		return chat{}, err
	}
	page := directURL(app, user, peer)
	if !ok {
		return chat{}, errClosed{page}
	}
	return chat{app: app, user: user, peer: peer, back: sheetBack(c, page)}, nil
}

// chatSheet is chatOf for a sheet that is asked for: without leave it leads to the page that asks for the reason.
func (s *Server) chatSheet(c *gin.Context) (p chat, ok bool, err error) {
	p, err = s.chatOf(c)
	if closed, is := errors.AsType[errClosed](err); is {
		return p, false, seeOther(c, closed.url)
	}
	return p, err == nil, err
}

// drawSheet draws a sheet about a conversation, beside it or as a page of its own.
func (s *Server) drawSheet(c *gin.Context, status int, p chat, v templates.GroupSheetView) error {
	back := s.finishSheet(c, p, &v)
	return render(c, status, templates.GroupSheetPage(s.chrome(c), v, back), templates.GroupSheet(v))
}

// finishSheet adds what all sheets about a conversation have.
func (s *Server) finishSheet(c *gin.Context, p chat, v *templates.GroupSheetView) (back templates.Link) {
	ctx := c.Request.Context()
	v.Sheet.Action, v.Sheet.BackURL = c.Request.URL.EscapedPath(), p.back
	v.Sheet.Hidden = append(v.Sheet.Hidden, "back", p.back)
	if v.EffectTitle == "" {
		v.EffectTitle = i18n.T(ctx, "messages.effect")
	}
	if !p.direct() {
		return templates.Link{Text: orID(p.group.Name, p.group.ID), URL: groupURL(p.app, p.group.ID, tabMessages), Name: true}
	}
	v.Sheet.Hidden = append(v.Sheet.Hidden, "user", p.user, "peer", p.peer)
	return templates.Link{Text: i18n.T(ctx, "direct.title"), URL: directURL(p.app, p.user, p.peer)}
}

// oneMessage is the one message that is chosen.
func oneMessage(values []string) (messageRef, error) {
	refs, err := readMessageRefs(values)
	switch {
	case err != nil:
		return messageRef{}, err
	case len(refs) == 0:
		return messageRef{}, badInput{"messages.wrong.nothing"}
	case len(refs) > 1:
		return messageRef{}, badInput{"chat.wrong.one"}
	}
	return refs[0], nil
}

func (r messageRef) action() actions.MessageRef { return actions.MessageRef{ID: r.id, Seq: r.seq} }

// readMessage reads one message as the service has it now: a call.
func (s *Server) readMessage(ctx context.Context, p chat, ref messageRef) (imclient.Message, error) {
	page, err := p.app.IM.Messages.History(imclient.Fresh(ctx), imclient.HistoryOptions{Conversation: p.conversation(), From: ref.seq, Limit: 1})
	if err != nil {
		return imclient.Message{}, fmt.Errorf("read a message: %w", err)
	}
	for _, m := range page.Messages {
		if m.ID == ref.id && m.State != imclient.MessageHole {
			return m, nil
		}
	}
	return imclient.Message{}, badInput{"chat.wrong.gone"}
}

// drawn is a message as the transcript shows it.
func (s *Server) drawn(c *gin.Context, p chat, m imclient.Message, people *people) *templates.MessageRow {
	t := s.transcriptOf(c, p.app, p.group, p.query(), stretch{messages: []imclient.Message{m}}, people)
	row := t.row(m)
	return &row
}

// plainWords is the text of a message that is one text and nothing else.
func plainWords(m imclient.Message) (string, bool) {
	if len(m.Body) != 1 || m.State != imclient.MessageSaid || m.Tip {
		return "", false
	}
	t, ok := m.Body[0].(imclient.Text)
	return t.Text, ok
}

// editSheet asks for the new text of a message. It costs a call for the message and one or two for who said it.
func (s *Server) editSheet(c *gin.Context) error {
	p, ok, err := s.chatSheet(c)
	if !ok {
		return err
	}
	ref, err := oneMessage(c.QueryArray("m"))
	if err != nil {
		return err
	}
	return s.drawEdit(c, http.StatusOK, p, ref, nil, nil)
}

// drawEdit is the sheet, with what was typed in it if it comes back.
func (s *Server) drawEdit(c *gin.Context, status int, p chat, ref messageRef, typed url.Values, refused error) error {
	ctx := c.Request.Context()
	m, err := s.readMessage(ctx, p, ref)
	if err != nil {
		return err
	}
	people := s.people(ctx, p.app, p.group, []string{m.From})
	v := templates.GroupSheetView{
		Sheet: templates.SheetView{
			ID: "ask-edit", Title: i18n.T(ctx, "chat.edit.title"), Text: i18n.T(ctx, "chat.edit.text"), Submit: i18n.T(ctx, "chat.edit.submit"),
			Foot: i18n.T(ctx, "action.undo.impossible"), Hidden: []string{"m", ref.String(), "key", formKey(typed)},
			Notice: badField(ctx, refused, "text", "reason"), Why: why(c, p.app, p.needs(imclient.VerbEditMessage, imclient.VerbDirectEdit), p.group.Type),
		},
		Message: s.drawn(c, p, m, people), MessageTitle: i18n.T(ctx, "chat.edit.now"),
	}
	now, plain := plainWords(m)
	if !plain {
		v.Sheet.Submit = ""
		v.Sheet.Notice = &templates.Notice{Tone: "info", Title: i18n.T(ctx, "chat.edit.not_text"), Next: i18n.T(ctx, "chat.edit.not_text_next")}
		return s.drawSheet(c, status, p, v)
	}
	text := now
	if typed != nil {
		text = typed.Get("text")
	}
	limit := p.app.IM.Caps.Limits.MessageBytes
	v.Sheet.Hidden = append(v.Sheet.Hidden, "seen", now)
	v.Fields = []templates.FieldView{
		{
			Name: "text", ID: "edit-text", Label: i18n.T(ctx, "chat.edit.field"), Hint: i18n.T(ctx, "chat.bytes", "limit", i18n.Int(ctx, limit)), Rows: 5,
			Required: true, Value: text, Error: invalidText(ctx, refused, "text"), Attrs: map[string]any{"dir": "auto"},
		},
		reasonField(ctx, actions.VerbEditMessage, typed.Get("reason"), refused),
	}
	v.Effects = []templates.EffectLine{
		{Tone: "ok", Text: i18n.T(ctx, "chat.edit.effect", "who", orID(people.name(m.From), m.From))},
		{Tone: "off", Text: i18n.T(ctx, s.editKept(p))},
	}
	return s.drawSheet(c, status, p, v)
}

// editKept says what becomes of the text that is overwritten: a text key.
func (s *Server) editKept(p chat) string {
	if s.Archive.KeepsPlace(archive.PlaceOf(p.app.Name, p.conversation())) {
		return "archive.before_kept"
	}
	return "chat.edit.not_kept"
}

// editMessage overwrites the text of a message.
func (s *Server) editMessage(c *gin.Context) error {
	p, err := s.chatOf(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	ref, err := oneMessage(v["m"])
	if err != nil {
		return err
	}
	a := actions.EditMessage{
		Common: actions.Common{Reason: strings.TrimSpace(v.Get("reason")), Key: v.Get("key")},
		Where:  p.where(), Message: ref.action(), Text: lines(v.Get("text")),
	}
	if v.Has("seen") {
		seen := lines(v.Get("seen"))
		a.Seen = &seen
	}
	ctx := c.Request.Context()
	r, err := s.Actions.Do(ctx, s.actor(c), p.app.Target(), a)
	if isInvalid(err) {
		return s.drawEdit(c, http.StatusUnprocessableEntity, p, ref, v, err)
	}
	if err != nil {
		return err
	}
	return s.chatDone(c, p, r)
}

// chatDone says what came of an action, on the page that its sheet was opened from.
func (s *Server) chatDone(c *gin.Context, p chat, r actions.Result) error {
	ctx := c.Request.Context()
	t := s.resultToast(ctx, p.app, r, s.namesOf(ctx, p.app, r))
	if t.Action == nil && t.UndoURL == "" {
		t.Action = &templates.ButtonView{Text: i18n.T(ctx, "action.done.show"), URL: entryURL(p.app, r.ID)}
	}
	return s.answer(c, http.StatusOK, t, p.back)
}

// The ways in which a message may be treated, in the order of the form.
var sendOptions = []struct {
	name          string
	group, direct bool
}{
	{"mention_all", true, false},
	{"quiet", true, true},
	{"receipts", true, true},
	{"extensible", true, true},
	{"unsynced", false, true},
	{"fleeting", true, true},
}

// sendSheet asks what is to be said. It costs one call, for names.
func (s *Server) sendSheet(c *gin.Context) error {
	p, ok, err := s.chatSheet(c)
	if !ok {
		return err
	}
	v := s.sendView(c, p, url.Values{}, nil)
	return s.drawSheet(c, http.StatusOK, p, v)
}

// senders are in whose name something can be said in a direct chat, and to whom: the value of the form, sender and receiver.
// The first is the choice at first.
func (p chat) senders() [][3]string {
	return [][3]string{
		{"admin-user", "", p.user}, {"admin-peer", "", p.peer}, {"user", p.user, p.peer}, {"peer", p.peer, p.user},
	}
}

// readSend reads the form.
func (p chat) readSend(v url.Values) actions.Send {
	a := actions.Send{
		Common: actions.Common{Reason: strings.TrimSpace(v.Get("reason")), Key: v.Get("key")},
		Group:  p.group.ID, Text: lines(v.Get("text")),
		Quiet: v.Has("quiet"), Fleeting: v.Has("fleeting"), Extensible: v.Has("extensible"), Receipts: v.Has("receipts"),
	}
	if !p.direct() {
		a.From, a.MentionAll = strings.TrimSpace(v.Get("from")), v.Has("mention_all")
		return a
	}
	for _, who := range p.senders() {
		if who[0] == v.Get("from") || a.To == "" {
			a.From, a.To = who[1], who[2]
		}
	}
	a.Unsynced = v.Has("unsynced") && a.From != ""
	return a
}

func (s *Server) sendView(c *gin.Context, p chat, typed url.Values, refused error) templates.GroupSheetView {
	ctx := c.Request.Context()
	names := names{p.group.ID: p.group.Name}
	if p.direct() {
		people := s.people(ctx, p.app, imclient.Group{}, []string{p.user, p.peer})
		names = people.names()
	}
	v := templates.GroupSheetView{
		Sheet: templates.SheetView{
			ID: "ask-send", Title: i18n.T(ctx, "chat.send.title"), Submit: i18n.T(ctx, "chat.send.submit"), Foot: i18n.T(ctx, "chat.send.foot"),
			Hidden: []string{"key", formKey(typed)}, Notice: badField(ctx, refused, "text", "reason", "from"),
			Why: why(c, p.app, p.needs(imclient.VerbSend, imclient.VerbDirectSend), p.group.Type),
		},
	}
	from := templates.FieldView{
		Name: "from", ID: "send-from", Label: i18n.T(ctx, "chat.send.from"), Value: typed.Get("from"), Error: invalidText(ctx, refused, "from"),
	}
	if p.direct() {
		var options []templates.Option
		for _, who := range p.senders() {
			o := templates.Option{Value: who[0], Text: i18n.T(ctx, "chat.send.as", "from", names.of(who[1]), "to", names.of(who[2]))}
			if who[1] == "" {
				o.Text = i18n.T(ctx, "chat.send.as_admin", "to", names.of(who[2]))
			}
			options = append(options, o)
		}
		if from.Value == "" {
			from.Value = options[0].Value
		}
		v.Lists = []templates.ListField{{Field: from, Options: options}}
		v.Effects = []templates.EffectLine{
			{Tone: "warn", Text: i18n.T(ctx, "chat.send.effect_admin")}, {Tone: "warn", Text: i18n.T(ctx, "chat.send.effect_unchecked")},
		}
	} else {
		v.Sheet.Text = orID(p.group.Name, p.group.ID)
		from.Hint, from.Optional = i18n.T(ctx, "chat.send.from_hint"), true
		from.Attrs = map[string]any{"spellcheck": "false", "autocapitalize": "none"}
		v.Fields = append(v.Fields, from)
		v.Effects = []templates.EffectLine{{Tone: "ok", Text: i18n.T(ctx, "chat.send.effect_group")}}
	}
	limit := p.app.IM.Caps.Limits.MessageBytes
	v.Fields = append(v.Fields, templates.FieldView{
		Name: "text", ID: "send-text", Label: i18n.T(ctx, "messages.notice_text"), Hint: i18n.T(ctx, "chat.bytes", "limit", i18n.Int(ctx, limit)), Rows: 5,
		Required: true, Value: typed.Get("text"), Error: invalidText(ctx, refused, "text"), Attrs: map[string]any{"dir": "auto"},
	}, templates.FieldView{
		Name: "reason", Label: i18n.T(ctx, "messages.reason"), Value: typed.Get("reason"), Rows: 2, MaxLength: 1000, Optional: true,
		Hint: i18n.T(ctx, "chat.send.reason_hint"), Error: invalidText(ctx, refused, "reason"), Attrs: map[string]any{"dir": "auto"},
	})
	for _, o := range sendOptions {
		if p.direct() && !o.direct || !p.direct() && !o.group {
			continue
		}
		//i18n:uses chat.send.option.*
		v.Checks = append(v.Checks, templates.WhereView{
			Name: o.name, On: typed.Has(o.name),
			Option: templates.Option{Text: i18n.T(ctx, "chat.send.option."+o.name), Hint: i18n.T(ctx, "chat.send.option."+o.name+"_hint")},
		})
	}
	v.ChecksTitle = i18n.T(ctx, "chat.send.options")
	return v
}

// sendMessage says something. In somebody's name it asks once more, with the message as it will stand there.
func (s *Server) sendMessage(c *gin.Context) error {
	p, err := s.chatOf(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	a := p.readSend(v)
	if a.From != "" && v.Get("confirmed") != a.From {
		refused := s.mayNotSend(c, p, a)
		if refused == nil {
			return s.confirmSend(c, p, a, v)
		}
		if !isInvalid(refused) {
			return refused
		}
		return s.drawSheet(c, http.StatusUnprocessableEntity, p, s.sendView(c, p, v, refused))
	}
	r, err := s.Actions.Do(ctx, s.actor(c), p.app.Target(), a)
	if isInvalid(err) {
		return s.drawSheet(c, http.StatusUnprocessableEntity, p, s.sendView(c, p, v, err))
	}
	if err != nil {
		return err
	}
	names := names{p.group.ID: p.group.Name}
	if p.direct() {
		names = s.namesOf(ctx, p.app, r)
	}
	t := s.resultToast(ctx, p.app, r, names)
	return s.answer(c, http.StatusOK, t, p.back)
}

// mayNotSend is what is wrong with a message before it is confirmed.
func (s *Server) mayNotSend(c *gin.Context, p chat, a actions.Send) error {
	_, err := s.Actions.Preview(c.Request.Context(), s.actor(c), p.app.Target(), a)
	return err
}

// confirmSend shows a message in somebody's name as it will stand in the conversation, and asks.
func (s *Server) confirmSend(c *gin.Context, p chat, a actions.Send, typed url.Values) error {
	ctx := c.Request.Context()
	people := s.people(ctx, p.app, p.group, slices.DeleteFunc([]string{a.From, a.To}, func(id string) bool { return id == "" }))
	who, to := orID(people.name(a.From), a.From), orID(people.name(a.To), a.To)
	if !p.direct() {
		to = orID(p.group.Name, p.group.ID)
	}
	m := imclient.Message{From: a.From, At: s.Now(), Body: []imclient.Element{imclient.Text{Text: a.Text}}}
	v := templates.GroupSheetView{
		Sheet: templates.SheetView{
			ID: "ask-send", Title: i18n.T(ctx, "chat.send.confirm", "who", who), Submit: i18n.T(ctx, "chat.send.confirm_submit", "who", who),
			Foot: i18n.T(ctx, "chat.send.foot"), Variant: "harm-solid", Hidden: []string{"confirmed", a.From, "key", formKey(typed)},
		},
		Message: s.drawn(c, p, m, people), MessageTitle: i18n.T(ctx, "chat.send.confirm_text", "to", to),
		Effects: []templates.EffectLine{{Tone: "warn", Text: i18n.T(ctx, "chat.send.effect_as", "who", who)}},
	}
	for _, name := range []string{"from", "text", "reason"} {
		v.Sheet.Hidden = append(v.Sheet.Hidden, name, typed.Get(name))
	}
	for _, o := range sendOptions {
		if typed.Has(o.name) {
			v.Sheet.Hidden = append(v.Sheet.Hidden, o.name, "1")
			v.Effects = append(v.Effects, templates.EffectLine{Tone: "ok", Text: i18n.T(ctx, "chat.send.option."+o.name)})
		}
	}
	if !wantsPart(c.Request) {
		return s.drawSheet(c, http.StatusOK, p, v)
	}
	s.finishSheet(c, p, &v)
	part := templates.OpenSheet(v)
	return render(c, http.StatusOK, part, part)
}

// markReadSheet asks for which of the two a direct chat is to be marked as read. It costs two calls, and one for names.
func (s *Server) markReadSheet(c *gin.Context) error {
	p, ok, err := s.chatSheet(c)
	if !ok {
		return err
	}
	v, err := s.markReadView(c, p, url.Values{}, nil)
	if err != nil {
		return err
	}
	return s.drawSheet(c, http.StatusOK, p, v)
}

func (s *Server) markReadView(c *gin.Context, p chat, typed url.Values, refused error) (templates.GroupSheetView, error) {
	ctx := c.Request.Context()
	people := s.people(ctx, p.app, imclient.Group{}, []string{p.user, p.peer})
	field := templates.FieldView{Name: "for", ID: "read-for", Label: i18n.T(ctx, "direct.read.for"), Value: typed.Get("for"), Error: invalidText(ctx, refused, "user")}
	if field.Value == "" {
		field.Value = p.user
	}
	var options []templates.Option
	for _, who := range [][2]string{{p.user, p.peer}, {p.peer, p.user}} {
		preview, err := s.Actions.Preview(ctx, s.actor(c), p.app.Target(), actions.MarkRead{User: who[0], Peer: who[1]})
		if err != nil {
			return templates.GroupSheetView{}, err
		}
		o := templates.Option{Value: who[0], Text: i18n.T(ctx, "direct.read.of", "who", orID(people.name(who[0]), who[0]), "of", orID(people.name(who[1]), who[1]))}
		if before := preview.Items[0].Before; before.Known {
			o.Hint = i18n.T(ctx, "direct.read.unread", "n", before.Text)
		}
		options = append(options, o)
	}
	return templates.GroupSheetView{
		Sheet: templates.SheetView{
			ID: "ask-read", Title: i18n.T(ctx, "direct.read.title"), Text: i18n.T(ctx, "direct.read.text"), Submit: i18n.T(ctx, "direct.mark_read"),
			Foot: i18n.T(ctx, "action.undo.impossible"), Hidden: []string{"key", formKey(typed)}, Notice: badField(ctx, refused, "user", "reason"),
		},
		Radios: []templates.ListField{{Field: field, Options: options}},
		Fields: []templates.FieldView{reasonField(ctx, actions.VerbMarkReadDirect, typed.Get("reason"), refused)},
	}, nil
}

// markRead marks a direct chat as read for one of the two.
func (s *Server) markRead(c *gin.Context) error {
	p, err := s.chatOf(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	a := actions.MarkRead{User: p.user, Peer: p.peer, Common: actions.Common{Reason: strings.TrimSpace(v.Get("reason")), Key: v.Get("key")}}
	switch v.Get("for") {
	case p.user:
	case p.peer:
		a.User, a.Peer = p.peer, p.user
	default:
		return badInput{"direct.wrong.for"}
	}
	r, err := s.Actions.Do(c.Request.Context(), s.actor(c), p.app.Target(), a)
	if isInvalid(err) {
		view, failed := s.markReadView(c, p, v, err)
		if failed != nil {
			return failed
		}
		return s.drawSheet(c, http.StatusUnprocessableEntity, p, view)
	}
	if err != nil {
		return err
	}
	return s.chatDone(c, p, r)
}

// hideSheet asks from whose side of a direct chat messages are to go.
func (s *Server) hideSheet(c *gin.Context) error {
	p, ok, err := s.chatSheet(c)
	if !ok {
		return err
	}
	refs, err := readMessageRefs(c.QueryArray("m"))
	if err != nil {
		return err
	}
	if len(refs) == 0 {
		return badInput{"messages.wrong.nothing"}
	}
	return s.drawSheet(c, http.StatusOK, p, s.hideView(c, p, refs, url.Values{}, nil))
}

func (s *Server) hideView(c *gin.Context, p chat, refs []messageRef, typed url.Values, refused error) templates.GroupSheetView {
	ctx := c.Request.Context()
	people := s.people(ctx, p.app, imclient.Group{}, []string{p.user, p.peer})
	name := func(id string) string { return orID(people.name(id), id) }
	v := templates.GroupSheetView{
		Sheet: templates.SheetView{
			ID: "ask-hide", Title: i18n.N(ctx, "direct.hide.title", len(refs)), Text: i18n.T(ctx, "direct.hide.text"), Danger: true,
			Submit: i18n.N(ctx, "direct.hide.submit", len(refs)), Variant: "harm-solid", Foot: i18n.T(ctx, "action.undo.impossible"),
			Hidden: []string{"key", formKey(typed)}, Notice: badField(ctx, refused, "reason"), Why: why(c, p.app, imclient.VerbDirectHide, ""),
		},
		Fields: []templates.FieldView{reasonField(ctx, actions.VerbHideDirect, typed.Get("reason"), refused)},
	}
	if len(refs) > recallAtOnce {
		v.Sheet.Why = orID(v.Sheet.Why, s.mayNotBulk(c))
	}
	for _, r := range refs {
		v.Sheet.Hidden = append(v.Sheet.Hidden, "m", r.String())
	}
	field := templates.FieldView{Name: "for", ID: "hide-for", Label: i18n.T(ctx, "direct.hide.from"), Value: orID(typed.Get("for"), p.user)}
	v.Radios = []templates.ListField{{Field: field, Options: []templates.Option{
		{Value: p.user, Text: i18n.T(ctx, "direct.hide.side", "who", name(p.user)), Hint: i18n.T(ctx, "direct.hide.keeps", "who", name(p.peer))},
		{Value: p.peer, Text: i18n.T(ctx, "direct.hide.side", "who", name(p.peer)), Hint: i18n.T(ctx, "direct.hide.keeps", "who", name(p.user))},
	}}}
	return v
}

// hide takes messages out of one user's view.
func (s *Server) hide(c *gin.Context) error {
	p, err := s.chatOf(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	refs, err := readMessageRefs(v["m"])
	if err != nil {
		return err
	}
	a := actions.Hide{User: p.user, Peer: p.peer, Common: actions.Common{Reason: strings.TrimSpace(v.Get("reason")), Key: v.Get("key")}}
	switch {
	case len(refs) == 0:
		return badInput{"messages.wrong.nothing"}
	case v.Get("for") == p.user:
	case v.Get("for") == p.peer:
		a.User, a.Peer = p.peer, p.user
	default:
		return badInput{"direct.wrong.for"}
	}
	for _, r := range refs {
		a.Messages = append(a.Messages, r.action())
	}
	r, err := s.Actions.Do(c.Request.Context(), s.actor(c), p.app.Target(), a)
	if isInvalid(err) {
		return s.drawSheet(c, http.StatusUnprocessableEntity, p, s.hideView(c, p, refs, v, err))
	}
	if err != nil {
		return err
	}
	return s.chatDone(c, p, r)
}

// recallButton takes the ticked messages back at once, or asks, if they are many.
func recallButton(ctx context.Context, url string) templates.ButtonView {
	return templates.ButtonView{
		Text: i18n.T(ctx, "messages.recall"), Icon: "recall", Key: "r", FormAction: url, FormMethod: "post",
		Attrs: map[string]any{
			"hx-post": url, "hx-target": "#sheet", "hx-swap": "none", "hx-push-url": "false",
			"hx-include": `closest form, [form="` + selectionForm + `"]:checked`,
		},
	}
}

// mayReadDirectText is whether an operator may read what a direct chat's entry in the audit log says was written.
func mayReadDirectText(ctx context.Context, app string) bool {
	op, ok := auth.OperatorFrom(ctx)
	return ok && op.CanIn(app, auth.VerbAudit)
}
