// Package config reads the console's configuration: a TOML file, and environment variables over it. What it does not know
// it refuses, with the file, line and column, and with what is allowed there.
//
// Secrets are never in the file: a key is given as env:NAME or file:PATH.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Config is everything that can be set. config.example.toml describes each key.
type Config struct {
	Listen         string   `toml:"listen"`
	Data           string   `toml:"data"`
	Database       string   `toml:"database"`
	PublicURL      string   `toml:"public_url"`
	TrustedProxies []string `toml:"trusted_proxies"`
	Language       string   `toml:"language"`
	TimeZone       string   `toml:"time_zone"`
	MetricsToken   Secret   `toml:"metrics_token"`
	TLS            TLS      `toml:"tls"`
	Log            Log      `toml:"log"`
	Session        Session  `toml:"session"`
	SignIn         SignIn   `toml:"sign_in"`
	Emulator       Emulator `toml:"emulator"`
	Apps           []App    `toml:"apps"`
}

// TLS makes the console speak HTTPS by itself. Both or none.
type TLS struct {
	Certificate string `toml:"certificate"` // PEM file
	Key         string `toml:"key"`         // PEM file
}

// Log says what is logged, to standard error.
type Log struct {
	Level  string `toml:"level"`  // debug, info, warn, error
	Format string `toml:"format"` // text, json
}

// Session limits how long a sign-in lasts.
type Session struct {
	Idle     Duration `toml:"idle"`
	Absolute Duration `toml:"absolute"`
}

// SignIn limits wrong passwords.
type SignIn struct {
	Tries        int      `toml:"tries"`         // per name, within Window
	AddressTries int      `toml:"address_tries"` // per address, within Window
	Window       Duration `toml:"window"`
	Lock         Duration `toml:"lock"`
}

// Emulator is the IM service that comes with imdesk.
type Emulator struct {
	Enabled bool    `toml:"enabled"` // also when apps are configured; without apps it always runs
	Listen  string  `toml:"listen"`
	Seed    string  `toml:"seed"` // demo, none
	Talk    float64 `toml:"talk"` // messages a second
}

// App is one IM application.
type App struct {
	Name   string `toml:"name"`
	Title  string `toml:"title"`
	Vendor string `toml:"vendor"` // tencent, volcengine

	SDKAppID      int64  `toml:"sdkappid"`
	Administrator string `toml:"administrator"`
	Key           Secret `toml:"key"`

	AppID     int64  `toml:"app_id"`
	AccessKey string `toml:"access_key"`
	SecretKey Secret `toml:"secret_key"`

	Region         string   `toml:"region"`
	Endpoint       string   `toml:"endpoint"`
	BackupEndpoint string   `toml:"backup_endpoint"`
	RateShare      float64  `toml:"rate_share"`
	MediaHosts     []string `toml:"media_hosts"`
}

// Default is the configuration without a file: the console on the emulator.
func Default() Config {
	return Config{
		Listen:   "127.0.0.1:8080",
		Data:     "./imdesk-data",
		Log:      Log{Level: "info", Format: "text"},
		Session:  Session{Idle: Duration(12 * time.Hour), Absolute: Duration(7 * 24 * time.Hour)},
		SignIn:   SignIn{Tries: 10, AddressTries: 50, Window: Duration(15 * time.Minute), Lock: Duration(15 * time.Minute)},
		Emulator: Emulator{Listen: "127.0.0.1:0", Seed: "demo", Talk: 0.5},
	}
}

// Error is a configuration that cannot be used, in one line.
type Error struct {
	File         string // "" for the environment
	Line, Column int    // 0 if the place is not known
	Key          string // such as apps.key
	Problem      string // what is wrong and what is allowed
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
		}
		b.WriteString(": ")
	}
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// maxFile is the size of a configuration file in bytes.
const maxFile = 1 << 20

// Load reads a file; "" takes the defaults alone. Environment variables go over both. Secrets are read at once, so that a
// missing one is found at the start.
func Load(file string) (Config, error) {
	c := Default()
	var src []byte
	if file != "" {
		var err error
		if src, err = readFile(file); err != nil {
			return Config{}, err
		}
		if err := decode(file, src, &c); err != nil {
			return Config{}, err
		}
	}
	if hasPassword(c.Database) {
		return Config{}, locator{file, src}.error("database", 0,
			"holds a password, which does not belong into the file; give the address in IMDESK_DATABASE, or the password in PGPASSWORD")
	}
	c.environment(os.LookupEnv)
	for i := range c.Apps {
		c.Apps[i].defaults()
	}
	if err := c.check(locator{file, src}); err != nil {
		return Config{}, err
	}
	return c, nil
}

