package imtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"imdesk/imclient"
)

func (s *suite) rooms(t *testing.T) {
	s.types(t, imclient.VerbAllowList, 3, func(t *testing.T, r room) {
		users := s.h.NewUsers(t, 25) // above a page
		none(s.c.Rooms.Allow(ctx(t), r.id, users))(t)
		none(s.c.Rooms.Allow(ctx(t), r.id, users[:1]))(t)
		list := func() []string {
			t.Helper()
			return ids(walk(t, func(ctx context.Context, cursor string) (imclient.Page[imclient.Allowed], error) {
				return s.c.Rooms.Allowed(ctx, r.id, cursor, 10)
			}, nil), func(a imclient.Allowed) string { return a.UserID })
		}
		sameSet(t, "who may speak", list(), users)
		none(s.c.Rooms.Disallow(ctx(t), r.id, append(slices.Clone(users[1:]), r.members[0])))(t)
		sameSet(t, "who may speak in the end", list(), users[:1])
		_, err := s.c.Rooms.Allowed(ctx(t), r.id, "no cursor", 10)
		is(t, err, imclient.ErrInvalid)
		_, err = s.c.Rooms.Allowed(ctx(t), s.h.MissingGroup, "", 10)
		is(t, err, imclient.ErrNotFound)
	}, func(t *testing.T, r room) {
		refused, err := s.c.Rooms.Allow(ctx(t), r.id, r.members[:1])
		cannot(t, err, refused...)
		refused, err = s.c.Rooms.Disallow(ctx(t), r.id, r.members[:1])
		cannot(t, err, refused...)
	})
	s.types(t, imclient.VerbRoomMarks, 1, func(t *testing.T, r room) {
		sameOrder(t, "marks at first", must(s.c.Rooms.Marks(ctx(t), r.id))(t), nil)
		ok(t, s.c.Rooms.Mark(ctx(t), r.id, []string{"热门", "hot", "new"}, true))
		ok(t, s.c.Rooms.Mark(ctx(t), r.id, []string{"new"}, false))
		sameOrder(t, "marks", must(s.c.Rooms.Marks(ctx(t), r.id))(t), []string{"hot", "热门"})
		is(t, s.c.Rooms.Mark(ctx(t), r.id, nil, true), imclient.ErrInvalid)
	}, func(t *testing.T, r room) {
		cannot(t, s.c.Rooms.Mark(ctx(t), r.id, []string{"hot"}, true))
	})
}

func (s *suite) attendance(t *testing.T) {
	for _, info := range s.c.Caps.Types {
		t.Run(string(info.Type), func(t *testing.T) {
			r := s.room(t, info, 3)
			away := s.h.NewUser(t, "Away")
			asked := []string{r.members[1], away, r.members[0]}
			list := must(s.c.Attendance.Inside(fresh(t), r.id, asked))(t)
			sameOrder(t, "who was asked about", ids(list, func(a imclient.Attendant) string { return a.UserID }), asked)
			for i, want := range []bool{true, false, true} {
				same(t, "inside: "+asked[i], list[i].In, want)
			}
			same(t, "inside, asked alone", must(s.c.Attendance.Inside(fresh(t), r.id, asked[:1]))(t)[0].In, true)
			n := must(s.c.Attendance.Count(fresh(t), r.id))(t)
			if want := len(r.all()); n != want && !info.Live {
				t.Errorf("members: got %d, want %d", n, want)
			}
			_, err := s.c.Attendance.Inside(ctx(t), s.h.MissingGroup, asked)
			is(t, err, imclient.ErrNotFound)
			_, err = s.c.Attendance.Count(ctx(t), s.h.MissingGroup)
			is(t, err, imclient.ErrNotFound)
		})
	}
	s.types(t, imclient.VerbReading, 3, func(t *testing.T, r room) {
		c := imclient.Conversation{Group: r.id, Type: r.info.Type}
		s.h.Say(t, r.id, Said{From: r.owner, Text: "one"})
		one := must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: c}))(t).Messages[0]
		s.h.Say(t, r.id, Said{From: r.owner, Text: "two"})
		two := must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: c}))(t).Messages[0]
		s.h.Read(t, r.id, r.members[0], one.ID)
		s.h.Read(t, r.id, r.members[1], two.ID)
		at := map[string]string{}
		for _, p := range must(s.c.Attendance.Reading(fresh(t), r.id))(t) {
			at[p.UserID] = p.Seq
		}
		same(t, "who read the first", at[r.members[0]], one.Seq)
		same(t, "who read the second", at[r.members[1]], two.Seq)
		same(t, "who read nothing", at[r.members[2]], "")
	}, func(t *testing.T, r room) {
		_, err := s.c.Attendance.Reading(ctx(t), r.id)
		cannot(t, err)
	})
}

