package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of the directory.
const (
	MaxKnown     = 1000 // groups noted in one call
	MaxKnownPage = 200  // groups read in one call

	maxTrimmed = 100_000 // users dropped in one call
)

// Where a group is known from.
const (
	KnownOpened  = "opened" // somebody asked for its id
	KnownUser    = "user"   // a user is in it
	KnownPasted  = "pasted" // somebody typed or imported its id
	KnownCreated = "created"
	KnownEvent   = "event"  // the vendor told of it
	KnownListed  = "listed" // it is on the vendor's list
)

// KnownGroup is a group of an app.
type KnownGroup struct {
	App, ID    string
	Type, Name string // when it was last seen; "" keeps what is known
	Members    int    // 0: not known. Among its names only
	From       string // one of the Known constants: how it became known
	First      time.Time
	Seen       time.Time // when the vendor last said that it is there
	Gone       time.Time // zero; or when the vendor first said that it is not
}

// KnownQuery chooses groups of an app.
type KnownQuery struct {
	Type   string // "" = all
	Cursor string // "" = the first page
	N      int    // 1 to MaxKnownPage
}

// Directory is which groups and users an app is known to have, and what they are called. storetest.Directory is its contract.
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
	// CountNew returns how many of them became known from one time to another.
	CountNew(ctx context.Context, app string, from, until time.Time) (int, error)

	// NoteUsers keeps users in whose conversations groups may be found, and that they were seen. ErrInvalid beyond MaxKnown.
	NoteUsers(ctx context.Context, app string, users []string, at time.Time) error
	// TrimUsers drops the users seen least lately, until no more than keep are left, and returns how many were dropped.
	TrimUsers(ctx context.Context, app string, keep int) (int, error)
	// ForgetUser drops one user.
	ForgetUser(ctx context.Context, app, user string) error
	// UsersToWalk returns up to n users whose conversations were not looked through since a time, and GroupsToWalk groups that
	// are there, whose members were not: those first that were not for the longest time.
	UsersToWalk(ctx context.Context, app string, since time.Time, n int) ([]string, error)
	GroupsToWalk(ctx context.Context, app string, since time.Time, n int) ([]KnownGroup, error)
	// Walked notes that users' conversations, and groups' members, were looked through.
	Walked(ctx context.Context, app string, users, groups []string, at time.Time) error
	// WalkLeft returns how many users are known, and how many users and groups were not looked through since a time.
	WalkLeft(ctx context.Context, app string, since time.Time) (WalkLeft, error)

	// Find returns groups or users whose name or id has all parts of a text in it: those first that are called so, or have it as
	// their id, then those that begin so, then those that became known last. None for a text without letters and digits.
	Find(ctx context.Context, q NameQuery) ([]Name, error)
	// Names returns what groups or users are called, by id; those not known are left out. ErrInvalid beyond MaxKnown.
	Names(ctx context.Context, app, kind string, ids []string) (map[string]Name, error)
	// NoteNames keeps what groups and users are called. Without Named an empty name keeps the one known. ErrInvalid beyond MaxKnown.
	NoteNames(ctx context.Context, list []Name) error
	// Forget drops names of what is not there any more, and Stale marks those to be asked for again.
	Forget(ctx context.Context, app, kind string, ids []string) error
	Stale(ctx context.Context, app, kind string, ids []string) error
	// ToName returns up to n whose name the vendor was not asked for since a time: those first it was not for the longest time.
	ToName(ctx context.Context, app, kind string, since time.Time, n int) ([]string, error)

	// ClaimWalk takes or holds the right to look through an app for names, and returns how far that is: "" at first. ErrLeaseLost:
	// somebody else has it. SaveWalk notes how far it is and holds the right for another time; 0 gives it back.
	ClaimWalk(ctx context.Context, app, owner string, lease time.Duration) (state string, err error)
	SaveWalk(ctx context.Context, app, owner, state string, lease time.Duration) error
}

