package store

import (
	"context"
	"slices"
	"strings"
	"time"
)

type jobs struct{ db *db }

// clock is the database's time in milliseconds, as an expression.
func (c conn) clock() string {
	if c.postgres {
		return `(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT`
	}
	return `CAST(unixepoch('subsec') * 1000 AS INTEGER)`
}

const jobColumns = `id, kind, app, operator_id, operator_name, address, reason, spec, parent, relation, state, want, why, doing,
	attempt, cursor, complete, batches, rate, total, done, refused, unknown, skipped, reversed, created_at, run_at, started_at, ended_at`

func scanJob(r scanner) (Job, error) {
	var (
		j                            Job
		spec                         string
		complete, rate               int64
		created, run, started, ended int64
	)
	err := r.Scan(&j.ID, &j.Kind, &j.App, &j.OperatorID, &j.OperatorName, &j.Address, &j.Reason, &spec, &j.Parent, &j.Relation,
		&j.State, &j.Want, &j.Why, &j.Doing, &j.Attempt, &j.Cursor, &complete, &j.Batches, &rate,
		&j.Counts.Total, &j.Counts.Done, &j.Counts.Refused, &j.Counts.Unknown, &j.Counts.Skipped, &j.Counts.Reversed,
		&created, &run, &started, &ended)
	j.Spec, j.Complete, j.Rate = []byte(spec), complete != 0, float64(rate)/1000
	j.Created, j.RunAt, j.Started, j.Ended = fromMillis(created), fromMillis(run), fromMillis(started), fromMillis(ended)
	return j, err
}

func (s jobs) Add(ctx context.Context, j Job, items []JobItem) (Job, error) {
	const op = "add job"
	if err := checkJob(j, len(items)); err != nil {
		return Job{}, wrap(op, err)
	}
	spec, err := objectJSON(j.Spec)
	if err != nil {
		return Job{}, wrap(op, err)
	}
	c := s.db.write()
	var id int64
	err = c.row(ctx, `INSERT INTO job (kind, app, operator_id, operator_name, address, key, reason, spec, parent, relation, state, want, why,
			doing, lease_owner, lease_until, attempt, cursor, complete, batches, rate, total, done, refused, unknown, skipped, reversed,
			created_at, run_at, started_at, ended_at)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,'','','','',0,0,?,?,0,0,0,0,0,0,0,0,`+c.clock()+`,?,0,0)
		ON CONFLICT DO NOTHING RETURNING id`,
		text(j.Kind), text(j.App), text(j.OperatorID), text(j.OperatorName), text(j.Address), text(j.Key), cut(j.Reason, maxJobReason), spec,
		j.Parent, j.Relation, string(JobMaking), text(j.Cursor), flag(j.Complete), millis(j.RunAt)).Scan(&id)
	if noRows(err) {
		err = ErrConflict
	}
	if err != nil {
		return Job{}, wrap(op, err)
	}
	at := int64(0)
	for chunk := range slices.Chunk(items, jobInsertChunk) {
		if err := s.db.tx(ctx, func(c conn) error { return insertItems(ctx, c, id, at, chunk) }); err != nil {
			return Job{}, wrap(op, err)
		}
		at += int64(len(chunk))
	}
	n := countItems(items)
	job, err := one(c.row(ctx, `UPDATE job SET state = 'ready', total = ?, done = ?, refused = ?, unknown = ?, skipped = ?, reversed = ?,
		run_at = CASE WHEN run_at = 0 THEN `+c.clock()+` ELSE run_at END WHERE id = ? RETURNING `+jobColumns,
		n.Total, n.Done, n.Refused, n.Unknown, n.Skipped, n.Reversed, id), scanJob)
	return job, wrap(op, err)
}

func flag(on bool) int64 {
	if on {
		return 1
	}
	return 0
}

func checkJob(j Job, items int) error {
	switch {
	case j.Kind == "":
		return invalid("a job needs a kind")
	case items > MaxJobItems:
		return invalid("%d targets, a job takes at most %d", items, MaxJobItems)
	case len(j.Spec) > MaxJobSpec:
		return invalid("the parameters have %d bytes, at most %d fit", len(j.Spec), MaxJobSpec)
	case j.Relation != "" && j.Relation != JobRetry && j.Relation != JobReverse || (j.Parent == 0) != (j.Relation == ""):
		return invalid("a child is a retry or a reverse of its parent")
	}
	return nil
}

