package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"imdesk/store"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// passkeys is the console as browsers know it. Their keys belong to a name: an address in numbers has none, but for this machine,
// which is called localhost.
type passkeys struct{ rp *webauthn.WebAuthn }

// passkeyFor is how long the question on a page may be answered.
const passkeyFor = 15 * time.Minute

// maxPasskeyAnswer is the size of what a browser answers, in bytes.
const maxPasskeyAnswer = 32 << 10

// Errors of passkeys.
var (
	// ErrNoPasskeys: the console's address has no name, so there can be none.
	ErrNoPasskeys = errors.New("passkeys need an address with a name")
	// ErrPasskey: the browser's answer is not one to the question, or came too late.
	ErrPasskey = errors.New("this is not an answer of a passkey")
)

// newPasskeys is nil for an address without a name.
func newPasskeys(origin string) *passkeys {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return nil
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		if !ip.IsLoopback() {
			return nil
		}
		host = "localhost"
		u.Host = host
		if port := portOf(origin); port != "" {
			u.Host += ":" + port
		}
	}
	rp, err := webauthn.New(&webauthn.Config{RPID: host, RPDisplayName: "imdesk", RPOrigins: []string{u.Scheme + "://" + u.Host}})
	if err != nil {
		return nil
	}
	return &passkeys{rp}
}

func portOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return u.Port()
}

// PasskeyOrigin is the address at which passkeys work; "" if there are none.
func (s *Service) PasskeyOrigin() string {
	if s.passkeys == nil {
		return ""
	}
	return s.passkeys.rp.Config.RPOrigins[0]
}

// PasskeyAsk is a question for the browser: Options for it, as JSON, and Challenge, sealed, to come back with the answer.
type PasskeyAsk struct{ Options, Challenge string }

// What a question is about.
const (
	askSignIn = "sign-in" // without a password: of anybody
	askFactor = "factor"  // of an operator that is known
	askAdd    = "add"
)

type asked struct {
	Session webauthn.SessionData
	Until   time.Time
}

func askRow(kind, operatorID string) string { return "passkey/" + kind + "/" + operatorID }

func (s *Service) ask(kind, operatorID string, options any, session *webauthn.SessionData) (PasskeyAsk, error) {
	shown, err := json.Marshal(options)
	if err != nil {
		return PasskeyAsk{}, err
	}
	plain, err := json.Marshal(asked{*session, s.now().Add(passkeyFor)})
	if err != nil {
		return PasskeyAsk{}, err
	}
	sealed, err := s.ring.Seal(askRow(kind, operatorID), plain)
	if err != nil {
		return PasskeyAsk{}, err
	}
	return PasskeyAsk{Options: string(shown), Challenge: base64.RawURLEncoding.EncodeToString(sealed)}, nil
}

// answered opens the question that an answer is for, once.
func (s *Service) answered(ctx context.Context, kind, operatorID, challenge string) (webauthn.SessionData, error) {
	var a asked
	if !s.openText(askRow(kind, operatorID), challenge, &a) || !s.now().Before(a.Until) {
		return webauthn.SessionData{}, ErrPasskey
	}
	fresh, err := s.store.Once.Add(ctx, "passkey/"+a.Session.Challenge, nil, a.Until)
	if err == nil && !fresh {
		err = ErrPasskey
	}
	return a.Session, err
}

// keyUser is an operator with the keys there are.
type keyUser struct {
	o    Operator
	keys []store.Passkey
	all  []webauthn.Credential
}

var _ webauthn.User = keyUser{}

func (u keyUser) WebAuthnID() []byte                         { return []byte(u.o.ID) }
func (u keyUser) WebAuthnName() string                       { return u.o.Name }
func (u keyUser) WebAuthnDisplayName() string                { return u.o.Name }
func (u keyUser) WebAuthnCredentials() []webauthn.Credential { return u.all }

func (s *Service) keyUser(ctx context.Context, o Operator) (keyUser, error) {
	u := keyUser{o: o}
	var err error
	if u.keys, err = s.store.Credentials.Passkeys(ctx, o.ID); err != nil {
		return u, err
	}
	for _, k := range u.keys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Data, &c); err != nil {
			return u, fmt.Errorf("passkey %s: %w", k.Name, err)
		}
		u.all = append(u.all, c)
	}
	return u, nil
}

func (s *Service) knownKeyUser(ctx context.Context, o store.Operator) (keyUser, error) {
	by, err := s.known(ctx, o)
	if err != nil {
		return keyUser{}, err
	}
	return s.keyUser(ctx, by)
}

// AskToSignIn is a question that any passkey of the console's may answer. ErrNoPasskeys.
func (s *Service) AskToSignIn() (PasskeyAsk, error) {
	if s.passkeys == nil {
		return PasskeyAsk{}, ErrNoPasskeys
	}
	options, session, err := s.passkeys.rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return PasskeyAsk{}, fmt.Errorf("ask for a passkey: %w", err)
	}
	return s.ask(askSignIn, "", options, session)
}

