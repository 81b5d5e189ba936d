package replicas

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"testing"
	"time"

	"imdesk/imclient"
	"imdesk/store"
	"imdesk/store/storetest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestChoose(t *testing.T) {
	other := func(part float64, busy bool) store.Replica {
		return store.Replica{Shares: map[string]store.Share{"p": {Part: part, Busy: busy}}}
	}
	for _, tt := range []struct {
		name   string
		others []store.Replica
		busy   bool
		part   float64
		short  bool
	}{
		{"alone", nil, false, 1, false},
		{"a newcomer takes what is free", []store.Replica{other(1, false)}, false, 0, true},
		{"the first makes room", []store.Replica{other(0, false)}, false, 0.5, false},
		{"one of three", []store.Replica{other(1.0/3, false), other(1.0/3, false)}, false, 1.0 / 3, false},
		{"work gets most", []store.Replica{other(0.1, false), other(0.1, false)}, true, 2.0 / 3, false},
		{"no more than is free", []store.Replica{other(0.4, false), other(0.4, false)}, true, 0.2, true},
		{"the idle one gives", []store.Replica{other(0.5, true)}, false, 0.2, false},
		{"others have another pool", []store.Replica{{Shares: map[string]store.Share{"q": {Part: 1}}}}, false, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, short := choose(tt.others, map[string]bool{"p": tt.busy})
			if math.Abs(got["p"].Part-tt.part) > 1e-9 || got["p"].Busy != tt.busy || short != tt.short {
				t.Errorf("got %+v, %t, want %v, %t", got, short, tt.part, tt.short)
			}
		})
	}
}

// sum watches what all consoles use together.
type sum struct {
	mu    sync.Mutex
	parts map[string]float64
	until map[string]time.Time
	most  float64
}

func (s *sum) client(name string) *imclient.Client {
	return &imclient.Client{
		Pool: "p", ShareRates: func(imclient.Turns) {}, Stats: func() imclient.Stats { return imclient.Stats{} },
		SetShare: func(part float64, until time.Time) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.parts[name], s.until[name] = part, until
			all := 0.0
			for n, p := range s.parts {
				if time.Now().Before(s.until[n]) {
					all += p
				}
			}
			s.most = max(s.most, all)
		},
	}
}

// wait polls until the consoles use these parts.
func (s *sum) wait(t *testing.T, what string, want map[string]float64) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		good, now := true, fmt.Sprint(s.parts)
		for name, part := range want {
			good = good && math.Abs(s.parts[name]-part) < 0.001 && (part == 0 || time.Now().Before(s.until[name]))
		}
		s.mu.Unlock()
		if good {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: parts %s, want %v", what, now, want)
		}
	}
}

func TestSQLite(t *testing.T) { testMembers(t, t.TempDir()+"/imdesk.db") }

func TestPostgreSQL(t *testing.T) { testMembers(t, storetest.StartPostgres(t).Schema(t)) }

// testMembers has consoles come, go, die and lose the database.
func testMembers(t *testing.T, dsn string) {
	s := &sum{parts: map[string]float64{}, until: map[string]time.Time{}}
	start := func(name string) (*Member, *store.Store, context.CancelFunc) {
		st, err := store.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		m := New(st, name, "test", slog.New(slog.DiscardHandler))
		m.time = timing{lease: 1500 * time.Millisecond, margin: 300 * time.Millisecond, beat: 300 * time.Millisecond, soon: 50 * time.Millisecond, settle: 100 * time.Millisecond}
		m.Add(s.client(name))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); m.Run(ctx) }()
		stop := sync.OnceFunc(func() { cancel(); <-done; _ = st.Close() })
		t.Cleanup(stop)
		return m, st, stop
	}
	a, _, _ := start("a")
	s.wait(t, "alone", map[string]float64{"a": 1})
	if err := a.Ready(); err != nil {
		t.Error(err)
	}
	_, _, stopB := start("b")
	s.wait(t, "two", map[string]float64{"a": 0.5, "b": 0.5})
	c, stC, _ := start("c")
	s.wait(t, "three", map[string]float64{"a": 1.0 / 3, "b": 1.0 / 3, "c": 1.0 / 3})
	list, err := a.List(t.Context())
	if err != nil || len(list) != 3 || list[0].Name != "a" {
		t.Errorf("%+v, %v", list, err)
	}
	stopB()
	s.wait(t, "one has left", map[string]float64{"a": 0.5, "b": 0, "c": 0.5})
	// c loses the database: it stops, and later a has everything.
	if err := stC.Close(); err != nil {
		t.Fatal(err)
	}
	s.wait(t, "one is cut off", map[string]float64{"a": 1})
	if err := c.Ready(); err == nil {
		t.Error("who cannot reach the database says that it is ready")
	}
	if s.most > 1.0000001 {
		t.Errorf("together they used %v", s.most)
	}
}
