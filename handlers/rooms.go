package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// roomRoutes are the sheets for what some services alone have, and the pages of who is in a group and how far they have read.
func (s *Server) roomRoutes() []route {
	const group, user = "/apps/:app/groups/:group", "/apps/:app/users/:user"
	all := []route{
		{get, group + "/members/inside", auth.VerbView, s.inside},
		{get, group + "/members/reading", auth.VerbReceipts, s.reading},
	}
	all = append(all, s.sheetRoutes(group+"/live/allow", allowSheet)...)
	all = append(all, s.sheetRoutes(group+"/live/room-marks", roomMarkSheet)...)
	all = append(all, s.sheetRoutes(group+"/members/mark-read", markReadSheet)...)
	all = append(all, s.sheetRoutes(group+"/messages/delete", deleteMessagesSheet)...)
	all = append(all, s.sheetRoutes(user+"/contacts/marks", contactMarkSheet)...)
	all = append(all, s.sheetRoutes(user+"/blocks/note", noteBlockSheet)...)
	all = append(all, s.sheetRoutes(user+"/token", tokenSheet)...)
	all = append(all, s.sheetRoutes("/apps/:app/send-users", sendUsersSheet)...)
	return append(all, s.sheetRoutes("/apps/:app/send-groups", sendGroupsSheet)...)
}

// of is the user whom the address names.
func (a *appAsking) of() string { return a.c.Param("user") }

func toLive(a *appAsking) templates.Link {
	return templates.Link{Text: orID(a.g.Name, a.g.ID), URL: groupURL(a.app, a.g.ID, tabLive), Name: true}
}

func toMessages(a *appAsking) templates.Link {
	return templates.Link{Text: orID(a.g.Name, a.g.ID), URL: groupURL(a.app, a.g.ID, tabMessages), Name: true}
}

func toReading(a *appAsking) templates.Link {
	return templates.Link{Text: orID(a.g.Name, a.g.ID), URL: groupURL(a.app, a.g.ID, tabMembers, "reading"), Name: true}
}

// toUser leads to a part of the user's page.
func toUser(parts ...string) func(a *appAsking) templates.Link {
	return func(a *appAsking) templates.Link {
		return templates.Link{Text: a.of(), URL: userURL(a.app, a.of(), parts...), Name: true}
	}
}

