package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imdesk/store"
)

// Apps is the contract of store.Apps.
func Apps(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	add := func(a store.App, secrets map[string][]byte) store.App {
		t.Helper()
		a.CreatedAt = day
		return value[store.App](t)(s.Apps.Add(ctx, a, secrets))
	}
	list := func(want ...store.App) {
		t.Helper()
		if diff := cmp.Diff(want, value[[]store.App](t)(s.Apps.List(ctx))); diff != "" {
			t.Error(diff)
		}
	}
	secret := func(app, what, want string) {
		t.Helper()
		got, err := s.Secrets.Get(ctx, store.AppSecret(app, what))
		if want == "" {
			wantErr(t, err, store.ErrNotFound)
		} else if must(t, err); string(got) != want {
			t.Errorf("%s of %s is %q, want %q", what, app, got, want)
		}
	}
	list()
	harbor := add(store.App{Name: "harbor", Vendor: "tencent", AppID: "1400", Title: "Harbor 海港", Settings: json.RawMessage(`{"a":1}`), CreatedBy: "Mei"},
		map[string][]byte{"app/harbor/key": []byte("k1"), "app/harbor/callback_token": []byte("t1")})
	if harbor.Version != 1 || harbor.Position != 1 || harbor.Title != "Harbor 海港" || harbor.CreatedBy != "Mei" || !harbor.CreatedAt.Equal(day) || !harbor.RemovedAt.IsZero() {
		t.Errorf("added %+v", harbor)
	}
	study := add(store.App{Name: "study", Vendor: "volcengine", AppID: "9"}, map[string][]byte{"app/study/key": []byte("s")})
	list(harbor, study)
	secret("harbor", "key", "k1")
	_, err := s.Apps.Add(ctx, store.App{Name: "harbor", Vendor: "tencent", AppID: "1400"}, map[string][]byte{"app/harbor/key": []byte("of another")})
	wantErr(t, err, store.ErrConflict)
	secret("harbor", "key", "k1")

	t.Run("change", func(t *testing.T) {
		c := harbor
		c.Title, c.Disabled, c.ChangedAt, c.ChangedBy = "New", true, at(5), "Tom"
		now := value[store.App](t)(s.Apps.Change(ctx, c, map[string][]byte{"app/harbor/key": []byte("k2"), "app/harbor/callback_token": nil}))
		if now.Version != 2 || now.Title != "New" || !now.Disabled || now.ChangedBy != "Tom" || !now.ChangedAt.Equal(at(5)) || now.CreatedBy != "Mei" {
			t.Errorf("changed to %+v", now)
		}
		secret("harbor", "key", "k2")
		secret("harbor", "callback_token", "")
		_, err := s.Apps.Change(ctx, c, map[string][]byte{"app/harbor/key": []byte("of somebody late")})
		wantErr(t, err, store.ErrConflict)
		secret("harbor", "key", "k2")
		list(now, study)
		harbor = now
	})
	t.Run("remove", func(t *testing.T) {
		wantErr(t, s.Apps.Remove(ctx, "harbor", 1, "Tom", at(6)), store.ErrConflict)
		secret("harbor", "key", "k2")
		must(t, s.Apps.Remove(ctx, "harbor", 2, "Tom", at(6)))
		wantErr(t, s.Apps.Remove(ctx, "harbor", 3, "Tom", at(7)), store.ErrConflict)
		_, err := s.Apps.Change(ctx, store.App{Name: "harbor", Version: 3}, nil)
		wantErr(t, err, store.ErrConflict)
		secret("harbor", "key", "")
		secret("study", "key", "s")
		if gone := value[[]store.App](t)(s.Apps.List(ctx))[0]; gone.RemovedBy != "Tom" || !gone.RemovedAt.Equal(at(6)) || gone.Title != "New" {
			t.Errorf("removed %+v", gone)
		}
	})
	t.Run("back", func(t *testing.T) {
		_, err := s.Apps.Add(ctx, store.App{Name: "harbor", Vendor: "tencent", AppID: "another"}, nil)
		wantErr(t, err, store.ErrConflict)
		back := add(store.App{Name: "harbor", Vendor: "tencent", AppID: "1400", Title: "Back"}, map[string][]byte{"app/harbor/key": []byte("k3")})
		if back.Version != 4 || back.Position != 1 || back.Title != "Back" || !back.RemovedAt.IsZero() || back.RemovedBy != "" {
			t.Errorf("came back as %+v", back)
		}
		secret("harbor", "key", "k3")
	})
	t.Run("limits", func(t *testing.T) {
		_, err := s.Apps.Add(ctx, store.App{Name: "big", Settings: json.RawMessage(`{"x":"` + strings.Repeat("x", store.MaxAppSettings) + `"}`)}, nil)
		wantErr(t, err, store.ErrInvalid)
		for i := 2; i < store.MaxApps; i++ {
			add(store.App{Name: fmt.Sprint("n", i)}, nil)
		}
		_, err = s.Apps.Add(ctx, store.App{Name: "more"}, map[string][]byte{"app/more/key": []byte("k")})
		wantErr(t, err, store.ErrInvalid)
		secret("more", "key", "")
	})
}
