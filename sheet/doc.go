// Package sheet reads the lists that people bring, and writes the tables that they take away: ids that were pasted, CSV in
// the encodings that spreadsheets write, and XLSX. All that it reads is bounded; all that it writes is streamed.
package sheet

import "fmt"

// Limits bound what is read. A list that is over one is refused as a whole: half a list would be acted upon as if it were all.
type Limits struct {
	Bytes    int64 // of the file
	Unpacked int64 // bytes of an XLSX file once unpacked, all read parts together
	Rows     int
	Columns  int // of one row
	Cell     int // bytes of one cell
}

// Usual are the limits of what an operator sends.
var Usual = Limits{Bytes: 8 << 20, Unpacked: 48 << 20, Rows: 100_000, Columns: 256, Cell: 4096}

// Kind is what is wrong with a file.
type Kind string

// What can be wrong with a file.
const (
	TooLarge    Kind = "too_large"     // more bytes than Limits.Bytes, or unpacked than Limits.Unpacked
	TooManyRows Kind = "too_many_rows" // than Limits.Rows
	TooWide     Kind = "too_wide"      // a row has more cells than Limits.Columns
	CellTooLong Kind = "cell_too_long" // than Limits.Cell
	NotText     Kind = "not_text"      // neither UTF-8, UTF-16 with its mark, nor GB18030
	NotXLSX     Kind = "not_xlsx"      // packed as one, but it cannot be read as a spreadsheet
	Empty       Kind = "empty"         // no row with anything in it
	NoColumn    Kind = "no_column"     // the column that was asked for is not there
)

// Error is a file that cannot be read.
type Error struct {
	Kind    Kind
	Line    int      // where, from 1; 0: not at a line
	Limit   int64    // that was passed; 0: none was
	Columns []string // of NoColumn: those that are there
	Cause   error    // nil if there is none beyond the kind
}

func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("read a table: %s in line %d", e.Kind, e.Line)
	}
	if e.Cause != nil {
		return fmt.Sprintf("read a table: %s: %v", e.Kind, e.Cause)
	}
	return fmt.Sprintf("read a table: %s", e.Kind)
}

func (e *Error) Unwrap() error { return e.Cause }
