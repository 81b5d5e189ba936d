package auth

import (
	"context"
	"fmt"

	"imdesk/store"
)

// Acting is an operator with the rights of now, for what goes on without a request of theirs, such as a job. One who is
// disabled or gone is store.ErrNotFound.
func (s *Service) Acting(ctx context.Context, id string) (Operator, error) {
	o, err := s.store.Operators.Get(ctx, id)
	if err != nil {
		return Operator{}, fmt.Errorf("look who acts: %w", err)
	}
	if o.Disabled {
		return Operator{}, fmt.Errorf("look who acts: operator %s is disabled: %w", id, store.ErrNotFound)
	}
	return asOperator(o), nil
}
