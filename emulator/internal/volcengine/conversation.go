package volcengine

import (
	"imdesk/emulator/internal/community"
)

// maxLiveGroups is how many an app may have. Source: live groups, doc 803659. Open: that it is counted by app, and the error.
const maxLiveGroups = 200

// conversationInfo is a conversation as it is sent. Source: data structures, doc 192711. Open: the form of ConversationId.
type conversationInfo struct {
	AppId               int64
	ConversationShortId int64
	ConversationId      string
	ConversationType    int64
	InboxType           int64
	Name                string
	AvatarUrl           string
	Description         string
	Notice              string
	OwnerUserId         int64
	OwnerUserIdStr      string
	CreatorUserId       int64
	CreatorUserIdStr    string
	Status              int
	Ext                 map[string]string
	CreateTime          int64
	ModifyTime          int64
	MemberCount         *int64 `json:",omitempty"`
	OnlineCount         *int64 `json:",omitempty"`
	OtherUserId         int64  `json:",omitempty"`
	OtherUserIdStr      string `json:",omitempty"`
}

// info is v for a user: who the other one is depends on that. viewer 0 is the owner.
func info(v *community.Conversation, counted bool, viewer int64) conversationInfo {
	i := conversationInfo{
		AppId: v.App, ConversationShortId: v.ID, ConversationId: text(v.ID), ConversationType: v.Type, InboxType: v.Inbox,
		Name: v.Name, AvatarUrl: v.Avatar, Description: v.Description, Notice: v.Notice, OwnerUserId: v.Owner, OwnerUserIdStr: text(v.Owner),
		CreatorUserId: v.Creator, CreatorUserIdStr: text(v.Creator), Ext: mapped(v.Ext), CreateTime: v.CreatedAt, ModifyTime: v.ModifiedAt,
	}
	if counted {
		i.MemberCount = &v.MemberNum
	}
	if v.Type == community.LiveGroupChat {
		i.OnlineCount = &v.OnlineNum
	}
	if v.Type == community.SingleChat {
		if i.OtherUserId = v.Other; viewer == v.Other {
			i.OtherUserId = v.Owner
		}
		i.OtherUserIdStr = text(i.OtherUserId)
	}
	return i
}

func infos(list []*community.Conversation, counted bool, viewer int64) []conversationInfo {
	out := make([]conversationInfo, len(list))
	for i, v := range list {
		out[i] = info(v, counted, viewer)
	}
	return out
}

// Source: CreateConversation, doc 337013.
func createConversation(c *call) (any, error) {
	core := c.obj("ConversationCoreInfo", need)
	v := &community.Conversation{
		App: c.app.ID, Type: core.i32("ConversationType", need), Name: core.str("Name", may), Avatar: core.str("AvatarUrl", may),
		Description: core.str("Description", may), Notice: core.str("Notice", may), Ext: core.pairs("Ext"),
		Owner: c.user("OwnerUserId", need), Other: c.user("OtherUserId", may), Inbox: c.i32("InboxType", may),
	}
	if v.Type != community.SingleChat && v.Type != community.GroupChat && v.Type != community.LiveGroupChat {
		core.fail("ConversationType", "is none of 1, 2 and 100")
	}
	idem := c.str("IdempotentId", may)
	if err := c.failed(); err != nil {
		return nil, err
	}
	switch {
	case v.Type != community.SingleChat:
		v.Other = 0
	case v.Other == 0:
		return nil, errNeedOther
	case v.Other == v.Owner:
		return nil, errInvalidParam.say("OtherUserId is OwnerUserId")
	}
	if idem != "" {
		v.Idem = "u" + idem
	} else if v.Type == community.SingleChat {
		v.Idem = community.SingleIdem(v.Owner, v.Other)
	}
	exists := false
	err := c.update(func(tx *community.Tx) (err error) {
		there, err := tx.ConversationLike(v.App, v.Inbox, v.Idem)
		if err != nil {
			return err
		}
		if there != nil {
			v, exists = there, true
			return nil
		}
		if v.Type == community.LiveGroupChat {
			n, err := tx.CountLiveGroups(v.App)
			if err != nil {
				return err
			}
			if n >= maxLiveGroups {
				return errInvalidParam.say("the app has %d live groups, which is the limit", n)
			}
		}
		return c.create(tx, v)
	})
	if err != nil {
		return nil, err
	}
	return struct {
		ConversationInfo    conversationInfo
		ConversationShortId int64
		ConversationId      string
		Exist               bool
	}{info(v, true, 0), v.ID, text(v.ID), exists}, nil
}

// create stores v with its first members: the owner, and the other user of a single chat.
func (c *call) create(tx *community.Tx, v *community.Conversation) error {
	first := []community.Participant{{User: v.Owner, Role: community.RoleOwner}}
	if v.Type == community.SingleChat {
		first = append(first, community.Participant{User: v.Other})
	}
	for _, p := range first {
		if err := c.roomFor(tx.Conn, p.User, v.Type); err != nil {
			return err
		}
	}
	v.Creator = v.Owner
	v.CreatedAt = c.s.now().Unix()
	v.ModifiedAt = v.CreatedAt
	if err := tx.CreateConversation(v); err != nil {
		return err
	}
	for _, p := range first {
		p.Operator, p.JoinedAt = v.Owner, v.CreatedAt
		if err := tx.PutParticipant(v.CID, p); err != nil {
			return err
		}
	}
	v.MemberNum = int64(len(first))
	return nil
}

