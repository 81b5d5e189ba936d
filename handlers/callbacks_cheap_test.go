package handlers

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/imclient/tencent"
	"imdesk/rules"
	"imdesk/store"
)

// endless is a body without end that breaks off where it is told to; 0: nowhere.
type endless struct{ read, breaks int }

func (e *endless) Read(p []byte) (int, error) {
	if e.breaks > 0 && e.read >= e.breaks {
		return 0, io.ErrUnexpectedEOF
	}
	e.read += len(p)
	return copy(p, bytes.Repeat([]byte("x"), len(p))), nil
}

// TestCallbacksOfStrangers: what nobody vouches for costs no write to the database while it comes, whoever sends however much, and
// of its bodies few are kept.
func TestCallbacksOfStrangers(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	v := newVolc(t)
	const sent = "Group.CallbackAfterSendMsg"
	with := func(name, value string) string {
		q := h.callbackQuery(sent)
		q.Set(name, value)
		return "/callbacks/demo?" + q.Encode()
	}
	long := strings.Repeat("x", 10<<10)
	hook := func(signature string) string {
		return `{"EventType":"AfterSendMessage","EventData":"{}","EventTime":"2026-07-01T12:00:00Z","EventId":"e","AppId":"900001","Version":"1","Nonce":"1","Signature":"` + signature + `","X":"` + long + `"}`
	}
	for _, tt := range []struct {
		name    string
		h       *harness
		app, at string
		body    func() io.Reader
		status  int
	}{
		{"a wrong signature", h, testApp, with("Sign", "00"), func() io.Reader { return strings.NewReader(long) }, http.StatusUnauthorized},
		{"no signature", h, testApp, with("Sign", ""), func() io.Reader { return strings.NewReader(long) }, http.StatusUnauthorized},
		{"of yesterday", h, testApp, with("RequestTime", "1"), func() io.Reader { return strings.NewReader(long) }, http.StatusUnauthorized},
		{"of another app", h, testApp, with("SdkAppid", "7"), func() io.Reader { return strings.NewReader(long) }, http.StatusBadRequest},
		{"without end", h, testApp, with("Sign", "00"), func() io.Reader { return &endless{} }, http.StatusRequestEntityTooLarge},
		{"so slow that it is cut off", h, testApp, with("Sign", "00"), func() io.Reader { return &endless{breaks: 100} }, http.StatusRequestEntityTooLarge},
		{"a webhook with a wrong signature", v.harness, "volc", "/callbacks/volc", func() io.Reader { return strings.NewReader(hook("00")) }, http.StatusUnauthorized},
		{"a webhook without a signature", v.harness, "volc", "/callbacks/volc", func() io.Reader { return strings.NewReader(hook("")) }, http.StatusUnauthorized},
		{"a webhook without end", v.harness, "volc", "/callbacks/volc", func() io.Reader { return &endless{} }, http.StatusRequestEntityTooLarge},
	} {
		for range 50 {
			body := tt.body()
			r := httptest.NewRequest(post, "http://console.test"+tt.at, body)
			r.RemoteAddr = stranger
			w := httptest.NewRecorder()
			tt.h.handler.ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Fatalf("%s: %d", tt.name, w.Code)
			}
			if e, is := body.(*endless); is && e.read > maxBody+64<<10 {
				t.Errorf("%s: %d bytes were read", tt.name, e.read)
			}
		}
		seen, err := tt.h.store.Callbacks.Sums(t.Context(), tt.app, time.Time{})
		check(t, err)
		kept, err := tt.h.store.Callbacks.Failures(t.Context(), tt.app, "", 0, store.MaxCallbackFailures)
		check(t, err)
		if len(seen) != 0 || len(kept) != 0 {
			t.Errorf("%s: it was written at once: %d counts, %d bodies", tt.name, len(seen), len(kept))
		}
	}
	for _, one := range []struct {
		h   *harness
		app string
	}{{h, testApp}, {v.harness, "volc"}} {
		check(t, one.h.server.Meter.Flush(t.Context()))
		kept, err := one.h.store.Callbacks.Failures(t.Context(), one.app, "", 0, store.MaxCallbackFailures)
		check(t, err)
		if len(kept) == 0 || len(kept) > 20 {
			t.Errorf("%s: %d bodies of strangers are kept", one.app, len(kept))
		}
		seen, err := one.h.store.Callbacks.Seen(t.Context(), one.app)
		check(t, err)
		if len(seen) != 0 {
			t.Errorf("%s: taken: %+v", one.app, seen)
		}
	}
}

// TestUnjudgedMessages: when judging breaks, a message is let through or refused, as the app is set, and the page says so.
func TestUnjudgedMessages(t *testing.T) {
	t.Parallel()
	h := ruled(t, decidingRules, func(s *rules.Service) { s.App = nil }) // a sender's role is asked for, and that breaks
	const ask = "Group.CallbackBeforeSendMsg"
	body := func(text string) string {
		return `{"CallbackCommand":"` + ask + `","GroupId":"g1","Type":"Public","From_Account":"ann","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"` + text + `"}}]}`
	}
	answer := func(body string) string { return h.callBack(stranger, h.callbackQuery(ask), body).Body.String() }
	const refused = `"ErrorCode":1}`
	lead := h.as(auth.Lead)
	for _, text := range []string{body("casino"), `{`} {
		if got := answer(text); got != allowed {
			t.Errorf("%s: %s", text, got)
		}
	}
	lead.get(callbacksURL).is(http.StatusOK).has("are let through. The app’s settings can change that", "It could not be judged; it was answered as the app is set 2")
	h.app.RefuseUnjudged = true
	for _, text := range []string{body("casino"), `{`} {
		if got := answer(text); !strings.Contains(got, refused) {
			t.Errorf("%s: %s", text, got)
		}
	}
	if got := answer(body("good morning")); got != allowed {
		t.Errorf("what can be judged: %s", got)
	}
	if got := h.callBack(stranger, h.callbackQuery(said), `{`).Body.String(); got != allowed {
		t.Errorf("what asks nothing: %s", got)
	}
	lead.get(callbacksURL).has("are refused. The app’s settings can change that")
}

// TestReplayedCallbacksAreJudged, as long as that makes sense.
func TestReplayedCallbacksAreJudged(t *testing.T) {
	t.Parallel()
	h := ruled(t, decidingRules)
	right := h.app.Callbacks
	h.app.Callbacks = tencent.Callbacks{AppID: right.(tencent.Callbacks).AppID, Token: "another"}
	for seq, text := range []string{"you idiot", "another idiot"} {
		if seq == 1 {
			h.advance(2 * toldLate)
		}
		if w := h.callBack(stranger, h.callbackQuery(said), h.saidBody(seq+1, text)); w.Code != http.StatusUnauthorized {
			t.Fatalf("%d", w.Code)
		}
	}
	h.app.Callbacks = right
	h.failed(t) // is written
	h.as(auth.Lead).post(appURL(h.app, "callbacks", "failures", "replay"), url.Values{"why": {string(refusedSign)}}).is(http.StatusSeeOther)
	if n := h.kept(t); n != 2 {
		t.Errorf("%d messages are kept", n)
	}
	eventuallyIs(t, "what was replayed is not judged", func() bool { return len(h.hits("flagged")) > 0 })
	if hits := h.hits("flagged"); len(hits) != 1 || hits[0].Text != "another idiot" {
		t.Errorf("judged: %+v", hits)
	}
}
