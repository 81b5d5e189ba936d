package imclient

import (
	"context"
	"time"
)

// Group is what the service knows of a group. Fields that a vendor or type lacks are zero.
type Group struct {
	ID          string
	Type        GroupType
	Name        string
	Intro       string
	Notice      string
	AvatarURL   string
	OwnerID     string // "" for an ownerless group
	Created     time.Time
	InfoChanged time.Time
	LastMessage time.Time // zero if nothing was said
	LastSeq     string    // position of the newest message; "" if unknown or none
	Members     int       // -1 if the service does not say
	MaxMembers  int       // 0 if it does not say
	Online      int       // -1 if the service does not say
	JoinOption  string    // FreeAccess, NeedPermission, DisableApply; "" where there is none
	InviteOpt   string    // FreeAccess, NeedPermission, DisableInvite; "" where there is none
	MuteAll     Tristate
	Custom      []Field // app-defined fields
	Topics      bool    // a community with topics
}

// Tristate is a switch that a service may not tell.
type Tristate int

// Unknown is the zero value: the service did not say.
const (
	Unknown Tristate = iota
	Off
	On
)

// Field is one app-defined key and value. The value may be binary.
type Field struct{ Key, Value string }

// GroupListOptions chooses a page of an app's groups.
type GroupListOptions struct {
	Type   GroupType // "" = all
	Cursor string    // "" = first page
	Limit  int       // 0 = the client's default of 50; at most Limits.GroupsPage
}

// GroupChange names what to change; nil stays as it is.
type GroupChange struct {
	Name, Intro, Notice, AvatarURL *string
	JoinOption, InviteOpt          *string
	MuteAll                        *bool
	MaxMembers                     *int
	Custom                         []Field // app-defined fields; those not named stay, "" removes one
}

// NewGroup is a group to be made. What is left out is as the service likes.
type NewGroup struct {
	ID                             string // "" = the service chooses
	Type                           GroupType
	Name, Intro, Notice, AvatarURL string
	OwnerID                        string // "" = nobody, where the service allows that
	JoinOption, InviteOpt          string
	MaxMembers                     int
	Topics                         bool // a community with topics
	Custom                         []Field
	Members                        []string
}

// Groups reads and changes an app's groups.
type Groups interface {
	// List returns one page of groups with all that Get would tell, in batches of the service's cap, never one call a
	// group. A group that went away between the list and its details has only ID and is left out.
	List(ctx context.Context, o GroupListOptions) (Page[Group], error)
	// Get returns one group. ErrNotFound if it never was or is dismissed.
	Get(ctx context.Context, id string) (Group, error)
	// GetMany returns groups in the order asked, and the ids that the service refused, one by one.
	GetMany(ctx context.Context, ids []string) ([]Group, []Refused, error)
	// Change changes the named fields only.
	Change(ctx context.Context, id string, c GroupChange) error
	// Create makes a group and returns its id, and those of its members who were refused. ErrConflict if the id is taken.
	Create(ctx context.Context, g NewGroup) (id string, refused []Refused, err error)
	// Dismiss ends a group for everybody. It cannot be undone.
	Dismiss(ctx context.Context, id string) error
	// Transfer gives a group to another owner, who must be a member.
	Transfer(ctx context.Context, id, owner string) error
	// SendNotice shows text to the members online now (to: all of them when empty); it is not stored by every vendor.
	SendNotice(ctx context.Context, id, text string, to []string) error
}

// Role is a member's role in a group.
type Role string

// The roles. RoleNone is somebody who is not in the group.
const (
	RoleMember Role = "member"
	RoleAdmin  Role = "admin"
	RoleOwner  Role = "owner"
	RoleNone   Role = ""
)

// Member is one user in one group.
type Member struct {
	UserID     string
	Role       Role
	NameCard   string
	Joined     time.Time
	LastSpoke  time.Time // zero if never, or unknown
	MutedUntil time.Time // zero if not muted; Forever if without end
	ReadSeq    string
	Custom     []Field
	Online     Tristate
	Marks      []string // live rooms
	// Nick and AvatarURL are filled where the service tells them with the member; else ask Users.GetMany.
	Nick, AvatarURL string
}

