package imtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"imdesk/imclient"
)

func (s *suite) direct(t *testing.T) {
	t.Run("history", s.directHistory)
	t.Run("history from a position", s.directFrom)
	t.Run("a position by time", s.directAt)
	t.Run("send", s.directSend)
	t.Run("recall", s.directRecall)
	t.Run("edit", s.directEdit)
	t.Run("hide", s.directHide)
	t.Run("mark as read", s.directRead)
	t.Run("read receipts", s.directReceipts)
	t.Run("who is in a chat", s.directPeers)
}

// directPeers: a service whose events name both, or a chat that there is not.
func (s *suite) directPeers(t *testing.T) {
	if _, err := s.c.Chats.Peers(ctx(t), "7000000000000000001"); !errors.Is(err, imclient.ErrUnsupported) {
		is(t, err, imclient.ErrNotFound)
	}
}

// pair makes two users and their chat, as the first of them sees it.
func (s *suite) pair(t *testing.T) imclient.Conversation {
	t.Helper()
	return imclient.Conversation{User: s.h.NewUser(t, "One"), Peer: s.h.NewUser(t, "Other")}
}

// seenBy is a direct chat as the other one sees it.
func seenBy(c imclient.Conversation) imclient.Conversation {
	return imclient.Conversation{User: c.Peer, Peer: c.User}
}

// chat fills a direct chat with n messages of both, a minute apart up to now. Two of each ten share a second.
func (s *suite) chat(t *testing.T, c imclient.Conversation, n int) []string {
	t.Helper()
	start := s.h.Now().Add(-time.Duration(n) * time.Minute).Truncate(time.Second)
	var texts []string
	for i := range n {
		from, to := c.User, c.Peer
		if i%3 == 1 {
			from, to = to, from
		}
		at := start.Add(time.Duration(i-i%10/9) * time.Minute)
		texts = append(texts, fmt.Sprintf("direct %d 第%d条", i, i))
		s.h.Tell(t, to, Said{From: from, Text: texts[i], At: at})
	}
	return texts
}

func (s *suite) directHistory(t *testing.T) {
	c := s.pair(t)
	if !s.c.Caps.Can(imclient.VerbDirectHistory, "") {
		_, err := s.c.Messages.History(ctx(t), imclient.HistoryOptions{Conversation: c})
		is(t, err, imclient.ErrUnsupported)
		return
	}
	same(t, "messages of a silent chat", len(s.older(t, c, 0)), 0)
	const n = 53
	texts := s.chat(t, c, n)
	for _, view := range []imclient.Conversation{c, seenBy(c)} {
		for _, limit := range []int{0, 7, 20} {
			all := s.older(t, view, limit)
			same(t, fmt.Sprintf("messages by pages of %d", limit), len(all), n)
			once(t, "ids", ids(all, messageID))
			once(t, "positions", ids(all, messageSeq))
			for i, m := range all {
				want := n - 1 - i
				from := c.User
				if want%3 == 1 {
					from = c.Peer
				}
				same(t, "sender", m.From, from)
				same(t, "state", m.State, imclient.MessageSaid)
				if i > 0 && m.At.After(all[i-1].At) {
					t.Errorf("message %s is newer than the one before it", m.ID)
				}
			}
			sameSet(t, "texts", ids(all, said), texts)
		}
	}

	want := ids(s.older(t, c, 0), messageSeq)
	var got []string
	from := ""
	for range 40 {
		page := must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: c, From: from, Direction: imclient.Newer, Limit: 10}))(t)
		if len(page.Messages) > 10 {
			t.Fatalf("a page of at most 10 has %d messages", len(page.Messages))
		}
		got = append(ids(page.Messages, messageSeq), got...)
		if page.Newer == "" {
			break
		}
		from = page.Newer
	}
	sameOrder(t, "positions, read towards now", got, want)
}

func (s *suite) directFrom(t *testing.T) {
	if !s.c.Caps.Can(imclient.VerbDirectHistory, "") {
		return // refused above
	}
	c := s.pair(t)
	s.chat(t, c, 30)
	all := ids(s.older(t, c, 0), messageSeq)
	page := must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: c, From: all[12], Limit: 5}))(t)
	sameOrder(t, "the page from a position, itself included", ids(page.Messages, messageSeq), all[12:17])
	page = must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: c, From: all[12], Direction: imclient.Newer, Limit: 5}))(t)
	sameOrder(t, "the page from a position towards now", ids(page.Messages, messageSeq), all[8:13])
	page = must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: c, From: page.Older, Limit: 5}))(t)
	sameOrder(t, "what is older than that page", ids(page.Messages, messageSeq), all[13:18])
	page = must(s.c.Messages.History(fresh(t), imclient.HistoryOptions{Conversation: c, From: all[29], Limit: 5}))(t)
	sameOrder(t, "the page from the oldest", ids(page.Messages, messageSeq), all[29:])
	same(t, "what is older than the oldest", page.Older, "")
	_, err := s.c.Messages.History(ctx(t), imclient.HistoryOptions{Conversation: c, From: "not a position \x00"})
	is(t, err, imclient.ErrInvalid)
}

