package community

import (
	"database/sql"
	"errors"
	"math"
)

// The roles of participants. Source: Volcengine IM, data structures, doc 192711.
const (
	RoleMember  = 0
	RoleOwner   = 1
	RoleManager = 2
)

// Participant is one user in one conversation.
type Participant struct {
	User, Role, Level int64
	Nick, Avatar      string
	Ext               Data
	Marks             Items[string]
	Operator          int64
	JoinedAt          int64 // Unix seconds
	BlockUntil        int64 // may not speak until, Unix seconds; 0 = may; may lie in the past
	FromIndex         int64 // sees no message before
	EnteredUS         int64 // present in a live group since, Unix microseconds; 0 = is not
}

const participantColumns = "p.user, p.role, p.level, p.nick, p.avatar, p.ext, p.marks, p.operator, p.joined_at, p.block_until, p.from_index, p.entered_us"

func (p *Participant) fields() []any {
	return []any{&p.User, &p.Role, &p.Level, &p.Nick, &p.Avatar, &p.Ext, &p.Marks, &p.Operator, &p.JoinedAt, &p.BlockUntil, &p.FromIndex, &p.EnteredUS}
}

// Participant returns the member, or ErrNotMember.
func (c Conn) Participant(cid, user int64) (p Participant, err error) {
	err = c.get("SELECT "+participantColumns+" FROM participant p WHERE p.cid = ? AND p.user = ?", []any{cid, user}, p.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNotMember
	}
	return p, err
}

func (c Conn) participants(query string, args []any) (page []Participant, err error) {
	err = c.each("SELECT "+participantColumns+" FROM participant p WHERE "+query, args, func(scan func(...any) error) error {
		var p Participant
		err := scan(p.fields()...)
		page = append(page, p)
		return err
	})
	return page, err
}

// ParticipantsAmong returns those of the users who are members, by user.
func (c Conn) ParticipantsAmong(cid int64, users []int64) (map[int64]Participant, error) {
	arg, err := list(users)
	if err != nil {
		return nil, err
	}
	page, err := c.participants("p.cid = ? AND p.user IN "+in, []any{cid, arg})
	found := make(map[int64]Participant, len(page))
	for _, p := range page {
		found[p.User] = p
	}
	return found, err
}

// Place is where a list of members goes on: behind the member with this time and user. The zero value is its beginning.
type Place struct{ Time, User int64 }

// ParticipantPage says which members to list.
type ParticipantPage struct {
	Staff   bool // owner and managers only
	Reverse bool // the latest first
	After   Place
	Skip, N int // Skip of those behind After are left out
}

// Participants lists members by time of joining.
func (c Conn) Participants(cid int64, page ParticipantPage) ([]Participant, error) {
	where := "p.cid = ? AND (p.joined_at, p.user) > (?, ?)"
	order := " ORDER BY p.joined_at, p.user LIMIT ? OFFSET ?"
	after := page.After
	if page.Reverse {
		where, order = "p.cid = ? AND (p.joined_at, p.user) < (?, ?)", " ORDER BY p.joined_at DESC, p.user DESC LIMIT ? OFFSET ?"
		if after == (Place{}) {
			after = Place{math.MaxInt64, math.MaxInt64}
		}
	} else if after == (Place{}) {
		after.Time = math.MinInt64
	}
	if page.Staff {
		where += " AND p.role > 0"
	}
	return c.participants(where+order, []any{cid, after.Time, after.User, page.N, page.Skip})
}

// Present lists who is in a live group now, the newest entrant first; mark is one that they have, "" = any or none.
func (c Conn) Present(cid int64, mark string, page ParticipantPage) ([]Participant, error) {
	after := page.After
	if after == (Place{}) {
		after = Place{math.MaxInt64, math.MaxInt64}
	}
	return c.participants(`p.cid = ?1 AND p.entered_us > 0 AND (p.entered_us, p.user) < (?2, ?3)
		AND (?4 = '' OR p.marks <> '' AND EXISTS (SELECT 1 FROM json_each(p.marks) WHERE value = ?4))
		ORDER BY p.entered_us DESC, p.user DESC LIMIT ?5 OFFSET ?6`, []any{cid, after.Time, after.User, mark, page.N, page.Skip})
}

// CountManagers returns how many managers the conversation has.
func (c Conn) CountManagers(cid int64) (n int64, err error) {
	err = c.get("SELECT count(*) FROM participant WHERE cid = ? AND role > 0 AND role = 2", []any{cid}, &n)
	return n, err
}

