package store

import (
	"context"
	"errors"
	"time"
)

// Limits of what an operator's settings hold.
const (
	MaxPins         = 50      // of an operator in an app
	MaxRecent       = 30      // of an operator in an app, of each kind
	MaxSettingValue = 8 << 10 // bytes
	MaxSettings     = 200     // keys of an operator
)

// Kinds of things that can be pinned or were opened.
const (
	KindGroup = "group"
	KindUser  = "user"
)

// Place is a group or a user of an app that an operator pinned or opened.
type Place struct {
	App   string
	Kind  string // KindGroup or KindUser
	ID    string
	Title string    // its name when it was last seen; "" keeps the one known
	At    time.Time // when it was pinned, or last opened
}

// Settings is what the console remembers for each operator beyond preferences. storetest.Settings is its contract.
type Settings interface {
	// Get returns the value of a key, or "" if it was never set.
	Get(ctx context.Context, operatorID, key string) (string, error)
	// Set stores a value; "" deletes the key. ErrInvalid over MaxSettingValue or MaxSettings.
	Set(ctx context.Context, operatorID, key, value string) error

	// Pins returns what the operator pinned in app, in the order of pinning.
	Pins(ctx context.Context, operatorID, app string) ([]Place, error)
	// Pin pins p, or renames it where it is. ErrInvalid beyond MaxPins.
	Pin(ctx context.Context, operatorID string, p Place) error
	// Unpin takes a pin away. That it is gone already is fine.
	Unpin(ctx context.Context, operatorID string, p Place) error

	// Opened notes that the operator opened p, and forgets the oldest beyond MaxRecent. A pin of p takes its title.
	Opened(ctx context.Context, operatorID string, p Place) error
	// Recent returns up to n places (1 to MaxRecent) of a kind that the operator opened in app, newest first.
	Recent(ctx context.Context, operatorID, app, kind string, n int) ([]Place, error)
}

type settings struct{ db *db }

func (s settings) Get(ctx context.Context, operatorID, key string) (string, error) {
	v, err := one(s.db.read().row(ctx, `SELECT value FROM setting WHERE operator_id = ? AND key = ?`,
		text(operatorID), text(key)), scanString)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return v, wrap("get setting", err)
}

func (s settings) Set(ctx context.Context, operatorID, key, value string) error {
	const op = "set setting"
	operatorID, key, value = text(operatorID), text(key), text(value)
	if value == "" {
		_, err := s.db.write().exec(ctx, `DELETE FROM setting WHERE operator_id = ? AND key = ?`, operatorID, key)
		return wrap(op, err)
	}
	if len(value) > MaxSettingValue {
		return wrap(op, invalid("the value has %d bytes, at most %d fit", len(value), MaxSettingValue))
	}
	return wrap(op, s.db.tx(ctx, func(c conn) error {
		if _, err := c.exec(ctx, `INSERT INTO setting (operator_id, key, value) VALUES (?, ?, ?)
			ON CONFLICT (operator_id, key) DO UPDATE SET value = excluded.value`, operatorID, key, value); err != nil {
			return err
		}
		return atMost(ctx, c, MaxSettings, "settings", `SELECT COUNT(*) FROM setting WHERE operator_id = ?`, operatorID)
	}))
}

// atMost fails, and so takes back what the transaction did, if a count is over a limit.
func atMost(ctx context.Context, c conn, limit int, what, query string, args ...any) error {
	var n int
	if err := c.row(ctx, query, args...).Scan(&n); err != nil {
		return err
	}
	if n > limit {
		return invalid("at most %d %s", limit, what)
	}
	return nil
}

const placeColumns = `app, kind, place_id, title, at`

func scanPlace(r scanner) (p Place, err error) {
	var at int64
	err = r.Scan(&p.App, &p.Kind, &p.ID, &p.Title, &at)
	p.At = fromMillis(at)
	return p, err
}

// values are the values of placeColumns after the operator's id.
func (p Place) values(operatorID string) []any {
	return []any{text(operatorID), text(p.App), text(p.Kind), text(p.ID), cut(p.Title, maxTitle), millis(p.At)}
}

// maxTitle is the length of a title in bytes. Names of groups are shorter at both vendors.
const maxTitle = 512

func (s settings) Pins(ctx context.Context, operatorID, app string) ([]Place, error) {
	list, err := all(ctx, s.db.read(), scanPlace, `SELECT `+placeColumns+` FROM pin
		WHERE operator_id = ? AND app = ? ORDER BY at, kind, place_id`, text(operatorID), text(app))
	return list, wrap("list pins", err)
}

func (s settings) Pin(ctx context.Context, operatorID string, p Place) error {
	return wrap("pin", s.db.tx(ctx, func(c conn) error {
		if _, err := c.exec(ctx, `INSERT INTO pin (operator_id, `+placeColumns+`) VALUES (`+marks(6)+`)
			ON CONFLICT (operator_id, app, kind, place_id) DO UPDATE
			SET title = CASE excluded.title WHEN '' THEN pin.title ELSE excluded.title END`, p.values(operatorID)...); err != nil {
			return err
		}
		return atMost(ctx, c, MaxPins, "pins in one app",
			`SELECT COUNT(*) FROM pin WHERE operator_id = ? AND app = ?`, text(operatorID), text(p.App))
	}))
}

func (s settings) Unpin(ctx context.Context, operatorID string, p Place) error {
	_, err := s.db.write().exec(ctx, `DELETE FROM pin WHERE operator_id = ? AND app = ? AND kind = ? AND place_id = ?`,
		text(operatorID), text(p.App), text(p.Kind), text(p.ID))
	return wrap("unpin", err)
}

func (s settings) Opened(ctx context.Context, operatorID string, p Place) error {
	return wrap("note what was opened", s.db.tx(ctx, func(c conn) error {
		v := p.values(operatorID)
		if _, err := c.exec(ctx, `INSERT INTO recent (operator_id, `+placeColumns+`) VALUES (`+marks(6)+`)
			ON CONFLICT (operator_id, app, kind, place_id) DO UPDATE SET at = excluded.at,
			title = CASE excluded.title WHEN '' THEN recent.title ELSE excluded.title END`, v...); err != nil {
			return err
		}
		if _, err := c.exec(ctx, `UPDATE pin SET title = ?
			WHERE operator_id = ? AND app = ? AND kind = ? AND place_id = ? AND ? <> ''`,
			v[4], v[0], v[1], v[2], v[3], v[4]); err != nil {
			return err
		}
		_, err := c.exec(ctx, `DELETE FROM recent WHERE operator_id = ? AND app = ? AND kind = ? AND place_id IN (
			SELECT place_id FROM recent WHERE operator_id = ? AND app = ? AND kind = ? ORDER BY at DESC, place_id LIMIT 1000 OFFSET ?)`,
			v[0], v[1], v[2], v[0], v[1], v[2], MaxRecent)
		return err
	}))
}

func (s settings) Recent(ctx context.Context, operatorID, app, kind string, n int) ([]Place, error) {
	list, err := all(ctx, s.db.read(), scanPlace, `SELECT `+placeColumns+` FROM recent
		WHERE operator_id = ? AND app = ? AND kind = ? ORDER BY at DESC, place_id LIMIT ?`,
		text(operatorID), text(app), text(kind), min(max(n, 1), MaxRecent))
	return list, wrap("list what was opened", err)
}
