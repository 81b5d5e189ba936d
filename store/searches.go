package store

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of searches that are kept.
const (
	MaxSearchName     = 80  // characters
	MaxSearchQuery    = 500 // characters
	MaxSearches       = 50  // of one operator
	MaxSharedSearches = 200 // of everybody
)

// SavedSearch is a search that somebody keeps.
type SavedSearch struct {
	ID         int64
	OperatorID string // whose it is
	Operator   string // their name
	Name       string // unique among theirs
	Query      string // as it was typed
	Shared     bool   // everybody who may search sees it
	Changed    time.Time
}

// Searches are those that operators keep. storetest.Searches is its contract.
type Searches interface {
	// List returns an operator's own searches by name, and then those that others share.
	List(ctx context.Context, operatorID string) ([]SavedSearch, error)
	// Get returns one that is the operator's or is shared; ErrNotFound.
	Get(ctx context.Context, operatorID string, id int64) (SavedSearch, error)
	// Add keeps a search and returns it with its number. ErrConflict: the operator has one of that name. ErrInvalid: nothing to name
	// or to look for, too long, or one more than MaxSearches or MaxSharedSearches.
	Add(ctx context.Context, s SavedSearch) (SavedSearch, error)
	// Change replaces name, query and whether it is shared. Errors as of Add, and ErrNotFound.
	Change(ctx context.Context, s SavedSearch) error
	// Remove takes one away; ErrNotFound.
	Remove(ctx context.Context, id int64) error
}

type searches struct{ db *db }

const searchColumns = `s.id, s.operator_id, o.name, s.name, s.query, s.shared, s.changed_at`

func scanSearch(r scanner) (s SavedSearch, err error) {
	var shared, changed int64
	err = r.Scan(&s.ID, &s.OperatorID, &s.Operator, &s.Name, &s.Query, &shared, &changed)
	s.Shared, s.Changed = shared != 0, fromMillis(changed)
	return s, err
}

func (t searches) List(ctx context.Context, operatorID string) ([]SavedSearch, error) {
	list, err := all(ctx, t.db.read(), scanSearch, `SELECT `+searchColumns+` FROM saved_search s JOIN operator o ON o.id = s.operator_id
		WHERE s.operator_id = ? OR s.shared = 1 ORDER BY CASE s.operator_id WHEN ? THEN 0 ELSE 1 END, s.name, s.id LIMIT ?`,
		text(operatorID), text(operatorID), MaxSearches+MaxSharedSearches)
	return list, wrap("list saved searches", err)
}

func (t searches) Get(ctx context.Context, operatorID string, id int64) (SavedSearch, error) {
	s, err := one(t.db.read().row(ctx, `SELECT `+searchColumns+` FROM saved_search s JOIN operator o ON o.id = s.operator_id
		WHERE s.id = ? AND (s.operator_id = ? OR s.shared = 1)`, id, text(operatorID)), scanSearch)
	return s, wrap("read a saved search", err)
}

// check refuses what cannot be kept, and counts.
func (s SavedSearch) check(ctx context.Context, c conn) error {
	switch {
	case strings.TrimSpace(s.Name) == "" || strings.TrimSpace(s.Query) == "":
		return invalid("a search needs a name and something to look for")
	case utf8.RuneCountInString(s.Name) > MaxSearchName || utf8.RuneCountInString(s.Query) > MaxSearchQuery:
		return invalid("at most %d characters of a name, and %d of a search", MaxSearchName, MaxSearchQuery)
	}
	if c.postgres { // one at a time: what is counted is written
		if _, err := c.exec(ctx, `LOCK TABLE saved_search IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
	}
	var own, shared, named int
	if err := c.row(ctx, `SELECT COUNT(CASE WHEN operator_id = ? THEN 1 END), COUNT(CASE WHEN shared = 1 THEN 1 END), COUNT(CASE WHEN operator_id = ? AND name = ? THEN 1 END)
		FROM saved_search WHERE id <> ?`, s.OperatorID, s.OperatorID, text(s.Name), s.ID).Scan(&own, &shared, &named); err != nil {
		return err
	}
	switch {
	case named > 0:
		return ErrConflict
	case own >= MaxSearches || s.Shared && shared >= MaxSharedSearches:
		return invalid("at most %d searches each, and %d that are shared", MaxSearches, MaxSharedSearches)
	}
	return nil
}

func (t searches) Add(ctx context.Context, s SavedSearch) (SavedSearch, error) {
	err := t.db.tx(ctx, func(c conn) error {
		if err := s.check(ctx, c); err != nil {
			return err
		}
		n, err := one(c.row(ctx, `INSERT INTO saved_search (operator_id, name, query, shared, changed_at) VALUES (?, ?, ?, ?, ?) RETURNING id`,
			text(s.OperatorID), text(s.Name), text(s.Query), flag(s.Shared), millis(s.Changed)), scanInt)
		s.ID = n
		return err
	})
	return s, wrap("save a search", err)
}

func (t searches) Change(ctx context.Context, s SavedSearch) error {
	return wrap("change a saved search", t.db.tx(ctx, func(c conn) error {
		owner, err := one(c.row(ctx, `SELECT operator_id FROM saved_search WHERE id = ?`, s.ID), scanString)
		if err != nil {
			return err
		}
		s.OperatorID = owner
		if err := s.check(ctx, c); err != nil {
			return err
		}
		return c.execOne(ctx, `UPDATE saved_search SET name = ?, query = ?, shared = ?, changed_at = ? WHERE id = ?`,
			text(s.Name), text(s.Query), flag(s.Shared), millis(s.Changed), s.ID)
	}))
}

func (t searches) Remove(ctx context.Context, id int64) error {
	return wrap("remove a saved search", t.db.write().execOne(ctx, `DELETE FROM saved_search WHERE id = ?`, id))
}
