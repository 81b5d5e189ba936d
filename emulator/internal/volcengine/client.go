package volcengine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"imdesk/emulator/internal/community"
)

// Errors of what users do on their devices.
var (
	ErrMuted   = errors.New("the user may not speak here")
	ErrBanned  = errors.New("the user may not enter")
	ErrBlocked = errors.New("the other user has blacklisted the sender")
	ErrFull    = errors.New("the live group is full")
)

// maxLiveMembers is how many a live group holds unless the vendor is asked for more. Source: live groups, doc 803659.
const maxLiveMembers = 10_000

// Said is what a user says on his device.
type Said struct {
	Conversation int64 // ConversationShortId
	From         int64
	Type         int64 // MsgType; 0 = text
	Content      string
	Platform     string
}

const textType = 10001

// Say has a member say something, as the app on his device would: mutes and blacklists count, and webhooks are told. It returns the
// message's id.
func (s *Service) Say(ctx context.Context, app int64, said Said) (int64, error) {
	if err := s.filled(ctx, app); err != nil {
		return 0, err
	}
	v, err := s.store.Read(ctx).Conversation(app, said.Conversation)
	if err != nil {
		return 0, err
	}
	n := community.Note{Sender: said.From, Type: said.Type, Content: said.Content, Priority: normalPriority, ClientID: rand.Text()} // apps name what they send
	if n.Type == 0 {
		n.Type = textType
	}
	if err := s.maySpeak(s.store.Read(ctx), v, said.From); err != nil {
		return 0, err
	}
	from := hookHeader{said.Platform, "127.0.0.1"}
	n.CreatedMS = s.now().UnixMilli()
	s.hooks.ask(ctx, app, BeforeSend, told(v, n, from))
	err = s.store.Update(ctx, func(tx *community.Tx) error {
		if v, err = tx.Conversation(app, said.Conversation); err != nil {
			return err
		}
		fresh, err := s.say(tx, v, &n)
		if fresh {
			sent := *v
			tx.OnCommit(func() { s.hooks.tell(app, AfterSend, told(&sent, n, from)) })
		}
		return err
	})
	return n.ID, err
}

// maySpeak refuses whom a mute or a blacklist stops.
func (s *Service) maySpeak(conn community.Conn, v *community.Conversation, user int64) error {
	p, err := conn.Participant(v.CID, user)
	if err != nil {
		return err
	}
	until := p.BlockUntil
	switch v.Type {
	case community.LiveGroupChat:
		if until, err = conn.ForbiddenUntil(v.CID, community.ForbidSpeak, user); err != nil {
			return err
		}
	case community.SingleChat:
		peer := v.Other
		if peer == user {
			peer = v.Owner
		}
		tie, err := conn.TieTo(community.TieList{App: v.App, Inbox: v.Inbox, Kind: community.BlackTie, User: peer}, user)
		if err != nil {
			return err
		}
		if tie != nil {
			return ErrBlocked
		}
	}
	if until > s.now().Unix() {
		return ErrMuted
	}
	return nil
}

// Enter puts users into a live group, as the app on their devices would; the API has no action for it.
func (s *Service) Enter(ctx context.Context, app, conversation int64, users ...int64) error {
	return s.inLive(ctx, app, conversation, func(tx *community.Tx, v *community.Conversation) error {
		for i, user := range users {
			until, err := tx.ForbiddenUntil(v.CID, community.ForbidEnter, user)
			if err != nil {
				return err
			}
			if until > s.now().Unix() {
				return fmt.Errorf("%w: %d", ErrBanned, user)
			}
			there, err := tx.ParticipantsAmong(v.CID, []int64{user})
			if err != nil {
				return err
			}
			p, ok := there[user]
			if !ok {
				if v.MemberNum++; v.MemberNum > maxLiveMembers {
					return ErrFull
				}
				p = community.Participant{User: user, Operator: user, JoinedAt: s.now().Unix()}
			}
			if p.EnteredUS == 0 {
				p.EnteredUS = s.now().UnixMicro() + int64(i)
			}
			if err := tx.PutParticipant(v.CID, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// Leave takes users out of a live group. Owner and managers stay on record.
func (s *Service) Leave(ctx context.Context, app, conversation int64, users ...int64) error {
	return s.inLive(ctx, app, conversation, func(tx *community.Tx, v *community.Conversation) error {
		there, err := tx.ParticipantsAmong(v.CID, users)
		if err != nil {
			return err
		}
		for _, p := range there {
			p.EnteredUS = 0
			if err := settle(tx, v, p); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) inLive(ctx context.Context, app, conversation int64, fn func(*community.Tx, *community.Conversation) error) error {
	if err := s.filled(ctx, app); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *community.Tx) error {
		v, err := tx.Conversation(app, conversation)
		if err != nil {
			return err
		}
		if err := live.refuse(v); err != nil {
			return err
		}
		return fn(tx, v)
	})
}

// LogIn is SignIn with a token, which has to be good. It returns whose it is.
func (s *Service) LogIn(app int64, token, platform string) (user int64, err error) {
	a, ok := s.apps[app]
	if !ok {
		return 0, fmt.Errorf("there is no app %d", app)
	}
	if user, err = a.open(token, s.now()); err != nil {
		return 0, err
	}
	s.SignIn(app, user, platform)
	return user, nil
}
