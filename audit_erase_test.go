package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imdesk/store"
)

func TestAuditErase(t *testing.T) {
	dir := t.TempDir()
	st, err := store.Open(t.Context(), filepath.Join(dir, "imdesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	id, err := st.Audit.Begin(t.Context(), store.AuditEntry{At: time.Now(), App: "demo", Action: "member.mute", Users: []string{"anna"}, Reason: "ads"})
	if err == nil {
		err = st.Audit.Finish(t.Context(), id, store.AuditOutcome{At: time.Now(), State: store.AuditOK})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	call := func(args ...string) (string, error) {
		var out, errs bytes.Buffer
		err := audit(t.Context(), append(args, "--data", dir), streams{out: &out, err: &errs})
		return out.String(), err
	}
	who := []string{"erase", "--app", "demo", "--user", "anna"}
	if out, err := call(who...); err != nil || !strings.Contains(out, "1 audit entries") || !strings.Contains(out, "nothing was changed") {
		t.Errorf("looked: %s %v", out, err)
	}
	if _, err := call(append(who, "--yes", "--reason", "for anna")...); err == nil {
		t.Error("the reason names the user")
	}
	if out, err := call(append(who, "--yes", "--reason", "a letter")...); err != nil || !strings.Contains(out, "erased: 1 audit entries") {
		t.Errorf("erased: %s %v", out, err)
	}
	if out, err := call("verify"); err != nil || !strings.Contains(out, "is erased") {
		t.Errorf("verified: %s %v", out, err)
	}
}
