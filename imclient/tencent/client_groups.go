package tencent

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/imclient"
)

type groupsArea struct{ *client }

// chunkSize is how many group ids one call of the list fetches for pages up to that size. Twenty pages of 50 cost one
// call of a command that may be called once a second.
const chunkSize = 1000

// maxEmpty bounds how many chunks without an id are passed over for one page.
const maxEmpty = 10

// idChunk is one answer of the group list.
type idChunk struct {
	ids   []string
	next  Cursor
	total int
}

// listCursor is a place in the list of group ids: behind an id inside a chunk. The id is kept since places shift when
// groups are made or dismissed between two pages.
type listCursor struct {
	next   Cursor // the chunk's
	size   int    // it was fetched with
	offset int
	after  string // id before offset; "" at the chunk's beginning
}

func (l listCursor) String() string {
	return fmt.Sprintf("%s.%d.%d.%s", l.next, l.size, l.offset, l.after)
}

func parseListCursor(s string) (listCursor, bool) {
	if s == "" {
		return listCursor{}, true
	}
	part := strings.SplitN(s, ".", 4)
	if len(part) != 4 || strings.Trim(part[0], "0123456789") != "" {
		return listCursor{}, false
	}
	size, err1 := strconv.Atoi(part[1])
	offset, err2 := strconv.Atoi(part[2])
	if err1 != nil || err2 != nil || size < 1 || size > maxGroupList || offset < 0 || offset > size {
		return listCursor{}, false
	}
	return listCursor{Cursor(part[0]), size, offset, part[3]}, true
}

// place finds where to go on in a chunk that may have changed since.
func (l listCursor) place(ids []string) int {
	if l.after == "" {
		return 0
	}
	if l.offset <= len(ids) && l.offset > 0 && ids[l.offset-1] == l.after {
		return l.offset
	}
	if i := slices.Index(ids, l.after); i >= 0 {
		return i + 1
	}
	return min(max(l.offset-1, 0), len(ids)) // the id itself is gone: what was behind it has moved up by one
}

// List returns one page of the app's groups: a page of ids, mostly from a copy, and their details in batches of 50.
func (g groupsArea) List(ctx context.Context, o imclient.GroupListOptions) (imclient.Page[imclient.Group], error) {
	ctx = withOp(ctx, "groups.list")
	var page imclient.Page[imclient.Group]
	limit, err := pageSize(ctx, o.Limit, maxGroupList)
	if err != nil {
		return page, err
	}
	cur, ok := parseListCursor(o.Cursor)
	if !ok {
		return page, refuse(ctx, imclient.ErrInvalid, "cursor %.60q is not one of the group list", o.Cursor)
	}
	if cur.size == 0 {
		cur.size = max(chunkSize, limit)
	}
	var ids []string
	for range maxEmpty {
		chunk, err := g.chunk(ctx, o.Type, cur.next, cur.size)
		if err != nil {
			return page, err
		}
		page.Total, page.Next = chunk.total, ""
		at := cur.place(chunk.ids)
		ids = chunk.ids[at:min(at+limit, len(chunk.ids))]
		if end := at + len(ids); end < len(chunk.ids) {
			page.Next = listCursor{cur.next, cur.size, end, chunk.ids[end-1]}.String()
		} else if chunk.next != "" && chunk.next != cur.next {
			cur = listCursor{next: chunk.next, size: cur.size}
			page.Next = cur.String()
		}
		if len(ids) > 0 || page.Next == "" {
			break
		}
	}
	page.Items, _, err = g.details(ctx, ids)
	return page, err
}

// chunk returns the ids from next on.
func (g groupsArea) chunk(ctx context.Context, t imclient.GroupType, next Cursor, size int) (idChunk, error) {
	key := fmt.Sprintf("%s/%s/%d", t, next, size)
	return g.ids.Get(ctx, key, func(ctx context.Context) (idChunk, error) {
		r, err := g.api.GetAppidGroupList(ctx, &GetAppidGroupListRequest{Limit: size, Next: next, GroupType: string(t)})
		if err != nil {
			return idChunk{}, err
		}
		chunk := idChunk{ids: make([]string, 0, len(r.GroupIdList)), next: r.Next, total: int(r.TotalCount)}
		for _, id := range r.GroupIdList {
			chunk.ids = append(chunk.ids, string(id.GroupId))
		}
		return chunk, nil
	})
}

// pageSize checks a limit; 0 is 50 or what the service allows, if that is less.
func pageSize(ctx context.Context, limit, most int) (int, error) {
	switch {
	case limit == 0:
		return min(50, most), nil
	case limit < 0 || limit > most:
		return 0, refuse(ctx, imclient.ErrInvalid, "limit %d is not 1 to %d", limit, most)
	}
	return limit, nil
}

