package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"
)

// Limits of what is known of places.
const (
	MaxHoles       = 200             // read in one call
	MaxFillPlaces  = 10_000          // noted in one call
	MaxBefore      = 20_000          // positions in front of the first that is known, looked through for a place
	MaxVersions    = 50              // kept of one message
	fillAfter      = 3 * time.Second // what was said at the same time comes in any order: before that, nothing is missing
	maxFillWhy     = 200             // bytes
	maxLossesShown = 200
)

// Version is what a message said from a time on, until it was edited.
type Version struct {
	Since      time.Time
	Text, Body string
}

// Loss is positions of which nothing can be had any more.
type Loss struct {
	Span
	Why string
}

// Covered is how much of a place is known. Its positions count from the first that was ever known.
type Covered struct {
	First, Last int64     // 0: none is known
	Known       int64     // positions, also those that hold nothing and those that are lost
	Missing     int64     // positions that are looked for
	Before      int64     // positions in front of the first that may still be looked through
	Lost        int64     // positions of which nothing can be had any more
	Tries       int       // looks for what is missing, without success, since the last that had some
	Why         string    // of the last of them
	Next        time.Time // when it is looked for next; zero: nothing is
}

// FillWork is a place in which something is to be looked for.
type FillWork struct {
	Place Conversation
	Tail  bool  // also behind the last that is known
	Head  int64 // also in front of the first that is known, so many positions at most
	Tries int
}

// FillDone is what came of a turn.
type FillDone struct {
	Looked bool          // the end was looked at
	Head   int64         // what of FillWork.Head is left; 0: nothing in front is to be looked for
	Wait   time.Duration // until the next turn, if there is one
	Why    string        // what went wrong; "" if nothing did
}

// GroupEnd is where a group ends, as its service says.
type GroupEnd struct {
	Group string
	Last  int64 // the newest position; 0: it says none
}

// Coverage is what is known of places whose positions have no gaps, and what is to be done where it is not. Spans are the truth;
// what is to be done follows from them. storetest.Archive is its contract.
type Coverage interface {
	// Holes returns positions between known ones, newest first, at most MaxHoles.
	Holes(ctx context.Context, p Conversation) ([]Span, error)
	// Lose notes that nothing at the positions can be had any more, but for those that are known.
	Lose(ctx context.Context, p Conversation, l Loss) error
	// Lost returns what was lost between two positions, in order, at most a page of it.
	Lost(ctx context.Context, p Conversation, within Span) ([]Loss, error)
	// Covered says how much of a place is known.
	Covered(ctx context.Context, p Conversation) (Covered, error)
	// LookBehind notes that something may have been said, behind what is known, in the groups of an app in which something was
	// said since a time, and returns in how many.
	LookBehind(ctx context.Context, app string, since time.Time) (int, error)
	// FoundEnds notes that something may have been said in groups of which nothing is known, or less than to their end, and returns
	// in how many. ErrInvalid beyond MaxKnown.
	FoundEnds(ctx context.Context, app string, list []GroupEnd) (int, error)
	// KeptSince returns since when groups of an app are kept: from now on, if that is not noted yet. KeptNoMore notes that they are not.
	KeptSince(ctx context.Context, app string, now time.Time) (time.Time, error)
	KeptNoMore(ctx context.Context, app string) error
	// ClaimFill takes up to n places of the app whose turn it is, for a while: meanwhile no other worker gets them.
	ClaimFill(ctx context.Context, app, worker string, lease time.Duration, n int) ([]FillWork, error)
	// SettleFill ends a claim. A place without holes, whose ends were looked at if they were to be, is done unless something went
	// wrong; else it has its turn again. ErrConflict if the claim is another's by now.
	SettleFill(ctx context.Context, p Conversation, worker string, done FillDone) error
}

