package storetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/store"
)

// Policies is the contract of store.Policies.
func Policies(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	p := value[store.Policy](t)(s.Policies.Get(ctx, "guard"))
	if p.Version != 0 || p.Body != nil || p.Key != "guard" {
		t.Errorf("never set: %+v", p)
	}
	p.Body, p.ChangedAt, p.ChangedBy = json.RawMessage(` {"rules": [1]}`), day, "Mei"
	first := value[store.Policy](t)(s.Policies.Set(ctx, p))
	if got := value[store.Policy](t)(s.Policies.Get(ctx, "guard")); !reflect.DeepEqual(got, first) || string(got.Body) != `{"rules":[1]}` || got.Version != 1 {
		t.Errorf("got %+v, want %+v", got, first)
	}
	_, err := s.Policies.Set(ctx, p) // from what is there no more
	wantErr(t, err, store.ErrConflict)
	first.Body = json.RawMessage(`{}`)
	second := value[store.Policy](t)(s.Policies.Set(ctx, first))
	_, err = s.Policies.Set(ctx, first)
	wantErr(t, err, store.ErrConflict)
	second.Body = json.RawMessage(`[]`)
	_, err = s.Policies.Set(ctx, second)
	wantErr(t, err, store.ErrInvalid)
	if other := value[store.Policy](t)(s.Policies.Get(ctx, "retention")); other.Version != 0 {
		t.Errorf("another policy: %+v", other)
	}
}

func request(key string) store.Approval {
	return store.Approval{
		At: day, ExpiresAt: at(3600), OperatorID: "op1", OperatorName: "Mei", Role: "lead", Address: "::1", App: "demo", Kind: "action",
		Verb: "group.dismiss", Group: "g", Size: 1, Users: []string{"u1"}, Reason: "ads", Body: json.RawMessage(`{"a":1}`),
		Plan: json.RawMessage(`{"p":1}`), Rule: json.RawMessage(`{"r":1}`), Key: key, Form: "f",
	}
}