// What some services alone have.
var (
	allowSheet = appSheet{
		name: "allow", right: auth.VerbAllow, needs: imclient.VerbAllowList, group: true, back: toLive,
		action: func(a *appAsking) actions.Action {
			return actions.AllowInRoom{Common: a.common(), Group: a.g.ID, Users: a.whom(), On: a.on()}
		},
		view: func(a *appAsking, v *templates.AppSheetView) {
			ctx := a.ctx()
			v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "rooms.allow.add"), i18n.T(ctx, "rooms.allow.add_submit")
			if !a.on() {
				v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "rooms.allow.remove"), i18n.T(ctx, "rooms.allow.remove_submit")
			}
			v.Sheet.Text = orID(a.g.Name, a.g.ID)
			v.Facts = []string{i18n.T(ctx, "rooms.allow.text")}
			a.keepOn(v)
			a.askWhom(v)
			v.Fields = append(v.Fields, a.reason())
			v.Check = i18n.T(ctx, "keywords.check")
		},
	}
	roomMarkSheet = appSheet{
		name: "room-marks", right: auth.VerbMarkRoom, needs: imclient.VerbRoomMarks, group: true, back: toLive,
		action: func(a *appAsking) actions.Action {
			return actions.MarkRoom{Common: a.common(), Group: a.g.ID, Marks: distinctLines(a.words("marks")), On: a.on()}
		},
		view: func(a *appAsking, v *templates.AppSheetView) {
			ctx := a.ctx()
			v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "rooms.marks.add"), i18n.T(ctx, "rooms.marks.add_submit")
			if !a.on() {
				v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "rooms.marks.remove"), i18n.T(ctx, "rooms.marks.remove_submit")
			}
			v.Sheet.Text = orID(a.g.Name, a.g.ID)
			v.Facts = []string{i18n.T(ctx, "rooms.marks.text")}
			a.keepOn(v)
			v.Fields = []templates.AppField{a.markLines(i18n.T(ctx, "rooms.marks.hint")), a.reason()}
			v.Check = i18n.T(ctx, "keywords.check")
		},
	}
	markReadSheet = appSheet{
		name: "mark-read", right: auth.VerbMarkRead, needs: imclient.VerbMarkRead, group: true, back: toReading, instant: true,
		action: func(a *appAsking) actions.Action {
			return actions.MarkMemberRead{Common: a.common(), Group: a.g.ID, User: a.one()}
		},
		view: func(a *appAsking, v *templates.AppSheetView) {
			ctx := a.ctx()
			v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "rooms.read.title"), i18n.T(ctx, "rooms.read.submit")
			v.Sheet.Text, v.Sheet.Foot = orID(a.g.Name, a.g.ID), i18n.T(ctx, actions.UndoImpossible)
			v.Facts = []string{i18n.T(ctx, "rooms.read.text")}
			if users := a.v["users"]; len(users) == 1 {
				v.Sheet.Hidden = append(v.Sheet.Hidden, "users", users[0])
			} else {
				v.Fields = append(v.Fields, a.line("users", i18n.T(ctx, "rooms.member_id"), "", "user"))
			}
			v.Fields = append(v.Fields, a.reason())
		},
	}
	deleteMessagesSheet = appSheet{
		name: "delete-messages", right: auth.VerbDeleteMessages, needs: imclient.VerbDeleteMessage, group: true, back: toMessages, instant: true,
		action: func(a *appAsking) actions.Action {
			d := actions.DeleteMessages{Common: a.common(), Group: a.g.ID, For: a.forWhom(), User: a.text("user")}
			refs, _ := readMessageRefs(a.v["m"]) // what cannot be read is none, which is refused
			for _, r := range refs {
				d.Messages = append(d.Messages, r.action())
			}
			return d
		},
		view: (*appAsking).deleteView,
	}
	contactMarkSheet = appSheet{
		name: "contact-marks", right: auth.VerbMarkContact, needs: imclient.VerbContactMarks, back: toUser(tabContacts),
		action: func(a *appAsking) actions.Action {
			m := actions.MarkContact{Common: a.common(), Where: a.conversation(), Marks: map[string]bool{}}
			for _, mark := range a.app.IM.Caps.Marks {
				if was := a.text("was_" + mark); was != "" && (was == "1") != (a.v.Get(mark) != "") {
					m.Marks[mark] = a.v.Get(mark) != ""
				}
			}
			return m
		},
		view: (*appAsking).contactMarkView,
	}
	noteBlockSheet = appSheet{
		name: "note-block", right: auth.VerbNoteBlock, needs: imclient.VerbBlockNotes, back: toUser(tabBlocks),
		action: func(a *appAsking) actions.Action {
			return actions.NoteBlock{Common: a.common(), User: a.of(), Other: a.text("other"), Fields: []imclient.Field{{Key: a.text("note_key"), Value: a.area("value")}}}
		},
		view: func(a *appAsking, v *templates.AppSheetView) {
			ctx := a.ctx()
			v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "rooms.note.title"), i18n.T(ctx, "rooms.note.submit")
			v.Sheet.Text = i18n.T(ctx, "rooms.note.which", "user", a.of(), "other", orID(a.text("other"), "–"))
			v.Facts = []string{i18n.T(ctx, "rooms.note.text")}
			if other := a.text("other"); other != "" && a.fault("other") == "" {
				v.Sheet.Hidden = append(v.Sheet.Hidden, "other", other)
			} else {
				v.Fields = append(v.Fields, a.line("other", i18n.T(ctx, "rooms.note.other"), "", "other"))
			}
			value := a.line("value", i18n.T(ctx, "rooms.note.value"), i18n.T(ctx, "rooms.note.value_hint"), "value")
			value.Required, value.Optional, value.Attrs = false, true, map[string]any{"dir": "auto"}
			v.Fields = append(v.Fields, a.line("note_key", i18n.T(ctx, "rooms.note.key"), "", "key"), value, a.reason())
			v.Check = i18n.T(ctx, "keywords.check")
		},
	}
	tokenSheet = appSheet{
		name: "token", right: auth.VerbMakeToken, needs: imclient.VerbToken, back: toUser(), instant: true,
		action: func(a *appAsking) actions.Action {
			t := actions.MakeToken{Common: a.common(), User: a.of(), Life: time.Hour}
			if minutes, err := strconv.Atoi(a.text("life")); err == nil {
				t.Life = time.Duration(minutes) * time.Minute
			}
			t.Deliver = func(token string) { a.secret = token }
			return t
		},
		view: (*appAsking).tokenView, done: (*appAsking).showToken,
	}
	sendUsersSheet = appSheet{
		name: "send-users", right: auth.VerbSendUsers, needs: imclient.VerbSendUsers, back: toBroadcasts,
		action: func(a *appAsking) actions.Action {
			return actions.SendToUsers{Common: a.common(), From: a.text("from"), Users: a.whom(), Text: a.area("text")}
		},
		view: func(a *appAsking, v *templates.AppSheetView) {
			ctx := a.ctx()
			v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "rooms.send.users"), i18n.T(ctx, "rooms.send.submit")
			v.Sheet.Text, v.Sheet.Foot = i18n.T(ctx, "rooms.send.users_text"), i18n.T(ctx, actions.UndoImpossible)
			a.askWhom(v)
			a.askMany(v)
		},
	}
	sendGroupsSheet = appSheet{
		name: "send-groups", right: auth.VerbSendGroups, needs: imclient.VerbSendGroups, back: toBroadcasts,
		action: func(a *appAsking) actions.Action {
			groups, _ := distinctIDs(splitIDs(a.v.Get("groups")))
			return actions.SendToGroups{Common: a.common(), From: a.text("from"), Groups: groups, Text: a.area("text")}
		},
		view: func(a *appAsking, v *templates.AppSheetView) {
			ctx := a.ctx()
			v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "rooms.send.groups"), i18n.T(ctx, "rooms.send.submit")
			v.Sheet.Text, v.Sheet.Foot = i18n.T(ctx, "rooms.send.groups_text"), i18n.T(ctx, actions.UndoImpossible)
			v.Fields = append(v.Fields, templates.AppField{FieldView: templates.FieldView{
				Name: "groups", Label: i18n.T(ctx, "rooms.send.group_ids"), Hint: i18n.T(ctx, "members.ids_hint", "limit", actions.MaxTargets), Rows: 3, Required: true,
				Value: lines(a.v.Get("groups")), Error: a.fault("groups"), Attrs: map[string]any{"dir": "ltr", "spellcheck": "false"},
			}})
			a.askMany(v)
		},
	}
)

