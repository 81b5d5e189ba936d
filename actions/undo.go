package actions

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// Undo takes back what an action applied: each item gets the state that the service had told before. Items that were
// changed by somebody else since are left alone; if nothing is left to be done, that is a *CannotUndo. Other errors
// are those of Do, and mean likewise that nothing was sent.
//
// An action is taken back once: of several who try at the same time, one wins. The same operator trying again gets the
// first result. An undo that changed nothing may be tried again.
func (s *Service) Undo(ctx context.Context, actor Actor, app App, auditID int64) (Result, error) {
	return s.undo(ctx, actor, app, auditID, false)
}

// undo takes an action back; late: however long ago it was.
func (s *Service) undo(ctx context.Context, actor Actor, app App, auditID int64, late bool) (Result, error) {
	e, err := s.Audit.Get(ctx, auditID)
	if err == nil && e.App != app.ID {
		err = store.ErrNotFound
	}
	if err != nil {
		return Result{}, fmt.Errorf("undo %d: %w", auditID, err)
	}
	first, d, err := s.first(app, e)
	if err != nil {
		return Result{}, err
	}
	if !actor.can(first.Verb) {
		return Result{}, &Forbidden{Verb: first.Verb}
	}
	if first.UndoText == UndoAlready {
		return s.undoneBy(ctx, actor, app, e)
	}
	if first.UndoText != "" && (first.UndoText != UndoTooLate || !late) {
		return Result{}, &CannotUndo{Reason: first.UndoText}
	}
	w := s.inverse(first, d)
	if w == nil {
		return Result{}, &CannotUndo{Reason: UndoUnknown}
	}
	p := &plan{app: app, verb: first.Verb, now: s.now}
	if err := w.load(imclient.Fresh(ctx), p); err != nil {
		return Result{}, wrapLoad(Undoing(first.Verb), err)
	}
	r, err := Result{}, s.keepChanged(p, w, first)
	if err == nil {
		r, err = s.run(ctx, actor, p, w, order{verb: first.Verb, undoOf: e.ID})
		if err == nil && s.Undone != nil {
			s.Undone(ctx, e)
		}
	}
	if _, cannot := errors.AsType[*CannotUndo](err); cannot || errors.Is(err, store.ErrConflict) {
		// Somebody may have been faster: then what is there now is their doing.
		now, getErr := s.Audit.Get(ctx, auditID)
		if getErr == nil && now.UndoneBy != 0 {
			return s.undoneBy(ctx, actor, app, now)
		}
	}
	return r, err
}

// first is the result that is to be taken back.
func (s *Service) first(app App, e store.AuditEntry) (Result, Detail, error) {
	r, err := s.FromEntry(app, e)
	if err != nil {
		return r, Detail{}, err
	}
	d, err := ReadDetail(e)
	return r, d, err
}

// undoneBy answers for an action that is taken back already, or just now.
func (s *Service) undoneBy(ctx context.Context, actor Actor, app App, e store.AuditEntry) (Result, error) {
	by, err := s.Audit.Get(ctx, e.UndoneBy)
	if err != nil {
		return Result{}, fmt.Errorf("undo %d: %w", e.ID, err)
	}
	if by.OperatorID != actor.OperatorID {
		return Result{}, &CannotUndo{Reason: UndoAlready, By: by.OperatorName, At: by.At}
	}
	return s.await(ctx, app, by)
}

// keepChanged skips the items that are not as the action left them.
func (s *Service) keepChanged(p *plan, w work, first Result) error {
	left := make(map[string]Item, len(first.Items))
	for _, i := range first.Items {
		left[i.ID] = i
	}
	changed := false
	for n := range p.items {
		i := &p.items[n]
		if i.Skip != "" || !i.Before.Known {
			continue
		}
		switch {
		case same(i.Before, i.Want.over(i.Before)):
			i.skip(SkipBack)
		case !untouchedSince(left[i.ID], i.Before, w, s.now()):
			i.skip(SkipChanged)
			changed = true
		}
	}
	if len(p.acting()) > 0 {
		return nil
	}
	if changed {
		return &CannotUndo{Reason: UndoChanged, Items: p.items}
	}
	return &CannotUndo{Reason: UndoNothing, Items: p.items}
}

