package tencent

import (
	"context"
	"io"
	"iter"
	"time"

	"imdesk/imclient"
)

type historyFilesArea struct{ *client }

// chinaTime is the zone in which the service counts hours and writes times.
var chinaTime = time.FixedZone("CST", 8*3600)

var historyKinds = map[imclient.HistoryKind]string{imclient.HistoryDirect: HistoryC2C, imclient.HistoryGroups: HistoryGroup}

// List returns the files of an hour.
func (h historyFilesArea) List(ctx context.Context, kind imclient.HistoryKind, t time.Time) ([]imclient.HistoryFile, error) {
	ctx = withOp(ctx, "history_files.list")
	chat, ok := historyKinds[kind]
	if !ok {
		return nil, refuse(ctx, imclient.ErrInvalid, "%.20q is not a kind of file", kind)
	}
	hour := t.In(chinaTime).Truncate(time.Hour)
	r, err := h.api.GetHistory(ctx, &GetHistoryRequest{ChatType: chat, MsgTime: hour.Format("2006010215")})
	if err != nil {
		return nil, err
	}
	var files []imclient.HistoryFile
	for _, f := range r.File {
		expires, err := time.ParseInLocation(time.DateTime, string(f.ExpireTime), chinaTime)
		if err != nil {
			expires = time.Time{}
		}
		files = append(files, imclient.HistoryFile{
			Kind: kind, Hour: hour.UTC(), URL: string(f.URL), Expires: expires.UTC(), Size: int64(f.FileSize), MD5: string(f.FileMD5),
			PackedSize: int64(f.GzipSize), PackedMD5: string(f.GzipMD5),
		})
	}
	return files, nil
}

func wireFile(f imclient.HistoryFile) HistoryFile {
	return HistoryFile{URL: Str(f.URL), FileSize: Int(f.Size), FileMD5: Str(f.MD5), GzipSize: Int(f.PackedSize), GzipMD5: Str(f.PackedMD5)}
}

// Download writes a file, packed, after it was checked.
func (h historyFilesArea) Download(ctx context.Context, f imclient.HistoryFile, w io.Writer) error {
	ctx = withOp(ctx, "history_files.download")
	file, err := h.api.FetchHistory(ctx, wireFile(f))
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.Copy(w, file); err != nil {
		return fileError(ctx, imclient.ErrUnavailable, err)
	}
	return nil
}

// Messages fetches and checks a file and walks the messages in it.
func (h historyFilesArea) Messages(ctx context.Context, f imclient.HistoryFile) iter.Seq2[imclient.FiledMessage, error] {
	ctx = withOp(ctx, "history_files.messages")
	return func(yield func(imclient.FiledMessage, error) bool) {
		for m, err := range h.api.HistoryMsgs(ctx, wireFile(f)) {
			if err != nil {
				yield(imclient.FiledMessage{}, err)
				return
			}
			if !yield(toFiled(m), nil) {
				return
			}
		}
	}
}

func toFiled(m HistoryMsg) imclient.FiledMessage {
	out := imclient.FiledMessage{Message: imclient.Message{
		From: string(m.FromAccount), At: unix(m.Time()), Body: decodeBody(m.MsgBody), Custom: string(m.CloudCustomData),
	}}
	if m.GroupId != "" {
		out.Conversation.Group = string(m.GroupId)
		out.Message.ID, out.Message.Seq = itoa(m.MsgSeq), itoa(m.MsgSeq)
		return out
	}
	out.Conversation.User, out.Conversation.Peer = string(m.FromAccount), string(m.ToAccount)
	p := directPlace{time: int64(m.Time()), seq: int64(m.MsgSeq), random: int64(m.MsgRandom)}
	out.Message.ID, out.Message.Seq = directID(p.key(), string(m.FromAccount)), p.String()
	return out
}
