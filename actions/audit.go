package actions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// Detail is what the audit entry of an action holds as its detail.
type Detail struct {
	Note    string             `json:"note,omitempty"`
	Case    int64              `json:"case,omitempty"`    // the case that led to it
	Options map[string]any     `json:"options,omitempty"` // the action's own: seconds, silent, text, fields, where
	Type    imclient.GroupType `json:"type,omitempty"`    // of the group
	Want    *string            `json:"want,omitempty"`    // what all items were to be; nil if they differ
	Items   []DetailItem       `json:"items,omitempty"`
	Form    string             `json:"form,omitempty"`    // fingerprint of an action that came with a key
	Cut     bool               `json:"cut,omitempty"`     // name cards, or what the items were before, did not fit
	Cleared *Clearance         `json:"cleared,omitempty"` // who else stands for it, or the job it is a part of
}

// DetailItem is one target as it was planned.
type DetailItem struct {
	ID     string  `json:"id"`
	Before *string `json:"before,omitempty"` // nil: the service did not tell
	Want   *string `json:"want,omitempty"`   // nil: Detail.Want
	memberBefore
	friendBefore
}

// ReadDetail reads the detail of an entry that an action made; of any other entry it is empty.
func ReadDetail(e store.AuditEntry) (Detail, error) {
	var d Detail
	if len(e.Detail) == 0 {
		return d, nil
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return d, fmt.Errorf("read the detail of audit entry %d: %w", e.ID, err)
	}
	return d, nil
}

// entry is what is recorded before anything is sent.
func entry(actor Actor, p *plan, w work, o order, at time.Time) store.AuditEntry {
	users, messages := w.targets(p)
	verb := o.verb
	if o.undoOf != 0 {
		verb = Undoing(verb)
	}
	return store.AuditEntry{
		At: at, OperatorID: actor.OperatorID, OperatorName: actor.Name, Address: actor.Address, Request: actor.RequestRef,
		App: p.app.ID, Action: string(verb), Group: p.groupID, Users: users, Messages: messages,
		Reason: o.common.Reason, Detail: detailJSON(p, w, o, actor.Clearance), UndoOf: o.undoOf, Key: o.common.Key,
	}
}

// detailJSON writes the detail so that it fits: if need be without the name cards, then without what the items were
// before. An undo lacks them.
func detailJSON(p *plan, w work, o order, cleared *Clearance) json.RawMessage {
	d := Detail{Note: o.common.Note, Case: o.common.Case, Options: w.options(), Type: p.group.Type, Form: o.form, Cleared: cleared}
	alike := true
	for _, i := range p.items {
		alike = alike && i.Want == p.items[0].Want
	}
	if alike && len(p.items) > 0 && p.items[0].Want.Known {
		d.Want = &p.items[0].Want.Text
	}
	for _, i := range p.items {
		item := DetailItem{ID: i.ID}
		if i.Before.Known {
			item.Before = &i.Before.Text
		}
		if i.Want.Known && !alike {
			item.Want = &i.Want.Text
		}
		if kick, is := w.(*kickWork); is {
			if m := kick.members[i.ID]; m.Role == imclient.RoleAdmin {
				item.Role = m.Role
			}
			item.Card = kick.members[i.ID].NameCard
		}
		if friends, is := w.(befriended); is {
			item.friendBefore = friends.before(i.ID)
		}
		d.Items = append(d.Items, item)
	}
	b := encode(d)
	if len(b) > store.MaxAuditDetail {
		for i := range d.Items {
			d.Items[i].Card, d.Items[i].friendBefore = "", friendBefore{}
		}
		d.Cut = true
		b = encode(d)
	}
	if len(b) > store.MaxAuditDetail {
		d.Items = nil
		b = encode(d)
	}
	return b
}

// encode writes JSON as it is, without escapes for HTML: they would make names several times as long.
func encode(d Detail) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(d); err != nil {
		panic(err) // options hold strings, numbers and lists of strings
	}
	return bytes.TrimSpace(b.Bytes())
}

