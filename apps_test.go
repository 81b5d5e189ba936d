package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/store/storetest"
)

// postForm sends a form as the operator of a session, and returns the status and where it leads.
func (c *console) postForm(t *testing.T, cookie *http.Cookie, path string, form url.Values) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.AddCookie(cookie)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Location")
}

// TestAppsAcrossConsoles: an app that is added in one console is there in another one on the database, after a restart, for
// commands, and after the key of the secrets was changed; one that is removed is gone everywhere.
func TestAppsAcrossConsoles(t *testing.T) {
	dsn, dir := storetest.StartPostgres(t).Schema(t), t.TempDir()
	const key = "dddd850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
	em, err := emulator.New(t.Context(), emulator.Config{Seed: "none", Apps: []emulator.TencentApp{{SDKAppID: 1400000099, Admins: []string{"boss"}, Key: key}}})
	if err != nil {
		t.Fatal(err)
	}
	defer em.Close()
	if err := em.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("IMDESK_DATABASE", dsn)
	t.Setenv("TEST_SECRETS", strings.Repeat("first key ", 4))
	t.Setenv("TEST_SECRETS_NEW", strings.Repeat("other key ", 4))
	config := func(secrets string) string {
		file := filepath.Join(dir, fmt.Sprintf("%d.toml", time.Now().UnixNano()))
		if err := os.WriteFile(file, []byte("[secrets]\n"+secrets+"\n[emulator]\nseed = \"none\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	old := config(`key = "env:TEST_SECRETS"`)
	start := func(data, file string) *console {
		return startConsole(t, "--config", file, "--data", filepath.Join(dir, data), "--listen", "127.0.0.1:0")
	}
	one, two := start("one", old), start("two", old)
	cookie, _ := one.signIn(t, one.name, one.password)
	other, _ := two.signIn(t, one.name, one.password)
	if cookie == nil || other == nil {
		t.Fatal("nobody is signed in")
	}
	form := url.Values{
		"vendor": {"tencent"}, "name": {"harbor"}, "app_id": {"1400000099"}, "administrator": {"boss"}, "secret_key": {key}, "region": {"china"},
		"endpoint": {em.URL()}, "archive": {"groups"}, "archive_days": {"30"}, "rate_share": {"100"},
	}
	soon := func(c *console, cookie *http.Cookie, want int) {
		t.Helper()
		for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
			status, body := c.get(t, cookie, "/apps/harbor/callbacks")
			if status == want {
				return
			}
			if time.Since(began) > 10*time.Second {
				t.Fatalf("status %d, want %d\n%s", status, want, body)
			}
		}
	}
	if status, to := one.postForm(t, cookie, "/settings/apps/new", form); status != http.StatusSeeOther || to != "/apps/harbor/callbacks" {
		t.Fatalf("add: status %d, to %s", status, to)
	}
	soon(two, other, http.StatusOK)
	if status, _ := two.postForm(t, other, "/settings/apps/harbor/remove", url.Values{"confirm": {"harbor"}, "version": {"1"}}); status != http.StatusSeeOther {
		t.Fatalf("remove: status %d", status)
	}
	soon(one, cookie, http.StatusNotFound)
	if status, _ := one.postForm(t, cookie, "/settings/apps/new", form); status != http.StatusSeeOther {
		t.Fatalf("add again: status %d", status)
	}
	soon(two, other, http.StatusOK)
	for _, c := range []*console{one, two} {
		if code := c.stop(); code != 0 {
			t.Errorf("ended with %d: %s", code, c.err)
		}
		if strings.Contains(c.err.String()+c.out.String(), key) {
			t.Error("the key is in the log")
		}
	}

	both := config("key = \"env:TEST_SECRETS_NEW\"\nold_keys = [\"env:TEST_SECRETS\"]")
	data := filepath.Join(dir, "one")
	if code, out, errs := runCommand(t, "", "secrets", "rotate", "--config", both, "--data", data); code != 0 {
		t.Fatalf("rotate: %d %s%s", code, out, errs)
	}
	newest := config(`key = "env:TEST_SECRETS_NEW"`)
	code, out, errs := runCommand(t, "", "check", "--config", newest, "--data", data)
	if code != 0 || !strings.Contains(out, "harbor: key: is the app's") || strings.Contains(out, "demo:") {
		t.Errorf("check: %d %s%s", code, out, errs)
	}
	again := start("one", newest)
	cookie, _ = again.signIn(t, one.name, one.password)
	soon(again, cookie, http.StatusOK)
}
