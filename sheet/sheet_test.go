package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestParseIDsTakesWhatPeoplePaste(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text     string
		want     []string
		repeated int
	}{
		"one a line, from Windows":       {"\uFEFFa\r\nb\r\n\r\nc\r\n", []string{"a", "b", "c"}, 0},
		"commas and semicolons":          {"a, b;c ,d", []string{"a", "b", "c", "d"}, 0},
		"full-width marks":               {"甲，乙；丙、丁　戊", []string{"甲", "乙", "丙", "丁", "戊"}, 0},
		"a column of a spreadsheet":      {"a\tb\tc", []string{"a", "b", "c"}, 0},
		"quotation marks":                {`"a","b c",'d', “e” ‘f’`, []string{"a", "b c", "d", "e", "f"}, 0},
		"doubled marks":                  {`"a""b"`, []string{`a"b`}, 0},
		"given again":                    {"a b a a", []string{"a", "b"}, 2},
		"in the form of a safe CSV":      {"'+8613800138000 '@TGS#1", []string{"+8613800138000", "@TGS#1"}, 0},
		"long numbers":                   {"7312468950123847683", []string{"7312468950123847683"}, 0},
		"marks inside":                   {"o'neil @TGS#2J4SZEAEL a|b", []string{"o'neil", "@TGS#2J4SZEAEL", "a", "b"}, 0},
		"nothing":                        {" \r\n ,;", nil, 0},
		"invisible marks at the borders": {"\u2028a\u2029", []string{"a"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			ids := ParseIDs(test.text, 64)
			if !slices.Equal(ids.List, test.want) || ids.Repeated != test.repeated || len(ids.Bad) > 0 {
				t.Errorf("got %q, %d repeated, bad %v; want %q, %d", ids.List, ids.Repeated, ids.Bad, test.want, test.repeated)
			}
		})
	}
}

func TestParseIDsNamesWhatCannotBeAnID(t *testing.T) {
	t.Parallel()
	text := "good\n" + strings.Repeat("x", 33) + "\nzero\u200Bwidth\n7.31247E+18\n\"open\nlast \x01"
	ids := ParseIDs(text, 32)
	want := []BadID{
		{2, strings.Repeat("x", 33), FaultLong},
		{3, "zero\u200Bwidth", FaultInvisible},
		{4, "7.31247E+18", FaultRounded},
		{5, `"open`, FaultQuote},
		{6, "\x01", FaultInvisible},
	}
	if !slices.Equal(ids.Bad, want) {
		t.Errorf("bad %v\nwant %v", ids.Bad, want)
	}
	if !slices.Equal(ids.List, []string{"good", "last"}) {
		t.Errorf("good %q", ids.List)
	}
}

func utf16File(text string, mark string, high, low int) []byte {
	b := []byte(mark)
	for _, u := range utf16.Encode([]rune(text)) {
		pair := []byte{byte(u >> 8), byte(u)}
		b = append(b, pair[high], pair[low])
	}
	return b
}

func read(t *testing.T, data []byte, lim Limits) ([]Row, error) {
	t.Helper()
	var rows []Row
	for r, err := range Rows(bytes.NewReader(data), int64(len(data)), lim) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, Row{r.Line, slices.Clone(r.Cells)})
	}
	return rows, nil
}

func TestRowsReadEncodingsAndDelimiters(t *testing.T) {
	t.Parallel()
	const table = "用户 ID,昵称\r\n甲1,\"小明, 北京\"\r\n\r\n乙2,阿强\r\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"UTF-8":                      []byte(table),
		"UTF-8 with a mark":          []byte("\uFEFF" + table),
		"UTF-16, low byte first":     utf16File(table, "\xFF\xFE", 1, 0),
		"UTF-16, high byte first":    utf16File(table, "\xFE\xFF", 0, 1),
		"GB18030":                    []byte(gb),
		"semicolons":                 []byte("用户 ID;昵称\n甲1;小明, 北京\n\n乙2;阿强\n"),
		"tabs":                       []byte("用户 ID\t昵称\n甲1\t小明, 北京\n\n乙2\t阿强\n"),
		"old line ends":              []byte("用户 ID,昵称\r甲1,\"小明, 北京\"\r\r乙2,阿强\r"),
		"it says what the cells are": []byte("sep=;\n用户 ID;昵称\n甲1;小明, 北京\n乙2;阿强\n"),
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := read(t, data, Usual)
			if err != nil || len(rows) != 3 || rows[1].Cells[0] != "甲1" || rows[1].Cells[1] != "小明, 北京" || rows[2].Cells[1] != "阿强" || rows[2].Line != 4 {
				t.Errorf("got %v, %v", rows, err)
			}
		})
	}
}

