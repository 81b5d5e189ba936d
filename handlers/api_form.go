package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/web/i18n"
)

// apiForm is a request as it was filled in: field by field, and as JSON. The JSON is made of the fields until somebody
// edits it; from then on it is the request, whatever stands in the fields.
type apiForm struct {
	values map[string]string // by field, as typed
	wrong  map[string]string // by field, what is wrong
	body   string            // what will be sent
	edited bool
	reason string
}

// apiFieldName is the name of a field in the form.
func apiFieldName(f imclient.CommandField) string { return "f." + f.Name }

// newAPIForm is what a form begins with.
func newAPIForm(ctx context.Context, cmd imclient.Command) apiForm {
	f := apiForm{values: map[string]string{}}
	for _, field := range cmd.Fields {
		f.values[field.Name] = field.Default
		if field.Random {
			f.values[field.Name] = strconv.FormatUint(uint64(rand.Uint32()), 10)
		}
	}
	f.fromFields(ctx, cmd)
	f.wrong = nil // nothing was typed yet
	return f
}

// readAPIForm reads what was sent. The mark in "shown" tells whether the JSON is as it was shown; without it, the JSON was
// sent by itself.
func readAPIForm(ctx context.Context, cmd imclient.Command, v url.Values) apiForm {
	f := apiForm{values: map[string]string{}, reason: strings.TrimSpace(lines(v.Get("reason"))), body: textOf(v.Get("body"))}
	for _, field := range cmd.Fields {
		f.values[field.Name] = textOf(v.Get(apiFieldName(field)))
	}
	if f.edited = mark(f.body) != v.Get("shown"); !f.edited {
		f.fromFields(ctx, cmd)
	}
	return f
}

func textOf(s string) string { return lines(strings.ToValidUTF8(s, "\uFFFD")) }

// fromFields makes the JSON of the fields. What is wrong with a field is noted, and the field left out.
func (f *apiForm) fromFields(ctx context.Context, cmd imclient.Command) {
	f.edited, f.wrong = false, map[string]string{}
	var b bytes.Buffer
	b.WriteByte('{')
	for _, field := range cmd.Fields {
		value, wrong := fieldJSON(ctx, field, f.values[field.Name])
		if wrong != "" {
			f.wrong[field.Name] = wrong
		}
		if value == "" {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(quoteJSON(field.Name) + ":" + value)
	}
	b.WriteByte('}')
	f.body = indented(b.Bytes())
}

// fieldJSON is a field's value as JSON, "" if it is left out, and what is wrong with it.
//
//i18n:uses api.wrong.*
func fieldJSON(ctx context.Context, f imclient.CommandField, typed string) (value, wrong string) {
	text := strings.TrimSpace(typed)
	switch {
	case text == "" && f.Required:
		return "", i18n.T(ctx, "api.wrong.required")
	case text == "":
		return "", ""
	}
	switch f.Kind {
	case imclient.KindText:
		return quoteJSON(typed), ""
	case imclient.KindNumber:
		if !isNumber(text) {
			return "", i18n.T(ctx, "api.wrong.number")
		}
		return text, ""
	case imclient.KindSwitch:
		if text != "true" && text != "false" {
			return "", i18n.T(ctx, "api.wrong.switch")
		}
		return text, ""
	case imclient.KindList:
		if text[0] != '[' && (f.Of == imclient.KindText || f.Of == imclient.KindNumber) {
			return linesJSON(ctx, f.Of, text)
		}
		return partJSON(ctx, text, "[", "api.wrong.list")
	case imclient.KindObject:
		return partJSON(ctx, text, "{", "api.wrong.object")
	}
	return partJSON(ctx, text, "", "")
}

// linesJSON makes a list of lines: how ids are pasted.
func linesJSON(ctx context.Context, of imclient.FieldKind, text string) (value, wrong string) {
	var list []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			continue
		case of == imclient.KindText:
			line = quoteJSON(line)
		case !isNumber(line):
			return "", i18n.T(ctx, "api.wrong.number")
		}
		list = append(list, line)
	}
	return "[" + strings.Join(list, ",") + "]", ""
}

// partJSON takes JSON that begins as it has to; else it says where it goes wrong.
func partJSON(ctx context.Context, text, begins, otherwise string) (value, wrong string) {
	if bad, is := actions.WrongJSON(text); is {
		return "", i18n.T(ctx, bad.Key, bad.Args...)
	}
	if !strings.HasPrefix(text, begins) {
		return "", i18n.T(ctx, otherwise)
	}
	return text, ""
}

// isNumber reports whether a text is a number of JSON. It may be of any length: ids go beyond 2^53.
func isNumber(s string) bool {
	return strings.Trim(s, "+-.0123456789eE") == "" && json.Valid([]byte(s))
}

