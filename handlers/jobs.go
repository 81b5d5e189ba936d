package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/jobs"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) jobRoutes() []route {
	const job = "/jobs/:job"
	return append(s.jobFormRoutes(), []route{
		{get, "/jobs", auth.VerbBulk, s.listJobs},
		{get, job, auth.VerbBulk, s.showJob},
		{post, job + "/pause", auth.VerbBulk, s.steerJob("paused", (*jobs.Service).Pause)},
		{post, job + "/resume", auth.VerbBulk, s.steerJob("resumed", (*jobs.Service).Resume)},
		{post, job + "/cancel", auth.VerbBulk, s.steerJob("cancelled", (*jobs.Service).Cancel)},
		{post, job + "/retry", auth.VerbBulk, s.retryJob},
		{get, job + "/reverse", auth.VerbBulk, s.reversePlan},
		{post, job + "/reverse", auth.VerbBulk, s.reverseJob},
		{post, job + "/export", auth.VerbExport, s.exportJob},
	}...)
}

// Sizes of the pages of jobs.
const (
	jobsPage    = 50  // jobs of a list
	jobsRunning = 5   // of them shown with their progress
	itemsPage   = 50  // targets of a page
	failsRead   = 400 // targets that failed of which the reasons are counted
)

func jobURL(id int64, parts ...string) string {
	link := "/jobs/" + strconv.FormatInt(id, 10)
	for _, p := range parts {
		link += "/" + p
	}
	return link
}

// mayJob reports whether an operator may see the jobs of an app.
func mayJob(c *gin.Context, app string) bool {
	op, ok := auth.OperatorFrom(c.Request.Context())
	return ok && op.CanIn(app, auth.VerbBulk)
}

// mayNot says why an operator may not do something in an app; "" if that is allowed.
func mayNot(c *gin.Context, app *App, v auth.Verb) string {
	if op, ok := auth.OperatorFrom(c.Request.Context()); ok && op.CanIn(app.Name, v) {
		return ""
	}
	return i18n.T(c.Request.Context(), "error.forbidden.title")
}

// bulkApp is the app for which a new job would be; nil if the operator may start none.
func (s *Server) bulkApp(c *gin.Context) *App {
	if a := s.current(c); a != nil && mayJob(c, a.Name) {
		return a
	}
	for _, a := range s.Apps.All() {
		if mayJob(c, a.Name) {
			return a
		}
	}
	return nil
}

// job is the job that the address names, if the operator may see it.
func (s *Server) job(c *gin.Context) (store.Job, error) {
	id, err := strconv.ParseInt(c.Param("job"), 10, 64)
	if err != nil {
		return store.Job{}, store.ErrNotFound
	}
	j, err := s.Jobs.Get(c.Request.Context(), id)
	if err != nil {
		return store.Job{}, err
	}
	if !mayJob(c, j.App) {
		return store.Job{}, errForbidden
	}
	return j, nil
}

// ---------------------------------------------------------------------------------------------------------------- list

// Filters of the list by state: each stands for several states of a job.
var jobFilters = []struct {
	name   string
	states []store.JobState
}{
	{"open", []store.JobState{store.JobMaking, store.JobReady, store.JobRunning, store.JobPaused}},
	{"done", []store.JobState{store.JobDone}},
	{"cancelled", []store.JobState{store.JobCancelled}},
	{"stopped", []store.JobState{store.JobStopped}},
}

// listJobs shows jobs, newest first; those that run stand above with their progress. It calls no IM service.
func (s *Server) listJobs(c *gin.Context) error {
	v, err := s.jobsView(c)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.JobsPage(s.chrome(c), v), templates.JobsPart(v))
}

