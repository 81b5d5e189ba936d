package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/store"
)

// AuditLog is the contract of store.AuditLog.
func AuditLog(t *testing.T, open Open) {
	t.Run("an entry comes back as written", func(t *testing.T) { auditEntry(t, open(t)) })
	t.Run("limits", func(t *testing.T) { auditLimits(t, open(t)) })
	t.Run("one outcome", func(t *testing.T) { auditOutcome(t, open(t)) })
	t.Run("undo", func(t *testing.T) { auditUndo(t, open(t)) })
	t.Run("an undo is claimed once", func(t *testing.T) { auditUndoOnce(t, open(t)) })
	t.Run("a key is claimed once", func(t *testing.T) { auditKey(t, open(t)) })
	t.Run("unfinished", func(t *testing.T) { auditUnfinished(t, open(t)) })
	t.Run("filters and paging", func(t *testing.T) { auditFilters(t, open(t)) })
	t.Run("a clock that goes back", func(t *testing.T) { auditClock(t, open(t)) })
	t.Run("no gaps, many writers", func(t *testing.T) { auditAtOnce(t, open(t)) })
}

// entry is one with everything in it.
func entry() store.AuditEntry {
	return store.AuditEntry{
		At: day, OperatorID: "op1", OperatorName: "Mei Lin 林梅", Address: "198.51.100.7", Request: "r-7",
		App: "harbor", Action: "member.mute", Group: "@TGS#2C5SZEAEF", Users: []string{"u1", `u"2<`}, Messages: []string{"88201"},
		Reason: "广告 “ads”", Detail: json.RawMessage(`{"for":"24h","n":9007199254740993}`), UndoOf: 0,
	}
}

func begin(t *testing.T, s *store.Store, e store.AuditEntry) int64 {
	t.Helper()
	return value[int64](t)(s.Audit.Begin(t.Context(), e))
}

func finish(t *testing.T, s *store.Store, id int64, state store.AuditState) {
	t.Helper()
	must(t, s.Audit.Finish(t.Context(), id, store.AuditOutcome{At: at(60), State: state}))
}

func auditEntry(t *testing.T, s *store.Store) {
	ctx := t.Context()
	if n := value[int64](t)(s.Audit.Count(ctx)); n != 0 {
		t.Errorf("%d entries at first", n)
	}
	want := entry()
	id := begin(t, s, want)
	if id != 1 {
		t.Errorf("the first id is %d", id)
	}
	want.ID, want.State = id, store.AuditPending
	if diff := cmp.Diff(want, value[store.AuditEntry](t)(s.Audit.Get(ctx, id))); diff != "" {
		t.Error("begun:", diff)
	}

	out := store.AuditOutcome{
		At: at(2), State: store.AuditPartial, VendorRequest: "vendor-1", ErrorKind: "rate_limited",
		Items: []store.AuditItem{
			{ID: "u1", Code: store.ItemOK, After: "2026-04-19T15:42:00Z"},
			{ID: `u"2<`, Code: "not_member", TextKey: "error.not_member", VendorCode: "10007"},
			{ID: "u3", Code: "denied"},
		},
	}
	must(t, s.Audit.Finish(ctx, id, out))
	out.Done, out.NotDone = 1, 2
	want.State, want.Outcome = store.AuditPartial, &out
	if diff := cmp.Diff(want, value[store.AuditEntry](t)(s.Audit.Get(ctx, id))); diff != "" {
		t.Error("finished:", diff)
	}
	out.Items = nil // a list has the counts only
	if diff := cmp.Diff([]store.AuditEntry{want}, value[[]store.AuditEntry](t)(s.Audit.List(ctx, store.AuditFilter{}, 0, 10))); diff != "" {
		t.Error("listed:", diff)
	}

	bare := store.AuditEntry{At: at(9), Action: "operator.signin"}
	bare.ID, bare.State = begin(t, s, bare), store.AuditPending
	if diff := cmp.Diff(bare, value[store.AuditEntry](t)(s.Audit.Get(ctx, bare.ID))); diff != "" {
		t.Error("bare:", diff)
	}
	if n := value[int64](t)(s.Audit.Count(ctx)); n != 2 {
		t.Errorf("%d entries, want 2", n)
	}
}

