package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// liveRoutes are the section of a live room about the room itself, and what is done in it.
func (s *Server) liveRoutes() []route {
	const live = "/apps/:app/groups/:group/live"
	return append([]route{{get, live, auth.VerbView, s.live}}, s.sheetRoutes(live+"/mark", markSheet)...)
}

const (
	tabLive    = "live"
	maxMarkLen = 9

	maxTextMark = 100
)

// live shows a live room. It costs the calls of groupFrame, then at the same time one for the admins and, if a mark is asked for,
// one for who has it; then one batch of names. With "now" it is the count alone.
func (s *Server) live(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	frame, g, err := s.groupFrame(c, app, tabLive)
	if err != nil {
		return err
	}
	if !app.IM.Caps.Info(g.Type).Live {
		return &actions.NotOffered{Key: "live.not_live"}
	}
	l := &liveRoomView{s: s, c: c, app: app, g: g}
	l.v = templates.LiveView{Frame: frame, Now: l.now(frame.Online)}
	if c.Query("now") != "" && wantsPart(c.Request) {
		part := templates.LiveNow(l.v.Now)
		return render(c, http.StatusOK, part, part)
	}
	l.fill()
	return render(c, http.StatusOK, templates.LivePage(s.chrome(c), l.v), templates.Live(l.v))
}

// liveRoomView builds the page of one live room.
type liveRoomView struct {
	s   *Server
	c   *gin.Context
	app *App
	g   imclient.Group
	v   templates.LiveView
}

func (l *liveRoomView) ctx() context.Context { return l.c.Request.Context() }

func (l *liveRoomView) url(parts ...string) string {
	return groupURL(l.app, l.g.ID, append([]string{tabLive}, parts...)...)
}

// now notes how many are in the room and shows it with what was counted before.
func (l *liveRoomView) now(online int) templates.LiveNowView {
	v := templates.LiveNowView{URL: l.url() + "?now=1", Retry: l.url()}
	now := l.s.Now()
	if online < 0 {
		ctx := l.ctx()
		v.Failed = &templates.Notice{Title: i18n.T(ctx, "live.not_counted"), Next: i18n.T(ctx, "live.not_counted_next")}
		return v
	}
	v.Chart = liveChart(l.ctx(), l.s.counts.add(l.app.Name+"/"+l.g.ID, now, online), now)
	return v
}

func (l *liveRoomView) fill() {
	ctx := l.ctx()
	mark := strings.TrimSpace(l.c.Query("mark"))
	texts := l.app.IM.Caps.Traits.TextMarks
	if limit := maxMarkLen; !texts && (len(mark) > limit || strings.Trim(mark, "0123456789") != "") || len(mark) > maxTextMark {
		mark = ""
	}
	l.v.TextMarks, l.v.MarkText = texts, marksText(ctx, l.app)
	l.v.Mark, l.v.MarkURL = mark, l.url()
	var wg sync.WaitGroup
	var owners, admins, marked imclient.Page[imclient.Member]
	var ownersErr, adminsErr, markedErr error
	list := func(o imclient.MemberListOptions) (imclient.Page[imclient.Member], error) {
		o.Group, o.Type, o.Limit = l.g.ID, l.g.Type, peoplePage
		return l.app.IM.Members.List(ctx, o)
	}
	wg.Go(func() {
		owners, ownersErr = list(imclient.MemberListOptions{Role: imclient.RoleOwner})
		admins, adminsErr = list(imclient.MemberListOptions{Role: imclient.RoleAdmin})
	})
	offered := l.app.IM.Caps.Can(imclient.VerbLiveMarks, l.g.Type)
	if mark != "" && offered {
		wg.Go(func() { marked, markedErr = list(imclient.MemberListOptions{Mark: mark, Cursor: l.c.Query("cursor")}) })
	}
	wg.Wait()
	for _, err := range []error{ownersErr, adminsErr} {
		if err != nil && l.v.OffFail == nil {
			l.v.OffFail = l.failed(err)
		}
	}
	if markedErr != nil {
		l.v.MarkFail = l.failed(markedErr)
	}
	persons := l.persons(slices.Concat(owners.Items, admins.Items, marked.Items))
	for _, m := range slices.Concat(owners.Items, admins.Items) {
		l.v.Officers = append(l.v.Officers, templates.OfficerRow{Person: persons[m.UserID], Role: string(m.Role)})
	}
	for _, m := range marked.Items {
		l.v.Marked = append(l.v.Marked, persons[m.UserID])
	}
	l.marks(mark, offered, markedErr == nil && len(marked.Items) == 0)
	l.v.Pager = forwardPager(ctx, l.c.Request.URL, l.c.Query("cursor"), rowsBefore(l.c), len(marked.Items), marked.Next, marked.Total, i18n.T(ctx, "live.marked"), "#live")
	l.buttons()
	l.roomLists()
}

