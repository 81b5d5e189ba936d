package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"imdesk/apps"
	"imdesk/callbacks"
	"imdesk/config"
	"imdesk/emulator"
	"imdesk/imclient/tencent"
	"imdesk/imclient/volcengine"
)

// keepEvents keeps what callbacks name until ctx ends. The channel is closed when all of it is kept.
func keepEvents(ctx context.Context, feed *callbacks.Feed) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		feed.Run(ctx)
	}()
	return done
}

// calledBack names the apps that have callbacks.
func calledBack(list *apps.Registry) func() []string {
	return func() (names []string) {
		for _, a := range list.All() {
			if a.Callbacks != nil {
				names = append(names, a.Name)
			}
		}
		return names
	}
}

// callBack has the emulator tell the console what happens in its two apps, as the vendors do, until ctx ends. here is where the
// console listens.
func callBack(ctx context.Context, em *emulator.Server, list []*apps.App, c config.Config, here net.Addr, handler http.Handler, log *slog.Logger) error {
	if em == nil {
		return nil
	}
	at, err := netip.ParseAddrPort(here.String())
	if err != nil {
		return fmt.Errorf("address of the console: %w", err)
	}
	if at.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), at.Port())
	}
	base := "http://" + at.String()
	if c.TLS.Certificate != "" {
		if base, err = callbackDoor(ctx, handler, log); err != nil {
			return err
		}
	}
	for _, a := range list {
		if !a.Embedded {
			continue
		}
		id, to := int64(0), emulator.Callback{URL: base + callbackPath + a.Name}
		switch taken := a.Callbacks.(type) {
		case tencent.Callbacks:
			id, to.Token = embeddedAppID, taken.Token
		case volcengine.Callbacks:
			id, to.Token = embeddedVolcID, taken.Secret
		}
		if err := em.SetCallback(id, to); err != nil {
			return err
		}
		context.AfterFunc(ctx, func() {
			if err := em.SetCallback(id, emulator.Callback{}); err != nil {
				panic(err) // the app that was set above
			}
		})
	}
	return nil
}

// callbackPath is where callbacks are taken, before the name of the app.
const callbackPath = "/callbacks/"

// callbackDoor opens a second port for the embedded service, on this machine and for callbacks alone, until ctx ends: the
// certificate of a console that speaks HTTPS is made out to its name, and not to the address that it listens on.
func callbackDoor(ctx context.Context, handler http.Handler, log *slog.Logger) (string, error) {
	l, err := listenOn(ctx, "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, callbackPath) {
				http.NotFound(w, r)
				return
			}
			handler.ServeHTTP(w, r)
		}),
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("callbacks of the embedded service", "error", err)
		}
	}()
	context.AfterFunc(ctx, func() { server.Close() })
	return "http://" + l.Addr().String(), nil
}
