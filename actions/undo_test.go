package actions

import (
	"errors"
	"sync"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
)

func TestUndoOfAMuteRestoresEachEnd(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 5)
	mute := func(user string, s Span) {
		r.do(Mute{Common: because("x"), Group: g.id, Users: []string{user}, Span: s})
	}
	mute(g.members[1], Span{For: 2 * time.Hour})
	mute(g.members[2], Span{Forever: true})
	mute(g.members[3], Span{For: 5 * time.Minute}) // over by the time of the undo
	result := r.do(Mute{Common: because("x"), Group: g.id, Users: g.members, Span: Span{For: 24 * time.Hour}})
	r.states(result, StateApplied, StateApplied, StateApplied, StateApplied, StateApplied)

	r.ahead.Add(int64(6 * time.Minute))
	back := r.undo(result.ID)
	r.states(back, StateApplied, StateApplied, StateApplied, StateApplied, StateApplied)
	r.mutedFor(g, g.members[0], 0)
	r.mutedFor(g, g.members[1], 2*time.Hour-6*time.Minute)
	r.mutedFor(g, g.members[2], -1)
	r.mutedFor(g, g.members[3], 0)
	r.mutedFor(g, g.members[4], 0)
	if back.UndoOf != result.ID || back.Verb != VerbMute || back.UndoText != UndoImpossible {
		t.Errorf("got %+v, want the undo of %d", back, result.ID)
	}
	e, err := r.store.Audit.Get(r.Context(), back.ID)
	r.ok(err)
	if e.Action != string(Undoing(VerbMute)) || e.UndoOf != result.ID {
		t.Errorf("recorded as %s of %d", e.Action, e.UndoOf)
	}
	_, err = r.s.Undo(r.Context(), r.actor, r.app, back.ID)
	if got := wantError[*CannotUndo](t, err).Reason; got != UndoImpossible {
		t.Errorf("undo of an undo: %s", got)
	}
}

func TestUndoOfAnUnmute(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 2)
	r.do(Mute{Common: because("x"), Group: g.id, Users: g.members[:1], Span: Span{For: time.Hour}})
	r.do(Mute{Common: because("x"), Group: g.id, Users: g.members[1:], Span: Span{Forever: true}})
	result := r.do(Unmute{Group: g.id, Users: g.members})
	r.states(r.undo(result.ID), StateApplied, StateApplied)
	r.mutedFor(g, g.members[0], time.Hour)
	r.mutedFor(g, g.members[1], -1)
}

func TestUndoOfAKickGivesBackRoleAndNameCard(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 2)
	r.do(SetNameCard{Group: g.id, User: g.admin, Card: "助手"})
	result := r.do(Kick{Common: because("x"), Group: g.id, Users: []string{g.members[0], g.admin}, AlsoAdmins: true})
	r.states(result, StateApplied, StateApplied)
	r.states(r.undo(result.ID), StateApplied, StateApplied)
	if m := r.member(g, g.admin); m.Role != imclient.RoleAdmin || m.NameCard != "助手" {
		t.Errorf("back as %+v, want the admin with the name card", m)
	}
	if m := r.member(g, g.members[0]); m.Role != imclient.RoleMember {
		t.Errorf("back as %+v, want a member", m)
	}
}

func TestUndoRefusesWhatSomebodyChanged(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 3)
	result := r.do(Mute{Common: because("x"), Group: g.id, Users: g.members, Span: Span{For: time.Hour}})
	// A colleague makes one longer by a little, and lifts another.
	r.do(Mute{Common: because("y"), Group: g.id, Users: g.members[:1], Span: Span{For: time.Hour + 2*time.Minute}})
	r.do(Unmute{Group: g.id, Users: g.members[1:2]})
	back := r.undo(result.ID)
	r.states(back, StateSkipped, StateSkipped, StateApplied)
	for i, want := range []string{SkipChanged, SkipBack} {
		if got := back.Items[i].Skip; got != want {
			t.Errorf("item %d: skipped by %q, want %q", i, got, want)
		}
	}
	r.mutedFor(g, g.members[0], time.Hour+2*time.Minute)

	second := r.do(Mute{Common: because("x"), Group: g.id, Users: g.members[2:], Span: Span{For: time.Hour}})
	r.do(Mute{Common: because("y"), Group: g.id, Users: g.members[2:], Span: Span{Forever: true}})
	_, err := r.s.Undo(r.Context(), r.actor, r.app, second.ID)
	no := wantError[*CannotUndo](t, err)
	if no.Reason != UndoChanged || len(no.Items) != 1 || no.Items[0].Before != known(TextForever) {
		t.Errorf("got %+v, want that it changed, and what it is now", no)
	}
	if n := r.im.Calls(cmdMute); n != 6 {
		t.Errorf("%d requests for mutes, want 6", n)
	}
}

