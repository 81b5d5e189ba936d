package handlers

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/emulator"
)

const room = "/apps/demo/groups/g1/messages"

// chatRoom is a console with a group g1 of three in which n messages were said, one a minute.
func chatRoom(t testing.TB, n int) *harness {
	h := newHarness(t)
	h.newUsers("ann:Ann", "bob:Bob", "cy:Cy")
	h.newGroup("Public", "g1", "A group", "ann", "*bob", "cy")
	if n > 0 {
		h.chat("g1", n, "ann", "bob", "cy")
	}
	return h
}

// seqs are the messages on a page or part, in its order.
func (a *answer) seqs() []string {
	var list []string
	for _, m := range regexp.MustCompile(`<li class="(?:msg|sys)" id="seq-(\d+)"`).FindAllStringSubmatch(a.body, -1) {
		list = append(list, m[1])
	}
	return list
}

// more is where the link with a text leads htmx.
func (a *answer) more(text string) string {
	for _, m := range regexp.MustCompile(`hx-get="([^"]*)"[^>]*>([^<]*)</a>`).FindAllStringSubmatch(a.body, -1) {
		if m[2] == text {
			return html.UnescapeString(m[1])
		}
	}
	return ""
}

// upTo are the numbers from first to last.
func upTo(first, last int) []string {
	var list []string
	for n := first; n <= last; n++ {
		list = append(list, strconv.Itoa(n))
	}
	return list
}

// TestMessagesBothWays reads a whole conversation towards the past and back, by links and by scrolling.
func TestMessagesBothWays(t *testing.T) {
	t.Parallel()
	const n = 137
	h := chatRoom(t, n)
	b := h.as(auth.Viewer)
	all := upTo(1, n)
	for name, open := range map[string]func(string) *answer{"links": b.get, "scrolling": b.part} {
		t.Run(name, func(t *testing.T) {
			page := b.in(t).get(room).is(200).has("Up to date", "Seq 98 to 137")
			got := page.seqs()
			at := page.more("Older messages")
			for range 20 {
				if at == "" {
					break
				}
				a := open(at).is(200)
				got = append(a.seqs(), got...)
				if at = a.more("Older messages"); at == "" {
					a.has("Nothing older is kept.")
				}
			}
			if !slices.Equal(got, all) {
				t.Fatalf("towards the past: %d messages, from %s", len(got), got[0])
			}

			page = b.in(t).get(room + "?seq=30").is(200).lacks("Up to date").has("To the newest")
			got = page.seqs()
			at = page.more("Newer messages")
			for range 20 {
				if at == "" {
					break
				}
				a := open(at).is(200)
				got = append(got, a.seqs()...)
				if at = a.more("Newer messages"); at == "" {
					if a.more("Look for newer messages") == "" {
						t.Error("nothing leads on to what is said next")
					}
				}
			}
			if want := all[slices.Index(all, got[0]):]; !slices.Equal(got, want) {
				t.Fatalf("towards now: %v", got)
			}
		})
	}
	// What is said meanwhile comes when it is asked for.
	page := b.get(room)
	at := page.more("Look for newer messages")
	if got := b.part(at).is(200).seqs(); len(got) != 0 {
		t.Errorf("newer than the newest: %v", got)
	}
	h.say("g1", "cy", text("just now"))
	h.advance(testCache)
	if got := b.part(at).is(200).has("just now").seqs(); !slices.Equal(got, []string{"138"}) {
		t.Errorf("newer: %v", got)
	}
}

