package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// selectionForm is the form that the ticks of a transcript belong to.
const selectionForm = "selected"

// recallAtOnce is how many messages are taken back without being asked again. What is more is work for many, which a role
// of its own may do.
const recallAtOnce = 10

// messageActions is the bar for the messages that are ticked.
func (s *Server) messageActions(c *gin.Context, app *App, g imclient.Group) templates.SelectionView {
	ctx := c.Request.Context()
	page := groupURL(app, g.ID, tabMessages)
	button := func(right auth.Verb, needs imclient.Verb, b templates.ButtonView) templates.ButtonView {
		b.Why = notOffered(c, app, right, needs, g.Type)
		return b
	}
	return templates.SelectionView{
		ID: selectionForm, Label: i18n.T(ctx, "messages.selection"), Count: "messages.selected",
		Hidden: []string{"back", c.Request.URL.RequestURI(), "groups", g.ID},
		Actions: []templates.ButtonView{
			button(auth.VerbRecall, imclient.VerbRecall, recallButton(ctx, groupURL(app, g.ID, "recall"))),
			button(auth.VerbMute, imclient.VerbMute, templates.ButtonView{
				Text: i18n.T(ctx, "messages.mute_senders"), Icon: "mute", Key: "m", FormAction: page + "/mute-senders",
			}),
			button(auth.VerbKick, imclient.VerbKick, templates.ButtonView{
				Text: i18n.T(ctx, "messages.kick"), Icon: "kick", Key: "Shift+K", Variant: "harm", FormAction: page + "/kick-senders",
			}),
			s.flagAction(c, app, page+"/flag"),
			button(auth.VerbDeleteBySender, imclient.VerbDeleteBySend, templates.ButtonView{
				Label: i18n.T(ctx, "messages.delete_senders"), Icon: "trash", FormAction: groupURL(app, g.ID, "delete-by-sender"),
			}),
			{
				Label: i18n.T(ctx, "messages.copy_ids"), Icon: "copy", Key: "y",
				Attrs: map[string]any{"data-copy-ids": true},
			},
		},
		More: []templates.ButtonView{
			button(auth.VerbEditMessage, imclient.VerbEditMessage, templates.ButtonView{
				Text: i18n.T(ctx, "chat.edit"), Icon: "edit", Key: "e", FormAction: page + "/edit",
			}),
			button(auth.VerbExtensions, imclient.VerbExtensions, templates.ButtonView{
				Text: i18n.T(ctx, "chat.extensions"), Icon: "code", FormAction: page + "/extensions",
			}),
			button(auth.VerbReceipts, imclient.VerbReceipts, templates.ButtonView{
				Text: i18n.T(ctx, "chat.readers"), Icon: "eye", FormAction: page + "/readers",
			}),
			button(auth.VerbDeleteMessages, imclient.VerbDeleteMessage, templates.ButtonView{
				Text: i18n.T(ctx, "rooms.delete.button"), Icon: "trash", FormAction: page + "/delete",
			}),
			recallAsJob(c, app, g),
		},
	}
}

// recallAsJob leads from ticked messages to the form of a job that takes them back.
func recallAsJob(c *gin.Context, app *App, g imclient.Group) templates.ButtonView {
	b := templates.ButtonView{Text: i18n.T(c.Request.Context(), "job.recall_selection"), Icon: "jobs", FormAction: appURL(app, "jobs", "new")}
	b.Why = orID(mayNot(c, app, auth.VerbBulk), notOffered(c, app, auth.VerbRecall, imclient.VerbRecall, g.Type))
	return b
}

// muteSenders leads from ticked messages to the sheet that mutes who said them.
func (s *Server) muteSenders(c *gin.Context) error { return s.toSenders(c, "mute") }

// kickSenders leads from ticked messages to the sheet that removes who said them.
func (s *Server) kickSenders(c *gin.Context) error { return s.toSenders(c, "kick") }

func (s *Server) toSenders(c *gin.Context, sheet string) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	refs, err := readMessageRefs(c.QueryArray("m"))
	if err != nil {
		return err
	}
	users := sendersOf(refs)
	if len(users) == 0 {
		return badInput{"messages.wrong.nothing"}
	}
	q := url.Values{"users": users, "back": {s.backOf(c, app)}}
	// htmx follows it as it is: the sheet comes as a part.
	c.Redirect(http.StatusSeeOther, groupURL(app, homeOf(app, c.Param("group")), tabMembers, sheet)+"?"+q.Encode())
	return nil
}

