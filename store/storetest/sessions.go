package storetest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/store"
)

// session is one of an operator, used now and for an hour, and for a day at most.
func session(id, operatorID string) store.Session {
	return store.Session{
		ID: id, OperatorID: operatorID, CreatedAt: day, UsedAt: day,
		IdleExpiresAt: day.Add(time.Hour), ExpiresAt: day.Add(24 * time.Hour),
		Address: "198.51.100.7", UserAgent: "Mozilla/5.0", Data: []byte("\x00\xff data"),
	}
}

// Sessions is the contract of store.Sessions.
func Sessions(t *testing.T, open Open) {
	t.Run("a session comes back as added", func(t *testing.T) {
		s := open(t)
		want := session("s1", operator(t, s, "mei").ID)
		must(t, s.Sessions.Add(t.Context(), want))
		if diff := cmp.Diff(want, value[store.Session](t)(s.Sessions.Get(t.Context(), "s1", day))); diff != "" {
			t.Error(diff)
		}
		wantErr(t, s.Sessions.Add(t.Context(), want), store.ErrConflict)
	})
	t.Run("limits", func(t *testing.T) { sessionLimits(t, open(t)) })
	t.Run("expiry", func(t *testing.T) { sessionExpiry(t, open(t)) })
	t.Run("what was deleted does not come back", func(t *testing.T) { sessionDeleted(t, open(t)) })
	t.Run("all of an operator", func(t *testing.T) { sessionsOf(t, open(t)) })
	t.Run("purge", func(t *testing.T) { sessionPurge(t, open(t)) })
}

func sessionLimits(t *testing.T, s *store.Store) {
	ctx := t.Context()
	v := session("s1", operator(t, s, "mei").ID)
	v.UserAgent = strings.Repeat("林", 300) // 900 bytes
	v.Data = nil
	v.IdleExpiresAt = v.ExpiresAt.Add(time.Hour)
	must(t, s.Sessions.Add(ctx, v))
	got := value[store.Session](t)(s.Sessions.Get(ctx, "s1", day))
	if want := strings.Repeat("林", 170); got.UserAgent != want {
		t.Errorf("user agent has %d bytes, want %d", len(got.UserAgent), len(want))
	}
	if !got.IdleExpiresAt.Equal(v.ExpiresAt) {
		t.Errorf("idle limit %v is after the end %v", got.IdleExpiresAt, v.ExpiresAt)
	}
	if len(got.Data) != 0 {
		t.Errorf("data is %q", got.Data)
	}

	most := bytes.Repeat([]byte{1}, store.MaxSessionData)
	must(t, s.Sessions.SetData(ctx, "s1", most))
	if got := value[store.Session](t)(s.Sessions.Get(ctx, "s1", day)); !bytes.Equal(got.Data, most) {
		t.Error("data was not replaced")
	}
	wantErr(t, s.Sessions.SetData(ctx, "s1", append(most, 1)), store.ErrInvalid)
	v.ID, v.Data = "s2", append(most, 1)
	wantErr(t, s.Sessions.Add(ctx, v), store.ErrInvalid)
	v.Data, v.OperatorID = nil, "nobody"
	if s.Sessions.Add(ctx, v) == nil {
		t.Error("a session of nobody was added")
	}
}

func sessionExpiry(t *testing.T, s *store.Store) {
	ctx := t.Context()
	must(t, s.Sessions.Add(ctx, session("s1", operator(t, s, "mei").ID)))
	gone := func(now time.Time) {
		t.Helper()
		_, err := s.Sessions.Get(ctx, "s1", now)
		wantErr(t, err, store.ErrNotFound)
		wantErr(t, s.Sessions.Touch(ctx, "s1", now, now.Add(time.Hour), ""), store.ErrNotFound)
	}
	last := day.Add(time.Hour - time.Millisecond)
	value[store.Session](t)(s.Sessions.Get(ctx, "s1", last))
	gone(day.Add(time.Hour))

	must(t, s.Sessions.Touch(ctx, "s1", last, last.Add(time.Hour), "2001:db8::7"))
	got := value[store.Session](t)(s.Sessions.Get(ctx, "s1", day.Add(time.Hour)))
	if !got.UsedAt.Equal(last) || !got.IdleExpiresAt.Equal(last.Add(time.Hour)) || got.Address != "2001:db8::7" || !got.CreatedAt.Equal(day) {
		t.Errorf("after a touch: %+v", got)
	}

	must(t, s.Sessions.Touch(ctx, "s1", last, day.Add(48*time.Hour), ""))
	value[store.Session](t)(s.Sessions.Get(ctx, "s1", day.Add(24*time.Hour-time.Millisecond)))
	gone(day.Add(24 * time.Hour))
}

