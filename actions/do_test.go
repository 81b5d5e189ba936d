package actions

import (
	"strings"
	"testing"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

func TestMute(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 4)
	outsider := r.users(1)[0]

	result := r.do(Mute{
		Common: because("广告"), Group: g.id, Span: Span{For: time.Hour},
		Users: []string{g.members[0], g.owner, g.admin, outsider, administrator, g.members[1], g.members[0]},
	})
	r.states(result, StateApplied, StateSkipped, StateSkipped, StateSkipped, StateSkipped, StateApplied)
	for i, want := range []string{"", SkipOwner, SkipAdmin, SkipNotMember, SkipAdministrator, ""} {
		if got := result.Items[i].Skip; got != want {
			t.Errorf("%s is skipped by %q, want %q", result.Items[i].ID, got, want)
		}
	}
	if !result.Items[0].Verified {
		t.Error("the mute was not looked at")
	}
	if result.State != store.AuditPartial {
		t.Errorf("state %s, want partial: four were left alone", result.State)
	}
	if result.UndoUntil.Sub(r.now()).Round(time.Minute) != 10*time.Minute {
		t.Errorf("undo until %s, want in 10 min", result.UndoUntil)
	}
	r.mutedFor(g, g.members[0], time.Hour)
	r.mutedFor(g, g.members[1], time.Hour)
	r.mutedFor(g, g.members[2], 0)
	r.mutedFor(g, g.admin, 0)

	r.states(r.do(Mute{Common: because("x"), Group: g.id, Users: []string{g.admin}, Span: Span{Forever: true}, AlsoAdmins: true}), StateApplied)
	r.mutedFor(g, g.admin, -1)
	until := r.now().Add(90 * time.Minute)
	r.states(r.do(Mute{Common: because("x"), Group: g.id, Users: g.members[2:3], Span: Span{Until: until}}), StateApplied)
	r.mutedFor(g, g.members[2], 90*time.Minute)

	result = r.do(Unmute{Group: g.id, Users: []string{g.members[0], g.members[3]}})
	r.states(result, StateApplied, StateSkipped)
	r.mutedFor(g, g.members[0], 0)
}

func TestUnmuteWhoLeft(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 2)
	r.do(Mute{Common: because("x"), Group: g.id, Users: g.members[:1], Span: Span{For: time.Hour}})
	r.do(Kick{Common: because("x"), Group: g.id, Users: g.members[:1]})
	r.states(r.do(Unmute{Group: g.id, Users: g.members[:1]}), StateApplied)
	_, err := r.app.IM.Members.Add(r.Context(), g.id, g.members[:1], true)
	r.ok(err)
	r.mutedFor(g, g.members[0], 0)
}

func TestMuteInLiveRoom(t *testing.T) {
	r := newRig(t)
	g := r.group("AVChatRoom", 3)
	outsider := r.users(1)[0] // is not in the room now: may be muted all the same
	result := r.do(Mute{Common: because("x"), Group: g.id, Users: []string{g.members[0], g.owner, outsider}, Span: Span{For: time.Hour}})
	r.states(result, StateApplied, StateSkipped, StateApplied)
	if i := result.Items[0]; !i.Verified || i.Before != known("") {
		t.Errorf("got %+v, want an item that was looked at before and after", i)
	}
	r.states(r.undo(result.ID), StateApplied, StateApplied)
}