// backOf is the page that a sheet leads back to.
func (s *Server) backOf(c *gin.Context, app *App) string {
	for _, back := range []string{c.PostForm("back"), c.Query("back")} {
		if back != "" {
			return auth.SafeNext(back)
		}
	}
	return backFrom(c, groupURL(app, c.Param("group"), tabMessages))
}

// groupSheet draws a sheet, beside the list or as a page of its own.
func (s *Server) groupSheet(c *gin.Context, status int, app *App, g imclient.Group, v templates.GroupSheetView) error {
	v.Sheet.Action = c.Request.URL.EscapedPath()
	v.Sheet.BackURL = s.backOf(c, app)
	v.Sheet.Hidden = append(v.Sheet.Hidden, "back", v.Sheet.BackURL)
	v.EffectTitle = i18n.T(c.Request.Context(), "messages.effect")
	back := templates.Link{Text: orID(g.Name, g.ID), URL: groupURL(app, g.ID, tabMessages), Name: true}
	return render(c, status, templates.GroupSheetPage(s.chrome(c), v, back), templates.GroupSheet(v))
}

// sheetGroup is the app and the group of a sheet.
func (s *Server) sheetGroup(c *gin.Context) (*App, imclient.Group, error) {
	app, err := s.app(c)
	if err != nil {
		return nil, imclient.Group{}, err
	}
	g, err := readGroup(c.Request.Context(), app, c.Param("group"))
	if err != nil {
		return nil, imclient.Group{}, fmt.Errorf("group of app %s: %w", app.Name, err)
	}
	return app, g, nil
}

// form reads a form; one that is too large or makes no sense is an error.
func form(c *gin.Context) (url.Values, error) {
	if err := c.Request.ParseForm(); err != nil {
		return nil, formError(err)
	}
	return c.Request.PostForm, nil
}

// formKey is the key of a form: sent twice, it is carried out once.
func formKey(v url.Values) string {
	if key := v.Get("key"); key != "" {
		return key
	}
	return rand.Text()
}

// reasonField is the field for why something is done.
func reasonField(ctx context.Context, v actions.Verb, value string, err error) templates.FieldView {
	needed := actions.ReasonRequired(v)
	return templates.FieldView{
		Name: "reason", Label: i18n.T(ctx, "messages.reason"), Value: value, Rows: 2, MaxLength: 1000, Required: needed, Optional: !needed,
		Hint: i18n.T(ctx, "messages.reason_hint"), Error: invalidText(ctx, err, "reason"),
	}
}

// isInvalid reports whether the input was refused, so that the form comes back.
func isInvalid(err error) bool {
	_, ok := errors.AsType[*actions.Invalid](err)
	return ok
}

// badField is a field that a form does not show but that was refused.
func badField(ctx context.Context, err error, shown ...string) *templates.Notice {
	bad, ok := errors.AsType[*actions.Invalid](err)
	if !ok {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(bad.Fields)) {
		if !slices.Contains(shown, name) {
			return &templates.Notice{Tone: "bad", Answer: true, Title: invalidText(ctx, err, name), Changed: i18n.T(ctx, "error.unchanged")}
		}
	}
	return nil
}

// recallAction is the action for ticked messages.
func recallAction(p chat, refs []messageRef, v url.Values) actions.Recall {
	a := actions.Recall{Group: p.group.ID, User: p.user, Peer: p.peer, Common: actions.Common{Reason: strings.TrimSpace(v.Get("reason")), Key: v.Get("key")}}
	for _, r := range refs {
		a.Messages = append(a.Messages, r.action())
	}
	return a
}

// recallSheet asks before messages are taken back.
func (s *Server) recallSheet(c *gin.Context) error {
	at, ok, err := s.chatSheet(c)
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
	v, err := s.recallView(c, at, refs, nil, nil)
	if err != nil {
		return err
	}
	return s.drawSheet(c, http.StatusOK, at, v)
}

