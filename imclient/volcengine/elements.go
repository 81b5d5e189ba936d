package volcengine

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"imdesk/imclient"
)

// content is the JSON inside a text message's Content.
type content struct {
	Text *string `json:"text"`
}

// bodyOf reads what a message says. Of the formats of pictures, films, files and sounds nothing is published: they are
// shown as they came.
func bodyOf(m Message) []imclient.Element {
	switch {
	case m.MsgType == msgText:
		var c content
		if json.Unmarshal([]byte(m.Content), &c) == nil && c.Text != nil {
			return []imclient.Element{imclient.Text{Text: *c.Text}}
		}
		if !strings.HasPrefix(strings.TrimSpace(string(m.Content)), "{") { // from a sender that does not keep to the format
			return []imclient.Element{imclient.Text{Text: string(m.Content)}}
		}
	case m.MsgType == msgCustom:
		return []imclient.Element{imclient.Custom{Data: string(m.Content)}}
	case m.MsgType >= msgSystem:
		return []imclient.Element{imclient.Tip{Raw: string(m.Content)}}
	}
	return []imclient.Element{imclient.Other{Type: strconv.FormatInt(int64(m.MsgType), 10), Raw: string(m.Content)}}
}

// writeBody is the type and the Content of a message. A message here is one element, a text or data of the app's own; an
// Other goes out as it came in.
func writeBody(ctx context.Context, body []imclient.Element) (int, string, error) {
	if len(body) != 1 {
		return 0, "", refuse(ctx, imclient.ErrInvalid, "a message has one element, not %d", len(body))
	}
	switch e := body[0].(type) {
	case imclient.Text:
		if e.Text == "" {
			break
		}
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(content{&e.Text}); err != nil {
			return 0, "", refuse(ctx, imclient.ErrInvalid, "text: %w", err)
		}
		return msgText, strings.TrimSpace(b.String()), nil
	case imclient.Custom:
		if e.Desc != "" || e.Ext != "" || e.Sound != "" {
			return 0, "", refuse(ctx, imclient.ErrUnsupported, "data of the app's own has no description, extension or sound here")
		}
		if e.Data != "" {
			return msgCustom, e.Data, nil
		}
	case imclient.Other:
		if n, err := strconv.Atoi(e.Type); err == nil && n > 0 && n < msgSystem {
			return n, e.Raw, nil
		}
	default:
		return 0, "", refuse(ctx, imclient.ErrUnsupported, "the format of such messages is not published")
	}
	return 0, "", refuse(ctx, imclient.ErrInvalid, "nothing to say")
}

// customKey holds, in a message's Ext, data that is no object of texts.
const customKey = "data"

// customOf is the app's data beside a message's body: what stands under customKey if that is all there is, else all of it
// as a JSON object.
func customOf(e Ext) string {
	list := fields(e)
	switch {
	case len(list) == 0:
		return ""
	case len(list) == 1 && list[0].Key == customKey:
		return list[0].Value
	}
	m := make(map[string]string, len(list))
	for _, f := range list {
		m[f.Key] = f.Value
	}
	b, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return string(b)
}

// extOf is a message's Ext for the app's data. Keys of now that are not in it any more are emptied: the service merges.
func extOf(custom string, now Ext) Ext {
	ext := Ext{}
	for k := range now {
		if !strings.HasPrefix(k, serviceKey) {
			ext[k] = ""
		}
	}
	var given map[string]string
	if json.Unmarshal([]byte(custom), &given) == nil && len(given) > 0 {
		for k, v := range given {
			ext[k] = v
		}
	} else if custom != "" {
		ext[customKey] = custom
	}
	if len(ext) == 0 {
		return nil
	}
	return ext
}

func messageOf(m Message) imclient.Message {
	out := imclient.Message{
		ID: string(m.MessageId), Seq: string(m.IndexInConversation), From: m.Sender.or(string(m.SenderStr)), At: millis(m.CreateTime),
		Tip: m.MsgType >= msgSystem, Body: bodyOf(m), Custom: customOf(m.Ext),
	}
	return out
}
