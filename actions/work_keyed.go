package actions

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"imdesk/imclient"
)

// attributeMark stands before the text of an attribute that is there, so that one that is empty differs from none.
const attributeMark = "="

// AttributeText is the value of an attribute in writing, as Value.Text has it; "" is no attribute.
func AttributeText(value string) string { return attributeMark + value }

// AttributeValue reads AttributeText.
func AttributeValue(text string) (value string, there bool) {
	return strings.CutPrefix(text, attributeMark)
}

// shelf is where texts stand under keys: app-defined fields, attributes, what a topic says of itself.
type shelf interface {
	needs() imclient.Verb
	// now is what stands there; a key that is not in it stands for "".
	now(ctx context.Context, p *plan, w *keyedWork) (map[string]string, error)
	// change makes it what the items want.
	change(ctx context.Context, p *plan, w *keyedWork, items []Item) sent
}

// keyedWork changes texts under keys. Its items are the keys.
type keyedWork struct {
	group, user, topic string // topic of the group; user in it
	other              string // whom the user has blocked
	shelf              shelf
	want               map[string]string // "" removes
	seen               map[string]string // what the form showed; nil: not checked
	all                bool              // remove whatever is there
	restore            bool
}

func (w *keyedWork) load(ctx context.Context, p *plan) error {
	if w.group != "" {
		if err := p.loadGroup(ctx, w.group); err != nil {
			return err
		}
	}
	if err := p.offered(w.shelf.needs()); err != nil {
		return err
	}
	now, err := w.shelf.now(ctx, p, w)
	if err != nil {
		return err
	}
	bad := fields{}
	if w.all {
		w.want = map[string]string{}
		for key := range now {
			w.want[key] = ""
		}
		if w.seen != nil && !maps.Equal(now, w.seen) {
			bad.add("key", "action.invalid.changed")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.want)) {
		item := Item{ID: key, Before: w.value(p, now, key), Want: known(w.want[key])}
		switch {
		case item.Before == item.Want && !w.restore:
			item.skip(SkipSame)
		case item.Before.Text == "":
			item.Effect = EffectSet
		case item.Want.Text == "":
			item.Effect = EffectRemoved
		default:
			item.Effect = EffectChanged
		}
		if seen, checked := w.seen[key]; checked && !w.all && item.Skip == "" && item.Before.Text != seen {
			bad.add(key, "action.invalid.changed", "now", item.Before.Text)
		}
		p.items = append(p.items, item)
	}
	return bad.err()
}

func (w *keyedWork) send(ctx context.Context, p *plan) sent {
	var items []Item
	for _, id := range p.acting() {
		items = append(items, *p.item(id))
	}
	return w.shelf.change(ctx, p, w, items)
}

func (w *keyedWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	now, err := w.shelf.now(ctx, p, w)
	if err != nil {
		return nil, err
	}
	values := make(map[string]Value, len(w.want))
	for key := range w.want {
		if v := w.value(p, now, key); v.Known {
			values[key] = v
		}
	}
	return values, nil
}

// value is what stands under a key. Of a group's fields the service may tell those only that it is asked for.
func (w *keyedWork) value(p *plan, now map[string]string, key string) Value {
	text, there := now[key]
	if _, of := w.shelf.(groupFields); of && !there && !p.app.IM.Caps.Tells(key) {
		return Value{}
	}
	return known(text)
}

func (w *keyedWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *keyedWork) targets(*plan) (users, messages []string) {
	for _, u := range []string{w.user, w.other} {
		if u != "" {
			users = append(users, u)
		}
	}
	return users, nil
}

func (w *keyedWork) options() map[string]any {
	o := map[string]any{"fields": slices.Sorted(maps.Keys(w.want))}
	if w.topic != "" {
		o["topic"] = w.topic
	}
	if w.user != "" {
		o["user"] = w.user
	}
	if w.other != "" {
		o["other"] = w.other
	}
	return o
}

// wanted are items as fields.
func wanted(items []Item) []imclient.Field {
	list := make([]imclient.Field, len(items))
	for i, item := range items {
		list[i] = imclient.Field{Key: item.ID, Value: item.Want.Text}
	}
	return list
}

// memberFields are app-defined fields of a member.
type memberFields struct{}

func (memberFields) needs() imclient.Verb { return imclient.VerbMemberFields }

func (memberFields) now(ctx context.Context, p *plan, w *keyedWork) (map[string]string, error) {
	members, err := p.membersNow(ctx, []string{w.user})
	if err != nil {
		return nil, err
	}
	m, is := members[w.user]
	if !is {
		return nil, &Invalid{Fields: map[string]Text{"user": {Key: "action.invalid.not_member", Args: []any{"id", w.user}}}}
	}
	return byKey(m.Custom), nil
}

