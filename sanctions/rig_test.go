package sanctions_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"imdesk/actions"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/imclient/volcengine"
	"imdesk/jobs"
	"imdesk/sanctions"
	"imdesk/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	tencentID = 1400000043
	admin     = "administrator"
	secretKey = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// rig is a service with both vendors' apps, a store, and two consoles on it.
type rig struct {
	*testing.T
	im    *emulator.Server
	app   actions.App
	store *store.Store
	act   *actions.Service
	s     *sanctions.Service
	other *sanctions.Service // of another console on the same database
	actor actions.Actor
	ahead atomic.Int64
	group string
	users []string
}

func (r *rig) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

// newRig makes a group of some users at a vendor.
func newRig(t *testing.T, vendor imclient.Vendor, members int) *rig {
	t.Helper()
	r := &rig{T: t}
	ctx := t.Context()
	var err error
	r.im, err = emulator.New(ctx, emulator.Config{
		Apps: []emulator.TencentApp{{SDKAppID: tencentID, Admins: []string{admin}, Key: secretKey}},
		Volc: []emulator.VolcengineApp{{AppID: 900001, AccessKey: "AKTEST", SecretKey: "secret"}}, Now: r.now,
	})
	r.ok(err)
	t.Cleanup(func() { r.ok(r.im.Close()) })
	r.ok(r.im.Start("127.0.0.1:0"))
	r.app = actions.App{ID: "harbor", IM: r.client(vendor), Administrators: []string{admin}}
	r.store, err = store.Open(ctx, filepath.Join(t.TempDir(), "imdesk.db"))
	r.ok(err)
	t.Cleanup(func() { r.ok(r.store.Close()) })
	quiet := slog.New(slog.DiscardHandler)
	r.act = &actions.Service{Audit: r.store.Audit, Now: r.now, Log: quiet}
	t.Cleanup(r.act.Close)
	r.actor = actions.Actor{OperatorID: "op1", Name: "Mei Lin", Can: func(actions.Verb) bool { return true }}
	console := func(name string) *sanctions.Service {
		return &sanctions.Service{
			Store: r.store, Actions: r.act, Now: r.now, Log: quiet, Name: name, Share: 1,
			App: func(name string) (actions.App, bool) { return r.app, name == r.app.ID }, All: func() []actions.App { return []actions.App{r.app} },
		}
	}
	r.s, r.other = console("a"), console("b")
	if vendor == imclient.Volcengine {
		r.group, _, err = r.app.IM.Groups.Create(ctx, imclient.NewGroup{Type: "Group", Name: "Maths 数学", OwnerID: "9000000000000000001"})
		r.ok(err)
		for i := range members {
			r.users = append(r.users, strconv.FormatInt(9_000_000_000_000_001_000+int64(i), 10))
		}
	} else {
		for i := range members {
			r.users = append(r.users, fmt.Sprintf("u%d", i))
		}
		_, err := r.app.IM.Import.Users(ctx, append([]string{"boss"}, r.users...))
		r.ok(err)
		r.group, _, err = r.app.IM.Groups.Create(ctx, imclient.NewGroup{Type: "Public", Name: "周末音乐夜", OwnerID: "boss"})
		r.ok(err)
	}
	for some := range slices.Chunk(r.users, 100) {
		_, err = r.app.IM.Members.Add(ctx, r.group, some, true)
		r.ok(err)
	}
	return r
}

// client is one of the vendor's; a second one is somebody who works past the console.
func (r *rig) client(vendor imclient.Vendor) *imclient.Client {
	r.Helper()
	var c *imclient.Client
	var err error
	if vendor == imclient.Volcengine {
		c, err = volcengine.New(volcengine.Config{AppID: "900001", AccessKey: "AKTEST", SecretKey: "secret", Endpoint: r.im.URL(), Now: r.now})
	} else {
		c, err = tencent.New(tencent.Config{SDKAppID: strconv.Itoa(tencentID), Administrator: admin, Key: secretKey, Endpoint: r.im.URL(), Now: r.now})
	}
	r.ok(err)
	r.Cleanup(c.Close)
	return c
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) do(a actions.Action) actions.Result {
	r.Helper()
	result, err := r.act.Do(r.Context(), r.actor, r.app, a)
	r.ok(err)
	return result
}

func (r *rig) mute(users ...string) actions.Result {
	return r.do(actions.Mute{Common: actions.Common{Reason: "spam", Case: 7}, Group: r.group, Users: users, Span: actions.Span{For: time.Hour}})
}

// look compares the group, or a user, now: what was done is so long ago that no list is behind any more.
func (r *rig) look(kind, target string) {
	r.Helper()
	r.ok(r.s.CatchUp(r.Context()))
	r.ahead.Add(int64(time.Minute))
	r.ok(r.store.Sanctions.Hurry(r.Context(), r.app.ID, kind, target, r.now()))
	for {
		busy, err := r.s.Step(r.Context(), r.app, true)
		r.ok(err)
		if !busy {
			return
		}
	}
}

func (r *rig) list(f store.SanctionFilter) []store.Sanction {
	r.Helper()
	f.App = r.app.ID
	list, err := r.store.Sanctions.List(r.Context(), f, 0, store.MaxSanctionPage)
	r.ok(err)
	return list
}

// show writes rows in short, oldest first.
func (r *rig) show(f store.SanctionFilter) string {
	r.Helper()
	var lines []string
	for _, x := range r.list(f) {
		lines = append(lines, strings.Join(strings.Fields(strings.Join([]string{x.User, x.Kind, x.Source, x.ByName, x.State, x.How, x.Drift}, " ")), " "))
	}
	slices.Reverse(lines)
	return strings.Join(lines, "; ")
}

func (r *rig) want(what string, f store.SanctionFilter, want string) {
	r.Helper()
	if got := r.show(f); got != want {
		r.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// jobs makes workers that run until the test ends.
func (r *rig) jobs() *jobs.Service {
	r.Helper()
	s := jobs.New(jobs.Options{
		Store: r.store.Jobs, Audit: r.store.Audit, Actions: r.act, Log: slog.New(slog.DiscardHandler), Poll: 20 * time.Millisecond, Lease: 3 * time.Second,
		App:      func(string) (actions.App, bool) { return r.app, true },
		Operator: func(context.Context, string, string) (actions.Actor, error) { return r.actor, nil },
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	var wg sync.WaitGroup
	wg.Go(func() { s.Run(ctx) })
	r.Cleanup(func() { cancel(); wg.Wait() })
	return s
}
