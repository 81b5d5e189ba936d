package tencent

import (
	"maps"
	"slices"
	"strconv"

	"imdesk/emulator/internal/community"
)

const followService = "follow"

var followCommands = []command{
	{service: followService, name: "follow_add", rate: 200, run: followAdd},
	{service: followService, name: "follow_delete", rate: 200, run: followDelete},
	{service: followService, name: "follow_check", rate: 200, run: followCheck},
	{service: followService, name: "follow_get", rate: 200, run: followGet},
	{service: followService, name: "follow_get_info", rate: 200, run: followCounts},
}

// Limits of following. Source: "Following and fans", docs 70345 to 70350.
const (
	maxFollow      = 20
	maxFollowCheck = 100
	followPage     = 100
	maxFollowPage  = 1000
)

// follows runs do for each of the users, and tells the app of those with whom that changed something.
func (c *call) follows(command, told string, names []string, do func(tx *community.Tx, me, peer community.Account) (bool, error)) (any, error) {
	if err := c.failed(); err != nil {
		return nil, err
	}
	answer := &snsAnswer{}
	var changes []followPair
	err := c.update(func(tx *community.Tx) error {
		me, err := c.me(tx.Conn)
		if err != nil {
			return err
		}
		accounts, err := tx.Accounts(c.app, names)
		if err != nil {
			return err
		}
		for _, name := range names {
			peer, known := accounts[name]
			switch {
			case !known:
				answer.add(command, name, codeSnsAccount, notImported)
				continue
			case peer.UID == me.UID:
				answer.add(command, name, codeSns, himself)
				continue
			}
			changed, err := do(tx, me, peer)
			if err != nil {
				return err
			}
			if changed {
				changes = append(changes, followPair{me.Name, peer.Name})
			}
			answer.add(command, name, 0, "")
		}
		if len(changes) == 0 {
			return nil
		}
		return c.tell(tx, userLane(changes[0].FromAccount), told, struct{ PairList []followPair }{changes})
	})
	return answer, err
}

// followPair is one user who follows another in callbacks. No page prints their fields: they are those of block lists.
type followPair struct {
	FromAccount string `json:"From_Account"`
	ToAccount   string `json:"To_Account"`
}

// followAdd is follow_add, doc 70345. Following somebody twice is following him.
func followAdd(c *call) (any, error) {
	var names []string
	for _, o := range c.objs("FollowItem", maxFollow, codeSns) {
		names = append(names, o.str("To_Account"))
	}
	return c.follows("FollowAdd", "Follow.CallbackAfterFollowAdd", names, func(tx *community.Tx, me, peer community.Account) (bool, error) {
		return tx.Follow(me.UID, peer.UID)
	})
}

// followDelete is follow_delete, doc 70346.
func followDelete(c *call) (any, error) {
	names := c.strs("To_Account", maxFollow, codeSns)
	return c.follows("FollowDelete", "Follow.CallbackAfterFollowDelete", names, func(tx *community.Tx, me, peer community.Account) (bool, error) {
		return tx.Unfollow(me.UID, peer.UID)
	})
}

type followRelation struct {
	ToAccount  string `json:"To_Account"`
	FollowType int    // 1: he follows the user, 2: the user follows him, 3: both
	ResultCode int
	ResultInfo string
}

// followCheck is follow_check, doc 70349.
func followCheck(c *call) (any, error) {
	names := c.strs("To_Account", maxFollowCheck, codeSns)
	db := c.read()
	me, err := c.me(db)
	if err != nil {
		return nil, err
	}
	accounts, err := db.Accounts(c.app, names)
	if err != nil {
		return nil, err
	}
	mine, err := db.FollowsAmong(me.UID, uids(accounts), false)
	if err != nil {
		return nil, err
	}
	theirs, err := db.FollowsAmong(me.UID, uids(accounts), true)
	if err != nil {
		return nil, err
	}
	items := make([]followRelation, len(names))
	for i, name := range names {
		a, known := accounts[name]
		items[i] = followRelation{ToAccount: name, FollowType: bit(theirs[a.UID]) | bit(mine[a.UID])<<1}
		if !known {
			items[i].ResultCode, items[i].ResultInfo = codeSnsAccount, errSNS+"FollowCheck_"+notImported
		}
	}
	return struct {
		ResultItem   []followRelation
		ErrorDisplay string
	}{items, ""}, nil
}

type followItem struct {
	ToAccount   string `json:"To_Account"`
	FollowTime  int64
	ProfileItem []profileItem `json:",omitempty"`
}

// followGet is follow_get, doc 70347. The kinds are numbered as the community numbers them.
func followGet(c *call) (any, error) {
	what := int(c.num("FollowType", community.Fans, community.Mutual))
	n := int(c.orDefault("WantNum", followPage, 1, maxFollowPage))
	after := int64(0)
	if cursor := c.optStr("StartCursor"); cursor != "" {
		var err error
		if after, err = strconv.ParseInt(cursor, 10, 64); err != nil || after < 1 {
			c.fail("StartCursor", "is no cursor")
		}
	}
	db := c.read()
	me, err := c.me(db)
	if err != nil {
		return nil, err
	}
	page, err := db.Follows(me.UID, what, after, n+1)
	if err != nil {
		return nil, err
	}
	answer := struct {
		FollowItem []followItem
		NextCursor string
	}{FollowItem: []followItem{}}
	if len(page) > n {
		page = page[:n]
		answer.NextCursor = strconv.FormatInt(page[n-1].N, 10)
	}
	ids := make([]int64, len(page))
	for i, f := range page {
		ids[i] = f.UID
	}
	profiles, err := db.Profiles(ids)
	if err != nil {
		return nil, err
	}
	for _, f := range page {
		item := followItem{ToAccount: f.Name, FollowTime: f.At}
		for _, tag := range append([]string{tagNick, tagImage}, slices.Sorted(maps.Keys(profiles[f.UID]))...) {
			if v := profileValue(f.Account, profiles[f.UID], tag); v != nil {
				item.ProfileItem = append(item.ProfileItem, profileItem{tag, v})
			}
		}
		answer.FollowItem = append(answer.FollowItem, item)
	}
	return answer, nil
}

type followCount struct {
	ToAccount                                           string `json:"To_Account"`
	FollowerCount, FollowingCount, MutualFollowingCount int
	ResultCode                                          int
	ResultInfo                                          string
}

// followCounts is follow_get_info, doc 70350.
func followCounts(c *call) (any, error) {
	names := c.strs("To_Account", maxFollow, codeSns)
	db := c.read()
	if _, err := c.me(db); err != nil {
		return nil, err
	}
	accounts, err := db.Accounts(c.app, names)
	if err != nil {
		return nil, err
	}
	counts := make([]followCount, len(names))
	for i, name := range names {
		k := &counts[i]
		k.ToAccount = name
		a, known := accounts[name]
		if !known {
			k.ResultCode, k.ResultInfo = codeSnsAccount, errSNS+"FollowGetInfo_"+notImported
			continue
		}
		for what, n := range map[int]*int{community.Fans: &k.FollowerCount, community.Following: &k.FollowingCount, community.Mutual: &k.MutualFollowingCount} {
			if *n, err = db.CountFollows(a.UID, what); err != nil {
				return nil, err
			}
		}
	}
	return struct {
		FollowInfo   []followCount
		ErrorDisplay string
	}{counts, ""}, nil
}
