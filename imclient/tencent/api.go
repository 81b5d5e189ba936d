package tencent

import (
	"bytes"
	"context"
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
	SDKAppID      string // digits
	Administrator string // UserID of an administrator of the app, as set in the vendor's console
	Key           string // the app's secret key, as the console shows it

	Region         string // one of Regions; "" = china. Not used if Endpoint is set
	Endpoint       string // scheme and host, such as "https://console.tim.qq.com"; "" = the region's
	BackupEndpoint string // "" = the region's, or none if Endpoint is set

	HTTP      *http.Client // its Transport is used; nil = an own one
	Now       func() time.Time
	Log       *slog.Logger
	RateShare float64       // the share of the documented rates that we may use, above 0 to 1; 0 = 1. Not used if Rates is set
	Rates     *Rates        // the app's, shared with another client of it; nil = they are this one's alone
	Timeout   time.Duration // for one attempt; 0 = 10 s. The service itself gives up after 3 s, so it must be longer

	// The app's own fields, as made in the vendor's console. The service tells them only to who names them.
	GroupFields []string // keys of AppDefinedData, at most 10
	UserFields  []string // tags without their prefix Tag_Profile_Custom_
}

// Rates are the lines in front of what the vendor allows an app in a second. Clients of one app share them, as while one takes
// the place of another.
type Rates struct {
	commands *calls.Gates // by path
	groups   *calls.Gates // messages sent, by group
	once     sync.Once    // for sharing them
}

// NewRates makes the lines of an app. share is the part of the rates that we may use, above 0 to 1.
func NewRates(share float64) (*Rates, error) {
	if !(share > 0 && share <= 1) {
		return nil, fmt.Errorf("tencent: rate share %v is not above 0 and at most 1", share)
	}
	perSecond := map[string]float64{}
	for _, c := range commands {
		perSecond[c.Path()] = c.Rate * share
	}
	return &Rates{
		commands: calls.NewGates(2*len(commands), func(path string) float64 { return perSecond[path] }),
		groups:   calls.NewGates(1000, func(string) float64 { return rateGroupMessages * share }),
	}, nil
}

// shareRates has the rates used by several processes; of several clients of the app the first one counts.
func (r *Rates) shareRates(turns imclient.Turns) {
	r.once.Do(func() {
		r.commands.Share("", turns)
		r.groups.Share("group ", turns)
	})
}

// API is one app of the vendor's REST API: a method for each command. It is safe for concurrent use.
type API struct {
	cfg   Config
	log   *slog.Logger
	now   func() time.Time
	sign  *signer
	hosts *hosts
	http  *calls.HTTP

	rates    *Rates
	recorder calls.Recorder

	life context.Context // ends with Close
	end  context.CancelCauseFunc

	// written is called after each write that may have been carried out, with the group it was about if any.
	written func(c *Command, group string)

	vocabulary vocabulary
}

const (
	defaultTimeout = 10 * time.Second
	backendTimeout = 3 * time.Second // the service's own, by its page
	maxRequest     = 1 << 20         // bytes; the largest documented list is far below
	attempts       = 3               // of one call, failures to reach a host not counted
)

