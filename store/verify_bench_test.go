package store_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"imdesk/store"
	"imdesk/store/storetest"
)

func BenchmarkVerifySQLite(b *testing.B) {
	benchmarkVerify(b, filepath.Join(b.TempDir(), "imdesk.db"))
}

func BenchmarkVerifyPostgreSQL(b *testing.B) {
	benchmarkVerify(b, storetest.StartPostgres(b).Schema(b))
}

// benchmarkVerify verifies a log of 100,000 entries with an outcome each.
func benchmarkVerify(b *testing.B, dsn string) {
	const entries = 100_000
	s, err := store.Open(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	at := time.Date(2026, 4, 18, 15, 40, 0, 0, time.UTC)
	list := make([]store.AuditEntry, entries)
	for i := range list {
		list[i] = store.AuditEntry{
			At: at.Add(time.Duration(i) * time.Second), OperatorID: "op", OperatorName: "Mei", Address: "::1", Request: "r", App: "demo", Action: "member.mute",
			Group: "g", Users: []string{fmt.Sprintf("u%d", i%1000)}, Reason: "ads", Detail: []byte(`{"items":[{"id":"u","before":""}],"want":"forever"}`),
		}
	}
	if err := s.Fill(b.Context(), list); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		v, err := s.Audit.Verify(b.Context(), nil)
		if err != nil || len(v.Faults) > 0 || v.Head.Records != 2*entries {
			b.Fatalf("%+v %v", v, err)
		}
	}
}
