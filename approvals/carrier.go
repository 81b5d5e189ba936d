package approvals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"imdesk/actions"
	"imdesk/store"
)

// Carrier plans and carries out requests of one kind. It is told who wanted it: that one's rights count.
type Carrier interface {
	// Plan works out what the request would do now. Errors are those of doing it.
	Plan(ctx context.Context, actor actions.Actor, app actions.App, body json.RawMessage) (Plan, error)
	// Old reads a plan that was kept.
	Old(plan json.RawMessage) (Plan, error)
	// Carry does it, once for each key.
	Carry(ctx context.Context, actor actions.Actor, app actions.App, body json.RawMessage, key string) (Done, error)
	// Find tells what came of it if it was done before.
	Find(ctx context.Context, operatorID, key string) (Done, bool, error)
}

// Plan is what a request does.
type Plan struct {
	Size    int
	Preview *actions.Preview // of an action
	Job     json.RawMessage  // of a job: package jobs' plan
	Lines   []Line           // what is compared
}

// Line is one thing that a plan says, comparable with that of another time.
type Line struct {
	ID     string
	Says   string // in no language: for comparison only
	Option string // name of the option that it is about; "" of a target
}

// Done is what was done.
type Done struct {
	EntryID int64  // in the audit log
	Job     string // that was started
	Result  string // store.AuditState of the entry; "" of a job
}

// Difference is a line that is not in both plans as it is.
type Difference struct {
	ID       string
	Was, Now string // "": it is not in that plan
	Option   string // as in Line
}

// differences holds a plan against an older one.
func differences(old, now Plan) []Difference {
	was := map[string]string{}
	for _, l := range old.Lines {
		was[l.ID] = l.Says
	}
	var list []Difference
	there := map[string]bool{}
	for _, l := range now.Lines {
		there[l.ID] = true
		if before, is := was[l.ID]; !is || before != l.Says {
			list = append(list, Difference{l.ID, before, l.Says, l.Option})
		}
	}
	for _, l := range old.Lines {
		if !there[l.ID] {
			list = append(list, Difference{ID: l.ID, Was: l.Says, Option: l.Option})
		}
	}
	return list
}

// actionCarrier carries actions out.
type actionCarrier struct{ actions *actions.Service }

func (c actionCarrier) Plan(ctx context.Context, actor actions.Actor, app actions.App, body json.RawMessage) (Plan, error) {
	a, err := actions.DecodeAction(body, "")
	if err != nil {
		return Plan{}, err
	}
	p, err := c.actions.Preview(ctx, actor, app, a)
	if err != nil {
		return Plan{}, err
	}
	b, err := json.Marshal(p) // as it is kept, so that both are alike
	if err != nil {
		return Plan{}, fmt.Errorf("write down a plan: %w", err)
	}
	return c.Old(b)
}

func (c actionCarrier) Old(plan json.RawMessage) (Plan, error) {
	var p actions.Preview
	if err := json.Unmarshal(plan, &p); err != nil {
		return Plan{}, fmt.Errorf("read a plan: %w", err)
	}
	return actionPlan(p), nil
}

// times are those in values: the end of a mute moves with the time at which it is planned.
var times = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

func actionPlan(p actions.Preview) Plan {
	plan := Plan{Size: p.Act, Preview: &p}
	for _, name := range slices.Sorted(maps.Keys(p.Options)) {
		b, err := json.Marshal(p.Options[name])
		if err != nil {
			b = nil // options hold strings, numbers and lists of strings
		}
		plan.Lines = append(plan.Lines, Line{"option " + name, times.ReplaceAllString(string(b), "time"), name})
	}
	for _, i := range p.Items {
		says := fmt.Sprintf("%s %s %v %s %v %s", i.Skip, i.Effect, i.Before.Known, i.Before.Text, i.Want.Known, i.Want.Text)
		plan.Lines = append(plan.Lines, Line{ID: i.ID, Says: times.ReplaceAllString(says, "time")})
	}
	return plan
}

func (c actionCarrier) Carry(ctx context.Context, actor actions.Actor, app actions.App, body json.RawMessage, key string) (Done, error) {
	a, err := actions.DecodeAction(body, key)
	if err != nil {
		return Done{}, err
	}
	r, err := c.actions.Do(ctx, actor, app, a)
	if err != nil {
		return Done{}, err
	}
	return Done{EntryID: r.ID, Result: string(r.State)}, nil
}

func (c actionCarrier) Find(ctx context.Context, operatorID, key string) (Done, bool, error) {
	e, err := c.actions.Audit.ByKey(ctx, operatorID, key)
	if errors.Is(err, store.ErrNotFound) {
		return Done{}, false, nil
	}
	return Done{EntryID: e.ID, Result: string(e.State)}, err == nil, err
}

// sortedIDs are those of differences, for tests and messages that name some.
func sortedIDs(list []Difference) []string {
	var ids []string
	for _, d := range list {
		ids = append(ids, d.ID)
	}
	slices.Sort(ids)
	return ids
}
