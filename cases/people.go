package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"imdesk/actions"
	"imdesk/store"
)

// Kinds of lines in a case's history.
const (
	DidClaim    = "claim"
	DidTake     = "take"
	DidRelease  = "release"
	DidAssign   = "assign"
	DidEscalate = "escalate"
	DidSnooze   = "snooze"
	DidNote     = "note"
	DidDecide   = "decide"
	DidUndo     = "undo"
	DidReverse  = "reverse"
	DidRetry    = "retry"
	DidAppeal   = "appeal"
	DidHold     = store.CaseDidHold
	DidUnhold   = store.CaseDidRelease
	DidExport   = "export"
)

// Kinds are all of them.
func Kinds() []string {
	return []string{DidClaim, DidTake, DidRelease, DidAssign, DidEscalate, DidSnooze, DidNote, DidDecide, DidUndo, DidReverse, DidRetry, DidAppeal, DidHold, DidUnhold, DidExport}
}

// Holder is the colleague who has a case, by claim or by assignment; "" if it is free for the operator.
func Holder(c store.Case, operatorID string, now time.Time) (id, name string) {
	switch {
	case c.State == store.CaseDecided:
		return "", ""
	case c.State == store.CaseClaimed && c.ClaimedBy != operatorID && now.Before(c.ClaimUntil):
		return c.ClaimedBy, c.ClaimedName
	case c.AssignedTo != "" && c.AssignedTo != operatorID && !(c.State == store.CaseClaimed && c.ClaimedBy == operatorID):
		return c.AssignedTo, c.AssignedName
	}
	return "", ""
}

// change reads a case, changes it and writes it, again if somebody else was faster with something that does not matter.
func (s *Service) change(ctx context.Context, by actions.Actor, id int64, kind, note string, f func(*store.Case) error) (store.Case, error) {
	for try := 0; ; try++ {
		c, err := s.Store.Get(ctx, id)
		if err != nil {
			return c, fmt.Errorf("%s a case: %w", kind, err)
		}
		if c.State == store.CaseDecided {
			return c, ErrDecided
		}
		if err := f(&c); err != nil {
			return c, err
		}
		c, err = s.Store.Put(ctx, c, store.CaseEvent{At: s.now(), Kind: kind, By: by.OperatorID, ByName: by.Name, Note: note})
		if errors.Is(err, store.ErrConflict) && try < 5 {
			continue
		}
		if err == nil {
			s.changed(ctx, id)
		}
		return c, err
	}
}

func (s *Service) claim(c *store.Case, by actions.Actor) {
	now := s.now()
	c.State, c.ClaimedBy, c.ClaimedName, c.ClaimedAt, c.ClaimUntil = store.CaseClaimed, by.OperatorID, by.Name, now, now.Add(claimFor)
	c.SnoozedUntil = time.Time{}
}

func unclaim(c *store.Case) {
	c.ClaimedBy, c.ClaimedName, c.ClaimedAt, c.ClaimUntil = "", "", time.Time{}, time.Time{}
}

// errFree means that there is nothing to do.
var errFree = errors.New("nothing to do")

// Look notes that an operator has a case before them. The first to look at one that is free has it from then on, for as long
// as they look.
func (s *Service) Look(ctx context.Context, by actions.Actor, id int64) error {
	now := s.now()
	isNew, err := s.Store.Look(ctx, id, store.Looker{OperatorID: by.OperatorID, Name: by.Name, Seen: now}, now.Add(-lookFor))
	if err != nil {
		return err
	}
	c, err := s.Store.Get(ctx, id)
	if err != nil {
		return err
	}
	if _, other := Holder(c, by.OperatorID, now); other == "" && c.State != store.CaseDecided && c.State != store.CaseSnoozed {
		mine := c.State == store.CaseClaimed && c.ClaimedBy == by.OperatorID && now.Before(c.ClaimUntil)
		if mine && c.ClaimUntil.Sub(now) > claimFor/2 {
			return s.tell(ctx, isNew, id)
		}
		if mine {
			c.ClaimUntil = now.Add(claimFor) // a sign of life is no news
		} else {
			s.claim(&c, by)
		}
		e := store.CaseEvent{At: now, By: by.OperatorID, ByName: by.Name}
		if !mine {
			e.Kind = DidClaim
		}
		_, err = s.Store.Put(ctx, c, e)
		if err == nil && !mine {
			isNew = true
		}
		if errors.Is(err, store.ErrConflict) {
			err = nil // somebody else has it: the next sign of life tells
		}
	}
	if err != nil {
		return err
	}
	return s.tell(ctx, isNew, id)
}

func (s *Service) tell(ctx context.Context, isNew bool, id int64) error {
	if isNew {
		s.changed(ctx, id)
	}
	return nil
}

