package tencent

import (
	"slices"
	"strings"

	"imdesk/emulator/internal/community"
)

// wantedFriend is one item of friend_add or friend_import.
type wantedFriend struct {
	name string
	community.Friend
	wrong  string // what about it breaks a limit
	change friendChange
}

// wantedFriends reads AddFriendItem. An item that breaks a limit is refused alone.
func (c *call) wantedFriends(imported bool) []wantedFriend {
	now := c.s.now().Unix()
	objs := c.objs("AddFriendItem", maxSns, codeSns)
	wanted := make([]wantedFriend, len(objs))
	for i, o := range objs {
		w := wantedFriend{name: o.str("To_Account"), Friend: community.Friend{Remark: o.optStr("Remark"), Source: o.optStr("AddSource"), Wording: o.optStr("AddWording"), SinceAt: now}}
		if imported {
			o.str("AddSource")
			o.optNum("RemarkTime", 0, 0, maxU32)
			w.Lists = o.optStrs("GroupName", maxLists, codeSns)
			w.SinceAt = o.orDefault("AddTime", now, 1, maxU32)
			w.Custom = o.snsCustomItems()
		} else if name := o.optStr("GroupName"); name != "" {
			w.Lists = []string{name}
		}
		source, ok := strings.CutPrefix(w.Source, sourcePrefix)
		switch {
		case len(w.Remark) > maxRemark:
			w.wrong = "Remark_Too_Long"
		case len(w.Wording) > maxWording:
			w.wrong = "AddWording_Too_Long"
		case w.Source != "" && (!ok || !shortWord(source)):
			w.wrong = "AddSource_Illegal"
		case slices.ContainsFunc(w.Lists, badListName):
			w.wrong = "GroupName_Illegal"
		}
		wanted[i] = w
	}
	return wanted
}

func badListName(name string) bool { return name == "" || len(name) > maxListName }

// snsCustomItems reads CustomItem.
func (f *fields) snsCustomItems() community.Data {
	data := community.Data{}
	for _, o := range f.optObjs("CustomItem", 100, codeSns) {
		tag := o.str("Tag")
		if value := o.snsValue(tag); value != "" {
			data[tag] = value
		}
	}
	return data
}

// snsValue reads the Value of one of the app's own fields as JSON text.
func (f *fields) snsValue(tag string) string {
	rest, ok := strings.CutPrefix(tag, snsCustom)
	raw, there := f.need("Value")
	if !ok || !shortWord(rest) {
		f.fail("Tag", "is no field of friends")
	}
	if !there || *f.err != nil {
		return ""
	}
	_, isNumber := integer(raw)
	if raw[0] != '"' && !isNumber || len(raw) > maxSnsCustom+2 {
		f.fail("Value", "is neither a string of up to 500 bytes nor an integer")
	}
	return string(raw)
}

// addFriends is friend_add, doc 34902.
func addFriends(c *call) (any, error) {
	wanted := c.wantedFriends(false)
	both := c.oneOf("AddType", addSingle, addBoth) != addSingle
	force := c.optNum("ForceAddFlags", 0, 0, 1) == 1
	return c.addFriends(wanted, both, force)
}

