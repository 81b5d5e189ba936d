package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/exports"
	"imdesk/imclient"
	"imdesk/jobs"
	"imdesk/sheet"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) jobFormRoutes() []route {
	const app = "/apps/:app/jobs"
	return []route{
		{get, "/apps/:app/groups/:group/jobs", auth.VerbBulk, s.newGroupJob},
		{get, app + "/new", auth.VerbBulk, s.newJob},
		{post, app + "/new", auth.VerbBulk, s.planJob},
		{post, app + "/start", auth.VerbBulk, s.startJob},
	}
}

// maxJobBody bounds a form with a list in it, in bytes: the longest list, or the largest file.
const maxJobBody = 12 << 20

// bodyLimit is how large a request to a route may be.
func bodyLimit(route string) int64 {
	switch route {
	case "/apps/:app/jobs/new", "/apps/:app/jobs/start", programJobs, programJobs + "/plan":
		return maxJobBody
	case rulesURL + "/import", rulesURL + "/new-list", rulesURL + "/list/:list", rulesURL + "/list/:list/import":
		return maxListBody
	}
	return maxBody
}

func newJobURL(app *App, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	link := appURL(app, "jobs", "new")
	if len(q) > 0 {
		link += "?" + q.Encode()
	}
	return link
}

// jobKind is how the form of a kind looks.
type jobKind struct {
	name     string
	needs    imclient.Verb
	groups   bool // it is about groups, or about people in groups
	people   bool
	messages bool // that are looked for
	lasts    bool
	spares   bool // admins, unless they are meant as well
	silent   bool
	role     bool
	text     bool
	where    bool // in direct chats, in groups
	asks     bool // a reason is needed; the number is typed in for many
}

// jobKinds are the kinds that are offered, in the order of the menu.
var jobKinds = []jobKind{
	{name: jobs.Mute, needs: imclient.VerbMute, groups: true, people: true, lasts: true, spares: true, asks: true},
	{name: jobs.Unmute, needs: imclient.VerbMute, groups: true, people: true},
	{name: jobs.Kick, needs: imclient.VerbKick, groups: true, people: true, spares: true, silent: true, asks: true},
	{name: jobs.Ban, needs: imclient.VerbBan, groups: true, people: true, lasts: true, asks: true},
	{name: jobs.Unban, needs: imclient.VerbBan, groups: true, people: true},
	{name: jobs.Recall, needs: imclient.VerbRecall, groups: true, messages: true, asks: true},
	{name: jobs.DeleteBySender, needs: imclient.VerbDeleteBySend, groups: true, people: true, asks: true},
	{name: jobs.SetRole, needs: imclient.VerbSetAdmin, groups: true, people: true, role: true},
	{name: jobs.AddMembers, needs: imclient.VerbAddMember, groups: true, people: true, silent: true},
	{name: jobs.Notice, needs: imclient.VerbNotice, groups: true, text: true},
	{name: jobs.SignOut, needs: imclient.VerbSignOut, people: true, asks: true},
	{name: jobs.GlobalMute, needs: imclient.VerbGlobalMute, people: true, lasts: true, where: true, asks: true},
	{name: jobs.GlobalUnmute, needs: imclient.VerbGlobalMute, people: true, where: true},
	{name: jobs.ImportUsers, needs: imclient.VerbImportUsers, people: true},
}

// jobInput is what was filled in.
type jobInput struct {
	kind         jobKind
	groups       string // as typed
	users        string
	column       string
	length       string
	until        string
	admins       bool
	silent       bool
	direct       bool
	inGroups     bool
	role         imclient.Role
	text         string
	find         string
	senders      string
	from, to     string
	why, words   string
	note         string
	key, confirm string
	back         string
	all          string        // a list of each group, in place of names
	listRole     imclient.Role // of that list
	messages     []string      // that were ticked, in place of a search

	groupIDs sheet.IDs
	userIDs  sheet.IDs
	fileName string
	fileIDs  *sheet.IDs // nil: no file was sent
}

