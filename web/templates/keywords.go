package templates

import "time"

// LibrariesView is the libraries of the service's own filter.
type LibrariesView struct {
	Rows     []LibraryRow
	Pager    PagerView
	Notice   *Notice
	Empty    *EmptyView
	Failed   *Notice
	RetryURL string
}

// LibraryRow is one library.
type LibraryRow struct {
	Name    string
	ID      string // "" where the service has no other name for it
	URL     string
	Text    string // what it is for
	Kind    ChipView
	Hit     string // what a hit leads to
	Created time.Time
}

// WordsView is the words of one library.
type WordsView struct {
	Back      Link
	Library   LibraryRow
	URL       string
	Find      string
	Facts     []string // limits
	Swaps     bool     // words are replaced: by what is a column
	Rows      []WordRow
	Caption   string
	Selection SelectionView
	Add       ButtonView
	Pager     PagerView
	Notice    *Notice
	Empty     *EmptyView
	Failed    *Notice
	RetryURL  string
}

// WordRow is one word.
type WordRow struct {
	Text    string
	Pattern bool
	Label   string
	Becomes string
	Created time.Time
	Tick    TickView
}
