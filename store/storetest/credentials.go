package storetest

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imdesk/store"
)

// Secrets is the contract of store.Secrets.
func Secrets(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	_, err := s.Secrets.Get(ctx, "app/demo")
	wantErr(t, err, store.ErrNotFound)
	must(t, s.Secrets.Add(ctx, "app/demo", []byte("\x00one"), at(0)))
	wantErr(t, s.Secrets.Add(ctx, "app/demo", []byte("two"), at(1)), store.ErrConflict)
	must(t, s.Secrets.Put(ctx, "totp/mei", []byte("three"), at(2)))
	must(t, s.Secrets.Put(ctx, "totp/mei", []byte("four"), at(3)))
	if swapped := value[bool](t)(s.Secrets.Swap(ctx, "totp/mei", []byte("three"), []byte("five"), at(4))); swapped {
		t.Error("what somebody else has changed was replaced")
	}
	if swapped := value[bool](t)(s.Secrets.Swap(ctx, "totp/mei", []byte("four"), []byte("five"), at(5))); !swapped {
		t.Error("it was not replaced")
	}
	want := []store.Secret{{Name: "app/demo", Sealed: []byte("\x00one"), ChangedAt: at(0)}, {Name: "totp/mei", Sealed: []byte("five"), ChangedAt: at(5)}}
	if diff := cmp.Diff(want, value[[]store.Secret](t)(s.Secrets.List(ctx, "", 10))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[1:], value[[]store.Secret](t)(s.Secrets.List(ctx, "app/demo", 1))); diff != "" {
		t.Error(diff)
	}
	must(t, s.Secrets.Delete(ctx, "app/demo"))
	must(t, s.Secrets.Delete(ctx, "app/demo"))
	for _, bad := range [][]byte{nil, bytes.Repeat([]byte{1}, store.MaxSecret+1)} {
		wantErr(t, s.Secrets.Put(ctx, "x", bad, at(0)), store.ErrInvalid)
	}
}

// Console is the contract of store.Console.
func Console(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	want := func(want string) {
		t.Helper()
		if got := value[string](t)(s.Console.Get(ctx, "k")); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	swap := func(from, to string, want bool) {
		t.Helper()
		if got := value[bool](t)(s.Console.Swap(ctx, "k", from, to)); got != want {
			t.Errorf("%q to %q: %v", from, to, got)
		}
	}
	want("")
	swap("x", "y", false)
	swap("", "", true)
	swap("", "1", true)
	swap("", "2", false)
	swap("1", "2", true)
	want("2")
	must(t, s.Console.Set(ctx, "k", "3"))
	swap("2", "", false)
	swap("3", "", true)
	want("")
	must(t, s.Console.Set(ctx, "k", "4"))
	must(t, s.Console.Set(ctx, "k", ""))
	want("")
	wantErr(t, s.Console.Set(ctx, "k", strings.Repeat("x", store.MaxConsoleSetting+1)), store.ErrInvalid)
}

// Once is the contract of store.Once.
func Once(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	add := func(id, data string, seconds int) bool {
		t.Helper()
		return value[bool](t)(s.Once.Add(ctx, id, []byte(data), at(seconds)))
	}
	if !add("a", "data", 10) || add("a", "other", 20) || !add("b", "", 5) {
		t.Error("an id is there twice, or not at all")
	}
	if got := value[[]byte](t)(s.Once.Get(ctx, "a", at(9))); string(got) != "data" {
		t.Errorf("got %q", got)
	}
	_, err := s.Once.Get(ctx, "a", at(10))
	wantErr(t, err, store.ErrNotFound)
	_, err = s.Once.Take(ctx, "a", at(10))
	wantErr(t, err, store.ErrNotFound)
	if n := value[int](t)(s.Once.Purge(ctx, at(9), 10)); n != 1 {
		t.Errorf("%d purged", n)
	}
	var took atomic.Int32
	race(func() {
		if b, err := s.Once.Take(ctx, "a", at(9)); err == nil && string(b) == "data" {
			took.Add(1)
		}
	})
	if took.Load() != 1 {
		t.Errorf("taken %d times", took.Load())
	}
	_, err = s.Once.Add(ctx, "big", bytes.Repeat([]byte{1}, store.MaxOnce+1), at(1))
	wantErr(t, err, store.ErrInvalid)
}

// race calls f eight times at once.
func race(f func()) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(f)
	}
	wg.Wait()
}

