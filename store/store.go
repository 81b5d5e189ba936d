// Package store is what the console remembers: operators, their sessions and settings, and the audit log of what
// they did. It runs on SQLite or on PostgreSQL; the SQL stays in here. storetest holds its contract as tests.
//
// Times are stored as Unix milliseconds: what comes back is in UTC and cut to the millisecond. Text that is not valid
// UTF-8, or holds a NUL, is stored with U+FFFD in its place, for PostgreSQL takes neither.
package store

import (
	"context"
	"errors"
)

// Kinds of errors to branch on with errors.Is.
var (
	// ErrNotFound means that there is no such row, or that it has expired.
	ErrNotFound = errors.New("not found")
	// ErrConflict means that it is there already: a name that is taken, an entry that has its outcome.
	ErrConflict = errors.New("already there")
	// ErrInvalid means that a value is over a limit that the method states.
	ErrInvalid = errors.New("not a value that can be stored")
	// ErrLastOwner means that the change would leave nobody who can administer the console.
	ErrLastOwner = errors.New("this is the last owner that is not disabled")
)

// Store is everything the console remembers. Its parts are safe for use by several goroutines.
type Store struct {
	Operators Operators
	Sessions  Sessions
	Attempts  Attempts
	Audit     AuditLog
	Settings  Settings
	Directory Directory
	Archive   Archive
	Searches  Searches
	Jobs      Jobs
	Roles     Roles
	Invites   Invites
	Tokens    Tokens
	Access    Access
	Events    Events
	Arrivals  Arrivals
	Replicas  Replicas
	Apps      Apps

	Secrets     Secrets
	Credentials Credentials
	Console     Console
	Once        Once
	Policies    Policies
	Approvals   Approvals
	Uses        Uses
	Privacy     Privacy
	Cases       Cases
	Evidence    Evidence
	Numbers     Numbers
	Callbacks   Callbacks
	Rules       Rules
	Sanctions   Sanctions
	Waves       Waves

	db *db
}

// Close waits for running statements and closes the database. It is safe to call twice.
func (s *Store) Close() error { return s.db.close() }

// Ping asks the database for a sign of life: for health checks.
func (s *Store) Ping(ctx context.Context) error { return s.db.ping(ctx) }
