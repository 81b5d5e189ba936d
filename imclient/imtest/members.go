package imtest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"imdesk/imclient"
)

func memberID(m imclient.Member) string { return m.UserID }

func (s *suite) members(t *testing.T) {
	t.Run("list", s.memberList)
	t.Run("list while people come and go", s.memberListMoving)
	t.Run("list while half of the group leaves", s.memberListEmptied)
	t.Run("get", s.memberGet)
	t.Run("kick", s.memberKick)
	t.Run("add", s.memberAdd)
	t.Run("role", s.memberRole)
	t.Run("name card", s.memberNameCard)
	t.Run("custom fields", s.memberFields)
}

// lister walks a room's members, a few at a time.
func (s *suite) lister(r room, role imclient.Role, limit int) func(ctx context.Context, cursor string) (imclient.Page[imclient.Member], error) {
	return func(ctx context.Context, cursor string) (imclient.Page[imclient.Member], error) {
		return s.c.Members.List(imclient.Fresh(ctx), imclient.MemberListOptions{
			Group: r.id, Type: r.info.Type, Role: role, Cursor: cursor, Limit: limit,
		})
	}
}

func (s *suite) memberList(t *testing.T) {
	s.types(t, imclient.VerbListMembers, 23, func(t *testing.T, r room) {
		all := walk(t, s.lister(r, imclient.RoleNone, 4), nil)
		got := ids(all, memberID)
		once(t, "members", got)
		if r.info.Live {
			for _, m := range r.members {
				if !slices.Contains(got, m) {
					t.Errorf("the list lacks %s, who is in the room", m)
				}
			}
			return
		}
		sameSet(t, "members", got, r.all())
		for _, m := range all {
			want := imclient.RoleMember
			switch m.UserID {
			case r.owner:
				want = imclient.RoleOwner
			case r.admin:
				want = imclient.RoleAdmin
			}
			same(t, "role of "+m.UserID, m.Role, want)
			if m.Joined.IsZero() {
				t.Errorf("%s has no time of joining", m.UserID)
			}
			if !m.MutedUntil.IsZero() {
				t.Errorf("%s is muted until %s, want not muted", m.UserID, m.MutedUntil)
			}
		}

		t.Run("without the type", func(t *testing.T) {
			r := r
			r.info.Type = ""
			sameSet(t, "members", ids(walk(t, s.lister(r, imclient.RoleNone, 10), nil), memberID), got)
		})
		t.Run("by role", func(t *testing.T) {
			sameSet(t, "plain members", ids(walk(t, s.lister(r, imclient.RoleMember, 5), nil), memberID), r.members)
			sameSet(t, "owner", ids(walk(t, s.lister(r, imclient.RoleOwner, 5), nil), memberID), []string{r.owner})
			if r.admin != "" {
				sameSet(t, "admins", ids(walk(t, s.lister(r, imclient.RoleAdmin, 5), nil), memberID), []string{r.admin})
			}
		})
		t.Run("a limit is kept", func(t *testing.T) {
			page := must(s.c.Members.List(ctx(t), imclient.MemberListOptions{Group: r.id, Type: r.info.Type, Limit: 3}))(t)
			same(t, "members on the page", len(page.Items), 3)
			if page.Next == "" {
				t.Error("there are more members and no cursor")
			}
			if page.Total >= 0 {
				same(t, "total", page.Total, len(got))
			}
		})
		t.Run("a cursor that is none is refused", func(t *testing.T) {
			_, err := s.c.Members.List(ctx(t), imclient.MemberListOptions{Group: r.id, Type: r.info.Type, Cursor: "not a cursor \x00"})
			is(t, err, imclient.ErrInvalid)
		})
	}, func(t *testing.T, r room) {
		_, err := s.c.Members.List(ctx(t), imclient.MemberListOptions{Group: r.id, Type: r.info.Type})
		cannot(t, err)
	})
	t.Run("unknown group", func(t *testing.T) {
		_, err := s.c.Members.List(ctx(t), imclient.MemberListOptions{Group: s.h.MissingGroup, Type: s.typeWith(t, imclient.VerbListMembers, imclient.VerbKick).Type})
		is(t, err, imclient.ErrNotFound)
	})
}

