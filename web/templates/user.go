package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// UserView is what the service and the console know of one user. Each part can fail by itself: then its notice says why
// and its content is empty.
type UserView struct {
	ID      string
	Name    string // "" if the user has none
	BackURL string // to the search for users
	Tabs    []Tab
	Section string // name of the open tab
	Actions []ButtonView
	More    []ButtonView // behind three dots
	Edit    *ButtonView  // of the profile
	Parts   []LazyView   // which are loaded by themselves
	State   string       // online state in words; "" if it is not known
	Online  bool
	Devices int

	Profile       []FactView
	ProfileFailed *Notice

	May       []MayRow
	MayFailed *Notice

	DeviceRows    []DeviceRow
	DevicesFailed *Notice

	Groups        []UserGroupRow
	GroupsFailed  *Notice
	GroupsExpired bool   // the page that was asked for is gone: this is the first one
	GroupsMore    string // address of the next page of groups
	GroupsFirst   string // address of the first page, "" if this is it
	GroupCount    int    // -1 if not known
	MuteUnknown   bool   // the mutes in some groups could not be read

	Answers []AnswerView // to "why am I muted?": what stands in the way
	Reply   []AnswerText // what to tell the user, the one to send first; nil where the service did not say

	Sanctions    []SanctionRow // of the register, newest first
	SanctionsURL string        // of all of them

	Lift    *ButtonView // lifts what mutes the user here: one key
	LiftURL string
	LiftIDs []string // pairs of name and value

	Lately   []AuditRow // what operators did to this user
	AuditURL string
	RetryURL string
}

// LazyView is a part that is loaded once it comes into view.
type LazyView struct {
	ID    string
	Title string
	URL   string // of the page of the part
}

// MayRow says where the user may speak.
type MayRow struct {
	Where string
	Group bool   // Where is a group's name
	URL   string // of the group
	Mute  MuteView
}

// AnswerView is one thing that keeps the user from writing.
type AnswerView struct {
	Kind     string // in words; "": a mute
	Where    string
	URL      string // of the group, "" for a global mute
	Mute     MuteView
	Settled  bool   // nobody set it against the user: nothing is to be said of by whom
	By       string // who set it; "" if the register does not know
	Reason   string // as it was written, for colleagues
	At       time.Time
	EntryURL string
	CaseURL  string // "" for none
}

// AnswerText is the answer in one language.
type AnswerText struct {
	Lang    string // as the lang attribute has it
	Name    string // of the language, in itself
	Text    string
	SendURL string
	Hidden  []string // pairs of name and value, to send it
	Why     string   // why it cannot be sent; "" if it can
}

// copyAnswer copies an answer. The first one of the page has a key.
func copyAnswer(ctx context.Context, n int, t AnswerText) ButtonView {
	b := ButtonView{
		Text: i18n.T(ctx, "users.answer.copy"), Icon: "copy", Small: true, Attrs: templ.Attributes{"data-copy": t.Text},
	}
	if n == 0 {
		b.Key = "c"
	}
	return b
}

// sendAnswer sends an answer in the app's own name. The first one of the page has a key.
func sendAnswer(ctx context.Context, n int, t AnswerText) ButtonView {
	b := ButtonView{Text: i18n.T(ctx, "users.answer.send"), Icon: "send", Small: true, Why: t.Why}
	if n == 0 {
		b.Key = "s"
	}
	return b
}

// DeviceRow is one device.
type DeviceRow struct {
	Platform string
	Icon     string
	State    string
	Tone     string
}

// UserGroupRow is one group of the user.
type UserGroupRow struct {
	Person  PersonView
	Type    ChipView
	Role    string
	Mute    MuteView
	Unknown bool // whether the user is muted there could not be read
	Joined  time.Time
	LiftURL string   // lifts the mute; "" if there is none, or it is not allowed
	Lift    []string // pairs of name and value sent with it
}
