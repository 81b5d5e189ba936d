package auth

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"math/big"
	"net/url"
	"strings"
	"time"

	"imdesk/store"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// Codes of an app: six digits, another one each half minute.
//
// Source: RFC 6238, section 5.2, for the step before and after that are taken as well.
const (
	totpPeriod = 30 * time.Second
	totpSkew   = 1   // steps
	totpSeed   = 20  // bytes
	qrSize     = 240 // pixels
)

// pendingFor is how long somebody may take to set up an app.
const pendingFor = time.Hour

// Recovery codes: as many as are made, each of 79 bits.
const (
	RecoveryCodes = 10
	codeLength    = 16 // characters of the alphabet of passwords
)

// Verbs of the audit log about second factors.
const (
	actAddFactor     = "operator.add_factor"
	actRemoveFactor  = "operator.remove_factor"
	actNewCodes      = "operator.new_codes"
	actResetFactors  = "operator.reset_factors"
	actFactorPolicy  = "operator.factor_policy"
	actLink          = "operator.link"
	actUnlink        = "operator.unlink"
	actConfirm       = "operator.confirm"
	actUseSetUp      = "operator.set_up"
	actPasskeyWarned = "operator.passkey_copied"
)

// Errors of second factors.
var (
	// ErrWrongCode: this is not the code that the app shows.
	ErrWrongCode = errors.New("not the code that is shown")
	// ErrNoPending: nobody has begun to set up an app, or too long ago.
	ErrNoPending = errors.New("no app is being set up")
	// ErrNeeded: the policy asks for a second factor, and this is the last one.
	ErrNeeded = errors.New("the last second factor, and one is required")
)

// Factors tells what an operator has beside the password.
func (s *Service) Factors(ctx context.Context, operatorID string) (store.Factors, error) {
	return s.store.Credentials.Factors(ctx, operatorID)
}

// PendingTOTP is an app that is being set up.
type PendingTOTP struct {
	Secret string // base32, to type where there is no camera
	key    *otp.Key
}

// QR is a picture of the secret, as PNG.
func (p PendingTOTP) QR() ([]byte, error) {
	picture, err := p.key.Image(qrSize, qrSize)
	if err != nil {
		return nil, fmt.Errorf("draw a QR code: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return nil, fmt.Errorf("draw a QR code: %w", err)
	}
	return b.Bytes(), nil
}

// pending is what is sealed while an app is set up.
type pending struct {
	Seed string
	At   time.Time
}

func pendingName(operatorID string) string { return "totp-new/" + operatorID }

// BeginTOTP makes a seed for an app. The one that is in use stays until FinishTOTP.
func (s *Service) BeginTOTP(ctx context.Context, by Operator) error {
	seed := make([]byte, totpSeed)
	rand.Read(seed) // never fails
	plain, err := json.Marshal(pending{Seed: hex.EncodeToString(seed), At: s.now()})
	if err != nil {
		return err
	}
	sealed, err := s.ring.Seal(pendingName(by.ID), plain)
	if err != nil {
		return err
	}
	return s.store.Secrets.Put(ctx, pendingName(by.ID), sealed, s.now())
}

// PendingTOTP is the app that is being set up, or ErrNoPending.
func (s *Service) PendingTOTP(ctx context.Context, by Operator) (PendingTOTP, error) {
	seed, err := s.pendingSeed(ctx, by.ID)
	if err != nil {
		return PendingTOTP{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.issuerName(), AccountName: by.Name, Secret: seed, Period: uint(totpPeriod / time.Second)})
	if err != nil {
		return PendingTOTP{}, fmt.Errorf("set up an app: %w", err)
	}
	return PendingTOTP{Secret: key.Secret(), key: key}, nil
}

// issuerName is what the app calls the console: people may have several.
func (s *Service) issuerName() string {
	if u, err := url.Parse(s.origin); err == nil && u.Hostname() != "" {
		return "imdesk " + u.Hostname()
	}
	return "imdesk"
}

func (s *Service) pendingSeed(ctx context.Context, operatorID string) ([]byte, error) {
	sealed, err := s.store.Secrets.Get(ctx, pendingName(operatorID))
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNoPending
	}
	if err != nil {
		return nil, err
	}
	plain, err := s.ring.Open(pendingName(operatorID), sealed)
	if err != nil {
		return nil, fmt.Errorf("seed of an app: %w", err)
	}
	var p pending
	if err := json.Unmarshal(plain, &p); err != nil {
		return nil, fmt.Errorf("seed of an app: %w", err)
	}
	if age := s.now().Sub(p.At); age > pendingFor {
		return nil, ErrNoPending
	}
	return hex.DecodeString(p.Seed)
}

