package jobs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
)

// slow makes each mute take so long that there is time to do something about the job.
func (r *rig) slow(command string) {
	r.im.SetFault(emulator.Fault{Command: command, Delay: 30 * time.Millisecond})
	r.Cleanup(r.im.ClearFaults)
}

// muteMany are groups of people to be muted, each a batch.
func (r *rig) muteMany(groups int) Spec {
	r.Helper()
	spec := Spec{Kind: Mute, Span: actions.Span{For: time.Hour}, Reason: "Advertising"}
	people := r.users(3)
	for range groups {
		id, err := r.app.IM.Import.Group(r.Context(), imclient.ImportGroup{Type: "Public", Name: "g", Created: time.Now().Add(-48 * time.Hour)})
		r.ok(err)
		list := []imclient.ImportMember{{UserID: people[0]}, {UserID: people[1]}, {UserID: people[2]}}
		_, err = r.app.IM.Import.Members(r.Context(), id, list)
		r.ok(err)
		spec.Groups = append(spec.Groups, id)
	}
	spec.Users = people
	return spec
}

func TestPauseResumeCancel(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.Lanes = 2 })
	r.work()
	ctx := t.Context()
	spec := r.muteMany(20)
	r.slow(cmdMute)
	some := func(j store.Job) bool { return j.Counts.Done >= 6 }

	j := r.until(r.start(spec).ID, some)
	_, err := r.s.Pause(ctx, r.actor, j.ID)
	r.ok(err)
	j = r.until(j.ID, func(j store.Job) bool { return j.State == store.JobPaused })
	left, err := r.store.Jobs.Items(ctx, j.ID, store.ItemSending, 0, 10)
	r.ok(err)
	if len(left) != 0 || j.Counts.Done == 60 || j.Counts.Done%3 != 0 {
		t.Errorf("paused with %d on their way: %+v", len(left), j.Counts)
	}
	calls := r.im.Calls(cmdMute)
	time.Sleep(60 * time.Millisecond)
	if more := r.im.Calls(cmdMute); more != calls {
		t.Errorf("%d calls while it is paused", more-calls)
	}
	_, err = r.s.Resume(ctx, r.actor, j.ID)
	r.ok(err)
	r.counts(r.until(j.ID, ended), store.JobCounts{Total: 60, Done: 60})

	j = r.until(r.start(spec).ID, some)
	_, err = r.s.Cancel(ctx, r.actor, j.ID)
	r.ok(err)
	j = r.until(j.ID, ended)
	if j.State != store.JobCancelled || j.Counts.Waiting() != 0 || j.Counts.Skipped == 0 || j.Counts.Done == 0 {
		t.Errorf("cancelled: %s %+v", j.State, j.Counts)
	}
	if _, err := r.s.Cancel(ctx, r.actor, j.ID); !errors.Is(err, store.ErrConflict) {
		t.Errorf("cancelled twice: %v", err)
	}
	r.mu.Lock()
	r.denied[actions.VerbMute] = true
	r.mu.Unlock()
	if _, err := r.s.Resume(ctx, r.actor, j.ID); !errors.As(err, new(*actions.Forbidden)) {
		t.Errorf("resumed without the right: %v", err)
	}
	log, err := r.store.Audit.List(ctx, store.AuditFilter{Action: "job.pause"}, 0, 10)
	r.ok(err)
	if len(log) != 1 || log[0].OperatorID != "op1" {
		t.Errorf("the audit log of who paused: %+v", log)
	}
}

// The operator's rights count at each batch, not those of when the job was started.
func TestRightsThatEnd(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, why string
		end       func(*rig)
	}{
		{"disabled", WhyOperator, func(r *rig) { r.gone = true }},
		{"no right any more", WhyRights, func(r *rig) { r.denied[actions.VerbMute] = true }},
		{"no right to bulk any more", WhyRights, func(r *rig) { r.denied[actions.VerbBulk] = true }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, func(o *Options) { o.Lanes = 2 })
			r.work()
			spec := r.muteMany(20)
			r.slow(cmdMute)
			j := r.until(r.start(spec).ID, func(j store.Job) bool { return j.Counts.Done >= 6 })
			r.mu.Lock()
			tt.end(r)
			r.mu.Unlock()
			j = r.until(j.ID, ended)
			if j.State != store.JobStopped || j.Why != tt.why || j.Counts.Done == 60 || j.Counts.Waiting() != 0 {
				t.Errorf("got %s, %s, %+v", j.State, j.Why, j.Counts)
			}
		})
	}
}

