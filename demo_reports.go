package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"imdesk/apps"
	"imdesk/archive"
	"imdesk/cases"
	"imdesk/imclient"
	"imdesk/store"
)

// Who reports what in the embedded community, as the apps' own server passes it on.
const (
	reportEach   = 3 * time.Second
	reportLooks  = 100 // messages of one look
	reportsAhead = 12  // cases that may wait: the people of the demo do not bury whoever tries the queue
)

// annoying is what makes people of the community press "report", and what they choose there.
var annoying = []struct{ part, reason string }{
	{"hx88291", "spam"}, {"hx８８２９１", "spam"}, {"tixtony", "scam"}, {"on telegram", "scam"}, {"whatsapp", "spam"}, {"harbor_signals", "scam"},
	{"代付", "scam"}, {"内部票", "spam"}, {"滚", "abuse"}, {"idiot", "abuse"},
}

// reportsOf is why people would report a text; "" if they would not.
func reportsOf(text string) string {
	text = strings.ToLower(text)
	for _, a := range annoying {
		if strings.Contains(text, a.part) {
			return a.reason
		}
	}
	return ""
}

// keepReporting has people of the embedded apps report what annoys them, until ctx ends: members of the same group, one to three
// of them. It reads what callbacks brought into the archive and reports through the queue, as POST /api/v1/apps/APP/reports does.
func keepReporting(ctx context.Context, list []*apps.App, messages store.Archive, queue *cases.Service, log *slog.Logger) {
	seen := map[string]bool{}
	for _, a := range list {
		if !a.Embedded {
			continue
		}
		if err := reportOld(ctx, a, queue); err != nil && ctx.Err() == nil {
			log.DebugContext(ctx, "reports of the embedded community", "app", a.Name, "error", err)
		}
	}
	tick := time.NewTicker(reportEach)
	defer tick.Stop()
	for {
		for _, a := range list {
			if !a.Embedded {
				continue
			}
			if err := reportNew(ctx, a, messages, queue, seen); err != nil && ctx.Err() == nil {
				log.DebugContext(ctx, "reports of the embedded community", "app", a.Name, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Where people look back, at the start.
const (
	oldGroups   = 80  // groups that are read
	oldMessages = 100 // of each
)

// reportOld has people report what stands in the newest pages of some groups.
func reportOld(ctx context.Context, a *apps.App, queue *cases.Service) error {
	groups, err := a.IM.Groups.List(ctx, imclient.GroupListOptions{Limit: oldGroups})
	if err != nil {
		return fmt.Errorf("groups to look back in: %w", err)
	}
	for _, g := range groups.Items {
		if n, err := queue.Store.Count(ctx, store.CaseFilter{Apps: []string{a.Name}}); err != nil || n >= reportsAhead-2 {
			return err
		}
		var said []imclient.Message
		for from := ""; len(said) < oldMessages; {
			page, err := a.IM.Messages.History(ctx, imclient.HistoryOptions{Conversation: imclient.Conversation{Group: g.ID, Type: g.Type}, From: from})
			if err != nil {
				break // live rooms keep none
			}
			said = append(said, page.Messages...)
			if from = page.Older; from == "" {
				break
			}
		}
		for i, m := range said {
			text := archive.TextOf(m.Body)
			reason := reportsOf(text)
			if reason == "" || m.State != imclient.MessageSaid || m.Tip {
				continue
			}
			reporters := 0
			for _, by := range said[i:] {
				if by.From == m.From || by.From == "" || by.Tip || reporters > i%3 {
					continue
				}
				reporters++
				if _, err := queue.Flag(ctx, cases.Flag{
					App: a.Name, Group: g.ID, Key: m.ID, Sender: m.From, At: m.At, Text: text, Source: cases.FromReport, Rule: reason, By: by.From,
				}); err != nil {
					return err
				}
			}
			break // one of each group
		}
	}
	return nil
}

// reportNew looks at what was said lately.
func reportNew(ctx context.Context, a *apps.App, messages store.Archive, queue *cases.Service, seen map[string]bool) error {
	if n, err := queue.Store.Count(ctx, store.CaseFilter{Apps: []string{a.Name}, Open: true}); err != nil || n >= reportsAhead {
		return err
	}
	found, _, err := messages.Search(ctx, store.SearchQuery{Apps: []string{a.Name}, N: reportLooks, GroupsOnly: true, NotRecalled: true, Since: time.Now().Add(-10 * time.Minute)})
	if err != nil {
		return fmt.Errorf("what was said lately: %w", err)
	}
	for i, m := range found {
		name := a.Name + "\n" + m.Place.Group + "\n" + m.Key
		reason := reportsOf(m.Text)
		if reason == "" || seen[name] {
			continue
		}
		if len(seen) > 10_000 {
			clear(seen)
		}
		seen[name] = true
		reporters := 0
		for _, by := range found[i:] { // those who spoke there before, not the author
			if by.Place.Group != m.Place.Group || by.Sender == m.Sender || reporters > i%3 {
				continue
			}
			reporters++
			if _, err := queue.Flag(ctx, cases.Flag{
				App: a.Name, Group: m.Place.Group, Key: m.Key, Sender: m.Sender, At: m.At, Text: m.Text, Source: cases.FromReport, Rule: reason, By: by.Sender,
			}); err != nil {
				return err
			}
		}
		return nil // one message a look
	}
	return nil
}
