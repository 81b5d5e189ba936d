package tencent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/imclient"
)

// oddity is a way in which an answer may differ from what its page prints.
type oddity struct {
	name string
	text func(t reflect.Type, names []string) string // of a value, and what it is called
	list func(elem string) string                    // of a list with one element
	some bool                                        // the fields that are known are there
}

var (
	zero   = func(reflect.Type, []string) string { return "null" }
	single = func(elem string) string { return "[" + elem + "]" }
	plain  = func(t reflect.Type, _ []string) string {
		switch t {
		case reflect.TypeFor[Int](), reflect.TypeFor[Float](), reflect.TypeFor[Cursor]():
			return "7"
		}
		return `"x"`
	}
)

// oddities do no harm. Each answer has fields that nobody knows besides.
var oddities = []oddity{
	{"everything is there", plain, single, true},
	{"nulls in everything", zero, single, true},
	{"lists with nulls and nothing in them", plain, func(elem string) string {
		if strings.HasPrefix(elem, "{") {
			return "[null,{},null," + elem + ",null]"
		}
		return "[null," + elem + ",null]"
	}, true},
	{"empty lists", plain, func(string) string { return "[]" }, true},
	{"lists that are null", plain, func(string) string { return "null" }, true},
	{"nothing that is known", plain, single, false},
	{"numbers as texts", func(t reflect.Type, names []string) string {
		if v := plain(t, names); v == "7" {
			return `"7"`
		}
		return `"x"`
	}, single, true},
	{"texts as numbers", func(t reflect.Type, _ []string) string {
		if t == reflect.TypeFor[string]() { // names that the vendor has settled
			return `"x"`
		}
		return "7"
	}, single, true},
}

// write writes a value of a type in this way.
func (o oddity) write(t reflect.Type, names ...string) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return o.text(t, names)
	}
	switch t.Kind() {
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return o.text(t, names)
		}
		return o.list(o.write(t.Elem(), names...))
	case reflect.Map:
		return `{"7":` + o.write(t.Elem(), names...) + `}`
	case reflect.Struct:
		return `{"New":{"a":[1,null]}` + o.fields(t, names) + `}`
	}
	return o.text(t, names)
}

// fields are the fields of a struct, each after a comma.
func (o oddity) fields(t reflect.Type, names []string) string {
	if !o.some || len(names) > 6 {
		return ""
	}
	var b strings.Builder
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Type == reflect.TypeFor[Envelope](), !f.IsExported(), name == "-":
			continue
		case f.Anonymous && name == "":
			b.WriteString(o.fields(f.Type, names))
			continue
		case name == "":
			name = f.Name
		}
		fmt.Fprintf(&b, ",%q:%s", name, o.write(f.Type, append(slices.Clone(names), name)...))
	}
	return b.String()
}

// answer is an answer of a command, with its envelope.
func (o oddity) answer(c *Command) string {
	return "{" + ok + o.fields(c.Answer, nil) + `,"New":[{"a":null}]}`
}

// answering answers every command in one way, without a network: there are thousands of calls.
type answering struct {
	answer func(c *Command) string
	sign   *signer
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	for _, c := range commands {
		if c.Path() == r.URL.Path {
			return &http.Response{StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(strings.NewReader(a.answer(c)))}, nil
		}
	}
	return nil, fmt.Errorf("no command %s", r.URL.Path)
}

// oddAPI is a new API, so that no rate is waited for.
func oddAPI(t *testing.T, service *answering) *API {
	t.Helper()
	a, err := NewAPI(Config{
		SDKAppID: "1400000000", Administrator: "administrator", Key: vectorKey, Endpoint: "https://service.example",
		HTTP: &http.Client{Transport: service}, GroupFields: []string{"k"}, UserFields: []string{"k"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if service.sign == nil {
		service.sign = a.sign
	}
	a.sign = service.sign // one signature serves them all: making it costs more than the calls
	return a              // with nothing to close: no connection is its own
}

// TestOddAnswersDoNoHarm sends every command and has it answered oddly.
func TestOddAnswersDoNoHarm(t *testing.T) {
	t.Parallel()
	for _, o := range oddities {
		t.Run(o.name, func(t *testing.T) {
			service := &answering{answer: o.answer}
			for _, g := range allGoldens() {
				if _, err := g.call(t.Context(), oddAPI(t, service)); err != nil && !perItemRefusal(err) {
					t.Errorf("%s: %v", g.name, err)
				}
			}
		})
	}
}

// perItemRefusal reports whether an error is what the answer says: some commands say in their elements how it went.
func perItemRefusal(err error) bool {
	e, is := errors.AsType[*imclient.Error](err)
	return is && e.Code != ""
}

func allGoldens() []golden { return slices.Concat(goldens, goldenMessages, goldenPeople, goldenApp) }

// TestWrongAnswersAreErrors has every command answered with what makes no sense: always an error that says so, and that the
// request went out.
func TestWrongAnswersAreErrors(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, name string, err error) {
		t.Helper()
		e, is := errors.AsType[*imclient.Error](err)
		if !is || !errors.Is(err, imclient.ErrProtocol) || !e.Sent || e.Op == "" {
			t.Errorf("%s: got error %#v, want one of kind ErrProtocol", name, err)
		}
	}
	for name, body := range map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "a text": `"OK"`, "a number": "0", "an object without an outcome": "{}", "half of one": `{"ErrorCode":`,
		"an outcome that is null": `{"ErrorCode":null}`, "an outcome that is a text": `{"ErrorCode":"fine"}`, "an outcome that is an object": `{"ErrorCode":{}}`, "a page": "<html></html>",
	} {
		t.Run(name, func(t *testing.T) {
			service := &answering{answer: func(*Command) string { return body }}
			for _, g := range allGoldens() {
				_, err := g.call(t.Context(), oddAPI(t, service))
				check(t, g.name, err)
			}
		})
	}
	t.Run("fields of another type", func(t *testing.T) {
		wrong := map[string]string{} // by path: an answer with one wrong field
		service := &answering{answer: func(c *Command) string { return wrong[c.Path()] }}
		seen := 0
		for _, g := range allGoldens() {
			c := commandNamed(g.path)
			for _, f := range wrongFields(c.Answer) {
				wrong[c.Path()] = "{" + ok + "," + f + "}"
				_, err := g.call(t.Context(), oddAPI(t, service))
				check(t, g.name+" "+f, err)
				seen++
			}
		}
		if seen < 100 {
			t.Errorf("only %d fields tried", seen)
		}
	})
}

// wrongFields are the fields of an answer that are lists or objects, each with a value that is neither.
func wrongFields(t reflect.Type) []string {
	var list []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		typ := f.Type
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		raw := typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Uint8 // taken as it comes
		switch {
		case f.Anonymous || raw || reflect.PointerTo(typ).Implements(reflect.TypeFor[json.Unmarshaler]()):
		case typ.Kind() == reflect.Slice:
			list = append(list, fmt.Sprintf(`%q:7`, name), fmt.Sprintf(`%q:{"a":1}`, name))
		case typ.Kind() == reflect.Struct, typ.Kind() == reflect.Map:
			list = append(list, fmt.Sprintf(`%q:7`, name), fmt.Sprintf(`%q:["a"]`, name))
		}
	}
	return list
}

