package actions

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"imdesk/emulator"
)

func TestDoubleSubmit(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 2)
	notice := Notice{Common: Common{Key: "form-1"}, Group: g.id, Text: "开播了"}
	r.fault(emulator.Fault{Command: cmdNotice, Delay: 50 * time.Millisecond})
	const n = 8
	results, errs := make([]Result, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { results[i], errs[i] = r.s.Do(r.Context(), r.actor, r.app, notice) })
	}
	wg.Wait()
	if calls := r.im.Calls(cmdNotice); calls != 1 {
		t.Errorf("sent %d times, want once", calls)
	}
	repeated := 0
	for i := range n {
		r.ok(errs[i])
		r.states(results[i], StateApplied)
		if results[i].ID != results[0].ID {
			t.Errorf("results %d and %d are of different entries", results[0].ID, results[i].ID)
		}
		if results[i].Repeated {
			repeated++
		}
	}
	if repeated != n-1 {
		t.Errorf("%d say that they repeat the first, want %d", repeated, n-1)
	}

	// After a restart the form is still known.
	again := &Service{Audit: r.store.Audit, Now: r.s.Now}
	t.Cleanup(again.Close)
	res, err := again.Do(r.Context(), r.actor, r.app, notice)
	r.ok(err)
	if !res.Repeated || res.ID != results[0].ID || r.im.Calls(cmdNotice) != 1 {
		t.Errorf("after a restart: %+v, sent %d times", res, r.im.Calls(cmdNotice))
	}

	// Another operator's form may have the same key; the same form must not mean something else.
	other := r.actor
	other.OperatorID = "op2"
	res, err = r.s.Do(r.Context(), other, r.app, notice)
	r.ok(err)
	if res.Repeated || r.im.Calls(cmdNotice) != 2 {
		t.Errorf("another operator: %+v, sent %d times", res, r.im.Calls(cmdNotice))
	}
	notice.Text = "散了"
	_, err = r.s.Do(r.Context(), r.actor, r.app, notice)
	if wantError[*KeyReused](t, err).ID != results[0].ID || r.im.Calls(cmdNotice) != 2 {
		t.Errorf("another text with the same key: %v, sent %d times", err, r.im.Calls(cmdNotice))
	}
}

// A form that came to nothing, for what was read before failed, may be sent again with its key.
func TestKeyOfWhatWasNotSent(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	mute := Mute{Common: Common{Reason: "x", Key: "form-1"}, Group: g.id, Users: g.members, Span: Span{For: time.Hour}}
	mend := r.fault(emulator.Fault{Command: cmdMembers, BadJSON: true})
	if _, err := r.s.Do(r.Context(), r.actor, r.app, mute); err == nil {
		t.Fatal("the read before did not fail")
	}
	mend()
	r.states(r.do(mute), StateApplied)
}

// The first result of a form stands, even when it is a failure: a retry is a new form.
func TestKeyOfAFailure(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	mute := Mute{Common: Common{Reason: "x", Key: "form-1"}, Group: g.id, Users: g.members, Span: Span{For: time.Hour}}
	mend := r.fault(emulator.Fault{Command: cmdMute, Status: http.StatusBadGateway})
	r.states(r.do(mute), StateNotApplied)
	mend()
	res, err := r.s.Do(r.Context(), r.actor, r.app, mute)
	r.ok(err)
	r.states(res, StateNotApplied)
	if !res.Repeated || r.im.Calls(cmdMute) != 1 {
		t.Errorf("got %+v after %d requests, want the first failure and one", res, r.im.Calls(cmdMute))
	}
}
