package volcengine

import (
	"imdesk/emulator/internal/community"
)

// participantInfo is a member as it is sent. Source: data structures, doc 192711.
type participantInfo struct {
	ConversationShortId  int64
	ParticipantUserId    int64
	ParticipantUserIdStr string
	Level                int64
	NickName             string
	Role                 int64
	Ext                  map[string]string
	Status               int
	Operator             int64
	OperatorStr          string
	CreateTime           int64
	BlockTime            int64
	AvatarUrl            string
	Marks                []string `json:",omitempty"`
}

// bareParticipant is a member of a list of which only the ids were asked for.
type bareParticipant struct {
	ConversationShortId  int64
	ParticipantUserId    int64
	ParticipantUserIdStr string
}

// participantInfos are members as they are sent. In a live group mutes are kept apart from members.
func (c *call) participantInfos(v *community.Conversation, list []community.Participant, marks bool) ([]participantInfo, error) {
	out := make([]participantInfo, len(list))
	users := make([]int64, len(list))
	for i, p := range list {
		users[i] = p.User
		out[i] = participantInfo{
			ConversationShortId: v.ID, ParticipantUserId: p.User, ParticipantUserIdStr: text(p.User), Level: p.Level, NickName: p.Nick, Role: p.Role,
			Ext: mapped(p.Ext), Operator: p.Operator, OperatorStr: text(p.Operator), CreateTime: p.JoinedAt, BlockTime: p.BlockUntil, AvatarUrl: p.Avatar,
		}
		if marks {
			out[i].Marks = p.Marks
		}
	}
	if v.Type != community.LiveGroupChat {
		return out, nil
	}
	muted, err := c.read().ForbiddenAmong(v.CID, community.ForbidSpeak, users, c.s.now().Unix())
	for i := range out {
		out[i].BlockTime = muted[out[i].ParticipantUserId]
	}
	return out, err
}

// newParticipant is what a request says of a member; what is nil stays as it is.
type newParticipant struct {
	user               int64
	level, role, block *int64
	nick               *string
	ext                map[string]string
	readIndex          int64
}

// roleOf reads a role. One that is none counts as 0.
func roleOf(f *fields) *int64 {
	if !f.has("Role") {
		return nil
	}
	role := f.i64("Role", need)
	if role != community.RoleOwner && role != community.RoleManager {
		role = community.RoleMember
	}
	return &role
}

func (c *call) newParticipants() []newParticipant {
	var list []newParticipant
	for _, o := range c.objs("ParticipantInfos", maxItems) {
		p := newParticipant{user: o.user("ParticipantUserId", need), role: roleOf(o), nick: o.strp("NickName"), ext: o.pairs("Ext"), readIndex: o.cursor("ReadIndex", may)}
		if o.has("Level") {
			n := o.i32("Level", need)
			p.level = &n
		}
		if o.has("BlockTime") {
			n := o.cursor("BlockTime", need)
			p.block = &n
		}
		list = append(list, p)
	}
	return list
}

// checkOwner refuses to make somebody else owner than the owner.
func checkOwner(v *community.Conversation, list []newParticipant) error {
	for _, p := range list {
		if p.role != nil && *p.role == community.RoleOwner && p.user != v.Owner {
			return errOwner
		}
	}
	return nil
}

// failedUsers is the result of changes of which some failed.
func failedUsers(failed []int64) any {
	return struct{ FailedUserIds []int64 }{listed(failed)}
}

// The operator is not verified. Whoever is a member already is overwritten, but for the time he joined and his mute (open).
// Source: BatchAddConversationParticipant, doc 336991.
func addParticipants(c *call) (any, error) {
	id, operator, list, barrier := c.csi(), c.operator(), c.newParticipants(), c.flag("Barrier", false)
	var failed []int64
	err := c.change(id, group, func(tx *community.Tx, v *community.Conversation) error {
		if err := checkOwner(v, list); err != nil {
			return err
		}
		users := make([]int64, len(list))
		for i, p := range list {
			users[i] = p.user
		}
		users = unique(users)
		there, err := tx.ParticipantsAmong(v.CID, users)
		if err != nil {
			return err
		}
		if more := int64(len(users) - len(there)); c.app.MaxMembers > 0 && more > 0 && v.MemberNum+more > c.app.MaxMembers {
			return errTooManyParticipants
		}
		for _, n := range list {
			p, member := there[n.user]
			if !member {
				if err := c.roomFor(tx.Conn, n.user, v.Type); err == errTooManyOfUser {
					failed = append(failed, n.user)
					continue
				} else if err != nil {
					return err
				}
				p.JoinedAt = c.s.now().Unix()
			}
			if err := c.put(tx, v, n, p, operator, barrier); err != nil {
				return err
			}
		}
		return nil
	})
	return failedUsers(failed), err
}

// put stores a member as BatchAddConversationParticipant has it: what the request leaves out is empty.
func (c *call) put(tx *community.Tx, v *community.Conversation, n newParticipant, old community.Participant, operator int64, barrier bool) error {
	p := community.Participant{User: n.user, Operator: operator, JoinedAt: old.JoinedAt, BlockUntil: old.BlockUntil, Ext: n.ext}
	if n.level != nil {
		p.Level = *n.level
	}
	if n.nick != nil {
		p.Nick = *n.nick
	}
	if n.role != nil {
		p.Role = *n.role
	}
	if n.user == v.Owner {
		p.Role = community.RoleOwner
	}
	if barrier {
		p.FromIndex = v.LastIndex + 1
	}
	if err := tx.PutParticipant(v.CID, p); err != nil || n.readIndex == 0 {
		return err
	}
	return tx.SetReadIndex(v.CID, n.user, n.readIndex)
}