func (s *suite) directAt(t *testing.T) {
	c := s.pair(t)
	if !s.c.Caps.Can(imclient.VerbDirectHistory, "") {
		_, err := s.c.Messages.At(ctx(t), c, s.h.Now())
		is(t, err, imclient.ErrUnsupported)
		return
	}
	same(t, "position in a silent chat", must(s.c.Messages.At(ctx(t), c, s.h.Now()))(t), "")
	s.chat(t, c, 40)
	all := s.older(t, c, 0)
	first := func(at time.Time) string { // of several in one second the first
		for _, m := range slices.Backward(all) {
			if !m.At.Before(at) {
				return m.Seq
			}
		}
		return all[0].Seq
	}
	for _, i := range []int{0, 1, 17, 38, 39} {
		at := all[i].At
		same(t, fmt.Sprintf("position at the time of message %d", i), must(s.c.Messages.At(ctx(t), c, at))(t), first(at))
		same(t, fmt.Sprintf("position 20 s before message %d", i), must(s.c.Messages.At(ctx(t), c, at.Add(-20*time.Second)))(t), first(at.Add(-20*time.Second)))
	}
	same(t, "position before all", must(s.c.Messages.At(ctx(t), c, all[39].At.Add(-time.Hour)))(t), first(all[39].At))
	same(t, "position after all", must(s.c.Messages.At(ctx(t), c, all[0].At.Add(time.Hour)))(t), all[0].Seq)
}

func text(s string) []imclient.Element { return []imclient.Element{imclient.Text{Text: s}} }

func (s *suite) directSend(t *testing.T) {
	c := s.pair(t)
	if !s.c.Caps.Can(imclient.VerbDirectSend, "") {
		_, err := s.c.Messages.Send(ctx(t), c, imclient.Draft{Body: text("x")})
		is(t, err, imclient.ErrUnsupported)
		return
	}
	for _, from := range []string{"", c.User, c.Peer} {
		sent := must(s.c.Messages.Send(ctx(t), c, imclient.Draft{From: from, Body: text("from " + from), Custom: "data"}))(t)
		near(t, "time", sent.At, s.h.Now())
		same(t, "dropped", sent.Dropped, "")
		if sent.ID == "" || sent.Seq == "" {
			t.Errorf("a message that is kept has the id %q and the position %q", sent.ID, sent.Seq)
		}
		if !s.c.Caps.Can(imclient.VerbDirectHistory, "") {
			continue
		}
		m := s.message(t, c, sent.ID)
		same(t, "position", m.Seq, sent.Seq)
		same(t, "text", said(m), "from "+from)
		same(t, "data", m.Custom, "data")
		if from == "" {
			from = c.User
		}
		same(t, "sender", m.From, from)
		same(t, "text for the other", said(s.message(t, seenBy(c), sent.ID)), said(m))
	}
	sent, err := s.c.Messages.Send(ctx(t), imclient.Conversation{Peer: c.Peer}, imclient.Draft{Body: text("from the administrator")})
	if !s.c.Caps.Traits.Administrator {
		is(t, err, imclient.ErrInvalid)
	} else if ok(t, err); sent.ID == "" {
		t.Error("a message of the administrator has no id")
	}
	_, err = s.c.Messages.Send(ctx(t), c, imclient.Draft{})
	is(t, err, imclient.ErrInvalid)
	_, err = s.c.Messages.Send(ctx(t), c, imclient.Draft{From: s.h.NewUser(t, "Third"), Body: text("x")})
	is(t, err, imclient.ErrInvalid)
	_, err = s.c.Messages.Send(ctx(t), imclient.Conversation{User: c.User, Peer: s.h.MissingUser}, imclient.Draft{Body: text("x")})
	s.missingUser(t, err)
}

// message finds one in a conversation by its id.
func (s *suite) message(t *testing.T, c imclient.Conversation, id string) imclient.Message {
	t.Helper()
	for _, m := range s.older(t, c, 0) {
		if m.ID == id {
			return m
		}
	}
	t.Fatalf("message %s is not in the history", id)
	return imclient.Message{}
}

func (s *suite) directRecall(t *testing.T) {
	c := s.pair(t)
	if !s.c.Caps.Can(imclient.VerbDirectRecall, "") {
		refused, err := s.c.Messages.Recall(ctx(t), c, []string{s.h.MissingDirect}, "")
		cannot(t, err, refused...)
		return
	}
	s.chat(t, c, 12)
	all := s.older(t, c, 0)
	gone := []string{all[0].ID, all[4].ID, all[7].ID} // of both senders
	refused, err := s.c.Messages.Recall(ctx(t), c, append(gone, s.h.MissingDirect), "advertising")
	ok(t, err)
	names(t, refused, []string{s.h.MissingDirect}, imclient.ErrNotFound)
	s.states(t, c, gone, len(all))
	s.states(t, seenBy(c), gone, len(all))
	refused, err = s.c.Messages.Recall(ctx(t), c, []string{"not an id"}, "")
	cannot(t, err, refused...)
}

