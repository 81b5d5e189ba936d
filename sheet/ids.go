package sheet

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fault is what is wrong with an id.
type Fault string

// What can be wrong with an id.
const (
	FaultLong      Fault = "long"      // more bytes than the service takes
	FaultInvisible Fault = "invisible" // holds characters that cannot be seen
	FaultRounded   Fault = "rounded"   // a spreadsheet took it for a number and rounded it: 7.31247E+18
	FaultQuote     Fault = "quote"     // begins with a quotation mark that is never closed
)

// BadID is an id that cannot be one.
type BadID struct {
	Line  int // in which it stands, from 1
	Text  string
	Fault Fault
}

// IDs are the ids of a list, each once and in the order given.
type IDs struct {
	List     []string
	Repeated int // how often one was given again
	Bad      []BadID
	seen     map[string]bool
}

// rounded is how spreadsheets write a number that has more digits than they keep.
var rounded = regexp.MustCompile(`^[0-9](\.[0-9]+)?[eE]\+[0-9]{1,3}$`)

// quotes are marks that stand around an id, with the one that closes.
var quotes = map[rune]rune{'"': '"', '\'': '\'', '`': '`', '“': '”', '‘': '’', '「': '」', '《': '》', '«': '»'}

// separator reports whether r stands between ids.
func separator(r rune) bool {
	return unicode.IsSpace(r) || r == '\uFEFF' || strings.ContainsRune(",;|，；、｜", r)
}

// ParseIDs reads ids that were pasted: between them white space, commas, semicolons or bars of any width; around them, perhaps,
// quotation marks, within which everything belongs to the id. longest is the most bytes an id may have; 0: any.
func ParseIDs(text string, longest int) IDs {
	var ids IDs
	line := 1
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		if separator(r) {
			if r == '\n' {
				line++
			}
			text = text[size:]
			continue
		}
		at := line
		var id string
		var fault Fault
		if closing, quoted := quotes[r]; quoted && !escaped(text) {
			id, text, fault = quotedID(text[size:], r, closing)
		} else {
			end := strings.IndexFunc(text, separator)
			if end < 0 {
				end = len(text)
			}
			id, text = text[:end], text[end:]
		}
		ids.add(at, id, longest, fault)
	}
	return ids
}

// escaped reports whether text begins with the mark that keeps a spreadsheet from calculating: '+8613800138000.
func escaped(text string) bool {
	return len(text) > 1 && text[0] == '\'' && strings.IndexByte(dangerous, text[1]) >= 0
}

// quotedID reads up to the closing mark of the same line. A doubled mark stands for itself.
func quotedID(text string, opening, closing rune) (id, rest string, fault Fault) {
	var b strings.Builder
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		if r == '\n' {
			break
		}
		text = text[size:]
		if r == closing {
			if opening != closing || !strings.HasPrefix(text, string(closing)) {
				return b.String(), text, ""
			}
			text = text[size:]
		}
		b.WriteRune(r)
	}
	return string(opening) + strings.TrimSpace(b.String()), text, FaultQuote
}

// add takes in one id, or says what is wrong with it.
func (ids *IDs) add(line int, id string, longest int, fault Fault) {
	id = strings.TrimFunc(plainCell(id), separator)
	if id == "" && fault == "" {
		return
	}
	if fault == "" {
		fault = faultOf(id, longest)
	}
	switch {
	case fault != "":
		ids.Bad = append(ids.Bad, BadID{Line: line, Text: id, Fault: fault})
	case ids.seen[id]:
		ids.Repeated++
	default:
		if ids.seen == nil {
			ids.seen = map[string]bool{}
		}
		ids.seen[id] = true
		ids.List = append(ids.List, id)
	}
}

func faultOf(id string, longest int) Fault {
	switch {
	case !utf8.ValidString(id), strings.ContainsFunc(id, invisible):
		return FaultInvisible
	case rounded.MatchString(id):
		return FaultRounded
	case longest > 0 && len(id) > longest:
		return FaultLong
	}
	return ""
}

// invisible reports whether a character cannot be seen: controls, and those that only change how others are shown.
func invisible(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError
}
