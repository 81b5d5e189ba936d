package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
)

// PostgresEnv names a server to test with, as a postgres:// URL, where none can be started.
const PostgresEnv = "IMDESK_TEST_POSTGRES"

// Postgres is a server for tests.
type Postgres struct {
	url    *url.URL
	start  func() *exec.Cmd // nil: the server is not ours
	server *exec.Cmd
}

// StartPostgres starts a throw-away server, found in PATH or where Debian keeps it, and stops it when t ends.
// With PostgresEnv set it uses that one instead.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	if dsn := os.Getenv(PostgresEnv); dsn != "" {
		return &Postgres{url: value[*url.URL](t)(url.Parse(dsn))}
	}
	return OwnPostgres(t)
}

// OwnPostgres is StartPostgres of a server that can be stopped and started again.
func OwnPostgres(t testing.TB) *Postgres {
	t.Helper()
	dir := shortTempDir(t)
	// PostgreSQL refuses to run as root: then it runs as the user that Debian made for it.
	attr := &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the test, which stops the server
	if os.Geteuid() == 0 {
		u := value[*user.User](t)(user.Lookup("postgres"))
		uid, gid := value[int](t)(strconv.Atoi(u.Uid)), value[int](t)(strconv.Atoi(u.Gid))
		must(t, os.Chown(dir, uid, gid))
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(postgresProgram(t, name), args...)
		c.Dir, c.SysProcAttr = dir, attr
		c.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
		return c
	}
	data := filepath.Join(dir, "data")
	if out, err := command("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v: %s", err, out)
	}
	port := freePort(t)
	p := &Postgres{url: &url.URL{Scheme: "postgres", User: url.User("postgres"), Host: "127.0.0.1:" + port, Path: "/postgres", RawQuery: "sslmode=disable"}}
	p.start = func() *exec.Cmd {
		server := command("postgres", "-D", data, "-p", port, "-k", dir, "-c", "listen_addresses=127.0.0.1",
			"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
		server.Stdout, server.Stderr = t.Output(), t.Output()
		return server
	}
	p.Start(t)
	t.Cleanup(p.Stop)
	return p
}

// Stop stops a server of OwnPostgres, as its administrator would: who is connected is cut off.
func (p *Postgres) Stop() {
	if p.server == nil {
		return
	}
	_ = p.server.Process.Signal(syscall.SIGINT) // a fast shutdown
	_ = p.server.Wait()
	p.server = nil
}

// Start starts it again, and waits until it answers.
func (p *Postgres) Start(t testing.TB) {
	t.Helper()
	p.server = p.start()
	must(t, p.server.Start())
	if err := p.wait(t.Context(), 20*time.Second); err != nil {
		t.Fatalf("PostgreSQL did not start: %v", err)
	}
}

// Schema makes a schema with a name of its own, which is dropped when t ends, and returns a URL for store.Open.
func (p *Postgres) Schema(t testing.TB) string {
	t.Helper()
	db := value[*sql.DB](t)(sql.Open("pgx", p.url.String()))
	defer db.Close()
	name := "imdesk_test_" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(t.Context(), `CREATE SCHEMA `+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db, err := sql.Open("pgx", p.url.String())
		if err == nil {
			_, err = db.Exec(`DROP SCHEMA ` + name + ` CASCADE`)
			err = errors.Join(err, db.Close())
		}
		if err != nil {
			t.Error(err)
		}
	})
	u := *p.url
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// wait polls until the server answers.
func (p *Postgres) wait(ctx context.Context, most time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	db, err := sql.Open("pgx", p.url.String())
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// postgresProgram finds a program of the server; Debian keeps them outside PATH, by version.
func postgresProgram(t testing.TB, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		t.Fatalf("there is no %s: install PostgreSQL (Debian: apt-get install postgresql) or name a server in %s", name, PostgresEnv)
	}
	slices.Sort(found)
	return found[len(found)-1]
}

// shortTempDir is like t.TempDir, but short: the path of a socket has at most 107 bytes.
func shortTempDir(t testing.TB) string {
	t.Helper()
	dir := value[string](t)(os.MkdirTemp("", "pg"))
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func freePort(t testing.TB) string {
	t.Helper()
	l := value[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
