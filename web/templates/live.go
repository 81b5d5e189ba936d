package templates

import "github.com/a-h/templ"

// LiveView is what only a live room has: how many are in it, who runs it, marks, and what can be said in it.
type LiveView struct {
	Frame    GroupFrameView
	Now      LiveNowView
	Officers []OfficerRow
	OffText  string // how many admins there may be
	OffFail  *Notice
	Acts     []ButtonView // on admins
	Mark     string       // the mark whose people are listed; "" none is chosen
	MarkURL  string
	Marked   []PersonView
	Pager    PagerView
	MarkFail *Notice
	MarkNone string       // why nobody is listed
	MarkActs []ButtonView // give marks, take this one away
	Special  []FactView   // marks with a meaning of the service's own
	Say      []ButtonView
	Bans     *Link

	SayText   string // who hears what is said here
	MarkText  string // what marks are
	TextMarks bool   // they are texts, else numbers
	Lists     []RoomListView
}

// LiveNowView is how many are in the room, now and while somebody looked.
type LiveNowView struct {
	URL    string // of the part, asked for again and again while the page is open
	Chart  ChartView
	Failed *Notice
	Retry  string
}

// OfficerRow is the owner or an admin of the room.
type OfficerRow struct {
	Person PersonView
	Role   string
}

// markAttrs are those of the field for a mark: a number, or a text.
func markAttrs(text bool) templ.Attributes {
	if text {
		return templ.Attributes{"maxlength": "100", "dir": "auto", "spellcheck": "false"}
	}
	return templ.Attributes{"inputmode": "numeric", "pattern": "[0-9]+", "maxlength": "9"}
}