func auditLimits(t *testing.T, s *store.Store) {
	ctx := t.Context()
	many := make([]string, store.MaxAuditTargets)
	for i := range many {
		many[i] = fmt.Sprint("u", i/2) // each twice
	}
	e := entry()
	e.Users, e.Messages = many, many
	e.Reason = strings.Repeat("x", store.MaxAuditReason)
	e.Detail = json.RawMessage(`{ "x" : "` + strings.Repeat("y", store.MaxAuditDetail-20) + `" }`)
	id := begin(t, s, e)
	if got := value[store.AuditEntry](t)(s.Audit.Get(ctx, id)); !slices.Equal(got.Users, many) || !slices.Equal(got.Messages, many) || strings.Contains(string(got.Detail), " ") {
		t.Error("targets or detail are not as written")
	}
	if got := value[[]store.AuditEntry](t)(s.Audit.List(ctx, store.AuditFilter{User: "u499"}, 0, 10)); len(got) != 1 {
		t.Errorf("%d entries for the last target, want 1", len(got))
	}

	for name, spoil := range map[string]func(*store.AuditEntry){
		"users":            func(e *store.AuditEntry) { e.Users = append(many, "x") },
		"messages":         func(e *store.AuditEntry) { e.Messages = append(many, "x") },
		"reason":           func(e *store.AuditEntry) { e.Reason += "x" },
		"detail too large": func(e *store.AuditEntry) { e.Detail = append(e.Detail, make([]byte, 20)...) },
		"detail no object": func(e *store.AuditEntry) { e.Detail = json.RawMessage(`[1]`) },
		"detail no JSON":   func(e *store.AuditEntry) { e.Detail = json.RawMessage(`{`) },
		"detail blank":     func(e *store.AuditEntry) { e.Detail = json.RawMessage(` `) },
		"no action":        func(e *store.AuditEntry) { e.Action = "" },
		"no time":          func(e *store.AuditEntry) { e.At = time.Time{} },
	} {
		bad := e
		spoil(&bad)
		if _, err := s.Audit.Begin(ctx, bad); err == nil {
			t.Errorf("%s: was written", name)
		} else {
			wantErr(t, err, store.ErrInvalid)
		}
	}
	out := store.AuditOutcome{At: day, State: store.AuditOK}
	for name, spoil := range map[string]func(*store.AuditOutcome){
		"pending":  func(o *store.AuditOutcome) { o.State = store.AuditPending },
		"no state": func(o *store.AuditOutcome) { o.State = "" },
		"no time":  func(o *store.AuditOutcome) { o.At = time.Time{} },
		"items":    func(o *store.AuditOutcome) { o.Items = make([]store.AuditItem, store.MaxAuditItems+1) },
	} {
		bad := out
		spoil(&bad)
		if err := s.Audit.Finish(ctx, id, bad); err == nil {
			t.Errorf("%s: was written", name)
		} else {
			wantErr(t, err, store.ErrInvalid)
		}
	}
	_, err := s.Audit.List(ctx, store.AuditFilter{NotActions: make([]string, 21)}, 0, 10)
	wantErr(t, err, store.ErrInvalid)
	if n := value[int64](t)(s.Audit.Count(ctx)); n != 1 {
		t.Errorf("%d entries, want 1: what was refused leaves no gap", n)
	}
}