// Get returns one group.
func (g groupsArea) Get(ctx context.Context, id string) (imclient.Group, error) {
	ctx = withOp(ctx, "groups.get")
	return g.group(ctx, id)
}

// GetMany returns groups in the order asked.
func (g groupsArea) GetMany(ctx context.Context, ids []string) ([]imclient.Group, []imclient.Refused, error) {
	return g.details(withOp(ctx, "groups.get_many"), ids)
}

// details reads groups, from copies of the last two seconds where there are, the others in batches of 50.
func (c *client) details(ctx context.Context, ids []string) ([]imclient.Group, []imclient.Refused, error) {
	ids = unique(ids)
	groups := make([]imclient.Group, len(ids))
	refused := make([]*imclient.Error, len(ids))
	var missing []int
	for i, id := range ids {
		if v, age, ok := c.groups.Peek(id); ok && age < groupFresh && !imclient.IsFresh(ctx) {
			groups[i] = v
		} else {
			missing = append(missing, i)
		}
	}
	epoch, types := c.groups.Begin(), c.types.Begin()
	err := readBatches(ctx, missing, maxGroupInfo, func(ctx context.Context, batch []int, _ int) error {
		names := make([]string, len(batch))
		place := make(map[string]int, len(batch))
		for n, i := range batch {
			names[n], place[ids[i]] = ids[i], i
		}
		infos, err := c.groupInfos(ctx, names)
		if err != nil {
			return err
		}
		for _, info := range infos {
			i, asked := place[string(info.GroupId)]
			switch {
			case !asked:
			case info.ErrorCode != 0:
				refused[i] = itemError(opOf(ctx, getGroupInfo.Command), getGroupInfo.Command, info.ErrorCode, info.ErrorInfo)
			default:
				groups[i] = toGroup(info)
				c.groups.Put(ids[i], groups[i], epoch)
				c.types.Put(ids[i], groups[i].Type, types)
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	var out []imclient.Refused
	n := 0
	for i, id := range ids {
		switch {
		case groups[i].ID != "":
			groups[n] = groups[i]
			n++
		case refused[i] != nil:
			out = append(out, imclient.Refused{ID: id, Err: refused[i]})
		default: // the service left it out
			out = append(out, imclient.Refused{ID: id, Err: refuse(ctx, imclient.ErrNotFound, "the answer does not have the group")})
		}
	}
	return groups[:n], out, nil
}

// The fields asked of a group. The member list is not one of them: in a large group it alone is over the service's 1 MB.
var (
	oldGroupFields = []string{
		"Type", "Name", "Introduction", "Notification", "FaceUrl", "Owner_Account", "CreateTime", "LastInfoTime",
		"LastMsgTime", "NextMsgSeq", "MemberNum", "MaxMemberNum", "ApplyJoinOption", "MuteAllMember",
	}
	groupFields = append(slices.Clone(oldGroupFields), "InviteJoinOption", "SupportTopic")
)

// groupInfos calls get_group_info for at most 50 groups. A server that does not take the newest fields is asked without.
func (c *client) groupInfos(ctx context.Context, ids []string) ([]GroupInfo, error) {
	var answer *GetGroupInfoAnswer
	ask := func(fields []string) func() error {
		return func() (err error) {
			answer, err = c.api.GetGroupInfo(ctx, &GetGroupInfoRequest{GroupIdList: ids, ResponseFilter: &GroupFilter{
				GroupBaseInfoFilter: fields, AppDefinedDataFilterGroup: c.api.cfg.GroupFields,
			}})
			return err
		}
	}
	refused := func(e *imclient.Error) bool { return e.Code == "10004" }
	if err := c.api.vocabulary.filter.try(refused, ask(groupFields), ask(oldGroupFields)); err != nil {
		return nil, err
	}
	return answer.GroupInfo, nil
}

func toGroup(i GroupInfo) imclient.Group {
	g := imclient.Group{
		ID: string(i.GroupId), Type: imclient.GroupType(i.Type), Name: string(i.Name), Intro: string(i.Introduction),
		Notice: string(i.Notification), AvatarURL: string(i.FaceUrl), OwnerID: string(i.OwnerAccount),
		Created: unix(i.CreateTime), InfoChanged: unix(i.LastInfoTime), LastMessage: unix(i.LastMsgTime),
		Members: -1, MaxMembers: int(i.MaxMemberNum), Online: -1,
		JoinOption: string(i.ApplyJoinOption), InviteOpt: string(i.InviteJoinOption),
		MuteAll: onOff(i.Muted()), Custom: fields(i.AppDefinedData), Topics: i.SupportTopic != nil && *i.SupportTopic == 1,
	}
	if i.MemberNum != nil {
		g.Members = int(*i.MemberNum)
	}
	if i.NextMsgSeq != nil && *i.NextMsgSeq > 1 {
		g.LastSeq = itoa(*i.NextMsgSeq - 1)
	}
	return g
}

func onOff(s Str) imclient.Tristate {
	switch strings.ToLower(strings.TrimSpace(string(s))) {
	case "on":
		return imclient.On
	case "off":
		return imclient.Off
	}
	return imclient.Unknown
}

func fields(list []KeyValue) []imclient.Field {
	var out []imclient.Field
	for _, kv := range list {
		out = append(out, imclient.Field{Key: string(kv.Key), Value: string(kv.Value)})
	}
	return out
}

// Change changes the named fields.
func (g groupsArea) Change(ctx context.Context, id string, ch imclient.GroupChange) error {
	ctx = withOp(ctx, "groups.change")
	if ch.JoinOption != nil {
		if err := g.allow(ctx, imclient.VerbJoinOption, id, ""); err != nil {
			return err
		}
	}
	q := &ModifyGroupBaseInfoRequest{
		GroupId: id, Name: ch.Name, Introduction: ch.Intro, Notification: ch.Notice, FaceUrl: ch.AvatarURL, ApplyJoinOption: ch.JoinOption,
		InviteJoinOption: ch.InviteOpt, AppDefinedData: keyValues(ch.Custom),
	}
	if ch.MuteAll != nil {
		q.MuteAllMember = wireSwitch(*ch.MuteAll)
	}
	if ch.MaxMembers != nil {
		if *ch.MaxMembers < 1 {
			return refuse(ctx, imclient.ErrInvalid, "a group for %d members", *ch.MaxMembers)
		}
		q.MaxMemberNum = *ch.MaxMembers
	}
	_, err := g.api.ModifyGroupBaseInfo(ctx, q)
	return err
}

// SendNotice shows text to the members online now.
func (g groupsArea) SendNotice(ctx context.Context, id, text string, to []string) error {
	ctx = withOp(ctx, "groups.send_notice")
	group, topic := splitTopic(id)
	if len(to) > maxNotified {
		return refuse(ctx, imclient.ErrInvalid, "a notice to %d members: at most %d, or all", len(to), maxNotified)
	}
	_, err := g.api.SendGroupSystemNotification(ctx, &SendGroupSystemNotificationRequest{
		GroupId: group, TopicId: topic, ToMembersAccount: to, Content: text,
	})
	return err
}

// splitTopic takes a topic's id apart: GROUP@TOPIC#_PART. A group's id has no topic.
func splitTopic(id string) (group, topic string) {
	if group, _, ok := strings.Cut(id, "@TOPIC#_"); ok {
		return group, id
	}
	return id, ""
}

// group returns one group, maybe a copy.
func (c *client) group(ctx context.Context, id string) (imclient.Group, error) {
	groups, refused, err := c.details(ctx, []string{id})
	switch {
	case err != nil:
		return imclient.Group{}, err
	case len(refused) > 0:
		return imclient.Group{}, refused[0].Err
	}
	return groups[0], nil
}

// typeOf returns a group's type: what the caller knows, else what the service said within the last minutes.
func (c *client) typeOf(ctx context.Context, id string, known imclient.GroupType) (imclient.GroupType, error) {
	if known != "" {
		return known, nil
	}
	parent, _ := splitTopic(id)
	if t, age, ok := c.types.Peek(parent); ok && age < typeFresh {
		return t, nil
	}
	info, err := c.group(ctx, parent)
	return info.Type, err
}

// allow refuses what Capabilities does not offer in the group. The service itself says OK to some of that and does nothing.
func (c *client) allow(ctx context.Context, v imclient.Verb, id string, known imclient.GroupType) error {
	t, err := c.typeOf(ctx, id, known)
	if err != nil {
		return err
	}
	if reason := why(v, t); reason != "" {
		return refuse(ctx, imclient.ErrUnsupported, "%s", reason)
	}
	return nil
}

// until reads the end of a mute or ban: zero if it is over. Far times are how "for ever" comes back, since the service
// adds 4294967295 seconds to its clock.
func until(end, now time.Time) time.Time {
	switch {
	case !end.After(now):
		return time.Time{}
	case end.Year() >= 2100:
		return imclient.Forever
	}
	return end
}
