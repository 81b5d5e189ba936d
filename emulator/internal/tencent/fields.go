package tencent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

const maxU32 = math.MaxUint32

// refusal is a call answered with a code of the vendor instead of a result.
type refusal struct {
	code int
	info string
	body any // further fields of the answer, usually none
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.code, r.info) }

func refuse(code int, format string, args ...any) error {
	return &refusal{code: code, info: fmt.Sprintf(format, args...)}
}

// fields reads a request's JSON object, strictly typed. null is absent, a string of digits is an integer, unknown fields
// are ignored. The first thing that is wrong is kept, later reads return zero values: read everything, then look at err.
type fields struct {
	raw  map[string]json.RawMessage
	code int // of a missing or wrong field
	err  *error
}

var errNoObject = errors.New("body is not a JSON object")

// readFields decodes body, which must be a JSON object and nothing else.
func readFields(body []byte, code int) (*fields, error) {
	body = bytes.TrimLeft(body, " \t\r\n")
	if len(body) == 0 || body[0] != '{' || !utf8.Valid(body) {
		return nil, errNoObject
	}
	f := &fields{code: code, err: new(error)}
	if err := json.Unmarshal(body, &f.raw); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoObject, err)
	}
	return f, nil
}

// as is f with another code for what it finds wrong.
func (f *fields) as(code int) *fields {
	return &fields{raw: f.raw, code: code, err: f.err}
}

// failed returns the first thing that was wrong.
func (f *fields) failed() error { return *f.err }

func (f *fields) fail(name, what string) {
	f.failWith(f.code, name, what)
}

func (f *fields) failWith(code int, name, what string) {
	if *f.err == nil {
		*f.err = refuse(code, "%s %s", name, what)
	}
}

// alias makes an older spelling count where the newer one is absent.
func (f *fields) alias(name string, older ...string) {
	for _, o := range older {
		if !f.has(name) && f.has(o) {
			f.raw[name] = f.raw[o]
		}
	}
}

// has reports whether the field is there and not null.
func (f *fields) has(name string) bool {
	v, ok := f.raw[name]
	return ok && string(v) != "null"
}

// need returns the field's text, and records a missing one.
func (f *fields) need(name string) (json.RawMessage, bool) {
	if !f.has(name) {
		f.fail(name, "is missing")
		return nil, false
	}
	return f.raw[name], true
}

// str reads a required, non-empty string.
func (f *fields) str(name string) string {
	if _, ok := f.need(name); !ok {
		return ""
	}
	s := f.optStr(name)
	if s == "" {
		f.fail(name, "is empty or no string")
	}
	return s
}

// optStr reads a string that may be absent.
func (f *fields) optStr(name string) (s string) {
	if f.has(name) && json.Unmarshal(f.raw[name], &s) != nil {
		f.fail(name, "is no string")
	}
	return s
}

// strPtr is optStr, nil if absent.
func (f *fields) strPtr(name string) *string {
	if !f.has(name) {
		return nil
	}
	s := f.optStr(name)
	return &s
}

// oneOf reads a string that may be absent and must else be one of choices.
func (f *fields) oneOf(name string, choices ...string) string {
	s := f.optStr(name)
	if s == "" {
		return ""
	}
	for _, c := range choices {
		if s == c {
			return s
		}
	}
	f.fail(name, "has an unknown value")
	return ""
}

// num reads a required integer in lo to hi.
func (f *fields) num(name string, lo, hi int64) int64 {
	if _, ok := f.need(name); !ok {
		return 0
	}
	return f.optNum(name, 0, lo, hi)
}

// optNum reads an integer in lo to hi, def if absent.
func (f *fields) optNum(name string, def, lo, hi int64) int64 {
	if !f.has(name) {
		return def
	}
	n, ok := integer(f.raw[name])
	if !ok {
		f.fail(name, "is no integer")
		return 0
	}
	if n < lo || n > hi {
		f.fail(name, "is out of range")
		return 0
	}
	return n
}

// orDefault is optNum where 0, too, means absent.
func (f *fields) orDefault(name string, def, lo, hi int64) int64 {
	if n, ok := integer(f.raw[name]); ok && n == 0 {
		return def
	}
	return f.optNum(name, def, lo, hi)
}

// numPtr is optNum, nil if absent.
func (f *fields) numPtr(name string, lo, hi int64) *int64 {
	if !f.has(name) {
		return nil
	}
	n := f.optNum(name, 0, lo, hi)
	return &n
}

// flag reads an integer used as yes or no: anything above 0 is yes.
func (f *fields) flag(name string) bool { return f.optNum(name, 0, 0, maxU32) > 0 }

func integer(raw json.RawMessage) (int64, bool) {
	if len(raw) > 1 && raw[0] == '"' {
		raw = raw[1 : len(raw)-1]
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return n, err == nil && raw[0] != '+'
}

// elems reads the items of an array; more than limit of them is over.
func (f *fields) elems(name string, limit, over int) (items []json.RawMessage) {
	if !f.has(name) {
		return nil
	}
	if json.Unmarshal(f.raw[name], &items) != nil {
		f.fail(name, "is no array")
		return nil
	}
	if len(items) > limit {
		f.failWith(over, name, fmt.Sprintf("has more than %d items", limit))
		return nil
	}
	return items
}

// optStrs reads an array of strings that may be absent.
func (f *fields) optStrs(name string, limit, over int) []string {
	items := f.elems(name, limit, over)
	strs := make([]string, len(items))
	for i, it := range items {
		if json.Unmarshal(it, &strs[i]) != nil || it[0] != '"' {
			f.fail(name, "holds something that is no string")
			return nil
		}
	}
	return strs
}

// strs reads a required array of strings with at least one item.
func (f *fields) strs(name string, limit, over int) []string {
	if _, ok := f.need(name); !ok {
		return nil
	}
	s := f.optStrs(name, limit, over)
	if len(s) == 0 {
		f.fail(name, "is empty")
	}
	return s
}

// optObjs reads an array of objects that may be absent.
func (f *fields) optObjs(name string, limit, over int) []*fields {
	items := f.elems(name, limit, over)
	objs := make([]*fields, len(items))
	for i, it := range items {
		if objs[i] = f.sub(name, it); objs[i] == nil {
			return nil
		}
	}
	return objs
}

// objs reads a required array of objects with at least one item.
func (f *fields) objs(name string, limit, over int) []*fields {
	if _, ok := f.need(name); !ok {
		return nil
	}
	o := f.optObjs(name, limit, over)
	if len(o) == 0 {
		f.fail(name, "is empty")
	}
	return o
}

// optObj reads an object, nil if absent.
func (f *fields) optObj(name string) *fields {
	if !f.has(name) {
		return nil
	}
	return f.sub(name, f.raw[name])
}

func (f *fields) sub(name string, raw json.RawMessage) *fields {
	o := &fields{code: f.code, err: f.err}
	if raw[0] != '{' || json.Unmarshal(raw, &o.raw) != nil {
		f.fail(name, "is no object")
		return nil
	}
	return o
}
