package approvals

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/store"
)

// Rights of the console that concern requests, as package auth knows them.
const (
	VerbApprove  actions.Verb = "approval.decide"
	VerbOverride actions.Verb = "approval.override"
)

// Actions in the audit log.
const (
	actAsk      = "approval.ask"
	actApprove  = "approval.approve"
	actRefuse   = "approval.refuse"
	actWithdraw = "approval.withdraw"
	actOverride = "approval.override"
	actReview   = "approval.review"
	actPolicy   = "approval.policy"
)

// Service is the guard, and what people do with requests. Its fields are set before its first use.
type Service struct {
	Store   *store.Store
	Actions *actions.Service // its Guard is this service
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: slog.Default
	// App finds an app by its name.
	App func(name string) (actions.App, bool)
	// Actor is an operator with the present rights in an app. store.ErrNotFound: there is none, or is disabled.
	Actor func(ctx context.Context, operatorID, app string) (actions.Actor, error)
	// Approvers counts operators who may approve in an app, up to two.
	Approvers func(ctx context.Context, app string) (int, error)
	// Changed is told of each request that was asked for or decided; nil: nobody.
	Changed func(ctx context.Context, id string)
	// Carriers are by kind; that of actions is there by itself.
	Carriers map[string]Carrier
}

// Errors of what people do with requests.
var (
	// ErrOwn means that nobody is one's own second person.
	ErrOwn = errors.New("one's own request")
	// ErrDecided means that it is decided, withdrawn or expired.
	ErrDecided = errors.New("the request is not waiting any more")
	// ErrReason means that a reason is needed.
	ErrReason = errors.New("a reason is needed")
)

// Stale says that the plan is not the one that was shown: nothing was done.
type Stale struct{ Fresh Fresh }

