package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"imdesk/imclient"
)

// listValue writes a list of short texts, such as marks or tags, in the order of the alphabet.
func listValue(list []string) Value {
	list = slices.Clone(list)
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) == 0 {
		return known("")
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic(err) // a list of strings
	}
	return known(string(b))
}

// List reads what listValue wrote.
func (v Value) List() []string {
	var list []string
	if v.Text == "" || json.Unmarshal([]byte(v.Text), &list) != nil {
		return nil
	}
	return list
}

// with is the list with some more, or without them.
func (v Value) with(more []string, on bool) Value {
	if on {
		return listValue(append(v.List(), more...))
	}
	return listValue(slices.DeleteFunc(v.List(), func(s string) bool { return slices.Contains(more, s) }))
}

// difference is what is to be added to a list and what to be taken from it to make it another.
func difference(from, to Value) (add, remove []string) {
	was, is := from.List(), to.List()
	for _, s := range is {
		if !slices.Contains(was, s) {
			add = append(add, s)
		}
	}
	for _, s := range was {
		if !slices.Contains(is, s) {
			remove = append(remove, s)
		}
	}
	return add, remove
}

// markWork gives marks to users in a live room, takes them away, or gives back those that an undo found. The service lists
// marks as they were up to 40 seconds ago, so what came of it is the answer to the call: it names those who have them now.
type markWork struct {
	group   string
	users   []string
	marks   []string
	on      bool
	restore map[string]string // lists by user; nil unless this is an undo
	made    map[string]string // undo: what the action made of each
}

// markPages is how far the list of those who have a mark is read: a mark is for 1,000 people at most.
const markPages = 20

func (w *markWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbLiveMarks); err != nil {
		return err
	}
	if w.restore != nil {
		for _, u := range w.users {
			p.items = append(p.items, Item{ID: u, Want: known(w.restore[u]), Effect: EffectRestored})
		}
		return nil
	}
	now, err := w.marked(ctx, p)
	if err != nil {
		return err
	}
	for _, u := range w.users {
		item := Item{ID: u, Before: now[u], Want: now[u].with(w.marks, w.on), Effect: EffectMarked}
		if !w.on {
			item.Effect = EffectUnmarked
		}
		p.items = append(p.items, item)
	}
	return nil
}

// marked are those of the marks that users have. The service lists those who have a mark, mark by mark, and nobody's marks; of
// more people than it lists it stays unknown.
func (w *markWork) marked(ctx context.Context, p *plan) (map[string]Value, error) {
	has := map[string][]string{}
	for _, mark := range w.marks {
		pages := 0
		for page, err := range imclient.Pages(ctx, "", func(ctx context.Context, cursor string) (imclient.Page[imclient.Member], error) {
			return p.app.IM.Members.List(ctx, imclient.MemberListOptions{
				Group: w.group, Type: p.group.Type, Mark: mark, Cursor: cursor, Limit: p.app.IM.Caps.Limits.MembersPage,
			})
		}) {
			if err != nil {
				return nil, fmt.Errorf("read who has a mark: %w", err)
			}
			for _, m := range page.Items {
				has[m.UserID] = append(has[m.UserID], mark)
			}
			if pages++; pages == markPages && page.Next != "" {
				return map[string]Value{}, nil
			}
		}
	}
	found := map[string]Value{}
	for _, u := range w.users {
		found[u] = listValue(has[u])
	}
	return found, nil
}

func (w *markWork) send(ctx context.Context, p *plan) sent {
	if w.restore == nil {
		users := p.acting()
		refused, err := p.app.IM.Live.Mark(ctx, w.group, users, w.marks, w.on)
		s := sent{rest: reply{err, oneCall(users, MaxTargets)}}
		s.refused(refused)
		return s
	}
	return p.forEach(ctx, func(ctx context.Context, i Item) error {
		add, remove := difference(known(w.made[i.ID]), i.Want)
		for _, change := range []struct {
			marks []string
			on    bool
		}{{add, true}, {remove, false}} {
			if len(change.marks) == 0 {
				continue
			}
			refused, err := p.app.IM.Live.Mark(ctx, w.group, []string{i.ID}, change.marks, change.on)
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

// read: what the service lists is as old as the answer is new.
func (w *markWork) read(context.Context, *plan) (map[string]Value, error) { return nil, nil }

func (w *markWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *markWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *markWork) options() map[string]any {
	return map[string]any{"marks": w.marks, "on": w.on}
}

// settled: the answer names those who have the marks now, which is as good as a look.
func (w *markWork) settled(i *Item, a answer) {
	if a == accepted {
		i.State, i.Reason = StateApplied, ""
	}
}

func (w *markWork) requestID() string { return "" }
