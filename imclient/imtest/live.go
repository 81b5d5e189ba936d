package imtest

import (
	"context"
	"testing"
	"time"

	"imdesk/imclient"
)

func (s *suite) live(t *testing.T) {
	t.Run("online count", s.onlineCount)
	t.Run("ban", s.ban)
}

func (s *suite) onlineCount(t *testing.T) {
	for _, info := range s.c.Caps.Types {
		t.Run(string(info.Type), func(t *testing.T) {
			if !info.Live {
				r := s.room(t, info, 1)
				if _, err := s.c.Live.OnlineCount(ctx(t), r.id); err != nil { // some services count there, too
					cannot(t, err)
				}
				return
			}
			r := s.room(t, info, 4)
			n := must(s.c.Live.OnlineCount(fresh(t), r.id))(t)
			if n < 4 || n > 5 { // with or without the owner
				t.Errorf("online: got %d, want the 4 in the room, or 5 with the owner", n)
			}
			s.h.Leave(t, r.id, r.members[:2]...)
			s.h.Advance(t, time.Minute) // services refresh the count now and then only
			same(t, "online after two left", must(s.c.Live.OnlineCount(fresh(t), r.id))(t), n-2)
		})
	}
	t.Run("unknown group", func(t *testing.T) {
		_, err := s.c.Live.OnlineCount(ctx(t), s.h.MissingGroup)
		is(t, err, imclient.ErrNotFound, imclient.ErrUnsupported)
	})
}

func (s *suite) banned(t *testing.T, group string, limit int) []imclient.Mute {
	t.Helper()
	return walk(t, func(ctx context.Context, cursor string) (imclient.Page[imclient.Mute], error) {
		return s.c.Live.Banned(imclient.Fresh(ctx), group, cursor, limit)
	}, nil)
}

func (s *suite) ban(t *testing.T) {
	s.types(t, imclient.VerbBan, 30, func(t *testing.T, r room) {
		same(t, "banned at first", len(s.banned(t, r.id, 10)), 0)
		none(s.c.Live.Ban(ctx(t), r.id, r.members[:25], time.Hour, "raid"))(t) // above the cap of one call
		list := s.banned(t, r.id, 10)
		sameSet(t, "banned", ids(list, muteID), r.members[:25])
		once(t, "banned", ids(list, muteID))
		for _, m := range list {
			near(t, "end of the ban of "+m.UserID, m.Until, s.h.Now().Add(time.Hour))
		}

		none(s.c.Live.Ban(ctx(t), r.id, r.members[25:26], -1, ""))(t)
		for _, m := range s.banned(t, r.id, 100) {
			if m.UserID == r.members[25] && m.Until.Before(s.h.Now().AddDate(20, 0, 0)) {
				t.Errorf("a ban as long as the service can ends at %s", m.Until)
			}
		}
		none(s.c.Live.Unban(ctx(t), r.id, append(r.members[:22:22], r.members[29])))(t)
		sameSet(t, "banned after lifting", ids(s.banned(t, r.id, 100), muteID), r.members[22:26])

		_, err := s.c.Live.Ban(ctx(t), r.id, r.members[:1], 0, "")
		is(t, err, imclient.ErrInvalid)
	}, func(t *testing.T, r room) {
		refused, err := s.c.Live.Ban(ctx(t), r.id, r.members[:1], time.Hour, "")
		cannot(t, err, refused...)
		refused, err = s.c.Live.Unban(ctx(t), r.id, r.members[:1])
		cannot(t, err, refused...)
	})
	t.Run("unknown group", func(t *testing.T) {
		_, err := s.c.Live.Ban(ctx(t), s.h.MissingGroup, []string{s.h.NewUser(t, "Nobody")}, time.Hour, "")
		is(t, err, imclient.ErrNotFound, imclient.ErrUnsupported)
	})
}
