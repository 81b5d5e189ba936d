package volcengine

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/imclient"
)

type mutesArea struct{ *client }

const (
	maxBlockedPage = 20
	// mutedCalls bounds how many calls one look for muted members may take: of a group it is at 1,000 members.
	mutedCalls = 50
)

// mutedPart is who is muted among a part of a group's members.
type mutedPart struct {
	mutes []imclient.Mute
	next  string // where the service goes on; "" at the end
}

// List reads who is muted in a live group by a few calls, by the ids of the users. For a group there is no such action:
// its members are looked through, up to 1,000 at once.
func (m mutesArea) List(ctx context.Context, group, cursor string, limit int) (imclient.Page[imclient.Mute], error) {
	ctx = withOp(ctx, "mutes.list")
	info, err := m.known(ctx, group)
	if err != nil {
		return imclient.Page[imclient.Mute]{}, err
	}
	if isLive(info) {
		return m.blocked(ctx, group, cursor, limit, BlockMute)
	}
	start, index, _ := strings.Cut(cmp.Or(cursor, "0.0"), ".")
	from, err := strconv.Atoi(index)
	if _, bad := strconv.ParseInt(start, 10, 64); bad != nil || err != nil || from < 0 {
		return imclient.Page[imclient.Mute]{}, refuse(ctx, imclient.ErrInvalid, "not a cursor")
	}
	part, err := m.muted.Get(ctx, group+"/"+start, func(ctx context.Context) (mutedPart, error) { return m.lookThrough(ctx, group, start) })
	if err != nil {
		return imclient.Page[imclient.Mute]{}, err
	}
	if limit <= 0 {
		limit = defaultPage
	}
	now := m.api.now()
	page := imclient.Page[imclient.Mute]{Total: -1}
	if start == "0" && part.next == "" {
		page.Total = len(part.mutes)
	}
	from = min(from, len(part.mutes))
	to := min(from+limit, len(part.mutes))
	for _, mute := range part.mutes[from:to] {
		if mute.Until.After(now) {
			page.Items = append(page.Items, mute)
		}
	}
	switch {
	case to < len(part.mutes):
		page.Next = start + "." + strconv.Itoa(to)
	case part.next != "":
		page.Next = part.next + ".0"
	}
	return page, nil
}

// lookThrough reads who is muted among the members from a cursor of the service on.
func (m mutesArea) lookThrough(ctx context.Context, group, start string) (mutedPart, error) {
	part := mutedPart{next: start}
	for range mutedCalls {
		r, err := m.api.ScanConversationParticipantList(ctx, &ScanConversationParticipantListRequest{
			ConversationShortId: ID(group), Cursor: ID(part.next), Limit: maxScan,
		})
		if err != nil {
			return mutedPart{}, err
		}
		for _, p := range r.Participants {
			if until := m.until(p.BlockTime); !until.IsZero() {
				part.mutes = append(part.mutes, imclient.Mute{UserID: p.ParticipantUserId.or(string(p.ParticipantUserIdStr)), Until: until})
			}
		}
		if part.next = nextCursor(part.next, r.HasMore, r.NextCursor); part.next == "" {
			break
		}
	}
	sortMutes(part.mutes)
	return part, nil
}

func sortMutes(list []imclient.Mute) {
	slices.SortStableFunc(list, func(a, b imclient.Mute) int { return a.Until.Compare(b.Until) })
}

// blocked reads one page of those muted in a live group, or banned from it; sorted by their ends if it is all of them.
func (c *client) blocked(ctx context.Context, group, cursor string, limit, action int) (imclient.Page[imclient.Mute], error) {
	if limit <= 0 {
		limit = defaultPage
	}
	at := cmp.Or(cursor, "0")
	page := imclient.Page[imclient.Mute]{Total: -1}
	if n, err := strconv.ParseInt(at, 10, 64); err != nil || n < 0 {
		return page, refuse(ctx, imclient.ErrInvalid, "not a cursor")
	}
	for range filterCalls {
		r, err := c.api.BatchGetBlockParticipants(ctx, &BatchGetBlockParticipantsRequest{
			ConversationShortId: ID(group), Cursor: ID(at), Limit: min(limit-len(page.Items), maxBlockedPage), BlockAction: action,
		})
		if err != nil {
			return page, err
		}
		for _, p := range r.Participants {
			if until := c.until(p.BlockTime); !until.IsZero() {
				page.Items = append(page.Items, imclient.Mute{
					UserID: p.ParticipantUserId.or(string(p.ParticipantUserIdStr)), Until: until, Since: seconds(p.CreateTime),
				})
			}
		}
		at = nextCursor(at, r.HasMore, r.NextCursor)
		if page.Next = at; at == "" || len(page.Items) >= limit {
			break
		}
	}
	if cursor == "" && page.Next == "" {
		page.Total = len(page.Items)
		sortMutes(page.Items)
	}
	return page, nil
}

