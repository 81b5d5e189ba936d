package calls

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"imdesk/imclient"
)

// counted is a cache over a call that takes a second and counts.
type counted struct {
	*Cache[int]
	calls atomic.Int32
	fail  error
}

func newCounted(t *testing.T, fresh, stale time.Duration, size int) *counted {
	life, end := context.WithCancel(context.Background())
	t.Cleanup(end)
	return &counted{Cache: NewCache[int](life, time.Now, fresh, stale, size)}
}

func (c *counted) load(ctx context.Context) (int, error) {
	n := int(c.calls.Add(1))
	select {
	case <-time.After(time.Second):
		return n, c.fail
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (c *counted) want(t *testing.T, ctx context.Context, value int, took time.Duration) {
	t.Helper()
	start := time.Now()
	got, err := c.Get(ctx, "key", c.load)
	if err != nil || got != value || time.Since(start) != took {
		t.Errorf("got %d, %v after %v, want %d after %v", got, err, time.Since(start), value, took)
	}
}

func TestCacheAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounted(t, 10*time.Second, time.Minute, 10)
		person, job := t.Context(), imclient.WithPriority(t.Context(), imclient.PriorityJob)
		c.want(t, person, 1, time.Second)
		c.want(t, person, 1, 0)
		c.want(t, job, 1, 0)
		c.want(t, imclient.Fresh(person), 2, time.Second)
		c.want(t, person, 2, 0) // what a fresh call saw is kept
		time.Sleep(10 * time.Second)
		c.want(t, person, 2, 0) // old, and a new one is on its way
		time.Sleep(2 * time.Second)
		c.want(t, person, 3, 0)
		time.Sleep(10 * time.Second)
		c.want(t, job, 4, time.Second) // a job never gets an old one
		time.Sleep(time.Minute)
		c.want(t, person, 5, time.Second) // nor a person one that is too old
	})
}

func TestCacheSharesCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounted(t, 10*time.Second, 0, 10)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { c.want(t, t.Context(), 1, time.Second) })
		}
		// One who goes away takes nobody along, though it was perhaps the first to ask.
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			_, err := c.Get(ctx, "key", c.load)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, imclient.ErrUnavailable) {
				t.Errorf("one who left: %v", err)
			}
		})
		synctest.Wait()
		cancel()
		wg.Wait()
		if n := c.calls.Load(); n != 1 {
			t.Errorf("%d calls, want 1", n)
		}
	})
}

func TestCacheDoesNotKeepWhatAWriteMayHaveChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounted(t, time.Minute, 0, 10)
		var wg sync.WaitGroup
		wg.Go(func() { c.want(t, t.Context(), 1, time.Second) })
		time.Sleep(500 * time.Millisecond)
		c.DropKey("key") // written while the read was under way
		c.want(t, t.Context(), 2, time.Second)
		wg.Wait()
		c.want(t, t.Context(), 2, 0)
		c.Drop(func(key string) bool { return key == "key" })
		c.want(t, t.Context(), 3, time.Second)
	})
}

func TestCacheDoesNotKeepErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounted(t, time.Minute, 0, 10)
		c.fail = imclient.ErrUnavailable
		for range 2 {
			if _, err := c.Get(t.Context(), "key", c.load); !errors.Is(err, imclient.ErrUnavailable) {
				t.Errorf("got %v, want the failure", err)
			}
		}
		c.fail = nil
		c.want(t, t.Context(), 3, time.Second)
	})
}

func TestCacheEndsWithItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life, end := context.WithCancel(context.Background())
		c := &counted{Cache: NewCache[int](life, time.Now, time.Minute, 0, 10)}
		done := make(chan error)
		go func() { _, err := c.Get(t.Context(), "key", c.load); done <- err }()
		synctest.Wait()
		end()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that it was ended", err)
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	c := NewCache[int](t.Context(), time.Now, time.Minute, 0, 3)
	for i := range 5 {
		c.Put(fmt.Sprint(i), i, c.Begin())
		c.Peek("0") // in use
	}
	for key, want := range map[string]bool{"0": true, "1": false, "2": false, "3": true, "4": true} {
		if _, _, ok := c.Peek(key); ok != want {
			t.Errorf("copy %s is kept: %t, want %t", key, ok, want)
		}
	}
}

// TestCacheSharesAmongJobs: batches that ask for the same share a load that has not left yet; one that has answers only those
// who asked before.
func TestCacheSharesAmongJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounted(t, 0, 0, 10)
		job := imclient.Fresh(imclient.WithPriority(t.Context(), imclient.PriorityJob))
		load := func(ctx context.Context) (int, error) {
			time.Sleep(time.Second) // waits for its turn
			Leaving(ctx)
			return c.load(ctx)
		}
		got := make([]int, 6)
		var wg sync.WaitGroup
		for i, at := range []time.Duration{0, 500, 900, 1100, 1900, 2500} {
			wg.Go(func() {
				time.Sleep(at * time.Millisecond)
				got[i], _ = c.Get(job, "key", load)
			})
		}
		wg.Wait()
		if want := [6]int{1, 1, 1, 2, 2, 2}; [6]int(got) != want {
			t.Errorf("got %v, want %v", got, want)
		}
		if n, err := c.Get(job, "key", load); n != 3 || err != nil {
			t.Errorf("asked anew: %d, %v", n, err)
		}
		synctest.Wait()
		if len(c.jobs) != 0 {
			t.Errorf("%d loads are remembered", len(c.jobs))
		}
	})
}
