package demo

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func get(t *testing.T, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Media().ServeHTTP(w, r)
	return w
}

// TestMediaMatchMessages fetches what messages of the demo point to.
func TestMediaMatchMessages(t *testing.T) {
	db := demoStore(t)
	fetched := map[string]int{}
	check := func(url string, size int, mediaType string) {
		t.Helper()
		path, ok := strings.CutPrefix(url, testMedia)
		if !ok {
			t.Errorf("%s does not begin with the address of media", url)
			return
		}
		style := strings.Split(path, "/")[2]
		if fetched[style]++; fetched[style] > 6 {
			return // the same code drew half a dozen others
		}
		w := get(t, path)
		if w.Code != http.StatusOK || w.Body.Len() != size || !strings.HasPrefix(w.Header().Get("Content-Type"), mediaType) {
			t.Errorf("%s: status %d, %d bytes of %d, %s", path, w.Code, w.Body.Len(), size, w.Header().Get("Content-Type"))
		}
		if strings.HasPrefix(mediaType, "image/") {
			var seed, width, height int
			if _, err := fmt.Sscanf(path[strings.LastIndex(path, "/")+1:], "%d-%dx%d", &seed, &width, &height); err != nil {
				t.Error(err)
			}
			if m, kind, err := image.DecodeConfig(w.Body); err != nil || m.Width != width || m.Height != height || "image/"+kind != mediaType {
				t.Errorf("%s: a %s of %d x %d, %v", path, kind, m.Width, m.Height, err)
			}
		}
	}
	formats := map[string]string{"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}
	for _, s := range allStreams(t, db) {
		for _, m := range s.msgs {
			if m.Flags != 0 {
				continue
			}
			var list []content
			if err := json.Unmarshal([]byte(m.Body), &list); err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				c := e.MsgContent
				for _, i := range c.ImageInfoArray {
					check(i.URL, i.Size, formats[i.URL[len(i.URL)-3:]])
				}
				switch e.MsgType {
				case "TIMSoundElem":
					check(c.Url, c.Size, "audio/wav")
				case "TIMFileElem":
					check(c.Url, c.FileSize, "")
				case "TIMVideoFileElem":
					check(c.VideoUrl, c.VideoSize, "video/mp4")
					check(c.ThumbUrl, c.ThumbSize, "image/jpeg")
				}
			}
		}
	}
	for _, style := range strings.Fields("photo poster shot gif sound video file") {
		if fetched[style] == 0 {
			t.Errorf("no message has media of style %s", style)
		}
	}
}

// TestPicturesFit draws many seeds: a message may promise any size from smallest on.
func TestPicturesFit(t *testing.T) {
	for style, ext := range map[string]string{"photo": "jpg", "poster": "png", "shot": "png", "gif": "gif"} {
		for seed := 0; seed < 1000; seed += 97 {
			for _, size := range [][2]int{{198, 148}, {360, 480}, {240, 240}, {91, 198}} {
				n := smallest(ext, size[0], size[1])
				w := get(t, fmt.Sprintf("/media/%s/%d-%dx%d-%d.%s", style, seed, size[0], size[1], n, ext))
				if w.Body.Len() != n {
					t.Errorf("%s %d of %v has %d bytes instead of %d", style, seed, size, w.Body.Len(), n)
				}
			}
		}
	}
}

// TestPadding fills pictures with every number of bytes around the lengths at which their blocks end.
func TestPadding(t *testing.T) {
	for name, p := range map[string]struct {
		path  string // with a number of bytes
		sizes []int
	}{
		"comment blocks of a GIF":  {"/media/gif/3-20x20-%d.gif", []int{6000, 6001, 6002, 6253, 6254, 6255, 6256, 6257, 6258, 6259}},
		"comments of a JPEG":       {"/media/photo/3-20x20-%d.jpg", []int{4000, 65_537 + 4000, 66_450, 66_451, 66_452, 66_453, 66_454, 66_455, 66_456, 140_001}},
		"a chunk of a PNG":         {"/media/poster/3-20x20-%d.png", []int{3000, 3001, 100_000}},
		"a chunk of a screenshot":  {"/media/shot/3-30x60-%d.png", []int{3000, 3001}},
		"a box of a film":          {"/media/video/8s-%d.mp4", []int{300_000, 300_001}},
		"a comment of a document":  {"/media/file/%d/a%%20b.pdf", []int{5000, 2_516_582}},
		"the only file in archive": {"/media/file/%d/a.zip", []int{5000, 5001}},
		"lines of a table":         {"/media/file/%d/%%E8%%A1%%A8.csv", []int{0, 1, 5000}},
	} {
		for _, n := range p.sizes {
			w := get(t, fmt.Sprintf(p.path, n))
			if w.Code != http.StatusOK || w.Body.Len() != n {
				t.Errorf("%s: status %d, %d bytes instead of %d", name, w.Code, w.Body.Len(), n)
				continue
			}
			switch b := w.Body.Bytes(); w.Header().Get("Content-Type") {
			case "image/gif", "image/jpeg", "image/png":
				if _, _, err := image.Decode(bytes.NewReader(b)); err != nil {
					t.Errorf("%s of %d bytes: %v", name, n, err)
				}
			case "application/zip":
				if _, err := zip.NewReader(bytes.NewReader(b), int64(n)); err != nil {
					t.Errorf("%s of %d bytes: %v", name, n, err)
				}
			case "video/mp4":
				at := 0
				for at < n {
					at += int(binary.BigEndian.Uint32(b[at:]))
				}
				if at != n {
					t.Errorf("the boxes of a film of %d bytes end at %d", n, at)
				}
			}
		}
	}
}

func TestMediaParts(t *testing.T) {
	w := get(t, "/media/sound/7-14s.wav", "Range", "bytes=0-43")
	if w.Code != http.StatusPartialContent || w.Body.Len() != 44 || !bytes.HasPrefix(w.Body.Bytes(), []byte("RIFF")) {
		t.Errorf("the first 44 bytes: status %d, %d bytes", w.Code, w.Body.Len())
	}
	w = get(t, "/media/face/17.svg")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/svg+xml" || !strings.HasSuffix(w.Body.String(), "</svg>") {
		t.Errorf("a face: status %d, %s", w.Code, w.Header().Get("Content-Type"))
	}
	if w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Error("a browser may guess the type of media")
	}
	if a, b := get(t, "/media/group/3.svg").Body.String(), get(t, "/media/face/3.svg").Body.String(); a == b {
		t.Error("groups look like people")
	}
}

func TestNoSuchMedia(t *testing.T) {
	for _, path := range []string{
		"/media/photo/x.jpg", "/media/photo/1-20000x20000-5.jpg", "/media/photo/1-9x9-999999999.jpg", "/media/photo/1-0x9-99.jpg", "/media/photo/1--5x-5-99.jpg",
		"/media/photo/1-9x9-99.png", "/media/poster/1-9x9-99.svg", "/media/sound/1-9999s.wav", "/media/sound/1-0s.wav", "/media/video/9s-5000.mp4", "/media/video/8s-999999999.mp4",
		"/media/file/-1/a.txt", "/media/file/99999999999/a.txt", "/media/face/-1.svg", "/media/face/x.svg", "/media/other/1.jpg", "/media/", "/",
	} {
		if w := get(t, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/media/face/1.svg", nil)
	w := httptest.NewRecorder()
	if Media().ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", w.Code)
	}
}
