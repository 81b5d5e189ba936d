// Package handlers serves the console: routes, parsing, building of views, rendering. What an operator does to an app goes
// through package actions; what a page shows comes from imclient and store. Handlers return errors and one adapter deals
// with them.
package handlers

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"imdesk/actions"
	"imdesk/approvals"
	"imdesk/apps"
	"imdesk/archive"
	"imdesk/auth"
	"imdesk/callbacks"
	"imdesk/cases"
	"imdesk/events"
	"imdesk/evidence"
	"imdesk/jobs"
	"imdesk/live"
	"imdesk/replicas"
	"imdesk/rules"
	"imdesk/sanctions"
	"imdesk/store"
	"imdesk/waves"
	"imdesk/web/i18n"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

// App is one app that the console looks after.
type App = apps.App

// Options is what a Server is made of.
type Options struct {
	Apps           *apps.Registry // whoever makes the server loads and closes it
	Store          *store.Store
	Auth           *auth.Service
	Actions        *actions.Service
	Jobs           *jobs.Service      // whoever makes the server runs it, too
	Replicas       *replicas.Member   // this console among others on one database; nil: it has it for itself
	Events         *events.Hub        // what other replicas change; it runs for as long as the console
	Cases          *cases.Service     // the queue; whoever makes the server runs it, too. nil: there is none
	Evidence       *evidence.Service  // freezes what belongs to cases; whoever makes the server runs it, too. nil: nothing is frozen
	Approvals      *approvals.Service // nil: there are no requests, and nothing is held
	Log            *slog.Logger
	Now            func() time.Time // nil: time.Now
	Zone           *time.Location   // of operators who chose none; nil: the server's
	Language       i18n.Lang        // of operators and visitors who chose none; "": the browser's
	PublicURL      string           // where browsers reach the console, if it is known
	TrustedProxies []string         // addresses whose X-Forwarded-For counts
	Version        string
	MetricsToken   string             // for /metrics; "": from this machine only
	Feed           *callbacks.Feed    // keeps what callbacks name; nil: nothing of it is kept
	Meter          *callbacks.Meter   // counts callbacks, and keeps those that fail; nil: one that nobody runs
	Archive        *archive.Keeper    // keeps what is said; nil: nothing is
	Changes        *events.Soon       // tells pages that are open what changed in a group; nil: nobody is told
	Live           *live.Hub          // tells pages that are open what is said; nil: none is told
	Rules          *rules.Service     // judges what is said; nil: nobody does
	Sanctions      *sanctions.Service // the register of who is muted, banned or removed; whoever makes the server runs it, too
	Waves          *waves.Service     // finds near-equal texts by many; nil: nobody does

	// Ready says what, beside the database, is not there yet; nil: nothing is missing. It answers at once.
	Ready func() error
}

// Server is the console.
type Server struct {
	Options
	media   *media
	metrics *metrics
	timeout time.Duration // of a request
	answers keptAnswers
	paces   paces // of API tokens

	callbackLogs callbackLogs // by app
	counts       liveSeries   // of live rooms that operators look at
	lineNames    lineNames    // of groups and people in the live view
	streams      streams      // of pages that are open
	streamCheck  time.Duration
}

// Times and sizes that bound each request.
const (
	requestTimeout = 25 * time.Second // longer than the client's own timeouts with one retry
	maxBody        = 1 << 20          // bytes; forms are small, uploads have routes of their own
)

// New builds the console's handler.
func New(o Options) (http.Handler, error) {
	s, err := newServer(o)
	if err != nil {
		return nil, err
	}
	return s.handler()
}

func newServer(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	s := &Server{Options: o, timeout: requestTimeout, streamCheck: streamCheck}
	s.withApprovals()
	s.withCases()
	s.withEvidence()
	media, err := newMedia(o.Apps.All())
	if err != nil {
		return nil, err
	}
	s.media = media
	var more []prometheus.Collector
	if o.Jobs != nil {
		more = append(more, o.Jobs)
	}
	if s.Meter == nil {
		s.Meter = callbacks.NewMeter(s.Store.Callbacks, s.Log, s.Now)
	}
	s.metrics = newMetrics(append(more, s.Meter, appFigures{o.Apps, o.Replicas})...)
	o.Apps.Watch(apps.Watch{Add: s.keepDirectory, Change: s.media.follow})
	return s, nil
}

// handler is the router with what stands before it.
func (s *Server) handler() (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	engine.RedirectFixedPath = false
	engine.UseRawPath = true          // ids hold slashes and percent signs
	engine.UnescapePathValues = false // plainParams does it
	if err := engine.SetTrustedProxies(s.TrustedProxies); err != nil {
		return nil, fmt.Errorf("trusted proxies: %w", err)
	}
	s.mount(engine)
	return s.protect(engine), nil
}
