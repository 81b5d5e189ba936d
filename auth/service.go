// Package auth knows who the operators are: passwords, signing in and out, sessions, roles.
package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"imdesk/secrets"
	"imdesk/store"

	"github.com/gorilla/sessions"
)

// Defaults of Options.
const (
	DefaultIdle     = 12 * time.Hour
	DefaultAbsolute = 7 * 24 * time.Hour
)

// Options is what a Service is made of.
type Options struct {
	Store    *store.Store
	Now      func() time.Time // nil: time.Now
	Idle     time.Duration    // a session ends this long after its last use; 0: DefaultIdle
	Absolute time.Duration    // and this long after its start, whatever the use; 0: DefaultAbsolute
	Shared   bool             // other consoles use the database as well: what they change counts at once
	Lockout  Lockout          // the zero value: DefaultLockout
	Wait     func(ctx context.Context, d time.Duration) error
	Log      *slog.Logger // nil: slog.Default

	Secrets *secrets.Keyring // seals seeds of second factors, and steps of signing in; nil: a key that ends with the process
	Origin  string           // where browsers reach the console, "https://imdesk.example.com"; "": there are no passkeys and no provider
	OIDC    OIDC             // the provider to sign in with; the zero value: none
	Confirm time.Duration    // how long a confirmation holds for what is dangerous; 0: DefaultConfirm
}

// Service signs operators in and out, and looks after who they are.
type Service struct {
	Sessions *SessionStore

	store    *store.Store
	now      func() time.Time
	lockout  Lockout
	wait     func(ctx context.Context, d time.Duration) error
	log      *slog.Logger
	hasher   *hasher
	ring     *secrets.Keyring
	confirm  time.Duration
	origin   string
	passkeys *passkeys // nil: the address has no name that passkeys could be for
	oidc     *provider // nil: none

	networks networks
}

// New makes a Service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Idle == 0 {
		o.Idle = DefaultIdle
	}
	if o.Absolute == 0 {
		o.Absolute = DefaultAbsolute
	}
	if o.Lockout == (Lockout{}) {
		o.Lockout = DefaultLockout()
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Secrets == nil {
		o.Secrets = passing()
	}
	if o.Confirm == 0 {
		o.Confirm = DefaultConfirm
	}
	s := &Service{
		Sessions: &SessionStore{store: o.Store, now: o.Now, idle: o.Idle, absolute: o.Absolute, shared: o.Shared},
		store:    o.Store, now: o.Now, lockout: o.Lockout, wait: o.Wait, log: o.Log, hasher: newHasher(),
		ring: o.Secrets, confirm: o.Confirm, origin: o.Origin, passkeys: newPasskeys(o.Origin), oidc: newProvider(o.OIDC, o.Origin),
	}
	s.Sessions.mustEnrol = s.mustEnrol
	return s
}

// passing is a keyring that nobody else has.
func passing() *secrets.Keyring {
	ring, err := secrets.New(secrets.RandomKey())
	if err != nil {
		panic(err) // a random key is long enough
	}
	return ring
}

// Session is the session of a request: for flashes, with Save before the first byte of the body. It is IsNew for visitors.
func (s *Service) Session(r *http.Request) (*sessions.Session, error) {
	return s.Sessions.Get(r, CookieName)
}

// Load reads who sends the request, and returns it with the operator in its context; nobody is no error. address is where
// it came from, as far as proxies are trusted, and reference is its name in the log: both go to the audit log.
func (s *Service) Load(r *http.Request, address, reference string) (*http.Request, error) {
	r = r.WithContext(withReference(withAddress(r.Context(), address), reference))
	session, err := s.Session(r)
	if err != nil {
		return r, err
	}
	if o, ok := session.Values[ownerKey{}].(Operator); ok {
		r = r.WithContext(WithOperator(r.Context(), o))
	}
	return r, nil
}

// Verbs of the audit log that are recorded here.
const (
	actSignIn      = "operator.sign_in"
	actSignOut     = "operator.sign_out"
	actAdd         = "operator.add"
	actSetRole     = "operator.set_role"
	actSetPassword = "operator.set_password"
	actDisable     = "operator.disable"
	actEnable      = "operator.enable"
	actEndSessions = "operator.end_sessions"
	actAddRole     = "role.add"
	actChangeRole  = "role.change"
	actRemoveRole  = "role.remove"

	actInvite       = "operator.invite"
	actRevokeInvite = "operator.revoke_invite"
	actAccept       = "operator.accept"
	actResetLink    = "operator.reset_link"
	actMakeToken    = "token.make"
	actRevokeToken  = "token.revoke"
	actAccess       = "access.set"
)

