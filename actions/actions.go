package actions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// Actor is who acts.
type Actor struct {
	OperatorID string
	Name       string          // as it is to stand in the audit log
	Role       string          // in the app, for the guard's rules
	Can        func(Verb) bool // what the operator may do in the app; nil: nothing
	Address    string          // where the request came from
	RequestRef string          // reference of the request, as in the log
	Clearance  *Clearance      // the guard was asked before; nil: it was not
}

func (a Actor) can(v Verb) bool { return a.Can != nil && a.Can(v) }

// How long things may take. The service's own limit for a call is 3 s at Tencent (REST API, "how to call", doc 34620).
const (
	defaultUndoWindow = 10 * time.Minute
	sendTimeout       = 30 * time.Second // all calls of one action
	readTimeout       = 10 * time.Second // all looks at what came of it
	repeatTimeout     = 45 * time.Second // waiting for the first of two posts with one key
	repeatPause       = 100 * time.Millisecond
)

// Pauses before each look at what came of an action. After an answer the service needs a moment at most; without one,
// the request may still be on its way, for as long as the service's own limit.
var (
	pausesAnswered = []time.Duration{0, 150 * time.Millisecond, 400 * time.Millisecond, 900 * time.Millisecond}
	pausesLost     = []time.Duration{0, 500 * time.Millisecond, 1000 * time.Millisecond, 1800 * time.Millisecond}
)

// Service carries actions out. Its fields are set before its first use; Close it at the end.
type Service struct {
	Audit      store.AuditLog
	Now        func() time.Time // nil: time.Now
	Log        *slog.Logger     // nil: slog.Default
	UndoWindow time.Duration    // how long an action can be taken back; 0: 10 min
	// After is told what came of each action, once it is over and recorded, also of one that a console that died had begun
	// and of one that was taken back; nil: nobody is. It does not wait for anything.
	After func(App, Result)
	Guard Guard   // asked whether the operator may act alone, and now; nil: always
	Watch Watcher // told what became of messages; nil: nobody is
	// Undone is told of each action that somebody took back; nil: nobody is.
	Undone func(ctx context.Context, e store.AuditEntry)

	start      sync.Once
	background context.Context // ends with Close
	stop       context.CancelFunc
	late       sync.WaitGroup // outcomes that could not be recorded at once
}

func (s *Service) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Service) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.Default()
}

func (s *Service) undoWindow() time.Duration {
	if s.UndoWindow > 0 {
		return s.UndoWindow
	}
	return defaultUndoWindow
}

// Preview is what an action will do, target by target.
type Preview struct {
	Verb     Verb
	Group    imclient.Group // zero for what is not about a group
	Items    []Item
	Act      int            // how many will be acted upon: the number on the button
	Skipped  int            // how many are left alone
	UndoText string         // text key of why it cannot be undone; "" if it can
	Options  map[string]any // what else was asked for, as the audit log keeps it
}

// Preview tells what Do would do, without doing it. The reason need not be given yet. Errors are those of Do.
func (s *Service) Preview(ctx context.Context, actor Actor, app App, a Action) (Preview, error) {
	p, w, err := s.prepare(ctx, actor, app, a)
	if err != nil {
		return Preview{}, err
	}
	return p.preview(w), nil
}

func (p *plan) preview(w work) Preview {
	v := Preview{
		Verb: p.verb, Group: p.group, Items: p.items, Act: len(p.acting()), UndoText: noUndo(p.app, p.verb, p.group.Type), Options: w.options(),
	}
	v.Skipped = len(v.Items) - v.Act
	return v
}

