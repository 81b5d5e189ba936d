package handlers

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/cases"
	"imdesk/jobs"
	"imdesk/store"
	"imdesk/web/static"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"
)

// everyRole is who may ask: a visitor, then the roles.
var everyRole = append([]auth.Role{""}, auth.Roles()...)

// newRoutes is a harness with something behind every route.
func newRoutes(t *testing.T) *harness {
	t.Helper()
	h := newHarness(t)
	h.newUsers("olga:Olga", "ann:Ann")
	h.newGroup("Public", "g1", "Music", "olga", "ann")
	h.say("g1", "ann", text("hello"))
	for _, role := range everyRole {
		h.as(role)
	}
	addedApp(h, "added")
	_, err := h.store.Jobs.Add(t.Context(), store.Job{Kind: jobs.Mute, App: testApp, Complete: true}, []store.JobItem{{Group: "g1", Target: "ann"}})
	check(t, err)
	id := h.flag("1", "ann", "hello", 50)
	_, _, err = h.cases.Decide(t.Context(), actions.Actor{OperatorID: h.operatorID(auth.Moderator), Name: "op_moderator"}, id, cases.Choice{Macro: "none"})
	check(t, err)
	w, err := h.store.Waves.Join(t.Context(), store.Wave{App: testApp, Sender: "ann", Text: "buy", First: h.now(), Last: h.now(), JoinedUntil: h.now().Add(time.Hour)}, h.now(),
		func([]store.Wave) int64 { return 0 })
	check(t, err)
	w, err = h.store.Waves.Add(t.Context(), w.ID, []store.WaveMessage{{Group: "g1", Key: "1", Seq: "1", Kind: "Public", Sender: "ann", At: h.now(), Text: "buy"}}, h.now().Add(time.Hour))
	check(t, err)
	w.State, w.Case = store.WaveOpen, id
	check(t, h.store.Waves.Set(t.Context(), w, store.WaveSeen))
	_, _, err = h.store.Waves.AddRun(t.Context(), store.WaveRun{
		Wave: w.ID, App: testApp, OperatorID: h.operatorID(auth.Lead), OperatorName: "op_lead", Key: "k", Body: []byte(`{"begun": true, "messages": 1, "senders": 1, "groups": 1}`), Made: h.now(),
	})
	check(t, err)
	h.putRules("[[list]]\nname = \"terms\"\nterms = [\"darn\"]\n[[rule]]\nname = \"words\"\nstate = \"draft\"\noutcome = \"flag\"\nwhen = { words = [\"darn\"] }\n")
	_, err = h.store.Rules.Hold(t.Context(), store.Held{At: h.now(), App: testApp, Group: "g1", Sender: "ann", Rule: "words", Text: "held", Case: id})
	check(t, err)
	_, err = h.store.Searches.Add(t.Context(), store.SavedSearch{OperatorID: h.operatorID(auth.Moderator), Operator: "op_moderator", Name: "Ours", Query: "hello", Shared: true})
	check(t, err)
	return h
}

// query is what some pages need to have something to show.
var routeQuery = map[string]string{
	"/apps/:app/groups/:group/messages/sender":        "?user=ann&seq=1",
	"/apps/:app/groups/:group/messages/mute-senders":  "?m=1::ann",
	"/apps/:app/groups/:group/messages/kick-senders":  "?m=1::ann",
	"/apps/:app/groups/:group/recall":                 "?m=1::ann",
	"/apps/:app/groups/:group/delete-by-sender":       "?users=ann",
	"/apps/:app/groups/:group/members/mute":           "?users=ann",
	"/apps/:app/groups/:group/members/role":           "?users=ann&role=admin",
	"/apps/:app/groups/:group/members/unread":         "?users=ann",
	"/apps/:app/groups/:group/messages/edit":          "?m=1::ann",
	"/apps/:app/groups/:group/messages/extensions":    "?m=1::ann",
	"/apps/:app/groups/:group/messages/readers":       "?m=1::ann",
	"/apps/:app/direct":                               "?user=ann&peer=olga",
	"/apps/:app/direct/open":                          "?user=ann&peer=olga",
	"/apps/:app/direct/said":                          "?user=ann&peer=olga&id=1",
	"/apps/:app/direct/search":                        "?q=hello",
	"/apps/:app/direct/read":                          "?user=ann&peer=olga",
	"/apps/:app/direct/send":                          "?user=ann&peer=olga",
	"/apps/:app/direct/recall":                        directMessage,
	"/apps/:app/direct/edit":                          directMessage,
	"/apps/:app/direct/extensions":                    directMessage,
	"/apps/:app/direct/hide":                          directMessage,
	"/apps/:app/users/:user/friends/edit":             "?friend=olga",
	"/apps/:app/users/:user/friends/remove":           "?ids=olga",
	"/apps/:app/users/:user/blocks/remove":            "?ids=olga",
	"/apps/:app/users/:user/friend-lists/remove":      "?list=Band",
	"/apps/:app/users/:user/contacts/remove":          "?peer=olga",
	"/palette":                                        "?q=ann&at=/apps/demo/groups/g1/messages",
	"/apps/:app/groups/:group/members/fields":         "?users=ann",
	"/apps/:app/groups/:group/transfer":               "?owner=ann",
	"/apps/:app/groups/:group/data/remove-attributes": "?key_of=song",
}

