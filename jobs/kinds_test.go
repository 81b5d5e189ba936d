package jobs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/store"
)

// TestEveryKind runs each kind that is an action once, and looks at the service what came of it.
func TestEveryKind(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.work()
	ctx := t.Context()

	t.Run("kick and back", func(t *testing.T) {
		g := r.group(120)
		r.ok(r.app.IM.Members.SetNameCard(ctx, g.id, g.members[7], "阿海"))
		j := r.run(Spec{Kind: Kick, Groups: []string{g.id}, Users: append([]string{g.admin, "nobody"}, g.members...), AlsoAdmins: true, Silent: true})
		r.counts(j, store.JobCounts{Total: 122, Done: 121, Skipped: 1})
		back, err := r.s.Reverse(ctx, r.actor, r.app, j.ID, "")
		r.ok(err)
		r.counts(r.until(back.ID, ended), store.JobCounts{Total: 121, Done: 121})
		now, err := r.app.IM.Members.Get(imclient.Fresh(ctx), g.id, []string{g.admin, g.members[7], g.members[119]})
		r.ok(err)
		if len(now) != 3 || now[0].Role != imclient.RoleAdmin || now[1].NameCard != "阿海" || now[2].Role != imclient.RoleMember {
			t.Errorf("after the reverse: %+v", now)
		}
	})
	t.Run("add", func(t *testing.T) {
		a, b := r.group(2), r.group(2)
		people := r.users(110)
		j := r.run(Spec{Kind: AddMembers, Groups: []string{a.id, b.id}, Users: append(people, a.members[0]), Silent: true})
		r.counts(j, store.JobCounts{Total: 222, Done: 221, Skipped: 1})
		g, err := r.app.IM.Groups.Get(imclient.Fresh(ctx), b.id)
		r.ok(err)
		if g.Members != 115 {
			t.Errorf("%d members, want 115", g.Members)
		}
	})
	t.Run("roles and unmute by pairs", func(t *testing.T) {
		g := r.group(30)
		j := r.run(Spec{Kind: SetRole, Pairs: []Pair{{g.id, g.members[0]}, {g.id, g.members[1]}, {g.id, g.admin}, {g.id, g.members[0]}}, Role: imclient.RoleAdmin})
		r.counts(j, store.JobCounts{Total: 3, Done: 2, Skipped: 1})
		r.counts(r.run(Spec{Kind: Mute, Groups: []string{g.id}, Users: g.members[5:9], Span: actions.Span{Forever: true}}), store.JobCounts{Total: 4, Done: 4})
		r.counts(r.run(Spec{Kind: Unmute, Groups: []string{g.id}, Users: g.members[5:11]}), store.JobCounts{Total: 6, Done: 4, Skipped: 2})
		if left := r.muted(g); len(left) != 0 {
			t.Errorf("still muted: %v", left)
		}
	})
	t.Run("accounts", func(t *testing.T) {
		j := r.run(Spec{Kind: ImportUsers, Users: []string{"n1", "n2"}, Accounts: []imclient.NewUser{{ID: "n3", Nick: "海风"}, {ID: "n1", Nick: "first"}}})
		r.counts(j, store.JobCounts{Total: 3, Done: 3})
		u, err := r.app.IM.Users.Get(imclient.Fresh(ctx), "n3")
		r.ok(err)
		if u.Nick != "海风" {
			t.Errorf("imported as %+v", u)
		}
		r.counts(r.run(Spec{Kind: GlobalMute, Users: []string{"n1", "n2", "ghost"}, InGroups: true, Span: actions.Span{For: time.Hour}}), store.JobCounts{Total: 3, Done: 2, Skipped: 1})
		m, err := r.app.IM.Mutes.Global(imclient.Fresh(ctx), "n2")
		r.ok(err)
		if m.GroupUntil.IsZero() || !m.DirectUntil.IsZero() {
			t.Errorf("globally muted: %+v", m)
		}
		r.counts(r.run(Spec{Kind: GlobalUnmute, Users: []string{"n1", "n2"}, InGroups: true}), store.JobCounts{Total: 2, Done: 2})
		j = r.run(Spec{Kind: SignOut, Users: []string{"n1", "n2", administrator}})
		r.counts(j, store.JobCounts{Total: 3, Done: 2, Skipped: 1})
		if _, err := r.s.Reverse(ctx, r.actor, r.app, j.ID, ""); err != ErrNothingToDo {
			t.Errorf("a sign-out is taken back: %v", err)
		}
		p, err := r.s.ReversePlan(ctx, r.actor, r.app, j.ID)
		r.ok(err)
		if p.Can() != 0 || len(p.Cannot) != 1 || p.Cannot[0].N != 2 || p.Cannot[0].Reason != actions.UndoImpossible {
			t.Errorf("the plan of it: %+v", p)
		}
	})
	t.Run("everybody on a list", func(t *testing.T) {
		a, b := r.group(230), r.group(3)
		r.ok(r.store.Jobs.Protect(ctx, []store.ProtectedUser{{App: r.app.ID, User: a.members[1], Added: time.Now()}}))
		spec := Spec{Kind: Mute, Groups: []string{a.id, b.id}, All: &Everybody{List: ListMembers, Role: imclient.RoleMember}, Span: actions.Span{For: time.Hour}, Reason: "x"}
		p, err := r.s.Plan(ctx, r.actor, r.app, spec)
		r.ok(err)
		if p.Total != 233 || p.Groups != 2 || p.Act != 232 || !p.Complete {
			t.Errorf("the plan: %+v", p)
		}
		r.counts(r.run(spec), store.JobCounts{Total: 233, Done: 232, Skipped: 1})
		// The list becomes shorter while it is gone through.
		r.counts(r.run(Spec{Kind: Unmute, Groups: []string{a.id, b.id}, All: &Everybody{List: ListMuted}}), store.JobCounts{Total: 232, Done: 232})
		if left := len(r.muted(a)) + len(r.muted(b)); left != 0 {
			t.Errorf("%d are muted still", left)
		}
		j := r.run(Spec{Kind: Kick, Groups: []string{"no such group"}, All: &Everybody{List: ListMembers}})
		if j.State != store.JobStopped || j.Why == "" {
			t.Errorf("of a group that is not there: %s %s", j.State, j.Why)
		}
	})
	t.Run("what protected people said", func(t *testing.T) {
		g := r.group(3)
		r.talk(g, 9)
		r.ok(r.store.Jobs.Protect(ctx, []store.ProtectedUser{{App: r.app.ID, User: g.members[1], Added: time.Now()}}))
		spec := Spec{Kind: Recall, Groups: []string{g.id}, Search: &Search{Text: "message"}, Reason: "x"}
		p, err := r.s.Plan(ctx, r.actor, r.app, spec)
		r.ok(err)
		if p.Total != 9 || p.Act != 6 || len(p.Skips) != 1 || p.Skips[0].N != 3 || !p.Skips[0].Protects || !slices.Equal(p.Skips[0].Sample, []string{g.members[1]}) {
			t.Errorf("the plan: %+v", p)
		}
		j := r.run(spec)
		r.counts(j, store.JobCounts{Total: 9, Done: 6, Skipped: 3})
		if said := r.said(g); !slices.Equal(said, []string{"Message 7", "Message 4", "Message 1"}) {
			t.Errorf("left: %v", said)
		}
	})
	t.Run("delete by sender", func(t *testing.T) {
		g := r.group(3)
		r.talk(g, 9)
		r.counts(r.run(Spec{Kind: DeleteBySender, Groups: []string{g.id}, Users: g.members[:2]}), store.JobCounts{Total: 2, Done: 2})
		if said := r.said(g); len(said) != 3 {
			t.Errorf("left: %v", said)
		}
	})
	t.Run("notices and groups where it cannot be done", func(t *testing.T) {
		a, b := r.group(1), r.group(1)
		j := r.run(Spec{Kind: Notice, Groups: []string{a.id, "no such group", b.id}, Text: "散了"})
		r.counts(j, store.JobCounts{Total: 3, Done: 2, Refused: 1})
		r.counts(r.run(Spec{Kind: Ban, Groups: []string{a.id}, Users: a.members, Span: actions.Span{For: time.Hour}}), store.JobCounts{Total: 1, Refused: 1})
		items := r.items(j.ID)
		if items[1].Reason == "" || items[0].Audit == 0 {
			t.Errorf("items: %+v", items)
		}
		_, err := r.s.Plan(ctx, r.actor, r.app, Spec{Kind: Ban, Groups: []string{a.id}, Users: a.members, Span: actions.Span{For: time.Hour}, Reason: "x"})
		if err == nil || !strings.Contains(err.Error(), "not offered") {
			t.Errorf("a plan of what is offered nowhere: %v", err)
		}
	})
}

