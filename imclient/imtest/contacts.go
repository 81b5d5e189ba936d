package imtest

import (
	"context"
	"slices"
	"testing"

	"imdesk/imclient"
)

func contactOther(c imclient.Contact) string { return c.Conversation.Other() }

func (s *suite) contactsOf(t *testing.T, user string, unread bool) []imclient.Contact {
	t.Helper()
	return walk(t, func(ctx context.Context, cursor string) (imclient.Page[imclient.Contact], error) {
		return s.c.Contacts.List(ctx, imclient.ContactListOptions{User: user, Cursor: cursor, Unread: unread})
	}, nil)
}

func (s *suite) contacts(t *testing.T) {
	user := s.h.NewUser(t, "Busy")
	if !s.c.Caps.Can(imclient.VerbContacts, "") {
		_, err := s.c.Contacts.List(ctx(t), imclient.ContactListOptions{User: user})
		is(t, err, imclient.ErrUnsupported)
		_, err = s.c.Contacts.Unread(ctx(t), user)
		is(t, err, imclient.ErrUnsupported)
		return
	}
	t.Run("list", s.contactList)
	t.Run("marks", s.contactMarks)
	t.Run("folders", s.contactFolders)
}

func (s *suite) contactList(t *testing.T) {
	user, peers := s.h.NewUser(t, "Busy"), s.h.NewUsers(t, 23)
	same(t, "conversations at first", len(s.contactsOf(t, user, true)), 0)
	for i, p := range peers {
		for range i%3 + 1 {
			s.h.Tell(t, user, Said{From: p, Text: "hello"})
		}
	}
	info := s.typeWith(t, imclient.VerbMarkRead, imclient.VerbHistory)
	group := s.h.NewGroup(t, Group{Type: info.Type, Name: "Talk", Owner: peers[0], Members: []string{user}})
	s.h.Say(t, group, Said{From: peers[0], Text: "one"}, Said{From: peers[0], Text: "two"})

	list := s.contactsOf(t, user, true)
	once(t, "conversations", ids(list, contactOther))
	sameSet(t, "conversations", ids(list, contactOther), append(slices.Clone(peers), group))
	total := 0
	for _, c := range list {
		same(t, "whose", c.Conversation.User, user)
		near(t, "last message", c.Last, s.h.Now())
		if !c.Conversation.Direct() {
			same(t, "unread in the group", c.Unread, 2)
			continue
		}
		i := slices.Index(peers, c.Conversation.Peer)
		same(t, "unread from "+c.Conversation.Peer, c.Unread, i%3+1)
		total += c.Unread
	}
	same(t, "unread in all chats", must(s.c.Contacts.Unread(fresh(t), user))(t), total)
	for _, c := range s.contactsOf(t, user, false) {
		same(t, "unread that was not asked for", c.Unread, -1)
	}

	_, err := s.c.Contacts.List(ctx(t), imclient.ContactListOptions{User: s.h.MissingUser})
	s.missingUser(t, err)
	_, err = s.c.Contacts.List(ctx(t), imclient.ContactListOptions{User: user, Cursor: "not a cursor"})
	is(t, err, imclient.ErrInvalid)

	chat := imclient.Conversation{User: user, Peer: peers[4]}
	if !s.c.Caps.Can(imclient.VerbContactRemove, "") {
		is(t, s.c.Contacts.Remove(ctx(t), chat, false), imclient.ErrUnsupported)
		return
	}
	ok(t, s.c.Contacts.Remove(ctx(t), chat, false))
	ok(t, s.c.Contacts.Remove(ctx(t), imclient.Conversation{User: user, Group: group}, false))
	left := slices.DeleteFunc(slices.Clone(peers), func(p string) bool { return p == peers[4] })
	sameSet(t, "conversations after two were removed", ids(s.contactsOf(t, user, false), contactOther), left)
	if s.c.Caps.Can(imclient.VerbDirectHistory, "") {
		same(t, "messages of the one removed", len(s.older(t, chat, 0)), 2)
		ok(t, s.c.Contacts.Remove(ctx(t), imclient.Conversation{User: user, Peer: peers[5]}, true))
		same(t, "messages of one removed with them", len(s.older(t, imclient.Conversation{User: user, Peer: peers[5]}, 0)), 0)
		same(t, "messages for the other", len(s.older(t, imclient.Conversation{User: peers[5], Peer: user}, 0)), 3)
	}
}

