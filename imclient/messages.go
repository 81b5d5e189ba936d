package imclient

import (
	"context"
	"time"
)

// Conversation is where messages are said: a group, or a direct chat of two users.
type Conversation struct {
	Group string    // a group's id; "" for a direct chat
	Type  GroupType // the group's type if known
	User  string    // direct chat: whose view; in a group, where a call is about one member, who
	Peer  string    // direct chat: the other one
}

// Direct reports whether it is a direct chat.
func (c Conversation) Direct() bool { return c.Group == "" }

// Other is what the conversation is to its user: the group, or the other one.
func (c Conversation) Other() string {
	if c.Direct() {
		return c.Peer
	}
	return c.Group
}

// Message is one message, or the place where one was.
type Message struct {
	ID         string // what Recall takes; of a direct chat it names the sender, too
	Seq        string // position in the conversation, what History takes; grows with time
	From       string
	At         time.Time // zero for a hole
	State      MessageState
	Tip        bool // written by the service: somebody joined, left, was made admin
	Priority   string
	Body       []Element // of a recalled message what was said, where the service still tells it
	Custom     string    // data of the app beside the body
	ReadByPeer Tristate  // direct chats
}

// MessageState says what became of a message.
type MessageState int

// The states. A hole is a position whose message expired, failed to be stored or was deleted.
const (
	MessageSaid MessageState = iota
	MessageRecalled
	MessageHole
)

// Direction says which way a page of history goes.
type Direction int

// Older is towards the past.
const (
	Older Direction = iota
	Newer
)

// HistoryOptions chooses a page of history.
type HistoryOptions struct {
	Conversation Conversation
	From         string // position to start at, that position included; "" = the newest (Older) or the oldest (Newer)
	Direction    Direction
	Limit        int // 0 = Limits.HistoryPage
}

// HistoryPage is one page of a conversation, newest first whatever the direction.
type HistoryPage struct {
	Messages []Message
	Older    string // From of the page before it in time; "" if there is none
	Newer    string // From of the page after it in time, with Direction Newer; "" if this is the newest
}

// Draft is something to be said.
type Draft struct {
	// From is who says it; in a direct chat one of the two. "" = Conversation.User, or the app's administrator; a service
	// that has none takes the group's owner.
	From string
	Body []Element
	// Custom is data of the app beside the body.
	Custom string
	// Key tells repeats apart: what was said with the same key a moment ago is not said again. "" = it never is a repeat.
	Key        string
	Priority   string   // High, Normal, Low, Lowest; "" = as the service likes
	Fleeting   bool     // for those online alone, not kept
	Quiet      bool     // not counted as unread, and not pushed
	Unsynced   bool     // direct chats: the sender's own devices, and the sender's view of the chat, do not get it
	Unasked    bool     // the service does not ask the console before it sends it, where it asks at all
	Extensible bool     // may have extensions
	Receipts   bool     // asks for read receipts
	Only       []string // in a group: nobody else gets it
	Mention    []string // in a group: who is mentioned
	MentionAll bool
}

// Sent is what became of a draft. A message that the service gave no number, since it is not kept, has neither ID nor Seq.
type Sent struct {
	ID, Seq string
	At      time.Time
	Dropped string // the service's word for why it took the message and threw it away; "" if it did not
}

// Edit is what to change of a message; nil stays.
type Edit struct {
	Body   []Element
	Custom *string
}

// Receipt says how many have read a message.
type Receipt struct {
	ID           string
	Read, Unread int
}

