package tencent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"imdesk/emulator/internal/community"
)

// Callback is where an app is told what happens (after-callbacks), and asked whether it may (before-callbacks).
// Source: "Webhook overview", doc 34354.
type Callback struct {
	URL     string        // http or https; "" = nowhere
	Token   string        // signs the requests; "" = they are not signed
	Refuse  bool          // when a before-callback fails, refuse what was asked for; else it goes on
	Retry   bool          // send an after-callback that failed again, up to twice
	Only    []string      // commands to send; none = all
	Timeout time.Duration // 0 = 2 s
}

const (
	callbackTime    = 2 * time.Second
	maxCallbackTime = time.Minute
	maxVerdict      = 1 << 20 // bytes of an answer
	maxEvents       = 10_000  // after-callbacks that wait
	maxPosts        = 8       // of them under way at once
	postAttempts    = 3
	retryPause      = 200 * time.Millisecond
	drainTime       = 2 * time.Second // how long close goes on sending
)

// callbackCommands are those that are sent. Source: "Webhook command list", doc 34355.
var callbackCommands = []string{
	"State.StateChange", "Profile.CallbackPortraitSet",
	"Sns.CallbackPrevFriendAdd", "Sns.CallbackPrevFriendResponse", "Sns.CallbackFriendAdd", "Sns.CallbackFriendDelete",
	"Sns.CallbackBlackListAdd", "Sns.CallbackBlackListDelete", "Follow.CallbackAfterFollowAdd", "Follow.CallbackAfterFollowDelete",
	"C2C.CallbackBeforeSendMsg", "C2C.CallbackAfterSendMsg", "C2C.CallbackAfterModifyMsg", "C2C.CallbackAfterMsgReport", "C2C.CallbackAfterMsgWithDraw",
	"Group.CallbackBeforeCreateGroup", "Group.CallbackAfterCreateGroup", "Group.CallbackBeforeApplyJoinGroup", "Group.CallbackBeforeInviteJoinGroup",
	"Group.CallbackAfterNewMemberJoin", "Group.CallbackAfterMemberExit", "Group.CallbackBeforeSendMsg", "Group.CallbackAfterSendMsg",
	"Group.CallbackSendMsgException", "Group.CallbackAfterRecallMsg", "Group.CallbackAfterGroupFull", "Group.CallbackAfterGroupDestroyed",
	"Group.CallbackAfterGroupInfoChanged", "Group.CallbackAfterMemberFieldChanged", "Group.CallbackAfterGroupAttrChanged",
	"Group.CallbackAfterReadReceipt", "Group.CallbackAfterChangeGroupOwner", "Group.CallbackOnMemberStateChange",
	"Group.CallbackBeforeCreateTopic", "Group.CallbackAfterCreateTopic", "Group.CallbackAfterTopicDestroyed", "Group.CallbackAfterTopicInfoChanged",
	"Group.CallbackOnDailyGroupQuotaAlarm", "Alert.RequestOverLimit", offlinePushCommand, allPushCommand, contentCommand,
}

// CallbackCommands lists the callbacks that are sent.
func CallbackCommands() []string { return slices.Clone(callbackCommands) }

// Check reports what is wrong with the settings.
func (cb Callback) Check() error {
	if cb.URL != "" {
		u, err := url.Parse(cb.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("callback URL %q is no http or https address", cb.URL)
		}
	}
	if cb.Timeout < 0 || cb.Timeout > maxCallbackTime {
		return fmt.Errorf("callback time-out %s is not within 0 and %s", cb.Timeout, maxCallbackTime)
	}
	for _, name := range cb.Only {
		if !slices.Contains(callbackCommands, name) {
			return fmt.Errorf("no callback %q is sent", name)
		}
	}
	return nil
}

func (cb Callback) wants(command string) bool {
	return cb.URL != "" && (len(cb.Only) == 0 || slices.Contains(cb.Only, command))
}

