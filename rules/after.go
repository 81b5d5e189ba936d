package rules

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"imdesk/actions"
	"imdesk/cases"
	"imdesk/imclient"
	"imdesk/moderation"
	"imdesk/store"
)

// work is a verdict that is to be carried out.
type work struct {
	app     string
	event   imclient.Event
	message moderation.Message
	verdict moderation.Verdict
	sent    bool // the message was sent
}

// key is what the service calls the message.
func (w *work) key() string {
	if w.sent && w.event.Said != nil {
		return w.event.Said.ID
	}
	return ""
}

// doneTime is how long what follows one message may take.
const doneTime = time.Minute

// carryOut does what verdicts want done until ctx ends.
func (s *Service) carryOut(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-s.work:
			doing, cancel := context.WithTimeout(context.WithoutCancel(ctx), doneTime)
			if err := s.follow(doing, &w); err != nil {
				s.log().Error("what a rule caught is not kept", "app", w.app, "error", err)
			}
			cancel()
		}
	}
}

// Done is what came of what a rule wanted done: "" and OK for each, or why not.
type Done map[string]string

// DoneOK is what stands for something that was done.
const DoneOK = "ok"

// follow keeps what was caught, and does what the rules in force want done.
func (s *Service) follow(ctx context.Context, w *work) error {
	if w.sent && len(w.verdict.Acts()) > 0 && s.released(ctx, w) {
		return nil
	}
	var hits []store.RuleHit
	for i := range w.verdict.Checks {
		c := &w.verdict.Checks[i]
		if c.Outcome == moderation.Allow {
			continue
		}
		h := store.RuleHit{
			At: w.message.At, App: w.app, Group: w.message.Group, Sender: w.message.Sender, Key: w.key(), Rule: c.Rule, Version: int64(c.Version),
			Quiet: c.Quiet, Outcome: string(c.Outcome), Score: c.Score, Text: w.message.Text(),
		}
		h.Reasons, _ = json.Marshal(c.Reasons) //nolint:errchkjson // texts and numbers
		if !c.Quiet {
			done := s.act(ctx, w, c)
			h.Done, _ = json.Marshal(done) //nolint:errchkjson // texts
		}
		hits = append(hits, h)
	}
	if len(hits) == 0 {
		return nil
	}
	return s.Store.Rules.AddHits(ctx, hits)
}

// Actor is a rule as somebody who acts.
func Actor(c *moderation.Check) actions.Actor {
	return actions.Actor{
		OperatorID: OperatorPrefix + c.Rule, Name: "rule " + c.Rule, Clearance: &actions.Clearance{Request: "rule"},
		Can: func(v actions.Verb) bool {
			return v == actions.VerbRecall || v == actions.VerbMute || v == actions.VerbKick || v == actions.VerbNotice || v == actions.VerbSendDirect
		},
	}
}

// OperatorPrefix is what the ids of rules as actors begin with.
const OperatorPrefix = "rule:"

