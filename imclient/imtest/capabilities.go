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

			imclient.VerbImportUsers:   func() error { return all(s.c.Users.Import(ctx(t), []imclient.NewUser{{ID: s.h.NewID()}})) },
			imclient.VerbEditUser:      func() error { return s.c.Users.Edit(ctx(t), user, imclient.UserChange{Nick: &user}) },
			imclient.VerbDeleteUsers:   func() error { return all(s.c.Users.Delete(ctx(t), []string{s.h.NewUser(t, "Doomed")})) },
			imclient.VerbFriends:       func() error { _, err := s.c.Friends.List(ctx(t), user, ""); return err },
			imclient.VerbFriendLists:   func() error { _, err := s.c.Friends.Lists(ctx(t), user); return err },
			imclient.VerbBlocks:        func() error { _, err := s.c.Blocks.List(ctx(t), user, "", 5); return err },
			imclient.VerbContactFolder: func() error { _, err := s.c.Contacts.Folders(ctx(t), user); return err },
			imclient.VerbContactMarks: func() error {
				_, err := s.c.Contacts.Marks(ctx(t), user, []imclient.Conversation{{Peer: user}})
				return err
			},
			imclient.VerbContacts: func() error {
				_, err := s.c.Contacts.List(ctx(t), imclient.ContactListOptions{User: user})
				return err
			},
			imclient.VerbBlockNotes: func() error {
				other := s.h.NewUser(t, "Blocked")
				if err := all(s.c.Blocks.Add(ctx(t), user, []string{other})); err != nil {
					return err
				}
				return s.c.Blocks.Note(ctx(t), user, other, []imclient.Field{{Key: "why", Value: "x"}})
			},
			imclient.VerbToken: func() error { _, err := s.c.Tokens.Make(ctx(t), user, s.h.Now().Add(time.Hour)); return err },
			imclient.VerbSendUsers: func() error {
				return all(s.c.Mass.ToUsers(ctx(t), []string{s.h.NewUser(t, "Reader")}, imclient.Draft{From: user, Body: text("x")}))
			},
			imclient.VerbLiveBroadcast: func() error { _, err := s.c.Live.Broadcast(ctx(t), imclient.Draft{Body: text("x")}); return err },
			imclient.VerbBroadcast:     func() error { _, err := s.c.Broadcasts.Tags(ctx(t), []string{user}); return err },
			imclient.VerbBroadcastAttr: func() error { _, err := s.c.Broadcasts.AttributeNames(ctx(t)); return err },
			imclient.VerbOperations:    func() error { _, err := s.c.Operations.Days(ctx(t)); return err },
			imclient.VerbKeywords:      func() error { _, err := s.c.Keywords.Libraries(ctx(t), "", 5); return err },
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
			"HistoryPage": l.HistoryPage, "MembersPage": l.MembersPage, "UserID": l.UserID, "GroupID": l.GroupID,
			"MuteBatch": l.MuteBatch, "KickBatch": l.KickBatch, "RecallBatch": l.RecallBatch,
		} {
			if n <= 0 { // the others may have none
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

// all is the error of a write, or those of its targets.
func all(refused []imclient.Refused, err error) error {
	for _, x := range refused {
		err = errors.Join(err, x.Err)
	}
	return err
}

// tries are the verbs on a group as calls that each change something else.
func (s *suite) tries(t *testing.T, r room) map[imclient.Verb]func() error {
	c := imclient.Conversation{Group: r.id, Type: r.info.Type}
	read := imclient.Conversation{Group: r.id, Type: r.info.Type, User: r.members[4]}
	name, url, option, on := "Tried", "https://example.com/b.png", "FreeAccess", true
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
		imclient.VerbSend: func() error { _, err := s.c.Messages.Send(ctx(t), c, imclient.Draft{Body: text("x")}); return err },
		imclient.VerbReceipts: func() error {
			_, _, err := s.c.Messages.Receipts(ctx(t), c, []string{s.h.MissingMessage})
			return err
		},
		imclient.VerbUnread:   func() error { return s.c.Members.SetUnread(ctx(t), r.id, r.members[4], 1) },
		imclient.VerbMarkRead: func() error { return s.c.Messages.MarkRead(ctx(t), read, time.Time{}) },
		imclient.VerbLiveMarks: func() error {
			return all(s.c.Live.Mark(ctx(t), r.id, r.members[4:5], []string{"1000"}, true))
		},
		imclient.VerbAllowList: func() error { _, err := s.c.Rooms.Allowed(ctx(t), r.id, "", 5); return err },
		imclient.VerbRoomMarks: func() error { _, err := s.c.Rooms.Marks(ctx(t), r.id); return err },
		imclient.VerbReading:   func() error { _, err := s.c.Attendance.Reading(ctx(t), r.id); return err },
		imclient.VerbInside:    func() error { _, err := s.c.Attendance.Inside(ctx(t), r.id, r.members[:1]); return err },
		imclient.VerbSendGroups: func() error {
			return all(s.c.Mass.ToGroups(ctx(t), []string{r.id}, imclient.Draft{From: r.owner, Body: text("x")}))
		},
		imclient.VerbDeleteMessage: func() error {
			id := s.h.MissingMessage
			if s.c.Caps.Can(imclient.VerbDeleteMessage, r.info.Type) {
				id = must(s.c.Messages.Send(ctx(t), c, imclient.Draft{From: r.owner, Body: text("away with it")}))(t).ID
			}
			return all(s.c.Messages.Delete(ctx(t), c, []string{id}, imclient.DeleteForAll))
		},
		imclient.VerbAttributes: func() error { _, err := s.c.Attributes.List(ctx(t), r.id); return err },
		imclient.VerbCounters:   func() error { _, err := s.c.Counters.List(ctx(t), r.id); return err },
		imclient.VerbClearAttrs: func() error { return s.c.Attributes.Clear(ctx(t), r.id) },
		imclient.VerbClearHistory: func() error {
			other := s.room(t, r.info, 1)
			return s.c.Messages.Clear(ctx(t), other.id, "")
		},
		imclient.VerbDismiss: func() error { return s.c.Groups.Dismiss(ctx(t), s.room(t, r.info, 1).id) },
		imclient.VerbTransfer: func() error {
			other := s.room(t, r.info, 1)
			return s.c.Groups.Transfer(ctx(t), other.id, other.members[0])
		},
		imclient.VerbCreateGroup: func() error {
			_, _, err := s.c.Groups.Create(ctx(t), imclient.NewGroup{Type: r.info.Type, Name: "x", OwnerID: r.owner})
			return err
		},
		imclient.VerbTopics: func() error {
			group, _, err := s.c.Groups.Create(ctx(t), imclient.NewGroup{Type: r.info.Type, Name: "x", OwnerID: r.owner, Topics: s.c.Caps.Can(imclient.VerbTopics, r.info.Type)})
			if err == nil {
				_, err = s.c.Topics.Create(ctx(t), imclient.NewTopic{Group: group, Name: "x"})
			}
			return err
		},
		imclient.VerbImport: func() error {
			_, err := s.c.Import.Group(ctx(t), imclient.ImportGroup{Type: r.info.Type, Name: "x", OwnerID: r.owner})
			return err
		},
	}
}
