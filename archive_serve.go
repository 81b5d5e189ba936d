package main

import (
	"context"
	"log/slog"
	"time"

	"imdesk/apps"
	"imdesk/archive"
	"imdesk/imclient"
)

// archiveWatch brings what actions made of messages into the archive. It is an actions.Watcher.
type archiveWatch struct {
	keeper *archive.Keeper
	log    *slog.Logger
}

// watchTime is how long an operator's answer waits for the archive.
const watchTime = 2 * time.Second

func (w archiveWatch) Edited(ctx context.Context, app string, c imclient.Conversation, before, after imclient.Message) {
	w.note(ctx, app, func(ctx context.Context) error { return w.keeper.Edited(ctx, archive.PlaceOf(app, c), before, after) })
}

func (w archiveWatch) Recalled(ctx context.Context, app string, c imclient.Conversation, ids []string) {
	w.note(ctx, app, func(ctx context.Context) error { return w.keeper.Recalled(ctx, archive.PlaceOf(app, c), ids) })
}

func (w archiveWatch) note(ctx context.Context, app string, keep func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, watchTime)
	defer cancel()
	if err := keep(ctx); err != nil {
		w.log.ErrorContext(ctx, "what an action made of messages is not in the archive", "app", app, "error", err)
	}
}

// servicesOf finds the services of apps by their names, as they are now.
func servicesOf(list *apps.Registry) func(string) *imclient.Client {
	return func(name string) *imclient.Client {
		if a := list.Get(name); a != nil {
			return a.IM
		}
		return nil
	}
}
