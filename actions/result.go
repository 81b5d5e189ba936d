package actions

import (
	"slices"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// Result is what came of an action.
type Result struct {
	ID              int64 // of the audit entry
	Verb            Verb
	UndoOf          int64 // the entry that was taken back; 0: none
	Group           string
	Items           []Item
	State           store.AuditState // AuditPending: still under way, in another request
	Begun, Finished time.Time
	UndoUntil       time.Time       // when it can no longer be taken back; zero if it cannot be
	UndoText        string          // text key of why it cannot be taken back; "" if it can
	Recorded        bool            // the outcome is in the audit log; if not, it is being tried again
	Repeated        bool            // this is what an earlier post with the same key came to
	Failure         *imclient.Error // what the service said first, for the log and the details; nil if nothing failed

	vendorRequest string // of a call that was accepted; of one that failed Failure has it
}

// Count tells how many items ended in a state.
func (r Result) Count(state State) int {
	n := 0
	for _, i := range r.Items {
		if i.State == state {
			n++
		}
	}
	return n
}

// Sure reports whether it is known of every item what became of it.
func (r Result) Sure() bool { return r.State != store.AuditPending && r.Count(StateUnknown) == 0 }

// noUndo is the text key of why a verb cannot be taken back in a group of a type; "" if it can.
func noUndo(app App, v Verb, t imclient.GroupType) string {
	switch {
	case v == VerbSend && app.IM.Caps.Can(imclient.VerbRecall, t), v == VerbSendDirect:
		return UndoByRecall
	case !verbs[v].undo:
		return UndoImpossible
	case v == VerbKick && !app.IM.Caps.Can(imclient.VerbAddMember, t):
		return UndoImpossible
	case v == VerbAddMembers && !app.IM.Caps.Can(imclient.VerbKick, t):
		return UndoImpossible
	}
	return ""
}

// undoable tells until when a result can be taken back, or why it cannot.
func (s *Service) undoable(app App, v Verb, t imclient.GroupType, r Result) (until time.Time, text string) {
	until = r.Finished.Add(s.undoWindow())
	if why := noUndo(app, v, t); why != "" {
		return time.Time{}, why
	}
	applied := slices.DeleteFunc(slices.Clone(r.Items), func(i Item) bool { return i.State != StateApplied })
	switch {
	case r.UndoOf != 0:
		return time.Time{}, UndoImpossible
	case r.State == store.AuditPending:
		return time.Time{}, UndoPending
	case len(applied) == 0:
		return time.Time{}, UndoNothing
	case slices.ContainsFunc(applied, func(i Item) bool { return i.ID == store.Erased }):
		return time.Time{}, UndoUnknown
	case !slices.ContainsFunc(applied, func(i Item) bool { return i.Before.Known }):
		return time.Time{}, UndoUnknown
	case s.now().After(until):
		return time.Time{}, UndoTooLate
	}
	return until, ""
}

// FromEntry makes the result of what the audit log has of an action, read whole. Of each item it knows what the
// service said before and after, so it is what Do returned, but for Effect and Failure.
func (s *Service) FromEntry(app App, e store.AuditEntry) (Result, error) {
	d, err := ReadDetail(e)
	if err != nil {
		return Result{}, err
	}
	r := Result{ID: e.ID, Verb: verbOf(e), UndoOf: e.UndoOf, Group: e.Group, State: e.State, Begun: e.At}
	planned := make(map[string]Item, len(d.Items))
	for _, i := range d.Items {
		item := i.item(d)
		planned[i.ID] = item
		if e.Outcome == nil {
			r.Items = append(r.Items, item)
		}
	}
	if e.Outcome != nil {
		r.Finished, r.Recorded = e.Outcome.At, true
		for _, i := range e.Outcome.Items {
			r.Items = append(r.Items, finished(planned[i.ID], i))
		}
	}
	if made := r.Verb == VerbCreateGroup || r.Verb == VerbImportGroup; made && r.Group == "" && len(r.Items) > 0 {
		r.Group = r.Items[0].After.Text // the service chose it
	}
	r.UndoUntil, r.UndoText = s.undoable(app, r.Verb, d.Type, r)
	if r.UndoText == "" && e.UndoneBy != 0 {
		r.UndoUntil, r.UndoText = time.Time{}, UndoAlready
	}
	return r, nil
}

// verbOf is the verb of the action, of an undo the verb of what it takes back.
func verbOf(e store.AuditEntry) Verb {
	v := Verb(e.Action)
	if e.UndoOf != 0 {
		v = v[min(len(undoPrefix), len(v)):]
	}
	return v
}

// item is a planned target of which it is not known what became of it.
func (i DetailItem) item(d Detail) Item {
	item := Item{ID: i.ID, State: StateUnknown, Reason: ResultUnknown}
	if i.Before != nil {
		item.Before = known(*i.Before)
	}
	if want := cmpPointer(i.Want, d.Want); want != nil {
		item.Want = known(*want)
	}
	return item
}

func cmpPointer(a, b *string) *string {
	if a != nil {
		return a
	}
	return b
}

// finished adds to a planned target what became of it.
func finished(item Item, i store.AuditItem) Item {
	item.ID, item.State, item.Reason, item.VendorCode = i.ID, State(i.Code), i.TextKey, i.VendorCode
	if i.Code == store.ItemOK {
		item.State = StateApplied
	}
	item.Verified = item.State == StateApplied && i.TextKey == ""
	if i.After != "" || item.Verified {
		item.After = known(i.After)
	}
	if item.State == StateSkipped {
		item.Skip = i.TextKey
	}
	return item
}
