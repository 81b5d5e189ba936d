package handlers

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/store"
)

// logged are the entries on a page, in order.
func (a *answer) logged() []int64 {
	a.t.Helper()
	var list []int64
	for _, m := range regexp.MustCompile(`<tr id="e(\d+)"`).FindAllStringSubmatch(a.body, -1) {
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			a.t.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}

// record writes an entry as it stands after an action.
func (h *harness) record(e store.AuditEntry, state store.AuditState) int64 {
	h.t.Helper()
	ctx := context.Background()
	if e.At.IsZero() {
		e.At = h.now()
	}
	id, err := h.store.Audit.Begin(ctx, e)
	if err != nil {
		h.t.Fatal(err)
	}
	if state != store.AuditPending {
		check(h.t, h.store.Audit.Finish(ctx, id, store.AuditOutcome{At: e.At.Add(time.Second), State: state}))
	}
	return id
}

func TestAuditPaging(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.recorded(auth.Lead)
	for n := range 130 {
		h.record(store.AuditEntry{OperatorID: "mei", OperatorName: "Mei Lin", App: testApp, Action: "member.mute", Group: "g1", Users: []string{fmt.Sprint("u", n)}}, store.AuditOK)
	}
	var all []int64
	next := "/audit"
	for next != "" {
		page := b.get(next).is(http.StatusOK)
		if n := len(page.logged()); n > auditPageSize {
			t.Fatalf("%d entries on a page", n)
		}
		all = append(all, page.logged()...)
		next = ""
		if strings.Contains(page.body, "before=") && len(page.logged()) == auditPageSize {
			next = hrefOf(page, "Next")
		}
	}
	// Two entries more: the operator was added, and signed in.
	if len(all) != 132 || !slices.IsSortedFunc(all, func(a, b int64) int { return int(b - a) }) || len(slices.Compact(slices.Clone(all))) != 132 {
		t.Errorf("%d entries: %v", len(all), all)
	}
	b.get("/audit").has("132 entries in all", "UTC+8")
	if part := b.part("/audit?before=50").is(http.StatusOK); !strings.HasPrefix(part.body, `<section id="audit"`) || part.logged()[0] != 49 {
		t.Errorf("the part begins %.100s", part.body)
	}
	for _, gone := range []string{"9999", "-1", "x", "99999999999999999999", "0", "9223372036854775807", "1e3"} {
		page := b.get("/audit?before=" + gone).is(http.StatusOK).has("That page of the log is gone. This is the first one.")
		if page.logged()[0] != 132 {
			t.Errorf("before=%s begins with %d", gone, page.logged()[0])
		}
	}
}

func TestAuditExport(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Lead)
	for n := range 210 { // more than the store gives at once
		h.record(store.AuditEntry{OperatorID: "mei", OperatorName: "=Mei", App: testApp, Action: "member.mute", Group: "g1", Users: []string{fmt.Sprint("u", n), "v"}, Reason: "ads, \"all\"\nday"}, store.AuditOK)
	}
	h.record(store.AuditEntry{OperatorID: "mei", OperatorName: "Mei", App: testApp, Action: "member.kick", Group: "g1"}, store.AuditPending)
	if page := b.get("/audit?action=member.mute&before=100").has("The newest 20,000 of this list"); !strings.Contains(page.body, `action="/audit/export?action=member.mute"`) {
		t.Errorf("no form to take out the list:\n%s", page.body)
	}
	file := b.post("/audit/export?action=member.mute", with(nil, "format", "csv")).is(http.StatusOK)
	lines, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	if err != nil || len(lines) != 211 {
		t.Fatalf("%d lines: %v\n%.300s", len(lines), err, file.body)
	}
	if got := lines[1]; lines[0][0] != "entry" || got[3] != "'=Mei" || got[9] != "u209 v" || got[11] != "ads, \"all\"\nday" || got[15] != "ok" {
		t.Errorf("%q", got)
	}
	if got := file.header.Get("Content-Disposition"); !regexp.MustCompile(`^attachment; filename="audit-\d{8}-\d{6}\.csv"$`).MatchString(got) || file.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("%s, %s", got, file.header.Get("Content-Type"))
	}
	file = b.post("/audit/export?action=member.kick", with(nil, "format", "jsonl")).is(http.StatusOK)
	var one struct {
		Entry  int64
		Action string
		State  string
	}
	if err := json.Unmarshal([]byte(file.body), &one); err != nil || one.Action != "member.kick" || one.State != "pending" {
		t.Errorf("%+v %v\n%s", one, err, file.body)
	}
	// Whoever takes it out is recorded; what cannot be understood leads to the page that says so.
	b.get("/audit?action=audit.export").has("Exported the audit log").lacks("CSV was not")
	for wrong, format := range map[string]string{"/audit/export": "exe", "/audit/export?": "", "/audit/export?from=tomorrow": "csv"} {
		if a := b.post(wrong, with(nil, "format", format)).is(http.StatusSeeOther); !strings.HasPrefix(a.location(), "/audit") {
			t.Errorf("%s leads to %s", wrong, a.location())
		}
	}
}

