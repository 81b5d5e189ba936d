package actions

import (
	"context"

	"imdesk/imclient"
)

// Watcher is told what actions made of messages. Services do not tell of all of it: of edits in groups, and of what was said by one
// sender and taken back, there are no callbacks.
type Watcher interface {
	// Edited is told what a message said, and what it says.
	Edited(ctx context.Context, app string, c imclient.Conversation, before, after imclient.Message)
	// Recalled is told which messages were taken back.
	Recalled(ctx context.Context, app string, c imclient.Conversation, ids []string)
}

// watched is work that changes messages.
type watched interface {
	// tell is called once the outcome is recorded.
	tell(ctx context.Context, p *plan, w Watcher)
}

// applied are the items that are as they were to be.
func (p *plan) applied() (ids []string) {
	for _, i := range p.items {
		if i.State == StateApplied {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

func (w *recallWork) tell(ctx context.Context, p *plan, to Watcher) {
	if ids := p.applied(); len(ids) > 0 {
		to.Recalled(ctx, p.app.ID, w.conversation, ids)
	}
}

func (w *deleteWork) tell(ctx context.Context, p *plan, to Watcher) {
	var ids []string
	for _, u := range p.applied() {
		for _, m := range w.bySender[u] {
			ids = append(ids, m.ID)
		}
	}
	if len(ids) > 0 {
		to.Recalled(ctx, p.app.ID, w.conversation, ids)
	}
}

func (w *editWork) tell(ctx context.Context, p *plan, to Watcher) {
	if len(p.applied()) == 0 {
		return
	}
	after := w.before
	after.Body = []imclient.Element{imclient.Text{Text: w.text}}
	to.Edited(ctx, p.app.ID, w.conv, w.before, after)
}