func sessionDeleted(t *testing.T, s *store.Store) {
	ctx := t.Context()
	must(t, s.Sessions.Add(ctx, session("s1", operator(t, s, "mei").ID)))
	must(t, s.Sessions.Delete(ctx, "s1"))
	must(t, s.Sessions.Delete(ctx, "s1"))
	_, err := s.Sessions.Get(ctx, "s1", day)
	wantErr(t, err, store.ErrNotFound)
	wantErr(t, s.Sessions.Touch(ctx, "s1", day, day.Add(time.Hour), ""), store.ErrNotFound)
	wantErr(t, s.Sessions.SetData(ctx, "s1", nil), store.ErrNotFound)
}

func sessionsOf(t *testing.T, s *store.Store) {
	ctx := t.Context()
	mei, tom := operator(t, s, "mei").ID, operator(t, s, "tom").ID
	for i := range 3 {
		v := session(fmt.Sprint("mei", i), mei)
		v.UsedAt = at(i)
		must(t, s.Sessions.Add(ctx, v))
	}
	old := session("mei-old", mei)
	old.IdleExpiresAt = at(-1)
	must(t, s.Sessions.Add(ctx, old))
	must(t, s.Sessions.Add(ctx, session("tom0", tom)))

	ids := func(operatorID string) (ids []string) {
		for _, v := range value[[]store.Session](t)(s.Sessions.ListOf(ctx, operatorID, day)) {
			ids = append(ids, v.ID)
		}
		return ids
	}
	if diff := cmp.Diff([]string{"mei2", "mei1", "mei0"}, ids(mei)); diff != "" {
		t.Error(diff)
	}
	if n := value[int](t)(s.Sessions.DeleteOf(ctx, mei, "mei1")); n != 3 { // the old one too
		t.Errorf("%d deleted, want 3", n)
	}
	if diff := cmp.Diff([]string{"mei1"}, ids(mei)); diff != "" {
		t.Error(diff)
	}
	if n := value[int](t)(s.Sessions.DeleteOf(ctx, mei, "")); n != 1 {
		t.Errorf("%d deleted, want 1", n)
	}
	if diff := cmp.Diff([]string{"tom0"}, ids(tom)); diff != "" {
		t.Error(diff)
	}
	for i := range 101 {
		must(t, s.Sessions.Add(ctx, session(fmt.Sprint("many", i), mei)))
	}
	if n := len(ids(mei)); n != 100 {
		t.Errorf("%d listed, want 100", n)
	}
}

func sessionPurge(t *testing.T, s *store.Store) {
	ctx := t.Context()
	mei := operator(t, s, "mei").ID
	for i := range 5 {
		v := session(fmt.Sprint("s", i), mei)
		v.IdleExpiresAt = at(i)
		must(t, s.Sessions.Add(ctx, v))
	}
	for i, want := range []int{2, 1, 0} {
		if n := value[int](t)(s.Sessions.Purge(ctx, at(2), 2)); n != want {
			t.Errorf("purge %d deleted %d, want %d", i, n, want)
		}
	}
	if list := value[[]store.Session](t)(s.Sessions.ListOf(ctx, mei, day.Add(-time.Hour))); len(list) != 2 {
		t.Errorf("%d left, want 2", len(list))
	}
}