// marksText says what marks are at the service.
func marksText(ctx context.Context, app *App) string {
	if app.IM.Caps.Traits.TextMarks {
		return i18n.T(ctx, "live.marks_text_words")
	}
	return i18n.T(ctx, "live.marks_text")
}

func (l *liveRoomView) failed(err error) *templates.Notice {
	p := explain(l.ctx(), err, false)
	l.s.logFailure(l.c, err, http.StatusOK)
	return &p.notice
}

// persons are the rows of people, with the names of those whom the service lists without one.
func (l *liveRoomView) persons(list []imclient.Member) map[string]templates.PersonView {
	out := map[string]templates.PersonView{}
	var nameless []string
	for _, m := range list {
		out[m.UserID] = templates.PersonView{ID: m.UserID, Name: m.Nick, URL: userURL(l.app, m.UserID), Size: "sm"}
		if strings.TrimSpace(m.Nick) == "" && !slices.Contains(nameless, m.UserID) {
			nameless = append(nameless, m.UserID)
		}
	}
	if len(nameless) == 0 {
		return out
	}
	users, _, err := l.app.IM.Users.GetMany(l.ctx(), nameless)
	if err != nil {
		l.s.logFailure(l.c, err, http.StatusOK)
	}
	for _, u := range users {
		p := out[u.ID]
		p.Name = u.Nick
		out[u.ID] = p
	}
	return out
}

// marks says what marks there are, and what can be done with them.
func (l *liveRoomView) marks(mark string, offered, nobody bool) {
	ctx := l.ctx()
	if !offered {
		l.v.MarkNone = i18n.T(ctx, l.app.IM.Caps.Why(imclient.VerbLiveMarks, l.g.Type))
	} else if mark != "" && nobody {
		l.v.MarkNone = i18n.T(ctx, "live.nobody_marked", "mark", mark)
	}
	for _, m := range specialMarks(l.app) {
		//i18n:uses live.special.*
		l.v.Special = append(l.v.Special, templates.FactView{Name: m, Value: i18n.T(ctx, "live.special."+m)})
	}
	sheet := func(text, icon string, on bool) templates.ButtonView {
		q := url.Values{"back": {l.c.Request.URL.RequestURI()}}
		if mark != "" {
			q.Set("marks", mark)
		}
		if !on {
			q.Set("on", "0")
		}
		link := l.url("mark") + "?" + q.Encode()
		return templates.ButtonView{
			Text: text, Icon: icon, Small: true, URL: link, Attrs: templates.SheetAttrs(link),
			Why: notOffered(l.c, l.app, auth.VerbLiveMark, imclient.VerbLiveMarks, l.g.Type),
		}
	}
	l.v.MarkActs = []templates.ButtonView{sheet(i18n.T(ctx, "live.give"), "flag", true), sheet(i18n.T(ctx, "live.take"), "minus", false)}
}

// specialMarks are those with a meaning of the service's own.
//
// Source: Tencent Cloud Chat REST API, modify_user_info of group_open_avchatroom_http_svc.
func specialMarks(app *App) []string {
	if app.IM.Vendor == imclient.Tencent {
		return []string{"500", "600"}
	}
	return nil
}

// buttons are what can be done to admins, and what can be said.
func (l *liveRoomView) buttons() {
	ctx := l.ctx()
	l.v.OffText = i18n.T(ctx, "live.admins_text")
	if l.app.IM.Vendor == imclient.Volcengine {
		l.v.OffText = i18n.T(ctx, "live.admins_text_volcengine")
	}
	role := func(text, icon string, r imclient.Role) templates.ButtonView {
		link := groupURL(l.app, l.g.ID, tabMembers, "role") + "?role=" + string(r) + "&back=" + url.QueryEscape(l.c.Request.URL.RequestURI())
		return templates.ButtonView{
			Text: text, Icon: icon, Small: true, URL: link, Attrs: templates.SheetAttrs(link),
			Why: notOffered(l.c, l.app, auth.VerbSetRole, imclient.VerbSetAdmin, l.g.Type),
		}
	}
	l.v.Acts = []templates.ButtonView{
		role(i18n.T(ctx, "members.role.make"), "shield", imclient.RoleAdmin), role(i18n.T(ctx, "members.role.take"), "user", imclient.RoleMember),
	}
	all := appURL(l.app, "live-broadcast") + "?back=" + url.QueryEscape(l.c.Request.URL.RequestURI())
	l.v.SayText = i18n.T(ctx, "live.say_text")
	if !l.app.IM.Caps.Can(imclient.VerbNotice, l.g.Type) {
		l.v.SayText = i18n.T(ctx, "live.say_text_plain")
	}
	l.v.Say = []templates.ButtonView{
		l.s.groupButton(l.c, l.app, l.g, auth.VerbSend, imclient.VerbSend, templates.ButtonView{
			Text: i18n.T(ctx, "chat.send.title"), Icon: "send", Small: true, URL: groupURL(l.app, l.g.ID, "send"),
		}),
		l.s.groupButton(l.c, l.app, l.g, auth.VerbNotice, imclient.VerbNotice, templates.ButtonView{
			Text: i18n.T(ctx, "live.notice"), Icon: "notice", Small: true, URL: groupURL(l.app, l.g.ID, "notice"),
		}),
		{
			Text: i18n.T(ctx, "live.broadcast"), Icon: "send", Small: true, Variant: "harm", URL: all, Attrs: templates.SheetAttrs(all),
			Why: notOffered(l.c, l.app, auth.VerbLiveBroadcast, imclient.VerbLiveBroadcast, ""),
		},
	}
}

