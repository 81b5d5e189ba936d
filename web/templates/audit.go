package templates

import "time"

// AuditView is one page of the audit log, or of what was done in one group or to one user.
type AuditView struct {
	URL      string // of the list, without its query
	Filter   AuditFilterView
	Rows     []AuditRow
	Newest   string // address of the newest page; "" if this is it
	Older    string // "" on the last page
	Total    int64  // entries of the whole log; -1 where only a part of it is shown
	Zone     string // of the times, "UTC+8"
	Search   string // key of what may be typed to search
	Filtered bool   // a filter is set: an empty list says so
	ClearURL string
	Hide     map[string]bool  // columns that say the same in every row: "group", "operator"
	Target   string           // the part, "#audit"
	Export   *AuditExportView // nil where the list cannot be had as a file
}

// AuditExportView takes the list out as a file.
type AuditExportView struct {
	URL  string // with the filters in its query
	Most int    // entries of the file
}

// AuditFilterView is the row of filters.
type AuditFilterView struct {
	Query    string // a user's, group's or entry's id
	QueryBad string // why the query finds nothing as it is; "" if it is fine
	Menus    []FilterMenuView
	From, To string // days, as a date field takes them
	With     string // says that the entries are about somebody else as well; "" if not
	Beside   Link   // what is not in the list, and the way to it; Text "" if nothing is to be said
	Hidden   []string
}

// AuditRow is one entry.
type AuditRow struct {
	ID         int64
	At         time.Time
	NewDay     bool // the first row of its day
	OperatorID string
	Operator   string
	// OperatorURL leads to what the operator did; "" for none.
	OperatorURL string
	Action      string // in words, "Muted for 7 days"
	Group       Link   // Text "" for none
	Users       []Link // those that are shown
	MoreUsers   int    // how many more there are
	State       ChipView
	OpenURL     string // the list with this entry open
	CloseURL    string
	Open        bool
	Detail      *AuditDetail // nil unless Open
}

// AuditDetail is what is known of one entry.
type AuditDetail struct {
	Reason    string
	Note      string
	Address   string
	Reference string // of the request, as in the log
	App       string
	Ended     time.Time
	Diff      []DiffRow
	Facts     []FactView // what was asked for, in words
	Items     []AuditItemRow
	MoreItems int
	VendorID  string // the service's request id
	Code      string // of the service
	ErrorText string // in words
	UndoOf    Link
	UndoneBy  Link
	Undo      *ButtonView // takes it back; nil if it cannot be
	UndoURL   string
	UndoWhy   string // why it cannot be taken back; "" where the question does not come up
}

// FactView is a name and a value.
type FactView struct{ Name, Value string }

// AuditItemRow is what became of one target.
type AuditItemRow struct {
	Who    Link
	State  ChipView
	Reason string
	Code   string
}
