package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"imdesk/actions"
	"imdesk/approvals"
	"imdesk/apps"
	"imdesk/cases"
	"imdesk/jobs"
	"imdesk/store"
	"imdesk/waves"
)

// newWaves makes what finds waves and cleans them up.
func newWaves(st *store.Store, act *actions.Service, work *jobs.Service, queue *cases.Service, list *apps.Registry, log *slog.Logger) *waves.Service {
	return &waves.Service{
		Store: st.Waves, Cases: st.Cases, Policies: st.Policies, Actions: act, Jobs: work, Flag: queue.Flag, Decide: queue.DecideWave, Log: log,
		App: func(name string) (actions.App, bool) {
			if a := list.Get(name); a != nil {
				return a.Target(), true
			}
			return actions.App{}, false
		},
		Changed: func(ctx context.Context, id int64) {
			if queue.Changed != nil {
				queue.Changed(ctx, id)
			}
		},
	}
}

// waveCarrier carries out waves for which a second person was asked. Their plans are those of jobs.
type waveCarrier struct {
	approvals.JobCarrier
	waves *waves.Service
}

// Plan works out what the wave has now.
func (c waveCarrier) Plan(ctx context.Context, _ actions.Actor, _ actions.App, body json.RawMessage) (approvals.Plan, error) {
	plan, err := c.waves.Approved(ctx, body)
	if err != nil {
		return approvals.Plan{}, err
	}
	return c.Old(plan)
}

// Carry begins to clean up.
func (c waveCarrier) Carry(ctx context.Context, by actions.Actor, app actions.App, body json.RawMessage, key string) (approvals.Done, error) {
	r, err := c.waves.StartApproved(ctx, by, app, body, key)
	if err != nil {
		return approvals.Done{}, err
	}
	return approvals.Done{Job: waves.FirstJob(r)}, nil
}

// Find finds the run that was begun with the key.
func (c waveCarrier) Find(ctx context.Context, operatorID, key string) (approvals.Done, bool, error) {
	r, err := c.waves.Store.RunByKey(ctx, operatorID, key)
	if errors.Is(err, store.ErrNotFound) {
		return approvals.Done{}, false, nil
	}
	return approvals.Done{Job: waves.FirstJob(r)}, err == nil, err
}
