package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
)

const (
	apiPages    = "/apps/demo/api"
	apiCheck    = apiPages + "/im_open_login_svc/account_check"
	apiImport   = apiPages + "/im_open_login_svc/account_import"
	apiDelete   = apiPages + "/im_open_login_svc/account_delete"
	apiDestroy  = apiPages + "/group_open_http_svc/destroy_group"
	apiInfo     = apiPages + "/group_open_http_svc/get_group_info"
	apiSendMsg  = apiPages + "/openim/sendmsg"
	apiRoam     = apiPages + "/openim/admin_getroammsg"
	apiGroupMsg = apiPages + "/group_open_http_svc/send_group_msg"
)

// inForm is a form as a browser would send it from a page: its hidden fields, with what was typed.
func inForm(t *testing.T, page *answer, typed url.Values) url.Values {
	t.Helper()
	v := url.Values{"shown": {attrOf(page.body, `name="shown" value="`)}, "body": {textareaOf(page.body, "body")}}
	for k, list := range typed {
		v[k] = list
	}
	return v
}

func attrOf(body, before string) string {
	_, rest, _ := strings.Cut(body, before)
	value, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(value)
}

// textareaOf is what stands in a textarea, as a browser sends it.
func textareaOf(body, name string) string {
	m := regexp.MustCompile(`<textarea[^>]*name="` + regexp.QuoteMeta(name) + `"[^>]*>([^<]*)</textarea>`).FindStringSubmatch(body)
	if m == nil {
		return ""
	}
	return strings.ReplaceAll(html.UnescapeString(m[1]), "\n", "\r\n")
}

