package community

import (
	"database/sql"
	"errors"
	"strings"
)

// Role is what a member may do.
type Role int

// The roles, rising.
const (
	Plain Role = iota
	Admin
	Owner
)

// Flag is how a member wants to hear of messages.
type Flag int

// The ways to hear of messages.
const (
	Notify  Flag = iota // receive and be notified
	Quiet               // receive only
	Discard             // do not receive
)

// Member is one user in one group.
type Member struct {
	UID        int64
	Account    string
	Role       Role
	JoinedAt   int64 // Unix seconds
	Flag       Flag
	SentAt     int64 // of the latest message; 0 = never
	Card       string
	ReadSeq    int64 // latest seq read
	MutedUntil int64 // 0 = may speak; may lie in the past
	Data       Data
}

// memberColumns needs grp as g, member as m, mute as x.
const memberColumns = "m.uid, m.account, m.role, m.joined_at, m.flag, m.sent_at, m.card," +
	" CASE WHEN m.read_gen = g.read_gen THEN m.read_seq ELSE g.read_floor END, coalesce(x.until, 0), m.data"

const memberFrom = " FROM member m JOIN grp g ON g.gid = m.gid LEFT JOIN mute x ON x.gid = m.gid AND x.uid = m.uid "

func (m *Member) fields() []any {
	return []any{&m.UID, &m.Account, &m.Role, &m.JoinedAt, &m.Flag, &m.SentAt, &m.Card, &m.ReadSeq, &m.MutedUntil, &m.Data}
}

// Member returns the member, or ErrNotMember.
func (c Conn) Member(gid, uid int64) (m Member, err error) {
	err = c.get("SELECT "+memberColumns+memberFrom+"WHERE m.gid = ? AND m.uid = ?", []any{gid, uid}, m.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return m, ErrNotMember
	}
	return m, err
}

// MembersNamed returns those of the named users who are members, by name.
func (c Conn) MembersNamed(app, gid int64, names []string) (map[string]Member, error) {
	arg, err := list(names)
	if err != nil {
		return nil, err
	}
	found := make(map[string]Member, len(names))
	err = c.each("SELECT "+memberColumns+memberFrom+"WHERE m.gid = ? AND m.uid IN (SELECT uid FROM account WHERE app = ? AND name IN "+in+")", []any{gid, app, arg},
		func(scan func(...any) error) error {
			var m Member
			err := scan(m.fields()...)
			found[m.Account] = m
			return err
		})
	return found, err
}

// MemberPage says which members to list: those after the given position and offset, in order of joining and then of account.
type MemberPage struct {
	Roles        int   // 1<<role of each role wanted; 0 = all
	AfterJoined  int64 // position of the last member already seen
	AfterAccount string
	Offset, N    int // N < 0: all
}

// Members lists a page. The offset is skipped inside an index, which is meant for groups of some thousands.
func (c Conn) Members(gid int64, p MemberPage) (page []Member, err error) {
	where := "m.gid = ?1 AND (m.joined_at, m.account) > (?2, ?3)"
	args := []any{gid, p.AfterJoined, p.AfterAccount, p.N, p.Offset}
	if p.Roles != 0 {
		where += " AND (?6 >> m.role) & 1"
		args = append(args, p.Roles)
		if p.Roles&(1<<Plain) == 0 {
			where += " AND m.role > 0" // then the small index of owners and administrators serves
		}
	}
	// The inner query walks the index alone; only rows of the page are looked up.
	query := "WITH k AS MATERIALIZED (SELECT m.uid FROM member m WHERE " + where + " ORDER BY m.joined_at, m.account LIMIT ?4 OFFSET ?5) SELECT " + memberColumns +
		" FROM k CROSS JOIN member m ON m.gid = ?1 AND m.uid = k.uid JOIN grp g ON g.gid = m.gid LEFT JOIN mute x ON x.gid = m.gid AND x.uid = m.uid" +
		" ORDER BY m.joined_at, m.account"
	err = c.each(query, args, func(scan func(...any) error) error {
		var m Member
		err := scan(m.fields()...)
		page = append(page, m)
		return err
	})
	return page, err
}

const addMember = "INSERT INTO member (gid, uid, account, role, joined_at, flag, sent_at, card, read_seq, read_gen, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"

