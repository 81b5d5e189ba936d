package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"
)

// vars is an environment of our own: the machine's does not reach the tests.
type vars map[string]string

func (v vars) lookup(name string) (string, bool) {
	s, ok := v[name]
	return s, ok
}

const secret = "5bd2850fff3e"

var keySet = vars{"TEST_KEY": secret}

func read(src string, env vars) (Config, error) { return load("c.toml", []byte(src), env.lookup) }

const tencentApp = `[[apps]]
name = "a"
vendor = "tencent"
sdkappid = 1400000001
administrator = "administrator"
key = "env:TEST_KEY"
`

const volcengineApp = `[[apps]]
name = "b"
vendor = "volcengine"
app_id = 900001
access_key = "AK"
secret_key = "env:TEST_KEY"
`

func TestLoad(t *testing.T) {
	c, err := read("listen = \":9000\"\n[session]\nidle = \"2d\"\n"+tencentApp+volcengineApp, keySet)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != ":9000" || time.Duration(c.Session.Idle) != 48*time.Hour || c.Apps[0].Key.Reveal() != secret || c.Apps[1].SecretKey.Reveal() != secret {
		t.Errorf("read %+v", c)
	}
	for i, want := range []App{{Title: "a", RateShare: 1, Region: "china"}, {Title: "b", RateShare: 1, Region: "cn-north-1"}} {
		got := App{Title: c.Apps[i].Title, RateShare: c.Apps[i].RateShare, Region: c.Apps[i].Region}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("defaults of app %d: %+v, want %+v", i, got, want)
		}
	}
	if c.Log.Level != "info" {
		t.Errorf("a key that is not in the file loses its default")
	}
	if got := c.DatabaseSource(); got != filepath.Join("imdesk-data", "imdesk.db") {
		t.Errorf("database %s", got)
	}
	c, err = read("apps = [{name='a', vendor='tencent', sdkappid=1, administrator='x', key='env:TEST_KEY', endpoint='http://127.0.0.1:8090/'}]", keySet)
	if err != nil || c.Apps[0].Key.Reveal() != secret || c.Apps[0].Region != "" {
		t.Errorf("as a list in one line: %+v, %v", c.Apps, err)
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	with := func(app, old, new string) string { return strings.Replace(app, old, new, 1) }
	tests := []struct {
		name, src string
		at        string // line, column and key
		says      string
	}{
		{"unknown key", "liste = \"x\"", "c.toml:1:1: liste: ", "allowed here: apps, audit, data, database, emulator, jobs, language, listen, log,"},
		{"unknown key in a table", "[log]\nlevel = \"info\"\n  colour = 1", "c.toml:3:3: log.colour: ", "allowed here: format, level"},
		{"unknown key with dots", "log.colour = 1", "c.toml:1:1: log.colour: ", "allowed here: format, level"},
		{"unknown table", "[logs]\nlevel = \"info\"", "c.toml:1:2: logs: ", "allowed here: apps,"},
		{"a group's time that is none", tencentApp + "archive_groups = [\"g soon\"]", "c.toml:7:1: apps.archive_groups: ", "as in \"GROUP 7d\""},
		{"a group's time that is too short", tencentApp + "archive_groups = [\"g 1s\"]", "c.toml:7:1: apps.archive_groups: ", "or 0s"},
		{"unknown key in an app", tencentApp + "secret = \"x\"", "c.toml:7:1: apps.secret: ", "media_hosts"},
		{"no value", "listen = ", "c.toml:1:", ""},
		{"no TOML", "\x00\x01", "c.toml:1:1: ", ""},
		{"a key twice", "listen = ':1'\nlisten = ':2'", "c.toml:2:1: listen: ", "already defined"},
		{"number for a text", "listen = 8080", "c.toml:1:1: listen: ", "takes a text in quotes"},
		{"text for a number", "[sign_in]\ntries = \"7\"", "c.toml:2:1: sign_in.tries: ", "takes a whole number"},
		{"fraction for a number", "[sign_in]\ntries = 7.5", "c.toml:2:1: sign_in.tries: ", "takes a whole number"},
		{"text for a yes or no", "[emulator]\nenabled = \"yes\"", "c.toml:2:1: emulator.enabled: ", "takes true or false"},
		{"text for a list", "trusted_proxies = \"10.0.0.1\"", "c.toml:1:1: trusted_proxies: ", `takes a list of texts`},
		{"numbers in a list", "trusted_proxies = [1]", "c.toml:1:20: trusted_proxies: ", "takes a list of texts"},
		{"value for a table", "log = \"debug\"", "c.toml:1:1: log: ", "takes a table"},
		{"table for a value", "[listen]\na = 1", "c.toml:1:2: listen: ", "takes a text in quotes"},
		{"one bracket for apps", strings.Replace(tencentApp, "[[apps]]", "[apps]", 1), "c.toml:1:2: apps: ", "[[apps]]"},
		{"number for a length of time", "[session]\nidle = 12", "c.toml:2:1: session.idle: ", "such as \"90s\""},
		{"yes or no for a length of time", "[session]\nidle = true", "c.toml:2:1: session.idle: ", "such as \"90s\""},
		{"date for a text", "listen = 2026-04-18", "c.toml:1:1: listen: ", "takes a text in quotes"},
		{"no length of time", "[session]\nidle = \"soon\"", "c.toml:2:8: session.idle: ", "no length of time"},
		{"days that are none", "[session]\nidle = \"1.5d\"", "c.toml:2:8: session.idle: ", "no length of time"},
		{"idle beyond absolute", "[session]\nabsolute = \"1h\"", "c.toml:1:2: session.idle: ", "takes 1m to 1h"},
		{"absolute too long", "[session]\nabsolute = \"91d\"", "c.toml:2:1: session.absolute: ", "takes 1m to 90d"},
		{"too few tries", "[sign_in]\nlock = \"1m\"\ntries = 1", "c.toml:3:1: sign_in.tries: ", "takes 3 to 1000"},
		{"unknown level", "[log]\nlevel = \"loud\"", "c.toml:2:1: log.level: ", `allowed: "debug", "info", "warn", "error"`},
		{"unknown language", "language = \"de\"", "c.toml:1:1: language: ", `allowed: "en", "zh"`},
		{"unknown time zone", "time_zone = \"Asia/Shangai\"", "c.toml:1:1: time_zone: ", "such as \"Asia/Shanghai\""},
		{"no port", "listen = \"127.0.0.1\"", "c.toml:1:1: listen: ", "such as \"127.0.0.1:8080\""},
		{"port beyond all", "listen = \":65536\"", "c.toml:1:1: listen: ", "such as"},
		{"a key that is guessed", "[secrets]\nkey = \"env:TEST_KEY\"", "c.toml:2:1: secrets.key: ", "fewer than 32 characters"},
		{"a key in the file", "[secrets]\nkey = \"" + strings.Repeat("k", 40) + "\"", "c.toml:2:1: secrets.key: ", "do not belong into the file"},
		{"old keys alone", "[secrets]\nold_keys = [\"env:TEST_KEY\"]", "c.toml:2:1: secrets.old_keys: ", "go with a key"},
		{"an issuer over plain HTTP", "[oidc]\nissuer = \"http://login.example.com\"\nclient_id = \"x\"", "c.toml:2:1: oidc.issuer: ", "is not HTTPS"},
		{"an issuer without a client", "[oidc]\nissuer = \"https://login.example.com\"", "c.toml:1:2: oidc.client_id: ", "must not be empty"},
		{"no role of a group", "[oidc]\nroles = [\"staff=boss\"]", "c.toml:2:1: oidc.roles: ", "GROUP=ROLE"},
		{"adding without roles", "[oidc]\ncreate = true", "c.toml:1:2: oidc.roles: ", "with create"},
		{"no data folder", "data = \" \"", "c.toml:1:1: data: ", "must not be empty"},
		{"secret in the file", with(tencentApp, "env:TEST_KEY", secret), "c.toml:6:1: apps.key: ", "secrets do not belong into the file"},
		{"secret without a name", with(tencentApp, "env:TEST_KEY", "env:"), "c.toml:6:1: apps.key: ", "secrets do not belong"},
		{"secret as a number", with(tencentApp, "\"env:TEST_KEY\"", "5285"), "c.toml:6:1: apps.key: ", "takes \"env:NAME\" or \"file:PATH\""},
		{"secret of the console", "metrics_token = \"" + secret + "\"", "c.toml:1:1: metrics_token: ", "secrets do not belong"},
		{"missing variable", with(tencentApp, "env:TEST_KEY", "env:NO_SUCH"), "c.toml:6:1: apps.key: ", "NO_SUCH is not set"},
		{"missing file", with(tencentApp, "env:TEST_KEY", "file:/no/such"), "c.toml:6:1: apps.key: ", "cannot read /no/such: no such file"},
		{"empty file", with(tencentApp, "env:TEST_KEY", "file:"+empty), "c.toml:6:1: apps.key: ", "is empty"},
		{"folder", with(tencentApp, "env:TEST_KEY", "file:"+dir), "c.toml:6:1: apps.key: ", "is no file with a secret"},
		{"device", with(tencentApp, "env:TEST_KEY", "file:/dev/zero"), "c.toml:6:1: apps.key: ", "is no file with a secret"},
		{"no key at all", with(tencentApp, "key = \"env:TEST_KEY\"\n", ""), "c.toml:1:3: apps.key: ", "is missing"},
		{"no name", with(tencentApp, "name = \"a\"\n", ""), "c.toml:1:3: apps.name: ", "small letters"},
		{"second app of a name", tencentApp + tencentApp, "c.toml:8:1: apps.name: ", "unique"},
		{"second app is wrong", tencentApp + with(tencentApp, "name = \"a\"", "name = \"B b\""), "c.toml:8:1: apps.name: ", "small letters"},
		{"second app lacks a key", tencentApp + with(volcengineApp, "access_key = \"AK\"\n", ""), "c.toml:7:3: apps.access_key: ", "must not be empty"},
		{"an app in one line is wrong", "apps = [{name = 'a'},\n{name = 'B'}]\n", "c.toml:1:1: apps.vendor: ", "allowed"},
		{"unknown vendor", with(tencentApp, "\"tencent\"", "\"tencet\""), "c.toml:3:1: apps.vendor: ", "\"volcengine\""},
		{"key of the other vendor", tencentApp + "app_id = 3", "c.toml:7:1: apps.app_id: ", "volcengine"},
		{"administrator at volcengine", volcengineApp + "administrator = \"x\"", "c.toml:7:1: apps.administrator: ", "tencent"},
		{"negative id", with(tencentApp, "1400000001", "-1"), "c.toml:4:1: apps.sdkappid: ", "1 to 4294967295"},
		{"id beyond 32 bits", with(tencentApp, "1400000001", "4294967296"), "c.toml:4:1: apps.sdkappid: ", "1 to 4294967295"},
		{"id beyond 64 bits", with(tencentApp, "1400000001", "99999999999999999999"), "c.toml:4:12: apps.sdkappid: ", "too large"},
		{"unknown region", tencentApp + "region = \"moon\"", "c.toml:7:1: apps.region: ", "\"jakarta\""},
		{"a field twice", tencentApp + "group_fields = [\"a\", \"a\"]", "c.toml:7:1: apps.group_fields: ", "once"},
		{"eleven fields", tencentApp + "group_fields = [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\"]", "c.toml:7:1: apps.group_fields: ", "at most 10"},
		{"share of nothing", tencentApp + "rate_share = 0", "c.toml:7:1: apps.rate_share: ", "above 0 and up to 1"},
		{"a field that is a whole tag", tencentApp + "user_fields = [\"Tag_Profile_Custom_VIP\"]", "c.toml:7:1: apps.user_fields: ", "1 to 8 letters"},
		{"share of no number", tencentApp + "rate_share = nan", "c.toml:7:1: apps.rate_share: ", "above 0 and up to 1"},
		{"endpoint without scheme", tencentApp + "endpoint = \"console.tim.qq.com\"", "c.toml:7:1: apps.endpoint: ", "https://console.tim.qq.com"},
		{"endpoint with a path", tencentApp + "endpoint = \"https://h/v4\"", "c.toml:7:1: apps.endpoint: ", "no address of a server"},
		{"half of TLS", "[tls]\ncertificate = \"a.pem\"", "c.toml:2:1: tls.certificate: ", "go together"},
		{"TLS without files", "[tls]\ncertificate = \"/no/a.pem\"\nkey = \"/no/b.pem\"", "c.toml:2:1: tls.certificate: ", "/no/a.pem: no such file"},
		{"password in the database", "database = \"postgres://u:" + secret + "@h/d\"", "c.toml:1:1: database: ", "IMDESK_DATABASE"},
		{"password behind the database", "database = \"postgres://u@h/d?sslmode=disable&password=" + secret + "\"", "c.toml:1:1: database: ", "IMDESK_DATABASE"},
		{"another database", "database = \"mysql://u@h/d\"", "c.toml:1:1: database: ", "postgres://"},
		{"database that is no address", "database = \"postgres://u:" + secret + "@h:x/d\"", "c.toml:1:1: database: ", "postgres://"},
		{"no proxy", "trusted_proxies = [\"10.0.0.0/8\", \"me\"]", "c.toml:1:1: trusted_proxies: ", "\"me\""},
		{"no URL", "public_url = \"imdesk.example.com\"", "c.toml:1:1: public_url: ", "no address of a server"},
		{"a URL nobody could sign in at", "public_url = \"http://imdesk.example.com\"", "c.toml:1:1: public_url: ", "not HTTPS"},
		{"talk backwards", "[emulator]\ntalk = -1", "c.toml:2:1: emulator.talk: ", "0 to 1000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(tt.src, keySet)
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("got %v", err)
			}
			msg := err.Error()
			if !strings.HasPrefix(msg, tt.at) || !strings.Contains(msg, tt.says) || strings.Contains(msg, "\n") {
				t.Errorf("says %q, want %q and %q in one line", msg, tt.at, tt.says)
			}
			if strings.Contains(msg, secret) {
				t.Errorf("prints the secret: %q", msg)
			}
		})
	}
}

