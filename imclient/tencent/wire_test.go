package tencent

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/imclient"
)

// ok is the envelope of a success.
const ok = `"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0`

// sent is one request as the wire saw it.
type sent struct {
	path, query, body string
	at                time.Time
}

// wire is a server that answers commands with text as the vendor's pages print it, and keeps what it was sent.
type wire struct {
	t   testing.TB
	url string

	mu      sync.Mutex
	answers map[string]func(q map[string]any) string // by the command's name
	calls   []sent
}

func newWire(t testing.TB) *wire {
	w := &wire{t: t, answers: map[string]func(map[string]any) string{}}
	srv := httptest.NewServer(w)
	t.Cleanup(srv.Close)
	w.url = srv.URL
	return w
}

// on sets what a command answers: the fields after the envelope of a success.
func (w *wire) on(name, fields string) {
	w.onFunc(name, func(map[string]any) string { return fields })
}

// onFunc sets how a command answers. An answer that begins with { is the whole of it.
func (w *wire) onFunc(name string, answer func(q map[string]any) string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers[name] = answer
}

// refuse makes a command answer with a code.
func (w *wire) refuse(name, code string) {
	w.on(name, `{"ActionStatus":"FAIL","ErrorInfo":"no","ErrorCode":`+code+`}`)
}

func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Error(err)
	}
	name := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	w.mu.Lock()
	w.calls = append(w.calls, sent{r.URL.Path, r.URL.RawQuery, string(body), time.Now()})
	answer := w.answers[name]
	w.mu.Unlock()
	if answer == nil {
		w.t.Errorf("%s was called, for which there is no answer", name)
		rw.WriteHeader(http.StatusTeapot)
		return
	}
	var q map[string]any
	if err := json.Unmarshal(body, &q); err != nil {
		w.t.Errorf("%s: %v", name, err)
	}
	text := answer(q)
	if !strings.HasPrefix(text, "{") {
		text = strings.TrimSuffix("{"+ok+","+text, ",") + "}"
	}
	if _, err := io.WriteString(rw, text); err != nil {
		w.t.Error(err)
	}
}

// sent returns the bodies that a command was called with, and forgets nothing.
func (w *wire) sent(name string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []string
	for _, c := range w.calls {
		if strings.HasSuffix(c.path, "/"+name) {
			list = append(list, c.body)
		}
	}
	return list
}

func (w *wire) config() Config {
	return Config{SDKAppID: "1400000000", Administrator: "administrator", Key: vectorKey, Endpoint: w.url}
}

func (w *wire) api(change ...func(*Config)) *API {
	w.t.Helper()
	cfg := w.config()
	for _, f := range change {
		f(&cfg)
	}
	a, err := NewAPI(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(a.Close)
	return a
}

func (w *wire) client(change ...func(*Config)) *imclient.Client {
	w.t.Helper()
	return NewClient(w.api(change...))
}

func at(now time.Time) func(*Config) {
	return func(c *Config) { c.Now = func() time.Time { return now } }
}

func TestTolerantNumbers(t *testing.T) {
	var got struct{ I Int }
	for text, want := range map[string]Int{
		`0`: 0, `12`: 12, `-3`: -3, `"12"`: 12, `" 7 "`: 7, `""`: 0, `null`: 0, `true`: 1, `false`: 0, `4294967295`: 4294967295,
		`9007199254740993`: 9007199254740993, `"9223372036854775807"`: 9223372036854775807, `12.0`: 12, `1e3`: 1000,
	} {
		got.I = 0
		if err := json.Unmarshal([]byte(`{"I":`+text+`}`), &got); err != nil || got.I != want {
			t.Errorf("%s: got %d, %v, want %d", text, got.I, err, want)
		}
	}
	for _, text := range []string{`"x"`, `1.5`, `[]`, `{}`, `1e30`, `9223372036854775808`, `"1 2"`} {
		if err := json.Unmarshal([]byte(`{"I":`+text+`}`), &got); err == nil {
			t.Errorf("%s passes for an integer: %d", text, got.I)
		}
	}
	var f struct{ F Float }
	for text, want := range map[string]Float{`1.5`: 1.5, `"29.34065"`: 29.34065, `null`: 0, `""`: 0, `-3`: -3} {
		f.F = 0
		if err := json.Unmarshal([]byte(`{"F":`+text+`}`), &f); err != nil || f.F != want {
			t.Errorf("%s: got %v, %v, want %v", text, f.F, err, want)
		}
	}
	if err := json.Unmarshal([]byte(`{"F":"north"}`), &f); err == nil {
		t.Error("a word passes for a number")
	}
}

func TestTolerantTexts(t *testing.T) {
	for text, want := range map[string]Str{
		`"a\nb"`: "a\nb", `12`: "12", `null`: "", `true`: "true", `{"a":1}`: `{"a":1}`, `[1]`: "[1]", `"\ud83d"`: "\ufffd",
	} {
		var got Str
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestCursor(t *testing.T) {
	for text, want := range map[string]Cursor{`0`: "", `"0"`: "", `""`: "", `null`: "", `4454685361`: "4454685361", `"144115265295492787"`: "144115265295492787", `18446744073709551615`: "18446744073709551615"} {
		var got Cursor
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
	for c, want := range map[Cursor]string{"": "0", "4454685361": "4454685361", "a1": `"a1"`, "007": `"007"`} {
		if got, err := json.Marshal(c); err != nil || string(got) != want {
			t.Errorf("%q: got %s, %v, want %s", c, got, err, want)
		}
	}
}

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]uint32{
		time.Second: 1, time.Nanosecond: 1, 1500 * time.Millisecond: 2, time.Hour: 3600, -1: U32Forever,
		U32Forever * time.Second: U32Forever, (U32Forever + 5) * time.Second: U32Forever, 1<<63 - 1: U32Forever,
	} {
		if got := seconds(d); got != want {
			t.Errorf("%v: got %d, want %d", d, got, want)
		}
	}
}

func TestUntil(t *testing.T) {
	now := time.Unix(1700000000, 0).UTC()
	for name, tt := range map[string]struct {
		end  Int
		want time.Time
	}{
		"not muted":                          {0, time.Time{}},
		"over":                               {1699999999, time.Time{}},
		"over this second":                   {1700000000, time.Time{}},
		"an hour":                            {1700003600, now.Add(time.Hour)},
		"the largest 32-bit time":            {4294967295, imclient.Forever},
		"now and the largest 32-bit seconds": {1700000000 + 4294967295, imclient.Forever},
		"below zero":                         {-1, time.Time{}},
	} {
		if got := until(unix(tt.end), now); !got.Equal(tt.want) {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}