// Forever is the end of a mute or ban that has none. Vendors spell it differently.
var Forever = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// MemberListOptions chooses a page of a group's members.
type MemberListOptions struct {
	Group  string
	Type   GroupType // the group's type, if known: it decides how the service pages. "" costs one more call
	Role   Role      // RoleNone = all
	Mark   string    // of a live room: those with this mark alone; "" = all
	Cursor string    // "" = first page
	Limit  int       // 0 = 50; at most Limits.MembersPage
}

// Members reads and changes who is in a group.
type Members interface {
	// List returns one page of the members; of a live room those online, where the service tells them.
	List(ctx context.Context, o MemberListOptions) (Page[Member], error)
	// Get returns given members in the order asked. Users who are not members are left out.
	Get(ctx context.Context, group string, users []string) ([]Member, error)
	// Kick removes users. silent: nobody is told. reason is for the service's notice and may be cut by it.
	Kick(ctx context.Context, group string, users []string, silent bool, reason string) ([]Refused, error)
	// Add puts users into the group. The refused ones are named; a user who is already in it is not refused.
	Add(ctx context.Context, group string, users []string, silent bool) ([]Refused, error)
	// SetRole makes a member an admin, or an admin a member.
	SetRole(ctx context.Context, group, user string, r Role) error
	// SetNameCard changes the member's name in this group; "" removes it.
	SetNameCard(ctx context.Context, group, user, card string) error
	// SetCustom changes app-defined fields of a member. Those not named stay, "" removes one.
	SetCustom(ctx context.Context, group, user string, fields []Field) error
	// SetUnread sets how many messages of the group a member has not read; more than there are is as many as there are.
	SetUnread(ctx context.Context, group, user string, n int) error
}

// Mute is one entry of a muted list.
type Mute struct {
	UserID string
	Until  time.Time // Forever if without end
	Since  time.Time // zero if the service does not say
}

// GlobalMute says whether a user may speak anywhere in the app. Zero times mean not muted.
type GlobalMute struct {
	DirectUntil, GroupUntil time.Time
}

// Mutes reads and changes who may not speak.
type Mutes interface {
	// List returns one page of a group's muted members, by the end of the mute, soonest first where all come at once.
	List(ctx context.Context, group string, cursor string, limit int) (Page[Mute], error)
	// Set forbids users to speak in the group for d, rounded up to whole seconds. d < 0 means without end; 0 is an error.
	Set(ctx context.Context, group string, users []string, d time.Duration) ([]Refused, error)
	// Lift lets users speak again; lifting what is not muted is no error.
	Lift(ctx context.Context, group string, users []string) ([]Refused, error)
	// Global reads a user's global mute.
	Global(ctx context.Context, user string) (GlobalMute, error)
	// SetGlobal sets the global mute. nil leaves a part as it is, 0 lifts it, < 0 is without end.
	SetGlobal(ctx context.Context, user string, direct, group *time.Duration) error
}

// MuteReader is Mutes of a service that tells of all who are muted in a group with one call.
type MuteReader interface {
	// Muted returns until when given users are muted in a group; those who are not are left out.
	Muted(ctx context.Context, group string, users []string) (map[string]time.Time, error)
}

// Live reads what only live rooms have.
type Live interface {
	// OnlineCount returns how many are in the room now.
	OnlineCount(ctx context.Context, group string) (int, error)
	// Banned returns one page of those who may not be in the room.
	Banned(ctx context.Context, group, cursor string, limit int) (Page[Mute], error)
	// Ban keeps users out for d; d < 0 is as long as the service can.
	Ban(ctx context.Context, group string, users []string, d time.Duration, reason string) ([]Refused, error)
	// Unban lets them in again.
	Unban(ctx context.Context, group string, users []string) ([]Refused, error)
	// Mark gives marks to users in the room, or takes them away. Who is not in the room is refused.
	Mark(ctx context.Context, group string, users, marks []string, on bool) ([]Refused, error)
	// Broadcast says something in every live room of the app.
	Broadcast(ctx context.Context, d Draft) (Sent, error)
}
