package store

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// RoleOwner is the role of which at least one operator who is not disabled must remain.
// What the other roles may do is not the store's business.
const RoleOwner = "owner"

// MaxOperatorName is the length of an operator's name in characters.
const MaxOperatorName = 64

// Operator is a person who can sign in to the console.
type Operator struct {
	ID           string // made by Add
	Name         string // as written by whoever added the operator, in NFKC
	PasswordHash string // PHC string; "" lets nobody in
	Role         string // in all apps; "": only the roles that Roles has for single apps
	Prefs        Prefs
	Disabled     bool
	CreatedAt    time.Time
}

// Prefs is how an operator likes the console. "" takes the console's default.
type Prefs struct {
	Language   string // BCP 47, such as "zh"
	Theme      string // "light" or "dark"; "" follows the system
	Density    string // "compact"; "" is the comfortable one
	TimeZone   string // IANA name
	SingleKeys bool   // single letters work as shortcuts (WCAG 2.1.4 asks that this can be turned off)
}

// Operators are the people who can sign in. storetest.Operators is its contract.
type Operators interface {
	// List returns all operators by name. There are as many as people at work: it is not paged.
	List(ctx context.Context) ([]Operator, error)
	// Count tells how many operators there are, the disabled ones included.
	Count(ctx context.Context) (int, error)
	// Get returns one operator, or ErrNotFound.
	Get(ctx context.Context, id string) (Operator, error)
	// ByName finds an operator whatever the case and the Unicode form of name, or ErrNotFound.
	ByName(ctx context.Context, name string) (Operator, error)
	// Add adds o and returns it with ID and the normalised name set. ErrConflict: the name is taken.
	// ErrInvalid: the name is empty, longer than MaxOperatorName or has control characters in it.
	Add(ctx context.Context, o Operator) (Operator, error)
	// Rename gives an operator another name. Errors as for Add, and ErrNotFound.
	Rename(ctx context.Context, id, name string) error
	// SetPassword, SetRole, SetPrefs and SetDisabled change one thing. ErrNotFound: no such operator.
	// SetRole and SetDisabled give ErrLastOwner rather than lock everybody out.
	SetPassword(ctx context.Context, id, hash string) error
	SetRole(ctx context.Context, id, role string) error
	SetPrefs(ctx context.Context, id string, p Prefs) error
	SetDisabled(ctx context.Context, id string, disabled bool) error
	// Seen tells when operators last used the console, about; those who never did are left out.
	Seen(ctx context.Context) (map[string]time.Time, error)
}

// NameKey is what names are compared by: without case, Unicode form and space around.
func NameKey(name string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(strings.TrimSpace(text(name)))))
}

// cleanName is a name as it is kept.
func cleanName(name string) (string, error) {
	name = strings.TrimSpace(norm.NFKC.String(text(name)))
	if n := utf8.RuneCountInString(name); n == 0 || n > MaxOperatorName {
		return "", invalid("a name has 1 to %d characters, this one %d", MaxOperatorName, n)
	}
	for _, r := range name {
		if !unicode.IsGraphic(r) {
			return "", invalid("a name has no control or invisible characters, this one has %U", r)
		}
	}
	return name, nil
}

type operators struct{ db *db }

const operatorColumns = `id, name, password_hash, role, language, theme, density, time_zone, single_keys, disabled, created_at`

func scanOperator(r scanner) (o Operator, err error) {
	var created int64
	err = r.Scan(&o.ID, &o.Name, &o.PasswordHash, &o.Role, &o.Prefs.Language, &o.Prefs.Theme, &o.Prefs.Density,
		&o.Prefs.TimeZone, &o.Prefs.SingleKeys, &o.Disabled, &created)
	o.CreatedAt = fromMillis(created)
	return o, err
}

func (s operators) List(ctx context.Context) ([]Operator, error) {
	list, err := all(ctx, s.db.read(), scanOperator, `SELECT `+operatorColumns+` FROM operator ORDER BY name_key`)
	return list, wrap("list operators", err)
}

func (s operators) Count(ctx context.Context) (n int, err error) {
	err = s.db.read().row(ctx, `SELECT COUNT(*) FROM operator`).Scan(&n)
	return n, wrap("count operators", err)
}

func (s operators) Get(ctx context.Context, id string) (Operator, error) {
	o, err := one(s.db.read().row(ctx, `SELECT `+operatorColumns+` FROM operator WHERE id = ?`, text(id)), scanOperator)
	return o, wrap("get operator", err)
}

