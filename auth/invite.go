package auth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"imdesk/store"
)

// How long links count.
const (
	InviteTime    = 7 * 24 * time.Hour // for somebody new, unless it is said otherwise
	MaxInviteTime = 30 * 24 * time.Hour
	ResetTime     = 24 * time.Hour // for a new password
)

// InvitePath is where links lead; the token follows.
const InvitePath = "/invite"

// InviteGone says why a link does not count, or no longer.
type InviteGone struct{ Why string } // "unknown", "used", "revoked" or "expired"

func (e *InviteGone) Error() string { return "the link is " + e.Why }

// newToken is a secret that nobody guesses.
func newToken() string {
	b := make([]byte, tokenSize)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// Invite makes a link with which somebody becomes an operator with these roles. The token is returned once; the database
// has its hash. Errors: ErrRole, *Outranked.
func (s *Service) Invite(ctx context.Context, by Operator, note string, all Role, apps map[string]Role, lasts time.Duration) (store.Invite, string, error) {
	held, err := s.held(ctx, by, all, apps)
	if err != nil {
		return store.Invite{}, "", fmt.Errorf("%s: %w", actInvite, err)
	}
	if lasts <= 0 || lasts > MaxInviteTime {
		lasts = InviteTime
	}
	token := newToken()
	var made store.Invite
	detail := map[string]string{"name": note, "role": s.roleText(ctx, held), "until": s.now().Add(lasts).UTC().Format(time.RFC3339)}
	err = s.recorded(ctx, by, actInvite, detail, func() (err error) {
		made, err = s.store.Invites.Add(ctx, store.Invite{
			TokenHash: tokenHash(token), Note: note, Role: string(all), AppRoles: plainRoles(apps),
			ByID: by.ID, ByName: by.Name, CreatedAt: s.now(), ExpiresAt: s.now().Add(lasts),
		})
		return err
	})
	return made, token, err
}

// ResetLink makes a link with which an operator chooses a new password. Older ones for the same operator end.
// Errors: *Outranked, store.ErrNotFound.
func (s *Service) ResetLink(ctx context.Context, by Operator, id string) (store.Invite, string, error) {
	o, err := s.store.Operators.Get(ctx, id)
	if err == nil {
		err = s.mayTouch(ctx, by, id)
	}
	if err != nil {
		return store.Invite{}, "", err
	}
	token := newToken()
	var made store.Invite
	err = s.recorded(ctx, by, actResetLink, about(o), func() (err error) {
		if err := s.store.Invites.RevokeOf(ctx, id, s.now()); err != nil {
			return err
		}
		made, err = s.store.Invites.Add(ctx, store.Invite{
			TokenHash: tokenHash(token), OperatorID: id, Note: o.Name, ByID: by.ID, ByName: by.Name,
			CreatedAt: s.now(), ExpiresAt: s.now().Add(ResetTime),
		})
		return err
	})
	return made, token, err
}

// FindInvite is the open invite of a link. Errors: *InviteGone.
func (s *Service) FindInvite(ctx context.Context, token string) (store.Invite, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return store.Invite{}, &InviteGone{"unknown"}
	}
	i, err := s.store.Invites.ByToken(ctx, tokenHash(token))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return i, &InviteGone{"unknown"}
	case err != nil:
		return i, err
	case !i.UsedAt.IsZero():
		return i, &InviteGone{"used"}
	case !i.RevokedAt.IsZero():
		return i, &InviteGone{"revoked"}
	case !s.now().Before(i.ExpiresAt):
		return i, &InviteGone{"expired"}
	}
	return i, s.stillMay(ctx, i)
}

// stillMay checks that who made the invite could make it today: one who was disabled or has lost rights gives none away.
func (s *Service) stillMay(ctx context.Context, i store.Invite) error {
	if i.ByID == "" {
		return nil
	}
	by, err := s.store.Operators.Get(ctx, i.ByID)
	if errors.Is(err, store.ErrNotFound) || err == nil && by.Disabled {
		return &InviteGone{"revoked"}
	}
	if err != nil {
		return err
	}
	if i.OperatorID != "" {
		err = s.mayTouch(ctx, Operator{ID: i.ByID}, i.OperatorID)
	} else {
		apps := map[string]Role{}
		for app, r := range i.AppRoles {
			apps[app] = Role(r)
		}
		_, err = s.held(ctx, Operator{ID: i.ByID}, Role(i.Role), apps)
	}
	if _, outranked := errors.AsType[*Outranked](err); outranked || errors.Is(err, ErrRole) || errors.Is(err, store.ErrNotFound) {
		return &InviteGone{"revoked"}
	}
	return err
}

// AcceptInvite makes somebody new an operator. It can be done once. Errors: *InviteGone, *WeakPassword, store.ErrConflict
// (the name is taken, and the link still counts), store.ErrInvalid (it is no name).
func (s *Service) AcceptInvite(ctx context.Context, token, name, password string) (Operator, error) {
	i, err := s.FindInvite(ctx, token)
	if err == nil && i.OperatorID != "" {
		err = &InviteGone{"unknown"}
	}
	if err == nil {
		err = CheckPassword(password, name)
	}
	if err != nil {
		return Operator{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Operator{}, err
	}
	var added store.Operator
	err = s.recorded(ctx, Operator{Name: name}, actAccept, map[string]string{"name": name, "by": i.ByName, "invite": i.Note}, func() (err error) {
		added, err = s.store.Invites.Accept(ctx, i.ID, store.Operator{
			Name: name, PasswordHash: hash, CreatedAt: s.now(), Prefs: store.Prefs{SingleKeys: true},
		}, s.now())
		return err
	})
	if errors.Is(err, store.ErrNotFound) { // somebody was faster
		return Operator{}, &InviteGone{"used"}
	}
	if err != nil {
		return Operator{}, err
	}
	return s.known(ctx, added)
}

// UseResetLink gives an operator the password that was chosen, ends all sessions and takes a lock off the name. Errors:
// *InviteGone, *WeakPassword.
func (s *Service) UseResetLink(ctx context.Context, token, password string) (store.Operator, error) {
	i, err := s.FindInvite(ctx, token)
	if err == nil && i.OperatorID == "" {
		err = &InviteGone{"unknown"}
	}
	if err != nil {
		return store.Operator{}, err
	}
	o, err := s.store.Operators.Get(ctx, i.OperatorID)
	if err == nil {
		err = CheckPassword(password, o.Name)
	}
	if err != nil {
		return store.Operator{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return store.Operator{}, err
	}
	by := Operator{ID: o.ID, Name: o.Name}
	err = s.recorded(ctx, by, actSetPassword, about(o), func() error {
		if err := s.store.Invites.Use(ctx, i.ID, hash, s.now()); err != nil {
			return err
		}
		if err := s.store.Attempts.Clear(ctx, nameKey(o.Name)); err != nil {
			return err
		}
		return s.endSessions(ctx, o.ID, "")
	})
	if errors.Is(err, store.ErrNotFound) {
		return store.Operator{}, &InviteGone{"used"}
	}
	return o, err
}

// RevokeInvite ends a link. Errors: store.ErrNotFound (it has ended already).
func (s *Service) RevokeInvite(ctx context.Context, by Operator, id string) error {
	i, err := s.store.Invites.Get(ctx, id)
	if err != nil {
		return err
	}
	return s.recorded(ctx, by, actRevokeInvite, map[string]string{"name": i.Note}, func() error {
		return s.store.Invites.Revoke(ctx, id, s.now())
	})
}
