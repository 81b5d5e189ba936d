package actions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"imdesk/imclient"
)

// extensionWork changes keys and values of a message. Its items are the keys. A key whose version is not the one that was
// seen is left alone, since the service does not look at the version that its administrator sends.
type extensionWork struct {
	where   Where
	conv    imclient.Conversation
	message string
	set     []imclient.Extension
	remove  []imclient.Extension
	clear   bool
	restore map[string]string // undo: the values before, "" for none
	now     map[string]imclient.Extension
}

func (w *extensionWork) load(ctx context.Context, p *plan) (err error) {
	w.conv, err = p.loadWhere(ctx, w.where, imclient.VerbExtensions, imclient.VerbDirectExtensions)
	if err != nil {
		return err
	}
	if err := w.look(ctx, p); err != nil {
		return err
	}
	if w.restore != nil {
		return w.loadRestore(p)
	}
	if w.clear {
		w.remove = nil
		for _, e := range w.now {
			w.remove = append(w.remove, e)
		}
		slices.SortFunc(w.remove, func(a, b imclient.Extension) int { return comparePositions(a.Key, b.Key) })
	}
	for _, e := range w.set {
		item := Item{ID: e.Key, Before: known(w.now[e.Key].Value), Want: known(e.Value), Effect: EffectExtensionSet}
		_, there := w.now[e.Key]
		switch {
		case there && w.now[e.Key].Value == e.Value:
			item.skip(SkipSame)
		case w.now[e.Key].Version != e.Version:
			item.skip(SkipConflict)
		case !there:
			item.Effect = EffectExtensionNew
		}
		p.items = append(p.items, item)
	}
	for _, e := range w.remove {
		item := Item{ID: e.Key, Before: known(w.now[e.Key].Value), Want: known(""), Effect: EffectExtensionGone}
		if now, there := w.now[e.Key]; !there {
			item.skip(SkipNotThere)
		} else if now.Version != e.Version {
			item.skip(SkipConflict)
		}
		p.items = append(p.items, item)
	}
	return nil
}

// loadRestore plans an undo: what the keys held before.
func (w *extensionWork) loadRestore(p *plan) error {
	for key, value := range w.restore {
		now := w.now[key]
		p.items = append(p.items, Item{ID: key, Before: known(now.Value), Want: known(value), Effect: EffectRestored})
		e := imclient.Extension{Key: key, Value: value, Version: now.Version}
		if value == "" {
			w.remove = append(w.remove, e)
		} else {
			w.set = append(w.set, e)
		}
	}
	slices.SortFunc(p.items, func(a, b Item) int { return comparePositions(a.ID, b.ID) })
	return nil
}

func (w *extensionWork) look(ctx context.Context, p *plan) error {
	list, err := p.app.IM.Extensions.List(ctx, w.conv, w.message)
	if err != nil {
		return fmt.Errorf("read the message's extensions: %w", err)
	}
	w.now = make(map[string]imclient.Extension, len(list))
	for _, e := range list {
		w.now[e.Key] = e
	}
	return nil
}

// extensionBatch is what one call takes at every service known; more are several calls.
const extensionBatch = 20

func (w *extensionWork) send(ctx context.Context, p *plan) sent {
	acting := p.acting()
	only := func(list []imclient.Extension) (left []imclient.Extension) {
		for _, e := range list {
			if slices.Contains(acting, e.Key) {
				left = append(left, e)
			}
		}
		return left
	}
	if w.clear {
		return sent{rest: reply{p.app.IM.Extensions.Clear(ctx, w.conv, w.message), true}}
	}
	var s sent
	take := func(list []imclient.Extension, call func(context.Context, imclient.Conversation, string, []imclient.Extension) ([]imclient.ExtensionRefused, error)) {
		if list = only(list); len(list) == 0 {
			return
		}
		refused, err := call(ctx, w.conv, w.message, list)
		for _, e := range list {
			s.set(e.Key, reply{err, len(list) <= extensionBatch})
		}
		for _, r := range refused {
			e := r.Err
			if e == nil { // a client that names no reason
				e = &imclient.Error{Op: "refused", Kind: imclient.ErrConflict, Sent: true}
			}
			s.set(r.Key, reply{e, true})
		}
	}
	take(w.set, p.app.IM.Extensions.Set)
	take(w.remove, p.app.IM.Extensions.Remove)
	return s
}

func (w *extensionWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	if err := w.look(ctx, p); err != nil {
		return nil, err
	}
	now := make(map[string]Value, len(p.items))
	for _, i := range p.items {
		now[i.ID] = known(w.now[i.ID].Value)
	}
	return now, nil
}

func (w *extensionWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *extensionWork) targets(*plan) (users, messages []string) {
	return w.where.users(), []string{w.message}
}

// options: an undo has to find the message again.
func (w *extensionWork) options() map[string]any {
	o := map[string]any{"message": w.message}
	if w.where.direct() {
		o["user"], o["peer"] = w.where.User, w.where.Peer
	}
	return o
}
