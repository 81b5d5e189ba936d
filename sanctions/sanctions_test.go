package sanctions_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/jobs"
	"imdesk/sanctions"
	"imdesk/store"
)

// TestRegister: what is done through actions stands in the register, with who, why and on what evidence.
func TestRegister(t *testing.T) {
	t.Parallel()
	for _, vendor := range []imclient.Vendor{imclient.Tencent, imclient.Volcengine} {
		t.Run(string(vendor), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, vendor, 4)
			a, b, c := r.users[0], r.users[1], r.users[2]
			first := r.mute(a, b)
			r.ok(r.other.CatchUp(t.Context()))
			row := r.list(store.SanctionFilter{User: a})[0]
			if row.Case != 7 || row.Audit != first.ID || row.Reason != "spam" || row.ByID != "op1" || row.Group != r.group || row.Until.Sub(r.now().Add(time.Hour)).Abs() > time.Minute {
				t.Errorf("the row: %+v", row)
			}
			longer := r.do(actions.Mute{Common: actions.Common{Reason: "again"}, Group: r.group, Users: []string{a}, Span: actions.Span{For: 5 * time.Hour}})
			_, err := r.act.Undo(t.Context(), r.actor, r.app, longer.ID)
			r.ok(err)
			r.do(actions.Unmute{Group: r.group, Users: []string{b}})
			kicked := r.do(actions.Kick{Common: actions.Common{Reason: "spam"}, Group: r.group, Users: []string{c}, Silent: true})
			r.ok(r.s.CatchUp(t.Context()))
			r.want("longer, and taken back", store.SanctionFilter{User: a}, a+" mute operator Mei Lin in_force; "+a+" mute operator Mei Lin lifted undone")
			r.want("lifted", store.SanctionFilter{User: b}, b+" mute operator Mei Lin lifted")
			r.want("removed", store.SanctionFilter{User: c}, c+" kick operator Mei Lin in_force")
			_, err = r.act.Undo(t.Context(), r.actor, r.app, kicked.ID)
			r.ok(err)
			r.ok(r.s.CatchUp(t.Context()))
			r.want("back in the group", store.SanctionFilter{User: c}, c+" kick operator Mei Lin lifted undone")
		})
	}
}

// TestRegisterOfRulesAndGlobalMutes: rules are named, both parts of a global mute are rows of their own.
func TestRegisterOfRulesAndGlobalMutes(t *testing.T) {
	t.Parallel()
	r := newRig(t, imclient.Tencent, 2)
	u := r.users[0]
	r.actor.OperatorID, r.actor.Name = "rule:insults", "rule insults"
	r.mute(u)
	r.actor.OperatorID, r.actor.Name = "op1", "Mei Lin"
	r.do(actions.GlobalMute{Common: actions.Common{Reason: "spam"}, Users: []string{u}, Direct: &actions.Span{Forever: true}, Groups: &actions.Span{For: time.Hour}})
	r.do(actions.GlobalUnmute{Users: []string{u}, Groups: true})
	r.ok(r.s.CatchUp(t.Context()))
	r.want("rows", store.SanctionFilter{}, u+" mute rule insults in_force; "+u+" global_direct operator Mei Lin in_force; "+u+" global_groups operator Mei Lin lifted")
	r.look(store.KindUser, u)
	r.want("the service agrees", store.SanctionFilter{States: []string{store.SanctionDrifted}}, "")
	direct := time.Duration(0)
	r.ok(r.client(imclient.Tencent).Mutes.SetGlobal(t.Context(), u, &direct, nil))
	r.look(store.KindUser, u)
	r.want("lifted past the console", store.SanctionFilter{Drift: store.DriftLifted}, u+" global_direct operator Mei Lin drifted lifted")
}

