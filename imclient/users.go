package imclient

import (
	"context"
	"time"
)

// User is a user's profile.
type User struct {
	ID        string
	Nick      string
	AvatarURL string
	Gender    string // "female", "male", "" unknown
	Birthday  string // as the service gives it, YYYYMMDD; "" if none
	Location  string
	Signature string
	Language  string
	Level     string
	Role      string // a number of the app's own
	AllowType string // how friend requests are treated, the service's word
	Forbidden bool   // may not send friend requests
	Custom    []Field
}

// Device is where a user is signed in.
type Device struct {
	Platform string
	State    string // "online", "push", "offline"
}

// Presence says whether a user is online.
type Presence struct {
	UserID  string
	State   string // "online", "push" (reachable by push only), "offline"; "" if the service does not tell
	Devices []Device
}

// JoinedGroup is one group of a user, with the user's part in it.
type JoinedGroup struct {
	Group  Group
	Role   Role
	Joined time.Time
}

// NewUser is an account to be made.
type NewUser struct {
	ID, Nick, AvatarURL string
}

// UserChange names what to change of a profile; nil stays as it is, "" removes.
type UserChange struct {
	Nick, AvatarURL, Location, Signature *string
	Gender                               *string // "female", "male", "" unknown
	Birthday                             *string // YYYYMMDD
	Language, Level, Role                *string // numbers of the app's own
	AllowType                            *string // the service's word
	Forbidden                            *bool   // may not send friend requests
	Custom                               []Field // those not named stay
}

// Users reads users and changes their accounts.
type Users interface {
	// Get returns one user's profile. ErrNotFound if there is no such user.
	Get(ctx context.Context, id string) (User, error)
	// GetMany returns the profiles of those that exist, in the order asked; the client splits above the service's cap.
	GetMany(ctx context.Context, ids []string) ([]User, []Refused, error)
	// Presence returns the online state of users, in the order asked.
	Presence(ctx context.Context, ids []string) ([]Presence, error)
	// Groups returns one page of the groups that a user is in, with names.
	Groups(ctx context.Context, user, cursor string, limit int) (Page[JoinedGroup], error)
	// SignOut ends the user's logins on all devices. It is not a ban: the app may let the user sign in again.
	SignOut(ctx context.Context, user string) error
	// Check names those that have no account; the others have one.
	Check(ctx context.Context, ids []string) (missing []string, refused []Refused, err error)
	// Import makes accounts. One that exists is not refused, and may stay as it is.
	Import(ctx context.Context, users []NewUser) ([]Refused, error)
	// Delete removes accounts with their profiles and relations for good.
	Delete(ctx context.Context, ids []string) ([]Refused, error)
	// Edit changes a profile.
	Edit(ctx context.Context, user string, c UserChange) error
}

// ImportGroup is a group to be made by import, with its past.
type ImportGroup struct {
	ID      string // "" = the service chooses
	Type    GroupType
	Name    string
	OwnerID string
	Created time.Time
}

// ImportMember is a member to be imported.
type ImportMember struct {
	UserID string
	Admin  bool
	Joined time.Time
}

// ImportMessage is a message to be imported. Times ascend.
type ImportMessage struct {
	From   string
	At     time.Time
	Random uint32 // tells repeats apart; the same message always has the same
	Body   []Element
}

// Import brings groups, people and their messages into an app, by the service's own import commands.
// Each call splits to the service's caps.
type Import interface {
	// Users makes accounts that do not exist yet.
	Users(ctx context.Context, ids []string) ([]Refused, error)
	// SetNick gives an account its name.
	SetNick(ctx context.Context, user, nick string) error
	// Group makes the group and returns its id. ErrConflict if the id is taken.
	Group(ctx context.Context, g ImportGroup) (string, error)
	// Members puts people into the group.
	Members(ctx context.Context, group string, m []ImportMember) ([]Refused, error)
	// Messages appends messages; they must be later than all that the group has. Refused ids are indexes into m.
	Messages(ctx context.Context, group string, m []ImportMessage) ([]Refused, error)
}
