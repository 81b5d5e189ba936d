package imclient

import (
	"context"
	"time"
)

// Allowed is one who may speak in a live room while everybody else is muted.
type Allowed struct {
	UserID string
	Since  time.Time // zero if the service does not say
}

// Rooms reads and changes what some services keep with a live room besides its people.
type Rooms interface {
	// Allowed returns one page of those who may speak while everybody else is muted.
	Allowed(ctx context.Context, group, cursor string, limit int) (Page[Allowed], error)
	// Allow puts users on that list; one who is on it is not refused.
	Allow(ctx context.Context, group string, users []string) ([]Refused, error)
	// Disallow takes users off it; one who is not on it is not refused.
	Disallow(ctx context.Context, group string, users []string) ([]Refused, error)
	// Marks returns the marks of the room itself, in the order of the alphabet.
	Marks(ctx context.Context, group string) ([]string, error)
	// Mark gives the room marks, or takes them away.
	Mark(ctx context.Context, group string, marks []string, on bool) error
}

// Attendant says whether a user is in a group now.
type Attendant struct {
	UserID string
	In     bool
	Since  time.Time // zero if the service does not say
}

// ReadPosition is how far a member has read.
type ReadPosition struct {
	UserID string
	Seq    string // of the newest message that was read; "" if none
}

// Attendance tells who is in a group, and how far they have read.
type Attendance interface {
	// Inside tells who of the users is in the group now, in the order asked; of a live room, who is there.
	Inside(ctx context.Context, group string, users []string) ([]Attendant, error)
	// Count counts the members.
	Count(ctx context.Context, group string) (int, error)
	// Reading tells how far members have read, who has read most first. Those who have read nothing are left out.
	Reading(ctx context.Context, group string) ([]ReadPosition, error)
}

// Mass says one thing in several conversations at once. A Draft's Key, Only and Mention are not used.
type Mass interface {
	// ToUsers says it in the direct chat of d.From with each of the users; the client splits above the service's cap.
	ToUsers(ctx context.Context, users []string, d Draft) ([]Refused, error)
	// ToGroups says it in groups, which may be of several types.
	ToGroups(ctx context.Context, groups []string, d Draft) ([]Refused, error)
}

// Tokens makes what a client of the app signs in with.
type Tokens interface {
	// Make makes a token for a user, which holds until expires. Whoever has it can act as the user: it is a secret.
	Make(ctx context.Context, user string, expires time.Time) (string, error)
}

// Deletion says for whom a message is deleted. Unlike a recalled one, it leaves no trace.
type Deletion int

// For everybody, for all but its sender, or for Conversation.User alone.
const (
	DeleteForAll Deletion = iota
	DeleteForOthers
	DeleteForOne
)
