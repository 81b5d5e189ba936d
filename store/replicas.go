package store

import (
	"context"
	"time"
)

// MaxReplicas is how many consoles may share a database: the parts of the vendor's rates would be too small.
const MaxReplicas = 16

// wholeShare is all of a pool's rates, as it is stored.
const wholeShare = 1_000_000

// Replica is a process that uses the vendor's rates, for as long as its lease.
type Replica struct {
	ID      string
	Name    string // for people: machine and process
	Version string
	Started time.Time
	Seen    time.Time // when it said last that it is there
	Until   time.Time // when it counts as dead if it says nothing more
	Shares  map[string]Share
}

// Share is what part of a pool's rates a replica may use.
type Share struct {
	Part float64 // 0 to 1
	Busy bool    // it wants more than little
}

// Replicas share the vendor's rates. storetest.Replicas is its contract. All times are the database's, so that no clock of a
// replica matters.
type Replicas interface {
	// Beat says that r (ID, Name, Version) is there and extends its lease. choose is told what the other replicas with a lease
	// have, and what r had (nil without a lease), and returns what r has from now on; nobody else chooses meanwhile.
	// ErrInvalid: the parts of a pool would be more than the whole, or there are MaxReplicas.
	Beat(ctx context.Context, r Replica, lease time.Duration, choose func(others []Replica, mine map[string]Share) map[string]Share) error
	// Leave gives back all that a replica has. That it is gone already is fine.
	Leave(ctx context.Context, id string) error
	// List returns the replicas with a lease, the oldest first.
	List(ctx context.Context) ([]Replica, error)
	// Turn takes the next n turns of a line in a pool, each every after the one before, and returns how long it is until the
	// first.
	Turn(ctx context.Context, pool, line string, every time.Duration, n int) (time.Duration, error)
	// PurgeTurns deletes up to limit lines that nobody took a turn of for a while, and tells how many.
	PurgeTurns(ctx context.Context, limit int) (int, error)
}

type replicas struct{ db *db }

// micros is the database's time in microseconds, and not the time when the transaction began.
func (c conn) micros() string {
	if c.postgres {
		return `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)`
	}
	return `CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000`
}

func (s replicas) Beat(ctx context.Context, r Replica, lease time.Duration, choose func([]Replica, map[string]Share) map[string]Share) error {
	return wrap("keep the lease of a replica", s.db.tx(ctx, func(c conn) error {
		if c.postgres {
			// One at a time. The lock's number is ours: "imdeskrp" in ASCII.
			if _, err := c.exec(ctx, `SELECT pg_advisory_xact_lock(7596838533334790768)`); err != nil {
				return err
			}
		}
		var now int64
		if err := c.row(ctx, `SELECT `+c.micros()+` / 1000`).Scan(&now); err != nil {
			return err
		}
		if _, err := c.exec(ctx, `DELETE FROM replica WHERE lease_until <= ?`, now); err != nil {
			return err
		}
		list, err := listReplicas(ctx, c, now)
		if err != nil {
			return err
		}
		var others []Replica
		var mine map[string]Share
		for _, o := range list {
			if o.ID == r.ID {
				mine = o.Shares
			} else {
				others = append(others, o)
			}
		}
		if len(others) >= MaxReplicas {
			return invalid("there are %d replicas already", len(others))
		}
		if _, err := c.exec(ctx, `INSERT INTO replica (id, name, version, started_at, seen_at, lease_until) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, lease_until = excluded.lease_until`,
			text(r.ID), cut(r.Name, 200), cut(r.Version, 100), now, now, now+lease.Milliseconds()); err != nil {
			return err
		}
		return setShares(ctx, c, r.ID, others, choose(others, mine))
	}))
}

