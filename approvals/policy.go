// Package approvals is the guard that package actions asks: a policy says what needs a second person, a quota or a cool-down.
// What needs a second person is kept as a request, shown with its whole plan to somebody else, and carried out in the
// requester's name once that one approves.
package approvals

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"imdesk/actions"
	"imdesk/store"
)

// Mode says whether the policy holds.
type Mode string

// The modes.
const (
	Auto Mode = "auto" // as soon as two operators can approve; alone nobody could do anything
	On   Mode = "on"
	Off  Mode = "off"
)

// Policy says what is asked of operators beside their rights.
type Policy struct {
	Mode    Mode          `json:"mode"`
	Expires time.Duration `json:"expires"` // how long a request waits
	Rules   []Rule        `json:"rules"`
}

// Rule is one line of the policy: what it is about, and what it asks for. Of several that fit all hold.
type Rule struct {
	Verb  actions.Verb  `json:"verb,omitempty"`  // "": whatever changes something
	App   string        `json:"app,omitempty"`   // "": all
	Roles []string      `json:"roles,omitempty"` // empty: all
	Size  int           `json:"size"`            // from so many people, messages or groups on
	Two   bool          `json:"two,omitempty"`   // a second person
	Quota int           `json:"quota,omitempty"` // so many within Per; 0: no quota
	Per   time.Duration `json:"per,omitempty"`
	Pause time.Duration `json:"pause,omitempty"` // since the last one that the rule is about; 0: no cool-down
}

// Limits of a policy.
const (
	MaxRules   = 100
	minExpires = 10 * time.Minute
	maxExpires = 30 * 24 * time.Hour
	maxSize    = 1_000_000
	minSpan    = time.Minute
)

// Default is the policy of an installation where nobody changed it: what cannot be taken back, or reaches many, needs a
// second person once there are two.
func Default() Policy {
	const day = 24 * time.Hour
	return Policy{Mode: Auto, Expires: day, Rules: []Rule{
		{Verb: actions.VerbDeleteUsers, Size: 1, Two: true},
		{Verb: actions.VerbDismiss, Size: 1, Two: true},
		{Verb: actions.VerbTransfer, Size: 1, Two: true},
		{Verb: actions.VerbClearMessages, Size: 1, Two: true},
		{Verb: actions.VerbBroadcast, Size: 1, Two: true},
		{Verb: actions.VerbLiveBroadcast, Size: 1, Two: true},
		{Verb: actions.VerbKick, Size: 100, Two: true},
		{Verb: actions.VerbBan, Size: 100, Two: true},
		{Verb: actions.VerbGlobalMute, Size: 100, Two: true},
		{Verb: actions.VerbDeleteBySender, Size: 100, Two: true},
		{Verb: actions.VerbRecall, Size: 1000, Two: true},
		{Verb: actions.VerbCleanWave, Size: 5000, Two: true},
		{Verb: actions.VerbViewDirect, Size: 1, Quota: 60, Per: time.Hour},
		{Verb: actions.VerbBroadcast, Size: 1, Pause: 5 * time.Minute},
	}}
}

// Wrong is what is wrong with a policy. Rule is the index of the rule, -1 for the policy itself.
type Wrong struct {
	Rule  int
	Field string
	Text  actions.Text
}

// Check names what is wrong, rule by rule.
func (p Policy) Check() []Wrong {
	var list []Wrong
	bad := func(rule int, field, key string, args ...any) {
		list = append(list, Wrong{rule, field, actions.Text{Key: key, Args: args}})
	}
	if !slices.Contains([]Mode{Auto, On, Off}, p.Mode) {
		bad(-1, "mode", "approvals.wrong.mode")
	}
	if p.Expires < minExpires || p.Expires > maxExpires {
		bad(-1, "expires", "approvals.wrong.expires")
	}
	if len(p.Rules) > MaxRules {
		bad(-1, "rules", "approvals.wrong.rules", "limit", MaxRules)
		return list
	}
	for i, r := range p.Rules {
		if r.Verb != "" && !slices.Contains(actions.Guarded(), r.Verb) {
			bad(i, "verb", "approvals.wrong.verb")
		}
		if r.Size < 1 || r.Size > maxSize {
			bad(i, "size", "approvals.wrong.size")
		}
		if !r.Two && r.Quota == 0 && r.Pause == 0 {
			bad(i, "two", "approvals.wrong.nothing")
		}
		switch {
		case r.Quota < 0 || r.Quota > maxSize:
			bad(i, "quota", "approvals.wrong.quota")
		case r.Quota > 0 && r.Quota < r.Size:
			bad(i, "quota", "approvals.wrong.quota_size")
		case r.Quota > 0 && (r.Per < minSpan || r.Per > store.MaxUseAge):
			bad(i, "per", "approvals.wrong.per")
		}
		if r.Pause != 0 && (r.Pause < minSpan || r.Pause > store.MaxUseAge) {
			bad(i, "pause", "approvals.wrong.pause")
		}
	}
	return list
}

// fits tells whether a rule is about something. Reading is not asked about by a rule for whatever changes something.
func (r Rule) fits(v actions.Verb, app, role string, size int) bool {
	reads := v == actions.VerbViewDirect || v == actions.VerbReadFiles
	return (r.Verb == v || r.Verb == "" && !reads) && (r.App == "" || r.App == app) &&
		(len(r.Roles) == 0 || slices.Contains(r.Roles, role)) && size >= r.Size
}

// Demand is what the policy asks for.
type Demand struct {
	Two    *Rule // nil: nobody else is needed
	Limits []store.UseLimit
	Rules  []Rule // of the limits
}

// Asks tells what the policy asks for where somebody of a role wants to do something to so many in an app.
func (p Policy) Asks(v actions.Verb, app, role string, size int) Demand {
	var d Demand
	for _, r := range p.Rules {
		if !r.fits(v, app, role, size) {
			continue
		}
		if r.Two && d.Two == nil {
			d.Two = &r
		}
		if r.Quota > 0 {
			d.Limits = append(d.Limits, store.UseLimit{App: r.App, Verb: string(r.Verb), Max: r.Quota, Per: r.Per})
			d.Rules = append(d.Rules, r)
		}
		if r.Pause > 0 {
			d.Limits = append(d.Limits, store.UseLimit{App: r.App, Verb: string(r.Verb), Pause: r.Pause, Size: r.Size})
			d.Rules = append(d.Rules, r)
		}
	}
	return d
}

// readPolicy reads a stored policy; one that was never set is Default.
func readPolicy(p store.Policy) (Policy, error) {
	if p.Version == 0 {
		return Default(), nil
	}
	var out Policy
	if err := json.Unmarshal(p.Body, &out); err != nil {
		return out, fmt.Errorf("read the policy: %w", err)
	}
	return out, nil
}
