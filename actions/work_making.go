package actions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"imdesk/imclient"
)

// makeWork makes a group or a topic. Its one item is the id of what is there: "" as long as nothing is.
type makeWork struct {
	community string // of a topic; "" for a group
	typ       imclient.GroupType
	id, name  string // id "": the service chooses
	needs     imclient.Verb
	wrong     func(p *plan, f *fields) // what the type does not allow
	make      func(ctx context.Context, p *plan) (string, error)
	there     func(ctx context.Context, p *plan, id string) error // ErrNotFound if nothing is
	recorded  map[string]any
}

func createMaking(a CreateGroup) *makeWork {
	return &makeWork{
		typ: a.Type, id: a.ID, name: a.Name, needs: imclient.VerbCreateGroup, there: groupThere,
		recorded: map[string]any{"name": a.Name, "owner": a.Owner},
		wrong: func(p *plan, f *fields) {
			caps := p.app.IM.Caps
			if a.Join != "" && !caps.Can(imclient.VerbJoinOption, a.Type) {
				f.add("join", caps.Why(imclient.VerbJoinOption, a.Type))
			}
			if a.Topics && !caps.Can(imclient.VerbTopics, a.Type) {
				f.add("topics", caps.Why(imclient.VerbTopics, a.Type))
			}
			if a.Most > 0 && caps.Info(a.Type).Live {
				f.add("most", "action.invalid.most_live")
			}
		},
		make: func(ctx context.Context, p *plan) (string, error) {
			id, _, err := p.app.IM.Groups.Create(ctx, imclient.NewGroup{
				ID: a.ID, Type: a.Type, Name: a.Name, Intro: a.Intro, Notice: a.Notice, AvatarURL: a.Avatar, OwnerID: a.Owner,
				JoinOption: a.Join, MaxMembers: a.Most, Topics: a.Topics, Custom: a.Custom,
			})
			return id, err
		},
	}
}

func importMaking(a ImportGroup) *makeWork {
	w := &makeWork{
		typ: a.Type, id: a.ID, name: a.Name, needs: imclient.VerbImport, there: groupThere,
		recorded: map[string]any{"name": a.Name, "owner": a.Owner},
		make: func(ctx context.Context, p *plan) (string, error) {
			return p.app.IM.Import.Group(ctx, imclient.ImportGroup{ID: a.ID, Type: a.Type, Name: a.Name, OwnerID: a.Owner, Created: a.Created})
		},
	}
	if !a.Created.IsZero() {
		w.recorded["created"] = a.Created.UTC().Format(time.RFC3339)
	}
	return w
}

func topicMaking(a CreateTopic) *makeWork {
	return &makeWork{
		community: a.Group, id: a.ID, name: a.Name, needs: imclient.VerbTopics, recorded: map[string]any{"name": a.Name},
		there: func(ctx context.Context, p *plan, id string) error {
			_, err := p.app.IM.Topics.Get(ctx, id)
			return err
		},
		make: func(ctx context.Context, p *plan) (string, error) {
			return p.app.IM.Topics.Create(ctx, imclient.NewTopic{
				ID: a.ID, Group: a.Group, Name: a.Name, Intro: a.Intro, Notice: a.Notice, AvatarURL: a.Avatar, Custom: a.Custom,
			})
		},
	}
}

func groupThere(ctx context.Context, p *plan, id string) error {
	_, err := p.app.IM.Groups.Get(ctx, id)
	return err
}

func (w *makeWork) load(ctx context.Context, p *plan) error {
	if w.community != "" {
		if err := p.loadGroup(ctx, w.community); err != nil {
			return err
		}
	} else {
		p.group, p.groupID = imclient.Group{Type: w.typ}, w.id
	}
	if err := p.offered(w.needs); err != nil {
		return err
	}
	bad := fields{}
	if w.wrong != nil {
		w.wrong(p, &bad)
	}
	if w.id != "" {
		switch err := w.there(ctx, p, w.id); {
		case err == nil:
			bad.add("id", "action.invalid.taken")
		case errors.Is(err, imclient.ErrInvalid):
			bad.add("id", "action.invalid.id", "id", w.id)
		case !errors.Is(err, imclient.ErrNotFound):
			return fmt.Errorf("look whether the id is taken: %w", err)
		}
	}
	p.items = []Item{{ID: cmp.Or(w.id, w.name), Before: known(""), Want: known(w.id), Effect: EffectMade}}
	return bad.err()
}

