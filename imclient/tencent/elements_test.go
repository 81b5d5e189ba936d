package tencent

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"imdesk/imclient"
)

// Elements as the vendor's page on message formats prints them.
const (
	textElem     = `{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello world"}}`
	locationElem = `{"MsgType":"TIMLocationElem","MsgContent":{"Desc":"someinfo","Latitude":29.340656774469956,"Longitude":116.77497920478824}}`
	faceElem     = `{"MsgType":"TIMFaceElem","MsgContent":{"Index":1,"Data":"content"}}`
	customElem   = `{"MsgType":"TIMCustomElem","MsgContent":{"Data":"message","Desc":"notification","Ext":"url","Sound":"dingdong.aiff"}}`
	soundElem    = `{"MsgType":"TIMSoundElem","MsgContent":{"Url":"https://1234-5678187359-1253735226.cos.ap-shanghai.myqcloud.com/abc123/c9be9d32c05bfb77b3edafa4312c6c7d","UUID":"1053D4B3D61040894AC3DE44CDF28B3EC7EB7C0F","Size":62351,"Second":1,"Download_Flag":2}}`
	imageElem    = `{"MsgType":"TIMImageElem","MsgContent":{"UUID":"1853095_D61040894AC3DE44CDFFFB3EC7EB720F","ImageFormat":1,"ImageInfoArray":[{"Type":1,"Size":1853095,"Width":2448,"Height":3264,"URL":"http://xxx/3200490432214177468_144115198371610486_D61040894AC3DE44CDFFFB3EC7EB720F/0"},{"Type":2,"Size":2565240,"Width":0,"Height":0,"URL":"http://xxx/720"},{"Type":3,"Size":12535,"Width":0,"Height":0,"URL":"http://xxx/198"}]}}`
	fileElem     = `{"MsgType":"TIMFileElem","MsgContent":{"Url":"https://7492-5678539059-1253735326.cos.ap-shanghai.myqcloud.com/abc123/49be9d32c0fbfba7b31dafa4312c6c7d","UUID":"1053D4B3D61040894AC3DE44CDF28B3EC7EB7C0F","FileSize":1773552,"FileName":"file:///private/var/Application/tmp/trim.B75D5F9B-1426-4913-8845-90DD46797FCD.MOV","Download_Flag":2}}`
	videoElem    = `{"MsgType":"TIMVideoFileElem","MsgContent":{"VideoUrl":"https://0345-1400187352-1256635546.cos.ap-shanghai.myqcloud.com/abcd/f7c6ad3c50af7d83e23efe0a208b90c9","VideoUUID":"5da38ba89d6521011e1f6f3fd6692e35","VideoSize":1194603,"VideoSecond":5,"VideoFormat":"mp4","VideoDownloadFlag":2,"ThumbUrl":"https://0345-1400187352-1256635546.cos.ap-shanghai.myqcloud.com/abcd/a6c170c9c599280cb06e0523d7a1f37b","ThumbUUID":"6edaffedef5150684510cf97957b7bc8","ThumbSize":13907,"ThumbWidth":720,"ThumbHeight":1280,"ThumbFormat":"JPG","ThumbDownloadFlag":2}}`
	relayElem    = `{"MsgType":"TIMRelayElem","MsgContent":{"Title":"Group chat history","MsgNum":2,"CompatibleText":"This version cannot show it","AbstractList":["A: hi","B: hello"],"MsgList":[{"From_Account":"A","GroupId":"@TGS#1","MsgSeq":12,"MsgRandom":3,"MsgTimeStamp":1700000000,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}],"CloudCustomData":"c"},{"From_Account":"B","To_Account":"A","MsgSeq":13,"MsgRandom":4,"MsgTimeStamp":1700000001,"MsgBody":[{"MsgType":"TIMFaceElem","MsgContent":{"Index":2,"Data":""}}]}]}}`
	relayKeyElem = `{"MsgType":"TIMRelayElem","MsgContent":{"Title":"Long","MsgNum":300,"CompatibleText":"","AbstractList":["A: hi"],"JsonMsgKey":"1341c57a84fa22d3"}}`
)

