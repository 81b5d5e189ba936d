package volcengine

import "imdesk/emulator/internal/community"

// maxTies is how many friends or blacklisted users a call may name.
const maxTies = 10

// friendInfo is a friend as it is sent. Source: data structures, doc 192711. Open: the unit of the times; seconds.
type friendInfo struct {
	FriendUserId int64
	Alias        string
	Ext          map[string]string
	CreateTime   int64
	ModifyTime   int64
	ApplyTime    int64
}

func friendOf(t community.Tie) friendInfo {
	return friendInfo{t.Peer, t.Alias, mapped(t.Ext), t.CreatedAt, t.ModifiedAt, t.CreatedAt}
}

// ties reads whose list a request is about.
func (c *call) ties(kind community.TieKind) community.TieList {
	return community.TieList{App: c.app.ID, Inbox: c.i32("InboxType", may), Kind: kind, User: c.user("UserId", need)}
}

// tie is the tie to peer, a new one if there is none yet.
func tieOf(tx *community.Tx, l community.TieList, peer, now int64) (t community.Tie, found bool, err error) {
	there, err := tx.TieTo(l, peer)
	if err != nil {
		return t, false, err
	}
	if there != nil {
		t = *there
		t.ModifiedAt = now
		return t, true, nil
	}
	return community.Tie{Peer: peer, CreatedAt: now, ModifiedAt: now}, false, nil
}

