package imclient

import (
	"context"
	"time"
)

// Contact is one conversation on a user's list.
type Contact struct {
	Conversation Conversation // User is whose list it is on
	Last         time.Time    // of its newest message; zero if none
	Pinned       bool
	Unread       int // -1 if it was not asked for, or the service does not say
}

// ContactListOptions chooses a page of a user's conversations.
type ContactListOptions struct {
	User   string
	Cursor string // "" = first page
	Unread bool   // count what is unread, which takes more calls
}

// Marks of a conversation that services know by name. An app may have others.
const (
	MarkFavourite = "favourite"
	MarkUnread    = "unread"
	MarkFolded    = "folded"
	MarkHidden    = "hidden"
	MarkPinned    = "pinned"
	MarkQuiet     = "quiet" // the user is not told of new messages
)

// ContactMarks is how a user has marked a conversation.
type ContactMarks struct {
	Conversation Conversation
	Marks        []string
	Custom       string   // data of the app's own
	Folders      []string // names of the folders that it is in
}

// ContactChange is what to change of a conversation's marks.
type ContactChange struct {
	Conversation Conversation
	Set, Clear   []string
	Custom       *string // nil stays
}

// Contacts reads and changes what users see on their lists of conversations.
type Contacts interface {
	// List returns one page, pinned ones first, then the newest, as long as the service makes it.
	List(ctx context.Context, o ContactListOptions) (Page[Contact], error)
	// Unread counts what a user has not read in all direct chats.
	Unread(ctx context.Context, user string) (int, error)
	// UnreadFrom counts what c.User has not read of c.Peer in their direct chat.
	UnreadFrom(ctx context.Context, c Conversation) (int, error)
	// Remove takes a conversation off c.User's list; clear: its messages go, too, for that user alone.
	Remove(ctx context.Context, c Conversation, clear bool) error
	// Marks reads marks and folders of given conversations of a user, in the order asked.
	Marks(ctx context.Context, user string, list []Conversation) ([]ContactMarks, error)
	// Mark changes marks. Refused ids are those of the other user, or of the group.
	Mark(ctx context.Context, user string, list []ContactChange) ([]Refused, error)
	// Folders returns a user's folders with the conversations in them.
	Folders(ctx context.Context, user string) ([]ContactFolder, error)
	// AddFolder makes a folder. ErrConflict, or ErrInvalid, if there is one of the name.
	AddFolder(ctx context.Context, user, name string, list []Conversation) ([]Refused, error)
	// RenameFolder gives a folder another name.
	RenameFolder(ctx context.Context, user, name, newName string) error
	// ChangeFolder puts conversations in and takes others out.
	ChangeFolder(ctx context.Context, user, name string, in, out []Conversation) ([]Refused, error)
	// RemoveFolder removes a folder; the conversations stay.
	RemoveFolder(ctx context.Context, user, name string) error
}

// ContactFolder is a folder into which a user sorts conversations.
type ContactFolder struct {
	Name          string
	Conversations []Conversation
}

// Extension is one key and value that is kept with a message.
type Extension struct {
	Key, Value string
	Version    string // "" for one that is not there yet
}

// ExtensionRefused is one key that was not changed.
type ExtensionRefused struct {
	Key string
	Now Extension // what the service holds under the key, if it says so: somebody else was faster
	Err *Error
}

// Extensions reads and changes keys and values on a message that may have them.
type Extensions interface {
	// List returns all of a message's, by key. ErrUnsupported for a message that takes none.
	List(ctx context.Context, c Conversation, message string) ([]Extension, error)
	// Set adds keys or changes their values. The version is that of which the value was last seen; a service may not look
	// at an administrator's.
	Set(ctx context.Context, c Conversation, message string, list []Extension) ([]ExtensionRefused, error)
	// Remove removes keys; those that are not there are not refused.
	Remove(ctx context.Context, c Conversation, message string, list []Extension) ([]ExtensionRefused, error)
	// Clear removes all.
	Clear(ctx context.Context, c Conversation, message string) error
}
