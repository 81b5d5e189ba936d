package community

import (
	"database/sql"
	"encoding/json"
	"errors"
)

// Friend is somebody on a user's list of friends. It says nothing about the other direction.
type Friend struct {
	N       int64 // order of adding, within the user's list
	UID     int64
	Name    string
	SinceAt int64 // Unix seconds
	Remark  string
	Source  string
	Wording string
	Custom  Data     // custom fields: tag to JSON scalar
	Lists   []string // the friend lists he is on, in order of their creation
}

// names is a JSON array of text, as a column.
type names []string

// Scan reads the JSON text.
func (n *names) Scan(src any) error {
	text, _ := src.(string)
	return json.Unmarshal([]byte(text), (*[]string)(n))
}

const friendColumns = `f.n, f.peer, a.name, f.since_at, f.remark, f.source, f.wording, f.custom,
	(SELECT json_group_array(name) FROM (SELECT m.name FROM friend_list_member m JOIN friend_list l ON l.uid = m.uid AND l.name = m.name
		WHERE m.uid = f.uid AND m.peer = f.peer ORDER BY l.n))`

const friendFrom = " FROM friend f JOIN account a ON a.uid = f.peer "

func (f *Friend) fields() []any {
	return []any{&f.N, &f.UID, &f.Name, &f.SinceAt, &f.Remark, &f.Source, &f.Wording, &f.Custom, (*names)(&f.Lists)}
}

// Friends lists up to n of the user's friends in order of adding, those numbered above after.
func (c Conn) Friends(uid, after int64, n int) (page []Friend, err error) {
	err = c.each("SELECT "+friendColumns+friendFrom+"WHERE f.uid = ? AND f.n > ? ORDER BY f.n LIMIT ?", []any{uid, after, n}, func(scan func(...any) error) error {
		var f Friend
		err := scan(f.fields()...)
		page = append(page, f)
		return err
	})
	return page, err
}

// FriendsAmong returns those of the given users who are on the user's list, by uid.
func (c Conn) FriendsAmong(uid int64, peers []int64) (map[int64]Friend, error) {
	arg, err := list(peers)
	if err != nil {
		return nil, err
	}
	found := map[int64]Friend{}
	err = c.each("SELECT "+friendColumns+friendFrom+"WHERE f.uid = ? AND f.peer IN "+in, []any{uid, arg}, func(scan func(...any) error) error {
		var f Friend
		err := scan(f.fields()...)
		found[f.UID] = f
		return err
	})
	return found, err
}

// FriendSet returns the set of those of the given users who are on the user's list.
func (c Conn) FriendSet(uid int64, peers []int64) (map[int64]bool, error) {
	return c.pointing("SELECT peer FROM friend WHERE uid = ? AND peer IN "+in, uid, peers)
}

// FriendsOf returns the set of those of the given users on whose lists the user is.
func (c Conn) FriendsOf(uid int64, peers []int64) (map[int64]bool, error) {
	return c.pointing("SELECT uid FROM friend WHERE peer = ? AND uid IN "+in, uid, peers)
}

// pointing collects the uids that query selects by a uid and a list of uids.
func (c Conn) pointing(query string, uid int64, peers []int64) (map[int64]bool, error) {
	arg, err := list(peers)
	if err != nil {
		return nil, err
	}
	found := map[int64]bool{}
	err = c.each(query, []any{uid, arg}, func(scan func(...any) error) error {
		var peer int64
		err := scan(&peer)
		found[peer] = true
		return err
	})
	return found, err
}

// CountFriends returns how many friends the user has on his list.
func (c Conn) CountFriends(uid int64) (n int, err error) {
	err = c.get("SELECT count(*) FROM friend WHERE uid = ?", []any{uid}, &n)
	return n, err
}

// Sequences rise with each change of a user's relations.
type Sequences struct{ Standard, Custom, Lists, Blocks int64 }

// Sequences returns the user's; all 0 if there never was anything to count.
func (c Conn) Sequences(uid int64) (s Sequences, err error) {
	err = c.get("SELECT standard_seq, custom_seq, list_seq, block_seq FROM sns WHERE uid = ?", []any{uid}, &s.Standard, &s.Custom, &s.Lists, &s.Blocks)
	if errors.Is(err, sql.ErrNoRows) {
		return s, nil
	}
	return s, err
}

