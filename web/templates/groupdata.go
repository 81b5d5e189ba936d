package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// FormPart is one thing that a form asks.
type FormPart struct {
	Kind    string // "" a field, "select", "radio", "check", "facts" for a list of what is so, or "hidden"
	Field   FieldView
	Options []Option
	On      bool
	Facts   []FactView
	Hidden  []string // pairs of name and value
}

// GroupFormView is a form about a group, or about something that the app keeps with it.
type GroupFormView struct {
	Sheet   SheetView
	AskURL  string // answers a change of what is asked with the preview as it is then; "" where nothing is previewed
	Parts   []FormPart
	Preview *PreviewView
	Top     bool // the preview stands below the first part
}

// GroupDataView is what the app keeps with a group: fields, attributes and counters. Each part may fail by itself.
type GroupDataView struct {
	Frame GroupFrameView
	Parts []DataPartView
}

// DataPartView is a table of keys and values.
type DataPartView struct {
	ID       string // "fields", "attributes" or "counters"
	Title    string
	About    string // one sentence below the title
	Caption  string
	Value    string // head of the values
	Number   bool   // the values are numbers
	Rows     []DataRow
	Tools    []ButtonView
	Why      string // the group's type does not have it
	Failed   *Notice
	RetryURL string
	Empty    *EmptyView
	Foot     string // quiet, below: limits
}

// DataRow is one key.
type DataRow struct {
	Key, Value string
	None       bool // it is there, and empty
	Acts       []ButtonView
}

// TopicsView are the topics of a community.
type TopicsView struct {
	Frame    GroupFrameView
	Rows     []TopicRow
	Tools    []ButtonView
	Caption  string
	Foot     string
	Why      string // the group has no topics
	Failed   *Notice
	RetryURL string
	Empty    *EmptyView
}

// TopicRow is one topic.
type TopicRow struct {
	ID, Name, Intro string
	URL             string // its messages
	MuteAll         *ChipView
	Created, Last   time.Time
	Messages        string // how many were said; "" if none
	Acts            []ButtonView
}

// formAsk makes a change of what is asked bring the preview up to date.
func formAsk(v GroupFormView) templ.Attributes {
	if v.AskURL == "" {
		return nil
	}
	return askAttrs(MemberSheetView{AskURL: v.AskURL, Sheet: v.Sheet, Paste: &FieldView{}})
}

func dataColumns(ctx context.Context, p DataPartView) []Column {
	value := Column{Text: p.Value}
	if p.Number {
		value.Class = "num"
	}
	return []Column{
		{Text: i18n.T(ctx, "groupdata.column.key"), Class: "c-key"}, value, {Text: i18n.T(ctx, "groupdata.column.acts"), Class: "fit", Hidden: true},
	}
}

func topicColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "groupdata.topics.column.topic")},
		{Text: i18n.T(ctx, "groupdata.topics.column.messages"), Class: "num fit p2"},
		{Text: i18n.T(ctx, "groupdata.topics.column.last"), Class: "fit p2"},
		{Text: i18n.T(ctx, "groupdata.topics.column.created"), Class: "fit p3"},
		{Text: i18n.T(ctx, "groupdata.column.acts"), Class: "fit", Hidden: true},
	}
}
