package handlers

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/jobs"
	"imdesk/store"
)

const (
	programApp   = programPrefix + "apps/:app"
	programGroup = programApp + "/groups/:group"
	programUser  = programApp + "/users"
)

// programTable is the JSON API, line by line: the console's reads and actions for programs, with the same rights.
var programTable = slices.Concat([]programRoute{
	{get, programPrefix + "apps", auth.VerbView, "listApps", nil, nil, appList{}, (*programCall).apps},
	{get, programApp + "/groups", auth.VerbView, "listGroups", []string{"type", "cursor", "limit"}, nil, groupList{}, (*programCall).groups},
	{get, programGroup, auth.VerbView, "getGroup", nil, nil, groupOut{}, (*programCall).group},
	{get, programGroup + "/members", auth.VerbView, "listMembers", []string{"cursor", "limit"}, nil, memberList{}, (*programCall).members},
	{get, programGroup + "/muted", auth.VerbView, "listMuted", []string{"cursor", "limit"}, nil, muteList{}, (*programCall).muted},
	{get, programGroup + "/messages", auth.VerbView, "listMessages", []string{"from", "limit"}, nil, messageList{}, (*programCall).messages},
	{get, programUser + "/:user", auth.VerbView, "getUser", nil, nil, userOut{}, (*programCall).user},
	{get, programApp + "/actions/:entry", auth.VerbView, "getAction", nil, nil, programResult{}, (*programCall).action},

	{post, programGroup + "/mute", auth.VerbMute, "mute", nil, spanBody{}, programResult{}, (*programCall).mute},
	{post, programGroup + "/unmute", auth.VerbUnmute, "unmute", nil, usersBody{}, programResult{}, (*programCall).unmute},
	{post, programGroup + "/kick", auth.VerbKick, "kick", nil, kickBody{}, programResult{}, (*programCall).kick},
	{post, programGroup + "/ban", auth.VerbBan, "ban", nil, spanBody{}, programResult{}, (*programCall).ban},
	{post, programGroup + "/unban", auth.VerbUnban, "unban", nil, usersBody{}, programResult{}, (*programCall).unban},
	{post, programGroup + "/members/add", auth.VerbAddMembers, "addMembers", nil, silentBody{}, programResult{}, (*programCall).addMembers},
	{post, programGroup + "/mute-all", auth.VerbMuteAll, "muteAll", nil, onBody{}, programResult{}, (*programCall).muteAll},
	{post, programGroup + "/recall", auth.VerbRecall, "recall", nil, recallBody{}, programResult{}, (*programCall).recall},
	{post, programGroup + "/delete-by-sender", auth.VerbDeleteBySender, "deleteBySender", nil, usersBody{}, programResult{}, (*programCall).deleteBySender},
	{post, programGroup + "/notice", auth.VerbNotice, "notice", nil, noticeBody{}, programResult{}, (*programCall).notice},
	{post, programGroup + "/dismiss", auth.VerbDismiss, "dismiss", nil, whyBody{}, programResult{}, (*programCall).dismiss},
	{post, programUser + "/global-mute", auth.VerbGlobalMute, "globalMute", nil, globalMuteBody{}, programResult{}, (*programCall).globalMute},
	{post, programUser + "/global-unmute", auth.VerbGlobalUnmute, "globalUnmute", nil, globalUnmuteBody{}, programResult{}, (*programCall).globalUnmute},
	{post, programUser + "/sign-out", auth.VerbSignOut, "signOut", nil, usersBody{}, programResult{}, (*programCall).signOut},
	{post, programApp + "/reports", auth.VerbReport, "report", nil, reportBody{}, reportOut{}, (*programCall).report},
	{post, programApp + "/appeals", auth.VerbReport, "appeal", nil, appealBody{}, reportOut{}, (*programCall).appeal},
	{post, programApp + "/actions/:entry/undo", auth.VerbView, "undo", nil, nil, programResult{}, (*programCall).undo},
}, jobProgramRoutes())

