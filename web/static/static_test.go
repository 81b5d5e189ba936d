package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// The sums of the files as published, see vendor/LICENSES.md.
var vendored = map[string]string{
	"htmx.min.js":       "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
	"hx-sse.min.js":     "18ef2761356ec1fe0bb6d92612315b37517a7c1e9856b661c5ae81fef239d103",
	"hx-preload.min.js": "6526defdf2cafd6a6b9f09fe39136e7af7611d103f05cc7068489ef83993f244",
}

func TestVendoredFilesAreAsPublished(t *testing.T) {
	for _, name := range matches("vendor/*.js") {
		base := strings.TrimPrefix(name, "vendor/")
		sum := sha256.Sum256(read(name))
		if got := hex.EncodeToString(sum[:]); got != vendored[base] {
			t.Errorf("%s: got %s, want %q", base, got, vendored[base])
		}
	}
}

func get(t *testing.T, method, path string, header map[string]string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestEveryFileIsServed(t *testing.T) {
	for name, mime := range map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8",
		"htmx.min.js": "text/javascript; charset=utf-8", "icons.svg": "image/svg+xml", "favicon.svg": "image/svg+xml",
	} {
		t.Run(name, func(t *testing.T) {
			plain := get(t, "GET", URL(name), nil)
			body, _ := io.ReadAll(plain.Body)
			if plain.StatusCode != 200 || len(body) == 0 || plain.Header.Get("Content-Type") != mime {
				t.Fatalf("got %d, %d bytes of %q", plain.StatusCode, len(body), plain.Header.Get("Content-Type"))
			}
			if got := plain.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
				t.Errorf("Cache-Control %q", got)
			}
			packed := get(t, "GET", URL(name), map[string]string{"Accept-Encoding": "br, gzip"})
			if packed.Header.Get("Content-Encoding") == "gzip" {
				z, err := gzip.NewReader(packed.Body)
				if err != nil {
					t.Fatal(err)
				}
				if unpacked, err := io.ReadAll(z); err != nil || !bytes.Equal(unpacked, body) {
					t.Errorf("unpacked differs: %v", err)
				}
			} else if name != "favicon.svg" {
				t.Error("not compressed")
			}
			known := get(t, "GET", URL(name), map[string]string{"If-None-Match": plain.Header.Get("ETag")})
			if known.StatusCode != http.StatusNotModified {
				t.Errorf("known ETag: got %d", known.StatusCode)
			}
			head := get(t, "HEAD", URL(name), nil)
			if b, _ := io.ReadAll(head.Body); head.StatusCode != 200 || len(b) != 0 || head.Header.Get("Content-Length") != plain.Header.Get("Content-Length") {
				t.Errorf("HEAD: got %d, %d bytes", head.StatusCode, len(b))
			}
		})
	}
}

func TestNothingElseIsServed(t *testing.T) {
	for _, path := range []string{
		"/static/", "/static/app.css", "/static/css/", "/static/css/00-layers.css", "/static/app-0000000000.css",
		"/static/../static.go", "/static/vendor/LICENSES.md", "/other",
	} {
		if got := get(t, "GET", path, nil).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: got %d", path, got)
		}
	}
	if got := get(t, "POST", URL("app.css"), nil).StatusCode; got != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %d", got)
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "gzip; q=0.0": false, "*": true,
		"*;q=0": false, "identity": false, "*, gzip;q=0": false, "GZIP": true, "gzip;q=x": false,
	} {
		if got := acceptsGzip(header); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}

func TestIconsAreWellFormed(t *testing.T) {
	ids := map[string]bool{}
	d := xml.NewDecoder(bytes.NewReader(read("icons.svg")))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "symbol" {
			continue
		}
		for _, a := range e.Attr {
			if a.Name.Local == "id" && ids[a.Value] {
				t.Errorf("icon %s stands twice", a.Value)
			} else if a.Name.Local == "id" {
				ids[a.Value] = true
			}
		}
	}
	if len(ids) < 50 {
		t.Errorf("only %d icons", len(ids))
	}
}

// The policy forbids eval, and a style sheet that loads from elsewhere.
func TestOwnFilesKeepThePolicy(t *testing.T) {
	if bad := regexp.MustCompile(`\beval\(|new Function|innerHTML\s*=|\.style\b|setAttribute\("on`).Find(joined("js/*.js")); bad != nil {
		t.Errorf("app.js has %s", bad)
	}
	if bad := regexp.MustCompile(`url\(|@import`).Find(joined("css/*.css")); bad != nil {
		t.Errorf("app.css has %s", bad)
	}
}
