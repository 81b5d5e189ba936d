package demo

import (
	"archive/zip"
	"bytes"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// Short films of a light that wanders over a stage, 8, 15 and 24 seconds long: VP9 in MP4, which all browsers play.
//
//go:embed clips/*.mp4
var clips embed.FS

const (
	maxMedia  = 16 << 20 // bytes
	maxPixels = 4 << 20
	soundRate = 8000 // samples of one byte a second
	soundHead = 44
)

// Media serves the pictures, sounds, films and files that Seed and Talk put into messages, under /media/. It keeps
// nothing: each is made from its address, which also says how large it is, so that it matches its message.
func Media() http.Handler {
	mux := http.NewServeMux()
	serve := func(pattern string, draw func(r *http.Request) ([]byte, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			b, err := draw(r)
			if err != nil {
				http.Error(w, "no such media", http.StatusNotFound)
				return
			}
			name := path.Base(r.URL.Path)
			h := w.Header()
			h.Set("Content-Type", contentType(name))
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Content-Security-Policy", "default-src 'none'")
			h.Set("Cross-Origin-Resource-Policy", "cross-origin")
			http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
		})
	}
	for _, style := range []string{"photo", "poster", "shot", "gif"} {
		serve("GET /media/"+style+"/{name}", func(r *http.Request) ([]byte, error) { return drawPicture(style, r.PathValue("name")) })
	}
	for _, shape := range []string{"face", "group"} {
		serve("GET /media/"+shape+"/{name}", func(r *http.Request) ([]byte, error) { return drawFace(shape, r.PathValue("name")) })
	}
	serve("GET /media/sound/{name}", func(r *http.Request) ([]byte, error) { return drawSound(r.PathValue("name")) })
	serve("GET /media/video/{name}", func(r *http.Request) ([]byte, error) { return drawVideo(r.PathValue("name")) })
	serve("GET /media/file/{size}/{name}", func(r *http.Request) ([]byte, error) { return drawFile(r.PathValue("size"), r.PathValue("name")) })
	return mux
}

// contentType does not ask the machine's own table, which differs from machine to machine.
func contentType(name string) string {
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".jpg":
		return "image/jpeg"
	case ".png", ".gif":
		return "image/" + ext[1:]
	case ".svg":
		return "image/svg+xml"
	case ".wav":
		return "audio/wav"
	case ".mp4":
		return "video/mp4"
	case ".pdf":
		return "application/pdf"
	case ".zip":
		return "application/zip"
	case ".csv":
		return mime.FormatMediaType("text/csv", map[string]string{"charset": "utf-8"})
	case ".txt", ".log":
		return mime.FormatMediaType("text/plain", map[string]string{"charset": "utf-8"})
	}
	return "application/octet-stream"
}

var errNoMedia = errors.New("no such media")

// drawPicture draws SEED-WIDTHxHEIGHT-BYTES.EXT.
func drawPicture(style, name string) ([]byte, error) {
	var seed, w, h, n int
	var ext string
	if _, err := fmt.Sscanf(name, "%d-%dx%d-%d.%s", &seed, &w, &h, &n, &ext); err != nil {
		return nil, errNoMedia
	}
	if w < 1 || h < 1 || w > 1<<14 || h > 1<<14 || w*h > maxPixels || n > maxMedia {
		return nil, errNoMedia
	}
	var b bytes.Buffer
	var err error
	switch {
	case ext == "jpg" && style == "photo":
		err = jpeg.Encode(&b, landscape(seed, w, h), &jpeg.Options{Quality: 60})
		return pad(b.Bytes(), n, padJPEG), err
	case ext == "png" && style == "poster":
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, poster(seed, w, h))
		return pad(b.Bytes(), n, padPNG), err
	case ext == "png" && style == "shot":
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, screenshot(seed, w, h))
		return pad(b.Bytes(), n, padPNG), err
	case ext == "gif" && style == "gif":
		err = gif.EncodeAll(&b, pulse(seed, w, h))
		return pad(b.Bytes(), n, padGIF), err
	}
	return nil, errNoMedia
}

// smallest is a size in bytes that a picture surely fits in.
func smallest(ext string, w, h int) int {
	switch ext {
	case "jpg":
		return 2500 + w*h/9
	case "gif":
		return 2500 + w*h/3
	}
	return 1000 + w*h/40 + h*10
}

