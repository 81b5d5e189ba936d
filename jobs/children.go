package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"imdesk/actions"
	"imdesk/store"
)

// ErrNothingToDo means that no item of a job is such that a child could do anything about it.
var ErrNothingToDo = errors.New("no item of the job is left for that")

// each walks all items of a job in a state.
func (s *Service) each(ctx context.Context, id int64, state store.ItemState, do func(store.JobItem)) error {
	after := int64(0)
	for {
		page, err := s.Store.Items(ctx, id, state, after, store.MaxJobPage)
		if err != nil {
			return err
		}
		for _, i := range page {
			do(i)
			after = i.Position
		}
		if len(page) < store.MaxJobPage {
			return nil
		}
	}
}

// Retry starts a child for the items that were refused or not done; unknown: also for those of which nobody can tell, which
// may then be done twice. ErrNothingToDo; store.ErrConflict while the job has not ended; else errors as of Start.
func (s *Service) Retry(ctx context.Context, actor actions.Actor, app actions.App, id int64, unknown bool, key string) (store.Job, error) {
	parent, v, err := s.ended(ctx, actor, app, id)
	if err != nil {
		return store.Job{}, err
	}
	if parent.Relation == store.JobReverse {
		return s.Reverse(ctx, actor, app, parent.Parent, key) // takes what is left of it
	}
	if j, found, err := s.repeated(ctx, actor, key, ""); found || err != nil {
		return j, err
	}
	states := []store.ItemState{store.ItemRefused}
	if unknown {
		states = append(states, store.ItemUnknown)
	}
	var items []store.JobItem
	for _, state := range states {
		if err := s.each(ctx, id, state, func(i store.JobItem) {
			items = append(items, store.JobItem{Group: i.Group, Target: i.Target, More: i.More})
		}); err != nil {
			return store.Job{}, err
		}
	}
	if len(items) == 0 {
		return store.Job{}, ErrNothingToDo
	}
	if err := s.kinds[parent.Kind].Check(app, v.Spec); err != nil {
		return store.Job{}, err
	}
	return s.child(ctx, actor, parent, v, store.JobRetry, items, key)
}

// ended is a job that has ended, whose app and kind are those of who asks.
func (s *Service) ended(ctx context.Context, actor actions.Actor, app actions.App, id int64) (store.Job, stored, error) {
	j, err := s.may(ctx, actor, id)
	if err == nil && j.App != app.ID {
		err = store.ErrNotFound
	}
	if err != nil {
		return j, stored{}, err
	}
	if !j.State.Ended() {
		return j, stored{}, store.ErrConflict
	}
	if s.kinds[j.Kind] == nil {
		return j, stored{}, &Stop{Why: WhyKind}
	}
	v, err := readStored(j)
	return j, v, err
}

// child stores a job that is about another one. The guard is asked about what is done again, in its size; never about what is
// taken back.
func (s *Service) child(ctx context.Context, actor actions.Actor, parent store.Job, v stored, relation string, items []store.JobItem, key string) (store.Job, error) {
	k := s.kinds[parent.Kind]
	if relation == store.JobRetry && s.Actions.Guard != nil && actor.Clearance == nil {
		if err := s.clearRetry(ctx, actor, parent, k, v.Spec, items, key); err != nil {
			return store.Job{}, err
		}
	}
	spec := v.Spec
	spec.Search, spec.All, spec.Groups = nil, nil, nil
	job := store.Job{
		Kind: parent.Kind, App: parent.App, OperatorID: actor.OperatorID, OperatorName: actor.Name, Address: actor.Address, Key: key,
		Reason: parent.Reason, Parent: parent.ID, Relation: relation, Complete: true,
	}
	return s.add(ctx, actor, job, stored{Spec: spec}, items)
}

// retryBody is what a guard keeps of a retry: the job whose failures are tried again.
type retryBody struct {
	Retry int64 `json:"retry"`
}

func (s *Service) clearRetry(ctx context.Context, actor actions.Actor, parent store.Job, k Kind, spec Spec, items []store.JobItem, key string) error {
	body, err := json.Marshal(retryBody{parent.ID})
	if err != nil {
		return fmt.Errorf("write down a retry: %w", err)
	}
	p := Plan{Kind: k.Name(), Verb: k.Verb(), Complete: true}
	p.count(k, items)
	plan, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write down a plan: %w", err)
	}
	return s.Actions.Clear(ctx, actions.Attempt{
		Actor: actor, App: parent.App, Kind: actions.AttemptJob, Verb: k.Verb(), Size: len(items), Reason: spec.Reason, Key: key,
		Form: fmt.Sprintf("retry-%d", parent.ID), Body: body, Plan: plan,
	})
}

