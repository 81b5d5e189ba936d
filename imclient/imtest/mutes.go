package imtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"imdesk/imclient"
)

func muteID(m imclient.Mute) string { return m.UserID }

func (s *suite) mutes(t *testing.T) {
	t.Run("set and lift", s.muteSet)
	t.Run("list", s.muteList)
	t.Run("expiry", s.muteExpiry)
	t.Run("more than one call takes", s.muteMany)
	t.Run("global", s.muteGlobal)
}

// end reads a mute's end back: from the member where the type lists members, else from the muted list.
func (s *suite) end(t *testing.T, r room, user string) time.Time {
	t.Helper()
	if !r.info.Live && s.c.Caps.Can(imclient.VerbListMembers, r.info.Type) {
		m := must(s.c.Members.Get(fresh(t), r.id, []string{user}))(t)
		if len(m) != 1 {
			t.Fatalf("%s is not in the group", user)
		}
		return m[0].MutedUntil
	}
	for _, m := range s.muted(t, r, 50) {
		if m.UserID == user {
			return m.Until
		}
	}
	return time.Time{}
}

func (s *suite) muted(t *testing.T, r room, limit int) []imclient.Mute {
	t.Helper()
	return walk(t, func(ctx context.Context, cursor string) (imclient.Page[imclient.Mute], error) {
		return s.c.Mutes.List(imclient.Fresh(ctx), r.id, cursor, limit)
	}, nil)
}

func (s *suite) muteSet(t *testing.T) {
	s.types(t, imclient.VerbMute, 4, func(t *testing.T, r room) {
		a, b := r.members[0], r.members[1]
		same(t, "end before", s.end(t, r, a), time.Time{})

		none(s.c.Mutes.Set(ctx(t), r.id, []string{a, b}, 10*time.Minute))(t)
		near(t, "end", s.end(t, r, a), s.h.Now().Add(10*time.Minute))
		near(t, "end of the other", s.end(t, r, b), s.h.Now().Add(10*time.Minute))
		same(t, "end of a third", s.end(t, r, r.members[2]), time.Time{})

		none(s.c.Mutes.Set(ctx(t), r.id, []string{a}, time.Hour))(t)
		near(t, "longer end", s.end(t, r, a), s.h.Now().Add(time.Hour))
		none(s.c.Mutes.Set(ctx(t), r.id, []string{a}, 2*time.Minute))(t)
		near(t, "shorter end", s.end(t, r, a), s.h.Now().Add(2*time.Minute))

		none(s.c.Mutes.Set(ctx(t), r.id, []string{a}, -1))(t)
		same(t, "end of a mute without end", s.end(t, r, a), imclient.Forever)
		none(s.c.Mutes.Lift(ctx(t), r.id, []string{a}))(t)
		same(t, "end after lifting", s.end(t, r, a), time.Time{})
		near(t, "end of the other, still", s.end(t, r, b), s.h.Now().Add(10*time.Minute))
		none(s.c.Mutes.Lift(ctx(t), r.id, []string{a, r.members[3]}))(t)

		none(s.c.Mutes.Set(ctx(t), r.id, []string{a}, 1500*time.Millisecond))(t)
		if got, least := s.end(t, r, a), s.h.Now(); !got.IsZero() && got.Before(least.Add(-time.Second)) {
			t.Errorf("a mute of 1.5 s ends at %s, before %s", got, least)
		}
	}, func(t *testing.T, r room) {
		refused, err := s.c.Mutes.Set(ctx(t), r.id, r.members[:1], time.Minute)
		cannot(t, err, refused...)
	})
	r := s.room(t, s.typeWith(t, imclient.VerbMute), 1)
	t.Run("for no time at all", func(t *testing.T) {
		_, err := s.c.Mutes.Set(ctx(t), r.id, r.members, 0)
		is(t, err, imclient.ErrInvalid)
		same(t, "end", s.end(t, r, r.members[0]), time.Time{})
	})
	t.Run("nobody", func(t *testing.T) {
		none(s.c.Mutes.Set(ctx(t), r.id, nil, time.Minute))(t)
		none(s.c.Mutes.Lift(ctx(t), r.id, nil))(t)
	})
	t.Run("unknown group", func(t *testing.T) {
		_, err := s.c.Mutes.Set(ctx(t), s.h.MissingGroup, r.members, time.Minute)
		is(t, err, imclient.ErrNotFound)
		_, err = s.c.Mutes.Lift(ctx(t), s.h.MissingGroup, r.members)
		is(t, err, imclient.ErrNotFound)
	})
	t.Run("unknown user", func(t *testing.T) {
		refused, err := s.c.Mutes.Set(ctx(t), r.id, []string{s.h.MissingUser}, time.Minute)
		if err != nil {
			is(t, err, imclient.ErrNotFound)
			return
		}
		names(t, refused, []string{s.h.MissingUser}, imclient.ErrNotFound)
	})
}

