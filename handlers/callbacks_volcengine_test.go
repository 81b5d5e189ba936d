package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient/volcengine"
	"imdesk/store"
)

const hooksURL = "/apps/volc/callbacks"

// wireTap passes callbacks on to the console and keeps what they were.
type wireTap struct {
	mu     sync.Mutex
	bodies [][]byte
}

// callsBack has the service call the console over HTTP, and returns what it sends.
func (v *volc) callsBack(t *testing.T) *wireTap {
	t.Helper()
	tap := &wireTap{}
	console := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		check(t, err)
		tap.mu.Lock()
		tap.bodies = append(tap.bodies, body)
		tap.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		v.handler.ServeHTTP(w, r)
	}))
	t.Cleanup(console.Close)
	check(t, v.em.SetCallback(volcID, emulator.Callback{URL: console.URL + "/callbacks/volc", Token: volcSecret}))
	t.Cleanup(func() { check(t, v.em.SetCallback(volcID, emulator.Callback{})) })
	return tap
}

// event returns the body of the first event of a kind.
func (w *wireTap) event(t *testing.T, kind string) []byte {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.bodies {
		if bytes.Contains(b, []byte(`"EventType":"`+kind+`"`)) {
			return b
		}
	}
	t.Fatalf("no %s came", kind)
	return nil
}

// hook posts a body as the service would, from anywhere.
func (v *volc) hook(from string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(post, "http://console.test/callbacks/volc", bytes.NewReader(body))
	r.RemoteAddr = from
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	return w
}

// eventually looks at a page until it shows all of some words.
func eventually(t *testing.T, b *browser, path string, words ...string) *answer {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		a := b.get(path).is(http.StatusOK)
		missing := ""
		for _, word := range words {
			if !strings.Contains(a.text(), word) {
				missing = word
			}
		}
		if missing == "" {
			return a
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s never shows %q\n%s", path, missing, a.text())
		}
	}
}

func number(t *testing.T, id string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(id, 10, 64)
	check(t, err)
	return n
}

