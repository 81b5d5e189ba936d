package community

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// Kind is what sort of group a group is.
type Kind int

// The kinds of groups. A LiveRoom keeps no history and no members of record; a Community is very large.
const (
	Private Kind = iota + 1
	Public
	ChatRoom
	LiveRoom
	Community
)

// maxGID keeps gids below the tids of topics and message ids within 63 bits.
const maxGID = 1 << 30

// Group is a group as stored.
type Group struct {
	GID                                         int64
	ID                                          string
	Kind                                        Kind
	Name, Introduction, Notification, Face      string
	Owner                                       string // account name; "" = nobody
	CreatedAt, InfoAt, MsgAt                    int64  // Unix seconds
	InfoSeq, NextSeq, MemberNum, MaxMembers     int64
	ApplyJoin, InviteJoin, HistoryBeforeJoin    string
	MuteAll, Topics, Permission, Active, IsGone bool
	Permissions                                 int64
	ReadGen, ReadFloor                          int64
	Data                                        Data
}

// Data is custom fields by key.
type Data map[string]string

// Scan reads the JSON text of a data column.
func (d *Data) Scan(src any) error {
	text, _ := src.(string)
	if *d = nil; text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), d)
}

func (d Data) text() (string, error) {
	if len(d) == 0 {
		return "", nil
	}
	b, err := json.Marshal(d)
	return string(b), err
}

const groupColumns = "gid, id, kind, name, introduction, notification, face, owner, created_at, info_at, msg_at, info_seq, next_seq" +
	", member_num, max_members, apply_join, invite_join, history_before_join, mute_all, topics, permission, permissions, active, dismissed" +
	", read_gen, read_floor, data"

func (g *Group) fields() []any {
	return []any{
		&g.GID, &g.ID, &g.Kind, &g.Name, &g.Introduction, &g.Notification, &g.Face, &g.Owner, &g.CreatedAt, &g.InfoAt, &g.MsgAt, &g.InfoSeq, &g.NextSeq,
		&g.MemberNum, &g.MaxMembers, &g.ApplyJoin, &g.InviteJoin, &g.HistoryBeforeJoin, &g.MuteAll, &g.Topics, &g.Permission, &g.Permissions, &g.Active, &g.IsGone,
		&g.ReadGen, &g.ReadFloor, &g.Data,
	}
}

// Group returns the living group id, or ErrDismissed, or ErrNoGroup.
func (c Conn) Group(app int64, id string) (*Group, error) {
	g := &Group{}
	err := c.get("SELECT "+groupColumns+" FROM grp WHERE app = ? AND id = ? AND dismissed = 0", []any{app, id}, g.fields()...)
	if !errors.Is(err, sql.ErrNoRows) {
		return g, err
	}
	var gid int64
	switch err := c.get("SELECT gid FROM grp WHERE app = ? AND id = ? AND dismissed = 1 LIMIT 1", []any{app, id}, &gid); {
	case err == nil:
		return nil, fmt.Errorf("%w: %s", ErrDismissed, id)
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("%w: %s", ErrNoGroup, id)
	default:
		return nil, err
	}
}

// Groups returns those of the groups that are alive, by id, and the set of those that were dismissed.
func (c Conn) Groups(app int64, ids []string) (alive map[string]*Group, gone map[string]bool, err error) {
	arg, err := list(ids)
	if err != nil {
		return nil, nil, err
	}
	alive, gone = make(map[string]*Group, len(ids)), map[string]bool{}
	err = c.each("SELECT "+groupColumns+" FROM grp WHERE app = ? AND dismissed = 0 AND id IN "+in, []any{app, arg}, func(scan func(...any) error) error {
		g := &Group{}
		err := scan(g.fields()...)
		alive[g.ID] = g
		return err
	})
	if err != nil || len(alive) == len(ids) {
		return alive, gone, err
	}
	err = c.each("SELECT id FROM grp WHERE app = ? AND dismissed = 1 AND id IN "+in, []any{app, arg}, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		gone[id] = true
		return err
	})
	return alive, gone, err
}

// GroupIDs lists up to n living groups in creation order with a gid above after; kind 0 is any kind. It returns the last
// gid, 0 if nothing follows it.
func (c Conn) GroupIDs(app int64, kind Kind, after int64, n int) (ids []string, last int64, err error) {
	query, args := "SELECT gid, id FROM grp WHERE app = ? AND dismissed = 0 AND gid > ? ORDER BY gid LIMIT ?", []any{app, after, n + 1}
	if kind != 0 {
		query, args = "SELECT gid, id FROM grp WHERE app = ? AND dismissed = 0 AND kind = ? AND gid > ? ORDER BY gid LIMIT ?", []any{app, kind, after, n + 1}
	}
	more := false
	err = c.each(query, args, func(scan func(...any) error) error {
		if len(ids) == n {
			more = true
			return nil
		}
		var id string
		err := scan(&last, &id)
		ids = append(ids, id)
		return err
	})
	if !more {
		last = 0
	}
	return ids, last, err
}

