package moderation

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// look is what has been found out about one message, each thing once.
type look struct {
	m      *Message
	set    *Set
	memory *Memory
	text   string
	folded *Folded
	mark   uint64 // of the text, for comparing it

	matched  bool
	hits     []hit
	hinted   []bool // by pattern
	linked   bool
	links    []linkFound
	reached  bool
	contacts []found
	own      []said // what the sender said before; nil: not looked yet
	ownKnown bool

	roles       []string
	rolesKnown  bool
	struck      int
	struckKnown bool
}

// strikes is how many the sender has.
func (l *look) strikes() int {
	if !l.struckKnown && l.m.Strikes != nil {
		l.struck = l.m.Strikes()
	}
	l.struckKnown = true
	return l.struck
}

// hit is a word that was found.
type hit struct {
	set, term int32
	span      Span
}

// maxHits is how many words of a message are looked at.
const maxHits = 500

// match looks for all words of all rules.
func (l *look) match() {
	if l.matched {
		return
	}
	l.matched = true
	l.hinted = make([]bool, len(l.set.patterns))
	if l.set.words == nil {
		return
	}
	var allowed []hit
	for n, f := range l.folded.disguises() {
		l.set.words.find(f.Runes, func(w *word, end int) {
			if w.kind == wordHint {
				l.hinted[w.set] = true
				return
			}
			if len(l.hits) >= maxHits {
				return
			}
			i := end - int(w.size)
			if n > 0 && f.gaps != nil && !f.spaced(i, end) || !f.stands(w, i, end) {
				return
			}
			for w.front && i > 0 && wordy(f.Runes[i]) && wordy(f.Runes[i-1]) { // the whole word is shown
				i--
			}
			for w.back && end < len(f.Runes) && wordy(f.Runes[end-1]) && wordy(f.Runes[end]) {
				end++
			}
			h := hit{w.set, w.term, Span{int(f.From[i]), int(f.To[end-1])}}
			if w.kind == wordAllowed {
				allowed = append(allowed, h)
			} else if !slices.Contains(l.hits, h) {
				l.hits = append(l.hits, h)
			}
		})
	}
	if len(allowed) > 0 {
		l.hits = slices.DeleteFunc(l.hits, func(h hit) bool {
			return slices.ContainsFunc(allowed, func(a hit) bool { return a.set == h.set && a.span.From <= h.span.From && h.span.To <= a.span.To })
		})
	}
}

// stands reports whether a word that was found is one: of whole characters, and not a part of a longer word.
func (f *Folded) stands(w *word, i, j int) bool {
	if !f.whole(i, j) {
		return false
	}
	gapAt := func(k int) bool { return f.gaps != nil && f.gaps[k] != noGap }
	if !w.front && i > 0 && wordy(f.Runes[i-1]) && !gapAt(i) {
		return false
	}
	return w.back || j == len(f.Runes) || !wordy(f.Runes[j]) || gapAt(j)
}

