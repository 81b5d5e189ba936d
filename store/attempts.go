package store

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Attempts counts tries to sign in, by keys such as a name or an address. storetest.Attempts is its contract.
//
// A try is counted before the password is looked at, and forgiven if it was right: so a hundred tries at once are a
// hundred tries, and not one.
type Attempts interface {
	// Take counts one try on all keys, or on none of them if one is locked at now. It returns the state of each key
	// in the order asked.
	Take(ctx context.Context, now time.Time, keys ...AttemptKey) ([]Attempt, error)
	// Forgive takes back one try on each key, and a lock that this try brought.
	Forgive(ctx context.Context, keys ...string) error
	// Clear forgets all about the keys.
	Clear(ctx context.Context, keys ...string) error
	// Purge deletes up to limit keys that mean nothing any more at now, and tells how many.
	Purge(ctx context.Context, now time.Time, limit int) (int, error)
}

// AttemptKey is what tries are counted by, and how many it may have.
type AttemptKey struct {
	Key    string
	Max    int           // the try that reaches Max locks the key
	Window time.Duration // counting starts anew this long after the first try
	Lock   time.Duration // how long a lock lasts
}

// Attempt is the state of a key.
type Attempt struct {
	Count       int       // tries in this window, the one just taken included
	LockedUntil time.Time // zero if not locked
	Taken       bool      // the try was counted: the key was not locked, nor any other of the call
}

type attempts struct{ db *db }

// attemptRow is a row of the table, in milliseconds.
type attemptRow struct{ count, since, lockedUntil int64 }

func (s attempts) Take(ctx context.Context, now time.Time, keys ...AttemptKey) ([]Attempt, error) {
	list := make([]Attempt, len(keys))
	err := s.db.tx(ctx, func(c conn) error {
		rows, err := lockAttempts(ctx, c, keys)
		if err != nil {
			return err
		}
		ms, taken := millis(now), true
		for i, k := range keys {
			if rows[i].lockedUntil > ms {
				taken = false
			} else if rows[i].lockedUntil != 0 || rows[i].since+k.Window.Milliseconds() <= ms {
				rows[i] = attemptRow{since: ms}
			}
		}
		for i, k := range keys {
			r := &rows[i]
			if taken {
				r.count++
				if r.count >= int64(k.Max) {
					r.lockedUntil = ms + k.Lock.Milliseconds()
				}
				stale := max(r.since+k.Window.Milliseconds(), r.lockedUntil)
				if _, err := c.exec(ctx, `UPDATE attempt SET count = ?, since = ?, locked_until = ?, stale_at = ? WHERE key = ?`,
					r.count, r.since, r.lockedUntil, stale, text(k.Key)); err != nil {
					return err
				}
			}
			list[i] = Attempt{Count: int(r.count), LockedUntil: fromMillis(r.lockedUntil), Taken: taken}
		}
		return nil
	})
	if err != nil {
		return nil, wrap("count a try to sign in", err)
	}
	return list, nil
}

// lockAttempts reads the rows of keys, which nobody else changes until the transaction ends.
// They are locked in one order, whatever the order asked, so that two calls cannot wait for each other.
func lockAttempts(ctx context.Context, c conn, keys []AttemptKey) ([]attemptRow, error) {
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(keys[a].Key, keys[b].Key) })
	rows := make([]attemptRow, len(keys))
	for _, i := range order {
		key := text(keys[i].Key)
		if _, err := c.exec(ctx, `INSERT INTO attempt (key, count, since, locked_until, stale_at) VALUES (?, 0, 0, 0, 0)
			ON CONFLICT (key) DO NOTHING`, key); err != nil {
			return nil, err
		}
		r := &rows[i]
		if err := c.row(ctx, `SELECT count, since, locked_until FROM attempt WHERE key = ?`+c.forUpdate(), key).
			Scan(&r.count, &r.since, &r.lockedUntil); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (s attempts) Forgive(ctx context.Context, keys ...string) error {
	return s.each(ctx, "forgive a try to sign in", keys,
		`UPDATE attempt SET count = CASE WHEN count > 0 THEN count - 1 ELSE 0 END, locked_until = 0 WHERE key = ?`)
}

func (s attempts) Clear(ctx context.Context, keys ...string) error {
	return s.each(ctx, "clear tries to sign in", keys, `DELETE FROM attempt WHERE key = ?`)
}

// each runs a statement for each key, in one order and one transaction.
func (s attempts) each(ctx context.Context, op string, keys []string, query string) error {
	return wrap(op, s.db.tx(ctx, func(c conn) error {
		for _, key := range slices.Sorted(slices.Values(keys)) {
			if _, err := c.exec(ctx, query, text(key)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (s attempts) Purge(ctx context.Context, now time.Time, limit int) (int, error) {
	n, err := s.db.write().exec(ctx, `DELETE FROM attempt WHERE key IN (
		SELECT key FROM attempt WHERE stale_at <= ? ORDER BY stale_at LIMIT ?)`, millis(now), limit)
	return n, wrap("purge tries to sign in", err)
}
