package community

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
)

// PushAttr is an attribute of a user that pushes are selected by: its number, 0 to 9, and its value.
type PushAttr struct {
	N     int    `json:"n"`
	Value string `json:"v"`
}

// Audience selects the accounts of a push. Whatever is empty selects nobody out.
type Audience struct {
	TagsOr  []string   `json:",omitempty"`
	TagsAnd []string   `json:",omitempty"`
	AttrsOr []PushAttr `json:",omitempty"`
	AttrAnd []PushAttr `json:"AttrsAnd,omitempty"`
}

// where is the condition of a on account as a.
func (a Audience) where() (where string, args []any, err error) {
	var b strings.Builder
	add := func(text string, items any, extra ...any) {
		arg, e := json.Marshal(items)
		err = errors.Join(err, e)
		b.WriteString(text)
		args = append(append(args, string(arg)), extra...)
	}
	const tags = "(SELECT count(*) FROM push_tag t WHERE t.app = a.app AND t.account = a.name AND t.tag IN " + in + ")"
	const attrs = "(SELECT count(*) FROM json_each(?) j JOIN push_attr p ON p.app = a.app AND p.account = a.name AND p.n = j.value ->> 'n' AND p.value = j.value ->> 'v')"
	if len(a.TagsOr) > 0 {
		add(" AND "+tags+" > 0", a.TagsOr)
	}
	if len(a.TagsAnd) > 0 {
		add(" AND "+tags+" = ?", a.TagsAnd, len(a.TagsAnd))
	}
	if len(a.AttrsOr) > 0 {
		add(" AND "+attrs+" > 0", a.AttrsOr)
	}
	if len(a.AttrAnd) > 0 {
		add(" AND "+attrs+" = ?", a.AttrAnd, len(a.AttrAnd))
	}
	return b.String(), args, err
}

// CountAudience returns how many accounts of app a selects, and how many of them are among the given names.
func (c Conn) CountAudience(app int64, a Audience, online []string) (matched, reached int64, err error) {
	where, args, err := a.where()
	if err != nil {
		return 0, 0, err
	}
	names, err := list(online)
	if err != nil {
		return 0, 0, err
	}
	err = c.get("SELECT count(*), coalesce(sum(a.name IN "+in+"), 0) FROM account a WHERE a.app = ?"+where, append([]any{names, app}, args...), &matched, &reached)
	return matched, reached, err
}

// AudienceAmong returns those of some users who belong to an audience, in order of name.
func (c Conn) AudienceAmong(app int64, a Audience, users []string) (names []string, err error) {
	where, args, err := a.where()
	if err != nil {
		return nil, err
	}
	among, err := list(users)
	if err != nil {
		return nil, err
	}
	err = c.each("SELECT a.name FROM account a WHERE a.app = ? AND a.name IN "+in+where+" ORDER BY a.name", append([]any{app, among}, args...), func(scan func(...any) error) error {
		var name string
		if err := scan(&name); err != nil {
			return err
		}
		names = append(names, name)
		return nil
	})
	return names, err
}

// Push is one push to all, or to an audience.
type Push struct {
	Task     string
	AtMS     int64
	Random   int64
	Sender   string
	Body     string // JSON
	Life     int64  // seconds it is kept for who is offline
	Audience string // JSON; "" = everybody
	Matched  int64  // accounts
	Reached  int64  // those of them who were online
}

const pushColumns = "task, at_ms, random, sender, body, life, condition, matched, reached"

func (p *Push) fields() []any {
	return []any{&p.Task, &p.AtMS, &p.Random, &p.Sender, &p.Body, &p.Life, &p.Audience, &p.Matched, &p.Reached}
}

// AddPush stores a push.
func (t *Tx) AddPush(app int64, p Push) error {
	_, err := t.exec("INSERT INTO push (app, "+pushColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		app, p.Task, p.AtMS, p.Random, p.Sender, p.Body, p.Life, p.Audience, p.Matched, p.Reached)
	return err
}

// ErrNoPush is the error of a push there is none of.
var ErrNoPush = errors.New("no such push")

// PushLike returns the latest push with the random number since the given time in milliseconds, or ErrNoPush.
func (c Conn) PushLike(app, random, sinceMS int64) (p Push, err error) {
	err = c.get("SELECT "+pushColumns+" FROM push WHERE app = ? AND random = ? AND at_ms > ? ORDER BY at_ms DESC LIMIT 1", []any{app, random, sinceMS}, p.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNoPush
	}
	return p, err
}