// AddMember puts the user into the group and reports false if he already was in it. It sets no owner.
func (t *Tx) AddMember(g *Group, m Member) (bool, error) {
	data, err := m.Data.text()
	if err != nil {
		return false, err
	}
	n, err := t.exec(addMember,
		g.GID, m.UID, m.Account, m.Role, m.JoinedAt, m.Flag, m.SentAt, m.Card, m.ReadSeq, g.ReadGen, data)
	if err != nil || n == 0 {
		return false, err
	}
	g.MemberNum++
	if _, err = t.exec("UPDATE grp SET member_num = member_num + 1 WHERE gid = ?", g.GID); err != nil {
		return false, err
	}
	return true, t.tallyIn(g.GID, m.JoinedAt, GroupsJoined, 1)
}

// RemoveMember takes the user out of the group and reports false if he was not in it.
func (t *Tx) RemoveMember(g *Group, uid int64) (bool, error) {
	n, err := t.exec("DELETE FROM member WHERE gid = ? AND uid = ?", g.GID, uid)
	if err != nil || n == 0 {
		return false, err
	}
	g.MemberNum--
	if _, err = t.exec("UPDATE grp SET member_num = member_num - 1, owner = CASE WHEN owner = (SELECT name FROM account WHERE uid = ?) THEN '' ELSE owner END WHERE gid = ?", uid, g.GID); err != nil {
		return false, err
	}
	return true, t.tallyIn(g.GID, t.store.now().Unix(), GroupsLeft, 1)
}

// SaveMember stores role, flag, card and custom fields.
func (t *Tx) SaveMember(gid int64, m Member) error {
	data, err := m.Data.text()
	if err != nil {
		return err
	}
	_, err = t.exec("UPDATE member SET role = ?, flag = ?, card = ?, data = ? WHERE gid = ? AND uid = ?", m.Role, m.Flag, m.Card, data, gid, m.UID)
	return err
}

// SetOwner makes the member owner of the group; the owner before becomes a plain member.
func (t *Tx) SetOwner(g *Group, m Member) error {
	for _, step := range []struct {
		query string
		args  []any
	}{
		{"UPDATE member SET role = 0 WHERE gid = ? AND role = 2", []any{g.GID}},
		{"UPDATE member SET role = 2 WHERE gid = ? AND uid = ?", []any{g.GID, m.UID}},
		{"UPDATE grp SET owner = ? WHERE gid = ?", []any{m.Account, g.GID}},
	} {
		if _, err := t.exec(step.query, step.args...); err != nil {
			return err
		}
	}
	g.Owner = m.Account
	return nil
}

// SetUnread makes the member see n unread messages.
func (t *Tx) SetUnread(g *Group, uid, n int64) error {
	_, err := t.exec("UPDATE member SET read_seq = ?, read_gen = ? WHERE gid = ? AND uid = ?", max(g.NextSeq-1-n, 0), g.ReadGen, g.GID, uid)
	return err
}

// MarkAllRead makes every member have read everything, whatever their number.
func (t *Tx) MarkAllRead(g *Group) error {
	_, err := t.exec("UPDATE grp SET read_gen = read_gen + 1, read_floor = next_seq - 1 WHERE gid = ?", g.GID)
	return err
}

// joinedColumns are groupColumns of grp as g.
var joinedColumns = "g." + strings.ReplaceAll(groupColumns, ", ", ", g.")

// JoinedPage says which groups of a user to list.
type JoinedPage struct {
	Kind         Kind // 0 = any
	WithLive     bool
	WithInactive bool
	OnlyTopics   *bool
	Offset, N    int // N < 0: all
}

// Joined lists the user's groups in creation order, and how many match in all.
func (c Conn) Joined(uid int64, p JoinedPage) (page []JoinedGroup, total int, err error) {
	where := " FROM member m JOIN grp g ON g.gid = m.gid LEFT JOIN mute x ON x.gid = m.gid AND x.uid = m.uid WHERE m.uid = ?1 AND (?2 = 0 OR g.kind = ?2)" +
		" AND (?3 OR g.kind <> 4) AND (?4 OR g.active = 1) AND (?5 IS NULL OR g.topics = ?5)"
	args := []any{uid, p.Kind, p.WithLive, p.WithInactive, p.OnlyTopics}
	if err := c.get("SELECT count(*)"+where, args, &total); err != nil || p.N == 0 {
		return nil, total, err
	}
	err = c.each("SELECT "+joinedColumns+", "+memberColumns+where+" ORDER BY m.gid LIMIT ?6 OFFSET ?7", append(args, p.N, p.Offset), func(scan func(...any) error) error {
		var j JoinedGroup
		err := scan(append(j.Group.fields(), j.Member.fields()...)...)
		page = append(page, j)
		return err
	})
	return page, total, err
}

