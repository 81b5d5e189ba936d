package moderation

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed tables/simplified.txt
var simplifiedPairs string

//go:embed tables/homoglyphs.txt
var homoglyphPairs string

// Folded is a text as words are looked for in it: in lower case, without width, accents, invisible characters and letters that only
// look like others, and in simplified characters. Each of its runes knows the bytes of the original that it stands for.
type Folded struct {
	Text  string // the original
	Runes []rune
	From  []int32 // first byte in the original
	To    []int32 // byte after the last one
	gaps  []gap   // what was left out before a rune; nil: nothing anywhere
}

// gap is what was left out before a rune of a text whose gaps were closed.
type gap uint8

const (
	noGap   gap = iota
	softGap     // spaces and full stops, which people also write between words
	hardGap     // signs that nobody writes inside a word
)

const (
	foldPages = 0x20000 >> 8 // the planes in which people write
	foldMulti = 1 << 31      // the rest is an index of several runes
	foldJoins = 1 << 30      // the rune belongs to the character before it
	foldRune  = 1<<21 - 1
)

// folding is what becomes of each rune, made once: 0 is nothing.
type folding struct {
	pages [foldPages]*[256]uint32
	multi [][]rune
	pairs map[rune]rune
}

var foldTable = sync.OnceValue(func() *folding {
	f := &folding{pairs: map[rune]rune{}}
	for _, table := range []string{simplifiedPairs, homoglyphPairs} {
		for line := range strings.Lines(table) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			runes := []rune(strings.TrimSpace(line))
			for i := 0; i+1 < len(runes); i += 2 {
				f.pairs[runes[i]] = runes[i+1]
			}
		}
	}
	for p := range f.pages {
		var page [256]uint32
		for i := range page {
			page[i] = f.work(rune(p<<8 | i))
		}
		f.pages[p] = &page
	}
	return f
})

// diacritic reports whether a mark only decorates the letter before it. Marks that make another character of it stay.
func diacritic(r rune) bool {
	return r >= 0x300 && r <= 0x36F || r >= 0x1AB0 && r <= 0x1AFF || r >= 0x1DC0 && r <= 0x1DFF || r >= 0x20D0 && r <= 0x20FF || r >= 0xFE20 && r <= 0xFE2F
}

// joins reports whether a rune is a part of the character before it: voicing marks of kana, vowels and finals of Hangul.
func joins(r rune) bool { return r == 0x3099 || r == 0x309A || r >= 0x1160 && r <= 0x11FF }

// invisible reports whether nothing is seen of a rune.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == 0x34F || r == 0x115F || r == 0x1160 || r == 0x3164 ||
		r == 0xFFA0 || r == 0x17B4 || r == 0x17B5 || r == 0x2800
}

// one folds a rune that has no parts.
func (f *folding) one(r rune) (out rune, dropped bool) {
	switch {
	case invisible(r) || diacritic(r):
		return 0, true
	case unicode.IsSpace(r) || unicode.IsControl(r):
		return ' ', false
	}
	r = unicode.ToLower(r)
	if to, is := f.pairs[r]; is {
		r = to
	}
	return r, false
}

// work settles what becomes of a rune.
func (f *folding) work(r rune) uint32 {
	if !utf8.ValidRune(r) {
		return utf8.RuneError
	}
	if r == 'ß' || r == 'ẞ' {
		f.multi = append(f.multi, []rune("ss"))
		return foldMulti | uint32(len(f.multi)-1) //nolint:gosec // a few thousand
	}
	if to, is := f.pairs[unicode.ToLower(r)]; is && !invisible(r) {
		if to, dropped := f.one(to); !dropped {
			return uint32(to) //nolint:gosec // a rune
		}
	}
	var out []rune
	for _, part := range norm.NFKD.String(string(r)) {
		if to, dropped := f.one(part); !dropped {
			out = append(out, to)
		}
	}
	switch {
	case len(out) == 0:
		return 0
	case len(out) == 1 && joins(r):
		return foldJoins | uint32(out[0]) //nolint:gosec // a rune
	case len(out) == 1 && joins(out[0]):
		return foldJoins | uint32(out[0]) //nolint:gosec // a rune
	case len(out) == 1:
		return uint32(out[0]) //nolint:gosec // a rune
	}
	f.multi = append(f.multi, out)
	return foldMulti | uint32(len(f.multi)-1) //nolint:gosec // a few thousand
}

