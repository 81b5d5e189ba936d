// Package handlers serves the console: routes, parsing, building of views, rendering. What an operator does to an app goes
// through package actions; what a page shows comes from imclient and store. Handlers return errors and one adapter deals
// with them.
package handlers

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"imdesk/actions"
	"imdesk/approvals"
	"imdesk/archive"
	"imdesk/auth"
	"imdesk/callbacks"
	"imdesk/events"
	"imdesk/imclient"
	"imdesk/jobs"
	"imdesk/replicas"
	"imdesk/store"
	"imdesk/web/i18n"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

// App is one app that the console looks after.
type App struct {
	Name     string // in URLs
	Title    string // on screen
	Colour   string // a name of templates.Colours; "": by position
	IM       *imclient.Client
	Embedded bool // the emulator that comes with imdesk
	// MediaHosts are where pictures and files of its messages come from, beyond the vendor's own hosts: "cdn.example.com"
	// with its subdomains, or "10.0.0.7:8090", which may be on a private network.
	MediaHosts []string
	// Administrators are accounts that are never muted, kicked or signed out: the ones imdesk and the app's server act as.
	Administrators []string
	// Callbacks reads what the service tells of its own accord; nil: it is not listened to.
	Callbacks imclient.Callbacks
}

// Detail names the vendor and the app's id there, "Tencent 1400187352".
func (a *App) Detail() string {
	switch a.IM.Vendor {
	case imclient.Tencent:
		return "Tencent " + a.IM.AppID
	case imclient.Volcengine:
		return "Volcengine " + a.IM.AppID
	}
	return a.IM.AppID
}

// Options is what a Server is made of.
type Options struct {
	Apps           []*App // at least one, in the order shown
	Store          *store.Store
	Auth           *auth.Service
	Actions        *actions.Service
	Jobs           *jobs.Service      // whoever makes the server runs it, too
	Replicas       *replicas.Member   // this console among others on one database; nil: it has it for itself
	Events         *events.Hub        // what other replicas change; it runs for as long as the console
	Approvals      *approvals.Service // nil: there are no requests, and nothing is held
	Log            *slog.Logger
	Now            func() time.Time // nil: time.Now
	Zone           *time.Location   // of operators who chose none; nil: the server's
	Language       i18n.Lang        // of operators and visitors who chose none; "": the browser's
	PublicURL      string           // where browsers reach the console, if it is known
	TrustedProxies []string         // addresses whose X-Forwarded-For counts
	Version        string
	MetricsToken   string          // for /metrics; "": from this machine only
	Feed           *callbacks.Feed // keeps what callbacks name; nil: nothing of it is kept
	Archive        *archive.Keeper // keeps what is said; nil: nothing is

	// Ready says what, beside the database, is not there yet; nil: nothing is missing. It answers at once.
	Ready func() error
}

// Server is the console.
type Server struct {
	Options
	byName  map[string]*App
	media   *media
	metrics *metrics
	timeout time.Duration // of a request
	answers keptAnswers
	paces   paces // of API tokens

	callbackLogs map[*App]*callbackLog // of the apps that have callbacks
	counts       liveSeries            // of live rooms that operators look at
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
	if len(o.Apps) == 0 {
		return nil, errors.New("no app to look after")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	s := &Server{Options: o, byName: map[string]*App{}, callbackLogs: map[*App]*callbackLog{}, timeout: requestTimeout}
	for _, a := range o.Apps {
		if s.byName[a.Name] != nil {
			return nil, fmt.Errorf("two apps are named %s", a.Name)
		}
		s.byName[a.Name] = a
		s.keepDirectory(a)
		if a.Callbacks != nil {
			s.callbackLogs[a] = newCallbackLog(o.Now())
		}
	}
	s.withApprovals()
	media, err := newMedia(o)
	if err != nil {
		return nil, err
	}
	s.media = media
	var more []prometheus.Collector
	if o.Jobs != nil {
		more = append(more, o.Jobs)
	}
	more = append(more, shareFigures(o.Apps, o.Replicas)...)
	s.metrics = newMetrics(o.Apps, more...)
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