// countItems counts items as they are added.
func countItems(items []JobItem) JobCounts {
	n := JobCounts{Total: len(items)}
	for _, i := range items {
		*countOf(&n, i.State)++
	}
	return n
}

// countOf is the counter of a state; those that wait have none of their own, and get one that nobody reads.
func countOf(n *JobCounts, s ItemState) *int {
	switch s {
	case ItemDone:
		return &n.Done
	case ItemRefused:
		return &n.Refused
	case ItemUnknown:
		return &n.Unknown
	case ItemSkipped:
		return &n.Skipped
	case ItemReversed:
		return &n.Reversed
	}
	return new(int)
}

// insertItems writes items with the positions after at.
func insertItems(ctx context.Context, c conn, job, at int64, items []JobItem) error {
	for chunk := range slices.Chunk(items, 250) {
		values := make([]any, 0, 12*len(chunk))
		for _, i := range chunk {
			at++
			if i.State == "" {
				i.State = ItemWaiting
			}
			values = append(values, job, at, text(i.Group), text(i.Target), text(i.More), i.Source, string(i.State), text(i.Reason), text(i.Code),
				text(i.Before), text(i.After), i.Audit)
		}
		row := `(?,?,?,?,?,?,?,?,?,?,?,?,0,0)`
		if _, err := c.exec(ctx, `INSERT INTO job_item (job, position, group_id, target, more, source, state, reason, code, was, now, audit, batch, tries)
			VALUES `+row+strings.Repeat(","+row, len(chunk)-1), values...); err != nil {
			return err
		}
	}
	return nil
}

func (s jobs) Want(ctx context.Context, id int64, want, why string) (Job, error) {
	var j Job
	err := s.db.tx(ctx, func(c conn) (err error) {
		j, err = one(c.row(ctx, `SELECT `+jobColumns+` FROM job WHERE id = ?`+c.forUpdate(), id), scanJob)
		if err != nil {
			return err
		}
		if want != WantPause && want != WantCancel {
			return invalid("nobody can want %q of a job", want)
		}
		state := j.State
		switch {
		case j.State.Ended() || j.State == JobMaking || want == WantPause && (j.State == JobPaused || j.Want == WantCancel):
			return ErrConflict
		case j.State == JobRunning:
		case want == WantPause:
			state = JobPaused
		default:
			// What a worker that died left on its way has to be looked at first.
			left, err := one(c.row(ctx, `SELECT COUNT(*) FROM job_item WHERE job = ? AND state = 'sending'`, id), scanInt)
			if err != nil {
				return err
			}
			if state = JobReady; left == 0 {
				if err := endJob(ctx, c, id, JobCancelled, why, why); err != nil {
					return err
				}
				j, err = one(c.row(ctx, `SELECT `+jobColumns+` FROM job WHERE id = ?`, id), scanJob)
				return err
			}
		}
		if state == JobPaused {
			want = ""
		}
		j, err = one(c.row(ctx, `UPDATE job SET state = ?, want = ?, why = ? WHERE id = ? RETURNING `+jobColumns, string(state), want, cut(why, maxJobWhy), id), scanJob)
		return err
	})
	return j, wrap("ask a job to "+want, err)
}

// endJob ends a job; items that wait are skipped.
func endJob(ctx context.Context, c conn, id int64, s JobState, why, skip string) error {
	n, err := c.exec(ctx, `UPDATE job_item SET state = 'skipped', reason = ? WHERE job = ? AND state = 'waiting'`, text(skip), id)
	if err != nil {
		return err
	}
	return c.execOne(ctx, `UPDATE job SET state = ?, want = '', why = ?, lease_owner = '', rate = 0, skipped = skipped + ?, ended_at = `+c.clock()+` WHERE id = ?`,
		string(s), cut(why, maxJobWhy), n, id)
}

