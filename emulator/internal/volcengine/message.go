package volcengine

import (
	"strconv"

	"imdesk/emulator/internal/community"
)

// messageBody is a message as it is sent. Source: data structures, doc 192711.
type messageBody struct {
	AppId               int64
	Sender              int64
	SenderStr           string
	ConversationShortId int64
	ConversationType    int64
	MessageId           int64
	MsgType             int64
	Content             string
	Ext                 map[string]string
	Status              int
	IndexInConversation int64
	ClientMsgId         string
	RefMsgInfo          *refInfo `json:",omitempty"`
	CreateTime          int64
}

// refInfo is a quoted message.
type refInfo struct {
	ReferencedMessageId   int64
	ReferencedMessageType int64
	Status                int
	Hint                  string
}

// States of a quoted message.
const (
	refShown   = 0
	refExpired = 1
	refRecall  = 3
	refDeleted = 4
)

func body(v *community.Conversation, n community.Note) messageBody {
	m := messageBody{
		AppId: v.App, Sender: n.Sender, SenderStr: text(n.Sender), ConversationShortId: v.ID, ConversationType: v.Type, MessageId: n.ID, MsgType: n.Type,
		Content: n.Content, Ext: mapped(n.Ext), IndexInConversation: n.Index, ClientMsgId: n.ClientID, CreateTime: n.CreatedMS,
	}
	if m.ClientMsgId == "" { // one that the service made
		m.ClientMsgId = strconv.FormatInt(n.ID, 16)
	}
	if n.RefID != 0 {
		m.RefMsgInfo = &refInfo{n.RefID, n.RefType, refStatus(n.RefState), n.RefHint}
	}
	return m
}

func refStatus(s *community.NoteState) int {
	switch {
	case s == nil:
		return refExpired
	case *s == community.NoteRecalled:
		return refRecall
	case *s == community.NoteDeleted:
		return refDeleted
	}
	return refShown
}

func bodies(v *community.Conversation, notes []community.Note) []messageBody {
	out := make([]messageBody, len(notes))
	for i, n := range notes {
		out[i] = body(v, n)
	}
	return out
}

// Source: GetMessages, doc 337136. Who is not there, was recalled or deleted is left out (open).
func getMessages(c *call) (any, error) {
	id, ids := c.csi(), c.ids("MessageIds", maxItems)
	v, err := c.find(c.read(), id, anyKind)
	if err != nil {
		return nil, err
	}
	found, err := c.read().NotesNamed(v.CID, ids)
	if err != nil {
		return nil, err
	}
	notes := make([]community.Note, 0, len(found))
	for _, id := range ids {
		if n, ok := found[id]; ok {
			notes = append(notes, n)
		}
	}
	return struct{ Messages []messageBody }{bodies(v, notes)}, nil
}

// Source: GetConversationMessages, doc 337138. Open: the message at the cursor is part of the page; NewCursor is the index beyond the
// last one.
func getConversationMessages(c *call) (any, error) {
	id, cursor, limit := c.csi(), c.cursor("Cursor", need), c.limit("Limit", need, 20)
	back := c.i64("Reverse", may) == 1 // any other value is forward
	v, err := c.find(c.read(), id, anyKind)
	if err != nil {
		return nil, err
	}
	if v.Type == community.LiveGroupChat && !back {
		return nil, errInvalidParam.say("a live group is read backward only: Reverse is not 1")
	}
	notes, err := c.read().NotesFrom(v.CID, cursor, back, limit+1)
	if err != nil {
		return nil, err
	}
	more := len(notes) > limit
	if more {
		notes = notes[:limit]
	}
	if len(notes) > 0 {
		if cursor = notes[len(notes)-1].Index + 1; back {
			cursor -= 2
		}
	}
	return struct {
		Messages  []messageBody
		HasMore   bool
		NewCursor int64
	}{bodies(v, notes), more, max(cursor, 0)}, nil
}

// withNote is change for one message that can still be read.
func (c *call) withNote(csi, id int64, fn func(*community.Tx, *community.Conversation, community.Note) error) error {
	return c.change(csi, anyKind, func(tx *community.Tx, v *community.Conversation) error {
		n, err := tx.Note(v.CID, id)
		if err != nil {
			return err
		}
		return fn(tx, v, n)
	})
}

