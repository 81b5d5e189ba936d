package evidence

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"imdesk/secrets"
	"imdesk/store"
)

// secretName is what the key is sealed under.
const secretName = "evidence/key"

// Namespace stands in signatures for ssh-keygen: a signature of an archive counts for nothing else.
const Namespace = "imdesk-evidence"

// Signer is who ssh-keygen is told has signed.
const Signer = "imdesk"

// OpenKey is the key that signs archives: one for all consoles on a database, made by the first that asks.
func OpenKey(ctx context.Context, list store.Secrets, ring *secrets.Keyring, now time.Time) (ed25519.PrivateKey, error) {
	const op = "key of evidence"
	for range 2 {
		sealed, err := list.Get(ctx, secretName)
		if err == nil {
			seed, err := ring.Open(secretName, sealed)
			if err == nil && len(seed) != ed25519.SeedSize {
				err = errors.New("it is not a key")
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", op, err)
			}
			return ed25519.NewKeyFromSeed(seed), nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		seed := make([]byte, ed25519.SeedSize)
		if _, err := rand.Read(seed); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		if sealed, err = ring.Seal(secretName, seed); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		if err := list.Add(ctx, secretName, sealed, now); err != nil && !errors.Is(err, store.ErrConflict) {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
	}
	return nil, fmt.Errorf("%s: it cannot be kept", op)
}

// PublicPEM is what openssl checks an archive with.
func PublicPEM(key ed25519.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "" // an Ed25519 key can be written
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// PublicSSH is the line by which ssh-keygen knows who may sign: the key as OpenSSH writes it, after Signer.
func PublicSSH(key ed25519.PublicKey) string {
	return Signer + " ssh-ed25519 " + base64.StdEncoding.EncodeToString(sshKey(key))
}

// Fingerprint is the key in short, as ssh-keygen -l shows it.
func Fingerprint(key ed25519.PublicKey) string {
	sum := sha256Of(sshKey(key))
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// sshString is a string as SSH has it: its length in four bytes, then the bytes (RFC 4251, section 5).
func sshString(b, s []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// sshKey is a public key as SSH has it (RFC 8709, section 4).
func sshKey(key ed25519.PublicKey) []byte {
	return sshString(sshString(nil, []byte("ssh-ed25519")), key)
}

// sshSign signs as ssh-keygen -Y sign does. Source: OpenSSH, PROTOCOL.sshsig.
func sshSign(key ed25519.PrivateKey, b []byte) string {
	const magic, hash = "SSHSIG", "sha512"
	sum := sha512.Sum512(b)
	signed := []byte(magic)
	for _, part := range [][]byte{[]byte(Namespace), nil, []byte(hash), sum[:]} {
		signed = sshString(signed, part)
	}
	signature := sshString(sshString(nil, []byte("ssh-ed25519")), ed25519.Sign(key, signed))
	blob := binary.BigEndian.AppendUint32([]byte(magic), 1)
	for _, part := range [][]byte{sshKey(key.Public().(ed25519.PublicKey)), []byte(Namespace), nil, []byte(hash), signature} {
		blob = sshString(blob, part)
	}
	text := base64.StdEncoding.EncodeToString(blob)
	var lines strings.Builder
	lines.WriteString("-----BEGIN SSH SIGNATURE-----\n")
	for len(text) > 70 {
		lines.WriteString(text[:70] + "\n")
		text = text[70:]
	}
	lines.WriteString(text + "\n-----END SSH SIGNATURE-----\n")
	return lines.String()
}
