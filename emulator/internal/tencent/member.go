package tencent

import (
	"errors"
	"slices"
	"strconv"

	"imdesk/emulator/internal/community"
)

var memberCommands = []command{
	{service: groupService, name: "get_group_member_info", rate: 200, limit: maxGroupAnswer, run: listMembers},
	{service: groupService, name: "get_specified_group_member_info", rate: 200, run: getMembers},
	{service: groupService, name: "add_group_member", rate: 200, run: addMembersTo},
	{service: groupService, name: "delete_group_member", rate: 200, run: deleteMembers},
	{service: groupService, name: "modify_group_member_info", rate: 200, run: modifyMember},
	{service: groupService, name: "get_role_in_group", rate: 200, run: getRoles},
	{service: groupService, name: "import_group_member", rate: 200, run: importMembers},
}

// Limits of members. Source: "Group system", doc 33529, and the pages of each command.
const (
	maxCard        = 50 // bytes
	maxMemberKeys  = 5
	maxMemberValue = 64
	maxMemberPage  = 6000
	maxHugePage    = 100
	maxSpecified   = 50
	maxAdd         = 300
	maxDelete      = 100
	maxRoles       = 500
	maxMuteForever = maxU32 // "for ever" as a MuteTime and as a MuteUntil
)

// Results of adding a member: the reverse of the usual "0 is success".
const (
	addFailed = iota
	addDone
	addAlready
)

var roleNames = [...]string{community.Plain: "Member", community.Admin: "Admin", community.Owner: "Owner"}

var flagNames = [...]string{community.Notify: "AcceptAndNotify", community.Quiet: "AcceptNotNotify", community.Discard: "Discard"}

// until is an end time as the wire has it.
func until(t int64) int64 {
	if t == community.Forever {
		return maxMuteForever
	}
	return t
}

// endOf turns a duration of the wire, in seconds, into an end time; 0 stays 0.
func (c *call) endOf(seconds int64) int64 {
	switch seconds {
	case 0:
		return 0
	case maxMuteForever:
		return community.Forever
	}
	return c.s.now().Unix() + seconds
}

// memberFields writes the wanted fields of m but its account. ShutUpUntil is the older name of MuteUntil.
func memberFields(m *community.Member, want filter) (*object, error) {
	o := &object{}
	return o, addMember(o, m, want)
}

func addMember(o *object, m *community.Member, want filter) error {
	var errs []error
	add := func(name string, value any) {
		if want.want(name) {
			errs = append(errs, o.add(name, value))
		}
	}
	add("Role", roleNames[m.Role])
	add("JoinTime", m.JoinedAt)
	add("MsgSeq", m.ReadSeq)
	add("MsgFlag", flagNames[m.Flag])
	add("LastSendMsgTime", m.SentAt)
	add("NameCard", m.Card)
	add("MuteUntil", until(m.MutedUntil))
	add("ShutUpUntil", until(m.MutedUntil))
	return errors.Join(errs...)
}

