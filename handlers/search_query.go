package handlers

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"imdesk/archive"
	"imdesk/store"
	"imdesk/terms"
)

// searchWord is one part of a search as it was typed.
type searchWord struct {
	key    string // "" for words to be found
	value  string
	not    bool
	quoted bool
}

// searchKeys are the filters of a search.
var searchKeys = []string{"from", "in", "app", "before", "after", "has", "is", "type"}

// splitSearch cuts what was typed at its spaces, but for those between quotes. Quotes of Chinese and of typographers count, too.
func splitSearch(s string) []searchWord {
	var list []searchWord
	var b strings.Builder
	var w searchWord
	in := false
	end := func() {
		w.value = b.String()
		if w.value != "" || w.key != "" {
			list = append(list, w)
		}
		b.Reset()
		w = searchWord{}
	}
	for _, r := range s {
		switch {
		case strings.ContainsRune(`"“”„＂`, r):
			in, w.quoted = !in, true
		case in:
			b.WriteRune(r)
		case r == ' ' || r == '\t' || r == '\n' || r == '\u3000':
			end()
		case r == '-' && b.Len() == 0 && w.key == "" && !w.not && !w.quoted:
			w.not = true
		case (r == ':' || r == '：') && w.key == "" && !w.quoted && slices.Contains(searchKeys, strings.ToLower(b.String())):
			w.key = strings.ToLower(b.String())
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	end()
	return list
}

// search is what somebody looks for.
type search struct {
	query  store.SearchQuery
	marks  []terms.Part // what is to be highlighted
	app    string       // "" is all
	groups []string
	words  string // what is to be found, without filters
	empty  bool   // nothing was typed
}

// badSearch is a part of a search that cannot be understood; key names the text that says why.
type badSearch struct{ key, part string }

func (e badSearch) Error() string { return "search: " + e.part }

// What a message may have, and be.
var (
	searchHas = map[string]int{"link": store.HasLink, "image": store.HasImage, "file": store.HasFile, "video": store.HasVideo, "sound": store.HasSound}
	searchIs  = map[string]store.ArchiveState{"recalled": store.ArchiveRecalled, "edited": store.ArchiveEdited}
)

// searchFlagged is what a message is of which there is, or was, a case.
const searchFlagged = "flagged"

// parseSearch reads a search. Days are those of the operator's time zone: before one and after one do not include it.
func parseSearch(typed string, zone *time.Location) (search, error) {
	list := splitSearch(typed)
	s := search{empty: len(list) == 0}
	for _, w := range list {
		if err := s.add(w, zone); err != nil {
			return s, err
		}
	}
	if len(s.query.All)+len(s.query.None) > store.MaxSearchTerms {
		return s, badSearch{"search.bad.many", fmt.Sprint(store.MaxSearchTerms)}
	}
	return s, nil
}

func (s *search) add(w searchWord, zone *time.Location) error {
	part := w.key + ":" + w.value
	if w.key != "" && w.not {
		return badSearch{"search.bad.not", "-" + part}
	}
	switch w.key {
	case "":
		p, ok := terms.PhraseOf(w.value)
		switch {
		case !ok:
			return badSearch{"search.bad.word", w.value}
		case w.not:
			s.query.None = append(s.query.None, p)
		default:
			s.query.All, s.marks = append(s.query.All, p), append(s.marks, terms.Parts(w.value)...)
			s.words = strings.TrimSpace(s.words + " " + w.value)
		}
	case "from":
		s.query.Senders = append(s.query.Senders, w.value)
	case "in":
		s.groups = append(s.groups, w.value)
	case "app":
		s.app = w.value
	case "before", "after":
		day, err := time.ParseInLocation(time.DateOnly, w.value, zone)
		if err != nil {
			return badSearch{"search.bad.day", part}
		}
		if w.key == "before" {
			s.query.Until = day
		} else {
			s.query.Since = day.AddDate(0, 0, 1)
		}
	case "has":
		bit, ok := searchHas[strings.ToLower(w.value)]
		if !ok {
			return badSearch{"search.bad.has", part}
		}
		s.query.Has |= bit
	case "is":
		if strings.ToLower(w.value) == searchFlagged {
			s.query.Has |= store.HasCase
			return nil
		}
		state, ok := searchIs[strings.ToLower(w.value)]
		if !ok {
			return badSearch{"search.bad.is", part}
		}
		s.query.State = state
	case "type":
		kind := strings.ToLower(w.value)
		if !slices.Contains(archive.Types(), kind) {
			return badSearch{"search.bad.type", part}
		}
		s.query.Types = append(s.query.Types, kind)
	}
	return nil
}

// marked is a piece of a text, highlighted or not.
type marked struct {
	text string
	on   bool
}

// highlight cuts a text into pieces, those on that were looked for, whatever their case, width and accents.
func highlight(text string, parts []terms.Part) []marked {
	var folded []rune
	var begins, ends []int // of each folded character in text
	for at, r := range text {
		_, size := utf8.DecodeRuneInString(text[at:])
		for _, f := range terms.Fold(string(r)) {
			folded, begins, ends = append(folded, f), append(begins, at), append(ends, at+size)
		}
	}
	on := make([]bool, len(text))
	for _, p := range parts {
		for at := p.Find(folded, 0); at >= 0; at = p.Find(folded, at+1) {
			for i := begins[at]; i < ends[at+len(p.Text)-1]; i++ {
				on[i] = true
			}
		}
	}
	var list []marked
	for from := 0; from < len(text); {
		to := from + 1
		for to < len(text) && on[to] == on[from] {
			to++
		}
		list, from = append(list, marked{text[from:to], on[from]}), to
	}
	return list
}
