package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
)

// Kinds of refusals by Copy and Restore, beside errors of the databases.
var (
	// ErrInUse means that a console, or something else, has the database open.
	ErrInUse = errors.New("a console or a command has the database open; stop it first")
	// ErrNotEmpty means that the database has something in it.
	ErrNotEmpty = errors.New("the database is not empty")
	// ErrOldSchema means that the database has to be brought up to date first.
	ErrOldSchema = errors.New("the database was last used by an older version of imdesk; start this version on it once, then stop it")
)

// Copied is how many rows of a table were copied.
type Copied struct {
	Table string
	Rows  int64
}

// notCopied are tables that mean something to running consoles only, what SQLite alone needs for its triggers, and schema_step,
// which the target has already.
var notCopied = []string{"schema_step", "replica", "replica_share", "rate_turn", "audit_gate", "arrival"}

// Copy copies everything from one database into another one that is empty, whatever their engines, and compares both row by
// row. All of it happens, or nothing. Tables and columns are read from the databases, so that none can be forgotten.
//
// Errors: ErrInUse, ErrNotEmpty, ErrOldSchema.
func Copy(ctx context.Context, from, to string, progress func(Copied)) ([]Copied, error) {
	const op = "copy the database"
	if !IsPostgres(from) {
		if _, err := os.Stat(from); err != nil { // it would be made
			return nil, wrap(op, err)
		}
	}
	source, done, err := openSource(ctx, from)
	if err != nil {
		return nil, wrap(op, err)
	}
	defer done()
	if err := upToDate(ctx, source); err != nil {
		return nil, wrap(op, err)
	}
	target, err := Open(ctx, to)
	if err != nil {
		return nil, wrap(op, err)
	}
	var list []Copied
	err = target.db.tx(ctx, func(c conn) error {
		list, err = copyAll(ctx, source, c, progress)
		return err
	})
	if err = errors.Join(err, target.Close()); err != nil {
		return nil, wrap(op, err)
	}
	return list, nil
}

// openSource opens a database to read all of it as it is at one moment, and refuses one that is in use: what is written
// meanwhile would be missing.
func openSource(ctx context.Context, dsn string) (conn, func(), error) {
	if !IsPostgres(dsn) {
		return aloneWith(ctx, dsn)
	}
	d, err := openPostgres(ctx, dsn)
	if err != nil {
		return conn{}, nil, err
	}
	t, err := d.writer.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return conn{}, nil, errors.Join(err, d.close())
	}
	done := func() { _, _ = t.Rollback(), d.close() } // nothing was written
	c := conn{t, true}
	var live int
	err = c.row(ctx, `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'replica'`).Scan(&live)
	if err == nil && live > 0 {
		err = c.row(ctx, `SELECT COUNT(*) FROM replica WHERE lease_until > `+c.micros()+` / 1000`).Scan(&live)
	}
	if err == nil && live > 0 {
		err = ErrInUse
	}
	if err != nil {
		done()
		return conn{}, nil, err
	}
	return c, done, nil
}

// aloneWith opens a SQLite file that nobody else has open, and keeps others from writing until done is called. What stood in
// its log is in the file then.
func aloneWith(ctx context.Context, path string) (conn, func(), error) {
	pool, err := sql.Open("sqlite", sqliteName(path)+"?_pragma=busy_timeout(200)&_txlock=immediate")
	if err != nil {
		return conn{}, nil, err
	}
	pool.SetMaxOpenConns(1)
	fail := func(err error) (conn, func(), error) { return conn{}, nil, errors.Join(err, pool.Close()) }
	// Leaving the write-ahead log is possible for the only connection there is.
	var mode string
	if err := pool.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode); err != nil || mode != "delete" {
		if err != nil && !strings.Contains(err.Error(), "locked") && !strings.Contains(err.Error(), "busy") {
			return fail(fmt.Errorf("%s: %w", path, err))
		}
		return fail(ErrInUse)
	}
	t, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return fail(ErrInUse)
	}
	return conn{t, false}, func() { _, _ = t.Rollback(), pool.Close() }, nil
}

