package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// rig is a keeper on a real database.
type rig struct {
	*Keeper
	dir string
	st  *store.Store
}

// policies has one for app a.
func policies(p Policy) func() map[string]Policy {
	return func() map[string]Policy { return map[string]Policy{"a": p} }
}

func start(t *testing.T, dir string) *rig {
	t.Helper()
	st, err := store.Open(t.Context(), filepath.Join(dir, "imdesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{dir: dir, st: st, Keeper: &Keeper{
		Store: st.Archive, Policies: policies(Policy{Groups: true}), Spool: filepath.Join(dir, "spool.jsonl"), Log: slog.New(slog.DiscardHandler),
	}}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { r.Run(ctx); close(ended) }()
	t.Cleanup(func() {
		stop()
		<-ended
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func said(group string, n int) imclient.Event {
	id := fmt.Sprint(n)
	return imclient.Event{Group: group, Said: &imclient.Message{ID: id, Seq: id, From: "ann", At: time.Now(), Body: []imclient.Element{imclient.Text{Text: "word " + id}}}}
}

func (r *rig) count(t *testing.T, group string) int64 {
	t.Helper()
	n, err := r.st.Archive.Count(t.Context(), store.Conversation{App: "a", Group: group})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTake(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	var wg sync.WaitGroup
	for i := range 200 { // each twice
		wg.Go(func() {
			if err := r.Take(t.Context(), "a", said("g", i/2+1)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := r.count(t, "g"); n != 100 {
		t.Errorf("%d are kept", n)
	}
	if c := r.Counts("a"); c.Kept != 100 || c.Lost != 0 || c.Spooled != 0 || c.Last.IsZero() {
		t.Errorf("%+v", c)
	}
	for name, e := range map[string]imclient.Event{"no group": {Said: said("g", 1).Said}, "nothing said": {Group: "g"}} {
		if err := r.Take(t.Context(), "a", e); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := r.Take(t.Context(), "another", said("g", 500)); err != nil || r.count(t, "g") != 100 {
		t.Errorf("an app of which nothing is kept: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := r.Take(ended, "a", said("g", 501)); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// While the database is away, what is said goes to disk; afterwards it is in the database once, and the disk is clean.
func TestSpool(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, dir)
	if err := r.Take(t.Context(), "a", said("g", 1)); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "imdesk.db")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	busy, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for n := range 5 {
		wg.Go(func() {
			if err := r.Take(t.Context(), "a", said("g", n+1)); err != nil {
				t.Errorf("while the database is away: %v", err)
			}
		})
	}
	wg.Wait()
	b, err := os.ReadFile(r.Spool)
	if err != nil || strings.Count(string(b), "\n") < 5 {
		t.Fatalf("the spool: %v %s", err, b)
	}
	if info, err := os.Stat(r.Spool); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the spool: %v %v", info.Mode(), err)
	}
	if c := r.Counts("a"); c.Spooled == 0 {
		t.Errorf("%+v", c)
	}
	// A crash cut the last line off.
	f, err := os.OpenFile(r.Spool, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"App":"a","Said":[{"Pl`); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Close(), busy.Rollback()); err != nil {
		t.Fatal(err)
	}
	r.empty(t.Context())
	if n := r.count(t, "g"); n != 5 {
		t.Errorf("%d are kept", n)
	}
	if _, err := os.Stat(r.Spool); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the spool is still there: %v", err)
	}
	if c := r.Counts("a"); c.Spooled != 0 || c.Lost != 0 {
		t.Errorf("%+v", c)
	}
}

func TestDrop(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	for n := range 3 {
		e := said("g", n+1)
		e.Said.At = time.Now().Add(-time.Duration(n) * 24 * time.Hour)
		if err := r.Take(t.Context(), "a", e); err != nil {
			t.Fatal(err)
		}
	}
	(&Keeper{Store: r.Store, Policies: policies(Policy{Groups: true, For: 36 * time.Hour}), Log: r.Log, Now: time.Now}).drop(t.Context())
	if n := r.count(t, "g"); n != 2 {
		t.Errorf("%d are kept", n)
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	m := Message(store.Conversation{App: "a", Group: "g"}, imclient.Message{ID: "7", Seq: "7", From: "ann", Body: []imclient.Element{
		imclient.Text{Text: "see"}, imclient.Image{Sizes: []imclient.ImageSize{{URL: "https://x/y.jpg"}}}, imclient.File{Name: "a.pdf"}, imclient.Text{Text: "www.example.com"},
	}}, FromEvent)
	if m.Text != "see\na.pdf\nwww.example.com" || m.Has != store.HasImage|store.HasFile|store.HasLink || strings.Join(m.Types, ",") != "text,image,file" || !m.Counted || m.Seq != 7 {
		t.Errorf("%+v", m)
	}
	if !strings.Contains(m.Body, "y.jpg") {
		t.Errorf("the body: %s", m.Body)
	}
	if m := Message(store.Conversation{App: "a", Group: "g"}, imclient.Message{ID: "1691070514797524328", Seq: "1745000000000000"}, FromEvent); m.Counted || m.Seq != 1745000000000000 || m.Key != "1691070514797524328" {
		t.Errorf("a position that is a time: %+v", m)
	}
}
