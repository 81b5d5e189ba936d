// Package live hands what arrives in the archive to those who watch, whichever replica it came to.
//
// Arrivals are rows with rising numbers (store.Arrivals). A Hub reads them once and keeps the last ones in memory; who watches
// asks for what follows a position. Nothing is queued for anybody: who is slow, or was away, reads on from the table by the
// number, and cannot hold up others. Messages of apps of which nothing is kept pass through memory alone: they have no number,
// are seen on the replica that was told of them, and are gone once they have left memory.
package live

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"imdesk/store"
)

// How long arrivals can be read, and how many. At a thousand messages a second the number counts: eight minutes.
const (
	Kept    = time.Hour
	KeptMax = 500_000
)

const (
	poll       = 2 * time.Second       // how often the table is read without a ring
	breath     = 20 * time.Millisecond // between two reads
	retryFirst = 100 * time.Millisecond
	retryMost  = 5 * time.Second
	recentMost = 4096 // lines that are handed out from memory
	purgeEvery = 10 * time.Second
	purgeMost  = 20_000
	readers    = 4 // who read on from the table at the same time
)

// Line is a change of a message as those who watch see it.
type Line struct {
	N       int64 // of the arrival; of a passing one, of the last arrival before it
	At      time.Time
	Kind    store.ArrivalKind
	Message store.Archived
	Passing bool // it is kept nowhere

	serial uint64 // place in memory; 0: it was read from the table
	found  lazyWords
	mu     sync.Mutex
	drawn  map[string]string
}

// Draw returns what draw made of the line under a key, and makes it once for all who watch; what it says not to keep is made anew.
// A line that was read from the table for one alone is drawn for that one.
func (l *Line) Draw(key string, draw func() (text string, keep bool)) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if text, done := l.drawn[key]; done {
		return text
	}
	text, keep := draw()
	if keep && l.serial != 0 {
		if l.drawn == nil {
			l.drawn = map[string]string{}
		}
		l.drawn[key] = text
	}
	return text
}

// Position is how far somebody has read. The zero value is before everything that is kept.
type Position struct {
	N      int64
	serial uint64
}

// Hub hands lines to those who watch.
type Hub struct {
	store store.Arrivals
	log   *slog.Logger
	now   func() time.Time

	bell  chan struct{} // holds one ring
	turns chan struct{} // of those who read the table
	over  chan struct{} // closed by Close
	shut  sync.Once

	mu     sync.Mutex
	last   int64         // what was read
	base   int64         // recent has all arrivals above
	serial uint64        // of the last line; 1: there was none
	recent []*Line       // the last ones, with serials in a row
	more   chan struct{} // closed when recent grows
	rates  rates
	summed *snapshot
}

// New makes a hub that begins with what arrives from now on. It hands out nothing new until it runs.
func New(ctx context.Context, s store.Arrivals, log *slog.Logger, now func() time.Time) (*Hub, error) {
	last, err := s.Last(ctx)
	if err != nil {
		return nil, fmt.Errorf("live: %w", err)
	}
	return &Hub{
		store: s, log: log, now: now, bell: make(chan struct{}, 1), turns: make(chan struct{}, readers), over: make(chan struct{}),
		last: last, base: last, serial: 1, more: make(chan struct{}),
	}, nil
}

// Close tells those who watch that the console stops: see Over. It is safe to call twice.
func (h *Hub) Close() { h.shut.Do(func() { close(h.over) }) }

// Over is closed once the console stops.
func (h *Hub) Over() <-chan struct{} { return h.over }

// Run reads arrivals until ctx ends.
func (h *Hub) Run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	defer h.Close()
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
				h.log.Warn("arrivals cannot be read; trying on", "error", err)
			} else {
				h.log.Info("arrivals are read again")
			}
		}
		if !sleep(ctx, breath) {
			return
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
		h.log.Warn("arrivals are read every few seconds only until the database can be listened to", "error", err)
		if !sleep(ctx, wait) {
			return
		}
		wait = min(2*wait, retryMost)
	}
}

func (h *Hub) purge(ctx context.Context) {
	for sleep(ctx, purgeEvery) {
		if _, err := h.store.Purge(ctx, h.now().Add(-Kept), KeptMax, purgeMost); err != nil && ctx.Err() == nil {
			h.log.Warn("purge arrivals", "error", err)
		}
	}
}

