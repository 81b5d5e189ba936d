package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// Row is one row of a table.
type Row struct {
	Line  int // in the file, from 1
	Cells []string
}

// Rows reads a CSV or XLSX file row by row; which of the two it is, its first bytes tell. Rows without anything in them are
// left out. It ends with an *Error if the file cannot be read.
func Rows(src io.ReaderAt, size int64, lim Limits) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if size > lim.Bytes {
			yield(Row{}, &Error{Kind: TooLarge, Limit: lim.Bytes})
			return
		}
		read := csvRows
		head := make([]byte, 4)
		if n, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
			yield(Row{}, fmt.Errorf("read a table: %w", err))
			return
		} else if bytes.Equal(head[:n], []byte("PK\x03\x04")) {
			read = xlsxRows
		}
		count := 0
		for row, err := range read(src, size, lim) {
			if err != nil {
				yield(Row{}, err)
				return
			}
			if blank(row.Cells) {
				continue
			}
			if count++; count > lim.Rows {
				yield(Row{}, &Error{Kind: TooManyRows, Line: row.Line, Limit: int64(lim.Rows)})
				return
			}
			if err := lim.fits(row); err != nil {
				yield(Row{}, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if count == 0 {
			yield(Row{}, &Error{Kind: Empty})
		}
	}
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

func (lim Limits) fits(row Row) error {
	if len(row.Cells) > lim.Columns {
		return &Error{Kind: TooWide, Line: row.Line, Limit: int64(lim.Columns)}
	}
	for _, c := range row.Cells {
		if len(c) > lim.Cell {
			return &Error{Kind: CellTooLong, Line: row.Line, Limit: int64(lim.Cell)}
		}
	}
	return nil
}

// idHeads are heads of columns that hold ids of users, as services, consoles and people name them; in lower case, without
// spaces, lines and underscores.
var idHeads = []string{
	"userid", "user", "users", "id", "uid", "account", "accountid", "memberaccount", "toaccount", "fromaccount", "identifier",
	"participantuserid", "member", "memberid", "openid", "用户", "用户id", "用户名id", "账号", "帐号", "账户", "成员", "成员id", "用户标识", "编号",
}

// headOf is a head as heads are compared.
func headOf(cell string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if separator(r) || r == '_' || r == '-' || invisible(r) {
			return -1
		}
		return r
	}, cell))
}

// ColumnIDs reads the ids of one column of a file. column is its head, or "" for the column whose head names ids of users; where
// none does, it is the first one, and the first row is not taken for a head. longest as in ParseIDs.
func ColumnIDs(src io.ReaderAt, size int64, lim Limits, column string, longest int) (IDs, error) {
	var ids IDs
	at := -1
	for row, err := range Rows(src, size, lim) {
		if err != nil {
			return IDs{}, err
		}
		if at < 0 {
			var head bool
			if at, head = findColumn(row.Cells, column); at < 0 {
				return IDs{}, &Error{Kind: NoColumn, Line: row.Line, Columns: slices.DeleteFunc(row.Cells, func(c string) bool { return c == "" })}
			}
			if head {
				continue
			}
		}
		if at < len(row.Cells) {
			ids.add(row.Line, row.Cells[at], longest, "")
		}
	}
	return ids, nil
}

// findColumn finds a column by the first row; head reports whether that row is the table's head.
func findColumn(first []string, column string) (at int, head bool) {
	if want := headOf(column); want != "" {
		at = slices.IndexFunc(first, func(c string) bool { return headOf(c) == want })
		return at, true
	}
	for _, known := range idHeads {
		if at = slices.IndexFunc(first, func(c string) bool { return headOf(c) == known }); at >= 0 {
			return at, true
		}
	}
	return 0, false
}
