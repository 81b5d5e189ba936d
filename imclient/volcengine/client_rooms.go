package volcengine

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

type roomsArea struct{ *client }

const maxAllowedPage = 20

// live reads a group that must be a live one.
func (c *client) live(ctx context.Context, group string) (ConversationInfo, error) {
	info, err := c.known(ctx, group)
	if err == nil {
		err = needLive(ctx, info)
	}
	return info, err
}

// operator is in whose name a live group is changed: its owner's. The service does not verify it.
func operator(info ConversationInfo) ID { return info.OwnerUserId }

// Allowed is a page of the white list.
func (r roomsArea) Allowed(ctx context.Context, group, cursor string, limit int) (imclient.Page[imclient.Allowed], error) {
	ctx = withOp(ctx, "rooms.allowed")
	page := imclient.Page[imclient.Allowed]{Total: -1}
	if _, err := r.live(ctx, group); err != nil {
		return page, err
	}
	if limit <= 0 || limit > maxAllowedPage {
		limit = maxAllowedPage
	}
	at := cmp.Or(cursor, "0")
	if n, err := strconv.ParseInt(at, 10, 64); err != nil || n < 0 {
		return page, refuse(ctx, imclient.ErrInvalid, "not a cursor")
	}
	list, err := r.api.BatchGetWhitelistParticipant(ctx, &BatchGetWhitelistParticipantRequest{ConversationShortId: ID(group), Cursor: ID(at), Limit: limit})
	if err != nil {
		return page, err
	}
	for _, p := range list.Participants {
		page.Items = append(page.Items, imclient.Allowed{UserID: p.ParticipantUserId.or(string(p.ParticipantUserIdStr)), Since: seconds(p.CreateTime)})
	}
	page.Next = nextCursor(at, list.HasMore, list.NextCursor)
	return page, nil
}

// Allow puts users on the white list, which takes 100 by default.
func (r roomsArea) Allow(ctx context.Context, group string, users []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "rooms.allow")
	info, err := r.live(ctx, group)
	if err != nil {
		return nil, err
	}
	return r.inBatches(ctx, users, maxTargets, func(batch []string) ([]imclient.Refused, error) {
		a, err := r.api.BatchAddWhitelistParticipant(ctx, &BatchAddWhitelistParticipantRequest{
			ConversationShortId: ID(group), Operator: operator(info), ParticipantUserIds: ids(batch),
		})
		if err != nil {
			return nil, err
		}
		return failedItems(ctx, batchAddWhitelistParticipant.Action, twins(a.FailedUserIds, a.FailedUserIdsStr), denied), nil
	})
}

// Disallow takes users off the white list. Whom the service refuses and who is not on it is not refused.
func (r roomsArea) Disallow(ctx context.Context, group string, users []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "rooms.disallow")
	info, err := r.live(ctx, group)
	if err != nil {
		return nil, err
	}
	return r.inBatches(ctx, users, maxTargets, func(batch []string) ([]imclient.Refused, error) {
		a, err := r.api.BatchRemoveWhitelistParticipant(ctx, &BatchRemoveWhitelistParticipantRequest{
			ConversationShortId: ID(group), Operator: operator(info), ParticipantUserIds: ids(batch),
		})
		if err != nil {
			return nil, err
		}
		failed := twins(a.FailedUserIds, a.FailedUserIdsStr)
		if len(failed) == 0 {
			return nil, nil
		}
		left := map[string]bool{}
		for page, err := range imclient.Pages(ctx, "", func(ctx context.Context, cursor string) (imclient.Page[imclient.Allowed], error) {
			return r.Allowed(ctx, group, cursor, maxAllowedPage)
		}) {
			if err != nil {
				return failedItems(ctx, batchRemoveWhitelistParticipant.Action, failed, denied), nil
			}
			for _, p := range page.Items {
				left[p.UserID] = true
			}
		}
		failed = slices.DeleteFunc(failed, func(u string) bool { return !left[u] })
		return failedItems(ctx, batchRemoveWhitelistParticipant.Action, failed, denied), nil
	})
}

