package directory

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/imclient/volcengine"
	"imdesk/store"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rig is a service with an app of each vendor, and a walker whose clock stands still.
type rig struct {
	em     *emulator.Server
	st     *store.Store
	apps   []App
	now    time.Time
	walker *Walker
}

func newRig(t *testing.T) *rig {
	t.Helper()
	const key = "a-key-of-the-emulator"
	em, err := emulator.New(t.Context(), emulator.Config{
		Apps: []emulator.TencentApp{{SDKAppID: 1400000001, Admins: []string{"administrator"}, Key: key}},
		Volc: []emulator.VolcengineApp{{AppID: 900001, AccessKey: "AK", SecretKey: "SK"}},
	})
	check(t, err)
	t.Cleanup(func() { check(t, em.Close()) })
	check(t, em.Start("127.0.0.1:0"))
	one, err := tencent.New(tencent.Config{SDKAppID: "1400000001", Administrator: "administrator", Key: key, Endpoint: em.URL()})
	check(t, err)
	t.Cleanup(one.Close)
	cfg := volcengine.Config{AppID: "900001", AccessKey: "AK", SecretKey: "SK", Endpoint: em.URL()}
	cfg.Account, err = volcengine.NewAccount(1)
	check(t, err)
	other, err := volcengine.New(cfg)
	check(t, err)
	t.Cleanup(other.Close)
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "imdesk.db"))
	check(t, err)
	t.Cleanup(func() { check(t, st.Close()) })
	r := &rig{em: em, st: st, apps: []App{{"demo", one}, {"study", other}}, now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
	r.walker = &Walker{Store: st.Directory, Apps: func() []App { return r.apps }, Share: 1, Name: "one", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return r.now }}
	return r
}

// walk steps through an app until there is nothing more to do.
func (r *rig) walk(t *testing.T, app App) (steps int) {
	t.Helper()
	for steps = 1; steps < 3000; steps++ {
		busy, err := r.walker.Step(t.Context(), app)
		check(t, err)
		if !busy {
			return steps
		}
	}
	t.Fatal("the walk does not end")
	return 0
}

func (r *rig) found(t *testing.T, app, kind, what string) (ids []string) {
	t.Helper()
	list, err := r.st.Directory.Find(t.Context(), store.NameQuery{Apps: []string{app}, Kind: kind, Text: what, N: 50})
	check(t, err)
	for _, n := range list {
		ids = append(ids, n.ID)
	}
	return ids
}

// fill makes people and groups in the first app.
func (r *rig) fill(t *testing.T) {
	t.Helper()
	im := r.apps[0].IM
	_, err := im.Users.Import(t.Context(), []imclient.NewUser{{ID: "olga", Nick: "Olga Petrova"}, {ID: "u_ann", Nick: "小安"}, {ID: "bo", Nick: "ボー"}})
	check(t, err)
	for _, g := range []imclient.NewGroup{{ID: "g1", Type: "Public", Name: "黑胶收藏 Vinyl", OwnerID: "olga"}, {ID: "g2", Type: "Private", Name: "Quiet", OwnerID: "u_ann"}} {
		g.Members = []string{"bo"}
		_, _, err := im.Groups.Create(t.Context(), g)
		check(t, err)
	}
}

// Whatever group an app has, and whoever is in one, is found by a part of its name after a walk; what is gone after the next.
func TestWalk(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill(t)
	demo := r.apps[0]
	finds := func(app, kind, what string, want ...string) {
		t.Helper()
		if ids := r.found(t, app, kind, what); !slices.Equal(ids, want) {
			t.Errorf("%q finds %v, want %v", what, ids, want)
		}
	}
	r.walk(t, demo)
	finds("demo", store.KindGroup, "胶收", "g1")
	finds("demo", store.KindGroup, "uie", "g2")
	finds("demo", store.KindUser, "petro", "olga")
	finds("demo", store.KindUser, "安", "u_ann")
	finds("demo", store.KindUser, "ボ", "bo")
	names, err := r.st.Directory.Names(t.Context(), "demo", store.KindGroup, []string{"g1"})
	check(t, err)
	if n := names["g1"]; n.Type != "Public" || n.Members != 2 || n.Named.IsZero() {
		t.Errorf("known as %+v", n)
	}

	// Nothing is asked until somebody turns up; then what they are called.
	calls := r.em.Calls("")
	r.walk(t, demo)
	if n := r.em.Calls("") - calls; n != 0 {
		t.Errorf("%d calls where there is nothing to do", n)
	}
	_, err = demo.IM.Users.Import(t.Context(), []imclient.NewUser{{ID: "new", Nick: "全新 Quite new"}})
	check(t, err)
	check(t, r.st.Directory.NoteUsers(t.Context(), "demo", []string{"new"}, r.now))
	r.walk(t, demo)
	finds("demo", store.KindUser, "全新", "new")
	check(t, demo.IM.Groups.Dismiss(t.Context(), "g2"))
	r.now = r.now.Add(round)
	r.walk(t, demo)
	finds("demo", store.KindGroup, "quiet")
	finds("demo", store.KindGroup, "vinyl", "g1")

	// Where the vendor lists no groups, they are found by the users that are known.
	study := r.apps[1]
	id, _, err := study.IM.Groups.Create(t.Context(), imclient.NewGroup{Type: volcengine.TypeGroup, Name: "化学 Chemistry", OwnerID: "9007199254740993"})
	check(t, err)
	check(t, r.st.Directory.NoteUsers(t.Context(), "study", []string{"9007199254740993"}, r.now))
	r.walk(t, study)
	finds("study", store.KindGroup, "化学", id)
}

// One console at a time walks, another one goes on where it was, and a service that fails is asked again for the same.
func TestWalkGoesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill(t)
	demo := r.apps[0]
	ctx := t.Context()
	for range 2 {
		_, err := r.walker.Step(ctx, demo)
		check(t, err)
	}
	other := *r.walker
	other.Name = "two"
	if busy, err := other.Step(ctx, demo); busy || err != nil {
		t.Errorf("two at once: %v %v", busy, err)
	}
	before, err := r.st.Directory.ClaimWalk(ctx, "demo", "one", lease)
	check(t, err)
	r.em.SetFault(emulator.Fault{ErrorCode: 10002})
	if _, err := r.walker.Step(ctx, demo); err == nil || errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("a service that fails: %v", err)
	}
	r.em.ClearFaults()
	if after, err := r.st.Directory.ClaimWalk(ctx, "demo", "one", lease); err != nil || after != before || before == "" {
		t.Errorf("it is at %s, and was at %s: %v", after, before, err)
	}
	r.walker.giveBack()
	if busy, err := other.Step(ctx, demo); !busy || err != nil {
		t.Errorf("the other one: %v %v", busy, err)
	}
}

func TestRest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		took  time.Duration
		share float64
		want  time.Duration
	}{{time.Second, 0.1, 9 * time.Second}, {time.Second, 0.5, time.Second}, {time.Second, 1, 0}, {time.Second, 0, 0}} {
		if got := Rest(tt.took, tt.share).Round(time.Millisecond); got != tt.want {
			t.Errorf("%v at %v: %v, want %v", tt.took, fmt.Sprint(tt.share), got, tt.want)
		}
	}
}
