package moderation

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"unicode"
)

// pattern is a regular expression with words of which one must stand in a text that it finds.
type pattern struct {
	re     *regexp.Regexp
	always bool // there are no such words
}

// checkPattern reads a pattern of RE2, without regard to case.
func checkPattern(s string) (*regexp.Regexp, *syntax.Regexp, error) {
	if s == "" || len(s) > maxPattern {
		return nil, nil, fmt.Errorf("pattern %q has no characters, or more than %d", clip(s), maxPattern)
	}
	tree, err := syntax.Parse("(?i:"+s+")", syntax.Perl)
	if err != nil {
		return nil, nil, fmt.Errorf("pattern %q: %w", clip(s), err)
	}
	re, err := regexp.Compile("(?i:" + s + ")")
	if err != nil {
		return nil, nil, fmt.Errorf("pattern %q: %w", clip(s), err)
	}
	if re.MatchString("") {
		return nil, nil, fmt.Errorf("pattern %q finds every message", clip(s))
	}
	return re, tree.Simplify(), nil
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// maxHints is how many words a pattern is looked up by.
const maxHints = 30

// hints are words of which one stands in every text that a pattern finds; nil if there are none that are long enough. The way of
// RE2's FilteredRE2.
func hints(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		s := string(re.Rune)
		if f := Fold(s); strong(f.Runes) {
			return []string{s}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return hints(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return hints(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if h := hints(sub); h != nil && (best == nil || weight(h) > weight(best)) {
				best = h
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			h := hints(sub)
			if h == nil || len(all)+len(h) > maxHints {
				return nil
			}
			all = append(all, h...)
		}
		return all
	}
	return nil
}

// strong reports whether a word is rare enough to be looked up by.
func strong(runes []rune) bool {
	for _, r := range runes {
		if unspaced(r) {
			return true
		}
	}
	n := 0
	for _, r := range runes {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n >= 2
}

// weight is how long the shortest of some words is.
func weight(list []string) int {
	least := 1 << 20
	for _, s := range list {
		n := 0
		for _, r := range s {
			if n++; unspaced(r) {
				n++ // a character of Chinese says more than a letter
			}
		}
		least = min(least, n)
	}
	return least
}
