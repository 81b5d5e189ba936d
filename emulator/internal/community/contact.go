package community

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Kinds of conversations.
const (
	Direct  = 1
	InGroup = 2
)

// Talk is one conversation of a user.
type Talk struct {
	Kind   int
	ID     int64  // uid or gid
	Name   string // of the account, or id of the group
	At     int64  // of the latest message, in Unix seconds
	Pinned bool
	Empty  bool // no message to see yet
}

// Order is a number of the conversation that no other of the user has: it settles what has the same time.
func (k Talk) Order() int64 { return k.ID<<1 | int64(k.Kind-1) }

// Talks lists the user's conversations, latest first: direct ones and those in groups, but not in live rooms and groups
// that sleep.
func (c Conn) Talks(uid int64) (talks []Talk, err error) {
	add := func(scan func(...any) error) error {
		var k Talk
		err := scan(&k.Kind, &k.ID, &k.Name, &k.At, &k.Empty, &k.Pinned)
		talks = append(talks, k)
		return err
	}
	const pinned = "EXISTS (SELECT 1 FROM talk_pin p WHERE p.uid = ?1 AND p.kind = "
	if err := c.each("SELECT 1, a.uid, a.name, t.at, 0, "+pinned+"1 AND p.peer = t.peer) FROM talk t JOIN account a ON a.uid = t.peer WHERE t.uid = ?1", []any{uid}, add); err != nil {
		return nil, err
	}
	err = c.each("SELECT 2, g.gid, g.id, max(g.talk_at, m.joined_at), g.talk_seq = 0, "+pinned+`2 AND p.peer = g.gid) FROM member m JOIN grp g ON g.gid = m.gid
		LEFT JOIN talk_cut x ON x.uid = m.uid AND x.gid = m.gid WHERE m.uid = ?1 AND g.kind <> 4 AND g.active = 1 AND g.talk_seq >= coalesce(x.cut_seq + 1, 0)`, []any{uid}, add)
	slices.SortFunc(talks, func(a, b Talk) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(b.Order(), a.Order())) })
	return talks, err
}

// Talked notes a direct message that uid can see in his conversation with peer.
func (t *Tx) Talked(uid, peer, at int64) error {
	_, err := t.exec("INSERT INTO talk (uid, peer, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)", uid, peer, at)
	return err
}

// DropTalk takes a conversation off the user's list until there is a new message in it, and reports false if it was not
// on it. It loses its pin.
func (t *Tx) DropTalk(uid int64, k Talk) (bool, error) {
	if err := t.PinTalk(uid, k, false); err != nil {
		return false, err
	}
	var n int64
	var err error
	if k.Kind == Direct {
		n, err = t.exec("DELETE FROM talk WHERE uid = ? AND peer = ?", uid, k.ID)
	} else {
		n, err = t.exec(`INSERT INTO talk_cut (uid, gid, cut_seq) SELECT ?1, gid, talk_seq FROM grp WHERE gid = ?2 AND EXISTS (SELECT 1 FROM member WHERE gid = ?2 AND uid = ?1)
			ON CONFLICT DO UPDATE SET cut_seq = excluded.cut_seq WHERE cut_seq <> excluded.cut_seq`, uid, k.ID)
	}
	return n > 0, err
}

// PinTalk keeps a conversation at the top of the user's list, or no longer.
func (t *Tx) PinTalk(uid int64, k Talk, on bool) error {
	query := "DELETE FROM talk_pin WHERE uid = ? AND kind = ? AND peer = ?"
	if on {
		query = "INSERT INTO talk_pin (uid, kind, peer) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
	}
	_, err := t.exec(query, uid, k.Kind, k.ID)
	return err
}

// CountPins returns how many conversations the user has pinned.
func (c Conn) CountPins(uid int64) (n int, err error) {
	err = c.get("SELECT count(*) FROM talk_pin WHERE uid = ?", []any{uid}, &n)
	return n, err
}

// Contact names a conversation: an account, or a group.
type Contact struct {
	Kind int
	Peer string
}

// Mark is what a user notes of a conversation, whether or not it is on his list.
type Mark struct {
	N int64 // order of marking
	Contact
	Standard  uint64 // bit n-1 is standard mark n
	Custom    string
	Groups    []int64
	ChangedAt int64 // Unix seconds
}

// ints is a JSON array of integers, as a column.
type ints []int64

// Scan reads the JSON text.
func (n *ints) Scan(src any) error {
	text, _ := src.(string)
	return json.Unmarshal([]byte(text), (*[]int64)(n))
}

const markQuery = `SELECT n, kind, peer, standard, custom, changed_at, (SELECT json_group_array(id) FROM (SELECT id FROM mark_group_member g WHERE g.uid = mark.uid AND g.n = mark.n ORDER BY id))
	FROM mark WHERE uid = ?`

func (m *Mark) scan(scan func(...any) error) error {
	var standard int64
	err := scan(&m.N, &m.Kind, &m.Peer, &standard, &m.Custom, &m.ChangedAt, (*ints)(&m.Groups))
	m.Standard = uint64(standard)
	return err
}

