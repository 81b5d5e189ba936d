package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/approvals"
	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) approvalRoutes() []route {
	const one = approvalsURL + "/:approval"
	return []route{
		{get, approvalsURL, auth.VerbSelf, s.approvalList},
		{get, one, auth.VerbSelf, s.approvalPage},
		{post, one + "/approve", auth.VerbApprove, s.approve},
		{post, one + "/refuse", auth.VerbApprove, s.refuse},
		{post, one + "/review", auth.VerbApprove, s.reviewOverride},
		{post, one + "/override", auth.VerbOverride, s.override},
		{post, one + "/withdraw", auth.VerbSelf, s.withdraw},
		{post, one + "/seen", auth.VerbSelf, s.seenApproval},
		{get, policyURL, auth.VerbSettings, s.policyPage},
		{post, policyURL, auth.VerbSettings, s.setPolicy},
	}
}

// Addresses of requests for a second person, and of what asks for them.
const (
	approvalsURL = "/approvals"
	policyURL    = "/settings/approvals"
)

func approvalURL(id string, parts ...string) string {
	return strings.Join(append([]string{approvalsURL, id}, parts...), "/")
}

// withApprovals gives the guard what it needs to know of the console.
func (s *Server) withApprovals() {
	if s.Approvals == nil {
		s.Approvals = &approvals.Service{Store: s.Store, Actions: s.Actions, Now: s.Now, Log: s.Log}
	}
	s.Approvals.App = func(name string) (actions.App, bool) {
		a := s.Apps.Get(name)
		if a == nil {
			return actions.App{}, false
		}
		return a.Target(), true
	}
	s.Approvals.Actor = func(ctx context.Context, id, app string) (actions.Actor, error) {
		kept, err := s.Store.Operators.Get(ctx, id)
		if err == nil && kept.Disabled {
			err = store.ErrNotFound
		}
		if err != nil {
			return actions.Actor{}, err
		}
		op, err := s.Auth.Operator(ctx, id)
		return actorOf(op, app), err
	}
	s.Approvals.Approvers = s.approvers
}

// approvers counts operators who may approve in an app, up to two.
func (s *Server) approvers(ctx context.Context, app string) (int, error) {
	list, err := s.Store.Operators.List(ctx)
	if err != nil {
		return 0, fmt.Errorf("count who may approve: %w", err)
	}
	n := 0
	for _, o := range list {
		if o.Disabled {
			continue
		}
		op, err := s.Auth.Operator(ctx, o.ID)
		if err != nil {
			return n, fmt.Errorf("count who may approve: %w", err)
		}
		if op.CanIn(app, auth.VerbApprove) {
			if n++; n > 1 {
				return n, nil
			}
		}
	}
	return n, nil
}

// waitingStates are those of requests that nobody decided yet.
var waitingStates = []store.ApprovalState{store.ApprovalWaiting, store.ApprovalRunning}

// approvalApps are the apps in which the operator may be the second person.
func (s *Server) approvalApps(c *gin.Context) []string {
	op, _ := auth.OperatorFrom(c.Request.Context())
	apps := []string{}
	for _, a := range s.Apps.All() {
		if op.CanIn(a.Name, auth.VerbApprove) {
			apps = append(apps, a.Name)
		}
	}
	return apps
}

// toApprove counts requests that wait for the operator, and overrides that wait to be reviewed.
func (s *Server) toApprove(c *gin.Context) (waiting, unreviewed int) {
	ctx := c.Request.Context()
	apps := s.approvalApps(c)
	if len(apps) == 0 {
		return 0, 0
	}
	op, _ := auth.OperatorFrom(ctx)
	waiting, err := s.Store.Approvals.Count(ctx, store.ApprovalFilter{States: waitingStates[:1], Apps: apps, NotBy: op.ID})
	if err == nil {
		unreviewed, err = s.Store.Approvals.Count(ctx, store.ApprovalFilter{Unreviewed: true, Apps: apps, NotBy: op.ID})
	}
	if err != nil {
		s.Log.WarnContext(ctx, "count requests", "reference", referenceOf(ctx), "error", err)
	}
	return waiting, unreviewed
}

