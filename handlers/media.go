package handlers

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// media fetches what messages point at: pictures, sounds, films, files. Browsers of operators never ask those hosts
// themselves: it would tell them who is looking, and the page's policy allows no other host.
//
// Whoever may send a message chooses its addresses, so every one of them is hostile until it was checked: only addresses
// that this process has put on a page are fetched, only from public networks, only so much, and what comes back is never
// allowed to act as a page.
type media struct {
	key    []byte // signs the addresses, made anew by each process
	client *http.Client
	now    atomic.Pointer[mediaPlaces]
	slots  chan struct{} // bounds how much is fetched at the same time
}

// Bounds of what is fetched.
const (
	maxPicture     = 20 << 20  // bytes
	maxSound       = 20 << 20  // bytes
	maxFilm        = 200 << 20 // bytes; the vendors take files up to 100 MB
	maxFile        = 200 << 20
	maxRedirects   = 3
	maxMediaURL    = 4 << 10 // bytes
	mediaSlots     = 32
	mediaDial      = 5 * time.Second
	mediaHeader    = 10 * time.Second // until the answer begins
	mediaIdle      = 20 * time.Second // between two pieces of it
	mediaTotal     = 10 * time.Minute
	mediaChunk     = 64 << 10
	mediaSlotWait  = 5 * time.Second
	mediaCacheTime = 5 * time.Minute // in the operator's browser
)

// mediaKind is what an address is used for. It decides what may come back.
type mediaKind string

const (
	mediaPicture mediaKind = "picture"
	mediaSound   mediaKind = "sound"
	mediaFilm    mediaKind = "film"
	mediaFile    mediaKind = "file" // saved, never shown
)

func (k mediaKind) limit() int64 {
	switch k {
	case mediaPicture:
		return maxPicture
	case mediaSound:
		return maxSound
	case mediaFilm:
		return maxFilm
	}
	return maxFile
}

// vendorHosts are where the vendors keep what users send. Their storage is open to other customers of theirs as well, but
// not in the hands of a user who merely sends a message.
var vendorHosts = map[imclient.Vendor][]string{
	imclient.Tencent:    {"im.qcloud.com", "imrich.qcloud.com", "my-imcloud.com", "tim.qq.com", "myqcloud.com", "tencentcos.cn"},
	imclient.Volcengine: {"volces.com", "volccdn.com", "volcimagex.cn"},
}

func newMedia(list []*App) (*media, error) {
	m := &media{key: make([]byte, 32), slots: make(chan struct{}, mediaSlots)}
	if _, err := rand.Read(m.key); err != nil {
		return nil, fmt.Errorf("key of media addresses: %w", err)
	}
	for _, app := range list {
		for _, entry := range app.MediaHosts {
			if _, _, err := mediaHost(entry); err != nil {
				return nil, fmt.Errorf("app %s: %w", app.Name, err)
			}
		}
	}
	m.follow(list)
	dialer := &net.Dialer{Timeout: mediaDial}
	guarded := &net.Dialer{Timeout: mediaDial, Control: refusePrivate}
	m.client = &http.Client{
		Transport: &http.Transport{
			Proxy: nil, // a proxy would connect in our place, past the check of the address
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if m.places().named[strings.ToLower(address)] {
					return dialer.DialContext(ctx, network, address)
				}
				return guarded.DialContext(ctx, network, address)
			},
			TLSHandshakeTimeout:    mediaDial,
			ResponseHeaderTimeout:  mediaHeader,
			MaxResponseHeaderBytes: 32 << 10,
			MaxConnsPerHost:        16,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
			DisableCompression:     true, // lengths and ranges are those of the file
		},
		CheckRedirect: m.checkRedirect,
	}
	return m, nil
}

// mediaPlaces are where media may be fetched from without being asked for.
type mediaPlaces struct {
	hosts []string        // with their subdomains, from public networks
	named map[string]bool // host:port, on whatever network
}

// places are those of the apps that there are now.
func (m *media) places() *mediaPlaces { return m.now.Load() }

// follow takes up which apps there are. An entry that makes no sense was refused before.
func (m *media) follow(list []*App) {
	p := &mediaPlaces{named: map[string]bool{}}
	for _, app := range list {
		p.hosts = append(p.hosts, vendorHosts[app.IM.Vendor]...)
		for _, entry := range app.MediaHosts {
			if host, named, err := mediaHost(entry); err == nil && named {
				p.named[host] = true
			} else if err == nil {
				p.hosts = append(p.hosts, host)
			}
		}
	}
	m.now.Store(p)
}

