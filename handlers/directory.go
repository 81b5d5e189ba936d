package handlers

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
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

func (s *Server) directoryRoutes() []route {
	return []route{
		{get, "/apps/:app/known-groups", auth.VerbKnow, s.knownForm},
		{post, "/apps/:app/known-groups", auth.VerbKnow, s.addKnown},
		{post, "/apps/:app/known-groups/walk", auth.VerbFind, s.startWalk},
	}
}

// directory notes which groups and users there are, and what they are called, whenever the service tells of some. It is the list
// of groups of an app whose vendor has none.
type directory struct {
	app    string
	vendor imclient.Vendor
	known  store.Directory
	now    func() time.Time
	warn   func(context.Context, error)

	mu    sync.Mutex
	noted map[string]time.Time // by group or user: when it was, so that what somebody looks at is not written all the time
}

// noteAgain is how old what is known may be before it is written again, and maxNoted how many are remembered.
const (
	noteAgain = 5 * time.Minute
	maxNoted  = 20_000
)

// keepDirectory puts the directory around an app's client.
func (s *Server) keepDirectory(a *App) {
	d := &directory{
		app: a.Name, vendor: a.IM.Vendor, known: s.Store.Directory, now: s.Now, noted: map[string]time.Time{},
		warn: func(ctx context.Context, err error) {
			s.Log.WarnContext(ctx, "directory", "app", a.Name, "reference", referenceOf(ctx), "error", err)
		},
	}
	a.IM.Users = directoryUsers{a.IM.Users, d}
	if a.Lists() {
		a.IM.Groups = notedGroups{a.IM.Groups, d}
		return
	}
	a.IM.Groups = directoryGroups{notedGroups{a.IM.Groups, d}}
	a.IM.Contacts = directoryContacts{a.IM.Contacts, d}
}

// fresh reports whether something is to be written. The caller holds mu.
func (d *directory) fresh(key string, now time.Time) bool {
	if now.Sub(d.noted[key]) < noteAgain {
		return false
	}
	if len(d.noted) > maxNoted {
		clear(d.noted)
	}
	d.noted[key] = now
	return true
}

// note keeps groups that are there. That it fails is no reason for what was asked to fail.
func (d *directory) note(ctx context.Context, from string, groups ...imclient.Group) {
	if imclient.PriorityOf(ctx) == imclient.PriorityJob { // who reads in the background keeps what it found
		return
	}
	now := d.now()
	var list []store.KnownGroup
	d.mu.Lock()
	for _, g := range groups {
		if d.fresh(g.ID+"\x00"+g.Name, now) || from == store.KnownCreated {
			list = append(list, store.KnownGroup{App: d.app, ID: g.ID, Type: string(g.Type), Name: g.Name, Members: max(g.Members, 0), From: from, Seen: now})
		}
	}
	d.mu.Unlock()
	for part := range slices.Chunk(list, store.MaxKnown) {
		if err := d.known.Note(ctx, part); err != nil {
			d.warn(ctx, err)
		}
	}
}

// noteUsers keeps what users are called.
func (d *directory) noteUsers(ctx context.Context, users ...imclient.User) {
	if imclient.PriorityOf(ctx) == imclient.PriorityJob {
		return
	}
	now := d.now()
	var list []store.Name
	d.mu.Lock()
	for _, u := range users {
		if d.fresh("\x00"+u.ID+"\x00"+u.Nick, now) {
			list = append(list, store.Name{App: d.app, Kind: store.KindUser, ID: u.ID, Name: u.Nick, Members: -1, Seen: now, Named: now})
		}
	}
	d.mu.Unlock()
	for part := range slices.Chunk(list, store.MaxKnown) {
		if err := d.known.NoteNames(ctx, part); err != nil {
			d.warn(ctx, err)
		}
	}
}

func (d *directory) gone(ctx context.Context, ids ...string) {
	d.mu.Lock()
	clear(d.noted)
	d.mu.Unlock()
	if err := d.known.Gone(ctx, d.app, ids, d.now()); err != nil {
		d.warn(ctx, err)
	}
}