// FinishTOTP sets up the app that BeginTOTP made a seed for, once it shows the right code. It returns recovery codes if there were
// none yet. Errors: ErrNoPending, ErrWrongCode.
func (s *Service) FinishTOTP(ctx context.Context, by Operator, code string) (codes []string, err error) {
	seed, err := s.pendingSeed(ctx, by.ID)
	if err != nil {
		return nil, err
	}
	step, ok := totpStep(seed, digits(code), s.now())
	if !ok {
		return nil, ErrWrongCode
	}
	sealed, err := s.ring.Seal(store.TOTPSecret(by.ID), seed)
	if err != nil {
		return nil, err
	}
	err = s.recorded(ctx, by, actAddFactor, map[string]string{"factor": "totp"}, func() error {
		if err := s.store.Credentials.SetTOTP(ctx, by.ID, sealed, step, s.now()); err != nil {
			return err
		}
		return s.store.Secrets.Delete(ctx, pendingName(by.ID))
	})
	if err != nil {
		return nil, err
	}
	return s.firstCodes(ctx, by)
}

// firstCodes makes recovery codes for who has none, and forgets what is remembered of the sessions.
func (s *Service) firstCodes(ctx context.Context, by Operator) ([]string, error) {
	s.Sessions.cache.clear()
	f, err := s.Factors(ctx, by.ID)
	if err != nil || f.Codes > 0 {
		return nil, err
	}
	return s.NewCodes(ctx, by)
}

// totpStep finds the half minute whose code this is, around now.
func totpStep(seed []byte, code string, now time.Time) (int64, bool) {
	secret := base32Text(seed)
	step := now.Unix() / int64(totpPeriod/time.Second)
	for _, at := range []int64{step, step - totpSkew, step + totpSkew} {
		if at < 0 {
			continue
		}
		ok, err := hotp.ValidateCustom(code, uint64(at), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && ok {
			return at, true
		}
	}
	return 0, false
}

// digits are those of a code as somebody typed it, "123 456".
func digits(code string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.TrimSpace(code))
}

// checkTOTP tells whether this is the code that an operator's app shows. Each counts once, whichever replica it comes to.
func (s *Service) checkTOTP(ctx context.Context, operatorID, code string) (bool, error) {
	if code = digits(code); len(code) != 6 {
		return false, nil
	}
	sealed, err := s.store.Secrets.Get(ctx, store.TOTPSecret(operatorID))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	seed, err := s.ring.Open(store.TOTPSecret(operatorID), sealed)
	if err != nil {
		return false, fmt.Errorf("seed of an app: %w", err)
	}
	step, ok := totpStep(seed, code, s.now())
	if !ok {
		return false, nil
	}
	return s.store.Credentials.UseTOTP(ctx, operatorID, step, s.now())
}

// RemoveTOTP forgets an operator's app. Errors: store.ErrNotFound, ErrNeeded.
func (s *Service) RemoveTOTP(ctx context.Context, by Operator) error {
	return s.removeFactor(ctx, by, map[string]string{"factor": "totp"}, func() error { return s.store.Credentials.RemoveTOTP(ctx, by.ID) })
}

// removeFactor takes a factor away. With the last one go the recovery codes, which stand for nothing then.
func (s *Service) removeFactor(ctx context.Context, by Operator, detail map[string]string, remove func() error) error {
	before, err := s.Factors(ctx, by.ID)
	if err != nil {
		return err
	}
	required, err := s.required(ctx, by.Role)
	if err != nil {
		return err
	}
	if required && count(before) == 1 {
		return ErrNeeded
	}
	defer s.Sessions.cache.clear()
	return s.recorded(ctx, by, actRemoveFactor, detail, func() error {
		if err := remove(); err != nil {
			return err
		}
		after, err := s.Factors(ctx, by.ID)
		if err != nil || after.Any() {
			return err
		}
		return s.store.Credentials.SetCodes(ctx, by.ID, nil)
	})
}

