package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// Bounds of what the rail says of a sender.
const (
	senderWords = 5 // messages
	senderActs  = 5 // entries of the audit log
)

// showSender is the rail for the message one is at: who said it. It costs three calls at most, at the same time but for
// the group, and one query of the audit log.
func (s *Server) showSender(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	user, seq := c.Query("user"), c.Query("seq")
	if user == "" {
		return badInput{"messages.wrong.nothing"}
	}
	g, err := readGroup(c.Request.Context(), app, c.Param("group"))
	if err != nil {
		return fmt.Errorf("group of app %s: %w", app.Name, err)
	}
	if !wantsPart(c.Request) {
		return seeOther(c, userURL(app, user)) // without scripts there is no rail
	}
	card := templates.SenderCard(s.senderView(c, app, g, user, seq))
	return render(c, http.StatusOK, card, card)
}

// senderView is what is known of a sender, as of the message at seq.
func (s *Server) senderView(c *gin.Context, app *App, g imclient.Group, user, seq string) templates.SenderView {
	ctx := c.Request.Context()
	v := templates.SenderView{ID: user, URL: userURL(app, user)}
	said := make(chan []imclient.Message, 1)
	go func() { said <- s.saidBefore(ctx, app, g, seq) }()
	p := s.people(ctx, app, g, []string{user})
	messages := <-said

	v.Name, v.Nick, v.Role, v.Gone, v.Mute = p.name(user), p.nick(user), string(p.members[user].Role), p.gone(user), p.mute(s, user)
	v.Joined, v.Spoke = p.members[user].Joined, p.members[user].LastSpoke
	if p.failed != nil {
		e := explain(ctx, p.failed, false)
		v.Failed = &templates.Notice{Title: e.notice.Title, Next: e.notice.Next, Code: e.notice.Code}
	}
	page := groupURL(app, g.ID, tabMessages)
	for _, m := range messages {
		if m.From == user && !m.Tip && m.State == imclient.MessageSaid && len(v.Words) < senderWords {
			v.Words = append(v.Words, templates.SaidView{
				Text: orID(gist(ctx, m.Body), "…"), At: m.At, URL: messageQuery{seq: m.Seq}.address(page) + "#" + elementID(m.Seq),
			})
		}
	}
	v.Of = i18n.N(ctx, "messages.of_last", len(messages))
	v.Acts = s.actsOn(ctx, app, g, user)
	users := url.Values{"users": {user}, "back": {s.backOf(c, app)}}.Encode()
	button := func(right auth.Verb, needs imclient.Verb, b templates.ButtonView) templates.ButtonView {
		b.Why = notOffered(c, app, right, needs, g.Type)
		b.Attrs = templates.SheetAttrs(b.URL)
		return b
	}
	v.Buttons = []templates.ButtonView{
		button(auth.VerbMute, imclient.VerbMute, templates.ButtonView{
			Text: i18n.T(ctx, "messages.mute"), Icon: "mute", URL: groupURL(app, homeOf(app, g.ID), tabMembers, "mute") + "?" + users,
		}),
		{Text: i18n.T(ctx, "messages.open_user"), Icon: "user", URL: userURL(app, user)},
		{Text: i18n.T(ctx, "messages.only_sender"), Icon: "filter", URL: messageQuery{sender: user}.address(page)},
	}
	if v.Mute.Muted {
		v.Buttons[0] = button(auth.VerbUnmute, imclient.VerbMute, templates.ButtonView{
			Text: i18n.T(ctx, "messages.unmute"), Icon: "check", URL: groupURL(app, homeOf(app, g.ID), tabMembers, "unmute") + "?" + users,
		})
	}
	return v
}

// saidBefore is one page of what was said up to a message.
func (s *Server) saidBefore(ctx context.Context, app *App, g imclient.Group, seq string) []imclient.Message {
	if !app.IM.Caps.Can(imclient.VerbHistory, g.Type) {
		return nil
	}
	page, err := app.IM.Messages.History(ctx, imclient.HistoryOptions{Conversation: conversation(g), From: seq})
	if err != nil {
		return nil // the rail stands without it
	}
	return page.Messages
}

// actsOn is what operators did to somebody in a group lately. What was done in a group everybody who sees it may see.
func (s *Server) actsOn(ctx context.Context, app *App, g imclient.Group, user string) []templates.ActView {
	list, err := s.Store.Audit.List(ctx, store.AuditFilter{App: app.Name, Group: g.ID, User: user}, 0, senderActs)
	if err != nil {
		s.Log.WarnContext(ctx, "what was done to a sender", "reference", referenceOf(ctx), "error", err)
		return nil
	}
	var acts []templates.ActView
	for _, e := range list {
		acts = append(acts, templates.ActView{Text: actText(ctx, e), By: e.OperatorName, At: e.At, URL: groupURL(app, g.ID, tabActivity)})
	}
	return acts
}

// actText names what was done.
func actText(ctx context.Context, e store.AuditEntry) string {
	verb := baseVerb(actions.Verb(e.Action))
	key := "messages.act." + string(verb)
	if !i18n.Has(ctx, key) {
		return e.Action
	}
	//i18n:uses messages.act.*
	text := i18n.T(ctx, key)
	if strings.HasPrefix(e.Action, string(actions.Undoing(""))) {
		text = i18n.T(ctx, "messages.act.undone", "act", text)
	}
	switch e.State {
	case store.AuditFailed:
		return i18n.T(ctx, "messages.act.failed", "act", text)
	case store.AuditUnknown, store.AuditPending:
		return i18n.T(ctx, "messages.act.unknown", "act", text)
	}
	return text
}