// address is where a callback of the command goes. Parameters keep the order of the documents.
func (cb Callback) address(app int64, command, origin string, now time.Time) string {
	base, _, _ := strings.Cut(cb.URL, "#")
	sep := "?"
	if strings.Contains(base, "?") {
		sep = "&"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s%sSdkAppid=%d&CallbackCommand=%s&contenttype=json%s", base, sep, app, url.QueryEscape(command), origin)
	if cb.Token != "" {
		at := strconv.FormatInt(now.Unix(), 10)
		fmt.Fprintf(&b, "&Sign=%s&RequestTime=%s", callbackSign(cb.Token, at), at)
	}
	return b.String()
}

// callbackSign is the signature of a request made at a time, in Unix seconds.
func callbackSign(token, at string) string {
	sum := sha256.Sum256([]byte(token + at))
	return hex.EncodeToString(sum[:])
}

// callbackBody is the command's name and the fields of body, a struct, as one object. What moderation found has no name in
// its body.
func callbackBody(command string, body any) ([]byte, error) {
	rest, err := marshal(body)
	if err != nil || len(rest) < len("{}") || rest[0] != '{' {
		return nil, fmt.Errorf("callback %s: body is no object: %w", command, err)
	}
	if command == contentCommand {
		return rest, nil
	}
	b := append([]byte(`{"CallbackCommand":"`+command+`"`), ',') // a name of ours: needs no escaping
	if len(rest) == len("{}") {
		b = b[:len(b)-1]
	}
	return append(b, rest[1:]...), nil
}

// verdict is an app's answer to a callback.
type verdict struct {
	*fields
	code int64
	info string
	drop bool // do nothing, and say that it was done
}

// errVerdict is the error of an answer that is none: the callback counts as failed.
var errVerdict = errors.New("no answer of the protocol")

// readVerdict reads an answer, which is HTTP 200 with the usual envelope. Its code is the decision, its status is always OK.
func readVerdict(status int, body []byte) (*verdict, error) {
	if status != http.StatusOK {
		return nil, fmt.Errorf("%w: HTTP status %d", errVerdict, status)
	}
	f, err := readFields(body, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errVerdict, err)
	}
	v := &verdict{fields: f, code: f.num("ErrorCode", 0, maxU32), info: f.optStr("ErrorInfo")}
	if s := f.str("ActionStatus"); f.failed() == nil && s != "OK" {
		f.fail("ActionStatus", "is not OK")
	}
	if err := f.failed(); err != nil {
		return nil, fmt.Errorf("%w: %w", errVerdict, err)
	}
	return v, nil
}

// rewrite replaces a message's body and custom data by those the answer has.
func (v *verdict) rewrite(body, cloud *string) error {
	newBody, newCloud := *body, *cloud
	if v.has("MsgBody") {
		newBody = v.msgBody(openimBody)
	}
	if v.has("CloudCustomData") {
		newCloud = v.optStr("CloudCustomData")
	}
	if err := v.failed(); err != nil {
		return fmt.Errorf("%w: %w", errVerdict, err)
	}
	if len(newBody) > maxMsgBody {
		return fmt.Errorf("%w: MsgBody is over %d bytes", errVerdict, maxMsgBody)
	}
	*body, *cloud = newBody, newCloud
	return nil
}

// decision says what the codes of a before-callback mean.
type decision struct {
	refused int   // what the caller gets for code 1; 0 = that code means nothing
	drops   bool  // whether code 2 drops silently
	lo, hi  int64 // codes that reach the caller as they are, with their text
}

var (
	groupDecision     = decision{refused: 10016, lo: 10100, hi: 10200}
	groupSendDecision = decision{refused: 10016, drops: true, lo: 10100, hi: 10200}
	directDecision    = decision{refused: 20006, drops: true, lo: 120001, hi: 130000}
)

// codeCallbackFailed is for an app that refuses what it could not be asked about.
const codeCallbackFailed = 80003

// ask sends a before-callback and waits for the answer; what it refuses is the error. read, if not nil, takes what an
// answer that agrees has to say; its error makes the callback a failed one. Before-callbacks are never repeated.
func (c *call) ask(command string, body any, by decision, read func(*verdict) error) (*verdict, error) {
	cb := c.s.hooks.of(c.app)
	if !cb.wants(command) {
		return &verdict{}, nil
	}
	v, err := c.s.hooks.question(c, cb, command, body)
	if err == nil {
		switch {
		case v.code == 0:
			if read != nil {
				err = read(v)
			}
		case v.code == 1 && by.refused != 0:
			return nil, refuse(by.refused, "refused by the app's callback")
		case v.code == 2 && by.drops:
			v.drop = true
		case v.code >= by.lo && v.code <= by.hi:
			return nil, refuse(int(v.code), "%s", v.info)
		default:
			err = fmt.Errorf("%w: ErrorCode %d means nothing here", errVerdict, v.code)
		}
	}
	c.s.hooks.count(c.app, command, err)
	if err == nil {
		return v, nil
	}
	if cb.Refuse {
		return nil, refuse(codeCallbackFailed, "the app's callback failed")
	}
	return &verdict{}, nil
}

