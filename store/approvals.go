package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// ApprovalState says how far a request is.
type ApprovalState string

// The states of a request.
const (
	ApprovalWaiting   ApprovalState = "waiting"
	ApprovalRunning   ApprovalState = "running"   // decided, and being carried out
	ApprovalDone      ApprovalState = "done"      // carried out; Result says how it went
	ApprovalFailed    ApprovalState = "failed"    // approved, and could not be carried out; Result says why
	ApprovalRefused   ApprovalState = "refused"   // by the second person
	ApprovalWithdrawn ApprovalState = "withdrawn" // by the requester
	ApprovalExpired   ApprovalState = "expired"   // nobody decided in time
)

// ApprovalStates are all of them.
func ApprovalStates() []ApprovalState {
	return []ApprovalState{
		ApprovalWaiting, ApprovalRunning, ApprovalDone, ApprovalFailed, ApprovalRefused, ApprovalWithdrawn, ApprovalExpired,
	}
}

// Limits of a request.
const (
	MaxApprovalBody  = 8 << 20 // bytes of Body, and of Plan: a job may have many targets
	MaxApprovalPage  = 100
	MaxApprovalText  = 4 << 10 // bytes of a reason or a review
	MaxApprovalUsers = 200
)

// Approval is a request for a second person.
type Approval struct {
	ID           string // made by Ask
	At           time.Time
	ExpiresAt    time.Time
	OperatorID   string // the requester
	OperatorName string
	Role         string // in the app, at the time
	Address      string
	App          string
	Kind         string // of what is to be done: whoever carries it out knows it by this
	Verb         string
	Group        string
	Size         int
	Users        []string
	Reason       string
	Body         json.RawMessage // what is to be done
	Plan         json.RawMessage // what it would have done when it was asked for
	Rule         json.RawMessage // the rule that asks for a second person
	Key          string          // of the form; "" for none
	Form         string          // fingerprint of the form

	State         ApprovalState
	DecidedAt     time.Time
	DecidedBy     string
	DecidedName   string
	DecidedReason string
	Override      bool // in an emergency: decided by the requester alone
	FinishedAt    time.Time
	EntryID       int64  // in the audit log, of what was done; 0: none
	Job           string // that was started; "" for none
	Result        string // state of the audit entry, or a text key of why it was not done
	SeenAt        time.Time
	ReviewedAt    time.Time
	ReviewedBy    string
	ReviewedName  string
	Review        string
}

// ApprovalFilter picks requests. A zero field picks all.
type ApprovalFilter struct {
	States     []ApprovalState
	Apps       []string // nil: all
	OperatorID string   // the requester
	NotBy      string   // not of this requester
	Unseen     bool     // over, and the requester did not take note of it
	Unreviewed bool     // overridden, and not reviewed
}

// ApprovalDecision is what a person says to a request.
type ApprovalDecision struct {
	To           ApprovalState // ApprovalRunning, ApprovalRefused or ApprovalWithdrawn
	At           time.Time
	OperatorID   string
	OperatorName string
	Reason       string
	Override     bool
}

// ApprovalEnd is how it was carried out.
type ApprovalEnd struct {
	To      ApprovalState // ApprovalDone or ApprovalFailed
	At      time.Time
	EntryID int64
	Job     string
	Result  string
}

// Approvals are the requests for a second person. storetest.Approvals is the contract.
type Approvals interface {
	// Ask keeps a request as waiting. If the requester has one with this Key, that one is returned and made is false.
	Ask(ctx context.Context, a Approval) (kept Approval, made bool, err error)
	// Get returns one, or ErrNotFound.
	Get(ctx context.Context, id string) (Approval, error)
	// ByKey returns the requester's with the key, or ErrNotFound.
	ByKey(ctx context.Context, operatorID, key string) (Approval, error)
	// List returns up to n (1 to MaxApprovalPage), newest first, older than the one with the id before; "": from the newest on.
	// Body and Plan are left out.
	List(ctx context.Context, f ApprovalFilter, before string, n int) ([]Approval, error)
	// Count tells how many match.
	Count(ctx context.Context, f ApprovalFilter) (int, error)
	// Decide moves a request on that is waiting and not expired at d.At. ErrConflict: it is not any more, so that of two who
	// decide at once one wins.
	Decide(ctx context.Context, id string, d ApprovalDecision) error
	// Finish ends a request that is running. ErrConflict: it is not.
	Finish(ctx context.Context, id string, e ApprovalEnd) error
	// Expire ends up to MaxApprovalPage requests that waited until now, and returns them.
	Expire(ctx context.Context, now time.Time) ([]Approval, error)
	// Seen notes that the requester knows what came of it.
	Seen(ctx context.Context, id, operatorID string, at time.Time) error
	// Review closes an override. ErrConflict: it is none, or is reviewed.
	Review(ctx context.Context, id, operatorID, name, text string, at time.Time) error
}

