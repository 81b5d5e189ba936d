package actions

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"imdesk/imclient"
	"imdesk/store"
)

// Limits of an APICall.
const (
	MaxAPIBody     = 64 << 10 // bytes of the body
	maxAPIRecord   = 32 << 10 // bytes of it that the audit log keeps
	maxAPINames    = 50       // of its fields, in the audit log
	maxAPINameSize = 64       // bytes of each
	maxAPIRefused  = 200      // items of the answer that were refused
)

// APICall sends one command of the vendor's API as somebody wrote it. It is recorded and sent; what a command is for is not
// known here, so nothing is read back and nothing can be taken back. A command that tells what people say in direct chats
// needs a reason.
type APICall struct {
	Common
	Command string `json:"command"` // "service/name"
	Body    string `json:"body"`    // a JSON object

	answer *imclient.RawAnswer
}

// Verb is VerbAPICall.
func (APICall) Verb() Verb { return VerbAPICall }

func (a APICall) check(f *fields) {
	f.required("command", a.Command)
	if len(a.Body) > MaxAPIBody {
		f.add("body", "action.invalid.json_size", "n", len(a.Body), "limit", MaxAPIBody)
	} else if wrong, is := wrongObject(a.Body); is {
		f.add("body", wrong.Key, wrong.Args...)
	}
}

func (a APICall) work() work { return &apiWork{call: a} }

// CallAPI carries an APICall out and returns what came back beside the result. Of a call that was sent before, with the
// same key, only the result is known.
func (s *Service) CallAPI(ctx context.Context, actor Actor, app App, a APICall) (Result, imclient.RawAnswer, error) {
	a.answer = &imclient.RawAnswer{}
	r, err := s.Do(ctx, actor, app, a)
	return r, *a.answer, err
}

// apiWork sends one command. Its first item is the command; those after it are what the service refused one by one.
type apiWork struct {
	call    APICall
	command imclient.Command
	body    map[string]any
	users   []string
	answer  imclient.RawAnswer
}

func (w *apiWork) load(_ context.Context, p *plan) error {
	var known []imclient.Command
	if p.app.IM.Raw != nil {
		known = p.app.IM.Raw.Commands()
	}
	i := slices.IndexFunc(known, func(c imclient.Command) bool { return c.Path() == w.call.Command })
	if i < 0 {
		return &Invalid{Fields: map[string]Text{"command": {Key: "action.invalid.command"}}}
	}
	w.command = known[i]
	if w.command.Direct && strings.TrimSpace(w.call.Reason) == "" {
		return &Invalid{Fields: map[string]Text{"reason": {Key: "action.invalid.required"}}}
	}
	d := json.NewDecoder(strings.NewReader(w.call.Body))
	d.UseNumber() // ids may be numbers beyond 2^53
	if err := d.Decode(&w.body); err != nil {
		return &Invalid{Fields: map[string]Text{"body": {Key: "action.invalid.json_object"}}}
	}
	users := distinct(held(w.command.Fields, w.body, imclient.HoldsUsers))
	w.users = users[:min(len(users), store.MaxAuditTargets)]
	if groups := distinct(held(w.command.Fields, w.body, imclient.HoldsGroup)); len(groups) == 1 {
		p.groupID = groups[0]
	}
	p.items = []Item{{ID: w.command.Path(), Effect: EffectCalled}}
	return nil
}

func (w *apiWork) send(ctx context.Context, p *plan) sent {
	var err error
	w.answer, err = p.app.IM.Raw.Call(ctx, w.command.Path(), w.call.Body)
	if w.call.answer != nil {
		*w.call.answer = w.answer
	}
	s := sent{rest: reply{err, true}}
	refused := w.answer.Refused[:min(len(w.answer.Refused), maxAPIRefused)]
	for _, r := range refused {
		if p.item(r.ID) == nil {
			p.items = append(p.items, Item{ID: r.ID})
		}
	}
	s.refused(refused)
	return s
}

// read: nobody can look what came of it.
func (w *apiWork) read(context.Context, *plan) (map[string]Value, error) { return nil, nil }

func (w *apiWork) matches(Value, Value, time.Time) bool { return false }

// settled says of a read that it was answered, or that it was not: there is nothing it could have changed.
func (w *apiWork) settled(i *Item, a answer) {
	if w.command.Write {
		return
	}
	switch a {
	case accepted:
		i.State, i.Reason = StateApplied, ""
	case lost, perhaps:
		i.State, i.Reason = StateNotApplied, ResultNoReply
	}
}

func (w *apiWork) requestID() string { return w.answer.RequestID }

func (w *apiWork) targets(*plan) (users, messages []string) { return w.users, nil }

// options are the command, the names of its fields and, of a write, what they were: without what people wrote, and
// without fields that the client does not know, since nobody can tell what they hold.
func (w *apiWork) options() map[string]any {
	o := map[string]any{"command": w.command.Path(), "write": w.command.Write, "fields": w.names()}
	if !w.command.Write {
		return o
	}
	record := recordable(w.command.Fields, w.body)
	if b, err := json.Marshal(record); err != nil || len(b) > maxAPIRecord {
		o["body_bytes"] = len(w.call.Body)
	} else {
		o["body"] = record
	}
	return o
}