// Do carries an action out and tells what came of it. An error means that nothing was sent: *Forbidden, *Invalid,
// *NotOffered, *KeyReused, *Held, *Overdrawn, *CoolingDown, an *imclient.Error from reading how things are, or the audit log's.
//
// Once the action is recorded it is carried out and its outcome recorded even if ctx ends: the browser that asked may
// be gone, what was done is done.
func (s *Service) Do(ctx context.Context, actor Actor, app App, a Action) (Result, error) {
	c := a.common()
	if err := s.allowed(actor, app, a, true); err != nil {
		return Result{}, err
	}
	form, err := fingerprint(app, a)
	if err != nil {
		return Result{}, err
	}
	if r, found, err := s.repeated(ctx, actor, app, c.Key, form); found || err != nil {
		return r, err
	}
	// What is recorded as the state before must be the service's own word, not a short-lived copy: an undo restores it.
	p, w, err := s.prepare(imclient.Fresh(ctx), actor, app, a)
	if err != nil {
		return Result{}, err
	}
	if err := s.clear(ctx, actor, app, a, p, w, form); err != nil {
		return Result{}, err
	}
	r, err := s.run(ctx, actor, p, w, order{verb: a.Verb(), common: c, form: form})
	if errors.Is(err, store.ErrConflict) && c.Key != "" {
		if r, found, err := s.repeated(ctx, actor, app, c.Key, form); found || err != nil {
			return r, err
		}
	}
	return r, err
}

// allowed checks the operator's right and the input; whole: all of it, as it is to be carried out.
func (s *Service) allowed(actor Actor, app App, a Action, whole bool) error {
	if !actor.can(a.Verb()) {
		return &Forbidden{Verb: a.Verb()}
	}
	f := &fields{limits: app.IM.Caps.Limits, traits: app.IM.Caps.Traits, now: s.now()}
	a.check(f)
	if whole {
		a.common().check(f, a.Verb())
	}
	if err := f.err(); err != nil || !whole {
		return err
	}
	// A notice has readers, not targets.
	users, messages := a.work().targets(&plan{})
	if a.Verb() != VerbNotice && max(len(users), len(messages)) > AtOnce && !actor.can(VerbBulk) {
		return &Forbidden{Verb: VerbBulk}
	}
	return nil
}

// prepare reads how things are and plans what is to be done.
func (s *Service) prepare(ctx context.Context, actor Actor, app App, a Action) (*plan, work, error) {
	if err := s.allowed(actor, app, a, false); err != nil {
		return nil, nil, err
	}
	w := a.work()
	p := &plan{app: app, verb: a.Verb(), now: s.now}
	if err := w.load(ctx, p); err != nil {
		return nil, nil, wrapLoad(a.Verb(), err)
	}
	for n := range p.items {
		if was, is := a.common().Was[p.items[n].ID]; is && p.items[n].Skip == "" {
			p.items[n].Before = known(was)
		}
	}
	return p, w, nil
}

// wrapLoad leaves errors about the request as they are: they are matched by type.
func wrapLoad(v Verb, err error) error {
	_, invalid := errors.AsType[*Invalid](err)
	_, notOffered := errors.AsType[*NotOffered](err)
	if invalid || notOffered {
		return err
	}
	return fmt.Errorf("prepare %s: %w", v, err)
}

// order is what the audit log needs to know besides the plan.
type order struct {
	verb   Verb
	common Common
	form   string // fingerprint of the action
	undoOf int64
}

// run records, sends, reads back and records again.
func (s *Service) run(ctx context.Context, actor Actor, p *plan, w work, o order) (Result, error) {
	begun := s.now()
	id, err := s.Audit.Begin(ctx, entry(actor, p, w, o, begun))
	if err != nil {
		return Result{}, fmt.Errorf("record %s before sending it: %w", o.verb, err)
	}
	ctx = context.WithoutCancel(ctx)
	var failure error
	if len(p.acting()) > 0 {
		failure = s.carryOut(ctx, p, w)
	}
	for i := range p.items {
		if item := &p.items[i]; item.Skip != "" {
			item.State, item.Reason = StateSkipped, item.Skip
		}
	}
	r := Result{
		ID: id, Verb: o.verb, Group: p.groupID, Items: p.items, State: total(p.items), Begun: begun, Finished: s.now(),
		UndoOf: o.undoOf,
	}
	r.Failure, _ = errors.AsType[*imclient.Error](failure)
	if special, is := w.(settler); is {
		r.vendorRequest = special.requestID()
	}
	if failure != nil {
		s.log().WarnContext(ctx, "action failed", "verb", o.verb, "audit", id, "request", actor.RequestRef, "error", failure)
	}
	r.UndoUntil, r.UndoText = s.undoable(p.app, o.verb, p.group.Type, r)
	r.Recorded = s.finish(ctx, id, outcome(r, failure))
	if w, is := w.(watched); is && s.Watch != nil {
		w.tell(ctx, p, s.Watch)
	}
	if s.After != nil {
		s.After(p.app, r)
	}
	return r, nil
}