// addFriends makes friends, or asks for it. How a user wants to be asked is in his profile; whoever set nothing takes
// anybody.
func (c *call) addFriends(wanted []wantedFriend, both, force bool) (*snsAnswer, error) {
	return c.eachWanted("FriendAdd", wanted, func(tx *community.Tx, s *snsScene, w wantedFriend) (int, string, error) {
		peer := s.accounts[w.name]
		if !force && s.profiles[s.me.UID][tagForbid] == `"AdminForbid_Type_SendOut"` {
			return codeForbidden, "Forbid_By_Admin", nil
		}
		relation, err := readRelation(tx.Conn, s.me.UID, peer.UID)
		switch {
		case err != nil:
			return 0, "", err
		case relation.blocks:
			return codePeerBlocked, "Peer_In_Self_Black", nil
		case relation.blocked:
			return codeBlockedByHim, "Self_In_Peer_Black", nil
		case relation.has && (relation.had || !both):
			return codeSns, "Friend_Exist", nil
		}
		if code, what, err := s.room(tx, peer, w, relation, both); err != nil || code != 0 {
			return code, what, err
		}
		if allow := s.profiles[peer.UID][tagAllow]; !force && allow == `"AllowType_Type_DenyAny"` {
			return codePeerDenies, "Peer_Denies_All", nil
		} else if !force && allow == `"AllowType_Type_NeedConfirm"` {
			return s.askPeer(tx, peer, w, both)
		}
		return 0, "", s.befriend(tx, c.app, peer, w.Friend, relation, both)
	}, func(tx *community.Tx, s *snsScene) error { return c.befriended(tx, s, "friend_add", force) })
}

// askPeer leaves it to peer to answer.
func (s *snsScene) askPeer(tx *community.Tx, peer community.Account, w wantedFriend, both bool) (code int, what string, err error) {
	if n, err := tx.CountRequests(peer.UID, s.me.UID); err != nil || n >= maxRequests {
		return codeTooManyAsked, "Pendency_Full", err
	}
	r := community.FriendRequest{Asker: s.me, At: w.SinceAt, Single: !both, Remark: w.Remark, Source: w.Source, Wording: w.Wording}
	if len(w.Lists) > 0 {
		r.List = w.Lists[0]
	}
	return codePending, "Need_Confirm", tx.AskFriend(peer.UID, r)
}

// snsScene is who takes part in a call.
type snsScene struct {
	me       community.Account
	accounts map[string]community.Account
	profiles map[int64]map[string]string
	pairs    []friendPair // new friendships
}

// eachWanted runs do for each item that names somebody else who is imported and breaks no limit, and then done.
func (c *call) eachWanted(command string, wanted []wantedFriend, do func(*community.Tx, *snsScene, wantedFriend) (int, string, error),
	done func(*community.Tx, *snsScene) error,
) (*snsAnswer, error) {
	if err := c.failed(); err != nil {
		return nil, err
	}
	answer := &snsAnswer{}
	err := c.update(func(tx *community.Tx) (err error) {
		s := &snsScene{}
		if s.me, err = c.me(tx.Conn); err != nil {
			return err
		}
		names := make([]string, len(wanted))
		for i, w := range wanted {
			names[i] = w.name
		}
		if s.accounts, err = tx.Accounts(c.app, names); err != nil {
			return err
		}
		if s.profiles, err = tx.Profiles(append(uids(s.accounts), s.me.UID)); err != nil {
			return err
		}
		for _, w := range wanted {
			peer, known := s.accounts[w.name]
			code, what := 0, ""
			switch {
			case !known:
				code, what = codeSnsAccount, notImported
			case peer.UID == s.me.UID:
				code, what = codeSns, himself
			case w.wrong != "":
				code, what = codeSns, w.wrong
			default:
				w.UID = peer.UID
				if code, what, err = do(tx, s, w); err != nil {
					return err
				}
			}
			answer.add(command, w.name, code, what)
		}
		return done(tx, s)
	})
	return answer, err
}

// untold is the end of a call of which no app is told.
func untold(*community.Tx, *snsScene) error { return nil }

// relation is what lies between a user and another one.
type relation struct {
	has, had        bool // the other is on his list, he is on the other's
	blocks, blocked bool
}

func readRelation(db community.Conn, uid, peer int64) (r relation, err error) {
	for _, q := range []struct {
		to   *bool
		read func(int64, []int64) (map[int64]bool, error)
		of   int64
		in   int64
	}{{&r.has, db.FriendsOf, peer, uid}, {&r.had, db.FriendsOf, uid, peer}, {&r.blocks, db.BlocksAmong, uid, peer}, {&r.blocked, db.BlocksAmong, peer, uid}} {
		found, err := q.read(q.of, []int64{q.in})
		if err != nil {
			return r, err
		}
		*q.to = found[q.in]
	}
	return r, nil
}