func count(f store.Factors) int {
	if f.TOTP {
		return f.Passkeys + 1
	}
	return f.Passkeys
}

// NewCodes makes recovery codes in place of all that there were. They are shown this once: only hashes are kept.
func (s *Service) NewCodes(ctx context.Context, by Operator) ([]string, error) {
	var codes, hashes []string
	for range RecoveryCodes {
		code := randomCode()
		codes, hashes = append(codes, code), append(hashes, codeHash(by.ID, code))
	}
	err := s.recorded(ctx, by, actNewCodes, nil, func() error { return s.store.Credentials.SetCodes(ctx, by.ID, hashes) })
	if err != nil {
		return nil, err
	}
	return codes, nil
}

func randomCode() string {
	var b strings.Builder
	for i := range codeLength {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(readable))))
		if err != nil {
			panic(err) // crypto/rand ends the program before it fails
		}
		b.WriteByte(readable[n.Int64()])
	}
	return b.String()
}

// codeHash is what is kept of a recovery code. It is random enough for a quick hash.
func codeHash(operatorID, code string) string {
	sum := sha256.Sum256([]byte("imdesk recovery code " + operatorID + " " + strings.ToLower(digits(code))))
	return hex.EncodeToString(sum[:])
}

// checkRecovery uses a recovery code up.
func (s *Service) checkRecovery(ctx context.Context, operatorID, code string) (bool, error) {
	if len(digits(code)) != codeLength {
		return false, nil
	}
	return s.store.Credentials.UseCode(ctx, operatorID, codeHash(operatorID, code), s.now())
}

// ResetFactors takes all second factors from an operator who has lost them, and ends the sessions. Errors: *Outranked,
// store.ErrNotFound.
func (s *Service) ResetFactors(ctx context.Context, by Operator, id string) error {
	o, err := s.store.Operators.Get(ctx, id)
	if err != nil {
		return err
	}
	if err := s.mayTouch(ctx, by, id); err != nil {
		return err
	}
	return s.recorded(ctx, by, actResetFactors, about(o), func() error {
		if err := s.store.Credentials.Reset(ctx, id); err != nil {
			return err
		}
		if err := s.store.Attempts.Clear(ctx, nameKey(o.Name)); err != nil {
			return err
		}
		return s.endSessions(ctx, id, by.SessionID)
	})
}

// Settings of the console that are about signing in.
const (
	settingPolicy = "sign_in.factor_from" // the least role that needs a second factor; "": none does
	settingSetUp  = "sign_in.set_up"
)

// FactorPolicy is the least role that needs a second factor; "" if none does.
func (s *Service) FactorPolicy(ctx context.Context) (Role, error) {
	v, err := s.store.Console.Get(ctx, settingPolicy)
	if err != nil || v == "" {
		return "", err
	}
	if !Role(v).Valid() {
		return Viewer, nil // somebody wrote into the database: the strictest is right
	}
	return Role(v), nil
}

// SetFactorPolicy says from which role on a second factor is needed; "" asks nobody for one. ErrRole: there is no such role.
func (s *Service) SetFactorPolicy(ctx context.Context, by Operator, from Role) error {
	if from != "" && !from.Valid() {
		return fmt.Errorf("%s: %w: %q", actFactorPolicy, ErrRole, from)
	}
	before, err := s.FactorPolicy(ctx)
	if err != nil {
		return err
	}
	defer s.Sessions.cache.clear()
	return s.recorded(ctx, by, actFactorPolicy, map[string]string{"before": string(before), "after": string(from)}, func() error {
		return s.store.Console.Set(ctx, settingPolicy, string(from))
	})
}

// required tells whether a role needs a second factor.
func (s *Service) required(ctx context.Context, role Role) (bool, error) {
	from, err := s.FactorPolicy(ctx)
	return err == nil && from != "" && role.AtLeast(from), err
}

// mustEnrol tells whether an operator has to set up a second factor before anything else.
func (s *Service) mustEnrol(ctx context.Context, o Operator, session store.Session) (bool, error) {
	if s.trusts(session.Method) {
		return false, nil
	}
	needed, err := s.required(ctx, o.Role)
	if err != nil || !needed {
		return false, err
	}
	f, err := s.Factors(ctx, o.ID)
	return err == nil && !f.Any(), err
}

func base32Text(seed []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed)
}
