package waves

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strings"
	"unicode/utf8"

	"imdesk/moderation"
)

// Bounds of a sketch.
const (
	sketchSize = 64 // hashes; a text of a message has hardly more pieces, so that most sketches are exact
	indexed    = 6  // of the lowest hashes, by which the sketch of a text is found
	asked      = 14 // of the lowest hashes of a new text: what it adds moves some of the others up
)

// Sketch is what a text is compared by: the lowest hashes of its pieces, in order. Pieces are three letters, or two where words stand
// without spaces. It is the same on every console.
type Sketch []uint32

// Look is a text as it is compared.
type Look struct {
	Sketch Sketch
	Units  int  // different pieces beside greetings: how much the text says
	Greets bool // it has a greeting or the like in it
	Leads  bool // it leads elsewhere: a link, a number, an account
}

// LookAt makes a look of a text. ignore are texts as by moderation.Shape that say nothing, beside those that are known.
func LookAt(text string, ignore []string) Look {
	rest, links, leads := moderation.Plain(text)
	shape := moderation.Shape(rest)
	l := Look{Leads: leads}
	left, whole := string(shape), len(shape)
	if whole >= minLetters {
		for _, list := range [][]string{ignore, greetings()} {
			for _, g := range list {
				if strings.Contains(left, g) {
					left = strings.ReplaceAll(left, g, "")
				}
			}
		}
	}
	l.Greets = whole > 0 && utf8.RuneCountInString(left) < whole*3/5
	l.Sketch, l.Units = pieces(shape)
	if len(left) != len(string(shape)) {
		_, l.Units = pieces([]rune(left))
	}
	if l.Units < minUnitsLeading && len(links) > 0 { // nothing but a link: the very same one
		l.Sketch, l.Units = exactly(links[0])
	}
	if len(l.Sketch) > sketchSize {
		l.Sketch = slices.Clone(l.Sketch[:sketchSize])
	}
	return l
}

// exactly is an address as a text that is like no other one.
func exactly(link string) (Sketch, int) {
	whole := sha256.Sum256([]byte(link))
	return decodeSketch(whole[:]), minUnits
}

// Says reports whether a text says enough for many who say it to be remarkable.
func (l Look) Says() bool {
	if l.Leads {
		return l.Units >= minUnitsLeading
	}
	return l.Units >= minUnits
}

// A text has to say this much: eleven Chinese characters, or four words of English.
const (
	minUnits        = 10
	minUnitsLeading = 5
	minLetters      = 4 // below, there is nothing to compare
)

// pieces are the hashes of a text's pieces, each once, in order, and how much they say: three letters of a word say less than two
// characters of a script without spaces.
func pieces(shape []rune) (Sketch, int) {
	const offset, prime = 2166136261, 16777619 // FNV-1a
	hash := func(rs ...rune) uint32 {
		h := uint32(offset)
		for _, r := range rs {
			for range 3 {
				h = (h ^ uint32(r&0xFF)) * prime //nolint:gosec // a byte of it
				r >>= 8
			}
		}
		// FNV leaves the highest bits of short texts alike, by which the lowest hashes are chosen.
		h ^= h >> 16
		h *= 0x85EBCA6B
		h ^= h >> 13
		h *= 0xC2B2AE35
		return h ^ h>>16
	}
	out := make(Sketch, 0, len(shape))
	pairs := 0
	for i := 0; i+1 < len(shape); i++ {
		switch {
		case moderation.Unspaced(shape[i]) || moderation.Unspaced(shape[i+1]):
			out = append(out, hash(shape[i], shape[i+1]))
			pairs++
		case i+2 < len(shape):
			out = append(out, hash(shape[i:i+3]...))
		}
	}
	all := len(out)
	slices.Sort(out)
	if out = slices.Compact(out); all == 0 {
		return nil, 0
	}
	return out, (len(out)*pairs + len(out)*(all-pairs)*3/5) / all
}

// common counts the hashes that two sketches share, up to the highest that both would have.
func common(a, b Sketch) (both, inA, inB int) {
	top := ^uint32(0)
	if len(a) == sketchSize {
		top = a[len(a)-1]
	}
	if len(b) == sketchSize {
		top = min(top, b[len(b)-1])
	}
	i, j := 0, 0
	for i < len(a) && a[i] <= top || j < len(b) && b[j] <= top {
		moreA, moreB := i < len(a) && a[i] <= top, j < len(b) && b[j] <= top
		switch {
		case moreA && moreB && a[i] == b[j]:
			both++
			inA++
			inB++
			i++
			j++
		case moreA && (!moreB || a[i] < b[j]):
			inA++
			i++
		default:
			inB++
			j++
		}
	}
	return both, inA, inB
}

// Two texts are near enough if they share this much of all their pieces, or if one has nearly all of the other, with other things
// around it.
const (
	nearShare = 0.5
	nearPart  = 0.8
	minPart   = 14 // pieces of the shorter one
)

// Near reports whether two texts are variations of one, or one quotes the other.
func Near(a, b Sketch) bool {
	both, inA, inB := common(a, b)
	all := inA + inB - both
	if all == 0 || both == 0 {
		return false
	}
	if float64(both) >= nearShare*float64(all) {
		return true
	}
	short := min(inA, inB)
	return short >= minPart && float64(both) >= nearPart*float64(short)
}

// Quotes reports whether a text has much of its own beside what it shares with another one, as those have who quote it, or warn of it.
func Quotes(text, of Sketch) bool {
	both, own, _ := common(text, of)
	return own > 0 && float64(own-both) > quoteShare*float64(own)
}

// quoteShare is how much of a text is its own if it quotes. Noise that spammers add is less.
const quoteShare = 0.45

// lowest are the n lowest hashes.
func (s Sketch) lowest(n int) Sketch { return s[:min(n, len(s))] }

// encode and decodeSketch are a sketch as it is kept.
func (s Sketch) encode() []byte {
	b := make([]byte, 0, 4*len(s))
	for _, h := range s {
		b = append(b, byte(h>>24), byte(h>>16), byte(h>>8), byte(h))
	}
	return b
}

func decodeSketch(b []byte) Sketch {
	var s Sketch
	for ; len(b) >= 4; b = b[4:] {
		s = append(s, uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3]))
	}
	slices.SortFunc(s, cmp.Compare[uint32])
	return s
}
