package actions

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/store"
)

// died is an audit log of a console that dies before it can record an outcome.
type died struct{ store.AuditLog }

func (died) Finish(context.Context, int64, store.AuditOutcome) error { return errors.New("dead") }

// TestSettleKey: what a console that died had begun gets its outcome from the service, without anything being sent.
func TestSettleKey(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 3)
	dead := &Service{Audit: died{r.store.Audit}, Now: r.s.Now, Log: slog.New(slog.DiscardHandler)}
	actor := r.actor
	actor.Clearance = &Clearance{Job: "7"}
	mute := Mute{Common: Common{Reason: "x", Key: "job.7.1"}, Group: g.id, Users: append([]string{g.admin, "nobody"}, g.members...), Span: Span{For: time.Hour}}
	if _, found, err := r.s.SettleKey(r.Context(), actor, r.app, mute, mute.Key); found || err != nil {
		t.Fatalf("found before it was begun: %v", err)
	}
	_, err := dead.Do(r.Context(), actor, r.app, mute)
	r.ok(err)
	dead.Close()
	kick := Kick{Common: Common{Reason: "x", Key: "job.7.2"}, Group: g.id, Users: g.members[:1]}
	r.fault(emulator.Fault{Command: cmdKick, Drop: true}) // never came to the service
	dead = &Service{Audit: died{r.store.Audit}, Now: r.s.Now, Log: slog.New(slog.DiscardHandler)}
	_, err = dead.Do(r.Context(), actor, r.app, kick)
	r.ok(err)
	dead.Close()

	// Those of jobs are left to the jobs.
	if n, err := FinishLeftovers(r.Context(), r.store.Audit, r.now().Add(time.Hour), r.now()); n != 0 || err != nil {
		t.Errorf("%d were closed, %v", n, err)
	}
	calls := r.im.Calls(cmdMute) + r.im.Calls(cmdKick)
	for range 2 { // the second time it is read
		res, found, err := r.s.SettleKey(r.Context(), actor, r.app, mute, mute.Key)
		r.ok(err)
		r.states(res, StateSkipped, StateSkipped, StateApplied, StateApplied, StateApplied)
		if !found || res.State != store.AuditPartial || !res.Items[2].Verified {
			t.Errorf("settled: %+v", res)
		}
		res, _, err = r.s.SettleKey(r.Context(), actor, r.app, kick, kick.Key)
		r.ok(err)
		r.states(res, StateNotApplied)
	}
	if now := r.im.Calls(cmdMute) + r.im.Calls(cmdKick); now != calls {
		t.Errorf("%d calls to settle", now-calls)
	}
	// What was settled can be taken back, to what was before the console died.
	e, err := r.store.Audit.ByKey(r.Context(), actor.OperatorID, mute.Key)
	r.ok(err)
	if why := r.s.CannotReverse(r.app, e); why != "" {
		t.Errorf("cannot be reversed: %s", why)
	}
	r.ahead.Store(int64(30 * time.Minute)) // too late for a click
	res, err := r.s.Reverse(r.Context(), actor, r.app, e.ID)
	r.ok(err)
	r.states(res, StateApplied, StateApplied, StateApplied)
	r.mutedFor(g, g.members[0], 0)
}