// Approvals is the contract of store.Approvals.
func Approvals(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	ask := func(r store.Approval) store.Approval {
		t.Helper()
		a, made, err := s.Approvals.Ask(ctx, r)
		must(t, err)
		if !made {
			t.Fatal("it was there already")
		}
		return a
	}
	get := func(id string) store.Approval { t.Helper(); return value[store.Approval](t)(s.Approvals.Get(ctx, id)) }
	states := func(f store.ApprovalFilter) string {
		t.Helper()
		list := value[[]store.Approval](t)(s.Approvals.List(ctx, f, "", 10))
		if n := value[int](t)(s.Approvals.Count(ctx, f)); n != len(list) {
			t.Errorf("%d counted, %d listed", n, len(list))
		}
		var out []string
		for _, a := range list {
			out = append(out, a.Key+" "+string(a.State))
		}
		return fmt.Sprint(out)
	}

	first := ask(request("k1"))
	want := request("k1")
	want.ID, want.State = first.ID, store.ApprovalWaiting
	if first.ID == "" || !reflect.DeepEqual(first, want) || !reflect.DeepEqual(get(first.ID), want) {
		t.Errorf("kept %+v, want %+v", first, want)
	}
	if again, made, err := s.Approvals.Ask(ctx, request("k1")); err != nil || made || again.ID != first.ID {
		t.Errorf("the same key: %+v %v %v", again, made, err)
	}
	if found := value[store.Approval](t)(s.Approvals.ByKey(ctx, "op1", "k1")); found.ID != first.ID {
		t.Errorf("by key: %+v", found)
	}
	other := request("k1")
	other.OperatorID, other.App, other.At = "op2", "study", at(1)
	second := ask(other)
	without := request("")
	without.At = at(2)
	third, fourth := ask(without), ask(without) // no key: two requests
	for name, bad := range map[string]func(*store.Approval){
		"no operator": func(a *store.Approval) { a.OperatorID = "" },
		"no end":      func(a *store.Approval) { a.ExpiresAt = a.At },
		"no object":   func(a *store.Approval) { a.Plan = json.RawMessage(`7`) },
		"too large":   func(a *store.Approval) { a.Body = make(json.RawMessage, store.MaxApprovalBody+1) },
	} {
		a := request(name)
		bad(&a)
		_, _, err := s.Approvals.Ask(ctx, a)
		wantErr(t, err, store.ErrInvalid)
	}
	_, err := s.Approvals.Get(ctx, "none")
	wantErr(t, err, store.ErrNotFound)
	_, err = s.Approvals.ByKey(ctx, "op1", "")
	wantErr(t, err, store.ErrNotFound)

	// Of two who decide, one wins; what is over cannot be decided.
	decide := func(id string, to store.ApprovalState, when time.Time, override bool) error {
		return s.Approvals.Decide(ctx, id, store.ApprovalDecision{To: to, At: when, OperatorID: "op3", OperatorName: "Wei", Reason: "fine", Override: override})
	}
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if decide(first.ID, store.ApprovalRunning, at(5), false) == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d won", won.Load())
	}
	wantErr(t, decide(second.ID, store.ApprovalRunning, at(3600), false), store.ErrConflict)
	wantErr(t, decide(second.ID, store.ApprovalDone, at(5), false), store.ErrInvalid)
	wantErr(t, s.Approvals.Finish(ctx, second.ID, store.ApprovalEnd{To: store.ApprovalDone, At: at(6)}), store.ErrConflict)
	wantErr(t, s.Approvals.Finish(ctx, first.ID, store.ApprovalEnd{To: store.ApprovalWaiting, At: at(6)}), store.ErrInvalid)
	must(t, s.Approvals.Finish(ctx, first.ID, store.ApprovalEnd{To: store.ApprovalDone, At: at(6), EntryID: 7, Job: "j", Result: "ok"}))
	done := get(first.ID)
	if done.State != store.ApprovalDone || done.DecidedBy != "op3" || done.DecidedName != "Wei" || done.DecidedReason != "fine" || done.DecidedAt != at(5) ||
		done.FinishedAt != at(6) || done.EntryID != 7 || done.Job != "j" || done.Result != "ok" || done.Override {
		t.Errorf("done: %+v", done)
	}
	must(t, decide(third.ID, store.ApprovalRunning, at(5), true))
	must(t, s.Approvals.Finish(ctx, third.ID, store.ApprovalEnd{To: store.ApprovalFailed, At: at(6), Result: "gone"}))
	must(t, decide(fourth.ID, store.ApprovalWithdrawn, at(5), false))

	// An override is reviewed once.
	if got := states(store.ApprovalFilter{Unreviewed: true}); got != "[ failed]" {
		t.Errorf("to be reviewed: %s", got)
	}
	wantErr(t, s.Approvals.Review(ctx, first.ID, "op3", "Wei", "x", at(7)), store.ErrConflict)
	must(t, s.Approvals.Review(ctx, third.ID, "op3", "Wei", "it was right", at(7)))
	wantErr(t, s.Approvals.Review(ctx, third.ID, "op3", "Wei", "x", at(8)), store.ErrConflict)
	if a := get(third.ID); a.Review != "it was right" || a.ReviewedName != "Wei" || a.ReviewedBy != "op3" || a.ReviewedAt != at(7) || !a.Override {
		t.Errorf("reviewed: %+v", a)
	}

	// The requester takes note of the end.
	if got := states(store.ApprovalFilter{OperatorID: "op1", Unseen: true}); got != "[ failed k1 done]" {
		t.Errorf("unseen: %s", got)
	}
	must(t, s.Approvals.Seen(ctx, first.ID, "op2", at(8))) // it is not his
	must(t, s.Approvals.Seen(ctx, third.ID, "op1", at(8)))
	if got := states(store.ApprovalFilter{OperatorID: "op1", Unseen: true}); got != "[k1 done]" {
		t.Errorf("unseen: %s", got)
	}

	if list := value[[]store.Approval](t)(s.Approvals.Expire(ctx, at(3599))); len(list) != 0 {
		t.Errorf("expired early: %v", list)
	}
	if list := value[[]store.Approval](t)(s.Approvals.Expire(ctx, at(3600))); len(list) != 1 || list[0].ID != second.ID || list[0].State != store.ApprovalExpired {
		t.Errorf("expired: %+v", list)
	}
	for name, tt := range map[string]struct {
		f    store.ApprovalFilter
		want string
	}{
		"of an app":       {store.ApprovalFilter{Apps: []string{"study"}}, "[k1 expired]"},
		"of others":       {store.ApprovalFilter{NotBy: "op1"}, "[k1 expired]"},
		"in some states":  {store.ApprovalFilter{States: []store.ApprovalState{store.ApprovalDone, store.ApprovalExpired}}, "[k1 expired k1 done]"},
		"of no app":       {store.ApprovalFilter{Apps: []string{}}, "[]"},
		"nothing like it": {store.ApprovalFilter{Apps: []string{"study"}, OperatorID: "op1"}, "[]"},
	} {
		if got := states(tt.f); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	var ids []string
	for before, more := "", true; more; {
		page := value[[]store.Approval](t)(s.Approvals.List(ctx, store.ApprovalFilter{}, before, 1))
		if more = len(page) > 0; more {
			before = page[0].ID
			ids = append(ids, before)
		}
	}
	if newest := []string{max(third.ID, fourth.ID), min(third.ID, fourth.ID), second.ID, first.ID}; !slices.Equal(ids, newest) {
		t.Errorf("page by page %v, want %v", ids, newest)
	}
}

