package exports

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"imdesk/actions"
	"imdesk/jobs"
	"imdesk/store"
)

// JobKind is the name of the kind of jobs that read a list too long for one request. It is the right to it as well.
const JobKind = "list.export"

// Kept is how long the rows of such a job are kept after its end.
const Kept = 24 * time.Hour

// Job reads a list page by page. Each row is an item that is done as soon as it is found, so that an export goes on after a crash
// where it was, and any replica has its rows.
type Job struct{}

// params are what a job keeps of its list.
type params struct {
	List List   `json:"list"`
	Zone string `json:"zone"` // of its times
}

// Params writes down a list for jobs.Spec.Params. A zone without a name in the database of zones becomes UTC.
func Params(l List, zone *time.Location) (json.RawMessage, error) {
	b, err := json.Marshal(params{l, zone.String()})
	if err != nil {
		return nil, fmt.Errorf("write down an export: %w", err)
	}
	return b, nil
}

// ListOf is the list that a job reads.
func ListOf(j store.Job) (List, error) {
	spec, err := jobs.SpecOf(j)
	if err != nil {
		return List{}, err
	}
	p, err := read(spec)
	return p.List, err
}

func read(s jobs.Spec) (p params, err error) {
	if err := json.Unmarshal(s.Params, &p); err != nil {
		return p, fmt.Errorf("read an export: %w", err)
	}
	return p, nil
}

// Name is JobKind.
func (Job) Name() string { return JobKind }

// Verb is the right to take lists out.
func (Job) Verb() actions.Verb { return JobKind }

// Check tells whether there is such a list.
func (Job) Check(_ actions.App, s jobs.Spec) error {
	p, err := read(s)
	if err != nil || !slices.Contains(Kinds(), p.List.Kind) {
		return &actions.Invalid{Fields: map[string]actions.Text{"list": {Key: "export.wrong.list"}}}
	}
	return nil
}

// Items are found, not given.
func (Job) Items(jobs.Spec) []store.JobItem { return nil }

// Batch is as many as fit.
func (Job) Batch(actions.App) int { return store.MaxJobBatch }

// Finds is true of every export.
func (Job) Finds(jobs.Spec) bool { return true }

// Find reads one page of the list into items.
func (Job) Find(ctx context.Context, r jobs.Run, cursor string) (items []store.JobItem, next string, looked int, err error) {
	p, err := read(r.Spec)
	if err != nil {
		return nil, "", 0, err
	}
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		zone = time.UTC
	}
	rows, next, err := p.List.Page(ctx, r.App.IM, zone, cursor)
	if err != nil {
		return nil, "", 0, err
	}
	for _, row := range rows {
		more, err := json.Marshal(row)
		if err != nil {
			return nil, "", 0, fmt.Errorf("write down a row: %w", err)
		}
		items = append(items, store.JobItem{Target: row[0], More: string(more), State: store.ItemDone})
	}
	return items, next, len(items), nil
}

// Do has nothing to do: what is found is done.
func (Job) Do(_ context.Context, _ jobs.Run, items []store.JobItem, _ bool) ([]store.JobOutcome, error) {
	list := make([]store.JobOutcome, len(items))
	for n, i := range items {
		list[n] = store.JobOutcome{Position: i.Position, State: store.ItemDone}
	}
	return list, nil
}
