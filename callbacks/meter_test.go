package callbacks

import (
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"imdesk/store"
)

// metered is a meter on a store of its own, at a time that the test moves.
func metered(t *testing.T) (m *Meter, st *store.Store, at *time.Time) {
	t.Helper()
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "imdesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	return NewMeter(st.Callbacks, slog.New(slog.DiscardHandler), func() time.Time { return now }), st, &now
}

// TestMeterShares adds up what several replicas count, and loses nothing while the database is away.
func TestMeterShares(t *testing.T) {
	m, st, at := metered(t)
	other := NewMeter(st.Callbacks, slog.New(slog.DiscardHandler), func() time.Time { return *at })
	ctx := t.Context()
	for range 3 {
		m.Count("a", store.CallbackTaken, "sent", *at)
		m.Took("a", *at, 3*time.Millisecond)
		other.Count("a", store.CallbackTaken, "sent", *at)
	}
	m.Took("a", *at, time.Minute)
	for _, x := range []*Meter{m, other, m} {
		if err := x.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	sums, err := st.Callbacks.Sums(ctx, "a", at.Add(-time.Hour))
	if err != nil || fmt.Sprint(len(sums), sums[0].N) != "3 6" {
		t.Errorf("%+v %v", sums, err)
	}
	if p50, p99 := Quantile(sums, 0.5), Quantile(sums, 0.99); p50 != 5 || p99 != Steps[len(Steps)-1] || Quantile(nil, 0.5) != 0 {
		t.Errorf("p50 %d ms, p99 %d ms", p50, p99)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	m.Count("a", store.CallbackTaken, "sent", *at)
	m.Fail(store.CallbackFailure{App: "a", At: *at, Why: "body"}, false)
	if m.Flush(ctx) == nil || len(m.counts) != 1 || len(m.failing) != 1 {
		t.Errorf("what the database did not take is gone: %d counts, %d failed", len(m.counts), len(m.failing))
	}
	for i := range 3 * maxCounts {
		m.Count("a", store.CallbackTaken, "sent", at.Add(time.Duration(i)*time.Minute))
	}
	if len(m.counts) > maxCounts {
		t.Errorf("%d counts wait", len(m.counts))
	}
}

// TestMeterKeepsFew keeps few of what strangers send, and more of what is the service's own.
func TestMeterKeepsFew(t *testing.T) {
	m, st, at := metered(t)
	for range 1000 {
		m.Fail(store.CallbackFailure{App: "a", At: *at, Why: "sign"}, true)
		m.Fail(store.CallbackFailure{App: "a", At: *at, Why: "body"}, false)
	}
	if err := m.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	sign, _ := st.Callbacks.Failures(t.Context(), "a", "sign", 0, 500)
	body, _ := st.Callbacks.Failures(t.Context(), "a", "body", 0, 500)
	if len(sign) != strangersOf || len(body) != failuresBurst || m.Unkept() != 2000-strangersOf-failuresBurst {
		t.Errorf("%d and %d are kept, %d are not", len(sign), len(body), m.Unkept())
	}
}

// TestStopped misses what its own history lets expect, and nothing else.
func TestStopped(t *testing.T) {
	type stretch struct {
		command  string
		from, to int // minutes
		every    int // minutes
	}
	const day = 24 * 60
	for _, tt := range []struct {
		name string
		came []stretch
		now  int // minute
		want string
	}{
		{"nothing is known", nil, day, "[]"},
		{"too little is known", []stretch{{"sent", 0, 10, 1}}, day, "[]"},
		{"it comes", []stretch{{"sent", 0, day, 1}}, day, "[]"},
		{"it stopped", []stretch{{"sent", 0, day, 1}}, day + 15, "[ since 1439 usually 1m0s]"},
		{"not for long", []stretch{{"sent", 0, day, 1}}, day + 5, "[]"},
		{"a night like the last one", []stretch{{"sent", 0, 600, 1}, {"sent", 1440, 2040, 1}}, 2040 + 840, "[]"},
		{"a night that does not end", []stretch{{"sent", 0, 600, 1}, {"sent", 1440, 2040, 1}}, 2040 + 1300, "[ since 2039 usually 1m42s]"},
		{"one kind of two", []stretch{{"sent", 0, day, 1}, {"joined", 0, day - 60, 2}}, day, "[joined since 1378 usually 2m0s]"},
		{"a rare kind", []stretch{{"sent", 0, day, 1}, {"dismissed", 0, day - 60, 200}}, day, "[]"},
		{"one kind, and nothing else goes on", []stretch{{"sent", 0, day, 1}, {"joined", 0, day - 6, 1}}, day, "[]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
			by := map[time.Time]int64{}
			var sums []store.CallbackCount
			var seen []store.CallbackSeen
			for _, s := range tt.came {
				at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
				n, last := int64(0), 0
				for i := s.from; i < s.to; i += s.every {
					by[at(i)]++
					n, last = n+1, i
				}
				if i := slices.IndexFunc(seen, func(c store.CallbackSeen) bool { return c.Command == s.command }); i >= 0 {
					sums[i].N, seen[i].Last = sums[i].N+n, at(last)
					continue
				}
				sums = append(sums, store.CallbackCount{What: store.CallbackTaken, Name: s.command, Minute: at(s.from), N: n})
				seen = append(seen, store.CallbackSeen{Command: s.command, First: at(s.from), Last: at(last)})
			}
			var minutes []store.CallbackCount
			for _, at := range slices.SortedFunc(maps.Keys(by), time.Time.Compare) {
				minutes = append(minutes, store.CallbackCount{Minute: at, N: by[at]})
			}
			list := stopped(start.Add(time.Duration(tt.now)*time.Minute), minutes, sums, seen)
			got := []string{}
			for _, s := range list {
				got = append(got, fmt.Sprintf("%s since %d usually %s", s.Command, int(s.Since.Sub(start).Minutes()), s.Usual.Round(time.Second)))
			}
			if fmt.Sprint(got) != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

// TestMeterLooks warns of what stopped, by what all replicas counted.
func TestMeterLooks(t *testing.T) {
	m, _, at := metered(t)
	for range 30 {
		m.Count("a", store.CallbackTaken, "sent", *at)
		*at = at.Add(10 * time.Second)
	}
	if err := m.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{0, 1} {
		if list, err := m.Look(t.Context(), "a"); err != nil || len(list) != want || len(m.Stopped("a")) != want {
			t.Errorf("%+v %v, want %d", list, err, want)
		}
		*at = at.Add(6 * time.Minute)
	}
}
