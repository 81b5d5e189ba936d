package community

// Blocked is somebody a user does not want to hear from.
type Blocked struct {
	N    int64 // order of adding
	Name string
	At   int64 // Unix seconds
}

// BlockedBy lists up to n users the user has blocked, in order of adding, those numbered from first on.
func (c Conn) BlockedBy(uid, first int64, n int) (page []Blocked, err error) {
	err = c.each("SELECT b.n, a.name, b.at FROM block b JOIN account a ON a.uid = b.peer WHERE b.uid = ? AND b.n >= ? ORDER BY b.n LIMIT ?", []any{uid, first, n},
		func(scan func(...any) error) error {
			var b Blocked
			err := scan(&b.N, &b.Name, &b.At)
			page = append(page, b)
			return err
		})
	return page, err
}

// BlocksAmong returns the set of those of the given users whom the user has blocked.
func (c Conn) BlocksAmong(uid int64, peers []int64) (map[int64]bool, error) {
	return c.pointing("SELECT peer FROM block WHERE uid = ? AND peer IN "+in, uid, peers)
}

// BlocksOf returns the set of those of the given users who have blocked the user.
func (c Conn) BlocksOf(uid int64, peers []int64) (map[int64]bool, error) {
	return c.pointing("SELECT uid FROM block WHERE peer = ? AND uid IN "+in, uid, peers)
}

// CountBlocked returns how many users the user has blocked.
func (c Conn) CountBlocked(uid int64) (n int, err error) {
	err = c.get("SELECT count(*) FROM block WHERE uid = ?", []any{uid}, &n)
	return n, err
}

// Block puts peer on the user's block list and reports false if he is on it already. It ends their friendship both ways,
// and what either may have asked of the other.
func (t *Tx) Block(app, uid, peer int64) (bool, error) {
	if there, err := t.BlocksAmong(uid, []int64{peer}); err != nil || there[peer] {
		return false, err
	}
	n, err := t.nextN(uid)
	if err != nil {
		return false, err
	}
	if _, err := t.exec("INSERT INTO block (uid, n, peer, at) VALUES (?, ?, ?, ?)", uid, n, peer, t.store.now().Unix()); err != nil {
		return false, err
	}
	for _, side := range [][2]int64{{uid, peer}, {peer, uid}} {
		if _, err := t.RemoveFriend(app, side[0], side[1]); err != nil {
			return false, err
		}
		if err := t.dropRequest(side[0], side[1]); err != nil {
			return false, err
		}
	}
	return true, t.bump(uid, "block_seq")
}

// Unblock takes peer off the user's block list and reports false if he was not on it. It brings no friendship back.
func (t *Tx) Unblock(uid, peer int64) (bool, error) {
	n, err := t.exec("DELETE FROM block WHERE uid = ? AND peer = ?", uid, peer)
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.bump(uid, "block_seq")
}