// directMessage is a message of a direct chat in an address; nobody said it.
const directMessage = "?user=ann&peer=olga&m=1763700000.1.1:1_1_1763700000.ann:ann"

// mayBeNowhere are routes that lead nowhere without a picture, an entry of an app, or a scraper's token.
var mayBeNowhere = map[string]bool{
	"/live/line": true, "/live/stream": true, "/apps/:app/groups/:group/stream": true, // of what nobody has told the test
	"/apps/:app/media": true, "/apps/:app/actions/:entry": true, "/apps/:app/actions/:entry/undo": true, "/metrics": true, "/audit/by/:operator": true,
	failureRoute: true, failureRoute + "/body": true, failureRoute + "/replay": true, failureRoute + "/erase": true,
	"/apps/:app/sanctions/:sanction/again": true, "/apps/:app/sanctions/:sanction/adopt": true, // there is none that differs
	"/queue/events": true, "/queue/cases/:case/decide": true, // a page has no events, the form no verdict
	"/search/saved/:search": true, "/search/saved/:search/remove": true, // is somebody's own, and goes
	"/approvals/:approval": true, "/approvals/:approval/approve": true, "/approvals/:approval/refuse": true, "/approvals/:approval/review": true,
	"/approvals/:approval/override": true, "/approvals/:approval/withdraw": true, "/approvals/:approval/seen": true,
	"/apps/:app/api-answers/:answer": true, "/apps/:app/operations/files/open": true, "/apps/:app/operations/files/opened/:entry": true,
	"/apps/:app/operations/files/opened/:entry/download": true,
	"/settings/security/totp/qr.png":                     true, "/confirm/:waiting": true, "/settings/operators/:operator/reset-factors": true,
}

// addressOf is a real address of a route.
func addressOf(r route) string {
	path := strings.NewReplacer(":app", testApp, ":group", "g1", ":user", "ann", ":entry", "1",
		":service", "group_open_http_svc", ":command", "get_group_info", ":answer", "none", ":waiting", "none", ":operator", "nobody", ":token", "none", ":job", "1", ":failure", "1", ":case", "1", ":verdict", "1", ":search", "1", ":library", "block", ":rule", "words", ":held", "1", ":wave", "1", ":run", "1", ":list", "terms", ":name", "added").Replace(r.path)
	if r.method == get {
		path += routeQuery[r.path]
	}
	return path
}

// The whole console in one list: what may be asked, and who may ask it. A change is read in the diff of the file.
func TestRouteTable(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var list []string
	for _, r := range h.server.routes() {
		least, known := auth.Least(r.verb)
		switch {
		case r.verb == auth.VerbPublic:
			least = "anybody"
		case !known:
			t.Errorf("%s %s needs %s, which nobody may do", r.method, r.path, r.verb)
		}
		list = append(list, fmt.Sprintf("%-9s %-4s %s", least, r.method, r.path))
	}
	slices.SortFunc(list, func(a, b string) int { return strings.Compare(a[10:], b[10:]) })
	got := strings.Join(list, "\n") + "\n"
	const file = "testdata/routes.txt"
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s differs (-file +now):\n%s", file, diff)
	}
}

