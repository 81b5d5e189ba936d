package calls

import (
	"container/list"
	"context"
	"sync"
	"time"

	"imdesk/imclient"
)

// Cache keeps answers for a short while, at most so many, the longest unused going first. Several callers who want the
// same thing at the same time share one call.
type Cache[V any] struct {
	fresh time.Duration // an answer this young is given to anybody
	stale time.Duration // one this young to a person, while a new one is fetched; 0 = never
	max   int
	now   func() time.Time
	life  context.Context // ends what runs in the background

	mu      sync.Mutex
	entries map[string]*list.Element // of *entry[V]
	used    list.List                // newest use first
	flights map[string]*flight[V]
	jobs    map[string]*pair[V] // loads for jobs, by key
	epoch   uint64              // rises with every drop: what was asked for before it is not kept
}

type entry[V any] struct {
	key   string
	value V
	at    time.Time
}

type flight[V any] struct {
	done  chan struct{}
	value V
	err   error
}

// pair is the load that runs for jobs, and the one that begins when it ends: whoever asks meanwhile waits for that, for what
// runs was asked for before.
type pair[V any] struct {
	running, next *flight[V]
	left          bool // running's first call has left this machine; until then whoever asks may wait for it as well
}

// shared is how long a call that several may wait for can take, since it does not end with any one of them.
const shared = 30 * time.Second

// NewCache makes one. fresh and stale are the ages up to which a copy is given to anybody, and to a person while a new
// one is fetched; size bounds how many are kept. What runs in the background ends with life.
func NewCache[V any](life context.Context, now func() time.Time, fresh, stale time.Duration, size int) *Cache[V] {
	return &Cache[V]{
		fresh: fresh, stale: stale, max: size, now: now, life: life,
		entries: map[string]*list.Element{}, flights: map[string]*flight[V]{}, jobs: map[string]*pair[V]{},
	}
}

// Get returns what load returns, or a short-lived copy of it. A context marked imclient.Fresh always loads. Jobs load for
// themselves, for people must not wait for a call that stands in the jobs' line; of several batches that ask for the same, those
// share one load that ask before it begins.
func (c *Cache[V]) Get(ctx context.Context, key string, load func(context.Context) (V, error)) (V, error) {
	person := imclient.PriorityOf(ctx) == imclient.PriorityPerson
	if !imclient.IsFresh(ctx) {
		if v, age, ok := c.Peek(key); ok {
			if age < c.fresh {
				return v, nil
			}
			if age < c.stale && person {
				c.start(ctx, key, load)
				return v, nil
			}
		}
	}
	if !person {
		Leaving(ctx) // what asks here may itself be a load, of which nobody knows how old this part of it is
		return c.wait(ctx, c.startForJobs(ctx, key, load))
	}
	if imclient.IsFresh(ctx) {
		epoch := c.Begin()
		v, err := load(ctx)
		if err == nil {
			c.Put(key, v, epoch)
		}
		return v, err
	}
	return c.wait(ctx, c.start(ctx, key, load))
}

func (c *Cache[V]) wait(ctx context.Context, f *flight[V]) (V, error) {
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		var none V
		return none, Unanswered(ctx, ctx.Err())
	}
}

// startForJobs begins a load for jobs, or joins the one that begins next.
func (c *Cache[V]) startForJobs(ctx context.Context, key string, load func(context.Context) (V, error)) *flight[V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.jobs[key]
	if p == nil {
		p = &pair[V]{running: &flight[V]{done: make(chan struct{})}}
		c.jobs[key] = p
		go c.loadForJobs(context.WithoutCancel(ctx), key, load, p)
		return p.running
	}
	if !p.left {
		return p.running
	}
	if p.next == nil {
		p.next = &flight[V]{done: make(chan struct{})}
	}
	return p.next
}

type leavingKey struct{}

// Leaving tells a cache that a call is about to leave this machine: what it answers may be older than what is asked for from
// now on. Calls that wait for their turn have not left.
func Leaving(ctx context.Context) {
	if tell, is := ctx.Value(leavingKey{}).(func()); is {
		tell()
	}
}

// loadForJobs loads until nobody asked while it did.
func (c *Cache[V]) loadForJobs(ctx context.Context, key string, load func(context.Context) (V, error), p *pair[V]) {
	for f := p.running; f != nil; {
		once, cancel := context.WithTimeoutCause(ctx, shared, ErrTimeout)
		release := context.AfterFunc(c.life, cancel)
		epoch := c.Begin()
		once = context.WithValue(once, leavingKey{}, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if p.running == f {
				p.left = true
			}
		})
		if f.value, f.err = load(once); f.err == nil {
			c.Put(key, f.value, epoch)
		}
		release()
		cancel()
		c.mu.Lock()
		done := f
		f, p.running, p.next, p.left = p.next, p.next, nil, false
		if f == nil {
			delete(c.jobs, key)
		}
		c.mu.Unlock()
		close(done.done)
	}
}

// start begins a load, or joins the one that runs for the key.
func (c *Cache[V]) start(ctx context.Context, key string, load func(context.Context) (V, error)) *flight[V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.flights[key]; f != nil {
		return f
	}
	f := &flight[V]{done: make(chan struct{})}
	c.flights[key] = f
	epoch := c.epoch
	go func() {
		// The values of the first caller's context go along, its end does not: others may be waiting too.
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), shared, ErrTimeout)
		defer cancel()
		defer context.AfterFunc(c.life, cancel)()
		f.value, f.err = load(ctx)
		if f.err == nil {
			c.Put(key, f.value, epoch)
		}
		c.mu.Lock()
		if c.flights[key] == f {
			delete(c.flights, key)
		}
		c.mu.Unlock()
		close(f.done)
	}()
	return f
}

// Begin returns the mark that Put wants: call it before asking the service.
func (c *Cache[V]) Begin() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.epoch
}

// Peek returns the copy under the key, however old, and its age.
func (c *Cache[V]) Peek(key string) (V, time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	place := c.entries[key]
	if place == nil {
		var none V
		return none, 0, false
	}
	c.used.MoveToFront(place)
	e := place.Value.(*entry[V])
	return e.value, max(0, c.now().Sub(e.at)), true
}

// Put keeps a value, unless something was dropped since epoch.
func (c *Cache[V]) Put(key string, v V, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch != c.epoch {
		return
	}
	if place := c.entries[key]; place != nil {
		place.Value = &entry[V]{key, v, c.now()}
		c.used.MoveToFront(place)
		return
	}
	c.entries[key] = c.used.PushFront(&entry[V]{key, v, c.now()})
	if c.used.Len() > c.max {
		oldest := c.used.Back()
		c.used.Remove(oldest)
		delete(c.entries, oldest.Value.(*entry[V]).key)
	}
}

// Drop forgets the copies under the keys that match, and makes that nothing asked for before is kept or joined.
func (c *Cache[V]) Drop(match func(key string) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	clear(c.flights)
	for key, place := range c.entries {
		if match(key) {
			c.used.Remove(place)
			delete(c.entries, key)
		}
	}
}

// DropKey forgets one copy.
func (c *Cache[V]) DropKey(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	delete(c.flights, key)
	if place := c.entries[key]; place != nil {
		c.used.Remove(place)
		delete(c.entries, key)
	}
}
