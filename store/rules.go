package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"
)

// TopicRules is the topic of events that tell that rules or lists changed; id: name of the rule or list.
const TopicRules = "rules"

// Kinds of documents that rules are made of.
const (
	DocRule = "rule"
	DocList = "list"
)

// Limits of rules and of what they caught.
const (
	MaxRuleBody  = 4 << 20 // bytes
	MaxHitText   = 2000    // bytes that are kept of what somebody said
	MaxHitPage   = 200
	MaxReplay    = 10_000 // messages read for a rule in one call
	MaxHeld      = 100    // held messages of a case that are told of
	maxHeldText  = 64 << 10
	maxHitDetail = 8 << 10
)

// RuleDoc is a rule, or a list of words, in one of its versions.
type RuleDoc struct {
	Kind     string
	Name     string
	Version  int64
	Position int
	Body     string // as it is written
	Gone     bool   // it was deleted
	At       time.Time
	By       string
	Note     string
}

// RuleHit is something that a rule caught.
type RuleHit struct {
	ID      int64
	At      time.Time
	App     string
	Group   string // "" in a direct chat
	Sender  string
	Key     string // "" if it was not sent
	Rule    string
	Version int64
	Quiet   bool
	Outcome string
	Score   int
	Text    string
	Reasons json.RawMessage
	Done    json.RawMessage
}

// RuleCount is how much a rule caught.
type RuleCount struct {
	Rule         string
	Acted, Quiet int64
	Reversed     int64 // actions of it that operators took back
	Last         time.Time
}

// HitQuery chooses hits. What is zero does not restrict.
type HitQuery struct {
	Rule   string
	Apps   []string
	Before int64 // ids below it; 0: from the newest on
	N      int   // 1 to MaxHitPage
}

// Replayed is a message of the archive as rules see it.
type Replayed struct {
	ID     int64
	Place  Conversation
	Key    string
	Sender string
	At     time.Time
	Types  string // separated by commas
	Text   string
}

// States of a held message.
const (
	HeldWaiting  = "waiting"
	HeldSending  = "sending" // it is on its way, or nobody knows whether it arrived
	HeldReleased = "released"
	HeldRefused  = "refused"
)

// Held is a message that a rule holds until an operator lets it through.
type Held struct {
	ID      int64
	At      time.Time
	App     string
	Group   string // "" in a direct chat
	Sender  string
	Peer    string // of a direct chat: who was to get it
	Rule    string
	Version int64
	Text    string
	Case    int64 // 0: none yet
	State   string
	Done    time.Time // when the state changed last
	By      string
}

// Rules is rules and lists, and what they caught. storetest.Rules is its contract.
type Rules interface {
	// Current returns the last version of each document, those that are gone left out, rules first, in their order.
	Current(ctx context.Context) ([]RuleDoc, error)
	// Put stores the next version of a document. d.Version is the one that it follows, 0 for a new one: ErrConflict if that is not
	// the last one. One that is gone comes back as its next version.
	Put(ctx context.Context, d RuleDoc) (RuleDoc, error)
	// Order settles the order of rules; those that are not named stay where they are.
	Order(ctx context.Context, names []string) error
	// Versions returns up to n versions of a document, newest first.
	Versions(ctx context.Context, kind, name string, n int) ([]RuleDoc, error)
	// AddHits keeps what rules caught.
	AddHits(ctx context.Context, list []RuleHit) error
	// Hits returns what rules caught, newest first.
	Hits(ctx context.Context, q HitQuery) ([]RuleHit, error)
	// Counts returns how much each rule caught since a time in some apps; nil: in all.
	Counts(ctx context.Context, apps []string, since time.Time) ([]RuleCount, error)
	// Reversed notes that an operator took back what a rule did.
	Reversed(ctx context.Context, app, rule string, at time.Time) error
	// Strike counts an offence of a user.
	Strike(ctx context.Context, app, user, rule string, at time.Time) error
	// Strikes counts the offences of a user since a time; rule "" is all rules.
	Strikes(ctx context.Context, app, user, rule string, since time.Time) (int, error)
	// Replay returns up to n messages of the archive (1 to MaxReplay) in the order in which they were said, from a time on and after
	// one of them; app "" is all.
	Replay(ctx context.Context, app string, since time.Time, after int64, n int) ([]Replayed, error)
	// Hold keeps a message that was not sent.
	Hold(ctx context.Context, h Held) (Held, error)
	// HeldCase notes the case in which an operator finds a held message.
	HeldCase(ctx context.Context, id, caseID int64) error
	// HeldOf returns what is held in a case, oldest first, at most MaxHeld.
	HeldOf(ctx context.Context, caseID int64) ([]Held, error)
	// Held returns a held message; ErrNotFound.
	Held(ctx context.Context, id int64) (Held, error)
	// SetHeld changes the state of a held message, h.State of what was read; ErrConflict if somebody else was faster.
	SetHeld(ctx context.Context, h Held, to, by string, at time.Time) (Held, error)
	// Released reports whether an operator let a text of somebody through since a time.
	Released(ctx context.Context, app, group, sender, text string, since time.Time) (bool, error)
	// Drop removes up to n hits, what is held, reversals and strikes from before a time, and tells how many.
	Drop(ctx context.Context, hits, strikes time.Time, n int) (int, error)
}