func TestPreview(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 5)
	for user, d := range map[string]time.Duration{g.members[0]: time.Hour, g.members[1]: 48 * time.Hour, g.members[2]: 24 * time.Hour} {
		r.do(Mute{Common: because("x"), Group: g.id, Users: []string{user}, Span: Span{For: d}})
	}
	writes := r.im.Calls(cmdMute)
	entries, err := r.store.Audit.Count(r.Context())
	r.ok(err)
	p, err := r.s.Preview(r.Context(), r.actor, r.app, Mute{Group: g.id, Users: append(g.members, g.owner), Span: Span{For: 24 * time.Hour}})
	r.ok(err)
	for i, want := range []string{EffectLonger, EffectShorter, EffectSame, EffectMuted, EffectMuted, ""} {
		if got := p.Items[i].Effect; got != want {
			t.Errorf("effect on item %d: got %q, want %q", i, got, want)
		}
	}
	first := p.Items[0]
	if from, to := first.Before.End(), first.Want.End(); from.Sub(r.now()).Round(time.Minute) != time.Hour || to.Sub(r.now()).Round(time.Minute) != 24*time.Hour {
		t.Errorf("the end moves from %s to %s, want from in an hour to in a day", from, to)
	}
	if p.Act != 5 || p.Skipped != 1 || p.UndoText != "" || p.Group.Name != "周末音乐夜" {
		t.Errorf("got %d acted upon, %d skipped, undo %q, group %q", p.Act, p.Skipped, p.UndoText, p.Group.Name)
	}
	if n, err := r.store.Audit.Count(r.Context()); err != nil || n != entries || r.im.Calls(cmdMute) != writes {
		t.Error("a preview changed something")
	}
	recall, err := r.s.Preview(r.Context(), r.actor, r.app, Recall{Group: g.id, Messages: []MessageRef{{ID: "7", Seq: "7"}}})
	r.ok(err)
	if recall.UndoText != UndoImpossible {
		t.Errorf("undo of a recall: %q", recall.UndoText)
	}
}

func TestMuteAll(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	on := r.do(MuteAll{Group: g.id, On: true})
	r.states(on, StateApplied)
	if !on.Items[0].Verified {
		t.Error("not looked at")
	}
	r.states(r.do(MuteAll{Group: g.id, On: true}), StateSkipped)
	r.states(r.undo(on.ID), StateApplied)
	if got, _ := r.app.IM.Groups.Get(imclient.Fresh(r.Context()), g.id); got.MuteAll != imclient.Off {
		t.Errorf("mute all is %v after the undo", got.MuteAll)
	}
}

func TestKick(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 3)
	result := r.do(Kick{Common: because(strings.Repeat("广告", 400)[:999]), Group: g.id, Users: []string{g.members[0], g.owner, g.admin, "nobody"}})
	r.states(result, StateApplied, StateSkipped, StateSkipped, StateSkipped)
	if got := r.member(g, g.members[0]); got.UserID != "" {
		t.Error("still in the group")
	}
	r.states(r.do(Kick{Common: because("x"), Group: g.id, Users: []string{g.admin}, Silent: true, AlsoAdmins: true}), StateApplied)
}

func TestRecall(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 3)
	said := r.talk(g, 40)
	refs := []MessageRef{{said[3].ID, said[3].Seq}, {said[38].ID, said[38].Seq}, {said[39].ID, said[39].Seq}, {said[10].ID, ""}, {"9999", "9999"}}
	result := r.do(Recall{Group: g.id, Messages: append(refs, refs[0])})
	r.states(result, StateApplied, StateApplied, StateApplied, StateApplied, StateRefused)
	if result.UndoText != UndoImpossible {
		t.Errorf("undo: %q", result.UndoText)
	}
	for i, want := range []bool{true, true, true, false} { // without a position nobody can look
		if got := result.Items[i].Verified; got != want {
			t.Errorf("item %d verified: %v, want %v", i, got, want)
		}
	}
	if result.Items[4].Reason != "action.refused.not_found" || result.Items[4].VendorCode != "10030" {
		t.Errorf("got %+v, want the service's refusal", result.Items[4])
	}
	for i, m := range r.history(g) {
		if gone := m.State != imclient.MessageSaid; gone != (i == 3 || i == 10 || i >= 38) {
			t.Errorf("message %d taken back: %v", i, gone)
		}
	}
	e, err := r.store.Audit.Get(r.Context(), result.ID)
	r.ok(err)
	if len(e.Users) != 2 || len(e.Messages) != 5 {
		t.Errorf("the audit entry names %v and %v: want the two senders that were seen and five messages", e.Users, e.Messages)
	}
	r.states(r.do(Recall{Group: g.id, Messages: refs[:1]}), StateSkipped) // it is gone already
}