func (s *Server) jobsView(c *gin.Context) (templates.JobsView, error) {
	ctx := c.Request.Context()
	u := c.Request.URL
	q := u.Query()
	op, _ := auth.OperatorFrom(ctx)
	f := store.JobFilter{App: q.Get("app"), Kind: q.Get("kind")}
	if q.Get("whose") == "mine" {
		f.OperatorID = op.ID
	}
	for _, filter := range jobFilters {
		if filter.name == q.Get("state") {
			f.States = filter.states
		}
	}
	before, err := strconv.ParseInt(q.Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	list, err := s.Jobs.List(ctx, f, before, jobsPage+1)
	if err != nil {
		return templates.JobsView{}, fmt.Errorf("list jobs: %w", err)
	}
	v := templates.JobsView{URL: "/jobs", New: templates.ButtonView{Text: i18n.T(ctx, "job.new"), Icon: "plus", Key: "c", Variant: "primary"}}
	if app := s.bulkApp(c); app != nil {
		v.New.URL = newJobURL(app)
	} else {
		v.New.Why = i18n.T(ctx, "error.forbidden.title")
	}
	v.Whose = []templates.Tab{
		{Text: i18n.T(ctx, "job.whose.all"), URL: withQuery(u, "whose", "", "before", ""), Current: f.OperatorID == ""},
		{Text: i18n.T(ctx, "job.whose.mine"), URL: withQuery(u, "whose", "mine", "before", ""), Current: f.OperatorID != ""},
	}
	s.jobMenus(c, &v)
	if len(list) > jobsPage {
		list = list[:jobsPage]
		v.Pager.Next = withQuery(u, "before", strconv.FormatInt(list[jobsPage-1].ID, 10))
	}
	v.Pager.Label, v.Pager.Target = i18n.T(ctx, "job.pages"), "#jobs"
	if before > 0 {
		v.Pager.First = withQuery(u, "before", "")
	}
	for _, j := range list {
		switch {
		case !mayJob(c, j.App):
		case !j.State.Ended() && before == 0 && len(v.Running) < jobsRunning:
			v.Running = append(v.Running, s.jobCard(c, j))
			if j.State != store.JobPaused {
				v.Poll = u.RequestURI()
			}
		default:
			v.Rows = append(v.Rows, s.jobRow(ctx, j))
		}
	}
	if len(v.Rows)+len(v.Running) == 0 {
		v.Empty = &templates.EmptyView{Icon: "jobs", Title: i18n.T(ctx, "job.empty.title"), Text: i18n.T(ctx, "job.empty.text")}
		if v.Clear != "" {
			v.Empty = &templates.EmptyView{Icon: "filter", Title: i18n.T(ctx, "job.empty.filtered"), Action: &templates.ButtonView{Text: i18n.T(ctx, "ui.clear"), URL: v.Clear}}
		}
	}
	return v, nil
}

// jobMenus are the filters.
func (s *Server) jobMenus(c *gin.Context, v *templates.JobsView) {
	ctx, u := c.Request.Context(), c.Request.URL
	q := u.Query()
	menu := func(name, icon, text string, choices []choice) {
		m := templates.FilterMenuView{ID: "filter-" + name, Icon: icon, Text: text, Target: "#jobs"}
		set := q.Get(name)
		m.Choices = append(m.Choices, templates.Tab{Text: i18n.T(ctx, "audit.any"), URL: withQuery(u, name, "", "before", ""), Current: set == ""})
		for _, ch := range choices {
			m.Choices = append(m.Choices, templates.Tab{Text: ch.text, URL: withQuery(u, name, ch.value, "before", ""), Current: set == ch.value})
			if set == ch.value {
				m.Value = ch.text
			}
		}
		v.Menus = append(v.Menus, m)
		if set != "" {
			v.Hidden, v.Clear = append(v.Hidden, name, set), "/jobs"
		}
	}
	var states, kinds, apps []choice
	for _, f := range jobFilters {
		//i18n:uses job.filter.*
		states = append(states, choice{f.name, i18n.T(ctx, "job.filter."+f.name)})
	}
	for _, k := range append(jobs.Kinds(), jobs.FindGroups, kindExport) {
		kinds = append(kinds, choice{k, jobKindText(ctx, k)})
	}
	for _, a := range s.Apps.All() {
		apps = append(apps, choice{a.Name, a.Title})
	}
	menu("state", "check", i18n.T(ctx, "job.column.result"), states)
	menu("kind", "flag", i18n.T(ctx, "job.column.what_kind"), kinds)
	if len(apps) > 1 {
		menu("app", "overview", i18n.T(ctx, "audit.app"), apps)
	}
	if q.Get("whose") == "mine" {
		v.Hidden = append(v.Hidden, "whose", "mine")
	}
}

func jobKindText(ctx context.Context, kind string) string {
	//i18n:uses job.kind.*
	if !i18n.Has(ctx, "job.kind."+kind) {
		return kind
	}
	return i18n.T(ctx, "job.kind."+kind)
}

// jobTitle says what a job does, with how many: "Mute 1,240 members".
func jobTitle(ctx context.Context, j store.Job) string {
	title := jobKindText(ctx, j.Kind)
	//i18n:uses job.title.*
	switch key := "job.title." + j.Kind; {
	case !j.Complete && j.Counts.Total == 0 || !i18n.Has(ctx, key+".other"):
	default:
		title = i18n.N(ctx, key, j.Counts.Total)
	}
	switch j.Relation {
	case store.JobReverse:
		return i18n.T(ctx, "job.title.reverse", "what", title)
	case store.JobRetry:
		return i18n.T(ctx, "job.title.retry", "what", title)
	}
	return title
}

func (s *Server) jobRow(ctx context.Context, j store.Job) templates.JobRow {
	failed := j.Counts.Refused + j.Counts.Unknown
	r := templates.JobRow{
		ID: j.ID, URL: jobURL(j.ID), Title: jobTitle(ctx, j), Sub: j.Reason, State: s.jobChip(ctx, j),
		Done: i18n.Int(ctx, j.Counts.Done+j.Counts.Reversed), Failed: i18n.Int(ctx, failed), Bad: failed > 0, By: jobBy(ctx, j), Start: j.Created,
	}
	if len(s.Apps.All()) > 1 || s.Apps.Get(j.App) == nil {
		r.Sub = join2(s.appTitle(ctx, j.App), r.Sub)
	}
	if !j.Started.IsZero() {
		end := j.Ended
		if end.IsZero() {
			end = s.Now()
		}
		r.Took = i18n.Duration(ctx, max(end.Sub(j.Started), time.Second).Round(time.Second))
	}
	return r
}

func join2(a, b string) string {
	if b == "" {
		return a
	}
	return a + " · " + b
}

func jobBy(ctx context.Context, j store.Job) string {
	if j.OperatorName == "" {
		return i18n.T(ctx, "job.by_console")
	}
	return j.OperatorName
}

// heldBack reports whether a job can still be taken back before anything is done.
func (s *Server) heldBack(j store.Job) bool {
	return j.State == store.JobReady && j.Started.IsZero() && j.RunAt.After(s.Now())
}

// jobChip says how a job is.
func (s *Server) jobChip(ctx context.Context, j store.Job) templates.ChipView {
	failed := j.Counts.Refused + j.Counts.Unknown
	name, tone, icon := string(j.State), "", "clock"
	switch {
	case s.heldBack(j):
		name, tone = "held", "accent"
	case j.Want == store.WantPause && !j.State.Ended():
		name, icon = "pausing", "pause"
	case j.Want == store.WantCancel && !j.State.Ended():
		name, icon = "cancelling", "x"
	case j.State == store.JobRunning:
		tone, icon = "accent", "play"
	case j.State == store.JobPaused:
		tone, icon = "warn", "pause"
	case j.State == store.JobDone && failed > 0 && j.Counts.Done == 0:
		name, tone, icon = "failed", "bad", "x"
	case j.State == store.JobDone && failed > 0:
		name, tone, icon = "partly", "warn", "alert"
	case j.State == store.JobDone:
		tone, icon = "ok", "check"
	case j.State == store.JobCancelled:
		icon = "x"
	case j.State == store.JobStopped:
		tone, icon = "bad", "alert"
	}
	//i18n:uses job.state.*
	return templates.ChipView{Text: i18n.T(ctx, "job.state."+name), Tone: tone, Icon: icon}
}

// -------------------------------------------------------------------------------------------------------------- one job

// showJob shows a job, what it does now and what became of its targets. While it runs the page is asked for again each second,
// with ids only; once it has ended, names come from one call for users and one for groups.
func (s *Server) showJob(c *gin.Context) error {
	j, err := s.job(c)
	if err != nil {
		return err
	}
	v, err := s.jobView(c, j)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.JobPage(s.chrome(c), v), templates.JobPart(v))
}

