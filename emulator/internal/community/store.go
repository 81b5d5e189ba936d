// Package community is the world the emulator serves: accounts, groups, members, messages and mutes, in one SQLite
// database. It knows no wire protocol: names, error codes and limits of a vendor belong to the packages above it.
//
// A Conn reads, a Tx also writes. Writes go one at a time through one connection, reads run beside them on a few others.
// Nothing is held in memory that grows with the community.
package community

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver
)

//go:embed migrations/*.sql
var migrations embed.FS

// Forever is the "until" of something that never ends.
const Forever = math.MaxInt64

// Errors that name what was not there. Test with errors.Is.
var (
	ErrNoAccount  = errors.New("no such account")
	ErrNoGroup    = errors.New("no such group")
	ErrDismissed  = errors.New("group was dismissed")
	ErrNotMember  = errors.New("not a member")
	ErrNoMessage  = errors.New("no such message")
	ErrGroupTaken = errors.New("group id is taken")
)

// readConns is how many statements may read at once. More only compete for the two or so cores of a test machine.
const readConns = 4

// Store is the open database. It is safe for concurrent use.
type Store struct {
	read  readers
	write writer
	now   func() time.Time

	lastID int64 // the latest number given by fresh; whoever writes owns it

	dir string // temporary directory to remove, "" if the file is the caller's

	purge chan struct{} // asks the janitor to look at the purge table
	stop  context.CancelFunc
	done  chan struct{}
}

// readers are a few connections with their statements, prepared once each.
type readers struct {
	db    *sql.DB
	stmts sync.Map // query text to *sql.Stmt
}

func (r *readers) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := r.stmts.Load(query); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := r.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	if old, loaded := r.stmts.LoadOrStore(query, st); loaded {
		st.Close()
		return old.(*sql.Stmt), nil
	}
	return st, nil
}

// writer is the one connection that writes. Whoever holds its token owns it.
type writer struct {
	db    *sql.DB
	conn  *sql.Conn
	token chan struct{}
	stmts map[string]*sql.Stmt
}

func (w *writer) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st := w.stmts[query]; st != nil {
		return st, nil
	}
	st, err := w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	w.stmts[query] = st
	return st, nil
}

// Open opens the database at path and brings its tables up to date. An empty path makes a temporary file that Close removes.
func Open(ctx context.Context, path string, now func() time.Time) (*Store, error) {
	s := &Store{now: now, purge: make(chan struct{}, 1), done: make(chan struct{})}
	if path == "" {
		dir, err := os.MkdirTemp("", "emulator-*")
		if err != nil {
			return nil, fmt.Errorf("open community: %w", err)
		}
		s.dir, path = dir, filepath.Join(dir, "community.db")
	}
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open community %s: %w", path, err), s.release())
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go s.janitor(background)
	s.wakeJanitor()
	return s, nil
}

func (s *Store) open(ctx context.Context, path string) (err error) {
	// SQLite makes the files beside it with the same mode: what people say is for the one who runs it.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if s.write.db, err = openDB(path, 1); err != nil {
		return err
	}
	if s.write.conn, err = s.write.db.Conn(ctx); err != nil {
		return err
	}
	s.write.token = make(chan struct{}, 1)
	s.write.stmts = map[string]*sql.Stmt{}
	if err = s.migrate(ctx); err != nil {
		return err
	}
	s.read.db, err = openDB(path, readConns)
	return err
}

func openDB(path string, conns int) (*sql.DB, error) {
	// An emulator's data may be lost with the machine, not with the process: synchronous off is right for it.
	q := url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(OFF)", "temp_store(MEMORY)", "cache_size(-16384)", "journal_size_limit(67108864)",
	}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// migrate runs the numbered files that PRAGMA user_version says are missing, each in its own transaction.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	var version int
	if err := s.write.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if version > len(files) {
		return fmt.Errorf("schema version %d is newer than this program's %d", version, len(files))
	}
	for i, file := range files[version:] {
		text, err := migrations.ReadFile(file)
		if err != nil {
			return err
		}
		err = s.Update(ctx, func(tx *Tx) error {
			_, err := s.write.conn.ExecContext(ctx, fmt.Sprintf("%s;\nPRAGMA user_version = %d", text, version+i+1))
			return err
		})
		if err != nil {
			return fmt.Errorf("migrate %s: %w", file, err)
		}
	}
	return nil
}

// Close stops background work and closes the database.
func (s *Store) Close() error {
	s.stop()
	<-s.done
	return s.release()
}

func (s *Store) release() error {
	var errs []error
	if s.read.db != nil {
		s.read.stmts.Range(func(_, st any) bool { st.(*sql.Stmt).Close(); return true })
		errs = append(errs, s.read.db.Close())
	}
	if s.write.conn != nil {
		for _, st := range s.write.stmts {
			st.Close()
		}
		errs = append(errs, s.write.conn.Close())
	}
	if s.write.db != nil {
		errs = append(errs, s.write.db.Close())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// Now is the community's clock.
func (s *Store) Now() time.Time { return s.now() }

// Conn reads for one request. Each statement sees the latest committed state. Do not ask it anything from inside a row
// callback: that would hold two connections, and there are only a few.
type Conn struct {
	ctx   context.Context
	store *Store
	stmt  func(ctx context.Context, query string) (*sql.Stmt, error)
}

// Tx is a Conn inside a write transaction.
type Tx struct {
	Conn
	committed []func()
}

// OnCommit has fn run once the transaction is committed, before the next one begins: in the order of the writes. It must
// be quick, and does not run if the transaction fails.
func (t *Tx) OnCommit(fn func()) { t.committed = append(t.committed, fn) }

// Read returns a Conn for ctx.
func (s *Store) Read(ctx context.Context) Conn { return Conn{ctx: ctx, store: s, stmt: s.read.stmt} }

// Update runs fn in a write transaction, which is committed if fn returns nil and rolled back otherwise. It returns fn's
// error as it is.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	select {
	case s.write.token <- struct{}{}:
		defer func() { <-s.write.token }()
	case <-ctx.Done():
		return fmt.Errorf("wait to write: %w", context.Cause(ctx))
	}
	if _, err := s.write.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	open := true
	defer func() {
		if open { // fn failed or panicked; the caller's context may be what ended it
			_, _ = s.write.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	tx := &Tx{Conn: Conn{ctx: ctx, store: s, stmt: s.write.stmt}}
	if err := fn(tx); err != nil {
		return err
	}
	if _, err := s.write.conn.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	open = false
	for _, fn := range tx.committed {
		fn()
	}
	return nil
}

// get scans the one row of query into dest; sql.ErrNoRows if there is none.
func (c Conn) get(query string, args []any, dest ...any) error {
	st, err := c.stmt(c.ctx, query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(c.ctx, args...).Scan(dest...)
}

// each calls fn for every row of query; fn scans the row.
func (c Conn) each(query string, args []any, fn func(scan func(dest ...any) error) error) error {
	st, err := c.stmt(c.ctx, query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(c.ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// exec runs query and returns how many rows it changed.
func (t *Tx) exec(query string, args ...any) (int64, error) {
	st, err := t.stmt(t.ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// insert runs query and returns the new row's key.
func (t *Tx) insert(query string, args ...any) (int64, error) {
	st, err := t.stmt(t.ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// in selects the items of a list parameter, so that one statement serves lists of any length.
const in = "(SELECT value FROM json_each(?))"

// list is the argument that in expects.
func list[T any](items []T) (string, error) {
	b, err := json.Marshal(items)
	return string(b), err
}
