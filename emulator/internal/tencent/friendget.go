package tencent

import (
	"encoding/json"
	"slices"
	"strings"

	"imdesk/emulator/internal/community"
)

// friendFields are the values of f by tag, each as JSON. What was never set is not among them.
func friendFields(f community.Friend) (map[string]json.RawMessage, error) {
	values := map[string]json.RawMessage{}
	for tag, value := range f.Custom {
		values[tag] = json.RawMessage(value)
	}
	for tag, value := range map[string]any{tagList: f.Lists, tagRemark: f.Remark, tagSource: f.Source, tagWording: f.Wording, tagSince: f.SinceAt} {
		if value == "" || tag == tagList && len(f.Lists) == 0 {
			continue
		}
		b, err := marshal(value)
		if err != nil {
			return nil, err
		}
		values[tag] = b
	}
	return values, nil
}

var standardFriendTags = []string{tagSource, tagWording, tagRemark, tagList, tagSince}

type userData struct {
	ToAccount string `json:"To_Account"`
	ValueItem []profileItem
}

// listFriends is friend_get, doc 34908. Half of the data is left out if the caller has its sequence already.
func listFriends(c *call) (any, error) {
	c.need("StartIndex")
	after := c.orDefault("StartIndex", 0, 0, 1<<62)
	standard, custom := c.optNum("StandardSequence", 0, 0, 1<<62), c.optNum("CustomSequence", 0, 0, 1<<62)
	db := c.read()
	me, err := c.me(db)
	if err != nil {
		return nil, err
	}
	seq, err := db.Sequences(me.UID)
	if err != nil {
		return nil, err
	}
	answer := struct {
		UserDataItem                     []userData
		StandardSequence, CustomSequence int64
		FriendNum                        int
		CompleteFlag                     int
		NextStartIndex                   int64
		ErrorDisplay                     string
	}{[]userData{}, seq.Standard, seq.Custom, 0, 1, 0, ""}
	if answer.FriendNum, err = db.CountFriends(me.UID); err != nil {
		return nil, err
	}
	withStandard, withCustom := standard == 0 || standard != seq.Standard, custom == 0 || custom != seq.Custom
	if !withStandard && !withCustom {
		return answer, nil
	}
	page, err := db.Friends(me.UID, after, friendPage+1)
	if err != nil {
		return nil, err
	}
	if len(page) > friendPage {
		page = page[:friendPage]
		answer.CompleteFlag, answer.NextStartIndex = 0, page[friendPage-1].N
	}
	for _, f := range page {
		values, err := friendFields(f)
		if err != nil {
			return nil, err
		}
		item := userData{f.Name, []profileItem{}}
		if withStandard {
			for _, tag := range standardFriendTags {
				if v, ok := values[tag]; ok {
					item.ValueItem = append(item.ValueItem, profileItem{tag, v})
				}
			}
		}
		if withCustom {
			for _, tag := range sortedKeys(f.Custom) {
				item.ValueItem = append(item.ValueItem, profileItem{tag, values[tag]})
			}
		}
		answer.UserDataItem = append(answer.UserDataItem, item)
	}
	return answer, nil
}

func sortedKeys(d community.Data) []string {
	keys := make([]string, 0, len(d))
	for k := range d {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

type friendInfo struct {
	ToAccount      string `json:"To_Account"`
	SnsProfileItem []profileItem
	ResultCode     int
	ResultInfo     string
}

// getFriends is friend_get_list, doc 34909: fields of friends, and of their profiles.
func getFriends(c *call) (any, error) {
	names, wanted := c.strs("To_Account", maxSns, codeSns), c.strs("TagList", 100, codeSns)
	for _, tag := range wanted {
		rest, own := strings.CutPrefix(tag, snsCustom)
		if !knownTag(tag) && !slices.Contains(standardFriendTags, tag) && !(own && shortWord(rest)) {
			c.fail("TagList", "holds something that is no field: "+tag)
		}
	}
	db := c.read()
	me, err := c.me(db)
	if err != nil {
		return nil, err
	}
	accounts, err := db.Accounts(c.app, names)
	if err != nil {
		return nil, err
	}
	friends, err := db.FriendsAmong(me.UID, uids(accounts))
	if err != nil {
		return nil, err
	}
	profiles, err := db.Profiles(uids(accounts))
	if err != nil {
		return nil, err
	}
	answer := struct {
		InfoItem     []friendInfo
		FailAccount  []string `json:"Fail_Account,omitempty"`
		ErrorDisplay string
	}{InfoItem: make([]friendInfo, len(names))}
	for i, name := range names {
		a := accounts[name]
		f, ok := friends[a.UID]
		info := friendInfo{ToAccount: name, SnsProfileItem: []profileItem{}}
		if !ok {
			info.ResultCode, info.ResultInfo = codeSns, errSNS+"FriendGetList_"+friendMissing
			answer.FailAccount = append(answer.FailAccount, name)
		} else {
			values, err := friendFields(f)
			if err != nil {
				return nil, err
			}
			for _, tag := range wanted {
				v, ok := values[tag]
				if !ok {
					v = profileValue(a, profiles[a.UID], tag)
				}
				if v != nil {
					info.SnsProfileItem = append(info.SnsProfileItem, profileItem{tag, v})
				}
			}
		}
		answer.InfoItem[i] = info
	}
	return answer, nil
}

// checkFriends is friend_check, doc 34907.
func checkFriends(c *call) (any, error) {
	items, failed, err := c.checkRelations("CheckResult_Type", "NoRelation", "FriendCheck", community.Conn.FriendSet, community.Conn.FriendsOf)
	return struct {
		InfoItem     []snsRelation
		FailAccount  []string `json:"Fail_Account,omitempty"`
		ErrorDisplay string
	}{items, failed, ""}, err
}