func (s operators) ByName(ctx context.Context, name string) (Operator, error) {
	o, err := one(s.db.read().row(ctx, `SELECT `+operatorColumns+` FROM operator WHERE name_key = ?`, NameKey(name)), scanOperator)
	return o, wrap("get operator by name", err)
}

func (s operators) Add(ctx context.Context, o Operator) (Operator, error) {
	added, err := addOperator(ctx, s.db.write(), o)
	return added, wrap("add operator", err)
}

func addOperator(ctx context.Context, c conn, o Operator) (Operator, error) {
	name, err := cleanName(o.Name)
	if err != nil {
		return Operator{}, err
	}
	o.ID, o.Name, o.CreatedAt = rand.Text(), name, fromMillis(millis(o.CreatedAt))
	n, err := c.exec(ctx, `INSERT INTO operator (`+operatorColumns+`, name_key) VALUES (`+marks(12)+`)
		ON CONFLICT (name_key) DO NOTHING`,
		o.ID, o.Name, o.PasswordHash, o.Role, text(o.Prefs.Language), text(o.Prefs.Theme), text(o.Prefs.Density),
		text(o.Prefs.TimeZone), o.Prefs.SingleKeys, o.Disabled, millis(o.CreatedAt), NameKey(name))
	if err == nil && n == 0 {
		err = ErrConflict
	}
	if err != nil {
		return Operator{}, err
	}
	return o, nil
}

func (s operators) Rename(ctx context.Context, id, name string) error {
	const op = "rename an operator"
	name, err := cleanName(name)
	if err != nil {
		return wrap(op, err)
	}
	return wrap(op, s.db.tx(ctx, func(c conn) error {
		taken, err := all(ctx, c, scanString, `SELECT id FROM operator WHERE name_key = ? AND id <> ?`, NameKey(name), text(id))
		if err == nil && len(taken) > 0 {
			err = ErrConflict
		}
		if err != nil {
			return err
		}
		return c.execOne(ctx, `UPDATE operator SET name = ?, name_key = ? WHERE id = ?`, name, NameKey(name), text(id))
	}))
}

func (s operators) SetPassword(ctx context.Context, id, hash string) error {
	return wrap("set an operator's password",
		s.db.write().execOne(ctx, `UPDATE operator SET password_hash = ? WHERE id = ?`, hash, text(id)))
}

func (s operators) SetPrefs(ctx context.Context, id string, p Prefs) error {
	return wrap("set an operator's preferences", s.db.write().execOne(ctx,
		`UPDATE operator SET language = ?, theme = ?, density = ?, time_zone = ?, single_keys = ? WHERE id = ?`,
		text(p.Language), text(p.Theme), text(p.Density), text(p.TimeZone), p.SingleKeys, text(id)))
}

func (s operators) SetRole(ctx context.Context, id, role string) error {
	return wrap("set an operator's role", s.keepingAnOwner(ctx, func(c conn) error {
		return c.execOne(ctx, `UPDATE operator SET role = ? WHERE id = ?`, role, text(id))
	}))
}

func (s operators) SetDisabled(ctx context.Context, id string, disabled bool) error {
	return wrap("disable an operator", s.keepingAnOwner(ctx, func(c conn) error {
		return c.execOne(ctx, `UPDATE operator SET disabled = ? WHERE id = ?`, disabled, text(id))
	}))
}

func (s operators) Seen(ctx context.Context) (map[string]time.Time, error) {
	type seen struct {
		id string
		at int64
	}
	list, err := all(ctx, s.db.read(), func(r scanner) (v seen, err error) { return v, r.Scan(&v.id, &v.at) }, `SELECT id, seen_at FROM operator WHERE seen_at <> 0`)
	if err != nil {
		return nil, wrap("when operators were seen", err)
	}
	m := map[string]time.Time{}
	for _, v := range list {
		m[v.id] = fromMillis(v.at)
	}
	return m, nil
}

// keepingAnOwner makes a change that may take an owner away, unless it is the last.
func (s operators) keepingAnOwner(ctx context.Context, change func(conn) error) error {
	return s.db.tx(ctx, func(c conn) error {
		// Owners are locked first, so that two of them cannot take each other's role at once.
		owners := `SELECT id FROM operator WHERE role = ? AND disabled = FALSE ORDER BY id`
		before, err := all(ctx, c, scanString, owners+c.forUpdate(), RoleOwner)
		if err != nil {
			return err
		}
		if err := change(c); err != nil {
			return err
		}
		after, err := all(ctx, c, scanString, owners, RoleOwner)
		if err == nil && len(after) == 0 && len(before) > 0 {
			err = ErrLastOwner
		}
		return err
	})
}

func scanString(r scanner) (s string, err error) { return s, r.Scan(&s) }
