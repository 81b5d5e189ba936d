package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"
)

// SanctionsView is one page of the register of sanctions.
type SanctionsView struct {
	URL      string // of the list, without its query
	Tabs     []Tab  // states
	Query    string // a user's id
	Group    string // a group's id
	By       string
	Before   string // a day, as a date field takes it
	Menus    []FilterMenuView
	Hidden   []string
	Filtered bool
	ClearURL string
	Note     string // of the comparing with the service: how far it is
	Drifted  *Notice
	Words    *ButtonView // leads to what is said in public; nil for those who may not change it
	Rows     []SanctionRow
	Empty    EmptyView
	Pager    PagerView
	Wrong    string // why the filter finds nothing as it is
}

// SanctionRow is one sanction.
type SanctionRow struct {
	ID       string
	Who      PersonView
	Kind     string // in words
	Icon     string
	Where    Link // Text "" for everywhere
	State    ChipView
	How      string // how it ended, or differs, in words
	By       string
	Reason   string
	Since    time.Time
	Found    bool      // at Since, at the service: nobody knows since when
	Until    time.Time // zero: none is known
	Forever  bool
	Ended    time.Time
	EntryURL string // "" for none
	CaseURL  string
	JobURL   string
	Repair   *ButtonView // nil where it agrees with the service
	Adopt    *ButtonView
	RepairTo string
	AdoptTo  string
	Form     []string // pairs of name and value that both send
}

// SanctionColumns says which columns are left out.
type SanctionColumns struct{ NoUser bool }

func sanctionColumns(ctx context.Context, c SanctionColumns) []Column {
	var list []Column
	if !c.NoUser {
		list = append(list, Column{Text: i18n.T(ctx, "sanctions.col.who")})
	}
	return append(list, Column{Text: i18n.T(ctx, "sanctions.col.what")}, Column{Text: i18n.T(ctx, "sanctions.col.state")},
		Column{Text: i18n.T(ctx, "sanctions.col.until"), Class: "num"}, Column{Text: i18n.T(ctx, "sanctions.col.by"), Class: "p2"},
		Column{Text: i18n.T(ctx, "sanctions.col.evidence"), Class: "p2 fit"})
}

// SanctionWordsView is the form of what is said in public about sanctions.
type SanctionWordsView struct {
	Back    Link
	Action  string
	Hidden  []string
	Notice  *Notice
	Changed string // when and by whom; "" if never
	Appeal  []FieldView
	Repair  Option
	On      bool
	Rows    []SanctionWordsRow
}

// SanctionWordsRow are the words for one reason.
type SanctionWordsRow struct {
	For   FieldView
	Texts []FieldView
}