func TestNoRouteBesideTheTable(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	known := map[string]bool{"GET " + static.Prefix + "*file": true, "HEAD " + static.Prefix + "*file": true}
	for _, r := range h.server.routes() {
		known[r.method+" "+r.path] = true
		if r.method == get {
			known["HEAD "+r.path] = true
		}
		if r.method != get && r.method != post {
			t.Errorf("%s %s: the console has GET and POST only", r.method, r.path)
		}
	}
	engine := gin.New()
	h.server.mount(engine)
	for _, r := range engine.Routes() {
		if !known[r.Method+" "+r.Path] {
			t.Errorf("%s %s is not in the table", r.Method, r.Path)
		}
	}
}

// Every route, asked by everybody, for the page and for the part.
func TestEveryRouteForEveryRole(t *testing.T) {
	t.Parallel()
	h := newRoutes(t)
	before := h.state()
	all := slices.DeleteFunc(h.server.routes(), func(r route) bool { return strings.HasPrefix(r.path, programPrefix) })
	slices.SortStableFunc(all, func(a, b route) int { return strings.Compare(a.method, b.method) }) // GET first
	for n, r := range all {
		if r.method == post && (n == 0 || all[n-1].method == get) {
			if diff := cmp.Diff(before, h.state()); diff != "" {
				t.Errorf("a GET changed something (-before +after):\n%s", diff)
			}
		}
		for _, role := range everyRole {
			if r.path == auth.LoginPath && r.method == post && role != "" {
				continue // wrong passwords are answered later each time
			}
			for _, part := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %s %s %v", r.method, r.path, role, part), func(t *testing.T) { h.asks(t, r, role, part) })
			}
		}
	}
}

// asks tries one route as one role.
func (h *harness) asks(t *testing.T, r route, role auth.Role, part bool) {
	b := h.as(role).in(t)
	path := addressOf(r)
	var header map[string]string
	if part {
		header = htmx("/apps/demo/groups/g1/messages")
	}
	var form url.Values
	if r.method == post {
		form = url.Values{"typed": {"<kept> as 它 was"}, "password": {"secret"}}
		if r.verb == auth.VerbPublic {
			b = &browser{h: h, t: t} // signing out would end the session that the other tries need
		}
	}
	a := b.do(r.method, path, form, header)
	if a.status == http.StatusInternalServerError || a.status == http.StatusNotFound && !mayBeNowhere[r.path] && !strings.Contains(r.path, "/with/:operator") && !strings.Contains(r.path, "/own/:role") {
		t.Errorf("status %d\n%s", a.status, a.text())
	}
	switch {
	case r.verb == auth.VerbPublic:
		if a.status == http.StatusForbidden {
			t.Errorf("forbidden to %q", role)
		}
	case role.Can(r.verb):
		if a.status == http.StatusForbidden || a.status == http.StatusUnauthorized {
			t.Errorf("status %d, but %s may do this", a.status, role)
		}
	case role != "":
		a.is(http.StatusForbidden).has("Your role does not allow this.")
		if r.method == post {
			a.has("Nothing was changed")
		}
		if whole := strings.Contains(a.body, "<html"); whole == part {
			t.Errorf("part %v is answered with\n%.200s", part, a.body)
		}
	case r.method == post:
		a.is(http.StatusUnauthorized).has("Nothing was changed").marked(`href="/login`)
		if !part { // the form still stands in the page that htmx has
			a.marked(`name="typed" value="&lt;kept&gt; as 它 was"`, `action="`+path+`"`)
		}
		if strings.Contains(a.body, "secret") {
			t.Error("the password comes back")
		}
	case part:
		a.is(http.StatusUnauthorized)
		if to := a.header.Get("HX-Redirect"); to != "/login?next="+url.QueryEscape("/apps/demo/groups/g1/messages") {
			t.Errorf("the browser is sent to %q", to)
		}
	default:
		a.is(http.StatusSeeOther)
		if to, want := a.location(), auth.LoginURL(path); to != want {
			t.Errorf("the browser is sent to %q, want %q", to, want)
		}
	}
}