// bump raises one of the sequences of the user, which is a column of sns.
func (t *Tx) bump(uid int64, column string) error {
	_, err := t.exec("INSERT INTO sns (uid, "+column+") VALUES (?, 1) ON CONFLICT DO UPDATE SET "+column+" = "+column+" + 1", uid)
	return err
}

// nextN takes the user's next number for a friend or a blocked user.
func (t *Tx) nextN(uid int64) (n int64, err error) {
	err = t.get("INSERT INTO sns (uid, next_n) VALUES (?, 2) ON CONFLICT DO UPDATE SET next_n = next_n + 1 RETURNING next_n - 1", []any{uid}, &n)
	return n, err
}

// AddFriend puts f.UID on the user's list, and on the friend lists f names, which are made if need be. He must not be on
// it yet.
func (t *Tx) AddFriend(app, uid int64, f Friend) error {
	custom, err := f.Custom.text()
	if err != nil {
		return err
	}
	n, err := t.nextN(uid)
	if err != nil {
		return err
	}
	if _, err := t.exec("INSERT INTO friend (uid, n, peer, since_at, remark, source, wording, custom) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		uid, n, f.UID, f.SinceAt, f.Remark, f.Source, f.Wording, custom); err != nil {
		return err
	}
	for _, name := range f.Lists {
		if err := t.AddToList(uid, name, f.UID); err != nil {
			return err
		}
	}
	if len(f.Custom) > 0 {
		if err := t.bump(uid, "custom_seq"); err != nil {
			return err
		}
	}
	return errors.Join(t.bump(uid, "standard_seq"), t.Tally(app, t.store.now().Unix(), FriendsAdded, 1), t.dropRequest(uid, f.UID))
}

// RemoveFriend takes peer off the user's list and reports false if he was not on it.
func (t *Tx) RemoveFriend(app, uid, peer int64) (bool, error) {
	n, err := t.exec("DELETE FROM friend WHERE uid = ? AND peer = ?", uid, peer)
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := t.exec("DELETE FROM friend_list_member WHERE uid = ? AND peer = ?", uid, peer); err != nil {
		return false, err
	}
	return true, errors.Join(t.bump(uid, "standard_seq"), t.Tally(app, t.store.now().Unix(), FriendsRemoved, 1))
}

// FriendUIDs lists whom the user has as friends.
func (c Conn) FriendUIDs(uid int64) (uids []int64, err error) {
	err = c.each("SELECT peer FROM friend WHERE uid = ? ORDER BY n", []any{uid}, func(scan func(...any) error) error {
		var peer int64
		err := scan(&peer)
		uids = append(uids, peer)
		return err
	})
	return uids, err
}

// SaveFriend stores remark and custom fields of f, and, if lists says so, makes him a member of f.Lists and no others.
func (t *Tx) SaveFriend(uid int64, f Friend, lists, custom bool) error {
	text, err := f.Custom.text()
	if err != nil {
		return err
	}
	if _, err := t.exec("UPDATE friend SET remark = ?, custom = ? WHERE uid = ? AND peer = ?", f.Remark, text, uid, f.UID); err != nil {
		return err
	}
	if lists {
		if _, err := t.exec("DELETE FROM friend_list_member WHERE uid = ? AND peer = ?", uid, f.UID); err != nil {
			return err
		}
		for _, name := range f.Lists {
			if err := t.AddToList(uid, name, f.UID); err != nil {
				return err
			}
		}
	}
	if custom {
		if err := t.bump(uid, "custom_seq"); err != nil {
			return err
		}
	}
	return t.bump(uid, "standard_seq")
}

// FriendList is one of the lists a user sorts friends into.
type FriendList struct {
	Name    string
	Members []string // account names, in order of adding as friends
}

// FriendLists returns the user's lists in order of creation.
func (c Conn) FriendLists(uid int64) (lists []FriendList, err error) {
	err = c.each(`SELECT l.name, (SELECT json_group_array(name) FROM (SELECT a.name FROM friend_list_member m JOIN friend f ON f.uid = m.uid AND f.peer = m.peer
		JOIN account a ON a.uid = m.peer WHERE m.uid = l.uid AND m.name = l.name ORDER BY f.n)) FROM friend_list l WHERE l.uid = ? ORDER BY l.n`,
		[]any{uid}, func(scan func(...any) error) error {
			var l FriendList
			err := scan(&l.Name, (*names)(&l.Members))
			lists = append(lists, l)
			return err
		})
	return lists, err
}