func (s *suite) muteList(t *testing.T) {
	s.types(t, imclient.VerbMutedList, 12, func(t *testing.T, r room) {
		same(t, "muted at first", len(s.muted(t, r, 10)), 0)
		if !s.c.Caps.Can(imclient.VerbMute, r.info.Type) {
			return // a list that can be read and never has anybody in it
		}
		// The later in the room, the sooner the end.
		for i, m := range r.members[:9] {
			none(s.c.Mutes.Set(ctx(t), r.id, []string{m}, time.Duration(60-i)*time.Minute))(t)
		}
		none(s.c.Mutes.Set(ctx(t), r.id, r.members[9:10], -1))(t)
		want := slices.Clone(r.members[:9])
		slices.Reverse(want)
		want = append(want, r.members[9])

		all := s.muted(t, r, 100)
		sameOrder(t, "muted, soonest end first", ids(all, muteID), want)
		for i, m := range all[:len(all)-1] {
			near(t, "end of "+m.UserID, m.Until, s.h.Now().Add(time.Duration(52+i)*time.Minute))
		}
		same(t, "end of the last", all[len(all)-1].Until, imclient.Forever)

		byPages := ids(s.muted(t, r, 3), muteID)
		sameSet(t, "muted, by pages of three", byPages, want)
		once(t, "muted", byPages)
	}, func(t *testing.T, r room) {
		_, err := s.c.Mutes.List(ctx(t), r.id, "", 10)
		cannot(t, err)
	})
	t.Run("unknown group", func(t *testing.T) {
		_, err := s.c.Mutes.List(ctx(t), s.h.MissingGroup, "", 10)
		is(t, err, imclient.ErrNotFound)
	})
}

func (s *suite) muteExpiry(t *testing.T) {
	r := s.room(t, s.typeWith(t, imclient.VerbMute, imclient.VerbMutedList), 2)
	none(s.c.Mutes.Set(ctx(t), r.id, r.members[:1], time.Second))(t)
	none(s.c.Mutes.Set(ctx(t), r.id, r.members[1:], time.Hour))(t)
	s.h.Advance(t, 3*time.Second)
	sameOrder(t, "muted after the first one's end", ids(s.muted(t, r, 10), muteID), r.members[1:])
	same(t, "end of the first", s.end(t, r, r.members[0]), time.Time{})
}

func (s *suite) muteMany(t *testing.T) {
	batch := s.c.Caps.Limits.MuteBatch
	if batch == 0 {
		t.Fatal("Limits.MuteBatch is not set")
	}
	r := s.room(t, s.typeWith(t, imclient.VerbMute, imclient.VerbMutedList), batch+10)
	none(s.c.Mutes.Set(ctx(t), r.id, r.members, time.Hour))(t)
	sameSet(t, "muted", ids(s.muted(t, r, 200), muteID), r.members)
	none(s.c.Mutes.Lift(ctx(t), r.id, r.members[:batch+5]))(t)
	sameSet(t, "muted after lifting", ids(s.muted(t, r, 200), muteID), r.members[batch+5:])
}

func (s *suite) muteGlobal(t *testing.T) {
	user := s.h.NewUser(t, "Loud")
	hour, forever, off := time.Hour, time.Duration(-1), time.Duration(0)
	if !s.c.Caps.Can(imclient.VerbGlobalMute, "") {
		_, err := s.c.Mutes.Global(ctx(t), user)
		is(t, err, imclient.ErrUnsupported)
		is(t, s.c.Mutes.SetGlobal(ctx(t), user, &hour, nil), imclient.ErrUnsupported)
		return
	}
	global := func() imclient.GlobalMute { return must(s.c.Mutes.Global(fresh(t), user))(t) }
	same(t, "at first", global(), imclient.GlobalMute{})

	ok(t, s.c.Mutes.SetGlobal(ctx(t), user, &hour, nil))
	near(t, "direct chats", global().DirectUntil, s.h.Now().Add(time.Hour))
	same(t, "groups", global().GroupUntil, time.Time{})

	ok(t, s.c.Mutes.SetGlobal(ctx(t), user, nil, &forever))
	near(t, "direct chats, still", global().DirectUntil, s.h.Now().Add(time.Hour))
	same(t, "groups", global().GroupUntil, imclient.Forever)

	ok(t, s.c.Mutes.SetGlobal(ctx(t), user, &off, &off))
	same(t, "after lifting", global(), imclient.GlobalMute{})

	t.Run("neither part", func(t *testing.T) {
		is(t, s.c.Mutes.SetGlobal(ctx(t), user, nil, nil), imclient.ErrInvalid)
	})
	t.Run("unknown user", func(t *testing.T) {
		_, err := s.c.Mutes.Global(ctx(t), s.h.MissingUser)
		is(t, err, imclient.ErrNotFound)
		is(t, s.c.Mutes.SetGlobal(ctx(t), s.h.MissingUser, &hour, nil), imclient.ErrNotFound)
	})
}
