package tencent

import (
	"bytes"
	"encoding/json"
)

// elemField is one field of an element's content.
type elemField struct {
	number   bool
	required bool
	items    bool // an array of whatever
}

var (
	text     = elemField{}
	needText = elemField{required: true}
	number   = elemField{number: true}
	array    = elemField{items: true}
)

const customElem = "TIMCustomElem"

// elements are the kinds of message elements and the types of their fields. Older clients leave out much of the media
// fields, so few are required. Source: "Message formats", doc 33527.
var elements = map[string]map[string]elemField{
	"TIMTextElem":     {"Text": needText},
	"TIMLocationElem": {"Desc": text, "Latitude": {number: true, required: true}, "Longitude": {number: true, required: true}},
	"TIMFaceElem":     {"Index": number, "Data": text},
	customElem:        {"Data": text, "Desc": text, "Ext": text, "Sound": text},
	"TIMSoundElem":    {"Url": text, "UUID": text, "Size": number, "Second": number, "Download_Flag": number},
	"TIMImageElem":    {"UUID": text, "ImageFormat": number, "ImageInfoArray": array},
	"TIMFileElem":     {"Url": text, "UUID": text, "FileSize": number, "FileName": text, "Download_Flag": number},
	"TIMVideoFileElem": {
		"VideoUrl": text, "VideoUUID": text, "VideoSize": number, "VideoSecond": number, "VideoFormat": text, "VideoDownloadFlag": number,
		"ThumbUrl": text, "ThumbUUID": text, "ThumbSize": number, "ThumbWidth": number, "ThumbHeight": number, "ThumbFormat": text, "ThumbDownloadFlag": number,
	},
	"TIMRelayElem": {"Title": text, "MsgNum": number, "CompatibleText": text, "AbstractList": array, "MsgList": array, "JsonMsgKey": text},
}

// maxMsgBody is the largest MsgBody, in bytes as stored.
const maxMsgBody = 12_000

// bodyCodes are the codes for what may be wrong with a MsgBody; they differ between services.
type bodyCodes struct {
	missing, noArray, element, tooLong int
}

var (
	groupBody  = bodyCodes{codeGroupField, codeGroupField, codeGroupField, codeTooLong}
	openimBody = bodyCodes{90002, 90007, 90010, 93000}
)

// msgBody reads a required MsgBody and returns it without white space. Its length is not checked here: that has its own
// place in the order of checks.
func (f *fields) msgBody(codes bodyCodes) string {
	if _, ok := f.as(codes.missing).need("MsgBody"); !ok {
		return ""
	}
	var items []json.RawMessage
	if json.Unmarshal(f.raw["MsgBody"], &items) != nil {
		f.failWith(codes.noArray, "MsgBody", "is no array")
		return ""
	}
	if len(items) == 0 {
		f.failWith(codes.missing, "MsgBody", "is empty")
	}
	custom := 0
	for _, it := range items {
		e := f.as(codes.element).sub("MsgBody", it)
		if e == nil {
			return ""
		}
		if e.element() == customElem {
			custom++
		}
	}
	if custom > 1 {
		f.failWith(codes.element, "MsgBody", "has more than one "+customElem)
	}
	var b bytes.Buffer
	if json.Compact(&b, f.raw["MsgBody"]) != nil { // it was decoded before
		return ""
	}
	return b.String()
}

// element checks one element and returns its type.
func (f *fields) element() string {
	kind, content := f.str("MsgType"), f.optObj("MsgContent")
	known, ok := elements[kind]
	switch {
	case *f.err != nil:
		return ""
	case !ok:
		f.fail("MsgType", "is no element type")
		return ""
	case content == nil:
		f.fail("MsgContent", "is missing")
		return ""
	}
	for name, kind := range known {
		content.elemField(name, kind)
	}
	return kind
}

func (f *fields) elemField(name string, kind elemField) {
	if !f.has(name) {
		if kind.required {
			f.fail(name, "is missing")
		}
		return
	}
	switch raw := f.raw[name]; {
	case kind.items && raw[0] != '[', !kind.items && !kind.number && raw[0] != '"', kind.number && !isNumber(raw):
		f.fail(name, "has the wrong type")
	}
}

// isNumber reports whether raw is a number, or an integer as text.
func isNumber(raw json.RawMessage) bool {
	if raw[0] == '"' {
		_, ok := integer(raw)
		return ok
	}
	return raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
}
