package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"imdesk/actions"
	"imdesk/apps"
	"imdesk/auth"
	"imdesk/cases"
	"imdesk/imclient"
	"imdesk/jobs"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// What goes wrong before anything is called.
var (
	errNoPage    = errors.New("no such page")
	errNoMethod  = errors.New("no such method here")
	errNoApp     = errors.New("no such app")
	errForbidden = errors.New("the operator's role does not allow this")
	errOutside   = errors.New("the console may not be used from this address")
	errBug       = errors.New("a bug in imdesk")
)

// errAbsent is an app of the console that is not looked after now.
type errAbsent struct{ apps.Absent }

func (e errAbsent) Error() string { return fmt.Sprintf("app %s is not there: %s", e.Name, e.Why) }

// Is makes it an app that there is not.
func (e errAbsent) Is(target error) bool { return target == errNoApp }

// badInput is a value in an address or form that makes no sense; key names the text that says so.
type badInput struct{ key string }

func (e badInput) Error() string { return "bad input: " + e.key }

// problem is an error as a person reads it.
type problem struct {
	status int
	notice templates.Notice
	code   string            // one word a kind, for programs
	fields map[string]string // what is wrong with what a program sent
}

// explain turns an error into what an operator reads: what happened, whether anything was changed, what to do next. wrote
// tells whether the request was to change something: then "nothing was changed" is said only where it is sure.
func explain(ctx context.Context, err error, wrote bool) problem {
	p := problem{notice: templates.Notice{Tone: "bad", Answer: true, Reference: referenceOf(ctx)}}
	say := func(status int, key string) problem {
		p.status, p.code = status, key
		//i18n:uses error.*
		p.notice.Title, p.notice.Next = i18n.T(ctx, "error."+key+".title"), i18n.T(ctx, "error."+key+".next")
		return p
	}
	var bad badInput
	var offer *actions.NotOffered
	var forbidden *actions.Forbidden
	var reused *actions.KeyReused
	var service *imclient.Error
	var tooLarge *http.MaxBytesError
	var closed errClosed
	var outranked *auth.Outranked
	var absent errAbsent
	if media, ok := explainMedia(ctx, err, p.notice); ok {
		return media
	}
	if program, ok := explainProgram(err, p, say, func(key string, args ...any) string { return i18n.T(ctx, key, args...) }); ok {
		program.notice.Changed = unchanged(ctx, wrote)
		return program
	}
	if guarded, ok := explainGuard(ctx, err); ok {
		return guarded
	}
	switch {
	case errors.As(err, &bad):
		p.notice.Reference = ""
		p.notice.Changed = unchanged(ctx, wrote)
		p = say(http.StatusBadRequest, "input")
		p.notice.Text = i18n.T(ctx, bad.key)
		return p
	case errors.As(err, &closed):
		p.notice.Tone, p.notice.Icon, p.notice.Reference = "warn", "lock", ""
		p.notice.Changed = unchanged(ctx, wrote)
		p.notice.Actions = []templates.ButtonView{{Text: i18n.T(ctx, "direct.open.submit"), Icon: "eye", URL: closed.url, Attrs: map[string]any{"target": "_blank"}}}
		return say(http.StatusConflict, "closed")
	case errors.As(err, &tooLarge):
		p.notice.Changed = unchanged(ctx, wrote)
		return say(http.StatusRequestEntityTooLarge, "too_large")
	case errors.As(err, &absent):
		p.notice.Reference, p.notice.Tone = "", "info"
		p.notice.Changed = unchanged(ctx, wrote)
		p = say(http.StatusNotFound, "app_absent")
		//i18n:uses apps.absent.*
		p.notice.Title = i18n.T(ctx, "apps.title.gone", "app", orID(absent.Title, absent.Name), "why", i18n.T(ctx, "apps.absent."+string(absent.Why)))
		p.notice.Text = i18n.T(ctx, "apps.absent."+string(absent.Why)+".text", "by", absent.By, "at", i18n.When(ctx, absent.At))
		return p
	case errors.Is(err, errNoPage), errors.Is(err, errNoApp):
		p.notice.Reference, p.notice.Tone = "", "info"
		return say(http.StatusNotFound, "no_page")
	case errors.Is(err, errNoMethod):
		return say(http.StatusMethodNotAllowed, "no_page")
	case errors.Is(err, errForbidden), errors.As(err, &forbidden):
		p.notice.Tone, p.notice.Icon = "warn", "lock"
		p.notice.Changed = unchanged(ctx, wrote)
		return say(http.StatusForbidden, "forbidden")
	case errors.Is(err, errOutside):
		p.notice.Icon = "lock"
		p.notice.Changed = unchanged(ctx, wrote)
		return say(http.StatusForbidden, "outside")
	case errors.As(err, &outranked):
		p.notice.Tone, p.notice.Icon, p.notice.Reference = "warn", "lock", ""
		p.notice.Changed = unchanged(ctx, wrote)
		return say(http.StatusForbidden, "outranked")
	case errors.As(err, &offer):
		p.notice.Tone = "warn"
		p.notice.Changed = unchanged(ctx, wrote)
		p = say(http.StatusConflict, "not_offered")
		p.notice.Text = i18n.T(ctx, offer.Key)
		return p
	case errors.As(err, &reused), errors.Is(err, jobs.ErrKeyReused):
		p.notice.Tone, p.notice.Reference = "warn", ""
		return say(http.StatusConflict, "sent_before")
	case errors.Is(err, cases.ErrTaken), errors.Is(err, cases.ErrDecided), errors.Is(err, cases.ErrStale), errors.Is(err, cases.ErrTooLate), errors.Is(err, cases.ErrReason):
		p.notice.Tone, p.notice.Reference = "warn", ""
		return say(http.StatusConflict, caseProblem(err))
	case errors.As(err, &service):
		return explainService(ctx, service, wrote)
	case errors.Is(err, store.ErrNotFound):
		p.notice.Tone = "info"
		return say(http.StatusNotFound, "gone")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errTooSlow):
		p.notice.Tone = "warn"
		p.notice.Changed = unchanged(ctx, wrote)
		return say(http.StatusGatewayTimeout, "slow")
	}
	return say(http.StatusInternalServerError, "ours")
}

