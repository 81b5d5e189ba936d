package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"imdesk/store"
)

// TokenPrefix begins every API token, so that people and scanners recognise one.
const TokenPrefix = "imdesk_"

// What is wrong with a token.
var (
	ErrToken        = errors.New("no such API token") // or not any more
	ErrTokenAddress = errors.New("the API token does not count from this address")
)

// NewToken is what a token is to be.
type NewToken struct {
	Title    string
	Verbs    []Verb
	Apps     []string // nil: all that the operator has
	Networks []netip.Prefix
	Lasts    time.Duration // 0: it does not end by itself
}

// MakeToken makes a token of by. The secret is returned once; the database has its hash. Errors: *Outranked, ErrVerb,
// store.ErrInvalid (the title is no name, or there are too many).
func (s *Service) MakeToken(ctx context.Context, by Operator, n NewToken) (store.Token, string, error) {
	by, err := s.fresh(ctx, by)
	if err != nil {
		return store.Token{}, "", err
	}
	if len(n.Verbs) == 0 || n.Apps != nil && len(n.Apps) == 0 {
		return store.Token{}, "", fmt.Errorf("%s: %w: none", actMakeToken, ErrVerb)
	}
	for _, v := range n.Verbs {
		if _, known := least[v]; !known || ofConsole[v] {
			return store.Token{}, "", fmt.Errorf("%s: %w: %q", actMakeToken, ErrVerb, v)
		}
		if !by.Can(v) {
			return store.Token{}, "", fmt.Errorf("%s: %w", actMakeToken, &Outranked{Verb: v})
		}
		for _, app := range n.Apps {
			if !by.CanIn(app, v) {
				return store.Token{}, "", fmt.Errorf("%s: %w", actMakeToken, &Outranked{Verb: v, App: app})
			}
		}
	}
	secret := TokenPrefix + newToken()
	t := store.Token{Hash: tokenHash(secret), OperatorID: by.ID, Title: n.Title, Verbs: names(n.Verbs), Apps: n.Apps, CreatedAt: s.now()}
	detail := map[string]string{"name": n.Title, "added": listed(n.Verbs)}
	if n.Apps != nil {
		detail["apps"] = strings.Join(n.Apps, ", ")
	}
	for _, p := range n.Networks {
		t.Networks = append(t.Networks, p.String())
	}
	if len(t.Networks) > 0 {
		detail["networks"] = strings.Join(t.Networks, ", ")
	}
	if n.Lasts > 0 {
		t.ExpiresAt = s.now().Add(n.Lasts)
		detail["until"] = t.ExpiresAt.UTC().Format(time.RFC3339)
	}
	var made store.Token
	err = s.recorded(ctx, by, actMakeToken, detail, func() (err error) {
		made, err = s.store.Tokens.Add(ctx, t)
		return err
	})
	return made, secret, err
}

// LoadToken is who comes with a token: its operator with the rights that both have now. It notes the use about once a minute.
// Errors: ErrToken, ErrTokenAddress.
func (s *Service) LoadToken(ctx context.Context, secret, address string) (Operator, store.Token, error) {
	if !strings.HasPrefix(secret, TokenPrefix) || len(secret) > 200 {
		return Operator{}, store.Token{}, ErrToken
	}
	now := s.now()
	t, err := s.store.Tokens.ByHash(ctx, tokenHash(secret), now)
	if errors.Is(err, store.ErrNotFound) {
		err = ErrToken
	}
	if err != nil {
		return Operator{}, store.Token{}, err
	}
	o, err := s.Operator(ctx, t.OperatorID)
	if err != nil {
		return Operator{}, t, err
	}
	if !o.Can(VerbTokens) {
		return Operator{}, t, ErrToken
	}
	if len(t.Networks) > 0 && !inNetworks(t.Networks, address) {
		return Operator{}, t, ErrTokenAddress
	}
	if now.Sub(t.UsedAt) >= touchEvery || t.UsedAddress != address && now.Sub(t.UsedAt) >= time.Second {
		if err := s.store.Tokens.Touch(ctx, t.ID, now, address); err != nil {
			return Operator{}, t, err
		}
	}
	o.TokenID, o.Token, o.rights = t.ID, t.Title, o.rights.within(knownVerbs(t.Verbs), t.Apps)
	return o, t, nil
}

// within are the rights that a token leaves.
func (r *rights) within(verbs []Verb, apps []string) *rights {
	n := &rights{all: verbSet{}, apps: map[string]verbSet{}, held: r.held}
	for _, v := range verbs {
		if ofConsole[v] {
			continue
		}
		if apps == nil && r.all[v] {
			n.all[v] = true
		}
		for app, set := range r.apps {
			if set[v] && (apps == nil || slices.Contains(apps, app)) {
				n.give(app, v)
			}
		}
		for _, app := range apps {
			if r.all[v] {
				n.give(app, v)
			}
		}
	}
	return n
}

func (r *rights) give(app string, v Verb) {
	if r.apps[app] == nil {
		r.apps[app] = verbSet{}
	}
	r.apps[app][v] = true
}

// Tokens lists an operator's tokens, those that have ended too. Errors: *Outranked for somebody else's.
func (s *Service) Tokens(ctx context.Context, by Operator, operatorID string) ([]store.Token, error) {
	if err := s.mayTouch(ctx, by, operatorID); err != nil {
		return nil, err
	}
	return s.store.Tokens.ListOf(ctx, operatorID)
}

// RevokeToken ends a token. Errors: *Outranked, store.ErrNotFound (it has ended already).
func (s *Service) RevokeToken(ctx context.Context, by Operator, operatorID, id string) error {
	list, err := s.Tokens(ctx, by, operatorID)
	if err != nil {
		return err
	}
	n := slices.IndexFunc(list, func(t store.Token) bool { return t.ID == id })
	if n < 0 {
		return store.ErrNotFound
	}
	detail := map[string]string{"operator": operatorID, "name": list[n].Title}
	return s.recorded(ctx, by, actRevokeToken, detail, func() error { return s.store.Tokens.Revoke(ctx, operatorID, id, s.now()) })
}
