package auth

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"imdesk/store"

	"github.com/gorilla/sessions"
)

// CookieName is the cookie that holds the token. Browsers take a cookie with this prefix only if it is Secure, for this
// host alone and for all paths; http://127.0.0.1 and http://localhost count as secure for it.
const CookieName = "__Host-imdesk"

const (
	tokenSize  = 32          // bytes
	touchEvery = time.Minute // how exactly the last use is known
)

// ErrNobody: a session without an operator is not kept, or visitors could fill the database.
var ErrNobody = errors.New("no operator is signed in")

// SessionStore keeps gorilla sessions in the database. The cookie holds a random token, the database its hash.
type SessionStore struct {
	store          *store.Store
	now            func() time.Time
	idle, absolute time.Duration
	shared         bool // other processes change sessions: nothing is kept in memory
	cache          cache

	// mustEnrol tells whether somebody has to set up a second factor before anything else.
	mustEnrol func(context.Context, Operator, store.Session) (bool, error)
}

var _ sessions.Store = (*SessionStore)(nil)

// ownerKey is the key of Session.Values under which the operator stands. It is not stored with the values.
type ownerKey struct{}

// Get returns the request's session; the same one each time it is asked.
func (s *SessionStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New reads the session that the cookie names. One that is unknown, has expired, or whose operator is disabled is a new
// session. An error means that the database did not answer.
func (s *SessionStore) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	session.IsNew = true
	session.Options = s.options()
	cookie, err := r.Cookie(name)
	if err != nil || len(cookie.Value) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return session, nil
	}
	loaded, err := s.load(r.Context(), tokenHash(cookie.Value))
	if errors.Is(err, store.ErrNotFound) {
		return session, nil
	}
	if err != nil {
		return session, fmt.Errorf("load session: %w", err)
	}
	if len(loaded.session.Data) > 0 {
		if err := gob.NewDecoder(bytes.NewReader(loaded.session.Data)).Decode(&session.Values); err != nil {
			return session, fmt.Errorf("load session: %w", err)
		}
	}
	operator := asOperator(loaded.operator, loaded.held)
	operator.SessionID, operator.Method = loaded.session.ID, loaded.session.Method
	operator.ConfirmedAt, operator.MustEnrol = loaded.session.ConfirmedAt, loaded.mustEnrol
	session.Values[ownerKey{}] = operator
	session.ID, session.IsNew = cookie.Value, false
	return session, nil
}

// Look tells whose session the cookie names now, without counting it as a use: for what stays open while nobody does anything. It is
// ErrNotFound of the store once there is none.
func (s *SessionStore) Look(r *http.Request) (Operator, error) {
	cookie, err := r.Cookie(CookieName)
	if err != nil {
		return Operator{}, store.ErrNotFound
	}
	l, err := s.look(r.Context(), tokenHash(cookie.Value))
	if err != nil {
		return Operator{}, err
	}
	o := asOperator(l.operator, l.held)
	o.SessionID, o.Method, o.ConfirmedAt, o.MustEnrol = l.session.ID, l.session.Method, l.session.ConfirmedAt, l.mustEnrol
	return o, nil
}

// Save keeps the values of a session, or deletes it if its MaxAge is negative. A session without an ID gets a new token:
// that is for signing in only. It has to be called before the first byte of the body.
func (s *SessionStore) Save(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	ctx := r.Context()
	if session.Options.MaxAge < 0 {
		if session.ID != "" {
			if err := s.end(ctx, tokenHash(session.ID)); err != nil {
				return err
			}
		}
		http.SetCookie(w, sessions.NewCookie(session.Name(), "", session.Options))
		return nil
	}
	operator, ok := session.Values[ownerKey{}].(Operator)
	if !ok {
		return ErrNobody
	}
	data, err := encodeValues(session.Values)
	if err != nil {
		return err
	}
	if session.ID != "" {
		id := tokenHash(session.ID)
		defer s.cache.drop(id)
		return s.store.Sessions.SetData(ctx, id, data)
	}
	session.ID = randomToken()
	now := s.now()
	if err := s.store.Sessions.Add(ctx, store.Session{
		ID: tokenHash(session.ID), OperatorID: operator.ID, CreatedAt: now, UsedAt: now,
		IdleExpiresAt: now.Add(s.idle), ExpiresAt: now.Add(s.absolute),
		Address: addressOf(r), UserAgent: r.UserAgent(), Data: data,
		Method: operator.Method, ConfirmedAt: now,
	}); err != nil {
		session.ID = ""
		return err
	}
	http.SetCookie(w, sessions.NewCookie(session.Name(), session.ID, session.Options))
	return nil
}