func (e *Stale) Error() string {
	return "the plan changed: " + strings.Join(sortedIDs(e.Fresh.Changes), ", ")
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

func (s *Service) changed(ctx context.Context, id string) {
	if s.Changed != nil {
		s.Changed(context.WithoutCancel(ctx), id)
	}
}

func (s *Service) carrier(kind string) (Carrier, error) {
	if kind == actions.AttemptAction {
		return actionCarrier{s.Actions}, nil
	}
	c, known := s.Carriers[kind]
	if !known {
		return nil, fmt.Errorf("a request of an unknown kind %q", kind)
	}
	return c, nil
}

// Policy is the present one, with its version.
func (s *Service) Policy(ctx context.Context) (Policy, store.Policy, error) {
	stored, err := s.Store.Policies.Get(ctx, store.PolicyGuard)
	if err != nil {
		return Policy{}, stored, err
	}
	p, err := readPolicy(stored)
	return p, stored, err
}

// SetPolicy changes the policy from the version that was read. store.ErrConflict: somebody changed it since.
func (s *Service) SetPolicy(ctx context.Context, by actions.Actor, p Policy, version int64) error {
	if wrong := p.Check(); len(wrong) > 0 {
		return fmt.Errorf("set the policy: %w: %s", store.ErrInvalid, wrong[0].Text.Key)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("set the policy: %w", err)
	}
	detail := map[string]any{"policy": p}
	return s.recorded(ctx, by, store.AuditEntry{Action: actPolicy}, detail, func() error {
		_, err := s.Store.Policies.Set(ctx, store.Policy{Key: store.PolicyGuard, Version: version, Body: body, ChangedAt: s.now(), ChangedBy: by.Name})
		return err
	})
}

// Holds tells whether the policy holds in an app.
func (s *Service) Holds(ctx context.Context, p Policy, app string) (bool, error) {
	if p.Mode != Auto {
		return p.Mode == On, nil
	}
	n, err := s.Approvers(ctx, app)
	return n > 1, err
}

// Clear is what package actions asks: see actions.Guard.
func (s *Service) Clear(ctx context.Context, a actions.Attempt) error {
	const op = "ask the guard"
	if kept, err := s.asked(ctx, a); kept != nil || err != nil {
		if err != nil {
			return err
		}
		return kept
	}
	p, _, err := s.Policy(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	demand := p.Asks(a.Verb, a.App, a.Actor.Role, a.Size)
	if demand.Two == nil && len(demand.Limits) == 0 {
		return nil
	}
	holds, err := s.Holds(ctx, p, a.App)
	if err != nil || !holds {
		return wrap(op, err)
	}
	if demand.Two != nil {
		return s.ask(ctx, a, p, *demand.Two)
	}
	return s.take(ctx, a, demand)
}

func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", op, err)
}

// asked finds the request that the same form made before.
func (s *Service) asked(ctx context.Context, a actions.Attempt) (*actions.Held, error) {
	if a.Key == "" {
		return nil, nil
	}
	r, err := s.Store.Approvals.ByKey(ctx, a.Actor.OperatorID, a.Key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("ask the guard: %w", err)
	case r.Form != a.Form:
		return nil, &actions.KeyReused{ID: r.EntryID}
	}
	return &actions.Held{RequestID: r.ID, Repeated: true}, nil
}

// take counts an attempt, and refuses it where it is over a limit.
func (s *Service) take(ctx context.Context, a actions.Attempt, d Demand) error {
	over, err := s.Store.Uses.Take(ctx, store.Use{
		OperatorID: a.Actor.OperatorID, App: a.App, Verb: string(a.Verb), Size: a.Size, At: s.now(),
	}, d.Limits)
	if err != nil || over == nil {
		return wrap("ask the guard", err)
	}
	if r := d.Rules[over.Limit]; d.Limits[over.Limit].Pause == 0 {
		return &actions.Overdrawn{Verb: a.Verb, Size: a.Size, Used: over.Used, Max: r.Quota, Per: r.Per, Again: over.Again}
	}
	return &actions.CoolingDown{Verb: a.Verb, Pause: d.Limits[over.Limit].Pause, Again: over.Again}
}

// ask keeps a request for a second person.
func (s *Service) ask(ctx context.Context, a actions.Attempt, p Policy, r Rule) error {
	rule, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("ask for a second person: %w", err)
	}
	now := s.now()
	request := store.Approval{
		At: now, ExpiresAt: now.Add(p.Expires), OperatorID: a.Actor.OperatorID, OperatorName: a.Actor.Name, Role: a.Actor.Role,
		Address: a.Actor.Address, App: a.App, Kind: a.Kind, Verb: string(a.Verb), Group: a.Group, Size: a.Size, Users: a.Users,
		Reason: a.Reason, Body: a.Body, Plan: a.Plan, Rule: rule, Key: a.Key, Form: a.Form,
	}
	held := &actions.Held{}
	e := store.AuditEntry{Action: actAsk, App: a.App, Group: a.Group, Users: a.Users, Reason: a.Reason}
	detail := map[string]any{"verb": a.Verb, "size": a.Size, "rule": r}
	err = s.recorded(ctx, a.Actor, e, detail, func() error {
		kept, made, err := s.Store.Approvals.Ask(ctx, request)
		held.RequestID, held.Repeated = kept.ID, !made
		return err
	})
	if err != nil {
		return err
	}
	s.changed(ctx, held.RequestID)
	return held
}

// recorded writes what is about to be done, does it, and writes how it went.
func (s *Service) recorded(ctx context.Context, by actions.Actor, e store.AuditEntry, detail map[string]any, do func() error) error {
	raw, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Action, err)
	}
	e.At, e.OperatorID, e.OperatorName, e.Address, e.Request, e.Detail = s.now(), by.OperatorID, by.Name, by.Address, by.RequestRef, raw
	id, err := s.Store.Audit.Begin(ctx, e)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Action, err)
	}
	out := store.AuditOutcome{State: store.AuditOK}
	err = do()
	if err != nil {
		out.State, out.ErrorKind = store.AuditFailed, errorKind(err)
	}
	out.At = s.now()
	if err = errors.Join(err, s.Store.Audit.Finish(context.WithoutCancel(ctx), id, out)); err != nil {
		return fmt.Errorf("%s: %w", e.Action, err)
	}
	return nil
}

func errorKind(err error) string {
	switch {
	case errors.Is(err, store.ErrConflict):
		return "conflict"
	case errors.Is(err, store.ErrInvalid):
		return "invalid"
	}
	return "internal"
}