// programVerbs are the rights that the API has a use for, in the order of the table.
func programVerbs() []auth.Verb {
	var list []auth.Verb
	for _, r := range programTable {
		if !slices.Contains(list, r.verb) {
			list = append(list, r.verb)
		}
	}
	for _, kind := range jobs.Kinds() { // what jobs do
		if v := auth.Verb(kind); !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return append(list, auth.VerbDirect, auth.VerbAudit)
}

// What is sent. Reason goes to the audit log and, where the service does so, to the people concerned; note is for colleagues.
type (
	whyBody struct {
		Reason string `json:"reason"`
		Note   string `json:"note"`
	}
	usersBody struct {
		whyBody
		Users []string `json:"users"`
	}
	silentBody struct {
		usersBody
		Silent bool `json:"silent"`
	}
	kickBody struct {
		silentBody
		AlsoAdmins bool `json:"also_admins"`
	}
	spanBody struct {
		usersBody
		Seconds    int64 `json:"seconds"` // one of seconds and forever
		Forever    bool  `json:"forever"`
		AlsoAdmins bool  `json:"also_admins"`
	}
	onBody struct {
		whyBody
		On bool `json:"on"`
	}
	noticeBody struct {
		whyBody
		Text string   `json:"text"`
		To   []string `json:"to"`
	}
	recallBody struct {
		whyBody
		Messages []messageRefIn `json:"messages"`
	}
	messageRefIn struct {
		ID  string `json:"id"`
		Seq string `json:"seq"`
	}
	globalMuteBody struct {
		usersBody
		Seconds int64 `json:"seconds"`
		Forever bool  `json:"forever"`
		Direct  bool  `json:"direct"`
		Groups  bool  `json:"groups"`
	}
	globalUnmuteBody struct {
		usersBody
		Direct bool `json:"direct"`
		Groups bool `json:"groups"`
	}
)

// span is a length in seconds. What is longer than a duration can be is too long for every service as well.
func span(seconds int64, forever bool) actions.Span {
	const most = int64(100 * 365 * 24 * time.Hour / time.Second)
	return actions.Span{For: time.Duration(max(min(seconds, most), -1)) * time.Second, Forever: forever}
}

func (p *programCall) groupID() string { return p.c.Param("group") }

func (p *programCall) mute() (any, error) {
	var b spanBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	return p.do(func(c actions.Common) actions.Action {
		return actions.Mute{Common: c, Group: p.groupID(), Users: b.Users, Span: span(b.Seconds, b.Forever), AlsoAdmins: b.AlsoAdmins}
	}, b.Reason, b.Note)
}

func (p *programCall) ban() (any, error) {
	var b spanBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	return p.do(func(c actions.Common) actions.Action {
		return actions.Ban{Common: c, Group: p.groupID(), Users: b.Users, Span: span(b.Seconds, b.Forever)}
	}, b.Reason, b.Note)
}

// forUsers carries out what needs users only.
func (p *programCall) forUsers(build func(c actions.Common, users []string) actions.Action) (any, error) {
	var b usersBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	return p.do(func(c actions.Common) actions.Action { return build(c, b.Users) }, b.Reason, b.Note)
}

func (p *programCall) unmute() (any, error) {
	return p.forUsers(func(c actions.Common, users []string) actions.Action {
		return actions.Unmute{Common: c, Group: p.groupID(), Users: users}
	})
}

func (p *programCall) unban() (any, error) {
	return p.forUsers(func(c actions.Common, users []string) actions.Action {
		return actions.Unban{Common: c, Group: p.groupID(), Users: users}
	})
}

func (p *programCall) deleteBySender() (any, error) {
	return p.forUsers(func(c actions.Common, users []string) actions.Action {
		return actions.DeleteBySender{Common: c, Group: p.groupID(), Users: users}
	})
}

func (p *programCall) signOut() (any, error) {
	return p.forUsers(func(c actions.Common, users []string) actions.Action { return actions.SignOut{Common: c, Users: users} })
}

func (p *programCall) kick() (any, error) {
	var b kickBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	return p.do(func(c actions.Common) actions.Action {
		return actions.Kick{Common: c, Group: p.groupID(), Users: b.Users, Silent: b.Silent, AlsoAdmins: b.AlsoAdmins}
	}, b.Reason, b.Note)
}

func (p *programCall) addMembers() (any, error) {
	var b silentBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	return p.do(func(c actions.Common) actions.Action {
		return actions.AddMembers{Common: c, Group: p.groupID(), Users: b.Users, Silent: b.Silent}
	}, b.Reason, b.Note)
}

func (p *programCall) muteAll() (any, error) {
	var b onBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	return p.do(func(c actions.Common) actions.Action { return actions.MuteAll{Common: c, Group: p.groupID(), On: b.On} }, b.Reason, b.Note)
}

func (p *programCall) recall() (any, error) {
	var b recallBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	return p.do(func(c actions.Common) actions.Action {
		a := actions.Recall{Common: c, Group: p.groupID()}
		for _, m := range b.Messages {
			a.Messages = append(a.Messages, actions.MessageRef(m))
		}
		return a
	}, b.Reason, b.Note)
}

func (p *programCall) notice() (any, error) {
	var b noticeBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	return p.do(func(c actions.Common) actions.Action {
		return actions.Notice{Common: c, Group: p.groupID(), Text: b.Text, To: b.To}
	}, b.Reason, b.Note)
}

func (p *programCall) dismiss() (any, error) {
	var b whyBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	return p.do(func(c actions.Common) actions.Action { return actions.DismissGroup{Common: c, Group: p.groupID()} }, b.Reason, b.Note)
}

func (p *programCall) globalMute() (any, error) {
	var b globalMuteBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	return p.do(func(c actions.Common) actions.Action {
		a := actions.GlobalMute{Common: c, Users: b.Users}
		length := span(b.Seconds, b.Forever)
		if b.Direct {
			a.Direct = &length
		}
		if b.Groups {
			a.Groups = &length
		}
		return a
	}, b.Reason, b.Note)
}

func (p *programCall) globalUnmute() (any, error) {
	var b globalUnmuteBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	return p.do(func(c actions.Common) actions.Action {
		return actions.GlobalUnmute{Common: c, Users: b.Users, Direct: b.Direct, Groups: b.Groups}
	}, b.Reason, b.Note)
}

// entry is the entry of the audit log that the address names, if it is of this app and the operator may see it.
func (p *programCall) entry() (store.AuditEntry, error) {
	ctx := p.c.Request.Context()
	id, err := strconv.ParseInt(p.c.Param("entry"), 10, 64)
	if err != nil {
		return store.AuditEntry{}, store.ErrNotFound
	}
	e, err := p.s.Store.Audit.Get(ctx, id)
	if err == nil && e.App != p.app.Name {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.AuditEntry{}, err
	}
	if op, _ := auth.OperatorFrom(ctx); aboutDirect(e) && !op.CanIn(p.app.Name, auth.VerbDirect) {
		return store.AuditEntry{}, errForbidden
	}
	return e, nil
}

func (p *programCall) action() (any, error) {
	e, err := p.entry()
	if err != nil {
		return nil, err
	}
	r, err := p.s.Actions.FromEntry(p.app.Target(), e)
	if err != nil {
		return nil, err
	}
	return p.result(r), nil
}

func (p *programCall) undo() (any, error) {
	e, err := p.entry()
	if err != nil {
		return nil, err
	}
	r, err := p.s.Actions.Undo(p.c.Request.Context(), p.s.actor(p.c), p.app.Target(), e.ID)
	if err != nil {
		return nil, err
	}
	return p.result(r), nil
}

// What comes back.
type (
	appList struct {
		Apps []appOut `json:"apps"`
	}
	appOut struct {
		Name   string `json:"name"`
		Title  string `json:"title"`
		Vendor string `json:"vendor"`
		AppID  string `json:"app_id"`
	}
	groupList struct {
		Groups []groupOut `json:"groups"`
		Next   string     `json:"next,omitempty"`
	}
	groupOut struct {
		ID          string     `json:"id"`
		Type        string     `json:"type"`
		Name        string     `json:"name"`
		Intro       string     `json:"intro,omitempty"`
		Notice      string     `json:"notice,omitempty"`
		Owner       string     `json:"owner,omitempty"`
		Members     int        `json:"members"` // -1: the service does not say
		MuteAll     *bool      `json:"mute_all,omitempty"`
		Created     *time.Time `json:"created,omitempty"`
		LastMessage *time.Time `json:"last_message,omitempty"`
	}
	memberList struct {
		Members []memberOut `json:"members"`
		Next    string      `json:"next,omitempty"`
	}
	memberOut struct {
		User       string     `json:"user"`
		Role       string     `json:"role"`
		Card       string     `json:"card,omitempty"`
		Joined     *time.Time `json:"joined,omitempty"`
		MutedUntil *time.Time `json:"muted_until,omitempty"` // the year 9999: without end
	}
	muteList struct {
		Muted []muteOut `json:"muted"`
		Next  string    `json:"next,omitempty"`
	}
	muteOut struct {
		User  string     `json:"user"`
		Until *time.Time `json:"until,omitempty"`
	}
	messageList struct {
		Messages []messageOut `json:"messages"`
		Older    string       `json:"older,omitempty"` // from, for those before
	}
	messageOut struct {
		ID    string     `json:"id"`
		Seq   string     `json:"seq"`
		From  string     `json:"from"`
		At    *time.Time `json:"at,omitempty"`
		State string     `json:"state"` // said, recalled, hole
		Text  string     `json:"text,omitempty"`
		Other int        `json:"other,omitempty"` // parts that are no text
	}
	userOut struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		Signature string `json:"signature,omitempty"`
		Language  string `json:"language,omitempty"`
	}
)