// TestClientStandsOddAnswers calls every method of every area of a client with an argument of each kind, and has its calls
// answered oddly: no method panics, hangs, or fails otherwise than with an error of the one type.
func TestClientStandsOddAnswers(t *testing.T) {
	t.Parallel()
	methods := 0
	for _, o := range oddities {
		t.Run(o.name, func(t *testing.T) {
			service := &answering{answer: o.answer}
			areas := reflect.ValueOf(NewClient(oddAPI(t, service))).Elem()
			for i := range areas.NumField() {
				if areas.Field(i).Kind() != reflect.Interface {
					continue
				}
				area := areas.Type().Field(i).Name
				for m := range areas.Field(i).NumMethod() {
					for _, direct := range []bool{false, true} {
						client := NewClient(oddAPI(t, service))
						ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
						name := area + "." + areas.Type().Field(i).Type.Method(m).Name
						err := callAny(ctx, reflect.ValueOf(client).Elem().Field(i).Method(m), direct)
						if _, is := errors.AsType[*imclient.Error](err); err != nil && !is {
							t.Errorf("%s: %T %v", name, err, err)
						}
						if ctx.Err() != nil {
							t.Errorf("%s does not come to an end", name)
						}
						cancel()
						methods++
					}
				}
			}
		})
	}
	if methods < 1000 {
		t.Errorf("only %d calls", methods)
	}
}

// callAny calls a method with some arguments and returns its error; of a list that is walked, the first one in it.
func callAny(ctx context.Context, method reflect.Value, direct bool) error {
	var args []reflect.Value
	for i := range method.Type().NumIn() {
		args = append(args, someValue(ctx, method.Type().In(i), direct, 0))
	}
	call := method.Call
	if method.Type().IsVariadic() {
		call = method.CallSlice
	}
	for _, result := range call(args) {
		switch r := result.Interface().(type) {
		case error:
			return r
		case iter.Seq2[imclient.FiledMessage, error]:
			for _, err := range r {
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// someValue is a value of a type, of which all parts have something.
func someValue(ctx context.Context, t reflect.Type, direct bool, depth int) reflect.Value {
	switch t {
	case reflect.TypeFor[context.Context]():
		return reflect.ValueOf(ctx)
	case reflect.TypeFor[time.Time]():
		return reflect.ValueOf(time.Unix(1_700_000_000, 0))
	case reflect.TypeFor[time.Duration]():
		return reflect.ValueOf(time.Hour)
	case reflect.TypeFor[io.Writer]():
		return reflect.ValueOf(io.Discard)
	case reflect.TypeFor[imclient.Element]():
		return reflect.ValueOf(imclient.Text{Text: "x"})
	case reflect.TypeFor[imclient.GroupType]():
		return reflect.ValueOf(imclient.GroupType(TypePublic))
	case reflect.TypeFor[imclient.Conversation]():
		if direct {
			return reflect.ValueOf(imclient.Conversation{User: "a", Peer: "b"})
		}
		return reflect.ValueOf(imclient.Conversation{Group: "7", Type: TypePublic, User: "a"})
	}
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		v.SetString("7") // an id, a position, a number
		if direct {
			v.SetString("7_7_7")
		}
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(1)
	case reflect.Uint8, reflect.Uint32:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Bool:
		v.SetBool(direct)
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		v.Elem().Set(someValue(ctx, t.Elem(), direct, depth+1))
	case reflect.Slice:
		if depth < 5 {
			v.Set(reflect.Append(v, someValue(ctx, t.Elem(), direct, depth+1)))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(someValue(ctx, t.Key(), direct, depth+1), someValue(ctx, t.Elem(), direct, depth+1))
	case reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() && t.Field(i).Name != "Cursor" && t.Field(i).Name != "From" {
				v.Field(i).Set(someValue(ctx, t.Field(i).Type, direct, depth+1))
			}
		}
	}
	return v
}
