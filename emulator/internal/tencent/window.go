package tencent

import (
	"hash/maphash"
	"sync"
	"time"
)

// dupKey is what makes two messages the same one.
type dupKey struct {
	app, stream int64
	sender      string
	random      int64
	body        string
}

var dupSeed = maphash.MakeSeed()

// hash stands for the key: two messages of five minutes that share 128 bits by chance are not to be expected.
func (k dupKey) hash() (h [2]uint64) {
	h[0] = maphash.Comparable(dupSeed, k)
	k.app = ^k.app
	h[1] = maphash.Comparable(dupSeed, k)
	return h
}

// recent remembers the messages of the last five minutes, so that a repeated call does not say a thing twice.
type recent struct {
	mu    sync.Mutex
	sent  map[[2]uint64]sent
	order []recentEntry // oldest first
}

type recentEntry struct {
	key [2]uint64
	at  time.Time
}

func (r *recent) find(now time.Time, key dupKey) (sent, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
	first, ok := r.sent[key.hash()]
	return first, ok
}

func (r *recent) add(now time.Time, key dupKey, answer sent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sent == nil {
		r.sent = map[[2]uint64]sent{}
	}
	h := key.hash()
	r.sent[h] = answer
	r.order = append(r.order, recentEntry{h, now})
	r.forget(now)
}

// forget drops what is past the window or beyond the bound.
func (r *recent) forget(now time.Time) {
	n := 0
	for n < len(r.order) && (len(r.order)-n > maxRecent || now.Sub(r.order[n].at) > dupWindow) {
		delete(r.sent, r.order[n].key)
		n++
	}
	r.order = r.order[n:]
}

// flood holds groups to their messages a second. When a group is at its limit high priority still gets through, until
// that alone fills the second.
type flood struct {
	mu      sync.Mutex
	streams map[int64]*floodWindow
}

type floodWindow struct {
	second    int64
	all, high int
}

func (f *flood) allow(now time.Time, stream int64, priority int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.streams[stream]
	if w == nil {
		if f.streams == nil || len(f.streams) >= maxFlood {
			f.streams = map[int64]*floodWindow{}
		}
		w = &floodWindow{}
		f.streams[stream] = w
	}
	if s := now.Unix(); s != w.second {
		*w = floodWindow{second: s}
	}
	if priority == highPriority {
		w.all++
		w.high++
		return w.high <= groupRate
	}
	w.all++
	return w.all <= groupRate
}
