package store

import (
	"bytes"
	"context"
	"slices"
	"time"
)

// Limits of what an operator proves itself with.
const (
	MaxPasskeys    = 20
	MaxPasskeyData = 16 << 10 // bytes
	MaxPasskeyName = 200      // bytes
	MaxCodes       = 100      // recovery codes
)

// Factors is what an operator has beside the password.
type Factors struct {
	TOTP     bool      // an app that shows codes
	TOTPAt   time.Time // when it was set up
	TOTPUsed time.Time // zero: never
	Passkeys int
	Codes    int // recovery codes that were not used
}

// Any tells whether there is one that is asked for at sign-in. Recovery codes stand in for one, and are none.
func (f Factors) Any() bool { return f.TOTP || f.Passkeys > 0 }

// Passkey is a key that lies in a device of the operator; here is its public half.
type Passkey struct {
	ID         string // of the credential, in base64url
	OperatorID string
	Name       string // as the operator calls it
	Data       []byte // what package auth keeps of it
	AddedAt    time.Time
	UsedAt     time.Time // zero: never
	Warned     bool      // there may be a copy of it
}

// Identity is who an operator is at a provider.
type Identity struct {
	Issuer, Subject string // together they name somebody for ever
	OperatorID      string
	Name            string // as the provider shows it
	AddedAt, UsedAt time.Time
}

// Credentials is what operators prove themselves with beside passwords. storetest.Credentials is its contract.
type Credentials interface {
	// Factors tells what an operator has; one who does not exist has nothing.
	Factors(ctx context.Context, operatorID string) (Factors, error)

	// SetTOTP sets up codes whose sealed seed goes to Secrets under TOTPSecret, and marks step as used.
	SetTOTP(ctx context.Context, operatorID string, sealed []byte, step int64, at time.Time) error
	// UseTOTP marks a step as used, and tells whether it, and all after it, were not: a code counts once, whoever comes with it.
	UseTOTP(ctx context.Context, operatorID string, step int64, at time.Time) (bool, error)
	// RemoveTOTP forgets codes and seed. ErrNotFound: there are none.
	RemoveTOTP(ctx context.Context, operatorID string) error

	// AddPasskey adds a passkey. ErrConflict: it is there already. ErrInvalid over MaxPasskeys, or what one may hold.
	AddPasskey(ctx context.Context, p Passkey) error
	// Passkeys lists an operator's, in the order they were added.
	Passkeys(ctx context.Context, operatorID string) ([]Passkey, error)
	// UsePasskey keeps what has changed with a use, unless somebody else did since it was read: then it is false.
	UsePasskey(ctx context.Context, before Passkey, data []byte, at time.Time, warned bool) (bool, error)
	// RenamePasskey and RemovePasskey give ErrNotFound if the operator has no such passkey.
	RenamePasskey(ctx context.Context, operatorID, id, name string) error
	RemovePasskey(ctx context.Context, operatorID, id string) error

	// SetCodes replaces all recovery codes by new ones, given as hashes. ErrInvalid over MaxCodes.
	SetCodes(ctx context.Context, operatorID string, hashes []string) error
	// UseCode marks a recovery code as used, and tells whether it was there and was not.
	UseCode(ctx context.Context, operatorID, hash string, at time.Time) (bool, error)

	// Reset forgets everything but the password and who the operator is at providers.
	Reset(ctx context.Context, operatorID string) error

	// Link notes who an operator is at a provider. ErrConflict: that is another operator already.
	Link(ctx context.Context, i Identity) error
	// Identity finds one, or gives ErrNotFound.
	Identity(ctx context.Context, issuer, subject string) (Identity, error)
	// Identities lists an operator's.
	Identities(ctx context.Context, operatorID string) ([]Identity, error)
	// Unlink forgets one of an operator, or gives ErrNotFound.
	Unlink(ctx context.Context, operatorID, issuer, subject string) error
}

// TOTPSecret is the name of an operator's seed in Secrets.
func TOTPSecret(operatorID string) string { return "totp/" + operatorID }

type credentials struct{ db *db }

