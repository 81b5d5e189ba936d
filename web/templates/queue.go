package templates

import (
	"context"
	"strings"
	"time"

	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// QueueView is the queue: the list of cases, and the one that is looked at.
type QueueView struct {
	URL      string // of the page as it stands
	Tabs     []Tab
	Filters  []FilterMenuView
	Clear    string // address without filters; "" if none is set
	Views    []Link // by name, for all
	List     CaseListView
	Case     *CaseView
	Last     LastVerdictView
	Numbers  Link // "" for who may not see them
	Handover Link
	Macros   Link // where leads change what keys do; without URL nobody can
}

// CaseListView is the list with what goes on in it.
type CaseListView struct {
	URL   string // asked again when something changed
	Rows  []CaseRow
	More  string // address of the next page; "" at the end
	Empty *EmptyView
	Age   string // of the oldest, against the goal; "" if nothing waits
	Late  bool
	Tabs  []Tab
}

// CaseRow is one case of the list.
type CaseRow struct {
	ID      int64
	URL     string
	Title   string
	Tone    string // "bad", "warn" or "off"
	Excerpt string
	Where   string
	Opened  time.Time
	Late    bool
	Points  string
	State   string // in words; "" for a new one
	People  []AvatarView
	Who     string // those people in words
	Current bool
}

// CaseView is a case with all that is needed to decide it.
type CaseView struct {
	ID       int64
	URL      string
	Title    string
	Score    string // "" for none
	ScoreBad bool
	Group    Link
	App      string
	Opened   time.Time
	Why      []string // who or what flagged it, a line each
	Points   string
	Terms    []CaseTerm
	Presence PresenceView
	Lines    []CaseLine
	Earlier  MoreView
	Later    MoreView
	Wave     *WaveView // instead of what was said around
	Archive  string    // said where what was said around is not known
	Matched  []string
	Held     []HeldMessage
	Copies   *CopiesView
	Record   RecordView
	Notes    []CaseNote
	Evidence *EvidenceLine
	History  []CaseNote
	Buttons  []ButtonView // assign, snooze and the like
	Decide   DecideView
	Result   *VerdictView
	Next     string // address of the next case; "" if there is none
	Prev     string
	LookURL  string // told while the card is open; "" if nothing is to be told
	LeaveURL string
}

// CaseTerm is one part of a priority.
type CaseTerm struct{ Text, Points string }

// CaseLine is a message around the one that is looked at.
type CaseLine struct {
	ID       string // of the element
	SenderID string
	Sender   string
	URL      string // of the sender
	At       time.Time
	Parts    []MarkPart
	Kind     string // in words, where there is no text
	State    string // in words: edited, recalled
	Here     bool
	Same     bool            // by the author of the message that is looked at
	Tip      templ.Component // what the service itself said; nil: a person did
}

// MarkPart is a piece of text that may be marked.
type MarkPart struct {
	Text string
	Mark bool
}

// CopiesView is where else the same was said.
type CopiesView struct {
	Own    int
	Text   string
	Others string // "" for nobody else
	URL    string // of a search for it
}

// RecordView is what is known of an author.
type RecordView struct {
	Person   PersonView
	Strikes  int // that count, after decay
	Limit    int
	Strike   string // in words
	Facts    []CaseTerm
	Earlier  []CaseNote
	Recent   []CaseNote
	PartURL  string // what the service says; "" if there is nobody to ask about
	Reporter []CaseNote
}

// AuthorView is what the service says of an author.
type AuthorView struct {
	URL    string
	Name   string
	Facts  []CaseTerm
	Mute   MuteView
	Groups []AuthorGroup
	More   string // how many groups there are beyond these; "" for none
	Failed *Notice
}

// AuthorGroup is a group that an author is in.
type AuthorGroup struct {
	Link Link
	Role string
}

// CaseNote is a line with who and when.
type CaseNote struct {
	Tone string
	Text string
	URL  string
	Who  string
	At   time.Time
}

// PresenceView is who else has a case before them.
type PresenceView struct {
	URL    string // asked again when something changed
	Holder string // who has it; "": nobody else
	Since  time.Time
	Others []string
	Take   *JobButton
	Skip   string
	Said   *Notice // the case is decided, or put off
}

// DecideView is the bar of verdicts.
type DecideView struct {
	Action  string
	Hidden  []string
	Macros  []ButtonView
	None    []ButtonView // those that do nothing, at the start
	Lengths []Option
	Copies  string // "Also the 4 copies"; "" if there are none
	Why     string // why nothing can be decided; "" if it can
}

// VerdictView is a verdict and how far it is.
type VerdictView struct {
	ID      int64
	Title   string
	Who     string
	At      time.Time
	State   ChipView
	Held    time.Time // until it is carried out; zero once it is
	Steps   []VerdictStep
	Buttons []JobButton
	Poll    string // asked again each second; "" once it is over
}

// VerdictStep is one thing that a verdict does.
type VerdictStep struct {
	Tone string
	Text string
	Why  string
	URL  string // of the entry in the audit log
}

// LastVerdictView is the operator's last verdict, with the way back.
type LastVerdictView struct {
	Poll    string
	Verdict *VerdictView
	URL     string // of its case
}

// ChoiceSheet asks for one of a few things, each with a digit.
type ChoiceSheet struct {
	ID      string
	Title   string
	Text    string
	Action  string
	Back    string
	Hidden  []string
	Name    string // of what is chosen
	Choices []ChoiceLine
	Fields  []FieldView
	Reasons []Option // "" for none; the first is chosen
	Reason  FieldView
	Submit  string // where there are no choices
	Danger  bool
	Notice  *Notice
	Empty   string // said where there is nothing to choose
}

// ChoiceLine is one of them.
type ChoiceLine struct {
	Value string
	Text  string
	Sub   string
	Key   string
}

// HandoverView is what somebody leaves behind at the end of a shift.
type HandoverView struct {
	Open []CaseRow
	Done []CaseNote
	Sums []JobFigure
	Back Link
}

// MacrosView is the page of macros.
type MacrosView struct {
	Nav     SettingsNavView
	Rows    []MacroRow
	Replies []ReplyRow
	Goal    FieldView
	Hidden  []string
	Action  string
	Changed string
	Notice  *Notice
	Why     string // why it cannot be changed here; "" if it can
}

// MacroRow is a macro in its form.
type MacroRow struct {
	N       string
	Title   string
	Error   string
	ID      string
	Name    FieldView
	Key     FieldView
	Recall  bool
	Kick    bool
	Mute    FieldView
	Mutes   []Option
	Reply   FieldView
	Replies []Option
	Strike  FieldView
	Note    FieldView
}

// ReplyRow is what authors are told, in its form.
type ReplyRow struct {
	N    string
	ID   string
	Name FieldView
	EN   FieldView
	ZH   FieldView
}

// newsAttrs have a part asked for again when the queue has news.
func newsAttrs(url string) templ.Attributes {
	if url == "" {
		return nil
	}
	return templ.Attributes{
		"data-news": true, "hx-get": url, "hx-trigger": "news", "hx-target": "this", "hx-swap": "outerMorph", "hx-push-url": "false",
		"hx-status:4xx": "swap:none", "hx-status:5xx": "swap:none",
	}
}

// caseLink opens a case in place.
func caseLink(url string) templ.Attributes { return PartAttrs(url, "#queue") }

func pips(on, of int) []bool {
	list := make([]bool, max(of, 0))
	for i := range list {
		list[i] = i < on
	}
	return list
}

func scoreTone(bad bool) string {
	if bad {
		return "bad"
	}
	return "warn"
}

func dangerVariant(danger bool) string {
	if danger {
		return "harm-solid"
	}
	return ""
}

// listed is a list of names as one text.
func listed(ctx context.Context, names []string) string {
	return strings.Join(names, i18n.T(ctx, "queue.and"))
}
