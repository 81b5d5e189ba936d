package sheet

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// csvRows reads text with commas, semicolons or tabs between its cells.
func csvRows(src io.ReaderAt, size int64, _ Limits) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		data, err := io.ReadAll(io.NewSectionReader(src, 0, size))
		if err != nil {
			yield(Row{}, fmt.Errorf("read a table: %w", err))
			return
		}
		text, err := decode(data)
		if err != nil {
			yield(Row{}, err)
			return
		}
		if !strings.Contains(text, "\n") {
			text = strings.ReplaceAll(text, "\r", "\n")
		}
		comma, text, skipped := delimiter(text)
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, true
		for {
			cells, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Row{}, &Error{Kind: NotText, Cause: err})
				return
			}
			line, _ := r.FieldPos(0)
			for i, c := range cells {
				cells[i] = plainCell(c)
			}
			if !yield(Row{Line: line + skipped, Cells: cells}, nil) {
				return
			}
		}
	}
}

// decode turns the bytes of a text file into text: UTF-8, UTF-16 with a mark at its beginning, or else GB18030, which
// spreadsheets write in China.
func decode(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xFF\xFE")):
		return decode16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return decode16(data[2:], binary.BigEndian)
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "", &Error{Kind: NotText}
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return "", &Error{Kind: NotText, Cause: err}
	}
	return string(text), nil
}

func decode16(data []byte, order binary.ByteOrder) (string, error) {
	if len(data)%2 != 0 {
		return "", &Error{Kind: NotText}
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	runes := utf16.Decode(units)
	for _, r := range runes {
		if r == utf8.RuneError || r == 0 {
			return "", &Error{Kind: NotText}
		}
	}
	return string(runes), nil
}

// delimiter is what stands most often between the cells of the first line with anything in it. A first line "sep=;", which
// spreadsheets know, settles it; skipped counts the lines that are not part of the rest.
func delimiter(text string) (comma rune, rest string, skipped int) {
	if after, found := strings.CutPrefix(text, "sep="); found && after != "" {
		if r, size := utf8.DecodeRuneInString(after); strings.ContainsRune(",;\t|", r) {
			if line := strings.TrimLeft(after[size:], "\r"); strings.HasPrefix(line, "\n") {
				return r, line[1:], 1
			}
		}
	}
	line := strings.TrimLeft(text, "\r\n ")
	if end := strings.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	comma = ','
	best := 0
	for _, r := range ",;\t" {
		if n := outsideQuotes(line, r); n > best {
			comma, best = r, n
		}
	}
	return comma, text, 0
}

func outsideQuotes(line string, want rune) (n int) {
	quoted := false
	for _, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
		case r == want && !quoted:
			n++
		}
	}
	return n
}

// dangerous are the characters by which a spreadsheet takes a cell for a formula.
const dangerous = "=+-@\t\r"

// guard keeps a spreadsheet from calculating what somebody wrote.
//
// Source: OWASP, "CSV Injection".
func guard(cell string) string {
	if cell != "" && strings.IndexByte(dangerous, cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}

// plainCell takes guard back.
func plainCell(cell string) string {
	if escaped(cell) {
		return cell[1:]
	}
	return cell
}

// CSV writes rows as a spreadsheet reads them: with a byte order mark, and nothing that it would calculate.
type CSV struct {
	buf *bufio.Writer
	w   *csv.Writer
}

// NewCSV writes to w. Close ends it; w stays open.
func NewCSV(w io.Writer) *CSV {
	buf := bufio.NewWriter(w)
	_, _ = buf.WriteString("\uFEFF") // its error is kept, and Flush tells
	cw := csv.NewWriter(buf)
	cw.UseCRLF = true
	return &CSV{buf: buf, w: cw}
}

// Write adds a row.
func (c *CSV) Write(row []string) error {
	safe := make([]string, len(row))
	for i, cell := range row {
		safe[i] = guard(strings.ToValidUTF8(cell, "\uFFFD"))
	}
	if err := c.w.Write(safe); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// Close writes what is left.
func (c *CSV) Close() error {
	c.w.Flush()
	if err := errors.Join(c.w.Error(), c.buf.Flush()); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}
