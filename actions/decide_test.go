package actions

import (
	"context"
	"errors"
	"testing"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

func TestAnswer(t *testing.T) {
	service := func(kind error, sent bool) error { return &imclient.Error{Op: "x", Kind: kind, Sent: sent} }
	for _, c := range []struct {
		name string
		r    reply
		want answer
	}{
		{"accepted", reply{nil, true}, accepted},
		{"refused by type", reply{service(imclient.ErrDenied, true), true}, refused},
		{"refused after other calls were made", reply{service(imclient.ErrDenied, true), false}, perhaps},
		{"timed out", reply{service(imclient.ErrUnavailable, true), true}, lost},
		{"unintelligible", reply{service(imclient.ErrProtocol, true), true}, lost},
		{"never left", reply{service(imclient.ErrUnavailable, false), true}, unsent},
		{"never left, after other calls were made", reply{service(imclient.ErrUnavailable, false), false}, lost},
		{"refused by the client itself", reply{service(imclient.ErrUnsupported, false), true}, refused},
		{"out of time before its turn", reply{errNotSent, true}, unsent},
		{"an error of no known kind", reply{errors.New("bug"), true}, lost},
		{"a deadline of no known kind", reply{context.DeadlineExceeded, true}, lost},
	} {
		if got := c.r.answer(); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

func TestDecide(t *testing.T) {
	now := time.Date(2026, 4, 18, 15, 42, 0, 0, time.UTC)
	in := func(d time.Duration) Value { return endValue(now.Add(d)) }
	none, unknown := endValue(time.Time{}), Value{}
	denied := &imclient.Error{Op: "x", Kind: imclient.ErrDenied, Code: "10007", Sent: true}
	timeout := &imclient.Error{Op: "x", Kind: imclient.ErrUnavailable, Sent: true}
	for _, c := range []struct {
		name                string
		r                   reply
		before, want, after Value
		state               State
		reason              string
		verified            bool
	}{
		{"done and seen", reply{}, none, in(time.Hour), in(time.Hour), StateApplied, "", true},
		{"done by a clock that is two minutes off", reply{}, none, in(time.Hour), in(time.Hour + 2*time.Minute), StateApplied, "", true},
		{"done, and nobody can look", reply{}, none, in(time.Hour), unknown, StateApplied, ResultUnverified, false},
		{"a silent no-op", reply{}, none, in(time.Hour), none, StateNotApplied, ResultNoEffect, false},
		{"something else is in force", reply{}, none, in(time.Hour), in(3 * time.Hour), StateNotApplied, ResultDiffers, false},
		{"an end hardly moved, and did not", reply{}, in(time.Hour), in(time.Hour + time.Minute), in(time.Hour), StateNotApplied, ResultNoEffect, false},
		{"the same end again", reply{}, in(time.Hour), in(time.Hour), in(time.Hour), StateApplied, "", true},
		{"without end", reply{}, none, known(TextForever), known(TextForever), StateApplied, "", true},
		{"without end, as a service writes it that counts seconds", reply{}, none, known(TextForever), in(136 * 365 * 24 * time.Hour), StateApplied, "", true},
		{"lifted", reply{}, in(time.Hour), none, none, StateApplied, "", true},
		{"refused", reply{denied, true}, none, in(time.Hour), none, StateRefused, "action.refused.denied", false},
		{"refused in the end, done before", reply{denied, false}, none, in(time.Hour), in(time.Hour), StateApplied, "", true},
		{"refused in the end, not done before", reply{denied, false}, none, in(time.Hour), none, StateRefused, "action.refused.denied", false},
		{"refused in the end, and nobody can look", reply{denied, false}, none, in(time.Hour), unknown, StateUnknown, ResultUnknown, false},
		{"answer lost, done", reply{timeout, true}, none, in(time.Hour), in(time.Hour), StateApplied, "", true},
		{"answer lost, not done", reply{timeout, true}, none, in(time.Hour), none, StateNotApplied, ResultNoAnswer, false},
		{"answer lost, and nobody can look", reply{timeout, true}, none, in(time.Hour), unknown, StateUnknown, ResultUnknown, false},
		{"out of time before its turn", reply{errNotSent, true}, none, in(time.Hour), none, StateNotApplied, ResultNotSent, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := Item{ID: "u1", Before: c.before, Want: c.want}
			i.decide(c.r, c.after, (&muteWork{}).matches, now)
			if i.State != c.state || i.Reason != c.reason || i.Verified != c.verified {
				t.Errorf("got %s %q verified %v, want %s %q %v", i.State, i.Reason, i.Verified, c.state, c.reason, c.verified)
			}
			if wantCode := errors.Is(c.r.err, denied) && c.state != StateApplied; wantCode != (i.VendorCode == "10007") {
				t.Errorf("the service's code is %q", i.VendorCode)
			}
		})
	}
}

func TestTotal(t *testing.T) {
	for want, list := range map[store.AuditState][][]State{
		store.AuditOK:      {{StateApplied}, {StateApplied, StateApplied}},
		store.AuditPartial: {{StateApplied, StateSkipped}, {StateApplied, StateUnknown}, {StateRefused, StateApplied}},
		store.AuditUnknown: {{StateUnknown}, {StateUnknown, StateRefused}},
		store.AuditFailed:  {{StateRefused}, {StateSkipped}, {StateNotApplied, StateSkipped}},
	} {
		for _, states := range list {
			var items []Item
			for _, s := range states {
				items = append(items, Item{State: s})
			}
			if got := total(items); got != want {
				t.Errorf("%v: got %s, want %s", states, got, want)
			}
		}
	}
}

func TestGlobalMuteValues(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	in := func(d time.Duration) string { return endText(now.Add(d)) }
	w := &globalWork{}
	for _, c := range []struct {
		name      string
		want, got Value
		matches   bool
	}{
		{"both parts", endsValue(in(time.Hour), ""), endsValue(in(time.Hour), ""), true},
		{"one part differs", endsValue(in(time.Hour), ""), endsValue(in(time.Hour), TextForever), false},
		{"a part that was to stay", endsValue(unchanged, in(time.Hour)), endsValue(TextForever, in(time.Hour)), true},
	} {
		if got := w.matches(c.want, c.got, now); got != c.matches {
			t.Errorf("%s: matches %v, want %v", c.name, got, c.matches)
		}
	}
	before := endsValue(TextForever, in(time.Hour))
	if got, want := endsValue(unchanged, "").over(before), endsValue(TextForever, ""); got != want {
		t.Errorf("over: got %v, want %v", got, want)
	}
	if !same(before, endsValue(TextForever, in(time.Hour+time.Second))) || same(before, endsValue("", in(time.Hour))) {
		t.Error("ends that are one are not seen as one, or the other way round")
	}
	if same(known("Weekend"), known("Weekday")) || same(Value{}, Value{}) {
		t.Error("texts that differ, or are not known, are seen as one")
	}
}

func TestCutText(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{{"abc", 0, "abc"}, {"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"广告", 5, "广"}, {"广告", 6, "广告"}, {"广告", 2, ""}} {
		if got := cutText(c.text, c.n); got != c.want {
			t.Errorf("%q cut to %d bytes: got %q, want %q", c.text, c.n, got, c.want)
		}
	}
}