func (s *Server) jobView(c *gin.Context, j store.Job) (templates.JobView, error) {
	ctx, u := c.Request.Context(), c.Request.URL
	v := templates.JobView{Card: s.jobCard(c, j), Export: s.jobExport(c, j)}
	v.Card.Level = 1
	if !j.State.Ended() {
		v.Refresh = u.RequestURI()
		if j.State != store.JobPaused {
			v.Poll = u.RequestURI()
		}
	}
	if j.Kind == kindExport {
		v.Notice = s.exportNotice(ctx, j)
	}
	if err := s.jobKin(ctx, j, &v); err != nil {
		return v, err
	}
	if err := s.jobFails(c, j, &v); err != nil {
		return v, err
	}
	return v, s.jobItems(c, j, &v)
}

// jobCard is a job as it stands.
func (s *Server) jobCard(c *gin.Context, j store.Job) templates.JobCard {
	ctx := c.Request.Context()
	n := j.Counts
	done := n.Total - n.Waiting()
	card := templates.JobCard{
		ID: j.ID, URL: jobURL(j.ID), Title: jobTitle(ctx, j), Level: 2, Start: j.Created, By: jobBy(ctx, j), Reason: j.Reason,
		State: s.jobChip(ctx, j), Total: int64(n.Total), Done: int64(done), Counts: jobCounts(ctx, j), Buttons: s.jobButtons(c, j),
	}
	if a := s.Apps.Get(j.App); a == nil {
		card.Meta = append(card.Meta, templates.Link{Text: s.appTitle(ctx, j.App), Name: true})
	} else if len(s.Apps.All()) > 1 {
		card.Meta = append(card.Meta, templates.Link{Text: a.Title, URL: appURL(a, "groups"), Name: true})
	}
	if j.Complete && n.Total > 0 {
		card.Percent = strconv.Itoa(done*100/n.Total) + "%"
	}
	if s.heldBack(j) {
		card.Held = j.RunAt
	}
	switch {
	case j.State.Ended() && n.Refused+n.Unknown > 0, j.State == store.JobStopped:
		card.Tone = "warn"
	case j.State == store.JobPaused, j.State == store.JobCancelled:
		card.Tone = "quiet"
	}
	card.Doing = s.jobDoing(ctx, j)
	if j.State == store.JobRunning && j.Rate > 0 {
		card.Pace = i18n.T(ctx, "job.rate", "n", pace(ctx, j.Rate))
		if j.Complete && n.Waiting() > 0 {
			left := time.Duration(float64(n.Waiting()) / j.Rate * float64(time.Second)).Round(time.Second)
			card.Pace = i18n.T(ctx, "job.left", "left", i18n.Duration(ctx, max(left, time.Second)), "n", pace(ctx, j.Rate))
		}
	}
	return card
}

