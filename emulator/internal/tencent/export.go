package tencent

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"imdesk/emulator/internal/community"
)

const historyService = "open_msg_svc"

var exportCommands = []command{
	{service: historyService, name: "get_history", rate: 10, run: getExport},
}

// Codes and limits of the hourly files.
const (
	codeExport      = 1002
	codeNoExport    = 1004
	codeExportGone  = 1005
	exportKept      = 7 * 24 * time.Hour // from the end of the hour
	exportLink      = 24 * time.Hour     // how long an address works
	exportHour      = "2006010215"
	exportPath      = "/history/"
	defaultPartSize = 20_000 // messages of a file
)

type exportFile struct {
	URL        string
	ExpireTime string
	FileSize   int64
	FileMD5    string
	GzipSize   int64
	GzipMD5    string
}

// getExport is get_history, doc 34885: files of what was said in an hour of China Standard Time. They are made when they
// are first asked for after the hour has ended, and then stay as they are: a message recalled later is in them, one that
// was removed before is not.
func getExport(c *call) (any, error) {
	kind, text := c.str("ChatType"), c.str("MsgTime")
	if err := c.failed(); err != nil {
		return nil, err
	}
	start, err := time.ParseInLocation(exportHour, text, zone)
	if kind != "C2C" && kind != "Group" || err != nil || start.Format(exportHour) != text {
		return nil, refuse(codeExport, "ChatType is neither C2C nor Group, or MsgTime is no hour such as 2015120121")
	}
	now, end := c.s.now(), start.Add(time.Hour)
	switch {
	case end.After(now):
		return nil, refuse(codeNoExport, "the hour has not ended")
	case !end.Add(exportKept).After(now):
		return nil, refuse(codeExportGone, "the file has expired")
	}
	hour := start.Unix() / 3600
	files, sizes, err := c.read().Exports(c.app, kind, hour)
	if err == nil && len(files) == 0 {
		files, sizes, err = c.makeExport(kind, start)
	}
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, refuse(codeNoExport, "no message was sent in the hour")
	}
	expires := now.Add(exportLink)
	if last := end.Add(exportKept); last.Before(expires) {
		expires = last
	}
	list := make([]exportFile, len(files))
	for i, f := range files {
		name := fmt.Sprintf("%d_%s_%s_%d.gz", c.app, kind, text, f.Part)
		q := url.Values{"expires": {strconv.FormatInt(expires.Unix(), 10)}, "sign": {c.s.signLink(c.app, exportPath+name, expires.Unix())}}
		list[i] = exportFile{MediaBase + exportPath + name + "?" + q.Encode(), expires.In(zone).Format(time.DateTime), f.Size, f.MD5, sizes[i], f.GzipMD5}
	}
	return struct{ File []exportFile }{list}, nil
}

// exportLine is one message of a file. Its time is spelled MsgTimestamp.
type exportLine struct {
	FromAccount  string `json:"From_Account"`
	ToAccount    string `json:"To_Account,omitempty"`
	GroupId      string `json:",omitempty"`
	TopicId      string `json:",omitempty"`
	MsgTimestamp int64
	MsgSeq       int64
	MsgRandom    *int64 `json:",omitempty"` // of direct messages only
	MsgBody      json.RawMessage
}

// makeExport writes the files of an hour.
func (c *call) makeExport(kind string, start time.Time) (files []community.Export, sizes []int64, err error) {
	b := &exportBuilder{app: c.app, kind: kind, hour: start.Format(exportHour), host: c.host, size: c.s.partSize}
	from, to, hour := start.UnixMilli(), start.Add(time.Hour).UnixMilli(), start.Unix()/3600
	err = c.update(func(tx *community.Tx) error {
		if files, sizes, err = tx.Exports(c.app, kind, hour); err != nil || len(files) > 0 {
			return err // another caller was first
		}
		if err := tx.DropExports(c.app, c.s.now().Add(-exportKept).Unix()/3600-1); err != nil {
			return err
		}
		if err := saidIn(tx.Conn, c.app, kind, from, to, b.add); err != nil {
			return err
		}
		if files, err = b.end(); err != nil {
			return err
		}
		for _, f := range files {
			sizes = append(sizes, int64(len(f.Data)))
			if err := tx.SaveExport(c.app, kind, hour, f); err != nil {
				return err
			}
		}
		return nil
	})
	return files, sizes, err
}

