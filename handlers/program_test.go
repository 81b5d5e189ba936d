package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"imdesk/auth"
	"imdesk/store"
)

// program is somebody with a token.
type program struct {
	h      *harness
	t      testing.TB
	secret string
	from   string // address; "" is the recorder's
}

// token makes a token of the operator of a role.
func (h *harness) token(role auth.Role, n auth.NewToken) *program {
	h.t.Helper()
	h.as(role)
	o, err := h.store.Operators.ByName(context.Background(), "op_"+string(role))
	if err != nil {
		h.t.Fatal(err)
	}
	by, err := h.auth.Operator(context.Background(), o.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	if n.Title == "" {
		n.Title = "Bot"
	}
	_, secret, err := h.auth.MakeToken(context.Background(), by, n)
	if err != nil {
		h.t.Fatal(err)
	}
	return &program{h: h, t: h.t, secret: secret}
}

func (p *program) in(t testing.TB) *program { return &program{p.h, t, p.secret, p.from} }

// ask sends a body as JSON, or none for nil, and checks what every answer has.
func (p *program) ask(method, path, body string, header ...string) *answer {
	p.t.Helper()
	r := httptest.NewRequest(method, "http://console.test"+path, strings.NewReader(body))
	if p.secret != "" {
		r.Header.Set("Authorization", "Bearer "+p.secret)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if p.from != "" {
		r.RemoteAddr = p.from
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	p.h.handler.ServeHTTP(w, r)
	a := &answer{t: p.t, what: method + " " + path, status: w.Code, header: w.Header(), body: w.Body.String()}
	if a.header.Get("Content-Type") != "application/json; charset=utf-8" || !json.Valid([]byte(a.body)) {
		p.t.Errorf("%s: no JSON: %d %s %.200s", a.what, a.status, a.header.Get("Content-Type"), a.body)
	}
	if a.header.Get("Set-Cookie") != "" {
		p.t.Errorf("%s: sets a cookie", a.what)
	}
	return a
}

// code is the error's code; "" if there is none.
func (a *answer) code() string {
	a.t.Helper()
	var e programError
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		a.t.Fatalf("%s: %v %s", a.what, err, a.body)
	}
	if a.status >= 400 && (e.Error.Code == "" || e.Error.Message == "" || e.Error.Reference == "") {
		a.t.Errorf("%s: an error without code, message or reference: %s", a.what, a.body)
	}
	return e.Error.Code
}

// decode reads an answer that worked.
func decode[T any](a *answer) T {
	a.t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.is(http.StatusOK).body), &v); err != nil {
		a.t.Fatal(err)
	}
	return v
}

