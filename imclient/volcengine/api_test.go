package volcengine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imdesk/imclient"
)

// soon is a context that ends before a client would try again after flow control.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestConfig(t *testing.T) {
	good := Config{AppID: "1", AccessKey: "a", SecretKey: "s"}
	for name, change := range map[string]func(*Config){
		"no app":               func(c *Config) { c.AppID = "" },
		"an app above 32 bits": func(c *Config) { c.AppID = "4294967296" },
		"no key":               func(c *Config) { c.AccessKey = "" },
		"no secret":            func(c *Config) { c.SecretKey = "" },
		"a region of nowhere":  func(c *Config) { c.Region = "mars" },
		"a path":               func(c *Config) { c.Endpoint = "https://h/x" },
		"no scheme":            func(c *Config) { c.Endpoint = "h:80" },
		"a share above 1":      func(c *Config) { c.RateShare = 1.5 },
	} {
		cfg := good
		change(&cfg)
		if _, err := NewAPI(cfg); err == nil || !strings.HasPrefix(err.Error(), "volcengine: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	a, err := NewAPI(good)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if a.endpoint != "https://rtc.volcengineapi.com" {
		t.Errorf("endpoint %s", a.endpoint)
	}
}

// TestRetries: reads are tried again, writes only where it is sure that nothing was done or where an id makes it safe.
func TestRetries(t *testing.T) {
	unavailable := `{"ResponseMetadata":{"RequestId":"r","Error":{"CodeN":100014,"Code":"InternalError"}}}`
	limited := `{"ResponseMetadata":{"RequestId":"r","Error":{"CodeN":100018,"Code":"FlowLimitExceeded"}}}`
	for _, tt := range []struct {
		name   string
		answer string
		call   func(context.Context, *API) error
		want   int
	}{
		{"a read", unavailable, func(ctx context.Context, a *API) error {
			_, err := a.GetConversationMarks(ctx, &GetConversationMarksRequest{})
			return err
		}, 3},
		{"a write", unavailable, func(ctx context.Context, a *API) error { return a.RecallMessage(ctx, &RecallMessageRequest{}) }, 1},
		{"a write that was refused for its rate", limited, func(ctx context.Context, a *API) error { return a.RecallMessage(ctx, &RecallMessageRequest{}) }, 3},
		{"a message with an id", unavailable, func(ctx context.Context, a *API) error {
			_, err := a.SendMessage(ctx, &SendMessageRequest{ClientMsgId: "once"})
			return err
		}, 3},
		{"a message without one", unavailable, func(ctx context.Context, a *API) error {
			_, err := a.SendMessage(ctx, &SendMessageRequest{})
			return err
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				a, err := NewAPI(Config{AppID: "1", AccessKey: "a", SecretKey: "s", HTTP: &http.Client{Transport: answering(func() string { sent++; return tt.answer })}})
				if err != nil {
					t.Fatal(err)
				}
				defer a.Close()
				if err := tt.call(t.Context(), a); err == nil {
					t.Error("no error")
				}
				if sent != tt.want {
					t.Errorf("sent %d times, want %d", sent, tt.want)
				}
			})
		})
	}
}

// TestAccountSharesItsRates: two apps of an account go through the same lines.
func TestAccountSharesItsRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account, err := NewAccount(1)
		if err != nil {
			t.Fatal(err)
		}
		start, sent := time.Now(), 0
		for _, app := range []string{"1", "2"} {
			a, err := NewAPI(Config{AppID: app, AccessKey: "a", SecretKey: "s", Account: account, HTTP: &http.Client{Transport: answering(func() string {
				sent++
				return `{"ResponseMetadata":{"RequestId":"r"}}`
			})}})
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			for range 50 {
				if err := a.RecallMessage(t.Context(), &RecallMessageRequest{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if took := time.Since(start); sent != 100 || took < 1900*time.Millisecond || took > 3*time.Second {
			t.Errorf("%d writes of two apps at 50 a second took %v", sent, took)
		}
	})
}

func TestClosedClient(t *testing.T) {
	a, err := NewAPI(Config{AppID: "1", AccessKey: "a", SecretKey: "s"})
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	err = a.RecallMessage(t.Context(), &RecallMessageRequest{})
	if e, _ := errors.AsType[*imclient.Error](err); e == nil || !errors.Is(err, imclient.ErrUnavailable) || e.Sent {
		t.Errorf("got %#v", err)
	}
}

// answering is a transport that answers at once.
type answering func() string

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(f())), Request: r}, nil
}
