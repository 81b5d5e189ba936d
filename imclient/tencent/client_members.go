package tencent

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"imdesk/imclient"
)

type membersArea struct{ *client }

// List returns one page of members, paged as the group's type demands.
func (m membersArea) List(ctx context.Context, o imclient.MemberListOptions) (imclient.Page[imclient.Member], error) {
	ctx = withOp(ctx, "members.list")
	none := imclient.Page[imclient.Member]{Total: -1}
	limit, err := pageSize(ctx, o.Limit, maxMemberPage)
	if err != nil {
		return none, err
	}
	o.Group, _ = splitTopic(o.Group) // a topic has its community's members
	typ, err := m.typeOf(ctx, o.Group, o.Type)
	if err != nil {
		return none, err
	}
	switch {
	case typ == TypeAVChatRoom:
		return m.listLive(ctx, o, limit)
	case o.Mark != "":
		return none, refuse(ctx, imclient.ErrUnsupported, "only live rooms have marks")
	case typ == TypeCommunity:
		return m.listByCursor(ctx, o, limit)
	}
	return m.listByOffset(ctx, o, limit)
}

func memberPage(o imclient.MemberListOptions, limit int) *GetGroupMemberInfoRequest {
	q := &GetGroupMemberInfoRequest{GroupId: o.Group, Limit: limit}
	if role := wireRole(o.Role); role != "" {
		q.MemberRoleFilter = []string{role}
	}
	return q
}

// listByOffset goes on behind the last member of the page before. Offsets alone would lose somebody for each one who left
// a page that was read already, and show somebody twice for each one who was put in front: so a page asks from some
// places earlier, and looks for that member there. Cursors are "OFFSET.JOINTIME.ACCOUNT".
func (m membersArea) listByOffset(ctx context.Context, o imclient.MemberListOptions, limit int) (imclient.Page[imclient.Member], error) {
	page := imclient.Page[imclient.Member]{Total: -1}
	last, err := placeOf(ctx, o.Cursor)
	if err != nil {
		return page, err
	}
	for back := memberOverlap; ; back *= 4 {
		q := memberPage(o, limit)
		q.Offset = max(0, last.offset-back)
		q.Limit = min(limit+last.offset-q.Offset, maxMemberPage)
		r, err := m.api.GetGroupMemberInfo(ctx, q)
		if err != nil {
			return page, err
		}
		start, found := last.behind(r.MemberList)
		if !found && q.Offset > 0 && back < memberSearch {
			continue // so many left that what is behind begins before this window
		}
		stop := min(start+limit, len(r.MemberList))
		page.Items = toMembers(r.MemberList[start:stop], m.api.now())
		if o.Role == imclient.RoleNone {
			page.Total = int(r.MemberNum)
		}
		more := stop < len(r.MemberList) || len(r.MemberList) == q.Limit && (o.Role != imclient.RoleNone || q.Offset+stop < int(r.MemberNum))
		if !more {
			return page, nil
		}
		page.Next = placeAfter(q.Offset+stop, last, r.MemberList[start:stop]).String()
		if len(page.Items) == 0 { // all of the window was read before: somebody was put in front
			o.Cursor = page.Next
			return m.listByOffset(ctx, o, limit)
		}
		return page, nil
	}
}

// How many may leave between two pages at the cost of nothing, and how many at the cost of more calls.
const (
	memberOverlap = 10
	memberSearch  = 1000
)

// place is where a list of members is to go on: behind a member, whose place was offset-1 when it was read.
type place struct {
	offset  int
	joined  int64
	account string
}

func (p place) String() string {
	return strconv.Itoa(p.offset) + "." + strconv.FormatInt(p.joined, 10) + "." + p.account
}

// placeOf reads a cursor.
func placeOf(ctx context.Context, cursor string) (place, error) {
	if cursor == "" {
		return place{}, nil
	}
	parts := strings.SplitN(cursor, ".", 3)
	if len(parts) == 3 {
		n, err := strconv.Atoi(parts[0])
		joined, err2 := strconv.ParseInt(parts[1], 10, 64)
		if err == nil && err2 == nil && n > 0 {
			return place{n, joined, parts[2]}, nil
		}
	}
	return place{}, refuse(ctx, imclient.ErrInvalid, "cursor %.60q is not one of a group's members", cursor)
}

