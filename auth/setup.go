package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"imdesk/store"
)

// SetUpPath is where the first owner chooses name and password, with a token behind.
const SetUpPath = "/set-up"

// setUpFor is how long the link is good.
const setUpFor = 24 * time.Hour

// ErrNoSetUp: the link is not one, was used, is too old, or somebody has signed in since.
var ErrNoSetUp = errors.New("this link is no longer good")

// setUp is what is kept of the link: only a hash of its token.
type setUp struct {
	Hash     string
	Operator string
	Until    time.Time
}

// SetUpLink makes the token of a link by which the first owner chooses name and password. It is good once, for a day, and until
// anybody has signed in.
func (s *Service) SetUpLink(ctx context.Context, o Operator) (token string, err error) {
	token = randomToken()
	v, err := json.Marshal(setUp{tokenHash(token), o.ID, s.now().Add(setUpFor)})
	if err != nil {
		return "", err
	}
	return token, s.store.Console.Set(ctx, settingSetUp, string(v))
}

// SetUpOwner is whom the link is for. ErrNoSetUp.
func (s *Service) SetUpOwner(ctx context.Context, token string) (Operator, error) {
	_, o, err := s.setUp(ctx, token)
	return o, err
}

func (s *Service) setUp(ctx context.Context, token string) (kept string, o Operator, err error) {
	kept, err = s.store.Console.Get(ctx, settingSetUp)
	if err != nil {
		return "", o, err
	}
	var v setUp
	if kept == "" || json.Unmarshal([]byte(kept), &v) != nil || v.Hash != tokenHash(token) || !s.now().Before(v.Until) {
		return "", o, ErrNoSetUp
	}
	found, err := s.store.Operators.Get(ctx, v.Operator)
	if errors.Is(err, store.ErrNotFound) || err == nil && found.Disabled {
		return "", o, ErrNoSetUp
	}
	if err != nil {
		return "", o, err
	}
	o, err = s.known(ctx, found)
	return kept, o, err
}

// SetUp gives the first owner a name and a password, and starts a session. It has to be called before the first byte of the body.
// Errors: ErrNoSetUp, *WeakPassword, store.ErrConflict and store.ErrInvalid about the name.
func (s *Service) SetUp(w http.ResponseWriter, r *http.Request, token, name, password string) (Operator, error) {
	ctx := withAddress(r.Context(), addressOf(r))
	kept, o, err := s.setUp(ctx, token)
	if err != nil {
		return o, err
	}
	if err := CheckPassword(password, name); err != nil {
		return o, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return o, err
	}
	if name != o.Name {
		if err := s.store.Operators.Rename(ctx, o.ID, name); err != nil {
			return o, fmt.Errorf("%s: %w", actUseSetUp, err)
		}
	}
	// Of two who use the link at once one gets in.
	if taken, err := s.store.Console.Swap(ctx, settingSetUp, kept, ""); err != nil || !taken {
		return o, errors.Join(err, ErrNoSetUp)
	}
	if o.Name, err = s.nameOf(ctx, o.ID); err != nil {
		return o, err
	}
	o.Method = MethodSetUp
	err = s.recorded(ctx, o, actUseSetUp, nil, func() error {
		if err := s.store.Operators.SetPassword(ctx, o.ID, hash); err != nil {
			return err
		}
		if err := s.endSessions(ctx, o.ID, ""); err != nil {
			return err
		}
		o, err = s.Begin(w, r.WithContext(ctx), o)
		return err
	})
	return o, err
}

func (s *Service) nameOf(ctx context.Context, id string) (string, error) {
	o, err := s.store.Operators.Get(ctx, id)
	return o.Name, err
}
