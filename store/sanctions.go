package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Limits of the register of sanctions.
const (
	MaxSanctionPage    = 200
	MaxSanctionBatch   = 100    // audit entries taken up at once
	MaxSanctionCount   = 10_000 // up to which rows are counted
	maxSanctionReason  = 1000   // bytes
	sanctionLookAfter  = 2 * time.Minute
	sanctionKickedBack = 2 * time.Minute // a callback and our own record of one removal are no further apart
)

// Kinds of sanctions.
const (
	SanctionMute   = "mute"          // in a group
	SanctionDirect = "global_direct" // in all direct chats
	SanctionGroups = "global_groups" // in all groups
	SanctionBan    = "ban"           // from a live room
	SanctionKick   = "kick"          // removed from a group
)

// SanctionKinds are all kinds.
func SanctionKinds() []string {
	return []string{SanctionMute, SanctionDirect, SanctionGroups, SanctionBan, SanctionKick}
}

// States of sanctions.
const (
	SanctionInForce  = "in_force"
	SanctionDrifted  = "drifted" // the service says something else
	SanctionLifted   = "lifted"
	SanctionOver     = "over" // its time ran out
	SanctionReplaced = "replaced"
)

// SanctionStates are all states.
func SanctionStates() []string {
	return []string{SanctionInForce, SanctionDrifted, SanctionLifted, SanctionOver, SanctionReplaced}
}

// How a sanction ended, where its state does not say all.
const (
	EndedUndone   = "undone"   // the action that set it was taken back
	EndedService  = "service"  // lifted at the service, and taken over from there
	EndedJoined   = "joined"   // the user came back into the group
	EndedGone     = "gone"     // the group, or the user, is gone
	EndedUnproved = "unproved" // nobody knew whether it came into force, and the service says that it did not
)

// Sources of sanctions.
const (
	SanctionByOperator = "operator"
	SanctionByRule     = "rule"
	SanctionByService  = "service" // found there: not by this console
	SanctionByUser     = "user"    // of the app, as a callback told
)

// How the service differs from the register.
const (
	DriftLifted  = "lifted"  // it is not in force there
	DriftEnd     = "end"     // it ends at another time
	DriftUnknown = "unknown" // it is in force there, and nobody set it here
)

// Sanction is one row of the register.
type Sanction struct {
	ID       int64
	App      string
	User     string
	Kind     string
	Group    string // "" for what holds everywhere
	State    string
	How      string // it ended
	Doubt    bool   // no answer came, neither when it was set or lifted: the service's list decides
	Since    time.Time
	Until    time.Time // zero: none is known; the services' own end of time for one without end
	Source   string
	ByID     string
	ByName   string
	Reason   string
	Case     int64 // that led to it; 0: none
	Job      string
	Audit    int64 // the entry that set it; 0: none
	Drift    string
	DriftAt  time.Time
	Service  time.Time // the end that the service says instead; zero: none
	Seen     time.Time // when the service's list was last looked at
	EndedAt  time.Time
	EndedID  string
	EndedBy  string
	EndedLog int64 // audit entry
}

// Open reports whether a sanction has not ended.
func (s Sanction) Open() bool { return s.State == SanctionInForce || s.State == SanctionDrifted }

// SanctionChange is what one action, or one callback, did to one sanction.
type SanctionChange struct {
	// Sanction names App, User, Kind and Group; of one that is set also Since, Until, Source, By, Reason, Case, Job and Audit.
	Sanction
	Lift bool      // it is lifted, by whom and with which entry Ended… say; else it is set
	At   time.Time // when
	// Undo is the audit entry that is taken back: what that had ended is in force again, with its own reason. 0: none.
	Undo int64
	// Twin has a sanction that is in force already stand, such as one of which a callback tells once more.
	Twin bool
	// Adopt has what is in force end when the service says, or be lifted as the service says; it stays by whom it was.
	Adopt bool
}

// SanctionBatch is a part of the audit log that the register does not have yet.
type SanctionBatch struct {
	From, To int64 // seqs
	Entries  []AuditEntry
}

// SanctionFilter picks rows. A zero field picks all.
type SanctionFilter struct {
	App        string
	User       string
	Group      string
	Kind       string
	States     []string
	By         string // name or id
	Drift      string
	EndsBefore time.Time // of those in force
	Ended      bool      // lifted, over or replaced
}

