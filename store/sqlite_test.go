package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/store"
)

func TestSQLiteFileIsForItsOwnerOnly(t *testing.T) {
	for _, name := range []string{"plain.db", "with space.db", "100%.db", "what?.db", "a#b.db", "%41.db", "数据.db", "a&b=c;d'.db"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			s := open(t, path)
			if _, err := s.Operators.Add(t.Context(), store.Operator{Name: "mei"}); err != nil {
				t.Fatal(err)
			}
			files, err := os.ReadDir(filepath.Dir(path))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				info, err := f.Info()
				if err != nil {
					t.Fatal(err)
				}
				if !strings.HasPrefix(f.Name(), name) || info.Mode().Perm() != 0o600 {
					t.Errorf("%s has mode %v", f.Name(), info.Mode())
				}
			}
			if len(files) != 3 { // the file, its log and its index
				t.Errorf("%d files, want 3", len(files))
			}
		})
	}
}

func TestSQLiteTakesRightsOfOthersAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "imdesk.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestSQLiteIsThereAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "imdesk.db")
	s := open(t, path)
	o, err := s.Operators.Add(t.Context(), store.Operator{Name: "mei"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path + "-wal"); !os.IsNotExist(err) {
		t.Error("the log was not folded into the file:", err)
	}
	if got, err := open(t, path).Operators.ByName(t.Context(), "Mei"); err != nil || got.ID != o.ID {
		t.Errorf("%v, %v", got, err)
	}
}

// A console and a command beside it write to one file.
func TestSQLiteTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "imdesk.db")
	stores := []*store.Store{open(t, path), open(t, path)}
	var wg sync.WaitGroup
	for i, s := range stores {
		for n := range 40 {
			wg.Go(func() {
				name := fmt.Sprintf("operator %d of %d", n, i)
				if _, err := s.Operators.Add(t.Context(), store.Operator{Name: name}); err != nil {
					t.Error(err)
				}
				if _, err := s.Audit.Begin(t.Context(), store.AuditEntry{At: time.Now(), Action: "operator.add"}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	for _, s := range stores {
		n, err := s.Audit.Count(t.Context())
		if err != nil || n != 80 {
			t.Errorf("%d entries, %v", n, err)
		}
	}
}

func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	change(t, newer, `INSERT INTO schema_step VALUES (9999, '9999_future.sql', 'x', 0)`)
	other := filepath.Join(dir, "other.db")
	change(t, other, `UPDATE schema_step SET sum = 'x' WHERE version = 1`)

	for _, tt := range []struct{ name, dsn, want string }{
		{"no folder", filepath.Join(dir, "none", "imdesk.db"), "none/imdesk.db: no such file or directory"},
		{"a folder", dir, "is no file"},
		{"no database", text, "text.db: file is not a database"},
		{"a newer database", newer, "made by a newer version of imdesk"},
		{"an edited migration", other, "another 0001_start.sql than this imdesk has; nothing was changed"},
		{"no server", "postgres://u:secret@127.0.0.1:1/x", "connection refused"},
		{"no URL", "postgres://u:secret@127.0.0.1:port/x", "parse"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := store.Open(t.Context(), tt.dsn)
			if err == nil {
				s.Close()
				t.Fatal("was opened")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q does not say %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%q tells the password", err)
			}
		})
	}
}

// change makes a database at path and runs a statement on it behind the store's back.
func change(t *testing.T, path, statement string) {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), "sqlite", path, statement); err != nil {
		t.Fatal(err)
	}
}

func run(ctx context.Context, driver, dsn, statement string) error {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// appendOnly checks that the database itself refuses to change the audit log.
func appendOnly(t *testing.T, driver, dsn string) {
	s := open(t, dsn)
	for range 2 {
		id, err := s.Audit.Begin(t.Context(), store.AuditEntry{At: time.Now(), Action: "member.mute", Reason: "true"})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Audit.Finish(t.Context(), id, store.AuditOutcome{At: time.Now(), State: store.AuditOK}); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		`UPDATE audit_entry SET reason = 'false' WHERE id = 1`,
		`UPDATE audit_outcome SET state = 'failed'`,
		`DELETE FROM audit_outcome`,
		`DELETE FROM audit_entry WHERE id = 2`,
	} {
		if err := run(t.Context(), driver, dsn, statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

func TestAuditLogIsAppendOnly(t *testing.T) {
	appendOnly(t, "sqlite", filepath.Join(t.TempDir(), "imdesk.db"))
}
