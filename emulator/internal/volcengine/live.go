package volcengine

import "imdesk/emulator/internal/community"

// What a live group may have. Source: live groups, doc 803659.
const (
	maxManagers = 10
	maxWhite    = 100
	maxMarks    = 20
)

// whiteInfo is somebody on the white list as it is sent. Source: data structures, doc 192711.
type whiteInfo struct {
	ParticipantUserId    int64
	ParticipantUserIdStr string
	CreateTime           int64
	Operator             int64
	OperatorStr          string
	profile
}

func failedUsersTwin(failed []int64) any {
	return struct {
		FailedUserIds    []int64
		FailedUserIdsStr []string
	}{listed(failed), texts(failed)}
}

// Source: BatchAddWhitelistParticipant, doc 1051345. Open: anybody can be on it, present or not.
func addWhitelist(c *call) (any, error) {
	id, operator, users := c.csi(), c.operator(), c.users("ParticipantUserIds", need, maxItems)
	err := c.change(id, live, func(tx *community.Tx, v *community.Conversation) error {
		for _, user := range users {
			if err := tx.PutWhite(v.CID, community.Whitelisted{User: user, AddedAt: c.s.now().Unix(), Operator: operator}); err != nil {
				return err
			}
		}
		n, err := tx.CountWhite(v.CID)
		if err == nil && n > maxWhite {
			err = errTooManyWhite
		}
		return err
	})
	return failedUsersTwin(nil), err
}

// Source: BatchRemoveWhitelistParticipant, doc 1051346. Open: removing who is not on it works.
func removeWhitelist(c *call) (any, error) {
	id, users := c.csi(), c.users("ParticipantUserIds", need, maxItems)
	c.operator()
	err := c.change(id, live, func(tx *community.Tx, v *community.Conversation) error {
		for _, user := range users {
			if err := tx.DropWhite(v.CID, user); err != nil {
				return err
			}
		}
		return nil
	})
	return failedUsersTwin(nil), err
}

// Source: BatchGetWhitelistParticipant, doc 1051347. Open: by user, the cursor is the next one.
func getWhitelist(c *call) (any, error) {
	id, cursor, limit := c.csi(), c.cursor("Cursor", need), c.limit("Limit", need, 20)
	v, err := c.find(c.read(), id, live)
	if err != nil {
		return nil, err
	}
	list, err := c.read().Whitelist(v.CID, cursor, limit+1)
	if err != nil {
		return nil, err
	}
	list, more, next := byUser(list, limit, func(w community.Whitelisted) int64 { return w.User })
	users := make([]int64, len(list))
	for i, w := range list {
		users[i] = w.User
	}
	profiles, err := c.profiles(v, users)
	out := make([]whiteInfo, len(list))
	for i, w := range list {
		out[i] = whiteInfo{w.User, text(w.User), w.AddedAt, w.Operator, text(w.Operator), profiles[w.User]}
	}
	return scanned[whiteInfo]{out, more, next}, err
}

func failedManagers(failed []int64) any {
	return struct {
		FailedManagerUserIds    []int64
		FailedManagerUserIdsStr []string
	}{listed(failed), texts(failed)}
}

// Source: BatchAddManager, doc 1051343. Open: a manager need not be present; the owner cannot be one.
func addManagers(c *call) (any, error) {
	id, operator, users := c.csi(), c.operator(), c.users("ManagerUserIds", need, maxItems)
	var failed []int64
	err := c.change(id, live, func(tx *community.Tx, v *community.Conversation) error {
		there, err := tx.ParticipantsAmong(v.CID, users)
		if err != nil {
			return err
		}
		for _, user := range users {
			if user == v.Owner {
				failed = append(failed, user)
				continue
			}
			p, ok := there[user]
			if !ok {
				p = community.Participant{User: user, JoinedAt: c.s.now().Unix()}
			}
			p.Role, p.Operator = community.RoleManager, operator
			if err := tx.PutParticipant(v.CID, p); err != nil {
				return err
			}
		}
		n, err := tx.CountManagers(v.CID)
		if err == nil && n > maxManagers {
			err = errTooManyManagers
		}
		return err
	})
	return failedManagers(failed), err
}

// Source: BatchRemoveManager, doc 1051344. Open: removing who is none works.
func removeManagers(c *call) (any, error) {
	id, users := c.csi(), c.users("RemoveManagerUserIds", need, maxItems)
	c.operator()
	err := c.change(id, live, func(tx *community.Tx, v *community.Conversation) error {
		there, err := tx.ParticipantsAmong(v.CID, users)
		if err != nil {
			return err
		}
		for _, user := range users {
			p, ok := there[user]
			if !ok || p.Role != community.RoleManager {
				continue
			}
			p.Role = community.RoleMember
			if err := settle(tx, v, p); err != nil {
				return err
			}
		}
		return nil
	})
	return failedManagers(nil), err
}

