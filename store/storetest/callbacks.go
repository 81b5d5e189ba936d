package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/store"
)

// Callbacks is the contract of store.Callbacks.
func Callbacks(t *testing.T, open Open) {
	s := open(t)
	t.Run("counts", func(t *testing.T) { callbackCounts(t, s) })
	t.Run("failures", func(t *testing.T) { callbackFailures(t, s) })
	t.Run("of a user", func(t *testing.T) {
		ctx := t.Context()
		about := value[int64](t)(s.Callbacks.Keep(ctx, store.CallbackFailure{App: "p", At: day, Why: "body", Body: []byte(`{"From":"li_wei"`), Whole: true}))
		other := value[int64](t)(s.Callbacks.Keep(ctx, store.CallbackFailure{App: "p", At: day, Why: "body", Body: []byte(`{"From":"anna"`), Whole: true}))
		_, err := s.Privacy.Erase(ctx, store.AuditEntry{At: day, OperatorID: "op", OperatorName: "Mei"}, "p", "li_wei")
		must(t, err)
		_, err = s.Callbacks.Failure(ctx, "p", about)
		wantErr(t, err, store.ErrNotFound)
		_, err = s.Callbacks.Failure(ctx, "p", other)
		must(t, err)
	})
}

func callbackCounts(t *testing.T, s *store.Store) {
	ctx := t.Context()
	minute := day.Truncate(time.Minute)
	count := func(what, name string, seconds int, n int64) store.CallbackCount {
		return store.CallbackCount{App: "a", What: what, Name: name, Minute: at(seconds).Truncate(time.Minute), Last: at(seconds), N: n}
	}
	must(t, s.Callbacks.Count(ctx, nil))
	must(t, s.Callbacks.Count(ctx, []store.CallbackCount{count(store.CallbackTaken, "sent", 0, 3), count(store.CallbackTook, "5", 0, 3), count(store.CallbackTaken, "joined", 1, 1)}))
	must(t, s.Callbacks.Count(ctx, []store.CallbackCount{count(store.CallbackTaken, "sent", 5, 2), count(store.CallbackTaken, "sent", 120, 4), count(store.CallbackRefused, "sign", 121, 1)}))
	must(t, s.Callbacks.Count(ctx, []store.CallbackCount{{App: "b", What: store.CallbackTaken, Name: "sent", Minute: minute, Last: day, N: 9}}))

	taken := func(from time.Time) (list []string) {
		for _, m := range value[[]store.CallbackCount](t)(s.Callbacks.Minutes(ctx, "a", store.CallbackTaken, from)) {
			list = append(list, fmt.Sprintf("%s %d", m.Minute.Format("15:04"), m.N))
		}
		return list
	}
	if diff := cmp.Diff([]string{"15:40 6", "15:42 4"}, taken(minute)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"15:42 4"}, taken(minute.Add(time.Minute))); diff != "" {
		t.Error(diff)
	}
	var sums []string
	for _, n := range value[[]store.CallbackCount](t)(s.Callbacks.Sums(ctx, "a", minute)) {
		sums = append(sums, fmt.Sprintf("%s %s %d %s %s", n.What, n.Name, n.N, n.Minute.Format("15:04"), n.Last.Format("15:04")))
	}
	if diff := cmp.Diff([]string{"refused sign 1 15:42 15:42", "taken joined 1 15:40 15:40", "taken sent 9 15:40 15:42", "took 5 3 15:40 15:40"}, sums); diff != "" {
		t.Error(diff)
	}
	want := []store.CallbackSeen{{Command: "joined", First: minute, Last: at(1), N: 1}, {Command: "sent", First: minute, Last: at(120), N: 9}}
	if diff := cmp.Diff(want, value[[]store.CallbackSeen](t)(s.Callbacks.Seen(ctx, "a"))); diff != "" {
		t.Error(diff)
	}
	// Names that nobody knows are bounded.
	var many []store.CallbackCount
	for i := range 250 {
		many = append(many, count(store.CallbackTaken, fmt.Sprint("x", i), 0, 1))
	}
	must(t, s.Callbacks.Count(ctx, many))
	must(t, s.Callbacks.Count(ctx, []store.CallbackCount{count(store.CallbackTaken, "sent", 180, 1)}))
	seen := value[[]store.CallbackSeen](t)(s.Callbacks.Seen(ctx, "a"))
	if len(seen) != 200 || seen[1].Command != "sent" || seen[1].N != 10 {
		t.Errorf("%d are known by name, %+v", len(seen), seen[:2])
	}
	if n := value[int](t)(s.Callbacks.Prune(ctx, minute.Add(store.CallbackMinutesKept+time.Minute))); n == 0 || len(taken(minute)) != 2 {
		t.Errorf("%d dropped, left %v", n, taken(minute))
	}
}

