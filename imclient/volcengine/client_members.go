package volcengine

import (
	"cmp"
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
	"time"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

type membersArea struct{ *client }

// Caps of the pages of members.
const (
	maxScan    = 20 // with full data
	maxScanIDs = 50
	// walkCalls bounds how many calls one look at a list of ids may take: 1,000 members.
	walkCalls = 20
	// filterCalls bounds how many calls a page of members with one role may take.
	filterCalls = 10
)

func (c *client) memberOf(p Participant) imclient.Member {
	m := imclient.Member{
		UserID: p.ParticipantUserId.or(string(p.ParticipantUserIdStr)), Role: roleOf(p.Role), NameCard: string(p.NickName),
		Joined: seconds(p.CreateTime), Custom: fields(p.Ext), AvatarURL: string(p.AvatarUrl), MutedUntil: c.until(p.BlockTime),
	}
	for _, mark := range p.Marks {
		m.Marks = append(m.Marks, string(mark))
	}
	return m
}

// until is the end of a mute, zero if that is over.
func (c *client) until(n Int) time.Time {
	switch {
	case n <= 0 || n <= Int(c.api.now().Unix()):
		return time.Time{}
	case n >= forever:
		return imclient.Forever
	}
	return seconds(n)
}

func roleOf(n Int) imclient.Role {
	switch n {
	case roleOwner:
		return imclient.RoleOwner
	case roleManager:
		return imclient.RoleAdmin
	}
	return imclient.RoleMember
}

// walk is a part of a group's list of members as it was when somebody began to page through it: who comes and goes
// between two pages shifts the service's own cursors.
type walk struct {
	users []string
	next  string // where the service goes on; "" at the end
}

// List reads the ids of a group once, up to a bound, and then page by page what they are; of a live group those online.
// One look at the ids costs a call for each 50 members, at most 20, and each page a call for each 50 of its members.
func (m membersArea) List(ctx context.Context, o imclient.MemberListOptions) (imclient.Page[imclient.Member], error) {
	ctx = withOp(ctx, "members.list")
	limit := o.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, maxMembersPage)
	live := o.Type == TypeLive
	if o.Type == "" {
		info, err := m.known(ctx, o.Group)
		if err != nil {
			return imclient.Page[imclient.Member]{}, err
		}
		live = isLive(info)
	}
	if !validID(o.Group) {
		return imclient.Page[imclient.Member]{}, refuse(ctx, imclient.ErrNotFound, "no group %.40q", o.Group)
	}
	if live {
		return m.listLive(ctx, o, limit)
	}
	if o.Mark != "" {
		return imclient.Page[imclient.Member]{}, refuse(ctx, imclient.ErrUnsupported, "members of live groups alone have marks")
	}
	at, err := parsePlace(ctx, o.Cursor)
	if err != nil {
		return imclient.Page[imclient.Member]{}, err
	}
	if o.Role == imclient.RoleOwner {
		return m.owner(ctx, o.Group)
	}
	page := imclient.Page[imclient.Member]{Total: -1}
	for range filterCalls {
		w, err := m.walk(ctx, o.Group, &at)
		if err != nil {
			return imclient.Page[imclient.Member]{}, err
		}
		if at.start == "0" && w.next == "" && o.Role == imclient.RoleNone {
			page.Total = len(w.users)
		}
		// As many ids as members are missing, unless most will be left out.
		n := limit - len(page.Items)
		if o.Role != imclient.RoleNone {
			n = maxTargets
		}
		batch := w.users[min(at.index, len(w.users)):min(at.index+n, len(w.users))]
		members, err := m.read(ctx, o.Group, batch)
		if err != nil {
			return imclient.Page[imclient.Member]{}, err
		}
		for i, u := range batch {
			if p, in := members[u]; in && (o.Role == imclient.RoleNone || roleOf(p.Role) == o.Role) {
				page.Items = append(page.Items, m.memberOf(p))
			}
			at.index++
			if len(page.Items) == limit && i < len(batch)-1 {
				break
			}
		}
		if at.index >= len(w.users) {
			at = place{start: w.next, walk: at.walk}
		}
		if page.Next = at.String(); page.Next == "" || len(page.Items) == limit {
			return page, nil
		}
	}
	return page, nil
}

const (
	defaultPage    = 50
	maxMembersPage = 50
)

