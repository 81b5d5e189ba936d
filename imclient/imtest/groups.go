package imtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/imclient"
)

func groupID(g imclient.Group) string { return g.ID }

func (s *suite) groups(t *testing.T) {
	t.Run("list", s.groupList)
	t.Run("get", s.groupGet)
	t.Run("get many keeps the order asked and names the missing", s.groupGetMany)
	t.Run("change", s.groupChange)
	t.Run("mute all", s.groupMuteAll)
	t.Run("notice", s.groupNotice)
}

func (s *suite) groupList(t *testing.T) {
	if !s.c.Caps.Can(imclient.VerbListGroups, "") {
		_, err := s.c.Groups.List(ctx(t), imclient.GroupListOptions{})
		is(t, err, imclient.ErrUnsupported)
		return
	}
	owner := s.h.NewUser(t, "Lister")
	var made []string
	byType := map[imclient.GroupType][]string{}
	for _, info := range s.c.Caps.Types {
		for i := range 3 {
			id := s.h.NewGroup(t, Group{Type: info.Type, Name: fmt.Sprintf("List %d", i), Owner: owner})
			made = append(made, id)
			byType[info.Type] = append(byType[info.Type], id)
		}
	}
	t.Run("pages are complete and without duplicates", func(t *testing.T) {
		listed := walk(t, func(ctx context.Context, cursor string) (imclient.Page[imclient.Group], error) {
			return s.c.Groups.List(imclient.Fresh(ctx), imclient.GroupListOptions{Cursor: cursor, Limit: 7})
		}, nil)
		got := ids(listed, groupID)
		once(t, "groups", got)
		for _, id := range made {
			if !slices.Contains(got, id) {
				t.Errorf("the list lacks group %s", id)
			}
		}
		for _, g := range listed {
			if g.ID == made[0] {
				full := must(s.c.Groups.Get(ctx(t), g.ID))(t)
				same(t, "name in the list", g.Name, full.Name)
				same(t, "type in the list", g.Type, full.Type)
				same(t, "owner in the list", g.OwnerID, full.OwnerID)
				same(t, "members in the list", g.Members, full.Members)
			}
		}
	})
	t.Run("a limit is kept", func(t *testing.T) {
		page := must(s.c.Groups.List(ctx(t), imclient.GroupListOptions{Limit: 2}))(t)
		same(t, "groups on the page", len(page.Items), 2)
		if page.Next == "" {
			t.Error("there are more groups and no cursor")
		}
		if page.Total >= 0 && page.Total < len(made) {
			t.Errorf("total: got %d, want at least %d", page.Total, len(made))
		}
	})
	t.Run("one type only", func(t *testing.T) {
		typ := s.c.Caps.Types[0].Type
		listed := walk(t, func(ctx context.Context, cursor string) (imclient.Page[imclient.Group], error) {
			return s.c.Groups.List(imclient.Fresh(ctx), imclient.GroupListOptions{Type: typ, Cursor: cursor, Limit: 50})
		}, nil)
		for _, g := range listed {
			same(t, "type of "+g.ID, g.Type, typ)
		}
		got := ids(listed, groupID)
		for _, id := range byType[typ] {
			if !slices.Contains(got, id) {
				t.Errorf("the list of %s lacks group %s", typ, id)
			}
		}
	})
	t.Run("a cursor that is none is refused", func(t *testing.T) {
		_, err := s.c.Groups.List(ctx(t), imclient.GroupListOptions{Cursor: "not a cursor \x00"})
		is(t, err, imclient.ErrInvalid)
	})
}

