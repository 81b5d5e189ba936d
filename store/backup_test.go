package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"imdesk/store"
)

func TestBackup(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	s, err := store.Open(ctx, filepath.Join(dir, "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Operators.Add(ctx, store.Operator{Name: "mei", Role: store.RoleOwner}); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "b.db")
	if err := s.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy's mode: %v, %v", info.Mode(), err)
	}
	if err := s.Backup(ctx, copied); err == nil {
		t.Error("a backup overwrites a file")
	}
	if _, err := s.Operators.Add(ctx, store.Operator{Name: "tomasz", Role: store.RoleOwner}); err != nil {
		t.Errorf("writing after a backup: %v", err)
	}
	b, err := store.Open(ctx, copied)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Operators.ByName(ctx, "mei"); err != nil {
		t.Errorf("the copy lacks what was there: %v", err)
	}
	if _, err := b.Operators.ByName(ctx, "tomasz"); err == nil {
		t.Error("the copy has what came later")
	}
}