// room tells whether the lists of both have room for a new friendship.
func (s *snsScene) room(tx *community.Tx, peer community.Account, w wantedFriend, r relation, both bool) (code int, what string, err error) {
	if n, err := tx.CountFriends(s.me.UID); err != nil || !r.has && n >= maxFriends {
		return codeFriendsFull, "Self_Friend_Full", err
	}
	if n, err := tx.CountFriends(peer.UID); err != nil || both && !r.had && n >= maxFriends {
		return codePeerFull, "Peer_Friend_Full", err
	}
	if n, err := countLists(tx.Conn, s.me.UID, w.Lists); err != nil || n > maxLists {
		return codeTooManyLists, "Group_Num_Exceed", err
	}
	return 0, "", nil
}

// countLists returns how many friend lists the user has together with those named.
func countLists(db community.Conn, uid int64, more []string) (int, error) {
	have, err := db.FriendLists(uid)
	n := len(have)
	for i, name := range more {
		if !slices.ContainsFunc(have, func(l community.FriendList) bool { return l.Name == name }) && !slices.Contains(more[:i], name) {
			n++
		}
	}
	return n, err
}

// friendPair is one direction of a relation in callbacks.
type friendPair struct {
	FromAccount      string `json:"From_Account"`
	ToAccount        string `json:"To_Account"`
	InitiatorAccount string `json:"Initiator_Account,omitempty"`
}

// befriend puts peer on the user's list, and the user on peer's if both says so, wherever one is not on it yet.
func (s *snsScene) befriend(tx *community.Tx, app int64, peer community.Account, f community.Friend, r relation, both bool) error {
	me := s.me
	if !r.has {
		f.UID = peer.UID
		if err := tx.AddFriend(app, me.UID, f); err != nil {
			return err
		}
		s.pairs = append(s.pairs, friendPair{me.Name, peer.Name, me.Name})
	}
	if !both || r.had {
		return nil
	}
	s.pairs = append(s.pairs, friendPair{peer.Name, me.Name, me.Name})
	return tx.AddFriend(app, peer.UID, community.Friend{UID: me.UID, SinceAt: f.SinceAt, Source: f.Source, Wording: f.Wording})
}

// befriended tells the app of new friendships. command is friend_add or friend_response; force, that nobody was asked.
func (c *call) befriended(tx *community.Tx, s *snsScene, command string, force bool) error {
	if len(s.pairs) == 0 {
		return nil
	}
	e := struct {
		PairList     []friendPair
		ClientCmd    string
		AdminAccount string `json:"Admin_Account"`
		ForceFlag    int
	}{s.pairs, command, "", bit(force)}
	if c.isAdmin(c.admin) {
		e.AdminAccount = c.admin
	}
	return c.tell(tx, userLane(s.me.Name), "Sns.CallbackFriendAdd", e)
}

// importFriends is friend_import, doc 34903: one way, and nobody is asked.
func importFriends(c *call) (any, error) {
	return c.eachWanted("FriendImport", c.wantedFriends(true), func(tx *community.Tx, s *snsScene, w wantedFriend) (int, string, error) {
		peer := s.accounts[w.name]
		relation, err := readRelation(tx.Conn, s.me.UID, peer.UID)
		switch {
		case err != nil:
			return 0, "", err
		case relation.has:
			return codeSns, "Friend_Exist", nil
		}
		if code, what, err := s.room(tx, peer, w, relation, false); err != nil || code != 0 {
			return code, what, err
		}
		return 0, "", s.befriend(tx, c.app, peer, w.Friend, relation, false)
	}, untold)
}

// friendChange is one item of friend_update.
type friendChange struct {
	remark *string
	lists  []string
	custom community.Data
	setsTo bool // lists holds the lists he is to be on
}

