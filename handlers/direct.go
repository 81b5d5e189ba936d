package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) directRoutes() []route {
	const direct = "/apps/:app/direct"
	return []route{
		{get, direct, auth.VerbDirect, s.showDirect},
		{get, direct + "/open", auth.VerbDirect, s.openSheet},
		{post, direct + "/open", auth.VerbDirect, s.openDirect},
		{get, direct + "/recall", auth.VerbRecall, s.recallSheet},
		{post, direct + "/recall", auth.VerbRecall, s.recall},
		{get, direct + "/edit", auth.VerbEditDirect, s.editSheet},
		{post, direct + "/edit", auth.VerbEditDirect, s.editMessage},
		{get, direct + "/extensions", auth.VerbDirectExtensions, s.extensionsSheet},
		{post, direct + "/extensions", auth.VerbDirectExtensions, s.setExtensions},
		{get, direct + "/read", auth.VerbMarkReadDirect, s.markReadSheet},
		{post, direct + "/read", auth.VerbMarkReadDirect, s.markRead},
		{get, direct + "/hide", auth.VerbHideDirect, s.hideSheet},
		{post, direct + "/hide", auth.VerbHideDirect, s.hide},
		{get, direct + "/send", auth.VerbSendDirect, s.sendSheet},
		{post, direct + "/send", auth.VerbSendDirect, s.sendMessage},
	}
}

// directPair reads whose chat it is. What cannot be two users of the service is named by field.
func directPair(ctx context.Context, app *App, v url.Values) (user, peer string, wrong map[string]string) {
	user, peer = strings.TrimSpace(v.Get("user")), strings.TrimSpace(v.Get("peer"))
	wrong = map[string]string{}
	limit := cmp.Or(app.IM.Caps.Limits.UserID, maxFind)
	for name, id := range map[string]string{"user": user, "peer": peer} {
		switch {
		case id == "":
			wrong[name] = i18n.T(ctx, "action.invalid.required")
		case len(id) > limit:
			wrong[name] = i18n.T(ctx, "action.invalid.too_long", "n", len(id), "limit", limit)
		case strings.ContainsFunc(id, unicode.IsControl) || strings.ToValidUTF8(id, "") != id:
			wrong[name] = i18n.T(ctx, "action.invalid.id", "id", clip(id, maxFind))
		}
	}
	if user == peer && len(wrong) == 0 {
		wrong["peer"] = i18n.T(ctx, "action.invalid.same_user")
	}
	return user, peer, wrong
}

// showDirect shows a direct chat to whoever has leave to read it, and asks others for the reason. Without leave the IM
// service is not called at all. With it the page costs up to historyCalls calls for the messages (filterCalls with a filter;
// for a time the few more of Messages.At), and one for the two names.
func (s *Server) showDirect(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	query := c.Request.URL.Query()
	if !query.Has("user") && !query.Has("peer") {
		return s.findDirect(c, app, nil, http.StatusOK)
	}
	user, peer, wrong := directPair(ctx, app, query)
	if len(wrong) > 0 {
		return s.findDirect(c, app, wrong, http.StatusNotFound)
	}
	if key := app.IM.Caps.Why(imclient.VerbDirectHistory, ""); key != "" {
		return &actions.NotOffered{Key: key}
	}
	p, ok, err := s.permitOf(ctx, app, user, peer)
	switch {
	case err != nil:
		return err
	case !ok && wantsPart(c.Request):
		return seeOther(c, directURL(app, user, peer)) // a part is for a page that is open no longer
	case !ok:
		return s.askReason(c, app, user, peer, url.Values{"to": {c.Request.URL.RequestURI()}}, nil, http.StatusOK)
	}
	return s.readDirect(c, app, user, peer, p)
}

