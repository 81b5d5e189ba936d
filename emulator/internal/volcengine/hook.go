package volcengine

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"imdesk/emulator/internal/community"
)

// Webhook is where an app is told what happens. Source: webhook format, doc 293099.
type Webhook struct {
	URL     string        // http or https; "" = nowhere
	Secret  string        // takes part in the signature
	Only    []string      // events to send; none = all
	Timeout time.Duration // of one request; 0 = 5 s
}

// The events that are sent. Of others no names are documented.
const (
	BeforeSend = "BeforeSendMessage"
	AfterSend  = "AfterSendMessage"
)

// Events lists the events that are sent.
func Events() []string { return []string{AfterSend, BeforeSend} }

const (
	hookTime     = 5 * time.Second
	maxHookTime  = time.Minute
	hookAttempts = 3
	hookPause    = 200 * time.Millisecond
	maxWaiting   = 10_000          // events that wait, of an app
	drainTime    = 2 * time.Second // how long Close goes on sending
)

// Check reports what is wrong with the settings.
func (w Webhook) Check() error {
	if w.URL != "" {
		u, err := url.Parse(w.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("callback URL %q is no http or https address", w.URL)
		}
	}
	if w.Timeout < 0 || w.Timeout > maxHookTime {
		return fmt.Errorf("callback time-out %s is not within 0 and %s", w.Timeout, maxHookTime)
	}
	for _, name := range w.Only {
		if !slices.Contains(Events(), name) {
			return fmt.Errorf("no callback %q is sent", name)
		}
	}
	return nil
}

func (w Webhook) wants(event string) bool {
	return w.URL != "" && (len(w.Only) == 0 || slices.Contains(w.Only, event))
}

// hookEvent is a webhook's body. AppId is text here.
type hookEvent struct {
	EventType string
	EventData string
	EventTime string
	EventId   string
	AppId     string
	Version   string
	Nonce     string
	Signature string
}

// sign is the hash of the values and the secret, sorted as text. Source: webhook signature, doc 293101.
func (e *hookEvent) sign(secret string) {
	values := []string{e.EventType, e.EventData, e.EventTime, e.EventId, e.AppId, e.Version, e.Nonce, secret}
	slices.Sort(values)
	e.Signature = hexSHA256([]byte(strings.Join(values, "")))
}

// HookStats counts webhooks since the start.
type HookStats struct {
	Sent    int64            `json:"sent"`    // attempts
	Failed  int64            `json:"failed"`  // attempts without HTTP 200
	Retried int64            `json:"retried"` // attempts after the first
	Dropped int64            `json:"dropped"` // never or no longer sent
	Waiting int64            `json:"waiting"`
	Events  map[string]int64 `json:"events"`
}

// hooks sends webhooks: those of an app one after another, in the order of what happened.
type hooks struct {
	client *http.Client
	now    func() time.Time
	log    *slog.Logger
	busy   sync.WaitGroup
	ctx    context.Context // ends the sending
	stop   context.CancelFunc

	mu     sync.Mutex
	apps   map[int64]Webhook
	queue  map[int64][]hookEvent
	stats  HookStats
	closed bool
}

func newHooks(now func() time.Time, log *slog.Logger) *hooks {
	h := &hooks{now: now, log: log, apps: map[int64]Webhook{}, queue: map[int64][]hookEvent{}, stats: HookStats{Events: map[string]int64{}}}
	h.ctx, h.stop = context.WithCancel(context.Background())
	h.client = &http.Client{
		Transport:     &http.Transport{IdleConnTimeout: time.Minute, DisableCompression: true}, // and no proxy: the receiver is a test's
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return h
}

func (h *hooks) of(app int64) Webhook {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.apps[app]
}

// event makes a webhook's body.
func (h *hooks) event(app int64, w Webhook, name string, data any) (hookEvent, error) {
	b, err := json.Marshal(data)
	if err != nil {
		return hookEvent{}, fmt.Errorf("webhook %s: %w", name, err)
	}
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return hookEvent{}, fmt.Errorf("webhook %s: %w", name, err)
	}
	nonce, err := rand.Int(rand.Reader, big.NewInt(10_000))
	if err != nil {
		return hookEvent{}, fmt.Errorf("webhook %s: %w", name, err)
	}
	e := hookEvent{
		EventType: name, EventData: string(b), EventTime: h.now().UTC().Format("2006-01-02T15:04:05.000000000Z"), EventId: hex.EncodeToString(id),
		AppId: text(app), Version: Version, Nonce: fmt.Sprintf("%04d", nonce),
	}
	e.sign(w.Secret)
	return e, nil
}