// lastAPICall is the newest entry of a call by hand, whole.
func (h *harness) lastAPICall() store.AuditEntry {
	h.t.Helper()
	list, err := h.store.Audit.List(context.Background(), store.AuditFilter{Action: "api.call"}, 0, 1)
	if err != nil || len(list) != 1 {
		h.t.Fatalf("%d entries, %v", len(list), err)
	}
	e, err := h.store.Audit.Get(context.Background(), list[0].ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

func (h *harness) apiCalls() int {
	h.t.Helper()
	list, err := h.store.Audit.List(context.Background(), store.AuditFilter{Action: "api.call"}, 0, store.MaxAuditPage)
	if err != nil {
		h.t.Fatal(err)
	}
	return len(list)
}

// Every command, service and field of the client is described in both languages, and nothing else is.
func TestAPITexts(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, lang := range i18n.Languages() {
		commands, services, fields := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, c := range apiCommands(h.app) {
			commands[c.Service+"."+c.Name], services[c.Service] = true, true
			for _, f := range c.Fields {
				fields[f.Name], fields[c.Name+"."+f.Name] = true, true
				ctx := i18n.With(t.Context(), i18n.Locale{Lang: lang})
				if apiFieldText(ctx, h.app, c, f.Name) == "" {
					t.Errorf("%s: nobody says what %s of %s is", lang, f.Name, c.Path())
				}
			}
		}
		for _, k := range []struct {
			prefix string
			known  map[string]bool
			all    bool
		}{{"api.tencent.", commands, true}, {"api.service.tencent.", services, true}, {"api.field.tencent.", fields, false}} {
			texts := i18n.Texts(lang, k.prefix)
			for name := range texts {
				if !k.known[name] {
					t.Errorf("%s: %s%s describes nothing", lang, k.prefix, name)
				}
			}
			for name := range k.known {
				if k.all && texts[name] == "" {
					t.Errorf("%s: no text %s%s", lang, k.prefix, name)
				}
			}
		}
		if len(commands) < 130 {
			t.Errorf("only %d commands", len(commands))
		}
	}
}

func TestAPIList(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Owner)
	calls := h.im.Calls("")
	page := b.get(apiPages).is(http.StatusOK).has("API", "Accounts im_open_login_svc", "account_check Tells which accounts there are",
		"100 calls a second", "1 call a second", "Read", "Write")
	if n := strings.Count(page.body, "data-row="); n != len(apiCommands(h.app)) {
		t.Errorf("%d commands are listed", n)
	}
	for _, c := range []struct {
		name, query  string
		shows, hides []string
	}{
		{"by name", "?q=account_", []string{"account_check", "account_delete", "multiaccount_import"}, []string{"destroy_group"}},
		{"by words of what it does", "?q=dismisses+history", []string{"destroy_group"}, []string{"create_group"}},
		{"by field", "?q=NewOwner", []string{"change_group_owner"}, []string{"create_group"}},
		{"by service", "?q=topics", []string{"create_topic"}, []string{"account_check"}},
		{"whatever the case", "?q=GETIPLIST", []string{"GetIPList"}, []string{"account_check"}},
		{"reads", "?kind=read&q=account", []string{"account_check"}, []string{"account_delete"}},
		{"writes", "?kind=write&q=account", []string{"account_delete"}, []string{"account_check"}},
		{"a kind that is none", "?kind=x&q=account_", []string{"account_check", "account_delete"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := b.in(t).get(apiPages + c.query).is(http.StatusOK)
			for _, name := range c.shows {
				if !strings.Contains(a.body, `data-row="`+name+`"`) {
					t.Errorf("%s is not listed", name)
				}
			}
			for _, name := range c.hides {
				if strings.Contains(a.body, `data-row="`+name+`"`) {
					t.Errorf("%s is listed", name)
				}
			}
		})
	}
	b.part(apiPages+"?q=nothing%20<b>").is(http.StatusOK).has("No command matches", "Show all commands").lacks("Audit log")
	if n := h.im.Calls("") - calls; n != 0 {
		t.Errorf("the list costs %d calls", n)
	}
	zh := b.in(t)
	zh.post("/me/display", url.Values{"lang": {"zh"}, "return": {"/"}})
	zh.get(apiPages).has("账号 im_open_login_svc", "查询账号是否存在", "每秒 100 次")
	zh.get(apiPages + "?q=解散").has("destroy_group").lacks("account_check")
}

// The sidebar leads owners here, and nobody else.
func TestAPIIsForOwners(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.as(auth.Owner).get("/").marked(`href="/apps/demo/api"`)
	for _, role := range []auth.Role{auth.Viewer, auth.Support, auth.Moderator, auth.Lead} {
		b := h.as(role)
		if a := b.get("/"); strings.Contains(a.body, `href="/apps/demo/api"`) {
			t.Errorf("a %s is led to the API", role)
		}
		b.get(apiPages).is(http.StatusForbidden)
		b.get(apiCheck).is(http.StatusForbidden)
		b.post(apiCheck, url.Values{"body": {"{}"}}).is(http.StatusForbidden)
		b.get(apiPages + "-answers/x").is(http.StatusForbidden)
	}
	if h.im.Calls("im_open_login_svc/account_check") != 0 || h.apiCalls() != 0 {
		t.Error("somebody else called the API")
	}
}

func TestAPICommandPage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Owner)
	calls := h.im.Calls("")
	page := b.get(apiSendMsg).is(http.StatusOK).has("sendmsg", "Sends a message to one user", "openim/sendmsg", "To_Account text required",
		"MsgBody list, object required", "Fields inside MsgBody", "MsgType text, required", "The request as JSON", "You are asked before it is sent", "Nothing sent yet").
		marked(`href="https://www.tencentcloud.com/document/product/1047/34919"`)
	random := attrOf(page.body, `name="f.MsgRandom" type="text" value="`)
	var body map[string]json.Number
	if err := json.Unmarshal([]byte(textareaOf(page.body, "body")), &body); err != nil || random == "" || body["MsgRandom"].String() != random {
		t.Errorf("the form begins with %q, its JSON with %v, %v", random, body, err)
	}
	b.get(apiCheck).lacks("You are asked").has("(optional)")
	b.get(apiRoam).has("Needed, and recorded")
	b.get(apiPages + "/all_member_push/im_get_attr_name").has("This command has no fields")
	b.get(apiPages + "/ConfigSvc/GetIPList").has("nettype number")
	for _, wrong := range []string{"/x/account_check", "/im_open_login_svc/x", "/im_open_login_svc/%2e%2e", "/openim/account_check"} {
		b.get(apiPages + wrong).is(http.StatusNotFound)
		b.post(apiPages+wrong, url.Values{"body": {"{}"}}).is(http.StatusNotFound)
	}
	b.get("/apps/nobody/api").is(http.StatusNotFound)
	if n := h.im.Calls("") - calls; n != 0 {
		t.Errorf("pages cost %d calls", n)
	}
}

