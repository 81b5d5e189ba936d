package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"
)

// CallbacksView is what the IM service told the console of its own accord, and how it is brought to do so.
type CallbacksView struct {
	Back     Link
	Empty    *EmptyView    // instead of all the rest: such callbacks are not taken
	Address  string        // what the service is to call
	Guessed  bool          // the address is that of the request: no public one is set
	Signed   bool          // callbacks are checked by their signature
	Embedded bool          // the emulator, which is set up already
	Where    string        // where the address is entered
	NoDomain bool          // the service takes no address without a domain name, which this one has not
	Token    string        // what is to be done about the signature
	Answer   string        // what imdesk answers, and what that is good for
	Unjudged string        // what becomes of a message that cannot be judged; "" if none is
	Feed     *CallbackFeed // nil: groups are not learned from callbacks
	Warning  *Notice
	Stopped  []Notice    // callbacks that should come and do not
	Charts   []ChartView // how many came, and when
	Took     []CallbackTook
	Failures CallbackFailures
	Rows     []CallbackRow
	Refused  []CallbackRefusal
	Lines    []CallbackLine // the newest first
}

// CallbackFeed is what became of the groups and users that callbacks named.
type CallbackFeed struct {
	Groups, Users   int64     // times that they were kept
	Waiting         int64     // callbacks
	Dropped, Failed int64     // callbacks: too many waited, or the database did not take them
	Last            time.Time // zero: never
	KnownURL        string
}

// CallbackTook is within how long a part of the callbacks were answered.
type CallbackTook struct {
	Name   string
	Within []string // in the last hour, in the last day; "": nobody knows
}

// CallbackFailures are callbacks that were not taken as they should be.
type CallbackFailures struct {
	Kinds               []CallbackFailureKind
	ReplayURL, EraseURL string // of all of a kind
	Rows                []CallbackFailureRow
	Pager               PagerView
	Unkept              int64 // that came too fast to be kept
}

// CallbackFailureKind is what can be done with all that failed for one reason.
type CallbackFailureKind struct {
	Why, Text     string
	Replay, Erase ButtonView
}

// CallbackFailureRow is one of them.
type CallbackFailureRow struct {
	ID                       int64
	URL, Why, Command, Error string
	At                       time.Time
	Size                     string
	Whole                    bool
	Replayed                 time.Time // zero: not yet
}

// CallbackFailureView is the page of one.
type CallbackFailureView struct {
	Back                         Link
	Row                          CallbackFailureRow
	Reason                       FieldView
	BodyURL, ReplayURL, EraseURL string
	Open, Replay, Erase          ButtonView
	Shown                        bool
	Body                         string
}

func failureColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "callbacks.came"), Class: "fit"}, {Text: i18n.T(ctx, "callbacks.reason")}, {Text: i18n.T(ctx, "callbacks.tells"), Class: "p2"},
		{Text: i18n.T(ctx, "callbacks.size"), Class: "num p2"}, {Text: i18n.T(ctx, "callbacks.state"), Class: "fit"},
	}
}

func tookColumns(ctx context.Context) []Column {
	return []Column{{Text: i18n.T(ctx, "callbacks.took.part")}, {Text: i18n.T(ctx, "callbacks.took.hour"), Class: "num"}, {Text: i18n.T(ctx, "callbacks.took.day"), Class: "num"}}
}

// CallbackRow is one kind of callback.
type CallbackRow struct {
	Command string // the service's name of it
	Text    string // what it tells
	Asked   bool   // it comes before, and the service waits
	Count   int64
	Unread  int64     // of them that could not be read
	Last    time.Time // zero: none
}

// CallbackRefusal is one reason for which callbacks were not taken.
type CallbackRefusal struct {
	Text  string
	Count int64
	Last  time.Time
}

// CallbackLine is one callback that came.
type CallbackLine struct {
	At      time.Time
	Text    string
	Command string
	Group   *Link
	Users   []Link
	More    int64 // users beyond those named
	Unread  bool
}

func callbackColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "callbacks.tells")},
		{Text: i18n.T(ctx, "callbacks.count"), Class: "num"},
		{Text: i18n.T(ctx, "callbacks.last"), Class: "fit"},
		{Text: i18n.T(ctx, "callbacks.unread"), Class: "num p2"},
	}
}

func callbackLineColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "callbacks.came"), Class: "fit"},
		{Text: i18n.T(ctx, "callbacks.tells")},
		{Text: i18n.T(ctx, "callbacks.group")},
		{Text: i18n.T(ctx, "callbacks.users"), Class: "p2"},
	}
}

func refusalColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "callbacks.reason")}, {Text: i18n.T(ctx, "callbacks.count"), Class: "num"}, {Text: i18n.T(ctx, "callbacks.last"), Class: "fit"},
	}
}
