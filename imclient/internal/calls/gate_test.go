package calls

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imdesk/imclient"
)

// TestGateKeepsTheRate counts what goes through in every second, a sliding one, while far more want to.
func TestGateKeepsTheRate(t *testing.T) {
	for _, perSecond := range []float64{0.5, 1, 10, 40, 100, 200} {
		synctest.Test(t, func(t *testing.T) {
			g := NewGate(perSecond)
			time.Sleep(time.Minute) // what was not used is not saved up
			start := time.Now()
			var mu sync.Mutex
			var passed []time.Duration
			var wg sync.WaitGroup
			n := int(perSecond*10) + 5
			for range n {
				wg.Go(func() {
					if err := g.Wait(t.Context(), imclient.PriorityPerson); err != nil {
						t.Error(err)
					}
					mu.Lock()
					passed = append(passed, time.Since(start))
					mu.Unlock()
				})
			}
			wg.Wait()
			slices.Sort(passed)
			most := max(1, int(perSecond))
			for i := range passed {
				inSecond := 0
				for _, p := range passed[i:] {
					if p < passed[i]+time.Second {
						inSecond++
					}
				}
				if inSecond > most {
					t.Fatalf("%v/s: %d calls in the second after %v", perSecond, inSecond, passed[i])
				}
			}
			if took, ideal := passed[n-1].Seconds(), float64(n)/perSecond; took > ideal*1.12+1 {
				t.Errorf("%v/s: %d calls took %.1f s, want about %.1f", perSecond, n, took, ideal)
			}
			synctest.Wait()
		})
	}
}

func TestGatePeopleBeforeJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1)
		var mu sync.Mutex
		var order []string
		var wg sync.WaitGroup
		join := func(name string, p imclient.Priority) {
			wg.Go(func() {
				if err := g.Wait(t.Context(), p); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, name)
				mu.Unlock()
			})
			synctest.Wait()
		}
		join("first", imclient.PriorityJob)
		join("job 1", imclient.PriorityJob)
		join("job 2", imclient.PriorityJob)
		join("person 1", imclient.PriorityPerson)
		time.Sleep(1500 * time.Millisecond) // person 1 went
		join("person 2", imclient.PriorityPerson)
		join("person 3", imclient.PriorityPerson)
		wg.Wait()
		want := []string{"first", "person 1", "person 2", "person 3", "job 1", "job 2"}
		if !slices.Equal(order, want) {
			t.Errorf("got %q, want %q", order, want)
		}
	})
}

func TestGateLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1)
		if err := g.Wait(t.Context(), imclient.PriorityPerson); err != nil {
			t.Fatal(err)
		}
		why := errors.New("page closed")
		ctx, cancel := context.WithCancelCause(t.Context())
		left := make(chan error)
		go func() { left <- g.Wait(ctx, imclient.PriorityPerson) }()
		synctest.Wait()
		start := time.Now()
		second := make(chan time.Duration)
		go func() {
			if err := g.Wait(t.Context(), imclient.PriorityPerson); err != nil {
				t.Error(err)
			}
			second <- time.Since(start)
		}()
		synctest.Wait()
		if got := g.Queued(); got != 2 {
			t.Errorf("waiting: got %d, want 2", got)
		}
		cancel(why)
		if err := <-left; !errors.Is(err, why) {
			t.Errorf("got %v, want the reason for leaving", err)
		}
		if took := <-second; took > 1100*time.Millisecond {
			t.Errorf("the next in the line waited %v: whoever left kept the turn", took)
		}
		if err := g.Wait(ctx, imclient.PriorityPerson); !errors.Is(err, why) {
			t.Errorf("a call whose context is over: got %v, want its reason", err)
		}
	})
}

func TestGateRefusesWhatWouldComeTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1)
		var wg sync.WaitGroup
		for range 6 { // one goes, five wait
			wg.Go(func() { _ = g.Wait(t.Context(), imclient.PriorityPerson) })
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		err := g.Wait(ctx, imclient.PriorityPerson)
		busy, ok := errors.AsType[ErrBusy](err)
		if !ok || busy.After < 5*time.Second || busy.After > 8*time.Second {
			t.Errorf("got %v, want a refusal that tells of about 6 s", err)
		}
		if time.Since(start) != 0 {
			t.Error("the refusal took time")
		}
		patient, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := g.Wait(patient, imclient.PriorityPerson); err != nil {
			t.Errorf("one who can wait: %v", err)
		}
		wg.Wait()
	})
}

func TestGateBoundsItsLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1)
		ctx, cancel := context.WithCancel(t.Context())
		for range MaxWaiting + 1 {
			go func() { _ = g.Wait(ctx, imclient.PriorityJob) }()
		}
		synctest.Wait()
		if got := g.Queued(); got != MaxWaiting {
			t.Errorf("waiting: got %d, want %d", got, MaxWaiting)
		}
		if _, ok := errors.AsType[ErrBusy](g.Wait(ctx, imclient.PriorityJob)); !ok {
			t.Error("a full line takes one more")
		}
		cancel()
		synctest.Wait()
		if got := g.Queued(); got != 0 {
			t.Errorf("waiting after all left: got %d", got)
		}
	})
}

func TestGatePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(200)
		g.Pause(2 * time.Second)
		g.Pause(time.Second) // a shorter one changes nothing
		start := time.Now()
		if err := g.Wait(t.Context(), imclient.PriorityPerson); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("waited %v, want 2 s", took)
		}
	})
}

func TestGatesForgetIdleOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewGates(3, func(string) float64 { return 1 })
		for _, key := range []string{"a", "b", "c"} {
			if err := s.Get(key).Wait(t.Context(), imclient.PriorityPerson); err != nil {
				t.Fatal(err)
			}
		}
		busy := s.Get("a")
		s.Get("d")
		if s.Get("a") != busy {
			t.Error("a gate that has just been used was forgotten")
		}
		time.Sleep(time.Minute)
		s.Get("e")
		if len(s.m) != 1 {
			t.Errorf("%d gates are kept, want the new one", len(s.m))
		}
	})
}

func TestRecorder(t *testing.T) {
	var r Recorder
	now := time.Unix(1700000000, 0)
	if got := r.Stats(now); got != (imclient.Stats{}) {
		t.Errorf("before any call: %+v", got)
	}
	for i := range 100 {
		r.Call(now.Add(time.Duration(i)*300*time.Millisecond), time.Duration(i+1)*time.Millisecond, i%10 == 0)
	}
	end := now.Add(30 * time.Second)
	got := r.Stats(end)
	if got.Calls != 100 || got.Failures != 10 {
		t.Errorf("got %d calls and %d failures, want 100 and 10", got.Calls, got.Failures)
	}
	if got.P95 < 95*time.Millisecond || got.P95 > 115*time.Millisecond {
		t.Errorf("p95 of 1 to 100 ms: %v", got.P95)
	}
	if want := now.Add(99 * 300 * time.Millisecond); !got.LastOK.Equal(want) {
		t.Errorf("last good call: %v, want %v", got.LastOK, want)
	}
	r.Call(end, 0, true) // never answered: no part of the latency
	if got := r.Stats(end); got.Failures != 11 || got.P95 > 115*time.Millisecond {
		t.Errorf("after one without an answer: %+v", got)
	}
	if got := r.Stats(now.Add(75 * time.Second)); got.Calls != 47 {
		t.Errorf("75 s later %d calls are in the window, want 46 from second 16 on and the late failure", got.Calls)
	}
	later := r.Stats(now.Add(time.Hour))
	if later.Calls != 0 || later.P95 != 0 || later.LastOK.IsZero() {
		t.Errorf("an hour later: %+v", later)
	}
}

func TestLatencyBuckets(t *testing.T) {
	for ms := range 100_000 {
		d := time.Duration(ms) * time.Millisecond
		b := bucketOf(d)
		if edge := upperEdge(b); edge <= d || b > 0 && upperEdge(b-1) > max(d, 2*time.Millisecond) {
			t.Fatalf("%v is in bucket %d, up to %v", d, b, edge)
		}
	}
	if b := bucketOf(24 * time.Hour); b != len(latencies{})-1 {
		t.Errorf("a day is in bucket %d", b)
	}
}