// WalkLeft is what there is to be looked through for more groups.
type WalkLeft struct {
	Known         int // users
	Users, Groups int // of them, and of the groups that are there, those not looked through since
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
	list = slices.Clone(list) // in one order for everybody, as in NoteNames
	slices.SortStableFunc(list, func(a, b KnownGroup) int { return cmp.Or(strings.Compare(a.App, b.App), strings.Compare(a.ID, b.ID)) })
	return wrap(op, d.db.tx(ctx, func(c conn) error {
		for _, g := range list {
			if _, err := c.exec(ctx, `INSERT INTO known_group (`+knownColumns+`) VALUES (`+marks(7)+`, 0)
				ON CONFLICT (app, group_id) DO UPDATE SET seen_at = excluded.seen_at, gone_at = 0,
				type = CASE excluded.type WHEN '' THEN known_group.type ELSE excluded.type END,
				name = CASE excluded.name WHEN '' THEN known_group.name ELSE excluded.name END`,
				text(g.App), text(g.ID), text(g.Type), cut(g.Name, maxTitle), text(g.From), millis(g.Seen), millis(g.Seen)); err != nil {
				return err
			}
			if err := noteName(ctx, c, g.named()); err != nil {
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
	return wrap("note groups that are gone", d.db.tx(ctx, func(c conn) error {
		if _, err := c.exec(ctx, `UPDATE known_group SET gone_at = ? WHERE app = ? AND gone_at = 0 AND group_id IN (`+marks(len(ids))+`)`, args...); err != nil {
			return err
		}
		return forgetNames(ctx, c, app, KindGroup, ids)
	}))
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

func (d directory) CountNew(ctx context.Context, app string, from, until time.Time) (int, error) {
	n, err := one(d.db.read().row(ctx, `SELECT COUNT(*) FROM known_group WHERE app = ? AND gone_at = 0 AND first_at >= ? AND first_at <= ?`,
		text(app), millis(from), millis(until)), scanInt)
	return int(n), wrap("count new groups", err)
}

func (d directory) NoteUsers(ctx context.Context, app string, users []string, at time.Time) error {
	const op = "note users"
	if len(users) == 0 {
		return nil
	}
	if len(users) > MaxKnown {
		return wrap(op, invalid("at most %d users at once", MaxKnown))
	}
	users = slices.Sorted(slices.Values(users)) // in one order for everybody, as in NoteNames
	return wrap(op, d.db.tx(ctx, func(c conn) error {
		for _, id := range users {
			if _, err := c.exec(ctx, `INSERT INTO known_user (app, user_id, seen_at, walked_at) VALUES (?, ?, ?, 0)
				ON CONFLICT (app, user_id) DO UPDATE SET seen_at = excluded.seen_at WHERE known_user.seen_at < excluded.seen_at`,
				text(app), text(id), millis(at)); err != nil {
				return err
			}
			if err := noteName(ctx, c, Name{App: app, Kind: KindUser, ID: id, Members: -1, Seen: at}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (d directory) TrimUsers(ctx context.Context, app string, keep int) (int, error) {
	var dropped int
	err := d.db.tx(ctx, func(c conn) error {
		ids, err := all(ctx, c, func(r scanner) (id string, err error) { return id, r.Scan(&id) }, `SELECT user_id FROM known_user WHERE app = ?
			ORDER BY seen_at DESC, user_id DESC LIMIT ? OFFSET ?`, text(app), maxTrimmed, max(keep, 0))
		if err != nil {
			return err
		}
		dropped = len(ids)
		for part := range slices.Chunk(ids, MaxKnown) {
			if err := forgetUsers(ctx, c, app, part); err != nil {
				return err
			}
		}
		return nil
	})
	return dropped, wrap("drop users", err)
}

// forgetUsers drops users, and what they are called.
func forgetUsers(ctx context.Context, c conn, app string, ids []string) error {
	args := []any{text(app)}
	for _, id := range ids {
		args = append(args, text(id))
	}
	if _, err := c.exec(ctx, `DELETE FROM known_user WHERE app = ? AND user_id IN (`+marks(len(ids))+`)`, args...); err != nil {
		return err
	}
	return forgetNames(ctx, c, app, KindUser, ids)
}

func (d directory) ForgetUser(ctx context.Context, app, user string) error {
	return wrap("forget a user", d.db.tx(ctx, func(c conn) error { return forgetUsers(ctx, c, app, []string{user}) }))
}

func (d directory) UsersToWalk(ctx context.Context, app string, since time.Time, n int) ([]string, error) {
	list, err := all(ctx, d.db.read(), func(r scanner) (id string, err error) { return id, r.Scan(&id) },
		`SELECT user_id FROM known_user WHERE app = ? AND walked_at < ? ORDER BY walked_at, user_id LIMIT ?`,
		text(app), millis(since), min(max(n, 1), MaxKnown))
	return list, wrap("list users to walk", err)
}

func (d directory) GroupsToWalk(ctx context.Context, app string, since time.Time, n int) ([]KnownGroup, error) {
	list, err := all(ctx, d.db.read(), scanKnown, `SELECT `+knownColumns+` FROM known_group WHERE app = ? AND walked_at < ? AND gone_at = 0
		ORDER BY walked_at, group_id LIMIT ?`, text(app), millis(since), min(max(n, 1), MaxKnown))
	return list, wrap("list groups to walk", err)
}

func (d directory) Walked(ctx context.Context, app string, users, groups []string, at time.Time) error {
	const op = "note what was walked"
	if len(users) > MaxKnown || len(groups) > MaxKnown {
		return wrap(op, invalid("at most %d at once", MaxKnown))
	}
	mark := func(c conn, table, column string, ids []string) error {
		if len(ids) == 0 {
			return nil
		}
		args := []any{millis(at), text(app)}
		for _, id := range ids {
			args = append(args, text(id))
		}
		_, err := c.exec(ctx, `UPDATE `+table+` SET walked_at = ? WHERE app = ? AND `+column+` IN (`+marks(len(ids))+`)`, args...)
		return err
	}
	return wrap(op, d.db.tx(ctx, func(c conn) error {
		return errors.Join(mark(c, "known_user", "user_id", users), mark(c, "known_group", "group_id", groups))
	}))
}

func (d directory) WalkLeft(ctx context.Context, app string, since time.Time) (left WalkLeft, err error) {
	for _, q := range []struct {
		n    *int
		text string
		args []any
	}{
		{&left.Known, `SELECT COUNT(*) FROM known_user WHERE app = ?`, []any{text(app)}},
		{&left.Users, `SELECT COUNT(*) FROM known_user WHERE app = ? AND walked_at < ?`, []any{text(app), millis(since)}},
		{&left.Groups, `SELECT COUNT(*) FROM known_group WHERE app = ? AND walked_at < ? AND gone_at = 0`, []any{text(app), millis(since)}},
	} {
		n, err := one(d.db.read().row(ctx, q.text, q.args...), scanInt)
		if err != nil {
			return WalkLeft{}, wrap("count what is to be walked", err)
		}
		*q.n = int(n)
	}
	return left, nil
}
