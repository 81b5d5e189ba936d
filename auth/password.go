package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Cost of a hash: argon2id with 19 MiB, two passes, one lane.
//
// Source: OWASP Password Storage Cheat Sheet, "Argon2id".
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	saltSize     = 16 // bytes
	hashSize     = 32 // bytes
)

// Length of a password. The upper limit only keeps the work of hashing bounded.
const (
	MinPassword = 12  // characters
	MaxPassword = 256 // characters
)

// hashing is how many hashes are made at once: each takes its memory, and all the time of one core.
const hashing = 2

// hasher makes and checks hashes, a few at a time.
type hasher struct{ slots chan struct{} }

func newHasher() *hasher { return &hasher{make(chan struct{}, hashing)} }

// take waits for a slot; call the function it returns to give it back.
func (h *hasher) take(ctx context.Context) (func(), error) {
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a password: %w", context.Cause(ctx))
	}
}

// hash makes a PHC string.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	release, err := h.take(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	p := phc{memory: argonMemory, time: argonTime, threads: argonThreads, salt: salt}
	p.sum = p.of(password, hashSize)
	return p.String(), nil
}

// verify tells whether the password is the one that was hashed, and whether the hash should be made anew, for it was
// made at another cost. A hash of "" takes as long and never matches.
func (h *hasher) verify(ctx context.Context, password, hash string) (ok, renew bool, err error) {
	if hash == "" {
		hash = nobody
	}
	p, err := parsePHC(hash)
	if err != nil {
		return false, false, err
	}
	release, err := h.take(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	ok = subtle.ConstantTimeCompare(p.sum, p.of(password, len(p.sum))) == 1
	renew = p.memory != argonMemory || p.time != argonTime || p.threads != argonThreads || len(p.sum) != hashSize
	return ok && hash != nobody, renew, nil
}

// nobody is a hash at the same cost as all others, for names that do not exist: the answer then takes as long.
var nobody = phc{memory: argonMemory, time: argonTime, threads: argonThreads, salt: make([]byte, saltSize), sum: make([]byte, hashSize)}.String()

// phc is a hash with what it takes to make it again.
type phc struct {
	memory, time uint32
	threads      uint8
	salt, sum    []byte
}

// of hashes a password. It is normalised first: keyboards of different systems write "é" differently.
func (p phc) of(password string, size int) []byte {
	return argon2.IDKey([]byte(norm.NFKC.String(password)), p.salt, p.time, p.memory, p.threads, uint32(size))
}

func (p phc) String() string {
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads,
		e.EncodeToString(p.salt), e.EncodeToString(p.sum))
}

var errHash = errors.New("the stored password hash is damaged")

func parsePHC(s string) (p phc, err error) {
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, errHash
	}
	var rest string
	if n, _ := fmt.Sscanf(part[3]+" ", "m=%d,t=%d,p=%d%s", &p.memory, &p.time, &p.threads, &rest); n != 3 {
		return p, errHash
	}
	e := base64.RawStdEncoding.Strict()
	var err1, err2 error
	p.salt, err1 = e.DecodeString(part[4])
	p.sum, err2 = e.DecodeString(part[5])
	if err1 != nil || err2 != nil || len(p.salt) < 8 || len(p.sum) < 16 || len(p.sum) > 128 ||
		p.memory > 1<<20 || p.time < 1 || p.time > 32 || p.threads < 1 || p.threads > 16 {
		return p, errHash
	}
	return p, nil
}

// WeakPassword says why a password is not taken.
type WeakPassword struct {
	Key string // of the text for the operator
	Min int    // with PasswordShort: characters it needs
	Max int    // with PasswordLong: characters it may have
}

// Why a password is not taken: text keys.
const (
	PasswordShort  = "password.short"
	PasswordLong   = "password.long"
	PasswordCommon = "password.common" // on lists that are tried first, or made like them
	PasswordName   = "password.name"   // it is the operator's name, or imdesk's
)

func (e *WeakPassword) Error() string {
	switch e.Key {
	case PasswordShort:
		return fmt.Sprintf("a password needs at least %d characters", e.Min)
	case PasswordLong:
		return fmt.Sprintf("a password has at most %d characters", e.Max)
	case PasswordName:
		return "a password must not be made from the name"
	}
	return "this password is among those that are tried first"
}

// CheckPassword tells why a password is not good enough, as a *WeakPassword. Length counts, and that it is not what
// everybody tries first; there are no rules about digits or signs.
//
// Source: NIST SP 800-63B, section 5.1.1.2.
func CheckPassword(password, name string) error {
	p := norm.NFKC.String(password)
	switch n := utf8.RuneCountInString(p); {
	case n < MinPassword:
		return &WeakPassword{Key: PasswordShort, Min: MinPassword}
	case n > MaxPassword || len(password) > 4*MaxPassword:
		return &WeakPassword{Key: PasswordLong, Max: MaxPassword}
	case madeFrom(p, name, "imdesk"):
		return &WeakPassword{Key: PasswordName}
	case common(p):
		return &WeakPassword{Key: PasswordCommon}
	}
	return nil
}

// readable has no characters that are taken for one another.
const readable = "abcdefghjkmnpqrstuvwxyz23456789"

// RandomPassword makes a password of 99 bits that can be read out and typed: five groups of four.
func RandomPassword() string {
	var b strings.Builder
	for i := range 20 {
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