// TestMessagesParts: rows that are loaded stand in the page once, with one heading for each day.
func TestMessagesParts(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("ann:Ann")
	h.newGroup("Public", "g1", "A group", "ann")
	// Two days, whatever the hour now: noon is in the middle of 22 hours.
	now := h.now().In(h.server.Zone)
	noon := time.Date(now.Year(), now.Month(), now.Day()+1, 12, 0, 0, 0, now.Location())
	h.advance(noon.Sub(now))
	start := h.now().Add(-23 * time.Hour)
	var list []map[string]any
	for i := range 60 {
		list = append(list, map[string]any{"From_Account": "ann", "SendTime": start.Add(time.Duration(i) * 22 * time.Minute).Unix(), "Random": i, "MsgBody": text("x")})
		if len(list) == 6 {
			h.must("group_open_http_svc/import_group_msg", map[string]any{"GroupId": "g1", "MsgList": list})
			list = nil
		}
	}
	b := h.as(auth.Viewer)
	page := b.get(room).is(200)
	older := b.part(page.more("Older messages")).is(200)
	if strings.Contains(older.body, "<html") || strings.Contains(older.body, `class="rail"`) {
		t.Error("the part is more than rows")
	}
	days := regexp.MustCompile(`class="day">([^<]*)<`)
	var headings []string
	for _, a := range []*answer{older, page} {
		// The older rows take the place of the link and of the heading under it.
		body := a.body
		if a == page {
			_, body, _ = strings.Cut(body, "data-more")
			_, body, _ = strings.Cut(body, "</li>")
		}
		for _, m := range days.FindAllStringSubmatch(body, -1) {
			headings = append(headings, m[1])
		}
	}
	if sorted := slices.Compact(slices.Clone(headings)); len(sorted) != len(headings) || len(headings) < 2 {
		t.Errorf("headings %v", headings)
	}
}

func TestMessagesJump(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 100)
	b := h.as(auth.Viewer)
	a := b.get(room+"?seq=50").is(200).has("Seq 50", "Said lately", "message 50")
	if !strings.Contains(a.body, `id="seq-50" data-href="/apps/demo/users/bob"`) || !regexp.MustCompile(`id="seq-50"[^>]*aria-current="true"`).MatchString(a.body) {
		t.Error("message 50 is not marked")
	}
	if n := strings.Count(a.body, `id="here"`); n != 1 {
		t.Errorf("%d places to go to", n)
	}
	got := a.seqs()
	if i := slices.Index(got, "50"); i < 10 || i > len(got)-10 {
		t.Errorf("message 50 stands at %d of %d", i, len(got))
	}
	// The permalink of a message leads there.
	if link := a.link(""); link == "" {
		re := regexp.MustCompile(`class="at" href="([^"]*)" aria-label="Link to message 51`)
		m := re.FindStringSubmatch(a.body)
		if m == nil || html.UnescapeString(m[1]) != room+"?seq=51#seq-51" {
			t.Errorf("the permalink is %v", m)
		}
	}

	b.get(room + "?seq=1").is(200).has("message 1")
	b.get(room+"?seq=%23100").is(200).has("message 100", "Up to date")
	b.get(room+"?seq=5000").is(200).has("Message 5000 is not there any more.", "message 100", "Up to date")
	for _, wrong := range []string{"0", "-1", "abc", "1e3", "99999999999999999999999", "%00", "' OR 1=1", strings.Repeat("9", 3000)} {
		b.get(room+"?seq="+url.QueryEscape(wrong)).is(200).has("There is no such place in this conversation.", "message 100")
		b.get(room+"?from="+url.QueryEscape(wrong)).is(200).has("There is no such place in this conversation.", "message 100")
		b.get(room+"?after="+url.QueryEscape(wrong)).is(200).has("There is no such place in this conversation.", "message 100")
	}
	// A part that asks for such a place is told so, and the page stands.
	if p := b.part(room + "?from=abc"); p.status != http.StatusNotFound {
		t.Errorf("a part from nowhere: status %d", p.status)
	}
}

