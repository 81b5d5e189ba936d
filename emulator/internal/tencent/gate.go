package tencent

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"imdesk/emulator/internal/community"
)

// MaxBody bounds a request's body; the largest legal ones (1,000 friends to import) stay below.
const MaxBody = 4 << 20

// App is one application of the vendor: who may call for it, and the key that signs for them.
type App struct {
	ID     int64
	Admins []string
	Key    string
}

// Service answers the REST API. It is safe for concurrent use.
type Service struct {
	store    *community.Store
	apps     map[int64]App
	commands map[string]*command // by "service/command"
	log      *slog.Logger

	rates  rates
	sigs   sigCache
	online presence
	recent recent[dupKey, sent]

	recentDirect recent[directKey, sentDirect]
	extWrites    extWrites

	flood flood

	attrWrites attrWrites
	words      words
	partSize   int // messages of an hourly file

	// HasMedia tells whether the emulator itself serves something at a path such as /media/face/1.svg. It is set before the
	// first call; nil = nothing.
	HasMedia func(path string) bool

	audience audiences
	marks    marks
	hooks    *hooks
	host     atomic.Value // string: where clients' apps reach us, for the media in callbacks
}

// New returns a service over store for the given apps.
func New(store *community.Store, apps []App, log *slog.Logger) *Service {
	s := &Service{store: store, apps: map[int64]App{}, commands: map[string]*command{}, log: log, hooks: newHooks(store.Now, log), partSize: defaultPartSize}
	for _, a := range apps {
		s.apps[a.ID] = a
	}
	for _, cmd := range commands() {
		s.commands[cmd.service+"/"+cmd.name] = &cmd
	}
	return s
}

func (s *Service) now() time.Time { return s.store.Now() }

// SetCallback says where the app gets callbacks from now on.
func (s *Service) SetCallback(app int64, cb Callback) { s.hooks.set(app, cb) }

// Callbacks are the settings of the apps that get callbacks.
func (s *Service) Callbacks() map[int64]Callback { return s.hooks.list() }

// CallbackStats counts callbacks.
func (s *Service) CallbackStats() CallbackStats { return s.hooks.counted() }

// SetHost says at which host and port the service is reached.
func (s *Service) SetHost(host string) { s.host.Store(host) }

// StopAsking ends the before-callbacks under way and to come: they fail.
func (s *Service) StopAsking() { s.hooks.stopAsking() }

// Close goes on for a while with the after-callbacks that wait. No command may be under way.
func (s *Service) Close() {
	s.StopAsking()
	s.hooks.close()
	if err := s.tallyCallbacks(context.Background()); err != nil {
		s.log.Error("emulator: count callbacks", "err", err)
	}
}

