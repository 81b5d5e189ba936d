package approvals

import (
	"fmt"
	"testing"
	"time"

	"imdesk/actions"
)

func TestPolicy(t *testing.T) {
	p := Policy{Mode: On, Expires: time.Hour, Rules: []Rule{
		{Verb: actions.VerbKick, Size: 10, Two: true},
		{Verb: actions.VerbKick, App: "demo", Roles: []string{"moderator"}, Size: 1, Quota: 5, Per: time.Hour},
		{Roles: []string{"moderator", "lead"}, Size: 100, Two: true},
		{Verb: actions.VerbBroadcast, Size: 1, Pause: time.Hour},
	}}
	if wrong := p.Check(); len(wrong) > 0 {
		t.Fatalf("wrong: %v", wrong)
	}
	for _, tt := range []struct {
		verb      actions.Verb
		app, role string
		size      int
		want      string
	}{
		{actions.VerbKick, "demo", "lead", 9, "false 0"},
		{actions.VerbKick, "demo", "lead", 10, "true 0"},
		{actions.VerbKick, "demo", "moderator", 1, "false 1"},
		{actions.VerbKick, "demo", "moderator", 10, "true 1"},
		{actions.VerbKick, "study", "moderator", 9, "false 0"},
		{actions.VerbMute, "demo", "lead", 99, "false 0"},
		{actions.VerbMute, "demo", "lead", 100, "true 0"},
		{actions.VerbMute, "demo", "owner", 100, "false 0"},
		{actions.VerbViewDirect, "demo", "lead", 100, "false 0"}, // reads are no changes
		{actions.VerbBroadcast, "demo", "owner", 1, "false 1"},
	} {
		d := p.Asks(tt.verb, tt.app, tt.role, tt.size)
		if got := fmt.Sprint(d.Two != nil, " ", len(d.Limits)); got != tt.want {
			t.Errorf("%s in %s by %s of %d: %s, want %s", tt.verb, tt.app, tt.role, tt.size, got, tt.want)
		}
	}
	if wrong := Default().Check(); len(wrong) > 0 {
		t.Errorf("the default is wrong: %v", wrong)
	}
	for name, bad := range map[string]Rule{
		"no such action": {Verb: "x", Size: 1, Two: true}, "no size": {Two: true}, "asks for nothing": {Size: 1},
		"quota below size": {Size: 9, Quota: 3, Per: time.Hour}, "no span": {Size: 1, Quota: 3}, "a pause too long": {Size: 1, Pause: 999 * time.Hour},
	} {
		if wrong := (Policy{Mode: On, Expires: time.Hour, Rules: []Rule{bad}}).Check(); len(wrong) != 1 || wrong[0].Rule != 0 {
			t.Errorf("%s: %v", name, wrong)
		}
	}
}