func (s jobs) Resume(ctx context.Context, id int64) (Job, error) {
	c := s.db.write()
	j, err := one(c.row(ctx, `UPDATE job SET state = CASE WHEN state = 'paused' THEN 'ready' ELSE state END, want = '', why = '', run_at = `+c.clock()+`
		WHERE id = ? AND (state = 'paused' OR state = 'running' AND want = 'pause') RETURNING `+jobColumns, id), scanJob)
	if err == ErrNotFound {
		if _, getErr := s.Get(ctx, id); getErr == nil {
			err = ErrConflict
		}
	}
	return j, wrap("resume a job", err)
}

func (s jobs) Claim(ctx context.Context, owner string, lease time.Duration) (Job, JobLease, error) {
	c := s.db.write()
	lock := ""
	if c.postgres {
		lock = ` FOR UPDATE SKIP LOCKED`
	}
	j, err := one(c.row(ctx, `UPDATE job SET state = 'running', attempt = attempt + 1, lease_owner = ?, lease_until = `+c.clock()+` + ?,
		started_at = CASE WHEN started_at = 0 THEN `+c.clock()+` ELSE started_at END
		WHERE id = (SELECT id FROM job WHERE state IN ('ready', 'running', 'making')
			AND (state = 'ready' AND run_at <= `+c.clock()+` OR state = 'running' AND lease_until < `+c.clock()+`)
			ORDER BY run_at, id LIMIT 1`+lock+`)
		RETURNING `+jobColumns, text(owner), lease.Milliseconds()), scanJob)
	if err != nil {
		return Job{}, JobLease{}, wrap("claim a job", err)
	}
	return j, JobLease{Job: j.ID, Owner: owner, Attempt: j.Attempt, For: lease}, nil
}

// hold is the condition under which a worker still has its job.
const hold = ` WHERE id = ? AND lease_owner = ? AND attempt = ? AND state = 'running'`

// held locks the job's row for a transaction of a worker, holds its lease, and returns what somebody asked for.
func held(ctx context.Context, c conn, l JobLease) (want string, err error) {
	want, err = one(c.row(ctx, `UPDATE job SET lease_until = `+c.clock()+` + ?`+hold+` RETURNING want`,
		l.For.Milliseconds(), l.Job, text(l.Owner), l.Attempt), scanString)
	if err == ErrNotFound {
		err = ErrLeaseLost
	}
	return want, err
}

func (s jobs) Beat(ctx context.Context, l JobLease, doing string, rate float64) (string, error) {
	c := s.db.write()
	want, err := one(c.row(ctx, `UPDATE job SET lease_until = `+c.clock()+` + ?, doing = ?, rate = ?`+hold+` RETURNING want`,
		l.For.Milliseconds(), cut(doing, maxJobWhy), int64(rate*1000), l.Job, text(l.Owner), l.Attempt), scanString)
	if err == ErrNotFound {
		err = ErrLeaseLost
	}
	return want, wrap("hold a job", err)
}

func (s jobs) Append(ctx context.Context, l JobLease, items []JobItem, cursor string, complete bool) error {
	if len(items) > MaxJobBatch {
		return wrap("add to a job", invalid("%d items at once, at most %d", len(items), MaxJobBatch))
	}
	err := s.db.tx(ctx, func(c conn) error {
		if _, err := held(ctx, c, l); err != nil {
			return err
		}
		at, err := one(c.row(ctx, `SELECT total FROM job WHERE id = ?`, l.Job), scanInt)
		if err != nil {
			return err
		}
		if at+int64(len(items)) > MaxJobItems {
			return invalid("%d targets, a job takes at most %d", at+int64(len(items)), MaxJobItems)
		}
		if err := insertItems(ctx, c, l.Job, at, items); err != nil {
			return err
		}
		n := countItems(items)
		return c.execOne(ctx, `UPDATE job SET total = total + ?, done = done + ?, skipped = skipped + ?, cursor = ?, complete = ? WHERE id = ?`,
			n.Total, n.Done, n.Skipped, text(cursor), flag(complete), l.Job)
	})
	return wrap("add to a job", err)
}

const itemColumns = `position, group_id, target, more, source, state, reason, code, was, now, audit, batch, tries`

