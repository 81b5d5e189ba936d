package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"
)

// programPrefix begins the addresses of the JSON API. Requests there come with an API token, never with a cookie.
const programPrefix = "/api/v1/"

// fromProgram tells whether a request is one to the JSON API.
func fromProgram(c *gin.Context) bool { return strings.HasPrefix(c.Request.URL.Path, programPrefix) }

// programRoute is one line of the JSON API. The console's own table, the API's document and its tests are made from it.
type programRoute struct {
	method, path string
	verb         auth.Verb
	op           string   // names it in the document, and its text: program.op.OP
	query        []string // parameters
	in           any      // what is sent, as a zero value; nil: nothing
	out          any      // what comes back, as a zero value
	handle       func(*programCall) (any, error)
}

// programCall is one request to the JSON API.
type programCall struct {
	s   *Server
	c   *gin.Context
	app *App // nil where the address names none
}

// programRoutes are the lines of the JSON API in the console's table.
func (s *Server) programRoutes() []route {
	list := []route{{get, programPrefix + "openapi.json", auth.VerbPublic, s.programDocument}}
	for _, r := range programTable {
		list = append(list, route{r.method, r.path, r.verb, s.program(r)})
	}
	return list
}

// program makes the handler of a line.
func (s *Server) program(r programRoute) func(*gin.Context) error {
	return func(c *gin.Context) error {
		op, _ := auth.OperatorFrom(c.Request.Context())
		if wait := s.paces.take(op.TokenID, s.Now()); wait > 0 {
			c.Header("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
			return errTooFast
		}
		call := &programCall{s: s, c: c}
		if c.Param("app") != "" {
			app, err := s.app(c)
			if err != nil {
				return err
			}
			call.app = app
		}
		answer, err := r.handle(call)
		if err != nil {
			return err
		}
		return writeJSON(c, http.StatusOK, answer)
	}
}

func writeJSON(c *gin.Context, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	c.Data(status, "application/json; charset=utf-8", append(b, '\n'))
	return nil
}

// What is wrong with a request to the JSON API.
var (
	errTooFast = errors.New("a token's requests come too fast")
	errNotJSON = errors.New("the body is not JSON")
)

// badBody is JSON that is not what the route takes.
type badBody struct{ text string }

func (e badBody) Error() string { return "body: " + e.text }

// read reads the body, strictly: a field that is not known is a mistake that would else go unnoticed.
func (p *programCall) read(into any) error {
	if kind, _, err := mime.ParseMediaType(p.c.GetHeader("Content-Type")); err != nil || kind != "application/json" {
		return errNotJSON
	}
	d := json.NewDecoder(p.c.Request.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			return badBody{"JSON"}
		}
		return nil
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return badBody{wrong.Field + ": " + wrong.Value}
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return badBody{field}
	}
	return badBody{"JSON"}
}

// maxIdempotencyKey is the length of the header Idempotency-Key in bytes.
const maxIdempotencyKey = 64

// key is the request's Idempotency-Key: sent twice with it, an action is carried out once.
func (p *programCall) key() (string, error) {
	k := p.c.GetHeader("Idempotency-Key")
	if k == "" {
		return "", nil
	}
	if len(k) > maxIdempotencyKey || strings.ContainsFunc(k, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", badBody{"Idempotency-Key"}
	}
	op, _ := auth.OperatorFrom(p.c.Request.Context())
	return "api." + op.TokenID[:min(len(op.TokenID), 26)] + "." + k, nil
}

// programError is how the JSON API says that something did not work.
type programError struct {
	Error struct {
		Code      string            `json:"code"`    // one word a kind; stays the same
		Message   string            `json:"message"` // for people
		Next      string            `json:"next,omitempty"`
		Unchanged bool              `json:"unchanged"` // it is sure that nothing was changed
		Reference string            `json:"reference,omitempty"`
		Service   string            `json:"service_code,omitempty"` // the IM service's own code
		Fields    map[string]string `json:"fields,omitempty"`       // what is wrong with what was sent, by field
	} `json:"error"`
}

// failJSON answers a program's request that did not work.
func (s *Server) failJSON(c *gin.Context, p problem) {
	var e programError
	e.Error.Code, e.Error.Message, e.Error.Next = p.code, strings.TrimSpace(p.notice.Title+" "+p.notice.Text), p.notice.Next
	e.Error.Unchanged = p.notice.Changed != "" || c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	e.Error.Reference, e.Error.Service, e.Error.Fields = referenceOf(c.Request.Context()), p.notice.Code, p.fields
	if p.status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", "Bearer")
	}
	if err := writeJSON(c, p.status, e); err != nil {
		s.Log.ErrorContext(c.Request.Context(), "error as JSON", "reference", e.Error.Reference, "error", err)
	}
}

