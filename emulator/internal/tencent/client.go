package tencent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"imdesk/emulator/internal/community"
)

// What users do on their devices, where no command of the REST API says so: the apps' side of the service.

// device is a call as the app on a user's device makes it.
func (s *Service) device(ctx context.Context, app int64, user string) *call {
	c := &call{Context: ctx, s: s, app: app, admin: user, ip: "127.0.0.1", platform: "Unknown"}
	c.host, _ = s.host.Load().(string)
	if on := s.online.get(app, user); len(on) > 0 {
		c.platform = system(on[0].Platform)
	}
	return c
}

// system is the platform of a device as callbacks name it.
func system(platform string) string {
	switch platform {
	case "iPhone", "IPhone":
		return "iOS"
	case "PC":
		return "Windows"
	case "Mac":
		return "macOS"
	}
	return cmp.Or(platform, "Unknown")
}

// LogIn brings a user online on a device, if userSig is good for him.
func (s *Service) LogIn(ctx context.Context, app int64, user, userSig, platform string) error {
	a, ok := s.apps[app]
	if !ok {
		return refuse(codeNoApp, "sdkappid is unknown")
	}
	if err := s.verify(ctx, a, user, userSig); err != nil {
		return err
	}
	if _, err := s.store.Read(ctx).Account(app, user); err != nil {
		return err
	}
	s.SignIn(app, user, platform)
	return nil
}

// SignIn brings a user online on a device. It ends his login on another device of that platform.
func (s *Service) SignIn(app int64, user, platform string) {
	kicked := s.online.signIn(app, user, Device{Platform: platform, Status: "Online"})
	s.loggedIn(app, user)
	s.stateChanged(app, user, platform, "Login", "Register", kicked)
}

// SignOut takes a user offline on a device, or, with platform "", on all.
func (s *Service) SignOut(app int64, user, platform string) {
	for _, d := range s.online.signOut(app, user, platform) {
		s.stateChanged(app, user, d.Platform, "Logout", "Unregister", nil)
	}
}

type platformRef struct{ Platform string }

// stateChanged tells the app that a user came or went.
func (s *Service) stateChanged(app int64, user, platform, action, reason string, kicked []Device) {
	c := s.device(s.hooks.asking, app, user)
	if c.platform = system(platform); c.platform == "iOS" {
		c.platform = "IOS" // so spelled in this one callback
	}
	type info struct {
		Action    string
		ToAccount string `json:"To_Account"`
		Reason    string
	}
	e := struct {
		EventTime    int64
		Info         info
		KickedDevice []platformRef `json:",omitempty"`
	}{EventTime: c.eventMS(), Info: info{action, user, reason}}
	for _, d := range kicked {
		name := system(d.Platform)
		if name == "macOS" {
			name = "Mac"
		}
		e.KickedDevice = append(e.KickedDevice, platformRef{name})
	}
	if err := c.tell(nil, userLane(user), "State.StateChange", e); err != nil {
		s.log.Error("emulator: tell of a login", "app", app, "err", err)
	}
}

// Said is something a user says from a device: in a group, or to another user.
type Said struct {
	Group, To, From string // Group or To
	Body            string // MsgBody
	Cloud           string // CloudCustomData
	Random          uint32 // 0 = any
	Priority        string // in a group; "" = Normal
}

// Say sends a message to a group as the app on a user's device does: by the same path as send_group_msg, but only from
// within the group. A message that is not let through is an error; one that the rate of the group or the app drops has seq 0.
func (s *Service) Say(ctx context.Context, app int64, said Said) (seq int64, err error) {
	c := s.device(ctx, app, said.From)
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
	m := &groupMsg{Message: community.Message{
		Sender: said.From, Random: int64(cmp.Or(said.Random, rand.Uint32())), Priority: normalPriority, Body: said.Body, Cloud: said.Cloud,
	}}
	if p := slices.Index(priorities, said.Priority); p > 0 {
		m.Priority = p
	}
	answer, err := c.speak(st, m)
	return answer.MsgSeq, err
}

