package emulator

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"imdesk/emulator/internal/community"
	"imdesk/emulator/internal/demo"
	"imdesk/emulator/internal/tencent"
	"imdesk/emulator/internal/volcengine"
)

// Config says what to serve. The zero value of each optional field is its default.
type Config struct {
	Path string           // SQLite file; "" = a temporary one, removed by Close
	Apps []TencentApp     // at least one of either vendor
	Volc []VolcengineApp  // served on the same port, at /?Action=…&Version=2020-12-01
	Seed string           // "none" (default), or "demo": fills an app that has no groups with a believable community
	Talk float64          // messages a second said by seeded people; 0 = they are silent
	Soon bool             // New does not wait for the seed: calls do, and Filled
	Now  func() time.Time // nil = time.Now
	Log  *slog.Logger     // nil = nothing is logged
}

// TencentApp is an application of Tencent Cloud Chat.
type TencentApp struct {
	SDKAppID int64
	Admins   []string // UserIDs that may call the REST API; they count as imported
	Key      string   // secret that signs UserSigs
	Callback Callback // where the app is told what happens
}

// VolcengineApp is an application of Volcengine IM. Apps with the same access key belong to one account.
type VolcengineApp struct {
	AppID                int64 // within 32 bits
	AccessKey, SecretKey string
	StatusOK             bool     // refusals of IM itself come with HTTP 200 instead of 400: which the vendor sends is not documented
	MaxMembers           int64    // of a group, 0 = any number
	MaxConversations     int64    // of a user, 0 = any number
	Callback             Callback // where the app is told what happens; Token is the secret, Refuse and RetryAfter do not count
}

// Server is a running IM service. All its methods are safe for concurrent use.
type Server struct {
	store   *community.Store
	tencent *tencent.Service
	volc    *volcengine.Service
	apps    []int64 // SDKAppIDs
	volcs   []int64 // AppIds
	now     func() time.Time
	log     *slog.Logger
	started time.Time

	calls  map[string]*atomic.Int64 // by "service/command", or action
	total  atomic.Int64
	faults faults

	stopTalk context.CancelFunc // ends seeding and talk; nil without a seed
	talk     sync.WaitGroup

	filled  chan struct{} // closed when the seed is in, or failed
	seedErr error         // to be read after filled

	mu     sync.Mutex
	http   *http.Server
	served chan struct{}
	url    string
	closed bool
	quit   chan struct{}  // closed by Close: whoever waits stops
	busy   sync.WaitGroup // requests under way, and what users do on devices
}