// Source: BatchDeleteConversationParticipant, doc 336994. Open: the owner stays, and he and strangers are failures.
func deleteParticipants(c *call) (any, error) {
	id, users := c.csi(), c.users("ParticipantUserIds", need, maxItems)
	c.operator()
	var failed []int64
	err := c.change(id, group, func(tx *community.Tx, v *community.Conversation) error {
		for _, user := range users {
			gone := false
			if user != v.Owner {
				var err error
				if gone, err = tx.DropParticipant(v.CID, user); err != nil {
					return err
				}
			}
			if !gone {
				failed = append(failed, user)
			}
		}
		return nil
	})
	return failedUsers(failed), err
}

// BlockTime is when a mute ends, 0 ends it now. Source: BatchModifyConversationParticipant, doc 336995. Open: absent fields stay, Ext
// is merged, and an owner cannot be given another role.
func modifyParticipants(c *call) (any, error) {
	id, operator, list := c.csi(), c.operator(), c.newParticipants()
	var failed []int64
	err := c.change(id, group, func(tx *community.Tx, v *community.Conversation) error {
		if err := checkOwner(v, list); err != nil {
			return err
		}
		for _, n := range list {
			there, err := tx.ParticipantsAmong(v.CID, []int64{n.user})
			if err != nil {
				return err
			}
			p, ok := there[n.user]
			if !ok || n.user == v.Owner && n.role != nil && *n.role != community.RoleOwner {
				failed = append(failed, n.user)
				continue
			}
			n.over(&p, operator)
			if err := tx.PutParticipant(v.CID, p); err != nil {
				return err
			}
		}
		return nil
	})
	return failedUsers(failed), err
}

// over changes of p what the request names.
func (n newParticipant) over(p *community.Participant, operator int64) {
	if n.level != nil {
		p.Level = *n.level
	}
	if n.nick != nil {
		p.Nick = *n.nick
	}
	if n.role != nil {
		p.Role = *n.role
	}
	if n.block != nil {
		p.BlockUntil = *n.block
	}
	p.Ext = merged(p.Ext, n.ext)
	p.Operator = operator
}

// Source: BatchGetConversationParticipant, doc 336992. Who is no member is left out (open).
func getParticipants(c *call) (any, error) {
	id, users := c.csi(), c.users("ParticipantUserIds", need, maxItems)
	v, err := c.find(c.read(), id, anyKind)
	if err != nil {
		return nil, err
	}
	found, err := c.read().ParticipantsAmong(v.CID, users)
	if err != nil {
		return nil, err
	}
	list := make([]community.Participant, 0, len(found))
	for _, user := range users {
		if p, ok := found[user]; ok {
			list = append(list, p)
		}
	}
	out, err := c.participantInfos(v, list, false)
	return struct{ Participants []participantInfo }{out}, err
}

// The most members a page may have.
const (
	scanMost    = 20
	scanMostIDs = 50
)

// Source: ScanConversationParticipantList, doc 336993. Open: the cursor is an offset; within 32 bits, as the vendor's own client has it.
func scanParticipants(c *call) (any, error) {
	id, cursor := c.csi(), c.cursor("Cursor", need)
	reverse, bare, present, mark := c.flag("Reverse", false), c.flag("OnlyUserIds", false), c.flag("ScanOnlineParticipant", false), c.str("MarkType", may)
	most := int64(scanMost)
	if bare && !present {
		most = scanMostIDs
	}
	limit := c.limit("Limit", need, most)
	v, err := c.find(c.read(), id, anyKind)
	if err != nil {
		return nil, err
	}
	if present {
		reverse, bare = false, false
	}
	var list []community.Participant
	key := listKey{list: "participants", owner: v.CID, reverse: reverse, offset: cursor}
	joined := func(p community.Participant) community.Place { return community.Place{Time: p.JoinedAt, User: p.User} }
	isLive := v.Type == community.LiveGroupChat
	switch {
	case present && !isLive: // nothing
	case present:
		key.list, key.mark = "present", mark
		place, skip := c.s.bookmarks.find(c.s.now(), key)
		joined = func(p community.Participant) community.Place { return community.Place{Time: p.EnteredUS, User: p.User} }
		list, err = c.read().Present(v.CID, mark, community.ParticipantPage{After: place, Skip: skip, N: limit + 1})
	default:
		place, skip := c.s.bookmarks.find(c.s.now(), key)
		list, err = c.read().Participants(v.CID, community.ParticipantPage{Staff: isLive, Reverse: reverse, After: place, Skip: skip, N: limit + 1})
	}
	if err != nil {
		return nil, err
	}
	list, more, next := page(c.s, key, list, limit, joined)
	if bare {
		ids := make([]bareParticipant, len(list))
		for i, p := range list {
			ids[i] = bareParticipant{v.ID, p.User, text(p.User)}
		}
		return scanned[bareParticipant]{ids, more, next}, nil
	}
	out, err := c.participantInfos(v, list, true)
	return scanned[participantInfo]{out, more, next}, err
}

type scanned[T any] struct {
	Participants []T
	HasMore      bool
	NextCursor   int64
}

// Source: GetConversationUserCount, doc 336997.
func countParticipants(c *call) (any, error) {
	v, err := c.find(c.read(), c.csi(), anyKind)
	if err != nil {
		return nil, err
	}
	return struct{ Count int64 }{v.MemberNum}, nil
}

// Source: IsUserInConversation, doc 336996.
func isParticipant(c *call) (any, error) {
	id, user := c.csi(), c.user("ParticipantUserId", need)
	v, err := c.find(c.read(), id, anyKind)
	if err != nil {
		return nil, err
	}
	found, err := c.read().ParticipantsAmong(v.CID, []int64{user})
	if err != nil {
		return nil, err
	}
	return struct{ IsUserInConversation bool }{len(found) > 0}, nil
}
