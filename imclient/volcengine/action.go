package volcengine

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// Version is the API's, which every call names.
const Version = "2020-12-01"

// Action is one action of the OpenAPI: what its page says of it, apart from its fields.
type Action struct {
	Area, Name string
	Write      bool    // changes something: never repeated on doubt
	Rate       float64 // calls a second that all apps of an account may make together
	Page       string  // number of its page, https://www.volcengine.com/docs/6348/NNNNNN; "" if there is none to be read
	Request    reflect.Type
	Result     reflect.Type
}

// Rates of the vendor's pages, in calls a second.
const (
	rateRead  = 100
	rateWrite = 50
	rateMass  = 5
	// 12000 messages a minute, of which a call can make 500.
	rateBatch = 0.4
	// 20 a day, which the service counts; nobody sends two within a second.
	rateBroadcast = 1
)

// Marks for the tables of actions.
const (
	reads  = false
	writes = true
)

// actions is filled when the package is initialized and not changed afterwards.
var actions []*Action

// Actions lists all actions that API has a method for, by name.
func Actions() []*Action {
	list := slices.Clone(actions)
	slices.SortFunc(list, func(a, b *Action) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// endpoint is an action with the types of its request and its result.
type endpoint[Q, R any] struct{ *Action }

func action[Q, R any](area, name string, write bool, perSecond float64, page string) endpoint[Q, R] {
	a := &Action{Area: area, Name: name, Write: write, Rate: perSecond, Page: page, Request: reflect.TypeFor[Q](), Result: reflect.TypeFor[R]()}
	actions = append(actions, a)
	return endpoint[Q, R]{a}
}

// Done is a result with nothing in it.
type Done struct{}

// call sends one action and decodes its result. A refusal is an *imclient.Error with the service's code; so is whatever
// kept the call from being answered.
func call[Q, R any](ctx context.Context, a *API, e endpoint[Q, R], q *Q) (*R, error) {
	r, _, err := callID(ctx, a, e, q)
	return r, err
}

// callID is call that tells the id of the request, too.
func callID[Q, R any](ctx context.Context, a *API, e endpoint[Q, R], q *Q) (*R, string, error) {
	body, err := encode(a.appID, a.cfg.TextIDs, q)
	if err != nil {
		kind := imclient.ErrInvalid
		if a.cfg.TextIDs {
			kind = imclient.ErrUnsupported // most likely a text for a field that takes numbers alone
		}
		return nil, "", &imclient.Error{Op: calls.Op(ctx, e.Name), Vendor: imclient.Volcengine, Kind: kind, Cause: err}
	}
	var result *R
	var id string
	k, _ := any(q).(keyed)
	err = a.do(ctx, request{action: e.Action, body: body, conversation: conversationOf(q), keyed: k != nil && k.key() != ""}, func(data []byte) verdict {
		result = new(R)
		v := judge(data, result)
		id = v.requestID
		return v
	})
	if err != nil {
		return nil, "", err
	}
	return result, id, nil
}

// keyed is a request in which an id can make it safe to repeat: what was done with it is not done again.
type keyed interface{ key() string }

func (q *SendMessageRequest) key() string        { return q.ClientMsgId }
func (q *CreateConversationRequest) key() string { return q.IdempotentId }

// encode writes a request. AppId stands in each and in no type.
func encode(appID string, texts bool, q any) ([]byte, error) {
	fields, err := encodeFields(reflect.ValueOf(q).Elem(), texts)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	head := `{"AppId":` + appID
	if len(fields) > 2 {
		head += ","
	}
	return append([]byte(head), fields[1:]...), nil
}

// encodeFields writes a struct of a request. A field that is marked user:"twin" names users, whose ids are numbers in most apps and
// texts in some: texts go into the field's twin, whose name ends in Str, and the field itself is 0, null or left out, as the
// vendor's own library has it.
func encodeFields(v reflect.Value, texts bool) ([]byte, error) {
	b := []byte{'{'}
	put := func(name string, value []byte) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(strconv.AppendQuote(b, name), ':'), value...)
	}
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		if field.Tag.Get("user") == "twin" && !value.IsZero() && (texts || !numbers(value)) {
			twin, err := encodeValue(reflect.ValueOf(inTexts(value)), texts)
			if err != nil {
				return nil, err
			}
			put(field.Name+"Str", twin)
			value = reflect.Zero(value.Type())
		}
		if value.IsZero() && strings.Contains(field.Tag.Get("json"), ",omitempty") || omitted(value, field.Tag) {
			continue
		}
		one, err := encodeValue(value, texts)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field.Name, err)
		}
		put(field.Name, one)
	}
	return append(b, '}'), nil
}

