package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
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

var (
	crashKills   = flag.Int("crash.kills", 3, "how often TestCrash kills the program on each database")
	crashFull    = flag.Bool("crash.full", false, "TestCrash with 5,000 mutes and 2,000 recalls, on both databases")
	crashProgram = flag.String("crash.program", "", "the program that TestCrash kills; empty: the test itself")
)

const (
	crashApp   = 1400000043
	crashAdmin = "administrator"
	crashKey   = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// programEnv makes the test's own executable the program: what is started with it runs main and no test.
const programEnv = "IMDESK_TEST_IS_PROGRAM"

// TestCrash kills the program with SIGKILL, at moments that nobody chooses, while it mutes, recalls and gives notice to many. A
// new one goes on each time. At the end all is as planned at the service, every item has its result, and the audit log is whole.
func TestCrash(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) { crash(t, filepath.Join(t.TempDir(), "imdesk.db")) })
	if *crashFull {
		t.Run("PostgreSQL", func(t *testing.T) { crash(t, storetest.StartPostgres(t).Schema(t)) })
	}
}

// crashRig is the emulator in this process, and the program beside it.
type crashRig struct {
	*testing.T
	im      *emulator.Server
	app     actions.App
	store   *store.Store
	jobs    *jobs.Service
	actor   actions.Actor
	config  string
	dsn     string
	program *exec.Cmd
}

func crash(t *testing.T, dsn string) {
	crowds, size, messages, notices, share := 3, 500, 240, 8, 0.1
	if *crashFull {
		crowds, size, messages, notices, share = 4, 1250, 2000, 25, 0.02 // the service takes 2,000 in a group of this type
	}
	r := newCrashRig(t, dsn, share)
	var pairs []jobs.Pair
	for i := range crowds {
		members, id := r.group("Crowd "+strconv.Itoa(i), size)
		for _, m := range members {
			pairs = append(pairs, jobs.Pair{Group: id, User: m})
		}
	}
	talkers, talk := r.group("Talk", 20)
	r.talk(talk, talkers, 2*messages)
	var halls []string
	for i := range notices {
		_, id := r.group("Hall "+strconv.Itoa(i), 1)
		halls = append(halls, id)
	}
	r.startProgram()
	r.findOperator()

	begun := time.Now()
	recalled := talkers[:10] // every second message is one of theirs
	muted := jobs.Spec{Kind: jobs.Mute, Pairs: pairs, Span: actions.Span{For: 24 * time.Hour}, Reason: "flood"}
	admin := jobs.Pair{Group: pairs[0].Group, User: "admin-" + pairs[0].Group}
	withAdmin := muted
	withAdmin.Pairs = append([]jobs.Pair{admin}, pairs...)
	mute := r.start(withAdmin)
	recall := r.start(jobs.Spec{Kind: jobs.Recall, Groups: []string{talk}, Search: &jobs.Search{Senders: recalled}})
	notice := r.start(jobs.Spec{Kind: jobs.Notice, Groups: halls, Text: "Closing soon"})
	all := []int64{mute, recall, notice}
	for n := 0; n < *crashKills; {
		if r.awaitClaim(all) {
			time.Sleep(rand.N(600 * time.Millisecond))
			n++
		} else { // all ended: another round of mutes
			all = append(all, r.start(muted))
			continue
		}
		r.kill()
		r.startProgram()
	}
	for _, id := range all {
		r.await(id)
	}
	r.stopProgram()

	r.wantMuted(admin, pairs, begun)
	r.wantRecalled(talk, recalled)
	r.wantCounts(mute, store.JobCounts{Total: len(pairs) + 1, Done: len(pairs), Skipped: 1})
	r.wantCounts(recall, store.JobCounts{Total: messages, Done: messages})
	for _, id := range all[3:] {
		r.wantCounts(id, store.JobCounts{Total: len(pairs), Done: len(pairs)})
	}
	r.wantNotices(notice, notices)
	for _, id := range all {
		r.wantAudited(id)
	}
	t.Logf("%d kills, %d jobs, %s", *crashKills, len(all), time.Since(begun).Round(time.Millisecond))
}

func newCrashRig(t *testing.T, dsn string, share float64) *crashRig {
	t.Helper()
	r := &crashRig{T: t, dsn: dsn}
	var err error
	r.im, err = emulator.New(t.Context(), emulator.Config{Apps: []emulator.TencentApp{{SDKAppID: crashApp, Admins: []string{crashAdmin}, Key: crashKey}}})
	r.ok(err)
	t.Cleanup(func() { r.ok(r.im.Close()) })
	r.ok(r.im.Start("127.0.0.1:0"))
	client, err := tencent.New(tencent.Config{SDKAppID: strconv.Itoa(crashApp), Administrator: crashAdmin, Key: crashKey, Endpoint: r.im.URL()})
	r.ok(err)
	t.Cleanup(client.Close)
	r.app = actions.App{ID: "harbor", IM: client}
	r.config = filepath.Join(t.TempDir(), "imdesk.toml")
	r.ok(os.WriteFile(r.config, []byte(fmt.Sprintf(`listen = "127.0.0.1:0"
data = %q
[jobs]
workers = 3
lease = "1s"
[[apps]]
name = "harbor"
vendor = "tencent"
sdkappid = %d
administrator = %q
key = "env:CRASH_KEY"
endpoint = %q
rate_share = %g
`, t.TempDir(), crashApp, crashAdmin, r.im.URL(), share)), 0o600))
	t.Cleanup(r.kill)
	return r
}