// upToDate refuses a database whose schema is not this version's.
func upToDate(ctx context.Context, c conn) error {
	steps, err := migrations(c.postgres)
	if err != nil {
		return err
	}
	tables, err := c.tableNames(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(tables, "schema_step") {
		return errors.New("this is no database of imdesk")
	}
	taken, err := takenSteps(ctx, c, steps)
	if err != nil {
		return err
	}
	if len(taken) < len(steps) {
		return ErrOldSchema
	}
	return nil
}

// kind is what a column holds, whatever the database calls it.
type kind string

// kinds of the types that the databases' schemas use.
var kinds = map[string]kind{
	"text": "text", "bigint": "number", "integer": "number", "boolean": "truth", "blob": "bytes", "bytea": "bytes",
	"real": "real", "double precision": "real",
}

type copyColumn struct {
	name string
	kind kind
}

type copyTable struct {
	name    string
	columns []copyColumn // by name
	key     []string     // none: rows are in the order of all their columns
	refs    []string     // tables that its rows point to
}

// tableNames are all tables of the schema, by name.
func (c conn) tableNames(ctx context.Context) ([]string, error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`
	if c.postgres {
		query = `SELECT CAST(table_name AS TEXT) FROM information_schema.tables
			WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY CAST(table_name AS TEXT) COLLATE "C"`
	}
	return all(ctx, c, scanString, query)
}

// tables describes all tables that are copied. A column of a type that is not known, or one that is computed, is an error.
func (c conn) tables(ctx context.Context) ([]copyTable, error) {
	names, err := c.tableNames(ctx)
	if err != nil {
		return nil, err
	}
	columns := `SELECT name, lower(type), CAST(pk AS INTEGER), hidden <> 0 FROM pragma_table_xinfo(?) ORDER BY name`
	refs := `SELECT DISTINCT "table" FROM pragma_foreign_key_list(?) ORDER BY 1`
	if c.postgres {
		columns = `SELECT CAST(a.attname AS TEXT), format_type(a.atttypid, NULL), COALESCE(array_position(CAST(i.indkey AS SMALLINT[]), a.attnum) + 1, 0), a.attgenerated <> ''
			FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
			WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY CAST(a.attname AS TEXT) COLLATE "C"`
		refs = `SELECT DISTINCT CAST(f.relname AS TEXT) FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
			WHERE k.contype = 'f' AND k.conrelid = to_regclass(?) ORDER BY 1`
	}
	var list []copyTable
	for _, name := range names {
		if slices.Contains(notCopied, name) || strings.HasPrefix(name, archiveIndex.name) || strings.HasPrefix(name, nameIndex.name) { // each engine has its own index
			continue
		}
		t := copyTable{name: name}
		type found struct {
			copyColumn
			typ      string
			key      int
			computed bool
		}
		cols, err := all(ctx, c, func(r scanner) (f found, err error) {
			return f, r.Scan(&f.name, &f.typ, &f.key, &f.computed)
		}, columns, name)
		if err != nil {
			return nil, err
		}
		keys := map[int]string{}
		for _, f := range cols {
			f.kind = kinds[f.typ]
			if f.kind == "" || f.computed {
				return nil, fmt.Errorf("column %s of table %s is of a type that is not copied: %q", f.name, name, f.typ)
			}
			t.columns = append(t.columns, f.copyColumn)
			if f.key > 0 {
				keys[f.key] = f.name
			}
		}
		for i := 1; i <= len(keys); i++ {
			t.key = append(t.key, keys[i])
		}
		if t.refs, err = all(ctx, c, scanString, refs, name); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// sameTables are the tables to copy, those that others point to first.
func sameTables(ctx context.Context, source, target conn) ([]copyTable, error) {
	from, err := source.tables(ctx)
	if err != nil {
		return nil, err
	}
	to, err := target.tables(ctx)
	if err != nil {
		return nil, err
	}
	same := func(a, b copyTable) bool {
		return a.name == b.name && slices.Equal(a.columns, b.columns) && slices.Equal(a.key, b.key) && slices.Equal(a.refs, b.refs)
	}
	for i := range max(len(from), len(to)) {
		if i >= len(from) || i >= len(to) || !same(from[i], to[i]) {
			return nil, fmt.Errorf("the databases differ in their tables: %+v and %+v", from[min(i, len(from)-1)], to[min(i, len(to)-1)])
		}
	}
	var list []copyTable
	placed := map[string]bool{}
	for len(list) < len(from) {
		before := len(list)
		for _, t := range from {
			waits := slices.ContainsFunc(t.refs, func(r string) bool { return !placed[r] && r != t.name })
			if !placed[t.name] && !waits {
				list, placed[t.name] = append(list, t), true
			}
		}
		if len(list) == before {
			return nil, errors.New("tables point to each other in a circle")
		}
	}
	return list, nil
}

func copyAll(ctx context.Context, source, target conn, progress func(Copied)) ([]Copied, error) {
	tables, err := sameTables(ctx, source, target)
	if err != nil {
		return nil, err
	}
	if err := empty(ctx, target, tables); err != nil {
		return nil, err
	}
	var list []Copied
	for _, t := range tables {
		n, err := copyRows(ctx, source, target, t)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t.name, err)
		}
		list = append(list, Copied{t.name, n})
		if progress != nil {
			progress(list[len(list)-1])
		}
	}
	if err := copyCounters(ctx, source, target, tables); err != nil {
		return nil, err
	}
	for _, t := range tables {
		if err := compareTable(ctx, source, target, t); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	return list, reindexAll(ctx, target)
}

// empty refuses a target with anything in it, and takes away the rows that every new database has.
func empty(ctx context.Context, c conn, tables []copyTable) error {
	for _, row := range []string{`audit_head WHERE records = 0 AND entries = 0`, `sanction_log WHERE seq = 0`} {
		if _, err := c.exec(ctx, `DELETE FROM `+row); err != nil {
			return err
		}
	}
	for _, t := range tables {
		var n int64
		if err := c.row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM `+t.name+` LIMIT 1) AS one`).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("%w: there is something in table %s", ErrNotEmpty, t.name)
		}
	}
	return nil
}