// CountPushes returns how many pushes there were since the given time, and when the latest of all was; both in milliseconds.
func (c Conn) CountPushes(app, sinceMS int64) (n, latestMS int64, err error) {
	err = c.get("SELECT (SELECT count(*) FROM push WHERE app = ?1 AND at_ms >= ?2), coalesce((SELECT max(at_ms) FROM push WHERE app = ?1), 0)", []any{app, sinceMS}, &n, &latestMS)
	return n, latestMS, err
}

// Pushes lists up to n pushes of app, latest first.
func (c Conn) Pushes(app int64, n int) (pushes []Push, err error) {
	err = c.each("SELECT "+pushColumns+" FROM push WHERE app = ? ORDER BY at_ms DESC, id DESC LIMIT ?", []any{app, n}, func(scan func(...any) error) error {
		var p Push
		err := scan(p.fields()...)
		pushes = append(pushes, p)
		return err
	})
	return pushes, err
}

// PushAttrNames returns what the numbered attributes are called.
func (c Conn) PushAttrNames(app int64) (map[int]string, error) {
	found := map[int]string{}
	err := c.each("SELECT n, name FROM push_attr_name WHERE app = ?", []any{app}, func(scan func(...any) error) error {
		var n int
		var name string
		err := scan(&n, &name)
		found[n] = name
		return err
	})
	return found, err
}

// NamePushAttr names attribute n; "" removes its name.
func (t *Tx) NamePushAttr(app int64, n int, name string) error {
	if name == "" {
		_, err := t.exec("DELETE FROM push_attr_name WHERE app = ? AND n = ?", app, n)
		return err
	}
	_, err := t.exec("INSERT INTO push_attr_name (app, n, name) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name", app, n, name)
	return err
}

// PushAttrs returns the attributes of the named accounts, by name.
func (c Conn) PushAttrs(app int64, accounts []string) (map[string][]PushAttr, error) {
	arg, err := list(accounts)
	if err != nil {
		return nil, err
	}
	found := map[string][]PushAttr{}
	err = c.each("SELECT account, n, value FROM push_attr WHERE app = ? AND account IN "+in+" ORDER BY account, n", []any{app, arg}, func(scan func(...any) error) error {
		var name string
		var a PushAttr
		err := scan(&name, &a.N, &a.Value)
		found[name] = append(found[name], a)
		return err
	})
	return found, err
}

// SetPushAttr stores one attribute of an account; nil removes it.
func (t *Tx) SetPushAttr(app int64, account string, n int, value *string) error {
	if value == nil {
		_, err := t.exec("DELETE FROM push_attr WHERE app = ? AND account = ? AND n = ?", app, account, n)
		return err
	}
	_, err := t.exec("INSERT INTO push_attr (app, account, n, value) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", app, account, n, *value)
	return err
}

// PushTags returns the tags of the named accounts, by name.
func (c Conn) PushTags(app int64, accounts []string) (map[string][]string, error) {
	arg, err := list(accounts)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	err = c.each("SELECT account, tag FROM push_tag WHERE app = ? AND account IN "+in+" ORDER BY account, tag", []any{app, arg}, func(scan func(...any) error) error {
		var name, tag string
		err := scan(&name, &tag)
		found[name] = append(found[name], tag)
		return err
	})
	return found, err
}

// AddPushTags adds tags to an account and returns how many it then has.
func (t *Tx) AddPushTags(app int64, account string, tags []string) (n int, err error) {
	for _, tag := range tags {
		if _, err := t.exec("INSERT INTO push_tag (app, account, tag) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", app, account, tag); err != nil {
			return 0, err
		}
	}
	err = t.get("SELECT count(*) FROM push_tag WHERE app = ? AND account = ?", []any{app, account}, &n)
	return n, err
}

// RemovePushTags removes the tags from an account; nil removes all.
func (t *Tx) RemovePushTags(app int64, account string, tags []string) error {
	if tags == nil {
		_, err := t.exec("DELETE FROM push_tag WHERE app = ? AND account = ?", app, account)
		return err
	}
	arg, err := list(tags)
	if err != nil {
		return err
	}
	_, err = t.exec("DELETE FROM push_tag WHERE app = ? AND account = ? AND tag IN "+in, app, account, arg)
	return err
}