// memberListMoving: who was in the group all the time is listed once, whoever comes and goes between the pages.
func (s *suite) memberListMoving(t *testing.T) {
	for _, info := range s.c.Caps.Types {
		if info.Live || !s.c.Caps.Can(imclient.VerbListMembers, info.Type) {
			continue // a live room has no list of record: nobody is in it "all the time"
		}
		t.Run(string(info.Type), func(t *testing.T) {
			r := s.room(t, info, 40)
			comers := s.h.NewUsers(t, 40)
			leavers := []string{r.members[0], r.members[3], r.members[4], r.members[20], r.members[21], r.members[33]}
			var stayed []string
			for _, u := range r.all() {
				if !slices.Contains(leavers, u) {
					stayed = append(stayed, u)
				}
			}
			got := ids(walk(t, s.lister(r, imclient.RoleNone, 5), func() {
				if len(leavers) > 0 {
					s.h.Leave(t, r.id, leavers[0])
					leavers = leavers[1:]
				}
				if len(comers) > 0 {
					s.h.Join(t, r.id, comers[0])
					comers = comers[1:]
				}
			}), memberID)
			once(t, "members", got)
			for _, u := range stayed {
				if !slices.Contains(got, u) {
					t.Errorf("the list lacks %s, who was a member all the time", u)
				}
			}
		})
	}
}

// memberListEmptied: many of those listed already leave before the next page, the last one listed among them.
func (s *suite) memberListEmptied(t *testing.T) {
	info := s.typeWith(t, imclient.VerbListMembers, imclient.VerbKick)
	r := s.room(t, info, 200)
	var listed []string
	page := 0
	walkPages(t, s.lister(r, imclient.RoleNone, 60), func(items []imclient.Member) {
		listed = append(listed, ids(items, memberID)...)
		if page++; page == 2 {
			var leavers []string
			for _, u := range listed[5:] {
				if u != r.owner && u != r.admin {
					leavers = append(leavers, u)
				}
			}
			s.h.Leave(t, r.id, leavers...)
		}
	})
	once(t, "members", listed)
	sameSet(t, "members, of whom half left meanwhile", listed, r.all())
}

func (s *suite) memberGet(t *testing.T) {
	s.types(t, imclient.VerbListMembers, 60, func(t *testing.T, r room) {
		outsider := s.h.NewUser(t, "Outsider")
		want := append(slices.Clone(r.members), r.owner)
		slices.Reverse(want)
		asked := slices.Insert(slices.Clone(want), 10, outsider, s.h.MissingUser)
		members, err := s.c.Members.Get(ctx(t), r.id, asked)
		if r.info.Live {
			if err != nil {
				cannot(t, err)
			}
			return
		}
		ok(t, err)
		sameOrder(t, "members", ids(members, memberID), want)
		same(t, "role of the first", members[0].Role, imclient.RoleOwner)
		same(t, "role of the second", members[1].Role, imclient.RoleMember)

		members, err = s.c.Members.Get(ctx(t), r.id, nil)
		ok(t, err)
		same(t, "members of an empty question", len(members), 0)
	}, func(t *testing.T, r room) {
		_, err := s.c.Members.Get(ctx(t), r.id, r.members)
		cannot(t, err)
	})
	t.Run("unknown group", func(t *testing.T) {
		_, err := s.c.Members.Get(ctx(t), s.h.MissingGroup, []string{s.h.NewUser(t, "Somebody")})
		is(t, err, imclient.ErrNotFound)
	})
}

// in tells who of the users is a member.
func (s *suite) in(t *testing.T, group string, users ...string) []string {
	t.Helper()
	return ids(must(s.c.Members.Get(fresh(t), group, users))(t), memberID)
}

