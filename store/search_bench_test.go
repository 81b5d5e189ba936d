package store_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/store"
	"imdesk/store/storetest"
	"imdesk/terms"
)

// Sizes of what is searched: go test ./store -run '^$' -bench Search -benchtime 1x -args -search.messages=5000000
var (
	searchMessages = flag.Int("search.messages", 1_000_000, "messages that the benchmark of searching makes")
	searchNames    = flag.Int("search.names", 300_000, "names that the benchmark of finding names makes: one in six is a group's")
)

func BenchmarkSearchSQLite(b *testing.B) {
	benchmarkSearch(b, "sqlite", filepath.Join(b.TempDir(), "imdesk.db"))
}

func BenchmarkSearchPostgreSQL(b *testing.B) {
	benchmarkSearch(b, "pgx", storetest.StartPostgres(b).Schema(b))
}

const (
	searchPlaces  = 2000
	searchSenders = 50_000
	searchEvery   = 700 * time.Millisecond // between two messages
	searchIDShift = 20
)

var searchBegin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// fillSearch writes messages of real text: lines as they are, and pairs of them, so that few say the same.
func fillSearch(b *testing.B, s *store.Store, talk []string) {
	random := rand.New(rand.NewPCG(1, 1))
	zipf := rand.NewZipf(random, 1.2, 8, searchPlaces-1)
	start := time.Now()
	for from := 0; from < *searchMessages; {
		list := make([]store.Archived, min(20_000, *searchMessages-from))
		for i := range list {
			n := from + i
			what := talk[random.IntN(len(talk))]
			if n >= len(talk) {
				what += " " + talk[random.IntN(len(talk))]
			}
			at := searchBegin.Add(time.Duration(n) * searchEvery)
			m := store.Archived{
				ID: at.UnixMilli() << searchIDShift, Place: store.Conversation{App: "a", Group: fmt.Sprint("g", zipf.Uint64())}, Key: fmt.Sprint(n), Seq: int64(n),
				Sender: fmt.Sprint("u", random.IntN(searchSenders)), At: at, Types: []string{"text"}, Text: what,
			}
			if strings.Contains(what, "http") {
				m.Has = store.HasLink
			}
			if n%5000 == 0 {
				m.State = store.ArchiveRecalled
			}
			list[i] = m
		}
		if err := s.FillArchive(b.Context(), list); err != nil {
			b.Fatal(err)
		}
		from += len(list)
	}
	b.Logf("%d messages with their index in %v", *searchMessages, time.Since(start).Round(time.Second))
}