// pace is a number of items a second.
func pace(ctx context.Context, rate float64) string {
	if rate < 10 {
		return strconv.FormatFloat(rate, 'f', 1, 64)
	}
	return i18n.Int(ctx, int(rate))
}

// jobCounts says how many are in which state, without those of which there are none.
func jobCounts(ctx context.Context, j store.Job) string {
	n := j.Counts
	text := ""
	for _, part := range []struct {
		name string
		n    int
	}{{"done", n.Done}, {"reversed", n.Reversed}, {"refused", n.Refused}, {"unknown", n.Unknown}, {"skipped", n.Skipped}, {"left", n.Waiting()}} {
		if part.n == 0 {
			continue
		}
		//i18n:uses job.count.*
		said := i18n.T(ctx, "job.count."+part.name, "n", i18n.Int(ctx, part.n))
		if text != "" {
			said = text + " · " + said
		}
		text = said
	}
	return text
}

// jobDoing says what a job does now, or why it does nothing.
func (s *Server) jobDoing(ctx context.Context, j store.Job) string {
	//i18n:uses jobs.why.*
	//i18n:uses jobs.doing.*
	switch {
	case j.State == store.JobPaused && j.Why != "":
		return i18n.T(ctx, "job.paused_why", "why", i18n.T(ctx, j.Why))
	case j.State == store.JobPaused:
		return i18n.T(ctx, "job.paused")
	case j.State == store.JobStopped && j.Why != "":
		return i18n.T(ctx, j.Why)
	case j.State.Ended():
		return i18n.T(ctx, "job.ended", "when", i18n.When(ctx, j.Ended))
	case j.State == store.JobRunning && j.Doing != "":
		return i18n.T(ctx, "job.leave", "doing", i18n.T(ctx, j.Doing))
	}
	return i18n.T(ctx, "job.waiting")
}

// jobButtons are what can be done with a job.
func (s *Server) jobButtons(c *gin.Context, j store.Job) []templates.JobButton {
	ctx := c.Request.Context()
	why := s.maySteer(c, j)
	act := func(name, icon, variant string) templates.JobButton {
		//i18n:uses job.act.*
		return templates.JobButton{Post: jobURL(j.ID, name), View: templates.ButtonView{Text: i18n.T(ctx, "job.act."+name), Icon: icon, Variant: variant, Why: why}}
	}
	stop := act("cancel", "x", "harm")
	switch {
	case s.heldBack(j):
		stop.View.Text, stop.View.Variant = i18n.T(ctx, "job.act.take_back"), ""
		stop.View.Key = "z"
		return []templates.JobButton{stop}
	case j.State == store.JobPaused:
		return []templates.JobButton{act("resume", "play", "primary"), stop}
	case !j.State.Ended():
		if j.Want == store.WantPause {
			return []templates.JobButton{act("resume", "play", ""), stop}
		}
		return []templates.JobButton{act("pause", "pause", ""), stop}
	}
	if j.Counts.Done > 0 && s.reversible(j) == "" {
		return []templates.JobButton{{View: templates.ButtonView{Text: i18n.T(ctx, "job.act.reverse"), Icon: "history", URL: jobURL(j.ID, "reverse"), Why: why}}}
	}
	return nil
}

