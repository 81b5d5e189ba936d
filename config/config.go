// Package config reads the console's configuration: a TOML file, and environment variables over it. What it does not know
// it refuses, with the file, line and column, and with what is allowed there.
//
// Secrets are never in the file: a key is given as env:NAME or file:PATH.
package config

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Config is everything that can be set. config.example.toml describes each key.
type Config struct {
	Listen         string    `toml:"listen"`
	Data           string    `toml:"data" env:"IMDESK_DATA_DIR"` // IMDESK_DATA is the tests' folder of real text
	Database       Database  `toml:"database"`
	PublicURL      string    `toml:"public_url"`
	TrustedProxies []string  `toml:"trusted_proxies"`
	Language       string    `toml:"language"`
	TimeZone       string    `toml:"time_zone"`
	MetricsToken   Secret    `toml:"metrics_token"`
	StopDelay      Duration  `toml:"stop_delay"`
	TLS            TLS       `toml:"tls"`
	Log            Log       `toml:"log"`
	Session        Session   `toml:"session"`
	SignIn         SignIn    `toml:"sign_in"`
	Secrets        Secrets   `toml:"secrets"`
	OIDC           OIDC      `toml:"oidc"`
	Audit          Audit     `toml:"audit"`
	Retention      Retention `toml:"retention"`
	Jobs           Jobs      `toml:"jobs"`
	Emulator       Emulator  `toml:"emulator"`
	Apps           []App     `toml:"apps"`
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

// Secrets says what the secrets in the database are sealed with.
type Secrets struct {
	Key     Secret   `toml:"key"`      // none: secret.key in the data folder
	OldKeys []Secret `toml:"old_keys"` // open what was sealed before
}

// OIDC is a provider with which operators sign in, by OpenID Connect. Without an issuer there is none.
type OIDC struct {
	Issuer         string   `toml:"issuer"`
	ClientID       string   `toml:"client_id"`
	ClientSecret   Secret   `toml:"client_secret"`
	Title          string   `toml:"title"` // on the button; "": the issuer's host
	Scopes         []string `toml:"scopes"`
	GroupsClaim    string   `toml:"groups_claim"`
	Roles          []string `toml:"roles"`            // "GROUP=ROLE", the highest counts; none: roles are set in the console
	Create         bool     `toml:"create"`           // whoever has a role is added
	PasswordSignIn bool     `toml:"password_sign_in"` // whoever is linked may sign in with a password, too
	TrustFactor    bool     `toml:"trust_factor"`     // the provider asks for the second factor
}

// Audit says how it can be shown that the audit log was not changed.
type Audit struct {
	Heads string `toml:"heads"` // file that signed heads are appended to; "": audit-heads.jsonl in the data folder
}

// Retention says how long entries of the audit log, and cases, are kept, by kind; 0 is for ever.
type Retention struct {
	Reads   Duration `toml:"reads"`    // of direct chats, files of messages and the API
	SignIns Duration `toml:"sign_ins"` // and sign-outs
	Others  Duration `toml:"others"`
	Cases   Duration `toml:"cases"` // of the queue, from when they were decided
}

// leastRetention is less than nobody would want to look back.
const leastRetention = Duration(30 * 24 * time.Hour)

func retentionProblem(d Duration) string {
	if d == 0 {
		return ""
	}
	return between(d, leastRetention, Duration(36500*24*time.Hour))
}

// Jobs says how work with many targets is carried out.
type Jobs struct {
	Workers int      `toml:"workers"` // jobs at once in this process
	Lease   Duration `toml:"lease"`   // how long a process that died keeps a job
	Hold    Duration `toml:"hold"`    // how long a job can be taken back before anything is sent

	DirectoryShare float64 `toml:"directory_share"` // of the time that the walk for names may have a call under way; 0: there is none
	SanctionsShare float64 `toml:"sanctions_share"` // the same of comparing sanctions with the services' lists
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
	Colour string `toml:"colour"` // one of Colours; "": by position
	Vendor string `toml:"vendor"` // tencent, volcengine

	SDKAppID      int64  `toml:"sdkappid"`
	Administrator string `toml:"administrator"`
	Key           Secret `toml:"key"`

	AppID     int64  `toml:"app_id"`
	AccessKey string `toml:"access_key"`
	SecretKey Secret `toml:"secret_key"`
	TextIDs   bool   `toml:"text_ids"` // users have texts for ids

	Administrators []string `toml:"administrators"` // more accounts that nothing is done to
	CallbackToken  Secret   `toml:"callback_token"` // optional

	Region         string   `toml:"region"`
	Endpoint       string   `toml:"endpoint"`
	BackupEndpoint string   `toml:"backup_endpoint"`
	RateShare      float64  `toml:"rate_share"`
	MediaHosts     []string `toml:"media_hosts"`
	UserFields     []string `toml:"user_fields"`
	GroupFields    []string `toml:"group_fields"`

	Archive       string   `toml:"archive"`        // all, groups, none: whose messages are kept for searching
	ArchiveFor    Duration `toml:"archive_for"`    // how long
	ArchiveGroups []string `toml:"archive_groups"` // groups with a time of their own, as in "GROUP 7d"
	ArchiveFiles  bool     `toml:"archive_files"`  // the files of each hour's messages are read

	RefuseUnjudged bool `toml:"refuse_unjudged"` // what somebody wants to say is refused when judging it breaks
}

// archiveFor is how long messages are kept where nothing is said about it.
const archiveFor = Duration(90 * 24 * time.Hour)

// Default is the configuration without a file: the console on the emulator.
func Default() Config {
	return Config{
		Listen:   "127.0.0.1:8080",
		Data:     "./imdesk-data",
		Log:      Log{Level: "info", Format: "text"},
		Session:  Session{Idle: Duration(12 * time.Hour), Absolute: Duration(7 * 24 * time.Hour)},
		SignIn:   SignIn{Tries: 6, AddressTries: 30, Window: Duration(15 * time.Minute), Lock: Duration(10 * time.Minute)},
		OIDC:     OIDC{Scopes: []string{"profile", "email", "groups"}, GroupsClaim: "groups", PasswordSignIn: true},
		Jobs:     Jobs{Workers: 2, Lease: Duration(15 * time.Second), Hold: Duration(8 * time.Second), DirectoryShare: 0.1, SanctionsShare: 0.1},
		Emulator: Emulator{Listen: "127.0.0.1:0", Seed: "demo", Talk: 0.5},
	}
}

// Error is a configuration that cannot be used, in one line.
type Error struct {
	File         string // "" for the environment
	Line, Column int    // 0 if the place is not known
	Key          string // such as apps[0].key, or the name of an environment variable
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
		b.WriteString(index.ReplaceAllString(e.Key, "") + ": ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// index tells tables of a list apart; for people the line does.
var index = regexp.MustCompile(`\[\d+\]`)

// maxFile is the size of a configuration file in bytes.
const maxFile = 1 << 20

// Load reads a file; "" takes the defaults alone. Environment variables go over both. Secrets are read at once, so that a
// missing one is found at the start.
func Load(file string) (Config, error) {
	var src []byte
	if file != "" {
		var err error
		if src, err = readFile(file); err != nil {
			return Config{}, err
		}
	}
	return load(file, src, os.LookupEnv)
}

func load(file string, src []byte, lookup func(string) (string, bool)) (Config, error) {
	c := Default()
	at := find(file, src)
	if err := decode(at, src, &c); err != nil {
		return Config{}, err
	}
	if c.Database.hasPassword() {
		return Config{}, at.error("database",
			"holds a password, which does not belong into the file; give the address in IMDESK_DATABASE, or the password in PGPASSWORD")
	}
	if err := environment(reflect.ValueOf(&c).Elem(), "", at, lookup); err != nil {
		return Config{}, err
	}
	c.MetricsToken.read(lookup)
	c.OIDC.ClientSecret.read(lookup)
	c.Secrets.Key.read(lookup)
	for i := range c.Secrets.OldKeys {
		c.Secrets.OldKeys[i].read(lookup)
	}
	for i := range c.Apps {
		a := &c.Apps[i]
		a.Key.read(lookup)
		a.CallbackToken.read(lookup)
		a.SecretKey.read(lookup)
		a.defaults(at.keys, i)
	}
	if err := c.check(at); err != nil {
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

func decode(at *places, src []byte, c *Config) error {
	d := toml.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	err := d.Decode(c)
	strict, unknown := errors.AsType[*toml.StrictMissingError](err)
	wrong, isWrong := errors.AsType[*toml.DecodeError](err)
	kinds := at.kinds()
	switch {
	case unknown && len(strict.Errors) > 0:
		first := strict.Errors[0]
		line, col := first.Position()
		key := first.Key()
		return &Error{
			File: at.file, Line: line, Column: col, Key: strings.Join(key, "."),
			Problem: "there is no such key; allowed here: " + strings.Join(allowed(key[:len(key)-1]), ", "),
		}
	case err == nil || kinds != nil:
		return kinds
	case isWrong:
		line, col := wrong.Position()
		key := strings.Join(wrong.Key(), ".")
		return &Error{File: at.file, Line: line, Column: col, Key: key, Problem: plain(wrong.Error(), key)}
	default:
		return &Error{File: at.file, Problem: err.Error()}
	}
}

// plain rewords what the decoder says for those who do not read Go.
func plain(msg, key string) string {
	msg = strings.TrimPrefix(msg, "toml: ")
	if t, ok := typeOf(key); ok && strings.Contains(msg, "cannot ") {
		return "takes " + kindOf(t)
	}
	return msg
}

// environment puts IMDESK_LISTEN, IMDESK_LOG_LEVEL and the like over the file: each key that is no secret and stands in no
// list. A list is separated by commas. An empty variable is as good as none.
func environment(table reflect.Value, path string, at *places, lookup func(string) (string, bool)) error {
	for i := range table.NumField() {
		f, key := table.Type().Field(i), path
		key += f.Tag.Get("toml")
		if isTable(f.Type) {
			if err := environment(table.Field(i), key+".", at, lookup); err != nil {
				return err
			}
			continue
		}
		name := cmp.Or(f.Tag.Get("env"), "IMDESK_"+strings.ToUpper(strings.ReplaceAll(key, ".", "_")))
		text, _ := lookup(name)
		if text == "" {
			continue
		}
		set, err := parse(table.Field(i), text)
		if err != nil {
			return &Error{Key: name, Problem: "takes " + strings.TrimSuffix(kindOf(f.Type), " in quotes")}
		}
		if set {
			at.vars[key] = name
		}
	}
	return nil
}

// parse sets a value from text. It leaves alone what has no place in the environment.
func parse(v reflect.Value, text string) (set bool, err error) {
	switch to := v.Addr().Interface().(type) {
	case *Duration:
		return true, to.UnmarshalText([]byte(text))
	case *Database:
		return true, to.UnmarshalText([]byte(text))
	case *[]string:
		*to = nil
		for s := range strings.SplitSeq(text, ",") {
			*to = append(*to, strings.TrimSpace(s))
		}
		return true, nil
	case *bool:
		*to, err = strconv.ParseBool(text)
		return true, err
	case *int:
		*to, err = strconv.Atoi(text)
		return true, err
	case *float64:
		*to, err = strconv.ParseFloat(text, 64)
		return true, err
	}
	if v.Kind() == reflect.String {
		v.SetString(text)
		return true, nil
	}
	return false, nil
}

var name = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// defaults fills in what the i-th app leaves out.
func (a *App) defaults(set map[string]place, i int) {
	if a.Title == "" {
		a.Title = a.Name
	}
	if _, ok := set[fmt.Sprintf("apps[%d].rate_share", i)]; !ok {
		a.RateShare = 1
	}
	if _, ok := set[fmt.Sprintf("apps[%d].archive_for", i)]; !ok {
		a.ArchiveFor = archiveFor
	}
	if a.Archive == "" {
		a.Archive = "groups"
	}
	if a.Region == "" && a.Endpoint == "" {
		a.Region = map[string]string{"tencent": "china", "volcengine": "cn-north-1"}[a.Vendor]
	}
}

// Colours names the colours that an app may have.
func Colours() []string { return []string{"blue", "amber", "teal", "violet", "green", "rose"} }

// VolcengineRegions names the regions that a Volcengine app may be in.
func VolcengineRegions() []string { return []string{"cn-north-1", "ap-southeast-1"} }

// TencentRegions names the data centres that a Tencent app may be in.
func TencentRegions() []string {
	return []string{"china", "singapore", "seoul", "tokyo", "frankfurt", "mumbai", "siliconvalley", "jakarta"}
}

// check finds the first value that cannot be used.
func (c *Config) check(at *places) error {
	checks := []struct {
		key     string
		problem string
	}{
		{"listen", listenProblem(c.Listen)},
		{"data", emptyProblem(c.Data)},
		{"database", c.Database.problem()},
		{"public_url", publicProblem(c.PublicURL)},
		{"trusted_proxies", proxiesProblem(c.TrustedProxies)},
		{"language", oneOf(c.Language, "", "en", "zh")},
		{"time_zone", zoneProblem(c.TimeZone)},
		{"metrics_token", c.MetricsToken.problem()},
		{"stop_delay", between(c.StopDelay, 0, Duration(5*time.Minute))},
		{"tls.certificate", c.TLS.problem()},
		{"log.level", oneOf(c.Log.Level, "debug", "info", "warn", "error")},
		{"log.format", oneOf(c.Log.Format, "text", "json")},
		{"session.idle", between(c.Session.Idle, Duration(time.Minute), c.Session.Absolute)},
		{"session.absolute", between(c.Session.Absolute, Duration(time.Minute), Duration(90*24*time.Hour))},
		{"sign_in.tries", numberBetween(c.SignIn.Tries, 3, 1000)},
		{"sign_in.address_tries", numberBetween(c.SignIn.AddressTries, 3, 100000)},
		{"sign_in.window", between(c.SignIn.Window, Duration(time.Second), Duration(24*time.Hour))},
		{"sign_in.lock", between(c.SignIn.Lock, Duration(time.Second), Duration(24*time.Hour))},
		{"retention.reads", retentionProblem(c.Retention.Reads)},
		{"retention.sign_ins", retentionProblem(c.Retention.SignIns)},
		{"retention.others", retentionProblem(c.Retention.Others)},
		{"retention.cases", retentionProblem(c.Retention.Cases)},
		{"jobs.workers", numberBetween(c.Jobs.Workers, 1, 16)},
		{"jobs.lease", between(c.Jobs.Lease, Duration(time.Second), Duration(10*time.Minute))},
		{"jobs.hold", between(c.Jobs.Hold, 0, Duration(5*time.Minute))},
		{"jobs.directory_share", directoryShareProblem(c.Jobs.DirectoryShare)},
		{"jobs.sanctions_share", directoryShareProblem(c.Jobs.SanctionsShare)},
		{"secrets.key", c.Secrets.Key.keyProblem()},
		{"secrets.old_keys", c.Secrets.oldProblem()},
		{"oidc.issuer", c.OIDC.issuerProblem()},
		{"oidc.client_id", c.OIDC.clientProblem()},
		{"oidc.client_secret", c.OIDC.ClientSecret.problem()},
		{"oidc.roles", c.OIDC.rolesProblem()},
		{"emulator.listen", listenProblem(c.Emulator.Listen)},
		{"emulator.seed", oneOf(c.Emulator.Seed, "demo", "none")},
		{"emulator.talk", talkProblem(c.Emulator.Talk)},
	}
	for _, k := range checks {
		if k.problem != "" {
			return at.error(k.key, k.problem)
		}
	}
	seen := map[string]bool{}
	for i, a := range c.Apps {
		key, problem := a.problem()
		if problem == "" && seen[a.Name] {
			key, problem = "name", fmt.Sprintf("two apps are named %q; names are unique", a.Name)
		}
		if problem != "" {
			return at.error(fmt.Sprintf("apps[%d].%s", i, key), problem)
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
		{"colour", oneOf(a.Colour, append([]string{""}, Colours()...)...)},
		{"endpoint", urlProblem(a.Endpoint, "https://console.tim.qq.com")},
		{"backup_endpoint", urlProblem(a.BackupEndpoint, "https://adminapi.my-imcloud.com")},
		{"rate_share", shareProblem(a.RateShare)},
		{"archive", oneOf(a.Archive, "all", "groups", "none")},
		{"archive_groups", groupTimesProblem(*a)},
		{"archive_files", filesProblem(*a)},
		{"refuse_unjudged", refuseProblem(*a)},
		{"archive_for", between(a.ArchiveFor, Duration(time.Hour), Duration(3650*24*time.Hour))},
	}
	switch a.Vendor {
	case "tencent":
		checks = append(checks,
			check{"sdkappid", positive(a.SDKAppID)},
			check{"administrator", emptyProblem(a.Administrator)},
			check{"key", a.Key.required()},
			check{"callback_token", a.CallbackToken.problem()},
			check{"region", oneOf(a.Region, append([]string{""}, TencentRegions()...)...)},
			check{"user_fields", fieldsProblem(a.UserFields)},
			check{"group_fields", groupFieldsProblem(a.GroupFields)},
			check{"app_id", foreign(a.AppID != 0, "volcengine")},
			check{"access_key", foreign(a.AccessKey != "", "volcengine")},
			check{"secret_key", foreign(a.SecretKey.source != "", "volcengine")},
			check{"text_ids", foreign(a.TextIDs, "volcengine")})
	case "volcengine":
		checks = append(checks,
			check{"app_id", positive(a.AppID)},
			check{"access_key", emptyProblem(a.AccessKey)},
			check{"secret_key", a.SecretKey.required()},
			check{"region", oneOf(a.Region, append([]string{""}, VolcengineRegions()...)...)},
			check{"sdkappid", foreign(a.SDKAppID != 0, "tencent")},
			check{"user_fields", foreign(len(a.UserFields) > 0, "tencent")},
			check{"group_fields", foreign(len(a.GroupFields) > 0, "tencent")},
			check{"administrator", foreign(a.Administrator != "", "tencent")},
			check{"key", foreign(a.Key.source != "", "tencent")},
			check{"callback_token", a.CallbackToken.problem()})
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

// userField is the name of a field of the app's own.
//
// Source: Tencent Cloud Chat REST API, "Profile management" (doc 33520).
var userField = regexp.MustCompile(`^[A-Za-z]{1,8}$`)

func fieldsProblem(list []string) string {
	for _, f := range list {
		if !userField.MatchString(f) {
			return fmt.Sprintf("%q is no name of a field: 1 to 8 letters, without Tag_Profile_Custom_", f)
		}
	}
	return ""
}

// maxGroupFields is how many app-defined fields a group has at most.
//
// Source: Tencent Cloud Chat, "Group System" (doc 33529).
const maxGroupFields = 10

func groupFieldsProblem(keys []string) string {
	seen := map[string]bool{}
	for _, key := range keys {
		if strings.TrimSpace(key) == "" || seen[key] {
			return fmt.Sprintf("%q: each key stands here once, as in the vendor's console", key)
		}
		seen[key] = true
	}
	if len(keys) > maxGroupFields {
		return fmt.Sprintf("%d keys; a group has at most %d fields", len(keys), maxGroupFields)
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
	if n <= 0 || n > math.MaxUint32 {
		return "must be the app's number in the vendor's console, 1 to 4294967295"
	}
	return ""
}

func listenProblem(s string) string {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
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

// publicProblem: browsers send the session cookie over HTTPS, and over plain HTTP to their own machine only.
func publicProblem(s string) string {
	if problem := urlProblem(s, "https://imdesk.example.com"); problem != "" || !strings.HasPrefix(s, "http://") {
		return problem
	}
	u, err := url.Parse(s)
	if err != nil {
		return err.Error() // urlProblem has parsed it
	}
	if ip, err := netip.ParseAddr(u.Hostname()); u.Hostname() == "localhost" || err == nil && ip.IsLoopback() {
		return ""
	}
	return fmt.Sprintf("%q is not HTTPS: nobody could sign in, for browsers keep the cookie to themselves", s)
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

// oldProblem: a key that was replaced has a successor.
func (s Secrets) oldProblem() string {
	if len(s.OldKeys) > 0 && s.Key.source == "" {
		return "go with a key; without one imdesk keeps its keys in the data folder"
	}
	for _, k := range s.OldKeys {
		if problem := k.keyProblem(); problem != "" {
			return problem
		}
	}
	return ""
}

// issuerProblem: an issuer may have a path, and says who one is, so it is asked over HTTPS but on this machine.
func (o OIDC) issuerProblem() string {
	if o.Issuer == "" {
		return ""
	}
	u, err := url.Parse(o.Issuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Sprintf("%q is no issuer; such as \"https://login.example.com\"", o.Issuer)
	}
	ip, err := netip.ParseAddr(u.Hostname())
	here := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	if u.Scheme != "https" && !(u.Scheme == "http" && here) {
		return fmt.Sprintf("%q is not HTTPS: anybody between could sign in as anybody", o.Issuer)
	}
	return ""
}

func (o OIDC) clientProblem() string {
	if o.Issuer != "" {
		return emptyProblem(o.ClientID)
	}
	return ""
}

// operatorRoles are the roles of operators.
var operatorRoles = []string{"viewer", "support", "moderator", "lead", "owner"}

func (o OIDC) rolesProblem() string {
	if o.Create && len(o.Roles) == 0 {
		return "with create it says who is let in, and as what: [\"GROUP=ROLE\"]"
	}
	for _, line := range o.Roles {
		i := strings.LastIndexByte(line, '=')
		if i < 1 || !slices.Contains(operatorRoles, line[i+1:]) {
			return fmt.Sprintf("%q is not GROUP=ROLE with a role out of %s", line, strings.Join(operatorRoles, ", "))
		}
	}
	return ""
}

func (t TLS) problem() string {
	if t == (TLS{}) {
		return ""
	}
	if t.Certificate == "" || t.Key == "" {
		return "certificate and key go together"
	}
	if _, err := tls.LoadX509KeyPair(t.Certificate, t.Key); err != nil {
		return "certificate and key cannot be used: " + strings.ReplaceAll(err.Error(), "\n", " ")
	}
	return ""
}

func talkProblem(rate float64) string {
	if !(rate >= 0 && rate <= 1000) {
		return "takes 0 to 1000 messages a second"
	}
	return ""
}

func directoryShareProblem(share float64) string {
	if !(share >= 0 && share <= 1) {
		return "takes a share of the time, from 0 to 1"
	}
	return ""
}

func shareProblem(share float64) string {
	if !(share > 0 && share <= 1) {
		return "takes a share of the vendor's rate, above 0 and up to 1"
	}
	return ""
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

func between(d, low, high Duration) string {
	if d < low || d > high {
		return fmt.Sprintf("takes %s to %s", low, high)
	}
	return ""
}

// maxGroupTimes is how many groups may have a time of their own.
const maxGroupTimes = 1000

// GroupTimes are the groups whose messages are kept for a time of their own; 0: nothing of the group is kept.
func (a App) GroupTimes() (map[string]time.Duration, error) {
	times := map[string]time.Duration{}
	for _, line := range a.ArchiveGroups {
		i := strings.LastIndexByte(line, ' ')
		var d Duration
		if i < 1 || d.UnmarshalText([]byte(line[i+1:])) != nil {
			return nil, fmt.Errorf(`%q is no group and a time, as in "GROUP 7d"`, line)
		}
		if problem := between(d, Duration(time.Hour), Duration(3650*24*time.Hour)); d != 0 && problem != "" {
			return nil, fmt.Errorf("%q: the time %s, or 0s", line, problem)
		}
		times[strings.TrimSpace(line[:i])] = time.Duration(d)
	}
	return times, nil
}

func groupTimesProblem(a App) string {
	if len(a.ArchiveGroups) > maxGroupTimes {
		return fmt.Sprintf("takes at most %d groups", maxGroupTimes)
	}
	if _, err := a.GroupTimes(); err != nil {
		return err.Error()
	}
	return ""
}

func filesProblem(a App) string {
	if a.ArchiveFiles && a.Vendor != "tencent" {
		return "this vendor makes no files of messages"
	}
	return ""
}

func refuseProblem(a App) string {
	if a.RefuseUnjudged && a.Vendor != "tencent" {
		return "this vendor documents no answer that holds a message back"
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
	if c.Database.text != "" {
		return c.Database.text
	}
	return filepath.Join(c.Data, "imdesk.db")
}
