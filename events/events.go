// Package events tells parts of the console what changed, whichever replica changed it.
//
// Events are rows with rising numbers (store.Events). A Hub reads them once and hands them to all who subscribe. Nothing is
// lost on the way: who is slow, or was cut off from the database, reads on from the last number. An event is kept for Kept;
// what it is about stands in a table of its own, so that one that is seen twice does no harm.
package events

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"imdesk/store"
)

// Kept is how long an event can be read.
const Kept = 24 * time.Hour

const (
	poll       = 2 * time.Second // how often the table is read without a ring
	retryFirst = 100 * time.Millisecond
	retryMost  = 5 * time.Second
	recentMost = 1024 // events that are handed out from memory
	purgeEvery = 10 * time.Minute
	purgeMost  = 10_000
)

// Hub hands events to those who subscribe.
type Hub struct {
	store store.Events
	log   *slog.Logger

	life context.Context // ends with Run
	end  context.CancelFunc
	bell chan struct{} // holds one ring

	mu     sync.Mutex
	last   int64         // what was read
	base   int64         // recent has all that is above
	recent []store.Event // the last ones that were read
	more   chan struct{} // closed when recent grows
}

// New makes a hub that begins with what is published from now on. It hands out nothing until it runs.
func New(ctx context.Context, s store.Events, log *slog.Logger) (*Hub, error) {
	last, err := s.Last(ctx)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	h := &Hub{store: s, log: log, bell: make(chan struct{}, 1), last: last, base: last, more: make(chan struct{})}
	h.life, h.end = context.WithCancel(context.WithoutCancel(ctx))
	return h, nil
}

// Run reads events until ctx ends; then all subscriptions end.
func (h *Hub) Run(ctx context.Context) {
	defer h.end()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { h.listen(ctx) })
	wg.Go(func() { h.purge(ctx) })
	tick := time.NewTicker(poll)
	defer tick.Stop()
	failed := false
	for {
		err := h.read(ctx)
		if ctx.Err() != nil {
			return
		}
		if (err != nil) != failed {
			failed = err != nil
			if failed {
				h.log.Warn("events cannot be read; trying on", "error", err)
			} else {
				h.log.Info("events are read again")
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-h.bell:
		case <-tick.C:
		}
	}
}

// ring has the table read soon. It never waits.
func (h *Hub) ring() {
	select {
	case h.bell <- struct{}{}:
	default:
	}
}

// listen keeps the doorbell connected.
func (h *Hub) listen(ctx context.Context) {
	wait := retryFirst
	for {
		began := time.Now()
		err := h.store.Listen(ctx, h.ring)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > retryMost {
			wait = retryFirst
		}
		h.log.Warn("events are read every few seconds only until the database can be listened to", "error", err)
		if !sleep(ctx, wait) {
			return
		}
		wait = min(2*wait, retryMost)
	}
}

func (h *Hub) purge(ctx context.Context) {
	for sleep(ctx, purgeEvery) {
		if _, err := h.store.Purge(ctx, time.Now().Add(-Kept), purgeMost); err != nil && ctx.Err() == nil {
			h.log.Warn("purge events", "error", err)
		}
	}
}

// read takes up what is new.
func (h *Hub) read(ctx context.Context) error {
	for {
		list, err := h.store.After(ctx, h.last, store.MaxEventPage) // only Run changes last
		if err != nil || len(list) == 0 {
			return err
		}
		h.mu.Lock()
		h.last = list[len(list)-1].N
		h.recent = append(h.recent, list...)
		if over := len(h.recent) - recentMost; over > 0 {
			h.base = h.recent[over-1].N
			h.recent = slices.Clone(h.recent[over:])
		}
		close(h.more)
		h.more = make(chan struct{})
		h.mu.Unlock()
	}
}

// Subscribe returns what is published from now on under the topics; all there are if none is named. The channel is closed
// when ctx or Run ends. Who reads slowly gets everything later.
func (h *Hub) Subscribe(ctx context.Context, topics ...string) <-chan store.Event {
	h.mu.Lock()
	last := h.last
	h.mu.Unlock()
	return h.SubscribeAfter(ctx, last, topics...)
}

// SubscribeAfter is Subscribe for one who has seen all up to number n.
func (h *Hub) SubscribeAfter(ctx context.Context, n int64, topics ...string) <-chan store.Event {
	out := make(chan store.Event, 16)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(h.life, cancel)
	go func() {
		defer close(out)
		defer cancel()
		defer stop()
		h.feed(ctx, n, topics, out)
	}()
	return out
}

// feed sends what comes after n.
func (h *Hub) feed(ctx context.Context, n int64, topics []string, out chan<- store.Event) {
	for {
		list, more, err := h.after(ctx, n)
		if err != nil {
			if !sleep(ctx, retryMost) {
				return
			}
			continue
		}
		for _, e := range list {
			n = e.N
			if len(topics) > 0 && !slices.Contains(topics, e.Topic) {
				continue
			}
			select {
			case out <- e:
			case <-ctx.Done():
				return
			}
		}
		if len(list) > 0 {
			continue
		}
		select {
		case <-more:
		case <-ctx.Done():
			return
		}
	}
}

// after returns the events above n that the hub has read; with none, more is closed when there are some.
func (h *Hub) after(ctx context.Context, n int64) (list []store.Event, more <-chan struct{}, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n >= h.base {
		i, _ := slices.BinarySearchFunc(h.recent, n+1, func(e store.Event, n int64) int { return int(min(1, max(-1, e.N-n))) })
		return slices.Clone(h.recent[i:]), h.more, nil
	}
	h.mu.Unlock()
	list, err = h.store.After(ctx, n, store.MaxEventPage)
	h.mu.Lock()
	return list, h.more, err
}

// sleep tells whether the time passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
