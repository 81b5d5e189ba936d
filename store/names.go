package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"imdesk/terms"
)

// Limits of finding by names.
const (
	MaxNames     = 100 // found in one call
	maxNameApps  = 100 // looked through in one call
	nameLooked   = 4   // times as many as are asked for are looked at, for those that fit best to come first
	maxNameParts = 8   // parts of a name looked for, the rest is left out
)

// Name is what a group or a user of an app is called.
type Name struct {
	App     string
	Kind    string // KindGroup or KindUser
	ID      string
	Name    string    // "": not known, or it has none
	Type    string    // of a group; "" keeps what is known
	Members int       // of a group; below 0: not known, which keeps what is
	Seen    time.Time // when something told of it
	Named   time.Time // when the vendor last said what it is called; zero: never
}

// NameQuery chooses names.
type NameQuery struct {
	Apps []string // any of them; at least one
	Kind string   // KindGroup or KindUser
	Text string   // parts of the name or of the id, all of them; whatever their case, width and accents
	N    int      // 1 to MaxNames
}

const nameColumns = `n.id, n.app, n.kind, n.target, n.name, n.type, n.members, n.seen_at, n.named_at`

type numberedName struct {
	Name
	n int64
}

func scanName(r scanner) (v numberedName, err error) {
	var seen, named int64
	err = r.Scan(&v.n, &v.App, &v.Kind, &v.ID, &v.Name.Name, &v.Type, &v.Members, &seen, &named)
	v.Seen, v.Named = fromMillis(seen), fromMillis(named)
	return v, err
}

// words lists the words of a name, with those of its app and of its whole in front.
func (v Name) words() []string {
	list := []string{markerOf("k", v.Kind+"\n"+v.App)}
	if whole := terms.Fold(v.Name); whole != "" {
		list = append(list, markerOf("n", whole))
	}
	return append(append(list, "§"), terms.OfNames(v.Name, v.ID)...)
}

