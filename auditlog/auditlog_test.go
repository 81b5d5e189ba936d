package auditlog_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imdesk/auditlog"
	"imdesk/store"
)

func newLog(t *testing.T) store.AuditLog {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "imdesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.Audit
}

func record(t *testing.T, log store.AuditLog, n int) {
	t.Helper()
	for range n {
		id, err := log.Begin(context.Background(), store.AuditEntry{At: time.Now(), Action: "member.mute", App: "demo", Users: []string{"u"}})
		if err == nil {
			err = log.Finish(context.Background(), id, store.AuditOutcome{At: time.Now(), State: store.AuditOK})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func newKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	key, err := auditlog.LoadKey(filepath.Join(t.TempDir(), "audit.key"), true)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// heads reads the file and checks the signatures.
func heads(t *testing.T, file string, key ed25519.PrivateKey) []auditlog.Head {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := auditlog.ReadHeads(f, key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "audit.key")
	if _, err := auditlog.LoadKey(file, false); err == nil {
		t.Error("a key out of nothing")
	}
	made, err := auditlog.LoadKey(file, true)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v %v", info, err)
	}
	if again, err := auditlog.LoadKey(file, true); err != nil || !again.Equal(made) {
		t.Errorf("another key: %v", err)
	}
	if public, err := auditlog.ParsePublicKey(auditlog.PublicKeyText(made)); err != nil || !public.Equal(made.Public()) {
		t.Errorf("another public key: %v", err)
	}
	if err := os.WriteFile(file, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := auditlog.LoadKey(file, true); err == nil {
		t.Error("nonsense is a key")
	}
	for _, wrong := range []string{"", "00", strings.Repeat("x", 64)} {
		if _, err := auditlog.ParsePublicKey(wrong); err == nil {
			t.Errorf("%q is a key", wrong)
		}
	}
}

// A head is written at first, when something was recorded within ten minutes, and at the end.
func TestHeadsAreKept(t *testing.T) {
	log, key := newLog(t), newKey(t)
	file := filepath.Join(t.TempDir(), "heads.jsonl")
	record(t, log, 2)
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			auditlog.KeepHeads(ctx, log, file, key, time.Now, slog.New(slog.DiscardHandler))
		}()
		time.Sleep(3 * auditlog.Every)
		record(t, log, 1)
		time.Sleep(2 * auditlog.Every)
		record(t, log, 1)
		stop()
		<-done
	})
	var records []int64
	for _, h := range heads(t, file, key) {
		records = append(records, h.Records)
	}
	if len(records) != 3 || records[0] != 4 || records[1] != 6 || records[2] != 8 {
		t.Errorf("heads of %v records", records)
	}
}

func TestReadHeads(t *testing.T) {
	log, key := newLog(t), newKey(t)
	file := filepath.Join(t.TempDir(), "heads.jsonl")
	record(t, log, 1)
	ended, end := context.WithCancel(t.Context())
	end()
	auditlog.KeepHeads(ended, log, file, key, time.Now, slog.New(slog.DiscardHandler))
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	public := key.Public().(ed25519.PublicKey)
	for name, tt := range map[string]struct {
		text string
		key  ed25519.PublicKey
		want string
	}{
		"another count": {strings.Replace(string(b), `"records":2`, `"records":3`, 1), public, "line 1 was not signed"},
		"another key":   {string(b), newKey(t).Public().(ed25519.PublicKey), "line 1 was not signed"},
		"no JSON":       {string(b) + "x\n", public, "line 2 is no head"},
		"no signature":  {`{"records":2}`, public, "line 1 was not signed"},
	} {
		if _, err := auditlog.ReadHeads(strings.NewReader(tt.text), tt.key); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// A log that was made anew from its beginning has a chain that fits; the heads tell.
func TestVerify(t *testing.T) {
	log, key := newLog(t), newKey(t)
	file := filepath.Join(t.TempDir(), "heads.jsonl")
	ended, end := context.WithCancel(t.Context())
	end()
	for range 3 {
		record(t, log, 2)
		auditlog.KeepHeads(ended, log, file, key, time.Now, slog.New(slog.DiscardHandler))
	}
	kept := heads(t, file, key)
	if r, err := auditlog.Verify(t.Context(), log, kept); err != nil || !r.Good() || r.Heads != 3 {
		t.Errorf("%+v %v", r, err)
	}
	forged := newLog(t)
	record(t, forged, 5) // one entry less, and others
	r, err := auditlog.Verify(t.Context(), forged, kept)
	if err != nil || r.Good() || len(r.Faults) != 0 || len(r.Broken) != 3 {
		t.Errorf("forged: %+v %v", r, err)
	}
}

func TestWriteStops(t *testing.T) {
	log := newLog(t)
	record(t, log, 5)
	for _, format := range auditlog.Formats() {
		var b bytes.Buffer
		n, err := auditlog.Write(t.Context(), &b, log, store.AuditFilter{}, format, 3)
		lines := strings.Count(b.String(), "\n")
		if format == auditlog.CSV {
			lines--
		}
		if err != nil || n != 3 || lines != 3 {
			t.Errorf("%s: %d entries, %d lines, %v", format, n, lines, err)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := auditlog.Write(ended, &bytes.Buffer{}, log, store.AuditFilter{}, auditlog.JSONL, 0); err == nil {
		t.Error("an export that was stopped looks whole")
	}
}
