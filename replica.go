package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"imdesk/actions"
	"imdesk/apps"
	"imdesk/config"
	"imdesk/events"
	"imdesk/replicas"
	"imdesk/store"
)

// joinReplicas shares the vendors' rates with the other consoles and commands on the database, until stop is called. Nil with
// SQLite, which one console has for itself. changes are other consoles' wishes; nil if nobody listens to them.
func joinReplicas(ctx context.Context, c config.Config, st *store.Store, at string, changes <-chan store.Event, log *slog.Logger) (member *replicas.Member, stop func(), err error) {
	if !store.IsPostgres(c.DatabaseSource()) {
		return nil, func() {}, nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	member = replicas.New(st, host+" "+at, versionText(), log)
	if err := member.Join(ctx); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it ends last, with stop
	done := make(chan struct{})
	go func() { defer close(done); member.Run(ctx) }()
	if changes != nil {
		go member.Follow(changes)
	}
	return member, func() { cancel(); <-done }, nil
}

// shareRates has the clients of all apps take part, as they come and go. The embedded service is each console's own.
func shareRates(member *replicas.Member, list *apps.Registry) {
	if member == nil {
		return
	}
	list.Watch(apps.Watch{
		Add: func(a *apps.App) {
			if !a.Embedded {
				member.Add(a.IM)
			}
		},
		Close: func(a *apps.App) { member.Remove(a.IM) },
	})
}

// Leftovers of other consoles: what they have begun is theirs for this long.
const (
	leftoverAge   = 10 * time.Minute // longer than any action takes
	leftoverEvery = time.Minute
)

// finishLeftovers closes what a crash left open in the audit log: nobody can tell what became of it. A console that shares its
// database closes at once what is open if nobody else is there; else, and for as long as it runs, what has been open for too
// long.
func finishLeftovers(ctx context.Context, st *store.Store, member *replicas.Member, started time.Time, log *slog.Logger) error {
	before := started
	if member != nil {
		others, err := st.Replicas.List(ctx)
		if err != nil {
			return err
		}
		for _, o := range others {
			if o.ID != member.ID() {
				before = started.Add(-leftoverAge)
			}
		}
	}
	return closeOpen(ctx, st, before, log)
}

func closeOpen(ctx context.Context, st *store.Store, before time.Time, log *slog.Logger) error {
	n, err := actions.FinishLeftovers(ctx, st.Audit, before, time.Now())
	if err == nil && n > 0 {
		log.Warn("actions were under way when a console stopped", "entries", n)
	}
	return err
}

// keepFinishing closes what consoles leave open that die while this one runs, until ctx ends.
func keepFinishing(ctx context.Context, st *store.Store, member *replicas.Member, log *slog.Logger) {
	if member == nil {
		return
	}
	tick := time.NewTicker(leftoverEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := closeOpen(ctx, st, time.Now().Add(-leftoverAge), log); err != nil && ctx.Err() == nil {
				log.Warn("close what was left open in the audit log", "error", err)
			}
		}
	}
}

// errDraining: the console answers what it has begun, and new requests belong elsewhere.
var errDraining = errors.New("stopping: requests are answered, new ones belong elsewhere")

// readiness says whether requests should come here.
type readiness struct {
	filled   func() error // nil: there is nothing to fill
	member   *replicas.Member
	draining atomic.Bool
}

func (r *readiness) check() error {
	if r.draining.Load() {
		return errDraining
	}
	if r.filled != nil {
		if err := r.filled(); err != nil {
			return err
		}
	}
	if r.member != nil {
		return r.member.Ready()
	}
	return nil
}

// changesOf are what other consoles want of the vendors' rates; it ends with ctx.
func changesOf(ctx context.Context, hub *events.Hub) <-chan store.Event {
	return hub.Subscribe(ctx, store.TopicReplicas)
}