// Set writes a time to groups, and a duration to live groups.
func (m mutesArea) Set(ctx context.Context, group string, users []string, d time.Duration) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "mutes.set")
	if d == 0 {
		return nil, refuse(ctx, imclient.ErrInvalid, "a mute of no time at all")
	}
	info, err := m.known(ctx, group)
	if err != nil || len(users) == 0 {
		return nil, err
	}
	if isLive(info) {
		return m.block(ctx, group, users, d, BlockMute)
	}
	end := int64(untilForever)
	if d > 0 {
		end = min(m.api.now().Unix()+wholeSeconds(d), untilForever)
	}
	return m.modify(ctx, group, users, func(Participant) ParticipantChange { return ParticipantChange{BlockTime: &end} })
}

// Lift ends mutes. Of a live group's users those who are not muted are as they should be.
func (m mutesArea) Lift(ctx context.Context, group string, users []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "mutes.lift")
	info, err := m.known(ctx, group)
	if err != nil || len(users) == 0 {
		return nil, err
	}
	if isLive(info) {
		return m.unblock(ctx, group, users, BlockMute)
	}
	return m.modify(ctx, group, users, func(Participant) ParticipantChange { return ParticipantChange{BlockTime: ptr(int64(0))} })
}

// block mutes or bans in a live group, for a number of seconds.
func (c *client) block(ctx context.Context, group string, users []string, d time.Duration, action int) ([]imclient.Refused, error) {
	longest := untilForever - c.api.now().Unix()
	n := longest
	if d > 0 {
		n = min(wholeSeconds(d), longest)
	}
	return c.inBatches(ctx, users, maxTargets, func(batch []string) ([]imclient.Refused, error) {
		infos := make(map[ID]int64, len(batch))
		for _, u := range batch {
			infos[ID(u)] = n
		}
		r, err := c.api.BatchAddBlockParticipants(ctx, &BatchAddBlockParticipantsRequest{
			ConversationShortId: ID(group), ParticipantBlockInfos: infos, BlockAction: action,
		})
		if err != nil {
			return nil, err
		}
		return failedItems(ctx, batchAddBlockParticipants.Action, twins(r.FailedParticipantUserIds, r.FailedParticipantUserIdsStr), denied), nil
	})
}

func (c *client) unblock(ctx context.Context, group string, users []string, action int) ([]imclient.Refused, error) {
	return c.inBatches(ctx, users, maxTargets, func(batch []string) ([]imclient.Refused, error) {
		r, err := c.api.BatchDeleteBlockParticipants(ctx, &BatchDeleteBlockParticipantsRequest{
			ConversationShortId: ID(group), ParticipantUserIds: ids(batch), BlockAction: action,
		})
		if err != nil {
			return nil, err
		}
		return c.stillBlocked(ctx, group, action, twins(r.FailedParticipantUserIds, r.FailedParticipantUserIdsStr)), nil
	})
}

// stillBlocked leaves out of those whom the service refused the ones that are not muted or banned anyway, as far as a
// bounded look at the list shows.
func (c *client) stillBlocked(ctx context.Context, group string, action int, failed []string) []imclient.Refused {
	if len(failed) == 0 {
		return nil
	}
	page, err := c.blocked(imclient.Fresh(ctx), group, "", filterCalls*maxBlockedPage, action)
	if err == nil && page.Next == "" {
		failed = slices.DeleteFunc(failed, func(u string) bool {
			return !slices.ContainsFunc(page.Items, func(m imclient.Mute) bool { return m.UserID == u })
		})
	}
	return failedItems(ctx, batchDeleteBlockParticipants.Action, failed, denied)
}

