package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// migrationFiles holds the steps of the schema, in the order of their numbers, for each database on its own. A file that
// was released is never edited: a database remembers what it was made from.
//
//go:embed migrations
var migrationFiles embed.FS

type migration struct {
	version int
	name    string
	sql     string
	sum     string // SHA-256 of sql
}

// migrations reads the steps for a database in their order.
func migrations(postgres bool) ([]migration, error) {
	dir := "migrations/sqlite"
	if postgres {
		dir = "migrations/postgres"
	}
	entries, err := fs.ReadDir(migrationFiles, dir) // sorted by name
	if err != nil {
		return nil, err
	}
	var list []migration
	last := 0
	for _, e := range entries {
		number, _, _ := strings.Cut(e.Name(), "_")
		version, err := strconv.Atoi(number)
		if err != nil || version <= last {
			return nil, fmt.Errorf("migration %s: want a number above %04d", e.Name(), last)
		}
		last = version
		body, err := fs.ReadFile(migrationFiles, dir+"/"+e.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(body)
		list = append(list, migration{version, e.Name(), string(body), hex.EncodeToString(sum[:])})
	}
	return list, nil
}

// newWords is the last step that emptied the indexes, because what words they hold had changed.
const newWords = 19

// migrate takes the missing steps, all in one transaction: the schema is old or new, never between.
func migrate(ctx context.Context, d *db) error {
	steps, err := migrations(d.postgres)
	if err != nil {
		return err
	}
	return d.tx(ctx, func(c conn) error {
		if d.postgres {
			// Consoles that start together take turns. The number is ours alone: "imdesk" in ASCII.
			if _, err := c.exec(ctx, `SELECT pg_advisory_xact_lock(115918556722027)`); err != nil {
				return err
			}
		}
		if _, err := c.exec(ctx, `CREATE TABLE IF NOT EXISTS schema_step (
			version BIGINT PRIMARY KEY, name TEXT NOT NULL, sum TEXT NOT NULL, taken_at BIGINT NOT NULL)`); err != nil {
			return err
		}
		taken, err := takenSteps(ctx, c, steps)
		if err != nil {
			return err
		}
		reindexed := false
		for _, s := range steps {
			if taken[s.version] {
				continue
			}
			reindexed = reindexed || s.version == newWords
			if _, err := c.c.ExecContext(ctx, s.sql); err != nil {
				return fmt.Errorf("migration %s: %w", s.name, err)
			}
			if _, err := c.exec(ctx, `INSERT INTO schema_step (version, name, sum, taken_at) VALUES (?, ?, ?, ?)`,
				s.version, s.name, s.sum, time.Now().UnixMilli()); err != nil {
				return err
			}
		}
		if reindexed {
			return reindexAll(ctx, c)
		}
		return nil
	})
}

// takenSteps reads which steps a database has taken, and refuses one that took others than these.
func takenSteps(ctx context.Context, c conn, steps []migration) (map[int]bool, error) {
	done, err := all(ctx, c, func(r scanner) (m migration, err error) {
		return m, r.Scan(&m.version, &m.name, &m.sum)
	}, `SELECT version, name, sum FROM schema_step ORDER BY version`)
	if err != nil {
		return nil, err
	}
	return known(steps, done)
}

// known tells which steps a database has taken, and refuses one that took others than these.
func known(steps, done []migration) (map[int]bool, error) {
	sums := map[int]migration{}
	for _, s := range steps {
		sums[s.version] = s
	}
	taken := map[int]bool{}
	for _, d := range done {
		s, ok := sums[d.version]
		if !ok {
			return nil, fmt.Errorf("this database was made by a newer version of imdesk (it has %s, and this one ends at %s); nothing was changed: use the newer version",
				d.name, steps[len(steps)-1].name)
		}
		if s.sum != d.sum {
			return nil, fmt.Errorf("this database was made from another %s than this imdesk has; nothing was changed", s.name)
		}
		taken[d.version] = true
	}
	return taken, nil
}