// maySteer says why the operator may not steer a job; "" if that is allowed. Whoever may begin the like may.
func (s *Server) maySteer(c *gin.Context, j store.Job) string {
	op, ok := auth.OperatorFrom(c.Request.Context())
	verb := auth.Verb(j.Kind)
	if j.Kind == kindExport {
		verb = auth.VerbExport
	}
	if !ok || !op.CanIn(j.App, auth.VerbBulk) || !op.CanIn(j.App, verb) {
		return i18n.T(c.Request.Context(), "error.forbidden.title")
	}
	return ""
}

// reversible is the text key of why what a job did cannot be taken back; "" if it can.
func (s *Server) reversible(j store.Job) string {
	switch {
	case j.Kind == kindExport:
		return "job.no_undo.export"
	case j.Relation == store.JobReverse:
		return "job.no_undo.reverse"
	}
	return actions.NoUndo(actions.Verb(j.Kind))
}

// jobKin are the jobs that belong to this one.
func (s *Server) jobKin(ctx context.Context, j store.Job, v *templates.JobView) error {
	link := func(key string, id int64) {
		//i18n:uses job.kin.*
		v.Kin = append(v.Kin, templates.Link{Text: i18n.T(ctx, "job.kin."+key, "id", id), URL: jobURL(id)})
	}
	if j.Parent != 0 {
		link("of_"+j.Relation, j.Parent)
	}
	children, err := s.Jobs.List(ctx, store.JobFilter{Parent: j.ID}, 0, 20)
	if err != nil {
		return fmt.Errorf("jobs that belong to job %d: %w", j.ID, err)
	}
	for _, child := range children {
		link(child.Relation, child.ID)
	}
	if key := s.reversible(j); j.State.Ended() && j.Counts.Done > 0 && key != "" && j.Kind != kindExport && j.Relation != store.JobReverse {
		//i18n:uses action.undo.*
		v.NoUndo = i18n.T(ctx, key)
	}
	return nil
}

// jobFails counts the reasons of what failed, over the first failsRead of them.
func (s *Server) jobFails(c *gin.Context, j store.Job, v *templates.JobView) error {
	ctx, u := c.Request.Context(), c.Request.URL
	failed := j.Counts.Refused + j.Counts.Unknown
	if failed == 0 {
		return nil
	}
	v.Failed = i18n.N(ctx, "job.failed", failed)
	if !j.State.Ended() {
		v.Failed = i18n.N(ctx, "job.failed_yet", failed)
	}
	app := s.Apps.Get(j.App)
	type cause struct{ reason, code string }
	count := map[cause]int{}
	state := map[cause]store.ItemState{}
	var order []cause
	for _, st := range []store.ItemState{store.ItemRefused, store.ItemUnknown} {
		items, err := s.someItems(ctx, j.ID, st, failsRead/2)
		if err != nil {
			return err
		}
		for _, i := range items {
			k := cause{i.Reason, i.Code}
			if count[k]++; count[k] == 1 {
				order, state[k] = append(order, k), st
			}
		}
	}
	slices.SortStableFunc(order, func(a, b cause) int { return count[b] - count[a] })
	for _, k := range order {
		what, next := jobReason(ctx, app, k.reason, k.code)
		v.Fails = append(v.Fails, templates.JobFail{
			What: what, Next: next, Code: k.code, N: i18n.Int(ctx, count[k]), URL: withQuery(u, "state", string(state[k]), "after", "") + "#job-items",
			Label: i18n.T(ctx, "job.show_those", "why", what),
		})
	}
	if j.State.Ended() && j.Relation != store.JobReverse && j.Kind != kindExport {
		v.Retry = &templates.JobButton{Post: jobURL(j.ID, "retry"), View: templates.ButtonView{
			Text: i18n.N(ctx, "job.act.retry", failed), Icon: "refresh", Why: s.maySteer(c, j),
		}}
	}
	return nil
}

// someItems reads up to most items of a state.
func (s *Server) someItems(ctx context.Context, id int64, st store.ItemState, most int) ([]store.JobItem, error) {
	var all []store.JobItem
	after := int64(0)
	for len(all) < most {
		items, err := s.Jobs.Items(ctx, id, st, after, min(most-len(all), store.MaxJobPage))
		if err != nil {
			return nil, fmt.Errorf("items of job %d: %w", id, err)
		}
		if len(items) == 0 {
			break
		}
		all, after = append(all, items...), items[len(items)-1].Position
	}
	return all, nil
}