func (r roomsArea) Marks(ctx context.Context, group string) ([]string, error) {
	ctx = withOp(ctx, "rooms.marks")
	if _, err := r.live(ctx, group); err != nil {
		return nil, err
	}
	a, err := r.api.GetConversationMarks(ctx, &GetConversationMarksRequest{ConversationShortId: ID(group)})
	if err != nil {
		return nil, err
	}
	slices.Sort(a.MarkTypes)
	return a.MarkTypes, nil
}

// Mark changes the marks of a live group, at most 20 of which it has.
func (r roomsArea) Mark(ctx context.Context, group string, marks []string, on bool) error {
	ctx = withOp(ctx, "rooms.mark")
	if marks = calls.Unique(marks); len(marks) == 0 {
		return refuse(ctx, imclient.ErrInvalid, "no marks")
	}
	info, err := r.live(ctx, group)
	if err != nil {
		return err
	}
	action := MarkAdd
	if !on {
		action = MarkRemove
	}
	return r.api.MarkConversation(ctx, &MarkConversationRequest{
		ConversationShortId: ID(group), MarkTypes: marks, MarkAction: action, Operator: operator(info),
	})
}

type attendanceArea struct{ *client }

// maxStatus is how many users a call tells of; above it the service leaves out the rest without a word.
const maxStatus = 200

// Inside asks about one user with a call that is made for it, and about several in batches.
func (a attendanceArea) Inside(ctx context.Context, group string, users []string) ([]imclient.Attendant, error) {
	ctx = withOp(ctx, "attendance.inside")
	info, err := a.known(ctx, group)
	if err != nil {
		return nil, err
	}
	valid, _ := a.split(ctx, users)
	in := map[string]imclient.Attendant{}
	switch {
	case isLive(info):
		err = a.present(ctx, group, valid, in)
	case len(valid) == 1:
		var r *IsUserInConversationResult
		if r, err = a.api.IsUserInConversation(ctx, &IsUserInConversationRequest{ConversationShortId: ID(group), ParticipantUserId: ID(valid[0])}); err == nil {
			in[valid[0]] = imclient.Attendant{In: r.IsUserInConversation}
		}
	default:
		var found map[string]Participant
		found, err = a.read(ctx, group, valid)
		for id, p := range found {
			in[id] = imclient.Attendant{In: true, Since: seconds(p.CreateTime)}
		}
	}
	if err != nil {
		return nil, err
	}
	out := make([]imclient.Attendant, len(users))
	for i, u := range users {
		out[i] = in[u]
		out[i].UserID = u
	}
	return out, nil
}

func (a attendanceArea) present(ctx context.Context, group string, users []string, in map[string]imclient.Attendant) error {
	for batch := range slices.Chunk(users, maxStatus) {
		r, err := a.api.QueryLiveParticipantStatus(ctx, &QueryLiveParticipantStatusRequest{ConversationShortId: ID(group), ParticipantUserIds: ids(batch)})
		if err != nil {
			return err
		}
		for _, s := range r.Status {
			one := imclient.Attendant{In: s.IsInConversation}
			if one.In {
				one.Since = seconds(s.CreateTime)
			}
			in[s.ParticipantUserId.or(string(s.ParticipantUserIdStr))] = one
		}
	}
	return nil
}

func (a attendanceArea) Count(ctx context.Context, group string) (int, error) {
	ctx = withOp(ctx, "attendance.count")
	if _, err := a.known(ctx, group); err != nil {
		return 0, err
	}
	r, err := a.api.GetConversationUserCount(ctx, &GetConversationUserCountRequest{ConversationShortId: ID(group)})
	if err != nil {
		return 0, err
	}
	return int(r.Count), nil
}

// Reading comes all at once.
func (a attendanceArea) Reading(ctx context.Context, group string) ([]imclient.ReadPosition, error) {
	ctx = withOp(ctx, "attendance.reading")
	info, err := a.known(ctx, group)
	if err == nil {
		err = needGroup(ctx, info)
	}
	if err != nil {
		return nil, err
	}
	r, err := a.api.GetParticipantReadIndex(ctx, &GetParticipantReadIndexRequest{ConversationShortId: ID(group)})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(r.ReadIndexes, func(x, y ReadIndex) int {
		switch {
		case ahead(x.ReadIndex, y.ReadIndex):
			return -1
		case ahead(y.ReadIndex, x.ReadIndex):
			return 1
		}
		return 0
	})
	list := make([]imclient.ReadPosition, 0, len(r.ReadIndexes))
	for _, x := range r.ReadIndexes {
		list = append(list, imclient.ReadPosition{UserID: x.ParticipantUserId.or(string(x.ParticipantUserIdStr)), Seq: string(x.ReadIndex)})
	}
	return list, nil
}

