package events_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"imdesk/events"
	"imdesk/store"
	"imdesk/store/storetest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// replica is a hub on a store of its own, as another process has it.
func replica(t *testing.T, dsn string) (*store.Store, *events.Hub, context.CancelFunc) {
	t.Helper()
	s, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	hub, err := events.New(t.Context(), s.Events, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); hub.Run(ctx) }()
	stop := func() { cancel(); <-done }
	t.Cleanup(func() {
		stop()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, hub, stop
}

func next(t *testing.T, from <-chan store.Event) store.Event {
	t.Helper()
	select {
	case e, ok := <-from:
		if !ok {
			t.Fatal("the subscription has ended")
		}
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("no event")
	}
	return store.Event{}
}

func publish(t *testing.T, s *store.Store, topic, id string) {
	t.Helper()
	if _, err := s.Events.Publish(t.Context(), topic, id); err != nil {
		t.Fatal(err)
	}
}

func TestSQLite(t *testing.T) {
	dsn := t.TempDir() + "/imdesk.db"
	testHub(t, dsn)
}

func TestPostgreSQL(t *testing.T) {
	server := storetest.StartPostgres(t)
	testHub(t, server.Schema(t))
	t.Run("a lost connection", func(t *testing.T) { lostConnection(t, server.Schema(t)) })
}

func testHub(t *testing.T, dsn string) {
	s, hub, stop := replica(t, dsn)
	other, _, _ := replica(t, dsn)
	t.Run("topics", func(t *testing.T) {
		ctx := t.Context()
		jobs, all := hub.Subscribe(ctx, store.TopicJob, store.TopicApps), hub.Subscribe(ctx)
		publish(t, s, store.TopicJob, "1")
		publish(t, other, store.TopicSettings, "2") // what the other process published comes as well
		publish(t, other, store.TopicApps, "3")
		for _, want := range []string{"1", "3"} {
			if e := next(t, jobs); e.ID != want {
				t.Errorf("got %s, want %s", e.ID, want)
			}
		}
		for _, want := range []string{"1", "2", "3"} {
			if e := next(t, all); e.ID != want {
				t.Errorf("got %s of all, want %s", e.ID, want)
			}
		}
	})
	t.Run("who reads slowly loses nothing", func(t *testing.T) {
		slow, seen := hub.Subscribe(t.Context(), store.TopicJob), hub.Subscribe(t.Context(), store.TopicJob)
		const n = 60
		for i := range n {
			publish(t, s, store.TopicJob, fmt.Sprint(i))
		}
		var first int64
		for range n {
			if e := next(t, seen); first == 0 {
				first = e.N
			}
		}
		for i := range n { // it began when all were there
			if e := next(t, slow); e.ID != fmt.Sprint(i) {
				t.Fatalf("got %s, want %d", e.ID, i)
			}
		}
		again := hub.SubscribeAfter(t.Context(), first, store.TopicJob)
		if e := next(t, again); e.ID != "1" {
			t.Errorf("reading on after the first: %s", e.ID)
		}
	})
	t.Run("what a hub has not read itself", func(t *testing.T) {
		_, late, _ := replica(t, dsn)
		if e := next(t, late.SubscribeAfter(t.Context(), 0)); e.ID != "1" {
			t.Errorf("from the beginning: %+v", e)
		}
	})
	t.Run("the end", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		mine, theirs := hub.Subscribe(ctx), hub.Subscribe(t.Context())
		leave()
		if _, open := <-mine; open {
			t.Error("an event after leaving")
		}
		stop()
		if _, open := <-theirs; open {
			t.Error("an event after the hub has ended")
		}
	})
}

// lostConnection ends the connection that listens: what is published meanwhile comes, and the bell is hung up again.
func lostConnection(t *testing.T, dsn string) {
	s, hub, _ := replica(t, dsn)
	other, _, _ := replica(t, dsn)
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	got := hub.Subscribe(t.Context())
	for i := range 3 {
		listeners := 0
		for deadline := time.Now().Add(20 * time.Second); listeners < 2; time.Sleep(10 * time.Millisecond) {
			if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`).Scan(&listeners); err != nil {
				t.Fatal(err)
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d listen", listeners)
			}
		}
		if _, err := db.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`); err != nil {
			t.Fatal(err)
		}
		publish(t, other, "t", fmt.Sprint(i))
		if e := next(t, got); e.ID != fmt.Sprint(i) {
			t.Errorf("got %s, want %d", e.ID, i)
		}
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
