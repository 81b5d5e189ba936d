package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"imdesk/auth"
	"imdesk/web/i18n"

	"github.com/gin-gonic/gin"
)

// contentPolicy allows what this server sends and nothing else: no inline script or style, no frames, no other hosts.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// protect stands before the router: headers of every answer, and requests that other sites made a browser send.
func (s *Server) protect(next http.Handler) http.Handler {
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Log.WarnContext(r.Context(), "cross-site request refused", "path", r.URL.Path, "origin", r.Header.Get("Origin"))
		http.Error(w, "This request came from another site and was not carried out.", http.StatusForbidden)
	}))
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
	level := slog.LevelInfo
	if c.Writer.Status() >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	s.Log.Log(c.Request.Context(), level, "request", "reference", ref, "method", c.Request.Method, "route", c.FullPath(),
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
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	c.Next()
}

// errTooSlow is the cause of a request that ran out of time.
var errTooSlow = errors.New("the request took too long")

func (s *Server) deadline(c *gin.Context) {
	ctx, cancel := context.WithTimeoutCause(c.Request.Context(), requestTimeout, errTooSlow)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

// languageCookie keeps the choice of a visitor who has not signed in. It says nothing about anybody.
const languageCookie = "__Host-imdesk-lang"

// locale settles language and time zone: the operator's choice, the visitor's cookie, the browser's wish, the console's.
func (s *Server) locale(c *gin.Context) {
	ctx := c.Request.Context()
	setting, zone := "", s.Zone
	if op, ok := auth.OperatorFrom(ctx); ok {
		setting = op.Prefs.Language
		if z, err := time.LoadLocation(op.Prefs.TimeZone); err == nil && op.Prefs.TimeZone != "" {
			zone = z
		}
	}
	cookie := ""
	if ck, err := c.Request.Cookie(languageCookie); err == nil {
		cookie = ck.Value
	}
	accept := c.GetHeader("Accept-Language")
	if s.Language != "" && cookie == "" {
		cookie = string(s.Language)
	}
	c.Request = c.Request.WithContext(i18n.With(ctx, i18n.Locale{
		Lang: i18n.Choose(setting, cookie, accept), Zone: zone, Now: s.Now,
	}))
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