// noteHole notes that a place has a hole, if the span that it just got stands apart.
func (a archive) noteHole(ctx context.Context, c conn, place int64) error {
	_, err := c.exec(ctx, `INSERT INTO archive_fill (place, tail, next_at, tries, why, worker, lease_until)
		SELECT s.place, 0, `+c.clock()+` + ?, 0, '', '', 0 FROM archive_span s WHERE s.place = ? ORDER BY s.first_seq LIMIT 1 OFFSET 1
		ON CONFLICT (place) DO NOTHING`, fillAfter.Milliseconds(), place)
	return err
}

// noteBefore notes that in front of what is kept of a new place there may be more.
func (a archive) noteBefore(ctx context.Context, c conn, place int64) error {
	_, err := c.exec(ctx, `INSERT INTO archive_fill (place, tail, head, next_at, tries, why, worker, lease_until)
		VALUES (?, 0, ?, `+c.clock()+` + ?, 0, '', '', 0) ON CONFLICT (place) DO NOTHING`, place, MaxBefore, fillAfter.Milliseconds())
	return err
}

// lockPlace has whoever else changes what is known of a place wait.
func (a archive) lockPlace(ctx context.Context, c conn, place int64) error {
	if !c.postgres {
		return nil
	}
	_, err := c.exec(ctx, `SELECT id FROM archive_place WHERE id = ? FOR UPDATE`, place)
	return err
}

// within is the positions between the first and the last known one.
type within struct {
	Span
	none bool
}

func (w within) has(seq int64) bool { return !w.none && seq >= w.First && seq <= w.Last }

// inside reads what is known of a place, if a message asks for it.
func (a archive) inside(ctx context.Context, c conn, place int64, list []Archived) (w within, err error) {
	if !slices.ContainsFunc(list, func(m Archived) bool { return m.Inside }) {
		return within{none: true}, nil
	}
	w.Span, err = one(c.row(ctx, `SELECT COALESCE(MIN(first_seq), 0), COALESCE(MAX(last_seq), 0) FROM archive_span WHERE place = ?`, place), scanSpan)
	w.none = w.Last == 0
	return w, err
}

func (a archive) Holes(ctx context.Context, p Conversation) ([]Span, error) {
	const op = "find what is missing"
	place, err := a.known(ctx, a.db.read(), p)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap(op, err)
	}
	spans, err := all(ctx, a.db.read(), scanSpan, `SELECT first_seq, last_seq FROM archive_span WHERE place = ? ORDER BY first_seq DESC LIMIT ?`,
		place, MaxHoles+1)
	var holes []Span
	for i := 1; i < len(spans); i++ {
		holes = append(holes, Span{spans[i].Last + 1, spans[i-1].First - 1})
	}
	return holes, wrap(op, err)
}

func (a archive) Lose(ctx context.Context, p Conversation, l Loss) error {
	const op = "note what is lost"
	if l.First < 1 || l.Last < l.First {
		return wrap(op, invalid("positions %d to %d", l.First, l.Last))
	}
	return wrap(op, a.db.tx(ctx, func(c conn) error {
		place, err := a.place(ctx, c, p)
		if err != nil {
			return err
		}
		if err := a.lockPlace(ctx, c, place); err != nil {
			return err
		}
		spans, err := all(ctx, c, scanSpan, `SELECT first_seq, last_seq FROM archive_span
			WHERE place = ? AND first_seq <= ? AND last_seq >= ? ORDER BY first_seq`, place, l.Last, l.First)
		if err != nil {
			return err
		}
		next := l.First
		for _, s := range append(spans, Span{l.Last + 1, l.Last + 1}) {
			if next < s.First {
				if err := a.loseOne(ctx, c, place, Span{next, min(s.First-1, l.Last)}, l.Why); err != nil {
					return err
				}
			}
			next = max(next, s.Last+1)
		}
		return a.cover(ctx, c, place, l.Span)
	}))
}

