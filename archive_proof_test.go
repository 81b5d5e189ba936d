package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/importer"
	"imdesk/internal/testtools"
	"imdesk/store"
	"imdesk/store/storetest"
	"imdesk/terms"
)

var proofFull = flag.Bool("proof.full", false, "TestArchiveProof with all talk there is, killed every few seconds")

// line is something that is said, and where it then stands.
type line struct{ from, text string }

// room is a group and all that is said in it.
type room struct {
	id    string
	lines []line
	seqs  []int64 // of what was said so far
}

// TestArchiveProof has real talk said, live, and holds the archive against it: each message once, in its order, as it was said, and
// found by its words. First in peace; then while the console is killed and the database stops, and while callbacks come twice, late
// and in another order, or not at all. In the end the archive is the same, once it has filled its holes by itself.
func TestArchiveProof(t *testing.T) {
	t.Parallel()
	r := newProofRig(t)
	most, size := 1200, 50
	if *proofFull {
		most, size = 1<<30, 1000
	}
	peace, storm := r.rooms("peace", most, size), r.rooms("storm", most, size)
	r.supervise()

	begun := time.Now()
	r.toConsole()
	r.say(peace, 1, 0)
	r.await(peace)
	r.Logf("in peace: %d messages said in %d groups, and all in the archive, after %s", total(peace), len(peace), time.Since(begun).Round(time.Millisecond))

	begun = time.Now()
	stop := r.storm()
	r.say(storm, 0.5, 1)
	stop()
	said := time.Now()
	r.say(storm, 1, 0) // the last line of each group, in peace: the beginning of any can be lost, and the end, but not all of one
	r.await(storm)
	r.Logf("in the storm: %d messages said in %d groups after %s; %d kills, the database stopped %d times; callbacks: %d sent on, %d repeated, %d late, %d lost; all in the archive %s later",
		total(storm), len(storm), said.Sub(begun).Round(time.Millisecond), r.kills.Load(), r.stops, r.passed.Load(), r.repeated.Load(), r.late.Load(), r.lost.Load(), time.Since(said).Round(time.Millisecond))
	if r.kills.Load() < 2 || r.stops < 1 || r.lost.Load() == 0 || r.repeated.Load() == 0 || r.late.Load() == 0 {
		t.Error("that was no storm")
	}
	r.compare(peace) // nothing of it was hurt
	r.compare(storm)
	r.find(peace)
	r.find(storm)
}

// proofRig is the emulator in this process, a door between them that misbehaves, and the program, which is started whenever it ends.
type proofRig struct {
	*testing.T
	im      *emulator.Server
	client  *imclient.Client
	pg      *storetest.Postgres
	store   *store.Store
	dsn     string
	console string // address
	config  string
	door    *httptest.Server

	mu      sync.Mutex
	program *exec.Cmd
	down    bool // nobody starts it any more

	posts                               sync.WaitGroup
	kills, passed, repeated, late, lost atomic.Int64
	stops                               int
}

func newProofRig(t *testing.T) *proofRig {
	t.Helper()
	r := &proofRig{T: t, pg: storetest.OwnPostgres(t)}
	r.dsn = r.pg.Schema(t)
	var err error
	r.im, err = emulator.New(t.Context(), emulator.Config{Apps: []emulator.TencentApp{{SDKAppID: crashApp, Admins: []string{crashAdmin}, Key: crashKey}}})
	r.ok(err)
	t.Cleanup(func() { r.ok(r.im.Close()) })
	r.ok(r.im.Start("127.0.0.1:0"))
	r.client, err = tencent.New(tencent.Config{SDKAppID: strconv.Itoa(crashApp), Administrator: crashAdmin, Key: crashKey, Endpoint: r.im.URL()})
	r.ok(err)
	t.Cleanup(r.client.Close)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	r.ok(err)
	r.console = free.Addr().String()
	r.ok(free.Close())
	r.config = filepath.Join(t.TempDir(), "imdesk.toml")
	r.ok(os.WriteFile(r.config, fmt.Appendf(nil, `listen = %q
data = %q
[[apps]]
name = "harbor"
vendor = "tencent"
sdkappid = %d
administrator = %q
key = "env:CRASH_KEY"
callback_token = "env:CRASH_TOKEN"
endpoint = %q
archive_for = "3650d"
`, r.console, t.TempDir(), crashApp, crashAdmin, r.im.URL()), 0o600))
	r.door = httptest.NewServer(http.HandlerFunc(r.disturb))
	t.Cleanup(func() { r.door.Close(); r.posts.Wait() })
	r.store, err = store.Open(t.Context(), r.dsn)
	r.ok(err)
	t.Cleanup(func() { r.ok(r.store.Close()) })
	t.Cleanup(r.end)
	return r
}

