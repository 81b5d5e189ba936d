package emulator

import (
	"context"
	"fmt"

	"imdesk/emulator/internal/community"
	"imdesk/emulator/internal/tencent"
)

// SignIn brings a user online on a device, as the app on it would. Platform is the vendor's word: iPhone, Android, Web,
// PC, iPad or Mac; "" takes the user offline.
func (s *Server) SignIn(sdkAppID int64, user, platform string) {
	if platform == "" {
		s.tencent.SetOnline(sdkAppID, user)
		return
	}
	s.tencent.SetOnline(sdkAppID, user, tencent.Device{Platform: platform, Status: "Online"})
}

// Enter puts users into a live room, as the app on their devices would: the REST API has no command for it. Users who
// are in it already stay; a banned one is an error.
func (s *Server) Enter(ctx context.Context, sdkAppID int64, group string, users ...string) error {
	return s.room(ctx, sdkAppID, group, users, func(tx *community.Tx, g *community.Group, a community.Account) error {
		until, err := tx.BannedUntil(g.GID, a.UID)
		if err != nil {
			return err
		}
		if until > s.now().Unix() {
			return fmt.Errorf("emulator: room %s: %s is banned", group, a.Name)
		}
		_, err = tx.AddMember(g, community.Member{UID: a.UID, Account: a.Name, JoinedAt: s.now().Unix()})
		return err
	})
}

// Leave takes users out of a live room.
func (s *Server) Leave(ctx context.Context, sdkAppID int64, group string, users ...string) error {
	return s.room(ctx, sdkAppID, group, users, func(tx *community.Tx, g *community.Group, a community.Account) error {
		_, err := tx.RemoveMember(g, a.UID)
		return err
	})
}

// room does something for each of the users in a live room, or nothing at all.
func (s *Server) room(ctx context.Context, sdkAppID int64, group string, users []string,
	do func(tx *community.Tx, g *community.Group, a community.Account) error,
) error {
	return s.store.Update(ctx, func(tx *community.Tx) error {
		g, err := tx.Group(sdkAppID, group)
		if err != nil {
			return fmt.Errorf("emulator: room %s: %w", group, err)
		}
		if g.Kind != community.LiveRoom {
			return fmt.Errorf("emulator: %s is no AVChatRoom: users join it by the REST API", group)
		}
		accounts, err := tx.Accounts(sdkAppID, users)
		if err != nil {
			return err
		}
		for _, u := range users {
			a, there := accounts[u]
			if !there {
				return fmt.Errorf("emulator: room %s: no account %s", group, u)
			}
			if err := do(tx, g, a); err != nil {
				return err
			}
		}
		return nil
	})
}
