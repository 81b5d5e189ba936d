package storetest

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"imdesk/store"
	"imdesk/terms"
)

// TalkEnv names the folder with real text; without it, it is looked for beside the project.
const TalkEnv = "IMDESK_DATA"

// chatLine is a line of an IRC log: [12:34] <nick> text.
var chatLine = regexp.MustCompile(`^\[\d\d:\d\d\] <[^>]+> (.+)$`)

// Talk reads what real people wrote: Chinese posts, English ones, and lines of chat rooms, mixed and always in the same order.
func Talk(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv(TalkEnv)
	for up := "../shared/data"; dir == "" && len(up) < 60; up = "../" + up {
		if _, err := os.Stat(up); err == nil {
			dir = up
		}
	}
	var list []string
	for name, column := range map[string]int{"coldataset-train.csv": 4, "tweets-labeled.csv": 6} {
		f, err := os.Open(filepath.Join(dir, "chat", name))
		must(t, err)
		r := csv.NewReader(f)
		r.FieldsPerRecord, r.LazyQuotes = -1, true
		for {
			record, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
			if len(record) > column {
				list = append(list, strings.TrimSpace(record[column]))
			}
		}
		must(t, f.Close())
	}
	logs := value[[]string](t)(filepath.Glob(filepath.Join(dir, "chat", "irc", "*.txt")))
	for _, name := range logs {
		for line := range strings.Lines(string(value[[]byte](t)(os.ReadFile(name)))) {
			if m := chatLine.FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
				list = append(list, strings.ToValidUTF8(m[1], ""))
			}
		}
	}
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	slices.Sort(list)
	random := rand.New(rand.NewPCG(5, 6))
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	if len(list) < 50_000 {
		t.Fatalf("%d texts in %q; set %s", len(list), dir, TalkEnv)
	}
	return list
}

// talked makes messages of the archive of texts: two hours apart, in 20 groups, of 100 people.
func talked(app string, talk []string, random *rand.Rand) []store.Archived {
	list := make([]store.Archived, len(talk))
	for i, what := range talk {
		m := said(app, fmt.Sprint("g", random.IntN(20)), fmt.Sprint("u", random.IntN(100)), what, i+1)
		m.Counted, m.Body, m.At = false, "[]", m.At.Add(time.Duration(i)*2*time.Hour)
		if i%7 == 0 {
			m.Types = []string{"image"}
		}
		if strings.Contains(what, "http") {
			m.Has = store.HasLink
		}
		list[i] = m
	}
	return list
}

// asked is a search as somebody makes it who half remembers a message: words of it, one after another, and what else they know.
type asked struct {
	all, none           []string
	allParts, noneParts [][]terms.Part
	q                   store.SearchQuery
}

func ask(app string, list []store.Archived, random *rand.Rand) asked {
	of := func() (store.Archived, string) {
		for {
			m := list[random.IntN(len(list))]
			r := []rune(m.Text)
			from := random.IntN(len(r))
			n := 1 + random.IntN(6)
			if r[from] < 0x2E80 { // whole words: to find the beginning of one needs no luck
				for from > 0 && r[from-1] != ' ' {
					from--
				}
				for words := 1 + random.IntN(3); from+n < len(r) && (words > 1 || r[from+n] != ' '); n++ {
					if r[from+n] == ' ' {
						words--
					}
				}
			}
			if what := string(r[from:min(from+n, len(r))]); len(terms.Parts(what)) > 0 {
				return m, what
			}
		}
	}
	m, what := of()
	a := asked{all: []string{what}, q: store.SearchQuery{Apps: []string{app}}}
	switch random.IntN(9) {
	case 0:
		a.q.Senders = []string{m.Sender}
	case 1:
		a.q.Places = []store.Conversation{m.Place}
	case 2:
		a.q.Since = m.At.Add(-time.Duration(random.IntN(1000)) * time.Hour)
	case 3:
		a.q.Until = m.At.Add(time.Duration(random.IntN(1000)) * time.Hour)
	case 4:
		a.q.Types = m.Types
	case 5:
		a.q.Has = m.Has
	case 6:
		_, other := of()
		a.none = []string{other}
	case 7:
		_, other := of()
		a.all = append(a.all, other)
	case 8:
		a.q.Since, a.q.Until = m.At.AddDate(0, 0, -1-random.IntN(60)), m.At.AddDate(0, 0, random.IntN(7))
	}
	a.q.All, a.q.None = phrases(a.all...), phrases(a.none...)
	for _, p := range a.all {
		a.allParts = append(a.allParts, terms.Parts(p))
	}
	for _, p := range a.none {
		a.noneParts = append(a.noneParts, terms.Parts(p))
	}
	return a
}