// approvalNotice is what stands on every page: what came of the operator's own request, or an override to be reviewed.
func (s *Server) approvalNotice(c *gin.Context, unreviewed int) *templates.Notice {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	if strings.HasPrefix(c.Request.URL.Path, approvalsURL) {
		return nil
	}
	own, err := s.Store.Approvals.List(ctx, store.ApprovalFilter{OperatorID: op.ID, Unseen: true}, "", 1)
	if err != nil {
		s.Log.WarnContext(ctx, "own requests", "reference", referenceOf(ctx), "error", err)
		return nil
	}
	if len(own) > 0 {
		r := own[0]
		n := &templates.Notice{Tone: "info", Title: i18n.T(ctx, "approvals.told."+string(r.State), "what", s.approvalTitle(ctx, r), "by", r.DecidedName)}
		//i18n:uses approvals.told.*
		if r.State != store.ApprovalDone {
			n.Tone = "warn"
		}
		n.Text = r.DecidedReason
		n.Actions = []templates.ButtonView{{Text: i18n.T(ctx, "action.done.show"), URL: approvalURL(r.ID)}}
		return n
	}
	if unreviewed > 0 {
		return &templates.Notice{
			Tone: "bad", Icon: "alert", Title: i18n.N(ctx, "approvals.unreviewed", unreviewed),
			Actions: []templates.ButtonView{{Text: i18n.T(ctx, "action.done.show"), URL: approvalsURL}},
		}
	}
	return nil
}

// verbName says in words what can be done.
func verbName(ctx context.Context, verb string) string {
	//i18n:uses approvals.verb.*
	if key := "approvals.verb." + verb; i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return verb
}

// approvalTitle says in words what a request is for.
func (s *Server) approvalTitle(ctx context.Context, r store.Approval) string {
	what := verbName(ctx, r.Verb)
	if r.Kind == actions.AttemptJob {
		return i18n.N(ctx, "approvals.job_of", r.Size, "what", what)
	}
	if r.Size > 1 {
		return i18n.N(ctx, "approvals.of", r.Size, "what", what)
	}
	return what
}

func approvalChip(ctx context.Context, r store.Approval) templates.ChipView {
	//i18n:uses approvals.state.*
	c := templates.ChipView{Text: i18n.T(ctx, "approvals.state."+string(r.State))}
	switch r.State {
	case store.ApprovalWaiting, store.ApprovalRunning:
		c.Tone, c.Icon = "accent", "clock"
	case store.ApprovalDone:
		c.Tone, c.Icon = "ok", "check"
		if r.Result == string(store.AuditPartial) || r.Result == string(store.AuditUnknown) || r.Result == string(store.AuditFailed) {
			c.Tone, c.Icon = "warn", "alert"
		}
	case store.ApprovalFailed, store.ApprovalRefused:
		c.Tone, c.Icon = "bad", "x"
	}
	return c
}

// maxReason is how many bytes a reason may have.
const maxReason = 1000

// approvalPageSize is how many requests a page has.
const approvalPageSize = 30

// approvalList shows what waits for the operator, the operator's own requests, or all that are over.
func (s *Server) approvalList(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	apps := s.approvalApps(c)
	tab := c.Query("tab")
	if len(apps) == 0 || !slices.Contains([]string{"", "own", "all"}, tab) {
		tab = "own"
	}
	f := store.ApprovalFilter{}
	switch tab {
	case "own":
		f.OperatorID = op.ID
	case "all":
		f.Apps = apps
	default:
		f.Apps, f.NotBy, f.States = apps, op.ID, waitingStates
	}
	list, err := s.Store.Approvals.List(ctx, f, c.Query("before"), approvalPageSize+1)
	if err != nil {
		return err
	}
	v := templates.ApprovalsView{Empty: templates.EmptyView{Icon: "check", Title: i18n.T(ctx, "approvals.none"), Text: i18n.T(ctx, "approvals.none_text")}}
	if len(list) > approvalPageSize {
		list = list[:approvalPageSize]
		v.Older = withQuery(c.Request.URL, "before", list[len(list)-1].ID)
	}
	for _, r := range list {
		v.Rows = append(v.Rows, s.approvalRow(ctx, r))
	}
	if len(apps) > 0 {
		open, err := s.Store.Approvals.List(ctx, store.ApprovalFilter{Unreviewed: true, Apps: apps}, "", approvalPageSize)
		if err != nil {
			return err
		}
		for _, r := range open {
			v.Reviews = append(v.Reviews, s.approvalRow(ctx, r))
		}
		waiting, _ := s.toApprove(c)
		for _, t := range []string{"", "own", "all"} {
			//i18n:uses approvals.tab.*
			one := templates.Tab{Text: i18n.T(ctx, "approvals.tab."+orID(t, "waiting")), URL: withQuery(c.Request.URL, "tab", t, "before", ""), Current: t == tab}
			if t == "" && waiting > 0 {
				one.Count = i18n.Int(ctx, waiting)
			}
			v.Tabs = append(v.Tabs, one)
		}
	}
	if op.Can(auth.VerbSettings) {
		v.Policy = policyURL
	}
	return render(c, http.StatusOK, templates.ApprovalsPage(s.chrome(c), v), nil)
}

