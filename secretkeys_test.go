package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imdesk/config"
	"imdesk/secrets"
	"imdesk/store"
)

// Every secret can be read after a rotation, with the new key alone, while a console that runs goes on; and a console with
// another key than the database's does not start.
func TestSecretsRotate(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	c := config.Default()
	c.Data = dir
	st, err := store.Open(ctx, filepath.Join(dir, "imdesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	running, err := openSecrets(ctx, c, st)
	if err != nil {
		t.Fatal(err)
	}
	const many = 230 // more than two pages
	for i := range many {
		name := fmt.Sprintf("totp/%03d", i)
		sealed, err := running.Seal(name, []byte(name))
		if err == nil {
			err = st.Secrets.Put(ctx, name, sealed, time.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	rotate := func(args ...string) (string, error) {
		var out strings.Builder
		err := run(context.WithoutCancel(ctx), append([]string{"secrets", "rotate", "--data", dir}, args...), streams{strings.NewReader(""), &out, io.Discard})
		return out.String(), err
	}
	for _, want := range []string{fmt.Sprintf("sealed %d of %d secrets", many+1, many+1), fmt.Sprintf("sealed %d of %d secrets", many+1, many+1)} {
		if out, err := rotate(); err != nil || !strings.Contains(out, want) {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	newest, err := secrets.Open(filepath.Join(dir, secretKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	list, err := st.Secrets.List(ctx, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		if !newest.Newest(v.Sealed) {
			t.Errorf("%s is sealed with an old key", v.Name)
		}
		if plain, err := running.Open(v.Name, v.Sealed); err != nil || string(plain) != v.Name {
			t.Errorf("%s is %q, %v", v.Name, plain, err)
		}
	}

	// A key of the configuration takes over from the one in the folder, and not without it.
	fresh, before := secrets.RandomKey(), secrets.RandomKey()
	t.Setenv("TEST_KEY", fresh)
	t.Setenv("TEST_OLD", before)
	file := filepath.Join(dir, "config.toml")
	writeText(t, file, "[secrets]\nkey = \"env:TEST_KEY\"\nold_keys = [\"env:TEST_OLD\"]\n")
	if out, err := rotate("--config", file); err == nil || !strings.Contains(err.Error(), "sealed with another key") {
		t.Errorf("with keys of another database: %v\n%s", err, out)
	}
	writeText(t, file, fmt.Sprintf("[secrets]\nkey = \"env:TEST_KEY\"\nold_keys = [\"file:%s\"]\n", oneKey(t, dir)))
	if out, err := rotate("--config", file); err != nil || !strings.Contains(out, "old_keys can be taken out") {
		t.Fatalf("%v\n%s", err, out)
	}
	writeText(t, file, "[secrets]\nkey = \"env:TEST_KEY\"\n")
	if out, err := rotate("--config", file); err != nil || !strings.Contains(out, fmt.Sprintf("sealed 0 of %d", many+1)) {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := openSecrets(ctx, c, st); err == nil {
		t.Error("the key of the folder still opens")
	}
	for _, args := range [][]string{{"secrets"}, {"secrets", "burn"}, {"secrets", "rotate", "now"}} {
		if err := run(ctx, args, streams{strings.NewReader(""), io.Discard, io.Discard}); exitCode(err, io.Discard) != 2 {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// oneKey writes the newest key of the folder into a file of its own.
func oneKey(t *testing.T, dir string) string {
	t.Helper()
	newest, _, _ := strings.Cut(readText(t, filepath.Join(dir, secretKeyFile)), "\n")
	file := filepath.Join(dir, "old.key")
	writeText(t, file, newest)
	return file
}

func writeText(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readText(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