func TestRecallBySearch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.work()
	tests := []struct {
		name   string
		search func(g crowd) Search
		left   func(n int) bool // of Message n, said by member n%4
	}{
		{"by sender", func(g crowd) Search { return Search{Senders: g.members[1:3]} }, func(n int) bool { return n%4 != 1 && n%4 != 2 }},
		{"by text", func(crowd) Search { return Search{Text: "MESSAGE 2"} }, func(n int) bool { return !strings.HasPrefix(fmt.Sprint(n), "2") }},
		{"by positions", func(crowd) Search { return Search{FromSeq: "31", UntilSeq: "50"} }, func(n int) bool { return n < 30 || n > 49 }},
		{"by time", func(crowd) Search {
			return Search{From: time.Now().Add(-30*time.Minute - 30*time.Second), Until: time.Now().Add(-20*time.Minute - 30*time.Second)}
		}, func(n int) bool { return 70-n > 30 || 70-n < 21 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := r.group(4)
			r.talk(g, 70)
			search := tt.search(g)
			spec := Spec{Kind: Recall, Groups: []string{g.id}, Search: &search}
			plan, err := r.s.Plan(t.Context(), r.actor, r.app, spec)
			r.ok(err)
			var want []string
			for n := range 70 {
				if tt.left(n) {
					want = append(want, fmt.Sprintf("Message %d", n))
				}
			}
			gone := 70 - len(want)
			if plan.Total != gone || plan.Messages != gone || plan.Act != gone || !plan.Complete || plan.UndoText == "" || len(plan.Calls) == 0 {
				t.Errorf("%d are to go, the plan is %+v", gone, plan)
			}
			j := r.run(spec)
			r.counts(j, store.JobCounts{Total: gone, Done: gone})
			said := r.said(g)
			slices.Reverse(said)
			if diff := cmp.Diff(want, said); diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBadSpecs: what is wrong is said before anything begins.
func TestBadSpecs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	many := make([]string, MaxTargets+1)
	for i := range many {
		many[i] = fmt.Sprint("u", i)
	}
	span := actions.Span{For: time.Hour}
	for _, tt := range []struct {
		name, field string
		spec        Spec
	}{
		{"no such kind", "kind", Spec{Kind: "dance"}},
		{"nobody", "targets", Spec{Kind: Mute, Groups: []string{"g"}, Span: span, Reason: "x"}},
		{"no group", "targets", Spec{Kind: Mute, Users: []string{"u"}, Span: span, Reason: "x"}},
		{"no reason", "reason", Spec{Kind: Mute, Groups: []string{"g"}, Users: []string{"u"}, Span: span}},
		{"no length", "length", Spec{Kind: Mute, Groups: []string{"g"}, Users: []string{"u"}, Reason: "x"}},
		{"too many", "targets", Spec{Kind: SignOut, Users: many, Reason: "x"}},
		{"an id that is none", "users", Spec{Kind: SignOut, Users: []string{" "}, Reason: "x"}},
		{"a pair without a group", "pairs", Spec{Kind: Kick, Pairs: []Pair{{"", "u"}}, Reason: "x"}},
		{"no role", "role", Spec{Kind: SetRole, Groups: []string{"g"}, Users: []string{"u"}}},
		{"a notice without text", "text", Spec{Kind: Notice, Groups: []string{"g"}}},
		{"everybody, and somebody", "all", Spec{Kind: Kick, Groups: []string{"g"}, Users: []string{"u"}, All: &Everybody{List: ListMembers}, Reason: "x"}},
		{"everybody on no list", "all", Spec{Kind: Kick, Groups: []string{"g"}, All: &Everybody{List: "friends"}, Reason: "x"}},
		{"everybody nowhere", "groups", Spec{Kind: Kick, All: &Everybody{List: ListMembers}, Reason: "x"}},
		{"everybody signed out", "all", Spec{Kind: SignOut, Groups: []string{"g"}, All: &Everybody{List: ListMembers}, Reason: "x"}},
		{"messages of two groups", "groups", Spec{Kind: Recall, Groups: []string{"g", "h"}, Messages: []actions.MessageRef{{ID: "1"}}}},
		{"a search for everything", "search", Spec{Kind: Recall, Groups: []string{"g"}, Search: &Search{}}},
		{"a search nowhere", "groups", Spec{Kind: Recall, Search: &Search{Text: "x"}}},
		{"a range the wrong way round", "until_seq", Spec{Kind: Recall, Groups: []string{"g"}, Search: &Search{FromSeq: "10", UntilSeq: "9"}}},
		{"an account with a name that is too long", "nick", Spec{Kind: ImportUsers, Accounts: []imclient.NewUser{{ID: "u", Nick: strings.Repeat("x", 600)}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for what, try := range map[string]func() error{
				"plan":  func() error { _, err := r.s.Plan(t.Context(), r.actor, r.app, tt.spec); return err },
				"start": func() error { _, err := r.s.Start(t.Context(), r.actor, r.app, tt.spec, ""); return err },
			} {
				err := try()
				invalid, is := err.(*actions.Invalid)
				if !is || invalid.Fields[tt.field].Key == "" {
					t.Errorf("%s: got %v, want something about %s", what, err, tt.field)
				}
			}
		})
	}
	r.denied[actions.VerbBulk] = true
	_, err := r.s.Start(t.Context(), r.actor, r.app, Spec{Kind: SignOut, Users: []string{"u"}, Reason: "x"}, "")
	if f, is := err.(*actions.Forbidden); !is || f.Verb != actions.VerbBulk {
		t.Errorf("without the right to bulk: %v", err)
	}
}
