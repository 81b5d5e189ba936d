package sanctions

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/store"
)

// Policy is how an app wants its sanctions.
type Policy struct {
	// Repair has what was lifted or changed at the service put back by itself. What is found there and unknown here is left to
	// people.
	Repair bool `json:"repair,omitempty"`
	// Appeal says how to appeal, by language.
	Appeal map[string]string `json:"appeal,omitempty"`
	// Words say in public why, for reasons, rules and macros.
	Words []Words `json:"words,omitempty"`
}

// Words are what is said in public of one reason.
type Words struct {
	For  string            `json:"for"`  // a reason as it was written, "rule:" and a rule, or "macro:" and a macro
	Text map[string]string `json:"text"` // by language
}

// Prefixes of Words.For.
const (
	ForRule  = "rule:"
	ForMacro = "macro:"
)

// Limits of a policy.
const (
	MaxWords    = 100
	MaxWordText = 500 // bytes of one text
)

// PolicyKey is under which an app's policy is kept.
func PolicyKey(app string) string { return "sanctions/" + app }

// ReadPolicy is an app's policy with its version.
func ReadPolicy(ctx context.Context, p store.Policies, app string) (Policy, int64, error) {
	kept, err := p.Get(ctx, PolicyKey(app))
	if err != nil {
		return Policy{}, 0, err
	}
	var out Policy
	if len(kept.Body) > 0 {
		if err := json.Unmarshal(kept.Body, &out); err != nil {
			return Policy{}, 0, fmt.Errorf("read how %s wants its sanctions: %w", app, err)
		}
	}
	return out, kept.Version, nil
}

// Say is what is said in public for the first of some reasons that has words; "" if none has.
func (p Policy) Say(lang string, reasons ...string) string {
	for _, r := range reasons {
		for _, w := range p.Words {
			if r != "" && strings.EqualFold(w.For, r) && w.Text[lang] != "" {
				return w.Text[lang]
			}
		}
	}
	return ""
}

// RepairerID is who repairs by itself.
const RepairerID = "sanctions"

// Repairer is the one who repairs where nobody is asked.
func Repairer() actions.Actor {
	return actions.Actor{
		OperatorID: RepairerID, Name: "automatic repair", Clearance: &actions.Clearance{Request: "repair"},
		Can: func(v actions.Verb) bool {
			return v == actions.VerbMute || v == actions.VerbBan || v == actions.VerbGlobalMute
		},
	}
}

// Again is the action that makes the service say what the register says. reason stands in for one that is not known.
func Again(x store.Sanction, reason string, c actions.Common, now time.Time) (actions.Action, bool) {
	c.Case = x.Case
	if x.Drift == store.DriftUnknown {
		switch x.Kind {
		case store.SanctionMute:
			return actions.Unmute{Common: c, Group: x.Group, Users: []string{x.User}}, true
		case store.SanctionBan:
			return actions.Unban{Common: c, Group: x.Group, Users: []string{x.User}}, true
		case store.SanctionDirect, store.SanctionGroups:
			return actions.GlobalUnmute{Common: c, Users: []string{x.User}, Direct: x.Kind == store.SanctionDirect, Groups: x.Kind == store.SanctionGroups}, true
		}
		return nil, false
	}
	if x.Drift == "" || x.Until.IsZero() || !x.Until.After(now.Add(2*time.Second)) {
		return nil, false
	}
	if c.Reason = x.Reason; c.Reason == "" {
		c.Reason = reason
	}
	span := actions.Span{Until: x.Until}
	if !x.Until.Before(imclient.Forever) {
		span = actions.Span{Forever: true}
	}
	switch x.Kind {
	case store.SanctionMute:
		return actions.Mute{Common: c, Group: x.Group, Users: []string{x.User}, Span: span}, true
	case store.SanctionBan:
		return actions.Ban{Common: c, Group: x.Group, Users: []string{x.User}, Span: span}, true
	case store.SanctionDirect:
		return actions.GlobalMute{Common: c, Users: []string{x.User}, Direct: &span}, true
	case store.SanctionGroups:
		return actions.GlobalMute{Common: c, Users: []string{x.User}, Groups: &span}, true
	}
	return nil, false
}

// Taken is the action that takes the service's word.
func Taken(x store.Sanction, c actions.Common) actions.Action {
	c.Case = x.Case
	return actions.Adopt{Common: c, User: x.User, Kind: x.Kind, Group: x.Group, Until: x.Service}
}

// repairAll puts back what was found to be lifted or changed, where the app wants that.
func (s *Service) repairAll(ctx context.Context, app actions.App, found []store.Sanction) {
	p, _, err := ReadPolicy(ctx, s.Store.Policies, app.ID)
	if err != nil || !p.Repair {
		return
	}
	for _, x := range found {
		if x.Drift == store.DriftUnknown {
			continue
		}
		a, is := Again(x, "sanction", actions.Common{Key: fmt.Sprintf("repair.%d.%d", x.ID, x.DriftAt.UnixMilli())}, s.now())
		if !is {
			continue
		}
		if _, err := s.Actions.Do(imclient.WithPriority(ctx, imclient.PriorityJob), Repairer(), app, a); err != nil {
			s.log().WarnContext(ctx, "a sanction is not put back", "app", app.ID, "sanction", x.ID, "error", err)
		}
	}
	if err := s.CatchUp(ctx); err != nil {
		s.log().WarnContext(ctx, "the register of sanctions is behind", "error", err)
	}
}