// jobReason says why a target is as it is, and what to do about it.
func jobReason(ctx context.Context, app *App, reason, code string) (what, next string) {
	if code != "" && app != nil {
		if what, next = vendorText(ctx, app.IM.Vendor, code); what != "" {
			return what, next
		}
	}
	//i18n:uses jobs.skip.*
	//i18n:uses jobs.reason.*
	//i18n:uses action.skip.*
	switch {
	case reason == "":
		return "", ""
	case strings.HasPrefix(reason, "action.skip."): // "WHO is skipped: not a member", of which nothing but the reason holds for many
		text := i18n.T(ctx, reason, "who", "")
		if at := strings.IndexAny(text, ":："); at >= 0 {
			_, size := utf8.DecodeRuneInString(text[at:])
			text = upperFirst(strings.TrimSpace(text[at+size:]))
		}
		return text, ""
	}
	return i18n.T(ctx, reason, "who", ""), ""
}

func upperFirst(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}

// jobItems is a page of the targets.
func (s *Server) jobItems(c *gin.Context, j store.Job, v *templates.JobView) error {
	ctx, u := c.Request.Context(), c.Request.URL
	q := u.Query()
	open := store.ItemState(q.Get("state"))
	if !slices.Contains(store.ItemStates(), open) {
		open = ""
	}
	after, err := strconv.ParseInt(q.Get("after"), 10, 64)
	if err != nil || after < 0 {
		after = 0
	}
	n := j.Counts
	v.States = []templates.Tab{{Text: i18n.T(ctx, "job.item.all"), Count: i18n.Int(ctx, n.Total), Current: open == "", URL: withQuery(u, "state", "", "after", "")}}
	for _, st := range []struct {
		state store.ItemState
		n     int
	}{{store.ItemDone, n.Done}, {store.ItemRefused, n.Refused}, {store.ItemUnknown, n.Unknown}, {store.ItemSkipped, n.Skipped}, {store.ItemReversed, n.Reversed}} {
		if st.n > 0 || st.state == open {
			//i18n:uses job.item.*
			v.States = append(v.States, templates.Tab{
				Text: i18n.T(ctx, "job.item."+string(st.state)), Count: i18n.Int(ctx, st.n), Current: open == st.state, URL: withQuery(u, "state", string(st.state), "after", ""),
			})
		}
	}
	items, err := s.Jobs.Items(ctx, j.ID, open, after, itemsPage+1)
	if err != nil {
		return fmt.Errorf("items of job %d: %w", j.ID, err)
	}
	v.Pager = templates.PagerView{Label: i18n.T(ctx, "job.item_pages"), Target: "#job"}
	if after > 0 {
		v.Pager.First = withQuery(u, "after", "")
	}
	if len(items) > itemsPage {
		items = items[:itemsPage]
		v.Pager.Next = withQuery(u, "after", strconv.FormatInt(items[itemsPage-1].Position, 10))
	}
	if len(items) == 0 {
		v.Empty = &templates.EmptyView{Icon: "jobs", Title: i18n.T(ctx, "job.item.none")}
		if !j.Complete && !j.State.Ended() {
			v.Empty.Title = i18n.T(ctx, "job.item.looking")
		}
		return nil
	}
	v.Caption = i18n.N(ctx, "job.item.caption", len(items))
	if open == "" && (v.Pager.First != "" || v.Pager.Next != "") {
		v.Pager.Range = i18n.T(ctx, "job.item.range", "from", i18n.Int(ctx, int(items[0].Position)), "to", i18n.Int(ctx, int(items[len(items)-1].Position)), "total", i18n.Int(ctx, n.Total))
	}
	called := s.jobNames(c, j, items)
	for _, i := range items {
		v.Items = append(v.Items, s.jobItem(ctx, j, i, called))
	}
	return nil
}

// jobNames are the names of the people and groups of a page of targets. A job that runs shows ids: its page is asked for each second.
func (s *Server) jobNames(c *gin.Context, j store.Job, items []store.JobItem) (n struct{ users, groups names }) {
	n.users, n.groups = names{}, names{}
	app := s.Apps.Get(j.App)
	if app == nil || !j.State.Ended() || j.Kind == kindExport {
		return n
	}
	ctx := c.Request.Context()
	var users, groups []string
	for _, i := range items {
		if i.Group != "" && !slices.Contains(groups, i.Group) {
			groups = append(groups, i.Group)
		}
		if j.Kind == jobs.FindGroups {
			groups = append(groups, i.Target)
			continue
		}
		if !notPeople(actions.Verb(j.Kind)) && j.Kind != jobs.Recall && j.Kind != jobs.Notice {
			users = append(users, i.Target)
		}
	}
	if len(users) > 0 {
		list, _, err := app.IM.Users.GetMany(ctx, users)
		if err != nil {
			s.logFailure(c, err, http.StatusOK)
		}
		for _, u := range list {
			n.users[u.ID] = u.Nick
		}
	}
	if len(groups) > 0 {
		list, _, err := app.IM.Groups.GetMany(ctx, groups)
		if err != nil {
			s.logFailure(c, err, http.StatusOK)
		}
		for _, g := range list {
			n.groups[g.ID] = g.Name
		}
	}
	return n
}