// loseOne notes a loss, together with one for the same reason that ends or begins beside it.
func (a archive) loseOne(ctx context.Context, c conn, place int64, s Span, why string) error {
	beside, err := all(ctx, c, scanSpan, `SELECT first_seq, last_seq FROM archive_lost WHERE place = ? AND why = ? AND (last_seq = ? OR first_seq = ?)`,
		place, text(why), s.First-1, s.Last+1)
	if err != nil {
		return err
	}
	for _, b := range beside {
		if _, err := c.exec(ctx, `DELETE FROM archive_lost WHERE place = ? AND first_seq = ?`, place, b.First); err != nil {
			return err
		}
		s.First, s.Last = min(s.First, b.First), max(s.Last, b.Last)
	}
	_, err = c.exec(ctx, `INSERT INTO archive_lost (place, first_seq, last_seq, why) VALUES (?, ?, ?, ?)`, place, s.First, s.Last, text(why))
	return err
}

func (a archive) Lost(ctx context.Context, p Conversation, in Span) ([]Loss, error) {
	const op = "read what is lost"
	place, err := a.known(ctx, a.db.read(), p)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap(op, err)
	}
	list, err := all(ctx, a.db.read(), func(r scanner) (l Loss, err error) { return l, r.Scan(&l.First, &l.Last, &l.Why) },
		`SELECT first_seq, last_seq, why FROM archive_lost WHERE place = ? AND first_seq <= ? AND last_seq >= ? ORDER BY first_seq LIMIT ?`,
		place, in.Last, in.First, maxLossesShown)
	return list, wrap(op, err)
}

func (a archive) Covered(ctx context.Context, p Conversation) (Covered, error) {
	const op = "see how much is known"
	c := a.db.read()
	place, err := a.known(ctx, c, p)
	if errors.Is(err, ErrNotFound) {
		return Covered{}, nil
	}
	if err != nil {
		return Covered{}, wrap(op, err)
	}
	var v Covered
	if err := c.row(ctx, `SELECT COALESCE(MIN(first_seq), 0), COALESCE(MAX(last_seq), 0), COALESCE(SUM(last_seq - first_seq + 1), 0),
		(SELECT COALESCE(SUM(last_seq - first_seq + 1), 0) FROM archive_lost WHERE place = ?) FROM archive_span WHERE place = ?`, place, place).
		Scan(&v.First, &v.Last, &v.Known, &v.Lost); err != nil {
		return v, wrap(op, err)
	}
	if v.Last > 0 {
		v.Missing = v.Last - v.First + 1 - v.Known
	}
	_, err = one(c.row(ctx, `SELECT tries, why, head, next_at FROM archive_fill WHERE place = ?`, place), func(r scanner) (int64, error) {
		var next int64
		err := r.Scan(&v.Tries, &v.Why, &v.Before, &next)
		v.Next = fromMillis(next)
		return 0, err
	})
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return v, wrap(op, err)
}

// behindNow has the end of a place looked at that has a turn already: now, unless it waits because something went wrong.
const behindNow = `ON CONFLICT (place) DO UPDATE SET tail = 1,
	next_at = CASE archive_fill.tries WHEN 0 THEN excluded.next_at ELSE archive_fill.next_at END`

func (a archive) LookBehind(ctx context.Context, app string, since time.Time) (int, error) {
	c := a.db.write()
	n, err := c.exec(ctx, `INSERT INTO archive_fill (place, tail, next_at, tries, why, worker, lease_until)
		SELECT p.id, 1, `+c.clock()+`, 0, '', '', 0 FROM archive_place p WHERE p.app = ? AND p.grp <> ''
		AND EXISTS (SELECT 1 FROM archive_message m WHERE m.place = p.id AND m.id >= ?) ORDER BY p.id LIMIT ?
		`+behindNow, text(app), max(since.UnixMilli(), 0)<<idShift, MaxFillPlaces)
	return n, wrap("note where to look for what was said", err)
}

