package actions

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
)

const cmdSend, cmdDelete, cmdCheck = "group_open_http_svc/send_group_msg", "im_open_login_svc/account_delete", "im_open_login_svc/account_check"

// call carries an APICall out and returns what the audit log has of it, too.
func (r *rig) call(a APICall) (Result, imclient.RawAnswer, store.AuditEntry, Detail) {
	r.Helper()
	result, answer, err := r.s.CallAPI(r.Context(), r.actor, r.app, a)
	r.ok(err)
	e, err := r.store.Audit.Get(r.Context(), result.ID)
	r.ok(err)
	d, err := ReadDetail(e)
	r.ok(err)
	return result, answer, e, d
}

func TestAPIRead(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	body := fmt.Sprintf(`{"GroupId": %q, "User_Account": [%q, "nobody"]}`, g.id, g.owner)
	result, answer, e, d := r.call(APICall{Command: "group_open_http_svc/get_role_in_group", Body: body})
	if !strings.Contains(string(answer.Body), "Owner") || answer.Code != "0" || answer.Status != 200 {
		t.Errorf("answer %+v", answer)
	}
	if e.Action != "api.call" || e.Group != g.id || !slices.Equal(e.Users, []string{g.owner, "nobody"}) || e.State != store.AuditOK {
		t.Errorf("entry %+v", e)
	}
	want := map[string]any{"command": "group_open_http_svc/get_role_in_group", "write": false, "fields": []any{"GroupId", "User_Account"}}
	if diff := cmp.Diff(want, d.Options); diff != "" {
		t.Error(diff)
	}
	if i := result.Items[0]; i.State != StateApplied || i.Reason != "" || result.UndoText != UndoImpossible {
		t.Errorf("item %+v, undo %s", i, result.UndoText)
	}
	again, err := r.s.FromEntry(r.app, e)
	r.ok(err)
	if len(again.Items) != 1 || again.Items[0].State != StateApplied || again.Verb != VerbAPICall {
		t.Errorf("read back: %+v", again)
	}
}

// Of a write the body is recorded: not what people wrote, nor what the client does not know.
func TestAPIWriteIsRecorded(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	body := fmt.Sprintf(`{"GroupId": %q, "From_Account": %q, "Random": 7, "Secret": "hush", "CloudCustomData": "hush",
		"MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hush"}}], "GroupAtInfo": [{"GroupAtAllFlag": 0, "GroupAt_Account": %q, "More": "hush"}]}`,
		g.id, g.owner, g.members[0])
	result, answer, e, d := r.call(APICall{Command: cmdSend, Body: body, Common: Common{Reason: "try"}})
	if answer.Code != "0" || e.State != store.AuditOK || e.Reason != "try" || result.Items[0].Reason != ResultUnverified {
		t.Fatalf("%+v\n%s", result, answer.Body)
	}
	if strings.Contains(string(e.Detail), "hush") {
		t.Errorf("the log says %s", e.Detail)
	}
	want := map[string]any{
		"GroupId": g.id, "From_Account": g.owner, "Random": 7.0, "Secret": LeftOut, "CloudCustomData": LeftOut, "MsgBody": LeftOut,
		"GroupAtInfo": []any{map[string]any{"GroupAtAllFlag": 0.0, "GroupAt_Account": g.members[0], "More": LeftOut}},
	}
	if diff := cmp.Diff(want, d.Options["body"]); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(e.Users, []string{g.owner, g.members[0]}) {
		t.Errorf("concerned: %v", e.Users)
	}
}

func TestAPILargeBodyIsRecordedBySize(t *testing.T) {
	r := newRig(t)
	var list []string
	for i := range 900 {
		list = append(list, fmt.Sprintf(`{"UserID":"%s%d"}`, strings.Repeat("x", 28), i))
	}
	body := `{"DeleteItem":[` + strings.Join(list, ",") + `]}`
	_, answer, e, d := r.call(APICall{Command: cmdDelete, Body: body})
	if answer.Code == "0" || e.State != store.AuditFailed {
		t.Errorf("900 accounts at once: %s", answer.Body)
	}
	if _, is := d.Options["body"]; is || d.Options["body_bytes"] != float64(len(body)) || len(e.Users) != 900 {
		t.Errorf("detail of %d bytes, %v, %d users", len(e.Detail), d.Options["body_bytes"], len(e.Users))
	}
}

