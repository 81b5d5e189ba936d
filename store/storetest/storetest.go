// Package storetest is the contract of package store, as tests that every database has to pass.
package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"imdesk/store"
)

// Open opens an empty store and closes it when the test ends.
type Open func(t *testing.T) *store.Store

// Run runs the whole contract.
func Run(t *testing.T, open Open) {
	for _, part := range []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"operators", Operators},
		{"sessions", Sessions},
		{"attempts", Attempts},
		{"audit log", AuditLog},
		{"settings", Settings},
		{"directory", Directory},
		{"archive", Archive},
		{"messages with a case", Flagged},
		{"searches", Searches},
		{"jobs", Jobs},
		{"secrets", Secrets},
		{"credentials", Credentials},
		{"settings of the console", Console},
		{"once", Once},
		{"events", Events},
		{"arrivals", Arrivals},
		{"roles", Roles},
		{"invites", Invites},
		{"tokens", Tokens},
		{"access", Access},
		{"policies", Policies},
		{"approvals", Approvals},
		{"uses", Uses},
		{"rules", Rules},
		{"sanctions", Sanctions},
		{"waves", Waves},
		{"privacy", Privacy},
		{"privacy in batches", PrivacyInBatches},
		{"privacy of cases", PrivacyOfCases},
		{"cases", Cases},
		{"callbacks", Callbacks},
		{"verdicts", Verdicts},
		{"verdict races", VerdictRaces},
		{"evidence", Evidence},
		{"numbers", Numbers},
		{"replicas", Replicas},
		{"apps", Apps},
		{"text", Text},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, open) })
	}
}

// day is when tests begin. It is no whole second, for times are kept to the millisecond.
var day = time.Date(2026, 4, 18, 15, 40, 1, 234_000_000, time.UTC)

// at is some seconds after day.
func at(seconds int) time.Time { return day.Add(time.Duration(seconds) * time.Second) }

// must stops the test if what it needs failed.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// value stops the test if what it needs failed.
func value[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

// wantErr checks for a kind of error.
func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want one that is %q", err, want)
	}
}

// operator adds an operator with the role moderator.
func operator(t *testing.T, s *store.Store, name string) store.Operator {
	t.Helper()
	return value[store.Operator](t)(s.Operators.Add(t.Context(), store.Operator{Name: name, Role: "moderator", CreatedAt: day}))
}

// Text: what one database would refuse and the other keep is the same on both.
func Text(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	o := operator(t, s, "mei")
	for _, tt := range []struct{ name, in, want string }{
		{"emoji and Han", "周末音乐夜 🎧", "周末音乐夜 🎧"},
		{"a NUL", "a\x00b", "a\uFFFDb"},
		{"not UTF-8", "a\xffb", "a\uFFFDb"},
		{"question marks and quotes", `? $1 ' " \ ?`, `? $1 ' " \ ?`},
		{"line ends", "a\r\nb\n", "a\r\nb\n"},
		{"not normalised", "e\u0301", "e\u0301"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			must(t, s.Settings.Set(ctx, o.ID, tt.in, tt.in))
			if got := value[string](t)(s.Settings.Get(ctx, o.ID, tt.in)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	t.Run("a cancelled context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		_, err := s.Operators.Get(ctx, o.ID)
		wantErr(t, err, context.Canceled)
		wantErr(t, s.Settings.Set(ctx, o.ID, "k", "v"), context.Canceled)
	})
	t.Run("ping", func(t *testing.T) { must(t, s.Ping(ctx)) })
}
