package store

import (
	"context"
	"time"
)

// MaxSessionData is the size of Session.Data in bytes.
const MaxSessionData = 16 << 10

// Session is one signed-in browser. The token in its cookie is not known here, only its hash.
type Session struct {
	ID            string // SHA-256 of the token in lower-case hex
	OperatorID    string
	CreatedAt     time.Time
	UsedAt        time.Time // about: see Touch
	IdleExpiresAt time.Time // moves on with use
	ExpiresAt     time.Time // does not
	Address       string    // where it was last used from
	UserAgent     string    // cut to 512 bytes
	Data          []byte    // up to MaxSessionData
	Method        string    // how the operator signed in
	ConfirmedAt   time.Time // when the operator last showed who it is
}

// Sessions are the signed-in browsers. storetest.Sessions is its contract.
type Sessions interface {
	// Add stores a new session. ErrConflict: the id is there already.
	Add(ctx context.Context, s Session) error
	// Get returns a session that has not expired at now, or ErrNotFound.
	Get(ctx context.Context, id string, now time.Time) (Session, error)
	// Touch notes use at now from address and moves the idle limit to idleUntil. It never brings back a session
	// that was deleted: ErrNotFound.
	Touch(ctx context.Context, id string, now, idleUntil time.Time, address string) error
	// SetData replaces the data. ErrNotFound as for Touch; ErrInvalid over MaxSessionData.
	SetData(ctx context.Context, id string, data []byte) error
	// Renew gives a session another id, for its token is new, and notes when the operator showed who it is. ErrNotFound as
	// for Touch; ErrConflict: the id is there already.
	Renew(ctx context.Context, id, newID string, confirmed time.Time) error
	// Delete ends a session. That it is gone already is fine.
	Delete(ctx context.Context, id string) error
	// DeleteOf ends the sessions of an operator, but for the one with id except, and tells how many. except may be "".
	DeleteOf(ctx context.Context, operatorID, except string) (int, error)
	// ListOf returns up to 100 sessions of an operator that have not expired at now, last used first.
	ListOf(ctx context.Context, operatorID string, now time.Time) ([]Session, error)
	// Purge deletes up to limit sessions that have expired at now, and tells how many.
	Purge(ctx context.Context, now time.Time, limit int) (int, error)
}

// maxSessionList is how many sessions of one operator are listed.
const maxSessionList = 100

type sessions struct{ db *db }

const sessionColumns = `id, operator_id, created_at, used_at, idle_expires_at, expires_at, address, user_agent, data, method, confirmed_at`

func scanSession(r scanner) (s Session, err error) {
	var created, used, idle, expires, confirmed int64
	err = r.Scan(&s.ID, &s.OperatorID, &created, &used, &idle, &expires, &s.Address, &s.UserAgent, &s.Data, &s.Method, &confirmed)
	s.CreatedAt, s.UsedAt, s.IdleExpiresAt, s.ExpiresAt = fromMillis(created), fromMillis(used), fromMillis(idle), fromMillis(expires)
	s.ConfirmedAt = fromMillis(confirmed)
	return s, err
}

func (s sessions) Add(ctx context.Context, v Session) error {
	const op = "add session"
	if len(v.Data) > MaxSessionData {
		return wrap(op, invalid("the data has %d bytes, at most %d fit", len(v.Data), MaxSessionData))
	}
	// An empty session has no bytes, which is not the same as no value.
	data := append([]byte{}, v.Data...)
	return wrap(op, s.db.tx(ctx, func(c conn) error {
		n, err := c.exec(ctx, `INSERT INTO session (`+sessionColumns+`) VALUES (`+marks(11)+`) ON CONFLICT (id) DO NOTHING`,
			text(v.ID), text(v.OperatorID), millis(v.CreatedAt), millis(v.UsedAt),
			min(millis(v.IdleExpiresAt), millis(v.ExpiresAt)), millis(v.ExpiresAt), cut(v.Address, 64), cut(v.UserAgent, 512), data,
			text(v.Method), millis(v.ConfirmedAt))
		if err == nil && n == 0 {
			err = ErrConflict
		}
		if err == nil {
			_, err = c.exec(ctx, `UPDATE operator SET seen_at = ? WHERE id = ?`, millis(v.UsedAt), text(v.OperatorID))
		}
		return err
	}))
}