type rules struct{ db *db }

const docColumns = `d.kind, d.name, d.version, d.position, d.body, d.gone, d.at, d.by_name, d.note`

func scanDoc(r scanner) (d RuleDoc, err error) {
	var at int64
	err = r.Scan(&d.Kind, &d.Name, &d.Version, &d.Position, &d.Body, &d.Gone, &at, &d.By, &d.Note)
	d.At = fromMillis(at)
	return d, err
}

func (s rules) Current(ctx context.Context) ([]RuleDoc, error) {
	list, err := all(ctx, s.db.read(), scanDoc, `SELECT `+docColumns+` FROM rule_doc d
		JOIN (SELECT kind, name, MAX(version) AS version FROM rule_doc GROUP BY kind, name) l
		ON l.kind = d.kind AND l.name = d.name AND l.version = d.version
		WHERE NOT d.gone ORDER BY d.kind DESC, d.position, d.name`)
	return list, wrap("list rules", err)
}

func (s rules) Put(ctx context.Context, d RuleDoc) (RuleDoc, error) {
	const op = "put rule"
	if len(d.Body) > MaxRuleBody || d.Name == "" || d.Kind != DocRule && d.Kind != DocList {
		return d, wrap(op, invalid("a rule of %d bytes, at most %d fit, or without a name", len(d.Body), MaxRuleBody))
	}
	err := s.db.tx(ctx, func(c conn) error {
		last, err := one(c.row(ctx, `SELECT COALESCE(MAX(version), 0) FROM rule_doc WHERE kind = ? AND name = ?`, d.Kind, text(d.Name)), scanInt)
		if err != nil {
			return err
		}
		if last != d.Version {
			if d.Version != 0 {
				return ErrConflict
			}
			gone, err := one(c.row(ctx, `SELECT gone FROM rule_doc WHERE kind = ? AND name = ? AND version = ?`, d.Kind, text(d.Name), last), scanBool)
			if err != nil {
				return err
			}
			if !gone {
				return ErrConflict
			}
		}
		d.Version = last + 1
		n, err := c.exec(ctx, `INSERT INTO rule_doc (kind, name, version, position, body, gone, at, by_name, note) VALUES (`+marks(9)+`) ON CONFLICT DO NOTHING`,
			d.Kind, text(d.Name), d.Version, d.Position, text(d.Body), d.Gone, millis(d.At), text(d.By), cut(d.Note, maxTitle))
		if err == nil && n == 0 { // somebody was faster
			return ErrConflict
		}
		return err
	})
	d.At = fromMillis(millis(d.At))
	return d, wrap(op, err)
}