// untouchedSince reports whether an item is as the action left it, or became so by itself: mutes and bans end.
func untouchedSince(left Item, now Value, w work, at time.Time) bool {
	if left.After.Known && same(left.After, now) {
		return true
	}
	over := Value{Text: now.Text, Known: true} == known("") && !left.Want.End().IsZero() && !left.Want.End().After(at)
	return over || !left.After.Known && w.matches(left.Want, now, at)
}

// inverse is the work that gives the applied items back what they were; nil if that is not known of any.
func (s *Service) inverse(first Result, d Detail) work {
	before := map[string]string{}
	var ids []string
	for _, i := range first.Items {
		if first.Verb == VerbTransfer && i.Before.Text == "" {
			continue // it was nobody's, and cannot be given to nobody
		}
		if i.State == StateApplied && i.Before.Known {
			before[i.ID] = i.Before.Text
			ids = append(ids, i.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	group := first.Group
	switch first.Verb {
	case VerbMute, VerbUnmute:
		return &muteWork{group: group, users: ids, restore: s.stillAhead(before)}
	case VerbBan, VerbUnban:
		return &banWork{group: group, users: ids, restore: s.stillAhead(before)}
	case VerbGlobalMute, VerbGlobalUnmute:
		restore := map[string]string{}
		for _, i := range first.Items {
			if text, is := before[i.ID]; is {
				restore[i.ID] = s.globalBefore(i.Want, known(text))
			}
		}
		return &globalWork{users: ids, restore: restore}
	case VerbMuteAll, VerbEditGroup:
		return &groupWork{group: group, want: before, restore: true}
	case VerbSetRole:
		return &roleWork{group: group, users: ids, want: before, restore: true}
	case VerbNameCard:
		return &cardWork{group: group, user: ids[0], card: before[ids[0]], restore: true}
	case VerbSetUnread:
		n, err := strconv.Atoi(before[ids[0]])
		if err != nil {
			return nil
		}
		return &unreadWork{group: group, user: ids[0], n: n, restore: true}
	case VerbExtensions, VerbDirectExtensions:
		return extensionsBefore(group, d, before)
	case VerbTransfer:
		admin, _ := d.Options["was_admin"].(bool)
		return &transferWork{group: group, item: ids[0], owner: before[ids[0]], admin: admin, restore: true}
	case VerbAddMembers:
		return &kickWork{group: group, users: ids, silent: true}
	case VerbMemberFields, VerbGroupFields, VerbAttributes, VerbEditTopic:
		return keyedInverse(first, before, d)
	case VerbCounters:
		return counterInverse(group, ids, before, d)
	case VerbKick:
		was := map[string]memberBefore{}
		for _, i := range d.Items {
			was[i.ID] = i.memberBefore
		}
		silent, _ := d.Options["silent"].(bool)
		return &addWork{group: group, users: ids, silent: silent, was: was}
	}
	if w := inverseOfApp(first, d, ids, before); w != nil {
		return w
	}
	return inverseOfUser(first.Verb, d, ids, before)
}

// extensionsBefore gives a message's keys the values that they had.
func extensionsBefore(group string, d Detail, before map[string]string) work {
	text := func(name string) string { s, _ := d.Options[name].(string); return s }
	if text("message") == "" {
		return nil
	}
	return &extensionWork{where: Where{Group: group, User: text("user"), Peer: text("peer")}, message: text("message"), restore: before}
}

// stillAhead leaves out the ends that have passed meanwhile.
func (s *Service) stillAhead(ends map[string]string) map[string]string {
	out := make(map[string]string, len(ends))
	for id, end := range ends {
		out[id] = s.ahead(end)
	}
	return out
}

func (s *Service) ahead(end string) string {
	if t := parseEnd(end); !t.IsZero() && !t.After(s.now()) {
		return ""
	}
	return end
}

// globalBefore restores the parts only that the action changed.
func (s *Service) globalBefore(want, before Value) string {
	wantDirect, wantGroup, _ := want.parts()
	direct, group, _ := before.parts()
	if direct = s.ahead(direct); wantDirect == unchanged {
		direct = unchanged
	}
	if group = s.ahead(group); wantGroup == unchanged {
		group = unchanged
	}
	return endsValue(direct, group).Text
}
