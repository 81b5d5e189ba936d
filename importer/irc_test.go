package importer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imdesk/internal/testtools"
)

func TestReadIRC(t *testing.T) {
	log := strings.Join([]string{
		"[23:58] <[dlp]> one <b>tag</b>",
		"[23:58] <[dlp]> two",
		"[23:57] <zeep|off> a slow clock",
		"[23:59]  * zeep|off shrugs",
		"=== matt_ is now known as Guest49687",
		"=== Gia entered the room.",
		"=== Gia left the room.",
		"[00:01] <Gia>  indented",
		"[00:02] <Gia> ",
		"",
		"no line of a log",
		"[00:03] <\u674e\u96f7> \u4f60\u597d",
	}, "\n")
	talk, err := ReadIRC("logs/2013-05-07.txt", strings.NewReader(log), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Line{
		{"[dlp]", time.Date(2013, 5, 7, 23, 58, 0, 0, time.UTC), "one <b>tag</b>"},
		{"[dlp]", time.Date(2013, 5, 7, 23, 58, 1, 0, time.UTC), "two"},
		{"zeep|off", time.Date(2013, 5, 7, 23, 58, 2, 0, time.UTC), "a slow clock"},
		{"zeep|off", time.Date(2013, 5, 7, 23, 59, 0, 0, time.UTC), "* zeep|off shrugs"},
		{"Gia", time.Date(2013, 5, 8, 0, 1, 0, 0, time.UTC), " indented"},
		{talk.Said[5].From, time.Date(2013, 5, 8, 0, 3, 0, 0, time.UTC), "\u4f60\u597d"},
	}
	if len(talk.Said) != len(want) {
		t.Fatalf("%d lines, want %d: %+v", len(talk.Said), len(want), talk.Said)
	}
	for i, l := range talk.Said {
		if l != want[i] {
			t.Errorf("line %d: %+v, want %+v", i, l, want[i])
		}
	}
	if got := strings.Join(talk.People[:4], " "); got != "[dlp] zeep|off Guest49687 Gia" {
		t.Errorf("people: %s", got)
	}
	if talk.ID != "irc-2013-05-07" || talk.Skipped != 3 {
		t.Errorf("id %s, %d skipped", talk.ID, talk.Skipped)
	}
}

func TestReadIRCRefuses(t *testing.T) {
	if _, err := ReadIRC("x.txt", strings.NewReader("hello\n"), time.Now()); !errors.Is(err, ErrNoTalk) {
		t.Errorf("no talk: %v", err)
	}
	long := "[10:00] <a> " + strings.Repeat("x", maxLine)
	if _, err := ReadIRC("x.txt", strings.NewReader(long), time.Now()); err == nil {
		t.Error("a line over the bound is accepted")
	}
}

func TestUserID(t *testing.T) {
	tests := []struct{ nick, want string }{
		{"[dlp]", "[dlp]"},
		{"NePtUnO|Off", "NePtUnO|Off"},
		{strings.Repeat("a", 32), strings.Repeat("a", 32)},
	}
	for _, tt := range tests {
		if got := userID(tt.nick); got != tt.want {
			t.Errorf("userID(%q) = %q", tt.nick, got)
		}
	}
	seen := map[string]string{}
	for _, nick := range []string{"\u674e\u96f7", "\u97e9\u6885\u6885", strings.Repeat("a", 33), strings.Repeat("a", 34), "a b", "a\u00a0b"} {
		id := userID(nick)
		if len(id) > 32 {
			t.Errorf("userID(%q) has %d bytes", nick, len(id))
		}
		if other, taken := seen[id]; taken {
			t.Errorf("%q and %q become %q", nick, other, id)
		}
		seen[id] = nick
	}
}

// TestRealLogs reads every log: times ascend, and nobody who speaks is missing from the people.
func TestRealLogs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testtools.Data(t), "chat", "irc", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no logs: %v", err)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	total := 0
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		talk, err := ReadIRC(file, f, now)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		talk.Shift(now)
		people := map[string]bool{}
		for _, id := range talk.People {
			people[id] = true
		}
		for i, l := range talk.Said {
			if i > 0 && !l.At.After(talk.Said[i-1].At) {
				t.Fatalf("%s: line %d is not later than the one before", file, i)
			}
			if !people[l.From] {
				t.Fatalf("%s: %s speaks but is nobody", file, l.From)
			}
		}
		last := talk.Said[len(talk.Said)-1].At
		if last.After(now) || now.Sub(last) > 24*time.Hour {
			t.Errorf("%s ends at %s after the shift", file, last)
		}
		total += len(talk.Said)
	}
	if total < 40_000 {
		t.Errorf("only %d lines read", total)
	}
}

func FuzzReadIRC(f *testing.F) {
	f.Add("[23:58] <a> b\n[00:01] <c> d\n")
	f.Add("=== a is now known as b\n[99:99]  * x y")
	f.Fuzz(func(t *testing.T, log string) {
		talk, err := ReadIRC("2013-05-07.txt", strings.NewReader(log), time.Time{})
		if err != nil {
			return
		}
		for i, l := range talk.Said {
			if i > 0 && !l.At.After(talk.Said[i-1].At) {
				t.Fatalf("line %d goes back in time", i)
			}
			if len(l.From) == 0 || len(l.From) > 32 {
				t.Fatalf("user id %q", l.From)
			}
		}
	})
}
