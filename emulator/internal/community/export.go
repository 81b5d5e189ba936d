package community

import (
	"database/sql"
	"errors"
)

// Export is a file of an hour's messages; Data is compressed.
type Export struct {
	Part         int
	Size         int64 // bytes before compression
	MD5, GzipMD5 string
	Data         []byte
}

// ErrNoExport is the error of a file that was not made.
var ErrNoExport = errors.New("no such export")

// Exports lists the files of an hour, an hour being hours since 1970, with their sizes but without Data; size is what
// Data would take.
func (c Conn) Exports(app int64, kind string, hour int64) (files []Export, gzipSizes []int64, err error) {
	err = c.each("SELECT part, size, md5, gzip_md5, length(data) FROM export WHERE app = ? AND kind = ? AND hour = ? ORDER BY part", []any{app, kind, hour},
		func(scan func(...any) error) error {
			var f Export
			var n int64
			err := scan(&f.Part, &f.Size, &f.MD5, &f.GzipMD5, &n)
			files, gzipSizes = append(files, f), append(gzipSizes, n)
			return err
		})
	return files, gzipSizes, err
}

// ExportData returns one file as it was made, or ErrNoExport.
func (c Conn) ExportData(app int64, kind string, hour int64, part int) (data []byte, err error) {
	err = c.get("SELECT data FROM export WHERE app = ? AND kind = ? AND hour = ? AND part = ?", []any{app, kind, hour, part}, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoExport
	}
	return data, err
}

// SaveExport stores a file.
func (t *Tx) SaveExport(app int64, kind string, hour int64, f Export) error {
	_, err := t.exec("INSERT INTO export (app, kind, hour, part, size, md5, gzip_md5, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", app, kind, hour, f.Part, f.Size, f.MD5, f.GzipMD5, f.Data)
	return err
}

// DropExports removes files of hours before the given one.
func (t *Tx) DropExports(app, before int64) error {
	_, err := t.exec("DELETE FROM export WHERE app = ? AND hour < ?", app, before)
	return err
}

// SaidIn calls fn for what people said in groups and topics of app from a time up to another, in milliseconds, in order
// of time. Recalled messages are among it, notices of the service are not. topic is "" for a group's own messages.
func (c Conn) SaidIn(app, fromMS, toMS int64, fn func(group, topic string, m Message) error) error {
	const query = `SELECT coalesce(g.id, tg.id), coalesce(t.id, ''), m.id & 4294967295, m.sender, m.sent_ms, m.random, m.priority, m.state, m.flags, m.body, m.cloud
		FROM message m LEFT JOIN grp g ON g.gid = m.id >> 32 LEFT JOIN topic t ON t.tid = m.id >> 32 LEFT JOIN grp tg ON tg.gid = t.gid
		WHERE m.sent_ms >= ? AND m.sent_ms < ? AND m.flags & 1 = 0 AND m.state <> 1 AND coalesce(g.app, tg.app) = ? ORDER BY m.sent_ms, m.id`
	return c.each(query, []any{fromMS, toMS, app}, func(scan func(...any) error) error {
		var group, topic string
		var m Message
		if err := scan(append([]any{&group, &topic}, m.fields()...)...); err != nil {
			return err
		}
		return fn(group, topic, m)
	})
}

// SaidDirectly calls fn for what users of app wrote to each other from a time up to another, in seconds, in order of time.
// Recalled messages are among it. Whoever has no account any more has no name.
func (c Conn) SaidDirectly(app, from, to int64, fn func(sender, receiver string, d DirectMessage) error) error {
	const query = `SELECT coalesce(s.name, ''), coalesce(r.name, ''), d.at, d.seq, d.random, d.body FROM direct d LEFT JOIN account s ON s.uid = d.sender
		LEFT JOIN account r ON r.uid = d.receiver WHERE d.app = ? AND d.at >= ? AND d.at < ? ORDER BY d.at, d.id`
	return c.each(query, []any{app, from, to}, func(scan func(...any) error) error {
		var sender, receiver string
		var d DirectMessage
		if err := scan(&sender, &receiver, &d.At, &d.Seq, &d.Random, &d.Body); err != nil {
			return err
		}
		return fn(sender, receiver, d)
	})
}
