package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time as written in the file: "90s", "12h", "7d".
type Duration time.Duration

// UnmarshalText reads what time.ParseDuration reads, and days.
func (d *Duration) UnmarshalText(b []byte) error {
	s := string(b)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return fmt.Errorf("%q is no length of time; such as \"90s\", \"15m\", \"12h\", \"7d\"", s)
		}
		*d = Duration(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is no length of time; such as \"90s\", \"15m\", \"12h\", \"7d\"", s)
	}
	*d = Duration(v)
	return nil
}

// String writes whole days as days, and no zeros behind.
func (d Duration) String() string {
	const day = 24 * time.Hour
	if t := time.Duration(d); t != 0 && t%day == 0 {
		return strconv.Itoa(int(t/day)) + "d"
	}
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Secret is a value that never stands in the file and never prints: the file says where it is.
type Secret struct {
	source string // env:NAME or file:PATH
	value  string
	err    string // why there is no value
}

// maxSecret is the size of a secret in bytes; a larger file is not one.
const maxSecret = 64 << 10

// notHere is said of a secret that stands in the file. It does not repeat it.
const notHere = "secrets do not belong into the file; takes \"env:NAME\" or \"file:PATH\""

// UnmarshalText takes env:NAME or file:PATH. What is wrong with it is reported by check, which knows the place.
func (s *Secret) UnmarshalText(b []byte) error {
	*s = Secret{source: string(b)}
	if kind, at, _ := strings.Cut(s.source, ":"); at == "" || kind != "env" && kind != "file" {
		*s = Secret{source: "hidden", err: notHere}
	}
	return nil
}

// read fetches the value from where the source says.
func (s *Secret) read(lookup func(string) (string, bool)) {
	if s.source == "" || s.err != "" {
		return
	}
	kind, at, _ := strings.Cut(s.source, ":")
	if kind == "file" {
		s.value, s.err = readSecret(at)
		return
	}
	if s.value, _ = lookup(at); s.value == "" {
		s.err = fmt.Sprintf("the environment variable %s is not set", at)
	}
}

func readSecret(path string) (value, problem string) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Sprintf("cannot read %s: %s", path, reason(err))
	}
	if !info.Mode().IsRegular() || info.Size() > maxSecret {
		return "", path + " is no file with a secret"
	}
	v, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Sprintf("cannot read %s: %s", path, reason(err))
	}
	if value = strings.TrimSpace(string(v)); value == "" {
		return "", path + " is empty"
	}
	return value, ""
}

func (s Secret) problem() string { return s.err }

// minKey is the length of a key that seals, in characters; package secrets asks for it.
const minKey = 32

// keyProblem is for a key that seals.
func (s Secret) keyProblem() string {
	if s.source != "" && s.err == "" && len(s.value) < minKey {
		return fmt.Sprintf("has fewer than %d characters; make one with \"openssl rand -base64 32\"", minKey)
	}
	return s.err
}

func (s Secret) required() string {
	if s.source == "" {
		return "is missing; takes \"env:NAME\" or \"file:PATH\""
	}
	return s.err
}

// Reveal returns the value, for the one place that signs with it.
func (s Secret) Reveal() string { return s.value }

// String, Format, LogValue and MarshalText keep the value out of everything that prints.
func (s Secret) String() string { return "[secret]" }

// Format is String, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is String, for logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// MarshalText is String, for encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// isTable tells tables from values.
func isTable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[Secret]() && t != reflect.TypeFor[Database]()
}

// typeOf finds what a key such as "log.level" or "apps[1].region" is read into.
func typeOf(path string) (reflect.Type, bool) {
	t := reflect.TypeFor[Config]()
	for part := range strings.SplitSeq(path, ".") {
		part, _, inList := strings.Cut(part, "[")
		f, ok := field(t, part)
		if !ok {
			return nil, false
		}
		if t = f; inList {
			t = t.Elem()
		}
	}
	return t, true
}

// field finds the type of a key in a table.
func field(t reflect.Type, key string) (reflect.Type, bool) {
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("toml") == key {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

// allowed are the keys that a table may have; a list of tables counts as its table.
func allowed(table []string) []string {
	t := reflect.TypeFor[Config]()
	for _, part := range table {
		f, ok := field(t, part)
		if !ok {
			return nil
		}
		if t = f; t.Kind() == reflect.Slice {
			t = t.Elem()
		}
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var keys []string
	for i := range t.NumField() {
		keys = append(keys, t.Field(i).Tag.Get("toml"))
	}
	slices.Sort(keys)
	return keys
}

// kindOf says in words what a key takes.
func kindOf(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Duration]():
		return `a length of time, such as "90s", "15m", "12h", "7d"`
	case reflect.TypeFor[Secret]():
		return `"env:NAME" or "file:PATH"`
	case reflect.TypeFor[Database]():
		return kindOf(reflect.TypeFor[string]())
	case reflect.TypeFor[[]Secret]():
		return `a list of "env:NAME" or "file:PATH"`
	case reflect.TypeFor[[]App]():
		return "tables, each of which begins with [[apps]]"
	}
	switch t.Kind() {
	case reflect.String:
		return `a text in quotes`
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return `a list of texts, such as ["a", "b"]`
	default:
		return "a table"
	}
}

// Database is the path of a SQLite file or the address of a PostgreSQL server. Its password does not print.
type Database struct{ text string }

// UnmarshalText takes any text; problem says what is wrong with it.
func (d *Database) UnmarshalText(b []byte) error {
	d.text = string(b)
	return nil
}

// String is the address without its password.
func (d Database) String() string {
	if !d.address() {
		return d.text
	}
	u, err := url.Parse(d.text)
	if err != nil {
		return "[database]"
	}
	q := u.Query()
	for key := range q {
		if strings.Contains(key, "password") {
			q.Set(key, "xxxxx")
		}
	}
	u.RawQuery = q.Encode()
	return u.Redacted()
}

// Format is String, whatever the verb.
func (d Database) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, d.String()) }

// LogValue is String, for logs.
func (d Database) LogValue() slog.Value { return slog.StringValue(d.String()) }

// MarshalText is String, for encoders.
func (d Database) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// address tells whether it is not the path of a file.
func (d Database) address() bool { return strings.Contains(d.text, "://") }

// hasPassword tells whether there is a password in the address.
func (d Database) hasPassword() bool {
	if !d.address() {
		return false
	}
	u, err := url.Parse(d.text)
	if err != nil {
		return false
	}
	for key := range u.Query() {
		if strings.Contains(key, "password") {
			return true
		}
	}
	_, set := u.User.Password()
	return set
}

// problem does not repeat the address: there may be a password in it.
func (d Database) problem() string {
	if !d.address() {
		return ""
	}
	u, err := url.Parse(d.text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" {
		return "takes the path of a SQLite file or postgres://USER@HOST/NAME"
	}
	return ""
}
