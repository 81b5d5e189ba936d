package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"imdesk/auth"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// contentPolicy allows what this server sends and nothing else: no inline script or style, no frames, no other hosts.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// protect stands before the router: headers of every answer, and requests that other sites made a browser send.
func (s *Server) protect(next http.Handler) http.Handler {
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(http.HandlerFunc(s.crossSite))
	guarded := csrf.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		if r.TLS != nil || strings.HasPrefix(s.PublicURL, "https://") {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !strings.HasPrefix(r.URL.Path, "/static/") {
			h.Set("Cache-Control", "no-store")
		}
		guarded.ServeHTTP(w, r)
	})
}

// crossSite answers a change that another site made the browser send.
func (s *Server) crossSite(w http.ResponseWriter, r *http.Request) {
	s.Log.WarnContext(r.Context(), "cross-site request refused", "path", r.URL.Path, "origin", r.Header.Get("Origin"))
	ctx := i18n.With(r.Context(), s.visitor(r))
	n := templates.Notice{
		Tone: "bad", Icon: "lock", Answer: true, Title: i18n.T(ctx, "error.cross_site.title"), Next: i18n.T(ctx, "error.cross_site.next"),
		Changed: unchanged(ctx, true),
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusForbidden)
	page := templates.ErrorPage(templates.Chrome{}, n)
	if wantsPart(r) {
		page = templates.NoticeBox(n)
	}
	if err := page.Render(ctx, w); err != nil {
		s.Log.WarnContext(ctx, "answer a cross-site request", "error", err)
	}
}

type contextKey int

const referenceKey contextKey = iota

// referenceOf is the reference of a request: what the page shows when something failed, and the log has.
func referenceOf(ctx context.Context) string {
	ref, _ := ctx.Value(referenceKey).(string)
	return ref
}

// reference gives each request a reference and logs how it ended. Neither query nor body is logged: they hold what people
// typed.
func (s *Server) reference(c *gin.Context) {
	ref := "r-" + rand.Text()[:8]
	start := s.Now()
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), referenceKey, ref))
	c.Next()
	s.metrics.seen(c, s.Now().Sub(start))
	s.Log.Log(c.Request.Context(), levelOf(c.FullPath(), c.Writer.Status()), "request", "reference", ref, "method", c.Request.Method, "route", c.FullPath(),
		"status", c.Writer.Status(), "bytes", c.Writer.Size(), "duration", s.Now().Sub(start), "address", c.ClientIP())
}

// recoverPanic turns a bug into an error page with a reference.
func (s *Server) recoverPanic(c *gin.Context) {
	defer func() {
		bug := recover()
		if bug == nil {
			return
		}
		if err, ok := bug.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(bug)
		}
		s.Log.ErrorContext(c.Request.Context(), "panic", "reference", referenceOf(c.Request.Context()), "route", c.FullPath(),
			"bug", fmt.Sprint(bug), "stack", string(debug.Stack()))
		c.Abort()
		if !c.Writer.Written() {
			s.fail(c, errBug)
		}
	}()
	c.Next()
}

func (s *Server) limitBody(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, bodyLimit(c.FullPath()))
	c.Next()
}

// errTooSlow is the cause of a request that ran out of time.
var errTooSlow = errors.New("the request took too long")

func (s *Server) deadline(c *gin.Context) {
	if isStream(c.FullPath()) { // it bounds each of its steps by itself
		c.Next()
		return
	}
	ctx, cancel := context.WithTimeoutCause(c.Request.Context(), s.timeout, errTooSlow)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

// languageCookie keeps the choice of a visitor who has not signed in. It says nothing about anybody.
const languageCookie = "__Host-imdesk-lang"

// visitor is how somebody reads who has not signed in: the language of the cookie, the console's, the browser's.
func (s *Server) visitor(r *http.Request) i18n.Locale {
	cookie := string(s.Language)
	if ck, err := r.Cookie(languageCookie); err == nil && ck.Value != "" {
		cookie = ck.Value
	}
	return i18n.Locale{Lang: i18n.Choose("", cookie, r.Header.Get("Accept-Language")), Zone: s.Zone, Now: s.Now}
}

// locale settles language and time zone: the operator's choice, else the visitor's.
func (s *Server) locale(c *gin.Context) {
	ctx := c.Request.Context()
	l := s.visitor(c.Request)
	if op, ok := auth.OperatorFrom(ctx); ok {
		if lang, chosen := i18n.Parse(op.Prefs.Language); chosen {
			l.Lang = lang
		}
		if z, err := time.LoadLocation(op.Prefs.TimeZone); err == nil && op.Prefs.TimeZone != "" {
			l.Zone = z
		}
	}
	c.Request = c.Request.WithContext(i18n.With(ctx, l))
	c.Next()
}

// plainParams unescapes the ids in an address. The router's own way takes a plus sign for a space.
func plainParams(c *gin.Context) {
	if c.Request.URL.RawPath != "" {
		for i := range c.Params {
			if v, err := url.PathUnescape(c.Params[i].Value); err == nil {
				c.Params[i].Value = v
			}
		}
	}
	c.Next()
}

// adapt is the one place where a handler's error becomes an answer.
func (s *Server) adapt(handle func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := handle(c); err != nil {
			s.fail(c, err)
		}
	}
}
