package handlers

import (
	"context"
	"errors"
	"strconv"

	"imdesk/actions"
	"imdesk/store"
)

// withCases tells the queue of apps, operators and browsers, as the console knows them.
func (s *Server) withCases() {
	if s.Cases == nil {
		return
	}
	if s.Cases.App == nil {
		s.Cases.App = func(name string) (actions.App, bool) {
			if a := s.Apps.Get(name); a != nil {
				return a.Target(), true
			}
			return actions.App{}, false
		}
	}
	if s.Cases.Actor == nil {
		s.Cases.Actor = func(ctx context.Context, id, app string) (actions.Actor, error) {
			known, err := s.Store.Operators.Get(ctx, id)
			if err != nil || known.Disabled {
				return actions.Actor{}, errors.Join(err, store.ErrNotFound)
			}
			op, err := s.Auth.Operator(ctx, id)
			if err != nil {
				return actions.Actor{}, err
			}
			return actorOf(op, app), nil
		}
	}
	if s.Cases.Changed == nil {
		s.Cases.Changed = func(ctx context.Context, id int64) {
			if _, err := s.Store.Events.Publish(ctx, store.TopicCases, strconv.FormatInt(id, 10)); err != nil {
				s.Log.WarnContext(ctx, "tell that a case changed", "case", id, "error", err)
			}
		}
	}
	s.Cases.Warning = warning
	s.Cases.Init()
}