// readJobInput reads a form, or an address that fills it in.
func readJobInput(v url.Values, limits imclient.Limits) jobInput {
	in := jobInput{
		groups: lines(v.Get("groups")), users: lines(strings.Join(v["users"], "\n")), column: strings.TrimSpace(v.Get("column")),
		length: v.Get("for"), until: strings.TrimSpace(v.Get("until")), admins: v.Get("admins") != "", silent: v.Get("silent") != "",
		direct: v.Get("direct") != "", inGroups: v.Get("in_groups") != "", role: imclient.Role(v.Get("role")), text: lines(v.Get("text")),
		find: strings.TrimSpace(v.Get("find")), senders: lines(v.Get("senders")), from: strings.TrimSpace(v.Get("from")), to: strings.TrimSpace(v.Get("to")),
		why: v.Get("why"), words: strings.TrimSpace(v.Get("words")), note: strings.TrimSpace(lines(v.Get("note"))), key: clip(v.Get("key"), 64),
		confirm: strings.TrimSpace(v.Get("confirm")), back: v.Get("back"),
	}
	in.kind = kindOf(v.Get("kind"))
	in.messages = v["m"]
	if len(in.messages) > 0 && v.Get("kind") == "" { // ticked on a page of messages
		in.kind = kindOf(jobs.Recall)
	}
	in.all, in.listRole = clip(v.Get("everybody"), 32), imclient.Role(clip(v.Get("list_role"), 32))
	if in.length == "" {
		in.length = lengthDefault
	}
	if in.role == "" {
		in.role = imclient.RoleMember
	}
	in.groupIDs = sheet.ParseIDs(in.groups, max(limits.GroupID, limits.TopicID))
	in.userIDs = sheet.ParseIDs(in.users, limits.UserID)
	return in
}

// kindOf is the kind of a name, or the first there is.
func kindOf(name string) jobKind {
	for _, k := range jobKinds {
		if k.name == name {
			return k
		}
	}
	return jobKinds[0]
}

// goesThroughLists reports whether targets are everybody on a list, or messages that were ticked, rather than what is typed in.
func (in jobInput) goesThroughLists() bool { return in.all != "" && in.kind.people && in.kind.groups }

func (in jobInput) ticked() bool { return in.kind.messages && len(in.messages) > 0 }

// spec is what the job is to do.
func (in jobInput) spec(ctx context.Context) jobs.Spec {
	s := jobs.Spec{
		Kind: in.kind.name, Users: in.userIDs.List, Reason: wholeReason(ctx, in.why, in.words), Note: in.note,
		AlsoAdmins: in.admins && in.kind.spares, Silent: in.silent && in.kind.silent,
	}
	if in.kind.groups {
		s.Groups = in.groupIDs.List
	}
	if in.kind.lasts {
		s.Span = readSpan(ctx, in.length, in.until)
	}
	if in.kind.role {
		s.Role = in.role
	}
	if in.kind.text {
		s.Text = in.text
	}
	if in.kind.where {
		s.Direct, s.InGroups = in.direct, in.inGroups
	}
	if in.goesThroughLists() {
		s.Users, s.All = nil, &jobs.Everybody{List: in.all, Role: in.listRole}
	}
	if in.ticked() {
		refs, _ := readMessageRefs(in.messages) // looked at by check
		s.Users = nil
		for _, r := range refs {
			s.Messages = append(s.Messages, r.action())
		}
		return s
	}
	if in.kind.messages {
		s.Users = nil
		s.Search = &jobs.Search{Senders: sheet.ParseIDs(in.senders, 0).List, Text: in.find}
		s.Search.From, _ = readAt(ctx, in.from)
		s.Search.Until, _ = readAt(ctx, in.to)
	}
	return s
}

// jobForm is a form on its way to a job.
type jobForm struct {
	s   *Server
	c   *gin.Context
	app *App
	in  jobInput

	wrong   map[string]string // by field
	invalid error             // of package jobs
	notice  *templates.Notice
}

// newJob shows the form, filled in from the address: kind, groups, users, and "all" for a whole list of a group.
func (s *Server) newJob(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	if wantsPart(c.Request) { // a button of a list asks for it as for a sheet; it is a page
		return seeOther(c, c.Request.URL.RequestURI())
	}
	v := c.Request.URL.Query()
	f := &jobForm{s: s, c: c, app: app, in: readJobInput(v, app.IM.Caps.Limits)}
	if f.in.kind.asks && f.in.why == "" {
		f.in.why = s.lastReason(c, f.in.kind.name)
	}
	if v.Get("kind") == "" || f.in.kind.where && !f.in.direct && !f.in.inGroups {
		f.in.direct, f.in.inGroups = true, true
	}
	if list := exports.Kind(v.Get("all")); list != "" && len(f.in.groupIDs.List) == 1 {
		if err := f.fill(list, f.in.listRole); err != nil {
			return err
		}
	}
	return f.render(http.StatusOK)
}

// newGroupJob leads to the form, with a group in it.
func (s *Server) newGroupJob(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	return seeOther(c, newJobURL(app, "groups", c.Param("group")))
}

