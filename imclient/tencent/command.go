package tencent

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// Command is one command of the REST API: what its page says of it, apart from its fields.
type Command struct {
	Service, Name string
	Write         bool    // changes something: never repeated on doubt
	Rate          float64 // calls a second that the app may make
	Doc           string  // number of its page, https://www.tencentcloud.com/document/product/1047/NNNNN; "" if it has none there
	Request       reflect.Type
	Answer        reflect.Type
}

// Path is what stands between the host and the query.
func (c *Command) Path() string { return "/v4/" + c.Service + "/" + c.Name }

// Rates of the vendor's pages, in calls a second.
const (
	rateDefault = 200
	rateAccount = 100
	ratePush    = 100
	rateWords   = 100
	rateHistory = 10
	rateSlow    = 1
)

// rateGroupMessages is how many messages a second a group takes from all its senders together. Above it the service
// answers OK and drops the message.
const rateGroupMessages = 40

// commands is filled when the package is initialized and not changed afterwards.
var commands []*Command

// Commands lists all commands that API has a method for, by path.
func Commands() []*Command {
	list := slices.Clone(commands)
	slices.SortFunc(list, func(a, b *Command) int { return cmp.Compare(a.Path(), b.Path()) })
	return list
}

// endpoint is a command with the types of its request and its answer.
type endpoint[Q, R any] struct{ *Command }

// command registers one. write says that it changes something.
func command[Q, R any](service, name string, write bool, perSecond float64, doc string) endpoint[Q, R] {
	c := &Command{
		Service: service, Name: name, Write: write, Rate: perSecond, Doc: doc,
		Request: reflect.TypeFor[Q](), Answer: reflect.TypeFor[R](),
	}
	commands = append(commands, c)
	return endpoint[Q, R]{c}
}

// Marks for the tables of commands.
const (
	reads  = false
	writes = true
)

// Envelope is what every answer begins with. The outcome is ErrorCode; ActionStatus is missing in some services, and is
// SomeError if a batch was refused in part.
type Envelope struct {
	ActionStatus string
	ErrorCode    *Int
	ErrorInfo    Str
	ErrorDisplay Str
	RequestId    Str // keyword services only
}

func (e *Envelope) envelope() *Envelope { return e }

// failed reports the code of a refusal. ok is false for an answer that does not say how it went.
func (e *Envelope) failed() (code Int, ok bool) {
	switch {
	case e.ErrorCode != nil:
		return *e.ErrorCode, true
	case e.ActionStatus == "OK", e.ActionStatus == "SomeError":
		return 0, true
	}
	return 0, false
}

// perItem is an answer whose elements say how it went, so that the top-level code means nothing if there are any.
type perItem interface{ hasItems() bool }

// Empty is a request with nothing in it. The service wants {} for it.
type Empty struct{}

// Done is an answer with nothing but the envelope.
type Done struct{ Envelope }

// call sends one command and decodes its answer. A refusal is an *imclient.Error with the service's code; so is
// whatever kept the call from being answered.
func call[Q, R any](ctx context.Context, a *API, e endpoint[Q, R], q *Q) (*R, error) {
	return callWith(ctx, a, e, q, "")
}

// callWith is call with something behind the usual parameters of the address.
func callWith[Q, R any](ctx context.Context, a *API, e endpoint[Q, R], q *Q, query string) (*R, error) {
	body, err := encode(q)
	if err != nil {
		return nil, &imclient.Error{Op: opOf(ctx, e.Command), Vendor: imclient.Tencent, Kind: imclient.ErrInvalid, Cause: err}
	}
	var answer *R
	err = a.do(ctx, request{command: e.Command, query: query, body: body, group: groupOf(q)}, func(data []byte) verdict {
		answer = new(R)
		return judge(data, answer)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// verdict is what the body of an answer says.
type verdict struct {
	code      Int
	detail    string
	requestID string
	broken    error // the body makes no sense
}

func judge(data []byte, answer any) verdict {
	if !utf8.Valid(data) { // parts of it are handed on as they came
		data = bytes.ToValidUTF8(data, []byte("\uFFFD"))
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return verdict{broken: fmt.Errorf("decode answer of %d bytes: %w", len(data), err)}
	}
	env := answer.(interface{ envelope() *Envelope }).envelope()
	v := verdict{detail: string(env.ErrorInfo), requestID: string(env.RequestId)}
	code, ok := env.failed()
	switch p, items := answer.(perItem); {
	case items && p.hasItems():
	case !ok:
		v.broken = fmt.Errorf("answer of %d bytes without an ErrorCode", len(data))
	default:
		v.code = code
	}
	return v
}

// groupOf reads the field GroupId of a request, "" if it has none.
func groupOf(q any) string {
	v := reflect.ValueOf(q)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return ""
	}
	if f := v.Elem().FieldByName("GroupId"); f.IsValid() && f.Kind() == reflect.String {
		return f.String()
	}
	return ""
}

// withOp names the calls made with the returned context after what the caller is doing.
func withOp(ctx context.Context, op string) context.Context {
	return calls.WithOp(ctx, imclient.Tencent, op)
}

// opOf is the Op of an error: "groups.list (get_appid_group_list)", or the command alone.
func opOf(ctx context.Context, c *Command) string {
	if c == nil {
		return calls.Op(ctx, "")
	}
	return calls.Op(ctx, c.Name)
}

// refuse makes the error for something that is not even asked.
func refuse(ctx context.Context, kind error, format string, args ...any) *imclient.Error {
	return &imclient.Error{Op: opOf(ctx, nil), Vendor: imclient.Tencent, Kind: kind, Cause: fmt.Errorf(format, args...)}
}

func itoa[T ~int | ~int64 | ~uint32](n T) string { return strconv.FormatInt(int64(n), 10) }
