package importer

import (
	"bufio"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of one log: a file that exceeds them is not a log of one day in one room.
const (
	maxLine  = 64 << 10 // bytes
	maxLines = 1_000_000
)

// Talk is one conversation read from a file, ready to be imported.
type Talk struct {
	Name    string      // of the group
	ID      string      // of the group, the same for the same file name
	People  []string    // user ids in order of appearance
	Joined  []time.Time // when each of People came in, in the same order
	Said    []Line      // in order; times never go back
	Skipped int         // lines that are neither talk nor a join
}

// Line is one thing somebody said.
type Line struct {
	From string
	At   time.Time
	Text string
}

// Patterns of a log as IRC clients write it. "=== " lines report what happened in the room.
var (
	said    = regexp.MustCompile(`^\[(\d\d):(\d\d)(?::(\d\d))?\] <([^>]+)> ?(.*)$`)
	acted   = regexp.MustCompile(`^\[(\d\d):(\d\d)(?::(\d\d))?\]\s+\* (\S+) ?(.*)$`)
	joined  = regexp.MustCompile(`^=== (\S+) (?:has joined|entered the room)`)
	renamed = regexp.MustCompile(`^=== (\S+) is now known as (\S+)`)
	dayName = regexp.MustCompile(`(\d{4})-(\d\d)-(\d\d)`)
)

// ErrNoTalk says that a file holds no line of talk.
var ErrNoTalk = errors.New("no line of talk in it")

// ReadIRC reads a log of one room. The day comes from the file's name, or from day when the name has none. Times of the
// log have whole minutes: lines get seconds of their own, in order, since a service wants times that ascend. A clock that
// jumps back by more than half a day is the next day; a smaller step back is a slow clock and stands still.
func ReadIRC(name string, r io.Reader, day time.Time) (*Talk, error) {
	base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	if m := dayName.FindString(base); m != "" {
		if d, err := time.Parse(time.DateOnly, m); err == nil {
			day = d
		}
	}
	talk := &Talk{Name: groupName(base), ID: groupID(base)}
	p := ircReader{talk: talk, midnight: day, last: day, known: map[string]bool{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	n := 0
	for lines.Scan() {
		if n++; n > maxLines {
			return nil, fmt.Errorf("%s: more than %d lines", name, maxLines)
		}
		p.line(strings.ToValidUTF8(strings.TrimRight(lines.Text(), "\r"), "\uFFFD"))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s, line %d: %w", name, n+1, err)
	}
	if len(talk.Said) == 0 {
		return nil, fmt.Errorf("%s: %w", name, ErrNoTalk)
	}
	return talk, nil
}

type ircReader struct {
	talk     *Talk
	midnight time.Time
	last     time.Time
	known    map[string]bool
}

func (p *ircReader) line(s string) {
	switch {
	case s == "":
	case said.MatchString(s):
		m := said.FindStringSubmatch(s)
		p.say(m[4], m[5], p.at(m[1:4]))
	case acted.MatchString(s):
		m := acted.FindStringSubmatch(s)
		p.say(m[4], "* "+m[4]+" "+m[5], p.at(m[1:4]))
	case joined.MatchString(s):
		p.meet(joined.FindStringSubmatch(s)[1])
	case renamed.MatchString(s):
		p.meet(renamed.FindStringSubmatch(s)[2])
	default:
		p.talk.Skipped++
	}
}

func (p *ircReader) say(nick, text string, at time.Time) {
	if strings.TrimSpace(text) == "" {
		p.talk.Skipped++
		return
	}
	p.last = at
	p.talk.Said = append(p.talk.Said, Line{From: p.meet(nick), At: at, Text: text})
}

func (p *ircReader) meet(nick string) string {
	id := userID(nick)
	if !p.known[id] {
		p.known[id] = true
		p.talk.People = append(p.talk.People, id)
		p.talk.Joined = append(p.talk.Joined, p.last)
	}
	return id
}

// at turns hours, minutes and perhaps seconds into a time that is later than the line before.
func (p *ircReader) at(hms []string) time.Time {
	var h, m, s int
	_, _ = fmt.Sscanf(hms[0]+" "+hms[1], "%d %d", &h, &m)
	if hms[2] != "" {
		_, _ = fmt.Sscanf(hms[2], "%d", &s)
	}
	t := p.midnight.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second)
	if p.last.Sub(t) > 12*time.Hour {
		p.midnight = p.midnight.Add(24 * time.Hour)
		t = t.Add(24 * time.Hour)
	}
	if next := p.last.Add(time.Second); t.Before(next) {
		t = next
	}
	return t
}

// userID makes an id that both vendors' letters allow: printable ASCII, at most 32 bytes. Other nicknames keep what is
// readable of them and get a hash, so that two never become one.
func userID(nick string) string {
	ok := len(nick) <= 32
	b := make([]byte, 0, len(nick))
	for _, r := range nick {
		if r > 0x20 && r < 0x7f {
			b = utf8.AppendRune(b, r)
		} else {
			ok = false
		}
	}
	if ok {
		return nick
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(nick))
	return fmt.Sprintf("%s-%08x", b[:min(len(b), 23)], h.Sum32())
}

// groupID keeps letters, digits, dash and underscore of a file's name.
func groupID(base string) string {
	id := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '-'
	}, base)
	return "irc-" + id[:min(len(id), 40)]
}

// groupName is at most 30 bytes, cut between runes.
func groupName(base string) string {
	name := "IRC " + base
	for len(name) > 30 {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}
