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
	"strings"
)

// A UserSig is a few hundred bytes. These bounds keep a hostile one from costing more than that.
const (
	maxSig      = 8 << 10  // characters as sent
	maxInflated = 16 << 10 // bytes of JSON inside
)

var errSig = errors.New("usersig is malformed")

// userSig is what a UserSig says, not yet believed. Source: "Generating UserSig", doc 34385.
type userSig struct {
	Version    string      `json:"TLS.ver"`
	Identifier string      `json:"TLS.identifier"`
	AppID      json.Number `json:"TLS.sdkappid"`
	Time       json.Number `json:"TLS.time"`
	Expire     json.Number `json:"TLS.expire"`
	UserBuf    *string     `json:"TLS.userbuf"`
	Sig        string      `json:"TLS.sig"`

	appID, time, expire int64
}

// sigAlphabet undoes the three substitutions; it is not RFC 4648 base64url.
var sigAlphabet = strings.NewReplacer("*", "+", "-", "/", "_", "=")

// decodeSig reads a UserSig. Any zlib level is good; only the content counts.
func decodeSig(text string) (*userSig, error) {
	if len(text) > maxSig || strings.ContainsAny(text, "+/=\r\n") {
		return nil, errSig
	}
	packed, err := base64.StdEncoding.DecodeString(sigAlphabet.Replace(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSig, err)
	}
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSig, err)
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxInflated+1))
	if err != nil || len(plain) > maxInflated {
		return nil, errSig
	}
	sig := &userSig{}
	if err := json.Unmarshal(plain, sig); err != nil {
		return nil, fmt.Errorf("%w: %w", errSig, err)
	}
	var errs [3]error
	sig.appID, errs[0] = sig.AppID.Int64()
	sig.time, errs[1] = sig.Time.Int64()
	sig.expire, errs[2] = sig.Expire.Int64()
	if err := errors.Join(errs[:]...); err != nil || sig.expire < 0 {
		return nil, errSig
	}
	return sig, nil
}

// signedWith reports whether key made the signature.
func (u *userSig) signedWith(key string) bool {
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "TLS.identifier:%s\nTLS.sdkappid:%d\nTLS.time:%d\nTLS.expire:%d\n", u.Identifier, u.appID, u.time, u.expire)
	if u.UserBuf != nil {
		fmt.Fprintf(mac, "TLS.userbuf:%s\n", *u.UserBuf)
	}
	got, err := base64.StdEncoding.DecodeString(u.Sig)
	return err == nil && hmac.Equal(got, mac.Sum(nil))
}

// expired tells whether the signature is past its life at now, in Unix seconds.
func (u *userSig) expired(now int64) bool { return now-u.time > u.expire }