// caseProblem names what is wrong with what was asked of a case.
func caseProblem(err error) string {
	switch {
	case errors.Is(err, cases.ErrTaken):
		return "case_taken"
	case errors.Is(err, cases.ErrTooLate):
		return "case_too_late"
	case errors.Is(err, cases.ErrReason):
		return "case_reason"
	}
	return "case_decided"
}

func unchanged(ctx context.Context, wrote bool) string {
	if !wrote {
		return ""
	}
	return i18n.T(ctx, "error.unchanged")
}

// explainService says what the IM service's refusal means. The service's own words stay behind the fold.
//
// Nothing was changed, even if no answer came: what becomes of a write is a result of package actions, which gives errors
// only for what it read before.
func explainService(ctx context.Context, e *imclient.Error, wrote bool) problem {
	n := templates.Notice{Tone: "warn", Answer: true, Reference: referenceOf(ctx), Code: e.Code, Details: e.Detail}
	var status int
	var key string
	switch e.Kind {
	case imclient.ErrNotFound:
		status, key, n.Tone = http.StatusNotFound, "not_found", "info"
	case imclient.ErrDenied:
		status, key = http.StatusConflict, "denied"
	case imclient.ErrCredentials:
		status, key, n.Tone = http.StatusBadGateway, "credentials", "bad"
	case imclient.ErrInvalid:
		// What a page reads is named by its address: an id that cannot be one leads nowhere. A form has its own way to say
		// what is wrong with a field; here the service found something that no field is to blame for.
		status, key = http.StatusBadRequest, "invalid"
		if !wrote {
			status, key, n.Tone = http.StatusNotFound, "not_found", "info"
		}
	case imclient.ErrConflict:
		status, key = http.StatusConflict, "conflict"
	case imclient.ErrRateLimited:
		status, key, n.Icon = http.StatusServiceUnavailable, "rate_limited", "pause"
		n.RetryAt = retryAt(ctx, e, wrote)
	case imclient.ErrUnsupported:
		status, key = http.StatusConflict, "unsupported"
	case imclient.ErrQuota:
		status, key = http.StatusConflict, "quota"
	case imclient.ErrProtocol:
		status, key, n.Tone = http.StatusBadGateway, "protocol", "bad"
	default:
		status, key = http.StatusBadGateway, "unavailable"
		n.RetryAt = retryAt(ctx, e, wrote)
	}
	n.Title, n.Next = i18n.T(ctx, "error."+key+".title"), i18n.T(ctx, "error."+key+".next")
	if e.Code != "" {
		n.Text, n.Next = vendorText(ctx, e.Vendor, e.Code)
	}
	if wrote {
		n.Changed = i18n.T(ctx, "error.unchanged")
	}
	return problem{status: status, notice: n, code: key}
}