// on is what a sheet with two directions is for.
func (a *appAsking) on() bool { return a.v.Get("on") != "0" }

// keepOn keeps the direction in the form, and says the true number on its button.
func (a *appAsking) keepOn(v *templates.AppSheetView) {
	v.Sheet.Hidden = append(v.Sheet.Hidden, "on", map[bool]string{true: "1", false: "0"}[a.on()])
	if a.preview != nil && a.preview.Act > 0 {
		v.Sheet.Submit = fmt.Sprintf("%s (%s)", v.Sheet.Submit, i18n.Int(a.ctx(), a.preview.Act))
	}
}

// one is the one user who is ticked or typed in.
func (a *appAsking) one() string {
	if users := a.v["users"]; len(users) > 0 {
		return strings.TrimSpace(users[0])
	}
	return ""
}

// askWhom is the field for ids, or, if they are ticked, their number.
func (a *appAsking) askWhom(v *templates.AppSheetView) {
	ctx := a.ctx()
	users := a.v["users"]
	if len(users) == 0 || a.v.Has("paste") {
		v.Fields = append(v.Fields, templates.AppField{FieldView: templates.FieldView{
			Name: "paste", Label: i18n.T(ctx, "members.ids"), Hint: i18n.T(ctx, "members.ids_hint", "limit", actions.MaxTargets), Rows: 3, Required: true,
			Value: lines(a.v.Get("paste")), Error: a.fault("users"), Attrs: map[string]any{"dir": "ltr", "spellcheck": "false"},
		}})
		return
	}
	for _, u := range users[:min(len(users), actions.MaxTargets+1)] {
		v.Sheet.Hidden = append(v.Sheet.Hidden, "users", u)
	}
	v.Facts = append(v.Facts, i18n.N(ctx, "live.for_users", len(users)))
	if problem := a.fault("users"); problem != "" {
		v.Sheet.Notice = &templates.Notice{Tone: "bad", Answer: true, Title: problem, Changed: i18n.T(ctx, "error.unchanged")}
	}
}