// placeAfter is behind the last of what was read, or still behind last if nothing was.
func placeAfter(offset int, last place, read []MemberInfo) place {
	if len(read) == 0 {
		return place{offset, last.joined, last.account}
	}
	m := read[len(read)-1]
	return place{offset, int64(m.JoinTime), string(m.MemberAccount)}
}

// behind finds the first member behind the place: the one after that member or, if it left, the first that joined later.
// found is false if all of the list is behind, or the list is empty: then there may be more of it before the list.
func (p place) behind(list []MemberInfo) (start int, found bool) {
	if p.offset == 0 {
		return 0, true
	}
	for i, m := range list {
		if string(m.MemberAccount) == p.account {
			return i + 1, true
		}
	}
	for i, m := range list {
		if joined := int64(m.JoinTime); joined > p.joined || joined == p.joined && string(m.MemberAccount) > p.account {
			return i, i > 0
		}
	}
	return len(list), len(list) > 0
}

func (m membersArea) listByCursor(ctx context.Context, o imclient.MemberListOptions, limit int) (imclient.Page[imclient.Member], error) {
	page := imclient.Page[imclient.Member]{Total: -1}
	q := memberPage(o, limit)
	q.Next = &o.Cursor
	r, err := m.api.GetGroupMemberInfo(ctx, q)
	if err != nil {
		return page, err
	}
	page.Items = toMembers(r.MemberList, m.api.now())
	if o.Role == imclient.RoleNone {
		page.Total = int(r.MemberNum)
	}
	if next := string(r.Next); next != o.Cursor && next != "0" {
		page.Next = next
	}
	return page, nil
}

// offset reads a cursor that is a plain number.
func offset(ctx context.Context, cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(cursor)
	if err != nil || n < 0 {
		return 0, refuse(ctx, imclient.ErrInvalid, "cursor %.40q is not an offset", cursor)
	}
	return n, nil
}

// listLive returns a slice of those in a live room. The service gives up to 500 at once; the copy is for the pages in them.
// Cursors are "TIMESTAMP.OFFSET".
func (m membersArea) listLive(ctx context.Context, o imclient.MemberListOptions, limit int) (imclient.Page[imclient.Member], error) {
	page := imclient.Page[imclient.Member]{Total: -1}
	stamp, rest, _ := strings.Cut(o.Cursor, ".")
	at, err := offset(ctx, rest)
	if err != nil || strings.Trim(stamp, "0123456789") != "" {
		return page, refuse(ctx, imclient.ErrInvalid, "cursor %.60q is not one of a live room", o.Cursor)
	}
	officers, err := m.officers(ctx, o.Group)
	if err != nil {
		return page, err
	}
	if o.Role == imclient.RoleOwner || o.Role == imclient.RoleAdmin {
		for _, officer := range officers {
			if officer.Role == o.Role {
				page.Items = append(page.Items, officer)
			}
		}
		page.Total = len(page.Items)
		return page, nil
	}
	part, err := m.present(ctx, o.Group, stamp, o.Mark)
	if err != nil {
		return page, err
	}
	all := part.members
	at = min(at, len(all))
	for at < len(all) && len(page.Items) < limit {
		member := all[at]
		at++
		for _, officer := range officers {
			if officer.UserID == member.UserID {
				member.Role = officer.Role
			}
		}
		if o.Role == imclient.RoleNone || member.Role == o.Role {
			page.Items = append(page.Items, member)
		}
	}
	switch {
	case at < len(all):
		page.Next = stamp + "." + strconv.Itoa(at)
	case part.next != "" && part.next != stamp:
		page.Next = part.next + ".0"
	}
	return page, nil
}

// livePage is a part of those in a live room, or its owner and admins.
type livePage struct {
	members []imclient.Member
	next    string // timestamp of the part behind it; "" at the end
}

// present returns the members of a live room from a timestamp on; mark: those with a mark, which the service does not list with
// the others.
func (m membersArea) present(ctx context.Context, group, stamp, mark string) (livePage, error) {
	number := 0
	if mark != "" {
		n, err := strconv.Atoi(mark)
		if err != nil || n < 1 {
			return livePage{}, refuse(ctx, imclient.ErrInvalid, "%.40q is not a mark", mark)
		}
		number = n
	}
	return m.live.Get(ctx, "members"+stamp+"/"+mark+"/"+group, func(ctx context.Context) (livePage, error) {
		r, err := m.api.GetMembers(ctx, &GetMembersRequest{GroupId: group, Timestamp: Cursor(stamp), Mark: number})
		if err != nil {
			return livePage{}, err
		}
		part := livePage{next: string(r.NextTimestamp)}
		for _, l := range r.MemberList {
			marks := marksOf(l.Marks)
			if mark != "" && !slices.Contains(marks, mark) {
				marks = append(marks, mark)
			}
			part.members = append(part.members, imclient.Member{
				UserID: string(l.MemberAccount), Role: imclient.RoleMember, Joined: unix(l.JoinTime), Online: imclient.On,
				Nick: string(l.NickName), AvatarURL: string(l.Avatar), Marks: marks,
			})
		}
		return part, nil
	})
}