// SanctionLook is a group or a user to compare with the service's lists.
type SanctionLook struct {
	App, Kind, Target string // Kind is KindGroup or KindUser
	Looked            time.Time
	Owner             string
}

// SanctionLooks says how far the comparing is.
type SanctionLooks struct {
	Groups, Users int       // known to it
	Seen          int       // of them, looked at within a day
	Oldest        time.Time // the look that is longest ago, where something is in force; zero: none
	Failed        int       // whose last look failed
}

// SanctionTouch says whether the audit log knows of a hand in a sanction.
type SanctionTouch struct {
	Busy bool        // an action about it is under way, or ended just now
	Call *AuditEntry // a call made by hand since the last look, which may have done it; nil: none
}

// SanctionView is what a look is settled with: the rows that are open there, and what the log knows of a user.
type SanctionView struct {
	Open  []Sanction
	Touch func(user string) (SanctionTouch, error)
}

// Sanctions is the register: who is muted, banned or removed. It is a projection of the audit log, in its order and each entry
// once, and of what services tell. storetest.Sanctions is the contract.
type Sanctions interface {
	// Next returns the part of the audit log that comes next: entries with outcomes of the given actions. An empty part has
	// From = To.
	Next(ctx context.Context, actions []string) (SanctionBatch, error)
	// Apply takes up what a part of the log did. ErrConflict: another console was faster; ask Next again.
	Apply(ctx context.Context, b SanctionBatch, list []SanctionChange) error
	// Tell takes up what callbacks told, up to MaxSanctionPage changes.
	Tell(ctx context.Context, list []SanctionChange) error
	// Get returns one, or ErrNotFound.
	Get(ctx context.Context, app string, id int64) (Sanction, error)
	// List returns up to n rows (1 to MaxSanctionPage), newest first, with ids below before; 0: from the newest on.
	List(ctx context.Context, f SanctionFilter, before int64, n int) ([]Sanction, error)
	// Count tells how many there are, up to MaxSanctionCount.
	Count(ctx context.Context, f SanctionFilter) (int, error)
	// Expire ends up to n sanctions whose time is over.
	Expire(ctx context.Context, now time.Time, n int) (int, error)
	// Drop deletes up to n rows that ended before t, and removals from groups as old as that.
	Drop(ctx context.Context, t time.Time, n int) (int, error)
	// Feed adds up to n known groups, or users, to what is looked at, and goes on behind them the next time.
	Feed(ctx context.Context, app, kind string, now time.Time, n int) (int, error)
	// Claim takes what is due first: hot where something is in force, else the rest. ErrNotFound: nothing is due.
	Claim(ctx context.Context, app, owner string, hot bool, lease time.Duration, now time.Time) (SanctionLook, error)
	// Settle ends a look. decide gets what is open at the target and returns the rows as they are to be: with ID 0 new ones. It is
	// called in the transaction, and only there Touch can be asked; began is when the look began, next says how long until the next
	// one, where something is in force and elsewhere. ErrLeaseLost: another console has it.
	Settle(ctx context.Context, l SanctionLook, began time.Time, next func(hot bool) time.Duration, decide func(SanctionView) ([]Sanction, error)) error
	// Failed ends a look that saw nothing; why is a word.
	Failed(ctx context.Context, l SanctionLook, why string, now time.Time, next time.Duration) error
	// Looks says how far the comparing of an app is.
	Looks(ctx context.Context, app string, now time.Time) (SanctionLooks, error)
	// Hurry has a target looked at now.
	Hurry(ctx context.Context, app, kind, target string, now time.Time) error
}

type sanctions struct{ db *db }

const sanctionColumns = `id, app, user_id, kind, grp, state, how, doubt, since, until, source, by_id, by_name, reason, case_id, job, audit,
	drift, drift_at, service_until, seen_at, ended_at, ended_id, ended_name, ended_audit`

func scanSanction(r scanner) (s Sanction, err error) {
	var since, until, driftAt, service, seen, ended int64
	err = r.Scan(&s.ID, &s.App, &s.User, &s.Kind, &s.Group, &s.State, &s.How, &s.Doubt, &since, &until, &s.Source, &s.ByID, &s.ByName, &s.Reason,
		&s.Case, &s.Job, &s.Audit, &s.Drift, &driftAt, &service, &seen, &ended, &s.EndedID, &s.EndedBy, &s.EndedLog)
	s.Since, s.Until, s.DriftAt, s.Service = fromMillis(since), fromMillis(until), fromMillis(driftAt), fromMillis(service)
	s.Seen, s.EndedAt = fromMillis(seen), fromMillis(ended)
	return s, err
}

