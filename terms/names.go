package terms

import (
	"slices"
	"unicode"
)

// MaxName is how many letters and digits of a name or an id are held.
const MaxName = 200

// gap stands between what does not follow each other, and begins a word that stands for a part too short for a phrase: of a name,
// or a character of a text. No text holds it.
const gap = "§"

// paired reports whether parts of names are pairs of characters: where one character says much. Elsewhere they are three.
func paired(r rune) bool { return joined(r) || unicode.Is(unicode.Hangul, r) }

// nameRuns cuts names: at what is no letter or digit, and between scripts.
func nameRuns(text string) [][]rune {
	var list [][]rune
	left := MaxName
	for _, r := range runs(Fold(text)) {
		for from := 0; from < len(r.text) && left > 0; {
			to := from + 1
			for to < len(r.text) && paired(r.text[to]) == paired(r.text[from]) {
				to++
			}
			to = min(to, from+left)
			list, left, from = append(list, r.text[from:to]), left-(to-from), to
		}
	}
	return list
}

// grams lists what a run is made of, in its order; none of one that is shorter than they are.
func grams(run []rune) (list []string) {
	n := 3
	if paired(run[0]) {
		n = 2
	}
	for i := 0; i+n <= len(run); i++ {
		list = append(list, string(run[i:i+n]))
	}
	return list
}

// OfNames lists the words by which names are found by their parts: those of each run in its order, with gaps between them, and
// what is shorter, once each.
func OfNames(names ...string) []string {
	var list, short []string
	add := func(part []rune) {
		if w := gap + string(part); !slices.Contains(short, w) {
			short = append(short, w)
		}
	}
	for _, name := range names {
		for _, run := range nameRuns(name) {
			if g := grams(run); len(g) > 0 {
				list = append(append(list, g...), gap)
			}
			if paired(run[0]) {
				for i := range run {
					add(run[i : i+1])
				}
				continue
			}
			add(run[:1])
			for i := 0; i+2 <= len(run); i++ {
				add(run[i : i+2])
			}
		}
	}
	return append(list, short...)
}

// PartsOfName is what to look for to find names: all of the phrases. A single letter of a script with longer words is found where
// it begins one, all else anywhere. None: there is neither letter nor digit.
func PartsOfName(text string) [][]string {
	var list [][]string
	for _, run := range nameRuns(text) {
		p := grams(run)
		if len(p) == 0 {
			p = []string{gap + string(run)}
		}
		if !slices.ContainsFunc(list, func(q []string) bool { return slices.Equal(p, q) }) {
			list = append(list, p)
		}
	}
	return list
}

// InName reports whether a text is a part of one of the names, as an index of OfNames finds it.
func InName(text string, names ...string) bool {
	var in [][]rune
	for _, n := range names {
		in = append(in, nameRuns(n)...)
	}
	parts := nameRuns(text)
	for _, p := range parts {
		if !slices.ContainsFunc(in, func(run []rune) bool { return inRun(p, run) }) {
			return false
		}
	}
	return len(parts) > 0
}

func inRun(part, run []rune) bool {
	if len(part) == 1 && !paired(part[0]) {
		return run[0] == part[0]
	}
	for at := 0; at+len(part) <= len(run); at++ {
		if slices.Equal(run[at:at+len(part)], part) {
			return true
		}
	}
	return false
}
