package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"imdesk/store"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// OIDC says with which provider operators sign in. Without an issuer there is none.
type OIDC struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	Title        string // what people call it; "": the issuer's host
	Scopes       []string
	GroupsClaim  string
	Roles        []GroupRole // none: roles are set in the console
	Create       bool        // whoever has a role is added
	Passwords    bool        // whoever is linked may sign in with a password as well
	TrustFactor  bool        // the provider asks for the second factor
	HTTP         *http.Client
}

// GroupRole is the role that a group of the provider's gives.
type GroupRole struct {
	Group string
	Role  Role
}

// ParseGroupRoles reads "GROUP=ROLE". ErrRole: there is no such role.
func ParseGroupRoles(lines []string) ([]GroupRole, error) {
	var list []GroupRole
	for _, line := range lines {
		i := strings.LastIndexByte(line, '=')
		if i < 1 || !Role(line[i+1:]).Valid() {
			return nil, fmt.Errorf("%w: %q", ErrRole, line)
		}
		list = append(list, GroupRole{line[:i], Role(line[i+1:])})
	}
	return list, nil
}

// Where signing in with the provider happens.
const (
	OIDCPath         = "/login/oidc"
	OIDCCallbackPath = "/login/oidc/callback"
)

// What somebody goes to the provider for.
const (
	OIDCSignIn  = "sign-in"
	OIDCLink    = "link"    // to link the account there with an operator who is signed in
	OIDCConfirm = "confirm" // to show again who it is
)

// Why signing in with the provider did not work: text keys.
const (
	OIDCState    = "oidc.state"    // not begun in this browser, begun too long ago, or used already
	OIDCDenied   = "oidc.denied"   // the provider, or the person, said no
	OIDCReach    = "oidc.reach"    // the provider does not answer as it should
	OIDCToken    = "oidc.token"    // what came is not of the provider, not for this console, or not an answer to this
	OIDCExpired  = "oidc.expired"  // what came was good once
	OIDCGroup    = "oidc.group"    // in no group that has a role
	OIDCUnknown  = "oidc.unknown"  // linked to nobody
	OIDCTaken    = "oidc.taken"    // linked to somebody else
	OIDCDisabled = "oidc.disabled" // linked to somebody who may not sign in
	OIDCOther    = "oidc.other"    // not the account that this operator is linked to
)

// OIDCRefused says why signing in with the provider did not work. Detail is for the log.
type OIDCRefused struct {
	Key    string
	Detail string
}

func (e *OIDCRefused) Error() string { return e.Key + ": " + e.Detail }

func noOIDC(key string, format string, args ...any) error {
	return &OIDCRefused{key, fmt.Sprintf(format, args...)}
}

// ErrUseProvider: this operator signs in with the provider only.
var ErrUseProvider = errors.New("this operator signs in with the provider")

// provider is asked who it is when it is first needed: a console starts without it.
type provider struct {
	OIDC
	callback string

	mu    sync.Mutex
	found *oidc.Provider
}

func newProvider(o OIDC, origin string) *provider {
	if o.Issuer == "" || origin == "" {
		return nil
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: 10 * time.Second}
	}
	if u, err := url.Parse(o.Issuer); err == nil {
		o.Title = cmp.Or(o.Title, u.Host)
	}
	return &provider{OIDC: o, callback: strings.TrimSuffix(origin, "/") + OIDCCallbackPath}
}

func (p *provider) find(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// What is found is kept beyond this request, and fetches keys later.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.HTTP), p.Issuer)
	if err != nil {
		return nil, noOIDC(OIDCReach, "%v", err)
	}
	p.found = found
	return found, nil
}

func (p *provider) config(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: found.Endpoint(), RedirectURL: p.callback,
		Scopes: append([]string{oidc.ScopeOpenID}, p.Scopes...),
	}
}

// Provider is what people call the provider to sign in with; "" if there is none.
func (s *Service) Provider() string {
	if s.oidc == nil {
		return ""
	}
	return s.oidc.Title
}

// trusts tells whether the provider has asked for the second factor.
func (s *Service) trusts(method string) bool {
	return s.oidc != nil && s.oidc.TrustFactor && method == MethodOIDC
}

// passwordCounts gives ErrUseProvider for operators who are linked to the provider, where it is the only way.
func (s *Service) passwordCounts(ctx context.Context, o store.Operator) error {
	if s.oidc == nil || s.oidc.Passwords {
		return nil
	}
	_, linked, err := s.linked(ctx, o.ID)
	if err == nil && linked {
		err = ErrUseProvider
	}
	return err
}