func auditOutcome(t *testing.T, s *store.Store) {
	ctx := t.Context()
	id := begin(t, s, entry())
	finish(t, s, id, store.AuditOK)
	wantErr(t, s.Audit.Finish(ctx, id, store.AuditOutcome{At: at(99), State: store.AuditFailed}), store.ErrConflict)
	wantErr(t, s.Audit.Finish(ctx, id+1, store.AuditOutcome{At: at(99), State: store.AuditFailed}), store.ErrNotFound)
	if got := value[store.AuditEntry](t)(s.Audit.Get(ctx, id)); got.State != store.AuditOK || !got.Outcome.At.Equal(at(60)) {
		t.Errorf("the outcome was changed: %+v", got.Outcome)
	}
	_, err := s.Audit.Get(ctx, id+1)
	wantErr(t, err, store.ErrNotFound)
	_, err = s.Audit.List(ctx, store.AuditFilter{}, 99, 10)
	wantErr(t, err, store.ErrNotFound)
}

func auditUndo(t *testing.T, s *store.Store) {
	mute := begin(t, s, entry())
	finish(t, s, mute, store.AuditOK)
	undo := entry()
	undo.UndoOf = mute
	undoneBy := func(want int64) {
		t.Helper()
		if got := value[store.AuditEntry](t)(s.Audit.Get(t.Context(), mute)); got.UndoneBy != want {
			t.Errorf("undone by %d, want %d", got.UndoneBy, want)
		}
		list := value[[]store.AuditEntry](t)(s.Audit.List(t.Context(), store.AuditFilter{}, 0, 100))
		if got := list[len(list)-1]; got.ID != mute || got.UndoneBy != want {
			t.Errorf("in the list: %d undone by %d, want %d", got.ID, got.UndoneBy, want)
		}
	}
	undoneBy(0)
	first := begin(t, s, undo)
	undoneBy(first)
	finish(t, s, first, store.AuditFailed)
	undoneBy(0)
	second := begin(t, s, undo)
	finish(t, s, second, store.AuditUnknown)
	undoneBy(second)
	if got := value[store.AuditEntry](t)(s.Audit.Get(t.Context(), second)); got.UndoOf != mute {
		t.Errorf("undo of %d, want %d", got.UndoOf, mute)
	}
}

// atOnce begins e many times at the same time, and returns the id of the one that won.
func atOnce(t *testing.T, s *store.Store, e store.AuditEntry) int64 {
	t.Helper()
	const n = 8
	ids, errs := make([]int64, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { ids[i], errs[i] = s.Audit.Begin(t.Context(), e) })
	}
	wg.Wait()
	var winner int64
	for i, err := range errs {
		switch {
		case err != nil:
			wantErr(t, err, store.ErrConflict)
		case winner != 0:
			t.Errorf("both %d and %d were begun", winner, ids[i])
		default:
			winner = ids[i]
		}
	}
	if winner == 0 {
		t.Fatal("none was begun")
	}
	return winner
}

func auditUndoOnce(t *testing.T, s *store.Store) {
	mute := begin(t, s, entry())
	finish(t, s, mute, store.AuditOK)
	undo := entry()
	undo.UndoOf = mute
	first := atOnce(t, s, undo)
	_, err := s.Audit.Begin(t.Context(), undo)
	wantErr(t, err, store.ErrConflict) // while it is open
	finish(t, s, first, store.AuditFailed)
	second := begin(t, s, undo) // a failed one may be tried again
	finish(t, s, second, store.AuditPartial)
	_, err = s.Audit.Begin(t.Context(), undo)
	wantErr(t, err, store.ErrConflict)
	if n := value[int64](t)(s.Audit.Count(t.Context())); n != second || n != 3 {
		t.Errorf("%d entries and %d the newest: those that lost left gaps", n, second)
	}
}

