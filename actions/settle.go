package actions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// SettleKey finds what came of an action that was begun under a key, possibly by a console that died since. One that has no
// outcome gets it: the service is asked how things are, and each item that is as was wanted counts as applied, one that is as
// before as not applied, and one of which the service does not tell as unknown. Nothing is sent.
//
// An entry that was closed as unknown without any items gives what its items were to be, all of them unknown.
func (s *Service) SettleKey(ctx context.Context, actor Actor, app App, a Action, key string) (r Result, found bool, err error) {
	e, err := s.Audit.ByKey(ctx, actor.OperatorID, key)
	if errors.Is(err, store.ErrNotFound) {
		return Result{}, false, nil
	}
	if err != nil {
		return Result{}, false, fmt.Errorf("look for what was begun: %w", err)
	}
	r, err = s.settleEntry(ctx, app, a.work(), e)
	return r, true, err
}

// SettleUndo does the same for the entry that takes another one back. Its result says nothing of items that the undo left
// alone since they were changed, but for what they are now.
func (s *Service) SettleUndo(ctx context.Context, app App, undo store.AuditEntry) (Result, error) {
	if undo.Outcome != nil {
		return s.FromEntry(app, undo)
	}
	e, err := s.Audit.Get(ctx, undo.UndoOf)
	if err != nil {
		return Result{}, fmt.Errorf("read what was taken back: %w", err)
	}
	first, d, err := s.first(app, e)
	if err != nil {
		return Result{}, err
	}
	w := s.inverse(first, d)
	if w == nil {
		return Result{}, &CannotUndo{Reason: UndoUnknown}
	}
	return s.settleEntry(ctx, app, w, undo)
}

func (s *Service) settleEntry(ctx context.Context, app App, w work, e store.AuditEntry) (Result, error) {
	if e.Outcome != nil {
		r, err := s.FromEntry(app, e)
		if err != nil || len(r.Items) > 0 || r.State != store.AuditUnknown {
			return r, err
		}
		open := e
		open.Outcome = nil
		planned, err := s.FromEntry(app, open)
		r.Items = planned.Items
		return r, err
	}
	p := &plan{app: app, verb: verbOf(e), now: s.now}
	if err := w.load(imclient.Fresh(ctx), p); err != nil {
		return Result{}, wrapLoad(p.verb, err)
	}
	d, err := ReadDetail(e)
	if err != nil {
		return Result{}, err
	}
	planned := make(map[string]DetailItem, len(d.Items))
	for _, i := range d.Items {
		planned[i.ID] = i
	}
	for n := range p.items {
		settleItem(&p.items[n], planned[p.items[n].ID], d, w, s)
	}
	r := Result{ID: e.ID, Verb: p.verb, UndoOf: e.UndoOf, Group: e.Group, Items: p.items, State: total(p.items), Begun: e.At, Finished: s.now()}
	r.Recorded = s.finish(context.WithoutCancel(ctx), e.ID, outcome(r, nil))
	r.UndoUntil, r.UndoText = s.undoable(app, r.Verb, p.group.Type, r)
	if s.After != nil {
		s.After(app, r)
	}
	return r, nil
}

// settleItem decides what became of an item, of which i says how it is now and was how it was planned.
func settleItem(i *Item, was DetailItem, d Detail, w work, s *Service) {
	now := i.Before
	i.Before = Value{}
	if was.Before != nil {
		i.Before = known(*was.Before)
	}
	if want := cmpPointer(was.Want, d.Want); want != nil {
		i.Want = known(*want)
	}
	if i.Skip != "" && (!i.Before.Known || same(i.Before, now)) {
		i.State, i.Reason = StateSkipped, i.Skip // as it was then
		return
	}
	i.Skip = ""
	i.decide(reply{err: errLost}, now, w.matches, s.now())
}

// errLost stands for the answer that nobody was there to take.
var errLost = errors.New("the console stopped before the answer came")

// Reverse takes back what an action applied, as Undo does, however long ago it was.
func (s *Service) Reverse(ctx context.Context, actor Actor, app App, auditID int64) (Result, error) {
	return s.undo(ctx, actor, app, auditID, true)
}

// Check tells what is wrong with an action's input, as Do would: an *Invalid.
func Check(app App, a Action) error {
	f := &fields{limits: app.IM.Caps.Limits, now: time.Now()}
	a.check(f)
	a.common().check(f, a.Verb())
	return f.err()
}

// NoUndo is the text key of why a verb can never be taken back; "" if it can, where the group type allows it.
func NoUndo(v Verb) string {
	if !verbs[v].undo {
		return UndoImpossible
	}
	return ""
}

// RefusalText is the text key of what a refusal means.
func RefusalText(err error) string {
	_, key := kindOf(err)
	return key
}

// RateLimitedText is the text key of a refusal for calls that came too fast.
const RateLimitedText = "action.refused.rate_limited"

// ComparePositions orders positions of messages. They grow with time; where they are numbers, "10" comes after "9".
func ComparePositions(a, b string) int { return comparePositions(a, b) }

// CannotReverse is the text key of why an entry cannot be taken back, however long ago it was; "" if it can.
func (s *Service) CannotReverse(app App, e store.AuditEntry) string {
	r, err := s.FromEntry(app, e)
	switch {
	case err != nil:
		return UndoUnknown
	case e.UndoneBy != 0:
		return UndoAlready
	case r.UndoText == UndoTooLate:
		return ""
	}
	return r.UndoText
}