// A read is sent at once, from the fields.
func TestAPIRead(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("ann")
	b := h.as(auth.Owner)
	form := inForm(t, b.get(apiCheck), url.Values{"f.CheckItem": {`[{"UserID": "ann"}, {"UserID": "nobody"}]`}, "reason": {"ticket 7"}})
	for _, part := range []bool{false, true} {
		var a *answer
		if part {
			a = b.postPart(apiCheck, apiCheck, form).is(http.StatusOK).lacks("Nothing sent yet", "Sidebar")
			a.marked(`hx-target="#api-answer"`)
		} else {
			a = b.post(apiCheck, form).is(http.StatusOK).marked("autofocus")
			if got := textareaOf(a.body, "f.CheckItem"); !strings.Contains(got, `"nobody"`) {
				t.Errorf("the form came back with %q", got)
			}
		}
		a.has("Accepted", "Code 0", "Status HTTP 200 OK", "Time", "ms", "NotImported", "Imported", "Request ID the service gave none", "The same call with curl", "usersig=$USERSIG", "Audit log #")
	}
	e := h.lastAPICall()
	if e.State != store.AuditOK || e.Reason != "ticket 7" || !slices.Equal(e.Users, []string{"ann", "nobody"}) || e.OperatorName != "op_owner" {
		t.Errorf("entry %+v", e)
	}
	if h.apiCalls() != 2 || h.im.Calls("im_open_login_svc/account_check") != 2 {
		t.Errorf("%d entries, %d calls", h.apiCalls(), h.im.Calls("im_open_login_svc/account_check"))
	}
	b.get(fmt.Sprintf("/apps/demo/actions/%d", e.ID)).has("Called im_open_login_svc/account_check", "Fields CheckItem", "ticket 7").lacks("cannot be undone")
}

// No secret leaves the console with the line for a shell.
func TestAPICurlHasNoSecret(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.as(auth.Owner).post(apiCheck, url.Values{"body": {`{"CheckItem":[{"UserID":"it's"}]}`}}).is(http.StatusOK)
	if strings.Contains(a.body, testKey) || !strings.Contains(a.text(), `'{"CheckItem":[{"UserID":"it'\''s"}]}'`) {
		t.Errorf("the line for curl is wrong in\n%s", a.text())
	}
	if m := regexp.MustCompile(`usersig=([^&"\s]*)`).FindAllStringSubmatch(a.text(), -1); len(m) != 1 || m[0][1] != "$USERSIG" {
		t.Errorf("signatures: %v", m)
	}
}

// JSON that was edited is the request; else the fields are.
func TestAPIWhoWins(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("ann", "bob")
	b := h.as(auth.Owner)
	page := b.get(apiCheck)
	typed := url.Values{"f.CheckItem": {`[{"UserID":"ann"}]`}}
	edited := inForm(t, page, typed)
	edited.Set("body", `{"CheckItem":[{"UserID":"bob"}], "More": 1}`)
	b.post(apiCheck, inForm(t, page, typed)).is(http.StatusOK).has(`"ann"`).lacks(`"bob"`)
	a := b.post(apiCheck, edited).is(http.StatusOK).has(`"bob"`, "Edited by hand", "Use the fields instead").lacks(`"ann"`)
	if got := textareaOf(a.body, "body"); got != `{"CheckItem":[{"UserID":"bob"}], "More": 1}` {
		t.Errorf("the JSON came back as %q", got)
	}
	// It has more than the fields hold, so it goes on winning.
	again := inForm(t, a, typed)
	b.post(apiCheck, again).is(http.StatusOK).has(`"bob"`).lacks(`"ann"`)
	again.Set("do", "fields")
	b.post(apiCheck, again).is(http.StatusOK).has("Nothing sent yet", "It is made from the fields above").marked("&#34;ann&#34;")
	// What the fields can hold is filled in, and they make the request again.
	edited.Set("body", "{ \"CheckItem\": [ {\"UserID\": \"bob\"} ] }")
	a = b.post(apiCheck, edited).is(http.StatusOK).has(`"bob"`).lacks("Edited by hand")
	if got := textareaOf(a.body, "f.CheckItem"); !strings.Contains(got, "bob") {
		t.Errorf("the field has %q", got)
	}
	next := inForm(t, a, typed)
	b.post(apiCheck, next).is(http.StatusOK).has(`"ann"`).lacks(`"bob"`)
}