func (s *Server) approvalRow(ctx context.Context, r store.Approval) templates.ApprovalRow {
	row := templates.ApprovalRow{
		URL: approvalURL(r.ID), What: s.approvalTitle(ctx, r), OperatorID: r.OperatorID, Operator: r.OperatorName, App: s.appTitle(ctx, r.App),
		At: r.At, State: approvalChip(ctx, r), Reason: r.Reason, Override: r.Override,
	}
	if r.Reason == store.Erased {
		row.Reason = i18n.T(ctx, "audit.erased")
	}
	if r.State == store.ApprovalWaiting {
		row.Until = r.ExpiresAt
	}
	return row
}

func (s *Server) appTitle(ctx context.Context, name string) string {
	if a := s.Apps.Get(name); a != nil {
		return a.Title
	}
	if gone, is := s.Apps.Absent(name); is {
		//i18n:uses apps.absent.*
		return i18n.T(ctx, "apps.title.gone", "app", orID(gone.Title, name), "why", i18n.T(ctx, "apps.absent."+string(gone.Why)))
	}
	return name
}

// approval is the request that the address names, if the operator may see it: one's own, or of an app in which one may approve.
func (s *Server) approval(c *gin.Context) (store.Approval, error) {
	ctx := c.Request.Context()
	r, err := s.Store.Approvals.Get(ctx, c.Param("approval"))
	if err != nil {
		return r, err
	}
	if op, _ := auth.OperatorFrom(ctx); r.OperatorID != op.ID && !op.CanIn(r.App, auth.VerbApprove) {
		return r, store.ErrNotFound
	}
	return r, nil
}

// approvalPage shows a request with its whole plan. While it waits the plan is worked out anew, which costs the calls of a
// preview and one for names.
func (s *Server) approvalPage(c *gin.Context) error {
	r, err := s.approval(c)
	if err != nil {
		return err
	}
	return s.showApproval(c, http.StatusOK, r, "", nil)
}