func (w *makeWork) send(ctx context.Context, p *plan) sent {
	id, err := w.make(ctx, p)
	if err == nil {
		w.id = id
		if w.community == "" {
			p.groupID = id
		}
	}
	return sent{rest: reply{err, true}}
}

// read looks whether it is there. Without an id, which comes with the answer, nobody can.
func (w *makeWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	if w.id == "" {
		return nil, nil
	}
	v := known(w.id)
	switch err := w.there(ctx, p, w.id); {
	case errors.Is(err, imclient.ErrNotFound):
		v = known("")
	case err != nil:
		return nil, err
	}
	return map[string]Value{p.items[0].ID: v}, nil
}

func (w *makeWork) matches(want, got Value, _ time.Time) bool {
	return got.Text != "" && (want.Text == "" || want == got)
}

func (w *makeWork) targets(*plan) (users, messages []string) { return nil, nil }

func (w *makeWork) options() map[string]any { return w.recorded }

// dismissWork ends a group.
type dismissWork struct{ group, name string }

func (w *dismissWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	w.name = p.group.Name
	p.items = []Item{{ID: w.group, Before: known(w.group), Want: known(""), Effect: EffectDismissed}}
	return p.offered(imclient.VerbDismiss)
}

func (w *dismissWork) send(ctx context.Context, p *plan) sent {
	return sent{rest: reply{p.app.IM.Groups.Dismiss(ctx, w.group), true}}
}

func (w *dismissWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	switch _, err := p.app.IM.Groups.Get(ctx, w.group); {
	case errors.Is(err, imclient.ErrNotFound):
		return map[string]Value{w.group: known("")}, nil
	case err != nil:
		return nil, err
	}
	return map[string]Value{w.group: known(w.group)}, nil
}

func (w *dismissWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *dismissWork) targets(*plan) (users, messages []string) { return nil, nil }

// options keep the name: nobody can ask the service for it any more.
func (w *dismissWork) options() map[string]any { return map[string]any{"name": w.name} }

// deleteTopicWork deletes a topic with what was said in it.
type deleteTopicWork struct{ group, topic, name string }

func (w *deleteTopicWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbTopics); err != nil {
		return err
	}
	t, err := p.topic(ctx, w.topic)
	if err != nil {
		return err
	}
	w.name = t.Name
	p.items = []Item{{ID: w.topic, Before: known(w.topic), Want: known(""), Effect: EffectTopicDeleted}}
	return nil
}

// topic reads a topic of the plan's group.
func (p *plan) topic(ctx context.Context, id string) (imclient.Topic, error) {
	t, err := p.app.IM.Topics.Get(ctx, id)
	if errors.Is(err, imclient.ErrInvalid) || err == nil && t.Group != p.groupID {
		return t, &imclient.Error{Op: "topics.get", Vendor: p.app.IM.Vendor, Kind: imclient.ErrNotFound}
	}
	if err != nil {
		return t, fmt.Errorf("read the topic: %w", err)
	}
	return t, nil
}

func (w *deleteTopicWork) send(ctx context.Context, p *plan) sent {
	refused, err := p.app.IM.Topics.Delete(ctx, w.group, []string{w.topic})
	s := sent{rest: reply{err, true}}
	s.refused(refused)
	return s
}

func (w *deleteTopicWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	switch _, err := p.app.IM.Topics.Get(ctx, w.topic); {
	case errors.Is(err, imclient.ErrNotFound):
		return map[string]Value{w.topic: known("")}, nil
	case err != nil:
		return nil, err
	}
	return map[string]Value{w.topic: known(w.topic)}, nil
}

func (w *deleteTopicWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *deleteTopicWork) targets(*plan) (users, messages []string) { return nil, nil }

