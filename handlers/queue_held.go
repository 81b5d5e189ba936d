package handlers

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"imdesk/auth"
	"imdesk/rules"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// heldRoutes decide about messages that a rule holds; they stand on the cases that these are in.
func (s *Server) heldRoutes() []route {
	if s.Cases == nil || s.Rules == nil {
		return nil
	}
	const held = queueURL + "/held/:held"
	return []route{
		{post, held + "/release", auth.VerbCases, s.releaseHeld},
		{post, held + "/refuse", auth.VerbCases, s.refuseHeld},
	}
}

// heldMessages is what is held in a case.
func (s *Server) heldMessages(ctx context.Context, op auth.Operator, k store.Case) (list []templates.HeldMessage, err error) {
	if s.Rules == nil {
		return nil, nil
	}
	held, err := s.Store.Rules.HeldOf(ctx, k.ID)
	if err != nil {
		return nil, err
	}
	for _, h := range held {
		at := queueURL + "/held/" + strconv.FormatInt(h.ID, 10)
		//i18n:uses queue.held.*
		v := templates.HeldMessage{
			Text: h.Text, At: h.At, State: i18n.T(ctx, "queue.held."+h.State, "who", h.By), Where: orID(s.groupNameOf(h.App, h.Group), h.Group),
			ReleaseURL: at + "/release", RefuseURL: at + "/refuse", Open: h.State == store.HeldWaiting, Retry: h.State == store.HeldSending,
		}
		if h.Group == "" {
			v.Where = i18n.T(ctx, "queue.held.direct", "who", orID(s.nameOf(h.App, h.Peer), h.Peer))
		}
		if !op.CanIn(k.Place.App, auth.VerbCases) {
			v.Why = i18n.T(ctx, "error.forbidden.title")
		}
		list = append(list, v)
	}
	return list, nil
}

// heldOf is the held message that the address names, if the operator may decide about it.
func (s *Server) heldOf(c *gin.Context) (store.Held, error) {
	id, err := strconv.ParseInt(c.Param("held"), 10, 64)
	if err != nil {
		return store.Held{}, fmt.Errorf("held message %q: %w", clip(c.Param("held"), 30), store.ErrNotFound)
	}
	h, err := s.Store.Rules.Held(c.Request.Context(), id)
	if err != nil {
		return h, err
	}
	if op, _ := auth.OperatorFrom(c.Request.Context()); !op.CanIn(h.App, auth.VerbCases) {
		return h, errForbidden
	}
	return h, nil
}

// releaseHeld sends a held message in its author's name.
func (s *Server) releaseHeld(c *gin.Context) error {
	h, err := s.heldOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	now, result, err := s.Rules.Release(ctx, s.actorIn(c, h.App), h.ID)
	if errors.Is(err, rules.ErrSettled) {
		return s.heldSettled(c, h)
	}
	if err != nil {
		return err
	}
	toast := templates.Toast{Text: i18n.T(ctx, "queue.held.done", "who", orID(s.nameOf(h.App, h.Sender), h.Sender))}
	switch {
	case now.State == store.HeldWaiting:
		toast = templates.Toast{Tone: "bad", Text: i18n.T(ctx, "queue.held.not_done", "why", firstReason(ctx, s.Apps.Get(h.App), result, names{}))}
	case now.State == store.HeldSending:
		toast = templates.Toast{Tone: "bad", Text: i18n.T(ctx, "queue.held.unknown")}
	}
	return s.answer(c, 0, toast, caseURL(h.Case))
}

func (s *Server) refuseHeld(c *gin.Context) error {
	h, err := s.heldOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	_, err = s.Rules.Refuse(ctx, s.actorIn(c, h.App), h.ID)
	if errors.Is(err, rules.ErrSettled) {
		return s.heldSettled(c, h)
	}
	if err != nil {
		return err
	}
	return s.answer(c, 0, templates.Toast{Text: i18n.T(ctx, "queue.held.refused_it")}, caseURL(h.Case))
}

// heldSettled says who was faster.
func (s *Server) heldSettled(c *gin.Context, h store.Held) error {
	ctx := c.Request.Context()
	if now, err := s.Store.Rules.Held(ctx, h.ID); err == nil {
		h = now
	}
	return s.answer(c, 0, templates.Toast{Tone: "bad", Text: i18n.T(ctx, "queue.held."+h.State, "who", h.By)}, caseURL(h.Case))
}