func (s credentials) Factors(ctx context.Context, operatorID string) (f Factors, err error) {
	id := text(operatorID)
	var added, used int64
	err = s.db.read().row(ctx, `SELECT
		(SELECT COUNT(*) FROM passkey WHERE operator_id = ?),
		(SELECT COUNT(*) FROM recovery_code WHERE operator_id = ? AND used_at = 0),
		COALESCE((SELECT added_at FROM totp WHERE operator_id = ?), 0), COALESCE((SELECT used_at FROM totp WHERE operator_id = ?), 0)`,
		id, id, id, id).Scan(&f.Passkeys, &f.Codes, &added, &used)
	f.TOTP, f.TOTPAt, f.TOTPUsed = added != 0, fromMillis(added), fromMillis(used)
	return f, wrap("read an operator's factors", err)
}

func (s credentials) SetTOTP(ctx context.Context, operatorID string, sealed []byte, step int64, at time.Time) error {
	return wrap("set up codes", s.db.tx(ctx, func(c conn) error {
		if _, err := c.exec(ctx, `INSERT INTO totp (operator_id, added_at, used_at, last_step) VALUES (?, ?, 0, ?)
			ON CONFLICT (operator_id) DO UPDATE SET added_at = excluded.added_at, used_at = 0, last_step = excluded.last_step`,
			text(operatorID), millis(at), step); err != nil {
			return err
		}
		return putSecret(ctx, c, TOTPSecret(operatorID), sealed, at)
	}))
}

func (s credentials) UseTOTP(ctx context.Context, operatorID string, step int64, at time.Time) (bool, error) {
	n, err := s.db.write().exec(ctx, `UPDATE totp SET last_step = ?, used_at = ? WHERE operator_id = ? AND last_step < ?`,
		step, millis(at), text(operatorID), step)
	return n > 0, wrap("use a code", err)
}

func (s credentials) RemoveTOTP(ctx context.Context, operatorID string) error {
	return wrap("remove codes", s.db.tx(ctx, func(c conn) error {
		if err := c.execOne(ctx, `DELETE FROM totp WHERE operator_id = ?`, text(operatorID)); err != nil {
			return err
		}
		_, err := c.exec(ctx, `DELETE FROM secret WHERE name = ?`, text(TOTPSecret(operatorID)))
		return err
	}))
}

const passkeyColumns = `id, operator_id, name, data, added_at, used_at, warned`

func scanPasskey(r scanner) (p Passkey, err error) {
	var added, used int64
	err = r.Scan(&p.ID, &p.OperatorID, &p.Name, &p.Data, &added, &used, &p.Warned)
	p.AddedAt, p.UsedAt = fromMillis(added), fromMillis(used)
	return p, err
}

func (s credentials) AddPasskey(ctx context.Context, p Passkey) error {
	return wrap("add a passkey", s.db.tx(ctx, func(c conn) error {
		if len(p.ID) > 2048 || len(p.Data) == 0 || len(p.Data) > MaxPasskeyData {
			return invalid("a passkey of %d bytes", len(p.Data))
		}
		n, err := c.exec(ctx, `INSERT INTO passkey (`+passkeyColumns+`) VALUES (`+marks(7)+`) ON CONFLICT (id) DO NOTHING`,
			text(p.ID), text(p.OperatorID), cut(p.Name, MaxPasskeyName), p.Data, millis(p.AddedAt), millis(p.UsedAt), p.Warned)
		if err == nil && n == 0 {
			err = ErrConflict
		}
		if err != nil {
			return err
		}
		return atMost(ctx, c, MaxPasskeys, "passkeys", `SELECT COUNT(*) FROM passkey WHERE operator_id = ?`, text(p.OperatorID))
	}))
}

func (s credentials) Passkeys(ctx context.Context, operatorID string) ([]Passkey, error) {
	list, err := all(ctx, s.db.read(), scanPasskey, `SELECT `+passkeyColumns+` FROM passkey WHERE operator_id = ? ORDER BY added_at, id`,
		text(operatorID))
	return list, wrap("list passkeys", err)
}

func (s credentials) UsePasskey(ctx context.Context, before Passkey, data []byte, at time.Time, warned bool) (bool, error) {
	const op = "use a passkey"
	if len(data) == 0 || len(data) > MaxPasskeyData {
		return false, wrap(op, invalid("a passkey of %d bytes", len(data)))
	}
	n, err := s.db.write().exec(ctx, `UPDATE passkey SET data = ?, used_at = ?, warned = ? WHERE id = ? AND operator_id = ? AND data = ?`,
		data, millis(at), warned, text(before.ID), text(before.OperatorID), bytes.Clone(before.Data))
	return n > 0, wrap(op, err)
}

