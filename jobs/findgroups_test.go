package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/volcengine"
	"imdesk/store"
)

// walkRig is a service that cannot list groups, with groups that can be reached from user 1, and one that cannot.
type walkRig struct {
	*testing.T
	em    *emulator.Server
	app   actions.App
	store *store.Store
	s     *Service
	actor actions.Actor
	reach []string // groups, from user 1 on
}

const longest = "9223372036854775807"

func newWalkRig(t *testing.T) *walkRig {
	t.Helper()
	r := &walkRig{T: t}
	var err error
	r.em, err = emulator.New(t.Context(), emulator.Config{Volc: []emulator.VolcengineApp{{AppID: 900001, AccessKey: "AK", SecretKey: "SK"}}})
	r.ok(err)
	t.Cleanup(func() { r.ok(r.em.Close()) })
	r.ok(r.em.Start("127.0.0.1:0"))
	im, err := volcengine.New(volcengine.Config{AppID: "900001", AccessKey: "AK", SecretKey: "SK", Endpoint: r.em.URL()})
	r.ok(err)
	t.Cleanup(im.Close)
	r.app = actions.App{ID: "study", IM: im}
	r.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "imdesk.db"))
	r.ok(err)
	t.Cleanup(func() { r.ok(r.store.Close()) })
	log := slog.New(slog.DiscardHandler)
	act := &actions.Service{Audit: r.store.Audit, Log: log}
	t.Cleanup(act.Close)
	r.actor = actions.Actor{OperatorID: "op1", Name: "Mei Lin", Can: func(actions.Verb) bool { return true }}
	r.s = New(Options{
		Store: r.store.Jobs, Audit: r.store.Audit, Actions: act, Log: log, Poll: 5 * time.Millisecond, Lease: 3 * time.Second,
		App:      func(name string) (actions.App, bool) { return r.app, name == r.app.ID },
		Operator: func(context.Context, string, string) (actions.Actor, error) { return r.actor, nil },
	})
	r.s.Add(NewFindGroups(r.store.Directory, nil))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); r.s.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })

	live, _, err := im.Groups.Create(t.Context(), imclient.NewGroup{Type: volcengine.TypeLive, Name: "Live", OwnerID: "4"})
	r.ok(err)
	r.reach = []string{r.group("Chemistry", "1", "2", longest), r.group("History", longest, "4"), live}
	slices.Sort(r.reach)
	r.group("Island", "50", "51")
	return r
}

func (r *walkRig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *walkRig) group(name, owner string, members ...string) string {
	r.Helper()
	id, _, err := r.app.IM.Groups.Create(r.Context(), imclient.NewGroup{Type: volcengine.TypeGroup, Name: name, OwnerID: owner})
	r.ok(err)
	refused, err := r.app.IM.Members.Add(r.Context(), id, members, true)
	r.ok(err)
	if len(refused) > 0 {
		r.Fatal(refused)
	}
	return id
}

func (r *walkRig) spec(w Walk) Spec {
	r.Helper()
	b, err := json.Marshal(w)
	r.ok(err)
	return Spec{Kind: FindGroups, Params: b}
}

func (r *walkRig) start(w Walk) store.Job {
	r.Helper()
	j, err := r.s.Start(r.Context(), r.actor, r.app, r.spec(w), "")
	r.ok(err)
	return j
}

// until waits for a job's state.
func (r *walkRig) until(id int64, is func(store.Job) bool) store.Job {
	r.Helper()
	for begun := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		j, err := r.s.Get(r.Context(), id)
		r.ok(err)
		if is(j) {
			return j
		}
		if time.Since(begun) > 20*time.Second {
			r.Fatalf("the job came to nothing: %+v", j)
		}
	}
}

// results are a job's groups by what became of them.
func (r *walkRig) results(id int64) map[string][]string {
	r.Helper()
	items, err := r.s.Items(r.Context(), id, "", 0, store.MaxJobPage)
	r.ok(err)
	got := map[string][]string{}
	for _, i := range items {
		key := string(i.State) + " " + i.Reason
		got[key] = append(got[key], i.Target)
		slices.Sort(got[key])
	}
	return got
}

// TestFindGroups goes from one user to all groups that can be reached, and says which are new and which are gone.
func TestFindGroups(t *testing.T) {
	t.Parallel()
	r := newWalkRig(t)
	ctx := t.Context()
	gone := r.group("Gone", "70")
	now := time.Now().Add(-time.Hour)
	r.ok(r.store.Directory.Note(ctx, []store.KnownGroup{
		{App: "study", ID: gone, From: store.KnownEvent, Seen: now}, {App: "study", ID: r.reach[0], From: store.KnownPasted, Seen: now},
	}))
	r.ok(r.app.IM.Groups.Dismiss(ctx, gone))
	j := r.until(r.start(Walk{Start: []string{"1", "nobody"}, Most: 1000, Members: true}).ID, ended)
	got := r.results(j.ID)
	if fmt.Sprint(got["done "]) != fmt.Sprint(r.reach[:1]) || fmt.Sprint(got["done "+ReasonNewGroup]) != fmt.Sprint(r.reach[1:]) || fmt.Sprint(got["refused "+ReasonGoneGroup]) != fmt.Sprint([]string{gone}) || j.Counts.Total != 4 {
		t.Errorf("%s, %+v", j.State, got)
	}
	known, err := r.store.Directory.Get(ctx, "study", append(r.reach, gone))
	r.ok(err)
	if len(known) != 4 || known[gone].Gone.IsZero() || known[r.reach[0]].From != store.KnownPasted || known[r.reach[1]].From != store.KnownUser || known[r.reach[1]].Name == "" {
		t.Errorf("the directory: %+v", known)
	}
	left, err := r.store.Directory.WalkLeft(ctx, "study", j.Created)
	if r.ok(err); left != (store.WalkLeft{Known: 5}) { // 1, 2, 4, the one with the longest id, and one who is nobody
		t.Errorf("left: %+v", left)
	}
	entries, err := r.store.Audit.List(ctx, store.AuditFilter{Action: "job.start"}, 0, 5)
	if r.ok(err); len(entries) != 1 || entries[0].OperatorName != "Mei Lin" || !strings.Contains(string(entries[0].Detail), FindGroups) {
		t.Errorf("recorded: %+v", entries)
	}
	// Again, from those who are known, nobody named: everything is known already.
	again := r.until(r.start(Walk{Most: 1000, Members: true}).ID, ended)
	if got := r.results(again.ID); fmt.Sprint(got) != fmt.Sprint(map[string][]string{"done ": r.reach}) {
		t.Errorf("again: %+v", got)
	}
}

