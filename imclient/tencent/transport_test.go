package tencent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// server runs a handler and counts the requests.
func server(t *testing.T, h http.HandlerFunc) (api *API, calls *atomic.Int32) {
	t.Helper()
	calls = &atomic.Int32{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	api, err := NewAPI(Config{SDKAppID: "1400000000", Administrator: "administrator", Key: vectorKey, Endpoint: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	return api, calls
}

func read(ctx context.Context, a *API) error {
	_, err := a.GetGroupInfo(ctx, &GetGroupInfoRequest{GroupIdList: []string{"g"}})
	return err
}

func write(ctx context.Context, a *API) error {
	_, err := a.ForbidSendMsg(ctx, &ForbidSendMsgRequest{GroupId: "g", MembersAccount: []string{"u"}, MuteTime: 60})
	return err
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func drop(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func code(n int) string {
	return fmt.Sprintf(`{"ActionStatus":"FAIL","ErrorInfo":"no","ErrorCode":%d}`, n)
}

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		h      http.HandlerFunc
		kind   error
		code   string
		status int
		reads  int32 // requests that a read makes; a write makes one
	}{
		{"a code inside 200", answer(200, code(10015)), imclient.ErrNotFound, "10015", 200, 1},
		{"a code as a string", answer(200, `{"ActionStatus":"FAIL","ErrorCode":"10004"}`), imclient.ErrInvalid, "10004", 200, 1},
		{"a code beside OK", answer(200, `{"ActionStatus":"OK","ErrorCode":10007}`), imclient.ErrDenied, "10007", 200, 1},
		{"a code inside 502", answer(502, code(10010)), imclient.ErrNotFound, "10010", 502, 1},
		{"trouble", answer(200, code(10002)), imclient.ErrUnavailable, "10002", 200, 3},
		{"too often", answer(200, code(60018)), imclient.ErrRateLimited, "60018", 200, 3},
		{"too often, turned away by the gateway", answer(200, code(60007)), imclient.ErrRateLimited, "60007", 200, 3},
		{"502 with a page", answer(502, "<html>Bad Gateway"), imclient.ErrUnavailable, "", 502, 3},
		{"502 that says OK", answer(502, `{`+ok+`}`), imclient.ErrUnavailable, "", 502, 3},
		{"504", answer(504, ""), imclient.ErrUnavailable, "", 504, 3},
		{"429", answer(429, ""), imclient.ErrRateLimited, "", 429, 3},
		{"404 with a page", answer(404, "not here"), imclient.ErrProtocol, "", 404, 1},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, imclient.ErrProtocol, "", 307, 1},
		{"connection closed", drop, imclient.ErrUnavailable, "", 0, 3},
		{"not JSON", answer(200, "hello"), imclient.ErrProtocol, "", 200, 1},
		{"nothing", answer(200, ""), imclient.ErrProtocol, "", 200, 1},
		{"null", answer(200, "null"), imclient.ErrProtocol, "", 200, 1},
		{"a list", answer(200, "[]"), imclient.ErrProtocol, "", 200, 1},
		{"no code", answer(200, "{}"), imclient.ErrProtocol, "", 200, 1},
		{"a failure without a code", answer(200, `{"ActionStatus":"FAIL"}`), imclient.ErrProtocol, "", 200, 1},
		{"cut short", answer(200, `{"ActionStatus":"OK","ErrorCode":0,"Group`), imclient.ErrProtocol, "", 200, 1},
		{"two answers", answer(200, `{`+ok+`}{`+ok+`}`), imclient.ErrProtocol, "", 200, 1},
		{"a code that is no number", answer(200, `{"ErrorCode":"many"}`), imclient.ErrProtocol, "", 200, 1},
		{"body shorter than announced", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{`)
		}, imclient.ErrProtocol, "", 200, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for what, call := range map[string]func(context.Context, *API) error{"read": read, "write": write} {
				a, calls := server(t, tt.h)
				err := call(t.Context(), a)
				e, ok := errors.AsType[*imclient.Error](err)
				if !ok {
					t.Fatalf("%s: got %v, want an *imclient.Error", what, err)
				}
				if e.Kind != tt.kind || e.Code != tt.code || e.Status != tt.status {
					t.Errorf("%s: got %v, code %q, status %d, want %v, %q, %d (%v)", what, e.Kind, e.Code, e.Status, tt.kind, tt.code, tt.status, err)
				}
				if !e.Sent {
					t.Errorf("%s: the error says that nothing was sent", what)
				}
				want := int32(1)
				if what == "read" || tt.code == "60007" { // what the gateway turned away was not done
					want = tt.reads
				}
				if what == "write" && tt.code == "10004" {
					want = 2 // the older name of MuteTime is tried
				}
				if got := calls.Load(); got != want {
					t.Errorf("%s: %d requests, want %d", what, got, want)
				}
			}
		})
	}
}

func TestSuccessesThatLookOdd(t *testing.T) {
	for name, body := range map[string]string{
		"no ActionStatus":                 `{"ErrorCode":0,"ErrorInfo":""}`,
		"no ErrorCode":                    `{"ActionStatus":"OK"}`,
		"words in ErrorInfo":              `{"ActionStatus":"OK","ErrorInfo":"succeed","ErrorCode":0}`,
		"ErrorInfo 0":                     `{"ActionStatus":"OK","ErrorInfo":0,"ErrorCode":0}`,
		"SomeError":                       `{"ActionStatus":"SomeError","ErrorCode":0}`,
		"another order, an unknown field": `{"ErrorCode":0,"New":{"a":[1]},"ErrorInfo":null,"ActionStatus":"OK"}`,
		"space around it":                 "\n {" + ok + "} \n",
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := server(t, answer(200, body))
			if err := write(t.Context(), a); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnswerThatIsNotUTF8(t *testing.T) {
	a, _ := server(t, answer(200, `{`+ok+`,"RspMsgList":[{"MsgSeq":1,"MsgBody":{"a":"`+"\xff"+`"}}]}`))
	r, err := a.GroupMsgGetSimple(t.Context(), &GroupMsgGetSimpleRequest{GroupId: "g", ReqMsgNumber: 1})
	if err != nil || string(r.Messages()[0].MsgBody) != `{"a":"�"}` {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestAnswerIsBounded(t *testing.T) {
	a, calls := server(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{`+ok+`,"Pad":"`)
		_, _ = io.WriteString(w, strings.Repeat("x", calls.MaxAnswer))
		_, _ = io.WriteString(w, `"}`)
	})
	if err := read(t.Context(), a); !errors.Is(err, imclient.ErrProtocol) {
		t.Errorf("got %v, want ErrProtocol", err)
	}
	if calls.Load() != 1 {
		t.Error("an answer that is too long was asked for again")
	}
}

func TestRequestIsBounded(t *testing.T) {
	a, calls := server(t, answer(200, `{`+ok+`}`))
	err := func() error {
		_, err := a.SendGroupSystemNotification(t.Context(), &SendGroupSystemNotificationRequest{GroupId: "g", Content: strings.Repeat("x", maxRequest)})
		return err
	}()
	e, _ := errors.AsType[*imclient.Error](err)
	if e == nil || e.Kind != imclient.ErrInvalid || e.Sent || calls.Load() != 0 {
		t.Errorf("got %v after %d requests, want ErrInvalid and none", err, calls.Load())
	}
}

func TestReadIsRepeatedUntilItWorks(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	a, calls := server(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) < 3 {
			drop(w, r)
			return
		}
		_, _ = io.WriteString(w, `{`+ok+`}`)
	})
	if err := read(t.Context(), a); err != nil {
		t.Error(err)
	}
	if calls.Load() != 3 {
		t.Errorf("%d requests, want 3", calls.Load())
	}
	if s := a.Stats(); s.Calls != 1 || s.Failures != 0 || s.LastOK.IsZero() || s.P95 == 0 {
		t.Errorf("stats after a call that worked at last: %+v", s)
	}
}

