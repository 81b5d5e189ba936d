package main

import (
	"bufio"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkFirstPage starts the program as it ships and takes the time until the groups page is there: on a folder that has
// everything already, and on a new one, where the demo community is made first.
func BenchmarkFirstPage(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "imdesk")
	if out, err := exec.Command("go", "build", "-tags", "nomsgpack", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	b.Run("second start", func(b *testing.B) {
		data := filepath.Join(dir, "data")
		name, password, stop := first(b, program, data, "", "")
		stop()
		var total time.Duration
		for b.Loop() {
			start := time.Now()
			_, _, stop := first(b, program, data, name, password)
			total += time.Since(start)
			stop()
		}
		b.ReportMetric(total.Seconds()/float64(b.N), "s/first-page")
		b.ReportMetric(0, "ns/op")
	})
	b.Run("first start", func(b *testing.B) {
		var total time.Duration
		for b.Loop() {
			start := time.Now()
			_, _, stop := first(b, program, filepath.Join(b.TempDir(), "data"), "", "")
			total += time.Since(start)
			stop()
		}
		b.ReportMetric(total.Seconds()/float64(b.N), "s/first-page")
		b.ReportMetric(0, "ns/op")
	})
}

// first starts the program, signs in and reads the groups page. The time of the password's hash is in it.
func first(b *testing.B, program, data, name, password string) (string, string, func()) {
	b.Helper()
	cmd := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--data", data)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	stop := func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	base := ""
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) == 2 && f[0] == "console:" {
			base = f[1]
			if name != "" {
				break
			}
		}
		if len(f) == 3 && f[0] == "operator:" {
			name, password = f[1], f[2]
			break
		}
	}
	go func() {
		for lines.Scan() {
		}
	}()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(base+"/login", url.Values{"name": {name}, "password": {password}})
	if err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
	req, err := http.NewRequest(http.MethodGet, base+"/apps/demo/groups", nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range resp.Cookies() {
		req.AddCookie(c)
	}
	if resp, err = client.Do(req); err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b.Fatalf("groups page: %d", resp.StatusCode)
	}
	return name, password, stop
}