// fill puts everybody of a group's list into the form, up to exportNow of them. Of a longer list the job gets the list itself, and
// goes through it.
func (f *jobForm) fill(list exports.Kind, role imclient.Role) error {
	ctx := f.c.Request.Context()
	if list != exports.Members && list != exports.Muted && list != exports.Bans {
		return badInput{"export.wrong.list"}
	}
	g, err := f.app.IM.Groups.Get(ctx, f.in.groupIDs.List[0])
	if err != nil {
		return fmt.Errorf("group of app %s: %w", f.app.Name, err)
	}
	rows, whole, err := firstRows(ctx, f.app, exports.List{Kind: list, Group: g.ID, Type: g.Type, Role: role})
	if err != nil {
		return err
	}
	if !whole {
		f.in.all, f.in.listRole = string(list), role
		return nil
	}
	var ids []string
	for _, row := range rows {
		ids = append(ids, row[0])
	}
	f.in.users = strings.Join(ids, "\n")
	f.in.userIDs = sheet.ParseIDs(f.in.users, f.app.IM.Caps.Limits.UserID)
	return nil
}

// readJobForm reads the form with its file.
func (s *Server) readJobForm(c *gin.Context) (*jobForm, url.Values, error) {
	app, err := s.app(c)
	if err != nil {
		return nil, nil, err
	}
	if strings.HasPrefix(c.ContentType(), "multipart/") {
		if err := c.Request.ParseMultipartForm(maxJobBody); err != nil {
			return nil, nil, formError(err)
		}
	}
	v, err := form(c)
	if err != nil {
		return nil, nil, err
	}
	f := &jobForm{s: s, c: c, app: app, in: readJobInput(v, app.IM.Caps.Limits), wrong: map[string]string{}}
	if mf := c.Request.MultipartForm; mf != nil && len(mf.File["file"]) > 0 && mf.File["file"][0].Size > 0 {
		if err := f.readFile(mf.File["file"][0]); err != nil {
			return nil, nil, err
		}
	}
	return f, v, nil
}

// readFile adds the ids of a file to those that were typed. What is wrong with it is said beside its field.
func (f *jobForm) readFile(h *multipart.FileHeader) error {
	file, err := h.Open()
	if err != nil {
		return fmt.Errorf("open an upload: %w", err)
	}
	defer file.Close()
	f.in.fileName = clip(h.Filename, maxFind)
	ids, err := sheet.ColumnIDs(file, h.Size, sheet.Usual, f.in.column, f.app.IM.Caps.Limits.UserID)
	if bad, is := errors.AsType[*sheet.Error](err); is {
		f.wrong["file"] = fileText(f.c.Request.Context(), bad)
		return nil
	}
	if err != nil {
		return err
	}
	f.in.fileIDs = &ids
	all := append(slices.Clone(f.in.userIDs.List), ids.List...)
	repeated := f.in.userIDs.Repeated + ids.Repeated
	bad := f.in.userIDs.Bad
	f.in.userIDs.List, f.in.userIDs.Repeated = distinctIDs(all)
	f.in.userIDs.Repeated += repeated
	f.in.userIDs.Bad = append(slices.Clone(bad), ids.Bad...)
	f.in.users = strings.Join(quotedIDs(f.in.userIDs.List), "\n") // they are seen, and sent again without the file
	for _, b := range bad {
		f.in.users += "\n" + b.Text
	}
	return nil
}

// quotedIDs writes ids so that sheet.ParseIDs reads them again.
func quotedIDs(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id
		if again := sheet.ParseIDs(id, 0); len(again.List) != 1 || again.List[0] != id {
			out[i] = `"` + strings.ReplaceAll(id, `"`, `""`) + `"`
		}
	}
	return out
}

// fileText says why a file cannot be read.
func fileText(ctx context.Context, e *sheet.Error) string {
	//i18n:uses job.file.*
	limit := i18n.Int(ctx, int(e.Limit))
	if e.Kind == sheet.TooLarge {
		limit = i18n.Bytes(ctx, e.Limit)
	}
	return i18n.T(ctx, "job.file."+string(e.Kind), "line", e.Line, "limit", limit, "columns", strings.Join(e.Columns, ", "))
}

// maxBadIDs is how many ids that cannot be ones are named.
const maxBadIDs = 20

// badIDs names ids that cannot be ones, with their lines.
func badIDs(ctx context.Context, ids sheet.IDs) []string {
	var list []string
	for _, b := range ids.Bad[:min(len(ids.Bad), maxBadIDs)] {
		//i18n:uses job.bad.*
		list = append(list, i18n.T(ctx, "job.bad."+string(b.Fault), "line", b.Line, "id", short(b.Text, 60)))
	}
	if more := len(ids.Bad) - len(list); more > 0 {
		list = append(list, i18n.N(ctx, "members.preview.more", more))
	}
	return list
}

