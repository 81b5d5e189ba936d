package community

import (
	"database/sql"
	"errors"
	"fmt"
)

// Topic is a stream of messages inside a community.
type Topic struct {
	TID, GID                                     int64
	ID                                           string
	Name, Introduction, Notification, Face, Data string
	CreatedAt, MsgAt, NextSeq, ReadFloor         int64
	MuteAll                                      bool
}

// ErrNoTopic is the error of a topic that does not exist or was removed.
var ErrNoTopic = errors.New("no such topic")

const topicColumns = "tid, gid, id, name, introduction, notification, face, custom, created_at, msg_at, next_seq, read_floor, mute_all"

func (p *Topic) fields() []any {
	return []any{&p.TID, &p.GID, &p.ID, &p.Name, &p.Introduction, &p.Notification, &p.Face, &p.Data, &p.CreatedAt, &p.MsgAt, &p.NextSeq, &p.ReadFloor, &p.MuteAll}
}

// Topic returns a topic of the group, or ErrNoTopic.
func (c Conn) Topic(gid int64, id string) (p Topic, err error) {
	err = c.get("SELECT "+topicColumns+" FROM topic WHERE gid = ? AND id = ? AND gone = 0", []any{gid, id}, p.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return p, fmt.Errorf("%w: %s", ErrNoTopic, id)
	}
	return p, err
}

// Topics lists the topics of the group in order of creation; ids, unless it is nil, says which.
func (c Conn) Topics(gid int64, ids []string) (topics []Topic, err error) {
	query, args := "SELECT "+topicColumns+" FROM topic WHERE gid = ? AND gone = 0", []any{gid}
	if ids != nil {
		arg, err := list(ids)
		if err != nil {
			return nil, err
		}
		query, args = query+" AND id IN "+in, append(args, arg)
	}
	err = c.each(query+" ORDER BY tid", args, func(scan func(...any) error) error {
		var p Topic
		err := scan(p.fields()...)
		topics = append(topics, p)
		return err
	})
	return topics, err
}

// TopicGone reports whether the group had a topic of that id, and has it no more.
func (c Conn) TopicGone(gid int64, id string) (gone bool, err error) {
	err = c.get("SELECT EXISTS (SELECT 1 FROM topic WHERE gid = ?1 AND id = ?2 AND gone = 1) AND NOT EXISTS (SELECT 1 FROM topic WHERE gid = ?1 AND id = ?2 AND gone = 0)", []any{gid, id}, &gone)
	return gone, err
}

// CountTopics returns how many topics the group has.
func (c Conn) CountTopics(gid int64) (n int, err error) {
	err = c.get("SELECT count(*) FROM topic WHERE gid = ? AND gone = 0", []any{gid}, &n)
	return n, err
}

// TopicTotals returns how many messages the topics of a group have had, and how many of them the user has read.
func (c Conn) TopicTotals(gid, uid int64) (said, read int64, err error) {
	err = c.get("SELECT coalesce(sum(t.next_seq - 1), 0), coalesce(sum(max(coalesce(r.read_seq, 0), t.read_floor)), 0) FROM topic t LEFT JOIN topic_read r ON r.tid = t.tid AND r.uid = ? WHERE t.gid = ? AND t.gone = 0",
		[]any{uid, gid}, &said, &read)
	return said, read, err
}

// TopicsRead returns how far the user has read in the topics of a group, by tid.
func (c Conn) TopicsRead(gid, uid int64) (map[int64]int64, error) {
	found := map[int64]int64{}
	err := c.each("SELECT r.tid, r.read_seq FROM topic t JOIN topic_read r ON r.tid = t.tid AND r.uid = ? WHERE t.gid = ? AND t.gone = 0", []any{uid, gid}, func(scan func(...any) error) error {
		var tid, seq int64
		err := scan(&tid, &seq)
		found[tid] = seq
		return err
	})
	return found, err
}

// ReadTopic notes that the user has read a topic up to seq.
func (t *Tx) ReadTopic(tid, uid, seq int64) error {
	_, err := t.exec("INSERT INTO topic_read (tid, uid, read_seq) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET read_seq = max(read_seq, excluded.read_seq)", tid, uid, seq)
	return err
}

// MarkTopicRead makes every member have read everything.
func (t *Tx) MarkTopicRead(tid int64) error {
	_, err := t.exec("UPDATE topic SET read_floor = next_seq - 1 WHERE tid = ?", tid)
	return err
}

// SaveTopic stores what may change by editing.
func (t *Tx) SaveTopic(p Topic) error {
	_, err := t.exec("UPDATE topic SET name = ?, introduction = ?, notification = ?, face = ?, custom = ?, mute_all = ? WHERE tid = ?",
		p.Name, p.Introduction, p.Notification, p.Face, p.Data, p.MuteAll, p.TID)
	return err
}

// RemoveTopic ends a topic. Its messages go in the background.
func (t *Tx) RemoveTopic(tid int64) error {
	for _, query := range []string{
		"UPDATE topic SET gone = 1 WHERE tid = ?",
		"DELETE FROM topic_read WHERE tid = ?",
		"DELETE FROM mute WHERE gid = ?",
		"INSERT INTO purge (gid) VALUES (?) ON CONFLICT DO NOTHING",
	} {
		if _, err := t.exec(query, tid); err != nil {
			return err
		}
	}
	t.store.wakeJanitor() // it waits for this transaction
	return nil
}

// CreateTopic stores p and sets its TID.
func (t *Tx) CreateTopic(gid int64, p *Topic) (err error) {
	p.GID = gid
	p.TID, err = t.insert("INSERT INTO topic (gid, id, name, introduction, notification, face, custom, created_at, mute_all) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		gid, p.ID, p.Name, p.Introduction, p.Notification, p.Face, p.Data, p.CreatedAt, p.MuteAll)
	return err
}