// readDirect is the page of a chat that may be read.
func (s *Server) readDirect(c *gin.Context, app *App, user, peer string, p permit) error {
	ctx := c.Request.Context()
	q, wrong := readMessageQuery(ctx, c.Request.URL)
	q.user, q.peer = user, peer
	for name, to := range map[string]*time.Time{"since": &q.since, "until": &q.until} {
		raw := strings.TrimSpace(c.Query(name))
		if raw == "" {
			continue
		}
		at, err := readAt(ctx, raw)
		if err != nil {
			wrong = "messages.wrong.time"
			continue
		}
		*to = at
	}
	if !q.until.IsZero() && q.until.Before(q.since) {
		q.since, q.until = q.until, q.since
	}
	conv := imclient.Conversation{User: user, Peer: peer}
	if wantsPart(c.Request) && q.more() {
		return s.moreDirect(c, app, conv, q)
	}
	v := templates.DirectView{
		Crumb: templates.Link{Text: i18n.T(ctx, "direct.title"), URL: appURL(app, "direct")},
		Until: p.until, Reason: p.reason, EntryURL: entryURL(app, p.entry),
		Renew: s.directButton(c, app, auth.VerbDirect, imclient.VerbDirectHistory, templates.ButtonView{
			Text: i18n.T(ctx, "direct.renew"), Icon: "refresh", URL: directSheetURL(app, "open", user, peer),
		}),
		Selection: s.directActions(c, app, user, peer),
		Buttons: []templates.ButtonView{
			s.directButton(c, app, auth.VerbSendDirect, imclient.VerbDirectSend, templates.ButtonView{
				Text: i18n.T(ctx, "direct.send"), Icon: "send", URL: directSheetURL(app, "send", user, peer),
			}),
			s.directButton(c, app, auth.VerbMarkReadDirect, imclient.VerbDirectRead, templates.ButtonView{
				Text: i18n.T(ctx, "direct.mark_read"), Icon: "check", URL: directSheetURL(app, "read", user, peer),
			}),
		},
	}
	if to := readersURL(ctx, app, user, peer); to != "" {
		v.Buttons = append(v.Buttons, templates.ButtonView{Text: i18n.T(ctx, "direct.readers"), Icon: "eye", URL: to, Variant: "ghost"})
	}
	part, err := s.readStretch(ctx, app, conv, q)
	if q != q.unplaced() && errors.Is(err, imclient.ErrInvalid) {
		wrong = "messages.wrong.position"
		q = q.unplaced()
		part, err = s.readStretch(ctx, app, conv, q)
	}
	status := http.StatusOK
	var people *people
	if err != nil {
		s.logFailure(c, err, http.StatusOK)
		e := explain(ctx, err, false)
		status, v.Transcript.Failed = e.status, &e.notice
	} else {
		people = s.people(ctx, app, imclient.Group{}, []string{user, peer})
		t := s.transcriptOf(c, app, imclient.Group{}, q, part, people)
		v.Transcript = t.view(q, part)
		if wrong != "" {
			v.Transcript.Notice = &templates.Notice{Tone: "warn", Title: i18n.T(ctx, wrong), Next: i18n.T(ctx, "messages.wrong.next")}
		}
	}
	v.Two = s.twoOf(app, user, peer, people)
	v.Filter = s.messageFilter(ctx, app, imclient.Group{}, q, part.messages, people)
	v.Filter.Range = directRange(ctx, app, q)
	for n, who := range [][2]string{{user, peer}, {peer, user}} {
		if !app.IM.Caps.OwnViews {
			break // both see the same
		}
		swapped := q
		swapped.user, swapped.peer = who[0], who[1]
		swapped.from, swapped.after, swapped.day = "", "", ""
		v.Sides = append(v.Sides, templates.Tab{
			Text: i18n.T(ctx, "direct.side", "name", orID(people.name(who[0]), who[0])), URL: swapped.address(appURL(app, "direct")), Current: n == 0,
		})
	}
	return render(c, status, templates.DirectPage(s.chrome(c), v), nil)
}

// moreDirect answers a link above or below a transcript with the rows that take its place.
func (s *Server) moreDirect(c *gin.Context, app *App, conv imclient.Conversation, q messageQuery) error {
	ctx := c.Request.Context()
	part, err := s.readStretch(ctx, app, conv, q)
	if err != nil {
		return err
	}
	t := s.transcriptOf(c, app, imclient.Group{}, q, part, s.people(ctx, app, imclient.Group{}, []string{q.user, q.peer}))
	v := t.view(q, part)
	if q.after != "" {
		rows := templates.NewerRows(v)
		return render(c, http.StatusOK, rows, rows)
	}
	rows := templates.OlderRows(v, t.dayBelow(q.day))
	return render(c, http.StatusOK, rows, rows)
}

// twoOf are the two of a chat.
func (s *Server) twoOf(app *App, user, peer string, p *people) [2]templates.PersonView {
	var two [2]templates.PersonView
	for n, id := range []string{user, peer} {
		two[n] = templates.PersonView{ID: id, Name: p.name(id), URL: userURL(app, id)}
	}
	return two
}