// Uses is the contract of store.Uses.
func Uses(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	hour := store.UseLimit{App: "demo", Verb: "kick", Max: 10, Per: time.Hour}
	pause := store.UseLimit{Verb: "kick", Pause: 5 * time.Minute, Size: 6}
	take := func(operator, app, verb string, size int, when time.Time, limits ...store.UseLimit) *store.UseRefused {
		t.Helper()
		return value[*store.UseRefused](t)(s.Uses.Take(ctx, store.Use{OperatorID: operator, App: app, Verb: verb, Size: size, At: when}, limits))
	}
	if r := take("op1", "demo", "kick", 4, day, hour, pause); r != nil {
		t.Errorf("the first: %+v", r)
	}
	if r := take("op1", "demo", "kick", 6, at(60), hour, pause); r != nil {
		t.Errorf("up to the limit: %+v", r)
	}
	// The first use ends an hour after it, and makes room for four.
	if r := take("op1", "demo", "kick", 1, at(120), hour, pause); r == nil || r.Limit != 0 || r.Used != 10 || r.Again != at(3600) {
		t.Errorf("one more: %+v", r)
	}
	if r := take("op1", "demo", "kick", 5, at(120), hour); r == nil || r.Again != at(3660) {
		t.Errorf("five more: %+v", r)
	}
	if r := take("op1", "demo", "kick", 11, at(120), hour); r == nil || !r.Again.IsZero() {
		t.Errorf("never: %+v", r)
	}
	if r := take("op1", "study", "kick", 1, at(120), hour, pause); r == nil || r.Limit != 1 || r.Again != at(360) {
		t.Errorf("in another app it is too soon: %+v", r)
	}
	for name, r := range map[string]*store.UseRefused{
		"another operator": take("op2", "demo", "kick", 10, at(120), hour, pause),
		"another verb":     take("op1", "demo", "ban", 10, at(120), store.UseLimit{App: "demo", Verb: "ban", Max: 10, Per: time.Hour}),
		"after the pause":  take("op1", "study", "kick", 1, at(361), hour, pause),
		"after the hour":   take("op1", "demo", "kick", 4, at(3601), hour),
	} {
		if r != nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
	_, err := s.Uses.Take(ctx, store.Use{OperatorID: "op1"}, nil)
	wantErr(t, err, store.ErrInvalid)

	var taken atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			r, err := s.Uses.Take(ctx, store.Use{OperatorID: "op9", App: "demo", Verb: "kick", Size: 4, At: day}, []store.UseLimit{hour})
			if err == nil && r == nil {
				taken.Add(1)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 2 {
		t.Errorf("%d of 8 at once fit, want 2", taken.Load())
	}
	total := 0
	for n := 1; n > 0; total += n {
		n = value[int](t)(s.Uses.Purge(ctx, at(3601), 3))
	}
	if total != 7 { // all but the one at 3601
		t.Errorf("%d purged", total)
	}
}