func setShares(ctx context.Context, c conn, id string, others []Replica, shares map[string]Share) error {
	if _, err := c.exec(ctx, `DELETE FROM replica_share WHERE replica_id = ?`, text(id)); err != nil {
		return err
	}
	for pool, share := range shares {
		part := int64(share.Part * wholeShare) // rounded down
		sum := part
		for _, o := range others {
			sum += millionths(o.Shares[pool].Part)
		}
		if part < 0 || sum > wholeShare {
			return invalid("the parts of pool %s add up to %d millionths", pool, sum)
		}
		if _, err := c.exec(ctx, `INSERT INTO replica_share (replica_id, pool, share, busy) VALUES (?, ?, ?, ?)`,
			text(id), text(pool), part, share.Busy); err != nil {
			return err
		}
	}
	return nil
}

// millionths is what a part was read from.
func millionths(part float64) int64 { return int64(part*wholeShare + 0.5) }

func (s replicas) Leave(ctx context.Context, id string) error {
	_, err := s.db.write().exec(ctx, `DELETE FROM replica WHERE id = ?`, text(id))
	return wrap("give up the lease of a replica", err)
}

func (s replicas) List(ctx context.Context) ([]Replica, error) {
	const op = "list replicas"
	c := s.db.read()
	var now int64
	if err := c.row(ctx, `SELECT `+c.micros()+` / 1000`).Scan(&now); err != nil {
		return nil, wrap(op, err)
	}
	list, err := listReplicas(ctx, c, now)
	return list, wrap(op, err)
}

// listReplicas reads those whose lease has not ended, with their shares.
func listReplicas(ctx context.Context, c conn, now int64) ([]Replica, error) {
	list, err := all(ctx, c, func(r scanner) (v Replica, err error) {
		var started, seen, until int64
		err = r.Scan(&v.ID, &v.Name, &v.Version, &started, &seen, &until)
		v.Started, v.Seen, v.Until, v.Shares = fromMillis(started), fromMillis(seen), fromMillis(until), map[string]Share{}
		return v, err
	}, `SELECT id, name, version, started_at, seen_at, lease_until FROM replica WHERE lease_until > ? ORDER BY started_at, id`, now)
	if err != nil {
		return nil, err
	}
	type row struct {
		id, pool string
		Share
	}
	shares, err := all(ctx, c, func(r scanner) (v row, err error) {
		var part int64
		err = r.Scan(&v.id, &v.pool, &part, &v.Busy)
		v.Part = float64(part) / wholeShare
		return v, err
	}, `SELECT replica_id, pool, share, busy FROM replica_share`)
	if err != nil {
		return nil, err
	}
	for _, v := range shares {
		for i := range list {
			if list[i].ID == v.id {
				list[i].Shares[v.pool] = v.Share
			}
		}
	}
	return list, nil
}

func (s replicas) Turn(ctx context.Context, pool, line string, every time.Duration, n int) (time.Duration, error) {
	const op = "take turns"
	if every <= 0 || n < 1 || n > 1000 {
		return 0, wrap(op, invalid("%d turns, one each %v", n, every))
	}
	c := s.db.write()
	now, took := c.micros(), int64(n)*every.Microseconds()
	latest := `CASE WHEN rate_turn.next_at > ` + now + ` THEN rate_turn.next_at ELSE ` + now + ` END`
	var wait int64
	err := c.row(ctx, `INSERT INTO rate_turn (pool, line, next_at) VALUES (?, ?, `+now+` + CAST(? AS BIGINT))
		ON CONFLICT (pool, line) DO UPDATE SET next_at = `+latest+` + CAST(? AS BIGINT)
		RETURNING next_at - CAST(? AS BIGINT) - `+now, text(pool), text(line), took, took, took).Scan(&wait)
	return max(0, time.Duration(wait)*time.Microsecond), wrap(op, err)
}

// turnKept is how long a line is kept after its last turn: longer than any time between two turns.
const turnKept = time.Minute

func (s replicas) PurgeTurns(ctx context.Context, limit int) (int, error) {
	c := s.db.write()
	// A row that is locked is in use.
	skip := ""
	if c.postgres {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	n, err := c.exec(ctx, `DELETE FROM rate_turn WHERE (pool, line) IN (
		SELECT pool, line FROM rate_turn WHERE next_at < `+c.micros()+` - ? ORDER BY next_at LIMIT ?`+skip+`)`, turnKept.Microseconds(), limit)
	return n, wrap("purge turns", err)
}
