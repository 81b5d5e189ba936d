package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/jobs"
	"imdesk/store"
	"imdesk/store/storetest"
)

var replicasFor = flag.Duration("replicas-for", 3*time.Second, "how long TestReplicas puts load on three consoles")

// The load goes on until so many mutes are answered, for so long at most beyond its time.
const (
	enoughMutes = 10
	loadGrace   = 30 * time.Second
)

const (
	sharedApp  = "load"
	sharedID   = 1400000007
	sharedKey  = "8a1f0c5e9b7d4a3f8a1f0c5e9b7d4a3f8a1f0c5e9b7d4a3f8a1f0c5e9b7d4a3f"
	sharedRoom = "g1"
)

// replica is a console in a process of its own.
type replica struct {
	url     string
	process *exec.Cmd
	out     *buffer
	exited  chan error
}

func startReplica(t *testing.T, config string, env []string) *replica {
	t.Helper()
	r := &replica{process: exec.Command(os.Args[0], "serve", "--config", config, "--data", t.TempDir()), out: &buffer{}, exited: make(chan error, 1)}
	r.process.Env = append(append(os.Environ(), programEnv+"=1"), env...)
	r.process.Stdout, r.process.Stderr = r.out, r.out
	if err := r.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.exited <- r.process.Wait(); close(r.exited) }()
	t.Cleanup(func() { _ = r.process.Process.Kill(); <-r.exited })
	return r
}

var consoleLine = regexp.MustCompile(`(?m)^console: (\S+)$`)

// wait polls until the console says that it is ready.
func (r *replica) wait(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if m := consoleLine.FindStringSubmatch(r.out.String()); m != nil {
			if r.url = m[1]; r.ready() == http.StatusOK {
				return
			}
		}
		select {
		case err := <-r.exited:
			t.Fatalf("a replica ended: %v\n%s", err, r.out)
		default:
		}
	}
	t.Fatalf("a replica is not ready: %s", r.out)
}

