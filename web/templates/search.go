package templates

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// SearchPageView is a search in what was said, and what it found.
type SearchPageView struct {
	URL     string
	Query   string
	Bad     string // why it finds nothing as it is
	Asked   bool   // something was looked for
	Expired bool   // the page that was asked for is no more: the first one is shown
	Hits    []SearchHit
	Older   string
	Newest  string
	Zone    string
	Leave   string   // in direct chats: why they may be searched, and until when
	Apps    []string // titles of those whose messages are kept

	Hidden     []string // what the address says beside the query, as pairs
	Kinds      []Tab    // what can be found
	Named      bool     // people or groups are looked for, not messages
	People     []NamedRow
	Scope      *Link  // the one group that is searched; nil: all
	Everywhere string // the same search without it
	History    string // the same words in what the service itself still has of the group

	Saved []SavedLink
	Save  *SaveSearchForm // nil: there is nothing to save
}

// NamedRow is a person or a group that was found by name.
type NamedRow struct {
	ID      string // unique in the list
	Person  PersonView
	App     string
	Type    string // of a group
	Members string // of a group, in words; "" if not known
}

// SavedLink leads to a search that is kept.
type SavedLink struct {
	Name, Query, URL string
	By               string // who shares it; "" for one's own
	EditURL          string // "": the operator may not change it
	Shared, Current  bool
}

// SaveSearchForm keeps a search.
type SaveSearchForm struct {
	Action, Query string
	CanShare      bool
}

// SavedSearchView is the form of a search that is kept.
type SavedSearchView struct {
	Action, BackURL  string
	RemoveURL        string // "": it is not kept yet
	Name, Query      FieldView
	Shared, CanShare bool
	Bad              string
}

// KeptView is a message among those around it, as they were kept.
type KeptView struct {
	Group, GroupURL string
	SearchURL, Zone string
	Hidden          []string // of the field that searches the group
	Rows            []SearchHit
	Earlier, Later  string
	Missing         bool // the message is not kept any more
	Empty           *EmptyView
}

// SearchHit is a message that was found.
type SearchHit struct {
	ID       string
	Here     bool // it is the one that was asked for
	At       time.Time
	App      string
	Group    Link
	Sender   PersonView
	Text     []Marked
	Withheld bool      // what it says is not for who has given no reason to read the chat
	Kinds    []string  // what it is beside text
	State    *ChipView // nil: as it was said
	URL      string    // of the message among those around it
}

// Marked is a piece of a text; On is what was looked for.
type Marked struct {
	Text string
	On   bool
}

// MarkedText is a text in one run: where line breaks count, nothing may stand between its pieces that is not in it.
func MarkedText(pieces []Marked) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		for _, m := range pieces {
			if m.On {
				b.WriteString("<mark>" + templ.EscapeString(m.Text) + "</mark>")
			} else {
				b.WriteString(templ.EscapeString(m.Text))
			}
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// searchExamples show what can be typed.
var searchExamples = []struct{ typed, key string }{
	{`退款 refund`, "search.example.words"},
	{`"add my wechat"`, "search.example.phrase"},
	{`-test`, "search.example.not"},
	{`from:u_7731902`, "search.example.from"},
	{`in:live_wanfeng`, "search.example.in"},
	{`app:demo`, "search.example.app"},
	{`after:2026-11-01 before:2026-11-08`, "search.example.days"},
	{`has:link  has:image  has:file`, "search.example.has"},
	{`is:recalled  is:edited  is:flagged`, "search.example.is"},
	{`type:video`, "search.example.type"},
}
