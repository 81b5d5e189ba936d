package handlers

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/apps"
	"imdesk/auth"
	"imdesk/cases"
	"imdesk/emulator"
	"imdesk/evidence"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/jobs"
	"imdesk/rules"
	"imdesk/sanctions"
	"imdesk/secrets"
	"imdesk/store"
	"imdesk/waves"
	"imdesk/web/golden"
)

// The app that tests look after.
const (
	testApp      = "demo"
	testSDKAppID = 1400000001
	testAdmin    = "administrator"
	testKey      = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
	testPassword = "a rather long password 7"
	testToken    = "a token of callbacks"
	testCache    = 10 * time.Minute // longer than the client keeps any answer
)

// testGroupFields are the app's own fields of groups that the service is asked for.
var testGroupFields = []string{"city", "theme"}

// harness is the console as it ships: its router on the real client, the real store and an emulator of its own.
type harness struct {
	t       testing.TB
	im      *emulator.Server
	store   *store.Store
	auth    *auth.Service
	actions *actions.Service
	jobs    *jobs.Service  // it runs once a test asks for it: work
	cases   *cases.Service // likewise: carryOut

	evidence *evidence.Service // likewise: freeze

	app     *App
	server  *Server
	handler http.Handler

	ahead    atomic.Int64 // of the clock, in nanoseconds
	made     atomic.Int64 // messages: for their random numbers
	browsers map[auth.Role]*browser
}

// setting is where a harness keeps what it has, and how it calls the service.
type setting struct {
	service string       // file of the emulator; "": a temporary one
	folder  string       // of the console's database
	http    *http.Client // nil: the client's own
	ahead   time.Duration
}

// newHarness starts it all; change may set more options.
func newHarness(t testing.TB, change ...func(*Options)) *harness {
	t.Helper()
	return newHarnessAt(t, setting{folder: t.TempDir()}, change...)
}