// showApproval draws a request; reason is what was typed, and notice what went wrong.
func (s *Server) showApproval(c *gin.Context, status int, r store.Approval, reason string, notice *templates.Notice) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	v := templates.ApprovalView{Title: s.approvalTitle(ctx, r), Notice: notice, State: approvalChip(ctx, r), Facts: s.approvalFacts(ctx, r), Steps: approvalSteps(ctx, r)}
	own := r.OperatorID == op.ID
	if r.Override {
		v.Loud = &templates.Notice{Tone: "bad", Icon: "alert", Title: i18n.T(ctx, "approvals.loud", "who", r.OperatorName), Text: r.DecidedReason}
	}
	if r.EntryID != 0 && s.Apps.Get(r.App) != nil {
		v.Result = &templates.Link{Text: i18n.T(ctx, "approvals.result"), URL: entryURL(s.Apps.Get(r.App), r.EntryID)}
	}
	if r.Job != "" {
		v.Result = &templates.Link{Text: i18n.T(ctx, "approvals.result_job"), URL: "/jobs/" + r.Job}
	}
	waiting := r.State == store.ApprovalWaiting && s.Now().Before(r.ExpiresAt)
	plan, fresh := s.approvalPlan(c, &v, r, waiting)
	s.fillPlan(c, &v, r, plan)
	switch {
	case r.Override && r.ReviewedAt.IsZero() && !own && op.CanIn(r.App, auth.VerbApprove):
		v.Review = s.approvalForm(ctx, r, "review", reason, "")
	case !waiting:
	case own:
		v.Withdraw, v.PollURL = approvalURL(r.ID, "withdraw"), approvalURL(r.ID)
		v.Why = i18n.T(ctx, "approvals.own")
		if op.CanIn(r.App, auth.VerbOverride) {
			v.Override = s.approvalForm(ctx, r, "override", reason, "")
			v.Override.Variant = "harm-solid"
		}
	default:
		v.PollURL = approvalURL(r.ID)
		if s.Approvals.May(s.actorIn(c, r.App), r) != nil {
			v.Why = i18n.T(ctx, "approvals.no_right")
			break
		}
		if fresh != nil && fresh.Err == nil {
			v.Approve = s.approvalForm(ctx, r, "approve", reason, fresh.Mark)
			v.Approve.Field.Required, v.Approve.Field.Optional, v.Approve.Variant = false, true, "primary"
		}
		v.Refuse = s.approvalForm(ctx, r, "refuse", reason, "")
	}
	over := slices.Contains([]store.ApprovalState{store.ApprovalDone, store.ApprovalFailed, store.ApprovalRefused, store.ApprovalExpired}, r.State)
	if own && over && r.SeenAt.IsZero() {
		v.Seen = approvalURL(r.ID, "seen")
	}
	return render(c, status, templates.ApprovalPage(s.chrome(c), v), templates.ApprovalPart(v))
}

// approvalForm is one of the things that can be said to a request.
func (s *Server) approvalForm(ctx context.Context, r store.Approval, what, typed, mark string) *templates.ApprovalForm {
	//i18n:uses approvals.form.*
	f := &templates.ApprovalForm{
		ID: "form-" + what, URL: approvalURL(r.ID, what), Title: i18n.T(ctx, "approvals.form."+what), Text: i18n.T(ctx, "approvals.form."+what+".text"),
		Submit: i18n.T(ctx, "approvals.form."+what+".submit"),
		Field: templates.FieldView{
			Name: "reason", ID: what + "-reason", Label: i18n.T(ctx, "approvals.form."+what+".reason"), Rows: 2, MaxLength: 1000, Required: true, Value: typed,
			Attrs: map[string]any{"dir": "auto"},
		},
	}
	if mark != "" {
		f.Hidden = []string{"mark", mark}
	}
	return f
}

// approvalPlan is the plan to be shown: that of now while the request waits, else the one that was kept.
func (s *Server) approvalPlan(c *gin.Context, v *templates.ApprovalView, r store.Approval, waiting bool) (approvals.Plan, *approvals.Fresh) {
	ctx := c.Request.Context()
	if waiting {
		f := s.Approvals.Fresh(ctx, r)
		if f.Err == nil {
			v.PlanText = i18n.T(ctx, "approvals.plan_now")
			v.Changes = s.planChanges(c, r, f)
			return f.Plan, &f
		}
		p := explain(ctx, f.Err, false)
		p.notice.Title = i18n.T(ctx, "approvals.broken")
		v.Broken = &p.notice
	}
	v.PlanText = i18n.T(ctx, "approvals.plan_then", "at", i18n.When(ctx, r.At))
	old, err := s.Approvals.Old(r)
	if err != nil {
		s.Log.WarnContext(ctx, "plan of a request", "reference", referenceOf(ctx), "approval", r.ID, "error", err)
	}
	return old, nil
}

