package store_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"imdesk/store"
	"imdesk/store/storetest"
)

// auditSize is the size of the log that the benchmark reads.
const auditSize = 1_000_000

// fillAudit writes a log of a year behind the store's back, for speed: 40 operators, 3 apps, 5,000 groups, 200,000 users,
// one refusal in fifty, the rarest values only at the far end.
var fillAudit = []string{
	fmt.Sprintf(`INSERT INTO audit_entry (id, seq, at, operator_id, operator_name, address, request, app, action,
	group_id, users, messages, reason, detail, undo_of)
WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d)
SELECT i, i * 2, 1700000000000 + i * 31000, CASE WHEN i < 100 THEN 'rare' ELSE 'op' || (i * 7919 %% 40) END, 'Mei Lin', '198.51.100.7',
	'r' || i, CASE WHEN i < 100 THEN 'rare' ELSE 'app' || (i * 31 %% 3) END,
	CASE WHEN i < 100 THEN 'rare' WHEN i %% 2 = 0 THEN 'operator.signin' ELSE 'member.mute' END,
	CASE WHEN i %% 2 = 0 THEN '' ELSE 'g' || (i * 104729 %% 5000) END,
	'["u' || (i * 7907 %% 200000) || '"]', '[]', 'advertising', '{}', 0 FROM n`, auditSize),
	`INSERT INTO audit_outcome (entry_id, seq, at, state, items, vendor_request, error_kind, done, not_done, entry_at)
SELECT id, seq + 1, at + 80, CASE WHEN id % 50 = 0 THEN 'failed' ELSE 'ok' END, '[]', 'v', '', 1, 0, at
FROM audit_entry WHERE id % 100000 <> 7`,
	`INSERT INTO audit_target (user_id, app, entry_at, entry_id) SELECT 'u' || (id * 7907 % 200000), app, at, id FROM audit_entry`,
	`INSERT INTO audit_open (entry_id, entry_at) SELECT id, at FROM audit_entry WHERE id % 100000 = 7`,
	fmt.Sprintf(`UPDATE audit_head SET entries = %d, records = %d`, auditSize, 2*auditSize+1),
}

func BenchmarkAuditSQLite(b *testing.B) {
	benchmarkAudit(b, "sqlite", filepath.Join(b.TempDir(), "imdesk.db"))
}

func BenchmarkAuditPostgreSQL(b *testing.B) {
	benchmarkAudit(b, "pgx", storetest.StartPostgres(b).Schema(b))
}

// benchmarkAudit reads a page of 50 by each filter: the newest, and one from the middle.
func benchmarkAudit(b *testing.B, driver, dsn string) {
	s, err := store.Open(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for _, statement := range fillAudit {
		if err := run(b.Context(), driver, dsn, statement); err != nil {
			b.Fatal(err)
		}
	}
	if driver == "pgx" { // as its autovacuum does; SQLite gets no statistics from us
		if err := run(b.Context(), driver, dsn, `ANALYZE`); err != nil {
			b.Fatal(err)
		}
	}
	middle := time.UnixMilli(1700000000000 + auditSize/2*31000)
	for _, bb := range []struct {
		name string
		f    store.AuditFilter
	}{
		{"all", store.AuditFilter{}},
		{"operator", store.AuditFilter{OperatorID: "op7"}},
		{"app", store.AuditFilter{App: "app1"}},
		{"group", store.AuditFilter{Group: "g7", App: "app1"}},
		{"user", store.AuditFilter{User: "u4900", App: "app1"}},
		{"action", store.AuditFilter{Action: "member.mute"}},
		{"without sign-ins", store.AuditFilter{NotActions: []string{"operator.signin"}}},
		{"rare operator", store.AuditFilter{OperatorID: "rare"}},
		{"rare app", store.AuditFilter{App: "rare"}},
		{"failed", store.AuditFilter{State: store.AuditFailed}},
		{"pending", store.AuditFilter{State: store.AuditPending}},
		{"a day", store.AuditFilter{From: middle.Add(-24 * time.Hour), Until: middle}},
		{"until the middle", store.AuditFilter{Until: middle}},
		{"operator and day", store.AuditFilter{OperatorID: "op7", From: middle.Add(-24 * time.Hour), Until: middle}},
		{"operator and action", store.AuditFilter{OperatorID: "op7", Action: "rare"}},
		{"operator and failed", store.AuditFilter{OperatorID: "op7", State: store.AuditFailed}},
		{"app and rare action", store.AuditFilter{App: "app1", Action: "rare"}},
	} {
		for _, from := range []struct {
			name   string
			before int64
		}{{"newest", 0}, {"middle", auditSize / 2}} {
			b.Run(bb.name+"/"+from.name, func(b *testing.B) {
				n := 0
				for b.Loop() {
					list, err := s.Audit.List(b.Context(), bb.f, from.before, 50)
					if err != nil {
						b.Fatal(err)
					}
					n = len(list)
				}
				b.ReportMetric(float64(n), "rows")
			})
		}
	}
	b.Run("begin and finish", func(b *testing.B) {
		for b.Loop() {
			id, err := s.Audit.Begin(b.Context(), store.AuditEntry{At: time.Now(), Action: "member.mute", App: "app1", Group: "g7", Users: []string{"u1"}})
			if err == nil {
				err = s.Audit.Finish(b.Context(), id, store.AuditOutcome{At: time.Now(), State: store.AuditOK})
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
