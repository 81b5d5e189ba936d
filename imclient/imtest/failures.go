package imtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"imdesk/imclient"
)

func (s *suite) failures(t *testing.T) {
	info := s.typeWith(t, imclient.VerbMute, imclient.VerbMutedList)
	r := s.room(t, info, 3)
	read := func(ctx context.Context) error { _, err := s.c.Groups.Get(imclient.Fresh(ctx), r.id); return err }
	write := func(ctx context.Context) error {
		_, err := s.c.Mutes.Set(ctx, r.id, r.members[:1], time.Hour)
		return err
	}
	for _, f := range []struct {
		name string
		kind FaultKind
		want error
	}{
		{"bad gateway", BadGateway, imclient.ErrUnavailable},
		{"connection dropped", Dropped, imclient.ErrUnavailable},
		{"answer lost", Lost, imclient.ErrUnavailable},
		{"answer cut short", CutShort, imclient.ErrProtocol},
		{"answer that is not JSON", NotJSON, imclient.ErrProtocol},
		{"rate limited", Limited, imclient.ErrRateLimited},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Run("read", func(t *testing.T) {
				mend := s.h.Break(t, Fault{Op: OpRead, Kind: f.kind})
				err := read(soon(t))
				mend()
				is(t, err, f.want)
				ok(t, read(ctx(t)))
			})
			t.Run("write, which is not repeated if it may have been done", func(t *testing.T) {
				before := s.h.Calls(OpWrite)
				mend := s.h.Break(t, Fault{Op: OpWrite, Kind: f.kind})
				err := write(soon(t))
				mend()
				is(t, err, f.want)
				if e, _ := errors.AsType[*imclient.Error](err); e != nil {
					same(t, "sent", e.Sent, true)
				}
				if f.kind != Limited { // what was refused for the rate was not done
					same(t, "requests", s.h.Calls(OpWrite)-before, 1)
				}
				ok(t, write(ctx(t)))
			})
		})
	}
	t.Run("a read is repeated once the service answers again", func(t *testing.T) {
		defer s.h.Break(t, Fault{Op: OpRead, Kind: BadGateway, Times: 1})()
		ok(t, read(ctx(t)))
	})
	t.Run("what was done and not answered is done", func(t *testing.T) {
		none(s.c.Mutes.Lift(ctx(t), r.id, r.members))(t)
		mend := s.h.Break(t, Fault{Op: OpWrite, Kind: Lost})
		err := write(ctx(t))
		mend()
		is(t, err, imclient.ErrUnavailable)
		near(t, "end", s.end(t, r, r.members[0]), s.h.Now().Add(time.Hour))
	})
	t.Run("no answer in time", func(t *testing.T) {
		for name, call := range map[string]func(context.Context) error{OpRead: read, OpWrite: write} {
			t.Run(name, func(t *testing.T) {
				defer s.h.Break(t, Fault{Op: name, Kind: Slow})()
				c, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				start := time.Now()
				err := call(c)
				is(t, err, imclient.ErrUnavailable)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got error %v, want the deadline in it", err)
				}
				if took := time.Since(start); took > 3*time.Second {
					t.Errorf("the call took %s after its deadline of 300 ms", took)
				}
			})
		}
	})
	t.Run("cancelled before the call", func(t *testing.T) {
		c, cancel := context.WithCancel(t.Context())
		cancel()
		before := s.h.Calls(OpWrite)
		err := write(c)
		is(t, err, imclient.ErrUnavailable)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want the cancellation in it", err)
		}
		if e, _ := errors.AsType[*imclient.Error](err); e != nil && e.Sent {
			t.Error("the error says that a call was sent that was not")
		}
		same(t, "requests", s.h.Calls(OpWrite)-before, 0)
	})
	t.Run("wrong key", func(t *testing.T) {
		stranger := s.h.Stranger(t)
		_, err := stranger.Groups.Get(ctx(t), r.id)
		is(t, err, imclient.ErrCredentials)
		health := stranger.Check(ctx(t))
		same(t, "reachable", health.Reachable, imclient.HealthGood)
		same(t, "key", health.Key, imclient.HealthBad)
		if health.Err == nil {
			t.Error("the check found no error")
		}
	})
	t.Run("closed", func(t *testing.T) {
		closed := s.h.Stranger(t)
		closed.Close()
		closed.Close() // twice is no more than once
		_, err := closed.Groups.Get(ctx(t), r.id)
		is(t, err, imclient.ErrUnavailable)
		if e, _ := errors.AsType[*imclient.Error](err); e != nil && e.Sent {
			t.Error("a closed client sends")
		}
	})
	t.Run("stats", func(t *testing.T) {
		stats := s.c.Stats()
		if stats.Calls == 0 || stats.Failures == 0 || stats.LastOK.IsZero() {
			t.Errorf("got %+v after calls of which some failed", stats)
		}
	})
}

func (s *suite) health(t *testing.T) {
	health := s.c.Check(ctx(t))
	ok(t, health.Err)
	same(t, "reachable", health.Reachable, imclient.HealthGood)
	same(t, "key", health.Key, imclient.HealthGood)
	same(t, "administrator", health.Administrator, imclient.HealthGood)
	if health.Clock == imclient.HealthBad {
		t.Errorf("the clock is %s off", health.ClockSkew)
	}
}

// soon is a context whose end is near: a client that would wait longer before it tries again gives up at once, and says
// what the service said.
func soon(t *testing.T) context.Context {
	c, cancel := context.WithTimeout(ctx(t), 2*time.Second)
	t.Cleanup(cancel)
	return c
}
