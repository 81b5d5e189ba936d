// Package replicas shares the vendors' rates between consoles on one database.
//
// Each console has a part of the rates of each pool (an app, or an account with several), and a lease on it. The parts that
// have a lease never add up to more than the whole: a newcomer takes what is free, which is little until the others have
// given up some. The rules that keep the sum right in every second, and not just on average:
//
//   - less is used before it is written that it is less, more only a second after it is written: then what another one sent
//     with that part is more than a second ago;
//   - a console that cannot reach the database stops a margin before its lease ends, by its own steady clock and by its
//     calendar, counted from before it asked; others see the end by the database's clock;
//   - what may be called a few times a second only is not cut into parts, but asked for turn by turn (store.Replicas.Turn).
package replicas

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// timing is how long things take; tests are quicker.
type timing struct {
	lease  time.Duration
	margin time.Duration // what is sent within it may still be under way when the lease ends
	beat   time.Duration
	soon   time.Duration // to the next beat while others have yet to give something up
	settle time.Duration // until what others had is out of the vendor's last second
}

var usual = timing{lease: 10 * time.Second, margin: 2 * time.Second, beat: 3 * time.Second, soon: 500 * time.Millisecond, settle: time.Second}

const (
	answerTime = 3 * time.Second // for one answer of the database
	purgeEvery = time.Minute
	purgeMost  = 1000
)

// idleWeight is what a console without work counts against one with work. Its part must be enough for an operator's clicks.
const idleWeight = 0.25

// busyCalls is how many calls in the last minute are work.
const busyCalls = 120

// Member is this console among those that share the database.
type Member struct {
	store *store.Store
	self  store.Replica
	log   *slog.Logger
	time  timing
	kick  chan struct{}

	mu    sync.Mutex
	pools map[string]*pool
	known int  // consoles at the last beat, this one included
	ready bool // once all pools had a part
}

// pool is what clients share at the vendor.
type pool struct {
	clients []*imclient.Client
	part    float64   // in use
	until   time.Time // of what is in use
	granted float64   // written down
	had     bool      // there was a part once
	from    time.Time // when granted may be used, if it is more than part
}

// New makes a member that has no part of anything yet. name is for people, such as the machine's.
func New(s *store.Store, name, version string, log *slog.Logger) *Member {
	return &Member{
		store: s, self: store.Replica{ID: rand.Text(), Name: name, Version: version}, log: log, time: usual,
		kick: make(chan struct{}, 1), pools: map[string]*pool{},
	}
}

// ID is this console's among the replicas.
func (m *Member) ID() string { return m.self.ID }

// Add has a client use its pool's rates together with others. It has to be called before the client sends anything, which
// it does once there is a part for it.
func (m *Member) Add(im *imclient.Client) {
	name := im.Pool
	im.ShareRates(func(ctx context.Context, line string, every time.Duration, n int) (time.Duration, error) {
		return m.store.Replicas.Turn(ctx, name, line, every, n)
	})
	m.mu.Lock()
	p := m.pools[name]
	if p == nil {
		p = &pool{}
		m.pools[name] = p
	}
	p.clients = append(p.clients, im)
	m.mu.Unlock()
	m.Hurry()
}

// Remove forgets a client that is closed.
func (m *Member) Remove(im *imclient.Client) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.pools[im.Pool]
	if p == nil {
		return
	}
	for i, c := range p.clients {
		if c == im {
			p.clients = append(p.clients[:i:i], p.clients[i+1:]...)
			break
		}
	}
	if len(p.clients) == 0 {
		delete(m.pools, im.Pool)
	}
}

// Part is what part of a client's rates this console uses now.
func (m *Member) Part(im *imclient.Client) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.pools[im.Pool]; p != nil {
		return p.part
	}
	return 0
}

// Known is how many consoles there were when the lease was seen to last.
func (m *Member) Known() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known
}

// List returns all consoles that are there.
func (m *Member) List(ctx context.Context) ([]store.Replica, error) {
	return m.store.Replicas.List(ctx)
}

// Ready tells whether this console may call all its services: a newcomer waits until others gave up some of their rates. What was
// added to one that was ready does not count until it had a part.
func (m *Member) Ready() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.pools {
		if (p.part <= 0 || ended(p.until)) && (p.had || !m.ready) {
			return ErrNoPart
		}
	}
	m.ready = true
	return nil
}

// ErrNoPart: this console has no part of the vendors' rates, or had to stop using it.
var ErrNoPart = errors.New("no part of the vendors' rates yet")

// ended asks the steady clock and the calendar: the first stands still while a machine sleeps.
func ended(until time.Time) bool {
	now := time.Now()
	return !now.Before(until) || !now.Round(0).Before(until.Round(0))
}

