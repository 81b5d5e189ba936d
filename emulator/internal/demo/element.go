package demo

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
)

// elem is one element of a MsgBody. Source: "Message formats", doc 33527.
type elem struct {
	MsgType    string
	MsgContent any
}

type textContent struct{ Text string }

type faceContent struct {
	Index int
	Data  string
}

type placeContent struct {
	Desc                string
	Latitude, Longitude float64
}

type customContent struct{ Data, Desc, Ext, Sound string }

type soundContent struct {
	Url, UUID    string
	Size, Second int
	DownloadFlag int `json:"Download_Flag"`
}

type imageContent struct {
	UUID           string
	ImageFormat    int
	ImageInfoArray []imageInfo
}

type imageInfo struct {
	Type, Size, Width, Height int
	URL                       string
}

type fileContent struct {
	Url, UUID    string
	FileSize     int
	FileName     string
	DownloadFlag int `json:"Download_Flag"`
}

type videoContent struct {
	VideoUrl, VideoUUID                string
	VideoSize, VideoSecond             int
	VideoFormat                        string
	VideoDownloadFlag                  int
	ThumbUrl, ThumbUUID                string
	ThumbSize, ThumbWidth, ThumbHeight int
	ThumbFormat                        string
	ThumbDownloadFlag                  int
}

type relayContent struct {
	Title          string
	MsgNum         int
	CompatibleText string
	AbstractList   []string
	MsgList        []relayed
}

type relayed struct {
	FromAccount     string `json:"From_Account"`
	GroupId         string
	MsgSeq          int64
	MsgRandom       uint32
	MsgTimeStamp    int64
	MsgBody         []elem
	CloudCustomData string `json:",omitempty"`
}

func text(s string) elem { return elem{"TIMTextElem", textContent{s}} }

// maker makes elements. What it makes up comes from rng alone.
type maker struct {
	rng   *rand.Rand
	media string // prefix of media addresses
}

// element makes what a script calls for in brackets: name and arguments. forward is made elsewhere, for it needs messages.
func (m *maker) element(name, args string) (elem, error) {
	arg := func(i int) string {
		if f := strings.Fields(args); i < len(f) {
			return f[i]
		}
		return ""
	}
	switch name {
	case "photo", "poster", "shot", "gif":
		return m.image(name, args)
	case "sound":
		n, err := strconv.Atoi(arg(0))
		return m.sound(n), err
	case "video":
		n, err := strconv.Atoi(arg(0))
		return m.video(n), err
	case "file":
		size, fileName, ok := strings.Cut(args, " ")
		n, err := bytesOf(size)
		if err != nil || !ok {
			return elem{}, fmt.Errorf("[file %s] is not [file SIZE NAME]", args)
		}
		return m.file(fileName, n), nil
	case "face":
		index, data, _ := strings.Cut(args, " ")
		n, err := strconv.Atoi(index)
		return elem{"TIMFaceElem", faceContent{n, data}}, err
	case "place":
		return m.place(args)
	case "gift":
		n, err := strconv.Atoi(arg(1))
		return m.gift(arg(0), n), err
	case "ticket":
		return m.ticket(args), nil
	case "order":
		return m.order(args), nil
	}
	return elem{}, fmt.Errorf("no element is called %q", name)
}

// bytesOf reads 2.4M or 182K.
func bytesOf(s string) (int, error) {
	unit := 1
	switch {
	case strings.HasSuffix(s, "K"):
		unit = 1 << 10
	case strings.HasSuffix(s, "M"):
		unit = 1 << 20
	}
	f, err := strconv.ParseFloat(strings.TrimRight(s, "KM"), 64)
	return int(f * float64(unit)), err
}

func (m *maker) uuid(suffix string) string {
	return fmt.Sprintf("%08x%08x%08x%08x%s", m.rng.Uint32(), m.rng.Uint32(), m.rng.Uint32(), m.rng.Uint32(), suffix)
}

// picture is the address of a picture of n bytes. Media serves it from nothing but the address.
func (m *maker) picture(style string, seed, w, h, n int, ext string) string {
	return fmt.Sprintf("%s/media/%s/%d-%dx%d-%d.%s", m.media, style, seed, w, h, n, ext)
}

func (m *maker) image(style, args string) (elem, error) {
	w, h := 1080, 1440
	if args != "" {
		if _, err := fmt.Sscanf(args, "%dx%d", &w, &h); err != nil {
			return elem{}, fmt.Errorf("[%s %s]: %w", style, args, err)
		}
	}
	ext, format, seed := "jpg", 1, m.rng.IntN(1000)
	switch style {
	case "poster", "shot":
		ext, format = "png", 3
	case "gif":
		ext, format, w, h = "gif", 2, 240, 240
	}
	id := m.uuid("." + ext)
	c := imageContent{UUID: id, ImageFormat: format}
	for i, edge := range []int{max(w, h), 720, 198} { // original, large, thumbnail
		iw, ih := fit(w, h, edge)
		n := smallest(ext, iw, ih) + m.rng.IntN(iw*ih/8+1000)
		c.ImageInfoArray = append(c.ImageInfoArray, imageInfo{Type: i + 1, Size: n, Width: iw, Height: ih, URL: m.picture(style, seed, iw, ih, n, ext)})
	}
	return elem{"TIMImageElem", c}, nil
}

// fit scales w and h so that neither exceeds edge.
func fit(w, h, edge int) (int, int) {
	if long := max(w, h); long > edge {
		return max(w*edge/long, 1), max(h*edge/long, 1)
	}
	return w, h
}