func (p *programCall) apps() (any, error) {
	op, _ := auth.OperatorFrom(p.c.Request.Context())
	list := appList{Apps: []appOut{}}
	for _, a := range p.s.appsOf(op) {
		if op.CanIn(a.Name, auth.VerbView) {
			list.Apps = append(list.Apps, appOut{a.Name, a.Title, string(a.IM.Vendor), a.IM.AppID})
		}
	}
	return list, nil
}

func groupAsJSON(g imclient.Group) groupOut {
	out := groupOut{
		ID: g.ID, Type: string(g.Type), Name: g.Name, Intro: g.Intro, Notice: g.Notice, Owner: g.OwnerID, Members: g.Members,
		Created: moment(g.Created), LastMessage: moment(g.LastMessage),
	}
	if g.MuteAll != imclient.Unknown {
		on := g.MuteAll == imclient.On
		out.MuteAll = &on
	}
	return out
}

func (p *programCall) groups() (any, error) {
	limit, err := p.limit()
	if err != nil {
		return nil, err
	}
	cursor, err := p.cursor()
	if err != nil {
		return nil, err
	}
	if err := p.offered(imclient.VerbListGroups, ""); err != nil {
		return nil, err
	}
	o := imclient.GroupListOptions{Type: imclient.GroupType(clip(p.c.Query("type"), 64)), Cursor: cursor, Limit: atMost(limit, p.app.IM.Caps.Limits.GroupsPage)}
	page, err := p.app.IM.Groups.List(p.c.Request.Context(), o)
	if err != nil {
		return nil, err
	}
	list := groupList{Groups: []groupOut{}, Next: page.Next}
	for _, g := range page.Items {
		list.Groups = append(list.Groups, groupAsJSON(g))
	}
	return list, nil
}