// state is what must not change by looking: the number of audit entries, and of each writing call of the service.
func (h *harness) state() map[string]int64 {
	h.t.Helper()
	n, err := h.store.Audit.Count(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	state := map[string]int64{"audit entries": n}
	for command, calls := range h.calls() {
		if !reading.MatchString(command) {
			state[command] = calls
		}
	}
	return state
}

// reading are the commands that change nothing.
var reading = regexp.MustCompile(`/(get\w*|\w*_get\w*|query_online_status|\w+_check|search_\w+)$`)

// calls is how often each command of the service was called.
func (h *harness) calls() map[string]int64 {
	h.t.Helper()
	res, err := http.Get(h.im.URL() + "/_emulator/stats")
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	var stats struct {
		Commands map[string]int64 `json:"commands"`
	}
	if err := json.NewDecoder(res.Body).Decode(&stats); err != nil {
		h.t.Fatal(err)
	}
	return stats.Commands
}

func TestReadingCommands(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]bool{
		"group_open_http_svc/get_group_info": true, "profile/portrait_get": true, "openconfigsvr/getnospeaking": true, "group_open_http_svc/group_msg_get_simple": true,
		"sns/friend_check": true, "recentcontact/search_contact_group": true, "recentcontact/get_list": true, "sns/friend_add": false, "recentcontact/delete": false,
		"group_open_http_svc/forbid_send_msg": false, "openconfigsvr/setnospeaking": false, "group_open_http_svc/send_group_msg": false, "im_open_login_svc/kick": false,
	} {
		if reading.MatchString(command) != want {
			t.Errorf("%s reads: %v", command, !want)
		}
	}
}

// HEAD answers as GET does, without the body.
func TestHead(t *testing.T) {
	t.Parallel()
	h := newRoutes(t)
	b := h.as(auth.Owner)
	for _, r := range h.server.routes() {
		if r.method != get || r.path == "/metrics" {
			continue
		}
		path := addressOf(r)
		full, head := b.get(path), b.do(http.MethodHead, path, nil, nil)
		if head.status != full.status || head.header.Get("Content-Type") != full.header.Get("Content-Type") {
			t.Errorf("HEAD %s: %d %s, GET %d %s", path, head.status, head.header.Get("Content-Type"), full.status, full.header.Get("Content-Type"))
		}
		if strings.HasPrefix(head.header.Get("Content-Type"), "text/html") && head.status == http.StatusOK && head.body != "" {
			t.Errorf("HEAD %s has a body", path)
		}
	}
}

// Other methods, and addresses beside the table, lead nowhere, for everybody alike.
func TestNowhere(t *testing.T) {
	t.Parallel()
	h := newRoutes(t)
	before := h.state()
	for _, role := range []auth.Role{"", auth.Viewer, auth.Owner} {
		b := h.as(role)
		for _, r := range h.server.routes() {
			for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
				a := b.do(method, addressOf(r), nil, nil).is(http.StatusMethodNotAllowed)
				if !strings.Contains(a.header.Get("Allow"), r.method) {
					t.Errorf("%s %s: Allow is %q", method, r.path, a.header.Get("Allow"))
				}
			}
		}
		for _, path := range []string{
			"/nowhere", "/apps", "/apps/", "/apps/demo/", "/apps/demo/groups/", "/apps/demo/groups/g1/nowhere", "/login/", "/LOGIN", "/audit/", "/audit.json",
			"//audit", "/apps/demo//groups", "/apps/demo/groups/g1/messages/..%2f..%2faudit", "/%2e%2e/audit", "/apps/demo/groups/g1/members%2Fmute", "/.git/config", "/debug/pprof/",
			"/apps/demo/users/ann/sign-out/x", "/static/", "/static/../handlers", "/static/..%2f..%2fgo.mod",
		} {
			if a := b.get(path); a.status != http.StatusNotFound {
				t.Errorf("%q gets %d at %s", role, a.status, path)
			}
		}
		for _, path := range []string{"/apps/nosuch", "/apps/nosuch/groups", "/apps/nosuch/users/ann", "/apps/DEMO/groups/g1/messages"} {
			if a := b.get(path); role != "" && a.status != http.StatusNotFound {
				t.Errorf("%q gets %d at %s", role, a.status, path)
			}
		}
	}
	if diff := cmp.Diff(before, h.state()); diff != "" {
		t.Errorf("something was changed:\n%s", diff)
	}
}
