package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"
)

// APIListView is the vendor's API, command by command.
type APIListView struct {
	URL      string
	Query    string
	Hidden   []string // pairs of name and value of the other filter
	Kinds    []Tab    // all, reads, writes
	Total    string   // how many are shown
	Services []APIService
	Empty    *EmptyView // instead of services
}

// APIService is a service of the API with its commands.
type APIService struct {
	Code  string // its name in addresses, unique on the page
	Title string // "" where nobody gave it one
	Rows  []APIRow
}

// APIRow is one command in the list.
type APIRow struct {
	Name string
	URL  string
	Text string // what it does, "" if nobody wrote that
	Kind ChipView
	Rate string
}

// APICommandView is one command: its request and, once it was sent, the answer.
type APICommandView struct {
	Back    Link // to the list
	Name    string
	Path    string // service and name
	Text    string // what it does
	Chips   []ChipView
	Rate    string
	DocURL  string // "" if the vendor has no page of it
	Ask     *APIAskView
	Request APIRequestView
	Answer  *APIAnswerView
}

// APIRequestView is the form. JSON and what stands below it belong to the form but stand outside, so that the JSON can be
// made anew without a moment in which the form cannot be sent.
type APIRequestView struct {
	Action   string
	Notice   *Notice
	Fields   []APIFieldView
	More     []APIFieldView // further ones, folded away
	MoreOpen bool
	JSON     APIJSONView
	Reason   FieldView
	Submit   string
	Asks     bool // it is asked before it is sent
}

// APIFieldView is one field of the request.
type APIFieldView struct {
	FieldView
	Kind    string     // its JSON type, in words
	Need    bool       // it is required
	Options []Option   // of a switch
	Inside  []FactView // the fields of the objects in it, with their types
}

// APIJSONView is the request as JSON. If it was not touched, Shown is its mark and the fields make the request; else it
// is the request.
type APIJSONView struct {
	Action string
	Body   string
	Shown  string
	Edited bool
	Error  string
}

// APIAskView asks before something is changed.
type APIAskView struct {
	Sheet   SheetView
	Effects []EffectLine
	Body    string     // what will be sent
	Name    *FieldView // where the command's name is typed; nil if that is not asked
}

// APIAnswerView is what came back.
type APIAnswerView struct {
	Summary  string // one line
	OK       bool
	Notice   *Notice // what went wrong, or that this was sent before
	Code     string  // "" if there was none
	Status   string
	Took     time.Duration // 0 without an answer
	Request  string        // the service's id of it
	Words    string        // the service's own
	Entry    Link          // in the audit log
	Body     string        // pretty; "" if nothing came
	Cut      string        // what is not shown; "" if all is
	Download string        // address of all of it; "" if all is shown
	Size     string
	Curl     string
	Focus    bool // the page begins here
}

// copyCurl is how long a line may be that stands on the page a second time, in bytes, for its copy button.
const copyCurl = 8 << 10

func apiColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "api.column.command")},
		{Text: i18n.T(ctx, "api.column.kind"), Class: "kind"},
		{Text: i18n.T(ctx, "api.column.rate"), Class: "rate num p2"},
	}
}

func milliseconds(ctx context.Context, d time.Duration) string {
	return i18n.T(ctx, "api.ms", "n", max(d.Milliseconds(), 1))
}

func apiJSONHint(ctx context.Context, v APIJSONView) string {
	if v.Edited {
		return i18n.T(ctx, "api.json_edited")
	}
	return i18n.T(ctx, "api.json_hint")
}