// askMany asks who says what to many, and why.
func (a *appAsking) askMany(v *templates.AppSheetView) {
	ctx := a.ctx()
	from := a.from()
	if !a.app.IM.Caps.Traits.Administrator || a.m.needs == imclient.VerbSendGroups {
		from.Optional, from.Required, from.Hint = false, true, i18n.T(ctx, "rooms.send.from_hint")
	}
	v.Fields = append(v.Fields, from, a.says(), a.reason())
	v.Facts = append(v.Facts, i18n.T(ctx, "rooms.send.unchecked"))
	v.Check = i18n.T(ctx, "keywords.check")
	if a.preview != nil && a.preview.Act > 0 {
		v.Sheet.Submit = i18n.N(ctx, "rooms.send.submit_n", a.preview.Act)
	}
}

// line is a field for an id or a short text.
func (a *appAsking) line(name, label, hint string, faults ...string) templates.AppField {
	return templates.AppField{FieldView: templates.FieldView{
		Name: name, Label: label, Hint: hint, Required: true, Value: a.text(name), Error: a.fault(append(faults, name)...), Attrs: map[string]any{"dir": "ltr", "spellcheck": "false"},
	}}
}

// markLines is the field for marks that are texts, one a line.
func (a *appAsking) markLines(hint string) templates.AppField {
	return templates.AppField{FieldView: templates.FieldView{
		Name: "marks", Label: i18n.T(a.ctx(), "live.marks_label"), Hint: hint, Rows: 2, Required: true, Value: lines(a.v.Get("marks")), Error: a.fault("marks"),
		Attrs: map[string]any{"dir": "auto", "spellcheck": "false"},
	}}
}

// forWhom is for whom messages are deleted.
func (a *appAsking) forWhom() string { return orID(a.text("for"), actions.DeleteForAll) }

func (a *appAsking) deleteView(v *templates.AppSheetView) {
	ctx := a.ctx()
	refs, err := readMessageRefs(a.v["m"])
	v.Sheet.Title, v.Sheet.Submit, v.Sheet.Variant = i18n.N(ctx, "rooms.delete.title", len(refs)), i18n.T(ctx, "rooms.delete.submit"), "harm-solid"
	v.Sheet.Text, v.Sheet.Foot, v.Sheet.Danger = i18n.T(ctx, "rooms.delete.text"), i18n.T(ctx, actions.UndoImpossible), true
	if err != nil || len(refs) == 0 {
		v.Sheet.Why = i18n.T(ctx, "messages.wrong.nothing")
	}
	for _, r := range refs {
		v.Sheet.Hidden = append(v.Sheet.Hidden, "m", r.String())
	}
	live := a.app.IM.Caps.Info(a.g.Type).Live
	how := templates.AppField{Kind: "choices", FieldView: templates.FieldView{Name: "for", Label: i18n.T(ctx, "rooms.delete.for"), Value: a.forWhom(), Error: a.fault("for")}}
	for _, value := range []string{actions.DeleteForAll, actions.DeleteForOthers, actions.DeleteForUser} {
		if !live || value == actions.DeleteForAll {
			//i18n:uses rooms.delete.for.*
			how.Options = append(how.Options, templates.Option{Value: value, Text: i18n.T(ctx, "rooms.delete.for."+value)})
		}
	}
	v.Fields = append(v.Fields, how)
	if live {
		v.Facts = append(v.Facts, i18n.T(ctx, "rooms.delete.live"))
	} else {
		user := a.line("user", i18n.T(ctx, "rooms.delete.user"), i18n.T(ctx, "rooms.delete.user_hint"), "user")
		user.Required, user.Optional = false, true
		v.Fields = append(v.Fields, user)
	}
	v.Fields = append(v.Fields, a.reason())
	v.Check = i18n.T(ctx, "keywords.check")
}