func TestMessagesByTime(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 300)
	b := h.as(auth.Viewer)
	at := h.now().Add(-200*time.Minute + 5*time.Second).In(h.server.Zone)
	a := b.get(room + "?at=" + url.QueryEscape(at.Format("2006-01-02T15:04"))).is(200).has("From")
	if !regexp.MustCompile(`id="seq-10\d"[^>]*aria-current="true"`).MatchString(a.body) {
		t.Errorf("at %s stands none of the messages 100 to 109: %v", at, a.seqs())
	}
	b.get(room+"?at=2001-01-01T00:00").is(200).has("message 1", "Nothing older is kept.")
	b.get(room+"?at=2999-12-31T23:59:59").is(200).has("message 300", "Up to date")
	for _, wrong := range []string{"yesterday", "2026-13-40T99:99", "2026-04-18", "\x00"} {
		b.get(room+"?at="+url.QueryEscape(wrong)).is(200).has("The time in the address makes no sense.", "message 300")
	}
}

func TestMessagesEmptyGroup(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 0)
	b := h.as(auth.Viewer)
	b.get(room).is(200).has("Nothing was said here yet.", "Up to date")
	b.get(room + "?at=2026-04-18T15:00").is(200).has("Nothing was said here yet.")
	b.get(room + "?q=x").is(200).has("None of these messages matches.")
	b.get(room + "?seq=1").is(200)
}

func TestMessagesFilter(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 150)
	h.say("g1", "cy", []any{map[string]any{"MsgType": "TIMFaceElem", "MsgContent": map[string]any{"Index": 3, "Data": "smile"}}})
	h.must("group_open_http_svc/modify_group_base_info", map[string]any{"GroupId": "g1", "Name": "Renamed", "From_Account": "ann"})
	b := h.as(auth.Viewer)
	calls := func() int64 { return h.im.Calls("group_open_http_svc/group_msg_get_simple") }

	a := b.get(room+"?sender=bob").is(200).has("46 of 140 messages match", "seq 13 to 152", "The IM service cannot search.", "Look further back")
	for _, name := range []string{`title="Ann"`, `title="Cy"`} {
		if strings.Contains(a.body, name) {
			t.Errorf("%s speaks among Bob's messages", name)
		}
	}
	if n := len(a.seqs()); n != 46 {
		t.Errorf("%d messages of bob", n)
	}
	// The look further back starts only when it is asked for: it costs calls.
	if strings.Contains(a.body, `data-more><a`) {
		t.Error("looks further by itself")
	}
	older := b.part(a.more("Look further back")).is(200).has("4 of 12 messages match", "seq 1 to 12")
	if got := older.seqs(); !slices.Equal(got, []string{"2", "5", "8", "11"}) {
		t.Errorf("further back: %v", got)
	}

	before := calls()
	b.get(room+"?q="+url.QueryEscape("MESSAGE 33")).is(200).has("1 of 152 messages matches", "message 33")
	if n := calls() - before; n > filterCalls {
		t.Errorf("%d calls", n)
	}
	b.get(room + "?type=face").is(200).has("Sticker 3 · smile").lacks("message 150")
	b.get(room + "?type=tip").is(200).has("Ann changed the name: Renamed")
	b.get(room+"?type=image").is(200).has("None of these messages matches.", "Clear the filters")
	b.get(room+"?type=nonsense").is(200).has("The type in the address is not known.", "message 150")
	b.get(room + "?sender=" + url.QueryEscape(`"><script>`)).is(200).has(`"><script>`)
	b.get(room + "?q=" + strings.Repeat("x", 5000) + "%ff").is(200)

	// A filter bounds what it costs, whatever there is.
	big := chatRoom(t, 400)
	v := big.as(auth.Viewer)
	before = big.im.Calls("group_open_http_svc/group_msg_get_simple")
	v.get(room+"?q=nothing+like+it").is(200).has("0 of 200 messages match", "Look further back")
	if n := big.im.Calls("group_open_http_svc/group_msg_get_simple") - before; n != filterCalls {
		t.Errorf("%d calls, want %d", n, filterCalls)
	}
	// The filter keeps the position, and the position the filter.
	at := v.get(room + "?seq=200&sender=bob").is(200)
	if !strings.Contains(at.body, `<input type="hidden" name="seq" value="200">`) || !strings.Contains(at.body, `<input type="hidden" name="sender" value="bob">`) {
		t.Error("a form loses what is set")
	}
}

