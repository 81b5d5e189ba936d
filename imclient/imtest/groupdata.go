package imtest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"imdesk/imclient"
)

func (s *suite) groupLife(t *testing.T) {
	t.Run("create", s.groupCreate)
	t.Run("transfer", s.groupTransfer)
	t.Run("dismiss", s.groupDismiss)
	t.Run("most members", s.groupMost)
	t.Run("unread", s.groupUnread)
	t.Run("send", s.groupSend)
	t.Run("edit", s.groupEdit)
	t.Run("clear", s.groupClear)
	t.Run("receipts", s.groupReceipts)
	t.Run("marks of a live room", s.liveMarks)
}

func (s *suite) groupCreate(t *testing.T) {
	for _, info := range s.c.Caps.Types {
		t.Run(string(info.Type), func(t *testing.T) {
			owner, people := s.h.NewUser(t, "Founder"), s.h.NewUsers(t, 3)
			g := imclient.NewGroup{Type: info.Type, Name: "新群", Intro: "What it is about", Notice: "Be kind", AvatarURL: "https://example.com/g.png", OwnerID: owner}
			if !s.c.Caps.Can(imclient.VerbCreateGroup, info.Type) {
				_, _, err := s.c.Groups.Create(ctx(t), g)
				cannot(t, err)
				return
			}
			adds := s.c.Caps.Can(imclient.VerbAddMember, info.Type)
			if adds {
				g.Members = append([]string{s.h.MissingUser}, people...)
			}
			id, refused, err := s.c.Groups.Create(ctx(t), g)
			ok(t, err)
			got := must(s.c.Groups.Get(fresh(t), id))(t)
			same(t, "type", got.Type, info.Type)
			same(t, "name", got.Name, g.Name)
			same(t, "introduction", got.Intro, g.Intro)
			same(t, "notice", got.Notice, g.Notice)
			same(t, "avatar", got.AvatarURL, g.AvatarURL)
			same(t, "owner", got.OwnerID, owner)
			near(t, "created", got.Created, s.h.Now())
			if adds {
				names(t, refused, s.strangers(s.h.MissingUser), imclient.ErrNotFound, imclient.ErrDenied)
				sameSet(t, "members", s.in(t, id, append(people, owner)...), append(people, owner))
			}
			// ErrInvalid also where no id may be chosen.
			_, _, err = s.c.Groups.Create(ctx(t), imclient.NewGroup{ID: id, Type: info.Type, Name: "Again", OwnerID: owner})
			is(t, err, imclient.ErrConflict, imclient.ErrInvalid)
		})
	}
}

func (s *suite) groupTransfer(t *testing.T) {
	s.types(t, imclient.VerbTransfer, 2, func(t *testing.T, r room) {
		ok(t, s.c.Groups.Transfer(ctx(t), r.id, r.members[0]))
		same(t, "owner", must(s.c.Groups.Get(fresh(t), r.id))(t).OwnerID, r.members[0])
		if r.info.Live {
			return // no member list of record
		}
		roles := must(s.c.Members.Get(fresh(t), r.id, []string{r.members[0], r.owner}))(t)
		same(t, "role of the new owner", roles[0].Role, imclient.RoleOwner)
		same(t, "role of the old owner", roles[1].Role, imclient.RoleMember)
		if err := s.c.Groups.Transfer(ctx(t), r.id, s.h.NewUser(t, "Stranger")); err == nil {
			t.Error("a group was given to somebody who is not in it")
		}
	}, func(t *testing.T, r room) {
		cannot(t, s.c.Groups.Transfer(ctx(t), r.id, r.members[0]))
	})
}

func (s *suite) groupDismiss(t *testing.T) {
	s.types(t, imclient.VerbDismiss, 1, func(t *testing.T, r room) {
		ok(t, s.c.Groups.Dismiss(ctx(t), r.id))
		_, err := s.c.Groups.Get(fresh(t), r.id)
		is(t, err, imclient.ErrNotFound)
		is(t, s.c.Groups.Dismiss(ctx(t), r.id), imclient.ErrNotFound)
	}, func(t *testing.T, r room) {
		cannot(t, s.c.Groups.Dismiss(ctx(t), r.id))
	})
	t.Run("unknown group", func(t *testing.T) {
		is(t, s.c.Groups.Dismiss(ctx(t), s.h.MissingGroup), imclient.ErrNotFound)
	})
}