// Messages says things, reads what was said and takes it back.
type Messages interface {
	// History returns one page. ErrUnsupported for conversations whose history is not kept.
	History(ctx context.Context, o HistoryOptions) (HistoryPage, error)
	// At finds the position of the first message at or after t, or of the newest if all are older. It costs a bounded
	// number of calls. "" if the conversation is empty.
	At(ctx context.Context, c Conversation, t time.Time) (string, error)
	// Recall takes messages back for everybody.
	Recall(ctx context.Context, c Conversation, ids []string, reason string) ([]Refused, error)
	// DeleteBySender takes back a sender's recent messages in a group, as far back as the service reaches.
	DeleteBySender(ctx context.Context, group, sender string) error
	// Send says something. The service may take a message and drop it, which is told, and is no error.
	Send(ctx context.Context, c Conversation, d Draft) (Sent, error)
	// Edit overwrites the body, the app's data, or both, for everybody. ErrConflict if somebody else edits it just now.
	Edit(ctx context.Context, c Conversation, id string, e Edit) error
	// Hide takes messages out of c.User's view of a direct chat; the other one keeps them.
	Hide(ctx context.Context, c Conversation, ids []string) ([]Refused, error)
	// Delete deletes messages, which leaves no trace, for those whom how says. Of DeleteForOne c.User is the one.
	Delete(ctx context.Context, c Conversation, ids []string, how Deletion) ([]Refused, error)
	// Clear deletes a group's messages for everybody: up to a position, that one included, or all of them with "".
	Clear(ctx context.Context, group, upTo string) error
	// MarkRead marks what c.User was told as read, up to a time; the zero time is all of it. Services may know no time
	// for groups: then it is ErrUnsupported to give one.
	MarkRead(ctx context.Context, c Conversation, upTo time.Time) error
	// Acknowledge sends read receipts of c.User for messages that ask for them.
	Acknowledge(ctx context.Context, c Conversation, ids []string) ([]Refused, error)
	// Receipts counts who has read messages of a group, in the order asked, without those that have no receipts.
	Receipts(ctx context.Context, c Conversation, ids []string) ([]Receipt, []Refused, error)
	// Readers returns one page of those who have read a message of a group, or of those who have not.
	Readers(ctx context.Context, c Conversation, id string, read bool, cursor string, limit int) (Page[string], error)
}

// Element is one part of a message's body: one of the types below.
type Element interface{ element() }

// Text is what somebody wrote.
type Text struct{ Text string }

// Face is a sticker or emoticon of the app.
type Face struct {
	Index int64
	Data  string
}

// Location is a place on the map.
type Location struct {
	Desc     string
	Lat, Lng float64
}

// Custom is data of the app's own.
type Custom struct{ Data, Desc, Ext, Sound string }

// ImageSize is one rendition of an image.
type ImageSize struct {
	Kind          string // "original", "large", "thumb"
	URL           string // "" from very old clients
	Width, Height int
	Bytes         int64
}

// Image is a picture in one or more sizes.
type Image struct {
	ID     string
	Format string // "jpg", "gif", "png", "bmp", ""
	Sizes  []ImageSize
}

// Sound is a voice message.
type Sound struct {
	URL, ID string
	Bytes   int64
	Length  time.Duration
}

// File is an attachment.
type File struct {
	URL, ID, Name string
	Bytes         int64
}

// Video is a film with a still.
type Video struct {
	URL, ID, Format string
	Bytes           int64
	Length          time.Duration // 0 if the sender's client did not say
	ThumbURL        string
	ThumbW, ThumbH  int
}

// Merged is messages forwarded as one.
type Merged struct {
	Title    string
	Abstract []string
	Compat   string // text for clients that cannot draw it
	Count    int
	Messages []MergedMessage // empty when too large to be inlined
	Key      string          // where the service keeps a large one
}

// MergedMessage is one message inside a Merged.
type MergedMessage struct {
	From, Group, To string
	Seq             string
	At              time.Time
	Body            []Element
}

// Tip is what the service says about the group: its shape is not published, so known fields are picked out of it.
type Tip struct {
	Raw string // the JSON as it came
}

// Other is an element of a type that this version does not know. It is shown as its raw JSON.
type Other struct{ Type, Raw string }

func (Text) element()     {}
func (Face) element()     {}
func (Location) element() {}
func (Custom) element()   {}
func (Image) element()    {}
func (Sound) element()    {}
func (File) element()     {}
func (Video) element()    {}
func (Merged) element()   {}
func (Tip) element()      {}
func (Other) element()    {}