func TestProgram(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("olga:Olga", "ann:Ann", "tom:Tom")
	h.newGroup("Public", "g1", "Music", "olga", "ann", "tom")
	seq := h.say("g1", "ann", text("hello"))
	lead := h.token(auth.Lead, withVerbs(auth.NewToken{}, auth.VerbView, auth.VerbMute, auth.VerbUnmute, auth.VerbRecall))
	const group = "/api/v1/apps/demo/groups/g1"

	t.Run("reads", func(t *testing.T) {
		p := lead.in(t)
		if apps := decode[appList](p.ask(get, "/api/v1/apps", "")); len(apps.Apps) != 1 || apps.Apps[0].Name != testApp {
			t.Errorf("%+v", apps)
		}
		if list := decode[groupList](p.ask(get, "/api/v1/apps/demo/groups?limit=10", "")); len(list.Groups) != 1 || list.Groups[0].ID != "g1" {
			t.Errorf("%+v", list)
		}
		if g := decode[groupOut](p.ask(get, group, "")); g.Name != "Music" || g.Owner != "olga" || g.Created == nil {
			t.Errorf("%+v", g)
		}
		if list := decode[memberList](p.ask(get, group+"/members", "")); len(list.Members) != 3 {
			t.Errorf("%+v", list)
		}
		if list := decode[messageList](p.ask(get, group+"/messages", "")); len(list.Messages) != 1 || list.Messages[0].Text != "hello" || list.Messages[0].Seq != seq {
			t.Errorf("%+v", list)
		}
		if u := decode[userOut](p.ask(get, "/api/v1/apps/demo/users/ann", "")); u.Name != "Ann" {
			t.Errorf("%+v", u)
		}
	})
	t.Run("acts once with a key, and takes it back", func(t *testing.T) {
		p := lead.in(t)
		const body = `{"users":["ann"],"seconds":3600,"reason":"adverts"}`
		r := decode[programResult](p.ask(post, group+"/mute", body, "Idempotency-Key", "k1"))
		if r.State != string(store.AuditOK) || len(r.Items) != 1 || r.Items[0].State != "applied" || r.UndoUntil == nil || r.Repeated {
			t.Errorf("%+v", r)
		}
		again := decode[programResult](p.ask(post, group+"/mute", body, "Idempotency-Key", "k1"))
		if again.ID != r.ID || !again.Repeated {
			t.Errorf("twice: %+v", again)
		}
		if code := p.ask(post, group+"/mute", `{"users":["tom"],"seconds":3600,"reason":"adverts"}`, "Idempotency-Key", "k1").is(http.StatusConflict).code(); code != "sent_before" {
			t.Errorf("another action with the key: %s", code)
		}
		if list := decode[muteList](p.ask(get, group+"/muted", "")); len(list.Muted) != 1 || list.Muted[0].User != "ann" {
			t.Errorf("muted %+v", list)
		}
		if same := decode[programResult](p.ask(get, fmt.Sprintf("/api/v1/apps/demo/actions/%d", r.ID), "")); same.ID != r.ID || same.State != r.State {
			t.Errorf("%+v", same)
		}
		e, err := h.store.Audit.Get(context.Background(), r.ID)
		if err != nil || e.OperatorName != "op_lead (Bot)" || e.Reason != "adverts" {
			t.Errorf("recorded %+v, %v", e, err)
		}
		back := decode[programResult](p.ask(post, fmt.Sprintf("/api/v1/apps/demo/actions/%d/undo", r.ID), ""))
		if back.UndoOf != r.ID || back.State != string(store.AuditOK) {
			t.Errorf("%+v", back)
		}
		if twice := decode[programResult](p.ask(post, fmt.Sprintf("/api/v1/apps/demo/actions/%d/undo", r.ID), "")); twice.ID != back.ID || !twice.Repeated {
			t.Errorf("twice: %+v", twice)
		}
		if code := p.ask(post, fmt.Sprintf("/api/v1/apps/demo/actions/%d/undo", back.ID), "").is(http.StatusConflict).code(); code != "cannot_undo" {
			t.Errorf("what took back: %s", code)
		}
	})
	t.Run("what makes no sense", func(t *testing.T) {
		h.server.paces = paces{} // not more of what came before
		p := lead.in(t)
		before := h.state()
		for _, tt := range []struct {
			name, path, body string
			status           int
			code             string
		}{
			{"a field nobody knows", "/mute", `{"users":["ann"],"seconds":60,"reason":"x","silent":true}`, 400, "body"},
			{"a wrong type", "/mute", `{"users":"ann","seconds":60,"reason":"x"}`, 400, "body"},
			{"a number with a fraction", "/mute", `{"users":["ann"],"seconds":1.5,"reason":"x"}`, 400, "body"},
			{"a number that is none", "/mute", `{"users":["ann"],"seconds":99999999999999999999,"reason":"x"}`, 400, "body"},
			{"a length beyond all", "/mute", `{"users":["ann"],"seconds":9223372036854775807,"reason":"x"}`, 422, "fields"},
			{"a length below none", "/mute", `{"users":["ann"],"seconds":-9223372036854775808,"reason":"x"}`, 422, "fields"},
			{"two values", "/mute", `{"users":["ann"],"seconds":60,"reason":"x"}{}`, 400, "body"},
			{"a list", "/mute", `[]`, 400, "body"},
			{"nothing", "/mute", ``, 415, "not_json"},
			{"broken", "/mute", `{"users":["ann"`, 400, "body"},
			{"nobody", "/mute", `{"seconds":60,"reason":"x"}`, 422, "fields"},
			{"no length", "/mute", `{"users":["ann"],"reason":"x"}`, 422, "fields"},
			{"two lengths", "/mute", `{"users":["ann"],"seconds":60,"forever":true,"reason":"x"}`, 422, "fields"},
			{"more than may be done at once", "/mute", `{"users":["` + strings.Join(manyIDs(11), `","`) + `"],"seconds":60,"reason":"x"}`, 403, "forbidden"},
			{"huge", "/mute", `{"reason":"` + strings.Repeat("x", maxBody) + `"}`, 413, "too_large"},
			{"not the token's", "/kick", `{"users":["ann"],"reason":"x"}`, 403, "forbidden"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				a := lead.in(t).ask(post, group+tt.path, tt.body).is(tt.status)
				if code := a.code(); code != tt.code {
					t.Errorf("code %q, want %q: %s", code, tt.code, a.body)
				}
				if !strings.Contains(a.body, `"unchanged":true`) {
					t.Errorf("does not say that nothing was changed: %s", a.body)
				}
			})
		}
		for path, want := range map[string]int{
			"/api/v1/apps/demo/groups?limit=0": 400, "/api/v1/apps/demo/groups?limit=101": 400, "/api/v1/apps/demo/groups?limit=x": 400,
			"/api/v1/apps/demo/groups?cursor=" + strings.Repeat("x", maxCursor+1): 400, group + "/messages?from=" + strings.Repeat("9", maxCursor+1): 400,
			"/api/v1/apps/other/groups": 404, "/api/v1/apps/demo/groups/nosuch": 404, "/api/v1/apps/demo/users/nobody": 404, "/api/v1/nowhere": 404, "/api/v1/": 404,
			"/api/v1/apps/demo/actions/0": 404, "/api/v1/apps/demo/actions/x": 404,
		} {
			p.ask(get, path, "").is(want).code()
		}
		p.ask(http.MethodPut, group+"/mute", `{}`).is(http.StatusMethodNotAllowed).code()
		p.ask(post, group+"/unmute", `{"users":["ann"]}`, "Content-Type", "text/plain").is(http.StatusUnsupportedMediaType).code()
		p.ask(post, group+"/unmute", `{"users":["ann"]}`, "Idempotency-Key", strings.Repeat("k", maxIdempotencyKey+1)).is(http.StatusBadRequest).code()
		if after := h.state(); fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("something was changed: %v, %v", before, after)
		}
	})
	t.Run("without a token that counts", func(t *testing.T) {
		for name, p := range map[string]*program{"none": {h, t, "", ""}, "no such": {h, t, auth.TokenPrefix + strings.Repeat("A", 43), ""}, "a password": {h, t, testPassword, ""}} {
			a := p.ask(get, "/api/v1/apps", "").is(http.StatusUnauthorized)
			if a.code() != "token" || a.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s: %s", name, a.body)
			}
		}
		// A cookie opens nothing here, and a token nothing there.
		(&program{h, t, "", ""}).ask(get, "/api/v1/apps", "", "Cookie", h.as(auth.Owner).cookie).is(http.StatusUnauthorized)
		b := &browser{h: h, t: t}
		b.do(get, "/apps/demo/groups", nil, map[string]string{"Authorization": "Bearer " + lead.secret}).is(http.StatusSeeOther)
		far := h.token(auth.Lead, withVerbs(auth.NewToken{Title: "Far", Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, auth.VerbView))
		if code := far.in(t).ask(get, "/api/v1/apps", "").is(http.StatusForbidden).code(); code != "token_address" {
			t.Error(code)
		}
		far.from = "10.9.8.7:1000"
		far.in(t).ask(get, "/api/v1/apps", "").is(http.StatusOK)
	})
	t.Run("the document", func(t *testing.T) {
		a := (&program{h, t, "", ""}).ask(get, "/api/v1/openapi.json", "").is(http.StatusOK)
		var doc struct {
			OpenAPI string
			Paths   map[string]map[string]struct {
				OperationID string `json:"operationId"`
				Summary     string
				RequestBody any `json:"requestBody"`
			}
			Components struct {
				Schemas map[string]struct{ Properties map[string]any }
			}
		}
		if err := json.Unmarshal([]byte(a.body), &doc); err != nil || doc.OpenAPI != "3.1.0" {
			t.Fatal(err, doc.OpenAPI)
		}
		n, seen := 0, map[string]bool{}
		for path, methods := range doc.Paths {
			for method, one := range methods {
				n++
				if seen[one.OperationID] || one.Summary == "" || strings.HasPrefix(one.Summary, "program.") || strings.Contains(path, ":") {
					t.Errorf("%s %s: %+v", method, path, one)
				}
				seen[one.OperationID] = true
			}
		}
		if n != len(programTable) || len(doc.Components.Schemas["spanBody"].Properties) != 6 {
			t.Errorf("%d operations of %d, spanBody %v", n, len(programTable), doc.Components.Schemas["spanBody"])
		}
	})
	t.Run("too fast", func(t *testing.T) {
		fast := h.token(auth.Lead, withVerbs(auth.NewToken{Title: "Fast"}, auth.VerbView))
		for range 3 * programBurst {
			if a := fast.in(t).ask(get, "/api/v1/apps", ""); a.status == http.StatusTooManyRequests {
				if a.code() != "too_fast" || a.header.Get("Retry-After") == "" {
					t.Error(a.body)
				}
				lead.in(t).ask(get, "/api/v1/apps", "").is(http.StatusOK) // others go on
				return
			}
		}
		t.Error("nothing held it back")
	})
}