// Credentials is the contract of store.Credentials.
func Credentials(t *testing.T, open Open) {
	s := open(t)
	t.Run("codes of an app", func(t *testing.T) { totp(t, s) })
	t.Run("passkeys", func(t *testing.T) { passkeys(t, s) })
	t.Run("recovery codes", func(t *testing.T) { recoveryCodes(t, s) })
	t.Run("identities", func(t *testing.T) { identities(t, s) })
	t.Run("new token of a session", func(t *testing.T) { renewed(t, s) })
	t.Run("rename", func(t *testing.T) { rename(t, s) })
}

func totp(t *testing.T, s *store.Store) {
	ctx, c := t.Context(), s.Credentials
	id := operator(t, s, "totp").ID
	if f := value[store.Factors](t)(c.Factors(ctx, id)); f != (store.Factors{}) || f.Any() {
		t.Errorf("a new operator has %+v", f)
	}
	if value[bool](t)(c.UseTOTP(ctx, id, 100, at(0))) {
		t.Error("a code of nobody counts")
	}
	wantErr(t, c.RemoveTOTP(ctx, id), store.ErrNotFound)
	must(t, c.SetTOTP(ctx, id, []byte("sealed"), 100, at(1)))
	if got := value[[]byte](t)(s.Secrets.Get(ctx, store.TOTPSecret(id))); string(got) != "sealed" {
		t.Errorf("the seed is %q", got)
	}
	for _, tt := range []struct {
		step int64
		want bool
	}{{99, false}, {100, false}, {101, true}, {101, false}, {103, true}, {102, false}} {
		if got := value[bool](t)(c.UseTOTP(ctx, id, tt.step, at(2))); got != tt.want {
			t.Errorf("step %d: %v", tt.step, got)
		}
	}
	var taken atomic.Int32
	race(func() {
		if ok, err := c.UseTOTP(ctx, id, 200, at(3)); err == nil && ok {
			taken.Add(1)
		}
	})
	if taken.Load() != 1 {
		t.Errorf("one code counted %d times", taken.Load())
	}
	want := store.Factors{TOTP: true, TOTPAt: at(1), TOTPUsed: at(3)}
	if got := value[store.Factors](t)(c.Factors(ctx, id)); got != want || !got.Any() {
		t.Errorf("got %+v", got)
	}
	must(t, c.RemoveTOTP(ctx, id))
	_, err := s.Secrets.Get(ctx, store.TOTPSecret(id))
	wantErr(t, err, store.ErrNotFound)
	if c.SetTOTP(ctx, "nobody", []byte("x"), 1, at(0)) == nil {
		t.Error("codes of nobody are kept")
	}
	_, err = s.Secrets.Get(ctx, store.TOTPSecret("nobody"))
	wantErr(t, err, store.ErrNotFound)
}

