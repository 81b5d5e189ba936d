package templates

import "time"

// FilesView is the files of messages that the service made of an hour.
type FilesView struct {
	Back     Link
	URL      string
	Kinds    []Tab
	Kind     string // as in the address
	Hour     string // "2026-04-18T15:00", of the operator's clock
	Begins   time.Time
	Ends     time.Time
	Earlier  string // addresses of the hours beside it
	Later    string // "" if that hour is not over
	Files    []FileRow
	Caption  string
	Notice   *Notice // a time that is none
	Empty    *EmptyView
	Failed   *Notice
	RetryURL string
}

// FileRow is one file. Its address is a secret and stays on the server.
type FileRow struct {
	Name     string
	Packed   string // sizes in words; "" if the service does not say
	Unpacked string
	MD5      string
	Expires  time.Time
	Read     ButtonView
	Download ButtonView
}

// OpenedFileView is a file that an operator opened with a reason.
type OpenedFileView struct {
	Back     Link
	Title    string
	By       string // reason
	Until    time.Time
	Entry    Link // in the audit log
	Download ButtonView
	File     FileRow
	Rows     []FiledRow
	Range    string
	Pager    PagerView
	Part     bool // only a page of the file is shown: what is behind it is not read
	Empty    *EmptyView
	Failed   *Notice
	Nameless bool // names could not be had
}

// FiledRow is one message of a file.
type FiledRow struct {
	Day     time.Time // set where another day begins: a heading above it
	Place   Link      // the group, or of a direct chat to whom it went
	Direct  bool
	Message MessageRow
}