// atMost is n, or the service's limit if that is less.
func atMost(n, limit int) int {
	if limit > 0 {
		return min(n, limit)
	}
	return n
}

func (p *programCall) group() (any, error) {
	g, err := p.app.IM.Groups.Get(p.c.Request.Context(), p.groupID())
	if err != nil {
		return nil, err
	}
	return groupAsJSON(g), nil
}

func (p *programCall) members() (any, error) {
	limit, err := p.limit()
	if err != nil {
		return nil, err
	}
	cursor, err := p.cursor()
	if err != nil {
		return nil, err
	}
	g, err := p.app.IM.Groups.Get(p.c.Request.Context(), p.groupID())
	if err == nil {
		err = p.offered(imclient.VerbListMembers, g.Type)
	}
	if err != nil {
		return nil, err
	}
	o := imclient.MemberListOptions{Group: g.ID, Type: g.Type, Cursor: cursor, Limit: atMost(limit, p.app.IM.Caps.Limits.MembersPage)}
	page, err := p.app.IM.Members.List(p.c.Request.Context(), o)
	if err != nil {
		return nil, err
	}
	list := memberList{Members: []memberOut{}, Next: page.Next}
	for _, m := range page.Items {
		list.Members = append(list.Members, memberOut{m.UserID, string(m.Role), m.NameCard, moment(m.Joined), moment(m.MutedUntil)})
	}
	return list, nil
}

