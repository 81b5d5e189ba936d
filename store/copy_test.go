package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imdesk/store"
	"imdesk/store/storetest"
	"imdesk/terms"
)

func TestCopy(t *testing.T) {
	server := storetest.StartPostgres(t)
	ctx := t.Context()
	file := func() string { return filepath.Join(t.TempDir(), "imdesk.db") }
	fill := func(dsn string) {
		s := open(t, dsn)
		id := must[store.Operator](t)(s.Operators.Add(ctx, store.Operator{Name: "mei 周末 🎧", Role: "owner", CreatedAt: time.Now()})).ID
		for i := range 300 {
			e, err := s.Audit.Begin(ctx, store.AuditEntry{At: time.Now(), OperatorID: id, OperatorName: "mei", Action: "x", App: "a", Group: fmt.Sprint(i)})
			if err == nil && i%2 == 0 {
				err = s.Audit.Finish(ctx, e, store.AuditOutcome{At: time.Now(), State: store.AuditOK})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			if _, err := s.Events.Publish(ctx, "t", "x"); err != nil {
				t.Fatal(err)
			}
		}
		said := store.Archived{Place: store.Conversation{App: "a", Group: "g"}, Key: "1", Seq: 1, Counted: true, Sender: "ann", At: time.Now(), Text: "退款 please", Body: "[]"}
		if _, err := s.Archive.Add(ctx, []store.Archived{said}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := store.FillEmptyTables(ctx, dsn); err != nil {
			t.Fatal(err)
		}
	}
	first := file()
	fill(first)
	middle, last := server.Schema(t), file()
	for _, way := range []struct{ from, to string }{{first, middle}, {middle, last}} {
		list, err := store.Copy(ctx, way.from, way.to, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			if c.Rows == 0 {
				t.Errorf("nothing was copied of %s", c.Table)
			}
		}
		s := open(t, way.to)
		if n, err := s.Audit.Count(ctx); err != nil || n < 300 {
			t.Errorf("%d entries, %v", n, err)
		}
		p, _ := terms.PhraseOf("退款 please")
		if found, _, err := s.Archive.Search(ctx, store.SearchQuery{Apps: []string{"a"}, All: []terms.Phrase{p}}); err != nil || len(found) != 1 {
			t.Errorf("what was said is not found: %v %v", found, err)
		}
		// Numbers go on: no event has a number that one had before.
		before, err := s.Events.Last(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := s.Events.Publish(ctx, "t", ""); err != nil || n <= before {
			t.Errorf("event %d after %d, %v", n, before, err)
		}
		if _, err := s.Audit.Begin(ctx, store.AuditEntry{At: time.Now(), OperatorName: "mei", Action: "after"}); err != nil {
			t.Error(err)
		}
		if _, err := store.Copy(ctx, way.from, way.to, nil); !errors.Is(err, store.ErrNotEmpty) {
			t.Errorf("into what is not empty: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("in use", func(t *testing.T) {
		used := open(t, last)
		if _, err := store.Copy(ctx, last, file(), nil); !errors.Is(err, store.ErrInUse) {
			t.Errorf("a file that is open: %v", err)
		}
		if err := used.Ping(ctx); err != nil {
			t.Error(err)
		}
		p := open(t, middle)
		if err := p.Replicas.Beat(ctx, store.Replica{ID: "a"}, time.Minute, func([]store.Replica, map[string]store.Share) map[string]store.Share { return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Copy(ctx, middle, file(), nil); !errors.Is(err, store.ErrInUse) {
			t.Errorf("a database with a console: %v", err)
		}
	})
	t.Run("another version's", func(t *testing.T) {
		old, newer, to := file(), file(), file()
		for _, path := range []string{old, newer} {
			if err := open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
		}
		change(t, old, `DELETE FROM schema_step WHERE version = (SELECT MAX(version) FROM schema_step)`)
		change(t, newer, `INSERT INTO schema_step VALUES (9999, '9999_future.sql', 'x', 0)`)
		if _, err := store.Copy(ctx, old, to, nil); !errors.Is(err, store.ErrOldSchema) {
			t.Errorf("an older one: %v", err)
		}
		if _, err := store.Copy(ctx, newer, to, nil); err == nil || !strings.Contains(err.Error(), "newer version") {
			t.Errorf("a newer one: %v", err)
		}
		if _, err := store.Copy(ctx, to+".none", to, nil); err == nil {
			t.Error("a file that is not there was copied")
		}
	})
	t.Run("a type that is not known", func(t *testing.T) {
		from := file()
		if err := open(t, from).Close(); err != nil {
			t.Fatal(err)
		}
		change(t, from, `CREATE TABLE later (id INTEGER PRIMARY KEY, at DATETIME)`)
		if _, err := store.Copy(ctx, from, file(), nil); err == nil || !strings.Contains(err.Error(), `"datetime"`) {
			t.Errorf("got %v", err)
		}
		change(t, from, `DROP TABLE later; CREATE TABLE later (id INTEGER PRIMARY KEY)`)
		if _, err := store.Copy(ctx, from, file(), nil); err == nil || !strings.Contains(err.Error(), "later") {
			t.Errorf("a table that the other one does not have: %v", err)
		}
	})
	t.Run("it fails as a whole", func(t *testing.T) {
		to := file()
		ctx, cancel := context.WithCancel(ctx)
		if _, err := store.Copy(ctx, first, to, func(c store.Copied) {
			if c.Table == "operator" {
				cancel()
			}
		}); err == nil {
			t.Fatal("it went on")
		}
		s := open(t, to)
		if n, err := s.Operators.Count(t.Context()); err != nil || n != 0 {
			t.Errorf("%d operators are there, %v", n, err)
		}
	})
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
