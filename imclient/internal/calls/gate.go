package calls

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"imdesk/imclient"
)

// MaxWaiting bounds the line in front of one command. What comes on top is refused at once: it would not be served
// within the time that anybody waits for an answer.
const MaxWaiting = 5000

// ErrBusy is why a call was not sent: its turn would come too late.
type ErrBusy struct {
	After time.Duration // until the turn would have come, as far as can be told
}

func (e ErrBusy) Error() string {
	return fmt.Sprintf("our own line for the vendor's rate is too long: %v", e.After.Round(time.Millisecond))
}

// ErrClosed is why a call ended whose client was closed.
var ErrClosed = errors.New("client closed")

// Gate lets calls through at a rate. Who must wait stands in one of two lines: people first, jobs with what is left;
// within a line whoever came first. A waiter leaves the line when its context ends. No goroutine waits in it: one
// timer is set while anybody does.
type Gate struct {
	mu     sync.Mutex
	full   float64 // calls a second that all who share the rate may make together
	bucket *rate.Limiter
	lines  [2]list.List // of *waiter, by imclient.Priority
	paused time.Time    // nobody goes before this
	timer  *time.Timer

	// Of a rate that is shared with other processes:
	part  float64   // 0: nobody goes
	until time.Time // nor after this; zero: for ever
	turns *turns    // not nil: each turn is asked for, since the rate is too low to be cut into parts
}

type waiter struct {
	turn chan struct{} // closed when it is
	done bool
}

// NewGate makes a gate for so many calls a second. Over any second no more than that go through: what may go in one
// burst is taken off what is refilled.
func NewGate(perSecond float64) *Gate {
	refill, burst := limitsOf(perSecond, 1)
	return &Gate{full: perSecond, part: 1, bucket: rate.NewLimiter(refill, burst)}
}

// limitsOf is what is refilled in a second, and what may go at once, for a part of a rate. Parts that add up to one let no
// more through in any second than the rate.
func limitsOf(perSecond, part float64) (rate.Limit, int) {
	mine := perSecond * part
	burst := max(1, int(mine/20))
	refill := mine - float64(burst)
	if burst == 1 {
		if part < 1 && mine > 1 {
			mine = math.Floor(mine) // each of us lets a whole number through: fractions would add up to one more
		}
		refill = mine * 0.95 // the network may bring two calls closer together than they were sent
	}
	return rate.Limit(refill), burst
}

// setPart changes what part of the rate this process may use, until a time; zero is for ever.
func (g *Gate) setPart(part float64, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.until = until
	if part != g.part {
		g.part = part
		if part > 0 {
			refill, burst := limitsOf(g.full, part)
			g.bucket.SetLimitAt(now, refill)
			g.bucket.SetBurstAt(now, burst)
		}
	}
	g.pump(now)
}

// ended tells whether the part may not be used now. A machine that slept has a clock that stood still meanwhile, so the
// calendar is asked as well.
func (g *Gate) ended(now time.Time) bool {
	return g.part <= 0 || !g.until.IsZero() && (!now.Before(g.until) || !now.Round(0).Before(g.until.Round(0)))
}

// Wait returns when it is the caller's turn. Errors: ErrBusy if the turn cannot come before the context's deadline or
// the line is full; the context's cause.
func (g *Gate) Wait(ctx context.Context, p imclient.Priority) error {
	line := imclient.PriorityPerson
	if p != imclient.PriorityPerson {
		line = imclient.PriorityJob
	}
	w := &waiter{turn: make(chan struct{})}
	g.mu.Lock()
	if err := ctx.Err(); err != nil {
		g.mu.Unlock()
		return context.Cause(ctx)
	}
	now := time.Now()
	after := g.estimate(now, line)
	deadline, ok := ctx.Deadline()
	if g.waiting() >= MaxWaiting || ok && after > 0 && now.Add(after).After(deadline) {
		g.mu.Unlock()
		return ErrBusy{after}
	}
	place := g.lines[line].PushBack(w)
	g.pump(now)
	g.mu.Unlock()

	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !w.done {
		g.lines[line].Remove(place)
	}
	return context.Cause(ctx)
}

// pump lets go whoever may go now and sets the timer for the next. The lock is held.
func (g *Gate) pump(now time.Time) {
	for g.waiting() > 0 {
		d, known := g.delay(now), true
		if g.turns != nil {
			d, known = g.nextTurn(now)
		}
		if g.ended(now) || !known {
			break // until the part is set, or the turn is known
		}
		if d > 0 {
			if g.timer == nil {
				g.timer = time.AfterFunc(d, g.ring)
			} else {
				g.timer.Reset(d)
			}
			return
		}
		if g.turns != nil {
			g.turns.take()
		} else {
			g.bucket.ReserveN(now, 1)
		}
		line := &g.lines[imclient.PriorityPerson]
		if line.Len() == 0 {
			line = &g.lines[imclient.PriorityJob]
		}
		w := line.Remove(line.Front()).(*waiter)
		w.done = true
		close(w.turn)
	}
	if g.timer != nil {
		g.timer.Stop()
	}
}