func (p *programCall) muted() (any, error) {
	limit, err := p.limit()
	if err != nil {
		return nil, err
	}
	cursor, err := p.cursor()
	if err != nil {
		return nil, err
	}
	g, err := p.app.IM.Groups.Get(p.c.Request.Context(), p.groupID())
	if err == nil {
		err = p.offered(imclient.VerbMutedList, g.Type)
	}
	if err != nil {
		return nil, err
	}
	page, err := p.app.IM.Mutes.List(p.c.Request.Context(), g.ID, cursor, limit)
	if err != nil {
		return nil, err
	}
	list := muteList{Muted: []muteOut{}, Next: page.Next}
	for _, m := range page.Items {
		list.Muted = append(list.Muted, muteOut{m.UserID, moment(m.Until)})
	}
	return list, nil
}

func (p *programCall) messages() (any, error) {
	limit, err := p.limit()
	if err != nil {
		return nil, err
	}
	from := p.c.Query("from")
	if len(from) > maxCursor {
		return nil, badBody{"from"}
	}
	g, err := p.app.IM.Groups.Get(p.c.Request.Context(), p.groupID())
	if err == nil {
		err = p.offered(imclient.VerbHistory, g.Type)
	}
	if err != nil {
		return nil, err
	}
	page, err := p.app.IM.Messages.History(p.c.Request.Context(), imclient.HistoryOptions{
		Conversation: imclient.Conversation{Group: g.ID, Type: g.Type}, From: from, Limit: atMost(limit, p.app.IM.Caps.Limits.HistoryPage),
	})
	if err != nil {
		return nil, err
	}
	op, _ := auth.OperatorFrom(p.c.Request.Context())
	list := messageList{Messages: []messageOut{}, Older: page.Older}
	for _, m := range page.Messages {
		out := messageOut{ID: m.ID, Seq: m.Seq, From: m.From, At: moment(m.At), State: messageStates[m.State]}
		// What was taken back is shown to those who may take back, as on the page.
		if m.State == imclient.MessageSaid || op.CanIn(p.app.Name, auth.VerbRecall) {
			out.Text, out.Other = wordsOf(m.Body)
		}
		list.Messages = append(list.Messages, out)
	}
	return list, nil
}

var messageStates = map[imclient.MessageState]string{imclient.MessageSaid: "said", imclient.MessageRecalled: "recalled", imclient.MessageHole: "hole"}

// wordsOf is what a message says in words, and how many of its parts are none.
func wordsOf(body []imclient.Element) (text string, other int) {
	var parts []string
	for _, e := range body {
		if t, ok := e.(imclient.Text); ok {
			parts = append(parts, t.Text)
		} else {
			other++
		}
	}
	return strings.Join(parts, "\n"), other
}

func (p *programCall) user() (any, error) {
	u, err := p.app.IM.Users.Get(p.c.Request.Context(), p.c.Param("user"))
	if err != nil {
		return nil, err
	}
	return userOut{u.ID, u.Nick, u.Signature, u.Language}, nil
}
