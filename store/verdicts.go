package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

const verdictColumns = `id, case_id, app, macro, operator_id, operator_name, address, state, result, was, body, due, attempt, made_at, ended_at`

func (c conn) verdictColumns() string { return verdictColumns + `, due - ` + c.clock() }

func scanVerdict(r scanner) (v Verdict, err error) {
	var body string
	var due, made, ended, left int64
	err = r.Scan(&v.ID, &v.Case, &v.App, &v.Macro, &v.OperatorID, &v.OperatorName, &v.Address, &v.State, &v.Result, &v.Was, &body, &due, &v.Attempt, &made, &ended, &left)
	v.Body, v.Due, v.Made, v.Ended, v.Left = json.RawMessage(body), fromMillis(due), fromMillis(made), fromMillis(ended), time.Duration(left)*time.Millisecond
	return v, err
}

func verdictBody(raw json.RawMessage) (string, error) {
	body, err := objectJSON(raw)
	if err == nil && len(body) > MaxVerdictBody {
		err = invalid("the verdict has %d bytes, at most %d fit", len(body), MaxVerdictBody)
	}
	return body, err
}

func (s caseStore) Decide(ctx context.Context, id, version int64, d Decision) (kept Case, v Verdict, err error) {
	const op = "decide a case"
	body, err := verdictBody(d.Verdict.Body)
	if err == nil && (d.Verdict.OperatorID == "" || d.Verdict.Macro == "" || d.Hold < 0 || d.Event.At.IsZero()) {
		err = invalid("a verdict needs an operator, a macro and a time")
	}
	if err != nil {
		return kept, v, wrap(op, err)
	}
	err = s.db.tx(ctx, func(t conn) error {
		was, err := one(t.row(ctx, `SELECT state FROM mod_case WHERE id = ? AND version = ? AND state <> 'decided'`+t.forUpdate(), id, version), scanString)
		if isNotFound(err) {
			return ErrConflict
		}
		if err != nil {
			return err
		}
		x := d.Verdict
		v, err = one(t.row(ctx, `INSERT INTO mod_verdict (case_id, app, macro, operator_id, operator_name, address, state, result, was, body, due,
				lease_owner, lease_until, attempt, made_at, ended_at)
			SELECT id, app, ?, ?, ?, ?, 'held', '', ?, ?, `+t.clock()+` + ?, '', 0, 0, `+t.clock()+`, 0 FROM mod_case WHERE id = ? RETURNING `+t.verdictColumns(),
			text(x.Macro), text(x.OperatorID), text(x.OperatorName), text(x.Address), was, body, d.Hold.Milliseconds(), id), scanVerdict)
		if err != nil {
			return err
		}
		kept, err = one(t.row(ctx, `UPDATE mod_case SET state = 'decided', version = version + 1, verdict = ?, upheld = ?, changed_at = ?, decided_at = ?,
			decided_by = ?, decided_name = ? WHERE id = ? RETURNING `+caseColumns, v.ID, d.Upheld, millis(d.Event.At), millis(d.Event.At), text(x.OperatorID),
			text(x.OperatorName), id), scanCase)
		if err != nil {
			return err
		}
		if k := d.Strike; k != nil {
			if _, err := t.exec(ctx, `INSERT INTO mod_strike (verdict, case_id, app, user_id, at, points, why, lifted_at) VALUES (?,?,?,?,?,?,?,0)`,
				v.ID, id, text(kept.Place.App), text(k.User), millis(k.At), k.Points, cut(k.Why, MaxCaseNote)); err != nil {
				return err
			}
		}
		e := d.Event
		e.Case = id
		return s.tell(ctx, t, e)
	})
	return kept, v, wrap(op, err)
}

