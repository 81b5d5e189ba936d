package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imdesk/store"
)

func TestRestore(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	now := time.Date(2026, 4, 18, 9, 0, 0, 0, time.UTC)
	path, backup := filepath.Join(dir, "imdesk.db"), filepath.Join(dir, "backup.db")
	s := open(t, path)
	mei := must[store.Operator](t)(s.Operators.Add(ctx, store.Operator{Name: "mei", Role: "owner"}))
	if err := s.Sessions.Add(ctx, store.Session{ID: "a", OperatorID: mei.ID, IdleExpiresAt: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, backup); err != nil {
		t.Fatal(err)
	}
	must[store.Operator](t)(s.Operators.Add(ctx, store.Operator{Name: "since", Role: "owner"}))

	if _, err := store.Restore(ctx, backup, path, true, now); !errors.Is(err, store.ErrInUse) {
		t.Errorf("while a console runs: %v", err)
	}
	if n, err := s.Operators.Count(ctx); err != nil || n != 2 {
		t.Fatalf("the running console has %d operators, %v", n, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(ctx, backup, path, false, now); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("over a database with something in it: %v", err)
	}
	if err := store.PutJob(ctx, backup); err != nil {
		t.Fatal(err)
	}
	before := must[[]byte](t)(os.ReadFile(backup))
	r, err := store.Restore(ctx, backup, path, true, now)
	if err != nil {
		t.Fatal(err)
	}
	if r.Sessions != 1 || r.Jobs != 1 || r.Kept != path+".before-20260418-090000" {
		t.Errorf("%+v", r)
	}
	if after := must[[]byte](t)(os.ReadFile(backup)); string(after) != string(before) {
		t.Error("the backup was changed")
	}
	for file, want := range map[string]int{path: 1, r.Kept: 2} {
		s := open(t, file)
		if n, err := s.Operators.Count(ctx); err != nil || n != want {
			t.Errorf("%s has %d operators, %v", file, n, err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
		_ = s.Close()
	}
	if j, err := open(t, path).Jobs.Get(ctx, 1); err != nil || j.State != store.JobPaused || j.Why != store.WhyRestored {
		t.Errorf("the job: %+v, %v", j, err)
	}

	t.Run("what is refused", func(t *testing.T) {
		bad := func(name string, content []byte) string {
			p := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(p, content, 0o600); err != nil {
				t.Fatal(err)
			}
			return p
		}
		torn := []byte(string(before))
		for i := range 4096 { // the second page
			torn[4096+i] = 0xAB
		}
		newer := bad("newer.db", before)
		change(t, newer, `INSERT INTO schema_step VALUES (9999, '9999_future.sql', 'x', 0)`)
		foreign := bad("foreign.db", nil)
		if err := run(ctx, "sqlite", foreign, `CREATE TABLE other (id INTEGER)`); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct{ name, file, want string }{
			{"no file", filepath.Join(dir, "none"), "no such file"},
			{"no database", bad("text", []byte(strings.Repeat("hello ", 1000))), "it is no database"},
			{"a damaged one", bad("torn.db", torn), "damaged"},
			{"half of one", bad("half.db", before[:len(before)/2]), "d"},
			{"an empty file", bad("empty", nil), "no database of imdesk's"},
			{"another program's", foreign, "no database of imdesk's"},
			{"a newer version's", newer, "newer version"},
		} {
			to := filepath.Join(t.TempDir(), "new.db")
			if _, err := store.Restore(ctx, tt.file, to, true, now); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v", tt.name, err)
			}
			if _, err := os.Stat(to); err == nil {
				t.Errorf("%s: something was put in place", tt.name)
			}
		}
		if _, err := store.Restore(ctx, backup, "postgres://x/y", true, now); !errors.Is(err, store.ErrNotSQLite) {
			t.Error(err)
		}
	})
	t.Run("where nothing is", func(t *testing.T) {
		to := filepath.Join(t.TempDir(), "new.db")
		if r, err := store.Restore(ctx, backup, to, false, now); err != nil || r.Kept != "" {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
