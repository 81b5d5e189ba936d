package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"imdesk/archive"
	"imdesk/auth"
	"imdesk/callbacks"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// callbackRoute is where services call an app's console back. Anybody can reach it: what counts is the signature.
const callbackRoute = "/callbacks/:app"

func (s *Server) callbackRoutes() []route {
	return []route{
		{post, callbackRoute, auth.VerbPublic, s.takeCallback},
		{get, "/apps/:app/callbacks", auth.VerbFigures, s.callbacks},
		{post, failuresRoute + "/replay", auth.VerbReplay, s.replayCallbacks},
		{post, failuresRoute + "/erase", auth.VerbReplay, s.eraseCallbacks},
		{get, failureRoute, auth.VerbFigures, s.failedCallback},
		{post, failureRoute + "/body", auth.VerbReplay, s.callbackBody},
		{post, failureRoute + "/replay", auth.VerbReplay, s.replayCallback},
		{post, failureRoute + "/erase", auth.VerbReplay, s.eraseCallback},
	}
}

// Bounds of what is remembered of callbacks, for each app.
const (
	maxCallbackLines = 100 // the last ones
	maxCallbackUsers = 5   // named in a line
	maxUnknown       = 50  // kinds that this version does not know, counted each for itself
	maxCommandName   = 80  // bytes kept of the name of an unknown kind
	refusalLogged    = time.Minute
)

// refusal is why a callback was not taken.
type refusal string

const (
	refusedSign     refusal = "sign"     // a wrong or an old signature
	refusedUnsigned refusal = "unsigned" // no token to check it with, and it is not from this machine
	refusedApp      refusal = "app"      // of another app
	refusedBody     refusal = "body"     // cannot be read; let through nevertheless
	refusedSize     refusal = "size"     // cannot be read whole
	refusedRepeat   refusal = "repeat"   // came before; answered like the first
	refusedKept     refusal = "kept"     // taken, but what it tells was not kept
	refusedJudged   refusal = "unjudged" // what somebody wants to say could not be judged: the app's setting decides
)

var refusals = []refusal{refusedSign, refusedUnsigned, refusedApp, refusedBody, refusedSize, refusedRepeat, refusedKept}

// Repetitions are known as such for at least as long as the services' signatures count, either way from now.
const (
	repeatKept = 30 * time.Minute
	maxRepeats = 40_000 // events of an app that are remembered
)

// tally counts something and knows when it was last.
type tally struct {
	n    int64
	last time.Time
}

func (t *tally) add(now time.Time) { t.n, t.last = t.n+1, now }

// callbackLine is one callback in short: whom it is about, not what was written.
type callbackLine struct {
	at     time.Time // when it came
	event  imclient.Event
	more   int  // users beyond those that are kept
	unread bool // it could not be read
}

// callbackLog is what has come for one app since the console's start.
type callbackLog struct {
	mu      sync.Mutex
	taken   map[string]*tally // by command
	unknown int               // kinds among the taken that this version does not know
	logged  time.Time         // of the last refusal in the log
	lines   []callbackLine    // the newest last

	window callbacks.Window // which events came before
}

// callbackLogs are what has come for each app, by name: a change of an app does not begin anew.
type callbackLogs struct {
	mu  sync.Mutex
	all map[string]*callbackLog
}

// callbackLog is what has come for an app; nil if it has no callbacks.
func (s *Server) callbackLog(app *App) *callbackLog {
	if app.Callbacks == nil {
		return nil
	}
	l := &s.callbackLogs
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all[app.Name] == nil {
		if l.all == nil {
			l.all = map[string]*callbackLog{}
		}
		l.all[app.Name] = newCallbackLog()
	}
	return l.all[app.Name]
}

func newCallbackLog() *callbackLog {
	return &callbackLog{
		taken:  map[string]*tally{},
		window: callbacks.Window{Keep: repeatKept, Most: maxRepeats},
	}
}

// repeated reports whether an event came before. Services send some twice.
func (l *callbackLog) repeated(e imclient.Event, now time.Time) bool {
	return e.ID != "" && !l.window.First(e.Command+" "+e.ID, now)
}

// unknownCommand stands for all unknown kinds after the first ones.
const unknownCommand = "…"