func (memberFields) change(ctx context.Context, p *plan, w *keyedWork, items []Item) sent {
	return sent{rest: reply{p.app.IM.Members.SetCustom(ctx, w.group, w.user, wanted(items)), true}}
}

// groupFields are app-defined fields of a group.
type groupFields struct{}

func (groupFields) needs() imclient.Verb { return imclient.VerbEditGroup }

func (groupFields) now(ctx context.Context, p *plan, w *keyedWork) (map[string]string, error) {
	g, err := p.app.IM.Groups.Get(ctx, w.group)
	if err != nil {
		return nil, fmt.Errorf("read the group: %w", err)
	}
	return byKey(g.Custom), nil
}

func (groupFields) change(ctx context.Context, p *plan, w *keyedWork, items []Item) sent {
	return sent{rest: reply{p.app.IM.Groups.Change(ctx, w.group, imclient.GroupChange{Custom: wanted(items)}), true}}
}

// attributes are those of a group.
type attributes struct{}

func (attributes) needs() imclient.Verb { return imclient.VerbAttributes }

func (attributes) now(ctx context.Context, p *plan, w *keyedWork) (map[string]string, error) {
	list, err := p.app.IM.Attributes.List(ctx, w.group)
	if err != nil {
		return nil, fmt.Errorf("read the attributes: %w", err)
	}
	m := make(map[string]string, len(list))
	for _, f := range list {
		m[f.Key] = AttributeText(f.Value)
	}
	return m, nil
}

// change takes a call for those that are set and one for those that go.
func (attributes) change(ctx context.Context, p *plan, w *keyedWork, items []Item) sent {
	var set []imclient.Field
	var gone, kept []string
	for _, i := range items {
		if value, there := AttributeValue(i.Want.Text); there {
			set, kept = append(set, imclient.Field{Key: i.ID, Value: value}), append(kept, i.ID)
		} else {
			gone = append(gone, i.ID)
		}
	}
	var s sent
	if len(set) > 0 {
		err := p.app.IM.Attributes.Set(ctx, w.group, set)
		for _, key := range kept {
			s.set(key, reply{err, true})
		}
	}
	if len(gone) > 0 {
		var err error
		if w.all && p.app.IM.Caps.Can(imclient.VerbClearAttrs, p.group.Type) {
			err = p.app.IM.Attributes.Clear(ctx, w.group)
		} else {
			err = p.app.IM.Attributes.Remove(ctx, w.group, gone)
		}
		for _, key := range gone {
			s.set(key, reply{err, true})
		}
	}
	return s
}

// topicFields are what a topic says of itself.
type topicFields struct{}

func (topicFields) needs() imclient.Verb { return imclient.VerbTopics }

func (topicFields) now(ctx context.Context, p *plan, w *keyedWork) (map[string]string, error) {
	t, err := p.topic(ctx, w.topic)
	if err != nil {
		return nil, err
	}
	return TopicTexts(t), nil
}

// TopicTexts are what a topic says of itself, by the fields of EditTopic.
func TopicTexts(t imclient.Topic) map[string]string {
	m := map[string]string{
		FieldName: t.Name, FieldIntro: t.Intro, FieldNotice: t.Notice, FieldAvatar: t.AvatarURL, FieldCustom: t.Custom,
	}
	switch t.MuteAll {
	case imclient.On:
		m[FieldMuteAll] = TextOn
	case imclient.Off:
		m[FieldMuteAll] = TextOff
	}
	return m
}

func (topicFields) change(ctx context.Context, p *plan, w *keyedWork, items []Item) sent {
	var change imclient.TopicChange
	for _, i := range items {
		v := i.Want.Text
		switch i.ID {
		case FieldName:
			change.Name = &v
		case FieldIntro:
			change.Intro = &v
		case FieldNotice:
			change.Notice = &v
		case FieldAvatar:
			change.AvatarURL = &v
		case FieldCustom:
			change.Custom = &v
		case FieldMuteAll:
			on := v == TextOn
			change.MuteAll = &on
		}
	}
	return sent{rest: reply{p.app.IM.Topics.Change(ctx, w.topic, change), true}}
}

// keyedInverse puts back what stood under keys.
func keyedInverse(first Result, before map[string]string, d Detail) work {
	user, _ := d.Options["user"].(string)
	topic, _ := d.Options["topic"].(string)
	shelves := map[Verb]shelf{
		VerbMemberFields: memberFields{}, VerbGroupFields: groupFields{}, VerbAttributes: attributes{}, VerbEditTopic: topicFields{},
	}
	return &keyedWork{group: first.Group, user: user, topic: topic, shelf: shelves[first.Verb], want: before, restore: true}
}