// omitted reports whether a list or an object is left out for being empty.
func omitted(v reflect.Value, tag reflect.StructTag) bool {
	return (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0 && strings.Contains(tag.Get("json"), ",omitempty")
}

// encodeValue writes what a field holds.
func encodeValue(v reflect.Value, texts bool) ([]byte, error) {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() == reflect.Struct:
		return encodeFields(v.Elem(), texts)
	case v.Kind() == reflect.Struct:
		return encodeFields(v, texts)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct && !v.IsNil():
		list := []byte{'['}
		for i := range v.Len() {
			one, err := encodeFields(v.Index(i), texts)
			if err != nil {
				return nil, err
			}
			if i > 0 {
				list = append(list, ',')
			}
			list = append(list, one...)
		}
		return append(list, ']'), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v.Interface())
	return bytes.TrimSpace(b.Bytes()), err
}

// numbers reports whether ids are numbers all: one, a list, or the keys of an object.
func numbers(v reflect.Value) bool {
	switch list := v.Interface().(type) {
	case ID:
		return number(list)
	case []ID:
		return !slices.ContainsFunc(list, func(id ID) bool { return !number(id) })
	case map[ID]int64:
		for id := range list {
			if !number(id) {
				return false
			}
		}
	}
	return true
}

func number(id ID) bool {
	_, err := strconv.ParseInt(string(id), 10, 64)
	return err == nil || id == ""
}

// inTexts is a value with texts for ids.
func inTexts(v reflect.Value) any {
	switch list := v.Interface().(type) {
	case []ID:
		texts := make([]string, len(list))
		for i, id := range list {
			texts[i] = string(id)
		}
		return texts
	case map[ID]int64:
		texts := make(map[string]int64, len(list))
		for id, n := range list {
			texts[string(id)] = n
		}
		return texts
	}
	return v.String()
}

// verdict is what the body of an answer says.
type verdict struct {
	failed    bool
	code      string
	detail    string
	requestID string
	broken    error // the body makes no sense
}

// envelope is what stands around every result.
type envelope struct {
	ResponseMetadata *struct {
		RequestId Str
		Error     *struct {
			CodeN   Int
			Code    Str
			Message Str
		}
	}
	Result json.RawMessage
}

// judge decodes an answer. One that has an Error is a refusal whatever its HTTP status, and whether it has a CodeN or not.
func judge(data []byte, result any) verdict {
	var env envelope
	if err := json.Unmarshal(data, &env); err != nil {
		return verdict{broken: fmt.Errorf("decode answer of %d bytes: %w", len(data), err)}
	}
	if env.ResponseMetadata == nil {
		return verdict{broken: fmt.Errorf("answer of %d bytes without ResponseMetadata", len(data))}
	}
	v := verdict{requestID: string(env.ResponseMetadata.RequestId)}
	if e := env.ResponseMetadata.Error; e != nil {
		v.failed, v.code, v.detail = true, string(e.Code), string(e.Message)
		if v.code == "" && e.CodeN != 0 {
			v.code = fmt.Sprint(e.CodeN)
		}
		return v
	}
	if len(env.Result) == 0 || result == nil {
		return v
	}
	if err := json.Unmarshal(env.Result, result); err != nil {
		v.broken = fmt.Errorf("decode result of %d bytes: %w", len(env.Result), err)
	}
	return v
}

// conversationOf reads the conversation that a request is about, "" if it is about none, or about several.
func conversationOf(q any) string {
	v := reflect.ValueOf(q).Elem()
	for _, holder := range []string{"", "ConversationCoreInfo", "ConversationSettingInfo"} {
		s := v
		if holder != "" {
			s = v.FieldByName(holder)
		}
		if s.IsValid() && s.Kind() == reflect.Struct {
			if f := s.FieldByName("ConversationShortId"); f.IsValid() && f.Kind() == reflect.String {
				return f.String()
			}
		}
	}
	return ""
}

func withOp(ctx context.Context, op string) context.Context {
	return calls.WithOp(ctx, imclient.Volcengine, op)
}

// refuse makes the error for something that is not even asked.
func refuse(ctx context.Context, kind error, format string, args ...any) *imclient.Error {
	return &imclient.Error{Op: calls.Op(ctx, ""), Vendor: imclient.Volcengine, Kind: kind, Cause: fmt.Errorf(format, args...)}
}

// unsupported makes the error for what the vendor does not have.
func unsupported(op string) *imclient.Error { return imclient.Unsupported(op, imclient.Volcengine) }

var errNoObject = errors.New("not an object")
