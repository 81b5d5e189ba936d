package store_test

import (
	"errors"
	"sync"
	"testing"

	"imdesk/store"
	"imdesk/store/storetest"
)

// open opens a store and closes it when the test ends.
func open(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.Store { return open(t, t.TempDir()+"/imdesk.db") })
}

func TestPostgreSQL(t *testing.T) {
	server := storetest.StartPostgres(t)
	storetest.Run(t, func(t *testing.T) *store.Store { return open(t, server.Schema(t)) })
	t.Run("the audit log is append-only", func(t *testing.T) { appendOnly(t, "pgx", server.Schema(t)) })
	t.Run("no backup", func(t *testing.T) {
		path := t.TempDir() + "/copy"
		if err := open(t, server.Schema(t)).Backup(t.Context(), path); !errors.Is(err, store.ErrNotSQLite) {
			t.Error(err)
		}
	})
	t.Run("consoles that start together", func(t *testing.T) {
		dsn := server.Schema(t)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				s, err := store.Open(t.Context(), dsn)
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}
