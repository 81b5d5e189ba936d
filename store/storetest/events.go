package storetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/store"
)

// Events is the contract of store.Events.
func Events(t *testing.T, open Open) {
	t.Run("in order", func(t *testing.T) { eventOrder(t, open(t)) })
	t.Run("limits", func(t *testing.T) { eventLimits(t, open(t)) })
	t.Run("purge", func(t *testing.T) { eventPurge(t, open(t)) })
	t.Run("none is overtaken", func(t *testing.T) { eventRace(t, open(t)) })
	t.Run("the bell rings", func(t *testing.T) { eventBell(t, open(t)) })
}

func eventOrder(t *testing.T, s *store.Store) {
	ctx, number := t.Context(), value[int64](t)
	if n := number(s.Events.Last(ctx)); n != 0 {
		t.Errorf("the last of none is %d", n)
	}
	first := number(s.Events.Publish(ctx, store.TopicJob, "s1"))
	second := number(s.Events.Publish(ctx, store.TopicApps, ""))
	if first < 1 || second <= first {
		t.Errorf("numbers %d, %d do not rise", first, second)
	}
	if n := number(s.Events.Last(ctx)); n != second {
		t.Errorf("the last is %d, want %d", n, second)
	}
	list := value[[]store.Event](t)(s.Events.After(ctx, 0, 10))
	if len(list) != 2 || list[0].N != first || list[0].Topic != store.TopicJob || list[0].ID != "s1" || list[1].Topic != store.TopicApps ||
		time.Since(list[0].At).Abs() > time.Minute {
		t.Errorf("got %+v", list)
	}
	if list := value[[]store.Event](t)(s.Events.After(ctx, first, 10)); len(list) != 1 || list[0].N != second {
		t.Errorf("after the first: %+v", list)
	}
	if list := value[[]store.Event](t)(s.Events.After(ctx, 0, 1)); len(list) != 1 || list[0].N != first {
		t.Errorf("one of two: %+v", list)
	}
}

func eventLimits(t *testing.T, s *store.Store) {
	ctx := t.Context()
	for _, tt := range []struct{ topic, id string }{
		{"", "x"}, {strings.Repeat("t", store.MaxEventTopic+1), ""}, {"t", strings.Repeat("x", store.MaxEventID+1)},
	} {
		_, err := s.Events.Publish(ctx, tt.topic, tt.id)
		wantErr(t, err, store.ErrInvalid)
	}
	if _, err := s.Events.Publish(ctx, strings.Repeat("t", store.MaxEventTopic), strings.Repeat("x", store.MaxEventID)); err != nil {
		t.Error(err)
	}
	for _, n := range []int{0, store.MaxEventPage + 1} {
		_, err := s.Events.After(ctx, 0, n)
		wantErr(t, err, store.ErrInvalid)
	}
}

func eventPurge(t *testing.T, s *store.Store) {
	ctx := t.Context()
	var last int64
	for range 5 {
		last = value[int64](t)(s.Events.Publish(ctx, "t", ""))
	}
	if n := value[int](t)(s.Events.Purge(ctx, time.Now().Add(-time.Hour), 100)); n != 0 {
		t.Errorf("%d young ones were purged", n)
	}
	later := time.Now().Add(time.Hour)
	if n := value[int](t)(s.Events.Purge(ctx, later, 3)); n != 3 {
		t.Errorf("%d purged, want 3", n)
	}
	if n := value[int](t)(s.Events.Purge(ctx, later, 100)); n != 1 {
		t.Errorf("%d purged, want all but the last", n)
	}
	if n := value[int64](t)(s.Events.Last(ctx)); n != last {
		t.Errorf("the last is %d, want %d", n, last)
	}
	if n := value[int64](t)(s.Events.Publish(ctx, "t", "")); n <= last {
		t.Errorf("number %d after %d", n, last)
	}
}

// eventRace reads on while many publish: nobody may appear below what was read.
func eventRace(t *testing.T, s *store.Store) {
	const writers, each = 6, 8
	ctx := t.Context()
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if _, err := s.Events.Publish(ctx, "t", ""); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	var last int64
	seen := 0
	for over := false; ; {
		list := value[[]store.Event](t)(s.Events.After(ctx, last, 7))
		for _, e := range list {
			last = e.N
			seen++
		}
		if over && len(list) == 0 {
			break
		}
		select {
		case <-done:
			over = true
		default:
		}
	}
	if seen != writers*each {
		t.Errorf("%d of %d were seen", seen, writers*each)
	}
}

func eventBell(t *testing.T, s *store.Store) {
	ctx, stop := context.WithCancel(t.Context())
	rung, ended := make(chan struct{}, 100), make(chan error, 1)
	go func() { ended <- s.Events.Listen(ctx, func() { rung <- struct{}{} }) }()
	wait := func(what string) {
		t.Helper()
		select {
		case <-rung:
		case <-time.After(20 * time.Second):
			t.Fatalf("no ring: %s", what)
		}
	}
	wait("it begins to listen")
	for len(rung) > 0 {
		<-rung
	}
	value[int64](t)(s.Events.Publish(ctx, "t", ""))
	wait("something was published")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
