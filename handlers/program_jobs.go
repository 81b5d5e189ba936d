package handlers

import (
	"context"
	"errors"
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
	programJobs = programApp + "/jobs"
	programJob  = programJobs + "/:job"
)

// errNotNow means that a job is not in a state in which that can be asked of it.
var errNotNow = errors.New("the job is not in a state for that")

// jobProgramRoutes are the lines about jobs. Besides the right to act on many, a job needs that of its kind.
func jobProgramRoutes() []programRoute {
	return []programRoute{
		{get, programJobs, auth.VerbBulk, "listJobs", []string{"state", "cursor", "limit"}, nil, jobList{}, (*programCall).jobs},
		{post, programJobs + "/plan", auth.VerbBulk, "planJob", nil, jobBody{}, jobPlanOut{}, (*programCall).planJob},
		{post, programJobs, auth.VerbBulk, "startJob", nil, jobBody{}, jobOut{}, (*programCall).startJob},
		{get, programJob, auth.VerbBulk, "getJob", nil, nil, jobOut{}, (*programCall).job},
		{get, programJob + "/items", auth.VerbBulk, "listJobItems", []string{"state", "cursor", "limit"}, nil, jobItemList{}, (*programCall).jobItems},
		{post, programJob + "/pause", auth.VerbBulk, "pauseJob", nil, nil, jobOut{}, steerProgramJob((*jobs.Service).Pause)},
		{post, programJob + "/resume", auth.VerbBulk, "resumeJob", nil, nil, jobOut{}, steerProgramJob((*jobs.Service).Resume)},
		{post, programJob + "/cancel", auth.VerbBulk, "cancelJob", nil, nil, jobOut{}, steerProgramJob((*jobs.Service).Cancel)},
		{post, programJob + "/retry", auth.VerbBulk, "retryJob", nil, nil, jobOut{}, (*programCall).retryJob},
		{post, programJob + "/reverse", auth.VerbBulk, "reverseJob", nil, nil, jobOut{}, (*programCall).reverseJob},
	}
}

// What is sent of a job, and what comes back.
type (
	jobBody struct {
		whyBody
		Kind       string         `json:"kind"` // the name of an action, such as member.mute
		Groups     []string       `json:"groups"`
		Users      []string       `json:"users"`
		Everybody  *everybodyIn   `json:"everybody"`
		Messages   []messageRefIn `json:"messages"`
		Search     *searchIn      `json:"search"`
		Seconds    int64          `json:"seconds"`
		Forever    bool           `json:"forever"`
		AlsoAdmins bool           `json:"also_admins"`
		Silent     bool           `json:"silent"`
		Role       string         `json:"role"`
		Text       string         `json:"text"`
		Direct     bool           `json:"direct"`
		InGroups   bool           `json:"in_groups"`
	}
	everybodyIn struct {
		List string `json:"list"` // members, muted or bans
		Role string `json:"role"`
	}
	searchIn struct {
		Senders []string  `json:"senders"`
		Text    string    `json:"text"`
		From    time.Time `json:"from"`
		Until   time.Time `json:"until"`
	}
	jobPlanOut struct {
		Kind       string       `json:"kind"`
		Total      int          `json:"total"` // targets; of a search those found so far
		People     int          `json:"people"`
		Groups     int          `json:"groups"`
		Messages   int          `json:"messages"`
		Checked    int          `json:"checked"` // of how many is known how they are now
		Act        int          `json:"act"`     // of those checked, how many would be acted upon
		Skips      []jobSkipOut `json:"skips"`
		Refused    []jobSkipOut `json:"refused"`  // groups in which it cannot be done
		Complete   bool         `json:"complete"` // a search came to its end; if not, the job finds more
		Calls      []jobCallOut `json:"calls"`
		Seconds    int64        `json:"seconds"`    // how long it takes if nobody else calls
		Reversible bool         `json:"reversible"` // by a job
	}
	jobSkipOut struct {
		Why       string   `json:"why"`
		Count     int      `json:"count"`
		Sample    []string `json:"sample"`
		Protected bool     `json:"protected"`
	}
	jobCallOut struct {
		Command   string  `json:"command"`
		Count     int     `json:"count"`
		PerSecond float64 `json:"per_second"` // 0: not known
	}
	jobList struct {
		Jobs []jobOut `json:"jobs"`
		Next string   `json:"next,omitempty"`
	}
	jobOut struct {
		ID       int64       `json:"id"`
		Kind     string      `json:"kind"`
		State    string      `json:"state"`            // making, ready, running, paused, done, cancelled, stopped
		Asked    string      `json:"asked,omitempty"`  // pause or cancel, until it is so
		Why      string      `json:"why,omitempty"`    // it paused or stopped by itself
		Parent   int64       `json:"parent,omitempty"` // the job that it retries or reverses
		Relation string      `json:"relation,omitempty"`
		By       string      `json:"by,omitempty"`
		Reason   string      `json:"reason,omitempty"`
		Complete bool        `json:"complete"` // all targets are known
		Counts   jobCountOut `json:"counts"`
		Created  *time.Time  `json:"created,omitempty"`
		RunAt    *time.Time  `json:"run_at,omitempty"`
		Started  *time.Time  `json:"started,omitempty"`
		Ended    *time.Time  `json:"ended,omitempty"`
	}
	jobCountOut struct {
		Total    int `json:"total"`
		Waiting  int `json:"waiting"`
		Done     int `json:"done"`
		Refused  int `json:"refused"`
		Unknown  int `json:"unknown"`
		Skipped  int `json:"skipped"`
		Reversed int `json:"reversed"`
	}
	jobItemList struct {
		Items []jobItemOut `json:"items"`
		Next  string       `json:"next,omitempty"`
	}
	jobItemOut struct {
		Group   string `json:"group,omitempty"`
		Target  string `json:"target"`
		State   string `json:"state"` // waiting, sending, done, refused, unknown, skipped, reversed
		Why     string `json:"why,omitempty"`
		Service string `json:"service_code,omitempty"`
		Before  string `json:"before,omitempty"`
		After   string `json:"after,omitempty"`
		Entry   int64  `json:"entry,omitempty"` // of the audit log
	}
)