// Mute is a user who may not speak in a group, or may not be in it.
type Mute struct {
	Account string
	Until   int64
}

// SetMute makes the user unable to speak in the group or topic until then; 0 lifts it.
func (t *Tx) SetMute(stream, uid, until int64) error {
	if until == 0 {
		_, err := t.exec("DELETE FROM mute WHERE gid = ? AND uid = ?", stream, uid)
		return err
	}
	_, err := t.exec("INSERT INTO mute (gid, uid, until) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET until = excluded.until", stream, uid, until)
	return err
}

// MutedUntil returns until when the user may not speak in the group or topic; 0 = may, but it may lie in the past.
func (c Conn) MutedUntil(stream, uid int64) (until int64, err error) {
	err = c.get("SELECT until FROM mute WHERE gid = ? AND uid = ?", []any{stream, uid}, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return until, err
}

// Muted lists who may not speak in the group or topic now, by account.
func (c Conn) Muted(stream, now int64) (muted []Mute, err error) {
	err = c.each("SELECT a.name, x.until FROM mute x JOIN account a ON a.uid = x.uid WHERE x.gid = ? AND x.until > ? ORDER BY a.name", []any{stream, now},
		func(scan func(...any) error) error {
			var m Mute
			err := scan(&m.Account, &m.Until)
			muted = append(muted, m)
			return err
		})
	return muted, err
}

// SetBan keeps the user out of the live room until then, and removes him if he is in; 0 lifts it.
func (t *Tx) SetBan(g *Group, uid, until int64, reason string) error {
	if until == 0 {
		_, err := t.exec("DELETE FROM ban WHERE gid = ? AND uid = ?", g.GID, uid)
		return err
	}
	if _, err := t.RemoveMember(g, uid); err != nil {
		return err
	}
	_, err := t.exec("INSERT INTO ban (gid, uid, until, reason) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET until = excluded.until, reason = excluded.reason", g.GID, uid, until, reason)
	return err
}

// Banned lists who may not be in the live room now.
func (c Conn) Banned(gid, now int64, offset, n int) (banned []Mute, err error) {
	err = c.each("SELECT a.name, b.until FROM ban b JOIN account a ON a.uid = b.uid WHERE b.gid = ? AND b.until > ? ORDER BY b.uid LIMIT ? OFFSET ?", []any{gid, now, n, offset},
		func(scan func(...any) error) error {
			var m Mute
			err := scan(&m.Account, &m.Until)
			banned = append(banned, m)
			return err
		})
	return banned, err
}

// SetLiveAdmin makes the user an administrator of the live room, or no longer one.
func (t *Tx) SetLiveAdmin(gid, uid int64, on bool) error {
	query := "DELETE FROM live_admin WHERE gid = ? AND uid = ?"
	if on {
		query = "INSERT INTO live_admin (gid, uid) VALUES (?, ?) ON CONFLICT DO NOTHING"
	}
	_, err := t.exec(query, gid, uid)
	return err
}

// LiveAdmins lists the administrators of a live room.
func (c Conn) LiveAdmins(gid int64) (admins []Account, err error) {
	err = c.each("SELECT "+accountColumns+" FROM account WHERE uid IN (SELECT uid FROM live_admin WHERE gid = ?) ORDER BY name", []any{gid},
		func(scan func(...any) error) error {
			var a Account
			err := scan(a.fields()...)
			admins = append(admins, a)
			return err
		})
	return admins, err
}

// LiveMember is somebody in a live room.
type LiveMember struct {
	Name, Nick, Face string
	JoinedAt         int64
}

// LiveMembers lists up to n members, those who joined last first.
func (c Conn) LiveMembers(gid int64, n int) (members []LiveMember, err error) {
	err = c.each("SELECT a.name, a.nick, a.face, m.joined_at FROM member m JOIN account a ON a.uid = m.uid WHERE m.gid = ? ORDER BY m.joined_at DESC, m.account DESC LIMIT ?",
		[]any{gid, n}, func(scan func(...any) error) error {
			var m LiveMember
			err := scan(&m.Name, &m.Nick, &m.Face, &m.JoinedAt)
			members = append(members, m)
			return err
		})
	return members, err
}

// BannedUntil returns until when the user may not be in the live room; 0 = may, but it may lie in the past.
func (c Conn) BannedUntil(gid, uid int64) (until int64, err error) {
	err = c.get("SELECT until FROM ban WHERE gid = ? AND uid = ?", []any{gid, uid}, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return until, err
}
