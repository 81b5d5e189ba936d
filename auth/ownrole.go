package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"imdesk/store"
)

// ErrVerb: a role has something in it that nobody can do.
var ErrVerb = errors.New("no such right")

// OwnRole is a role beside the presets.
type OwnRole struct {
	ID      Role
	Title   string
	Base    Role // the preset that it began as
	Verbs   []Verb
	Version int64
}

func asOwnRole(r store.OwnRole) OwnRole {
	return OwnRole{ID: Role(r.ID), Title: r.Title, Base: Role(r.Base), Verbs: knownVerbs(r.Verbs), Version: r.Version}
}

// OwnRoles lists the roles beside the presets, by title.
func (s *Service) OwnRoles(ctx context.Context) ([]OwnRole, error) {
	list, err := s.store.Roles.List(ctx)
	var own []OwnRole
	for _, r := range list {
		own = append(own, asOwnRole(r))
	}
	return own, err
}

// OwnRole is one of them. Errors: store.ErrNotFound.
func (s *Service) OwnRole(ctx context.Context, id Role) (OwnRole, error) {
	r, err := s.store.Roles.Get(ctx, string(id))
	return asOwnRole(r), err
}

// complete checks verbs and adds those without which none of the others is of use.
func complete(verbs []Verb) ([]Verb, error) {
	list := []Verb{VerbSelf, VerbFactors, VerbView}
	for _, v := range verbs {
		if _, known := least[v]; !known {
			return nil, fmt.Errorf("%w: %q", ErrVerb, v)
		}
		list = append(list, v)
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// mayShape checks that by may do everywhere what is in a role: somebody may have it in any app.
func (s *Service) mayShape(ctx context.Context, by Operator, verbs []Verb) error {
	if by.ID == "" {
		return nil
	}
	by, err := s.fresh(ctx, by)
	if err != nil {
		return err
	}
	if missing := by.lacks(&rights{all: setOf(verbs)}); missing != nil {
		return missing
	}
	return nil
}

// AddRole makes a role beside the presets. Errors: ErrRole (no such preset), ErrVerb, *Outranked, store.ErrConflict (the
// title is taken), store.ErrInvalid (it is no title, or there are too many).
func (s *Service) AddRole(ctx context.Context, by Operator, r OwnRole) (OwnRole, error) {
	if !r.Base.Valid() {
		return OwnRole{}, fmt.Errorf("%s: %w: %q", actAddRole, ErrRole, r.Base)
	}
	verbs, err := complete(r.Verbs)
	if err == nil {
		err = s.mayShape(ctx, by, verbs)
	}
	if err == nil && titleOfPreset(r.Title) {
		err = store.ErrConflict
	}
	if err != nil {
		return OwnRole{}, fmt.Errorf("%s: %w", actAddRole, err)
	}
	added, removed := diff(r.Base.Verbs(), verbs)
	detail := map[string]string{"name": r.Title, "role": string(r.Base), "added": listed(added), "removed": listed(removed)}
	var made OwnRole
	err = s.recorded(ctx, by, actAddRole, detail, func() error {
		v, err := s.store.Roles.Add(ctx, store.OwnRole{Title: r.Title, Base: string(r.Base), Verbs: names(verbs), ChangedAt: s.now()})
		made = asOwnRole(v)
		return err
	})
	return made, err
}

// ChangeRole gives a role another title and other verbs. It counts at once for all who have it. Errors: ErrVerb, *Outranked,
// store.ErrConflict (the title is taken, or the role was changed since Version), store.ErrInvalid, store.ErrNotFound.
func (s *Service) ChangeRole(ctx context.Context, by Operator, r OwnRole) error {
	before, err := s.OwnRole(ctx, r.ID)
	if err != nil {
		return err
	}
	verbs, err := complete(r.Verbs)
	if err == nil {
		err = s.mayShape(ctx, by, append(slices.Clone(verbs), before.Verbs...))
	}
	if err == nil && titleOfPreset(r.Title) {
		err = store.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("%s: %w", actChangeRole, err)
	}
	added, removed := diff(before.Verbs, verbs)
	detail := map[string]string{"name": r.Title, "before": before.Title, "after": r.Title, "added": listed(added), "removed": listed(removed)}
	if before.Title == r.Title {
		delete(detail, "before")
		delete(detail, "after")
	}
	defer s.Sessions.cache.clear()
	return s.recorded(ctx, by, actChangeRole, detail, func() error {
		return s.store.Roles.Change(ctx, store.OwnRole{ID: string(r.ID), Title: r.Title, Verbs: names(verbs), Version: r.Version, ChangedAt: s.now()})
	})
}

// RemoveRole takes away a role that nobody has. Errors: store.ErrConflict (somebody has it), *Outranked, store.ErrNotFound.
func (s *Service) RemoveRole(ctx context.Context, by Operator, id Role) error {
	r, err := s.OwnRole(ctx, id)
	if err == nil {
		err = s.mayShape(ctx, by, r.Verbs)
	}
	if err != nil {
		return err
	}
	return s.recorded(ctx, by, actRemoveRole, map[string]string{"name": r.Title, "removed": listed(r.Verbs)}, func() error {
		return s.store.Roles.Remove(ctx, string(id), s.now())
	})
}

// titleOfPreset: a role that is called like a preset would be taken for it.
func titleOfPreset(title string) bool {
	return slices.ContainsFunc(Roles(), func(r Role) bool { return store.NameKey(string(r)) == store.NameKey(title) })
}

// diff tells what is in after and not in before, and the other way round.
func diff(before, after []Verb) (added, removed []Verb) {
	for _, v := range after {
		if !slices.Contains(before, v) {
			added = append(added, v)
		}
	}
	for _, v := range before {
		if !slices.Contains(after, v) {
			removed = append(removed, v)
		}
	}
	return added, removed
}

func names(verbs []Verb) []string {
	var list []string
	for _, v := range verbs {
		list = append(list, string(v))
	}
	return list
}

func listed(verbs []Verb) string { return strings.Join(names(verbs), ", ") }
