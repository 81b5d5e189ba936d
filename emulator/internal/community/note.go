package community

import (
	"database/sql"
	"errors"
	"math"
)

// NoteState is who can still read a message of a conversation.
type NoteState int

// The states of a message of a conversation.
const (
	NoteShown   NoteState = iota
	NoteOwnOnly           // only its sender sees it
	NoteRecalled
	NoteDeleted
)

// Note is a message of a conversation.
type Note struct {
	ID, Index    int64
	Sender, Type int64
	Content      string
	Ext          Data
	ClientID     string // what the sender's side calls it; "" = it said nothing
	CreatedMS    int64  // Unix milliseconds
	RefID        int64  // message that it quotes; 0 = none
	RefHint      string
	Mentioned    Items[int64]
	Visible      Items[int64] // only these users see it, if there are any
	Invisible    Items[int64] // these do not
	Priority     int64
	State        NoteState
	RefType      int64      // type of the quoted message; 0 = it is unknown
	RefState     *NoteState // nil: the quoted message is unknown
}

const noteColumns = "m.id, m.idx, m.sender, m.type, m.content, m.ext, m.client_id, m.created_ms, m.ref_id, m.ref_hint, m.mentioned, m.visible, m.invisible," +
	" m.priority, m.state, coalesce(r.type, 0), r.state"

const noteFrom = " FROM conversation_message m LEFT JOIN conversation_message r ON r.id = m.ref_id AND r.cid = m.cid "

func (n *Note) fields() []any {
	return []any{
		&n.ID, &n.Index, &n.Sender, &n.Type, &n.Content, &n.Ext, &n.ClientID, &n.CreatedMS, &n.RefID, &n.RefHint, &n.Mentioned, &n.Visible, &n.Invisible,
		&n.Priority, &n.State, &n.RefType, &n.RefState,
	}
}

func (c Conn) notes(query string, args []any) (page []Note, err error) {
	err = c.each("SELECT "+noteColumns+noteFrom+query, args, func(scan func(...any) error) error {
		var n Note
		err := scan(n.fields()...)
		page = append(page, n)
		return err
	})
	return page, err
}

// Note returns a message that can be read, or ErrNoMessage.
func (c Conn) Note(cid, id int64) (n Note, err error) {
	err = c.get("SELECT "+noteColumns+noteFrom+"WHERE m.id = ? AND m.cid = ? AND m.state < 2", []any{id, cid}, n.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return n, ErrNoMessage
	}
	return n, err
}

// NotesNamed returns those of the messages that can be read, by id.
func (c Conn) NotesNamed(cid int64, ids []int64) (map[int64]Note, error) {
	arg, err := list(ids)
	if err != nil {
		return nil, err
	}
	page, err := c.notes("WHERE m.id IN "+in+" AND m.cid = ? AND m.state < 2", []any{arg, cid})
	found := make(map[int64]Note, len(page))
	for _, n := range page {
		found[n.ID] = n
	}
	return found, err
}

// NotesFrom lists up to n messages from an index on, that one included: towards newer ones, or, if back, towards older ones.
func (c Conn) NotesFrom(cid, index int64, back bool, n int) ([]Note, error) {
	if back {
		return c.notes("WHERE m.cid = ? AND m.idx <= ? AND m.state < 2 ORDER BY m.idx DESC LIMIT ?", []any{cid, index, n})
	}
	return c.notes("WHERE m.cid = ? AND m.idx >= ? AND m.state < 2 ORDER BY m.idx LIMIT ?", []any{cid, index, n})
}

// NoteCalled returns the id of the message that the sender called so; 0 = there is none.
func (c Conn) NoteCalled(cid, sender int64, clientID string) (id int64, err error) {
	err = c.get("SELECT id FROM conversation_message WHERE cid = ? AND sender = ? AND client_id = ? AND client_id <> ''", []any{cid, sender, clientID}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// Passing gives n an id and an index without storing it.
func (t *Tx) Passing(v *Conversation, n *Note) (err error) {
	if n.ID, err = t.fresh(); err != nil {
		return err
	}
	n.Index = max(v.LastIndex+1, t.store.now().UnixMicro())
	if n.CreatedMS == 0 {
		n.CreatedMS = n.Index / 1000
	}
	return nil
}

// Say stores n as the newest message of the conversation and sets its ID and Index. CreatedMS is set if it is 0.
func (t *Tx) Say(v *Conversation, n *Note) error {
	if err := t.Passing(v, n); err != nil {
		return err
	}
	if err := t.loadNote(v.CID, *n); err != nil {
		return err
	}
	v.LastIndex, v.ActiveUS = n.Index, n.Index
	_, err := t.exec("UPDATE conversation SET last_index = ?1, active_us = ?1 WHERE cid = ?2", n.Index, v.CID)
	return err
}

func (t *Tx) loadNote(cid int64, n Note) error {
	_, err := t.exec(`INSERT INTO conversation_message (id, cid, idx, sender, type, content, ext, client_id, created_ms, ref_id, ref_hint, mentioned, visible, invisible, priority, state)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.ID, cid, n.Index, n.Sender, n.Type, n.Content, n.Ext.json(), n.ClientID, n.CreatedMS, n.RefID, n.RefHint, n.Mentioned.text(), n.Visible.text(), n.Invisible.text(),
		n.Priority, n.State)
	return err
}

// LoadNotes stores messages with the numbers and indexes they bring, in the order of indexes, as a conversation that was there before.
func (t *Tx) LoadNotes(v *Conversation, notes []Note) error {
	for _, n := range notes {
		if err := t.loadNote(v.CID, n); err != nil {
			return err
		}
	}
	if len(notes) == 0 {
		return nil
	}
	v.LastIndex = notes[len(notes)-1].Index
	v.ActiveUS = v.LastIndex
	_, err := t.exec("UPDATE conversation SET last_index = ?1, active_us = ?1 WHERE cid = ?2", v.LastIndex, v.CID)
	return err
}

// EditNote stores content and extension fields.
func (t *Tx) EditNote(id int64, content string, ext Data) error {
	_, err := t.exec("UPDATE conversation_message SET content = ?, ext = ? WHERE id = ?", content, ext.json(), id)
	return err
}

// SetNoteState says who can still read the message.
func (t *Tx) SetNoteState(id int64, state NoteState) error {
	_, err := t.exec("UPDATE conversation_message SET state = ? WHERE id = ?", state, id)
	return err
}

// HideNote takes the message out of the user's view.
func (t *Tx) HideNote(id, user int64) error {
	_, err := t.exec("INSERT INTO conversation_message_hidden (id, user) VALUES (?, ?) ON CONFLICT DO NOTHING", id, user)
	return err
}

// Newest is an index above those of all messages.
const Newest = math.MaxInt64
