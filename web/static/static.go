// Package static holds the console's style sheet, scripts and pictures and serves them.
//
// Every file is served under an address with a hash of its content, such as
// /static/app-1f0c9a2b33.css, and may therefore be kept by browsers for a year. The style sheet is
// made of the files in css, the script of the files in js, inside one function, each joined in the order
// of their names when the program starts; there is no build step.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// Prefix is the path under which Handler expects to be mounted.
const Prefix = "/static/"

//go:embed css/*.css js/*.js vendor/*.js icons.svg favicon*.svg
var files embed.FS

// asset is one file ready to be sent.
type asset struct {
	url  string // with the hash
	mime string
	etag string
	body []byte
	gzip []byte // nil if compressing does not make it smaller
}

var mimeTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// assets are all files, by plain name ("app.css") and by served name ("app-1f0c9a2b33.css").
var assets = sync.OnceValue(func() map[string]*asset {
	all := map[string]*asset{}
	add := func(name string, body []byte) {
		a := newAsset(name, body)
		all[name] = a
		all[strings.TrimPrefix(a.url, Prefix)] = a
	}
	add("app.css", joined("css/*.css"))
	add("app.js", append(append([]byte("\"use strict\";(() => {\n"), joined("js/*.js")...), "})();\n"...))
	for _, name := range append(append(matches("vendor/*.js"), matches("favicon*.svg")...), "icons.svg") {
		add(path.Base(name), read(name))
	}
	return all
})

func newAsset(name string, body []byte) *asset {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])[:10]
	ext := path.Ext(name)
	a := &asset{
		url:  Prefix + strings.TrimSuffix(name, ext) + "-" + hash + ext,
		mime: mimeTypes[ext],
		etag: `"` + hash + `"`,
		body: body,
	}
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is valid
	_, _ = w.Write(body)                                    // a bytes.Buffer does not fail
	w.Close()
	if buf.Len() < len(body) {
		a.gzip = buf.Bytes()
	}
	return a
}

func matches(pattern string) []string {
	names, err := fs.Glob(files, pattern)
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("static: no embedded file matches %s: %v", pattern, err))
	}
	sort.Strings(names)
	return names
}

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("static: " + err.Error()) // embedded at build time
	}
	return b
}

func joined(pattern string) []byte {
	var buf bytes.Buffer
	for _, name := range matches(pattern) {
		buf.Write(read(name))
	}
	return buf.Bytes()
}

// URL is the address of a file, such as URL("app.css"). It panics for a name that does not exist:
// names are constants of this program.
func URL(name string) string {
	a := assets()[name]
	if a == nil {
		panic("static: no file " + name)
	}
	return a.url
}

// IconURL is the address of one icon of the sprite, for an SVG use element.
func IconURL(name string) string { return iconsURL() + "#" + name }

var iconsURL = sync.OnceValue(func() string { return URL("icons.svg") })

// Handler serves the files under Prefix. Only addresses made by URL exist; there are no listings.
func Handler() http.Handler {
	all := assets()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		a := all[strings.TrimPrefix(r.URL.Path, Prefix)]
		if a == nil || a.url != r.URL.Path {
			http.NotFound(w, r)
			return
		}
		a.serve(w, r)
	})
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", a.etag)
	h.Set("Vary", "Accept-Encoding")
	if match := r.Header.Get("If-None-Match"); match == "*" || strings.Contains(match, a.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.body
	if a.gzip != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body = a.gzip
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", a.mime)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// acceptsGzip reports whether an Accept-Encoding header allows gzip: named, or by *, and not with q=0.
func acceptsGzip(header string) bool {
	star := false
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		q, isQ := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		allowed := !isQ || (err == nil && weight > 0)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip":
			return allowed
		case "*":
			star = allowed
		}
	}
	return star
}
