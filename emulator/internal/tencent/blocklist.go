package tencent

import "imdesk/emulator/internal/community"

const maxBlocked = 1000

// block is black_list_add, doc 34912. It ends a friendship both ways.
func block(c *call) (any, error) {
	return c.eachNamed("BlackListAdd", "Sns.CallbackBlackListAdd", func(tx *community.Tx, me, peer community.Account) (int, string, []friendPair, error) {
		if me.UID == peer.UID {
			return codeSns, himself, nil, nil
		}
		there, err := tx.BlocksAmong(me.UID, []int64{peer.UID})
		if err != nil || there[peer.UID] {
			return codeSns, "Black_Exist", nil, err
		}
		if n, err := tx.CountBlocked(me.UID); err != nil || n >= maxBlocked {
			return codeBlocksFull, "Black_Full", nil, err
		}
		_, err = tx.Block(c.app, me.UID, peer.UID)
		return 0, "", []friendPair{{FromAccount: me.Name, ToAccount: peer.Name}}, err
	})
}

// unblock is black_list_delete, doc 34913.
func unblock(c *call) (any, error) {
	return c.eachNamed("BlackListDelete", "Sns.CallbackBlackListDelete", func(tx *community.Tx, me, peer community.Account) (int, string, []friendPair, error) {
		was, err := tx.Unblock(me.UID, peer.UID)
		if err != nil || !was {
			return codeSns, "Black_Not_Exist", nil, err
		}
		return 0, "", []friendPair{{FromAccount: me.Name, ToAccount: peer.Name}}, nil
	})
}

type blackItem struct {
	ToAccount         string `json:"To_Account"`
	AddBlackTimeStamp int64
}

// listBlocked is black_list_get, doc 34914. CurruentSequence is spelled that way on the wire.
func listBlocked(c *call) (any, error) {
	c.need("StartIndex")
	first := c.orDefault("StartIndex", 0, 0, 1<<62)
	n := int(min(c.num("MaxLimited", 1, maxU32), maxBlocked))
	c.num("LastSequence", 0, 1<<62)
	db := c.read()
	me, err := c.me(db)
	if err != nil {
		return nil, err
	}
	seq, err := db.Sequences(me.UID)
	if err != nil {
		return nil, err
	}
	page, err := db.BlockedBy(me.UID, first, n+1)
	if err != nil {
		return nil, err
	}
	answer := struct {
		BlackListItem    []blackItem
		StartIndex       int64
		CurruentSequence int64
		ErrorDisplay     string
	}{BlackListItem: []blackItem{}, CurruentSequence: seq.Blocks}
	if len(page) > n {
		answer.StartIndex = page[n].N
		page = page[:n]
	}
	for _, b := range page {
		answer.BlackListItem = append(answer.BlackListItem, blackItem{b.Name, b.At})
	}
	return answer, nil
}

// checkBlocked is black_list_check, doc 34950.
func checkBlocked(c *call) (any, error) {
	items, failed, err := c.checkRelations("BlackCheckResult_Type", "NO", "BlackListCheck", community.Conn.BlocksAmong, community.Conn.BlocksOf)
	return struct {
		BlackListCheckItem []snsRelation
		FailAccount        []string `json:"Fail_Account,omitempty"`
		ErrorDisplay       string
	}{items, failed, ""}, err
}
