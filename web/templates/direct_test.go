package templates_test

import (
	"strings"
	"testing"
	"time"

	. "imdesk/web/templates"

	"imdesk/web/golden"
	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// directView is a direct chat with what is written in it hostile or plain.
func directView(name, reason string, rows ...TranscriptRow) DirectView {
	return DirectView{
		Crumb: Link{Text: "Direct chats", URL: "/apps/demo/direct"},
		Two:   [2]PersonView{{ID: "lin_wan", Name: name, URL: "/apps/demo/users/lin_wan"}, {ID: "raka.p", URL: "/apps/demo/users/raka.p"}},
		Until: golden.Now.Add(14 * time.Minute), Reason: reason, EntryURL: "/apps/demo/actions/7",
		Renew:   ButtonView{Text: "Give a reason again", Icon: "refresh", URL: "/apps/demo/direct/open?peer=raka.p&user=lin_wan"},
		Buttons: []ButtonView{{Text: "Send a message", Icon: "send", Why: "Your role does not allow this."}},
		Sides:   []Tab{{Text: "As " + name + " sees it", URL: "?user=lin_wan&peer=raka.p", Current: true}, {Text: "As raka.p sees it", URL: "?user=raka.p&peer=lin_wan"}},
		Filter: MessageFilterView{URL: "/apps/demo/direct", Range: &DirectRange{
			URL: "/apps/demo/direct", Keep: []string{"user", "lin_wan", "peer", "raka.p"}, Since: "2026-04-18T15:00", Text: "from today 15:00", AnyURL: "/apps/demo/direct?user=lin_wan&peer=raka.p",
		}},
		Transcript: TranscriptView{Rows: rows, First: said(1), UpToDate: true, Range: "today 15:00 to today 16:00"},
		Selection:  SelectionView{ID: "selected", Label: "Act on the selected messages", Hidden: []string{"user", "lin_wan", "peer", "raka.p"}},
	}
}

// TestDirectParts holds direct chats and the sheets about messages against their golden files.
func TestDirectParts(t *testing.T) {
	read := row("1763700000.1.1", "lin_wan", words1("hello"))
	read.RailURL, read.Read, read.Sender = "", true, "Lin"
	bad := row("1763700000.2.2", "raka.p", words1(evil))
	bad.RailURL, bad.Sender = "", evil
	extensions := func(v ExtensionSheetView) templ.Component { return ExtensionSheet(v) }
	sheet := GroupSheetView{Sheet: SheetView{ID: "ask-extensions", Title: "Extensions of a message", Action: "/apps/demo/direct/extensions", Submit: "Save"}, Message: &read, MessageTitle: "The message"}
	table := ExtensionSheetView{
		GroupSheetView: sheet,
		Rows: []ExtensionRow{
			{Key: "yes", Value: "1", Was: "1", Version: "3"},
			{Key: "no", Value: "mine", Was: "", Version: "4", Conflict: true, Theirs: "theirs"},
			{Key: "maybe", Value: "x", Version: "5", Conflict: true, Theirs: "kept", Remove: true},
			{Key: "gone", Value: "still mine", Conflict: true, Gone: true},
			{Key: evil, Value: evil, Was: evil, Version: evil, Conflict: true, Theirs: evil},
		},
		NewKey: FieldView{Name: "new_key", ID: "ext-new-key", Label: "New key"}, NewValue: FieldView{Name: "new_value", ID: "ext-new-value", Label: "Its value", Error: evil},
		Clear: &Option{Text: "Remove all, 5 keys"},
	}
	none := ExtensionSheetView{GroupSheetView: GroupSheetView{Sheet: SheetView{ID: "ask-extensions", Title: "Extensions of a message", Notice: &Notice{Title: "This message takes no extensions."}}}}
	readers := ReadersView{
		GroupSheetView: GroupSheetView{Sheet: SheetView{ID: "readers", Title: "Who has read it"}, Message: &bad, MessageTitle: "The message"},
		Tabs:           []Tab{{Text: "Have read it", Count: "3", URL: "?read=1", Current: true}, {Text: "Have not", Count: "30,000", URL: "?read=0"}},
		People:         []PersonView{{ID: "lin_wan", Name: "Lin", URL: "/apps/demo/users/lin_wan"}, {ID: evil, Name: evil}}, Next: "?cursor=2", First: "?",
	}
	for name, c := range map[string]templ.Component{
		"direct":           DirectPage(Chrome{}, directView("Lin", "report 17", TranscriptRow{Message: &read})),
		"direct_evil":      DirectPage(Chrome{}, directView(evil, evil, TranscriptRow{Message: &bad})),
		"direct_find":      FindDirectPage(Chrome{}, FindDirectView{URL: "/apps/demo/direct", User: FieldView{Name: "user", Label: "User ID", Error: evil}, Peer: FieldView{Name: "peer", Label: "Other"}, Recent: []OpenedChat{{Two: directView("Lin", "").Two, URL: "?", Reason: evil, At: said(1)}}}),
		"direct_find_none": FindDirectPage(Chrome{}, FindDirectView{URL: "/apps/demo/direct", User: FieldView{Name: "user", Label: "User ID"}, Peer: FieldView{Name: "peer", Label: "Other"}}),
		"direct_not_here":  FindDirectPage(Chrome{}, FindDirectView{Why: "The service tells no direct chats."}),
		"direct_closed":    ClosedPage(Chrome{}, Notice{Title: "The time to read this chat is over."}, "/apps/demo/direct/send", []string{"text", evil, "key", "k"}),
		"extensions":       extensions(table),
		"extensions_none":  extensions(none),
		"readers":          ReadersSheet(readers),
		"sheet_all": GroupSheet(GroupSheetView{
			Sheet: SheetView{ID: "ask", Title: evil, Action: "/x", Submit: "Send"}, People: []PersonView{{ID: "a", Name: evil}}, Message: &bad, MessageTitle: "It says now",
			Lists:  []ListField{{FieldView{Name: "from", Label: "Who says it", Value: "b"}, []Option{{Value: "a", Text: evil}, {Value: "b", Text: "B"}}}},
			Radios: []ListField{{FieldView{Name: "for", Label: "For whom", Value: "a"}, []Option{{Value: "a", Text: evil, Hint: evil}, {Value: "b", Text: "B"}}}},
			Checks: []WhereView{{Name: "quiet", Option: Option{Text: "Quietly", Hint: "Not pushed"}, On: true}}, ChecksTitle: "How",
		}),
	} {
		t.Run(name, func(t *testing.T) {
			golden.HTML(t, name, c)
			if strings.Contains(golden.Render(t, i18n.English, c), "<script>alert") {
				t.Error("what somebody wrote is markup")
			}
		})
	}
}