func passkeys(t *testing.T, s *store.Store) {
	ctx, c := t.Context(), s.Credentials
	mei, tom := operator(t, s, "pk-mei").ID, operator(t, s, "pk-tom").ID
	one := store.Passkey{ID: "k1", OperatorID: mei, Name: "Laptop 🎧", Data: []byte(`{"n":1}`), AddedAt: at(0)}
	two := store.Passkey{ID: "k2", OperatorID: mei, Name: "Key", Data: []byte(`{}`), AddedAt: at(1)}
	must(t, c.AddPasskey(ctx, two))
	must(t, c.AddPasskey(ctx, one))
	taken := one
	taken.OperatorID = tom
	wantErr(t, c.AddPasskey(ctx, taken), store.ErrConflict)
	if diff := cmp.Diff([]store.Passkey{one, two}, value[[]store.Passkey](t)(c.Passkeys(ctx, mei))); diff != "" {
		t.Error(diff)
	}
	if !value[bool](t)(c.UsePasskey(ctx, one, []byte(`{"n":2}`), at(5), true)) {
		t.Error("the use was not kept")
	}
	if value[bool](t)(c.UsePasskey(ctx, one, []byte(`{"n":2}`), at(6), false)) {
		t.Error("the same count was used twice")
	}
	wantErr(t, c.RenamePasskey(ctx, tom, "k1", "Mine"), store.ErrNotFound)
	wantErr(t, c.RemovePasskey(ctx, tom, "k1"), store.ErrNotFound)
	must(t, c.RenamePasskey(ctx, mei, "k1", "Work"))
	must(t, c.RemovePasskey(ctx, mei, "k2"))
	one.Name, one.Data, one.UsedAt, one.Warned = "Work", []byte(`{"n":2}`), at(5), true
	if diff := cmp.Diff([]store.Passkey{one}, value[[]store.Passkey](t)(c.Passkeys(ctx, mei))); diff != "" {
		t.Error(diff)
	}
	for i := range store.MaxPasskeys {
		must(t, c.AddPasskey(ctx, store.Passkey{ID: fmt.Sprint("t", i), OperatorID: tom, Data: []byte("x"), AddedAt: at(i)}))
	}
	wantErr(t, c.AddPasskey(ctx, store.Passkey{ID: "more", OperatorID: tom, Data: []byte("x")}), store.ErrInvalid)
	wantErr(t, c.AddPasskey(ctx, store.Passkey{ID: "big", OperatorID: mei, Data: make([]byte, store.MaxPasskeyData+1)}), store.ErrInvalid)
	if f := value[store.Factors](t)(c.Factors(ctx, tom)); f.Passkeys != store.MaxPasskeys || !f.Any() {
		t.Errorf("got %+v", f)
	}
}

func recoveryCodes(t *testing.T, s *store.Store) {
	ctx, c := t.Context(), s.Credentials
	id, other := operator(t, s, "rc-mei").ID, operator(t, s, "rc-tom").ID
	must(t, c.SetCodes(ctx, id, []string{"h1", "h2", "h3"}))
	must(t, c.SetCodes(ctx, other, []string{"h1"}))
	var used atomic.Int32
	race(func() {
		if ok, err := c.UseCode(ctx, id, "h1", at(1)); err == nil && ok {
			used.Add(1)
		}
	})
	if used.Load() != 1 {
		t.Errorf("one code was used %d times", used.Load())
	}
	if value[bool](t)(c.UseCode(ctx, id, "h4", at(1))) {
		t.Error("a code that there is not counts")
	}
	left := func(want int) {
		t.Helper()
		if f := value[store.Factors](t)(c.Factors(ctx, id)); f.Codes != want || f.Any() {
			t.Errorf("got %+v, want %d codes", f, want)
		}
	}
	left(2)
	must(t, c.SetCodes(ctx, id, []string{"h2", "h5"}))
	left(2)
	if value[bool](t)(c.UseCode(ctx, id, "h3", at(1))) {
		t.Error("a code that was replaced counts")
	}
	wantErr(t, c.SetCodes(ctx, id, make([]string, store.MaxCodes+1)), store.ErrInvalid)

	must(t, c.SetTOTP(ctx, id, []byte("seed"), 1, at(0)))
	must(t, c.AddPasskey(ctx, store.Passkey{ID: "rc", OperatorID: id, Data: []byte("x")}))
	must(t, c.Link(ctx, store.Identity{Issuer: "https://rc", Subject: "s", OperatorID: id}))
	must(t, c.Reset(ctx, id))
	if f := value[store.Factors](t)(c.Factors(ctx, id)); f != (store.Factors{}) {
		t.Errorf("after a reset there is %+v", f)
	}
	_, err := s.Secrets.Get(ctx, store.TOTPSecret(id))
	wantErr(t, err, store.ErrNotFound)
	if list := value[[]store.Identity](t)(c.Identities(ctx, id)); len(list) != 1 {
		t.Errorf("identities: %v", list)
	}
	if !value[bool](t)(c.UseCode(ctx, other, "h1", at(1))) {
		t.Error("somebody else’s code is gone")
	}
}