func (s *suite) memberKick(t *testing.T) {
	s.types(t, imclient.VerbKick, 5, func(t *testing.T, r room) {
		none(s.c.Members.Kick(ctx(t), r.id, r.members[:2], true, ""))(t)
		sameSet(t, "members after the kick", s.in(t, r.id, r.members...), r.members[2:])

		none(s.c.Members.Kick(ctx(t), r.id, r.members[2:3], false, strings.Repeat("很长的理由", 100)))(t)
		sameSet(t, "members after a kick with a long reason", s.in(t, r.id, r.members...), r.members[3:])

		// One who is not a member: the state is as wanted. A service may name it, but the others are kicked.
		refused, err := s.c.Members.Kick(ctx(t), r.id, []string{r.members[0], r.members[3]}, true, "")
		ok(t, err)
		for _, x := range refused {
			same(t, "refused", x.ID, r.members[0])
		}
		sameSet(t, "members after a kick beside somebody who left", s.in(t, r.id, r.members...), r.members[4:])
	}, func(t *testing.T, r room) {
		refused, err := s.c.Members.Kick(ctx(t), r.id, r.members[:1], true, "")
		cannot(t, err, refused...)
	})
	t.Run("more than one call takes", func(t *testing.T) {
		batch := s.c.Caps.Limits.KickBatch
		if batch == 0 {
			t.Fatal("Limits.KickBatch is not set")
		}
		r := s.room(t, s.typeWith(t, imclient.VerbKick), batch+20)
		none(s.c.Members.Kick(ctx(t), r.id, r.members[:batch+10], true, ""))(t)
		sameSet(t, "members left", s.in(t, r.id, r.members...), r.members[batch+10:])
	})
	t.Run("unknown group", func(t *testing.T) {
		_, err := s.c.Members.Kick(ctx(t), s.h.MissingGroup, []string{s.h.NewUser(t, "Nobody")}, true, "")
		is(t, err, imclient.ErrNotFound)
	})
}

func (s *suite) memberAdd(t *testing.T) {
	s.types(t, imclient.VerbAddMember, 3, func(t *testing.T, r room) {
		newcomers := []string{s.h.NewUser(t, "New"), s.h.NewUser(t, "Newer")}
		none(s.c.Members.Add(ctx(t), r.id, newcomers, true))(t)
		sameOrder(t, "members", s.in(t, r.id, newcomers...), newcomers)

		third := s.h.NewUser(t, "Newest")
		refused, err := s.c.Members.Add(ctx(t), r.id, []string{r.members[0], s.h.MissingUser, third}, false)
		ok(t, err)
		names(t, refused, s.strangers(s.h.MissingUser), imclient.ErrNotFound, imclient.ErrDenied)
		sameOrder(t, "members", s.in(t, r.id, third), []string{third})
	}, func(t *testing.T, r room) {
		refused, err := s.c.Members.Add(ctx(t), r.id, []string{s.h.NewUser(t, "New")}, true)
		cannot(t, err, refused...)
	})
	t.Run("unknown group", func(t *testing.T) {
		_, err := s.c.Members.Add(ctx(t), s.h.MissingGroup, []string{s.h.NewUser(t, "Nobody")}, true)
		is(t, err, imclient.ErrNotFound)
	})
}

func (s *suite) memberRole(t *testing.T) {
	s.types(t, imclient.VerbSetAdmin, 2, func(t *testing.T, r room) {
		if r.info.Live {
			ok(t, s.c.Members.SetRole(ctx(t), r.id, r.members[0], imclient.RoleAdmin))
			ok(t, s.c.Members.SetRole(ctx(t), r.id, r.members[0], imclient.RoleMember))
			return
		}
		for _, role := range []imclient.Role{imclient.RoleAdmin, imclient.RoleAdmin, imclient.RoleMember} {
			ok(t, s.c.Members.SetRole(ctx(t), r.id, r.members[0], role))
			got := must(s.c.Members.Get(fresh(t), r.id, r.members))(t)
			same(t, "members", len(got), 2)
			same(t, "role", got[0].Role, role)
			same(t, "role of the other", got[1].Role, imclient.RoleMember)
		}
		t.Run("of the owner", func(t *testing.T) {
			is(t, s.c.Members.SetRole(ctx(t), r.id, r.owner, imclient.RoleMember),
				imclient.ErrDenied, imclient.ErrInvalid, imclient.ErrConflict)
			same(t, "role", must(s.c.Members.Get(fresh(t), r.id, []string{r.owner}))(t)[0].Role, imclient.RoleOwner)
		})
		t.Run("to owner", func(t *testing.T) {
			is(t, s.c.Members.SetRole(ctx(t), r.id, r.members[0], imclient.RoleOwner), imclient.ErrInvalid, imclient.ErrUnsupported)
		})
		t.Run("of somebody else", func(t *testing.T) {
			is(t, s.c.Members.SetRole(ctx(t), r.id, s.h.NewUser(t, "Outsider"), imclient.RoleAdmin),
				imclient.ErrNotFound, imclient.ErrDenied, imclient.ErrInvalid)
		})
	}, func(t *testing.T, r room) {
		cannot(t, s.c.Members.SetRole(ctx(t), r.id, r.members[0], imclient.RoleAdmin))
	})
	t.Run("unknown group", func(t *testing.T) {
		is(t, s.c.Members.SetRole(ctx(t), s.h.MissingGroup, s.h.NewUser(t, "Nobody"), imclient.RoleAdmin), imclient.ErrNotFound)
	})
}

