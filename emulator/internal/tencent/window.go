package tencent

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"time"
)

// dupKey is what makes two messages of a group the same one.
type dupKey struct {
	app, stream int64
	sender      string
	random      int64
	body        string
}

// Two seeds stand for a key: two messages of five minutes that share 128 bits by chance are not to be expected.
var dupSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

type dupHash [2]uint64

// recent remembers what messages of the last five minutes were answered with, so that a repeated call does not say a thing
// twice.
type recent[K comparable, T any] struct {
	mu    sync.Mutex
	said  map[dupHash]*saying[T]
	order []recentEntry // of what was said, oldest first
}

// saying is a message that was said or is being said. answer and kept are set once done is closed.
type saying[T any] struct {
	done   chan struct{}
	answer T
	kept   bool
}

type recentEntry struct {
	hash dupHash
	at   time.Time
}

// once says a thing, or returns what was answered when the same was said within the window. Of two calls at one time the
// later waits for the earlier. What say does not keep may be said again.
func (r *recent[K, T]) once(ctx context.Context, now time.Time, key K, say func() (answer T, keep bool, err error)) (answer T, err error) {
	hash := dupHash{maphash.Comparable(dupSeeds[0], key), maphash.Comparable(dupSeeds[1], key)}
	mine := &saying[T]{done: make(chan struct{})}
	for {
		first := r.claim(now, hash, mine)
		if first == mine {
			break
		}
		select {
		case <-first.done:
			if first.kept {
				return first.answer, nil
			}
		case <-ctx.Done():
			return answer, fmt.Errorf("wait for the same message: %w", context.Cause(ctx))
		}
	}
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if mine.kept {
			r.order = append(r.order, recentEntry{hash, now})
		} else {
			delete(r.said, hash)
		}
		close(mine.done)
	}()
	answer, keep, err := say()
	mine.answer, mine.kept = answer, keep && err == nil
	return answer, err
}

// claim puts mine under the hash, or returns what is there already.
func (r *recent[K, T]) claim(now time.Time, hash dupHash, mine *saying[T]) *saying[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
	if first := r.said[hash]; first != nil {
		return first
	}
	if r.said == nil {
		r.said = map[dupHash]*saying[T]{}
	}
	r.said[hash] = mine
	return mine
}

// forget drops what is past the window or beyond the bound.
func (r *recent[K, T]) forget(now time.Time) {
	n := 0
	for n < len(r.order) && (len(r.order)-n > maxRecent || now.Sub(r.order[n].at) > dupWindow) {
		delete(r.said, r.order[n].hash)
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
