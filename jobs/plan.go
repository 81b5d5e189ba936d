package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/store"
)

// How far a plan looks before it is shown. Beyond that it says what was not looked at.
const (
	planTime    = 8 * time.Second
	planTargets = 5000 // targets of which is looked how they are now
	planLooked  = 4000 // messages that are searched
	planSamples = 20   // ids named for each reason
)

// Plan is what a job would do: its blast radius. It is what a second person is shown as well.
type Plan struct {
	Kind string       `json:"kind"`
	Verb actions.Verb `json:"verb"`

	Total    int `json:"total"` // targets; of a search those found so far
	People   int `json:"people"`
	Groups   int `json:"groups"`
	Messages int `json:"messages"`

	Checked int    `json:"checked"`           // of how many is known how they are now; the others were not looked at
	Act     int    `json:"act"`               // of those checked, how many would be acted upon
	Skips   []Skip `json:"skips,omitempty"`   // of those checked, who is left alone, and why; the largest first
	Refused []Skip `json:"refused,omitempty"` // groups in which it cannot be done, and why

	Looked   int           `json:"looked"`              // messages that were searched
	Complete bool          `json:"complete"`            // the search came to its end; if not, the job finds more
	Back     time.Time     `json:"back,omitzero"`       // how far back the search came
	Calls    []Calls       `json:"calls"`               // for all targets
	Lasts    time.Duration `json:"lasts"`               // at the present budget, if nobody else calls
	UndoText string        `json:"undo_text,omitempty"` // text key of why it cannot be reversed; "" if it can
	Twice    bool          `json:"twice"`               // what it does can be repeated without harm after a crash
}

// Skip is a reason and those it holds for.
type Skip struct {
	Reason   string   `json:"reason"` // text key
	N        int      `json:"n"`
	Sample   []string `json:"sample"`             // some of them
	Protects bool     `json:"protects,omitempty"` // somebody is protected by it, rather than as wanted already or not there
}

// Calls are the calls of one command that a job makes.
type Calls struct {
	Command   string  `json:"command"`
	N         int     `json:"n"`
	PerSecond float64 `json:"per_second"` // at the present budget; 0: not known
}