func auditKey(t *testing.T, s *store.Store) {
	ctx := t.Context()
	e := entry()
	e.Key = "form-1"
	id := atOnce(t, s, e)
	finish(t, s, id, store.AuditOK)
	_, err := s.Audit.Begin(ctx, e)
	wantErr(t, err, store.ErrConflict)
	got := value[store.AuditEntry](t)(s.Audit.ByKey(ctx, e.OperatorID, e.Key))
	if diff := cmp.Diff(value[store.AuditEntry](t)(s.Audit.Get(ctx, id)), got); diff != "" {
		t.Error("by key:", diff)
	}
	other := e
	other.OperatorID = "op2"
	if id2 := begin(t, s, other); value[store.AuditEntry](t)(s.Audit.ByKey(ctx, "op2", e.Key)).ID != id2 {
		t.Error("another operator's key is not apart")
	}
	_, err = s.Audit.ByKey(ctx, e.OperatorID, "form-2")
	wantErr(t, err, store.ErrNotFound)
	_, err = s.Audit.ByKey(ctx, e.OperatorID, "")
	wantErr(t, err, store.ErrNotFound)
	begin(t, s, entry())
	begin(t, s, entry()) // without a key there may be many
}

func auditUnfinished(t *testing.T, s *store.Store) {
	var ids []int64
	for i := range 5 {
		e := entry()
		e.At = at(i)
		ids = append(ids, begin(t, s, e))
	}
	finish(t, s, ids[1], store.AuditOK)
	unfinished := func(want ...int64) {
		t.Helper()
		var got []int64
		for _, e := range value[[]store.AuditEntry](t)(s.Audit.Unfinished(t.Context(), at(4))) {
			if e.State != store.AuditPending || len(e.Users) != 2 {
				t.Errorf("entry %d: %+v", e.ID, e)
			}
			got = append(got, e.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	unfinished(ids[0], ids[2], ids[3]) // the last began at the time asked for: it may be at work
	finish(t, s, ids[0], store.AuditUnknown)
	unfinished(ids[2], ids[3])
}

// auditFilters compares each filter and pairs of them with what a loop over all entries finds.
func auditFilters(t *testing.T, s *store.Store) {
	all := manyEntries(t, s, 200)
	middle := all[len(all)/2].At
	filters := []store.AuditFilter{
		{},
		{OperatorID: "op1"},
		{App: "app1"},
		{Group: "g1"},
		{Group: "g1", App: "app0"},
		{User: "u1"},
		{User: "u1", App: "app1"},
		{Action: "member.mute"},
		{NotActions: []string{"operator.signin", "member.kick"}},
		{Actions: []string{"member.mute", "member.kick"}},
		{State: store.AuditPending},
		{State: store.AuditOK},
		{State: store.AuditPartial},
		{State: store.AuditFailed},
		{State: store.AuditUnknown},
		{From: middle},
		{Until: middle},
		{From: middle.Add(-time.Hour), Until: middle.Add(time.Hour)},
		{OperatorID: "nobody"},
		{App: "?"},
		{User: "nobody", State: store.AuditFailed},
	}
	for _, a := range slices.Clone(filters) {
		for _, b := range filters[1:17] {
			filters = append(filters, both(a, b))
		}
	}
	seen := map[string]bool{}
	for _, f := range filters {
		if is := fmt.Sprint(f); seen[is] {
			continue
		} else {
			seen[is] = true
		}
		var want []int64
		for _, e := range all {
			if matches(f, e) {
				want = append(want, e.ID)
			}
		}
		var got []int64
		for before, page := int64(0), 7; ; {
			list, err := s.Audit.List(t.Context(), f, before, page)
			if err != nil {
				t.Fatalf("%+v: %v", f, err)
			}
			for _, e := range list {
				got = append(got, e.ID)
			}
			if len(list) < page {
				break
			}
			before, page = list[len(list)-1].ID, store.MaxAuditPage
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v:\n got %v\nwant %v", f, got, want)
		}
	}
	for _, size := range []struct{ ask, want int }{{0, 1}, {-1, 1}, {5, 5}, {1000, store.MaxAuditPage}} {
		if got := value[[]store.AuditEntry](t)(s.Audit.List(t.Context(), store.AuditFilter{}, 0, size.ask)); len(got) != size.want {
			t.Errorf("asked for %d, got %d, want %d", size.ask, len(got), size.want)
		}
	}
}

// manyEntries writes n entries and returns them newest first.
func manyEntries(t *testing.T, s *store.Store, n int) []store.AuditEntry {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	var list []store.AuditEntry
	for i := range n {
		e := store.AuditEntry{
			At: day.Add(time.Duration(i/3) * time.Minute), OperatorID: pick("op1", "op2", "op3"), App: pick("app0", "app1", ""),
			Action: pick("member.mute", "member.kick", "operator.signin"), Group: pick("g1", "g2", "", ""),
		}
		for range r.IntN(3) {
			e.Users = append(e.Users, pick("u1", "u2", "u3", "u4", "u5"))
		}
		e.ID, e.State = begin(t, s, e), store.AuditPending
		if state := store.AuditState(pick("", "ok", "ok", "ok", "partial", "failed", "unknown")); state != "" {
			finish(t, s, e.ID, state)
			e.State = state
		}
		list = append(list, e)
	}
	slices.Reverse(list)
	return list
}

func matches(f store.AuditFilter, e store.AuditEntry) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	return is(f.OperatorID, e.OperatorID) && is(f.App, e.App) && is(f.Group, e.Group) && is(f.Action, e.Action) &&
		is(string(f.State), string(e.State)) && (f.User == "" || slices.Contains(e.Users, f.User)) &&
		!slices.Contains(f.NotActions, e.Action) && (f.Actions == nil || slices.Contains(f.Actions, e.Action)) &&
		(f.From.IsZero() || !e.At.Before(f.From)) && (f.Until.IsZero() || e.At.Before(f.Until))
}

// both is a filter with the fields of a, and those of b where a has none.
func both(a, b store.AuditFilter) store.AuditFilter {
	or := func(a *string, b string) {
		if *a == "" {
			*a = b
		}
	}
	or(&a.OperatorID, b.OperatorID)
	or(&a.App, b.App)
	or(&a.Group, b.Group)
	or(&a.User, b.User)
	or(&a.Action, b.Action)
	or((*string)(&a.State), string(b.State))
	if a.NotActions == nil {
		a.NotActions = b.NotActions
	}
	if a.Actions == nil {
		a.Actions = b.Actions
	}
	if a.From.IsZero() {
		a.From = b.From
	}
	if a.Until.IsZero() {
		a.Until = b.Until
	}
	return a
}

// auditClock: the log is shown by time, then by id, and no entry is lost when a clock was set back.
func auditClock(t *testing.T, s *store.Store) {
	for _, seconds := range []int{10, 30, 20, 30} {
		e := entry()
		e.At = at(seconds)
		begin(t, s, e)
	}
	var got []int64
	for before := int64(0); ; {
		list := value[[]store.AuditEntry](t)(s.Audit.List(t.Context(), store.AuditFilter{App: "harbor"}, before, 1))
		if len(list) == 0 {
			break
		}
		before = list[0].ID
		got = append(got, before)
	}
	if diff := cmp.Diff([]int64{4, 2, 3, 1}, got); diff != "" {
		t.Error(diff)
	}
}

func auditAtOnce(t *testing.T, s *store.Store) {
	const writers, each = 8, 10
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				id, err := s.Audit.Begin(t.Context(), entry())
				if err == nil {
					err = s.Audit.Finish(t.Context(), id, store.AuditOutcome{At: day, State: store.AuditOK})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	list := value[[]store.AuditEntry](t)(s.Audit.List(t.Context(), store.AuditFilter{}, 0, store.MaxAuditPage))
	for i, e := range list {
		if e.ID != int64(writers*each-i) || e.State != store.AuditOK {
			t.Fatalf("entry %d of the list is #%d, %s", i, e.ID, e.State)
		}
	}
	if n := value[int64](t)(s.Audit.Count(t.Context())); len(list) != writers*each || n != writers*each {
		t.Errorf("%d listed, %d counted, want %d", len(list), n, writers*each)
	}
}
