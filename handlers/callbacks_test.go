package handlers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient/tencent"
)

const callbacksURL = "/apps/demo/callbacks"

// callbackQuery is the address of a signed callback.
func (h *harness) callbackQuery(command string) url.Values {
	at := strconv.FormatInt(h.now().Unix(), 10)
	sum := sha256.Sum256([]byte(testToken + at))
	return url.Values{
		"SdkAppid": {strconv.Itoa(testSDKAppID)}, "CallbackCommand": {command}, "RequestTime": {at}, "Sign": {hex.EncodeToString(sum[:])},
	}
}

// callBack posts a callback as a service at the address from would.
func (h *harness) callBack(from string, q url.Values, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(post, "http://console.test/callbacks/demo?"+q.Encode(), strings.NewReader(body))
	r.RemoteAddr = from
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

const (
	stranger = "192.0.2.7:1000"
	nearby   = "127.0.0.1:1000"
	allowed  = `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`
)

// TestCallbacksOfTheService has the service call the console over HTTP, and the page say what came.
func TestCallbacksOfTheService(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Lead)
	b.get(callbacksURL).is(http.StatusOK).has("No callback has come", "Signatures are checked", "http://console.test/callbacks/demo", "A message was sent in a group", "Never")
	console := httptest.NewServer(h.handler)
	t.Cleanup(console.Close)
	if err := h.im.SetCallback(testSDKAppID, emulator.Callback{URL: console.URL + "/callbacks/demo", Token: testToken, Refuse: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, h.im.SetCallback(testSDKAppID, emulator.Callback{})) })
	h.newUsers("olga:Olga", "ann:Ann")
	h.newGroup("Public", "g1", "Music", "olga", "ann")
	h.say("g1", "ann", text("a secret word")) // refused if the console did not let it through
	var a *answer
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if a = b.get(callbacksURL).is(http.StatusOK); strings.Count(a.body, "Group.CallbackAfterSendMsg") > 1 { // the row's, and the line's
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it was never told\n%s", a.text())
		}
	}
	a.marked(`href="/apps/demo/groups/g1"`, `href="/apps/demo/users/ann"`).lacks("No callback has come", "Not taken", "secret word")
}