// markSheet gives marks to people in a live room, or takes them away.
var markSheet = appSheet{
	name: "mark-live", right: auth.VerbLiveMark, needs: imclient.VerbLiveMarks, group: true,
	back: func(a *appAsking) templates.Link {
		return templates.Link{Text: orID(a.g.Name, a.g.ID), URL: groupURL(a.app, a.g.ID, tabLive), Name: true}
	},
	action: func(a *appAsking) actions.Action {
		return actions.MarkLive{Common: a.common(), Group: a.g.ID, Users: a.whom(), Marks: a.markList(), On: a.v.Get("on") != "0"}
	},
	view: (*appAsking).markView,
}

// whom are the users who are ticked, or typed in.
func (a *appAsking) whom() []string {
	ids, _ := distinctIDs(append(slices.Clone(a.v["users"]), splitIDs(a.v.Get("paste"))...))
	return ids
}

// markList are the marks that are typed in: numbers with anything between them, or texts, one a line.
func (a *appAsking) markList() []string {
	if a.app.IM.Caps.Traits.TextMarks {
		return distinctLines(a.words("marks"))
	}
	return splitIDs(a.v.Get("marks"))
}

func (a *appAsking) markView(v *templates.AppSheetView) {
	ctx := a.ctx()
	on := a.v.Get("on") != "0"
	v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "live.give"), i18n.T(ctx, "live.give_submit")
	if !on {
		v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "live.take"), i18n.T(ctx, "live.take_submit")
	}
	v.Sheet.Text = orID(a.g.Name, a.g.ID)
	v.Facts = []string{marksText(ctx, a.app)}
	v.Check = i18n.T(ctx, "keywords.check")
	v.Sheet.Hidden = append(v.Sheet.Hidden, "on", map[bool]string{true: "1", false: "0"}[on])
	if users := a.v["users"]; len(users) > 0 && !a.v.Has("paste") {
		for _, u := range users[:min(len(users), actions.MaxTargets+1)] {
			v.Sheet.Hidden = append(v.Sheet.Hidden, "users", u)
		}
		v.Facts = append(v.Facts, i18n.N(ctx, "live.for_users", len(users)))
		if problem := a.fault("users"); problem != "" {
			v.Sheet.Notice = &templates.Notice{Tone: "bad", Answer: true, Title: problem, Changed: i18n.T(ctx, "error.unchanged")}
		}
	} else {
		v.Fields = append(v.Fields, templates.AppField{FieldView: templates.FieldView{
			Name: "paste", Label: i18n.T(ctx, "members.ids"), Hint: i18n.T(ctx, "members.ids_hint", "limit", actions.MaxTargets), Rows: 4, Required: true,
			Value: lines(a.v.Get("paste")), Error: a.fault("users"), Attrs: map[string]any{"spellcheck": "false"},
		}})
	}
	hint := i18n.T(ctx, "live.marks_hint")
	for _, m := range specialMarks(a.app) {
		hint += " " + i18n.T(ctx, "live.special_is", "mark", m, "what", i18n.T(ctx, "live.special."+m))
	}
	marks := templates.AppField{FieldView: templates.FieldView{
		Name: "marks", Label: i18n.T(ctx, "live.marks_label"), Hint: hint, Required: true, Value: a.text("marks"), Error: a.fault("marks"),
		Attrs: map[string]any{"inputmode": "numeric", "spellcheck": "false"},
	}}
	if a.app.IM.Caps.Traits.TextMarks {
		marks = a.markLines(i18n.T(ctx, "rooms.marks.hint"))
	}
	v.Fields = append(v.Fields, marks, a.reason())
	if a.preview != nil && a.preview.Act > 0 {
		v.Sheet.Submit = fmt.Sprintf("%s (%s)", v.Sheet.Submit, i18n.Int(ctx, a.preview.Act))
	}
}
