package community

import (
	"database/sql"
	"errors"
	"fmt"
)

// Topic is a stream of messages inside a community.
type Topic struct {
	TID                                          int64
	ID                                           string
	Name, Introduction, Notification, Face, Data string
	CreatedAt, MsgAt, NextSeq                    int64
	MuteAll                                      bool
}

// ErrNoTopic is the error of a topic that does not exist or was removed.
var ErrNoTopic = errors.New("no such topic")

const topicColumns = "tid, id, name, introduction, notification, face, custom, created_at, msg_at, next_seq, mute_all"

func (p *Topic) fields() []any {
	return []any{&p.TID, &p.ID, &p.Name, &p.Introduction, &p.Notification, &p.Face, &p.Data, &p.CreatedAt, &p.MsgAt, &p.NextSeq, &p.MuteAll}
}

// Topic returns a topic of the group, or ErrNoTopic.
func (c Conn) Topic(gid int64, id string) (p Topic, err error) {
	err = c.get("SELECT "+topicColumns+" FROM topic WHERE gid = ? AND id = ? AND gone = 0", []any{gid, id}, p.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return p, fmt.Errorf("%w: %s", ErrNoTopic, id)
	}
	return p, err
}

// CreateTopic stores p and sets its TID.
func (t *Tx) CreateTopic(gid int64, p *Topic) (err error) {
	p.TID, err = t.insert("INSERT INTO topic (gid, id, name, introduction, notification, face, custom, created_at, mute_all) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		gid, p.ID, p.Name, p.Introduction, p.Notification, p.Face, p.Data, p.CreatedAt, p.MuteAll)
	return err
}
