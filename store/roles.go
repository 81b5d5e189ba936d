package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Bounds of own roles.
const (
	MaxRoleTitle = 64  // characters
	MaxRoles     = 100 // own roles
)

// OwnRole is a set of verbs beside the presets, which are the program's.
type OwnRole struct {
	ID        string // made by Add; no preset is named so
	Title     string
	Base      string // the preset that it began as
	Verbs     []string
	Version   int64 // counts changes
	ChangedAt time.Time
}

// HeldRole is a role that an operator has, in one app or in all.
type HeldRole struct {
	OperatorID string
	App        string // "": in all apps
	Role       string // a preset, or the ID of an own role
	Own        bool   // it is an own role
	Title      string // of an own role
	Verbs      []string
}

// Roles are the own roles, and who has which role where. storetest.Roles is its contract.
type Roles interface {
	// List returns the own roles by title.
	List(ctx context.Context) ([]OwnRole, error)
	// Get returns one own role, or ErrNotFound.
	Get(ctx context.Context, id string) (OwnRole, error)
	// Add adds r and returns it with ID and Version set. ErrConflict: the title is taken. ErrInvalid: the title is empty,
	// too long or has control characters, or there are MaxRoles already.
	Add(ctx context.Context, r OwnRole) (OwnRole, error)
	// Change replaces title and verbs. ErrConflict: the title is taken, or it was changed since Version. ErrNotFound.
	Change(ctx context.Context, r OwnRole) error
	// Remove takes a role away that nobody has and no open invite promises: ErrConflict. ErrNotFound.
	Remove(ctx context.Context, id string, now time.Time) error
	// Of returns the roles of one operator: at most one in all apps, first, and one an app. A role that is gone is left out.
	Of(ctx context.Context, operatorID string) ([]HeldRole, error)
	// Everybody returns the roles of all operators, without their verbs.
	Everybody(ctx context.Context) ([]HeldRole, error)
	// Set gives an operator exactly these roles: all is the one in all apps, "" for none. ErrNotFound: no such operator.
	// ErrLastOwner as for SetRole of Operators.
	Set(ctx context.Context, operatorID, all string, apps map[string]string) error
}

type roles struct{ db *db }

const ownRoleColumns = `id, title, base, verbs, version, changed_at`

func scanOwnRole(r scanner) (o OwnRole, err error) {
	var verbs string
	var changed int64
	if err = r.Scan(&o.ID, &o.Title, &o.Base, &verbs, &o.Version, &changed); err != nil {
		return o, err
	}
	o.ChangedAt = fromMillis(changed)
	return o, readJSON(verbs, &o.Verbs)
}

func readJSON(s string, into any) error {
	if err := json.Unmarshal([]byte(s), into); err != nil {
		return fmt.Errorf("read what is stored: %w", err)
	}
	return nil
}

// jsonOf writes lists and maps of strings, which never fail.
func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text(string(b))
}

// listOf is a list that is never null.
func listOf(list []string) []string { return append([]string{}, list...) }

func (s roles) List(ctx context.Context) ([]OwnRole, error) {
	list, err := all(ctx, s.db.read(), scanOwnRole, `SELECT `+ownRoleColumns+` FROM own_role ORDER BY title_key`)
	return list, wrap("list roles", err)
}

func (s roles) Get(ctx context.Context, id string) (OwnRole, error) {
	r, err := one(s.db.read().row(ctx, `SELECT `+ownRoleColumns+` FROM own_role WHERE id = ?`, text(id)), scanOwnRole)
	return r, wrap("get role", err)
}

func (s roles) Add(ctx context.Context, r OwnRole) (OwnRole, error) {
	const op = "add role"
	title, err := cleanName(r.Title)
	if err != nil {
		return OwnRole{}, wrap(op, err)
	}
	r.ID, r.Title, r.Version, r.Verbs, r.ChangedAt = "own-"+rand.Text(), title, 1, listOf(r.Verbs), fromMillis(millis(r.ChangedAt))
	err = s.db.tx(ctx, func(c conn) error {
		var n int
		if err := c.row(ctx, `SELECT COUNT(*) FROM own_role`).Scan(&n); err != nil {
			return err
		}
		if n >= MaxRoles {
			return invalid("there are %d roles already", n)
		}
		n, err := c.exec(ctx, `INSERT INTO own_role (`+ownRoleColumns+`, title_key) VALUES (`+marks(7)+`) ON CONFLICT (title_key) DO NOTHING`,
			r.ID, r.Title, text(r.Base), jsonOf(r.Verbs), r.Version, millis(r.ChangedAt), NameKey(title))
		if err == nil && n == 0 {
			err = ErrConflict
		}
		return err
	})
	if err != nil {
		return OwnRole{}, wrap(op, err)
	}
	return r, nil
}

