package store

import (
	"bytes"
	"context"
	"time"
)

// MaxSecret is the size of a sealed value in bytes.
const MaxSecret = 64 << 10

// Secret is a sealed value. What it is sealed with is not here.
type Secret struct {
	Name      string // what it is sealed for, such as "totp/OPERATOR"
	Sealed    []byte
	ChangedAt time.Time
}

// Secrets are the values that are sealed: all of them, so that all can be sealed anew. storetest.Secrets is its contract.
type Secrets interface {
	// Get returns a value, or ErrNotFound.
	Get(ctx context.Context, name string) ([]byte, error)
	// Add stores a value. ErrConflict: there is one already. ErrInvalid over MaxSecret.
	Add(ctx context.Context, name string, sealed []byte, at time.Time) error
	// Put stores a value in place of what was there. ErrInvalid over MaxSecret.
	Put(ctx context.Context, name string, sealed []byte, at time.Time) error
	// Swap replaces a value, unless it is another by now: then it is false, and nothing was changed.
	Swap(ctx context.Context, name string, from, to []byte, at time.Time) (bool, error)
	// Delete forgets a value. That it is gone already is fine.
	Delete(ctx context.Context, name string) error
	// List returns up to limit values whose names come after a name, by name.
	List(ctx context.Context, after string, limit int) ([]Secret, error)
}

type sealed struct{ db *db }

func (s sealed) Get(ctx context.Context, name string) ([]byte, error) {
	b, err := one(s.db.read().row(ctx, `SELECT sealed FROM secret WHERE name = ?`, text(name)), scanBytes)
	return b, wrap("get a secret", err)
}

func scanBytes(r scanner) (b []byte, err error) { return b, r.Scan(&b) }

func (s sealed) Add(ctx context.Context, name string, value []byte, at time.Time) error {
	const op = "add a secret"
	if err := secretFits(value); err != nil {
		return wrap(op, err)
	}
	n, err := s.db.write().exec(ctx, `INSERT INTO secret (name, sealed, changed_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING`,
		text(name), value, millis(at))
	if err == nil && n == 0 {
		err = ErrConflict
	}
	return wrap(op, err)
}

func secretFits(value []byte) error {
	if len(value) == 0 || len(value) > MaxSecret {
		return invalid("a sealed value has 1 to %d bytes, this one %d", MaxSecret, len(value))
	}
	return nil
}

func (s sealed) Put(ctx context.Context, name string, value []byte, at time.Time) error {
	return wrap("keep a secret", putSecret(ctx, s.db.write(), name, value, at))
}

func putSecret(ctx context.Context, c conn, name string, value []byte, at time.Time) error {
	if err := secretFits(value); err != nil {
		return err
	}
	_, err := c.exec(ctx, `INSERT INTO secret (name, sealed, changed_at) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at`, text(name), value, millis(at))
	return err
}

func (s sealed) Swap(ctx context.Context, name string, from, to []byte, at time.Time) (bool, error) {
	const op = "replace a secret"
	if err := secretFits(to); err != nil {
		return false, wrap(op, err)
	}
	n, err := s.db.write().exec(ctx, `UPDATE secret SET sealed = ?, changed_at = ? WHERE name = ? AND sealed = ?`,
		to, millis(at), text(name), bytes.Clone(from))
	return n > 0, wrap(op, err)
}

func (s sealed) Delete(ctx context.Context, name string) error {
	_, err := s.db.write().exec(ctx, `DELETE FROM secret WHERE name = ?`, text(name))
	return wrap("delete a secret", err)
}

func (s sealed) List(ctx context.Context, after string, limit int) ([]Secret, error) {
	list, err := all(ctx, s.db.read(), func(r scanner) (v Secret, err error) {
		var at int64
		err = r.Scan(&v.Name, &v.Sealed, &at)
		v.ChangedAt = fromMillis(at)
		return v, err
	}, `SELECT name, sealed, changed_at FROM secret WHERE name > ? ORDER BY name LIMIT ?`, text(after), limit)
	return list, wrap("list secrets", err)
}

// MaxConsoleSetting is the size of a setting of the console in bytes.
const MaxConsoleSetting = 64 << 10

