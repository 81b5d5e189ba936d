package community

import (
	"database/sql"
	"errors"
)

// Noted is a message that pairs can be noted on.
type Noted struct {
	kind int // 1 of a group, 2 direct
	id   int64
}

// NotedMessage is a group's message.
func NotedMessage(stream, seq int64) Noted { return Noted{1, MessageID(stream, seq)} }

// NotedDirect is a message between two users.
func NotedDirect(id int64) Noted { return Noted{2, id} }

// Extension is a pair noted on a message. Seq counts the changes of the message's pairs; the change that wrote this one.
type Extension struct {
	Key, Value string
	Seq        int64
}

// Extensions lists up to n pairs with a Seq of at least from, by Seq and then by key.
func (c Conn) Extensions(on Noted, from int64, n int) (page []Extension, err error) {
	err = c.each("SELECT key, value, seq FROM extension WHERE kind = ? AND id = ? AND seq >= ? ORDER BY seq, key LIMIT ?", []any{on.kind, on.id, from, n},
		func(scan func(...any) error) error {
			var e Extension
			err := scan(&e.Key, &e.Value, &e.Seq)
			page = append(page, e)
			return err
		})
	return page, err
}

// Extension returns the pair with the key; its Seq is 0 if there is none.
func (c Conn) Extension(on Noted, key string) (e Extension, err error) {
	e.Key = key
	err = c.get("SELECT value, seq FROM extension WHERE kind = ? AND id = ? AND key = ?", []any{on.kind, on.id, key}, &e.Value, &e.Seq)
	if errors.Is(err, sql.ErrNoRows) {
		return e, nil
	}
	return e, err
}

// CountExtensions returns how many pairs are noted on the message.
func (c Conn) CountExtensions(on Noted) (n int, err error) {
	err = c.get("SELECT count(*) FROM extension WHERE kind = ? AND id = ?", []any{on.kind, on.id}, &n)
	return n, err
}

// ExtensionSeqs returns the number of the latest change, and that of the latest one when all was cleared; 0 = never.
func (c Conn) ExtensionSeqs(on Noted) (latest, cleared int64, err error) {
	err = c.get("SELECT latest, clear FROM extension_state WHERE kind = ? AND id = ?", []any{on.kind, on.id}, &latest, &cleared)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	return latest, cleared, err
}

// NextExtensionSeq numbers a change.
func (t *Tx) NextExtensionSeq(on Noted) (seq int64, err error) {
	err = t.get("INSERT INTO extension_state (kind, id, latest) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET latest = latest + 1 RETURNING latest", []any{on.kind, on.id}, &seq)
	return seq, err
}

// SetExtension stores a pair.
func (t *Tx) SetExtension(on Noted, e Extension) error {
	_, err := t.exec("INSERT INTO extension (kind, id, key, value, seq) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, seq = excluded.seq",
		on.kind, on.id, e.Key, e.Value, e.Seq)
	return err
}

// DeleteExtension removes a pair.
func (t *Tx) DeleteExtension(on Noted, key string) error {
	_, err := t.exec("DELETE FROM extension WHERE kind = ? AND id = ? AND key = ?", on.kind, on.id, key)
	return err
}

// ClearExtensions removes all pairs.
func (t *Tx) ClearExtensions(on Noted) error {
	if _, err := t.exec("DELETE FROM extension WHERE kind = ? AND id = ?", on.kind, on.id); err != nil {
		return err
	}
	_, err := t.exec("UPDATE extension_state SET clear = latest WHERE kind = ? AND id = ?", on.kind, on.id)
	return err
}
