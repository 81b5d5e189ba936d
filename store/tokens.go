package store

import (
	"context"
	"crypto/rand"
	"time"
)

// Token lets a program in, with a part of the rights of its operator. The token itself is not known here, only its hash.
type Token struct {
	ID          string // made by Add
	Hash        string // SHA-256 of the token in lower-case hex
	OperatorID  string
	Title       string
	Verbs       []string
	Apps        []string // nil: all that the operator has
	Networks    []string // empty: from anywhere
	CreatedAt   time.Time
	ExpiresAt   time.Time // zero: never
	UsedAt      time.Time // about, zero: never
	UsedAddress string
	RevokedAt   time.Time // zero: not
}

// MaxTokens is how many tokens that are not revoked an operator has.
const MaxTokens = 50

// Tokens let programs in. storetest.Tokens is its contract.
type Tokens interface {
	// Add stores a token and returns it with its ID. ErrInvalid: the title is no name, or there are MaxTokens already.
	Add(ctx context.Context, t Token) (Token, error)
	// ByHash returns a token that is neither revoked nor expired, of an operator who is not disabled, or ErrNotFound.
	ByHash(ctx context.Context, hash string, now time.Time) (Token, error)
	// ListOf returns an operator's tokens, the newest first, revoked ones too.
	ListOf(ctx context.Context, operatorID string) ([]Token, error)
	// Touch notes use.
	Touch(ctx context.Context, id string, now time.Time, address string) error
	// Revoke ends one token of an operator. Errors: ErrNotFound.
	Revoke(ctx context.Context, operatorID, id string, now time.Time) error
}

type tokens struct{ db *db }

const tokenColumns = `id, token_hash, operator_id, title, verbs, apps, networks, created_at, expires_at, used_at, used_address, revoked_at`

func scanToken(r scanner) (t Token, err error) {
	var verbs, apps, networks string
	var created, expires, used, revoked int64
	if err = r.Scan(&t.ID, &t.Hash, &t.OperatorID, &t.Title, &verbs, &apps, &networks, &created, &expires, &used, &t.UsedAddress, &revoked); err != nil {
		return t, err
	}
	t.CreatedAt, t.ExpiresAt, t.UsedAt, t.RevokedAt = fromMillis(created), fromMillis(expires), fromMillis(used), fromMillis(revoked)
	if err = readJSON(verbs, &t.Verbs); err == nil {
		err = readJSON(apps, &t.Apps)
	}
	if err == nil {
		err = readJSON(networks, &t.Networks)
	}
	return t, err
}

func (s tokens) Add(ctx context.Context, t Token) (Token, error) {
	title, err := cleanName(t.Title)
	if err != nil {
		return Token{}, wrap("add token", err)
	}
	t.ID, t.Title, t.Verbs, t.Networks = rand.Text(), title, listOf(t.Verbs), listOf(t.Networks)
	t.CreatedAt, t.ExpiresAt = fromMillis(millis(t.CreatedAt)), fromMillis(millis(t.ExpiresAt))
	err = s.db.tx(ctx, func(c conn) error {
		var n int
		if err := c.row(ctx, `SELECT COUNT(*) FROM api_token WHERE operator_id = ? AND revoked_at = 0`, text(t.OperatorID)).Scan(&n); err != nil {
			return err
		}
		if n >= MaxTokens {
			return invalid("there are %d tokens already", n)
		}
		_, err := c.exec(ctx, `INSERT INTO api_token (`+tokenColumns+`) VALUES (`+marks(12)+`)`, t.ID, text(t.Hash), text(t.OperatorID), t.Title,
			jsonOf(t.Verbs), jsonOf(t.Apps), jsonOf(t.Networks), millis(t.CreatedAt), millis(t.ExpiresAt), 0, "", 0)
		return err
	})
	if err != nil {
		return Token{}, wrap("add token", err)
	}
	return t, nil
}

func (s tokens) ByHash(ctx context.Context, hash string, now time.Time) (Token, error) {
	t, err := one(s.db.read().row(ctx, `SELECT `+tokenColumns+` FROM api_token WHERE token_hash = ? AND revoked_at = 0 AND (expires_at = 0 OR expires_at > ?)
		AND operator_id IN (SELECT id FROM operator WHERE disabled = FALSE)`, text(hash), millis(now)), scanToken)
	return t, wrap("find token", err)
}

func (s tokens) ListOf(ctx context.Context, operatorID string) ([]Token, error) {
	list, err := all(ctx, s.db.read(), scanToken, `SELECT `+tokenColumns+` FROM api_token WHERE operator_id = ? ORDER BY created_at DESC, id LIMIT 200`, text(operatorID))
	return list, wrap("list tokens", err)
}

func (s tokens) Touch(ctx context.Context, id string, now time.Time, address string) error {
	_, err := s.db.write().exec(ctx, `UPDATE api_token SET used_at = ?, used_address = ? WHERE id = ?`, millis(now), cut(address, 64), text(id))
	return wrap("touch token", err)
}

func (s tokens) Revoke(ctx context.Context, operatorID, id string, now time.Time) error {
	return wrap("revoke token", s.db.write().execOne(ctx, `UPDATE api_token SET revoked_at = ? WHERE id = ? AND operator_id = ? AND revoked_at = 0`,
		millis(now), text(id), text(operatorID)))
}
