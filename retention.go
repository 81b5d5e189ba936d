package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"imdesk/config"
	"imdesk/store"
)

// Kinds of entries of the audit log that are kept for different times, by their actions.
var (
	readActions   = []string{"direct.view", "history_files.read", "api.call"}
	signInActions = []string{"operator.sign_in", "operator.sign_out"}
)

// retained is a kind of entries and how long they are kept.
type retained struct {
	kind string
	keep time.Duration
	drop store.Drop
}

func retention(c config.Retention) []retained {
	others := append(append([]string{}, readActions...), signInActions...)
	return []retained{
		{"reads", time.Duration(c.Reads), store.Drop{Actions: readActions}},
		{"sign_ins", time.Duration(c.SignIns), store.Drop{Actions: signInActions}},
		{"others", time.Duration(c.Others), store.Drop{NotActions: others}},
	}
}

// dropOld drops what the configuration says is too old. What is under way has no outcome, and stays.
func dropOld(ctx context.Context, c config.Retention, st *store.Store, now time.Time, log *slog.Logger) {
	for _, r := range retention(c) {
		if r.keep <= 0 {
			continue
		}
		detail, err := json.Marshal(map[string]string{"kind": r.kind})
		if err != nil {
			panic(err) // a short text
		}
		d := r.drop
		d.Before, d.Most = now.Add(-r.keep), store.MaxDrop
		for ctx.Err() == nil {
			n, err := st.Privacy.Drop(ctx, store.AuditEntry{At: now, OperatorName: "imdesk", Detail: detail}, d)
			if err != nil {
				log.Warn("entries of the audit log that are too old cannot be dropped", "kind", r.kind, "error", err)
			}
			if err != nil || n < store.MaxDrop {
				break
			}
		}
	}
	for c.Cases > 0 && ctx.Err() == nil {
		n, err := st.Privacy.DropCases(ctx, now.Add(-time.Duration(c.Cases)), store.MaxDrop)
		if err != nil {
			log.Warn("cases that were decided too long ago cannot be dropped", "error", err)
		}
		if err != nil || n < store.MaxDrop {
			break
		}
	}
}

// keepDropping drops what is too old at the start and once an hour, until ctx ends.
func keepDropping(ctx context.Context, c config.Retention, st *store.Store, log *slog.Logger) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		dropOld(ctx, c, st, time.Now(), log)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
