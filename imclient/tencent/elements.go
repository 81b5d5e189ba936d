package tencent

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"imdesk/imclient"
)

// MsgElement is one element of a MsgBody. MsgContent is one of the content types below, or anything else that encodes
// to what the service knows under MsgType.
type MsgElement struct {
	MsgType    string
	MsgContent any
}

// The element types that the service knows. At most one TIMCustomElem stands in a message.
//
// Source: Tencent Cloud Chat, "Message Formats" (doc 33527).
const (
	ElemText     = "TIMTextElem"
	ElemLocation = "TIMLocationElem"
	ElemFace     = "TIMFaceElem"
	ElemCustom   = "TIMCustomElem"
	ElemSound    = "TIMSoundElem"
	ElemImage    = "TIMImageElem"
	ElemFile     = "TIMFileElem"
	ElemVideo    = "TIMVideoFileElem"
	ElemRelay    = "TIMRelayElem"
)

// TextContent is the content of a TIMTextElem.
type TextContent struct{ Text Str }

// LocationContent is the content of a TIMLocationElem.
type LocationContent struct {
	Desc      Str
	Latitude  Float
	Longitude Float
}

// FaceContent is the content of a TIMFaceElem.
type FaceContent struct {
	Index Int
	Data  Str
}

// CustomContent is the content of a TIMCustomElem.
type CustomContent struct {
	Data  Str
	Desc  Str // text of the push
	Ext   Str // payload of the push
	Sound Str
}

// SoundContent is the content of a TIMSoundElem. DownloadFlag must be 2. Clients before 4.x send no Url.
type SoundContent struct {
	Url          Str
	UUID         Str
	Size         Int
	Second       Int
	DownloadFlag Int `json:"Download_Flag"`
}

// ImageContent is the content of a TIMImageElem. ImageFormat: 1 JPG, 2 GIF, 3 PNG, 4 BMP, 255 other.
type ImageContent struct {
	UUID           Str
	ImageFormat    Int
	ImageInfoArray []ImageInfo
}

// ImageInfo is one size of an image. Type: 1 original, 2 large, 3 thumbnail.
type ImageInfo struct {
	Type   Int
	Size   Int
	Width  Int
	Height Int
	URL    Str
}

// FileContent is the content of a TIMFileElem. DownloadFlag must be 2.
type FileContent struct {
	Url          Str
	UUID         Str
	FileSize     Int
	FileName     Str
	DownloadFlag Int `json:"Download_Flag"`
}

// VideoContent is the content of a TIMVideoFileElem. VideoSecond is 0 from web clients. The flags must be 2.
type VideoContent struct {
	VideoUrl          Str
	VideoUUID         Str
	VideoSize         Int
	VideoSecond       Int
	VideoFormat       Str
	VideoDownloadFlag Int
	ThumbUrl          Str
	ThumbUUID         Str
	ThumbSize         Int
	ThumbWidth        Int
	ThumbHeight       Int
	ThumbFormat       Str
	ThumbDownloadFlag Int
}

// RelayContent is the content of a TIMRelayElem: messages forwarded as one, in MsgList if they take at most 12 KB
// together, else kept by the service under JsonMsgKey.
type RelayContent struct {
	Title          Str
	MsgNum         Int
	CompatibleText Str
	AbstractList   []Str
	MsgList        []RelayMessage `json:",omitempty"`
	JsonMsgKey     Str            `json:",omitempty"`
}

// RelayMessage is one message inside a TIMRelayElem.
type RelayMessage struct {
	FromAccount     Str `json:"From_Account"`
	ToAccount       Str `json:"To_Account,omitempty"`
	GroupId         Str `json:",omitempty"`
	MsgSeq          Int
	MsgRandom       Int
	MsgTimeStamp    Int
	MsgBody         json.RawMessage
	CloudCustomData Str `json:",omitempty"`
}

// maxNesting bounds merged messages inside merged messages. Clients nest a few levels; what is deeper comes out raw.
const maxNesting = 8

// rawElement is an element as it is read.
type rawElement struct {
	MsgType    Str
	MsgContent json.RawMessage
}