// conversation is the one of the user's list that a sheet is about.
func (a *appAsking) conversation() actions.Where {
	return actions.Where{Group: a.text("group"), User: a.of(), Peer: a.text("peer")}
}

// contactMarkView shows how the conversation is marked now. It costs a call.
func (a *appAsking) contactMarkView(v *templates.AppSheetView) {
	ctx := a.ctx()
	where := a.conversation()
	v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "rooms.contact.title"), i18n.T(ctx, "rooms.contact.submit")
	v.Sheet.Text = i18n.T(ctx, "rooms.contact.which", "user", a.of(), "with", orID(where.Group, orID(where.Peer, "–")))
	v.Facts = []string{i18n.T(ctx, "rooms.contact.text")}
	v.Sheet.Hidden = append(v.Sheet.Hidden, "group", where.Group, "peer", where.Peer)
	var now []string
	list, err := a.app.IM.Contacts.Marks(imclient.Fresh(ctx), a.of(), []imclient.Conversation{{Group: where.Group, User: where.User, Peer: where.Peer}})
	switch {
	case (where.Group == "") == (where.Peer == ""):
		v.Sheet.Why = i18n.T(ctx, "action.invalid.chat")
		return
	case err != nil:
		p := explain(ctx, err, false)
		a.s.logFailure(a.c, err, http.StatusOK)
		v.Sheet.Notice, v.Sheet.Why = &p.notice, i18n.T(ctx, "users.contacts_unmarked")
		return
	case len(list) == 1:
		now = list[0].Marks
	}
	typed := a.c.Request.Method == http.MethodPost
	for _, mark := range a.app.IM.Caps.Marks {
		on := slices.Contains(now, mark)
		was := map[bool]string{true: "1", false: "0"}[on]
		if typed {
			on = a.v.Get(mark) != ""
		}
		v.Sheet.Hidden = append(v.Sheet.Hidden, "was_"+mark, was)
		v.Fields = append(v.Fields, templates.AppField{Kind: "check", On: on, FieldView: templates.FieldView{
			Name: mark, Value: "1", Label: markText(ctx, mark), Hint: markHint(ctx, mark),
		}})
	}
	if problem := a.fault("marks", "group"); problem != "" {
		v.Sheet.Notice = &templates.Notice{Tone: "bad", Answer: true, Title: problem, Changed: i18n.T(ctx, "error.unchanged")}
	}
	v.Fields = append(v.Fields, a.reason())
}

func markHint(ctx context.Context, mark string) string {
	//i18n:uses rooms.contact.hint.*
	if key := "rooms.contact.hint." + mark; i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return ""
}

// lives are how long a token may hold.
var lives = []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}

func (a *appAsking) tokenView(v *templates.AppSheetView) {
	ctx := a.ctx()
	v.Sheet.Title, v.Sheet.Submit, v.Sheet.Variant = i18n.T(ctx, "rooms.token.title"), i18n.T(ctx, "rooms.token.submit"), "harm-solid"
	v.Sheet.Text, v.Sheet.Foot, v.Sheet.Danger, v.Sheet.Plain = i18n.T(ctx, "rooms.token.which", "id", a.of()), i18n.T(ctx, actions.UndoImpossible), true, true
	//i18n:uses rooms.token.what.*
	v.Facts = []string{i18n.T(ctx, "rooms.token.what."+string(a.app.IM.Vendor)), i18n.T(ctx, "rooms.token.text")}
	life := templates.AppField{Kind: "select", FieldView: templates.FieldView{Name: "life", Label: i18n.T(ctx, "rooms.token.life"), Value: orID(a.text("life"), "60"), Error: a.fault("life")}}
	for _, d := range lives {
		life.Options = append(life.Options, templates.Option{Value: strconv.Itoa(int(d / time.Minute)), Text: i18n.Duration(ctx, d)})
	}
	v.Fields = []templates.AppField{life, a.reason()}
}

