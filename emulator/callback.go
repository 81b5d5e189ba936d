package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"imdesk/emulator/internal/tencent"
	"imdesk/emulator/internal/volcengine"
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

// webhook is c for an app of Volcengine IM.
func (c Callback) webhook() volcengine.Webhook {
	return volcengine.Webhook{URL: c.URL, Secret: c.Token, Only: c.Only, Timeout: c.Timeout}
}

// checkCallback reports what is wrong with c for the app.
func (s *Server) checkCallback(app int64, c Callback) error {
	switch {
	case slices.Contains(s.apps, app):
		return c.tencent().Check()
	case slices.Contains(s.volcs, app):
		return c.webhook().Check()
	}
	return fmt.Errorf("there is no app %d", app)
}

func (s *Server) setCallback(app int64, c Callback) {
	if slices.Contains(s.apps, app) {
		s.tencent.SetCallback(app, c.tencent())
	} else {
		s.volc.SetWebhook(app, c.webhook())
	}
}

// SetCallback says where an app, of either vendor, gets its callbacks from now on.
func (s *Server) SetCallback(app int64, c Callback) error {
	if err := s.checkCallback(app, c); err != nil {
		return fmt.Errorf("emulator: app %d: %w", app, err)
	}
	s.setCallback(app, c)
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
	hooks := s.volc.Webhooks()
	for _, app := range s.volcs {
		h, ok := hooks[app]
		if !ok {
			continue
		}
		item := wireCallback{App: app, URL: h.URL, Signed: true, Only: h.Only}
		if h.Timeout > 0 {
			item.Timeout = h.Timeout.String()
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
			err = s.checkCallback(item.App, c)
		}
		if err != nil {
			return fmt.Errorf("callback %d: %w", i, err)
		}
		set[item.App] = c
	}
	for _, app := range s.allApps() {
		s.setCallback(app, set[app])
	}
	return s.getCallbacks(w, r)
}

func (s *Server) deleteCallbacks(w http.ResponseWriter, r *http.Request) error {
	for _, app := range s.allApps() {
		s.setCallback(app, Callback{})
	}
	return s.getCallbacks(w, r)
}
