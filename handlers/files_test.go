package handlers

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
)

const filesPath = "/apps/demo/operations/files"

// hourOfTalk makes an hour with group and direct messages that is packed by now, and returns its beginning.
func (h *harness) hourOfTalk(n int) time.Time {
	h.t.Helper()
	h.newUsers("olga:Olga", "ann:Ann <b>", "bob:Bob")
	h.newGroup("Public", "g1", "Music & more", "olga", "ann")
	hour := h.now().Truncate(time.Hour).Add(time.Hour)
	h.advance(hour.Sub(h.now()) + time.Second)
	for i := range n {
		h.say("g1", "ann", text(fmt.Sprintf("<i>message</i> %d", i+1)))
	}
	h.must("openim/sendmsg", map[string]any{"From_Account": "ann", "To_Account": "bob", "MsgRandom": 7, "MsgBody": text("a secret 秘密")})
	h.advance(2 * time.Hour)
	return hour
}

// open opens the first file of an hour with a reason, and returns where it can be read.
func (b *browser) open(kind imclient.HistoryKind, hour time.Time, more ...string) string {
	b.t.Helper()
	list := b.get(filesURL(b.h.app, kind, hour)).is(http.StatusOK)
	file := regexp.MustCompile(`file=([0-9a-f]{32})`).FindStringSubmatch(list.body)
	if file == nil {
		b.t.Fatalf("no file:\n%s", list.text())
	}
	form := with(nil, append([]string{"kind", string(kind), "at", hour.UTC().Format(time.RFC3339), "file", file[1], "reason", "a report of fraud"}, more...)...)
	return b.post(filesPath+"/open", form).is(http.StatusSeeOther).location()
}

func TestHistoryFiles(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	hour := h.hourOfTalk(60)
	b := h.as(auth.Lead)
	list := b.get(filesURL(h.app, imclient.HistoryGroups, hour)).is(http.StatusOK).has("Message files", "File 1", "Read", "Download", "Hour before")
	if strings.Contains(list.body, h.im.URL()+"/") || strings.Contains(list.body, "sign=") {
		t.Error("the file's address is on the page")
	}
	sheet := b.get(html2url(regexp.MustCompile(`href="([^"]*files/open\?[^"]*)"`).FindStringSubmatch(list.body)[1])).is(http.StatusOK)
	sheet.has("Open a file of messages", "The messages of this hour can be read for 30 minutes, by you alone", "Recorded with your name and reason")

	at := b.open(imclient.HistoryGroups, hour)
	page := b.get(at).is(http.StatusOK).has("Opened because: a report of fraud", "Ann <b>", "in Music & more", "<i>message</i> 1", "1 to 50", "In the audit log")
	page.lacks("<i>message</i> 51")
	b.get(at+"?at=50").is(http.StatusOK).has("<i>message</i> 51", "51 to 60 of 60", "Previous")
	b.get(at + "?at=1000000").is(http.StatusOK).has("No messages on this page")
	for _, nonsense := range []string{"-1", "x", "99999999999999999999"} {
		b.get(at + "?at=" + nonsense).is(http.StatusOK).has("<i>message</i> 1")
	}
	b.part(at).is(http.StatusOK).marked(`id="opened-file"`)
	direct := b.open(imclient.HistoryDirect, hour)
	b.get(direct).has("a secret 秘密", "to Bob")

	entries, err := h.store.Audit.List(t.Context(), store.AuditFilter{App: testApp, Action: "history_files.read"}, 0, 10)
	if err != nil || len(entries) != 2 || entries[0].Reason != "a report of fraud" || entries[0].State != store.AuditOK {
		t.Fatalf("recorded: %+v %v", entries, err)
	}
	b.get(entryURL(h.app, entries[0].ID)).is(http.StatusOK).has("Opened a file of messages", "Direct chats", "a report of fraud")
}

func html2url(s string) string { return strings.ReplaceAll(s, "&amp;", "&") }