// linked is who the operator is at the provider.
func (s *Service) linked(ctx context.Context, operatorID string) (store.Identity, bool, error) {
	if s.oidc == nil {
		return store.Identity{}, false, nil
	}
	list, err := s.store.Credentials.Identities(ctx, operatorID)
	for _, i := range list {
		if i.Issuer == s.oidc.Issuer {
			return i, true, err
		}
	}
	return store.Identity{}, false, err
}

// Linked is the operator's account at the provider, if there is one.
func (s *Service) Linked(ctx context.Context, o Operator) (store.Identity, bool, error) {
	return s.linked(ctx, o.ID)
}

// oidcCookie holds what was sent to the provider, sealed, so that only this browser can come back from it.
const oidcCookie = "__Host-imdesk-oidc"

// linkCookie holds who somebody is at the provider, until the link is asked for.
const linkCookie = "__Host-imdesk-link"

// journeyFor is how long somebody may stay with the provider.
const journeyFor = 15 * time.Minute

type journey struct {
	State, Nonce, Verifier string
	Purpose                string
	Operator               string // who was signed in, but for OIDCSignIn
	Next                   string
	Began, Until           time.Time
}

// BeginOIDC is the address at the provider to go to, for a purpose; next is where to go afterwards. *OIDCRefused with OIDCReach: the
// provider does not answer. o is who is signed in.
func (s *Service) BeginOIDC(w http.ResponseWriter, r *http.Request, purpose, next string, o Operator) (string, error) {
	if s.oidc == nil {
		return "", store.ErrNotFound
	}
	found, err := s.oidc.find(r.Context())
	if err != nil {
		return "", err
	}
	now := s.now()
	j := journey{
		State: randomToken(), Nonce: randomToken(), Verifier: oauth2.GenerateVerifier(), Purpose: purpose, Operator: o.ID,
		Next: SafeNext(next), Began: now, Until: now.Add(journeyFor),
	}
	if err := s.setSealed(w, oidcCookie, journeyFor, j); err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(j.Nonce), oauth2.S256ChallengeOption(j.Verifier)}
	if purpose == OIDCConfirm {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return s.oidc.config(found).AuthCodeURL(j.State, options...), nil
}

// Journey is what became of a way to the provider and back.
type Journey struct {
	Purpose string
	Next    string
}

// claims are what a token says of somebody.
type claims struct {
	issuer, subject string
	name            string
	groups          []string
	authTime        time.Time
}

// FinishOIDC takes what the provider sent the browser back with, and does what it went there for: it signs in, or keeps for Link who it
// is, or confirms. Errors: *OIDCRefused, ErrSecondStep.
func (s *Service) FinishOIDC(w http.ResponseWriter, r *http.Request) (Journey, error) {
	if s.oidc == nil {
		return Journey{}, store.ErrNotFound
	}
	ctx := withAddress(r.Context(), addressOf(r))
	r = r.WithContext(ctx)
	j, err := s.cameBack(w, r)
	if err != nil {
		return Journey{}, err
	}
	done := Journey{Purpose: j.Purpose, Next: SafeNext(j.Next)}
	q := r.URL.Query()
	if q.Get("error") != "" {
		return done, noOIDC(OIDCDenied, "the provider answered %.60q", q.Get("error"))
	}
	who, err := s.exchange(ctx, q.Get("code"), j)
	if err != nil {
		return done, err
	}
	if j.Purpose == OIDCSignIn {
		_, err := s.admitIdentity(w, r, who)
		return done, err
	}
	by, ok := OperatorFrom(ctx)
	if !ok || by.ID != j.Operator {
		return done, noOIDC(OIDCState, "another operator is signed in by now")
	}
	if j.Purpose == OIDCLink {
		return done, s.setSealed(w, linkCookie, journeyFor, offer{who.issuer, who.subject, who.name, by.ID, s.now().Add(journeyFor)})
	}
	linked, is, err := s.linked(ctx, by.ID)
	switch {
	case err != nil:
		return done, err
	case !is || linked.Subject != who.subject:
		return done, noOIDC(OIDCOther, "another account than the operator's")
	case who.authTime.Before(j.Began.Add(-time.Minute)):
		return done, noOIDC(OIDCExpired, "the provider asked for no password: signed in there at %v", who.authTime)
	}
	_, err = s.confirmed(w, r, by, MethodOIDC)
	return done, err
}

