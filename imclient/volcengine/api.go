package volcengine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// Config is one app.
type Config struct {
	AppID     string // digits
	AccessKey string // of the Volcengine account, or of a user of it who may call the service
	SecretKey string
	Token     string // with temporary credentials

	// TextIDs says that the app's users have texts for ids. Where the service has fields for texts, users go there, also those whose
	// ids are digits; actions that have none take no other users.
	TextIDs bool

	Region   string // one of Regions; "" = cn-north-1. It is signed also if Endpoint is set
	Endpoint string // scheme and host, such as "https://rtc.volcengineapi.com"; "" = the region's

	HTTP      *http.Client // its Transport is used; nil = an own one
	Now       func() time.Time
	Log       *slog.Logger
	RateShare float64       // the share of the documented rates that we may use, above 0 to 1; 0 = 1. Not used if Account is set
	Account   *Account      // the rates that the apps of one account share; nil = they are this app's alone
	Timeout   time.Duration // for one attempt; 0 = 10 s
}

// Regions names the regions with their hosts.
//
// Source: Volcengine RTC, "OpenAPI basics" (doc 69828).
func Regions() map[string]string {
	return map[string]string{
		"cn-north-1":     "https://rtc.volcengineapi.com",
		"ap-southeast-1": "https://open-ap-singapore-1.volcengineapi.com",
	}
}

const (
	defaultRegion  = "cn-north-1"
	serviceName    = "rtc"
	defaultTimeout = 10 * time.Second
	dialTimeout    = 3 * time.Second
	maxRequest     = 1 << 20 // bytes
	attempts       = 3       // of one call
)

// Account keeps the rates of a Volcengine account, which all its apps share.
type Account struct {
	gates *calls.Gates
	once  sync.Once // for sharing them
}

// NewAccount makes the lines in front of the rates. share is the part of them that we may use, above 0 to 1.
func NewAccount(share float64) (*Account, error) {
	if !(share > 0 && share <= 1) {
		return nil, fmt.Errorf("volcengine: rate share %v is not above 0 and at most 1", share)
	}
	perSecond := map[string]float64{}
	for _, a := range actions {
		perSecond[a.Name] = a.Rate * share
	}
	return &Account{gates: calls.NewGates(2*len(actions), func(name string) float64 { return perSecond[name] })}, nil
}

// ShareRates has the account's rates used by several processes. Nothing is sent until SetShare. Of several apps of the account
// the first one counts.
func (a *Account) ShareRates(turns imclient.Turns) {
	a.once.Do(func() { a.gates.Share("", turns) })
}

// SetShare says what part of the rates may be used, until a time.
func (a *Account) SetShare(part float64, until time.Time) { a.gates.SetPart(part, until) }

// API is one app of the vendor's OpenAPI: a method for each action. It is safe for concurrent use.
type API struct {
	cfg      Config
	appID    string
	endpoint string
	log      *slog.Logger
	now      func() time.Time
	http     *calls.HTTP
	account  *Account
	recorder calls.Recorder

	life context.Context // ends with Close
	end  context.CancelCauseFunc

	// written is called after each write that may have been carried out, with the conversation it was about if any.
	written func(a *Action, conversation string)
}

