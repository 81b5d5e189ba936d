package jobs

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"

	"imdesk/actions"
	"imdesk/store"
)

// How workers work, unless Options say otherwise.
const (
	defaultWorkers  = 2
	defaultLease    = 15 * time.Second
	defaultPoll     = time.Second
	defaultDrain    = 8 * time.Second
	defaultPatience = 10 * time.Minute
)

// DefaultLanes is how many batches of one job are on their way at once. That many, at most, are looked at after a console died.
const DefaultLanes = 16

// ErrNoOperator means that the operator who started a job is disabled, or gone.
var ErrNoOperator = errors.New("the operator is disabled or gone")

// Options are what the service works with.
type Options struct {
	Store   store.Jobs
	Audit   store.AuditLog
	Actions *actions.Service
	// App finds an app by imdesk's name for it; false: it is not configured (any more).
	App func(name string) (actions.App, bool)
	// Operator is who acts, with the rights of now: ErrNoOperator if the operator may not act at all.
	Operator func(ctx context.Context, id, app string) (actions.Actor, error)
	// Changed is told of a job that changed, at most once a second while it runs; nil: nobody wants to know.
	Changed func(ctx context.Context, id int64)
	Log     *slog.Logger // nil: slog.Default

	Owner    string        // the worker's name in leases, of its own in each process; "" makes one
	Workers  int           // jobs at once; 0: 2
	Lanes    int           // batches of one job on their way at once; 0: DefaultLanes
	Lease    time.Duration // how long a sign of life holds; 0: 15 s
	Poll     time.Duration // how often is looked for jobs of others; 0: 1 s
	Drain    time.Duration // how long what is on its way may take at a shutdown; 0: 8 s
	Patience time.Duration // how long the service may not answer until a job pauses; 0: 10 min
	// Hold is how long a job of actions waits after its start, so that it can be taken back before anything is sent; 0: not at all.
	Hold time.Duration
}

// Service plans, starts and runs jobs.
type Service struct {
	Options
	kinds map[string]Kind
	bell  chan struct{} // somebody started or resumed a job here
	meter *meter
}

// New makes the service with the kinds that are actions. Nothing runs until Run.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Owner == "" {
		host, _ := os.Hostname()
		o.Owner = host + "-" + strconv.Itoa(os.Getpid()) + "-" + rand.Text()[:8]
	}
	or := func(n *int, standard int) {
		if *n <= 0 {
			*n = standard
		}
	}
	or(&o.Workers, defaultWorkers)
	or(&o.Lanes, DefaultLanes)
	orTime := func(d *time.Duration, standard time.Duration) {
		if *d <= 0 {
			*d = standard
		}
	}
	orTime(&o.Lease, defaultLease)
	orTime(&o.Poll, defaultPoll)
	orTime(&o.Drain, defaultDrain)
	orTime(&o.Patience, defaultPatience)
	s := &Service{Options: o, kinds: map[string]Kind{}, bell: make(chan struct{}, 1), meter: newMeter()}
	for _, k := range actionKinds() {
		s.Add(k)
	}
	return s
}

// Add makes another kind known. Call it before Run.
func (s *Service) Add(k Kind) { s.kinds[k.Name()] = k }

// Kinds lists the kinds that are actions, in the order in which they are offered.
func Kinds() []string {
	var list []string
	for _, k := range actionKinds() {
		if !k.inner {
			list = append(list, k.Name())
		}
	}
	return list
}

// stored is what a job's row has of how it was started.
type stored struct {
	Spec      Spec               `json:"spec"`
	Clearance *actions.Clearance `json:"clearance,omitempty"`
	Print     string             `json:"print,omitempty"` // of the whole spec, targets and all
}

func readStored(j store.Job) (stored, error) {
	var v stored
	if err := json.Unmarshal(j.Spec, &v); err != nil {
		return v, fmt.Errorf("read the parameters of job %d: %w", j.ID, err)
	}
	return v, nil
}

// SpecOf is what a job was started with, without its targets.
func SpecOf(j store.Job) (Spec, error) {
	v, err := readStored(j)
	return v.Spec, err
}

// check finds the kind and holds the operator's rights and the spec against it.
func (s *Service) check(actor actions.Actor, app actions.App, spec Spec) (Kind, []store.JobItem, error) {
	k := s.kinds[spec.Kind]
	if k == nil {
		return nil, nil, &actions.Invalid{Fields: map[string]actions.Text{"kind": {Key: "jobs.invalid.kind"}}}
	}
	if err := allowed(actor, k); err != nil {
		return nil, nil, err
	}
	if err := k.Check(app, spec); err != nil {
		return nil, nil, err
	}
	items := k.Items(spec)
	finder, finds := k.(Finder)
	finds = finds && finder.Finds(spec)
	p := problems{}
	switch {
	case len(items) == 0 && !finds:
		p.add("targets", "action.invalid.nobody")
	case len(items) > MaxTargets:
		p.add("targets", "action.invalid.too_many", "n", len(items), "limit", MaxTargets)
	}
	return k, items, p.err()
}