// TestMessagesCalls: names, roles and mutes come from one call each, whoever speaks.
func TestMessagesCalls(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 60)
	b := h.as(auth.Viewer)
	b.get(room).is(200)
	h.advance(testCache)
	commands := []string{
		"group_open_http_svc/get_group_info", "group_open_http_svc/get_group_muted_account", "profile/portrait_get",
		"group_open_http_svc/get_specified_group_member_info", "group_open_http_svc/get_group_member_info", "group_open_http_svc/group_msg_get_simple",
	}
	var before, after []int64
	for _, c := range commands {
		before = append(before, h.im.Calls(c))
	}
	b.get(room).is(200)
	total := int64(0)
	for i, c := range commands {
		after = append(after, h.im.Calls(c)-before[i])
		total += after[i]
	}
	if total > 8 {
		t.Errorf("%d calls: %v", total, after)
	}
}

func TestMessagesPeople(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 9)
	h.must("group_open_http_svc/modify_group_member_info", map[string]any{"GroupId": "g1", "Member_Account": "cy", "NameCard": `Cy "the <b>cat</b>"`})
	h.must("group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": "g1", "Members_Account": []string{"cy"}, "MuteTime": 3600})
	h.newUsers("dan:Dan")
	h.must("group_open_http_svc/add_group_member", map[string]any{"GroupId": "g1", "MemberList": []any{map[string]any{"Member_Account": "dan"}}})
	h.say("g1", "dan", text("hello from dan"))
	h.must("group_open_http_svc/delete_group_member", map[string]any{"GroupId": "g1", "MemberToDel_Account": []string{"dan"}})
	b := h.as(auth.Viewer)
	b.get(room).is(200).has("Owner", "Admin", `Cy "the <b>cat</b>"`, "Muted, ", "Dan Left dan", "administrator added Dan", "administrator removed Dan")

	// A failure there leaves the messages.
	fault := emulator.Fault{ErrorCode: 10002}
	for _, c := range []string{"group_open_http_svc/get_specified_group_member_info", "group_open_http_svc/get_group_member_info"} {
		fault.Command = c
		h.im.SetFault(fault)
	}
	h.advance(testCache)
	b.get(room).is(200).has("Names and roles could not be had.", "hello from dan", "message 9").lacks("Left dan")
}

func TestMessagesStates(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 12)
	// 4 to 6 are deleted, 8 is recalled here, 9 elsewhere.
	viewer, moderator := h.as(auth.Viewer), h.as(auth.Moderator)
	moderator.postPart("/apps/demo/groups/g1/recall", room, url.Values{"m": {"8::bob"}, "reason": {"advertising"}}).is(200)
	h.must("group_open_http_svc/group_msg_recall", map[string]any{"GroupId": "g1", "MsgSeqList": []any{map[string]any{"MsgSeq": 9}}})
	h.must("group_open_http_svc/clear_group_msg", map[string]any{"GroupId": "g1", "MsgSeq": 3})
	h.advance(testCache)

	m := moderator.get(room).is(200).has("3 messages are missing here (seq 1 to 3)", "Recalled by op_moderator · advertising", "Show what was said message 8", "Recalled Show what was said message 9", "message 10")
	if got := m.seqs(); !slices.Equal(got, upTo(4, 12)) {
		t.Errorf("messages %v", got)
	}
	v := viewer.get(room).is(200).has("Recalled by op_moderator", "Moderators can read what was said.", "message 10").lacks("message 8", "message 9")
	if strings.Contains(v.body, ">message 8<") || strings.Contains(v.body, ">message 9<") {
		t.Error("a viewer is sent what was recalled")
	}
	if p := viewer.part(room + "?from=12"); strings.Contains(p.body, ">message 8<") {
		t.Error("a viewer is sent what was recalled, in a part")
	}
	viewer.get(room + "?q=" + url.QueryEscape("message 8")).is(200).has("0 of 12 messages match")
	viewer.get(room + "?type=recalled").is(200).has("2 of 12 messages match").lacks("message 8")
	viewer.get(room+"?seq=2").is(200).has("Message 2 is not there any more.", "message 4")
	// What was recalled is not among somebody's recent words.
	viewer.part(room+"/sender?user=bob&seq=12").is(200).has("Said lately", "message 11").lacks("message 8")
}

