package callbacks

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"imdesk/store"
)

// Bounds of a Meter.
const (
	flushEach     = 5 * time.Second
	lookEach      = time.Minute
	pruneEach     = time.Hour
	maxCounts     = 4000 // that wait to be written; beyond it the oldest minute goes
	maxFailing    = 200  // failed callbacks that wait to be written
	failuresRate  = 2    // a second that are kept of an app's failed callbacks
	failuresBurst = 50
	strangersRate = 0.1 // of those that nobody vouches for: anybody can send them
	strangersOf   = 10
)

// When a callback counts as stopped: it was so regular that its silence says something.
const (
	stopLeast  = 20              // so many of it are known
	stopGaps   = 10              // its usual gap, so often
	stopOthers = 10              // so many of it were to be expected by what others did meanwhile
	stopSoon   = 5 * time.Minute // at least
	stopWindow = store.CallbackMinutesKept
)

// Steps are the milliseconds by which answers are counted: within which one they were given.
var Steps = []int64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 10_000}

// Stopped is a callback that should come, and does not.
type Stopped struct {
	Command string        // "": none comes at all
	Since   time.Time     // the last one
	Usual   time.Duration // between two of it, until then
}

// Meter counts callbacks by minute, for all replicas together, and keeps those that failed. Count, Took and Fail never wait.
type Meter struct {
	store store.Callbacks
	log   *slog.Logger
	now   func() time.Time
	total *prometheus.CounterVec

	mu       sync.Mutex
	counts   map[store.CallbackCount]*store.CallbackCount // by what they are of: N and Last of the key are zero
	limits   map[string]*rate.Limiter
	failing  []store.CallbackFailure
	unkept   int64 // failed callbacks of which nothing was kept
	stopped  map[string][]Stopped
	flushing sync.Mutex
}

// NewMeter makes a meter. Nothing is written until Run or Flush.
func NewMeter(st store.Callbacks, log *slog.Logger, now func() time.Time) *Meter {
	if now == nil {
		now = time.Now
	}
	return &Meter{
		store: st, log: log, now: now, counts: map[store.CallbackCount]*store.CallbackCount{}, limits: map[string]*rate.Limiter{}, stopped: map[string][]Stopped{},
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imdesk_callbacks_total", Help: "Callbacks that came to this process, by app and by what became of them: taken, unread or refused.",
		}, []string{"app", "outcome"}),
	}
}

// Count counts something that happened to a callback: what is one of the store's, name what it is by.
func (m *Meter) Count(app, what, name string, at time.Time) {
	if what != store.CallbackTook {
		m.total.WithLabelValues(app, what).Inc()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.add(store.CallbackCount{App: app, What: what, Name: name, Minute: at.UTC().Truncate(time.Minute), Last: at, N: 1})
}

// Took counts how long an answer took.
func (m *Meter) Took(app string, at time.Time, took time.Duration) {
	step := Steps[len(Steps)-1]
	for _, s := range Steps {
		if took <= time.Duration(s)*time.Millisecond {
			step = s
			break
		}
	}
	m.Count(app, store.CallbackTook, strconv.FormatInt(step, 10), at)
}

// add adds to a count that waits. The caller holds mu.
func (m *Meter) add(n store.CallbackCount) {
	key := n
	key.Last, key.N = time.Time{}, 0
	if c := m.counts[key]; c != nil {
		c.N += n.N
		if n.Last.After(c.Last) {
			c.Last = n.Last
		}
		return
	}
	if len(m.counts) >= maxCounts { // the database has been away for long
		oldest := n.Minute
		for k := range m.counts {
			if k.Minute.Before(oldest) {
				oldest = k.Minute
			}
		}
		maps.DeleteFunc(m.counts, func(k store.CallbackCount, _ *store.CallbackCount) bool { return k.Minute.Equal(oldest) })
	}
	m.counts[key] = &n
}

// Fail keeps a failed callback, unless too many come. stranger: nobody vouches for it.
func (m *Meter) Fail(f store.CallbackFailure, stranger bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key, every, burst := f.App, rate.Limit(failuresRate), failuresBurst
	if stranger {
		key, every, burst = f.App+"\x00stranger", strangersRate, strangersOf
	}
	l := m.limits[key]
	if l == nil {
		l = rate.NewLimiter(every, burst)
		m.limits[key] = l
	}
	if len(m.failing) >= maxFailing || !l.AllowN(m.now(), 1) {
		m.unkept++
		return
	}
	m.failing = append(m.failing, f)
}

// Unkept is how many failed callbacks came too fast to be kept, since the start.
func (m *Meter) Unkept() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.unkept
}

// Flush writes what waits. What the database does not take goes on waiting.
func (m *Meter) Flush(ctx context.Context) error {
	m.flushing.Lock()
	defer m.flushing.Unlock()
	m.mu.Lock()
	counts, failing := m.counts, m.failing
	m.counts, m.failing = map[store.CallbackCount]*store.CallbackCount{}, nil
	m.mu.Unlock()
	list := make([]store.CallbackCount, 0, len(counts))
	for _, n := range counts {
		list = append(list, *n)
	}
	err := m.store.Count(ctx, list)
	if err != nil {
		m.mu.Lock()
		for _, n := range list {
			m.add(n)
		}
		m.mu.Unlock()
	}
	for i, f := range failing {
		if err == nil {
			_, err = m.store.Keep(ctx, f)
		}
		if err != nil {
			m.mu.Lock()
			m.failing = append(failing[i:], m.failing...)
			m.failing = m.failing[:min(len(m.failing), maxFailing)]
			m.mu.Unlock()
			break
		}
	}
	return err
}

