package auth

import (
	"context"

	"imdesk/store"
)

// Operator is a person who is signed in.
type Operator struct {
	ID        string
	Name      string
	Role      Role
	Prefs     store.Prefs
	SessionID string // which of the operator's sessions this is; not the token
}

// Can tells whether the operator may do v, which belongs to no app; of what is done in apps, whether in any of them.
func (o Operator) Can(v Verb) bool { return o.Role.Can(v) }

func asOperator(o store.Operator) Operator {
	return Operator{ID: o.ID, Name: o.Name, Role: Role(o.Role), Prefs: o.Prefs}
}

// CanIn tells whether the operator may do v in the app of a name, "demo".
func (o Operator) CanIn(app string, v Verb) bool { return app != "" && o.Role.Can(v) }

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