func readFile(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, &Error{File: file, Problem: reason(err)}
	}
	if info.Size() > maxFile {
		return nil, &Error{File: file, Problem: "larger than 1 MB, so it is no configuration"}
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, &Error{File: file, Problem: reason(err)}
	}
	return src, nil
}

// reason is an error of the file system without the path, which stands before it.
func reason(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

func decode(file string, src []byte, c *Config) error {
	d := toml.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	err := d.Decode(c)
	if err == nil {
		return nil
	}
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		line, col := first.Position()
		key := strings.Join(first.Key(), ".")
		return &Error{File: file, Line: line, Column: col, Key: key, Problem: "there is no such key; allowed here: " + strings.Join(siblings(first.Key()), ", ")}
	}
	var de *toml.DecodeError
	if errors.As(err, &de) {
		line, col := de.Position()
		key := strings.Join(de.Key(), ".")
		return &Error{File: file, Line: line, Column: col, Key: key, Problem: plain(de.Error(), key)}
	}
	return &Error{File: file, Problem: err.Error()}
}

// plain rewords what the decoder says for those who do not read Go, and says what a key takes.
func plain(msg, key string) string {
	msg = strings.TrimPrefix(msg, "toml: ")
	if kind := kindOf(key); kind != "" && strings.Contains(msg, "cannot decode") {
		return "takes " + kind
	}
	return msg
}

var name = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

func (a *App) defaults() {
	if a.Title == "" {
		a.Title = a.Name
	}
	if a.RateShare == 0 {
		a.RateShare = 1
	}
	if a.Region == "" && a.Endpoint == "" {
		a.Region = map[string]string{"tencent": "china", "volcengine": "cn-north-1"}[a.Vendor]
	}
}

// Regions of the vendors' endpoints.
var (
	tencentRegions    = []string{"china", "singapore", "seoul", "tokyo", "frankfurt", "mumbai", "siliconvalley", "jakarta"}
	volcengineRegions = []string{"cn-north-1", "ap-southeast-1"}
)

// check finds the first value that cannot be used.
func (c *Config) check(at locator) error {
	checks := []struct {
		key     string
		problem string
	}{
		{"listen", listenProblem(c.Listen)},
		{"data", emptyProblem(c.Data)},
		{"public_url", urlProblem(c.PublicURL, "https://imdesk.example.com")},
		{"trusted_proxies", proxiesProblem(c.TrustedProxies)},
		{"language", oneOf(c.Language, "", "en", "zh")},
		{"time_zone", zoneProblem(c.TimeZone)},
		{"tls.key", tlsProblem(c.TLS)},
		{"log.level", oneOf(c.Log.Level, "debug", "info", "warn", "error")},
		{"log.format", oneOf(c.Log.Format, "text", "json")},
		{"session.idle", between(time.Duration(c.Session.Idle), time.Minute, time.Duration(c.Session.Absolute))},
		{"session.absolute", between(time.Duration(c.Session.Absolute), time.Minute, 90*24*time.Hour)},
		{"sign_in.tries", numberBetween(c.SignIn.Tries, 3, 1000)},
		{"sign_in.address_tries", numberBetween(c.SignIn.AddressTries, 3, 100000)},
		{"sign_in.window", between(time.Duration(c.SignIn.Window), time.Second, 24*time.Hour)},
		{"sign_in.lock", between(time.Duration(c.SignIn.Lock), time.Second, 24*time.Hour)},
		{"emulator.listen", listenProblem(c.Emulator.Listen)},
		{"emulator.seed", oneOf(c.Emulator.Seed, "demo", "none")},
		{"emulator.talk", talkProblem(c.Emulator.Talk)},
		{"metrics_token", c.MetricsToken.problem()},
		{"database", databaseProblem(c.Database)},
	}
	for _, k := range checks {
		if k.problem != "" {
			return at.error(k.key, 0, k.problem)
		}
	}
	seen := map[string]bool{}
	for i, a := range c.Apps {
		if key, problem := a.problem(); problem != "" {
			return at.error("apps."+key, i, problem)
		}
		if seen[a.Name] {
			return at.error("apps.name", i, fmt.Sprintf("two apps are named %q; names are unique", a.Name))
		}
		seen[a.Name] = true
	}
	return nil
}