// AskForPasskey is a question that a passkey of the operator's may answer, as second factor or to confirm. ErrNoPasskeys, also if the
// operator has none.
func (s *Service) AskForPasskey(ctx context.Context, o Operator) (PasskeyAsk, error) {
	if s.passkeys == nil {
		return PasskeyAsk{}, ErrNoPasskeys
	}
	u, err := s.keyUser(ctx, o)
	if err != nil {
		return PasskeyAsk{}, err
	}
	if len(u.all) == 0 {
		return PasskeyAsk{}, ErrNoPasskeys
	}
	options, session, err := s.passkeys.rp.BeginLogin(u, webauthn.WithUserVerification(protocol.VerificationPreferred))
	if err != nil {
		return PasskeyAsk{}, fmt.Errorf("ask for a passkey: %w", err)
	}
	return s.ask(askFactor, o.ID, options, session)
}

// AskToAdd is what the browser needs to make a passkey. ErrNoPasskeys.
func (s *Service) AskToAdd(ctx context.Context, o Operator) (PasskeyAsk, error) {
	if s.passkeys == nil {
		return PasskeyAsk{}, ErrNoPasskeys
	}
	u, err := s.keyUser(ctx, o)
	if err != nil {
		return PasskeyAsk{}, err
	}
	var known []protocol.CredentialDescriptor
	for _, c := range u.all {
		known = append(known, c.Descriptor())
	}
	options, session, err := s.passkeys.rp.BeginRegistration(u, webauthn.WithExclusions(known), webauthn.WithConveyancePreference(protocol.PreferNoAttestation),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred,
		}))
	if err != nil {
		return PasskeyAsk{}, fmt.Errorf("make a passkey: %w", err)
	}
	return s.ask(askAdd, o.ID, options, session)
}

// AddPasskey keeps a passkey that the browser has made. It returns recovery codes if there were none yet. Errors: ErrNoPasskeys,
// ErrPasskey, store.ErrConflict, store.ErrInvalid (there are store.MaxPasskeys already).
func (s *Service) AddPasskey(ctx context.Context, by Operator, name string, a Answer) ([]string, error) {
	if s.passkeys == nil {
		return nil, ErrNoPasskeys
	}
	session, err := s.answered(ctx, askAdd, by.ID, a.Challenge)
	if err != nil {
		return nil, err
	}
	if len(a.Passkey) > maxPasskeyAnswer {
		return nil, ErrPasskey
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(a.Passkey))
	if err != nil {
		return nil, s.notPasskey(ctx, err)
	}
	u, err := s.keyUser(ctx, by)
	if err != nil {
		return nil, err
	}
	made, err := s.passkeys.rp.CreateCredential(u, session, parsed)
	if err != nil {
		return nil, s.notPasskey(ctx, err)
	}
	data, err := json.Marshal(made)
	if err != nil {
		return nil, err
	}
	p := store.Passkey{ID: base64.RawURLEncoding.EncodeToString(made.ID), OperatorID: by.ID, Name: strings.TrimSpace(name), Data: data, AddedAt: s.now()}
	err = s.recorded(ctx, by, actAddFactor, map[string]string{"factor": "passkey", "name": p.Name}, func() error {
		return s.store.Credentials.AddPasskey(ctx, p)
	})
	if err != nil {
		return nil, err
	}
	return s.firstCodes(ctx, by)
}

// notPasskey keeps what the library says for the log: it names what was wrong, and holds no secrets.
func (s *Service) notPasskey(ctx context.Context, err error) error {
	var detail *protocol.Error
	if errors.As(err, &detail) {
		s.log.InfoContext(ctx, "passkey refused", "reference", referenceFrom(ctx), "why", detail.Details, "info", detail.DevInfo)
	}
	return ErrPasskey
}

// checkPasskey tells whether the answer is of a passkey of the operator's.
func (s *Service) checkPasskey(ctx context.Context, o Operator, a Answer) (bool, error) {
	if s.passkeys == nil {
		return false, nil
	}
	session, err := s.answered(ctx, askFactor, o.ID, a.Challenge)
	if errors.Is(err, ErrPasskey) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	u, err := s.keyUser(ctx, o)
	if err != nil {
		return false, err
	}
	parsed, ok := s.parseAssertion(ctx, a.Passkey)
	if !ok {
		return false, nil
	}
	used, err := s.passkeys.rp.ValidateLogin(u, session, parsed)
	if err != nil {
		_ = s.notPasskey(ctx, err)
		return false, nil
	}
	return s.usedPasskey(ctx, u, used)
}

