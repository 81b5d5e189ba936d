package main

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"imdesk/actions"
	"imdesk/apps"
	"imdesk/auth"
	"imdesk/config"
	"imdesk/exports"
	"imdesk/jobs"
	"imdesk/store"
	"imdesk/waves"
)

// topicJob is the topic of events about jobs; the id is the job's.
const topicJob = "job"

// newJobs makes the service of long work. Operators act in it with the rights they have at the time.
func newJobs(c config.Jobs, st *store.Store, act *actions.Service, signIn *auth.Service, list *apps.Registry, log *slog.Logger) *jobs.Service {
	work := jobs.New(jobs.Options{
		Store: st.Jobs, Audit: st.Audit, Actions: act, Log: log, Workers: c.Workers, Lease: time.Duration(c.Lease), Hold: time.Duration(c.Hold),
		App: func(name string) (actions.App, bool) {
			if a := list.Get(name); a != nil {
				return a.Target(), true
			}
			return actions.App{}, false
		},
		Operator: func(ctx context.Context, id, app string) (actions.Actor, error) {
			if by, is := waves.Actor(id); is {
				return by, nil
			}
			known, err := st.Operators.Get(ctx, id)
			if errors.Is(err, store.ErrNotFound) || err == nil && known.Disabled {
				return actions.Actor{}, jobs.ErrNoOperator
			}
			if err != nil {
				return actions.Actor{}, err
			}
			o, err := signIn.Operator(ctx, id)
			if err != nil {
				return actions.Actor{}, err
			}
			return actions.Actor{
				OperatorID: o.ID, Name: o.Name, Can: func(v actions.Verb) bool { return o.CanIn(app, auth.Verb(v)) },
			}, nil
		},
		Changed: func(ctx context.Context, id int64) {
			if _, err := st.Events.Publish(ctx, topicJob, strconv.FormatInt(id, 10)); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "tell that a job changed", "job", id, "error", err)
			}
		},
	})
	work.Add(exports.Job{})
	work.Add(jobs.NewFindGroups(st.Directory, nil))
	return work
}

// forgetExports removes the rows of exported lists that are kept no longer.
func forgetExports(ctx context.Context, st *store.Store, log *slog.Logger) {
	if _, err := st.Jobs.Forget(ctx, exports.JobKind, time.Now().Add(-exports.Kept)); err != nil && ctx.Err() == nil {
		log.WarnContext(ctx, "forget the rows of old exports", "error", err)
	}
}
