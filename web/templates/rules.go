package templates

import (
	"context"
	"slices"
	"time"

	"imdesk/web/i18n"
)

// RulesView is the rules and lists of the console.
type RulesView struct {
	Nav                          SettingsNavView
	Rows                         []RuleRow
	Empty                        *EmptyView
	Lists                        []WordListRow
	New, NewList, Import, Export ButtonView
}

// RuleRow is one rule.
type RuleRow struct {
	N                      int
	Title, URL             string
	State                  ChipView
	Outcome                string
	Stopped                string // why it stopped by itself; "" if it did not
	Acted, Quiet, Reversed int64  // in the last seven days
	Changed                string
	MoveURL                string
	First, Last            bool
}

// WordListRow is one list of words.
type WordListRow struct {
	Title, URL string
	Terms      int64
	Changed    string
}

// RuleView is the page of one rule.
type RuleView struct {
	Nav      SettingsNavView
	Title    string
	Name     string
	State    *ChipView
	Stopped  *Notice
	Changed  string
	New      bool
	Form     RuleFormView
	Ask      RuleAskView
	Lab      RuleLabView
	StateURL string
	Version  string
	Switch   []ButtonView // states it is likely to go to
	Copy     ButtonView
	Delete   ButtonView
	Versions []RuleVersionRow
	Hits     []RuleHitRow
}

// RuleBox is something to tick.
type RuleBox struct {
	Name string
	Option
	On bool
}

// RuleFormView is a rule as it is edited.
type RuleFormView struct {
	URL, LabURL               string
	Version                   string
	New                       bool
	Notice                    *Notice
	RuleName                  string
	TOML                      bool // it is written as TOML
	Body                      FieldView
	Name                      *FieldView // of a new one
	Title, About              FieldView
	Top                       FieldView
	Tops                      []Option
	Blocks                    []RuleBlockView
	Outcome                   FieldView
	Outcomes                  []Option
	Score, Code, Direct, Text FieldView
	Then                      []RuleBox
	Mute, Decay, Author       FieldView
	Where                     FieldView
	Wheres                    []Option
	Apps                      []RuleBox
	Groups, Hours, Zone       FieldView
	Roles                     []RuleBox
	Users                     FieldView
	State                     FieldView
	States                    []Option
	Canary                    FieldView
	MaxActions, MaxReversals  FieldView
	Note                      FieldView
}

// RuleBlockView is conditions that are joined in one way.
type RuleBlockView struct {
	N      string
	Legend string
	Join   FieldView
	Joins  []Option
	Rows   []RuleRowView
	New    FieldView
	Kinds  []Option
	Only   bool // there is no other
}

// RuleRowView is one condition.
type RuleRowView struct {
	Kind, KindName string
	Text           string
	NotName        string
	Not            bool
	Fields         []FieldView
	Boxes          []RuleBox
	Error          string // of the boxes
	Place          string // of block and row, for the button that removes it
}

// RuleAskView is what the laboratory is asked.
type RuleAskView struct {
	Sample, Joined, Strikes FieldView
	Days                    FieldView
	Spans                   []Option
}

// RuleTryView is a text to be tried, as it was typed.
type RuleTryView struct{ Text, Joined, Strikes string }

// RuleLabView is what a rule would have caught.
type RuleLabView struct {
	URL      string
	Wait     string // instead of the rest: why there is nothing to show
	Try      *RuleTriedView
	Title    string
	Small    string
	Partial  string // it is not all; "" if it is
	Summary  string
	Facts    []CaseTerm
	Overlaps []CaseNote
	People   []CaseNote
	Blind    []string // what the archive does not know
	Samples  []RuleSamples
}

// RuleTriedView is what a rule makes of one text.
type RuleTriedView struct {
	Tone, Icon, Title string
	Score, Small      string
	Text              []MarkPart
	Masked            string
	Checks            []RuleCheckLine
	Others            []Link
}

// RuleCheckLine is one condition, and whether it holds.
type RuleCheckLine struct {
	Holds        bool
	Text, Detail string
}

// RuleSamples are some messages of a kind.
type RuleSamples struct {
	Title string
	Rows  []RuleHitRow
}

// RuleHitRow is a message that a rule catches.
type RuleHitRow struct {
	At      time.Time
	Sender  Link
	Place   *Link
	Text    []MarkPart
	Hidden  string // why there is no text; "" if there is one
	Outcome string
	Done    []string
}

// RuleVersionRow is one version of a rule or list.
type RuleVersionRow struct {
	Text     string
	At       time.Time
	By, Note string
	URL      string // to see it; "" for the one that is in force, and for what was deleted
	Current  bool
}

// WordListView is the page of one list.
type WordListView struct {
	Nav       SettingsNavView
	Title     string
	URL       string
	Version   string
	Notice    *Notice
	New       bool
	Changed   string
	Size      string
	Long      string // it is too long to be edited in one field
	Fields    []FieldView
	Used      []Link // rules that name it
	Export    ButtonView
	Delete    ButtonView
	ImportURL string
	Preview   *WordListPreview
	Versions  []RuleVersionRow
}

// WordListPreview is what a file, or an earlier version, would change.
type WordListPreview struct {
	Version                string
	Note                   string
	Added, Removed, Stay   string
	Allowed                string
	AddedList, RemovedList []string
	Terms, Allow           string // all of them, sent again
	Nothing                bool
}

// RuleDeleteView asks before a rule or list is deleted.
type RuleDeleteView struct {
	Nav                                     SettingsNavView
	Title, Text, URL, Version, Back, Submit string
}

// RuleImportView takes up rules of a file.
type RuleImportView struct {
	Nav       SettingsNavView
	URL, Back string
	Body      FieldView
	Checked   bool
	Changes   []string
}

func ruleColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "rules.number"), Class: "fit", Hidden: true}, {Text: i18n.T(ctx, "rules.rule")}, {Text: i18n.T(ctx, "rules.state")},
		{Text: i18n.T(ctx, "rules.acted"), Class: "num"}, {Text: i18n.T(ctx, "rules.quiet"), Class: "num p2"}, {Text: i18n.T(ctx, "rules.reversed"), Class: "num p2"},
		{Text: i18n.T(ctx, "rules.order"), Class: "fit p2", Hidden: true},
	}
}

func wordListColumns(ctx context.Context) []Column {
	return []Column{{Text: i18n.T(ctx, "rules.list")}, {Text: i18n.T(ctx, "rules.terms"), Class: "num"}, {Text: i18n.T(ctx, "rules.changed"), Class: "p2"}}
}

// labAttrs have a button of the laboratory change the laboratory alone.
func labAttrs(how string) map[string]any {
	return map[string]any{
		"hx-post": "/settings/rules/lab", "hx-vals": `{"lab":"` + how + `"}`, "hx-include": "#rule-form", "hx-target": "#lab", "hx-swap": "outerHTML", "hx-push-url": "false",
		"hx-sync": "#lab:replace",
	}
}

// faulty reports whether something is wrong with one of some fields, which are shown then.
func faulty(fields ...FieldView) bool {
	return slices.ContainsFunc(fields, func(f FieldView) bool { return f.Error != "" })
}
