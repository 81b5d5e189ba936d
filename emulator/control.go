package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"time"

	"imdesk/emulator/internal/demo"
)

// maxControl bounds the body of a control request.
const maxControl = 64 << 10

// controls are the switches of the emulator itself, under /_emulator/. All but media and files of messages are for callers on this machine.
func (s *Server) controls() http.Handler {
	mux := http.NewServeMux()
	local := func(pattern string, h func(http.ResponseWriter, *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			host, _, err := net.SplitHostPort(r.RemoteAddr)
			if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
				http.Error(w, "for callers on this machine", http.StatusForbidden)
				return
			}
			if err := h(w, r); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
			}
		})
	}
	local("GET /_emulator/faults", s.getFaults)
	local("PUT /_emulator/faults", s.putFaults)
	local("DELETE /_emulator/faults", s.deleteFaults)
	local("GET /_emulator/callbacks", s.getCallbacks)
	local("PUT /_emulator/callbacks", s.putCallbacks)
	local("DELETE /_emulator/callbacks", s.deleteCallbacks)
	local("GET /_emulator/stats", s.getStats)
	local("GET /_emulator/pushes", s.getPushes)
	local("GET /_emulator/broadcasts", s.getBroadcasts)
	mux.Handle("GET /_emulator/media/", http.StripPrefix("/_emulator", s.guard(demo.Media())))
	mux.HandleFunc("GET /_emulator/history/", s.tencent.ServeExport)
	return mux
}

// wireFault is a Fault as JSON; its delay is text such as "1.5s".
type wireFault struct {
	Command   string  `json:"command"`
	Share     float64 `json:"share,omitempty"`
	Times     int     `json:"times,omitempty"`
	Delay     string  `json:"delay,omitempty"`
	Drop      bool    `json:"drop,omitempty"`
	DropAfter bool    `json:"drop_after,omitempty"`
	Status    int     `json:"status,omitempty"`
	CutBody   bool    `json:"cut_body,omitempty"`
	BadJSON   bool    `json:"bad_json,omitempty"`
	ErrorCode int     `json:"error_code,omitempty"`
}

func (f wireFault) fault() (Fault, error) {
	var delay time.Duration
	if f.Delay != "" {
		var err error
		if delay, err = time.ParseDuration(f.Delay); err != nil {
			return Fault{}, fmt.Errorf("delay: %w", err)
		}
	}
	out := Fault{f.Command, f.Share, f.Times, delay, f.Drop, f.DropAfter, f.Status, f.CutBody, f.BadJSON, f.ErrorCode}
	return out, out.check()
}

func wireFaults(list []Fault) []wireFault {
	out := make([]wireFault, len(list))
	for i, f := range list {
		out[i] = wireFault{f.Command, f.Share, f.Times, "", f.Drop, f.DropAfter, f.Status, f.CutBody, f.BadJSON, f.ErrorCode}
		if f.Delay > 0 {
			out[i].Delay = f.Delay.String()
		}
	}
	return out
}

func (s *Server) getFaults(w http.ResponseWriter, _ *http.Request) error {
	sendJSON(w, wireFaults(s.faults.list()))
	return nil
}

// putFaults replaces all faults by those of the body, an array.
func (s *Server) putFaults(w http.ResponseWriter, r *http.Request) error {
	dec := json.NewDecoder(io.LimitReader(r.Body, maxControl))
	dec.DisallowUnknownFields()
	var list []wireFault
	if err := dec.Decode(&list); err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	set := make([]Fault, len(list))
	for i, f := range list {
		var err error
		if set[i], err = f.fault(); err != nil {
			return fmt.Errorf("fault %d: %w", i, err)
		}
	}
	s.ClearFaults()
	for _, f := range set {
		s.SetFault(f)
	}
	return s.getFaults(w, r)
}

func (s *Server) deleteFaults(w http.ResponseWriter, r *http.Request) error {
	s.ClearFaults()
	return s.getFaults(w, r)
}

func (s *Server) getStats(w http.ResponseWriter, _ *http.Request) error {
	calls := map[string]int64{}
	for name, n := range s.calls {
		if n := n.Load(); n > 0 {
			calls[name] = n
		}
	}
	over := s.volc.OverLimit()
	if over == nil {
		over = map[string]int64{}
	}
	maps.Copy(over, s.tencent.OverLimit())
	sendJSON(w, map[string]any{
		"over_limit": over,
		"calls":      s.total.Load(), "commands": calls, "uptime_seconds": int64(s.now().Sub(s.started).Seconds()), "faults": wireFaults(s.faults.list()),
		"callbacks": s.tencent.CallbackStats(), "webhooks": s.volc.HookStats(),
	})
	return nil
}
