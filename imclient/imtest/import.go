package imtest

import (
	"strconv"
	"testing"
	"time"

	"imdesk/imclient"
)

func (s *suite) imports(t *testing.T) {
	if !s.canImport() {
		_, err := s.c.Import.Users(ctx(t), []string{s.h.NewID()})
		is(t, err, imclient.ErrUnsupported)
		is(t, s.c.Import.SetNick(ctx(t), s.h.NewUser(t, "Somebody"), "x"), imclient.ErrUnsupported)
		_, err = s.c.Import.Group(ctx(t), imclient.ImportGroup{Type: s.c.Caps.Types[0].Type, Name: "x"})
		is(t, err, imclient.ErrUnsupported)
		_, err = s.c.Import.Members(ctx(t), s.h.MissingGroup, []imclient.ImportMember{{UserID: s.h.NewID()}})
		is(t, err, imclient.ErrUnsupported)
		_, err = s.c.Import.Messages(ctx(t), s.h.MissingGroup, []imclient.ImportMessage{{From: s.h.NewID()}})
		is(t, err, imclient.ErrUnsupported)
		return
	}
	t.Run("users", func(t *testing.T) {
		var list []string
		for range 230 { // above the cap of one call
			list = append(list, s.h.NewID())
		}
		none(s.c.Import.Users(ctx(t), list))(t)
		none(s.c.Import.Users(ctx(t), list))(t) // again: they are there
		users, _, err := s.c.Users.GetMany(ctx(t), list)
		ok(t, err)
		sameOrder(t, "users", ids(users, userID), list)
		ok(t, s.c.Import.SetNick(ctx(t), list[0], "~nick[away]"))
		same(t, "nickname", must(s.c.Users.Get(fresh(t), list[0]))(t).Nick, "~nick[away]")
	})
	for _, info := range s.c.Caps.Types {
		t.Run(string(info.Type), func(t *testing.T) {
			if s.c.Caps.Can(imclient.VerbImport, info.Type) {
				s.importGroup(t, info)
				return
			}
			_, err := s.c.Import.Group(ctx(t), imclient.ImportGroup{Type: info.Type, Name: "x", OwnerID: s.h.NewUser(t, "Owner")})
			cannot(t, err)
		})
	}
}

func (s *suite) canImport() bool {
	for _, info := range s.c.Caps.Types {
		if s.c.Caps.Can(imclient.VerbImport, info.Type) {
			return true
		}
	}
	return false
}

func (s *suite) importGroup(t *testing.T, info imclient.TypeInfo) {
	owner, people := s.h.NewUser(t, "Owner"), s.h.NewUsers(t, 320) // above the cap of one call
	created := s.h.Now().Add(-24 * time.Hour).Truncate(time.Second)
	id := must(s.c.Import.Group(ctx(t), imclient.ImportGroup{Type: info.Type, Name: "Imported", OwnerID: owner, Created: created}))(t)
	g := must(s.c.Groups.Get(ctx(t), id))(t)
	same(t, "name", g.Name, "Imported")
	same(t, "owner", g.OwnerID, owner)
	same(t, "created", g.Created.UTC(), created.UTC())

	_, err := s.c.Import.Group(ctx(t), imclient.ImportGroup{ID: id, Type: info.Type, Name: "Again", OwnerID: owner})
	is(t, err, imclient.ErrConflict, imclient.ErrInvalid) // ErrInvalid where an id that the service made may not be chosen

	members := []imclient.ImportMember{{UserID: s.h.MissingUser}}
	for i, p := range people {
		members = append(members, imclient.ImportMember{UserID: p, Joined: created.Add(time.Duration(i+1) * time.Second)})
	}
	refused, err := s.c.Import.Members(ctx(t), id, members)
	ok(t, err)
	names(t, refused, []string{s.h.MissingUser}, imclient.ErrNotFound, imclient.ErrDenied, imclient.ErrInvalid)
	sameSet(t, "members", s.in(t, id, people...), people)
	none(s.c.Import.Members(ctx(t), id, members[1:]))(t) // again: they are in it

	list := make([]imclient.ImportMessage, 45) // above the cap of one call
	for i := range list {
		list[i] = imclient.ImportMessage{
			From: people[i%len(people)], At: created.Add(time.Hour + time.Duration(i)*time.Second), Random: uint32(i + 1),
			Body: []imclient.Element{imclient.Text{Text: "line " + strconv.Itoa(i)}, imclient.Face{Index: int64(i), Data: "[smile]"}},
		}
	}
	none(s.c.Import.Messages(ctx(t), id, list))(t)
	all := s.older(t, imclient.Conversation{Group: id, Type: info.Type}, 0)
	same(t, "messages", len(all), len(list))
	for i, m := range all {
		want := list[len(list)-1-i]
		same(t, "sender", m.From, want.From)
		same(t, "time", m.At.UTC(), want.At.UTC())
		same(t, "text", said(m), want.Body[0].(imclient.Text).Text)
		same(t, "elements", len(m.Body), 2)
	}

	// Older than what the group has: refused by index, and nothing of it is there.
	refused, err = s.c.Import.Messages(ctx(t), id, list[:2])
	if err == nil {
		names(t, refused, []string{"0", "1"}, imclient.ErrInvalid, imclient.ErrConflict)
	} else {
		is(t, err, imclient.ErrInvalid, imclient.ErrConflict)
	}
	same(t, "messages after old ones were refused", len(s.older(t, imclient.Conversation{Group: id, Type: info.Type}, 0)), len(list))
}