// AddList makes an empty list; one that is there stays as it is.
func (t *Tx) AddList(uid int64, name string) error {
	added, err := t.exec("INSERT INTO friend_list (uid, name, n) SELECT ?1, ?2, coalesce(max(n), 0) + 1 FROM friend_list WHERE uid = ?1 ON CONFLICT DO NOTHING", uid, name)
	if err != nil || added == 0 {
		return err
	}
	return t.bump(uid, "list_seq")
}

// AddToList puts a friend on a list, which is made if need be.
func (t *Tx) AddToList(uid int64, name string, peer int64) error {
	if err := t.AddList(uid, name); err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO friend_list_member (uid, name, peer) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", uid, name, peer)
	if err != nil || n == 0 {
		return err
	}
	return errors.Join(t.bump(uid, "list_seq"), t.bump(uid, "standard_seq"))
}

// RemoveList removes a list. Those on it stay friends.
func (t *Tx) RemoveList(uid int64, name string) error {
	n, err := t.exec("DELETE FROM friend_list WHERE uid = ? AND name = ?", uid, name)
	if err != nil || n == 0 {
		return err
	}
	if _, err := t.exec("DELETE FROM friend_list_member WHERE uid = ? AND name = ?", uid, name); err != nil {
		return err
	}
	return errors.Join(t.bump(uid, "list_seq"), t.bump(uid, "standard_seq"))
}

// FriendRequest is somebody waiting for a user's answer.
type FriendRequest struct {
	Asker                         Account
	At                            int64
	Single                        bool // only the asker's list is to change
	Remark, List, Source, Wording string
}

// AskFriend stores what asker asks of the user, instead of what he asked before.
func (t *Tx) AskFriend(uid int64, r FriendRequest) error {
	_, err := t.exec(`INSERT INTO friend_request (uid, asker, at, single, remark, list, source, wording) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET at = excluded.at, single = excluded.single, remark = excluded.remark, list = excluded.list, source = excluded.source, wording = excluded.wording`,
		uid, r.Asker.UID, r.At, r.Single, r.Remark, r.List, r.Source, r.Wording)
	return err
}

// ErrNoRequest is the error of answering somebody who has not asked.
var ErrNoRequest = errors.New("no such friend request")

// TakeRequest removes and returns what asker asks of the user, or ErrNoRequest.
func (t *Tx) TakeRequest(uid int64, asker Account) (r FriendRequest, err error) {
	r.Asker = asker
	err = t.get("DELETE FROM friend_request WHERE uid = ? AND asker = ? RETURNING at, single, remark, list, source, wording", []any{uid, asker.UID},
		&r.At, &r.Single, &r.Remark, &r.List, &r.Source, &r.Wording)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNoRequest
	}
	return r, err
}

// CountRequests returns how many others than asker wait for the user's answer.
func (c Conn) CountRequests(uid, asker int64) (n int, err error) {
	err = c.get("SELECT count(*) FROM friend_request WHERE uid = ? AND asker <> ?", []any{uid, asker}, &n)
	return n, err
}

// dropRequest removes what asker asks of uid.
func (t *Tx) dropRequest(asker, uid int64) error {
	_, err := t.exec("DELETE FROM friend_request WHERE uid = ? AND asker = ?", uid, asker)
	return err
}

// DropRelations removes everything between the user and others, in both directions.
func (t *Tx) DropRelations(uid int64) error {
	for _, query := range []string{
		"INSERT INTO sns (uid, standard_seq) SELECT uid, 1 FROM friend WHERE peer = ? ON CONFLICT DO UPDATE SET standard_seq = standard_seq + 1",
		"INSERT INTO sns (uid, block_seq) SELECT uid, 1 FROM block WHERE peer = ? ON CONFLICT DO UPDATE SET block_seq = block_seq + 1",
		"DELETE FROM friend_list_member WHERE peer = ?1 AND uid IN (SELECT uid FROM friend WHERE peer = ?1)",
		"DELETE FROM friend WHERE uid = ?1 OR peer = ?1",
		"DELETE FROM friend_list WHERE uid = ?",
		"DELETE FROM friend_list_member WHERE uid = ?",
		"DELETE FROM friend_request WHERE uid = ?1 OR asker = ?1",
		"DELETE FROM block WHERE uid = ?1 OR peer = ?1",
		"DELETE FROM follow WHERE uid = ?1 OR peer = ?1",
		"DELETE FROM sns WHERE uid = ?",
	} {
		if _, err := t.exec(query, uid); err != nil {
			return err
		}
	}
	return nil
}