// noteName keeps a name, or brings it up to date.
func noteName(ctx context.Context, c conn, v Name) error {
	v.App, v.ID, v.Name, v.Type = text(v.App), text(v.ID), cut(v.Name, maxTitle), text(v.Type)
	find := func() (numberedName, error) {
		return one(c.row(ctx, `SELECT `+nameColumns+` FROM known_name n WHERE app = ? AND kind = ? AND target = ?`, v.App, v.Kind, v.ID), scanName)
	}
	old, err := find()
	if errors.Is(err, ErrNotFound) {
		n, err := one(c.row(ctx, `INSERT INTO known_name (app, kind, target, name, type, members, seen_at, named_at) VALUES (`+marks(8)+`)
			ON CONFLICT DO NOTHING RETURNING id`, v.App, v.Kind, v.ID, v.Name, v.Type, max(v.Members, -1), millis(v.Seen), millis(v.Named)), scanInt)
		if err == nil {
			return nameIndex.write(ctx, c, n, v.words())
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		if old, err = find(); err != nil { // another console was faster
			return err
		}
	} else if err != nil {
		return err
	}
	if v.Name == "" && v.Named.IsZero() {
		v.Name = old.Name.Name
	}
	v.Type = cmp.Or(v.Type, old.Type)
	if v.Members < 0 {
		v.Members = old.Members
	}
	if v.Seen.Before(old.Seen) {
		v.Seen = old.Seen
	}
	if v.Named.Before(old.Named) {
		v.Named = old.Named
	}
	if _, err := c.exec(ctx, `UPDATE known_name SET name = ?, type = ?, members = ?, seen_at = ?, named_at = ? WHERE id = ?`,
		v.Name, v.Type, v.Members, millis(v.Seen), millis(v.Named), old.n); err != nil || v.Name == old.Name.Name {
		return err
	}
	if err := nameIndex.drop(ctx, c, old.n); err != nil {
		return err
	}
	return nameIndex.write(ctx, c, old.n, v.words())
}

// forgetNames drops names; their words go with them.
func forgetNames(ctx context.Context, c conn, app, kind string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	args := []any{text(app), kind}
	for _, id := range ids {
		args = append(args, text(id))
	}
	_, err := c.exec(ctx, `DELETE FROM known_name WHERE app = ? AND kind = ? AND target IN (`+marks(len(ids))+`)`, args...)
	return err
}

// namesUp makes names of the groups and users that were known before there were any.
func namesUp(ctx context.Context, d *db) error {
	return wrap("make names of what is known", d.tx(ctx, func(c conn) error {
		n, err := one(c.row(ctx, `SELECT CASE WHEN EXISTS (SELECT 1 FROM known_name) THEN 1 ELSE 0 END`), scanInt)
		if err != nil || n != 0 {
			return err
		}
		groups, err := all(ctx, c, scanKnown, `SELECT `+knownColumns+` FROM known_group WHERE gone_at = 0 ORDER BY app, group_id`)
		if err != nil {
			return err
		}
		for _, g := range groups {
			if err := noteName(ctx, c, g.named()); err != nil {
				return err
			}
		}
		users, err := all(ctx, c, func(r scanner) (v Name, err error) {
			var seen int64
			err = r.Scan(&v.App, &v.ID, &seen)
			v.Kind, v.Members, v.Seen = KindUser, -1, fromMillis(seen)
			return v, err
		}, `SELECT app, user_id, seen_at FROM known_user ORDER BY app, user_id`)
		if err != nil {
			return err
		}
		for _, v := range users {
			if err := noteName(ctx, c, v); err != nil {
				return err
			}
		}
		return nil
	}))
}

// named is what a group is called.
func (g KnownGroup) named() Name {
	v := Name{App: g.App, Kind: KindGroup, ID: g.ID, Name: g.Name, Type: g.Type, Members: -1, Seen: g.Seen}
	if g.Members > 0 {
		v.Members = g.Members
	}
	if g.Name != "" {
		v.Named = g.Seen
	}
	return v
}

// reindexNames writes the words of all names, in a database that has none of them yet.
func reindexNames(ctx context.Context, c conn) error {
	for from := int64(-1); ; {
		list, err := all(ctx, c, scanName, `SELECT `+nameColumns+` FROM known_name n WHERE n.id > ? ORDER BY n.id LIMIT ?`, from, MaxKnown)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, v := range list {
			if err := nameIndex.write(ctx, c, v.n, v.words()); err != nil {
				return err
			}
		}
		from = list[len(list)-1].n
	}
}

func (d directory) NoteNames(ctx context.Context, list []Name) error {
	const op = "note names"
	if len(list) == 0 {
		return nil
	}
	if len(list) > MaxKnown {
		return wrap(op, invalid("at most %d names at once", MaxKnown))
	}
	// In one order for everybody, so that two who note the same do not wait for each other for ever.
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Name) int {
		return cmp.Or(strings.Compare(a.App, b.App), strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
	})
	return wrap(op, d.db.tx(ctx, func(c conn) error {
		for _, v := range list {
			if err := noteName(ctx, c, v); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (d directory) Forget(ctx context.Context, app, kind string, ids []string) error {
	if len(ids) > MaxKnown {
		return wrap("forget names", invalid("at most %d names at once", MaxKnown))
	}
	return wrap("forget names", forgetNames(ctx, d.db.write(), app, kind, ids))
}

func (d directory) Stale(ctx context.Context, app, kind string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > MaxKnown {
		return wrap("ask for names again", invalid("at most %d names at once", MaxKnown))
	}
	args := []any{text(app), kind}
	for _, id := range ids {
		args = append(args, text(id))
	}
	_, err := d.db.write().exec(ctx, `UPDATE known_name SET named_at = 0 WHERE app = ? AND kind = ? AND target IN (`+marks(len(ids))+`)`, args...)
	return wrap("ask for names again", err)
}

func (d directory) ToName(ctx context.Context, app, kind string, since time.Time, n int) ([]string, error) {
	list, err := all(ctx, d.db.read(), func(r scanner) (id string, err error) { return id, r.Scan(&id) },
		`SELECT target FROM known_name WHERE app = ? AND kind = ? AND named_at < ? ORDER BY named_at, id LIMIT ?`,
		text(app), kind, millis(since), min(max(n, 1), MaxKnown))
	return list, wrap("list whose name is not known", err)
}

func (d directory) Names(ctx context.Context, app, kind string, ids []string) (map[string]Name, error) {
	const op = "read names"
	found := map[string]Name{}
	if len(ids) == 0 {
		return found, nil
	}
	if len(ids) > MaxKnown {
		return nil, wrap(op, invalid("at most %d names at once", MaxKnown))
	}
	args := []any{text(app), kind}
	for _, id := range ids {
		args = append(args, text(id))
	}
	list, err := all(ctx, d.db.read(), scanName, `SELECT `+nameColumns+` FROM known_name n WHERE n.app = ? AND n.kind = ? AND n.target IN (`+marks(len(ids))+`)`, args...)
	for _, v := range list {
		found[v.ID] = v.Name
	}
	return found, wrap(op, err)
}

func (d directory) Find(ctx context.Context, q NameQuery) ([]Name, error) {
	const op = "find names"
	parts := terms.PartsOfName(q.Text)
	if len(q.Apps) > maxNameApps {
		return nil, wrap(op, invalid("at most %d apps at once", maxNameApps))
	}
	if len(q.Apps) == 0 || len(parts) == 0 {
		return nil, nil
	}
	n := min(max(q.N, 1), MaxNames)
	w := dialect(d.db.postgres)
	var apps []string
	for _, app := range q.Apps {
		apps = append(apps, markerOf("k", q.Kind+"\n"+app))
	}
	must := []string{w.any(apps)}
	for _, p := range parts[:min(len(parts), maxNameParts)] {
		must = append(must, w.phrase(terms.Phrase{Words: p}))
	}
	whole := []string{w.any(apps), w.word(markerOf("n", terms.Fold(q.Text)))}
	c := d.db.read()
	found, err := c.nameWithID(ctx, q)
	if err != nil {
		return nil, wrap(op, err)
	}
	for _, look := range []struct {
		match []string
		n     int
	}{{whole, n}, {must, nameLooked * n}} {
		ids, err := nameIndex.find(ctx, c, search{match: w.all(look.match, nil), to: 1<<63 - 1}, look.n)
		if err != nil {
			return nil, wrap(op, err)
		}
		if len(ids) == 0 {
			continue
		}
		list, err := all(ctx, c, scanName, `SELECT `+nameColumns+` FROM known_name n WHERE n.id IN (`+marks(len(ids))+`) ORDER BY n.id DESC`, ids...)
		if err != nil {
			return nil, wrap(op, err)
		}
		found = append(found, list...)
	}
	return best(found, q.Text, n), nil
}

// nameWithID finds by whole ids.
func (c conn) nameWithID(ctx context.Context, q NameQuery) ([]numberedName, error) {
	args := []any{q.Kind, text(strings.TrimSpace(q.Text))}
	for _, app := range q.Apps {
		args = append(args, text(app))
	}
	return all(ctx, c, scanName, `SELECT `+nameColumns+` FROM known_name n WHERE n.kind = ? AND n.target = ? AND n.app IN (`+marks(len(q.Apps))+`)`, args...)
}

// best puts those that fit best first, each once: by whole id, whole name, how id or name begin; among equals those that became
// known last.
func best(list []numberedName, looked string, n int) []Name {
	folded := strings.TrimSpace(terms.Fold(looked))
	rank := func(v numberedName) int {
		name, id := terms.Fold(v.Name.Name), terms.Fold(v.ID)
		switch {
		case v.ID == strings.TrimSpace(looked):
			return 0
		case id == folded:
			return 1
		case name == folded:
			return 2
		case strings.HasPrefix(name, folded):
			return 3
		case strings.HasPrefix(id, folded):
			return 4
		}
		return 5
	}
	slices.SortStableFunc(list, func(a, b numberedName) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.n, a.n)) })
	list = slices.CompactFunc(list, func(a, b numberedName) bool { return a.n == b.n })
	out := make([]Name, 0, min(n, len(list)))
	for _, v := range list[:min(n, len(list))] {
		out = append(out, v.Name)
	}
	return out
}

func (d directory) ClaimWalk(ctx context.Context, app, owner string, lease time.Duration) (string, error) {
	c := d.db.write()
	state, err := one(c.row(ctx, `INSERT INTO known_walk (app, owner, lease_until, state) VALUES (?, ?, `+c.clock()+` + ?, '')
		ON CONFLICT (app) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until
		WHERE known_walk.owner = excluded.owner OR known_walk.lease_until < `+c.clock()+` RETURNING state`,
		text(app), text(owner), lease.Milliseconds()), scanString)
	if errors.Is(err, ErrNotFound) {
		err = ErrLeaseLost
	}
	return state, wrap("claim the walk", err)
}

func (d directory) SaveWalk(ctx context.Context, app, owner, state string, lease time.Duration) error {
	c := d.db.write()
	err := c.execOne(ctx, `UPDATE known_walk SET state = ?, lease_until = `+c.clock()+` + ? WHERE app = ? AND owner = ? AND lease_until >= `+c.clock(),
		text(state), lease.Milliseconds(), text(app), text(owner))
	if errors.Is(err, ErrNotFound) {
		err = ErrLeaseLost
	}
	return wrap("note how far the walk is", err)
}
