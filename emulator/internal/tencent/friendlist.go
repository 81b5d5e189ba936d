package tencent

import (
	"slices"

	"imdesk/emulator/internal/community"
)

// addFriendLists is group_add, doc 34910. Friends named in To_Account come onto each of the lists.
func addFriendLists(c *call) (any, error) {
	lists, names := c.strs("GroupName", maxSns, codeSns), c.optStrs("To_Account", maxSns, codeSns)
	if slices.ContainsFunc(lists, badListName) {
		c.fail("GroupName", "holds a name that is not 1 to 30 bytes")
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	answer := struct {
		ResultItem      []snsResult `json:",omitempty"`
		FailAccount     []string    `json:"Fail_Account,omitempty"`
		CurrentSequence int64
		ErrorDisplay    string
	}{}
	err := c.update(func(tx *community.Tx) error {
		me, err := c.me(tx.Conn)
		if err != nil {
			return err
		}
		if n, err := countLists(tx.Conn, me.UID, lists); err != nil {
			return err
		} else if n > maxLists {
			return refuse(codeTooManyLists, "more than %d friend lists", maxLists)
		}
		for _, name := range lists {
			if err := tx.AddList(me.UID, name); err != nil {
				return err
			}
		}
		results, err := c.fillLists(tx, me, lists, names)
		if err != nil {
			return err
		}
		answer.ResultItem, answer.FailAccount = results.ResultItem, results.FailAccount
		seq, err := tx.Sequences(me.UID)
		answer.CurrentSequence = seq.Lists
		return err
	})
	return answer, err
}

// fillLists puts those of the named users who are friends on each of the lists.
func (c *call) fillLists(tx *community.Tx, me community.Account, lists, names []string) (*snsAnswer, error) {
	results := &snsAnswer{}
	accounts, err := tx.Accounts(c.app, names)
	if err != nil {
		return nil, err
	}
	friends, err := tx.FriendsAmong(me.UID, uids(accounts))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		a, known := accounts[name]
		_, isFriend := friends[a.UID]
		switch {
		case !known:
			results.add("GroupAdd", name, codeSnsAccount, notImported)
			continue
		case !isFriend:
			results.add("GroupAdd", name, codeListStranger, "ToTinyId_Not_Friend")
			continue
		}
		for _, list := range lists {
			if err := tx.AddToList(me.UID, list, a.UID); err != nil {
				return nil, err
			}
		}
		results.add("GroupAdd", name, 0, "")
	}
	return results, nil
}

type listSequence struct {
	CurrentSequence int64
	ErrorDisplay    string
}

// deleteFriendLists is group_delete, doc 34911. Who is on a list stays a friend; a list that is not there is passed over.
func deleteFriendLists(c *call) (any, error) {
	lists := c.strs("GroupName", maxSns, codeSns)
	var answer listSequence
	return &answer, c.update(func(tx *community.Tx) error {
		me, err := c.me(tx.Conn)
		if err != nil {
			return err
		}
		for _, name := range lists {
			if err := tx.RemoveList(me.UID, name); err != nil {
				return err
			}
		}
		seq, err := tx.Sequences(me.UID)
		answer.CurrentSequence = seq.Lists
		return err
	})
}

type friendListItem struct {
	GroupName    string
	FriendNumber int
	ToAccount    []string `json:"To_Account,omitempty"`
}

// listFriendLists is group_get, doc 50225. Table and sample of the page differ in whether NeedFriend counts beside
// GroupName: it does here.
func listFriendLists(c *call) (any, error) {
	wanted := c.optStrs("GroupName", maxSns, codeSns)
	members := c.oneOf("NeedFriend", "Need_Friend_Type_Yes", "Need_Friend_Type_No") == "Need_Friend_Type_Yes"
	db := c.read()
	me, err := c.me(db)
	if err != nil {
		return nil, err
	}
	lists, err := db.FriendLists(me.UID)
	if err != nil {
		return nil, err
	}
	seq, err := db.Sequences(me.UID)
	if err != nil {
		return nil, err
	}
	items := []friendListItem{}
	for _, l := range lists {
		if len(wanted) > 0 && !slices.Contains(wanted, l.Name) {
			continue
		}
		item := friendListItem{GroupName: l.Name, FriendNumber: len(l.Members)}
		if members {
			item.ToAccount = l.Members
		}
		items = append(items, item)
	}
	return struct {
		ResultItem []friendListItem
		listSequence
	}{items, listSequence{seq.Lists, ""}}, nil
}
