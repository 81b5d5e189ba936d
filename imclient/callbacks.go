package imclient

import (
	"context"
	"errors"
	"net/url"
	"time"
)

// Event is what a service told in one callback.
type Event struct {
	Command string // the service's own name of it
	Kind    EventKind
	ID      string    // the same if it is told again, and of no other event of the app; "": nobody can tell
	At      time.Time // when it happened, if the service says so
	Group   string    // "" if it is about none
	Type    GroupType // of the group; "" if the event does not say
	Name    string    // of the group; "" if the event does not say
	Users   []string  // whom it is about, who caused it last; without repetition
	By      string    // who caused it; "" if the event does not say
	Removed bool      // those who left were removed
	Peers   [2]string // of a direct chat: who wrote, or whose message it is, and the other one; the other is "" where only Chat says
	Chat    string    // of a direct chat: the service's own name of it, for Chats; "" if it has none
	Said    *Message  // what somebody said, or what it says since it was edited; nil if it is not about that
	Edited  bool      // Said is what stands there since an edit
	Recalls []string  // messages of the group or the direct chat that were taken back, by the ID of Message

	// Asks is what somebody wants to say, in an event that is Asked: it has no ID and no place yet.
	Asks     *Message
	Mentions int    // people whom Said or Asks mentions, as far as the event says; everybody is one
	Original []byte // the body of Asks as the service wrote it, for Answer
}

// Decision is what becomes of what somebody wants to say. The zero value lets it through.
type Decision struct {
	Kind DecisionKind
	// Code and Text are what the sender's client is told of a refusal: Code in a group, Direct in a direct chat, 0 for the
	// service's own.
	Code, Direct int
	Text         string
	Texts        []string // instead of the elements that are text, in their order
}

// DecisionKind is the kind of a Decision.
type DecisionKind int

// The kinds.
const (
	Let     DecisionKind = iota
	Refuse               // the sender is told
	Discard              // the sender is told nothing
	Replace              // it is sent with other texts
)

// Direct reports whether an event is about a direct chat.
func (e Event) Direct() bool { return e.Peers[0] != "" || e.Chat != "" }

// EventKind is what an event tells, in no vendor's words. Those that are Asked come before something happens, and the service
// waits for the answer.
type EventKind string

// EventUnknown is an event that this version does not know. It is answered like any other.
const EventUnknown EventKind = "unknown"

// CallbackKind is one of the callbacks that are understood.
type CallbackKind struct {
	Command string
	Kind    EventKind
	Asked   bool
}

// Reasons for which a callback is not believed, or not understood.
var (
	ErrCallbackSign = errors.New("imclient: callback with a wrong or an old signature")
	ErrCallbackApp  = errors.New("imclient: callback of another app")
	ErrCallbackBody = errors.New("imclient: callback that cannot be read")
)

// Callbacks takes the callbacks of one app.
type Callbacks interface {
	// Kinds lists the callbacks that are understood.
	Kinds() []CallbackKind
	// Signed reports whether callbacks are told from forged ones by a signature.
	Signed() bool
	// Read checks a callback and reads it. Its error is one of the above; with ErrCallbackBody the sender was believed.
	Read(query url.Values, body []byte, now time.Time) (Event, error)
	// Allow is the answer that lets through whatever was asked, for any callback.
	Allow() []byte
	// Decides reports whether the service heeds what Answer says. If not, messages can only be taken back once they are sent.
	Decides() bool
	// Answer is the answer to an event with Asks. It is Allow where the service heeds nothing else.
	Answer(e Event, d Decision) []byte
}

// Chats tells who is in a direct chat of which an event has the service's name only.
type Chats interface {
	// Peers returns the two. ErrNotFound if there is no such chat.
	Peers(ctx context.Context, chat string) ([2]string, error)
}
