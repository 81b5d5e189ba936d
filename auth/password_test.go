package auth

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
)

func TestCheckPassword(t *testing.T) {
	for _, tt := range []struct{ name, password, want string }{
		{"phrase", "seven ducks cross the road", ""},
		{"random", RandomPassword(), ""},
		{"short words", "blue-otter-lamp", ""},
		{"Chinese phrase", "今天下午三点在图书馆门口见面", ""},
		{"digits without order", "480915372664", ""},
		{"exactly twelve", "kT7vQz2mXw9p", ""},
		{"a common word among others", "my grandmother's password book", ""},
		{"longest", strings.Repeat("abcdefg 1234567 xyz! ", 12) + "okay", ""},

		{"nothing", "", PasswordShort},
		{"eleven", "kT7vQz2mXw9", PasswordShort},
		{"twelve bytes, four characters", "今天下午", PasswordShort},
		{"too long", strings.Repeat("abcdefg 1234567 xyz! ", 12) + "okay!", PasswordLong},
		{"far too long", strings.Repeat("x", 1<<20), PasswordLong},

		{"digits in a row", "123456789012", PasswordCommon},
		{"digits backwards", "987654321098", PasswordCommon},
		{"letters in a row", "abcdefghijkl", PasswordCommon},
		{"keyboard row", "qwertyuiop123", PasswordCommon},
		{"keyboard columns", "1qaz2wsx3edc", PasswordCommon},
		{"rows one after the other", "qwertyasdfghzxcvbn", PasswordCommon},
		{"one character", "aaaaaaaaaaaa", PasswordCommon},
		{"a pair", "abababababab", PasswordCommon},
		{"a piece repeated", "x7Q!x7Q!x7Q!", PasswordCommon},
		{"a word twice", "passwordpassword", PasswordCommon},
		{"a word and a year", "Password2026!", PasswordCommon},
		{"letters as signs", "P@$$w0rd12345", PasswordCommon},
		{"two words", "admin-welcome-1", PasswordCommon},
		{"the well-known phrase", "correct horse battery staple", PasswordCommon},
		{"love", "iloveyou143143", PasswordCommon},

		{"the name", "Mei.Lin.2026!", PasswordName},
		{"the name twice", "meilinmeilin", PasswordName},
		{"the name in wide letters", "ＭｅｉＬｉｎ２０２６！！", PasswordName},
		{"the program", "imdesk-imdesk-1", PasswordName},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckPassword(tt.password, "Mei Lin")
			weak, is := errors.AsType[*WeakPassword](err)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (!is || weak.Key != tt.want):
				t.Errorf("got %v, want %s", err, tt.want)
			case is && weak.Error() == "":
				t.Error("says nothing")
			}
		})
	}
}

func TestRandomPasswords(t *testing.T) {
	if bits := 20 * math.Log2(float64(len(readable))); bits < 80 {
		t.Errorf("%.0f bits", bits)
	}
	seen := map[string]bool{}
	for range 2000 {
		p := RandomPassword()
		groups := strings.Split(p, "-")
		if len(groups) != 5 || strings.ContainsAny(p, "0o1il") {
			t.Fatalf("%q", p)
		}
		for _, g := range groups {
			if len(g) != 4 {
				t.Fatalf("%q", p)
			}
		}
		if seen[p] {
			t.Fatalf("%q twice", p)
		}
		seen[p] = true
		if err := CheckPassword(p, "admin"); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
}

func TestHash(t *testing.T) {
	h := newHasher()
	verify := func(password, hash string) (ok, renew bool) {
		t.Helper()
		ok, renew, err := h.verify(t.Context(), password, hash)
		if err != nil {
			t.Fatal(err)
		}
		return ok, renew
	}
	one, err := h.hash(t.Context(), "café au lait 12")
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.hash(t.Context(), "café au lait 12")
	if err != nil {
		t.Fatal(err)
	}
	if one == two {
		t.Error("two hashes of one password are the same: no salt")
	}
	if !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %s", one)
	}
	if ok, renew := verify("café au lait 12", one); !ok || renew {
		t.Errorf("right password: %v, %v", ok, renew)
	}
	if ok, _ := verify("cafe\u0301 au lait 12", one); !ok {
		t.Error("the same password from another keyboard is refused")
	}
	for _, wrong := range []string{"", "café au lait 13", "Café au lait 12", "café au lait 12 "} {
		if ok, _ := verify(wrong, one); ok {
			t.Errorf("%q is taken", wrong)
		}
	}
	for _, password := range []string{"", "anything"} {
		if ok, _ := verify(password, ""); ok {
			t.Error("a password matches no hash")
		}
		if ok, _ := verify(password, nobody); ok {
			t.Error("a password matches nobody's hash")
		}
	}
	cheap := phc{memory: 1 << 10, time: 1, threads: 1, salt: []byte("saltsaltsalt")}
	cheap.sum = cheap.of("old", 32)
	if ok, renew := verify("old", cheap.String()); !ok || !renew {
		t.Errorf("a hash of lower cost: %v, %v", ok, renew)
	}
}

// A hash made elsewhere, by the reference implementation's parameters.
func TestHashIsArgon2id(t *testing.T) {
	p, err := parsePHC("$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHRzYWx0$" + "AAAAAAAAAAAAAAAAAAAAAA")
	if err != nil {
		t.Fatal(err)
	}
	if string(p.salt) != "saltsaltsalt" || p.memory != 1024 || p.time != 1 || p.threads != 1 || len(p.sum) != 16 {
		t.Errorf("%+v", p)
	}
	if got, want := p.of("x", 32), argon2.IDKey([]byte("x"), []byte("saltsaltsalt"), 1, 1024, 1, 32); string(got) != string(want) {
		t.Error("not argon2id")
	}
}

func TestDamagedHashes(t *testing.T) {
	good := phc{memory: argonMemory, time: argonTime, threads: 1, salt: make([]byte, 16), sum: make([]byte, 32)}.String()
	if _, err := parsePHC(good); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"x", good + "$", good[1:], strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=19456", "m=99999999", 1), strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "p=1", "p=1,x=1", 1), strings.Replace(good, "m=19456,", "", 1), good[:len(good)-30], strings.Replace(good, "AAAA", "AA!A", 1),
	} {
		if _, _, err := newHasher().verify(t.Context(), "x", bad); !errors.Is(err, errHash) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestAtMostTwoHashesAtOnce(t *testing.T) {
	h := newHasher()
	var now, most atomic.Int32
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			release, err := h.take(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Millisecond)
			now.Add(-1)
		})
	}
	wg.Wait()
	if most.Load() != hashing {
		t.Errorf("%d at once, want %d", most.Load(), hashing)
	}
	a, _ := h.take(t.Context())
	b, _ := h.take(t.Context())
	defer a()
	defer b()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("a request that was given up still waits: %v", err)
	}
}
