package handlers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/golden"
)

var pngBytes = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00")

// storage is a server of media. What it answers depends on the path.
func storage(t testing.TB) *httptest.Server {
	t.Helper()
	serve := func(contentType string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if contentType != "" {
				w.Header().Set("Content-Type", contentType)
			}
			w.Header().Set("Set-Cookie", "a=b")
			w.Header().Set("Link", "<x>; rel=preload")
			w.Write(body)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/cat.png", serve("image/png", pngBytes))
	mux.HandleFunc("/lie.jpg", serve("text/html", pngBytes))
	mux.HandleFunc("/page.png", serve("image/png", []byte("<html><script>alert(1)</script>")))
	mux.HandleFunc("/draw.svg", serve("image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)))
	mux.HandleFunc("/voice.m4a", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "binary/octet-stream")
		http.ServeContent(w, r, "", golden.Now, bytes.NewReader([]byte("0123456789")))
	})
	mux.HandleFunc("/voice", serve("audio/mp4", []byte("0123456789")))
	mux.HandleFunc("/voice.html", serve("text/html", []byte("<html>")))
	mux.HandleFunc("/film.mp4", serve("video/mp4", []byte("film")))
	mux.HandleFunc("/setup.exe", serve("text/html", []byte("<html>MZ")))
	mux.HandleFunc("/large.png", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(maxPicture+1))
		w.Write(pngBytes)
	})
	mux.HandleFunc("/endless.png", func(w http.ResponseWriter, r *http.Request) {
		w.Write(pngBytes)
		piece := make([]byte, 1<<20)
		for range maxPicture>>20 + 8 {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/packed.png", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(pngBytes)
	})
	mux.HandleFunc("/gone.png", http.NotFound)
	mux.HandleFunc("/cut.png", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/empty.png", serve("image/png", nil))
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("u"), http.StatusFound)
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/who.png", func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Cookie", "Referer", "Authorization", "Accept-Language", "X-Forwarded-For"} {
			if v := r.Header.Get(name); v != "" {
				t.Errorf("the storage was sent %s: %s", name, v)
			}
		}
		w.Write(pngBytes)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestMedia(t *testing.T) {
	t.Parallel()
	up := storage(t)
	inside := storage(t) // a server of our own network, which nobody named
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	var log bytes.Buffer
	h := newHarness(t, func(o *Options) {
		o.Apps.All()[0].MediaHosts = append(o.Apps.All()[0].MediaHosts, strings.TrimPrefix(up.URL, "http://"), strings.TrimPrefix(closed.URL, "http://"))
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	b := h.as(auth.Viewer)
	m := h.server.media
	inside2 := strings.Replace(inside.URL, "127.0.0.1", "localhost", 1)

	tests := []struct {
		name       string
		kind       mediaKind
		url, file  string
		rangeOf    string
		status     int
		typ, shown string // content type and disposition
		body       string
	}{
		{name: "picture", kind: mediaPicture, url: up.URL + "/cat.png", status: 200, typ: "image/png", shown: "inline", body: string(pngBytes)},
		{name: "picture that is said to be a page", kind: mediaPicture, url: up.URL + "/lie.jpg", status: 200, typ: "image/png", shown: "inline"},
		{name: "page that is said to be a picture", kind: mediaPicture, url: up.URL + "/page.png", status: 415},
		{name: "drawing", kind: mediaPicture, url: up.URL + "/draw.svg", status: 200, typ: "image/svg+xml", shown: "inline"},
		{name: "empty picture", kind: mediaPicture, url: up.URL + "/empty.png", status: 415},
		{name: "packed picture", kind: mediaPicture, url: up.URL + "/packed.png", status: 415},
		{name: "large picture", kind: mediaPicture, url: up.URL + "/large.png", status: 413},
		{name: "voice by its name", kind: mediaSound, url: up.URL + "/voice.m4a", status: 200, typ: "audio/mp4", shown: "inline", body: "0123456789"},
		{name: "part of a voice", kind: mediaSound, url: up.URL + "/voice.m4a", rangeOf: "bytes=2-4", status: 206, typ: "audio/mp4", shown: "inline", body: "234"},
		{name: "part beyond its end", kind: mediaSound, url: up.URL + "/voice.m4a", rangeOf: "bytes=99-", status: 416},
		{name: "voice by its type", kind: mediaSound, url: up.URL + "/voice", status: 200, typ: "audio/mp4", shown: "inline"},
		{name: "page as a voice", kind: mediaSound, url: up.URL + "/voice.html", status: 415},
		{name: "film", kind: mediaFilm, url: up.URL + "/film.mp4", status: 200, typ: "video/mp4", shown: "inline"},
		{name: "picture as a film", kind: mediaFilm, url: up.URL + "/cat.png", status: 415},
		{
			name: "file", kind: mediaFile, url: up.URL + "/setup.exe", file: "方案 \"1\".exe", status: 200, typ: "application/octet-stream",
			shown: "attachment; filename*=utf-8''%E6%96%B9%E6%A1%88%20_1_.exe", body: "<html>MZ",
		},
		{name: "file without a name", kind: mediaFile, url: up.URL + "/setup.exe", status: 200, typ: "application/octet-stream", shown: "attachment; filename=setup.exe"},
		{name: "gone", kind: mediaPicture, url: up.URL + "/gone.png", status: 404},
		{name: "cut off", kind: mediaPicture, url: up.URL + "/cut.png", status: 502},
		{name: "nobody there", kind: mediaPicture, url: closed.URL + "/a.png", status: 502},
		{name: "our own network", kind: mediaPicture, url: inside.URL + "/cat.png", status: 403},
		{name: "our own network by a name", kind: mediaPicture, url: inside2 + "/cat.png", status: 403},
		{name: "our own network in other notations", kind: mediaPicture, url: strings.Replace(inside.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1) + "/cat.png", status: 403},
		{name: "metadata of a cloud", kind: mediaFile, url: "http://169.254.169.254/latest/meta-data/", status: 403},
		{name: "redirect inside the named host", kind: mediaPicture, url: up.URL + "/to?u=/cat.png", status: 200, typ: "image/png", shown: "inline"},
		{name: "redirect into our network", kind: mediaPicture, url: up.URL + "/to?u=" + url.QueryEscape(inside.URL+"/cat.png"), status: 403},
		{name: "redirect to a file", kind: mediaFile, url: up.URL + "/to?u=" + url.QueryEscape("file:///etc/passwd"), status: 403},
		{name: "redirect with a password", kind: mediaFile, url: up.URL + "/to?u=" + url.QueryEscape(strings.Replace(up.URL, "http://", "http://a:b@", 1)+"/cat.png"), status: 403},
		{name: "redirects without end", kind: mediaPicture, url: up.URL + "/loop", status: 403},
		{name: "the storage learns nothing", kind: mediaPicture, url: up.URL + "/who.png", status: 200, typ: "image/png", shown: "inline"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			link := m.link(h.app, tt.kind, tt.url, tt.file)
			if link.URL == "" {
				t.Fatal("no link")
			}
			header := map[string]string{"Referer": "http://console.test/apps/demo/groups/g1/messages", "Accept-Language": "en"}
			if tt.rangeOf != "" {
				header["Range"] = tt.rangeOf
			}
			a := b.in(t).do(get, link.URL, nil, header).is(tt.status)
			if tt.typ == "" {
				return
			}
			for name, want := range map[string]string{
				"Content-Type": tt.typ, "Content-Disposition": tt.shown, "Content-Security-Policy": mediaPolicy,
				"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin", "Set-Cookie": "", "Link": "",
			} {
				if got := a.header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if tt.body != "" && a.body != tt.body {
				t.Errorf("body %q", a.body)
			}
		})
	}
	if s := log.String(); strings.Contains(s, up.URL) || strings.Contains(s, inside.URL) {
		t.Errorf("the log has addresses out of messages:\n%s", s)
	}
}

func TestMediaLinks(t *testing.T) {
	t.Parallel()
	up := storage(t)
	h := newHarness(t, func(o *Options) {
		o.Apps.All()[0].MediaHosts = append(o.Apps.All()[0].MediaHosts, strings.TrimPrefix(up.URL, "http://"))
	})
	h.newUsers("ann:Ann")
	h.newGroup("Public", "g1", "A group", "ann")
	h.say("g1", "ann", []any{map[string]any{"MsgType": "TIMFileElem", "MsgContent": map[string]any{
		"Url": up.URL + "/setup.exe", "UUID": "x", "FileSize": 8, "FileName": "setup.exe", "Download_Flag": 2,
	}}})
	b := h.as(auth.Viewer)
	page := b.get("/apps/demo/groups/g1/messages").is(200)
	_, rest, ok := strings.Cut(page.body, `href="/apps/demo/media?`)
	if !ok {
		t.Fatal("no link to the file")
	}
	query, _, _ := strings.Cut(rest, `"`)
	good, err := url.ParseQuery(strings.ReplaceAll(query, "&amp;", "&"))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(t testing.TB, change func(url.Values)) *answer {
		q := url.Values{}
		for k, v := range good {
			q[k] = v
		}
		change(q)
		return b.in(t).get("/apps/demo/media?" + q.Encode())
	}
	ask(t, func(url.Values) {}).is(200)
	for name, change := range map[string]func(url.Values){
		"another address":   func(q url.Values) { q.Set("u", up.URL+"/cat.png") },
		"another kind":      func(q url.Values) { q.Set("k", "picture") },
		"another name":      func(q url.Values) { q.Set("n", "a.txt") },
		"no signature":      func(q url.Values) { q.Del("sig") },
		"another signature": func(q url.Values) { q.Set("sig", strings.Repeat("A", 43)) },
		"nothing":           func(q url.Values) { clear(q) },
	} {
		t.Run(name, func(t *testing.T) { ask(t, change).is(404).has("This link is out of date.") })
	}
	if a := h.as("").get("/apps/demo/media?" + good.Encode()); a.status != http.StatusSeeOther {
		t.Errorf("a visitor is answered with %d", a.status)
	}
	b.get("/apps/other/media?" + good.Encode()).is(404)
}

// TestMediaTooLong: what is too large without saying so is cut off, and does not look whole.
func TestMediaTooLong(t *testing.T) {
	t.Parallel()
	up := storage(t)
	h := newHarness(t, func(o *Options) {
		o.Apps.All()[0].MediaHosts = append(o.Apps.All()[0].MediaHosts, strings.TrimPrefix(up.URL, "http://"))
	})
	b := h.as(auth.Viewer)
	m := h.server.media
	console := httptest.NewUnstartedServer(h.handler)
	console.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	console.Start()
	defer console.Close()
	req, err := http.NewRequest(http.MethodGet, console.URL+m.link(h.app, mediaPicture, up.URL+"/endless.png", "").URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", b.cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err == nil || n > maxPicture {
		t.Errorf("%d bytes came, error %v", n, err)
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"1.1.1.1": true, "223.5.5.5": true, "2606:4700::1111": true, "::ffff:1.1.1.1": true,
		"127.0.0.1": false, "127.9.9.9": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "192.0.0.8": false, "198.18.0.1": false, "203.0.113.9": false, "224.0.0.1": false,
		"255.255.255.255": false, "240.0.0.1": false, "::1": false, "::": false, "fe80::1": false, "fc00::1": false, "fd12::1": false, "ff02::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b:1::a00:1": false, "2002:7f00:1::": false,
		"2001:0:7f00:1::": false, "::127.0.0.1": false, "fec0::1": false, "2001:db8::1": false, "fe80::1%eth0": false, "2606:4700::1111%eth0": false,
	}
	for text, want := range tests {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("public(%s) = %v", text, got)
		}
	}
	for address, want := range map[string]bool{
		"1.1.1.1:443": true, "1.1.1.1:80": true, "[2606:4700::1111]:443": true, "1.1.1.1:22": false, "1.1.1.1:6379": false,
		"127.0.0.1:80": false, "[::1]:443": false, "example.com:80": false, "": false,
	} {
		if err := refusePrivate("tcp", address, nil); (err == nil) != want || err != nil && !errors.Is(err, errMediaRefused) {
			t.Errorf("dial %s: %v", address, err)
		}
	}
}

// TestRebinding: the address that counts is the one that is dialled, whatever the name said before.
func TestRebinding(t *testing.T) {
	t.Parallel()
	inside := storage(t)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(inside.URL, "http://"))
	m, err := newMedia([]*App{{IM: &imclient.Client{Vendor: imclient.Tencent}, MediaHosts: []string{"localhost"}}})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse("http://localhost:" + port + "/cat.png")
	if !m.known(u) {
		t.Fatal("localhost is named")
	}
	// The host is allowed by its name; what it resolves to is not.
	if _, err := m.fetch(context.Background(), mediaPicture, u.String(), ""); !errors.Is(err, errMediaRefused) {
		t.Errorf("fetched from our own network: %v", err)
	}
}