func TestReadIsNotRepeatedBeyondItsDeadline(t *testing.T) {
	a, calls := server(t, answer(200, code(60007)))
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond) // below the pause after a refusal of the rate
	defer cancel()
	start := time.Now()
	if err := read(ctx, a); !errors.Is(err, imclient.ErrRateLimited) {
		t.Errorf("got %v, want the refusal of the rate", err)
	}
	if calls.Load() != 1 || time.Since(start) > 400*time.Millisecond {
		t.Errorf("%d requests in %v, want one and no waiting", calls.Load(), time.Since(start))
	}
}

func TestDeadlineAndCause(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	why := errors.New("the page took too long")
	for name, call := range map[string]func(context.Context, *API) error{"read": read, "write": write} {
		t.Run(name, func(t *testing.T) {
			a, calls := server(t, hang)
			ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, why)
			defer cancel()
			err := call(ctx, a)
			e, _ := errors.AsType[*imclient.Error](err)
			if e == nil || e.Kind != imclient.ErrUnavailable || !e.Sent {
				t.Fatalf("got %v, want ErrUnavailable and Sent", err)
			}
			if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, why) {
				t.Errorf("got %v, want the deadline and its cause in it", err)
			}
			if calls.Load() != 1 {
				t.Errorf("%d requests, want 1", calls.Load())
			}
		})
	}
}