// values are those of sanctionColumns after the id.
func (s Sanction) values() []any {
	return []any{
		text(s.App), text(s.User), s.Kind, text(s.Group), s.State, s.How, s.Doubt, millis(s.Since), millis(s.Until), s.Source, text(s.ByID),
		cut(s.ByName, maxTitle), cut(s.Reason, maxSanctionReason), s.Case, text(s.Job), s.Audit, s.Drift, millis(s.DriftAt), millis(s.Service),
		millis(s.Seen), millis(s.EndedAt), text(s.EndedID), cut(s.EndedBy, maxTitle), s.EndedLog,
	}
}

func (s sanctions) Next(ctx context.Context, actions []string) (b SanctionBatch, err error) {
	err = s.db.snapshot(ctx, func(c conn) error {
		if err := c.row(ctx, `SELECT l.seq, h.records FROM sanction_log l, audit_head h`).Scan(&b.From, &b.To); err != nil || b.From == b.To {
			return err
		}
		args := []any{b.From, b.To}
		for _, a := range actions {
			args = append(args, a)
		}
		type row struct {
			seq   int64
			entry AuditEntry
		}
		list, err := all(ctx, c, func(r scanner) (x row, err error) {
			x.entry, err = scanAudit(numbered{r, &x.seq})
			return x, err
		}, `SELECT o.seq, `+fmt.Sprintf(auditColumns, `o.items`)+` FROM audit_outcome o CROSS JOIN audit_entry e
			WHERE o.seq > ? AND o.seq <= ? AND e.id = o.entry_id AND e.action IN (`+marks(len(actions))+`) ORDER BY o.seq LIMIT ?`,
			append(args, MaxSanctionBatch)...)
		for _, x := range list {
			b.Entries = append(b.Entries, x.entry)
		}
		if len(list) == MaxSanctionBatch {
			b.To = list[len(list)-1].seq
		}
		return err
	})
	return b, wrap("read what the register lacks", err)
}

// numbered scans a number before the rest of a row.
type numbered struct {
	scanner
	n *int64
}

func (r numbered) Scan(dest ...any) error { return r.scanner.Scan(append([]any{r.n}, dest...)...) }

func (s sanctions) Apply(ctx context.Context, b SanctionBatch, list []SanctionChange) error {
	return wrap("take up what was done", s.db.tx(ctx, func(c conn) error {
		n, err := c.exec(ctx, `UPDATE sanction_log SET seq = ? WHERE id = 1 AND seq = ?`, b.To, b.From)
		if err == nil && n == 0 {
			err = ErrConflict
		}
		for _, x := range list {
			if err == nil {
				err = applySanction(ctx, c, x)
			}
		}
		return err
	}))
}

func (s sanctions) Tell(ctx context.Context, list []SanctionChange) error {
	const op = "take up what callbacks told"
	if len(list) > MaxSanctionPage {
		return wrap(op, invalid("%d changes, at most %d", len(list), MaxSanctionPage))
	}
	return wrap(op, s.db.tx(ctx, func(c conn) error {
		// Who takes up the log holds this row: the two do not meet in one sanction.
		if _, err := c.exec(ctx, `UPDATE sanction_log SET seq = seq WHERE id = 1`); err != nil {
			return err
		}
		for _, x := range list {
			if err := applySanction(ctx, c, x); err != nil {
				return err
			}
		}
		return nil
	}))
}

const openSanction = `state IN ('` + SanctionInForce + `', '` + SanctionDrifted + `')`