func marksOf(list []Int) []string {
	var marks []string
	for _, n := range list {
		marks = append(marks, itoa(n))
	}
	return marks
}

// officers returns a live room's owner and admins, whether they are in it now or not.
func (m membersArea) officers(ctx context.Context, group string) ([]imclient.Member, error) {
	page, err := m.live.Get(ctx, "officers/"+group, func(ctx context.Context) (livePage, error) {
		info, err := m.group(ctx, group)
		if err != nil {
			return livePage{}, err
		}
		r, err := m.api.GetAdminList(ctx, &GroupRequest{GroupId: group})
		if err != nil && !noAdmins(asError(ctx, err)) {
			return livePage{}, err
		}
		var page livePage
		if info.OwnerID != "" {
			page.members = append(page.members, imclient.Member{UserID: info.OwnerID, Role: imclient.RoleOwner})
		}
		if r == nil {
			return page, nil
		}
		for _, a := range r.AdminList {
			page.members = append(page.members, imclient.Member{
				UserID: string(a.AdminAccount), Role: imclient.RoleAdmin, Nick: string(a.NickName), AvatarURL: string(a.Avatar),
			})
		}
		return page, nil
	})
	return page.members, err
}

// noAdmins tells that the server or the plan knows no admins of live rooms.
func noAdmins(e *imclient.Error) bool {
	return gone(e.Code) || e.Kind == imclient.ErrDenied || e.Kind == imclient.ErrUnsupported
}

// Get returns given members in the order asked.
func (m membersArea) Get(ctx context.Context, group string, users []string) ([]imclient.Member, error) {
	ctx = withOp(ctx, "members.get")
	group, _ = splitTopic(group)
	typ, err := m.typeOf(ctx, group, "")
	if err != nil {
		return nil, err
	}
	users = unique(users)
	var found map[string]imclient.Member
	switch {
	case typ == TypeAVChatRoom:
		found, err = m.findLive(ctx, group, users)
	case imclient.IsBrief(ctx) && len(users) > maxSpecified:
		found, err = m.findRoles(ctx, group, users)
	default:
		found, err = m.inside.Get(ctx, group+"\x00"+strings.Join(users, "\x00"), func(ctx context.Context) (map[string]imclient.Member, error) {
			return m.find(ctx, group, users)
		})
	}
	if err != nil {
		return nil, err
	}
	out := make([]imclient.Member, 0, len(users))
	for _, u := range users {
		if member, ok := found[u]; ok {
			out = append(out, member)
		}
	}
	return out, nil
}

// find reads given members; on a server that cannot tell all of them, their roles and mutes.
func (m membersArea) find(ctx context.Context, group string, users []string) (map[string]imclient.Member, error) {
	var found map[string]imclient.Member
	err := m.api.vocabulary.members.try(
		func(e *imclient.Error) bool { return gone(e.Code) || e.Kind == imclient.ErrUnsupported },
		func() (err error) { found, err = m.findWhole(ctx, group, users); return err },
		func() (err error) { found, err = m.findRoles(ctx, group, users); return err })
	return found, err
}

// collect runs a batched read whose batches each give some members.
func collect(ctx context.Context, users []string, n int, read func(ctx context.Context, batch []string) ([]imclient.Member, error)) (map[string]imclient.Member, error) {
	parts := make([][]imclient.Member, len(users)/n+1)
	err := readBatches(ctx, users, n, func(ctx context.Context, batch []string, from int) (err error) {
		parts[from/n], err = read(ctx, batch)
		return err
	})
	if err != nil {
		return nil, err
	}
	found := map[string]imclient.Member{}
	for _, part := range parts {
		for _, member := range part {
			found[member.UserID] = member
		}
	}
	return found, nil
}

