package templates

import (
	"time"

	"github.com/a-h/templ"
)

// OperatorsView is the list of operators with the invites that are open.
type OperatorsView struct {
	Nav       SettingsNavView
	Query     string
	URL       string
	InviteURL string
	Rows      []OperatorRow
	Of        int // operators in all
	Invites   []InviteRow
	RevokeURL string
}

// OperatorRow is one operator.
type OperatorRow struct {
	Person   PersonView
	Roles    []string // "Lead", "Demo: Owner"
	Factors  []string
	Seen     time.Time
	Disabled bool
	You      bool
}

// InviteRow is one link that is open.
type InviteRow struct {
	ID, Note, By string
	Roles        []string
	Reset        bool // for a new password
	Expires      time.Time
}

// RolesForm is who is what: a role in all apps, and what comes to it in single ones.
type RolesForm struct {
	All   FieldView
	Apps  []FieldView // in the order of the apps
	Roles []Option    // without the empty choice
}

// InviteView is the form for a link.
type InviteView struct {
	Nav    SettingsNavView
	Action string
	Note   FieldView
	Roles  RolesForm
	Lasts  FieldView
	Days   []Option
	Notice *Notice
}

// SecretView shows a secret that is shown once.
type SecretView struct {
	Nav                SettingsNavView
	Title, Text, Label string
	Secret             string
	Foot               string
	BackURL, BackText  string
}

// OperatorPageView is one operator.
type OperatorPageView struct {
	Nav         SettingsNavView
	Person      PersonView
	State       ChipView
	Roles       RolesForm
	RolesURL    string
	RolesNotice *Notice
	Why         string // why the looking operator may change nothing here; "" if that is allowed
	Created     time.Time
	Seen        time.Time
	Factors     []string
	Disabled    bool
	You         bool
	DisableURL  string // disables, or enables again
	ResetURL    string // makes a link for a new password
	FactorsURL  string // takes the second factors away
	EndURL      string
	Sessions    []SessionRow
	Tokens      []TokenRow
	RevokeURL   string
	AuditURL    string // "" for those who may not see it
}

// TokenRow is one API token.
type TokenRow struct {
	ID, Title     string
	Verbs         int
	Apps          string
	Networks      string
	Created, Used time.Time
	Address       string
	Expires       time.Time // zero: never
	Ended         string    // why it does not count any more; "" if it does
}

// TokensView are an operator's own tokens.
type TokensView struct {
	Nav       SettingsNavView
	Rows      []TokenRow
	NewURL    string
	RevokeURL string
	DocURL    string
}

// TokenForm is the form for a token.
type TokenForm struct {
	Nav      SettingsNavView
	Action   string
	Title    FieldView
	Areas    []VerbArea
	Apps     []AppTick
	AllApps  bool
	Lasts    FieldView
	Days     []Option
	Networks FieldView
	Notice   *Notice
}

// AppTick is an app that can be chosen.
type AppTick struct {
	Name, Title string
	On          bool
}

// VerbArea is a group of rights.
type VerbArea struct {
	Title string
	Verbs []VerbLine
}

// VerbLine is one right: in a matrix with a cell for each role, in a form with a box.
type VerbLine struct {
	Verb, Text string
	Cells      []VerbCell
	On         bool
	Off        string // why it cannot be ticked or unticked; "" if it can
}

// VerbCell says whether a role has a right, and for a role of one's own whether its preset differs.
type VerbCell struct {
	On     bool
	Differ bool
}

// RoleColumn is one role of the matrix.
type RoleColumn struct {
	Title string
	URL   string // of its page; "" for a preset
	Base  string // title of the preset that it began as
	Held  int    // by how many operators
}

// RolesView is the matrix of roles and rights.
type RolesView struct {
	Nav     SettingsNavView
	Columns []RoleColumn
	Areas   []VerbArea
	Copies  []Link // one a preset
}

// RoleForm is one role of one's own, and after the first press what would change.
type RoleForm struct {
	Nav            SettingsNavView
	PageTitle      string
	Action         string
	Title          FieldView
	Base           string
	Version        string
	Areas          []VerbArea
	Notice         *Notice
	RemoveURL      string // "" for one that is not there yet
	RemoveWhy      string
	BaseText       string
	Ask            bool // the second step
	Added, Removed []string
	Renamed        string
	Held           int
	BackURL        string
	Verbs          []string // of the second step
}

// AccessView is from where the console and the API may be used.
type AccessView struct {
	Nav     SettingsNavView
	Address string // of who looks
	Lists   []AccessList
}

// AccessList is one kind of requests.
type AccessList struct {
	Kind, Title, Text string
	Action            string
	Field             FieldView
	State             ChipView
}

// AcceptView is where a link leads.
type AcceptView struct {
	Title, Lede   string
	Action        string
	Name          FieldView // with Label "" the name is not asked for
	PasswordError string
	RepeatError   string
	Submit        string
	Notice        *Notice // the link does not count
}

func differAttrs(on bool) templ.Attributes {
	if !on {
		return nil
	}
	return templ.Attributes{"data-differ": true}
}

func effectLines(tone string, texts []string) []EffectLine {
	var lines []EffectLine
	for _, t := range texts {
		lines = append(lines, EffectLine{Tone: tone, Text: t})
	}
	return lines
}