func TestUndoLimits(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 2)
	mute := Mute{Common: because("x"), Group: g.id, Users: g.members[:1], Span: Span{For: time.Hour}}
	why := func(id int64) string {
		_, err := r.s.Undo(r.Context(), r.actor, r.app, id)
		return wantError[*CannotUndo](t, err).Reason
	}
	old := r.do(mute)
	r.ahead.Add(int64(10*time.Minute + time.Second))
	if got := why(old.ID); got != UndoTooLate {
		t.Errorf("after ten minutes: %s", got)
	}
	mend := r.fault(emulator.Fault{Command: cmdMute, ErrorCode: 10007})
	refused := r.do(mute)
	mend()
	if got := why(refused.ID); got != UndoNothing {
		t.Errorf("of what was refused: %s", got)
	}
	notice := r.do(Notice{Group: g.id, Text: "x"})
	if got := why(notice.ID); got != UndoImpossible {
		t.Errorf("of a notice: %s", got)
	}
	pending, err := r.store.Audit.Begin(r.Context(), store.AuditEntry{At: r.now(), App: r.app.ID, Action: string(VerbMute), OperatorID: "op1"})
	r.ok(err)
	if got := why(pending); got != UndoPending {
		t.Errorf("of what is under way: %s", got)
	}
	signIn, err := r.store.Audit.Begin(r.Context(), store.AuditEntry{At: r.now(), App: r.app.ID, Action: "operator.signin", OperatorID: "op1"})
	r.ok(err)
	if got := why(signIn); got != UndoImpossible {
		t.Errorf("of a sign-in: %s", got)
	}
	for name, try := range map[string]func() error{
		"another app": func() error {
			other := r.app
			other.ID = "other"
			_, err := r.s.Undo(r.Context(), r.actor, other, old.ID)
			return err
		},
		"no entry": func() error { _, err := r.s.Undo(r.Context(), r.actor, r.app, 4711); return err },
	} {
		if err := try(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: got %v, want not found", name, err)
		}
	}
}

func TestUndoThatFailedMayBeTriedAgain(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	result := r.do(Mute{Common: because("x"), Group: g.id, Users: g.members, Span: Span{For: time.Hour}})
	mend := r.fault(emulator.Fault{Command: cmdMute, ErrorCode: 10007})
	r.states(r.undo(result.ID), StateRefused)
	mend()
	r.states(r.undo(result.ID), StateApplied)
	r.mutedFor(g, g.members[0], 0)
}

func TestUndoOnce(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	result := r.do(Kick{Common: because("x"), Group: g.id, Users: g.members})
	other := r.actor
	other.OperatorID, other.Name = "op2", "Tomasz"
	const n = 6
	results, errs := make([]Result, 2*n), make([]error, 2*n)
	var wg sync.WaitGroup
	for i := range 2 * n {
		actor := r.actor
		if i >= n {
			actor = other
		}
		wg.Go(func() { results[i], errs[i] = r.s.Undo(r.Context(), actor, r.app, result.ID) })
	}
	wg.Wait()
	if calls := r.im.Calls(cmdAdd); calls != 1 {
		t.Errorf("added back %d times, want once", calls)
	}
	winner := Result{}
	for i, res := range results {
		if errs[i] == nil && !res.Repeated {
			if winner.ID != 0 {
				t.Errorf("entries %d and %d both took it back", winner.ID, res.ID)
			}
			winner = res
		}
	}
	if winner.ID == 0 {
		t.Fatal("nobody took it back")
	}
	e, err := r.store.Audit.Get(r.Context(), winner.ID)
	r.ok(err)
	for i := range results {
		if mine := (i < n) == (e.OperatorID == r.actor.OperatorID); mine {
			r.ok(errs[i])
			if results[i].ID != winner.ID || results[i].Count(StateApplied) != 1 {
				t.Errorf("another click of the winner got %+v", results[i])
			}
			continue
		}
		if no := wantError[*CannotUndo](t, errs[i]); no.Reason != UndoAlready || no.By != e.OperatorName {
			t.Errorf("the other operator got %+v, want who was faster", no)
		}
	}
}
