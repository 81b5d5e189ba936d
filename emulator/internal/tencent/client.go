package tencent

import (
	"context"
	"errors"
	"math/rand/v2"

	"imdesk/emulator/internal/community"
)

// Say sends a message as the app on a user's device does: by the same path as send_group_msg, but only from within the
// group. body is a MsgBody. A message that is not let through is an error, one that the rate of the group drops is not.
func (s *Service) Say(ctx context.Context, app int64, group, user, body string) error {
	c := &call{Context: ctx, s: s, app: app}
	g, err := c.read().Group(app, group)
	if err != nil {
		return err
	}
	a, err := c.read().Account(app, user)
	if err != nil {
		return err
	}
	if _, err := c.read().Member(g.GID, a.UID); errors.Is(err, community.ErrNotMember) {
		return refuse(codeNotAllowed, "%s is not in the group", user)
	} else if err != nil {
		return err
	}
	st := &stream{Group: g, id: g.GID, nextSeq: g.NextSeq, muteAll: g.MuteAll}
	if err := c.mayNotSpeak(st, a); err != nil {
		return err
	}
	if len(body) > maxMsgBody {
		return refuse(codeTooLong, "MsgBody is over %d bytes", maxMsgBody)
	}
	m := &groupMsg{uid: a.UID, Message: community.Message{Sender: user, Random: int64(rand.Uint32()), Priority: normalPriority, Body: body}}
	_, err = c.deliver(st, m)
	return err
}