// jobSpec reads what a job is to do. Kinds that are no actions are the console's own.
func (p *programCall) jobSpec() (jobs.Spec, error) {
	var b jobBody
	if err := p.read(&b); err != nil {
		return jobs.Spec{}, err
	}
	if !slices.Contains(jobs.Kinds(), b.Kind) {
		return jobs.Spec{}, &actions.Invalid{Fields: map[string]actions.Text{"kind": {Key: "jobs.invalid.kind"}}}
	}
	s := jobs.Spec{
		Kind: b.Kind, Groups: b.Groups, Users: b.Users, Reason: strings.TrimSpace(b.Reason), Note: b.Note,
		AlsoAdmins: b.AlsoAdmins, Silent: b.Silent, Role: imclient.Role(b.Role), Text: b.Text, Direct: b.Direct, InGroups: b.InGroups,
	}
	if b.Seconds != 0 || b.Forever {
		s.Span = span(b.Seconds, b.Forever)
	}
	for _, m := range b.Messages {
		s.Messages = append(s.Messages, actions.MessageRef(m))
	}
	if b.Everybody != nil {
		s.All = &jobs.Everybody{List: b.Everybody.List, Role: imclient.Role(b.Everybody.Role)}
	}
	if b.Search != nil {
		s.Search = &jobs.Search{Senders: b.Search.Senders, Text: b.Search.Text, From: b.Search.From.UTC(), Until: b.Search.Until.UTC()}
	}
	return s, nil
}

func (p *programCall) planJob() (any, error) {
	spec, err := p.jobSpec()
	if err != nil {
		return nil, err
	}
	plan, err := p.s.Jobs.Plan(p.c.Request.Context(), p.s.actor(p.c), p.app.Target(), spec)
	if err != nil {
		return nil, err
	}
	return p.planOut(plan), nil
}

func (p *programCall) planOut(plan jobs.Plan) jobPlanOut {
	out := jobPlanOut{
		Kind: plan.Kind, Total: plan.Total, People: plan.People, Groups: plan.Groups, Messages: plan.Messages, Checked: plan.Checked, Act: plan.Act,
		Skips: p.skipsOut(plan.Skips), Refused: p.skipsOut(plan.Refused), Complete: plan.Complete, Calls: []jobCallOut{},
		Seconds: int64(plan.Lasts.Round(time.Second) / time.Second), Reversible: plan.UndoText == "",
	}
	for _, c := range plan.Calls {
		out.Calls = append(out.Calls, jobCallOut{c.Command, c.N, c.PerSecond})
	}
	return out
}

func (p *programCall) skipsOut(list []jobs.Skip) []jobSkipOut {
	out := []jobSkipOut{}
	for _, s := range list {
		why, _ := jobReason(p.c.Request.Context(), p.app, s.Reason, "")
		out = append(out, jobSkipOut{why, s.N, s.Sample, s.Protects})
	}
	return out
}

func (p *programCall) startJob() (any, error) {
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	spec, err := p.jobSpec()
	if err != nil {
		return nil, err
	}
	j, err := p.s.Jobs.Start(p.c.Request.Context(), p.s.actor(p.c), p.app.Target(), spec, key)
	return p.jobAnswer(j, err)
}

// jobAnswer is a job as it stands, or why it is not as was asked.
func (p *programCall) jobAnswer(j store.Job, err error) (any, error) {
	if errors.Is(err, store.ErrConflict) || errors.Is(err, jobs.ErrNothingToDo) {
		return nil, errNotNow
	}
	if err != nil {
		return nil, err
	}
	return p.jobOut(j), nil
}

