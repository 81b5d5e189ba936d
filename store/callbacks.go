package store

import (
	"bytes"
	"context"
	"time"
)

// Limits of what is kept of callbacks.
const (
	MaxCallbackBody     = 64 << 10           // bytes of a failed one; of a longer one nothing is kept but that it came
	MaxCallbackFailures = 500                // of an app; the oldest go
	CallbackFailureKept = 7 * 24 * time.Hour // a failed callback
	CallbackMinutesKept = 3 * 24 * time.Hour // the counts
	maxCallbackCounts   = 5000               // rows of one call
	maxCallbackSeen     = 200                // callbacks of an app that are known by name
	maxCallbackName     = 80                 // bytes
)

// What is counted of callbacks.
const (
	CallbackTaken   = "taken"   // by command
	CallbackUnread  = "unread"  // by command: those of the taken that could not be read
	CallbackRefused = "refused" // by reason
	CallbackTook    = "took"    // by the milliseconds within which it was answered
)

// CallbackCount is how often something happened in a minute, or of a sum, since From.
type CallbackCount struct {
	App, What, Name string
	Minute          time.Time // its beginning; of a sum the first one counted
	Last            time.Time // of taken ones the moment of the last; of a sum the last minute counted
	N               int64
}

// CallbackSeen is a callback that came at some time.
type CallbackSeen struct {
	Command     string
	First, Last time.Time
	N           int64
}

// CallbackFailure is a callback that was not taken as it should be.
type CallbackFailure struct {
	ID       int64
	App      string
	At       time.Time
	Why      string
	Command  string
	Query    string
	Body     []byte // not in lists
	Size     int    // of the body that is kept
	Whole    bool   // Body is all of it
	Error    string
	Replayed time.Time // zero: not yet
}

// Callbacks keeps how many callbacks came, and those that failed, for all replicas together. storetest.Callbacks is the contract.
type Callbacks interface {
	// Count adds to counts. A minute that is there already grows.
	Count(ctx context.Context, list []CallbackCount) error
	// Minutes are an app's counts of one thing, of all names together, by minute from a time on, oldest first.
	Minutes(ctx context.Context, app, what string, from time.Time) ([]CallbackCount, error)
	// Sums are an app's counts from a time on, by what and name.
	Sums(ctx context.Context, app string, from time.Time) ([]CallbackCount, error)
	// Seen are the callbacks that ever came to an app, by command.
	Seen(ctx context.Context, app string) ([]CallbackSeen, error)
	// Keep stores a failed callback. Of an app's more than MaxCallbackFailures the oldest go.
	Keep(ctx context.Context, f CallbackFailure) (int64, error)
	// Failures lists an app's failed callbacks of one reason, "" for all, newest first, without bodies, before an id; 0: from the newest.
	Failures(ctx context.Context, app, why string, before int64, n int) ([]CallbackFailure, error)
	// Failure is one with its body. ErrNotFound.
	Failure(ctx context.Context, app string, id int64) (CallbackFailure, error)
	// Replay marks one as replayed: of several who try, one may. ErrConflict: it is replayed already. ErrNotFound.
	Replay(ctx context.Context, app string, id int64, at time.Time) error
	// Unreplay takes that back, with what went wrong.
	Unreplay(ctx context.Context, app string, id int64, why, problem string) error
	// Erase deletes one, or with id 0 all of an app's, of one reason if there is one.
	Erase(ctx context.Context, app string, id int64, why string) (int, error)
	// Prune deletes counts and failures that are older than they are kept.
	Prune(ctx context.Context, now time.Time) (int, error)
}

type callbackStore struct{ db *db }