type massArea struct{ *client }

// Caps of one call.
const (
	maxReceivers = 500
	maxMassGroup = 20
)

// body checks a draft for many, and is its type and text.
func (m massArea) body(ctx context.Context, d imclient.Draft) (int, string, error) {
	switch {
	case !m.api.validUser(d.From):
		return 0, "", refuse(ctx, imclient.ErrInvalid, "a user must speak, whose id is digits")
	case d.Fleeting || d.Quiet || d.Extensible || d.MentionAll || d.Receipts || d.Unsynced || len(d.Only)+len(d.Mention) > 0 || d.Priority != "":
		return 0, "", refuse(ctx, imclient.ErrUnsupported, "what is said to many is a text and data of the app's own")
	}
	return writeBody(ctx, d.Body)
}

// ToUsers says it in direct chats. Mutes and block lists are not looked at by the service.
func (m massArea) ToUsers(ctx context.Context, users []string, d imclient.Draft) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "mass.to_users")
	typ, text, err := m.body(ctx, d)
	if err != nil {
		return nil, err
	}
	return m.inBatches(ctx, users, maxReceivers, func(batch []string) ([]imclient.Refused, error) {
		r, err := m.api.BatchSendMessage(ctx, &BatchSendMessageRequest{
			Sender: ID(d.From), Receiver: ids(batch), MsgType: typ, Content: text, Ext: extOf(d.Custom, nil), IsNormalUser: true,
		})
		if err != nil {
			return nil, err
		}
		return failedItems(ctx, batchSendMessage.Action, twins(r.FailedReceiver, nil), denied), nil
	})
}

// ToGroups makes a call for each 20 groups of a type: a call takes those of one type alone.
func (m massArea) ToGroups(ctx context.Context, groups []string, d imclient.Draft) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "mass.to_groups")
	typ, text, err := m.body(ctx, d)
	if err != nil {
		return nil, err
	}
	infos, refused, err := m.infosOf(ctx, groups, ownerFresh)
	if err != nil {
		return nil, err
	}
	kinds := map[Int][]string{}
	for _, info := range infos {
		kinds[info.ConversationType] = append(kinds[info.ConversationType], string(info.ConversationShortId))
	}
	for _, kind := range []Int{ConversationGroup, ConversationLive} {
		more, err := calls.InBatches(ctx, kinds[kind], maxMassGroup, calls.Same, isTarget, func(batch []string) ([]imclient.Refused, error) {
			r, err := m.api.BatchSendGroupMessage(ctx, &BatchSendGroupMessageRequest{
				Sender: ID(d.From), ConversationType: int(kind), ConversationShortIds: ids(batch), MsgType: typ, Content: text, Ext: extOf(d.Custom, nil),
			})
			if err != nil {
				return nil, err
			}
			return failedItems(ctx, batchSendGroupMessage.Action, twins(r.FailedConversationShortIds, nil), denied), nil
		})
		if err != nil {
			return nil, err
		}
		refused = append(refused, more...)
	}
	return refused, nil
}

type tokensArea struct{ *client }

// Make asks the service for a token. It can be made without a call from the app's key, which imdesk does not have.
func (a tokensArea) Make(ctx context.Context, user string, expires time.Time) (string, error) {
	ctx = withOp(ctx, "tokens.make")
	if err := nobody(ctx, user); err != nil {
		return "", err
	}
	if !expires.After(a.api.now()) {
		return "", refuse(ctx, imclient.ErrInvalid, "it would have expired already")
	}
	r, err := a.api.GetAppToken(ctx, &GetAppTokenRequest{UserId: ID(user), ExpireTime: expires.UnixMilli()})
	if err != nil {
		return "", err
	}
	return string(r.Token), nil
}
