package imtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"imdesk/imclient"
)

func messageID(m imclient.Message) string  { return m.ID }
func messageSeq(m imclient.Message) string { return m.Seq }

func (s *suite) messages(t *testing.T) {
	t.Run("history", s.history)
	t.Run("history towards now", s.historyNewer)
	t.Run("history from a position", s.historyFrom)
	t.Run("a position by time", s.historyAt)
	t.Run("recall", s.recall)
	t.Run("delete by sender", s.deleteBySender)
}

// talk fills a room with n messages of its members, a minute apart up to now, and returns its conversation.
func (s *suite) talk(t *testing.T, r room, n int) imclient.Conversation {
	t.Helper()
	start := s.h.Now().Add(-time.Duration(n) * time.Minute)
	said := make([]Said, n)
	for i := range said {
		said[i] = Said{
			From: r.members[i%len(r.members)], Text: fmt.Sprintf("message %d 第%d条", i, i),
			At: start.Add(time.Duration(i) * time.Minute),
		}
	}
	s.h.Say(t, r.id, said...)
	return imclient.Conversation{Group: r.id, Type: r.info.Type}
}

// oldRoom is a room whose group is older than what talk will say in it.
func (s *suite) oldRoom(t *testing.T, info imclient.TypeInfo, n int) room {
	t.Helper()
	r := room{owner: s.h.NewUser(t, "Owner"), members: s.h.NewUsers(t, n), info: info}
	r.id = s.h.NewGroup(t, Group{
		Type: info.Type, Name: "An old group", Owner: r.owner, Members: r.members,
		Created: s.h.Now().Add(-48 * time.Hour),
	})
	return r
}

// older reads a conversation from the newest message to the oldest.
func (s *suite) older(t *testing.T, c imclient.Conversation, limit int) []imclient.Message {
	t.Helper()
	var all []imclient.Message
	from := ""
	for range 500 {
		page := must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: c, From: from, Limit: limit}))(t)
		if limit > 0 && len(page.Messages) > limit {
			t.Fatalf("a page of at most %d has %d messages", limit, len(page.Messages))
		}
		all = append(all, page.Messages...)
		if page.Older == "" {
			return all
		}
		from = page.Older
	}
	t.Fatal("the history has no end")
	return nil
}

func said(m imclient.Message) string {
	for _, e := range m.Body {
		if text, is := e.(imclient.Text); is {
			return text.Text
		}
	}
	return ""
}

func (s *suite) history(t *testing.T) {
	for _, info := range s.c.Caps.Types {
		t.Run(string(info.Type), func(t *testing.T) {
			if !s.c.Caps.Can(imclient.VerbHistory, info.Type) {
				r := s.room(t, info, 1)
				_, err := s.c.Messages.History(ctx(t), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: r.id, Type: info.Type}})
				cannot(t, err)
				return
			}
			r := s.oldRoom(t, info, 3)
			c := imclient.Conversation{Group: r.id, Type: info.Type}
			same(t, "messages of a silent group", len(s.older(t, c, 0)), 0)

			const n = 53
			s.talk(t, r, n)
			for _, limit := range []int{0, 7, 20} {
				all := s.older(t, c, limit)
				same(t, fmt.Sprintf("messages by pages of %d", limit), len(all), n)
				once(t, "ids", ids(all, messageID))
				once(t, "positions", ids(all, messageSeq))
				for i, m := range all {
					same(t, "text", said(m), fmt.Sprintf("message %d 第%d条", n-1-i, n-1-i))
					same(t, "sender", m.From, r.members[(n-1-i)%3])
					same(t, "state", m.State, imclient.MessageSaid)
					if i > 0 && m.At.After(all[i-1].At) {
						t.Errorf("message %s is newer than the one before it", m.ID)
					}
				}
			}
		})
	}
	t.Run("unknown group", func(t *testing.T) {
		_, err := s.c.Messages.History(ctx(t), imclient.HistoryOptions{
			Conversation: imclient.Conversation{Group: s.h.MissingGroup, Type: s.typeWith(t, imclient.VerbHistory).Type},
		})
		is(t, err, imclient.ErrNotFound)
	})
	t.Run("a position that is none", func(t *testing.T) {
		r := s.room(t, s.typeWith(t, imclient.VerbHistory), 1)
		_, err := s.c.Messages.History(ctx(t), imclient.HistoryOptions{
			Conversation: imclient.Conversation{Group: r.id, Type: r.info.Type}, From: "not a position \x00",
		})
		is(t, err, imclient.ErrInvalid)
	})
}

