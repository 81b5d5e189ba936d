package templates_test

import (
	"strings"
	"testing"
	"time"

	. "imdesk/web/templates"

	"imdesk/web/golden"
	"imdesk/web/i18n"
)

// evil is what somebody might call themselves or write.
const evil = `<script>alert(1)</script>" onclick="alert(2)' ` + "\u202e\u0007" + `javascript:alert(3) {{.}}`

func said(minute int) time.Time { return golden.Now.Add(time.Duration(minute-60) * time.Minute) }

func row(seq, sender string, body ...MessageElement) MessageRow {
	return MessageRow{
		ID: "seq-" + seq, Seq: seq, SenderID: sender, SenderURL: "/apps/demo/users/" + sender, RailURL: "/rail?user=" + sender,
		Tick: TickView{Form: "selected", Name: "m", Value: seq + "::" + sender, Label: "Select message " + seq},
		At:   said(1), URL: "?seq=" + seq + "#seq-" + seq, Link: "Link to message " + seq, Body: body,
	}
}

func words1(s string) TextView { return TextView{Parts: []TextPart{{Text: s}}} }

// TestMessageElements draws each kind of element as it should be, and with everything in it hostile.
func TestMessageElements(t *testing.T) {
	at := Media{URL: "/apps/demo/media?k=file&sig=x", Name: "plan.pdf", Detail: "2.4 MB · PDF"}
	held := at
	held.Held = "from evil.example, not loaded by itself"
	gone := Media{Name: "plan.pdf", Detail: "2.4 MB"}
	for name, e := range map[string]MessageElement{
		"text":          TextView{Parts: []TextPart{{Text: "see\nhere: "}, {Text: "https://example.com/a?b=c&d", URL: "https://example.com/a?b=c&d"}, {Text: "。"}}},
		"text_long":     TextView{Parts: []TextPart{{Text: "begin"}}, Rest: []TextPart{{Text: "the rest"}}, More: 1234},
		"text_evil":     TextView{Parts: []TextPart{{Text: evil}, {Text: evil, URL: `javascript:alert(1)`}, {Text: evil, URL: `https://x/"onmouseover="alert(1)`}}},
		"face":          FaceView{Text: "Sticker 6 · tt_laugh"},
		"face_evil":     FaceView{Text: evil},
		"place":         PlaceView{Name: "Esplanade", At: "1.2897, 103.8558", URL: "https://www.openstreetmap.org/?mlat=1.2897&mlon=103.8558#map=16/1.2897/103.8558"},
		"place_nowhere": PlaceView{At: "999, 999"},
		"custom":        PayloadView{Name: "ticket_card", Kind: "Custom · 214 B", Open: true, Rows: []PayloadRow{{"left", []TextPart{{Text: "128"}}}, {"url", []TextPart{{Text: "https://t.example", URL: "https://t.example"}}}}},
		"custom_text":   PayloadView{Kind: "Custom · 5 B", Text: "hello"},
		"custom_evil":   PayloadView{Name: evil, Kind: evil, Text: evil, Rows: []PayloadRow{{evil, []TextPart{{Text: evil, URL: "data:text/html,x"}}}}},
		"picture":       PictureView{Media: Media{URL: "/apps/demo/media?k=picture", Name: "poster.png", Detail: "1080 × 1440 · 482 KB"}, FullURL: "/apps/demo/media?k=picture&full", Width: 144, Height: 192, Alt: "Picture"},
		"picture_held":  PictureView{Media: held},
		"picture_gone":  PictureView{Media: gone},
		"picture_evil":  PictureView{Media: Media{URL: `/apps/demo/media?"onerror="alert(1)`, Name: evil, Detail: evil}, FullURL: "javascript:alert(1)", Alt: evil},
		"sound":         SoundView{Media{URL: "/apps/demo/media?k=sound", Detail: "0:14 · 58 KB"}},
		"sound_gone":    SoundView{gone},
		"film":          FilmView{Media: Media{URL: "/apps/demo/media?k=film", Detail: "1:15 · MP4"}, PosterURL: "/apps/demo/media?k=picture&poster", Width: 272, Height: 153},
		"film_held":     FilmView{Media: held},
		"file":          FileView{at},
		"file_held":     FileView{held},
		"file_gone":     FileView{gone},
		"file_evil":     FileView{Media{URL: "/apps/demo/media?k=file", Name: evil, Detail: evil}},
		"merged": MergedView{Title: "Chat history", Count: "2 messages", Rows: []MergedRow{
			{Sender: "lin_wan", At: said(5), Body: []MessageElement{words1("first")}},
			{Sender: evil, At: said(6), Body: []MessageElement{MergedView{Title: evil, Count: "1 message", Rows: []MergedRow{{Sender: "raka.p", At: said(4), Body: []MessageElement{FileView{at}}}}}}},
		}},
		"merged_kept": MergedView{Count: "300 messages", Lines: []string{"lin_wan: first", evil}, Note: "Too large"},
	} {
		t.Run(name, func(t *testing.T) { golden.HTML(t, "message_"+name, Message(row("7", "raka.p", e))) })
	}
}

