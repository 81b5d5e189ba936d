package community

import (
	"database/sql"
	"errors"
	"fmt"
)

// Received is the flag of a direct message whose receiver has sent the receipt it wants.
const Received = 8

// DirectMessage is a message between two users.
type DirectMessage struct {
	ID               int64
	Sender, Receiver int64 // uids
	At               int64 // Unix seconds
	Seq, Random      int64 // chosen by the sender
	State            State // Shown or Recalled
	Flags            int
	UnreadUntil      int64 // counts as unread until then, in Unix seconds; 0 = does not
	Body, Cloud      string
	hidden           int64 // from whom, see side
}

// HideFrom takes the message out of the view of one of the two before it is stored.
func (d *DirectMessage) HideFrom(uid int64) {
	if d.Sender != d.Receiver {
		d.hidden |= side(uid, d.Sender+d.Receiver-uid)
	}
}

// HiddenFrom reports whether one of the two does not see the message.
func (d *DirectMessage) HiddenFrom(uid int64) bool {
	return d.hidden&side(uid, d.Sender+d.Receiver-uid) != 0
}

// DirectKey names a message of a pair, together with its sender.
type DirectKey struct{ At, Seq, Random int64 }

// Key is the message's name.
func (d DirectMessage) Key() DirectKey { return DirectKey{d.At, d.Seq, d.Random} }

const directColumns = "id, sender, receiver, at, seq, random, state, flags, hidden, unread_until, body, cloud"

func (d *DirectMessage) fields() []any {
	return []any{&d.ID, &d.Sender, &d.Receiver, &d.At, &d.Seq, &d.Random, &d.State, &d.Flags, &d.hidden, &d.UnreadUntil, &d.Body, &d.Cloud}
}

// pair is two uids in the order in which they are stored.
func pair(a, b int64) (lo, hi int64) { return min(a, b), max(a, b) }

// side is the bit of hidden that takes a message from uid's view of what passes between uid and peer.
func side(uid, peer int64) int64 {
	if uid <= peer {
		return 1
	}
	return 2
}