func (s *suite) historyNewer(t *testing.T) {
	r := s.oldRoom(t, s.typeWith(t, imclient.VerbHistory), 2)
	c := s.talk(t, r, 41)
	want := ids(s.older(t, c, 0), messageSeq)

	var got []string
	from := want[len(want)-1]
	for range 20 {
		page := must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{
			Conversation: c, From: from, Direction: imclient.Newer, Limit: 10,
		}))(t)
		got = append(ids(page.Messages, messageSeq), got...)
		if page.Newer == "" {
			break
		}
		from = page.Newer
	}
	sameOrder(t, "positions, read towards now", got, want)

	page := must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: c, Direction: imclient.Newer, Limit: 10}))(t)
	sameOrder(t, "the oldest page", ids(page.Messages, messageSeq), want[len(want)-10:])

	page = must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{
		Conversation: c, From: want[0], Direction: imclient.Newer, Limit: 10,
	}))(t)
	sameOrder(t, "the newest alone", ids(page.Messages, messageSeq), want[:1])
	same(t, "what is newer than the newest", page.Newer, "")
}

func (s *suite) historyFrom(t *testing.T) {
	r := s.oldRoom(t, s.typeWith(t, imclient.VerbHistory), 2)
	c := s.talk(t, r, 30)
	all := ids(s.older(t, c, 0), messageSeq)

	page := must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: c, From: all[12], Limit: 5}))(t)
	sameOrder(t, "the page from a position, itself included", ids(page.Messages, messageSeq), all[12:17])

	page = must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: c, From: all[len(all)-1], Limit: 5}))(t)
	sameOrder(t, "the page from the oldest", ids(page.Messages, messageSeq), all[len(all)-1:])
	same(t, "what is older than the oldest", page.Older, "")
}

func (s *suite) historyAt(t *testing.T) {
	r := s.oldRoom(t, s.typeWith(t, imclient.VerbHistory), 2)
	c := imclient.Conversation{Group: r.id, Type: r.info.Type}
	same(t, "position in a silent group", must(s.c.Messages.At(ctx(t), c, s.h.Now()))(t), "")

	s.talk(t, r, 90)
	all := s.older(t, c, 0)
	oldest, newest := all[len(all)-1], all[0]
	for _, i := range []int{0, 1, 17, 44, 88, 89} {
		m := all[i]
		same(t, fmt.Sprintf("position at the time of message %d", i), must(s.c.Messages.At(ctx(t), c, m.At))(t), m.Seq)
		same(t, fmt.Sprintf("position 30 s before message %d", i),
			must(s.c.Messages.At(ctx(t), c, m.At.Add(-30*time.Second)))(t), m.Seq)
	}
	same(t, "position before all", must(s.c.Messages.At(ctx(t), c, oldest.At.Add(-time.Hour)))(t), oldest.Seq)
	same(t, "position after all", must(s.c.Messages.At(ctx(t), c, newest.At.Add(time.Hour)))(t), newest.Seq)

	t.Run("among holes", func(t *testing.T) {
		var gone []string
		for _, m := range all[20:60] {
			gone = append(gone, m.ID)
		}
		none(s.c.Messages.Recall(ctx(t), c, gone, ""))(t)
		pos := must(s.c.Messages.At(imclient.Fresh(ctx(t)), c, all[19].At.Add(-30*time.Second)))(t)
		same(t, "position of the first message after the holes", pos, all[19].Seq)
		pos = must(s.c.Messages.At(imclient.Fresh(ctx(t)), c, all[75].At))(t)
		same(t, "position beyond the holes", pos, all[75].Seq)
	})
	t.Run("unknown group", func(t *testing.T) {
		_, err := s.c.Messages.At(ctx(t), imclient.Conversation{Group: s.h.MissingGroup, Type: r.info.Type}, s.h.Now())
		is(t, err, imclient.ErrNotFound)
	})
}

