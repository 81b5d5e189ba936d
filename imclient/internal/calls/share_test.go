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

// desk gives out turns to several processes, as the database does.
type desk struct {
	mu   sync.Mutex
	next map[string]time.Time
	fail error
}

func (d *desk) turn(_ context.Context, line string, every time.Duration, n int) (time.Duration, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return 0, d.fail
	}
	if d.next == nil {
		d.next = map[string]time.Time{}
	}
	now := time.Now()
	first := d.next[line]
	if first.Before(now) {
		first = now
	}
	d.next[line] = first.Add(time.Duration(n) * every)
	return first.Sub(now), nil
}

// passed collects when calls went through, and counts them in any second.
type passed struct {
	mu sync.Mutex
	at []time.Time
}

func (p *passed) note() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = append(p.at, time.Now())
}

func (p *passed) most() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	slices.SortFunc(p.at, time.Time.Compare)
	most := 0
	for i, from := range p.at {
		n := 0
		for _, at := range p.at[i:] {
			if at.Before(from.Add(time.Second)) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// TestSharedRateIsKept has several processes want more than there is: what all send in any second is within the rate, and
// near it.
func TestSharedRateIsKept(t *testing.T) {
	for _, perSecond := range []float64{0.4, 1, 5, 10, 40, 50, 100, 200} {
		for _, parts := range [][]float64{{0.5, 0.5}, {0.34, 0.33, 0.33}, {0.7, 0.15, 0.15}} {
			synctest.Test(t, func(t *testing.T) {
				d, p := &desk{}, &passed{}
				const seconds = 20
				ctx, cancel := context.WithTimeout(t.Context(), seconds*time.Second)
				defer cancel()
				var wg sync.WaitGroup
				for _, part := range parts {
					gates := NewGates(10, func(string) float64 { return perSecond })
					gates.Share("", d.turn)
					gates.SetPart(part, time.Time{})
					for range 3 * int(perSecond+1) { // callers without a break
						wg.Go(func() {
							for gates.Get("x").Wait(ctx, imclient.PriorityJob) == nil {
								p.note()
							}
						})
					}
				}
				wg.Wait()
				if most := p.most(); most > max(1, int(perSecond)) {
					t.Errorf("%v/s in parts %v: %d in one second", perSecond, parts, most)
				}
				if n := len(p.at); float64(n) < perSecond*seconds*0.85-1 {
					t.Errorf("%v/s in parts %v: only %d in %d s", perSecond, parts, n, seconds)
				}
			})
		}
	}
}

func TestSharedRateWithoutAPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gates := NewGates(10, func(string) float64 { return 100 })
		gates.Share("", (&desk{}).turn)
		wait := func(d time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			return gates.Get("x").Wait(ctx, imclient.PriorityPerson)
		}
		if err := wait(time.Minute); err == nil {
			t.Error("a call went before there was a part")
		}
		gates.SetPart(0.5, time.Now().Add(10*time.Second))
		if err := wait(time.Second); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Second)
		if err := wait(time.Second); err == nil {
			t.Error("a call went after the part's end")
		}
		gates.SetPart(0.5, time.Now().Add(10*time.Second))
		if err := wait(time.Second); err != nil {
			t.Error(err)
		}
		gates.SetPart(0, time.Time{})
		start, line := time.Now(), make(chan error)
		go func() { line <- wait(time.Minute) }()
		time.Sleep(5 * time.Second)
		gates.SetPart(0.1, time.Time{})
		if err := <-line; err != nil || time.Since(start) != 5*time.Second {
			t.Errorf("one who waited for a part: %v after %v", err, time.Since(start))
		}
	})
}

func TestTurnsWhenNobodyGivesThemOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{fail: errors.New("away")}
		gates := NewGates(10, func(string) float64 { return 1 })
		gates.Share("a ", d.turn)
		gates.SetPart(1, time.Time{})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := gates.Get("x").Wait(ctx, imclient.PriorityPerson); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Second) // asking has ended, too, or synctest would say so
		go func() {
			time.Sleep(time.Second)
			d.mu.Lock()
			d.fail = nil
			d.mu.Unlock()
		}()
		start := time.Now()
		if err := gates.Get("x").Wait(t.Context(), imclient.PriorityPerson); err != nil || time.Since(start) > 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if d.next["a x"].IsZero() {
			t.Errorf("asked for %v", d.next)
		}
	})
}

// A turn that nobody used is not used later: the ones after it would come too close.
func TestTurnsPassBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		gates := NewGates(10, func(string) float64 { return 1 })
		gates.Share("", d.turn)
		gates.SetPart(1, time.Time{})
		g := gates.Get("x")
		if err := g.Wait(t.Context(), imclient.PriorityPerson); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		_ = g.Wait(ctx, imclient.PriorityJob) // has a turn asked for, and leaves
		cancel()
		time.Sleep(1600 * time.Millisecond)
		before := d.next["x"]
		if err := g.Wait(t.Context(), imclient.PriorityPerson); err != nil {
			t.Fatal(err)
		}
		if d.next["x"].Equal(before) {
			t.Error("an old turn was used")
		}
	})
}
