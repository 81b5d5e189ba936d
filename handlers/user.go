package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// Sizes of a user's page.
const (
	userGroupsPage = 20
	userActs       = 5
)

// userFacts are the parts of a user's page. Each has its own error.
type userFacts struct {
	profile    imclient.User
	profileErr error
	// unregistered: the service has no profile of the user, who can be in groups and talk all the same.
	unregistered bool

	presence    imclient.Presence
	presenceErr error

	global    imclient.GlobalMute
	globalErr error

	groups    imclient.Page[imclient.JoinedGroup]
	groupsErr error
	cursor    string               // of the page of groups that is shown
	expired   bool                 // the page that was asked for is gone: this is the first one
	elsewhere []imclient.Group     // where the user is muted besides
	mutes     map[string]time.Time // by group; a missing one could not be read

	register []store.Sanction // what the register has of the user, newest first
	muteAll  map[string]bool  // groups of the page in which only owner and admins may write
}

// userPage shows one user. It costs two queries and up to four calls at once, then one for each of at most 20 groups on
// the page and one for all of them; where the register names mutes in other groups, one for these and at most two for each of 8.
func (s *Server) userPage(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v, f, err := s.userNow(c, app, c.Param("user"), c.Request.URL)
	if err != nil {
		return err
	}
	if f.profileErr == nil && !wantsPart(c.Request) {
		s.opened(c, app, store.KindUser, v.ID, f.profile.Nick)
	}
	part := templates.UserGroups(v)
	if targets(c.Request, "user-rail") {
		part = templates.UserRail(v)
	}
	return render(c, http.StatusOK, templates.UserPage(s.chrome(c), v), part)
}

// targets reports whether htmx asked for the element with an id. It names elements by tag and id, "aside#user-rail".
func targets(r *http.Request, id string) bool {
	_, at, _ := strings.Cut(r.Header.Get("HX-Target"), "#")
	return at == id
}

// userNow reads a user and builds the page that u is the address of. An error means that there is no user to show.
func (s *Server) userNow(c *gin.Context, app *App, id string, u *url.URL) (templates.UserView, *userFacts, error) {
	ctx := c.Request.Context()
	register, err := s.register(ctx, app, id)
	if err != nil {
		return templates.UserView{}, nil, fmt.Errorf("a user in the register: %w", err)
	}
	f := s.readUser(ctx, app, id, u.Query().Get("cursor"), register)
	if errors.Is(f.profileErr, imclient.ErrNotFound) && app.IM.Caps.Nameless(id) {
		f.profileErr, f.unregistered = nil, true
	}
	if errors.Is(f.profileErr, imclient.ErrNotFound) || errors.Is(f.profileErr, imclient.ErrInvalid) {
		return templates.UserView{}, nil, f.profileErr
	}
	if f.profileErr != nil && f.presenceErr != nil && f.globalErr != nil && f.groupsErr != nil {
		return templates.UserView{}, nil, f.profileErr // nothing of it is known: that is not a page
	}
	v := s.userView(c, app, id, f, u)
	if err := s.userHistory(c, app, id, &v); err != nil {
		return templates.UserView{}, nil, err
	}
	return v, f, nil
}

// opened notes which page this operator looked at, for the palette and the overview.
func (s *Server) opened(c *gin.Context, app *App, kind, id, title string) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	err := s.Store.Settings.Opened(ctx, op.ID, store.Place{App: app.Name, Kind: kind, ID: id, Title: title, At: s.Now()})
	if err != nil {
		s.Log.WarnContext(ctx, "note what was opened", "reference", referenceOf(ctx), "error", err)
	}
}

func (s *Server) readUser(ctx context.Context, app *App, id, cursor string, register []store.Sanction) *userFacts {
	f := &userFacts{mutes: map[string]time.Time{}, cursor: cursor, register: register}
	var wg sync.WaitGroup
	wg.Go(func() { f.profile, f.profileErr = app.IM.Users.Get(ctx, id) })
	wg.Go(func() {
		var list []imclient.Presence
		if list, f.presenceErr = app.IM.Users.Presence(ctx, []string{id}); f.presenceErr == nil && len(list) == 1 {
			f.presence = list[0]
		}
	})
	wg.Go(func() { f.global, f.globalErr = app.IM.Mutes.Global(ctx, id) })
	wg.Go(func() { s.readJoined(ctx, app, id, f) })
	wg.Wait()
	return f
}

