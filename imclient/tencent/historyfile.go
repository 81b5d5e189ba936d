package tencent

import (
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strings"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// Bounds of the files of past messages.
const (
	maxPacked   = 2 << 30  // bytes fetched
	maxUnpacked = 20 << 30 // bytes that a file of no announced size may unpack to
	maxLine     = 1 << 20  // bytes of one message and what is read ahead of it; the service takes 12 KB
)

// HistoryMsg is one message of a file. To_Account is that of a one-to-one message, GroupId that of a group's. The time is
// spelled differently from elsewhere.
type HistoryMsg struct {
	FromAccount     Str `json:"From_Account"`
	ToAccount       Str `json:"To_Account"`
	GroupId         Str
	MsgTimestamp    Int
	MsgTimeStamp    Int
	MsgSeq          Int
	MsgRandom       Int
	MsgBody         json.RawMessage
	CloudCustomData Str
}

// Time is MsgTimestamp under whichever name it came.
func (m HistoryMsg) Time() Int { return max(m.MsgTimestamp, m.MsgTimeStamp) }

// FetchHistory fetches a file of GetHistory as it is, packed, and checks it against its announced size and MD5. The file is
// a temporary one that only this process can read; the caller closes it, and it is gone.
func (a *API) FetchHistory(ctx context.Context, f HistoryFile) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(a.life, func() { cancel(calls.ErrClosed) })()
	body, err := a.openHistory(ctx, string(f.URL))
	if err != nil {
		return nil, err
	}
	defer body.Close()
	temp, err := newTempFile()
	if err != nil {
		return nil, fileError(ctx, imclient.ErrUnavailable, err)
	}
	if err := copyChecked(temp, body, f); err != nil {
		temp.Close()
		kind := imclient.ErrProtocol
		if ctx.Err() != nil {
			kind, err = imclient.ErrUnavailable, calls.CauseOf(ctx, err)
		}
		return nil, fileError(ctx, kind, err)
	}
	if err := temp.rewind(); err != nil {
		temp.Close()
		return nil, fileError(ctx, imclient.ErrUnavailable, err)
	}
	return temp, nil
}

// fileError is the failure of a fetch, which is no command.
func fileError(ctx context.Context, kind, cause error) error {
	return &imclient.Error{Op: opOf(ctx, getHistory.Command), Vendor: imclient.Tencent, Kind: kind, Sent: true, Cause: cause}
}