// mediaHost reads an entry of an app: "cdn.example.com" with its subdomains, or "10.0.0.7:8090", exactly this and on whatever
// network, which is named.
func mediaHost(entry string) (host string, named bool, err error) {
	entry = strings.ToLower(strings.TrimSpace(entry))
	if host, port, err := net.SplitHostPort(entry); err == nil {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" {
			return "", false, fmt.Errorf("media host %q: the port makes no sense", entry)
		}
		return entry, true, nil
	}
	if entry == "" || strings.ContainsAny(entry, "/:@? \\") {
		return "", false, fmt.Errorf("media host %q: write a host name such as cdn.example.com, or host:port", entry)
	}
	return strings.TrimPrefix(entry, "."), false, nil
}

// Errors of fetching; fail explains them.
var (
	errMediaLink    = errors.New("the address of the media is not one of ours")
	errMediaRefused = errors.New("the media is not fetched from there")
	errMediaTooBig  = errors.New("the media is too large")
	errMediaType    = errors.New("the media is not what it was said to be")
	errMediaGone    = errors.New("the media is not given out")
	errMediaFetch   = errors.New("the media could not be fetched")
)

// explainMedia says why something cannot be shown; false if the error is not about media.
func explainMedia(ctx context.Context, err error, n templates.Notice) (problem, bool) {
	n.Tone = "warn"
	for _, e := range []struct {
		err    error
		status int
		key    string
	}{
		{errMediaLink, http.StatusNotFound, "media.link"},
		{errMediaRefused, http.StatusForbidden, "media.refused"},
		{errMediaTooBig, http.StatusRequestEntityTooLarge, "media.too_big"},
		{errMediaType, http.StatusUnsupportedMediaType, "media.type"},
		{errMediaGone, http.StatusNotFound, "media.gone"},
		{errMediaFetch, http.StatusBadGateway, "media.fetch"},
	} {
		if errors.Is(err, e.err) {
			//i18n:uses media.*
			n.Title, n.Next = i18n.T(ctx, e.key+".title"), i18n.T(ctx, e.key+".next")
			return problem{status: e.status, notice: n}, true
		}
	}
	return problem{}, false
}

// reserved are networks that are not the public Internet, beyond what netip.Addr tells by itself. Those that hold an IPv4
// address inside an IPv6 one would lead around the check.
//
// Source: IANA special-purpose address registries, RFC 6890.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("5f00::/16"),
}

// public reports whether an address is on the public Internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// refusePrivate looks at the address that is really dialled, after the name was resolved: a name that points at us, or
// that changes between a check and the call, gets nowhere. Only the ports of the web are dialled.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !public(ap.Addr()) || ap.Port() != 80 && ap.Port() != 443 {
		return errMediaRefused
	}
	return nil
}

func (m *media) checkRedirect(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("%w: too many redirects", errMediaRefused)
	case !isWeb(req.URL):
		return fmt.Errorf("%w: redirected to %s", errMediaRefused, req.URL.Scheme)
	case via[0].URL.Scheme == "https" && req.URL.Scheme == "http":
		return fmt.Errorf("%w: redirected to plain HTTP", errMediaRefused)
	case m.places().named[hostPort(req.URL)] && !m.places().named[hostPort(via[0].URL)]:
		// A public host must not lead us to one that only the configuration may name.
		return fmt.Errorf("%w: redirected to a private host", errMediaRefused)
	}
	req.Header.Del("Referer")
	return nil
}

func isWeb(u *url.URL) bool {
	return (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

// hostPort is where an address leads, "cdn.example.com:443".
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), port))
}

// known reports whether an address is the vendor's or one that the configuration names, so that it is shown without
// being asked for. Others learn when their picture was looked at, if not by whom: an operator has to want that.
func (m *media) known(u *url.URL) bool {
	places := m.places()
	if places.named[hostPort(u)] {
		return true
	}
	host := strings.ToLower(u.Hostname())
	for _, h := range places.hosts {
		if host == h || strings.HasSuffix(host, "."+h) {
			return true
		}
	}
	return false
}