// readJoined reads a page of the user's groups, and where the user is muted.
func (s *Server) readJoined(ctx context.Context, app *App, id string, f *userFacts) {
	f.groups, f.groupsErr = app.IM.Users.Groups(ctx, id, f.cursor, userGroupsPage)
	if f.cursor != "" && errors.Is(f.groupsErr, imclient.ErrInvalid) {
		f.cursor, f.expired = "", true
		f.groups, f.groupsErr = app.IM.Users.Groups(ctx, id, "", userGroupsPage)
	}
	if f.groupsErr == nil {
		var groups []imclient.Group
		for _, j := range f.groups.Items {
			groups = append(groups, j.Group)
		}
		f.mutes = s.readMutes(ctx, app, id, groups)
	}
	var ends map[string]time.Time
	f.elsewhere, ends = s.mutedElsewhere(ctx, app, id, f.register, f.groups.Items)
	maps.Copy(f.mutes, ends)
	f.muteAll = s.readMuteAll(ctx, app, f)
}

func (s *Server) userView(c *gin.Context, app *App, id string, f *userFacts, u *url.URL) templates.UserView {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	v := templates.UserView{
		ID: id, Name: f.profile.Nick, BackURL: appURL(app, "users"), RetryURL: u.RequestURI(), GroupCount: -1,
		AuditURL: userURL(app, id, tabActivity),
	}
	v.Answers, v.Reply = s.answerView(c, app, id, f)
	v.Sanctions, v.SanctionsURL = s.userSanctionRows(c, app, f.register), sanctionsURL(app, "user", id)
	v.Tabs, v.Parts = s.userTabs(ctx, app, id, "summary"), s.lazyParts(ctx, app, id)
	v.ProfileFailed = failedPart(ctx, f.profileErr)
	switch {
	case f.unregistered:
		v.Profile = []templates.FactView{{Name: i18n.T(ctx, "users.field.account"), Value: i18n.T(ctx, "users.unregistered")}}
	case f.profileErr == nil:
		v.Profile = profileFacts(ctx, app, f.profile)
	}
	s.presenceView(ctx, app, f, &v)
	s.joinedView(ctx, app, op, f, u, &v)
	s.mayView(ctx, app, op, f, &v)
	v.Actions = s.userButtons(c, app, id, f, v.Lift != nil)
	p := &partly{s: s, c: c, app: app, id: id, op: op}
	edit := p.sheet(auth.VerbEditUser, imclient.VerbEditUser, templates.ButtonView{Text: i18n.T(ctx, "users.edit"), Icon: "edit"}, []string{editUserSheet.path})
	if f.unregistered {
		edit.Why = orID(edit.Why, i18n.T(ctx, "users.unregistered_edit"))
	}
	if f.profileErr == nil && !f.unregistered {
		v.Edit = &edit
	}
	v.More = []templates.ButtonView{edit, p.sheet(auth.VerbDeleteUsers, imclient.VerbDeleteUsers,
		templates.ButtonView{Text: i18n.T(ctx, "users.delete"), Icon: "trash"}, []string{deleteUserSheet.path}), p.sheet(auth.VerbMakeToken, imclient.VerbToken,
		templates.ButtonView{Text: i18n.T(ctx, "rooms.token.button"), Icon: "shield"}, []string{"token"})}
	if f.unregistered {
		v.More = append(v.More, templates.ButtonView{
			Text: i18n.T(ctx, "users.register"), Icon: "plus", URL: importURL(app) + "?ids=" + url.QueryEscape(id), Why: notOffered(c, app, auth.VerbImportUsers, imclient.VerbImportUsers, ""),
		})
	}
	return v
}

// failedPart is why a part of a page has no content; nil if it has.
func failedPart(ctx context.Context, err error) *templates.Notice {
	if err == nil {
		return nil
	}
	n := explain(ctx, err, false).notice
	n.RetryAt = time.Time{}
	return &n
}

func (s *Server) userTabs(ctx context.Context, app *App, id, open string) []templates.Tab {
	var tabs []templates.Tab
	for _, key := range []string{"summary", tabContacts, tabFriends, tabBlocks, tabActivity} {
		//i18n:uses users.tab.*
		t := templates.Tab{Text: i18n.T(ctx, "users.tab."+key), URL: userURL(app, id), Current: key == open}
		if key != "summary" {
			t.URL = userURL(app, id, key)
		}
		tabs = append(tabs, t)
	}
	return tabs
}

