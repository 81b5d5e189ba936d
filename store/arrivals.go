package store

import (
	"context"
	"errors"
	"strings"
	"time"
)

// ArrivalKind is what happened to a message of the archive.
type ArrivalKind int

// The kinds of arrivals.
const (
	ArrivalSaid ArrivalKind = iota
	ArrivalEdited
	ArrivalRecalled
	ArrivalFlagged // there is a case about it
)

// Limits of arrivals.
const (
	MaxArrivalPage = 1000            // read at once
	ArrivalLag     = time.Hour       // what was said longer ago when it is kept is history, not an arrival
	ReadLag        = 5 * time.Minute // the same for what was read out of the past: it came to light, nobody said it just now
)

// Arrival is a change of a group's message in the archive. Message is as it is now, without its body.
type Arrival struct {
	N       int64 // rises with each arrival, in the order of commits; numbers may be left out
	At      time.Time
	Kind    ArrivalKind
	Message Archived
}

// Arrivals are what was said, edited, recalled and flagged in groups just now, for those who watch. storetest.Arrivals is its contract.
//
// They are written with the change itself: one is there if and only if the change is. Who reads on from the last number sees
// all of them, for none appears later with a lower number.
type Arrivals interface {
	// After returns up to limit arrivals (1 to MaxArrivalPage) with numbers above n, in their order, and the number up to which
	// was read: messages that were erased since are left out.
	After(ctx context.Context, n int64, limit int) ([]Arrival, int64, error)
	// Last returns the number of the last arrival; 0 if there never was one.
	Last(ctx context.Context) (int64, error)
	// Missing returns when what is kept begins, if arrivals after n may have been purged; the zero time if none were.
	Missing(ctx context.Context, n int64) (time.Time, error)
	// Listen calls ring when it begins to listen, and whenever something arrived, until ctx ends (nil) or the connection is lost.
	// On SQLite it hears this process only.
	Listen(ctx context.Context, ring func()) error
	// Purge deletes up to limit arrivals that are from before a time or beyond the last keep, oldest first, never the last one,
	// and tells how many.
	Purge(ctx context.Context, before time.Time, keep int64, limit int) (int, error)
}

type arrivals struct{ db *db }

// arrivalChannel is what PostgreSQL's NOTIFY goes to. There is no row of an event for a batch of messages: at hundreds of batches
// a second a day of them would be more than the arrivals themselves.
const arrivalChannel = "imdesk_arrival"

// arrived is a change that is to be told of.
type arrived struct {
	kind ArrivalKind
	id   int64
}

// tells reports whether a message is news to those who watch: of a group, and not out of the past.
func (m Archived) tells(now time.Time) bool {
	lag := ArrivalLag
	if m.Inside {
		lag = ReadLag
	}
	return m.Place.Group != "" && (m.At.IsZero() || now.Sub(m.At) < lag)
}

// arrive numbers changes. It is the last thing of a transaction: on PostgreSQL nobody else numbers any until that has ended, for
// a number is given when the row is written and seen when the transaction ends, and who has read a higher one does not look for
// a lower one again.
func (a archive) arrive(ctx context.Context, c conn, list []arrived) error {
	if len(list) == 0 {
		return nil
	}
	if c.postgres {
		if _, err := c.exec(ctx, `SELECT pg_advisory_xact_lock(7596838516138600822)`); err != nil { // "imdarriv" in ASCII
			return err
		}
	}
	const most = 200 // rows of a statement
	now := time.Now().UnixMilli()
	for from := 0; from < len(list); from += most {
		part := list[from:min(from+most, len(list))]
		args := make([]any, 0, 3*len(part))
		for _, v := range part {
			args = append(args, now, int(v.kind), v.id)
		}
		if _, err := c.exec(ctx, `INSERT INTO arrival (at, kind, message) VALUES `+strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", len(part)), ", "), args...); err != nil {
			return err
		}
	}
	if c.postgres {
		_, err := c.exec(ctx, `SELECT pg_notify('`+arrivalChannel+`', '')`)
		return err
	}
	return nil
}

func (s arrivals) After(ctx context.Context, n int64, limit int) ([]Arrival, int64, error) {
	const op = "read arrivals"
	if limit < 1 || limit > MaxArrivalPage {
		return nil, n, wrap(op, invalid("%d arrivals; 1 to %d can be read", limit, MaxArrivalPage))
	}
	// What was read is not more than what there was: in one statement.
	list, err := all(ctx, s.db.read(), func(r scanner) (v Arrival, err error) {
		var at, said, added, changed int64
		var types string
		m := &v.Message
		err = r.Scan(&v.N, &at, &v.Kind, &m.ID, &m.Place.App, &m.Place.Group, &m.Key, &m.Seq, &m.Sender, &said, &types, &m.Has, &m.State, &m.Text, &added, &changed)
		v.At, m.At, m.Added, m.Changed = fromMillis(at), fromMillis(said), fromMillis(added), fromMillis(changed)
		if types != "" {
			m.Types = strings.Split(types, ",")
		}
		return v, err
	}, `SELECT a.n, a.at, a.kind, COALESCE(m.id, 0), COALESCE(p.app, ''), COALESCE(p.grp, ''), COALESCE(m.key, ''), COALESCE(m.seq, 0), COALESCE(m.sender, ''),
			COALESCE(m.at, 0), COALESCE(m.types, ''), COALESCE(m.has, 0), COALESCE(m.state, 0), COALESCE(m.text, ''), COALESCE(m.added_at, 0), COALESCE(m.changed_at, 0)
		FROM (SELECT n, at, kind, message FROM arrival WHERE n > ? ORDER BY n LIMIT ?) a
		LEFT JOIN archive_message m ON m.id = a.message LEFT JOIN archive_place p ON p.id = m.place ORDER BY a.n`, n, limit)
	if err != nil {
		return nil, n, wrap(op, err)
	}
	kept := list[:0]
	for _, v := range list {
		n = v.N
		if v.Message.ID != 0 {
			kept = append(kept, v)
		}
	}
	return kept, n, nil
}

func (s arrivals) Last(ctx context.Context) (n int64, err error) {
	err = s.db.read().row(ctx, `SELECT COALESCE(MAX(n), 0) FROM arrival`).Scan(&n)
	return n, wrap("read the last arrival", err)
}

func (s arrivals) Missing(ctx context.Context, n int64) (time.Time, error) {
	const op = "look for purged arrivals"
	type first struct{ n, at int64 }
	f, err := one(s.db.read().row(ctx, `SELECT n, at FROM arrival ORDER BY n LIMIT 1`), func(r scanner) (f first, err error) {
		return f, r.Scan(&f.n, &f.at)
	})
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, wrap(op, err)
	}
	if n >= f.n-1 {
		return time.Time{}, nil
	}
	return fromMillis(f.at), nil
}

func (s arrivals) Listen(ctx context.Context, ring func()) error {
	return s.db.hear(ctx, "listen for arrivals", arrivalChannel, &s.db.arrivals, ring)
}

func (s arrivals) Purge(ctx context.Context, before time.Time, keep int64, limit int) (int, error) {
	n, err := s.db.write().exec(ctx, `DELETE FROM arrival WHERE n IN (SELECT n FROM arrival WHERE n < (SELECT MAX(n) FROM arrival)
		AND (at < ? OR n <= (SELECT MAX(n) FROM arrival) - ?) ORDER BY n LIMIT ?)`, millis(before), keep, limit)
	return n, wrap("purge arrivals", err)
}
