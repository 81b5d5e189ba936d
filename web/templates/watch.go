package templates

import (
	"context"
	"io"
	"strconv"
	"time"

	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// WatchView is what is being said, as it is said.
type WatchView struct {
	Panes   []WatchPane
	Stream  string // address of the events; "" where nothing can be told
	Refresh string
	Rate    WatchRate
	AddURL  string // one more pane; "" if there are as many as fit
	Hidden  []WatchHidden
	Unkept  string // apps whose messages are not kept
	None    *EmptyView
}

// WatchPane is one list of lines, with what chooses them.
type WatchPane struct {
	Index    int
	Query    string
	Label    string   // for screen readers
	Before   []string // the other panes and what is hidden, as pairs of fields, in the order of the address
	After    []string
	Bad      string // why the query chooses nothing
	Types    FilterMenuView
	Flagged  *Tab // the same with only those that have a case, or back; nil for those who see none
	Failed   *Notice
	Lines    []WatchLine
	CloseURL string // "" if it is the only one
	Search   string // the same in the archive
}

// WatchHidden is somebody whose messages are left out.
type WatchHidden struct {
	Name string
	URL  string // without that
}

// WatchLine is one message.
type WatchLine struct {
	ID       string // the same for whatever becomes of it
	Key      string // what the service calls it
	At       time.Time
	App      string // "" if there is one app only
	Colour   string // of the app, likewise
	Group    Link
	Sender   PersonView
	Text     []Marked
	Kinds    []string // what it is beside text
	State    *ChipView
	Flag     *ChipView // there is a case about it, for those who see cases
	Withheld bool      // what it said is not for this operator
	Late     string    // when it came, if that was long after it was said
	URL      string    // in its group
	Rail     string    // address of what can be done about it
	Update   bool      // it only takes the place of one that is shown
}

// WatchRate is how much is said.
type WatchRate struct {
	Second string // "4.2 / s"
	Bars   []int  // messages in each step of the last two minutes
	Groups []WatchGroup
	Behind string // how far behind the newest line came
}

// WatchGroup is how much is said in a group.
type WatchGroup struct {
	Group  Link // to the page with this group only
	Minute int
	Most   int // of the busiest one
}

// WatchPeek is the line one is at, and what can be done about it.
type WatchPeek struct {
	ID      string // of the message; "": none is chosen
	Sender  PersonView
	Group   Link
	At      time.Time
	Chips   []ChipView
	Text    string
	Kinds   []string
	Note    string // why there is no text
	Buttons []ButtonView
	Forms   []PeekForm // what is done at once
}

// PeekForm is a button that does something about the line one is at.
type PeekForm struct {
	Target string
	Hidden []string // pairs of fields
	Button ButtonView
}

const (
	sparkHeight = 20
	sparkStep   = 4
	sparkBar    = 2.6
)

type sparkBarView struct{ x, y, height string }

// sparkBars are the bars of a small chart, 20 high.
func sparkBars(values []int) []sparkBarView {
	most := 1
	for _, n := range values {
		most = max(most, n)
	}
	list := make([]sparkBarView, len(values))
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
	for i, n := range values {
		h := float64(n) / float64(most) * (sparkHeight - 1)
		if n > 0 {
			h = max(h, 1)
		}
		list[i] = sparkBarView{number(float64(i * sparkStep)), number(sparkHeight - h), number(h)}
	}
	return list
}

func sparkBox(values []int) string {
	return "0 0 " + strconv.Itoa(len(values)*sparkStep) + " " + strconv.Itoa(sparkHeight)
}

func sparkWidth() string { return strconv.FormatFloat(sparkBar, 'f', 1, 64) }

// watchLineAttrs tell app.js of a line.
func watchLineAttrs(l WatchLine) templ.Attributes {
	a := RowAttrs(l.Key, l.URL)
	a["data-line"] = l.ID
	if l.Rail != "" {
		a["data-rail"] = l.Rail
	}
	if l.Flag != nil {
		a["data-flag"] = "bad"
	}
	if l.Update {
		a["data-update"] = true
	}
	return a
}

// watchStream are the attributes that connect the page to its events, once app.js listens to them. Offline, the wait between two tries stays short, and a try that
// is not answered, as over a connection that did not outlive a sleep, ends soon.
func watchStream(url string) templ.Attributes {
	if url == "" {
		return nil
	}
	return templ.Attributes{"hx-sse:connect": url, "hx-trigger": "listening", "hx-swap": "none", "hx-config": `{"sse":{"reconnectMaxDelay":5000,"connectTimeout":10000}}`}
}

func paneID(i int) string { return "pane-" + strconv.Itoa(i) }

func watchTitle(ctx context.Context, g WatchGroup) string {
	return i18n.N(ctx, "watch.minute", g.Minute)
}

// Component is anything that can be drawn.
type Component = templ.Component

// Text is a text by itself.
func Text(s string) Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}

// watchPlace names the group of a line, and the app where there are several.
func watchPlace(l WatchLine) string {
	if l.App == "" {
		return l.Group.Text
	}
	return l.Group.Text + " · " + l.App
}

// followAttrs connect a group's page to what happens in the group.
func followAttrs(url string) templ.Attributes {
	a := watchStream(url)
	if a != nil {
		a["data-follow"] = true
	}
	return a
}

// refreshAttrs have a part ask for itself when its page is told of a change: app.js sends it the event.
func refreshAttrs(url string) templ.Attributes {
	if url == "" {
		return nil
	}
	return templ.Attributes{
		"data-refresh": true, "hx-get": url, "hx-trigger": "poll", "hx-target": "this", "hx-swap": "outerMorph", "hx-push-url": "false",
		"hx-status:4xx": "swap:none", "hx-status:5xx": "swap:none",
	}
}

func upToDateAttrs(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"data-up-to-date": true}
}