func TestOwnTimeout(t *testing.T) {
	a, _ := server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	a.cfg.Timeout = 50 * time.Millisecond // below what NewAPI lets through, so that the test is quick
	err := write(t.Context(), a)
	if !errors.Is(err, imclient.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, calls.ErrTimeout) {
		t.Errorf("got %v, want ErrUnavailable because of the time", err)
	}
}

func TestClosedClient(t *testing.T) {
	started := make(chan struct{})
	a, _ := server(t, func(_ http.ResponseWriter, r *http.Request) { close(started); <-r.Context().Done() })
	done := make(chan error)
	go func() { done <- write(context.Background(), a) }()
	<-started
	a.Close()
	if err := <-done; !errors.Is(err, imclient.ErrUnavailable) || !errors.Is(err, calls.ErrClosed) {
		t.Errorf("a running call: got %v, want that the client was closed", err)
	}
	err := write(context.Background(), a)
	if e, _ := errors.AsType[*imclient.Error](err); e == nil || !errors.Is(err, calls.ErrClosed) || e.Sent {
		t.Errorf("a call after that: got %v, want that the client was closed, and nothing sent", err)
	}
}

// freePort is an address where nothing listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func TestBackupHost(t *testing.T) {
	var n atomic.Int32
	backup := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		_, _ = io.WriteString(w, `{`+ok+`}`)
	}))
	defer backup.Close()
	now := time.Unix(1700000000, 0)
	var dials atomic.Int32
	dead := freePort(t)
	tr := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if "http://"+addr == dead {
			dials.Add(1)
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	defer tr.CloseIdleConnections()
	a, err := NewAPI(Config{
		SDKAppID: "1", Administrator: "a", Key: "k", Endpoint: dead, BackupEndpoint: backup.URL, HTTP: &http.Client{Transport: tr},
		Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for name, call := range map[string]func(context.Context, *API) error{"a write that never left": write, "a read": read} {
		if err := call(t.Context(), a); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n.Load() != 2 || dials.Load() != 1 {
		t.Errorf("backup asked %d times, main host tried %d times; want 2, and 1 since it is remembered", n.Load(), dials.Load())
	}
	now = now.Add(rememberHost)
	if err := write(t.Context(), a); err != nil {
		t.Error(err)
	}
	if dials.Load() != 2 {
		t.Error("after a while the main host is not tried again")
	}
}

func TestBackupHostIsNotForRefusals(t *testing.T) {
	backup, asked := server(t, answer(200, `{`+ok+`}`))
	main, calls := server(t, drop)
	a, err := NewAPI(Config{
		SDKAppID: "1", Administrator: "a", Key: "k", Endpoint: main.hosts.list[0], BackupEndpoint: backup.hosts.list[0],
	})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := write(t.Context(), a); !errors.Is(err, imclient.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if calls.Load() != 1 || asked.Load() != 0 {
		t.Errorf("a write that may have been carried out was sent %d times to the main host and %d times to the other", calls.Load(), asked.Load())
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	for name, endpoint := range map[string]string{"nobody listens": freePort(t), "no such name": "http://im.invalid"} {
		t.Run(name, func(t *testing.T) {
			a, err := NewAPI(Config{SDKAppID: "1", Administrator: "a", Key: "k", Endpoint: endpoint})
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			err = write(t.Context(), a)
			if e, _ := errors.AsType[*imclient.Error](err); e == nil || e.Kind != imclient.ErrUnavailable || e.Sent || e.Cause == nil {
				t.Errorf("got %#v, want ErrUnavailable, a cause, and that nothing was sent", err)
			}
		})
	}
}

// roundTripper is a transport that does not tell when it has a connection.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSentIsAssumedOfAnUnknownTransport(t *testing.T) {
	a, err := NewAPI(Config{
		SDKAppID: "1", Administrator: "a", Key: "k",
		HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") })},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if e, _ := errors.AsType[*imclient.Error](write(t.Context(), a)); e == nil || !e.Sent {
		t.Errorf("got %v, want that something may have been sent", e)
	}
}

// TestExpiredSignature: the service calls the signature expired that was made an hour ago, say since its clock jumped.
func TestExpiredSignature(t *testing.T) {
	now := time.Unix(1700000000, 0)
	var old atomic.Value
	a, calls := server(t, func(w http.ResponseWriter, r *http.Request) {
		if sig := r.URL.Query().Get("usersig"); old.CompareAndSwap(nil, sig) || old.Load() == sig {
			_, _ = io.WriteString(w, code(70001))
			return
		}
		_, _ = io.WriteString(w, `{`+ok+`}`)
	})
	a.sign.now = func() time.Time { return now }
	if err := write(t.Context(), a); !errors.Is(err, imclient.ErrCredentials) {
		t.Errorf("with a signature of this second: got %v, want ErrCredentials", err)
	}
	if calls.Load() != 1 {
		t.Errorf("%d requests, want 1", calls.Load())
	}
	now = now.Add(time.Hour)
	if err := write(t.Context(), a); err != nil {
		t.Errorf("with an old signature: %v, want it renewed", err)
	}
	if calls.Load() != 3 {
		t.Errorf("%d requests, want 3", calls.Load())
	}
}

func TestRequestLine(t *testing.T) {
	w := newWire(t)
	w.on("forbid_send_msg", "")
	a := w.api(func(c *Config) { c.Administrator = "admin &#+ 1" })
	if err := write(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	got := w.calls[0]
	if got.path != "/v4/group_open_http_svc/forbid_send_msg" {
		t.Errorf("path %s", got.path)
	}
	form := regexp.MustCompile(`^sdkappid=1400000000&identifier=admin%20%26%23%2B%201&usersig=[A-Za-z0-9*_-]+&random=[0-9]{1,10}&contenttype=json$`)
	if !form.MatchString(got.query) {
		t.Errorf("query %s", got.query)
	}
	q, err := url.ParseQuery(got.query)
	if err != nil {
		t.Fatal(err)
	}
	if u, err := VerifyUserSig(vectorKey, q.Get("usersig")); err != nil || u.Identifier != "admin &#+ 1" || u.SDKAppID != 1400000000 {
		t.Errorf("signature for %+v, %v", u, err)
	}
}

func TestConnectionsAreKept(t *testing.T) {
	conns := map[string]bool{}
	a, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		conns[r.RemoteAddr] = true
		_, _ = io.WriteString(w, `{`+ok+`}`)
	})
	for range 20 {
		if err := write(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if len(conns) != 1 {
		t.Errorf("%d connections for 20 calls one after another, want 1", len(conns))
	}
}

// TestNothingSecretIsTold: neither errors nor logs have the key, the signature, or what somebody wrote.
func TestNothingSecretIsTold(t *testing.T) {
	var log bytes.Buffer
	handlers := map[string]http.HandlerFunc{
		"dropped":  drop,
		"refused":  answer(200, code(10004)),
		"not JSON": answer(200, "secret words"),
	}
	var told []string
	for name, h := range handlers {
		a, _ := server(t, h)
		a.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		_, err := a.SendGroupSystemNotification(t.Context(), &SendGroupSystemNotificationRequest{GroupId: "g", Content: "secret words"})
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		sig, _ := a.sign.get()
		slog.New(slog.NewTextHandler(&log, nil)).Error("call", "err", err)
		told = append(told, vectorKey, sig)
		if strings.Contains(err.Error(), sig) || strings.Contains(err.Error(), "secret words") {
			t.Errorf("%s: the error tells too much: %v", name, err)
		}
	}
	a, err := NewAPI(Config{SDKAppID: "1", Administrator: "a", Key: vectorKey, Endpoint: freePort(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	sig, _ := a.sign.get()
	if err := write(t.Context(), a); strings.Contains(fmt.Sprintf("%v %#v", err, err), sig) {
		t.Errorf("the error of a host that cannot be reached has the signature: %v", err)
	}
	for _, secret := range append(told, "secret words") {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if !strings.Contains(log.String(), "im call") {
		t.Error("the calls are not in the log")
	}
}

// TestRateLimitPausesTheCommand: a write that the gateway turned away waits and goes again, and so does the next one of
// the same command; others go on.
func TestRateLimitPausesTheCommand(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	a, calls := server(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "forbid_send_msg") && n.Add(1) == 1 {
			_, _ = io.WriteString(w, code(60007))
			return
		}
		_, _ = io.WriteString(w, `{`+ok+`}`)
	})
	start := time.Now()
	done := make(chan error)
	go func() { done <- write(t.Context(), a) }()
	for n.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := read(t.Context(), a); err != nil || time.Since(start) > 500*time.Millisecond {
		t.Errorf("another command: %v after %v, want it not to wait", err, time.Since(start))
	}
	if err := write(t.Context(), a); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took < 800*time.Millisecond {
		t.Errorf("the same command went again after %v, want it to wait a second", took)
	}
	if err := <-done; err != nil {
		t.Errorf("the write that was turned away: %v", err)
	}
	if calls.Load() != 4 {
		t.Errorf("%d requests, want 4", calls.Load())
	}
}

func TestMessagesToOneGroupKeepItsRate(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.on("send_group_msg", `"MsgTime":1,"MsgSeq":1`)
	a := w.api()
	start := time.Now()
	for range 20 {
		if _, err := a.SendGroupMsg(t.Context(), &SendGroupMsgRequest{GroupId: "g", Random: 1}); err != nil {
			t.Fatal(err)
		}
	}
	one := time.Since(start)
	if one < 350*time.Millisecond {
		t.Errorf("20 messages to one group went in %v, want at most 40 a second", one)
	}
}

func TestNewAPIRefuses(t *testing.T) {
	good := Config{SDKAppID: "1400000000", Administrator: "a", Key: "k"}
	for name, change := range map[string]func(*Config){
		"no app":                        func(c *Config) { c.SDKAppID = "" },
		"an app that is a name":         func(c *Config) { c.SDKAppID = "demo" },
		"app 0":                         func(c *Config) { c.SDKAppID = "0" },
		"no administrator":              func(c *Config) { c.Administrator = "" },
		"no key":                        func(c *Config) { c.Key = "" },
		"an unknown region":             func(c *Config) { c.Region = "moon" },
		"an endpoint with a path":       func(c *Config) { c.Endpoint = "https://example.com/v4" },
		"an endpoint without a scheme":  func(c *Config) { c.Endpoint = "console.tim.qq.com" },
		"an endpoint with a name in it": func(c *Config) { c.Endpoint = "https://user:secret@example.com" },
		"only a backup":                 func(c *Config) { c.BackupEndpoint = "https://example.com" },
		"a timeout below the service's": func(c *Config) { c.Timeout = 3 * time.Second },
		"a share of nothing":            func(c *Config) { c.RateShare = -1 },
		"a share above all":             func(c *Config) { c.RateShare = 1.5 },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			if a, err := NewAPI(c); err == nil {
				a.Close()
				t.Error("it is taken")
			} else if strings.Contains(err.Error(), "secret@") {
				t.Errorf("the error has the password: %v", err)
			}
		})
	}
	for _, r := range Regions() {
		c := good
		c.Region = r.Name
		a, err := NewAPI(c)
		if err != nil {
			t.Errorf("region %s: %v", r.Name, err)
			continue
		}
		a.Close()
		if a.hosts.list[0] != "https://"+r.Host || a.hosts.list[1] != "https://"+r.Backup {
			t.Errorf("region %s: hosts %q", r.Name, a.hosts.list)
		}
	}
	a, err := NewAPI(good)
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	if a.hosts.list[0] != "https://console.tim.qq.com" {
		t.Errorf("without a region: %s, want China", a.hosts.list[0])
	}
}
