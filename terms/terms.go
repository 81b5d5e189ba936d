// Package terms cuts what people write into the words of a search index, and what they look for into phrases of such words.
//
// Chinese, Japanese and Thai have no spaces between words, and most Chinese words are two characters: of these scripts the
// index holds overlapping pairs, and the first and the last character of a run by themselves, where a phrase may go on. That a
// text has a character at all is held apart, so that to look for one costs what any word costs. All else is held as whole words.
// Nothing but letters and digits is left, so that every database sees the same words and nothing needs escaping.
package terms

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Limits of one text.
const (
	Max     = 8000 // words of it that are held; PostgreSQL knows 16,383 positions
	maxWord = 64   // characters of a word, the rest of it is left out
)

// Fold is text as it is compared: compatibility forms, case and accents of letters do not count.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKC.String(s) {
		switch {
		case r < 0x80:
			b.WriteRune(unicode.ToLower(r))
		case unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic):
			for _, part := range norm.NFD.String(string(unicode.ToLower(r))) {
				if !unicode.Is(unicode.Mn, part) {
					b.WriteRune(part)
				}
			}
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// run is consecutive letters and digits: one word, or characters of a script without spaces.
type run struct {
	text   []rune
	joined bool // of a script without spaces
}

// runs cuts folded text. Marks that belong to a letter do not end a run.
func runs(folded string) []run {
	var list []run
	open := false
	for _, r := range folded {
		if unicode.Is(unicode.M, r) {
			continue
		}
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			open = false
			continue
		}
		j := joined(r)
		if !open || list[len(list)-1].joined != j {
			list = append(list, run{joined: j})
			open = true
		}
		last := &list[len(list)-1]
		last.text = append(last.text, r)
	}
	return list
}

// joined reports whether a character is of a script that is written without spaces between words.
func joined(r rune) bool {
	return r >= 0x0E00 && (r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}

// Of lists the words of a text in their order, at most Max of them, and behind a gap the characters of scripts without spaces that
// are in these, once each.
func Of(text string) []string {
	var list, alone []string
	seen := map[rune]bool{}
	for _, r := range runs(Fold(text)) {
		list = r.append(list, true, true)
		for _, c := range r.text {
			if r.joined && !seen[c] {
				seen[c], alone = true, append(alone, gap+string(c))
			}
		}
		if len(list) >= Max {
			list = list[:Max]
			break
		}
	}
	if len(alone) == 0 {
		return list
	}
	return append(append(list, gap), alone[:min(len(alone), Max-1)]...)
}

// append appends the words of a run; those of its first and its last character by themselves, where it begins and ends there.
func (r run) append(list []string, begins, ends bool) []string {
	n := len(r.text)
	if !r.joined {
		return append(list, string(r.text[:min(n, maxWord)]))
	}
	if begins && n > 1 {
		list = append(list, string(r.text[0]))
	}
	for i := range n - 1 {
		list = append(list, string(r.text[i:i+2]))
	}
	if ends || n == 1 {
		list = append(list, string(r.text[n-1]))
	}
	return list
}

// Phrase is words that follow each other. Prefix: of the last one it is the beginning.
type Phrase struct {
	Words  []string
	Prefix bool
}

// PhraseOf is what to look for to find a text; false if it has neither letters nor digits.
func PhraseOf(text string) (Phrase, bool) {
	list := runs(Fold(text))
	if len(list) == 1 && list[0].joined && len(list[0].text) == 1 {
		return Phrase{Words: []string{gap + string(list[0].text)}}, true
	}
	var words []string
	for i, r := range list {
		words = r.append(words, i > 0, i < len(list)-1)
	}
	return Phrase{Words: words[:min(len(words), Max)]}, len(words) > 0
}

// Part is letters and digits that stand together in a text.
type Part struct {
	Text  []rune // folded
	Whole bool   // a word: it is found only where it begins and ends as one
}

// Parts cuts a text at what is no letter or digit, and between scripts with and without spaces.
func Parts(text string) []Part {
	var list []Part
	for _, r := range runs(Fold(text)) {
		list = append(list, Part{r.text, !r.joined})
	}
	return list
}

// Find returns where a part begins in folded characters, from a place on; -1 if nowhere.
func (p Part) Find(folded []rune, from int) int {
	for at := from; at+len(p.Text) <= len(folded); at++ {
		if slices.Equal(folded[at:at+len(p.Text)], p.Text) && (!p.Whole || !inWord(folded, at-1) && !inWord(folded, at+len(p.Text))) {
			return at
		}
	}
	return -1
}

// inWord reports whether there is a character of a word.
func inWord(folded []rune, at int) bool {
	if at < 0 || at >= len(folded) {
		return false
	}
	r := folded[at]
	return (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.M, r)) && !joined(r)
}