func newHarnessAt(t testing.TB, at setting, change ...func(*Options)) *harness {
	t.Helper()
	h := &harness{t: t, browsers: map[auth.Role]*browser{}}
	h.advance(at.ahead)
	ctx := context.Background()
	var err error
	h.im, err = emulator.New(ctx, emulator.Config{
		Path: at.service, Apps: []emulator.TencentApp{{SDKAppID: testSDKAppID, Admins: []string{testAdmin}, Key: testKey}}, Seed: "none", Now: h.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, h.im.Close()) })
	check(t, h.im.Start("127.0.0.1:0"))
	client, err := tencent.New(tencent.Config{
		SDKAppID: strconv.Itoa(testSDKAppID), Administrator: testAdmin, Key: testKey, Endpoint: h.im.URL(), Now: h.now, HTTP: at.http,
		GroupFields: testGroupFields,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.store, err = store.Open(ctx, filepath.Join(at.folder, "imdesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, h.store.Close()) })
	log := slog.New(slog.DiscardHandler)
	// Signing in counts as a confirmation for as long as these clocks are moved; confirm_test.go asks for it.
	h.auth = auth.New(auth.Options{Store: h.store, Now: h.now, Log: log, Confirm: 30 * 24 * time.Hour})
	h.actions = &actions.Service{Audit: h.store.Audit, Now: h.now, Log: log}
	t.Cleanup(h.actions.Close)
	h.jobs = newTestJobs(h, log)
	h.cases = &cases.Service{
		Store: h.store.Cases, Archive: h.store.Archive, Audit: h.store.Audit, Policy: h.store.Policies, Actions: h.actions, Now: h.now, Log: log,
	}
	h.evidence = &evidence.Service{
		Store: h.store.Evidence, Cases: h.store.Cases, Archive: h.store.Archive, Audit: h.store.Audit, Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), Now: h.now, Log: log,
	}
	h.app = &App{Name: testApp, Title: "Demo 演示", IM: client, Embedded: true, Administrators: []string{testAdmin}, MediaHosts: []string{strings.TrimPrefix(h.im.URL(), "http://")}}
	h.app.Callbacks = tencent.Callbacks{AppID: strconv.Itoa(testSDKAppID), Token: testToken}
	judge := &rules.Service{Store: h.store, Actions: h.actions, Now: h.now, Log: log}
	options := Options{
		Rules: judge, Apps: registry(t, h, log), Store: h.store, Auth: h.auth, Actions: h.actions, Jobs: h.jobs, Cases: h.cases, Evidence: h.evidence, Log: log, Now: h.now,
		Zone: time.FixedZone("UTC+8", 8*60*60), Language: "en", Version: "test",
	}
	options.Sanctions = &sanctions.Service{
		Store: h.store, Actions: h.actions, Now: h.now, Log: log, Name: "test",
		App: func(name string) (actions.App, bool) {
			if a := options.Apps.Get(name); a != nil {
				return a.Target(), true
			}
			return actions.App{}, false
		},
	}
	options.Waves = &waves.Service{
		Store: h.store.Waves, Cases: h.store.Cases, Policies: h.store.Policies, Actions: h.actions, Jobs: h.jobs, App: options.Sanctions.App,
		Flag: h.cases.Flag, Decide: h.cases.DecideWave, Changed: func(context.Context, int64) {}, Now: h.now, Log: log,
	}
	judge.App = func(name string) (actions.App, bool) {
		if a := options.Apps.Get(name); a != nil {
			return a.Target(), true
		}
		return actions.App{}, false
	}
	check(t, judge.Load(ctx))
	for _, c := range change {
		c(&options)
	}
	if h.server, err = newServer(options); err != nil {
		t.Fatal(err)
	}
	check(t, h.server.Apps.Load(context.Background()))
	h.handler, err = h.server.handler()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// harnessKey seals what the consoles of the tests keep secret; a console that is started anew has the same.
var harnessKey = secrets.RandomKey()

// registry has the harness's app, and takes up others.
func registry(t testing.TB, h *harness, log *slog.Logger) *apps.Registry {
	ring, err := secrets.New(harnessKey)
	if err != nil {
		t.Fatal(err)
	}
	r := apps.New(apps.Options{Store: h.store, Keys: ring, Log: log, Now: h.now})
	t.Cleanup(r.Close)
	check(t, r.Fix(h.app))
	return r
}

// fixApp adds an app to those that the console has from the start.
func fixApp(o *Options, app *App) {
	if err := o.Apps.Fix(app); err != nil {
		panic(err)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// now is the clock of everything in the harness.
func (h *harness) now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

// advance moves the clock on.
func (h *harness) advance(d time.Duration) { h.ahead.Add(int64(d)) }

// must calls a command of the vendor's API directly, as the app's own server would.
func (h *harness) must(command string, body map[string]any) map[string]any {
	h.t.Helper()
	sig, err := tencent.SignUserSig(testKey, tencent.UserSig{SDKAppID: testSDKAppID, Identifier: testAdmin, Time: h.now(), Expire: time.Hour})
	if err != nil {
		h.t.Fatal(err)
	}
	q := url.Values{
		"sdkappid": {strconv.Itoa(testSDKAppID)}, "identifier": {testAdmin}, "usersig": {sig}, "random": {"1"}, "contenttype": {"json"},
	}
	b, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	for {
		res, err := http.Post(h.im.URL()+"/v4/"+command+"?"+q.Encode(), "application/json", bytes.NewReader(b))
		if err != nil {
			h.t.Fatal(err)
		}
		raw, err := io.ReadAll(res.Body)
		res.Body.Close()
		var answer map[string]any
		if err != nil || json.Unmarshal(raw, &answer) != nil {
			h.t.Fatalf("%s: %v %s", command, err, raw)
		}
		switch answer["ErrorCode"] {
		case 0.0:
			return answer
		case 60007.0, 10006.0: // the rate; an emulator's seconds are ours
			h.advance(100 * time.Millisecond)
		default:
			h.t.Fatalf("%s %s: %s", command, b, raw)
		}
	}
}

// try is must for what may be refused: it returns the service's code and words.
func (h *harness) try(command string, body map[string]any) (code int, info string) {
	h.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err = h.app.IM.Raw.Call(h.t.Context(), command, string(b)); err == nil {
		return 0, ""
	}
	refused, is := errors.AsType[*imclient.Error](err)
	if !is {
		h.t.Fatal(err)
	}
	code, err = strconv.Atoi(refused.Code)
	check(h.t, err)
	return code, refused.Detail
}

// newUsers makes accounts; a name follows its id after a colon.
func (h *harness) newUsers(list ...string) {
	h.t.Helper()
	for _, entry := range list {
		id, nick, _ := strings.Cut(entry, ":")
		h.must("im_open_login_svc/account_import", map[string]any{"UserID": id, "Nick": nick})
	}
}

// newGroup makes a group a day old and puts members into it.
func (h *harness) newGroup(kind, id, name, owner string, members ...string) {
	h.t.Helper()
	body := map[string]any{"Type": kind, "Name": name, "GroupId": id}
	if owner != "" {
		body["Owner_Account"] = owner
	}
	if kind == "AVChatRoom" {
		h.must("group_open_http_svc/create_group", body)
		return
	}
	body["CreateTime"] = h.now().Add(-24 * time.Hour).Unix()
	h.must("group_open_http_svc/import_group", body)
	all := members
	if owner != "" {
		all = append([]string{owner}, members...)
	}
	var list []map[string]any
	for _, m := range all {
		id, admin := strings.CutPrefix(m, "*") // a star makes an admin
		entry := map[string]any{"Member_Account": id}
		if admin {
			entry["Role"] = "Admin"
		}
		list = append(list, entry)
	}
	if len(list) > 0 {
		h.must("group_open_http_svc/import_group_member", map[string]any{"GroupId": id, "MemberList": list})
	}
}

// text is the body of a text message.
func text(s string) []any {
	return []any{map[string]any{"MsgType": "TIMTextElem", "MsgContent": map[string]any{"Text": s}}}
}

// say sends a message now and returns its seq.
func (h *harness) say(group, from string, body []any, more ...map[string]any) string {
	h.t.Helper()
	m := map[string]any{"GroupId": group, "From_Account": from, "Random": h.made.Add(1), "MsgBody": body}
	for _, extra := range more {
		for k, v := range extra {
			m[k] = v
		}
	}
	h.advance(50 * time.Millisecond) // a group takes 40 messages a second
	seq, _ := h.must("group_open_http_svc/send_group_msg", m)["MsgSeq"].(float64)
	return strconv.FormatInt(int64(seq), 10)
}

// chat imports n messages of the users in turn, one a minute, the last of them a minute ago.
func (h *harness) chat(group string, n int, users ...string) {
	h.t.Helper()
	start := h.now().Add(-time.Duration(n) * time.Minute)
	var list []map[string]any
	for i := range n {
		list = append(list, map[string]any{
			"From_Account": users[i%len(users)], "SendTime": start.Add(time.Duration(i) * time.Minute).Unix(),
			"Random": h.made.Add(1), "MsgBody": text(fmt.Sprintf("message %d", i+1)),
		})
		if len(list) == 7 || i == n-1 {
			h.must("group_open_http_svc/import_group_msg", map[string]any{"GroupId": group, "MsgList": list})
			list = nil
		}
	}
}

// browser is somebody who looks at the console.
type browser struct {
	h      *harness
	t      testing.TB
	cookie string
	lang   string
}

// as is a browser in which an operator of a role has a session, begun as signing in does, once; "" is a visitor.
func (h *harness) as(role auth.Role) *browser {
	h.t.Helper()
	if b := h.browsers[role]; b != nil {
		return b
	}
	b := &browser{h: h, t: h.t}
	h.browsers[role] = b
	if role == "" {
		return b
	}
	w, r := httptest.NewRecorder(), httptest.NewRequest(post, "http://console.test"+auth.LoginPath, nil)
	o := h.addOperator("op_"+string(role), role)
	o.Method = auth.MethodPassword
	if _, err := h.auth.Begin(w, r, o); err != nil {
		h.t.Fatal(err)
	}
	b.keep(w.Header())
	return b
}

// recorded is what as gives, of an operator whom the console added and who signed in with the form: both are in the audit log.
func (h *harness) recorded(role auth.Role) *browser {
	h.t.Helper()
	b := &browser{h: h, t: h.t}
	h.browsers[role] = b
	name := "op_" + string(role)
	if _, err := h.auth.Add(context.Background(), auth.Operator{}, name, role, testPassword); err != nil {
		h.t.Fatal(err)
	}
	a := b.post(auth.LoginPath, url.Values{"name": {name}, "password": {testPassword}})
	if a.status != http.StatusSeeOther {
		h.t.Fatalf("sign in as %s: status %d\n%s", role, a.status, a.body)
	}
	b.keep(a.header)
	return b
}

// keep takes the session's cookie. It is Secure, so a jar would not send it over plain HTTP.
func (b *browser) keep(header http.Header) {
	b.t.Helper()
	for _, c := range (&http.Response{Header: header}).Cookies() {
		if c.Name == auth.CookieName {
			b.cookie = c.Name + "=" + c.Value
		}
	}
	if b.cookie == "" {
		b.t.Fatal("signed in, and there is no cookie")
	}
}

// passwordHash is what a store keeps of testPassword. Hashing takes as long as many a test, so that is done once for all.
var passwordHash = sync.OnceValues(func() (hash string, err error) {
	dir, err := os.MkdirTemp("", "imdesk-hash-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx := context.Background()
	st, err := store.Open(ctx, filepath.Join(dir, "imdesk.db"))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	added, err := auth.New(auth.Options{Store: st}).Add(ctx, auth.CommandLine(), "op", auth.Owner, testPassword)
	if err != nil {
		return "", err
	}
	kept, err := st.Operators.Get(ctx, added.ID)
	return kept.PasswordHash, err
})

// addOperator adds an operator with testPassword.
func (h *harness) addOperator(name string, role auth.Role) auth.Operator {
	h.t.Helper()
	hash, err := passwordHash()
	if err != nil {
		h.t.Fatal(err)
	}
	ctx := context.Background()
	kept, err := h.store.Operators.Add(ctx, store.Operator{Name: name, PasswordHash: hash, Role: string(role), CreatedAt: h.now(), Prefs: store.Prefs{SingleKeys: true}})
	if err != nil {
		h.t.Fatal(err)
	}
	o, err := h.auth.Operator(ctx, kept.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

// in is the same browser for a subtest, which then fails in its own name.
func (b *browser) in(t testing.TB) *browser { return &browser{b.h, t, b.cookie, b.lang} }

// answer is what came back.
type answer struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   string
}

func (b *browser) do(method, path string, form url.Values, header map[string]string) *answer {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "http://console.test"+path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if b.cookie != "" {
		r.Header.Set("Cookie", b.cookie)
	}
	if b.lang != "" {
		r.Header.Set("Accept-Language", b.lang)
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	b.h.handler.ServeHTTP(w, r)
	a := &answer{t: b.t, what: method + " " + path, status: w.Code, header: w.Header(), body: w.Body.String()}
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		for _, problem := range golden.Problems(a.body) {
			a.t.Errorf("%s: %s", a.what, problem)
		}
	}
	return a
}

// get opens a page.
func (b *browser) get(path string) *answer { b.t.Helper(); return b.do(get, path, nil, nil) }

// htmx are the headers of a request for a part of the page at.
func htmx(at string) map[string]string {
	return map[string]string{"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": "http://console.test" + at}
}

// part asks for a part of a page, as htmx does.
func (b *browser) part(path string) *answer { b.t.Helper(); return b.do(get, path, nil, htmx(path)) }

// post sends a form, as a browser without scripts does.
func (b *browser) post(path string, form url.Values) *answer {
	b.t.Helper()
	return b.do(post, path, form, nil)
}

// postPart sends a form as htmx does, from the page at.
func (b *browser) postPart(path, at string, form url.Values) *answer {
	b.t.Helper()
	return b.do(post, path, form, htmx(at))
}

// is fails the test unless the status is as wanted.
func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d\n%s", a.what, a.status, status, a.body)
	}
	return a
}

// text is the body without tags, and with single spaces.
func (a *answer) text() string {
	var b strings.Builder
	inTag := false
	for _, r := range a.body {
		switch {
		case r == '<':
			inTag = true
			b.WriteByte(' ')
		case r == '>':
			inTag = false
		case !inTag:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
}

// has fails the test for each text that the body, as read, does not hold.
func (a *answer) has(texts ...string) *answer {
	a.t.Helper()
	read := a.text()
	for _, want := range texts {
		if !strings.Contains(read, want) {
			a.t.Errorf("%s: %q is not on the page:\n%s", a.what, want, read)
		}
	}
	return a
}

// lacks fails the test for each text that the body holds.
func (a *answer) lacks(texts ...string) *answer {
	a.t.Helper()
	read := a.text()
	for _, unwanted := range texts {
		if strings.Contains(read, unwanted) {
			a.t.Errorf("%s: %q is on the page", a.what, unwanted)
		}
	}
	return a
}

// location is where the answer sends the browser.
func (a *answer) location() string {
	if to := a.header.Get("HX-Redirect"); to != "" {
		return to
	}
	return a.header.Get("Location")
}