// updateFriends is friend_update, doc 34904: remark, friend lists and the app's own fields.
func updateFriends(c *call) (any, error) {
	var wanted []wantedFriend
	for _, o := range c.objs("UpdateItem", maxSns, codeSns) {
		w, change := wantedFriend{name: o.str("To_Account")}, friendChange{custom: community.Data{}}
		for _, it := range o.objs("SnsItem", 100, codeSns) {
			switch tag := it.str("Tag"); tag {
			case tagRemark:
				it.need("Value")
				change.remark = it.strPtr("Value")
			case tagList:
				it.need("Value")
				change.lists, change.setsTo = it.optStrs("Value", maxLists, codeSns), true
			default:
				change.custom[tag] = it.snsValue(tag)
			}
		}
		if change.remark != nil && len(*change.remark) > maxRemark {
			w.wrong = "Remark_Too_Long"
		}
		if slices.ContainsFunc(change.lists, badListName) {
			w.wrong = "GroupName_Illegal"
		}
		w.change = change
		wanted = append(wanted, w)
	}
	return c.eachWanted("FriendUpdate", wanted, func(tx *community.Tx, s *snsScene, w wantedFriend) (int, string, error) {
		change := w.change
		found, err := tx.FriendsAmong(s.me.UID, []int64{w.UID})
		f, ok := found[w.UID]
		if err != nil || !ok {
			return codeNoFriend, friendMissing, err
		}
		if n, err := countLists(tx.Conn, s.me.UID, change.lists); err != nil || n > maxLists {
			return codeTooManyLists, "Group_Num_Exceed", err
		}
		if change.remark != nil {
			f.Remark = *change.remark
		}
		if change.setsTo {
			f.Lists = change.lists
		}
		for tag, value := range change.custom {
			if f.Custom == nil {
				f.Custom = community.Data{}
			}
			f.Custom[tag] = value
		}
		return 0, "", tx.SaveFriend(s.me.UID, f, change.setsTo, len(change.custom) > 0)
	}, untold)
}

// unfriend takes peer off the user's list, and with both the user off peer's, and returns what that ended.
func unfriend(tx *community.Tx, app int64, me, peer community.Account, both bool) (ended []friendPair, err error) {
	sides := [][2]community.Account{{me, peer}, {peer, me}}
	if !both {
		sides = sides[:1]
	}
	for _, side := range sides {
		gone, err := tx.RemoveFriend(app, side[0].UID, side[1].UID)
		if err != nil {
			return nil, err
		}
		if gone {
			ended = append(ended, friendPair{FromAccount: side[0].Name, ToAccount: side[1].Name})
		}
	}
	return ended, nil
}

// deleteFriends is friend_delete, doc 34905.
func deleteFriends(c *call) (any, error) {
	both := c.oneOf("DeleteType", deleteSingle, deleteBoth) == deleteBoth
	return c.eachNamed("FriendDelete", "Sns.CallbackFriendDelete", func(tx *community.Tx, me, peer community.Account) (int, string, []friendPair, error) {
		ended, err := unfriend(tx, c.app, me, peer, both)
		if err != nil || len(ended) == 0 {
			return codeNoFriend, friendMissing, nil, err
		}
		return 0, "", ended, nil
	})
}

// deleteAllFriends is friend_delete_all, doc 34906. With Delete_Type_Both the user leaves the lists of his friends, too.
func deleteAllFriends(c *call) (any, error) {
	both := c.oneOf("DeleteType", deleteSingle, deleteBoth) == deleteBoth
	return struct{ ErrorDisplay string }{}, c.update(func(tx *community.Tx) error {
		me, err := c.me(tx.Conn)
		if err != nil {
			return err
		}
		friends, err := tx.Friends(me.UID, 0, maxFriends)
		if err != nil {
			return err
		}
		var all []friendPair
		for _, f := range friends {
			ended, err := unfriend(tx, c.app, me, community.Account{UID: f.UID, Name: f.Name}, both)
			if err != nil {
				return err
			}
			all = append(all, ended...)
		}
		return c.tellPairs(tx, "Sns.CallbackFriendDelete", all)
	})
}
