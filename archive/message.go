package archive

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"imdesk/imclient"
	"imdesk/store"
)

// Ways in which messages come into the archive.
const (
	FromEvent   = "event"   // the service told of it when it was said
	FromHistory = "history" // it was read from the service later
	FromFile    = "file"    // it stood in a file that the service made of an hour
)

// link is what looks like an address on the web.
var link = regexp.MustCompile(`(?i)\bhttps?://|\bwww\.|\b[a-z0-9-]+\.(com|cn|net|org|io|top|xyz|vip|cc|me|app|shop|club|info|ru|de|uk)\b`)

// Message is a message as it is kept.
func Message(p store.Conversation, m imclient.Message, source string) store.Archived {
	a := store.Archived{Place: p, Key: m.ID, Sender: m.From, At: m.At, Text: TextOf(m.Body), Source: source}
	if n, err := strconv.ParseInt(m.Seq, 10, 64); err == nil && n > 0 && p.Group != "" {
		a.Seq, a.Counted = n, m.Seq == m.ID // one that is no name is a time
	}
	if m.State == imclient.MessageRecalled {
		a.State = store.ArchiveRecalled
	}
	for _, e := range m.Body {
		kind, bit := kindOf(e)
		a.Has |= bit
		if !strings.Contains(","+strings.Join(a.Types, ",")+",", ","+kind+",") {
			a.Types = append(a.Types, kind)
		}
	}
	if link.MatchString(a.Text) {
		a.Has |= store.HasLink
	}
	a.Body = encode(m.Body)
	return a
}

// kindOf names the type of an element as the pages do.
func kindOf(e imclient.Element) (kind string, bit int) {
	switch e.(type) {
	case imclient.Text:
		return "text", 0
	case imclient.Face:
		return "face", 0
	case imclient.Location:
		return "location", 0
	case imclient.Image:
		return "image", store.HasImage
	case imclient.Sound:
		return "sound", store.HasSound
	case imclient.File:
		return "file", store.HasFile
	case imclient.Video:
		return "video", store.HasVideo
	case imclient.Merged:
		return "merged", 0
	case imclient.Tip:
		return "tip", 0
	}
	return "custom", 0
}

// Types lists the names of kindOf that somebody would look for.
func Types() []string {
	return []string{"text", "image", "sound", "video", "file", "face", "location", "merged", "custom", "tip"}
}

// TextOf is what people read of a message.
func TextOf(body []imclient.Element) string {
	var parts []string
	for _, e := range body {
		switch e := e.(type) {
		case imclient.Text:
			parts = append(parts, e.Text)
		case imclient.Custom:
			parts = append(parts, e.Desc)
		case imclient.File:
			parts = append(parts, e.Name)
		case imclient.Location:
			parts = append(parts, e.Desc)
		case imclient.Merged:
			parts = append(parts, e.Title, strings.Join(e.Abstract, "\n"))
			for _, m := range e.Messages {
				parts = append(parts, TextOf(m.Body))
			}
		}
	}
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p)
	}
	return b.String()
}

// encode writes elements with their kinds.
func encode(body []imclient.Element) string {
	type element struct {
		Kind string           `json:"kind"`
		Is   imclient.Element `json:"is"`
	}
	list := make([]element, len(body))
	for i, e := range body {
		list[i].Kind, _ = kindOf(e)
		list[i].Is = e
	}
	b, err := json.Marshal(list)
	if err != nil {
		return "[]" // a number that is none, in data of the service's: the text is kept
	}
	return string(b)
}