func (w *deleteTopicWork) options() map[string]any { return map[string]any{"name": w.name} }

// transferWork gives a group to another owner. Its one item is named after the owner that was first asked for, in an undo
// too; its values are who owns the group.
type transferWork struct {
	group, item, owner string
	admin              bool // undo: the one who had it is made an admin again
	restore            bool

	wasAdmin bool
}

func (w *transferWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbTransfer); err != nil {
		return err
	}
	members, err := p.membersNow(ctx, []string{w.owner})
	if err != nil {
		return err
	}
	item := Item{ID: w.item, Before: known(p.group.OwnerID), Want: known(w.owner), Effect: EffectOwner}
	m, is := members[w.owner]
	switch {
	case p.group.OwnerID == w.owner && !w.restore:
		item.skip(SkipSame)
	case !is && w.restore:
		item.skip(SkipNotMember)
	case !is:
		return &Invalid{Fields: map[string]Text{"owner": {Key: "action.invalid.not_member", Args: []any{"id", w.owner}}}}
	}
	w.wasAdmin = m.Role == imclient.RoleAdmin
	p.items = []Item{item}
	return nil
}

// send transfers the group. Who could not be made an admin again has given the group back all the same.
func (w *transferWork) send(ctx context.Context, p *plan) sent {
	err := p.app.IM.Groups.Transfer(ctx, w.group, w.owner)
	if err == nil && w.admin {
		_ = p.app.IM.Members.SetRole(ctx, w.group, w.item, imclient.RoleAdmin)
	}
	return sent{rest: reply{err, true}}
}

func (w *transferWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	g, err := p.app.IM.Groups.Get(ctx, w.group)
	if err != nil {
		return nil, err
	}
	return map[string]Value{w.item: known(g.OwnerID)}, nil
}

func (w *transferWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *transferWork) targets(*plan) (users, messages []string) { return []string{w.owner}, nil }

func (w *transferWork) options() map[string]any {
	if w.wasAdmin {
		return map[string]any{"was_admin": true}
	}
	return nil
}

// clearWork deletes what was said in a group up to the newest message at the time of the plan.
type clearWork struct {
	group string
	upTo  string
	conv  imclient.Conversation
}

func (w *clearWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbClearHistory); err != nil {
		return err
	}
	w.conv = imclient.Conversation{Group: w.group, Type: p.group.Type}
	now, newest, err := w.said(ctx, p, "")
	if err != nil {
		return fmt.Errorf("read the messages: %w", err)
	}
	w.upTo = newest
	item := Item{ID: w.group, Before: now, Want: known(TextGone), Effect: EffectCleared}
	if now.Text == TextGone {
		item.skip(SkipNothingSaid)
	}
	p.items = []Item{item}
	return nil
}

// said tells whether anything is said at a position and shortly before it, and which is the newest position of that.
func (w *clearWork) said(ctx context.Context, p *plan, from string) (v Value, newest string, err error) {
	v = known(TextGone)
	for range historyCalls {
		page, err := p.app.IM.Messages.History(ctx, imclient.HistoryOptions{Conversation: w.conv, From: from})
		if err != nil {
			return Value{}, "", err
		}
		for _, m := range page.Messages {
			if newest == "" {
				newest = m.Seq
			}
			if m.State == imclient.MessageSaid && !m.Tip {
				return known(TextSaid), newest, nil
			}
		}
		if from = page.Older; from == "" {
			return v, newest, nil
		}
	}
	return v, newest, nil
}

func (w *clearWork) send(ctx context.Context, p *plan) sent {
	return sent{rest: reply{p.app.IM.Messages.Clear(ctx, w.group, w.upTo), true}}
}

func (w *clearWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	now, _, err := w.said(ctx, p, w.upTo)
	if err != nil {
		return nil, err
	}
	return map[string]Value{w.group: now}, nil
}

func (w *clearWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *clearWork) targets(*plan) (users, messages []string) { return nil, nil }

func (w *clearWork) options() map[string]any { return map[string]any{"up_to": w.upTo} }
