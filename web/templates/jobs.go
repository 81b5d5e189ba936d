package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// JobsView is the list of jobs.
type JobsView struct {
	URL     string // of the list, without its query
	Whose   []Tab
	Menus   []FilterMenuView
	Hidden  []string // pairs of the filters that are set
	Clear   string   // address without filters; "" if none is set
	Running []JobCard
	Rows    []JobRow
	Pager   PagerView
	Empty   *EmptyView
	New     ButtonView
	Poll    string // address that is asked again each second while a job runs; "" if none does
}

// JobRow is a job that has ended, or one of a list with filters.
type JobRow struct {
	ID     int64
	URL    string
	Title  string
	Sub    string // whose name, or what is special; may hold what people wrote
	State  ChipView
	Done   string
	Failed string
	Bad    bool // some failed
	By     string
	Start  time.Time
	Took   string // "" if it never began
}

// JobCard is a job as it stands: how far it is, what it does, and what can be done with it.
type JobCard struct {
	ID     int64
	URL    string
	Title  string
	Level  int // of its heading, 1 or 2
	Meta   []Link
	Start  time.Time
	By     string
	Reason string
	State  ChipView

	Total, Done int64     // Done: those with a result
	Percent     string    // "82%"; "" while it is not known how many there are
	Counts      string    // "1,014 done · 12 refused · 214 left"
	Pace        string    // "about 25 s left, 8 a second"; "" if nothing moves
	Doing       string    // what happens now, or why nothing does
	Held        time.Time // it begins then, and can be taken back before; zero if it began
	Tone        string    // of the bar: "", "warn" or "quiet"
	Buttons     []JobButton
}

// JobButton is something that can be done with a job. With Go it leads to a page; without, it acts.
type JobButton struct {
	View ButtonView
	Post string   // where it is sent; "" for a link
	Form []string // pairs of name and value sent along
}

// JobView is the page of a job.
type JobView struct {
	Card    JobCard
	Poll    string // address that is asked again each second; "" once it has ended
	Refresh string // for readers without scripts; "" once it has ended
	Notice  *Notice
	Fails   []JobFail
	Failed  string // "12 refused so far"; "" if none were
	Retry   *JobButton
	Export  *ExportView
	States  []Tab // filter of the items
	Items   []JobItemRow
	Caption string
	Empty   *EmptyView
	Pager   PagerView
	Kin     []Link // jobs that retry it or take it back, and the one that this one belongs to
	NoUndo  string // why it cannot be reversed; "" if it can, or nothing was done
}

// JobFail is a reason for which targets failed.
type JobFail struct {
	What  string
	Next  string // what to do
	Code  string
	N     string
	URL   string // shows them
	Label string // of the link, for screen readers
}

// JobItemRow is one target with its result.
type JobItemRow struct {
	Position int64
	ID       string
	Name     string
	URL      string // "" for what has no page
	Group    Link   // Text "" for none
	State    ChipView
	Why      string
	Code     string
	Before   string
	After    string
	Entry    Link // of the audit log; Text "" for none
}

// JobFormView is the form by which a job is begun, and its plan.
type JobFormView struct {
	Title   string
	Back    Link
	Action  string // of the form
	Hidden  []string
	Notice  *Notice
	Kind    FieldView
	Kinds   []Option
	Groups  *FieldView
	Users   *FieldView
	File    *FieldView
	Column  *FieldView
	Length  *FieldView
	Lengths []Option
	Until   *FieldView
	Role    *FieldView
	Roles   []Option
	Text    *FieldView
	Checks  []JobCheck
	Search  []FieldView
	Reason  FieldView
	Reasons []Option
	Words   FieldView
	Note    FieldView
	Read    []string // what was read: "30 ids, 2 of them twice"
	Bad     []string // ids that cannot be ones, each with its line and why
	Submit  ButtonView
}

// JobCheck is a box of the form.
type JobCheck struct {
	Name   string
	Option Option
	On     bool
}

// JobPlanView is what a job would do, before it begins.
type JobPlanView struct {
	Title   string
	Text    string
	Back    Link
	Action  string
	Hidden  []string
	Kept    []FieldView // what was typed, in fields that are not shown
	Notice  *Notice
	Figures []JobFigure
	Lines   []EffectLine // who is left alone and why, and whether it can be taken back
	Samples []JobSample
	Calls   []FactView
	Confirm *FieldView
	Submit  ButtonView
	Change  ButtonView // back to the form, with all that was typed
}

// JobFigure is one of the large numbers of a plan.
type JobFigure struct {
	Value string
	Text  string
	Tone  string // "", "warn" or "bad"
}

// JobSample names some of those for whom a reason holds.
type JobSample struct {
	Title string
	Names []string
}

// ProtectedView is the list of those whom no job may harm.
type ProtectedView struct {
	Apps    []Tab // if there are several
	URL     string
	App     string // name of the one that is open
	Add     FieldView
	Note    FieldView
	Bad     []string // ids that cannot be ones, each with its line and why
	Notice  *Notice
	Rows    []ProtectedRow
	Caption string
	Pager   PagerView
	Empty   *EmptyView
}

// ProtectedRow is one of them.
type ProtectedRow struct {
	ID, Name, URL string
	Note          string
	By            string
	Added         time.Time
}

// pollAttrs have a part asked for again each second; none where there is no address.
func pollAttrs(url string) templ.Attributes {
	if url == "" {
		return nil
	}
	return templ.Attributes{
		"data-poll": "1000", "hx-get": url, "hx-trigger": "poll", "hx-target": "this", "hx-swap": "outerMorph", "hx-push-url": "false",
		"hx-status:4xx": "swap:none", "hx-status:5xx": "swap:none",
	}
}

func jobColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "job.column.job")},
		{Text: i18n.T(ctx, "job.column.result")},
		{Text: i18n.T(ctx, "job.column.done"), Class: "num"},
		{Text: i18n.T(ctx, "job.column.failed"), Class: "num"},
		{Text: i18n.T(ctx, "job.column.by"), Class: "p2"},
		{Text: i18n.T(ctx, "job.column.started"), Class: "p3"},
		{Text: i18n.T(ctx, "job.column.took"), Class: "p3"},
	}
}

func jobItemColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "job.column.target")},
		{Text: i18n.T(ctx, "job.column.group"), Class: "p2"},
		{Text: i18n.T(ctx, "job.column.result")},
		{Text: i18n.T(ctx, "job.column.why")},
		{Text: i18n.T(ctx, "job.column.before"), Class: "p3"},
		{Text: i18n.T(ctx, "job.column.entry"), Class: "fit p2"},
	}
}

func jobFailColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "job.column.what")},
		{Text: i18n.T(ctx, "job.column.next"), Class: "p2"},
		{Text: i18n.T(ctx, "job.column.code"), Class: "p2"},
		{Text: i18n.T(ctx, "job.column.targets"), Class: "num"},
		{Text: i18n.T(ctx, "job.show"), Class: "fit", Hidden: true},
	}
}

func protectedColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "job.protected.user")},
		{Text: i18n.T(ctx, "job.protected.note")},
		{Text: i18n.T(ctx, "job.protected.by"), Class: "p2"},
		{Text: i18n.T(ctx, "job.protected.since"), Class: "p3"},
		{Text: i18n.T(ctx, "job.protected.remove"), Class: "fit", Hidden: true},
	}
}
