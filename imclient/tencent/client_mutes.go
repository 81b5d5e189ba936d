package tencent

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"imdesk/imclient"
)

type mutesArea struct{ *client }

// List returns one page of a group's muted members, soonest end first. The service gives the whole list at once.
// Cursors are "END.USER" of the last one shown, so that a mute that ends between two pages shifts nothing.
func (m mutesArea) List(ctx context.Context, group, cursor string, limit int) (imclient.Page[imclient.Mute], error) {
	ctx = withOp(ctx, "mutes.list")
	page := imclient.Page[imclient.Mute]{Total: -1}
	limit, err := pageSize(ctx, limit, maxMuted)
	if err != nil {
		return page, err
	}
	from := imclient.Mute{}
	if cursor != "" {
		end, user, ok := strings.Cut(cursor, ".")
		seconds, err := strconv.ParseInt(end, 10, 64)
		if err != nil || !ok {
			return page, refuse(ctx, imclient.ErrInvalid, "cursor %.60q is not one of the muted list", cursor)
		}
		from = imclient.Mute{UserID: user, Until: time.Unix(seconds, 0).UTC()}
	}
	all, err := m.mutedList(ctx, group)
	if err != nil {
		return page, err
	}
	page.Total = len(all)
	at := 0
	if cursor != "" {
		at = sort.Search(len(all), func(i int) bool { return compareMutes(all[i], from) > 0 })
	}
	end := min(at+limit, len(all))
	page.Items = slices.Clone(all[at:end])
	if end < len(all) {
		last := all[end-1]
		page.Next = strconv.FormatInt(last.Until.Unix(), 10) + "." + last.UserID
	}
	return page, nil
}

func compareMutes(a, b imclient.Mute) int {
	return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.UserID, b.UserID))
}

// mutedList returns all who are muted in a group or topic now, sorted by the end.
func (c *client) mutedList(ctx context.Context, id string) ([]imclient.Mute, error) {
	return c.muted.Get(ctx, id, func(ctx context.Context) ([]imclient.Mute, error) {
		group, topic := splitTopic(id)
		r, err := c.api.GetGroupMutedAccount(ctx, &GetGroupMutedAccountRequest{GroupId: group, TopicId: topic})
		if err != nil {
			return nil, err
		}
		now := c.api.now()
		var list []imclient.Mute
		for _, a := range r.Accounts() {
			if end := until(unix(a.Until()), now); !end.IsZero() {
				list = append(list, imclient.Mute{UserID: string(a.MemberAccount), Until: end})
			}
		}
		slices.SortFunc(list, compareMutes)
		return list, nil
	})
}

// Muted tells until when given users are muted.
func (m mutesArea) Muted(ctx context.Context, group string, users []string) (map[string]time.Time, error) {
	all, err := m.mutedList(withOp(ctx, "mutes.of"), group)
	if err != nil {
		return nil, err
	}
	asked := make(map[string]bool, len(users))
	for _, u := range users {
		asked[u] = true
	}
	found := make(map[string]time.Time, len(users))
	for _, mute := range all {
		if asked[mute.UserID] {
			found[mute.UserID] = mute.Until
		}
	}
	return found, nil
}

// Set forbids users to speak in the group for d.
func (m mutesArea) Set(ctx context.Context, group string, users []string, d time.Duration) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "mutes.set")
	if d == 0 {
		return nil, refuse(ctx, imclient.ErrInvalid, "a mute of no length is a lift")
	}
	return m.forbid(ctx, group, users, seconds(d))
}

// Lift lets users speak again.
func (m mutesArea) Lift(ctx context.Context, group string, users []string) ([]imclient.Refused, error) {
	return m.forbid(withOp(ctx, "mutes.lift"), group, users, 0)
}

func (m mutesArea) forbid(ctx context.Context, id string, users []string, seconds uint32) ([]imclient.Refused, error) {
	if err := m.allow(ctx, imclient.VerbMute, id, ""); err != nil {
		return nil, err
	}
	group, topic := splitTopic(id)
	return inBatches(ctx, users, maxMuted, same, func(batch []string) ([]imclient.Refused, error) {
		_, err := m.api.ForbidSendMsg(ctx, &ForbidSendMsgRequest{GroupId: group, TopicId: topic, MembersAccount: batch, MuteTime: seconds})
		return nil, err
	})
}

// Global reads a user's global mute. The service tells the seconds that are left.
func (m mutesArea) Global(ctx context.Context, user string) (imclient.GlobalMute, error) {
	r, err := m.api.GetNoSpeaking(withOp(ctx, "mutes.global"), &GetNoSpeakingRequest{GetAccount: user})
	if err != nil {
		return imclient.GlobalMute{}, err
	}
	now := m.api.now().Truncate(time.Second)
	end := func(left Int) time.Time {
		return until(now.Add(time.Duration(min(max(left, 0), U32Forever))*time.Second).UTC(), now)
	}
	return imclient.GlobalMute{DirectUntil: end(r.C2CmsgNospeakingTime), GroupUntil: end(r.GroupmsgNospeakingTime)}, nil
}

// SetGlobal sets a user's global mute.
func (m mutesArea) SetGlobal(ctx context.Context, user string, direct, group *time.Duration) error {
	ctx = withOp(ctx, "mutes.set_global")
	if direct == nil && group == nil {
		return refuse(ctx, imclient.ErrInvalid, "neither part of the global mute is given")
	}
	q := &SetNoSpeakingRequest{SetAccount: user}
	if direct != nil {
		q.C2CmsgNospeakingTime = ptr(seconds(*direct))
	}
	if group != nil {
		q.GroupmsgNospeakingTime = ptr(seconds(*group))
	}
	_, err := m.api.SetNoSpeaking(ctx, q)
	return err
}