func (s *suite) groupMost(t *testing.T) {
	r := s.room(t, s.typeWith(t, imclient.VerbEditGroup, imclient.VerbAddMember), 2)
	most := len(r.all()) + 3
	if err := s.c.Groups.Change(ctx(t), r.id, imclient.GroupChange{MaxMembers: &most}); err != nil {
		cannot(t, err)
		return
	}
	same(t, "most members", must(s.c.Groups.Get(fresh(t), r.id))(t).MaxMembers, most)
}

func (s *suite) groupUnread(t *testing.T) {
	s.types(t, imclient.VerbUnread, 2, func(t *testing.T, r room) {
		if !s.c.Caps.Can(imclient.VerbUserGroups, "") || !s.c.Caps.Can(imclient.VerbContacts, "") {
			return // it cannot be read back
		}
		for range 4 {
			s.h.Say(t, r.id, Said{From: r.owner, Text: "news"})
		}
		unread := func() int {
			t.Helper()
			for _, c := range s.contactsOf(t, r.members[0], true) {
				if c.Conversation.Group == r.id {
					return c.Unread
				}
			}
			t.Fatalf("%s is not on the list", r.id)
			return 0
		}
		same(t, "unread", unread(), 4)
		ok(t, s.c.Members.SetUnread(ctx(t), r.id, r.members[0], 2))
		same(t, "unread after setting it", unread(), 2)
		ok(t, s.c.Members.SetUnread(ctx(t), r.id, r.members[0], 1000))
		same(t, "unread after setting more than there are", unread(), 4)
		ok(t, s.c.Messages.MarkRead(ctx(t), imclient.Conversation{Group: r.id, Type: r.info.Type, User: r.members[0]}, time.Time{}))
		same(t, "unread after marking it as read", unread(), 0)
	}, func(t *testing.T, r room) {
		cannot(t, s.c.Members.SetUnread(ctx(t), r.id, r.members[0], 1))
	})
}

func (s *suite) groupSend(t *testing.T) {
	s.types(t, imclient.VerbSend, 3, func(t *testing.T, r room) {
		c := imclient.Conversation{Group: r.id, Type: r.info.Type}
		for _, from := range []string{"", r.members[0]} {
			d := imclient.Draft{From: from, Body: text("大家好"), Custom: "data", Key: "once " + from}
			if s.c.Caps.Limits.Elements != 1 {
				d.Body = append(d.Body, imclient.Face{Index: 3, Data: "[smile]"})
			}
			sent := must(s.c.Messages.Send(ctx(t), c, d))(t)
			near(t, "time", sent.At, s.h.Now())
			same(t, "dropped", sent.Dropped, "")
			if !s.c.Caps.Can(imclient.VerbHistory, r.info.Type) || r.info.Live {
				continue
			}
			m := s.message(t, c, sent.ID)
			same(t, "position", m.Seq, sent.Seq)
			same(t, "text", said(m), "大家好")
			same(t, "elements", len(m.Body), len(d.Body))
			same(t, "data", m.Custom, "data")
			if from != "" {
				same(t, "sender", m.From, from)
			}
			again := must(s.c.Messages.Send(ctx(t), c, d))(t)
			same(t, "the same said with the same key", again.ID, sent.ID)
		}
		sent, err := s.c.Messages.Send(ctx(t), c, imclient.Draft{From: r.members[0], Body: text("nobody is told"), Quiet: true})
		if s.c.Caps.Traits.Quiet {
			ok(t, err)
			same(t, "dropped", sent.Dropped, "")
		} else {
			is(t, err, imclient.ErrUnsupported)
		}
		_, err = s.c.Messages.Send(ctx(t), c, imclient.Draft{})
		is(t, err, imclient.ErrInvalid)
	}, func(t *testing.T, r room) {
		_, err := s.c.Messages.Send(ctx(t), imclient.Conversation{Group: r.id, Type: r.info.Type}, imclient.Draft{Body: text("x")})
		cannot(t, err)
	})
	t.Run("by one who is muted", func(t *testing.T) {
		r := s.room(t, s.typeWith(t, imclient.VerbMute, imclient.VerbSend), 1)
		none(s.c.Mutes.Set(ctx(t), r.id, r.members, time.Hour))(t)
		if _, err := s.c.Messages.Send(ctx(t), imclient.Conversation{Group: r.id}, imclient.Draft{From: r.members[0], Body: text("x")}); err != nil {
			is(t, err, imclient.ErrDenied) // not every service looks at mutes here
		}
	})
	t.Run("unknown group", func(t *testing.T) {
		_, err := s.c.Messages.Send(ctx(t), imclient.Conversation{Group: s.h.MissingGroup}, imclient.Draft{Body: text("x")})
		is(t, err, imclient.ErrNotFound)
	})
}