func (a archive) FoundEnds(ctx context.Context, app string, list []GroupEnd) (n int, err error) {
	const op = "note where groups end"
	if len(list) > MaxKnown {
		return 0, wrap(op, invalid("at most %d groups at once", MaxKnown))
	}
	list = slices.Clone(list) // in one order for everybody
	slices.SortFunc(list, func(x, y GroupEnd) int { return strings.Compare(x.Group, y.Group) })
	err = a.db.tx(ctx, func(c conn) error {
		n = 0
		for _, g := range list {
			p := Conversation{App: app, Group: g.Group}
			place, err := a.known(ctx, c, p)
			if err == nil {
				last, err := one(c.row(ctx, `SELECT COALESCE(MAX(last_seq), 0) FROM archive_span WHERE place = ?`, place), scanInt)
				if err != nil {
					return err
				}
				if last >= g.Last {
					continue
				}
			} else if !errors.Is(err, ErrNotFound) {
				return err
			} else if place, err = a.place(ctx, c, p); err != nil {
				return err
			}
			if _, err := c.exec(ctx, `INSERT INTO archive_fill (place, tail, next_at, tries, why, worker, lease_until)
				VALUES (?, 1, `+c.clock()+`, 0, '', '', 0) `+behindNow, place); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, wrap(op, err)
}

func (a archive) KeptSince(ctx context.Context, app string, now time.Time) (time.Time, error) {
	const op = "see since when groups are kept"
	const query = `SELECT since_at FROM archive_app WHERE app = ?`
	at, err := one(a.db.read().row(ctx, query, text(app)), scanInt)
	if errors.Is(err, ErrNotFound) {
		err = a.db.tx(ctx, func(c conn) (err error) {
			if _, err := c.exec(ctx, `INSERT INTO archive_app (app, since_at) VALUES (?, ?) ON CONFLICT (app) DO NOTHING`, text(app), millis(now)); err != nil {
				return err
			}
			at, err = one(c.row(ctx, query, text(app)), scanInt)
			return err
		})
	}
	return fromMillis(at), wrap(op, err)
}

func (a archive) KeptNoMore(ctx context.Context, app string) error {
	_, err := a.db.write().exec(ctx, `DELETE FROM archive_app WHERE app = ?`, text(app))
	return wrap("note that groups are not kept", err)
}

func (a archive) ClaimFill(ctx context.Context, app, worker string, lease time.Duration, n int) (list []FillWork, err error) {
	const op = "take what is to be filled"
	err = a.db.tx(ctx, func(c conn) error {
		skip := c.forUpdate()
		if c.postgres {
			skip = ` FOR UPDATE OF f SKIP LOCKED`
		}
		type found struct {
			FillWork
			place int64
		}
		due, err := all(ctx, c, func(r scanner) (f found, err error) {
			return f, r.Scan(&f.place, &f.Place.App, &f.Place.Group, &f.Place.Users[0], &f.Place.Users[1], &f.Tail, &f.Head, &f.Tries)
		}, `SELECT f.place, p.app, p.grp, p.user_a, p.user_b, f.tail = 1, f.head, f.tries FROM archive_fill f JOIN archive_place p ON p.id = f.place
			WHERE p.app = ? AND f.next_at <= `+c.clock()+` AND f.lease_until < `+c.clock()+` ORDER BY f.next_at, f.place LIMIT ?`+skip, text(app), min(max(n, 1), MaxHoles))
		if err != nil {
			return err
		}
		list = nil
		for _, f := range due {
			if _, err := c.exec(ctx, `UPDATE archive_fill SET worker = ?, lease_until = `+c.clock()+` + ? WHERE place = ?`,
				text(worker), lease.Milliseconds(), f.place); err != nil {
				return err
			}
			list = append(list, f.FillWork)
		}
		return nil
	})
	return list, wrap(op, err)
}

func (a archive) SettleFill(ctx context.Context, p Conversation, worker string, done FillDone) error {
	return wrap("note what was filled", a.db.tx(ctx, func(c conn) error {
		place, err := a.known(ctx, c, p)
		if err != nil {
			return err
		}
		if err := a.lockPlace(ctx, c, place); err != nil { // as who adds does, who may make a hole just now
			return err
		}
		spans, err := one(c.row(ctx, `SELECT COUNT(*) FROM archive_span WHERE place = ?`, place), scanInt)
		if err != nil {
			return err
		}
		looked := 0
		if done.Looked {
			looked = 1
		}
		var n int
		if spans < 2 && done.Why == "" && done.Head == 0 {
			n, err = c.exec(ctx, `DELETE FROM archive_fill WHERE place = ? AND worker = ? AND (tail = 0 OR 1 = ?)`, place, text(worker), looked)
		}
		if err == nil && n == 0 {
			tries := `tries + 1`
			if done.Why == "" {
				tries = `0`
			}
			tail := `tail`
			if done.Looked {
				tail = `0`
			}
			n, err = c.exec(ctx, `UPDATE archive_fill SET tail = `+tail+`, head = ?, tries = `+tries+`, why = ?, next_at = `+c.clock()+` + ?, worker = '', lease_until = 0
				WHERE place = ? AND worker = ?`, done.Head, cut(done.Why, maxFillWhy), done.Wait.Milliseconds(), place, text(worker))
		}
		if err == nil && n == 0 {
			err = ErrConflict
		}
		return err
	}))
}

// addVersion keeps what a message said before an edit. known: there is nothing else to do, for the message says so already, or the
// edit is from before the last one.
func (a archive) addVersion(ctx context.Context, c conn, old, m Archived) (known bool, err error) {
	since, v := old.At, old
	switch {
	case old.Text == cut(m.Text, MaxArchiveText) && old.Body == cut(m.Body, MaxArchiveBody):
		return true, nil
	case old.At.IsZero(): // only its recall is known
		return false, nil
	case old.State == ArchiveEdited && m.Changed.Before(old.Changed):
		known, since, v = true, m.Changed, m
	case old.State == ArchiveEdited:
		since = old.Changed
	}
	_, err = c.exec(ctx, `INSERT INTO archive_version (message, since_at, text, body) 
		SELECT CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT) WHERE (SELECT COUNT(*) FROM archive_version WHERE message = ?) < ? ON CONFLICT DO NOTHING`,
		old.ID, millis(since), cut(v.Text, MaxArchiveText), cut(v.Body, MaxArchiveBody), old.ID, MaxVersions)
	return known, err
}

func (a archive) Versions(ctx context.Context, id int64) ([]Version, error) {
	list, err := all(ctx, a.db.read(), func(r scanner) (v Version, err error) {
		var since int64
		err = r.Scan(&since, &v.Text, &v.Body)
		v.Since = fromMillis(since)
		return v, err
	}, `SELECT since_at, text, body FROM archive_version WHERE message = ? ORDER BY since_at`, id)
	return list, wrap("read what a message said before", err)
}

// saltedHash is what is kept of an erased user's id in the archive.
func saltedHash(salt, app, user string) string {
	sum := sha256.Sum256([]byte(salt + UserHash(app, user)))
	return hex.EncodeToString(sum[:])
}

// erased tells which messages, all of one app, are not to come back.
func (a archive) erased(ctx context.Context, c conn, list []Archived) (func(Archived) bool, error) {
	app := text(list[0].Place.App)
	salt, err := one(c.row(ctx, `SELECT salt FROM archive_salt WHERE app = ?`, app), scanText)
	if errors.Is(err, ErrNotFound) {
		return func(Archived) bool { return false }, nil
	}
	if err != nil {
		return nil, err
	}
	users := map[string]int64{} // by id: until when
	hashes := map[string]string{}
	args := []any{app}
	for _, m := range list {
		for _, u := range []string{text(m.Sender), text(m.Place.Users[0]), text(m.Place.Users[1])} {
			h := saltedHash(salt, app, u)
			if _, seen := hashes[h]; !seen && u != "" {
				hashes[h] = u
				args = append(args, h)
			}
		}
	}
	if len(args) == 1 {
		return func(Archived) bool { return false }, nil
	}
	type row struct {
		hash  string
		until int64
	}
	rows, err := all(ctx, c, func(r scanner) (v row, err error) { return v, r.Scan(&v.hash, &v.until) },
		`SELECT hash, until_at FROM archive_erased WHERE app = ? AND hash IN (`+marks(len(args)-1)+`)`, args...)
	for _, r := range rows {
		users[hashes[r.hash]] = r.until
	}
	return func(m Archived) bool {
		for _, u := range []string{text(m.Sender), text(m.Place.Users[0]), text(m.Place.Users[1])} {
			if until, is := users[u]; is && u != "" && millis(m.At) <= until {
				return true
			}
		}
		return false
	}, err
}

func scanText(r scanner) (s string, err error) { return s, r.Scan(&s) }

// neverAgain notes that what a user said up to a time is not to come back.
func (a archive) neverAgain(ctx context.Context, c conn, app, user string, at time.Time) error {
	salt, err := newSalt()
	if err != nil {
		return err
	}
	if _, err := c.exec(ctx, `INSERT INTO archive_salt (app, salt) VALUES (?, ?) ON CONFLICT (app) DO NOTHING`, app, salt); err != nil {
		return err
	}
	kept, err := one(c.row(ctx, `SELECT salt FROM archive_salt WHERE app = ?`, app), scanText)
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, `INSERT INTO archive_erased (app, hash, until_at) VALUES (?, ?, ?)
		ON CONFLICT (app, hash) DO UPDATE SET until_at = excluded.until_at WHERE archive_erased.until_at < excluded.until_at`,
		app, saltedHash(kept, app, user), millis(at))
	return err
}

func (a archive) Erase(ctx context.Context, app, sender string, at time.Time, n int) (dropped int, err error) {
	const op = "erase messages of a sender"
	app, sender = text(app), text(sender)
	err = a.db.tx(ctx, func(c conn) error { return a.neverAgain(ctx, c, app, sender, at) })
	if err != nil {
		return 0, wrap(op, err)
	}
	dropped, err = a.dropWhere(ctx, op, `m.sender = ? AND p.app = ?`, []any{sender, app}, n)
	if err != nil || dropped >= n {
		return dropped, err
	}
	// A direct chat of two is about both of them: the other's half names the user as much.
	for _, column := range []string{`user_a`, `user_b`} {
		more, err := a.dropWhere(ctx, op, `p.app = ? AND p.grp = '' AND p.`+column+` = ?`, []any{app, sender}, n-dropped)
		if dropped += more; err != nil || dropped >= n {
			return dropped, err
		}
		if err := a.dropPlaces(ctx, app, column, sender); err != nil {
			return dropped, wrap(op, err)
		}
	}
	return dropped, nil
}

// dropPlaces removes direct chats of a user of which no message is left.
func (a archive) dropPlaces(ctx context.Context, app, column, user string) error {
	return a.db.tx(ctx, func(c conn) error {
		places, err := all(ctx, c, scanInt, `SELECT id FROM archive_place WHERE app = ? AND grp = '' AND `+column+` = ?
			AND NOT EXISTS (SELECT 1 FROM archive_message m WHERE m.place = archive_place.id)`+c.forUpdate(), app, user)
		if err != nil {
			return err
		}
		for _, place := range places {
			for _, statement := range []string{
				`DELETE FROM archive_span WHERE place = ?`, `DELETE FROM archive_lost WHERE place = ?`, `DELETE FROM archive_fill WHERE place = ?`,
				`DELETE FROM archive_place WHERE id = ?`,
			} {
				if _, err := c.exec(ctx, statement, place); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (a archive) Run(ctx context.Context, p Conversation, seq int64, older bool, n int) ([]Archived, error) {
	const op = "read messages by position"
	place, err := a.known(ctx, a.db.read(), p)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap(op, err)
	}
	where := `m.seq >= ? ORDER BY m.seq, m.id`
	if older {
		where = `m.seq > 0 AND m.seq < ? ORDER BY m.seq DESC, m.id DESC`
	}
	list, err := all(ctx, a.db.read(), scanArchived, `SELECT `+archiveColumns+` FROM archive_message m JOIN archive_place p ON p.id = m.place
		WHERE m.place = ? AND `+where+` LIMIT ?`, place, max(seq, 1), min(max(n, 1), MaxArchivePage))
	if older {
		slices.Reverse(list)
	}
	return list, wrap(op, err)
}

// ArchiveID is below the number of every message that was said at a time or later, and above those of earlier ones.
func ArchiveID(at time.Time) int64 { return max(at.UnixMilli(), 0) << idShift }
