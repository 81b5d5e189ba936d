package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"imdesk/store"
)

// How an operator signed in. What came second stands behind a plus sign.
const (
	MethodPassword = "password"
	MethodPasskey  = "passkey"
	MethodOIDC     = "oidc"
	MethodSetUp    = "set-up"

	withTOTP     = "+totp"
	withPasskey  = "+passkey"
	withRecovery = "+recovery"
)

// SecondPath is where the second step of signing in happens.
const SecondPath = "/login/factor"

// stepCookie holds what was shown in the first step, sealed. It is worth nothing without the second.
const stepCookie = "__Host-imdesk-step"

// stepFor is how long there is for the second step.
const stepFor = 10 * time.Minute

// Errors of the second step.
var (
	// ErrSecondStep: what was shown is right, and a second factor comes next.
	ErrSecondStep = errors.New("a second factor is needed")
	// ErrNoStep: there was no first step in this browser, or too long ago, or something has changed since.
	ErrNoStep = errors.New("no first step of signing in")
)

// step is what the first step has shown.
type step struct {
	Operator string
	Password string // print of the password's hash: another password ends it
	Method   string
	Until    time.Time
	ID       string // makes it worth one sign-in
}

// needsSecond tells whether a second step follows a method.
func (s *Service) needsSecond(ctx context.Context, operatorID, method string) (bool, error) {
	if method == MethodPasskey || s.trusts(method) {
		return false, nil
	}
	f, err := s.Factors(ctx, operatorID)
	return err == nil && f.Any(), err
}

func (s *Service) keepStep(w http.ResponseWriter, o store.Operator, method string) error {
	return s.setSealed(w, stepCookie, stepFor, step{
		Operator: o.ID, Password: passwordPrint(o), Method: method, Until: s.now().Add(stepFor), ID: randomToken(),
	})
}

func passwordPrint(o store.Operator) string {
	sum := sha256.Sum256([]byte("imdesk step " + o.PasswordHash))
	return hex.EncodeToString(sum[:8])
}

// setSealed keeps a value in a cookie that nobody can read or change.
func (s *Service) setSealed(w http.ResponseWriter, name string, lasts time.Duration, v any) error {
	plain, err := json.Marshal(v)
	if err != nil {
		return err
	}
	sealed, err := s.ring.Seal("cookie/"+name, plain)
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: base64.RawURLEncoding.EncodeToString(sealed), Path: "/", MaxAge: int(lasts / time.Second),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	return nil
}

func (s *Service) readSealed(r *http.Request, name string, v any) bool {
	cookie, err := r.Cookie(name)
	if err != nil {
		return false
	}
	return s.openText("cookie/"+name, cookie.Value, v)
}

func (s *Service) openText(row, text string, v any) bool {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return false
	}
	plain, err := s.ring.Open(row, sealed)
	return err == nil && json.Unmarshal(plain, v) == nil
}

func dropCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// Answer is what somebody shows to prove who it is. One of it is enough.
type Answer struct {
	Password  string
	Code      string // of an app, or a recovery code
	Passkey   string // what the browser made of Challenge, as JSON
	Challenge string // as PasskeyAsk gave it
}

// SecondStep is whom the second step is about, with what there is to choose from. ErrNoStep: sign in from the start.
func (s *Service) SecondStep(r *http.Request) (Operator, store.Factors, error) {
	_, o, err := s.firstStep(r)
	if err != nil {
		return Operator{}, store.Factors{}, err
	}
	f, err := s.Factors(r.Context(), o.ID)
	if err != nil {
		return Operator{}, f, err
	}
	by, err := s.known(r.Context(), o)
	return by, f, err
}

func (s *Service) firstStep(r *http.Request) (step, store.Operator, error) {
	var st step
	if !s.readSealed(r, stepCookie, &st) || !s.now().Before(st.Until) {
		return st, store.Operator{}, ErrNoStep
	}
	o, err := s.store.Operators.Get(r.Context(), st.Operator)
	if errors.Is(err, store.ErrNotFound) || err == nil && (o.Disabled || passwordPrint(o) != st.Password) {
		return st, store.Operator{}, ErrNoStep
	}
	return st, o, err
}

// FinishSecond checks the second factor and starts the session. Errors: ErrNoStep, *Refused.
func (s *Service) FinishSecond(w http.ResponseWriter, r *http.Request, a Answer) (Operator, error) {
	ctx := withAddress(r.Context(), addressOf(r))
	st, o, err := s.firstStep(r)
	if err != nil {
		return Operator{}, err
	}
	counted, err := s.take(ctx, o.Name, AddressFrom(ctx))
	if err != nil {
		return Operator{}, err
	}
	by, err := s.known(ctx, o)
	if err != nil {
		return Operator{}, err
	}
	a.Password = "" // that was the first step
	with, err := s.shows(ctx, by, a, true)
	if err != nil {
		return Operator{}, fmt.Errorf("second step: %w", err)
	}
	if with == "" {
		if err := s.recordOver(ctx, by, actSignIn, store.AuditFailed); err != nil {
			return Operator{}, fmt.Errorf("second step: %w", err)
		}
		return Operator{}, s.refuse(ctx, counted)
	}
	if fresh, err := s.store.Once.Add(ctx, "step/"+st.ID, nil, st.Until); err != nil || !fresh {
		return Operator{}, errors.Join(err, ErrNoStep)
	}
	by.Method = st.Method + with
	err = s.recorded(ctx, by, actSignIn, map[string]string{"method": by.Method}, func() error {
		if err := s.forgive(ctx, o.Name, AddressFrom(ctx)); err != nil {
			return err
		}
		dropCookie(w, stepCookie)
		by, err = s.Begin(w, r, by)
		return err
	})
	return by, err
}

// shows tells by what an answer shows that it is the operator's; "" if it does not.
func (s *Service) shows(ctx context.Context, o Operator, a Answer, recovery bool) (with string, err error) {
	var ok bool
	switch {
	case a.Passkey != "":
		with = withPasskey
		ok, err = s.checkPasskey(ctx, o, a)
	case a.Password != "":
		with = "+" + MethodPassword
		var found store.Operator
		if found, ok, err = s.check(ctx, o.Name, a.Password); err == nil && ok {
			if err := s.passwordCounts(ctx, found); errors.Is(err, ErrUseProvider) {
				return "", nil
			} else if err != nil {
				return "", err
			}
		}
	default:
		with = withTOTP
		if ok, err = s.checkTOTP(ctx, o.ID, a.Code); err == nil && !ok && recovery {
			with = withRecovery
			ok, err = s.checkRecovery(ctx, o.ID, a.Code)
		}
	}
	if err != nil || !ok {
		return "", err
	}
	return with, nil
}

// forgiveTry takes back the one try that was right, and no others: what comes second is tried as often as a password.
func (s *Service) forgiveTry(ctx context.Context, name string) error {
	return s.store.Attempts.Forgive(ctx, nameKey(name), addressKeyOf(AddressFrom(ctx)))
}
