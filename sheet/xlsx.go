package sheet

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/big"
	"path"
	"strconv"
	"strings"
)

// The parts of an XLSX file.
//
// Source: ECMA-376 Part 1, SpreadsheetML (18.2, 18.3, 18.4) and Part 2, packages.
const (
	partBook    = "xl/workbook.xml"
	partRels    = "xl/_rels/workbook.xml.rels"
	partStrings = "xl/sharedStrings.xml"
)

// errUnpacked is a part that is larger than it may be.
var errUnpacked = errors.New("unpacked it is too large")

// book is an XLSX file that is being read. What is unpacked of it is counted, whatever the file says of its own sizes.
type book struct {
	files map[string]*zip.File
	left  int64
	lim   Limits
}

// xlsxRows reads the first sheet.
func xlsxRows(src io.ReaderAt, size int64, lim Limits) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		z, err := zip.NewReader(src, size)
		if err != nil {
			yield(Row{}, &Error{Kind: NotXLSX, Cause: err})
			return
		}
		b := &book{files: make(map[string]*zip.File, len(z.File)), left: lim.Unpacked, lim: lim}
		for _, f := range z.File {
			b.files[strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/")] = f
		}
		stopped := false
		err = b.rows(func(r Row) bool {
			stopped = !yield(r, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(Row{}, b.explain(err))
		}
	}
}

// explain turns what went wrong into an *Error.
func (b *book) explain(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, errUnpacked) {
		return &Error{Kind: TooLarge, Limit: b.lim.Unpacked}
	}
	return &Error{Kind: NotXLSX, Cause: err}
}

// counted reads no more than the book has left.
type counted struct {
	r io.Reader
	b *book
}

func (c counted) Read(p []byte) (int, error) {
	if c.b.left <= 0 {
		return 0, errUnpacked
	}
	if int64(len(p)) > c.b.left {
		p = p[:c.b.left]
	}
	n, err := c.r.Read(p)
	c.b.left -= int64(n)
	return n, err
}

// tokens reads XML without keeping the elements that are open: a file may open a million of them.
type tokens struct {
	d     *xml.Decoder
	depth int
}

// maxDepth is how deep elements may stand in each other; a sheet needs six.
const maxDepth = 100

func (t *tokens) next() (xml.Token, error) {
	tok, err := t.d.RawToken()
	switch tok.(type) {
	case xml.StartElement:
		t.depth++
	case xml.EndElement:
		t.depth--
	}
	switch {
	case errors.Is(err, io.EOF) && t.depth != 0:
		return nil, io.ErrUnexpectedEOF
	case err == nil && (t.depth < 0 || t.depth > maxDepth):
		return nil, errors.New("elements that do not stand in each other as they should")
	}
	return tok, err
}

