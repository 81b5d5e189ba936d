package actions

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
)

// Whatever happens to the request for a mute, the result says what is so.
func TestFaultsOfAWrite(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		name   string
		fault  emulator.Fault
		state  State
		reason string
		muted  bool
		kind   string
	}{
		{"bad gateway", emulator.Fault{Status: http.StatusBadGateway}, StateNotApplied, ResultNoAnswer, false, "unavailable"},
		{"dropped before it was done", emulator.Fault{Drop: true}, StateNotApplied, ResultNoAnswer, false, "unavailable"},
		{"dropped after it was done", emulator.Fault{DropAfter: true}, StateApplied, "", true, "unavailable"},
		{"answer cut short", emulator.Fault{CutBody: true}, StateApplied, "", true, "protocol"},
		{"answer that is not JSON", emulator.Fault{BadJSON: true}, StateApplied, "", true, "protocol"},
		{"refused", emulator.Fault{ErrorCode: 10007}, StateRefused, "action.refused.denied", false, "denied"},
		{"group dismissed meanwhile", emulator.Fault{ErrorCode: 10010}, StateRefused, "action.refused.not_found", false, "not_found"},
		{"trouble of the service", emulator.Fault{ErrorCode: 10002}, StateNotApplied, ResultNoAnswer, false, "unavailable"},
		{"slow, but in time", emulator.Fault{Delay: 100 * time.Millisecond}, StateApplied, "", true, ""},
		{"no answer in time", emulator.Fault{Delay: 4 * time.Second}, StateNotApplied, ResultNoAnswer, false, "unavailable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := *r
			r.T = t
			g := r.group("Public", 1)
			c.fault.Command = cmdMute
			r.fault(c.fault)
			result := r.do(Mute{Common: because("x"), Group: g.id, Users: g.members, Span: Span{For: time.Hour}})
			r.states(result, c.state)
			i := result.Items[0]
			if i.Reason != c.reason || i.Verified != c.muted || i.After.Known == (c.state == StateRefused) {
				t.Errorf("got %+v, want reason %q, verified %v", i, c.reason, c.muted)
			}
			if (c.kind == "") != (result.Failure == nil) {
				t.Errorf("failure %v, want one of kind %q", result.Failure, c.kind)
			}
			e, err := r.store.Audit.Get(r.Context(), result.ID)
			r.ok(err)
			if e.Outcome.ErrorKind != c.kind {
				t.Errorf("kind %q in the audit log, want %q", e.Outcome.ErrorKind, c.kind)
			}
			r.im.ClearFaults()
			want := time.Duration(0)
			if c.muted {
				want = time.Hour
			}
			r.mutedFor(g, g.members[0], want)
		})
	}
}

// An answer that is lost and a service that cannot be asked: then nobody knows, and the result says so.
func TestUnknown(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 2)
	audit := &hookedAudit{AuditLog: r.store.Audit}
	r.s.Audit = audit
	audit.begun = func() { // the reads before the action are through
		r.fault(emulator.Fault{Command: cmdMute, DropAfter: true})
		r.im.SetFault(emulator.Fault{Command: cmdMembers, BadJSON: true})
	}
	result := r.do(Mute{Common: because("x"), Group: g.id, Users: g.members, Span: Span{For: time.Hour}})
	r.states(result, StateUnknown, StateUnknown)
	if result.State != store.AuditUnknown || result.Sure() || result.Items[0].Reason != ResultUnknown || result.UndoText != UndoNothing {
		t.Errorf("got %+v, want that nobody knows", result)
	}

	// It was accepted, and cannot be asked: then it is so, but nobody looked.
	audit.begun = func() {
		r.im.ClearFaults()
		r.im.SetFault(emulator.Fault{Command: cmdMembers, BadJSON: true})
	}
	r.im.ClearFaults()
	result = r.do(Kick{Common: because("x"), Group: g.id, Users: g.members[:1]})
	r.states(result, StateApplied)
	if i := result.Items[0]; i.Verified || i.Reason != ResultUnverified {
		t.Errorf("got %+v, want unverified", i)
	}
}

// What happens to the other writes when the answer is lost after the work, and when the work is not done.
func TestLostAnswers(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 8)
	said := r.talk(g, 3)
	name, hour := "Renamed", Span{For: time.Hour}
	for _, c := range []struct {
		command string
		action  Action
		look    bool // the service can be asked what became of it
	}{
		{cmdKick, Kick{Common: because("x"), Group: g.id, Users: g.members[:1]}, true},
		{cmdEdit, EditGroup{Group: g.id, Name: &name}, true},
		{cmdEdit, MuteAll{Group: g.id, On: true}, true},
		{cmdRecall, Recall{Group: g.id, Messages: []MessageRef{{said[1].ID, said[1].Seq}}}, true},
		{cmdMember, SetNameCard{Group: g.id, User: g.members[1], Card: "x"}, true},
		{cmdMember, SetRole{Group: g.id, Users: g.members[2:3], Role: imclient.RoleAdmin}, true},
		{cmdGlobal, GlobalMute{Common: because("x"), Users: g.members[3:4], Groups: &hour}, true},
		{cmdNotice, Notice{Group: g.id, Text: "x"}, false},
		{cmdSignOut, SignOut{Common: because("x"), Users: g.members[4:5]}, false}, // is not online: nothing can be seen
	} {
		t.Run(string(c.action.Verb()), func(t *testing.T) {
			r := *r
			r.T = t
			mend := r.fault(emulator.Fault{Command: c.command, Drop: true})
			result := r.do(c.action)
			mend()
			if c.look {
				r.states(result, StateNotApplied)
			} else {
				r.states(result, StateUnknown)
			}
			mend = r.fault(emulator.Fault{Command: c.command, DropAfter: true})
			result = r.do(c.action)
			mend()
			if c.look {
				r.states(result, StateApplied)
			} else {
				r.states(result, StateUnknown)
			}
		})
	}
}