// Tell sends a message to another user as the app on a user's device does, and returns its MsgKey. Unlike sendmsg it is
// refused to who is muted, or blocked by the other.
func (s *Service) Tell(ctx context.Context, app int64, said Said) (key string, err error) {
	c := s.device(ctx, app, said.From)
	from, to, err := c.pair(said.From, said.To)
	if err != nil {
		return "", err
	}
	if from.C2CMute > s.now().Unix() {
		return "", refuse(codeDirectMuted, "%s is muted", from.Name)
	}
	if blocked, err := c.read().BlocksAmong(to.UID, []int64{from.UID}); err != nil {
		return "", err
	} else if blocked[from.UID] {
		return "", refuse(codeBlocked, "%s has blocked %s", to.Name, from.Name)
	}
	m := &directMsg{life: maxLife}
	m.Seq, m.Random, m.Body, m.Cloud = int64(rand.Uint32()), int64(cmp.Or(said.Random, rand.Uint32())), said.Body, said.Cloud
	answer, err := c.sendDirect(m, from, to)
	return answer.MsgKey, err
}

// Enter puts users into a live room, if the app lets them. Users who are in it already stay; a banned one is an error, and
// nobody comes in.
func (s *Service) Enter(ctx context.Context, app int64, group string, users []string) error {
	g, err := s.room(ctx, app, group)
	if err != nil {
		return err
	}
	for _, user := range users {
		c := s.device(ctx, app, user)
		_, err := c.ask("Group.CallbackBeforeApplyJoinGroup", struct {
			GroupId, Type    string
			RequestorAccount string `json:"Requestor_Account"`
			EventTime        string
		}{g.ID, kindNames[g.Kind], user, c.eventTime()}, groupDecision, nil)
		if err != nil {
			return fmt.Errorf("emulator: room %s: %s: %w", group, user, err)
		}
	}
	return s.inRoom(ctx, app, group, users, func(c *call, tx *community.Tx, g *community.Group, a community.Account) error {
		until, err := tx.BannedUntil(g.GID, a.UID)
		if err != nil {
			return err
		}
		if until > s.now().Unix() {
			return fmt.Errorf("emulator: room %s: %s is banned", group, a.Name)
		}
		added, err := tx.AddMember(g, community.Member{UID: a.UID, Account: a.Name, JoinedAt: s.now().Unix()})
		if err != nil || !added {
			return err
		}
		tx.OnCommit(func() { s.marks.entered(g.GID, a.Name) })
		return errors.Join(c.joined(tx, g, "Apply", []string{a.Name}), c.presenceChanged(tx, g, "Online", "Join", a.Name))
	})
}

// Leave takes users out of a live room.
func (s *Service) Leave(ctx context.Context, app int64, group string, users []string) error {
	return s.inRoom(ctx, app, group, users, func(c *call, tx *community.Tx, g *community.Group, a community.Account) error {
		removed, err := tx.RemoveMember(g, a.UID)
		if err != nil || !removed {
			return err
		}
		tx.OnCommit(func() { s.marks.left(s.now(), g.GID, a.Name) })
		return errors.Join(c.exited(tx, g, "Quit", []string{a.Name}), c.presenceChanged(tx, g, "Offline", "Quit", a.Name))
	})
}

func (s *Service) room(ctx context.Context, app int64, group string) (*community.Group, error) {
	g, err := s.store.Read(ctx).Group(app, group)
	if err != nil {
		return nil, fmt.Errorf("emulator: room %s: %w", group, err)
	}
	if g.Kind != community.LiveRoom {
		return nil, fmt.Errorf("emulator: %s is no AVChatRoom: users join it by the REST API", group)
	}
	return g, nil
}

// inRoom does something for each of the users in a live room, or nothing at all.
func (s *Service) inRoom(ctx context.Context, app int64, group string, users []string,
	do func(c *call, tx *community.Tx, g *community.Group, a community.Account) error,
) error {
	if _, err := s.room(ctx, app, group); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *community.Tx) error {
		g, err := tx.Group(app, group)
		if err != nil {
			return fmt.Errorf("emulator: room %s: %w", group, err)
		}
		accounts, err := tx.Accounts(app, users)
		if err != nil {
			return err
		}
		for _, u := range users {
			a, there := accounts[u]
			if !there {
				return fmt.Errorf("emulator: room %s: no account %s", group, u)
			}
			if err := do(s.device(ctx, app, u), tx, g, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// presenceChanged tells the app who came into a live room or went. It does not say from where.
func (c *call) presenceChanged(tx *community.Tx, g *community.Group, event, cause, name string) error {
	return c.tell(tx, groupLane(g.ID), memberStateCommand, struct {
		GroupId, Type, EventType, EventCause string
		MemberList                           []memberRef
		EventTime                            string
	}{g.ID, kindNames[g.Kind], event, cause, memberRefs([]string{name}), c.eventTime()})
}