// NewAPI checks the configuration and makes a client of the REST API. Nothing is called yet.
func NewAPI(cfg Config) (*API, error) {
	appID, err := parseAppID(cfg.SDKAppID)
	if err != nil {
		return nil, fmt.Errorf("tencent: %w", err)
	}
	if cfg.Administrator == "" || cfg.Key == "" {
		return nil, fmt.Errorf("tencent: app %d needs an administrator and a key", appID)
	}
	bases, err := endpoints(cfg.Region, cfg.Endpoint, cfg.BackupEndpoint)
	if err != nil {
		return nil, fmt.Errorf("tencent: %w", err)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Timeout <= backendTimeout {
		return nil, fmt.Errorf("tencent: timeout %v is not above the service's own of %v", cfg.Timeout, backendTimeout)
	}
	if cfg.RateShare == 0 {
		cfg.RateShare = 1
	}
	if cfg.Rates == nil {
		if cfg.Rates, err = NewRates(cfg.RateShare); err != nil {
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
		cfg: cfg, log: cfg.Log.With("vendor", string(imclient.Tencent), "sdkappid", cfg.SDKAppID), now: cfg.Now,
		sign:    &signer{key: cfg.Key, appID: appID, admin: cfg.Administrator, now: cfg.Now},
		hosts:   &hosts{list: bases},
		rates:   cfg.Rates,
		written: func(*Command, string) {},
	}
	a.life, a.end = context.WithCancelCause(context.Background())
	a.http = calls.NewHTTP(cfg.HTTP, cfg.Timeout, backendTimeout)
	return a, nil
}

// Close ends waiting and running calls and idle connections.
func (a *API) Close() {
	a.end(calls.ErrClosed)
	a.http.Close()
}

// ShareRates has the app's rates used by several processes. Nothing is sent until SetShare.
func (a *API) ShareRates(turns imclient.Turns) {
	a.rates.shareRates(turns)
}

// SetShare says what part of the rates may be used, until a time.
func (a *API) SetShare(part float64, until time.Time) {
	a.rates.commands.SetPart(part, until)
	a.rates.groups.SetPart(part, until)
}

// Stats says how the service has answered in the last minute.
func (a *API) Stats() imclient.Stats {
	s := a.recorder.Stats(time.Now())
	a.rates.commands.Each(func(g *calls.Gate) { s.Waiting += g.Queued() })
	a.rates.groups.Each(func(g *calls.Gate) { s.Waiting += g.Queued() })
	return s
}

// request is one call as do sends it.
type request struct {
	command *Command
	query   string // what comes after the usual parameters
	body    []byte
	group   string // GroupId, if it is about one
	report  *report
}

// report tells Check what an error does not.
type report struct {
	date    time.Time // of the answer's header; zero without one
	at      time.Time // our clock when it came
	latency time.Duration
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
		wait, ok := a.again(r, out, n)
		if !ok || !calls.Pause(ctx, wait) {
			break
		}
	}
	if r.command.Write && sent {
		a.written(r.command, r.group)
	}
	a.record(ctx, out, last)
	if out.kind == nil {
		return nil
	}
	out.sent = sent
	return a.fail(ctx, r, out)
}

// outcome is how one attempt went. kind is nil for a success.
type outcome struct {
	kind      error
	code      int
	status    int
	detail    string
	requestID string
	after     time.Duration
	sent      bool
	resigned  bool // refused for an old signature, and a new one is at hand
	took      time.Duration
	cause     error
}

// fail turns an outcome into the error that callers get.
func (a *API) fail(ctx context.Context, r request, o outcome) error {
	e := &imclient.Error{
		Op: opOf(ctx, r.command), Vendor: imclient.Tencent, Kind: o.kind, Status: o.status, Detail: o.detail,
		RequestID: o.requestID, RetryAfter: o.after, Sent: o.sent, Cause: o.cause,
	}
	if o.code != 0 {
		e.Code = strconv.Itoa(o.code)
	}
	return e
}

// record counts a finished call. A caller who went away says nothing about the service.
func (a *API) record(ctx context.Context, o outcome, took time.Duration) {
	if o.kind != nil && errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	failed := errors.Is(o.kind, imclient.ErrUnavailable) || errors.Is(o.kind, imclient.ErrRateLimited) || errors.Is(o.kind, imclient.ErrProtocol)
	a.recorder.Call(time.Now(), took, failed)
}

// again decides whether a call may be sent once more, and after how long.
func (a *API) again(r request, o outcome, n int) (time.Duration, bool) {
	if _, busy := errors.AsType[calls.ErrBusy](o.cause); busy || o.kind == nil || n >= attempts {
		return 0, false
	}
	jitter := func(d time.Duration) time.Duration { return d + rand.N(d) }
	switch {
	case o.resigned: // the gateway looks at the signature before anything is done, so that a write is safe, too
		return 0, n == 1
	case r.command.Write && !notExecuted(o.code):
		return 0, false
	case errors.Is(o.kind, imclient.ErrRateLimited):
		return max(o.after, jitter(time.Duration(n)*time.Second)), true
	case errors.Is(o.kind, imclient.ErrUnavailable):
		return jitter(time.Duration(n*n) * 100 * time.Millisecond), true
	}
	return 0, false
}

// attempt waits for the call's turn and sends it to the first host that can be reached.
func (a *API) attempt(ctx context.Context, r request, judge func([]byte) verdict) outcome {
	line := a.rates.commands.Get(r.command.Path())
	turns := []*calls.Gate{line}
	if r.command == sendGroupMsg.Command {
		turns = append(turns, a.rates.groups.Get(r.group))
	}
	for _, g := range turns {
		if err := g.Wait(ctx, imclient.PriorityOf(ctx)); err != nil {
			return notSent(ctx, err)
		}
	}
	calls.Leaving(ctx)
	sig, err := a.sign.get()
	if err != nil {
		return outcome{kind: imclient.ErrCredentials, cause: err}
	}
	var out outcome
	order := a.hosts.order(a.now())
	for i, base := range order {
		out = a.send(ctx, base, sig, r, judge)
		if out.sent {
			if i > 0 && a.hosts.reached(base, a.now()) {
				a.log.WarnContext(ctx, "host of the IM service not reached, another one answers", "host", base)
			}
			break
		}
		if ctx.Err() != nil {
			break
		}
	}
	a.log.LogAttrs(ctx, slog.LevelDebug, "im call", slog.String("op", opOf(ctx, r.command)), slog.Int("code", out.code),
		slog.Int("status", out.status), slog.Duration("took", out.took), slog.Bool("sent", out.sent))
	switch {
	case out.code == 60011:
		a.rates.commands.Each(func(g *calls.Gate) { g.Pause(time.Second) })
	case tooFast(out):
		line.Pause(time.Second)
	case out.code == 70001:
		out.resigned = a.sign.drop(sig)
	}
	return out
}

// tooFast tells a refusal of this command's rate from one about a single group or user.
func tooFast(o outcome) bool {
	switch o.code {
	case 60007, 60018, 60019:
		return true
	case 10006:
		return errors.Is(o.kind, imclient.ErrRateLimited)
	}
	return o.status == http.StatusTooManyRequests
}

// notSent is the outcome of a call that never left: its line was too long, or its time was up.
func notSent(ctx context.Context, err error) outcome {
	kind, cause, after := calls.NotSent(ctx, err)
	return outcome{kind: kind, cause: cause, after: after}
}

// send makes one HTTP exchange.
func (a *API) send(ctx context.Context, base, sig string, r request, judge func([]byte) verdict) outcome {
	answer := a.http.Do(ctx, func(ctx context.Context) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+r.command.Path()+"?"+a.query(sig)+r.query, bytes.NewReader(r.body))
		if err != nil {
			return nil, errors.New("the request's address is not valid") // err would quote the signature
		}
		req.Header.Set("Content-Type", "application/json")
		return req, nil
	})
	if r.report != nil && answer.Status != 0 {
		*r.report = report{date: answer.Date, at: a.now(), latency: answer.Took}
	}
	out := outcome{status: answer.Status, sent: answer.Sent, took: answer.Took, kind: answer.Kind, cause: answer.Cause}
	if answer.Kind == nil {
		out.decide(r.command, judge(answer.Body))
	}
	return out
}

// decide settles what an answer means. The code in the body decides; the status matters only where there is none.
func (o *outcome) decide(c *Command, v verdict) {
	switch {
	case v.broken == nil && v.code != 0:
		o.kind, o.code = kindOf(c, int(v.code)), int(v.code)
		o.detail, o.requestID = v.detail, v.requestID
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

// query is the part of the address that every call has. The signature's alphabet needs no escaping, and a server that
// does not unescape it would refuse it.
func (a *API) query(sig string) string {
	admin := strings.ReplaceAll(url.QueryEscape(a.cfg.Administrator), "+", "%20")
	return fmt.Sprintf("sdkappid=%s&identifier=%s&usersig=%s&random=%d&contenttype=json", a.cfg.SDKAppID, admin, sig, rand.Uint32())
}