type knownFromKey struct{}

// knownFrom is how the groups that are asked for became known.
func knownFrom(ctx context.Context) string {
	if from, is := ctx.Value(knownFromKey{}).(string); is {
		return from
	}
	return store.KnownOpened
}

// notedGroups notes the groups that the service tells of, and those that are gone.
type notedGroups struct {
	imclient.Groups
	d *directory
}

// List notes a page.
func (g notedGroups) List(ctx context.Context, o imclient.GroupListOptions) (imclient.Page[imclient.Group], error) {
	page, err := g.Groups.List(ctx, o)
	g.d.note(ctx, store.KnownListed, page.Items...)
	return page, err
}

// GetMany notes the groups that were asked for, and those that are gone.
func (g notedGroups) GetMany(ctx context.Context, ids []string) ([]imclient.Group, []imclient.Refused, error) {
	groups, refused, err := g.Groups.GetMany(ctx, ids)
	if err != nil {
		return groups, refused, err
	}
	g.d.note(ctx, knownFrom(ctx), groups...)
	var gone []string
	for _, r := range refused {
		if errors.Is(r.Err, imclient.ErrNotFound) {
			gone = append(gone, r.ID)
		}
	}
	if len(gone) > 0 && len(gone) <= store.MaxKnown {
		g.d.gone(ctx, gone...)
	}
	return groups, refused, nil
}

// Get notes the group that was asked for, or that it is gone.
func (g notedGroups) Get(ctx context.Context, id string) (imclient.Group, error) {
	group, err := g.Groups.Get(ctx, id)
	switch {
	case err == nil:
		g.d.note(ctx, store.KnownOpened, group)
	case errors.Is(err, imclient.ErrNotFound):
		g.d.gone(ctx, id)
	}
	return group, err
}

// Create notes the new group.
func (g notedGroups) Create(ctx context.Context, n imclient.NewGroup) (string, []imclient.Refused, error) {
	id, refused, err := g.Groups.Create(ctx, n)
	if err == nil {
		g.d.note(ctx, store.KnownCreated, imclient.Group{ID: id, Type: n.Type, Name: n.Name})
	}
	return id, refused, err
}

// Dismiss notes that the group is gone.
func (g notedGroups) Dismiss(ctx context.Context, id string) error {
	err := g.Groups.Dismiss(ctx, id)
	if err == nil {
		g.d.gone(ctx, id)
	}
	return err
}

// directoryGroups lists what is known.
type directoryGroups struct{ notedGroups }

// List reads a page of the directory and what the service says of its groups now, a call for each 50. Those that are gone
// are left out, so that a page may have fewer than were asked for.
func (g directoryGroups) List(ctx context.Context, o imclient.GroupListOptions) (imclient.Page[imclient.Group], error) {
	n := o.Limit
	if n <= 0 {
		n = groupsPage
	}
	list, next, err := g.d.known.List(ctx, g.d.app, store.KnownQuery{Type: string(o.Type), Cursor: o.Cursor, N: n})
	if errors.Is(err, store.ErrInvalid) {
		return imclient.Page[imclient.Group]{}, &imclient.Error{Op: "groups.list", Vendor: g.d.vendor, Kind: imclient.ErrInvalid, Cause: err}
	}
	if err != nil {
		return imclient.Page[imclient.Group]{}, err
	}
	page := imclient.Page[imclient.Group]{Next: next, Total: -1}
	if len(list) == 0 {
		return page, nil
	}
	ids := make([]string, len(list))
	for i, k := range list {
		ids[i] = k.ID
	}
	if page.Items, _, err = g.GetMany(ctx, ids); err != nil {
		return page, err
	}
	if o.Type == "" {
		page.Total, err = g.d.known.Count(ctx, g.d.app)
	}
	return page, err
}

// directoryUsers notes what users are called, and the groups that they are in.
type directoryUsers struct {
	imclient.Users
	d *directory
}

func (u directoryUsers) Get(ctx context.Context, id string) (imclient.User, error) {
	user, err := u.Users.Get(ctx, id)
	if err == nil {
		u.d.noteUsers(ctx, user)
	}
	return user, err
}