func (s callbackStore) Count(ctx context.Context, list []CallbackCount) error {
	const op = "count callbacks"
	if len(list) > maxCallbackCounts {
		return wrap(op, invalid("%d counts, at most %d at once", len(list), maxCallbackCounts))
	}
	if len(list) == 0 {
		return nil
	}
	return wrap(op, s.db.tx(ctx, func(c conn) error {
		for _, n := range list {
			if _, err := c.exec(ctx, `INSERT INTO callback_minute (app, minute, what, name, n) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (app, minute, what, name) DO UPDATE SET n = callback_minute.n + excluded.n`,
				text(n.App), millis(n.Minute.Truncate(time.Minute)), text(n.What), cut(n.Name, maxCallbackName), n.N); err != nil {
				return err
			}
			if n.What != CallbackTaken {
				continue
			}
			first, last := millis(n.Minute), millis(n.Last)
			// Strangers to the list of names do not make it grow for ever.
			if _, err := c.exec(ctx, `INSERT INTO callback_seen (app, command, first_at, last_at, n)
				SELECT ?, ?, ?, ?, ? WHERE (SELECT COUNT(*) FROM callback_seen WHERE app = ?) < ? OR EXISTS (SELECT 1 FROM callback_seen WHERE app = ? AND command = ?)
				ON CONFLICT (app, command) DO UPDATE SET n = callback_seen.n + excluded.n,
				last_at = CASE WHEN excluded.last_at > callback_seen.last_at THEN excluded.last_at ELSE callback_seen.last_at END`,
				text(n.App), cut(n.Name, maxCallbackName), first, max(first, last), n.N, text(n.App), maxCallbackSeen, text(n.App), cut(n.Name, maxCallbackName)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func scanCallbackCount(r scanner) (n CallbackCount, err error) {
	var first, last int64
	err = r.Scan(&n.App, &n.What, &n.Name, &first, &last, &n.N)
	n.Minute, n.Last = fromMillis(first), fromMillis(last)
	return n, err
}

func (s callbackStore) Minutes(ctx context.Context, app, what string, from time.Time) ([]CallbackCount, error) {
	list, err := all(ctx, s.db.read(), scanCallbackCount, `SELECT app, what, '', minute, minute, CAST(SUM(n) AS BIGINT) FROM callback_minute
		WHERE app = ? AND minute >= ? AND what = ? GROUP BY app, what, minute ORDER BY minute`, text(app), millis(from), text(what))
	return list, wrap("read counts of callbacks", err)
}

func (s callbackStore) Sums(ctx context.Context, app string, from time.Time) ([]CallbackCount, error) {
	list, err := all(ctx, s.db.read(), scanCallbackCount, `SELECT app, what, name, MIN(minute), MAX(minute), CAST(SUM(n) AS BIGINT) FROM callback_minute
		WHERE app = ? AND minute >= ? GROUP BY app, what, name ORDER BY what, name`, text(app), millis(from))
	return list, wrap("sum callbacks up", err)
}

func (s callbackStore) Seen(ctx context.Context, app string) ([]CallbackSeen, error) {
	list, err := all(ctx, s.db.read(), func(r scanner) (c CallbackSeen, err error) {
		var first, last int64
		err = r.Scan(&c.Command, &first, &last, &c.N)
		c.First, c.Last = fromMillis(first), fromMillis(last)
		return c, err
	}, `SELECT command, first_at, last_at, n FROM callback_seen WHERE app = ? ORDER BY command`, text(app))
	return list, wrap("list callbacks", err)
}

func (s callbackStore) Keep(ctx context.Context, f CallbackFailure) (id int64, err error) {
	const op = "keep a callback"
	if f.App == "" || f.At.IsZero() || f.Why == "" {
		return 0, wrap(op, invalid("it needs an app, a time and a reason"))
	}
	if f.Body == nil {
		f.Body = []byte{}
	}
	if len(f.Body) > MaxCallbackBody {
		f.Body, f.Whole = []byte{}, false
	}
	err = s.db.tx(ctx, func(c conn) (err error) {
		id, err = one(c.row(ctx, `INSERT INTO callback_failure (app, at, why, command, query, body, whole, error, replayed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0) RETURNING id`,
			text(f.App), millis(f.At), text(f.Why), cut(f.Command, maxCallbackName), cut(f.Query, 2000), f.Body, f.Whole, cut(f.Error, 500)), scanInt)
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, `DELETE FROM callback_failure WHERE app = ? AND id <= (SELECT id FROM callback_failure WHERE app = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
			text(f.App), text(f.App), MaxCallbackFailures)
		return err
	})
	return id, wrap(op, err)
}

func scanCallbackFailure(r scanner) (f CallbackFailure, err error) {
	var at, replayed int64
	err = r.Scan(&f.ID, &f.App, &at, &f.Why, &f.Command, &f.Query, &f.Size, &f.Whole, &f.Error, &replayed)
	f.At, f.Replayed = fromMillis(at), fromMillis(replayed)
	return f, err
}

const failureColumns = `id, app, at, why, command, query, length(body), whole, error, replayed_at`

func (s callbackStore) Failures(ctx context.Context, app, why string, before int64, n int) ([]CallbackFailure, error) {
	list, err := all(ctx, s.db.read(), scanCallbackFailure, `SELECT `+failureColumns+` FROM callback_failure
		WHERE app = ? AND (? = '' OR why = ?) AND (? = 0 OR id < ?) ORDER BY id DESC LIMIT ?`,
		text(app), text(why), text(why), before, before, min(n, MaxCallbackFailures))
	return list, wrap("list failed callbacks", err)
}

func (s callbackStore) Failure(ctx context.Context, app string, id int64) (f CallbackFailure, err error) {
	const op = "read a failed callback"
	f, err = one(s.db.read().row(ctx, `SELECT `+failureColumns+` FROM callback_failure WHERE app = ? AND id = ?`, text(app), id), scanCallbackFailure)
	if err != nil {
		return f, wrap(op, err)
	}
	f.Body, err = one(s.db.read().row(ctx, `SELECT body FROM callback_failure WHERE app = ? AND id = ?`, text(app), id), func(r scanner) (b []byte, err error) { return b, r.Scan(&b) })
	return f, wrap(op, err)
}

func (s callbackStore) Replay(ctx context.Context, app string, id int64, at time.Time) error {
	const op = "replay a callback"
	n, err := s.db.write().exec(ctx, `UPDATE callback_failure SET replayed_at = ? WHERE app = ? AND id = ? AND replayed_at = 0`, millis(at), text(app), id)
	if err != nil || n == 1 {
		return wrap(op, err)
	}
	if _, err := s.Failure(ctx, app, id); err != nil {
		return wrap(op, err)
	}
	return wrap(op, ErrConflict)
}

func (s callbackStore) Unreplay(ctx context.Context, app string, id int64, why, problem string) error {
	return wrap("replay a callback", s.db.write().execOne(ctx, `UPDATE callback_failure SET replayed_at = 0, why = ?, error = ? WHERE app = ? AND id = ?`,
		text(why), cut(problem, 500), text(app), id))
}

func (s callbackStore) Erase(ctx context.Context, app string, id int64, why string) (int, error) {
	n, err := s.db.write().exec(ctx, `DELETE FROM callback_failure WHERE app = ? AND (? = 0 OR id = ?) AND (? = '' OR why = ?)`, text(app), id, id, text(why), text(why))
	return n, wrap("erase failed callbacks", err)
}

func (s callbackStore) Prune(ctx context.Context, now time.Time) (int, error) {
	const op = "drop old callbacks"
	counts, err := s.db.write().exec(ctx, `DELETE FROM callback_minute WHERE minute < ?`, millis(now.Add(-CallbackMinutesKept)))
	if err != nil {
		return 0, wrap(op, err)
	}
	failures, err := s.db.write().exec(ctx, `DELETE FROM callback_failure WHERE at < ?`, millis(now.Add(-CallbackFailureKept)))
	return counts + failures, wrap(op, err)
}

// forget deletes an app's failed callbacks that name a user: nobody can tell what else in one is about the user.
func (s callbackStore) forget(ctx context.Context, app, user string) error {
	list, err := s.Failures(ctx, app, "", 0, MaxCallbackFailures)
	if err != nil {
		return err
	}
	for _, short := range list {
		f, err := s.Failure(ctx, app, short.ID)
		if err != nil || !bytes.Contains(f.Body, []byte(user)) {
			continue // gone meanwhile, or of others
		}
		if _, err := s.Erase(ctx, app, f.ID, ""); err != nil {
			return err
		}
	}
	return nil
}