// showToken is the page with the token, which is nowhere else: neither in the database nor in a log, and not in any cache.
func (a *appAsking) showToken(r actions.Result) error {
	ctx := a.ctx()
	link := a.m.back(a)
	v := templates.TokenView{Title: i18n.T(ctx, "rooms.token.made"), Back: link, Token: a.secret, EntryURL: entryURL(a.app, r.ID)}
	switch {
	case a.secret != "":
		v.Text = i18n.T(ctx, "rooms.token.once")
	case r.Repeated && r.Count(actions.StateApplied) > 0:
		v.Notice = &templates.Notice{Tone: "info", Title: i18n.T(ctx, "rooms.token.again"), Next: i18n.T(ctx, "rooms.token.again_next")}
	default:
		v.Title = i18n.T(ctx, "rooms.token.title")
		v.Notice = &templates.Notice{Tone: "bad", Answer: true, Title: a.s.resultToast(ctx, a.app, r, names{}).Text, Next: firstReason(ctx, a.app, r, names{})}
	}
	a.c.Header("Cache-Control", "no-store")
	return render(a.c, http.StatusOK, templates.TokenPage(a.s.chrome(a.c), v), templates.TokenPage(a.s.chrome(a.c), v))
}

// insideAtOnce is how many users one question about who is in a group names.
const insideAtOnce = 200

// inside tells who of some users is in a group now. It costs the calls of groupFrame, one for the number of members at the same
// time as one for each 200 users at most, and one for names.
func (s *Server) inside(c *gin.Context) error {
	v, g, app, err := s.attendanceView(c, "inside")
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	if n, err := app.IM.Attendance.Count(ctx, g.ID); err == nil && n >= 0 {
		v.Count = i18n.N(ctx, "rooms.inside.count", n)
		if app.IM.Caps.Info(g.Type).Live {
			v.Count = i18n.N(ctx, "rooms.inside.count_live", n)
		}
	} else if err != nil {
		s.logFailure(c, err, http.StatusOK)
	}
	asked := clip(c.Query("ids"), insideAtOnce*maxFind)
	ids, _ := distinctIDs(splitIDs(asked))
	v.Ask = &templates.FieldView{
		Name: "ids", Label: i18n.T(ctx, "members.ids"), Hint: i18n.T(ctx, "rooms.inside.hint", "limit", insideAtOnce), Rows: 3, Required: true, Value: asked,
		Attrs: map[string]any{"dir": "ltr", "spellcheck": "false"},
	}
	if len(ids) > insideAtOnce {
		v.Ask.Error = i18n.T(ctx, "action.invalid.too_many", "n", len(ids), "limit", insideAtOnce)
		ids = nil
	}
	if len(ids) > 0 {
		list, err := app.IM.Attendance.Inside(imclient.Fresh(ctx), g.ID, ids)
		v.Failed = failedPart(ctx, err)
		people := s.people(ctx, app, g, ids)
		for _, a := range list {
			row := templates.AttendanceRow{Person: templates.PersonView{ID: a.UserID, Name: people.name(a.UserID), URL: userURL(app, a.UserID)}, Since: a.Since}
			row.State = templates.ChipView{Text: i18n.T(ctx, "rooms.inside.out"), Icon: "x"}
			if a.In {
				row.State = templates.ChipView{Text: i18n.T(ctx, "rooms.inside.in"), Icon: "check", Tone: "ok"}
			}
			v.Rows = append(v.Rows, row)
		}
		if err != nil {
			s.logFailure(c, err, http.StatusOK)
		}
	}
	return render(c, http.StatusOK, templates.AttendancePage(s.chrome(c), v), templates.Attendance(v))
}

// attendanceView is what the two pages have in common.
func (s *Server) attendanceView(c *gin.Context, kind string) (templates.AttendanceView, imclient.Group, *App, error) {
	app, err := s.app(c)
	if err != nil {
		return templates.AttendanceView{}, imclient.Group{}, nil, err
	}
	frame, g, err := s.groupFrame(c, app, tabMembers)
	if err != nil {
		return templates.AttendanceView{}, imclient.Group{}, nil, err
	}
	ctx := c.Request.Context()
	//i18n:uses rooms.inside.*
	//i18n:uses rooms.reading.*
	v := templates.AttendanceView{
		Frame: frame, Kind: kind, Title: i18n.T(ctx, "rooms."+kind+".title"), Text: i18n.T(ctx, "rooms."+kind+".text"),
		URL: groupURL(app, g.ID, tabMembers, kind), RetryURL: c.Request.URL.RequestURI(),
	}
	for _, key := range []string{"inside", "reading"} {
		v.Tabs = append(v.Tabs, templates.Tab{Text: i18n.T(ctx, "rooms."+key+".title"), URL: groupURL(app, g.ID, tabMembers, key), Current: key == kind})
	}
	return v, g, app, nil
}