func (s *suite) groupGet(t *testing.T) {
	for _, info := range s.c.Caps.Types {
		t.Run(string(info.Type), func(t *testing.T) {
			before := s.h.Now()
			r := s.room(t, info, 2)
			g := must(s.c.Groups.Get(ctx(t), r.id))(t)
			same(t, "id", g.ID, r.id)
			same(t, "type", g.Type, info.Type)
			same(t, "name", g.Name, "A group")
			same(t, "owner", g.OwnerID, r.owner)
			if g.Created.Before(before.Add(-3 * time.Second)) {
				t.Errorf("created: got %s, want %s or later", g.Created, before)
			}
			if !info.Live && g.Members >= 0 {
				same(t, "members", g.Members, len(r.all()))
			}
			same(t, "newest position of a silent group", g.LastSeq, "")
			if !g.LastMessage.IsZero() {
				t.Errorf("last message of a silent group: got %s, want none", g.LastMessage)
			}
		})
	}
	t.Run("newest message", func(t *testing.T) {
		r := s.room(t, s.typeWith(t, imclient.VerbHistory), 1)
		s.h.Say(t, r.id, Said{From: r.members[0], Text: "one"}, Said{From: r.members[0], Text: "two"})
		g := must(s.c.Groups.Get(fresh(t), r.id))(t)
		near(t, "last message", g.LastMessage, s.h.Now())
		page := must(s.c.Messages.History(ctx(t), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: r.id, Type: r.info.Type}}))(t)
		if len(page.Messages) == 0 {
			t.Fatal("the history is empty")
		}
		same(t, "newest position", g.LastSeq, page.Messages[0].Seq)
	})
	t.Run("unknown", func(t *testing.T) {
		_, err := s.c.Groups.Get(ctx(t), s.h.MissingGroup)
		is(t, err, imclient.ErrNotFound)
	})
	t.Run("empty id", func(t *testing.T) {
		_, err := s.c.Groups.Get(ctx(t), "")
		is(t, err, imclient.ErrNotFound, imclient.ErrInvalid)
	})
}

func (s *suite) groupGetMany(t *testing.T) {
	info := s.c.Caps.Types[0]
	owner := s.h.NewUser(t, "Owner of many")
	var want []string
	for i := range 60 { // above the cap of one call
		want = append(want, s.h.NewGroup(t, Group{Type: info.Type, Name: fmt.Sprintf("Many %d", i), Owner: owner}))
	}
	slices.Reverse(want)
	asked := slices.Insert(slices.Clone(want), 30, s.h.MissingGroup)
	groups, refused, err := s.c.Groups.GetMany(ctx(t), asked)
	ok(t, err)
	sameOrder(t, "groups", ids(groups, groupID), want)
	names(t, refused, []string{s.h.MissingGroup}, imclient.ErrNotFound)

	groups, refused, err = s.c.Groups.GetMany(ctx(t), nil)
	ok(t, err)
	same(t, "groups of an empty question", len(groups)+len(refused), 0)
}

func (s *suite) groupChange(t *testing.T) {
	s.types(t, imclient.VerbEditGroup, 1, func(t *testing.T, r room) {
		limits := s.c.Caps.Limits
		for _, f := range []struct {
			name   string
			limit  int
			change func(v string) imclient.GroupChange
			of     func(g imclient.Group) string
		}{
			{"name", limits.GroupName, func(v string) imclient.GroupChange { return imclient.GroupChange{Name: &v} }, func(g imclient.Group) string { return g.Name }},
			{"introduction", limits.Introduction, func(v string) imclient.GroupChange { return imclient.GroupChange{Intro: &v} }, func(g imclient.Group) string { return g.Intro }},
			{"notice", limits.Notice, func(v string) imclient.GroupChange { return imclient.GroupChange{Notice: &v} }, func(g imclient.Group) string { return g.Notice }},
		} {
			t.Run(f.name, func(t *testing.T) {
				before := must(s.c.Groups.Get(fresh(t), r.id))(t)
				ok(t, s.c.Groups.Change(ctx(t), r.id, f.change("新的 "+f.name)))
				after := must(s.c.Groups.Get(fresh(t), r.id))(t)
				same(t, f.name, f.of(after), "新的 "+f.name)
				s.sameGroupBut(t, f.name, before, after)
				if f.limit == 0 {
					return
				}
				longest := strings.Repeat("x", f.limit)
				ok(t, s.c.Groups.Change(ctx(t), r.id, f.change(longest)))
				same(t, "the longest "+f.name, f.of(must(s.c.Groups.Get(fresh(t), r.id))(t)), longest)
				is(t, s.c.Groups.Change(ctx(t), r.id, f.change(longest+"x")), imclient.ErrInvalid)
				same(t, "after one that is too long", f.of(must(s.c.Groups.Get(fresh(t), r.id))(t)), longest)
			})
		}
		t.Run("nothing to change", func(t *testing.T) {
			before := must(s.c.Groups.Get(fresh(t), r.id))(t)
			if err := s.c.Groups.Change(ctx(t), r.id, imclient.GroupChange{}); err != nil {
				is(t, err, imclient.ErrInvalid)
			}
			s.sameGroupBut(t, "", before, must(s.c.Groups.Get(fresh(t), r.id))(t))
		})
	}, func(t *testing.T, r room) {
		name := "Refused"
		cannot(t, s.c.Groups.Change(ctx(t), r.id, imclient.GroupChange{Name: &name}))
	})
	t.Run("avatar", func(t *testing.T) {
		s.types(t, imclient.VerbAvatar, 0, func(t *testing.T, r room) {
			url := "https://example.com/a.png"
			ok(t, s.c.Groups.Change(ctx(t), r.id, imclient.GroupChange{AvatarURL: &url}))
			same(t, "avatar", must(s.c.Groups.Get(fresh(t), r.id))(t).AvatarURL, url)
		}, func(t *testing.T, r room) {
			url := "https://example.com/a.png"
			cannot(t, s.c.Groups.Change(ctx(t), r.id, imclient.GroupChange{AvatarURL: &url}))
		})
	})
	t.Run("join option", func(t *testing.T) {
		s.types(t, imclient.VerbJoinOption, 0, func(t *testing.T, r room) {
			for _, option := range []string{"DisableApply", "FreeAccess", "NeedPermission"} {
				ok(t, s.c.Groups.Change(ctx(t), r.id, imclient.GroupChange{JoinOption: &option}))
				same(t, "join option", must(s.c.Groups.Get(fresh(t), r.id))(t).JoinOption, option)
			}
		}, func(t *testing.T, r room) {
			option := "FreeAccess"
			cannot(t, s.c.Groups.Change(ctx(t), r.id, imclient.GroupChange{JoinOption: &option}))
		})
	})
	t.Run("unknown group", func(t *testing.T) {
		name := "Nobody"
		is(t, s.c.Groups.Change(ctx(t), s.h.MissingGroup, imclient.GroupChange{Name: &name}), imclient.ErrNotFound)
	})
}