func TestAuditByNumber(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.recorded(auth.Lead)
	newest := h.record(store.AuditEntry{App: testApp, Action: "group.notice", Group: "g1"}, store.AuditOK)
	for _, n := range []int64{1, 2, newest} {
		if got := b.get(fmt.Sprintf("/audit?q=%%23%d", n)).is(http.StatusOK).logged(); !slices.Equal(got, []int64{n}) {
			t.Errorf("#%d finds %v", n, got)
		}
	}
	for _, wrong := range []string{"#0", "#-1", "#", "#x", "#99999999999999999999", "#9223372036854775807", "# 1", "#1 OR 1=1"} {
		b.get("/audit?q=" + url.QueryEscape(wrong)).is(http.StatusOK).has("No entry matches the filters")
	}
	// In one group only its own are found.
	h.newUsers("olga:Olga")
	h.newGroup("Public", "g1", "Music", "olga")
	h.newGroup("Public", "g2", "Chess", "olga")
	b.get(fmt.Sprintf("/apps/demo/groups/g1/activity?q=%%23%d", newest)).has("Sent a notice")
	if got := b.get(fmt.Sprintf("/apps/demo/groups/g2/activity?q=%%23%d", newest)).is(http.StatusOK).logged(); len(got) != 0 {
		t.Errorf("another group shows %v", got)
	}
}

func TestAuditFilters(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.recorded(auth.Lead)
	day := time.Date(2026, 3, 10, 23, 30, 0, 0, time.UTC) // the 11th in UTC+8
	mute := h.record(store.AuditEntry{At: day, OperatorID: "mei", OperatorName: "Mei Lin", App: testApp, Action: "member.mute", Group: "g1", Users: []string{"ann", "bob"}}, store.AuditPartial)
	kick := h.record(store.AuditEntry{OperatorID: "tom", OperatorName: "Tom", App: testApp, Action: "member.kick", Group: "g2", Users: []string{"ann"}}, store.AuditFailed)
	other := h.record(store.AuditEntry{OperatorID: "tom", OperatorName: "Tom", App: "other", Action: "member.kick", Group: "g2", Users: []string{"ann"}}, store.AuditPending)
	for _, tt := range []struct {
		query string
		want  []int64
	}{
		{"?q=ann", []int64{kick, mute}},
		{"?q=bob", []int64{mute}},
		{"?q=group:g1", []int64{mute}},
		{"?q=group:nosuch", nil},
		{"?q=ANN", nil},
		{"?operator=mei", []int64{mute}},
		{"?action=member.kick", []int64{other, kick}},
		{"?state=failed", []int64{kick}},
		{"?state=pending", []int64{other}},
		{"?app=demo&action=member.kick", []int64{kick}},
		{"?from=2026-03-11&to=2026-03-11", []int64{mute}},
		{"?from=2026-03-10&to=2026-03-10", nil},
		{"?action=no_sign_ins&to=2026-03-11", []int64{mute}},
		{"?action=nonsense", nil},
		{"?operator=nobody", nil},
		{"?q=ann&state=partial&operator=mei&action=member.mute&from=2026-03-01", []int64{mute}},
	} {
		page := b.get("/audit" + tt.query).is(http.StatusOK)
		if got := page.logged(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.query, got, tt.want)
		}
		if tt.want == nil {
			page.has("No entry matches the filters")
		}
	}
	for _, query := range []string{"?from=yesterday", "?to=2026-02-30", "?from=2026-3-1", "?from=%00"} {
		b.get("/audit" + query).is(http.StatusOK).has("A day is written as 2026-04-18.")
	}
	// What makes no sense filters nothing.
	if got := b.get("/audit?state=nonsense&app=nosuch").is(http.StatusOK).logged(); len(got) != 5 {
		t.Errorf("%v", got)
	}
	for _, hostile := range []string{`<script>alert(1)</script>`, `"><b>`, strings.Repeat("x", 5000), "\x00", "%", "a'b"} {
		for _, name := range []string{"q", "operator", "action", "state", "app", "from", "to", "open", "before"} {
			if page := b.get("/audit?" + name + "=" + url.QueryEscape(hostile)).is(http.StatusOK); strings.Contains(page.body, "<script>alert") {
				t.Errorf("%s=%q is markup", name, hostile)
			}
		}
	}
}

