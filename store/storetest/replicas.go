package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"imdesk/store"
)

// Replicas is the contract of store.Replicas.
func Replicas(t *testing.T, open Open) {
	t.Run("leases and parts", func(t *testing.T) { replicaParts(t, open(t)) })
	t.Run("never more than the whole", func(t *testing.T) { replicaRace(t, open(t)) })
	t.Run("a bound", func(t *testing.T) { replicaBound(t, open(t)) })
	t.Run("turns", func(t *testing.T) { replicaTurns(t, open(t)) })
}

// part chooses a part of pool "p".
func part(p float64) func([]store.Replica, map[string]store.Share) map[string]store.Share {
	return func([]store.Replica, map[string]store.Share) map[string]store.Share {
		return map[string]store.Share{"p": {Part: p}}
	}
}

func names(list []store.Replica) (ids []string) {
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return ids
}

func replicaParts(t *testing.T, s *store.Store) {
	ctx := t.Context()
	must(t, s.Replicas.Beat(ctx, store.Replica{ID: "a", Name: "host:1", Version: "v1"}, time.Minute, func(others []store.Replica, mine map[string]store.Share) map[string]store.Share {
		if len(others) != 0 || mine != nil {
			t.Errorf("the first one is told of %v and %v", others, mine)
		}
		return map[string]store.Share{"p": {Part: 0.7, Busy: true}, "q": {Part: 1}}
	}))
	must(t, s.Replicas.Beat(ctx, store.Replica{ID: "b"}, 1500*time.Millisecond, func(others []store.Replica, mine map[string]store.Share) map[string]store.Share {
		if len(others) != 1 || others[0].ID != "a" || others[0].Shares["p"] != (store.Share{Part: 0.7, Busy: true}) || others[0].Shares["q"].Part != 1 || mine != nil {
			t.Errorf("the second one is told of %+v and %v", others, mine)
		}
		return map[string]store.Share{"p": {Part: 0.3}}
	}))
	wantErr(t, s.Replicas.Beat(ctx, store.Replica{ID: "c"}, time.Minute, part(0.01)), store.ErrInvalid)
	list := value[[]store.Replica](t)(s.Replicas.List(ctx))
	if !slices.Contains(names(list), "a") || list[0].Name != "host:1" || list[0].Version != "v1" || list[0].Until.Sub(list[0].Seen) != time.Minute ||
		time.Since(list[0].Started).Abs() > time.Minute {
		t.Errorf("listed are %+v", list)
	}
	// b says nothing more: its lease ends, and what it had is free.
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := s.Replicas.Beat(ctx, store.Replica{ID: "c"}, time.Minute, part(0.3))
		if err == nil {
			break
		}
		if !errors.Is(err, store.ErrInvalid) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	must(t, s.Replicas.Beat(ctx, store.Replica{ID: "a"}, time.Minute, func(others []store.Replica, mine map[string]store.Share) map[string]store.Share {
		if !slices.Equal(names(others), []string{"c"}) || mine["p"].Part != 0.7 {
			t.Errorf("told of %v, %v", names(others), mine)
		}
		return nil
	}))
	must(t, s.Replicas.Leave(ctx, "a"))
	must(t, s.Replicas.Leave(ctx, "a"))
	if list := value[[]store.Replica](t)(s.Replicas.List(ctx)); !slices.Equal(names(list), []string{"c"}) || list[0].Shares["p"].Part != 0.3 {
		t.Errorf("listed are %+v", list)
	}
}

// replicaRace has many take what they can get, at once.
func replicaRace(t *testing.T, s *store.Store) {
	ctx := t.Context()
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			for range 4 {
				err := s.Replicas.Beat(ctx, store.Replica{ID: fmt.Sprint(i)}, time.Minute, func(others []store.Replica, _ map[string]store.Share) map[string]store.Share {
					free := 1.0
					for _, o := range others {
						free -= o.Shares["p"].Part
					}
					return map[string]store.Share{"p": {Part: max(0, free/2)}}
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	sum := 0.0
	for _, r := range value[[]store.Replica](t)(s.Replicas.List(ctx)) {
		sum += r.Shares["p"].Part
	}
	if sum > 1.0000001 || sum < 0.5 {
		t.Errorf("the parts add up to %v", sum)
	}
}

func replicaBound(t *testing.T, s *store.Store) {
	for i := range store.MaxReplicas {
		must(t, s.Replicas.Beat(t.Context(), store.Replica{ID: fmt.Sprint(i)}, time.Minute, part(0)))
	}
	wantErr(t, s.Replicas.Beat(t.Context(), store.Replica{ID: "more"}, time.Minute, part(0)), store.ErrInvalid)
	must(t, s.Replicas.Beat(t.Context(), store.Replica{ID: "0"}, time.Minute, part(0)))
}

func replicaTurns(t *testing.T, s *store.Store) {
	ctx := t.Context()
	turn := func(line string, every time.Duration, n int) time.Duration {
		t.Helper()
		return value[time.Duration](t)(s.Replicas.Turn(ctx, "p", line, every, n))
	}
	if w := turn("slow", time.Hour, 1); w > time.Second {
		t.Errorf("the first turn is in %v", w)
	}
	if w := turn("slow", time.Hour, 2); w < 59*time.Minute || w > time.Hour {
		t.Errorf("the second turn is in %v", w)
	}
	if w := turn("slow", time.Hour, 1); w < 179*time.Minute || w > 3*time.Hour {
		t.Errorf("the fourth turn is in %v", w)
	}
	if w := turn("other", time.Hour, 1); w > time.Second {
		t.Errorf("another line waits %v", w)
	}
	for _, bad := range []int{0, 1001} {
		_, err := s.Replicas.Turn(ctx, "p", "x", time.Second, bad)
		wantErr(t, err, store.ErrInvalid)
	}
	// Everybody at once: each turn is given out once.
	var mu sync.Mutex
	var got []time.Time
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 3 {
				w, err := s.Replicas.Turn(context.WithoutCancel(ctx), "p", "many", 10*time.Second, 1)
				at := time.Now().Add(w)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				got = append(got, at)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.SortFunc(got, time.Time.Compare)
	for i := 1; i < len(got); i++ {
		if d := got[i].Sub(got[i-1]); d < 5*time.Second {
			t.Errorf("turns %d and %d are %v apart", i-1, i, d)
		}
	}
	if n := value[int](t)(s.Replicas.PurgeTurns(ctx, 100)); n != 0 {
		t.Errorf("%d lines in use were purged", n)
	}
}