// roomFor refuses a user who is in as many conversations as he may be.
func (c *call) roomFor(conn community.Conn, user, kind int64) error {
	if c.app.MaxConversations == 0 || kind == community.LiveGroupChat {
		return nil
	}
	n, err := conn.CountUserConversations(c.app.ID, user)
	if err == nil && n >= c.app.MaxConversations {
		err = errTooManyOfUser
	}
	return err
}

// Source: ModifyConversation, doc 337115. Open: absent fields stay, and Ext is merged.
func modifyConversation(c *call) (any, error) {
	core := c.obj("ConversationCoreInfo", need)
	id := core.csi()
	name, avatar, description, notice := core.strp("Name"), core.strp("AvatarUrl"), core.strp("Description"), core.strp("Notice")
	ext, owner := core.pairs("Ext"), core.user("OwnerUserId", may)
	return nil, c.change(id, anyKind, func(tx *community.Tx, v *community.Conversation) error {
		for _, f := range []struct {
			to   *string
			from *string
		}{{&v.Name, name}, {&v.Avatar, avatar}, {&v.Description, description}, {&v.Notice, notice}} {
			if f.from != nil {
				*f.to = *f.from
			}
		}
		v.Ext = merged(v.Ext, ext)
		if owner != 0 && owner != v.Owner {
			if v.Type == community.SingleChat {
				return errNotSingle
			}
			if err := handOver(tx, v, owner); err != nil {
				return err
			}
		}
		return tx.SaveConversation(v)
	})
}

// handOver makes a member the owner; the old one becomes an ordinary member, who has to be present in a live group to stay one.
func handOver(tx *community.Tx, v *community.Conversation, owner int64) error {
	next, err := tx.Participant(v.CID, owner)
	if err != nil {
		return err
	}
	old, err := tx.ParticipantsAmong(v.CID, []int64{v.Owner})
	if err != nil {
		return err
	}
	if p, ok := old[v.Owner]; ok {
		p.Role = community.RoleMember
		if err := settle(tx, v, p); err != nil {
			return err
		}
	}
	next.Role, v.Owner = community.RoleOwner, owner
	return tx.PutParticipant(v.CID, next)
}

// settle stores a member whose role changed. In a live group an ordinary member is one only while present.
func settle(tx *community.Tx, v *community.Conversation, p community.Participant) error {
	if v.Type == community.LiveGroupChat && p.Role == community.RoleMember && p.EnteredUS == 0 {
		_, err := tx.DropParticipant(v.CID, p.User)
		return err
	}
	return tx.PutParticipant(v.CID, p)
}

// Source: DestroyConversation, doc 337036.
func destroyConversation(c *call) (any, error) {
	id, owner := c.csi(), c.user("OwnerUserId", need)
	return nil, c.change(id, group|live, func(tx *community.Tx, v *community.Conversation) error {
		if v.Owner != owner {
			return errOnlyOwner
		}
		return tx.Dissolve(v.CID)
	})
}

// Source: BatchGetConversations, doc 337118. Dissolved conversations are left out (open).
func batchGetConversations(c *call) (any, error) {
	items := c.array("ConversationShortId", need, maxItems)
	skipCount := c.flag("SkipMemberCount", true)
	if err := c.failed(); err != nil {
		return nil, err
	}
	ids := make([]int64, len(items))
	for i, v := range items {
		n, ok := integer(v)
		if !ok || n <= 0 {
			return nil, errBadConversationID
		}
		ids[i] = n
	}
	ids = unique(ids)
	found, err := c.read().ConversationsNamed(c.app.ID, ids)
	if err != nil {
		return nil, err
	}
	list := make([]*community.Conversation, 0, len(found))
	for _, id := range ids {
		if v := found[id]; v != nil {
			list = append(list, v)
		}
	}
	return struct{ ConversationCoreInfos []conversationInfo }{infos(list, !skipCount, 0)}, nil
}

// Source: GetUserConversations, doc 337049. Open: the cursor is an offset, and live groups appear with DataType 2 only.
func getUserConversations(c *call) (any, error) {
	user, cursor, limit := c.user("ParticipantUserId", need), c.cursor("Cursor", need), c.limit("Limit", need, 20)
	dataType, inbox := c.oneOf("DataType", 0, 1, 2), c.i32("InboxType", may)
	skipCount := c.flag("SkipMemberCount", false)
	if err := c.failed(); err != nil {
		return nil, err
	}
	key := listKey{list: "conversations" + text(dataType), owner: user, app: c.app.ID, inbox: inbox, offset: cursor}
	place, skip := c.s.bookmarks.find(c.s.now(), key)
	var list []*community.Conversation
	var err error
	switch dataType {
	case 0: // their order changes with every message, so the offset is all there is to go by
		list, err = c.read().ActiveConversations(c.app.ID, inbox, user, int(cursor), limit+1)
	case 1:
		list, err = c.read().JoinedConversations(c.app.ID, inbox, user, place.User, skip, limit+1)
	case 2:
		if place.User == 0 {
			place.User = community.Newest
		}
		list, err = c.read().CreatedLiveGroups(c.app.ID, inbox, user, place.User, skip, limit+1)
	}
	if err != nil {
		return nil, err
	}
	list, more, next := page(c.s, key, list, limit, func(v *community.Conversation) community.Place { return community.Place{User: v.CID} })
	return struct {
		ConversationInfos []conversationInfo
		HasMore           bool
		NextCursor        int64
	}{infos(list, !skipCount, user), more, next}, nil
}