func (r *replica) ready() int {
	resp, err := http.Get(r.url + "/readyz")
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// balancer sends requests round robin to the replicas that say they are ready. One that cannot be reached is left out; a
// request that may have arrived is not sent again: that is for the browser to decide.
type balancer struct {
	replicas []*replica
	up       []atomic.Bool
	next     atomic.Uint64
}

func (b *balancer) watch(ctx context.Context) {
	for ctx.Err() == nil {
		for i, r := range b.replicas {
			b.up[i].Store(r.ready() == http.StatusOK)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for range 2 * len(b.replicas) {
		i := int(b.next.Add(1)) % len(b.replicas)
		if !b.up[i].Load() {
			continue
		}
		req, err := http.NewRequestWithContext(r.Context(), r.Method, b.replicas[i].url+r.URL.RequestURI(), bytes.NewReader(body))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		req.Header, req.Host = r.Header.Clone(), r.Host
		resp, err := http.DefaultTransport.RoundTrip(req)
		if op, is := errors.AsType[*net.OpError](err); is && op.Op == "dial" {
			continue
		}
		if err != nil {
			http.Error(w, "the replica went away", http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body) // the browser may be gone
		return
	}
	http.Error(w, "no replica is ready", http.StatusBadGateway)
}

// ledger counts who was signed out how often, as the calls come in.
type ledger struct {
	mu    sync.Mutex
	calls map[string]int
}

const signOut = "im_open_login_svc/kick"

func (l *ledger) watch(service http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/"+signOut) {
			body, err := io.ReadAll(r.Body)
			var call struct{ UserID string }
			if err == nil {
				err = json.Unmarshal(body, &call)
			}
			if err != nil { // whoever called was killed meanwhile: the service cannot read it, either
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			l.mu.Lock()
			l.calls[call.UserID]++
			l.mu.Unlock()
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		service.ServeHTTP(w, r)
	})
}

func (l *ledger) of(user string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls[user]
}

// sharedService is the IM service that all replicas look after.
func sharedService(t *testing.T, users []string) *emulator.Server {
	t.Helper()
	em, err := emulator.New(t.Context(), emulator.Config{
		Apps: []emulator.TencentApp{{SDKAppID: sharedID, Admins: []string{embeddedAdmin}, Key: sharedKey}}, Seed: "none",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = em.Close() })
	if err := em.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	im := sharedClient(t, em.URL())
	defer im.Close()
	call := func(command string, body map[string]any) {
		t.Helper()
		b, err := json.Marshal(body)
		if err == nil {
			_, err = im.Raw.Call(t.Context(), command, string(b))
		}
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
	}
	call("group_open_http_svc/import_group", map[string]any{"Type": "Public", "Name": "Load", "GroupId": sharedRoom, "CreateTime": time.Now().Add(-time.Hour).Unix()})
	for part := range slices.Chunk(users, 100) {
		var people []map[string]string
		var members []map[string]any
		for _, u := range part {
			people = append(people, map[string]string{"UserID": u})
			members = append(members, map[string]any{"Member_Account": u})
		}
		call("im_open_login_svc/multiaccount_import", map[string]any{"AccountList": people})
		call("group_open_http_svc/import_group_member", map[string]any{"GroupId": sharedRoom, "MemberList": members})
	}
	return em
}

func sharedClient(t *testing.T, endpoint string) *imclient.Client {
	t.Helper()
	im, err := tencent.New(tencent.Config{SDKAppID: strconv.Itoa(sharedID), Administrator: embeddedAdmin, Key: sharedKey, Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// serviceStats is what the emulator counted itself.
type serviceStats struct {
	Commands  map[string]int64 `json:"commands"`
	OverLimit map[string]int64 `json:"over_limit"`
}

func statsOf(t *testing.T, em *emulator.Server) (s serviceStats) {
	t.Helper()
	resp, err := http.Get(em.URL() + "/_emulator/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestReplicas has three consoles that start at once on a new database, behind a balancer, under load. One is killed and
// another one is stopped meanwhile: no action is lost and none is done twice, whoever was signed in stays so, and all of them
// together keep to the service's rates.
func TestReplicas(t *testing.T) {
	users := make([]string, 2000)
	for i := range users {
		users[i] = fmt.Sprintf("u%04d", i)
	}
	em := sharedService(t, users)
	outs := &ledger{calls: map[string]int{}}
	service := httptest.NewServer(outs.watch(em.Handler()))
	t.Cleanup(service.Close)
	dsn := storetest.StartPostgres(t).Schema(t)
	file := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(file, []byte(fmt.Sprintf(`
listen = "127.0.0.1:0"
stop_delay = "500ms"
[log]
level = "warn"
[secrets]
key = "env:REPLICAS_SECRET"
[jobs]
lease = "2s"
[[apps]]
name = %q
vendor = "tencent"
sdkappid = %d
administrator = %q
key = "env:REPLICAS_KEY"
endpoint = %q
`, sharedApp, sharedID, embeddedAdmin, service.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"IMDESK_DATABASE=" + dsn, "REPLICAS_KEY=" + sharedKey, "REPLICAS_SECRET=" + strings.Repeat("x1y2z3", 8)}
	b := &balancer{up: make([]atomic.Bool, 3)}
	for range 3 { // at once
		b.replicas = append(b.replicas, startReplica(t, file, env))
	}
	var password string
	for i, r := range b.replicas {
		r.wait(t)
		b.up[i].Store(true)
		if m := regexp.MustCompile(`(?m)^operator: owner (\S+)$`).FindStringSubmatch(r.out.String()); m != nil {
			if password != "" {
				t.Error("two of them made the first operator")
			}
			password = m[1]
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() { b.watch(ctx) })
	defer watching.Wait()
	defer cancel()
	door := httptest.NewServer(b)
	defer door.Close()
	cookie, status := (&console{url: door.URL}).signIn(t, firstOperatorName, password)
	if cookie == nil {
		t.Fatalf("signing in through the balancer: %d", status)
	}
	l := &load{t: t, url: door.URL, cookie: cookie, users: users}
	started := time.Now()
	before := statsOf(t, em)
	job := startJob(t, dsn, em, users[1500:1900])
	var killed [2]time.Time // before and after
	l.run(*replicasFor, func() {
		time.Sleep(*replicasFor / 4)
		killed[0] = time.Now()
		if err := b.replicas[0].process.Process.Kill(); err != nil { // as kill -9 does
			t.Error(err)
		}
		<-b.replicas[0].exited
		killed[1] = time.Now()
		time.Sleep(*replicasFor / 4)
		l.gone.Store(0)
		stopped := b.replicas[1]
		if err := stopped.process.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		for stopped.ready() == http.StatusOK {
			time.Sleep(5 * time.Millisecond)
		}
		if code := stopped.ready(); code != http.StatusServiceUnavailable {
			t.Errorf("a replica that stops answers %d to those who ask whether it is ready", code)
		}
		if err := <-stopped.exited; err != nil {
			t.Errorf("a replica did not stop well: %v\n%s", err, stopped.out)
		}
		if n := l.gone.Load(); n > 0 {
			t.Errorf("%d requests got no answer from a replica that stopped in peace", n)
		}
	})
	took := time.Since(started)
	l.check(t, dsn, em, before)
	checkJob(t, dsn, outs, killed, job)
	after := statsOf(t, em)
	if len(after.OverLimit) > 0 {
		t.Errorf("the service was called too often: %v", after.OverLimit)
	}
	const slow = "group_open_http_svc/get_appid_group_list" // once a second
	if n := after.Commands[slow] - before.Commands[slow]; n == 0 {
		t.Errorf("the list of groups was wanted all the time and asked for %d times in %v", n, took)
	}
	if status, _ := (&console{url: door.URL}).get(t, cookie, "/settings"); status != http.StatusOK {
		t.Errorf("the session has ended: %d", status)
	}
	// The count of calls that came too often is not always empty.
	im := sharedClient(t, em.URL())
	defer im.Close()
	other := sharedClient(t, em.URL())
	defer other.Close()
	for _, c := range []*imclient.Client{im, other} {
		_, _ = c.Raw.Call(t.Context(), slow, "{}")
	}
	if statsOf(t, em).OverLimit[slow] == 0 {
		t.Error("the service does not count calls that come too often")
	}
}

// startJob has the replicas sign people out, one a call, at once: whichever of them takes it.
func startJob(t *testing.T, dsn string, em *emulator.Server, users []string) int64 {
	t.Helper()
	st, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	im := sharedClient(t, em.URL())
	defer im.Close()
	o, err := st.Operators.ByName(t.Context(), firstOperatorName)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	act := &actions.Service{Audit: st.Audit, Log: log}
	defer act.Close()
	service := jobs.New(jobs.Options{Store: st.Jobs, Audit: st.Audit, Actions: act, Log: log})
	actor := actions.Actor{OperatorID: o.ID, Name: o.Name, Can: func(actions.Verb) bool { return true }}
	j, err := service.Start(t.Context(), actor, actions.App{ID: sharedApp, IM: im}, jobs.Spec{Kind: jobs.SignOut, Users: users, Reason: "load"}, "job")
	if err != nil {
		t.Fatal(err)
	}
	return j.ID
}

// checkJob waits for the end of the job, on whichever replica it ends, and looks at each of its items. It was sent, and again only
// if nobody could tell what came of that; or the console that was killed had begun it, and the next one found it as wanted: these
// people are not online. The console that stops in peace leaves nothing to be looked at.
func checkJob(t *testing.T, dsn string, outs *ledger, killed [2]time.Time, id int64) {
	t.Helper()
	st, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var j store.Job
	for deadline := time.Now().Add(time.Minute); !j.State.Ended(); time.Sleep(50 * time.Millisecond) {
		if j, err = st.Jobs.Get(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("the job has not ended: %+v", j)
		}
	}
	if j.State != store.JobDone || j.Counts.Done+j.Counts.Unknown != j.Counts.Total {
		t.Errorf("the job ended like this: %+v", j)
	}
	looked := map[int64]int{} // by entry of the audit log: one for each batch
	items := 0
	for last := int64(0); ; {
		page, err := st.Jobs.Items(t.Context(), id, "", last, store.MaxJobPage)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, i := range page {
			last = i.Position
			items++
			if n := outs.of(i.Target); n > i.Tries {
				t.Errorf("%s was signed out %d times: %+v", i.Target, n, i)
			} else if n == 0 {
				looked[i.Audit]++
			}
		}
	}
	sent := items
	for entry, n := range looked {
		sent -= n
		e, err := st.Audit.Get(t.Context(), entry)
		if err != nil {
			t.Fatalf("%d items were never sent: %v", n, err)
		}
		if e.Outcome == nil || e.At.After(killed[1]) || e.Outcome.At.Before(killed[0]) {
			t.Errorf("%d items were never sent, and no console was killed over them: begun at %v, ended like %+v; killed at %v", n, e.At, e.Outcome, killed)
		}
	}
	if items != j.Counts.Total || len(looked) > jobs.DefaultLanes {
		t.Errorf("%d items of %d; %d batches were on their way at once", items, j.Counts.Total, len(looked))
	}
	t.Logf("a job of %d items on %d attempts: %d done, %d unknown, %d sent, of %d batches the rest was found as wanted", j.Counts.Total, j.Attempt, j.Counts.Done, j.Counts.Unknown, sent, len(looked))
}

// load is operators at work: some mute people, each of them once, and some look at lists.
type load struct {
	t      *testing.T
	url    string
	cookie *http.Cookie
	users  []string
	next   atomic.Int64
	gone   atomic.Int64 // requests without an answer

	mu   sync.Mutex
	done map[string]bool // users whose mute was answered; false: it is said to be unknown
}

func (l *load) run(d time.Duration, meanwhile func()) {
	l.done = map[string]bool{}
	ctx, cancel := context.WithTimeout(l.t.Context(), d+loadGrace)
	defer cancel()
	time.AfterFunc(d, func() { // a busy machine needs longer for as much
		for ctx.Err() == nil {
			l.mu.Lock()
			n := len(l.done)
			l.mu.Unlock()
			if n >= enoughMutes {
				cancel()
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				l.mute(l.users[l.next.Add(1)])
			}
		})
	}
	for i := range 6 {
		wg.Go(func() {
			for n := i; ctx.Err() == nil; n++ { // different lists, of which there are no copies yet
				l.send(ctx, http.MethodGet, fmt.Sprintf("/apps/%s/groups?type=%s&n=%d", sharedApp, []string{"Public", "Private", "ChatRoom", "AVChatRoom", "Community", ""}[n%6], n), nil)
			}
		})
	}
	meanwhile()
	wg.Wait()
}

// mute mutes somebody, as often as it takes to get an answer; the key makes it one action.
func (l *load) mute(user string) {
	form := url.Values{"users": {user}, "for": {"24h"}, "why": {"ads"}, "key": {"load-" + user}}
	for range 100 {
		status, page := l.send(l.t.Context(), http.MethodPost, "/apps/"+sharedApp+"/groups/"+sharedRoom+"/members/mute", form)
		switch {
		case status == http.StatusSeeOther || status == http.StatusOK:
			l.mu.Lock()
			l.done[user] = status == http.StatusSeeOther
			l.mu.Unlock()
			return
		case status != http.StatusBadGateway && status != http.StatusServiceUnavailable && status != 0:
			l.t.Errorf("mute %s: %d %.2000s", user, status, page)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	l.t.Errorf("mute %s: never answered", user)
}

var loadClient = &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (l *load) send(ctx context.Context, method, path string, form url.Values) (int, string) {
	req, err := http.NewRequestWithContext(ctx, method, l.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		l.t.Error(err)
		return 0, ""
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.AddCookie(l.cookie)
	resp, err := loadClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	page, _ := io.ReadAll(resp.Body)
	if resp.StatusCode == http.StatusBadGateway {
		l.gone.Add(1)
	}
	if resp.StatusCode == http.StatusSeeOther && strings.Contains(resp.Header.Get("Location"), "/login") {
		l.t.Errorf("%s %s: signed out", method, path)
	}
	return resp.StatusCode, string(page)
}

// check compares what operators were told, what the audit log says, and what the service has.
func (l *load) check(t *testing.T, dsn string, em *emulator.Server, before serviceStats) {
	st, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	im := sharedClient(t, em.URL())
	defer im.Close()
	muted := map[string]bool{}
	for cursor := ""; ; {
		page, err := im.Mutes.List(t.Context(), sharedRoom, cursor, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Items {
			muted[m.UserID] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	entries := map[string]store.AuditEntry{}
	open := 0
	for last := int64(0); ; {
		list, err := st.Audit.List(t.Context(), store.AuditFilter{App: sharedApp, Action: "member.mute"}, last, store.MaxAuditPage)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, e := range list {
			last = e.ID
			user := e.Users[0]
			if _, twice := entries[user]; twice {
				t.Errorf("%s was muted twice", user)
			}
			entries[user] = e
			switch {
			case e.State == store.AuditPending || e.State == store.AuditUnknown: // the one that was killed had it
				open++
			case e.State != store.AuditOK || !muted[user]:
				t.Errorf("%s: the log says %s, muted %t", user, e.State, muted[user])
			}
		}
	}
	for user := range muted {
		if _, logged := entries[user]; !logged {
			t.Errorf("%s is muted, and the log does not say so", user)
		}
	}
	for user := range l.done {
		if _, logged := entries[user]; !logged {
			t.Errorf("the mute of %s was lost", user)
		}
	}
	const mute = "group_open_http_svc/forbid_send_msg"
	sent := statsOf(t, em).Commands[mute] - before.Commands[mute]
	if sent != int64(len(muted)) {
		t.Errorf("%d mutes were sent, %d people are muted", sent, len(muted))
	}
	if len(l.done) < enoughMutes || open > 4 {
		t.Errorf("%d mutes were answered, of %d nobody knows", len(l.done), open)
	}
	t.Logf("%d mutes, %d of them without an end in the log, %d sent", len(entries), open, sent)
}
