package secrets

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func ring(t *testing.T, texts ...string) *Keyring {
	t.Helper()
	r, err := New(texts[0], texts[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func seal(t *testing.T, r *Keyring, row, plain string) []byte {
	t.Helper()
	b, err := r.Seal(row, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Only who has the key, and asks for the row it was sealed for, reads a value.
func TestOpen(t *testing.T) {
	a, b := strings.Repeat("a", MinKey), strings.Repeat("b", MinKey)
	mine := ring(t, a)
	sealed := seal(t, mine, "totp/mei", "seed")
	changed := func(i int) []byte {
		c := bytes.Clone(sealed)
		c[i] ^= 1
		return c
	}
	tests := []struct {
		name   string
		ring   *Keyring
		row    string
		sealed []byte
		want   error
	}{
		{"as it was sealed", mine, "totp/mei", sealed, nil},
		{"another ring with the same key", ring(t, a+"\n"), "totp/mei", sealed, nil},
		{"the key is an old one", ring(t, b, a), "totp/mei", sealed, nil},
		{"another key", ring(t, b), "totp/mei", sealed, ErrKey},
		{"another row", mine, "totp/tom", sealed, ErrSealed},
		{"no row", mine, "", sealed, ErrSealed},
		{"another version", mine, "totp/mei", changed(0), ErrSealed},
		{"another key id", mine, "totp/mei", changed(1), ErrKey},
		{"another nonce", mine, "totp/mei", changed(head), ErrSealed},
		{"another value", mine, "totp/mei", changed(head + 12), ErrSealed},
		{"another tag", mine, "totp/mei", changed(len(sealed) - 1), ErrSealed},
		{"cut by a byte", mine, "totp/mei", sealed[:len(sealed)-1], ErrSealed},
		{"cut to the nonce", mine, "totp/mei", sealed[:head+12], ErrSealed},
		{"cut to the head", mine, "totp/mei", sealed[:head], ErrSealed},
		{"cut within the head", mine, "totp/mei", sealed[:head-1], ErrSealed},
		{"nothing", mine, "totp/mei", nil, ErrSealed},
		{"a byte more", mine, "totp/mei", append(bytes.Clone(sealed), 0), ErrSealed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.ring.Open(tt.row, tt.sealed)
			if !errors.Is(err, tt.want) || err == nil && string(got) != "seed" || err != nil && got != nil {
				t.Errorf("got %q, %v; want %v", got, err, tt.want)
			}
		})
	}
	// The id of the key of another ring does not open it either: it is authenticated.
	forged := bytes.Clone(sealed)
	other := ring(t, b, a)
	copy(forged[1:head], other.keys[0].id[:])
	if _, err := other.Open("totp/mei", forged); !errors.Is(err, ErrSealed) {
		t.Errorf("with a forged key id: %v", err)
	}
}

func TestSeal(t *testing.T) {
	r := ring(t, RandomKey())
	one, two := seal(t, r, "row", "the same"), seal(t, r, "row", "the same")
	if bytes.Equal(one, two) {
		t.Error("the same value is sealed alike twice")
	}
	if bytes.Contains(one, []byte("the same")) {
		t.Error("the value can be read")
	}
	if got, err := r.Open("row", seal(t, r, "row", "")); err != nil || len(got) != 0 {
		t.Errorf("nothing comes back as %q, %v", got, err)
	}
	for _, short := range []string{"", "short", strings.Repeat("x", MinKey-1), strings.Repeat(" ", 100)} {
		if _, err := New(short); !errors.Is(err, ErrWeakKey) {
			t.Errorf("%q is taken for a key", short)
		}
	}
	if RandomKey() == RandomKey() || len(RandomKey()) < MinKey {
		t.Error("a random key is none")
	}
}

// A file of keys is made once, and a ring that is open notices when another process rotates it.
func TestFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret.key")
	open := func() *Keyring {
		r, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	var rings [8]*Keyring
	var all sync.WaitGroup
	for i := range rings { // consoles that start together have one key
		all.Go(func() { rings[i], _ = Open(file) })
	}
	all.Wait()
	sealed := seal(t, rings[0], "row", "value")
	for i, r := range rings {
		if got, err := r.Open("row", sealed); err != nil || string(got) != "value" {
			t.Fatalf("ring %d: %q, %v", i, got, err)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".secret-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}

	running, command := rings[0], open()
	if renewed, err := command.Renew(); err != nil || !renewed {
		t.Fatal(renewed, err)
	}
	if command.Newest(sealed) {
		t.Error("the old key counts as the newest")
	}
	fresh := seal(t, command, "row", "fresh")
	if got, err := running.Open("row", fresh); err != nil || string(got) != "fresh" {
		t.Errorf("the running console reads %q, %v", got, err)
	}
	if !command.Newest(seal(t, running, "row", "x")) {
		t.Error("the running console goes on sealing with the old key")
	}
	if _, err := open().Open("row", sealed); err != nil {
		t.Errorf("the key before is gone at once: %v", err)
	}
	if _, err := command.Renew(); err != nil {
		t.Fatal(err)
	}
	if _, err := open().Open("row", sealed); !errors.Is(err, ErrKey) {
		t.Errorf("the key before the last is kept: %v", err)
	}
	if renewed, err := ring(t, RandomKey()).Renew(); renewed || err != nil {
		t.Errorf("given keys are renewed: %v, %v", renewed, err)
	}

	for name, text := range map[string]string{"empty": "", "short": "abc\n", "huge": strings.Repeat("x", maxFile+1)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(file); err == nil || strings.Contains(err.Error(), "abc") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := running.Seal("row", nil); err == nil {
			t.Errorf("%s: the running console seals on", name)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "no", "folder")); err == nil {
		t.Error("a file without a folder is opened")
	}
}
