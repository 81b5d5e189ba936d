package imclient

import (
	"context"
	"time"
)

// Raw is the vendor's own API, command by command, for the engineer who knows it. What goes through it shares signature,
// rates, retries of reads and copies with all other calls.
type Raw interface {
	// Commands lists all commands that the client knows, by service and name.
	Commands() []Command
	// Call sends one command, named "service/name", with a JSON object as its body, as it stands. The answer has whatever
	// came, beside the error of a refusal, too. Errors: ErrNotFound, with Sent false, for a command that the client does not
	// know; ErrInvalid for a body that is no JSON object; else those of any call.
	Call(ctx context.Context, name, body string) (RawAnswer, error)
}

// Command is one command of a vendor's API.
type Command struct {
	Service, Name string
	Write         bool    // changes something
	Grave         bool    // ends a group, accounts or history for good, or reaches everybody: asked with more care
	Direct        bool    // tells what people say in direct chats: needs a reason
	Rate          float64 // calls a second that the app may make
	DocURL        string  // the vendor's page; "" if there is none
	Fields        []CommandField
}

// Path names the command to Raw.Call, in addresses and in the audit log.
func (c Command) Path() string { return c.Service + "/" + c.Name }

// CommandField is one field of a request.
type CommandField struct {
	Name     string
	Kind     FieldKind
	Required bool
	Of       FieldKind      // of a list: what its elements are
	Fields   []CommandField // of an object, or of each object in a list
	Holds    Holding
	Default  string // what a form begins with; "" for nothing
	Random   bool   // a number that should differ from call to call: a form begins with one
}

// FieldKind is the JSON type of a field.
type FieldKind string

// The kinds. KindAny is whatever the other fields make of it.
const (
	KindText   FieldKind = "text"
	KindNumber FieldKind = "number"
	KindSwitch FieldKind = "switch" // true or false
	KindList   FieldKind = "list"
	KindObject FieldKind = "object"
	KindAny    FieldKind = "any"
)

// Holding says what a field is about, where that matters to what is recorded.
type Holding string

// What fields hold.
const (
	HoldsOther Holding = ""
	HoldsUsers Holding = "users"
	HoldsGroup Holding = "group"
	HoldsWords Holding = "words" // what people write to each other: not recorded
)

// RawAnswer is what came of one command.
type RawAnswer struct {
	Body      []byte        // as it came; nil if nothing came, or not all of it
	Status    int           // HTTP; 0 without an answer
	Code      string        // the service's own; "" if it gave none
	Detail    string        // the service's own words
	RequestID string        // what the provider's support asks for; "" if it gave none
	Took      time.Duration // of the exchange that was answered; 0 without an answer
	Refused   []Refused     // items of an accepted call that were refused one by one, as far as the answer shows
	Curl      string        // the same call for a shell. The signature is not in it but $USERSIG
}
