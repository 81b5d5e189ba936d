package tencent

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/internal/testtools"
)

const vectorKey = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"

var vector = UserSig{
	SDKAppID: 1400000000, Identifier: "administrator", Time: time.Unix(1700000000, 0).UTC(), Expire: 15552000 * time.Second,
}

func TestUserSigVector(t *testing.T) {
	const valid = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkElNyM-Myi0uKEkvyi2BKilOyEwsKMlOACgxNDKAAKpdaUZBZlAqSMTU1NUKIl2TmgkXN0dQXZ6aD7PFyrqpIzHOz8AsJiUgsNcnVNsqwLC8zT4-0yqv0yy7ONajINfRzjQg1MjexVaoFANTGNgc_"
	got, err := VerifyUserSig(vectorKey, valid)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vector, got); diff != "" {
		t.Error(diff)
	}
	own, err := SignUserSig(vectorKey, vector)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := unpackUserSig(own)
	if err != nil {
		t.Fatal(err)
	}
	if want := "JCzxanF8NTTXau4m+2h9wv7gYJnyNksm0xm1NEXU274="; doc.Sig != want {
		t.Errorf("TLS.sig: got %s, want %s", doc.Sig, want)
	}
	if bad := strings.Trim(own, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-_"); bad != "" {
		t.Errorf("the signature has %q in it, which an address would have to escape", bad)
	}
}

// randomSigs makes inputs of every kind: short and long, any script, with and without userbuf.
func randomSigs(n int) (keys []string, sigs []UserSig) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func(max int) string {
		pools := []string{"abcXYZ019_-", "管理员张三", "é漢字🌧️<>&\"\\\u2028", " \x21\x7e'"}
		var b strings.Builder
		pool := []rune(pools[r.IntN(len(pools))])
		for range 1 + r.IntN(max) {
			b.WriteRune(pool[r.IntN(len(pool))])
		}
		return b.String()
	}
	for i := range n {
		s := UserSig{
			SDKAppID: 1 + r.Int64N(1<<40), Identifier: text(64), Time: time.Unix(r.Int64N(1<<33), 0).UTC(),
			Expire: time.Duration(r.Int64N(1<<33)) * time.Second,
		}
		if i%3 == 0 {
			s.UserBuf = make([]byte, r.IntN(200))
			for j := range s.UserBuf {
				s.UserBuf[j] = byte(r.Uint32())
			}
		}
		keys, sigs = append(keys, text(80)), append(sigs, s)
	}
	return keys, sigs
}

// TestUserSigAgainstVendor checks our signatures with the vendor's own package, and that package's with ours.
func TestUserSigAgainstVendor(t *testing.T) {
	t.Parallel()
	type question struct {
		Key        string  `json:"key"`
		SDKAppID   int64   `json:"sdkappid"`
		Identifier string  `json:"identifier"`
		Expire     int64   `json:"expire"`
		UserBuf    *string `json:"userbuf"`
		Sig        string  `json:"sig"`
	}
	keys, sigs := randomSigs(500)
	var questions []question
	for i, s := range sigs {
		own, err := SignUserSig(keys[i], s)
		if err != nil {
			t.Fatal(err)
		}
		q := question{keys[i], s.SDKAppID, s.Identifier, int64(s.Expire / time.Second), nil, own}
		if s.UserBuf != nil {
			q.UserBuf = ptr(base64.StdEncoding.EncodeToString(s.UserBuf))
		}
		questions = append(questions, q)
	}
	input, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "testdata/tlssig.js", testtools.NPM(t, "tls-sig-api-v2@1.0.2"))
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.Bytes())
	}
	var answers []struct {
		Sig string `json:"sig"`
		OK  bool   `json:"ok"`
	}
	if err := json.Unmarshal(output, &answers); err != nil || len(answers) != len(questions) {
		t.Fatalf("%d answers: %v", len(answers), err)
	}
	for i, a := range answers {
		if !a.OK {
			t.Errorf("the vendor's package would not have made our signature for %+v", questions[i])
		}
		got, err := VerifyUserSig(keys[i], a.Sig)
		if err != nil {
			t.Errorf("the package's signature for %+v: %v", questions[i], err)
			continue
		}
		want := sigs[i]
		want.Time = got.Time // the package takes its own clock
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the package's signature: %s", diff)
		}
		again, err := SignUserSig(keys[i], got)
		if err != nil {
			t.Fatal(err)
		}
		theirs, _ := unpackUserSig(a.Sig)
		ours, _ := unpackUserSig(again)
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("the same inputs sign differently: %s", diff)
		}
	}
}