func TestColumnIDsFindsTheColumn(t *testing.T) {
	t.Parallel()
	const table = "Nick,User_ID,Phone\nAnn,u1,1\nBen,u2,2\nAnn again,u1,3\n,,\nLong,7.31247E+18,4\n"
	for name, test := range map[string]struct {
		column, data string
		want         []string
	}{
		"by a head that is known":          {"", table, []string{"u1", "u2"}},
		"by the head that is asked for":    {"nick", table, []string{"Ann", "Ben", "Ann again", "Long"}},
		"the first one where none is":      {"", "u1,x\nu2,y\n", []string{"u1", "u2"}},
		"in Chinese":                       {"", "昵称,用户ID\n甲,u9\n", []string{"u9"}},
		"where rows are shorter than that": {"", "a,user id\nx\ny,u3\n", []string{"u3"}},
	} {
		t.Run(name, func(t *testing.T) {
			ids, err := ColumnIDs(strings.NewReader(test.data), int64(len(test.data)), Usual, test.column, 64)
			if err != nil || !slices.Equal(ids.List, test.want) {
				t.Errorf("got %q, %v; want %q", ids.List, err, test.want)
			}
		})
	}
	ids, err := ColumnIDs(strings.NewReader(table), int64(len(table)), Usual, "", 64)
	if err != nil || ids.Repeated != 1 || len(ids.Bad) != 1 || ids.Bad[0] != (BadID{6, "7.31247E+18", FaultRounded}) {
		t.Errorf("repeated %d, bad %v, %v", ids.Repeated, ids.Bad, err)
	}
	_, err = ColumnIDs(strings.NewReader(table), int64(len(table)), Usual, "Mail", 64)
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != NoColumn || !slices.Equal(e.Columns, []string{"Nick", "User_ID", "Phone"}) {
		t.Errorf("a column that is not there: %v", err)
	}
}

// nasty are cells that spreadsheets do something to.
var nasty = []string{
	"7312468950123847683", "=cmd|'/C calc'!A0", "+8613800138000", "-1", "@TGS#2J4SZEAEL", "007", "1/2", "true", "", "a,b", `say "hi"`, "two\nlines", "  spaces  ",
	"😀 表情", "مرحبا", "<b>&amp;</b>", "]]>", "'quoted", "\ttab",
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	t.Parallel()
	for _, f := range Formats() {
		t.Run(string(f), func(t *testing.T) {
			var b bytes.Buffer
			w, err := NewWriter(&b, f, "成员: a/b*?")
			if err != nil {
				t.Fatal(err)
			}
			head := make([]string, len(nasty))
			for i := range head {
				head[i] = fmt.Sprintf("column %d", i)
			}
			for _, row := range [][]string{head, nasty, {"last"}} {
				if err := w.Write(row); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			rows, err := read(t, b.Bytes(), Usual)
			if err != nil || len(rows) != 3 || rows[2].Cells[0] != "last" {
				t.Fatalf("rows %v, %v", rows, err)
			}
			if !slices.Equal(rows[1].Cells, nasty) {
				t.Errorf("got  %q\nwant %q", rows[1].Cells, nasty)
			}
		})
	}
}

func TestCSVHasAMarkAndNoFormulas(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := NewCSV(&b)
	if err := errors.Join(w.Write([]string{"=1+1", "+1", "-1", "@a", "\tb", "plain"}), w.Close()); err != nil {
		t.Fatal(err)
	}
	if want := "\uFEFF'=1+1,'+1,'-1,'@a,'\tb,plain\r\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestXLSXCutsWhatACellCannotHold(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w, err := NewXLSX(&b, "x")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write([]string{"head"}), w.Write([]string{strings.Repeat("长", 20_000), "bad \x00\xff end"}), w.Close()); err != nil {
		t.Fatal(err)
	}
	lim := Usual
	lim.Cell = 40_000
	rows, err := read(t, b.Bytes(), lim)
	if err != nil || len(rows[1].Cells[0]) > maxCellUnits || !strings.HasSuffix(rows[1].Cells[0], "长…") || rows[1].Cells[1] != "bad \uFFFD\uFFFD end" {
		t.Errorf("cut to %d bytes, then %q, %v", len(rows[1].Cells[0]), rows[1].Cells[1], err)
	}
	w.rows = maxSheetRows
	if err := w.Write([]string{"one more"}); !errors.Is(err, ErrFull) {
		t.Errorf("a full sheet: %v", err)
	}
}

