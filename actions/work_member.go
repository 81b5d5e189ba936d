package actions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"imdesk/imclient"
)

// kickWork removes members.
type kickWork struct {
	group, reason string
	users         []string
	silent        bool
	alsoAdmins    bool

	members map[string]imclient.Member // as they were: an undo gives back role and name card
}

func (w *kickWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbKick); err != nil {
		return err
	}
	if p.readsMembers() {
		var err error
		if w.members, err = p.membersNow(ctx, w.users); err != nil {
			return err
		}
	}
	for _, u := range w.users {
		item := Item{ID: u, Want: known(TextOut), Effect: EffectKicked}
		if w.members != nil {
			item.Before = presence(w.members, u)
		}
		if skip := p.protected(u, w.members[u].Role, w.alsoAdmins); skip != "" {
			item.skip(skip)
		} else if item.Before.Known && item.Before.Text == TextOut {
			item.skip(SkipNotMember)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func presence(members map[string]imclient.Member, user string) Value {
	if _, is := members[user]; is {
		return known(TextIn)
	}
	return known(TextOut)
}

func (w *kickWork) send(ctx context.Context, p *plan) sent {
	limits := p.app.IM.Caps.Limits
	reason := ""
	if !w.silent {
		reason = cutText(w.reason, limits.KickReason)
	}
	users := p.acting()
	refused, err := p.app.IM.Members.Kick(ctx, w.group, users, w.silent, reason)
	s := sent{rest: reply{err, oneCall(users, limits.KickBatch)}}
	s.refused(refused)
	return s
}

func (w *kickWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	return readPresence(ctx, p, w.users)
}

func readPresence(ctx context.Context, p *plan, users []string) (map[string]Value, error) {
	if !p.readsMembers() {
		return nil, nil
	}
	members, err := p.membersNow(ctx, users)
	if err != nil {
		return nil, err
	}
	now := make(map[string]Value, len(users))
	for _, u := range users {
		now[u] = presence(members, u)
	}
	return now, nil
}

func (w *kickWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *kickWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *kickWork) options() map[string]any {
	if w.silent {
		return map[string]any{"silent": true}
	}
	return nil
}

// addWork puts people into a group: new ones (fresh), or kicked members back as what they were.
type addWork struct {
	group  string
	users  []string
	silent bool
	fresh  bool
	was    map[string]memberBefore
}

// memberBefore is what an undo of a kick gives back besides the membership.
type memberBefore struct {
	Role imclient.Role `json:"role,omitempty"` // RoleAdmin, or nothing
	Card string        `json:"card,omitempty"`
}

func (w *addWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbAddMember); err != nil {
		return err
	}
	now, err := readPresence(ctx, p, w.users)
	if err != nil {
		return err
	}
	for _, u := range w.users {
		item := Item{ID: u, Before: now[u], Want: known(TextIn), Effect: EffectAdded}
		if w.fresh {
			item.Effect = EffectJoins
		}
		if w.fresh && now[u].Text == TextIn {
			item.skip(SkipMember)
		}
		p.items = append(p.items, item)
	}
	return nil
}

// send adds all, then gives roles and name cards back. Who could not be given them is in the group all the same.
func (w *addWork) send(ctx context.Context, p *plan) sent {
	users := p.acting()
	refused, err := p.app.IM.Members.Add(ctx, w.group, users, w.silent)
	s := sent{rest: reply{err, len(users) == 1}}
	s.refused(refused)
	if err != nil || w.fresh {
		return s
	}
	p.forEach(ctx, func(ctx context.Context, i Item) error {
		was := w.was[i.ID]
		var role, card error
		if was.Role == imclient.RoleAdmin && s.of(i.ID).err == nil {
			role = p.app.IM.Members.SetRole(ctx, w.group, i.ID, was.Role)
		}
		if was.Card != "" && s.of(i.ID).err == nil {
			card = p.app.IM.Members.SetNameCard(ctx, w.group, i.ID, was.Card)
		}
		return errors.Join(role, card)
	})
	return s
}

func (w *addWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	return readPresence(ctx, p, w.users)
}

func (w *addWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *addWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *addWork) options() map[string]any {
	if w.fresh && w.silent {
		return map[string]any{"silent": true}
	}
	return nil
}

// roleWork makes members admins or takes the role away.
type roleWork struct {
	group   string
	users   []string
	want    map[string]string // role by user
	restore bool
}

func (w *roleWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbSetAdmin); err != nil {
		return err
	}
	now, err := w.read(ctx, p)
	if err != nil {
		return err
	}
	for _, u := range w.users {
		item := Item{ID: u, Before: now[u], Want: known(w.want[u]), Effect: EffectMember}
		if w.want[u] == string(imclient.RoleAdmin) {
			item.Effect = EffectAdmin
		}
		switch {
		case item.Before.Text == string(imclient.RoleOwner) || p.group.OwnerID != "" && p.group.OwnerID == u:
			item.skip(SkipOwner)
		case item.Before.Known && item.Before.Text == "":
			item.skip(SkipNotMember)
		case item.Before == item.Want && !w.restore:
			item.skip(SkipSame)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *roleWork) send(ctx context.Context, p *plan) sent {
	return p.forEach(ctx, func(ctx context.Context, i Item) error {
		return p.app.IM.Members.SetRole(ctx, w.group, i.ID, imclient.Role(i.Want.Text))
	})
}

// read tells the roles, "" for those who are not members.
func (w *roleWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	if !p.readsMembers() {
		return nil, nil
	}
	members, err := p.membersNow(ctx, w.users)
	if err != nil {
		return nil, err
	}
	now := make(map[string]Value, len(w.users))
	for _, u := range w.users {
		now[u] = known(string(members[u].Role))
	}
	return now, nil
}

func (w *roleWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *roleWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *roleWork) options() map[string]any { return nil }

// cardWork changes a name card.
type cardWork struct {
	group, user, card string
	restore           bool
}

func (w *cardWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbNameCard); err != nil {
		return err
	}
	now, err := w.read(ctx, p)
	if err != nil {
		return err
	}
	item := Item{ID: w.user, Before: now[w.user], Want: known(w.card), Effect: EffectNameCard}
	switch {
	case p.readsMembers() && !item.Before.Known:
		item.skip(SkipNotMember)
	case item.Before == item.Want && !w.restore:
		item.skip(SkipSame)
	}
	p.items = []Item{item}
	return nil
}

func (w *cardWork) send(ctx context.Context, p *plan) sent {
	return p.forEach(ctx, func(ctx context.Context, i Item) error {
		return p.app.IM.Members.SetNameCard(ctx, w.group, i.ID, i.Want.Text)
	})
}

func (w *cardWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	if !p.readsMembers() {
		return nil, nil
	}
	members, err := p.membersNow(ctx, []string{w.user})
	if err != nil {
		return nil, err
	}
	m, is := members[w.user]
	if !is {
		return nil, nil
	}
	return map[string]Value{w.user: known(m.NameCard)}, nil
}

func (w *cardWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *cardWork) targets(*plan) (users, messages []string) { return []string{w.user}, nil }

func (w *cardWork) options() map[string]any { return nil }

// signOutWork ends logins.
type signOutWork struct{ users []string }

func (w *signOutWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbSignOut); err != nil {
		return err
	}
	now, err := w.states(ctx, p)
	if err != nil {
		return err
	}
	for _, u := range w.users {
		item := Item{ID: u, Before: now[u], Want: known(TextOffline), Effect: EffectSignedOut}
		if p.isAdministrator(u) {
			item.skip(SkipAdministrator)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *signOutWork) send(ctx context.Context, p *plan) sent {
	return p.forEach(ctx, func(ctx context.Context, i Item) error { return p.app.IM.Users.SignOut(ctx, i.ID) })
}

// read tells about those only who were online and are offline now: one who is online may have signed in again, and of
// one who was offline nothing can be seen.
func (w *signOutWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	now, err := w.states(ctx, p)
	for u, v := range now {
		if i := p.item(u); v.Text != TextOffline || i.Before.Text == TextOffline {
			delete(now, u)
		}
	}
	return now, err
}

func (w *signOutWork) states(ctx context.Context, p *plan) (map[string]Value, error) {
	if !p.app.IM.Caps.Can(imclient.VerbOnline, "") {
		return nil, nil
	}
	list, err := p.app.IM.Users.Presence(ctx, w.users)
	if err != nil {
		return nil, fmt.Errorf("read who is online: %w", err)
	}
	now := make(map[string]Value, len(list))
	for _, u := range list {
		switch u.State {
		case "":
		case TextOffline:
			now[u.UserID] = known(TextOffline)
		default:
			now[u.UserID] = known(TextOnline)
		}
	}
	return now, nil
}

func (w *signOutWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *signOutWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *signOutWork) options() map[string]any { return nil }
