package tencent

import (
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// UserSig is what a signature says: who may use which app, from when, for how long.
//
// Source: Tencent Cloud Chat, "Generating UserSig" (doc 34385), version 2.0, HMAC-SHA256.
type UserSig struct {
	SDKAppID   int64
	Identifier string        // the UserID that the signature is made for
	Time       time.Time     // when it was made, whole seconds
	Expire     time.Duration // its life, whole seconds
	UserBuf    []byte        // extra data that is signed too; nil for none
}

// ErrUserSig is the error of a signature that is damaged, or made with another key.
var ErrUserSig = errors.New("usersig not valid")

// maxUserSig bounds what a signature may unpack to. Real ones are below 1 KB.
const maxUserSig = 64 << 10

// sigDoc is the JSON inside a signature.
type sigDoc struct {
	Ver        string  `json:"TLS.ver"`
	Identifier string  `json:"TLS.identifier"`
	SDKAppID   int64   `json:"TLS.sdkappid"`
	Expire     int64   `json:"TLS.expire"`
	Time       int64   `json:"TLS.time"`
	UserBuf    *string `json:"TLS.userbuf,omitempty"`
	Sig        string  `json:"TLS.sig"`
}

// mac signs the document's lines. The key is used as the ASCII that the vendor's console shows, not decoded from hex.
func (d sigDoc) mac(key string) string {
	h := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(h, "TLS.identifier:%s\nTLS.sdkappid:%d\nTLS.time:%d\nTLS.expire:%d\n", d.Identifier, d.SDKAppID, d.Time, d.Expire)
	if d.UserBuf != nil {
		fmt.Fprintf(h, "TLS.userbuf:%s\n", *d.UserBuf)
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// The alphabet of a UserSig is not that of URL-safe base64.
var (
	toURL   = strings.NewReplacer("+", "*", "/", "-", "=", "_")
	fromURL = strings.NewReplacer("*", "+", "-", "/", "_", "=")
)

// SignUserSig makes a signature. It is safe in a URL as it is.
func SignUserSig(key string, s UserSig) (string, error) {
	doc := sigDoc{
		Ver: "2.0", Identifier: s.Identifier, SDKAppID: s.SDKAppID,
		Expire: int64(s.Expire / time.Second), Time: s.Time.Unix(),
	}
	if s.UserBuf != nil {
		doc.UserBuf = ptr(base64.StdEncoding.EncodeToString(s.UserBuf))
	}
	doc.Sig = doc.mac(key)
	plain, err := encode(doc)
	if err != nil {
		return "", fmt.Errorf("encode usersig: %w", err)
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	if _, err := w.Write(plain); err != nil {
		return "", fmt.Errorf("pack usersig: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("pack usersig: %w", err)
	}
	return toURL.Replace(base64.StdEncoding.EncodeToString(packed.Bytes())), nil
}

// VerifyUserSig unpacks a signature and checks that it was made with key. Whether it is still alive, and made for the
// right app and user, is the caller's to judge by what it returns. Errors: ErrUserSig.
func VerifyUserSig(key, sig string) (UserSig, error) {
	doc, err := unpackUserSig(sig)
	if err != nil {
		return UserSig{}, fmt.Errorf("%w: %w", ErrUserSig, err)
	}
	if !hmac.Equal([]byte(doc.mac(key)), []byte(doc.Sig)) {
		return UserSig{}, fmt.Errorf("%w: made with another key", ErrUserSig)
	}
	s := UserSig{
		SDKAppID: doc.SDKAppID, Identifier: doc.Identifier,
		Time: time.Unix(doc.Time, 0).UTC(), Expire: time.Duration(doc.Expire) * time.Second,
	}
	if doc.UserBuf != nil {
		if s.UserBuf, err = base64.StdEncoding.DecodeString(*doc.UserBuf); err != nil {
			return UserSig{}, fmt.Errorf("%w: userbuf: %w", ErrUserSig, err)
		}
	}
	return s, nil
}

func unpackUserSig(sig string) (sigDoc, error) {
	var doc sigDoc
	packed, err := base64.StdEncoding.DecodeString(fromURL.Replace(sig))
	if err != nil {
		return doc, err
	}
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return doc, err
	}
	defer r.Close()
	plain, err := io.ReadAll(io.LimitReader(r, maxUserSig+1))
	if err != nil {
		return doc, err
	}
	if len(plain) > maxUserSig {
		return doc, errors.New("unpacks to more than 64 KB")
	}
	if err := json.Unmarshal(plain, &doc); err != nil {
		return doc, err
	}
	if doc.Ver != "2.0" {
		return doc, fmt.Errorf("version %.8q", doc.Ver)
	}
	if doc.Expire < 0 || doc.Expire > int64(1<<63-1)/int64(time.Second) {
		return doc, fmt.Errorf("life of %d seconds", doc.Expire)
	}
	return doc, nil
}

// A signature made by us lives a week and is replaced at half of that, so that neither a console left alone nor a
// clock that is moved by hours ends up with a dead one. The vendor advises at least 24 hours.
const (
	sigLife  = 7 * 24 * time.Hour
	sigRenew = sigLife / 2
)

// signer makes the administrator's signature once and keeps it until it is due. It is safe for concurrent use.
type signer struct {
	key   string
	appID int64
	admin string
	now   func() time.Time

	mu   sync.Mutex
	sig  string
	made time.Time
}

// get returns the signature, new if the old one is past half of its life or was made in what is now the future.
func (s *signer) get() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().Truncate(time.Second)
	if age := now.Sub(s.made); s.sig != "" && age >= 0 && age < sigRenew {
		return s.sig, nil
	}
	sig, err := SignUserSig(s.key, UserSig{SDKAppID: s.appID, Identifier: s.admin, Time: now, Expire: sigLife})
	if err != nil {
		return "", err
	}
	s.sig, s.made = sig, now
	return sig, nil
}

// drop forgets a signature that the service called expired and reports whether a new one would differ.
func (s *signer) drop(sig string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sig != sig {
		return true // renewed meanwhile
	}
	if s.now().Sub(s.made) < time.Minute {
		return false // as good as new: it is the clock, not the signature
	}
	s.sig = ""
	return true
}

// parseAppID reads an SDKAppID: digits, above 0.
func parseAppID(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("SDKAppID %.40q is not a positive number", s)
	}
	return n, nil
}

// encode is json.Marshal without the escaping of <, > and &, which the service would count as five more bytes each.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
