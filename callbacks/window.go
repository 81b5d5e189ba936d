package callbacks

import (
	"sync"
	"time"
)

// Window remembers the ids of events for a while, so that one which a service sends again is not counted twice. It is bounded:
// when more comes than it holds, it forgets the oldest half early. A Window is ready to use with Keep and Most.
type Window struct {
	Keep time.Duration // an id is known at least that long, and twice that at most
	Most int           // ids that are held

	mu       sync.Mutex
	now, old map[string]struct{}
	since    time.Time // when now was begun
}

// First reports whether an id is met for the first time. The empty one always is.
func (w *Window) First(id string, at time.Time) bool {
	if id == "" {
		return true
	}
	if len(id) > maxID {
		id = id[:maxID]
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if age := at.Sub(w.since); w.now == nil || age >= w.Keep || len(w.now) >= w.Most/2 {
		if w.old = w.now; age >= 2*w.Keep {
			w.old = nil
		}
		w.now, w.since = map[string]struct{}{}, at
	}
	_, met := w.now[id]
	if !met {
		_, met = w.old[id]
	}
	w.now[id] = struct{}{}
	return !met
}

// maxID bounds in bytes what is kept of an id. Services' own have 36 at most.
const maxID = 64