func (m membersArea) findWhole(ctx context.Context, group string, users []string) (map[string]imclient.Member, error) {
	return collect(ctx, users, maxSpecified, func(ctx context.Context, batch []string) ([]imclient.Member, error) {
		r, err := m.api.GetSpecifiedGroupMemberInfo(ctx, &GetSpecifiedGroupMemberInfoRequest{GroupId: group, MemberListAccount: batch})
		if err != nil {
			return nil, err
		}
		return toMembers(r.MemberList, m.api.now()), nil
	})
}

func (m membersArea) findRoles(ctx context.Context, group string, users []string) (map[string]imclient.Member, error) {
	var mutes []imclient.Mute
	var found map[string]imclient.Member
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) { mutes, err = m.mutedList(ctx, group); return err })
	both.Go(func() (err error) { found, err = m.roles(ctx, group, users); return err })
	if err := both.Wait(); err != nil {
		return nil, err
	}
	addMutes(mutes, found)
	return found, nil
}

// roles reads who is a member, and as what.
func (m membersArea) roles(ctx context.Context, group string, users []string) (map[string]imclient.Member, error) {
	return collect(ctx, users, maxRoles, func(ctx context.Context, batch []string) ([]imclient.Member, error) {
		r, err := m.api.GetRoleInGroup(ctx, &GetRoleInGroupRequest{GroupId: group, UserAccount: batch})
		if err != nil {
			return nil, err
		}
		var list []imclient.Member
		for _, u := range r.UserIdList {
			if role := toRole(u.Role); role != imclient.RoleNone {
				list = append(list, imclient.Member{UserID: string(u.MemberAccount), Role: role})
			}
		}
		return list, nil
	})
}

// findLive tells who of the users is in a live room, with role and mute.
func (m membersArea) findLive(ctx context.Context, group string, users []string) (map[string]imclient.Member, error) {
	officers, err := m.officers(ctx, group)
	if err != nil {
		return nil, err
	}
	found, err := collect(ctx, users, maxPresence, func(ctx context.Context, batch []string) ([]imclient.Member, error) {
		r, err := m.api.CheckMembers(ctx, &CheckMembersRequest{GroupId: group, MemberAccount: batch})
		if err != nil {
			return nil, err
		}
		var list []imclient.Member
		for _, u := range r.MemberAccount {
			list = append(list, imclient.Member{UserID: string(u), Role: imclient.RoleMember, Online: imclient.On})
		}
		return list, nil
	})
	if err != nil {
		return nil, err
	}
	for _, officer := range officers {
		if member, ok := found[officer.UserID]; ok {
			officer.Online = member.Online
		}
		found[officer.UserID] = officer // an owner or admin who is away is still one
	}
	return found, m.addMutes(ctx, group, found)
}

// addMutes fills in the ends of mutes from the group's muted list.
func (m membersArea) addMutes(ctx context.Context, group string, found map[string]imclient.Member) error {
	if len(found) == 0 {
		return nil
	}
	mutes, err := m.mutedList(ctx, group)
	addMutes(mutes, found)
	return err
}

func addMutes(mutes []imclient.Mute, found map[string]imclient.Member) {
	for _, mute := range mutes {
		if member, ok := found[mute.UserID]; ok {
			member.MutedUntil = mute.Until
			found[mute.UserID] = member
		}
	}
}

// toMembers leaves out those whom the service calls NotMember.
func toMembers(list []MemberInfo, now time.Time) []imclient.Member {
	out := make([]imclient.Member, 0, len(list))
	for _, i := range list {
		role := toRole(i.Role)
		if role == imclient.RoleNone {
			continue
		}
		m := imclient.Member{
			UserID: string(i.MemberAccount), Role: role, NameCard: string(i.NameCard), Joined: unix(i.JoinTime),
			LastSpoke: unix(i.LastSendMsgTime), MutedUntil: until(unix(i.Until()), now), Custom: fields(i.AppMemberDefinedData),
		}
		if i.MsgSeq > 0 {
			m.ReadSeq = itoa(i.MsgSeq)
		}
		switch strings.ToLower(string(i.OnlineStatus)) {
		case "online":
			m.Online = imclient.On
		case "offline", "pushonline":
			m.Online = imclient.Off
		}
		out = append(out, m)
	}
	return out
}

// toRole reads a role, which may have a space behind it. One that is not known is a member's.
func toRole(s Str) imclient.Role {
	switch strings.TrimSpace(string(s)) {
	case wireOwner:
		return imclient.RoleOwner
	case wireAdmin:
		return imclient.RoleAdmin
	case wireNotMember:
		return imclient.RoleNone
	}
	return imclient.RoleMember
}

