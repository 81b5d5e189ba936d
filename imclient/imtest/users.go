package imtest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"imdesk/imclient"
)

func userID(u imclient.User) string { return u.ID }

func (s *suite) users(t *testing.T) {
	t.Run("get", func(t *testing.T) {
		id := s.h.NewUser(t, "小雨🌧️")
		u := must(s.c.Users.Get(ctx(t), id))(t)
		same(t, "id", u.ID, id)
		same(t, "nickname", u.Nick, "小雨🌧️")
		_, err := s.c.Users.Get(ctx(t), s.h.MissingUser)
		is(t, err, imclient.ErrNotFound)
	})
	t.Run("get many keeps the order asked and leaves the missing out", func(t *testing.T) {
		want := s.h.NewUsers(t, 120) // above the cap of one call
		slices.Reverse(want)
		users, refused, err := s.c.Users.GetMany(ctx(t), slices.Insert(slices.Clone(want), 60, s.h.MissingUser))
		ok(t, err)
		sameOrder(t, "users", ids(users, userID), want)
		for _, r := range refused {
			same(t, "refused", r.ID, s.h.MissingUser)
			is(t, r.Err, imclient.ErrNotFound)
		}
		users, refused, err = s.c.Users.GetMany(ctx(t), nil)
		ok(t, err)
		same(t, "users of an empty question", len(users)+len(refused), 0)
	})
	t.Run("presence", s.presence)
	t.Run("groups", s.userGroups)
	t.Run("sign out", s.signOut)
}

func (s *suite) presence(t *testing.T) {
	a, b := s.h.NewUser(t, "Here"), s.h.NewUser(t, "Away")
	if !s.c.Caps.Can(imclient.VerbOnline, "") {
		_, err := s.c.Users.Presence(ctx(t), []string{a})
		is(t, err, imclient.ErrUnsupported)
		return
	}
	s.h.SignIn(t, a)
	got := must(s.c.Users.Presence(fresh(t), []string{b, a}))(t)
	sameOrder(t, "users", ids(got, func(p imclient.Presence) string { return p.UserID }), []string{b, a})
	same(t, "state of one who is away", got[0].State, "offline")
	same(t, "state of one who is here", got[1].State, "online")
	if len(got[1].Devices) == 0 {
		t.Error("one who is here has no device")
	}
	same(t, "presence of nobody", len(must(s.c.Users.Presence(ctx(t), nil))(t)), 0)

	many := append(s.h.NewUsers(t, 520), a) // above the cap of one call
	got = must(s.c.Users.Presence(fresh(t), many))(t)
	sameOrder(t, "users of a long question", ids(got, func(p imclient.Presence) string { return p.UserID }), many)
	same(t, "state of the last", got[len(got)-1].State, "online")
}

func (s *suite) userGroups(t *testing.T) {
	user := s.h.NewUser(t, "Joiner")
	if !s.c.Caps.Can(imclient.VerbUserGroups, "") {
		_, err := s.c.Users.Groups(ctx(t), user, "", 10)
		is(t, err, imclient.ErrUnsupported)
		return
	}
	list := func(ctx context.Context, cursor string) (imclient.Page[imclient.JoinedGroup], error) {
		return s.c.Users.Groups(imclient.Fresh(ctx), user, cursor, 3)
	}
	same(t, "groups at first", len(walk(t, list, nil)), 0)
	owner := s.h.NewUser(t, "Host")
	var want, owned []string
	for _, info := range s.c.Caps.Types {
		if info.Live {
			continue // a service need not know who is in a live room
		}
		for i := range 2 {
			id := s.h.NewGroup(t, Group{Type: info.Type, Name: fmt.Sprintf("Joined %d", i), Owner: owner, Members: []string{user}})
			want = append(want, id)
		}
		id := s.h.NewGroup(t, Group{Type: info.Type, Name: "Owned", Owner: user})
		want, owned = append(want, id), append(owned, id)
	}
	joined := walk(t, list, nil)
	got := ids(joined, func(j imclient.JoinedGroup) string { return j.Group.ID })
	sameSet(t, "groups", got, want)
	for _, j := range joined {
		if j.Group.Name == "" || j.Group.Type == "" {
			t.Errorf("group %s has no name or no type", j.Group.ID)
		}
		role := imclient.RoleMember
		if slices.Contains(owned, j.Group.ID) {
			role = imclient.RoleOwner
		}
		same(t, "role in "+j.Group.ID, j.Role, role)
	}
	t.Run("walk", func(t *testing.T) { s.walks(t, user, owner, joined[0].Group) })
	t.Run("unknown user", func(t *testing.T) {
		_, err := s.c.Users.Groups(ctx(t), s.h.MissingUser, "", 10)
		s.missingUser(t, err)
	})
}

// walks goes from a user to the user's groups, and from one of them, where the user is with owner, to its members: where the service
// cannot list groups, a job finds them so.
func (s *suite) walks(t *testing.T, user, owner string, g imclient.Group) {
	groups := func(ctx context.Context, cursor string) (imclient.Page[imclient.Group], error) {
		return s.c.Walk.GroupsOf(ctx, user, cursor)
	}
	members := func(ctx context.Context, cursor string) (imclient.Page[string], error) {
		return s.c.Walk.MembersOf(ctx, g.ID, g.Type, cursor)
	}
	if s.c.Caps.Can(imclient.VerbListGroups, "") {
		_, err := groups(ctx(t), "")
		is(t, err, imclient.ErrUnsupported)
		_, err = members(ctx(t), "")
		is(t, err, imclient.ErrUnsupported)
		return
	}
	all := func(j imclient.JoinedGroup) string { return j.Group.ID }
	sameSet(t, "groups", ids(walk(t, groups, nil), func(g imclient.Group) string { return g.ID }), ids(must(s.c.Users.Groups(ctx(t), user, "", 20))(t).Items, all))
	sameSet(t, "members", walk(t, members, nil), []string{owner, user})
	_, err := s.c.Walk.MembersOf(ctx(t), s.h.MissingGroup, g.Type, "")
	is(t, err, imclient.ErrNotFound)
	_, err = s.c.Walk.GroupsOf(ctx(t), user, "nonsense")
	is(t, err, imclient.ErrInvalid)
	_, err = s.c.Walk.MembersOf(ctx(t), g.ID, g.Type, "nonsense")
	is(t, err, imclient.ErrInvalid)
	_, err = s.c.Walk.GroupsOf(ctx(t), "", "")
	is(t, err, imclient.ErrNotFound)
}

func (s *suite) signOut(t *testing.T) {
	user := s.h.NewUser(t, "Guest")
	if !s.c.Caps.Can(imclient.VerbSignOut, "") {
		is(t, s.c.Users.SignOut(ctx(t), user), imclient.ErrUnsupported)
		return
	}
	s.h.SignIn(t, user)
	ok(t, s.c.Users.SignOut(ctx(t), user))
	if s.c.Caps.Can(imclient.VerbOnline, "") {
		same(t, "state", must(s.c.Users.Presence(fresh(t), []string{user}))(t)[0].State, "offline")
	}
	ok(t, s.c.Users.SignOut(ctx(t), user)) // who is not here can be signed out as well: logins end
	is(t, s.c.Users.SignOut(ctx(t), s.h.MissingUser), imclient.ErrNotFound)
}