// act does what a check that is in force wants done, and says what came of it.
func (s *Service) act(ctx context.Context, w *work, c *moderation.Check) Done {
	done := Done{}
	app, is := s.App(w.app)
	if !is {
		return Done{"app": "gone"}
	}
	note := func(what string, err error) {
		if err != nil {
			s.log().Warn("what a rule wants done", "app", w.app, "rule", c.Rule, "what", what, "error", err)
			done[what] = reasonOf(err)
			return
		}
		done[what] = DoneOK
	}
	by := Actor(c)
	do := func(what string, a actions.Action) {
		r, err := s.Actions.Do(ctx, by, app, a)
		if err == nil && r.State != store.AuditOK {
			err = errNotDone
			for _, i := range r.Items {
				if i.Skip != "" {
					err = errSkipped
				}
			}
		}
		note(what, err)
	}
	then := c.Then
	if then == nil {
		then = &moderation.Then{}
	}
	why := actions.Common{Reason: "rule " + c.Rule}
	group := w.message.Group
	hold := c.Outcome == moderation.Hold
	// A service that heeds no answer has sent what was to be held back: it is taken back instead.
	if w.sent && (then.Recall || c.Outcome.Before() && !w.starred(c)) {
		recall := actions.Recall{Common: why, Group: group, Messages: []actions.MessageRef{{ID: w.event.Said.ID, Seq: w.event.Said.Seq}}}
		if group == "" {
			recall.User, recall.Peer = w.event.Peers[0], w.event.Peers[1]
		}
		do("recall", recall)
	}
	warn := then.Author != ""
	if len(then.Mute) > 0 {
		decay := time.Duration(then.Decay)
		if decay == 0 {
			decay = moderation.DefaultDecay
		}
		n, err := s.Store.Rules.Strikes(ctx, w.app, w.message.Sender, c.Rule, w.message.At.Add(-decay))
		if err == nil {
			err = s.Store.Rules.Strike(ctx, w.app, w.message.Sender, c.Rule, w.message.At)
		}
		done["strike"] = strconv.Itoa(n + 1)
		if err != nil {
			note("strike", err)
		} else if span, is := then.Step(n); is && span > 0 && group != "" {
			do("mute", actions.Mute{Common: why, Group: group, Users: []string{w.message.Sender}, Span: actions.Span{For: span}})
		}
	}
	if then.Kick && group != "" {
		do("kick", actions.Kick{Common: why, Group: group, Users: []string{w.message.Sender}})
	}
	if warn {
		if group != "" && app.IM.Caps.Can(imclient.VerbNotice, w.event.Type) {
			do("author", actions.Notice{Common: why, Group: group, Text: then.Author, To: []string{w.message.Sender}})
		} else {
			do("author", actions.Send{Common: why, To: w.message.Sender, Text: then.Author})
		}
	}
	var held store.Held
	if hold && (!w.sent || done["recall"] == DoneOK) {
		var err error
		held, err = s.hold(ctx, w, c)
		note("hold", err)
	}
	if s.Flag != nil && (c.Outcome == moderation.Flag || hold || then.Operators) {
		f := w.flag(c)
		if hold {
			f.Key, f.Peers = "", [2]string{} // what is not in its place is told of with its author
		}
		id, err := s.Flag(ctx, f)
		if err == nil && held.ID != 0 {
			err = s.Store.Rules.HeldCase(ctx, held.ID, id)
		}
		note("case", err)
	}
	return done
}

// starred reports whether the message was sent with stars, as the rule wants it.
func (w *work) starred(c *moderation.Check) bool {
	return c.Outcome == moderation.Stars && w.event.Said != nil && len(w.verdict.Masked) > 0 && w.message.Text() != "" && slicesEqualPrefix(w.message.Texts, w.verdict.Masked)
}

func slicesEqualPrefix(texts, masked []string) bool {
	for i, t := range texts {
		if i < len(masked) && t != masked[i] {
			return false
		}
	}
	return true
}

// flag is a message for the queue.
func (w *work) flag(c *moderation.Check) cases.Flag {
	f := cases.Flag{
		App: w.app, Group: w.message.Group, Key: w.key(), Sender: w.message.Sender, Peers: w.event.Peers, At: w.message.At, Text: w.message.Text(),
		Source: cases.FromRule, Rule: c.Rule, Version: c.Version, Score: c.Score, By: OperatorPrefix + c.Rule,
	}
	for _, r := range c.Reasons {
		one := cases.Reason{Check: r.Check, Detail: r.Detail}
		if len(r.Spans) == 0 {
			f.Reasons = append(f.Reasons, one)
		}
		for _, span := range r.Spans {
			one.From, one.To = span.From, span.To
			f.Reasons = append(f.Reasons, one)
		}
	}
	return f
}

// reasonOf is why something was not done, as a word for the page.
func reasonOf(err error) string {
	var not *actions.NotOffered
	var refused *actions.Forbidden
	switch {
	case errors.As(err, &not):
		return "not_offered"
	case errors.As(err, &refused):
		return "forbidden"
	case errors.Is(err, errNotText):
		return "not_text"
	case errors.Is(err, errSkipped):
		return "skipped"
	case errors.Is(err, imclient.ErrNotFound):
		return "not_found"
	case errors.Is(err, imclient.ErrRateLimited):
		return "rate"
	}
	return "failed"
}

// Why what was sent did not come to what was wanted.
var (
	errNotDone = errors.New("the service did not do it")
	errSkipped = errors.New("nothing was to be done: it is so already, or the person cannot be touched")
)

// Reversed is told of an action that an operator took back; those of rules count against the rule.
func (s *Service) Reversed(ctx context.Context, e store.AuditEntry) {
	rule, is := cutPrefix(e.OperatorID)
	if !is {
		return
	}
	s.init()
	s.engine.Reversed(rule, s.now())
	if err := s.Store.Rules.Reversed(context.WithoutCancel(ctx), e.App, rule, s.now()); err != nil {
		s.log().Warn("that something was taken back of a rule is not kept", "rule", rule, "error", err)
	}
}

func cutPrefix(id string) (string, bool) {
	if len(id) > len(OperatorPrefix) && id[:len(OperatorPrefix)] == OperatorPrefix {
		return id[len(OperatorPrefix):], true
	}
	return "", false
}