// What the service refused one by one stands in the log one by one.
func TestAPIPartlyRefused(t *testing.T) {
	r := newRig(t)
	users := r.users(1)
	result, answer, e, _ := r.call(APICall{Command: cmdDelete, Body: fmt.Sprintf(`{"DeleteItem":[{"UserID":%q},{"UserID":"nobody"}]}`, users[0])})
	if answer.Code != "0" || len(answer.Refused) != 1 || e.State != store.AuditPartial {
		t.Fatalf("%+v\n%s", e, answer.Body)
	}
	if i := result.Items; len(i) != 2 || i[0].State != StateApplied || i[1].ID != "nobody" || i[1].State != StateRefused || i[1].VendorCode != "70107" {
		t.Errorf("items %+v", i)
	}
	if n := len(e.Outcome.Items); n != 2 {
		t.Errorf("%d items in the log", n)
	}
}

func TestAPIFaults(t *testing.T) {
	for _, c := range []struct {
		name        string
		fault       emulator.Fault
		read, write Item // State and Reason
	}{
		{"refused", emulator.Fault{ErrorCode: 70402}, Item{State: StateRefused, Reason: "action.refused.invalid"}, Item{State: StateRefused, Reason: "action.refused.invalid"}},
		{"dropped", emulator.Fault{Drop: true}, Item{State: StateNotApplied, Reason: ResultNoReply}, Item{State: StateUnknown, Reason: ResultUnknown}},
		{"done without an answer", emulator.Fault{DropAfter: true}, Item{State: StateNotApplied, Reason: ResultNoReply}, Item{State: StateUnknown, Reason: ResultUnknown}},
		{"502", emulator.Fault{Status: 502}, Item{State: StateNotApplied, Reason: ResultNoReply}, Item{State: StateUnknown, Reason: ResultUnknown}},
		{"spoilt", emulator.Fault{BadJSON: true}, Item{State: StateNotApplied, Reason: ResultNoReply}, Item{State: StateUnknown, Reason: ResultUnknown}},
		{"cut", emulator.Fault{CutBody: true}, Item{State: StateNotApplied, Reason: ResultNoReply}, Item{State: StateUnknown, Reason: ResultUnknown}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.fault(c.fault)
			for what, want := range map[string]Item{cmdCheck: c.read, cmdDelete: c.write} {
				body := `{"CheckItem":[{"UserID":"a"}]}`
				if what == cmdDelete {
					body = `{"DeleteItem":[{"UserID":"a"}]}`
				}
				result, _, e, _ := r.call(APICall{Command: what, Body: body})
				if i := result.Items[0]; i.State != want.State || i.Reason != want.Reason {
					t.Errorf("%s: %s, %s", what, i.State, i.Reason)
				}
				if result.Failure == nil || e.State == store.AuditOK || e.Outcome.ErrorKind == "" {
					t.Errorf("%s: %v, %s, %q", what, result.Failure, e.State, e.Outcome.ErrorKind)
				}
			}
		})
	}
}

func TestAPISentOnce(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 0)
	a := APICall{Command: "group_open_http_svc/destroy_group", Body: fmt.Sprintf(`{"GroupId":%q}`, g.id), Common: Common{Key: "k1"}}
	first, _, _, _ := r.call(a)
	second, answer, _, _ := r.call(a)
	if second.ID != first.ID || !second.Repeated || answer.Body != nil || r.im.Calls(a.Command) != 1 {
		t.Errorf("%+v after %d calls", second, r.im.Calls(a.Command))
	}
	a.Body = `{"GroupId":"another"}`
	_, _, err := r.s.CallAPI(r.Context(), r.actor, r.app, a)
	wantError[*KeyReused](t, err)
}

