package volcengine

import (
	"maps"
	"sync"
	"time"
)

// rateKey is what calls are counted for: all apps of an account share its limits.
type rateKey struct{ accessKey, action string }

// rateSlack is how much shorter than a second the window is, so that a caller who keeps exactly to the rate is not refused for the
// jitter of a network.
const rateSlack = 50 * time.Millisecond

// rates holds accounts to the calls a second that each action takes. Keys are those of the configuration and the table of
// actions, so there are few.
type rates struct {
	mu      sync.Mutex
	windows map[rateKey]*window
	over    map[string]int64 // calls that were refused, by action
}

// OverLimit counts the calls that were refused for their action's rate, by action. It is empty as long as nobody calls too often.
func (s *Service) OverLimit() map[string]int64 {
	s.rates.mu.Lock()
	defer s.rates.mu.Unlock()
	return maps.Clone(s.rates.over)
}

// window holds the times of the latest calls let through, as many as may be in a second.
type window struct {
	times []time.Time
	next  int
}

func (r *rates) allow(now time.Time, key rateKey, rate int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.windows[key]
	if w == nil {
		if r.windows == nil {
			r.windows = map[rateKey]*window{}
		}
		w = &window{}
		r.windows[key] = w
	}
	if len(w.times) < rate {
		w.times = append(w.times, now)
		return true
	}
	if now.Sub(w.times[w.next]) < time.Second-rateSlack {
		if r.over == nil {
			r.over = map[string]int64{}
		}
		r.over[key.action]++
		return false
	}
	w.times[w.next] = now
	w.next = (w.next + 1) % rate
	return true
}

// maxFlood is how many live groups are watched at once; beyond it counting begins anew.
const maxFlood = 4096

// What a live group carries a second. Source: live groups, doc 803659.
const (
	floodNormal = 30 // low and normal priority together
	floodHigh   = 10
)

// flood holds live groups to their messages a second.
type flood struct {
	mu     sync.Mutex
	groups map[int64]*floodSecond
}

type floodSecond struct {
	second       int64
	normal, high int
}

// allow reports whether a message still gets through. Beyond its limit high priority competes with the rest: its delivery is no
// longer assured, so it is dropped when the rest is full as well.
func (f *flood) allow(now time.Time, cid, priority int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.groups[cid]
	if w == nil {
		if f.groups == nil || len(f.groups) >= maxFlood {
			f.groups = map[int64]*floodSecond{}
		}
		w = &floodSecond{}
		f.groups[cid] = w
	}
	if s := now.Unix(); s != w.second {
		*w = floodSecond{second: s}
	}
	if priority == highPriority && w.high < floodHigh {
		w.high++
		return true
	}
	if w.normal < floodNormal {
		w.normal++
		return true
	}
	return false
}

// allowances are what accounts have used of what they may do in a minute. Accounts are those of the configuration.
type allowances struct {
	mu sync.Mutex
	of map[string]*allowance
}

type allowance struct {
	minute int64
	used   int
}