// StartApproved carries out what a guard kept of a job: a spec, or a retry. The actor has the Clearance.
func (s *Service) StartApproved(ctx context.Context, actor actions.Actor, app actions.App, body json.RawMessage, key string) (store.Job, error) {
	var retry retryBody
	if err := json.Unmarshal(body, &retry); err != nil {
		return store.Job{}, fmt.Errorf("read what was approved: %w", err)
	}
	if retry.Retry != 0 {
		return s.Retry(ctx, actor, app, retry.Retry, false, key)
	}
	var spec Spec
	if err := json.Unmarshal(body, &spec); err != nil {
		return store.Job{}, fmt.Errorf("read what was approved: %w", err)
	}
	return s.Start(ctx, actor, app, spec, key)
}

// ReversePlan is what reversing a job would do.
type ReversePlan struct {
	Total    int // items that were done
	Reversed int // of these, taken back already
	// Can be given back what they were: Lifted to nothing, Restored to what the service said before, such as an earlier end.
	Lifted, Restored int
	// Cannot be reversed, by reason.
	Cannot []Skip
	// Changed since by somebody else are found out when it runs: they are left alone.
}

// Can is how many items would be taken back.
func (p ReversePlan) Can() int { return p.Lifted + p.Restored }

// ReversePlan tells what reversing a job would do: the exact compensation of each item, and what cannot be taken back.
func (s *Service) ReversePlan(ctx context.Context, actor actions.Actor, app actions.App, id int64) (ReversePlan, error) {
	j, _, err := s.ended(ctx, actor, app, id)
	if err != nil {
		return ReversePlan{}, err
	}
	p, _, err := s.reversible(ctx, j, app)
	return p, err
}

// reversible sorts a job's items into those that can be taken back and those that cannot.
func (s *Service) reversible(ctx context.Context, j store.Job, app actions.App) (ReversePlan, []store.JobItem, error) {
	var p ReversePlan
	var items []store.JobItem
	k, _ := s.kinds[j.Kind].(*actionKind)
	cannot := map[string]*Skip{}
	refuse := func(reason, id string) {
		if cannot[reason] == nil {
			cannot[reason] = &Skip{Reason: reason}
		}
		cannot[reason].N++
		if len(cannot[reason].Sample) < planSamples {
			cannot[reason].Sample = append(cannot[reason].Sample, id)
		}
	}
	never := actions.UndoImpossible
	if k != nil && j.Relation != store.JobReverse {
		never = actions.NoUndo(k.verb)
	}
	entries := map[int64]string{} // why an entry cannot be taken back
	var failed error
	err := s.each(ctx, j.ID, store.ItemDone, func(i store.JobItem) {
		p.Total++
		if never != "" || i.Audit == 0 {
			refuse(orText(never, actions.UndoUnknown), i.Target)
			return
		}
		why, known := entries[i.Audit]
		if !known {
			e, err := s.Audit.Get(ctx, i.Audit)
			if err != nil {
				failed = err
				return
			}
			why = s.Actions.CannotReverse(app, e)
			entries[i.Audit] = why
		}
		if why != "" {
			refuse(why, i.Target)
			return
		}
		items = append(items, store.JobItem{Group: i.Group, Target: i.Target, More: i.More, Source: i.Audit})
		if i.Before == "" {
			p.Lifted++
		} else {
			p.Restored++
		}
	})
	p.Reversed = j.Counts.Reversed
	p.Cannot = sorted(cannot)
	return p, items, errors.Join(err, failed)
}

func orText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Reverse starts a child that takes back what a job did, by the compensation of each audit entry: who was muted before gets
// the earlier end back, who was kicked comes back with role and name card where the service allows it. Nothing is touched that
// somebody changed since. ErrNothingToDo; store.ErrConflict while the job has not ended.
func (s *Service) Reverse(ctx context.Context, actor actions.Actor, app actions.App, id int64, key string) (store.Job, error) {
	parent, v, err := s.ended(ctx, actor, app, id)
	if err != nil {
		return store.Job{}, err
	}
	if j, found, err := s.repeated(ctx, actor, key, ""); found || err != nil {
		return j, err
	}
	_, items, err := s.reversible(ctx, parent, app)
	if err != nil {
		return store.Job{}, err
	}
	if len(items) == 0 {
		return store.Job{}, ErrNothingToDo
	}
	// What one entry did is taken back at once.
	sortBySource(items)
	return s.child(ctx, actor, parent, v, store.JobReverse, items, key)
}
