package handlers

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/a-h/templ"
)

// Bounds of what a message shows at once. What it holds is the sender's choice.
const (
	maxShownText  = 1200 // characters of a text; the rest is behind a fold
	maxRows       = 24   // rows of a table of data
	maxRowValue   = 600  // characters of a value in it
	maxRaw        = 4000 // characters of data shown as it is
	maxDump       = 256  // bytes of binary data
	maxGist       = 140  // characters of a message in few words
	mergedDepth   = 8    // forwarded messages inside forwarded messages
	maxMergedRows = 100
	pictureWidth  = 272 // pixels
	pictureHeight = 192
)

// lastRune is utf8.DecodeLastRuneInString.
func lastRune(s string) (rune, int) { return utf8.DecodeLastRuneInString(s) }

// cutRunes cuts a text to n characters and tells how many are left out.
func cutRunes(s string, n int) (head, tail string, left int) {
	for i := range s {
		if n == 0 {
			return s[:i], s[i:], utf8.RuneCountInString(s[i:])
		}
		n--
	}
	return s, "", 0
}

// short cuts a text to n characters with an ellipsis.
func short(s string, n int) string {
	head, _, left := cutRunes(s, n)
	if left > 0 {
		return head + "…"
	}
	return head
}

// drawer turns the elements of messages into what a page shows.
type drawer struct {
	s      *Server
	ctx    context.Context
	app    *App
	people *people
}

func (d drawer) body(list []imclient.Element, depth int) []templates.MessageElement {
	var out []templates.MessageElement
	for _, e := range list {
		if v := d.element(e, depth); v != nil {
			out = append(out, v)
		}
	}
	return out
}

func (d drawer) element(e imclient.Element, depth int) templates.MessageElement {
	switch e := e.(type) {
	case imclient.Text:
		return d.text(e.Text)
	case imclient.Face:
		return d.face(e)
	case imclient.Location:
		return d.place(e)
	case imclient.Custom:
		return d.custom(e)
	case imclient.Image:
		return d.picture(e)
	case imclient.Sound:
		return templates.SoundView{Media: d.media(mediaSound, e.URL, "", clockLength(e.Length), d.bytes(e.Bytes))}
	case imclient.File:
		return d.file(e)
	case imclient.Video:
		return d.film(e)
	case imclient.Merged:
		return d.merged(e, depth)
	case imclient.Tip:
		return d.raw("info", "", i18n.T(d.ctx, "messages.kind.tip"), e.Raw)
	case imclient.Other:
		return d.raw("code", e.Type, i18n.T(d.ctx, "messages.unknown"), e.Raw)
	}
	return nil
}

// elementKind is the filter's word for an element.
func elementKind(e imclient.Element) string {
	switch e.(type) {
	case imclient.Text:
		return "text"
	case imclient.Face:
		return "face"
	case imclient.Location:
		return "location"
	case imclient.Custom:
		return "custom"
	case imclient.Image:
		return "image"
	case imclient.Sound:
		return "sound"
	case imclient.File:
		return "file"
	case imclient.Video:
		return "video"
	case imclient.Merged:
		return "merged"
	case imclient.Tip:
		return "tip"
	}
	return "other"
}

// plainText is what can be searched in a message.
func plainText(body []imclient.Element) string {
	var words []string
	for _, e := range body {
		switch e := e.(type) {
		case imclient.Text:
			words = append(words, e.Text)
		case imclient.Custom:
			words = append(words, e.Desc, e.Data, e.Ext)
		case imclient.File:
			words = append(words, e.Name)
		case imclient.Location:
			words = append(words, e.Desc)
		case imclient.Face:
			words = append(words, e.Data)
		case imclient.Merged:
			words = append(words, e.Title)
			words = append(words, e.Abstract...)
			for _, m := range e.Messages {
				words = append(words, plainText(m.Body))
			}
		case imclient.Tip:
			words = append(words, e.Raw)
		case imclient.Other:
			words = append(words, e.Raw)
		}
	}
	return strings.Join(words, "\n")
}