// owner is the one member whose role is known without a look at the others.
func (m membersArea) owner(ctx context.Context, group string) (imclient.Page[imclient.Member], error) {
	page := imclient.Page[imclient.Member]{Total: 1}
	info, err := m.info(ctx, group)
	if err != nil {
		return page, err
	}
	id := string(ownerOf(info))
	found, err := m.read(ctx, group, []string{id})
	if p, in := found[id]; in {
		page.Items = []imclient.Member{m.memberOf(p)}
	}
	return page, err
}

// place is where a walk through a list stands: in which walk, in the part that begins at which cursor of the service, and
// behind how many of its users.
type place struct {
	start string // "" is the end
	walk  string
	index int
}

func (p place) String() string {
	if p.start == "" {
		return ""
	}
	return p.start + "." + strconv.Itoa(p.index) + "." + p.walk
}

func parsePlace(ctx context.Context, cursor string) (place, error) {
	if cursor == "" {
		return place{start: "0", walk: rand.Text()}, nil
	}
	start, rest, _ := strings.Cut(cursor, ".")
	index, id, ok := strings.Cut(rest, ".")
	n, err := strconv.Atoi(index)
	if _, bad := strconv.ParseInt(start, 10, 64); !ok || bad != nil || err != nil || n < 0 || len(id) > 40 {
		return place{}, refuse(ctx, imclient.ErrInvalid, "not a cursor")
	}
	return place{start: start, walk: id, index: n}, nil
}

// walk returns the part in which at stands: the copy, or one that is read now, in which somebody may stand elsewhere.
func (m membersArea) walk(ctx context.Context, group string, at *place) (walk, error) {
	key := group + "/" + at.walk + "/" + at.start
	if w, age, ok := m.walks.Peek(key); ok && age < walkFresh {
		return w, nil
	}
	var w walk
	cursor := at.start
	epoch := m.walks.Begin()
	for range walkCalls {
		r, err := m.api.ScanConversationParticipantList(ctx, &ScanConversationParticipantListRequest{
			ConversationShortId: ID(group), Cursor: ID(cursor), Limit: maxScanIDs, OnlyUserIds: true,
		})
		if err != nil {
			return walk{}, err
		}
		for _, p := range r.Participants {
			w.users = append(w.users, p.ParticipantUserId.or(string(p.ParticipantUserIdStr)))
		}
		if w.next = nextCursor(cursor, r.HasMore, r.NextCursor); w.next == "" {
			break
		}
		cursor = w.next
	}
	w.users = calls.Unique(w.users)
	m.walks.Put(key, w, epoch)
	return w, nil
}

// nextCursor is where a list goes on, "" at its end: that is said by HasMore, and by a cursor below zero. One that
// repeats ends it, too.
func nextCursor(now string, more bool, cursors ...ID) string {
	if !more {
		return ""
	}
	for _, c := range cursors {
		if c != "" && c != "0" && !strings.HasPrefix(string(c), "-") && string(c) != now {
			return string(c)
		}
	}
	return ""
}

// listLive reads those who are in a live group now; of its officers those of the role, here or not.
func (m membersArea) listLive(ctx context.Context, o imclient.MemberListOptions, limit int) (imclient.Page[imclient.Member], error) {
	page := imclient.Page[imclient.Member]{Total: -1}
	cursor := cmp.Or(o.Cursor, "0")
	if n, err := strconv.ParseInt(cursor, 10, 64); err != nil || n < 0 {
		return page, refuse(ctx, imclient.ErrInvalid, "not a cursor")
	}
	officers := o.Mark == "" && (o.Role == imclient.RoleOwner || o.Role == imclient.RoleAdmin) // marks are of those online
	for range filterCalls {
		r, err := m.api.ScanConversationParticipantList(ctx, &ScanConversationParticipantListRequest{
			ConversationShortId: ID(o.Group), Cursor: ID(cursor), Limit: min(limit-len(page.Items), maxScan), ScanOnlineParticipant: !officers, MarkType: o.Mark,
		})
		if err != nil {
			return page, err
		}
		for _, p := range r.Participants {
			member := m.memberOf(p)
			if !officers {
				member.Online = imclient.On
			}
			if o.Role == imclient.RoleNone || member.Role == o.Role {
				page.Items = append(page.Items, member)
			}
		}
		cursor = nextCursor(cursor, r.HasMore, r.NextCursor)
		if page.Next = cursor; cursor == "" || len(page.Items) >= limit {
			break
		}
	}
	return page, nil
}

