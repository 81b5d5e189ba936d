package calls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"imdesk/imclient"
)

// MaxAnswer is how many bytes of an answer are read; one that is longer makes no sense.
const MaxAnswer = 8 << 20

// HTTP makes exchanges with a service, each bounded in time and size.
type HTTP struct {
	client  *http.Client
	owned   *http.Transport // closed by Close; nil if the caller gave one
	timeout time.Duration   // of one exchange
	// traced: the transport tells when it has a connection, so that it is known what never left.
	traced bool
}

// NewHTTP makes one on the transport of given, or on its own if that is nil. dial bounds the way to a connection.
func NewHTTP(given *http.Client, timeout, dial time.Duration) *HTTP {
	h := &HTTP{timeout: timeout, client: &http.Client{
		// A redirect would turn the POST into a GET and show the signature to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if given != nil {
		h.client.Transport = given.Transport
		_, h.traced = given.Transport.(*http.Transport)
		h.traced = h.traced || given.Transport == nil
		return h
	}
	h.owned, h.traced = transport(dial), true
	h.client.Transport = h.owned
	return h
}

func transport(dial time.Duration) *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		// Short, so that a backup host is tried while somebody still waits.
		DialContext:           (&net.Dialer{Timeout: dial, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   dial,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          128,
		MaxIdleConnsPerHost:   64,
		MaxConnsPerHost:       128,
		IdleConnTimeout:       45 * time.Second, // below a web server's usual 60 to 75: a write on a connection it just closed is in doubt
		ExpectContinueTimeout: time.Second,
	}
}

// Close ends idle connections.
func (h *HTTP) Close() {
	if h.owned != nil {
		h.owned.CloseIdleConnections()
	}
}

// Answer is how an exchange went. Kind is nil if an answer came whole, whatever it says.
type Answer struct {
	Status int
	Body   []byte
	Date   time.Time // of the answer's header; zero without one
	Took   time.Duration
	Sent   bool // something may have left this machine
	Kind   error
	Cause  error
}

// Do sends a request that build makes, and reads the answer.
func (h *HTTP) Do(ctx context.Context, build func(context.Context) (*http.Request, error)) Answer {
	ctx, cancel := context.WithTimeoutCause(ctx, h.timeout, ErrTimeout)
	defer cancel()
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	req, err := build(httptrace.WithClientTrace(ctx, trace))
	if err != nil {
		return Answer{Kind: imclient.ErrInvalid, Cause: err}
	}
	start := time.Now()
	resp, err := h.client.Do(req)
	if err != nil {
		// Without a trace of the connection it cannot be ruled out that something left.
		return Answer{Kind: imclient.ErrUnavailable, Sent: connected.Load() || !h.traced, Cause: CauseOf(ctx, withoutURL(err))}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	a := Answer{Status: resp.StatusCode, Body: body, Sent: true, Took: time.Since(start)}
	a.Date, _ = http.ParseTime(resp.Header.Get("Date"))
	switch {
	case err != nil && ctx.Err() != nil:
		a.Kind, a.Cause = imclient.ErrUnavailable, CauseOf(ctx, err)
	case err != nil:
		a.Kind, a.Cause = imclient.ErrProtocol, fmt.Errorf("answer cut after %d bytes: %w", len(body), err)
	case len(body) > MaxAnswer:
		a.Kind, a.Cause = imclient.ErrProtocol, fmt.Errorf("answer is over %d bytes", MaxAnswer)
	}
	return a
}

// Stream sends a request whose answer is too long to be held; the caller bounds and closes it.
func (h *HTTP) Stream(req *http.Request) (*http.Response, error) {
	resp, err := h.client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	return resp, nil
}

// withoutURL takes the address off an error of net/http: a signature may be in it.
func withoutURL(err error) error {
	if u, is := errors.AsType[*url.Error](err); is {
		return u.Err
	}
	return err
}

// NotSent tells kind, cause and time to wait of a call that never left: its line was too long, or its time was up.
func NotSent(ctx context.Context, err error) (kind, cause error, after time.Duration) {
	busy, is := errors.AsType[ErrBusy](err)
	switch {
	case is:
		return imclient.ErrRateLimited, err, busy.After
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return imclient.ErrRateLimited, CauseOf(ctx, err), 0
	}
	return imclient.ErrUnavailable, CauseOf(ctx, err), 0
}

// Pause waits, unless the context would end first.
func Pause(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
