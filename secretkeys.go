package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"imdesk/config"
	"imdesk/secrets"
	"imdesk/store"
)

// secretKeyFile holds the keys of the secrets, in the data folder, where the configuration names none.
const secretKeyFile = "secret.key"

// secretCheck is a secret that is none: whoever cannot open it has another key than the database was sealed with.
const secretCheck = "check"

// openSecrets opens the keyring, and holds it against the database: with another key nothing that is sealed could be read, and
// what is sealed now could not be read later.
func openSecrets(ctx context.Context, c config.Config, st *store.Store) (*secrets.Keyring, error) {
	ring, err := keyring(c)
	if err != nil {
		return nil, usagef("%v", err)
	}
	fresh, err := ring.Seal(secretCheck, []byte(secretCheck))
	if err != nil {
		return nil, err
	}
	if err := st.Secrets.Add(ctx, secretCheck, fresh, time.Now()); err == nil || !errors.Is(err, store.ErrConflict) {
		return ring, err
	}
	sealed, err := st.Secrets.Get(ctx, secretCheck)
	if err != nil {
		return nil, err
	}
	if _, err := ring.Open(secretCheck, sealed); err != nil {
		return nil, usagef("the secrets in the database were sealed with another key than %s; bring that one back, or name it in old_keys", keySource(c))
	}
	return ring, nil
}

func keyring(c config.Config) (*secrets.Keyring, error) {
	if key := c.Secrets.Key.Reveal(); key != "" {
		var old []string
		for _, k := range c.Secrets.OldKeys {
			old = append(old, k.Reveal())
		}
		return secrets.New(key, old...)
	}
	return secrets.Open(filepath.Join(c.Data, secretKeyFile))
}

func keySource(c config.Config) string {
	if c.Secrets.Key.Reveal() != "" {
		return "secrets.key of the configuration"
	}
	return filepath.Join(c.Data, secretKeyFile)
}

// secretsCommand seals all secrets anew.
func secretsCommand(ctx context.Context, args []string, std streams) error {
	f := newFlags("secrets", std)
	opts := configFlags(f)
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || rest[0] != "rotate" {
		return usagef("secrets: say what to do: rotate")
	}
	c, err := opts.load()
	if err != nil {
		return err
	}
	if _, err := os.Stat(c.Data); err != nil {
		return usagef("cannot read the data folder %s: %s", c.Data, plainCause(err))
	}
	st, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer st.Close()
	ring, err := openSecrets(ctx, c, st)
	if err != nil {
		return err
	}
	made, err := ring.Renew()
	if err != nil {
		return err
	}
	n, all, err := sealAnew(ctx, st.Secrets, ring)
	if err != nil {
		return fmt.Errorf("%w (%d secrets are sealed anew; run it again)", err, n)
	}
	fmt.Fprintf(std.out, "sealed %d of %d secrets with the newest key\n", n, all)
	if made {
		fmt.Fprintf(std.out, "  the new key is in %s; the one before stays there until the next time\n", keySource(c))
	} else if len(c.Secrets.OldKeys) > 0 {
		fmt.Fprintln(std.out, "  once every console runs with the new key, secrets.old_keys can be taken out")
	}
	return nil
}

// sealAnew seals what is not sealed with the newest key. What somebody else changes meanwhile is looked at once more.
func sealAnew(ctx context.Context, list store.Secrets, ring *secrets.Keyring) (renewed, all int, err error) {
	const page = 100
	for after := ""; ; {
		secrets, err := list.List(ctx, after, page)
		if err != nil {
			return renewed, all, err
		}
		for _, v := range secrets {
			changed, err := sealOne(ctx, list, ring, v)
			if err != nil {
				return renewed, all, err
			}
			if after = v.Name; changed {
				renewed++
			}
			all++
		}
		if len(secrets) < page {
			return renewed, all, nil
		}
	}
}

func sealOne(ctx context.Context, list store.Secrets, ring *secrets.Keyring, v store.Secret) (bool, error) {
	for !ring.Newest(v.Sealed) {
		plain, err := ring.Open(v.Name, v.Sealed)
		if err != nil {
			return false, fmt.Errorf("secret %s: %w", v.Name, err)
		}
		fresh, err := ring.Seal(v.Name, plain)
		if err != nil {
			return false, fmt.Errorf("secret %s: %w", v.Name, err)
		}
		swapped, err := list.Swap(ctx, v.Name, v.Sealed, fresh, time.Now())
		if swapped || err != nil {
			return swapped, err
		}
		if v.Sealed, err = list.Get(ctx, v.Name); errors.Is(err, store.ErrNotFound) {
			return false, nil // deleted meanwhile
		} else if err != nil {
			return false, err
		}
	}
	return false, nil
}