// sameGroupBut asserts that nothing an operator can change was changed but one field.
func (s *suite) sameGroupBut(t *testing.T, field string, before, after imclient.Group) {
	t.Helper()
	for name, of := range map[string]func(g imclient.Group) string{
		"name":         func(g imclient.Group) string { return g.Name },
		"introduction": func(g imclient.Group) string { return g.Intro },
		"notice":       func(g imclient.Group) string { return g.Notice },
		"avatar":       func(g imclient.Group) string { return g.AvatarURL },
		"join option":  func(g imclient.Group) string { return g.JoinOption },
		"owner":        func(g imclient.Group) string { return g.OwnerID },
		"mute all":     func(g imclient.Group) string { return fmt.Sprint(g.MuteAll) },
	} {
		if name != field {
			same(t, name+" (not changed)", of(after), of(before))
		}
	}
}

func (s *suite) groupMuteAll(t *testing.T) {
	s.types(t, imclient.VerbMuteAll, 1, func(t *testing.T, r room) {
		for _, on := range []bool{true, true, false} {
			want := imclient.Off
			if on {
				want = imclient.On
			}
			ok(t, s.c.Groups.Change(ctx(t), r.id, imclient.GroupChange{MuteAll: &on}))
			same(t, "mute all", must(s.c.Groups.Get(fresh(t), r.id))(t).MuteAll, want)
		}
	}, func(t *testing.T, r room) {
		on := true
		cannot(t, s.c.Groups.Change(ctx(t), r.id, imclient.GroupChange{MuteAll: &on}))
	})
}

func (s *suite) groupNotice(t *testing.T) {
	s.types(t, imclient.VerbNotice, 2, func(t *testing.T, r room) {
		ok(t, s.c.Groups.SendNotice(ctx(t), r.id, "The show starts at eight.", nil))
		if !r.info.Live {
			ok(t, s.c.Groups.SendNotice(ctx(t), r.id, "Only for one.", r.members[:1]))
		}
	}, func(t *testing.T, r room) {
		cannot(t, s.c.Groups.SendNotice(ctx(t), r.id, "Refused", nil))
	})
	t.Run("unknown group", func(t *testing.T) {
		is(t, s.c.Groups.SendNotice(ctx(t), s.h.MissingGroup, "Nobody", nil), imclient.ErrNotFound, imclient.ErrUnsupported)
	})
}
