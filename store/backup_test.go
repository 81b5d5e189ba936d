package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"imdesk/store"
)

func TestBackup(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "imdesk.db"))
	add := func(name string) {
		t.Helper()
		if _, err := s.Operators.Add(t.Context(), store.Operator{Name: name}); err != nil {
			t.Error(err)
		}
	}
	add("before")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // the console goes on writing
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				add(fmt.Sprint("meanwhile ", i))
			}
		}
	}()
	copied := filepath.Join(dir, "file:copy 100%?.db")
	if err := s.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	close(stop)
	<-stopped
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := open(t, copied).Operators.ByName(t.Context(), "before"); err != nil {
		t.Error("in the copy:", err)
	}
	add("after")
	if err := s.Backup(t.Context(), copied); !errors.Is(err, os.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "none", "copy.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("into no folder: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	given := filepath.Join(dir, "given up.db")
	if err := s.Backup(ctx, given); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	if _, err := os.Stat(given); !os.IsNotExist(err) {
		t.Error("half a copy is left")
	}
}
