package templates_test

import (
	"testing"
	"time"

	. "imdesk/web/templates"

	"imdesk/web/golden"
	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// The pages about an app as a whole, with everything hostile that can stand in them.
func TestAppPages(t *testing.T) {
	notice := &Notice{Title: "The IM service does not answer.", Next: "Try again.", Code: "60008"}
	library := LibraryRow{Name: evil, ID: evil, URL: "/apps/demo/keywords/x", Text: evil, Kind: ChipView{Text: "In the cloud", Icon: "globe"}, Hit: "The message is refused.", Created: golden.Now}
	words := WordsView{
		Back: Link{Text: "Keywords", URL: "/apps/demo/keywords"}, Library: library, URL: "/apps/demo/keywords/x", Find: evil, Swaps: true, Caption: "Words",
		Rows: []WordRow{
			{Text: evil, Pattern: true, Becomes: evil, Created: golden.Now, Tick: TickView{Form: "picked", Name: "word", Value: evil, Label: evil}},
			{Text: "casino", Label: "Advertising", Tick: TickView{Form: "picked", Name: "word", Value: "casino", Label: "Select casino"}},
		},
		Selection: SelectionView{ID: "picked", Label: "Selected words", Count: "keywords.selected", Actions: []ButtonView{{Text: "Remove", FormAction: "/apps/demo/keywords/x/remove"}}},
		Pager:     PagerView{Label: "Words", Range: "1 to 2", Next: "?cursor=2", Target: "#word-list"}, Add: ButtonView{Text: "Add words", URL: "/apps/demo/keywords/x/add"},
	}
	failed := words
	failed.Rows, failed.Failed, failed.RetryURL = nil, notice, "/apps/demo/keywords/x"
	file := FileRow{
		Name: "File 1", Packed: "14 KB", MD5: "5bd2850fff3ecb11d7c805251c51ee46", Expires: golden.Now.Add(time.Hour),
		Read: ButtonView{Text: "Read", Why: "Too large"}, Download: ButtonView{Text: "Download", URL: "/apps/demo/operations/files/open?download=1"},
	}
	files := FilesView{
		Back: Link{Text: "Operations", URL: "/apps/demo/operations"}, URL: "/apps/demo/operations/files", Kinds: []Tab{{Text: "Groups", URL: "?kind=groups", Current: true}},
		Kind: "groups", Hour: "2026-04-18T15:00", Earlier: "?at=1", Files: []FileRow{file, {Name: "File 2"}}, Caption: "2 files", Notice: notice,
	}
	opened := OpenedFileView{
		Back: Link{Text: "Files", URL: "/apps/demo/operations/files"}, Title: "Direct chats", By: evil, Until: golden.Now.Add(20 * time.Minute), Entry: Link{Text: "In the audit log", URL: "/apps/demo/actions/7"},
		Download: ButtonView{Text: "Download", URL: "download"}, File: file, Pager: PagerView{Label: "Pages", Range: "1 to 2", Next: "?at=2", Target: "#opened-file"}, Nameless: true,
		Rows: []FiledRow{
			{Day: golden.Now, Direct: true, Place: Link{Text: evil, URL: "/apps/demo/users/x"}, Message: MessageRow{ID: "message-1", SenderID: evil, SenderURL: "/apps/demo/users/y", At: golden.Now}},
			{Place: Link{Text: evil, URL: "/apps/demo/groups/x/messages"}, Message: MessageRow{ID: "message-2", SenderID: "ann", Sender: evil, SenderURL: "/apps/demo/users/ann", At: golden.Now, Body: []MessageElement{TextView{Parts: []TextPart{{Text: evil}}}}}},
		},
	}
	damaged := OpenedFileView{Back: opened.Back, Title: opened.Title, By: "x", Until: golden.Now, Entry: opened.Entry, Failed: notice}
	live := LiveView{
		Now: LiveNowView{URL: "/live?now=1", Chart: charts["chart_gaps"]}, OffText: "At most 5.", Mark: "2000", MarkURL: "/live", MarkText: "Numbers from 1000 on.", SayText: "A notice goes to those who are here.",
		Lists: []RoomListView{
			{ID: "live-allowed", Title: "May speak", Text: "At most 100.", None: "Nobody.", People: []AttendanceRow{{Person: PersonView{ID: evil, Name: evil, URL: "/u"}, Since: golden.Now, Act: &ButtonView{Icon: "x", Label: evil, URL: "/x"}}}},
			{ID: "live-room-marks", Title: "Marks", Text: "At most 20.", None: "None.", Chips: []string{evil}},
			{ID: "live-none", Title: "Marks", Text: "At most 20.", None: "None."},
			{ID: "live-failed", Title: "Marks", Failed: notice, RetryURL: "/live"},
		},
		Officers: []OfficerRow{{Person: PersonView{ID: evil, Name: evil, URL: "/u"}, Role: "owner"}}, Marked: []PersonView{{ID: evil, Name: evil, URL: "/u"}},
		Special: []FactView{{Name: "500", Value: "stays"}}, Say: []ButtonView{{Text: "To all live rooms", URL: "/all", Variant: "harm"}}, MarkActs: []ButtonView{{Text: "Give marks", Why: "No right."}},
	}
	liveFailed := LiveView{Now: LiveNowView{URL: "/live?now=1", Failed: notice, Retry: "/live"}, OffFail: notice, MarkFail: notice, MarkURL: "/live", TextMarks: true}
	attendance := AttendanceView{
		Kind: "inside", Title: evil, Text: evil, Count: "3 members", Tabs: []Tab{{Text: "Who is in it", URL: "/i", Current: true}, {Text: evil, URL: "/r"}}, URL: "/i",
		Ask: &FieldView{Name: "ids", Label: "IDs", Rows: 3, Value: evil, Error: evil},
		Rows: []AttendanceRow{
			{Person: PersonView{ID: evil, Name: evil, URL: "/u"}, State: ChipView{Text: "In it", Icon: "check", Tone: "ok"}, Since: golden.Now},
			{Person: PersonView{ID: "9223372036854775807", URL: "/u"}, Position: "1709040620191372977", URL: "/m?seq=1", Act: &ButtonView{Icon: "check", Label: evil, URL: "/x"}},
		},
	}
	casts := BroadcastsView{
		Intro: "Messages to everybody.", TagText: "Broadcasts choose by tags.",
		Acts: []ButtonView{{Text: "Message to users", URL: "/b"}}, Names: []string{evil, "city"}, TagURL: "/apps/demo/broadcasts", TagQuery: evil,
		Tags: []TagRow{{Person: PersonView{ID: evil, Name: evil, URL: "/u"}, Tags: []string{evil}, Attributes: []FactView{{Name: evil, Value: evil}}}, {Person: PersonView{ID: "ann"}}},
	}
	sheet := AppSheetView{
		Sheet: SheetView{ID: "sheet-x", Title: evil, Action: "/x", Submit: "Add 2 words", Hidden: []string{"key", evil}, BackURL: "/back"}, Facts: []string{evil}, EffectTitle: "What will happen",
		Fields: []AppField{
			{FieldView: FieldView{Name: "words", Label: "Words", Rows: 3, Value: evil, Error: evil}},
			{Kind: "select", FieldView: FieldView{Name: "label", Label: "About", Value: "b"}, Options: []Option{{Value: "a", Text: "A"}, {Value: "b", Text: evil}}},
			{Kind: "choices", FieldView: FieldView{Name: "to", Label: "To", Value: "all"}, Options: []Option{{Value: "all", Text: "Everybody"}}},
			{Kind: "check", FieldView: FieldView{Name: "all", Label: evil, Hint: "All of them"}, On: true},
		},
		Effects: []EffectLine{{Tone: "warn", Text: evil}}, More: "and 3 more", Check: "Show what will happen",
	}
	figures := OperationsView{
		Ranges: []Tab{{Text: "7 days", URL: "?days=7", Current: true}}, CSV: "/csv?days=7", Period: "1 to 7 Nov", Remark: "Not over yet.",
		Sections: []OperationsSection{{ID: "figures-people", Title: "People", Charts: []ChartView{charts["chart_one_day"]}}},
	}
	for name, c := range map[string]templ.Component{
		"app_libraries": Libraries(LibrariesView{Rows: []LibraryRow{library}, Notice: notice}), "app_words": Words(words), "app_words_failed": Words(failed),
		"app_files": Files(files), "app_opened": OpenedFile(opened), "app_damaged": OpenedFile(damaged), "app_live": Live(live), "app_live_failed": Live(liveFailed),
		"app_broadcasts": Broadcasts(casts), "app_attendance": Attendance(attendance),
		"app_token": TokenPage(Chrome{}, TokenView{Title: evil, Text: evil, Token: evil, Notice: notice, Back: Link{Text: evil, URL: "/u"}, EntryURL: "/e"}), "app_sheet": AppSheet(sheet), "app_operations": Operations(figures),
	} {
		t.Run(name, func(t *testing.T) {
			golden.HTML(t, name, c)
			golden.Render(t, i18n.Chinese, c)
		})
	}
}