// tell sends an after-callback once tx is committed. Those of one lane, a group or a pair of users, arrive in order. A nil
// tx has nothing to wait for.
func (c *call) tell(tx *community.Tx, lane, command string, body any) error {
	if !c.s.hooks.of(c.app).wants(command) {
		return nil
	}
	b, err := callbackBody(command, body)
	if err != nil {
		return err
	}
	e := event{app: c.app, command: command, origin: c.origin(command), lane: strconv.FormatInt(c.app, 10) + " " + lane, body: toHost(c.host, b)}
	if tx == nil {
		c.s.hooks.post(e)
		return nil
	}
	tx.OnCommit(func() { c.s.hooks.post(e) })
	return nil
}

// origin is the parameters that say who caused a callback.
func (c *call) origin(command string) string {
	if slices.Contains(anonymous, command) {
		return ""
	}
	return "&ClientIP=" + url.QueryEscape(c.ip) + "&OptPlatform=" + url.QueryEscape(c.platform)
}

// eventMS is the time of an event as most callbacks have it; those of groups have it as text.
func (c *call) eventMS() int64    { return c.s.now().UnixMilli() }
func (c *call) eventTime() string { return strconv.FormatInt(c.eventMS(), 10) }

// The lanes of after-callbacks.
func groupLane(id string) string  { return "group " + id }
func userLane(name string) string { return "user " + name }
func pairLane(a, b string) string { return "pair " + min(a, b) + " " + max(a, b) }

// event is an after-callback on its way.
type event struct {
	app                   int64
	command, origin, lane string
	body                  []byte
}

// CallbackStats counts callbacks since the start.
type CallbackStats struct {
	Sent     int64            `json:"sent"`    // attempts, before and after
	Failed   int64            `json:"failed"`  // attempts that got no answer of the protocol
	Retried  int64            `json:"retried"` // attempts after the first
	Dropped  int64            `json:"dropped"` // never or no longer sent: too many waited, or the end came
	Waiting  int64            `json:"waiting"` // to be sent, now
	Commands map[string]int64 `json:"commands"`
}

// appDay is a day of an app, and dayCallbacks the callbacks of one that the app's statistics do not have yet.
type appDay struct{ app, day int64 }

type dayCallbacks struct{ at, sent, answered int64 }

// tallyCallbacks brings the app's statistics of callbacks up to date. They are not written with each callback, for that
// would make two writes of one.
func (s *Service) tallyCallbacks(ctx context.Context) error {
	s.hooks.mu.Lock()
	days := s.hooks.days
	s.hooks.days = map[appDay]dayCallbacks{}
	s.hooks.mu.Unlock()
	if len(days) == 0 {
		return nil
	}
	return s.store.Update(ctx, func(tx *community.Tx) error {
		for k, d := range days {
			if err := errors.Join(tx.Tally(k.app, d.at, community.CallbacksSent, d.sent), tx.Tally(k.app, d.at, community.CallbacksAnswered, d.answered)); err != nil {
				return err
			}
		}
		return nil
	})
}

// hooks sends callbacks. After-callbacks wait in lanes, each of which is sent in order while the others go on.
type hooks struct {
	client *http.Client
	now    func() time.Time
	log    *slog.Logger
	slots  chan struct{}  // one for each after-callback under way
	busy   sync.WaitGroup // lanes

	asking, telling         context.Context // before-callbacks and after-callbacks end with these
	stopAsking, stopTelling context.CancelFunc

	mu      sync.Mutex
	apps    map[int64]Callback
	failing map[int64]bool // whether the app's latest callback failed
	days    map[appDay]dayCallbacks
	lanes   map[string][]event
	stats   CallbackStats
	closed  bool
}

func newHooks(now func() time.Time, log *slog.Logger) *hooks {
	h := &hooks{
		now: now, log: log, slots: make(chan struct{}, maxPosts), apps: map[int64]Callback{}, failing: map[int64]bool{}, days: map[appDay]dayCallbacks{},
		lanes: map[string][]event{}, stats: CallbackStats{Commands: map[string]int64{}},
	}
	h.asking, h.stopAsking = context.WithCancel(context.Background())
	h.telling, h.stopTelling = context.WithCancel(context.Background())
	h.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: maxPosts, IdleConnTimeout: time.Minute, DisableCompression: true}, // and no proxy: the receiver is a test's
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return h
}

