package moderation

import "time"

// Message is what somebody says, with what is known of who says it where. What is not known is zero, and then no check that asks
// for it holds.
type Message struct {
	App       string
	Group     string // "" in a direct chat
	GroupType string // in the vendor's word
	Sender    string
	Peer      string          // in a direct chat: who gets it
	Roles     func() []string // of the sender in the group: "owner", "admin"; asked only where a rule that spares some holds
	Joined    time.Time
	Strikes   func() int // asked only where all else of a rule holds
	At        time.Time
	Texts     []string // of the elements that are text, in their order
	Types     []string // of the elements: text, image, sound, video, file, face, location, merged, custom
	Files     []string // names of files and images
	Mentions  int      // people mentioned; at least one if all are
}

// Limits of what is looked at.
const (
	MaxText  = 64 << 10 // bytes of a message's text; the longest at any vendor is 12 KB
	maxSpans = 64       // places that a check names
)

// joined is the text of a message: its elements with a line end between them.
func (m *Message) joined() string {
	switch len(m.Texts) {
	case 0:
		return ""
	case 1:
		return cutText(m.Texts[0])
	}
	n := 0
	for _, t := range m.Texts {
		n += len(t) + 1
	}
	b := make([]byte, 0, n)
	for i, t := range m.Texts {
		if i > 0 {
			b = append(b, '\n')
		}
		b = append(b, t...)
	}
	return cutText(string(b))
}

func cutText(s string) string {
	if len(s) > MaxText {
		return s[:MaxText]
	}
	return s
}

// Text is what a verdict's places count in: all texts of the message, with a line end between them.
func (m *Message) Text() string { return m.joined() }

// Span is a part of the text: bytes From to To, that one left out, always whole characters.
type Span struct{ From, To int }

// Reason is why a check holds.
type Reason struct {
	Check  string // kind of the check, such as "words"
	Detail string // what it found, or the number it saw
	Spans  []Span // where; none for what is not about the text
}

// Outcome is what becomes of a message, weakest first.
type Outcome string

// The outcomes.
const (
	Allow  Outcome = "allow"  // let through, and ask no more rules
	Flag   Outcome = "flag"   // deliver it, and put it into the queue
	Stars  Outcome = "stars"  // deliver it with stars for what was found
	Hold   Outcome = "hold"   // only the sender sees it, until an operator decides
	Reject Outcome = "reject" // the sender is told that it was not sent
	Drop   Outcome = "drop"   // the sender is told nothing
)

// Outcomes lists them.
func Outcomes() []Outcome { return []Outcome{Allow, Flag, Stars, Hold, Reject, Drop} }

// decides reports whether no more rules are asked after it.
func (o Outcome) decides() bool { return o != Flag }

// Before reports whether it has to be said before the message is delivered.
func (o Outcome) Before() bool { return o == Stars || o == Hold || o == Reject || o == Drop }

// Check is what one rule says of a message.
type Check struct {
	Rule    string
	Title   string
	Version int
	State   State
	Hit     bool
	Quiet   bool // it would have acted, but is not in force here: a draft, in the shadow, or in another part of the groups
	Outcome Outcome
	Score   int
	Reasons []Reason
	Code    int
	Direct  int
	Text    string
	Then    *Then
}

// Verdict is what becomes of a message, and why.
type Verdict struct {
	Outcome Outcome  // "" if no rule holds: it is let through
	By      *Check   // the rule that decided; nil if none did
	Score   int      // the greatest of those that hold
	Checks  []Check  // of the rules that hold, in force or not, in their order
	Asked   int      // rules in force that were asked
	Masked  []string // the message's texts with stars; nil unless the outcome is Stars
}

// Acts lists the checks that hold and are in force.
func (v *Verdict) Acts() []*Check {
	var out []*Check
	for i := range v.Checks {
		if c := &v.Checks[i]; c.Hit && !c.Quiet {
			out = append(out, c)
		}
	}
	return out
}