// Of a long list the service refuses a part: each is named.
func TestPartOfManyCalls(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 250)
	r.fault(emulator.Fault{Command: cmdKick, Share: 0.5, Status: http.StatusBadGateway}) // every second call of three
	result := r.do(Kick{Common: because("raid"), Group: g.id, Users: g.members})
	r.im.ClearFaults()
	applied := result.Count(StateApplied)
	if applied == 0 || applied == 250 || result.Count(StateNotApplied) != 250-applied || result.State != store.AuditPartial {
		t.Fatalf("%s: %d kicked, %d not", result.State, applied, result.Count(StateNotApplied))
	}
	for _, i := range result.Items {
		if gone := r.member(g, i.ID).UserID == ""; gone != (i.State == StateApplied) {
			t.Fatalf("%s is gone: %v, the result says %s", i.ID, gone, i.State)
		}
	}
}

// The reads before the action fail: nothing is sent, and nothing is recorded.
func TestUnreadable(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	for _, command := range []string{cmdInfo, cmdMembers} {
		mend := r.fault(emulator.Fault{Command: command, BadJSON: true})
		_, err := r.s.Do(r.Context(), r.actor, r.app, Mute{Common: because("x"), Group: g.id, Users: g.members, Span: Span{For: time.Hour}})
		mend()
		if !errors.Is(err, imclient.ErrProtocol) {
			t.Errorf("%s: got %v, want the service's unintelligible answer", command, err)
		}
	}
	if n, err := r.store.Audit.Count(r.Context()); n != 0 || err != nil || r.im.Calls(cmdMute) != 0 {
		t.Errorf("%d entries, %d mutes, %v: want none", n, r.im.Calls(cmdMute), err)
	}
}

// The browser goes away while the action is under way: it is carried out, looked at and recorded all the same.
func TestBrowserGone(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	ctx, cancel := context.WithCancel(r.Context())
	audit := &hookedAudit{AuditLog: r.store.Audit, begun: cancel}
	r.s.Audit = audit
	result, err := r.s.Do(ctx, r.actor, r.app, Mute{Common: because("x"), Group: g.id, Users: g.members, Span: Span{For: time.Hour}})
	r.ok(err)
	r.states(result, StateApplied)
	r.recorded(result)
	r.mutedFor(g, g.members[0], time.Hour)
}

// Nothing may be sent that could not be recorded before.
func TestNotRecordedBefore(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	full := errors.New("disk full")
	r.s.Audit = &hookedAudit{AuditLog: r.store.Audit, beginErr: full}
	_, err := r.s.Do(r.Context(), r.actor, r.app, Mute{Common: because("x"), Group: g.id, Users: g.members, Span: Span{For: time.Hour}})
	if !errors.Is(err, full) || r.im.Calls(cmdMute) != 0 {
		t.Errorf("got %v after %d mutes, want the audit log's error and none", err, r.im.Calls(cmdMute))
	}
}

// The outcome cannot be recorded at first: it is tried again, at once and then in the background.
func TestOutcomeRecordedLate(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	audit := &hookedAudit{AuditLog: r.store.Audit}
	r.s.Audit = audit
	mute := Mute{Common: because("x"), Group: g.id, Users: g.members, Span: Span{For: time.Hour}}

	audit.failures.Store(finishTries - 1)
	r.recorded(r.do(mute))

	audit.failures.Store(finishTries)
	result, err := r.s.Do(r.Context(), r.actor, r.app, mute)
	r.ok(err)
	r.states(result, StateApplied)
	if result.Recorded {
		t.Error("the result says that its outcome is recorded, and it is not")
	}
	r.s.Close() // tries once more
	e, err := r.store.Audit.Get(r.Context(), result.ID)
	r.ok(err)
	if e.State != store.AuditOK {
		t.Errorf("the entry is %s after Close, want ok", e.State)
	}
}

func TestFinishLeftovers(t *testing.T) {
	r := newRig(t)
	for range 3 {
		_, err := r.store.Audit.Begin(r.Context(), store.AuditEntry{At: r.now().Add(-time.Minute), Action: "member.mute"})
		r.ok(err)
	}
	young, err := r.store.Audit.Begin(r.Context(), store.AuditEntry{At: r.now().Add(time.Minute), Action: "member.mute"})
	r.ok(err)
	n, err := FinishLeftovers(r.Context(), r.store.Audit, r.now(), r.now())
	r.ok(err)
	e, err := r.store.Audit.Get(r.Context(), 1)
	r.ok(err)
	if n != 3 || e.State != store.AuditUnknown {
		t.Errorf("%d finished, the first is %s", n, e.State)
	}
	if e, err := r.store.Audit.Get(r.Context(), young); err != nil || e.State != store.AuditPending {
		t.Errorf("one that is under way is %s", e.State)
	}
}

// hookedAudit is the store's audit log on a disk that is full now and then, and tells when an entry was begun.
type hookedAudit struct {
	store.AuditLog
	begun    func()
	beginErr error
	failures atomic.Int32 // of Finish, still to come
	mu       sync.Mutex
}

func (a *hookedAudit) Begin(ctx context.Context, e store.AuditEntry) (int64, error) {
	if a.beginErr != nil {
		return 0, a.beginErr
	}
	id, err := a.AuditLog.Begin(ctx, e)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil && a.begun != nil {
		a.begun()
	}
	return id, err
}

func (a *hookedAudit) Finish(ctx context.Context, id int64, o store.AuditOutcome) error {
	if a.failures.Add(-1) >= 0 {
		return errors.New("disk full")
	}
	return a.AuditLog.Finish(ctx, id, o)
}