func (h *hooks) of(app int64) Callback {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.apps[app]
}

func (h *hooks) set(app int64, cb Callback) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.apps[app] = cb
}

func (h *hooks) list() map[int64]Callback {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := map[int64]Callback{}
	for app, cb := range h.apps {
		if cb.URL != "" {
			list[app] = cb
		}
	}
	return list
}

// count notes an attempt and how it went. The log has the first of several failures.
func (h *hooks) count(app int64, command string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stats.Sent++
	h.stats.Commands[command]++
	now := h.now().Unix()
	day := h.days[appDay{app, community.Day(now)}]
	day.at = now
	if day.sent++; err == nil {
		day.answered++
	}
	h.days[appDay{app, community.Day(now)}] = day
	if err != nil {
		h.stats.Failed++
		if !h.failing[app] {
			h.log.Warn("emulator: callbacks fail", "app", app, "command", command, "err", withoutAddress(err))
		}
	}
	h.failing[app] = err != nil
}

func (h *hooks) counted() CallbackStats {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.stats
	out.Commands = map[string]int64{}
	for name, n := range h.stats.Commands {
		out.Commands[name] = n
	}
	return out
}

// question sends a before-callback on behalf of c and reads the answer.
func (h *hooks) question(c *call, cb Callback, command string, body any) (*verdict, error) {
	b, err := callbackBody(command, body)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(c.Context)
	defer cancel()
	defer context.AfterFunc(h.asking, cancel)()
	status, answer, err := h.send(ctx, cb, cb.address(c.app, command, c.origin(command), h.now()), toHost(c.host, b))
	if err != nil {
		return nil, err
	}
	return readVerdict(status, fromHost(c.host, answer))
}

// send makes one attempt.
func (h *hooks) send(ctx context.Context, cb Callback, address string, body []byte) (status int, answer []byte, err error) {
	limit := cb.Timeout
	if limit == 0 {
		limit = callbackTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := h.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxVerdict))
	return resp.StatusCode, answer, err
}

// post queues an after-callback, or drops it if too many wait.
func (h *hooks) post(e event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.stats.Waiting >= maxEvents {
		h.stats.Dropped++
		return
	}
	h.stats.Waiting++
	queue, running := h.lanes[e.lane]
	h.lanes[e.lane] = append(queue, e)
	if !running {
		h.busy.Go(func() { h.run(e.lane) })
	}
}

// run sends what is in a lane until it is empty.
func (h *hooks) run(lane string) {
	for {
		h.mu.Lock()
		queue := h.lanes[lane]
		if len(queue) == 0 {
			delete(h.lanes, lane)
			h.mu.Unlock()
			return
		}
		e := queue[0]
		h.lanes[lane] = queue[1:]
		h.mu.Unlock()

		h.slots <- struct{}{}
		delivered := h.deliver(e)
		<-h.slots

		h.mu.Lock()
		h.stats.Waiting--
		if !delivered {
			h.stats.Dropped++
		}
		h.mu.Unlock()
	}
}

// deliver sends an after-callback, again if that is wanted and it failed. What the app answers is ignored. It reports false
// if the end came before the first attempt.
func (h *hooks) deliver(e event) bool {
	for attempt := range postAttempts {
		cb := h.of(e.app)
		if h.telling.Err() != nil || !cb.wants(e.command) {
			return attempt > 0
		}
		status, answer, err := h.send(h.telling, cb, cb.address(e.app, e.command, e.origin, h.now()), e.body)
		if err == nil {
			_, err = readVerdict(status, answer)
		}
		h.count(e.app, e.command, err)
		if err == nil || !cb.Retry || attempt == postAttempts-1 {
			return true
		}
		select {
		case <-time.After(retryPause):
			h.mu.Lock()
			h.stats.Retried++
			h.mu.Unlock()
		case <-h.telling.Done():
			return true
		}
	}
	return true
}

// withoutAddress leaves the address, which is signed, out of a transport's error.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// close sends what waits for a while, and drops the rest.
func (h *hooks) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	abort := time.AfterFunc(drainTime, h.stopTelling)
	h.busy.Wait()
	abort.Stop()
	h.stopTelling()
	h.client.CloseIdleConnections()
}
