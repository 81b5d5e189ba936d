package actions

import (
	"context"
	"maps"
	"slices"
	"time"

	"imdesk/imclient"
)

// groupWork changes fields of a group: those of EditGroup, or mute all.
type groupWork struct {
	group   string
	want    map[string]string // by field
	seen    map[string]string // what the form showed; nil: not checked
	restore bool
}

// fieldNeeds is the capability for each field, in the order in which they are shown.
var fieldNeeds = []struct {
	field string
	needs imclient.Verb
}{
	{FieldName, imclient.VerbEditGroup},
	{FieldIntro, imclient.VerbEditGroup},
	{FieldNotice, imclient.VerbEditGroup},
	{FieldAvatar, imclient.VerbAvatar},
	{FieldJoinOption, imclient.VerbJoinOption},
	{FieldMuteAll, imclient.VerbMuteAll},
}

func (w *groupWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	conflicts := fields{}
	for _, f := range fieldNeeds {
		want, asked := w.want[f.field]
		if !asked {
			continue
		}
		item := Item{ID: f.field, Before: groupField(p.group, f.field), Want: known(want), Effect: EffectChanged}
		if f.field == FieldMuteAll {
			item.Effect = map[string]string{TextOn: EffectMuteAll, TextOff: EffectUnmuteAll}[want]
		}
		if item.Before == item.Want && !w.restore {
			item.skip(SkipSame)
		} else if err := p.offered(f.needs); err != nil {
			return err
		}
		if seen, checked := w.seen[f.field]; checked && item.Skip == "" && item.Before.Text != seen {
			conflicts.add(f.field, "action.invalid.changed", "now", item.Before.Text)
		}
		p.items = append(p.items, item)
	}
	return conflicts.err()
}

// groupField reads one field.
func groupField(g imclient.Group, field string) Value {
	switch field {
	case FieldName:
		return known(g.Name)
	case FieldIntro:
		return known(g.Intro)
	case FieldNotice:
		return known(g.Notice)
	case FieldAvatar:
		return known(g.AvatarURL)
	case FieldJoinOption:
		return known(g.JoinOption)
	case FieldMuteAll:
		switch g.MuteAll {
		case imclient.On:
			return known(TextOn)
		case imclient.Off:
			return known(TextOff)
		}
	}
	return Value{}
}

func (w *groupWork) send(ctx context.Context, p *plan) sent {
	var change imclient.GroupChange
	for _, id := range p.acting() {
		v := p.item(id).Want.Text
		switch id {
		case FieldName:
			change.Name = &v
		case FieldIntro:
			change.Intro = &v
		case FieldNotice:
			change.Notice = &v
		case FieldAvatar:
			change.AvatarURL = &v
		case FieldJoinOption:
			change.JoinOption = &v
		case FieldMuteAll:
			on := v == TextOn
			change.MuteAll = &on
		}
	}
	return sent{rest: reply{p.app.IM.Groups.Change(ctx, w.group, change), true}}
}

func (w *groupWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	g, err := p.app.IM.Groups.Get(ctx, w.group)
	if err != nil {
		return nil, err
	}
	now := map[string]Value{}
	for field := range w.want {
		if v := groupField(g, field); v.Known {
			now[field] = v
		}
	}
	return now, nil
}

func (w *groupWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *groupWork) targets(*plan) (users, messages []string) { return nil, nil }

func (w *groupWork) options() map[string]any {
	return map[string]any{"fields": slices.Sorted(maps.Keys(w.want))}
}

// noticeWork shows a text to those who are online.
type noticeWork struct {
	group, text string
	to          []string
}

func (w *noticeWork) load(ctx context.Context, p *plan) error {
	if err := p.loadConversation(ctx, w.group); err != nil {
		return err
	}
	p.items = []Item{{ID: w.group, Effect: EffectNotice}}
	return p.offered(imclient.VerbNotice)
}

func (w *noticeWork) send(ctx context.Context, p *plan) sent {
	return sent{rest: reply{p.app.IM.Groups.SendNotice(ctx, w.group, w.text, w.to), true}}
}

// read: nobody can look whether a notice came.
func (w *noticeWork) read(context.Context, *plan) (map[string]Value, error) { return nil, nil }

func (w *noticeWork) matches(Value, Value, time.Time) bool { return false }

func (w *noticeWork) targets(*plan) (users, messages []string) { return w.to, nil }

func (w *noticeWork) options() map[string]any { return map[string]any{"text": w.text} }
