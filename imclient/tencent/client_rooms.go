package tencent

import (
	"context"
	"time"

	"imdesk/imclient"
)

type attendanceArea struct{ *client }

// Inside costs what reading the members does.
func (a attendanceArea) Inside(ctx context.Context, group string, users []string) ([]imclient.Attendant, error) {
	ctx = withOp(ctx, "attendance.inside")
	typ, err := a.typeOf(ctx, group, "")
	if err != nil {
		return nil, err
	}
	members, err := membersArea(a).Get(ctx, group, users)
	if err != nil {
		return nil, err
	}
	in := make(map[string]imclient.Attendant, len(members))
	for _, m := range members {
		in[m.UserID] = imclient.Attendant{In: typ != TypeAVChatRoom || m.Online == imclient.On, Since: m.Joined}
	}
	out := make([]imclient.Attendant, len(users))
	for i, u := range users {
		out[i] = in[u]
		out[i].UserID = u
	}
	return out, nil
}

func (a attendanceArea) Count(ctx context.Context, group string) (int, error) {
	g, err := groupsArea(a).Get(withOp(ctx, "attendance.count"), group)
	return g.Members, err
}

// Reading is what the service tells with each member alone.
func (a attendanceArea) Reading(context.Context, string) ([]imclient.ReadPosition, error) {
	return nil, imclient.Unsupported("attendance.reading", imclient.Tencent)
}

type massArea struct{ *client }

// maxBatchSend is how many accounts a call of batchsendmsg takes.
const maxBatchSend = 500

// ToUsers says it in direct chats, as the administrator if nobody is named.
func (m massArea) ToUsers(ctx context.Context, users []string, d imclient.Draft) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "mass.to_users")
	body, err := encodeBody(ctx, d.Body)
	if err != nil {
		return nil, err
	}
	return inBatches(ctx, users, maxBatchSend, same, func(batch []string) ([]imclient.Refused, error) {
		q := &BatchSendMsgRequest{FromAccount: d.From, ToAccount: batch, MsgBody: body, CloudCustomData: d.Custom}
		q.MsgSeq, q.MsgRandom = repeatKey(d.Key)
		r, err := m.api.BatchSendMsg(ctx, q)
		if err != nil {
			return nil, err
		}
		var refused []imclient.Refused
		for _, e := range r.ErrorList {
			refused = append(refused, imclient.Refused{ID: string(e.ToAccount), Err: itemError(opOf(ctx, batchSendMsg.Command), batchSendMsg.Command, e.ErrorCode, "")})
		}
		return refused, nil
	})
}

// ToGroups is what the vendor does not have.
func (m massArea) ToGroups(context.Context, []string, imclient.Draft) ([]imclient.Refused, error) {
	return nil, imclient.Unsupported("mass.to_groups", imclient.Tencent)
}

type tokensArea struct{ *client }

// Make signs a UserSig with the app's key; nothing is called.
func (t tokensArea) Make(ctx context.Context, user string, expires time.Time) (string, error) {
	ctx = withOp(ctx, "tokens.make")
	now := t.api.now()
	if user == "" || len(user) > maxUserID {
		return "", refuse(ctx, imclient.ErrInvalid, "no user id")
	}
	if !expires.After(now) {
		return "", refuse(ctx, imclient.ErrInvalid, "it would have expired already")
	}
	return SignUserSig(t.api.sign.key, UserSig{SDKAppID: t.api.sign.appID, Identifier: user, Time: now, Expire: expires.Sub(now)})
}

// Delete is what the vendor does not have: a message that was recalled leaves its place.
func (m messagesArea) Delete(context.Context, imclient.Conversation, []string, imclient.Deletion) ([]imclient.Refused, error) {
	return nil, imclient.Unsupported("messages.delete", imclient.Tencent)
}

// Note is what the vendor does not have.
func (b blocksArea) Note(context.Context, string, string, []imclient.Field) error {
	return imclient.Unsupported("blocks.note", imclient.Tencent)
}