// Leave notes that an operator has left a case. What they had by looking is free again.
func (s *Service) Leave(ctx context.Context, by actions.Actor, id int64) error {
	was, err := s.Store.Leave(ctx, id, by.OperatorID)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, by, id, DidRelease, "", func(c *store.Case) error {
		if c.State != store.CaseClaimed || c.ClaimedBy != by.OperatorID {
			return errFree
		}
		unclaim(c)
		c.State = store.CaseNew
		return nil
	})
	if errors.Is(err, errFree) || errors.Is(err, ErrDecided) {
		return s.tell(ctx, was, id)
	}
	return err
}

// Lookers are those who have cases before them.
func (s *Service) Lookers(ctx context.Context, ids ...int64) (map[int64][]store.Looker, error) {
	return s.Store.Lookers(ctx, ids, s.now().Add(-lookFor))
}

// TakeOver gives a case to the operator, whoever has it.
func (s *Service) TakeOver(ctx context.Context, by actions.Actor, id int64) (store.Case, error) {
	from := ""
	c, err := s.Store.Get(ctx, id)
	if err == nil {
		_, from = Holder(c, by.OperatorID, s.now())
	}
	return s.change(ctx, by, id, DidTake, from, func(c *store.Case) error {
		if _, from := Holder(*c, by.OperatorID, s.now()); from != "" {
			c.AssignedTo, c.AssignedName = "", ""
		}
		s.claim(c, by)
		return nil
	})
}

// Assign hands a case to a colleague, with a reason.
func (s *Service) Assign(ctx context.Context, by actions.Actor, id int64, to, name, why string) (store.Case, error) {
	return s.change(ctx, by, id, DidAssign, join(name, why), func(c *store.Case) error {
		if _, other := Holder(*c, by.OperatorID, s.now()); other != "" {
			return ErrTaken
		}
		unclaim(c)
		c.State, c.AssignedTo, c.AssignedName, c.Why, c.SnoozedUntil = store.CaseNew, to, name, why, time.Time{}
		return nil
	})
}

// Escalate puts a case before those who are senior, with a reason.
func (s *Service) Escalate(ctx context.Context, by actions.Actor, id int64, why string) (store.Case, error) {
	if why == "" {
		return store.Case{}, ErrReason
	}
	return s.change(ctx, by, id, DidEscalate, why, func(c *store.Case) error {
		if _, other := Holder(*c, by.OperatorID, s.now()); other != "" {
			return ErrTaken
		}
		unclaim(c)
		c.State, c.AssignedTo, c.AssignedName, c.Why, c.SnoozedUntil = store.CaseEscalated, "", "", why, time.Time{}
		return nil
	})
}

// Snooze puts a case off. It comes back to the same operator.
func (s *Service) Snooze(ctx context.Context, by actions.Actor, id int64, until time.Time) (store.Case, error) {
	return s.change(ctx, by, id, DidSnooze, until.UTC().Format(time.RFC3339), func(c *store.Case) error {
		if _, other := Holder(*c, by.OperatorID, s.now()); other != "" {
			return ErrTaken
		}
		unclaim(c)
		c.State, c.SnoozedUntil, c.AssignedTo, c.AssignedName = store.CaseSnoozed, until, by.OperatorID, by.Name
		return nil
	})
}

// Note adds a note. Anybody who sees the case may, whoever has it.
func (s *Service) Note(ctx context.Context, by actions.Actor, id int64, text string) error {
	if text == "" {
		return ErrReason
	}
	err := s.Store.Tell(ctx, store.CaseEvent{Case: id, At: s.now(), Kind: DidNote, By: by.OperatorID, ByName: by.Name, Note: text})
	if err == nil {
		s.changed(ctx, id)
	}
	return err
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + ": " + b
}

// Appeal opens a case against the verdict of another one. What was kept with that one is kept with this one, too.
func (s *Service) Appeal(ctx context.Context, of store.Case, by, name, text string) (int64, error) {
	whole, err := s.Store.Get(ctx, of.ID)
	if err != nil {
		return 0, err
	}
	c := store.Case{
		Place: whole.Place, Key: whole.Key, Sender: whole.Sender, SaidAt: whole.SaidAt, Text: whole.Text, Parent: whole.ID, Evidence: whole.Evidence,
	}
	kept, _, added, err := s.Store.Flag(ctx, c, store.CaseFlag{At: s.now(), Source: string(FromAppeal), By: by, Rule: whole.Title, Note: text},
		weigh)
	if err != nil {
		return 0, fmt.Errorf("appeal: %w", err)
	}
	if added {
		s.changed(ctx, kept.ID)
	}
	return kept.ID, s.Store.Tell(ctx, store.CaseEvent{Case: whole.ID, At: s.now(), Kind: DidAppeal, By: by, ByName: name, Note: fmt.Sprintf("#%d", kept.ID)})
}