func TestHistoryFileDownload(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	hour := h.hourOfTalk(3)
	b := h.as(auth.Lead)
	at := b.open(imclient.HistoryGroups, hour, "download", "1")
	b.get(at).is(http.StatusOK).has("The file is ready", "Read it here").lacks("<i>message</i> 1")
	head := b.do(http.MethodHead, at+"/download", nil, nil).is(http.StatusOK)
	a := b.get(at + "/download").is(http.StatusOK)
	if a.header.Get("Content-Type") != "application/gzip" || !strings.Contains(a.header.Get("Content-Disposition"), `filename="demo-groups-`+hour.UTC().Format("20060102T15Z")+`-1.gz"`) ||
		a.header.Get("Content-Length") != strconv.Itoa(len(a.body)) || head.header.Get("Content-Length") != strconv.Itoa(len(a.body)) || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", a.header)
	}
	files, err := h.app.IM.HistoryFiles.List(t.Context(), imclient.HistoryGroups, hour)
	if sum := md5.Sum([]byte(a.body)); err != nil || hex.EncodeToString(sum[:]) != files[0].PackedMD5 {
		t.Errorf("the sum differs: %v", err)
	}
	z, err := gzip.NewReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := io.ReadAll(z); err != nil || !bytes.Contains(raw, []byte("message")) {
		t.Errorf("unpacked: %v %.200s", err, raw)
	}
}

// spoil changes one byte of each file on its way.
type spoil struct{ on bool }

func (s *spoil) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !s.on || strings.Contains(r.URL.Path, "/v4/") {
		return res, err
	}
	b, err := io.ReadAll(res.Body)
	res.Body.Close()
	if len(b) > 20 {
		b[len(b)/2] ^= 0xff
	}
	res.Body = io.NopCloser(bytes.NewReader(b))
	return res, err
}

func TestHistoryFileThatIsDamaged(t *testing.T) {
	t.Parallel()
	way := &spoil{}
	h := newHarnessAt(t, setting{folder: t.TempDir(), http: &http.Client{Transport: way}})
	hour := h.hourOfTalk(3)
	b := h.as(auth.Lead)
	at := b.open(imclient.HistoryGroups, hour)
	way.on = true
	for _, path := range []string{at, at + "/download"} {
		b.get(path).is(http.StatusBadGateway).has("The file is not the one that the service announced", "Nothing of it is used").lacks("message</i> 1")
	}
	way.on = false
	b.get(at).is(http.StatusOK).has("<i>message</i> 1")
	h.im.SetFault(emulator.Fault{Command: "open_msg_svc/get_history", Status: http.StatusBadGateway})
	b.get(at).is(http.StatusBadGateway)
	b.get(at + "/download").is(http.StatusBadGateway)
	b.get(filesURL(h.app, imclient.HistoryGroups, hour)).is(http.StatusBadGateway).has("Message files", "Try again")
}

// Who did not open a file, or opened it long ago, gives a reason first.
func TestHistoryFilesAreOpenedFirst(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	hour := h.hourOfTalk(3)
	b := h.as(auth.Lead)
	at := b.open(imclient.HistoryDirect, hour)
	again := func(b *browser, path string) {
		t.Helper()
		a := b.get(path).is(http.StatusSeeOther)
		b.get(a.location()).has("Open the file with a reason first").lacks("a secret")
	}
	again(h.as(auth.Owner), at)
	again(h.as(auth.Owner), at+"/download")
	h.advance(fileOpen + time.Minute)
	again(b, at)
	again(b, at+"/download")
	h.as(auth.Moderator).get(at).is(http.StatusForbidden)
	for _, entry := range []string{"0", "-1", "x", "999999"} {
		b.get(filesPath + "/opened/" + entry).is(http.StatusNotFound)
	}
	other := h.do(muteOf("g1"))
	b.get(openedURL(h.app, other.ID)).is(http.StatusNotFound)

	form := url.Values{"kind": {"direct"}, "at": {hour.UTC().Format(time.RFC3339)}, "file": {"none"}, "reason": {"x"}}
	b.post(filesPath+"/open", form).is(http.StatusNotFound)
	form.Del("reason")
	files, err := h.app.IM.HistoryFiles.List(t.Context(), imclient.HistoryDirect, hour)
	check(t, err)
	form.Set("file", files[0].PackedMD5)
	b.post(filesPath+"/open", form).is(http.StatusUnprocessableEntity).has("This is needed.", "These are private conversations.")
}

func TestHistoryFilesOfNoHour(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Lead)
	for _, q := range []string{"", "?kind=all", "?hour=nonsense", "?hour=2999-01-01T00:00", "?at=0001-01-01T00:00:00Z", "?at=x", "?hour=" + url.QueryEscape("2026-13-41T99:99"), "?kind=%00&hour=%ff"} {
		b.get(filesPath + q).is(http.StatusOK).has("No files of this hour")
	}
	b.get(filesPath + "?hour=2999-01-01T00:00").has("This is no hour that has begun")
	typed := h.now().Add(-5 * time.Hour).In(h.server.Zone).Format(hourLayout)
	b.get(filesPath + "?hour=" + url.QueryEscape(typed)).is(http.StatusOK).marked(`value="` + typed[:13] + `:00"`)
}