// fillPlan writes a plan in words.
func (s *Server) fillPlan(c *gin.Context, v *templates.ApprovalView, r store.Approval, plan approvals.Plan) {
	ctx := c.Request.Context()
	if len(plan.Job) > 0 {
		v.Job = jobFacts(ctx, plan.Job)
		return
	}
	app := s.Apps.Get(r.App)
	if plan.Preview == nil || app == nil || plan.Preview.Verb == "" {
		v.More = i18n.T(ctx, "approvals.no_plan")
		return
	}
	p := *plan.Preview
	if direct := strings.HasPrefix(string(p.Verb), "direct."); !direct || mayReadDirectText(ctx, r.App) {
		if text, ok := p.Options["text"].(string); ok && text != "" {
			v.Asked = append(v.Asked, templates.FactView{Name: i18n.T(ctx, "audit.detail.text"), Value: text})
		}
	}
	d := actions.Detail{Options: p.Options}
	v.Asked = append(v.Asked, appFacts(ctx, d)...)
	if p.Verb == actions.VerbAPICall {
		v.Asked = append(v.Asked, apiFacts(ctx, d)...)
	}
	p.Items = mostTelling(p.Items)
	var ids []string
	for _, i := range p.Items[:min(len(p.Items), sheetLines)] {
		ids = append(ids, i.ID)
	}
	people := s.planNames(c, app, p.Verb, ids)
	v.Effects = effects(ctx, p, people)
	if n := len(v.Effects) - sheetLines; n > 0 {
		v.Effects, v.More = v.Effects[:sheetLines], i18n.N(ctx, "messages.effect_more", n)
	}
}

// planNames are the names of those whom a plan is about; none if it is not about people, or if they cannot be read.
func (s *Server) planNames(c *gin.Context, app *App, v actions.Verb, ids []string) names {
	people := names{}
	if notPeople(v) || len(ids) == 0 {
		return people
	}
	users, _, err := app.IM.Users.GetMany(c.Request.Context(), ids)
	if err != nil {
		s.logFailure(c, err, http.StatusOK)
	}
	for _, u := range users {
		people[u.ID] = u.Nick
	}
	return people
}

func (s *Server) approvalFacts(ctx context.Context, r store.Approval) []templates.ApprovalFact {
	//i18n:uses approvals.fact.*
	fact := func(key string) templates.ApprovalFact {
		return templates.ApprovalFact{Name: i18n.T(ctx, "approvals.fact."+key)}
	}
	who, app, at, until, size := fact("who"), fact("app"), fact("at"), fact("until"), fact("size")
	who.Value, app.Value, at.At, until.At, size.Value = r.OperatorName, s.appTitle(ctx, r.App), r.At, r.ExpiresAt, i18n.Int(ctx, r.Size)
	list := []templates.ApprovalFact{who, app}
	if a := s.Apps.Get(r.App); a != nil && r.Group != "" {
		group := fact("group")
		group.Value, group.Link = r.Group, groupURL(a, r.Group, tabMessages)
		list = append(list, group)
	}
	list = append(list, size)
	if r.Reason != "" {
		reason := fact("reason")
		if reason.Value = r.Reason; r.Reason == store.Erased {
			reason.Value = i18n.T(ctx, "audit.erased")
		}
		list = append(list, reason)
	}
	list = append(list, at)
	if r.State == store.ApprovalWaiting {
		list = append(list, until)
	}
	return list
}

// approvalSteps is what happened to a request, in order.
func approvalSteps(ctx context.Context, r store.Approval) []templates.ApprovalStep {
	//i18n:uses approvals.step.*
	step := func(key string) string { return i18n.T(ctx, "approvals.step."+key) }
	list := []templates.ApprovalStep{{At: r.At, Who: r.OperatorName, What: step("asked"), Reason: r.Reason}}
	if r.Reason == store.Erased {
		list[0].Reason = i18n.T(ctx, "audit.erased")
	}
	if !r.DecidedAt.IsZero() {
		what := "approved"
		switch {
		case r.Override:
			what = "overridden"
		case r.State == store.ApprovalRefused:
			what = "refused"
		case r.State == store.ApprovalWithdrawn:
			what = "withdrawn"
		}
		list = append(list, templates.ApprovalStep{At: r.DecidedAt, Who: r.DecidedName, What: step(what), Reason: r.DecidedReason})
	}
	if !r.FinishedAt.IsZero() {
		s := templates.ApprovalStep{At: r.FinishedAt, What: step(string(r.State))}
		if r.State == store.ApprovalFailed {
			//i18n:uses approvals.why.*
			s.Reason = i18n.T(ctx, r.Result)
		} else if r.State == store.ApprovalDone && r.Result != "" {
			s.Reason = i18n.T(ctx, "audit.state."+r.Result)
		}
		list = append(list, s)
	}
	if !r.ReviewedAt.IsZero() {
		list = append(list, templates.ApprovalStep{At: r.ReviewedAt, Who: r.ReviewedName, What: step("reviewed"), Reason: r.Review})
	}
	return list
}

