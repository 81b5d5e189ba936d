package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"imdesk/store"
)

// Arrivals is the contract of store.Arrivals.
func Arrivals(t *testing.T, open Open) {
	t.Run("what changes arrives", func(t *testing.T) { arrivalKinds(t, open(t)) })
	t.Run("purge", func(t *testing.T) { arrivalPurge(t, open(t)) })
	t.Run("none is overtaken", func(t *testing.T) { arrivalRace(t, open(t)) })
	t.Run("the bell rings", func(t *testing.T) { arrivalBell(t, open(t)) })
}

func arrived(t *testing.T, s *store.Store, after int64) (list []string, last int64) {
	t.Helper()
	got, last, err := s.Arrivals.After(t.Context(), after, store.MaxArrivalPage)
	must(t, err)
	for _, a := range got {
		list = append(list, fmt.Sprintf("%d %s %s %q %d", a.Kind, a.Message.Place.Group, a.Message.Key, a.Message.Text, a.Message.State))
	}
	return list, last
}

func arrivalKinds(t *testing.T, s *store.Store) {
	ctx := t.Context()
	if n := value[int64](t)(s.Arrivals.Last(ctx)); n != 0 {
		t.Errorf("the last of none is %d", n)
	}
	g := store.Conversation{App: "a", Group: "g"}
	direct := said("a", "", "ann", "secret", 1)
	direct.Place.Users = [2]string{"ann", "bob"}
	old := said("a", "g", "ann", "long ago", 2)
	old.At = old.Added.Add(-2 * store.ArrivalLag)
	read := said("a", "g", "ann", "read of late", 4)
	read.Inside, read.At = true, read.Added.Add(-2*store.ReadLag)
	late := said("a", "g", "ann", "taken back before it came", 3)
	must(t, s.Archive.Recall(ctx, g, []string{"3"}, at(3)))
	value[int](t)(s.Archive.Add(ctx, []store.Archived{said("a", "g", "ann", "one", 1), direct, old, read, late}))
	value[int](t)(s.Archive.Add(ctx, []store.Archived{said("a", "g", "ann", "one", 1)})) // again: nothing new
	list, last := arrived(t, s, 0)
	want := []string{`0 g 1 "one" 0`, `0 g 3 "taken back before it came" 2`}
	if fmt.Sprint(list) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", list, want)
	}
	edited := said("a", "g", "ann", "uno", 1)
	edited.Changed = at(9)
	must(t, s.Archive.Edit(ctx, edited))
	must(t, s.Archive.Recall(ctx, g, []string{"1"}, at(10)))
	must(t, s.Archive.Recall(ctx, g, []string{"1"}, at(11))) // again: nothing new
	list, next := arrived(t, s, last)
	if want := []string{`1 g 1 "uno" 2`, `2 g 1 "uno" 2`}; fmt.Sprint(list) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", list, want)
	}
	if n := value[int64](t)(s.Arrivals.Last(ctx)); n != next {
		t.Errorf("the last is %d, want %d", n, next)
	}
	value[int](t)(s.Archive.Erase(ctx, "a", "ann", day, 100))
	if list, n := arrived(t, s, 0); len(list) != 0 || n != next {
		t.Errorf("of erased messages %q arrives, read up to %d", list, n)
	}
	_, _, err := s.Arrivals.After(ctx, 0, store.MaxArrivalPage+1)
	wantErr(t, err, store.ErrInvalid)
}

func arrivalPurge(t *testing.T, s *store.Store) {
	ctx := t.Context()
	for i := range 6 {
		value[int](t)(s.Archive.Add(ctx, []store.Archived{said("a", "g", "ann", "x", i+1)}))
	}
	_, last := arrived(t, s, 0)
	long := time.Now().Add(-time.Hour)
	if n := value[int](t)(s.Arrivals.Purge(ctx, long, 1000, 100)); n != 0 {
		t.Errorf("%d young ones were purged", n)
	}
	if at := value[time.Time](t)(s.Arrivals.Missing(ctx, 0)); !at.IsZero() {
		t.Errorf("something is missing before %s", at)
	}
	if n := value[int](t)(s.Arrivals.Purge(ctx, long, 4, 100)); n != 2 {
		t.Errorf("%d beyond the last four were purged", n)
	}
	if at := value[time.Time](t)(s.Arrivals.Missing(ctx, 0)); time.Since(at).Abs() > time.Minute {
		t.Errorf("what is kept begins at %s", at)
	}
	if at := value[time.Time](t)(s.Arrivals.Missing(ctx, last-4)); !at.IsZero() {
		t.Errorf("something is missing after what was purged: %s", at)
	}
	if n := value[int](t)(s.Arrivals.Purge(ctx, time.Now().Add(time.Hour), 1000, 100)); n != 3 {
		t.Errorf("%d purged, want all but the last", n)
	}
	if n := value[int64](t)(s.Arrivals.Last(ctx)); n != last {
		t.Errorf("the last is %d, want %d", n, last)
	}
}

// arrivalRace reads on while many write: none may appear below what was read.
func arrivalRace(t *testing.T, s *store.Store) {
	const writers, each = 6, 8
	ctx := t.Context()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if _, err := s.Archive.Add(ctx, []store.Archived{said("a", fmt.Sprint("g", w), "ann", "x", i+1)}); err != nil {
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
		list, n, err := s.Arrivals.After(ctx, last, 7)
		must(t, err)
		seen, last = seen+len(list), n
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

func arrivalBell(t *testing.T, s *store.Store) {
	ctx, stop := context.WithCancel(t.Context())
	rings := make(chan struct{}, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- s.Arrivals.Listen(ctx, func() {
			select {
			case rings <- struct{}{}:
			default:
			}
		})
	}()
	wait := func(what string) {
		t.Helper()
		select {
		case <-rings:
		case <-time.After(20 * time.Second):
			t.Fatal("no ring " + what)
		}
	}
	wait("at the beginning")
	value[int](t)(s.Archive.Add(t.Context(), []store.Archived{said("a", "g", "ann", "x", 1)}))
	wait("for what was said")
	stop()
	must(t, <-ended)
}
