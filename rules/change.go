package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"imdesk/moderation"
	"imdesk/store"
)

// Errors of changes.
var (
	// ErrChanged means that somebody changed a rule or list since it was read.
	ErrChanged = errors.New("somebody changed it meanwhile")
	// ErrUsed means that rules name a list that was to be deleted.
	ErrUsed = errors.New("rules name the list")
)

// Put stores a rule or list as the version after d.Version, 0 for a new one, and puts it in force. A new one comes last. The error is
// a *moderation.Mistake, ErrChanged, or the store's.
func (s *Service) Put(ctx context.Context, d store.RuleDoc) (store.RuleDoc, error) {
	last := 0
	for _, old := range s.Docs() {
		last = max(last, old.Position)
		if old.Kind != d.Kind || old.Name != d.Name {
			continue
		}
		if old.Version > d.Version { // the store would say so, too, after a mistake that is none of this operator's
			return d, ErrChanged
		}
		d.Position = old.Position
	}
	if d.Version == 0 {
		d.Position = last + 1
	}
	if err := s.check(d); err != nil {
		return d, err
	}
	d.At = s.now()
	out, err := s.Store.Rules.Put(ctx, d)
	if errors.Is(err, store.ErrConflict) {
		return d, fmt.Errorf("%w: %w", ErrChanged, err)
	}
	if err != nil {
		return d, err
	}
	return out, s.changed(ctx, d.Name)
}

// PutRule is Put of a rule.
func (s *Service) PutRule(ctx context.Context, r moderation.Rule, from int64, by, note string) (store.RuleDoc, error) {
	return s.putPart(ctx, store.RuleDoc{Kind: store.DocRule, Name: r.Name, Version: from, By: by, Note: note}, moderation.File{Rules: []moderation.Rule{r}})
}

// PutList is Put of a list.
func (s *Service) PutList(ctx context.Context, l moderation.List, from int64, by, note string) (store.RuleDoc, error) {
	return s.putPart(ctx, store.RuleDoc{Kind: store.DocList, Name: l.Name, Version: from, By: by, Note: note}, moderation.File{Lists: []moderation.List{l}})
}

func (s *Service) putPart(ctx context.Context, d store.RuleDoc, part moderation.File) (store.RuleDoc, error) {
	b, err := moderation.Format(part)
	if err != nil {
		return d, err
	}
	d.Body = string(b)
	return s.Put(ctx, d)
}

// Delete puts a rule or list out of force; its versions stay. The error is ErrChanged, ErrUsed, or the store's.
func (s *Service) Delete(ctx context.Context, kind, name string, from int64, by string) error {
	i := slices.IndexFunc(s.Docs(), func(d store.RuleDoc) bool { return d.Kind == kind && d.Name == name })
	if i < 0 {
		return store.ErrNotFound
	}
	d := s.Docs()[i]
	d.Version, d.Gone, d.By, d.Note = from, true, by, ""
	_, err := s.Put(ctx, d)
	return err
}

// check tries the rules as they would be with a document.
func (s *Service) check(d store.RuleDoc) error {
	with := loaded{docs: slices.DeleteFunc(s.Docs(), func(o store.RuleDoc) bool { return o.Kind == d.Kind && o.Name == d.Name })}
	if !d.Gone {
		with.docs = append(with.docs, d)
	}
	_, err := with.compile()
	if err != nil && d.Gone && d.Kind == store.DocList {
		return fmt.Errorf("%w: %w", ErrUsed, err)
	}
	return err
}

// Move puts a rule before or after its neighbour; at the end of the list nothing happens.
func (s *Service) Move(ctx context.Context, name string, up bool) error {
	var names []string
	for _, d := range s.Docs() {
		if d.Kind == store.DocRule {
			names = append(names, d.Name)
		}
	}
	i := slices.Index(names, name)
	j := i + 1
	if up {
		j = i - 1
	}
	switch {
	case i < 0:
		return store.ErrNotFound
	case j < 0 || j >= len(names):
		return nil
	}
	names[i], names[j] = names[j], names[i]
	if err := s.Store.Rules.Order(ctx, names); err != nil {
		return err
	}
	return s.changed(ctx, name)
}

// List is a list of words in force with its document.
func (s *Service) List(name string) (moderation.List, store.RuleDoc, bool) {
	l := s.loaded.Load()
	if l == nil {
		return moderation.List{}, store.RuleDoc{}, false
	}
	i := slices.IndexFunc(l.file.Lists, func(r moderation.List) bool { return r.Name == name })
	j := slices.IndexFunc(l.docs, func(d store.RuleDoc) bool { return d.Kind == store.DocList && d.Name == name })
	if i < 0 || j < 0 {
		return moderation.List{}, store.RuleDoc{}, false
	}
	return l.file.Lists[i], l.docs[j], true
}
