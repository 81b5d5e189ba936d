package events

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"imdesk/store"
)

const (
	soonEach = 500 * time.Millisecond // between two rounds of publishing
	soonMost = 50                     // events of a round; more are one that means all of the topic
)

// Soon publishes what changes often: each thing once in a while, however often it changed meanwhile.
type Soon struct {
	store store.Events
	log   *slog.Logger

	mu      sync.Mutex
	waiting map[[2]string]bool // topic and id
	kick    chan struct{}      // holds one
}

// NewSoon makes one. It publishes while it runs.
func NewSoon(s store.Events, log *slog.Logger) *Soon {
	return &Soon{store: s, log: log, waiting: map[[2]string]bool{}, kick: make(chan struct{}, 1)}
}

// Publish has an event published soon. It never waits.
func (s *Soon) Publish(topic, id string) {
	if s == nil {
		return
	}
	if len(id) > store.MaxEventID {
		id = ""
	}
	s.mu.Lock()
	s.waiting[[2]string{topic, id}] = true
	if len(s.waiting) > 20*soonMost { // a flood: what it is about would not be told one by one
		s.waiting = map[[2]string]bool{{topic, ""}: true}
	}
	s.mu.Unlock()
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// Run publishes until ctx ends.
func (s *Soon) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.kick:
		}
		for _, e := range s.take() {
			if _, err := s.store.Publish(ctx, e[0], e[1]); err != nil && ctx.Err() == nil {
				s.log.Warn("tell what changed", "topic", e[0], "error", err)
			}
		}
		if !sleep(ctx, soonEach) {
			return
		}
	}
}

// take empties what waits.
func (s *Soon) take() (list [][2]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	topics := map[string]int{}
	for e := range s.waiting {
		topics[e[0]]++
	}
	for e := range s.waiting {
		if topics[e[0]] <= soonMost {
			list = append(list, e)
		}
	}
	for topic, n := range topics {
		if n > soonMost {
			list = append(list, [2]string{topic, ""})
		}
	}
	clear(s.waiting)
	return list
}