// Commands lists what the service knows, as "service/command".
func (s *Service) Commands() []string {
	names := make([]string, 0, len(s.commands))
	for name := range s.commands {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// call is one request on its way to its command.
type call struct {
	*fields
	context.Context
	s        *Service
	app      int64
	admin    string // identifier of the caller; on a device, the user
	ip       string // address of the caller
	platform string // RESTAPI, or the system of the device
	host     string // address that the caller asked at
	query    url.Values
	cmd      *command
}

func (c *call) read() community.Conn { return c.s.store.Read(c.Context) }

func (c *call) update(fn func(*community.Tx) error) error { return c.s.store.Update(c.Context, fn) }

// isAdmin reports whether the account is an administrator of the app.
func (c *call) isAdmin(name string) bool { return slices.Contains(c.s.apps[c.app].Admins, name) }

// Answer is the whole of the API: it checks the request in the fixed order of the protocol and runs its command. The
// answer is always a JSON envelope, sent with HTTP 200. Media of ours have the address the caller asked at. body is r's,
// read up to a byte beyond MaxBody.
func (s *Service) Answer(r *http.Request, body []byte) []byte {
	return toHost(r.Host, s.answer(r, fromHost(r.Host, body)))
}

func (s *Service) answer(r *http.Request, body []byte) []byte {
	cmd, err := s.route(r)
	if err != nil {
		return failure(false, err)
	}
	c := &call{Context: r.Context(), s: s, cmd: cmd, platform: "RESTAPI", host: r.Host, query: r.URL.Query()}
	if c.ip, _, err = net.SplitHostPort(r.RemoteAddr); err != nil {
		c.ip = r.RemoteAddr
	}
	svc := services[cmd.service]
	if err := s.admit(c, c.query); err != nil {
		return failure(svc.bare, err)
	}
	err = errNoObject
	if len(body) <= MaxBody {
		c.fields, err = readFields(body, svc.badField)
	}
	if err != nil {
		return failure(svc.bare, refuse(svc.badBody, "the body is not a JSON object"))
	}
	result, err := cmd.run(c)
	if err != nil {
		return failure(svc.bare, s.explain(c, svc, err))
	}
	answer, err := success(svc.bare, result)
	if err == nil && cmd.limit > 0 && len(answer) > cmd.limit {
		err = refuse(codeTooLarge, "the answer exceeds %d bytes", cmd.limit)
	}
	if err != nil {
		return failure(svc.bare, s.explain(c, svc, err))
	}
	return answer
}

// Refuse is the envelope of a call to path that fails with code. It is for faults made on purpose.
func (s *Service) Refuse(path string, code int) []byte {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/v4/"), "/")
	return failure(services[name].bare, refuse(code, "fault made on purpose"))
}

func (s *Service) route(r *http.Request) (*command, error) {
	name, ok := strings.CutPrefix(r.URL.Path, "/v4/")
	service, command, two := strings.Cut(name, "/")
	if r.Method != http.MethodPost || !ok || !two || service == "" || command == "" || strings.Contains(command, "/") {
		return nil, refuse(60002, "the request line is not POST /v4/SERVICE/COMMAND")
	}
	svc, ok := services[service]
	if !ok {
		return nil, refuse(60009, "no such service: %s", service)
	}
	cmd := s.commands[name]
	if cmd == nil {
		return nil, refuse(svc.unknown, "no such command: %s", name)
	}
	return cmd, nil
}

// admit checks app, signature, administrator and rate.
func (s *Service) admit(c *call, q url.Values) error {
	if !q.Has("sdkappid") || q.Get("sdkappid") == "" {
		return refuse(60012, "sdkappid is missing")
	}
	id, err := strconv.ParseInt(q.Get("sdkappid"), 10, 64)
	if err != nil {
		return refuse(60006, "sdkappid is no number")
	}
	app, ok := s.apps[id]
	if !ok {
		return refuse(codeNoApp, "sdkappid is unknown")
	}
	c.app, c.admin = id, q.Get("identifier")
	if err := s.verify(c.Context, app, c.admin, q.Get("usersig")); err != nil {
		return err
	}
	if !c.cmd.members && !c.isAdmin(c.admin) {
		return refuse(codeNoAdmin, "the identifier is no administrator of the app")
	}
	if allowed, first := s.rates.allow(s.now(), rateKey{id, c.cmd}, c.cmd.rate); !allowed {
		if first {
			if err := c.overLimit(); err != nil {
				return err
			}
		}
		if c.cmd.rateCode != 0 {
			return refuse(c.cmd.rateCode, "called more than %d times a second", c.cmd.rate)
		}
		return refuse(60007, "called more than %d times a second", c.cmd.rate)
	}
	return nil
}

// overLimit tells the app that a command is called too often.
func (c *call) overLimit() error {
	return c.tell(nil, "limits", "Alert.RequestOverLimit", struct {
		ServiceName, Command string
		Request, Limit       int
	}{c.cmd.service, c.cmd.name, c.cmd.rate + 1, c.cmd.rate})
}

// verify checks that text is a UserSig of the identifier that is good now.
func (s *Service) verify(ctx context.Context, app App, identifier, text string) error {
	if text == "" {
		return refuse(70002, "usersig is empty")
	}
	sig := s.sigs.get(text)
	if sig == nil {
		var err error
		if sig, err = decodeSig(text); err != nil {
			return refuse(70003, "usersig is malformed")
		}
	}
	switch {
	case sig.appID != app.ID:
		return refuse(70014, "usersig was made for another sdkappid")
	case sig.Identifier != identifier:
		return refuse(70013, "usersig was made for another identifier")
	case !sig.signedWith(app.Key):
		return refuse(70009, "usersig was made with another key")
	case sig.expired(s.now().Unix()):
		return refuse(codeExpired, "usersig has expired")
	}
	if !slices.Contains(app.Admins, identifier) {
		kicked, err := s.store.Read(ctx).KickedAt(app.ID, identifier)
		if err != nil {
			return err
		}
		if sig.time < kicked {
			return refuse(codeExpired, "the login of this usersig was ended")
		}
	}
	s.sigs.put(text, sig)
	return nil
}

// explain turns an error into the refusal to answer with. What is no refusal and names nothing missing is a fault of
// ours: it is logged, and answered with the service's code for internal trouble.
func (s *Service) explain(c *call, svc service, err error) error {
	r, known := refusalOf(svc, err)
	if !known && c.Context.Err() == nil {
		s.log.Error("emulator: command failed", "command", c.cmd.service+"/"+c.cmd.name, "app", c.app, "err", err)
	}
	return r
}

// refusalOf is what an error is answered with. It is not known if it is a fault of ours.
func refusalOf(svc service, err error) (r *refusal, known bool) {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r, true
	}
	switch {
	case errors.Is(err, community.ErrNoGroup):
		return &refusal{code: codeNoGroup, info: "this group does not exist"}, true
	case errors.Is(err, community.ErrDismissed):
		return &refusal{code: codeDismissed, info: "this group has been dismissed"}, true
	case errors.Is(err, community.ErrNoAccount):
		return &refusal{code: svc.noAccount, info: "this account has not been imported"}, true
	}
	return &refusal{code: svc.internal, info: "internal error"}, false
}

// sigCache keeps signatures that were found good, so that a caller who reuses one, as all do, pays for it once.
type sigCache struct {
	mu   sync.Mutex
	sigs map[string]*userSig
}

const maxSigs = 256

func (c *sigCache) get(text string) *userSig {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sigs[text]
}

func (c *sigCache) put(text string, sig *userSig) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sigs == nil || len(c.sigs) >= maxSigs {
		c.sigs = map[string]*userSig{}
	}
	c.sigs[text] = sig
}