func TestDeleteBySender(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 3)
	said := r.talk(g, 30)
	silent := r.users(1)
	result := r.do(DeleteBySender{Common: because("x"), Group: g.id, Users: []string{g.members[1], silent[0]}})
	r.states(result, StateApplied, StateApplied)
	if i := result.Items[0]; i.Before != known("10") || i.After != known("0") || !i.Verified {
		t.Errorf("got %+v, want ten messages before and none after", i)
	}
	if i := result.Items[1]; i.Verified || i.Reason != ResultUnverified {
		t.Errorf("got %+v: of one who said nothing, nothing can be seen", i)
	}
	for i, m := range r.history(g) {
		if gone := m.State != imclient.MessageSaid; gone != (said[i].From == g.members[1]) {
			t.Errorf("message %d taken back: %v", i, gone)
		}
	}
}

func TestRoleAndNameCard(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 2)
	result := r.do(SetRole{Group: g.id, Users: []string{g.members[0], g.owner, g.admin, "nobody"}, Role: imclient.RoleAdmin})
	r.states(result, StateApplied, StateSkipped, StateSkipped, StateSkipped)
	if got := r.member(g, g.members[0]).Role; got != imclient.RoleAdmin {
		t.Errorf("role %s", got)
	}
	r.states(r.undo(result.ID), StateApplied)
	if got := r.member(g, g.members[0]).Role; got != imclient.RoleMember {
		t.Errorf("role %s after the undo", got)
	}

	card := r.do(SetNameCard{Group: g.id, User: g.members[1], Card: "三号包间"})
	r.states(card, StateApplied)
	if got := r.member(g, g.members[1]).NameCard; got != "三号包间" {
		t.Errorf("name card %q", got)
	}
	r.states(r.do(SetNameCard{Group: g.id, User: g.members[1], Card: "三号包间"}), StateSkipped)
	r.states(r.undo(card.ID), StateApplied)
	if got := r.member(g, g.members[1]).NameCard; got != "" {
		t.Errorf("name card %q after the undo", got)
	}
}

func TestEditGroup(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	name, intro, join := "Weekend", "A new introduction", "FreeAccess"
	result := r.do(EditGroup{Group: g.id, Name: &name, Intro: &intro, Join: &join, Seen: map[string]string{FieldName: "周末音乐夜", FieldIntro: "", FieldJoinOption: "NeedPermission"}})
	r.states(result, StateApplied, StateApplied, StateApplied)
	if i := result.Items[0]; i.ID != FieldName || i.Before != known("周末音乐夜") || i.After != known("Weekend") {
		t.Errorf("got %+v, want the name before and after", i)
	}

	// A colleague, whose form still shows the old name, changes name and notice.
	other, notice := "Another", "Eight o'clock"
	stale := EditGroup{Group: g.id, Name: &other, Notice: &notice, Seen: map[string]string{FieldName: "周末音乐夜", FieldNotice: ""}}
	_, err := r.s.Do(r.Context(), r.actor, r.app, stale)
	if bad := wantError[*Invalid](t, err).Fields; len(bad) != 1 || bad[FieldName].Key != "action.invalid.changed" {
		t.Errorf("got %v, want the name only", bad)
	}
	stale.Seen[FieldName] = name
	r.states(r.do(stale), StateApplied, StateApplied)

	undone, err := r.s.Undo(r.Context(), r.actor, r.app, result.ID)
	r.ok(err)
	r.states(undone, StateSkipped, StateApplied, StateApplied) // the name is the colleague's now
	if got := undone.Items[0]; got.Skip != SkipChanged || got.Before != known(other) {
		t.Errorf("got %+v, want what it is now", got)
	}
	got, err := r.app.IM.Groups.Get(imclient.Fresh(r.Context()), g.id)
	r.ok(err)
	if got.Name != other || got.Intro != "" || got.JoinOption != "NeedPermission" || got.Notice != notice {
		t.Errorf("after the undo: %+v", got)
	}
}

func TestNotice(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 2)
	result := r.do(Notice{Group: g.id, Text: "开播了", To: g.members})
	r.states(result, StateApplied)
	if i := result.Items[0]; i.Verified || i.Reason != ResultUnverified || result.UndoText != UndoImpossible {
		t.Errorf("got %+v, want one that nobody can look at or take back", i)
	}
}

