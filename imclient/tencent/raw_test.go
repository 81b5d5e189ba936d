package tencent

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/imclient"
)

func rawOf(t *testing.T, h http.HandlerFunc) (imclient.Raw, *API) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	api, err := NewAPI(Config{SDKAppID: "1400000000", Administrator: "ad min$(x)", Key: vectorKey, Endpoint: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	return NewClient(api).Raw, api
}

// commandOf is a command as Raw lists it.
func commandOf(t *testing.T, path string) imclient.Command {
	t.Helper()
	raw, _ := rawOf(t, answer(200, "{}"))
	list := raw.Commands()
	i := slices.IndexFunc(list, func(c imclient.Command) bool { return c.Path() == path })
	if i < 0 {
		t.Fatalf("no command %s", path)
	}
	return list[i]
}

func fieldOf(t *testing.T, c imclient.Command, names ...string) imclient.CommandField {
	t.Helper()
	fields, found := c.Fields, imclient.CommandField{}
	for _, name := range names {
		i := slices.IndexFunc(fields, func(f imclient.CommandField) bool { return f.Name == name })
		if i < 0 {
			t.Fatalf("%s has no field %v", c.Path(), names)
		}
		found, fields = fields[i], fields[i].Fields
	}
	return found
}

func TestRawCommands(t *testing.T) {
	raw, _ := rawOf(t, answer(200, "{}"))
	list := raw.Commands()
	if len(list) != len(commands) {
		t.Errorf("%d commands, the client has %d", len(list), len(commands))
	}
	seen := map[string]imclient.Command{}
	for _, c := range list {
		if _, twice := seen[c.Path()]; twice {
			t.Errorf("%s is listed twice", c.Path())
		}
		seen[c.Path()] = c
		names := map[string]bool{}
		for _, f := range c.Fields {
			if names[f.Name] || f.Name == "" || f.Kind == "" {
				t.Errorf("%s: field %+v", c.Path(), f)
			}
			names[f.Name] = true
			if (f.Kind == imclient.KindList) != (f.Of != "") {
				t.Errorf("%s: %s is a %s of %q", c.Path(), f.Name, f.Kind, f.Of)
			}
		}
		if c.Rate <= 0 {
			t.Errorf("%s has no rate", c.Path())
		}
	}
	for path := range graveCommands {
		if !seen[path].Write {
			t.Errorf("%s is marked as grave and is no write", path)
		}
	}
	for path := range directCommands {
		if c, is := seen[path]; !is || c.Write {
			t.Errorf("%s is marked as telling what is said in direct chats and is no read", path)
		}
	}
}

func TestRawFields(t *testing.T) {
	for _, c := range []struct {
		path  string
		names []string
		want  imclient.CommandField // without Name and Fields
	}{
		{"openim/sendmsg", []string{"To_Account"}, imclient.CommandField{Kind: "text", Required: true, Holds: imclient.HoldsUsers}},
		{"openim/sendmsg", []string{"From_Account"}, imclient.CommandField{Kind: "text", Holds: imclient.HoldsUsers}},
		{"openim/sendmsg", []string{"MsgRandom"}, imclient.CommandField{Kind: "number", Required: true, Random: true}},
		{"openim/sendmsg", []string{"MsgLifeTime"}, imclient.CommandField{Kind: "number"}},
		{"openim/sendmsg", []string{"MsgBody"}, imclient.CommandField{Kind: "list", Of: "object", Required: true, Holds: imclient.HoldsWords}},
		{"openim/sendmsg", []string{"MsgBody", "MsgContent"}, imclient.CommandField{Kind: "any", Required: true}},
		{"group_open_http_svc/import_group_msg", []string{"MsgList", "MsgBody"}, imclient.CommandField{Kind: "list", Of: "object", Required: true, Holds: imclient.HoldsWords}},
		{"group_open_http_svc/get_group_info", []string{"GroupIdList"}, imclient.CommandField{Kind: "list", Of: "text", Required: true, Holds: imclient.HoldsGroup}},
		{"group_open_http_svc/get_group_info", []string{"ResponseFilter"}, imclient.CommandField{Kind: "object"}},
		{"group_open_http_svc/get_group_info", []string{"ResponseFilter", "MemberInfoFilter"}, imclient.CommandField{Kind: "list", Of: "text"}},
		{"group_open_http_svc/get_appid_group_list", []string{"Next"}, imclient.CommandField{Kind: "number"}},
		{"group_open_http_svc/modify_group_base_info", []string{"Name"}, imclient.CommandField{Kind: "text"}},
		{"im_open_login_svc/account_delete", []string{"DeleteItem", "UserID"}, imclient.CommandField{Kind: "text", Required: true, Holds: imclient.HoldsUsers}},
		{"all_member_push/im_set_attr_name", []string{"AttrNames"}, imclient.CommandField{Kind: "object", Required: true}},
		{"im_msg_audit_mgr/get_cloud_audit_keywords", []string{"SdkAppId"}, imclient.CommandField{Kind: "number", Required: true, Default: "1400000000"}},
		{"im_msg_audit_mgr/add_cloud_audit_keywords", []string{"UserKeywords", "Content"}, imclient.CommandField{Kind: "text", Required: true}},
		{"im_msg_audit/content_moderation", []string{"Content"}, imclient.CommandField{Kind: "text", Required: true, Holds: imclient.HoldsWords}},
		{"ConfigSvc/GetIPList", []string{"nettype"}, imclient.CommandField{Kind: "number"}},
	} {
		t.Run(c.path+" "+strings.Join(c.names, "."), func(t *testing.T) {
			got := fieldOf(t, commandOf(t, c.path), c.names...)
			got.Name, got.Fields = "", nil
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What was written goes out as it stands; only the address is ours.
func TestRawSendsWhatWasWritten(t *testing.T) {
	var got, at string
	raw, api := rawOf(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, at = string(b), r.URL.Path+" "+r.URL.Query().Get("identifier")+" "+r.URL.Query().Get("nettype")
		_, _ = io.WriteString(w, `{"ActionStatus":"OK","ErrorInfo":"done","ErrorCode":0,"RequestId":"r-7"}`)
	})
	var wrote []string
	api.written = func(c *Command, group string) { wrote = append(wrote, c.Name+" "+group) }
	body := "{ \"GroupId\": \"@TGS#1\",\n \"Odd\": 9007199254740993 }"
	a, err := raw.Call(t.Context(), "group_open_http_svc/destroy_group", body)
	if err != nil {
		t.Fatal(err)
	}
	if got != body || at != "/v4/group_open_http_svc/destroy_group ad min$(x) " {
		t.Errorf("sent %q to %q", got, at)
	}
	if a.Status != 200 || a.Code != "0" || a.Detail != "done" || a.RequestID != "r-7" || a.Took <= 0 || !strings.Contains(string(a.Body), `"r-7"`) {
		t.Errorf("answer %+v", a)
	}
	if !slices.Equal(wrote, []string{"destroy_group @TGS#1"}) {
		t.Errorf("copies forgotten for %v", wrote)
	}
	if _, err = raw.Call(t.Context(), "ConfigSvc/GetIPList", `{"nettype": 3}`); err != nil || got != "{}" || !strings.HasSuffix(at, " 3") {
		t.Errorf("sent %q to %q, %v", got, at, err)
	}
}

func TestRawAnswers(t *testing.T) {
	const command = "group_open_http_svc/get_group_info"
	for _, c := range []struct {
		name string
		h    http.HandlerFunc
		kind error // nil: accepted
		want imclient.RawAnswer
	}{
		{"accepted", answer(200, `{"ErrorCode":0,"GroupInfo":[]}`), nil, imclient.RawAnswer{Body: []byte(`{"ErrorCode":0,"GroupInfo":[]}`), Status: 200, Code: "0"}},
		{"refused", answer(200, code(10015)), imclient.ErrNotFound, imclient.RawAnswer{Body: []byte(code(10015)), Status: 200, Code: "10015", Detail: "no"}},
		{"a list where one is expected, but of other types", answer(200, `{"ErrorCode":0,"GroupInfo":7}`), imclient.ErrProtocol, imclient.RawAnswer{Body: []byte(`{"ErrorCode":0,"GroupInfo":7}`), Status: 200}},
		{"a page of a proxy", answer(403, "<html>"), imclient.ErrProtocol, imclient.RawAnswer{Body: []byte("<html>"), Status: 403}},
		{"nothing", drop, imclient.ErrUnavailable, imclient.RawAnswer{}},
		{"cut", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		}, imclient.ErrProtocol, imclient.RawAnswer{Status: 200}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			raw, _ := rawOf(t, c.h)
			a, err := raw.Call(t.Context(), command, `{"GroupIdList":["g"]}`)
			if e, _ := errors.AsType[*imclient.Error](err); (e == nil) != (c.kind == nil) || e != nil && e.Kind != c.kind {
				t.Errorf("got %v, want %v", err, c.kind)
			}
			if (a.Took > 0) != (a.Status > 0) {
				t.Errorf("took %v with status %d", a.Took, a.Status)
			}
			a.Took, a.Curl = 0, ""
			if diff := cmp.Diff(c.want, a); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A read is tried again; what an earlier attempt brought is not shown as the answer of one that brought nothing.
func TestRawShowsTheLastAttempt(t *testing.T) {
	n := 0
	raw, _ := rawOf(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			answer(502, "first")(w, r)
			return
		}
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "{")
	})
	a, err := raw.Call(t.Context(), "openim_dirty_words/get", "{}")
	if err == nil || n != 2 || a.Body != nil || a.Status != 200 {
		t.Errorf("%d attempts, %v, %+v", n, err, a)
	}
}

func TestRawRefusals(t *testing.T) {
	sent := false
	raw, _ := rawOf(t, func(http.ResponseWriter, *http.Request) { sent = true })
	for _, c := range []struct {
		name, command, body string
		kind                error
	}{
		{"a command that is not known", "sns/nothing", "{}", imclient.ErrNotFound},
		{"a path", "../sns/friend_get", "{}", imclient.ErrNotFound},
		{"no JSON", "sns/friend_get", "{", imclient.ErrInvalid},
		{"a list", "sns/friend_get", "[]", imclient.ErrInvalid},
		{"null", "sns/friend_get", "null", imclient.ErrInvalid},
		{"too large", "sns/friend_get", `{"a":"` + strings.Repeat("x", maxRequest) + `"}`, imclient.ErrInvalid},
	} {
		_, err := raw.Call(t.Context(), c.command, c.body)
		e, _ := errors.AsType[*imclient.Error](err)
		if e == nil || e.Kind != c.kind || e.Sent {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if sent {
		t.Error("something was sent")
	}
}

// Calls by hand stand in the same line as all others.
func TestRawSharesTheRate(t *testing.T) {
	raw, api := rawOf(t, answer(200, `{"ErrorCode":0}`))
	if _, err := api.GetAppidGroupList(t.Context(), &GetAppidGroupListRequest{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := raw.Call(ctx, "group_open_http_svc/get_appid_group_list", "{}"); !errors.Is(err, imclient.ErrRateLimited) {
		t.Errorf("a second call within the second: %v", err)
	}
}

// The curl line is one call of a shell with the very body, and has nothing secret in it.
func TestRawCurl(t *testing.T) {
	raw, api := rawOf(t, answer(200, `{"ErrorCode":0}`))
	body := "{\n  \"Text\": \"it's $HOME `x` \\\\ \\n 禁言\"\n}"
	a, err := raw.Call(t.Context(), "openim/sendmsg", body)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := api.sign.get()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(a.Curl, sig) || strings.Contains(a.Curl, vectorKey) {
		t.Errorf("a secret stands in %s", a.Curl)
	}
	script := `curl() { for a in "$@"; do printf '%s\0' "$a"; done; }; USERSIG=sig; RANDOM=7; ` + a.Curl
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, script)
	}
	args := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	address := api.hosts.list[0] + "/v4/openim/sendmsg?sdkappid=1400000000&identifier=ad%20min%24%28x%29&usersig=sig&random=7&contenttype=json"
	if want := []string{"-sS", "-H", "Content-Type: application/json", "-d", body, address}; !slices.Equal(args, want) {
		t.Errorf("curl is called with %q, want %q", args, want)
	}
}

func TestRefusedItems(t *testing.T) {
	for _, c := range []struct{ name, command, body, want string }{
		{"none", "im_open_login_svc/account_check", `{"ResultItem":[{"UserID":"a","ResultCode":0}]}`, ""},
		{"two of three", "im_open_login_svc/account_delete", `{"ResultItem":[{"UserID":"a","ResultCode":70107},{"UserID":"b","ResultCode":0},{"UserID":"c","ResultCode":70107}]}`, "a 70107, c 70107"},
		{"named twice by the service", "profile/portrait_get", `{"UserProfileItem":[{"To_Account":"b","ResultCode":40003}],"Fail_Account":["b"]}`, "b 40003"},
		{"a list of failures", "im_open_login_svc/multiaccount_import", `{"FailAccounts":["a","b"]}`, "a , b "},
		{"added the other way round", "group_open_http_svc/add_group_member", `{"MemberList":[{"Member_Account":"a","Result":1},{"Member_Account":"b","Result":0}]}`, "b "},
		{"a result that is no such", "group_open_http_svc/import_group_msg", `{"ImportMsgResult":[{"MsgSeq":1,"Result":0}]}`, ""},
		{"numbers as names", "group_open_http_svc/group_msg_recall", `{"RecallRetList":[{"MsgSeq":9007199254740993,"RetCode":10030}]}`, "9007199254740993 10030"},
		{"a name inside", "openim_msg_ext_http_svc/set_key_values", `{"ExtensionList":[{"ErrorCode":23001,"Extension":{"Key":"k","Seq":2}}]}`, "k 23001"},
		{"no name at all", "sns/friend_add", `{"ResultItem":[{"ResultCode":30539}]}`, "#1 30539"},
		{"no JSON", "sns/friend_add", `<`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, r := range refusedItems(t.Context(), commandNamed(c.command), []byte(c.body)) {
				if r.Err.Kind == nil {
					t.Errorf("%s has no kind", r.ID)
				}
				got = append(got, r.ID+" "+r.Err.Code)
			}
			if s := strings.Join(got, ", "); s != c.want {
				t.Errorf("got %q, want %q", s, c.want)
			}
		})
	}
}
