package imtest

import (
	"context"
	"slices"
	"testing"

	"imdesk/imclient"
)

func friendID(f imclient.Friend) string     { return f.UserID }
func blockID(b imclient.Block) string       { return b.UserID }
func relationID(r imclient.Relation) string { return r.UserID }

func newFriends(users []string) []imclient.NewFriend {
	list := make([]imclient.NewFriend, len(users))
	for i, u := range users {
		list[i] = imclient.NewFriend{UserID: u}
	}
	return list
}

func (s *suite) friendsOf(t *testing.T, user string) []string {
	t.Helper()
	return ids(walk(t, func(ctx context.Context, cursor string) (imclient.Page[imclient.Friend], error) {
		return s.c.Friends.List(ctx, user, cursor)
	}, nil), friendID)
}

func (s *suite) friends(t *testing.T) {
	user := s.h.NewUser(t, "Popular")
	if !s.c.Caps.Can(imclient.VerbFriends, "") {
		_, err := s.c.Friends.List(ctx(t), user, "")
		is(t, err, imclient.ErrUnsupported)
		_, _, err = s.c.Friends.Add(ctx(t), user, newFriends([]string{s.h.NewUser(t, "Other")}), imclient.AddFriends{})
		is(t, err, imclient.ErrUnsupported)
		return
	}
	t.Run("add, list and remove", s.friendList)
	t.Run("who is asked is neither a friend nor refused", s.friendAsk)
	t.Run("change", s.friendChange)
	t.Run("lists", s.friendLists)
}

func (s *suite) friendList(t *testing.T) {
	user := s.h.NewUser(t, "Popular")
	same(t, "friends at first", len(s.friendsOf(t, user)), 0)
	want := s.h.NewUsers(t, 130) // above the cap of one call, and of one page
	pending, refused, err := s.c.Friends.Add(ctx(t), user, newFriends(append([]string{s.h.MissingUser}, want...)), imclient.AddFriends{Force: true})
	ok(t, err)
	same(t, "pending of those who are not asked", len(pending), 0)
	names(t, refused, s.strangers(s.h.MissingUser), imclient.ErrNotFound)
	if len(refused) == 0 {
		none(s.c.Friends.Remove(ctx(t), user, []string{s.h.MissingUser}, true))(t)
	}
	got := s.friendsOf(t, user)
	once(t, "friends", got)
	sameSet(t, "friends", got, want)
	sameOrder(t, "friends of a friend", s.friendsOf(t, want[7]), []string{user})
	for _, f := range must(s.c.Friends.List(ctx(t), user, ""))(t).Items {
		near(t, "since when", f.Added, s.h.Now())
	}

	stranger := s.h.NewUser(t, "Stranger")
	asked := []string{want[120], stranger, want[3]}
	given := must(s.c.Friends.Get(ctx(t), user, asked))(t)
	sameOrder(t, "given friends in the order asked", ids(given, friendID), []string{want[120], want[3]})
	relations, refused, err := s.c.Friends.Check(ctx(t), user, asked)
	ok(t, err)
	same(t, "refused", len(refused), 0)
	sameOrder(t, "relations in the order asked", ids(relations, relationID), asked)
	for i, r := range relations {
		friend := i != 1
		same(t, "has "+r.UserID, r.Has, friend)
		same(t, "had by "+r.UserID, r.Had, friend)
	}

	none(s.c.Friends.Remove(ctx(t), user, want[:120], true))(t)
	sameSet(t, "friends after removing most", s.friendsOf(t, user), want[120:])
	same(t, "friends of one removed", len(s.friendsOf(t, want[0])), 0)
	refused, err = s.c.Friends.Remove(ctx(t), user, []string{stranger, want[120]}, true)
	ok(t, err)
	for _, r := range refused { // some services say nothing of one who was no friend
		same(t, "refused", r.ID, stranger)
		is(t, r.Err, imclient.ErrNotFound)
	}
	ok(t, s.c.Friends.RemoveAll(ctx(t), user, true))
	same(t, "friends in the end", len(s.friendsOf(t, user)), 0)
	_, _, err = s.c.Friends.Add(ctx(t), s.h.MissingUser, newFriends(want[:1]), imclient.AddFriends{Force: true})
	s.missingUser(t, err)
}

func (s *suite) friendAsk(t *testing.T) {
	user, others := s.h.NewUser(t, "Asking"), s.h.NewUsers(t, 2)
	pending, refused, err := s.c.Friends.Add(ctx(t), user, newFriends(others), imclient.AddFriends{})
	ok(t, err)
	got := append(s.friendsOf(t, user), pending...)
	for _, r := range refused {
		got = append(got, r.ID)
	}
	sameSet(t, "friends, asked and refused", got, others)
}

func (s *suite) friendChange(t *testing.T) {
	user, others := s.h.NewUser(t, "Noting"), s.h.NewUsers(t, 2)
	pending, refused, err := s.c.Friends.Add(ctx(t), user, newFriends(others), imclient.AddFriends{Force: true})
	none(refused, err)(t)
	same(t, "pending", len(pending), 0)
	remark := "小雨 from work"
	ok(t, s.c.Friends.Change(ctx(t), user, others[0], imclient.FriendChange{Remark: &remark}))
	friends := must(s.c.Friends.Get(ctx(t), user, others))(t)
	same(t, "remark", friends[0].Remark, remark)
	same(t, "remark of the other", friends[1].Remark, "")
	same(t, "remark on the other side", must(s.c.Friends.Get(ctx(t), others[0], []string{user}))(t)[0].Remark, "")
	nobody := s.h.NewUser(t, "Nobody")
	is(t, s.c.Friends.Change(ctx(t), user, nobody, imclient.FriendChange{Remark: &remark}), imclient.ErrNotFound, imclient.ErrInvalid)
}

