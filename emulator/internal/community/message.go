package community

import (
	"database/sql"
	"errors"
)

// State is whether a stored message can still be read.
type State int

// The states of a stored message.
const (
	Shown State = iota
	Hole        // expired, deleted, or never stored
	Recalled
)

// The flags of a message.
const (
	Tip        = 1 << iota // made by the service: somebody joined, the name changed
	Extensible             // takes key-value extensions
	Receipts               // wants read receipts
	Unlisted               // does not move its group up in lists of conversations
)

// Message is one message of a group or topic.
type Message struct {
	Seq      int64
	Sender   string
	SentMS   int64 // Unix milliseconds
	Random   int64
	Priority int // of the wire layer
	State    State
	Flags    int
	Body     string // JSON
	Cloud    string
}

// MessageID is the key of a message: its group or topic, and its seq there.
func MessageID(stream, seq int64) int64 { return stream<<32 | seq }

const messageColumns = "id & 4294967295, sender, sent_ms, random, priority, state, flags, body, cloud"

func (m *Message) fields() []any {
	return []any{&m.Seq, &m.Sender, &m.SentMS, &m.Random, &m.Priority, &m.State, &m.Flags, &m.Body, &m.Cloud}
}

// Window returns the stored messages from seq top down to bottom, newest first. A seq that is not among them is a hole.
func (c Conn) Window(stream, top, bottom int64) (window []Message, err error) {
	err = c.each("SELECT "+messageColumns+" FROM message WHERE id BETWEEN ? AND ? ORDER BY id DESC", []any{MessageID(stream, bottom), MessageID(stream, top)},
		func(scan func(...any) error) error {
			var m Message
			err := scan(m.fields()...)
			window = append(window, m)
			return err
		})
	return window, err
}

// Message returns one message, or ErrNoMessage.
func (c Conn) Message(stream, seq int64) (m Message, err error) {
	if seq < 1 || seq > 1<<32-1 {
		return m, ErrNoMessage
	}
	err = c.get("SELECT "+messageColumns+" FROM message WHERE id = ?", []any{MessageID(stream, seq)}, m.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return m, ErrNoMessage
	}
	return m, err
}

// NextSeq takes the next seq of a group or topic for a message sent at the given time, without storing one.
func (t *Tx) NextSeq(stream, at int64) (seq int64, err error) {
	query := "UPDATE grp SET next_seq = next_seq + 1, msg_at = max(msg_at, ?) WHERE gid = ? RETURNING next_seq - 1"
	if stream > maxGID {
		query = "UPDATE topic SET next_seq = next_seq + 1, msg_at = max(msg_at, ?) WHERE tid = ? RETURNING next_seq - 1"
	}
	err = t.get(query, []any{at, stream}, &seq)
	return seq, err
}

// Pass takes the next seq for a message of a live room, which is not stored.
func (t *Tx) Pass(gid int64, m Message) (seq int64, err error) {
	if seq, err = t.NextSeq(gid, m.SentMS/1000); err != nil {
		return 0, err
	}
	return seq, t.TallySaid(gid, m)
}

// Append stores m as the newest message of a group or topic and returns its seq.
func (t *Tx) Append(stream int64, m Message) (seq int64, err error) {
	if seq, err = t.NextSeq(stream, m.SentMS/1000); err != nil {
		return 0, err
	}
	if m.Flags&Unlisted == 0 && stream < maxGID {
		if _, err := t.exec("UPDATE grp SET talk_at = max(talk_at, ?), talk_seq = ? WHERE gid = ?", m.SentMS/1000, seq, stream); err != nil {
			return 0, err
		}
	}
	if err := t.put(stream, seq, m); err != nil {
		return 0, err
	}
	return seq, t.TallySaid(stream, m)
}

// Activate wakes a private group, once its owner has spoken.
func (t *Tx) Activate(gid int64) error {
	_, err := t.exec("UPDATE grp SET active = 1 WHERE gid = ? AND active = 0", gid)
	return err
}