// TestMessages draws what stands around what was said.
func TestMessages(t *testing.T) {
	hostile := row("8", evil, words1(evil))
	hostile.Sender, hostile.Nick, hostile.SenderURL, hostile.RailURL = evil, evil, "/apps/demo/users/%3Cscript%3E", `"><script>`
	hostile.Tick.Label, hostile.Tick.Value, hostile.Link = evil, evil, evil
	hostile.Quote = &QuoteView{Sender: evil, Text: evil}
	hostile.Data = &PayloadView{Kind: evil, Text: evil}

	card := row("9", "raka.p", words1("Could we get it again?"))
	card.Sender, card.Nick, card.Role, card.Mute = "Raka (crew)", "Raka Pratama", "admin", MuteView{Muted: true, Until: golden.Now.Add(42 * time.Minute)}
	card.Quote, card.Priority, card.Here = &QuoteView{Sender: "林晚", Text: "大家好"}, "High priority", true

	left := row("10", "tix_tony", words1("bye"))
	left.Gone = true

	next := row("11", "tix_tony", words1("and so on"))
	next.Cont = true

	recalled := row("12", "tix_tony", words1("what was said"))
	recalled.Recalled = &RecalledView{By: "Mei Lin", Reason: "advertising", Kept: true, See: true}
	hidden := row("13", "tix_tony")
	hidden.Recalled = &RecalledView{By: "Mei Lin", Kept: true}
	unknown := row("14", "tix_tony")
	unknown.Recalled = &RecalledView{}

	for name, m := range map[string]MessageRow{
		"hostile": hostile, "card": card, "left": left, "next": next, "recalled": recalled, "recalled_hidden": hidden,
		"recalled_unknown": unknown, "without_body": row("15", "raka.p"),
	} {
		t.Run(name, func(t *testing.T) { golden.Both(t, "message_row_"+name, Message(m)) })
	}
}

func transcriptView() TranscriptView {
	first, second := row("3", "lin_wan", words1("hello")), row("9", "raka.p", words1("hi"))
	return TranscriptView{
		First: said(1), Older: MoreView{URL: "?from=2&day=2026-04-18", Text: "Older messages"},
		Newer: MoreView{URL: "?after=9", Text: "Look for newer messages", Wait: true},
		Range: "Seq 3 to 9", UpToDate: true, FromEnd: true,
		Rows: []TranscriptRow{
			{Message: &first},
			{Gap: &GapRow{Text: "3 messages are missing here (seq 4 to 6)"}},
			{Day: golden.Now},
			{Tip: &TipRow{
				ID: "seq-7", At: said(3), URL: "?seq=7#seq-7", Raw: `{"a": "` + evil + `"}`,
				Text: Sentence("messages.tip.by.joined", "actor", NameList([]string{evil}, 0), "members", NameList([]string{"Ann", "毕"}, 2)),
			}},
			{Message: &second},
		},
	}
}

func messagesView() MessagesView {
	return MessagesView{
		Frame: frameView(),
		Filter: MessageFilterView{
			URL: "/apps/demo/groups/g1/messages", Find: `"><b>`, Sender: "raka.p", Name: evil, Keep: []string{"seq", "9"}, AnyURL: "?seq=9",
			Senders: []Tab{{Text: evil, URL: "?sender=x", Count: "3"}}, Kind: "Text", Kinds: []Tab{{Text: "Text", URL: "?type=text", Current: true}},
			Seq: "9", NoJump: "?", KeepAt: []string{"sender", "raka.p"},
		},
		Transcript: transcriptView(),
		Selection:  SelectionView{ID: "selected", Label: "Act", Count: "messages.selected", Actions: []ButtonView{{Text: "Recall", Key: "r", Why: "Not here"}}},
	}
}