// decide reads the reason, decides, and says what came of it. What was typed comes back with what went wrong.
func (s *Server) decide(c *gin.Context, done string, do func(ctx context.Context, by actions.Actor, r store.Approval, reason string) error) error {
	v, err := form(c)
	if err != nil {
		return err
	}
	r, err := s.approval(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	reason := strings.TrimSpace(lines(v.Get("reason")))
	if err = approvals.ErrReason; len(reason) <= maxReason {
		err = do(ctx, s.actorIn(c, r.App), r, reason)
	}
	if err == nil {
		return s.done(c, templates.Toast{Text: i18n.T(ctx, done)}, approvalURL(r.ID))
	}
	n := &templates.Notice{Tone: "warn", Changed: i18n.T(ctx, "error.unchanged")}
	status := http.StatusConflict
	//i18n:uses approvals.error.*
	switch {
	case len(reason) > maxReason:
		status, n.Title = http.StatusUnprocessableEntity, i18n.T(ctx, "approvals.error.long")
	case errors.Is(err, approvals.ErrReason):
		status, n.Title = http.StatusUnprocessableEntity, i18n.T(ctx, "approvals.error.reason")
	case errors.Is(err, approvals.ErrOwn):
		n.Title = i18n.T(ctx, "approvals.error.own")
	case errors.Is(err, approvals.ErrDecided):
		n.Title = i18n.T(ctx, "approvals.error.decided")
	case errors.As(err, new(*approvals.Stale)):
		n.Title, n.Text = i18n.T(ctx, "approvals.error.stale"), i18n.T(ctx, "approvals.error.stale_text")
	default:
		return err
	}
	if now, err := s.Store.Approvals.Get(ctx, r.ID); err == nil {
		r = now
	}
	return s.showApproval(c, status, r, reason, n)
}

func (s *Server) approve(c *gin.Context) error {
	return s.decide(c, "approvals.done.approve", func(ctx context.Context, by actions.Actor, r store.Approval, reason string) error {
		_, err := s.Approvals.Approve(ctx, by, r.ID, c.PostForm("mark"), reason)
		return err
	})
}

func (s *Server) refuse(c *gin.Context) error {
	return s.decide(c, "approvals.done.refuse", func(ctx context.Context, by actions.Actor, r store.Approval, reason string) error {
		return s.Approvals.Refuse(ctx, by, r.ID, reason)
	})
}

func (s *Server) reviewOverride(c *gin.Context) error {
	return s.decide(c, "approvals.done.review", func(ctx context.Context, by actions.Actor, r store.Approval, reason string) error {
		return s.Approvals.Review(ctx, by, r.ID, reason)
	})
}

func (s *Server) override(c *gin.Context) error {
	return s.decide(c, "approvals.done.override", func(ctx context.Context, by actions.Actor, r store.Approval, reason string) error {
		_, err := s.Approvals.Override(ctx, by, r.ID, reason)
		return err
	})
}

func (s *Server) withdraw(c *gin.Context) error {
	return s.decide(c, "approvals.done.withdraw", func(ctx context.Context, by actions.Actor, r store.Approval, _ string) error {
		return s.Approvals.Withdraw(ctx, by, r.ID)
	})
}

func (s *Server) seenApproval(c *gin.Context) error {
	r, err := s.approval(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	if err := s.Store.Approvals.Seen(ctx, r.ID, op.ID, s.Now()); err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "approvals.done.seen")}, approvalURL(r.ID))
}