func TestAccepted(t *testing.T) {
	for _, src := range []string{
		"", "listen = \":0\"", "listen = \"[::1]:8080\"", "public_url = \"http://localhost:8080\"", "public_url = \"http://127.0.0.1:8080/\"",
		"public_url = \"https://imdesk.example.com\"", "database = \"postgres://u@h/d?sslmode=disable\"", "database = \"/var/lib/imdesk/x.db\"",
		"trusted_proxies = [\"10.0.0.1\", \"fd00::/8\"]", "[session]\nabsolute = \"1d\"\nidle = \"1d\"", "[emulator]\ntalk = 3", "apps = []",
	} {
		if _, err := read(src, nil); err != nil {
			t.Errorf("%q: %v", src, err)
		}
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct{ name, file, says string }{
		{"none", filepath.Join(dir, "none.toml"), "none.toml: no such file"},
		{"a folder", dir, dir + ": is a directory"},
	} {
		if _, err := Load(tt.file); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	large := filepath.Join(dir, "large.toml")
	if err := os.WriteFile(large, bytes.Repeat([]byte("#\n"), maxFile), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(large); err == nil || !strings.Contains(err.Error(), "large.toml: larger than 1 MB") {
		t.Errorf("large: %v", err)
	}
	c, err := read("", nil)
	if diff := cmp.Diff(Default(), c, cmp.AllowUnexported(Secret{}, Database{})); err != nil || diff != "" {
		t.Errorf("without a file: %v, %s", err, diff)
	}
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte(secret+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err = read(strings.Replace(tencentApp, "env:TEST_KEY", "file:"+key, 1), nil); err != nil || c.Apps[0].Key.Reveal() != secret {
		t.Errorf("from a file: %v", err)
	}
}

func TestEnvironment(t *testing.T) {
	c, err := read("listen = \":2\"\n[log]\nlevel = \"warn\"", vars{
		"IMDESK_LISTEN": "127.0.0.1:1", "IMDESK_DATABASE": "postgres://u:p@localhost/d", "IMDESK_TRUSTED_PROXIES": "10.0.0.1, 10.1.0.0/16",
		"IMDESK_DATA_DIR": "/srv", "IMDESK_DATA": "/tests", "IMDESK_LOG_LEVEL": "debug", "IMDESK_SESSION_IDLE": "3d", "IMDESK_SIGN_IN_TRIES": "9",
		"IMDESK_EMULATOR_ENABLED": "true", "IMDESK_EMULATOR_TALK": "1.5", "IMDESK_LANGUAGE": "", "IMDESK_METRICS_TOKEN": "env:NO_SUCH", "IMDESK_APPS": "x",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Listen, want.Database, want.TrustedProxies, want.Data = "127.0.0.1:1", Database{"postgres://u:p@localhost/d"}, []string{"10.0.0.1", "10.1.0.0/16"}, "/srv"
	want.Log.Level, want.Session.Idle, want.SignIn.Tries = "debug", Duration(72*time.Hour), 9
	want.Emulator.Enabled, want.Emulator.Talk = true, 1.5
	if diff := cmp.Diff(want, c, cmp.AllowUnexported(Secret{}, Database{})); diff != "" {
		t.Error(diff)
	}
	if c.DatabaseSource() != "postgres://u:p@localhost/d" {
		t.Error("the database's password is lost")
	}

	for _, tt := range []struct{ name, value, says string }{
		{"IMDESK_LISTEN", "nowhere", `IMDESK_LISTEN: "nowhere" is no address to listen on`},
		{"IMDESK_LOG_LEVEL", "loud", `IMDESK_LOG_LEVEL: "loud" is not known; allowed: "debug"`},
		{"IMDESK_SESSION_IDLE", "soon", "IMDESK_SESSION_IDLE: takes a length of time"},
		{"IMDESK_SIGN_IN_TRIES", "many", "IMDESK_SIGN_IN_TRIES: takes a whole number"},
		{"IMDESK_EMULATOR_TALK", "NaN", "IMDESK_EMULATOR_TALK: takes 0 to 1000"},
		{"IMDESK_EMULATOR_ENABLED", "maybe", "IMDESK_EMULATOR_ENABLED: takes true or false"},
		{"IMDESK_DATABASE", "postgres://u:" + secret + "@h:x/", "IMDESK_DATABASE: takes the path"},
		{"IMDESK_TRUSTED_PROXIES", "10.0.0.1,me", `IMDESK_TRUSTED_PROXIES: "me" is neither`},
	} {
		// The file has the key too, and is not blamed.
		_, err := read("listen = ':1'\nlog.level = 'info'\n", vars{tt.name: tt.value})
		if err == nil || !strings.HasPrefix(err.Error(), tt.says) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.says)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	c, err := read(tencentApp+volcengineApp, vars{"TEST_KEY": secret, "IMDESK_DATABASE": "postgres://u:" + secret + "@h/d?password=" + secret})
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	asTOML, err := toml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c, "key", c.Apps[0].Key, "database", c.Database)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", c, "key", &c.Apps[0].Key, "database", c.Database)
	for _, s := range []string{
		fmt.Sprint(c), fmt.Sprintf("%v %+v %#v", c, &c, c), fmt.Sprintf("%s %q %x %d", c.Apps[0].Key, c.Apps[0].Key, c.Apps[0].Key, c.Apps[0].Key),
		fmt.Sprintf("%#v %x", c.Apps[0], c.Database), string(asJSON), string(asTOML), log.String(),
	} {
		if strings.Contains(s, secret) || strings.Contains(s, fmt.Sprintf("%x", secret)) {
			t.Errorf("prints a secret: %s", s)
		}
	}
	if got := c.Database.String(); got != "postgres://u:xxxxx@h/d?password=xxxxx" {
		t.Errorf("database %s", got)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "15m": 15 * time.Minute, "12h": 12 * time.Hour, "7d": 7 * 24 * time.Hour, "1h30m": 90 * time.Minute, "250ms": 250 * time.Millisecond,
		"65535d": 65535 * 24 * time.Hour,
	} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || time.Duration(d) != want {
			t.Errorf("%s: %v, %v", text, time.Duration(d), err)
		}
		var again Duration
		if err := again.UnmarshalText([]byte(d.String())); err != nil || again != d {
			t.Errorf("%s is written %s, which is %v, %v", text, d, again, err)
		}
	}
	for _, text := range []string{"", "d", "-1d", "1.5d", "65536d", "12", "12 h", "soon", "1y"} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is %v", text, d)
		}
	}
}

// TestExample loads the documented file with every key in force, and holds its keys against the struct: each is in it, and
// no other. What it shows are the defaults.
func TestExample(t *testing.T) {
	src, err := os.ReadFile("../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("k", 32)
	env := vars{
		"HARBOR_KEY": "k", "HARBOR_CALLBACK_TOKEN": "c", "STUDY_SECRET_KEY": "k", "STUDY_CALLBACK_TOKEN": "c", "METRICS_TOKEN": "t",
		"IMDESK_SECRET_KEY": long, "IMDESK_OLD_SECRET_KEY": long, "IMDESK_OIDC_SECRET": "s",
	}
	if _, err := load("config.example.toml", src, env.lookup); err != nil {
		t.Fatalf("as it is: %v", err)
	}
	all := regexp.MustCompile(`(?m)^#([a-z_]+ = )`).ReplaceAll(src, []byte("$1"))
	c, err := load("config.example.toml", all, env.lookup)
	if err != nil {
		t.Fatalf("with every key: %v", err)
	}
	shown := find("", all)
	var have []string
	for _, path := range shown.list {
		if path = index.ReplaceAllString(path, ""); !slices.Contains(have, path) {
			have = append(have, path)
		}
	}
	want := keys(reflect.TypeFor[Config](), "")
	slices.Sort(have)
	slices.Sort(want)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("keys of the struct and of the example: %s", diff)
	}
	c.Apps, c.MetricsToken, c.TrustedProxies = nil, Secret{}, nil
	c.Secrets, c.OIDC.ClientSecret, c.OIDC.Roles = Secrets{}, Secret{}, nil
	if diff := cmp.Diff(Default(), c, cmp.AllowUnexported(Secret{}, Database{})); diff != "" {
		t.Errorf("the example's values are not the defaults: %s", diff)
	}
	for i, line := range strings.Split(string(src), "\n") {
		if len(line) > 140 {
			t.Errorf("line %d is long", i+1)
		}
	}
}

// keys are the paths of all keys and tables.
func keys(t reflect.Type, prefix string) (list []string) {
	for i := range t.NumField() {
		key, ft := prefix+t.Field(i).Tag.Get("toml"), t.Field(i).Type
		list = append(list, key)
		if ft.Kind() == reflect.Slice {
			ft = ft.Elem()
		}
		if isTable(ft) {
			list = append(list, keys(ft, key+".")...)
		}
	}
	return list
}

func FuzzLoad(f *testing.F) {
	for _, s := range []string{
		"listen = \":9000\"\n[[apps]]\nname = \"a\"", "[log]\nlevel = 3", "apps = [{name='a'},{x={y=[1]}}]", "a.b.c = 1", "[session]\nidle = true",
		"[[apps]]\n[apps.x]\n", "[[apps]]\r\nkey = '''env:\r\nX'''", "listen = \"\\u0000\"", "[a]\n[a]", tencentApp, volcengineApp,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if strings.Contains(src, "file:") || strings.Contains(src, "certificate") {
			return // reads files of this machine
		}
		_, err := read(src, keySet)
		if err == nil {
			return
		}
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Fatalf("not a configuration error: %v", err)
		}
		if e.Problem == "" || e.Line < 0 || e.Line > strings.Count(src, "\n")+1 || strings.Contains(err.Error(), "\n") {
			t.Fatalf("%q", err)
		}
	})
}