// recallView is the sheet: how many of whom are taken back, and which are not.
func (s *Server) recallView(c *gin.Context, at chat, refs []messageRef, typed url.Values, refused error) (templates.GroupSheetView, error) {
	ctx := c.Request.Context()
	p, err := s.Actions.Preview(ctx, s.actor(c), at.app.Target(), recallAction(at, refs, url.Values{}))
	if err != nil {
		return templates.GroupSheetView{}, err
	}
	v := templates.GroupSheetView{
		Sheet: templates.SheetView{
			ID: "ask-recall", Title: i18n.N(ctx, "messages.recall_title", len(refs)), Text: i18n.T(ctx, "messages.recall_text"),
			Submit: i18n.N(ctx, "messages.recall_submit", p.Act), Variant: "harm-solid", Foot: i18n.T(ctx, "action.undo.impossible"), Danger: true,
			Hidden: []string{"confirmed", "1", "key", formKey(typed)},
			Notice: badField(ctx, refused, "reason"),
		},
		Fields: []templates.FieldView{reasonField(ctx, actions.VerbRecall, typed.Get("reason"), refused)},
	}
	if at.direct() {
		v.Sheet.Text = i18n.T(ctx, "direct.recall_text")
	}
	for _, r := range refs {
		v.Sheet.Hidden = append(v.Sheet.Hidden, "m", r.String())
	}
	if len(refs) > recallAtOnce {
		v.Sheet.Why = s.mayNotBulk(c)
	}
	if p.Act == 0 {
		v.Sheet.Submit = ""
	}
	v.Effects, v.More = s.recallEffects(ctx, at, refs, p)
	return v, nil
}

// mayNotBulk says why the operator may not act on many at once; "" if that is allowed.
func (s *Server) mayNotBulk(c *gin.Context) string {
	ctx := c.Request.Context()
	if op, ok := auth.OperatorFrom(ctx); ok && op.CanIn(c.Param("app"), auth.VerbBulk) {
		return ""
	}
	return i18n.T(ctx, "messages.bulk", "n", recallAtOnce)
}

// maxEffects is how many lines a sheet lists.
const maxEffects = 12

// recallEffects says how many messages of whom are taken back, and how many are left alone.
func (s *Server) recallEffects(ctx context.Context, at chat, refs []messageRef, p actions.Preview) (list []templates.EffectLine, more string) {
	from := map[string]string{}
	for _, r := range refs {
		from[r.id] = r.from
	}
	counts, skipped := map[string]int{}, map[string]int{}
	for _, i := range p.Items {
		if i.Skip != "" {
			skipped[i.Skip]++
		} else {
			counts[from[i.ID]]++
		}
	}
	users := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return counts[b] - counts[a] })
	people := s.people(ctx, at.app, at.group, users[:min(len(users), maxEffects)])
	for _, u := range users[:min(len(users), maxEffects)] {
		list = append(list, templates.EffectLine{Tone: "ok", Text: i18n.N(ctx, "messages.effect_recall", counts[u], "who", orID(people.name(u), u))})
	}
	if n := len(users) - maxEffects; n > 0 {
		more = i18n.N(ctx, "messages.effect_more", n)
	}
	for _, e := range []struct{ skip, key string }{
		{actions.SkipRecalled, "messages.effect_recalled"}, {actions.SkipGone, "messages.effect_gone"},
	} {
		if n := skipped[e.skip]; n > 0 {
			//i18n:uses messages.effect_recalled.*
			//i18n:uses messages.effect_gone.*
			list = append(list, templates.EffectLine{Tone: "off", Text: i18n.N(ctx, e.key, n)})
		}
	}
	return list, more
}

// recall takes messages back: up to recallAtOnce at once, more after the sheet was confirmed.
func (s *Server) recall(c *gin.Context) error {
	at, err := s.chatOf(c)
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
	confirmed := v.Get("confirmed") != ""
	switch {
	case len(refs) == 0:
		return badInput{"messages.wrong.nothing"}
	case len(refs) > recallAtOnce && confirmed && s.mayNotBulk(c) != "":
		return errForbidden
	case len(refs) > recallAtOnce && !confirmed:
		return s.askRecall(c, at, refs, v)
	}
	ctx := c.Request.Context()
	r, err := s.Actions.Do(ctx, s.actor(c), at.app.Target(), recallAction(at, refs, v))
	if isInvalid(err) {
		view, failed := s.recallView(c, at, refs, v, err)
		if failed != nil {
			return failed
		}
		return s.drawSheet(c, http.StatusUnprocessableEntity, at, view)
	}
	if err != nil {
		return err
	}
	t := s.resultToast(ctx, at.app, r, nil)
	if t.Action == nil && t.UndoURL == "" {
		t.Action = &templates.ButtonView{Text: i18n.T(ctx, "action.done.show"), URL: entryURL(at.app, r.ID)}
	}
	if !confirmed && wantsPart(c.Request) {
		if rows, ok := s.messagesNow(c, at, refs); ok {
			part := templates.MessagesNow(rows, t)
			return render(c, http.StatusOK, part, part)
		}
	}
	return s.answer(c, http.StatusOK, t, at.back)
}

