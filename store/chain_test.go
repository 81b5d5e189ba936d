package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"imdesk/store"
	"imdesk/store/storetest"
)

func TestChainSQLite(t *testing.T) {
	chainHolds(t, "sqlite", func(t *testing.T) string { return t.TempDir() + "/imdesk.db" })
}

func TestChainPostgreSQL(t *testing.T) {
	server := storetest.StartPostgres(t)
	chainHolds(t, "pgx", func(t *testing.T) string { return server.Schema(t) })
}

// fill records entries, outcomes between them: 7 records of 4 entries. The fourth entry is the sixth record.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	at := time.Date(2026, 4, 18, 15, 40, 0, 0, time.UTC)
	for i := range 4 {
		id, err := s.Audit.Begin(t.Context(), store.AuditEntry{
			At: at.Add(time.Duration(i) * time.Minute), OperatorID: "op", OperatorName: "Mei", Address: "::1", Request: "r", App: "demo",
			Action: "member.mute", Group: "g", Users: []string{"u1", "u2", "u1"}, Messages: []string{"7"}, Reason: "ads", Detail: []byte(`{"n":1}`),
		})
		if err == nil && i != 2 {
			err = s.Audit.Finish(t.Context(), id, store.AuditOutcome{
				At: at.Add(time.Hour), State: store.AuditPartial, VendorRequest: "v", ErrorKind: "k",
				Items: []store.AuditItem{{ID: "u1", Code: store.ItemOK}, {ID: "u2", Code: "denied"}},
			})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// guardsOff takes the database's own guards away, as somebody with its password could.
func guardsOff(t *testing.T, driver, dsn string) {
	t.Helper()
	behind(t, driver, dsn, map[string][]string{
		"sqlite": {
			`DROP TRIGGER audit_entry_update`, `DROP TRIGGER audit_entry_delete`, `DROP TRIGGER audit_outcome_update`,
			`DROP TRIGGER audit_outcome_delete`, `DROP TRIGGER audit_chain_update`, `DROP TRIGGER audit_chain_delete`,
			`DROP TRIGGER audit_salt_update`, `DROP TRIGGER audit_salt_delete`,
		},
		"pgx": {
			`ALTER TABLE audit_entry DISABLE TRIGGER ALL`, `ALTER TABLE audit_outcome DISABLE TRIGGER ALL`, `ALTER TABLE audit_chain DISABLE TRIGGER ALL`,
			`ALTER TABLE audit_salt DISABLE TRIGGER ALL`,
		},
	}[driver]...)
}

// behind changes the log behind the store's back.
func behind(t *testing.T, driver, dsn string, statements ...string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range statements {
		if _, err := db.ExecContext(context.Background(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

func verify(t *testing.T, s *store.Store) store.AuditCheck {
	t.Helper()
	v, err := s.Audit.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// faults are what Verify found, each as kind, record and entry.
func faults(v store.AuditCheck) string {
	var list []string
	for _, f := range v.Faults {
		list = append(list, fmt.Sprintf("%s %d/%d", f.Kind, f.Record, f.Entry))
	}
	return strings.Join(list, ", ")
}

// Columns of the tables after the first two, the id and the seq.
const (
	entryCells   = "at, operator_id, operator_name, address, request, app, action, group_id, undo_of, users, messages, reason, detail"
	outcomeCells = "at, state, vendor_request, error_kind, done, not_done, entry_at, items"
)

// copied adds a copy of a row with another id and seq.
func copied(table, cells string, id int, ids string) string {
	key := map[string]string{"audit_entry": "id", "audit_outcome": "entry_id"}[table]
	return fmt.Sprintf("INSERT INTO %s (%s, seq, %s) SELECT %s, %s FROM %s WHERE %s = %d", table, key, cells, ids, cells, table, key, id)
}

// shifted moves all records from the third on by one, and puts a copy of the first entry there.
var shifted = []string{
	`UPDATE audit_entry SET seq = -seq - 1 WHERE seq > 2`, `UPDATE audit_outcome SET seq = -seq - 1 WHERE seq > 2`,
	`UPDATE audit_entry SET seq = -seq WHERE seq < 0`, `UPDATE audit_outcome SET seq = -seq WHERE seq < 0`,
	copied("audit_entry", entryCells, 1, "99, 3"),
}

// takenOut erases and drops, and then changes what is left.
func takenOut(t *testing.T, driver, where string) {
	s := open(t, where)
	fill(t, s)
	by := store.AuditEntry{At: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), OperatorID: "op", OperatorName: "Mei", Reason: "asked for"}
	if n, err := s.Privacy.Drop(t.Context(), by, store.Drop{Before: by.At, Most: 1}); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if e, err := s.Privacy.Erase(t.Context(), by, "demo", "u2"); err != nil || e.Entries != 3 || e.Records != 5 {
		t.Fatalf("%+v %v", e, err)
	}
	if v := verify(t, s); len(v.Faults) > 0 || v.Erased != 5 || v.Dropped != 2 || v.Head.Records != 11 {
		t.Fatalf("%s %+v", faults(v), v)
	}
	guardsOff(t, driver, where)
	var keep, restore []string
	for _, table := range []string{"audit_target", "audit_outcome", "audit_entry", "audit_chain", "audit_salt"} {
		keep = append(keep, `CREATE TABLE kept_`+table+` AS SELECT * FROM `+table)
		restore = append([]string{`DELETE FROM ` + table}, append(restore, `INSERT INTO `+table+` SELECT * FROM kept_`+table)...)
	}
	behind(t, driver, where, keep...)
	for name, tt := range map[string]struct{ want, statement string }{
		"an erased entry is changed":     {"changed 5/3", `UPDATE audit_entry SET reason = 'x' WHERE id = 3`},
		"an erased outcome is changed":   {"changed 4/2", `UPDATE audit_outcome SET items = '[]' WHERE entry_id = 2`},
		"an erased salt is gone":         {"unsalted 5/3", `DELETE FROM audit_salt WHERE seq = 5`},
		"a dropped link is changed":      {"changed 1/0, changed 2/0, changed 3/2", `UPDATE audit_chain SET hash = 'x' WHERE seq IN (1, 2)`},
		"a dropped link is gone":         {"missing 1/0", `DELETE FROM audit_chain WHERE seq = 1`},
		"a dropped record is there":      {"unsalted 2/99", copied("audit_outcome", outcomeCells, 2, "99, 2")},
		"the entry of the drop is gone":  {"missing 1/0, missing 2/0, missing 8/0", `DELETE FROM audit_entry WHERE action = 'audit.drop'`},
		"it tells of more than it did":   {"changed 8/5", `UPDATE audit_entry SET detail = REPLACE(detail, '[[1,', '[[3,"x"],[1,') WHERE action = 'audit.drop'`},
		"the entry of the erase is gone": {"changed 3/2, changed 4/2, changed 5/3, changed 6/4, changed 7/4, missing 10/0", `DELETE FROM audit_entry WHERE action = 'audit.erase'`},
	} {
		t.Run(name, func(t *testing.T) {
			want := tt.want
			if name == "it tells of more than it did" {
				want = "changed 3/2, changed 8/5"
			}
			statements := []string{tt.statement}
			if driver == "pgx" {
				statements = append([]string{`ALTER TABLE audit_outcome DROP CONSTRAINT IF EXISTS audit_outcome_entry_id_fkey`}, statements...)
			}
			behind(t, driver, where, statements...)
			if got := faults(verify(t, s)); got != want {
				t.Errorf("found %q, want %q", got, want)
			}
			behind(t, driver, where, restore...)
			if got := faults(verify(t, s)); got != "" {
				t.Fatalf("put back: %s", got)
			}
		})
	}
}

func chainHolds(t *testing.T, driver string, dsn func(t *testing.T) string) {
	t.Run("as written", func(t *testing.T) {
		s := open(t, dsn(t))
		if v := verify(t, s); len(v.Faults) > 0 || v.Head != (store.AuditHead{}) {
			t.Errorf("an empty log: %+v", v)
		}
		fill(t, s)
		var links []string
		v, err := s.Audit.Verify(t.Context(), func(record int64, hash string) error {
			links = append(links, hash)
			if record != int64(len(links)) {
				t.Errorf("link %d comes as the %d.", record, len(links))
			}
			return nil
		})
		if err != nil || len(v.Faults) > 0 || v.Head.Entries != 4 || v.Head.Records != 7 || v.Erased != 0 {
			t.Fatalf("%+v %v", v, err)
		}
		if head, err := s.Audit.Head(t.Context()); err != nil || head != v.Head || len(links) != 7 || links[6] != head.Hash {
			t.Errorf("head %+v, links %v, %v", head, links, err)
		}
		if _, err := s.Audit.Verify(t.Context(), func(int64, string) error { return context.Canceled }); err == nil {
			t.Error("the check goes on after an error")
		}
	})

	texts := map[string]string{"users": `'["u1"]'`, "messages": `'["8"]'`, "detail": `'{"n":2}'`, "items": `'[]'`}
	changes := map[string]string{}
	for _, column := range []string{"at", "operator_id", "operator_name", "address", "request", "app", "action", "group_id", "undo_of", "users", "messages", "reason", "detail"} {
		value, ok := texts[column]
		if !ok {
			value = "'x'"
		}
		if column == "at" || column == "undo_of" {
			value = column + " + 1"
		}
		changes["UPDATE audit_entry SET "+column+" = "+value+" WHERE id = 3"] = "changed 5/3"
	}
	for _, column := range []string{"at", "state", "vendor_request", "error_kind", "done", "not_done", "entry_at", "items"} {
		value, ok := texts[column]
		if !ok {
			value = "'ok'"
		}
		if strings.HasSuffix(column, "at") || strings.HasSuffix(column, "done") {
			value = column + " + 1"
		}
		changes["UPDATE audit_outcome SET "+column+" = "+value+" WHERE entry_id = 2"] = "changed 4/2"
	}
	where := dsn(t)
	s := open(t, where)
	fill(t, s)
	guardsOff(t, driver, where)
	var keep, restore []string
	for _, table := range []string{"audit_target", "audit_open", "audit_outcome", "audit_entry", "audit_chain", "audit_salt", "audit_head"} {
		keep = append(keep, `CREATE TABLE kept_`+table+` AS SELECT * FROM `+table)
		restore = append([]string{`DELETE FROM ` + table}, append(restore, `INSERT INTO `+table+` SELECT * FROM kept_`+table)...)
	}
	behind(t, driver, where, keep...)
	finds := func(t *testing.T, want string, statements ...string) {
		t.Helper()
		behind(t, driver, where, statements...)
		if got := faults(verify(t, s)); got != want {
			t.Errorf("found %q, want %q", got, want)
		}
		behind(t, driver, where, restore...)
		if got := faults(verify(t, s)); got != "" {
			t.Fatalf("put back: %s", got)
		}
	}
	for change, want := range changes {
		t.Run(change, func(t *testing.T) { finds(t, want, change) })
	}
	for name, tt := range map[string]struct {
		want       string
		statements []string
	}{
		"an outcome is gone":            {"missing 4/0", []string{`DELETE FROM audit_outcome WHERE entry_id = 2`}},
		"an entry is gone":              {"missing 5/0", []string{`DELETE FROM audit_target WHERE entry_id = 3`, `DELETE FROM audit_open`, `DELETE FROM audit_entry WHERE id = 3`}},
		"without a trace in the chain":  {"missing 5/0", []string{`DELETE FROM audit_entry WHERE id = 3`, `DELETE FROM audit_chain WHERE seq = 5`}},
		"only the chain is cut":         {"unchained 5/3", []string{`DELETE FROM audit_chain WHERE seq = 5`}},
		"two change places":             {"changed 2/4, changed 7/1", []string{`UPDATE audit_outcome SET seq = 99 WHERE entry_id = 1`, `UPDATE audit_outcome SET seq = 2 WHERE entry_id = 4`, `UPDATE audit_outcome SET seq = 7 WHERE entry_id = 1`}},
		"the end is gone":               {"missing 6/0, missing 7/0", []string{`DELETE FROM audit_outcome WHERE entry_id = 4`, `DELETE FROM audit_entry WHERE id = 4`}},
		"the end is gone from the head": {"cut 5/0", []string{`UPDATE audit_head SET entries = 3, records = 5`}},
		"the head is changed":           {"cut 7/0", []string{`UPDATE audit_head SET hash = 'x'`}},
		"a link is changed":             {"changed 3/2, changed 4/2", []string{`UPDATE audit_chain SET hash = 'x' WHERE seq = 3`}},
		"two entries change places":     {"changed 3/4, changed 6/2", []string{`UPDATE audit_entry SET seq = 99 WHERE id = 2`, `UPDATE audit_entry SET seq = 3 WHERE id = 4`, `UPDATE audit_entry SET seq = 6 WHERE id = 2`}},
		"an entry comes in between":     {"changed 3/99, changed 4/2, changed 5/2, changed 6/3, changed 7/4, cut 7/0", shifted},
		"an entry is added":             {"cut 7/0", []string{copied("audit_entry", entryCells, 4, "99, 8")}},
		"an outcome is added":           {"cut 7/0", []string{copied("audit_outcome", outcomeCells, 4, "3, 8")}},
		"with a link that is none":      {"changed 8/3, cut 8/0", []string{copied("audit_outcome", outcomeCells, 4, "3, 8"), `INSERT INTO audit_chain SELECT 8, personal, hash FROM audit_chain WHERE seq = 7`, `INSERT INTO audit_salt SELECT 8, salt FROM audit_salt WHERE seq = 7`, `UPDATE audit_head SET records = 8`}},
		"two links change places":       {"changed 2/1, changed 3/2, changed 4/2", []string{`UPDATE audit_chain SET seq = 99 WHERE seq = 2`, `UPDATE audit_chain SET seq = 2 WHERE seq = 3`, `UPDATE audit_chain SET seq = 3 WHERE seq = 99`}},
		"a seal is changed":             {"changed 3/2", []string{`UPDATE audit_chain SET personal = 'x' WHERE seq = 3`}},
		"a salt is changed":             {"changed 3/2", []string{`UPDATE audit_salt SET salt = 'x' WHERE seq = 3`}},
		"a salt is gone":                {"unsalted 5/3", []string{`DELETE FROM audit_salt WHERE seq = 5`}},
		"erased by hand":                {"unsalted 5/3", []string{`UPDATE audit_entry SET users = '[]', messages = '[]', reason = '', detail = '{}' WHERE id = 3`, `DELETE FROM audit_salt WHERE seq = 5`}},
		"two salts change places":       {"changed 1/1, changed 7/4", []string{`UPDATE audit_salt SET seq = 99 WHERE seq = 1`, `UPDATE audit_salt SET seq = 1 WHERE seq = 7`, `UPDATE audit_salt SET seq = 7 WHERE seq = 99`}},
		"users that are no list":        {"changed 5/3", []string{`UPDATE audit_entry SET users = 'x' WHERE id = 3`}},
		"what is not found any more":    {"targets 3/2", []string{`DELETE FROM audit_target WHERE entry_id = 2 AND user_id = 'u1'`}},
	} {
		t.Run(name, func(t *testing.T) { finds(t, tt.want, tt.statements...) })
	}

	t.Run("what was taken out", func(t *testing.T) { takenOut(t, driver, dsn(t)) })

	// A log from before there was a chain is chained when the console starts.
	t.Run("an older log", func(t *testing.T) {
		where := dsn(t)
		s := open(t, where)
		for range 80 { // 560 records: more than are read at once
			fill(t, s)
		}
		guardsOff(t, driver, where)
		behind(t, driver, where, `DELETE FROM audit_chain`, `DELETE FROM audit_salt`, `UPDATE audit_head SET chained = 0, hash = ''`)
		if v := verify(t, s); len(v.Faults) != store.MaxAuditFaults {
			t.Errorf("without a chain: %d faults", len(v.Faults))
		}
		again, err := store.Open(t.Context(), where)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		fill(t, again)
		if v := verify(t, again); len(v.Faults) > 0 || v.Head.Records != 567 {
			t.Errorf("chained: %s, %+v", faults(v), v.Head)
		}
	})
}
