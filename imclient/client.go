package imclient

import (
	"context"
	"iter"
	"time"
)

// Vendor names a cloud service.
type Vendor string

// The vendors imdesk speaks to.
const (
	Tencent    Vendor = "tencent"
	Volcengine Vendor = "volcengine"
)

// Client is one app at one vendor. Build it with tencent.New or volcengine.New.
type Client struct {
	Vendor Vendor
	AppID  string // SDKAppID, AppId
	Caps   Capabilities

	Groups   Groups
	Members  Members
	Messages Messages
	Mutes    Mutes
	Users    Users
	Live     Live
	Import   Import

	Friends      Friends
	Blocks       Blocks
	Contacts     Contacts
	Extensions   Extensions
	Attributes   Attributes
	Counters     Counters
	Topics       Topics
	Operations   Operations
	HistoryFiles HistoryFiles
	Keywords     Keywords
	Broadcasts   Broadcasts
	Rooms        Rooms
	Attendance   Attendance
	Mass         Mass
	Tokens       Tokens
	Walk         Walk
	Raw          Raw
	Chats        Chats // unsupported where events name both of a direct chat

	// Pool names what the vendor counts calls by: an app, or an account with several. Clients of one pool share its rates.
	Pool string
	// ShareRates has the rates used together with other processes, before anything is called: nothing is sent until SetShare,
	// and turns of what may be called a few times a second only are asked for one by one.
	ShareRates func(Turns)
	// SetShare says what part of the rates, 0 to 1, may be used from now on, until a time; the zero time is for ever.
	SetShare func(part float64, until time.Time)
	// Costs estimates the calls that doing something to so many targets in so many groups takes, with those that look how
	// things are before and after, and how fast each may be made now. nil, or nothing: not known.
	Costs func(v Verb, targets, groups int) []Cost
	// Check calls the service once or twice and says what is right and what is not.
	Check func(ctx context.Context) Health
	// Stats says how the service has answered lately.
	Stats func() Stats
	// Close ends idle connections and waiting calls.
	Close func()
}

// Turns gives out turns to call something that all processes together may call only now and then: n of them, each every
// after the one before. It returns how long it is until the first.
type Turns func(ctx context.Context, line string, every time.Duration, n int) (time.Duration, error)

// Cost is the calls of one command that something takes.
type Cost struct {
	Command   string
	Calls     int
	PerSecond float64 // at the share of the documented rate that may be used now; 0: the service states none
}

// Health is the answer of Check. A part that could not be judged, since an earlier one failed, is HealthUnknown.
type Health struct {
	Reachable     HealthState   // did anything answer at the endpoint
	Key           HealthState   // is the secret key the app's
	Administrator HealthState   // may the administrator call the service
	Clock         HealthState   // is our clock near the service's
	ClockSkew     time.Duration // ours minus theirs, whole seconds; 0 if the service did not tell the time
	Latency       time.Duration // of the call that answered
	Err           error         // the first failure; nil when all is well
}

// HealthState is the state of one part of Health.
type HealthState int

// The states of a part.
const (
	HealthUnknown HealthState = iota
	HealthGood
	HealthBad
)

// Stats sums up the calls of the last minute or so, for the page's "service healthy".
type Stats struct {
	Calls    int           // in the window
	Failures int           // of these, calls that ended unavailable, rate limited or unintelligible
	P95      time.Duration // of answered calls; 0 without any
	Waiting  int           // calls queued for the vendor's rate now
	LastOK   time.Time     // zero if none yet
}

// Priority tells whose call goes first when the vendor's rate is short.
type Priority int

// People before jobs.
const (
	PriorityPerson Priority = iota
	PriorityJob
)

type priorityKey struct{}

// WithPriority marks the calls made with the returned context. Without it a call is a person's.
func WithPriority(ctx context.Context, p Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

// PriorityOf reads what WithPriority set.
func PriorityOf(ctx context.Context) Priority {
	p, _ := ctx.Value(priorityKey{}).(Priority)
	return p
}

// Fresh marks calls that must see the service itself, not a short-lived copy: the read-back after a write.
func Fresh(ctx context.Context) context.Context { return context.WithValue(ctx, freshKey{}, true) }

type freshKey struct{}

// IsFresh reads what Fresh set.
func IsFresh(ctx context.Context) bool {
	f, _ := ctx.Value(freshKey{}).(bool)
	return f
}

// Brief marks reads of given members that need to know no more than who is one, the role and the mute: some services tell that
// of many more at once.
func Brief(ctx context.Context) context.Context { return context.WithValue(ctx, briefKey{}, true) }

type briefKey struct{}

// IsBrief reads what Brief set.
func IsBrief(ctx context.Context) bool {
	b, _ := ctx.Value(briefKey{}).(bool)
	return b
}

// Page is one page of a list. Next is the cursor of the page after it, "" on the last one. Cursors are opaque.
type Page[T any] struct {
	Items []T
	Next  string
	Total int // -1 if the service does not say
}

// Pages walks a list page by page, from the cursor given to the end. A cursor that repeats ends it: a service that
// answers with the same cursor twice would be asked for ever. Only jobs walk everything; pages of the console use List.
func Pages[T any](ctx context.Context, cursor string, list func(ctx context.Context, cursor string) (Page[T], error)) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		seen := map[string]bool{cursor: true}
		for {
			page, err := list(ctx, cursor)
			if !yield(page, err) || err != nil || page.Next == "" || seen[page.Next] {
				return
			}
			cursor = page.Next
			seen[cursor] = true
		}
	}
}
