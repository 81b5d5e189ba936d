package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"imdesk/emulator/internal/tencent"
)

// Callback is where an app is told, or asked, what happens: by requests signed and timed as the vendor's are.
//
// Before-callbacks wait for the answer, and are never repeated. After-callbacks follow in the background, in order for each
// group and each pair of users; Close goes on sending them for at most 2 s.
type Callback struct {
	URL        string        // http or https; "" = nowhere
	Token      string        // signs the requests; "" = they are not signed
	Refuse     bool          // a before-callback that fails refuses what was asked for; else it goes on
	RetryAfter bool          // an after-callback that fails is sent again, up to twice
	Only       []string      // commands to send, such as "Group.CallbackBeforeSendMsg"; none = all
	Timeout    time.Duration // of one request; 0 = the vendor's 2 s
}

func (c Callback) tencent() tencent.Callback {
	return tencent.Callback{URL: c.URL, Token: c.Token, Refuse: c.Refuse, Retry: c.RetryAfter, Only: c.Only, Timeout: c.Timeout}
}

// SetCallback says where an app gets its callbacks from now on.
func (s *Server) SetCallback(sdkAppID int64, c Callback) error {
	if !slices.Contains(s.apps, sdkAppID) {
		return fmt.Errorf("emulator: there is no app %d", sdkAppID)
	}
	if err := c.tencent().Check(); err != nil {
		return fmt.Errorf("emulator: app %d: %w", sdkAppID, err)
	}
	s.tencent.SetCallback(sdkAppID, c.tencent())
	return nil
}

// wireCallback is a Callback as JSON; its time-out is text such as "1.5s". The token is never told.
type wireCallback struct {
	App        int64    `json:"app"`
	URL        string   `json:"url"`
	Token      string   `json:"token,omitempty"`
	Signed     bool     `json:"signed,omitempty"`
	Refuse     bool     `json:"refuse,omitempty"`
	RetryAfter bool     `json:"retry_after,omitempty"`
	Only       []string `json:"only,omitempty"`
	Timeout    string   `json:"timeout,omitempty"`
}

func (w wireCallback) callback() (c Callback, err error) {
	c = Callback{URL: w.URL, Token: w.Token, Refuse: w.Refuse, RetryAfter: w.RetryAfter, Only: w.Only}
	if w.Timeout != "" {
		if c.Timeout, err = time.ParseDuration(w.Timeout); err != nil {
			return c, fmt.Errorf("timeout: %w", err)
		}
	}
	return c, nil
}

func (s *Server) getCallbacks(w http.ResponseWriter, _ *http.Request) error {
	list := []wireCallback{}
	set := s.tencent.Callbacks()
	for _, app := range s.apps {
		c, ok := set[app]
		if !ok {
			continue
		}
		item := wireCallback{App: app, URL: c.URL, Signed: c.Token != "", Refuse: c.Refuse, RetryAfter: c.Retry, Only: c.Only}
		if c.Timeout > 0 {
			item.Timeout = c.Timeout.String()
		}
		list = append(list, item)
	}
	sendJSON(w, list)
	return nil
}

// putCallbacks replaces the callbacks of all apps by those of the body, an array.
func (s *Server) putCallbacks(w http.ResponseWriter, r *http.Request) error {
	dec := json.NewDecoder(io.LimitReader(r.Body, maxControl))
	dec.DisallowUnknownFields()
	var list []wireCallback
	if err := dec.Decode(&list); err != nil {
		return fmt.Errorf("callbacks: %w", err)
	}
	set := map[int64]Callback{}
	for i, item := range list {
		c, err := item.callback()
		if err == nil {
			err = c.tencent().Check()
		}
		if err == nil && !slices.Contains(s.apps, item.App) {
			err = fmt.Errorf("there is no app %d", item.App)
		}
		if err != nil {
			return fmt.Errorf("callback %d: %w", i, err)
		}
		set[item.App] = c
	}
	for _, app := range s.apps {
		s.tencent.SetCallback(app, set[app].tencent())
	}
	return s.getCallbacks(w, r)
}

func (s *Server) deleteCallbacks(w http.ResponseWriter, r *http.Request) error {
	for _, app := range s.apps {
		s.tencent.SetCallback(app, tencent.Callback{})
	}
	return s.getCallbacks(w, r)
}
