package volcengine

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"imdesk/imclient"
)

type walkArea struct{ *client }

// GroupsOf reads a user's conversations, the oldest first, and then the live groups that the user made. It leaves out how many
// members they have, which the service would count.
func (w walkArea) GroupsOf(ctx context.Context, user, cursor string) (imclient.Page[imclient.Group], error) {
	ctx = withOp(ctx, "walk.groups_of")
	page := imclient.Page[imclient.Group]{Total: -1}
	if !w.api.validUser(user) {
		return page, refuse(ctx, imclient.ErrNotFound, "no user %.40q", user)
	}
	data, at, err := groupsCursor(ctx, cursor)
	if err != nil {
		return page, err
	}
	r, err := w.api.GetUserConversations(ctx, &GetUserConversationsRequest{
		ParticipantUserId: ID(user), Cursor: ID(at), Limit: maxGroupsPage, DataType: data, SkipMemberCount: true,
	})
	if err != nil {
		return page, err
	}
	for _, info := range r.ConversationInfos {
		if info.ConversationType != ConversationDirect && info.Status != statusGone {
			page.Items = append(page.Items, groupOf(info))
		}
	}
	page.Next = groupsAfter(data, at, r)
	return page, nil
}

// groupsCursor reads where a list of a user's groups goes on: which of the service's two lists, and its cursor there.
func groupsCursor(ctx context.Context, cursor string) (data int, at string, err error) {
	kind, at, ok := strings.Cut(cmp.Or(cursor, "1.0"), ".")
	data, wrong := strconv.Atoi(kind)
	if _, bad := strconv.ParseInt(at, 10, 64); !ok || wrong != nil || bad != nil || data != DataStored && data != DataLive {
		return 0, "", refuse(ctx, imclient.ErrInvalid, "not a cursor")
	}
	return data, at, nil
}

// groupsAfter is the cursor behind a page: after the end of the one list comes the other. "" at the end of both.
func groupsAfter(data int, at string, r *GetUserConversationsResult) string {
	switch next := nextCursor(at, r.HasMore, r.NextCursor); {
	case next != "":
		return strconv.Itoa(data) + "." + next
	case data == DataStored:
		return strconv.Itoa(DataLive) + ".0"
	}
	return ""
}

func (w walkArea) MembersOf(ctx context.Context, group string, t imclient.GroupType, cursor string) (imclient.Page[string], error) {
	ctx = withOp(ctx, "walk.members_of")
	page := imclient.Page[string]{Total: -1}
	at := cmp.Or(cursor, "0")
	if _, err := strconv.ParseInt(at, 10, 64); err != nil {
		return page, refuse(ctx, imclient.ErrInvalid, "not a cursor")
	}
	if !validID(group) {
		return page, refuse(ctx, imclient.ErrNotFound, "no group %.40q", group)
	}
	q := &ScanConversationParticipantListRequest{ConversationShortId: ID(group), Cursor: ID(at), Limit: maxScanIDs, OnlyUserIds: true}
	if t == TypeLive {
		q.Limit, q.OnlyUserIds, q.ScanOnlineParticipant = maxScan, false, true
	}
	r, err := w.api.ScanConversationParticipantList(ctx, q)
	if err != nil {
		return page, err
	}
	for _, p := range r.Participants {
		page.Items = append(page.Items, p.ParticipantUserId.or(string(p.ParticipantUserIdStr)))
	}
	page.Next = nextCursor(at, r.HasMore, r.NextCursor)
	return page, nil
}