func randomToken() string {
	token := make([]byte, tokenSize)
	rand.Read(token) // never fails
	return base64.RawURLEncoding.EncodeToString(token)
}

// renew gives a session another token, and notes that its operator has just shown who it is.
func (s *SessionStore) renew(w http.ResponseWriter, r *http.Request, session *sessions.Session, now time.Time) error {
	token := randomToken()
	old := tokenHash(session.ID)
	defer s.cache.drop(old)
	if err := s.store.Sessions.Renew(r.Context(), old, tokenHash(token), now); err != nil {
		return err
	}
	session.ID = token
	http.SetCookie(w, sessions.NewCookie(session.Name(), token, session.Options))
	return nil
}

func (s *SessionStore) options() *sessions.Options {
	return &sessions.Options{Path: "/", MaxAge: int(s.absolute / time.Second), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// load reads a session and its operator, and notes the use now and then.
func (s *SessionStore) load(ctx context.Context, id string) (loaded, error) {
	l, err := s.look(ctx, id)
	now := s.now()
	if err == nil && now.Sub(l.session.UsedAt) >= touchEvery {
		if err := s.store.Sessions.Touch(ctx, id, now, now.Add(s.idle), AddressFrom(ctx)); err != nil {
			return l, err
		}
		s.cache.drop(id)
	}
	return l, err
}

// look reads a session and its operator.
func (s *SessionStore) look(ctx context.Context, id string) (loaded, error) {
	now := s.now()
	l, ok := s.cache.get(id, now)
	if !ok || s.shared {
		var err error
		if l.session, err = s.store.Sessions.Get(ctx, id, now); err != nil {
			return l, err
		}
		if l.operator, err = s.store.Operators.Get(ctx, l.session.OperatorID); err != nil {
			return l, err
		}
		if l.operator.Disabled {
			return l, store.ErrNotFound
		}
		if l.held, err = s.store.Roles.Of(ctx, l.operator.ID); err != nil {
			return l, err
		}
		if l.mustEnrol, err = s.mustEnrol(ctx, asOperator(l.operator, l.held), l.session); err != nil {
			return l, err
		}
		l.at = now
		s.cache.put(id, l)
	}
	return l, nil
}

// end deletes a session.
func (s *SessionStore) end(ctx context.Context, id string) error {
	defer s.cache.drop(id)
	return s.store.Sessions.Delete(ctx, id)
}

// encodeValues is nil for a session without values, as most are.
func encodeValues(values map[any]any) ([]byte, error) {
	values = maps.Clone(values)
	delete(values, ownerKey{})
	if len(values) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(values); err != nil {
		return nil, fmt.Errorf("save session: %w", err)
	}
	return b.Bytes(), nil
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// addressOf is the address of the request's context, else the one of its connection.
func addressOf(r *http.Request) string {
	if a := AddressFrom(r.Context()); a != "" {
		return a
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// loaded is a session with its operator, as they were read.
type loaded struct {
	session  store.Session
	operator store.Operator
	held     []store.HeldRole
	at       time.Time

	mustEnrol bool
}

// cache remembers for a second what was read, for a page and its parts ask together. What this process changes it
// forgets at once; what a command beside it changes counts a second later. Consoles that share a database do without.
type cache struct {
	mu sync.Mutex
	m  map[string]loaded // by session id
}

const (
	cacheTime = time.Second
	cacheSize = 5000 // sessions; beyond it all is forgotten
)

func (c *cache) get(id string, now time.Time) (loaded, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.m[id]
	age := now.Sub(l.at)
	return l, ok && age >= 0 && age < cacheTime && now.Before(l.session.IdleExpiresAt)
}

func (c *cache) put(id string, l loaded) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m) >= cacheSize {
		c.m = map[string]loaded{}
	}
	c.m[id] = l
}

func (c *cache) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.m, id)
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m = nil
}
