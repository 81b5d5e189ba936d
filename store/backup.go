package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// ErrNotSQLite means that the database has a way of its own for this: pg_dump.
var ErrNotSQLite = errors.New("only a SQLite database is copied this way; use pg_dump for PostgreSQL")

// Backup writes a copy of the database, as it is at one moment, into a new file, readable by its owner only, while the
// console runs. Errors: ErrNotSQLite, fs.ErrExist.
func (s *Store) Backup(ctx context.Context, file string) error {
	if s.db.postgres {
		return wrap("back up the database", ErrNotSQLite)
	}
	return wrap("back up the database", s.db.backup(ctx, file))
}

func (d *db) backup(ctx context.Context, file string) error {
	file, err := filepath.Abs(file) // or one that begins with "file:" would be taken for a URI
	if err != nil {
		return err
	}
	// The file is made first, so that nobody else can read it at any time; VACUUM INTO takes an empty one.
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err = d.vacuumInto(ctx, file); err == nil {
		err = f.Sync() // SQLite leaves that to its caller
	}
	if err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}

// vacuumInto copies on a reading connection, so that writing goes on meanwhile.
func (d *db) vacuumInto(ctx context.Context, file string) error {
	c, err := d.reader.Conn(ctx)
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