func (s *suite) groupEdit(t *testing.T) {
	s.types(t, imclient.VerbEditMessage, 1, func(t *testing.T, r room) {
		c := imclient.Conversation{Group: r.id, Type: r.info.Type}
		s.h.Say(t, r.id, Said{From: r.members[0], Text: "first"}, Said{From: r.members[0], Text: "second"})
		before := s.older(t, c, 0)
		custom := "edited"
		ok(t, s.c.Messages.Edit(ctx(t), c, before[0].ID, imclient.Edit{Body: text("***"), Custom: &custom}))
		after := s.older(t, c, 0)
		same(t, "edited text", said(after[0]), "***")
		same(t, "edited data", after[0].Custom, custom)
		same(t, "text of another", said(after[1]), "first")
		same(t, "sender", after[0].From, before[0].From)
		err := s.c.Messages.Edit(ctx(t), c, s.h.MissingMessage, imclient.Edit{Body: text("x")})
		is(t, err, imclient.ErrNotFound, imclient.ErrInvalid)
	}, func(t *testing.T, r room) {
		cannot(t, s.c.Messages.Edit(ctx(t), imclient.Conversation{Group: r.id, Type: r.info.Type}, s.h.MissingMessage, imclient.Edit{Body: text("x")}))
	})
}

func (s *suite) groupClear(t *testing.T) {
	s.types(t, imclient.VerbClearHistory, 1, func(t *testing.T, r room) {
		c := imclient.Conversation{Group: r.id, Type: r.info.Type}
		for i := range 6 {
			s.h.Say(t, r.id, Said{From: r.members[0], Text: strconv.Itoa(i)})
		}
		left := func() []string {
			t.Helper()
			var texts []string
			for _, m := range s.older(t, c, 0) {
				if m.State == imclient.MessageSaid && !m.Tip {
					texts = append(texts, said(m))
				}
			}
			return texts
		}
		all := s.older(t, c, 0)
		ok(t, s.c.Messages.Clear(ctx(t), r.id, all[3].Seq))
		sameOrder(t, "what is left", left(), []string{"5", "4", "3"})
		ok(t, s.c.Messages.Clear(ctx(t), r.id, ""))
		same(t, "what is left of nothing", len(left()), 0)
	}, func(t *testing.T, r room) {
		cannot(t, s.c.Messages.Clear(ctx(t), r.id, ""))
	})
}

func (s *suite) groupReceipts(t *testing.T) {
	s.types(t, imclient.VerbReceipts, 4, func(t *testing.T, r room) {
		c := imclient.Conversation{Group: r.id, Type: r.info.Type}
		id := must(s.c.Messages.Send(ctx(t), c, imclient.Draft{From: r.members[0], Body: text("read me"), Receipts: true}))(t).ID
		plain := must(s.c.Messages.Send(ctx(t), c, imclient.Draft{From: r.members[0], Body: text("plain")}))(t).ID
		readers := r.members[1:3]
		for _, u := range readers {
			refused, err := s.c.Messages.Acknowledge(ctx(t), imclient.Conversation{Group: r.id, Type: r.info.Type, User: u}, []string{id})
			if s.c.Caps.Traits.SendsReceipts {
				none(refused, err)(t)
				continue
			}
			is(t, err, imclient.ErrUnsupported)
			s.h.Read(t, r.id, u, id)
		}
		receipts, refused, err := s.c.Messages.Receipts(ctx(t), c, []string{plain, id})
		ok(t, err)
		if s.c.Caps.Traits.AskedReceipts {
			names(t, refused, []string{plain}, imclient.ErrUnsupported, imclient.ErrNotFound)
		} else if names(t, refused, nil); len(receipts) == 2 {
			same(t, "read of one that nobody has read", receipts[0].Read, 0)
			receipts = receipts[1:]
		}
		if len(receipts) != 1 || receipts[0].ID != id {
			t.Fatalf("receipts: got %+v, want those of %s", receipts, id)
		}
		same(t, "read", receipts[0].Read, 2)
		same(t, "unread", receipts[0].Unread, len(r.all())-1-2)
		list := func(read bool) []string {
			t.Helper()
			return walk(t, func(ctx context.Context, cursor string) (imclient.Page[string], error) {
				return s.c.Messages.Readers(ctx, c, id, read, cursor, 1)
			}, nil)
		}
		sameSet(t, "readers", list(true), readers)
		others := slices.DeleteFunc(r.all(), func(u string) bool { return u == r.members[0] || slices.Contains(readers, u) })
		sameSet(t, "those who have not read it", list(false), others)
	}, func(t *testing.T, r room) {
		_, refused, err := s.c.Messages.Receipts(ctx(t), imclient.Conversation{Group: r.id, Type: r.info.Type}, []string{s.h.MissingMessage})
		cannot(t, err, refused...)
	})
}

