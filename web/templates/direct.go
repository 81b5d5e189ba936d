package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"
)

// DirectView is a direct chat that the operator may read for a while.
type DirectView struct {
	Crumb      Link
	Two        [2]PersonView // whose view it is, and the other one
	Until      time.Time     // when it may be read no longer
	Reason     string        // why it may
	EntryURL   string        // of the audit entry with the reason
	Renew      ButtonView
	Buttons    []ButtonView // what can be done with the chat
	Sides      []Tab        // as the one sees it, and as the other does; nil if both see the same
	Filter     MessageFilterView
	Transcript TranscriptView
	Selection  SelectionView
}

// DirectRange is the form for a span of time.
type DirectRange struct {
	URL    string
	Keep   []string // pairs of name and value
	Since  string   // "2026-04-18T15:00"
	Until  string
	Text   string // the span in words; "" for none
	AnyURL string // without a span; "" if there is none
}

// FindDirectView is the page to open a direct chat on.
type FindDirectView struct {
	URL        string
	User, Peer FieldView
	Why        string // why the service tells no direct chats; "" if it does
	Recent     []OpenedChat
}

// OpenedChat is a direct chat that the operator opened lately.
type OpenedChat struct {
	Two    [2]PersonView
	URL    string
	Reason string
	At     time.Time
}

// title names the chat.
func (v DirectView) title(ctx context.Context) string {
	return i18n.T(ctx, "direct.between", "user", orElse(v.Two[0].Name, v.Two[0].ID), "peer", orElse(v.Two[1].Name, v.Two[1].ID))
}
