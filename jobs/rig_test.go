package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"imdesk/actions"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testApp       = 1400000043
	administrator = "administrator"
	secretKey     = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"

	cmdMute   = "group_open_http_svc/forbid_send_msg"
	cmdKick   = "group_open_http_svc/delete_group_member"
	cmdNotice = "group_open_http_svc/send_group_system_notification"
	cmdRecall = "group_open_http_svc/group_msg_recall"
	cmdInfo   = "group_open_http_svc/get_group_info"
)

// rig is all that a job runs through: emulator, client over HTTP, store, workers.
type rig struct {
	*testing.T
	im    *emulator.Server
	app   actions.App
	store *store.Store
	act   *actions.Service
	s     *Service
	actor actions.Actor

	mu     sync.Mutex
	denied map[actions.Verb]bool // what the operator may not do any more
	gone   bool                  // the operator is disabled
	next   int
}

func newRig(t *testing.T, change ...func(*Options)) *rig {
	t.Helper()
	r := &rig{T: t, denied: map[actions.Verb]bool{}}
	var err error
	r.im, err = emulator.New(t.Context(), emulator.Config{Apps: []emulator.TencentApp{{SDKAppID: testApp, Admins: []string{administrator}, Key: secretKey}}})
	r.ok(err)
	t.Cleanup(func() { r.ok(r.im.Close()) })
	r.ok(r.im.Start("127.0.0.1:0"))
	client, err := tencent.New(tencent.Config{
		SDKAppID: strconv.Itoa(testApp), Administrator: administrator, Key: secretKey, Endpoint: r.im.URL(), Timeout: 3100 * time.Millisecond,
	})
	r.ok(err)
	t.Cleanup(client.Close)
	r.app = actions.App{ID: "harbor", IM: client, Administrators: []string{administrator}}
	r.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "imdesk.db"))
	r.ok(err)
	t.Cleanup(func() { r.ok(r.store.Close()) })
	r.act = &actions.Service{Audit: r.store.Audit, Log: slog.New(slog.DiscardHandler)}
	t.Cleanup(r.act.Close)
	r.actor = actions.Actor{OperatorID: "op1", Name: "Mei Lin", Address: "198.51.100.7", RequestRef: "r-1", Can: r.can}
	o := Options{
		Store: r.store.Jobs, Audit: r.store.Audit, Actions: r.act, Log: slog.New(slog.DiscardHandler),
		App: func(name string) (actions.App, bool) { return r.app, name == r.app.ID },
		Operator: func(context.Context, string, string) (actions.Actor, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.gone {
				return actions.Actor{}, ErrNoOperator
			}
			return actions.Actor{OperatorID: "op1", Name: "Mei Lin", Can: r.can}, nil
		},
		Poll: 20 * time.Millisecond, Lease: 3 * time.Second,
	}
	for _, c := range change {
		c(&o)
	}
	r.s = New(o)
	return r
}

func (r *rig) can(v actions.Verb) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.denied[v]
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// work runs workers until the test ends or stop is called.
func (r *rig) work() (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	done := make(chan struct{})
	go func() { defer close(done); r.s.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	r.Cleanup(stop)
	return stop
}

// until waits for a job to be as wanted.
func (r *rig) until(id int64, is func(store.Job) bool) store.Job {
	r.Helper()
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		j, err := r.s.Get(r.Context(), id)
		r.ok(err)
		if is(j) {
			return j
		}
		if time.Since(begun) > 30*time.Second {
			r.Fatalf("the job came to nothing: %+v", j)
		}
	}
}

func ended(j store.Job) bool { return j.State.Ended() }

func (r *rig) start(spec Spec) store.Job {
	r.Helper()
	if spec.Reason == "" {
		spec.Reason = "Advertising"
	}
	j, err := r.s.Start(r.Context(), r.actor, r.app, spec, "")
	r.ok(err)
	return j
}

// run starts a job and waits for its end.
func (r *rig) run(spec Spec) store.Job {
	r.Helper()
	return r.until(r.start(spec).ID, ended)
}

// counts asserts how a job ended.
func (r *rig) counts(j store.Job, want store.JobCounts) {
	r.Helper()
	if j.State != store.JobDone || j.Counts != want {
		r.Errorf("got %s (%s) with %+v, want done with %+v", j.State, j.Why, j.Counts, want)
		for _, i := range r.items(j.ID) {
			r.Log(i)
		}
	}
}

func (r *rig) items(id int64) []store.JobItem {
	r.Helper()
	list, err := r.s.Items(r.Context(), id, "", 0, store.MaxJobPage)
	r.ok(err)
	return list
}

// users makes accounts.
func (r *rig) users(n int) []string {
	r.Helper()
	ids := make([]string, n)
	for i := range ids {
		r.next++
		ids[i] = fmt.Sprintf("u%d", r.next)
	}
	refused, err := r.app.IM.Import.Users(r.Context(), ids)
	r.ok(err)
	if len(refused) > 0 {
		r.Fatalf("refused: %v", refused)
	}
	return ids
}

// crowd is a group with an owner, an admin and plain members.
type crowd struct {
	id, owner, admin string
	members          []string
}

func (r *rig) group(members int) crowd {
	r.Helper()
	all := r.users(members + 2)
	g := crowd{owner: all[0], admin: all[1], members: all[2:]}
	var err error
	g.id, err = r.app.IM.Import.Group(r.Context(), imclient.ImportGroup{Type: "Public", Name: "周末音乐夜", OwnerID: g.owner, Created: time.Now().Add(-48 * time.Hour)})
	r.ok(err)
	list := []imclient.ImportMember{{UserID: g.admin, Admin: true}}
	for _, u := range g.members {
		list = append(list, imclient.ImportMember{UserID: u})
	}
	_, err = r.app.IM.Import.Members(r.Context(), g.id, list)
	r.ok(err)
	return g
}

// talk says n messages in a group, by its members in turn, a minute apart, the last one a minute ago.
func (r *rig) talk(g crowd, n int) {
	r.Helper()
	list := make([]imclient.ImportMessage, n)
	for i := range list {
		list[i] = imclient.ImportMessage{
			From: g.members[i%len(g.members)], At: time.Now().Add(time.Duration(i-n) * time.Minute), Random: uint32(i + 1),
			Body: []imclient.Element{imclient.Text{Text: fmt.Sprintf("Message %d", i)}},
		}
	}
	_, err := r.app.IM.Import.Messages(r.Context(), g.id, list)
	r.ok(err)
}

// said are the texts that are still there.
func (r *rig) said(g crowd) []string {
	r.Helper()
	var all []string
	for from, more := "", true; more; more = from != "" {
		page, err := r.app.IM.Messages.History(imclient.Fresh(r.Context()), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: g.id}, From: from})
		r.ok(err)
		for _, m := range page.Messages {
			if m.State == imclient.MessageSaid {
				all = append(all, text(m)[:len(text(m))-1])
			}
		}
		from = page.Older
	}
	return all
}

// muted are the ends of mutes in a group, by user.
func (r *rig) muted(g crowd) map[string]time.Time {
	r.Helper()
	m := map[string]time.Time{}
	for page, err := range imclient.Pages(imclient.Fresh(r.Context()), "", func(ctx context.Context, cursor string) (imclient.Page[imclient.Mute], error) {
		return r.app.IM.Mutes.List(ctx, g.id, cursor, 0)
	}) {
		r.ok(err)
		for _, i := range page.Items {
			m[i.UserID] = i.Until
		}
	}
	return m
}
