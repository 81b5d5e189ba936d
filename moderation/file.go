package moderation

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Limits of what is written.
const (
	MaxFile     = 16 << 20 // bytes
	MaxRules    = 500
	MaxLists    = 200
	MaxTerms    = 100_000 // of all lists together
	maxTermSize = 100     // characters
	maxPattern  = 500     // bytes
	maxPatterns = 50      // of a condition
	maxDepth    = 6       // of conditions in conditions
	maxConds    = 100     // of a rule
	maxInline   = 500     // words in a condition
)

// Mistake is what is wrong with rules, and where.
type Mistake struct {
	Line, Column int    // 0: not in a file
	Rule         string // name of the rule or list; "" if it is about none
	Text         string
}

func (m *Mistake) Error() string {
	var b strings.Builder
	if m.Line > 0 {
		fmt.Fprintf(&b, "line %d, column %d: ", m.Line, m.Column)
	}
	if m.Rule != "" {
		fmt.Fprintf(&b, "%s: ", m.Rule)
	}
	return b.String() + m.Text
}

// Parse reads rules and lists strictly: what it does not know is a *Mistake with its place.
func Parse(data []byte) (File, error) {
	f, err := ParsePart(data)
	if err != nil {
		return f, err
	}
	return f, Place(data, f.Check())
}

// Place puts the place in a file into a Mistake about it.
func Place(data []byte, err error) error {
	var m *Mistake
	if errors.As(err, &m) && m.Line == 0 {
		m.Line, m.Column = placeOf(data, m)
	}
	return err
}

// ParsePart reads a part of a file, without a look at whether it stands by itself: rules may name lists of another part.
func ParsePart(data []byte) (File, error) {
	var f File
	if len(data) > MaxFile {
		return f, &Mistake{Text: fmt.Sprintf("more than %d MB", MaxFile>>20)}
	}
	dec := toml.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		var strict *toml.StrictMissingError
		if errors.As(err, &strict) && len(strict.Errors) > 0 {
			e := strict.Errors[0]
			row, col := e.Position()
			return f, &Mistake{Line: row, Column: col, Text: "unknown key " + lastOf(e.Key())}
		}
		var decode *toml.DecodeError
		if errors.As(err, &decode) {
			row, col := decode.Position()
			return f, &Mistake{Line: row, Column: col, Text: strings.TrimPrefix(decode.Error(), "toml: ")}
		}
		return f, &Mistake{Text: err.Error()}
	}
	return f, nil
}

// lastOf is the key itself; of inline tables the decoder does not name those that it is in.
func lastOf(key toml.Key) string { return key[len(key)-1] }

// Format writes a file as Parse reads it.
func Format(f File) ([]byte, error) {
	var b bytes.Buffer
	enc := toml.NewEncoder(&b)
	enc.SetArraysMultiline(false)
	if err := enc.Encode(f); err != nil {
		return nil, fmt.Errorf("write rules: %w", err)
	}
	return b.Bytes(), nil
}

// placeOf finds where a mistake about a rule or list stands: the quoted value it names, or else the line of its name.
func placeOf(data []byte, m *Mistake) (line, column int) {
	from, to := section(data, m.Rule)
	at := from
	if _, quoted, is := strings.Cut(m.Text, `"`); is {
		value, _, _ := strings.Cut(quoted, `"`)
		if i := bytes.Index(data[from:to], []byte(value)); value != "" && i >= 0 {
			at = from + i
		}
	}
	before := data[:at]
	return bytes.Count(before, []byte("\n")) + 1, at - bytes.LastIndexByte(before, '\n')
}

// section is the part of a file that is about a rule or list, from its name to the next header.
func section(data []byte, name string) (from, to int) {
	p := unstable.Parser{}
	p.Reset(data)
	found := false
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.ArrayTable:
			if found {
				return from, int(e.Child().Raw.Offset)
			}
		case unstable.KeyValue:
			it := e.Key()
			if !found && it.Next() && string(it.Node().Data) == "name" && string(e.Value().Data) == name {
				found, from = true, int(e.Value().Raw.Offset)
			}
		}
	}
	return from, len(data)
}