func (r *crashRig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// startProgram starts the program and does not wait for it.
func (r *crashRig) startProgram() {
	r.Helper()
	name := *crashProgram
	if name == "" {
		name = os.Args[0]
	}
	r.program = exec.Command(name, "serve", "--config", r.config)
	r.program.Env = append(os.Environ(), programEnv+"=1", "CRASH_KEY="+crashKey, "IMDESK_DATABASE="+r.dsn)
	log := r.Output()
	r.program.Stderr = log
	r.ok(r.program.Start())
}

func (r *crashRig) kill() {
	if r.program == nil {
		return
	}
	_ = r.program.Process.Kill()
	_ = r.program.Wait()
	r.program = nil
}

// stopProgram ends it as an administrator does.
func (r *crashRig) stopProgram() {
	r.Helper()
	r.ok(r.program.Process.Signal(os.Interrupt))
	if err := r.program.Wait(); err != nil {
		r.Errorf("the program ended with %v", err)
	}
	r.program = nil
}

// findOperator waits for the first operator, whom the program makes, and acts in that name.
func (r *crashRig) findOperator() {
	r.Helper()
	var err error
	r.store, err = store.Open(r.Context(), r.dsn)
	r.ok(err)
	r.Cleanup(func() { r.ok(r.store.Close()) })
	var list []store.Operator
	r.poll("operator", func() bool {
		list, err = r.store.Operators.List(r.Context())
		r.ok(err)
		return len(list) > 0
	})
	r.actor = actions.Actor{OperatorID: list[0].ID, Name: list[0].Name, Can: func(actions.Verb) bool { return true }}
	act := &actions.Service{Audit: r.store.Audit}
	r.Cleanup(act.Close)
	r.jobs = jobs.New(jobs.Options{Store: r.store.Jobs, Audit: r.store.Audit, Actions: act, Log: slog.New(slog.DiscardHandler)})
}

func (r *crashRig) poll(what string, is func() bool) {
	r.Helper()
	for begun := time.Now(); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 4*time.Minute {
			r.Fatalf("%s: it never comes", what)
		}
	}
}

func (r *crashRig) start(spec jobs.Spec) int64 {
	r.Helper()
	j, err := r.jobs.Start(r.Context(), r.actor, r.app, spec, "")
	r.ok(err)
	return j.ID
}

func (r *crashRig) job(id int64) store.Job {
	r.Helper()
	j, err := r.jobs.Get(r.Context(), id)
	r.ok(err)
	return j
}

// awaitClaim waits until a job is taken up once more; false: all have ended.
func (r *crashRig) awaitClaim(ids []int64) bool {
	r.Helper()
	before := map[int64]int{}
	for _, id := range ids {
		before[id] = r.job(id).Attempt
	}
	claimed := false
	r.poll("a job is taken up", func() bool {
		left := 0
		for _, id := range ids {
			j := r.job(id)
			claimed = claimed || j.Attempt > before[id]
			if !j.State.Ended() {
				left++
			}
		}
		return claimed || left == 0
	})
	return claimed
}

func (r *crashRig) await(id int64) {
	r.Helper()
	r.poll(fmt.Sprintf("end of job %d", id), func() bool { return r.job(id).State.Ended() })
}

// group makes a group of people, and of an admin.
func (r *crashRig) group(name string, members int) ([]string, string) {
	r.Helper()
	ctx := r.Context()
	id, err := r.app.IM.Import.Group(ctx, imclient.ImportGroup{Type: "Public", Name: name, Created: time.Now().Add(-48 * time.Hour)})
	r.ok(err)
	admin := "admin-" + id
	users := make([]string, members)
	list := []imclient.ImportMember{{UserID: admin, Admin: true}}
	for i := range users {
		users[i] = fmt.Sprintf("u%d %s", i, name)
		list = append(list, imclient.ImportMember{UserID: users[i]})
	}
	refused, err := r.app.IM.Import.Users(ctx, append([]string{admin}, users...))
	r.ok(err)
	if len(refused) > 0 {
		r.Fatal(refused[0])
	}
	refused, err = r.app.IM.Import.Members(ctx, id, list)
	r.ok(err)
	if len(refused) > 0 {
		r.Fatal(refused[0])
	}
	return users, id
}

// talk has people say messages in turn.
func (r *crashRig) talk(group string, from []string, n int) {
	r.Helper()
	list := make([]imclient.ImportMessage, n)
	for i := range list {
		list[i] = imclient.ImportMessage{
			From: from[i%len(from)], At: time.Now().Add(time.Duration(i-n) * time.Second), Random: uint32(i + 1), Body: []imclient.Element{imclient.Text{Text: strconv.Itoa(i)}},
		}
	}
	refused, err := r.app.IM.Import.Messages(r.Context(), group, list)
	r.ok(err)
	if len(refused) > 0 {
		r.Fatal(refused[0])
	}
}

