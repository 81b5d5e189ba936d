package auth

import (
	"context"
	"time"

	"imdesk/store"
)

// Operator is a person who is signed in.
type Operator struct {
	ID        string
	Name      string
	Role      Role // the greatest preset that the rights amount to: for policies, not for what is allowed
	Prefs     store.Prefs
	SessionID string // which of the operator's sessions this is; not the token
	TokenID   string // which API token this is; "" for a session
	Token     string // the token's title

	rights *rights // nil: those of Role, in all apps

	Method      string    // how this session began: MethodPassword and the like
	ConfirmedAt time.Time // when the operator last showed, in this session, who it is
	MustEnrol   bool      // has to set up a second factor before anything else
}

func asOperator(o store.Operator, held []store.HeldRole) Operator {
	r := rightsOf(held)
	return Operator{ID: o.ID, Name: o.Name, Role: r.rank(), Prefs: o.Prefs, rights: r}
}

type contextKey int

const (
	operatorKey contextKey = iota
	addressKey
	referenceKey
)

// WithOperator puts the operator into a context.
func WithOperator(ctx context.Context, o Operator) context.Context {
	return context.WithValue(ctx, operatorKey, o)
}

// OperatorFrom is the operator who is signed in, if one is.
func OperatorFrom(ctx context.Context) (Operator, bool) {
	o, ok := ctx.Value(operatorKey).(Operator)
	return o, ok
}

func withAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey, address)
}

// AddressFrom is the address that the request came from, as far as proxies are trusted; "" if it is not known.
func AddressFrom(ctx context.Context) string {
	a, _ := ctx.Value(addressKey).(string)
	return a
}

func withReference(ctx context.Context, reference string) context.Context {
	return context.WithValue(ctx, referenceKey, reference)
}

func referenceFrom(ctx context.Context) string {
	r, _ := ctx.Value(referenceKey).(string)
	return r
}
