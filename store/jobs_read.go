package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
)

func noRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

func (s jobs) Get(ctx context.Context, id int64) (Job, error) {
	j, err := one(s.db.read().row(ctx, `SELECT `+jobColumns+` FROM job WHERE id = ?`, id), scanJob)
	return j, wrap("get job", err)
}

func (s jobs) ByKey(ctx context.Context, operatorID, key string) (Job, error) {
	j, err := one(s.db.read().row(ctx, `SELECT `+jobColumns+` FROM job WHERE operator_id = ? AND key = ? AND key <> ''`, text(operatorID), text(key)), scanJob)
	return j, wrap("find a job by its key", err)
}

func (s jobs) List(ctx context.Context, f JobFilter, before int64, n int) ([]Job, error) {
	const op = "list jobs"
	if n < 1 || n > MaxJobPage {
		return nil, wrap(op, invalid("%d jobs a page, at most %d", n, MaxJobPage))
	}
	where, values := []string{`state <> 'making'`}, []any{}
	and := func(cond string, v ...any) { where, values = append(where, cond), append(values, v...) }
	if f.App != "" {
		and(`app = ?`, text(f.App))
	}
	if f.OperatorID != "" {
		and(`operator_id = ?`, text(f.OperatorID))
	}
	if f.Kind != "" {
		and(`kind = ?`, text(f.Kind))
	}
	if f.Parent != 0 {
		and(`parent <> 0 AND parent = ?`, f.Parent)
	}
	if len(f.States) > 0 {
		states := make([]any, 0, len(f.States))
		for _, s := range f.States {
			states = append(states, string(s))
		}
		and(`state IN (`+marks(len(states))+`)`, states...)
	}
	if before > 0 {
		and(`id < ?`, before)
	}
	list, err := all(ctx, s.db.read(), scanJob, `SELECT `+jobColumns+` FROM job WHERE `+strings.Join(where, " AND ")+` ORDER BY id DESC LIMIT ?`, append(values, n)...)
	return list, wrap(op, err)
}

func (s jobs) Items(ctx context.Context, id int64, state ItemState, after int64, n int) ([]JobItem, error) {
	const op = "list a job's items"
	if n < 1 || n > MaxJobPage {
		return nil, wrap(op, invalid("%d items a page, at most %d", n, MaxJobPage))
	}
	if state == "" {
		list, err := all(ctx, s.db.read(), scanItem, `SELECT `+itemColumns+` FROM job_item WHERE job = ? AND position > ? ORDER BY position LIMIT ?`, id, after, n)
		return list, wrap(op, err)
	}
	list, err := all(ctx, s.db.read(), scanItem, `SELECT `+itemColumns+` FROM job_item WHERE job = ? AND state = ? AND position > ? ORDER BY position LIMIT ?`,
		id, string(state), after, n)
	return list, wrap(op, err)
}

func (s jobs) Counts(ctx context.Context) (map[JobState]int, map[ItemState]int, error) {
	found, err := all(ctx, s.db.read(), scanJob, `SELECT `+jobColumns+` FROM job WHERE state IN ('ready', 'running', 'paused')`)
	if err != nil {
		return nil, nil, wrap("count jobs", err)
	}
	states, items := map[JobState]int{}, map[ItemState]int{}
	for _, j := range found {
		states[j.State]++
		items[ItemWaiting] += j.Counts.Waiting()
		items[ItemDone] += j.Counts.Done
		items[ItemRefused] += j.Counts.Refused
		items[ItemUnknown] += j.Counts.Unknown
		items[ItemSkipped] += j.Counts.Skipped
		items[ItemReversed] += j.Counts.Reversed
	}
	return states, items, nil
}

func scanProtected(r scanner) (p ProtectedUser, err error) {
	var added int64
	err = r.Scan(&p.App, &p.User, &p.Note, &p.By, &added)
	p.Added = fromMillis(added)
	return p, err
}

func (s jobs) Protect(ctx context.Context, list []ProtectedUser) error {
	err := s.db.tx(ctx, func(c conn) error {
		apps := map[string]bool{}
		for _, p := range list {
			if p.User == "" || len(p.Note) > maxJobWhy {
				return invalid("a protected user needs an id, and a note has at most %d bytes", maxJobWhy)
			}
			if _, err := c.exec(ctx, `INSERT INTO protected_user (app, user_id, note, by_name, added_at) VALUES (?,?,?,?,?)
				ON CONFLICT (app, user_id) DO UPDATE SET note = excluded.note`, text(p.App), text(p.User), text(p.Note), text(p.By), millis(p.Added)); err != nil {
				return err
			}
			apps[p.App] = true
		}
		for app := range apps {
			n, err := one(c.row(ctx, `SELECT COUNT(*) FROM protected_user WHERE app = ?`, text(app)), scanInt)
			if err != nil {
				return err
			}
			if n > MaxProtected {
				return invalid("%d protected users, at most %d", n, MaxProtected)
			}
		}
		return nil
	})
	return wrap("protect users", err)
}

func (s jobs) Unprotect(ctx context.Context, app string, users []string) error {
	err := s.db.tx(ctx, func(c conn) error {
		for chunk := range slices.Chunk(users, 500) {
			if _, err := c.exec(ctx, `DELETE FROM protected_user WHERE app = ? AND user_id IN (`+marks(len(chunk))+`)`, appAnd(app, chunk)...); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("take users off the protected list", err)
}

func appAnd(app string, users []string) []any {
	values := []any{text(app)}
	for _, u := range users {
		values = append(values, text(u))
	}
	return values
}

func (s jobs) Protected(ctx context.Context, app, after string, n int) ([]ProtectedUser, error) {
	if n < 1 || n > MaxJobPage {
		return nil, wrap("list protected users", invalid("%d users a page, at most %d", n, MaxJobPage))
	}
	list, err := all(ctx, s.db.read(), scanProtected, `SELECT app, user_id, note, by_name, added_at FROM protected_user WHERE app = ? AND user_id > ? ORDER BY user_id LIMIT ?`,
		text(app), text(after), n)
	return list, wrap("list protected users", err)
}

func (s jobs) Protects(ctx context.Context, app string, users []string) (map[string]bool, error) {
	found := map[string]bool{}
	for chunk := range slices.Chunk(users, 500) {
		list, err := all(ctx, s.db.read(), scanString, `SELECT user_id FROM protected_user WHERE app = ? AND user_id IN (`+marks(len(chunk))+`)`, appAnd(app, chunk)...)
		if err != nil {
			return nil, wrap("look for protected users", err)
		}
		for _, u := range list {
			found[u] = true
		}
	}
	return found, nil
}
