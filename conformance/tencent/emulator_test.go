package conformance

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	dobyte "github.com/dobyte/http"
	im "github.com/dobyte/tencent-im"
	"github.com/dobyte/tencent-im/callback"
)

const (
	sdkAppID = 1400000001
	admin    = "administrator"
	key      = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// base is where the emulator listens, and app receives its callbacks.
var (
	base string
	app  *receiver
)

// receiver is an app's server, which the Go module's own callback handler answers for.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got map[callback.Event][]any
}

func newReceiver() *receiver {
	r := &receiver{got: map[callback.Event][]any{}}
	handler := callback.NewCallback(sdkAppID)
	for event := callback.EventStateChange; event <= callback.EventAfterGroupInfoChanged; event++ {
		handler.Register(event, func(ack callback.Ack, data any) {
			r.mu.Lock()
			r.got[event] = append(r.got[event], data)
			r.mu.Unlock()
			if m, ok := data.(*callback.BeforeGroupMessageSend); ok && m.FromUserId == "refused" {
				ack.AckSuccess(10100, "not in this house")
				return
			}
			ack.AckSuccess(0)
		})
	}
	r.Server = httptest.NewServer(http.HandlerFunc(handler.Listen))
	return r
}

func (r *receiver) count(event callback.Event) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.got[event])
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run builds the product and runs its emulator while the tests run.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "conformance-*")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "imdesk")
	build := exec.Command("go", "build", "-C", "../..", "-tags", "nomsgpack", "-o", program, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fail(fmt.Errorf("build the product: %w", err))
	}
	app = newReceiver()
	defer app.Close()
	cmd := exec.Command(program, "emulator", "--listen", "127.0.0.1:0", "--tencent-app", fmt.Sprint(sdkAppID), "--tencent-admin", admin, "--tencent-key", key,
		"--tencent-callback-url", app.URL, "--tencent-callback-token", "token")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fail(fmt.Errorf("start the emulator: %w", err))
	}
	defer func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if base = regexp.MustCompile(`http://\S+`).FindString(line); err != nil || base == "" {
		return fail(fmt.Errorf("the emulator says %q, %v", line, err))
	}
	return m.Run()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// newIM is the Go module's client, which can speak to the vendor's host only: its transport is exchanged for one that goes
// to the emulator. Nothing else of it is touched.
func newIM(t *testing.T) im.IM {
	t.Helper()
	client := im.NewIM(&im.Options{AppId: sdkAppID, AppSecret: key, UserId: admin})
	inner := reflect.ValueOf(client).Elem().FieldByName("client").Elem().Elem().FieldByName("client")
	target, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	(*dobyte.Client)(inner.UnsafePointer()).Transport = toEmulator{target}
	return client
}

type toEmulator struct{ target *url.URL }

func (t toEmulator) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.URL.Host, ".qq.com") || req.URL.Scheme != "https" {
		return nil, fmt.Errorf("a call to %s", req.URL)
	}
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host = t.target.Scheme, t.target.Host
	return http.DefaultTransport.RoundTrip(req)
}
