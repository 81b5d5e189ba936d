package tencent

import (
	"context"
	"strconv"
	"time"

	"imdesk/imclient"
)

type liveArea struct{ *client }

// maxBanReason is what ban_group_member takes as its Description, in bytes.
const maxBanReason = 1000

// OnlineCount returns how many are in the room now.
func (l liveArea) OnlineCount(ctx context.Context, group string) (int, error) {
	r, err := l.api.GetOnlineMemberNum(withOp(ctx, "live.online_count"), &GroupRequest{GroupId: group})
	if err != nil {
		return 0, err
	}
	return int(r.OnlineMemberNum), nil
}

// Banned returns one page of those who may not be in the room.
func (l liveArea) Banned(ctx context.Context, group, cursor string, limit int) (imclient.Page[imclient.Mute], error) {
	ctx = withOp(ctx, "live.banned")
	page := imclient.Page[imclient.Mute]{Total: -1}
	limit, err := pageSize(ctx, limit, maxBanPage)
	if err != nil {
		return page, err
	}
	at, err := offset(ctx, cursor)
	if err != nil {
		return page, err
	}
	r, err := l.api.GetGroupBanMember(ctx, &GetGroupBanMemberRequest{GroupId: group, Limit: limit, Offset: at})
	if err != nil {
		return page, err
	}
	now := l.api.now()
	for _, b := range r.BannedAccountList {
		if end := until(unix(b.BannedUntil), now); !end.IsZero() {
			page.Items = append(page.Items, imclient.Mute{UserID: string(b.MemberAccount), Until: end})
		}
	}
	if next := int(r.NextOffset); next > at {
		page.Next = strconv.Itoa(next)
	}
	return page, nil
}

// Ban keeps users out for d.
func (l liveArea) Ban(ctx context.Context, group string, users []string, d time.Duration, reason string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "live.ban")
	if d == 0 {
		return nil, refuse(ctx, imclient.ErrInvalid, "a ban of no length")
	}
	if err := l.allow(ctx, imclient.VerbBan, group, ""); err != nil {
		return nil, err
	}
	return inBatches(ctx, users, maxBanned, same, func(batch []string) ([]imclient.Refused, error) {
		_, err := l.api.BanGroupMember(ctx, &BanGroupMemberRequest{
			GroupId: group, MembersAccount: batch, Duration: seconds(d), Description: cut(reason, maxBanReason),
		})
		return nil, err
	})
}

// Unban lets users in again.
func (l liveArea) Unban(ctx context.Context, group string, users []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "live.unban")
	if err := l.allow(ctx, imclient.VerbBan, group, ""); err != nil {
		return nil, err
	}
	return inBatches(ctx, users, maxBanned, same, func(batch []string) ([]imclient.Refused, error) {
		_, err := l.api.UnbanGroupMember(ctx, &UnbanGroupMemberRequest{GroupId: group, MembersAccount: batch})
		return nil, err
	})
}
