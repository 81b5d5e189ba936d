package handlers

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"imdesk/imclient"
	"imdesk/web/golden"
	"imdesk/web/i18n"
	"imdesk/web/templates"
)

// testDrawer draws for an app whose media come from cdn.example.com.
func testDrawer(t testing.TB) drawer {
	t.Helper()
	app := &App{Name: "demo", IM: &imclient.Client{Vendor: imclient.Tencent}, MediaHosts: []string{"cdn.example.com"}}
	m, err := newMedia([]*App{app})
	if err != nil {
		t.Fatal(err)
	}
	return drawer{s: &Server{media: m}, ctx: golden.Context(i18n.English), app: app, people: &people{}}
}

func TestTextParts(t *testing.T) {
	t.Parallel()
	link := func(s string) templates.TextPart { return templates.TextPart{Text: s, URL: s} }
	word := func(s string) templates.TextPart { return templates.TextPart{Text: s} }
	tests := []struct {
		name, text string
		want       []templates.TextPart
	}{
		{"no link", "nothing here", []templates.TextPart{word("nothing here")}},
		{"nothing", "", nil},
		{"alone", "https://a.example/x", []templates.TextPart{link("https://a.example/x")}},
		{"full stop", "see http://a.example/x. Then", []templates.TextPart{word("see "), link("http://a.example/x"), word(". Then")}},
		{"query and fragment", "https://a.example/?a=1&b=2#c!", []templates.TextPart{link("https://a.example/?a=1&b=2#c"), word("!")}},
		{"brackets around", "(https://a.example/x)", []templates.TextPart{word("("), link("https://a.example/x"), word(")")}},
		{"brackets inside", "https://a.example/x_(y)", []templates.TextPart{link("https://a.example/x_(y)")}},
		{"before Chinese", "官网https://t.cn/A6xTi9点击", []templates.TextPart{word("官网"), link("https://t.cn/A6xTi9"), word("点击")}},
		{"before a Chinese stop", "https://t.cn/A6。然后", []templates.TextPart{link("https://t.cn/A6"), word("。然后")}},
		{"capitals", "HTTPS://A.EXAMPLE", []templates.TextPart{link("HTTPS://A.EXAMPLE")}},
		{"two", "http://a http://b", []templates.TextPart{link("http://a"), word(" "), link("http://b")}},
		{"other schemes", "javascript:alert(1) data:text/html,x ftp://a", []templates.TextPart{word("javascript:alert(1) data:text/html,x ftp://a")}},
		{"a user in it", "https://bank.example@evil.example/", []templates.TextPart{word("https://bank.example@evil.example/")}},
		{"no host", "http:///x", []templates.TextPart{word("http:///x")}},
		{"end of a quote", `<a href="https://a.example">`, []templates.TextPart{word(`<a href="`), link("https://a.example"), word(`">`)}},
		{"direction marks end it", "https://a.example/\u202egpj.exe", []templates.TextPart{link("https://a.example/"), word("\u202egpj.exe")}},
		{"broken escapes", "https://a.example/%zz", []templates.TextPart{word("https://a.example/%zz")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := textParts(tt.text)
			var joined strings.Builder
			for _, p := range got {
				joined.WriteString(p.Text)
			}
			if joined.String() != tt.text {
				t.Errorf("the text became %q", joined.String())
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func FuzzTextParts(f *testing.F) {
	f.Add("see https://a.example/(x). 官网http://t.cn/A6点击")
	f.Add("https://\u202e<>\"'`{}")
	f.Fuzz(func(t *testing.T, s string) {
		var joined strings.Builder
		for _, p := range textParts(s) {
			joined.WriteString(p.Text)
			if p.URL != "" && !strings.HasPrefix(strings.ToLower(p.URL), "http://") && !strings.HasPrefix(strings.ToLower(p.URL), "https://") {
				t.Errorf("link to %q", p.URL)
			}
		}
		if joined.String() != s {
			t.Errorf("%q became %q", s, joined.String())
		}
	})
}

func TestElements(t *testing.T) {
	t.Parallel()
	d := testDrawer(t)
	deep := imclient.Merged{Title: "level"}
	for range mergedDepth + 3 {
		deep = imclient.Merged{Title: "level", Messages: []imclient.MergedMessage{{From: "ann", Body: []imclient.Element{deep}}}}
	}
	tests := []struct {
		name string
		e    imclient.Element
		want func(t *testing.T, v templates.MessageElement)
	}{
		{"long text is folded at a word", imclient.Text{Text: strings.Repeat("word ", 400)}, func(t *testing.T, v templates.MessageElement) {
			text := v.(templates.TextView)
			if got := text.Parts[0].Text + text.Rest[0].Text; got != strings.Repeat("word ", 400) || text.More != len([]rune(text.Rest[0].Text)) {
				t.Errorf("%d characters in all, %d behind the fold", len(got), text.More)
			}
			if !strings.HasSuffix(text.Parts[0].Text, "word") {
				t.Errorf("cut inside a word: %q", text.Parts[0].Text[len(text.Parts[0].Text)-10:])
			}
		}},
		{"sticker", imclient.Face{Index: 6, Data: "tt_laugh"}, is(templates.FaceView{Text: "Sticker 6 · tt_laugh"})},
		{"sticker with binary data", imclient.Face{Index: -1, Data: "\x00\x01"}, is(templates.FaceView{Text: "Sticker -1"})},
		{"place", imclient.Location{Desc: "Pier", Lat: 1.25, Lng: 103.5}, is(templates.PlaceView{
			Name: "Pier", At: "1.25, 103.5", URL: "https://www.openstreetmap.org/?mlat=1.25&mlon=103.5#map=16/1.25/103.5",
		})},
		{"place off the earth", imclient.Location{Lat: 91, Lng: 1e300}, func(t *testing.T, v templates.MessageElement) {
			if v.(templates.PlaceView).URL != "" {
				t.Errorf("a map of %+v", v)
			}
		}},
		{"custom JSON", imclient.Custom{Data: `{"businessID":"card","id":12345678901234567890,"o":{"a": [1, 2]},"s":"x","n":null}`, Desc: "push"}, is(templates.PayloadView{
			Icon: "code", Name: "card", Kind: "Custom · 82 B", Open: true, Rows: rowsOf("businessID", "card", "id", "12345678901234567890", "o", `{"a":[1,2]}`, "s", "x", "n", "null", "Desc", "push"),
		})},
		{"custom text", imclient.Custom{Data: "hello"}, is(templates.PayloadView{Icon: "code", Kind: "Custom · 5 B", Text: "hello", Open: true})},
		{"custom JSON that is no object", imclient.Custom{Data: `[1]`}, is(templates.PayloadView{Icon: "code", Kind: "Custom · 3 B", Text: "[1]", Open: true})},
		{"custom JSON with something after it", imclient.Custom{Data: `{"a":1} x`}, is(templates.PayloadView{Icon: "code", Kind: "Custom · 9 B", Text: `{"a":1} x`, Open: true})},
		{"custom binary", imclient.Custom{Data: "\x00\xff"}, is(templates.PayloadView{Icon: "code", Kind: "Custom · 2 B", Text: "00000000  00 ff                                             |..|", Open: true})},
		{"custom with many fields", imclient.Custom{Data: manyFields(100)}, func(t *testing.T, v templates.MessageElement) {
			rows := v.(templates.PayloadView).Rows
			if len(rows) != maxRows+1 || rows[maxRows].Parts[0].Text != "76 more fields" {
				t.Errorf("%d rows, the last %+v", len(rows), rows[len(rows)-1])
			}
		}},
		{"nothing in it", imclient.Custom{}, is(templates.PayloadView{Icon: "code", Kind: "Custom", Open: true})},
		{"voice", imclient.Sound{URL: "https://cdn.example.com/a.m4a", Bytes: 59392, Length: 14 * time.Second}, func(t *testing.T, v templates.MessageElement) {
			if m := v.(templates.SoundView).Media; m.Detail != "0:14 · 58 KB" || m.Held != "" || !strings.HasPrefix(m.URL, "/apps/demo/media?k=sound&") {
				t.Errorf("%+v", m)
			}
		}},
		{"voice without an address", imclient.Sound{Bytes: 10}, is(templates.SoundView{Media: templates.Media{Detail: "10 B"}})},
		{"file from elsewhere", imclient.File{URL: "https://evil.example/x", Name: "../../\u202efdp.exe", Bytes: 1 << 30}, func(t *testing.T, v templates.MessageElement) {
			m := v.(templates.FileView).Media
			if m.Name != "_.._fdp.exe" || m.Held != "from evil.example, not loaded by itself" || m.Detail != "1 GB · EXE" || m.URL == "" {
				t.Errorf("%+v", m)
			}
		}},
		{"picture", imclient.Image{Sizes: []imclient.ImageSize{
			{Kind: "original", URL: "https://cdn.example.com/o/cat.png", Width: 4000, Height: 3000, Bytes: 3 << 20},
			{Kind: "thumb", URL: "https://cdn.example.com/t/cat.png", Width: 400, Height: 300, Bytes: 9},
		}}, func(t *testing.T, v templates.MessageElement) {
			p := v.(templates.PictureView)
			if p.Name != "cat.png" || p.Detail != "4000 × 3000 · 3 MB" || p.Width != 256 || p.Height != 192 || p.Held != "" {
				t.Errorf("%+v", p)
			}
			if !strings.Contains(p.URL, "%2Ft%2Fcat") || !strings.Contains(p.FullURL, "%2Fo%2Fcat") {
				t.Errorf("shows %s, opens %s", p.URL, p.FullURL)
			}
		}},
		{"picture from elsewhere", imclient.Image{Sizes: []imclient.ImageSize{{Kind: "original", URL: "http://evil.example/p.gif"}}}, func(t *testing.T, v templates.MessageElement) {
			if p := v.(templates.PictureView); p.Held == "" {
				t.Errorf("is loaded at once: %+v", p)
			}
		}},
		{"picture of a very old client", imclient.Image{Sizes: []imclient.ImageSize{{Kind: "original", Width: 10, Height: 20, Bytes: 30}}}, func(t *testing.T, v templates.MessageElement) {
			if p := v.(templates.PictureView); p.URL != "" || p.Detail != "10 × 20 · 30 B" {
				t.Errorf("%+v", p)
			}
		}},
		{"picture by a script", imclient.Image{Sizes: []imclient.ImageSize{{URL: "javascript:alert(1)"}, {URL: "file:///etc/passwd"}}}, func(t *testing.T, v templates.MessageElement) {
			if p := v.(templates.PictureView); p.URL != "" || p.FullURL != "" {
				t.Errorf("%+v", p)
			}
		}},
		{"picture of no size", imclient.Image{}, func(t *testing.T, v templates.MessageElement) {
			if p := v.(templates.PictureView); p.URL != "" || p.Width != 0 {
				t.Errorf("%+v", p)
			}
		}},
		{"film with a still from elsewhere", imclient.Video{URL: "https://cdn.example.com/v.mp4", Format: "mp4", Length: time.Hour + 75*time.Second, ThumbURL: "https://evil.example/s.png"}, func(t *testing.T, v templates.MessageElement) {
			f := v.(templates.FilmView)
			if f.PosterURL != "" || f.Detail != "1:01:15 · MP4" || f.Held != "" {
				t.Errorf("%+v", f)
			}
		}},
		{"forwarded, too large to come along", imclient.Merged{Title: "Chat", Count: 300, Abstract: []string{"ann: hi"}, Key: "k"}, is(templates.MergedView{
			Title: "Chat", Count: "300 messages", Lines: []string{"ann: hi"}, Note: "These messages are too large to come with the history.",
		})},
		{"forwarded over and over", deep, func(t *testing.T, v templates.MessageElement) {
			levels := 0
			for m, ok := v.(templates.MergedView); ok; levels++ {
				if len(m.Rows) == 0 {
					break
				}
				m, ok = m.Rows[0].Body[0].(templates.MergedView)
			}
			if levels != mergedDepth {
				t.Errorf("%d levels", levels)
			}
		}},
		{"unknown", imclient.Other{Type: "TIMNewElem", Raw: `{"a":1}`}, is(templates.PayloadView{Icon: "code", Name: "TIMNewElem", Kind: "Not known to this version · 7 B", Text: "{\n  \"a\": 1\n}"})},
		{"unknown that is no JSON", imclient.Other{Raw: `{"a":`}, is(templates.PayloadView{Icon: "code", Kind: "Not known to this version · 5 B", Text: `{"a":`})},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		seen[elementKind(tt.e)] = true
		t.Run(tt.name, func(t *testing.T) {
			tt.want(t, d.element(tt.e, mergedDepth))
			plainText([]imclient.Element{tt.e})
			if g := gist(d.ctx, []imclient.Element{tt.e}); len([]rune(g)) > maxGist+1 || strings.Contains(g, i18n.MissingMark) {
				t.Errorf("in few words: %q", g)
			}
		})
	}
	for _, kind := range messageKinds {
		if kind != "tip" && kind != "recalled" && !seen[kind] {
			t.Errorf("no element of kind %s", kind)
		}
	}
}

func is(want templates.MessageElement) func(*testing.T, templates.MessageElement) {
	return func(t *testing.T, got templates.MessageElement) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func rowsOf(pairs ...string) []templates.PayloadRow {
	var rows []templates.PayloadRow
	for i := 0; i < len(pairs); i += 2 {
		rows = append(rows, templates.PayloadRow{Name: pairs[i], Parts: []templates.TextPart{{Text: pairs[i+1]}}})
	}
	return rows
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"f` + strings.Repeat("x", i) + `":1`)
	}
	return "{" + b.String()[1:] + "}"
}

func TestTips(t *testing.T) {
	t.Parallel()
	d := testDrawer(t)
	p := &people{users: map[string]imclient.User{"ann": {ID: "ann", Nick: "Ann"}, "bob": {ID: "bob", Nick: "Bob"}, "cy": {ID: "cy"}}}
	tr := &transcript{s: d.s, ctx: d.ctx, app: d.app, people: p}
	tests := []struct{ name, raw, want string }{
		{"added", `[{"OpType":"JoinGroup","Operator_Account":"ann","Member_Account":["bob","cy"]}]`, "Ann added Bob, cy"},
		{"added many", `[{"OpType":"JoinGroup","Operator_Account":"ann","Member_Account":["bob","cy","d","e","f"]}]`, "Ann added Bob, cy, d and 2 others"},
		{"joined", `{"OpType":"JoinGroup","Operator_Account":"bob","Member_Account":["bob"]}`, "Bob joined"},
		{"removed", `[{"OpType":"KickGroupMember","Operator_Account":"ann","Member_Account":["bob"]}]`, "Ann removed Bob"},
		{"left", `[{"OpType":"QuitGroup","Operator_Account":"bob","Member_Account":["bob"]}]`, "Bob left"},
		{"made admin", `[{"OpType":"SetAdmin","Operator_Account":"ann","Member_Account":["bob"]}]`, "Ann made Bob an admin"},
		{"admin no more", `[{"OpType":"CancelAdmin","Operator_Account":"ann","Member_Account":["bob"]}]`, "Ann took the admin role from Bob"},
		{"changed", `[{"OpType":"ModifyGroupInfo","Operator_Account":"ann","GroupInfo":{"Notification":"tonight"}}]`, "Ann changed the notice: tonight"},
		{"changed twice", `[{"OpType":"ModifyGroupInfo","Operator_Account":"ann","GroupInfo":{"Name":"x","Colour":"red"}}]`, "Ann changed the group: name, Colour"},
		{"words of the callbacks", `{"Operator_Account":"ann","JoinType":"Invited","NewMemberList":[{"Member_Account":"bob"}]}`, "Ann added Bob"},
		{"other spellings", `{"MsgType":"TIMGroupTipElem","MsgContent":{"op_type":"kick","operatorID":"ann","userIDList":["bob"]}}`, "Ann removed Bob"},
		{"not understood", `[{"OpType":42,"what":"ever"}]`, "The service noted something about the group"},
		{"no people", `[{"OpType":"SetAdmin","Operator_Account":"ann"}]`, "The service noted something about the group"},
		{"no JSON", `bang`, "The service noted something about the group"},
		{"empty", ``, "The service noted something about the group"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tip := readTip([]imclient.Element{imclient.Tip{Raw: tt.raw}})
			got := (&answer{body: golden.Render(t, i18n.English, tipSentence(tr.ctx, tr.people.name, tip))}).text()
			if got = strings.ReplaceAll(got, " ,", ","); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzTips(f *testing.F) {
	f.Add(`[{"OpType":"JoinGroup","Operator_Account":"ann","Member_Account":["bob",{"Account":"x"}],"GroupInfo":{"Name":1}}]`)
	tr := &transcript{ctx: golden.Context(i18n.English), people: &people{}}
	f.Fuzz(func(t *testing.T, raw string) {
		tip := readTip([]imclient.Element{imclient.Tip{Raw: raw}})
		golden.Render(t, i18n.English, tipSentence(tr.ctx, tr.people.name, tip))
	})
}

func TestCustomData(t *testing.T) {
	t.Parallel()
	d := testDrawer(t)
	tr := &transcript{s: d.s, ctx: d.ctx, app: d.app, people: &people{users: map[string]imclient.User{"ann": {ID: "ann", Nick: "Ann"}}}}
	tests := []struct {
		name, data string
		quote      *templates.QuoteView
		rest       bool
	}{
		{"nothing", " ", nil, false},
		{"an answer", `{"messageReply":{"messageID":"1","messageAbstract":"hello","messageSender":"ann","messageType":1,"version":1}}`, &templates.QuoteView{Sender: "Ann", Text: "hello"}, false},
		{"an answer and more", `{"messageReply":{"messageAbstract":"hello","messageSender":"林晚"},"level":3}`, &templates.QuoteView{Sender: "林晚", Text: "hello"}, true},
		{"no answer", `{"level":3}`, nil, true},
		{"an answer of another shape", `{"messageReply":"x"}`, nil, true},
		{"an empty answer", `{"messageReply":{}}`, nil, true},
		{"text", "level 3", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			quote, rest := tr.customData(tt.data)
			if !reflect.DeepEqual(quote, tt.quote) || (rest != nil) != tt.rest {
				t.Errorf("quote %+v, rest %+v", quote, rest)
			}
		})
	}
}

func FuzzPayload(f *testing.F) {
	f.Add(`{"businessID":"card","a":{"b":[1,2]},"c":"https://x"}`)
	f.Add("\x00\xff{")
	f.Fuzz(func(t *testing.T, data string) {
		d := drawer{ctx: context.Background(), people: &people{}}
		d.payload("code", "x", data)
		d.raw("code", "x", "y", data)
		(&transcript{ctx: context.Background(), people: &people{}}).customData(data)
	})
}