func TestServiceThatFails(t *testing.T) {
	t.Parallel()
	t.Run("for a while", func(t *testing.T) {
		r := newRig(t)
		r.work()
		spec := r.muteMany(4)
		r.im.SetFault(emulator.Fault{Command: cmdInfo, Status: http.StatusBadGateway, Times: 9})
		r.counts(r.run(spec), store.JobCounts{Total: 12, Done: 12})
	})
	t.Run("for too long", func(t *testing.T) {
		r := newRig(t, func(o *Options) { o.Patience = 100 * time.Millisecond })
		r.work()
		spec := r.muteMany(4)
		r.im.SetFault(emulator.Fault{Command: cmdInfo, Status: http.StatusBadGateway})
		j := r.until(r.start(spec).ID, func(j store.Job) bool { return j.State == store.JobPaused })
		if j.Why != WhyService || j.Counts.Waiting() != 12 {
			t.Errorf("paused for %s with %+v", j.Why, j.Counts)
		}
		r.im.ClearFaults()
		_, err := r.s.Resume(t.Context(), r.actor, j.ID)
		r.ok(err)
		r.counts(r.until(j.ID, ended), store.JobCounts{Total: 12, Done: 12})
	})
	t.Run("refuses some, which are tried again", func(t *testing.T) {
		r := newRig(t)
		r.work()
		spec := r.muteMany(4)
		r.im.SetFault(emulator.Fault{Command: cmdMute, ErrorCode: 10007, Times: 1})
		j := r.run(spec)
		r.counts(j, store.JobCounts{Total: 12, Done: 9, Refused: 3})
		again, err := r.s.Retry(t.Context(), r.actor, r.app, j.ID, false, "again")
		r.ok(err)
		if again.Parent != j.ID || again.Relation != store.JobRetry {
			t.Errorf("the child: %+v", again)
		}
		r.counts(r.until(again.ID, ended), store.JobCounts{Total: 3, Done: 3})
		if _, err := r.s.Retry(t.Context(), r.actor, r.app, again.ID, true, ""); !errors.Is(err, ErrNothingToDo) {
			t.Errorf("nothing failed, and it is tried again: %v", err)
		}
	})
	t.Run("does it, and nobody hears of it", func(t *testing.T) {
		r := newRig(t)
		r.work()
		spec := r.muteMany(4)
		r.im.SetFault(emulator.Fault{Command: cmdMute, DropAfter: true, Times: 2})
		r.counts(r.run(spec), store.JobCounts{Total: 12, Done: 12})

		// A notice cannot be looked at, and must not come twice.
		r.im.SetFault(emulator.Fault{Command: cmdNotice, DropAfter: true, Times: 2})
		j := r.run(Spec{Kind: Notice, Groups: spec.Groups, Text: "x"})
		r.counts(j, store.JobCounts{Total: 4, Done: 2, Unknown: 2})
		if n := r.im.Calls(cmdNotice); n != 4 {
			t.Errorf("%d notices were sent, want 4", n)
		}
		for _, i := range r.items(j.ID) {
			if i.State == store.ItemUnknown && (i.Reason != ReasonCheck || i.Audit == 0) {
				t.Errorf("what nobody knows: %+v", i)
			}
		}
		if _, err := r.s.Retry(t.Context(), r.actor, r.app, j.ID, false, ""); !errors.Is(err, ErrNothingToDo) {
			t.Errorf("what nobody knows is sent again unasked: %v", err)
		}
	})
}

// TestDrain: a worker that has to stop finishes what is on its way and gives the job up; another one goes on at once.
func TestDrain(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.Lanes, o.Lease = 2, time.Hour })
	stop := r.work()
	spec := r.muteMany(20)
	r.slow(cmdMute)
	j := r.until(r.start(spec).ID, func(j store.Job) bool { return j.Counts.Done >= 6 })
	stop()
	j, err := r.s.Get(t.Context(), j.ID)
	r.ok(err)
	left, err := r.store.Jobs.Items(t.Context(), j.ID, store.ItemSending, 0, 10)
	r.ok(err)
	if j.State != store.JobReady || len(left) != 0 || j.Counts.Done == 60 {
		t.Errorf("drained as %s with %d on their way, %+v", j.State, len(left), j.Counts)
	}
	r.work()
	r.counts(r.until(j.ID, ended), store.JobCounts{Total: 60, Done: 60})
	if calls := r.im.Calls(cmdMute); calls != 20 {
		t.Errorf("%d calls for 20 batches", calls)
	}
}

// TestTakenOver: a worker that is cut off from the database loses the job; what it sent is found by the one that goes on, and
// a notice that was sent is not sent again.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	spec := r.muteMany(12)
	var cut atomic.Bool
	first := &cutOff{Jobs: r.store.Jobs, cut: &cut}
	s := New(Options{
		Store: first, Audit: r.store.Audit, Actions: r.act, Log: r.s.Log, App: r.s.App, Operator: r.s.Operator,
		Poll: 10 * time.Millisecond, Lease: 300 * time.Millisecond, Lanes: 2, Workers: 1,
	})
	j := r.start(Spec{Kind: Notice, Groups: spec.Groups, Text: "x"})
	r.slow(cmdNotice)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	r.until(j.ID, func(j store.Job) bool { return j.Counts.Done >= 2 })
	cut.Store(true)
	r.work()
	j = r.until(j.ID, ended)
	cancel()
	<-done
	r.counts(j, store.JobCounts{Total: 12, Done: 12})
	if calls := r.im.Calls(cmdNotice); calls != 12 || j.Attempt < 2 {
		t.Errorf("%d calls for 12 notices, %d workers", calls, j.Attempt)
	}
}

