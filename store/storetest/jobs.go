package storetest

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/store"
)

// Jobs is the contract of store.Jobs.
func Jobs(t *testing.T, open Open) {
	t.Run("from start to end", func(t *testing.T) { jobLife(t, open(t)) })
	t.Run("leases", func(t *testing.T) { jobLeases(t, open(t)) })
	t.Run("workers at once", func(t *testing.T) { jobWorkers(t, open(t)) })
	t.Run("what people want", func(t *testing.T) { jobWants(t, open(t)) })
	t.Run("lists", func(t *testing.T) { jobLists(t, open(t)) })
	t.Run("targets that are found on the way", func(t *testing.T) { jobFinds(t, open(t)) })
	t.Run("limits", func(t *testing.T) { jobLimits(t, open(t)) })
	t.Run("protected users", func(t *testing.T) { protected(t, open(t)) })
}

// jobItems are n users of a group.
func jobItems(group string, n int) []store.JobItem {
	list := make([]store.JobItem, n)
	for i := range list {
		list[i] = store.JobItem{Group: group, Target: fmt.Sprintf("%s-u%d", group, i+1)}
	}
	return list
}

func addJob(t *testing.T, s *store.Store, j store.Job, items ...store.JobItem) store.Job {
	t.Helper()
	if j.Kind == "" {
		j.Kind = "member.mute"
	}
	j.App, j.OperatorName, j.Complete = "harbor", "Mei", true
	if j.OperatorID == "" {
		j.OperatorID = "op1"
	}
	return value[store.Job](t)(s.Jobs.Add(t.Context(), j, items))
}

const longLease = time.Minute

func claim(t *testing.T, s *store.Store, owner string) (store.Job, store.JobLease) {
	t.Helper()
	j, l, err := s.Jobs.Claim(t.Context(), owner, longLease)
	must(t, err)
	return j, l
}

func handOut(t *testing.T, s *store.Store, l store.JobLease, n int) []store.JobItem {
	t.Helper()
	items, want, err := s.Jobs.Take(t.Context(), l, n)
	must(t, err)
	if want != "" {
		t.Errorf("somebody wants %q", want)
	}
	return items
}