func TestMediaHosts(t *testing.T) {
	t.Parallel()
	app := &App{Name: "demo", IM: &imclient.Client{Vendor: imclient.Tencent}, MediaHosts: []string{" CDN.Example.com ", ".files.example", "10.0.0.7:8090"}}
	m, err := newMedia([]*App{app})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{
		"https://cdn.example.com/a": true, "https://x.cdn.example.com:8443/a": true, "https://evilcdn.example.com/a": false, "https://files.example/a": true,
		"http://10.0.0.7:8090/a": true, "http://10.0.0.7/a": false, "http://10.0.0.7:8091/a": false,
		"https://cos.ap-shanghai.myqcloud.com/a": true, "https://myqcloud.com.evil.example/a": false, "https://example.com/a": false,
	}
	for address, want := range tests {
		if got := m.link(app, mediaPicture, address, "").Known; got != want {
			t.Errorf("%s is shown at once: %v", address, got)
		}
	}
	for _, address := range []string{
		"", "x", "//cdn.example.com/a", "ftp://cdn.example.com/a", "javascript:alert(1)", "data:image/png,x", "https://a:b@cdn.example.com/a",
		"https:///a", "https://cdn.example.com/" + strings.Repeat("a", maxMediaURL), "https://cdn.example.com/%zz%",
	} {
		if link := m.link(app, mediaPicture, address, ""); link.URL != "" {
			t.Errorf("%.60q has the link %s", address, link.URL)
		}
	}
	for _, entry := range []string{"", "https://cdn.example.com", "cdn.example.com/x", "a b", "host:0", "host:99999", ":80", "host:http"} {
		app.MediaHosts = []string{entry}
		if _, err := newMedia([]*App{app}); err == nil {
			t.Errorf("media host %q is accepted", entry)
		}
	}
}

func TestFileName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"plan.pdf": "plan.pdf", "方案 (1).docx": "方案 (1).docx", "../../etc/passwd": "_.._etc_passwd", `C:\a?.txt`: "C__a_.txt",
		"\u202egpj.exe": "gpj.exe", "a\r\nb": "ab", "...": "file", "": "file", strings.Repeat("长", 200) + ".pdf": strings.Repeat("长", 65) + ".pdf",
	} {
		if got := fileName(name); got != want {
			t.Errorf("%q is saved as %q, want %q", name, got, want)
		}
	}
}
