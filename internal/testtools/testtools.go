// Package testtools finds what tests need and the product does not: browsers, packages that serve as oracles, real text.
// A test that needs something fails when it is missing; `make deps` installs all of it.
package testtools

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// root is found before a test can leave the folder it was started in. The compiler's paths are not asked: they are relative
// in what -trimpath builds, and with it clones share what was compiled.
var root = func() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}()

// Root returns the folder of the module that holds the package under test.
func Root() string { return root }

// Data returns the folder with real chat text: IMDESK_DATA, or the shared folder beside the project.
func Data(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("IMDESK_DATA")
	if dir == "" {
		dir = filepath.Join(Root(), "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, "README.md")); err != nil {
		t.Fatalf("no test data: set IMDESK_DATA to the folder that holds chat/ and words/: %v", err)
	}
	return dir
}

var npmMu sync.Mutex

// NPM returns the folder of a package from the npm registry, such as NPM(t, "axe-core@4.14.1"), installing it into the
// user's cache at first use. Packages run as test oracles only; their install scripts do not run.
func NPM(t testing.TB, spec string) string {
	t.Helper()
	npmMu.Lock()
	defer npmMu.Unlock()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(spec, "@")
	if at <= 0 {
		t.Fatalf("package %q has no version", spec)
	}
	prefix := filepath.Join(cache, "imdesk-test", strings.NewReplacer("/", "+", "@", "-").Replace(spec))
	dir := filepath.Join(prefix, "node_modules", filepath.FromSlash(spec[:at]))
	if err := os.MkdirAll(prefix, 0o755); err != nil {
		t.Fatal(err)
	}
	// Test binaries of several packages run at once: one installs, the others wait.
	lock, err := os.OpenFile(filepath.Join(prefix, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(prefix, "installed")); err == nil {
		return dir
	}
	cmd := exec.Command("npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", prefix, spec)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm install %s: %v\n%s", spec, err, out)
	}
	if err := os.WriteFile(filepath.Join(prefix, "installed"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Chromium returns the browser's program: the one without windows first, which draws the same pages and costs half.
func Chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no chromium: run `make deps`")
	return ""
}