// While the fields are filled in, the JSON is made anew; what was edited is left alone.
func TestAPIJSONFollowsTheFields(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Owner)
	page := b.get(apiImport)
	form := inForm(t, page, url.Values{"f.UserID": {"<ann>"}, "f.Nick": {`"A" 安`}, "do": {"json"}})
	a := b.postPart(apiImport, apiImport, form).is(http.StatusOK).lacks("Answer")
	if got := textareaOf(a.body, "body"); got != "{\r\n  \"UserID\": \"<ann>\",\r\n  \"Nick\": \"\\\"A\\\" 安\"\r\n}" {
		t.Errorf("JSON %q", got)
	}
	form.Set("body", "{}}")
	b.postPart(apiImport, apiImport, form).is(http.StatusOK).has("Edited by hand").marked("{}}</textarea>")
	b.post(apiImport, inForm(t, page, url.Values{"f.UserID": {"ann"}, "do": {"json"}})).is(http.StatusOK).has("Nothing sent yet").marked(`value="ann"`)
	if h.im.Calls("im_open_login_svc/account_import") != 0 {
		t.Error("something was sent")
	}
}

// A form that is refused comes back with what was typed, and with what is wrong beside the field.
func TestAPIRefusesTheForm(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Owner)
	for _, c := range []struct {
		name, path string
		typed      url.Values
		says       string
		keeps      []string
	}{
		{"wrong JSON", apiCheck, url.Values{"body": {"{\n  \"CheckItem\": [\n    {\"UserID\": \"ann\",}\n  ]\n}"}}, "Line 3, column 22: “}” does not belong here.", []string{`&#34;ann&#34;,}`}},
		{"wrong JSON of Windows", apiCheck, url.Values{"body": {"{\r\n  \"用\": x}"}}, "Line 2, column 8: “x” does not belong here.", []string{"x}"}},
		{"no JSON", apiCheck, url.Values{"body": {""}}, "Line 1, column 1: the JSON ends too early.", nil},
		{"a list", apiCheck, url.Values{"body": {"[]"}}, "A request is one JSON object, in braces.", []string{"[]"}},
		{"a name twice", apiCheck, url.Values{"body": {`{"a":1,"a":2}`}}, "Line 1, column 8: “a” stands twice in one object.", nil},
		{"too large", apiCheck, url.Values{"body": {`{"a":"` + strings.Repeat("x", 64<<10) + `"}`}}, "65,544 bytes are too many; at most 65,536 are sent.", []string{"xxxx"}},
		{"a field that is needed", apiImport, url.Values{"f.Nick": {"Ann <b>"}}, "This is needed. To send it empty, write it in the JSON.", []string{"Ann &lt;b&gt;"}},
		{"a number that is none", apiPages + "/openim/query_online_status", url.Values{"f.To_Account": {"ann"}, "f.IsNeedDetail": {"yes"}}, "This is not a number.", []string{`value="yes"`, ">ann<"}},
		{"a number in hexadecimal", apiPages + "/openim/query_online_status", url.Values{"f.To_Account": {"ann"}, "f.IsNeedDetail": {"0x1"}}, "This is not a number.", []string{`value="0x1"`}},
		{"JSON in a field", apiCheck, url.Values{"f.CheckItem": {"[\n{]"}}, "Line 2, column 2: “]” does not belong here.", []string{"{]"}},
		{"an object where a list is wanted", apiCheck, url.Values{"f.CheckItem": {"{}"}}, "Write a JSON list, in square brackets.", []string{"{}"}},
		{"a list where an object is wanted", apiInfo, url.Values{"f.GroupIdList": {"g"}, "f.ResponseFilter": {"[]"}}, "Write a JSON object, in braces.", []string{"[]"}},
		{"direct chats without a reason", apiRoam, url.Values{"body": {`{"Operator_Account":"ann"}`}}, "This is needed.", []string{"ann"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := b.in(t)
			form := inForm(t, b.get(c.path), c.typed)
			form.Set("reason", "") // nothing but what is typed
			for _, a := range []*answer{b.post(c.path, form), b.postPart(c.path, c.path, form)} {
				a.is(http.StatusUnprocessableEntity).has(c.says).marked(c.keeps...).marked(`aria-invalid="true"`)
			}
		})
	}
	if h.apiCalls() != 0 {
		t.Errorf("%d entries of what was not sent", h.apiCalls())
	}
}