func manyIDs(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("u%d", i))
	}
	return ids
}

// addressOfProgram is a real address of a line of the API.
func addressOfProgram(r programRoute) string {
	return strings.NewReplacer(":app", testApp, ":group", "g1", ":user", "ann", ":entry", "1", ":job", "1").Replace(r.path)
}

// Every line of the API, asked with a token of every role that may have one, and of one that is for reading only.
func TestEveryProgramRouteForEveryToken(t *testing.T) {
	t.Parallel()
	h := newRoutes(t)
	everything := func(role auth.Role) *program {
		var may []auth.Verb
		for _, v := range programVerbs() {
			if role.Can(v) {
				may = append(may, v)
			}
		}
		return h.token(role, withVerbs(auth.NewToken{Title: "All"}, may...))
	}
	for name, who := range map[string]struct {
		p   *program
		may func(auth.Verb) bool
	}{
		"lead":    {everything(auth.Lead), auth.Lead.Can},
		"owner":   {everything(auth.Owner), auth.Owner.Can},
		"reading": {h.token(auth.Owner, withVerbs(auth.NewToken{}, auth.VerbView)), func(v auth.Verb) bool { return v == auth.VerbView }},
		"nobody":  {&program{h: h, t: t}, nil},
	} {
		for _, r := range programTable {
			h.server.paces = paces{} // all of them at once
			a := who.p.in(t).ask(r.method, addressOfProgram(r), map[string]string{get: "", post: `{}`}[r.method])
			switch code := a.code(); {
			case who.may == nil:
				a.is(http.StatusUnauthorized)
			case !who.may(r.verb):
				a.is(http.StatusForbidden)
			case a.status >= 500 || a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
				t.Errorf("%s: %s %s: %d %s", name, r.method, r.path, a.status, code)
			}
		}
	}
	// An app that the token is not for is not there.
	reads := h.token(auth.Owner, withVerbs(auth.NewToken{Title: "Elsewhere", Apps: []string{"shop"}}, auth.VerbView, auth.VerbMute))
	for _, r := range programTable {
		if strings.Contains(r.path, ":app") {
			h.server.paces = paces{}
			if a := reads.in(t).ask(r.method, addressOfProgram(r), ""); a.status != http.StatusNotFound {
				t.Errorf("%s %s: %d", r.method, r.path, a.status)
			}
		}
	}
}

// withVerbs is n for some verbs.
func withVerbs(n auth.NewToken, verbs ...auth.Verb) auth.NewToken {
	n.Verbs = verbs
	return n
}