func (s *suite) directEdit(t *testing.T) {
	c := s.pair(t)
	if !s.c.Caps.Can(imclient.VerbDirectEdit, "") {
		is(t, s.c.Messages.Edit(ctx(t), c, s.h.MissingDirect, imclient.Edit{Body: text("x")}), imclient.ErrUnsupported)
		return
	}
	s.chat(t, c, 4)
	before := s.older(t, c, 0)
	custom := "edited"
	ok(t, s.c.Messages.Edit(ctx(t), c, before[1].ID, imclient.Edit{Body: text("***")}))
	ok(t, s.c.Messages.Edit(ctx(t), c, before[2].ID, imclient.Edit{Custom: &custom})) // of the other sender
	for _, view := range []imclient.Conversation{c, seenBy(c)} {
		after := s.older(t, view, 0)
		same(t, "messages", len(after), len(before))
		same(t, "edited text", said(after[1]), "***")
		same(t, "text beside edited data", said(after[2]), said(before[2]))
		same(t, "edited data", after[2].Custom, custom)
		same(t, "text of another", said(after[3]), said(before[3]))
	}
	is(t, s.c.Messages.Edit(ctx(t), c, before[1].ID, imclient.Edit{}), imclient.ErrInvalid)
	is(t, s.c.Messages.Edit(ctx(t), c, s.h.MissingDirect, imclient.Edit{Body: text("x")}), imclient.ErrNotFound, imclient.ErrInvalid)
}

func (s *suite) directHide(t *testing.T) {
	c := s.pair(t)
	if !s.c.Caps.Can(imclient.VerbDirectHide, "") {
		_, err := s.c.Messages.Hide(ctx(t), c, []string{s.h.MissingDirect})
		is(t, err, imclient.ErrUnsupported)
		return
	}
	s.chat(t, c, 40)
	all := ids(s.older(t, c, 0), messageID)
	none(s.c.Messages.Hide(ctx(t), c, all[3:38]))(t) // above the cap of one call
	left := all
	if s.c.Caps.Traits.OwnViews {
		left = append(slices.Clone(all[:3]), all[38:]...)
	}
	sameOrder(t, "what is left for the one", ids(s.older(t, c, 0), messageID), left)
	sameOrder(t, "what is left for the other", ids(s.older(t, seenBy(c), 0), messageID), all)
	refused, err := s.c.Messages.Hide(ctx(t), c, []string{all[0], s.h.MissingDirect})
	ok(t, err)
	names(t, refused, []string{s.h.MissingDirect}, imclient.ErrNotFound)
}

func (s *suite) directRead(t *testing.T) {
	c := s.pair(t)
	if !s.c.Caps.Can(imclient.VerbDirectRead, "") {
		is(t, s.c.Messages.MarkRead(ctx(t), c, time.Time{}), imclient.ErrUnsupported)
		return
	}
	for range 3 {
		s.h.Tell(t, c.User, Said{From: c.Peer, Text: "unread"})
	}
	if s.c.Caps.Can(imclient.VerbContacts, "") {
		same(t, "unread at first", must(s.c.Contacts.Unread(fresh(t), c.User))(t), 3)
		same(t, "unread from the other at first", must(s.c.Contacts.UnreadFrom(fresh(t), c))(t), 3)
	}
	ok(t, s.c.Messages.MarkRead(ctx(t), c, s.h.Now().Add(-time.Hour)))
	if s.c.Caps.Can(imclient.VerbContacts, "") {
		same(t, "unread after marking what is older", must(s.c.Contacts.Unread(fresh(t), c.User))(t), 3)
	}
	ok(t, s.c.Messages.MarkRead(ctx(t), c, time.Time{}))
	if s.c.Caps.Can(imclient.VerbContacts, "") {
		same(t, "unread after marking all", must(s.c.Contacts.Unread(fresh(t), c.User))(t), 0)
		same(t, "unread of the other", must(s.c.Contacts.Unread(fresh(t), c.Peer))(t), 0)
		same(t, "unread from the other after that", must(s.c.Contacts.UnreadFrom(fresh(t), c))(t), 0)
	}
}

func (s *suite) directReceipts(t *testing.T) {
	c := s.pair(t)
	if !s.c.Caps.Can(imclient.VerbDirectReceipts, "") {
		_, err := s.c.Messages.Acknowledge(ctx(t), c, []string{s.h.MissingDirect})
		is(t, err, imclient.ErrUnsupported)
		return
	}
	sent := must(s.c.Messages.Send(ctx(t), c, imclient.Draft{Body: text("read me"), Receipts: true}))(t)
	same(t, "read at first", s.message(t, c, sent.ID).ReadByPeer, imclient.Off)
	none(s.c.Messages.Acknowledge(ctx(t), seenBy(c), []string{sent.ID}))(t)
	same(t, "read after the receipt", s.message(t, c, sent.ID).ReadByPeer, imclient.On)
}
