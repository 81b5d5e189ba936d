package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const infoCommand = group + "get_group_info"

// outcome is how a call ended, in a word.
func (r *rig) outcome(command, body string) string {
	resp, text, err := r.post("/v4/"+command, r.query(), body)
	switch {
	case err != nil && resp != nil, err != nil && strings.Contains(err.Error(), "unexpected EOF"):
		return "cut"
	case err != nil:
		return "dropped"
	case resp.StatusCode != 200:
		return fmt.Sprint(resp.StatusCode, " ", resp.Header.Get("Content-Type"))
	case !json.Valid([]byte(text)):
		return "no JSON"
	}
	return fmt.Sprint("code ", decode(text).code())
}

func TestFaults(t *testing.T) {
	r := newRig(t)
	tests := []struct {
		fault Fault
		want  string
		done  bool // the message was sent all the same
	}{
		{Fault{}, "code 0", true},
		{Fault{Drop: true}, "dropped", false},
		{Fault{DropAfter: true}, "dropped", true},
		{Fault{Status: 502}, "502 text/html", false},
		{Fault{Status: 429}, "429 text/html", false},
		{Fault{CutBody: true}, "cut", true},
		{Fault{BadJSON: true}, "no JSON", true},
		{Fault{ErrorCode: 60008}, "code 60008", false},
		{Fault{ErrorCode: 10007, Delay: time.Millisecond}, "code 10007", false},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprintf("%+v", tt.fault), func(t *testing.T) {
			id := fmt.Sprint("g", i)
			r.group("Public", id)
			tt.fault.Command = group + "send_group_msg"
			r.SetFault(tt.fault)
			if got := r.outcome(group+"send_group_msg", `{"GroupId":"`+id+`","Random":1,"MsgBody":`+textBody("x")+`}`); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if rows, _ := r.history(id, `,"ReqMsgNumber":5`); (len(rows) == 1) != tt.done {
				t.Errorf("the message was sent: %v, want %v", len(rows) == 1, tt.done)
			}
			r.ClearFaults()
			if got := r.outcome(group+"send_group_msg", `{"GroupId":"`+id+`","Random":2,"MsgBody":`+textBody("x")+`}`); got != "code 0" {
				t.Errorf("after clearing: %s", got)
			}
		})
	}
}

func TestFaultsByCommandShareAndTimes(t *testing.T) {
	r := newRig(t)
	r.SetFault(Fault{ErrorCode: 60008, Share: 0.25})
	r.SetFault(Fault{Command: "profile/portrait_get", ErrorCode: 40006, Times: 3})
	hits := map[string]int{}
	for range 40 {
		hits[r.outcome(infoCommand, `{"GroupIdList":["g"]}`)]++
	}
	if hits["code 60008"] != 10 || hits["code 0"] != 30 {
		t.Errorf("a quarter of forty: %v", hits)
	}
	clear(hits)
	for range 40 {
		hits[r.outcome("profile/portrait_get", `{"To_Account":["administrator"],"TagList":["Tag_Profile_IM_Nick"]}`)]++
	}
	if hits["code 40006"] != 3 || hits["code 60008"] < 9 || hits["code 60008"] > 10 {
		t.Errorf("three of its own, then the common share: %v", hits)
	}
	r.SetFault(Fault{}) // replaces the common one
	if got := r.outcome(infoCommand, `{"GroupIdList":["g"]}`); got != "code 0" {
		t.Errorf("replaced: %s", got)
	}
}

func TestDelayEndsWithTheCaller(t *testing.T) {
	r := newRig(t)
	r.SetFault(Fault{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL()+"/v4/"+infoCommand+"?"+r.query().Encode(), strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.http.Do(req); err == nil {
		t.Error("an answer within an hour's delay")
	}
	// Close, in the test's clean-up, must not wait for the hour either.
}

func TestFaultsDuringTraffic(t *testing.T) {
	r := newRig(t)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 25 {
				r.outcome("openim/querystate", `{"To_Account":["administrator"]}`)
			}
		})
	}
	for i := range 50 {
		r.SetFault(Fault{Share: 0.5, ErrorCode: 60008})
		if i%3 == 0 {
			r.ClearFaults()
		}
	}
	callers.Wait()
	if n := r.Calls("openim/querystate"); n != 100 {
		t.Errorf("%d calls", n)
	}
}

