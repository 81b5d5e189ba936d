package emulator

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigIsChecked(t *testing.T) {
	good := TencentApp{SDKAppID: 1, Admins: []string{"a"}, Key: "k"}
	tests := []struct {
		name string
		c    Config
		want string
	}{
		{"no app", Config{}, "no app"},
		{"an app twice", Config{Apps: []TencentApp{good, good}}, "listed twice"},
		{"no id", Config{Apps: []TencentApp{{Admins: good.Admins, Key: "k"}}}, "SDKAppID 0"},
		{"no key", Config{Apps: []TencentApp{{SDKAppID: 1, Admins: good.Admins}}}, "no key"},
		{"no administrator", Config{Apps: []TencentApp{{SDKAppID: 1, Key: "k"}}}, "administrator"},
		{"an empty administrator", Config{Apps: []TencentApp{{SDKAppID: 1, Key: "k", Admins: []string{""}}}}, "administrator"},
		{"unknown seed", Config{Apps: []TencentApp{good}, Seed: "lots"}, `seed "lots"`},
		{"talk below zero", Config{Apps: []TencentApp{good}, Talk: -1}, "talk"},
		{"a path that cannot be", Config{Apps: []TencentApp{good}, Path: "/dev/null/x.db"}, "/dev/null/x.db"},
	}
	for _, tt := range tests {
		if s, err := New(context.Background(), tt.c); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
			if err == nil {
				s.Close()
			}
		}
	}
}

func TestStateSurvivesInItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub dir?", "emulator 100%.db")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int64{0, 1} {
		r := newRigWith(t, Config{Path: path})
		if a := r.ok(group+"get_appid_group_list", `{}`); num(a["TotalCount"]) != want {
			t.Errorf("start %d: %v groups", i, a["TotalCount"])
		}
		if i == 0 {
			r.group("Public", "g", "a")
			r.say("g", "a", "still here")
		} else if rows, _ := r.history("g", `,"ReqMsgNumber":5`); len(rows) != 1 || rows[0].text != "still here" {
			t.Errorf("history: %v", rows)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestTemporaryFileIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	r := newRig(t)
	if n := countFiles(t, os.TempDir()); n == 0 {
		t.Error("no file while open")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if n := countFiles(t, os.TempDir()); n != 0 {
		t.Errorf("%d files left", n)
	}
	if err := r.Start("127.0.0.1:0"); err == nil {
		t.Error("started after Close")
	}
}

func countFiles(t *testing.T, dir string) (n int) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPortThatIsTaken(t *testing.T) {
	r := newRig(t)
	other, err := New(context.Background(), Config{Apps: []TencentApp{{SDKAppID: 1, Admins: []string{"a"}, Key: "k"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Start(strings.TrimPrefix(r.URL(), "http://")); err == nil {
		t.Error("two servers on one port")
	}
	if other.URL() != "" {
		t.Errorf("URL is %q", other.URL())
	}
}

// TestAppsAreApart has the same names in two apps.
func TestAppsAreApart(t *testing.T) {
	r := newRig(t)
	s, err := New(context.Background(), Config{Now: r.clock.Now, Apps: []TencentApp{
		{SDKAppID: 1, Admins: []string{testAdmin}, Key: testKey}, {SDKAppID: testApp, Admins: []string{testAdmin}, Key: testKey},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	both := &rig{T: t, Server: s, clock: r.clock, http: r.http}
	both.group("Public", "g", "a")
	q := both.query()
	q.Set("sdkappid", "1")
	q.Set("usersig", sign(1, testAdmin, testKey, r.clock.Now().Unix(), 600))
	for command, body := range map[string]string{group + "get_group_member_info": `{"GroupId":"g"}`, group + "group_msg_get_simple": `{"GroupId":"g","ReqMsgNumber":1}`} {
		_, text, err := both.post("/v4/"+command, q, body)
		if err != nil || decode(text).code() != 10015 {
			t.Errorf("%s in the other app: %s %v", command, text, err)
		}
	}
}
