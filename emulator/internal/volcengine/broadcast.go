package volcengine

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"imdesk/emulator/internal/community"
)

// What UserBroadcast takes. Source: UserBroadcast, doc 1125997. Open: a day is one of China Standard Time.
const (
	broadcastsDay = 20
	maxLife       = 604_800 // seconds
)

// Source: UserBroadcast, doc 1125997.
func broadcast(c *call) (any, error) {
	n, tags := c.note(), c.strs("Tags", may, maxItems)
	all := c.oneOf("TagOp", 0, 1) == 1
	inbox, life := c.i32("InboxType", may), c.i64("MsgTTL", need)
	if life < 1 || life > maxLife {
		c.fail("MsgTTL", "is not within 1 and 604800")
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	matched, err := c.read().CountTagged(c.app.ID, tags, all)
	if err != nil {
		return nil, err
	}
	now := c.s.now()
	b := community.Broadcast{
		Account: c.account, Day: (now.Unix() + 8*3600) / 86400, AtMS: now.UnixMilli(), Sender: n.Sender, Type: n.Type, Content: n.Content, Ext: n.Ext,
		Inbox: inbox, LifeSeconds: life, Tags: tags, AllOf: all, Matched: matched,
	}
	return nil, c.update(func(tx *community.Tx) error {
		sent, err := tx.CountBroadcasts(b.Account, b.Day)
		if err != nil {
			return err
		}
		if sent >= broadcastsDay {
			return errFlowLimit
		}
		return tx.AddBroadcast(c.app.ID, b)
	})
}

// Source: GetAppToken, doc 1208779. The token is opaque; its layout is ours.
func appToken(c *call) (any, error) {
	user, until := c.user("UserId", need), c.i64("ExpireTime", need)
	if until <= c.s.now().UnixMilli() {
		c.fail("ExpireTime", "is not in the future")
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	token, err := c.app.seal(user, until)
	return struct {
		AppId     int64
		UserId    int64
		UserIdStr string
		Token     string
	}{c.app.ID, user, text(user), token}, err
}

// aead is the app's key for tokens.
func (a App) aead() (cipher.AEAD, error) {
	key := sha256.Sum256([]byte("app key " + text(a.ID) + " " + a.SecretKey))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal makes a token that is good until then, Unix milliseconds.
func (a App) seal(user, until int64) (string, error) {
	aead, err := a.aead()
	if err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	plain := binary.BigEndian.AppendUint64(nil, uint64(user))   //nolint:gosec // users are above 0
	plain = binary.BigEndian.AppendUint64(plain, uint64(until)) //nolint:gosec // so is the time
	return "001" + base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, nil)), nil
}

var errToken = errors.New("the token is not of this app, or has expired")

// open returns whose token it is.
func (a App) open(token string, now time.Time) (user int64, err error) {
	aead, err := a.aead()
	if err != nil {
		return 0, fmt.Errorf("read a token: %w", err)
	}
	if len(token) < 3 || token[:3] != "001" {
		return 0, errToken
	}
	raw, err := base64.RawURLEncoding.DecodeString(token[3:])
	if err != nil || len(raw) < aead.NonceSize() {
		return 0, errToken
	}
	plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], nil)
	if err != nil || len(plain) != 16 {
		return 0, errToken
	}
	if until := int64(binary.BigEndian.Uint64(plain[8:])); now.UnixMilli() > until { //nolint:gosec // as it was made
		return 0, errToken
	}
	return int64(binary.BigEndian.Uint64(plain)), nil //nolint:gosec // as it was made
}
