package community

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// The types of conversations. Source: Volcengine IM, data structures, doc 192711.
const (
	SingleChat    = 1
	GroupChat     = 2
	LiveGroupChat = 100
)

// ErrNoConversation is the error of a conversation that never was, or was dissolved.
var ErrNoConversation = errors.New("no such conversation")

// Items is a JSON array, as a column: ” if it is empty.
type Items[T any] []T

// Scan reads the JSON text.
func (l *Items[T]) Scan(src any) error {
	text, _ := src.(string)
	if *l = nil; text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), (*[]T)(l))
}

func (l Items[T]) text() string {
	if len(l) == 0 {
		return ""
	}
	b, err := json.Marshal([]T(l))
	if err != nil { // numbers and strings always encode
		panic(err)
	}
	return string(b)
}

// json is d as a column.
func (d Data) json() string {
	text, err := d.text()
	if err != nil { // strings always encode
		panic(err)
	}
	return text
}

// Conversation is a single chat, a group or a live group. Users are the vendor's numbers.
type Conversation struct {
	CID                               int64 // ours: rises with creation
	App, ID                           int64
	Type, Inbox                       int64
	Name, Avatar, Description, Notice string
	Ext                               Data
	Owner, Creator                    int64
	Other                             int64 // the second user of a single chat
	CreatedAt, ModifiedAt             int64 // Unix seconds
	LastIndex                         int64 // index of the latest message; 0 = none was sent
	ActiveUS                          int64 // Unix microseconds of the latest message, or of creation
	MemberNum, OnlineNum              int64
	Idem                              string // what makes it the same conversation; "" = nothing does
}

const conversationColumns = "c.cid, c.app, c.id, c.type, c.inbox, c.name, c.avatar, c.description, c.notice, c.ext, c.owner, c.creator, c.other," +
	" c.created_at, c.modified_at, c.last_index, c.active_us, c.member_num, c.online_num, c.idem"

func (v *Conversation) fields() []any {
	return []any{
		&v.CID, &v.App, &v.ID, &v.Type, &v.Inbox, &v.Name, &v.Avatar, &v.Description, &v.Notice, &v.Ext, &v.Owner, &v.Creator, &v.Other,
		&v.CreatedAt, &v.ModifiedAt, &v.LastIndex, &v.ActiveUS, &v.MemberNum, &v.OnlineNum, &v.Idem,
	}
}

// Conversation returns a living conversation, or ErrNoConversation.
func (c Conn) Conversation(app, id int64) (*Conversation, error) {
	v := &Conversation{}
	err := c.get("SELECT "+conversationColumns+" FROM conversation c WHERE c.app = ? AND c.id = ? AND c.gone = 0", []any{app, id}, v.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: %d", ErrNoConversation, id)
	}
	return v, err
}

