package store

import (
	"context"
	"fmt"
	"strings"
)

// FillEmptyTables puts a row into each table of a SQLite file that has none, whatever the tables are: one that is added later
// is filled, too.
func FillEmptyTables(ctx context.Context, path string) error {
	d, err := openSQLite(ctx, path)
	if err != nil {
		return err
	}
	defer d.close()
	return d.tx(ctx, func(c conn) error {
		tables, err := sameTables(ctx, c, c)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := fillTable(ctx, c, t); err != nil {
				return fmt.Errorf("fill table %s: %w", t.name, err)
			}
		}
		return nil
	})
}

func fillTable(ctx context.Context, c conn, t copyTable) error {
	var n int
	if err := c.row(ctx, `SELECT COUNT(*) FROM `+t.name).Scan(&n); err != nil || n > 0 {
		return err
	}
	type ref struct{ from, table, to string }
	refs, err := all(ctx, c, func(r scanner) (f ref, err error) { return f, r.Scan(&f.from, &f.table, &f.to) },
		`SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)`, t.name)
	if err != nil {
		return err
	}
	var names, values []string
	for _, col := range t.columns {
		names = append(names, col.name)
		value := map[kind]string{"number": "1", "text": "'? 中 x'", "truth": "TRUE", "bytes": "X'00FF'", "real": "0.1"}[col.kind]
		for _, f := range refs {
			if f.from == col.name {
				value = `(SELECT ` + f.to + ` FROM ` + f.table + ` LIMIT 1)`
			}
		}
		values = append(values, value)
	}
	_, err = c.c.ExecContext(ctx, `INSERT INTO `+t.name+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(values, ", ")+`)`)
	return err
}

// PutJob puts a job into a SQLite file that a worker has.
func PutJob(ctx context.Context, path string) error {
	d, err := openSQLite(ctx, path)
	if err != nil {
		return err
	}
	defer d.close()
	return d.tx(ctx, func(c conn) error {
		tables, err := c.tables(ctx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if t.name == "job" {
				if err := fillTable(ctx, c, t); err != nil {
					return err
				}
			}
		}
		_, err = c.exec(ctx, `UPDATE job SET state = ?, spec = '{}'`, JobRunning)
		return err
	})
}
