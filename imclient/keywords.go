package imclient

import (
	"context"
	"time"
)

// KeywordLibrary is a list of words in the service's own filter.
type KeywordLibrary struct {
	ID          string
	Name        string // "" for one that the service has not named
	Description string
	Kind        KeywordKind
	Action      string // what a hit leads to, the service's word; "" if it does not say
	Created     time.Time
}

// KeywordKind is what filter a library belongs to.
type KeywordKind string

// The kinds: words checked in the cloud; words that are replaced, or that block a message, inside the app.
const (
	KeywordsCloud   KeywordKind = "cloud"
	KeywordsReplace KeywordKind = "replace"
	KeywordsBlock   KeywordKind = "block"
)

// Keyword is one word of a library.
type Keyword struct {
	ID          string // what Remove takes
	Text        string
	Pattern     bool   // a regular expression
	Label       string // what it is about, the service's word
	Replacement string // what a hit becomes, in a library that replaces
	Created     time.Time
}

// NewKeyword is a word to be added.
type NewKeyword struct {
	Text        string
	Pattern     bool
	Label       string
	Replacement string
}

// Keywords reads and changes the service's own filter.
type Keywords interface {
	// Libraries returns one page of the libraries.
	Libraries(ctx context.Context, cursor string, limit int) (Page[KeywordLibrary], error)
	// List returns one page of a library's words; find: those that contain it.
	List(ctx context.Context, library, find, cursor string, limit int) (Page[Keyword], error)
	// Add adds words. Refused ids are the words.
	Add(ctx context.Context, library string, words []NewKeyword) ([]Refused, error)
	// Remove removes words by their ids.
	Remove(ctx context.Context, library string, ids []string) ([]Refused, error)
}

// Broadcast is a message to many users at once, who find it in no history.
type Broadcast struct {
	From   string // "" = the app's administrator
	Body   []Element
	Key    string        // tells repeats apart: the same key is sent once in several days. "" = it never is a repeat
	Keep   time.Duration // how long it waits for those who are away; 0 = for those online alone
	Title  string        // of the push to devices; "" = as the service likes
	Text   string
	AnyTag []string // to those with one of these tags; empty = to everybody
	AllTag []string // to those with all of these tags
	// To those with one, or with all, of these attributes. Services take tags or attributes, not both.
	AnyAttribute, AllAttribute map[string]string
}

// UserTags is what a user is tagged with.
type UserTags struct {
	UserID string
	Tags   []string
}

// UserAttributes is what is noted of a user, for broadcasts to choose by.
type UserAttributes struct {
	UserID     string
	Attributes map[string]string
}

// Broadcasts says something to many users, and keeps what to choose them by.
type Broadcasts interface {
	// Send sends it and returns the service's id for it. It cannot be taken back; services allow a few a day.
	Send(ctx context.Context, b Broadcast) (string, error)
	// Tags returns the tags of users, in the order asked.
	Tags(ctx context.Context, users []string) ([]UserTags, error)
	// AddTags and RemoveTags change the tags of users.
	AddTags(ctx context.Context, users, tags []string) ([]Refused, error)
	RemoveTags(ctx context.Context, users, tags []string) ([]Refused, error)
	// ClearTags removes all tags of users.
	ClearTags(ctx context.Context, users []string) ([]Refused, error)
	// AttributeNames returns the names of the app's attributes by their numbers; "" for a number that has none.
	AttributeNames(ctx context.Context) ([]string, error)
	// SetAttributeNames names attributes by their numbers; "" stays as it is.
	SetAttributeNames(ctx context.Context, names []string) error
	// Attributes returns the attributes of users, in the order asked.
	Attributes(ctx context.Context, users []string) ([]UserAttributes, error)
	// SetAttributes sets the named attributes of users; others stay.
	SetAttributes(ctx context.Context, users []string, set map[string]string) ([]Refused, error)
	// RemoveAttributes removes the named attributes of users.
	RemoveAttributes(ctx context.Context, users, names []string) ([]Refused, error)
}