func (s caseStore) Undo(ctx context.Context, verdict int64, e CaseEvent, claim time.Time) (kept Case, err error) {
	err = s.db.tx(ctx, func(t conn) error {
		v, err := one(t.row(ctx, `UPDATE mod_verdict SET state = 'undone', ended_at = `+t.clock()+` WHERE id = ? AND state = 'held' AND due > `+t.clock()+`
			RETURNING `+t.verdictColumns(), verdict), scanVerdict)
		if isNotFound(err) {
			return ErrConflict
		}
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM mod_strike WHERE verdict = ?`, verdict); err != nil {
			return err
		}
		// Somebody may have flagged the message again: then that case stands, and this one stays decided without effect.
		other, err := one(t.row(ctx, `SELECT COUNT(*) FROM mod_case o JOIN mod_case k ON o.app = k.app AND o.subject = k.subject
			WHERE k.id = ? AND o.id <> k.id AND o.state <> 'decided'`, v.Case), scanInt)
		if err != nil {
			return err
		}
		if other > 0 {
			kept, err = one(t.row(ctx, `UPDATE mod_case SET version = version + 1, upheld = ?, changed_at = ? WHERE id = ? RETURNING `+caseColumns,
				false, millis(e.At), v.Case), scanCase)
		} else {
			state := v.Was
			if state == CaseNew {
				state = CaseClaimed
			}
			kept, err = one(t.row(ctx, `UPDATE mod_case SET state = ?, version = version + 1, upheld = ?, changed_at = ?, decided_at = 0, decided_by = '',
				decided_name = '', claimed_by = ?, claimed_name = ?, claimed_at = ?, claim_until = ? WHERE id = ? RETURNING `+caseColumns,
				string(state), false, millis(e.At), v.OperatorID, v.OperatorName, millis(e.At), millis(claim), v.Case), scanCase)
		}
		if err != nil {
			return err
		}
		e.Case = v.Case
		return s.tell(ctx, t, e)
	})
	return kept, wrap("undo a verdict", err)
}

func (s caseStore) Verdict(ctx context.Context, id int64) (Verdict, error) {
	c := s.db.read()
	v, err := one(c.row(ctx, `SELECT `+c.verdictColumns()+` FROM mod_verdict WHERE id = ?`, id), scanVerdict)
	return v, wrap("get verdict", err)
}

func (s caseStore) Verdicts(ctx context.Context, caseID int64, n int) ([]Verdict, error) {
	c := s.db.read()
	list, err := all(ctx, c, scanVerdict, `SELECT `+c.verdictColumns()+` FROM mod_verdict WHERE case_id = ? ORDER BY id DESC LIMIT ?`, caseID, min(n, MaxCasePage))
	return list, wrap("list verdicts", err)
}

func (s caseStore) LastVerdict(ctx context.Context, operatorID string) (Verdict, error) {
	c := s.db.read()
	v, err := one(c.row(ctx, `SELECT `+c.verdictColumns()+` FROM mod_verdict WHERE operator_id = ? ORDER BY id DESC LIMIT 1`, text(operatorID)), scanVerdict)
	return v, wrap("get the last verdict", err)
}

func (s caseStore) Again(ctx context.Context, verdict int64, from, to VerdictState, raw json.RawMessage, by Verdict) error {
	const op = "take a verdict up again"
	body, err := verdictBody(raw)
	if err == nil && to != VerdictRunning && to != VerdictReversing {
		err = invalid("a verdict cannot become %q so", to)
	}
	if err != nil {
		return wrap(op, err)
	}
	c := s.db.write()
	n, err := c.exec(ctx, `UPDATE mod_verdict SET state = ?, body = ?, due = `+c.clock()+`, lease_owner = '', lease_until = 0, operator_id = ?, operator_name = ?,
		address = ?, ended_at = 0 WHERE id = ? AND state = ?`, string(to), body, text(by.OperatorID), text(by.OperatorName), text(by.Address), verdict, string(from))
	if err == nil && n == 0 {
		err = ErrConflict
	}
	return wrap(op, err)
}

func (s caseStore) Due(ctx context.Context, owner string, lease time.Duration) (v Verdict, l VerdictLease, next time.Duration, err error) {
	const op = "find a verdict that is due"
	c := s.db.write()
	lock := ""
	if c.postgres {
		lock = ` FOR UPDATE SKIP LOCKED`
	}
	v, err = one(c.row(ctx, `UPDATE mod_verdict SET state = CASE WHEN state = 'held' THEN 'running' ELSE state END, attempt = attempt + 1, lease_owner = ?,
		lease_until = `+c.clock()+` + ? WHERE id = (SELECT id FROM mod_verdict WHERE state IN ('held', 'running', 'reversing')
			AND due <= `+c.clock()+` AND (state = 'held' OR lease_until < `+c.clock()+`) ORDER BY due, id LIMIT 1`+lock+`)
		RETURNING `+c.verdictColumns(), text(owner), lease.Milliseconds()), scanVerdict)
	if isNotFound(err) {
		ms, nextErr := one(c.row(ctx, `SELECT COALESCE(MIN(CASE WHEN state = 'held' THEN due ELSE lease_until END) - `+c.clock()+`, 0)
			FROM mod_verdict WHERE state IN ('held', 'running', 'reversing')`), scanInt)
		if nextErr != nil {
			return v, l, 0, wrap(op, nextErr)
		}
		return v, l, time.Duration(ms) * time.Millisecond, wrap(op, err)
	}
	return v, VerdictLease{Verdict: v.ID, Owner: owner, Attempt: v.Attempt, For: lease}, 0, wrap(op, err)
}

// leased is the condition under which a console still has its verdict.
const leased = ` WHERE id = ? AND lease_owner = ? AND attempt = ? AND state IN ('running', 'reversing')`

func (s caseStore) Save(ctx context.Context, l VerdictLease, raw json.RawMessage) error {
	body, err := verdictBody(raw)
	if err == nil {
		c := s.db.write()
		err = c.execOne(ctx, `UPDATE mod_verdict SET body = ?, lease_until = `+c.clock()+` + ?`+leased, body, l.For.Milliseconds(), l.Verdict, text(l.Owner), l.Attempt)
	}
	if isNotFound(err) {
		err = ErrLeaseLost
	}
	return wrap("save how far a verdict is", err)
}

func (s caseStore) End(ctx context.Context, l VerdictLease, to VerdictState, result string, raw json.RawMessage) error {
	const op = "end a verdict"
	body, err := verdictBody(raw)
	if err == nil && to != VerdictDone && to != VerdictReversed {
		err = invalid("a verdict does not end as %q", to)
	}
	if err != nil {
		return wrap(op, err)
	}
	err = s.db.tx(ctx, func(t conn) error {
		err := t.execOne(ctx, `UPDATE mod_verdict SET state = ?, result = ?, body = ?, lease_owner = '', ended_at = `+t.clock()+leased, string(to), text(result), body,
			l.Verdict, text(l.Owner), l.Attempt)
		if isNotFound(err) {
			return ErrLeaseLost
		}
		if err == nil {
			err = countVerdict(ctx, t, l.Verdict, to, body)
		}
		if err != nil || to != VerdictReversed {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE mod_strike SET lifted_at = `+t.clock()+` WHERE verdict = ? AND lifted_at = 0`, l.Verdict); err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE mod_case SET upheld = ? WHERE verdict = ?`, false, l.Verdict)
		return err
	})
	return wrap(op, err)
}