func (s sessions) Get(ctx context.Context, id string, now time.Time) (Session, error) {
	v, err := one(s.db.read().row(ctx, `SELECT `+sessionColumns+` FROM session WHERE id = ? AND idle_expires_at > ?`,
		text(id), millis(now)), scanSession)
	return v, wrap("get session", err)
}

func (s sessions) Touch(ctx context.Context, id string, now, idleUntil time.Time, address string) error {
	idle := millis(idleUntil)
	return wrap("touch session", s.db.tx(ctx, func(c conn) error {
		if err := c.execOne(ctx, `UPDATE session SET used_at = ?, address = ?,
			idle_expires_at = CASE WHEN expires_at < ? THEN expires_at ELSE ? END WHERE id = ? AND idle_expires_at > ?`,
			millis(now), cut(address, 64), idle, idle, text(id), millis(now)); err != nil {
			return err
		}
		_, err := c.exec(ctx, `UPDATE operator SET seen_at = ? WHERE id = (SELECT operator_id FROM session WHERE id = ?)`, millis(now), text(id))
		return err
	}))
}

func (s sessions) SetData(ctx context.Context, id string, data []byte) error {
	const op = "set session data"
	if len(data) > MaxSessionData {
		return wrap(op, invalid("the data has %d bytes, at most %d fit", len(data), MaxSessionData))
	}
	return wrap(op, s.db.write().execOne(ctx, `UPDATE session SET data = ? WHERE id = ?`, append([]byte{}, data...), text(id)))
}

func (s sessions) Renew(ctx context.Context, id, newID string, confirmed time.Time) error {
	return wrap("renew session", s.db.tx(ctx, func(c conn) error {
		n, err := c.exec(ctx, `INSERT INTO session (`+sessionColumns+`)
			SELECT CAST(? AS TEXT), operator_id, created_at, used_at, idle_expires_at, expires_at, address, user_agent, data, method, CAST(? AS BIGINT)
			FROM session WHERE id = ? ON CONFLICT (id) DO NOTHING`, text(newID), millis(confirmed), text(id))
		if err != nil {
			return err
		}
		if n == 0 {
			if _, err := one(c.row(ctx, `SELECT id FROM session WHERE id = ?`, text(id)), scanString); err != nil {
				return err
			}
			return ErrConflict
		}
		return c.execOne(ctx, `DELETE FROM session WHERE id = ?`, text(id))
	}))
}

func (s sessions) Delete(ctx context.Context, id string) error {
	_, err := s.db.write().exec(ctx, `DELETE FROM session WHERE id = ?`, text(id))
	return wrap("delete session", err)
}

func (s sessions) DeleteOf(ctx context.Context, operatorID, except string) (int, error) {
	n, err := s.db.write().exec(ctx, `DELETE FROM session WHERE operator_id = ? AND id <> ?`, text(operatorID), text(except))
	return n, wrap("delete an operator's sessions", err)
}

func (s sessions) ListOf(ctx context.Context, operatorID string, now time.Time) ([]Session, error) {
	list, err := all(ctx, s.db.read(), scanSession, `SELECT `+sessionColumns+` FROM session
		WHERE operator_id = ? AND idle_expires_at > ? ORDER BY used_at DESC, id LIMIT ?`,
		text(operatorID), millis(now), maxSessionList)
	return list, wrap("list an operator's sessions", err)
}

func (s sessions) Purge(ctx context.Context, now time.Time, limit int) (int, error) {
	n, err := s.db.write().exec(ctx, `DELETE FROM session WHERE id IN (
		SELECT id FROM session WHERE idle_expires_at <= ? ORDER BY idle_expires_at LIMIT ?)`, millis(now), limit)
	return n, wrap("purge sessions", err)
}