func (s *suite) liveMarks(t *testing.T) {
	s.types(t, imclient.VerbLiveMarks, 3, func(t *testing.T, r room) {
		away := s.h.NewUser(t, "Away")
		refused, err := s.c.Live.Mark(ctx(t), r.id, append([]string{away}, r.members[:2]...), []string{"1000", "1001"}, true)
		ok(t, err)
		names(t, refused, []string{away}, imclient.ErrNotFound)
		none(s.c.Live.Mark(ctx(t), r.id, r.members[:1], []string{"1000"}, false))(t)
		_, err = s.c.Live.Mark(ctx(t), r.id, r.members[:1], nil, true)
		is(t, err, imclient.ErrInvalid)
	}, func(t *testing.T, r room) {
		refused, err := s.c.Live.Mark(ctx(t), r.id, r.members[:1], []string{"1000"}, true)
		cannot(t, err, refused...)
	})
}

func (s *suite) attributes(t *testing.T) {
	s.types(t, imclient.VerbAttributes, 1, func(t *testing.T, r room) {
		list := func() []imclient.Field {
			t.Helper()
			return must(s.c.Attributes.List(fresh(t), r.id))(t)
		}
		is := func(what string, want ...imclient.Field) {
			t.Helper()
			if got := list(); !slices.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", what, got, want)
			}
		}
		is("at first")
		ok(t, s.c.Attributes.Set(ctx(t), r.id, []imclient.Field{{Key: "song", Value: "夜曲"}, {Key: "host", Value: "u1"}}))
		is("after setting", imclient.Field{Key: "host", Value: "u1"}, imclient.Field{Key: "song", Value: "夜曲"})
		s.h.Advance(t, 2*time.Second) // services allow a few writes a second
		ok(t, s.c.Attributes.Set(ctx(t), r.id, []imclient.Field{{Key: "host", Value: "u2"}}))
		is("after setting one", imclient.Field{Key: "host", Value: "u2"}, imclient.Field{Key: "song", Value: "夜曲"})
		ok(t, s.c.Attributes.Replace(ctx(t), r.id, []imclient.Field{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}}))
		is("after replacing", imclient.Field{Key: "a", Value: "1"}, imclient.Field{Key: "b", Value: "2"})
		s.h.Advance(t, 2*time.Second)
		ok(t, s.c.Attributes.Remove(ctx(t), r.id, []string{"a"}))
		is("after removing one", imclient.Field{Key: "b", Value: "2"})
		if !s.c.Caps.Can(imclient.VerbClearAttrs, r.info.Type) {
			cannot(t, s.c.Attributes.Clear(ctx(t), r.id))
			return
		}
		ok(t, s.c.Attributes.Clear(ctx(t), r.id))
		is("after clearing")
	}, func(t *testing.T, r room) {
		_, err := s.c.Attributes.List(ctx(t), r.id)
		cannot(t, err)
	})
}

func (s *suite) counters(t *testing.T) {
	s.types(t, imclient.VerbCounters, 1, func(t *testing.T, r room) {
		now := func(what string, got []imclient.Counter, want ...imclient.Counter) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", what, got, want)
			}
		}
		now("at first", must(s.c.Counters.List(ctx(t), r.id))(t))
		now("what setting tells", must(s.c.Counters.Set(ctx(t), r.id, []imclient.Counter{{Key: "likes", Value: math.MaxInt64 - 5}}))(t), imclient.Counter{Key: "likes", Value: math.MaxInt64 - 5})
		now("what adding tells", must(s.c.Counters.Add(ctx(t), r.id, []imclient.Counter{{Key: "likes", Value: -5}, {Key: "gifts", Value: 3}}))(t),
			imclient.Counter{Key: "gifts", Value: 3}, imclient.Counter{Key: "likes", Value: math.MaxInt64 - 10})
		now("all", must(s.c.Counters.List(ctx(t), r.id))(t), imclient.Counter{Key: "gifts", Value: 3}, imclient.Counter{Key: "likes", Value: math.MaxInt64 - 10})
		now("one", must(s.c.Counters.List(ctx(t), r.id, "gifts"))(t), imclient.Counter{Key: "gifts", Value: 3})
		ok(t, s.c.Counters.Remove(ctx(t), r.id, "likes"))
		now("after removing one", must(s.c.Counters.List(ctx(t), r.id))(t), imclient.Counter{Key: "gifts", Value: 3})
		ok(t, s.c.Counters.Remove(ctx(t), r.id))
		now("in the end", must(s.c.Counters.List(ctx(t), r.id))(t))
	}, func(t *testing.T, r room) {
		_, err := s.c.Counters.List(ctx(t), r.id)
		cannot(t, err)
		_, err = s.c.Counters.Set(ctx(t), r.id, []imclient.Counter{{Key: "likes", Value: 1}})
		cannot(t, err)
	})
}