// TestWebhooksOfTheService has the service call the console over HTTP: the page says what came, and groups become known by it.
func TestWebhooksOfTheService(t *testing.T) {
	v := newVolc(t)
	b := v.as(auth.Lead)
	b.get(hooksURL).is(http.StatusOK).has("No callback has come", "Signatures are checked", "http://console.test/callbacks/volc", "回调设置",
		"A message was sent in a group or a direct chat", "BeforeSendMessage", "Known groups from callbacks")
	b.get("/apps/volc/groups").has("No groups are known yet")
	tap := v.callsBack(t)
	const user = "9223372036854775807"
	group := v.group(t, "Chemistry", user)
	direct, err := v.api.CreateConversation(t.Context(), &volcengine.CreateConversationRequest{
		ConversationCoreInfo: volcengine.NewConversation{ConversationType: volcengine.ConversationDirect}, OwnerUserId: user, OtherUserId: "7",
	})
	check(t, err)
	for _, id := range []string{group, string(direct.ConversationShortId)} {
		_, err := v.em.VolcSay(context.Background(), volcID, number(t, id), number(t, user), "a secret word")
		check(t, err)
	}
	a := eventually(t, b, hooksURL, "1 group", "1 user")
	a.marked(`href="/apps/volc/groups/`+group+`"`, `href="/apps/volc/users/`+user+`"`).lacks("No callback has come", "Not taken", "secret word", string(direct.ConversationShortId))
	b.get("/apps/volc/groups").has("Chemistry", group, "Known from an event of the service", "1 group")

	// The service sends an event again: it is answered like the first, and counted once.
	again := tap.event(t, "AfterSendMessage")
	for range 3 {
		if w := v.hook(stranger, again); w.Code != http.StatusOK || w.Body.String() != "{}" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	b.get(hooksURL).has("It had come before; it was let through and not counted again 3")
	log := v.server.callbackLog(v.app)
	if log.taken["AfterSendMessage"].n != 2 || log.taken["BeforeSendMessage"].n != 2 || len(log.lines) != 4 {
		t.Errorf("counted: %+v %+v, %d lines", log.taken["AfterSendMessage"], log.taken["BeforeSendMessage"], len(log.lines))
	}
}

// TestWebhooksThatAreRefused: nothing that anybody may send is believed without the secret, none of it is a failure of ours, and
// of none the directory hears.
func TestWebhooksThatAreRefused(t *testing.T) {
	v := newVolc(t)
	tap := v.callsBack(t)
	b := v.as(auth.Lead)
	group := v.group(t, "Chemistry", "7")
	_, err := v.em.VolcSay(context.Background(), volcID, number(t, group), 7, "hello")
	check(t, err)
	eventually(t, b, hooksURL, "1 group")
	var good map[string]any
	check(t, json.Unmarshal(tap.event(t, "AfterSendMessage"), &good))
	with := func(field string, value any) []byte {
		m := map[string]any{}
		for k, val := range good {
			m[k] = val
		}
		m[field] = value
		body, err := json.Marshal(m)
		check(t, err)
		return body
	}
	for _, tt := range []struct {
		name   string
		body   []byte
		status int
	}{
		{"a wrong signature", with("Signature", strings.Repeat("0", 64)), http.StatusUnauthorized},
		{"no signature", with("Signature", nil), http.StatusUnauthorized},
		{"another group", with("EventData", `{"ConversationShortId":1}`), http.StatusUnauthorized},
		{"another event", with("EventType", "BeforeSendMessage"), http.StatusUnauthorized},
		{"another id", with("EventId", "x"), http.StatusUnauthorized},
		{"an object for data", with("EventData", map[string]any{"ConversationShortId": 1}), http.StatusUnauthorized},
		{"nothing", nil, http.StatusUnauthorized},
		{"no JSON", []byte("{"), http.StatusUnauthorized},
		{"a list", []byte(`["EventType"]`), http.StatusUnauthorized},
		{"deep", []byte(strings.Repeat("[", 100_000)), http.StatusUnauthorized},
		{"zeros", make([]byte, 1000), http.StatusUnauthorized},
		{"too large", bytes.Repeat([]byte(" "), maxBody+1), http.StatusRequestEntityTooLarge},
	} {
		begun := time.Now()
		if w := v.hook(stranger, tt.body); w.Code != tt.status {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("%s took %v", tt.name, took)
		}
	}
	v.advance(volcengine.WebhookWindow + time.Minute) // the same, a quarter of an hour later
	if w := v.hook(stranger, tap.event(t, "AfterSendMessage")); w.Code != http.StatusUnauthorized {
		t.Errorf("an old one: %d", w.Code)
	}
	b.get(hooksURL).is(http.StatusOK).has("The signature is wrong, or the callback is too old 12", "It is too large, or was cut off 1")
	if n, err := v.store.Directory.Count(t.Context(), "volc"); n != 1 || err != nil {
		t.Errorf("%d groups known, %v", n, err)
	}
}

// TestWebhooksWithoutSecret are taken from this machine alone.
func TestWebhooksWithoutSecret(t *testing.T) {
	v := newVolc(t)
	v.app.Callbacks = volcengine.Callbacks{AppID: "900001"}
	body := []byte(`{"EventType":"Moon.Rises","EventData":"{\"ConversationShortId\":5,\"ConversationType\":100}","AppId":"900001","EventId":"1"}`)
	for from, status := range map[string]int{nearby: http.StatusOK, stranger: http.StatusUnauthorized} {
		if w := v.hook(from, body); w.Code != status {
			t.Errorf("%s: %d", from, w.Code)
		}
	}
	if w := v.hook(nearby, []byte(`{"EventType":"AfterSendMessage","EventData":"<xml>","AppId":"900001"}`)); w.Code != http.StatusOK {
		t.Errorf("one that cannot be read is let through, not %d", w.Code)
	}
	if w := v.hook(nearby, []byte(`{"EventType":"AfterSendMessage","EventData":"{}","AppId":"1"}`)); w.Code != http.StatusBadRequest {
		t.Errorf("another app's: %d", w.Code)
	}
	v.as(auth.Lead).get(hooksURL).has("No token", "密钥", "Something that imdesk does not know")
}

// TestCallbacksDoNotWait: the database is not asked before the answer, and what is too much is dropped and counted.
func TestCallbacksDoNotWait(t *testing.T) {
	v := newVolc(t)
	v.app.Callbacks = volcengine.Callbacks{AppID: "900001"}
	check(t, v.store.Close()) // whoever asks it fails
	for i := range 20 {
		body := fmt.Sprintf(`{"EventType":"AfterSendMessage","EventData":"{\"ConversationShortId\":%d,\"ConversationType\":2}","AppId":"900001","EventId":"%d"}`, i+1, i)
		if w := v.hook(nearby, []byte(body)); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); v.server.Feed.Counts("volc").Failed < 20; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", v.server.Feed.Counts("volc"))
		}
	}
}