func (s *Service) parseAssertion(ctx context.Context, text string) (*protocol.ParsedCredentialAssertionData, bool) {
	if len(text) > maxPasskeyAnswer {
		return nil, false
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(text))
	if err != nil {
		_ = s.notPasskey(ctx, err)
		return nil, false
	}
	return parsed, true
}

// usedPasskey notes a use. A key that counts its uses and has counted back is not let in: there may be a copy of it.
func (s *Service) usedPasskey(ctx context.Context, u keyUser, used *webauthn.Credential) (bool, error) {
	id := base64.RawURLEncoding.EncodeToString(used.ID)
	for _, k := range u.keys {
		if k.ID != id {
			continue
		}
		copied := used.Authenticator.CloneWarning
		data, err := json.Marshal(used)
		if err != nil {
			return false, err
		}
		if copied {
			if err := s.recordDetail(ctx, u.o, actPasskeyWarned, map[string]string{"name": k.Name}); err != nil {
				return false, err
			}
			data = k.Data // the count stays, or the copy would be good the next time
		}
		kept, err := s.store.Credentials.UsePasskey(ctx, k, data, s.now(), k.Warned || copied)
		return kept && !copied, err
	}
	return false, nil
}

// recordDetail writes what has happened, with what it was about.
func (s *Service) recordDetail(ctx context.Context, by Operator, action string, detail map[string]string) error {
	return s.recorded(ctx, by, action, detail, func() error { return nil })
}

// SignInWithPasskey lets in whose passkey answers a question of AskToSignIn: it shows that somebody has it, and has unlocked it, so
// nothing else is asked for. *Refused says that it did not work.
func (s *Service) SignInWithPasskey(w http.ResponseWriter, r *http.Request, a Answer) (Operator, error) {
	ctx := withAddress(r.Context(), addressOf(r))
	if s.passkeys == nil {
		return Operator{}, ErrNoPasskeys
	}
	// There is no name to count by, and the address alone would be counted with those who mistype passwords.
	name := "a passkey from " + addressKeyOf(AddressFrom(ctx))
	counted, err := s.take(ctx, name, AddressFrom(ctx))
	if err != nil {
		return Operator{}, err
	}
	u, ok, err := s.whosePasskey(ctx, a)
	if err != nil {
		return Operator{}, fmt.Errorf("sign in with a passkey: %w", err)
	}
	if !ok {
		if err := s.recordOver(ctx, u.o, actSignIn, store.AuditFailed); err != nil {
			return Operator{}, fmt.Errorf("sign in with a passkey: %w", err)
		}
		return Operator{}, s.refuse(ctx, counted)
	}
	if err := s.forgive(ctx, name, AddressFrom(ctx)); err != nil {
		return Operator{}, err
	}
	o, err := s.store.Operators.Get(ctx, u.o.ID)
	if err != nil {
		return Operator{}, err
	}
	return s.admit(w, r.WithContext(ctx), o, MethodPasskey)
}

// whosePasskey finds the operator by what the key says, and holds it against what is known of the key.
func (s *Service) whosePasskey(ctx context.Context, a Answer) (keyUser, bool, error) {
	session, err := s.answered(ctx, askSignIn, "", a.Challenge)
	if errors.Is(err, ErrPasskey) {
		return keyUser{}, false, nil
	}
	if err != nil {
		return keyUser{}, false, err
	}
	parsed, ok := s.parseAssertion(ctx, a.Passkey)
	if !ok {
		return keyUser{}, false, nil
	}
	var u keyUser
	var failed error
	_, used, err := s.passkeys.rp.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		o, err := s.store.Operators.Get(ctx, string(handle))
		if err == nil && o.Disabled {
			err = store.ErrNotFound
		}
		if err == nil {
			u, err = s.knownKeyUser(ctx, o)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			failed = err
		}
		return u, err
	}, session, parsed)
	if failed != nil {
		return u, false, failed
	}
	if err != nil {
		_ = s.notPasskey(ctx, err)
		return u, false, nil
	}
	ok, err = s.usedPasskey(ctx, u, used)
	return u, ok, err
}

// Passkeys lists an operator's.
func (s *Service) Passkeys(ctx context.Context, operatorID string) ([]store.Passkey, error) {
	return s.store.Credentials.Passkeys(ctx, operatorID)
}

// RenamePasskey gives a passkey another name. Errors: store.ErrNotFound.
func (s *Service) RenamePasskey(ctx context.Context, by Operator, id, name string) error {
	return s.store.Credentials.RenamePasskey(ctx, by.ID, id, strings.TrimSpace(name))
}

// RemovePasskey forgets a passkey. Errors: store.ErrNotFound, ErrNeeded.
func (s *Service) RemovePasskey(ctx context.Context, by Operator, id string) error {
	return s.removeFactor(ctx, by, map[string]string{"factor": "passkey"}, func() error {
		return s.store.Credentials.RemovePasskey(ctx, by.ID, id)
	})
}
