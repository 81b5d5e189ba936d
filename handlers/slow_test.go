package handlers

import (
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
)

// A database that keeps a request waiting until its time is up says that it was interrupted; people read what that means.
func TestBusyDatabase(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	h := newHarnessAt(t, setting{folder: folder})
	h.newUsers("ann", "olga")
	b := h.as(auth.Owner)
	h.server.timeout = 500 * time.Millisecond

	other, err := sql.Open("sqlite", "file:"+filepath.Join(folder, "imdesk.db")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { check(t, other.Close()) }()
	busy, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := b.post(appURL(h.app)+"/direct/open", with(nil, "user", "ann", "peer", "olga", "reason", "complaint"))
	if a.status != http.StatusGatewayTimeout || !strings.Contains(a.text(), "Nothing was changed") {
		t.Errorf("while another writes: status %d\n%s", a.status, a.text())
	}
	check(t, busy.Rollback())

	h.server.timeout = time.Minute
	if a := b.post(appURL(h.app)+"/direct/open", with(nil, "user", "ann", "peer", "olga", "reason", "complaint")); a.status != http.StatusSeeOther {
		t.Errorf("afterwards: status %d\n%s", a.status, a.text())
	}
}
