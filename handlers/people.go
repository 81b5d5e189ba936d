package handlers

import (
	"context"
	"sync"

	"imdesk/imclient"
	"imdesk/web/templates"
)

// people is what is known of the users on a page of one group.
type people struct {
	users   map[string]imclient.User
	members map[string]imclient.Member
	asked   bool  // members are complete: who is not in it has left
	failed  error // neither names nor roles could be had
}

// peopleOf asks for those who speak or are spoken of in messages: one batch for names and one for memberships, at the
// same time.
func (s *Server) peopleOf(ctx context.Context, app *App, g imclient.Group, messages []imclient.Message) *people {
	var ids []string
	seen := map[string]bool{}
	add := func(id string) {
		if id != "" && !seen[id] && len(ids) < maxPeople {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, m := range messages {
		if m.Tip {
			t := readTip(m.Body)
			add(t.operator)
			for _, id := range t.members {
				add(id)
			}
			continue
		}
		add(m.From)
	}
	return s.people(ctx, app, g, ids)
}

// maxPeople bounds whom a page asks for; the service takes 50 or 100 a call, and the client splits.
const maxPeople = 200

// people asks for users and, unless the group is the zero one, their memberships in it.
func (s *Server) people(ctx context.Context, app *App, g imclient.Group, ids []string) *people {
	p := &people{users: map[string]imclient.User{}, members: map[string]imclient.Member{}}
	if len(ids) == 0 {
		return p
	}
	var users []imclient.User
	var members []imclient.Member
	var usersErr, membersErr error
	var wg sync.WaitGroup
	wg.Go(func() { users, _, usersErr = app.IM.Users.GetMany(ctx, ids) })
	inGroup := g.ID != "" && !app.IM.Caps.Info(g.Type).Live // of a direct chat there are no members
	if inGroup {
		wg.Go(func() { members, membersErr = app.IM.Members.Get(ctx, g.ID, ids) })
	}
	wg.Wait()
	for _, u := range users {
		p.users[u.ID] = u
	}
	for _, m := range members {
		p.members[m.UserID] = m
	}
	p.asked = membersErr == nil && inGroup
	if p.failed = usersErr; p.failed == nil {
		p.failed = membersErr
	}
	return p
}

// name is what somebody is called in the group: the name card, else the name; "" if neither is known.
func (p *people) name(id string) string {
	if p == nil {
		return ""
	}
	m := p.members[id]
	for _, name := range []string{m.NameCard, p.users[id].Nick, m.Nick} {
		if orID(name, "") != "" {
			return name
		}
	}
	return ""
}

// nick is the name of somebody who has a name card that differs.
func (p *people) nick(id string) string {
	m := p.members[id]
	nick := orID(p.users[id].Nick, m.Nick)
	if orID(m.NameCard, "") == "" || nick == m.NameCard {
		return ""
	}
	return nick
}

// gone reports whether somebody is known not to be in the group any more.
func (p *people) gone(id string) bool {
	_, is := p.members[id]
	return p.asked && !is
}

// role is as RoleChip takes it; "" for plain members, who are the rule, and for those who left.
func (p *people) role(id string) string {
	if r := p.members[id].Role; r == imclient.RoleOwner || r == imclient.RoleAdmin {
		return string(r)
	}
	return ""
}

// mute is whether a member may speak.
func (p *people) mute(s *Server, id string) templates.MuteView {
	until := p.members[id].MutedUntil
	switch {
	case until.IsZero() || !until.After(s.Now()):
		return templates.MuteView{}
	case !until.Before(imclient.Forever):
		return templates.MuteView{Muted: true}
	}
	return templates.MuteView{Muted: true, Until: until}
}

// names are all that are known.
func (p *people) names() names {
	n := names{}
	for id := range p.users {
		n[id] = p.name(id)
	}
	for id := range p.members {
		n[id] = p.name(id)
	}
	return n
}