// Plan tells what a job would do, without doing it. It needs the right to do it. Errors: *actions.Forbidden,
// *actions.Invalid, *actions.NotOffered where no group offers it, or an *imclient.Error from reading how things are.
func (s *Service) Plan(ctx context.Context, actor actions.Actor, app actions.App, spec Spec) (Plan, error) {
	k, items, err := s.check(actor, app, spec)
	if err != nil {
		return Plan{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	p := Plan{Kind: k.Name(), Verb: k.Verb(), Complete: true}
	r := Run{App: app, Actor: actor, Spec: spec, Log: s.Log, service: s.Actions, jobs: s}
	if f, is := k.(Finder); is && f.Finds(spec) {
		if items, err = p.search(ctx, f, r); err != nil {
			return Plan{}, fmt.Errorf("plan %s: %w", k.Name(), err)
		}
	}
	p.count(k, items)
	if err := s.expect(ctx, k, r, items, &p); err != nil {
		return Plan{}, fmt.Errorf("plan %s: %w", k.Name(), err)
	}
	p.cost(k, app)
	return p, nil
}

// search looks for targets until the time for it is up.
func (p *Plan) search(ctx context.Context, f Finder, r Run) ([]store.JobItem, error) {
	var items []store.JobItem
	cursor := ""
	for {
		found, next, looked, err := f.Find(ctx, r, cursor)
		if err != nil {
			if p.Looked > 0 && errors.Is(err, context.DeadlineExceeded) {
				p.Complete = false
				return items, nil
			}
			return nil, err
		}
		items = append(items, found...)
		p.Looked += looked
		if cursor = next; cursor == "" {
			return items, nil
		}
		if p.Looked >= planLooked || len(items) >= MaxTargets {
			p.Complete = false
			return items, nil
		}
	}
}

// count counts people, groups and messages.
func (p *Plan) count(k Kind, items []store.JobItem) {
	people, groups := map[string]bool{}, map[string]bool{}
	a, _ := k.(*actionKind)
	for _, i := range items {
		if i.Group != "" {
			groups[i.Group] = true
		}
		switch {
		case a != nil && a.about == aboutMessages:
			p.Messages++
		case a != nil && a.about == aboutGroups:
			groups[i.Target] = true
		default:
			people[i.Target] = true
		}
	}
	p.Total, p.People, p.Groups = len(items), len(people), len(groups)
}

// expect looks how targets are now, as far as the time goes.
func (s *Service) expect(ctx context.Context, k Kind, r Run, items []store.JobItem, p *Plan) error {
	look, is := k.(Previewer)
	if !is {
		return nil
	}
	skips, refused := map[string]*Skip{}, map[string]*Skip{}
	note := func(m map[string]*Skip, reason, id string) {
		if m[reason] == nil {
			m[reason] = &Skip{Reason: reason, Protects: protects(reason)}
		}
		m[reason].N++
		if len(m[reason].Sample) < planSamples && !slices.Contains(m[reason].Sample, id) {
			m[reason].Sample = append(m[reason].Sample, id)
		}
	}
	var last error
	groups := 0
	for batch := range batches(items, k.Batch(r.App)) {
		if p.Checked >= planTargets || ctx.Err() != nil {
			break
		}
		expected, err := s.expectBatch(ctx, look, r, batch)
		var not *actions.NotOffered
		switch {
		case errors.As(err, &not):
			note(refused, not.Key, batch[0].Group)
			last = err
			p.Checked += len(batch)
			continue
		case errors.Is(err, imclient.ErrNotFound):
			note(refused, "action.refused.not_found", cmp.Or(batch[0].Group, batch[0].Target))
			last = err
			p.Checked += len(batch)
			continue
		case err != nil && p.Checked > 0 && ctx.Err() != nil:
		case err != nil:
			return err
		}
		groups++
		for _, e := range expected {
			p.Checked++
			if e.Skip == "" {
				p.Act++
			} else if e.By != "" && protects(e.Skip) {
				note(skips, e.Skip, e.By)
			} else {
				note(skips, e.Skip, e.Target)
			}
		}
	}
	if groups == 0 && last != nil {
		return last // it can be done nowhere
	}
	p.Skips, p.Refused = sorted(skips), sorted(refused)
	return nil
}

// expectBatch is a preview of one batch, with those who are on the protected list.
func (s *Service) expectBatch(ctx context.Context, k Previewer, r Run, batch []store.JobItem) ([]Expected, error) {
	open, kept, err := s.protect(ctx, k, r.App.ID, batch)
	if err != nil {
		return nil, err
	}
	var list []Expected
	for _, i := range kept {
		list = append(list, Expected{Target: i.Target, Skip: SkipProtected})
	}
	if len(open) == 0 {
		return list, nil
	}
	expected, err := k.Preview(ctx, r, open)
	return append(list, expected...), err
}

// protects tells the reasons by which somebody is protected.
func protects(reason string) bool {
	switch reason {
	case SkipProtected, actions.SkipProtected, actions.SkipOwner, actions.SkipAdmin, actions.SkipAdministrator:
		return true
	}
	return false
}

func sorted(m map[string]*Skip) []Skip {
	var list []Skip
	for _, s := range m {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Skip) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Reason, b.Reason)) })
	return list
}

// batches cuts items where a worker would.
func batches(items []store.JobItem, n int) func(yield func([]store.JobItem) bool) {
	return func(yield func([]store.JobItem) bool) {
		for len(items) > 0 {
			end := slices.IndexFunc(items, func(i store.JobItem) bool { return i.Group != items[0].Group || i.Source != items[0].Source })
			if end < 0 {
				end = len(items)
			}
			end = min(end, n)
			if !yield(items[:end]) {
				return
			}
			items = items[end:]
		}
	}
}

// cost estimates the calls, and how long they take.
func (p *Plan) cost(k Kind, app actions.App) {
	a, is := k.(*actionKind)
	if !is {
		return
	}
	p.Twice = !a.once
	p.UndoText = actions.NoUndo(a.verb)
	if app.IM.Costs == nil {
		return
	}
	for _, c := range app.IM.Costs(a.needs, p.Total, max(p.Groups, 1)) {
		p.Calls = append(p.Calls, Calls{c.Command, c.Calls, c.PerSecond})
		if c.PerSecond > 0 {
			p.Lasts = max(p.Lasts, time.Duration(float64(c.Calls)/c.PerSecond*float64(time.Second)))
		}
	}
}