func TestVerifyUserSigRefuses(t *testing.T) {
	good, err := SignUserSig(vectorKey, vector)
	if err != nil {
		t.Fatal(err)
	}
	repack := func(change func(d *sigDoc)) string {
		doc, err := unpackUserSig(good)
		if err != nil {
			t.Fatal(err)
		}
		change(&doc)
		return packed(t, doc)
	}
	tests := map[string]string{
		"nothing":                   "",
		"not base64":                "?????",
		"not packed":                toURL.Replace(base64.StdEncoding.EncodeToString([]byte(`{"TLS.ver":"2.0"}`))),
		"cut short":                 good[:len(good)/2],
		"another user":              repack(func(d *sigDoc) { d.Identifier = "root" }),
		"another app":               repack(func(d *sigDoc) { d.SDKAppID++ }),
		"a longer life":             repack(func(d *sigDoc) { d.Expire++ }),
		"a later time":              repack(func(d *sigDoc) { d.Time++ }),
		"a userbuf added":           repack(func(d *sigDoc) { d.UserBuf = ptr("") }),
		"another version":           repack(func(d *sigDoc) { d.Ver = "1.0" }),
		"a life below zero":         repack(func(d *sigDoc) { d.Expire = -1; d.Sig = d.mac(vectorKey) }),
		"a life beyond all":         repack(func(d *sigDoc) { d.Expire = 1 << 60; d.Sig = d.mac(vectorKey) }),
		"a userbuf not base64":      repack(func(d *sigDoc) { d.UserBuf = ptr("?"); d.Sig = d.mac(vectorKey) }),
		"one that unpacks to a lot": packed(t, sigDoc{Ver: "2.0", Identifier: strings.Repeat("a", maxUserSig)}),
	}
	for name, sig := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := VerifyUserSig(vectorKey, sig); !errors.Is(err, ErrUserSig) {
				t.Errorf("got %+v, %v, want ErrUserSig", got, err)
			}
		})
	}
	if _, err := VerifyUserSig("another key", good); !errors.Is(err, ErrUserSig) {
		t.Errorf("with another key: got %v, want ErrUserSig", err)
	}
}

func packed(t *testing.T, doc sigDoc) string {
	t.Helper()
	plain, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return toURL.Replace(base64.StdEncoding.EncodeToString(b.Bytes()))
}

func TestSignerRenews(t *testing.T) {
	now := time.Unix(1700000000, 500)
	s := &signer{key: vectorKey, appID: 1400000000, admin: "administrator", now: func() time.Time { return now }}
	get := func() (string, UserSig) {
		t.Helper()
		sig, err := s.get()
		if err != nil {
			t.Fatal(err)
		}
		u, err := VerifyUserSig(vectorKey, sig)
		if err != nil {
			t.Fatal(err)
		}
		if left := u.Time.Add(u.Expire).Sub(now); left < 24*time.Hour {
			t.Errorf("a signature with %v left is given out, want at least 24 h", left)
		}
		return sig, u
	}
	first, _ := get()
	for _, step := range []struct {
		name string
		move time.Duration
		same bool
	}{
		{"a day later", 24 * time.Hour, true},
		{"just before half of its life", sigRenew - 25*time.Hour, true},
		{"at half of its life", time.Hour, false},
	} {
		now = now.Add(step.move)
		sig, u := get()
		if (sig == first) != step.same {
			t.Errorf("%s: the same one: %t, want %t", step.name, sig == first, step.same)
		}
		if !step.same && !u.Time.Equal(now.Truncate(time.Second)) {
			t.Errorf("%s: made %v, want now", step.name, u.Time)
		}
	}
	now = now.Add(-30 * 24 * time.Hour)
	if _, u := get(); u.Time.After(now) {
		t.Error("after the clock was put back the signature is from the future")
	}
}

func TestSignerDrop(t *testing.T) {
	now := time.Unix(1700000000, 0)
	s := &signer{key: vectorKey, appID: 1, admin: "a", now: func() time.Time { return now }}
	old, err := s.get()
	if err != nil {
		t.Fatal(err)
	}
	if s.drop(old) {
		t.Error("a signature of this second is replaced: it would be refused again")
	}
	now = now.Add(time.Hour)
	if !s.drop(old) {
		t.Error("a signature of an hour ago that was called expired is not replaced")
	}
	if renewed, _ := s.get(); renewed == old {
		t.Error("the same signature is given out again")
	}
	if !s.drop(old) {
		t.Error("a caller who came with the old one is not told of the new one")
	}
}

func TestSignerIsSafeForMany(t *testing.T) {
	s := &signer{key: vectorKey, appID: 1, admin: "a", now: time.Now}
	var wg sync.WaitGroup
	sigs := make([]string, 50)
	for i := range sigs {
		wg.Go(func() { sigs[i], _ = s.get() })
	}
	wg.Wait()
	for _, sig := range sigs {
		if sig != sigs[0] || sig == "" {
			t.Fatal("callers at the same time got different signatures")
		}
	}
}

func FuzzUserSig(f *testing.F) {
	keys, sigs := randomSigs(5)
	for i, s := range sigs {
		f.Add(keys[i], s.SDKAppID, s.Identifier, s.Time.Unix(), int64(s.Expire/time.Second), s.UserBuf)
	}
	f.Fuzz(func(t *testing.T, key string, app int64, id string, at, life int64, userbuf []byte) {
		if _, err := VerifyUserSig(key, id); err == nil {
			t.Fatalf("%q passes for a signature", id)
		}
		if life < 0 || life > 1<<33 || strings.ToValidUTF8(id, "") != id {
			return
		}
		want := UserSig{app, id, time.Unix(at, 0).UTC(), time.Duration(life) * time.Second, userbuf}
		sig, err := SignUserSig(key, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := VerifyUserSig(key, sig)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}