// Ids belong to an app: of several, one has to be chosen.
func TestAuditOfSeveralApps(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *Options) {
		fixApp(o, &App{Name: "second", Title: "Second", IM: o.Apps.All()[0].IM})
	})
	b := h.as(auth.Lead)
	h.record(store.AuditEntry{App: testApp, Action: "member.kick", Group: "g1", Users: []string{"ann"}}, store.AuditOK)
	second := h.record(store.AuditEntry{App: "second", Action: "member.kick", Group: "g1", Users: []string{"ann"}}, store.AuditOK)
	b.get("/audit?q=ann").is(http.StatusOK).has("IDs belong to an app: choose the app, too.")
	if got := b.get("/audit?q=ann&app=second").logged(); !slices.Equal(got, []int64{second}) {
		t.Errorf("of the second app: %v", got)
	}
	b.get(fmt.Sprintf("/apps/demo/actions/%d", second)).is(http.StatusNotFound)
	b.post(fmt.Sprintf("/apps/demo/actions/%d/undo", second), url.Values{}).is(http.StatusNotFound)
	b.get(fmt.Sprintf("/apps/second/actions/%d", second)).is(http.StatusOK)
	b.get("/?app=second").is(http.StatusOK).has("Second")
	b.part("/palette?q=seco&at=/apps/demo/groups").has("Second")
}

// refused is what code 10007 means.
const refused = "The service does not permit this for this type of group, for the app’s plan, or for the administrator."