// rows reads a table in the order of its key, which is the same on both databases.
func (t copyTable) rows(ctx context.Context, c conn) (*sql.Rows, error) {
	var names, order []string
	for _, col := range t.columns {
		names = append(names, col.name)
	}
	key, nulls := t.key, ""
	if len(key) == 0 {
		key, nulls = names, " NULLS FIRST"
	}
	for _, k := range key {
		i := slices.IndexFunc(t.columns, func(col copyColumn) bool { return col.name == k })
		if c.postgres && t.columns[i].kind == "text" {
			k += ` COLLATE "C"`
		}
		order = append(order, k+nulls)
	}
	return c.c.QueryContext(ctx, `SELECT `+strings.Join(names, ", ")+` FROM `+t.name+` ORDER BY `+strings.Join(order, ", "))
}

// scan reads one row as values that both databases take.
func (t copyTable) scan(r scanner) ([]any, error) {
	into := make([]any, len(t.columns))
	for i, col := range t.columns {
		switch col.kind {
		case "number":
			into[i] = new(sql.NullInt64)
		case "text":
			into[i] = new(sql.NullString)
		case "truth":
			into[i] = new(sql.NullBool)
		case "real":
			into[i] = new(sql.NullFloat64)
		default:
			into[i] = new([]byte)
		}
	}
	if err := r.Scan(into...); err != nil {
		return nil, err
	}
	values := make([]any, len(into))
	for i, v := range into {
		switch v := v.(type) {
		case *sql.NullInt64:
			values[i] = *v
		case *sql.NullString:
			values[i] = *v
		case *sql.NullBool:
			values[i] = *v
		case *sql.NullFloat64:
			values[i] = *v
		case *[]byte:
			values[i] = *v
		}
	}
	return values, nil
}