func (p *programCall) jobOut(j store.Job) jobOut {
	n := j.Counts
	out := jobOut{
		ID: j.ID, Kind: j.Kind, State: string(j.State), Parent: j.Parent, Relation: j.Relation, By: j.OperatorName, Reason: j.Reason, Complete: j.Complete,
		Counts:  jobCountOut{n.Total, n.Waiting(), n.Done, n.Refused, n.Unknown, n.Skipped, n.Reversed},
		Created: moment(j.Created), RunAt: moment(j.RunAt), Started: moment(j.Started), Ended: moment(j.Ended),
	}
	if !j.State.Ended() && j.State != store.JobPaused {
		out.Asked = j.Want
	}
	out.Why, _ = jobReason(p.c.Request.Context(), p.app, j.Why, "")
	return out
}

// theJob is the job that the address names, if it is of this app and one that programs know.
func (p *programCall) theJob() (store.Job, error) {
	id, err := strconv.ParseInt(p.c.Param("job"), 10, 64)
	if err != nil {
		return store.Job{}, store.ErrNotFound
	}
	j, err := p.s.Jobs.Get(p.c.Request.Context(), id)
	if err == nil && (j.App != p.app.Name || !slices.Contains(jobs.Kinds(), j.Kind)) {
		err = store.ErrNotFound
	}
	return j, err
}

func (p *programCall) job() (any, error) { return p.jobAnswer(p.theJob()) }

// jobs lists jobs, newest first; those that programs do not know are left out, so that a page may hold fewer than its limit.
func (p *programCall) jobs() (any, error) {
	limit, err := p.limit()
	if err != nil {
		return nil, err
	}
	before, err := p.number("cursor")
	if err != nil {
		return nil, err
	}
	f := store.JobFilter{App: p.app.Name}
	if state := store.JobState(p.c.Query("state")); state != "" {
		if !slices.Contains([]store.JobState{store.JobMaking, store.JobReady, store.JobRunning, store.JobPaused, store.JobDone, store.JobCancelled, store.JobStopped}, state) {
			return nil, badBody{"state"}
		}
		f.States = []store.JobState{state}
	}
	list, err := p.s.Jobs.List(p.c.Request.Context(), f, before, limit+1)
	if err != nil {
		return nil, err
	}
	out := jobList{Jobs: []jobOut{}}
	if len(list) > limit {
		list = list[:limit]
		out.Next = strconv.FormatInt(list[limit-1].ID, 10)
	}
	for _, j := range list {
		if slices.Contains(jobs.Kinds(), j.Kind) {
			out.Jobs = append(out.Jobs, p.jobOut(j))
		}
	}
	return out, nil
}

// number is a cursor that is a number; 0 if there is none.
func (p *programCall) number(name string) (int64, error) {
	text := p.c.Query(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, badBody{name}
	}
	return n, nil
}

func (p *programCall) jobItems() (any, error) {
	j, err := p.theJob()
	if err != nil {
		return nil, err
	}
	limit, err := p.limit()
	if err != nil {
		return nil, err
	}
	after, err := p.number("cursor")
	if err != nil {
		return nil, err
	}
	state := store.ItemState(p.c.Query("state"))
	if state != "" && !slices.Contains(store.ItemStates(), state) {
		return nil, badBody{"state"}
	}
	ctx := p.c.Request.Context()
	items, err := p.s.Jobs.Items(ctx, j.ID, state, after, limit+1)
	if err != nil {
		return nil, err
	}
	out := jobItemList{Items: []jobItemOut{}}
	if len(items) > limit {
		items = items[:limit]
		out.Next = strconv.FormatInt(items[limit-1].Position, 10)
	}
	for _, i := range items {
		why, _ := jobReason(ctx, p.app, i.Reason, i.Code)
		out.Items = append(out.Items, jobItemOut{i.Group, i.Target, string(i.State), why, i.Code, i.Before, i.After, i.Audit})
	}
	return out, nil
}

// steerProgramJob pauses, resumes or ends a job.
func steerProgramJob(steer func(*jobs.Service, context.Context, actions.Actor, int64) (store.Job, error)) func(*programCall) (any, error) {
	return func(p *programCall) (any, error) {
		j, err := p.theJob()
		if err != nil {
			return nil, err
		}
		return p.jobAnswer(steer(p.s.Jobs, p.c.Request.Context(), p.s.actor(p.c), j.ID))
	}
}

func (p *programCall) retryJob() (any, error) {
	return p.childJob(func(ctx context.Context, actor actions.Actor, id int64, key string) (store.Job, error) {
		return p.s.Jobs.Retry(ctx, actor, p.app.Target(), id, false, key)
	})
}

func (p *programCall) reverseJob() (any, error) {
	return p.childJob(func(ctx context.Context, actor actions.Actor, id int64, key string) (store.Job, error) {
		return p.s.Jobs.Reverse(ctx, actor, p.app.Target(), id, key)
	})
}

// childJob starts a job that is about another one.
func (p *programCall) childJob(start func(ctx context.Context, actor actions.Actor, id int64, key string) (store.Job, error)) (any, error) {
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	j, err := p.theJob()
	if err != nil {
		return nil, err
	}
	return p.jobAnswer(start(p.c.Request.Context(), p.s.actor(p.c), j.ID, key))
}
