package jobs

import (
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/store"
)

func TestMuteAndReverse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.work()
	g := r.group(700)
	early := g.members[3]
	_, err := r.act.Do(t.Context(), r.actor, r.app, actions.Mute{Common: actions.Common{Reason: "x"}, Group: g.id, Users: []string{early}, Span: actions.Span{For: 5 * time.Hour}})
	r.ok(err)
	vip := g.members[5]
	r.ok(r.store.Jobs.Protect(t.Context(), []store.ProtectedUser{{App: r.app.ID, User: vip, By: "Mei", Added: time.Now()}}))
	spec := Spec{Kind: Mute, Groups: []string{g.id}, Users: append([]string{g.owner, g.admin, "nobody", g.members[0]}, g.members...), Span: actions.Span{For: 24 * time.Hour}, Reason: "Advertising"}

	plan, err := r.s.Plan(t.Context(), r.actor, r.app, spec)
	r.ok(err)
	if plan.Total != 703 || plan.People != 703 || plan.Groups != 1 || plan.Act != 699 || plan.Checked != 703 || len(plan.Skips) != 4 || plan.UndoText != "" {
		t.Errorf("the plan: %+v", plan)
	}
	j := r.run(spec)
	r.counts(j, store.JobCounts{Total: 703, Done: 699, Skipped: 4})
	muted := r.muted(g)
	if len(muted) != 699 || !muted[vip].IsZero() || !muted[g.owner].IsZero() {
		t.Errorf("%d are muted", len(muted))
	}
	rp, err := r.s.ReversePlan(t.Context(), r.actor, r.app, j.ID)
	r.ok(err)
	if rp.Total != 699 || rp.Lifted != 698 || rp.Restored != 1 || len(rp.Cannot) != 0 {
		t.Errorf("the plan of the reverse: %+v", rp)
	}
	// Somebody changes one of them meanwhile.
	changed := g.members[9]
	_, err = r.act.Do(t.Context(), r.actor, r.app, actions.Mute{Common: actions.Common{Reason: "x"}, Group: g.id, Users: []string{changed}, Span: actions.Span{Forever: true}})
	r.ok(err)
	back, err := r.s.Reverse(t.Context(), r.actor, r.app, j.ID, "reverse-1")
	r.ok(err)
	r.counts(r.until(back.ID, ended), store.JobCounts{Total: 699, Done: 698, Skipped: 1})
	muted = r.muted(g)
	if len(muted) != 2 || time.Until(muted[early]).Round(time.Hour) != 5*time.Hour || muted[changed].Year() != 9999 {
		t.Errorf("muted afterwards: %v", muted)
	}
	parent, err := r.s.Get(t.Context(), j.ID)
	r.ok(err)
	if parent.Counts != (store.JobCounts{Total: 703, Done: 1, Reversed: 698, Skipped: 4}) {
		t.Errorf("the parent: %+v", parent.Counts)
	}
	again, err := r.s.Reverse(t.Context(), r.actor, r.app, j.ID, "reverse-1")
	if err != nil || again.ID != back.ID {
		t.Errorf("the same form again: %+v, %v", again, err)
	}
}
