package handlers

import (
	"context"
	"errors"
	"strings"
	"time"

	"imdesk/auth"
	"imdesk/store"
)

// Limits of appeals.
const (
	appealsPerDay = 5  // by one user of an app
	appealsLooked = 20 // decided cases of a user
)

// appealBody is what an app's server sends when a user appeals.
type appealBody struct {
	User string `json:"user"` // who appeals: the one the verdict is about
	Case int64  `json:"case"` // 0: the user's last case in which something was done
	Text string `json:"text"` // what the user says
}

// appeal opens a case against the verdict of another one, as its author wants. One that is open already is joined.
func (p *programCall) appeal() (any, error) {
	if p.s.Cases == nil {
		return nil, errNoPage
	}
	var b appealBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	b.Text = strings.TrimSpace(b.Text)
	switch {
	case b.User == "" || len(b.User) > p.app.IM.Caps.Limits.UserID && p.app.IM.Caps.Limits.UserID > 0:
		return nil, badBody{"user"}
	case b.Text == "" || len(b.Text) > store.MaxCaseNote:
		return nil, badBody{"text"}
	case b.Case < 0:
		return nil, badBody{"case"}
	}
	ctx := p.c.Request.Context()
	over, err := p.s.Store.Uses.Take(ctx, store.Use{OperatorID: "appeal " + p.app.Name + " " + b.User, App: p.app.Name, Verb: "case.appeal", Size: 1, At: p.s.Now()},
		[]store.UseLimit{{App: p.app.Name, Verb: "case.appeal", Max: appealsPerDay, Per: 24 * time.Hour}})
	if err != nil {
		return nil, err
	}
	if over != nil {
		return nil, errTooFast
	}
	k, err := p.s.appealable(ctx, p.app, b.User, b.Case)
	if err != nil {
		return nil, err
	}
	id, err := p.s.Cases.Appeal(ctx, k, b.User, b.User, b.Text)
	if err != nil {
		return nil, err
	}
	return reportOut{Case: id}, nil
}

// appealable is the case that a user may appeal against: one about the user in which something was done. ErrNotFound: there is none.
func (s *Server) appealable(ctx context.Context, app *App, user string, id int64) (store.Case, error) {
	list, err := s.Store.Cases.List(ctx, store.CaseFilter{Apps: []string{app.Name}, Sender: user, States: []store.CaseState{store.CaseDecided}}, 0, appealsLooked)
	if err != nil {
		return store.Case{}, err
	}
	if id != 0 {
		k, err := s.Store.Cases.Get(ctx, id)
		if err != nil {
			return k, err
		}
		list = []store.Case{k}
	}
	for _, k := range list {
		if k.Place.App == app.Name && k.Sender == user && k.State == store.CaseDecided && k.Upheld {
			return k, nil
		}
	}
	return store.Case{}, store.ErrNotFound
}

// ownVerdict reports whether an appeal is against a verdict of the operator's own while a colleague may decide it.
func (s *Server) ownVerdict(ctx context.Context, op auth.Operator, k store.Case) (bool, error) {
	if k.Parent == 0 {
		return false, nil
	}
	parent, err := s.Store.Cases.Get(ctx, k.Parent)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil // its time was over
	}
	if err != nil || parent.DecidedBy != op.ID {
		return false, err
	}
	known, err := s.Store.Operators.List(ctx)
	if err != nil {
		return false, err
	}
	for _, o := range known {
		if o.ID == op.ID || o.Disabled {
			continue
		}
		if other, err := s.Auth.Operator(ctx, o.ID); err == nil && other.CanIn(k.Place.App, auth.VerbCases) {
			return true, nil
		}
	}
	return false, nil
}