func (r *proofRig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// rooms makes groups of some lines each, from all the talk there is, evenly if only a part of it is wanted.
func (r *proofRig) rooms(name string, most, size int) (list []*room) {
	r.Helper()
	all := realTalk(r.T)
	if step := len(all) / min(most, len(all)); step > 1 {
		var some []line
		for i := 0; i < len(all) && len(some) < most; i += step {
			some = append(some, all[i])
		}
		all = some
	}
	for part := range slices.Chunk(all, size) {
		list = append(list, &room{id: fmt.Sprintf("%s-%d", name, len(list)), lines: part})
	}
	ctx := r.Context()
	for _, g := range list {
		people := map[string]bool{}
		var users []string
		var members []imclient.ImportMember
		for _, l := range g.lines {
			if !people[l.from] {
				people[l.from] = true
				users, members = append(users, l.from), append(members, imclient.ImportMember{UserID: l.from})
			}
		}
		refused, err := r.client.Import.Users(ctx, users)
		r.ok(err)
		_, err = r.client.Import.Group(ctx, imclient.ImportGroup{ID: g.id, Type: "Public", Name: g.id, Created: time.Now().Add(-time.Hour)})
		r.ok(err)
		more, err := r.client.Import.Members(ctx, g.id, members)
		r.ok(err)
		if refused = append(refused, more...); len(refused) > 0 {
			r.Fatal(refused[0])
		}
	}
	return list
}

// realTalk is every line of the logs and of the lists of posts, in the order of the files.
func realTalk(t *testing.T) (list []line) {
	t.Helper()
	chat := filepath.Join(testtools.Data(t), "chat")
	files, err := filepath.Glob(filepath.Join(chat, "irc", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no logs: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		talk, err := importer.ReadIRC(file, bytes.NewReader(b), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range talk.Said {
			list = append(list, line{l.From, l.Text})
		}
	}
	for name, column := range map[string]string{"coldataset-train.csv": "TEXT", "tweets-labeled.csv": "tweet"} {
		b, err := os.ReadFile(filepath.Join(chat, name))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff")))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := slices.Index(rows[0], column)
		for i, row := range rows[1:] {
			if strings.TrimSpace(row[at]) != "" {
				list = append(list, line{fmt.Sprintf("poster-%d", i%40), row[at]})
			}
		}
	}
	return list
}

func total(rooms []*room) (n int) {
	for _, g := range rooms {
		n += len(g.seqs)
	}
	return n
}

// start starts the program, and waits until it answers or ends.
func (r *proofRig) start() (ended <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	done := make(chan struct{})
	if r.down {
		close(done)
		return done
	}
	p := exec.Command(os.Args[0], "serve", "--config", r.config)
	p.Env = append(os.Environ(), programEnv+"=1", "CRASH_KEY="+crashKey, "CRASH_TOKEN="+crashKey, "IMDESK_DATABASE="+r.dsn)
	p.Stderr = r.Output()
	r.ok(p.Start())
	r.program = p
	go func() { defer close(done); _ = p.Wait() }()
	return done
}

// supervise starts the program, and again whenever it ends, as a service manager does.
func (r *proofRig) supervise() {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			<-r.start()
			r.mu.Lock()
			down := r.down
			r.mu.Unlock()
			if down {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	r.Cleanup(func() { r.end(); <-stopped })
	r.poll("the console", func() bool {
		resp, err := http.Get("http://" + r.console + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

func (r *proofRig) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.program != nil {
		_ = r.program.Process.Kill()
	}
}

func (r *proofRig) end() {
	r.mu.Lock()
	r.down = true
	r.mu.Unlock()
	r.kill()
}

func (r *proofRig) poll(what string, is func() bool) {
	r.Helper()
	most := 2 * time.Minute
	if *proofFull {
		most = time.Hour
	}
	for begun := time.Now(); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > most {
			r.Fatalf("%s: it never comes", what)
		}
	}
}

// tellTo has callbacks of messages go to an address.
func (r *proofRig) tellTo(address string) {
	r.ok(r.im.SetCallback(crashApp, emulator.Callback{URL: address + "/callbacks/harbor", Token: crashKey, RetryAfter: true, Only: []string{"Group.CallbackAfterSendMsg"}}))
}

func (r *proofRig) toConsole() { r.tellTo("http://" + r.console) }

// say has everybody say their lines, but for the last ones, all groups at the same time; share is the part of the rate that the
// service takes.
func (r *proofRig) say(rooms []*room, share float64, last int) {
	r.Helper()
	slots := make(chan struct{}, 12) // groups in which somebody talks at the same time, in the long form
	if !*proofFull {
		slots = make(chan struct{}, len(rooms))
	}
	var groups sync.WaitGroup
	for _, g := range rooms {
		slots <- struct{}{}
		groups.Go(func() {
			defer func() { <-slots }()
			for i := len(g.seqs); i < len(g.lines)-last; {
				seq, err := r.im.Say(r.Context(), crashApp, g.id, g.lines[i].from, g.lines[i].text)
				switch {
				case err != nil:
					r.Errorf("%s: %v", g.id, err)
					return
				case seq == 0: // over the rate of the group
					time.Sleep(100 * time.Millisecond)
				default:
					g.seqs = append(g.seqs, seq)
					i++
					if share < 1 {
						time.Sleep(time.Duration(float64(20*time.Millisecond) / share))
					}
				}
			}
		})
	}
	groups.Wait()
}

// storm disturbs everything until the returned function is called, which puts all in order.
func (r *proofRig) storm() (stop func()) {
	r.tellTo(r.door.URL)
	ctx, end := context.WithCancel(r.Context())
	var work sync.WaitGroup
	pause := func(d time.Duration) bool {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(d):
			return true
		}
	}
	work.Go(func() {
		for n := 1; n <= 2 || ctx.Err() == nil; n++ {
			if *proofFull {
				pause(time.Duration(3+rand.IntN(4)) * time.Second)
			} else {
				time.Sleep(700 * time.Millisecond)
			}
			if n == 2 || *proofFull && n%12 == 0 {
				r.pg.Stop()
				r.stops++
				time.Sleep(time.Second)
				r.pg.Start(r.T)
			}
			r.kill()
			r.kills.Add(1)
		}
	})
	return func() {
		end()
		work.Wait()
		r.posts.Wait() // the late ones, too
		r.toConsole()
	}
}

// disturb takes a callback and sends it on: at once or later, once or twice. What the console does not take is lost.
func (r *proofRig) disturb(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	address := url.URL{Scheme: "http", Host: r.console, Path: q.URL.Path, RawQuery: q.URL.RawQuery}
	times := []time.Duration{rand.N(200 * time.Millisecond)}
	if rand.IntN(10) == 0 {
		r.repeated.Add(1)
		times = append(times, rand.N(time.Second))
	}
	if rand.IntN(30) == 0 {
		r.late.Add(1)
		times[0] += 2 * time.Second
	}
	for _, d := range times {
		r.posts.Go(func() {
			time.Sleep(d)
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			post, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), bytes.NewReader(body))
			if err != nil {
				r.Error(err)
				return
			}
			resp, err := http.DefaultClient.Do(post)
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			if err != nil || resp.StatusCode != http.StatusOK {
				r.lost.Add(1)
				return
			}
			r.passed.Add(1)
		})
	}
	_, _ = io.WriteString(w, `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`)
}

func (r *proofRig) place(g *room) store.Conversation {
	return store.Conversation{App: "harbor", Group: g.id}
}

// await waits until all that was said is in the archive, by its own count.
func (r *proofRig) await(rooms []*room) {
	r.Helper()
	for _, g := range rooms {
		r.poll("messages of "+g.id, func() bool {
			n, err := r.store.Archive.Count(r.Context(), r.place(g))
			r.ok(err)
			if int(n) < len(g.seqs) {
				return false
			}
			c, err := r.store.Archive.Covered(r.Context(), r.place(g))
			r.ok(err)
			return c.Missing == 0 && c.First == 1
		})
	}
}

// compare holds the archive against what was said, message by message.
func (r *proofRig) compare(rooms []*room) {
	r.Helper()
	for _, g := range rooms {
		var kept []store.Archived
		for from := int64(1); ; {
			page, err := r.store.Archive.Run(r.Context(), r.place(g), from, false, store.MaxArchivePage)
			r.ok(err)
			if len(page) == 0 {
				break
			}
			kept = append(kept, page...)
			from = page[len(page)-1].Seq + 1
		}
		if len(kept) != len(g.seqs) {
			r.Errorf("%s: %d are kept, %d were said", g.id, len(kept), len(g.seqs))
			continue
		}
		for i, m := range kept {
			want := cmp.Or(strings.ToValidUTF8(g.lines[i].text, "\uFFFD"))
			if m.Seq != g.seqs[i] || m.Sender != g.lines[i].from || m.Text != want || m.State != store.ArchiveSaid {
				r.Errorf("%s, message %d: kept is %d by %q: %.200q, said was %d by %q: %.200q", g.id, i, m.Seq, m.Sender, m.Text, g.seqs[i], g.lines[i].from, want)
				break
			}
		}
		c, err := r.store.Archive.Covered(r.Context(), r.place(g))
		r.ok(err)
		if c.Missing != 0 || c.Lost != 0 || c.Known != int64(len(g.seqs)) {
			r.Errorf("%s: %+v are known of %d", g.id, c, len(g.seqs))
		}
	}
}

// find looks for messages by their words.
func (r *proofRig) find(rooms []*room) {
	r.Helper()
	looked := 0
	for _, g := range rooms {
		i := rand.IntN(len(g.lines))
		words := strings.Fields(g.lines[i].text)
		p, ok := terms.PhraseOf(strings.Join(words[:min(6, len(words))], " "))
		if !ok || len(p.Words) > 30 { // a message of signs alone
			continue
		}
		looked++
		cursor, found := "", false
		for !found {
			hits, next, err := r.store.Archive.Search(r.Context(), store.SearchQuery{Apps: []string{"harbor"}, Places: []store.Conversation{r.place(g)}, All: []terms.Phrase{p}, N: store.MaxArchivePage, Cursor: cursor})
			r.ok(err)
			found = slices.ContainsFunc(hits, func(m store.Archived) bool { return m.Seq == g.seqs[i] })
			if cursor = next; next == "" {
				break
			}
		}
		if !found {
			r.Errorf("%s: message %d is not found by %q", g.id, i, p.Words)
		}
	}
	if looked == 0 {
		r.Error("nothing was looked for")
	}
}