func TestCallbacksThatAreRefused(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	h := newHarness(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
	const sent = "Group.CallbackAfterSendMsg"
	body := `{"CallbackCommand":"` + sent + `","GroupId":"g1","From_Account":"ann","MsgBody":[]}`
	with := func(name, value string) url.Values {
		q := h.callbackQuery(sent)
		q.Set(name, value)
		return q
	}
	for _, tt := range []struct {
		name   string
		q      url.Values
		body   string
		status int
		shown  string
	}{
		{"a wrong signature", with("Sign", "00"), body, http.StatusUnauthorized, "The signature is wrong"},
		{"another time", with("RequestTime", "1"), body, http.StatusUnauthorized, "The signature is wrong"},
		{"another app", with("SdkAppid", "7"), body, http.StatusBadRequest, "It is of another app"},
		{"no JSON", h.callbackQuery(sent), `{`, http.StatusOK, "It could not be read; it was let through"},
		{"too large", h.callbackQuery(sent), strings.Repeat("x", maxBody+1), http.StatusRequestEntityTooLarge, "It is too large"},
		{"unknown", h.callbackQuery("Moon.Rises"), `{}`, http.StatusOK, "Something that imdesk does not know"},
	} {
		w := h.callBack(stranger, tt.q, tt.body)
		if w.Code != tt.status || w.Code == http.StatusOK && w.Body.String() != allowed {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
		h.as(auth.Lead).in(t).get(callbacksURL).is(http.StatusOK).has(tt.shown)
	}
	if n := strings.Count(logged.String(), "callback refused") + strings.Count(logged.String(), "cannot be read"); n != 1 {
		t.Errorf("%d refusals of one minute in the log:\n%s", n, &logged)
	}
	if w := h.callBack(stranger, h.callbackQuery(sent), body); w.Code != http.StatusOK {
		t.Errorf("a good one: %d", w.Code)
	}
	if strings.Contains(logged.String(), testToken) {
		t.Error("the token is in the log")
	}
	h.as(auth.Moderator).get(callbacksURL).is(http.StatusForbidden)
}

// TestCallbacksThatRepeat are answered like the first, and counted once. The service signs each try anew.
func TestCallbacksThatRepeat(t *testing.T) {
	h := newHarness(t)
	const sent = "Group.CallbackAfterSendMsg"
	body := func(seq int) string {
		return fmt.Sprintf(`{"CallbackCommand":"%s","GroupId":"g1","From_Account":"ann","MsgSeq":%d,"EventTime":"1700000000000","MsgBody":[]}`, sent, seq)
	}
	for _, seq := range []int{1, 2, 1, 1} {
		h.advance(time.Second)
		if w := h.callBack(stranger, h.callbackQuery(sent), body(seq)); w.Code != http.StatusOK || w.Body.String() != allowed {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	log := h.server.callbackLog(h.app)
	if log.taken[sent].n != 2 || len(log.lines) != 2 {
		t.Errorf("%d taken, %d lines", log.taken[sent].n, len(log.lines))
	}
	h.advance(2*repeatKept + time.Minute)
	h.callBack(stranger, h.callbackQuery(sent), body(1))
	if log.taken[sent].n != 3 {
		t.Error("an event is remembered for ever")
	}
	h.as(auth.Lead).get(callbacksURL).has("It had come before; it was let through and not counted again 2")
}

// TestCallbacksWithoutToken are taken from this machine, and through no proxy.
func TestCallbacksWithoutToken(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *Options) { o.Apps.All()[0].Callbacks = tencent.Callbacks{AppID: strconv.Itoa(testSDKAppID)} })
	q := url.Values{"SdkAppid": {strconv.Itoa(testSDKAppID)}, "CallbackCommand": {"State.StateChange"}}
	for _, tt := range []struct {
		from   string
		header []string
		status int
	}{
		{nearby, nil, http.StatusOK},
		{"[::1]:9", nil, http.StatusOK},
		{stranger, nil, http.StatusUnauthorized},
		{nearby, []string{"X-Forwarded-For", "192.0.2.7"}, http.StatusUnauthorized},
	} {
		if w := h.callBack(tt.from, q, `{}`, tt.header...); w.Code != tt.status {
			t.Errorf("%s %v: %d", tt.from, tt.header, w.Code)
		}
	}
	h.as(auth.Lead).get(callbacksURL).has("No token", "There is no token to check it with")
}

// TestCallbacksAreBounded has more come than is kept.
func TestCallbacksAreBounded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for i := range 3 * maxCallbackLines {
		h.callBack(stranger, h.callbackQuery(fmt.Sprintf("Moon.Rises%d%s", i, strings.Repeat("x", 200))), `{}`)
	}
	h.callBack(stranger, h.callbackQuery("Sns.CallbackBlackListAdd"),
		`{"PairList":[`+strings.Repeat(`{"From_Account":"a"},`, 3)+`{"From_Account":"b"},{"From_Account":"c"},{"From_Account":"d"},{"From_Account":"e"},{"From_Account":"f"},{"From_Account":"g"}]}`)
	log := h.server.callbackLog(h.app)
	if len(log.lines) != maxCallbackLines || len(log.taken) != maxUnknown+2 || log.taken[unknownCommand].n != 3*maxCallbackLines-maxUnknown {
		t.Errorf("%d lines, %d kinds", len(log.lines), len(log.taken))
	}
	h.as(auth.Lead).get(callbacksURL).is(http.StatusOK).has("and 2 more")
}

func TestNoCallbacksOfOtherServices(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *Options) { o.Apps.All()[0].Callbacks = nil })
	h.as(auth.Lead).get(callbacksURL).is(http.StatusOK).has("imdesk takes no callbacks of this service")
	if w := h.callBack(nearby, h.callbackQuery("State.StateChange"), `{}`); w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
}