// gist is a message in few words.
func gist(ctx context.Context, body []imclient.Element) string {
	var words []string
	for _, e := range body {
		switch e := e.(type) {
		case imclient.Text:
			words = append(words, e.Text)
			continue
		case imclient.File:
			words = append(words, e.Name)
			continue
		}
		//i18n:uses messages.kind.*
		words = append(words, "["+i18n.T(ctx, "messages.kind."+elementKind(e))+"]")
	}
	return short(strings.Join(strings.Fields(strings.Join(words, " ")), " "), maxGist)
}

// webLink finds addresses in texts. They end before the marks that end a sentence, and before Chinese characters, which
// follow an address without a space.
var webLink = regexp.MustCompile("(?i)https?://[^\\s<>\"'`\\\\{}|^\u3000-\u303F\u4E00-\u9FFF\uFF00-\uFFEF\u200B-\u200F\u202A-\u202E\u2066-\u2069]+")

// textParts cuts a text into words and links.
func textParts(s string) []templates.TextPart {
	var parts []templates.TextPart
	for s != "" {
		at := webLink.FindStringIndex(s)
		if at == nil {
			break
		}
		start, end := at[0], at[0]+len(trimLink(s[at[0]:at[1]]))
		address := s[start:end]
		u, err := url.Parse(address)
		if err != nil || !isWeb(u) {
			address = ""
		}
		if start > 0 {
			parts = append(parts, templates.TextPart{Text: s[:start]})
		}
		parts = append(parts, templates.TextPart{Text: s[start:end], URL: address})
		s = s[end:]
	}
	if s != "" {
		parts = append(parts, templates.TextPart{Text: s})
	}
	return parts
}

// trimLink takes from the end of an address what belongs to the sentence around it: full stops and the like, and a bracket
// that was not opened in it.
func trimLink(s string) string {
	for {
		cut := strings.TrimRight(s, ".,;:!?'\"*_~")
		for _, pair := range []string{"()", "[]"} {
			if strings.HasSuffix(cut, pair[1:]) && strings.Count(cut, pair[:1]) < strings.Count(cut, pair[1:]) {
				cut = cut[:len(cut)-1]
			}
		}
		if cut == s {
			return s
		}
		s = cut
	}
}

func (d drawer) text(s string) templates.MessageElement {
	head, rest, left := cutRunes(s, maxShownText)
	if left > 0 {
		// A link that would be cut in two stays whole, behind the fold.
		if i := strings.LastIndexAny(head, " \n\t"); i > 0 && len(head)-i < 300 {
			head, rest = s[:i], s[i:]
			left = utf8.RuneCountInString(rest)
		}
	}
	return templates.TextView{Parts: textParts(head), Rest: textParts(rest), More: left}
}

func (d drawer) face(e imclient.Face) templates.MessageElement {
	index := strconv.FormatInt(e.Index, 10)
	if name := strings.TrimSpace(e.Data); name != "" && printable(name) {
		return templates.FaceView{Text: i18n.T(d.ctx, "messages.face_named", "index", index, "name", short(name, 80))}
	}
	return templates.FaceView{Text: i18n.T(d.ctx, "messages.face", "index", index)}
}

func (d drawer) place(e imclient.Location) templates.MessageElement {
	v := templates.PlaceView{Name: short(e.Desc, 300)}
	lat, lng := strconv.FormatFloat(e.Lat, 'f', -1, 64), strconv.FormatFloat(e.Lng, 'f', -1, 64)
	v.At = lat + ", " + lng
	if e.Lat >= -90 && e.Lat <= 90 && e.Lng >= -180 && e.Lng <= 180 {
		q := url.Values{"mlat": {lat}, "mlon": {lng}}
		v.URL = "https://www.openstreetmap.org/?" + q.Encode() + "#map=16/" + lat + "/" + lng
	}
	return v
}