// jobPlan is what a page shows of package jobs' plan.
type jobPlan struct {
	People   int `json:"people"`
	Groups   int `json:"groups"`
	Messages int `json:"messages"`
	Act      int `json:"act"`
	Checked  int `json:"checked"`
	Skips    []struct {
		Reason string `json:"reason"`
		N      int    `json:"n"`
	} `json:"skips"`
	Calls []struct {
		N int `json:"n"`
	} `json:"calls"`
	Lasts time.Duration `json:"lasts"`
}

// jobFacts is the plan of a job in words.
func jobFacts(ctx context.Context, raw json.RawMessage) []templates.FactView {
	var p jobPlan
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil
	}
	var list []templates.FactView
	fact := func(key, value string) {
		//i18n:uses approvals.jobplan.*
		list = append(list, templates.FactView{Name: i18n.T(ctx, "approvals.jobplan."+key), Value: value})
	}
	for _, n := range []struct {
		key string
		n   int
	}{{"people", p.People}, {"groups", p.Groups}, {"messages", p.Messages}} {
		if n.n > 0 {
			fact(n.key, i18n.Int(ctx, n.n))
		}
	}
	fact("act", i18n.T(ctx, "approvals.jobplan.act_of", "n", i18n.Int(ctx, p.Act), "all", i18n.Int(ctx, p.Checked)))
	for _, skip := range p.Skips {
		if i18n.Has(ctx, skip.Reason) {
			fact("skipped", i18n.Int(ctx, skip.N)+": "+i18n.T(ctx, skip.Reason, "who", "…", "from", "…", "to", "…"))
		}
	}
	calls := 0
	for _, c := range p.Calls {
		calls += c.N
	}
	fact("calls", i18n.Int(ctx, calls))
	if p.Lasts > 0 {
		fact("lasts", i18n.Duration(ctx, p.Lasts.Round(time.Second)))
	}
	return list
}

// explainGuard says what the guard did not let through: a request is kept, or the operator did enough of it for now.
func explainGuard(ctx context.Context, err error) (problem, bool) {
	n := templates.Notice{Tone: "warn", Icon: "lock", Changed: i18n.T(ctx, "error.unchanged")}
	p := problem{status: http.StatusConflict}
	held, isHeld := errors.AsType[*actions.Held](err)
	over, isOver := errors.AsType[*actions.Overdrawn](err)
	cool, isCool := errors.AsType[*actions.CoolingDown](err)
	switch {
	case isHeld: // browsers are led to the request; this is for programs
		p.code, p.fields = "second_person", map[string]string{"request": held.RequestID}
		n.Title, n.Text = i18n.T(ctx, "approvals.held"), i18n.T(ctx, "approvals.held_text")
	case isOver:
		p.code = "quota"
		n.Title = i18n.T(ctx, "approvals.quota", "max", i18n.Int(ctx, over.Max), "per", i18n.Duration(ctx, over.Per), "used", i18n.Int(ctx, over.Used))
		n.Next = i18n.T(ctx, "approvals.quota_never")
		if !over.Again.IsZero() {
			n.Next = i18n.T(ctx, "approvals.quota_next", "time", i18n.When(ctx, over.Again))
		}
	case isCool:
		p.code = "pause"
		n.Title = i18n.T(ctx, "approvals.pause", "pause", i18n.Duration(ctx, cool.Pause))
		n.Next = i18n.T(ctx, "approvals.quota_next", "time", i18n.When(ctx, cool.Again))
	default:
		return p, false
	}
	p.notice = n
	return p, true
}

// answerHeld answers somebody whose action needs a second person: with the request, which has all that was typed.
func (s *Server) answerHeld(c *gin.Context, h *actions.Held) error {
	ctx := c.Request.Context()
	t := templates.Toast{Text: i18n.T(ctx, "approvals.held"), Small: i18n.T(ctx, "approvals.held_text")}
	if h.Repeated {
		t = templates.Toast{Text: i18n.T(ctx, "approvals.held_before")}
	}
	s.flash(c, flash{Toast: &t})
	return seeOther(c, approvalURL(h.RequestID))
}

// count is a number for a badge; "" for none.
func count(ctx context.Context, n int) string {
	if n == 0 {
		return ""
	}
	return i18n.Int(ctx, n)
}

// number of a rule in names of fields.
func ruleName(name string, n int) string { return name + "_" + strconv.Itoa(n+1) }