type approvals struct{ db *db }

const approvalColumns = `id, at, expires_at, operator_id, operator_name, role, address, app, kind, verb, group_id, size, users, reason,
	rule, key, form, state, decided_at, decided_by, decided_name, decided_reason, override, finished_at, entry_id, job, result,
	seen_at, reviewed_at, reviewed_by, reviewed_name, review, body, plan`

func (s approvals) Ask(ctx context.Context, a Approval) (Approval, bool, error) {
	const op = "ask for a second person"
	switch {
	case a.OperatorID == "" || a.Kind == "" || a.Verb == "" || a.At.IsZero() || !a.ExpiresAt.After(a.At):
		return a, false, wrap(op, invalid("a request needs an operator, a kind, a verb, a time, and an end after it"))
	case len(a.Body) > MaxApprovalBody || len(a.Plan) > MaxApprovalBody || len(a.Reason) > MaxApprovalText || len(a.Users) > MaxApprovalUsers:
		return a, false, wrap(op, invalid("the request is too large"))
	}
	var docs [3]string
	for i, raw := range []json.RawMessage{a.Rule, a.Body, a.Plan} {
		var err error
		if docs[i], err = objectJSON(raw); err != nil {
			return a, false, wrap(op, err)
		}
	}
	users, err := listJSON(a.Users)
	if err != nil {
		return a, false, wrap(op, err)
	}
	id := strings.ToLower(rand.Text()[:12])
	n, err := s.db.write().exec(ctx, `INSERT INTO approval (`+approvalColumns+`) VALUES (`+marks(34)+`) ON CONFLICT DO NOTHING`,
		id, millis(a.At), millis(a.ExpiresAt), text(a.OperatorID), text(a.OperatorName), text(a.Role), text(a.Address), text(a.App),
		text(a.Kind), text(a.Verb), text(a.Group), a.Size, users, text(a.Reason), docs[0], text(a.Key), text(a.Form),
		string(ApprovalWaiting), 0, "", "", "", false, 0, 0, "", "", 0, 0, "", "", "", docs[1], docs[2])
	if err != nil {
		return a, false, wrap(op, err)
	}
	if n == 0 {
		a, err = s.ByKey(ctx, a.OperatorID, a.Key)
		return a, false, wrap(op, err)
	}
	a, err = s.Get(ctx, id)
	return a, true, wrap(op, err)
}

func scanApproval(r scanner) (Approval, error) {
	var a Approval
	var at, expires, decided, finished, seen, reviewed int64
	var users, rule, body, plan string
	err := r.Scan(&a.ID, &at, &expires, &a.OperatorID, &a.OperatorName, &a.Role, &a.Address, &a.App, &a.Kind, &a.Verb, &a.Group, &a.Size,
		&users, &a.Reason, &rule, &a.Key, &a.Form, &a.State, &decided, &a.DecidedBy, &a.DecidedName, &a.DecidedReason, &a.Override, &finished,
		&a.EntryID, &a.Job, &a.Result, &seen, &reviewed, &a.ReviewedBy, &a.ReviewedName, &a.Review, &body, &plan)
	if err != nil {
		return a, err
	}
	a.At, a.ExpiresAt, a.DecidedAt, a.FinishedAt = fromMillis(at), fromMillis(expires), fromMillis(decided), fromMillis(finished)
	a.SeenAt, a.ReviewedAt = fromMillis(seen), fromMillis(reviewed)
	a.Rule, a.Body, a.Plan = json.RawMessage(rule), json.RawMessage(body), json.RawMessage(plan)
	if users != "[]" {
		err = json.Unmarshal([]byte(users), &a.Users)
	}
	return a, err
}

func (s approvals) Get(ctx context.Context, id string) (Approval, error) {
	a, err := one(s.db.read().row(ctx, `SELECT `+approvalColumns+` FROM approval WHERE id = ?`, text(id)), scanApproval)
	return a, wrap("get a request", err)
}

func (s approvals) ByKey(ctx context.Context, operatorID, key string) (Approval, error) {
	a, err := one(s.db.read().row(ctx, `SELECT `+approvalColumns+` FROM approval WHERE operator_id = ? AND key = ? AND key <> ''`,
		text(operatorID), text(key)), scanApproval)
	return a, wrap("get a request by key", err)
}

