package community

import (
	"database/sql"
	"errors"
)

// User is a registered user of an app whose users are numbers.
type User struct {
	ID                    int64
	Nick, Portrait        string
	Tags                  Items[string]
	Ext                   Data
	Robot                 bool
	CreatedMS, ModifiedMS int64 // Unix milliseconds
}

const userColumns = "user, nick, portrait, tags, ext, robot, created_ms, modified_ms"

func (u *User) fields() []any {
	return []any{&u.ID, &u.Nick, &u.Portrait, &u.Tags, &u.Ext, &u.Robot, &u.CreatedMS, &u.ModifiedMS}
}

// Users returns those of the users who are registered, by number.
func (c Conn) Users(app int64, users []int64) (map[int64]User, error) {
	arg, err := list(users)
	if err != nil {
		return nil, err
	}
	found := make(map[int64]User, len(users))
	err = c.each("SELECT "+userColumns+" FROM im_user WHERE app = ? AND user IN "+in, []any{app, arg}, func(scan func(...any) error) error {
		var u User
		err := scan(u.fields()...)
		found[u.ID] = u
		return err
	})
	return found, err
}

// PutUser registers the user, or stores him anew.
func (t *Tx) PutUser(app int64, u User) error {
	_, err := t.exec(`INSERT INTO im_user (app, user, nick, portrait, tags, ext, robot, created_ms, modified_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET nick = excluded.nick, portrait = excluded.portrait, tags = excluded.tags, ext = excluded.ext, robot = excluded.robot,
		created_ms = excluded.created_ms, modified_ms = excluded.modified_ms`,
		app, u.ID, u.Nick, u.Portrait, u.Tags.text(), u.Ext.json(), u.Robot, u.CreatedMS, u.ModifiedMS)
	return err
}

// DropUser unregisters the user and reports false if he was not registered.
func (t *Tx) DropUser(app, user int64) (bool, error) {
	n, err := t.exec("DELETE FROM im_user WHERE app = ? AND user = ?", app, user)
	return n > 0, err
}

// CountRobots returns how many of the app's registered users are robots.
func (c Conn) CountRobots(app int64) (n int64, err error) {
	err = c.get("SELECT count(*) FROM im_user WHERE app = ? AND robot = 1", []any{app}, &n)
	return n, err
}

// CountTagged returns how many registered users have one of the tags, or, if all, each of them; no tags select everybody.
func (c Conn) CountTagged(app int64, tags []string, all bool) (n int64, err error) {
	arg, err := list(tags)
	if err != nil {
		return 0, err
	}
	need := 1
	if all {
		need = len(tags)
	}
	err = c.get(`SELECT count(*) FROM im_user u WHERE u.app = ?1 AND (?2 = 0 OR u.tags <> '' AND
		(SELECT count(DISTINCT j.value) FROM json_each(u.tags) j WHERE j.value IN (SELECT value FROM json_each(?3))) >= ?4)`, []any{app, len(tags), arg, need}, &n)
	return n, err
}

// TieKind is what one user is to another one.
type TieKind int

// The kinds of ties.
const (
	FriendTie TieKind = 1
	BlackTie  TieKind = 2
)

// TieList is one user's friends or blacklist in one inbox.
type TieList struct {
	App, Inbox int64
	Kind       TieKind
	User       int64
}

// Tie is somebody on a user's list.
type Tie struct {
	N                     int64 // rises with adding
	Peer                  int64
	Alias                 string
	Ext                   Data
	CreatedAt, ModifiedAt int64 // Unix seconds
}

func (l TieList) args(more ...any) []any {
	return append([]any{l.App, l.Inbox, l.Kind, l.User}, more...)
}

const tieFrom = "SELECT n, peer, alias, ext, created_at, modified_at FROM im_tie WHERE app = ? AND inbox = ? AND kind = ? AND user = ?"

func (t *Tie) fields() []any {
	return []any{&t.N, &t.Peer, &t.Alias, &t.Ext, &t.CreatedAt, &t.ModifiedAt}
}

