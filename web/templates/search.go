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
	Apps    []string // titles of those whose messages are kept
}

// SearchHit is a message that was found.
type SearchHit struct {
	At     time.Time
	App    string
	Group  Link
	Sender PersonView
	Text   []Marked
	Kinds  []string  // what it is beside text
	State  *ChipView // nil: as it was said
	URL    string    // of the message among those around it
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
	{`is:recalled  is:edited`, "search.example.is"},
	{`type:video`, "search.example.type"},
}
