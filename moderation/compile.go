package moderation

import (
	"fmt"
	"hash/fnv"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Set is rules that are ready to be asked. It never changes.
type Set struct {
	rules    []*compiled
	words    *automaton
	patterns []pattern
	sets     []string // what hits are called in reasons: the list's name, "" for words of the rule
	terms    int
}

// compiled is a rule that is ready.
type compiled struct {
	Rule
	when  node
	hours [2]int // minutes of the day; equal: always
	zone  *time.Location
}

// node is a condition that is ready: all of its checks hold.
type node struct {
	checks []check
	all    []node
	any    []node
	not    *node
}

// check looks at one thing.
type check struct {
	kind  string
	holds func(l *look) (Reason, bool)
}

// compiler gathers what a set is made of.
type compiler struct {
	set   *Set
	lists map[string]int32
	build builder
	err   error
}

// Check reports the first mistake, a *Mistake.
func (f File) Check() error {
	_, err := f.prepare(false)
	return err
}

// Compile makes a set of the rules. The error is a *Mistake.
func Compile(f File) (*Set, error) { return f.prepare(true) }

func (f File) prepare(whole bool) (*Set, error) {
	c := compiler{set: &Set{}, lists: map[string]int32{}}
	if len(f.Rules) > MaxRules || len(f.Lists) > MaxLists {
		return nil, &Mistake{Text: fmt.Sprintf("at most %d rules and %d lists", MaxRules, MaxLists)}
	}
	for _, l := range f.Lists {
		if err := c.list(l); err != nil {
			return nil, err
		}
	}
	names := map[string]bool{}
	for _, r := range f.Rules {
		if names[r.Name] {
			return nil, &Mistake{Rule: r.Name, Text: "there are two rules of this name"}
		}
		names[r.Name] = true
		if err := c.rule(r); err != nil {
			return nil, err
		}
	}
	if whole {
		c.set.words = c.build.build()
	}
	return c.set, nil
}

// MaxName is the longest name of a rule or a list.
const MaxName = 40

// ValidName reports whether something may be called so: small letters, digits and hyphens.
func ValidName(s string) bool {
	return len(s) > 0 && len(s) <= MaxName && s[0] != '-' && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}

// list takes up the terms of a list.
func (c *compiler) list(l List) error {
	if !ValidName(l.Name) {
		return &Mistake{Rule: l.Name, Text: fmt.Sprintf("list %q: a name has small letters, digits and hyphens", clip(l.Name))}
	}
	if _, is := c.lists[l.Name]; is {
		return &Mistake{Rule: l.Name, Text: "there are two lists of this name"}
	}
	set := c.newSet(l.Name)
	c.lists[l.Name] = set
	for kind, terms := range [][]string{wordFound: l.Terms, wordAllowed: l.Allow} {
		for _, t := range terms {
			if err := c.term(set, t, wordKind(kind)); err != nil { //nolint:gosec // 0 or 1
				return &Mistake{Rule: l.Name, Text: err.Error()}
			}
		}
	}
	return nil
}

func (c *compiler) newSet(name string) int32 {
	c.set.sets = append(c.set.sets, name)
	return int32(len(c.set.sets) - 1) //nolint:gosec // bounded by MaxLists and the conditions
}

// term takes up one word.
func (c *compiler) term(set int32, t string, kind wordKind) error {
	w := word{set: set, kind: kind, term: int32(c.set.terms)} //nolint:gosec // at most MaxTerms
	t = strings.TrimSpace(t)
	plain := t
	if s, is := strings.CutPrefix(plain, "*"); is {
		plain, w.front = s, true
	}
	if s, is := strings.CutSuffix(plain, "*"); is {
		plain, w.back = s, true
	}
	runes := Fold(plain).Runes
	for len(runes) > 0 && runes[0] == ' ' {
		runes = runes[1:]
	}
	if len(runes) == 0 || len(runes) > maxTermSize || !slices.ContainsFunc(runes, func(r rune) bool { return !unicode.IsSpace(r) }) {
		return fmt.Errorf("term %q has nothing to look for, or more than %d characters", clip(t), maxTermSize)
	}
	if c.set.terms++; c.set.terms > MaxTerms {
		return fmt.Errorf("more than %d terms in all", MaxTerms)
	}
	w.front, w.back = w.front || !wordy(runes[0]), w.back || !wordy(runes[len(runes)-1])
	c.build.add(runes, w)
	return nil
}

// rule takes up a rule.
func (c *compiler) rule(r Rule) error {
	bad := func(format string, args ...any) error {
		return &Mistake{Rule: r.Name, Text: fmt.Sprintf(format, args...)}
	}
	if !ValidName(r.Name) {
		return bad("rule %q: a name has small letters, digits and hyphens", clip(r.Name))
	}
	if !slices.Contains(States(), r.State) {
		return bad("state %q is none of %s", clip(string(r.State)), joinWords(States()))
	}
	if !slices.Contains(Outcomes(), r.Outcome) {
		return bad("outcome %q is none of %s", clip(string(r.Outcome)), joinWords(Outcomes()))
	}
	if r.State == Canary && (r.Canary < 1 || r.Canary > 99) {
		return bad("canary = %d: a rule in part of the groups needs a percentage of 1 to 99", r.Canary)
	}
	if r.Score < 0 || r.Score > 100 {
		return bad("score = %d is not within 0 and 100", r.Score)
	}
	if r.Code != 0 && (r.Code < minGroupCode || r.Code > maxGroupCode) {
		return bad("code = %d is not within %d and %d", r.Code, minGroupCode, maxGroupCode)
	}
	if r.Direct != 0 && (r.Direct < minDirectCode || r.Direct > maxDirectCode) {
		return bad("direct_code = %d is not within %d and %d", r.Direct, minDirectCode, maxDirectCode)
	}
	if len(r.Text) > 200 || len(r.Title) > 200 || len(r.Note) > 2000 {
		return bad("text, title or note is too long")
	}
	if !slices.Contains([]string{"", "groups", "direct", "everywhere"}, r.Where) {
		return bad("where = %q is none of groups, direct, everywhere", clip(r.Where))
	}
	if r.MaxActions < 0 || r.MaxReversals < 0 {
		return bad("a limit below 0")
	}
	ready := &compiled{Rule: r, zone: time.UTC}
	if r.Zone != "" {
		z, err := time.LoadLocation(r.Zone)
		if err != nil {
			return bad("zone %q is not known", clip(r.Zone))
		}
		ready.zone = z
	}
	if r.Hours != "" {
		var h1, m1, h2, m2 int
		if n, err := fmt.Sscanf(r.Hours, "%d:%d-%d:%d", &h1, &m1, &h2, &m2); err != nil || n != 4 || h1 > 24 || h2 > 24 || m1 > 59 || m2 > 59 || h1 < 0 || h2 < 0 || m1 < 0 || m2 < 0 {
			return bad("hours %q are not like 22:00-06:00", clip(r.Hours))
		}
		ready.hours = [2]int{h1*60 + m1, h2*60 + m2}
	}
	if t := r.Then; t != nil {
		if err := t.check(); err != nil {
			return bad("%s", err)
		}
	}
	if n := r.When.count(); n == 0 {
		return bad("a rule needs a condition: when")
	} else if n > maxConds {
		return bad("more than %d conditions", maxConds)
	}
	n, err := c.cond(r.When, 0)
	if err != nil {
		return bad("%s", err)
	}
	ready.when = n
	c.set.rules = append(c.set.rules, ready)
	return nil
}

func joinWords[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

func (t *Then) check() error {
	if len(t.Mute) > 10 {
		return fmt.Errorf("mute has more than 10 steps")
	}
	for _, s := range t.Mute {
		if d, err := ParseDuration(s); s != Warn && (err != nil || d < time.Second || d > 365*24*time.Hour) {
			return fmt.Errorf("mute step %q is neither warn nor a length such as 1h", clip(s))
		}
	}
	if len(t.Author) > 1000 {
		return fmt.Errorf("notify_author is longer than 1000 bytes")
	}
	if slices.Contains(t.Mute, Warn) && t.Author == "" {
		return fmt.Errorf("mute has a step that warns, so notify_author has to say what")
	}
	return nil
}

// count is how much a condition asks for, with those in it.
func (c Cond) count() int {
	n := len(c.All) + len(c.Any)
	for _, sub := range slices.Concat(c.All, c.Any) {
		n += sub.count()
	}
	if c.Not != nil {
		n += 1 + c.Not.count()
	}
	for _, is := range []bool{
		len(c.Words)+len(c.Lists) > 0, len(c.Patterns) > 0, c.Link, len(c.Hosts) > 0, len(c.NoHosts) > 0, len(c.Contact) > 0, c.Repeats > 0, c.Senders > 0,
		c.Messages > 0, c.Joined > 0, c.Strikes > 0, c.Mentions > 0, c.Capitals > 0, c.Emoji > 0, c.Mixed, len(c.Scripts) > 0, c.Longer > 0,
		c.Shorter > 0, len(c.Types) > 0, len(c.Files) > 0, len(c.GroupTypes) > 0,
	} {
		if is {
			n++
		}
	}
	return n
}

// cond makes a condition ready. What costs more is looked at later.
func (c *compiler) cond(d Cond, depth int) (node, error) {
	var n node
	if depth > maxDepth {
		return n, fmt.Errorf("conditions in conditions, more than %d deep", maxDepth)
	}
	if d.count() == 0 {
		return n, fmt.Errorf("a condition that asks for nothing")
	}
	add := func(kind string, holds func(l *look) (Reason, bool)) { n.checks = append(n.checks, check{kind, holds}) }
	if err := plain(d, add); err != nil {
		return n, err
	}
	if len(d.Words)+len(d.Lists) > 0 {
		sets, err := c.wordsOf(d)
		if err != nil {
			return n, err
		}
		add("words", func(l *look) (Reason, bool) { return l.hasWords(sets) })
	}
	if len(d.Contact) > 0 {
		for _, k := range d.Contact {
			if k != "any" && !slices.Contains(ContactKinds(), k) {
				return n, fmt.Errorf("contact %q is none of any, %s", clip(k), strings.Join(ContactKinds(), ", "))
			}
		}
		add("contact", func(l *look) (Reason, bool) { return l.hasContact(d.Contact) })
	}
	if len(d.Patterns) > 0 {
		list, err := c.patternsOf(d)
		if err != nil {
			return n, err
		}
		add("pattern", func(l *look) (Reason, bool) { return l.hasPattern(list) })
	}
	if err := memory(d, add); err != nil {
		return n, err
	}
	for into, subs := range map[*[]node][]Cond{&n.all: d.All, &n.any: d.Any} {
		for _, sub := range subs {
			ready, err := c.cond(sub, depth+1)
			if err != nil {
				return n, err
			}
			*into = append(*into, ready)
		}
	}
	if d.Not != nil {
		ready, err := c.cond(*d.Not, depth+1)
		if err != nil {
			return n, err
		}
		n.not = &ready
	}
	return n, nil
}

// wordsOf are the sets of words of a condition.
func (c *compiler) wordsOf(d Cond) ([]int32, error) {
	var sets []int32
	if len(d.Words) > maxInline {
		return nil, fmt.Errorf("more than %d words in a condition; a list takes more", maxInline)
	}
	if len(d.Words) > 0 {
		set := c.newSet("")
		for _, t := range d.Words {
			if err := c.term(set, t, wordFound); err != nil {
				return nil, err
			}
		}
		sets = append(sets, set)
	}
	for _, name := range d.Lists {
		set, is := c.lists[name]
		if !is {
			return nil, fmt.Errorf("there is no list %q", clip(name))
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// patternsOf takes up the patterns of a condition, by their numbers.
func (c *compiler) patternsOf(d Cond) ([]int32, error) {
	if len(d.Patterns) > maxPatterns {
		return nil, fmt.Errorf("more than %d patterns in a condition", maxPatterns)
	}
	var list []int32
	for _, s := range d.Patterns {
		re, tree, err := checkPattern(s)
		if err != nil {
			return nil, err
		}
		id := int32(len(c.set.patterns)) //nolint:gosec // bounded by the conditions
		p := pattern{re: re, always: true}
		for _, h := range hints(tree) {
			p.always = false
			c.build.add(Fold(h).Runes, word{set: id, kind: wordHint, front: true, back: true})
		}
		c.set.patterns, list = append(c.set.patterns, p), append(list, id)
	}
	return list, nil
}

// plain adds the checks that look at the message alone.
func plain(d Cond, add func(string, func(*look) (Reason, bool))) error {
	number := func(kind string, n int, of func(*look) int) {
		if n > 0 {
			add(kind, func(l *look) (Reason, bool) { v := of(l); return Reason{Detail: fmt.Sprint(v)}, v >= n })
		}
	}
	younger := func(kind string, limit Duration, of func(*Message) time.Time) {
		if limit > 0 {
			add(kind, func(l *look) (Reason, bool) {
				at := of(l.m)
				age := l.m.At.Sub(at)
				return Reason{Detail: Duration(age.Truncate(time.Second)).String()}, !at.IsZero() && age < time.Duration(limit)
			})
		}
	}
	if len(d.GroupTypes) > 0 {
		add("group_type", func(l *look) (Reason, bool) {
			return Reason{Detail: l.m.GroupType}, slices.Contains(d.GroupTypes, l.m.GroupType)
		})
	}
	if len(d.Types) > 0 {
		add("type", func(l *look) (Reason, bool) {
			i := slices.IndexFunc(l.m.Types, func(t string) bool { return slices.Contains(d.Types, t) })
			if i < 0 {
				return Reason{}, false
			}
			return Reason{Detail: l.m.Types[i]}, true
		})
	}
	for _, p := range d.Files {
		if _, err := path.Match(strings.ToLower(p), "x"); err != nil || p == "" {
			return fmt.Errorf("file name %q is no pattern", clip(p))
		}
	}
	if len(d.Files) > 0 {
		add("file", func(l *look) (Reason, bool) {
			i := slices.IndexFunc(l.m.Files, func(name string) bool { return globs(d.Files, name) })
			if i < 0 {
				return Reason{}, false
			}
			return Reason{Detail: l.m.Files[i]}, true
		})
	}
	younger("joined", d.Joined, func(m *Message) time.Time { return m.Joined })
	number("mentions", d.Mentions, func(l *look) int { return l.m.Mentions })
	number("longer", d.Longer, func(l *look) int { return len([]rune(l.text)) })
	if d.Shorter > 0 {
		add("shorter", func(l *look) (Reason, bool) {
			n := len([]rune(l.text))
			return Reason{Detail: fmt.Sprint(n)}, n < d.Shorter
		})
	}
	number("capitals", d.Capitals, func(l *look) int { return capitals(l.text) })
	number("emoji", d.Emoji, func(l *look) int { return emojiIn(l.text) })
	if d.Mixed {
		add("mixed", func(l *look) (Reason, bool) {
			spans := mixed(l.text)
			return Reason{Spans: spans, Detail: l.quote(spans)}, len(spans) > 0
		})
	}
	if len(d.Scripts) > 0 {
		var tables []*unicode.RangeTable
		for _, name := range d.Scripts {
			t := unicode.Scripts[name]
			if t == nil {
				return fmt.Errorf("script %q is not known; such as Cyrillic, Arabic, Thai", clip(name))
			}
			tables = append(tables, t)
		}
		add("script", func(l *look) (Reason, bool) {
			span, is := inScripts(l.text, tables)
			return Reason{Spans: []Span{span}, Detail: l.quote([]Span{span})}, is
		})
	}
	if d.Link || len(d.Hosts) > 0 || len(d.NoHosts) > 0 {
		add("link", func(l *look) (Reason, bool) { return l.hasLink(d.Hosts, d.NoHosts) })
	}
	return nil
}

// maxWithin is how far back what people said is remembered.
const maxWithin = time.Hour

// memory adds the checks that ask what was said before.
func memory(d Cond, add func(string, func(*look) (Reason, bool))) error {
	within := time.Duration(d.Within)
	if within == 0 {
		within = time.Minute
	}
	switch {
	case within > maxWithin:
		return fmt.Errorf("within = %s is more than %s", d.Within, Duration(maxWithin))
	case max(d.Repeats, d.Messages, d.Senders) > remembered:
		return fmt.Errorf("more than %d messages cannot be counted", remembered)
	case d.Repeats < 0 || d.Messages < 0 || d.Senders < 0:
		return fmt.Errorf("a number below 0")
	}
	count := func(kind string, n int, of func(*look) int) {
		if n > 0 {
			add(kind, func(l *look) (Reason, bool) { v := of(l); return Reason{Detail: fmt.Sprint(v)}, v >= n })
		}
	}
	count("rate", d.Messages, func(l *look) int { return l.said(within, false) })
	count("repeats", d.Repeats, func(l *look) int { return l.said(within, true) })
	count("senders", d.Senders, func(l *look) int { return l.spread(within) })
	count("strikes", d.Strikes, func(l *look) int { return l.strikes() })
	return nil
}

// in reports whether a rule is about a message at all.
func (r *compiled) in(m *Message) bool {
	switch {
	case len(r.Apps) > 0 && !slices.Contains(r.Apps, m.App),
		len(r.Groups) > 0 && !slices.Contains(r.Groups, m.Group),
		slices.Contains(r.SpareUsers, m.Sender):
		return false
	}
	switch r.Where {
	case "direct":
		if m.Group != "" {
			return false
		}
	case "everywhere":
	default:
		if m.Group == "" {
			return false
		}
	}
	if r.hours[0] == r.hours[1] {
		return true
	}
	at := m.At.In(r.zone)
	now := at.Hour()*60 + at.Minute()
	if r.hours[0] < r.hours[1] {
		return r.hours[0] <= now && now < r.hours[1]
	}
	return now >= r.hours[0] || now < r.hours[1]
}

// spares reports whether the sender has a role that the rule leaves alone.
func (r *compiled) spares(l *look) bool {
	if len(r.SpareRoles) == 0 {
		return false
	}
	if !l.rolesKnown && l.m.Roles != nil {
		l.roles = l.m.Roles()
	}
	l.rolesKnown = true
	return slices.ContainsFunc(l.roles, func(role string) bool { return slices.Contains(r.SpareRoles, role) })
}

// chosen reports whether a conversation is in the part of the groups in which a rule is tried.
func (r *compiled) chosen(m *Message) bool {
	h := fnv.New32a()
	place := m.Group
	if place == "" {
		place = min(m.Sender, m.Peer) + "\n" + max(m.Sender, m.Peer)
	}
	h.Write([]byte(r.Name + "\n" + m.App + "\n" + place))
	return int(mix(h.Sum32())%100) < r.Canary
}

// mix spreads the bits of a hash, for its lowest ones are those of the last character.
func mix(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x7FEB352D
	h ^= h >> 15
	h *= 0x846CA68B
	return h ^ h>>16
}

// Terms is how many terms are looked for, and Rules how many rules there are.
func (s *Set) Terms() int { return s.terms }

// Rules lists the rules, in their order.
func (s *Set) Rules() []Rule {
	out := make([]Rule, len(s.rules))
	for i, r := range s.rules {
		out[i] = r.Rule
	}
	return out
}