// workbook packs the parts of an XLSX file.
func workbook(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range parts {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// book0 are the parts of a workbook as Excel writes them, with a sheet of its own.
func book0(sheet string) map[string]string {
	return map[string]string{
		"xl/workbook.xml":            `<x:workbook xmlns:x="main" xmlns:r="rel"><x:sheets><x:sheet name="old" state="hidden" sheetId="1" r:id="rId1"/><x:sheet name="S" sheetId="2" r:id="rId7"/></x:sheets></x:workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId7" Target="/xl/worksheets/sheet9.xml"/></Relationships>`,
		"xl/worksheets/sheet9.xml":   `<worksheet><sheetData>` + sheet + `</sheetData></worksheet>`,
		"xl/sharedStrings.xml":       `<sst><si><t>user id</t></si><si><r><t>split </t></r><r><t>run</t></r><rPh><t>spoken</t></rPh></si></sst>`,
	}
}

func TestXLSXReadsWhatSpreadsheetsWrite(t *testing.T) {
	t.Parallel()
	data := workbook(t, book0(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>`+
		`<row r="4"><c r="A4"><v>13800138000</v></c><c r="B4"><v>1.38E10</v></c><c r="C4"><f>1+1</f><v>2</v></c><c r="D4" t="str"><v>calculated</v></c></row>`+
		`<row r="5"><c r="A5"><v>7.3124689501238477E+18</v></c><c r="B5"><v>7312468950123840000</v></c><c r="C5"><v>7312468950123847683</v></c><c r="D5"><v>1.5</v></c><c r="E5" t="b"><v>1</v></c></row>`))
	rows, err := read(t, data, Usual)
	want := []Row{
		{1, []string{"user id", "", "split run"}},
		{4, []string{"13800138000", "13800000000", "2", "calculated"}},
		{5, []string{"7.31246895012385E+18", "7.31246895012384E+18", "7312468950123847683", "1.5", "1"}},
	}
	if err != nil || len(rows) != 3 {
		t.Fatalf("rows %v, %v", rows, err)
	}
	for i := range want {
		if rows[i].Line != want[i].Line || !slices.Equal(rows[i].Cells, want[i].Cells) {
			t.Errorf("got %d %q, want %d %q", rows[i].Line, rows[i].Cells, want[i].Line, want[i].Cells)
		}
	}
	ids, err := ColumnIDs(bytes.NewReader(data), int64(len(data)), Usual, "", 64)
	if err != nil || !slices.Equal(ids.List, []string{"13800138000"}) || len(ids.Bad) != 1 || ids.Bad[0].Fault != FaultRounded || ids.Bad[0].Line != 5 {
		t.Errorf("ids %q, bad %v, %v", ids.List, ids.Bad, err)
	}
}

func TestWhatIsTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	small := Limits{Bytes: 20_000, Unpacked: 100_000, Rows: 3, Columns: 4, Cell: 10}
	with := func(parts map[string]string, name, body string) map[string]string {
		parts[name] = body
		return parts
	}
	for name, test := range map[string]struct {
		data []byte
		kind Kind
		line int
	}{
		"a large file":                 {bytes.Repeat([]byte("a\n"), 20_000), TooLarge, 0},
		"many rows":                    {[]byte("a\nb\nc\nd\n"), TooManyRows, 4},
		"many cells":                   {[]byte("a\na,b,c,d,e\n"), TooWide, 2},
		"a long cell":                  {[]byte("a\n" + strings.Repeat("x", 11)), CellTooLong, 2},
		"a picture":                    {[]byte("\x89PNG\r\n\x1a\n\x00\x00"), NotText, 0},
		"half of a UTF-16 character":   {[]byte("\xFF\xFEa\x00b"), NotText, 0},
		"nothing":                      {nil, Empty, 0},
		"rows of nothing":              {[]byte(",,\n\n , "), Empty, 0},
		"a zip of something else":      {workbook(t, map[string]string{"readme.txt": "hello"}), NotXLSX, 0},
		"a cut zip":                    {[]byte("PK\x03\x04 and no more"), NotXLSX, 0},
		"an unzip bomb as a sheet":     {workbook(t, book0(strings.Repeat(`<row/>`, 50_000))), TooLarge, 0},
		"an unzip bomb as texts":       {workbook(t, with(book0(""), partStrings, "<sst><si><t>"+strings.Repeat("x", 200_000)+"</t></si></sst>")), TooLarge, 0},
		"many texts":                   {workbook(t, with(book0(""), partStrings, "<sst>"+strings.Repeat("<si/>", 100)+"</sst>")), TooLarge, 0},
		"elements within elements":     {workbook(t, book0(strings.Repeat("<a>", 1000))), NotXLSX, 0},
		"a sheet that ends in between": {workbook(t, with(book0(""), "xl/worksheets/sheet9.xml", "<worksheet><sheetData><row><c><v>1")), NotXLSX, 0},
		"a text that is not there":     {workbook(t, book0(`<row r="2"><c t="s"><v>99</v></c></row>`)), NotXLSX, 2},
		"a cell far to the right":      {workbook(t, book0(`<row r="3"><c r="XFD3"><v>1</v></c></row>`)), TooWide, 3},
		"a long text in a cell":        {workbook(t, book0(`<row r="1"><c r="A1" t="inlineStr"><is><t>`+strings.Repeat("y", 5000)+`</t></is></c></row>`)), CellTooLong, 1},
		"an entity that is declared":   {workbook(t, book0(`<row><c t="inlineStr"><is><t>&lol;</t></is></c></row>`)), NotXLSX, 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, test.data, small)
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Kind != test.kind || test.line != 0 && e.Line != test.line {
				t.Errorf("got %v, want %s in line %d", err, test.kind, test.line)
			}
		})
	}
}

// FuzzRows holds that no file panics, and that what is read is within the limits.
func FuzzRows(f *testing.F) {
	for _, seed := range [][]byte{
		[]byte("id,nick\n1,a\n"), []byte("sep=;\na;b"), []byte("\"a\"\"b\",c\r\n"), utf16File("a\nb", "\xFF\xFE", 1, 0), []byte("\xd3\xc3\xbb\xa7\n"),
		workbook(f, book0(`<row r="1"><c r="A1" t="s"><v>0</v></c></row>`)),
	} {
		f.Add(seed)
	}
	lim := Limits{Bytes: 1 << 16, Unpacked: 1 << 18, Rows: 100, Columns: 8, Cell: 64}
	f.Fuzz(func(t *testing.T, data []byte) {
		rows := 0
		for r, err := range Rows(bytes.NewReader(data), int64(len(data)), lim) {
			if err != nil {
				if _, ok := errors.AsType[*Error](err); !ok {
					t.Fatalf("an error of another kind: %v", err)
				}
				return
			}
			rows++
			if lim.fits(r) != nil || rows > lim.Rows {
				t.Fatalf("row %d of %d cells in line %d is over a limit", rows, len(r.Cells), r.Line)
			}
		}
	})
}

// FuzzParseIDs holds that ids are found once each, without anything invisible, and found again when they are quoted.
func FuzzParseIDs(f *testing.F) {
	for _, seed := range []string{"a b", `"a""b"`, "“x”，y", "'=1", "7.3E+18", "\"", "a\r\nb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ids := ParseIDs(text, 64)
		var quoted []string
		for _, id := range ids.List {
			if len(id) > 64 || id == "" || strings.ContainsFunc(id, invisible) {
				t.Fatalf("took %q", id)
			}
			if !escaped(id) {
				quoted = append(quoted, id)
			}
		}
		var b strings.Builder
		for _, id := range quoted {
			b.WriteString(`"` + strings.ReplaceAll(id, `"`, `""`) + "\"\n")
		}
		if again := ParseIDs(b.String(), 64); !slices.Equal(again.List, quoted) {
			t.Fatalf("%q read again is %q", quoted, again.List)
		}
	})
}

func BenchmarkXLSX(b *testing.B) {
	row := []string{"7312468950123847683", "林晚 Lin Wan", "member", "2026-04-18T15:42:00+08:00", "", "muted"}
	for b.Loop() {
		w, err := NewXLSX(io.Discard, "members")
		if err != nil {
			b.Fatal(err)
		}
		for range 30_000 {
			if err := w.Write(row); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(30_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
