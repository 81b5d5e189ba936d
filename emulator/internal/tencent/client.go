package tencent

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"

	"imdesk/emulator/internal/community"
)

// Said is something a user says in a group from a device.
type Said struct {
	Group, From string
	Body        string // MsgBody
	Cloud       string // CloudCustomData
	Random      uint32 // 0 = any
	Priority    string // "" = Normal
}

// Say sends a message as the app on a user's device does: by the same path as send_group_msg, but only from within the
// group. A message that is not let through is an error; one that the rate of the group drops has seq 0.
func (s *Service) Say(ctx context.Context, app int64, said Said) (seq int64, err error) {
	c := &call{Context: ctx, s: s, app: app}
	g, err := c.read().Group(app, said.Group)
	if err != nil {
		return 0, err
	}
	a, err := c.read().Account(app, said.From)
	if err != nil {
		return 0, err
	}
	if _, err := c.read().Member(g.GID, a.UID); errors.Is(err, community.ErrNotMember) {
		return 0, refuse(codeNotAllowed, "%s is not in the group", said.From)
	} else if err != nil {
		return 0, err
	}
	st := &stream{Group: g, id: g.GID, nextSeq: g.NextSeq, muteAll: g.MuteAll}
	if err := c.mayNotSpeak(st, a); err != nil {
		return 0, err
	}
	if len(said.Body) > maxMsgBody {
		return 0, refuse(codeTooLong, "MsgBody is over %d bytes", maxMsgBody)
	}
	m := &groupMsg{uid: a.UID, Message: community.Message{
		Sender: said.From, Random: int64(cmp.Or(said.Random, rand.Uint32())), Priority: normalPriority, Body: said.Body, Cloud: said.Cloud,
	}}
	if p := slices.Index(priorities, said.Priority); p > 0 {
		m.Priority = p
	}
	answer, err := c.deliver(st, m)
	return answer.MsgSeq, err
}
