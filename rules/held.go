package rules

import (
	"context"
	"errors"
	"fmt"
	"time"

	"imdesk/actions"
	"imdesk/moderation"
	"imdesk/store"
)

// releaseFor is how long a message that was let through is known again when the service tells of it.
const releaseFor = 10 * time.Minute

// sendingFor is how long a message that is being let through belongs to the console that sends it.
const sendingFor = time.Minute

// errNotText is why a message is refused rather than held.
var errNotText = errors.New("it has more than text, which cannot be sent again")

// hold keeps a message that was not sent, or was taken back, so that an operator can let it through.
func (s *Service) hold(ctx context.Context, w *work, c *moderation.Check) (store.Held, error) {
	m := &w.message
	for _, t := range m.Types {
		if t != "text" {
			return store.Held{}, errNotText
		}
	}
	return s.Store.Rules.Hold(ctx, store.Held{
		At: m.At, App: w.app, Group: m.Group, Sender: m.Sender, Peer: m.Peer, Rule: c.Rule, Version: int64(c.Version), Text: m.Text(),
	})
}

// released reports whether a message that the service tells of is one that an operator let through: rules are not asked again.
func (s *Service) released(ctx context.Context, w *work) bool {
	is, err := s.Store.Rules.Released(ctx, w.app, w.message.Group, w.message.Sender, w.message.Text(), s.now().Add(-releaseFor))
	if err != nil {
		s.log().Warn("whether a message was let through is not known", "app", w.app, "error", err)
	}
	return is
}

// ErrSettled means that somebody has let a held message through, or refused it.
var ErrSettled = errors.New("somebody has decided about the held message")

// Release sends a held message in its author's name. The operator needs no right to send; whoever calls asks for the right to release.
// If the service refuses it, it goes on waiting.
func (s *Service) Release(ctx context.Context, by actions.Actor, id int64) (store.Held, actions.Result, error) {
	h, err := s.Store.Rules.Held(ctx, id)
	if err != nil {
		return h, actions.Result{}, err
	}
	if h.State != store.HeldWaiting && (h.State != store.HeldSending || s.now().Sub(h.Done) < sendingFor) {
		return h, actions.Result{}, ErrSettled
	}
	app, is := s.App(h.App)
	if !is {
		return h, actions.Result{}, store.ErrNotFound
	}
	if h, err = s.settle(ctx, h, store.HeldSending, by.Name); err != nil {
		return h, actions.Result{}, err
	}
	can := by.Can
	by.Can = func(v actions.Verb) bool {
		return v == actions.VerbSend || v == actions.VerbSendDirect || can != nil && can(v)
	}
	send := actions.Send{
		Common: actions.Common{Reason: "rule " + h.Rule, Key: fmt.Sprintf("held-%d-%d", h.ID, h.Done.UnixMilli())}, Group: h.Group, To: h.Peer, From: h.Sender, Text: h.Text, Unasked: true,
	}
	if h.Group != "" {
		send.To = ""
	}
	result, err := s.Actions.Do(ctx, by, app, send)
	after := context.WithoutCancel(ctx)
	switch {
	case err == nil && result.State == store.AuditOK:
		h, err = s.settle(after, h, store.HeldReleased, by.Name)
	case err != nil || result.State == store.AuditFailed:
		back, backErr := s.settle(after, h, store.HeldWaiting, "")
		h, err = back, errors.Join(err, backErr)
	}
	return h, result, err
}

// Refuse settles that a held message is not sent.
func (s *Service) Refuse(ctx context.Context, by actions.Actor, id int64) (store.Held, error) {
	h, err := s.Store.Rules.Held(ctx, id)
	if err != nil {
		return h, err
	}
	if h.State != store.HeldWaiting {
		return h, ErrSettled
	}
	if h, err = s.settle(ctx, h, store.HeldRefused, by.Name); err != nil {
		return h, err
	}
	return h, s.record(ctx, store.AuditEntry{
		App: h.App, Action: ActRefuse, OperatorID: by.OperatorID, OperatorName: by.Name, Address: by.Address, Request: by.RequestRef, Group: h.Group,
	}, h.Rule)
}

func (s *Service) settle(ctx context.Context, h store.Held, to, by string) (store.Held, error) {
	h, err := s.Store.Rules.SetHeld(ctx, h, to, by, s.now())
	if errors.Is(err, store.ErrConflict) {
		return h, ErrSettled
	}
	return h, err
}