// explainProgram says what is wrong with a program's request.
func explainProgram(err error, p problem, say func(status int, key string) problem, text func(key string, args ...any) string) (problem, bool) {
	var bad badBody
	var invalid *actions.Invalid
	var cannot *actions.CannotUndo
	switch {
	case errors.Is(err, auth.ErrToken):
		p = say(http.StatusUnauthorized, "token")
	case errors.Is(err, auth.ErrTokenAddress):
		p = say(http.StatusForbidden, "token_address")
	case errors.Is(err, errTooFast):
		p = say(http.StatusTooManyRequests, "too_fast")
	case errors.Is(err, errNotNow):
		p = say(http.StatusConflict, "not_now")
	case errors.Is(err, errNotJSON):
		p = say(http.StatusUnsupportedMediaType, "not_json")
	case errors.As(err, &bad):
		p = say(http.StatusBadRequest, "body")
		p.notice.Text = bad.text
	case errors.As(err, &invalid):
		p = say(http.StatusUnprocessableEntity, "fields")
		p.fields = map[string]string{}
		for name, t := range invalid.Fields {
			p.fields[name] = text(t.Key, t.Args...)
		}
	case errors.As(err, &cannot):
		p = say(http.StatusConflict, "cannot_undo")
		p.notice.Text = text(cannot.Reason, "by", cannot.By)
	default:
		return p, false
	}
	return p, true
}

// Pace of one token's requests; each console of several counts by itself.
const (
	programRate  = 20 // a second
	programBurst = 40
	maxPaces     = 10_000 // tokens; beyond it all is forgotten
)

// paces hold back tokens that ask too fast.
type paces struct {
	mu sync.Mutex
	by map[string]*rate.Limiter
}

// take counts a request and tells how long to wait if it is one too many.
func (p *paces) take(token string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.by[token]
	if l == nil {
		if p.by == nil || len(p.by) >= maxPaces {
			p.by = map[string]*rate.Limiter{}
		}
		l = rate.NewLimiter(programRate, programBurst)
		p.by[token] = l
	}
	if l.AllowN(now, 1) {
		return 0
	}
	return time.Second / programRate
}

// programResult is what came of an action.
type programResult struct {
	ID        int64         `json:"id"` // of the entry in the audit log
	Verb      string        `json:"verb"`
	State     string        `json:"state"` // pending, ok, partial, failed, unknown
	Group     string        `json:"group,omitempty"`
	Items     []programItem `json:"items"`
	UndoUntil *time.Time    `json:"undo_until,omitempty"`
	UndoOf    int64         `json:"undo_of,omitempty"`
	Repeated  bool          `json:"repeated,omitempty"` // an earlier request with the same key did it
}

// programItem is what became of one target.
type programItem struct {
	ID      string `json:"id"`
	State   string `json:"state"` // applied, skipped, refused, unknown
	Reason  string `json:"reason,omitempty"`
	Service string `json:"service_code,omitempty"`
	Before  string `json:"before,omitempty"`
	After   string `json:"after,omitempty"`
}

// result is a result as a program reads it. Before and after of direct chats are what people wrote, and stay here.
func (p *programCall) result(r actions.Result) programResult {
	ctx := p.c.Request.Context()
	out := programResult{
		ID: r.ID, Verb: string(r.Verb), State: string(r.State), Group: r.Group, UndoOf: r.UndoOf, Repeated: r.Repeated, Items: []programItem{},
	}
	if !r.UndoUntil.IsZero() {
		until := r.UndoUntil.UTC()
		out.UndoUntil = &until
	}
	open := !strings.HasPrefix(string(baseVerb(r.Verb)), "direct.") || mayReadDirectText(ctx, p.app.Name)
	for _, i := range r.Items {
		item := programItem{ID: i.ID, State: string(i.State), Reason: refusalText(ctx, p.app, i), Service: i.VendorCode}
		if open {
			item.Before, item.After = i.Before.Text, i.After.Text
		}
		out.Items = append(out.Items, item)
	}
	return out
}

// do carries an action out as the console would.
func (p *programCall) do(build func(common actions.Common) actions.Action, reason, note string) (any, error) {
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	a := build(actions.Common{Reason: strings.TrimSpace(reason), Note: note, Key: key})
	r, err := p.s.Actions.Do(p.c.Request.Context(), p.s.actor(p.c), p.app.Target(), a)
	if err != nil {
		return nil, err
	}
	return p.result(r), nil
}

// Most rows of one answer.
const programPage = 100

// limit is how many rows were asked for.
func (p *programCall) limit() (int, error) {
	text := p.c.Query("limit")
	if text == "" {
		return 50, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > programPage {
		return 0, badBody{"limit"}
	}
	return n, nil
}

// cursor is where a list goes on.
func (p *programCall) cursor() (string, error) {
	if v := p.c.Query("cursor"); len(v) <= maxCursor {
		return v, nil
	}
	return "", badBody{"cursor"}
}

// offered refuses what the vendor does not have.
func (p *programCall) offered(v imclient.Verb, t imclient.GroupType) error {
	if key := p.app.IM.Caps.Why(v, t); key != "" {
		return &actions.NotOffered{Key: key}
	}
	return nil
}

// moment is a time as programs read it; nil for none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