func (s *suite) contactMarks(t *testing.T) {
	user, peers := s.h.NewUser(t, "Marking"), s.h.NewUsers(t, 2)
	chat := imclient.Conversation{User: user, Peer: peers[0]}
	marks := s.c.Caps.Marks
	if len(marks) < 3 {
		t.Fatalf("the marks are %q, want three at least", marks)
	}
	set := []imclient.ContactChange{{Conversation: chat, Set: marks[:2]}}
	if !s.c.Caps.Can(imclient.VerbContactMarks, "") {
		_, err := s.c.Contacts.Mark(ctx(t), user, set)
		is(t, err, imclient.ErrUnsupported)
		return
	}
	s.h.Tell(t, user, Said{From: peers[0], Text: "hello"})
	none(s.c.Contacts.Mark(ctx(t), user, set))(t)
	custom := "mine"
	none(s.c.Contacts.Mark(ctx(t), user, []imclient.ContactChange{{Conversation: chat, Set: marks[2:3], Clear: marks[1:2], Custom: &custom}}))(t)
	marked := must(s.c.Contacts.Marks(ctx(t), user, []imclient.Conversation{{Peer: peers[1]}, {Peer: peers[0]}}))(t)
	same(t, "conversations asked for", len(marked), 2)
	sameSet(t, "marks", marked[1].Marks, []string{marks[0], marks[2]})
	same(t, "data", marked[1].Custom, custom)
	same(t, "marks of the other", len(marked[0].Marks), 0)
	_, err := s.c.Contacts.Mark(ctx(t), user, []imclient.ContactChange{{Conversation: chat, Set: []string{"no such mark"}}})
	is(t, err, imclient.ErrInvalid)
}

func (s *suite) contactFolders(t *testing.T) {
	user, peers := s.h.NewUser(t, "Sorting"), s.h.NewUsers(t, 3)
	chats := make([]imclient.Conversation, len(peers))
	for i, p := range peers {
		chats[i] = imclient.Conversation{User: user, Peer: p}
		s.h.Tell(t, user, Said{From: p, Text: "hello"})
	}
	if !s.c.Caps.Can(imclient.VerbContactFolder, "") {
		_, err := s.c.Contacts.Folders(ctx(t), user)
		is(t, err, imclient.ErrUnsupported)
		return
	}
	folder := func(name string) []string {
		t.Helper()
		for _, f := range must(s.c.Contacts.Folders(ctx(t), user))(t) {
			if f.Name == name {
				return ids(f.Conversations, imclient.Conversation.Other)
			}
		}
		return []string{"(no folder " + name + ")"}
	}
	none(s.c.Contacts.AddFolder(ctx(t), user, "work", chats[:2]))(t)
	sameSet(t, "in the folder", folder("work"), peers[:2])
	none(s.c.Contacts.ChangeFolder(ctx(t), user, "work", chats[2:], chats[:1]))(t)
	sameSet(t, "in the folder after a change", folder("work"), peers[1:])
	sameOrder(t, "folders of a conversation", must(s.c.Contacts.Marks(ctx(t), user, chats[2:]))(t)[0].Folders, []string{"work"})
	ok(t, s.c.Contacts.RenameFolder(ctx(t), user, "work", "play"))
	sameSet(t, "in the folder under its new name", folder("play"), peers[1:])
	ok(t, s.c.Contacts.RemoveFolder(ctx(t), user, "play"))
	same(t, "folders in the end", len(must(s.c.Contacts.Folders(ctx(t), user))(t)), 0)
	sameSet(t, "conversations, still", ids(s.contactsOf(t, user, false), contactOther), peers)
	is(t, s.c.Contacts.RemoveFolder(ctx(t), user, "no such folder"), imclient.ErrNotFound, imclient.ErrInvalid)
}

