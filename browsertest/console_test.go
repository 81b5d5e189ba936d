package browsertest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/store"
)

// The app of the embedded service.
const (
	sdkAppID      = "1400000001"
	administrator = "administrator"
	password      = "a rather long password 7"
)

// console is a running program.
type console struct {
	url, data       string
	owner, password string // of the first operator
	key, service    string // of the embedded IM service
	im              *imclient.Client
	db              *store.Store // what the console keeps, read from outside
	log             *tail
	process         *exec.Cmd
	exited          chan error

	mu        sync.Mutex
	operators map[string]bool
	cookies   map[string]*http.Cookie // of sessions, by operator
	signed    map[string]time.Time    // when they signed in
	made      atomic.Int64            // messages: for their random numbers
}

// tail keeps what a program says.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs the program on a new data folder and waits until it says where it is. Settings are of its environment.
func start(name string, settings ...string) (*console, error) {
	c := &console{data: filepath.Join(scratch, name), log: &tail{}, exited: make(chan error, 1), operators: map[string]bool{}, cookies: map[string]*http.Cookie{}, signed: map[string]time.Time{}}
	c.process = exec.Command(program, "--listen", "127.0.0.1:0", "--data", c.data)
	c.process.Env = append(os.Environ(), "IMDESK_EMULATOR_TALK=0", "IMDESK_TIME_ZONE=Asia/Shanghai")
	c.process.Env = append(c.process.Env, settings...)
	c.process.Stderr = c.log
	out, err := c.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.process.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 2 && words[0] == "console:":
			c.url = words[1]
		case len(words) == 3 && words[0] == "operator:":
			c.owner, c.password = words[1], words[2]
		}
		if c.url != "" && c.password != "" {
			break
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, out)
		c.exited <- c.process.Wait()
	}()
	if c.url == "" || c.password == "" {
		c.stop()
		return nil, fmt.Errorf("the console did not start: %s", c.log)
	}
	if err := c.connect(); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// connect waits until the console is ready, and opens the ways in which tests look behind it: the service's own API and the
// database.
func (c *console) connect() error {
	for ready := false; !ready; time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(c.url + "/readyz")
		if err != nil {
			return err
		}
		answer.Body.Close()
		ready = answer.StatusCode == http.StatusOK
	}
	for file, value := range map[string]*string{"emulator.url": &c.service, "emulator.key": &c.key} {
		b, err := os.ReadFile(filepath.Join(c.data, file))
		if err != nil {
			return err
		}
		*value = strings.TrimSpace(string(b))
	}
	var err error
	if c.im, err = tencent.New(tencent.Config{SDKAppID: sdkAppID, Administrator: administrator, Key: c.key, Endpoint: c.service}); err != nil {
		return err
	}
	c.db, err = store.Open(context.Background(), filepath.Join(c.data, "imdesk.db"))
	if err != nil {
		return err
	}
	return c.alone()
}

// alone lets operators do everything without a second person, as where there is only one.
func (c *console) alone() error {
	p, err := c.db.Policies.Get(context.Background(), store.PolicyGuard)
	if err == nil && p.Version == 0 {
		p.Body, p.ChangedAt = []byte(`{"mode":"off","expires":86400000000000}`), time.Now()
		_, err = c.db.Policies.Set(context.Background(), p)
	}
	return err
}

// stop ends the program as Ctrl-C does, and returns what it reports.
func (c *console) stop() error {
	if c.im != nil {
		c.im.Close()
	}
	if c.db != nil {
		_ = c.db.Close()
	}
	if err := c.process.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	select {
	case err := <-c.exited:
		return err
	case <-time.After(20 * time.Second):
		_ = c.process.Process.Kill()
		return fmt.Errorf("it did not stop: %w", <-c.exited)
	}
}

// shared is the console with the demo community that most tests use.
var shared struct {
	sync.Once
	c   *console
	err error
}

func demo(t testing.TB) *console {
	t.Helper()
	shared.Do(func() { shared.c, shared.err = start("demo") })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.c
}

func stopShared() {
	if shared.c == nil {
		return
	}
	if err := shared.c.stop(); err != nil {
		fmt.Fprintf(os.Stderr, "the console ended with %v: %s\n", err, shared.c.log)
		os.Exit(1)
	}
	if said := shared.c.log.String(); strings.Contains(said, "DATA RACE") || strings.Contains(said, "msg=panic") {
		fmt.Fprintln(os.Stderr, said)
		os.Exit(1)
	}
}

// alone starts a console for one test: without people, for they take time to make.
func alone(t testing.TB, settings ...string) *console {
	t.Helper()
	c, err := start("alone-"+strings.ReplaceAll(t.Name(), "/", "-"), append([]string{"IMDESK_EMULATOR_SEED=none"}, settings...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.stop(); err != nil {
			t.Errorf("the console ended with %v: %s", err, c.log)
		}
	})
	return c
}