// PutParticipant stores the member, instead of what was stored of him.
func (t *Tx) PutParticipant(cid int64, p Participant) error {
	_, err := t.exec(`INSERT INTO participant (cid, user, role, level, nick, avatar, ext, marks, operator, joined_at, block_until, from_index, entered_us)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET role = excluded.role, level = excluded.level, nick = excluded.nick,
		avatar = excluded.avatar, ext = excluded.ext, marks = excluded.marks, operator = excluded.operator, joined_at = excluded.joined_at,
		block_until = excluded.block_until, from_index = excluded.from_index, entered_us = excluded.entered_us`,
		cid, p.User, p.Role, p.Level, p.Nick, p.Avatar, p.Ext.json(), p.Marks.text(), p.Operator, p.JoinedAt, p.BlockUntil, p.FromIndex, p.EnteredUS)
	return err
}

// DropParticipant removes the member with his setting and reports false if he was none.
func (t *Tx) DropParticipant(cid, user int64) (bool, error) {
	n, err := t.exec("DELETE FROM participant WHERE cid = ? AND user = ?", cid, user)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = t.exec("DELETE FROM conversation_setting WHERE cid = ? AND user = ?", cid, user)
	return true, err
}

// What may be forbidden in a live group.
const (
	ForbidSpeak = 0
	ForbidEnter = 1
)

// Forbidden is a user who may not speak in, or not enter, a live group.
type Forbidden struct {
	User, Until, SetAt int64
}

// Forbid forbids an action until then, Unix seconds.
func (t *Tx) Forbid(cid, action, user, until int64) error {
	_, err := t.exec("INSERT INTO participant_block (cid, action, user, until, set_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET until = excluded.until, set_at = excluded.set_at",
		cid, action, user, until, t.store.now().Unix())
	return err
}

// Allow allows the action again.
func (t *Tx) Allow(cid, action, user int64) error {
	_, err := t.exec("DELETE FROM participant_block WHERE cid = ? AND action = ? AND user = ?", cid, action, user)
	return err
}

// ForbiddenAmong returns until when the action is forbidden to those of the users to whom it is at now.
func (c Conn) ForbiddenAmong(cid, action int64, users []int64, now int64) (map[int64]int64, error) {
	arg, err := list(users)
	if err != nil {
		return nil, err
	}
	found := map[int64]int64{}
	err = c.each("SELECT user, until FROM participant_block WHERE cid = ? AND action = ? AND until > ? AND user IN "+in, []any{cid, action, now, arg},
		func(scan func(...any) error) error {
			var user, until int64
			err := scan(&user, &until)
			found[user] = until
			return err
		})
	return found, err
}

// ForbiddenUntil returns until when the action is forbidden; 0 = it never was, but what is returned may lie in the past.
func (c Conn) ForbiddenUntil(cid, action, user int64) (until int64, err error) {
	err = c.get("SELECT until FROM participant_block WHERE cid = ? AND action = ? AND user = ?", []any{cid, action, user}, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return until, err
}

// ForbiddenIn lists up to n users of whom the action is forbidden at now, from the given user on, by user.
func (c Conn) ForbiddenIn(cid, action, from, now int64, n int) (page []Forbidden, err error) {
	err = c.each("SELECT user, until, set_at FROM participant_block WHERE cid = ? AND action = ? AND user >= ? AND until > ? ORDER BY user LIMIT ?", []any{cid, action, from, now, n},
		func(scan func(...any) error) error {
			var b Forbidden
			err := scan(&b.User, &b.Until, &b.SetAt)
			page = append(page, b)
			return err
		})
	return page, err
}

// Whitelisted is a user who may speak in a live group while all of it is muted.
type Whitelisted struct {
	User, AddedAt, Operator int64
}

// Whitelist lists up to n users from the given one on, by user.
func (c Conn) Whitelist(cid, from int64, n int) (page []Whitelisted, err error) {
	err = c.each("SELECT user, added_at, operator FROM participant_white WHERE cid = ? AND user >= ? ORDER BY user LIMIT ?", []any{cid, from, n}, func(scan func(...any) error) error {
		var w Whitelisted
		err := scan(&w.User, &w.AddedAt, &w.Operator)
		page = append(page, w)
		return err
	})
	return page, err
}

// PutWhite adds a user to the white list; one who is on it stays as he is.
func (t *Tx) PutWhite(cid int64, w Whitelisted) error {
	_, err := t.exec("INSERT INTO participant_white (cid, user, added_at, operator) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", cid, w.User, w.AddedAt, w.Operator)
	return err
}

// DropWhite takes a user off the white list.
func (t *Tx) DropWhite(cid, user int64) error {
	_, err := t.exec("DELETE FROM participant_white WHERE cid = ? AND user = ?", cid, user)
	return err
}

// CountWhite returns how many users are on the white list.
func (c Conn) CountWhite(cid int64) (n int64, err error) {
	err = c.get("SELECT count(*) FROM participant_white WHERE cid = ?", []any{cid}, &n)
	return n, err
}