// TestLookForGroups starts a search on the page, sees how it ends, and finds what it found in the list.
func TestLookForGroups(t *testing.T) {
	v := newVolc(t)
	const page = "/apps/volc/known-groups"
	group := v.group(t, "Chemistry", "7")
	other := v.group(t, "History", "8")
	_, err := v.api.BatchAddConversationParticipant(t.Context(), &volcengine.BatchAddConversationParticipantRequest{
		ConversationShortId: volcengine.ID(other), Operator: "8", ParticipantInfos: []volcengine.NewParticipant{{ParticipantUserId: "7"}, {ParticipantUserId: "9"}},
	})
	check(t, err)
	third := v.group(t, "Physics", "9")
	b := v.as(auth.Lead)
	b.get(page).is(http.StatusOK).has("Look for more groups", "There was no search yet.", "0 users are known")
	v.as(auth.Support).get(page).is(http.StatusOK).has("Look for more groups")
	v.as(auth.Support).post(page+"/walk", url.Values{"starts": {"7"}, "most": {"1000"}}).is(http.StatusForbidden)
	b.post(page+"/walk", url.Values{"most": {"1000"}}).is(http.StatusUnprocessableEntity).has("Name at least one")
	b.post(page+"/walk", url.Values{"starts": {"7 seven"}, "most": {"12"}}).is(http.StatusUnprocessableEntity).has("7 seven", "Choose one of the numbers.")
	b.post(page+"/walk", url.Values{"starts": {strings.Repeat("1", 5000)}, "most": {"1000"}}).is(http.StatusUnprocessableEntity)
	b.post(page+"/walk", url.Values{"starts": {strings.Repeat("1 22 ", 1)}, "most": {"x"}}).is(http.StatusUnprocessableEntity)

	form := url.Values{"starts": {"7, nobody"}, "most": {"1000"}, "members": {"1"}, "key": {"once"}}
	if got := b.post(page+"/walk", form).location(); got != page {
		t.Errorf("it leads to %q", got)
	}
	eventually(t, b, page, "Done", "Found 3, of them new 3. Gone 0.", "Search 1", "4 users are known")
	if got := b.post(page+"/walk", form).location(); got != page { // the same form again is the same search
		t.Errorf("it leads to %q", got)
	}
	b.get(page).has("Search 1").lacks("Search 2")
	b.get("/jobs/1").is(http.StatusOK).has("Look for groups: 3 are known", "It was not known before", "Physics").marked(`href="/apps/volc/groups/` + third)
	b.get("/jobs").is(http.StatusOK).has("Look for groups: 3 are known")
	b.get("/apps/volc/groups").has("Chemistry", group, "History", other, "Physics", third, "Known from a user’s conversations", "3 groups")
	entries, err := v.store.Audit.List(t.Context(), store.AuditFilter{Action: "job.start", App: "volc"}, 0, 5)
	if check(t, err); len(entries) != 1 || !strings.Contains(string(entries[0].Detail), "groups.find") {
		t.Errorf("recorded: %+v", entries)
	}
	if got := b.post("/apps/demo/known-groups/walk", form).location(); got != "/apps/demo/groups" {
		t.Errorf("an app whose vendor has a list: %q", got)
	}
}
