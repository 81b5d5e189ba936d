package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// WhyRestored is the text key of why a job paused that was under way in a backup: what it has done since is not known.
const WhyRestored = "jobs.why.restored"

// Restored says what Restore did.
type Restored struct {
	Kept     string // where the database is that was there before; "" if there was none
	Sessions int    // signed-in browsers that ended
	Jobs     int    // jobs that were under way, and are paused now
}

// Restore puts a backup in the place of the SQLite database at path. What was there is kept beside it, and taken only with
// force if there is anything in it.
//
// All sessions end, for one that was ended after the backup must not come back, and jobs that were under way are paused.
//
// Errors: ErrNotSQLite, ErrInUse, ErrNotEmpty; the backup is damaged, no database of imdesk's, or a newer version's.
func Restore(ctx context.Context, backup, path string, force bool, now time.Time) (Restored, error) {
	const op = "restore the database"
	if IsPostgres(path) {
		return Restored{}, wrap(op, ErrNotSQLite)
	}
	if err := sound(ctx, backup); err != nil {
		return Restored{}, wrap(op, fmt.Errorf("%s: %w", backup, err))
	}
	there, done, err := replaceable(ctx, path, force)
	if err != nil {
		return Restored{}, wrap(op, err)
	}
	defer done()
	fresh := path + ".restoring"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) { // of an earlier try
		return Restored{}, wrap(op, err)
	}
	r, err := prepare(ctx, backup, fresh)
	if err != nil {
		return r, wrap(op, errors.Join(err, os.Remove(fresh)))
	}
	if there {
		r.Kept = path + ".before-" + now.UTC().Format("20060102-150405")
		if _, err := os.Stat(r.Kept); err == nil {
			return r, wrap(op, fmt.Errorf("%s is there already", r.Kept))
		}
		if err := os.Rename(path, r.Kept); err != nil {
			return r, wrap(op, err)
		}
	}
	if err := os.Rename(fresh, path); err != nil {
		return r, wrap(op, err)
	}
	return r, wrap(op, syncDir(filepath.Dir(path)))
}

// sound checks a backup without changing it.
func sound(ctx context.Context, file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return plainPath(err)
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is no file")
	}
	pool, err := sql.Open("sqlite", sqliteName(file)+"?mode=ro&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	c := conn{pool, false}
	faults, err := all(ctx, c, scanString, `PRAGMA integrity_check(3)`)
	if err != nil {
		return fmt.Errorf("it is no database, or it is damaged: %w", err)
	}
	if len(faults) != 1 || faults[0] != "ok" {
		return fmt.Errorf("it is damaged: %s", strings.Join(faults, "; "))
	}
	lost, err := all(ctx, c, func(r scanner) (table string, err error) {
		var row, parent, key any
		return table, r.Scan(&table, &row, &parent, &key)
	}, `PRAGMA foreign_key_check`)
	if err != nil {
		return err
	}
	if len(lost) > 0 {
		return fmt.Errorf("it is damaged: rows of table %s point to nothing", lost[0])
	}
	steps, err := migrations(false)
	if err != nil {
		return err
	}
	tables, err := c.tableNames(ctx)
	if err != nil {
		return err
	}
	if len(tables) == 0 || !slices.Contains(tables, "schema_step") {
		return errors.New("it is no database of imdesk's")
	}
	_, err = takenSteps(ctx, c, steps)
	return err
}

// replaceable tells whether there is a database at path, and refuses one that is open or, without force, has anything in it.
// Nobody writes to it until done is called.
func replaceable(ctx context.Context, path string, force bool) (there bool, done func(), err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, func() {}, nil
	}
	if err != nil {
		return false, nil, err
	}
	if info.Size() == 0 {
		return true, func() {}, nil
	}
	c, done, err := aloneWith(ctx, path)
	if err != nil {
		return false, nil, err
	}
	if !force {
		if err := unused(ctx, c); err != nil {
			done()
			return false, nil, err
		}
	}
	return true, done, nil
}

// unused refuses a database in which there are operators, or an audit log, or which is not imdesk's.
func unused(ctx context.Context, c conn) error {
	for _, name := range []string{"operator", "audit_entry"} {
		var n int
		if err := c.row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM `+name+` LIMIT 1) AS one`).Scan(&n); err != nil {
			return fmt.Errorf("%w: it cannot be read as imdesk's: %w", ErrNotEmpty, err)
		}
		if n > 0 {
			return fmt.Errorf("%w: there is something in table %s", ErrNotEmpty, name)
		}
	}
	return nil
}

// prepare makes the database that is put in place: a copy of the backup, up to date, without what must not come back.
func prepare(ctx context.Context, backup, fresh string) (r Restored, err error) {
	if err := copyFile(ctx, backup, fresh); err != nil {
		return r, err
	}
	s, err := Open(ctx, fresh)
	if err != nil {
		return r, err
	}
	err = s.db.tx(ctx, func(c conn) error {
		for _, clear := range []struct {
			n     *int
			query string
			args  []any
		}{
			{&r.Sessions, `DELETE FROM session`, nil},
			{new(int), `DELETE FROM replica`, nil},
			{new(int), `DELETE FROM rate_turn`, nil},
			{
				&r.Jobs, `UPDATE job SET state = ?, why = ?, want = '', lease_until = 0 WHERE state IN (?, ?)`,
				[]any{JobPaused, WhyRestored, JobReady, JobRunning},
			},
		} {
			n, err := c.exec(ctx, clear.query, clear.args...)
			if err != nil {
				return err
			}
			*clear.n = n
		}
		return nil
	})
	return r, errors.Join(err, s.Close()) // closing folds the log into the file
}

// copyFile copies a database with all that stands in its log, readable for its owner only.
func copyFile(ctx context.Context, from, to string) error {
	pool, err := sql.Open("sqlite", sqliteName(from)+"?mode=ro")
	if err != nil {
		return err
	}
	defer pool.Close()
	d := &db{reader: pool, writer: pool}
	return d.backup(ctx, to)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// plainPath is an error of the file system without its path, which stands before it.
func plainPath(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