// decodeBody reads a MsgBody. It never fails: what is not understood becomes Other with its JSON. An object stands for
// a list of one; null and nothing for an empty list.
func decodeBody(raw json.RawMessage) []imclient.Element { return decodeNested(raw, maxNesting) }

func decodeNested(raw json.RawMessage, depth int) []imclient.Element {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	if body, ok := decodeList(raw, depth); ok {
		return body
	}
	var list []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	body := make([]imclient.Element, 0, len(list))
	for _, item := range list {
		body = append(body, decodeElement(item, depth))
	}
	return body
}

// decodeList reads a list of elements that are all understood, which is what nearly every message has.
func decodeList(raw json.RawMessage, depth int) ([]imclient.Element, bool) {
	var list []rawElement
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	body := make([]imclient.Element, 0, len(list))
	for _, e := range list {
		element := decodeContent(string(e.MsgType), e.MsgContent, depth)
		if element == nil {
			return nil, false
		}
		body = append(body, element)
	}
	return body, true
}

func decodeElement(raw json.RawMessage, depth int) imclient.Element {
	var e rawElement
	if err := json.Unmarshal(raw, &e); err != nil || e.MsgType == "" {
		return imclient.Other{Raw: string(raw)}
	}
	if element := decodeContent(string(e.MsgType), e.MsgContent, depth); element != nil {
		return element
	}
	return imclient.Other{Type: string(e.MsgType), Raw: string(raw)}
}

// decodeContent returns nil for what it does not understand.
func decodeContent(typ string, raw json.RawMessage, depth int) imclient.Element {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	switch typ {
	case ElemText:
		return decodeAs(raw, func(c TextContent) imclient.Element { return imclient.Text{Text: string(c.Text)} })
	case ElemLocation:
		return decodeAs(raw, func(c LocationContent) imclient.Element {
			return imclient.Location{Desc: string(c.Desc), Lat: float64(c.Latitude), Lng: float64(c.Longitude)}
		})
	case ElemFace:
		return decodeAs(raw, func(c FaceContent) imclient.Element {
			return imclient.Face{Index: int64(c.Index), Data: string(c.Data)}
		})
	case ElemCustom:
		return decodeAs(raw, func(c CustomContent) imclient.Element {
			return imclient.Custom{Data: string(c.Data), Desc: string(c.Desc), Ext: string(c.Ext), Sound: string(c.Sound)}
		})
	case ElemSound:
		return decodeAs(raw, func(c SoundContent) imclient.Element {
			return imclient.Sound{URL: string(c.Url), ID: string(c.UUID), Bytes: int64(c.Size), Length: length(c.Second)}
		})
	case ElemImage:
		return decodeAs(raw, decodeImage)
	case ElemFile:
		return decodeAs(raw, func(c FileContent) imclient.Element {
			return imclient.File{URL: string(c.Url), ID: string(c.UUID), Name: string(c.FileName), Bytes: int64(c.FileSize)}
		})
	case ElemVideo:
		return decodeAs(raw, func(c VideoContent) imclient.Element {
			return imclient.Video{
				URL: string(c.VideoUrl), ID: string(c.VideoUUID), Format: string(c.VideoFormat), Bytes: int64(c.VideoSize),
				Length: length(c.VideoSecond), ThumbURL: string(c.ThumbUrl), ThumbW: int(c.ThumbWidth), ThumbH: int(c.ThumbHeight),
			}
		})
	case ElemRelay:
		if depth == 0 {
			return nil
		}
		return decodeAs(raw, func(c RelayContent) imclient.Element { return decodeRelay(c, depth) })
	}
	return nil
}

// decodeAs decodes a content and builds the element, or returns nil.
func decodeAs[C any](raw json.RawMessage, build func(C) imclient.Element) imclient.Element {
	var c C
	if json.Unmarshal(raw, &c) != nil {
		return nil
	}
	return build(c)
}

// length turns seconds into a duration; nonsense counts as unknown.
func length(s Int) time.Duration {
	if s < 0 || s > 1<<31 {
		return 0
	}
	return time.Duration(s) * time.Second
}

var (
	imageFormats = map[Int]string{1: "jpg", 2: "gif", 3: "png", 4: "bmp"}
	imageKinds   = map[Int]string{1: "original", 2: "large", 3: "thumb"}
)

