package emulator

import (
	"context"
	"encoding/json"
	"errors"

	"imdesk/emulator/internal/tencent"
)

// during does something that Close waits for.
func (s *Server) during(do func() error) error {
	if !s.enter() {
		return errors.New("emulator: closed")
	}
	defer s.busy.Done()
	return do()
}

// SignIn brings a user online on a device, as the app on it would, beside those he is online on; an earlier login on the
// same platform ends. Platform is the vendor's word: iPhone, Android, Web, PC, iPad or Mac; "" takes the user offline.
func (s *Server) SignIn(sdkAppID int64, user, platform string) {
	if platform == "" {
		s.SignOut(sdkAppID, user, "")
	} else if s.enter() {
		defer s.busy.Done()
		s.tencent.SignIn(sdkAppID, user, platform)
	}
}

// LogIn is SignIn with a UserSig, which has to be good.
func (s *Server) LogIn(ctx context.Context, sdkAppID int64, user, userSig, platform string) error {
	return s.during(func() error { return s.tencent.LogIn(ctx, sdkAppID, user, userSig, platform) })
}

// SignOut takes a user offline on a device; platform "" is all of them.
func (s *Server) SignOut(sdkAppID int64, user, platform string) {
	if s.enter() {
		defer s.busy.Done()
		s.tencent.SignOut(sdkAppID, user, platform)
	}
}

// Say has a member say something in a group, as the app on his device would. It returns the message's seq, 0 if it was
// dropped without a word.
func (s *Server) Say(ctx context.Context, sdkAppID int64, group, from, text string) (seq int64, err error) {
	err = s.during(func() error {
		seq, err = s.tencent.Say(ctx, sdkAppID, tencent.Said{Group: group, From: from, Body: textMessage(text)})
		return err
	})
	return seq, err
}

// Tell has a user write to another one, as the app on his device would. It returns the message's MsgKey.
func (s *Server) Tell(ctx context.Context, sdkAppID int64, from, to, text string) (msgKey string, err error) {
	err = s.during(func() error {
		msgKey, err = s.tencent.Tell(ctx, sdkAppID, tencent.Said{To: to, From: from, Body: textMessage(text)})
		return err
	})
	return msgKey, err
}

func textMessage(text string) string {
	b, err := json.Marshal([]any{map[string]any{"MsgType": "TIMTextElem", "MsgContent": map[string]string{"Text": text}}})
	if err != nil { // strings always encode
		panic(err)
	}
	return string(b)
}

// Enter puts users into a live room, as the app on their devices would: the REST API has no command for it. Users who
// are in it already stay; a banned one is an error.
func (s *Server) Enter(ctx context.Context, sdkAppID int64, group string, users ...string) error {
	return s.during(func() error { return s.tencent.Enter(ctx, sdkAppID, group, users) })
}

// Leave takes users out of a live room.
func (s *Server) Leave(ctx context.Context, sdkAppID int64, group string, users ...string) error {
	return s.during(func() error { return s.tencent.Leave(ctx, sdkAppID, group, users) })
}