// applySanction does one change. It is called by one transaction at a time.
func applySanction(ctx context.Context, c conn, x SanctionChange) error {
	if x.User == "" || x.User == Erased {
		return nil
	}
	key := []any{text(x.App), text(x.User), x.Kind, text(x.Group)}
	const same = ` FROM sanction WHERE app = ? AND user_id = ? AND kind = ? AND grp = ?`
	now, err := one(c.row(ctx, `SELECT `+sanctionColumns+same+` AND `+openSanction, key...), scanSanction)
	is := err == nil
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if is && x.Adopt && !x.Lift {
		now.State, now.Until, now.Drift, now.DriftAt, now.Service, now.Doubt = SanctionInForce, x.Until, "", time.Time{}, time.Time{}, false
		return c.putSanction(ctx, now)
	}
	if x.Lift {
		if !is {
			return nil
		}
		return c.endSanction(ctx, now, x, SanctionLifted)
	}
	if is && x.Twin {
		return nil
	}
	if is && now.Kind == SanctionKick && now.Source != SanctionByOperator && now.Source != SanctionByRule && x.At.Sub(now.Since).Abs() <= sanctionKickedBack {
		x.Since = now.Since // the callback was faster than our own record of it
		return c.putSanction(ctx, keep(now, x.Sanction))
	}
	if is {
		state := SanctionReplaced
		if x.Undo != 0 && now.Audit == x.Undo {
			state, x.How = SanctionLifted, EndedUndone
		}
		if err := c.endSanction(ctx, now, x, state); err != nil {
			return err
		}
	}
	if x.Undo != 0 {
		back, err := one(c.row(ctx, `SELECT `+sanctionColumns+same+` AND ended_audit = ? ORDER BY id DESC LIMIT 1`, append(key, x.Undo)...), scanSanction)
		if err == nil {
			back.State, back.How, back.Doubt, back.Until = SanctionInForce, "", x.Doubt, x.Until
			back.EndedAt, back.EndedID, back.EndedBy, back.EndedLog = time.Time{}, "", "", 0
			back.Drift, back.DriftAt, back.Service = "", time.Time{}, time.Time{}
			return errors.Join(c.putSanction(ctx, back), c.lookSoon(ctx, back, x.At))
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	s := x.Sanction
	s.ID, s.State = 0, SanctionInForce
	s.EndedAt, s.EndedID, s.EndedBy, s.EndedLog = time.Time{}, "", "", 0
	s.How = ""
	return errors.Join(c.putSanction(ctx, s), c.lookSoon(ctx, s, x.At))
}

// keep is a row that stays what it is, and is said to be by somebody else.
func keep(now, by Sanction) Sanction {
	now.Source, now.ByID, now.ByName, now.Reason, now.Case, now.Job, now.Audit, now.Since = by.Source, by.ByID, by.ByName, by.Reason, by.Case, by.Job, by.Audit, by.Since
	return now
}

// endSanction ends a row by a change. One in doubt stays open until the service is asked.
func (c conn) endSanction(ctx context.Context, s Sanction, x SanctionChange, state string) error {
	s.EndedAt, s.EndedID, s.EndedBy, s.EndedLog, s.How = x.At, x.ByID, x.ByName, x.Audit, x.How
	s.Drift, s.DriftAt, s.Service = "", time.Time{}, time.Time{}
	switch {
	case !s.Until.IsZero() && !s.Until.After(x.At):
		s.State, s.EndedAt, s.EndedID, s.EndedBy, s.EndedLog, s.How = SanctionOver, s.Until, "", "", x.Audit, ""
	case x.Lift && x.Doubt:
		s.State, s.Doubt = SanctionInForce, true
	default:
		s.State, s.Doubt = state, false
	}
	return errors.Join(c.putSanction(ctx, s), c.lookSoon(ctx, s, x.At))
}

// putSanction writes a row; with ID 0 a new one.
func (c conn) putSanction(ctx context.Context, s Sanction) error {
	v := s.values()
	if s.ID == 0 {
		_, err := c.exec(ctx, `INSERT INTO sanction (`+strings.TrimPrefix(sanctionColumns, `id, `)+`) VALUES (`+marks(len(v))+`)`, v...)
		return err
	}
	_, err := c.exec(ctx, `UPDATE sanction SET (`+strings.TrimPrefix(sanctionColumns, `id, `)+`) = (`+marks(len(v))+`) WHERE id = ?`, append(v, s.ID)...)
	return err
}

// lookSoon has the service asked about a sanction in a while.
func (c conn) lookSoon(ctx context.Context, s Sanction, at time.Time) error {
	if s.Kind == SanctionKick {
		return nil // no service lists who was removed
	}
	kind, target := KindGroup, s.Group
	if s.Group == "" {
		kind, target = KindUser, s.User
	}
	due := millis(at.Add(sanctionLookAfter))
	_, err := c.exec(ctx, `INSERT INTO sanction_look (app, kind, target, hot, due_at, looked_at, failed, lease_owner, lease_until)
		VALUES (?, ?, ?, ?, ?, 0, '', '', 0) ON CONFLICT (app, kind, target) DO UPDATE SET hot = excluded.hot,
		due_at = CASE WHEN sanction_look.due_at > excluded.due_at THEN excluded.due_at ELSE sanction_look.due_at END`,
		text(s.App), kind, text(target), true, due)
	return err
}

func (s sanctions) Get(ctx context.Context, app string, id int64) (Sanction, error) {
	x, err := one(s.db.read().row(ctx, `SELECT `+sanctionColumns+` FROM sanction WHERE app = ? AND id = ?`, text(app), id), scanSanction)
	return x, wrap("get a sanction", err)
}

// where is the filter in SQL.
func (f SanctionFilter) where() (string, []any) {
	list, args := []string{`app = ?`}, []any{text(f.App)}
	add := func(condition string, values ...any) { list, args = append(list, condition), append(args, values...) }
	if f.User != "" {
		add(`user_id = ?`, text(f.User))
	}
	if f.Group != "" {
		add(`grp = ?`, text(f.Group))
	}
	if f.Kind != "" {
		add(`kind = ?`, f.Kind)
	}
	if f.Ended {
		f.States = append(f.States, SanctionLifted, SanctionOver, SanctionReplaced)
	}
	if len(f.States) > 0 {
		var in []any
		for _, x := range f.States {
			in = append(in, x)
		}
		add(`state IN (`+marks(len(in))+`)`, in...)
	}
	if f.By != "" {
		add(`(by_id = ? OR by_name = ?)`, text(f.By), text(f.By))
	}
	if f.Drift != "" {
		add(`drift = ?`, f.Drift)
	}
	if !f.EndsBefore.IsZero() {
		add(openSanction+` AND until <> 0 AND until < ?`, millis(f.EndsBefore))
	}
	return strings.Join(list, ` AND `), args
}

func (s sanctions) List(ctx context.Context, f SanctionFilter, before int64, n int) ([]Sanction, error) {
	where, args := f.where()
	if before != 0 {
		where, args = where+` AND id < ?`, append(args, before)
	}
	list, err := all(ctx, s.db.read(), scanSanction, `SELECT `+sanctionColumns+` FROM sanction WHERE `+where+` ORDER BY id DESC LIMIT ?`,
		append(args, min(max(n, 1), MaxSanctionPage))...)
	return list, wrap("list sanctions", err)
}

func (s sanctions) Count(ctx context.Context, f SanctionFilter) (int, error) {
	where, args := f.where()
	n, err := one(s.db.read().row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM sanction WHERE `+where+` LIMIT ?) x`, append(args, MaxSanctionCount)...), scanInt)
	return int(n), wrap("count sanctions", err)
}

func (s sanctions) Expire(ctx context.Context, now time.Time, n int) (int, error) {
	done, err := s.db.write().exec(ctx, `UPDATE sanction SET state = '`+SanctionOver+`', how = '', drift = '', doubt = ?, ended_at = until
		WHERE id IN (SELECT id FROM sanction WHERE `+openSanction+` AND until <> 0 AND until <= ? ORDER BY until LIMIT ?)`, false, millis(now), n)
	return done, wrap("end sanctions whose time is over", err)
}

func (s sanctions) Drop(ctx context.Context, t time.Time, n int) (int, error) {
	ended, err := s.db.write().exec(ctx, `DELETE FROM sanction WHERE id IN (SELECT id FROM sanction WHERE ended_at <> 0 AND ended_at < ? LIMIT ?)`, millis(t), n)
	if err != nil {
		return ended, wrap("drop sanctions", err)
	}
	kicks, err := s.db.write().exec(ctx, `DELETE FROM sanction WHERE id IN (SELECT id FROM sanction WHERE `+openSanction+` AND kind = ? AND since < ? LIMIT ?)`,
		SanctionKick, millis(t), n)
	return ended + kicks, wrap("drop sanctions", err)
}

func (s sanctions) Feed(ctx context.Context, app, kind string, now time.Time, n int) (added int, err error) {
	table, id, here := `known_group`, `group_id`, ` AND gone_at = 0`
	if kind == KindUser {
		table, id, here = `known_user`, `user_id`, ``
	}
	err = s.db.tx(ctx, func(c conn) error {
		after, err := one(c.row(ctx, `SELECT cursor FROM sanction_feed WHERE app = ? AND kind = ?`, text(app), kind), scanString)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		list, err := all(ctx, c, scanString, `SELECT `+id+` FROM `+table+` WHERE app = ? AND `+id+` > ?`+here+` ORDER BY `+id+` LIMIT ?`, text(app), after, n)
		if err != nil {
			return err
		}
		after = ""
		if len(list) == n {
			after = list[n-1]
		}
		for _, target := range list {
			more, err := c.exec(ctx, `INSERT INTO sanction_look (app, kind, target, hot, due_at, looked_at, failed, lease_owner, lease_until)
				VALUES (?, ?, ?, ?, ?, 0, '', '', 0) ON CONFLICT DO NOTHING`, text(app), kind, target, false, millis(now))
			if err != nil {
				return err
			}
			added += more
		}
		_, err = c.exec(ctx, `INSERT INTO sanction_feed (app, kind, cursor) VALUES (?, ?, ?) ON CONFLICT (app, kind) DO UPDATE SET cursor = excluded.cursor`,
			text(app), kind, after)
		return err
	})
	return added, wrap("find what to look at", err)
}

func (s sanctions) Claim(ctx context.Context, app, owner string, hot bool, lease time.Duration, now time.Time) (SanctionLook, error) {
	l := SanctionLook{App: app, Owner: owner}
	err := s.db.tx(ctx, func(c conn) error {
		skip := ""
		if c.postgres {
			skip = ` FOR UPDATE SKIP LOCKED`
		}
		var looked int64
		err := c.row(ctx, `SELECT kind, target, looked_at FROM sanction_look WHERE app = ? AND hot = ? AND due_at <= ? AND lease_until <= ?
			ORDER BY due_at LIMIT 1`+skip, text(app), hot, millis(now), millis(now)).Scan(&l.Kind, &l.Target, &looked)
		if err != nil {
			return err
		}
		l.Looked = fromMillis(looked)
		_, err = c.exec(ctx, `UPDATE sanction_look SET lease_owner = ?, lease_until = ?, due_at = ? WHERE app = ? AND kind = ? AND target = ?`,
			text(owner), millis(now.Add(lease)), millis(now.Add(lease)), text(app), l.Kind, l.Target)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return l, wrap("claim a look", err)
}

// touching are the actions that change who is muted, banned or in a group. Their undos begin with "undo.".
const touching = `'member.mute', 'member.unmute', 'member.ban', 'member.unban', 'user.global_mute', 'user.global_unmute', 'sanction.adopt',
	'undo.member.mute', 'undo.member.unmute', 'undo.member.ban', 'undo.member.unban', 'undo.user.global_mute', 'undo.user.global_unmute'`

// touch looks into the log for a user: whether something is under way, or ended since a time, and for calls by hand since then.
func (c conn) touch(ctx context.Context, l SanctionLook, user string, began time.Time) (t SanctionTouch, err error) {
	group := ""
	if l.Kind == KindGroup {
		group = l.Target
	}
	list, err := all(ctx, c, scanAudit, `SELECT `+fmt.Sprintf(auditColumns, `'[]'`)+` FROM audit_target t CROSS JOIN audit_entry e
		LEFT JOIN audit_outcome o ON o.entry_id = e.id
		WHERE t.user_id = ? AND t.app = ? AND e.id = t.entry_id AND e.group_id = ? AND (
			e.action IN (`+touching+`) AND (o.entry_id IS NULL OR o.at >= ?)
			OR e.action = 'api.call' AND e.at >= ?)
		ORDER BY e.id DESC LIMIT 20`, text(user), text(l.App), text(group), millis(began.Add(-sanctionSettles)), millis(l.Looked))
	for i := range list {
		if list[i].Action == "api.call" {
			if t.Call == nil {
				t.Call = &list[i]
			}
			continue
		}
		t.Busy = true
	}
	return t, err
}

// sanctionSettles is how long after an action a service's list may not have it yet, or have it still. It also covers consoles
// whose clocks differ.
const sanctionSettles = 30 * time.Second

func (s sanctions) Settle(ctx context.Context, l SanctionLook, began time.Time, next func(hot bool) time.Duration, decide func(SanctionView) ([]Sanction, error)) error {
	return wrap("settle a look", s.db.tx(ctx, func(c conn) error {
		if _, err := c.exec(ctx, `UPDATE sanction_log SET seq = seq WHERE id = 1`); err != nil {
			return err
		}
		column, kinds := `grp`, `'`+SanctionMute+`', '`+SanctionBan+`'`
		if l.Kind == KindUser {
			column, kinds = `user_id`, `'`+SanctionDirect+`', '`+SanctionGroups+`'`
		}
		open, err := all(ctx, c, scanSanction, `SELECT `+sanctionColumns+` FROM sanction WHERE app = ? AND `+column+` = ? AND kind IN (`+kinds+`) AND `+openSanction+`
			ORDER BY id`, text(l.App), text(l.Target))
		if err != nil {
			return err
		}
		rows, err := decide(SanctionView{Open: open, Touch: func(user string) (SanctionTouch, error) { return c.touch(ctx, l, user, began) }})
		if err != nil {
			return err
		}
		left := map[int64]bool{}
		for _, x := range open {
			left[x.ID] = true
		}
		for _, x := range rows {
			if err := c.putSanction(ctx, x); err != nil {
				return err
			}
			if x.Open() {
				left[x.ID] = true
			} else {
				delete(left, x.ID)
			}
		}
		return c.looked(ctx, l, len(left) > 0, began, next(len(left) > 0))
	}))
}

func (s sanctions) Failed(ctx context.Context, l SanctionLook, why string, now time.Time, next time.Duration) error {
	return wrap("note a look that failed", s.db.tx(ctx, func(c conn) error {
		n, err := c.exec(ctx, `UPDATE sanction_look SET failed = ?, due_at = ?, lease_owner = '', lease_until = 0
			WHERE app = ? AND kind = ? AND target = ? AND lease_owner = ?`,
			text(why), millis(now.Add(next)), text(l.App), l.Kind, text(l.Target), text(l.Owner))
		if err == nil && n == 0 {
			err = ErrLeaseLost
		}
		return err
	}))
}

// looked gives a look back. What became due meanwhile stays so.
func (c conn) looked(ctx context.Context, l SanctionLook, hot bool, began time.Time, next time.Duration) error {
	n, err := c.exec(ctx, `UPDATE sanction_look SET hot = ?, failed = '', looked_at = ?, lease_owner = '', lease_until = 0,
		due_at = CASE WHEN due_at < lease_until THEN due_at ELSE ? END WHERE app = ? AND kind = ? AND target = ? AND lease_owner = ?`,
		hot, millis(began), millis(began.Add(next)), text(l.App), l.Kind, text(l.Target), text(l.Owner))
	if err == nil && n == 0 {
		err = ErrLeaseLost
	}
	return err
}

func (s sanctions) Looks(ctx context.Context, app string, now time.Time) (l SanctionLooks, err error) {
	var oldest int64
	err = s.db.read().row(ctx, `SELECT COALESCE(SUM(CASE WHEN kind = 'group' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN kind = 'user' THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN looked_at >= ? THEN 1 ELSE 0 END), 0), COALESCE(MIN(CASE WHEN hot AND looked_at <> 0 THEN looked_at END), 0),
		COALESCE(SUM(CASE WHEN failed <> '' THEN 1 ELSE 0 END), 0) FROM sanction_look WHERE app = ?`, millis(now.Add(-24*time.Hour)), text(app)).
		Scan(&l.Groups, &l.Users, &l.Seen, &oldest, &l.Failed)
	l.Oldest = fromMillis(oldest)
	return l, wrap("how far the comparing is", err)
}

func (s sanctions) Hurry(ctx context.Context, app, kind, target string, now time.Time) error {
	_, err := s.db.write().exec(ctx, `INSERT INTO sanction_look (app, kind, target, hot, due_at, looked_at, failed, lease_owner, lease_until)
		VALUES (?, ?, ?, ?, ?, 0, '', '', 0) ON CONFLICT (app, kind, target) DO UPDATE SET due_at = excluded.due_at, hot = excluded.hot`,
		text(app), kind, text(target), true, millis(now))
	return wrap("have a target looked at", err)
}