// tell queues an event of the app.
func (h *hooks) tell(app int64, name string, data any) {
	w := h.of(app)
	if !w.wants(name) {
		return
	}
	e, err := h.event(app, w, name, data)
	if err != nil {
		h.log.Error("emulator: webhook", "app", app, "event", name, "err", err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.queue[app]) >= maxWaiting {
		h.stats.Dropped++
		return
	}
	h.stats.Waiting++
	if h.queue[app] = append(h.queue[app], e); len(h.queue[app]) == 1 {
		h.busy.Go(func() { h.run(app) })
	}
}

// run sends what waits for the app, until nothing does.
func (h *hooks) run(app int64) {
	for {
		h.mu.Lock()
		if len(h.queue[app]) == 0 {
			delete(h.queue, app)
			h.mu.Unlock()
			return
		}
		e := h.queue[app][0]
		h.mu.Unlock()
		err := h.deliver(app, e)
		if err != nil {
			h.log.Warn("emulator: webhook was not delivered", "app", app, "event", e.EventType, "id", e.EventId, "err", err)
		}
		h.mu.Lock()
		h.queue[app] = h.queue[app][1:]
		if h.stats.Waiting--; err != nil {
			h.stats.Dropped++
		}
		h.mu.Unlock()
	}
}

// deliver sends an event up to three times, unchanged: with the same EventId and Nonce.
func (h *hooks) deliver(app int64, e hookEvent) (err error) {
	for attempt := range hookAttempts {
		if attempt > 0 {
			select {
			case <-time.After(hookPause):
			case <-h.ctx.Done():
				return h.ctx.Err()
			}
			h.mu.Lock()
			h.stats.Retried++
			h.mu.Unlock()
		}
		if err = h.post(h.ctx, h.of(app), e); err == nil || h.ctx.Err() != nil {
			return err
		}
	}
	return err
}

var errNot200 = errors.New("the answer is not HTTP 200")

func (h *hooks) post(ctx context.Context, w Webhook, e hookEvent) (err error) {
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.stats.Sent++
		h.stats.Events[e.EventType]++
		if err != nil {
			h.stats.Failed++
		}
	}()
	if w.URL == "" {
		return errors.New("there is no address any more")
	}
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	limit := hookTime
	if w.Timeout > 0 {
		limit = w.Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := h.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) //nolint:errcheck // what it says does not matter
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %d", errNot200, resp.StatusCode)
	}
	return nil
}

// ask sends a before-event and waits. Open: nothing that is answered holds the message back, nor does an answer that fails to come.
func (h *hooks) ask(ctx context.Context, app int64, name string, data any) {
	w := h.of(app)
	if !w.wants(name) {
		return
	}
	e, err := h.event(app, w, name, data)
	if err == nil {
		both, cancel := context.WithCancel(ctx)
		defer context.AfterFunc(h.ctx, cancel)()
		defer cancel()
		err = h.post(both, w, e)
	}
	if err != nil {
		h.log.Warn("emulator: webhook was not delivered", "app", app, "event", name, "err", err)
	}
}

// close goes on for a while with what waits.
func (h *hooks) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	ended := time.AfterFunc(drainTime, h.stop)
	h.busy.Wait()
	ended.Stop()
	h.stop()
	h.client.CloseIdleConnections()
}

// SetWebhook says where the app is told what happens from now on.
func (s *Service) SetWebhook(app int64, w Webhook) {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	if s.hooks.apps[app] = w; w.URL == "" {
		delete(s.hooks.apps, app)
	}
}

// Webhooks are the settings of the apps that get webhooks.
func (s *Service) Webhooks() map[int64]Webhook {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	out := map[int64]Webhook{}
	for app, w := range s.hooks.apps {
		out[app] = w
	}
	return out
}

// HookStats counts webhooks.
func (s *Service) HookStats() HookStats {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	out := s.hooks.stats
	out.Events = map[string]int64{}
	for name, n := range s.hooks.stats.Events {
		out.Events[name] = n
	}
	return out
}

// Close goes on for a while with the webhooks that wait. No call may be under way.
func (s *Service) Close() { s.hooks.close() }

// hookMessage is the EventData of messages: the message, and what is known of the sender's device. Open: all of it but that there
// is a Header.
type hookMessage struct {
	messageBody
	Header          hookHeader
	ClientMessageId string
	MentionedUsers  []int64
	MessagePriority int64
}

type hookHeader struct {
	Platform string
	IP       string
}

func told(v *community.Conversation, n community.Note, from hookHeader) hookMessage {
	b := body(v, n)
	return hookMessage{b, from, b.ClientMsgId, listed(n.Mentioned), n.Priority}
}

// tellSent tells the app of a message once tx is committed.
func (s *Service) tellSent(tx *community.Tx, v *community.Conversation, n community.Note) {
	sent := *v
	tx.OnCommit(func() { s.hooks.tell(v.App, AfterSend, told(&sent, n, hookHeader{Platform: "Server"})) })
}
