package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"imdesk/imclient"
)

// wordWork adds words to a library of the service's own filter, removes them, or puts back what an undo found.
type wordWork struct {
	library string
	label   string
	words   []string
	want    map[string]string // by word: TextMissing, or a value of wordValue
	restore bool

	kind imclient.KeywordKind
	ids  map[string]string // by word: what the service calls it
}

// The parts of a value that says what a word does in its library.
const (
	wordPlain   = "word"
	wordPattern = "pattern"
	wordBecomes = "→"
)

// wordValue writes what a word does: "word", "pattern", and behind an arrow what it becomes.
func wordValue(k imclient.Keyword) string {
	v := wordPlain
	if k.Pattern {
		v = wordPattern
	}
	if k.Replacement != "" {
		v += wordBecomes + k.Replacement
	}
	return v
}

// Word reads what wordValue wrote.
func (v Value) Word() (pattern bool, replacement string) {
	kind, replacement, _ := strings.Cut(v.Text, wordBecomes)
	return kind == wordPattern, replacement
}

func (w *wordWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbKeywords); err != nil {
		return err
	}
	others, err := w.findLibrary(ctx, p)
	if err != nil {
		return err
	}
	now, err := w.read(ctx, p)
	if err != nil {
		return err
	}
	elsewhere, err := w.elsewhere(ctx, p, others)
	if err != nil {
		return err
	}
	for _, text := range w.words {
		item := Item{ID: text, Before: now[text], Want: known(w.want[text]), Effect: EffectWordAdded}
		removes := item.Want.Text == TextMissing
		switch {
		case w.restore:
			item.Effect = EffectRestored
		case removes && item.Before == known(TextMissing):
			item.skip(SkipNoWord)
		case removes:
			item.Effect = EffectWordRemoved
		case item.Before == item.Want:
			item.skip(SkipSame)
		case elsewhere[text]:
			item.skip(SkipOtherList)
		case item.Before.Known && item.Before.Text != TextMissing:
			item.Effect = EffectWordChanged
		}
		p.items = append(p.items, item)
	}
	return nil
}

// findLibrary finds the library, and the others that share its words: what replaces and what blocks inside an app is one list
// to the service, in which a word stands once.
func (w *wordWork) findLibrary(ctx context.Context, p *plan) (others []string, err error) {
	pages := 0
	local := func(k imclient.KeywordKind) bool {
		return k == imclient.KeywordsReplace || k == imclient.KeywordsBlock
	}
	var all []imclient.KeywordLibrary
	for page, err := range imclient.Pages(ctx, "", func(ctx context.Context, cursor string) (imclient.Page[imclient.KeywordLibrary], error) {
		return p.app.IM.Keywords.Libraries(ctx, cursor, 0)
	}) {
		if err != nil {
			return nil, fmt.Errorf("read the libraries: %w", err)
		}
		all = append(all, page.Items...)
		if pages++; pages == listPages {
			break
		}
	}
	i := slices.IndexFunc(all, func(l imclient.KeywordLibrary) bool { return l.ID == w.library })
	if i < 0 {
		return nil, &imclient.Error{Op: "keywords.libraries", Vendor: p.app.IM.Vendor, Kind: imclient.ErrNotFound}
	}
	w.kind = all[i].Kind
	if w.kind != imclient.KeywordsReplace {
		for text, v := range w.want {
			if pattern, becomes := known(v).Word(); v != TextMissing && becomes != "" {
				w.want[text] = wordValue(imclient.Keyword{Pattern: pattern})
			}
		}
	}
	for _, l := range all {
		if local(w.kind) && local(l.Kind) && l.ID != w.library {
			others = append(others, l.ID)
		}
	}
	return others, nil
}

// elsewhere tells which of the words that are to be added stand in one of the other lists.
func (w *wordWork) elsewhere(ctx context.Context, p *plan, others []string) (map[string]bool, error) {
	found := map[string]bool{}
	if w.restore {
		return found, nil
	}
	for _, library := range others {
		list, _, err := findWords(ctx, p, library, w.words)
		if err != nil {
			return nil, err
		}
		for text, v := range list {
			found[text] = found[text] || v != known(TextMissing)
		}
	}
	return found, nil
}

// wordPages is how far a search is followed to find one word among those that contain it.
const wordPages = 5

// findWords tells what words do in a library, TextMissing for those that are not in it. One that is contained in too many
// others to be found among them stays unknown.
func findWords(ctx context.Context, p *plan, library string, words []string) (now map[string]Value, ids map[string]string, err error) {
	values, names := make([]Value, len(words)), make([]string, len(words))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(callsAtOnce)
	for n, text := range words {
		g.Go(func() error {
			cursor := ""
			for range wordPages {
				page, err := p.app.IM.Keywords.List(ctx, library, text, cursor, 0)
				if err != nil {
					return fmt.Errorf("look for a word: %w", err)
				}
				for _, k := range page.Items {
					if k.Text == text {
						values[n], names[n] = known(wordValue(k)), k.ID
						return nil
					}
				}
				if cursor = page.Next; cursor == "" {
					values[n] = known(TextMissing)
					return nil
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	now, ids = map[string]Value{}, map[string]string{}
	for n, text := range words {
		if values[n].Known {
			now[text] = values[n]
		}
		if names[n] != "" {
			ids[text] = names[n]
		}
	}
	return now, ids, nil
}

// send removes what is to go, and adds the rest. Patterns go one by one: the service refuses a whole call for one that it
// cannot read.
func (w *wordWork) send(ctx context.Context, p *plan) sent {
	var s sent
	var gone []string
	byID := map[string]string{}
	var plain []imclient.NewKeyword
	for _, text := range p.acting() {
		want := p.item(text).Want
		pattern, becomes := want.Word()
		k := imclient.NewKeyword{Text: text, Pattern: pattern, Label: w.label, Replacement: becomes}
		switch id := w.ids[text]; {
		case want.Text == TextMissing && id == "":
			s.set(text, reply{&imclient.Error{Op: "keywords.remove", Vendor: p.app.IM.Vendor, Kind: imclient.ErrNotFound, Sent: true}, true})
		case want.Text == TextMissing:
			gone = append(gone, id)
			byID[id] = text
		case pattern && ctx.Err() != nil:
			s.set(text, reply{errNotSent, true})
		case pattern:
			refused, err := p.app.IM.Keywords.Add(ctx, w.library, []imclient.NewKeyword{k})
			s.set(text, reply{err, true})
			s.refused(refused)
		default:
			plain = append(plain, k)
		}
	}
	if len(gone) > 0 {
		refused, err := p.app.IM.Keywords.Remove(ctx, w.library, gone)
		for _, id := range gone {
			s.set(byID[id], reply{err, len(gone) == 1})
		}
		for i := range refused {
			if text := byID[refused[i].ID]; text != "" {
				refused[i].ID = text
			}
		}
		s.refused(refused)
	}
	if len(plain) > 0 {
		refused, err := p.app.IM.Keywords.Add(ctx, w.library, plain)
		for _, k := range plain {
			s.set(k.Text, reply{err, len(plain) == 1})
		}
		s.refused(refused)
	}
	return s
}

func (w *wordWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	now, ids, err := findWords(ctx, p, w.library, w.words)
	if err == nil && w.ids == nil {
		w.ids = ids
	}
	return now, err
}

func (w *wordWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *wordWork) targets(*plan) (users, messages []string) { return nil, nil }

func (w *wordWork) options() map[string]any {
	o := map[string]any{"library": w.library}
	if w.label != "" {
		o["label"] = w.label
	}
	return o
}
