package cases

import (
	"context"
	"errors"

	"imdesk/actions"
	"imdesk/store"
)

// MacroWave is what a verdict is called that cleans a wave up. What it does is package waves' work: it has no steps of its own.
const MacroWave = "wave"

// DecideWave closes the case of a wave that is being cleaned up. One that is decided already is left as it is.
//
// Errors: ErrTaken, store.ErrNotFound.
func (s *Service) DecideWave(ctx context.Context, by actions.Actor, id int64, note string) error {
	for try := 0; ; try++ {
		c, err := s.Store.Get(ctx, id)
		if err != nil {
			return err
		}
		if c.State == store.CaseDecided {
			return nil
		}
		if _, other := Holder(c, by.OperatorID, s.now()); other != "" {
			return ErrTaken
		}
		body := Body{Macro: Macro{ID: MacroWave, Name: MacroWave}, Reason: c.Title}
		_, _, err = s.Store.Decide(ctx, id, c.Version, store.Decision{
			Verdict: store.Verdict{Macro: MacroWave, OperatorID: by.OperatorID, OperatorName: by.Name, Address: by.Address, Body: body.encode()},
			Upheld:  true, Event: store.CaseEvent{At: s.now(), Kind: DidDecide, By: by.OperatorID, ByName: by.Name, Note: note, Detail: body.encode()},
		})
		if errors.Is(err, store.ErrConflict) && try < 5 {
			continue
		}
		if err == nil {
			s.changed(ctx, id)
			s.ring()
		}
		return err
	}
}