// Ids may be pasted as lines, and numbers are sent as they were written.
func TestAPIFieldsBecomeJSON(t *testing.T) {
	t.Parallel()
	field := func(kind, of imclient.FieldKind) imclient.CommandField {
		return imclient.CommandField{Name: "f", Kind: kind, Of: of}
	}
	for _, c := range []struct {
		name  string
		field imclient.CommandField
		typed string
		want  string // "" is left out
		wrong bool
	}{
		{"text", field("text", ""), ` a"b<c `, `" a\"b<c "`, false},
		{"no text", field("text", ""), "  ", "", false},
		{"a long number", field("number", ""), " 90071992547409931234 ", "90071992547409931234", false},
		{"a fraction", field("number", ""), "-1.5e3", "-1.5e3", false},
		{"a number with a zero before it", field("number", ""), "007", "", true},
		{"no number", field("number", ""), "NaN", "", true},
		{"true", field("switch", ""), "true", "true", false},
		{"no switch", field("switch", ""), "1", "", true},
		{"lines", field("list", "text"), "ann\r\n\n  bob ", `["ann","bob"]`, false},
		{"lines of numbers", field("list", "number"), "1\n22", `[1,22]`, false},
		{"lines that are no numbers", field("list", "number"), "1\nx", "", true},
		{"a list", field("list", "text"), ` ["a", "b"]`, `["a", "b"]`, false},
		{"objects by line", field("list", "object"), "ann", "", true},
		{"an object", field("object", ""), `{"a": 9007199254740993}`, `{"a": 9007199254740993}`, false},
		{"anything", field("any", ""), `"x"`, `"x"`, false},
		{"nothing", field("any", ""), `x`, "", true},
	} {
		got, wrong := fieldJSON(t.Context(), c.field, lines(c.typed))
		if got != c.want || (wrong != "") != c.wrong {
			t.Errorf("%s: got %s, %q", c.name, got, wrong)
		}
		c.field.Required = true
		if got, wrong = fieldJSON(t.Context(), c.field, ""); got != "" || wrong == "" {
			t.Errorf("%s: nothing where something is needed gives %q, %q", c.name, got, wrong)
		}
	}
}

// A write asks first, shows what will be sent, and is sent once.
func TestAPIWrite(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Owner)
	imported := func() int64 { return h.im.Calls("im_open_login_svc/account_import") }
	form := inForm(t, b.get(apiImport), url.Values{"f.UserID": {"ann"}, "f.Nick": {"Ann <b>"}, "reason": {"ticket 8"}})
	sheet := b.postPart(apiImport, apiImport, form).is(http.StatusOK).marked(`hx-target="#sheet"`)
	asked := b.post(apiImport, form).is(http.StatusOK)
	for _, a := range []*answer{sheet, asked} {
		a.has("Send account_import", "Send to Demo 演示", "This cannot be undone", "Tencent 1400000001", `"Nick": "Ann <b>"`).lacks("Type account_import")
	}
	asked.marked(`value="ann"`) // the form is still there
	if imported() != 0 || h.apiCalls() != 0 {
		t.Fatal("it was sent without being confirmed")
	}
	confirmed := url.Values{"confirmed": {"1"}, "key": {keyOf(t, sheet)}, "body": {attrOf(sheet.body, `name="body" value="`)}, "reason": {attrOf(sheet.body, `name="reason" value="`)}}
	b.postPart(apiImport, apiImport, confirmed).is(http.StatusOK).has("Accepted", "Code 0").marked(`hx-target="#api-answer"`)
	b.postPart(apiImport, apiImport, confirmed).is(http.StatusOK).has("Sent before", "the command went out once")
	a := b.post(apiImport, confirmed).is(http.StatusOK).has("Sent before").marked(`value="ann"`)
	if got := attrOf(a.body, `name="f.Nick" type="text" value="`); got != "Ann <b>" {
		t.Errorf("the field has %q", got)
	}
	if imported() != 1 || h.apiCalls() != 1 {
		t.Errorf("sent %d times, %d entries", imported(), h.apiCalls())
	}
	e := h.lastAPICall()
	if e.State != store.AuditOK || e.Reason != "ticket 8" || !strings.Contains(string(e.Detail), `"body":{"Nick":"Ann <b>","UserID":"ann"}`) {
		t.Errorf("entry %+v\n%s", e, e.Detail)
	}
	b.get(fmt.Sprintf("/apps/demo/actions/%d", e.ID)).has("Called im_open_login_svc/account_import", `Sent {"Nick":"Ann <b>","UserID":"ann"}`, "This cannot be undone")
	b.get("/audit?action=api.call").has("Called im_open_login_svc/account_import")
	confirmed.Set("body", `{"UserID":"bob"}`)
	b.post(apiImport, confirmed).is(http.StatusConflict).marked(`bob`)
}