// TestMessagesElements sends one message of each kind through the service and looks at what becomes of it.
func TestMessagesElements(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 0)
	elem := func(kind string, content map[string]any) []any {
		return []any{map[string]any{"MsgType": kind, "MsgContent": content}}
	}
	media := h.im.URL() + "/_emulator/media/"
	tests := []struct {
		name string
		body []any
		more map[string]any
		has  []string // in words
		html []string // in the markup
	}{
		{"text", text("two\nlines https://example.com/a."), nil, []string{"two lines https://example.com/a ."}, []string{`<a href="https://example.com/a" rel="noreferrer noopener nofollow" target="_blank">https://example.com/a</a>.`}},
		{"text of a script", text(`<script>alert(1)</script>`), nil, []string{`<script>alert(1)</script>`}, nil},
		{"face", elem("TIMFaceElem", map[string]any{"Index": 6, "Data": "tt"}), nil, []string{"Sticker 6 · tt"}, nil},
		{"place", elem("TIMLocationElem", map[string]any{"Desc": "Pier 滨海", "Latitude": 1.25, "Longitude": 103.5}), nil, []string{"Pier 滨海", "1.25, 103.5"}, []string{`rel="noreferrer noopener"`}},
		{"custom", elem("TIMCustomElem", map[string]any{"Data": `{"businessID":"card","left":128}`, "Desc": "d", "Ext": "e", "Sound": "s"}), nil, []string{"card", "left 128", "Custom · 32 B"}, nil},
		{"picture", elem("TIMImageElem", map[string]any{"UUID": "u", "ImageFormat": 3, "ImageInfoArray": []any{map[string]any{"Type": 1, "Size": 2048, "Width": 100, "Height": 50, "URL": media + "photo/a.png"}}}), nil, []string{"100 × 50 · 2 KB"}, []string{`src="/apps/demo/media?k=picture`, `loading="lazy"`}},
		{"voice", elem("TIMSoundElem", map[string]any{"Url": media + "sound/a.wav", "UUID": "u", "Size": 59392, "Second": 14, "Download_Flag": 2}), nil, []string{"Voice message", "0:14 · 58 KB"}, []string{`<audio controls preload="none" src="/apps/demo/media?k=sound`}},
		{"file", elem("TIMFileElem", map[string]any{"Url": media + "file/a.pdf", "UUID": "u", "FileSize": 2516582, "FileName": "合同 (final).pdf", "Download_Flag": 2}), nil, []string{"合同 (final).pdf", "2.4 MB · PDF"}, []string{`<a class="attach" href="/apps/demo/media?k=file`}},
		{"film", elem("TIMVideoFileElem", map[string]any{
			"VideoUrl": media + "video/a.mp4", "VideoUUID": "u", "VideoSize": 1024, "VideoSecond": 75, "VideoFormat": "mp4", "VideoDownloadFlag": 2,
			"ThumbUrl": media + "photo/b.png", "ThumbUUID": "t", "ThumbSize": 1, "ThumbWidth": 320, "ThumbHeight": 180, "ThumbFormat": "png", "ThumbDownloadFlag": 2,
		}), nil, []string{"1:15 · 1 KB · MP4"}, []string{`<video class="thumb" controls preload="none"`, `poster="/apps/demo/media?k=picture`}},
		{"picture from elsewhere", elem("TIMImageElem", map[string]any{"UUID": "u", "ImageFormat": 1, "ImageInfoArray": []any{map[string]any{"Type": 1, "Size": 1, "Width": 1, "Height": 1, "URL": "https://evil.example/p.gif"}}}), nil, []string{"from evil.example, not loaded by itself"}, nil},
		{"several", append(text("look:"), elem("TIMFaceElem", map[string]any{"Index": 1, "Data": "x"})...), nil, []string{"look: Sticker 1 · x"}, nil},
		{"an answer", text("yes"), map[string]any{"CloudCustomData": `{"messageReply":{"messageID":"1","messageAbstract":"are you there?","messageSender":"Bob"}}`}, []string{"Bob are you there? yes"}, []string{`class="quote"`}},
		{"data of the app", text("hi"), map[string]any{"CloudCustomData": `{"level":7}`}, []string{"The app’s data · 11 B level 7"}, nil},
		{"high priority", text("fire"), map[string]any{"MsgPriority": "High"}, []string{"High priority"}, nil},
	}
	b := h.as(auth.Viewer)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seq := h.say("g1", "bob", tt.body, tt.more)
			h.advance(testCache)
			page := b.in(t).get(room).is(200)
			_, row, ok := strings.Cut(page.body, `id="seq-`+seq+`"`)
			if !ok {
				t.Fatal("it is not there")
			}
			row, _, _ = strings.Cut(row, "</li>")
			one := &answer{t: t, what: tt.name, body: "<li " + row}
			one.has(tt.has...)
			for _, want := range tt.html {
				if !strings.Contains(row, want) {
					t.Errorf("no %s in %s", want, row)
				}
			}
			for _, unwanted := range []string{"https://evil.example/", `src="http`, "<script"} {
				if strings.Contains(row, unwanted) {
					t.Errorf("%s in %s", unwanted, row)
				}
			}
		})
	}
	// Those that cannot be sent by an import can be there all the same; the picture is really shown.
	page := b.get(room).is(200)
	m := regexp.MustCompile(`<img class="thumb" src="([^"]*)"`).FindStringSubmatch(page.body)
	if m == nil {
		t.Fatal("no picture")
	}
	a := b.get(html.UnescapeString(m[1]))
	if a.status == 200 && a.header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture comes as %s", a.header.Get("Content-Type"))
	}
}