// mediaLink is an address as a page uses it.
type mediaLink struct {
	URL   string // of this console; "" if it cannot be fetched
	Host  string // where it is
	Known bool   // may be shown without being asked for
}

// link signs the address of something in a message of the app. name is what a file is saved as.
func (m *media) link(app *App, kind mediaKind, address, name string) mediaLink {
	u, err := url.Parse(address)
	if err != nil || !isWeb(u) || len(address) > maxMediaURL {
		return mediaLink{}
	}
	q := url.Values{"k": {string(kind)}, "u": {address}}
	if name != "" {
		q.Set("n", name)
	}
	q.Set("sig", m.sign(app.Name, kind, address, name))
	return mediaLink{URL: appURL(app, "media") + "?" + q.Encode(), Host: u.Hostname(), Known: m.known(u)}
}

func (m *media) sign(app string, kind mediaKind, address, name string) string {
	mac := hmac.New(sha256.New, m.key)
	for _, part := range []string{app, string(kind), address, name} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Server) mediaRoutes() []route {
	return []route{{get, "/apps/:app/media", auth.VerbView, s.showMedia}}
}

// showMedia fetches one thing that a message points at and passes it on, without ever holding all of it.
func (s *Server) showMedia(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	kind, address, name := mediaKind(c.Query("k")), c.Query("u"), c.Query("n")
	if !hmac.Equal([]byte(c.Query("sig")), []byte(s.media.sign(app.Name, kind, address, name))) {
		return errMediaLink
	}
	release, err := s.media.slot(c.Request.Context())
	if err != nil {
		return err
	}
	defer release()
	// A film takes longer than a page may. It ends when the browser goes, for then writing fails.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), mediaTotal)
	defer cancel()
	res, err := s.media.fetch(ctx, kind, address, c.GetHeader("Range"))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		c.Header("Content-Range", res.Header.Get("Content-Range"))
		c.Status(res.StatusCode)
		c.Writer.WriteHeaderNow()
		return nil
	}
	return s.media.pass(c, cancel, kind, name, res)
}

// slot waits for its turn.
func (m *media) slot(ctx context.Context) (release func(), err error) {
	timer := time.NewTimer(mediaSlotWait)
	defer timer.Stop()
	select {
	case m.slots <- struct{}{}:
		return func() { <-m.slots }, nil
	case <-timer.C:
		return nil, fmt.Errorf("%w: too much is being fetched", errMediaFetch)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// fetch asks for the address, or the range of it, and checks what the answer says of itself.
func (m *media) fetch(ctx context.Context, kind mediaKind, address, byteRange string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMediaLink, err)
	}
	req.Header.Set("User-Agent", "imdesk")
	req.Header.Set("Accept", "*/*")
	if kind != mediaPicture && strings.HasPrefix(byteRange, "bytes=") && len(byteRange) < 100 {
		req.Header.Set("Range", byteRange)
	}
	res, err := m.client.Do(req)
	if errors.Is(err, errMediaRefused) {
		return nil, fmt.Errorf("fetch media: %w", withoutURL(err))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMediaFetch, withoutURL(err))
	}
	switch {
	case res.StatusCode == http.StatusRequestedRangeNotSatisfiable && req.Header.Get("Range") != "":
		return res, nil
	case res.StatusCode >= 400 && res.StatusCode < 500:
		err = fmt.Errorf("%w: status %d", errMediaGone, res.StatusCode)
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusPartialContent:
		err = fmt.Errorf("%w: status %d", errMediaFetch, res.StatusCode)
	case res.ContentLength > kind.limit():
		err = errMediaTooBig
	case res.Header.Get("Content-Encoding") != "":
		err = fmt.Errorf("%w: content encoding", errMediaType)
	default:
		return res, nil
	}
	res.Body.Close()
	return nil, err
}

// withoutURL leaves the address out of an error: it may hold a token, and the log keeps no contents of messages.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// mediaPolicy is the policy of what is passed on, should somebody open it as a page: it can do nothing at all. Pictures of
// type SVG have style sheets of their own.
const mediaPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'"

