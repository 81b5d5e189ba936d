package community

// Follower is one end of a user following another.
type Follower struct {
	N  int64 // rises with time
	At int64 // Unix seconds
	Account
}

// What of follows to list.
const (
	Fans      = 1 + iota // who follow the user
	Following            // whom the user follows
	Mutual               // those who are both
)

var followFrom = map[int]string{
	Fans:      " FROM follow f JOIN account a ON a.uid = f.uid WHERE f.peer = ?1",
	Following: " FROM follow f JOIN account a ON a.uid = f.peer WHERE f.uid = ?1",
	Mutual:    " FROM follow f JOIN account a ON a.uid = f.peer WHERE f.uid = ?1 AND EXISTS (SELECT 1 FROM follow b WHERE b.uid = f.peer AND b.peer = ?1)",
}

// Follows lists up to n fans, followed or mutual ones, earliest first, those numbered above after.
func (c Conn) Follows(uid int64, what int, after int64, n int) (page []Follower, err error) {
	err = c.each("SELECT f.n, f.at, a."+followAccount+followFrom[what]+" AND f.n > ?2 ORDER BY f.n LIMIT ?3", []any{uid, after, n}, func(scan func(...any) error) error {
		var f Follower
		err := scan(append([]any{&f.N, &f.At}, f.fields()...)...)
		page = append(page, f)
		return err
	})
	return page, err
}

// followAccount are accountColumns behind "a.".
const followAccount = "uid, a.name, a.nick, a.face, a.created_at, a.c2c_mute, a.group_mute"

// CountFollows returns how many fans, followed or mutual ones the user has.
func (c Conn) CountFollows(uid int64, what int) (n int, err error) {
	err = c.get("SELECT count(*)"+followFrom[what], []any{uid}, &n)
	return n, err
}

// FollowsAmong returns the set of those of the given users whom the user follows, or with back who follow him.
func (c Conn) FollowsAmong(uid int64, peers []int64, back bool) (map[int64]bool, error) {
	if back {
		return c.pointing("SELECT uid FROM follow WHERE peer = ? AND uid IN "+in, uid, peers)
	}
	return c.pointing("SELECT peer FROM follow WHERE uid = ? AND peer IN "+in, uid, peers)
}

// Follow makes the user follow peer and reports false if he does already.
func (t *Tx) Follow(uid, peer int64) (bool, error) {
	n, err := t.exec(`INSERT INTO follow (uid, n, peer, at) SELECT ?1, max(coalesce((SELECT max(n) FROM follow WHERE uid = ?1), 0),
		coalesce((SELECT max(n) FROM follow WHERE peer = ?2), 0)) + 1, ?2, ?3 WHERE true ON CONFLICT DO NOTHING`, uid, peer, t.store.now().Unix())
	return n > 0, err
}

// Unfollow ends it and reports false if the user did not follow peer.
func (t *Tx) Unfollow(uid, peer int64) (bool, error) {
	n, err := t.exec("DELETE FROM follow WHERE uid = ? AND peer = ?", uid, peer)
	return n > 0, err
}