// about is what every entry about a request says.
func about(r store.Approval) (store.AuditEntry, map[string]any) {
	return store.AuditEntry{App: r.App, Group: r.Group, Users: r.Users}, map[string]any{
		"approval": r.ID, "verb": r.Verb, "size": r.Size, "requester": r.OperatorName,
	}
}

// Fresh is what a request would do now.
type Fresh struct {
	Plan    Plan
	Changes []Difference // against the plan that was kept with the request
	Mark    string       // of the plan: whoever approves names the one that was shown
	Err     error        // why it cannot be done now; nil if it can
}

// Fresh works out what a request would do now, with the requester's present rights. Where that cannot be told, Fresh.Err says
// why.
func (s *Service) Fresh(ctx context.Context, r store.Approval) Fresh {
	f := Fresh{}
	c, err := s.carrier(r.Kind)
	if err != nil {
		return Fresh{Err: err}
	}
	actor, app, err := s.requester(ctx, r)
	if err != nil {
		return Fresh{Err: err}
	}
	if f.Plan, f.Err = c.Plan(ctx, actor, app, r.Body); f.Err != nil {
		return f
	}
	old, err := c.Old(r.Plan)
	if err != nil {
		return Fresh{Err: err}
	}
	f.Changes = differences(old, f.Plan)
	h := sha256.New()
	for _, l := range f.Plan.Lines {
		fmt.Fprintf(h, "%q %q\n", l.ID, l.Says)
	}
	f.Mark = hex.EncodeToString(h.Sum(nil)[:8])
	return f
}

// Old is the plan that was kept with the request.
func (s *Service) Old(r store.Approval) (Plan, error) {
	c, err := s.carrier(r.Kind)
	if err != nil {
		return Plan{}, err
	}
	return c.Old(r.Plan)
}

// NoRequester says that whoever asked cannot do it any more.
type NoRequester struct{ Name string }

func (e *NoRequester) Error() string { return "the requester " + e.Name + " is no operator any more" }

// NoApp says that the app is not there any more.
type NoApp struct{ Name string }

func (e *NoApp) Error() string { return "there is no app " + e.Name }

// requester is whoever asked, with the present rights.
func (s *Service) requester(ctx context.Context, r store.Approval) (actions.Actor, actions.App, error) {
	app, there := s.App(r.App)
	if !there {
		return actions.Actor{}, app, &NoApp{r.App}
	}
	actor, err := s.Actor(ctx, r.OperatorID, r.App)
	if errors.Is(err, store.ErrNotFound) {
		err = &NoRequester{r.OperatorName}
	}
	actor.Address = r.Address
	return actor, app, err
}

// May tells why somebody may not decide a request; nil if they may.
func (s *Service) May(by actions.Actor, r store.Approval) error {
	switch {
	case by.OperatorID == r.OperatorID:
		return ErrOwn
	case !can(by, VerbApprove):
		return &actions.Forbidden{Verb: VerbApprove}
	case !can(by, actions.Verb(r.Verb)):
		return &actions.Forbidden{Verb: actions.Verb(r.Verb)}
	}
	return nil
}

func can(a actions.Actor, v actions.Verb) bool { return a.Can != nil && a.Can(v) }

// Approve decides a request as its second person, and carries it out in the requester's name. mark names the plan that was
// shown; *Stale: it is another one by now. by are the rights in the request's app.
func (s *Service) Approve(ctx context.Context, by actions.Actor, id, mark, reason string) (store.Approval, error) {
	r, err := s.Store.Approvals.Get(ctx, id)
	if err != nil {
		return r, err
	}
	if err := s.May(by, r); err != nil {
		return r, err
	}
	if r.State != store.ApprovalWaiting {
		return r, ErrDecided
	}
	fresh := s.Fresh(ctx, r)
	if fresh.Err != nil {
		return r, fresh.Err
	}
	if fresh.Mark != mark {
		return r, &Stale{fresh}
	}
	return s.carryOut(ctx, by, r, actApprove, reason, actions.Clearance{Request: r.ID, By: by.OperatorID, ByName: by.Name})
}