// name bounds what is kept of a command's name, and how many of them.
func (l *callbackLog) name(e imclient.Event) string {
	name := e.Command
	if len(name) > maxCommandName {
		name = name[:maxCommandName]
	}
	if e.Kind == imclient.EventUnknown && l.taken[name] == nil {
		if l.unknown == maxUnknown {
			return unknownCommand
		}
		l.unknown++
	}
	return name
}

// take notes a callback, and returns the name that it is counted by.
func (l *callbackLog) take(e imclient.Event, now time.Time, unread bool) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Command = l.name(e)
	if l.taken[e.Command] == nil {
		l.taken[e.Command] = &tally{}
	}
	l.taken[e.Command].add(now)
	line := callbackLine{at: now, event: e, unread: unread}
	line.event.Said = nil
	if line.more = len(e.Users) - maxCallbackUsers; line.more > 0 {
		line.event.Users = slices.Clone(e.Users[:maxCallbackUsers])
	}
	l.lines = append(l.lines, line)
	if over := len(l.lines) - maxCallbackLines; over > 0 {
		l.lines = slices.Delete(l.lines, 0, over)
	}
	return e.Command
}

// refuse reports whether a refusal is to be logged: strangers do not fill the log.
func (l *callbackLog) refuse(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.logged) < refusalLogged {
		return false
	}
	l.logged = now
	return true
}

// takeCallback takes one callback. What asks is answered from memory: a user waits for it. What tells of a message is answered once
// that is on disk; the service waits 2 s at most. Whatever is the service's own is let through, whether or not it can be read.
func (s *Server) takeCallback(c *gin.Context) error {
	app := s.Apps.Get(c.Param("app"))
	if app == nil { // what became of it is not for everybody
		return errNoPage
	}
	log := s.callbackLog(app)
	if log == nil {
		return errNoPage
	}
	now, begun := s.Now(), time.Now()
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		s.refuseCallback(c, app, refusedSize, nil, err)
		return nil
	}
	if !app.Callbacks.Signed() && !fromHere(c.Request) {
		s.refuseCallback(c, app, refusedUnsigned, body, errors.New("the app has no callback_token, so callbacks are taken from this machine only"))
		return nil
	}
	e, err := app.Callbacks.Read(c.Request.URL.Query(), body, now)
	switch {
	case errors.Is(err, imclient.ErrCallbackSign):
		s.refuseCallback(c, app, refusedSign, body, err)
		return nil
	case errors.Is(err, imclient.ErrCallbackApp):
		s.refuseCallback(c, app, refusedApp, body, err)
		return nil
	case err != nil:
		s.Meter.Fail(failureOf(c, app, refusedBody, body, err, now), !app.Callbacks.Signed())
		if log.refuse(now) {
			s.Log.WarnContext(c.Request.Context(), "callback cannot be read; it is let through", "app", app.Name, "error", err)
		}
	}
	if s.Evidence != nil && err == nil {
		s.Evidence.Callbacks.Note(app.Name, e, body, now)
	}
	if log.repeated(e, now) {
		s.Meter.Count(app.Name, store.CallbackRefused, string(refusedRepeat), now)
	} else {
		name := log.take(e, now, err != nil)
		s.Meter.Count(app.Name, store.CallbackTaken, name, now)
		if err != nil {
			s.Meter.Count(app.Name, store.CallbackUnread, name, now)
		}
		if s.Feed != nil {
			s.Feed.Offer(app.Name, e)
		}
		s.Sanctions.Told(app.Name, e)
		if err := s.archive(c.Request.Context(), app, e); err != nil {
			s.Meter.Count(app.Name, store.CallbackRefused, string(refusedKept), now)
			s.Meter.Fail(failureOf(c, app, refusedKept, body, err, now), false)
		}
		s.watch(app, e, now)
		s.noteChange(app, e)
		if s.Rules != nil {
			s.Rules.Said(c.Request.Context(), app.Name, e)
		}
		if s.Waves != nil {
			s.Waves.Said(c.Request.Context(), app.Name, e)
		}
	}
	defer func() { s.Meter.Took(app.Name, now, time.Since(begun)) }()
	c.Data(http.StatusOK, "application/json", s.judge(c, app, e, err))
	return nil
}