func (s *Server) jobItem(ctx context.Context, j store.Job, i store.JobItem, called struct{ users, groups names }) templates.JobItemRow {
	app := s.Apps.Get(j.App)
	r := templates.JobItemRow{Position: i.Position, ID: i.Target, Name: called.users[i.Target], State: itemChip(ctx, i.State), Code: i.Code}
	r.Why, _ = jobReason(ctx, app, i.Reason, i.Code)
	if i.State == store.ItemDone && i.Reason != "" && r.Why == "" {
		r.Why = i.Reason
	}
	v := actions.Verb(j.Kind)
	if i.Before != "" {
		r.Before = valueText(ctx, v, actions.Value{Known: true, Text: i.Before})
	}
	if i.After != "" {
		r.After = valueText(ctx, v, actions.Value{Known: true, Text: i.After})
	}
	if app == nil {
		return r
	}
	switch {
	case j.Kind == jobs.Recall:
		r.URL = groupURL(app, i.Group, tabMessages) + "?seq=" + i.More
	case j.Kind == kindExport:
		r.After, r.Before = "", ""
	case i.Target == i.Group || j.Kind == jobs.FindGroups:
		r.URL, r.Name = groupURL(app, i.Target, tabMessages), called.groups[i.Target]
	default:
		r.URL = userURL(app, i.Target)
	}
	if i.Group != "" && i.Group != i.Target {
		r.Group = templates.Link{Text: orID(called.groups[i.Group], i.Group), URL: groupURL(app, i.Group, tabMessages)}
	}
	if i.Audit != 0 {
		r.Entry = entryLink(app, i.Audit)
	}
	return r
}

func itemChip(ctx context.Context, st store.ItemState) templates.ChipView {
	c := templates.ChipView{Text: i18n.T(ctx, "job.item."+string(st))}
	switch st {
	case store.ItemDone:
		c.Tone, c.Icon = "ok", "check"
	case store.ItemRefused:
		c.Tone, c.Icon = "bad", "x"
	case store.ItemUnknown:
		c.Tone, c.Icon = "warn", "alert"
	case store.ItemReversed:
		c.Icon = "history"
	case store.ItemSending:
		c.Tone, c.Icon = "accent", "play"
	case store.ItemSkipped:
		c.Icon = "minus"
	default:
		c.Icon = "clock"
	}
	return c
}

// steerJob pauses, resumes or ends a job. One that is there already says so.
func (s *Server) steerJob(done string, steer func(*jobs.Service, context.Context, actions.Actor, int64) (store.Job, error)) func(*gin.Context) error {
	return func(c *gin.Context) error {
		j, err := s.job(c)
		if err != nil {
			return err
		}
		ctx := c.Request.Context()
		before := s.heldBack(j)
		j, err = steer(s.Jobs, ctx, s.actorIn(c, j.App), j.ID)
		t := templates.Toast{}
		switch {
		case errors.Is(err, store.ErrConflict):
			t = templates.Toast{Tone: "bad", Text: i18n.T(ctx, "job.said.already")}
		case err != nil:
			return err
		case before && done == "cancelled":
			t.Text = i18n.T(ctx, "job.said.taken_back")
		default:
			//i18n:uses job.said.*
			t.Text = i18n.T(ctx, "job.said."+done)
		}
		return s.answer(c, http.StatusOK, t, backFrom(c, "/jobs/"+c.Param("job")))
	}
}

// postedKey tells a form that is sent twice.
func postedKey(c *gin.Context) string { return clip(c.PostForm("key"), 64) }

// retryJob tries again what failed, in a job of its own. What may have been done is not done again.
func (s *Server) retryJob(c *gin.Context) error {
	j, err := s.job(c)
	if err != nil {
		return err
	}
	app := s.Apps.Get(j.App)
	if app == nil {
		return s.noApp(j.App)
	}
	ctx := c.Request.Context()
	child, err := s.Jobs.Retry(ctx, s.actorIn(c, j.App), app.Target(), j.ID, false, postedKey(c))
	if errors.Is(err, jobs.ErrNothingToDo) || errors.Is(err, store.ErrConflict) {
		return s.answer(c, http.StatusOK, templates.Toast{Tone: "bad", Text: i18n.T(ctx, "job.said.nothing_left")}, jobURL(j.ID))
	}
	if err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, s.startedToast(ctx, child), jobURL(child.ID))
}

