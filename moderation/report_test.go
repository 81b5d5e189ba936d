package moderation

import (
	"encoding/csv"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// whole measures all texts; without it every tenth one is looked at, for time is short in tests.
var whole = flag.Bool("report", false, "measure rules on all labelled texts")

func step() int {
	if *whole {
		return 1
	}
	return 10
}

// labelled is a text and whether people found it offensive.
type labelled struct {
	text string
	bad  bool
}

// dataFile reads a table of real texts; they are kept outside of the project, and may not be there.
func dataFile(t testing.TB, name string) [][]string {
	t.Helper()
	dir := os.Getenv("IMDESK_DATA")
	if dir == "" {
		dir = "../../shared/data"
	}
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Logf("%s is not there; IMDESK_DATA says where real texts are", name)
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestReport measures the starter rules on texts that people labelled, and bounds what came of it. Labels mean more than words that
// are listed: an insult without a bad word is not found, and a lists' rule is a flag for a person to look at.
func TestReport(t *testing.T) {
	f := Starter()
	for i := range f.Rules {
		f.Rules[i].State = Live
	}
	s, err := Compile(f)
	if err != nil {
		t.Fatal(err)
	}
	tweets := dataFile(t, "chat/tweets-labeled.csv")
	posts := dataFile(t, "chat/coldataset-train.csv")
	for _, set := range []struct {
		name              string
		list              []labelled
		precision, recall float64 // at least
	}{
		{"English tweets, hate or offensive", labels(tweets, 6, func(row []string) bool { return row[5] != "2" }), 0.97, 0.85},
		{"Chinese posts, offensive", labels(posts, 4, func(row []string) bool { return row[3] == "1" }), 0.8, 0.045},
	} {
		if len(set.list) == 0 {
			continue
		}
		var hit, right, bad int
		for _, l := range set.list {
			found := false
			for _, c := range s.Judge(say(l.text), nil, false).Checks {
				found = found || c.Rule == "insults"
			}
			if l.bad {
				bad++
			}
			if found {
				hit++
				if l.bad {
					right++
				}
			}
		}
		precision, recall := float64(right)/float64(max(hit, 1)), float64(right)/float64(max(bad, 1))
		t.Logf("%s: %d texts, %d offensive, %d found: precision %.3f, recall %.3f", set.name, len(set.list), bad, hit, precision, recall)
		if precision < set.precision || recall < set.recall {
			t.Errorf("%s: precision %.3f and recall %.3f are below %.2f and %.2f", set.name, precision, recall, set.precision, set.recall)
		}
	}
}

func labels(rows [][]string, text int, bad func([]string) bool) (list []labelled) {
	for i, row := range rows {
		if i > 0 && len(row) > text && i%step() == 0 {
			list = append(list, labelled{row[text], bad(row)})
		}
	}
	return list
}

// TestChatter holds how little of what people said in technical chat rooms is hit by rules that decide.
func TestChatter(t *testing.T) {
	f := Starter()
	for i := range f.Rules {
		f.Rules[i].State = Live
	}
	s, err := Compile(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := os.Getenv("IMDESK_DATA")
	if dir == "" {
		dir = "../../shared/data"
	}
	files, err := filepath.Glob(filepath.Join(dir, "chat/irc/*.txt"))
	if err != nil || len(files) == 0 {
		t.Log("no logs of chat rooms are there; IMDESK_DATA says where real texts are")
		return
	}
	lines, hits := 0, map[string]int{}
	for i, name := range files {
		if i%step() != 0 {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			_, text, is := strings.Cut(line, "> ")
			if !is {
				continue
			}
			lines++
			v := s.Judge(say(strings.TrimSpace(text)), nil, false)
			for _, c := range v.Checks {
				hits[c.Rule]++
			}
		}
	}
	t.Logf("%d lines of technical chat: %v", lines, hits)
	for _, rule := range []string{"off-platform", "fraud"} {
		if share := float64(hits[rule]) / float64(lines); share > 0.0005 {
			t.Errorf("%s hits %d of %d lines", rule, hits[rule], lines)
		}
	}
}