// askRecall answers an act on many with the sheet that asks.
func (s *Server) askRecall(c *gin.Context, at chat, refs []messageRef, v url.Values) error {
	view, err := s.recallView(c, at, refs, v, nil)
	if err != nil {
		return err
	}
	if !wantsPart(c.Request) {
		return s.drawSheet(c, http.StatusOK, at, view)
	}
	s.finishSheet(c, at, &view)
	part := templates.OpenSheet(view)
	return render(c, http.StatusOK, part, part)
}

// messagesNow reads messages again, as the service has them now, and draws their rows. It costs a call for each page of
// history that they stand on, at most one for each, and those for the people.
func (s *Server) messagesNow(c *gin.Context, at chat, refs []messageRef) ([]templates.MessageRow, bool) {
	ctx := imclient.Fresh(c.Request.Context())
	found := map[string]imclient.Message{}
	var list []imclient.Message
	for _, r := range slices.Backward(refs) {
		if _, ok := found[r.seq]; !ok {
			page, err := at.app.IM.Messages.History(ctx, imclient.HistoryOptions{Conversation: at.conversation(), From: r.seq})
			if err != nil {
				s.logFailure(c, err, http.StatusOK)
				return nil, false
			}
			for _, m := range page.Messages {
				found[m.Seq] = m
			}
		}
		m, ok := found[r.seq]
		if !ok || m.State == imclient.MessageHole {
			return nil, false // its row goes: the page is read anew
		}
		list = append(list, m)
	}
	people := s.peopleOf(c.Request.Context(), at.app, at.group, list)
	t := s.transcriptOf(c, at.app, at.group, at.query(), stretch{messages: list}, people)
	var rows []templates.MessageRow
	for _, m := range list {
		rows = append(rows, t.row(m))
	}
	return rows, true
}

// deleteBySenderSheet asks whose messages are to be taken back: those ticked, those named, or whoever is typed in.
func (s *Server) deleteBySenderSheet(c *gin.Context) error {
	app, g, err := s.sheetGroup(c)
	if err != nil {
		return err
	}
	refs, err := readMessageRefs(c.QueryArray("m"))
	if err != nil {
		return err
	}
	users := sendersOf(refs)
	for _, u := range c.QueryArray("users") {
		if u != "" && !slices.Contains(users, u) {
			users = append(users, u)
		}
	}
	v, err := s.deleteView(c, app, g, users, url.Values{}, nil)
	if err != nil {
		return err
	}
	return s.groupSheet(c, http.StatusOK, app, g, v)
}