// quote is what stands at some places, shortened.
func (l *look) quote(spans []Span) string {
	var b strings.Builder
	for i, s := range spans {
		if i == 3 {
			b.WriteString(" …")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(clip(l.text[s.From:s.To]))
	}
	return b.String()
}

func (l *look) hasWords(sets []int32) (Reason, bool) {
	l.match()
	var r Reason
	for _, h := range l.hits {
		if slices.Contains(sets, h.set) && len(r.Spans) < maxSpans {
			if !slices.Contains(r.Spans, h.span) {
				r.Spans = append(r.Spans, h.span)
			}
		}
	}
	if len(r.Spans) == 0 {
		return r, false
	}
	sortSpans(r.Spans)
	last := -1 // words within longer ones are not told of
	r.Spans = slices.DeleteFunc(r.Spans, func(s Span) bool {
		inside := s.To <= last
		last = max(last, s.To)
		return inside
	})
	r.Detail = l.quote(r.Spans)
	return r, true
}

func sortSpans(list []Span) {
	slices.SortFunc(list, func(a, b Span) int {
		if a.From != b.From {
			return a.From - b.From
		}
		return b.To - a.To
	})
}

func (l *look) hasPattern(list []int32) (Reason, bool) {
	l.match()
	var r Reason
	for _, id := range list {
		p := l.set.patterns[id]
		if !p.always && !l.hinted[id] {
			continue
		}
		for _, at := range p.re.FindAllStringIndex(l.text, 8) {
			if at[0] < at[1] {
				r.Spans = append(r.Spans, Span{at[0], at[1]})
			}
		}
	}
	if len(r.Spans) == 0 {
		return r, false
	}
	sortSpans(r.Spans)
	r.Detail = l.quote(r.Spans)
	return r, true
}

// span is a place of the folded text in the original.
func (l *look) span(f found) Span { return Span{int(l.folded.From[f.from]), int(l.folded.To[f.to-1])} }

func (l *look) hasLink(hosts, not []string) (Reason, bool) {
	if !l.linked {
		l.linked, l.links = true, l.folded.links()
	}
	var r Reason
	for _, f := range l.links {
		if (len(hosts) == 0 || under(f.host, hosts)) && !under(f.host, not) && len(r.Spans) < maxSpans {
			r.Spans = append(r.Spans, l.span(f.found))
		}
	}
	r.Detail = l.quote(r.Spans)
	return r, len(r.Spans) > 0
}

func (l *look) hasContact(kinds []string) (Reason, bool) {
	if !l.reached {
		l.reached, l.contacts = true, l.folded.contacts()
	}
	var r Reason
	for _, f := range l.contacts {
		if (slices.Contains(kinds, "any") || slices.Contains(kinds, f.kind)) && len(r.Spans) < maxSpans {
			r.Spans = append(r.Spans, l.span(f))
		}
	}
	r.Detail = l.quote(r.Spans)
	return r, len(r.Spans) > 0
}

// holds looks at a condition and gathers why it holds.
func (n *node) holds(l *look, why *[]Reason) bool {
	before := len(*why)
	for _, c := range n.checks {
		r, is := c.holds(l)
		if !is {
			*why = (*why)[:before]
			return false
		}
		r.Check = c.kind
		*why = append(*why, r)
	}
	for i := range n.all {
		if !n.all[i].holds(l, why) {
			*why = (*why)[:before]
			return false
		}
	}
	if len(n.any) > 0 {
		some := false
		for i := range n.any { // all of them, for what is shown
			some = n.any[i].holds(l, why) || some
		}
		if !some {
			*why = (*why)[:before]
			return false
		}
	}
	if n.not != nil {
		var ignored []Reason
		if n.not.holds(l, &ignored) {
			*why = (*why)[:before]
			return false
		}
	}
	return true
}

// Judge asks the rules. What was said before comes from mem, which takes the message up; nil: nothing was. Drafts are asked only if
// drafts says so. Rules that are not in force here never decide, but are in the verdict.
func (s *Set) Judge(m *Message, mem *Memory, drafts bool) Verdict {
	return s.judge(m, mem, drafts, nil)
}

func (s *Set) judge(m *Message, mem *Memory, drafts bool, brakes *brakes) Verdict {
	l := look{m: m, set: s, memory: mem, text: m.joined()}
	l.folded = Fold(l.text)
	l.mark = l.folded.mark()
	if mem != nil {
		mem.take(m, l.mark)
	}
	var v Verdict
	for _, r := range s.rules {
		quiet := r.State == Shadow || r.State == Draft || r.State == Canary && !r.chosen(m) || brakes.pulled(r)
		if r.State == Draft && !drafts || r.State == Stopped || v.By != nil && !quiet || !r.in(m) {
			continue
		}
		if !quiet {
			v.Asked++
		}
		var why []Reason
		if !r.when.holds(&l, &why) || r.spares(&l) {
			continue
		}
		quiet = quiet || r.Outcome != Allow && !brakes.count(r, m.At)
		c := r.check(quiet, why)
		v.Checks = append(v.Checks, c)
		if quiet {
			continue
		}
		if c.Outcome != Allow {
			v.Score = max(v.Score, c.Score)
		}
		if r.Outcome.decides() {
			by := c
			v.Outcome, v.By = r.Outcome, &by
		} else if v.Outcome == "" {
			v.Outcome = Flag
		}
	}
	if v.Outcome == Stars {
		v.Masked = mask(m.Texts, v.By.Reasons)
	}
	return v
}

func (r *compiled) check(quiet bool, why []Reason) Check {
	c := Check{
		Rule: r.Name, Title: r.Title, Version: r.Version, State: r.State, Hit: true, Quiet: quiet, Outcome: r.Outcome, Score: r.Score, Reasons: why,
		Code: r.Code, Direct: r.Direct, Text: r.Text, Then: r.Then,
	}
	if c.Title == "" {
		c.Title = r.Name
	}
	if c.Score == 0 {
		c.Score = DefaultScore
	}
	if c.Code == 0 {
		c.Code = minGroupCode
	}
	if c.Direct == 0 {
		c.Direct = minDirectCode
	}
	return c
}

// mask puts stars in the places of the reasons; of a message that gave none by its text, everywhere.
func mask(texts []string, why []Reason) []string {
	var spans []Span
	for _, r := range why {
		spans = append(spans, r.Spans...)
	}
	out := make([]string, len(texts))
	at := 0
	for i, t := range texts {
		var b strings.Builder
		for j, r := range t {
			from := at + j
			covered := len(spans) == 0 || slices.ContainsFunc(spans, func(s Span) bool { return s.From <= from && from < s.To })
			if covered && r != ' ' && r != '\n' {
				b.WriteByte('*')
			} else if size := utf8.RuneLen(r); size > 0 && j+size <= len(t) {
				b.WriteRune(r)
			}
		}
		out[i] = b.String()
		at += len(t) + 1
	}
	return out
}

// Merge is the places of some reasons, in their order and without overlaps: for highlighting.
func Merge(why []Reason) []Span {
	var all []Span
	for _, r := range why {
		all = append(all, r.Spans...)
	}
	sortSpans(all)
	var out []Span
	for _, s := range all {
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}