// saidIn calls add for what was said in direct chats or in groups.
func saidIn(db community.Conn, app int64, kind string, from, to int64, add func(exportLine) error) error {
	if kind == "Group" {
		return db.SaidIn(app, from, to, func(group, topic string, m community.Message) error {
			return add(exportLine{FromAccount: m.Sender, GroupId: group, TopicId: topic, MsgTimestamp: m.SentMS / 1000, MsgSeq: m.Seq, MsgBody: json.RawMessage(m.Body)})
		})
	}
	return db.SaidDirectly(app, from/1000, to/1000, func(sender, receiver string, d community.DirectMessage) error {
		return add(exportLine{FromAccount: sender, ToAccount: receiver, MsgTimestamp: d.At, MsgSeq: d.Seq, MsgRandom: &d.Random, MsgBody: json.RawMessage(d.Body)})
	})
}

// exportBuilder writes files of up to size messages each. Media of ours get the address host.
type exportBuilder struct {
	app              int64
	kind, hour, host string
	size             int
	files            []community.Export
	lines            int
	length           int64
	sum              hash.Hash
	out              bytes.Buffer
	gz               *gzip.Writer
}

func (b *exportBuilder) write(text []byte) error {
	b.length += int64(len(text))
	b.sum.Write(text) // a hash takes everything
	_, err := b.gz.Write(text)
	return err
}

// add writes one message. The line before it gets its comma.
func (b *exportBuilder) add(line exportLine) error {
	if b.lines == b.size {
		if err := b.close(); err != nil {
			return err
		}
	}
	text, err := marshal(line)
	if err != nil {
		return err
	}
	lead := ",\n"
	if b.lines == 0 {
		b.out = bytes.Buffer{}
		b.sum, b.gz, b.length = md5.New(), gzip.NewWriter(&b.out), 0
		lead = fmt.Sprintf("{\"SdkAppId\":%d,\"ChatType\":%q,\"MsgTime\":%q,\"MsgList\":[\n", b.app, b.kind, b.hour)
	}
	b.lines++
	return b.write(append([]byte(lead), toHost(b.host, text)...))
}

// close ends a file.
func (b *exportBuilder) close() error {
	if err := errors.Join(b.write([]byte("\n]}\n")), b.gz.Close()); err != nil {
		return err
	}
	sum := md5.Sum(b.out.Bytes())
	b.files = append(b.files, community.Export{
		Part: len(b.files), Size: b.length, MD5: hex.EncodeToString(b.sum.Sum(nil)), GzipMD5: hex.EncodeToString(sum[:]), Data: b.out.Bytes(),
	})
	b.lines = 0
	return nil
}

func (b *exportBuilder) end() ([]community.Export, error) {
	if b.lines > 0 {
		if err := b.close(); err != nil {
			return nil, err
		}
	}
	return b.files, nil
}

// signLink signs an address of the emulator's own that may be used until then, with the key of an app.
func (s *Service) signLink(app int64, path string, expires int64) string {
	mac := hmac.New(sha256.New, []byte(s.apps[app].Key))
	fmt.Fprintf(mac, "link %d %s %d", app, path, expires)
	return hex.EncodeToString(mac.Sum(nil))
}

// goodLink reports whether a request has an address that was signed for app and has not expired.
func (s *Service) goodLink(app int64, path string, q url.Values) bool {
	expires, err := strconv.ParseInt(q.Get("expires"), 10, 64)
	_, known := s.apps[app]
	return known && err == nil && expires >= s.now().Unix() && hmac.Equal([]byte(q.Get("sign")), []byte(s.signLink(app, path, expires)))
}

// exportName undoes the name of a file.
func exportName(name string) (app int64, kind string, hour int64, part int, err error) {
	fields := strings.Split(strings.TrimSuffix(name, ".gz"), "_")
	if len(fields) != 4 {
		return 0, "", 0, 0, community.ErrNoExport
	}
	app, err1 := strconv.ParseInt(fields[0], 10, 64)
	start, err2 := time.ParseInLocation(exportHour, fields[2], zone)
	part, err3 := strconv.Atoi(fields[3])
	return app, fields[1], start.Unix() / 3600, part, errors.Join(err1, err2, err3)
}

// ServeExport serves an hourly file at an address that get_history gave.
func (s *Service) ServeExport(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, mediaPath)
	app, kind, hour, part, err := exportName(strings.TrimPrefix(path, exportPath))
	if err != nil || !s.goodLink(app, path, r.URL.Query()) {
		http.Error(w, "the address is not signed or has expired", http.StatusForbidden)
		return
	}
	data, err := s.store.Read(r.Context()).ExportData(app, kind, hour, part)
	switch {
	case errors.Is(err, community.ErrNoExport):
		http.NotFound(w, r)
	case err != nil:
		if !errors.Is(err, context.Canceled) {
			s.log.Error("emulator: serve a file of messages", "app", app, "err", err)
		}
		http.Error(w, "internal error", http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "application/gzip")
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = io.Copy(w, bytes.NewReader(data)) // a caller who is gone needs no file
	}
}