// read reads given members who have not left, by id.
func (c *client) read(ctx context.Context, group string, users []string) (map[string]Participant, error) {
	found := make(map[string]Participant, len(users))
	var mu sync.Mutex
	err := calls.ReadBatches(ctx, users, maxTargets, func(ctx context.Context, batch []string, _ int) error {
		r, err := c.api.BatchGetConversationParticipant(ctx, &BatchGetConversationParticipantRequest{
			ConversationShortId: ID(group), ParticipantUserIds: ids(batch),
		})
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for _, p := range r.Participants {
			if p.Status != statusGone {
				found[p.ParticipantUserId.or(string(p.ParticipantUserIdStr))] = p
			}
		}
		return nil
	})
	return found, err
}

func (m membersArea) Get(ctx context.Context, group string, users []string) ([]imclient.Member, error) {
	ctx = withOp(ctx, "members.get")
	valid, _ := m.split(ctx, users)
	if len(valid) == 0 {
		return nil, nil
	}
	if !validID(group) {
		return nil, refuse(ctx, imclient.ErrNotFound, "no group %.40q", group)
	}
	found, err := m.read(ctx, group, valid)
	if err != nil {
		return nil, err
	}
	var list []imclient.Member
	for _, u := range valid {
		if p, in := found[u]; in {
			list = append(list, m.memberOf(p))
		}
	}
	return list, nil
}

// Kick acts as the owner: the service does not look at the operator. It has no silence and no reason.
func (m membersArea) Kick(ctx context.Context, group string, users []string, _ bool, _ string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "members.kick")
	info, err := m.known(ctx, group)
	if err == nil {
		err = needGroup(ctx, info)
	}
	if err != nil {
		return nil, err
	}
	return m.inBatches(ctx, users, maxTargets, func(batch []string) ([]imclient.Refused, error) {
		r, err := m.api.BatchDeleteConversationParticipant(ctx, &BatchDeleteConversationParticipantRequest{
			ConversationShortId: ID(group), Operator: ownerOf(info), ParticipantUserIds: ids(batch),
		})
		if err != nil {
			return nil, err
		}
		return m.notDone(ctx, batchDeleteConversationParticipant.Action, group, twins(r.FailedUserIds, nil)), nil
	})
}

// notDone names those whom the service refused without a word: they are not in the group, or it has another reason.
func (c *client) notDone(ctx context.Context, a *Action, group string, failed []string) []imclient.Refused {
	if len(failed) == 0 {
		return nil
	}
	in, err := c.read(imclient.Fresh(ctx), group, failed)
	return failedItems(ctx, a, failed, func(user string) error {
		if _, is := in[user]; is || err != nil {
			return imclient.ErrDenied
		}
		return imclient.ErrNotFound
	})
}

func (m membersArea) Add(ctx context.Context, group string, users []string, _ bool) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "members.add")
	info, err := m.known(ctx, group)
	if err == nil {
		err = needGroup(ctx, info)
	}
	if err != nil {
		return nil, err
	}
	return m.add(ctx, group, string(ownerOf(info)), users)
}

// add leaves out those who are in the group: the service would overwrite what they are.
func (m membersArea) add(ctx context.Context, group, operator string, users []string) ([]imclient.Refused, error) {
	return m.inBatches(ctx, users, maxTargets, func(batch []string) ([]imclient.Refused, error) {
		in, err := m.read(ctx, group, batch)
		if err != nil {
			return nil, err
		}
		var list []NewParticipant
		for _, u := range batch {
			if _, is := in[u]; !is {
				list = append(list, NewParticipant{ParticipantUserId: ID(u)})
			}
		}
		if len(list) == 0 {
			return nil, nil
		}
		r, err := m.api.BatchAddConversationParticipant(ctx, &BatchAddConversationParticipantRequest{
			ConversationShortId: ID(group), Operator: ID(operator), ParticipantInfos: list,
		})
		if err != nil {
			return nil, err
		}
		return failedItems(ctx, batchAddConversationParticipant.Action, twins(r.FailedUserIds, nil), func(string) error { return imclient.ErrDenied }), nil
	})
}