// TestDrift: what is changed at the service past the console is found, and put back or taken over.
func TestDrift(t *testing.T) {
	t.Parallel()
	for _, vendor := range []imclient.Vendor{imclient.Tencent, imclient.Volcengine} {
		t.Run(string(vendor), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, vendor, 6)
			ctx, past := t.Context(), r.client(vendor)
			lifted, longer, alone, found, before := r.users[0], r.users[1], r.users[2], r.users[3], r.users[4]
			set := func(user string, d time.Duration) {
				t.Helper()
				_, err := past.Mutes.Set(ctx, r.group, []string{user}, d)
				r.ok(err)
			}
			set(before, 30*time.Hour)
			r.look(store.KindGroup, r.group)
			r.want("what was there before anybody looked", store.SanctionFilter{}, before+" mute service in_force")
			r.mute(lifted, longer, alone)
			r.look(store.KindGroup, r.group)
			r.want("nothing differs", store.SanctionFilter{States: []string{store.SanctionDrifted}}, "")

			_, err := past.Mutes.Lift(ctx, r.group, []string{lifted})
			r.ok(err)
			set(longer, 48*time.Hour)
			set(found, 24*time.Hour)
			r.look(store.KindGroup, r.group)
			if got := r.show(store.SanctionFilter{States: []string{store.SanctionDrifted}}); got != lifted+" mute operator Mei Lin drifted lifted; "+longer+" mute operator Mei Lin drifted end; "+found+" mute service drifted unknown" {
				t.Fatalf("drift: %s", got)
			}

			// The one that was lifted is put back, the longer one is taken over, and the one that nobody knows is lifted.
			for _, x := range r.list(store.SanctionFilter{States: []string{store.SanctionDrifted}}) {
				if x.User == longer {
					r.do(sanctions.Taken(x, actions.Common{}))
					continue
				}
				a, is := sanctions.Again(x, "", actions.Common{}, r.now())
				if !is {
					t.Fatalf("nothing puts back %+v", x)
				}
				r.do(a)
			}
			r.look(store.KindGroup, r.group)
			r.want("put right", store.SanctionFilter{States: []string{store.SanctionDrifted}}, "")
			r.want("who was lifted is muted again, on the same evidence", store.SanctionFilter{User: lifted}, lifted+" mute operator Mei Lin replaced; "+lifted+" mute operator Mei Lin in_force")
			if x := r.list(store.SanctionFilter{User: lifted})[0]; x.Case != 7 || x.Reason != "spam" {
				t.Errorf("put back: %+v", x)
			}
			if x := r.list(store.SanctionFilter{User: longer})[0]; x.Until.Sub(r.now()) < 40*time.Hour || x.State != store.SanctionInForce {
				t.Errorf("taken over: %+v", x)
			}
			r.want("nobody knew it", store.SanctionFilter{User: found}, found+" mute service lifted")
			now, err := r.app.IM.Members.Get(imclient.Fresh(ctx), r.group, []string{lifted, found})
			r.ok(err)
			if len(now) != 2 || now[0].MutedUntil.IsZero() || !now[1].MutedUntil.IsZero() {
				t.Errorf("at the service: %+v", now)
			}

			// By itself, once the app wants that.
			body, err := json.Marshal(sanctions.Policy{Repair: true})
			r.ok(err)
			_, err = r.store.Policies.Set(ctx, store.Policy{Key: sanctions.PolicyKey(r.app.ID), Body: body, ChangedAt: r.now()})
			r.ok(err)
			_, err = past.Mutes.Lift(ctx, r.group, []string{lifted})
			r.ok(err)
			set(found, 24*time.Hour)
			r.look(store.KindGroup, r.group)
			r.want("what is unknown is left to people", store.SanctionFilter{States: []string{store.SanctionDrifted}}, found+" mute service drifted unknown")
			if x := r.list(store.SanctionFilter{User: lifted})[0]; x.ByID != sanctions.RepairerID || x.State != store.SanctionInForce {
				t.Errorf("put back by itself: %+v", x)
			}
			_, err = past.Mutes.Lift(ctx, r.group, []string{found})
			r.ok(err)
			r.look(store.KindGroup, r.group)
			r.want("gone again by itself", store.SanctionFilter{User: found}, found+" mute service lifted; "+found+" mute service lifted service")
			r.ok(past.Groups.Dismiss(ctx, r.group))
			r.look(store.KindGroup, r.group)
			r.want("the group is gone", store.SanctionFilter{States: []string{store.SanctionInForce, store.SanctionDrifted}}, "")
		})
	}
}

