package demo

import (
	"embed"
	"fmt"
	"math/rand/v2"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

//go:embed talk/*.txt
var talkFiles embed.FS

// A script is all authored talk: scenes by shelf (the name of the file) and language, and the words that scenes leave open.
//
// The files are made of scenes, with an empty line between them:
//
//	@ zh            the language of what follows, or another name that scenes of this file are asked for by
//	A text          a line of speaker A; H is the owner or an administrator of the group
//	B>A text        B quotes A's latest line
//	?A text         a line that is left out as often as not
//	| text          goes on with the line above, after a line break
//	# text          a comment
//
// A text may be several, with " || " between them, of which one is said: the
// first of each line, or the second of each, and so on. It may hold elements such as [photo 1600x1067] (see element) and slots: {item} is a word of slots.txt,
// {price:10-90:5} a number from 10 to 90 in steps of 5, {song2:song} another word of the list song, {@B} the nickname of
// speaker B. A slot has one value in a scene; {price-20} computes with it.
type script struct {
	shelves map[string]map[string][]*scene
	slots   map[string][]string // by "name@language"
}

type scene struct {
	shelf, lang string
	lines       []line
}

type line struct {
	who, quotes byte // quotes: 0 = nobody
	optional    bool
	choices     [][]part // what may be said
}

// part is a text, or an element with its arguments.
type part struct {
	element string // "" for a text
	text    []piece
}

// piece is literal text or a slot.
type piece struct {
	literal string
	name    string // of the slot, "" for literal text
	mention byte   // speaker, for {@B}
	list    string // to choose the value from
	lo, hi  int    // else the range of a number
	step    int
	add     int
}

var loadScript = sync.OnceValues(func() (*script, error) {
	s := &script{shelves: map[string]map[string][]*scene{}, slots: map[string][]string{}}
	files, err := talkFiles.ReadDir("talk")
	if err != nil {
		return nil, err
	}
	text, err := talkFiles.ReadFile("talk/slots.txt")
	if err != nil {
		return nil, err
	}
	if err := s.readSlots(string(text)); err != nil {
		return nil, fmt.Errorf("slots.txt: %w", err)
	}
	for _, f := range files {
		shelf, isTalk := strings.CutSuffix(f.Name(), ".txt")
		if !isTalk || shelf == "slots" {
			continue
		}
		text, err := talkFiles.ReadFile(path.Join("talk", f.Name()))
		if err != nil {
			return nil, err
		}
		if err := s.readShelf(shelf, string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	return s, nil
})

func (s *script) readSlots(text string) error {
	for i, l := range strings.Split(text, "\n") {
		if l == "" || l[0] == '#' {
			continue
		}
		name, choices, ok := strings.Cut(l, " = ")
		if !ok || !strings.Contains(name, "@") {
			return fmt.Errorf("line %d is no slot", i+1)
		}
		s.slots[name] = strings.Split(choices, "|")
	}
	return nil
}

var speaker = regexp.MustCompile(`^(\??)([A-Z])(?:>([A-Z]))? (.+)$`)

func (s *script) readShelf(shelf, text string) error {
	var lang string
	var sc *scene
	var texts []string // of the lines of sc
	finish := func() error {
		if sc == nil {
			return nil
		}
		for i := range sc.lines {
			for _, choice := range strings.Split(texts[i], " || ") {
				parts, err := s.parse(choice)
				if err != nil {
					return err
				}
				sc.lines[i].choices = append(sc.lines[i].choices, parts)
			}
		}
		s.shelves[shelf][lang] = append(s.shelves[shelf][lang], sc)
		sc, texts = nil, nil
		return nil
	}
	s.shelves[shelf] = map[string][]*scene{}
	for i, l := range strings.Split(text, "\n") {
		fail := func(err error) error { return fmt.Errorf("line %d: %w", i+1, err) }
		switch {
		case l == "":
			if err := finish(); err != nil {
				return fail(err)
			}
		case strings.HasPrefix(l, "#"):
		case strings.HasPrefix(l, "@ "):
			if err := finish(); err != nil {
				return fail(err)
			}
			lang = l[2:]
		case l[0] == '|' && len(texts) > 0:
			texts[len(texts)-1] += "\n" + strings.TrimPrefix(l[1:], " ")
		default:
			m := speaker.FindStringSubmatch(l)
			if m == nil || lang == "" {
				return fail(fmt.Errorf("%q is no line of a scene", l))
			}
			if sc == nil {
				sc = &scene{shelf: shelf, lang: lang}
			}
			ln := line{who: m[2][0], optional: m[1] != ""}
			if m[3] != "" {
				ln.quotes = m[3][0]
			}
			sc.lines = append(sc.lines, ln)
			texts = append(texts, m[4])
		}
	}
	return finish()
}

var (
	elementMark = regexp.MustCompile(`\[(photo|poster|shot|gif|sound|video|file|place|ticket|order|gift|face|forward)( [^\]]*)?\]`)
	slotMark    = regexp.MustCompile(`\{(@[A-Z]|[a-z]+[0-9]?)(?::([^}]+))?([+-][0-9]+)?\}`)
)

func (s *script) parse(text string) (parts []part, err error) {
	add := func(element, text string) error {
		if element == "" && strings.Trim(text, " ") == "" {
			return nil
		}
		pieces, err := s.pieces(strings.TrimPrefix(text, " "))
		parts = append(parts, part{element, pieces})
		return err
	}
	at := 0
	for _, m := range elementMark.FindAllStringSubmatchIndex(text, -1) {
		args := ""
		if m[4] >= 0 {
			args = text[m[4]:m[5]]
		}
		if err := add("", strings.TrimSuffix(text[at:m[0]], " ")); err != nil {
			return nil, err
		}
		if err := add(text[m[2]:m[3]], args); err != nil {
			return nil, err
		}
		at = m[1]
	}
	return parts, add("", text[at:])
}

func (s *script) pieces(text string) (pieces []piece, err error) {
	known := func(list string) bool {
		return s.slots[list+"@any"] != nil || s.slots[list+"@zh"] != nil || s.slots[list+"@ar"] != nil
	}
	at := 0
	for _, m := range slotMark.FindAllStringSubmatchIndex(text, -1) {
		p := piece{name: text[m[2]:m[3]], step: 1}
		spec := ""
		if m[4] >= 0 {
			spec = text[m[4]:m[5]]
		}
		if m[6] >= 0 {
			if p.add, err = strconv.Atoi(text[m[6]:m[7]]); err != nil {
				return nil, err
			}
		}
		switch {
		case p.name[0] == '@':
			p.mention = p.name[1]
		case spec == "" && known(p.name):
			p.list = p.name
		case known(spec):
			p.list = spec
		case spec != "":
			if n, _ := fmt.Sscanf(spec, "%d-%d:%d", &p.lo, &p.hi, &p.step); n < 2 || p.lo > p.hi || p.step < 1 {
				return nil, fmt.Errorf("slot %s: %q is neither a list nor a range", p.name, spec)
			}
		}
		// A name without list or range is either a number met before, or plain text in braces: say decides.
		pieces = append(pieces, piece{literal: text[at:m[0]]}, p)
		at = m[1]
	}
	return append(pieces, piece{literal: text[at:]}), nil
}

// values are what the slots of one scene stand for.
type values struct {
	script *script
	lang   string
	rng    *rand.Rand
	words  map[string]string
	nick   func(speaker byte) string
}

// fill returns the text with its slots filled.
func (v *values) fill(pieces []piece) string {
	if len(pieces) == 1 {
		return pieces[0].literal
	}
	var b strings.Builder
	for _, p := range pieces {
		if p.name == "" {
			b.WriteString(p.literal)
			continue
		}
		b.WriteString(v.value(p))
	}
	return b.String()
}

func (v *values) value(p piece) string {
	if p.mention != 0 {
		return "@" + v.nick(p.mention)
	}
	word, ok := v.words[p.name]
	switch {
	case ok:
	case p.list != "":
		word = v.choose(p.list)
		v.words[p.name] = word
	case p.hi > 0:
		word = strconv.Itoa(p.lo + v.rng.IntN((p.hi-p.lo)/p.step+1)*p.step)
		v.words[p.name] = word
	default:
		return "{" + p.name + "}"
	}
	if p.add != 0 {
		if n, err := strconv.Atoi(word); err == nil {
			return strconv.Itoa(max(n+p.add, 1))
		}
	}
	return word
}

func (v *values) choose(list string) string {
	for _, lang := range []string{v.lang, "any", "zh"} {
		if words := v.script.slots[list+"@"+lang]; words != nil {
			return words[v.rng.IntN(len(words))]
		}
	}
	return ""
}