// SignIn checks name and password and starts a session with a new token; an older one of this browser ends. It has to be
// called before the first byte of the body. *Refused says that it did not work: the same for a wrong name, a wrong
// password and a disabled operator, and as fast. ErrSecondStep says that the password was right and SecondStep comes next,
// and ErrUseProvider that this operator signs in with the provider.
func (s *Service) SignIn(w http.ResponseWriter, r *http.Request, name, password string) (Operator, error) {
	ctx := withAddress(r.Context(), addressOf(r))
	counted, err := s.take(ctx, name, AddressFrom(ctx))
	if err != nil {
		return Operator{}, err
	}
	found, ok, err := s.check(ctx, name, password)
	if err != nil {
		return Operator{}, fmt.Errorf("sign in: %w", err)
	}
	by, err := s.known(ctx, found) // nobody, if there is no such name
	if err != nil {
		return Operator{}, fmt.Errorf("sign in: %w", err)
	}
	if !ok {
		if err := s.recordOver(ctx, by, actSignIn, store.AuditFailed); err != nil {
			return Operator{}, fmt.Errorf("sign in: %w", err)
		}
		return Operator{}, s.refuse(ctx, counted)
	}
	if err := s.passwordCounts(ctx, found); err != nil {
		return Operator{}, errors.Join(err, s.forgiveTry(ctx, name))
	}
	return s.admit(w, r.WithContext(ctx), found, MethodPassword)
}

// admit lets an operator in who has shown who it is by a method; or, where a second step is to come, keeps what was shown for it,
// and gives ErrSecondStep. The tries of the name are forgiven only when all is shown.
func (s *Service) admit(w http.ResponseWriter, r *http.Request, o store.Operator, method string) (Operator, error) {
	ctx := r.Context()
	needs, err := s.needsSecond(ctx, o.ID, method)
	if err != nil {
		return Operator{}, fmt.Errorf("sign in: %w", err)
	}
	if needs {
		if err := errors.Join(s.forgiveTry(ctx, o.Name), s.keepStep(w, o, method)); err != nil {
			return Operator{}, fmt.Errorf("sign in: %w", err)
		}
		return Operator{}, ErrSecondStep
	}
	by, err := s.known(ctx, o)
	if err != nil {
		return Operator{}, fmt.Errorf("sign in: %w", err)
	}
	by.Method = method
	err = s.recorded(ctx, by, actSignIn, map[string]string{"method": method}, func() error {
		if err := s.forgive(ctx, o.Name, AddressFrom(ctx)); err != nil {
			return err
		}
		by, err = s.Begin(w, r, by)
		return err
	})
	return by, err
}

// Begin starts a session for an operator who has shown who it is, with a new token; an older one of this browser ends. It has to be
// called before the first byte of the body.
func (s *Service) Begin(w http.ResponseWriter, r *http.Request, by Operator) (Operator, error) {
	session, err := s.Session(r)
	if err != nil {
		return by, err
	}
	// Once anybody has signed in, nobody else can be the first.
	if err := s.store.Console.Set(r.Context(), settingSetUp, ""); err != nil {
		return by, err
	}
	if err := s.begin(w, r, session, by); err != nil {
		return by, err
	}
	by.SessionID, by.ConfirmedAt = tokenHash(session.ID), s.now()
	return by, nil
}

// check finds the operator and tells whether the password is right. It takes as long if there is no such operator.
func (s *Service) check(ctx context.Context, name, password string) (store.Operator, bool, error) {
	o, err := s.store.Operators.ByName(ctx, name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Operator{}, false, err
	}
	if len(password) > 4*MaxPassword {
		password = "" // longer than any; hashing must stay bounded
	}
	ok, renew, err := s.hasher.verify(ctx, password, o.PasswordHash)
	if err != nil || !ok || o.Disabled {
		return o, false, err
	}
	if renew {
		hash, err := s.hasher.hash(ctx, password)
		if err == nil {
			err = s.store.Operators.SetPassword(ctx, o.ID, hash)
		}
		if err != nil {
			return o, false, err
		}
	}
	return o, true, nil
}

// begin starts a session for an operator in place of the browser's old one.
func (s *Service) begin(w http.ResponseWriter, r *http.Request, session *sessions.Session, by Operator) error {
	if session.ID != "" {
		if err := s.Sessions.end(r.Context(), tokenHash(session.ID)); err != nil {
			return err
		}
	}
	session.ID, session.Options = "", s.Sessions.options()
	session.Values = map[any]any{ownerKey{}: by}
	return session.Save(r, w)
}

