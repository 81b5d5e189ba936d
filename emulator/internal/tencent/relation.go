package tencent

import "imdesk/emulator/internal/community"

// pairEvent is two users between whom something changed.
type pairEvent struct {
	FromAccount      string `json:"From_Account"`
	ToAccount        string `json:"To_Account"`
	InitiatorAccount string `json:"Initiator_Account,omitempty"`
}

// pairEvents are those of one call, of which the app is told together.
type pairEvents []pairEvent

func (p *pairEvents) add(from, to community.Account) {
	*p = append(*p, pairEvent{FromAccount: from.Name, ToAccount: to.Name})
}

// tellPairs tells the app of what changed between users, if anything did. Of following no page prints the fields: it has
// those of the block list.
func (c *call) tellPairs(tx *community.Tx, command string, list pairEvents) error {
	if len(list) == 0 {
		return nil
	}
	return c.tell(tx, userLane(list[0].FromAccount), command, struct{ PairList pairEvents }{list})
}

// tellFriends tells the app who became whose friend. command is friend_add or friend_response; force, that nobody was asked.
func (c *call) tellFriends(tx *community.Tx, command, initiator string, force bool, list pairEvents) error {
	if len(list) == 0 {
		return nil
	}
	for i := range list {
		list[i].InitiatorAccount = initiator
	}
	e := struct {
		PairList     pairEvents
		ClientCmd    string
		AdminAccount string `json:"Admin_Account"`
		ForceFlag    int
	}{list, command, "", bit(force)}
	if c.isAdmin(c.admin) {
		e.AdminAccount = c.admin
	}
	return c.tell(tx, userLane(list[0].FromAccount), "Sns.CallbackFriendAdd", e)
}

// mayAnswer asks the app whether a user may answer another one's wish to be his friend, in one of the vendor's words.
func (c *call) mayAnswer(user, asker, action string) error {
	code, info := 0, ""
	type item struct {
		ToAccount       string `json:"To_Account"`
		Remark, TagName string
		ResponseAction  string
	}
	_, err := c.ask("Sns.CallbackPrevFriendResponse", struct {
		RequesterAccount   string `json:"Requester_Account"`
		FromAccount        string `json:"From_Account"`
		ResponseFriendItem []item
		EventTime          int64
	}{user, user, []item{{ToAccount: asker, ResponseAction: action}}, c.eventMS()}, decision{}, func(v *verdict) error {
		for _, o := range v.optObjs("ResultItem", maxSns, 0) {
			to, result, text := o.str("To_Account"), o.num("ResultCode", 0, maxU32), o.optStr("ResultInfo")
			if to == asker && v.failed() == nil {
				code, info = int(result), text
			}
		}
		return v.failed()
	})
	if err == nil && code != 0 {
		err = refuse(code, "%s", info)
	}
	return err
}
