package approvals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"imdesk/actions"
	"imdesk/jobs"
	"imdesk/store"
)

// JobCarrier carries jobs out.
type JobCarrier struct{ Jobs *jobs.Service }

// Plan works out what the job would do now.
func (c JobCarrier) Plan(ctx context.Context, actor actions.Actor, app actions.App, body json.RawMessage) (Plan, error) {
	var spec jobs.Spec
	if err := json.Unmarshal(body, &spec); err != nil {
		return Plan{}, fmt.Errorf("read a job: %w", err)
	}
	p, err := c.Jobs.Plan(ctx, actor, app, spec)
	if err != nil {
		return Plan{}, err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return Plan{}, fmt.Errorf("write down a plan: %w", err)
	}
	return c.Old(b)
}

// Old reads a plan that was kept. How long it takes and how many calls it makes are no difference that asks for another look.
func (c JobCarrier) Old(plan json.RawMessage) (Plan, error) {
	var p jobs.Plan
	if err := json.Unmarshal(plan, &p); err != nil {
		return Plan{}, fmt.Errorf("read a plan: %w", err)
	}
	out := Plan{Size: p.Total, Job: plan}
	for _, n := range []struct {
		name string
		n    int
	}{{"people", p.People}, {"groups", p.Groups}, {"messages", p.Messages}, {"act", p.Act}} {
		out.Lines = append(out.Lines, Line{ID: n.name, Says: strconv.Itoa(n.n)})
	}
	for _, s := range p.Skips {
		out.Lines = append(out.Lines, Line{ID: s.Reason, Says: strconv.Itoa(s.N)})
	}
	return out, nil
}

// Carry starts the job.
func (c JobCarrier) Carry(ctx context.Context, actor actions.Actor, app actions.App, body json.RawMessage, key string) (Done, error) {
	var spec jobs.Spec
	if err := json.Unmarshal(body, &spec); err != nil {
		return Done{}, fmt.Errorf("read a job: %w", err)
	}
	j, err := c.Jobs.Start(ctx, actor, app, spec, key)
	if err != nil {
		return Done{}, err
	}
	return Done{Job: strconv.FormatInt(j.ID, 10)}, nil
}

// Find finds the job that was started with the key.
func (c JobCarrier) Find(ctx context.Context, operatorID, key string) (Done, bool, error) {
	j, err := c.Jobs.Store.ByKey(ctx, operatorID, key)
	if errors.Is(err, store.ErrNotFound) {
		return Done{}, false, nil
	}
	return Done{Job: strconv.FormatInt(j.ID, 10)}, err == nil, err
}
