package tencent

import (
	"context"
	"errors"
	"fmt"

	"imdesk/emulator/internal/community"
)

// askApp asks the app by a callback whether the user may do with peer what body says. The answer decides user by user,
// with codes of the app's own, 38000 to 39000; above them only 0 means anything.
func (c *call) askApp(command, peer string, body any) error {
	var refused error
	_, err := c.ask(command, body, decision{}, func(v *verdict) error {
		for _, o := range v.optObjs("ResultItem", maxSns, 0) {
			name, code, info := o.str("To_Account"), o.num("ResultCode", 0, maxU32), o.optStr("ResultInfo")
			if name == peer && code != 0 && v.failed() == nil {
				refused = refuse(int(code), "%s", info)
			}
		}
		return v.failed()
	})
	return firstOf(err, refused)
}

// AskFriend asks, as the app on user's device does, peer to be a friend of his, both ways. It reports true if they are
// friends now, and false if peer has yet to answer.
func (s *Service) AskFriend(ctx context.Context, app int64, user, peer, wording string) (bool, error) {
	c := s.device(ctx, app, user)
	type item struct {
		ToAccount  string `json:"To_Account"`
		AddWording string
	}
	if err := c.askApp("Sns.CallbackPrevFriendAdd", peer, struct {
		RequesterAccount string `json:"Requester_Account"`
		FromAccount      string `json:"From_Account"`
		FriendItem       []item
		AddType          string
		ForceAddFlags    int
		EventTime        int64
	}{user, user, []item{{peer, wording}}, addBoth, 0, c.eventMS()}); err != nil {
		return false, err
	}
	from, err := marshal(map[string]string{"From_Account": user})
	if err != nil {
		return false, err
	}
	if c.fields, err = readFields(from, codeSns); err != nil {
		return false, err
	}
	answer, err := c.addFriends([]wantedFriend{{name: peer, Friend: community.Friend{Wording: wording, SinceAt: s.now().Unix()}}}, true, false)
	if err != nil {
		return false, err
	}
	r := answer.ResultItem[0]
	if r.ResultCode != 0 && r.ResultCode != codePending {
		return false, refuse(r.ResultCode, "%s", r.ResultInfo)
	}
	return r.ResultCode == 0, nil
}

// AnswerFriend answers, as the app on user's device does, asker's wish to be his friend. Wishes that are gone, or for
// which there is no room, are an error, and so is what the app refuses.
func (s *Service) AnswerFriend(ctx context.Context, app int64, user, asker string, agree bool) error {
	c := s.device(ctx, app, user)
	type item struct {
		ToAccount       string `json:"To_Account"`
		Remark, TagName string
		ResponseAction  string
	}
	action := map[bool]string{true: "Response_Action_AgreeAndAdd", false: "Response_Action_Reject"}[agree]
	if err := c.askApp("Sns.CallbackPrevFriendResponse", asker, struct {
		RequesterAccount   string `json:"Requester_Account"`
		FromAccount        string `json:"From_Account"`
		ResponseFriendItem []item
		EventTime          int64
	}{user, user, []item{{ToAccount: asker, ResponseAction: action}}, c.eventMS()}); err != nil {
		return err
	}
	return c.update(func(tx *community.Tx) error {
		a, err := tx.Account(app, asker)
		u, err2 := tx.Account(app, user)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		r, err := tx.TakeRequest(u.UID, a)
		if err != nil {
			return fmt.Errorf("%w: %s of %s", err, asker, user)
		}
		if !agree {
			return nil
		}
		return c.accept(tx, u, r)
	})
}

// accept makes friends of the user and who has asked him.
func (c *call) accept(tx *community.Tx, user community.Account, r community.FriendRequest) error {
	between, err := readRelation(tx.Conn, r.Asker.UID, user.UID)
	if err != nil {
		return err
	}
	w := wantedFriend{Friend: community.Friend{Remark: r.Remark, Source: r.Source, Wording: r.Wording, SinceAt: c.s.now().Unix()}}
	if r.List != "" {
		w.Lists = []string{r.List}
	}
	scene := &snsScene{me: r.Asker}
	code, what, err := scene.room(tx, user, w, between, !r.Single)
	if err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("answer %s: %w", r.Asker.Name, refuse(code, "%s", what))
	}
	if err := scene.befriend(tx, c.app, user, w.Friend, between, !r.Single); err != nil {
		return err
	}
	return c.befriended(tx, scene, "friend_response", false)
}