func identities(t *testing.T, s *store.Store) {
	ctx, c := t.Context(), s.Credentials
	mei, tom := operator(t, s, "id-mei").ID, operator(t, s, "id-tom").ID
	_, err := c.Identity(ctx, "https://a", "1")
	wantErr(t, err, store.ErrNotFound)
	i := store.Identity{Issuer: "https://a", Subject: "1", OperatorID: mei, Name: "Mei", AddedAt: at(0), UsedAt: at(0)}
	must(t, c.Link(ctx, i))
	theirs := i
	theirs.OperatorID = tom
	wantErr(t, c.Link(ctx, theirs), store.ErrConflict)
	again := i
	again.Name, again.AddedAt, again.UsedAt = "Mei Lin", at(9), at(9)
	must(t, c.Link(ctx, again))
	again.AddedAt = at(0)
	if diff := cmp.Diff(again, value[store.Identity](t)(c.Identity(ctx, "https://a", "1"))); diff != "" {
		t.Error(diff)
	}
	theirs.Issuer = "https://b"
	must(t, c.Link(ctx, theirs)) // the same subject elsewhere is somebody else
	wantErr(t, c.Unlink(ctx, tom, "https://a", "1"), store.ErrNotFound)
	must(t, c.Unlink(ctx, mei, "https://a", "1"))
	if list := value[[]store.Identity](t)(c.Identities(ctx, mei)); len(list) != 0 {
		t.Errorf("left: %v", list)
	}
}

func renewed(t *testing.T, s *store.Store) {
	ctx := t.Context()
	v := session("old", operator(t, s, "renewed").ID)
	v.Method, v.ConfirmedAt = "password", at(0)
	must(t, s.Sessions.Add(ctx, v))
	other := v
	other.ID = "taken"
	must(t, s.Sessions.Add(ctx, other))
	wantErr(t, s.Sessions.Renew(ctx, "old", "taken", at(5)), store.ErrConflict)
	wantErr(t, s.Sessions.Renew(ctx, "none", "new", at(5)), store.ErrNotFound)
	must(t, s.Sessions.Renew(ctx, "old", "new", at(5)))
	_, err := s.Sessions.Get(ctx, "old", day)
	wantErr(t, err, store.ErrNotFound)
	v.ID, v.ConfirmedAt = "new", at(5)
	if diff := cmp.Diff(v, value[store.Session](t)(s.Sessions.Get(ctx, "new", day))); diff != "" {
		t.Error(diff)
	}
	wantErr(t, s.Sessions.Renew(ctx, "old", "newer", at(6)), store.ErrNotFound)
}

func rename(t *testing.T, s *store.Store) {
	ctx := t.Context()
	id := operator(t, s, "rename-a").ID
	operator(t, s, "rename-b")
	wantErr(t, s.Operators.Rename(ctx, id, " Rename-B"), store.ErrConflict)
	wantErr(t, s.Operators.Rename(ctx, id, ""), store.ErrInvalid)
	wantErr(t, s.Operators.Rename(ctx, "nobody", "x"), store.ErrNotFound)
	must(t, s.Operators.Rename(ctx, id, "Rename-A")) // only the case
	must(t, s.Operators.Rename(ctx, id, "Mei 林"))
	if o := value[store.Operator](t)(s.Operators.ByName(ctx, "mei 林")); o.ID != id || o.Name != "Mei 林" {
		t.Errorf("got %+v", o)
	}
}