// outcome is what is recorded afterwards.
func outcome(r Result, failure error) store.AuditOutcome {
	o := store.AuditOutcome{At: r.Finished, State: r.State}
	for _, i := range r.Items {
		item := store.AuditItem{ID: i.ID, Code: string(i.State), TextKey: i.Reason, VendorCode: i.VendorCode}
		if i.State == StateApplied {
			item.Code = store.ItemOK
		}
		if i.After.Known {
			item.After = i.After.Text
		}
		o.Items = append(o.Items, item)
	}
	if failure != nil {
		o.ErrorKind, _ = kindOf(failure)
	}
	o.VendorRequest = r.vendorRequest
	if r.Failure != nil {
		o.VendorRequest = r.Failure.RequestID
	}
	return o
}

// Recording an outcome is tried at once, then for a while in the background.
const (
	finishTimeout = 5 * time.Second
	finishTries   = 3
	finishPause   = 50 * time.Millisecond
	lateTries     = 8
	latePause     = time.Second // doubles: eight tries take four minutes
)

// finish records an outcome, and reports whether it could do so at once.
func (s *Service) finish(ctx context.Context, id int64, o store.AuditOutcome) bool {
	err := s.tryFinish(ctx, id, o)
	for try := 1; err != nil && try < finishTries; try++ {
		_ = sleep(ctx, finishPause<<try)
		err = s.tryFinish(ctx, id, o)
	}
	if err == nil {
		return true
	}
	s.log().ErrorContext(ctx, "record the outcome of an action; trying again", "audit", id, "state", o.State, "error", err)
	s.start.Do(func() { s.background, s.stop = context.WithCancel(context.WithoutCancel(ctx)) })
	s.late.Go(func() { s.finishLate(s.background, id, o) })
	return false
}

func (s *Service) tryFinish(ctx context.Context, id int64, o store.AuditOutcome) error {
	ctx, cancel := context.WithTimeout(ctx, finishTimeout)
	defer cancel()
	err := s.Audit.Finish(ctx, id, o)
	if errors.Is(err, store.ErrConflict) {
		return nil // it has one: an earlier try came through without our hearing of it
	}
	return err
}

// finishLate goes on trying until Close, which makes it try once more.
func (s *Service) finishLate(ctx context.Context, id int64, o store.AuditOutcome) {
	var err error
	for try := range lateTries {
		closing := sleep(ctx, latePause<<try) != nil
		if err = s.tryFinish(context.WithoutCancel(ctx), id, o); err == nil {
			return
		}
		if closing {
			break
		}
	}
	s.log().ErrorContext(ctx, "the outcome of an action is not recorded", "audit", id, "state", o.State, "error", err)
}

// Close waits for outcomes that are being recorded in the background, after one more try each.
func (s *Service) Close() {
	s.start.Do(func() { s.background, s.stop = context.WithCancel(context.Background()) })
	s.stop()
	s.late.Wait()
}

// FinishLeftovers gives the entries from before t that have no outcome, which a crash left behind, the outcome
// "unknown", and tells how many they were. Call it at start, with the time of the start. Those of jobs are left to the jobs:
// whoever takes a job up asks the service what came of them (SettleKey).
func FinishLeftovers(ctx context.Context, log store.AuditLog, t, now time.Time) (int, error) {
	n := 0
	for {
		list, err := log.Unfinished(ctx, t)
		if err != nil {
			return n, fmt.Errorf("finish what a crash left behind: %w", err)
		}
		list = slices.DeleteFunc(list, ofJob)
		if len(list) == 0 {
			return n, nil
		}
		for _, e := range list {
			err := log.Finish(ctx, e.ID, store.AuditOutcome{At: now, State: store.AuditUnknown})
			if err != nil && !errors.Is(err, store.ErrConflict) {
				return n, fmt.Errorf("finish what a crash left behind: %w", err)
			}
			n++
		}
	}
}

// ofJob tells that an entry is a part of a job.
func ofJob(e store.AuditEntry) bool {
	d, err := ReadDetail(e)
	return err == nil && d.Cleared != nil && d.Cleared.Job != ""
}
