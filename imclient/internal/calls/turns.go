package calls

import (
	"context"
	"time"

	"imdesk/imclient"
)

// LowRate is up to how many calls a second a rate is not cut into parts: a part of one call a second would let each of
// several processes send in the same second.
const LowRate = 64

const (
	turnsAhead = 10                    // for each so many calls a second one turn is asked for at once
	turnGrace  = 40 * time.Millisecond // how late a turn may be used; nobody else knows that it was not
	turnWait   = 5 * time.Second       // for an answer
	turnRetry  = 250 * time.Millisecond
)

// turns are times at which a call may be sent, given out by one place for all processes that share a rate. The gate's lock
// guards it.
type turns struct {
	gate   *Gate
	line   string
	ask    imclient.Turns
	every  time.Duration
	next   time.Time // of the first of left
	left   int
	asking bool
}

func newTurns(g *Gate, line string, ask imclient.Turns) *turns {
	// Below the rate, so that a turn used a little late does not come too close to the next ones.
	perSecond := g.full * 0.9
	if g.full >= 20 {
		perSecond = g.full * 0.95
	}
	return &turns{gate: g, line: line, ask: ask, every: time.Duration(float64(time.Second) / perSecond)}
}

// nextTurn is how long until the next turn, if it is known; if not, it is asked for, and the gate pumps once it is.
// The lock is held.
func (g *Gate) nextTurn(now time.Time) (time.Duration, bool) {
	t := g.turns
	for t.left > 0 && now.Sub(t.next) > turnGrace {
		t.take()
	}
	if t.left > 0 {
		return max(t.next.Sub(now), g.paused.Sub(now)), true
	}
	if !t.asking {
		t.asking = true
		n := max(1, min(g.waiting(), int(g.full/turnsAhead)))
		go t.fetch(n)
	}
	return 0, false
}

func (t *turns) take() {
	t.left--
	t.next = t.next.Add(t.every)
}

// fetch asks for n turns, again and again while anybody waits.
func (t *turns) fetch(n int) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), turnWait)
		wait, err := t.ask(ctx, t.line, t.every, n)
		cancel()
		now := time.Now()
		t.gate.mu.Lock()
		if err == nil {
			t.next, t.left, t.asking = now.Add(wait), n, false
			t.gate.pump(now)
			t.gate.mu.Unlock()
			return
		}
		if t.gate.waiting() == 0 { // all have left: whoever comes asks anew
			t.asking = false
			t.gate.mu.Unlock()
			return
		}
		t.gate.mu.Unlock()
		time.Sleep(turnRetry)
	}
}