// judge is the answer to an event, which may not have been read whole. What somebody wants to say is judged by the rules, also if it
// looks like a repetition: somebody waits for the answer, and services do not repeat what they ask. What cannot be judged is let
// through or refused, as the app is set.
func (s *Server) judge(c *gin.Context, app *App, e imclient.Event, unread error) []byte {
	asks := e.Asks != nil || unread != nil && (e.Kind == "message.ask_send" || e.Kind == "direct.ask_send")
	if s.Rules == nil || !asks || !app.Callbacks.Decides() {
		return app.Callbacks.Allow()
	}
	d, err := imclient.Decision{}, unread
	if e.Asks != nil {
		d, err = s.Rules.Ask(c.Request.Context(), app.Name, e)
	}
	if err != nil {
		s.Meter.Count(app.Name, store.CallbackRefused, string(refusedJudged), s.Now())
		if app.RefuseUnjudged {
			d = imclient.Decision{Kind: imclient.Refuse}
		}
	}
	return app.Callbacks.Answer(e, d)
}

// archive keeps what an event tells of messages. The service would not send it again if it were told that this failed.
func (s *Server) archive(ctx context.Context, app *App, e imclient.Event) error {
	if !s.Archive.Keeps(app.Name) {
		return nil
	}
	err := s.Archive.Take(ctx, app.Name, e)
	if err != nil {
		s.Log.ErrorContext(ctx, "a message is not in the archive", "app", app.Name, "event", e.Command, "error", err)
	}
	return err
}

// watch hands messages of which nothing is kept to those who watch now. What is kept, they read from the archive.
func (s *Server) watch(app *App, e imclient.Event, now time.Time) {
	place := store.Conversation{App: app.Name, Group: e.Group}
	if s.Live == nil || e.Group == "" || s.Archive.KeepsPlace(place) {
		return
	}
	if e.Said != nil {
		m := archive.Message(place, *e.Said, archive.FromEvent)
		m.Added = now
		s.Live.Pass(store.ArrivalSaid, m)
	}
	for _, key := range e.Recalls {
		if m, found := s.Live.Passing(place, key); found {
			m.State, m.Changed = store.ArchiveRecalled, now
			s.Live.Pass(store.ArrivalRecalled, m)
		}
	}
}

// refuseCallback answers a callback that nobody vouches for, or that is another app's. The services take it for a failed one.
func (s *Server) refuseCallback(c *gin.Context, app *App, why refusal, body []byte, err error) {
	now := s.Now()
	s.Meter.Count(app.Name, store.CallbackRefused, string(why), now)
	if body != nil {
		s.Meter.Fail(failureOf(c, app, why, body, err, now), true)
	}
	if s.callbackLog(app).refuse(now) {
		s.Log.WarnContext(c.Request.Context(), "callback refused", "app", app.Name, "reason", string(why), "address", c.ClientIP(), "error", err)
	}
	status := http.StatusUnauthorized
	switch why {
	case refusedApp:
		status = http.StatusBadRequest
	case refusedSize:
		status = http.StatusRequestEntityTooLarge
	}
	c.String(status, "refused: %s\n", why)
}