func decodeImage(c ImageContent) imclient.Element {
	image := imclient.Image{ID: string(c.UUID), Format: imageFormats[c.ImageFormat]}
	for _, i := range c.ImageInfoArray {
		image.Sizes = append(image.Sizes, imclient.ImageSize{
			Kind: imageKinds[i.Type], URL: string(i.URL), Width: int(i.Width), Height: int(i.Height), Bytes: int64(i.Size),
		})
	}
	return image
}

func decodeRelay(c RelayContent, depth int) imclient.Element {
	merged := imclient.Merged{Title: string(c.Title), Compat: string(c.CompatibleText), Count: int(c.MsgNum), Key: string(c.JsonMsgKey)}
	for _, line := range c.AbstractList {
		merged.Abstract = append(merged.Abstract, string(line))
	}
	for _, m := range c.MsgList {
		merged.Messages = append(merged.Messages, imclient.MergedMessage{
			From: string(m.FromAccount), Group: string(m.GroupId), To: string(m.ToAccount), Seq: itoa(m.MsgSeq),
			At: unix(m.MsgTimeStamp), Body: decodeNested(m.MsgBody, depth-1),
		})
	}
	return merged
}

// encodeBody writes elements as the service takes them. ErrInvalid for an element that only the service makes.
func encodeBody(ctx context.Context, body []imclient.Element) ([]MsgElement, error) {
	list := make([]MsgElement, 0, len(body))
	for _, e := range body {
		m, ok := encodeElement(e)
		if !ok {
			return nil, refuse(ctx, imclient.ErrInvalid, "an element of type %T cannot be sent", e)
		}
		list = append(list, m)
	}
	return list, nil
}

// mustDownload is the value that the Download_Flag fields must have.
const mustDownload = 2

func encodeElement(e imclient.Element) (MsgElement, bool) {
	switch e := e.(type) {
	case imclient.Text:
		return MsgElement{ElemText, TextContent{Str(e.Text)}}, true
	case imclient.Location:
		return MsgElement{ElemLocation, LocationContent{Str(e.Desc), Float(e.Lat), Float(e.Lng)}}, true
	case imclient.Face:
		return MsgElement{ElemFace, FaceContent{Int(e.Index), Str(e.Data)}}, true
	case imclient.Custom:
		return MsgElement{ElemCustom, CustomContent{Str(e.Data), Str(e.Desc), Str(e.Ext), Str(e.Sound)}}, true
	case imclient.Sound:
		return MsgElement{ElemSound, SoundContent{Str(e.URL), Str(e.ID), Int(e.Bytes), Int(e.Length / time.Second), mustDownload}}, true
	case imclient.File:
		return MsgElement{ElemFile, FileContent{Str(e.URL), Str(e.ID), Int(e.Bytes), Str(e.Name), mustDownload}}, true
	case imclient.Image:
		return MsgElement{ElemImage, encodeImage(e)}, true
	case imclient.Video:
		return MsgElement{ElemVideo, VideoContent{
			VideoUrl: Str(e.URL), VideoUUID: Str(e.ID), VideoSize: Int(e.Bytes), VideoSecond: Int(e.Length / time.Second),
			VideoFormat: Str(e.Format), VideoDownloadFlag: mustDownload, ThumbUrl: Str(e.ThumbURL),
			ThumbWidth: Int(e.ThumbW), ThumbHeight: Int(e.ThumbH), ThumbDownloadFlag: mustDownload,
		}}, true
	}
	return MsgElement{}, false
}

func encodeImage(e imclient.Image) ImageContent {
	c := ImageContent{UUID: Str(e.ID), ImageFormat: 255, ImageInfoArray: []ImageInfo{}}
	for n, name := range imageFormats {
		if name == e.Format {
			c.ImageFormat = n
		}
	}
	for _, s := range e.Sizes {
		info := ImageInfo{Size: Int(s.Bytes), Width: Int(s.Width), Height: Int(s.Height), URL: Str(s.URL)}
		for n, name := range imageKinds {
			if name == s.Kind {
				info.Type = n
			}
		}
		c.ImageInfoArray = append(c.ImageInfoArray, info)
	}
	return c
}
