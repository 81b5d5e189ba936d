// Package media draws and plays what messages of the emulator point to, so that they can be shown without a network:
// pictures, faces, sounds and files, each made from its name alone.
package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// Base stands for the emulator's own address in what is stored, for that address may be another one tomorrow. What leaves
// the emulator has the address it was asked at instead.
const Base = "http://media.emulator.invalid"

// Prefix is where the media are served.
const Prefix = "/_emulator/media/"

// URL is the address of a medium of a kind: avatar, photo, sound, video or file.
func URL(kind, name string) string {
	return Base + Prefix + kind + "/" + (&url.URL{Path: name}).EscapedPath()
}

// ToHost puts the address that r was sent to into an answer to r.
func ToHost(r *http.Request, answer []byte) []byte {
	return bytes.ReplaceAll(answer, []byte(Base), []byte("http://"+r.Host))
}

// FromHost undoes ToHost in what comes back, such as the picture of a group that is edited.
func FromHost(r *http.Request, body []byte) []byte {
	return bytes.ReplaceAll(body, []byte("http://"+r.Host+Prefix), []byte(Base+Prefix))
}

// Handler serves the media.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
		h := w.Header()
		h.Set("Cache-Control", "public, max-age=86400")
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("X-Content-Type-Options", "nosniff")
		switch {
		case name == "" || len(name) > 200:
			http.NotFound(w, r)
		case kind == "avatar":
			h.Set("Content-Type", "image/svg+xml")
			h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
			w.Write(avatar(name))
		case kind == "photo":
			h.Set("Content-Type", "image/png")
			w.Write(photo(name))
		case kind == "sound":
			h.Set("Content-Type", "audio/wav")
			w.Write(sound(name))
		case kind == "file":
			h.Set("Content-Disposition", "attachment")
			h.Set("Content-Type", "text/plain; charset=utf-8")
			if path.Ext(name) == ".pdf" {
				h.Set("Content-Type", "application/pdf")
			}
			w.Write(file(path.Base(name)))
		default:
			http.NotFound(w, r)
		}
	})
}

// seeded is a source of chance that depends on name only.
func seeded(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(h.Sum64(), 7))
}

// avatar is a coloured tile with a simple pattern.
func avatar(name string) []byte {
	r := seeded(name)
	hue, radius := r.IntN(360), 96
	if strings.HasSuffix(name, "-g.svg") { // groups are less round
		radius = 40
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 192 192"><clipPath id="c"><rect width="192" height="192" rx="%d"/></clipPath><g clip-path="url(#c)">`, radius)
	fmt.Fprintf(&b, `<rect width="192" height="192" fill="hsl(%d 55%% 62%%)"/>`, hue)
	for range 3 {
		fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="%d" fill="hsl(%d 60%% %d%%)" opacity=".75"/>`, r.IntN(192), r.IntN(192), 30+r.IntN(60), (hue+20+r.IntN(80))%360, 45+r.IntN(35))
	}
	fmt.Fprint(&b, `</g></svg>`)
	return b.Bytes()
}

// photo is a landscape under some sky.
func photo(name string) []byte {
	r := seeded(name)
	w, h := 480, 320
	if strings.Contains(name, "-tall") {
		w, h = h, w
	}
	hue := r.Float64()
	pal := make(color.Palette, 0, 48)
	for i := range 32 { // sky
		t := float64(i) / 31
		pal = append(pal, hsl(math.Mod(hue+t*0.12, 1), 0.55, 0.35+t*0.5))
	}
	for i := range 8 { // hills, near to far
		pal = append(pal, hsl(math.Mod(hue+0.35, 1), 0.3, 0.18+float64(i)*0.06))
	}
	pal = append(pal, hsl(math.Mod(hue+0.1, 1), 0.9, 0.92))
	img := image.NewPaletted(image.Rect(0, 0, w, h), pal)
	sunX, sunY, sunR := r.IntN(w), h/6+r.IntN(h/3), 12+r.IntN(28)
	var phase, height, length [4]float64
	for k := range phase {
		phase[k], height[k], length[k] = r.Float64()*7, 0.03+r.Float64()*0.08, 40+r.Float64()*120
	}
	for y := range h {
		for x := range w {
			c := min(31, y*40/h)
			if dx, dy := x-sunX, y-sunY; dx*dx+dy*dy < sunR*sunR {
				c = len(pal) - 1
			}
			for k := range phase {
				ridge := float64(h)*(0.5+0.12*float64(k)) + float64(h)*height[k]*math.Sin(float64(x)/length[k]+phase[k]) + 4*math.Sin(float64(x)/7+phase[k]*3)
				if float64(y) > ridge {
					c = 32 + 7 - 2*k
				}
			}
			img.Pix[y*img.Stride+x] = uint8(c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil { // into memory: it always works
		panic(err)
	}
	return b.Bytes()
}

func hsl(h, s, l float64) color.RGBA {
	part := func(n float64) uint8 {
		k := math.Mod(n+h*12, 12)
		return uint8(255 * (l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1))))
	}
	return color.RGBA{part(0), part(8), part(4), 255}
}

// sound is a quiet tune, as long as the name says: "x-12.wav" lasts twelve seconds, and none more than a minute.
func sound(name string) []byte {
	r := seeded(name)
	const rate = 8000
	_, tail, _ := strings.Cut(strings.TrimSuffix(name, ".wav"), "-")
	seconds, err := strconv.Atoi(tail)
	if err != nil {
		seconds = 2
	}
	n := min(max(seconds, 1), 60) * rate
	b := bytes.NewBuffer(make([]byte, 0, n+44))
	b.WriteString("RIFF")
	binary.Write(b, binary.LittleEndian, uint32(36+n))
	b.WriteString("WAVEfmt ")
	binary.Write(b, binary.LittleEndian, []uint32{16, 1 | 1<<16, rate, rate, 1 | 8<<16}) // PCM, mono, 8 bits
	b.WriteString("data")
	binary.Write(b, binary.LittleEndian, uint32(n))
	scale := [...]float64{220, 247.5, 277.2, 330, 370, 440}
	pitch := 0.0
	for i := range n {
		at := float64(i%(rate/2)) / rate
		if i%(rate/2) == 0 {
			pitch = scale[r.IntN(len(scale))]
		}
		b.WriteByte(uint8(128 + 40*math.Exp(-4*at)*math.Sin(2*math.Pi*pitch*at)))
	}
	return b.Bytes()
}

// file is a small document of the kind its name says.
func file(name string) []byte {
	r := seeded(name)
	switch path.Ext(name) {
	case ".pdf":
		return pdf("Page made by the emulator")
	case ".csv":
		var b strings.Builder
		b.WriteString("\ufeffname,date,amount\n")
		for i := range 12 {
			fmt.Fprintf(&b, "row %d,2024-%02d-%02d,%d.%02d\n", i+1, 1+r.IntN(12), 1+r.IntN(28), r.IntN(900), r.IntN(100))
		}
		return []byte(b.String())
	}
	return []byte(name + "\n\nA file made by the emulator.\n")
}

// pdf is the smallest PDF with a line of text.
func pdf(text string) []byte {
	var b bytes.Buffer
	var offsets []int
	b.WriteString("%PDF-1.4\n")
	stream := fmt.Sprintf("BT /F1 24 Tf 72 720 Td (%s) Tj ET", text)
	for i, obj := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(stream), stream),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, obj)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, xref)
	return b.Bytes()
}