func jobLife(t *testing.T, s *store.Store) {
	ctx := t.Context()
	items := append(jobItems("g1", 3), jobItems("g2", 2)...)
	items[1].State, items[1].Reason = store.ItemSkipped, "why"
	j := addJob(t, s, store.Job{Key: "form-1", Reason: "spam 广告", Spec: json.RawMessage(`{"for": 3600}`)}, items...)
	if j.State != store.JobReady || j.Created.IsZero() || j.RunAt.IsZero() || string(j.Spec) != `{"for":3600}` {
		t.Errorf("added: %+v", j)
	}
	if diff := cmp.Diff(store.JobCounts{Total: 5, Skipped: 1}, j.Counts); diff != "" || j.Counts.Waiting() != 4 {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	got, l := claim(t, s, "w1")
	if got.ID != j.ID || got.State != store.JobRunning || got.Attempt != 1 || got.Started.IsZero() || l.Attempt != 1 {
		t.Errorf("claimed: %+v", got)
	}
	first := handOut(t, s, l, 100)
	if len(first) != 2 || first[0].Target != "g1-u1" || first[1].Target != "g1-u3" || first[0].Batch != 1 || first[0].Tries != 1 || first[0].State != store.ItemSending {
		t.Errorf("the first batch: %+v", first)
	}
	second := handOut(t, s, l, 1)
	if len(second) != 1 || second[0].Target != "g2-u1" || second[0].Batch != 2 {
		t.Errorf("the second batch: %+v", second)
	}
	left := value[[]store.JobItem](t)(s.Jobs.Sending(ctx, l))
	if len(left) != 3 {
		t.Errorf("%d are on their way, want 3", len(left))
	}
	must(t, s.Jobs.Settle(ctx, l, []store.JobOutcome{
		{Position: 1, State: store.ItemDone, Before: "", After: "forever", Audit: 7},
		{Position: 3, State: store.ItemWaiting, Reason: "again", Before: "in"},
		{Position: 4, State: store.ItemRefused, Reason: "denied", Code: "10007", Audit: 8},
		{Position: 2, State: store.ItemDone}, // was not handed out
	}))
	third := handOut(t, s, l, 100)
	if len(third) != 1 || third[0].Position != 3 || third[0].Tries != 2 || third[0].Batch != 3 || third[0].Before != "in" {
		t.Errorf("what was put back: %+v", third)
	}
	must(t, s.Jobs.Settle(ctx, l, []store.JobOutcome{{Position: 3, State: store.ItemUnknown, Reason: "no answer"}}))
	must(t, s.Jobs.Settle(ctx, l, []store.JobOutcome{{Position: 3, State: store.ItemDone}})) // settled before
	fourth := handOut(t, s, l, 100)
	must(t, s.Jobs.Settle(ctx, l, []store.JobOutcome{{Position: fourth[0].Position, State: store.ItemDone, Audit: 9}}))
	if rest := handOut(t, s, l, 100); len(rest) != 0 {
		t.Errorf("still to do: %+v", rest)
	}
	must(t, s.Jobs.End(ctx, l, store.JobDone, "", ""))
	j = value[store.Job](t)(s.Jobs.Get(ctx, j.ID))
	if diff := cmp.Diff(store.JobCounts{Total: 5, Done: 2, Refused: 1, Unknown: 1, Skipped: 1}, j.Counts); diff != "" || j.State != store.JobDone || j.Ended.IsZero() {
		t.Errorf("at the end %s, %s (-want +got):\n%s", j.State, j.Ended, diff)
	}
	list := value[[]store.JobItem](t)(s.Jobs.Items(ctx, j.ID, "", 0, 10))
	want := []store.JobItem{
		{Position: 1, Group: "g1", Target: "g1-u1", State: store.ItemDone, After: "forever", Audit: 7, Batch: 1, Tries: 1},
		{Position: 2, Group: "g1", Target: "g1-u2", State: store.ItemSkipped, Reason: "why"},
		{Position: 3, Group: "g1", Target: "g1-u3", State: store.ItemUnknown, Reason: "no answer", Before: "in", Batch: 3, Tries: 2},
		{Position: 4, Group: "g2", Target: "g2-u1", State: store.ItemRefused, Reason: "denied", Code: "10007", Audit: 8, Batch: 2, Tries: 1},
		{Position: 5, Group: "g2", Target: "g2-u2", State: store.ItemDone, Audit: 9, Batch: 4, Tries: 1},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}

	child := addJob(t, s, store.Job{Parent: j.ID, Relation: store.JobReverse}, store.JobItem{Group: "g1", Target: "g1-u1", Source: 7}, store.JobItem{Group: "g1", Target: "g2-u2", Source: 9})
	_, l = claim(t, s, "w1")
	if batch := handOut(t, s, l, 100); len(batch) != 1 || batch[0].Source != 7 {
		t.Errorf("a batch is of one audit entry: %+v", batch)
	}
	must(t, s.Jobs.Reversed(ctx, l, j.ID, 7, []string{"g1-u1", "somebody else"}))
	must(t, s.Jobs.Reversed(ctx, l, j.ID, 7, []string{"g1-u1"}))
	parent := value[store.Job](t)(s.Jobs.Get(ctx, j.ID))
	if parent.Counts.Done != 1 || parent.Counts.Reversed != 1 {
		t.Errorf("the parent: %+v", parent.Counts)
	}
	children := value[[]store.Job](t)(s.Jobs.List(ctx, store.JobFilter{Parent: j.ID}, 0, 10))
	if len(children) != 1 || children[0].ID != child.ID {
		t.Errorf("children: %+v", children)
	}
}

func jobLeases(t *testing.T, s *store.Store) {
	ctx := t.Context()
	_, _, err := s.Jobs.Claim(ctx, "w1", longLease)
	wantErr(t, err, store.ErrNotFound)
	j := addJob(t, s, store.Job{}, jobItems("g1", 4)...)
	_, short, err := s.Jobs.Claim(ctx, "w1", 50*time.Millisecond)
	must(t, err)
	_, _, err = s.Jobs.Claim(ctx, "w2", longLease)
	wantErr(t, err, store.ErrNotFound)
	handOut(t, s, short, 2)

	var next store.Job
	var l store.JobLease
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if next, l, err = s.Jobs.Claim(ctx, "w2", longLease); err == nil {
			break
		}
		wantErr(t, err, store.ErrNotFound)
		if time.Since(begun) > 10*time.Second {
			t.Fatal("a lease that ran out is never given to another")
		}
	}
	if next.ID != j.ID || next.Attempt != 2 {
		t.Errorf("taken over: %+v", next)
	}
	for name, write := range map[string]func(store.JobLease) error{
		"beat": func(l store.JobLease) error { _, err := s.Jobs.Beat(ctx, l, "", 0); return err },
		"take": func(l store.JobLease) error { _, _, err := s.Jobs.Take(ctx, l, 1); return err },
		"settle": func(l store.JobLease) error {
			return s.Jobs.Settle(ctx, l, []store.JobOutcome{{Position: 1, State: store.ItemDone}})
		},
		"append":   func(l store.JobLease) error { return s.Jobs.Append(ctx, l, jobItems("g2", 1), "", true) },
		"reversed": func(l store.JobLease) error { return s.Jobs.Reversed(ctx, l, j.ID, 1, []string{"g1-u1"}) },
		"end":      func(l store.JobLease) error { return s.Jobs.End(ctx, l, store.JobDone, "", "") },
	} {
		if err := write(short); err == nil {
			t.Errorf("%s: the worker that lost the lease may still write", name)
		} else {
			wantErr(t, err, store.ErrLeaseLost)
		}
		again := l
		again.Attempt--
		wantErr(t, write(again), store.ErrLeaseLost)
	}
	left := value[[]store.JobItem](t)(s.Jobs.Sending(ctx, l))
	if len(left) != 2 || left[0].Batch != 1 || left[1].Position != 2 {
		t.Errorf("left behind: %+v", left)
	}
	want := value[string](t)(s.Jobs.Beat(ctx, l, "jobs.doing.sending", 12.5))
	got := value[store.Job](t)(s.Jobs.Get(ctx, j.ID))
	if want != "" || got.Doing != "jobs.doing.sending" || got.Rate != 12.5 {
		t.Errorf("wants %q: %+v", want, got)
	}
	must(t, s.Jobs.End(ctx, l, store.JobReady, "", "")) // a worker that drains
	again, _ := claim(t, s, "w3")
	if again.ID != j.ID || again.Attempt != 3 || !again.Started.Equal(got.Started) {
		t.Errorf("given up and taken again: %+v", again)
	}
}

