package tencent

import (
	"context"
	"fmt"
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

// addFriends is friend_add, doc 34902. How a user wants to be asked is in his profile; whoever set nothing takes anybody.
func addFriends(c *call) (any, error) {
	wanted := c.wantedFriends(false)
	both := c.oneOf("AddType", addSingle, addBoth) != addSingle
	force := c.optNum("ForceAddFlags", 0, 0, 1) == 1
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
			if n, err := tx.CountRequests(peer.UID, s.me.UID); err != nil || n >= maxRequests {
				return codeTooManyAsked, "Pendency_Full", err
			}
			r := community.FriendRequest{Asker: s.me, At: w.SinceAt, Single: !both, Remark: w.Remark, Source: w.Source, Wording: w.Wording}
			if len(w.Lists) > 0 {
				r.List = w.Lists[0]
			}
			return codePending, "Need_Confirm", tx.AskFriend(peer.UID, r)
		}
		return 0, "", befriend(tx, c.app, s.me, peer, w.Friend, relation, both)
	})
}

// snsScene is who takes part in a call.
type snsScene struct {
	me       community.Account
	accounts map[string]community.Account
	profiles map[int64]map[string]string
}

// eachWanted runs do for each item that names somebody else who is imported and breaks no limit.
func (c *call) eachWanted(command string, wanted []wantedFriend, do func(*community.Tx, *snsScene, wantedFriend) (int, string, error)) (any, error) {
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
		return nil
	})
	return answer, err
}

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

// befriend puts peer on me's list, and me on peer's if both says so, wherever one is not on it yet.
func befriend(tx *community.Tx, app int64, me, peer community.Account, f community.Friend, r relation, both bool) error {
	if !r.has {
		f.UID = peer.UID
		if err := tx.AddFriend(app, me.UID, f); err != nil {
			return err
		}
	}
	if !both || r.had {
		return nil
	}
	return tx.AddFriend(app, peer.UID, community.Friend{UID: me.UID, SinceAt: f.SinceAt, Source: f.Source, Wording: f.Wording})
}

// AnswerFriend answers, as the app on user's device does, asker's wish to be his friend. Wishes that are gone, or for
// which there is no room, are an error.
func (s *Service) AnswerFriend(ctx context.Context, app int64, user, asker string, agree bool) error {
	return s.store.Update(ctx, func(tx *community.Tx) error {
		a, err := tx.Account(app, asker)
		if err != nil {
			return err
		}
		u, err := tx.Account(app, user)
		if err != nil {
			return err
		}
		r, err := tx.TakeRequest(u.UID, a)
		if err != nil {
			return fmt.Errorf("%w: %s of %s", err, asker, user)
		}
		if !agree {
			return nil
		}
		between, err := readRelation(tx.Conn, a.UID, u.UID)
		if err != nil {
			return err
		}
		w := wantedFriend{Friend: community.Friend{Remark: r.Remark, Source: r.Source, Wording: r.Wording, SinceAt: s.now().Unix()}}
		if r.List != "" {
			w.Lists = []string{r.List}
		}
		code, what, err := (&snsScene{me: a}).room(tx, u, w, between, !r.Single)
		if err != nil {
			return err
		}
		if code != 0 {
			return fmt.Errorf("answer %s: %w", asker, refuse(code, "%s", what))
		}
		return befriend(tx, app, a, u, w.Friend, between, !r.Single)
	})
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
		return 0, "", befriend(tx, c.app, s.me, peer, w.Friend, relation, false)
	})
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
	})
}

// deleteFriends is friend_delete, doc 34905.
func deleteFriends(c *call) (any, error) {
	both := c.oneOf("DeleteType", deleteSingle, deleteBoth) == deleteBoth
	return c.eachNamed("FriendDelete", func(tx *community.Tx, me, peer community.Account) (int, string, error) {
		gone, err := tx.RemoveFriend(c.app, me.UID, peer.UID)
		if err == nil && both {
			var back bool
			back, err = tx.RemoveFriend(c.app, peer.UID, me.UID)
			gone = gone || back
		}
		if err != nil || !gone {
			return codeNoFriend, friendMissing, err
		}
		return 0, "", nil
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
		peers, err := tx.FriendUIDs(me.UID)
		if err != nil {
			return err
		}
		for _, peer := range peers {
			if _, err := tx.RemoveFriend(c.app, me.UID, peer); err != nil {
				return err
			}
			if !both {
				continue
			}
			if _, err := tx.RemoveFriend(c.app, peer, me.UID); err != nil {
				return err
			}
		}
		return nil
	})
}