func profileFacts(ctx context.Context, app *App, u imclient.User) []templates.FactView {
	list := []templates.FactView{
		{Name: i18n.T(ctx, "users.field.nick"), Value: u.Nick},
		{Name: i18n.T(ctx, "users.field.signature"), Value: u.Signature},
		{Name: i18n.T(ctx, "users.field.gender"), Value: genderText(ctx, u.Gender)},
		{Name: i18n.T(ctx, "users.field.birthday"), Value: birthdayText(u.Birthday)},
		{Name: i18n.T(ctx, "users.field.location"), Value: u.Location},
		{Name: i18n.T(ctx, "users.field.language"), Value: u.Language},
		{Name: i18n.T(ctx, "users.field.level"), Value: u.Level},
		{Name: i18n.T(ctx, "users.field.allow"), Value: allowText(ctx, u.AllowType)},
	}
	if !app.IM.Caps.Traits.ProfileTags {
		list = list[:1]
	}
	if u.Forbidden {
		list = append(list, templates.FactView{Name: i18n.T(ctx, "users.field.forbidden"), Value: i18n.T(ctx, "users.requests_forbidden")})
	}
	for _, f := range u.Custom {
		list = append(list, customFact(ctx, f))
	}
	return list
}

func genderText(ctx context.Context, g string) string {
	if g != "female" && g != "male" {
		return ""
	}
	//i18n:uses users.gender.*
	return i18n.T(ctx, "users.gender."+g)
}

// birthdayText writes YYYYMMDD as a day; anything else as it is.
func birthdayText(b string) string {
	if t, err := time.Parse("20060102", b); err == nil {
		return t.Format(time.DateOnly)
	}
	return b
}

// allowText says how friend requests are treated.
func allowText(ctx context.Context, t string) string {
	key := "users.allow." + strings.TrimPrefix(strings.ToLower(t), "allowtype_type_")
	//i18n:uses users.allow.*
	if i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return t
}

func (s *Server) presenceView(ctx context.Context, app *App, f *userFacts, v *templates.UserView) {
	v.DevicesFailed = failedPart(ctx, f.presenceErr)
	if f.presenceErr != nil {
		return
	}
	for _, d := range f.presence.Devices {
		row := templates.DeviceRow{Platform: d.Platform, Icon: "desktop", Tone: "off"}
		switch strings.ToLower(d.Platform) {
		case "iphone", "android", "ipad", "ios":
			row.Icon = "phone"
		case "web":
			row.Icon = "globe"
		}
		if d.State == "online" {
			row.Tone = "ok"
			v.Devices++
		}
		row.State = presenceText(ctx, d.State)
		v.DeviceRows = append(v.DeviceRows, row)
	}
	v.Online = f.presence.State == "online"
	v.State = presenceText(ctx, f.presence.State)
	if v.Online && v.Devices > 0 {
		v.State = i18n.N(ctx, "users.online_devices", v.Devices)
	}
}

func presenceText(ctx context.Context, state string) string {
	switch state {
	case "online", "push", "offline":
		//i18n:uses users.presence.*
		return i18n.T(ctx, "users.presence."+state)
	}
	return ""
}

func (s *Server) joinedView(ctx context.Context, app *App, op auth.Operator, f *userFacts, u *url.URL, v *templates.UserView) {
	v.GroupsFailed = failedPart(ctx, f.groupsErr)
	if f.groupsErr != nil {
		return
	}
	v.GroupCount, v.GroupsExpired = f.groups.Total, f.expired
	if f.groups.Next != "" {
		v.GroupsMore = withQuery(u, "cursor", f.groups.Next)
	}
	if f.cursor != "" {
		v.GroupsFirst = withQuery(u, "cursor", "")
	}
	for _, g := range f.groups.Items {
		until, read := f.mutes[g.Group.ID]
		row := templates.UserGroupRow{
			Person: templates.PersonView{ID: g.Group.ID, Name: g.Group.Name, Group: true, URL: groupURL(app, g.Group.ID, tabMessages)},
			Type:   typeChip(ctx, app, g.Group.Type), Role: string(g.Role), Mute: s.muteView(until), Unknown: !read, Joined: g.Joined,
		}
		if row.Mute.Muted && op.CanIn(app.Name, auth.VerbUnmute) {
			row.LiftURL, row.Lift = liftURL(app, g.Group.ID), liftForm(v)
		}
		v.MuteUnknown = v.MuteUnknown || !read
		v.Groups = append(v.Groups, row)
	}
}

// liftForm is what is sent to lift one mute. Sent twice, it is carried out once.
func liftForm(v *templates.UserView) []string {
	return []string{"users", v.ID, "back", v.RetryURL, "key", rand.Text()}
}

func liftURL(app *App, group string) string { return groupURL(app, group, tabMembers, "unmute") }

// muteView is a mute as a chip shows it; one that is over is none.
func (s *Server) muteView(until time.Time) templates.MuteView {
	switch {
	case until.IsZero() || until.Before(s.Now()):
		return templates.MuteView{}
	case !until.Before(imclient.Forever):
		return templates.MuteView{Muted: true}
	}
	return templates.MuteView{Muted: true, Until: until}
}

