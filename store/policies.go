package store

import (
	"context"
	"encoding/json"
	"time"
)

// Keys of policies.
const (
	PolicyGuard     = "guard"     // what needs a second person, a quota or a cool-down
	PolicyRetention = "retention" // how long what is kept
)

// MaxPolicy is how many bytes a policy may have.
const MaxPolicy = 256 << 10

// Policy is a document that owners change as a whole.
type Policy struct {
	Key       string
	Version   int64 // 0: it was never set
	Body      json.RawMessage
	ChangedAt time.Time
	ChangedBy string // name of the operator
}

// Policies are what owners decided for all. storetest.Policies is the contract.
type Policies interface {
	// Get returns a policy, or one with Version 0 and no Body if it was never set.
	Get(ctx context.Context, key string) (Policy, error)
	// Set stores p as the version after p.Version, and returns it. ErrConflict: somebody changed it since p.Version.
	Set(ctx context.Context, p Policy) (Policy, error)
}

type policies struct{ db *db }

func (s policies) Get(ctx context.Context, key string) (Policy, error) {
	list, err := all(ctx, s.db.read(), func(r scanner) (Policy, error) {
		p, body, at := Policy{Key: key}, "", int64(0)
		err := r.Scan(&p.Version, &body, &at, &p.ChangedBy)
		p.Body, p.ChangedAt = json.RawMessage(body), fromMillis(at)
		return p, err
	}, `SELECT version, body, changed_at, changed_by FROM policy WHERE key = ?`, text(key))
	if err != nil || len(list) == 0 {
		return Policy{Key: key}, wrap("get policy", err)
	}
	return list[0], nil
}

func (s policies) Set(ctx context.Context, p Policy) (Policy, error) {
	const op = "set policy"
	body, err := objectJSON(p.Body)
	if err == nil && len(body) > MaxPolicy {
		err = invalid("the policy has %d bytes, at most %d fit", len(body), MaxPolicy)
	}
	if err != nil {
		return p, wrap(op, err)
	}
	next := p
	next.Version, next.Body, next.ChangedAt = p.Version+1, json.RawMessage(body), fromMillis(millis(p.ChangedAt))
	n := 0
	if p.Version == 0 {
		n, err = s.db.write().exec(ctx, `INSERT INTO policy (key, version, body, changed_at, changed_by) VALUES (?, 1, ?, ?, ?)
			ON CONFLICT DO NOTHING`, text(p.Key), body, millis(p.ChangedAt), text(p.ChangedBy))
	} else {
		n, err = s.db.write().exec(ctx, `UPDATE policy SET version = ?, body = ?, changed_at = ?, changed_by = ? WHERE key = ? AND version = ?`,
			next.Version, body, millis(p.ChangedAt), text(p.ChangedBy), text(p.Key), p.Version)
	}
	if err == nil && n == 0 {
		err = ErrConflict
	}
	return next, wrap(op, err)
}