// retryAfter is how long a page waits before it reads again by itself, if the service does not say.
const retryAfter = 8 * time.Second

// retryAt is when a read tries again by itself. A write never does.
func retryAt(ctx context.Context, e *imclient.Error, wrote bool) time.Time {
	if wrote {
		return time.Time{}
	}
	wait := e.RetryAfter
	if wait <= 0 {
		wait = retryAfter
	}
	return i18n.From(ctx).Now().Add(wait)
}

// fail answers a request whose handler returned err. htmx puts what comes with a 4xx or 5xx into #notice; others get a page.
func (s *Server) fail(c *gin.Context, err error) {
	var gone errGone
	if errors.As(err, &gone) || errors.Is(c.Request.Context().Err(), context.Canceled) {
		// Nobody is listening any more, or was too slow to be listened to.
		if !c.Writer.Written() {
			c.AbortWithStatus(http.StatusRequestTimeout)
		}
		return
	}
	if errors.Is(context.Cause(c.Request.Context()), errTooSlow) {
		err = fmt.Errorf("%w: %w", errTooSlow, err) // databases say that they were interrupted, not why
	}
	if h, held := errors.AsType[*actions.Held](err); held && !c.Writer.Written() && !fromProgram(c) {
		if err := s.answerHeld(c, h); err != nil {
			s.Log.ErrorContext(c.Request.Context(), "answer a held action", "reference", referenceOf(c.Request.Context()), "error", err)
		}
		return
	}
	ctx := context.WithoutCancel(c.Request.Context()) // its time may be up
	c.Request = c.Request.WithContext(ctx)
	wrote := c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead
	p := explain(ctx, err, wrote)
	s.logFailure(c, err, p.status)
	if c.Writer.Written() {
		return
	}
	if !p.notice.RetryAt.IsZero() {
		p.notice.RetryURL = c.Request.URL.RequestURI()
	}
	if p.status >= http.StatusInternalServerError && !wrote {
		p.notice.Actions = append(p.notice.Actions, templates.ButtonView{
			Text: i18n.T(ctx, "ui.try_again"), Icon: "refresh", URL: c.Request.URL.RequestURI(),
		})
	}
	if fromProgram(c) {
		s.failJSON(c, p)
		return
	}
	chrome := templates.Chrome{}
	if s.signedIn(c) && !errors.Is(err, errOutside) {
		chrome = s.chrome(c)
	}
	page := templates.ErrorPage(chrome, p.notice)
	_, closed := errors.AsType[errClosed](err)
	if _, guarded := explainGuard(ctx, err); (closed || guarded) && wrote {
		page = templates.ClosedPage(chrome, p.notice, c.Request.URL.EscapedPath(), typedAgain(c.Request.PostForm))
	}
	if err := render(c, p.status, page, templates.NoticeBox(p.notice)); err != nil {
		s.Log.ErrorContext(ctx, "error page", "reference", referenceOf(ctx), "error", err)
	}
}

func (s *Server) logFailure(c *gin.Context, err error, status int) {
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	attrs := []any{"reference", referenceOf(c.Request.Context()), "route", c.FullPath(), "status", status, "error", err.Error()}
	var service *imclient.Error
	if errors.As(err, &service) {
		attrs = append(attrs, "service", service)
	}
	s.Log.Log(c.Request.Context(), level, "request failed", attrs...)
}