// allowed tells whether somebody may run jobs of a kind.
func allowed(actor actions.Actor, k Kind) error {
	if k.Verb() == "" {
		return nil
	}
	for _, v := range []actions.Verb{k.Verb(), actions.VerbBulk} {
		if actor.Can == nil || !actor.Can(v) {
			return &actions.Forbidden{Verb: v}
		}
	}
	return nil
}

// Start checks a spec, asks the guard about the job as a whole, and hands it to the workers. key is made by the client, one
// for each form: an operator's second job with it is the first one, or ErrKeyReused. Errors: *actions.Forbidden, *actions.Invalid,
// *actions.Held, *actions.Overdrawn, *actions.CoolingDown; nothing is begun then.
//
// An actor that has a Clearance was approved by a second person: the guard is not asked again.
func (s *Service) Start(ctx context.Context, actor actions.Actor, app actions.App, spec Spec, key string) (store.Job, error) {
	k, items, err := s.check(actor, app, spec)
	if err != nil {
		return store.Job{}, err
	}
	print, err := printOf(app, spec)
	if err != nil {
		return store.Job{}, err
	}
	if j, found, err := s.repeated(ctx, actor, key, print); found || err != nil {
		return j, err
	}
	if err := s.clear(ctx, actor, app, k, spec, len(items), key); err != nil {
		return store.Job{}, err
	}
	finder, finds := k.(Finder)
	finds = finds && finder.Finds(spec)
	job := store.Job{
		Kind: k.Name(), App: app.ID, OperatorID: actor.OperatorID, OperatorName: actor.Name, Address: actor.Address, Key: key,
		Reason: spec.Reason, Complete: !finds,
	}
	if _, acts := k.(*actionKind); acts && s.Hold > 0 && !spec.Now {
		job.RunAt = time.Now().Add(s.Hold)
	}
	return s.add(ctx, actor, job, stored{Spec: spec, Print: print}, items)
}

// ErrKeyReused means that a form's key came with another job before.
var ErrKeyReused = errors.New("the key belongs to another job")

// printOf tells specs apart.
func printOf(app actions.App, spec Spec) (string, error) {
	b, err := json.Marshal(spec)
	if err != nil {
		return "", fmt.Errorf("write down a job: %w", err)
	}
	sum := sha256.Sum256(append([]byte(app.ID+"\n"), b...))
	return hex.EncodeToString(sum[:16]), nil
}

// repeated finds the job that a form started before. print is what it is to do; "" if the key is of no such form.
func (s *Service) repeated(ctx context.Context, actor actions.Actor, key, print string) (store.Job, bool, error) {
	if key == "" {
		return store.Job{}, false, nil
	}
	j, err := s.Store.ByKey(ctx, actor.OperatorID, key)
	if errors.Is(err, store.ErrNotFound) {
		return store.Job{}, false, nil
	}
	if err == nil && print != "" {
		v, err := readStored(j)
		if err == nil && v.Print != "" && v.Print != print {
			err = ErrKeyReused
		}
		return j, true, err
	}
	return j, err == nil, err
}

// add stores a job, notes in the audit log who started it, and wakes a worker.
func (s *Service) add(ctx context.Context, actor actions.Actor, job store.Job, v stored, items []store.JobItem) (store.Job, error) {
	v.Spec, v.Clearance = v.Spec.withoutTargets(), actor.Clearance
	b, err := json.Marshal(v)
	if err != nil {
		return store.Job{}, fmt.Errorf("write down a job: %w", err)
	}
	job.Spec = b
	j, err := s.Store.Add(ctx, job, items)
	if errors.Is(err, store.ErrConflict) {
		if first, found, err := s.repeated(ctx, actor, job.Key, v.Print); found || err != nil {
			return first, err
		}
	}
	if err != nil {
		return store.Job{}, err
	}
	s.record(ctx, actor, j, "job.start")
	s.changed(ctx, j.ID)
	s.ring()
	return j, nil
}

