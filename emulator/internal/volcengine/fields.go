package volcengine

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// fields reads one JSON object. The first thing that is wrong is kept, and what is read after it counts for nothing: an action
// reads all its fields and then asks failed. null counts as absent, and fields that nobody reads are ignored.
type fields struct {
	m   map[string]json.RawMessage
	at  string // where the object is, such as "ParticipantInfos[2]."
	err **refusal
}

// must says whether a field has to be there.
type must bool

const (
	need must = true
	may  must = false
)

// parse reads a body. null is what the vendor's own client sends for no arguments.
func parse(body []byte) (*fields, error) {
	f := &fields{err: new(*refusal)}
	dec := json.NewDecoder(bytes.NewReader(body))
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil || dec.More() || !utf8.Valid(body) {
		return nil, errJSON
	}
	if err := json.Unmarshal(raw, &f.m); err != nil {
		return nil, errJSON.say("body is not a JSON object")
	}
	return f, nil
}

func (f *fields) fail(name, why string) {
	if *f.err == nil {
		*f.err = errInvalidParam.say("%s%s %s", f.at, name, why)
	}
}

// failed is what was wrong first, nil if nothing was.
func (f *fields) failed() error {
	if *f.err != nil {
		return *f.err
	}
	return nil
}

// raw returns the field, nil if it is absent.
func (f *fields) raw(name string) json.RawMessage {
	if v := f.m[name]; len(v) > 0 && !bytes.Equal(v, []byte("null")) {
		return v
	}
	return nil
}

func (f *fields) has(name string) bool { return f.raw(name) != nil }

func integer(v json.RawMessage) (int64, bool) {
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil
}

// i64 reads a whole number; 0 if it is absent.
func (f *fields) i64(name string, m must) int64 {
	v := f.raw(name)
	if v == nil {
		if m == need {
			f.fail(name, "is missing")
		}
		return 0
	}
	n, ok := integer(v)
	if !ok {
		f.fail(name, "is no 64-bit integer")
	}
	return n
}

func (f *fields) i32(name string, m must) int64 {
	n := f.i64(name, m)
	if n < math.MinInt32 || n > math.MaxInt32 {
		f.fail(name, "is no 32-bit integer")
	}
	return n
}

// cursor reads a number that is not below 0.
func (f *fields) cursor(name string, m must) int64 {
	n := f.i64(name, m)
	if n < 0 {
		f.fail(name, "is below 0")
	}
	return n
}

// limit reads how many items a page may have. Open: what more than the maximum, and none, are answered with.
func (f *fields) limit(name string, m must, most int64) int {
	if m == may && !f.has(name) {
		return int(most)
	}
	n := f.i64(name, m)
	switch {
	case n == 0 && m == may:
		n = most
	case n < 1 || n > most:
		f.fail(name, "is not within 1 and "+strconv.FormatInt(most, 10))
	}
	return int(n)
}

// oneOf reads a number that is one of a few; the first of them if it is absent.
func (f *fields) oneOf(name string, among ...int64) int64 {
	if !f.has(name) {
		return among[0]
	}
	n := f.i32(name, need)
	for _, a := range among {
		if a == n {
			return n
		}
	}
	f.fail(name, "is none of the documented values")
	return n
}

// user reads a user's number, or its twin in text. 0 in one stands for the other.
func (f *fields) user(name string, m must) int64 {
	n := f.i64(name, may)
	if v := f.raw(name + "Str"); v != nil {
		var text string
		if err := json.Unmarshal(v, &text); err != nil {
			f.fail(name+"Str", "is no string")
		}
		if text != "" {
			twin := f.userNumber(name+"Str", text)
			if n != 0 && n != twin {
				f.fail(name+"Str", "is not "+name)
			}
			n = twin
		}
	}
	if n < 0 || n == 0 && m == need {
		f.fail(name, "is not above 0")
	}
	return n
}

// operator reads who acts. He is not verified, and need not be anybody.
func (f *fields) operator() int64 {
	if !f.has("Operator") && !f.has("OperatorStr") {
		f.fail("Operator", "is missing")
	}
	return f.user("Operator", may)
}

// userNumber reads a number above 0 from text.
func (f *fields) userNumber(name, text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != text {
		f.fail(name, "is not above 0")
	}
	return n
}

// csi reads the ConversationShortId.
func (f *fields) csi() int64 {
	n := f.i64("ConversationShortId", need)
	if n <= 0 {
		f.fail("ConversationShortId", "is not above 0")
	}
	return n
}

// str reads a text.
func (f *fields) str(name string, m must) string {
	if p := f.strp(name); p != nil {
		if *p == "" && m == need {
			f.fail(name, "is empty")
		}
		return *p
	}
	if m == need {
		f.fail(name, "is missing")
	}
	return ""
}

// strp reads a text, nil if it is absent.
func (f *fields) strp(name string) *string {
	v := f.raw(name)
	if v == nil {
		return nil
	}
	var s string
	if err := json.Unmarshal(v, &s); err != nil {
		f.fail(name, "is no string")
	}
	return &s
}

// flag reads a bool, def if it is absent.
func (f *fields) flag(name string, def bool) bool {
	v := f.raw(name)
	if v == nil {
		return def
	}
	var b bool
	if err := json.Unmarshal(v, &b); err != nil {
		f.fail(name, "is no bool")
	}
	return b
}

