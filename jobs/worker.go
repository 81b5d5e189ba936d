package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/store"
)

// Run works on jobs until ctx ends. Then what is on its way comes to its end, for as long as Options.Drain, and the jobs are
// given up for others to go on with.
func (s *Service) Run(ctx context.Context) {
	var workers sync.WaitGroup
	for range s.Workers {
		workers.Go(func() { s.worker(ctx) })
	}
	workers.Go(func() { s.purge(ctx) })
	workers.Wait()
}

// Kept is how long a job that has ended can be looked at, and taken back. What it did stands in the audit log.
const Kept = 90 * 24 * time.Hour

// purge removes old jobs, and those whose making was cut short, every hour.
func (s *Service) purge(ctx context.Context) {
	every := time.NewTicker(time.Hour)
	defer every.Stop()
	for {
		if n, err := s.Store.Purge(ctx, time.Now().Add(-Kept)); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "remove old jobs", "error", err)
		} else if n > 0 {
			s.Log.InfoContext(ctx, "old jobs removed", "jobs", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

// worker takes one job after the other.
func (s *Service) worker(ctx context.Context) {
	for ctx.Err() == nil {
		j, lease, err := s.Store.Claim(ctx, s.Owner, s.Lease)
		if err == nil {
			s.ring() // there may be more for another worker
			s.work(ctx, j, lease)
			continue
		}
		if !errors.Is(err, store.ErrNotFound) && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "look for a job", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-s.bell:
		case <-time.After(s.Poll):
		}
	}
}

// run is one job in the hands of a worker.
type run struct {
	*Service
	job      store.Job
	lease    store.JobLease
	kind     Kind
	spec     Spec
	app      actions.App // as it was when the worker took the job
	cleared  actions.Clearance
	stopping <-chan struct{} // the console shuts down
	log      func(ctx context.Context, what string, err error)

	doing   atomic.Value // string
	settled atomic.Int64 // items since the worker took the job

	mu     sync.Mutex
	ended  *Stop     // why the job stops; nil: it does not
	failed time.Time // since when nothing worked; zero: it does
	pause  time.Duration
	until  time.Time // nothing is handed out before
}

// work holds the lease while the job runs, and gives it up in the state it came to.
func (s *Service) work(ctx context.Context, j store.Job, lease store.JobLease) {
	live, lost := context.WithCancelCause(imclient.WithPriority(context.WithoutCancel(ctx), imclient.PriorityJob))
	defer lost(nil)
	log := s.Log.With("job", j.ID, "kind", j.Kind, "app", j.App, "attempt", j.Attempt)
	r := &run{Service: s, job: j, lease: lease, stopping: ctx.Done()}
	r.log = func(ctx context.Context, what string, err error) { log.WarnContext(ctx, what, "error", err) }
	r.doing.Store(DoingSending)
	log.InfoContext(ctx, "job taken up")
	s.changed(ctx, j.ID)

	var beats sync.WaitGroup
	beats.Go(func() { r.beat(live, lost) })
	finished := make(chan struct{})
	var state store.JobState
	var why string
	go func() {
		defer close(finished)
		state, why = r.all(live)
	}()
	r.await(ctx, finished, lost)
	lost(nil)
	beats.Wait()
	if errors.Is(context.Cause(live), store.ErrLeaseLost) || errors.Is(context.Cause(live), errDrained) {
		log.WarnContext(ctx, "job left to another worker", "error", context.Cause(live))
		return
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	skip := SkipStopped
	if state == store.JobCancelled {
		skip = SkipCancelled
	}
	if err := s.Store.End(end, lease, state, why, skip); err != nil {
		log.ErrorContext(ctx, "give a job up", "state", state, "error", err)
		return
	}
	s.changed(ctx, j.ID)
	log.InfoContext(ctx, "job given up", "state", state, "why", why)
}

// errDrained ends a job whose last calls took longer than a shutdown can wait.
var errDrained = errors.New("the console stops")

// await waits for the job, and once the console stops no longer than Drain.
func (r *run) await(ctx context.Context, finished <-chan struct{}, lost context.CancelCauseFunc) {
	select {
	case <-finished:
		return
	case <-ctx.Done():
	}
	drained := time.NewTimer(r.Drain)
	defer drained.Stop()
	select {
	case <-finished:
	case <-drained.C:
		lost(errDrained)
		<-finished
	}
}

// beat holds the lease until live ends. If another worker has the job, or the database was silent for the length of the
// lease, live ends here.
func (r *run) beat(live context.Context, lost context.CancelCauseFunc) {
	every, tell := time.NewTicker(r.Lease/3), time.NewTicker(time.Second)
	defer every.Stop()
	defer tell.Stop()
	told := int64(0)
	held := time.Now()
	last, lastAt := int64(0), held
	rate := 0.0
	for {
		select {
		case <-live.Done():
			return
		case <-tell.C:
			if n := r.settled.Load(); n != told {
				told = n
				r.changed(live, r.job.ID)
			}
			continue
		case <-every.C:
		}
		now, n := time.Now(), r.settled.Load()
		lately := float64(n-last) / now.Sub(lastAt).Seconds()
		if rate == 0 {
			rate = lately
		}
		rate, last, lastAt = (rate+lately)/2, n, now
		ctx, cancel := context.WithTimeout(live, r.Lease/3)
		doing, _ := r.doing.Load().(string)
		_, err := r.Store.Beat(ctx, r.lease, doing, rate)
		cancel()
		switch {
		case err == nil:
			held = now
		case errors.Is(err, store.ErrLeaseLost):
			lost(store.ErrLeaseLost)
			return
		case time.Since(held) > r.Lease:
			lost(fmt.Errorf("%w: %w", store.ErrLeaseLost, err))
			return
		}
	}
}

// all does what is left of a job, and says in which state it is then.
func (r *run) all(ctx context.Context) (store.JobState, string) {
	if stop := r.prepare(ctx); stop != nil && stop.Pause {
		return store.JobPaused, stop.Why
	} else if stop != nil {
		return store.JobStopped, stop.Why
	}
	r.doing.Store(DoingSettling)
	r.settleLeft(ctx)
	want := r.job.Want
	if r.stopped() == nil && want == "" && !r.job.Complete {
		r.doing.Store(DoingLooking)
		want = r.find(ctx)
	}
	if r.stopped() == nil && want == "" && !r.closing(ctx) {
		r.doing.Store(DoingSending)
		want = r.send(ctx)
	}
	switch stop := r.stopped(); {
	case want == store.WantCancel:
		return store.JobCancelled, ""
	case stop != nil && stop.Pause:
		return store.JobPaused, stop.Why
	case stop != nil:
		return store.JobStopped, stop.Why
	case want == store.WantPause:
		return store.JobPaused, ""
	case r.closing(ctx):
		return store.JobReady, ""
	}
	return store.JobDone, ""
}

// closing tells that no more is to be handed out: the console stops, or the lease is lost.
func (r *run) closing(ctx context.Context) bool {
	select {
	case <-r.stopping:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// prepare finds all that a job needs; what comes back says what is missing.
func (r *run) prepare(ctx context.Context) *Stop {
	v, err := readStored(r.job)
	if err != nil {
		r.log(ctx, "read a job", err)
		return &Stop{Why: WhySpec}
	}
	r.spec = v.Spec
	if v.Clearance != nil {
		r.cleared = *v.Clearance
	}
	r.cleared.Job = strconv.FormatInt(r.job.ID, 10)
	if r.kind = r.kinds[r.job.Kind]; r.kind == nil {
		return &Stop{Why: WhyKind}
	}
	if r.job.Relation == store.JobReverse {
		r.kind = &reverseKind{of: r.kind, service: r.Service, parent: r.job.Parent}
	}
	app, stop := r.look()
	r.app = app
	return stop
}

// look finds the app as it is now: since the batch before it may have got another key, or been taken away.
func (r *run) look() (actions.App, *Stop) {
	app, is := r.App(r.job.App)
	if !is {
		return app, &Stop{Why: WhyApp, Pause: true}
	}
	return app, nil
}

// actor is who acts now: the operator's rights are looked at before each batch.
func (r *run) actor(ctx context.Context, key string) (actions.Actor, error) {
	if r.kind.Verb() == "" && r.job.OperatorID == "" {
		return actions.Actor{}, nil
	}
	actor, err := r.Operator(ctx, r.job.OperatorID, r.job.App)
	if errors.Is(err, ErrNoOperator) {
		return actor, &Stop{Why: WhyOperator}
	}
	if err != nil {
		return actor, fmt.Errorf("look who acts: %w", err)
	}
	if allowed(actor, r.kind) != nil {
		return actor, &Stop{Why: WhyRights}
	}
	cleared := r.cleared
	actor.Clearance = &cleared
	actor.Address, actor.RequestRef = r.job.Address, key
	return actor, nil
}

// stop ends the job after what is on its way.
func (r *run) stop(s *Stop) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended == nil {
		r.ended = s
	}
}

func (r *run) stopped() *Stop {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended
}

// Pauses after a batch that could not be sent.
const (
	firstPause = 500 * time.Millisecond
	mostPause  = 30 * time.Second
)

// failure notes that a batch could not be sent: nothing is handed out for a while, longer each time.
func (r *run) failure(err error) {
	if stop, is := errors.AsType[*Stop](err); is {
		r.stop(stop)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.failed.IsZero() {
		r.failed, r.pause = now, firstPause
	} else if now.After(r.until) {
		r.pause = min(2*r.pause, mostPause)
	}
	if e, is := errors.AsType[*imclient.Error](err); is && e.RetryAfter > r.pause {
		r.pause = min(e.RetryAfter, mostPause)
	}
	r.until = now.Add(r.pause)
	if now.Sub(r.failed) > r.Patience && r.ended == nil {
		r.ended = &Stop{Why: WhyService, Pause: true}
	}
}

func (r *run) success() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed, r.until = time.Time{}, time.Time{}
}

// rest waits out the pause after a failure, or until the job is to end.
func (r *run) rest(ctx context.Context) {
	r.mu.Lock()
	d := time.Until(r.until)
	r.mu.Unlock()
	if d <= 0 {
		return
	}
	r.doing.Store(DoingWaiting)
	defer r.doing.Store(DoingSending)
	select {
	case <-ctx.Done():
	case <-r.stopping:
	case <-time.After(d):
	}
}

// key names a batch: in the audit log there is one entry of it, whoever carries it out.
func (r *run) key(batch int64) string {
	return "job." + strconv.FormatInt(r.job.ID, 10) + "." + strconv.FormatInt(batch, 10)
}

// settleLeft carries out what a worker that died had marked as on its way, batch by batch.
func (r *run) settleLeft(ctx context.Context) {
	left, err := r.Store.Sending(ctx, r.lease)
	if err != nil {
		r.stop(&Stop{Why: WhyService, Pause: true})
		r.log(ctx, "read what is left of a job", err)
		return
	}
	for len(left) > 0 && !r.closing(ctx) {
		n := slices.IndexFunc(left, func(i store.JobItem) bool { return i.Batch != left[0].Batch })
		if n < 0 {
			n = len(left)
		}
		if !r.batch(ctx, left[:n], true) {
			if r.stopped() != nil {
				return
			}
			r.rest(ctx)
			continue
		}
		left = left[n:]
	}
}

// find looks for targets until all are known.
func (r *run) find(ctx context.Context) (want string) {
	f, is := r.kind.(Finder)
	if !is {
		r.stop(&Stop{Why: WhySpec})
		return ""
	}
	cursor := r.job.Cursor
	for !r.closing(ctx) && r.stopped() == nil {
		r.rest(ctx)
		next, want, err := r.findMore(ctx, f, cursor)
		if want != "" {
			return want
		}
		if err != nil {
			r.log(ctx, "look for targets", err)
			if errors.Is(err, store.ErrInvalid) {
				err = &Stop{Why: WhyTooMany}
			}
			r.failure(err)
			continue
		}
		r.success()
		if cursor = next; cursor == "" {
			return ""
		}
	}
	return ""
}

func (r *run) findMore(ctx context.Context, f Finder, cursor string) (next, want string, err error) {
	actor, err := r.actor(ctx, r.key(0))
	if err != nil {
		return "", "", err
	}
	if want, err = r.Store.Beat(ctx, r.lease, DoingLooking, 0); want != "" || err != nil {
		return "", want, err
	}
	app, stop := r.look()
	if stop != nil {
		return "", "", stop
	}
	items, next, _, err := f.Find(ctx, r.of(app, actor, r.key(0)), cursor)
	if err != nil {
		return "", "", notFound(err)
	}
	return next, "", r.Store.Append(ctx, r.lease, items, next, next == "")
}

// notFound stops a search in a group that is gone, or where it is not offered: the search would not be whole.
func notFound(err error) error {
	if not, is := errors.AsType[*actions.NotOffered](err); is {
		return &Stop{Why: not.Key}
	}
	e, is := errors.AsType[*imclient.Error](err)
	if !is {
		return err
	}
	switch e.Kind {
	case imclient.ErrUnavailable, imclient.ErrRateLimited, imclient.ErrProtocol:
		return err
	case imclient.ErrCredentials:
		return &Stop{Why: WhyCredentials, Pause: true}
	}
	return &Stop{Why: actions.RefusalText(err)}
}

func (r *run) of(app actions.App, actor actions.Actor, key string) Run {
	return Run{App: app, Actor: actor, Spec: r.spec, Job: r.job, Key: key, Log: r.Log, service: r.Actions, jobs: r.Service, lease: r.lease}
}

// send hands batches to lanes until nothing waits any more, or somebody wants something.
func (r *run) send(ctx context.Context) (want string) {
	lanes := make(chan struct{}, r.Lanes)
	var under sync.WaitGroup
	defer under.Wait()
	for !r.closing(ctx) && r.stopped() == nil {
		r.rest(ctx)
		select {
		case lanes <- struct{}{}:
		case <-ctx.Done():
			return ""
		}
		if r.closing(ctx) || r.stopped() != nil {
			break
		}
		items, want, err := r.Store.Take(ctx, r.lease, r.kind.Batch(r.app))
		switch {
		case errors.Is(err, store.ErrLeaseLost) || want != "":
			return want
		case err != nil:
			<-lanes
			r.log(ctx, "hand out a batch", err)
			r.failure(err)
			continue
		case len(items) == 0:
			<-lanes
			under.Wait() // one of those on their way may be put back
			if again, err := r.waits(ctx); err == nil && !again {
				return ""
			}
			continue
		}
		under.Go(func() {
			defer func() { <-lanes }()
			r.lane(ctx, items)
		})
	}
	return ""
}

// waits tells whether an item waits to be sent.
func (r *run) waits(ctx context.Context) (bool, error) {
	list, err := r.Store.Items(ctx, r.job.ID, store.ItemWaiting, 0, 1)
	return len(list) > 0, err
}

// lane carries one batch out, again and again if it cannot be sent, and puts it back if the job is to end meanwhile.
func (r *run) lane(ctx context.Context, items []store.JobItem) {
	for again := false; !r.batch(ctx, items, again); again = true {
		if r.closing(ctx) || r.stopped() != nil {
			r.putBack(ctx, items)
			return
		}
		r.rest(ctx)
	}
}

// putBack has items wait again of which nothing was sent.
func (r *run) putBack(ctx context.Context, items []store.JobItem) {
	list := make([]store.JobOutcome, len(items))
	for i, item := range items {
		list[i] = store.JobOutcome{Position: item.Position, State: store.ItemWaiting, Reason: item.Reason, Audit: item.Audit}
	}
	if err := r.Store.Settle(ctx, r.lease, list); err != nil {
		r.log(ctx, "put a batch back", err)
	}
}

// batch carries a batch out and records what became of it; false: nothing was sent, or it is not recorded.
func (r *run) batch(ctx context.Context, items []store.JobItem, again bool) bool {
	list, err := r.outcomes(ctx, items, again)
	if err != nil {
		if ctx.Err() == nil {
			r.log(ctx, "a batch of a job was not sent", err)
		}
		r.failure(err)
		return false
	}
	put := len(items) > 0
	for _, o := range list {
		put = put && o.State == store.ItemWaiting
	}
	if err := r.record(ctx, items, list); err != nil {
		r.failure(err)
		return false
	}
	if put {
		r.failure(errPutBack)
	} else {
		r.success()
	}
	return true
}

// errPutBack means that nothing of a batch came to anything, and all of it is to be sent again.
var errPutBack = errors.New("all of a batch is put back")

func (r *run) outcomes(ctx context.Context, items []store.JobItem, again bool) ([]store.JobOutcome, error) {
	key := r.key(items[0].Batch)
	actor, err := r.actor(ctx, key)
	if err != nil {
		return nil, err
	}
	open, kept, err := r.protect(ctx, r.kind, r.app.ID, items)
	if err != nil {
		return nil, err
	}
	var list []store.JobOutcome
	for _, i := range kept {
		list = append(list, store.JobOutcome{Position: i.Position, State: store.ItemSkipped, Reason: SkipProtected})
	}
	if len(open) == 0 {
		return list, nil
	}
	app, stop := r.look()
	if stop != nil {
		return nil, stop
	}
	done, err := r.kind.Do(ctx, r.of(app, actor, key), open, again)
	if err != nil {
		return nil, err
	}
	return append(list, done...), nil
}

// record writes outcomes; items without one are put back.
func (r *run) record(ctx context.Context, items []store.JobItem, list []store.JobOutcome) error {
	has := make(map[int64]bool, len(list))
	for _, o := range list {
		has[o.Position] = true
	}
	for _, i := range items {
		if !has[i.Position] {
			list = append(list, store.JobOutcome{Position: i.Position, State: store.ItemWaiting, Reason: i.Reason, Audit: i.Audit})
		}
	}
	var err error
	for try := range 3 {
		if err = r.Store.Settle(ctx, r.lease, list); err == nil || errors.Is(err, store.ErrLeaseLost) || ctx.Err() != nil {
			break
		}
		r.log(ctx, "record what became of a batch", err)
		time.Sleep(time.Duration(try+1) * 100 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	for _, o := range list {
		if o.State != store.ItemWaiting {
			r.settled.Add(1)
		}
		r.meter.item(r.job.Kind, o.State)
	}
	return nil
}

// protect parts those who are on the app's protected list from a batch, if the kind harms people.
func (s *Service) protect(ctx context.Context, k Kind, app string, items []store.JobItem) (open, kept []store.JobItem, err error) {
	if a, is := k.(*actionKind); !is || !a.harms {
		return items, nil, nil
	}
	list, err := s.Store.Protects(ctx, app, users(items))
	if err != nil {
		return nil, nil, err
	}
	if len(list) == 0 {
		return items, nil, nil
	}
	for _, i := range items {
		if list[i.Target] {
			kept = append(kept, i)
		} else {
			open = append(open, i)
		}
	}
	return open, kept, nil
}
