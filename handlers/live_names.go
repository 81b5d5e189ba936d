package handlers

import (
	"context"
	"sync"
	"time"

	"imdesk/store"
)

// Bounds of the names that the live view keeps.
const (
	lineNameKept   = 10 * time.Minute
	lineNameMost   = 50_000                 // beyond it all are forgotten
	lineNameOnce   = 100                    // asked for together
	lineNameTime   = 3 * time.Second        // of one question to the service
	lineNameWait   = 150 * time.Millisecond // how long a line waits for its names; without them ids are shown
	lineNameFailed = 15 * time.Second       // after which what failed is asked again
)

// lineName is a group or a user of an app.
type lineName struct {
	app, id string
	group   bool
}

type knownName struct {
	text  string
	until time.Time
}

// lineNames are what groups and users are called. They are asked for once for all who watch, in the background.
type lineNames struct {
	mu     sync.Mutex
	known  map[lineName]knownName
	asking map[string]chan struct{} // by app; closed when the answer is there
}

// of returns names, and whether all of them are known.
func (n *lineNames) of(now time.Time, list ...lineName) (texts []string, all bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	texts, all = make([]string, len(list)), true
	for i, key := range list {
		k, ok := n.known[key]
		texts[i] = k.text
		all = all && ok && now.Before(k.until)
	}
	return texts, all
}

// nameLines asks for the names in messages that are not known yet, and waits a moment for them.
func (s *Server) nameLines(ctx context.Context, list []store.Archived) {
	ctx, cancel := context.WithTimeout(ctx, lineNameWait)
	defer cancel()
	byApp := map[string]map[lineName]bool{}
	s.lineNames.mu.Lock()
	now := s.Now()
	for _, m := range list {
		for _, key := range []lineName{{m.Place.App, m.Place.Group, true}, {m.Place.App, m.Sender, false}} {
			if k, ok := s.lineNames.known[key]; key.id == "" || ok && now.Before(k.until) {
				continue
			}
			if byApp[key.app] == nil {
				byApp[key.app] = map[lineName]bool{}
			}
			if len(byApp[key.app]) < lineNameOnce {
				byApp[key.app][key] = true
			}
		}
	}
	var waits []chan struct{}
	for name, keys := range byApp {
		app := s.Apps.Get(name)
		if app == nil {
			continue
		}
		done := s.lineNames.asking[name]
		if done == nil { // else somebody is asking for what is mostly the same
			done = make(chan struct{})
			if s.lineNames.asking == nil {
				s.lineNames.asking = map[string]chan struct{}{}
			}
			s.lineNames.asking[name] = done
			go s.askNames(context.WithoutCancel(ctx), app, keys, done)
		}
		waits = append(waits, done)
	}
	s.lineNames.mu.Unlock()
	for _, done := range waits {
		select {
		case <-done:
		case <-ctx.Done():
			return
		}
	}
}

// askNames asks the service what groups and users are called.
func (s *Server) askNames(ctx context.Context, app *App, keys map[lineName]bool, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, lineNameTime)
	defer cancel()
	var groups, users []string
	for k := range keys {
		if k.group {
			groups = append(groups, k.id)
		} else {
			users = append(users, k.id)
		}
	}
	found := map[lineName]string{}
	failed := map[bool]bool{}
	var wg sync.WaitGroup
	var mu sync.Mutex
	ask := func(group bool, ids []string, get func() (map[string]string, error)) {
		if len(ids) == 0 {
			return
		}
		wg.Go(func() {
			list, err := get()
			s.courtesy(ctx, err)
			mu.Lock()
			defer mu.Unlock()
			failed[group] = err != nil
			for id, name := range list {
				found[lineName{app.Name, id, group}] = name
			}
		})
	}
	ask(true, groups, func() (map[string]string, error) {
		list, _, err := app.IM.Groups.GetMany(ctx, groups)
		names := map[string]string{}
		for _, g := range list {
			names[g.ID] = g.Name
		}
		return names, err
	})
	ask(false, users, func() (map[string]string, error) {
		list, _, err := app.IM.Users.GetMany(ctx, users)
		names := map[string]string{}
		for _, u := range list {
			names[u.ID] = u.Nick
		}
		return names, err
	})
	wg.Wait()
	n := &s.lineNames
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil || len(n.known) > lineNameMost {
		n.known = map[lineName]knownName{}
	}
	now := s.Now()
	for k := range keys {
		kept := lineNameKept
		if failed[k.group] {
			kept = lineNameFailed
		}
		n.known[k] = knownName{found[k], now.Add(kept)}
	}
	delete(n.asking, app.Name)
	close(done)
}