func TestDecodeElements(t *testing.T) {
	tests := []struct {
		name, body string
		want       []imclient.Element
	}{
		{"text", "[" + textElem + "]", []imclient.Element{imclient.Text{Text: "hello world"}}},
		{"location", "[" + locationElem + "]", []imclient.Element{imclient.Location{Desc: "someinfo", Lat: 29.340656774469956, Lng: 116.77497920478824}}},
		{"face", "[" + faceElem + "]", []imclient.Element{imclient.Face{Index: 1, Data: "content"}}},
		{"custom", "[" + customElem + "]", []imclient.Element{imclient.Custom{Data: "message", Desc: "notification", Ext: "url", Sound: "dingdong.aiff"}}},
		{"sound", "[" + soundElem + "]", []imclient.Element{imclient.Sound{
			URL: "https://1234-5678187359-1253735226.cos.ap-shanghai.myqcloud.com/abc123/c9be9d32c05bfb77b3edafa4312c6c7d",
			ID:  "1053D4B3D61040894AC3DE44CDF28B3EC7EB7C0F", Bytes: 62351, Length: time.Second,
		}}},
		{"image", "[" + imageElem + "]", []imclient.Element{imclient.Image{
			ID: "1853095_D61040894AC3DE44CDFFFB3EC7EB720F", Format: "jpg", Sizes: []imclient.ImageSize{
				{Kind: "original", Bytes: 1853095, Width: 2448, Height: 3264, URL: "http://xxx/3200490432214177468_144115198371610486_D61040894AC3DE44CDFFFB3EC7EB720F/0"},
				{Kind: "large", Bytes: 2565240, URL: "http://xxx/720"},
				{Kind: "thumb", Bytes: 12535, URL: "http://xxx/198"},
			},
		}}},
		{"file", "[" + fileElem + "]", []imclient.Element{imclient.File{
			URL: "https://7492-5678539059-1253735326.cos.ap-shanghai.myqcloud.com/abc123/49be9d32c0fbfba7b31dafa4312c6c7d",
			ID:  "1053D4B3D61040894AC3DE44CDF28B3EC7EB7C0F", Bytes: 1773552,
			Name: "file:///private/var/Application/tmp/trim.B75D5F9B-1426-4913-8845-90DD46797FCD.MOV",
		}}},
		{"video", "[" + videoElem + "]", []imclient.Element{imclient.Video{
			URL: "https://0345-1400187352-1256635546.cos.ap-shanghai.myqcloud.com/abcd/f7c6ad3c50af7d83e23efe0a208b90c9",
			ID:  "5da38ba89d6521011e1f6f3fd6692e35", Format: "mp4", Bytes: 1194603, Length: 5 * time.Second,
			ThumbURL: "https://0345-1400187352-1256635546.cos.ap-shanghai.myqcloud.com/abcd/a6c170c9c599280cb06e0523d7a1f37b", ThumbW: 720, ThumbH: 1280,
		}}},
		{"merged", "[" + relayElem + "]", []imclient.Element{imclient.Merged{
			Title: "Group chat history", Count: 2, Compat: "This version cannot show it", Abstract: []string{"A: hi", "B: hello"},
			Messages: []imclient.MergedMessage{
				{From: "A", Group: "@TGS#1", Seq: "12", At: time.Unix(1700000000, 0).UTC(), Body: []imclient.Element{imclient.Text{Text: "hi"}}},
				{From: "B", To: "A", Seq: "13", At: time.Unix(1700000001, 0).UTC(), Body: []imclient.Element{imclient.Face{Index: 2}}},
			},
		}}},
		{"merged, kept by the service", "[" + relayKeyElem + "]", []imclient.Element{imclient.Merged{
			Title: "Long", Count: 300, Abstract: []string{"A: hi"}, Key: "1341c57a84fa22d3",
		}}},
		{"several", "[" + textElem + "," + faceElem + "]", []imclient.Element{imclient.Text{Text: "hello world"}, imclient.Face{Index: 1, Data: "content"}}},
		{
			"media of an old client", `[{"MsgType":"TIMSoundElem","MsgContent":{"UUID":"305c","Size":62351,"Second":1}}]`,
			[]imclient.Element{imclient.Sound{ID: "305c", Bytes: 62351, Length: time.Second}},
		},
		{"numbers as texts", `[{"MsgType":"TIMFaceElem","MsgContent":{"Index":"7","Data":null}}]`, []imclient.Element{imclient.Face{Index: 7}}},
		{
			"an image of another format", `[{"MsgType":"TIMImageElem","MsgContent":{"UUID":"u","ImageFormat":255,"ImageInfoArray":null}}]`,
			[]imclient.Element{imclient.Image{ID: "u"}},
		},
		{"one element without a list", textElem, []imclient.Element{imclient.Text{Text: "hello world"}}},
		{
			"a type of next year", `[{"MsgType":"TIMStickerElem","MsgContent":{"Pack":1}}]`,
			[]imclient.Element{imclient.Other{Type: "TIMStickerElem", Raw: `{"MsgType":"TIMStickerElem","MsgContent":{"Pack":1}}`}},
		},
		{
			"a known type with content of another shape", `[{"MsgType":"TIMTextElem","MsgContent":"hi"}]`,
			[]imclient.Element{imclient.Other{Type: "TIMTextElem", Raw: `{"MsgType":"TIMTextElem","MsgContent":"hi"}`}},
		},
		{
			"a known type without content", `[{"MsgType":"TIMTextElem"}]`,
			[]imclient.Element{imclient.Other{Type: "TIMTextElem", Raw: `{"MsgType":"TIMTextElem"}`}},
		},
		{
			"a size that is no number", `[{"MsgType":"TIMFileElem","MsgContent":{"FileSize":"large"}}]`,
			[]imclient.Element{imclient.Other{Type: "TIMFileElem", Raw: `{"MsgType":"TIMFileElem","MsgContent":{"FileSize":"large"}}`}},
		},
		{"no type", `[{"a":1},2,"x",null]`, []imclient.Element{
			imclient.Other{Raw: `{"a":1}`}, imclient.Other{Raw: "2"}, imclient.Other{Raw: `"x"`}, imclient.Other{Raw: "null"},
		}},
		{"a text", `"free"`, []imclient.Element{imclient.Other{Raw: `"free"`}}},
		{"nothing", ``, nil},
		{"null", `null`, nil},
		{"an empty list", `[]`, []imclient.Element{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, decodeBody(json.RawMessage(tt.body))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMergedMessagesNestABoundedDepth(t *testing.T) {
	body := "[" + textElem + "]"
	for range 40 {
		body = `[{"MsgType":"TIMRelayElem","MsgContent":{"Title":"t","MsgList":[{"MsgBody":` + body + `}]}}]`
	}
	depth := 0
	for elements := decodeBody(json.RawMessage(body)); ; depth++ {
		merged, is := elements[0].(imclient.Merged)
		if !is {
			if other, is := elements[0].(imclient.Other); !is || other.Type != ElemRelay {
				t.Errorf("at the bottom is %T, want the rest as it came", elements[0])
			}
			break
		}
		elements = merged.Messages[0].Body
	}
	if depth != maxNesting {
		t.Errorf("%d levels were decoded, want %d", depth, maxNesting)
	}
}

// TestEncodeElements: what is decoded from the vendor's samples encodes to them again, byte for byte.
func TestEncodeElements(t *testing.T) {
	for name, sample := range map[string]string{
		"text": textElem, "location": locationElem, "face": faceElem, "custom": customElem, "sound": soundElem, "image": imageElem, "file": fileElem,
	} {
		t.Run(name, func(t *testing.T) {
			list, err := encodeBody(t.Context(), decodeBody(json.RawMessage(sample)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := encode(list)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("["+sample+"]", string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, e := range []imclient.Element{imclient.Tip{}, imclient.Other{Type: "x"}, imclient.Merged{}} {
		if _, err := encodeBody(t.Context(), []imclient.Element{e}); err == nil {
			t.Errorf("%T can be sent", e)
		}
	}
}

func FuzzDecodeBody(f *testing.F) {
	for _, sample := range []string{textElem, locationElem, faceElem, customElem, soundElem, imageElem, fileElem, videoElem, relayElem, relayKeyElem} {
		f.Add([]byte("[" + sample + "]"))
	}
	for _, odd := range []string{``, `null`, `{}`, `[1,"a",null]`, `{"MsgType":5}`, `[{"MsgType":"TIMRelayElem","MsgContent":{"MsgList":[{"MsgBody":{}}]}}]`} {
		f.Add([]byte(odd))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		body := decodeBody(raw)
		if len(raw) > 0 && json.Valid(raw) && strings.TrimSpace(string(raw)) != "null" && raw[0] != '[' && len(body) != 1 {
			t.Errorf("%s became %d elements", raw, len(body))
		}
		for _, e := range body {
			if e == nil {
				t.Fatalf("%s has an element that is nothing", raw)
			}
		}
		if !json.Valid(raw) || !utf8.Valid(raw) { // answers are made valid before they are taken apart
			return
		}
		list, err := encodeBody(t.Context(), body)
		if err != nil {
			return // Other and Merged cannot be sent
		}
		again, err := encode(list)
		if err != nil {
			t.Fatal(err)
		}
		// What can be sent survives the way out and back. Lengths in fractions of nothing and formats without a name do not exist.
		if got := decodeBody(again); len(body) > 0 && !reflect.DeepEqual(got, body) {
			t.Errorf("%s\nbecame    %#v\nsent as   %s\nread back %#v", raw, body, again, got)
		}
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{` + ok + `,"GroupInfo":[{"GroupId":"g","ErrorCode":0,"Type":"Public","NextMsgSeq":3,"MemberNum":"2","AppDefinedData":[{"Key":"a","Value":1}]}]}`))
	f.Add([]byte(historySample))
	f.Add([]byte(`{` + ok + `,"QueryResult":[{"To_Account":"a","State":"Online","Detail":null}]}`))
	f.Add([]byte(`{` + ok + `,"UserProfileItem":[{"To_Account":"a","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"x"}]}]}`))
	for _, g := range slices.Concat(goldens, goldenMessages, goldenPeople, goldenApp) {
		if g.answer != "" && g.answer[0] != '{' {
			f.Add([]byte(`{` + ok + `,` + g.answer + `}`))
		}
	}
	now := time.Unix(1700000000, 0)
	f.Fuzz(func(t *testing.T, data []byte) {
		var groups GetGroupInfoAnswer
		if v := judge(data, &groups); v.broken == nil {
			for _, g := range groups.GroupInfo {
				toGroup(g)
				toMembers(g.MemberList, now)
			}
		}
		var history GroupMsgGetSimpleAnswer
		if v := judge(data, &history); v.broken == nil {
			for _, m := range history.Messages() {
				if got := toMessage(m); got.State == imclient.MessageHole && got.Body != nil {
					t.Errorf("a hole has a body: %+v", got)
				}
			}
		}
		var members GetGroupMemberInfoAnswer
		if v := judge(data, &members); v.broken == nil {
			toMembers(members.MemberList, now)
		}
		var profiles PortraitGetAnswer
		if v := judge(data, &profiles); v.broken == nil {
			for _, p := range profiles.UserProfileItem {
				toUser(p)
			}
		}
		for _, c := range Commands() {
			answer := reflect.New(c.Answer).Interface()
			if v := judge(data, answer); v.broken == nil {
				useAnswer(answer)
			}
		}
		var muted GetGroupMutedAccountAnswer
		if v := judge(data, &muted); v.broken == nil {
			for _, a := range muted.Accounts() {
				if end := until(unix(a.Until()), now); !end.IsZero() && !end.After(now) {
					t.Errorf("a mute that ends at %v", end)
				}
			}
		}
	})
}

// useAnswer reads an answer as the client does.
func useAnswer(answer any) {
	switch r := answer.(type) {
	case *AdminGetRoamMsgAnswer:
		c := &client{api: &API{}}
		for _, m := range r.MsgList {
			c.toDirect(m)
		}
	case *FriendGetAnswer:
		for _, d := range r.UserDataItem {
			toFriend(string(d.ToAccount), d.ValueItem)
		}
	case *FriendCheckAnswer:
		for _, i := range r.InfoItem {
			_ = toRelation(i)
		}
	case *SearchContactGroupAnswer:
		for _, m := range r.ContactResultItem {
			toMarks("u", m, folderNames(r.GroupItem))
		}
	case *ContactGetListAnswer:
		contactCursor(r)
	case *GetKeyValuesAnswer:
		r.resume(0)
		for _, e := range r.ExtensionList {
			toExtension(e)
		}
	case *GetTopicAnswer:
		for _, i := range r.TopicAndSelfInfo {
			toTopic(i.TopicInfo)
		}
	case *GroupCounterAnswer:
		toCounters(r.GroupCounter)
	}
}

// historySample is a page of history: said, a tip of no published shape, recalled, a hole.
const historySample = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","GroupId":"@TGS#15ERQPAER","IsFinished":1,"RspMsgList":[` +
	`{"From_Account":"144115197276518801","IsPlaceMsg":0,"MsgBody":[{"MsgContent":{"Data":"\b","Index":1},"MsgType":"TIMFaceElem"}],"MsgPriority":1,"MsgRandom":51083293,"MsgSeq":7803321,"MsgTimeStamp":1458721802,"IsSystemMsg":0,"CloudCustomData":"x"},` +
	`{"From_Account":"@TIM#SYSTEM","IsPlaceMsg":0,"MsgBody":{"OpType":1,"Users":["a"]},"MsgPriority":2,"MsgRandom":0,"MsgSeq":7803320,"MsgTimeStamp":1458721797,"IsSystemMsg":1},` +
	`{"From_Account":"a ","IsPlaceMsg":2,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"buy"}}],"MsgPriority":3,"MsgRandom":5,"MsgSeq":7803319,"MsgTimeStamp":1458721790,"IsSystemMsg":0},` +
	`{"From_Account":"","IsPlaceMsg":1,"MsgBody":[],"MsgPriority":2,"MsgRandom":0,"MsgSeq":7803318,"MsgTimeStamp":0,"IsSystemMsg":0}]}`

func BenchmarkHistoryPage(b *testing.B) {
	var page strings.Builder
	page.WriteString(`{` + ok + `,"GroupId":"g","IsFinished":1,"RspMsgList":[`)
	for i := range 20 {
		if i > 0 {
			page.WriteByte(',')
		}
		page.WriteString(`{"From_Account":"user-123","IsPlaceMsg":0,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"A line of talk, as people write them, with 一些中文 in it"}}],"MsgPriority":2,"MsgRandom":51083293,"MsgSeq":7803321,"MsgTimeStamp":1458721802,"IsSystemMsg":0}`)
	}
	page.WriteString(`]}`)
	data := []byte(page.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var answer GroupMsgGetSimpleAnswer
		if v := judge(data, &answer); v.broken != nil || len(answer.RspMsgList) != 20 {
			b.Fatal(v.broken)
		}
		for _, m := range answer.Messages() {
			if len(toMessage(m).Body) != 1 {
				b.Fatal("no body")
			}
		}
	}
}
