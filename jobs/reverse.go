package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"imdesk/actions"
	"imdesk/store"
)

func sortBySource(items []store.JobItem) {
	slices.SortStableFunc(items, func(a, b store.JobItem) int { return int(a.Source - b.Source) })
}

// reverseKind takes back what a job did: a batch is what one audit entry did.
type reverseKind struct {
	of      Kind
	service *Service
	parent  int64
}

func (k *reverseKind) Name() string                        { return k.of.Name() }
func (k *reverseKind) Verb() actions.Verb                  { return k.of.Verb() }
func (k *reverseKind) Check(app actions.App, s Spec) error { return k.of.Check(app, s) }
func (k *reverseKind) Items(s Spec) []store.JobItem        { return k.of.Items(s) }
func (k *reverseKind) Batch(actions.App) int               { return store.MaxJobBatch }

// Do takes one entry back, once. What an earlier worker began is settled by looking how things are.
func (k *reverseKind) Do(ctx context.Context, r Run, items []store.JobItem, _ bool) ([]store.JobOutcome, error) {
	source := items[0].Source
	e, err := k.service.Audit.Get(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("read what is to be taken back: %w", err)
	}
	var result actions.Result
	if e.UndoneBy != 0 {
		by, err := k.service.Audit.Get(ctx, e.UndoneBy)
		if err != nil {
			return nil, fmt.Errorf("read what took it back: %w", err)
		}
		if !ofJob(by, r.Job.ID) {
			return every(items, store.ItemSkipped, SkipUndone), nil
		}
		if result, err = k.service.Actions.SettleUndo(ctx, r.App, by); err != nil {
			return nil, fmt.Errorf("settle what was taken back: %w", err)
		}
	} else if result, err = k.service.Actions.Reverse(ctx, r.Actor, r.App, source); err != nil {
		return k.cannot(items, err)
	}
	return k.note(ctx, r, items, result)
}

func ofJob(e store.AuditEntry, id int64) bool {
	d, err := actions.ReadDetail(e)
	return err == nil && d.Cleared != nil && d.Cleared.Job == strconv.FormatInt(id, 10)
}

func every(items []store.JobItem, state store.ItemState, reason string) []store.JobOutcome {
	list := make([]store.JobOutcome, len(items))
	for i, item := range items {
		list[i] = store.JobOutcome{Position: item.Position, State: state, Reason: reason}
	}
	return list
}

// cannot says why an entry is not taken back; of what others changed since, item by item.
func (k *reverseKind) cannot(items []store.JobItem, err error) ([]store.JobOutcome, error) {
	why, is := errors.AsType[*actions.CannotUndo](err)
	if !is {
		a, _ := k.of.(*actionKind)
		if a == nil {
			return nil, err
		}
		return a.notDone(items, err)
	}
	list := every(items, store.ItemSkipped, why.Reason)
	for n, item := range items {
		at := slices.IndexFunc(why.Items, func(i actions.Item) bool { return i.ID == idIn(k.of, item) })
		if at >= 0 && why.Items[at].Skip != "" {
			list[n].Reason, list[n].Before = why.Items[at].Skip, why.Items[at].Before.Text
		}
	}
	return list, nil
}

// idIn is what an action of a kind calls an item.
func idIn(k Kind, item store.JobItem) string {
	if a, is := k.(*actionKind); is {
		return a.idOf(item)
	}
	return item.Target
}

// note records with the parent what was taken back, and gives the outcomes.
func (k *reverseKind) note(ctx context.Context, r Run, items []store.JobItem, result actions.Result) ([]store.JobOutcome, error) {
	a, is := k.of.(*actionKind)
	if !is {
		return nil, &Stop{Why: WhyKind}
	}
	var list []store.JobOutcome
	var back []string
	for _, item := range items {
		at := slices.IndexFunc(result.Items, func(i actions.Item) bool { return i.ID == a.idOf(item) })
		if at < 0 {
			list = append(list, store.JobOutcome{Position: item.Position, State: store.ItemSkipped, Reason: actions.UndoUnknown})
			continue
		}
		o := a.outcome(item, result.Items[at], result.ID)
		if o.State == store.ItemWaiting { // an entry is taken back once
			o.State = store.ItemRefused
			if result.Items[at].State == actions.StateUnknown {
				o.State, o.Reason = store.ItemUnknown, ReasonCheck
			}
		}
		if o.State == store.ItemDone || o.Reason == actions.SkipBack {
			back = append(back, item.Target)
		}
		list = append(list, o)
	}
	return list, k.service.Store.Reversed(ctx, r.lease, k.parent, items[0].Source, back)
}