func approvalWhere(f ApprovalFilter) (string, []any) {
	where, args := []string{`1 = 1`}, []any{}
	add := func(condition string, values ...any) { where, args = append(where, condition), append(args, values...) }
	if len(f.States) > 0 {
		values := make([]any, len(f.States))
		for i, s := range f.States {
			values[i] = string(s)
		}
		add(`state IN (`+marks(len(values))+`)`, values...)
	}
	if f.Apps != nil {
		values := []any{}
		for _, a := range f.Apps {
			values = append(values, text(a))
		}
		if len(values) == 0 {
			add(`1 = 0`)
		} else {
			add(`app IN (`+marks(len(values))+`)`, values...)
		}
	}
	if f.OperatorID != "" {
		add(`operator_id = ?`, text(f.OperatorID))
	}
	if f.NotBy != "" {
		add(`operator_id <> ?`, text(f.NotBy))
	}
	if f.Unseen {
		add(`seen_at = 0 AND state IN ('done', 'failed', 'refused', 'expired')`)
	}
	if f.Unreviewed {
		add(`override = ? AND reviewed_at = 0`, true)
	}
	return strings.Join(where, ` AND `), args
}

func (s approvals) List(ctx context.Context, f ApprovalFilter, before string, n int) ([]Approval, error) {
	where, args := approvalWhere(f)
	if before != "" {
		where += ` AND (at, id) < (SELECT at, id FROM approval WHERE id = ?)`
		args = append(args, text(before))
	}
	columns := strings.Replace(approvalColumns, `body, plan`, `'{}', '{}'`, 1)
	list, err := all(ctx, s.db.read(), scanApproval, `SELECT `+columns+` FROM approval WHERE `+where+` ORDER BY at DESC, id DESC LIMIT ?`,
		append(args, min(max(n, 1), MaxApprovalPage))...)
	return list, wrap("list requests", err)
}

func (s approvals) Count(ctx context.Context, f ApprovalFilter) (int, error) {
	where, args := approvalWhere(f)
	n, err := one(s.db.read().row(ctx, `SELECT COUNT(*) FROM approval WHERE `+where, args...), scanInt)
	return int(n), wrap("count requests", err)
}

func (s approvals) Decide(ctx context.Context, id string, d ApprovalDecision) error {
	const op = "decide a request"
	if !slices.Contains([]ApprovalState{ApprovalRunning, ApprovalRefused, ApprovalWithdrawn}, d.To) || len(d.Reason) > MaxApprovalText {
		return wrap(op, invalid("%q is no decision", d.To))
	}
	n, err := s.db.write().exec(ctx, `UPDATE approval SET state = ?, decided_at = ?, decided_by = ?, decided_name = ?, decided_reason = ?, override = ?
		WHERE id = ? AND state = 'waiting' AND expires_at > ?`,
		string(d.To), millis(d.At), text(d.OperatorID), text(d.OperatorName), text(d.Reason), d.Override, text(id), millis(d.At))
	return wrap(op, conflict(n, err))
}

// conflict is the error of a change that found nothing in the state it is for.
func conflict(n int, err error) error {
	if err == nil && n == 0 {
		return ErrConflict
	}
	return err
}

func (s approvals) Finish(ctx context.Context, id string, e ApprovalEnd) error {
	const op = "finish a request"
	if e.To != ApprovalDone && e.To != ApprovalFailed {
		return wrap(op, invalid("%q is no end of a request", e.To))
	}
	n, err := s.db.write().exec(ctx, `UPDATE approval SET state = ?, finished_at = ?, entry_id = ?, job = ?, result = ? WHERE id = ? AND state = 'running'`,
		string(e.To), millis(e.At), e.EntryID, text(e.Job), text(e.Result), text(id))
	return wrap(op, conflict(n, err))
}

func (s approvals) Expire(ctx context.Context, now time.Time) ([]Approval, error) {
	list, err := all(ctx, s.db.write(), scanApproval, `UPDATE approval SET state = 'expired', finished_at = ?
		WHERE id IN (SELECT id FROM approval WHERE state = 'waiting' AND expires_at <= ? ORDER BY at, id LIMIT ?) AND state = 'waiting'
		RETURNING `+approvalColumns, millis(now), millis(now), MaxApprovalPage)
	return list, wrap("expire requests", err)
}

func (s approvals) Seen(ctx context.Context, id, operatorID string, at time.Time) error {
	_, err := s.db.write().exec(ctx, `UPDATE approval SET seen_at = ? WHERE id = ? AND operator_id = ? AND seen_at = 0`,
		millis(at), text(id), text(operatorID))
	return wrap("note that a request's end was seen", err)
}

func (s approvals) Review(ctx context.Context, id, operatorID, name, review string, at time.Time) error {
	if len(review) > MaxApprovalText {
		return wrap("review an override", invalid("the review has %d bytes, at most %d fit", len(review), MaxApprovalText))
	}
	n, err := s.db.write().exec(ctx, `UPDATE approval SET reviewed_at = ?, reviewed_by = ?, reviewed_name = ?, review = ?
		WHERE id = ? AND override = ? AND reviewed_at = 0`, millis(at), text(operatorID), text(name), text(review), text(id), true)
	return wrap("review an override", conflict(n, err))
}
