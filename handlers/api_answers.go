package handlers

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// Bounds of what is kept of long answers, in memory and for whoever asked only.
const (
	answersFor   = 15 * time.Minute
	answersBytes = 32 << 20
)

// keptAnswer is an answer that was too long for its page.
type keptAnswer struct {
	id            string
	operator, app string
	name          string // of the command
	body          []byte
	at            time.Time
}

// keptAnswers are those that can be fetched, oldest first. The zero value is ready.
type keptAnswers struct {
	mu   sync.Mutex
	list []keptAnswer
}

// keep makes room, puts an answer in and names it; "" if it is too large for any room.
func (k *keptAnswers) keep(a keptAnswer) string {
	if len(a.body) > answersBytes {
		return ""
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(a.at)
	size := len(a.body)
	for _, old := range k.list {
		size += len(old.body)
	}
	for size > answersBytes {
		size -= len(k.list[0].body)
		k.list = slices.Delete(k.list, 0, 1)
	}
	a.id = rand.Text()
	k.list = append(k.list, a)
	return a.id
}

// forget drops what is too old. The lock is held.
func (k *keptAnswers) forget(now time.Time) {
	k.list = slices.DeleteFunc(k.list, func(a keptAnswer) bool { return now.Sub(a.at) > answersFor })
}

// get finds an answer for the operator who got it.
func (k *keptAnswers) get(id, operator, app string, now time.Time) (keptAnswer, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(now)
	for _, a := range k.list {
		if a.id == id && a.operator == operator && a.app == app {
			return a, true
		}
	}
	return keptAnswer{}, false
}

// answerView is what came back, as a person reads it.
func (a *apiCall) answerView(r actions.Result, answer imclient.RawAnswer) templates.APIAnswerView {
	ctx := a.ctx()
	v := templates.APIAnswerView{
		Code: answer.Code, Took: answer.Took, Request: answer.RequestID, Words: answer.Detail, Curl: answer.Curl,
		Entry: entryLink(a.app, r.ID),
	}
	if answer.Status != 0 {
		v.Status = strings.TrimSpace(fmt.Sprintf("HTTP %d %s", answer.Status, http.StatusText(answer.Status)))
	}
	var own actions.Item // the command's; those behind it are what was refused of it
	if len(r.Items) > 0 {
		own = r.Items[0]
	}
	v.OK = own.State == actions.StateApplied && len(answer.Refused) == 0
	switch {
	case r.Repeated:
		v.Summary = i18n.T(ctx, "api.repeated")
		v.Notice = &templates.Notice{Tone: "info", Title: v.Summary, Text: i18n.T(ctx, "api.repeated_text")}
	case own.State != actions.StateApplied:
		v.Summary = i18n.T(ctx, "api.failed")
		if answer.Code != "" {
			v.Summary = i18n.T(ctx, "api.failed_code", "code", answer.Code)
		}
		v.Notice = a.failure(r, own)
	case len(answer.Refused) > 0:
		v.Summary = i18n.N(ctx, "api.partly", len(answer.Refused))
		v.Notice = a.refusedItems(answer.Refused)
	default:
		v.Summary = i18n.T(ctx, "api.ok")
	}
	if len(answer.Body) > 0 {
		a.showBody(&v, answer.Body)
	}
	return v
}

// showBody shows as much of an answer as a page holds; all of a longer one can be fetched for a while.
func (a *apiCall) showBody(v *templates.APIAnswerView, body []byte) {
	ctx := a.ctx()
	v.Size = i18n.Bytes(ctx, int64(len(body)))
	text, cut := prettyJSON(body, apiShownBytes)
	v.Body = text
	if !cut {
		return
	}
	v.Cut = i18n.T(ctx, "api.cut", "size", v.Size)
	op, _ := auth.OperatorFrom(ctx)
	id := a.s.answers.keep(keptAnswer{operator: op.ID, app: a.app.Name, name: a.cmd.Name, body: body, at: a.s.Now()})
	if id == "" {
		v.Cut = i18n.T(ctx, "api.cut_only", "size", v.Size)
		return
	}
	v.Download = appURL(a.app, "api-answers", id)
}

// failure says what went wrong with a call, and whether anything was changed.
func (a *apiCall) failure(r actions.Result, own actions.Item) *templates.Notice {
	ctx := a.ctx()
	if r.Failure == nil {
		return &templates.Notice{Tone: "bad", Answer: true, Title: reasonText(ctx, own)}
	}
	n := explainService(ctx, r.Failure, false).notice
	n.RetryAt = time.Time{}    // it is sent again by hand only
	n.Code, n.Details = "", "" // they stand below
	if r.Failure.Code != "" && r.Failure.Kind == imclient.ErrUnavailable {
		n.Title = i18n.T(ctx, "api.failed_code", "code", r.Failure.Code) // it did answer
	}
	if !a.cmd.Write {
		return &n
	}
	switch own.State {
	case actions.StateUnknown:
		n.Tone, n.Changed = "bad", i18n.T(ctx, "action.done.check")
	default:
		n.Changed = i18n.T(ctx, "error.unchanged")
	}
	return &n
}

// refusedItems names what was refused of an accepted call, and why.
func (a *apiCall) refusedItems(list []imclient.Refused) *templates.Notice {
	ctx := a.ctx()
	n := &templates.Notice{Tone: "warn", Answer: true, Title: i18n.N(ctx, "api.partly", len(list)), Text: i18n.T(ctx, "api.partly_text")}
	for i, r := range list {
		if i == maxEffects {
			n.List = append(n.List, i18n.N(ctx, "api.more_refused", len(list)-i))
			break
		}
		what, _ := vendorText(ctx, a.app.IM.Vendor, r.Err.Code)
		if what == "" {
			what = i18n.T(ctx, "action.refused.other")
		}
		if r.Err.Code != "" {
			what = i18n.T(ctx, "api.with_code", "what", what, "code", r.Err.Code)
		}
		n.List = append(n.List, i18n.T(ctx, "action.done.first", "who", r.ID, "why", what))
	}
	return n
}

// apiDownload sends an answer that was too long for its page, to the operator who got it.
func (s *Server) apiDownload(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	op, _ := auth.OperatorFrom(c.Request.Context())
	a, ok := s.answers.get(c.Param("answer"), op.ID, app.Name, s.Now())
	if !ok {
		return fmt.Errorf("answer of the API: %w", store.ErrNotFound)
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+a.name+`.json"`)
	c.Writer.WriteHeader(http.StatusOK)
	if c.Request.Method == http.MethodHead {
		return nil
	}
	if _, err := c.Writer.Write(a.body); err != nil {
		return errGone{err}
	}
	return nil
}

// apiFacts are what the audit log keeps of a call by hand.
func apiFacts(ctx context.Context, d actions.Detail) []templates.FactView {
	names, _ := d.Options["fields"].([]any)
	var list []string
	for _, n := range names {
		list = append(list, fmt.Sprint(n))
	}
	var facts []templates.FactView
	if len(list) > 0 {
		facts = append(facts, templates.FactView{Name: i18n.T(ctx, "audit.detail.fields"), Value: strings.Join(list, ", ")})
	}
	if body, is := d.Options["body"]; is {
		facts = append(facts, templates.FactView{Name: i18n.T(ctx, "audit.detail.body"), Value: jsonText(body)})
	}
	if n, is := d.Options["body_bytes"].(float64); is {
		facts = append(facts, templates.FactView{
			Name: i18n.T(ctx, "audit.detail.body"), Value: i18n.T(ctx, "audit.detail.body_left_out", "size", i18n.Bytes(ctx, int64(n))),
		})
	}
	return facts
}
