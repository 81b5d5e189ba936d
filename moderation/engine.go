package moderation

import (
	"sync"
	"sync/atomic"
	"time"
)

// Engine answers by the rules in force. They are replaced without a pause: messages on their way are judged by those that were in
// force when they came. The zero value has no rules.
type Engine struct {
	// OnStop is called, by itself, when a rule has done more than it may and is no longer asked. nil: nobody is told.
	OnStop func(Stop)

	set    atomic.Pointer[Set]
	start  sync.Once
	memory *Memory
	brakes brakes
}

// Stop says why a rule stopped by itself.
type Stop struct {
	Rule    string
	Version int
	Why     string // StopActions or StopReversals
	Count   int
	Limit   int
	At      time.Time
}

// Why rules stop by themselves.
const (
	StopActions   = "actions"
	StopReversals = "reversals"
)

// brakes count what rules in force do. A nil one never brakes.
type brakes struct {
	mu   sync.Mutex
	on   map[string]*brake
	stop func(Stop)
}

type brake struct {
	version   int
	actions   []time.Time
	reversals []time.Time
	pulled    bool
}

func (e *Engine) init() {
	e.start.Do(func() {
		e.memory = NewMemory()
		e.brakes.on = map[string]*brake{}
		e.brakes.stop = func(s Stop) {
			if e.OnStop != nil {
				go e.OnStop(s)
			}
		}
	})
}

// Use puts a set in force.
func (e *Engine) Use(s *Set) {
	e.init()
	e.set.Store(s)
}

// Set is the set in force, nil before the first.
func (e *Engine) Set() *Set { return e.set.Load() }

// Judge answers for a message. It takes some microseconds and calls nobody.
func (e *Engine) Judge(m *Message) Verdict {
	e.init()
	s := e.set.Load()
	if s == nil || len(s.rules) == 0 {
		return Verdict{}
	}
	return s.judge(m, e.memory, false, &e.brakes)
}

// Reversed counts that an operator took back what a rule did.
func (e *Engine) Reversed(rule string, at time.Time) {
	e.init()
	s := e.set.Load()
	if s == nil {
		return
	}
	for _, r := range s.rules {
		if r.Name == rule {
			e.brakes.reversed(r, at)
		}
	}
}

// of returns a rule's brake; a new version begins with a new one. The caller holds mu.
func (b *brakes) of(r *compiled) *brake {
	k := b.on[r.Name]
	if k == nil || k.version != r.Version {
		k = &brake{version: r.Version}
		b.on[r.Name] = k
	}
	return k
}

func (b *brakes) pulled(r *compiled) bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.of(r).pulled
}

// count notes an action and reports whether it may be done.
func (b *brakes) count(r *compiled, at time.Time) bool {
	if b == nil {
		return true
	}
	limit := r.MaxActions
	if limit == 0 {
		limit = DefaultMaxActions
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.of(r)
	return b.note(k, &k.actions, at, time.Minute, limit, Stop{Rule: r.Name, Version: r.Version, Why: StopActions})
}

func (b *brakes) reversed(r *compiled, at time.Time) {
	limit := r.MaxReversals
	if limit == 0 {
		limit = DefaultMaxReversals
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.of(r)
	b.note(k, &k.reversals, at, time.Hour, limit, Stop{Rule: r.Name, Version: r.Version, Why: StopReversals})
}

// note adds a time to those of a span, and pulls the brake when there are more than limit. The caller holds mu.
func (b *brakes) note(k *brake, list *[]time.Time, at time.Time, span time.Duration, limit int, why Stop) bool {
	old := 0
	for old < len(*list) && at.Sub((*list)[old]) > span {
		old++
	}
	*list = append((*list)[old:], at)
	if len(*list) <= limit || k.pulled {
		return !k.pulled
	}
	why.Count, why.Limit, why.At = len(*list), limit, at
	k.pulled = true
	b.stop(why)
	return false
}
