package store

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"
)

// Bounds of apps that are added in the console.
const (
	MaxApps        = 200 // with those that were removed
	MaxAppSettings = 64 << 10
	maxAppTitle    = 200 // bytes
)

// App is an app that was added in the console.
type App struct {
	Name      string
	Version   int64 // counts the changes; from 1
	Vendor    string
	AppID     string // the vendor's id of it
	Title     string
	Settings  json.RawMessage
	Position  int
	Disabled  bool
	CreatedAt time.Time
	CreatedBy string // name of the operator; so with the others
	ChangedAt time.Time
	ChangedBy string
	RemovedAt time.Time // zero: it is there
	RemovedBy string
}

// AppSecret is the name under which a secret of an app is sealed.
func AppSecret(app, what string) string { return "app/" + app + "/" + what }

// Apps are the apps that were added in the console. Their secrets are changed with them, whole or not at all: they are sealed
// values by name, as AppSecret makes it; a nil value deletes one. storetest.Apps is the contract.
type Apps interface {
	// List returns all apps by position, those that were removed as well.
	List(ctx context.Context) ([]App, error)
	// Add stores an app behind the others, as version 1, and returns it. A name that was removed comes back with its place, and
	// with the version after its last one. ErrConflict: the name is taken, or it was another vendor's app before.
	// ErrInvalid: MaxApps, MaxAppSettings.
	Add(ctx context.Context, a App, secrets map[string][]byte) (App, error)
	// Change stores title, settings and Disabled as the version after a.Version, and returns it. ErrConflict: somebody changed or
	// removed it since.
	Change(ctx context.Context, a App, secrets map[string][]byte) (App, error)
	// Remove forgets an app's secrets; the row stays. ErrConflict: somebody changed or removed it since version.
	Remove(ctx context.Context, name string, version int64, by string, at time.Time) error
}

type apps struct{ db *db }

const appColumns = `name, version, vendor, app_id, title, settings, position, disabled, created_at, created_by, changed_at, changed_by, removed_at, removed_by`

func scanApp(r scanner) (a App, err error) {
	var settings string
	var created, changed, removed int64
	err = r.Scan(&a.Name, &a.Version, &a.Vendor, &a.AppID, &a.Title, &settings, &a.Position, &a.Disabled,
		&created, &a.CreatedBy, &changed, &a.ChangedBy, &removed, &a.RemovedBy)
	a.Settings = json.RawMessage(settings)
	a.CreatedAt, a.ChangedAt, a.RemovedAt = fromMillis(created), fromMillis(changed), fromMillis(removed)
	return a, err
}

func (s apps) List(ctx context.Context) ([]App, error) {
	list, err := all(ctx, s.db.read(), scanApp, `SELECT `+appColumns+` FROM added_app ORDER BY position, name LIMIT ?`, MaxApps)
	return list, wrap("list apps", err)
}

func (s apps) Add(ctx context.Context, a App, secrets map[string][]byte) (App, error) {
	settings, err := appSettings(a)
	if err != nil {
		return a, wrap("add an app", err)
	}
	err = s.db.tx(ctx, func(c conn) error {
		// The write locks the table's next position, and a removed row of the name, on both databases.
		n, err := c.exec(ctx, `UPDATE added_app SET version = version + 1, title = ?, settings = ?, disabled = ?,
			created_at = ?, created_by = ?, changed_at = ?, changed_by = ?, removed_at = 0, removed_by = ''
			WHERE name = ? AND removed_at > 0 AND vendor = ? AND app_id = ?`,
			cut(a.Title, maxAppTitle), settings, a.Disabled, millis(a.CreatedAt), text(a.CreatedBy), millis(a.CreatedAt), text(a.CreatedBy),
			text(a.Name), text(a.Vendor), text(a.AppID))
		if err != nil {
			return err
		}
		if n == 0 {
			if err := addApp(ctx, c, a, settings); err != nil {
				return err
			}
		}
		return putSecrets(ctx, c, secrets, a.CreatedAt)
	})
	if err != nil {
		return a, wrap("add an app", err)
	}
	return s.get(context.WithoutCancel(ctx), a.Name) // it is stored
}

func addApp(ctx context.Context, c conn, a App, settings string) error {
	var count, last int
	if err := c.row(ctx, `SELECT COUNT(*), COALESCE(MAX(position), 0) FROM added_app`).Scan(&count, &last); err != nil {
		return err
	}
	if count >= MaxApps {
		return invalid("there are %d apps, more do not fit", count)
	}
	n, err := c.exec(ctx, `INSERT INTO added_app (`+appColumns+`) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '') ON CONFLICT (name) DO NOTHING`,
		text(a.Name), text(a.Vendor), text(a.AppID), cut(a.Title, maxAppTitle), settings, last+1, a.Disabled,
		millis(a.CreatedAt), text(a.CreatedBy), millis(a.CreatedAt), text(a.CreatedBy))
	if err == nil && n == 0 {
		err = ErrConflict
	}
	return err
}

func appSettings(a App) (string, error) {
	body, err := objectJSON(a.Settings)
	if err == nil && len(body) > MaxAppSettings {
		err = invalid("the settings have %d bytes, at most %d fit", len(body), MaxAppSettings)
	}
	return body, err
}

func putSecrets(ctx context.Context, c conn, secrets map[string][]byte, at time.Time) error {
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		var err error
		if value := secrets[name]; value == nil {
			_, err = c.exec(ctx, `DELETE FROM secret WHERE name = ?`, text(name))
		} else {
			err = putSecret(ctx, c, name, value, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s apps) get(ctx context.Context, name string) (App, error) {
	a, err := one(s.db.write().row(ctx, `SELECT `+appColumns+` FROM added_app WHERE name = ?`, text(name)), scanApp)
	return a, wrap("get an app", err)
}

func (s apps) Change(ctx context.Context, a App, secrets map[string][]byte) (App, error) {
	settings, err := appSettings(a)
	if err == nil {
		err = s.db.tx(ctx, func(c conn) error {
			err := c.execOne(ctx, `UPDATE added_app SET version = version + 1, title = ?, settings = ?, disabled = ?, changed_at = ?, changed_by = ?
				WHERE name = ? AND version = ? AND removed_at = 0`,
				cut(a.Title, maxAppTitle), settings, a.Disabled, millis(a.ChangedAt), text(a.ChangedBy), text(a.Name), a.Version)
			if errors.Is(err, ErrNotFound) {
				return ErrConflict
			}
			if err != nil {
				return err
			}
			return putSecrets(ctx, c, secrets, a.ChangedAt)
		})
	}
	if err != nil {
		return a, wrap("change an app", err)
	}
	return s.get(context.WithoutCancel(ctx), a.Name) // it is stored
}

func (s apps) Remove(ctx context.Context, name string, version int64, by string, at time.Time) error {
	return wrap("remove an app", s.db.tx(ctx, func(c conn) error {
		err := c.execOne(ctx, `UPDATE added_app SET version = version + 1, removed_at = ?, removed_by = ?, changed_at = ?, changed_by = ?
			WHERE name = ? AND version = ? AND removed_at = 0`, millis(at), text(by), millis(at), text(by), text(name), version)
		if errors.Is(err, ErrNotFound) {
			return ErrConflict
		}
		if err != nil {
			return err
		}
		// Names of apps have no letter that LIKE takes for more than itself.
		_, err = c.exec(ctx, `DELETE FROM secret WHERE name LIKE ?`, text(AppSecret(name, "%")))
		return err
	}))
}