func TestAPIInvalid(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		name  string
		call  APICall
		field string
	}{
		{"a command that is not known", APICall{Command: "sns/nothing", Body: "{}"}, "command"},
		{"no command", APICall{Body: "{}"}, "command"},
		{"direct chats without a reason", APICall{Command: "openim/admin_getroammsg", Body: "{}"}, "reason"},
		{"direct chats with a blank reason", APICall{Command: "openim/admin_getroammsg", Body: "{}", Common: because(" ")}, "reason"},
		{"no body", APICall{Command: cmdCheck}, "body"},
		{"too large", APICall{Command: cmdCheck, Body: `{"a":"` + strings.Repeat("x", MaxAPIBody) + `"}`}, "body"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := r.s.CallAPI(r.Context(), r.actor, r.app, c.call)
			bad := wantError[*Invalid](t, err).Fields
			if _, is := bad[c.field]; !is || len(bad) != 1 {
				t.Errorf("got %v, want %s", bad, c.field)
			}
		})
	}
	if n, err := r.store.Audit.Count(r.Context()); n != 0 || err != nil || r.im.Calls("") != 0 {
		t.Errorf("%d entries and %d calls for what was not valid, %v", n, r.im.Calls(""), err)
	}
}

func TestWrongObject(t *testing.T) {
	for _, c := range []struct {
		name, body string
		key        string // after "action.invalid."; "" for none
		at         string // line:column
		more       string
	}{
		{"an object", ` {"a": [1, {"b": null}, "{"], "c": {"a": 1}} `, "", "", ""},
		{"empty", "{}", "", "", ""},
		{"nothing", "", "json_end", "1:1", ""},
		{"spaces", " \n ", "json_end", "2:2", ""},
		{"not closed", "{\n  \"a\": 1,\n", "json_end", "3:1", ""},
		{"a comma too many", "{\n  \"用\": 1,\n}", "json_char", "3:1", "}"},
		{"no comma", "{\"a\": 1\n \"b\": 2}", "json_char", "2:2", `"`},
		{"behind Chinese", `{"名字": 张}`, "json_char", "1:8", "张"},
		{"a line break in a text", "{\"a\": \"x\ny\"}", "json_char", "1:9", "↵"},
		{"a control character", "{\"a\": \"x\x01\"}", "json_char", "1:9", "U+1"},
		{"something behind it", "{} {}", "json_char", "1:4", "{"},
		{"single quotes", "{'a': 1}", "json_char", "1:2", "'"},
		{"a list", "[]", "json_object", "", ""},
		{"a text", `"{}"`, "json_object", "", ""},
		{"null", "null", "json_object", "", ""},
		{"a name twice", "{\"a\": 1,\n \"b\": {\"a\": 1}, \"a\": 2}", "json_twice", "2:17", "a"},
		{"a name twice inside", `{"a": [{"x": 1, "x": 2}]}`, "json_twice", "1:17", "x"},
		{"the same name in two objects", `{"a": [{"x": 1}, {"x": 2}]}`, "", "", ""},
		{"not UTF-8", "{\"a\": \"\xff\"}", "json_char", "1:8", "\uFFFD"},
		{"deep", strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			wrong, is := wrongObject(c.body)
			if is != (c.key != "") {
				t.Fatalf("got %v, %v", wrong, is)
			}
			if !is {
				if !json.Valid([]byte(c.body)) {
					t.Error("it is not JSON")
				}
				return
			}
			if wrong.Key != "action.invalid."+c.key {
				t.Errorf("got %s", wrong.Key)
			}
			if c.at != "" {
				if at := fmt.Sprintf("%d:%d", wrong.Args[1], wrong.Args[3]); at != c.at {
					t.Errorf("at %s, want %s", at, c.at)
				}
			}
			if c.more != "" && wrong.Args[5] != c.more {
				t.Errorf("says %q, want %q", wrong.Args[5], c.more)
			}
		})
	}
}