// bytes is a size in words; "" if it is not known.
func (d drawer) bytes(n int64) string {
	if n <= 0 {
		return ""
	}
	return i18n.Bytes(d.ctx, n)
}

// clockLength writes the length of a sound or film, "0:14".
func clockLength(l time.Duration) string {
	s := int64(l / time.Second)
	switch {
	case s <= 0:
		return ""
	case s >= 3600:
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// dots puts the facts that are known after one another.
func dots(facts ...string) string {
	return strings.Join(slices.DeleteFunc(facts, func(s string) bool { return s == "" }), " · ")
}

// media is something that is fetched through the console.
func (d drawer) media(kind mediaKind, address, name string, facts ...string) templates.Media {
	link := d.s.media.link(d.app, kind, address, name)
	m := templates.Media{URL: link.URL, Name: short(name, 200), Detail: dots(facts...)}
	if link.URL != "" && !link.Known {
		m.Held = i18n.T(d.ctx, "messages.held", "host", short(link.Host, 80))
	}
	return m
}

func (d drawer) picture(e imclient.Image) templates.MessageElement {
	shown, full := pickSizes(e.Sizes)
	name := pictureName(full.URL)
	v := templates.PictureView{Alt: i18n.T(d.ctx, "messages.picture")}
	dimensions := ""
	if full.Width > 0 && full.Height > 0 {
		dimensions = fmt.Sprintf("%d × %d", full.Width, full.Height)
	}
	v.Media = d.media(mediaPicture, shown.URL, "", dimensions, d.bytes(full.Bytes))
	v.Name = name
	v.FullURL = d.s.media.link(d.app, mediaPicture, full.URL, "").URL
	v.Width, v.Height = fit(shown.Width, shown.Height)
	return v
}

// pickSizes chooses what is shown in the transcript and what a click opens: the smallest and the largest that have an
// address.
func pickSizes(sizes []imclient.ImageSize) (shown, full imclient.ImageSize) {
	rank := map[string]int{"thumb": 1, "large": 2, "original": 3}
	for _, s := range sizes {
		if s.URL == "" {
			if full.URL == "" && rank[s.Kind] > rank[full.Kind] {
				full = s // its measures are better than nothing
			}
			continue
		}
		if shown.URL == "" || rank[s.Kind] < rank[shown.Kind] {
			shown = s
		}
		if full.URL == "" || rank[s.Kind] > rank[full.Kind] {
			full = s
		}
	}
	return shown, full
}

// fit shrinks measures to what a transcript has room for.
func fit(w, h int) (int, int) {
	if w <= 0 || h <= 0 || w > 1<<20 || h > 1<<20 {
		return 0, 0
	}
	if w > pictureWidth {
		w, h = pictureWidth, h*pictureWidth/w
	}
	if h > pictureHeight {
		w, h = w*pictureHeight/h, pictureHeight
	}
	return max(w, 1), max(h, 1)
}

// pictureName is the name in an address, if it looks like one that a person gave.
func pictureName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	name := path.Base(u.Path)
	if !slices.Contains([]string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg"}, strings.ToLower(path.Ext(name))) || len(name) > 60 {
		return ""
	}
	return name
}

func (d drawer) film(e imclient.Video) templates.MessageElement {
	v := templates.FilmView{Media: d.media(mediaFilm, e.URL, "", clockLength(e.Length), d.bytes(e.Bytes), strings.ToUpper(short(e.Format, 10)))}
	if poster := d.s.media.link(d.app, mediaPicture, e.ThumbURL, ""); poster.Known {
		v.PosterURL = poster.URL
	}
	v.Width, v.Height = fit(e.ThumbW, e.ThumbH)
	return v
}

func (d drawer) file(e imclient.File) templates.MessageElement {
	ext := strings.ToUpper(strings.TrimPrefix(path.Ext(e.Name), "."))
	if len(ext) > 8 {
		ext = ""
	}
	return templates.FileView{Media: d.media(mediaFile, e.URL, fileNameOr(e.Name), d.bytes(e.Bytes), ext)}
}

// fileNameOr is a file's name as it is shown and saved; "" if it has none.
func fileNameOr(name string) string {
	if strings.TrimSpace(name) == "" {
		return ""
	}
	return fileName(name)
}

func (d drawer) merged(e imclient.Merged, depth int) templates.MessageElement {
	v := templates.MergedView{Title: short(e.Title, 200), Count: i18n.N(d.ctx, "messages.merged_count", max(e.Count, len(e.Messages)))}
	for _, line := range e.Abstract[:min(len(e.Abstract), maxRows)] {
		v.Lines = append(v.Lines, short(line, maxRowValue))
	}
	switch {
	case len(e.Messages) == 0 && e.Key != "":
		v.Note = i18n.T(d.ctx, "messages.merged_kept")
	case len(e.Messages) == 0:
		v.Note = short(e.Compat, maxRowValue)
	case depth == 0:
		v.Note = i18n.T(d.ctx, "messages.merged_deep")
		return v
	}
	for _, m := range e.Messages[:min(len(e.Messages), maxMergedRows)] {
		v.Rows = append(v.Rows, templates.MergedRow{Sender: orID(d.people.name(m.From), m.From), At: m.At, Body: d.body(m.Body, depth-1)})
	}
	return v
}

// custom shows data of the app as a table where it is JSON.
func (d drawer) custom(e imclient.Custom) templates.MessageElement {
	v := d.payload("code", i18n.T(d.ctx, "messages.kind.custom"), e.Data)
	for _, f := range []struct{ name, value string }{{"Desc", e.Desc}, {"Ext", e.Ext}} {
		if f.value != "" {
			v.Rows = append(v.Rows, templates.PayloadRow{Name: f.name, Parts: textParts(short(readable(f.value), maxRowValue))})
		}
	}
	v.Open = true
	return v
}

// raw is JSON of the service that this version does not understand.
func (d drawer) raw(icon, name, kind, data string) templates.MessageElement {
	return templates.PayloadView{
		Icon: icon, Name: short(name, 60), Kind: dots(kind, d.bytes(int64(len(data)))), Text: short(indentJSON(data), maxRaw),
	}
}

// payload shows data of any kind.
func (d drawer) payload(icon, kind, data string) templates.PayloadView {
	v := templates.PayloadView{Icon: icon, Kind: dots(kind, d.bytes(int64(len(data))))}
	fields, ok := jsonFields(data)
	if !ok {
		v.Text = short(readable(data), maxRaw)
		return v
	}
	for _, f := range fields {
		if v.Name == "" && slices.Contains(namingFields, f.name) && f.text {
			v.Name = short(f.value, 60)
		}
	}
	for _, f := range fields[:min(len(fields), maxRows)] {
		v.Rows = append(v.Rows, templates.PayloadRow{Name: short(f.name, 60), Parts: textParts(short(readable(f.value), maxRowValue))})
	}
	if len(fields) > maxRows {
		v.Rows = append(v.Rows, templates.PayloadRow{Name: "…", Parts: textParts(i18n.N(d.ctx, "messages.more_fields", len(fields)-maxRows))})
	}
	return v
}

// namingFields are where apps write what their data is. businessID is that of the vendor's own user interface kit.
var namingFields = []string{"businessID", "type", "cmd", "action", "event"}

// field is one value of a JSON object.
type field struct {
	name, value string
	text        bool // it was a string
}

// jsonFields reads the fields of an object in their order. Numbers stay as they are written: ids must not be rounded.
func jsonFields(data string) ([]field, bool) {
	dec := json.NewDecoder(strings.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	var fields []field
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, false
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, false
		}
		f := field{name: name.(string), value: string(value)} // names of an object are strings
		if json.Unmarshal(value, &f.value) == nil && value[0] == '"' {
			f.text = true
		} else {
			f.value = compactJSON(value)
		}
		fields = append(fields, f)
	}
	if _, err := dec.Token(); err != nil || dec.More() {
		return nil, false
	}
	return fields, true
}