// New opens the database, brings it up to date and seeds it. ctx bounds only New itself.
func New(ctx context.Context, c Config) (*Server, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	store, err := community.Open(ctx, c.Path, c.Now)
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	s := &Server{store: store, now: c.Now, log: c.Log, started: c.Now(), calls: map[string]*atomic.Int64{}, quit: make(chan struct{}), filled: make(chan struct{})}
	apps := make([]tencent.App, len(c.Apps))
	for i, a := range c.Apps {
		apps[i] = tencent.App{ID: a.SDKAppID, Admins: a.Admins, Key: a.Key}
	}
	s.tencent = tencent.New(store, apps, c.Log)
	s.tencent.HasMedia = hasMedia
	for _, a := range c.Apps {
		s.apps = append(s.apps, a.SDKAppID)
		s.tencent.SetCallback(a.SDKAppID, a.Callback.tencent())
	}
	for _, name := range s.tencent.Commands() {
		s.calls[name] = new(atomic.Int64)
	}
	s.serveVolcApps(c)
	if err := s.importAdmins(ctx, c.Apps); err != nil {
		return nil, errors.Join(fmt.Errorf("emulator: import administrators: %w", err), s.Close())
	}
	if c.Seed != "demo" {
		close(s.filled)
		return s, nil
	}
	alive, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stopTalk = stop
	if c.Soon {
		s.talk.Go(func() { s.seed(alive, alive, c) })
		return s, nil
	}
	s.seed(ctx, alive, c)
	if err := s.Filled(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Filled waits until the seed is in, and returns what kept it out.
func (s *Server) Filled(ctx context.Context) error {
	select {
	case <-s.filled:
		return s.seedErr
	case <-s.quit:
		return errors.New("emulator: closed")
	case <-ctx.Done():
		return fmt.Errorf("emulator: wait for the seed: %w", ctx.Err())
	}
}

func (s *Server) seed(ctx, alive context.Context, c Config) {
	defer close(s.filled)
	if err := s.fill(ctx, alive, c); err != nil {
		s.seedErr = fmt.Errorf("emulator: seed: %w", err)
	}
}

// fill gives the apps that have no groups the demo, brings its people online, and has them talk as long as alive is.
func (s *Server) fill(ctx, alive context.Context, c Config) error {
	for _, app := range c.Apps {
		if err := demo.Seed(ctx, s.store, app.SDKAppID, tencent.MediaBase); err != nil && !errors.Is(err, demo.ErrNotEmpty) {
			return err
		}
		for user, devices := range demo.Online() {
			on := make([]tencent.Device, len(devices))
			for i, d := range devices {
				on[i] = tencent.Device(d)
			}
			s.tencent.SetOnline(app.SDKAppID, user, on...)
		}
		if c.Talk > 0 {
			s.talk.Go(func() { s.keepTalking(alive, app.SDKAppID, c.Talk/float64(len(c.Apps))) })
		}
	}
	for _, app := range c.Volc {
		if c.Soon || c.Talk > 0 {
			s.talk.Go(func() { s.wakeVolc(alive, app.AppID, c.Talk/float64(len(c.Volc))) })
		}
	}
	return nil
}

// keepTalking has the people of the demo talk until ctx ends.
func (s *Server) keepTalking(ctx context.Context, app int64, rate float64) {
	err := demo.Talk(ctx, tencent.MediaBase, rate, func(ctx context.Context, said demo.Saying) (int64, error) {
		return s.tencent.Say(ctx, app, tencent.Said{
			Group: said.GroupID, From: said.From, Body: string(said.Body), Cloud: said.CloudCustomData, Random: said.Random, Priority: said.Priority,
		})
	})
	if err != nil {
		s.log.Error("emulator: talk ended", "app", app, "err", err)
	}
}

func (c *Config) check() error {
	if len(c.Apps)+len(c.Volc) == 0 {
		return errors.New("no app to serve")
	}
	if err := checkVolc(c.Volc); err != nil {
		return err
	}
	seen := map[int64]bool{}
	for _, a := range c.Apps {
		switch {
		case a.SDKAppID <= 0:
			return fmt.Errorf("SDKAppID %d is not above 0", a.SDKAppID)
		case seen[a.SDKAppID]:
			return fmt.Errorf("SDKAppID %d is listed twice", a.SDKAppID)
		case a.Key == "":
			return fmt.Errorf("app %d has no key", a.SDKAppID)
		case len(a.Admins) == 0 || slices.Contains(a.Admins, ""):
			return fmt.Errorf("app %d needs an administrator, and none may be empty", a.SDKAppID)
		}
		if err := a.Callback.tencent().Check(); err != nil {
			return fmt.Errorf("app %d: %w", a.SDKAppID, err)
		}
		seen[a.SDKAppID] = true
	}
	if c.Seed != "" && c.Seed != "none" && c.Seed != "demo" {
		return fmt.Errorf("seed %q is neither none nor demo", c.Seed)
	}
	if c.Talk < 0 {
		return fmt.Errorf("talk is %g messages a second", c.Talk)
	}
	return nil
}

// importAdmins makes the administrators' accounts: an administrator counts as imported.
func (s *Server) importAdmins(ctx context.Context, apps []TencentApp) error {
	return s.store.Update(ctx, func(tx *community.Tx) error {
		for _, app := range apps {
			for _, name := range app.Admins {
				if _, err := tx.ImportAccount(app.SDKAppID, community.Account{Name: name}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Handler serves the API and, to callers on this machine, the controls under /_emulator/.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", s.serveTencent)
	if len(s.volcs) > 0 {
		mux.HandleFunc("/{$}", s.serveVolc)
	}
	mux.Handle("/_emulator/", s.controls())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.enter() {
			http.Error(w, "closed", http.StatusServiceUnavailable)
			return
		}
		defer s.busy.Done()
		if err := s.Filled(r.Context()); err != nil {
			http.Error(w, "not filled", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// enter counts a request as under way, unless the server is closed.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.busy.Add(1)
	}
	return !s.closed
}

// Start listens on addr, such as "127.0.0.1:0", and serves in the background until Close.
func (s *Server) Start(addr string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.http != nil {
		return errors.New("emulator: start: already started or closed")
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return fmt.Errorf("emulator: start: %w", err)
	}
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return errors.Join(fmt.Errorf("emulator: start: %w", err), l.Close())
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	s.url = "http://" + net.JoinHostPort(host, port)
	s.tencent.SetHost(net.JoinHostPort(host, port))
	s.http = &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("emulator: stopped serving", "err", err)
		}
	}()
	return nil
}

// URL is where Start listens, such as "http://127.0.0.1:8090"; "" before.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// Close stops talk and listener, ends requests under way, sends the callbacks that wait for up to 2 s, and removes a
// temporary database. Calling it again does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.quit)
	s.tencent.StopAsking()
	var errs []error
	if s.http != nil {
		errs = append(errs, s.http.Close())
		<-s.served
	}
	s.busy.Wait()
	if s.stopTalk != nil {
		s.stopTalk()
		s.talk.Wait()
	}
	s.tencent.Close()
	s.volc.Close()
	errs = append(errs, s.store.Close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("emulator: close: %w", err)
	}
	return nil
}

// Calls returns how many calls of command, such as "group_open_http_svc/get_group_info" or "SendMessage", have arrived, whatever
// became of them; "" counts all, unknown ones too.
func (s *Server) Calls(command string) int64 {
	if command == "" {
		return s.total.Load()
	}
	if n := s.calls[command]; n != nil {
		return n.Load()
	}
	return 0
}

// vendor answers the calls of one vendor.
type vendor struct {
	command string
	maxBody int64
	answer  func(r *http.Request, body []byte) (status int, answer []byte)
	refuse  func(r *http.Request, code int) (status int, answer []byte)
}

// serveTencent answers one call of Tencent's API.
func (s *Server) serveTencent(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, vendor{
		strings.TrimPrefix(r.URL.Path, "/v4/"), tencent.MaxBody,
		func(r *http.Request, body []byte) (int, []byte) { return http.StatusOK, s.tencent.Answer(r, body) },
		func(r *http.Request, code int) (int, []byte) {
			return http.StatusOK, s.tencent.Refuse(r.URL.Path, code)
		},
	})
}

// serve answers one call, and does to it what the faults that are set ask for.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, v vendor) {
	s.total.Add(1)
	if n := s.calls[v.command]; n != nil {
		n.Add(1)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, v.maxBody+1)) // all of it, or the caller's leaving goes unnoticed
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	f := s.faults.next(v.command)
	if f == nil {
		f = &Fault{}
	}
	if !s.wait(r.Context(), f.Delay) || f.Drop {
		panic(http.ErrAbortHandler)
	}
	if f.Status != 0 {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		fmt.Fprintf(w, "<html>\r\n<head><title>%[1]d %[2]s</title></head>\r\n<body><center><h1>%[1]d %[2]s</h1></center><hr><center>nginx</center></body>\r\n</html>\r\n",
			f.Status, cmp.Or(http.StatusText(f.Status), "Error"))
		return
	}
	answer := v.answer
	if code := f.ErrorCode; code != 0 {
		answer = func(r *http.Request, _ []byte) (int, []byte) { return v.refuse(r, code) }
		f = &Fault{} // for which nothing is done
	}
	status, b := answer(r, body)
	switch {
	case f.DropAfter:
		panic(http.ErrAbortHandler)
	case f.CutBody:
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
		send(w, status, b[:len(b)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case f.BadJSON:
		send(w, status, append(b[:len(b)/2:len(b)/2], "<!-- not JSON -->"...))
	default:
		send(w, status, b)
	}
}

func send(w http.ResponseWriter, status int, answer []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(answer) // a caller who is gone needs no answer
}

func sendJSON(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, http.StatusOK, append(b, '\n'))
}