// TestNothingOfOursIsDrift: while jobs mute and are reversed, operators mute and take back, and another console does the same, the
// comparing goes on and never takes any of it for somebody else's doing. What somebody else does meanwhile is found.
func TestNothingOfOursIsDrift(t *testing.T) {
	t.Parallel()
	for _, vendor := range []imclient.Vendor{imclient.Tencent, imclient.Volcengine} {
		t.Run(string(vendor), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, vendor, 90)
			ctx, work, past := t.Context(), r.jobs(), r.client(vendor)
			strange, byJob, byHand := r.users[0], r.users[10:70], r.users[70:]
			r.look(store.KindGroup, r.group) // from here on, what nobody set here is drift
			stop := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					user := byHand[n%len(byHand)]
					m, err := r.act.Do(ctx, r.actor, r.app, actions.Mute{Common: actions.Common{Reason: "spam"}, Group: r.group, Users: []string{user}, Span: actions.Span{For: time.Hour}})
					if err == nil && n%3 != 0 {
						_, err = r.act.Undo(ctx, r.actor, r.app, m.ID)
					}
					if err != nil {
						t.Errorf("by hand: %v", err)
						return
					}
				}
			})
			ended := func(id int64) bool {
				j, err := work.Get(ctx, id)
				r.ok(err)
				return j.State.Ended()
			}
			looks := 0
			drifted := store.SanctionFilter{States: []string{store.SanctionDrifted}}
			compareUntil := func(done func() bool) {
				t.Helper()
				for begun := time.Now(); !done(); looks++ {
					s := []*sanctions.Service{r.s, r.other}[looks%2]
					r.ok(r.store.Sanctions.Hurry(ctx, r.app.ID, store.KindGroup, r.group, r.now()))
					_, err := s.Step(ctx, r.app, true)
					r.ok(err)
					for _, x := range r.list(drifted) {
						if x.User != strange {
							t.Fatalf("ours is reported: %+v", x)
						}
					}
					if time.Since(begun) > 30*time.Second {
						t.Fatal("it comes to no end")
					}
				}
			}
			j, err := work.Start(ctx, r.actor, r.app, jobs.Spec{Kind: jobs.Mute, Groups: []string{r.group}, Users: byJob, Span: actions.Span{For: time.Hour}, Reason: "raid"}, "")
			r.ok(err)
			compareUntil(func() bool { return ended(j.ID) })
			_, err = past.Mutes.Set(ctx, r.group, []string{strange}, 3*time.Hour)
			r.ok(err)
			back, err := work.Reverse(ctx, r.actor, r.app, j.ID, "")
			r.ok(err)
			compareUntil(func() bool { return ended(back.ID) && len(r.list(drifted)) == 1 })
			close(stop)
			wg.Wait()
			r.look(store.KindGroup, r.group)
			r.want("in the end", drifted, strange+" mute service drifted unknown")
			for _, u := range byJob {
				if x := r.list(store.SanctionFilter{User: u}); len(x) != 1 || x[0].State != store.SanctionLifted || x[0].How != store.EndedUndone || x[0].Job == "" {
					t.Fatalf("of a job that was reversed: %+v", x)
				}
			}
			t.Logf("%d looks", looks)
		})
	}
}

// TestDoubt: of an action whose answer was lost and that a dead console left open, the service's list decides.
func TestDoubt(t *testing.T) {
	t.Parallel()
	r := newRig(t, imclient.Tencent, 3)
	ctx := t.Context()
	begin := func(user, want string) int64 {
		t.Helper()
		detail, err := json.Marshal(actions.Detail{Want: &want, Items: []actions.DetailItem{{ID: user}}})
		r.ok(err)
		id, err := r.store.Audit.Begin(ctx, store.AuditEntry{
			At: r.now(), OperatorID: "op1", OperatorName: "Mei Lin", App: r.app.ID, Action: string(actions.VerbMute), Group: r.group, Users: []string{user}, Detail: detail,
		})
		r.ok(err)
		return id
	}
	until := r.now().Add(time.Hour).UTC().Format(time.RFC3339)
	begin(r.users[0], until)
	begin(r.users[1], until)
	_, err := r.app.IM.Mutes.Set(ctx, r.group, r.users[:1], time.Hour) // the first one was sent
	r.ok(err)
	r.look(store.KindGroup, r.group)
	r.want("under way", store.SanctionFilter{}, "")
	_, err = actions.FinishLeftovers(context.Background(), r.store.Audit, r.now().Add(time.Minute), r.now())
	r.ok(err)
	r.look(store.KindGroup, r.group)
	r.want("what came of them", store.SanctionFilter{}, "u0 mute operator Mei Lin in_force; u1 mute operator Mei Lin lifted unproved")
}

// TestCallbacks: services tell who was removed, and who came back.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	r := newRig(t, imclient.Tencent, 4)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	r.s.Share = 0
	wg.Go(func() { r.s.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	r.do(actions.Kick{Common: actions.Common{Reason: "spam"}, Group: r.group, Users: r.users[:1], Silent: true})
	left := imclient.Event{Kind: "member.left", Group: r.group, Users: []string{"u0", admin}, By: admin, Removed: true}
	r.s.Told(r.app.ID, left)
	r.s.Told(r.app.ID, imclient.Event{Kind: "member.left", Group: r.group, Users: []string{"u1", "boss"}, By: "boss", Removed: true})
	r.s.Told(r.app.ID, imclient.Event{Kind: "member.left", Group: r.group, Users: []string{"u2"}, By: "u2"})
	want := "u0 kick operator Mei Lin in_force; u1 kick user in_force"
	for begun := time.Now(); r.show(store.SanctionFilter{}) != want; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("got %s, want %s", r.show(store.SanctionFilter{}), want)
		}
	}
	if x := r.list(store.SanctionFilter{User: "u1"})[0]; x.ByID != "boss" {
		t.Errorf("by whom: %+v", x)
	}
	r.s.Told(r.app.ID, imclient.Event{Kind: "member.joined", Group: r.group, Users: []string{"u1"}})
	want = "u0 kick operator Mei Lin in_force; u1 kick user lifted joined"
	for begun := time.Now(); r.show(store.SanctionFilter{}) != want; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("got %s, want %s", r.show(store.SanctionFilter{}), want)
		}
	}
}