func TestGlobalMute(t *testing.T) {
	r := newRig(t)
	users := append(r.users(2), "nobody", administrator)
	hour := Span{For: time.Hour}
	first := r.do(GlobalMute{Common: because("x"), Users: users, Groups: &hour})
	r.states(first, StateApplied, StateApplied, StateSkipped, StateSkipped)
	second := r.do(GlobalMute{Common: because("x"), Users: users[:1], Direct: &Span{Forever: true}, Groups: &Span{For: 24 * time.Hour}})
	r.states(second, StateApplied)
	muted := func(user string) (direct, groups time.Time) {
		m, err := r.app.IM.Mutes.Global(imclient.Fresh(r.Context()), user)
		r.ok(err)
		return m.DirectUntil, m.GroupUntil
	}
	if direct, groups := muted(users[0]); !direct.Equal(imclient.Forever) || groups.Sub(r.now()).Round(time.Minute) != 24*time.Hour {
		t.Errorf("muted until %s and %s", direct, groups)
	}
	r.states(r.undo(second.ID), StateApplied)
	if direct, groups := muted(users[0]); !direct.IsZero() || groups.Sub(r.now()).Round(time.Minute) != time.Hour {
		t.Errorf("after the undo muted until %s and %s, want groups for an hour", direct, groups)
	}
	lifted := r.do(GlobalUnmute{Users: users[:2], Groups: true})
	r.states(lifted, StateApplied, StateApplied)
	r.states(r.do(GlobalUnmute{Users: users[:1], Direct: true, Groups: true}), StateSkipped)
	r.states(r.undo(lifted.ID), StateApplied, StateApplied)
	if _, groups := muted(users[1]); groups.Sub(r.now()).Round(time.Minute) != time.Hour {
		t.Errorf("muted until %s after the undo, want for an hour", groups)
	}
}

func TestSignOut(t *testing.T) {
	r := newRig(t)
	users := r.users(2)
	r.im.SignIn(testApp, users[0], "Android")
	result := r.do(SignOut{Common: because("x"), Users: append(users, "nobody", administrator)})
	r.states(result, StateApplied, StateApplied, StateRefused, StateSkipped)
	if !result.Items[0].Verified || result.Items[1].Verified {
		t.Errorf("got %+v and %+v: only of the first can be seen that it helped", result.Items[0], result.Items[1])
	}
}

func TestBan(t *testing.T) {
	r := newRig(t)
	g := r.group("AVChatRoom", 30)
	result := r.do(Ban{Common: because("raid"), Group: g.id, Users: append([]string{g.owner}, g.members[:25]...), Span: Span{For: time.Hour}})
	if n := result.Count(StateApplied); n != 25 || result.Items[0].Skip != SkipOwner {
		t.Errorf("%d were banned, want 25 and not the owner", n)
	}
	r.states(r.do(Ban{Common: because("x"), Group: g.id, Users: g.members[25:26], Span: Span{Forever: true}}), StateApplied)
	unban := r.do(Unban{Group: g.id, Users: []string{g.members[0], g.members[29]}})
	r.states(unban, StateApplied, StateSkipped)
	r.states(r.undo(unban.ID), StateApplied)
	back := r.undo(result.ID)
	if n := back.Count(StateApplied); n != 25 {
		t.Errorf("%d bans were lifted, want 25", n)
	}
}

func TestFiveHundred(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 520)
	targets := g.members[:500]
	result := r.do(Mute{Common: because("raid"), Group: g.id, Users: targets, Span: Span{For: time.Hour}})
	if result.State != store.AuditOK || result.Count(StateApplied) != 500 {
		t.Fatalf("%s, %d muted", result.State, result.Count(StateApplied))
	}
	r.mutedFor(g, g.members[510], 0)
	if back := r.undo(result.ID); back.Count(StateApplied) != 500 {
		t.Errorf("%d unmuted", back.Count(StateApplied))
	}
	kicked := r.do(Kick{Common: because("raid"), Group: g.id, Users: targets, Silent: true})
	if kicked.Count(StateApplied) != 500 {
		t.Errorf("%d kicked", kicked.Count(StateApplied))
	}
	_, err := r.s.Do(r.Context(), r.actor, r.app, Mute{Common: because("x"), Group: g.id, Users: g.members[:501], Span: Span{For: time.Hour}})
	if bad := wantError[*Invalid](t, err); bad.Fields["users"].Key != "action.invalid.too_many" {
		t.Errorf("got %v", bad)
	}
}
