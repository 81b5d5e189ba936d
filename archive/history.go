package archive

import (
	"context"
	"errors"

	"imdesk/imclient"
	"imdesk/store"
)

// maxRead is how many pages of history wait to be kept. What comes beyond it is dropped: it can be read again.
const maxRead = 100

// Read offers what was read of a conversation from its service. It never waits.
func (k *Keeper) Read(p store.Conversation, list []imclient.Message) {
	if !k.KeepsPlace(p) || len(list) == 0 {
		return
	}
	k.init()
	select {
	case k.read <- k.history(p, list, FromHistory):
	default:
	}
}

// history is an entry of what was read. Out of the past it makes no holes: nobody asked for all that lies between.
func (k *Keeper) history(p store.Conversation, list []imclient.Message, source string) Entry {
	now := k.Now()
	e := Entry{App: p.App, Place: p, At: now}
	policy := k.Policies()[p.App]
	for _, m := range list {
		if m.State == imclient.MessageHole || m.ID == "" {
			continue
		}
		a := Message(p, m, source)
		a.Added, a.Inside = now, true
		if policy.tooOld(a, now) {
			continue
		}
		if a.State == store.ArchiveRecalled {
			a.Changed = now
		}
		e.Said = append(e.Said, a)
	}
	return e
}

// keepRead keeps what was read, and what became of messages that are kept since nobody told: edits and recalls.
func (k *Keeper) keepRead(ctx context.Context, e Entry) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if err := k.keepHistory(ctx, e); err != nil && ctx.Err() == nil {
		k.Log.Warn("what was read is not in the archive", "app", e.App, "error", err)
	}
}

func (k *Keeper) keepHistory(ctx context.Context, e Entry) error {
	if len(e.Said) == 0 {
		return nil
	}
	keys := make([]string, len(e.Said))
	for i, m := range e.Said {
		keys[i] = m.Key
	}
	kept, err := k.Store.Get(ctx, e.Place, keys)
	if err != nil {
		return err
	}
	for _, m := range e.Said {
		old, is := kept[m.Key]
		switch {
		case !is || old.At.IsZero():
		case m.State == store.ArchiveRecalled && old.State != store.ArchiveRecalled:
			e.Recalls = append(e.Recalls, m.Key)
		case m.State == store.ArchiveSaid && old.State != store.ArchiveRecalled && m.Text != old.Text && len(m.Text) <= store.MaxArchiveText:
			m.Changed = e.At
			e.Edits = append(e.Edits, m)
		}
	}
	return k.keep(ctx, []Entry{e})
}

// Edited keeps what a message says since imdesk edited it, and what it said before. It returns when it is on disk.
func (k *Keeper) Edited(ctx context.Context, p store.Conversation, before, after imclient.Message) error {
	if !k.KeepsPlace(p) {
		return nil
	}
	k.init()
	e := k.history(p, []imclient.Message{before}, FromHistory)
	a := Message(p, after, FromHistory)
	a.Added, a.Changed = e.At, e.At
	e.Edits = []store.Archived{a}
	return k.take(ctx, e)
}

// Recalled notes what imdesk took back, for services that do not tell.
func (k *Keeper) Recalled(ctx context.Context, p store.Conversation, ids []string) error {
	if !k.KeepsPlace(p) || len(ids) == 0 {
		return nil
	}
	k.init()
	return k.take(ctx, Entry{App: p.App, Place: p, At: k.Now(), Recalls: ids})
}

// maxPeers is how many direct chats are remembered with who is in them.
const maxPeers = 50_000

func (k *Keeper) peersOf(app, chat string) ([2]string, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, ok := k.peers[app+" "+chat]
	return p, ok
}

// askPeers asks the service who is in a direct chat.
func (k *Keeper) askPeers(ctx context.Context, app, chat string) ([2]string, error) {
	if p, ok := k.peersOf(app, chat); ok {
		return p, nil
	}
	im := k.service(app)
	if im == nil {
		return [2]string{}, errors.New("the app's service cannot be asked")
	}
	p, err := im.Chats.Peers(imclient.WithPriority(ctx, imclient.PriorityJob), chat)
	if err != nil {
		return p, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.peers) >= maxPeers {
		clear(k.peers)
	}
	k.peers[app+" "+chat] = p
	return p, nil
}

func (k *Keeper) service(app string) *imclient.Client {
	if k.Services == nil {
		return nil
	}
	return k.Services(app)
}

// emptyChats finds out between whom messages were said of which only the service's name of the chat is known, and keeps them. A chat
// that the service does not know, any more, is left out.
func (k *Keeper) emptyChats(ctx context.Context) {
	if !k.chatting.TryLock() { // the look before is still under way
		return
	}
	defer k.chatting.Unlock()
	aside, err := k.chats.aside()
	if err != nil {
		k.Log.Warn("it cannot be asked who was in direct chats", "error", err)
		return
	}
	n, err := aside.empty(func(entries []Entry) error {
		var list []Entry
		for _, e := range entries {
			p, err := k.askPeers(ctx, e.App, e.Chat)
			switch {
			case errors.Is(err, imclient.ErrNotFound) || errors.Is(err, imclient.ErrUnsupported):
				continue
			case err != nil:
				return err
			}
			list = append(list, e.placed(store.Conversation{App: e.App, Users: p}))
		}
		ctx, cancel := context.WithTimeout(ctx, 10*writeTime)
		defer cancel()
		return k.keep(ctx, list)
	})
	if n > 0 {
		k.Log.Info("it is known who was in direct chats", "messages", n)
	}
	if err != nil && ctx.Err() == nil {
		k.Log.Warn("it is not known yet who was in direct chats", "error", err)
	}
}

// PlaceOf is where a conversation of an app is kept.
func PlaceOf(app string, c imclient.Conversation) store.Conversation {
	if c.Direct() {
		return store.Conversation{App: app, Users: [2]string{c.User, c.Peer}}
	}
	return store.Conversation{App: app, Group: c.Group}
}