// Fold folds a text. Bytes that are no UTF-8 stay as U+FFFD, each for itself.
func Fold(text string) *Folded {
	f := &Folded{Text: text, Runes: make([]rune, 0, len(text)), From: make([]int32, 0, len(text)), To: make([]int32, 0, len(text))}
	t := foldTable()
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		from, to := int32(i), int32(i+size) //nolint:gosec // texts are bounded
		i += size
		var v uint32
		if p := int(r >> 8); p < foldPages {
			v = t.pages[p][r&255]
		} else if !invisible(r) && !unicode.Is(unicode.Mn, r) {
			v = uint32(r) //nolint:gosec // a rune
		}
		switch {
		case v == 0:
			if n := len(f.Runes); n > 0 && diacritic(r) {
				f.extend(to)
			}
		case v&foldMulti != 0:
			for _, part := range t.multi[v&^foldMulti] {
				f.Runes, f.From, f.To = append(f.Runes, part), append(f.From, from), append(f.To, to)
			}
		case v&foldJoins != 0 && len(f.Runes) > 0:
			from = f.From[len(f.From)-1]
			f.Runes, f.From, f.To = append(f.Runes, rune(v&foldRune)), append(f.From, from), append(f.To, to)
			f.extend(to)
		default:
			f.Runes, f.From, f.To = append(f.Runes, rune(v&foldRune)), append(f.From, from), append(f.To, to)
		}
	}
	return f
}

// extend has the last character reach to a byte.
func (f *Folded) extend(to int32) {
	for i, from := len(f.From)-1, f.From[len(f.From)-1]; i >= 0 && f.From[i] == from; i-- {
		f.To[i] = to
	}
}

// String is the folded text.
func (f *Folded) String() string { return string(f.Runes) }

// whole reports whether runes i to j, that one left out, are characters of the original as a whole.
func (f *Folded) whole(i, j int) bool {
	return (i == 0 || f.From[i-1] != f.From[i]) && (j == len(f.Runes) || f.From[j] != f.From[j-1])
}

// Scripts in which words stand without spaces between them.
func unspaced(r rune) bool {
	return r >= 0x2E80 && (unicode.Is(unicode.Han, r) || unicode.Is(unicode.Hiragana, r) || unicode.Is(unicode.Katakana, r)) || r >= 0xE00 && r <= 0xEFF || r >= 0x1000 && r <= 0x109F || r >= 0x1780 && r <= 0x17FF
}

// wordy reports whether a rune goes on a word of letters and digits.
func wordy(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z'
	}
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unspaced(r)
}

// The disguises that a text may wear, beside what folding takes off. Each is looked through only where a text has signs of it.

