package actions

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"imdesk/imclient"
)

// liveBroadcastWork says something in every live room.
type liveBroadcastWork struct{ asked LiveBroadcast }

func (w *liveBroadcastWork) load(_ context.Context, p *plan) error {
	p.items = []Item{{ID: p.app.ID, Effect: EffectLiveBroadcast}}
	return p.offered(imclient.VerbLiveBroadcast)
}

func (w *liveBroadcastWork) send(ctx context.Context, p *plan) sent {
	said, err := p.app.IM.Live.Broadcast(ctx, imclient.Draft{
		From: w.asked.From, Body: []imclient.Element{imclient.Text{Text: w.asked.Text}}, Key: w.asked.Key,
	})
	if err == nil && said.Dropped != "" { // the service took it and threw it away
		err = &imclient.Error{Op: "live.broadcast", Vendor: p.app.IM.Vendor, Kind: imclient.ErrRateLimited, Detail: said.Dropped, Sent: true}
	}
	return sent{rest: reply{err, true}}
}

// read: nobody can look whether it came.
func (w *liveBroadcastWork) read(context.Context, *plan) (map[string]Value, error) { return nil, nil }

func (w *liveBroadcastWork) matches(Value, Value, time.Time) bool { return false }

func (w *liveBroadcastWork) targets(*plan) (users, messages []string) { return nil, nil }

func (w *liveBroadcastWork) options() map[string]any {
	return withoutEmpty(map[string]any{"text": w.asked.Text, "from": w.asked.From})
}

// broadcastWork sends a message to many users.
type broadcastWork struct {
	asked Broadcast
	task  string // the service's name for it
}

func (w *broadcastWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbBroadcast); err != nil {
		return err
	}
	if w.asked.From == "" && !p.app.IM.Caps.Traits.Administrator {
		return &Invalid{Fields: map[string]Text{"from": {Key: "action.invalid.required"}}}
	}
	item := Item{ID: p.app.ID, Effect: EffectBroadcast}
	if w.chosen() {
		item.Effect = EffectBroadcastSome
	}
	p.items = []Item{item}
	return w.attributes(ctx, p)
}

// chosen reports whether not everybody gets it.
func (w *broadcastWork) chosen() bool {
	a := w.asked
	return len(a.AnyTag)+len(a.AllTag)+len(a.AnyAttribute)+len(a.AllAttribute) > 0
}

// attributes checks that the app has the attributes that are named: the service would refuse.
func (w *broadcastWork) attributes(ctx context.Context, p *plan) error {
	if len(w.asked.AnyAttribute)+len(w.asked.AllAttribute) == 0 {
		return nil
	}
	names, err := p.app.IM.Broadcasts.AttributeNames(ctx)
	if err != nil {
		return fmt.Errorf("read the names of attributes: %w", err)
	}
	var bad fields
	for _, set := range []map[string]string{w.asked.AnyAttribute, w.asked.AllAttribute} {
		for _, name := range slices.Sorted(maps.Keys(set)) {
			if !slices.Contains(names, name) {
				bad.add("attributes", "action.invalid.attribute", "name", name)
			}
		}
	}
	return bad.err()
}

func (w *broadcastWork) send(ctx context.Context, p *plan) sent {
	a := w.asked
	key := a.Key
	if !p.app.IM.Caps.Traits.BroadcastPush {
		key = "" // the service knows none; a form is carried out once all the same
	}
	task, err := p.app.IM.Broadcasts.Send(ctx, imclient.Broadcast{
		From: a.From, Body: []imclient.Element{imclient.Text{Text: a.Text}}, Key: key, Keep: a.Keep, Title: a.Title, Text: a.Push,
		AnyTag: a.AnyTag, AllTag: a.AllTag, AnyAttribute: a.AnyAttribute, AllAttribute: a.AllAttribute,
	})
	w.task = task
	return sent{rest: reply{err, true}}
}

// read: nobody can look whom it reached.
func (w *broadcastWork) read(context.Context, *plan) (map[string]Value, error) { return nil, nil }

func (w *broadcastWork) matches(Value, Value, time.Time) bool { return false }

func (w *broadcastWork) settled(*Item, answer) {}

func (w *broadcastWork) requestID() string { return w.task }

