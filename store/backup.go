package store

import (
	"context"
	"errors"
	"os"
)

// ErrNotSQLite means that the database has a way of its own for this: pg_dump.
var ErrNotSQLite = errors.New("only a SQLite database is copied this way; use pg_dump for PostgreSQL")

// Backup writes a copy of the database into a new file, readable by its owner only, while the console runs. What is
// committed while it copies may be missing from it; nothing is half there. Errors: ErrNotSQLite.
func (s *Store) Backup(ctx context.Context, file string) error {
	const op = "back up the database"
	if s.db.postgres {
		return wrap(op, ErrNotSQLite)
	}
	// The file is made first, so that nobody else can read it at any time; VACUUM INTO takes an empty one.
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return wrap(op, err)
	}
	if err := f.Close(); err != nil {
		return wrap(op, err)
	}
	if err := s.vacuumInto(ctx, file); err != nil {
		return wrap(op, errors.Join(err, os.Remove(file)))
	}
	return nil
}

// vacuumInto copies on a reading connection, so that writing goes on meanwhile.
func (s *Store) vacuumInto(ctx context.Context, file string) error {
	c, err := s.db.reader.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, `PRAGMA query_only = 0`); err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, `VACUUM INTO ?`, file)
	_, back := c.ExecContext(context.WithoutCancel(ctx), `PRAGMA query_only = 1`)
	return errors.Join(err, back)
}