// TieTo returns the tie to peer, nil if there is none.
func (c Conn) TieTo(l TieList, peer int64) (*Tie, error) {
	t := &Tie{}
	err := c.get(tieFrom+" AND peer = ?", l.args(peer), t.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return t, err
}

// TiesAmong returns the ties to those of the users who are on the list, by user.
func (c Conn) TiesAmong(l TieList, peers []int64) (map[int64]Tie, error) {
	arg, err := list(peers)
	if err != nil {
		return nil, err
	}
	found := map[int64]Tie{}
	err = c.each(tieFrom+" AND peer IN "+in, l.args(arg), func(scan func(...any) error) error {
		var t Tie
		err := scan(t.fields()...)
		found[t.Peer] = t
		return err
	})
	return found, err
}

// Ties lists n ties in order of adding, or, if back, the latest first: those behind the tie numbered after, less the first skip.
func (c Conn) Ties(l TieList, back bool, after int64, skip, n int) (page []Tie, err error) {
	query := tieFrom + " AND n > ? ORDER BY n LIMIT ? OFFSET ?"
	if back {
		if query = tieFrom + " AND n < ? ORDER BY n DESC LIMIT ? OFFSET ?"; after == 0 {
			after = Newest
		}
	}
	err = c.each(query, l.args(after, n, skip), func(scan func(...any) error) error {
		var t Tie
		err := scan(t.fields()...)
		page = append(page, t)
		return err
	})
	return page, err
}

// CountTies returns how many are on the list.
func (c Conn) CountTies(l TieList) (n int64, err error) {
	err = c.get("SELECT count(*) FROM im_tie WHERE app = ? AND inbox = ? AND kind = ? AND user = ?", l.args(), &n)
	return n, err
}

// PutTie adds to the list; of somebody who is on it alias, extension fields and ModifiedAt are stored anew.
func (t *Tx) PutTie(l TieList, tie Tie) error {
	_, err := t.exec(`INSERT INTO im_tie (app, inbox, kind, user, peer, alias, ext, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET alias = excluded.alias, ext = excluded.ext, modified_at = excluded.modified_at`,
		l.args(tie.Peer, tie.Alias, tie.Ext.json(), tie.CreatedAt, tie.ModifiedAt)...)
	return err
}

// DropTie takes peer off the list.
func (t *Tx) DropTie(l TieList, peer int64) error {
	_, err := t.exec("DELETE FROM im_tie WHERE app = ? AND inbox = ? AND kind = ? AND user = ? AND peer = ?", l.args(peer)...)
	return err
}

// Broadcast is a message to all registered users, or to those with certain tags.
type Broadcast struct {
	Account            string // whose quota it counts for
	Day                int64  // of the quota
	AtMS               int64
	Sender, Type       int64
	Content            string
	Ext                Data
	Inbox, LifeSeconds int64
	Tags               Items[string]
	AllOf              bool
	Matched            int64 // users selected
}

// CountBroadcasts returns how many the account has sent on the day.
func (c Conn) CountBroadcasts(account string, day int64) (n int64, err error) {
	err = c.get("SELECT count(*) FROM im_broadcast WHERE account = ? AND day = ?", []any{account, day}, &n)
	return n, err
}

// AddBroadcast stores b.
func (t *Tx) AddBroadcast(app int64, b Broadcast) error {
	_, err := t.exec("INSERT INTO im_broadcast (app, account, day, at_ms, sender, type, content, ext, inbox, life, tags, all_of, matched) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		app, b.Account, b.Day, b.AtMS, b.Sender, b.Type, b.Content, b.Ext.json(), b.Inbox, b.LifeSeconds, b.Tags.text(), b.AllOf, b.Matched)
	return err
}

// Broadcasts lists the latest n of the app, the latest first.
func (c Conn) Broadcasts(app int64, n int) (page []Broadcast, err error) {
	err = c.each("SELECT account, day, at_ms, sender, type, content, ext, inbox, life, tags, all_of, matched FROM im_broadcast WHERE app = ? ORDER BY id DESC LIMIT ?", []any{app, n},
		func(scan func(...any) error) error {
			var b Broadcast
			err := scan(&b.Account, &b.Day, &b.AtMS, &b.Sender, &b.Type, &b.Content, &b.Ext, &b.Inbox, &b.LifeSeconds, &b.Tags, &b.AllOf, &b.Matched)
			page = append(page, b)
			return err
		})
	return page, err
}