// AddDirect stores d and sets its ID.
func (t *Tx) AddDirect(app int64, d *DirectMessage) (err error) {
	lo, hi := pair(d.Sender, d.Receiver)
	d.ID, err = t.insert("INSERT INTO direct (app, lo, hi, sender, receiver, at, seq, random, state, flags, hidden, unread_until, body, cloud) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		app, lo, hi, d.Sender, d.Receiver, d.At, d.Seq, d.Random, d.State, d.Flags, d.hidden, d.UnreadUntil, d.Body, d.Cloud)
	return err
}

// Direct returns the message that sender sent to receiver under the key, or ErrNoMessage.
func (c Conn) Direct(sender, receiver int64, key DirectKey) (d DirectMessage, err error) {
	lo, hi := pair(sender, receiver)
	err = c.get("SELECT "+directColumns+" FROM direct WHERE hi = ? AND lo = ? AND at = ? AND seq = ? AND random = ? AND sender = ? LIMIT 1",
		[]any{hi, lo, key.At, key.Seq, key.Random, sender}, d.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return d, fmt.Errorf("%w: between %d and %d", ErrNoMessage, sender, receiver)
	}
	return d, err
}

// DirectExists reports whether a message with the key passed between the two, in either direction.
func (c Conn) DirectExists(a, b int64, key DirectKey) (there bool, err error) {
	lo, hi := pair(a, b)
	err = c.get("SELECT EXISTS (SELECT 1 FROM direct WHERE hi = ? AND lo = ? AND at = ? AND seq = ? AND random = ?)", []any{hi, lo, key.At, key.Seq, key.Random}, &there)
	return there, err
}

// DirectPage says which messages of a conversation to list: those of the times from From to To, both included, and, unless
// Before is zero, before that message.
type DirectPage struct {
	From, To int64 // Unix seconds
	Before   DirectKey
	N        int
}

// Directs lists what uid sees of what passed between uid and peer, newest first.
func (c Conn) Directs(uid, peer int64, p DirectPage) (page []DirectMessage, err error) {
	if p.Before == (DirectKey{}) || p.Before.At > p.To {
		p.Before = DirectKey{At: p.To + 1}
	}
	visible := "lo = ? AND hi = ? AND hidden & 1 = 0"
	if side(uid, peer) == 2 {
		visible = "lo = ? AND hi = ? AND hidden & 2 = 0"
	}
	lo, hi := pair(uid, peer)
	err = c.each("SELECT "+directColumns+" FROM direct WHERE "+visible+" AND at >= ? AND (at, seq, random) < (?, ?, ?) ORDER BY at DESC, seq DESC, random DESC LIMIT ?",
		[]any{lo, hi, p.From, p.Before.At, p.Before.Seq, p.Before.Random, p.N}, func(scan func(...any) error) error {
			var d DirectMessage
			err := scan(d.fields()...)
			page = append(page, d)
			return err
		})
	return page, err
}

// EditDirect replaces what is not nil.
func (t *Tx) EditDirect(id int64, body, cloud *string) error {
	_, err := t.exec("UPDATE direct SET body = coalesce(?, body), cloud = coalesce(?, cloud) WHERE id = ?", body, cloud, id)
	return err
}

// RecallDirect takes the message back. It no longer counts as unread.
func (t *Tx) RecallDirect(id int64) error {
	_, err := t.exec("UPDATE direct SET state = 2, unread_until = 0 WHERE id = ?", id)
	return err
}

// ReceiveDirect notes the receipt for a message.
func (t *Tx) ReceiveDirect(id int64) error {
	_, err := t.exec("UPDATE direct SET flags = flags | ? WHERE id = ?", Received, id)
	return err
}

// HideDirect takes one message out of uid's view of the conversation with peer, and with it from what uid has not read.
func (t *Tx) HideDirect(uid, peer, id int64) error {
	if _, err := t.exec("UPDATE direct SET hidden = hidden | ?, unread_until = CASE receiver WHEN ? THEN 0 ELSE unread_until END WHERE id = ?", side(uid, peer), uid, id); err != nil {
		return err
	}
	_, err := t.exec("DELETE FROM direct WHERE id = ? AND (hidden = 3 OR lo = hi)", id)
	return err
}

// ClearDirects takes all messages that passed between uid and peer out of uid's view.
func (t *Tx) ClearDirects(uid, peer int64) error {
	lo, hi := pair(uid, peer)
	bit := side(uid, peer)
	if _, err := t.exec("DELETE FROM direct WHERE hi = ? AND lo = ? AND (hidden | ? = 3 OR lo = hi)", hi, lo, bit); err != nil {
		return err
	}
	_, err := t.exec("UPDATE direct SET hidden = hidden | ?, unread_until = CASE receiver WHEN ? THEN 0 ELSE unread_until END WHERE hi = ? AND lo = ?", bit, uid, hi, lo)
	return err
}

// ReadDirects makes what peer sent to uid until then, that second included, read.
func (t *Tx) ReadDirects(uid, peer, until int64) error {
	_, err := t.exec("UPDATE direct SET unread_until = 0 WHERE receiver = ? AND sender = ? AND at <= ? AND unread_until > 0", uid, peer, until)
	return err
}

// CountUnread returns how many messages uid has not read at now: of peer, or of everybody if peer is 0.
func (c Conn) CountUnread(uid, peer, now int64) (n int64, err error) {
	if peer == 0 {
		err = c.get("SELECT count(*) FROM direct WHERE receiver = ? AND unread_until > 0 AND unread_until > ?", []any{uid, now}, &n)
	} else {
		err = c.get("SELECT count(*) FROM direct WHERE receiver = ? AND sender = ? AND unread_until > 0 AND unread_until > ?", []any{uid, peer, now}, &n)
	}
	return n, err
}