func (u directoryUsers) GetMany(ctx context.Context, ids []string) ([]imclient.User, []imclient.Refused, error) {
	users, refused, err := u.Users.GetMany(ctx, ids)
	u.d.noteUsers(ctx, users...)
	return users, refused, err
}

// Delete forgets whose accounts are gone.
func (u directoryUsers) Delete(ctx context.Context, ids []string) ([]imclient.Refused, error) {
	refused, err := u.Users.Delete(ctx, ids)
	if err != nil {
		return refused, err
	}
	for _, id := range ids {
		if slices.ContainsFunc(refused, func(r imclient.Refused) bool { return r.ID == id }) {
			continue
		}
		if err := u.d.known.ForgetUser(ctx, u.d.app, id); err != nil {
			u.d.warn(ctx, err)
		}
	}
	return refused, nil
}

// Edit notes the new name.
func (u directoryUsers) Edit(ctx context.Context, user string, c imclient.UserChange) error {
	err := u.Users.Edit(ctx, user, c)
	if err == nil {
		if err := u.d.known.Stale(ctx, u.d.app, store.KindUser, []string{user}); err != nil {
			u.d.warn(ctx, err)
		}
	}
	return err
}

func (u directoryUsers) Groups(ctx context.Context, user, cursor string, limit int) (imclient.Page[imclient.JoinedGroup], error) {
	page, err := u.Users.Groups(ctx, user, cursor, limit)
	var groups []imclient.Group
	for _, j := range page.Items {
		groups = append(groups, j.Group)
	}
	u.d.note(ctx, store.KnownUser, groups...)
	return page, err
}

// directoryContacts notes the groups on users' lists of conversations.
type directoryContacts struct {
	imclient.Contacts
	d *directory
}

func (u directoryContacts) List(ctx context.Context, o imclient.ContactListOptions) (imclient.Page[imclient.Contact], error) {
	page, err := u.Contacts.List(ctx, o)
	var groups []imclient.Group
	for _, c := range page.Items {
		if !c.Conversation.Direct() {
			groups = append(groups, imclient.Group{ID: c.Conversation.Group, Type: c.Conversation.Type})
		}
	}
	u.d.note(ctx, store.KnownUser, groups...)
	return page, err
}

// findKnown returns groups of the directory whose name or id has a text in it, as the service says they are now.
func (s *Server) findKnown(ctx context.Context, app *App, find string) ([]imclient.Group, error) {
	names, err := s.Store.Directory.Find(ctx, store.NameQuery{Apps: []string{app.Name}, Kind: store.KindGroup, Text: find, N: groupsPage})
	if err != nil || len(names) == 0 {
		return nil, err
	}
	ids := make([]string, len(names))
	for i, n := range names {
		ids[i] = n.ID
	}
	groups, _, err := app.IM.Groups.GetMany(ctx, ids)
	return groups, err
}