// directRange is the form for a span of time.
func directRange(ctx context.Context, app *App, q messageQuery) *templates.DirectRange {
	whole := messageQuery{user: q.user, peer: q.peer, find: q.find, sender: q.sender, kind: q.kind}
	r := &templates.DirectRange{
		URL: appURL(app, "direct"), Keep: slices.Concat(hidden(whole.chat()), hidden(whole.filters())), Since: atText(q.since), Until: atText(q.until),
	}
	if q.ranged() {
		r.AnyURL = whole.address(appURL(app, "direct"))
	}
	switch {
	case !q.since.IsZero() && !q.until.IsZero():
		r.Text = i18n.T(ctx, "direct.range.between", "from", i18n.When(ctx, q.since), "to", i18n.When(ctx, q.until))
	case !q.since.IsZero():
		r.Text = i18n.T(ctx, "direct.range.since", "from", i18n.When(ctx, q.since))
	case !q.until.IsZero():
		r.Text = i18n.T(ctx, "direct.range.until", "to", i18n.When(ctx, q.until))
	}
	return r
}

// directButton is a button that asks for a sheet about a direct chat. It says why if it is not offered.
func (s *Server) directButton(c *gin.Context, app *App, right auth.Verb, needs imclient.Verb, b templates.ButtonView) templates.ButtonView {
	return s.groupButton(c, app, imclient.Group{}, right, needs, b)
}

// directActions is the bar for the messages that are ticked.
func (s *Server) directActions(c *gin.Context, app *App, user, peer string) templates.SelectionView {
	ctx := c.Request.Context()
	at := func(sheet string) string { return appURL(app, "direct", sheet) }
	button := func(right auth.Verb, needs imclient.Verb, b templates.ButtonView) templates.ButtonView {
		b.Why = notOffered(c, app, right, needs, "")
		return b
	}
	return templates.SelectionView{
		ID: selectionForm, Label: i18n.T(ctx, "messages.selection"), Count: "messages.selected",
		Hidden: []string{"user", user, "peer", peer, "back", c.Request.URL.RequestURI()},
		Actions: []templates.ButtonView{
			button(auth.VerbRecall, imclient.VerbDirectRecall, recallButton(ctx, at("recall"))),
			button(auth.VerbEditDirect, imclient.VerbDirectEdit, templates.ButtonView{
				Text: i18n.T(ctx, "chat.edit"), Icon: "edit", Key: "e", FormAction: at("edit"),
			}),
			button(auth.VerbDirectExtensions, imclient.VerbDirectExtensions, templates.ButtonView{
				Text: i18n.T(ctx, "chat.extensions"), Icon: "code", FormAction: at("extensions"),
			}),
			button(auth.VerbHideDirect, imclient.VerbDirectHide, templates.ButtonView{
				Text: i18n.T(ctx, "direct.hide"), Icon: "trash", Variant: "harm", FormAction: at("hide"),
			}),
			{
				Label: i18n.T(ctx, "messages.copy_ids"), Icon: "copy", Key: "y",
				Attrs: map[string]any{"data-copy-ids": true},
			},
		},
	}
}

// lastOpened is how many chats that an operator opened lately are listed.
const lastOpened = 8

// findDirect asks for two ids. It costs one call at most, for the names of those whose chats were opened lately.
func (s *Server) findDirect(c *gin.Context, app *App, wrong map[string]string, status int) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	q := c.Request.URL.Query()
	field := func(name, label string) templates.FieldView {
		return templates.FieldView{
			Name: name, Label: label, Value: clip(q.Get(name), maxFind), Required: true, Error: wrong[name],
			Attrs: map[string]any{"spellcheck": "false", "autocapitalize": "none"},
		}
	}
	v := templates.FindDirectView{
		URL: appURL(app, "direct"), User: field("user", i18n.T(ctx, "direct.user")), Peer: field("peer", i18n.T(ctx, "direct.peer")),
	}
	if key := app.IM.Caps.Why(imclient.VerbDirectHistory, ""); key != "" {
		v.Why = i18n.T(ctx, key)
	}
	list, err := s.Store.Audit.List(ctx, store.AuditFilter{
		OperatorID: op.ID, App: app.Name, Action: string(actions.VerbViewDirect),
	}, 0, store.MaxAuditPage)
	if err != nil {
		return fmt.Errorf("direct chats opened lately: %w", err)
	}
	seen := map[[2]string]bool{}
	var ids []string
	for _, e := range list {
		if len(e.Users) != 2 || len(v.Recent) == lastOpened {
			continue
		}
		pair := [2]string{min(e.Users[0], e.Users[1]), max(e.Users[0], e.Users[1])}
		if seen[pair] {
			continue
		}
		seen[pair] = true
		ids = append(ids, e.Users...)
		v.Recent = append(v.Recent, templates.OpenedChat{
			Two: s.twoOf(app, e.Users[0], e.Users[1], nil), URL: directURL(app, e.Users[0], e.Users[1]), Reason: e.Reason, At: e.At,
		})
	}
	names, cancel := context.WithTimeout(ctx, auditNameTime)
	defer cancel()
	people := s.people(names, app, imclient.Group{}, ids)
	for n := range v.Recent {
		for i := range v.Recent[n].Two {
			v.Recent[n].Two[i].Name = people.name(v.Recent[n].Two[i].ID)
		}
	}
	return render(c, status, templates.FindDirectPage(s.chrome(c), v), nil)
}