// What ends something for good is sent only with the command's name.
func TestAPIGraveAsksForTheName(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("olga")
	h.newGroup("Public", "g1", "Group", "olga")
	b := h.as(auth.Owner)
	body := url.Values{"body": {`{"GroupId":"g1"}`}}
	sheet := b.post(apiDestroy, body).is(http.StatusOK).has("Type destroy_group to send it", "Nobody can put it back")
	confirmed := url.Values{"confirmed": {"1"}, "key": {keyOf(t, sheet)}, "body": body["body"]}
	for _, name := range []string{"", "destroy", "DESTROY_GROUP"} {
		confirmed.Set("name", name)
		b.post(apiDestroy, confirmed).is(http.StatusUnprocessableEntity).has("This is not destroy_group.").marked(`aria-invalid="true"`)
		a := b.postPart(apiDestroy, apiDestroy, confirmed).is(http.StatusUnprocessableEntity).has("This is not destroy_group.")
		if strings.Contains(a.body, "<main") || !strings.HasPrefix(strings.TrimSpace(a.body), "<form") {
			t.Error("the sheet is not answered with the sheet")
		}
	}
	if h.im.Calls("group_open_http_svc/destroy_group") != 0 {
		t.Fatal("the group was dismissed")
	}
	confirmed.Set("name", "destroy_group")
	b.post(apiDestroy, confirmed).is(http.StatusOK).has("Accepted")
	b.get("/apps/demo/groups/g1/messages").is(http.StatusNotFound) // the client's copy of it is gone, too
	for _, path := range []string{apiDelete, apiPages + "/group_open_http_svc/clear_group_msg", apiPages + "/all_member_push/im_push"} {
		b.post(path, url.Values{"body": {"{}"}}).is(http.StatusOK).has("to send it")
	}
}

// What people wrote is sent, and stands in no log.
func TestAPIKeepsWordsOut(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h := newHarness(t, func(o *Options) { o.Log = logger })
	h.actions.Log = logger
	h.newUsers("olga")
	h.newGroup("Public", "g1", "Group", "olga")
	b := h.as(auth.Owner)
	body := `{"GroupId":"g1","From_Account":"olga","Random":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"top secret words"}}]}`
	b.post(apiGroupMsg, url.Values{"confirmed": {"1"}, "body": {body}}).is(http.StatusOK).has("Accepted")
	h.im.SetFault(emulator.Fault{Command: "group_open_http_svc/send_group_msg", ErrorCode: 10017})
	b.post(apiGroupMsg, url.Values{"confirmed": {"1"}, "body": {body}}).is(http.StatusOK).has("Answered with code 10017")
	h.im.ClearFaults()
	b.post(apiGroupMsg, url.Values{"body": {body + "}"}}).is(http.StatusUnprocessableEntity)
	e := h.lastAPICall()
	if strings.Contains(string(e.Detail), "secret words") || e.Group != "g1" || !slices.Equal(e.Users, []string{"olga"}) {
		t.Errorf("entry %+v\n%s", e, e.Detail)
	}
	if strings.Contains(log.String(), "secret words") || !strings.Contains(log.String(), "api") {
		t.Errorf("the log says\n%s", log.String())
	}
	b.get("/apps/demo/groups/g1/activity").has("Called group_open_http_svc/send_group_msg")
	b.get("/apps/demo/groups/g1/messages").has("top secret words")
}

func TestAPIPartlyRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("ann")
	b := h.as(auth.Owner)
	a := b.post(apiDelete, url.Values{"confirmed": {"1"}, "name": {"account_delete"}, "body": {`{"DeleteItem":[{"UserID":"ann"},{"UserID":"<i>no</i>"}]}`}})
	a.is(http.StatusOK).has("1 item refused", "<i>no</i>:", "(code 70107)", "Code 0")
	e := h.lastAPICall()
	if e.State != store.AuditPartial {
		t.Errorf("recorded as %s", e.State)
	}
	b.get(fmt.Sprintf("/apps/demo/actions/%d", e.ID)).has("<i>no</i>", "Refused", "70107")
}

// With each fault of the service the page says what is known: the words of the service if it answered, and of a write
// whether it may have been carried out.
func TestAPIFaults(t *testing.T) {
	t.Parallel()
	for _, f := range []struct {
		name        string
		fault       emulator.Fault
		read, write []string
	}{
		{"refused", emulator.Fault{ErrorCode: 70402}, []string{"Answered with code 70402", "Code 70402", "The service says", `"ErrorCode": 70402`}, []string{"Answered with code 70402", "Nothing was changed"}},
		{"no right", emulator.Fault{ErrorCode: 70403}, []string{"Answered with code 70403"}, []string{"Answered with code 70403", "Nothing was changed"}},
		{"too often", emulator.Fault{ErrorCode: 60007}, []string{"Answered with code 60007"}, []string{"Answered with code 60007", "Nothing was changed"}},
		{"a code nobody knows", emulator.Fault{ErrorCode: 99999}, []string{"Answered with code 99999"}, []string{"Answered with code 99999", "It is not known whether this was done"}},
		{"dropped", emulator.Fault{Drop: true}, []string{"Not answered as it should be", "Status no answer"}, []string{"Status no answer", "It is not known whether this was done"}},
		{"done without an answer", emulator.Fault{DropAfter: true}, []string{"Status no answer"}, []string{"It is not known whether this was done"}},
		{"502", emulator.Fault{Status: 502}, []string{"HTTP 502 Bad Gateway", "<html>"}, []string{"HTTP 502 Bad Gateway", "It is not known whether this was done"}},
		{"cut", emulator.Fault{CutBody: true}, []string{"Not answered as it should be"}, []string{"It is not known whether this was done"}},
		{"bad JSON", emulator.Fault{BadJSON: true}, []string{"Not answered as it should be"}, []string{"It is not known whether this was done"}},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			b := h.as(auth.Owner).in(t)
			h.im.SetFault(f.fault)
			read := url.Values{"body": {`{"CheckItem":[{"UserID":"ann"}]}`}}
			write := url.Values{"body": {`{"UserID":"ann"}`}, "confirmed": {"1"}}
			b.postPart(apiCheck, apiCheck, read).is(http.StatusOK).has(f.read...).lacks("Nothing was changed", "not known whether", "tries again by itself")
			if e := h.lastAPICall(); e.State != store.AuditFailed {
				t.Errorf("the read is recorded as %s", e.State)
			}
			b.post(apiImport, write).is(http.StatusOK).has(f.write...).has("ann").lacks("tries again by itself")
			if e := h.lastAPICall(); e.State == store.AuditOK || e.State == store.AuditPending || e.Outcome.ErrorKind == "" {
				t.Errorf("the write is recorded as %s", e.State)
			}
		})
	}
}

