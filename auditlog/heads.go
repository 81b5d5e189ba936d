package auditlog

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"imdesk/store"
)

// Every is how often a head is written, if something was recorded since.
const Every = 10 * time.Minute

// maxHeads is how many heads a file may have: of ten minutes each they are 190 years.
const maxHeads = 10_000_000

// Head is the end of the log at a time, signed. Kept where the console cannot write, it shows that nothing recorded up to then
// was changed or taken out since, not even by somebody who made the whole chain anew.
type Head struct {
	At time.Time `json:"at"`
	store.AuditHead
	Signature string `json:"signature"` // Ed25519 over what signed returns, base64
}

func (h Head) signed() []byte {
	return fmt.Appendf(nil, "imdesk audit head\n%s\n%d\n%d\n%s\n", h.At.UTC().Format(time.RFC3339), h.Entries, h.Records, h.Hash)
}

// ErrNoKey means that there is no key in the file.
var ErrNoKey = errors.New("not a key")

// LoadKey reads the key that signs heads, and makes it if there is no file. make false: the file has to be there.
func LoadKey(file string, make bool) (ed25519.PrivateKey, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && make {
		seed := [ed25519.SeedSize]byte{}
		if _, err := rand.Read(seed[:]); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, []byte(hex.EncodeToString(seed[:])+"\n"), 0o600); err != nil {
			return nil, fmt.Errorf("keep the key of the audit log: %w", err)
		}
		return ed25519.NewKeyFromSeed(seed[:]), nil
	}
	if err != nil {
		return nil, fmt.Errorf("key of the audit log: %w", err)
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("key of the audit log: %s: %w", file, ErrNoKey)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// ParsePublicKey reads a key as PublicKeyText writes it.
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	b, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, ErrNoKey
	}
	return b, nil
}

// PublicKeyText is what verifies the heads that key signed, in hex.
func PublicKeyText(key ed25519.PrivateKey) string {
	return hex.EncodeToString(key.Public().(ed25519.PublicKey))
}

// KeepHeads appends a signed head to the file now, every Every, and when ctx ends, each time if something was recorded since.
// What cannot be written is logged and tried again.
func KeepHeads(ctx context.Context, log store.AuditLog, file string, key ed25519.PrivateKey, now func() time.Time, logger *slog.Logger) {
	var last store.AuditHead
	write := func(ctx context.Context) {
		head, err := log.Head(ctx)
		if err == nil && head != last && head.Records > 0 {
			err = appendHead(file, head, key, now())
		}
		if err != nil {
			logger.Error("write a head of the audit log", "file", file, "error", err)
			return
		}
		last = head
	}
	write(ctx)
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			write(ctx)
		case <-ctx.Done():
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			write(ending)
			return
		}
	}
}

func appendHead(file string, head store.AuditHead, key ed25519.PrivateKey, now time.Time) error {
	h := Head{At: now.UTC().Truncate(time.Second), AuditHead: head}
	h.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key, h.signed()))
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// ReadHeads reads heads and checks their signatures. An error names the line.
func ReadHeads(r io.Reader, key ed25519.PublicKey) ([]Head, error) {
	var list []Head
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var h Head
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
			return nil, fmt.Errorf("line %d is no head", n)
		}
		signature, err := base64.StdEncoding.DecodeString(h.Signature)
		if err != nil || !ed25519.Verify(key, h.signed(), signature) {
			return nil, fmt.Errorf("line %d was not signed with this key", n)
		}
		if list = append(list, h); len(list) > maxHeads {
			return nil, fmt.Errorf("more than %d heads", maxHeads)
		}
	}
	return list, lines.Err()
}

// Result is what Verify found.
type Result struct {
	store.AuditCheck
	Heads  int    // that were held against the log
	Broken []Head // those that do not fit it: what they tell of was changed or taken out since
}

// Good tells whether the log is as it was written.
func (r Result) Good() bool { return len(r.Faults) == 0 && len(r.Broken) == 0 }

// Verify holds the log against its chain, and against heads that were kept elsewhere.
func Verify(ctx context.Context, log store.AuditLog, heads []Head) (Result, error) {
	r := Result{Heads: len(heads)}
	at := map[int64][]Head{}
	for _, h := range heads {
		at[h.Records] = append(at[h.Records], h)
	}
	var err error
	r.AuditCheck, err = log.Verify(ctx, func(record int64, hash string) error {
		for _, h := range at[record] {
			if h.Hash != hash {
				r.Broken = append(r.Broken, h)
			}
		}
		delete(at, record)
		return nil
	})
	if err != nil {
		return r, err
	}
	for _, h := range heads { // of records that are not there any more
		if _, left := at[h.Records]; left {
			r.Broken = append(r.Broken, h)
		}
	}
	return r, nil
}