// Hurry has the lease seen to at once: others want something, or gave something back.
func (m *Member) Hurry() {
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

// Join is the first sign of life: the others see this console from now on. store.ErrInvalid: there are too many.
func (m *Member) Join(ctx context.Context) error {
	_, err := m.beat(ctx)
	return err
}

// Run keeps the lease until ctx ends, and then gives everything back.
func (m *Member) Run(ctx context.Context) {
	defer m.leave(ctx)
	failed, asked := false, false
	purged := time.Now()
	for {
		short, err := m.beat(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failed {
			m.log.Warn("the database cannot be asked for a part of the vendors' rates; calls stop when the lease ends", "error", err)
		} else if err == nil && failed {
			m.log.Info("there is a part of the vendors' rates again")
		}
		failed = err != nil
		if short && !asked {
			m.tell(ctx) // others need not wait for their next beat
		}
		asked = short
		if !failed && time.Since(purged) > purgeEvery {
			purged = time.Now()
			if _, err := m.store.Replicas.PurgeTurns(ctx, purgeMost); err != nil && ctx.Err() == nil {
				m.log.Warn("purge turns", "error", err)
			}
		}
		if !m.rest(ctx, short || failed) {
			return
		}
	}
}

// rest waits for the next beat, and puts to use meanwhile what was granted.
func (m *Member) rest(ctx context.Context, short bool) bool {
	wait := m.time.beat
	if short {
		wait = m.time.soon
	}
	next := time.NewTimer(wait)
	defer next.Stop()
	for {
		rise := time.NewTimer(m.nextRise())
		select {
		case <-ctx.Done():
			rise.Stop()
			return false
		case <-next.C:
			rise.Stop()
			return true
		case <-m.kick:
			rise.Stop()
			return true
		case <-rise.C:
			m.rise()
		}
	}
}

// beat says that this console is there and applies what it has. short tells that others have yet to give something up.
func (m *Member) beat(ctx context.Context) (short bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	asked := time.Now() // the lease is counted from before
	wanted := m.wanted()
	var granted map[string]store.Share
	kept, known := false, 0
	err = m.store.Replicas.Beat(ctx, m.self, m.time.lease, func(others []store.Replica, mine map[string]store.Share) map[string]store.Share {
		kept, known = mine != nil, len(others)+1
		granted, short = choose(others, wanted)
		m.lower(granted) // before anybody can read it
		return granted
	})
	if err != nil {
		return false, fmt.Errorf("replicas: %w", err)
	}
	m.apply(granted, asked.Add(m.time.lease-m.time.margin), kept)
	m.mu.Lock()
	m.known = known
	m.mu.Unlock()
	return short, nil
}

// wanted says which pools this console has, and whether it works in them.
func (m *Member) wanted() map[string]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := map[string]bool{}
	for name, p := range m.pools {
		busy := false
		for _, im := range p.clients {
			s := im.Stats()
			busy = busy || s.Waiting > 0 || s.Calls >= busyCalls
		}
		list[name] = busy
	}
	return list
}

// choose is what a console has among others: its part by weight, as far as it is free.
func choose(others []store.Replica, wanted map[string]bool) (shares map[string]store.Share, short bool) {
	weight := func(busy bool) float64 {
		if busy {
			return 1
		}
		return idleWeight
	}
	shares = map[string]store.Share{}
	for name, busy := range wanted {
		all, free := weight(busy), 1.0
		for _, o := range others {
			if s, has := o.Shares[name]; has {
				all += weight(s.Busy)
				free -= s.Part
			}
		}
		target := weight(busy) / all
		part := max(0, min(target, free))
		short = short || part < target-0.01
		shares[name] = store.Share{Part: part, Busy: busy}
	}
	return shares, short
}

// lower applies at once what is less than before.
func (m *Member) lower(granted map[string]store.Share) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, p := range m.pools {
		if part := granted[name].Part; part < p.part {
			p.set(part, p.until)
		}
	}
}

// apply extends what is in use, and notes what may be used a little later. kept tells whether the lease had not ended.
func (m *Member) apply(granted map[string]store.Share, until time.Time, kept bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for name, p := range m.pools {
		part := granted[name].Part
		if !kept || ended(p.until) {
			p.part, p.granted = 0, 0
		}
		if part > p.granted {
			p.from = now.Add(m.time.settle)
		}
		p.granted = part
		p.set(min(p.part, part), until)
	}
	m.raise(now)
}

// rise puts to use what may be used by now.
func (m *Member) rise() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.raise(time.Now())
}

func (m *Member) raise(now time.Time) {
	for _, p := range m.pools {
		if p.part < p.granted && !now.Before(p.from) {
			p.set(p.granted, p.until)
		}
	}
}

// nextRise is how long until something may be put to use.
func (m *Member) nextRise() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	wait := time.Hour
	for _, p := range m.pools {
		if p.part < p.granted {
			wait = min(wait, max(0, time.Until(p.from)))
		}
	}
	return wait
}

func (p *pool) set(part float64, until time.Time) {
	p.part, p.until, p.had = part, until, p.had || part > 0
	for _, im := range p.clients {
		im.SetShare(part, until)
	}
}

// leave stops all calls and gives everything back. Others use it a second later only.
func (m *Member) leave(ctx context.Context) {
	m.mu.Lock()
	for _, p := range m.pools {
		p.granted = 0
		p.set(0, time.Time{})
	}
	m.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	if err := m.store.Replicas.Leave(ctx, m.self.ID); err != nil {
		m.log.Warn("give back the part of the vendors' rates; it is free when the lease ends", "error", err)
		return
	}
	m.tell(ctx)
}

// tell has the other consoles hurry. They would see it at their next beat anyway.
func (m *Member) tell(ctx context.Context) {
	if _, err := m.store.Events.Publish(ctx, store.TopicReplicas, m.self.ID); err != nil && ctx.Err() == nil {
		m.log.Warn("tell other consoles of the vendors' rates", "error", err)
	}
}

// Follow hurries when others tell of a change, until the events end.
func (m *Member) Follow(changes <-chan store.Event) {
	for e := range changes {
		if e.ID != m.self.ID {
			m.Hurry()
		}
	}
}
