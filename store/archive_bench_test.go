package store_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"imdesk/store"
	"imdesk/store/storetest"
)

func BenchmarkArchiveAddSQLite(b *testing.B) {
	benchmarkArchiveAdd(b, filepath.Join(b.TempDir(), "imdesk.db"))
}

func BenchmarkArchiveAddPostgreSQL(b *testing.B) {
	benchmarkArchiveAdd(b, storetest.StartPostgres(b).Schema(b))
}

// benchmarkArchiveAdd adds messages of a hundred groups as callbacks bring them: some hundred in one transaction, with their words.
func benchmarkArchiveAdd(b *testing.B, dsn string) {
	st, err := store.Open(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	})
	const batch, groups = 200, 100
	begun, seq := time.Now(), 0
	for b.Loop() {
		list := make([]store.Archived, batch)
		for i := range list {
			n := seq / groups
			list[i] = store.Archived{
				Place: store.Conversation{App: "a", Group: fmt.Sprint("g", seq%groups)}, Key: fmt.Sprint(n + 1), Seq: int64(n + 1), Counted: true,
				Sender: fmt.Sprint("u", seq%997), At: begun.Add(time.Duration(seq) * time.Millisecond), Types: []string{"text"},
				Text: fmt.Sprintf("message %d: 今晚的音乐会几点开始? see the plan at noon", seq), Body: "[]", Source: "event", Added: begun,
			}
			seq++
		}
		if n, err := st.Archive.Add(b.Context(), list); err != nil || n != batch {
			b.Fatalf("%d are new: %v", n, err)
		}
	}
	b.ReportMetric(float64(seq)/b.Elapsed().Seconds(), "messages/s")
}
