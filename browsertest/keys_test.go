package browsertest

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// task counts what an operator presses for one thing to do. Keys, clicks and taps count one each, with whatever modifiers are
// held meanwhile; what is typed or pasted where the focus is counts nothing. What no hand could do in one press (going to an
// address, filling a field without going there) fails the test.
type task struct {
	p           *tab
	name        string
	most, begun int
	start, last time.Time
	laps        []string
	over        bool
}

// task begins to count. most is what the task may cost. A tab has one task at a time.
func (p *tab) task(name string, most int) *task {
	p.t.Helper()
	if p.counts != nil {
		p.t.Fatalf("%s: %s is still counted", name, p.counts.name)
	}
	k := &task{p: p, name: name, most: most, begun: p.keys, start: time.Now(), last: time.Now()}
	p.counts = k
	p.t.Cleanup(func() {
		if !k.over {
			p.t.Errorf("%s: nothing says when it is done", name)
		}
	})
	return k
}

// keys is how many there were so far.
func (k *task) keys() int { return k.p.keys - k.begun }

// lap notes how long it took since the lap before.
func (k *task) lap(what string) time.Duration {
	took := time.Since(k.last)
	k.last = time.Now()
	k.laps = append(k.laps, fmt.Sprintf("%s %s", what, took.Round(time.Millisecond)))
	return took
}

// note keeps a figure for what is printed in the end.
func (k *task) note(format string, args ...any) {
	k.laps = append(k.laps, fmt.Sprintf(format, args...))
}

// done ends the task: it is over its number, or says how many keys and how much time it took.
func (k *task) done() {
	k.p.t.Helper()
	k.over = true
	k.p.counts = nil
	said := fmt.Sprintf("%s: keys %d of %d, %s", k.name, k.keys(), k.most, time.Since(k.start).Round(time.Millisecond))
	if len(k.laps) > 0 {
		said += " (" + strings.Join(k.laps, ", ") + ")"
	}
	if k.keys() > k.most {
		k.p.t.Error(said)
		return
	}
	k.p.t.Log(said)
}

// byHand fails the test while a task is counted.
func (p *tab) byHand(what string) {
	p.t.Helper()
	if p.counts != nil {
		p.t.Fatalf("%s: no key does this: %s", p.counts.name, what)
	}
}

// tap touches the middle of something.
func (p *tab) tap(selector string) *tab {
	p.t.Helper()
	p.keys++
	p.do(chromedp.Tap(chromedp.CSS(selector)))
	return p
}