// SignOut ends the session of the request. Nobody being signed in is fine.
func (s *Service) SignOut(w http.ResponseWriter, r *http.Request) error {
	session, err := s.Session(r)
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	by, was := session.Values[ownerKey{}].(Operator)
	session.Options.MaxAge = -1
	if err := session.Save(r, w); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	if !was {
		return nil
	}
	return s.recordOver(r.Context(), by, actSignOut, store.AuditOK)
}

// recordOver writes what is over already.
func (s *Service) recordOver(ctx context.Context, by Operator, action string, state store.AuditState) error {
	id, err := s.recordBegin(ctx, by, action, nil)
	if err != nil {
		return err
	}
	return s.recordEnd(ctx, id, store.AuditOutcome{State: state})
}

func (s *Service) recordBegin(ctx context.Context, by Operator, action string, detail map[string]string) (int64, error) {
	var raw json.RawMessage
	if len(detail) > 0 {
		var err error
		if raw, err = json.Marshal(detail); err != nil {
			return 0, err
		}
	}
	return s.store.Audit.Begin(ctx, store.AuditEntry{
		At: s.now(), OperatorID: by.ID, OperatorName: by.Name, Address: AddressFrom(ctx), Request: referenceFrom(ctx),
		Action: action, Detail: raw,
	})
}

// recordEnd is written even if the browser is gone: what was done was done.
func (s *Service) recordEnd(ctx context.Context, id int64, o store.AuditOutcome) error {
	o.At = s.now()
	return s.store.Audit.Finish(context.WithoutCancel(ctx), id, o)
}

// recorded writes what is about to be done to an operator, does it, and writes how it went.
func (s *Service) recorded(ctx context.Context, by Operator, action string, detail map[string]string, do func() error) error {
	id, err := s.recordBegin(ctx, by, action, detail)
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	out := store.AuditOutcome{State: store.AuditOK}
	err = do()
	if err != nil {
		out.State, out.ErrorKind = store.AuditFailed, errorKind(err)
	}
	if err = errors.Join(err, s.recordEnd(ctx, id, out)); err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	return nil
}

func errorKind(err error) string {
	for kind, is := range map[string]error{
		"conflict": store.ErrConflict, "not_found": store.ErrNotFound, "last_owner": store.ErrLastOwner, "invalid": store.ErrInvalid,
	} {
		if errors.Is(err, is) {
			return kind
		}
	}
	return "internal"
}

// CommandLine is who did what was done by a command, beside the console.
func CommandLine() Operator { return Operator{Name: "command line", Role: Owner} }

// ErrRole: there is no such role.
var ErrRole = errors.New("no such role")