func scanItem(r scanner) (i JobItem, err error) {
	return i, r.Scan(&i.Position, &i.Group, &i.Target, &i.More, &i.Source, &i.State, &i.Reason, &i.Code, &i.Before, &i.After, &i.Audit, &i.Batch, &i.Tries)
}

func (s jobs) Take(ctx context.Context, l JobLease, n int) ([]JobItem, string, error) {
	var items []JobItem
	var want string
	err := s.db.tx(ctx, func(c conn) (err error) {
		items = nil
		if n < 1 || n > MaxJobBatch {
			return invalid("%d items at once, at most %d", n, MaxJobBatch)
		}
		if want, err = held(ctx, c, l); err != nil || want != "" {
			return err
		}
		items, err = all(ctx, c, scanItem, `SELECT `+itemColumns+` FROM job_item WHERE job = ? AND state = 'waiting' ORDER BY position LIMIT ?`, l.Job, n)
		if err != nil || len(items) == 0 {
			return err
		}
		first := items[0]
		end := slices.IndexFunc(items, func(i JobItem) bool { return i.Group != first.Group || i.Source != first.Source })
		if end > 0 {
			items = items[:end]
		}
		batch, err := one(c.row(ctx, `UPDATE job SET batches = batches + 1 WHERE id = ? RETURNING batches`, l.Job), scanInt)
		if err != nil {
			return err
		}
		last := items[len(items)-1].Position
		if _, err := c.exec(ctx, `UPDATE job_item SET state = 'sending', batch = ?, tries = tries + 1
			WHERE job = ? AND state = 'waiting' AND position BETWEEN ? AND ?`, batch, l.Job, first.Position, last); err != nil {
			return err
		}
		for i := range items {
			items[i].State, items[i].Batch = ItemSending, batch
			items[i].Tries++
		}
		return nil
	})
	return items, want, wrap("hand out a job's items", err)
}

func (s jobs) Sending(ctx context.Context, l JobLease) ([]JobItem, error) {
	list, err := all(ctx, s.db.write(), scanItem, `SELECT `+itemColumns+` FROM job_item WHERE job = ? AND state = 'sending' ORDER BY batch, position`, l.Job)
	return list, wrap("read what a job left on its way", err)
}

func (s jobs) Settle(ctx context.Context, l JobLease, list []JobOutcome) error {
	if len(list) > MaxJobBatch {
		return wrap("settle a job's items", invalid("%d items at once, at most %d", len(list), MaxJobBatch))
	}
	err := s.db.tx(ctx, func(c conn) error {
		if _, err := held(ctx, c, l); err != nil {
			return err
		}
		var n JobCounts
		alike := alikeOutcomes(list)
		if len(alike) <= fewOutcomes {
			for o, positions := range alike {
				if err := settleAlike(ctx, c, l.Job, o, positions, &n); err != nil {
					return err
				}
			}
		} else {
			for chunk := range slices.Chunk(list, 250) {
				if err := settleItems(ctx, c, l.Job, chunk, &n); err != nil {
					return err
				}
			}
		}
		return c.execOne(ctx, `UPDATE job SET done = done + ?, refused = refused + ?, unknown = unknown + ?, skipped = skipped + ? WHERE id = ?`,
			n.Done, n.Refused, n.Unknown, n.Skipped, l.Job)
	})
	return wrap("settle a job's items", err)
}

// fewOutcomes is up to how many different outcomes of a batch are written one by one.
const fewOutcomes = 16

// alikeOutcomes are the positions of items by their outcome, whose own position is left out.
func alikeOutcomes(list []JobOutcome) map[JobOutcome][]int64 {
	alike := map[JobOutcome][]int64{}
	for _, o := range list {
		at := o.Position
		o.Position = 0
		alike[o] = append(alike[o], at)
	}
	return alike
}