// command runs another command of the program on the console's data.
func (c *console) command(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, append(args, "--data", c.data)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("imdesk %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// operator adds an operator, once, and returns the password. "owner" is the first operator.
func (c *console) operator(t testing.TB, name, role string) string {
	t.Helper()
	if name == c.owner {
		return c.password
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.operators[name] {
		c.command(t, password+"\n", "operator", "add", name, "--role", role, "--password-stdin")
		c.operators[name] = true
	}
	return password
}

// must calls a command of the service, as the app's own server would.
func (c *console) must(t testing.TB, command string, body map[string]any) map[string]any {
	t.Helper()
	sig, err := tencent.SignUserSig(c.key, tencent.UserSig{SDKAppID: 1400000001, Identifier: administrator, Time: time.Now(), Expire: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	q := url.Values{"sdkappid": {sdkAppID}, "identifier": {administrator}, "usersig": {sig}, "random": {"1"}, "contenttype": {"json"}}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	for {
		answer := map[string]any{}
		if err := post(http.MethodPost, c.service+"/v4/"+command+"?"+q.Encode(), b, &answer); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		switch answer["ErrorCode"] {
		case 0.0:
			return answer
		case 60007.0, 10006.0: // the rate
			time.Sleep(50 * time.Millisecond)
		default:
			t.Fatalf("%s %s: %v", command, b, answer)
		}
	}
}

func post(method, address string, body []byte, answer any) error {
	req, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d: %s", res.StatusCode, raw)
	}
	return json.Unmarshal(raw, answer)
}

// fault breaks the service until the test ends; it is JSON as the emulator's switch takes it.
func (c *console) fault(t testing.TB, faults string) {
	t.Helper()
	var now []any
	if err := post(http.MethodPut, c.service+"/_emulator/faults", []byte("["+faults+"]"), &now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.mend(t) })
}

// mend takes all faults back.
func (c *console) mend(t testing.TB) {
	t.Helper()
	var now []any
	if err := post(http.MethodDelete, c.service+"/_emulator/faults", nil, &now); err != nil {
		t.Error(err)
	}
}

// group makes a Public group with people of its own and returns its id. Members are "id:Name"; a star before the id makes
// an admin. The first one owns it.
func (c *console) group(t testing.TB, name string, people ...string) string {
	t.Helper()
	id := "bt-" + strings.ToLower(strings.NewReplacer("/", "-", " ", "-").Replace(t.Name()))
	id = id[:min(len(id), 44)]
	var members []map[string]any
	owner := ""
	for i, p := range people {
		user, nick, _ := strings.Cut(strings.TrimPrefix(p, "*"), ":")
		c.must(t, "im_open_login_svc/account_import", map[string]any{"UserID": user, "Nick": nick})
		if i == 0 {
			owner = user
			continue
		}
		m := map[string]any{"Member_Account": user}
		if strings.HasPrefix(p, "*") {
			m["Role"] = "Admin"
		}
		members = append(members, m)
	}
	c.must(t, "group_open_http_svc/import_group", map[string]any{
		"Type": "Public", "Name": name, "GroupId": id, "Owner_Account": owner, "CreateTime": time.Now().Add(-24 * time.Hour).Unix(),
	})
	for list := members; len(list) > 0; list = list[min(len(list), 100):] {
		c.must(t, "group_open_http_svc/import_group_member", map[string]any{"GroupId": id, "MemberList": list[:min(len(list), 100)]})
	}
	return id
}

// say sends a text as a user and returns its seq. What the service drops because much was said in the group is said again.
func (c *console) say(t testing.TB, group, from, text string, more ...map[string]any) string {
	t.Helper()
	m := map[string]any{
		"GroupId": group, "From_Account": from,
		"MsgBody": []any{map[string]any{"MsgType": "TIMTextElem", "MsgContent": map[string]any{"Text": text}}},
	}
	for _, extra := range more {
		maps.Copy(m, extra)
	}
	for {
		m["Random"] = c.made.Add(1)
		a := c.must(t, "group_open_http_svc/send_group_msg", m)
		switch seq, _ := a["MsgSeq"].(float64); {
		case a["MsgDropReason"] == "MsgFreqCtrl": // 40 a second in a group
			time.Sleep(50 * time.Millisecond)
		case seq == 0:
			t.Fatalf("the service did not take %q of %s: %v", text, from, a)
		default:
			return strconv.FormatInt(int64(seq), 10)
		}
	}
}

// member reads a membership from the service; nil if there is none.
func (c *console) member(t testing.TB, group, user string) *imclient.Member {
	t.Helper()
	list, err := c.im.Members.Get(imclient.Fresh(context.Background()), group, []string{user})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

// muted reports for how long the service has a member muted.
func (c *console) muted(t testing.TB, group, user string) time.Duration {
	t.Helper()
	m := c.member(t, group, user)
	if m == nil || m.MutedUntil.IsZero() {
		return 0
	}
	return max(time.Until(m.MutedUntil), 0)
}

func (c *console) wantMuted(t testing.TB, group, user string, want time.Duration) {
	t.Helper()
	if got := c.muted(t, group, user); (got - want).Abs() > 2*time.Minute {
		t.Errorf("the service has %s muted for %s, want %s", user, got.Round(time.Second), want)
	}
}

// audit are the entries of the audit log about a group, newest first.
func (c *console) audit(t testing.TB, group string) []store.AuditEntry {
	t.Helper()
	list, err := c.db.Audit.List(context.Background(), store.AuditFilter{App: "demo", Group: group}, 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (c *console) wantAudit(t testing.TB, group string, want ...string) {
	t.Helper()
	var got []string
	for _, e := range c.audit(t, group) {
		got = append(got, fmt.Sprintf("%s %s", e.Action, e.State))
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("the audit log says %q, want %q", got, want)
	}
}
