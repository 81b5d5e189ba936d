package store

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Limits of the directory.
const (
	MaxKnown     = 1000 // groups noted in one call
	MaxKnownPage = 200  // groups read in one call
)

// Where a group is known from.
const (
	KnownOpened  = "opened" // somebody asked for its id
	KnownUser    = "user"   // a user is in it
	KnownPasted  = "pasted" // somebody typed or imported its id
	KnownCreated = "created"
	KnownEvent   = "event" // the vendor told of it
)

// KnownGroup is a group of an app whose vendor cannot list its groups.
type KnownGroup struct {
	App, ID    string
	Type, Name string // when it was last seen; "" keeps what is known
	From       string // one of the Known constants: how it became known
	First      time.Time
	Seen       time.Time // when the vendor last said that it is there
	Gone       time.Time // zero; or when the vendor first said that it is not
}

// KnownQuery chooses groups of an app.
type KnownQuery struct {
	Type   string // "" = all
	Find   string // part of the name or of the id, in any case of its ASCII letters; "" = all
	Cursor string // "" = the first page
	N      int    // 1 to MaxKnownPage
}

// Directory is which groups an app is known to have. storetest.Directory is its contract.
type Directory interface {
	// Note adds groups, or brings those that are known up to date: they are there, whatever was thought before. How and
	// when they became known stays. ErrInvalid beyond MaxKnown.
	Note(ctx context.Context, list []KnownGroup) error
	// Gone notes that groups are not there any more. Those that are not known are left out.
	Gone(ctx context.Context, app string, ids []string, at time.Time) error
	// List returns a page of the groups that are there, those that became known last first, and the cursor of the next page,
	// "" at the end. ErrInvalid for a cursor that is none.
	List(ctx context.Context, app string, q KnownQuery) ([]KnownGroup, string, error)
	// Get returns what is known of given groups, by id; those not known are left out.
	Get(ctx context.Context, app string, ids []string) (map[string]KnownGroup, error)
	// Count returns how many groups of an app are known to be there.
	Count(ctx context.Context, app string) (int, error)
}

type directory struct{ db *db }

const knownColumns = `app, group_id, type, name, source, first_at, seen_at, gone_at`

func scanKnown(r scanner) (g KnownGroup, err error) {
	var first, seen, gone int64
	err = r.Scan(&g.App, &g.ID, &g.Type, &g.Name, &g.From, &first, &seen, &gone)
	g.First, g.Seen = fromMillis(first), fromMillis(seen)
	if gone != 0 {
		g.Gone = fromMillis(gone)
	}
	return g, err
}

func (d directory) Note(ctx context.Context, list []KnownGroup) error {
	const op = "note groups"
	if len(list) == 0 {
		return nil
	}
	if len(list) > MaxKnown {
		return wrap(op, invalid("at most %d groups at once", MaxKnown))
	}
	return wrap(op, d.db.tx(ctx, func(c conn) error {
		for _, g := range list {
			if _, err := c.exec(ctx, `INSERT INTO known_group (`+knownColumns+`) VALUES (`+marks(7)+`, 0)
				ON CONFLICT (app, group_id) DO UPDATE SET seen_at = excluded.seen_at, gone_at = 0,
				type = CASE excluded.type WHEN '' THEN known_group.type ELSE excluded.type END,
				name = CASE excluded.name WHEN '' THEN known_group.name ELSE excluded.name END`,
				text(g.App), text(g.ID), text(g.Type), cut(g.Name, maxTitle), text(g.From), millis(g.Seen), millis(g.Seen)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (d directory) Gone(ctx context.Context, app string, ids []string, at time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	args := []any{millis(at), text(app)}
	for _, id := range ids {
		args = append(args, text(id))
	}
	_, err := d.db.write().exec(ctx, `UPDATE known_group SET gone_at = ? WHERE app = ? AND gone_at = 0 AND group_id IN (`+marks(len(ids))+`)`, args...)
	return wrap("note groups that are gone", err)
}

func (d directory) List(ctx context.Context, app string, q KnownQuery) ([]KnownGroup, string, error) {
	const op = "list known groups"
	where, args := `app = ? AND gone_at = 0`, []any{text(app)}
	if q.Cursor != "" {
		at, id, _ := strings.Cut(q.Cursor, ".")
		first, err := strconv.ParseInt(at, 10, 64)
		if err != nil || id == "" {
			return nil, "", wrap(op, invalid("not a cursor"))
		}
		where += ` AND (first_at < ? OR first_at = ? AND group_id < ?)`
		args = append(args, first, first, text(id))
	}
	if q.Type != "" {
		where += ` AND type = ?`
		args = append(args, text(q.Type))
	}
	if q.Find != "" {
		where += ` AND (LOWER(name) LIKE ? ESCAPE '!' OR LOWER(group_id) LIKE ? ESCAPE '!')`
		like := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(text(q.Find))) + "%"
		args = append(args, like, like)
	}
	n := min(max(q.N, 1), MaxKnownPage)
	list, err := all(ctx, d.db.read(), scanKnown, `SELECT `+knownColumns+` FROM known_group WHERE `+where+`
		ORDER BY first_at DESC, group_id DESC LIMIT ?`, append(args, n+1)...)
	if err != nil || len(list) <= n {
		return list, "", wrap(op, err)
	}
	last := list[n-1]
	return list[:n], strconv.FormatInt(last.First.UnixMilli(), 10) + "." + last.ID, nil
}

func (d directory) Get(ctx context.Context, app string, ids []string) (map[string]KnownGroup, error) {
	found := map[string]KnownGroup{}
	if len(ids) == 0 {
		return found, nil
	}
	if len(ids) > MaxKnown {
		return nil, wrap("read known groups", invalid("at most %d groups at once", MaxKnown))
	}
	args := []any{text(app)}
	for _, id := range ids {
		args = append(args, text(id))
	}
	list, err := all(ctx, d.db.read(), scanKnown, `SELECT `+knownColumns+` FROM known_group WHERE app = ? AND group_id IN (`+marks(len(ids))+`)`, args...)
	for _, g := range list {
		found[g.ID] = g
	}
	return found, wrap("read known groups", err)
}

func (d directory) Count(ctx context.Context, app string) (int, error) {
	n, err := one(d.db.read().row(ctx, `SELECT COUNT(*) FROM known_group WHERE app = ? AND gone_at = 0`, text(app)), scanInt)
	return int(n), wrap("count known groups", err)
}
