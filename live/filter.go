package live

import (
	"slices"
	"strings"
	"sync"
	"time"

	"imdesk/store"
	"imdesk/terms"
)

// Filter chooses lines. What is zero does not restrict, but for Apps.
type Filter struct {
	Apps     map[string]Sight // by name, those that may be seen
	All      []terms.Phrase
	None     []terms.Phrase
	Places   []store.Conversation // any of them
	Senders  []string             // any of them
	Types    []string             // any of them
	Has      int                  // all of the bits
	State    store.ArchiveState
	Since    time.Time
	Until    time.Time // before it
	Unsender []Person  // none of them
}

// Sight is what of an app may be seen.
type Sight struct {
	Recalled bool // also what messages said that were taken back
	Cases    bool // also of which messages there is a case
}

// Person is a user of an app.
type Person struct{ App, ID string }

// Sees tells whether a line may be seen at all, if only that something became of it.
func (f *Filter) Sees(l *Line) bool {
	_, may := f.Apps[l.Message.Place.App]
	return may && l.Message.Place.Group != ""
}

// Match tells whether a line is to be shown.
func (f *Filter) Match(l *Line) bool {
	m := &l.Message
	sight, may := f.Apps[m.Place.App]
	switch {
	case !may || m.Place.Group == "":
	case m.State == store.ArchiveRecalled && !sight.Recalled:
	case f.State != 0 && m.State != f.State:
	case f.Has&m.Has != f.Has:
	case len(f.Places) > 0 && !slices.Contains(f.Places, m.Place):
	case len(f.Senders) > 0 && !slices.Contains(f.Senders, m.Sender):
	case len(f.Types) > 0 && !slices.ContainsFunc(f.Types, func(t string) bool { return slices.Contains(m.Types, t) }):
	case !f.Since.IsZero() && m.At.Before(f.Since), !f.Until.IsZero() && !m.At.Before(f.Until):
	case len(f.Unsender) > 0 && slices.Contains(f.Unsender, Person{m.Place.App, m.Sender}):
	default:
		return f.says(l)
	}
	return false
}

// says tells whether a line has the words that are looked for, as a search would find them.
func (f *Filter) says(l *Line) bool {
	if len(f.All)+len(f.None) == 0 {
		return true
	}
	words := l.found.of(l.Message.Text)
	for _, p := range f.All {
		if !follows(words, p) {
			return false
		}
	}
	for _, p := range f.None {
		if follows(words, p) {
			return false
		}
	}
	return true
}

// lazyWords are the words of a text once somebody looks for some.
type lazyWords struct {
	once sync.Once
	list []string
}

func (w *lazyWords) of(text string) []string {
	w.once.Do(func() { w.list = terms.Of(text) })
	return w.list
}

// follows tells whether the words of a phrase follow each other somewhere.
func follows(words []string, p terms.Phrase) bool {
	last := len(p.Words) - 1
	for at := 0; at+last < len(words); at++ {
		if slices.Equal(words[at:at+last], p.Words[:last]) && (words[at+last] == p.Words[last] || p.Prefix && strings.HasPrefix(words[at+last], p.Words[last])) {
			return true
		}
	}
	return false
}
