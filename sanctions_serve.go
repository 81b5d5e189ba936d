package main

import (
	"log/slog"

	"imdesk/actions"
	"imdesk/apps"
	"imdesk/config"
	"imdesk/events"
	"imdesk/sanctions"
	"imdesk/store"
)

// newSanctions makes the register of sanctions, which hears of each action's outcome from act's After.
func newSanctions(c config.Jobs, st *store.Store, act *actions.Service, list *apps.Registry, changes *events.Soon, name string, log *slog.Logger) *sanctions.Service {
	return &sanctions.Service{
		Store: st, Actions: act, Share: c.SanctionsShare, Name: name, Log: log,
		App: func(name string) (actions.App, bool) {
			if a := list.Get(name); a != nil {
				return a.Target(), true
			}
			return actions.App{}, false
		},
		All: func() (all []actions.App) {
			for _, a := range list.All() {
				all = append(all, a.Target())
			}
			return all
		},
		Changed: func(app string) { changes.Publish(store.TopicSanctions, app) },
	}
}
