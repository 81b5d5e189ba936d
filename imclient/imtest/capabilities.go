package imtest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"imdesk/imclient"
)

// capabilities tries every verb in a group of every type, and compares what happened with what was said beforehand:
// a button that is offered must work, and one that is not must have a reason.
func (s *suite) capabilities(t *testing.T) {
	if len(s.c.Caps.Types) == 0 {
		t.Fatal("no group types")
	}
	for _, info := range s.c.Caps.Types {
		t.Run(string(info.Type), func(t *testing.T) {
			r := s.room(t, info, 6)
			if s.c.Caps.Can(imclient.VerbHistory, info.Type) {
				s.h.Say(t, r.id, Said{From: r.members[0], Text: "hello"}, Said{From: r.members[5], Text: "take me back"})
			}
			for verb, try := range s.tries(t, r) {
				t.Run(string(verb), func(t *testing.T) { s.truthful(t, verb, info.Type, try()) })
			}
		})
	}
	t.Run("app", func(t *testing.T) {
		user, hour := s.h.NewUser(t, "Somebody"), time.Hour
		for verb, try := range map[imclient.Verb]func() error{
			imclient.VerbListGroups: func() error { _, err := s.c.Groups.List(ctx(t), imclient.GroupListOptions{Limit: 1}); return err },
			imclient.VerbGlobalMute: func() error { return s.c.Mutes.SetGlobal(ctx(t), user, &hour, nil) },
			imclient.VerbSignOut:    func() error { return s.c.Users.SignOut(ctx(t), user) },
			imclient.VerbOnline:     func() error { _, err := s.c.Users.Presence(ctx(t), []string{user}); return err },
			imclient.VerbUserGroups: func() error { _, err := s.c.Users.Groups(ctx(t), user, "", 5); return err },
		} {
			t.Run(string(verb), func(t *testing.T) { s.truthful(t, verb, "", try()) })
		}
	})
	t.Run("nothing can be done in a type that nobody knows how to treat", func(t *testing.T) {
		if s.c.Caps.Why(imclient.Verb("no such verb"), s.c.Caps.Types[0].Type) == "" {
			t.Error("an unknown verb is offered")
		}
		if (imclient.Capabilities{}).Can(imclient.VerbMute, s.c.Caps.Types[0].Type) {
			t.Error("the zero value can do something")
		}
	})
	t.Run("limits", func(t *testing.T) {
		l := s.c.Caps.Limits
		for name, n := range map[string]int{
			"GroupName": l.GroupName, "HistoryPage": l.HistoryPage, "MembersPage": l.MembersPage, "UserID": l.UserID, "GroupID": l.GroupID,
			"MuteBatch": l.MuteBatch, "KickBatch": l.KickBatch, "RecallBatch": l.RecallBatch,
		} {
			if n <= 0 {
				t.Errorf("Limits.%s is not set", name)
			}
		}
	})
}

func (s *suite) truthful(t *testing.T, v imclient.Verb, typ imclient.GroupType, err error) {
	t.Helper()
	why := s.c.Caps.Why(v, typ)
	switch {
	case why == "" && err != nil:
		t.Errorf("%s is offered in %q and fails: %v%s", v, typ, err, detail(err))
	case why != "" && err == nil:
		t.Errorf("%s is not offered in %q (%s) and works", v, typ, why)
	case why != "":
		cannot(t, err)
		if !strings.HasPrefix(why, "cap.") {
			t.Errorf("%s in %q: %q is no text key", v, typ, why)
		}
	}
}

// tries are the verbs on a group as calls that each change something else.
func (s *suite) tries(t *testing.T, r room) map[imclient.Verb]func() error {
	c := imclient.Conversation{Group: r.id, Type: r.info.Type}
	name, url, option, on := "Tried", "https://example.com/b.png", "FreeAccess", true
	all := func(refused []imclient.Refused, err error) error {
		for _, x := range refused {
			err = errors.Join(err, x.Err)
		}
		return err
	}
	change := func(ch imclient.GroupChange) func() error {
		return func() error { return s.c.Groups.Change(ctx(t), r.id, ch) }
	}
	return map[imclient.Verb]func() error{
		imclient.VerbListMembers: func() error {
			_, err := s.c.Members.List(ctx(t), imclient.MemberListOptions{Group: r.id, Type: r.info.Type})
			return err
		},
		imclient.VerbHistory: func() error {
			_, err := s.c.Messages.History(ctx(t), imclient.HistoryOptions{Conversation: c})
			return err
		},
		imclient.VerbRecall: func() error {
			id := s.h.MissingMessage
			if page, err := s.c.Messages.History(ctx(t), imclient.HistoryOptions{Conversation: c}); err == nil {
				for _, m := range page.Messages {
					if m.From == r.members[5] {
						id = m.ID
					}
				}
			}
			return all(s.c.Messages.Recall(ctx(t), c, []string{id}, ""))
		},
		imclient.VerbDeleteBySend: func() error { return s.c.Messages.DeleteBySender(ctx(t), r.id, r.members[0]) },
		imclient.VerbMute:         func() error { return all(s.c.Mutes.Set(ctx(t), r.id, r.members[:1], time.Minute)) },
		imclient.VerbMutedList:    func() error { _, err := s.c.Mutes.List(ctx(t), r.id, "", 5); return err },
		imclient.VerbMuteAll:      change(imclient.GroupChange{MuteAll: &on}),
		imclient.VerbKick:         func() error { return all(s.c.Members.Kick(ctx(t), r.id, r.members[1:2], true, "")) },
		imclient.VerbBan:          func() error { return all(s.c.Live.Ban(ctx(t), r.id, r.members[2:3], time.Minute, "")) },
		imclient.VerbSetAdmin:     func() error { return s.c.Members.SetRole(ctx(t), r.id, r.members[3], imclient.RoleAdmin) },
		imclient.VerbNameCard:     func() error { return s.c.Members.SetNameCard(ctx(t), r.id, r.members[4], "x") },
		imclient.VerbEditGroup:    change(imclient.GroupChange{Name: &name}),
		imclient.VerbAvatar:       change(imclient.GroupChange{AvatarURL: &url}),
		imclient.VerbJoinOption:   change(imclient.GroupChange{JoinOption: &option}),
		imclient.VerbNotice:       func() error { return s.c.Groups.SendNotice(ctx(t), r.id, "x", nil) },
		imclient.VerbAddMember: func() error {
			return all(s.c.Members.Add(ctx(t), r.id, []string{s.h.NewUser(t, "New")}, true))
		},
		imclient.VerbImport: func() error {
			_, err := s.c.Import.Group(ctx(t), imclient.ImportGroup{Type: r.info.Type, Name: "x", OwnerID: r.owner})
			return err
		},
	}
}