// check finds what is wrong before anything is asked.
func (f *jobForm) check() bool {
	ctx, in := f.c.Request.Context(), f.in
	k := in.kind
	wrong := func(field, text string) {
		if f.wrong[field] == "" {
			f.wrong[field] = text
		}
	}
	switch {
	case k.groups && len(in.groupIDs.Bad) > 0:
		wrong("groups", strings.Join(badIDs(ctx, in.groupIDs), " "))
	case k.groups && len(in.groupIDs.List) == 0:
		wrong("groups", i18n.T(ctx, "job.wrong.groups"))
	}
	switch {
	case k.people && len(in.userIDs.Bad) > 0:
		wrong("users", i18n.N(ctx, "job.wrong.ids", len(in.userIDs.Bad)))
	case k.people && len(in.userIDs.List) == 0 && f.wrong["file"] == "" && !in.goesThroughLists():
		wrong("users", i18n.T(ctx, "action.invalid.nobody"))
	}
	if k.lasts && in.length == lengthUntil && readSpan(ctx, in.length, in.until).Until.IsZero() {
		wrong("until", i18n.T(ctx, "members.wrong.until"))
	}
	for name, raw := range map[string]string{"from": in.from, "to": in.to} {
		if _, err := readAt(ctx, raw); k.messages && raw != "" && err != nil {
			wrong(name, i18n.T(ctx, "messages.wrong.time"))
		}
	}
	if k.asks && in.why == reasonOther && in.words == "" {
		wrong("words", i18n.T(ctx, "members.wrong.words"))
	} else if k.asks && wholeReason(ctx, in.why, in.words) == "" {
		wrong("why", i18n.T(ctx, "members.wrong.reason"))
	}
	if in.ticked() {
		if _, err := readMessageRefs(in.messages); err != nil {
			wrong("messages", i18n.T(ctx, "messages.wrong.refs"))
		}
	}
	if k.where && !in.direct && !in.inGroups {
		wrong("where", i18n.T(ctx, "job.wrong.where"))
	}
	return len(f.wrong) == 0
}

// planJob shows what the job would do, or the form again with what is wrong in it.
func (s *Server) planJob(c *gin.Context) error {
	f, v, err := s.readJobForm(c)
	if err != nil {
		return err
	}
	if v.Has("choose") || v.Has("change") {
		f.wrong = nil
		return f.render(http.StatusOK)
	}
	if !f.check() {
		return f.render(http.StatusUnprocessableEntity)
	}
	return f.plan(http.StatusOK)
}

// plan looks what the job would do, and shows it.
func (f *jobForm) plan(status int) error {
	ctx := f.c.Request.Context()
	p, err := f.s.Jobs.Plan(ctx, f.s.actor(f.c), f.app.Target(), f.in.spec(ctx))
	if err != nil {
		return f.refused(err)
	}
	return render(f.c, status, templates.JobPlanPage(f.s.chrome(f.c), f.planView(p)), nil)
}

// refused shows the form again, filled in, with why it cannot be done.
func (f *jobForm) refused(err error) error {
	if isInvalid(err) {
		f.invalid = err
		return f.render(http.StatusUnprocessableEntity)
	}
	_, forbidden := errors.AsType[*actions.Forbidden](err)
	if _, held := errors.AsType[*actions.Held](err); held || forbidden { // held: a second person is shown all that was typed
		return err
	}
	p := explain(f.c.Request.Context(), err, true)
	f.s.logFailure(f.c, err, p.status)
	f.notice = &p.notice
	return f.render(p.status)
}

// startJob starts what a plan showed.
func (s *Server) startJob(c *gin.Context) error {
	f, v, err := s.readJobForm(c)
	if err != nil {
		return err
	}
	if v.Has("change") {
		f.wrong = nil
		return f.render(http.StatusOK)
	}
	if !f.check() {
		return f.render(http.StatusUnprocessableEntity)
	}
	ctx := c.Request.Context()
	if n := v.Get("counted"); n != "" && f.in.confirm != n {
		f.wrong["confirm"] = i18n.T(ctx, "members.wrong.confirm", "n", n)
		return f.plan(http.StatusUnprocessableEntity)
	}
	j, err := s.Jobs.Start(ctx, s.actor(c), f.app.Target(), f.in.spec(ctx), f.in.key)
	if err != nil {
		return f.refused(err)
	}
	if f.in.kind.asks {
		s.keepReason(c, f.in.kind.name, f.in.why)
	}
	return s.answer(c, http.StatusOK, s.startedToast(ctx, j), jobURL(j.ID))
}

