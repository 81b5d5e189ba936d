package store

import (
	"context"
	"crypto/rand"
	"time"
)

// Invite is a link that is used once: to become an operator, or to choose a new password. The token in it is not known
// here, only its hash.
type Invite struct {
	ID         string // made by Add
	TokenHash  string // SHA-256 of the token in lower-case hex
	OperatorID string // whose password it is for; "" for somebody new
	Note       string // for whom, in the words of who made it
	Role       string // in all apps, for somebody new; "" for none
	AppRoles   map[string]string
	ByID       string // who made it
	ByName     string
	CreatedAt  time.Time
	ExpiresAt  time.Time
	UsedAt     time.Time // zero: not yet
	UsedBy     string    // the operator
	RevokedAt  time.Time // zero: not
}

// Invites are the links. storetest.Invites is its contract.
type Invites interface {
	// Add stores an invite and returns it with its ID.
	Add(ctx context.Context, i Invite) (Invite, error)
	// ByToken returns the invite with a hash, whatever became of it, or ErrNotFound.
	ByToken(ctx context.Context, hash string) (Invite, error)
	// Get returns one by its ID, or ErrNotFound.
	Get(ctx context.Context, id string) (Invite, error)
	// List returns up to n, newest first.
	List(ctx context.Context, n int) ([]Invite, error)
	// Accept uses an open invite for somebody new: it adds o with the roles that the invite promises. One that is used,
	// revoked or expired is ErrNotFound; two at once cannot both have it. Else the errors of Operators.Add.
	Accept(ctx context.Context, id string, o Operator, now time.Time) (Operator, error)
	// Use uses an open invite for a password: it sets the hash. Errors: ErrNotFound.
	Use(ctx context.Context, id, passwordHash string, now time.Time) error
	// Revoke ends an open invite. Errors: ErrNotFound.
	Revoke(ctx context.Context, id string, now time.Time) error
	// RevokeOf ends the open invites for an operator's password.
	RevokeOf(ctx context.Context, operatorID string, now time.Time) error
	// Purge deletes invites that ended before a time, up to limit, and tells how many.
	Purge(ctx context.Context, before time.Time, limit int) (int, error)
}

type invites struct{ db *db }

const inviteColumns = `id, token_hash, operator_id, note, role, app_roles, by_id, by_name, created_at, expires_at, used_at, used_by, revoked_at`

func scanInvite(r scanner) (i Invite, err error) {
	var appRoles string
	var created, expires, used, revoked int64
	if err = r.Scan(&i.ID, &i.TokenHash, &i.OperatorID, &i.Note, &i.Role, &appRoles, &i.ByID, &i.ByName, &created, &expires, &used, &i.UsedBy, &revoked); err != nil {
		return i, err
	}
	i.CreatedAt, i.ExpiresAt, i.UsedAt, i.RevokedAt = fromMillis(created), fromMillis(expires), fromMillis(used), fromMillis(revoked)
	return i, readJSON(appRoles, &i.AppRoles)
}

func (s invites) Add(ctx context.Context, i Invite) (Invite, error) {
	i.ID = rand.Text()
	if i.AppRoles == nil {
		i.AppRoles = map[string]string{}
	}
	n, err := s.db.write().exec(ctx, `INSERT INTO invite (`+inviteColumns+`) VALUES (`+marks(13)+`) ON CONFLICT (token_hash) DO NOTHING`,
		i.ID, text(i.TokenHash), text(i.OperatorID), cut(i.Note, 400), text(i.Role), jsonOf(i.AppRoles), text(i.ByID), text(i.ByName),
		millis(i.CreatedAt), millis(i.ExpiresAt), 0, "", 0)
	if err == nil && n == 0 {
		err = ErrConflict
	}
	if err != nil {
		return Invite{}, wrap("add invite", err)
	}
	return s.Get(ctx, i.ID)
}

func (s invites) ByToken(ctx context.Context, hash string) (Invite, error) {
	i, err := one(s.db.read().row(ctx, `SELECT `+inviteColumns+` FROM invite WHERE token_hash = ?`, text(hash)), scanInvite)
	return i, wrap("find invite", err)
}

func (s invites) Get(ctx context.Context, id string) (Invite, error) {
	// The writer: what was just added has to be seen.
	i, err := one(s.db.write().row(ctx, `SELECT `+inviteColumns+` FROM invite WHERE id = ?`, text(id)), scanInvite)
	return i, wrap("get invite", err)
}

func (s invites) List(ctx context.Context, n int) ([]Invite, error) {
	list, err := all(ctx, s.db.read(), scanInvite, `SELECT `+inviteColumns+` FROM invite ORDER BY created_at DESC, id LIMIT ?`, n)
	return list, wrap("list invites", err)
}

// openInvite is what makes an invite one that can be used.
const openInvite = ` used_at = 0 AND revoked_at = 0 AND expires_at > ?`

func (s invites) Accept(ctx context.Context, id string, o Operator, now time.Time) (added Operator, err error) {
	err = s.db.tx(ctx, func(c conn) error {
		i, err := one(c.row(ctx, `SELECT `+inviteColumns+` FROM invite WHERE id = ? AND operator_id = '' AND`+openInvite+c.forUpdate(), text(id), millis(now)), scanInvite)
		if err != nil {
			return err
		}
		o.Role = i.Role
		if added, err = addOperator(ctx, c, o); err != nil {
			return err
		}
		if err := setAppRoles(ctx, c, added.ID, i.AppRoles); err != nil {
			return err
		}
		return c.execOne(ctx, `UPDATE invite SET used_at = ?, used_by = ? WHERE id = ?`, millis(now), added.ID, text(id))
	})
	return added, wrap("accept invite", err)
}

func (s invites) Use(ctx context.Context, id, passwordHash string, now time.Time) error {
	return wrap("use invite", s.db.tx(ctx, func(c conn) error {
		i, err := one(c.row(ctx, `SELECT `+inviteColumns+` FROM invite WHERE id = ? AND operator_id <> '' AND`+openInvite+c.forUpdate(), text(id), millis(now)), scanInvite)
		if err != nil {
			return err
		}
		if err := c.execOne(ctx, `UPDATE operator SET password_hash = ? WHERE id = ?`, passwordHash, i.OperatorID); err != nil {
			return err
		}
		return c.execOne(ctx, `UPDATE invite SET used_at = ?, used_by = ? WHERE id = ?`, millis(now), i.OperatorID, text(id))
	}))
}

func (s invites) Revoke(ctx context.Context, id string, now time.Time) error {
	return wrap("revoke invite", s.db.write().execOne(ctx, `UPDATE invite SET revoked_at = ? WHERE id = ? AND`+openInvite, millis(now), text(id), millis(now)))
}

func (s invites) RevokeOf(ctx context.Context, operatorID string, now time.Time) error {
	_, err := s.db.write().exec(ctx, `UPDATE invite SET revoked_at = ? WHERE operator_id = ? AND operator_id <> '' AND`+openInvite, millis(now), text(operatorID), millis(now))
	return wrap("revoke an operator's invites", err)
}

func (s invites) Purge(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := s.db.write().exec(ctx, `DELETE FROM invite WHERE id IN (SELECT id FROM invite WHERE created_at < ? AND expires_at < ? LIMIT ?)`,
		millis(before), millis(before), limit)
	return n, wrap("purge invites", err)
}