func (s *suite) recall(t *testing.T) {
	for _, info := range s.c.Caps.Types {
		t.Run(string(info.Type), func(t *testing.T) {
			if !s.c.Caps.Can(imclient.VerbRecall, info.Type) {
				r := s.room(t, info, 1)
				refused, err := s.c.Messages.Recall(ctx(t), imclient.Conversation{Group: r.id, Type: info.Type}, []string{s.h.MissingMessage}, "")
				cannot(t, err, refused...)
				return
			}
			r := s.oldRoom(t, info, 3)
			c := s.talk(t, r, 12)
			all := s.older(t, c, 0)
			gone := []string{all[2].ID, all[5].ID}
			none(s.c.Messages.Recall(ctx(t), c, gone, "advertising"))(t)
			s.states(t, c, gone, len(all))

			refused, err := s.c.Messages.Recall(ctx(t), c, []string{s.h.MissingMessage, all[7].ID}, "")
			ok(t, err)
			names(t, refused, []string{s.h.MissingMessage}, imclient.ErrNotFound)
			s.states(t, c, append(gone, all[7].ID), len(all))
		})
	}
	t.Run("more than one call takes", func(t *testing.T) {
		batch := s.c.Caps.Limits.RecallBatch
		if batch == 0 {
			t.Fatal("Limits.RecallBatch is not set")
		}
		r := s.oldRoom(t, s.typeWith(t, imclient.VerbRecall), 2)
		c := s.talk(t, r, 3*batch+5)
		all := s.older(t, c, 0)
		gone := ids(all[:2*batch+3], messageID)
		none(s.c.Messages.Recall(ctx(t), c, gone, ""))(t)
		s.states(t, c, gone, len(all))
	})
	t.Run("unknown group", func(t *testing.T) {
		_, err := s.c.Messages.Recall(ctx(t), imclient.Conversation{Group: s.h.MissingGroup}, []string{s.h.MissingMessage}, "")
		is(t, err, imclient.ErrNotFound)
	})
	t.Run("an id that is none", func(t *testing.T) {
		r := s.room(t, s.typeWith(t, imclient.VerbRecall), 1)
		refused, err := s.c.Messages.Recall(ctx(t), imclient.Conversation{Group: r.id, Type: r.info.Type}, []string{"not an id"}, "")
		if err == nil {
			names(t, refused, []string{"not an id"}, imclient.ErrInvalid, imclient.ErrNotFound)
			return
		}
		is(t, err, imclient.ErrInvalid)
	})
}

// states asserts that exactly these messages are taken back, and that their places are still seen where they are kept.
func (s *suite) states(t *testing.T, c imclient.Conversation, gone []string, n int) {
	t.Helper()
	all := s.older(t, c, 0)
	if !s.c.Caps.Traits.KeepsPlaces {
		n -= len(gone)
	}
	same(t, "places in the history", len(all), n)
	for _, m := range all {
		if taken := m.State != imclient.MessageSaid; taken != slices.Contains(gone, m.ID) {
			t.Errorf("message %s: state %d, taken back %v", m.ID, m.State, slices.Contains(gone, m.ID))
		}
		if m.State == imclient.MessageRecalled && (m.From == "" || m.At.IsZero()) {
			t.Errorf("recalled message %s has no sender or no time", m.ID)
		}
		if m.State == imclient.MessageHole && len(m.Body) > 0 {
			t.Errorf("the hole at %s has a body", m.Seq)
		}
	}
}

func (s *suite) deleteBySender(t *testing.T) {
	for _, info := range s.c.Caps.Types {
		t.Run(string(info.Type), func(t *testing.T) {
			if !s.c.Caps.Can(imclient.VerbDeleteBySend, info.Type) {
				// The service may answer OK and do nothing, so the client is the one who refuses.
				r := s.room(t, info, 1)
				is(t, s.c.Messages.DeleteBySender(ctx(t), r.id, r.members[0]), imclient.ErrUnsupported, imclient.ErrDenied)
				return
			}
			r := s.oldRoom(t, info, 3)
			c := s.talk(t, r, 21)
			all := s.older(t, c, 0)
			var gone []string
			for _, m := range all {
				if m.From == r.members[1] {
					gone = append(gone, m.ID)
				}
			}
			ok(t, s.c.Messages.DeleteBySender(ctx(t), r.id, r.members[1]))
			s.states(t, c, gone, len(all))
			ok(t, s.c.Messages.DeleteBySender(ctx(t), r.id, r.members[1])) // nothing is left of them
			s.states(t, c, gone, len(all))
		})
	}
	t.Run("unknown group", func(t *testing.T) {
		is(t, s.c.Messages.DeleteBySender(ctx(t), s.h.MissingGroup, s.h.NewUser(t, "Nobody")), imclient.ErrNotFound, imclient.ErrUnsupported)
	})
}