// kept are the fields as they were typed, for a page that does not show them.
func (in jobInput) kept() (fields []templates.FieldView, hidden []string) {
	for _, f := range [][2]string{{"groups", in.groups}, {"users", strings.Join(quotedIDs(in.userIDs.List), "\n")}, {"text", in.text}, {"senders", in.senders}, {"note", in.note}} {
		if f[1] != "" {
			fields = append(fields, templates.FieldView{Name: f[0], Label: f[0], Value: f[1]})
		}
	}
	on := func(b bool) string {
		if b {
			return "1"
		}
		return ""
	}
	for _, f := range [][2]string{
		{"kind", in.kind.name},
		{"column", in.column},
		{"for", in.length},
		{"until", in.until},
		{"admins", on(in.admins)},
		{"silent", on(in.silent)},
		{"direct", on(in.direct)},
		{"in_groups", on(in.inGroups)},
		{"role", string(in.role)},
		{"find", in.find},
		{"from", in.from},
		{"to", in.to},
		{"why", in.why},
		{"words", in.words},
		{"back", in.back},
	} {
		if f[1] != "" {
			hidden = append(hidden, f[0], f[1])
		}
	}
	return fields, append(hidden, in.chosen()...)
}

// chosen are the hidden fields of targets that were chosen elsewhere.
func (in jobInput) chosen() (hidden []string) {
	if in.goesThroughLists() {
		hidden = append(hidden, "everybody", in.all, "list_role", string(in.listRole))
	}
	if in.ticked() {
		for _, m := range in.messages {
			hidden = append(hidden, "m", m)
		}
	}
	return hidden
}

// fault is what is wrong with a field, in words; "" if nothing is.
func (f *jobForm) fault(names ...string) string {
	for _, n := range names {
		if text := f.wrong[n]; text != "" {
			return text
		}
		if text := invalidText(f.c.Request.Context(), f.invalid, n); text != "" {
			return text
		}
	}
	return ""
}

func (f *jobForm) render(status int) error {
	return render(f.c, status, templates.JobFormPage(f.s.chrome(f.c), f.view()), nil)
}

// backLink is where the form came from: a group, or the list of jobs.
func (f *jobForm) backLink() templates.Link {
	ctx := f.c.Request.Context()
	if len(f.in.groupIDs.List) == 1 && f.in.kind.groups {
		id := f.in.groupIDs.List[0]
		name := id
		if g, err := f.app.IM.Groups.Get(ctx, homeOf(f.app, id)); err == nil {
			name = orID(g.Name, id)
		}
		return templates.Link{Text: name, URL: groupURL(f.app, id, tabMembers), Name: true}
	}
	return templates.Link{Text: i18n.T(ctx, "job.jobs"), URL: "/jobs"}
}

