package imclient

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// The kinds of failure that callers branch on, with errors.Is. Each *Error has exactly one of them.
var (
	// ErrNotFound: the group, user, member or message does not exist, or is gone.
	ErrNotFound = errors.New("not found")
	// ErrDenied: the service knows the caller and refuses, for example by group type or by an app's own callback.
	ErrDenied = errors.New("denied")
	// ErrCredentials: key, administrator, app id or clock is wrong; every call of the app fails until it is mended.
	ErrCredentials = errors.New("credentials refused")
	// ErrInvalid: the service does not accept a value, such as a name that is too long.
	ErrInvalid = errors.New("invalid")
	// ErrConflict: somebody else was faster, or the state is already so.
	ErrConflict = errors.New("conflict")
	// ErrRateLimited: too many calls; RetryAfter says when, if the service does.
	ErrRateLimited = errors.New("rate limited")
	// ErrUnavailable: no answer, or an answer that says "try again". After a write it is not known whether it was done.
	ErrUnavailable = errors.New("unavailable")
	// ErrUnsupported: the vendor, the plan or the group type has no such thing.
	ErrUnsupported = errors.New("unsupported")
	// ErrProtocol: an answer that makes no sense: not JSON, cut short, wrong types.
	ErrProtocol = errors.New("unintelligible answer")
	// ErrQuota: the app's plan is used up (groups, members, accounts, active users).
	ErrQuota = errors.New("quota used up")
)

// Error is the one error type of this package and of the vendors' clients.
type Error struct {
	Op         string        // our name for the call, such as "groups.list"
	Vendor     Vendor        // whose code Code is
	Kind       error         // one of the Err values above
	Code       string        // the service's own code, such as "10007"; "" if it never answered
	Status     int           // HTTP status; 0 if there was no answer
	Detail     string        // the service's own words: for the log and the details fold, never for the page's text
	RequestID  string        // what the provider's support asks for
	RetryAfter time.Duration // 0 if the service did not say
	Sent       bool          // the request left this machine: after a write, it may have been carried out
	Cause      error         // the transport's error, if it never answered
}

// Error names the call, the kind and the service's code, never its words: those may quote what a user wrote.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %v", e.Op, e.Kind)
	if e.Code != "" {
		s += fmt.Sprintf(" (%s code %s)", e.Vendor, e.Code)
	} else if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Is reports whether target is the error's kind.
func (e *Error) Is(target error) bool { return target == e.Kind }

// Unwrap gives the transport's error, so that context.DeadlineExceeded is found.
func (e *Error) Unwrap() error { return e.Cause }

// LogValue gives the log what the page must not show.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("op", e.Op), slog.String("kind", e.Kind.Error())}
	if e.Code != "" {
		attrs = append(attrs, slog.String("code", e.Code), slog.String("detail", e.Detail))
	}
	if e.Status != 0 {
		attrs = append(attrs, slog.Int("status", e.Status))
	}
	if e.RequestID != "" {
		attrs = append(attrs, slog.String("vendor_request", e.RequestID))
	}
	if e.Cause != nil {
		attrs = append(attrs, slog.String("cause", e.Cause.Error()))
	}
	return slog.GroupValue(attrs...)
}

// Unsupported is the answer of an area that a vendor does not have.
func Unsupported(op string, v Vendor) *Error { return &Error{Op: op, Vendor: v, Kind: ErrUnsupported} }

// Refused is one target of a write, or of a batch read, that the service refused while others were done.
type Refused struct {
	ID  string // user id, message id, group id: whatever the call was about
	Err *Error
}