// askReason asks why a chat is to be read. Nothing is read of it, not even whether there are such users.
func (s *Server) askReason(c *gin.Context, app *App, user, peer string, typed url.Values, refused error, status int) error {
	ctx := c.Request.Context()
	to := afterReason(app, typed.Get("to"), user, peer)
	v := templates.GroupSheetView{
		Sheet: templates.SheetView{
			ID: "ask-open", Title: i18n.T(ctx, "direct.open.title"),
			Text: i18n.N(ctx, "direct.open.text", int(permitTime/time.Minute)), Action: appURL(app, "direct", "open"),
			Hidden: []string{"user", user, "peer", peer, "to", to, "key", formKey(typed)}, Submit: i18n.T(ctx, "direct.open.submit"),
			BackURL: appURL(app, "direct"), Notice: badField(ctx, refused, "reason"), Foot: i18n.T(ctx, "direct.open.foot"),
		},
		Fields: []templates.FieldView{{
			Name: "reason", ID: "open-reason", Label: i18n.T(ctx, "messages.reason"), Hint: i18n.T(ctx, "direct.open.hint"), Rows: 3, MaxLength: 1000,
			Required: true, Value: typed.Get("reason"), Error: invalidText(ctx, refused, "reason"), Attrs: map[string]any{"dir": "auto"},
		}},
		People: []templates.PersonView{{ID: user, URL: userURL(app, user)}, {ID: peer, URL: userURL(app, peer)}},
	}
	back := templates.Link{Text: i18n.T(ctx, "direct.title"), URL: appURL(app, "direct")}
	return render(c, status, templates.GroupSheetPage(s.chrome(c), v, back), templates.GroupSheet(v))
}

// openSheet asks for a reason anew, while the chat is open or not.
func (s *Server) openSheet(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	user, peer, wrong := directPair(c.Request.Context(), app, c.Request.URL.Query())
	if len(wrong) > 0 {
		return s.findDirect(c, app, wrong, http.StatusNotFound)
	}
	typed := url.Values{"to": {currentPath(c.Request)}}
	if p, ok, err := s.permitOf(c.Request.Context(), app, user, peer); err != nil {
		return err
	} else if ok {
		typed.Set("reason", p.reason)
	}
	return s.askReason(c, app, user, peer, typed, nil, http.StatusOK)
}

// openDirect records why a chat is to be read, which gives leave to read it for permitTime.
func (s *Server) openDirect(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	user, peer, wrong := directPair(ctx, app, v)
	if len(wrong) > 0 {
		return badInput{"direct.wrong.pair"}
	}
	r, err := s.Actions.Do(ctx, s.actor(c), app.Target(), actions.ViewDirect{
		User: user, Peer: peer, Common: actions.Common{Reason: strings.TrimSpace(lines(v.Get("reason"))), Key: v.Get("key")},
	})
	if isInvalid(err) {
		return s.askReason(c, app, user, peer, v, err, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	if !r.Recorded {
		return errNotRecorded
	}
	s.flash(c, flash{Toast: &templates.Toast{Text: doneText(ctx, r, 1, nil)}})
	return seeOther(c, afterReason(app, v.Get("to"), user, peer))
}

// errNotRecorded is a reason of which it is not known whether it is in the log: without it nothing is shown.
var errNotRecorded = errors.New("the reason could not be recorded")
