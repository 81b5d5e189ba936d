package handlers

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"
	"time"

	"imdesk/apps"
	"imdesk/auth"
	"imdesk/replicas"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func (s *Server) healthRoutes() []route {
	return []route{
		{get, "/healthz", auth.VerbPublic, s.healthz},
		{get, "/readyz", auth.VerbPublic, s.readyz},
		{get, "/metrics", auth.VerbPublic, s.metricsPage},
	}
}

// healthz says that the process runs and answers.
func (s *Server) healthz(c *gin.Context) error {
	c.String(http.StatusOK, "ok\n")
	return nil
}

// readyz says whether requests can be served: the database answers, the embedded service is filled, this console has a part of
// the vendors' rates, and it is not stopping. It does not ask other IM services: one that is down makes no other console any
// better.
func (s *Server) readyz(c *gin.Context) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), 2*time.Second)
	defer cancel()
	if err := s.Store.Ping(ctx); err != nil {
		s.Log.ErrorContext(ctx, "not ready", "error", err)
		c.String(http.StatusServiceUnavailable, "database does not answer\n")
		return nil
	}
	if s.Ready != nil {
		if err := s.Ready(); err != nil {
			c.String(http.StatusServiceUnavailable, "%s\n", err)
			return nil
		}
	}
	c.String(http.StatusOK, "ready\n")
	return nil
}

// metrics counts what the console serves, and reads what the clients know of their services.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	page     http.Handler
}

// newMetrics makes the page of figures; more are figures of other parts.
func newMetrics(more ...prometheus.Collector) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imdesk_requests_total", Help: "Requests answered, by route, method and status.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "imdesk_request_seconds", Help: "Time to answer, by route.", Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 12),
		}, []string{"route"}),
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests, m.duration)
	reg.MustRegister(more...)
	m.page = promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
	return m
}

// Figures of each app that there is when they are asked for.
var (
	callsFigure    = prometheus.NewDesc("imdesk_service_calls", "Calls to the IM service in the last minute.", []string{"app"}, nil)
	failuresFigure = prometheus.NewDesc("imdesk_service_failures", "Calls of the last minute that failed for want of an answer.", []string{"app"}, nil)
	p95Figure      = prometheus.NewDesc("imdesk_service_p95_seconds", "95th percentile of the answer time in the last minute.", []string{"app"}, nil)
	waitingFigure  = prometheus.NewDesc("imdesk_service_waiting", "Calls that wait for the service's rate now.", []string{"app"}, nil)
	shareFigure    = prometheus.NewDesc("imdesk_rate_share", "Part of the IM service's rates that this console uses, 0 to 1.", []string{"app"}, nil)
	replicasFigure = prometheus.NewDesc("imdesk_replicas", "Consoles and commands that share the database and the IM services' rates.", nil, nil)
)

// appFigures are the figures of the apps, and how consoles on one database share the vendors' rates, if there are several.
type appFigures struct {
	apps   *apps.Registry
	member *replicas.Member // nil: this console is alone
}

// Describe is for the page of figures; so is Collect.
func (f appFigures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{callsFigure, failuresFigure, p95Figure, waitingFigure, shareFigure, replicasFigure} {
		out <- d
	}
}

// Collect reads what the clients know of their services.
func (f appFigures) Collect(out chan<- prometheus.Metric) {
	say := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, a := range f.apps.All() {
		stats := a.IM.Stats()
		say(callsFigure, float64(stats.Calls), a.Name)
		say(failuresFigure, float64(stats.Failures), a.Name)
		say(p95Figure, stats.P95.Seconds(), a.Name)
		say(waitingFigure, float64(stats.Waiting), a.Name)
		if f.member != nil && !a.Embedded {
			say(shareFigure, f.member.Part(a.IM), a.Name)
		}
	}
	if f.member != nil {
		say(replicasFigure, float64(f.member.Known()))
	}
}

// seen counts one answer. Addresses that lead nowhere share one label, for anybody can make them up.
func (m *metrics) seen(c *gin.Context, took time.Duration) {
	at := c.FullPath()
	if at == "" {
		at = "none"
	}
	m.requests.WithLabelValues(at, c.Request.Method, strconv.Itoa(c.Writer.Status())).Inc()
	if !isStream(at) {
		m.duration.WithLabelValues(at).Observe(took.Seconds())
	}
}

// metricsPage is for a scraper: with the token if one is configured, else from this machine and through no proxy.
func (s *Server) metricsPage(c *gin.Context) error {
	if !s.mayScrape(c.Request) {
		return errNoPage
	}
	s.metrics.page.ServeHTTP(c.Writer, c.Request)
	return nil
}

func (s *Server) mayScrape(r *http.Request) bool {
	if s.MetricsToken != "" {
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(s.MetricsToken))
		return subtle.ConstantTimeCompare(a[:], b[:]) == 1
	}
	return fromHere(r)
}
