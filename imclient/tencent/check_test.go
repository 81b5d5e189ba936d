package tencent

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"imdesk/imclient"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	const good, bad, unknown = imclient.HealthGood, imclient.HealthBad, imclient.HealthUnknown
	tests := []struct {
		name                         string
		body                         string
		status                       int
		ahead                        time.Duration // our clock
		reachable, key, admin, clock imclient.HealthState
		wantError                    bool
	}{
		{"all well", `{` + ok + `,"ResultItem":[]}`, 200, 0, good, good, good, good, false},
		{"our clock is a little off", `{` + ok + `}`, 200, 20 * time.Second, good, good, good, good, false},
		{"our clock is far off", `{` + ok + `}`, 200, -10 * time.Minute, good, good, good, bad, false},
		{"wrong key", code(70009), 200, 0, good, bad, unknown, good, true},
		{"damaged signature", code(70003), 200, 0, good, bad, unknown, good, true},
		{"dead at birth", code(70001), 200, 0, good, unknown, unknown, bad, true},
		{"not an administrator", code(60010), 200, 0, good, good, bad, good, true},
		{"signed for another user", code(70013), 200, 0, good, unknown, bad, good, true},
		{"another region's app", code(70020), 200, 0, good, unknown, unknown, good, true},
		{"a proxy's page", "<html>", 502, 0, good, unknown, unknown, good, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer srv.Close()
			c, err := New(Config{
				SDKAppID: "1", Administrator: "a", Key: "k", Endpoint: srv.URL, Now: func() time.Time { return time.Now().Add(tt.ahead) },
			})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			h := c.Check(t.Context())
			if h.Reachable != tt.reachable || h.Key != tt.key || h.Administrator != tt.admin || h.Clock != tt.clock || (h.Err != nil) != tt.wantError {
				t.Errorf("got %+v", h)
			}
			if skew := h.ClockSkew - tt.ahead; skew < -2*time.Second || skew > 2*time.Second {
				t.Errorf("skew %v, want about %v", h.ClockSkew, tt.ahead)
			}
			if h.Latency <= 0 {
				t.Error("no latency")
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		c, err := New(Config{SDKAppID: "1", Administrator: "a", Key: "k", Endpoint: freePort(t)})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if h := c.Check(t.Context()); h.Reachable != bad || h.Key != unknown || h.Clock != unknown || h.Err == nil {
			t.Errorf("got %+v", h)
		}
	})
}