// mustBeIn refuses who is no member; in a live group people come and go, so there anybody may be named.
func mustBeIn(tx *community.Tx, v *community.Conversation, user int64) error {
	if v.Type == community.LiveGroupChat {
		return nil
	}
	_, err := tx.Participant(v.CID, user)
	return err
}

// Source: RecallMessage, doc 337141. Open: there is neither a limit in time nor a check of rights.
func recallMessage(c *call) (any, error) {
	csi, id, user := c.csi(), c.messageID(), c.user("ParticipantUserId", need)
	c.oneOf("RecallRole", community.RoleMember, community.RoleOwner, community.RoleManager)
	return nil, c.withNote(csi, id, func(tx *community.Tx, v *community.Conversation, n community.Note) error {
		if err := mustBeIn(tx, v, user); err != nil {
			return err
		}
		return tx.SetNoteState(n.ID, community.NoteRecalled)
	})
}

func (c *call) messageID() int64 {
	id := c.i64("MessageId", need)
	if id <= 0 {
		c.fail("MessageId", "is not above 0")
	}
	return id
}

// Source: DeleteMessage, doc 337139.
func deleteMessage(c *call) (any, error) {
	csi, id, user := c.csi(), c.messageID(), c.user("ParticipantUserId", need)
	return nil, c.withNote(csi, id, func(tx *community.Tx, v *community.Conversation, n community.Note) error {
		if err := mustBeIn(tx, v, user); err != nil {
			return err
		}
		return tx.HideNote(n.ID, user)
	})
}

// Source: DeleteConversationMessage, doc 337140.
func deleteConversationMessage(c *call) (any, error) {
	csi, id, how := c.csi(), c.messageID(), c.oneOf("DeleteType", 0, 1)
	return nil, c.withNote(csi, id, func(tx *community.Tx, v *community.Conversation, n community.Note) error {
		if how == 0 {
			return tx.SetNoteState(n.ID, community.NoteDeleted)
		}
		if v.Type == community.LiveGroupChat {
			return errInvalidParam.say("a live group takes no DeleteType but 0")
		}
		return tx.SetNoteState(n.ID, community.NoteOwnOnly)
	})
}

// Ext is merged. Source: ModifyMessage, doc 337137.
func modifyMessage(c *call) (any, error) {
	csi, id, content, ext := c.csi(), c.messageID(), c.strp("Content"), c.pairs("Ext")
	if content == nil && ext == nil {
		c.fail("Content", "and Ext are missing")
	}
	return nil, c.withNote(csi, id, func(tx *community.Tx, _ *community.Conversation, n community.Note) error {
		if content != nil {
			n.Content = *content
		}
		return tx.EditNote(n.ID, n.Content, merged(n.Ext, ext))
	})
}

// receiptInfo is who has read a message. Source: data structures, doc 192711.
type receiptInfo struct {
	ConversationShortId int64
	MessageId           int64
	ReceiverIsRead      bool
	ReadUserIds         []int64
	ReadUserIdsStr      []string
	UnReadUserIds       []int64
	UnReadUserIdsStr    []string
}

// Source: GetMessagesReadReceipt, doc 1223552. There is no paging: every member but the sender is named.
func getReadReceipts(c *call) (any, error) {
	csi, ids := c.csi(), c.ids("MessageIds", maxItems)
	v, err := c.find(c.read(), csi, single|group)
	if err != nil {
		return nil, err
	}
	found, err := c.read().NotesNamed(v.CID, ids)
	if err != nil {
		return nil, err
	}
	readers, err := c.read().Readers(v.CID)
	if err != nil {
		return nil, err
	}
	out := []receiptInfo{}
	for _, id := range ids {
		if n, ok := found[id]; ok {
			out = append(out, receipt(v, n, readers))
		}
	}
	return struct{ ReadReceipt []receiptInfo }{out}, nil
}

func receipt(v *community.Conversation, n community.Note, readers []community.Reader) receiptInfo {
	read, unread := []int64{}, []int64{}
	for _, r := range readers {
		switch {
		case r.User == n.Sender:
		case r.Index >= n.Index:
			read = append(read, r.User)
		default:
			unread = append(unread, r.User)
		}
	}
	return receiptInfo{v.ID, n.ID, v.Type == community.SingleChat && len(read) > 0, read, texts(read), unread, texts(unread)}
}