type rateKey struct {
	app int64
	cmd *command
}

// rates counts calls over the last second, exactly, per app and command.
type rates struct {
	mu      sync.Mutex
	windows map[rateKey]*window
	over    map[string]int64 // calls that were refused, by command
}

// rateSlack is how much shorter than a second the window is, so that a caller who keeps exactly to the rate is not
// refused for the jitter of a network.
const rateSlack = 50 * time.Millisecond

// window holds the times of the latest calls let through, as many as may be in a second.
type window struct {
	times   []time.Time
	next    int
	refused int64 // second in which a call was refused last
}

// allow reports whether a call may be let through, and, if not, whether it is the first one of this second.
func (r *rates) allow(now time.Time, key rateKey, rate int) (allowed, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.windows[key]
	if w == nil {
		if r.windows == nil {
			r.windows = map[rateKey]*window{}
		}
		w = &window{}
		r.windows[key] = w
	}
	if w.allow(now, rate) {
		return true, false
	}
	if r.over == nil {
		r.over = map[string]int64{}
	}
	r.over[key.cmd.service+"/"+key.cmd.name]++
	first = w.refused != now.Unix()
	w.refused = now.Unix()
	return false, first
}

// OverLimit counts the calls that were refused for their command's rate, by command. It is empty as long as nobody calls too
// often.
func (s *Service) OverLimit() map[string]int64 {
	s.rates.mu.Lock()
	defer s.rates.mu.Unlock()
	return maps.Clone(s.rates.over)
}

func (w *window) allow(now time.Time, rate int) bool {
	if len(w.times) < rate {
		w.times = append(w.times, now)
		return true
	}
	if now.Sub(w.times[w.next]) < time.Second-rateSlack {
		return false
	}
	w.times[w.next] = now
	w.next = (w.next + 1) % rate
	return true
}
