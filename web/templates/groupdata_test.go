package templates

import (
	"testing"
	"time"

	"imdesk/web/golden"

	"github.com/a-h/templ"
)

func TestGroupData(t *testing.T) {
	const hostile = `<img src=x onerror="alert(1)">`
	frame := GroupFrameView{
		ID: "@TGS#_city@TOPIC#_t", Name: hostile, Section: "Messages", ListURL: "/apps/demo/groups", Members: -1, Online: -1, Topic: true,
		Parent: &Link{Text: "Topics", URL: "/apps/demo/groups/c/topics"}, Created: golden.Now.Add(-48 * time.Hour),
		Tabs: []Tab{{Text: "Messages", URL: "/m", Current: true}, {Text: "Members", URL: "/p"}},
	}
	act := ButtonView{Label: "Change " + hostile, Icon: "edit", Variant: "ghost", Small: true, URL: "/change"}
	form := GroupFormView{
		Sheet: SheetView{
			ID: "form-create", Title: "New group", Text: hostile, Action: "/apps/demo/new-group", Hidden: []string{"key", "k"}, Submit: "Create", BackURL: "/apps/demo/groups",
		},
		AskURL: "/apps/demo/new-group?now=1", Top: true,
		Parts: []FormPart{
			{Kind: "radio", Field: FieldView{Name: "type", Label: "Type", Value: "Public"}, Options: []Option{{Value: "Public", Text: "Public", Hint: "h"}, {Value: "x", Text: "Live", Off: true, Hint: hostile}}},
			{Field: FieldView{Name: "name", Label: "Name", Value: hostile, Error: "33 bytes are too long", Required: true}},
			{Kind: "select", Field: FieldView{Name: "join", Label: "Join option", Value: "b"}, Options: []Option{{Value: "a", Text: "A"}, {Value: "b", Text: hostile}}},
			{Kind: "check", Field: FieldView{Name: "topics", Label: "With topics", Error: "Only communities have topics."}, On: true},
			{Kind: "hidden", Hidden: []string{"seen", hostile}},
			{Kind: "facts", Facts: []FactView{{Name: "Member", Value: hostile}}},
		},
		Preview: &PreviewView{ID: "form-create", Title: "What groups of this type can do", Lines: []EffectLine{{Tone: "ok", Text: "Members can be muted."}, {Tone: "bad", Text: hostile}}},
	}
	for name, c := range map[string]templ.Component{
		"groupdata_part": DataPart(DataPartView{
			ID: "attributes", Title: "Attributes", About: "Texts", Caption: "2 attributes", Value: "Value", Foot: "At most 16",
			Tools: []ButtonView{{Text: "Add attribute", Icon: "plus", Small: true, Why: "Your role does not allow this."}},
			Rows:  []DataRow{{Key: hostile, Value: hostile, Acts: []ButtonView{act}}, {Key: "empty", None: true}},
		}),
		"groupdata_numbers": DataPart(DataPartView{ID: "counters", Title: "Counters", Caption: "1 counter", Value: "Value", Number: true, Rows: []DataRow{{Key: "score", Value: "-12"}}}),
		"groupdata_failed": DataPart(DataPartView{
			ID: "attributes", Title: "Attributes", About: "Texts", RetryURL: "/apps/demo/groups/g/data", Failed: &Notice{Title: "The service does not answer.", Next: "Try again.", Code: "10002"},
		}),
		"groupdata_why":   DataPart(DataPartView{ID: "counters", Title: "Counters", About: "Numbers", Why: "Communities have no counters."}),
		"groupdata_empty": DataPart(DataPartView{ID: "fields", Title: "Fields", About: "Fields", Empty: &EmptyView{Icon: "info", Title: "No field", Text: "None is told."}}),
		"groupdata_topics": Topics(TopicsView{
			Caption: "2 topics", Foot: "At most 200 topics.", Tools: []ButtonView{{Text: "New topic", Icon: "plus", URL: "/new"}},
			Rows: []TopicRow{
				{
					ID: "c@TOPIC#_t", Name: hostile, Intro: hostile, URL: "/t", Messages: "1,284", Last: golden.Now.Add(-time.Hour), Created: golden.Now.Add(-48 * time.Hour),
					MuteAll: &ChipView{Text: "All muted", Icon: "mute", Tone: "warn"}, Acts: []ButtonView{act},
				},
				{ID: "c@TOPIC#_u", URL: "/u"},
			},
		}),
		"groupdata_form":  GroupForm(form),
		"groupdata_frame": GroupFrame(frame),
	} {
		t.Run(name, func(t *testing.T) { golden.HTML(t, name, c) })
	}
}
