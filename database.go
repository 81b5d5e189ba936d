package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"imdesk/auditlog"
	"imdesk/store"
)

// backup copies the console's database while it runs. PostgreSQL has programs of its own for that, which the command names.
func backup(ctx context.Context, args []string, std streams) error {
	f := newFlags("backup", std)
	opts := configFlags(f)
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usagef("backup takes the file to write")
	}
	c, err := opts.load()
	if err != nil {
		return err
	}
	if source := c.DatabaseSource(); store.IsPostgres(source) {
		return usagef("the database is PostgreSQL; back it up with: pg_dump --format=custom --no-owner --file=%s %s", shell(rest[0]), shell(withoutPassword(source)))
	}
	if _, err := os.Stat(rest[0]); err == nil {
		return usagef("%s is there already; a backup overwrites nothing", rest[0])
	}
	st, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer st.Close()
	if err := st.Backup(ctx, rest[0]); err != nil {
		return err
	}
	info, err := os.Stat(rest[0])
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "backup: %s %d bytes\n", rest[0], info.Size())
	return nil
}

// restore puts a backup in the place of the console's database.
func restore(ctx context.Context, args []string, std streams) error {
	f := newFlags("restore", std)
	opts := configFlags(f)
	force := f.Bool("force", false, "also over a database with something in it, which is kept beside it")
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usagef("restore takes the file that backup has written")
	}
	c, err := opts.load()
	if err != nil {
		return err
	}
	path := c.DatabaseSource()
	if store.IsPostgres(path) {
		return usagef("the database is PostgreSQL; stop all consoles on it and restore it into an empty database with: pg_restore --no-owner --single-transaction --dbname=%s %s", shell(withoutPassword(path)), shell(rest[0]))
	}
	if err := prepareData(c.Data); err != nil {
		return err
	}
	r, err := store.Restore(ctx, rest[0], path, *force, time.Now())
	switch {
	case errors.Is(err, store.ErrInUse):
		return usagef("a console or a command has %s open; stop it and try again. Nothing was changed", path)
	case errors.Is(err, store.ErrNotEmpty):
		return usagef("%s is not empty; with --force it is put aside. Nothing was changed", path)
	case err != nil:
		return usagef("%v. Nothing was changed", err)
	}
	fmt.Fprintf(std.out, "restored: %s from %s\n", path, rest[0])
	if r.Kept != "" {
		fmt.Fprintf(std.out, "  What was there before is %s\n", r.Kept)
	}
	fmt.Fprintf(std.out, "  %d sessions have ended, and %d jobs that were under way are paused.\n", r.Sessions, r.Jobs)
	return sayAudit(ctx, path, std)
}

// copyDatabase moves an installation from one database to another, of whatever engine.
func copyDatabase(ctx context.Context, args []string, std streams) error {
	f := newFlags("copy", std)
	from := f.String("from", "", "path of a SQLite file, a postgres:// address, or env:NAME")
	to := f.String("to", "", "the same, of a database that is empty")
	if rest, err := parse(f, args); err != nil {
		return err
	} else if len(rest) > 0 {
		return usagef("copy takes no argument %q", rest[0])
	}
	source, err := databaseArgument("--from", *from)
	if err != nil {
		return err
	}
	target, err := databaseArgument("--to", *to)
	if err != nil {
		return err
	}
	var rows int64
	list, err := store.Copy(ctx, source, target, func(t store.Copied) {
		fmt.Fprintf(std.out, "%s: %d\n", t.Table, t.Rows)
		rows += t.Rows
	})
	switch {
	case errors.Is(err, store.ErrInUse), errors.Is(err, store.ErrNotEmpty), errors.Is(err, store.ErrOldSchema):
		return usagef("%v. Nothing was copied", err)
	case err != nil:
		return fmt.Errorf("%w. Nothing was copied", err)
	}
	fmt.Fprintf(std.out, "copied: %d tables, %d rows, each compared\n", len(list), rows)
	return sayAudit(ctx, target, std)
}

// databaseArgument is a database named on the command line. A password does not belong there: everybody on the machine sees it.
func databaseArgument(flag, text string) (string, error) {
	if name, ok := strings.CutPrefix(text, "env:"); ok {
		value := os.Getenv(name)
		if value == "" {
			return "", usagef("%s: there is no environment variable %s", flag, name)
		}
		return value, nil
	}
	if text == "" {
		return "", usagef("copy needs --from and --to")
	}
	if store.IsPostgres(text) && withoutPassword(text) != text {
		return "", usagef("%s holds a password, which everybody on this machine could read; give env:NAME instead, or the password in PGPASSWORD", flag)
	}
	return text, nil
}

// sayAudit tells whether the audit log of a database is as it was written.
func sayAudit(ctx context.Context, dsn string, std streams) error {
	st, err := store.Open(ctx, dsn)
	if err != nil {
		return err
	}
	defer st.Close()
	r, err := auditlog.Verify(ctx, st.Audit, nil)
	if err != nil {
		return err
	}
	if !r.Good() {
		fmt.Fprintln(std.out, "  The audit log is NOT as it was written: see imdesk audit verify")
		return nil
	}
	fmt.Fprintln(std.out, "  The audit log is as it was written.")
	return nil
}

// withoutPassword is the address of a PostgreSQL database to show.
func withoutPassword(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return "postgres://…"
	}
	if _, has := u.User.Password(); has {
		u.User = url.User(u.User.Username())
	}
	if q := u.Query(); q.Has("password") {
		q.Del("password")
		u.RawQuery = q.Encode()
	}
	return u.String()
}

// shell is an argument as it is typed.
func shell(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n'\"\\$&|;<>()*?[]#~`!{}") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