// fromHere reports whether a request was made on this machine, through no proxy.
func fromHere(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Real-Ip") != "" {
		return false
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// levelOf is how loudly a request is logged that was answered like this. Callbacks that went well come with every message.
func levelOf(path string, status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError:
		return slog.LevelWarn
	case path == callbackRoute && status == http.StatusOK:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// callbacks shows how callbacks are set up, and what has come. It calls no service.
func (s *Server) callbacks(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	v := templates.CallbacksView{Back: templates.Link{Text: i18n.T(ctx, "operations.title"), URL: appURL(app, "operations")}}
	if log := s.callbackLog(app); log == nil {
		v.Empty = &templates.EmptyView{Icon: "link", Title: i18n.T(ctx, "callbacks.not_offered"), Text: i18n.T(ctx, "callbacks.not_offered_text")}
	} else if err := s.callbacksView(c, app, log, &v); err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.CallbacksPage(s.chrome(c), v), templates.Callbacks(v))
}

// callbackAddress is where the service is to call. Without a public address it is that of the request, which a proxy may hide.
func (s *Server) callbackAddress(r *http.Request, app *App) string {
	base := s.PublicURL
	if base == "" {
		base = "http://" + r.Host
		if r.TLS != nil {
			base = "https://" + r.Host
		}
	}
	return base + "/callbacks/" + url.PathEscape(app.Name)
}

// numericHost reports whether an address has no name but a number for its host.
func numericHost(address string) bool {
	u, err := url.Parse(address)
	return err == nil && net.ParseIP(u.Hostname()) != nil
}

func (s *Server) callbacksView(c *gin.Context, app *App, log *callbackLog, v *templates.CallbacksView) error {
	ctx := c.Request.Context()
	//i18n:uses callbacks.setup.where.*
	v.Where = i18n.T(ctx, "callbacks.setup.where."+string(app.IM.Vendor))
	//i18n:uses callbacks.setup.signed.*
	//i18n:uses callbacks.setup.unsigned.*
	v.Token = i18n.T(ctx, "callbacks.setup.unsigned."+string(app.IM.Vendor))
	if app.Callbacks.Signed() {
		v.Token = i18n.T(ctx, "callbacks.setup.signed."+string(app.IM.Vendor))
	}
	//i18n:uses callbacks.setup.answer.*
	v.Answer = i18n.T(ctx, "callbacks.setup.answer."+string(app.IM.Vendor))
	v.NoDomain = !app.Embedded && app.IM.Vendor == imclient.Volcengine && numericHost(s.callbackAddress(c.Request, app))
	if s.Rules != nil && app.Callbacks.Decides() {
		v.Unjudged = i18n.T(ctx, "callbacks.setup.unjudged.pass")
		if app.RefuseUnjudged {
			v.Unjudged = i18n.T(ctx, "callbacks.setup.unjudged.refuse")
		}
	}
	v.Address, v.Guessed, v.Signed, v.Embedded = s.callbackAddress(c.Request, app), s.PublicURL == "" && !app.Embedded, app.Callbacks.Signed(), app.Embedded
	figures, err := s.callbackFigures(ctx, app)
	if err != nil {
		return err
	}
	figures.show(ctx, v)
	if err := s.failuresView(c, app, v); err != nil {
		return err
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	kinds := map[string]imclient.EventKind{}
	row := func(k imclient.CallbackKind) {
		kinds[k.Command] = k.Kind
		v.Rows = append(v.Rows, figures.row(k, callbackText(ctx, k.Kind)))
	}
	for _, k := range app.Callbacks.Kinds() {
		row(k)
	}
	for _, seen := range figures.seen {
		if kinds[seen.Command] == "" {
			row(imclient.CallbackKind{Command: seen.Command, Kind: imclient.EventUnknown})
		}
	}
	if len(figures.seen) == 0 {
		v.Warning = &templates.Notice{Tone: "warn", Title: i18n.T(ctx, "callbacks.none"), Text: i18n.T(ctx, "callbacks.none_text"), Next: i18n.T(ctx, "callbacks.none_next")}
	}
	if s.Feed != nil && !app.Lists() {
		f := s.Feed.Counts(app.Name)
		v.Feed = &templates.CallbackFeed{Groups: f.Groups, Users: f.Users, Waiting: int64(f.Waiting), Dropped: f.Dropped, Failed: f.Failed, Last: f.Last, KnownURL: appURL(app, "groups")}
	}
	for _, l := range slices.Backward(log.lines) {
		v.Lines = append(v.Lines, callbackLineView(ctx, app, l, kinds[l.event.Command]))
	}
	return nil
}

// callbackText says what a kind of callback tells.
func callbackText(ctx context.Context, kind imclient.EventKind) string {
	//i18n:uses callbacks.kind.*
	return i18n.T(ctx, fmt.Sprintf("callbacks.kind.%s", kind))
}

func callbackLineView(ctx context.Context, app *App, l callbackLine, kind imclient.EventKind) templates.CallbackLine {
	if kind == "" {
		kind = imclient.EventUnknown
	}
	line := templates.CallbackLine{At: l.at, Text: callbackText(ctx, kind), Command: l.event.Command, Unread: l.unread, More: int64(max(0, l.more))}
	if id := l.event.Group; id != "" {
		line.Group = &templates.Link{Text: id, URL: groupURL(app, id), Name: true}
	}
	for _, id := range l.event.Users {
		line.Users = append(line.Users, templates.Link{Text: id, URL: userURL(app, id), Name: true})
	}
	return line
}
