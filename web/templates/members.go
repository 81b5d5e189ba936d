package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// PeopleView is a list of people in a group: its members, those who may not speak, or those who may not come in.
type PeopleView struct {
	Follow    string // where the page is told of changes; "" where nothing is told
	Self      string // its own address, to read it anew
	Frame     GroupFrameView
	Kind      string // "members", "muted" or "bans"
	URL       string // of the list, without a query
	Find      string // an id that is looked for
	Roles     []Tab  // the filter by role; empty for none
	Tools     []ButtonView
	Notice    *Notice // what was asked for is not there
	Remark    string  // what has to be known of the list; "" for nothing
	Nameless  bool    // names could not be had
	Rows      []PersonRow
	Caption   string
	Pager     PagerView
	Selection SelectionView
	RowMenu   []ButtonView // for one row
	Empty     *EmptyView   // instead of the rows
	Failed    *Notice      // the list could not be had
	RetryURL  string
	Export    *ExportView // nil: not for this operator, or there is no list
}

// PersonRow is one of the people.
type PersonRow struct {
	ID      string
	Name    string // name card, else nickname; "" shows the id
	Nick    string // the nickname, if the name card is another
	URL     string
	FindURL string // the list with this one alone: what the row's menu is without scripts
	Role    string // as RoleChip takes it; "" if it is not known
	Gone    bool   // is not in the group any more
	Mute    MuteView
	Joined  time.Time
	Spoke   time.Time
	Until   MuteView // end of a mute or ban
}

// MemberSheetView is a sheet that acts on people of a group.
type MemberSheetView struct {
	Sheet    SheetView
	AskURL   string // answers a change of what is asked with the preview as it is then
	Users    []string
	Paste    *FieldView
	Length   *FieldView
	Lengths  []Option
	Until    FieldView
	Role     *FieldView
	Roles    []Option
	Card     *FieldView
	Admins   *Option // "admins as well"; nil where it makes no difference
	AdminsOn bool
	Reason   *FieldView
	Reasons  []Option
	Words    FieldView // the reason in words of one's own
	Silent   *Option   // nil where nobody is told anything
	SilentOn bool
	Note     FieldView
	Preview  PreviewView
	Typed    bool // the preview follows what is typed
}

// PreviewView says what a sheet will do.
type PreviewView struct {
	ID      string // of the sheet
	Title   string
	Lines   []EffectLine
	More    []string   // quiet, below the lines: what is not listed
	Failed  *Notice    // it could not be had
	Confirm *FieldView // a number to be typed; nil for none
}

func peopleColumns(ctx context.Context, kind string) []Column {
	list := []Column{{Text: i18n.T(ctx, "members.column.member")}}
	switch kind {
	case "muted":
		list = append(list,
			Column{Text: i18n.T(ctx, "members.column.state"), Class: "c-state"},
			Column{Text: i18n.T(ctx, "members.column.until"), Class: "p2"},
			Column{Text: i18n.T(ctx, "members.column.role"), Class: "c-role p2"})
	case "bans":
		list = append(list, Column{Text: i18n.T(ctx, "members.column.left"), Class: "c-state"}, Column{Text: i18n.T(ctx, "members.column.until"), Class: "p2"})
	default:
		list = append(list,
			Column{Text: i18n.T(ctx, "members.column.role"), Class: "c-role p2"},
			Column{Text: i18n.T(ctx, "members.column.state"), Class: "c-state"},
			Column{Text: i18n.T(ctx, "members.column.joined"), Class: "p2"},
			Column{Text: i18n.T(ctx, "members.column.spoke"), Class: "p2"})
	}
	return append(list, Column{Text: i18n.T(ctx, "members.column.acts"), Class: "fit", Hidden: true})
}

// askAttrs make a change of what is asked bring the preview up to date. Without scripts a button does.
func askAttrs(v MemberSheetView) templ.Attributes {
	trigger := "change"
	if v.Paste != nil || v.Card != nil || v.Typed {
		trigger = "change, input delay:400ms" // while one types
	}
	return templ.Attributes{
		"hx-get": v.AskURL, "hx-trigger": trigger, "hx-include": "this", "hx-target": "#" + v.Sheet.ID + "-preview",
		"hx-swap": "outerHTML", "hx-push-url": "false", "hx-sync": "this:replace",
		"hx-status:4xx": "target:'#" + v.Sheet.ID + " [data-notice]' swap:innerHTML push:false",
		"hx-status:5xx": "target:'#" + v.Sheet.ID + " [data-notice]' swap:innerHTML push:false",
	}
}

// rowMenuAttrs make a link open the menu that all rows share.
func rowMenuAttrs() templ.Attributes { return templ.Attributes{"data-row-menu": "row-menu"} }

// submitButton is the button of a sheet, as Sheet draws it.
func submitButton(v SheetView) ButtonView {
	return ButtonView{Type: "submit", Text: v.Submit, Variant: orElse(v.Variant, "primary"), Key: "Control+Enter", Why: v.Why}
}

// rowButton is a button of the menu that all rows share.
func rowButton(b ButtonView) ButtonView {
	b = barButton("row-form", b)
	b.Key = ""
	return b
}