// pairs reads a map of texts, nil if it is absent.
func (f *fields) pairs(name string) map[string]string {
	v := f.raw(name)
	if v == nil {
		return nil
	}
	pairs := map[string]string{}
	var read map[string]*string // null is no text
	err := json.Unmarshal(v, &read)
	for k, s := range read {
		if s == nil {
			f.fail(name, "has a value that is no string")
			break
		}
		pairs[k] = *s
	}
	if err != nil {
		f.fail(name, "is no object of strings")
	}
	return pairs
}

func (f *fields) array(name string, m must, most int) []json.RawMessage {
	v := f.raw(name)
	var items []json.RawMessage
	if v != nil {
		if err := json.Unmarshal(v, &items); err != nil {
			f.fail(name, "is no array")
		}
	}
	switch {
	case len(items) == 0 && m == need:
		f.fail(name, "is empty")
	case len(items) > most:
		f.fail(name, "has more than "+strconv.Itoa(most)+" items")
		items = nil
	}
	return items
}

// users reads a list of users' numbers, or its twin in text, without repeats.
func (f *fields) users(name string, m must, most int) []int64 {
	var ids []int64
	for _, v := range f.array(name, may, most) {
		n, ok := integer(v)
		if !ok || n <= 0 {
			f.fail(name, "has an item that is not above 0")
		}
		ids = append(ids, n)
	}
	if len(ids) == 0 {
		for _, v := range f.array(name+"Str", may, most) {
			var text string
			if err := json.Unmarshal(v, &text); err != nil {
				f.fail(name+"Str", "has an item that is no string")
			}
			ids = append(ids, f.userNumber(name+"Str", text))
		}
	}
	if len(ids) == 0 && m == need {
		f.fail(name, "is empty")
	}
	return unique(ids)
}

// ids reads a list of the service's own numbers, without repeats.
func (f *fields) ids(name string, most int) []int64 {
	var ids []int64
	for _, v := range f.array(name, need, most) {
		n, ok := integer(v)
		if !ok || n <= 0 {
			f.fail(name, "has an item that is not above 0")
		}
		ids = append(ids, n)
	}
	return unique(ids)
}

// strs reads a list of texts without repeats, nil if it is absent.
func (f *fields) strs(name string, m must, most int) []string {
	items := f.array(name, m, most)
	texts := make([]string, 0, len(items))
	for _, v := range items {
		var s string
		if err := json.Unmarshal(v, &s); err != nil || s == "" {
			f.fail(name, "has an item that is no text")
		}
		texts = append(texts, s)
	}
	if !f.has(name) {
		return nil
	}
	return unique(texts)
}

// objs reads a list of objects.
func (f *fields) objs(name string, most int) []*fields {
	var objs []*fields
	for i, v := range f.array(name, need, most) {
		o := &fields{at: f.at + name + "[" + strconv.Itoa(i) + "].", err: f.err}
		if err := json.Unmarshal(v, &o.m); err != nil || o.m == nil {
			f.fail(name, "has an item that is no object")
			return nil
		}
		objs = append(objs, o)
	}
	return objs
}

// obj reads an object; without it, an empty one.
func (f *fields) obj(name string, m must) *fields {
	o := &fields{at: f.at + name + ".", err: f.err}
	v := f.raw(name)
	if v == nil {
		if m == need {
			f.fail(name, "is missing")
		}
		return o
	}
	if err := json.Unmarshal(v, &o.m); err != nil {
		f.fail(name, "is no object")
	}
	return o
}

// short bounds a text in characters.
func (f *fields) short(name, text string, most int) {
	if utf8.RuneCountInString(text) > most {
		f.fail(name, "is longer than "+strconv.Itoa(most))
	}
}

// extOfUser bounds the extension fields of a profile.
func (f *fields) extOfUser(name string, ext map[string]string) {
	if len(ext) > 20 {
		f.fail(name, "has more than 20 entries")
	}
	for k, v := range ext {
		if k == "" || len(k) > 50 || len(v) > 500 || strings.HasPrefix(k, "s:") {
			f.fail(name, "has an entry that is too long or begins with s:")
		}
	}
}

func unique[T comparable](items []T) []T {
	seen := make(map[T]bool, len(items))
	out := items[:0]
	for _, item := range items {
		if !seen[item] {
			seen[item] = true
			out = append(out, item)
		}
	}
	return out
}

// texts are numbers as their twins in text.
func texts(ids []int64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strconv.FormatInt(id, 10)
	}
	return out
}

func text(id int64) string { return strconv.FormatInt(id, 10) }

// listed is items, and [] rather than null if there are none.
func listed[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// mapped is pairs, and {} rather than null if there are none.
func mapped(pairs map[string]string) map[string]string {
	if pairs == nil {
		return map[string]string{}
	}
	return pairs
}

// merged is old with the entries of changes put over it.
func merged(old, changes map[string]string) map[string]string {
	if len(changes) == 0 {
		return old
	}
	out := make(map[string]string, len(old)+len(changes))
	for k, v := range old {
		out[k] = v
	}
	for k, v := range changes {
		out[k] = v
	}
	return out
}
