package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/store"
)

// tries is a key that locks for ten minutes at the third try within a minute.
func tries(key string) store.AttemptKey {
	return store.AttemptKey{Key: key, Max: 3, Window: time.Minute, Lock: 10 * time.Minute}
}

// Attempts is the contract of store.Attempts.
func Attempts(t *testing.T, open Open) {
	t.Run("one key", func(t *testing.T) { attemptsOneKey(t, open(t)) })
	t.Run("a lock shorter than the window", func(t *testing.T) { attemptsShortLock(t, open(t)) })
	t.Run("one locked key stops all", func(t *testing.T) { attemptsTwoKeys(t, open(t)) })
	t.Run("forgive and clear", func(t *testing.T) { attemptsForgive(t, open(t)) })
	t.Run("a hundred at once", func(t *testing.T) { attemptsAtOnce(t, open(t)) })
	t.Run("purge", func(t *testing.T) { attemptsPurge(t, open(t)) })
}

func take(t *testing.T, s *store.Store, now time.Time, keys ...store.AttemptKey) []store.Attempt {
	t.Helper()
	return value[[]store.Attempt](t)(s.Attempts.Take(t.Context(), now, keys...))
}

func attemptsOneKey(t *testing.T, s *store.Store) {
	locked := at(30).Add(10 * time.Minute)
	for _, step := range []struct {
		name string
		now  time.Time
		want store.Attempt
	}{
		{"first", at(0), store.Attempt{Count: 1, Taken: true}},
		{"second", at(10), store.Attempt{Count: 2, Taken: true}},
		{"third locks", at(30), store.Attempt{Count: 3, Taken: true, LockedUntil: locked}},
		{"locked", at(31), store.Attempt{Count: 3, LockedUntil: locked}},
		{"locked beyond the window", at(61), store.Attempt{Count: 3, LockedUntil: locked}},
		{"locked to the last millisecond", locked.Add(-time.Millisecond), store.Attempt{Count: 3, LockedUntil: locked}},
		{"free again", locked, store.Attempt{Count: 1, Taken: true}},
		{"still in the window", locked.Add(time.Minute - time.Millisecond), store.Attempt{Count: 2, Taken: true}},
		{"a new window", locked.Add(time.Minute), store.Attempt{Count: 1, Taken: true}},
	} {
		if diff := cmp.Diff([]store.Attempt{step.want}, take(t, s, step.now, tries("k"))); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
}

// attemptsShortLock: whoever waited for the end of a lock has all tries again, even within the same window.
func attemptsShortLock(t *testing.T, s *store.Store) {
	k := store.AttemptKey{Key: "k", Max: 2, Window: time.Hour, Lock: time.Minute}
	take(t, s, at(0), k)
	take(t, s, at(0), k)
	for _, want := range []store.Attempt{{Count: 1, Taken: true}, {Count: 2, Taken: true, LockedUntil: at(120)}} {
		if got := take(t, s, at(60), k)[0]; got != want {
			t.Errorf("after the lock: %+v, want %+v", got, want)
		}
	}
}

func attemptsTwoKeys(t *testing.T, s *store.Store) {
	name, other, address := tries("name"), tries("other"), tries("address")
	address.Max = 5
	for range 3 {
		take(t, s, day, name, address)
	}
	// The name is locked: neither is counted.
	got := take(t, s, day, name, address)
	want := []store.Attempt{{Count: 3, LockedUntil: day.Add(10 * time.Minute)}, {Count: 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// Another name goes on from the same address, in whatever order the keys come.
	got = take(t, s, day, address, other)
	want = []store.Attempt{{Count: 4, Taken: true}, {Count: 1, Taken: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func attemptsForgive(t *testing.T, s *store.Store) {
	ctx := t.Context()
	k := tries("k")
	for range 3 {
		take(t, s, day, k)
	}
	must(t, s.Attempts.Forgive(ctx, "k", "never seen"))
	if got := take(t, s, day, k)[0]; got.Count != 3 || !got.Taken {
		t.Errorf("after the third try was forgiven: %+v", got)
	}
	must(t, s.Attempts.Clear(ctx, "k", "never seen"))
	if got := take(t, s, day, k)[0]; got.Count != 1 || !got.Taken {
		t.Errorf("after clearing: %+v", got)
	}
	for range 3 {
		must(t, s.Attempts.Forgive(ctx, "k")) // never below none
	}
	if got := take(t, s, day, k)[0]; got.Count != 1 {
		t.Errorf("after forgiving more than there was: %+v", got)
	}
}

func attemptsAtOnce(t *testing.T, s *store.Store) {
	var taken atomic.Int32
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			keys := []store.AttemptKey{tries("name"), tries("address")}
			if i%2 == 0 {
				keys[0], keys[1] = keys[1], keys[0]
			}
			got, err := s.Attempts.Take(t.Context(), day, keys...)
			if err != nil {
				t.Error(err)
			} else if got[0].Taken {
				taken.Add(1)
			}
		})
	}
	wg.Wait()
	if n := taken.Load(); n != 3 {
		t.Errorf("%d tries of a hundred at once were let through, want 3", n)
	}
}

func attemptsPurge(t *testing.T, s *store.Store) {
	ctx := t.Context()
	take(t, s, day, tries("a"))
	take(t, s, day, tries("b"))
	for range 3 {
		take(t, s, day, tries("locked"))
	}
	for _, step := range []struct {
		now  time.Time
		want int
	}{
		{at(59), 0},
		{at(60), 1}, // the limit
		{at(60), 1},
		{at(60), 0},
		{day.Add(10 * time.Minute), 1},
	} {
		if n := value[int](t)(s.Attempts.Purge(ctx, step.now, 1)); n != step.want {
			t.Errorf("at %v purged %d, want %d", step.now, n, step.want)
		}
	}
}