func TestAuditEntry(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	b := h.as(auth.Lead)
	h.im.SetFault(emulator.Fault{Command: "group_open_http_svc/delete_group_member", ErrorCode: 10007})
	r := h.do(actions.Kick{Common: actions.Common{Reason: "Flooding <b>", Note: "case 12"}, Group: "g1", Users: []string{"ann", "nobody", "olga"}, Silent: true})
	h.im.ClearFaults()
	for _, path := range []string{fmt.Sprintf("/audit?open=%d", r.ID), fmt.Sprintf("/apps/demo/actions/%d", r.ID), fmt.Sprintf("/apps/demo/groups/g1/activity?open=%d", r.ID), fmt.Sprintf("/apps/demo/users/ann/activity?open=%d", r.ID)} {
		page := b.get(path).is(http.StatusOK)
		page.has("Kicked, 3 people", "Ann 安", "Failed", "Flooding <b>", "case 12", "Nobody told", refused, "10007", "Olga is skipped: nobody can do this to a group’s owner", "nobody is skipped: not a member", "Mei Lin", "Music")
		if strings.Contains(page.body, undoURL(h.app, r.ID)) {
			t.Errorf("%s: an undo of nothing is offered", path)
		}
		if strings.Contains(page.body, "Flooding <b>") {
			t.Errorf("%s: the reason is markup", path)
		}
	}
	h.as(auth.Viewer).get(fmt.Sprintf("/apps/demo/actions/%d", r.ID)).is(http.StatusOK) // whoever may see the group
	for _, wrong := range []string{"0", "-1", "x", "99999", "99999999999999999999", "1%2F2"} {
		b.get("/apps/demo/actions/" + wrong).is(http.StatusNotFound).has("This does not exist any more.")
		b.post("/apps/demo/actions/"+wrong+"/undo", url.Values{}).is(http.StatusNotFound)
	}
	// Names are a courtesy: without the service there are ids, and soon.
	h.advance(time.Minute)
	h.im.SetFault(emulator.Fault{Delay: 5 * time.Second})
	defer h.im.ClearFaults()
	start := time.Now()
	b.get(fmt.Sprintf("/audit?open=%d", r.ID)).is(http.StatusOK).has("ann", "g1", refused)
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestUndoFromTheLog(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	r := h.do(actions.Mute{Common: because("Flooding"), Group: "g1", Users: []string{"ann"}, Span: actions.Span{For: time.Hour}})
	entry := fmt.Sprintf("/apps/demo/actions/%d", r.ID)
	if page := h.as(auth.Viewer).get(entry); strings.Contains(page.body, entry+"/undo") {
		t.Error("a viewer is offered to undo it")
	}
	h.as(auth.Viewer).post(entry+"/undo", url.Values{}).is(http.StatusForbidden)
	h.as(auth.Support).post(entry+"/undo", url.Values{}).is(http.StatusForbidden) // lifts mutes, but this was to mute
	m := h.as(auth.Moderator)
	m.get(entry).marked(entry + "/undo")
	if to := m.post(entry+"/undo", url.Values{}).is(http.StatusSeeOther).location(); to != entry {
		t.Errorf("it leads to %s", to)
	}
	if page := m.get(entry).has("Undone", "Undone by #"); strings.Contains(page.body, entry+"/undo") {
		t.Error("it can be undone twice")
	}
	if !h.mutedUntil("g1", "ann").IsZero() {
		t.Error("still muted")
	}
	// Whoever is late is told who was faster.
	h.as(auth.Lead).post(entry+"/undo", url.Values{}).is(http.StatusSeeOther)
	h.as(auth.Lead).get(entry).has("op_moderator has undone this already.")

	late := h.do(actions.Mute{Common: because("Flooding"), Group: "g1", Users: []string{"bob"}, Span: actions.Span{For: time.Hour}})
	h.advance(11 * time.Minute)
	m.post(fmt.Sprintf("/apps/demo/actions/%d/undo", late.ID), url.Values{}).is(http.StatusSeeOther)
	m.get("/settings/me").has("It is too late to undo this.")
	if h.mutedUntil("g1", "bob").IsZero() {
		t.Error("undone too late")
	}
	changed := h.do(actions.SetNameCard{Group: "g1", User: "ann", Card: "one"})
	h.do(actions.SetNameCard{Group: "g1", User: "ann", Card: "two"})
	m.post(fmt.Sprintf("/apps/demo/actions/%d/undo", changed.ID), url.Values{}).is(http.StatusSeeOther)
	m.get("/settings/me").has("Somebody has changed this since")
	if card := h.member("g1", "ann").NameCard; card != "two" {
		t.Errorf("the card is %q", card)
	}
}

func TestBackFrom(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	m := h.as(auth.Moderator)
	undo := func(header map[string]string, form url.Values) string {
		h.t.Helper()
		r := h.do(actions.SetNameCard{Group: "g1", User: "ann", Card: fmt.Sprint(h.made.Add(1))})
		return m.do(post, undoURL(h.app, r.ID), form, header).location()
	}
	for _, tt := range []struct {
		name   string
		header map[string]string
		form   url.Values
		want   string
	}{
		{"from a page", map[string]string{"Referer": "http://console.test/apps/demo/groups/g1/members?role=admin"}, url.Values{}, "/apps/demo/groups/g1/members?role=admin"},
		{"from elsewhere", map[string]string{"Referer": "http://evil.example/apps"}, url.Values{}, "/apps/demo/actions/"},
		{"from a host that begins alike", map[string]string{"Referer": "http://console.test.evil.example/x"}, url.Values{}, "/apps/demo/actions/"},
		{"as the form says", map[string]string{"Referer": "http://console.test/audit"}, url.Values{"return": {"/settings/me"}}, "/settings/me"},
		{"as a hostile form says", nil, url.Values{"return": {"//evil.example"}}, "/"},
		{"by htmx", map[string]string{"HX-Request": "true", "HX-Current-URL": "http://console.test/audit?q=ann"}, url.Values{}, "/audit?q=ann"},
	} {
		if got := undo(tt.header, tt.form); !strings.HasPrefix(got, tt.want) || tt.want == "/" && got != "/" {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestActionTexts(t *testing.T) {
	t.Parallel()
	ctx := in(t, "en")
	text := func(s string) actions.Value { return actions.Value{Text: s, Known: true} }
	for _, tt := range []struct {
		verb actions.Verb
		v    actions.Value
		want string
	}{
		{actions.VerbMute, actions.Value{}, "not known"},
		{actions.VerbMute, text(""), "not muted"},
		{actions.VerbMute, text("forever"), "no end"},
		{actions.Undoing(actions.VerbMute), text("forever"), "no end"},
		{actions.VerbSetRole, text("admin"), "Admin"},
		{actions.VerbSetRole, text(""), "not in the group"},
		{actions.VerbNameCard, text(""), "nothing"},
		{actions.VerbNameCard, text("on"), "on"},
		{actions.VerbMuteAll, text("on"), "on"},
		{actions.VerbKick, text("out"), "not in the group"},
		{actions.VerbRecall, text("gone"), "gone"},
		{actions.VerbDeleteBySender, text("7"), "7"},
		{actions.VerbSignOut, text("offline"), "offline"},
		{actions.VerbGlobalMute, text("direct=;groups="), "not muted"},
		{"made.up", text("x"), "x"},
		{"made.up", text(""), "nothing"},
	} {
		if got := valueText(ctx, tt.verb, tt.v); got != tt.want {
			t.Errorf("%s %+v: %q, want %q", tt.verb, tt.v, got, tt.want)
		}
	}
	e := store.AuditEntry{Action: "vendor.made_up", Users: []string{"a"}}
	if got := actionText(ctx, e); got != "vendor.made_up" {
		t.Errorf("an action without a text: %q", got)
	}
	if got := joinText(ctx, "SomethingNew"); got != "SomethingNew" {
		t.Errorf("a new join option: %q", got)
	}
}