// mayView says where the user may speak. One mute is lifted by one key; of several, each has its button.
func (s *Server) mayView(ctx context.Context, app *App, op auth.Operator, f *userFacts, v *templates.UserView) {
	if app.IM.Caps.Can(imclient.VerbGlobalMute, "") {
		if v.MayFailed = failedPart(ctx, f.globalErr); v.MayFailed == nil {
			v.May = append(v.May,
				templates.MayRow{Where: i18n.T(ctx, "users.may_direct"), Mute: s.muteView(f.global.DirectUntil)},
				templates.MayRow{Where: i18n.T(ctx, "users.may_groups"), Mute: s.muteView(f.global.GroupUntil)})
		}
	}
	var lifts []string
	for _, m := range s.mutesInForce(f) {
		if m.group.ID == "" {
			continue
		}
		lifts = append(lifts, liftURL(app, m.group.ID))
		v.May = append(v.May, templates.MayRow{
			Where: orID(m.group.Name, m.group.ID), Group: true, URL: groupURL(app, m.group.ID, tabMessages), Mute: s.muteView(m.until),
		})
	}
	if len(lifts) == 1 && op.CanIn(app.Name, auth.VerbUnmute) {
		v.Lift = &templates.ButtonView{Text: i18n.T(ctx, "users.lift"), Icon: "mic", Key: "u", Variant: "primary"}
		v.LiftURL, v.LiftIDs = lifts[0], liftForm(v)
	}
}

// userButtons are what can be done to a user in the whole app.
// lifted: another button has the key that lifts a mute.
func (s *Server) userButtons(c *gin.Context, app *App, id string, f *userFacts, lifted bool) []templates.ButtonView {
	ctx := c.Request.Context()
	open := func(right auth.Verb, needs imclient.Verb, b templates.ButtonView) templates.ButtonView {
		b.Why = notOffered(c, app, right, needs, "")
		if b.URL != "" {
			b.Attrs = templates.SheetAttrs(b.URL)
		}
		return b
	}
	var list []templates.ButtonView
	now := s.Now()
	if f.globalErr == nil && (f.global.DirectUntil.After(now) || f.global.GroupUntil.After(now)) {
		lift := templates.ButtonView{Text: i18n.T(ctx, "users.global_unmute"), Icon: "mic", URL: userURL(app, id, "global-unmute")}
		if !lifted {
			lift.Key = "u"
		}
		list = append(list, open(auth.VerbGlobalUnmute, imclient.VerbGlobalMute, lift))
	}
	return append(list,
		open(auth.VerbGlobalMute, imclient.VerbGlobalMute, templates.ButtonView{
			Text: i18n.T(ctx, "users.global_mute"), Icon: "mute", Key: "m", URL: userURL(app, id, "global-mute"),
		}),
		open(auth.VerbSignOut, imclient.VerbSignOut, templates.ButtonView{
			Text: i18n.T(ctx, "users.sign_out"), Icon: "logout", URL: userURL(app, id, "sign-out"),
		}))
}

// userHistory is what operators did to the user lately.
func (s *Server) userHistory(c *gin.Context, app *App, id string, v *templates.UserView) error {
	ctx := c.Request.Context()
	entries, err := s.Store.Audit.List(ctx, store.AuditFilter{App: app.Name, User: id}, 0, userActs)
	if err != nil {
		return fmt.Errorf("what was done to a user: %w", err)
	}
	list := auditList{s: s, c: c, app: app}
	v.Lately = list.rows(ctx, entries).Rows
	for i := range v.Lately {
		v.Lately[i].OpenURL = entryURL(app, v.Lately[i].ID)
	}
	return nil
}

// userActivity is all that operators did to one user. The log is ours and stands without the service: it names users who
// are gone. Of a user who never was there is nothing to show.
func (s *Server) userActivity(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	id := c.Param("user")
	list := auditList{s: s, c: c, url: userURL(app, id, tabActivity), app: app, user: id}
	log, err := list.view()
	if err != nil {
		return err
	}
	v := templates.UserView{ID: id, BackURL: appURL(app, "users"), GroupCount: -1, Tabs: s.userTabs(ctx, app, id, tabActivity)}
	v.Section = i18n.T(ctx, "users.tab."+tabActivity)
	u, err := app.IM.Users.Get(ctx, id)
	switch {
	case err == nil:
		v.Name = u.Nick
	case app.IM.Caps.Nameless(id) && errors.Is(err, imclient.ErrNotFound):
	case len(log.Rows) == 0 && !log.Filtered && (errors.Is(err, imclient.ErrNotFound) || errors.Is(err, imclient.ErrInvalid)):
		return err
	}
	return render(c, http.StatusOK, templates.UserActivityPage(s.chrome(c), v, log), templates.AuditTable(log))
}
