package media

import (
	"bytes"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestMediaAreWhatTheyClaim(t *testing.T) {
	tests := []struct {
		path, kind string
		check      func([]byte) bool
	}{
		{"avatar/1.svg", "image/svg+xml", func(b []byte) bool { return bytes.HasPrefix(b, []byte("<svg ")) }},
		{"avatar/abc-g.svg", "image/svg+xml", func(b []byte) bool { return bytes.Contains(b, []byte(`rx="40"`)) }},
		{"photo/a.png", "image/png", func(b []byte) bool { return size(b) == [2]int{480, 320} }},
		{"photo/a-tall.png", "image/png", func(b []byte) bool { return size(b) == [2]int{320, 480} }},
		{"sound/a-3.wav", "audio/wav", func(b []byte) bool { return len(b) == 3*8000+44 && bytes.HasPrefix(b, []byte("RIFF")) }},
		{"sound/a-99999.wav", "audio/wav", func(b []byte) bool { return len(b) == 60*8000+44 }},
		{"file/x/plan.pdf", "application/pdf", func(b []byte) bool { return bytes.HasPrefix(b, []byte("%PDF-1.4")) && bytes.Contains(b, []byte("%%EOF")) }},
		{"file/x/a%20b.csv", "text/plain; charset=utf-8", func(b []byte) bool { return bytes.Count(b, []byte("\n")) == 13 }},
	}
	srv := httptest.NewServer(Handler())
	defer srv.Close()
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			first := get(t, srv.URL+Prefix+tt.path, tt.kind)
			if !tt.check(first) {
				t.Errorf("unexpected content of %d bytes", len(first))
			}
			if !bytes.Equal(first, get(t, srv.URL+Prefix+tt.path, tt.kind)) {
				t.Error("the same name gave two different contents")
			}
		})
	}
	for _, path := range []string{"", "avatar", "nope/1", "photo/" + strings.Repeat("x", 300)} {
		resp, err := http.Get(srv.URL + Prefix + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("%.20q: status %d, want 404", path, resp.StatusCode)
		}
	}
}

func get(t *testing.T, url, kind string) []byte {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != kind {
		t.Fatalf("status %d, type %q, %v", resp.StatusCode, resp.Header.Get("Content-Type"), err)
	}
	return b
}

func size(b []byte) [2]int {
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return [2]int{}
	}
	return [2]int{img.Bounds().Dx(), img.Bounds().Dy()}
}

func TestHostIsPutInAndTakenOut(t *testing.T) {
	r := httptest.NewRequest("POST", "http://127.0.0.1:4711/v4/x/y", nil)
	stored := []byte(`{"FaceUrl":"` + URL("avatar", "1.svg") + `","Other":"http://127.0.0.1:4711/elsewhere"}`)
	shown := ToHost(r, stored)
	if want := `"FaceUrl":"http://127.0.0.1:4711/_emulator/media/avatar/1.svg"`; !strings.Contains(string(shown), want) {
		t.Errorf("shown as %s", shown)
	}
	if back := FromHost(r, shown); !bytes.Equal(back, stored) {
		t.Errorf("came back as %s", back)
	}
}