// Add adds an operator, done by another one. Errors: *WeakPassword, ErrRole, store.ErrConflict (the name is taken),
// store.ErrInvalid (it is no name).
func (s *Service) Add(ctx context.Context, by Operator, name string, role Role, password string) (Operator, error) {
	held, err := s.held(ctx, by, role, nil)
	if err != nil {
		return Operator{}, fmt.Errorf("%s: %w", actAdd, err)
	}
	if err := CheckPassword(password, name); err != nil {
		return Operator{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Operator{}, err
	}
	var added Operator
	err = s.recorded(ctx, by, actAdd, map[string]string{"name": name, "role": string(role)}, func() error {
		o, err := s.store.Operators.Add(ctx, store.Operator{
			Name: name, PasswordHash: hash, Role: string(role), CreatedAt: s.now(), Prefs: store.Prefs{SingleKeys: true},
		})
		added = asOperator(o, held)
		return err
	})
	return added, err
}

// First adds an owner with a random password if there is no operator yet, and tells whether it did.
func (s *Service) First(ctx context.Context, name string) (o Operator, password string, made bool, err error) {
	n, err := s.store.Operators.Count(ctx)
	if err != nil || n > 0 {
		return Operator{}, "", false, err
	}
	password = RandomPassword()
	o, err = s.Add(ctx, CommandLine(), name, Owner, password)
	if errors.Is(err, store.ErrConflict) { // another console that starts now was faster
		return Operator{}, "", false, nil
	}
	if err != nil {
		return Operator{}, "", false, err
	}
	return o, password, true, nil
}

// SetPassword gives an operator another password, ends all sessions but by's own, and takes a lock off the name.
// Errors: *WeakPassword, store.ErrNotFound.
func (s *Service) SetPassword(ctx context.Context, by Operator, id, password string) error {
	o, err := s.store.Operators.Get(ctx, id)
	if err != nil {
		return err
	}
	if err := s.mayTouch(ctx, by, id); err != nil {
		return err
	}
	if err := CheckPassword(password, o.Name); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.recorded(ctx, by, actSetPassword, about(o), func() error {
		if err := s.store.Operators.SetPassword(ctx, id, hash); err != nil {
			return err
		}
		if err := s.store.Attempts.Clear(ctx, nameKey(o.Name)); err != nil {
			return err
		}
		return s.endSessions(ctx, id, by.SessionID)
	})
}

// CheckOwnPassword tells whether the password is that of an operator who is signed in: before it is changed. Tries are
// counted as for signing in: *Refused.
func (s *Service) CheckOwnPassword(ctx context.Context, o Operator, password string) error {
	counted, err := s.take(ctx, o.Name, AddressFrom(ctx))
	if err != nil {
		return err
	}
	_, ok, err := s.check(ctx, o.Name, password)
	if err != nil {
		return err
	}
	if !ok {
		return s.refuse(ctx, counted)
	}
	return s.forgive(ctx, o.Name, AddressFrom(ctx))
}

// SetRole gives an operator another role in all apps, and leaves those in single apps. Errors are those of SetRoles.
func (s *Service) SetRole(ctx context.Context, by Operator, id string, role Role) error {
	held, err := s.store.Roles.Of(ctx, id)
	if err != nil {
		return err
	}
	apps := map[string]Role{}
	for _, h := range held {
		if h.App != "" {
			apps[h.App] = Role(h.Role)
		}
	}
	return s.SetRoles(ctx, by, id, role, apps)
}

// SetDisabled keeps an operator out, or lets one in again. Errors: *Outranked, store.ErrNotFound, store.ErrLastOwner.
func (s *Service) SetDisabled(ctx context.Context, by Operator, id string, disabled bool) error {
	o, err := s.store.Operators.Get(ctx, id)
	if err != nil {
		return err
	}
	if err := s.mayTouch(ctx, by, id); err != nil {
		return err
	}
	action := actEnable
	if disabled {
		action = actDisable
	}
	return s.recorded(ctx, by, action, about(o), func() error {
		if err := s.store.Operators.SetDisabled(ctx, id, disabled); err != nil {
			return err
		}
		if !disabled {
			return nil
		}
		return s.endSessions(ctx, id, "")
	})
}

// SetPrefs keeps how an operator likes the console. It is not recorded.
func (s *Service) SetPrefs(ctx context.Context, id string, p store.Prefs) error {
	defer s.Sessions.cache.clear()
	return s.store.Operators.SetPrefs(ctx, id, p)
}

// EndSession ends one session of an operator, by its id. Errors: store.ErrNotFound.
func (s *Service) EndSession(ctx context.Context, by Operator, operatorID, sessionID string) error {
	o, err := s.store.Operators.Get(ctx, operatorID)
	if err != nil {
		return err
	}
	if err := s.mayTouch(ctx, by, operatorID); err != nil {
		return err
	}
	return s.recorded(ctx, by, actEndSessions, about(o), func() error {
		list, err := s.store.Sessions.ListOf(ctx, operatorID, s.now())
		if err != nil {
			return err
		}
		for _, v := range list {
			if v.ID == sessionID { // and not one of somebody else
				return s.Sessions.end(ctx, sessionID)
			}
		}
		return store.ErrNotFound
	})
}

// EndSessions ends all sessions of an operator but the one that by uses.
func (s *Service) EndSessions(ctx context.Context, by Operator, operatorID string) error {
	o, err := s.store.Operators.Get(ctx, operatorID)
	if err != nil {
		return err
	}
	if err := s.mayTouch(ctx, by, operatorID); err != nil {
		return err
	}
	return s.recorded(ctx, by, actEndSessions, about(o), func() error { return s.endSessions(ctx, operatorID, by.SessionID) })
}

func (s *Service) endSessions(ctx context.Context, operatorID, except string) error {
	defer s.Sessions.cache.clear()
	_, err := s.store.Sessions.DeleteOf(ctx, operatorID, except)
	return err
}

// Purge deletes sessions that have ended and tries that are over, up to a bound: call it every few minutes.
func (s *Service) Purge(ctx context.Context) error {
	const most = 10_000
	_, err1 := s.store.Sessions.Purge(ctx, s.now(), most)
	_, err2 := s.store.Attempts.Purge(ctx, s.now(), most)
	_, err3 := s.store.Once.Purge(ctx, s.now(), most)
	return errors.Join(err1, err2, err3)
}

// about names the operator that something is done to.
func about(o store.Operator) map[string]string {
	return map[string]string{"operator": o.ID, "name": o.Name}
}
