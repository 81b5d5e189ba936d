package handlers

import (
	"context"

	"imdesk/store"
)

// nameOf is what a user is called, as far as it is known without asking; else "".
func (s *Server) nameOf(app, user string) string {
	texts, _ := s.lineNames.of(s.Now(), lineName{app: app, id: user})
	return texts[0]
}

// groupNameOf is the same for a group.
func (s *Server) groupNameOf(app, group string) string {
	texts, _ := s.lineNames.of(s.Now(), lineName{app: app, id: group, group: true})
	return texts[0]
}

// meet learns the names of people and of a group. It waits for them a moment only; they are there for the next card then.
func (s *Server) meet(ctx context.Context, app *App, group string, users []string) {
	var list []store.Archived
	for _, u := range users[:min(len(users), maxPeople)] {
		list = append(list, store.Archived{Place: store.Conversation{App: app.Name, Group: group}, Sender: u})
	}
	s.nameLines(ctx, list)
}