// adopt fills the fields in from JSON that was edited, so that they say the same. If they cannot, for the JSON has more
// than they hold, it goes on being the request.
func (f *apiForm) adopt(ctx context.Context, cmd imclient.Command) {
	if !f.edited {
		return
	}
	var given map[string]json.RawMessage
	if json.Unmarshal([]byte(f.body), &given) != nil {
		return
	}
	filled := apiForm{values: map[string]string{}}
	for _, field := range cmd.Fields {
		if raw, is := given[field.Name]; is {
			filled.values[field.Name] = typedAs(field, raw)
		}
	}
	f.values = filled.values
	filled.fromFields(ctx, cmd)
	f.edited = !sameJSON(filled.body, f.body)
}

// typedAs is a value as it would be typed into its field.
func typedAs(f imclient.CommandField, raw json.RawMessage) string {
	var text string
	if f.Kind == imclient.KindText && json.Unmarshal(raw, &text) == nil {
		return text
	}
	if f.Kind == imclient.KindList || f.Kind == imclient.KindObject || f.Kind == imclient.KindAny {
		return indented(raw)
	}
	return string(raw)
}

// sameJSON reports whether two texts say the same, whatever their spaces and the order of their names.
func sameJSON(a, b string) bool {
	var values [2]any
	for i, s := range []string{a, b} {
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		if d.Decode(&values[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}

// quoteJSON writes a text as JSON, without escapes for HTML.
func quoteJSON(s string) string { return jsonText(s) }

// jsonText writes a value as JSON in one line, without escapes for HTML.
func jsonText(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "" // texts, and what was read from JSON, always encode
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func indented(raw []byte) string {
	text, _ := prettyJSON(raw, actions.MaxAPIBody*2)
	return text
}

// apiShownBytes is how much of an answer a page shows.
const apiShownBytes = 256 << 10

// maxIndent bounds how far nested values are indented, in levels: an answer of nothing but brackets would grow with the
// square of its length.
const maxIndent = 40

// prettyJSON writes JSON in lines, as it stands but for spaces between values: numbers and escapes are not touched. It
// ends at the line on which limit bytes are reached, and reports that. What is no JSON is left as it is.
func prettyJSON(raw []byte, limit int) (text string, cut bool) {
	if !json.Valid(raw) {
		text = strings.ToValidUTF8(string(raw[:min(len(raw), limit)]), "\uFFFD")
		return text, len(raw) > limit
	}
	var b strings.Builder
	depth := 0
	newline := func() bool {
		if b.Len() >= limit {
			return false
		}
		b.WriteByte('\n')
		b.WriteString(strings.Repeat("  ", min(depth, maxIndent)))
		return true
	}
	for i := 0; i < len(raw); i++ {
		if b.Len() > limit {
			return b.String(), true
		}
		switch c := raw[i]; c {
		case ' ', '\t', '\r', '\n':
		case '"':
			end := i + stringEnd(raw[i:])
			room := max(limit-b.Len(), 0)
			if end-i > room+1 {
				b.WriteString(strings.ToValidUTF8(string(raw[i:i+room]), "\uFFFD"))
				return b.String() + "…", true
			}
			b.WriteString(strings.ToValidUTF8(string(raw[i:end]), "\uFFFD"))
			i = end - 1
		case '{', '[':
			b.WriteByte(c)
			if closed := nextToken(raw, i+1); closed < len(raw) && raw[closed] == c+2 { // } and ] stand two behind { and [
				b.WriteByte(raw[closed])
				i = closed
				continue
			}
			depth++
			if !newline() {
				return b.String(), true
			}
		case '}', ']':
			depth--
			if !newline() {
				return b.String(), true
			}
			b.WriteByte(c)
		case ',':
			b.WriteByte(c)
			if !newline() {
				return b.String(), true
			}
		case ':':
			b.WriteString(": ")
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), false
}

// stringEnd is where a JSON text that begins raw ends.
func stringEnd(raw []byte) int {
	for i := 1; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

// nextToken is the place of the next byte that is no space.
func nextToken(raw []byte, from int) int {
	rest := bytes.TrimLeft(raw[from:], " \t\r\n")
	return len(raw) - len(rest)
}

// apiShape is what JSON of a field looks like: `[{"UserID": ""}]`.
func apiShape(f imclient.CommandField) string { return shapeOf(f.Kind, f, 0) }

// shapeDepth bounds the shape that is shown.
const shapeDepth = 2

func shapeOf(kind imclient.FieldKind, f imclient.CommandField, depth int) string {
	switch kind {
	case imclient.KindText:
		return `""`
	case imclient.KindNumber:
		return "0"
	case imclient.KindSwitch:
		return "true"
	case imclient.KindList:
		return "[" + shapeOf(f.Of, f, depth) + "]"
	}
	if depth == shapeDepth {
		return "{}"
	}
	var parts []string
	for _, inner := range f.Fields {
		if inner.Required || !slices.ContainsFunc(f.Fields, func(f imclient.CommandField) bool { return f.Required }) {
			parts = append(parts, quoteJSON(inner.Name)+": "+shapeOf(inner.Kind, inner, depth+1))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
