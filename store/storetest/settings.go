package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imdesk/store"
)

// Settings is the contract of store.Settings.
func Settings(t *testing.T, open Open) {
	t.Run("keys", func(t *testing.T) { settingKeys(t, open(t)) })
	t.Run("pins", func(t *testing.T) { settingPins(t, open(t)) })
	t.Run("recent", func(t *testing.T) { settingRecent(t, open(t)) })
}

func settingKeys(t *testing.T, s *store.Store) {
	ctx := t.Context()
	mei, tom := operator(t, s, "mei").ID, operator(t, s, "tom").ID
	want := func(id, key, want string) {
		t.Helper()
		if got := value[string](t)(s.Settings.Get(ctx, id, key)); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	want(mei, "k", "")
	must(t, s.Settings.Set(ctx, mei, "k", "1"))
	must(t, s.Settings.Set(ctx, mei, "k", "2"))
	must(t, s.Settings.Set(ctx, tom, "k", "3"))
	want(mei, "k", "2")
	want(tom, "k", "3")
	must(t, s.Settings.Set(ctx, mei, "k", ""))
	want(mei, "k", "")
	want(tom, "k", "3")

	must(t, s.Settings.Set(ctx, mei, "big", strings.Repeat("x", store.MaxSettingValue)))
	wantErr(t, s.Settings.Set(ctx, mei, "big", strings.Repeat("y", store.MaxSettingValue+1)), store.ErrInvalid)
	for i := range store.MaxSettings - 1 {
		must(t, s.Settings.Set(ctx, mei, fmt.Sprint("n", i), "x"))
	}
	wantErr(t, s.Settings.Set(ctx, mei, "one more", "x"), store.ErrInvalid)
	want(mei, "one more", "")
	must(t, s.Settings.Set(ctx, mei, "n0", "changed"))
	if s.Settings.Set(ctx, "nobody", "k", "v") == nil {
		t.Error("a setting of nobody was kept")
	}
}

func settingPins(t *testing.T, s *store.Store) {
	ctx := t.Context()
	mei, tom := operator(t, s, "mei").ID, operator(t, s, "tom").ID
	group := func(id, title string, seconds int) store.Place {
		return store.Place{App: "demo", Kind: store.KindGroup, ID: id, Title: title, At: at(seconds)}
	}
	pins := func(operatorID, app string, want ...store.Place) {
		t.Helper()
		if diff := cmp.Diff(want, value[[]store.Place](t)(s.Settings.Pins(ctx, operatorID, app))); diff != "" {
			t.Error(diff)
		}
	}
	pins(mei, "demo")
	must(t, s.Settings.Pin(ctx, mei, group("g2", "Two", 1)))
	must(t, s.Settings.Pin(ctx, mei, group("g1", "One", 2)))
	must(t, s.Settings.Pin(ctx, mei, group("g2", "Zwei", 9))) // renamed, where it was
	must(t, s.Settings.Pin(ctx, tom, group("g9", "Nine", 1)))
	other := group("g1", "Other app", 1)
	other.App = "other"
	must(t, s.Settings.Pin(ctx, mei, other))
	pins(mei, "demo", group("g2", "Zwei", 1), group("g1", "One", 2))
	pins(mei, "other", other)

	must(t, s.Settings.Opened(ctx, mei, group("g1", "Uno", 20)))
	must(t, s.Settings.Opened(ctx, mei, group("g2", "", 20))) // no title: nothing is known about it
	must(t, s.Settings.Opened(ctx, tom, group("g2", "Tom's", 20)))
	pins(mei, "demo", group("g2", "Zwei", 1), group("g1", "Uno", 2))

	must(t, s.Settings.Unpin(ctx, mei, group("g2", "", 0)))
	must(t, s.Settings.Unpin(ctx, mei, group("g2", "", 0)))
	pins(mei, "demo", group("g1", "Uno", 2))
	pins(tom, "demo", group("g9", "Nine", 1))

	for i := range store.MaxPins - 1 {
		must(t, s.Settings.Pin(ctx, mei, group(fmt.Sprint("n", i), "", 3)))
	}
	wantErr(t, s.Settings.Pin(ctx, mei, group("one more", "", 3)), store.ErrInvalid)
	must(t, s.Settings.Pin(ctx, mei, group("g1", "Eins", 3)))
}

func settingRecent(t *testing.T, s *store.Store) {
	ctx := t.Context()
	mei, tom := operator(t, s, "mei").ID, operator(t, s, "tom").ID
	user := func(i int) store.Place {
		return store.Place{App: "demo", Kind: store.KindUser, ID: fmt.Sprint("u", i), Title: fmt.Sprint("User ", i), At: at(i)}
	}
	ids := func(operatorID, kind string, n int) (ids []string) {
		for _, p := range value[[]store.Place](t)(s.Settings.Recent(ctx, operatorID, "demo", kind, n)) {
			ids = append(ids, p.ID)
		}
		return ids
	}
	must(t, s.Settings.Opened(ctx, mei, store.Place{App: "demo", Kind: store.KindGroup, ID: "g", At: day}))
	must(t, s.Settings.Opened(ctx, tom, user(99)))
	for i := range store.MaxRecent + 5 {
		must(t, s.Settings.Opened(ctx, mei, user(i)))
	}
	if got := ids(mei, store.KindUser, 100); len(got) != store.MaxRecent || got[0] != "u34" || got[29] != "u5" {
		t.Errorf("recent users are %v", got)
	}
	again := user(10)
	again.At, again.Title = at(100), ""
	must(t, s.Settings.Opened(ctx, mei, again))
	got := value[[]store.Place](t)(s.Settings.Recent(ctx, mei, "demo", store.KindUser, 1))
	again.Title = "User 10" // as it was known
	if diff := cmp.Diff([]store.Place{again}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"u10", "u34", "u33"}, ids(mei, store.KindUser, 3)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"g"}, ids(mei, store.KindGroup, 5)); diff != "" {
		t.Error("groups:", diff)
	}
	if diff := cmp.Diff([]string{"u99"}, ids(tom, store.KindUser, 5)); diff != "" {
		t.Error("another operator:", diff)
	}
}