// What MarkAction says.
const (
	markAdd    = 1
	markRemove = 2
)

// Source: MarkConversation, doc 1187904.
func markConversation(c *call) (any, error) {
	id, marks, act := c.csi(), c.strs("MarkTypes", need, maxItems), c.oneOf("MarkAction", markAdd, markRemove)
	c.user("Operator", may)
	return nil, c.change(id, live, func(tx *community.Tx, v *community.Conversation) error {
		for _, mark := range marks {
			if err := tx.SetGroupMark(v.CID, mark, act == markAdd); err != nil {
				return err
			}
		}
		all, err := tx.GroupMarks(v.CID)
		if err == nil && act == markAdd && len(all) > maxMarks {
			err = errTooManyMarks
		}
		return err
	})
}

// Source: GetConversationMarks, doc 1187905.
func getMarks(c *call) (any, error) {
	v, err := c.find(c.read(), c.csi(), live)
	if err != nil {
		return nil, err
	}
	marks, err := c.read().GroupMarks(v.CID)
	return struct{ MarkTypes []string }{listed(marks)}, err
}

// liveChange is what a request says of a member of a live group.
type liveChange struct {
	user         int64
	avatar, nick *string
	ext          map[string]string
	marks        []string
}

// Source: BatchUpdateLiveParticipants, doc 1162951. Open: Marks alone are enough, and Ext is merged.
func updateLiveParticipants(c *call) (any, error) {
	id, act := c.csi(), c.oneOf("MarkAction", markAdd, markRemove)
	var changes []liveChange
	for _, o := range c.objs("ParticipantInfos", 10) {
		ch := liveChange{o.user("UserId", need), o.strp("AvatarUrl"), o.strp("NickName"), o.pairs("Ext"), o.strs("Marks", may, maxItems)}
		if ch.avatar == nil && ch.nick == nil && ch.ext == nil && len(ch.marks) == 0 {
			o.fail("NickName", "and all else to change is missing")
		}
		changes = append(changes, ch)
	}
	failed := []failedItemTwin{}
	err := c.change(id, live, func(tx *community.Tx, v *community.Conversation) error {
		for _, ch := range changes {
			there, err := tx.ParticipantsAmong(v.CID, []int64{ch.user})
			if err != nil {
				return err
			}
			p, ok := there[ch.user]
			if !ok {
				failed = append(failed, failedItemTwin{errNotParticipant.item(ch.user), text(ch.user)})
				continue
			}
			ch.over(&p, act)
			if err := tx.PutParticipant(v.CID, p); err != nil {
				return err
			}
		}
		return nil
	})
	return struct{ FailedInfos []failedItemTwin }{failed}, err
}

// failedItemTwin is a failed item of the one action that names users in text as well.
type failedItemTwin struct {
	failedItem
	UserIdStr string
}

func (ch liveChange) over(p *community.Participant, act int64) {
	if ch.avatar != nil {
		p.Avatar = *ch.avatar
	}
	if ch.nick != nil {
		p.Nick = *ch.nick
	}
	p.Ext = merged(p.Ext, ch.ext)
	p.Marks = tagged(p.Marks, ch.marks, act == markAdd)
}

// tagged is old with the tags added that it lacks, or without them.
func tagged(old, tags []string, add bool) []string {
	gone := map[string]bool{}
	for _, tag := range tags {
		gone[tag] = !add
	}
	out := []string{}
	for _, tag := range old {
		if !gone[tag] {
			out = append(out, tag)
		}
	}
	if add {
		out = unique(append(out, tags...))
	}
	return out
}

// statusInfo says whether a user is in a live group. Source: data structures, doc 192711.
type statusInfo struct {
	AppId                int64
	ConversationShortId  int64
	ParticipantUserId    int64
	ParticipantUserIdStr string
	IsInConversation     bool
	CreateTime           int64
}

// maxStatus is how many users are answered for; more are not refused. Source: QueryLiveParticipantStatus, doc 1051348.
const maxStatus = 200

// Source: QueryLiveParticipantStatus, doc 1051348.
func queryLiveStatus(c *call) (any, error) {
	id, users := c.csi(), c.users("ParticipantUserIds", need, 1<<16)
	v, err := c.find(c.read(), id, live)
	if err != nil {
		return nil, err
	}
	users = users[:min(len(users), maxStatus)]
	found, err := c.read().ParticipantsAmong(v.CID, users)
	if err != nil {
		return nil, err
	}
	out := make([]statusInfo, len(users))
	for i, user := range users {
		p, ok := found[user]
		out[i] = statusInfo{c.app.ID, v.ID, user, text(user), ok, p.JoinedAt}
	}
	return struct{ Status []statusInfo }{out}, nil
}
