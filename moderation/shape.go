package moderation

import (
	"slices"
	"strings"
	"unicode"
)

// Shape is what stays the same of a text when it is varied: its letters as they are folded, without digits, signs, emoji and spaces,
// with a letter that is repeated three times or more once. Digits inside words are read as the letters that they stand for.
func Shape(text string) []rune {
	f := Fold(cutText(text))
	if plain := f.unleet(); plain != nil {
		f = plain
	}
	if short := f.collapse(1); short != nil {
		f = short
	}
	out := make([]rune, 0, len(f.Runes))
	for _, r := range f.Runes {
		if unicode.IsLetter(r) {
			out = append(out, r)
		}
	}
	return out
}

// Unspaced reports whether a letter belongs to a script in which words stand without spaces, so that a pair of letters says much.
func Unspaced(r rune) bool { return unspaced(r) }

// Plain is a text without the addresses and the names of people in it: without "@name" anywhere and "name:" at the beginning. links are
// those addresses as they are folded; leads reports whether it leads elsewhere, by a link, a number or the name of an account.
func Plain(text string) (rest string, links []string, leads bool) {
	text = cutText(text)
	f := Fold(text)
	var b strings.Builder
	at := 0
	for _, l := range f.links() {
		from, to := int(f.From[l.from]), int(f.To[l.to-1])
		links = append(links, string(f.Runes[l.from:l.to]))
		if from > at {
			b.WriteString(text[at:from])
			b.WriteByte(' ')
		}
		at = max(at, to)
	}
	leads = len(links) > 0 || len(f.contacts()) > 0
	b.WriteString(text[at:])
	rest = b.String()
	if name, after, is := strings.Cut(strings.TrimLeft(rest, " "), " "); is && len(name) < 40 && (strings.HasSuffix(name, ":") || strings.HasSuffix(name, ",")) {
		rest = after
	}
	if !strings.Contains(rest, "@") {
		return rest, links, leads
	}
	words := strings.Fields(rest)
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return strings.HasPrefix(w, "@") }), " "), links, leads
}