func wireRole(r imclient.Role) string {
	switch r {
	case imclient.RoleOwner:
		return wireOwner
	case imclient.RoleAdmin:
		return wireAdmin
	case imclient.RoleMember:
		return wireMember
	}
	return ""
}

// Kick removes users. The service says OK for those who were not members, too.
func (m membersArea) Kick(ctx context.Context, group string, users []string, silent bool, reason string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "members.kick")
	if err := m.allow(ctx, imclient.VerbKick, group, ""); err != nil {
		return nil, err
	}
	return inBatches(ctx, users, maxDeleteMembers, same, func(batch []string) ([]imclient.Refused, error) {
		_, err := m.api.DeleteGroupMember(ctx, &DeleteGroupMemberRequest{
			GroupId: group, Silence: flag(silent), Reason: reason, MemberToDelAccount: batch,
		})
		return nil, err
	})
}

// Add puts users into the group.
func (m membersArea) Add(ctx context.Context, group string, users []string, silent bool) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "members.add")
	if err := m.allow(ctx, imclient.VerbAddMember, group, ""); err != nil {
		return nil, err
	}
	return m.add(ctx, group, users, silent)
}

func (m membersArea) add(ctx context.Context, group string, users []string, silent bool) ([]imclient.Refused, error) {
	return inBatches(ctx, users, maxAddMembers, same, func(batch []string) ([]imclient.Refused, error) {
		q := &AddGroupMemberRequest{GroupId: group, Silence: flag(silent)}
		for _, u := range batch {
			q.MemberList = append(q.MemberList, MemberAccount{u})
		}
		r, err := m.api.AddGroupMember(ctx, q)
		if err != nil {
			return nil, err
		}
		return refusedMembers(ctx, addGroupMember.Command, r.MemberList), nil
	})
}

// refusedMembers reads results of which 0 is the failure. The service does not say why.
func refusedMembers(ctx context.Context, c *Command, results []MemberResult) []imclient.Refused {
	var refused []imclient.Refused
	for _, r := range results {
		code := ""
		switch r.Result {
		case resultAdded, resultAlready:
			continue
		case resultPending:
			code = codeInvited
		default:
			code = codeNotAdded
		}
		refused = append(refused, imclient.Refused{ID: string(r.MemberAccount), Err: ownError(ctx, c, code)})
	}
	return refused
}

// ownError is the refusal of one target for which the service has no code.
func ownError(ctx context.Context, c *Command, code string) *imclient.Error {
	return &imclient.Error{Op: opOf(ctx, c), Vendor: imclient.Tencent, Kind: ownCodes[code], Code: code, Status: 200, Sent: true}
}

// SetRole makes a member an admin, or an admin a member.
func (m membersArea) SetRole(ctx context.Context, group, user string, r imclient.Role) error {
	ctx = withOp(ctx, "members.set_role")
	if r != imclient.RoleAdmin && r != imclient.RoleMember {
		return refuse(ctx, imclient.ErrInvalid, "role %.20q cannot be given: ownership is transferred", r)
	}
	typ, err := m.typeOf(ctx, group, "")
	if err == nil {
		err = m.allow(ctx, imclient.VerbSetAdmin, group, typ)
	}
	if err != nil {
		return err
	}
	if typ == TypeAVChatRoom {
		q := &ModifyAdminRequest{GroupId: group, CommandType: CommandRemove, AdminAccount: []string{user}}
		if r == imclient.RoleAdmin {
			q.CommandType = CommandSet
		}
		_, err = m.api.ModifyAdmin(ctx, q)
		return err
	}
	_, err = m.api.ModifyGroupMemberInfo(ctx, &ModifyGroupMemberInfoRequest{GroupId: group, MemberAccount: user, Role: wireRole(r)})
	return err
}

// SetNameCard changes the member's name in the group.
func (m membersArea) SetNameCard(ctx context.Context, group, user, card string) error {
	ctx = withOp(ctx, "members.set_name_card")
	if err := m.allow(ctx, imclient.VerbNameCard, group, ""); err != nil {
		return err
	}
	_, err := m.api.ModifyGroupMemberInfo(ctx, &ModifyGroupMemberInfoRequest{
		GroupId: group, MemberAccount: user, NameCard: &card,
	})
	return err
}