func (s credentials) RenamePasskey(ctx context.Context, operatorID, id, name string) error {
	return wrap("rename a passkey", s.db.write().execOne(ctx, `UPDATE passkey SET name = ? WHERE id = ? AND operator_id = ?`,
		cut(name, MaxPasskeyName), text(id), text(operatorID)))
}

func (s credentials) RemovePasskey(ctx context.Context, operatorID, id string) error {
	return wrap("remove a passkey", s.db.write().execOne(ctx, `DELETE FROM passkey WHERE id = ? AND operator_id = ?`,
		text(id), text(operatorID)))
}

func (s credentials) SetCodes(ctx context.Context, operatorID string, hashes []string) error {
	return wrap("set recovery codes", s.db.tx(ctx, func(c conn) error {
		if len(hashes) > MaxCodes {
			return invalid("%d recovery codes, at most %d", len(hashes), MaxCodes)
		}
		if _, err := c.exec(ctx, `DELETE FROM recovery_code WHERE operator_id = ?`, text(operatorID)); err != nil {
			return err
		}
		for _, h := range slices.Sorted(slices.Values(hashes)) {
			if _, err := c.exec(ctx, `INSERT INTO recovery_code (operator_id, hash, used_at) VALUES (?, ?, 0)`, text(operatorID), text(h)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (s credentials) UseCode(ctx context.Context, operatorID, hash string, at time.Time) (bool, error) {
	n, err := s.db.write().exec(ctx, `UPDATE recovery_code SET used_at = ? WHERE operator_id = ? AND hash = ? AND used_at = 0`,
		millis(at), text(operatorID), text(hash))
	return n > 0, wrap("use a recovery code", err)
}

func (s credentials) Reset(ctx context.Context, operatorID string) error {
	return wrap("reset an operator's factors", s.db.tx(ctx, func(c conn) error {
		for _, table := range []string{"totp", "passkey", "recovery_code"} {
			if _, err := c.exec(ctx, `DELETE FROM `+table+` WHERE operator_id = ?`, text(operatorID)); err != nil {
				return err
			}
		}
		_, err := c.exec(ctx, `DELETE FROM secret WHERE name = ?`, text(TOTPSecret(operatorID)))
		return err
	}))
}

const identityColumns = `issuer, subject, operator_id, name, added_at, used_at`

func scanIdentity(r scanner) (i Identity, err error) {
	var added, used int64
	err = r.Scan(&i.Issuer, &i.Subject, &i.OperatorID, &i.Name, &added, &used)
	i.AddedAt, i.UsedAt = fromMillis(added), fromMillis(used)
	return i, err
}

// maxIdentityName is the length of a name at a provider in bytes.
const maxIdentityName = 320

func (s credentials) Link(ctx context.Context, i Identity) error {
	n, err := s.db.write().exec(ctx, `INSERT INTO identity (`+identityColumns+`) VALUES (`+marks(6)+`)
		ON CONFLICT (issuer, subject) DO UPDATE SET name = excluded.name, used_at = excluded.used_at
		WHERE identity.operator_id = excluded.operator_id`,
		text(i.Issuer), text(i.Subject), text(i.OperatorID), cut(i.Name, maxIdentityName), millis(i.AddedAt), millis(i.UsedAt))
	if err == nil && n == 0 {
		err = ErrConflict
	}
	return wrap("link an operator", err)
}

func (s credentials) Identity(ctx context.Context, issuer, subject string) (Identity, error) {
	i, err := one(s.db.read().row(ctx, `SELECT `+identityColumns+` FROM identity WHERE issuer = ? AND subject = ?`, text(issuer), text(subject)), scanIdentity)
	return i, wrap("get an identity", err)
}

func (s credentials) Identities(ctx context.Context, operatorID string) ([]Identity, error) {
	list, err := all(ctx, s.db.read(), scanIdentity, `SELECT `+identityColumns+` FROM identity WHERE operator_id = ? ORDER BY added_at, issuer, subject`,
		text(operatorID))
	return list, wrap("list identities", err)
}

func (s credentials) Unlink(ctx context.Context, operatorID, issuer, subject string) error {
	return wrap("unlink an operator", s.db.write().execOne(ctx, `DELETE FROM identity WHERE operator_id = ? AND issuer = ? AND subject = ?`,
		text(operatorID), text(issuer), text(subject)))
}