// benchmarkSearch times shapes of searches, as p50 and p95 of 40 each, and beside them what a database does without our index.
func benchmarkSearch(b *testing.B, driver, dsn string) {
	talk := storetest.Talk(b)
	s, err := store.Open(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	fillSearch(b, s, talk)
	statements := []string{`CREATE VIRTUAL TABLE tri USING fts5 (text, content = '', tokenize = 'trigram')`, `INSERT INTO tri (rowid, text) SELECT id, text FROM archive_message`}
	if driver == "pgx" {
		statements = []string{`CREATE EXTENSION IF NOT EXISTS pg_trgm`, `CREATE INDEX tri ON archive_message USING GIN (text gin_trgm_ops)`, `ANALYZE`, `VACUUM archive_words`}
	}
	for _, statement := range statements {
		start := time.Now()
		if err := run(b.Context(), driver, dsn, statement); err != nil {
			b.Fatal(err)
		}
		b.Logf("%.40s: %v", statement, time.Since(start).Round(time.Second))
	}
	random := rand.New(rand.NewPCG(2, 2))
	pick := func(han bool) []rune {
		for {
			if r := []rune(talk[random.IntN(len(talk))]); len(r) > 12 && (r[len(r)/2] > 0x2E80) == han {
				return r
			}
		}
	}
	pair := func() string { // two characters, as most words of Chinese are
		r := pick(true)
		at := len(r) / 2
		return string(r[at : at+2])
	}
	word := func() string {
		for {
			for w := range strings.FieldsSeq(string(pick(false))) {
				if len(w) > 4 && len(terms.Parts(w)) == 1 {
					return w
				}
			}
		}
	}
	middle := searchBegin.Add(time.Duration(*searchMessages/2) * searchEvery)
	all := func(words ...string) store.SearchQuery {
		var q store.SearchQuery
		for _, w := range words {
			if p, ok := terms.PhraseOf(w); ok {
				q.All = append(q.All, p)
			}
		}
		return q
	}
	shapes := []struct {
		name string
		make func() (store.SearchQuery, string)
	}{
		{"two characters", func() (store.SearchQuery, string) { w := pair(); return all(w), w }},
		{"one word", func() (store.SearchQuery, string) { w := word(); return all(w), w }},
		{"a phrase", func() (store.SearchQuery, string) {
			r := pick(true)
			w := string(r[2:10])
			return all(w), w
		}},
		{"the most frequent words", func() (store.SearchQuery, string) { return all("the"), "the" }},
		{"two frequent words", func() (store.SearchQuery, string) { return all("the", "的"), "" }},
		{"a frequent word of one sender", func() (store.SearchQuery, string) {
			q := all("the")
			q.Senders = []string{fmt.Sprint("u", random.IntN(searchSenders))}
			return q, ""
		}},
		{"a frequent word in a quiet group", func() (store.SearchQuery, string) {
			q := all("the")
			q.Places = []store.Conversation{{App: "a", Group: fmt.Sprint("g", searchPlaces-1-random.IntN(100))}}
			return q, ""
		}},
		{"filters alone", func() (store.SearchQuery, string) { return store.SearchQuery{Has: store.HasLink}, "" }},
		{"what was recalled", func() (store.SearchQuery, string) { return store.SearchQuery{State: store.ArchiveRecalled}, "" }},
		{"a day long ago", func() (store.SearchQuery, string) {
			q := all(pair())
			q.Since, q.Until = middle, middle.Add(24*time.Hour)
			return q, ""
		}},
		{"a frequent word, long ago", func() (store.SearchQuery, string) { q := all("the"); q.Until = middle; return q, "" }},
		{"without a word", func() (store.SearchQuery, string) {
			q := all(pair())
			q.None = all("的").All
			return q, ""
		}},
	}
	for _, shape := range shapes {
		b.Run(shape.name, func(b *testing.B) {
			var ours, scans, grams []time.Duration
			for i := range 40 {
				q, what := shape.make()
				q.Apps, q.N, q.GroupsOnly, q.NotRecalled = []string{"a"}, 50, true, q.State == store.ArchiveSaid
				ours = append(ours, timed(b, func(ctx context.Context) error { _, _, err := s.Archive.Search(ctx, q); return err }))
				if what == "" || i >= 5 {
					continue
				}
				like := "%" + what + "%"
				scan, gram, args := `SELECT id FROM archive_message WHERE text LIKE ? ORDER BY id DESC LIMIT 51`, `SELECT rowid FROM tri WHERE tri MATCH ? ORDER BY rowid DESC LIMIT 51`, []any{`"` + strings.ReplaceAll(what, `"`, `""`) + `"`}
				if driver == "pgx" {
					scan, gram, args = `SELECT id FROM (SELECT id, text || '' AS text FROM archive_message) m WHERE text LIKE $1 ORDER BY id DESC LIMIT 51`,
						`SELECT id FROM (SELECT id FROM archive_message WHERE text LIKE $1 OFFSET 0) m ORDER BY id DESC LIMIT 51`, []any{like}
				}
				scans = append(scans, timed(b, func(ctx context.Context) error { return readAll(ctx, s, scan, like) }))
				grams = append(grams, timed(b, func(ctx context.Context) error { return readAll(ctx, s, gram, args...) }))
			}
			report(b, "", ours)
			report(b, "scan_", scans)
			report(b, "trigram_", grams)
		})
	}
}

func readAll(ctx context.Context, s *store.Store, query string, args ...any) error {
	rows, err := s.Raw().QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

func timed(b *testing.B, f func(context.Context) error) time.Duration {
	b.Helper()
	start := time.Now()
	if err := f(b.Context()); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// report writes the middle and the 95th of a hundred.
func report(b *testing.B, prefix string, list []time.Duration) {
	if len(list) == 0 {
		return
	}
	slices.Sort(list)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(list[len(list)/2]), prefix+"p50_ms")
	b.ReportMetric(ms(list[len(list)*95/100]), prefix+"p95_ms")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkNamesSQLite(b *testing.B) {
	benchmarkNames(b, "sqlite", filepath.Join(b.TempDir(), "imdesk.db"))
}

func BenchmarkNamesPostgreSQL(b *testing.B) {
	benchmarkNames(b, "pgx", storetest.StartPostgres(b).Schema(b))
}

// benchmarkNames finds groups and people by parts of names that are made of words of real text.
func benchmarkNames(b *testing.B, driver, dsn string) {
	talk := storetest.Talk(b)
	s, err := store.Open(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	random := rand.New(rand.NewPCG(3, 3))
	name := func() string {
		r := []rune(talk[random.IntN(len(talk))])
		from := random.IntN(len(r))
		return strings.TrimSpace(string(r[from:min(len(r), from+3+random.IntN(9))]))
	}
	start := time.Now()
	for from := 0; from < *searchNames; {
		list := make([]store.Name, min(20_000, *searchNames-from))
		for i := range list {
			n := from + i
			v := store.Name{App: "a", Kind: store.KindUser, ID: fmt.Sprint("u_", 1_000_000+n*7919%10_000_019), Name: name(), Members: -1}
			if n%6 == 0 {
				v.Kind, v.ID, v.Type, v.Members = store.KindGroup, fmt.Sprint("@TGS#", n), "Public", n%200
			}
			list[i] = v
		}
		if err := s.FillNames(b.Context(), int64(from+1), list); err != nil {
			b.Fatal(err)
		}
		from += len(list)
	}
	b.Logf("%d names with their index in %v", *searchNames, time.Since(start).Round(time.Second))
	if driver == "pgx" {
		for _, statement := range []string{`ANALYZE`, `VACUUM known_words`} {
			if err := run(b.Context(), driver, dsn, statement); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, n := range []int{1, 2, 3, 5} {
		b.Run(fmt.Sprintf("%d characters", n), func(b *testing.B) {
			var took []time.Duration
			for i := range 60 {
				r := []rune(name())
				kind := []string{store.KindUser, store.KindGroup}[i%2]
				what := string(r[:min(n, len(r))])
				took = append(took, timed(b, func(ctx context.Context) error {
					_, err := s.Directory.Find(ctx, store.NameQuery{Apps: []string{"a"}, Kind: kind, Text: what, N: 6})
					return err
				}))
			}
			report(b, "", took)
		})
	}
}