// Spoke notes that the member sent message seq at the given time.
func (t *Tx) Spoke(g *Group, uid, seq, at int64) error {
	_, err := t.exec("UPDATE member SET sent_at = max(sent_at, ?), read_seq = ?, read_gen = ? WHERE gid = ? AND uid = ?", at, seq, g.ReadGen, g.GID, uid)
	return err
}

func (t *Tx) put(stream, seq int64, m Message) error {
	_, err := t.exec("INSERT INTO message (id, sender, sent_ms, random, priority, state, flags, body, cloud) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		MessageID(stream, seq), m.Sender, m.SentMS, m.Random, m.Priority, m.State, m.Flags, m.Body, m.Cloud)
	return err
}

// SetState changes what can be seen of a message.
func (t *Tx) SetState(stream, seq int64, state State) error {
	_, err := t.exec("UPDATE message SET state = ? WHERE id = ?", state, MessageID(stream, seq))
	return err
}

// RecallBySender recalls what sender said among seqs from and above, and returns the seqs.
func (t *Tx) RecallBySender(stream, from int64, sender string) (seqs []int64, err error) {
	err = t.each("UPDATE message SET state = 2 WHERE id >= ? AND id < ? AND sender = ? AND state = 0 AND flags & 1 = 0 RETURNING id & 4294967295",
		[]any{MessageID(stream, max(from, 1)), MessageID(stream+1, 0), sender}, func(scan func(...any) error) error {
			var seq int64
			err := scan(&seq)
			seqs = append(seqs, seq)
			return err
		})
	return seqs, err
}

// EditMessage replaces what is not nil.
func (t *Tx) EditMessage(stream, seq int64, body, cloud *string) error {
	_, err := t.exec("UPDATE message SET body = coalesce(?, body), cloud = coalesce(?, cloud) WHERE id = ?", body, cloud, MessageID(stream, seq))
	return err
}

// ClearHistory removes messages up to and including seq. It leaves holes.
func (t *Tx) ClearHistory(stream, upTo int64) error {
	_, err := t.exec("DELETE FROM message WHERE id BETWEEN ? AND ?", MessageID(stream, 1), MessageID(stream, upTo))
	return err
}

// AddReceipt notes that the user has sent a receipt for a message, and reports false if he had before.
func (t *Tx) AddReceipt(stream, seq, uid int64) (bool, error) {
	n, err := t.exec("INSERT INTO receipt (id, uid) VALUES (?, ?) ON CONFLICT DO NOTHING", MessageID(stream, seq), uid)
	return n > 0, err
}

// CountReceipts returns how many members other than the sender have sent a receipt.
func (c Conn) CountReceipts(stream, seq int64) (n int64, err error) {
	err = c.get("SELECT count(*) FROM receipt WHERE id = ?", []any{MessageID(stream, seq)}, &n)
	return n, err
}

// ReceiptMembers lists, by uid above after, members other than sender who have (or have not) sent a receipt.
func (c Conn) ReceiptMembers(gid, seq int64, sender string, read bool, after int64, n int) (page []Member, err error) {
	err = c.each("SELECT m.uid, m.account FROM member m LEFT JOIN receipt r ON r.id = ? AND r.uid = m.uid WHERE m.gid = ? AND m.uid > ? AND m.account <> ? AND (r.uid IS NOT NULL) = ? ORDER BY m.uid LIMIT ?",
		[]any{MessageID(gid, seq), gid, after, sender, read, n}, func(scan func(...any) error) error {
			var m Member
			err := scan(&m.UID, &m.Account)
			page = append(page, m)
			return err
		})
	return page, err
}

// LatestAt returns when the newest message of a group or topic was sent; 0 if there is none.
func (c Conn) LatestAt(stream int64) (at int64, err error) {
	query := "SELECT msg_at FROM grp WHERE gid = ?"
	if stream > maxGID {
		query = "SELECT msg_at FROM topic WHERE tid = ?"
	}
	err = c.get(query, []any{stream}, &at)
	return at, err
}
