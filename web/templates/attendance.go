package templates

import "time"

// AttendanceView is who of some users is in a group, or how far its members have read.
type AttendanceView struct {
	Frame    GroupFrameView
	Kind     string // "inside" or "reading"
	Title    string
	Text     string
	Count    string // how many members there are; "" if that is not known
	Tabs     []Tab
	URL      string
	Ask      *FieldView // ids; nil where nothing is asked
	Rows     []AttendanceRow
	Empty    *EmptyView
	Failed   *Notice
	RetryURL string
	Pager    PagerView
}

// AttendanceRow is one person.
type AttendanceRow struct {
	Person   PersonView
	State    ChipView
	Since    time.Time
	Position string // how far was read; "" if it is not about that
	URL      string // leads there
	Act      *ButtonView
}

// RoomListView is what a service keeps with a live room: people, or marks.
type RoomListView struct {
	ID, Title, Text string
	None            string // shown where the list is empty
	People          []AttendanceRow
	Chips           []string
	Acts            []ButtonView
	Pager           PagerView
	Failed          *Notice
	RetryURL        string
}

// TokenView is a page with a secret that is shown once.
type TokenView struct {
	Title    string
	Text     string
	Token    string
	Notice   *Notice
	Back     Link
	EntryURL string
}
