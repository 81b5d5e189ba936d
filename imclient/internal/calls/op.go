// Package calls is what the clients of all vendors share: the lines in front of a service's rates, short-lived copies of
// its answers, batches, the figures of the last minute, and one exchange over HTTP with its bounds.
package calls

import (
	"context"
	"errors"
	"fmt"

	"imdesk/imclient"
)

type opKey struct{}

type op struct {
	vendor imclient.Vendor
	name   string
}

// WithOp names the calls made with the returned context after what the caller is doing.
func WithOp(ctx context.Context, v imclient.Vendor, name string) context.Context {
	return context.WithValue(ctx, opKey{}, op{v, name})
}

// Op is the Op of an error: "groups.list (get_appid_group_list)", or one of the two alone.
func Op(ctx context.Context, command string) string {
	o, _ := ctx.Value(opKey{}).(op)
	switch {
	case command == "":
		return o.name
	case o.name == "":
		return command
	}
	return o.name + " (" + command + ")"
}

// ErrTimeout is why an exchange ended that took too long.
var ErrTimeout = errors.New("the service did not answer in time")

// CauseOf prefers the reason for which a context ended to the transport's word for it, and keeps both
// context.DeadlineExceeded or context.Canceled and the reason for errors.Is.
func CauseOf(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	if cause := context.Cause(ctx); cause != ctx.Err() {
		return fmt.Errorf("%w: %w", cause, ctx.Err())
	}
	return ctx.Err()
}

// Unanswered is the error of a call that ended with its context.
func Unanswered(ctx context.Context, err error) *imclient.Error {
	o, _ := ctx.Value(opKey{}).(op)
	return &imclient.Error{Op: o.name, Vendor: o.vendor, Kind: imclient.ErrUnavailable, Cause: CauseOf(ctx, err)}
}

// AsError is the *imclient.Error in err, which every call returns.
func AsError(ctx context.Context, err error) *imclient.Error {
	if e, ok := errors.AsType[*imclient.Error](err); ok {
		return e
	}
	o, _ := ctx.Value(opKey{}).(op)
	return &imclient.Error{Op: o.name, Vendor: o.vendor, Kind: imclient.ErrUnavailable, Cause: err}
}