func frameView() GroupFrameView {
	return GroupFrameView{
		ID: "@TGS#2C5SZEAEF", Name: "周末音乐夜 " + evil, Section: "Messages", ListURL: "/apps/demo/groups", Chips: []ChipView{{Text: "Public"}, {Text: "All muted", Icon: "mute", Tone: "warn"}},
		Members: 1284, MaxMembers: 2000, Online: 312, OwnerID: "lin_wan", OwnerName: evil, OwnerURL: "/apps/demo/users/lin_wan",
		Created: golden.Now.AddDate(-1, 0, 0), Pinned: true, PinURL: "/apps/demo/pins", Path: "/apps/demo/groups/x/messages",
		Tabs:    []Tab{{Text: "Messages", URL: "messages", Current: true}, {Text: "Members", URL: "members", Count: "1,284"}},
		Actions: []ButtonView{{Text: "Send notice", Icon: "notice", URL: "notice", Attrs: SheetAttrs("notice")}},
		More:    []ButtonView{{Text: "Mute all", Icon: "mute", Why: "Your role does not allow this."}},
	}
}

func TestTranscript(t *testing.T) {
	v := transcriptView()
	golden.Both(t, "transcript_page", MessagesPage(chrome("/messages"), messagesView()))
	older := v
	older.Older.Wait, older.Notice = true, &Notice{Tone: "info", Title: "1 of 200 messages matches"}
	golden.HTML(t, "transcript_older", OlderRows(older, TranscriptRow{Day: golden.Now.AddDate(0, 0, 1)}))
	oldest := v
	oldest.Older, oldest.Start = MoreView{}, "Nothing older is kept."
	golden.HTML(t, "transcript_oldest", OlderRows(oldest, TranscriptRow{}))
	golden.HTML(t, "transcript_newer", NewerRows(v))
	golden.HTML(t, "transcript_now", MessagesNow([]MessageRow{row("7", "raka.p", words1("x"))}, Toast{Text: "Recalled 1 message", Small: "This cannot be undone"}))

	failed := messagesView()
	failed.Transcript = TranscriptView{Failed: &Notice{Title: "The IM service does not answer.", Next: "Try again in a moment.", Code: "60008"}}
	golden.HTML(t, "transcript_failed", MessagesPage(chrome("/messages"), failed))
	empty := messagesView()
	empty.Transcript = TranscriptView{UpToDate: true, Empty: &EmptyView{Title: "Nothing was said here yet."}}
	golden.HTML(t, "transcript_empty", MessagesPage(chrome("/messages"), empty))
	none := messagesView()
	none.None, none.NoneLinks = &EmptyView{Title: "No messages are kept here."}, []ButtonView{{Text: "Who is online", URL: "members"}}
	golden.HTML(t, "transcript_none", MessagesPage(chrome("/messages"), none))
}

func TestSenderCard(t *testing.T) {
	v := SenderView{
		ID: "raka.p", Name: evil, Nick: evil, URL: "/apps/demo/users/raka.p", Role: "admin", Mute: MuteView{Muted: true},
		Joined: golden.Now.Add(-2 * time.Hour), Spoke: golden.Now.Add(-time.Minute), Of: "In the last 20 messages up to here.",
		Words:   []SaidView{{Text: evil, At: said(4), URL: "?seq=4#seq-4"}},
		Acts:    []ActView{{Text: "Muted", By: evil, At: said(2), URL: "activity"}, {Text: "Unmuted", By: "Tomasz", At: said(3)}},
		Buttons: []ButtonView{{Text: "Open user", URL: "/apps/demo/users/raka.p"}},
	}
	golden.Both(t, "sender", SenderCard(v))
	golden.HTML(t, "sender_nobody", SenderCard(SenderView{}))
	golden.HTML(t, "sender_left", SenderCard(SenderView{ID: "tix_tony", URL: "/u", Gone: true}))
	golden.HTML(t, "sender_failed", SenderCard(SenderView{ID: "tix_tony", URL: "/u", Failed: &Notice{Title: "The IM service does not answer."}}))
}