// carryOut sends, looks at what came of it, and decides each item. It returns the first error that the service gave.
func (s *Service) carryOut(ctx context.Context, p *plan, w work) error {
	sending, cancel := context.WithTimeout(ctx, sendTimeout)
	answers := w.send(sending, p)
	cancel()

	pauses := pausesAnswered
	look := false
	for _, id := range p.acting() {
		switch answers.of(id).answer() {
		case lost:
			pauses, look = pausesLost, true
		case accepted, perhaps:
			look = true
		}
	}
	s.settle(p, w, answers, nil)
	if look {
		reading, cancel := context.WithTimeout(imclient.Fresh(ctx), readTimeout)
		defer cancel()
		for _, pause := range pauses {
			if err := sleep(reading, pause); err != nil {
				break
			}
			now, err := w.read(reading, p)
			if err != nil {
				s.log().WarnContext(ctx, "look at what came of an action", "verb", p.verb, "error", err)
				continue
			}
			if s.settle(p, w, answers, now) {
				break
			}
		}
	}
	for _, id := range p.acting() {
		if err := answers.of(id).err; err != nil {
			return err
		}
	}
	return nil
}

// settle decides each item that is acted upon, and reports whether another look could show no more.
func (s *Service) settle(p *plan, w work, answers sent, now map[string]Value) (done bool) {
	done = true
	at := s.now()
	for n := range p.items {
		i := &p.items[n]
		if i.Skip != "" {
			continue
		}
		r := answers.of(i.ID)
		i.decide(r, now[i.ID], w.matches, at)
		if special, is := w.(settler); is {
			special.settled(i, r.answer())
		}
		if a := r.answer(); a != refused && a != unsent && i.After.Known && !i.Verified {
			done = false
		}
	}
	return done
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// fingerprint tells actions apart that come with the same key.
func fingerprint(app App, a Action) (string, error) {
	if a.common().Key == "" {
		return "", nil
	}
	b, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("fingerprint of %s: %w", a.Verb(), err)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s", app.ID, a.Verb(), b)
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// repeated finds what an earlier post with the same key came to, and waits for it if it is under way.
func (s *Service) repeated(ctx context.Context, actor Actor, app App, key, form string) (Result, bool, error) {
	if key == "" {
		return Result{}, false, nil
	}
	e, err := s.Audit.ByKey(ctx, actor.OperatorID, key)
	if errors.Is(err, store.ErrNotFound) {
		return Result{}, false, nil
	}
	if err != nil {
		return Result{}, false, fmt.Errorf("look for an earlier post: %w", err)
	}
	if d, err := ReadDetail(e); err != nil || d.Form != form {
		return Result{}, true, &KeyReused{ID: e.ID}
	}
	r, err := s.await(ctx, app, e)
	return r, true, err
}

// await waits until an entry has its outcome, and makes the result of it. Without one in time it is still pending.
func (s *Service) await(ctx context.Context, app App, e store.AuditEntry) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, repeatTimeout)
	defer cancel()
	for e.State == store.AuditPending && sleep(ctx, repeatPause) == nil {
		again, err := s.Audit.Get(ctx, e.ID)
		if err != nil {
			break // the time is up, or the log cannot be read now: what is known is that it was begun
		}
		e = again
	}
	r, err := s.FromEntry(app, e)
	r.Repeated = true
	return r, err
}