// cameBack finds what was sent to the provider, once.
func (s *Service) cameBack(w http.ResponseWriter, r *http.Request) (journey, error) {
	var j journey
	state := r.URL.Query().Get("state")
	switch {
	case !s.readSealed(r, oidcCookie, &j):
		return j, noOIDC(OIDCState, "nothing was begun in this browser")
	case state == "" || state != j.State:
		return j, noOIDC(OIDCState, "the state is another one")
	case !s.now().Before(j.Until):
		return j, noOIDC(OIDCState, "begun too long ago")
	}
	dropCookie(w, oidcCookie)
	fresh, err := s.store.Once.Add(r.Context(), "oidc/"+j.State, nil, j.Until)
	if err == nil && !fresh {
		err = noOIDC(OIDCState, "used before")
	}
	return j, err
}

// exchange turns the code into what the provider says of somebody. Signature, issuer, audience and time are the library's to check.
func (s *Service) exchange(ctx context.Context, code string, j journey) (claims, error) {
	found, err := s.oidc.find(ctx)
	if err != nil {
		return claims{}, err
	}
	ctx = oidc.ClientContext(ctx, s.oidc.HTTP)
	config := s.oidc.config(found)
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(j.Verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) { // its text holds the whole answer
			return claims{}, noOIDC(OIDCToken, "the provider does not take the code: %.60q", refused.ErrorCode)
		}
		return claims{}, noOIDC(OIDCReach, "%v", err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.Verifier(&oidc.Config{ClientID: s.oidc.ClientID, Now: s.now}).Verify(ctx, raw)
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return claims{}, noOIDC(OIDCExpired, "expired at %v", expired.Expiry)
	case err != nil:
		return claims{}, noOIDC(OIDCToken, "%v", err)
	case id.Nonce != j.Nonce:
		return claims{}, noOIDC(OIDCToken, "the nonce is another one")
	}
	return s.claims(ctx, found, config.TokenSource(ctx, token), id)
}

// said is the part of a token that is read.
type said struct {
	Name     string `json:"name"`
	Username string `json:"preferred_username"`
	Email    string `json:"email"`
	AuthTime int64  `json:"auth_time"`
	Party    string `json:"azp"`
}

// claims reads the token, and asks the provider for groups that are not in it.
func (s *Service) claims(ctx context.Context, found *oidc.Provider, source oauth2.TokenSource, id *oidc.IDToken) (claims, error) {
	var t said
	var all map[string]json.RawMessage
	if err := errors.Join(id.Claims(&t), id.Claims(&all)); err != nil {
		return claims{}, noOIDC(OIDCToken, "%v", err)
	}
	if t.Party != "" && t.Party != s.oidc.ClientID {
		return claims{}, noOIDC(OIDCToken, "made for %.60q", t.Party)
	}
	c := claims{issuer: id.Issuer, subject: id.Subject, name: cmp.Or(t.Username, t.Email, t.Name, id.Subject), authTime: time.Unix(t.AuthTime, 0)}
	groups, there := all[s.oidc.GroupsClaim]
	if !there && len(s.oidc.Roles) > 0 && found.UserInfoEndpoint() != "" {
		info, err := found.UserInfo(ctx, source)
		if err != nil {
			return claims{}, noOIDC(OIDCReach, "%v", err)
		}
		var more map[string]json.RawMessage
		if err := info.Claims(&more); err != nil || info.Subject != id.Subject {
			return claims{}, noOIDC(OIDCToken, "the provider tells of somebody else: %v", err)
		}
		groups = more[s.oidc.GroupsClaim]
	}
	var one string
	if json.Unmarshal(groups, &c.groups) != nil && json.Unmarshal(groups, &one) == nil {
		c.groups = []string{one}
	}
	return c, nil
}

// roleOf is the highest role of somebody's groups.
func (p *provider) roleOf(groups []string) (Role, bool) {
	var best Role
	for _, g := range p.Roles {
		if slices.Contains(groups, g.Group) && (best == "" || g.Role.AtLeast(best)) {
			best = g.Role
		}
	}
	return best, best != ""
}

// admitIdentity lets in who the provider says it is, with the role that it says.
func (s *Service) admitIdentity(w http.ResponseWriter, r *http.Request, who claims) (Operator, error) {
	ctx := r.Context()
	role, has := s.oidc.roleOf(who.groups)
	if len(s.oidc.Roles) > 0 && !has {
		return Operator{}, noOIDC(OIDCGroup, "%d groups, none of which has a role", len(who.groups))
	}
	o, err := s.operatorOf(ctx, who, role)
	if err != nil {
		return Operator{}, err
	}
	if o.Disabled {
		failed := s.recordOver(ctx, Operator{ID: o.ID, Name: o.Name}, actSignIn, store.AuditFailed)
		return Operator{}, errors.Join(failed, noOIDC(OIDCDisabled, "disabled"))
	}
	if has && string(role) != o.Role {
		err := s.SetRole(ctx, Operator{Name: s.oidc.Title}, o.ID, role)
		if err != nil && !errors.Is(err, store.ErrLastOwner) { // the last owner stays one, whatever the groups
			return Operator{}, err
		}
		if o, err = s.store.Operators.Get(ctx, o.ID); err != nil {
			return Operator{}, err
		}
	}
	return s.admit(w, r, o, MethodOIDC)
}