// read takes up what is new.
func (h *Hub) read(ctx context.Context) error {
	for {
		list, upTo, err := h.store.After(ctx, h.last, store.MaxArrivalPage) // only Run changes last
		if err != nil || upTo == h.last {
			return err
		}
		lines := make([]*Line, len(list))
		for i, a := range list {
			lines[i] = lineOf(a)
		}
		h.mu.Lock()
		h.last = upTo
		h.add(lines)
		h.mu.Unlock()
	}
}

func lineOf(a store.Arrival) *Line { return &Line{N: a.N, At: a.At, Kind: a.Kind, Message: a.Message} }

// add puts lines behind the others and wakes who waits. The caller holds mu.
func (h *Hub) add(lines []*Line) {
	for _, l := range lines {
		h.serial++
		l.serial = h.serial
		if l.Kind == store.ArrivalSaid {
			h.rates.count(l.Message.Place, h.now())
		}
	}
	h.recent = append(h.recent, lines...)
	if over := len(h.recent) - recentMost; over > 0 {
		h.base = h.recent[over-1].N
		h.recent = append([]*Line(nil), h.recent[over:]...)
	}
	close(h.more)
	h.more = make(chan struct{})
}

// Pass hands on a message that is not kept, to those who watch on this replica now.
func (h *Hub) Pass(kind store.ArrivalKind, m store.Archived) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add([]*Line{{N: h.last, At: h.now(), Kind: kind, Message: m, Passing: true}})
}

// Passing finds a message that is not kept, while it is in memory.
func (h *Hub) Passing(p store.Conversation, key string) (store.Archived, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range slices.Backward(h.recent) {
		if l.Passing && l.Message.Key == key && l.Message.Place == p {
			return l.Message, true
		}
	}
	return store.Archived{}, false
}

// Now is the position of who has seen everything.
func (h *Hub) Now() Position {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Position{h.last, h.serial}
}

// From is the position of who has seen all up to number n. lost is not zero if arrivals after it may be gone: they begin there again.
// A number that was never given, as from a database that was restored since, is lost altogether.
func (h *Hub) From(ctx context.Context, n int64) (p Position, lost time.Time, err error) {
	lost, err = h.store.Missing(ctx, n)
	if err != nil {
		return Position{}, time.Time{}, fmt.Errorf("live: %w", err)
	}
	last, err := h.store.Last(ctx)
	if err != nil {
		return Position{}, time.Time{}, fmt.Errorf("live: %w", err)
	}
	if n > last {
		return h.Now(), h.now(), nil
	}
	return Position{N: n}, lost, nil
}

// Next returns what follows a position, up to a page of it, and the position behind it. Without anything, more is closed once there may
// be something.
func (h *Hub) Next(ctx context.Context, p Position) (lines []*Line, next Position, more <-chan struct{}, err error) {
	h.mu.Lock()
	first := h.serial - uint64(len(h.recent)) // recent begins after it
	switch {
	case p.serial >= first && p.serial != 0 || p.serial == 0 && p.N >= h.base:
		defer h.mu.Unlock()
		i := 0
		if p.serial != 0 {
			i = int(p.serial - first)
		} else {
			for i < len(h.recent) && h.recent[i].N <= p.N {
				i++
			}
		}
		lines = h.recent[i:min(len(h.recent), i+store.MaxArrivalPage)]
		if len(lines) == 0 {
			if p.N <= h.last { // else the table was read further than memory goes
				p = Position{h.last, h.serial}
			}
			return nil, p, h.more, nil
		}
		l := lines[len(lines)-1]
		return lines, Position{l.N, l.serial}, nil, nil
	}
	h.mu.Unlock()
	select { // those who come back all at once take turns
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		return nil, p, nil, context.Cause(ctx)
	}
	list, upTo, err := h.store.After(ctx, p.N, store.MaxArrivalPage)
	if err != nil {
		return nil, p, nil, fmt.Errorf("live: %w", err)
	}
	for _, a := range list {
		lines = append(lines, lineOf(a))
	}
	if upTo == p.N { // what the hub had read is gone
		return nil, h.Now(), nil, nil
	}
	return lines, Position{N: upTo}, nil, nil
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
