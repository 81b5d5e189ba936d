// Package secrets seals what has to lie in the database and must not be read there: seeds of second factors, keys of apps.
// Whoever has the database alone has nothing; it takes the key as well, which lies elsewhere.
package secrets

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// What goes wrong with a sealed value, for errors.Is.
var (
	// ErrKey means that the value was sealed with a key that the ring does not have.
	ErrKey = errors.New("sealed with a key that is not here")
	// ErrSealed means that the value was changed or cut, or belongs to another row.
	ErrSealed = errors.New("not what was sealed for this row")
	// ErrWeakKey means that a text is too short to be a key.
	ErrWeakKey = fmt.Errorf("a key has at least %d characters", MinKey)
)

// MinKey is the length of a key's text in characters: 32 random bytes in base64 have 43.
const MinKey = 32

// A sealed value is a version, the id of its key, and what AES-256-GCM makes of the rest with a random nonce in front.
// Version, id and row are authenticated with it.
const (
	version = 1
	idSize  = 8
	head    = 1 + idSize
)

// key is one key of a ring.
type key struct {
	id   [idSize]byte
	aead cipher.AEAD
}

// newKey derives a key and its id from a text: the id tells nothing of the key.
func newKey(text string) (key, error) {
	var k key
	if text = strings.TrimSpace(text); len(text) < MinKey {
		return k, ErrWeakKey
	}
	id, err1 := hkdf.Key(sha256.New, []byte(text), nil, "imdesk secrets: id of the key", idSize)
	raw, err2 := hkdf.Key(sha256.New, []byte(text), nil, "imdesk secrets: key", 32)
	if err := errors.Join(err1, err2); err != nil {
		return k, fmt.Errorf("derive a key: %w", err)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return k, fmt.Errorf("derive a key: %w", err)
	}
	copy(k.id[:], id)
	k.aead, err = cipher.NewGCMWithRandomNonce(block)
	return k, err
}

// RandomKey makes the text of a key.
func RandomKey() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return base64.RawStdEncoding.EncodeToString(b)
}

// Keyring seals with its newest key and opens with any. It is safe for use by several goroutines.
type Keyring struct {
	file string // read again when it has changed; "": the keys were given

	mu   sync.RWMutex
	keys []key // newest first, never empty
	read []byte
}

// New makes a keyring of given keys, newest first. ErrWeakKey: a text is too short.
func New(current string, old ...string) (*Keyring, error) {
	keys, err := parse(append([]string{current}, old...))
	if err != nil {
		return nil, err
	}
	return &Keyring{keys: keys}, nil
}

func parse(texts []string) ([]key, error) {
	var keys []key
	for _, text := range texts {
		k, err := newKey(text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, ErrWeakKey
	}
	return keys, nil
}

// Open reads the keys of a file, one a line, newest first; a file that is missing is made, for its owner only.
// A ring of a file takes notice when another process rotates the file.
func Open(file string) (*Keyring, error) {
	r := &Keyring{file: file}
	err := r.reread()
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeFile(file); err != nil {
			return nil, err
		}
		err = r.reread()
	}
	if err != nil {
		return nil, fmt.Errorf("keys of the secrets: %s: %w", file, err)
	}
	return r, nil
}

// makeFile makes a file with a key. If another process was faster, that one's stays.
func makeFile(file string) error {
	tmp, err := writeBeside(file, RandomKey()+"\n")
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	if err := os.Link(tmp, file); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keep the key of the secrets: %w", err)
	}
	return nil
}

// writeBeside writes a whole file, readable for its owner only, that has only to be renamed.
func writeBeside(file, text string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".secret-*") // with mode 0600
	if err != nil {
		return "", fmt.Errorf("keep the key of the secrets: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("keep the key of the secrets: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// maxFile is the size of a file of keys in bytes.
const maxFile = 64 << 10

// reread reads the file if it has changed.
func (r *Keyring) reread() error {
	info, err := os.Stat(r.file)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return errors.New("no file of keys")
	}
	b, err := os.ReadFile(r.file)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys != nil && bytes.Equal(b, r.read) {
		return nil
	}
	keys, err := parse(strings.Fields(string(b)))
	if err != nil {
		return err
	}
	r.keys, r.read = keys, b
	return nil
}

// Seal seals a value for a row, such as "totp/OPERATOR": only for that row can it be opened.
func (r *Keyring) Seal(row string, plain []byte) ([]byte, error) {
	if r.file != "" {
		if err := r.reread(); err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
	}
	r.mu.RLock()
	k := r.keys[0]
	r.mu.RUnlock()
	out := append([]byte{version}, k.id[:]...)
	return k.aead.Seal(out, nil, plain, aad(out, row)), nil
}

// Open opens what was sealed for the row. Errors: ErrKey, ErrSealed.
func (r *Keyring) Open(row string, sealed []byte) ([]byte, error) {
	if len(sealed) < head || sealed[0] != version {
		return nil, ErrSealed
	}
	k, ok := r.find(sealed)
	if !ok && r.file != "" { // another process may have rotated the file
		if err := r.reread(); err != nil {
			return nil, fmt.Errorf("open: %w", err)
		}
		k, ok = r.find(sealed)
	}
	if !ok {
		return nil, ErrKey
	}
	plain, err := k.aead.Open(nil, nil, sealed[head:], aad(sealed[:head], row))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

func (r *Keyring) find(sealed []byte) (key, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.keys {
		if bytes.Equal(k.id[:], sealed[1:head]) {
			return k, true
		}
	}
	return key{}, false
}

// aad is what is authenticated beside the value.
func aad(head []byte, row string) []byte { return append(bytes.Clone(head), row...) }

// Newest tells whether a value is sealed with the newest key.
func (r *Keyring) Newest(sealed []byte) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(sealed) >= head && sealed[0] == version && bytes.Equal(r.keys[0].id[:], sealed[1:head])
}

// Renew puts a new key in front of the file of a ring, and drops all but the one before: a console that runs may be
// sealing with that just now. It does nothing, and says so, for a ring whose keys were given: the new one is given as well.
func (r *Keyring) Renew() (bool, error) {
	if r.file == "" {
		return false, nil
	}
	if err := r.reread(); err != nil {
		return false, fmt.Errorf("renew the key of the secrets: %w", err)
	}
	r.mu.RLock()
	before := strings.Fields(string(r.read))
	r.mu.RUnlock()
	tmp, err := writeBeside(r.file, RandomKey()+"\n"+before[0]+"\n")
	if err != nil {
		return false, err
	}
	if err := os.Rename(tmp, r.file); err != nil {
		return false, errors.Join(fmt.Errorf("renew the key of the secrets: %w", err), os.Remove(tmp))
	}
	return true, r.reread()
}
