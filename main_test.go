package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/auditlog"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/internal/testtools"
	"imdesk/store"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(bareEnv); address != "" {
		serveBare(address)
	}
	if os.Getenv(programEnv) != "" {
		main()
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"), goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
}

// buffer is written by the console and read by the test.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// command runs the program with arguments to its end.
func runCommand(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	std := streams{strings.NewReader(stdin), &o, &e}
	code = exitCode(run(t.Context(), args, std), &e)
	return code, o.String(), e.String()
}

// console is a running console.
type console struct {
	url, name, password string
	out, err            *buffer
	stop                func() int // ends it as Ctrl-C does, and returns the exit code
}

func startConsole(t *testing.T, args ...string) *console {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &console{out: &buffer{}, err: &buffer{}}
	done := make(chan int, 1)
	go func() {
		done <- exitCode(run(ctx, append([]string{"serve"}, args...), streams{strings.NewReader(""), c.out, c.err}), c.err)
	}()
	c.stop = sync.OnceValue(func() int { cancel(); return <-done })
	t.Cleanup(func() { c.stop() })
	for range 600 {
		if m := regexp.MustCompile(`(?m)^console: (\S+)$`).FindStringSubmatch(c.out.String()); m != nil {
			c.url = m[1]
			if m := regexp.MustCompile(`(?m)^operator: (\S+) (\S+)$`).FindStringSubmatch(c.out.String()); m != nil {
				c.name, c.password = m[1], m[2]
			}
			if resp, err := http.Get(c.url + "/readyz"); err == nil {
				resp.Body.Close()
				if resp.StatusCode == http.StatusOK {
					return c
				}
			}
		}
		select {
		case code := <-done:
			t.Fatalf("the console ended with %d: %s%s", code, c.out, c.err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("the console did not start: %s%s", c.out, c.err)
	return nil
}

// signIn returns the session's cookie.
func (c *console) signIn(t *testing.T, name, password string) (*http.Cookie, int) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(c.url+"/login", url.Values{"name": {name}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, ck := range resp.Cookies() {
		if ck.Name == "__Host-imdesk" {
			return ck, resp.StatusCode
		}
	}
	return nil, resp.StatusCode
}

func (c *console) get(t *testing.T, cookie *http.Cookie, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(cookie)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestFirstAndSecondStart is what somebody does who has just fetched imdesk: start it, sign in, look, stop, start again.
func TestFirstAndSecondStart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	c := startConsole(t, "--listen", "127.0.0.1:0", "--data", data)
	if c.name == "" || len(c.password) < 20 {
		t.Fatalf("no operator was shown: %s", c.out)
	}
	if !strings.Contains(c.out.String(), "embedded IM service") {
		t.Errorf("it does not say that this is the embedded service: %s", c.out)
	}
	cookie, _ := c.signIn(t, c.name, c.password)
	if cookie == nil {
		t.Fatal("the password that was shown does not let in")
	}
	status, page := c.get(t, cookie, "/apps/demo/groups")
	if status != http.StatusOK || !strings.Contains(page, "/apps/demo/groups/") {
		t.Errorf("the groups page: %d, %.300s", status, page)
	}
	if strings.Contains(c.err.String(), c.password) || strings.Contains(c.err.String(), cookie.Value) {
		t.Error("password or cookie is in the log")
	}
	if code, _, errs := runCommand(t, "", "serve", "--listen", strings.TrimPrefix(c.url, "http://"), "--data", data); code != 2 || !strings.Contains(errs, "is taken by another program") || strings.Count(errs, "\n") != 1 {
		t.Errorf("a taken port: exit %d, %q", code, errs)
	}
	if code := c.stop(); code != 0 {
		t.Errorf("stopped with %d: %s", code, c.err)
	}

	again := startConsole(t, "--listen", "127.0.0.1:0", "--data", data)
	if again.name != "" {
		t.Errorf("a second start makes an operator: %s", again.out)
	}
	if status, _ := again.get(t, cookie, "/apps/demo/groups"); status != http.StatusOK {
		t.Errorf("the session did not outlive the restart: %d", status)
	}
}

// TestEmbeddedServiceCallsBack has people talk, of which the embedded service tells the console.
func TestEmbeddedServiceCallsBack(t *testing.T) {
	t.Setenv("IMDESK_EMULATOR_TALK", "100")
	c := startConsole(t, "--data", t.TempDir(), "--listen", "127.0.0.1:0")
	taken := regexp.MustCompile(`imdesk_requests_total\{method="POST",route="/callbacks/:app",status="200"\} [1-9]`)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		res, err := http.Get(c.url + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if taken.Match(b) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it never called\n%s", b)
		}
	}
}

func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.toml")
	if err := os.WriteFile(bad, []byte("listen = \":1\"\n[log]\ncolour = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		says string
	}{
		{"unknown command", []string{"serv"}, `"serv" is no command; there are: serve, check`},
		{"unknown flag", []string{"serve", "--lisen", ":1"}, "lisen"},
		{"argument too many", []string{"serve", "now"}, `"now"`},
		{"no address", []string{"serve", "--listen", "here", "--data", dir}, "no address to listen on"},
		{"unknown configuration key", []string{"serve", "--config", bad}, bad + ":3:1: log.colour: there is no such key; allowed here: format, level"},
		{"no configuration file", []string{"serve", "--config", filepath.Join(dir, "none.toml")}, "no such file"},
		{"data folder is a file", []string{"serve", "--listen", "127.0.0.1:0", "--data", file}, "not a directory"},
		{"unknown role", []string{"operator", "add", "mei", "--role", "boss", "--data", dir}, "viewer, support, moderator, lead, owner"},
		{"weak password", []string{"operator", "add", "mei", "--role", "lead", "--password-stdin", "--data", dir}, "at least 12 characters"},
		{"unknown operator", []string{"operator", "disable", "nobody", "--data", dir}, `no operator "nobody"`},
		{"unknown app", []string{"import", "--app", "none", "--data", dir, file}, `no app "none"; there are: demo`},
		{"no file to import", []string{"import", "--data", dir}, "needs a file"},
		{"file without talk", []string{"import", "--data", dir, file}, "no line of talk"},
		{"backup over a file", []string{"backup", file, "--data", dir}, "overwrites nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, _, errs := runCommand(t, "short", tt.args...)
			if code != 2 || !strings.Contains(errs, tt.says) || strings.Count(errs, "\n") != 1 {
				t.Errorf("exit %d, says %q, want %q in one line and exit 2", code, errs, tt.says)
			}
		})
	}
}

func TestOperators(t *testing.T) {
	data := t.TempDir()
	const password = "correct horse battery"
	if code, out, errs := runCommand(t, password+"\n", "operator", "add", "Mei 林梅", "--role", "moderator", "--password-stdin", "--data", data); code != 0 {
		t.Fatalf("add: %d %s%s", code, out, errs)
	}
	if code, _, errs := runCommand(t, password+"\n", "operator", "add", "MEI 林梅", "--role", "lead", "--password-stdin", "--data", data); code != 2 || !strings.Contains(errs, "already") {
		t.Errorf("the same name again: %d %s", code, errs)
	}
	c := startConsole(t, "--listen", "127.0.0.1:0", "--data", data)
	if c.name != "" {
		t.Errorf("there was an operator, and still one is made: %s", c.out)
	}
	cookie, _ := c.signIn(t, "mei 林梅", password)
	if cookie == nil {
		t.Fatal("the added operator cannot sign in")
	}
	if status, _ := c.get(t, cookie, "/audit"); status != http.StatusForbidden {
		t.Errorf("a moderator reads the whole audit log: %d", status)
	}
	if code, _, errs := runCommand(t, "", "operator", "role", "Mei 林梅", "--role", "lead", "--data", data); code != 0 {
		t.Errorf("role: %s", errs)
	}
	if code, out, errs := runCommand(t, "", "operator", "password", "Mei 林梅", "--data", data); code != 0 || !strings.Contains(out, "operator: ") {
		t.Errorf("password: %s%s", out, errs)
	}
	if cookie, _ := c.signIn(t, "Mei 林梅", password); cookie != nil {
		t.Error("the old password still lets in")
	}
	if code, out, _ := runCommand(t, "", "operator", "list", "--data", data); code != 0 || !strings.Contains(out, "Mei 林梅\tlead") {
		t.Errorf("list: %s", out)
	}
}

// What is done at the command line for those who cannot come in: a link for somebody new, an open door after a mistyped list of
// networks, and lost second factors.
func TestWayInByCommands(t *testing.T) {
	data := t.TempDir()
	const password = "correct horse battery"
	ok := func(args ...string) string {
		t.Helper()
		code, out, errs := runCommand(t, password+"\n", append(args, "--data", data)...)
		if code != 0 {
			t.Fatalf("%v: %d %s%s", args, code, out, errs)
		}
		return out
	}
	ok("operator", "add", "mei", "--role", "owner", "--password-stdin")
	if code, _, errs := runCommand(t, "", "operator", "invite", "lin", "--role", "boss", "--data", data); code != 2 || !strings.Contains(errs, "viewer, support") {
		t.Errorf("a role that is none: %d %s", code, errs)
	}
	t.Setenv("IMDESK_PUBLIC_URL", "https://desk.example/")
	link := regexp.MustCompile(`(?m)^invite: https://desk\.example(/invite/\S+)$`).FindStringSubmatch(ok("operator", "invite", "Lin of the night", "--role", "support"))
	if link == nil {
		t.Fatal("no link is shown")
	}
	t.Setenv("IMDESK_PUBLIC_URL", "")
	c := startConsole(t, "--listen", "127.0.0.1:0", "--data", data)
	accept := func() int {
		t.Helper()
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.PostForm(c.url+link[1], url.Values{"name": {"Lin"}, "new_password": {password}, "repeat_password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	if first, again := accept(), accept(); first != http.StatusSeeOther || again != http.StatusGone {
		t.Errorf("used: %d, and again: %d", first, again)
	}

	st, err := store.Open(t.Context(), filepath.Join(data, "imdesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	lin, err := st.Operators.ByName(t.Context(), "Lin")
	if err != nil {
		t.Fatal(err)
	}
	a := auth.New(auth.Options{Store: st})
	if err := a.SetRoles(t.Context(), auth.CommandLine(), lin.ID, auth.Support, map[string]auth.Role{"demo": auth.Lead}); err != nil {
		t.Fatal(err)
	}
	if out := ok("operator", "list"); !strings.Contains(out, "Lin\tsupport demo=lead\n") || !strings.Contains(out, "mei\towner\n") {
		t.Errorf("listed: %s", out)
	}

	// Nobody comes from that network: the command opens the door while the console runs.
	if err := a.SetNetworks(t.Context(), auth.CommandLine(), store.AccessConsole, []store.Network{{Network: "203.0.113.0/24"}}); err != nil {
		t.Fatal(err)
	}
	door := func(want int) { // the console looks at the list once a second
		t.Helper()
		status := 0
		for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
			if status, _ = c.get(t, &http.Cookie{Name: "none", Value: "none"}, auth.LoginPath); status == want {
				return
			}
		}
		t.Fatalf("the page of signing in answers %d, want %d", status, want)
	}
	door(http.StatusForbidden)
	ok("access", "clear")
	door(http.StatusOK)
	if cookie, _ := c.signIn(t, "Lin", password); cookie == nil {
		t.Error("who was invited cannot sign in")
	}
	passkey := store.Passkey{ID: "a", OperatorID: lin.ID, Name: "laptop", Data: []byte("{}"), AddedAt: time.Now()}
	if err := st.Credentials.AddPasskey(t.Context(), passkey); err != nil {
		t.Fatal(err)
	}
	ok("operator", "reset-factors", "Lin")
	if f, err := a.Factors(t.Context(), lin.ID); err != nil || f != (store.Factors{}) {
		t.Errorf("left: %+v, %v", f, err)
	}
	if code, _, errs := runCommand(t, "", "operator", "reset-factors", "nobody", "--data", data); code != 2 || !strings.Contains(errs, "no operator") {
		t.Errorf("nobody's: %d %s", code, errs)
	}
}

func TestCheck(t *testing.T) {
	data := t.TempDir()
	c := startConsole(t, "--listen", "127.0.0.1:0", "--data", data)
	code, out, errs := runCommand(t, "", "check", "--data", data)
	if code != 0 || !strings.Contains(out, "demo: key: is the app's") || !strings.Contains(out, "demo: clock: is right") ||
		!strings.Contains(out, "study: app: may be used with it") {
		t.Errorf("the embedded app: %d %s%s", code, out, errs)
	}
	base, err := os.ReadFile(filepath.Join(data, emulatorAddress))
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(data, emulatorKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, key, admin, endpoint, says string }{
		{"right", strings.TrimSpace(string(key)), embeddedAdmin, strings.TrimSpace(string(base)), "a: administrator: may call the service"},
		{"wrong key", "0123456789abcdef", embeddedAdmin, strings.TrimSpace(string(base)), "a: key: is wrong"},
		{"no administrator", strings.TrimSpace(string(key)), "somebody", strings.TrimSpace(string(base)), "a: administrator: is no administrator"},
		{"nobody answers", "0123456789abcdef", embeddedAdmin, "http://" + freeAddress(t), "a: service: does not answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("CHECK_KEY", tt.key)
			file := filepath.Join(t.TempDir(), "c.toml")
			src := fmt.Sprintf("[[apps]]\nname = \"a\"\nvendor = \"tencent\"\nsdkappid = %d\nadministrator = %q\nkey = \"env:CHECK_KEY\"\nendpoint = %q\n", embeddedAppID, tt.admin, tt.endpoint)
			if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
				t.Fatal(err)
			}
			code, out, errs := runCommand(t, "", "check", "--config", file, "--data", t.TempDir())
			if !strings.Contains(out, tt.says) || (code == 0) != (tt.name == "right") {
				t.Errorf("exit %d, says %q %q, want %q", code, out, errs, tt.says)
			}
			if strings.Contains(out+errs, tt.key) {
				t.Error("the key is printed")
			}
		})
	}
	c.stop()
}

// TestCheckVolcengine is the same for an app of the other vendor.
func TestCheckVolcengine(t *testing.T) {
	const secret = "the-secret-of-this-test"
	em, err := emulator.New(t.Context(), emulator.Config{Volc: []emulator.VolcengineApp{{AppID: 900002, AccessKey: "AK", SecretKey: secret}}})
	if err != nil {
		t.Fatal(err)
	}
	defer em.Close()
	if err := em.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, secret, endpoint string
		app                    int
		says                   string
	}{
		{"right", secret, em.URL(), 900002, "a: app: may be used with it"},
		{"wrong secret", "0123456789abcdef", em.URL(), 900002, "a: key: is wrong"},
		{"no such app", secret, em.URL(), 900003, "a: app: is not the account's"},
		{"nobody answers", secret, "http://" + freeAddress(t), 900002, "a: service: does not answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("CHECK_KEY", tt.secret)
			file := filepath.Join(t.TempDir(), "c.toml")
			src := fmt.Sprintf("[[apps]]\nname = \"a\"\nvendor = \"volcengine\"\napp_id = %d\naccess_key = \"AK\"\nsecret_key = \"env:CHECK_KEY\"\nendpoint = %q\n", tt.app, tt.endpoint)
			if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
				t.Fatal(err)
			}
			code, out, errs := runCommand(t, "", "check", "--config", file, "--data", t.TempDir())
			if !strings.Contains(out, tt.says) || (code == 0) != (tt.name == "right") {
				t.Errorf("exit %d, says %q %q, want %q", code, out, errs, tt.says)
			}
			if strings.Contains(out+errs, tt.secret) {
				t.Error("the secret is printed")
			}
		})
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestImport loads a real log into a running console's service, twice: the second time there is nothing left to do.
func TestImport(t *testing.T) {
	data := t.TempDir()
	log := filepath.Join(testtools.Data(t), "chat", "irc", "2013-05-07.txt")
	c := startConsole(t, "--listen", "127.0.0.1:0", "--data", data)
	code, out, errs := runCommand(t, "", "import", "--data", data, "--app", "demo", "--format", "irc", log)
	if code != 0 || !strings.Contains(out, "1109 messages imported, 0 there already, 0 refused") {
		t.Fatalf("import: %d %s%s", code, out, errs)
	}
	code, out, errs = runCommand(t, "", "import", "--data", data, "--app", "demo", "--format", "irc", log)
	if code != 0 || !strings.Contains(out, "0 messages imported, 1109 there already, 0 refused") {
		t.Fatalf("second import: %d %s%s", code, out, errs)
	}
	cookie, _ := c.signIn(t, c.name, c.password)
	status, page := c.get(t, cookie, "/apps/demo/groups/irc-2013-05-07/messages")
	if status != http.StatusOK || !strings.Contains(page, "utfans05") {
		t.Errorf("the imported messages: %d", status)
	}
}

func TestBackupWhileRunning(t *testing.T) {
	data := t.TempDir()
	c := startConsole(t, "--listen", "127.0.0.1:0", "--data", data)
	file := filepath.Join(t.TempDir(), "copy.db")
	if code, out, errs := runCommand(t, "", "backup", file, "--data", data); code != 0 || !strings.Contains(out, "backup: "+file) {
		t.Fatalf("backup: %d %s%s", code, out, errs)
	}
	if cookie, _ := c.signIn(t, c.name, c.password); cookie == nil {
		t.Error("nobody can sign in after the backup")
	}
}

// What was recorded can be taken out and checked; what is changed behind the console's back is found, even if it is the whole.
func TestAuditCommand(t *testing.T) {
	data := t.TempDir()
	c := startConsole(t, "--listen", "127.0.0.1:0", "--data", data)
	if cookie, _ := c.signIn(t, c.name, c.password); cookie == nil {
		t.Fatal("nobody can sign in")
	}
	if code, out, errs := runCommand(t, "", "audit", "verify", "--data", data); code != 0 || !strings.Contains(out, "as it was written") {
		t.Errorf("while it runs: %d %s%s", code, out, errs)
	}
	if code := c.stop(); code != 0 {
		t.Fatalf("the console ended with %d", code)
	}
	code, out, errs := runCommand(t, "", "audit", "verify", "--data", data)
	if code != 0 || !strings.Contains(out, "as it was written") || !regexp.MustCompile(`[1-9] signed heads`).MatchString(out) {
		t.Errorf("verify: %d %s%s", code, out, errs)
	}
	if code, out, errs := runCommand(t, "", "audit", "export", "--data", data, "--action", "operator.sign_in"); code != 0 ||
		strings.Count(out, "operator.sign_in") != 1 || strings.Count(out, "\n") != 2 || errs != "1 entries\n" {
		t.Errorf("export: %d %s%s", code, out, errs)
	}
	for _, wrong := range [][]string{
		{"audit"},
		{"audit", "burn"},
		{"audit", "verify", "x"},
		{"audit", "verify", "--heads", data + "/none"},
		{"audit", "verify", "--public-key", "x"},
		{"audit", "export", "--format", "pdf"},
		{"audit", "export", "--user", "u"},
		{"audit", "export", "--from", "now"},
		{"audit", "export", "--until", "31.12."},
		{"audit", "export", "--operator", "nobody"},
		{"audit", "export", "x"},
	} {
		if code, _, errs := runCommand(t, "", append(wrong, "--data", data)...); code != 2 || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: %d %s", wrong, code, errs)
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(data, "imdesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{`DROP TRIGGER audit_entry_update`, `UPDATE audit_entry SET operator_name = 'Somebody else' WHERE action = 'operator.sign_in'`} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if code, out, errs := runCommand(t, "", "audit", "verify", "--data", data); code != 1 ||
		!strings.Contains(out, "is not what was written") || errs != "imdesk: the audit log is not as it was written\n" {
		t.Errorf("changed: %d %s%s", code, out, errs)
	}
	// The log of another console has a chain of its own that fits.
	other := t.TempDir()
	if code, _, errs := runCommand(t, "a long enough password", "operator", "add", "mei", "--role", "lead", "--password-stdin", "--data", other); code != 0 {
		t.Fatal(errs)
	}
	if code, _, errs := runCommand(t, "", "audit", "verify", "--data", other, "--heads", filepath.Join(data, "audit-heads.jsonl")); code != 2 || !strings.Contains(errs, "--public-key") {
		t.Errorf("without a key: %d %s", code, errs)
	}
	key, err := auditlog.LoadKey(filepath.Join(data, "audit.key"), false)
	if err != nil {
		t.Fatal(err)
	}
	if code, out, _ := runCommand(t, "", "audit", "verify", "--data", other, "--heads", filepath.Join(data, "audit-heads.jsonl"),
		"--public-key", auditlog.PublicKeyText(key)); code != 1 || !strings.Contains(out, "the log is not what it was at") {
		t.Errorf("another log: %d %s", code, out)
	}
}

func TestVersionAndHelp(t *testing.T) {
	if code, out, _ := runCommand(t, "", "version"); code != 0 || !strings.HasPrefix(out, "imdesk ") {
		t.Errorf("version: %d %q", code, out)
	}
	for _, arg := range []string{"help", "--help", "-h"} {
		code, out, _ := runCommand(t, "", arg)
		for _, c := range commands() {
			if code != 0 || !strings.Contains(out, "imdesk "+c.name) {
				t.Errorf("%s lacks %s: %d", arg, c.name, code)
			}
		}
	}
}