// pass sends what was fetched on, up to the limit of its kind.
func (m *media) pass(c *gin.Context, giveUp func(), kind mediaKind, name string, res *http.Response) error {
	body := bufio.NewReaderSize(res.Body, mediaChunk)
	// The beginning must come in time as well.
	watch := time.AfterFunc(mediaIdle, giveUp)
	defer watch.Stop()
	start, err := body.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", errMediaFetch, err)
	}
	contentType, err := mediaType(kind, res, start)
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Security-Policy", mediaPolicy)
	h.Set("Content-Disposition", disposition(kind, name, res.Request.URL))
	h.Set("Cache-Control", "private, max-age="+strconv.Itoa(int(mediaCacheTime/time.Second)))
	if kind != mediaPicture {
		for _, keep := range []string{"Content-Range", "Accept-Ranges"} {
			if v := res.Header.Get(keep); v != "" {
				h.Set(keep, v)
			}
		}
	}
	if res.ContentLength >= 0 {
		h.Set("Content-Length", strconv.FormatInt(res.ContentLength, 10))
	}
	c.Writer.WriteHeader(res.StatusCode)
	if c.Request.Method == http.MethodHead {
		return nil
	}
	return copyMedia(c, watch, body, kind.limit())
}

// copyMedia copies up to limit bytes. Each piece must come, and be taken, within mediaIdle.
func copyMedia(c *gin.Context, watch *time.Timer, body io.Reader, limit int64) error {
	out := http.NewResponseController(c.Writer)
	piece := make([]byte, mediaChunk)
	for sent := int64(0); ; {
		watch.Reset(mediaIdle)
		n, err := body.Read(piece)
		if sent += int64(n); sent > limit {
			panic(http.ErrAbortHandler) // cut off: what was sent must not look whole
		}
		if n > 0 {
			_ = out.SetWriteDeadline(time.Now().Add(mediaIdle)) // not all writers have one
			if _, err := c.Writer.Write(piece[:n]); err != nil {
				return errGone{err}
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			panic(http.ErrAbortHandler)
		}
	}
}

// pictureTypes are what browsers draw. What a picture is, its first bytes tell; the sender's word is not enough.
var pictureTypes = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/bmp": true,
}

// mediaType is the type under which something is passed on.
func mediaType(kind mediaKind, res *http.Response, start []byte) (string, error) {
	said, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch kind {
	case mediaPicture:
		if t := http.DetectContentType(start); pictureTypes[t] {
			return t, nil
		}
		if said == "image/svg+xml" {
			return said, nil
		}
	case mediaSound:
		if t, ok := playable(said, res.Request.URL, "audio/"); ok {
			return t, nil
		}
		if t := http.DetectContentType(start); strings.HasPrefix(t, "audio/") || t == "video/mp4" || t == "application/ogg" {
			return t, nil
		}
	case mediaFilm:
		if t, ok := playable(said, res.Request.URL, "video/"); ok {
			return t, nil
		}
		if t := http.DetectContentType(start); strings.HasPrefix(t, "video/") {
			return t, nil
		}
	case mediaFile:
		return "application/octet-stream", nil
	}
	return "", errMediaType
}

// soundsAndFilms are the types of files by the end of their names, where storage says no more than "bytes".
var soundsAndFilms = map[string]string{
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".aac": "audio/aac", ".wav": "audio/wav", ".ogg": "audio/ogg", ".opus": "audio/ogg",
	".amr": "audio/amr", ".flac": "audio/flac", ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime",
	".webm": "video/webm", ".3gp": "video/3gpp",
}

// playable is the type that was said, or that the name tells, if it begins with prefix.
func playable(said string, u *url.URL, prefix string) (string, bool) {
	if strings.HasPrefix(said, prefix) {
		return said, true
	}
	if said != "" && said != "application/octet-stream" && said != "binary/octet-stream" {
		return "", false
	}
	t := soundsAndFilms[strings.ToLower(path.Ext(u.Path))]
	return t, strings.HasPrefix(t, prefix)
}

// disposition says whether the browser shows or saves it, and under which name.
func disposition(kind mediaKind, name string, u *url.URL) string {
	if kind != mediaFile {
		return "inline"
	}
	if name == "" {
		name = path.Base(u.Path)
	}
	return mime.FormatMediaType("attachment", map[string]string{"filename": fileName(name)})
}

// fileName is a name without what file systems and people stumble over: paths, control and direction characters.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff, r == 0xfffd:
			return -1
		case strings.ContainsRune(`/\:*?"<>|`, r):
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if name == "" {
		return "file"
	}
	if len(name) > 200 {
		ext := path.Ext(name)
		if len(ext) > 20 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:200-len(ext)], "") + ext
	}
	return name
}