func (s *suite) friendLists(t *testing.T) {
	user, others := s.h.NewUser(t, "Sorting"), s.h.NewUsers(t, 3)
	if !s.c.Caps.Can(imclient.VerbFriendLists, "") {
		_, err := s.c.Friends.Lists(ctx(t), user)
		is(t, err, imclient.ErrUnsupported)
		_, err = s.c.Friends.AddList(ctx(t), user, "work", nil)
		is(t, err, imclient.ErrUnsupported)
		return
	}
	_, refused, err := s.c.Friends.Add(ctx(t), user, newFriends(others), imclient.AddFriends{Force: true})
	none(refused, err)(t)
	stranger := s.h.NewUser(t, "Stranger")
	refused, err = s.c.Friends.AddList(ctx(t), user, "work", []string{others[0], stranger, others[1]})
	ok(t, err)
	names(t, refused, []string{stranger}, imclient.ErrNotFound, imclient.ErrDenied)
	none(s.c.Friends.AddList(ctx(t), user, "empty", nil))(t)
	lists := must(s.c.Friends.Lists(ctx(t), user))(t)
	at := slices.IndexFunc(lists, func(l imclient.FriendList) bool { return l.Name == "work" })
	if at < 0 || len(lists) != 2 {
		t.Fatalf("lists %+v, want work and empty", lists)
	}
	sameSet(t, "in the list", lists[at].Friends, others[:2])
	sameOrder(t, "lists of a friend", must(s.c.Friends.Get(ctx(t), user, others[:1]))(t)[0].Lists, []string{"work"})

	both := []string{"work", "empty"}
	ok(t, s.c.Friends.Change(ctx(t), user, others[2], imclient.FriendChange{Lists: &both}))
	sameSet(t, "lists of another", must(s.c.Friends.Get(ctx(t), user, others[2:]))(t)[0].Lists, both)
	ok(t, s.c.Friends.RemoveList(ctx(t), user, "work"))
	same(t, "lists after one was removed", len(must(s.c.Friends.Lists(ctx(t), user))(t)), 1)
	sameSet(t, "friends, still", s.friendsOf(t, user), others)
}

func (s *suite) blocks(t *testing.T) {
	user, others := s.h.NewUser(t, "Annoyed"), s.h.NewUsers(t, 130)
	if !s.c.Caps.Can(imclient.VerbBlocks, "") {
		_, err := s.c.Blocks.List(ctx(t), user, "", 10)
		is(t, err, imclient.ErrUnsupported)
		_, err = s.c.Blocks.Add(ctx(t), user, others[:1])
		is(t, err, imclient.ErrUnsupported)
		return
	}
	blocked := func(limit int) []imclient.Block {
		t.Helper()
		return walk(t, func(ctx context.Context, cursor string) (imclient.Page[imclient.Block], error) {
			return s.c.Blocks.List(ctx, user, cursor, limit)
		}, nil)
	}
	same(t, "blocked at first", len(blocked(10)), 0)
	none(s.c.Blocks.Add(ctx(t), user, others))(t)
	none(s.c.Blocks.Add(ctx(t), user, others[:3]))(t) // again: they are on it
	list := blocked(20)
	once(t, "blocked", ids(list, blockID))
	sameSet(t, "blocked", ids(list, blockID), others)
	for _, b := range list {
		if !b.Since.IsZero() {
			near(t, "since when", b.Since, s.h.Now())
		}
	}
	none(s.c.Blocks.Add(ctx(t), others[1], []string{user}))(t)
	stranger := s.h.NewUser(t, "Stranger")
	asked := []string{stranger, others[1], others[0]}
	relations, refused, err := s.c.Blocks.Check(ctx(t), user, asked)
	ok(t, err)
	same(t, "refused", len(refused), 0)
	want := []imclient.Relation{{UserID: stranger}, {UserID: others[1], Has: true, Had: true}, {UserID: others[0], Has: true}}
	if !slices.Equal(relations, want) {
		t.Errorf("relations: got %+v, want %+v", relations, want)
	}
	none(s.c.Blocks.Remove(ctx(t), user, others[:125]))(t)
	sameSet(t, "blocked after lifting most", ids(blocked(50), blockID), others[125:])
	refused, err = s.c.Blocks.Add(ctx(t), user, []string{s.h.MissingUser, stranger})
	ok(t, err)
	names(t, refused, s.strangers(s.h.MissingUser), imclient.ErrNotFound)

	t.Run("a friend who is blocked", func(t *testing.T) {
		friend := s.h.NewUser(t, "Friend")
		_, refused, err := s.c.Friends.Add(ctx(t), user, newFriends([]string{friend}), imclient.AddFriends{Force: true})
		none(refused, err)(t)
		none(s.c.Blocks.Add(ctx(t), user, []string{friend}))(t)
		relations, _, err := s.c.Blocks.Check(ctx(t), user, []string{friend})
		ok(t, err)
		same(t, "blocked", len(relations) == 1 && relations[0].Has, true)
	})
}