func (s roles) Change(ctx context.Context, r OwnRole) error {
	const op = "change role"
	title, err := cleanName(r.Title)
	if err != nil {
		return wrap(op, err)
	}
	return wrap(op, s.db.tx(ctx, func(c conn) error {
		now, err := one(c.row(ctx, `SELECT `+ownRoleColumns+` FROM own_role WHERE id = ?`+c.forUpdate(), text(r.ID)), scanOwnRole)
		if err != nil {
			return err
		}
		var others int
		if err := c.row(ctx, `SELECT COUNT(*) FROM own_role WHERE title_key = ? AND id <> ?`, NameKey(title), text(r.ID)).Scan(&others); err != nil {
			return err
		}
		if now.Version != r.Version || others > 0 {
			return ErrConflict
		}
		_, err = c.exec(ctx, `UPDATE own_role SET title = ?, title_key = ?, verbs = ?, version = version + 1, changed_at = ? WHERE id = ?`,
			title, NameKey(title), jsonOf(listOf(r.Verbs)), millis(r.ChangedAt), text(r.ID))
		return err
	}))
}

func (s roles) Remove(ctx context.Context, id string, now time.Time) error {
	return wrap("remove role", s.db.tx(ctx, func(c conn) error {
		var held int
		if err := c.row(ctx, `SELECT (SELECT COUNT(*) FROM operator WHERE role = ?) + (SELECT COUNT(*) FROM app_role WHERE role = ?)`,
			text(id), text(id)).Scan(&held); err != nil {
			return err
		}
		open, err := all(ctx, c, scanInvite, `SELECT `+inviteColumns+` FROM invite WHERE used_at = 0 AND revoked_at = 0 AND expires_at > ?`, millis(now))
		if err != nil {
			return err
		}
		for _, i := range open {
			if i.Role == id || slices.Contains(slices.Collect(maps.Values(i.AppRoles)), id) {
				held++
			}
		}
		if held > 0 {
			return ErrConflict
		}
		return c.execOne(ctx, `DELETE FROM own_role WHERE id = ?`, text(id))
	}))
}

func scanHeldRole(r scanner) (h HeldRole, err error) {
	var verbs string
	if err = r.Scan(&h.OperatorID, &h.App, &h.Role, &h.Title, &verbs); err != nil || verbs == "" {
		return h, err
	}
	h.Own = true
	return h, readJSON(verbs, &h.Verbs)
}

func (s roles) Of(ctx context.Context, operatorID string) ([]HeldRole, error) {
	list, err := all(ctx, s.db.read(), scanHeldRole, `
		SELECT o.id, '' AS app, o.role, COALESCE(r.title, ''), COALESCE(r.verbs, '') FROM operator o LEFT JOIN own_role r ON r.id = o.role WHERE o.id = ? AND o.role <> ''
		UNION ALL
		SELECT a.operator_id, a.app, a.role, COALESCE(r.title, ''), COALESCE(r.verbs, '') FROM app_role a LEFT JOIN own_role r ON r.id = a.role WHERE a.operator_id = ?
		ORDER BY app`, text(operatorID), text(operatorID))
	return list, wrap("roles of an operator", err)
}

func (s roles) Everybody(ctx context.Context) ([]HeldRole, error) {
	list, err := all(ctx, s.db.read(), scanHeldRole, `
		SELECT id, '' AS app, role, '', '' FROM operator WHERE role <> '' UNION ALL SELECT operator_id, app, role, '', '' FROM app_role ORDER BY app`)
	return list, wrap("roles of all operators", err)
}

func (s roles) Set(ctx context.Context, operatorID, all string, apps map[string]string) error {
	return wrap("set an operator's roles", operators(s).keepingAnOwner(ctx, func(c conn) error {
		if err := c.execOne(ctx, `UPDATE operator SET role = ? WHERE id = ?`, text(all), text(operatorID)); err != nil {
			return err
		}
		return setAppRoles(ctx, c, operatorID, apps)
	}))
}

// setAppRoles gives an operator exactly these roles in single apps.
func setAppRoles(ctx context.Context, c conn, operatorID string, apps map[string]string) error {
	if _, err := c.exec(ctx, `DELETE FROM app_role WHERE operator_id = ?`, text(operatorID)); err != nil {
		return err
	}
	for _, app := range slices.Sorted(maps.Keys(apps)) {
		if _, err := c.exec(ctx, `INSERT INTO app_role (operator_id, app, role) VALUES (?, ?, ?)`, text(operatorID), text(app), text(apps[app])); err != nil {
			return err
		}
	}
	return nil
}
