package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Topics of events. The id of an event says what of it changed; "" is all of it.
const (
	TopicJob       = "job"       // id: of a job whose state changed
	TopicApps      = "apps"      // id: name of an app that was added, changed or removed
	TopicReplicas  = "replicas"  // id: of a replica that wants more of the vendors' rates, or gave its part back
	TopicCases     = "cases"     // id: of a case that changed, or that somebody looks at
	TopicSettings  = "settings"  // id: name of a setting of the whole console
	TopicSanctions = "sanctions" // id: name of the app whose register changed
	TopicGroup     = "group"     // id: app and group, with a line break between, of which members, mutes or settings changed
)

// Limits of an event, in bytes, and of how many are read at once.
const (
	MaxEventTopic = 64
	MaxEventID    = 256
	MaxEventPage  = 1000
)

// Event says that something changed. What it is now stands in its own table.
type Event struct {
	N     int64 // rises with each event; numbers may be left out
	Topic string
	ID    string
	At    time.Time
}

// Events are what replicas of the console tell each other. storetest.Events is its contract.
//
// An event is seen by who reads on from the last number: none appears later with a lower one. Listen is the doorbell, which
// may ring once too often, and not at all while the connection is lost.
type Events interface {
	// Publish adds an event and rings. ErrInvalid over a limit.
	Publish(ctx context.Context, topic, id string) (int64, error)
	// After returns up to limit events (1 to MaxEventPage) with numbers above n, in their order.
	After(ctx context.Context, n int64, limit int) ([]Event, error)
	// Last returns the number of the last event; 0 if there never was one.
	Last(ctx context.Context) (int64, error)
	// Listen calls ring when it begins to listen, and whenever something was published, until ctx ends (nil) or the connection
	// is lost. On SQLite it hears this process only.
	Listen(ctx context.Context, ring func()) error
	// Purge deletes up to limit events from before a time, but never the last one, and tells how many.
	Purge(ctx context.Context, before time.Time, limit int) (int, error)
}

type events struct{ db *db }

// eventChannel is what PostgreSQL's NOTIFY goes to. The notice holds the number alone: its size is limited, and what it is
// about is read from the table.
const eventChannel = "imdesk_event"

// listenPing is how often a quiet connection is asked whether it still stands.
const listenPing = 30 * time.Second

func scanEvent(r scanner) (e Event, err error) {
	var at int64
	err = r.Scan(&e.N, &e.Topic, &e.ID, &at)
	e.At = fromMillis(at)
	return e, err
}

func (s events) Publish(ctx context.Context, topic, id string) (n int64, err error) {
	const op = "publish event"
	if topic == "" || len(topic) > MaxEventTopic || len(id) > MaxEventID {
		return 0, wrap(op, invalid("topic %.80q with an id of %d bytes", topic, len(id)))
	}
	err = s.db.tx(ctx, func(c conn) error {
		if c.postgres {
			// One at a time: a number is given when the row is written and seen when the transaction ends, and who has read
			// the higher one does not look for the lower one again. The lock's number is ours: "imdeskev" in ASCII.
			if _, err := c.exec(ctx, `SELECT pg_advisory_xact_lock(7596838533334787446)`); err != nil {
				return err
			}
		}
		if err := c.row(ctx, `INSERT INTO event (topic, id, at) VALUES (?, ?, ?) RETURNING n`,
			text(topic), text(id), time.Now().UnixMilli()).Scan(&n); err != nil {
			return err
		}
		if c.postgres {
			_, err := c.exec(ctx, `SELECT pg_notify('`+eventChannel+`', ?)`, fmt.Sprint(n))
			return err
		}
		return nil
	})
	if err != nil {
		return 0, wrap(op, err)
	}
	s.db.bells.ring()
	return n, nil
}

func (s events) After(ctx context.Context, n int64, limit int) ([]Event, error) {
	const op = "read events"
	if limit < 1 || limit > MaxEventPage {
		return nil, wrap(op, invalid("%d events; 1 to %d can be read", limit, MaxEventPage))
	}
	list, err := all(ctx, s.db.read(), scanEvent, `SELECT n, topic, id, at FROM event WHERE n > ? ORDER BY n LIMIT ?`, n, limit)
	return list, wrap(op, err)
}

func (s events) Last(ctx context.Context) (n int64, err error) {
	err = s.db.read().row(ctx, `SELECT COALESCE(MAX(n), 0) FROM event`).Scan(&n)
	return n, wrap("read the last event", err)
}

func (s events) Purge(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := s.db.write().exec(ctx, `DELETE FROM event WHERE n IN (
		SELECT n FROM event WHERE at < ? AND n < (SELECT MAX(n) FROM event) ORDER BY at, n LIMIT ?)`, millis(before), limit)
	return n, wrap("purge events", err)
}

func (s events) Listen(ctx context.Context, ring func()) error {
	return s.db.hear(ctx, "listen for events", eventChannel, &s.db.bells, ring)
}

// hear calls ring when it begins to listen and for each notice of a channel, and for what this process publishes.
func (d *db) hear(ctx context.Context, op, channel string, own *bells, ring func()) error {
	defer own.add(ring)()
	if !d.postgres {
		ring()
		<-ctx.Done()
		return nil
	}
	err := d.listen(ctx, channel, ring)
	if ctx.Err() != nil {
		return nil
	}
	return wrap(op, err)
}

// listen waits on a connection of its own: one of the pool would be lost to it.
func (d *db) listen(ctx context.Context, channel string, ring func()) error {
	c, err := pgx.Connect(ctx, d.dsn)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = c.Close(closing) // it may be lost already
	}()
	if _, err := c.Exec(ctx, `LISTEN `+channel); err != nil {
		return err
	}
	ring() // for what was published before
	for {
		waiting, cancel := context.WithTimeout(ctx, listenPing)
		_, err := c.WaitForNotification(waiting)
		quiet := waiting.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case err == nil:
			ring()
		case quiet:
			asking, cancel := context.WithTimeout(ctx, listenPing)
			err = c.Ping(asking)
			cancel()
			if err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// bells are rung by what this process publishes.
type bells struct {
	mu   sync.Mutex
	list []*func()
}

// add adds one and returns how to take it away.
func (b *bells) add(ring func()) func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, &ring)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.list = slices.DeleteFunc(b.list, func(r *func()) bool { return r == &ring })
	}
}

func (b *bells) ring() {
	b.mu.Lock()
	list := slices.Clone(b.list)
	b.mu.Unlock()
	for _, ring := range list {
		(*ring)()
	}
}