// ConversationLike returns the living conversation with that idem, nil if there is none.
func (c Conn) ConversationLike(app, inbox int64, idem string) (*Conversation, error) {
	v := &Conversation{}
	err := c.get("SELECT "+conversationColumns+" FROM conversation c WHERE c.app = ? AND c.inbox = ? AND c.idem = ? AND c.idem <> ''", []any{app, inbox, idem}, v.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return v, err
}

func (c Conn) conversations(query string, args []any) (page []*Conversation, err error) {
	err = c.each("SELECT "+conversationColumns+query, args, func(scan func(...any) error) error {
		v := &Conversation{}
		page = append(page, v)
		return scan(v.fields()...)
	})
	return page, err
}

// ConversationsNamed returns those of the conversations that are alive, by id.
func (c Conn) ConversationsNamed(app int64, ids []int64) (map[int64]*Conversation, error) {
	arg, err := list(ids)
	if err != nil {
		return nil, err
	}
	page, err := c.conversations(" FROM conversation c WHERE c.app = ? AND c.gone = 0 AND c.id IN "+in, []any{app, arg})
	found := make(map[int64]*Conversation, len(page))
	for _, v := range page {
		found[v.ID] = v
	}
	return found, err
}

// ActiveConversations lists n of the user's conversations but live groups after skip others, the latest active ones first.
func (c Conn) ActiveConversations(app, inbox, user int64, skip, n int) ([]*Conversation, error) {
	return c.conversations(` FROM participant p JOIN conversation c ON c.cid = p.cid WHERE p.user = ? AND c.app = ? AND c.inbox = ? AND c.type <> 100
		ORDER BY c.active_us DESC, c.cid DESC LIMIT ? OFFSET ?`, []any{user, app, inbox, n, skip})
}

// JoinedConversations lists n of the user's conversations but live groups in order of creation: those above cid after, less the first skip.
func (c Conn) JoinedConversations(app, inbox, user, after int64, skip, n int) ([]*Conversation, error) {
	return c.conversations(` FROM participant p CROSS JOIN conversation c ON c.cid = p.cid WHERE p.user = ? AND p.cid > ? AND c.app = ? AND c.inbox = ? AND c.type <> 100
		ORDER BY p.cid LIMIT ? OFFSET ?`, []any{user, after, app, inbox, n, skip})
}

// CreatedLiveGroups lists n of the live groups that the user created, the latest first: those below cid before, less the first skip.
func (c Conn) CreatedLiveGroups(app, inbox, user, before int64, skip, n int) ([]*Conversation, error) {
	return c.conversations(` FROM conversation c WHERE c.app = ? AND c.creator = ? AND c.cid < ? AND c.inbox = ? AND c.type = 100 AND c.gone = 0
		ORDER BY c.cid DESC LIMIT ? OFFSET ?`, []any{app, user, before, inbox, n, skip})
}

// CountLiveGroups returns how many living live groups app has.
func (c Conn) CountLiveGroups(app int64) (n int64, err error) {
	err = c.get("SELECT count(*) FROM conversation WHERE app = ? AND type = 100 AND gone = 0", []any{app}, &n)
	return n, err
}

// CountUserConversations returns in how many conversations but live groups the user is.
func (c Conn) CountUserConversations(app, user int64) (n int64, err error) {
	err = c.get("SELECT count(*) FROM participant p JOIN conversation c ON c.cid = p.cid WHERE p.user = ? AND c.app = ? AND c.type <> 100", []any{user, app}, &n)
	return n, err
}

// fresh is a number like those the vendor gives: the time in nanoseconds, above all numbers given before.
func (t *Tx) fresh() (int64, error) {
	s := t.store
	if s.lastID == 0 {
		err := t.get(`SELECT max((SELECT coalesce(max(id), 0) FROM conversation_message),
			(SELECT coalesce(max(id), 0) FROM conversation WHERE id < 9000000000000000000))`, nil, &s.lastID)
		if err != nil {
			return 0, err
		}
	}
	s.lastID = max(s.lastID+1, s.now().UnixNano())
	return s.lastID, nil
}

// CreateConversation stores v and sets its CID and, if it has none, its ID. It adds no members.
func (t *Tx) CreateConversation(v *Conversation) (err error) {
	if v.ID == 0 {
		if v.ID, err = t.fresh(); err != nil {
			return err
		}
	}
	if v.ActiveUS == 0 {
		v.ActiveUS = t.store.now().UnixMicro()
	}
	v.CID, err = t.insert(`INSERT INTO conversation (app, id, type, inbox, name, avatar, description, notice, ext, owner, creator, other, created_at, modified_at,
		last_index, active_us, idem) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		v.App, v.ID, v.Type, v.Inbox, v.Name, v.Avatar, v.Description, v.Notice, v.Ext.json(), v.Owner, v.Creator, v.Other, v.CreatedAt, v.ModifiedAt,
		v.LastIndex, v.ActiveUS, v.Idem)
	return err
}

// SaveConversation stores texts, extension fields and owner, and when that was.
func (t *Tx) SaveConversation(v *Conversation) error {
	v.ModifiedAt = t.store.now().Unix()
	_, err := t.exec("UPDATE conversation SET name = ?, avatar = ?, description = ?, notice = ?, ext = ?, owner = ?, modified_at = ? WHERE cid = ?",
		v.Name, v.Avatar, v.Description, v.Notice, v.Ext.json(), v.Owner, v.ModifiedAt, v.CID)
	return err
}

// Dissolve ends the conversation. Its members go at once, its messages later, in the background.
func (t *Tx) Dissolve(cid int64) error {
	if _, err := t.exec("UPDATE conversation SET gone = 1, idem = '', modified_at = ? WHERE cid = ?", t.store.now().Unix(), cid); err != nil {
		return err
	}
	if _, err := t.exec("INSERT OR IGNORE INTO purge (gid) VALUES (?)", -cid); err != nil {
		return err
	}
	for _, query := range []string{
		"DELETE FROM participant WHERE cid = ?",
		"DELETE FROM conversation_setting WHERE cid = ?",
		"DELETE FROM participant_block WHERE cid = ?",
		"DELETE FROM participant_white WHERE cid = ?",
		"DELETE FROM conversation_mark WHERE cid = ?",
	} {
		if _, err := t.exec(query, cid); err != nil {
			return err
		}
	}
	t.store.wakeJanitor() // it waits for this transaction
	return nil
}

// Setting is what a user set for a conversation.
type Setting struct {
	Quiet               bool
	StickMS, FavoriteMS int64 // Unix milliseconds; 0 = not set
	Ext                 Data
	ReadIndex           int64
}

// Setting returns the user's setting, nil if there is none.
func (c Conn) Setting(cid, user int64) (*Setting, error) {
	s := &Setting{}
	err := c.get("SELECT quiet, stick_ms, favorite_ms, ext, read_index FROM conversation_setting WHERE cid = ? AND user = ?", []any{cid, user},
		&s.Quiet, &s.StickMS, &s.FavoriteMS, &s.Ext, &s.ReadIndex)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return s, err
}

// SaveSetting stores the user's setting.
func (t *Tx) SaveSetting(cid, user int64, s Setting) error {
	_, err := t.exec(`INSERT INTO conversation_setting (cid, user, quiet, stick_ms, favorite_ms, ext, read_index) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET quiet = excluded.quiet, stick_ms = excluded.stick_ms, favorite_ms = excluded.favorite_ms, ext = excluded.ext, read_index = excluded.read_index`,
		cid, user, s.Quiet, s.StickMS, s.FavoriteMS, s.Ext.json(), s.ReadIndex)
	return err
}

// SetReadIndex stores how far the user has read.
func (t *Tx) SetReadIndex(cid, user, index int64) error {
	_, err := t.exec("INSERT INTO conversation_setting (cid, user, read_index) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET read_index = excluded.read_index", cid, user, index)
	return err
}

// Reader is how far a member has read.
type Reader struct{ User, Index int64 }

// Readers lists how far the members have read, by user; members who have read nothing have index 0.
func (c Conn) Readers(cid int64) (readers []Reader, err error) {
	err = c.each("SELECT p.user, coalesce(s.read_index, 0) FROM participant p LEFT JOIN conversation_setting s ON s.cid = p.cid AND s.user = p.user WHERE p.cid = ? ORDER BY p.user",
		[]any{cid}, func(scan func(...any) error) error {
			var r Reader
			err := scan(&r.User, &r.Index)
			readers = append(readers, r)
			return err
		})
	return readers, err
}

// GroupMarks lists the marks of a live group in order of marking.
func (c Conn) GroupMarks(cid int64) (marks []string, err error) {
	err = c.each("SELECT mark FROM conversation_mark WHERE cid = ? ORDER BY n", []any{cid}, func(scan func(...any) error) error {
		var mark string
		err := scan(&mark)
		marks = append(marks, mark)
		return err
	})
	return marks, err
}

// SetGroupMark adds a mark to a live group, or removes it.
func (t *Tx) SetGroupMark(cid int64, mark string, on bool) error {
	query := "DELETE FROM conversation_mark WHERE cid = ? AND mark = ?"
	if on {
		query = "INSERT INTO conversation_mark (cid, n, mark) SELECT ?1, coalesce(max(n), 0) + 1, ?2 FROM conversation_mark WHERE cid = ?1 ON CONFLICT DO NOTHING"
	}
	_, err := t.exec(query, cid, mark)
	return err
}

// SingleIdem makes a pair of users have one single chat, whoever of them is named first.
func SingleIdem(a, b int64) string { return fmt.Sprintf("s%d:%d", min(a, b), max(a, b)) }

// FirstSeed notes that the app was filled with the demo, and reports false if it was before or has conversations.
func (t *Tx) FirstSeed(app int64) (bool, error) {
	n, err := t.exec("INSERT INTO im_seeded (app) SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM conversation WHERE app = ?1) ON CONFLICT DO NOTHING", app)
	return n > 0, err
}