// jobWorkers has several take jobs at the same time: each gets others.
func jobWorkers(t *testing.T, s *store.Store) {
	const n = 12
	for range n {
		addJob(t, s, store.Job{}, jobItems("g", 1)...)
	}
	var mu sync.Mutex
	seen := map[int64]int{}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for {
				j, _, err := s.Jobs.Claim(t.Context(), fmt.Sprint("w", w), longLease)
				if err != nil {
					return
				}
				mu.Lock()
				seen[j.ID]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for id, times := range seen {
		if times != 1 {
			t.Errorf("job %d was given to %d workers", id, times)
		}
	}
	if len(seen) != n {
		t.Errorf("%d jobs were taken, want %d", len(seen), n)
	}
}

func jobWants(t *testing.T, s *store.Store) {
	ctx := t.Context()
	state := func(j store.Job, err error) store.JobState {
		t.Helper()
		must(t, err)
		return j.State
	}
	t.Run("one that waits", func(t *testing.T) {
		j := addJob(t, s, store.Job{}, jobItems("g", 3)...)
		if got := state(s.Jobs.Want(ctx, j.ID, store.WantPause, "")); got != store.JobPaused {
			t.Errorf("paused: %s", got)
		}
		_, err := s.Jobs.Want(ctx, j.ID, store.WantPause, "")
		wantErr(t, err, store.ErrConflict)
		_, _, err = s.Jobs.Claim(ctx, "w", longLease)
		wantErr(t, err, store.ErrNotFound)
		if got := state(s.Jobs.Resume(ctx, j.ID)); got != store.JobReady {
			t.Errorf("resumed: %s", got)
		}
		_, err = s.Jobs.Resume(ctx, j.ID)
		wantErr(t, err, store.ErrConflict)
		j, err = s.Jobs.Want(ctx, j.ID, store.WantCancel, "key")
		if state(j, err) != store.JobCancelled || j.Counts.Skipped != 3 || j.Ended.IsZero() || j.Why != "key" {
			t.Errorf("cancelled: %+v", j)
		}
		item := value[[]store.JobItem](t)(s.Jobs.Items(ctx, j.ID, store.ItemSkipped, 0, 1))
		if len(item) != 1 || item[0].Reason != "key" {
			t.Errorf("its items: %+v", item)
		}
		for _, want := range []string{store.WantPause, store.WantCancel} {
			_, err = s.Jobs.Want(ctx, j.ID, want, "")
			wantErr(t, err, store.ErrConflict)
		}
	})
	t.Run("one that runs", func(t *testing.T) {
		j := addJob(t, s, store.Job{}, jobItems("g", 3)...)
		_, l := claim(t, s, "w")
		if got := state(s.Jobs.Want(ctx, j.ID, store.WantPause, "")); got != store.JobRunning {
			t.Errorf("it goes on until its worker pauses it: %s", got)
		}
		if items, want, err := s.Jobs.Take(ctx, l, 2); err != nil || want != store.WantPause || len(items) != 0 {
			t.Errorf("the worker got %v, wants %q, %v", items, want, err)
		}
		if got := state(s.Jobs.Resume(ctx, j.ID)); got != store.JobRunning {
			t.Errorf("taken back: %s", got)
		}
		handOut(t, s, l, 2)
		state(s.Jobs.Want(ctx, j.ID, store.WantPause, ""))
		if want := value[string](t)(s.Jobs.Beat(ctx, l, "", 0)); want != store.WantPause {
			t.Errorf("wants %q", want)
		}
		must(t, s.Jobs.End(ctx, l, store.JobPaused, "", ""))
		// Two are on their way, and nobody looked at them: a worker has to.
		if got := state(s.Jobs.Want(ctx, j.ID, store.WantCancel, "key")); got != store.JobReady {
			t.Errorf("cancelled with something on its way: %s", got)
		}
		next, l := claim(t, s, "w")
		if next.ID != j.ID || next.Want != store.WantCancel {
			t.Errorf("claimed: %+v", next)
		}
		must(t, s.Jobs.Settle(ctx, l, []store.JobOutcome{{Position: 1, State: store.ItemDone}, {Position: 2, State: store.ItemDone}}))
		must(t, s.Jobs.End(ctx, l, store.JobCancelled, "", "key"))
		j = value[store.Job](t)(s.Jobs.Get(ctx, j.ID))
		if diff := cmp.Diff(store.JobCounts{Total: 3, Done: 2, Skipped: 1}, j.Counts); diff != "" || j.Want != "" {
			t.Errorf("cancelled, wants %q (-want +got):\n%s", j.Want, diff)
		}
	})
	_, err := s.Jobs.Want(ctx, 999, store.WantPause, "")
	wantErr(t, err, store.ErrNotFound)
	_, err = s.Jobs.Resume(ctx, 999)
	wantErr(t, err, store.ErrNotFound)
	_, err = s.Jobs.Want(ctx, addJob(t, s, store.Job{}).ID, "dance", "")
	wantErr(t, err, store.ErrInvalid)
}

func jobLists(t *testing.T, s *store.Store) {
	ctx := t.Context()
	var all []store.Job
	for i := range 5 {
		all = append(all, addJob(t, s, store.Job{Key: fmt.Sprint("k", i), OperatorID: fmt.Sprint("op", i%2)}, jobItems("g", 1)...))
	}
	_, err := s.Jobs.Add(ctx, store.Job{Kind: "x", OperatorID: "op0", Key: "k0"}, nil)
	wantErr(t, err, store.ErrConflict)
	if j := value[store.Job](t)(s.Jobs.ByKey(ctx, "op0", "k2")); j.ID != all[2].ID {
		t.Errorf("by key: job %d", j.ID)
	}
	_, err = s.Jobs.ByKey(ctx, "op1", "k2")
	wantErr(t, err, store.ErrNotFound)
	_, err = s.Jobs.Get(ctx, 999)
	wantErr(t, err, store.ErrNotFound)
	ids := func(f store.JobFilter, before int64, n int) (list []int64) {
		for _, j := range value[[]store.Job](t)(s.Jobs.List(ctx, f, before, n)) {
			list = append(list, j.ID-all[0].ID)
		}
		return list
	}
	for _, tt := range []struct {
		name   string
		got    []int64
		wanted []int64
	}{
		{"the newest", ids(store.JobFilter{}, 0, 2), []int64{4, 3}},
		{"those before", ids(store.JobFilter{}, all[3].ID, 10), []int64{2, 1, 0}},
		{"of an operator", ids(store.JobFilter{OperatorID: "op1"}, 0, 10), []int64{3, 1}},
		{"of an app", ids(store.JobFilter{App: "harbor", Kind: "member.mute"}, 0, 1), []int64{4}},
		{"of another app", ids(store.JobFilter{App: "other"}, 0, 10), nil},
		{"of states", ids(store.JobFilter{States: []store.JobState{store.JobDone, store.JobPaused}}, 0, 10), nil},
	} {
		if diff := cmp.Diff(tt.wanted, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	states, items, err := s.Jobs.Counts(ctx)
	must(t, err)
	if states[store.JobReady] != 5 || items[store.ItemWaiting] != 5 {
		t.Errorf("counted: %v, %v", states, items)
	}
	for _, j := range all[:3] {
		_, err := s.Jobs.Want(ctx, j.ID, store.WantCancel, "")
		must(t, err)
	}
	if n := value[int](t)(s.Jobs.Purge(ctx, time.Now().Add(-time.Hour))); n != 0 {
		t.Errorf("%d removed that ended just now", n)
	}
	if n := value[int](t)(s.Jobs.Purge(ctx, time.Now().Add(time.Hour))); n != 3 {
		t.Errorf("%d removed, want those that ended", n)
	}
	if got := ids(store.JobFilter{}, 0, 10); len(got) != 2 {
		t.Errorf("left: %v", got)
	}
	if left := value[[]store.JobItem](t)(s.Jobs.Items(ctx, all[0].ID, "", 0, 10)); len(left) != 0 {
		t.Errorf("items of a removed job: %v", left)
	}
}

func jobFinds(t *testing.T, s *store.Store) {
	ctx := t.Context()
	j := value[store.Job](t)(s.Jobs.Add(ctx, store.Job{Kind: "message.recall", App: "a", OperatorID: "op1"}, nil))
	if j.Complete {
		t.Error("complete before anything was looked for")
	}
	_, l := claim(t, s, "w")
	must(t, s.Jobs.Append(ctx, l, jobItems("g1", 2), "page 2", false))
	found := jobItems("g2", 2)
	found[0].State = store.ItemSkipped
	must(t, s.Jobs.Append(ctx, l, found, "", true))
	j = value[store.Job](t)(s.Jobs.Get(ctx, j.ID))
	if !j.Complete || j.Cursor != "" || j.Counts.Total != 4 || j.Counts.Skipped != 1 {
		t.Errorf("found: %+v", j)
	}
	var positions []int64
	for _, i := range value[[]store.JobItem](t)(s.Jobs.Items(ctx, j.ID, store.ItemWaiting, 0, 10)) {
		positions = append(positions, i.Position)
	}
	if diff := cmp.Diff([]int64{1, 2, 4}, positions); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
}

func jobLimits(t *testing.T, s *store.Store) {
	ctx := t.Context()
	for name, add := range map[string]func() error{
		"no kind": func() error { _, err := s.Jobs.Add(ctx, store.Job{}, nil); return err },
		"too many": func() error {
			_, err := s.Jobs.Add(ctx, store.Job{Kind: "x"}, make([]store.JobItem, store.MaxJobItems+1))
			return err
		},
		"spec": func() error {
			_, err := s.Jobs.Add(ctx, store.Job{Kind: "x", Spec: json.RawMessage(`[1]`)}, nil)
			return err
		},
		"half a child":   func() error { _, err := s.Jobs.Add(ctx, store.Job{Kind: "x", Parent: 1}, nil); return err },
		"a page":         func() error { _, err := s.Jobs.Items(ctx, 1, "", 0, store.MaxJobPage+1); return err },
		"no jobs a page": func() error { _, err := s.Jobs.List(ctx, store.JobFilter{}, 0, 0); return err },
		"protected page": func() error { _, err := s.Jobs.Protected(ctx, "a", "", 0); return err },
		"nobody":         func() error { return s.Jobs.Protect(ctx, []store.ProtectedUser{{App: "a"}}) },
	} {
		if err := add(); err == nil {
			t.Errorf("%s: taken", name)
		} else {
			wantErr(t, err, store.ErrInvalid)
		}
	}
	addJob(t, s, store.Job{}, jobItems("g", 1)...)
	_, l := claim(t, s, "w")
	_, _, err := s.Jobs.Take(ctx, l, store.MaxJobBatch+1)
	wantErr(t, err, store.ErrInvalid)
	wantErr(t, s.Jobs.Append(ctx, l, make([]store.JobItem, store.MaxJobBatch+1), "", true), store.ErrInvalid)
	wantErr(t, s.Jobs.End(ctx, l, store.JobRunning, "", ""), store.ErrInvalid)
	big := addJob(t, s, store.Job{}, jobItems("g", 5000)...)
	last := value[[]store.JobItem](t)(s.Jobs.Items(ctx, big.ID, "", 4999, 5))
	if big.Counts.Total != 5000 || len(last) != 1 || last[0].Target != "g-u5000" {
		t.Errorf("5,000 items: %+v, the last %+v", big.Counts, last)
	}
}

func protected(t *testing.T, s *store.Store) {
	ctx := t.Context()
	staff := func(app, user, note string) store.ProtectedUser {
		return store.ProtectedUser{App: app, User: user, Note: note, By: "Mei", Added: at(1)}
	}
	must(t, s.Jobs.Protect(ctx, []store.ProtectedUser{staff("a", "vip2", "singer 🎤"), staff("a", "vip1", ""), staff("b", "vip3", "")}))
	must(t, s.Jobs.Protect(ctx, []store.ProtectedUser{{App: "a", User: "vip1", Note: "host", By: "Lee", Added: at(9)}}))
	got := value[[]store.ProtectedUser](t)(s.Jobs.Protected(ctx, "a", "", 10))
	if diff := cmp.Diff([]store.ProtectedUser{staff("a", "vip1", "host"), staff("a", "vip2", "singer 🎤")}, got); diff != "" {
		t.Errorf("the list (-want +got):\n%s", diff)
	}
	if got := value[[]store.ProtectedUser](t)(s.Jobs.Protected(ctx, "a", "vip1", 10)); len(got) != 1 || got[0].User != "vip2" {
		t.Errorf("the next page: %+v", got)
	}
	if got := value[map[string]bool](t)(s.Jobs.Protects(ctx, "a", []string{"vip1", "vip3", "u1"})); len(got) != 1 || !got["vip1"] {
		t.Errorf("protected: %v", got)
	}
	must(t, s.Jobs.Unprotect(ctx, "a", []string{"vip1", "u1"}))
	must(t, s.Jobs.Unprotect(ctx, "a", nil))
	if got := value[[]store.ProtectedUser](t)(s.Jobs.Protected(ctx, "a", "", 10)); len(got) != 1 || got[0].User != "vip2" {
		t.Errorf("after one was taken off: %+v", got)
	}
	if got := value[map[string]bool](t)(s.Jobs.Protects(ctx, "a", nil)); len(got) != 0 {
		t.Errorf("of nobody: %v", got)
	}
}