func TestGroupFrame(t *testing.T) {
	golden.Both(t, "group_frame", with(GroupFrame(frameView()), words("the section")))
	bare := GroupFrameView{ID: "g1", Members: -1, Online: -1, ListURL: "/apps/demo/groups", PinURL: "/apps/demo/pins"}
	golden.HTML(t, "group_frame_bare", GroupFrame(bare))
	if p := frameView().Page(true); !p.Fixed || !strings.HasSuffix(p.Title, "· Messages") {
		t.Errorf("page %+v", p)
	}
}

func TestGroups(t *testing.T) {
	live := ChipView{Text: "Live room", Icon: "live"}
	muted := ChipView{Text: "All muted", Icon: "mute", Tone: "warn"}
	v := GroupsView{
		URL: "/apps/demo/groups", Query: `"><b>`, Hidden: []string{"type", "Public"}, Type: "Public", Types: []Tab{{Text: "All types", URL: "/apps/demo/groups"}},
		Total: "1,284 groups",
		Rows: []GroupRow{
			{
				ID: "@TGS#1", Name: evil, URL: "/apps/demo/groups/%40TGS%231/messages", Type: ChipView{Text: "Public"}, Members: "1,284", OwnerID: "lin_wan", Owner: evil,
				OwnerURL: "/apps/demo/users/lin_wan", LastMessage: golden.Now.Add(-time.Minute), MuteAll: &muted, Pinned: true, Tick: TickView{Form: "selected", Name: "id", Value: "@TGS#1", Label: evil},
			},
			{ID: "room", URL: "/apps/demo/groups/room/messages", Type: live, Live: true, Tick: TickView{Form: "selected", Name: "id", Value: "room", Label: "Select room"}},
			{ID: "new", Name: "new", URL: "/x", Type: ChipView{Text: "Work"}, Members: "1", OwnerID: "u1", OwnerURL: "/u", Tick: TickView{Form: "selected", Name: "id", Value: "new", Label: "Select new"}},
		},
		Pager:     PagerView{Label: "Pages of groups", Range: "Page 2", First: "/apps/demo/groups", Prev: "/p", Next: "/n", Target: "#groups"},
		Selection: SelectionView{ID: "selected", Label: "Act on the selected groups", Count: "groups.selected", Actions: []ButtonView{{Text: "Pin", FormAction: "/apps/demo/pins", FormMethod: "post"}}},
	}
	golden.Both(t, "groups", GroupsTable(v))
	golden.HTML(t, "groups_page", GroupsPage(chrome("/groups"), v))
	v.Rows, v.Notice, v.Empty = nil, &Notice{Tone: "info", Title: "No group has the ID “" + evil + "”."}, &EmptyView{Icon: "search", Title: "None of these has it in its name or ID."}
	golden.HTML(t, "groups_none", GroupsTable(v))
}

func TestGroupSheet(t *testing.T) {
	v := GroupSheetView{
		Sheet:       SheetView{ID: "recall", Title: "Recall 12 messages", Action: "/apps/demo/groups/g1/recall", Hidden: []string{"m", `1:2:">`, "key", "k"}, Submit: "Recall 12 messages", Variant: "harm-solid", BackURL: "/apps/demo/groups/g1/messages", Danger: true},
		Fields:      []FieldView{{Name: "reason", Label: "Reason", Value: evil, Rows: 2, Error: "This is needed.", Required: true}},
		EffectTitle: "What will happen", Effects: []EffectLine{{Tone: "ok", Text: "12 messages of " + evil}, {Tone: "off", Text: "1 is gone already"}}, More: "and 3 more people",
	}
	golden.HTML(t, "group_sheet", GroupSheet(v))
	golden.HTML(t, "group_sheet_page", GroupSheetPage(chrome("/x"), v, Link{Text: evil, URL: "/apps/demo/groups/g1/messages", Name: true}))
	golden.HTML(t, "group_sheet_open", OpenSheet(v))
}

// TestTextIsNotChanged makes sure that no white space is added to what somebody wrote: the style sheet keeps it.
func TestTextIsNotChanged(t *testing.T) {
	text := "  two  spaces\n\tand a tab "
	markup := golden.Render(t, i18n.English, Message(row("1", "ann", words1(text))))
	if !strings.Contains(markup, `<p class="text" dir="auto">`+text+`</p>`) {
		t.Errorf("the text was changed:\n%s", markup)
	}
}