func compactJSON(raw []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

func indentJSON(s string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(s), "", "  ") != nil {
		return readable(s)
	}
	return b.String()
}

// printable reports whether data is text.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f || r == utf8.RuneError
	})
}

// readable is data as text, or as a dump of its first bytes.
func readable(s string) string {
	if printable(s) {
		return s
	}
	return strings.TrimRight(hex.Dump([]byte(s[:min(len(s), maxDump)])), "\n")
}

// customData reads what the app keeps beside a message: a quote, in the shape of the vendor's user interface kit, and
// whatever else there is.
//
// Source: Tencent Cloud Chat, TUIKit, "messageReply" in CloudCustomData.
func (t *transcript) customData(data string) (*templates.QuoteView, *templates.PayloadView) {
	if strings.TrimSpace(data) == "" {
		return nil, nil
	}
	d := drawer{s: t.s, ctx: t.ctx, app: t.app, people: t.people}
	kind := i18n.T(t.ctx, "messages.cloud_data")
	fields, ok := jsonFields(data)
	at := slices.IndexFunc(fields, func(f field) bool { return f.name == "messageReply" })
	if ok && at >= 0 {
		var reply struct{ MessageSender, MessageAbstract string }
		if json.Unmarshal([]byte(fields[at].value), &reply) == nil && (reply.MessageSender != "" || reply.MessageAbstract != "") {
			quote := &templates.QuoteView{
				Sender: orID(t.people.name(reply.MessageSender), short(reply.MessageSender, 80)), Text: short(reply.MessageAbstract, maxRowValue),
			}
			if len(fields) == 1 {
				return quote, nil
			}
			v := d.payload("code", kind, data)
			return quote, &v
		}
	}
	v := d.payload("code", kind, data)
	return nil, &v
}