// TestFindGroupsGoesOn is stopped after each step, and goes on with what the database has.
func TestFindGroupsGoesOn(t *testing.T) {
	t.Parallel()
	r := newWalkRig(t)
	run := Run{App: r.app, Actor: r.actor, Spec: r.spec(Walk{Start: []string{"1"}, Most: 1000, Members: true}), Key: "k", Job: store.Job{Created: time.Now()}}
	var got []string
	cursor, steps := "", 0
	for {
		items, next, _, err := NewFindGroups(r.store.Directory, nil).(Finder).Find(t.Context(), run, cursor)
		r.ok(err)
		again, nextAgain, _, err := NewFindGroups(r.store.Directory, nil).(Finder).Find(t.Context(), run, cursor) // what it told was lost
		r.ok(err)
		if cursor == "" { // when it began is in the cursor
			items, next = again, nextAgain
		}
		for _, i := range items {
			got = append(got, i.Target)
		}
		if steps++; steps > 50 {
			t.Fatalf("it does not end: %s", next)
		}
		if cursor = next; cursor == "" {
			break
		}
		if st, is := WalkOf(store.Job{Cursor: cursor}); !is || st.Since == 0 {
			t.Errorf("cursor %s", cursor)
		}
	}
	slices.Sort(got)
	if fmt.Sprint(got) != fmt.Sprint(r.reach) {
		t.Errorf("found %v of %v in %d steps", got, r.reach, steps)
	}
}

// TestFindGroupsIsBounded looks through as many users as it was told, and through no members if it was not.
func TestFindGroupsIsBounded(t *testing.T) {
	t.Parallel()
	r := newWalkRig(t)
	ctx := t.Context()
	for i := range 30 {
		r.ok(r.store.Directory.NoteUsers(ctx, "study", []string{strconv.Itoa(1000 + i)}, time.Now()))
	}
	before := r.em.Calls("GetUserConversations")
	j := r.until(r.start(Walk{Most: 12}).ID, ended)
	if n := r.em.Calls("GetUserConversations") - before; n != 24 || j.Counts.Total != 0 {
		t.Errorf("%d calls, %+v", n, j.Counts)
	}
	// Without a look at members only the groups of the one named are found.
	j = r.until(r.start(Walk{Start: []string{"1"}, Most: 1}).ID, ended)
	if got := r.results(j.ID); len(got["done "+ReasonNewGroup]) != 1 || j.Counts.Total != 1 {
		t.Errorf("%+v", got)
	}
	for name, w := range map[string]Walk{"nobody at all": {Most: 0}, "too many": {Most: MaxWalkUsers + 1}, "starts": {Most: 1, Start: make([]string, MaxWalkStarts+1)}, "no id": {Most: 1, Start: []string{"a\nb"}}} {
		if _, err := r.s.Start(ctx, r.actor, r.app, r.spec(w), ""); !isInvalid(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.s.Start(ctx, r.actor, r.app, Spec{Kind: FindGroups}, ""); !isInvalid(err) {
		t.Errorf("without parameters: %v", err)
	}
	denied := r.actor
	denied.Can = func(v actions.Verb) bool { return v != FindGroups }
	if _, err := r.s.Start(ctx, denied, r.app, r.spec(Walk{Most: 1}), ""); !errors.As(err, new(*actions.Forbidden)) {
		t.Errorf("without the right: %v", err)
	}
	if plan, err := r.s.Plan(ctx, r.actor, r.app, r.spec(Walk{Most: 5, Start: []string{"4"}})); err != nil || plan.Total != 0 {
		t.Errorf("a plan walks: %+v, %v", plan, err)
	}
}

func isInvalid(err error) bool { return errors.As(err, new(*actions.Invalid)) }

// TestFindGroupsPaused is paused, during which nobody calls, and resumed.
func TestFindGroupsPaused(t *testing.T) {
	t.Parallel()
	r := newWalkRig(t)
	r.em.SetFault(emulator.Fault{Command: "GetUserConversations", Delay: 30 * time.Millisecond})
	j := r.start(Walk{Start: []string{"1"}, Most: 1000, Members: true})
	_, err := r.s.Pause(t.Context(), r.actor, j.ID)
	r.ok(err)
	paused := r.until(j.ID, func(j store.Job) bool { return j.State == store.JobPaused })
	calls := r.em.Calls("GetUserConversations")
	_, err = r.s.Resume(t.Context(), r.actor, j.ID)
	r.ok(err)
	done := r.until(j.ID, ended)
	if got := r.results(j.ID); fmt.Sprint(got["done "+ReasonNewGroup]) != fmt.Sprint(r.reach) {
		t.Errorf("%s after %+v (%d calls): %+v", done.State, paused.Cursor, calls, got)
	}
}
