package conformance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/volcengine/volc-sdk-golang/service/im"
)

const (
	appID     = 900001
	accessKey = "AKIDEXAMPLE"
	secretKey = "SKEXAMPLE"
	secret    = "webhook secret"
)

// base is where the emulator listens, and hooks receives its webhooks.
var (
	base  string
	hooks *receiver
)

// receiver is an app's server.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got []map[string]string
}

func newReceiver() *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		var event map[string]string
		if err := json.NewDecoder(req.Body).Decode(&event); err != nil {
			event = map[string]string{"error": err.Error()}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, event)
	}))
	return r
}

func (r *receiver) all() []map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]map[string]string(nil), r.got...)
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
	hooks = newReceiver()
	defer hooks.Close()
	cmd := exec.Command(program, "emulator", "--listen", "127.0.0.1:0", "--volc-app", fmt.Sprint(appID), "--volc-ak", accessKey, "--volc-sk", secretKey,
		"--volc-callback-url", hooks.URL, "--volc-callback-secret", secret)
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

// newIM is the SDK's client. Its region's entry is shared by all clients, so its keys are set anew each time.
func newIM() *im.Im {
	client := im.NewInstance()
	client.SetScheme("http")
	client.SetHost(strings.TrimPrefix(base, "http://"))
	client.SetAccessKey(accessKey)
	client.SetSecretKey(secretKey)
	return client
}