func (s *suite) mass(t *testing.T) {
	from := s.h.NewUser(t, "Sender")
	draft := imclient.Draft{From: from, Body: text("to many")}
	if s.c.Caps.Can(imclient.VerbSendUsers, "") {
		users := s.h.NewUsers(t, 3)
		asked := append([]string{s.h.MissingUser}, users...)
		refused, err := s.c.Mass.ToUsers(ctx(t), asked, draft)
		ok(t, err)
		names(t, refused, s.strangers(s.h.MissingUser), imclient.ErrNotFound)
		for _, u := range users {
			page := must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: imclient.Conversation{User: u, Peer: from}}))(t)
			if len(page.Messages) != 1 || said(page.Messages[0]) != "to many" || page.Messages[0].From != from {
				t.Errorf("%s got %+v", u, page.Messages)
			}
		}
	} else {
		_, err := s.c.Mass.ToUsers(ctx(t), []string{from}, draft)
		cannot(t, err)
	}
	for _, info := range s.c.Caps.Types {
		r := s.room(t, info, 1)
		draft.From = r.owner
		if !s.c.Caps.Can(imclient.VerbSendGroups, info.Type) {
			_, err := s.c.Mass.ToGroups(ctx(t), []string{r.id}, draft)
			cannot(t, err)
			continue
		}
		refused, err := s.c.Mass.ToGroups(ctx(t), []string{r.id, s.h.MissingGroup}, draft)
		ok(t, err)
		names(t, refused, []string{s.h.MissingGroup}, imclient.ErrNotFound)
		page := must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: r.id, Type: info.Type}}))(t)
		if len(page.Messages) != 1 || said(page.Messages[0]) != "to many" {
			t.Errorf("%s got %+v", info.Type, page.Messages)
		}
	}
}

func (s *suite) tokens(t *testing.T) {
	user := s.h.NewUser(t, "Somebody")
	if !s.c.Caps.Can(imclient.VerbToken, "") {
		_, err := s.c.Tokens.Make(ctx(t), user, s.h.Now().Add(time.Hour))
		cannot(t, err)
		return
	}
	one := must(s.c.Tokens.Make(ctx(t), user, s.h.Now().Add(time.Hour)))(t)
	other := must(s.c.Tokens.Make(ctx(t), s.h.NewUser(t, "Other"), s.h.Now().Add(time.Hour)))(t)
	if one == "" || one == other {
		t.Errorf("tokens of two users: %q and %q", one, other)
	}
	_, err := s.c.Tokens.Make(ctx(t), user, s.h.Now().Add(-time.Minute))
	is(t, err, imclient.ErrInvalid)
}

func (s *suite) deletion(t *testing.T) {
	s.types(t, imclient.VerbDeleteMessage, 2, func(t *testing.T, r room) {
		c := imclient.Conversation{Group: r.id, Type: r.info.Type}
		var sent []string
		for _, what := range []string{"one", "two", "three"} {
			sent = append(sent, must(s.c.Messages.Send(ctx(t), c, imclient.Draft{From: r.owner, Body: text(what)}))(t).ID)
		}
		refused, err := s.c.Messages.Delete(ctx(t), c, []string{sent[0], s.h.MissingMessage}, imclient.DeleteForAll)
		ok(t, err)
		names(t, refused, []string{s.h.MissingMessage}, imclient.ErrNotFound)
		for _, m := range must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: c}))(t).Messages {
			if m.ID == sent[0] {
				t.Errorf("the message is still there: %+v", m)
			}
		}
		one := c
		one.User = r.members[0]
		if r.info.Live {
			for _, how := range []imclient.Deletion{imclient.DeleteForOthers, imclient.DeleteForOne} {
				_, err := s.c.Messages.Delete(ctx(t), one, sent[1:2], how)
				is(t, err, imclient.ErrUnsupported)
			}
			return
		}
		none(s.c.Messages.Delete(ctx(t), c, sent[1:2], imclient.DeleteForOthers))(t)
		none(s.c.Messages.Delete(ctx(t), one, sent[2:], imclient.DeleteForOne))(t)
		_, err = s.c.Messages.Delete(ctx(t), c, sent[2:], imclient.DeleteForOne)
		is(t, err, imclient.ErrInvalid)
	}, func(t *testing.T, r room) {
		refused, err := s.c.Messages.Delete(ctx(t), imclient.Conversation{Group: r.id, Type: r.info.Type}, []string{s.h.MissingMessage}, imclient.DeleteForAll)
		cannot(t, err, refused...)
	})
}

func (s *suite) blockNotes(t *testing.T) {
	user, other := s.h.NewUser(t, "Owner"), s.h.NewUser(t, "Blocked")
	none(s.c.Blocks.Add(ctx(t), user, []string{other}))(t)
	err := s.c.Blocks.Note(ctx(t), user, other, []imclient.Field{{Key: "why", Value: "广告"}, {Key: "by", Value: "x"}})
	if !s.c.Caps.Can(imclient.VerbBlockNotes, "") {
		cannot(t, err)
		return
	}
	ok(t, err)
	ok(t, s.c.Blocks.Note(ctx(t), user, other, []imclient.Field{{Key: "by", Value: ""}}))
	list := must(s.c.Blocks.List(fresh(t), user, "", 10))(t).Items
	if len(list) != 1 || !slices.Equal(list[0].Custom, []imclient.Field{{Key: "why", Value: "广告"}}) {
		t.Errorf("blocks: %+v", list)
	}
	is(t, s.c.Blocks.Note(ctx(t), user, other, nil), imclient.ErrInvalid)
}
