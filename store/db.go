package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
	_ "modernc.org/sqlite"             // SQLite
)

// Connections. SQLite has one writer at a time whatever we do; a queue in Go is fairer than its busy handler.
const (
	sqliteReaders       = 4
	postgresConnections = 16
)

// Open opens the database at dsn, a file path for SQLite or a postgres:// URL, and brings its schema up to date.
//
// A SQLite file is made if it is missing, its folder is not, and is readable for its owner only: it holds password
// hashes. Several processes may have it open at once, such as the console and a command beside it.
func Open(ctx context.Context, dsn string) (*Store, error) {
	open := openSQLite
	if IsPostgres(dsn) {
		open = openPostgres
	}
	d, err := open(ctx, dsn)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err = migrate(ctx, d); err == nil {
		err = chainUp(ctx, d)
	}
	if err == nil {
		err = namesUp(ctx, d)
	}
	if err != nil {
		_ = d.close()
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return &Store{
		Operators: operators{d},
		Sessions:  sessions{d},
		Attempts:  attempts{d},
		Audit:     auditLog{d},
		Settings:  settings{d},
		Directory: directory{d},
		Archive:   archive{d},
		Searches:  searches{d},
		Jobs:      jobs{d},
		Roles:     roles{d},
		Invites:   invites{d},
		Tokens:    tokens{d},
		Access:    access{d},
		Events:    events{d},
		Arrivals:  arrivals{d},
		Replicas:  replicas{d},
		Apps:      apps{d},

		Secrets:     sealed{d},
		Credentials: credentials{d},
		Console:     console{d},
		Once:        once{d},

		Policies:  policies{d},
		Approvals: approvals{d},
		Uses:      uses{d},
		Privacy:   privacy{d},
		Cases:     caseStore{d},
		Evidence:  evidence{d},
		Numbers:   numbers{d},
		Callbacks: callbackStore{d},
		Rules:     rules{d},
		Sanctions: sanctions{d},
		Waves:     waves{d},

		db: d,
	}, nil
}

// IsPostgres tells whether dsn is for PostgreSQL; if not, it is the path of a SQLite file.
func IsPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// db is the database: two pools on SQLite, one on PostgreSQL.
type db struct {
	writer, reader *sql.DB
	postgres       bool
	dsn            string // of PostgreSQL
	bells          bells
	arrivals       bells // rung by what changes in the archive
}

func openSQLite(ctx context.Context, path string) (*db, error) {
	if err := ownFile(path); err != nil {
		return nil, err
	}
	// Transactions take the write lock when they begin: one that reads first and writes later could not wait for it.
	// synchronous=FULL, for what the audit log says must not be lost with the power.
	base := sqliteName(path) +
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	writer, err := sql.Open("sqlite", base)
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	d := &db{writer: writer}
	// The first connection switches to WAL and makes the files; readers may come only then.
	if err := writer.PingContext(ctx); err != nil {
		_ = writer.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if d.reader, err = sql.Open("sqlite", base+"&_pragma=query_only(1)"); err != nil {
		_ = writer.Close()
		return nil, err
	}
	d.reader.SetMaxOpenConns(sqliteReaders)
	d.reader.SetMaxIdleConns(sqliteReaders)
	return d, nil
}

// sqliteName is a path as the driver takes it, whatever characters are in it.
func sqliteName(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

// ownFile makes the file for its owner only, or takes others' rights away. SQLite gives its side files the same mode.
// A file that is there is not opened: closing it would drop the locks that this process may have on it.
func ownFile(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) { // another process was faster, with the same mode
			return nil
		}
		if err != nil {
			return err
		}
		return f.Close()
	}
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file", path)
	case info.Mode().Perm()&0o077 == 0:
		return nil
	}
	return os.Chmod(path, 0o600)
}

func openPostgres(ctx context.Context, dsn string) (*db, error) {
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(postgresConnections)
	pool.SetMaxIdleConns(postgresConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, err
	}
	return &db{writer: pool, reader: pool, postgres: true, dsn: dsn}, nil
}

func (d *db) ping(ctx context.Context) error {
	var one int
	if err := d.read().row(ctx, `SELECT 1`).Scan(&one); err != nil {
		return fmt.Errorf("ask the database: %w", err)
	}
	return nil
}

func (d *db) close() error {
	if d.reader == d.writer {
		return d.writer.Close()
	}
	// The writer goes last: with the last connection SQLite folds its log into the file.
	return errors.Join(d.reader.Close(), d.writer.Close())
}

// read is for statements that only read.
func (d *db) read() conn { return conn{d.reader, d.postgres} }

// write is for one statement that writes; more than one need tx.
func (d *db) write() conn { return conn{d.writer, d.postgres} }

// tx runs f in a transaction, which is rolled back if f fails.
func (d *db) tx(ctx context.Context, f func(conn) error) error {
	t, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }() // does nothing after Commit
	if err := f(conn{t, d.postgres}); err != nil {
		return err
	}
	return t.Commit()
}

// snapshot runs f on the database as it is when f first reads, whatever is written meanwhile.
func (d *db) snapshot(ctx context.Context, f func(conn) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if d.postgres {
		opts.Isolation = sql.LevelRepeatableRead // on SQLite it is always so
	}
	t, err := d.reader.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }()
	return f(conn{t, d.postgres})
}

// conn runs statements that are written once, with ? for their values.
type conn struct {
	c interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
	postgres bool
}

// exec tells how many rows were changed.
func (c conn) exec(ctx context.Context, query string, args ...any) (int, error) {
	res, err := c.c.ExecContext(ctx, c.rebind(query), args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// execOne is exec for a row that has to be there: ErrNotFound if it is not.
func (c conn) execOne(ctx context.Context, query string, args ...any) error {
	n, err := c.exec(ctx, query, args...)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

func (c conn) row(ctx context.Context, query string, args ...any) *sql.Row {
	return c.c.QueryRowContext(ctx, c.rebind(query), args...)
}

// forUpdate ends a SELECT whose rows the transaction is about to change. On SQLite it has the only write lock already.
func (c conn) forUpdate() string {
	if c.postgres {
		return " FOR UPDATE"
	}
	return ""
}

// rebind writes $1, $2, ... for ?. No ? may stand inside a literal.
func (c conn) rebind(query string) string {
	if !c.postgres {
		return query
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}

// scanner is a row to read values from: *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

// all reads all rows of a query.
func all[T any](ctx context.Context, c conn, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := c.c.QueryContext(ctx, c.rebind(query), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// one reads one row, or gives ErrNotFound.
func one[T any](row *sql.Row, scan func(scanner) (T, error)) (T, error) {
	v, err := scan(row)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return v, err
}

// marks are n question marks for a list of values.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", op, err)
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// millis is t as it is stored; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// text is s as both databases can store it.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// cut is text of at most n bytes, ending at a whole character.
func cut(s string, n int) string {
	s = text(s)
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