// tipInfo is what could be read out of a notice of the service. Its shape is not published, so names are compared without
// regard to case and underscores, and what is not understood is shown raw.
type tipInfo struct {
	op       string // "joined", "left", "kicked", "admin", "unadmin", "info" or "" if it is none of these
	operator string
	members  []string
	changes  []field
	raw      string
}

// tipOps are the words for what happened, in the notices and in the callbacks that tell of the same.
var tipOps = map[string]string{
	"joingroup": "joined", "join": "joined", "invite": "joined", "invited": "joined", "apply": "joined", "addgroupmember": "joined", "memberjoin": "joined",
	"quitgroup": "left", "quit": "left", "exit": "left", "memberexit": "left",
	"kickgroupmember": "kicked", "kick": "kicked", "kicked": "kicked", "deletegroupmember": "kicked",
	"setadmin": "admin", "canceladmin": "unadmin",
	"modifygroupinfo": "info", "groupinfochange": "info", "groupinfochanged": "info",
}

func readTip(body []imclient.Element) tipInfo {
	var t tipInfo
	for _, e := range body {
		tip, ok := e.(imclient.Tip)
		if !ok {
			continue
		}
		t.raw = indentJSON(tip.Raw)
		t.read(tip.Raw, 3)
	}
	return t
}

