package main

import (
	"path/filepath"
	"strings"
	"testing"

	"imdesk/store/storetest"
)

// TestBackupRestoreAndCopy is what somebody does who looks after an installation: a backup, a restore, a move to PostgreSQL and
// back.
func TestBackupRestoreAndCopy(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "a backup.db")
	ok := func(args ...string) string {
		t.Helper()
		code, out, errs := runCommand(t, "", args...)
		if code != 0 {
			t.Fatalf("%q: exit %d, %s", args, code, errs)
		}
		return out
	}
	refused := func(want string, args ...string) {
		t.Helper()
		code, _, errs := runCommand(t, "", args...)
		if code != 2 || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit %d, %q, want %q", args, code, errs, want)
		}
	}
	ok("operator", "add", "mei", "--role", "owner", "--data", data)
	ok("backup", file, "--data", data)
	ok("operator", "add", "lin", "--role", "support", "--data", data)

	refused("--force", "restore", file, "--data", data)
	if out := ok("operator", "list", "--data", data); !strings.Contains(out, "lin") {
		t.Errorf("a refused restore changed something: %s", out)
	}
	out := ok("restore", "--force", file, "--data", data)
	if !strings.Contains(out, "as it was written") || !strings.Contains(out, "before-") {
		t.Errorf("restored: %s", out)
	}
	if out := ok("operator", "list", "--data", data); strings.Contains(out, "lin") || !strings.Contains(out, "mei") {
		t.Errorf("after the restore: %s", out)
	}

	dsn, database := storetest.StartPostgres(t).Schema(t), filepath.Join(data, "imdesk.db")
	t.Setenv("MOVE_TO", dsn)
	if out := ok("copy", "--from", database, "--to", "env:MOVE_TO"); !strings.Contains(out, "operator: 1\n") || !strings.Contains(out, "as it was written") {
		t.Errorf("copied: %s", out)
	}
	refused("not empty", "copy", "--from", database, "--to", dsn)
	back := filepath.Join(dir, "back.db")
	ok("copy", "--from", dsn, "--to", back)
	t.Setenv("IMDESK_DATABASE", dsn)
	if out := ok("operator", "list", "--data", data); !strings.Contains(out, "mei") {
		t.Errorf("on PostgreSQL: %s", out)
	}
	t.Setenv("IMDESK_DATABASE", strings.Replace(dsn, "postgres@", "postgres:hush@", 1))
	for _, command := range []string{"backup", "restore"} {
		code, _, errs := runCommand(t, "", command, file, "--data", data)
		if code != 2 || !strings.Contains(errs, map[string]string{"backup": "pg_dump", "restore": "pg_restore"}[command]) || strings.Contains(errs, "hush") {
			t.Errorf("%s of PostgreSQL: %d, %s", command, code, errs)
		}
	}
	refused("MOVE_FROM", "copy", "--from", "env:MOVE_FROM", "--to", back)
	refused("--from holds a password", "copy", "--from", "postgres://a:hush@127.0.0.1/x", "--to", back)
	refused("needs --from and --to", "copy", "--from", back)
	code, _, _ := runCommand(t, "", "copy", "--from", filepath.Join(dir, "none.db"), "--to", filepath.Join(dir, "new.db"))
	if code == 0 {
		t.Error("nothing was copied without a complaint")
	}
}
