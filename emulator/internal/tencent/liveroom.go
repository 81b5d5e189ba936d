package tencent

import (
	"slices"
	"sync"
	"time"

	"imdesk/emulator/internal/community"
)

const liveService = "group_open_avchatroom_http_svc"

var liveRoomCommands = []command{
	{service: groupService, name: "get_online_member_num", rate: 200, run: countOnline},
	{service: liveService, name: "get_members", rate: 200, run: listLive},
	{service: liveService, name: "modify_user_info", rate: 200, run: markLive},
	{service: liveService, name: "modify_admin", rate: 200, run: modifyLiveAdmins},
	{service: liveService, name: "get_admin_list", rate: 200, run: listLiveAdmins},
	{service: liveService, name: "check_members", rate: 200, run: checkLive},
	{service: groupService, name: "ban_group_member", rate: 200, run: banMembers},
	{service: groupService, name: "unban_group_member", rate: 200, run: unbanMembers},
	{service: groupService, name: "get_group_ban_member", rate: 200, run: listBanned},
}

const (
	maxLiveAdmins = 5
	maxBan        = 20
	maxBanPage    = 100
	maxLivePage   = 500
	maxLiveList   = 1000
	maxMarked     = 500
	maxReason     = 1000 // bytes
)

// notLive are the kinds that have members of record instead of an audience.
var notLive = []community.Kind{community.Private, community.Public, community.ChatRoom, community.Community}

// liveGroup returns the AVChatRoom the call is about.
func (c *call) liveGroup() (*community.Group, error) { return c.groupOf(codeNotAllowed, notLive...) }

// countOnline is get_online_member_num, doc 38521.
func countOnline(c *call) (any, error) {
	g, err := c.liveGroup()
	if err != nil {
		return nil, err
	}
	return struct{ OnlineMemberNum int64 }{g.MemberNum + c.s.marks.staying(c.s.now(), g.GID)}, nil
}

// audiences keeps the lists that get_members pages through: pages of one walk belong together, so a list lives a while.
type audiences struct {
	mu    sync.Mutex
	rooms map[int64]audience
}

type audience struct {
	taken   time.Time
	members []community.LiveMember
}

const (
	audienceAge  = 10 * time.Second
	maxAudiences = 64
)

func (a *audiences) get(now time.Time, gid int64, load func() ([]community.LiveMember, error)) (audience, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if room, ok := a.rooms[gid]; ok && now.Sub(room.taken) < audienceAge {
		return room, nil
	}
	members, err := load()
	if err != nil {
		return audience{}, err
	}
	if a.rooms == nil || len(a.rooms) >= maxAudiences {
		a.rooms = map[int64]audience{}
	}
	room := audience{now, members}
	a.rooms[gid] = room
	return room, nil
}

type liveMember struct {
	MemberAccount string `json:"Member_Account"`
	JoinTime      int64  `json:",omitempty"`
	NickName      string
	Avatar        string
}

// listLive is get_members of a live room, doc 53430: the latest thousand, newest first, in at most two pages.
func listLive(c *call) (any, error) {
	if _, ok := c.need("Timestamp"); ok {
		c.optNum("Timestamp", 0, 0, 1<<62)
	}
	mark := c.optNum("Mark", 0, 0, maxU32)
	g, err := c.groupOf(codeNotAllowed, community.Private, community.Public, community.ChatRoom)
	if err != nil {
		return nil, err
	}
	room, err := c.s.audience.get(c.s.now(), g.GID, func() ([]community.LiveMember, error) { return c.read().LiveMembers(g.GID, maxLiveList) })
	if err != nil {
		return nil, err
	}
	hidden, marked := c.s.marks.marked(g.GID, markHidden), c.s.marks.marked(g.GID, mark)
	members := slices.DeleteFunc(slices.Clone(room.members), func(m community.LiveMember) bool {
		return mark > 0 && !marked[m.Name] || mark != markHidden && hidden[m.Name]
	})
	next := int64(0)
	if c.optNum("Timestamp", 0, 0, 1<<62) > 0 {
		members = members[min(len(members), maxLivePage):]
	} else if len(members) > maxLivePage {
		members, next = members[:maxLivePage], room.taken.UnixMilli()
	}
	list := make([]liveMember, len(members))
	for i, m := range members {
		list[i] = liveMember{m.Name, m.JoinedAt, m.Nick, m.Face}
	}
	return struct {
		MemberList    []liveMember
		NextTimestamp int64
	}{list, next}, nil
}

type markItem struct {
	MemberAccount string `json:"Member_Account"`
	Marks         []int64
}