// openHistory asks for a file. Its address is as good as a key: it is sent over HTTPS, or to the host that the calls go to,
// and stands in no error.
func (a *API) openHistory(ctx context.Context, address string) (io.ReadCloser, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && !a.hosts.has(u.Scheme+"://"+u.Host) {
		return nil, refuse(ctx, imclient.ErrProtocol, "the address of the file is neither HTTPS nor the service's own")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, refuse(ctx, imclient.ErrProtocol, "the address of the file is not valid")
	}
	req.Header.Set("Accept-Encoding", "identity") // it is packed as it is
	resp, err := a.http.Stream(req)
	if err != nil {
		return nil, fileError(ctx, imclient.ErrUnavailable, calls.CauseOf(ctx, err))
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	resp.Body.Close()
	kind := imclient.ErrProtocol
	switch {
	case resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		kind = imclient.ErrNotFound // expired
	case resp.StatusCode >= 500:
		kind = imclient.ErrUnavailable
	}
	return nil, &imclient.Error{Op: opOf(ctx, getHistory.Command), Vendor: imclient.Tencent, Kind: kind, Status: resp.StatusCode, Sent: true}
}

// copyChecked copies a file and compares it with what was announced.
func copyChecked(to io.Writer, from io.Reader, f HistoryFile) error {
	most := int64(maxPacked)
	if f.GzipSize > 0 {
		most = min(most, int64(f.GzipSize))
	}
	sum := md5.New()
	n, err := io.Copy(io.MultiWriter(to, sum), io.LimitReader(from, most+1))
	switch {
	case err != nil:
		return fmt.Errorf("file cut after %d bytes: %w", n, err)
	case n > most:
		return fmt.Errorf("file is over %d bytes", most)
	case f.GzipSize > 0 && n != int64(f.GzipSize):
		return fmt.Errorf("file of %d bytes, announced were %d", n, f.GzipSize)
	}
	return checkSum(sum, f.GzipMD5)
}

func checkSum(sum hash.Hash, want Str) error {
	if got := hex.EncodeToString(sum.Sum(nil)); want != "" && !strings.EqualFold(got, string(want)) {
		return errors.New("the file's MD5 is not the announced one")
	}
	return nil
}

// tempFile is a file that is gone when it is closed.
type tempFile struct{ *os.File }

func newTempFile() (tempFile, error) {
	f, err := os.CreateTemp("", "imdesk-history-*.gz")
	return tempFile{f}, err
}

// rewind goes back to the beginning, for reading.
func (f tempFile) rewind() error {
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// Close closes the file and removes it.
func (f tempFile) Close() error { return errors.Join(f.File.Close(), os.Remove(f.Name())) }

// HistoryMsgs fetches a file of GetHistory, checks it, and walks its messages in their order. The unpacked text is checked
// as well, at the end: an error is the last that comes.
func (a *API) HistoryMsgs(ctx context.Context, f HistoryFile) iter.Seq2[HistoryMsg, error] {
	return func(yield func(HistoryMsg, error) bool) {
		file, err := a.FetchHistory(ctx, f)
		if err != nil {
			yield(HistoryMsg{}, err)
			return
		}
		defer file.Close()
		stopped := false
		err = readHistory(ctx, file, f, func(m HistoryMsg) bool {
			stopped = !yield(m, nil)
			return !stopped
		})
		if err != nil && !stopped {
			kind := imclient.ErrProtocol
			if ctx.Err() != nil {
				kind, err = imclient.ErrUnavailable, calls.CauseOf(ctx, err)
			}
			yield(HistoryMsg{}, fileError(ctx, kind, err))
		}
	}
}

// readHistory unpacks a file and takes it apart: an object whose MsgList has one message a line.
func readHistory(ctx context.Context, packed io.Reader, f HistoryFile, each func(HistoryMsg) bool) error {
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	most := int64(maxUnpacked)
	if f.FileSize > 0 {
		most = min(most, int64(f.FileSize))
	}
	sum := md5.New()
	text := &bounded{r: io.TeeReader(unpacked, sum), left: most}
	dec := json.NewDecoder(text)
	if err := toMsgList(dec, text); err != nil {
		return err
	}
	for text.again(); dec.More(); text.again() {
		var m HistoryMsg
		if err := dec.Decode(&m); err != nil {
			return fmt.Errorf("message: %w", err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !each(m) {
			return nil
		}
	}
	for _, end := range []json.Delim{']', '}'} {
		if err := expect(dec, end); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something behind the end of the file")
	}
	return checkSum(sum, f.FileMD5)
}

// toMsgList reads up to the first message.
func toMsgList(dec *json.Decoder, text *bounded) error {
	text.again()
	if err := expect(dec, '{'); err != nil {
		return err
	}
	for {
		token, err := dec.Token()
		if err != nil {
			return fmt.Errorf("head of the file: %w", err)
		}
		if token == "MsgList" {
			break
		}
		if _, isName := token.(string); !isName {
			return errors.New("file without MsgList")
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return fmt.Errorf("head of the file: %w", err)
		}
	}
	return expect(dec, '[')
}

func expect(dec *json.Decoder, want json.Delim) error {
	token, err := dec.Token()
	switch {
	case err != nil:
		return fmt.Errorf("where %v should be: %w", want, err)
	case token != want:
		return fmt.Errorf("the file is not of the known form: no %v where it should be", want)
	}
	return nil
}

// bounded ends a text that is longer than announced, and one of whose messages is too long.
type bounded struct {
	r    io.Reader
	left int64 // of the text
	line int64 // until the next message begins
}

// again begins a new message.
func (b *bounded) again() { b.line = maxLine }

// Read reads what both bounds leave.
func (b *bounded) Read(p []byte) (int, error) {
	if b.line <= 0 {
		return 0, fmt.Errorf("a message is over %d bytes", maxLine)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.line)])
	b.left -= int64(n)
	b.line -= int64(n)
	if b.left < 0 {
		return n, errors.New("the file is longer than announced")
	}
	return n, err
}