// Run writes what is counted, looks whether callbacks stopped, and drops what is old, until ctx ends. apps are those with callbacks.
func (m *Meter) Run(ctx context.Context, apps func() []string) {
	flush, look, prune := time.NewTicker(flushEach), time.NewTicker(lookEach), time.NewTicker(pruneEach)
	defer flush.Stop()
	defer look.Stop()
	defer prune.Stop()
	var logged time.Time
	say := func(what string, err error) {
		if err != nil && ctx.Err() == nil && m.now().Sub(logged) >= failedAgain {
			logged = m.now()
			m.log.WarnContext(ctx, what, "error", err)
		}
	}
	for {
		select {
		case <-flush.C:
			say("counts of callbacks are not written yet", m.Flush(ctx))
		case <-look.C:
			for _, app := range apps() {
				_, err := m.Look(ctx, app)
				say("nobody could look whether callbacks stopped", err)
			}
		case <-prune.C:
			_, err := m.store.Prune(ctx, m.now())
			say("old counts of callbacks are not dropped", err)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushEach)
			defer cancel()
			if err := m.Flush(last); err != nil {
				m.log.WarnContext(ctx, "counts of callbacks are lost", "error", err)
			}
			return
		}
	}
}

// Stopped are an app's callbacks that should come and did not, as of the last look.
func (m *Meter) Stopped(app string) []Stopped {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stopped[app]
}

// Look looks which of an app's callbacks should come, and do not.
func (m *Meter) Look(ctx context.Context, app string) ([]Stopped, error) {
	now := m.now()
	from := now.Add(-stopWindow)
	minutes, err := m.store.Minutes(ctx, app, store.CallbackTaken, from)
	if err != nil {
		return nil, err
	}
	sums, err := m.store.Sums(ctx, app, from)
	if err != nil {
		return nil, err
	}
	seen, err := m.store.Seen(ctx, app)
	if err != nil {
		return nil, err
	}
	list := stopped(now, minutes, sums, seen)
	m.mu.Lock()
	defer m.mu.Unlock()
	if before := m.stopped[app]; len(before) == 0 && len(list) > 0 {
		m.log.WarnContext(ctx, "callbacks that should come do not come", "app", app, "command", list[0].Command, "since", list[0].Since)
	}
	m.stopped[app] = list
	return list, nil
}

// stopped tells from an app's own history what should have come by now. If nothing comes, no kind is named: a night can be as long as
// the longest silence that was. If others go on, what they did since is the clock by which one is missed.
func stopped(now time.Time, minutes, sums []store.CallbackCount, seen []store.CallbackSeen) []Stopped {
	last := map[string]time.Time{}
	var latest time.Time
	for _, s := range seen {
		last[s.Command] = s.Last
		if s.Last.After(latest) {
			latest = s.Last
		}
	}
	var total int64
	var longest time.Duration
	for i, m := range minutes {
		total += m.N
		if i > 0 {
			longest = max(longest, m.Minute.Sub(minutes[i-1].Minute))
		}
	}
	if total < stopLeast {
		return nil
	}
	usual := usualGap(minutes[0].Minute, latest, total)
	if quiet := now.Sub(latest); quiet > max(stopGaps*usual, longest+longest/2, stopSoon) {
		return []Stopped{{Since: latest, Usual: usual}}
	}
	var list []Stopped
	for _, n := range sums {
		at := last[n.Name]
		if n.What != store.CallbackTaken || n.N < stopLeast || at.IsZero() {
			continue
		}
		usual := usualGap(n.Minute, at, n.N)
		if now.Sub(at) <= max(stopGaps*usual, stopSoon) {
			continue
		}
		var since int64 // what others did after its last minute
		for _, m := range slices.Backward(minutes) {
			if !m.Minute.After(at) {
				break
			}
			since += m.N
		}
		if others := total - n.N - since; others > 0 && since*n.N >= stopOthers*others {
			list = append(list, Stopped{n.Name, at, usual})
		}
	}
	return list
}

// usualGap is how far apart n of something were.
func usualGap(first, last time.Time, n int64) time.Duration {
	return max(last.Sub(first), 0) / time.Duration(max(n-1, 1))
}

// Quantile is the milliseconds within which a part of the answers were given, by the sums of store.CallbackTook; 0: none are known.
func Quantile(sums []store.CallbackCount, part float64) int64 {
	by := map[int64]int64{}
	var total int64
	for _, n := range sums {
		if step, err := strconv.ParseInt(n.Name, 10, 64); n.What == store.CallbackTook && err == nil {
			by[step] += n.N
			total += n.N
		}
	}
	var sum int64
	for _, step := range slices.Sorted(maps.Keys(by)) {
		if sum += by[step]; float64(sum) >= part*float64(total) {
			return step
		}
	}
	return 0
}

var stoppedNow = prometheus.NewDesc("imdesk_callbacks_stopped", "Kinds of callbacks that should come by their own history and do not, by app.", []string{"app"}, nil)

// Describe makes the meter a prometheus.Collector.
func (m *Meter) Describe(c chan<- *prometheus.Desc) {
	c <- stoppedNow
	m.total.Describe(c)
}

// Collect tells the figures.
func (m *Meter) Collect(c chan<- prometheus.Metric) {
	m.total.Collect(c)
	m.mu.Lock()
	defer m.mu.Unlock()
	for app, list := range m.stopped {
		c <- prometheus.MustNewConstMetric(stoppedNow, prometheus.GaugeValue, float64(len(list)), app)
	}
}