// startedToast says that a job begins, and when.
func (s *Server) startedToast(ctx context.Context, j store.Job) templates.Toast {
	t := templates.Toast{Text: i18n.T(ctx, "job.said.started", "id", j.ID)}
	if s.heldBack(j) {
		t.Small = i18n.T(ctx, "job.said.held", "left", i18n.Duration(ctx, s.Jobs.Hold))
	}
	return t
}

// reversePlan shows what taking a job back would do, and what cannot be taken back.
func (s *Server) reversePlan(c *gin.Context) error {
	j, err := s.job(c)
	if err != nil {
		return err
	}
	app := s.Apps.Get(j.App)
	if app == nil {
		return s.noApp(j.App)
	}
	ctx := c.Request.Context()
	p, err := s.Jobs.ReversePlan(ctx, s.actorIn(c, j.App), app.Target(), j.ID)
	if errors.Is(err, store.ErrConflict) {
		return s.answer(c, http.StatusOK, templates.Toast{Tone: "bad", Text: i18n.T(ctx, "job.said.running")}, jobURL(j.ID))
	}
	if err != nil {
		return err
	}
	page := templates.JobPlanPage(s.chrome(c), s.reverseView(c, j, p))
	return render(c, http.StatusOK, page, nil)
}

func (s *Server) reverseView(c *gin.Context, j store.Job, p jobs.ReversePlan) templates.JobPlanView {
	ctx := c.Request.Context()
	v := templates.JobPlanView{
		Title: i18n.T(ctx, "job.reverse.title", "id", j.ID), Text: jobTitle(ctx, j), Back: templates.Link{Text: i18n.T(ctx, "job.number", "id", j.ID), URL: jobURL(j.ID)},
		Action: jobURL(j.ID, "reverse"), Hidden: []string{"key", rand.Text()},
		Figures: []templates.JobFigure{
			{Value: i18n.Int(ctx, p.Can()), Text: i18n.T(ctx, "job.reverse.can")},
			{Value: i18n.Int(ctx, p.Restored), Text: i18n.T(ctx, "job.reverse.restored")},
			{Value: i18n.Int(ctx, p.Lifted), Text: i18n.T(ctx, "job.reverse.lifted")},
		},
		Submit: templates.ButtonView{Type: "submit", Variant: "primary", Key: "Control+Enter", Text: i18n.N(ctx, "job.reverse.submit", p.Can()), Icon: "history"},
		Change: templates.ButtonView{Text: i18n.T(ctx, "ui.cancel"), URL: jobURL(j.ID)},
	}
	v.Lines = append(v.Lines, templates.EffectLine{Tone: "ok", Text: i18n.T(ctx, "job.reverse.changed")})
	if p.Reversed > 0 {
		v.Lines = append(v.Lines, templates.EffectLine{Tone: "off", Text: i18n.N(ctx, "job.reverse.before", p.Reversed)})
	}
	cannot := 0
	for _, skip := range p.Cannot {
		cannot += skip.N
		//i18n:uses action.undo.*
		v.Lines = append(v.Lines, templates.EffectLine{Tone: "warn", Text: i18n.N(ctx, "job.reverse.cannot", skip.N, "why", i18n.T(ctx, skip.Reason))})
		v.Samples = append(v.Samples, templates.JobSample{Title: i18n.N(ctx, "job.plan.sample", skip.N, "why", i18n.T(ctx, skip.Reason)), Names: skip.Sample})
	}
	if cannot > 0 {
		v.Figures = append(v.Figures, templates.JobFigure{Value: i18n.Int(ctx, cannot), Text: i18n.T(ctx, "job.reverse.not"), Tone: "warn"})
	}
	if p.Can() == 0 {
		v.Submit.Why = i18n.T(ctx, "job.reverse.nothing")
	}
	if why := s.maySteer(c, j); why != "" {
		v.Submit.Why = why
	}
	return v
}

func (s *Server) reverseJob(c *gin.Context) error {
	j, err := s.job(c)
	if err != nil {
		return err
	}
	app := s.Apps.Get(j.App)
	if app == nil {
		return s.noApp(j.App)
	}
	ctx := c.Request.Context()
	child, err := s.Jobs.Reverse(ctx, s.actorIn(c, j.App), app.Target(), j.ID, postedKey(c))
	if errors.Is(err, jobs.ErrNothingToDo) || errors.Is(err, store.ErrConflict) {
		return s.answer(c, http.StatusOK, templates.Toast{Tone: "bad", Text: i18n.T(ctx, "job.said.nothing_left")}, jobURL(j.ID))
	}
	if err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, s.startedToast(ctx, child), jobURL(child.ID))
}