func TestCalls(t *testing.T) {
	r := newRig(t)
	r.call(infoCommand, `{}`)
	r.call(infoCommand, `{"GroupIdList":["g"]}`)
	r.call(group+"nope", `{}`)
	if n, all := r.Calls(infoCommand), r.Calls(""); n != 2 || all != 3 || r.Calls(group+"nope") != 0 {
		t.Errorf("%d of the command, %d in all", n, all)
	}
}

func (r *rig) control(method, path, body string) (int, string) {
	r.Helper()
	req, err := http.NewRequest(method, r.URL()+"/_emulator/"+path, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(b))
}

func TestControls(t *testing.T) {
	r := newRig(t)
	steps := []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "faults", "", 200, `[]`},
		{"PUT", "faults", `[{"command":"` + infoCommand + `","error_code":60008,"times":2,"delay":"1ms"}]`, 200, `[{"command":"` + infoCommand + `","share":1,"times":2,"delay":"1ms","error_code":60008}]`},
		{"PUT", "faults", `[{"command":"x","eror_code":1}]`, 400, `faults: json: unknown field "eror_code"`},
		{"PUT", "faults", `[{"delay":"soon"}]`, 400, `fault 0: delay: time: invalid duration "soon"`},
		{"PUT", "faults", `[{"share":2}]`, 400, `fault 0: share 2 is not within 0 and 1`},
		{"PUT", "faults", `{`, 400, `faults: unexpected EOF`},
		{"POST", "faults", `[]`, 405, `Method Not Allowed`},
		{"GET", "nothing", ``, 404, `404 page not found`},
	}
	for _, s := range steps {
		if status, text := r.control(s.method, s.path, s.body); status != s.status || text != s.want {
			t.Errorf("%s %s %s: %d %s, want %d %s", s.method, s.path, s.body, status, text, s.status, s.want)
		}
	}
	if got := r.outcome(infoCommand, `{"GroupIdList":["g"]}`); got != "code 60008" {
		t.Errorf("a fault that was put: %s", got)
	}
	r.clock.Add(5 * time.Second)
	_, text := r.control("GET", "stats", "")
	var stats struct {
		Calls    int64            `json:"calls"`
		Commands map[string]int64 `json:"commands"`
		Uptime   int64            `json:"uptime_seconds"`
		Faults   []wireFault      `json:"faults"`
	}
	if err := json.Unmarshal([]byte(text), &stats); err != nil || stats.Calls != 1 || stats.Commands[infoCommand] != 1 || stats.Uptime != 5 || len(stats.Faults) != 1 || stats.Faults[0].Times != 1 {
		t.Errorf("stats: %v %s", err, text)
	}
	if status, text := r.control("DELETE", "faults", ""); status != 200 || text != "[]" {
		t.Errorf("delete: %d %s", status, text)
	}
	if got := r.outcome(infoCommand, `{"GroupIdList":["g"]}`); got != "code 0" {
		t.Errorf("a fault that was deleted: %s", got)
	}
}

func TestControlsAreForThisMachine(t *testing.T) {
	r := newRig(t)
	for addr, want := range map[string]int{"127.0.0.1:5": 200, "[::1]:5": 200, "192.0.2.1:5": 403, "nonsense": 403} {
		w := &recorder{header: http.Header{}}
		req, err := http.NewRequest("GET", "/_emulator/stats", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.RemoteAddr = addr
		if r.Handler().ServeHTTP(w, req); w.status != want {
			t.Errorf("from %s: %d, want %d", addr, w.status, want)
		}
	}
}

type recorder struct {
	header http.Header
	status int
}

func (w *recorder) Header() http.Header { return w.header }
func (w *recorder) WriteHeader(n int)   { w.status = n }
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = 200
	}
	return len(b), nil
}