// NewAPI checks the configuration and makes a client of the OpenAPI. Nothing is called yet.
func NewAPI(cfg Config) (*API, error) {
	id, err := strconv.ParseInt(cfg.AppID, 10, 32)
	if err != nil || id <= 0 {
		return nil, fmt.Errorf("volcengine: AppId %.40q is not a positive number of 32 bits", cfg.AppID)
	}
	if cfg.AccessKey == "" || cfg.SecretKey == "" {
		return nil, fmt.Errorf("volcengine: app %d needs an access key and its secret", id)
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
	}
	host, known := Regions()[cfg.Region]
	if !known {
		return nil, fmt.Errorf("volcengine: there is no region %.40q", cfg.Region)
	}
	if cfg.Endpoint != "" {
		u, err := url.Parse(cfg.Endpoint)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
			return nil, fmt.Errorf("volcengine: endpoint %.80q is not a scheme and a host", cfg.Endpoint)
		}
		host = u.Scheme + "://" + u.Host
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.RateShare == 0 {
		cfg.RateShare = 1
	}
	if cfg.Account == nil {
		if cfg.Account, err = NewAccount(cfg.RateShare); err != nil {
			return nil, err
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{
		cfg: cfg, appID: strconv.FormatInt(id, 10), endpoint: host, now: cfg.Now, account: cfg.Account,
		log:     cfg.Log.With("vendor", string(imclient.Volcengine), "app_id", id),
		http:    calls.NewHTTP(cfg.HTTP, cfg.Timeout, dialTimeout),
		written: func(*Action, string) {},
	}
	a.life, a.end = context.WithCancelCause(context.Background())
	return a, nil
}

// pool names the account without telling its key.
func (a *API) pool() string {
	sum := sha256.Sum256([]byte(a.endpoint + " " + a.cfg.AccessKey))
	return "volcengine " + hex.EncodeToString(sum[:8])
}

// Close ends waiting and running calls and idle connections.
func (a *API) Close() {
	a.end(calls.ErrClosed)
	a.http.Close()
}

// Stats says how the service has answered in the last minute.
func (a *API) Stats() imclient.Stats {
	s := a.recorder.Stats(time.Now())
	a.account.gates.Each(func(g *calls.Gate) { s.Waiting += g.Queued() })
	return s
}

// request is one call as do sends it.
type request struct {
	action       *Action
	body         []byte
	conversation string
	keyed        bool // an id in it makes it safe to repeat
	report       *report
}

// report tells Check and Raw what an error does not.
type report struct {
	date    time.Time // of the answer's header; zero without one
	at      time.Time // our clock when it came
	latency time.Duration
}

// outcome is how one attempt went. kind is nil for a success.
type outcome struct {
	kind      error
	code      string
	status    int
	detail    string
	requestID string
	after     time.Duration
	sent      bool
	took      time.Duration
	cause     error
}

// do sends one call: waits for its turn, signs, tries, decides what the answer means, and tries again where that is safe.
func (a *API) do(ctx context.Context, r request, judge func([]byte) verdict) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(a.life, func() { cancel(calls.ErrClosed) })()

	if len(r.body) > maxRequest {
		return a.fail(ctx, r, outcome{kind: imclient.ErrInvalid, cause: fmt.Errorf("request of %d bytes is over %d", len(r.body), maxRequest)})
	}
	var out outcome
	sent := false
	var last time.Duration // of the last attempt that was answered
	for n := 1; ; n++ {
		out = a.attempt(ctx, r, judge)
		sent = sent || out.sent
		last = max(last, out.took)
		wait, ok := again(r, out, n)
		if !ok || !calls.Pause(ctx, wait) {
			break
		}
	}
	if r.action.Write && sent {
		a.written(r.action, r.conversation)
	}
	a.record(ctx, out, last)
	if out.kind == nil {
		return nil
	}
	out.sent = sent
	return a.fail(ctx, r, out)
}

// fail turns an outcome into the error that callers get.
func (a *API) fail(ctx context.Context, r request, o outcome) error {
	return &imclient.Error{
		Op: calls.Op(ctx, r.action.Name), Vendor: imclient.Volcengine, Kind: o.kind, Code: o.code, Status: o.status, Detail: o.detail,
		RequestID: o.requestID, RetryAfter: o.after, Sent: o.sent, Cause: o.cause,
	}
}

// record counts a finished call. A caller who went away says nothing about the service.
func (a *API) record(ctx context.Context, o outcome, took time.Duration) {
	if o.kind != nil && errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	failed := errors.Is(o.kind, imclient.ErrUnavailable) || errors.Is(o.kind, imclient.ErrRateLimited) || errors.Is(o.kind, imclient.ErrProtocol)
	a.recorder.Call(time.Now(), took, failed)
}

// again decides whether a call may be sent once more, and after how long. What the flow control refuses was not carried
// out, so that a write is safe, too.
func again(r request, o outcome, n int) (time.Duration, bool) {
	if _, busy := errors.AsType[calls.ErrBusy](o.cause); busy || o.kind == nil || n >= attempts {
		return 0, false
	}
	jitter := func(d time.Duration) time.Duration { return d + rand.N(d) }
	switch {
	case errors.Is(o.kind, imclient.ErrRateLimited) && o.sent:
		return max(o.after, jitter(time.Duration(n)*time.Second)), true
	case errors.Is(o.kind, imclient.ErrUnavailable) && (!r.action.Write || r.keyed):
		return jitter(time.Duration(n*n) * 100 * time.Millisecond), true
	}
	return 0, false
}

// attempt waits for the call's turn and sends it.
func (a *API) attempt(ctx context.Context, r request, judge func([]byte) verdict) outcome {
	line := a.account.gates.Get(r.action.Name)
	if err := line.Wait(ctx, imclient.PriorityOf(ctx)); err != nil {
		kind, cause, after := calls.NotSent(ctx, err)
		return outcome{kind: kind, cause: cause, after: after}
	}
	calls.Leaving(ctx)
	out := a.send(ctx, r, judge)
	a.log.LogAttrs(ctx, slog.LevelDebug, "im call", slog.String("op", calls.Op(ctx, r.action.Name)), slog.String("code", out.code),
		slog.Int("status", out.status), slog.Duration("took", out.took), slog.Bool("sent", out.sent))
	switch {
	case strings.HasPrefix(out.code, "AccountFlowLimitExceeded"):
		a.account.gates.Each(func(g *calls.Gate) { g.Pause(time.Second) })
	case errors.Is(out.kind, imclient.ErrRateLimited):
		line.Pause(time.Second)
	}
	return out
}

// send makes one HTTP exchange.
func (a *API) send(ctx context.Context, r request, judge func([]byte) verdict) outcome {
	answer := a.http.Do(ctx, func(ctx context.Context) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.address(r.action), bytes.NewReader(r.body))
		if err != nil {
			return nil, errors.New("the request's address is not valid")
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json")
		Sign(req, r.body, a.credentials(), a.now())
		return req, nil
	})
	if r.report != nil && answer.Status != 0 {
		*r.report = report{date: answer.Date, at: a.now(), latency: answer.Took}
	}
	out := outcome{status: answer.Status, sent: answer.Sent, took: answer.Took, kind: answer.Kind, cause: answer.Cause}
	if answer.Kind == nil {
		out.decide(judge(answer.Body))
	}
	return out
}

func (a *API) address(act *Action) string {
	return a.endpoint + "/?Action=" + act.Name + "&Version=" + Version
}

func (a *API) credentials() Credentials {
	return Credentials{AccessKey: a.cfg.AccessKey, SecretKey: a.cfg.SecretKey, Token: a.cfg.Token, Region: a.cfg.Region, Service: serviceName}
}

// decide settles what an answer means. An Error in the body decides; the status matters only where there is none.
func (o *outcome) decide(v verdict) {
	o.requestID = v.requestID
	switch {
	case v.failed:
		o.kind, o.code, o.detail = kindOf(v.code, o.status), v.code, v.detail
	case o.status == http.StatusOK && v.broken != nil:
		o.kind, o.cause = imclient.ErrProtocol, v.broken
	case o.status == http.StatusOK:
	case o.status == http.StatusTooManyRequests:
		o.kind = imclient.ErrRateLimited
	case o.status >= 500 || o.status == http.StatusRequestTimeout:
		o.kind = imclient.ErrUnavailable
	default:
		o.kind = imclient.ErrProtocol
	}
}
