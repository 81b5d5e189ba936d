package browsertest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"imdesk/internal/testtools"

	"github.com/chromedp/chromedp"
)

var screenshots = flag.String("screenshots", "", "folder to draw the pictures of the README into")

// program is what is tested; scratch is where it and what it makes is kept.
var program, scratch string

// browser is the one Chromium of this process. It starts with the first test that wants it.
var browser struct {
	sync.Once
	ctx context.Context
	err error
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	var err error
	if scratch, err = os.MkdirTemp("", "imdesk-browsertest-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(scratch)
	program = filepath.Join(scratch, "imdesk")
	// As it ships; `make test` has it watched for races, too, for it is compiled so anyway.
	build := exec.Command("go", "build", "-tags", "nomsgpack", "-o", program, ".")
	build.Dir = testtools.Root()
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		return 1
	}
	var stop context.CancelFunc
	browser.ctx, stop = context.WithCancel(context.Background())
	defer func() {
		stop()
		if c := chromedp.FromContext(browser.ctx); c != nil {
			c.Allocator.Wait()
		}
	}()
	defer stopShared()
	return m.Run()
}

// startBrowser starts Chromium, once.
func startBrowser(t testing.TB) context.Context {
	t.Helper()
	browser.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(testtools.Chromium(t)), chromedp.NoSandbox, chromedp.NoFirstRun,
			chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
			chromedp.Flag("disable-sync", true), chromedp.Flag("disable-quic", true),
			// One process draws all pages of a tab, and none is started ahead: starting them took a good part of the time.
			chromedp.Flag("disable-gpu", true), chromedp.Flag("process-per-site", true),
			chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,SpareRendererForSitePerProcess"))
		allocator, _ := chromedp.NewExecAllocator(browser.ctx, options...)
		browser.ctx, _ = chromedp.NewContext(allocator)
		browser.err = chromedp.Do(browser.ctx)
	})
	if browser.err != nil {
		t.Fatalf("start the browser: %v", browser.err)
	}
	return browser.ctx
}
