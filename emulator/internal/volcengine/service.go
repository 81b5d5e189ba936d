// Package volcengine speaks the server OpenAPI of Volcengine IM (service rtc, version 2020-12-01) over a community, and
// sends its webhooks. It was written from the vendor's documents alone.
//
//	service.go   the way of a request: order of checks, envelope     sign.go    signatures, by header and by query
//	refusal.go   error codes                                          rates.go   calls a second of an account
//	fields.go    what is read from a request                          action.go  the table of actions
//	hook.go      webhooks                                             client.go  what users do on their devices
//	media.go     addresses of the emulator's own media
//	bookmark.go  where lists with an offset go on                     seed.go    an app filled with the demo
//
// and one file an area: conversation, setting (of a user, and how far he has read), participant, block (mutes and bans), live, message, send, user, friend, broadcast.
//
// Where the documents leave something open, the comment of the code that decides says "Open:".
package volcengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"imdesk/emulator/internal/community"
)

// Version is the only one of the API.
const Version = "2020-12-01"

// defaultRegion is what an answer names if the request did not come so far as to name one.
const defaultRegion = "cn-north-1"

// MaxBody bounds a request's body; the largest legal ones (500 receivers, long content) stay below.
const MaxBody = 4 << 20

// App is one application. Apps with one access key are of one account.
type App struct {
	ID                   int64
	AccessKey, SecretKey string
	StatusOK             bool  // refusals of IM itself come with HTTP 200, not 400
	MaxMembers           int64 // of a group; 0 = any number
	MaxConversations     int64 // of a user; 0 = any number
}

// Service answers the OpenAPI. It is safe for concurrent use.
type Service struct {
	store   *community.Store
	apps    map[int64]App
	secrets map[string]string // by access key
	actions map[string]*action
	log     *slog.Logger

	rates     rates
	flood     flood
	allowance allowances
	bookmarks bookmarks
	online    presence
	hooks     *hooks
	ids       requestIDs

	fills map[int64]*fill
}

// New returns a service over store for the given apps.
func New(store *community.Store, apps []App, log *slog.Logger) *Service {
	s := &Service{
		store: store, apps: map[int64]App{}, secrets: map[string]string{}, actions: map[string]*action{}, log: log,
		hooks: newHooks(store.Now, log), fills: map[int64]*fill{},
	}
	for _, a := range apps {
		s.apps[a.ID] = a
		s.secrets[a.AccessKey] = a.SecretKey
	}
	for _, a := range actions() {
		s.actions[a.name] = &a
	}
	return s
}

func (s *Service) now() time.Time { return s.store.Now() }

