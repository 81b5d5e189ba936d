package archive

import (
	"encoding/json"
	"strconv"

	"imdesk/imclient"
	"imdesk/store"
)

// MessageOf is a message as it was kept, and as it was edited since.
func MessageOf(a store.Archived) imclient.Message {
	m := imclient.Message{ID: a.Key, From: a.Sender, At: a.At, Body: Elements(a.Body), State: imclient.MessageSaid}
	if a.Place.Group != "" && a.Seq > 0 {
		m.Seq = strconv.FormatInt(a.Seq, 10)
	} else {
		m.Seq = strconv.FormatInt(a.ID, 10) // the archive's own
	}
	if a.State == store.ArchiveRecalled {
		m.State = imclient.MessageRecalled
	}
	m.Tip = len(m.Body) > 0
	for _, e := range m.Body {
		if _, is := e.(imclient.Tip); !is {
			m.Tip = false
		}
	}
	return m
}

// Elements reads the body of a message as it was kept. What cannot be read, since it was cut, is left out.
func Elements(body string) []imclient.Element {
	var list []struct {
		Kind string          `json:"kind"`
		Is   json.RawMessage `json:"is"`
	}
	if json.Unmarshal([]byte(body), &list) != nil {
		return nil
	}
	var out []imclient.Element
	for _, e := range list {
		if is := element(e.Kind, e.Is); is != nil {
			out = append(out, is)
		}
	}
	return out
}

func element(kind string, b json.RawMessage) imclient.Element {
	switch kind {
	case "text":
		return read[imclient.Text](b)
	case "face":
		return read[imclient.Face](b)
	case "location":
		return read[imclient.Location](b)
	case "image":
		return read[imclient.Image](b)
	case "sound":
		return read[imclient.Sound](b)
	case "file":
		return read[imclient.File](b)
	case "video":
		return read[imclient.Video](b)
	case "tip":
		return read[imclient.Tip](b)
	case "merged":
		return merged(b)
	}
	var other struct{ Type, Raw string }
	if json.Unmarshal(b, &other) == nil && other.Type != "" {
		return imclient.Other{Type: other.Type, Raw: other.Raw}
	}
	return read[imclient.Custom](b)
}

func read[E imclient.Element](b json.RawMessage) imclient.Element {
	var e E
	if json.Unmarshal(b, &e) != nil {
		return nil
	}
	return e
}

// merged reads forwarded messages. Their bodies were kept without kinds: of each its text is left.
func merged(b json.RawMessage) imclient.Element {
	var m struct {
		Title    string
		Abstract []string
		Compat   string
		Count    int
		Key      string
		Messages []struct {
			From, Group, To, Seq string
			Body                 []struct{ Text, Desc, Name string }
		}
	}
	if json.Unmarshal(b, &m) != nil {
		return nil
	}
	out := imclient.Merged{Title: m.Title, Abstract: m.Abstract, Compat: m.Compat, Count: m.Count, Key: m.Key}
	for _, x := range m.Messages {
		one := imclient.MergedMessage{From: x.From, Group: x.Group, To: x.To, Seq: x.Seq}
		for _, e := range x.Body {
			if t := e.Text + e.Desc + e.Name; t != "" {
				one.Body = append(one.Body, imclient.Text{Text: t})
			}
		}
		out.Messages = append(out.Messages, one)
	}
	return out
}