// leet maps digits and signs that stand for letters.
var leet = map[rune]rune{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', '$': 's', '!': 'i'}

// unleet reads digits as letters inside words that are mostly letters; nil if there is none. "192.168.1.50" and "a55" stay.
func (f *Folded) unleet() *Folded {
	var out []rune
	for i := 0; i < len(f.Runes); {
		j, letters, signs, inner := i, 0, 0, 0
		for ; j < len(f.Runes); j++ {
			r := f.Runes[j]
			if 'a' <= r && r <= 'z' {
				letters++
				inner = signs
			} else if leet[r] != 0 {
				signs++
			} else {
				break
			}
		}
		// A sign of exclamation after a word is one.
		for end := j; end > i && inner < signs && f.Runes[end-1] == '!'; end-- {
			signs--
			j = end - 1
		}
		if signs > 0 && letters > signs {
			if out == nil {
				out = append(out, f.Runes...)
			}
			for k := i; k < j; k++ {
				if to := leet[out[k]]; to != 0 {
					out[k] = to
				}
			}
		}
		i = max(j, i+1)
	}
	if out == nil {
		return nil
	}
	return &Folded{Text: f.Text, Runes: out, From: f.From, To: f.To}
}

// collapse shortens letters that stand three times or more to n; nil if there are none.
func (f *Folded) collapse(n int) *Folded {
	var out *Folded
	for i := 0; i < len(f.Runes); {
		j := i + 1
		for j < len(f.Runes) && f.Runes[j] == f.Runes[i] {
			j++
		}
		keep := j - i
		if keep >= 3 && unicode.IsLetter(f.Runes[i]) {
			if keep = n; out == nil {
				out = &Folded{Text: f.Text}
				out.add(f, 0, i)
			}
		}
		if out != nil {
			out.add(f, i, i+keep)
			if last := len(out.To) - 1; keep < j-i {
				out.To[last] = f.To[j-1]
			}
		}
		i = j
	}
	return out
}

func (f *Folded) add(of *Folded, i, j int) {
	f.Runes, f.From, f.To = append(f.Runes, of.Runes[i:j]...), append(f.From, of.From[i:j]...), append(f.To, of.To[i:j]...)
}

// separator tells what a rune is between the characters of a word that was spaced out.
func separator(r rune) gap {
	switch {
	case r == ' ' || r == '.' || r == ',' || r == '、' || r == '·' || r == '。':
		return softGap
	case r < utf8.RuneSelf:
		if strings.ContainsRune("*_~|+^#&/\\=-`'\":;<>()[]{}", r) {
			return hardGap
		}
		return noGap
	case unicode.IsSymbol(r):
		return hardGap
	}
	return noGap
}

// maxGap is how many separators in a row are left out between two characters.
const maxGap = 3

// squeeze leaves out what stands between single characters, as in "f u c k" and "加*微*信"; nil if there is no such place.
func (f *Folded) squeeze() *Folded {
	single := func(i int) bool { // a character by itself: of a script without spaces, or a letter with nothing wordy beside it
		r := f.Runes[i]
		return unspaced(r) || wordy(r) && (i == 0 || !wordy(f.Runes[i-1])) && (i+1 == len(f.Runes) || !wordy(f.Runes[i+1]))
	}
	var out *Folded
	for i := 0; i < len(f.Runes); {
		kind := separator(f.Runes[i])
		if kind == noGap || i == 0 || !single(i-1) {
			if out != nil {
				out.add(f, i, i+1)
				out.gaps = append(out.gaps, noGap)
			}
			i++
			continue
		}
		j := i
		for j < len(f.Runes) && separator(f.Runes[j]) != noGap {
			kind = max(kind, separator(f.Runes[j]))
			j++
		}
		if j == len(f.Runes) || j-i > maxGap || !single(j) || unspaced(f.Runes[i-1]) != unspaced(f.Runes[j]) {
			if out != nil {
				out.add(f, i, j)
				out.gaps = append(out.gaps, make([]gap, j-i)...)
			}
			i = j
			continue
		}
		if out == nil {
			out = &Folded{Text: f.Text, gaps: make([]gap, i)}
			out.add(f, 0, i)
		}
		out.add(f, j, j+1)
		out.gaps = append(out.gaps, kind)
		i = j + 1
	}
	return out
}

// spaced reports whether runes i to j are a word that was spaced out rather than two words beside each other: characters of scripts
// without spaces may have a single sign between them, but spaces, and letters whatever is between them, must be spaced out all.
func (f *Folded) spaced(i, j int) bool {
	all, any, hard := true, false, true
	for k := i + 1; k < j; k++ {
		switch f.gaps[k] {
		case noGap:
			all = false
		case softGap:
			any, hard = true, false
		case hardGap:
			any = true
		}
	}
	return any && (all || hard && unspaced(f.Runes[i]) && unspaced(f.Runes[j-1]))
}

// disguises are the text as it was folded, and as it may be meant.
func (f *Folded) disguises() []*Folded {
	list := []*Folded{f}
	var letters, digits, signs, triple bool
	for i, r := range f.Runes {
		switch {
		case 'a' <= r && r <= 'z':
			letters = true
		case leet[r] != 0:
			digits = true
		}
		signs = signs || i > 0 && separator(r) != noGap
		triple = triple || i > 1 && r == f.Runes[i-1] && r == f.Runes[i-2]
	}
	add := func(d *Folded) {
		if d != nil {
			list = append(list, d)
		}
	}
	if letters && digits {
		add(f.unleet())
	}
	if signs {
		add(f.squeeze())
	}
	if triple {
		add(f.collapse(1))
		add(f.collapse(2))
	}
	return list
}