func (m *maker) sound(seconds int) elem {
	n := soundSize(seconds)
	return elem{"TIMSoundElem", soundContent{
		Url: fmt.Sprintf("%s/media/sound/%d-%ds.wav", m.media, m.rng.IntN(1000), seconds), UUID: m.uuid(".wav"), Size: n, Second: seconds, DownloadFlag: 2,
	}}
}

func (m *maker) video(seconds int) elem {
	n := 300_000 + m.rng.IntN(1_500_000)
	w, h := 320, 180
	thumb := smallest("jpg", w, h) + m.rng.IntN(2000)
	return elem{"TIMVideoFileElem", videoContent{
		VideoUrl: fmt.Sprintf("%s/media/video/%ds-%d.mp4", m.media, seconds, n), VideoUUID: m.uuid(".mp4"),
		VideoSize: n, VideoSecond: seconds, VideoFormat: "mp4", VideoDownloadFlag: 2,
		ThumbUrl: m.picture("photo", m.rng.IntN(1000), w, h, thumb, "jpg"), ThumbUUID: m.uuid(".jpg"),
		ThumbSize: thumb, ThumbWidth: w, ThumbHeight: h, ThumbFormat: "JPG", ThumbDownloadFlag: 2,
	}}
}

func (m *maker) file(name string, n int) elem {
	return elem{"TIMFileElem", fileContent{
		Url: fmt.Sprintf("%s/media/file/%d/%s", m.media, n, url.PathEscape(name)), UUID: m.uuid(""), FileSize: n, FileName: name, DownloadFlag: 2,
	}}
}

func (m *maker) place(args string) (elem, error) {
	f := strings.SplitN(args, " ", 3)
	if len(f) < 3 {
		return elem{}, fmt.Errorf("[place %s] is not [place LATITUDE LONGITUDE NAME]", args)
	}
	lat, err := strconv.ParseFloat(f[0], 64)
	if err != nil {
		return elem{}, err
	}
	long, err := strconv.ParseFloat(f[1], 64)
	return elem{"TIMLocationElem", placeContent{Desc: f[2], Latitude: lat, Longitude: long}}, err
}

// custom makes a custom element whose Data is JSON.
func custom(desc, ext string, data any) elem {
	return elem{"TIMCustomElem", customContent{Data: jsonText(data), Desc: desc, Ext: ext}}
}

func (m *maker) gift(name string, n int) elem {
	return custom("[礼物] "+name, "gift", struct {
		Type    string `json:"type"`
		Version int    `json:"v"`
		Name    string `json:"name"`
		Count   int    `json:"count"`
		Coins   int    `json:"coins"`
	}{"gift", 1, name, n, n * (1 + m.rng.IntN(50))})
}

func (m *maker) ticket(title string) elem {
	id := 400 + m.rng.IntN(90)
	return custom("[门票] "+title, "ticket_card", struct {
		Type    string `json:"type"`
		Version int    `json:"v"`
		Title   string `json:"title"`
		Left    int    `json:"left"`
		URL     string `json:"url"`
	}{"ticket_card", 1, title, m.rng.IntN(300), fmt.Sprintf("https://tickets.harborlive.example/n/%d", id)})
}

func (m *maker) order(title string) elem {
	type item struct {
		SKU   string  `json:"sku"`
		Name  string  `json:"name"`
		Qty   int     `json:"qty"`
		Price float64 `json:"price"`
	}
	cents := 500 + m.rng.IntN(30_000)
	first := item{fmt.Sprintf("HL-%05d", m.rng.IntN(100_000)), title, 1 + m.rng.IntN(5), float64(cents) / 100}
	status := []string{"paid", "shipped", "waiting", "refunding", "done"}[m.rng.IntN(5)]
	return custom("[订单] "+title, "order", struct {
		Type     string  `json:"type"`
		OrderID  string  `json:"order_id"`
		Status   string  `json:"status"`
		Currency string  `json:"currency"`
		Total    float64 `json:"total"`
		Items    []item  `json:"items"`
		Note     *string `json:"note"`
	}{"order", "HL" + strconv.Itoa(100_000+m.rng.IntN(900_000)), status, "CNY", float64(cents*first.Qty) / 100, []item{first}, nil})
}

// abstract is what a quote or a forwarded list shows of a message.
func abstract(body []elem) string {
	for _, e := range body {
		switch c := e.MsgContent.(type) {
		case textContent:
			return cut(c.Text, 60)
		case imageContent:
			return "[图片]"
		case soundContent:
			return "[语音]"
		case videoContent:
			return "[视频]"
		case fileContent:
			return "[文件] " + c.FileName
		case placeContent:
			return "[位置] " + c.Desc
		case faceContent:
			return "[表情]"
		case customContent:
			return c.Desc
		case relayContent:
			return "[聊天记录]"
		}
	}
	return ""
}

// cut shortens s to at most n characters.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// quote is the CloudCustomData of a reply, as the vendor's own UI kit writes it.
func quote(id, sender, abstract string, seq, at int64) string {
	type reply struct {
		MessageAbstract string `json:"messageAbstract"`
		MessageID       string `json:"messageID"`
		MessageSender   string `json:"messageSender"`
		MessageSequence int64  `json:"messageSequence"`
		MessageTime     int64  `json:"messageTime"`
		MessageType     int    `json:"messageType"`
		Version         string `json:"version"`
	}
	return jsonText(struct {
		MessageReply reply `json:"messageReply"`
	}{reply{abstract, id, sender, seq, at, 1, "1"}})
}
