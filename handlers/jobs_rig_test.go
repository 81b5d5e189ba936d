package handlers

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/exports"
	"imdesk/jobs"
	"imdesk/store"
)

// newTestJobs makes the service of long work of a harness, as the program does, but that nothing is held back.
func newTestJobs(h *harness, log *slog.Logger) *jobs.Service {
	s := jobs.New(jobs.Options{
		Store: h.store.Jobs, Audit: h.store.Audit, Actions: h.actions, Log: log, Poll: 20 * time.Millisecond,
		App: func(name string) (actions.App, bool) {
			if h.app == nil || name != h.app.Name {
				return actions.App{}, false
			}
			return h.app.Target(), true
		},
		Operator: func(ctx context.Context, id, app string) (actions.Actor, error) {
			o, err := h.auth.Operator(ctx, id)
			if errors.Is(err, store.ErrNotFound) {
				return actions.Actor{}, jobs.ErrNoOperator
			}
			return actions.Actor{OperatorID: o.ID, Name: o.Name, Can: func(v actions.Verb) bool { return o.CanIn(app, auth.Verb(v)) }}, err
		},
	})
	s.Add(exports.Job{})
	return s
}

// work has a worker run jobs until the test ends.
func (h *harness) work() {
	h.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.jobs.Run(ctx)
	}()
	h.t.Cleanup(func() {
		stop()
		<-done
	})
}

// jobAt is the number of the job that an address is of.
func jobAt(t testing.TB, location string) int64 {
	t.Helper()
	_, id, found := strings.Cut(location, "/jobs/")
	n, err := strconv.ParseInt(id, 10, 64)
	if !found || err != nil {
		t.Fatalf("%q is no address of a job", location)
	}
	return n
}

// ended waits until a job has ended.
func (h *harness) ended(t testing.TB, id int64) store.Job {
	t.Helper()
	for range 2000 {
		j, err := h.jobs.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if j.State.Ended() {
			return j
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("job %d does not end", id)
	return store.Job{}
}
