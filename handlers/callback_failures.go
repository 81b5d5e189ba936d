package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const (
	failuresRoute = "/apps/:app/callbacks/failures"
	failureRoute  = failuresRoute + "/:failure"
)

// toldLate is how old a message may be that is judged, and shown to those who watch, when its callback is replayed. Later nobody
// would know what for somebody is muted, and services take messages back no more.
const toldLate = time.Hour

// failuresPage is how many failed callbacks a page lists.
const failuresPage = 50

// failureOf is a callback that was not taken as it should be, for Meter.Fail.
func failureOf(c *gin.Context, app *App, why refusal, body []byte, err error, now time.Time) store.CallbackFailure {
	q := c.Request.URL.Query()
	command := q.Get("CallbackCommand")
	if command == "" {
		command = q.Get("EventType")
	}
	f := store.CallbackFailure{App: app.Name, At: now, Why: string(why), Command: command, Query: c.Request.URL.RawQuery, Body: body, Whole: true}
	if err != nil {
		f.Error = err.Error()
	}
	return f
}

func failureURL(app *App, id int64, parts ...string) string {
	return appURL(app, append([]string{"callbacks", "failures", strconv.FormatInt(id, 10)}, parts...)...)
}

// failuresView lists what failed, newest first, and how many of each kind there are.
func (s *Server) failuresView(c *gin.Context, app *App, v *templates.CallbacksView) error {
	ctx, u := c.Request.Context(), c.Request.URL
	before, err := strconv.ParseInt(u.Query().Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	all, err := s.Store.Callbacks.Failures(ctx, app.Name, "", 0, store.MaxCallbackFailures)
	if err != nil {
		return err
	}
	may := mayNot(c, app, auth.VerbReplay)
	list := templates.CallbackFailures{Unkept: s.Meter.Unkept()}
	open, total := map[string]int{}, map[string]int{}
	for _, f := range all {
		total[f.Why]++
		if f.Replayed.IsZero() && f.Whole {
			open[f.Why]++
		}
		if before != 0 && f.ID >= before {
			continue
		}
		if len(list.Rows) == failuresPage {
			list.Pager.Next = withQuery(u, "before", strconv.FormatInt(list.Rows[failuresPage-1].ID, 10)) + "#callbacks-failures"
			break
		}
		list.Rows = append(list.Rows, failureRow(ctx, app, f))
	}
	for _, why := range refusals {
		if total[string(why)] == 0 {
			continue
		}
		k := templates.CallbackFailureKind{
			Why: string(why), Text: i18n.T(ctx, "callbacks.refused."+string(why)), Replay: templates.ButtonView{Type: "submit", Small: true, Icon: "refresh", Text: i18n.N(ctx, "callbacks.replay_all", open[string(why)]), Why: may},
			Erase: templates.ButtonView{Type: "submit", Small: true, Variant: "danger", Icon: "trash", Text: i18n.N(ctx, "callbacks.erase_all", total[string(why)]), Why: may},
		}
		if open[string(why)] == 0 && may == "" {
			k.Replay.Why = i18n.T(ctx, "callbacks.nothing_to_replay")
		}
		list.Kinds = append(list.Kinds, k)
	}
	list.ReplayURL, list.EraseURL = appURL(app, "callbacks", "failures", "replay"), appURL(app, "callbacks", "failures", "erase")
	list.Pager.Label, list.Pager.Target = i18n.T(ctx, "callbacks.failures"), "#callbacks"
	if before != 0 {
		list.Pager.First = withQuery(u, "before", "")
	}
	v.Failures = list
	return nil
}

func failureRow(ctx context.Context, app *App, f store.CallbackFailure) templates.CallbackFailureRow {
	return templates.CallbackFailureRow{
		ID: f.ID, URL: failureURL(app, f.ID), At: f.At, Why: i18n.T(ctx, "callbacks.refused."+f.Why), Command: f.Command, Error: f.Error,
		Size: i18n.Bytes(ctx, int64(f.Size)), Whole: f.Whole, Replayed: f.Replayed,
	}
}

// failure is the failed callback that the address names.
func (s *Server) failure(c *gin.Context) (*App, store.CallbackFailure, error) {
	app, err := s.app(c)
	if err != nil {
		return nil, store.CallbackFailure{}, err
	}
	id, err := failureID(c.Param("failure"))
	if err != nil {
		return nil, store.CallbackFailure{}, err
	}
	f, err := s.Store.Callbacks.Failure(c.Request.Context(), app.Name, id)
	return app, f, err
}

// failedCallback shows one without its body, which can hold what people wrote.
func (s *Server) failedCallback(c *gin.Context) error {
	app, f, err := s.failure(c)
	if err != nil {
		return err
	}
	return s.showFailure(c, http.StatusOK, app, f, templates.FieldView{}, false)
}

func (s *Server) showFailure(c *gin.Context, status int, app *App, f store.CallbackFailure, reason templates.FieldView, body bool) error {
	ctx := c.Request.Context()
	reason.Name, reason.Label, reason.Required, reason.MaxLength = "reason", i18n.T(ctx, "callbacks.body_reason"), true, maxFind
	why := mayNot(c, app, auth.VerbReplay)
	if why == "" {
		why = mayNot(c, app, auth.VerbDirect)
	}
	v := templates.CallbackFailureView{
		Back: templates.Link{Text: i18n.T(ctx, "callbacks.title"), URL: appURL(app, "callbacks")}, Row: failureRow(ctx, app, f), Reason: reason,
		BodyURL: failureURL(app, f.ID, "body"), ReplayURL: failureURL(app, f.ID, "replay"), EraseURL: failureURL(app, f.ID, "erase"),
		Open:   templates.ButtonView{Type: "submit", Icon: "eye", Text: i18n.T(ctx, "callbacks.body_open"), Why: why},
		Replay: templates.ButtonView{Type: "submit", Variant: "primary", Icon: "refresh", Text: i18n.T(ctx, "callbacks.replay"), Why: mayNot(c, app, auth.VerbReplay)},
		Erase:  templates.ButtonView{Type: "submit", Variant: "danger", Icon: "trash", Text: i18n.T(ctx, "callbacks.erase"), Why: mayNot(c, app, auth.VerbReplay)},
	}
	switch {
	case !f.Whole:
		v.Replay.Why = i18n.T(ctx, "callbacks.not_whole")
		v.Open.Why = v.Replay.Why
	case !f.Replayed.IsZero():
		v.Replay.Why = i18n.T(ctx, "callbacks.replayed_before")
	}
	if body {
		v.Shown, v.Body = true, bodyText(f.Body)
	}
	return render(c, status, templates.CallbackFailurePage(s.chrome(c), v), nil)
}

// bodyText is a body as text: JSON with its lines, and what is no text as it can be shown.
func bodyText(body []byte) string {
	var v json.RawMessage
	if json.Unmarshal(body, &v) == nil {
		if b, err := json.MarshalIndent(v, "", "  "); err == nil {
			return string(b)
		}
	}
	if utf8.Valid(body) {
		return string(body)
	}
	return strings.ToValidUTF8(string(body), "\uFFFD")
}

// callbackBody shows what a failed callback holds, for a reason that is recorded: it can be of a direct chat. Nothing is redirected, so
// that leave ends with the page.
func (s *Server) callbackBody(c *gin.Context) error {
	app, f, err := s.failure(c)
	if err != nil {
		return err
	}
	if op, _ := auth.OperatorFrom(c.Request.Context()); !op.CanIn(app.Name, auth.VerbDirect) {
		return errForbidden
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	reason := templates.FieldView{Value: clip(strings.TrimSpace(v.Get("reason")), maxFind)}
	if reason.Value == "" {
		reason.Error = i18n.T(ctx, "data.reason_missing")
		return s.showFailure(c, http.StatusUnprocessableEntity, app, f, reason, false)
	}
	if err := s.recorded(c, failureEntry(app, "callback.read", reason.Value, f.Why, 1, f.ID), func() error { return nil }); err != nil {
		return err
	}
	return s.showFailure(c, http.StatusOK, app, f, reason, true)
}

// failureEntry is the entry of the audit log for what is done to failed callbacks.
func failureEntry(app *App, action, reason, why string, n int, id int64) store.AuditEntry {
	told := map[string]any{"why": why, "callbacks": n}
	if id != 0 {
		told["callback"] = strconv.FormatInt(id, 10)
	}
	detail, err := json.Marshal(told)
	if err != nil {
		panic(err) // texts and a number
	}
	return store.AuditEntry{App: app.Name, Action: action, Reason: reason, Detail: detail}
}

// replay takes a failed callback as if it came now, once, whoever asks. What is the matter with it still is its error. The archive and
// the directory know what they have already, so nothing is there twice.
func (s *Server) replay(ctx context.Context, app *App, f store.CallbackFailure) error {
	switch err := s.Store.Callbacks.Replay(ctx, app.Name, f.ID, s.Now()); {
	case errors.Is(err, store.ErrConflict):
		return nil // somebody else did
	case err != nil:
		return err
	}
	why, err := s.takeAgain(ctx, app, f)
	if err != nil {
		return errors.Join(err, s.Store.Callbacks.Unreplay(ctx, app.Name, f.ID, string(why), err.Error()))
	}
	return nil
}

// takeAgain reads a callback by the token of now, at the time that it came.
func (s *Server) takeAgain(ctx context.Context, app *App, f store.CallbackFailure) (refusal, error) {
	q, err := url.ParseQuery(f.Query)
	if err != nil || app.Callbacks == nil {
		return refusedBody, fmt.Errorf("read the address of a callback: %w", errors.Join(err, imclient.ErrCallbackBody))
	}
	if !app.Callbacks.Signed() && f.Why != string(refusedBody) && f.Why != string(refusedKept) {
		return refusedUnsigned, imclient.ErrCallbackSign // anybody can have sent it
	}
	e, err := app.Callbacks.Read(q, f.Body, f.At)
	switch {
	case errors.Is(err, imclient.ErrCallbackSign):
		return refusedSign, err
	case errors.Is(err, imclient.ErrCallbackApp):
		return refusedApp, err
	case err != nil:
		return refusedBody, err
	}
	log, now := s.callbackLog(app), s.Now()
	if f.Why != string(refusedKept) && log.repeated(e, now) {
		return "", nil // the service sent it again meanwhile, and it was taken
	}
	if f.Why != string(refusedKept) {
		s.Meter.Count(app.Name, store.CallbackTaken, log.take(e, now, false), now)
	}
	if s.Feed != nil {
		s.Feed.Offer(app.Name, e)
	}
	s.Sanctions.Told(app.Name, e)
	if err := s.archive(ctx, app, e); err != nil || f.Why == string(refusedKept) { // all but the archive had it when it came
		return refusedKept, err
	}
	s.followUp(ctx, app, e, now)
	return "", nil
}

// followUp has what follows an event follow, as far as that makes sense by now: pages that show something else, those who watch, rules.
func (s *Server) followUp(ctx context.Context, app *App, e imclient.Event, now time.Time) {
	s.noteChange(app, e)
	if !e.At.IsZero() && now.Sub(e.At) > toldLate {
		return
	}
	s.watch(app, e, now)
	if s.Rules != nil {
		s.Rules.Said(ctx, app.Name, e)
	}
}

func (s *Server) replayCallback(c *gin.Context) error {
	app, f, err := s.failure(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	if !f.Whole {
		return badInput{"callbacks.not_whole"}
	}
	var failed error
	err = s.recorded(c, failureEntry(app, "callback.replay", "", f.Why, 1, f.ID), func() error {
		failed = s.replay(ctx, app, f)
		return nil
	})
	if err != nil {
		return err
	}
	t := templates.Toast{Text: i18n.N(ctx, "callbacks.replayed", 1)}
	if failed != nil {
		t = templates.Toast{Tone: "bad", Text: i18n.N(ctx, "callbacks.still_failing", 1), Small: failed.Error()}
	}
	return s.answer(c, http.StatusOK, t, failureURL(app, f.ID))
}

// replayCallbacks replays all of a kind that were not yet, oldest first, as they came.
func (s *Server) replayCallbacks(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	ctx, why := c.Request.Context(), v.Get("why")
	list, err := s.Store.Callbacks.Failures(ctx, app.Name, why, 0, store.MaxCallbackFailures)
	if err != nil {
		return err
	}
	done, failed := 0, 0
	err = s.recorded(c, failureEntry(app, "callback.replay", "", clip(why, 32), len(list), 0), func() error {
		for i := len(list) - 1; i >= 0 && ctx.Err() == nil; i-- {
			if !list[i].Whole || !list[i].Replayed.IsZero() {
				continue
			}
			f, err := s.Store.Callbacks.Failure(ctx, app.Name, list[i].ID)
			if err == nil {
				err = s.replay(ctx, app, f)
			}
			if err != nil {
				failed++
			} else {
				done++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	t := templates.Toast{Text: i18n.N(ctx, "callbacks.replayed", done)}
	if failed > 0 {
		t.Tone, t.Small = "bad", i18n.N(ctx, "callbacks.still_failing", failed)
	}
	return s.answer(c, http.StatusOK, t, appURL(app, "callbacks"))
}

func (s *Server) eraseCallback(c *gin.Context) error {
	app, f, err := s.failure(c)
	if err != nil {
		return err
	}
	return s.eraseFailures(c, app, f.ID, f.Why)
}

// eraseCallbacks erases all of a kind.
func (s *Server) eraseCallbacks(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	if v.Get("why") == "" {
		return badInput{"messages.wrong.nothing"}
	}
	return s.eraseFailures(c, app, 0, clip(v.Get("why"), 32))
}

func (s *Server) eraseFailures(c *gin.Context, app *App, id int64, why string) error {
	ctx, n := c.Request.Context(), 0
	list, err := s.Store.Callbacks.Failures(ctx, app.Name, why, 0, store.MaxCallbackFailures)
	if err != nil {
		return err
	}
	if id != 0 {
		list = list[:min(len(list), 1)]
	}
	err = s.recorded(c, failureEntry(app, "callback.erase", "", why, len(list), id), func() (err error) {
		n, err = s.Store.Callbacks.Erase(ctx, app.Name, id, why)
		return err
	})
	if err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.N(ctx, "callbacks.erased", n)}, appURL(app, "callbacks"))
}