// view is the form.
func (f *jobForm) view() templates.JobFormView {
	ctx, in := f.c.Request.Context(), f.in
	k := in.kind
	v := templates.JobFormView{
		Title: i18n.T(ctx, "job.new"), Back: f.backLink(), Action: appURL(f.app, "jobs", "new"), Notice: f.notice, Hidden: []string{"back", in.back},
		Kind:   templates.FieldView{Name: "kind", Label: i18n.T(ctx, "job.form.kind"), Value: k.name, Error: f.fault("kind", "targets"), Attrs: map[string]any{"data-choose": true}},
		Submit: templates.ButtonView{Type: "submit", Variant: "primary", Text: i18n.T(ctx, "job.form.plan"), Key: "Control+Enter"},
	}
	for _, other := range jobKinds {
		o := templates.Option{Value: other.name, Text: jobKindText(ctx, other.name)}
		o.Off = mayNot(f.c, f.app, auth.Verb(other.name)) != "" || !f.app.Offers(other.needs)
		v.Kinds = append(v.Kinds, o)
	}
	if !f.app.Offers(k.needs) && v.Notice == nil {
		v.Notice = &templates.Notice{Tone: "warn", Title: i18n.T(ctx, "action.not_offered")}
	}
	if k.groups {
		v.Groups = &templates.FieldView{
			Name: "groups", Label: i18n.T(ctx, "job.form.groups"), Hint: i18n.T(ctx, "job.form.groups_hint"), Value: in.groups, Rows: 2, Required: true,
			Error: f.fault("groups"), Attrs: map[string]any{"spellcheck": "false", "dir": "auto"},
		}
	}
	v.Hidden = append(v.Hidden, in.chosen()...)
	switch {
	case in.goesThroughLists():
		//i18n:uses job.form.everybody.*
		v.Read = append(v.Read, i18n.T(ctx, "job.form.everybody."+in.all))
		if in.listRole != "" {
			v.Read = append(v.Read, i18n.T(ctx, "members.column.role")+": "+roleText(ctx, in.listRole))
		}
	case in.ticked():
		v.Read = append(v.Read, i18n.N(ctx, "messages.selected", len(in.messages)))
	}
	if k.people && !in.goesThroughLists() {
		v.Users = &templates.FieldView{
			Name: "users", Label: i18n.T(ctx, "members.ids"), Hint: i18n.T(ctx, "job.form.users_hint", "limit", i18n.Int(ctx, jobs.MaxTargets)), Value: in.users, Rows: 8,
			Error: f.fault("users"), Attrs: map[string]any{"spellcheck": "false", "dir": "auto"},
		}
		if len(in.groupIDs.List) > 0 || !k.groups {
			v.Users.Attrs["autofocus"] = true
		}
		v.File = &templates.FieldView{
			Name: "file", Label: i18n.T(ctx, "job.form.file"), Type: "file", Optional: true, Error: f.fault("file"),
			Hint:  i18n.T(ctx, "job.form.file_hint", "size", i18n.Bytes(ctx, sheet.Usual.Bytes), "rows", i18n.Int(ctx, sheet.Usual.Rows)),
			Attrs: map[string]any{"accept": ".csv,.txt,.tsv,.xlsx,text/csv,text/plain,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		}
		v.Column = &templates.FieldView{
			Name: "column", Label: i18n.T(ctx, "job.form.column"), Value: in.column, Optional: true, Hint: i18n.T(ctx, "job.form.column_hint"), MaxLength: maxFind,
		}
		v.Bad = badIDs(ctx, in.userIDs)
		if n := len(in.userIDs.List); n > 0 {
			v.Read = append(v.Read, i18n.N(ctx, "members.preview.ids", n))
		}
		if in.userIDs.Repeated > 0 {
			v.Read = append(v.Read, i18n.N(ctx, "members.preview.repeated", in.userIDs.Repeated))
		}
		if in.fileIDs != nil {
			v.Read = append(v.Read, i18n.N(ctx, "job.form.from_file", len(in.fileIDs.List), "file", in.fileName))
		}
	}
	f.particulars(&v)
	v.Reason = templates.FieldView{Name: "why", Label: i18n.T(ctx, "members.reason_label"), Value: in.why, Error: f.fault("why")}
	v.Reasons = reasonMenu(ctx)
	if !k.asks {
		v.Reasons = append([]templates.Option{{Value: "", Text: i18n.T(ctx, "job.form.no_reason")}}, v.Reasons...)
	}
	v.Words = templates.FieldView{Name: "words", Label: i18n.T(ctx, "members.words"), Value: in.words, Optional: true, Error: f.fault("words", "reason"), Attrs: map[string]any{"dir": "auto"}}
	v.Note = templates.FieldView{Name: "note", Label: i18n.T(ctx, "members.note"), Value: in.note, Rows: 2, Optional: true, Error: f.fault("note"), Attrs: map[string]any{"dir": "auto"}}
	if n := badField(ctx, f.invalid, "kind", "targets", "groups", "users", "file", "length", "until", "role", "text", "why", "words", "reason", "note", "search", "senders", "from", "to", "all"); n != nil && v.Notice == nil {
		v.Notice = n
	}
	return v
}

// particulars are the fields that only some kinds have.
func (f *jobForm) particulars(v *templates.JobFormView) {
	ctx, in := f.c.Request.Context(), f.in
	k := in.kind
	if k.lasts {
		v.Length = &templates.FieldView{Name: "for", Label: i18n.T(ctx, "members.length"), Value: in.length}
		if f.wrong["until"] == "" {
			v.Length.Error = f.fault("length")
		}
		v.Lengths = lengthTiles(ctx)
		until := untilField(ctx, "until", in.until, f.fault("until"))
		v.Until = &until
	}
	if k.role {
		v.Role = &templates.FieldView{Name: "role", Label: i18n.T(ctx, "members.column.role"), Value: string(in.role), Error: f.fault("role")}
		v.Roles = []templates.Option{
			{Value: string(imclient.RoleAdmin), Text: i18n.T(ctx, "members.role.make"), Hint: i18n.T(ctx, "members.role.make_hint")},
			{Value: string(imclient.RoleMember), Text: i18n.T(ctx, "members.role.take"), Hint: i18n.T(ctx, "members.role.take_hint")},
		}
	}
	if k.text {
		v.Text = &templates.FieldView{Name: "text", Label: i18n.T(ctx, "job.form.text"), Value: in.text, Rows: 4, Required: true, Error: f.fault("text"), Attrs: map[string]any{"dir": "auto"}}
	}
	check := func(name string, on bool, text, hint string) {
		v.Checks = append(v.Checks, templates.JobCheck{Name: name, On: on, Option: templates.Option{Text: text, Hint: hint}})
	}
	if k.spares {
		check("admins", in.admins, i18n.T(ctx, "members.admins"), i18n.T(ctx, "members.admins_hint"))
	}
	if k.silent {
		check("silent", in.silent, i18n.T(ctx, "members.kick.silent"), i18n.T(ctx, "members.kick.silent_hint"))
	}
	if k.where {
		check("direct", in.direct, i18n.T(ctx, "job.form.direct"), f.fault("where"))
		check("in_groups", in.inGroups, i18n.T(ctx, "job.form.in_groups"), "")
	}
	if k.messages && !in.ticked() {
		v.Search = []templates.FieldView{
			{Name: "senders", Label: i18n.T(ctx, "job.form.senders"), Value: in.senders, Rows: 2, Optional: true, Error: f.fault("senders", "search"), Attrs: map[string]any{"spellcheck": "false"}},
			{Name: "find", Label: i18n.T(ctx, "job.form.find"), Value: in.find, Optional: true, Error: f.fault("text"), Hint: i18n.T(ctx, "job.form.find_hint"), Attrs: map[string]any{"dir": "auto"}},
			{Name: "from", Label: i18n.T(ctx, "job.form.from"), Type: "datetime-local", Value: in.from, Optional: true, Error: f.fault("from")},
			{Name: "to", Label: i18n.T(ctx, "job.form.to"), Type: "datetime-local", Value: in.to, Optional: true, Error: f.fault("to", "until")},
		}
	}
}

// planView shows a plan.
func (f *jobForm) planView(p jobs.Plan) templates.JobPlanView {
	ctx, in := f.c.Request.Context(), f.in
	kept, hidden := in.kept()
	key := in.key
	if key == "" {
		key = rand.Text()
	}
	title := jobKindText(ctx, p.Kind)
	if p.Total > 0 {
		title = i18n.N(ctx, "job.title."+p.Kind, p.Total)
	}
	v := templates.JobPlanView{
		Title: title, Text: in.sentence(ctx, f.app), Back: f.backLink(), Action: appURL(f.app, "jobs", "start"), Hidden: append(hidden, "key", key), Kept: kept, Notice: f.notice,
		Change: templates.ButtonView{Type: "submit", Name: "change", Value: "1", NoValidate: true, Text: i18n.T(ctx, "job.plan.change"), Icon: "left"},
	}
	v.Figures = f.figures(p)
	f.lines(p, &v)
	act := p.Total
	for _, skip := range p.Skips {
		act -= skip.N
	}
	undo := templates.EffectLine{Tone: "ok", Text: i18n.T(ctx, "job.plan.can_undo")}
	if p.UndoText != "" {
		//i18n:uses action.undo.*
		undo = templates.EffectLine{Tone: "bad", Text: i18n.T(ctx, p.UndoText)}
	}
	none := p.Complete && act <= 0 // nothing to take back, as nothing is done
	if !none {
		v.Lines = append(v.Lines, undo)
	}
	if hold := f.s.Jobs.Hold; hold > 0 && !none {
		v.Lines = append(v.Lines, templates.EffectLine{Tone: "ok", Text: i18n.T(ctx, "job.plan.held", "left", i18n.Duration(ctx, hold))})
	}
	v.Submit = templates.ButtonView{Type: "submit", Variant: "primary", Key: "Control+Enter", Text: i18n.T(ctx, "job.plan.start")}
	if act > 0 && p.Complete {
		v.Submit.Text = i18n.N(ctx, "job.title."+p.Kind, act)
	}
	if p.UndoText != "" || in.kind.asks && !in.kind.lasts {
		v.Submit.Variant = "harm-solid"
	}
	if none {
		v.Submit.Why = i18n.T(ctx, "members.nobody")
	}
	if in.kind.asks && p.Total > countedFrom {
		n := strconv.Itoa(p.Total)
		v.Hidden = append(v.Hidden, "counted", n)
		v.Confirm = &templates.FieldView{
			Name: "confirm", Label: i18n.T(ctx, "members.confirm", "n", n), Value: in.confirm, Required: true, Error: f.fault("confirm"), Attrs: map[string]any{"inputmode": "numeric", "autofocus": true},
		}
	}
	return v
}

// sentence says what was asked for: how long, in which group, why.
func (in jobInput) sentence(ctx context.Context, app *App) string {
	text := ""
	if in.kind.groups {
		if ids := in.groupIDs.List; len(ids) == 1 {
			text = i18n.T(ctx, "job.plan.in_group", "group", ids[0])
			if g, err := app.IM.Groups.Get(ctx, homeOf(app, ids[0])); err == nil {
				text = i18n.T(ctx, "job.plan.in_group", "group", orID(g.Name, ids[0]))
			}
		} else {
			text = i18n.N(ctx, "job.plan.in_groups", len(ids))
		}
	}
	add := func(part string) { text = join2(text, part) }
	if text == "" {
		text = app.Title
	}
	if in.kind.lasts {
		switch span := readSpan(ctx, in.length, in.until); {
		case span.Forever:
			add(i18n.T(ctx, "members.length_forever"))
		case span.For > 0:
			add(i18n.Duration(ctx, span.For))
		case !span.Until.IsZero():
			add(i18n.T(ctx, "job.plan.until", "when", i18n.When(ctx, span.Until)))
		}
	}
	if reason := wholeReason(ctx, in.why, in.words); reason != "" {
		add(i18n.T(ctx, "job.reason", "reason", reason))
	}
	return text
}

// planNamed is how many a line names; of more, some are named behind a fold.
const planNamed = 3

// figures are the large numbers.
func (f *jobForm) figures(p jobs.Plan) []templates.JobFigure {
	ctx := f.c.Request.Context()
	var list []templates.JobFigure
	add := func(n int, key string) {
		if n > 0 {
			//i18n:uses job.plan.n.*
			list = append(list, templates.JobFigure{Value: i18n.Int(ctx, n), Text: i18n.N(ctx, "job.plan.n."+key, n)})
		}
	}
	add(p.People, "people")
	add(p.Messages, "messages")
	add(p.Groups, "groups")
	kept := 0
	for _, skip := range p.Skips {
		if skip.Protects {
			kept += skip.N
		}
	}
	if kept > 0 {
		list = append(list, templates.JobFigure{Value: i18n.Int(ctx, kept), Text: i18n.T(ctx, "job.plan.protected"), Tone: "warn"})
	}
	calls := 0
	for _, c := range p.Calls {
		calls += c.N
	}
	add(calls, "calls")
	if p.Lasts > 0 {
		list = append(list, templates.JobFigure{Value: i18n.Duration(ctx, max(p.Lasts.Round(time.Second), time.Second)), Text: i18n.T(ctx, "job.plan.lasts")})
	}
	return list
}

// lines say who is left alone and why, and what the plan did not look at.
func (f *jobForm) lines(p jobs.Plan, v *templates.JobPlanView) {
	ctx := f.c.Request.Context()
	if p.Act > 0 {
		v.Lines = append(v.Lines, templates.EffectLine{Tone: "ok", Text: i18n.N(ctx, "job.plan.act", p.Act)})
	}
	for _, skip := range slices.Concat(p.Skips, p.Refused) {
		what, _ := jobReason(ctx, f.app, skip.Reason, "")
		tone := "off"
		if skip.Protects {
			tone = "warn"
		}
		line := i18n.N(ctx, "job.plan.skip", skip.N, "why", what)
		if len(skip.Sample) == skip.N && skip.N <= planNamed {
			v.Lines = append(v.Lines, templates.EffectLine{Tone: tone, Text: i18n.T(ctx, "job.plan.those", "line", line, "who", strings.Join(skip.Sample, ", "))})
			continue
		}
		v.Lines = append(v.Lines, templates.EffectLine{Tone: tone, Text: line})
		v.Samples = append(v.Samples, templates.JobSample{Title: i18n.N(ctx, "job.plan.sample", skip.N, "why", what), Names: skip.Sample})
	}
	if unseen := p.Total - p.Checked; unseen > 0 && p.Checked > 0 {
		v.Lines = append(v.Lines, templates.EffectLine{Tone: "warn", Text: i18n.N(ctx, "job.plan.unseen", unseen)})
	}
	if !p.Complete {
		v.Lines = append(v.Lines, templates.EffectLine{Tone: "warn", Text: i18n.T(ctx, "job.plan.incomplete", "looked", i18n.Int(ctx, p.Looked))})
	}
	for _, c := range p.Calls {
		value := i18n.Int(ctx, c.N)
		if c.PerSecond > 0 {
			value = i18n.T(ctx, "job.plan.per_second", "n", value, "rate", pace(ctx, c.PerSecond))
		}
		v.Calls = append(v.Calls, templates.FactView{Name: c.Command, Value: value})
	}
}