// wantMuted asserts who is muted, by the service's own list, and until when; the admin is not.
func (r *crashRig) wantMuted(admin jobs.Pair, pairs []jobs.Pair, begun time.Time) {
	r.Helper()
	muted := map[string]map[string]time.Time{}
	for _, p := range append([]jobs.Pair{admin}, pairs...) {
		if muted[p.Group] != nil {
			continue
		}
		muted[p.Group] = map[string]time.Time{}
		for page, err := range imclient.Pages(r.Context(), "", func(ctx context.Context, cursor string) (imclient.Page[imclient.Mute], error) {
			return r.app.IM.Mutes.List(ctx, p.Group, cursor, 500)
		}) {
			r.ok(err)
			for _, m := range page.Items {
				muted[p.Group][m.UserID] = m.Until
			}
		}
	}
	n := 0
	for _, m := range muted {
		n += len(m)
	}
	if n != len(pairs) || !muted[admin.Group][admin.User].IsZero() {
		r.Errorf("%d are muted, want %d", n, len(pairs))
	}
	for _, p := range pairs {
		if end := muted[p.Group][p.User]; end.Before(begun.Add(24*time.Hour-2*time.Second)) || end.After(time.Now().Add(24*time.Hour+2*time.Second)) {
			r.Errorf("%v is muted until %s", p, end)
			return
		}
	}
}

// wantRecalled asserts that all messages of some are gone, and all others there.
func (r *crashRig) wantRecalled(group string, senders []string) {
	r.Helper()
	for from, more := "", true; more; more = from != "" {
		page, err := r.app.IM.Messages.History(r.Context(), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: group}, From: from})
		r.ok(err)
		for _, m := range page.Messages {
			if gone := m.State != imclient.MessageSaid; !m.Tip && gone != slices.Contains(senders, m.From) && m.From != "" {
				r.Errorf("message %s of %s: state %d", m.Seq, m.From, m.State)
				return
			}
		}
		from = page.Older
	}
}

func (r *crashRig) wantCounts(id int64, want store.JobCounts) {
	r.Helper()
	if j := r.job(id); j.State != store.JobDone || j.Counts != want {
		r.Errorf("job %d is %s (%s) with %+v, want %+v", id, j.State, j.Why, j.Counts, want)
	}
}

// wantNotices asserts that no notice came twice, and that those of which nobody can tell say so.
func (r *crashRig) wantNotices(id int64, groups int) {
	r.Helper()
	j := r.job(id)
	sent := int(r.im.Calls("group_open_http_svc/send_group_system_notification"))
	if sent > groups || j.Counts.Done > sent || j.Counts.Done+j.Counts.Unknown != groups || sent > j.Counts.Done+j.Counts.Unknown {
		r.Errorf("%d notices came, the job has %+v", sent, j.Counts)
	}
	items, err := r.jobs.Items(r.Context(), id, store.ItemUnknown, 0, store.MaxJobPage)
	r.ok(err)
	for _, i := range items {
		if i.Reason != jobs.ReasonCheck {
			r.Errorf("nobody is asked to look: %+v", i)
		}
	}
}

// wantAudited asserts that every item that is done stands in the audit log as done, that nothing is left open there, and that
// the log is whole.
func (r *crashRig) wantAudited(id int64) {
	r.Helper()
	ctx := r.Context()
	entries := map[int64]map[string]bool{}
	done := func(audit int64) map[string]bool {
		if entries[audit] == nil {
			e, err := r.store.Audit.Get(ctx, audit)
			r.ok(err)
			entries[audit] = map[string]bool{}
			if e.Outcome != nil {
				for _, i := range e.Outcome.Items {
					entries[audit][i.ID] = i.Code == store.ItemOK
				}
			}
		}
		return entries[audit]
	}
	for after := int64(0); ; {
		page, err := r.jobs.Items(ctx, id, "", after, store.MaxJobPage)
		r.ok(err)
		for _, i := range page {
			after = i.Position
			if i.State == store.ItemDone && i.Reason != jobs.ReasonSettled && !done(i.Audit)[i.Target] {
				r.Errorf("job %d: %s is done, and entry %d does not say so", id, i.Target, i.Audit)
				return
			}
		}
		if len(page) < store.MaxJobPage {
			break
		}
	}
	open, err := r.store.Audit.Unfinished(ctx, time.Now().Add(time.Hour))
	r.ok(err)
	if len(open) > 0 {
		r.Errorf("%d entries have no outcome, the first is %d", len(open), open[0].ID)
	}
	check, err := r.store.Audit.Verify(context.WithoutCancel(ctx), nil)
	r.ok(err)
	if len(check.Faults) > 0 {
		r.Errorf("the audit log is not whole: %+v", check.Faults)
	}
}
