package store_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"imdesk/store"
	"imdesk/store/storetest"
	"imdesk/terms"
)

// Sizes of what is searched: go test ./store -run '^$' -bench Search -benchtime 1x -timeout 3h -args -search.messages=1000000,5000000,10000000
var (
	searchMessages = flag.String("search.messages", "50000", "how many messages the benchmark of searching makes: sizes with commas, each is measured on the way to the next")
	searchTrigrams = flag.Int("search.trigrams", 5_000_000, "up to how many messages the database's own trigram index is made, too")
	searchScans    = flag.Int("search.scans", 5, "of how many searches of a kind a plain scan and the trigram index are timed")
	searchNames    = flag.String("search.names", "60000", "how many names the benchmark of finding names makes, as search.messages; one in six is a group's")
)

func sizes(b *testing.B, list string) (out []int) {
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

func BenchmarkSearchSQLite(b *testing.B) {
	benchmarkSearch(b, "sqlite", filepath.Join(b.TempDir(), "imdesk.db"))
}

func BenchmarkSearchPostgreSQL(b *testing.B) {
	benchmarkSearch(b, "pgx", storetest.StartPostgres(b).Schema(b))
}

const (
	searchPlaces  = 2000
	searchSenders = 50_000
	searchEvery   = 300 * time.Millisecond // between two messages: two million a week
	searchIDShift = 20
)

var searchBegin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// searched is a database on its way to its largest size.
type searched struct {
	s           *store.Store
	driver, dsn string
	talk        []string
	vocabulary
	random  *rand.Rand // of messages
	zipf    *rand.Zipf
	n       int
	grammed int64 // up to which message SQLite's trigram index goes
}

// fill writes messages of real text: lines as they are, and pairs of them, so that few say the same.
func (d *searched) fill(b *testing.B, size int) {
	start := time.Now()
	old := d.n
	if err := d.s.Filling(b.Context(), true); err != nil {
		b.Fatal(err)
	}
	for d.n < size {
		list := make([]store.Archived, min(20_000, size-d.n))
		for i := range list {
			n := d.n + i
			what := d.talk[d.random.IntN(len(d.talk))]
			if n >= len(d.talk) {
				what += " " + d.talk[d.random.IntN(len(d.talk))]
			}
			at := searchBegin.Add(time.Duration(n) * searchEvery)
			m := store.Archived{
				ID: at.UnixMilli() << searchIDShift, Place: store.Conversation{App: "a", Group: fmt.Sprint("g", d.zipf.Uint64())}, Key: fmt.Sprint(n), Seq: int64(n),
				Sender: fmt.Sprint("u", d.random.IntN(searchSenders)), At: at, Types: []string{"text"}, Text: what,
			}
			if strings.Contains(what, "http") {
				m.Has = store.HasLink
			}
			if n%5000 == 0 {
				m.State = store.ArchiveRecalled
			}
			list[i] = m
		}
		if err := d.s.FillArchive(b.Context(), list); err != nil {
			b.Fatal(err)
		}
		d.n += len(list)
	}
	if err := d.s.Filling(b.Context(), false); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d messages with their index in %v", size-old, time.Since(start).Round(time.Second))
}

// trigrams brings the database's own trigram index up to date.
func (d *searched) trigrams(b *testing.B) {
	start := time.Now()
	statements := []string{`CREATE VIRTUAL TABLE IF NOT EXISTS tri USING fts5 (text, content = '', tokenize = 'trigram')`,
		fmt.Sprintf(`INSERT INTO tri (rowid, text) SELECT id, text FROM archive_message WHERE id > %d`, d.grammed)}
	if d.driver == "pgx" {
		statements = []string{`CREATE EXTENSION IF NOT EXISTS pg_trgm`, `CREATE INDEX tri ON archive_message USING GIN (text gin_trgm_ops)`}
	}
	for _, statement := range statements {
		if err := run(b.Context(), d.driver, d.dsn, statement); err != nil {
			b.Fatal(err)
		}
	}
	d.grammed = d.last().UnixMilli() << searchIDShift
	b.Logf("trigram index in %v", time.Since(start).Round(time.Second))
}

func (d *searched) last() time.Time { return searchBegin.Add(time.Duration(d.n-1) * searchEvery) }

// weigh tells how large text and indexes are.
func (d *searched) weigh(b *testing.B, trigrams bool) {
	ask := map[string]string{
		"text": `SELECT SUM(LENGTH(CAST(text AS BLOB))) FROM archive_message`, "index": `SELECT SUM(LENGTH(block)) FROM archive_words_data`,
		"trigrams": `SELECT SUM(LENGTH(block)) FROM tri_data`,
	}
	if d.driver == "pgx" {
		ask = map[string]string{"text": `SELECT SUM(OCTET_LENGTH(text)) FROM archive_message`, "index": `SELECT pg_relation_size('archive_words_words')`,
			"words": `SELECT pg_table_size('archive_words')`, "trigrams": `SELECT pg_relation_size('tri')`}
	}
	for _, what := range slices.Sorted(maps.Keys(ask)) {
		if what == "trigrams" && !trigrams {
			continue
		}
		var bytes float64
		if err := d.s.Raw().QueryRowContext(b.Context(), ask[what]).Scan(&bytes); err != nil {
			b.Fatal(err)
		}
		b.Logf("%s: %.0f MB, %.0f bytes a message", what, bytes/1e6, bytes/float64(d.n))
	}
}

// vocabulary is words of the text by how many lines have them.
type vocabulary struct{ chars, pairs, words map[string]int }

func vocabularyOf(talk []string) vocabulary {
	v := vocabulary{map[string]int{}, map[string]int{}, map[string]int{}}
	for _, line := range talk {
		list := terms.Of(line)
		slices.Sort(list)
		for _, w := range slices.Compact(list) {
			c, alone := strings.CutPrefix(w, "§")
			first, _ := utf8.DecodeRuneInString(w)
			switch {
			case alone && c != "":
				v.chars[c]++
			case utf8.RuneCountInString(w) == 2 && unicode.Is(unicode.Han, first):
				v.pairs[w]++
			case first >= 'a' && first <= 'z' && len(w) > 2:
				v.words[w]++
			}
		}
	}
	return v
}

// frequent lists the fifty that most lines have, rare those of three lines at most.
func frequent(of map[string]int) []string {
	list := slices.SortedFunc(maps.Keys(of), func(a, b string) int { return 2*(of[b]-of[a]) + strings.Compare(a, b) })
	return list[:50]
}

func rare(of map[string]int) (list []string) {
	for _, w := range slices.Sorted(maps.Keys(of)) {
		if of[w] <= 3 {
			list = append(list, w)
		}
	}
	return list
}

// shape is a kind of search. With a text it can be held against what a database does without our index.
type shape struct {
	name string
	make func(*rand.Rand) (store.SearchQuery, string)
}

func (d *searched) shapes() []shape {
	all := func(words ...string) (q store.SearchQuery) {
		for _, w := range words {
			if p, ok := terms.PhraseOf(w); ok {
				q.All = append(q.All, p)
			}
		}
		return q
	}
	of := func(list []string) func(*rand.Rand) (store.SearchQuery, string) {
		return func(r *rand.Rand) (store.SearchQuery, string) { w := list[r.IntN(len(list))]; return all(w), w }
	}
	// drawn is a text as it comes: so many characters, or words.
	drawn := func(han bool, n int) func(*rand.Rand) string {
		return func(random *rand.Rand) string {
			for {
				line := d.talk[random.IntN(len(d.talk))]
				if !han {
					if w := strings.Fields(line); len(w) >= n && len(terms.Of(line)) == len(w) {
						at := random.IntN(len(w) - n + 1)
						return strings.Join(w[at:at+n], " ")
					}
					continue
				}
				if parts := terms.Parts(line); len(parts) > 0 {
					if p := parts[random.IntN(len(parts))]; !p.Whole && len(p.Text) >= n {
						at := random.IntN(len(p.Text) - n + 1)
						return string(p.Text[at : at+n])
					}
				}
			}
		}
	}
	as := func(f func(*rand.Rand) string) func(*rand.Rand) (store.SearchQuery, string) {
		return func(r *rand.Rand) (store.SearchQuery, string) { w := f(r); return all(w), w }
	}
	with := func(f func(*rand.Rand) string, restrict func(*rand.Rand, *store.SearchQuery)) func(*rand.Rand) (store.SearchQuery, string) {
		return func(r *rand.Rand) (store.SearchQuery, string) { q := all(f(r)); restrict(r, &q); return q, "" }
	}
	is := func(w string) func(*rand.Rand) string { return func(*rand.Rand) string { return w } }
	missing := func(r *rand.Rand) string { // two frequent characters that nobody has said together
		c := frequent(d.chars)
		for {
			if w := c[r.IntN(len(c))] + c[r.IntN(len(c))]; d.pairs[w] == 0 {
				return w
			}
		}
	}
	pair, phrase := drawn(true, 2), drawn(true, 8)
	week := func(_ *rand.Rand, q *store.SearchQuery) { q.Since = d.last().AddDate(0, 0, -7) }
	middle := searchBegin.Add(time.Duration(d.n/2) * searchEvery)
	return []shape{
		{"one character, as drawn", as(drawn(true, 1))},
		{"one character, frequent", of(frequent(d.chars))},
		{"one character, rare", of(rare(d.chars))},
		{"one character, missing", of([]string{"龘", "靐", "齉"})},
		{"two characters, as drawn", as(pair)},
		{"two characters, frequent", of(frequent(d.pairs))},
		{"two characters, rare", of(rare(d.pairs))},
		{"two characters, missing", as(missing)},
		{"word, as drawn", as(drawn(false, 1))},
		{"word, frequent", of(frequent(d.words))},
		{"word, rare", of(rare(d.words))},
		{"word, missing", of([]string{"zzyzxq", "qwxvbn", "imdeskless"})},
		{"phrase of eight characters", as(phrase)},
		{"phrase of four words", as(drawn(false, 4))},
		{"phrase of eight characters, a week", with(phrase, week)},
		{"two characters, a week", with(pair, week)},
		{"the and 的", func(*rand.Rand) (store.SearchQuery, string) { return all("the", "的"), "" }},
		{"the and 的, a week", func(r *rand.Rand) (store.SearchQuery, string) { q := all("the", "的"); week(r, &q); return q, "" }},
		{"two characters without 的", with(pair, func(_ *rand.Rand, q *store.SearchQuery) { q.None = all("的").All })},
		{"the of one sender", with(is("the"), func(r *rand.Rand, q *store.SearchQuery) { q.Senders = []string{fmt.Sprint("u", r.IntN(searchSenders))} })},
		{"two characters in a quiet group", with(pair, func(r *rand.Rand, q *store.SearchQuery) {
			q.Places = []store.Conversation{{App: "a", Group: fmt.Sprint("g", searchPlaces-1-r.IntN(100))}}
		})},
		{"two characters before the middle", with(pair, func(_ *rand.Rand, q *store.SearchQuery) { q.Until = middle })},
		{"two characters, a day long ago", with(pair, func(_ *rand.Rand, q *store.SearchQuery) { q.Since, q.Until = middle, middle.Add(24*time.Hour) })},
		{"links alone", with(is(""), func(_ *rand.Rand, q *store.SearchQuery) { q.Has = store.HasLink })},
		{"what was recalled", with(is(""), func(_ *rand.Rand, q *store.SearchQuery) { q.State = store.ArchiveRecalled })},
	}
}

// benchmarkSearch times shapes of searches, as p50 and p95 of 40 each, and beside them what a database does without our index.
func benchmarkSearch(b *testing.B, driver, dsn string) {
	talk := storetest.Talk(b)
	s, err := store.Open(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	random := rand.New(rand.NewPCG(1, 1))
	d := &searched{s: s, driver: driver, dsn: dsn, talk: talk, vocabulary: vocabularyOf(talk), random: random, zipf: rand.NewZipf(random, 1.2, 8, searchPlaces-1)}
	for _, size := range sizes(b, *searchMessages) {
		d.fill(b, size)
		trigrams := size <= *searchTrigrams
		if trigrams {
			d.trigrams(b)
		}
		d.weigh(b, trigrams)
		for _, shape := range d.shapes() {
			b.Run(fmt.Sprintf("%d/%s", size, shape.name), func(b *testing.B) { d.time(b, shape, trigrams) })
		}
		if trigrams && driver == "pgx" {
			if err := run(b.Context(), driver, dsn, `DROP INDEX tri`); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// time times searches of a shape.
func (d *searched) time(b *testing.B, shape shape, trigrams bool) {
	random := rand.New(rand.NewPCG(2, 2))
	var ours, scans, grams []time.Duration
	for i := range 40 {
		q, what := shape.make(random)
		q.Apps, q.N, q.GroupsOnly, q.NotRecalled = []string{"a"}, 50, true, q.State == store.ArchiveSaid
		ours = append(ours, timed(b, func(ctx context.Context) error { _, _, err := d.s.Archive.Search(ctx, q); return err }))
		if what == "" || i >= *searchScans {
			continue
		}
		like := "%" + what + "%"
		scan, gram, args := `SELECT id FROM archive_message WHERE text LIKE ? ORDER BY id DESC LIMIT 51`, `SELECT rowid FROM tri WHERE tri MATCH ? ORDER BY rowid DESC LIMIT 51`, []any{`"` + strings.ReplaceAll(what, `"`, `""`) + `"`}
		if d.driver == "pgx" {
			scan, gram, args = `SELECT id FROM (SELECT id, text || '' AS text FROM archive_message) m WHERE text LIKE $1 ORDER BY id DESC LIMIT 51`,
				`SELECT id FROM (SELECT id FROM archive_message WHERE text LIKE $1 OFFSET 0) m ORDER BY id DESC LIMIT 51`, []any{like}
		}
		scans = append(scans, timed(b, func(ctx context.Context) error { return readAll(ctx, d.s, scan, like) }))
		if trigrams {
			grams = append(grams, timed(b, func(ctx context.Context) error { return readAll(ctx, d.s, gram, args...) }))
		}
	}
	report(b, "", ours)
	report(b, "scan_", scans)
	report(b, "trigram_", grams)
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
	name := func(random *rand.Rand) string {
		r := []rune(talk[random.IntN(len(talk))])
		from := random.IntN(len(r))
		return strings.TrimSpace(string(r[from:min(len(r), from+3+random.IntN(9))]))
	}
	from := 0
	for _, size := range sizes(b, *searchNames) {
		start, old := time.Now(), from
		if err := s.Filling(b.Context(), true); err != nil {
			b.Fatal(err)
		}
		for from < size {
			list := make([]store.Name, min(20_000, size-from))
			for i := range list {
				n := from + i
				v := store.Name{App: "a", Kind: store.KindUser, ID: fmt.Sprint("u_", 1_000_000+n*7919%10_000_019), Name: name(random), Members: -1}
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
		if err := s.Filling(b.Context(), false); err != nil {
			b.Fatal(err)
		}
		b.Logf("%d names with their index in %v", size-old, time.Since(start).Round(time.Second))
		for _, kind := range []string{store.KindUser, store.KindGroup} {
			for _, n := range []int{1, 2, 3, 5} {
				b.Run(fmt.Sprintf("%d/%s/%d characters", size, kind, n), func(b *testing.B) {
					random := rand.New(rand.NewPCG(4, 4))
					find(b, s, kind, func() string { r := []rune(name(random)); return string(r[:min(n, len(r))]) })
				})
			}
			b.Run(fmt.Sprintf("%d/%s/missing", size, kind), func(b *testing.B) { find(b, s, kind, func() string { return "龘靐" }) })
			b.Run(fmt.Sprintf("%d/%s/part of an id", size, kind), func(b *testing.B) {
				random := rand.New(rand.NewPCG(5, 5))
				find(b, s, kind, func() string { return fmt.Sprint(100 + random.IntN(900_000)) })
			})
		}
	}
}

func find(b *testing.B, s *store.Store, kind string, what func() string) {
	var took []time.Duration
	for range 60 {
		q := store.NameQuery{Apps: []string{"a"}, Kind: kind, Text: what(), N: 6}
		took = append(took, timed(b, func(ctx context.Context) error { _, err := s.Directory.Find(ctx, q); return err }))
	}
	report(b, "", took)
}