// pad makes b exactly n bytes long with fill, if it is not longer already.
func pad(b []byte, n int, fill func(b []byte, more int) []byte) []byte {
	if n-len(b) < 16 {
		return b
	}
	return fill(b, n-len(b))
}

// padJPEG adds comments behind the start marker. Each takes 4 bytes and up to 65,533 more.
func padJPEG(b []byte, more int) []byte {
	out := append(make([]byte, 0, len(b)+more), b[:2]...)
	for more > 0 {
		n := min(more, 65_537)
		if left := more - n; left > 0 && left < 4 {
			n -= 4
		}
		out = append(out, 0xff, 0xfe)
		out = binary.BigEndian.AppendUint16(out, uint16(n-2))
		out = append(out, make([]byte, n-4)...)
		more -= n
	}
	return append(out, b[2:]...)
}

// padPNG adds a chunk that readers pass over before the last one, which is 12 bytes long.
func padPNG(b []byte, more int) []byte {
	end := len(b) - 12
	out := append(make([]byte, 0, len(b)+more), b[:end]...)
	chunk := append([]byte("fiLl"), make([]byte, more-12)...)
	out = binary.BigEndian.AppendUint32(out, uint32(more-12))
	out = append(out, chunk...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
	return append(out, b[end:]...)
}

// padGIF adds a comment before the last byte: 3 bytes and blocks of 2 to 256.
func padGIF(b []byte, more int) []byte {
	end := len(b) - 1
	out := append(make([]byte, 0, len(b)+more), b[:end]...)
	out = append(out, 0x21, 0xfe)
	for more -= 3; more > 0; {
		n := min(more, 256)
		if more-n == 1 {
			n--
		}
		out = append(out, byte(n-1))
		out = append(out, make([]byte, n-1)...)
		more -= n
	}
	return append(append(out, 0), b[end:]...)
}

// tone is colour i of a picture: hues go around from the seed.
func tone(seed, i int, light float64) color.RGBA {
	hue := math.Mod(float64(seed)*0.618+float64(i)*0.11, 1) * 2 * math.Pi
	c := func(shift float64) uint8 {
		return uint8(255 * min(max(light+0.22*math.Cos(hue+shift), 0), 1))
	}
	return color.RGBA{c(0), c(2.1), c(4.2), 255}
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*t) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

// landscape is a sky, a sun and three ranges of hills. It is the same picture at every size.
func landscape(seed, w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	top, low, sun := tone(seed, 0, 0.35), tone(seed, 3, 0.8), tone(seed, 4, 0.95)
	hills := [3]color.RGBA{tone(seed, 0, 0.42), tone(seed, 1, 0.29), tone(seed, 2, 0.16)}
	sky := make([]color.RGBA, h)
	for y := range sky {
		sky[y] = mix(top, low, min(float64(y)/float64(h)/0.7, 1))
	}
	sx, sy, sr := (0.2+0.6*frac(seed, 1))*float64(w), (0.2+0.25*frac(seed, 2))*float64(h), (0.05+0.05*frac(seed, 3))*float64(w)
	for x := range w {
		fx := float64(x) / float64(w)
		for y := range h {
			c := sky[y]
			if dx, dy := float64(x)-sx, float64(y)-sy; dx*dx+dy*dy < sr*sr {
				c = sun
			}
			m.SetRGBA(x, y, c)
		}
		for i, c := range hills {
			ridge := 0.55 + 0.14*float64(i) + 0.06*math.Sin(fx*(5+3*frac(seed, 4+i))+6*frac(seed, 7+i)) + 0.015*math.Sin(fx*23+float64(i+seed))
			for y := int(ridge * float64(h)); y < h; y++ {
				m.SetRGBA(x, y, c)
			}
		}
	}
	return m
}

// frac is number i of a seed, from 0 up to 1.
func frac(seed, i int) float64 { return math.Mod(float64(seed+1)*(0.754877+0.569840*float64(i)), 1) }

func palette(seed int, light ...float64) color.Palette {
	p := make(color.Palette, len(light))
	for i, l := range light {
		p[i] = tone(seed, i, l)
	}
	return p
}

// poster is a ring over bars.
func poster(seed, w, h int) image.Image {
	m := image.NewPaletted(image.Rect(0, 0, w, h), palette(seed, 0.2, 0.75, 0.5, 0.95))
	cx, cy, r := w/2, h*(30+seed%20)/100, w*(22+seed%12)/100
	for y := range h {
		for x := range w {
			dx, dy := x-cx, y-cy
			d := dx*dx + dy*dy
			var c uint8
			switch {
			case d < r*r/4:
				c = 3
			case d < r*r:
				c = 1
			case y > h*3/4 && (x*(7+seed%6)/w)%2 == 0:
				c = 2
			case y > h*68/100 && y < h*70/100:
				c = 3
			}
			m.Pix[y*m.Stride+x] = c
		}
	}
	return m
}

// screenshot is a page of a chat without its words.
func screenshot(seed, w, h int) image.Image {
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{
		color.RGBA{0xf4, 0xf5, 0xf7, 255}, color.White, tone(seed, 1, 0.6), color.RGBA{0xc9, 0xcd, 0xd4, 255},
	})
	fill := func(x0, y0, x1, y1 int, c uint8) {
		for y := max(y0, 0); y < min(y1, h); y++ {
			for x := max(x0, 0); x < min(x1, w); x++ {
				m.Pix[y*m.Stride+x] = c
			}
		}
	}
	unit := max(w/40, 1)
	fill(0, 0, w, 4*unit, 1)
	fill(15*unit, unit*3/2, 25*unit, unit*5/2, 3)
	for i, y := 0, 6*unit; y < h-6*unit; i++ {
		lines := 1 + (seed+i*7)%3
		wide := (10 + (seed*3+i*5)%16) * unit
		left, c := 6*unit, uint8(1)
		if (seed+i)%3 == 0 {
			left, c = w-wide-2*unit, 2
		} else {
			fill(2*unit, y, 5*unit, y+3*unit, 3)
		}
		fill(left, y, left+wide, y+(lines*2+1)*unit, c)
		for l := range lines {
			fill(left+unit, y+unit+l*2*unit, left+wide-unit-(l*3)*unit, y+unit*2+l*2*unit, 3)
		}
		y += (lines*2 + 3) * unit
	}
	return m
}