// matches is what the search should say of a message, found out without an index.
func (a asked) matches(m store.Archived, text []terms.Part) bool {
	q := a.q
	return (len(q.Senders) == 0 || slices.Contains(q.Senders, m.Sender)) && (len(q.Places) == 0 || slices.Contains(q.Places, m.Place)) &&
		(len(q.Types) == 0 || slices.Equal(q.Types, m.Types)) && m.Has&q.Has == q.Has &&
		!m.At.Before(q.Since) && (q.Until.IsZero() || m.At.Before(q.Until)) &&
		!slices.ContainsFunc(a.allParts, func(p []terms.Part) bool { return !inText(text, p) }) &&
		!slices.ContainsFunc(a.noneParts, func(p []terms.Part) bool { return inText(text, p) })
}

// inText compares letters with letters: what stands together in the one has to stand together in the other.
func inText(in, parts []terms.Part) bool {
	for at := 0; at+len(parts) <= len(in); at++ {
		same := true
		for i, p := range parts {
			has, want := string(in[at+i].Text), string(p.Text)
			first, last := i == 0, i == len(parts)-1
			switch {
			case in[at+i].Whole != p.Whole:
				same = false
			case p.Whole || !first && !last:
				same = has == want
			case first && last:
				same = strings.Contains(has, want)
			case first:
				same = strings.HasSuffix(has, want)
			default:
				same = strings.HasPrefix(has, want)
			}
			if !same {
				break
			}
		}
		if same {
			return true
		}
	}
	return false
}

// archiveTalk holds a thousand searches in what real people wrote against looking at every message.
func archiveTalk(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	random := rand.New(rand.NewPCG(7, 8))
	const size = 2000
	list := talked(app, Talk(t)[:size], random)
	for part := range slices.Chunk(list, store.MaxArchiveBatch) {
		value[int](t)(s.Archive.Add(ctx, part))
	}
	parts := map[int64][]terms.Part{}
	for _, m := range list {
		parts[m.Seq] = terms.Parts(m.Text)
	}
	hits, wrong := 0, 0
	for range 1000 {
		a := ask(app, list, random)
		var want, got []int64
		for _, m := range slices.Backward(list) {
			if a.matches(m, parts[m.Seq]) {
				want = append(want, m.Seq)
			}
		}
		// A page now and then, so that both ways in which a database can look are gone.
		a.q.N = []int{2, store.MaxArchivePage}[random.IntN(2)]
		for range 2 {
			page, next, err := s.Archive.Search(ctx, a.q)
			must(t, err)
			for _, m := range page {
				got = append(got, m.Seq)
			}
			if a.q.Cursor = next; next == "" {
				break
			}
		}
		if diff := cmp.Diff(want[:min(len(want), 2*a.q.N)], got, cmpopts.EquateEmpty()); diff != "" {
			if wrong++; wrong < 5 {
				t.Errorf("%q without %q, %+v (-want +got):\n%s", a.all, a.none, a.q, diff)
			}
		}
		hits += len(got)
	}
	if hits < 500 {
		t.Errorf("a thousand searches found %d messages", hits)
	}
}