func (s *suite) memberNameCard(t *testing.T) {
	s.types(t, imclient.VerbNameCard, 2, func(t *testing.T, r room) {
		card := func() string {
			return must(s.c.Members.Get(fresh(t), r.id, r.members[:1]))(t)[0].NameCard
		}
		same(t, "name card at first", card(), "")
		ok(t, s.c.Members.SetNameCard(ctx(t), r.id, r.members[0], "三号包间"))
		same(t, "name card", card(), "三号包间")
		if limit := s.c.Caps.Limits.NameCard; limit > 0 {
			longest := strings.Repeat("x", limit)
			ok(t, s.c.Members.SetNameCard(ctx(t), r.id, r.members[0], longest))
			same(t, "the longest name card", card(), longest)
			is(t, s.c.Members.SetNameCard(ctx(t), r.id, r.members[0], longest+"x"), imclient.ErrInvalid)
			same(t, "after one that is too long", card(), longest)
		}
		ok(t, s.c.Members.SetNameCard(ctx(t), r.id, r.members[0], ""))
		same(t, "name card after it was removed", card(), "")
		t.Run("of somebody else", func(t *testing.T) {
			is(t, s.c.Members.SetNameCard(ctx(t), r.id, s.h.NewUser(t, "Outsider"), "x"),
				imclient.ErrNotFound, imclient.ErrDenied, imclient.ErrInvalid)
		})
	}, func(t *testing.T, r room) {
		cannot(t, s.c.Members.SetNameCard(ctx(t), r.id, r.members[0], "x"))
	})
	t.Run("unknown group", func(t *testing.T) {
		is(t, s.c.Members.SetNameCard(ctx(t), s.h.MissingGroup, s.h.NewUser(t, "Nobody"), "x"), imclient.ErrNotFound)
	})
}

func (s *suite) memberFields(t *testing.T) {
	const field = "level" // an app's own, which services make as it is written
	s.types(t, imclient.VerbMemberFields, 2, func(t *testing.T, r room) {
		now := func() string {
			for _, f := range must(s.c.Members.Get(fresh(t), r.id, r.members[:1]))(t)[0].Custom {
				if f.Key == field {
					return f.Value
				}
			}
			return ""
		}
		set := func(value string) error {
			return s.c.Members.SetCustom(ctx(t), r.id, r.members[0], []imclient.Field{{Key: field, Value: value}})
		}
		same(t, "at first", now(), "")
		ok(t, set("七"))
		same(t, "when set", now(), "七")
		ok(t, set(""))
		same(t, "when removed", now(), "")
		is(t, s.c.Members.SetCustom(ctx(t), r.id, r.members[0], nil), imclient.ErrInvalid)
	}, func(t *testing.T, r room) {
		cannot(t, s.c.Members.SetCustom(ctx(t), r.id, r.members[0], []imclient.Field{{Key: field, Value: "7"}}))
	})
	t.Run("unknown group", func(t *testing.T) {
		is(t, s.c.Members.SetCustom(ctx(t), s.h.MissingGroup, s.h.NewUser(t, "Nobody"), []imclient.Field{{Key: field, Value: "7"}}), imclient.ErrNotFound)
	})
}