func topicID(x imclient.Topic) string { return x.ID }

func (s *suite) topics(t *testing.T) {
	for _, info := range s.c.Caps.Types {
		t.Run(string(info.Type), func(t *testing.T) {
			owner, member := s.h.NewUser(t, "Owner"), s.h.NewUser(t, "Member")
			if !s.c.Caps.Can(imclient.VerbTopics, info.Type) {
				r := s.room(t, info, 1)
				_, err := s.c.Topics.Create(ctx(t), imclient.NewTopic{Group: r.id, Name: "x"})
				cannot(t, err)
				_, err = s.c.Topics.List(ctx(t), r.id)
				cannot(t, err)
				return
			}
			group, refused, err := s.c.Groups.Create(ctx(t), imclient.NewGroup{Type: info.Type, Name: "With topics", OwnerID: owner, Topics: true, Members: []string{member}})
			none(refused, err)(t)
			s.topicsOf(t, group, info.Type, member)
		})
	}
	_, err := s.c.Topics.Get(ctx(t), "not a topic")
	is(t, err, imclient.ErrInvalid, imclient.ErrNotFound, imclient.ErrUnsupported)
}

func (s *suite) topicsOf(t *testing.T, group string, typ imclient.GroupType, member string) {
	t.Helper()
	same(t, "topics at first", len(must(s.c.Topics.List(fresh(t), group))(t)), 0)
	var made []string
	for i := range 3 {
		id := must(s.c.Topics.Create(ctx(t), imclient.NewTopic{
			Group: group, Name: fmt.Sprintf("话题 %d", i), Intro: "i", Notice: "n", AvatarURL: "https://example.com/t.png", Custom: "c",
		}))(t)
		made = append(made, id)
		s.h.Advance(t, time.Second)
	}
	sameOrder(t, "topics", ids(must(s.c.Topics.List(fresh(t), group))(t), topicID), made)
	topic := must(s.c.Topics.Get(fresh(t), made[1]))(t)
	same(t, "group", topic.Group, group)
	same(t, "name", topic.Name, "话题 1")
	same(t, "introduction", topic.Intro, "i")
	same(t, "notice", topic.Notice, "n")
	same(t, "avatar", topic.AvatarURL, "https://example.com/t.png")
	same(t, "data", topic.Custom, "c")
	near(t, "created", topic.Created, s.h.Now())
	same(t, "newest position of a silent topic", topic.LastSeq, "")

	name, on := "Renamed", true
	ok(t, s.c.Topics.Change(ctx(t), made[1], imclient.TopicChange{Name: &name, MuteAll: &on}))
	topic = must(s.c.Topics.Get(fresh(t), made[1]))(t)
	same(t, "new name", topic.Name, name)
	same(t, "mute all", topic.MuteAll, imclient.On)
	same(t, "introduction, still", topic.Intro, "i")

	c := imclient.Conversation{Group: made[0], Type: typ}
	sent := must(s.c.Messages.Send(ctx(t), c, imclient.Draft{From: member, Body: text("on topic")}))(t)
	same(t, "text in the topic", said(s.message(t, c, sent.ID)), "on topic")
	same(t, "newest position", must(s.c.Topics.Get(fresh(t), made[0]))(t).LastSeq, sent.Seq)
	same(t, "messages of another topic", len(s.older(t, imclient.Conversation{Group: made[2], Type: typ}, 0)), 0)
	none(s.c.Messages.Recall(ctx(t), c, []string{sent.ID}, ""))(t)

	refused, err := s.c.Topics.Delete(ctx(t), group, []string{made[1]})
	none(refused, err)(t)
	sameOrder(t, "topics after one was deleted", ids(must(s.c.Topics.List(fresh(t), group))(t), topicID), []string{made[0], made[2]})
	_, err = s.c.Topics.Get(fresh(t), made[1])
	is(t, err, imclient.ErrNotFound)
	refused, err = s.c.Topics.Delete(ctx(t), group, []string{made[1], made[2]})
	ok(t, err)
	names(t, refused, []string{made[1]}, imclient.ErrNotFound)
}