// modify changes members of a group. Their roles and levels go along: left out, they might be reset.
func (c *client) modify(ctx context.Context, group string, users []string, change func(Participant) ParticipantChange) ([]imclient.Refused, error) {
	info, err := c.known(ctx, group)
	if err != nil {
		return nil, err
	}
	return c.inBatches(ctx, users, maxTargets, func(batch []string) ([]imclient.Refused, error) {
		in, err := c.read(imclient.Fresh(ctx), group, batch)
		if err != nil {
			return nil, err
		}
		var refused []imclient.Refused
		var list []ParticipantChange
		for _, u := range batch {
			p, is := in[u]
			if !is {
				refused = append(refused, imclient.Refused{ID: u, Err: refuse(ctx, imclient.ErrNotFound, "not a member")})
				continue
			}
			to := change(p)
			to.ParticipantUserId = ID(u)
			to.Level = cmp.Or(to.Level, &p.Level)
			to.Role = cmp.Or(to.Role, &p.Role)
			list = append(list, to)
		}
		if len(list) == 0 {
			return refused, nil
		}
		r, err := c.api.BatchModifyConversationParticipant(ctx, &BatchModifyConversationParticipantRequest{
			ConversationShortId: ID(group), Operator: ownerOf(info), ParticipantInfos: list,
		})
		if err != nil {
			return nil, err
		}
		return append(refused, c.notDone(ctx, batchModifyConversationParticipant.Action, group, twins(r.FailedUserIds, nil))...), nil
	})
}

// one is the error of a write to a single target.
func one(refused []imclient.Refused, err error) error {
	if err == nil && len(refused) > 0 {
		return refused[0].Err
	}
	return err
}

func (m membersArea) SetRole(ctx context.Context, group, user string, role imclient.Role) error {
	ctx = withOp(ctx, "members.set_role")
	if role != imclient.RoleAdmin && role != imclient.RoleMember {
		return refuse(ctx, imclient.ErrInvalid, "no such role: a group gets another owner by a transfer")
	}
	info, err := m.known(ctx, group)
	if err != nil {
		return err
	}
	if user == string(ownerOf(info)) {
		return refuse(ctx, imclient.ErrInvalid, "the owner's role ends with a transfer of the group")
	}
	if !isLive(info) {
		n := Int(roleMember)
		if role == imclient.RoleAdmin {
			n = roleManager
		}
		return one(m.modify(ctx, group, []string{user}, func(Participant) ParticipantChange { return ParticipantChange{Role: &n} }))
	}
	return one(m.inBatches(ctx, []string{user}, maxTargets, func(batch []string) ([]imclient.Refused, error) {
		if role == imclient.RoleAdmin {
			r, err := m.api.BatchAddManager(ctx, &BatchAddManagerRequest{ConversationShortId: ID(group), Operator: ownerOf(info), ManagerUserIds: ids(batch)})
			if err != nil {
				return nil, err
			}
			return failedItems(ctx, batchAddManager.Action, twins(r.FailedManagerUserIds, r.FailedManagerUserIdsStr), denied), nil
		}
		r, err := m.api.BatchRemoveManager(ctx, &BatchRemoveManagerRequest{ConversationShortId: ID(group), Operator: ownerOf(info), RemoveManagerUserIds: ids(batch)})
		if err != nil {
			return nil, err
		}
		return failedItems(ctx, batchRemoveManager.Action, twins(r.FailedManagerUserIds, r.FailedManagerUserIdsStr), denied), nil
	}))
}

func denied(string) error { return imclient.ErrDenied }

func (m membersArea) SetNameCard(ctx context.Context, group, user, card string) error {
	ctx = withOp(ctx, "members.set_name_card")
	info, err := m.known(ctx, group)
	if err != nil {
		return err
	}
	if isLive(info) {
		return one(m.modifyLive(ctx, group, []string{user}, 0, func(Participant) LiveChange { return LiveChange{NickName: &card} }))
	}
	return one(m.modify(ctx, group, []string{user}, func(Participant) ParticipantChange { return ParticipantChange{NickName: &card} }))
}

func (m membersArea) SetCustom(ctx context.Context, group, user string, list []imclient.Field) error {
	ctx = withOp(ctx, "members.set_custom")
	if len(list) == 0 {
		return refuse(ctx, imclient.ErrInvalid, "nothing to change")
	}
	info, err := m.known(ctx, group)
	if err != nil {
		return err
	}
	if isLive(info) {
		return one(m.modifyLive(ctx, group, []string{user}, 0, func(p Participant) LiveChange { return LiveChange{Ext: merged(p.Ext, list)} }))
	}
	return one(m.modify(ctx, group, []string{user}, func(p Participant) ParticipantChange { return ParticipantChange{Ext: merged(p.Ext, list)} }))
}

// SetUnread is what the vendor does not have: a read position moves forward alone.
func (m membersArea) SetUnread(context.Context, string, string, int) error {
	return unsupported("members.set_unread")
}