// Override carries one's own request out without a second person, in an emergency. It stands out in the audit log, and waits
// to be reviewed by somebody else.
func (s *Service) Override(ctx context.Context, by actions.Actor, id, reason string) (store.Approval, error) {
	r, err := s.Store.Approvals.Get(ctx, id)
	switch {
	case err != nil:
		return r, err
	case by.OperatorID != r.OperatorID:
		return r, store.ErrNotFound
	case !can(by, VerbOverride):
		return r, &actions.Forbidden{Verb: VerbOverride}
	case strings.TrimSpace(reason) == "":
		return r, ErrReason
	case r.State != store.ApprovalWaiting:
		return r, ErrDecided
	}
	return s.carryOut(ctx, by, r, actOverride, reason, actions.Clearance{Request: r.ID, Override: true, Reason: reason})
}

// carryOut claims a request and does it. Whatever comes after the claim, the request comes to an end.
func (s *Service) carryOut(ctx context.Context, by actions.Actor, r store.Approval, action, reason string, cleared actions.Clearance) (store.Approval, error) {
	e, detail := about(r)
	e.Action, e.Reason = action, reason
	err := s.recorded(ctx, by, e, detail, func() error {
		return s.Store.Approvals.Decide(ctx, r.ID, store.ApprovalDecision{
			To: store.ApprovalRunning, At: s.now(), OperatorID: by.OperatorID, OperatorName: by.Name, Reason: reason, Override: cleared.Override,
		})
	})
	if errors.Is(err, store.ErrConflict) {
		return r, ErrDecided
	}
	if err != nil {
		return r, err
	}
	ctx = context.WithoutCancel(ctx)
	done, err := s.carry(ctx, by, r, &cleared)
	end := store.ApprovalEnd{To: store.ApprovalDone, At: s.now(), EntryID: done.EntryID, Job: done.Job, Result: done.Result}
	if err != nil {
		s.log().WarnContext(ctx, "an approved request was not carried out", "request", by.RequestRef, "approval", r.ID, "error", err)
		end.To, end.Result = store.ApprovalFailed, whyNot(err)
	}
	if err := s.Store.Approvals.Finish(ctx, r.ID, end); err != nil {
		return r, fmt.Errorf("finish request %s: %w", r.ID, err)
	}
	s.changed(ctx, r.ID)
	return s.Store.Approvals.Get(ctx, r.ID)
}

func (s *Service) carry(ctx context.Context, by actions.Actor, r store.Approval, cleared *actions.Clearance) (Done, error) {
	c, err := s.carrier(r.Kind)
	if err != nil {
		return Done{}, err
	}
	actor, app, err := s.requester(ctx, r)
	if err != nil {
		return Done{}, err
	}
	actor.RequestRef, actor.Clearance = by.RequestRef, cleared
	return c.Carry(ctx, actor, app, r.Body, keyOf(r))
}

// keyOf is the key under which a request is carried out: that of its form, so that the form sent again finds what was done.
func keyOf(r store.Approval) string {
	if r.Key != "" {
		return r.Key
	}
	return "approval-" + r.ID
}

// Why a request that was approved was not carried out: text keys.
const (
	whyStopped = "approvals.why.stopped" // the console stopped meanwhile, and nothing was sent
	whyGone    = "approvals.why.gone"    // the requester or the app is gone
	whyRight   = "approvals.why.right"   // the requester has no right to it any more
	whyOffered = "approvals.why.offered"
	whyInvalid = "approvals.why.invalid"
	whyFailed  = "approvals.why.failed"
)

func whyNot(err error) string {
	_, noOne := errors.AsType[*NoRequester](err)
	_, noApp := errors.AsType[*NoApp](err)
	_, forbidden := errors.AsType[*actions.Forbidden](err)
	_, offered := errors.AsType[*actions.NotOffered](err)
	_, invalid := errors.AsType[*actions.Invalid](err)
	switch {
	case noOne, noApp:
		return whyGone
	case forbidden:
		return whyRight
	case offered:
		return whyOffered
	case invalid:
		return whyInvalid
	}
	return whyFailed
}

// Refuse decides a request as its second person: it is not done. A reason is needed.
func (s *Service) Refuse(ctx context.Context, by actions.Actor, id, reason string) error {
	r, err := s.Store.Approvals.Get(ctx, id)
	if err != nil {
		return err
	}
	if err := s.May(by, r); err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return ErrReason
	}
	return s.close(ctx, by, r, actRefuse, store.ApprovalRefused, reason)
}