func (w *broadcastWork) targets(*plan) (users, messages []string) { return nil, nil }

func (w *broadcastWork) options() map[string]any {
	a := w.asked
	return withoutEmpty(map[string]any{
		"text": a.Text, "from": a.From, "title": a.Title, "push": a.Push, "keep_seconds": int64(a.Keep / time.Second), "any_tag": a.AnyTag, "all_tag": a.AllTag,
		"any_attribute": a.AnyAttribute, "all_attribute": a.AllAttribute,
	})
}

// withoutEmpty leaves out what is not set.
func withoutEmpty(o map[string]any) map[string]any {
	maps.DeleteFunc(o, func(_ string, v any) bool {
		switch v := v.(type) {
		case string:
			return v == ""
		case int64:
			return v == 0
		case []string:
			return len(v) == 0
		case map[string]string:
			return len(v) == 0
		}
		return false
	})
	return o
}

// tagWork gives tags to users, takes them away, or makes them what an undo found.
type tagWork struct {
	users   []string
	tags    []string
	on      bool
	restore map[string]string // lists by user; nil unless this is an undo
}

func (w *tagWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbBroadcast); err != nil {
		return err
	}
	missing, _, err := p.app.IM.Users.Check(ctx, w.users)
	if err != nil {
		return fmt.Errorf("look for the users: %w", err)
	}
	now, err := w.read(ctx, p)
	if err != nil {
		return err
	}
	for _, u := range w.users {
		item := Item{ID: u, Before: now[u], Want: now[u].with(w.tags, w.on), Effect: EffectTagged}
		switch {
		case slices.Contains(missing, u):
			item.skip(SkipNoUser)
		case w.restore != nil:
			item.Want, item.Effect = known(w.restore[u]), EffectRestored
		case item.Before == item.Want:
			item.skip(SkipSame)
		case !w.on:
			item.Effect = EffectUntagged
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *tagWork) send(ctx context.Context, p *plan) sent {
	b := p.app.IM.Broadcasts
	if w.restore == nil {
		users := p.acting()
		call := b.AddTags
		if !w.on {
			call = b.RemoveTags
		}
		refused, err := call(ctx, users, w.tags)
		s := sent{rest: reply{err, len(users) == 1}}
		s.refused(refused)
		return s
	}
	return p.forEach(ctx, func(ctx context.Context, i Item) error {
		add, remove := difference(i.Before, i.Want)
		for _, change := range []struct {
			tags []string
			call func(context.Context, []string, []string) ([]imclient.Refused, error)
		}{{add, b.AddTags}, {remove, b.RemoveTags}} {
			if len(change.tags) == 0 {
				continue
			}
			refused, err := change.call(ctx, []string{i.ID}, change.tags)
			if err != nil {
				return err
			}
			if len(refused) > 0 {
				return refused[0].Err
			}
		}
		return nil
	})
}

func (w *tagWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	list, err := p.app.IM.Broadcasts.Tags(ctx, w.users)
	if err != nil {
		return nil, fmt.Errorf("read the tags: %w", err)
	}
	now := make(map[string]Value, len(list))
	for _, u := range list {
		now[u.UserID] = listValue(u.Tags)
	}
	return now, nil
}

func (w *tagWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *tagWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *tagWork) options() map[string]any { return map[string]any{"tags": w.tags, "on": w.on} }

// inverseOfApp is the work that takes back what was done to an app as a whole; nil for what is not.
func inverseOfApp(first Result, d Detail, ids []string, before map[string]string) work {
	switch first.Verb {
	case VerbAddWords, VerbRemoveWords:
		library, _ := d.Options["library"].(string)
		label, _ := d.Options["label"].(string)
		return &wordWork{library: library, label: label, words: ids, want: before, restore: true}
	case VerbLiveMark:
		made := map[string]string{}
		for _, i := range first.Items {
			made[i.ID] = i.Want.Text
		}
		return &markWork{group: first.Group, users: ids, restore: before, made: made}
	case VerbUserTags:
		return &tagWork{users: ids, restore: before}
	case VerbAllow:
		return &allowWork{group: first.Group, users: ids, want: before, restore: true}
	case VerbMarkRoom:
		return &roomMarkWork{group: first.Group, marks: ids, want: before, restore: true}
	}
	return nil
}
