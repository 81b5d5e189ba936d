package store

import (
	"context"
	"encoding/json"
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
	maxHitDetail = 8 << 10
)

// RuleDoc is a rule, or a list of words, in one of its versions.
type RuleDoc struct {
	Kind     string
	Name     string
	Version  int64
	Position int
	Body     string // as it is written
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
	Last         time.Time
}

// Rules is rules and lists, and what they caught. storetest.Rules is its contract.
type Rules interface {
	// Current returns the last version of each document, rules first, in their order.
	Current(ctx context.Context) ([]RuleDoc, error)
	// Put stores the next version of a document. d.Version is the one that it follows, 0 for a new one: ErrConflict if that is not
	// the last one.
	Put(ctx context.Context, d RuleDoc) (RuleDoc, error)
	// AddHits keeps what rules caught.
	AddHits(ctx context.Context, list []RuleHit) error
	// Hits returns up to n of what a rule caught (1 to MaxHitPage), newest first.
	Hits(ctx context.Context, rule string, n int) ([]RuleHit, error)
	// Counts returns how much each rule caught since a time.
	Counts(ctx context.Context, since time.Time) ([]RuleCount, error)
	// Strike counts an offence of a user.
	Strike(ctx context.Context, app, user, rule string, at time.Time) error
	// Strikes counts the offences of a user since a time; rule "" is all rules.
	Strikes(ctx context.Context, app, user, rule string, since time.Time) (int, error)
	// Drop removes up to n hits and strikes from before a time, and tells how many.
	Drop(ctx context.Context, hits, strikes time.Time, n int) (int, error)
}

type rules struct{ db *db }

const docColumns = `d.kind, d.name, d.version, d.position, d.body, d.at, d.by_name, d.note`

func scanDoc(r scanner) (d RuleDoc, err error) {
	var at int64
	err = r.Scan(&d.Kind, &d.Name, &d.Version, &d.Position, &d.Body, &at, &d.By, &d.Note)
	d.At = fromMillis(at)
	return d, err
}

func (s rules) Current(ctx context.Context) ([]RuleDoc, error) {
	list, err := all(ctx, s.db.read(), scanDoc, `SELECT `+docColumns+` FROM rule_doc d
		JOIN (SELECT kind, name, MAX(version) AS version FROM rule_doc GROUP BY kind, name) l
		ON l.kind = d.kind AND l.name = d.name AND l.version = d.version
		ORDER BY d.kind DESC, d.position, d.name`)
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
			return ErrConflict
		}
		d.Version = last + 1
		n, err := c.exec(ctx, `INSERT INTO rule_doc (kind, name, version, position, body, at, by_name, note) VALUES (`+marks(8)+`) ON CONFLICT DO NOTHING`,
			d.Kind, text(d.Name), d.Version, d.Position, text(d.Body), millis(d.At), text(d.By), cut(d.Note, maxTitle))
		if err == nil && n == 0 { // somebody was faster
			return ErrConflict
		}
		return err
	})
	d.At = fromMillis(millis(d.At))
	return d, wrap(op, err)
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

func (s rules) Hits(ctx context.Context, rule string, n int) ([]RuleHit, error) {
	list, err := all(ctx, s.db.read(), scanHit, `SELECT id, at, app, grp, sender, key, rule, version, quiet, outcome, score, text, reasons, done
		FROM rule_hit WHERE rule = ? ORDER BY id DESC LIMIT ?`, text(rule), min(max(n, 1), MaxHitPage))
	return list, wrap("list what rules caught", err)
}

func (s rules) Counts(ctx context.Context, since time.Time) ([]RuleCount, error) {
	list, err := all(ctx, s.db.read(), func(r scanner) (n RuleCount, err error) {
		var last int64
		err = r.Scan(&n.Rule, &n.Acted, &n.Quiet, &last)
		n.Last = fromMillis(last)
		return n, err
	}, `SELECT rule, SUM(CASE WHEN quiet THEN 0 ELSE 1 END), SUM(CASE WHEN quiet THEN 1 ELSE 0 END), MAX(at) FROM rule_hit
		WHERE at >= ? GROUP BY rule ORDER BY rule`, millis(since))
	return list, wrap("count what rules caught", err)
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
		more, err := c.exec(ctx, `DELETE FROM rule_strike WHERE at < ?`, millis(strikes))
		dropped += more
		return err
	})
	return dropped, wrap("drop what rules caught", err)
}