// markLive is modify_user_info, doc 50296. Only people in the room can be marked; the others are left out of the answer.
func markLive(c *call) (any, error) {
	command := c.num("CommandType", 1, 2)
	var items []markItem
	for _, o := range c.objs("MemberList", maxMarked, codeGroupField) {
		it := markItem{MemberAccount: o.str("Member_Account")}
		for _, raw := range o.elems("Marks", maxMarks, codeGroupField) {
			n, ok := integer(raw)
			if !ok || n < minMark && n != markStays && n != markHidden {
				o.fail("Marks", "holds something that is no mark")
			}
			it.Marks = append(it.Marks, n)
		}
		items = append(items, it)
	}
	g, err := c.liveGroup()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(items))
	for i, it := range items {
		names[i] = it.MemberAccount
	}
	in, err := c.read().MembersNamed(c.app, g.GID, names)
	if err != nil {
		return nil, err
	}
	done := []markItem{}
	for _, it := range items {
		if _, ok := in[it.MemberAccount]; !ok {
			continue
		}
		if !c.s.marks.change(g.GID, it.MemberAccount, command == 1, it.Marks) {
			return nil, refuse(codeGroupField, "the room has too many different marks, or too many people with one")
		}
		done = append(done, it)
	}
	if len(done) == 0 {
		return nil, refuse(codeNoMember, "none of the accounts is in the room")
	}
	return struct {
		CommandType int64
		MemberList  []markItem
	}{command, done}, nil
}

// modifyLiveAdmins is modify_admin: they need not be in the room.
func modifyLiveAdmins(c *call) (any, error) {
	command, names := c.num("CommandType", 1, 2), c.strs("Admin_Account", maxLiveAdmins, codeGroupField)
	g, err := c.liveGroup()
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		for _, name := range names {
			a, err := tx.Account(c.app, name)
			if err != nil {
				return err
			}
			if err := tx.SetLiveAdmin(g.GID, a.UID, command == 1); err != nil {
				return err
			}
		}
		admins, err := tx.LiveAdmins(g.GID)
		if err == nil && len(admins) > maxLiveAdmins {
			return refuse(codeGroupField, "a room has at most %d administrators", maxLiveAdmins)
		}
		return err
	})
}

type liveAdmin struct {
	AdminAccount string `json:"Admin_Account"`
	NickName     string
	Avatar       string
}

// listLiveAdmins is get_admin_list, doc 60523.
func listLiveAdmins(c *call) (any, error) {
	g, err := c.liveGroup()
	if err != nil {
		return nil, err
	}
	admins, err := c.read().LiveAdmins(g.GID)
	list := make([]liveAdmin, len(admins))
	for i, a := range admins {
		list[i] = liveAdmin{a.Name, a.Nick, a.Face}
	}
	return struct {
		Admin_List []liveAdmin
	}{list}, err
}

// checkLive is check_members, doc 60525.
func checkLive(c *call) (any, error) {
	names := c.strs("Member_Account", maxRoles, codeGroupField)
	g, err := c.liveGroup()
	if err != nil {
		return nil, err
	}
	in, err := c.read().MembersNamed(c.app, g.GID, names)
	present := []string{}
	for _, name := range names {
		if _, ok := in[name]; ok {
			present = append(present, name)
		}
	}
	return struct {
		Member_Account []string
	}{present}, err
}

// banMembers is ban_group_member, doc 50297.
func banMembers(c *call) (any, error) {
	names, seconds := c.strs("Members_Account", maxBan, codeTooMany), c.num("Duration", 1, maxU32)
	reason := c.optStr("Description")
	if len(reason) > maxReason {
		c.fail("Description", "is over 1000 bytes")
	}
	return c.ban(names, func(g *community.Group, tx *community.Tx, a community.Account) error {
		tx.OnCommit(func() { c.s.marks.drop(g.GID, a.Name) })
		return tx.SetBan(g, a.UID, c.endOf(seconds), reason)
	})
}

// unbanMembers is unban_group_member.
func unbanMembers(c *call) (any, error) {
	names := c.strs("Members_Account", maxBan, codeTooMany)
	return c.ban(names, func(g *community.Group, tx *community.Tx, a community.Account) error {
		return tx.SetBan(g, a.UID, 0, "")
	})
}

func (c *call) ban(names []string, set func(*community.Group, *community.Tx, community.Account) error) (any, error) {
	g, err := c.liveGroup()
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		accounts, err := tx.Accounts(c.app, names)
		if err != nil {
			return err
		}
		if len(accounts) == 0 {
			return community.ErrNoAccount
		}
		for _, a := range accounts {
			if err := set(g, tx, a); err != nil {
				return err
			}
		}
		return nil
	})
}

type bannedAccount struct {
	MemberAccount string `json:"Member_Account"`
	BannedUntil   int64
}

// listBanned is get_group_ban_member.
func listBanned(c *call) (any, error) {
	limit := int(c.orDefault("Limit", maxBanPage, 1, maxBanPage))
	offset := int(c.orDefault("Offset", 0, 0, maxU32))
	g, err := c.liveGroup()
	if err != nil {
		return nil, err
	}
	banned, err := c.read().Banned(g.GID, c.s.now().Unix(), offset, limit+1)
	if err != nil {
		return nil, err
	}
	next := 0
	if len(banned) > limit {
		banned, next = banned[:limit], offset+limit
	}
	list := make([]bannedAccount, len(banned))
	for i, b := range banned {
		list[i] = bannedAccount{b.Account, until(b.Until)}
	}
	return struct {
		BannedAccountList []bannedAccount
		NextOffset        int
	}{list, next}, nil
}