// clear asks the guard about a job.
func (s *Service) clear(ctx context.Context, actor actions.Actor, app actions.App, k Kind, spec Spec, size int, key string) error {
	if s.Actions.Guard == nil || actor.Clearance != nil || k.Verb() == "" {
		return nil
	}
	plan, err := s.Plan(ctx, actor, app, spec)
	if err != nil {
		return err
	}
	body, err := json.Marshal(spec)
	if err != nil {
		return fmt.Errorf("write down a job: %w", err)
	}
	form, err := printOf(app, spec)
	if err != nil {
		return err
	}
	written, err := json.Marshal(plan)
	if err != nil {
		return fmt.Errorf("write down a plan: %w", err)
	}
	group := ""
	if len(spec.Groups) == 1 {
		group = spec.Groups[0]
	}
	named := spec.Users[:min(len(spec.Users), 200)]
	return s.Actions.Clear(ctx, actions.Attempt{
		Actor: actor, App: app.ID, Kind: actions.AttemptJob, Verb: k.Verb(), Size: max(size, plan.Total), Group: group, Users: named,
		Reason: spec.Reason, Key: key, Form: form, Body: body, Plan: written,
	})
}

// record notes in the audit log what somebody did to a job. Without it the job goes on all the same: each of its batches has
// an entry of its own.
func (s *Service) record(ctx context.Context, actor actions.Actor, j store.Job, action string) {
	detail, err := json.Marshal(map[string]any{"job": strconv.FormatInt(j.ID, 10), "kind": j.Kind, "targets": j.Counts.Total})
	if err != nil {
		panic(err) // texts and a number
	}
	now := time.Now()
	id, err := s.Audit.Begin(ctx, store.AuditEntry{
		At: now, OperatorID: actor.OperatorID, OperatorName: actor.Name, Address: actor.Address, Request: actor.RequestRef,
		App: j.App, Action: action, Reason: j.Reason, Detail: detail,
	})
	if err == nil {
		err = s.Audit.Finish(context.WithoutCancel(ctx), id, store.AuditOutcome{At: now, State: store.AuditOK})
	}
	if err != nil {
		s.Log.ErrorContext(ctx, "record what was done to a job", "job", j.ID, "action", action, "error", err)
	}
}

// changed tells of a job that changed.
func (s *Service) changed(ctx context.Context, id int64) {
	if s.Changed != nil {
		s.Changed(context.WithoutCancel(ctx), id)
	}
}

func (s *Service) ring() {
	select {
	case s.bell <- struct{}{}:
	default:
	}
}

// Get returns a job, or store.ErrNotFound.
func (s *Service) Get(ctx context.Context, id int64) (store.Job, error) { return s.Store.Get(ctx, id) }

// List returns jobs, newest first, as store.Jobs does.
func (s *Service) List(ctx context.Context, f store.JobFilter, before int64, n int) ([]store.Job, error) {
	return s.Store.List(ctx, f, before, n)
}

// Items returns a page of a job's items, as store.Jobs does.
func (s *Service) Items(ctx context.Context, id int64, state store.ItemState, after int64, n int) ([]store.JobItem, error) {
	return s.Store.Items(ctx, id, state, after, n)
}

// may tells whether somebody may steer a job: whoever may start the like.
func (s *Service) may(ctx context.Context, actor actions.Actor, id int64) (store.Job, error) {
	j, err := s.Store.Get(ctx, id)
	if err != nil {
		return j, err
	}
	k := s.kinds[j.Kind]
	if k == nil {
		return j, nil // nothing but ending it is left
	}
	return j, allowed(actor, k)
}

// Pause has a job stop when what is on its way is done. store.ErrConflict: it has ended, or is paused.
func (s *Service) Pause(ctx context.Context, actor actions.Actor, id int64) (store.Job, error) {
	return s.want(ctx, actor, id, store.WantPause, "", "job.pause")
}

// Cancel ends a job when what is on its way is done; what was not begun is skipped. store.ErrConflict: it has ended.
func (s *Service) Cancel(ctx context.Context, actor actions.Actor, id int64) (store.Job, error) {
	return s.want(ctx, actor, id, store.WantCancel, SkipCancelled, "job.cancel")
}

func (s *Service) want(ctx context.Context, actor actions.Actor, id int64, want, why, action string) (store.Job, error) {
	if _, err := s.may(ctx, actor, id); err != nil {
		return store.Job{}, err
	}
	j, err := s.Store.Want(ctx, id, want, why)
	if err != nil {
		return store.Job{}, err
	}
	s.record(ctx, actor, j, action)
	s.changed(ctx, id)
	s.ring()
	return j, nil
}

// Resume has a paused job go on, in the name of who started it. store.ErrConflict: it is not paused.
func (s *Service) Resume(ctx context.Context, actor actions.Actor, id int64) (store.Job, error) {
	if _, err := s.may(ctx, actor, id); err != nil {
		return store.Job{}, err
	}
	j, err := s.Store.Resume(ctx, id)
	if err != nil {
		return store.Job{}, err
	}
	s.record(ctx, actor, j, "job.resume")
	s.changed(ctx, id)
	s.ring()
	return j, nil
}