// TestMessagesTogether: what one says in a row has one head.
func TestMessagesTogether(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 0)
	for _, m := range []struct {
		from string
		wait time.Duration
	}{{"ann", 0}, {"ann", time.Minute}, {"bob", 0}, {"bob", 6 * time.Minute}, {"bob", time.Second}} {
		h.advance(m.wait)
		h.say("g1", m.from, text("x"))
	}
	page := h.as(auth.Viewer).get(room).is(200)
	var got []bool
	for _, m := range regexp.MustCompile(`<li class="msg"[^>]*>`).FindAllString(page.body, -1) {
		got = append(got, strings.Contains(m, "data-cont"))
	}
	if want := []bool{false, true, false, false, true}; !slices.Equal(got, want) {
		t.Errorf("goes on: %v, want %v", got, want)
	}
}

func TestMessagesOfLiveRooms(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("ann:Ann")
	h.newGroup("AVChatRoom", "live", "Room", "ann")
	b := h.as(auth.Lead)
	a := b.get("/apps/demo/groups/live/messages").is(200).has("No messages are kept here.", "Live rooms keep no ", "Who is online", "Banned users")
	if strings.Contains(a.body, `class="transcript"`) {
		t.Error("there is a transcript")
	}
	for text, want := range map[string]string{"Who is online": "members", "Muted members": "muted", "Banned users": "bans"} {
		if got := a.link(text); got != "/apps/demo/groups/live/"+want {
			t.Errorf("%s leads to %q", text, got)
		}
	}
	if p := b.part("/apps/demo/groups/live/messages?from=1"); p.status != http.StatusConflict {
		t.Errorf("a part of what is not kept: %d", p.status)
	}
}

