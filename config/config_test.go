package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func load(t *testing.T, src string) (Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "c.toml")
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(file)
}

const tencentApp = `[[apps]]
name = "a"
vendor = "tencent"
sdkappid = 1400000001
administrator = "administrator"
key = "env:TEST_KEY"
`

func TestLoad(t *testing.T) {
	t.Setenv("TEST_KEY", "5bd2850fff3e")
	c, err := load(t, "listen = \":9000\"\n[session]\nidle = \"2d\"\n"+tencentApp)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != ":9000" || time.Duration(c.Session.Idle) != 48*time.Hour || c.Apps[0].Key.Reveal() != "5bd2850fff3e" {
		t.Errorf("read %+v", c)
	}
	if c.Apps[0].Title != "a" || c.Apps[0].RateShare != 1 || c.Apps[0].Region != "china" {
		t.Errorf("defaults of an app: %+v", c.Apps[0])
	}
	if c.Log.Level != "info" {
		t.Errorf("a key that is not in the file loses its default")
	}
}

func TestRefusals(t *testing.T) {
	t.Setenv("TEST_KEY", "5bd2850fff3e")
	tests := []struct {
		name, src string
		at        string // FILE's line and column
		says      string
	}{
		{"unknown key", "liste = \"x\"", ":1:1: liste: ", "allowed here: apps, data"},
		{"unknown key in a table", "[log]\nlevel = \"info\"\ncolour = 1", ":3:1: log.colour: ", "allowed here: format, level"},
		{"unknown key in an app", tencentApp + "secret = \"x\"", ":7:1: apps.secret: ", "media_hosts"},
		{"no TOML", "listen = ", ":1:", ""},
		{"wrong type", "listen = 8080", ":1:", "listen"},
		{"wrong duration", "[session]\nidle = \"soon\"", ":2:", "no length of time"},
		{"out of range", "[sign_in]\nlock = \"1m\"\ntries = 1", ":3:1: sign_in.tries: ", "takes 3 to 1000"},
		{"unknown value", "[log]\nlevel = \"loud\"", ":2:1: log.level: ", `allowed: "debug", "info", "warn", "error"`},
		{"secret in the file", strings.Replace(tencentApp, "env:TEST_KEY", "5bd2850f", 1), ":6:1: apps.key: ", "secrets do not belong into the file"},
		{"missing variable", strings.Replace(tencentApp, "env:TEST_KEY", "env:NO_SUCH", 1), ":6:1: apps.key: ", "NO_SUCH is not set"},
		{"missing file", strings.Replace(tencentApp, "env:TEST_KEY", "file:/no/such", 1), ":6:1: apps.key: ", "no such file"},
		{"no key at all", strings.Replace(tencentApp, "key = \"env:TEST_KEY\"\n", "", 1), ":1:", "apps.key: is missing"},
		{"second app of a name", tencentApp + tencentApp, ":8:1: apps.name: ", "unique"},
		{"second app is wrong", tencentApp + strings.Replace(tencentApp, "name = \"a\"", "name = \"B b\"", 1), ":8:1: apps.name: ", "small letters"},
		{"unknown vendor", strings.Replace(tencentApp, "\"tencent\"", "\"tencet\"", 1), ":3:1: apps.vendor: ", "\"volcengine\""},
		{"key of the other vendor", tencentApp + "app_id = 3", ":7:1: apps.app_id: ", "volcengine"},
		{"unknown region", tencentApp + "region = \"moon\"", ":7:1: apps.region: ", "\"jakarta\""},
		{"half of TLS", "[tls]\ncertificate = \"a.pem\"", ":1:", "go together"},
		{"password in the database", "database = \"postgres://u:p@h/d\"", ":1:1: database: ", "IMDESK_DATABASE"},
		{"no proxy", "trusted_proxies = [\"10.0.0.0/8\", \"me\"]", ":1:1: trusted_proxies: ", "\"me\""},
		{"no URL", "public_url = \"imdesk.example.com\"", ":1:1: public_url: ", "no address of a server"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.src)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			msg := err.Error()
			if !strings.Contains(msg, tt.at) || !strings.Contains(msg, tt.says) || strings.Contains(msg, "\n") {
				t.Errorf("says %q, want %q and %q in one line", msg, tt.at, tt.says)
			}
			if strings.Contains(msg, "5bd2850f") {
				t.Errorf("prints the secret: %q", msg)
			}
		})
	}
}

func TestNoFile(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none.toml")); err == nil || !strings.Contains(err.Error(), "none.toml: no such file") {
		t.Errorf("got %v", err)
	}
	c, err := Load("")
	if err != nil || !reflect.DeepEqual(c, Default()) {
		t.Errorf("without a file: %+v, %v", c, err)
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("IMDESK_LISTEN", "127.0.0.1:1")
	t.Setenv("IMDESK_DATABASE", "postgres://u:p@localhost/d")
	t.Setenv("IMDESK_TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16")
	c, err := load(t, "listen = \":2\"")
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:1" || c.DatabaseSource() != "postgres://u:p@localhost/d" || len(c.TrustedProxies) != 2 {
		t.Errorf("read %+v", c)
	}
	t.Setenv("IMDESK_LISTEN", "nowhere")
	if _, err := load(t, ""); err == nil {
		t.Error("a wrong address in the environment is taken")
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Setenv("TEST_KEY", "5bd2850fff3e")
	c, err := load(t, tencentApp)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c.Apps[0].Key), string(encoded)} {
		if strings.Contains(s, "5bd2850fff3e") {
			t.Errorf("prints the secret: %s", s)
		}
	}
}

// TestExample loads the documented file, and holds its keys against the struct: each is in it, and no other.
func TestExample(t *testing.T) {
	t.Setenv("HARBOR_KEY", "k")
	t.Setenv("STUDY_SECRET_KEY", "k")
	src, err := os.ReadFile("../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("IMDESK_METRICS_TOKEN", "t")
	c, err := load(t, strings.Replace(string(src), "# metrics_token", "metrics_token", 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys(reflect.TypeFor[Config](), "") {
		line := key[strings.LastIndex(key, ".")+1:] + " = "
		if !strings.Contains(string(src), "\n"+line) && !strings.Contains(string(src), "\n# "+line) {
			t.Errorf("%s is not in the example", key)
		}
	}
	c.Apps, c.MetricsToken = nil, Secret{}
	c.TrustedProxies = nil
	if !reflect.DeepEqual(c, Default()) {
		t.Errorf("the example's values are not the defaults:\n%+v\n%+v", c, Default())
	}
}

func keys(t reflect.Type, prefix string) []string {
	var list []string
	for i := range t.NumField() {
		key := prefix + t.Field(i).Tag.Get("toml")
		ft := t.Field(i).Type
		if ft.Kind() == reflect.Slice {
			ft = ft.Elem()
		}
		if ft.Kind() == reflect.Struct && ft != reflect.TypeFor[Secret]() {
			list = append(list, keys(ft, key+".")...)
		} else {
			list = append(list, key)
		}
	}
	return list
}

func FuzzLoad(f *testing.F) {
	f.Add("listen = \":9000\"\n[[apps]]\nname = \"a\"")
	f.Add("[log]\nlevel = 3")
	f.Fuzz(func(t *testing.T, src string) {
		c := Default()
		if err := decode("f.toml", []byte(src), &c); err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("not a configuration error: %v", err)
			}
			return
		}
		if err := c.check(locator{"f.toml", []byte(src)}); err != nil && err.Error() == "" {
			t.Fatal("an error without words")
		}
	})
}