// cutOff is a store that cannot be reached any more.
type cutOff struct {
	store.Jobs
	cut *atomic.Bool
}

var errCut = errors.New("no database")

func (c *cutOff) Settle(ctx context.Context, l store.JobLease, list []store.JobOutcome) error {
	if c.cut.Load() {
		return errCut
	}
	return c.Jobs.Settle(ctx, l, list)
}

func (c *cutOff) Beat(ctx context.Context, l store.JobLease, doing string, rate float64) (string, error) {
	if c.cut.Load() {
		return "", errCut
	}
	return c.Jobs.Beat(ctx, l, doing, rate)
}

func (c *cutOff) Take(ctx context.Context, l store.JobLease, n int) ([]store.JobItem, string, error) {
	if c.cut.Load() {
		return nil, "", errCut
	}
	return c.Jobs.Take(ctx, l, n)
}

func (c *cutOff) Claim(ctx context.Context, owner string, lease time.Duration) (store.Job, store.JobLease, error) {
	if c.cut.Load() {
		return store.Job{}, store.JobLease{}, errCut
	}
	return c.Jobs.Claim(ctx, owner, lease)
}

// guard lets nothing through that nobody approved.
type guard struct{ asked []actions.Attempt }

func (g *guard) Clear(_ context.Context, a actions.Attempt) error {
	g.asked = append(g.asked, a)
	return &actions.Held{RequestID: "q1"}
}

// TestGuard: the guard is asked once for a whole job, and what it kept starts the job with who approved it.
func TestGuard(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.work()
	ctx := t.Context()
	g := &guard{}
	r.act.Guard = g
	spec := r.muteMany(3)
	if _, err := r.s.Start(ctx, r.actor, r.app, spec, "k"); !errors.As(err, new(*actions.Held)) {
		t.Fatalf("not held: %v", err)
	}
	if a := g.asked[0]; a.Kind != actions.AttemptJob || a.Size != 9 || a.Verb != actions.VerbMute || len(a.Plan) == 0 || a.Form == "" {
		t.Errorf("asked %+v", a)
	}
	approved := r.actor
	approved.Clearance = &actions.Clearance{Request: "q1", ByName: "Wei"}
	j, err := r.s.StartApproved(ctx, approved, r.app, g.asked[0].Body, "k")
	r.ok(err)
	j = r.until(j.ID, ended)
	r.counts(j, store.JobCounts{Total: 9, Done: 9})
	e, err := r.store.Audit.Get(ctx, r.items(j.ID)[0].Audit)
	r.ok(err)
	d, err := actions.ReadDetail(e)
	r.ok(err)
	if len(g.asked) != 1 || d.Cleared == nil || d.Cleared.Request != "q1" || d.Cleared.Job != fmt.Sprint(j.ID) {
		t.Errorf("asked %d times, the entry has %+v", len(g.asked), d.Cleared)
	}
	again, err := r.s.Start(ctx, r.actor, r.app, spec, "k")
	if err != nil || again.ID != j.ID {
		t.Errorf("the form again: %+v, %v", again, err)
	}
}

// walk is a kind that is no action: it finds its targets, and looks at each.
type walk struct{ seen atomic.Int64 }

func (*walk) Name() string                  { return "test.walk" }
func (*walk) Verb() actions.Verb            { return "" }
func (*walk) Check(actions.App, Spec) error { return nil }
func (*walk) Items(Spec) []store.JobItem    { return nil }
func (*walk) Batch(actions.App) int         { return 7 }
func (*walk) Finds(Spec) bool               { return true }
func (w *walk) Find(_ context.Context, _ Run, cursor string) ([]store.JobItem, string, int, error) {
	next := cursor + "x"
	if len(next) == 5 {
		next = ""
	}
	return targets([]string{cursor + "a", cursor + "b"}), next, 2, nil
}

func (w *walk) Do(_ context.Context, _ Run, items []store.JobItem, _ bool) ([]store.JobOutcome, error) {
	w.seen.Add(int64(len(items)))
	return every(items, store.ItemDone, ""), nil
}

func TestKindThatIsNoAction(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := &walk{}
	r.s.Add(w)
	r.work()
	r.actor = actions.Actor{} // the console by itself
	j, err := r.s.Start(t.Context(), r.actor, r.app, Spec{Kind: w.Name()}, "")
	r.ok(err)
	r.counts(r.until(j.ID, ended), store.JobCounts{Total: 10, Done: 10})
	if w.seen.Load() != 10 {
		t.Errorf("%d were looked at", w.seen.Load())
	}
}
