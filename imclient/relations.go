package imclient

import (
	"context"
	"time"
)

// Friend is one user on another's list of friends.
type Friend struct {
	UserID  string
	Remark  string   // what the list's user calls the friend
	Lists   []string // the lists of friends that this one is in
	Source  string   // how it came about, the service's word
	Wording string   // what was said when asking
	Added   time.Time
	Custom  []Field
}

// NewFriend is a friend to be.
type NewFriend struct {
	UserID  string
	Remark  string
	List    string // "" = none
	Source  string // "" = as the client likes
	Wording string // what the other is told who is asked
}

// FriendChange names what to change of a friend; nil stays as it is.
type FriendChange struct {
	Remark *string
	Lists  *[]string // all lists that the friend is to be in
	Custom []Field   // those not named stay
}

// AddFriends says how friends are made. Services that know one way only do it that way.
type AddFriends struct {
	OneWay bool // on the user's list alone
	Force  bool // the others are not asked
}

// Relation says how a user and another stand to each other: who has whom as a friend, or who has blocked whom.
type Relation struct {
	UserID string // the other
	Has    bool   // the user has the other
	Had    bool   // the other has the user
}

// FriendList is a list into which a user sorts friends.
type FriendList struct {
	Name    string
	Friends []string
}

// Friends reads and changes who is friends with whom.
type Friends interface {
	// List returns one page of a user's friends, as long as the service makes it.
	List(ctx context.Context, user, cursor string) (Page[Friend], error)
	// Get returns given friends in the order asked. Who is not on the user's list is left out.
	Get(ctx context.Context, user string, friends []string) ([]Friend, error)
	// Check tells how others stand to a user, in the order asked, without those whom the service refuses.
	Check(ctx context.Context, user string, others []string) ([]Relation, []Refused, error)
	// Add makes friends. Who is asked first, and has not answered, is pending: neither a friend nor refused.
	Add(ctx context.Context, user string, friends []NewFriend, o AddFriends) (pending []string, refused []Refused, err error)
	// Change changes what a user has noted of a friend.
	Change(ctx context.Context, user, friend string, c FriendChange) error
	// Remove ends friendships; both: on the other's list, too.
	Remove(ctx context.Context, user string, friends []string, both bool) ([]Refused, error)
	// RemoveAll ends all friendships of a user.
	RemoveAll(ctx context.Context, user string, both bool) error
	// Lists returns a user's lists of friends, with who is in them.
	Lists(ctx context.Context, user string) ([]FriendList, error)
	// AddList makes a list, or puts friends into the one that there is. Who is not a friend is refused.
	AddList(ctx context.Context, user, name string, friends []string) ([]Refused, error)
	// RemoveList removes a list; the friends in it stay friends.
	RemoveList(ctx context.Context, user, name string) error
}

// Block is one user on another's block list.
type Block struct {
	UserID string
	Since  time.Time // zero if the service does not say
	Custom []Field   // what the app has noted of it
}

// Blocks reads and changes whom users do not want to hear from.
type Blocks interface {
	// List returns one page of a user's block list.
	List(ctx context.Context, user, cursor string, limit int) (Page[Block], error)
	// Check tells who has blocked whom, in the order asked, without those whom the service refuses.
	Check(ctx context.Context, user string, others []string) ([]Relation, []Refused, error)
	// Add puts others on a user's block list; one who is on it is not refused. At some services that ends friendships.
	Add(ctx context.Context, user string, others []string) ([]Refused, error)
	// Remove takes others off it; one who is not on it is not refused.
	Remove(ctx context.Context, user string, others []string) ([]Refused, error)
	// Note changes what the app has noted of one who is blocked. Fields not named stay, "" removes one.
	Note(ctx context.Context, user, other string, fields []Field) error
}
