package coverage

import (
	"context"
	"flag"
	"go/ast"
	"go/types"
	"io"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/imclient/volcengine"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/coverage.md anew")

const (
	document = "../../docs/coverage.md"
	contract = "imclient/imtest"

	tencentApp = 1400000001
	volcApp    = 700001
)

// known is what a vendor's client and emulator say of themselves when asked.
type known struct {
	client    func(t *testing.T) *imclient.Client
	docs      func() map[string]string                  // by command, as the client has them
	name      func(c imclient.Command) string           // as the list has it
	answers   func(t *testing.T, command string) bool   // whether a running emulator has a command
	callbacks func(t *testing.T, callback string) error // whether it sends a callback
}

var vendors = map[string]known{"tencent": {
	client: func(t *testing.T) *imclient.Client {
		c, err := tencent.New(tencent.Config{SDKAppID: "1400000001", Administrator: "administrator", Key: "key"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	},
	docs: func() map[string]string {
		docs := map[string]string{}
		for _, c := range tencent.Commands() {
			docs[c.Service+"/"+c.Name] = c.Doc
		}
		return docs
	},
	name: imclient.Command.Path,
	// A path is looked at before the parameters: one that is known is refused for having none.
	answers: func(t *testing.T, command string) bool {
		const noAppID = `"ErrorCode":60012`
		return strings.Contains(ask(t, "/v4/"+command), noAppID)
	},
	callbacks: sends(tencentApp),
}, "volcengine": {
	client: func(t *testing.T) *imclient.Client {
		c, err := volcengine.New(volcengine.Config{AppID: "700001", AccessKey: "access", SecretKey: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	},
	docs: func() map[string]string {
		docs := map[string]string{}
		for _, a := range volcengine.Actions() {
			docs[a.Name] = a.Page
		}
		return docs
	},
	name: func(c imclient.Command) string { return c.Name },
	// An action is looked at before the signature.
	answers: func(t *testing.T, action string) bool {
		return !strings.Contains(ask(t, "/?Version="+volcengine.Version+"&Action="+action), "InvalidActionOrVersion")
	},
	callbacks: sends(volcApp),
}}

// ask posts an empty object to the emulator and returns what it answers.
func ask(t *testing.T, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, running(t).URL()+path, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sends reports whether the emulator takes a callback for one that it sends.
func sends(app int64) func(*testing.T, string) error {
	return func(t *testing.T, callback string) error {
		return running(t).SetCallback(app, emulator.Callback{URL: "http://127.0.0.1:1/", Only: []string{callback}})
	}
}

var theEmulator *emulator.Server

func running(t *testing.T) *emulator.Server {
	t.Helper()
	if theEmulator == nil {
		t.Fatal("no emulator runs")
	}
	return theEmulator
}

// start runs an emulator for one test.
func start(t *testing.T) {
	t.Helper()
	e, err := emulator.New(context.Background(), emulator.Config{
		Apps: []emulator.TencentApp{{SDKAppID: tencentApp, Admins: []string{"administrator"}, Key: "key"}},
		Volc: []emulator.VolcengineApp{{AppID: volcApp, AccessKey: "access", SecretKey: "secret"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	theEmulator = e
	t.Cleanup(func() {
		theEmulator = nil
		http.DefaultClient.CloseIdleConnections()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// read reads our source once for all tests.
var read = sync.OnceValues(func() (*Tree, error) {
	packages := []string{consolePackage, "actions", contract}
	for _, v := range All() {
		packages = append(packages, v.Client.Package, v.Emulator.Package)
	}
	return Read("../..", packages...)
})

// seen is what the source says of each vendor, looked up once.
var seen = map[string]Found{}

func look(t *testing.T, v Vendor) Found {
	t.Helper()
	if f, known := seen[v.ID]; known {
		return f
	}
	tree, err := read()
	if err != nil {
		t.Fatal(err)
	}
	f, err := tree.Look(v)
	if err != nil {
		t.Fatal(err)
	}
	seen[v.ID] = f
	return f
}

func TestDocument(t *testing.T) {
	var found []Found
	for _, v := range All() {
		found = append(found, look(t, v))
	}
	got := Document(All(), found)
	if *update {
		if err := os.WriteFile(document, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s is not what the source says; make coverage-doc writes it (-file +now):\n%s", document, diff)
	}
}

// TestNoHoles has a client's method, an emulator's function and a page for every command, and a sender for every callback.
func TestNoHoles(t *testing.T) {
	start(t)
	for _, v := range All() {
		f, k := look(t, v), vendors[v.ID]
		onAPI := map[string]bool{}
		for _, c := range k.client(t).Raw.Commands() {
			onAPI[k.name(c)] = true
		}
		for _, hole := range v.Holes(f, onAPI) {
			t.Errorf("%s: %s", v.Name, hole)
		}
		for _, r := range v.Rows() {
			if !k.answers(t, r.Name) {
				t.Errorf("%s: a running emulator does not know %s", v.Name, r.Name)
			}
		}
		for _, r := range v.Callbacks {
			if err := k.callbacks(t, r.Name); err != nil {
				t.Errorf("%s: %s: %v", v.Name, r.Name, err)
			}
		}
		if len(v.Types) != len(v.Callbacks) {
			t.Errorf("%s: %d types for %d callbacks", v.Name, len(v.Types), len(v.Callbacks))
		}
		if k.answers(t, v.Rows()[0].Name+"x") || k.callbacks(t, v.Callbacks[0].Name+"x") == nil {
			t.Errorf("%s: the emulator says that it knows whatever it is asked", v.Name)
		}
	}
}

// TestHolesAreSeen takes each thing away that TestNoHoles looks for.
func TestHolesAreSeen(t *testing.T) {
	for _, v := range All() {
		f := look(t, v)
		command, callback := v.Rows()[3].Name, v.Callbacks[1].Name
		without := func(m map[string][]string, name string) map[string][]string {
			m = maps.Clone(m)
			delete(m, name)
			return m
		}
		onAPI := map[string]bool{}
		for _, r := range v.Rows() {
			onAPI[r.Name] = true
		}
		for want, change := range map[string]func(v *Vendor, f *Found){
			"the client has no method for " + command:   func(_ *Vendor, f *Found) { f.Methods = without(f.Methods, command) },
			"nothing in the emulator sends " + callback: func(_ *Vendor, f *Found) { f.Senders = without(f.Senders, callback) },
			"the emulator does not know " + command: func(_ *Vendor, f *Found) {
				f.Handlers = maps.Clone(f.Handlers)
				delete(f.Handlers, command)
			},
			"no page leads to " + command: func(_ *Vendor, f *Found) { f.Pages, onAPI[command] = without(f.Pages, command), false },
			"the client has no type for " + callback: func(v *Vendor, _ *Found) {
				v.Types = maps.Clone(v.Types)
				delete(v.Types, callback)
			},
		} {
			v, f := v, f
			change(&v, &f)
			if got := v.Holes(f, onAPI); !slices.Equal(got, []string{want}) {
				t.Errorf("%s: %q, want %q", v.Name, got, want)
			}
			onAPI[command] = true
		}
	}
}

// TestCallbackRoutes has the addresses of callbacks that the document names in the console's table of routes.
func TestCallbackRoutes(t *testing.T) {
	tree, err := read()
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	tree.inPackage(consolePackage, func(n ast.Node) bool {
		if e, is := n.(ast.Expr); is {
			if v := tree.info.Types[e].Value; v != nil {
				named[strings.Trim(v.ExactString(), `"`)] = true
			}
		}
		return true
	})
	for _, path := range []string{callbackRoute, callbackPage} {
		if !named[path] {
			t.Errorf("the console does not have %s", path)
		}
	}
}

// TestListIsWhole has no command in the code that the list lacks, and the same pages of the documents in both.
func TestListIsWhole(t *testing.T) {
	for _, v := range All() {
		f := look(t, v)
		rows := map[string]string{}
		for _, r := range v.Rows() {
			if _, twice := rows[r.Name]; twice || r.What == "" {
				t.Errorf("%s: %s is listed twice or not described", v.Name, r.Name)
			}
			rows[r.Name] = r.Doc
		}
		if diff := cmp.Diff(rows, vendors[v.ID].docs()); diff != "" {
			t.Errorf("%s: commands and their pages (-list +client):\n%s", v.Name, diff)
		}
		names := slices.Sorted(maps.Keys(rows))
		if diff := cmp.Diff(names, slices.Sorted(maps.Keys(f.Handlers))); diff != "" {
			t.Errorf("%s: commands (-list +emulator):\n%s", v.Name, diff)
		}
		if diff := cmp.Diff(names, slices.Sorted(maps.Keys(f.Methods))); diff != "" {
			t.Errorf("%s: commands (-list +methods of the client):\n%s", v.Name, diff)
		}
	}
}

// TestPagesAreFollowed looks at a few rows whose pages are plain, so that nobody relies on a column that is guessed.
func TestPagesAreFollowed(t *testing.T) {
	f := look(t, Tencent())
	for command, want := range map[string]string{
		"group_open_http_svc/get_appid_group_list":           "/apps/:app/groups",
		"group_open_http_svc/forbid_send_msg":                "/apps/:app/groups/:group/members/mute",
		"group_open_http_svc/delete_group_member":            "/apps/:app/groups/:group/members/kick",
		"group_open_http_svc/group_msg_recall":               "/apps/:app/groups/:group/recall",
		"group_open_http_svc/send_group_system_notification": "/apps/:app/groups/:group/notice",
		"im_open_login_svc/kick":                             "/apps/:app/users/:user/sign-out",
		"openconfigsvr/setnospeaking":                        "/apps/:app/users/:user/global-mute",
	} {
		if got := f.Pages[command]; len(got) == 0 || got[0] != want {
			t.Errorf("%s: pages %q, want %s first", command, got, want)
		}
	}
	for command, never := range map[string]string{
		"group_open_http_svc/delete_group_member": "/apps/:app/groups/:group/mute-all",
		"openim/admin_getroammsg":                 "/apps/:app/groups/:group/messages",
		"sns/friend_delete_all":                   "/apps/:app/api/:service/:command",
	} {
		if slices.Contains(f.Pages[command], never) {
			t.Errorf("%s: pages %q", command, f.Pages[command])
		}
	}
}

// TestContractIsWhole has the suite of imclient/imtest call every method of every interface of a client.
func TestContractIsWhole(t *testing.T) {
	tree, err := read()
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	tree.inPackage(contract, func(n ast.Node) bool {
		id, is := n.(*ast.Ident)
		if !is {
			return true
		}
		switch o := tree.info.Uses[id].(type) {
		case *types.Func:
			if r := receiver(o); r != nil {
				called[r.Obj().Name()+"."+o.Name()] = true
			}
		case *types.Var:
			if o.IsField() {
				called[o.Name()] = true
			}
		}
		return true
	})
	client, methods := reflect.TypeFor[imclient.Client](), 0
	for i := range client.NumField() {
		field := client.Field(i)
		switch field.Type.Kind() {
		case reflect.Interface:
			for m := range field.Type.NumMethod() {
				methods++
				if name := field.Type.Name() + "." + field.Type.Method(m).Name; !called[name] {
					t.Errorf("the contract does not call %s", name)
				}
			}
		case reflect.Func:
			if !called[field.Name] {
				t.Errorf("the contract does not call %s", field.Name)
			}
		}
	}
	if methods < 50 {
		t.Errorf("only %d methods seen", methods)
	}
}
