package actions

import (
	"context"
	"time"
)

// Adopt has the register of sanctions take the service's word for how one person stands. Nothing is sent: its entry is what the
// register is made of. Until is the end that the service says, zero if nothing is in force there.
type Adopt struct {
	Common
	User  string    `json:"user"`
	Kind  string    `json:"kind"` // of the register
	Group string    `json:"group,omitempty"`
	Until time.Time `json:"until,omitzero"`
}

// Verb is VerbAdopt.
func (Adopt) Verb() Verb { return VerbAdopt }

func (a Adopt) check(f *fields) {
	f.user(a.User)
	f.required("kind", a.Kind)
	f.size("group", a.Group, f.limits.GroupID)
}

func (a Adopt) work() work { return &adoptWork{a: a} }

// adoptWork sends nothing.
type adoptWork struct{ a Adopt }

func (w *adoptWork) load(_ context.Context, p *plan) error {
	p.groupID = w.a.Group
	p.items = []Item{{ID: w.a.User, Effect: EffectAdopted, Want: endValue(w.a.Until)}}
	return nil
}

func (w *adoptWork) send(context.Context, *plan) sent { return sent{} }

func (w *adoptWork) read(_ context.Context, p *plan) (map[string]Value, error) {
	return map[string]Value{w.a.User: endValue(w.a.Until)}, nil
}

func (w *adoptWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *adoptWork) targets(*plan) (users, messages []string) { return []string{w.a.User}, nil }

func (w *adoptWork) options() map[string]any { return map[string]any{"kind": w.a.Kind} }

// Answer tells a user who asked why writing does not work, in the app's own name. It cannot be undone.
type Answer struct{ Warn }

// Verb is VerbAnswer.
func (Answer) Verb() Verb { return VerbAnswer }
