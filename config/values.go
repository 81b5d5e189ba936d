package config

import (
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"
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

// Secret is a value that never stands in the file and never prints: the file says where it is.
type Secret struct {
	source string // env:NAME or file:PATH
	value  string
	err    string // why it could not be read
}

// maxSecret is the size of a secret in bytes; a larger file is not one.
const maxSecret = 64 << 10

// NewSecret is a secret made by the program itself.
func NewSecret(value string) Secret { return Secret{source: "made here", value: value} }

// UnmarshalText takes env:NAME or file:PATH and reads the secret from there. What is wrong with it is reported by check,
// which knows whether the secret is needed.
func (s *Secret) UnmarshalText(b []byte) error {
	text := string(b)
	*s = Secret{source: text}
	switch kind, at, _ := strings.Cut(text, ":"); {
	case kind == "env" && at != "":
		v, ok := os.LookupEnv(at)
		if !ok || v == "" {
			s.err = fmt.Sprintf("the environment variable %s is not set", at)
		}
		s.value = v
	case kind == "file" && at != "":
		s.readFile(at)
	default:
		s.source = "hidden"
		s.err = "secrets do not belong into the file; takes \"env:NAME\" or \"file:PATH\""
	}
	return nil
}

func (s *Secret) readFile(path string) {
	info, err := os.Stat(path)
	if err != nil {
		s.err = fmt.Sprintf("cannot read %s: %s", path, reason(err))
		return
	}
	if info.Size() > maxSecret || info.IsDir() {
		s.err = path + " is no file with a secret"
		return
	}
	v, err := os.ReadFile(path)
	if err != nil {
		s.err = fmt.Sprintf("cannot read %s: %s", path, reason(err))
		return
	}
	s.value = strings.TrimRight(string(v), "\r\n")
	if s.value == "" {
		s.err = path + " is empty"
	}
}

func (s Secret) problem() string { return s.err }

func (s Secret) required() string {
	if s.source == "" {
		return "is missing; takes \"env:NAME\" or \"file:PATH\""
	}
	return s.err
}

// Reveal returns the value, for the one place that signs with it.
func (s Secret) Reveal() string { return s.value }

// String, GoString, LogValue and MarshalText keep the value out of everything that prints.
func (s Secret) String() string { return "[secret]" }

// GoString is String, for %#v.
func (s Secret) GoString() string { return "[secret]" }

// LogValue is String, for logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// MarshalText is String, for encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// siblings are the keys that stand beside the one given.
func siblings(key []string) []string {
	t := reflect.TypeFor[Config]()
	for _, part := range key[:max(len(key)-1, 0)] {
		f, ok := field(t, part)
		if !ok {
			break
		}
		t = f
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var keys []string
	for i := range t.NumField() {
		keys = append(keys, t.Field(i).Tag.Get("toml"))
	}
	sort.Strings(keys)
	return keys
}

// field finds a key's type; a list of tables counts as its table.
func field(t reflect.Type, key string) (reflect.Type, bool) {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("toml") == key {
			f := t.Field(i).Type
			if f.Kind() == reflect.Slice && f.Elem().Kind() == reflect.Struct {
				f = f.Elem()
			}
			return f, true
		}
	}
	return nil, false
}

// kindOf says in words what a key takes.
func kindOf(key string) string {
	t := reflect.TypeFor[Config]()
	for part := range strings.SplitSeq(key, ".") {
		f, ok := field(t, part)
		if !ok {
			return ""
		}
		t = f
	}
	switch t {
	case reflect.TypeFor[Duration]():
		return `a length of time, such as "90s", "15m", "12h", "7d"`
	case reflect.TypeFor[Secret]():
		return `"env:NAME" or "file:PATH"`
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
	case reflect.Struct:
		return "a table"
	}
	return ""
}

// locator finds the place of a key in the file, for values that are well-formed but cannot be used.
type locator struct {
	file string
	src  []byte
}

func (l locator) error(key string, table int, problem string) *Error {
	e := &Error{File: l.file, Key: key, Problem: problem}
	if l.file != "" {
		e.Line, e.Column = l.find(strings.Split(key, "."), table)
	}
	return e
}

// find returns the place of a key in the table-th table of its name, or of that table if the key is not in it.
func (l locator) find(key []string, table int) (line, column int) {
	p := unstable.Parser{}
	p.Reset(l.src)
	var prefix []string
	seen := -1
	for p.NextExpression() {
		n := p.Expression()
		var parts []string
		var first unstable.Range
		for it := n.Key(); it.Next(); {
			if len(parts) == 0 {
				first = it.Node().Raw
			}
			parts = append(parts, string(it.Node().Data))
		}
		at := p.Shape(first).Start
		switch n.Kind {
		case unstable.Table, unstable.ArrayTable:
			prefix = parts
			if slices.Equal(prefix, key[:len(key)-1]) {
				if seen++; n.Kind == unstable.Table || seen == table {
					line, column = at.Line, at.Column
				}
			}
		case unstable.KeyValue:
			if slices.Equal(append(slices.Clone(prefix), parts...), key) && (seen < 0 || seen == table || len(prefix) == 0) {
				return at.Line, at.Column
			}
		}
	}
	return line, column
}

// environment puts IMDESK_LISTEN and the like over the file: each key of the top level that is one text.
func (c *Config) environment(lookup func(string) (string, bool)) {
	for env, to := range map[string]*string{
		"IMDESK_LISTEN":     &c.Listen,
		"IMDESK_DATA_DIR":   &c.Data,
		"IMDESK_DATABASE":   &c.Database,
		"IMDESK_PUBLIC_URL": &c.PublicURL,
		"IMDESK_LANGUAGE":   &c.Language,
		"IMDESK_TIME_ZONE":  &c.TimeZone,
	} {
		if v, ok := lookup(env); ok && v != "" {
			*to = v
		}
	}
	if v, ok := lookup("IMDESK_TRUSTED_PROXIES"); ok && v != "" {
		c.TrustedProxies = nil
		for p := range strings.SplitSeq(v, ",") {
			c.TrustedProxies = append(c.TrustedProxies, strings.TrimSpace(p))
		}
	}
}