func (s rules) Order(ctx context.Context, names []string) error {
	return wrap("order rules", s.db.tx(ctx, func(c conn) error {
		for i, name := range names {
			if _, err := c.exec(ctx, `UPDATE rule_doc SET position = ? WHERE kind = ? AND name = ?`, i+1, DocRule, text(name)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func scanBool(r scanner) (b bool, err error) { return b, r.Scan(&b) }

func (s rules) Versions(ctx context.Context, kind, name string, n int) ([]RuleDoc, error) {
	list, err := all(ctx, s.db.read(), scanDoc, `SELECT `+docColumns+` FROM rule_doc d WHERE d.kind = ? AND d.name = ? ORDER BY d.version DESC LIMIT ?`,
		kind, text(name), min(max(n, 1), MaxHitPage))
	return list, wrap("list versions of a rule", err)
}

// jsonOr is JSON that fits, or something else.
func jsonOr(b json.RawMessage, other string) string {
	if len(b) == 0 || len(b) > maxHitDetail || !json.Valid(b) {
		return other
	}
	return text(string(b))
}

func (s rules) AddHits(ctx context.Context, list []RuleHit) error {
	return wrap("keep what rules caught", s.db.tx(ctx, func(c conn) error {
		for _, h := range list {
			if _, err := c.exec(ctx, `INSERT INTO rule_hit (at, app, grp, sender, key, rule, version, quiet, outcome, score, text, reasons, done)
				VALUES (`+marks(13)+`)`, millis(h.At), text(h.App), text(h.Group), text(h.Sender), text(h.Key), text(h.Rule), h.Version, h.Quiet, h.Outcome,
				h.Score, cut(h.Text, MaxHitText), jsonOr(h.Reasons, `[]`), jsonOr(h.Done, `{}`)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func scanHit(r scanner) (h RuleHit, err error) {
	var at int64
	var reasons, done string
	err = r.Scan(&h.ID, &at, &h.App, &h.Group, &h.Sender, &h.Key, &h.Rule, &h.Version, &h.Quiet, &h.Outcome, &h.Score, &h.Text, &reasons, &done)
	h.At, h.Reasons, h.Done = fromMillis(at), json.RawMessage(reasons), json.RawMessage(done)
	return h, err
}

// inApps restricts a statement to some apps; nil: to none.
func inApps(where string, args []any, apps []string) (string, []any) {
	if apps == nil {
		return where, args
	}
	if len(apps) == 0 {
		return where + ` AND 1 = 0`, args
	}
	for _, a := range apps {
		args = append(args, text(a))
	}
	return where + ` AND app IN (` + marks(len(apps)) + `)`, args
}

func (s rules) Hits(ctx context.Context, q HitQuery) ([]RuleHit, error) {
	where, args := inApps(`1 = 1`, nil, q.Apps)
	if q.Rule != "" {
		where, args = where+` AND rule = ?`, append(args, text(q.Rule))
	}
	if q.Before > 0 {
		where, args = where+` AND id < ?`, append(args, q.Before)
	}
	list, err := all(ctx, s.db.read(), scanHit, `SELECT id, at, app, grp, sender, key, rule, version, quiet, outcome, score, text, reasons, done
		FROM rule_hit WHERE `+where+` ORDER BY id DESC LIMIT ?`, append(args, min(max(q.N, 1), MaxHitPage))...)
	return list, wrap("list what rules caught", err)
}

func (s rules) Counts(ctx context.Context, apps []string, since time.Time) ([]RuleCount, error) {
	const op = "count what rules caught"
	where, args := inApps(`at >= ?`, []any{millis(since)}, apps)
	list, err := all(ctx, s.db.read(), func(r scanner) (n RuleCount, err error) {
		var last int64
		err = r.Scan(&n.Rule, &n.Acted, &n.Quiet, &last)
		n.Last = fromMillis(last)
		return n, err
	}, `SELECT rule, SUM(CASE WHEN quiet THEN 0 ELSE 1 END), SUM(CASE WHEN quiet THEN 1 ELSE 0 END), MAX(at) FROM rule_hit
		WHERE `+where+` GROUP BY rule ORDER BY rule`, args...)
	if err != nil {
		return nil, wrap(op, err)
	}
	back, err := all(ctx, s.db.read(), func(r scanner) (n RuleCount, err error) {
		return n, r.Scan(&n.Rule, &n.Reversed)
	}, `SELECT rule, COUNT(*) FROM rule_reversal WHERE `+where+` GROUP BY rule ORDER BY rule`, args...)
	for _, b := range back {
		i, known := slices.BinarySearchFunc(list, b, func(x, y RuleCount) int { return cmp.Compare(x.Rule, y.Rule) })
		if !known {
			list = slices.Insert(list, i, b)
		} else {
			list[i].Reversed = b.Reversed
		}
	}
	return list, wrap(op, err)
}

func (s rules) Reversed(ctx context.Context, app, rule string, at time.Time) error {
	_, err := s.db.write().exec(ctx, `INSERT INTO rule_reversal (app, rule, at) VALUES (?, ?, ?)`, text(app), text(rule), millis(at))
	return wrap("note what was taken back of a rule", err)
}

func (s rules) Strike(ctx context.Context, app, user, rule string, at time.Time) error {
	_, err := s.db.write().exec(ctx, `INSERT INTO rule_strike (app, user_id, rule, at) VALUES (?, ?, ?, ?)`, text(app), text(user), text(rule), millis(at))
	return wrap("count an offence", err)
}

func (s rules) Strikes(ctx context.Context, app, user, rule string, since time.Time) (int, error) {
	n, err := one(s.db.read().row(ctx, `SELECT COUNT(*) FROM rule_strike WHERE app = ? AND user_id = ? AND at >= ? AND (? = '' OR rule = ?)`,
		text(app), text(user), millis(since), text(rule), text(rule)), scanInt)
	return int(n), wrap("count offences", err)
}

func (s rules) Drop(ctx context.Context, hits, strikes time.Time, n int) (dropped int, err error) {
	err = s.db.tx(ctx, func(c conn) error {
		dropped, err = c.exec(ctx, `DELETE FROM rule_hit WHERE id IN (SELECT id FROM rule_hit WHERE at < ? ORDER BY at LIMIT ?)`, millis(hits), n)
		if err != nil {
			return err
		}
		for _, old := range []struct {
			table string
			at    time.Time
		}{{`rule_strike`, strikes}, {`rule_reversal`, hits}, {`rule_held`, hits}} {
			more, err := c.exec(ctx, `DELETE FROM `+old.table+` WHERE at < ?`, millis(old.at))
			if err != nil {
				return err
			}
			dropped += more
		}
		return nil
	})
	return dropped, wrap("drop what rules caught", err)
}

func (s rules) Replay(ctx context.Context, app string, since time.Time, after int64, n int) ([]Replayed, error) {
	const op = "read the archive for a rule"
	if n < 1 || n > MaxReplay {
		return nil, wrap(op, invalid("%d messages; 1 to %d can be read", n, MaxReplay))
	}
	where, args := `m.id > ? AND m.at > 0`, []any{max(after, max(since.UnixMilli(), 0)<<idShift)}
	if app != "" {
		where, args = where+` AND p.app = ?`, append(args, text(app))
	}
	list, err := all(ctx, s.db.read(), func(r scanner) (m Replayed, err error) {
		var at int64
		err = r.Scan(&m.ID, &m.Place.App, &m.Place.Group, &m.Place.Users[0], &m.Place.Users[1], &m.Key, &m.Sender, &at, &m.Types, &m.Text)
		m.At = fromMillis(at)
		return m, err
	}, `SELECT m.id, p.app, p.grp, p.user_a, p.user_b, m.key, m.sender, m.at, m.types, m.text FROM archive_message m
		JOIN archive_place p ON p.id = m.place WHERE `+where+` ORDER BY m.id LIMIT ?`, append(args, n)...)
	return list, wrap(op, err)
}

const heldColumns = `id, at, app, grp, sender, peer, rule, version, text, case_id, state, done_at, by_name`

func scanHeld(r scanner) (h Held, err error) {
	var at, done int64
	err = r.Scan(&h.ID, &at, &h.App, &h.Group, &h.Sender, &h.Peer, &h.Rule, &h.Version, &h.Text, &h.Case, &h.State, &done, &h.By)
	h.At, h.Done = fromMillis(at), fromMillis(done)
	return h, err
}

func (s rules) Hold(ctx context.Context, h Held) (Held, error) {
	const op = "hold a message"
	if len(h.Text) > maxHeldText || h.Text == "" {
		return h, wrap(op, invalid("a text of %d bytes; 1 to %d can be held", len(h.Text), maxHeldText))
	}
	h.State, h.Done = HeldWaiting, h.At
	id, err := one(s.db.write().row(ctx, `INSERT INTO rule_held (at, app, grp, sender, peer, rule, version, text, case_id, state, done_at, by_name)
		VALUES (`+marks(12)+`) RETURNING id`, millis(h.At), text(h.App), text(h.Group), text(h.Sender), text(h.Peer), text(h.Rule), h.Version, text(h.Text),
		h.Case, h.State, millis(h.Done), text(h.By)), scanInt)
	h.ID = id
	return h, wrap(op, err)
}

func (s rules) HeldCase(ctx context.Context, id, caseID int64) error {
	return wrap("note the case of a held message", s.db.write().execOne(ctx, `UPDATE rule_held SET case_id = ? WHERE id = ?`, caseID, id))
}

func (s rules) HeldOf(ctx context.Context, caseID int64) ([]Held, error) {
	if caseID == 0 {
		return nil, nil
	}
	list, err := all(ctx, s.db.read(), scanHeld, `SELECT `+heldColumns+` FROM rule_held WHERE case_id = ? ORDER BY id LIMIT ?`, caseID, MaxHeld)
	return list, wrap("list what is held", err)
}

func (s rules) Held(ctx context.Context, id int64) (Held, error) {
	h, err := one(s.db.read().row(ctx, `SELECT `+heldColumns+` FROM rule_held WHERE id = ?`, id), scanHeld)
	return h, wrap("read a held message", err)
}

func (s rules) SetHeld(ctx context.Context, h Held, to, by string, at time.Time) (Held, error) {
	const op = "change a held message"
	n, err := s.db.write().exec(ctx, `UPDATE rule_held SET state = ?, by_name = ?, done_at = ? WHERE id = ? AND state = ? AND done_at = ?`,
		to, text(by), millis(at), h.ID, h.State, millis(h.Done))
	if err == nil && n == 0 {
		err = ErrConflict
	}
	if err != nil {
		return h, wrap(op, err)
	}
	h.State, h.By, h.Done = to, by, fromMillis(millis(at))
	return h, nil
}

func (s rules) Released(ctx context.Context, app, group, sender, what string, since time.Time) (bool, error) {
	n, err := one(s.db.read().row(ctx, `SELECT COUNT(*) FROM rule_held WHERE app = ? AND sender = ? AND done_at >= ? AND grp = ? AND state IN (?, ?) AND text = ?`,
		text(app), text(sender), millis(since), text(group), HeldSending, HeldReleased, text(what)), scanInt)
	return n > 0, wrap("look for what was let through", err)
}