func (g *Gate) ring() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pump(time.Now())
}

// delay is how long until one call may go. The lock is held.
func (g *Gate) delay(now time.Time) time.Duration {
	d := max(0, g.paused.Sub(now))
	if g.turns != nil {
		return d
	}
	if missing := 1 - g.bucket.TokensAt(now); missing > 1e-9 {
		d = max(d, g.lasts(missing))
	}
	return d
}

// estimate is how long a new waiter of the line would wait if nobody came after it. The lock is held.
func (g *Gate) estimate(now time.Time, line imclient.Priority) time.Duration {
	ahead := g.lines[imclient.PriorityPerson].Len()
	if line == imclient.PriorityJob {
		ahead = g.waiting()
	}
	return g.delay(now) + g.lasts(float64(ahead))
}

// lasts is how long the refill of so many calls takes, rounded up so that a timer never rings too early.
func (g *Gate) lasts(calls float64) time.Duration {
	perSecond := float64(g.bucket.Limit())
	if g.turns != nil {
		perSecond = g.full // if nobody else wants any
	}
	return time.Duration(math.Ceil(calls / perSecond * float64(time.Second)))
}

// PerSecond is how many calls a second go through as things are now.
func (g *Gate) PerSecond() float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.bucket.Limit() == 0 {
		return g.full // if nobody else wants any
	}
	return float64(g.bucket.Limit())
}

// waiting counts both lines. The lock is held.
func (g *Gate) waiting() int { return g.lines[0].Len() + g.lines[1].Len() }

// Queued counts who waits in both lines.
func (g *Gate) Queued() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting()
}

// Pause stops the gate for a while, after the service said that calls come too fast.
func (g *Gate) Pause(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if until := now.Add(d); until.After(g.paused) {
		g.paused = until
	}
	g.pump(now)
}

// Gates keeps one gate for each key, made when first asked for, and forgets idle ones above a bound.
type Gates struct {
	rate func(key string) float64
	max  int

	mu     sync.Mutex
	m      map[string]*Gate
	shared bool
	part   float64
	until  time.Time
	ask    imclient.Turns
}

// NewGates makes gates for keys, each at the rate that perSecond tells, and about max of them.
func NewGates(max int, perSecond func(key string) float64) *Gates {
	return &Gates{rate: perSecond, max: max, part: 1}
}

// Share has the rates used by several processes. Until SetPart nobody goes. Rates up to LowRate are not cut into parts: each
// turn is asked for, under the name of the gate's key after prefix.
func (s *Gates) Share(prefix string, ask imclient.Turns) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shared, s.part = true, 0
	s.ask = func(ctx context.Context, line string, every time.Duration, n int) (time.Duration, error) {
		return ask(ctx, prefix+line, every, n)
	}
	s.m = nil // there is nobody in them yet
}

// SetPart says what part of the rates may be used, until a time.
func (s *Gates) SetPart(part float64, until time.Time) {
	s.mu.Lock()
	s.part, s.until = part, until
	s.mu.Unlock()
	s.Each(func(g *Gate) { g.setPart(part, until) })
}

// Get returns the gate of a key.
func (s *Gates) Get(key string) *Gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.m[key]
	if g != nil {
		return g
	}
	if len(s.m) >= s.max {
		for k, old := range s.m {
			if old.idle() {
				delete(s.m, k)
			}
		}
	}
	if s.m == nil {
		s.m = map[string]*Gate{}
	}
	g = NewGate(s.rate(key))
	if s.shared {
		if g.full <= LowRate {
			g.turns = newTurns(g, key, s.ask)
		}
		g.setPart(s.part, s.until)
	}
	s.m[key] = g
	return g
}

// idle is whether a new gate would behave like this one.
func (g *Gate) idle() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	return g.waiting() == 0 && !g.paused.After(now) && (g.turns != nil || g.bucket.TokensAt(now) >= float64(g.bucket.Burst()))
}

// Each calls f for every gate there is.
func (s *Gates) Each(f func(*Gate)) {
	s.mu.Lock()
	all := make([]*Gate, 0, len(s.m))
	for _, g := range s.m {
		all = append(all, g)
	}
	s.mu.Unlock()
	for _, g := range all {
		f(g)
	}
}