// memberObjects writes members with the wanted fields; the account is always there.
func memberObjects(page []community.Member, want, data filter) ([]*object, error) {
	list := make([]*object, len(page))
	for i := range page {
		m, o := &page[i], &object{}
		list[i] = o
		if err := errors.Join(o.add("Member_Account", m.Account), addMember(o, m, want)); err != nil {
			return nil, err
		}
		if (data == nil && want == nil || len(data) > 0) && len(m.Data) > 0 {
			if err := o.add("AppMemberDefinedData", pairs(pick(m.Data, data))); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// memberFilters reads the three filters that queries for members share; an absent one asks for everything.
func (c *call) memberFilters() (want, data filter, roles int) {
	if c.has("MemberInfoFilter") {
		if want = c.filter("MemberInfoFilter"); len(want) == 0 {
			want = nil
		}
	}
	data = c.filter("AppDefinedDataFilter_GroupMember")
	if len(data) == 0 {
		data = nil
	}
	for name := range c.filter("MemberRoleFilter") {
		role, ok := roleOf(name)
		if !ok {
			c.fail("MemberRoleFilter", "has an unknown role")
		}
		roles |= 1 << role
	}
	return want, data, roles
}

func roleOf(name string) (community.Role, bool) {
	for r, n := range roleNames {
		if n == name {
			return community.Role(r), true
		}
	}
	return 0, false
}

type memberList struct {
	GroupId    string `json:",omitempty"`
	MemberNum  *int64 `json:",omitempty"`
	MemberList []*object
	Next       *string `json:",omitempty"`
}

// listMembers is get_group_member_info, doc 34948: by offset, but for communities by cursor.
func listMembers(c *call) (any, error) {
	want, data, roles := c.memberFilters()
	g, err := c.groupOf(codeNotAllowed, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	page := community.MemberPage{Roles: roles}
	huge := g.Kind == community.Community
	db := c.read()
	if huge {
		page.N = int(c.orDefault("Limit", maxHugePage, 1, maxHugePage))
		if c.orDefault("Offset", 0, 0, maxU32) > 0 {
			c.fail("Offset", "is not for communities, which are paged by Next")
		}
		if _, ok := c.need("Next"); ok {
			page.AfterJoined, page.AfterAccount, err = c.memberCursor(db, c.optStr("Next"))
		}
	} else {
		page.N = int(c.orDefault("Limit", maxMemberPage, 1, maxMemberPage))
		page.Offset = int(c.orDefault("Offset", 0, 0, maxU32))
	}
	if err := errors.Join(c.failed(), err); err != nil {
		return nil, err
	}
	if huge {
		page.N++ // one more tells whether there is a next page
	}
	members, err := db.Members(g.GID, page)
	if err != nil {
		return nil, err
	}
	answer := memberList{MemberNum: &g.MemberNum}
	if huge {
		answer.Next = new(string)
		if len(members) == page.N {
			members = members[:page.N-1]
			last := members[len(members)-1]
			*answer.Next = strconv.FormatInt(last.JoinedAt<<memberCursorBits|last.UID, 10)
		}
	}
	answer.MemberList, err = memberObjects(members, want, data)
	return answer, err
}

// A cursor into the members of a community is a number, as the vendor's is: the time the last one joined, and who he is.
const memberCursorBits = 31

func (c *call) memberCursor(db community.Conn, next string) (joined int64, account string, err error) {
	if next == "" {
		return 0, "", nil
	}
	n, err := strconv.ParseInt(next, 10, 64)
	if err != nil || n < 0 {
		c.fail("Next", "is no cursor")
		return 0, "", nil
	}
	account, err = db.AccountName(n & (1<<memberCursorBits - 1))
	return n >> memberCursorBits, account, err
}

// getMembers is get_specified_group_member_info.
func getMembers(c *call) (any, error) {
	want, data, roles := c.memberFilters()
	names := c.strs("Member_List_Account", maxSpecified, codeGroupField)
	g, err := c.groupOf(codeNotAllowed, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	found, err := c.read().MembersNamed(c.app, g.GID, names)
	if err != nil {
		return nil, err
	}
	var page []community.Member
	for _, name := range names {
		if m, ok := found[name]; ok && (roles == 0 || roles>>m.Role&1 == 1) {
			page = append(page, m)
			delete(found, name)
		}
	}
	list, err := memberObjects(page, want, data)
	return memberList{GroupId: g.ID, MemberList: list}, err
}

type addResult struct {
	MemberAccount string `json:"Member_Account"`
	Result        int
}

type addResults struct{ MemberList []addResult }

// addMembersTo is add_group_member, doc 34921.
func addMembersTo(c *call) (any, error) {
	var names []string
	for _, o := range c.objs("MemberList", maxAdd, codeTooMany) {
		names = append(names, o.str("Member_Account"))
	}
	silent := c.flag("Silence")
	g, err := c.groupOf(codeNotAllowed, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	refused, err := c.mayInvite(g, names)
	if err != nil {
		return nil, err
	}
	members := make([]community.Member, len(names))
	for i, name := range names {
		members[i] = community.Member{Account: name, JoinedAt: c.s.now().Unix(), ReadSeq: g.NextSeq - 1}
		if slices.Contains(refused, name) {
			members[i].JoinedAt = 0 // join refuses it
		}
	}
	return c.join(g, members, func(tx *community.Tx, added []string, full bool) error {
		if full {
			if err := c.full(tx, g); err != nil {
				return err
			}
		}
		if len(added) == 0 {
			return nil
		}
		if err := c.joined(tx, g, "Invited", added); err != nil || silent {
			return err
		}
		return c.tip(tx, g, "JoinGroup", c.admin, added, nil)
	})
}

// mayInvite asks the app whether users may be taken into a group, and returns those whom it refuses.
func (c *call) mayInvite(g *community.Group, names []string) (refused []string, err error) {
	_, err = c.ask("Group.CallbackBeforeInviteJoinGroup", struct {
		GroupId, Type      string
		OperatorAccount    string `json:"Operator_Account"`
		DestinationMembers []memberRef
		EventTime          string
	}{g.ID, kindNames[g.Kind], c.admin, memberRefs(names), c.eventTime()}, groupDecision, func(v *verdict) error {
		refused = v.optStrs("RefusedMembers_Account", maxAdd, 0)
		return v.failed()
	})
	return refused, err
}

// joined tells the app who has come into a group.
func (c *call) joined(tx *community.Tx, g *community.Group, how string, names []string) error {
	return c.tell(tx, groupLane(g.ID), "Group.CallbackAfterNewMemberJoin", struct {
		GroupId, Type, JoinType string
		OperatorAccount         string `json:"Operator_Account"`
		NewMemberList           []memberRef
		EventTime               string
	}{g.ID, kindNames[g.Kind], how, c.admin, memberRefs(names), c.eventTime()})
}

// full tells the app that a group is full.
func (c *call) full(tx *community.Tx, g *community.Group) error {
	return c.tell(tx, groupLane(g.ID), "Group.CallbackAfterGroupFull", struct{ GroupId, EventTime string }{g.ID, c.eventTime()})
}

// exited tells the app who has gone from a group.
func (c *call) exited(tx *community.Tx, g *community.Group, how string, names []string) error {
	return c.tell(tx, groupLane(g.ID), "Group.CallbackAfterMemberExit", struct {
		GroupId, Type, ExitType string
		OperatorAccount         string `json:"Operator_Account"`
		ExitMemberList          []memberRef
		EventTime               string
	}{g.ID, kindNames[g.Kind], how, c.admin, memberRefs(names), c.eventTime()})
}

// join adds those members that exist and fit, and then runs also, if not nil, with the names of the new ones and whether
// the group is full now, or was for some.
func (c *call) join(g *community.Group, members []community.Member, also func(tx *community.Tx, added []string, full bool) error) (any, error) {
	results := make([]addResult, len(members))
	var added []string
	known, full := false, false
	err := c.update(func(tx *community.Tx) error {
		fresh, err := tx.Group(c.app, g.ID) // others may have joined since
		if err != nil {
			return err
		}
		*g = *fresh
		names := make([]string, len(members))
		for i, m := range members {
			names[i] = m.Account
		}
		accounts, err := tx.Accounts(c.app, names)
		if err != nil {
			return err
		}
		in, err := tx.MembersNamed(c.app, g.GID, names)
		if err != nil {
			return err
		}
		known = len(accounts) > 0
		for i, m := range members {
			results[i] = addResult{m.Account, addFailed}
			a, ok := accounts[m.Account]
			if !ok || m.JoinedAt == 0 {
				continue
			}
			if _, ok := in[m.Account]; ok {
				results[i].Result = addAlready
				continue
			}
			if g.MemberNum >= g.MaxMembers {
				full = true
				continue
			}
			m.UID, m.Flag = a.UID, defaultFlag(g.Kind)
			if _, err := tx.AddMember(g, m); err != nil {
				return err
			}
			in[m.Account] = m
			results[i].Result = addDone
			added = append(added, m.Account)
		}
		if also == nil {
			return nil
		}
		return also(tx, added, full || len(added) > 0 && g.MemberNum >= g.MaxMembers)
	})
	switch {
	case err != nil:
		return nil, err
	case !known:
		return nil, refuse(codeNoMember, "none of the accounts has been imported")
	case full && len(added) == 0:
		return nil, refuse(10014, "the group is full")
	}
	return addResults{results}, nil
}

// importMembers is import_group_member, doc 34970.
func importMembers(c *call) (any, error) {
	now := c.s.now().Unix()
	var members []community.Member
	var unread []int64
	for _, o := range c.objs("MemberList", maxAdd, codeTooMany) {
		m := community.Member{Account: o.str("Member_Account"), JoinedAt: o.orDefault("JoinTime", now, 0, maxU32)}
		if o.oneOf("Role", "Admin", "Member") == "Admin" {
			m.Role = community.Admin
		}
		members, unread = append(members, m), append(unread, o.optNum("UnreadMsgNum", 0, 0, maxU32))
	}
	g, err := c.groupOf(codeNotAllowed, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	for i := range members {
		m := &members[i]
		if m.JoinedAt < g.CreatedAt || m.JoinedAt > now {
			m.JoinedAt = 0 // join refuses it
		}
		if m.Role == community.Admin && g.Kind == community.Private {
			return nil, refuse(codeGroupField, "groups of type Private have no administrators")
		}
		m.ReadSeq = max(g.NextSeq-1-unread[i], 0)
	}
	return c.join(g, members, nil)
}

// deleteMembers is delete_group_member, doc 34949. Users who are not in the group are passed over.
func deleteMembers(c *call) (any, error) {
	names := c.strs("MemberToDel_Account", maxDelete, codeTooMany)
	silent := c.flag("Silence")
	c.optStr("Reason")
	g, err := c.groupOf(codeGroupField, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		in, err := tx.MembersNamed(c.app, g.GID, names)
		if err != nil {
			return err
		}
		var gone []string
		for _, name := range names {
			m, ok := in[name]
			if !ok {
				continue
			}
			if m.Role == community.Owner && g.Kind != community.Private {
				return refuse(codeGroupField, "the owner cannot be removed")
			}
			if _, err := tx.RemoveMember(g, m.UID); err != nil {
				return err
			}
			delete(in, name)
			gone = append(gone, name)
		}
		if len(gone) == 0 {
			return nil
		}
		if err := c.exited(tx, g, "Kicked", gone); err != nil || silent {
			return err
		}
		return c.tip(tx, g, "KickGroupMember", c.admin, gone, nil)
	})
}

// modifyMember is modify_group_member_info, doc 34900.
func modifyMember(c *call) (any, error) {
	c.alias("MuteTime", "ShutUpTime")
	name := c.str("Member_Account")
	role, flag := c.oneOf("Role", "Admin", "Member"), c.oneOf("MsgFlag", flagNames[:]...)
	card, mute := c.strPtr("NameCard"), c.numPtr("MuteTime", 0, maxU32)
	c.customData("AppMemberDefinedData", nil, maxMemberKeys, maxMemberValue)
	if role == "" && flag == "" && card == nil && mute == nil && !c.has("AppMemberDefinedData") {
		c.fail("Role", "and everything else that could be changed is missing")
	}
	if card != nil && len(*card) > maxCard {
		c.fail("NameCard", "is over 50 bytes")
	}
	g, err := c.groupOf(codeNotAllowed, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	if g.Kind == community.Private && (mute != nil || role != "") {
		return nil, refuse(codeNotAllowed, "groups of type Private have no administrators and no muted members")
	}
	return nil, c.update(func(tx *community.Tx) error {
		m, err := c.member(tx.Conn, g, name)
		if err != nil {
			return err
		}
		was := m.Role
		if role != "" {
			if was == community.Owner {
				return refuse(codeGroupField, "the role of the owner cannot be changed")
			}
			m.Role, _ = roleOf(role)
		}
		for f, text := range flagNames {
			if text == flag {
				m.Flag = community.Flag(f)
			}
		}
		if card != nil {
			m.Card = *card
			if err := c.clean(m.Card); err != nil {
				return err
			}
		}
		m.Data = c.customData("AppMemberDefinedData", m.Data, maxMemberKeys, maxMemberValue)
		if err := c.failed(); err != nil {
			return err
		}
		if mute != nil {
			if err := tx.SetMute(g.GID, m.UID, c.endOf(*mute)); err != nil {
				return err
			}
		}
		if err := errors.Join(tx.SaveMember(g.GID, m), c.memberChanged(tx, g, m, m.Role != was, card)); err != nil || m.Role == was {
			return err
		}
		op := "SetAdmin"
		if m.Role == community.Plain {
			op = "CancelAdmin"
		}
		return c.tip(tx, g, op, c.admin, []string{name}, nil)
	})
}

// memberChanged tells the app of a new role or name card of a member. Two pages name him differently: both names are sent.
func (c *call) memberChanged(tx *community.Tx, g *community.Group, m community.Member, role bool, card *string) error {
	e := struct {
		GroupId, Type   string
		OperatorAccount string  `json:"Operator_Account"`
		MemberAccount   string  `json:"Member_Account"`
		ModifiedAccount string  `json:"Modified_Account"`
		Role            string  `json:",omitempty"`
		NameCard        *string `json:",omitempty"`
		EventTime       string
	}{g.ID, kindNames[g.Kind], c.admin, m.Account, m.Account, "", card, c.eventTime()}
	if role {
		e.Role = roleNames[m.Role]
	}
	if !role && card == nil {
		return nil
	}
	return c.tell(tx, groupLane(g.ID), "Group.CallbackAfterMemberFieldChanged", e)
}

type memberRole struct {
	MemberAccount string `json:"Member_Account"`
	Role          string
}

// getRoles is get_role_in_group, doc 34963.
func getRoles(c *call) (any, error) {
	names := c.strs("User_Account", maxRoles, codeGroupField)
	g, err := c.groupOf(codeNotAllowed, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	in, err := c.read().MembersNamed(c.app, g.GID, names)
	if err != nil {
		return nil, err
	}
	roles := make([]memberRole, len(names))
	for i, name := range names {
		roles[i] = memberRole{name, "NotMember"}
		if m, ok := in[name]; ok {
			roles[i].Role = roleNames[m.Role]
		}
	}
	return struct{ UserIdList []memberRole }{roles}, nil
}