func (a *App) problem() (key, problem string) {
	type check struct{ key, problem string }
	checks := []check{
		{"name", nameProblem(a.Name)},
		{"vendor", oneOf(a.Vendor, "tencent", "volcengine")},
		{"endpoint", urlProblem(a.Endpoint, "https://console.tim.qq.com")},
		{"backup_endpoint", urlProblem(a.BackupEndpoint, "https://adminapi.my-imcloud.com")},
		{"rate_share", shareProblem(a.RateShare)},
	}
	switch a.Vendor {
	case "tencent":
		checks = append(checks,
			check{"sdkappid", positive(a.SDKAppID)},
			check{"administrator", emptyProblem(a.Administrator)},
			check{"key", a.Key.required()},
			check{"region", oneOf(a.Region, append([]string{""}, tencentRegions...)...)},
			check{"app_id", foreign(a.AppID != 0, "volcengine")},
			check{"access_key", foreign(a.AccessKey != "", "volcengine")},
			check{"secret_key", foreign(a.SecretKey.source != "", "volcengine")})
	case "volcengine":
		checks = append(checks,
			check{"app_id", positive(a.AppID)},
			check{"access_key", emptyProblem(a.AccessKey)},
			check{"secret_key", a.SecretKey.required()},
			check{"region", oneOf(a.Region, append([]string{""}, volcengineRegions...)...)},
			check{"sdkappid", foreign(a.SDKAppID != 0, "tencent")},
			check{"administrator", foreign(a.Administrator != "", "tencent")},
			check{"key", foreign(a.Key.source != "", "tencent")})
	}
	for _, k := range checks {
		if k.problem != "" {
			return k.key, k.problem
		}
	}
	return "", ""
}

func nameProblem(s string) string {
	if !name.MatchString(s) {
		return fmt.Sprintf("%q stands in addresses: 1 to 32 small letters, digits and dashes", s)
	}
	return ""
}

func foreign(set bool, vendor string) string {
	if set {
		return "belongs to apps with vendor = \"" + vendor + "\""
	}
	return ""
}

func emptyProblem(s string) string {
	if strings.TrimSpace(s) == "" {
		return "must not be empty"
	}
	return ""
}

func positive(n int64) string {
	if n <= 0 {
		return "must be the app's number in the vendor's console, above 0"
	}
	return ""
}

func listenProblem(s string) string {
	if _, port, err := net.SplitHostPort(s); err != nil || port == "" {
		return fmt.Sprintf("%q is no address to listen on; such as \"127.0.0.1:8080\" or \":8080\"", s)
	}
	return ""
}

func urlProblem(s, example string) string {
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return fmt.Sprintf("%q is no address of a server; such as %q", s, example)
	}
	return ""
}

func proxiesProblem(list []string) string {
	for _, s := range list {
		if _, err := netip.ParsePrefix(s); err == nil {
			continue
		}
		if _, err := netip.ParseAddr(s); err != nil {
			return fmt.Sprintf("%q is neither an IP address nor a range such as \"10.0.0.0/8\"", s)
		}
	}
	return ""
}

func zoneProblem(s string) string {
	if _, err := time.LoadLocation(s); err != nil {
		return fmt.Sprintf("%q is no time zone; such as \"Asia/Shanghai\" or \"UTC\"", s)
	}
	return ""
}

func tlsProblem(t TLS) string {
	if (t.Certificate == "") != (t.Key == "") {
		return "certificate and key go together"
	}
	return ""
}

func talkProblem(rate float64) string {
	if !(rate >= 0 && rate <= 1000) {
		return "takes 0 to 1000 messages a second"
	}
	return ""
}

func shareProblem(share float64) string {
	if !(share > 0 && share <= 1) {
		return "takes a share of the vendor's rate, above 0 and up to 1"
	}
	return ""
}

func databaseProblem(s string) string {
	if s == "" || !strings.Contains(s, "://") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "takes the path of a SQLite file or postgres://…"
	}
	return ""
}

func hasPassword(database string) bool {
	u, err := url.Parse(database)
	if err != nil {
		return false
	}
	_, set := u.User.Password()
	return set
}

func oneOf(s string, allowed ...string) string {
	if slices.Contains(allowed, s) {
		return ""
	}
	var shown []string
	for _, a := range allowed {
		if a != "" {
			shown = append(shown, fmt.Sprintf("%q", a))
		}
	}
	return fmt.Sprintf("%q is not known; allowed: %s", s, strings.Join(shown, ", "))
}

func between(d, low, high time.Duration) string {
	if d < low || d > high {
		return fmt.Sprintf("takes %s to %s", low, high)
	}
	return ""
}

func numberBetween(n, low, high int) string {
	if n < low || n > high {
		return fmt.Sprintf("takes %d to %d", low, high)
	}
	return ""
}

// DatabaseSource is where the console keeps what it remembers: the database setting, or a file in the data folder.
func (c *Config) DatabaseSource() string {
	if c.Database != "" {
		return c.Database
	}
	return filepath.Join(c.Data, "imdesk.db")
}
