package tencent

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/imclient"
)

// fileText is an hour's file as the vendor's page prints it: a head, a message a line, an end.
const fileText = `{"SdkAppId":1400000000,"ChatType":"C2C","MsgTime":"2015120121","MsgList":[
{"From_Account":"a","To_Account":"b","MsgTimestamp":1448975000,"MsgSeq":1,"MsgRandom":2,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"one"}}]},
{"From_Account":"b","To_Account":"a","MsgTimeStamp":1448975001,"MsgSeq":3,"MsgRandom":4,"MsgBody":[],"CloudCustomData":"c","New":null},
{"From_Account":"a","GroupId":"@TGS#1","MsgTimestamp":1448975002,"MsgSeq":5,"MsgBody":null}
]}
`

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sumOf(b []byte) string {
	sum := md5.Sum(b)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// announced is a file as get_history tells of it.
func announced(text string, body []byte) HistoryFile {
	return HistoryFile{FileSize: Int(len(text)), FileMD5: Str(sumOf([]byte(text))), GzipSize: Int(len(body)), GzipMD5: Str(sumOf(body))}
}

// fileServer serves a file on the host of the API, and fails the test for a request that has a signature.
func fileServer(t *testing.T, h http.HandlerFunc) (*API, string) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || strings.Contains(r.URL.RawQuery, "usersig") {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	a, err := NewAPI(Config{SDKAppID: "1400000000", Administrator: "administrator", Key: vectorKey, Endpoint: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a, srv.URL + "/1.gz?sign=secret"
}

func serve(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }
}

func TestHistoryFileIsReadAsAWhole(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	body := gzipped(t, fileText)
	a, url := fileServer(t, serve(body))
	file := announced(fileText, body)
	file.URL = Str(url)
	var got []HistoryMsg
	for m, err := range a.HistoryMsgs(t.Context(), file) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m)
	}
	want := []HistoryMsg{
		{FromAccount: "a", ToAccount: "b", MsgTimestamp: 1448975000, MsgSeq: 1, MsgRandom: 2, MsgBody: []byte(`[{"MsgType":"TIMTextElem","MsgContent":{"Text":"one"}}]`)},
		{FromAccount: "b", ToAccount: "a", MsgTimeStamp: 1448975001, MsgSeq: 3, MsgRandom: 4, MsgBody: []byte(`[]`), CloudCustomData: "c"},
		{FromAccount: "a", GroupId: "@TGS#1", MsgTimestamp: 1448975002, MsgSeq: 5, MsgBody: []byte(`null`)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	c := NewClient(a)
	var download bytes.Buffer
	if err := c.HistoryFiles.Download(t.Context(), imclient.HistoryFile{URL: url, PackedSize: int64(len(body)), PackedMD5: sumOf(body)}, &download); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(download.Bytes(), body) {
		t.Error("the download is not the file")
	}
	for range a.HistoryMsgs(t.Context(), file) { // stopped early
		break
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestHistoryFilesThatAreNotWhatTheySeem(t *testing.T) {
	t.Parallel()
	long := strings.Replace(fileText, "one", strings.Repeat("x", 3*maxLine), 1)
	tests := []struct {
		name   string
		text   string
		change func(f *HistoryFile, body []byte) (send []byte)
		kind   error
		shown  int // messages that come before the error
	}{
		{"no messages", `{"SdkAppId":1,"ChatType":"C2C","MsgTime":"x","MsgList":[]}`, nil, nil, 0},
		{"all on one line", strings.ReplaceAll(fileText, "\n", ""), nil, nil, 3},
		{"nothing announced", fileText, func(f *HistoryFile, body []byte) []byte { *f = HistoryFile{URL: f.URL}; return body }, nil, 3},
		{"another sum", fileText, func(f *HistoryFile, body []byte) []byte { f.GzipMD5 = "00"; return body }, imclient.ErrProtocol, 0},
		{"one byte changed", fileText, func(_ *HistoryFile, body []byte) []byte { body[len(body)/2] ^= 1; return body }, imclient.ErrProtocol, 0},
		{"shorter than announced", fileText, func(_ *HistoryFile, body []byte) []byte { return body[:len(body)-5] }, imclient.ErrProtocol, 0},
		{"longer than announced", fileText, func(_ *HistoryFile, body []byte) []byte { return append(body, 1) }, imclient.ErrProtocol, 0},
		{"cut short, which nothing announced tells", fileText, func(f *HistoryFile, body []byte) []byte { *f = HistoryFile{URL: f.URL}; return body[:len(body)-12] }, imclient.ErrProtocol, -1},
		{"another sum unpacked", fileText, func(f *HistoryFile, body []byte) []byte { f.FileMD5 = "00"; return body }, imclient.ErrProtocol, 3},
		{"unpacks to more than announced", fileText, func(f *HistoryFile, body []byte) []byte { f.FileSize = 100; return body }, imclient.ErrProtocol, -1},
		{"not packed", fileText, func(f *HistoryFile, _ []byte) []byte { *f = HistoryFile{URL: f.URL}; return []byte(fileText) }, imclient.ErrProtocol, 0},
		{"a message without end", long, nil, imclient.ErrProtocol, 0},
		{"not JSON", "hello", nil, imclient.ErrProtocol, 0},
		{"a list", "[]", nil, imclient.ErrProtocol, 0},
		{"no MsgList", `{"SdkAppId":1}`, nil, imclient.ErrProtocol, 0},
		{"MsgList of another kind", `{"MsgList":{}}`, nil, imclient.ErrProtocol, 0},
		{"no end", strings.TrimSuffix(fileText, "]}\n"), nil, imclient.ErrProtocol, 3},
		{"something behind the end", fileText + "{}", nil, imclient.ErrProtocol, 3},
		{"a message that is none", `{"MsgList":[1]}`, nil, imclient.ErrProtocol, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := gzipped(t, tt.text)
			file := announced(tt.text, body)
			if tt.change != nil {
				body = tt.change(&file, bytes.Clone(body))
			}
			a, url := fileServer(t, serve(body))
			file.URL = Str(url)
			shown := 0
			var last error
			for _, err := range a.HistoryMsgs(t.Context(), file) {
				if last = err; err == nil {
					shown++
				}
			}
			if !errors.Is(last, tt.kind) || (last == nil) != (tt.kind == nil) || tt.shown >= 0 && shown != tt.shown {
				t.Errorf("%d messages and %v, want %d and %v", shown, last, tt.shown, tt.kind)
			}
			if last != nil && strings.Contains(last.Error(), "secret") {
				t.Errorf("the error tells the address: %v", last)
			}
		})
	}
}

func TestHistoryFilesThatCannotBeFetched(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		h    http.HandlerFunc
		url  string // "" = the server's
		kind error
	}{
		{"expired", answer(403, "<Error/>"), "", imclient.ErrNotFound},
		{"gone", answer(404, ""), "", imclient.ErrNotFound},
		{"trouble", answer(503, ""), "", imclient.ErrUnavailable},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, "", imclient.ErrProtocol},
		{"closed", drop, "", imclient.ErrUnavailable},
		{"another host without HTTPS", answer(200, ""), "http://example.com/secret.gz", imclient.ErrProtocol},
		{"a file of this machine", answer(200, ""), "file:///etc/passwd?secret", imclient.ErrProtocol},
		{"no address", answer(200, ""), "", imclient.ErrProtocol},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, url := fileServer(t, tt.h)
			if tt.url != "" {
				url = tt.url
			} else if tt.name == "no address" {
				url = ""
			}
			_, err := a.FetchHistory(t.Context(), HistoryFile{URL: Str(url)})
			if !errors.Is(err, tt.kind) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want %v", err, tt.kind)
			}
		})
	}
	t.Run("no time left", func(t *testing.T) {
		stop := make(chan struct{})
		a, url := fileServer(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte{31})
			w.(http.Flusher).Flush()
			<-stop
		})
		defer close(stop)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := a.FetchHistory(ctx, HistoryFile{URL: Str(url)})
		if !errors.Is(err, imclient.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestHistoryFileList(t *testing.T) {
	w := newWire(t)
	w.on("get_history", `"File":[{"URL":"https://f/1.gz","ExpireTime":"2015-12-07 10:36:14","FileSize":16456,"FileMD5":"f5","GzipSize":1236,"GzipMD5":"80"},{"URL":"https://f/2.gz","ExpireTime":"?"}]`)
	c := w.client()
	files, err := c.HistoryFiles.List(t.Context(), imclient.HistoryGroups, time.Date(2015, 12, 1, 13, 45, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "get_history", `{"ChatType":"Group","MsgTime":"2015120121"}`)
	hour := time.Date(2015, 12, 1, 13, 0, 0, 0, time.UTC)
	want := []imclient.HistoryFile{
		{
			Kind: imclient.HistoryGroups, Hour: hour, URL: "https://f/1.gz", Expires: time.Date(2015, 12, 7, 2, 36, 14, 0, time.UTC),
			Size: 16456, MD5: "f5", PackedSize: 1236, PackedMD5: "80",
		},
		{Kind: imclient.HistoryGroups, Hour: hour, URL: "https://f/2.gz"},
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Error(diff)
	}
	if _, err := c.HistoryFiles.List(t.Context(), "other", now); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("another kind: %v", err)
	}
	w.refuse("get_history", "1004")
	if _, err := c.HistoryFiles.List(t.Context(), imclient.HistoryDirect, now); !errors.Is(err, imclient.ErrNotFound) {
		t.Errorf("not made yet: %v", err)
	}
}

func TestFiledMessages(t *testing.T) {
	body := gzipped(t, fileText)
	a, url := fileServer(t, serve(body))
	var got []imclient.FiledMessage
	for m, err := range NewClient(a).HistoryFiles.Messages(t.Context(), imclient.HistoryFile{URL: url}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m)
	}
	want := []imclient.FiledMessage{
		{Conversation: imclient.Conversation{User: "a", Peer: "b"}, Message: imclient.Message{
			ID: "1_2_1448975000.a", Seq: "1448975000.1.2", From: "a", At: time.Unix(1448975000, 0).UTC(), Body: []imclient.Element{imclient.Text{Text: "one"}},
		}},
		{Conversation: imclient.Conversation{User: "b", Peer: "a"}, Message: imclient.Message{
			ID: "3_4_1448975001.b", Seq: "1448975001.3.4", From: "b", At: time.Unix(1448975001, 0).UTC(), Body: []imclient.Element{}, Custom: "c",
		}},
		{Conversation: imclient.Conversation{Group: "@TGS#1"}, Message: imclient.Message{ID: "5", Seq: "5", From: "a", At: time.Unix(1448975002, 0).UTC()}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzHistoryFile(f *testing.F) {
	f.Add([]byte(fileText))
	f.Add([]byte(`{"MsgList":[{}]}`))
	f.Add([]byte(`{"a":{"MsgList":[]},"MsgList":[{"MsgBody":{}},`))
	f.Fuzz(func(t *testing.T, text []byte) {
		n := 0
		err := readHistory(t.Context(), bytes.NewReader(gzipped(t, string(text))), announced(string(text), nil), func(m HistoryMsg) bool {
			toFiled(m)
			n++
			return true
		})
		if err == nil && !bytes.Contains(text, []byte("MsgList")) {
			t.Errorf("%q was read as a file of %d messages", text, n)
		}
	})
}

func BenchmarkHistoryFile(b *testing.B) {
	var text strings.Builder
	text.WriteString(`{"SdkAppId":1,"ChatType":"C2C","MsgTime":"x","MsgList":[` + "\n")
	for i := range 10_000 {
		if i > 0 {
			text.WriteString(",\n")
		}
		fmt.Fprintf(&text, `{"From_Account":"a","To_Account":"b","MsgTimestamp":1448975000,"MsgSeq":%d,"MsgRandom":2,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"A line of talk, as people write them"}}]}`, i)
	}
	text.WriteString("\n]}\n")
	body := gzipped(b, text.String())
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		n := 0
		if err := readHistory(b.Context(), bytes.NewReader(body), HistoryFile{}, func(HistoryMsg) bool { n++; return true }); err != nil || n != 10_000 {
			b.Fatal(n, err)
		}
	}
}
