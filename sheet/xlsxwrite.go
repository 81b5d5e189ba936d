package sheet

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What a spreadsheet program takes.
//
// Source: Microsoft, "Excel specifications and limits".
const (
	maxSheetRows = 1_048_576
	maxCellUnits = 32_767 // characters; more bytes than that are cut
	maxTitle     = 31     // characters of a sheet's name
)

// ErrFull is a sheet that takes no further row.
var ErrFull = errors.New("a sheet has at most 1,048,576 rows")

// XLSX writes a workbook of one sheet, row by row. Every cell is text: ids keep all their digits, and nothing is calculated.
type XLSX struct {
	z    *zip.Writer
	w    *bufio.Writer
	rows int
}

const (
	xmlHead    = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainSpace  = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relSpace   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packSpace  = "http://schemas.openxmlformats.org/package/2006/"
	sheetType  = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	firstSheet = "xl/worksheets/sheet1.xml"
)

// NewXLSX writes to w. The first row is the head: it stays in view. title names the sheet. Close ends it; w stays open.
func NewXLSX(w io.Writer, title string) (*XLSX, error) {
	x := &XLSX{z: zip.NewWriter(w)}
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="` + packSpace + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/` + partBook + `" ContentType="` + sheetType + `sheet.main+xml"/>` +
			`<Override PartName="/` + firstSheet + `" ContentType="` + sheetType + `worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="` + sheetType + `styles+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + packSpace + `relationships"><Relationship Id="rId1" Type="` + relSpace + `/officeDocument" Target="` + partBook + `"/></Relationships>`},
		{partBook, `<workbook xmlns="` + mainSpace + `" xmlns:r="` + relSpace + `"><sheets><sheet name="` + escape(sheetTitle(title)) + `" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{partRels, `<Relationships xmlns="` + packSpace + `relationships"><Relationship Id="rId1" Type="` + relSpace + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + relSpace + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", `<styleSheet xmlns="` + mainSpace + `"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
			`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>` +
			`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2">` +
			`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>` +
			`</cellXfs></styleSheet>`},
	} {
		f, err := x.z.Create(part[0])
		if err != nil {
			return nil, fmt.Errorf("write XLSX: %w", err)
		}
		if _, err := io.WriteString(f, xmlHead+part[1]); err != nil {
			return nil, fmt.Errorf("write XLSX: %w", err)
		}
	}
	f, err := x.z.Create(firstSheet)
	if err != nil {
		return nil, fmt.Errorf("write XLSX: %w", err)
	}
	x.w = bufio.NewWriterSize(f, 32<<10)
	_, err = x.w.WriteString(xmlHead + `<worksheet xmlns="` + mainSpace + `"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>` +
		`</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols><col min="1" max="64" width="22" customWidth="1"/></cols><sheetData>`)
	if err != nil {
		return nil, fmt.Errorf("write XLSX: %w", err)
	}
	return x, nil
}

// sheetTitle is a title without what a sheet's name may not hold.
func sheetTitle(title string) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) || invisible(r) {
			return -1
		}
		return r
	}, title)
	if r := []rune(clean); len(r) > maxTitle {
		clean = string(r[:maxTitle])
	}
	if clean = strings.TrimSpace(clean); clean == "" {
		return "Sheet1"
	}
	return clean
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

// Write adds a row.
func (x *XLSX) Write(row []string) error {
	if x.rows >= maxSheetRows {
		return ErrFull
	}
	x.rows++
	n := strconv.Itoa(x.rows)
	style := `" s="0"`
	if x.rows == 1 {
		style = `" s="1"`
	}
	_, _ = x.w.WriteString(`<row r="` + n + `">`) // the buffer keeps the first error, and the last write tells
	for i, cell := range row {
		if cell == "" {
			continue
		}
		_, _ = x.w.WriteString(`<c r="` + columnName(i) + n + style + ` t="inlineStr"><is><t xml:space="preserve">`)
		_ = xml.EscapeText(x.w, []byte(cutCell(cell)))
		_, _ = x.w.WriteString(`</t></is></c>`)
	}
	if _, err := x.w.WriteString("</row>"); err != nil {
		return fmt.Errorf("write XLSX: %w", err)
	}
	return nil
}

// cutCell is a text that fits into a cell.
func cutCell(text string) string {
	if len(text) <= maxCellUnits {
		return text
	}
	cut := maxCellUnits - len("…")
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// columnName is the name of a column from 0: A, B, …, Z, AA.
func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// Close writes what is left.
func (x *XLSX) Close() error {
	_, err := x.w.WriteString(`</sheetData></worksheet>`)
	if err := errors.Join(err, x.w.Flush(), x.z.Close()); err != nil {
		return fmt.Errorf("write XLSX: %w", err)
	}
	return nil
}

// Format is a kind of file.
type Format string

// The kinds of file that are written.
const (
	FormatCSV  Format = "csv"
	FormatXLSX Format = "xlsx"
)

// Formats are all kinds of file that are written.
func Formats() []Format { return []Format{FormatCSV, FormatXLSX} }

// ContentType is what a browser is told of a file of the format.
func (f Format) ContentType() string {
	if f == FormatXLSX {
		return sheetType + "sheet"
	}
	return "text/csv; charset=utf-8"
}

// Writer writes a table row by row; Close ends it.
type Writer interface {
	Write(row []string) error
	Close() error
}

// NewWriter writes a table of a format to w. title names the sheet, where there is one.
func NewWriter(w io.Writer, f Format, title string) (Writer, error) {
	if f == FormatXLSX {
		return NewXLSX(w, title)
	}
	return NewCSV(w), nil
}
