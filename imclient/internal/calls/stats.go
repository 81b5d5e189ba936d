package calls

import (
	"math"
	"math/bits"
	"sync"
	"time"

	"imdesk/imclient"
)

// The window of Stats, in slots of one second.
const statsWindow = 60

// latencies is a histogram with four buckets for each doubling from 1 ms on: 1 ms to 17 minutes, 19% wide at most.
type latencies [80]uint32

func bucketOf(d time.Duration) int {
	ms := uint64(max(1, d.Milliseconds()))
	exp := bits.Len64(ms) - 1
	sub := 0
	if exp >= 2 {
		sub = int(ms>>(exp-2)) & 3
	} else if exp == 1 {
		sub = int(ms&1) * 2
	}
	return min(exp*4+sub, len(latencies{})-1)
}

// upperEdge is the longest time that falls into a bucket.
func upperEdge(b int) time.Duration {
	ms := math.Exp2(float64(b/4)) * (1 + float64(b%4+1)/4)
	return time.Duration(ms * float64(time.Millisecond))
}

// Recorder counts the calls of the last minute in a ring.
type Recorder struct {
	mu     sync.Mutex
	slots  [statsWindow]slot
	lastOK time.Time
}

type slot struct {
	second          int64
	calls, failures int
	answered        latencies
}

// Call notes a call that ended. took is 0 if nothing answered.
func (r *Recorder) Call(now time.Time, took time.Duration, failed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.slots[now.Unix()%statsWindow]
	if s.second != now.Unix() {
		*s = slot{second: now.Unix()}
	}
	s.calls++
	if failed {
		s.failures++
	} else {
		r.lastOK = now
	}
	if took > 0 {
		s.answered[bucketOf(took)]++
	}
}

// Stats sums up what is not older than the window.
func (r *Recorder) Stats(now time.Time) imclient.Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	var sum latencies
	out := imclient.Stats{LastOK: r.lastOK}
	answered := uint32(0)
	for i := range r.slots {
		s := &r.slots[i]
		if age := now.Unix() - s.second; age < 0 || age >= statsWindow {
			continue
		}
		out.Calls += s.calls
		out.Failures += s.failures
		for b, n := range s.answered {
			sum[b] += n
			answered += n
		}
	}
	left := answered - answered*95/100 // at least one, if any
	if answered == 0 {
		return out
	}
	for b := len(sum) - 1; b >= 0; b-- {
		if sum[b] >= left {
			out.P95 = upperEdge(b)
			break
		}
		left -= sum[b]
	}
	return out
}