func (m mutesArea) Global(context.Context, string) (imclient.GlobalMute, error) {
	return imclient.GlobalMute{}, unsupported("mutes.global")
}

func (m mutesArea) SetGlobal(context.Context, string, *time.Duration, *time.Duration) error {
	return unsupported("mutes.set_global")
}

type liveArea struct{ *client }

func (l liveArea) OnlineCount(ctx context.Context, group string) (int, error) {
	ctx = withOp(ctx, "live.online_count")
	info, err := l.info(ctx, group)
	if err == nil {
		err = needLive(ctx, info)
	}
	switch {
	case err != nil:
		return 0, err
	case info.OnlineCount == nil:
		return 0, refuse(ctx, imclient.ErrUnsupported, "the service does not tell")
	}
	return int(*info.OnlineCount), nil
}

func (l liveArea) Banned(ctx context.Context, group, cursor string, limit int) (imclient.Page[imclient.Mute], error) {
	ctx = withOp(ctx, "live.banned")
	info, err := l.known(ctx, group)
	if err == nil {
		err = needLive(ctx, info)
	}
	if err != nil {
		return imclient.Page[imclient.Mute]{}, err
	}
	return l.blocked(ctx, group, cursor, limit, BlockBan)
}

func (l liveArea) Ban(ctx context.Context, group string, users []string, d time.Duration, _ string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "live.ban")
	if d == 0 {
		return nil, refuse(ctx, imclient.ErrInvalid, "a ban of no time at all")
	}
	info, err := l.known(ctx, group)
	if err == nil {
		err = needLive(ctx, info)
	}
	if err != nil {
		return nil, err
	}
	return l.block(ctx, group, users, d, BlockBan)
}

func (l liveArea) Unban(ctx context.Context, group string, users []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "live.unban")
	info, err := l.known(ctx, group)
	if err == nil {
		err = needLive(ctx, info)
	}
	if err != nil {
		return nil, err
	}
	return l.unblock(ctx, group, users, BlockBan)
}

// maxLiveChanges is how many members of a live group a call changes.
const maxLiveChanges = 10

func (l liveArea) Mark(ctx context.Context, group string, users, marks []string, on bool) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "live.mark")
	if len(marks) == 0 {
		return nil, refuse(ctx, imclient.ErrInvalid, "no marks")
	}
	info, err := l.known(ctx, group)
	if err == nil {
		err = needLive(ctx, info)
	}
	if err != nil {
		return nil, err
	}
	action := MarkAdd
	if !on {
		action = MarkRemove
	}
	// The page asks for one of the other fields beside the marks: the name goes along as it is.
	return l.modifyLive(ctx, group, users, action, func(p Participant) LiveChange {
		return LiveChange{NickName: ptr(string(p.NickName)), Marks: marks}
	})
}

// modifyLive changes members of a live group.
func (c *client) modifyLive(ctx context.Context, group string, users []string, marks int, change func(Participant) LiveChange) ([]imclient.Refused, error) {
	return c.inBatches(ctx, users, maxLiveChanges, func(batch []string) ([]imclient.Refused, error) {
		in, err := c.read(imclient.Fresh(ctx), group, batch)
		if err != nil {
			return nil, err
		}
		list := make([]LiveChange, len(batch))
		for i, u := range batch {
			list[i] = change(in[u])
			list[i].UserId = ID(u)
		}
		r, err := c.api.BatchUpdateLiveParticipants(ctx, &BatchUpdateLiveParticipantsRequest{
			ConversationShortId: ID(group), ParticipantInfos: list, MarkAction: marks,
		})
		if err != nil {
			return nil, err
		}
		return failedInfos(ctx, batchUpdateLiveParticipants.Action, r.FailedInfos), nil
	})
}

func (l liveArea) Broadcast(context.Context, imclient.Draft) (imclient.Sent, error) {
	return imclient.Sent{}, unsupported("live.broadcast")
}
