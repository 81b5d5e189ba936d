package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"
)

// GroupsView is one page of an app's groups, ready to print.
type GroupsView struct {
	URL       string // of the list without a query
	Query     string // what was typed
	Hidden    []string
	Type      string // in words; "" for all
	Types     []Tab
	Total     string // how many there are; "" if the service does not say
	Notice    *Notice
	Rows      []GroupRow
	Empty     *EmptyView // instead of rows
	Pager     PagerView
	Selection SelectionView
	Tools     []ButtonView // at the end of the head
	Export    *ExportView  // nil: not for this operator
}

// GroupRow is one group.
type GroupRow struct {
	ID          string
	Name        string
	URL         string
	Type        ChipView
	Members     string // "" if the service does not say
	OwnerID     string // "" for none
	Owner       string
	OwnerURL    string
	LastMessage time.Time
	Live        bool // keeps no messages, so that LastMessage says nothing
	MuteAll     *ChipView
	Pinned      bool
	NoLast      bool      // lists do not tell of messages
	Known       string    // how it became known, where the vendor has no list; "" else
	Seen        time.Time // when it was last seen, with Known
	Tick        TickView
}

// groupColumns are the heads of the table.
func groupColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "groups.column.group")},
		{Text: i18n.T(ctx, "groups.column.type"), Class: "fit p2"},
		{Text: i18n.T(ctx, "groups.column.members"), Class: "num fit"},
		{Text: i18n.T(ctx, "groups.column.owner"), Class: "p3"},
		{Text: i18n.T(ctx, "groups.column.last"), Class: "fit p2"},
		{Text: i18n.T(ctx, "groups.column.state"), Class: "fit p3", Hidden: true},
	}
}