// pulse is a ring that breathes.
func pulse(seed, w, h int) *gif.GIF {
	g := &gif.GIF{}
	for f := range 6 {
		m := image.NewPaletted(image.Rect(0, 0, w, h), palette(seed, 0.15, 0.8, 0.5))
		r := float64(min(w, h)) * (0.2 + 0.12*math.Sin(float64(f)/6*2*math.Pi))
		for y := range h {
			for x := range w {
				switch d := math.Hypot(float64(x-w/2), float64(y-h/2)); {
				case d < r:
					m.Pix[y*m.Stride+x] = 1
				case d < r*1.4:
					m.Pix[y*m.Stride+x] = 2
				}
			}
		}
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 12)
	}
	return g
}

// drawFace draws SEED.svg: what stands for a person, or for a group.
func drawFace(shape, name string) ([]byte, error) {
	number, ok := strings.CutSuffix(name, ".svg")
	seed, err := strconv.Atoi(number)
	if !ok || err != nil || seed < 0 || seed > 1<<20 {
		return nil, errNoMedia
	}
	hex := func(i int, light float64) string {
		c := tone(seed, i, light)
		return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><rect width="96" height="96" fill="%s"/>`, hex(0, 0.7))
	if shape == "group" {
		fmt.Fprintf(&b, `<circle cx="%d" cy="40" r="26" fill="%s"/><path d="M0 %d Q24 %d 48 70 T96 62 V96 H0Z" fill="%s"/>`, 30+seed%36, hex(2, 0.5), 66+seed%8, 54+seed%16, hex(4, 0.35))
	} else {
		fmt.Fprintf(&b, `<circle cx="48" cy="38" r="%d" fill="%s"/><ellipse cx="48" cy="92" rx="%d" ry="30" fill="%s"/>`, 15+seed%6, hex(3, 0.9), 28+seed%10, hex(5, 0.35))
	}
	b.WriteString("</svg>")
	return b.Bytes(), nil
}

func soundSize(seconds int) int { return soundHead + seconds*soundRate }

// drawSound makes SEED-SECONDSs.wav: a tune that somebody hums.
func drawSound(name string) ([]byte, error) {
	var seed, seconds int
	if _, err := fmt.Sscanf(name, "%d-%ds.wav", &seed, &seconds); err != nil || seconds < 1 || seconds > 300 {
		return nil, errNoMedia
	}
	n := seconds * soundRate
	b := make([]byte, soundHead, soundSize(seconds))
	le := binary.LittleEndian
	copy(b, "RIFF")
	le.PutUint32(b[4:], uint32(soundHead-8+n))
	copy(b[8:], "WAVEfmt ")
	le.PutUint32(b[16:], 16)
	le.PutUint16(b[20:], 1) // PCM
	le.PutUint16(b[22:], 1) // mono
	le.PutUint32(b[24:], soundRate)
	le.PutUint32(b[28:], soundRate) // bytes a second
	le.PutUint16(b[32:], 1)
	le.PutUint16(b[34:], 8)
	copy(b[36:], "data")
	le.PutUint32(b[40:], uint32(n))
	scale := []float64{0, 2, 4, 7, 9, 12}
	phase := 0.0
	for i := range n {
		t := float64(i) / soundRate
		note := int(t * 2.5)
		phase += 2 * math.Pi * 220 * math.Exp2(scale[int(frac(seed, note)*6)]/12) / soundRate
		fade := math.Exp(-3 * math.Mod(t*2.5, 1))
		b = append(b, uint8(128+60*fade*math.Sin(phase)))
	}
	return b, nil
}

// drawVideo makes SECONDSs-BYTES.mp4: a clip, with free space behind it.
func drawVideo(name string) ([]byte, error) {
	var seconds, n int
	if _, err := fmt.Sscanf(name, "%ds-%d.mp4", &seconds, &n); err != nil || n > maxMedia {
		return nil, errNoMedia
	}
	b, err := clips.ReadFile(fmt.Sprintf("clips/%ds.mp4", seconds))
	if err != nil {
		return nil, errNoMedia
	}
	return pad(b, n, func(b []byte, more int) []byte {
		b = binary.BigEndian.AppendUint32(b, uint32(more))
		return append(append(b, "free"...), make([]byte, more-8)...)
	}), nil
}

// drawFile makes a file of the given size and of the type its name says.
func drawFile(size, name string) ([]byte, error) {
	n, err := strconv.Atoi(size)
	if err != nil || n < 0 || n > maxMedia {
		return nil, errNoMedia
	}
	switch path.Ext(name) {
	case ".pdf":
		return drawPDF(n), nil
	case ".zip":
		return drawZip(n)
	}
	var b bytes.Buffer
	for i := 1; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d,HL-%05d,%.2f,%s\n", i, i*7919%100_000, float64(i*37%9000)/100, []string{"paid", "shipped", "done"}[i%3])
	}
	return b.Bytes()[:n], nil
}

// drawPDF makes one page. All numbers have a fixed width, so the length of the comment that fills is known beforehand.
func drawPDF(n int) []byte {
	build := func(fill int) []byte {
		var b bytes.Buffer
		b.WriteString("%PDF-1.4\n%")
		b.Write(bytes.Repeat([]byte{' '}, fill))
		b.WriteString("\n")
		var at []int
		page := "BT /F 28 Tf 72 720 Td (Harbor Live) Tj ET"
		for i, object := range []string{
			"<</Type/Catalog/Pages 2 0 R>>",
			"<</Type/Pages/Kids[3 0 R]/Count 1>>",
			"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
			fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(page), page),
		} {
			at = append(at, b.Len())
			fmt.Fprintf(&b, "%d 0 obj%s endobj\n", i+1, object)
		}
		xref := b.Len()
		b.WriteString("xref\n0 5\n0000000000 65535 f \n")
		for _, a := range at {
			fmt.Fprintf(&b, "%010d 00000 n \n", a)
		}
		fmt.Fprintf(&b, "trailer<</Size 5/Root 1 0 R>>\nstartxref\n%010d\n%%%%EOF\n", xref)
		return b.Bytes()
	}
	return build(max(n-len(build(0)), 0))
}

// drawZip makes an archive of one silent take.
func drawZip(n int) ([]byte, error) {
	build := func(fill int) ([]byte, error) {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		f, err := z.CreateHeader(&zip.FileHeader{Name: "take-1.raw", Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(make([]byte, fill)); err != nil {
			return nil, err
		}
		err = z.Close()
		return b.Bytes(), err
	}
	empty, err := build(0)
	if err != nil {
		return nil, err
	}
	return build(max(n-len(empty), 0))
}