// showKnownFrom writes into rows how each group became known, and when it was last seen.
func (s *Server) showKnownFrom(ctx context.Context, app *App, rows []templates.GroupRow) error {
	if app.Lists() {
		return nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	known, err := s.Store.Directory.Get(ctx, app.Name, ids)
	if err != nil {
		return err
	}
	for i := range rows {
		if k, is := known[rows[i].ID]; is {
			//i18n:uses directory.from.*
			rows[i].Known, rows[i].Seen = i18n.T(ctx, "directory.from."+k.From), k.Seen
		}
	}
	return nil
}

// knownLink leads from the list of groups to the form that adds to it.
func (s *Server) knownLink(c *gin.Context, app *App) templates.ButtonView {
	return templates.ButtonView{
		Text: i18n.T(c.Request.Context(), "directory.add"), Icon: "plus", URL: knownURL(app),
		Why: notOfApp(c, app, auth.VerbKnow, imclient.VerbUserGroups),
	}
}

func knownURL(app *App) string { return appURL(app, "known-groups") }

// knownForm asks for ids of groups. It costs no call.
func (s *Server) knownForm(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	if app.Lists() {
		return seeOther(c, appURL(app, "groups"))
	}
	return s.renderKnown(c, app, http.StatusOK, knownForm{})
}

// addKnown looks the groups up, a call for each 50, and keeps those that are there. The others stay in the form.
func (s *Server) addKnown(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v, file, err := uploadForm(c)
	if err != nil {
		return err
	}
	if app.Lists() {
		return seeOther(c, appURL(app, "groups"))
	}
	ctx := c.Request.Context()
	text := strings.TrimSpace(lines(v.Get("ids")))
	ids, _ := distinctIDs(append(splitIDs(text), firstColumn(file)...))
	switch {
	case len(ids) == 0:
		return s.renderKnown(c, app, http.StatusUnprocessableEntity, knownForm{text: text, wrong: i18n.T(ctx, "directory.none")})
	case len(ids) > store.MaxKnown:
		return s.renderKnown(c, app, http.StatusUnprocessableEntity, knownForm{
			text: text, wrong: i18n.T(ctx, "action.invalid.too_many", "n", len(ids), "limit", store.MaxKnown),
		})
	}
	groups, refused, err := app.IM.Groups.GetMany(context.WithValue(ctx, knownFromKey{}, store.KnownPasted), ids)
	if err != nil { // nothing typed is lost
		p := explain(ctx, err, true)
		s.logFailure(c, err, p.status)
		return s.renderKnown(c, app, p.status, knownForm{text: strings.Join(ids, "\n"), notice: &p.notice})
	}
	if len(refused) == 0 {
		t := templates.Toast{Text: i18n.N(ctx, "directory.added", len(groups))}
		return s.answer(c, http.StatusOK, t, appURL(app, "groups"))
	}
	var missing []string
	for _, r := range refused {
		missing = append(missing, clip(r.ID, maxFind))
	}
	return s.renderKnown(c, app, http.StatusUnprocessableEntity, knownForm{
		text: strings.Join(missing, "\n"), wrong: i18n.N(ctx, "directory.missing", len(missing)),
		notice: &templates.Notice{Tone: "info", Title: i18n.N(ctx, "directory.added", len(groups)), Answer: true},
	})
}

// firstColumn reads ids out of a file: the first column of each line, without heads that hold no digit.
func firstColumn(file []byte) []string {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\uFEFF"))))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	var ids []string
	for len(ids) <= store.MaxKnown {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(record) == 0 {
			continue
		}
		if id := strings.TrimSpace(record[0]); strings.ContainsAny(id, "0123456789") {
			ids = append(ids, id)
		}
	}
	return ids
}

// knownForm is what was typed into the page of known groups, and what is wrong with it.
type knownForm struct {
	text, wrong string
	notice      *templates.Notice
	walk        walkForm
}

func (s *Server) renderKnown(c *gin.Context, app *App, status int, f knownForm) error {
	ctx := c.Request.Context()
	if f.walk.key == "" {
		f.walk = walkForm{most: strconv.Itoa(walkMosts[0]), members: true, key: rand.Text()}
	}
	walk, err := s.walkView(c, app, f.walk)
	if err != nil {
		return err
	}
	v := templates.KnownView{
		Action: knownURL(app), BackURL: appURL(app, "groups"), Notice: f.notice, Walk: walk,
		IDs: templates.FieldView{
			Name: "ids", Label: i18n.T(ctx, "directory.ids"), Value: f.text, Rows: 6, Error: f.wrong,
			Hint: i18n.T(ctx, "directory.ids_hint", "limit", store.MaxKnown), Attrs: map[string]any{"spellcheck": "false"},
		},
		File: templates.FieldView{
			Name: "file", Label: i18n.T(ctx, "users.import.file"), Type: "file", Optional: true,
			Hint: i18n.T(ctx, "directory.file_hint"), Attrs: map[string]any{"accept": ".csv,.txt,text/csv,text/plain"},
		},
	}
	var now *templates.WalkNow
	if walk != nil {
		now = walk.Now
	}
	return render(c, status, templates.KnownPage(s.chrome(c), v), templates.KnownWalk(now))
}