// CountGroups returns how many living groups of kind (0 = any) app has.
func (c Conn) CountGroups(app int64, kind Kind) (n int64, err error) {
	err = c.get("SELECT coalesce(sum(n), 0) FROM grp_count WHERE app = ?1 AND (kind = ?2 OR ?2 = 0)", []any{app, kind}, &n)
	return n, err
}

// CreateGroup stores g and sets its GID. ErrGroupTaken if a living group has that id. It adds no members.
func (t *Tx) CreateGroup(app int64, g *Group) error {
	data, err := g.Data.text()
	if err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM grp WHERE app = ? AND id = ? AND dismissed = 1", app, g.ID); err != nil {
		return err
	}
	g.NextSeq = max(g.NextSeq, 1)
	err = t.get(`INSERT INTO grp (app, id, kind, name, introduction, notification, face, owner, created_at, info_at, msg_at, next_seq,
		max_members, apply_join, invite_join, history_before_join, mute_all, topics, permission, permissions, active, data)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22
		WHERE NOT EXISTS (SELECT 1 FROM grp WHERE app = ?1 AND id = ?2 AND dismissed = 0) RETURNING gid`,
		[]any{
			app, g.ID, g.Kind, g.Name, g.Introduction, g.Notification, g.Face, g.Owner, g.CreatedAt, g.InfoAt, g.MsgAt, g.NextSeq,
			g.MaxMembers, g.ApplyJoin, g.InviteJoin, g.HistoryBeforeJoin, g.MuteAll, g.Topics, g.Permission, g.Permissions, g.Active, data,
		},
		&g.GID)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%w: %s", ErrGroupTaken, g.ID)
	case err == nil && g.GID >= maxGID:
		return errors.New("out of group numbers")
	case err != nil:
		return err
	}
	return t.Tally(app, g.CreatedAt, GroupsNew, 1)
}

// SaveGroup stores what may change by editing: texts, limits, options and custom fields. It bumps InfoSeq and InfoAt.
func (t *Tx) SaveGroup(g *Group) error {
	data, err := g.Data.text()
	if err != nil {
		return err
	}
	g.InfoAt = t.store.now().Unix()
	g.InfoSeq++
	_, err = t.exec(`UPDATE grp SET name = ?, introduction = ?, notification = ?, face = ?, owner = ?, info_at = ?, info_seq = info_seq + 1, max_members = ?,
		apply_join = ?, invite_join = ?, history_before_join = ?, mute_all = ?, permission = ?, permissions = ?, data = ? WHERE gid = ?`,
		g.Name, g.Introduction, g.Notification, g.Face, g.Owner, g.InfoAt, g.MaxMembers,
		g.ApplyJoin, g.InviteJoin, g.HistoryBeforeJoin, g.MuteAll, g.Permission, g.Permissions, data, g.GID)
	return err
}

// Dismiss ends the group. Its members go at once, its messages later, in the background.
func (t *Tx) Dismiss(gid int64) error {
	if err := t.tallyIn(gid, t.store.now().Unix(), GroupsDismissed, 1); err != nil {
		return err
	}
	if _, err := t.exec("INSERT OR IGNORE INTO purge (gid) SELECT ?1 UNION ALL SELECT tid FROM topic WHERE gid = ?1", gid); err != nil {
		return err
	}
	for _, query := range []string{
		"UPDATE grp SET dismissed = 1, member_num = 0 WHERE gid = ?",
		"DELETE FROM topic_read WHERE tid IN (SELECT tid FROM topic WHERE gid = ?)",
		"UPDATE topic SET gone = 1 WHERE gid = ?",
		"DELETE FROM member WHERE gid = ?",
		"DELETE FROM mute WHERE gid = ?",
		"DELETE FROM ban WHERE gid = ?",
		"DELETE FROM live_admin WHERE gid = ?",
		"DELETE FROM attr WHERE gid = ?",
		"DELETE FROM counter WHERE gid = ?",
	} {
		if _, err := t.exec(query, gid); err != nil {
			return err
		}
	}
	t.store.wakeJanitor() // it waits for this transaction
	return nil
}

// JoinedGroup is a group as one of its members sees it.
type JoinedGroup struct {
	Group
	Member
}

// CountOwned returns how many living groups of the kind the user owns.
func (c Conn) CountOwned(app int64, owner string, kind Kind) (n int64, err error) {
	err = c.get("SELECT count(*) FROM grp WHERE app = ? AND owner = ? AND kind = ? AND dismissed = 0", []any{app, owner, kind}, &n)
	return n, err
}