// readingPage is how many members a page of read positions has.
const readingPage = 50

// reading tells how far the members of a group have read. It costs the calls of groupFrame, one for the positions, one for the
// newest message, and two for who they are.
func (s *Server) reading(c *gin.Context) error {
	v, g, app, err := s.attendanceView(c, "reading")
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	if key := app.IM.Caps.Why(imclient.VerbReading, g.Type); key != "" {
		v.Empty = &templates.EmptyView{Icon: "ban", Title: i18n.T(ctx, key)}
		return render(c, http.StatusOK, templates.AttendancePage(s.chrome(c), v), templates.Attendance(v))
	}
	list, err := app.IM.Attendance.Reading(imclient.Fresh(ctx), g.ID)
	if err != nil {
		v.Failed = failedPart(ctx, err)
		s.logFailure(c, err, http.StatusOK)
		return render(c, http.StatusOK, templates.AttendancePage(s.chrome(c), v), templates.Attendance(v))
	}
	last := ""
	if page, err := app.IM.Messages.History(ctx, imclient.HistoryOptions{Conversation: imclient.Conversation{Group: g.ID, Type: g.Type}, Limit: 1}); err == nil && len(page.Messages) > 0 {
		last = page.Messages[0].Seq
	} else if err != nil && !errors.Is(err, imclient.ErrUnsupported) {
		s.logFailure(c, err, http.StatusOK)
	}
	from, _ := strconv.Atoi(c.Query("from")) // what is no number is the beginning
	from = min(max(from, 0), len(list))
	shown := list[from:min(from+readingPage, len(list))]
	ids := make([]string, len(shown))
	for i, p := range shown {
		ids[i] = p.UserID
	}
	people := s.people(ctx, app, g, ids)
	for _, p := range shown {
		v.Rows = append(v.Rows, s.readingRow(c, app, g, p, last, people.name(p.UserID)))
	}
	if len(list) == 0 {
		v.Empty = &templates.EmptyView{Icon: "eye", Title: i18n.T(ctx, "rooms.reading.none"), Text: i18n.T(ctx, "rooms.reading.none_text")}
	}
	v.Pager = templates.PagerView{Label: v.Title, Target: "#attendance"}
	if from > 0 {
		v.Pager.Prev = withQuery(c.Request.URL, "from", strconv.Itoa(max(from-readingPage, 0)))
	}
	if from+readingPage < len(list) {
		v.Pager.Next = withQuery(c.Request.URL, "from", strconv.Itoa(from+readingPage))
	}
	if v.Pager.Prev+v.Pager.Next != "" {
		v.Pager.Range = i18n.T(ctx, "members.range_of", "from", i18n.Int(ctx, from+1), "to", i18n.Int(ctx, from+len(shown)), "total", i18n.Int(ctx, len(list)))
	}
	return render(c, http.StatusOK, templates.AttendancePage(s.chrome(c), v), templates.Attendance(v))
}

func (s *Server) readingRow(c *gin.Context, app *App, g imclient.Group, p imclient.ReadPosition, last, name string) templates.AttendanceRow {
	ctx := c.Request.Context()
	row := templates.AttendanceRow{
		Person: templates.PersonView{ID: p.UserID, Name: name, URL: userURL(app, p.UserID)}, Position: p.Seq,
		URL: groupURL(app, g.ID, tabMessages) + "?seq=" + url.QueryEscape(p.Seq),
	}
	if p.Seq == last {
		row.State = templates.ChipView{Text: i18n.T(ctx, "rooms.reading.all"), Icon: "check", Tone: "ok"}
		return row
	}
	row.State = templates.ChipView{Text: i18n.T(ctx, "rooms.reading.part"), Icon: "clock"}
	link := groupURL(app, g.ID, tabMembers, "mark-read") + "?" + url.Values{"users": {p.UserID}, "back": {c.Request.URL.RequestURI()}}.Encode()
	row.Act = &templates.ButtonView{
		Icon: "check", Variant: "ghost", Label: i18n.T(ctx, "rooms.read.button", "who", orID(name, p.UserID)), URL: link, Attrs: templates.SheetAttrs(link),
		Why: notOffered(c, app, auth.VerbMarkRead, imclient.VerbMarkRead, g.Type),
	}
	return row
}