// part reads one part as XML tokens; each is called with a token until it returns false.
func (b *book) part(name string, each func(d *tokens, t xml.Token) (bool, error)) error {
	f := b.files[name]
	if f == nil {
		return fmt.Errorf("no part %s", name)
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	defer r.Close()
	d := &tokens{d: xml.NewDecoder(bufio.NewReaderSize(counted{r, b}, 32<<10))}
	for {
		t, err := d.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if more, err := each(d, t); err != nil || !more {
			return err
		}
	}
}

func (b *book) rows(yield func(Row) bool) error {
	name, err := b.firstSheet()
	if err != nil {
		return err
	}
	var strs []string
	if b.files[partStrings] != nil {
		if strs, err = b.strings(); err != nil {
			return err
		}
	}
	s := sheetReader{book: b, strings: strs, yield: yield}
	return b.part(name, s.token)
}

// firstSheet is the part of the sheet that stands first and is not hidden.
func (b *book) firstSheet() (string, error) {
	id := ""
	err := b.part(partBook, func(_ *tokens, t xml.Token) (bool, error) {
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "sheet" && !strings.Contains(strings.ToLower(attr(e, "state")), "hidden") {
			id = attr(e, "id")
			return false, nil
		}
		return true, nil
	})
	if err != nil {
		return "", err
	}
	target := ""
	err = b.part(partRels, func(_ *tokens, t xml.Token) (bool, error) {
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "Relationship" && attr(e, "Id") == id {
			target = attr(e, "Target")
			return false, nil
		}
		return true, nil
	})
	if err != nil {
		return "", err
	}
	if target == "" {
		return "", errors.New("no sheet")
	}
	if after, absolute := strings.CutPrefix(target, "/"); absolute {
		return path.Clean(after), nil
	}
	return path.Join("xl", target), nil
}

// attr is an attribute by its local name.
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// strings reads the texts that cells refer to by number.
func (b *book) strings() ([]string, error) {
	var list []string
	most := b.lim.Rows * 16 // more texts than a sheet of so many rows reasonably refers to
	err := b.part(partStrings, func(d *tokens, t xml.Token) (bool, error) {
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "si" {
			return true, nil
		}
		text, err := b.text(d)
		if err != nil {
			return false, err
		}
		list = append(list, text)
		if len(list) > most {
			return false, &Error{Kind: TooLarge, Limit: b.lim.Unpacked}
		}
		return true, nil
	})
	return list, err
}

// text reads the runs of text up to the end of the element that was just begun. How a word is spoken ("rPh") is not part of it.
// One byte more than a cell may have is kept, so that it is found too long.
func (b *book) text(d *tokens) (string, error) {
	var s strings.Builder
	inside, spoken := 0, 0
	for depth := 1; depth > 0; {
		t, err := d.next()
		if err != nil {
			return "", fmt.Errorf("read a text: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			switch t.Name.Local {
			case "t":
				inside++
			case "rPh":
				spoken++
			}
		case xml.EndElement:
			depth--
			switch t.Name.Local {
			case "t":
				inside--
			case "rPh":
				spoken--
			}
		case xml.CharData:
			if inside > 0 && spoken == 0 {
				s.Write(t[:min(len(t), b.lim.Cell+1-min(s.Len(), b.lim.Cell+1))])
			}
		}
	}
	return s.String(), nil
}

// sheetReader reads rows from the tokens of a sheet.
type sheetReader struct {
	*book
	strings []string
	yield   func(Row) bool

	row   Row
	line  int
	cells []string
}

func (s *sheetReader) token(d *tokens, t xml.Token) (bool, error) {
	switch t := t.(type) {
	case xml.StartElement:
		switch t.Name.Local {
		case "row":
			s.line++
			if n, err := strconv.Atoi(attr(t, "r")); err == nil && n > s.line {
				s.line = n
			}
			s.cells = nil
		case "c":
			return true, s.cell(d, t)
		}
	case xml.EndElement:
		if t.Name.Local == "row" {
			return s.yield(Row{Line: s.line, Cells: s.cells}), nil
		}
	}
	return true, nil
}

// cell reads one cell into its place of the row.
func (s *sheetReader) cell(d *tokens, e xml.StartElement) error {
	at := len(s.cells)
	if r := attr(e, "r"); r != "" {
		at = columnOf(r)
	}
	value, err := s.value(d, attr(e, "t"))
	if err != nil {
		return err
	}
	if at < 0 || at >= s.lim.Columns {
		if value == "" {
			return nil
		}
		return &Error{Kind: TooWide, Line: s.line, Limit: int64(s.lim.Columns)}
	}
	for len(s.cells) <= at {
		s.cells = append(s.cells, "")
	}
	s.cells[at] = value
	return nil
}

// columnOf is the number of a cell's column, "C7" is 2; -1 if it has none.
func columnOf(ref string) int {
	n := 0
	for _, r := range ref {
		if r < 'A' || r > 'Z' || n > 1<<20 {
			break
		}
		n = n*26 + int(r-'A') + 1
	}
	return n - 1
}

// value reads what a cell holds: its text, or its number as text.
func (s *sheetReader) value(d *tokens, kind string) (string, error) {
	var raw strings.Builder
	inline := ""
	for depth, in := 1, ""; depth > 0; {
		t, err := d.next()
		if err != nil {
			return "", fmt.Errorf("read a cell: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if t.Name.Local == "is" {
				if inline, err = s.text(d); err != nil {
					return "", err
				}
				continue
			}
			depth++
			in = t.Name.Local
		case xml.EndElement:
			depth--
			in = ""
		case xml.CharData:
			if in == "v" {
				raw.Write(t[:min(len(t), s.lim.Cell+1-min(raw.Len(), s.lim.Cell+1))])
			}
		}
	}
	v := raw.String()
	switch kind {
	case "inlineStr":
		return inline, nil
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil || n < 0 || n >= len(s.strings) {
			return "", &Error{Kind: NotXLSX, Line: s.line, Cause: errors.New("a cell refers to a text that is not there")}
		}
		return s.strings[n], nil
	case "", "n":
		return numberText(strings.TrimSpace(v)), nil
	}
	return v, nil
}

// keptDigits is how many digits of a number a spreadsheet keeps.
const keptDigits = 15

// numberText writes a whole number in digits. One that has more of them than a spreadsheet keeps is left in the form that shows
// it (7.31247E+18), so that nobody takes it for an id.
func numberText(v string) string {
	if v == "" || len(v) > 40 {
		return v
	}
	if strings.Trim(v, "0123456789") == "" {
		if len(v) > keptDigits && strings.Trim(v[keptDigits:], "0") == "" {
			f, _ := new(big.Float).SetString(v)
			return f.Text('E', keptDigits-1)
		}
		return v // written by a program that keeps all digits
	}
	f, ok := new(big.Float).SetPrec(120).SetString(v)
	if !ok || !f.IsInt() {
		return v
	}
	whole := f.Text('f', 0)
	if len(strings.TrimPrefix(whole, "-")) > keptDigits {
		return f.Text('E', keptDigits-1)
	}
	return whole
}