// operatorOf finds the operator who is linked, or adds one where that is allowed.
func (s *Service) operatorOf(ctx context.Context, who claims, role Role) (store.Operator, error) {
	found, err := s.store.Credentials.Identity(ctx, who.issuer, who.subject)
	if errors.Is(err, store.ErrNotFound) {
		if !s.oidc.Create || role == "" {
			return store.Operator{}, noOIDC(OIDCUnknown, "linked to nobody")
		}
		return s.addIdentity(ctx, who, role)
	}
	if err != nil {
		return store.Operator{}, err
	}
	found.Name, found.UsedAt = who.name, s.now()
	if err := s.store.Credentials.Link(ctx, found); err != nil {
		return store.Operator{}, err
	}
	return s.store.Operators.Get(ctx, found.OperatorID)
}

// addIdentity adds an operator without a password. A name that is taken is somebody else's: whoever has a name at the provider must
// not become the operator of that name.
func (s *Service) addIdentity(ctx context.Context, who claims, role Role) (store.Operator, error) {
	var added store.Operator
	by := Operator{Name: s.oidc.Title}
	err := s.recorded(ctx, by, actAdd, map[string]string{"name": who.name, "role": string(role)}, func() error {
		name := []rune(who.name)
		base := string(name[:min(len(name), store.MaxOperatorName-4)])
		var err error
		for n := 1; n < 100; n++ {
			try := base
			if n > 1 {
				try = fmt.Sprintf("%s %d", base, n)
			}
			added, err = s.store.Operators.Add(ctx, store.Operator{
				Name: try, Role: string(role), CreatedAt: s.now(), Prefs: store.Prefs{SingleKeys: true},
			})
			if !errors.Is(err, store.ErrConflict) {
				break
			}
		}
		if err != nil {
			return err
		}
		return s.store.Credentials.Link(ctx, store.Identity{
			Issuer: who.issuer, Subject: who.subject, OperatorID: added.ID, Name: who.name, AddedAt: s.now(), UsedAt: s.now(),
		})
	})
	return added, err
}

// offer is a link that was not asked for yet.
type offer struct {
	Issuer, Subject, Name, Operator string
	Until                           time.Time
}

// OfferedLink is the account at the provider that the operator came back with, if there is one.
func (s *Service) OfferedLink(r *http.Request, o Operator) (name string, ok bool) {
	var of offer
	ok = s.readSealed(r, linkCookie, &of) && of.Operator == o.ID && s.now().Before(of.Until)
	return of.Name, ok
}

// Link links the account that the operator came back with. Errors: *OIDCRefused with OIDCState or OIDCTaken.
func (s *Service) Link(w http.ResponseWriter, r *http.Request, by Operator) error {
	var of offer
	if !s.readSealed(r, linkCookie, &of) || of.Operator != by.ID || !s.now().Before(of.Until) {
		return noOIDC(OIDCState, "nothing to link")
	}
	dropCookie(w, linkCookie)
	err := s.recorded(r.Context(), by, actLink, map[string]string{"issuer": of.Issuer, "account": of.Name}, func() error {
		return s.store.Credentials.Link(r.Context(), store.Identity{
			Issuer: of.Issuer, Subject: of.Subject, OperatorID: by.ID, Name: of.Name, AddedAt: s.now(), UsedAt: s.now(),
		})
	})
	if errors.Is(err, store.ErrConflict) {
		return noOIDC(OIDCTaken, "linked to somebody else")
	}
	return err
}

// Unlink forgets the operator's account at the provider. Errors: store.ErrNotFound.
func (s *Service) Unlink(ctx context.Context, by Operator) error {
	linked, is, err := s.linked(ctx, by.ID)
	if err != nil {
		return err
	}
	if !is {
		return store.ErrNotFound
	}
	return s.recorded(ctx, by, actUnlink, map[string]string{"issuer": linked.Issuer, "account": linked.Name}, func() error {
		return s.store.Credentials.Unlink(ctx, by.ID, linked.Issuer, linked.Subject)
	})
}
