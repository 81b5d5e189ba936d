package store

import (
	"context"
	"time"
)

// Use is what an operator is about to do.
type Use struct {
	OperatorID string
	App        string
	Verb       string
	Size       int
	At         time.Time
}

// UseLimit bounds what an operator does. A zero Max with Pause is a cool-down, one without Pause a quota.
type UseLimit struct {
	App   string        // "": all apps together
	Verb  string        // "": all verbs together
	Max   int           // within Per, this use included
	Per   time.Duration // up to MaxUseAge
	Pause time.Duration // since the last use of at least Size, up to MaxUseAge
	Size  int
}

// MaxUseAge is how long uses are kept.
const MaxUseAge = 31 * 24 * time.Hour

// UseRefused says which limit a use is over.
type UseRefused struct {
	Limit int       // index of the limit
	Used  int       // within Per
	Again time.Time // when it fits; zero if it never does
}

// Uses counts what operators do, for limits. storetest.Uses is the contract.
type Uses interface {
	// Take counts u if it is within all limits, or tells the first that it is over. Of several at once, each finds the others
	// counted.
	Take(ctx context.Context, u Use, limits []UseLimit) (*UseRefused, error)
	// Purge deletes up to limit uses from before t, and tells how many.
	Purge(ctx context.Context, t time.Time, limit int) (int, error)
}

type uses struct{ db *db }

// use is a row of the table.
type use struct{ at, size int64 }

func (s uses) Take(ctx context.Context, u Use, limits []UseLimit) (*UseRefused, error) {
	const op = "count a use"
	if u.OperatorID == "" || u.Verb == "" || u.At.IsZero() || u.Size < 0 {
		return nil, wrap(op, invalid("a use needs an operator, a verb, a time and a size"))
	}
	var refused *UseRefused
	err := s.db.tx(ctx, func(c conn) error {
		if c.postgres { // on SQLite the transaction has the only write lock already
			if _, err := c.exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('guard_use ' || ?, 0))`, text(u.OperatorID)); err != nil {
				return err
			}
		}
		for i, l := range limits {
			r, err := overLimit(ctx, c, u, l)
			if err != nil {
				return err
			}
			if r != nil {
				r.Limit, refused = i, r
				return nil
			}
		}
		_, err := c.exec(ctx, `INSERT INTO guard_use (operator_id, at, app, verb, size) VALUES (?, ?, ?, ?, ?)`,
			text(u.OperatorID), millis(u.At), text(u.App), text(u.Verb), u.Size)
		return err
	})
	return refused, wrap(op, err)
}

// overLimit tells whether u is over one limit.
func overLimit(ctx context.Context, c conn, u Use, l UseLimit) (*UseRefused, error) {
	if l.App != "" && l.App != u.App || l.Verb != "" && l.Verb != u.Verb {
		return nil, nil
	}
	span := l.Per
	if l.Pause > 0 {
		span = l.Pause
	}
	where, args := `operator_id = ? AND at > ?`, []any{text(u.OperatorID), millis(u.At.Add(-span))}
	if l.App != "" {
		where, args = where+` AND app = ?`, append(args, text(l.App))
	}
	if l.Verb != "" {
		where, args = where+` AND verb = ?`, append(args, text(l.Verb))
	}
	if l.Pause > 0 {
		where, args = where+` AND size >= ?`, append(args, l.Size)
	}
	list, err := all(ctx, c, func(r scanner) (x use, err error) { return x, r.Scan(&x.at, &x.size) },
		`SELECT at, size FROM guard_use WHERE `+where+` ORDER BY at`, args...)
	if err != nil {
		return nil, err
	}
	if l.Pause > 0 {
		if len(list) == 0 {
			return nil, nil
		}
		return &UseRefused{Again: fromMillis(list[len(list)-1].at).Add(l.Pause)}, nil
	}
	used := 0
	for _, x := range list {
		used += int(x.size)
	}
	if used+u.Size <= l.Max {
		return nil, nil
	}
	r := &UseRefused{Used: used}
	for left, i := used, 0; u.Size <= l.Max && i < len(list) && r.Again.IsZero(); i++ {
		if left -= int(list[i].size); left+u.Size <= l.Max {
			r.Again = fromMillis(list[i].at).Add(l.Per)
		}
	}
	return r, nil
}

func (s uses) Purge(ctx context.Context, t time.Time, limit int) (int, error) {
	// Rows have no name of their own: those of the oldest moments go, all of a moment at once.
	n, err := s.db.write().exec(ctx, `DELETE FROM guard_use WHERE at < ? AND at <= (SELECT MAX(at) FROM
		(SELECT at FROM guard_use WHERE at < ? ORDER BY at LIMIT ?) AS oldest)`, millis(t), millis(t), limit)
	return n, wrap("purge uses", err)
}