// Actions lists what the service knows.
func (s *Service) Actions() []string {
	names := make([]string, 0, len(s.actions))
	for name := range s.actions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Answer is what goes back: an envelope, and the status it is sent with.
type Answer struct {
	Status int
	Body   []byte
}

// call is one request on its way to its action.
type call struct {
	*fields
	context.Context
	s       *Service
	app     App
	account string // access key of the caller
}

func (c *call) read() community.Conn { return c.s.store.Read(c.Context) }

func (c *call) update(fn func(*community.Tx) error) error { return c.s.store.Update(c.Context, fn) }

// metadata heads every answer.
type metadata struct {
	RequestId string
	Action    string
	Version   string
	Service   string
	Region    string
	Error     *wireError `json:",omitempty"`
}

// wireError is an error as it is sent. CodeN is never 0: the vendor's own Go client overlooks an error without.
type wireError struct {
	CodeN   int
	Code    string
	Message string
}

// Answer checks a request in the fixed order of the protocol and runs its action. body is r's, read up to a byte beyond MaxBody.
func (s *Service) Answer(r *http.Request, body []byte) Answer {
	meta := s.metadata(r)
	result, err := s.answer(r, body, &meta)
	if err != nil {
		return s.failure(meta, err)
	}
	if result == nil {
		result = struct{}{}
	}
	b, err := json.Marshal(struct {
		ResponseMetadata metadata
		Result           any
	}{meta, result})
	if err != nil {
		return s.failure(meta, fmt.Errorf("encode the answer: %w", err))
	}
	return Answer{http.StatusOK, toHost(r.Host, b)}
}

// Refuse is the answer with one of the vendor's numbers, for faults made on purpose.
func (s *Service) Refuse(r *http.Request, codeN int) Answer {
	return s.failure(s.metadata(r), numbered(codeN))
}

func (s *Service) metadata(r *http.Request) metadata {
	q := r.URL.Query()
	return metadata{RequestId: s.ids.next(s.now()), Action: q.Get("Action"), Version: q.Get("Version"), Service: serviceName, Region: defaultRegion}
}

func (s *Service) failure(meta metadata, err error) Answer {
	ref, ok := errors.AsType[*refusal](err)
	if !ok {
		ref = translate(err)
	}
	if ref == errInternal {
		s.log.Error("emulator: volcengine", "action", meta.Action, "request", meta.RequestId, "err", err)
	}
	meta.Error = &wireError{ref.codeN, ref.code, ref.message}
	b, err := json.Marshal(struct{ ResponseMetadata metadata }{meta})
	if err != nil { // text and numbers always encode
		panic(err)
	}
	status := ref.status
	if ref.quiet {
		status = http.StatusOK
	}
	return Answer{status, b}
}

// answer runs the checks in their order. Open: the order itself.
func (s *Service) answer(r *http.Request, body []byte, meta *metadata) (any, error) {
	query := r.URL.Query()
	for _, name := range []string{"Action", "Version"} {
		if query.Get(name) == "" {
			return nil, errMissingParameter.with(name)
		}
	}
	act := s.actions[meta.Action]
	if act == nil || meta.Version != Version || r.Method != http.MethodPost {
		return nil, errUnknownAction.with(meta.Action, meta.Version)
	}
	signed, err := s.verify(r, query, body)
	if signed.region != "" {
		meta.Region = signed.region
	}
	if err != nil {
		return nil, err
	}
	if act.rate > 0 && !s.rates.allow(s.now(), rateKey{signed.accessKey, act.name}, act.rate) {
		return nil, errFlowLimit
	}
	if len(body) > MaxBody {
		return nil, errInvalidParam.say("the body is too large")
	}
	f, err := parse(fromHost(r.Host, body))
	if err != nil {
		return nil, err
	}
	app, err := s.appOf(f, signed.accessKey)
	if err != nil {
		return nil, err
	}
	result, err := s.run(&call{fields: f, Context: r.Context(), s: s, app: app, account: signed.accessKey}, act)
	if ref, ok := errors.AsType[*refusal](err); app.StatusOK && err != nil {
		if !ok {
			ref = translate(err)
		}
		if ref.im {
			quiet := *ref
			quiet.quiet = true
			return nil, &quiet
		}
	}
	return result, err
}

func (s *Service) run(c *call, act *action) (any, error) {
	if err := s.filled(c.Context, c.app.ID); err != nil {
		return nil, err
	}
	return act.run(c)
}

// appOf finds the app that a request is about.
func (s *Service) appOf(f *fields, accessKey string) (App, error) {
	id := f.i32("AppId", need)
	if err := f.failed(); err != nil {
		return App{}, err
	}
	app, ok := s.apps[id]
	switch {
	case !ok:
		return App{}, errAppNotFound
	case app.AccessKey != accessKey:
		return App{}, errNoAuth
	}
	return app, nil
}

// requestIDs are unique, and tell the time as the vendor's do: 14 digits of it, then 18 of our own.
type requestIDs struct {
	mu sync.Mutex
	n  uint64
}

func (g *requestIDs) next(now time.Time) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n++
	return fmt.Sprintf("%s%06d%012X", now.UTC().Format("20060102150405"), now.Nanosecond()/1000, g.n)
}