// TestMessagesFaults: the group stands when its messages do not come, and says so.
func TestMessagesFaults(t *testing.T) {
	t.Parallel()
	for name, f := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := chatRoom(t, 5)
			fault := f
			fault.Command = "group_open_http_svc/group_msg_get_simple"
			h.im.SetFault(fault)
			b := h.as(auth.Viewer)
			a := b.get(room).has("A group", "Members 3")
			if a.status < 400 || a.status == 500 || a.status > 504 {
				t.Errorf("status %d", a.status)
			}
			if !strings.Contains(a.body, "part-failed") {
				t.Errorf("nothing says that the messages failed:\n%s", a.text())
			}
			if p := b.part(room + "?from=3"); p.status < 400 || p.status == 500 || !strings.Contains(p.body, `class="notice"`) {
				t.Errorf("a part: status %d\n%s", p.status, p.body)
			}
		})
	}
}

func TestSenderPane(t *testing.T) {
	t.Parallel()
	h := chatRoom(t, 30)
	h.must("group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": "g1", "Members_Account": []string{"cy"}, "MuteTime": 3600})
	h.as(auth.Moderator).postPart("/apps/demo/groups/g1/recall", room, url.Values{"m": {"27::cy"}}).is(200)
	b := h.as(auth.Moderator)
	a := b.part(room+"/sender?user=cy&seq=30").is(200).has("Cy", "Member", "Muted, ", "Unmute", "Said lately", "message 30", "message 24", "In the last 20 messages", "Done here before", "Message recalled · op_moderator").lacks("message 27", "message 29")
	if got := a.link("Open user"); got != "/apps/demo/users/cy" {
		t.Errorf("the user is at %s", got)
	}
	if to := b.get(room + "/sender?user=cy&seq=30").is(http.StatusSeeOther).location(); to != "/apps/demo/users/cy" {
		t.Errorf("without scripts one goes to %s", to)
	}
	b.part(room + "/sender?user=nobody&seq=30").is(200).has("Not in the group any more")
	b.part(room + "/sender?user=cy&seq=abc").is(200).has("Cy")
	b.part(room + "/sender?seq=30").is(http.StatusBadRequest)
	h.im.SetFault(emulator.Fault{ErrorCode: 10002})
	h.advance(testCache)
	if a := b.part(room + "/sender?user=cy&seq=30"); a.status != http.StatusBadGateway {
		t.Errorf("status %d", a.status)
	}
}

func TestMessageRefs(t *testing.T) {
	t.Parallel()
	for _, r := range []messageRef{{"12", "12", "ann"}, {"12", "id:with:colons", "a b&c"}, {"1", "1", ""}, {"7:8", "%", "::"}} {
		got, ok := readMessageRef(r.String())
		if !ok || got != r {
			t.Errorf("%+v is read as %+v", r, got)
		}
	}
	for _, s := range []string{"", "12", "12:", "::ann", "%zz::", "1:2:3:4"} {
		if r, ok := readMessageRef(s); ok {
			t.Errorf("%q is read as %+v", s, r)
		}
	}
	if _, err := readMessageRefs(slices.Repeat([]string{"1::a"}, 501)); err == nil {
		t.Error("501 messages are taken")
	}
	refs, err := readMessageRefs([]string{"1::a", "1::a", "2::b", "3::a"})
	if err != nil || len(refs) != 3 || !slices.Equal(sendersOf(refs), []string{"a", "b"}) {
		t.Errorf("%v, %v", refs, err)
	}
}

// TestQueryAddress: what an address asks for is what it is written from.
func TestQueryAddress(t *testing.T) {
	t.Parallel()
	for _, q := range []messageQuery{
		{}, {seq: "12"}, {from: "3", day: "2026-04-18", sender: "a b"}, {after: "9", find: "x&y=#", kind: "text"},
	} {
		u, err := url.Parse(q.address(room))
		if err != nil {
			t.Fatal(err)
		}
		got, wrong := readMessageQuery(t.Context(), u)
		if got != q || wrong != "" {
			t.Errorf("%+v is read as %+v %s", q, got, wrong)
		}
	}
}