// read looks at an object, or at the first of a list of them.
func (t *tipInfo) read(raw string, depth int) {
	if depth == 0 {
		return
	}
	var list []json.RawMessage
	if json.Unmarshal([]byte(raw), &list) == nil {
		if len(list) > 0 {
			t.read(string(list[0]), depth-1)
		}
		return
	}
	fields, _ := jsonFields(raw)
	for _, f := range fields {
		switch strings.ToLower(strings.ReplaceAll(f.name, "_", "")) {
		case "optype", "operationtype", "jointype", "exittype", "tipstype":
			t.op = tipOps[strings.ToLower(f.value)]
		case "operatoraccount", "operatorid", "opmember", "opuser", "operator":
			t.operator = accountOf(f)
		case "memberaccount", "memberlist", "memberaccountlist", "newmemberlist", "exitmemberlist", "useridlist", "members":
			t.members = accountsOf(f)
		case "groupinfo", "groupchangeinfo", "newgroupinfo":
			if t.changes, _ = jsonFields(f.value); t.op == "" {
				t.op = "info"
			}
		case "msgcontent":
			t.read(f.value, depth-1)
		}
	}
}

// accountOf is an id, or the id in an object.
func accountOf(f field) string {
	if f.text {
		return f.value
	}
	inner, _ := jsonFields(f.value)
	for _, i := range inner {
		switch strings.ToLower(strings.ReplaceAll(i.name, "_", "")) {
		case "memberaccount", "account", "userid", "id":
			return i.value
		}
	}
	return ""
}

// accountsOf are the ids in a list of ids or of objects.
func accountsOf(f field) []string {
	var list []json.RawMessage
	if f.text || json.Unmarshal([]byte(f.value), &list) != nil {
		if id := accountOf(f); id != "" {
			return []string{id}
		}
		return nil
	}
	var ids []string
	for _, raw := range list {
		one := field{value: string(raw)}
		if json.Unmarshal(raw, &one.value) == nil {
			one.text = true
		}
		if id := accountOf(one); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// maxTipNames is how many people a sentence names.
const maxTipNames = 3

// tipSentence says in words what happened.
func tipSentence(ctx context.Context, name func(id string) string, tip tipInfo) templ.Component {
	shown := tip.members[:min(len(tip.members), maxTipNames)]
	names := make([]string, 0, len(shown))
	for _, id := range shown {
		names = append(names, orID(name(id), id))
	}
	members := templates.NameList(names, len(tip.members)-len(shown))
	actor := templates.NameList([]string{orID(name(tip.operator), tip.operator)}, 0)
	alone := tip.operator == "" || len(tip.members) == 1 && tip.members[0] == tip.operator
	switch {
	case tip.op == "info" && len(tip.changes) == 1 && tip.operator != "":
		return templates.Sentence("messages.tip.info_one", "actor", actor, "field", changedField(ctx, tip.changes[0].name),
			"value", templates.Name(short(tip.changes[0].value, 200)))
	case tip.op == "info" && tip.operator != "":
		var fields []string
		for _, f := range tip.changes[:min(len(tip.changes), maxRows)] {
			fields = append(fields, changedField(ctx, f.name))
		}
		return templates.Sentence("messages.tip.info", "actor", actor, "fields", strings.Join(fields, i18n.T(ctx, "messages.comma")))
	case tip.op == "" || len(tip.members) == 0:
		return templates.Sentence("messages.tip.other")
	case tip.op == "joined" && alone:
		return templates.Sentence("messages.tip.joined", "members", members)
	case tip.op == "left" || tip.op == "kicked" && alone:
		return templates.Sentence("messages.tip.left", "members", members)
	case alone:
		return templates.Sentence("messages.tip.other")
	}
	//i18n:uses messages.tip.by.*
	return templates.Sentence("messages.tip.by."+tip.op, "members", members, "actor", actor)
}

// changedField names what was changed of a group.
func changedField(ctx context.Context, name string) string {
	key := map[string]string{
		"name": "name", "groupname": "name", "introduction": "intro", "notification": "notice", "notice": "notice", "faceurl": "avatar",
	}[strings.ToLower(name)]
	if key == "" {
		return short(name, 40)
	}
	//i18n:uses messages.tip.field.*
	return i18n.T(ctx, "messages.tip.field."+key)
}