// hashOf is of a row's values, with their lengths, so that no two rows have the same bytes.
func hashOf(values []any) [sha256.Size]byte {
	h := sha256.New()
	put := func(b []byte, valid bool) {
		n := int64(-1)
		if valid {
			n = int64(len(b))
		}
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) // a hash takes everything
		_, _ = h.Write(b)
	}
	number := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	for _, v := range values {
		switch v := v.(type) {
		case sql.NullInt64:
			put(number(uint64(v.Int64)), v.Valid)
		case sql.NullString:
			put([]byte(v.String), v.Valid)
		case sql.NullBool:
			b := byte(0)
			if v.Bool {
				b = 1
			}
			put([]byte{b}, v.Valid)
		case sql.NullFloat64:
			put(number(math.Float64bits(v.Float64)), v.Valid)
		case []byte:
			put(v, v != nil)
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// copyBatch bounds the values of one INSERT: SQLite takes 32,766, PostgreSQL 65,535.
const copyBatch = 10_000

func copyRows(ctx context.Context, source, target conn, t copyTable) (n int64, err error) {
	rows, err := t.rows(ctx, source)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var names []string
	for _, col := range t.columns {
		names = append(names, col.name)
	}
	head := `INSERT INTO ` + t.name + ` (` + strings.Join(names, ", ") + `) `
	if target.postgres {
		head += `OVERRIDING SYSTEM VALUE `
	}
	one := `(` + marks(len(names)) + `)`
	var waiting []any
	flush := func() error {
		if len(waiting) == 0 {
			return nil
		}
		query := head + `VALUES ` + strings.TrimSuffix(strings.Repeat(one+`,`, len(waiting)/len(names)), `,`)
		_, err := target.exec(ctx, query, waiting...)
		waiting = waiting[:0]
		return err
	}
	for rows.Next() {
		values, err := t.scan(rows)
		if err != nil {
			return n, err
		}
		waiting = append(waiting, values...)
		n++
		if len(waiting)+len(names) > copyBatch {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return n, err
	}
	return n, flush()
}

// compareTable reads both sides again and compares each row.
func compareTable(ctx context.Context, source, target conn, t copyTable) error {
	a, err := t.rows(ctx, source)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := t.rows(ctx, target)
	if err != nil {
		return err
	}
	defer b.Close()
	for n := 1; ; n++ {
		more := a.Next()
		if more != b.Next() {
			return fmt.Errorf("one side ends at row %d", n)
		}
		if !more {
			return errors.Join(a.Err(), b.Err())
		}
		was, err := t.scan(a)
		if err != nil {
			return err
		}
		is, err := t.scan(b)
		if err != nil {
			return err
		}
		if hashOf(was) != hashOf(is) {
			return fmt.Errorf("row %d is not what it was", n)
		}
	}
}

// copyCounters has numbers go on where they were, also where the rows with the last ones are gone.
func copyCounters(ctx context.Context, source, target conn, tables []copyTable) error {
	from, err := source.counters(ctx)
	if err != nil {
		return err
	}
	to, err := target.counters(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		is, counted := to[t.name]
		if was, has := from[t.name]; has != counted {
			return fmt.Errorf("table %s counts on one database only", t.name)
		} else if !counted || was.last == 0 {
			continue
		} else if err := target.count(ctx, t.name, is.sequence, was.last); err != nil {
			return err
		}
	}
	return nil
}

// counter is where a table's numbers are.
type counter struct {
	sequence string // of PostgreSQL
	last     int64
}

// counters are those of all tables that number their rows.
func (c conn) counters(ctx context.Context) (map[string]counter, error) {
	query := `SELECT m.name, '', COALESCE((SELECT MAX(s.seq) FROM sqlite_sequence s WHERE s.name = m.name), 0)
		FROM sqlite_master m WHERE m.type = 'table' AND m.sql LIKE '% AUTOINCREMENT%'`
	if c.postgres {
		query = `SELECT CAST(t.relname AS TEXT), quote_ident(n.nspname) || '.' || quote_ident(s.relname), COALESCE(p.last_value, 0)
			FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace AND n.nspname = current_schema()
			JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
			JOIN pg_class t ON t.oid = d.refobjid
			JOIN pg_sequences p ON p.schemaname = n.nspname AND p.sequencename = s.relname
			WHERE s.relkind = 'S'`
	}
	type row struct {
		table string
		counter
	}
	list, err := all(ctx, c, func(r scanner) (v row, err error) { return v, r.Scan(&v.table, &v.sequence, &v.last) }, query)
	if err != nil {
		return nil, err
	}
	found := map[string]counter{}
	for _, v := range list {
		found[v.table] = v.counter
	}
	return found, nil
}

func (c conn) count(ctx context.Context, table, sequence string, last int64) error {
	if c.postgres {
		_, err := c.exec(ctx, `SELECT setval(CAST(? AS regclass), ?)`, sequence, last)
		return err
	}
	if _, err := c.exec(ctx, `DELETE FROM sqlite_sequence WHERE name = ?`, table); err != nil {
		return err
	}
	_, err := c.exec(ctx, `INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)`, table, last)
	return err
}