// roomLists fills in what some services keep with a live room itself: who may speak while it is muted, and marks. It costs a call
// each.
func (l *liveRoomView) roomLists() {
	ctx := l.ctx()
	caps := l.app.IM.Caps
	sheet := func(path, text, icon string, right auth.Verb, needs imclient.Verb, pairs ...string) templates.ButtonView {
		q := url.Values{"back": {l.c.Request.URL.RequestURI()}}
		for i := 0; i+1 < len(pairs); i += 2 {
			q.Add(pairs[i], pairs[i+1])
		}
		link := l.url(path) + "?" + q.Encode()
		return templates.ButtonView{Text: text, Icon: icon, Small: true, URL: link, Attrs: templates.SheetAttrs(link), Why: notOffered(l.c, l.app, right, needs, l.g.Type)}
	}
	if caps.Can(imclient.VerbAllowList, l.g.Type) {
		v := templates.RoomListView{ID: "live-allowed", Title: i18n.T(ctx, "rooms.allow.title"), Text: i18n.T(ctx, "rooms.allow.text"), None: i18n.T(ctx, "rooms.allow.none"), RetryURL: l.v.Frame.Path}
		cursor := l.c.Query("allowed")
		page, err := l.app.IM.Rooms.Allowed(imclient.Fresh(ctx), l.g.ID, cursor, 0)
		if err != nil {
			v.Failed = l.failed(err)
		}
		var members []imclient.Member
		for _, a := range page.Items {
			members = append(members, imclient.Member{UserID: a.UserID})
		}
		persons := l.persons(members)
		for _, a := range page.Items {
			v.People = append(v.People, templates.AttendanceRow{Person: persons[a.UserID], Since: a.Since, Act: ptrTo(sheetIcon(sheet("allow", "", "x", auth.VerbAllow, imclient.VerbAllowList, "on", "0", "users", a.UserID),
				i18n.T(ctx, "rooms.allow.take_off", "who", orID(persons[a.UserID].Name, a.UserID))))})
		}
		v.Pager = templates.PagerView{Label: v.Title, Target: "#live"}
		if cursor != "" {
			v.Pager.First = withQuery(l.c.Request.URL, "allowed", "")
		}
		if page.Next != "" {
			v.Pager.Next = withQuery(l.c.Request.URL, "allowed", page.Next)
		}
		v.Acts = []templates.ButtonView{sheet("allow", i18n.T(ctx, "rooms.allow.add"), "plus", auth.VerbAllow, imclient.VerbAllowList)}
		l.v.Lists = append(l.v.Lists, v)
	}
	if caps.Can(imclient.VerbRoomMarks, l.g.Type) {
		v := templates.RoomListView{ID: "live-room-marks", Title: i18n.T(ctx, "rooms.marks.title"), Text: i18n.T(ctx, "rooms.marks.text"), None: i18n.T(ctx, "rooms.marks.none"), RetryURL: l.v.Frame.Path}
		marks, err := l.app.IM.Rooms.Marks(imclient.Fresh(ctx), l.g.ID)
		if err != nil {
			v.Failed = l.failed(err)
		}
		v.Chips = marks
		v.Acts = []templates.ButtonView{sheet("room-marks", i18n.T(ctx, "rooms.marks.add"), "plus", auth.VerbMarkRoom, imclient.VerbRoomMarks)}
		if len(marks) > 0 {
			v.Acts = append(v.Acts, sheet("room-marks", i18n.T(ctx, "rooms.marks.remove"), "minus", auth.VerbMarkRoom, imclient.VerbRoomMarks, "on", "0", "marks", strings.Join(marks, "\n")))
		}
		l.v.Lists = append(l.v.Lists, v)
	}
}

func ptrTo[T any](v T) *T { return &v }

// sheetIcon makes a button with a text one with an icon alone.
func sheetIcon(b templates.ButtonView, label string) templates.ButtonView {
	b.Text, b.Label, b.Variant = "", label, "ghost"
	return b
}