func callbackFailures(t *testing.T, s *store.Store) {
	ctx := t.Context()
	keep := func(app, why string, seconds int, body string) int64 {
		t.Helper()
		return value[int64](t)(s.Callbacks.Keep(ctx, store.CallbackFailure{
			App: app, At: at(seconds), Why: why, Command: "sent", Query: "a=b", Body: []byte(body), Whole: true, Error: "no JSON",
		}))
	}
	first, second := keep("a", "body", 0, "\x00\xff{"), keep("a", "kept", 1, `{}`)
	keep("b", "body", 2, "x")
	f := value[store.CallbackFailure](t)(s.Callbacks.Failure(ctx, "a", first))
	want := store.CallbackFailure{ID: first, App: "a", At: day, Why: "body", Command: "sent", Query: "a=b", Body: []byte("\x00\xff{"), Size: 3, Whole: true, Error: "no JSON"}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	_, err := s.Callbacks.Failure(ctx, "b", first)
	wantErr(t, err, store.ErrNotFound)
	ids := func(why string, before int64) (list []int64) {
		for _, f := range value[[]store.CallbackFailure](t)(s.Callbacks.Failures(ctx, "a", why, before, 10)) {
			if f.Body != nil {
				t.Error("a list has bodies")
			}
			list = append(list, f.ID)
		}
		return list
	}
	if diff := cmp.Diff([][]int64{{second, first}, {first}, {first}}, [][]int64{ids("", 0), ids("body", 0), ids("", second)}); diff != "" {
		t.Error(diff)
	}
	// One of those who try may.
	must(t, s.Callbacks.Replay(ctx, "a", first, at(9)))
	wantErr(t, s.Callbacks.Replay(ctx, "a", first, at(10)), store.ErrConflict)
	wantErr(t, s.Callbacks.Replay(ctx, "b", first, at(10)), store.ErrNotFound)
	must(t, s.Callbacks.Unreplay(ctx, "a", first, "kept", "disk full"))
	if f := value[store.CallbackFailure](t)(s.Callbacks.Failure(ctx, "a", first)); !f.Replayed.IsZero() || f.Why != "kept" || f.Error != "disk full" {
		t.Errorf("%+v", f)
	}
	must(t, s.Callbacks.Replay(ctx, "a", first, at(11)))

	big := value[int64](t)(s.Callbacks.Keep(ctx, store.CallbackFailure{App: "a", At: at(3), Why: "body", Body: []byte(strings.Repeat("x", store.MaxCallbackBody+1)), Whole: true}))
	if f := value[store.CallbackFailure](t)(s.Callbacks.Failure(ctx, "a", big)); f.Whole || f.Size != 0 {
		t.Errorf("a body that is too large: %d bytes, whole %v", f.Size, f.Whole)
	}
	_, err = s.Callbacks.Keep(ctx, store.CallbackFailure{App: "a", Why: "body"})
	wantErr(t, err, store.ErrInvalid)
	if n := value[int](t)(s.Callbacks.Erase(ctx, "a", second, "")); n != 1 {
		t.Errorf("%d erased", n)
	}
	if n := value[int](t)(s.Callbacks.Erase(ctx, "a", 0, "body")); n != 1 {
		t.Errorf("%d erased of a reason", n)
	}
	for i := range store.MaxCallbackFailures + 5 {
		keep("c", "body", i, "x")
	}
	list := value[[]store.CallbackFailure](t)(s.Callbacks.Failures(ctx, "c", "", 0, store.MaxCallbackFailures+100))
	if len(list) != store.MaxCallbackFailures || !list[len(list)-1].At.Equal(at(5)) {
		t.Errorf("%d are kept, the oldest of %s", len(list), list[len(list)-1].At)
	}
	if n := value[int](t)(s.Callbacks.Prune(ctx, at(5).Add(store.CallbackFailureKept+time.Millisecond))); n < 2 {
		t.Errorf("%d dropped", n)
	}
}