// A long answer is shown in part; all of it is there for a while, for who asked.
func TestAPILongAnswer(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("olga")
	h.newGroup("Public", "g1", "Large", "olga")
	var users []string
	var members []map[string]any
	for i := range 1900 {
		users = append(users, fmt.Sprintf("user%04d", i))
		members = append(members, map[string]any{"Member_Account": users[i]})
	}
	for list := range slices.Chunk(users, 100) {
		h.must("im_open_login_svc/multiaccount_import", map[string]any{"Accounts": list})
	}
	for list := range slices.Chunk(members, 300) {
		h.must("group_open_http_svc/import_group_member", map[string]any{"GroupId": "g1", "MemberList": list})
	}
	b := h.as(auth.Owner)
	form := url.Values{"body": {`{"GroupId":"g1"}`}}
	a := b.post(apiPages+"/group_open_http_svc/get_group_member_info", form).is(http.StatusOK).has("Accepted", "user0001", "This is the beginning. The whole answer,").lacks("user1899")
	if len(a.body) > 3*apiShownBytes {
		t.Errorf("the page has %d bytes", len(a.body))
	}
	download := apiPages + "-answers/" + attrOf(a.body, `href="`+apiPages+"-answers/")
	got := b.get(download).is(http.StatusOK)
	var all struct{ MemberList []any }
	if err := json.Unmarshal([]byte(got.body), &all); err != nil || len(all.MemberList) != 1901 {
		t.Errorf("%d members, %v", len(all.MemberList), err)
	}
	if got.header.Get("Content-Disposition") != `attachment; filename="get_group_member_info.json"` || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("download: %v", got.header)
	}
	if h.apiCalls() != 1 {
		t.Errorf("%d calls", h.apiCalls())
	}
	if _, err := h.auth.Add(t.Context(), auth.Operator{}, "other", auth.Owner, testPassword); err != nil {
		t.Fatal(err)
	}
	other := &browser{h: h, t: t}
	in := other.post(auth.LoginPath, url.Values{"name": {"other"}, "password": {testPassword}}).is(http.StatusSeeOther)
	for _, c := range (&http.Response{Header: in.header}).Cookies() {
		other.cookie = c.Name + "=" + c.Value
	}
	other.get(apiPages).is(http.StatusOK)
	other.get(download).is(http.StatusNotFound)
	h.advance(answersFor + time.Minute)
	b.get(download).is(http.StatusNotFound)
	b.get(apiPages + "-answers/nothing").is(http.StatusNotFound)
}

func TestKeptAnswers(t *testing.T) {
	t.Parallel()
	var k keptAnswers
	now := time.Now()
	answer := func(size int) keptAnswer {
		return keptAnswer{operator: "op", app: "a", body: make([]byte, size), at: now}
	}
	if id := k.keep(answer(answersBytes + 1)); id != "" {
		t.Error("an answer was kept that is larger than all room")
	}
	first := k.keep(answer(answersBytes / 2))
	second := k.keep(answer(answersBytes / 2))
	third := k.keep(answer(1))
	for id, want := range map[string]bool{first: false, second: true, third: true} {
		if _, ok := k.get(id, "op", "a", now); ok != want {
			t.Errorf("kept: %v, want %v", ok, want)
		}
	}
}

func TestPrettyJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, raw string
		limit     int
		want      string
		cut       bool
	}{
		{"an object", `{"a":1,"b":[true,null,{}],"c":{"d":"x\"{,:"}}`, 1000, "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    null,\n    {}\n  ],\n  \"c\": {\n    \"d\": \"x\\\"{,:\"\n  }\n}", false},
		{"numbers and escapes stay", `{"n":9007199254740993,"u":"\u7981"}`, 1000, "{\n  \"n\": 9007199254740993,\n  \"u\": \"\\u7981\"\n}", false},
		{"spaces", " { \"a\" : [ ] ,\n\t\"b\": { } } ", 1000, "{\n  \"a\": [],\n  \"b\": {}\n}", false},
		{"no JSON", "<html>", 1000, "<html>", false},
		{"no JSON, long", "<html>", 3, "<ht", true},
		{"not UTF-8", "\xff", 10, "\uFFFD", false},
		{"long", `{"a":1,"b":2}`, 11, "{\n  \"a\": 1,", true},
		{"a long text", `{"a":"` + strings.Repeat("禁", 100) + `"}`, 20, "{\n  \"a\": \"禁禁禁\uFFFD…", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, cut := prettyJSON([]byte(c.raw), c.limit)
			if got != c.want || cut != c.cut {
				t.Errorf("got %q, %v\nwant %q", got, cut, c.want)
			}
		})
	}
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	if got, cut := prettyJSON([]byte(deep), 4<<20); len(got) > 9000*2*(2*maxIndent+2) || cut {
		t.Errorf("nested lists grow to %d bytes", len(got))
	}
}
