package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/imclient/tencent"
	"imdesk/store"
)

const said = "Group.CallbackAfterSendMsg"

// saidBody is a callback of a message in the group g1.
func (h *harness) saidBody(seq int, text string) string {
	return fmt.Sprintf(`{"CallbackCommand":"%s","GroupId":"g1","Type":"Public","From_Account":"ann","MsgSeq":%d,"MsgTime":%d,"EventTime":"%d","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"%s"}}]}`,
		said, seq, h.now().Unix(), h.now().UnixMilli(), text)
}

// failed are an app's failed callbacks, newest first.
func (h *harness) failed(t testing.TB) []store.CallbackFailure {
	t.Helper()
	check(t, h.server.Meter.Flush(t.Context()))
	list, err := h.store.Callbacks.Failures(t.Context(), testApp, "", 0, 100)
	check(t, err)
	return list
}

// kept counts the messages that the archive has of the first three.
func (h *harness) kept(t testing.TB) int {
	t.Helper()
	list, err := h.store.Archive.Get(t.Context(), store.Conversation{App: testApp, Group: "g1"}, []string{"1", "2", "3"})
	check(t, err)
	return len(list)
}

// What fails is kept as it came, shown for a reason that is recorded, replayed once, and erased.
func TestFailedCallbacks(t *testing.T) {
	t.Parallel()
	h := archived(t)
	lead := h.as(auth.Lead)
	right := h.app.Callbacks
	wrongly := h.callbackQuery(said)
	h.app.Callbacks = tencent.Callbacks{AppID: strconv.Itoa(testSDKAppID), Token: "another"} // as before the token was corrected
	bodies := []string{h.saidBody(1, "secret word"), h.saidBody(2, "secret word"), h.saidBody(3, "secret word")}
	for _, body := range bodies {
		if w := h.callBack(stranger, wrongly, body); w.Code != http.StatusUnauthorized {
			t.Fatalf("%d", w.Code)
		}
	}
	h.app.Callbacks = right
	h.callBack(stranger, h.callbackQuery(said), `{`)
	list := h.failed(t)
	if len(list) != 4 || list[0].Why != string(refusedBody) || list[3].Why != string(refusedSign) || list[3].Command != said {
		t.Fatalf("%+v", list)
	}
	page := lead.get(callbacksURL).is(http.StatusOK).has("Callbacks that failed", "Replay all 3", "The signature is wrong").lacks("secret word", testToken)
	if !strings.Contains(page.body, failureURL(h.app, list[3].ID)) {
		t.Error("no link to the one that failed")
	}

	at := failureURL(h.app, list[3].ID)
	action, form := lead.get(at).is(http.StatusOK).has("The signature is wrong").lacks("secret word").filled("failure-open")
	lead.post(action, form).is(http.StatusUnprocessableEntity).lacks("secret word")
	form.Set("reason", "ticket 7")
	lead.post(action, form).is(http.StatusOK).has("secret word")
	lead.get("/audit?action=callback.read").is(http.StatusOK).has("Read a failed callback")
	entries, err := h.store.Audit.List(t.Context(), store.AuditFilter{App: testApp, Actions: []string{"callback.read"}}, 0, 10)
	if err != nil || len(entries) != 1 || entries[0].Reason != "ticket 7" {
		t.Errorf("%+v %v", entries, err)
	}
	lead.get(failureURL(h.app, 999)).is(http.StatusNotFound)
	lead.get(failureURL(h.app, 0)).is(http.StatusNotFound)
	h.as(auth.Moderator).get(at).is(http.StatusForbidden)
	h.as(auth.Moderator).post(action, form).is(http.StatusForbidden)

	if n := h.kept(t); n != 0 {
		t.Fatalf("%d messages are kept before a replay", n)
	}
	lead.post(at+"/replay", url.Values{}).is(http.StatusSeeOther)
	lead.post(at+"/replay", url.Values{}).is(http.StatusSeeOther) // it was replayed: nothing happens
	h.callBack(stranger, h.callbackQuery(said), bodies[1])        // the service sends it again
	lead.post(appURL(h.app, "callbacks", "failures", "replay"), url.Values{"why": {string(refusedSign)}}).is(http.StatusSeeOther)
	if n := h.kept(t); n != 3 {
		t.Errorf("%d messages are kept, each once", n)
	}
	if log := h.server.callbackLog(h.app); log.taken[said].n != 4 { // one that cannot be read, and three
		t.Errorf("%d are counted", log.taken[said].n)
	}
	lead.get(callbacksURL).is(http.StatusOK).has("2 callbacks replayed", "Replayed")

	// What still fails says so, and can be tried again.
	lead.post(failureURL(h.app, list[0].ID, "replay"), url.Values{}).is(http.StatusSeeOther)
	if f := h.failed(t)[0]; !f.Replayed.IsZero() || f.Why != string(refusedBody) {
		t.Errorf("%+v", f)
	}
	lead.get(callbacksURL).has("1 callback still fails")

	lead.post(failureURL(h.app, list[0].ID, "erase"), url.Values{}).is(http.StatusSeeOther)
	lead.post(appURL(h.app, "callbacks", "failures", "erase"), url.Values{}).is(http.StatusBadRequest)
	lead.post(appURL(h.app, "callbacks", "failures", "erase"), url.Values{"why": {string(refusedSign)}}).is(http.StatusSeeOther)
	if left := h.failed(t); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
	lead.get("/audit?action=callback.erase").has("Erased failed callbacks")
}

// A callback that should come and does not is missed, on its page, on the overview and in the metrics. The counts are the database's: a
// console that starts anew has them.
func TestCallbacksThatStop(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	lead := h.as(auth.Lead)
	for n := range 40 {
		h.callBack(stranger, h.callbackQuery(said), h.saidBody(n+1, "x"))
		h.advance(15 * time.Second)
	}
	page := lead.get(callbacksURL).is(http.StatusOK).has("How fast they are answered", "within", "In the last hour, by minute").lacks("any more")
	page.has("40")
	lead.get("/?app=demo").is(http.StatusOK).lacks("No callback comes any more")
	h.advance(20 * time.Minute)
	lead.get(callbacksURL).is(http.StatusOK).has("No callback comes any more")
	lead.get("/?app=demo").is(http.StatusOK).has("No callback comes any more")
	r := httptest.NewRequest(get, "http://console.test/metrics", nil)
	r.RemoteAddr = nearby
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	for _, want := range []string{`imdesk_callbacks_stopped{app="demo"} 1`, `imdesk_callbacks_total{app="demo",outcome="taken"} 40`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s is not told: %d", want, w.Code)
		}
	}
	list := h.server.Meter.Stopped(testApp)
	if len(list) != 1 || list[0].Command != "" {
		t.Errorf("%+v", list)
	}
}
