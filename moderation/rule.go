package moderation

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// State is how far a rule is in force.
type State string

// The states, in the order in which a rule goes through them. A rule is stopped by itself when it does more than it may.
const (
	Draft   State = "draft"  // asked only when rules are tried
	Shadow  State = "shadow" // asked, and only noted
	Canary  State = "canary" // in force in some of the groups
	Live    State = "live"
	Stopped State = "stopped"
)

// States lists them.
func States() []State { return []State{Draft, Shadow, Canary, Live, Stopped} }

// File is rules and lists of words, as they are written down.
type File struct {
	Lists []List `toml:"list,omitempty"`
	Rules []Rule `toml:"rule,omitempty"`
}

// List is words that rules name.
//
// A term is found as a word of its own where words are written with spaces, and anywhere where they are not. A star at its end or
// beginning lets it be a part of a longer word. Terms and texts are folded before they are compared.
type List struct {
	Name  string   `toml:"name"`
	Title string   `toml:"title,omitempty"`
	Terms []string `toml:"terms,multiline"`
	Allow []string `toml:"allow,omitempty,multiline"` // words in which terms do not count
}

// Rule says what becomes of messages for which a condition holds.
type Rule struct {
	Name    string  `toml:"name"`
	Title   string  `toml:"title,omitempty"`
	Note    string  `toml:"note,omitempty"`
	State   State   `toml:"state"`
	Canary  int     `toml:"canary,omitempty"` // percent of the groups, by their ids
	Outcome Outcome `toml:"outcome"`
	Score   int     `toml:"score,omitempty"`       // 1 to 100: how sure, for the queue; 0: 50
	Code    int     `toml:"code,omitempty"`        // what the sender's client is told in a group
	Direct  int     `toml:"direct_code,omitempty"` // and in a direct chat
	Text    string  `toml:"text,omitempty"`

	Apps       []string `toml:"apps,omitempty"`
	Groups     []string `toml:"groups,omitempty"`
	Where      string   `toml:"where,omitempty"` // groups, direct, everywhere; "" is groups
	Hours      string   `toml:"hours,omitempty"` // such as 22:00-06:00
	Zone       string   `toml:"zone,omitempty"`  // of the hours; "" is UTC
	SpareRoles []string `toml:"except_roles,omitempty"`
	SpareUsers []string `toml:"except_users,omitempty"`

	MaxActions   int `toml:"max_actions,omitempty"`   // a minute; 0: 60
	MaxReversals int `toml:"max_reversals,omitempty"` // an hour; 0: 5

	When Cond  `toml:"when"`
	Then *Then `toml:"then,omitempty"`

	Version int `toml:"-"` // counts its changes
}

// Defaults of a rule's limits.
const (
	DefaultScore        = 50
	DefaultMaxActions   = 60
	DefaultMaxReversals = 5
)

// Codes that Tencent Cloud Chat hands on to the sender's client. Source: "Before sending a group message" (doc 34374) and "Before
// sending a one-to-one message" (doc 34364).
const (
	minGroupCode, maxGroupCode   = 10100, 10200
	minDirectCode, maxDirectCode = 120001, 130000
)

// Then is what is done after a message was let through, or was not.
type Then struct {
	Recall    bool     `toml:"recall,omitempty"`
	Mute      []string `toml:"mute,omitempty"`  // steps, such as ["warn", "1h", "24h"]; the last one stays
	Decay     Duration `toml:"decay,omitempty"` // strikes older than it do not count; 0: 30 days
	Kick      bool     `toml:"kick,omitempty"`
	Author    string   `toml:"notify_author,omitempty"`
	Operators bool     `toml:"notify_operators,omitempty"`
}

// DefaultDecay is how long a strike counts on the ladder.
const DefaultDecay = 30 * 24 * time.Hour

// Warn is the step of a ladder that only tells the author.
const Warn = "warn"

// Step is what the ladder has for somebody with n strikes before this one: a length, or 0 for a warning.
func (t *Then) Step(n int) (time.Duration, bool) {
	if t == nil || len(t.Mute) == 0 {
		return 0, false
	}
	s := t.Mute[min(max(n, 0), len(t.Mute)-1)]
	if s == Warn {
		return 0, true
	}
	d, err := ParseDuration(s)
	return d, err == nil
}

// Cond is a condition. All that one Cond asks for must hold. Zero is not asked for.
type Cond struct {
	All []Cond `toml:"all,omitempty"`
	Any []Cond `toml:"any,omitempty"`
	Not *Cond  `toml:"not,omitempty"`

	Words    []string `toml:"words,omitempty"`
	Lists    []string `toml:"lists,omitempty"`
	Patterns []string `toml:"patterns,omitempty"`

	Link    bool     `toml:"link,omitempty"`
	Hosts   []string `toml:"hosts,omitempty"`     // links to these
	NoHosts []string `toml:"not_hosts,omitempty"` // links to any but these
	Contact []string `toml:"contact,omitempty"`   // kinds of ContactKinds, or any

	Repeats  int      `toml:"repeats,omitempty"`  // the same text by the sender, this time included
	Senders  int      `toml:"senders,omitempty"`  // people who said the same text, this one included
	Messages int      `toml:"messages,omitempty"` // by the sender, this one included
	Within   Duration `toml:"within,omitempty"`   // of the three; 0: a minute

	Joined  Duration `toml:"joined_within,omitempty"`
	Strikes int      `toml:"strikes,omitempty"` // at least

	Mentions int      `toml:"mentions,omitempty"` // at least
	Capitals int      `toml:"capitals,omitempty"` // percent of the letters, of ten letters or more
	Emoji    int      `toml:"emoji,omitempty"`    // at least
	Mixed    bool     `toml:"mixed_scripts,omitempty"`
	Scripts  []string `toml:"scripts,omitempty"` // any letter of these, by Unicode's names
	Longer   int      `toml:"longer,omitempty"`  // characters
	Shorter  int      `toml:"shorter,omitempty"` // characters

	Types      []string `toml:"types,omitempty"`
	Files      []string `toml:"files,omitempty"`       // names, with * and ?
	GroupTypes []string `toml:"group_types,omitempty"` // in the vendor's words
}

// Duration is a time.Duration that is written with days, too: 90s, 10m, 24h, 7d.
type Duration time.Duration

// ParseDuration reads a Duration.
func ParseDuration(s string) (time.Duration, error) {
	if days, is := strings.CutSuffix(s, "d"); is {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 3650 {
			return 0, fmt.Errorf("%q is no length of time; such as 90s, 10m, 24h, 7d", s)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no length of time; such as 90s, 10m, 24h, 7d", s)
	}
	return d, nil
}

// UnmarshalText reads a Duration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// MarshalText writes a Duration as short as it can be.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is the Duration as it is written.
func (d Duration) String() string {
	v := time.Duration(d)
	switch {
	case v >= 24*time.Hour && v%(24*time.Hour) == 0:
		return strconv.Itoa(int(v/(24*time.Hour))) + "d"
	case v >= time.Hour && v%time.Hour == 0:
		return strconv.Itoa(int(v/time.Hour)) + "h"
	case v >= time.Minute && v%time.Minute == 0:
		return strconv.Itoa(int(v/time.Minute)) + "m"
	}
	return v.String()
}

// Each calls f for the condition and all that are in it.
func (c *Cond) Each(f func(*Cond)) {
	f(c)
	for i := range c.All {
		c.All[i].Each(f)
	}
	for i := range c.Any {
		c.Any[i].Each(f)
	}
	if c.Not != nil {
		c.Not.Each(f)
	}
}