// deleteView is the sheet: how many recent messages were found of each, and for whom it does nothing.
func (s *Server) deleteView(c *gin.Context, app *App, g imclient.Group, users []string, typed url.Values, refused error) (templates.GroupSheetView, error) {
	ctx := c.Request.Context()
	v := templates.GroupSheetView{Sheet: templates.SheetView{
		ID: "ask-delete-by-sender", Title: i18n.T(ctx, "messages.delete_title"), Text: i18n.T(ctx, "messages.delete_text"),
		Variant: "harm-solid", Foot: i18n.T(ctx, "action.undo.impossible"), Danger: len(users) > 0, Hidden: []string{"key", formKey(typed)},
		Submit: i18n.T(ctx, "messages.delete_submit"), Notice: badField(ctx, refused, "reason", "users"),
	}}
	if key := app.IM.Caps.Why(imclient.VerbDeleteBySend, g.Type); key != "" {
		v.Sheet.Why = i18n.T(ctx, key)
		return v, nil
	}
	if len(users) > recallAtOnce {
		v.Sheet.Why = s.mayNotBulk(c)
	}
	v.Fields = []templates.FieldView{reasonField(ctx, actions.VerbDeleteBySender, typed.Get("reason"), refused)}
	if len(users) == 0 || typed.Has("typed") || invalidText(ctx, refused, "users") != "" {
		// Who it is was typed in, so it can be corrected.
		v.Sheet.Hidden = append(v.Sheet.Hidden, "typed", "1")
		v.Fields = append([]templates.FieldView{{
			Name: "users", Label: i18n.T(ctx, "messages.delete_users"), Hint: i18n.T(ctx, "messages.ids_hint"), Rows: 2, Required: true,
			Value: strings.Join(users, "\n"), Error: invalidText(ctx, refused, "users"),
		}}, v.Fields...)
		return v, nil
	}
	for _, u := range users {
		v.Sheet.Hidden = append(v.Sheet.Hidden, "users", u)
	}
	p, err := s.Actions.Preview(ctx, s.actor(c), app.Target(), actions.DeleteBySender{Group: g.ID, Users: users})
	if isInvalid(err) {
		v.Sheet.Notice = badField(ctx, err, "reason")
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.Sheet.Submit = i18n.N(ctx, "messages.delete_submit_n", p.Act)
	if p.Act == 0 {
		v.Sheet.Submit = ""
	}
	people := s.people(ctx, app, g, users[:min(len(users), maxEffects)])
	lines := effects(ctx, p, people.names())
	v.Effects = lines[:min(len(lines), maxEffects)]
	if n := len(lines) - maxEffects; n > 0 {
		v.More = i18n.N(ctx, "messages.effect_more", n)
	}
	return v, nil
}

// deleteBySender takes back what senders said lately.
func (s *Server) deleteBySender(c *gin.Context) error {
	app, g, err := s.sheetGroup(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	users := v["users"]
	if v.Has("typed") {
		users = idList(v.Get("users"))
	}
	if len(users) > recallAtOnce && s.mayNotBulk(c) != "" {
		return errForbidden
	}
	ctx := c.Request.Context()
	r, err := s.Actions.Do(ctx, s.actor(c), app.Target(), actions.DeleteBySender{
		Group: g.ID, Users: users, Common: actions.Common{Reason: strings.TrimSpace(v.Get("reason")), Key: v.Get("key")},
	})
	if isInvalid(err) {
		view, failed := s.deleteView(c, app, g, users, v, err)
		if failed != nil {
			return failed
		}
		return s.groupSheet(c, http.StatusUnprocessableEntity, app, g, view)
	}
	if err != nil {
		return err
	}
	people := s.people(ctx, app, g, users[:min(len(users), maxEffects)])
	return s.answer(c, http.StatusOK, s.resultToast(ctx, app, r, people.names()), s.backOf(c, app))
}

// idList reads ids that were typed or pasted, each once.
func idList(text string) []string {
	ids, _ := distinctIDs(splitIDs(text))
	return ids
}

// noticeSheet asks for the text of a notice.
func (s *Server) noticeSheet(c *gin.Context) error {
	app, g, err := s.sheetGroup(c)
	if err != nil {
		return err
	}
	return s.groupSheet(c, http.StatusOK, app, g, s.noticeView(c, app, g, url.Values{}, nil))
}

func (s *Server) noticeView(c *gin.Context, app *App, g imclient.Group, typed url.Values, refused error) templates.GroupSheetView {
	ctx := c.Request.Context()
	to := templates.FieldView{
		Name: "to", Label: i18n.T(ctx, "messages.notice_to"), Hint: i18n.T(ctx, "messages.notice_to_hint"), Rows: 2, Optional: true,
		Value: typed.Get("to"), Error: invalidText(ctx, refused, "to"),
	}
	text := templates.FieldView{
		Name: "text", Label: i18n.T(ctx, "messages.notice_text"), Hint: i18n.T(ctx, "messages.notice_hint"), Rows: 5, Required: true,
		Value: typed.Get("text"), Error: invalidText(ctx, refused, "text"), Attrs: map[string]any{"dir": "auto"},
	}
	v := templates.GroupSheetView{
		Sheet: templates.SheetView{
			ID: "ask-notice", Title: i18n.T(ctx, "messages.notice_title"), Text: orID(g.Name, g.ID), Submit: i18n.T(ctx, "messages.notice_submit"),
			Foot: i18n.T(ctx, "action.undo.impossible"), Hidden: []string{"key", formKey(typed)}, Notice: badField(ctx, refused, "text", "to"),
			Why: why(c, app, imclient.VerbNotice, g.Type),
		},
		Fields:  []templates.FieldView{text},
		Effects: []templates.EffectLine{{Tone: "ok", Text: i18n.T(ctx, "messages.notice_effect")}, {Tone: "off", Text: i18n.T(ctx, "messages.notice_not_kept")}},
	}
	if !app.IM.Caps.Info(g.Type).Live {
		v.Fields = append(v.Fields, to) // of a live room the service takes everybody only
	}
	return v
}

// sendNotice shows a text to those who are online.
func (s *Server) sendNotice(c *gin.Context) error {
	app, g, err := s.sheetGroup(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	r, err := s.Actions.Do(ctx, s.actor(c), app.Target(), actions.Notice{
		Group: g.ID, Text: strings.ReplaceAll(strings.TrimSpace(v.Get("text")), "\r\n", "\n"), To: idList(v.Get("to")),
		Common: actions.Common{Key: v.Get("key")},
	})
	if isInvalid(err) {
		return s.groupSheet(c, http.StatusUnprocessableEntity, app, g, s.noticeView(c, app, g, v, err))
	}
	if err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, s.resultToast(ctx, app, r, names{g.ID: g.Name}), s.backOf(c, app))
}

// muteAllSheet asks before everybody but the owner and the admins is muted, or may speak again.
func (s *Server) muteAllSheet(c *gin.Context) error {
	app, g, err := s.sheetGroup(c)
	if err != nil {
		return err
	}
	v, err := s.muteAllView(c, app, g, url.Values{"on": {c.Query("on")}}, nil)
	if err != nil {
		return err
	}
	return s.groupSheet(c, http.StatusOK, app, g, v)
}

func (s *Server) muteAllView(c *gin.Context, app *App, g imclient.Group, typed url.Values, refused error) (templates.GroupSheetView, error) {
	ctx := c.Request.Context()
	on := typed.Get("on") != "0"
	p, err := s.Actions.Preview(ctx, s.actor(c), app.Target(), actions.MuteAll{Group: g.ID, On: on})
	if err != nil {
		return templates.GroupSheetView{}, err
	}
	v := templates.GroupSheetView{
		Sheet: templates.SheetView{
			ID: "ask-mute-all", Title: i18n.T(ctx, "groups.frame.mute_all"), Text: orID(g.Name, g.ID), Submit: i18n.T(ctx, "groups.frame.mute_all"),
			Foot: i18n.T(ctx, "messages.can_undo"), Hidden: []string{"on", "1", "key", formKey(typed)}, Notice: badField(ctx, refused, "reason"),
		},
		Fields:  []templates.FieldView{reasonField(ctx, actions.VerbMuteAll, typed.Get("reason"), refused)},
		Effects: effects(ctx, p, names{actions.FieldMuteAll: orID(g.Name, g.ID)}),
	}
	if !on {
		v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "groups.frame.unmute_all"), i18n.T(ctx, "groups.frame.unmute_all")
		v.Sheet.Hidden[1] = "0"
	}
	if p.Act == 0 {
		v.Sheet.Submit = ""
	}
	return v, nil
}

// muteAll lets only the owner and the admins speak, or everybody again.
func (s *Server) muteAll(c *gin.Context) error {
	app, g, err := s.sheetGroup(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	r, err := s.Actions.Do(ctx, s.actor(c), app.Target(), actions.MuteAll{
		Group: g.ID, On: v.Get("on") != "0", Common: actions.Common{Reason: strings.TrimSpace(v.Get("reason")), Key: v.Get("key")},
	})
	if isInvalid(err) {
		view, failed := s.muteAllView(c, app, g, v, err)
		if failed != nil {
			return failed
		}
		return s.groupSheet(c, http.StatusUnprocessableEntity, app, g, view)
	}
	if err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, s.resultToast(ctx, app, r, names{actions.FieldMuteAll: orID(g.Name, g.ID)}), s.backOf(c, app))
}