// Marks lists up to n of the user's marks in order of marking, those numbered above after.
func (c Conn) Marks(uid, after int64, n int) (page []Mark, err error) {
	err = c.each(markQuery+" AND n > ? ORDER BY n LIMIT ?", []any{uid, after, n}, func(scan func(...any) error) error {
		var m Mark
		err := m.scan(scan)
		page = append(page, m)
		return err
	})
	return page, err
}

// MarkOf returns what the user notes of a conversation; N is 0 if nothing.
func (c Conn) MarkOf(uid int64, k Contact) (m Mark, err error) {
	m.Contact = k
	err = c.each(markQuery+" AND kind = ? AND peer = ?", []any{uid, k.Kind, k.Peer}, m.scan)
	return m, err
}

// CountMarks returns of how many conversations the user notes something.
func (c Conn) CountMarks(uid int64) (n int, err error) {
	err = c.get("SELECT count(*) FROM mark WHERE uid = ?", []any{uid}, &n)
	return n, err
}

// SaveMark stores m, all of it; one that says nothing any more is removed.
func (t *Tx) SaveMark(uid int64, m Mark) error {
	if m.N == 0 {
		if err := t.get("SELECT coalesce(max(n), 0) + 1 FROM mark WHERE uid = ?", []any{uid}, &m.N); err != nil {
			return err
		}
	}
	if _, err := t.exec("DELETE FROM mark_group_member WHERE uid = ? AND n = ?", uid, m.N); err != nil {
		return err
	}
	if m.Standard == 0 && m.Custom == "" && len(m.Groups) == 0 {
		_, err := t.exec("DELETE FROM mark WHERE uid = ? AND n = ?", uid, m.N)
		return err
	}
	for _, id := range m.Groups {
		if _, err := t.exec("INSERT INTO mark_group_member (uid, id, n) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", uid, id, m.N); err != nil {
			return err
		}
	}
	_, err := t.exec(`INSERT INTO mark (uid, n, kind, peer, standard, custom, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET standard = excluded.standard, custom = excluded.custom, changed_at = excluded.changed_at`,
		uid, m.N, m.Kind, m.Peer, int64(m.Standard), m.Custom, t.store.now().Unix())
	return err
}

// MarkGroup is a group of conversations a user made.
type MarkGroup struct {
	ID   int64
	Name string
}

// ErrNoMarkGroup is the error of a group of conversations that is not there.
var ErrNoMarkGroup = errors.New("no such group of conversations")

// MarkGroups lists the user's groups of conversations.
func (c Conn) MarkGroups(uid int64) (groups []MarkGroup, err error) {
	err = c.each("SELECT id, name FROM mark_group WHERE uid = ? ORDER BY id", []any{uid}, func(scan func(...any) error) error {
		var g MarkGroup
		err := scan(&g.ID, &g.Name)
		groups = append(groups, g)
		return err
	})
	return groups, err
}

// MarkGroup returns the group of that name, or ErrNoMarkGroup.
func (c Conn) MarkGroup(uid int64, name string) (g MarkGroup, err error) {
	err = c.get("SELECT id, name FROM mark_group WHERE uid = ? AND name = ?", []any{uid, name}, &g.ID, &g.Name)
	if errors.Is(err, sql.ErrNoRows) {
		return g, fmt.Errorf("%w: %s", ErrNoMarkGroup, name)
	}
	return g, err
}

// AddMarkGroup makes a group of conversations.
func (t *Tx) AddMarkGroup(uid int64, name string) (g MarkGroup, err error) {
	g.Name = name
	err = t.get("INSERT INTO mark_group (uid, id, name) SELECT ?1, coalesce(max(id), 0) + 1, ?2 FROM mark_group WHERE uid = ?1 RETURNING id", []any{uid, name}, &g.ID)
	return g, err
}

// RenameMarkGroup gives a group of conversations another name.
func (t *Tx) RenameMarkGroup(uid, id int64, name string) error {
	_, err := t.exec("UPDATE mark_group SET name = ? WHERE uid = ? AND id = ?", name, uid, id)
	return err
}

// RemoveMarkGroup removes a group of conversations, and notes of them that say nothing else.
func (t *Tx) RemoveMarkGroup(uid, id int64) error {
	for _, query := range []string{
		"DELETE FROM mark_group WHERE uid = ? AND id = ?",
		"DELETE FROM mark_group_member WHERE uid = ? AND id = ?",
	} {
		if _, err := t.exec(query, uid, id); err != nil {
			return err
		}
	}
	_, err := t.exec("DELETE FROM mark WHERE uid = ?1 AND standard = 0 AND custom = '' AND NOT EXISTS (SELECT 1 FROM mark_group_member g WHERE g.uid = ?1 AND g.n = mark.n)", uid)
	return err
}

// dropNotes removes what the user notes of conversations, and the list of them.
func (t *Tx) dropNotes(uid int64) error {
	for _, table := range []string{"talk", "talk_cut", "talk_pin", "mark", "mark_group", "mark_group_member"} {
		if _, err := t.exec("DELETE FROM "+table+" WHERE uid = ?", uid); err != nil {
			return err
		}
	}
	return nil
}