// settleAlike writes one outcome of several items that are on their way, and counts them.
func settleAlike(ctx context.Context, c conn, job int64, o JobOutcome, positions []int64, n *JobCounts) error {
	values := []any{string(o.State), cut(o.Reason, maxJobWhy), text(o.Code), text(o.After), o.Audit}
	was := ""
	if o.Before != "" {
		was = ", was = ?"
		values = append(values, text(o.Before))
	}
	values = append(values, job)
	for _, at := range positions {
		values = append(values, at)
	}
	changed, err := c.exec(ctx, `UPDATE job_item SET state = ?, reason = ?, code = ?, now = ?, audit = ?`+was+`
		WHERE job = ? AND state = 'sending' AND position IN (`+marks(len(positions))+`)`, values...)
	*countOf(n, o.State) += changed
	return err
}

// settleItems writes outcomes of items that are on their way, and counts them.
func settleItems(ctx context.Context, c conn, job int64, list []JobOutcome, n *JobCounts) error {
	row := `(CAST(? AS BIGINT),?,?,?,?,?,CAST(? AS BIGINT))`
	values := make([]any, 0, 7*len(list)+1)
	for _, o := range list {
		values = append(values, o.Position, string(o.State), cut(o.Reason, maxJobWhy), text(o.Code), text(o.Before), text(o.After), o.Audit)
	}
	settled, err := all(ctx, c, func(r scanner) (s ItemState, err error) { return s, r.Scan(&s) },
		`WITH v (position, state, reason, code, was, now, audit) AS (VALUES `+row+strings.Repeat(","+row, len(list)-1)+`)
		UPDATE job_item SET state = v.state, reason = v.reason, code = v.code,
			was = CASE WHEN v.was = '' THEN job_item.was ELSE v.was END, now = v.now, audit = v.audit
		FROM v WHERE job_item.job = ? AND job_item.position = v.position AND job_item.state = 'sending' RETURNING job_item.state`,
		append(values, job)...)
	for _, s := range settled {
		*countOf(n, s)++
	}
	return err
}

func (s jobs) Reversed(ctx context.Context, l JobLease, parent, audit int64, targets []string) error {
	err := s.db.tx(ctx, func(c conn) error {
		if _, err := held(ctx, c, l); err != nil {
			return err
		}
		total := 0
		for chunk := range slices.Chunk(targets, 500) {
			values := []any{parent, audit}
			for _, t := range chunk {
				values = append(values, text(t))
			}
			n, err := c.exec(ctx, `UPDATE job_item SET state = 'reversed' WHERE job = ? AND audit = ? AND state = 'done' AND target IN (`+marks(len(chunk))+`)`, values...)
			if err != nil {
				return err
			}
			total += n
		}
		if total == 0 {
			return nil
		}
		return c.execOne(ctx, `UPDATE job SET done = done - ?, reversed = reversed + ? WHERE id = ?`, total, total, parent)
	})
	return wrap("note what a job took back", err)
}

func (s jobs) End(ctx context.Context, l JobLease, state JobState, why, skip string) error {
	err := s.db.tx(ctx, func(c conn) error {
		if _, err := held(ctx, c, l); err != nil {
			return err
		}
		switch {
		case state.Ended():
			return endJob(ctx, c, l.Job, state, why, skip)
		case state == JobPaused || state == JobReady:
			return c.execOne(ctx, `UPDATE job SET state = ?, want = CASE WHEN want = 'cancel' THEN want ELSE '' END, why = ?, lease_owner = '', rate = 0, run_at = `+c.clock()+` WHERE id = ?`,
				string(state), cut(why, maxJobWhy), l.Job)
		}
		return invalid("a worker does not leave a job %q", state)
	})
	return wrap("give a job up", err)
}

func (s jobs) Forget(ctx context.Context, kind string, t time.Time) (int, error) {
	n, err := s.db.write().exec(ctx, `DELETE FROM job_item WHERE job IN (
		SELECT id FROM job WHERE kind = ? AND state IN ('done', 'cancelled', 'stopped') AND ended_at < ?)`, text(kind), millis(t))
	return n, wrap("forget the items of jobs", err)
}

func (s jobs) Purge(ctx context.Context, t time.Time) (int, error) {
	c := s.db.write()
	n, err := c.exec(ctx, `DELETE FROM job WHERE state IN ('done', 'cancelled', 'stopped') AND ended_at < ?
		OR state = 'making' AND created_at < `+c.clock()+` - 3600000`, millis(t))
	return n, wrap("remove old jobs", err)
}
