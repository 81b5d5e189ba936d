package main

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"imdesk/config"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/volcengine"
)

// TestBothServicesCallBack has the embedded apps of both vendors tell a console what happens, one that speaks HTTPS by itself, too.
func TestBothServicesCallBack(t *testing.T) {
	const key = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
	em, err := emulator.New(t.Context(), emulator.Config{
		Apps: []emulator.TencentApp{{SDKAppID: embeddedAppID, Admins: []string{embeddedAdmin}, Key: key}},
		Volc: []emulator.VolcengineApp{{AppID: embeddedVolcID, AccessKey: embeddedVolcKey, SecretKey: key}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := em.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := em.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	apps, err := embeddedApps(key, em.URL(), log)
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]imclient.Callbacks{}
	for _, a := range apps {
		t.Cleanup(a.IM.Close)
		byPath[callbackPath+a.Name] = a.Callbacks
	}
	if err := apps[0].IM.Import.SetNick(t.Context(), embeddedAdmin, "Admin"); err != nil {
		t.Fatal(err)
	}
	id, _, err := apps[1].IM.Groups.Create(t.Context(), imclient.NewGroup{Type: volcengine.TypeGroup, Name: "Chemistry", OwnerID: "7"})
	if err != nil {
		t.Fatal(err)
	}
	group, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context() // of both: what ends with one would end after the other has begun
	for name, tls := range map[string]config.TLS{"http": {}, "https": {Certificate: "cert.pem", Key: "key.pem"}} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			came := map[string]bool{}
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err == nil {
					_, err = byPath[r.URL.Path].Read(r.URL.Query(), body, time.Now())
				}
				if err != nil {
					t.Errorf("%s: %v", r.URL.Path, err)
				}
				mu.Lock()
				defer mu.Unlock()
				came[r.URL.Path] = true
			})
			console := httptest.NewServer(handler)
			defer console.Close()
			if tls.Certificate != "" { // nobody who speaks HTTP is understood there
				console.Config.Handler = http.NotFoundHandler()
			}
			if err := callBack(ctx, em, apps, config.Config{TLS: tls}, console.Listener.Addr(), handler, log); err != nil {
				t.Fatal(err)
			}
			if err := apps[0].IM.Import.SetNick(t.Context(), embeddedAdmin, "Admin "+name); err != nil {
				t.Fatal(err)
			}
			if _, err := em.VolcSay(t.Context(), embeddedVolcID, group, 7, "hello"); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				mu.Lock()
				n := len(came)
				mu.Unlock()
				if n == len(byPath) {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("only %v came", came)
				}
			}
		})
	}
}

// TestCallbackDoor takes callbacks alone.
func TestCallbackDoor(t *testing.T) {
	taken := ""
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { taken = r.URL.Path })
	base, err := callbackDoor(t.Context(), handler, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(base)
	if err != nil || !net.ParseIP(u.Hostname()).IsLoopback() {
		t.Errorf("%s is open to others: %v", base, err)
	}
	for path, status := range map[string]int{"/callbacks/study": http.StatusOK, "/": http.StatusNotFound, "/login": http.StatusNotFound} {
		taken = ""
		resp, err := http.Post(base+path, "application/json", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if (taken != "") != (status == http.StatusOK) || resp.StatusCode != status {
			t.Errorf("%s: %q was taken, status %d", path, taken, resp.StatusCode)
		}
	}
}