// names are those of the body's fields, bounded.
func (w *apiWork) names() []string {
	list := make([]string, 0, len(w.body))
	for name := range w.body {
		list = append(list, cutText(name, maxAPINameSize))
	}
	slices.Sort(list)
	return list[:min(len(list), maxAPINames)]
}

// LeftOut stands in the audit log for a value that is not recorded.
const LeftOut = "…"

// recordable is a body as the audit log keeps it.
func recordable(fields []imclient.CommandField, body map[string]any) map[string]any {
	out := make(map[string]any, len(body))
	for name, v := range body {
		i := slices.IndexFunc(fields, func(f imclient.CommandField) bool { return f.Name == name })
		if i < 0 || fields[i].Holds == imclient.HoldsWords {
			out[cutText(name, maxAPINameSize)] = LeftOut
			continue
		}
		out[name] = recordableValue(fields[i].Fields, v)
	}
	return out
}

func recordableValue(fields []imclient.CommandField, v any) any {
	if len(fields) == 0 {
		return v // a list of plain values, or an object whose names are the app's own
	}
	switch v := v.(type) {
	case map[string]any:
		return recordable(fields, v)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = recordableValue(fields, e)
		}
		return list
	}
	return v
}

// held are the texts of all fields that hold what is wanted.
func held(fields []imclient.CommandField, body map[string]any, what imclient.Holding) []string {
	var found []string
	for _, f := range fields {
		v, is := body[f.Name]
		switch {
		case !is:
		case f.Holds == what:
			found = append(found, texts(v)...)
		default:
			for _, o := range objects(v) {
				found = append(found, held(f.Fields, o, what)...)
			}
		}
	}
	return found
}

// texts are a text, or those in a list.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []any:
		var list []string
		for _, e := range v {
			if s, is := e.(string); is && s != "" {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}

// objects are an object, or those in a list.
func objects(v any) []map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		var list []map[string]any
		for _, e := range v {
			if o, is := e.(map[string]any); is {
				list = append(list, o)
			}
		}
		return list
	}
	return nil
}

// wrongObject says what keeps a text from being one JSON object.
func wrongObject(body string) (Text, bool) {
	if wrong, is := WrongJSON(body); is {
		return wrong, true
	}
	if !strings.HasPrefix(strings.TrimLeft(body, " \t\r\n"), "{") {
		return Text{Key: "action.invalid.json_object"}, true
	}
	return Text{}, false
}

// WrongJSON says what keeps a text from being JSON, and where: lines and columns count from 1, columns in characters. A
// name that stands twice in an object is wrong, too: nobody could tell which value the service takes.
func WrongJSON(text string) (Text, bool) {
	if !utf8.ValidString(text) {
		at := strings.IndexFunc(text, func(r rune) bool { return r == utf8.RuneError })
		return wrongAt(text, at, "action.invalid.json_char", "char", "\uFFFD"), true
	}
	var raw json.RawMessage
	err := json.Unmarshal([]byte(text), &raw)
	if syntax, is := errors.AsType[*json.SyntaxError](err); is {
		at := int(syntax.Offset) - 1
		if at < 0 || strings.TrimSpace(text) == "" || strings.Contains(syntax.Error(), "unexpected end") {
			return wrongAt(text, len(text), "action.invalid.json_end"), true
		}
		return wrongAt(text, at, "action.invalid.json_char", "char", shown(text[at:])), true
	}
	if err != nil {
		return Text{Key: "action.invalid.json_object"}, true
	}
	return repeatedName(text)
}

// wrongAt adds line and column of a place in a text to what is wrong there.
func wrongAt(body string, at int, key string, args ...any) Text {
	before := body[:min(max(at, 0), len(body))]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return Text{Key: key, Args: append([]any{"line", line, "column", column}, args...)}
}

// shown is the first character of a text so that it can be seen.
func shown(s string) string {
	r, _ := utf8.DecodeRuneInString(s)
	switch {
	case r == '\n', r == '\r':
		return "↵"
	case !unicode.IsPrint(r):
		return "U+" + strings.ToUpper(strconv.FormatInt(int64(r), 16))
	}
	return string(r)
}

// repeatedName finds a name that stands twice in one object of valid JSON.
func repeatedName(body string) (Text, bool) {
	type level struct {
		names  map[string]bool // nil in a list
		inside bool            // a name was read, its value comes
	}
	var levels []level
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	for {
		before := int(d.InputOffset())
		token, err := d.Token()
		if err == io.EOF {
			return Text{}, false
		}
		if err != nil {
			return Text{Key: "action.invalid.json_object"}, true
		}
		if delim, is := token.(json.Delim); is && (delim == '}' || delim == ']') {
			levels = levels[:len(levels)-1]
			continue
		}
		if n := len(levels); n > 0 && levels[n-1].names != nil {
			l := &levels[n-1]
			if l.inside = !l.inside; l.inside {
				name, _ := token.(string)
				if l.names[name] {
					return wrongAt(body, before+strings.IndexByte(body[before:], '"'), "action.invalid.json_twice", "name", cutText(name, maxAPINameSize)), true
				}
				l.names[name] = true
				continue
			}
		}
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{names: map[string]bool{}})
		case json.Delim('['):
			levels = append(levels, level{})
		}
	}
}