// Both become friends of each other. Source: AddFriend, doc 1125662. Open: of a friend Ext is stored anew.
func addFriends(c *call) (any, error) {
	l, peers, ext := c.ties(community.FriendTie), c.users("FriendUserIds", need, maxTies), c.pairs("Ext")
	if err := c.failed(); err != nil {
		return nil, err
	}
	var failed []failedItem
	err := c.update(func(tx *community.Tx) error {
		for _, peer := range peers {
			if peer == l.User {
				failed = append(failed, errInvalidParam.say("a user cannot be his own friend").item(peer))
				continue
			}
			back := l
			back.User = peer
			for _, side := range []struct {
				list community.TieList
				peer int64
			}{{l, peer}, {back, l.User}} {
				t, _, err := tieOf(tx, side.list, side.peer, c.s.now().Unix())
				if err != nil {
					return err
				}
				t.Ext = ext
				if err := tx.PutTie(side.list, t); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return failedInfos(failed), err
}

// Both lose each other. Source: DeleteFriend, doc 1125751. Open: deleting who is no friend works.
func deleteFriends(c *call) (any, error) {
	l, peers := c.ties(community.FriendTie), c.users("DeleteUserIds", need, maxTies)
	if err := c.failed(); err != nil {
		return nil, err
	}
	err := c.update(func(tx *community.Tx) error {
		for _, peer := range peers {
			back := l
			back.User = peer
			if err := tx.DropTie(l, peer); err != nil {
				return err
			}
			if err := tx.DropTie(back, l.User); err != nil {
				return err
			}
		}
		return nil
	})
	return failedInfos(nil), err
}

// tieChange is what a request says of somebody on a list.
type tieChange struct {
	peer  int64
	alias *string
	ext   map[string]string
}

// changeTies has the changes made to those who are on the list; others are failures.
func (c *call) changeTies(l community.TieList, changes []tieChange) (any, error) {
	if err := c.failed(); err != nil {
		return nil, err
	}
	var failed []failedItem
	err := c.update(func(tx *community.Tx) error {
		for _, ch := range changes {
			t, found, err := tieOf(tx, l, ch.peer, c.s.now().Unix())
			if err != nil {
				return err
			}
			if !found {
				failed = append(failed, errUserNotFound.item(ch.peer))
				continue
			}
			if ch.alias != nil {
				t.Alias = *ch.alias
			}
			t.Ext = merged(t.Ext, ch.ext)
			if err := tx.PutTie(l, t); err != nil {
				return err
			}
		}
		return nil
	})
	return failedInfos(failed), err
}

// Source: UpdateFriend, doc 1125752. Open: Ext is merged, and who is no friend is a failure.
func updateFriends(c *call) (any, error) {
	l := c.ties(community.FriendTie)
	var changes []tieChange
	for _, o := range c.objs("FriendInfos", maxTies) {
		ch := tieChange{o.user("FriendUserId", need), o.strp("Alias"), o.pairs("Ext")}
		if ch.alias == nil && ch.ext == nil {
			o.fail("Alias", "and Ext are missing")
		}
		changes = append(changes, ch)
	}
	return c.changeTies(l, changes)
}

// listTies reads a page of a list.
func (c *call) listTies(l community.TieList, back bool, cursor int64, limit int, total bool) (list []community.Tie, count int64, more bool, next int64, err error) {
	if err := c.failed(); err != nil {
		return nil, 0, false, 0, err
	}
	name := "friends"
	if back {
		name = "blacklist"
	}
	key := listKey{list: name, owner: l.User, app: l.App, inbox: l.Inbox, offset: cursor}
	place, skip := c.s.bookmarks.find(c.s.now(), key)
	if list, err = c.read().Ties(l, back, place.User, skip, limit+1); err != nil {
		return nil, 0, false, 0, err
	}
	list, more, next = page(c.s, key, list, limit, func(t community.Tie) community.Place { return community.Place{User: t.N} })
	if total {
		count, err = c.read().CountTies(l)
	}
	return list, count, more, next, err
}

// Source: ListFriend, doc 1125753. The documentation names the cursor NewCursor, the vendor's own client NextCursor.
func listFriends(c *call) (any, error) {
	l, cursor, limit, total := c.ties(community.FriendTie), c.cursor("Cursor", may), c.limit("Limit", may, 20), c.flag("NeedTotal", false)
	list, count, more, next, err := c.listTies(l, false, cursor, limit, total)
	if err != nil {
		return nil, err
	}
	out := make([]friendInfo, len(list))
	for i, t := range list {
		out[i] = friendOf(t)
	}
	return struct {
		FriendInfos           []friendInfo
		TotalCount            int64
		HasMore               bool
		NewCursor, NextCursor int64
	}{out, count, more, next, next}, nil
}

// isFriendInfo says whether somebody is a friend.
type isFriendInfo struct {
	FriendUserId int64
	IsFriend     bool
}

// Source: IsFriend, doc 1125754.
func isFriend(c *call) (any, error) {
	l, peers := c.ties(community.FriendTie), c.users("FriendUserIds", need, maxTies)
	if err := c.failed(); err != nil {
		return nil, err
	}
	found, err := c.read().TiesAmong(l, peers)
	out := make([]isFriendInfo, len(peers))
	for i, peer := range peers {
		_, ok := found[peer]
		out[i] = isFriendInfo{peer, ok}
	}
	return struct{ Infos []isFriendInfo }{out}, err
}

func (c *call) blackChanges() []tieChange {
	var changes []tieChange
	for _, o := range c.objs("BlackListInfos", maxTies) {
		changes = append(changes, tieChange{peer: o.user("BlackListUserId", need), ext: o.pairs("BlackListUserExt")})
	}
	return changes
}

// Source: AddBlackList, doc 1152119. Open: of who is on it Ext is stored anew.
func addBlacklist(c *call) (any, error) {
	l, changes := c.ties(community.BlackTie), c.blackChanges()
	if err := c.failed(); err != nil {
		return nil, err
	}
	var failed []failedItem
	err := c.update(func(tx *community.Tx) error {
		for _, ch := range changes {
			if ch.peer == l.User {
				failed = append(failed, errInvalidParam.say("a user cannot be on his own blacklist").item(ch.peer))
				continue
			}
			t, _, err := tieOf(tx, l, ch.peer, c.s.now().Unix())
			if err != nil {
				return err
			}
			t.Ext = ch.ext
			if err := tx.PutTie(l, t); err != nil {
				return err
			}
		}
		return nil
	})
	return failedInfos(failed), err
}

// Source: RemoveBlackList, doc 1152120.
func removeBlacklist(c *call) (any, error) {
	l, peers := c.ties(community.BlackTie), c.users("BlackListUserIds", need, maxTies)
	if err := c.failed(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		for _, peer := range peers {
			if err := tx.DropTie(l, peer); err != nil {
				return err
			}
		}
		return nil
	})
}

// Source: UpdateBlackList, doc 1152121. Open: who is not on it is a failure.
func updateBlacklist(c *call) (any, error) {
	return c.changeTies(c.ties(community.BlackTie), c.blackChanges())
}

// blackInfo is somebody on a blacklist as it is sent. Source: data structures, doc 192711.
type blackInfo struct {
	BlackListUserId  int64
	BlackListUserExt map[string]string
	CreateTime       int64
	ModifyTime       int64
	FriendUserInfo   *friendInfo `json:",omitempty"`
}

// Source: GetBlackList, doc 1152122.
func getBlacklist(c *call) (any, error) {
	l, cursor, limit, total := c.ties(community.BlackTie), c.cursor("Cursor", need), c.limit("Limit", need, 20), c.flag("NeedTotal", false)
	list, count, more, next, err := c.listTies(l, true, cursor, limit, total)
	if err != nil {
		return nil, err
	}
	peers := make([]int64, len(list))
	for i, t := range list {
		peers[i] = t.Peer
	}
	friendList := l
	friendList.Kind = community.FriendTie
	friends, err := c.read().TiesAmong(friendList, peers)
	out := make([]blackInfo, len(list))
	for i, t := range list {
		out[i] = blackInfo{BlackListUserId: t.Peer, BlackListUserExt: mapped(t.Ext), CreateTime: t.CreatedAt, ModifyTime: t.ModifiedAt}
		if f, ok := friends[t.Peer]; ok {
			info := friendOf(f)
			out[i].FriendUserInfo = &info
		}
	}
	return struct {
		BlackListInfos        []blackInfo
		TotalCount            int64
		HasMore               bool
		NewCursor, NextCursor int64
	}{out, count, more, next, next}, err
}

// Source: IsInBlackList, doc 1152123.
func isInBlacklist(c *call) (any, error) {
	l, peers := c.ties(community.BlackTie), c.users("BlackListUserIds", need, maxTies)
	if err := c.failed(); err != nil {
		return nil, err
	}
	found, err := c.read().TiesAmong(l, peers)
	out := map[string]bool{}
	for _, peer := range peers {
		_, out[text(peer)] = found[peer]
	}
	return struct{ IsInBlackListInfos map[string]bool }{out}, err
}