// Console are settings of the whole console. storetest.Console is its contract.
type Console interface {
	// Get returns the value of a key, or "" if it was never set.
	Get(ctx context.Context, key string) (string, error)
	// Set stores a value; "" deletes the key. ErrInvalid over MaxConsoleSetting.
	Set(ctx context.Context, key, value string) error
	// Swap replaces a value, unless it is another by now: then it is false, and nothing was changed. "" is no value.
	Swap(ctx context.Context, key, from, to string) (bool, error)
}

type console struct{ db *db }

func (s console) Get(ctx context.Context, key string) (string, error) {
	list, err := all(ctx, s.db.read(), scanString, `SELECT value FROM console_setting WHERE key = ?`, text(key))
	if err != nil || len(list) == 0 {
		return "", wrap("get a setting of the console", err)
	}
	return list[0], nil
}

func (s console) Set(ctx context.Context, key, value string) error {
	const op = "set a setting of the console"
	if len(value) > MaxConsoleSetting {
		return wrap(op, invalid("the value has %d bytes, at most %d fit", len(value), MaxConsoleSetting))
	}
	if value == "" {
		_, err := s.db.write().exec(ctx, `DELETE FROM console_setting WHERE key = ?`, text(key))
		return wrap(op, err)
	}
	_, err := s.db.write().exec(ctx, `INSERT INTO console_setting (key, value) VALUES (?, ?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, text(key), text(value))
	return wrap(op, err)
}

func (s console) Swap(ctx context.Context, key, from, to string) (bool, error) {
	const op = "replace a setting of the console"
	if len(to) > MaxConsoleSetting {
		return false, wrap(op, invalid("the value has %d bytes, at most %d fit", len(to), MaxConsoleSetting))
	}
	query, args := `UPDATE console_setting SET value = ? WHERE key = ? AND value = ?`, []any{text(to), text(key), text(from)}
	switch {
	case from == "" && to == "":
		v, err := s.Get(ctx, key)
		return v == "", err
	case from == "":
		query, args = `INSERT INTO console_setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`, []any{text(key), text(to)}
	case to == "":
		query, args = `DELETE FROM console_setting WHERE key = ? AND value = ?`, []any{text(key), text(from)}
	}
	n, err := s.db.write().exec(ctx, query, args...)
	return n > 0, wrap(op, err)
}

// MaxOnce is the size of what is kept for one use in bytes.
const MaxOnce = 512 << 10

// Once are things that happen once and within a short time, whichever replica they come to. storetest.Once is its contract.
type Once interface {
	// Add keeps data under an id until it expires; false if the id is there already, also where it has expired.
	Add(ctx context.Context, id string, data []byte, expires time.Time) (bool, error)
	// Get returns data that has not expired at now, or ErrNotFound.
	Get(ctx context.Context, id string, now time.Time) ([]byte, error)
	// Take is Get, and forgets it: of several who take the same, one gets it.
	Take(ctx context.Context, id string, now time.Time) ([]byte, error)
	// Purge deletes up to limit that have expired at now, and tells how many.
	Purge(ctx context.Context, now time.Time, limit int) (int, error)
}

type once struct{ db *db }

func (s once) Add(ctx context.Context, id string, data []byte, expires time.Time) (bool, error) {
	const op = "keep for one use"
	if len(data) > MaxOnce {
		return false, wrap(op, invalid("the data has %d bytes, at most %d fit", len(data), MaxOnce))
	}
	n, err := s.db.write().exec(ctx, `INSERT INTO once (id, data, expires_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		text(id), append([]byte{}, data...), millis(expires))
	return n > 0, wrap(op, err)
}

func (s once) Get(ctx context.Context, id string, now time.Time) ([]byte, error) {
	b, err := one(s.db.read().row(ctx, `SELECT data FROM once WHERE id = ? AND expires_at > ?`, text(id), millis(now)), scanBytes)
	return b, wrap("get for one use", err)
}

func (s once) Take(ctx context.Context, id string, now time.Time) ([]byte, error) {
	b, err := one(s.db.write().row(ctx, `DELETE FROM once WHERE id = ? AND expires_at > ? RETURNING data`, text(id), millis(now)), scanBytes)
	return b, wrap("take for one use", err)
}

func (s once) Purge(ctx context.Context, now time.Time, limit int) (int, error) {
	n, err := s.db.write().exec(ctx, `DELETE FROM once WHERE id IN (
		SELECT id FROM once WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`, millis(now), limit)
	return n, wrap("purge what was for one use", err)
}