// Withdraw takes one's own request back.
func (s *Service) Withdraw(ctx context.Context, by actions.Actor, id string) error {
	r, err := s.Store.Approvals.Get(ctx, id)
	if err == nil && r.OperatorID != by.OperatorID {
		err = store.ErrNotFound
	}
	if err != nil {
		return err
	}
	return s.close(ctx, by, r, actWithdraw, store.ApprovalWithdrawn, "")
}

func (s *Service) close(ctx context.Context, by actions.Actor, r store.Approval, action string, to store.ApprovalState, reason string) error {
	if r.State != store.ApprovalWaiting {
		return ErrDecided
	}
	e, detail := about(r)
	e.Action, e.Reason = action, reason
	err := s.recorded(ctx, by, e, detail, func() error {
		return s.Store.Approvals.Decide(ctx, r.ID, store.ApprovalDecision{To: to, At: s.now(), OperatorID: by.OperatorID, OperatorName: by.Name, Reason: reason})
	})
	if errors.Is(err, store.ErrConflict) {
		return ErrDecided
	}
	if err == nil {
		s.changed(ctx, r.ID)
	}
	return err
}

// Review closes an override: somebody else has looked at it and says what they think.
func (s *Service) Review(ctx context.Context, by actions.Actor, id, text string) error {
	r, err := s.Store.Approvals.Get(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case by.OperatorID == r.OperatorID:
		return ErrOwn
	case !can(by, VerbApprove):
		return &actions.Forbidden{Verb: VerbApprove}
	case strings.TrimSpace(text) == "":
		return ErrReason
	case !r.Override || !r.ReviewedAt.IsZero():
		return ErrDecided
	}
	e, detail := about(r)
	e.Action, e.Reason = actReview, text
	err = s.recorded(ctx, by, e, detail, func() error {
		return s.Store.Approvals.Review(ctx, id, by.OperatorID, by.Name, text, s.now())
	})
	if errors.Is(err, store.ErrConflict) {
		return ErrDecided
	}
	if err == nil {
		s.changed(ctx, id)
	}
	return err
}

// How often Run looks after requests, and when one that is being carried out is held for left behind by a crash.
const (
	every   = time.Minute
	left    = 5 * time.Minute
	useMost = 1000
)

// Run looks after requests until ctx ends: it ends those that waited too long, and those that a crash left behind.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := s.Tidy(ctx); err != nil && ctx.Err() == nil {
			s.log().ErrorContext(ctx, "look after requests for a second person", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Tidy is one turn of Run.
func (s *Service) Tidy(ctx context.Context) error {
	now := s.now()
	expired, err := s.Store.Approvals.Expire(ctx, now)
	if err != nil {
		return err
	}
	for _, r := range expired {
		s.changed(ctx, r.ID)
	}
	running, err := s.Store.Approvals.List(ctx, store.ApprovalFilter{States: []store.ApprovalState{store.ApprovalRunning}}, "", store.MaxApprovalPage)
	if err != nil {
		return err
	}
	for _, r := range running {
		if r.DecidedAt.After(now.Add(-left)) {
			continue
		}
		if err := s.finishLeft(ctx, r); err != nil {
			return err
		}
	}
	_, err = s.Store.Uses.Purge(ctx, now.Add(-store.MaxUseAge), useMost)
	return err
}

// finishLeft ends a request that was decided by a console that stopped: the audit log knows how far it came.
func (s *Service) finishLeft(ctx context.Context, r store.Approval) error {
	c, err := s.carrier(r.Kind)
	if err != nil {
		return err
	}
	done, found, err := c.Find(ctx, r.OperatorID, keyOf(r))
	if err != nil {
		return err
	}
	end := store.ApprovalEnd{To: store.ApprovalFailed, At: s.now(), Result: whyStopped}
	if found {
		end = store.ApprovalEnd{To: store.ApprovalDone, At: s.now(), EntryID: done.EntryID, Job: done.Job, Result: done.Result}
	}
	if err := s.Store.Approvals.Finish(ctx, r.ID, end); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	s.changed(ctx, r.ID)
	return nil
}