func (s *suite) extensions(t *testing.T) {
	t.Run("of a direct chat", func(t *testing.T) {
		c := s.pair(t)
		if !s.c.Caps.Can(imclient.VerbDirectExtensions, "") {
			_, err := s.c.Extensions.List(ctx(t), c, s.h.MissingDirect)
			is(t, err, imclient.ErrUnsupported)
			return
		}
		s.extend(t, c)
		_, err := s.c.Extensions.List(ctx(t), c, s.h.MissingDirect)
		is(t, err, imclient.ErrNotFound)
	})
	s.types(t, imclient.VerbExtensions, 2, func(t *testing.T, r room) {
		c := imclient.Conversation{Group: r.id, Type: r.info.Type}
		s.extend(t, c)
		_, err := s.c.Extensions.List(ctx(t), c, s.h.MissingMessage)
		is(t, err, imclient.ErrNotFound)
	}, func(t *testing.T, r room) {
		_, err := s.c.Extensions.List(ctx(t), imclient.Conversation{Group: r.id, Type: r.info.Type}, s.h.MissingMessage)
		cannot(t, err)
	})
}

func extensionKey(e imclient.Extension) string { return e.Key + "=" + e.Value }

func (s *suite) extend(t *testing.T, c imclient.Conversation) {
	t.Helper()
	plain := must(s.c.Messages.Send(ctx(t), c, imclient.Draft{Body: text("plain")}))(t)
	_, err := s.c.Extensions.Set(ctx(t), c, plain.ID, []imclient.Extension{{Key: "a", Value: "1"}})
	is(t, err, imclient.ErrUnsupported)

	id := must(s.c.Messages.Send(ctx(t), c, imclient.Draft{Body: text("vote"), Extensible: true}))(t).ID
	list := func() []string {
		t.Helper()
		return ids(must(s.c.Extensions.List(ctx(t), c, id))(t), extensionKey)
	}
	changed := func(refused []imclient.ExtensionRefused, err error) {
		t.Helper()
		ok(t, err)
		for _, r := range refused {
			t.Errorf("%s was not changed: %v%s", r.Key, r.Err, detail(r.Err))
		}
	}
	same(t, "pairs at first", len(list()), 0)
	var pairs []imclient.Extension
	var want []string
	for i := range 25 { // above the cap of one call
		e := imclient.Extension{Key: string(rune('a' + i)), Value: "值"}
		pairs, want = append(pairs, e), append(want, extensionKey(e))
	}
	changed(s.c.Extensions.Set(ctx(t), c, id, pairs))
	sameOrder(t, "pairs", list(), want)
	now := must(s.c.Extensions.List(ctx(t), c, id))(t)
	if now[0].Version == "" {
		t.Error("a pair that is there has no version")
	}
	now[0].Value = "new"
	changed(s.c.Extensions.Set(ctx(t), c, id, now[:1]))
	want[0] = "a=new"
	sameOrder(t, "pairs after a change", list(), want)
	changed(s.c.Extensions.Remove(ctx(t), c, id, must(s.c.Extensions.List(ctx(t), c, id))(t)[2:]))
	sameOrder(t, "pairs after removing most", list(), want[:2])
	ok(t, s.c.Extensions.Clear(ctx(t), c, id))
	same(t, "pairs in the end", len(list()), 0)
	changed(s.c.Extensions.Set(ctx(t), c, id, pairs[:1]))
	sameOrder(t, "a pair after clearing", list(), []string{"a=值"})
}
