package tencent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/imclient"
)

type messagesArea struct{ *client }

// History returns one page of a conversation.
func (m messagesArea) History(ctx context.Context, o imclient.HistoryOptions) (imclient.HistoryPage, error) {
	ctx = withOp(ctx, "messages.history")
	if o.Conversation.Direct() {
		return m.directHistory(ctx, o)
	}
	if why(imclient.VerbHistory, o.Conversation.Type) != "" {
		return imclient.HistoryPage{}, imclient.Unsupported("messages.history", imclient.Tencent)
	}
	limit := o.Limit
	if limit == 0 {
		limit = maxHistory
	}
	if _, err := pageSize(ctx, limit, maxHistory); err != nil {
		return imclient.HistoryPage{}, err
	}
	from, err := position(ctx, o.From)
	if err != nil {
		return imclient.HistoryPage{}, err
	}
	if o.Direction == imclient.Newer {
		return m.newer(ctx, o.Conversation.Group, from, limit)
	}
	return m.older(ctx, o.Conversation.Group, from, limit)
}

// position reads a message's position; "" is 0.
func position(ctx context.Context, s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, refuse(ctx, imclient.ErrInvalid, "%.40q is not a position in a group", s)
	}
	return n, nil
}

// window is a run of positions as the service told them, newest first, and how low it reaches.
type window struct {
	messages []imclient.Message
	top, low int64 // 0, 0 if the group has no messages
	expired  bool  // the service says that all of it is gone
}

// empty is whether nothing is left of what was said in the window.
func (w window) empty() bool {
	for _, m := range w.messages {
		if m.State != imclient.MessageHole {
			return false
		}
	}
	return true
}

// read returns the n positions from top down; top 0 is the newest.
func (m messagesArea) read(ctx context.Context, conversation string, top int64, n int) (window, error) {
	key := fmt.Sprintf("%d-%d/%s", top, n, conversation)
	return m.said.Get(ctx, key, func(ctx context.Context) (window, error) { return m.ask(ctx, conversation, top, n) })
}

func (m messagesArea) ask(ctx context.Context, conversation string, top int64, n int) (window, error) {
	group, topic := splitTopic(conversation)
	var answer *GroupMsgGetSimpleAnswer
	ask := func(recalled int) func() error {
		return func() (err error) {
			answer, err = m.api.GroupMsgGetSimple(ctx, &GroupMsgGetSimpleRequest{
				GroupId: group, TopicId: topic, ReqMsgSeq: top, ReqMsgNumber: n, WithRecalledMsg: recalled,
			})
			return err
		}
	}
	refused := func(e *imclient.Error) bool { return e.Code == "10004" }
	if err := m.api.vocabulary.recalled.try(refused, ask(1), ask(0)); err != nil {
		return window{}, err
	}
	w := window{expired: answer.IsFinished == 2}
	for _, g := range answer.Messages() {
		if g.MsgSeq < 1 {
			continue
		}
		w.messages = append(w.messages, toMessage(g))
		seq := int64(g.MsgSeq)
		w.top = max(w.top, seq)
		if w.low == 0 || seq < w.low {
			w.low = seq
		}
	}
	sortMessages(w.messages)
	if top > 0 && w.low == 0 { // a server that leaves holes out says nothing at all of such a window
		w.top, w.low = top, max(1, top-int64(n)+1)
	}
	return w, nil
}

// maxHoles bounds how many windows of nothing but holes are looked through for something older: deleting one sender's
// messages can leave 1000 holes in a row, and everything below the end of the history is holes.
const maxHoles = 50

func (m messagesArea) older(ctx context.Context, group string, from int64, limit int) (imclient.HistoryPage, error) {
	w, err := m.read(ctx, group, from, limit)
	if err != nil {
		return imclient.HistoryPage{}, err
	}
	page := imclient.HistoryPage{Messages: slices.Clone(w.messages)} // the window may be shared
	switch {
	case w.low <= 1 || w.expired && w.empty():
		return page, nil
	case !w.empty():
		page.Older = itoa(w.low - 1)
		return page, nil
	}
	next, err := m.below(ctx, group, w.low-1)
	if err != nil {
		return imclient.HistoryPage{}, err
	}
	if next > 0 {
		page.Older = itoa(next)
	}
	return page, nil
}

// below finds the top of the first window from top down in which anything is left; 0 if there is none within reach. The
// windows are read a few at once, for a person is waiting.
func (m messagesArea) below(ctx context.Context, group string, top int64) (int64, error) {
	var tops []int64
	for ; top >= 1 && len(tops) < maxHoles; top -= maxHistory {
		tops = append(tops, top)
	}
	for n := 1; len(tops) > 0; n = min(n*2, 10) {
		round := tops[:min(n, len(tops))]
		tops = tops[len(round):]
		found := make([]bool, len(round))
		err := readBatches(ctx, round, 1, func(ctx context.Context, batch []int64, at int) error {
			w, err := m.read(ctx, group, batch[0], maxHistory)
			found[at] = !w.empty()
			return err
		})
		if err != nil {
			return 0, err
		}
		for i, ok := range found {
			if ok {
				return round[i], nil
			}
		}
	}
	return 0, nil
}

// newer reads upwards. One position more than is shown is asked for, to know whether there is a newer page.
func (m messagesArea) newer(ctx context.Context, group string, from int64, limit int) (imclient.HistoryPage, error) {
	if from == 0 {
		oldest, err := m.find(ctx, group, time.Time{})
		if err != nil || oldest == 0 {
			return imclient.HistoryPage{}, err
		}
		from = oldest
	}
	limit = min(limit, maxHistory-1)
	w, err := m.read(ctx, group, from+int64(limit), limit+1)
	if err != nil {
		return imclient.HistoryPage{}, err
	}
	var page imclient.HistoryPage
	for _, msg := range w.messages {
		if seq, _ := strconv.ParseInt(msg.Seq, 10, 64); seq >= from && seq < from+int64(limit) {
			page.Messages = append(page.Messages, msg)
		}
	}
	if len(w.messages) > 0 && w.top >= from+int64(limit) {
		page.Newer = itoa(from + int64(limit))
	}
	if from > 1 {
		page.Older = itoa(from - 1)
	}
	return page, nil
}

var priorities = map[Int]string{1: "High", 2: "Normal", 3: "Low", 4: "Lowest"}

func toMessage(g GroupMsg) imclient.Message {
	m := imclient.Message{
		ID: itoa(g.MsgSeq), Seq: itoa(g.MsgSeq), From: strings.TrimSpace(string(g.FromAccount)), At: unix(g.MsgTimeStamp),
		Priority: priorities[g.MsgPriority], Custom: string(g.CloudCustomData), Tip: g.IsSystemMsg == 1,
	}
	switch g.IsPlaceMsg {
	case 0:
	case 2:
		m.State = imclient.MessageRecalled
	default:
		return imclient.Message{ID: m.ID, Seq: m.Seq, State: imclient.MessageHole}
	}
	if m.Tip {
		m.Body = []imclient.Element{imclient.Tip{Raw: string(g.MsgBody)}}
	} else {
		m.Body = decodeBody(g.MsgBody)
	}
	return m
}

// sortMessages puts the newest first, which is how the service sends them.
func sortMessages(list []imclient.Message) {
	slices.SortStableFunc(list, func(a, b imclient.Message) int {
		return cmp.Or(cmp.Compare(len(b.Seq), len(a.Seq)), cmp.Compare(b.Seq, a.Seq)) // digits without leading zeros
	})
}

// At finds the position of the first message at or after t.
func (m messagesArea) At(ctx context.Context, c imclient.Conversation, t time.Time) (string, error) {
	ctx = withOp(ctx, "messages.at")
	if c.Direct() {
		return m.directAt(ctx, c, t)
	}
	if why(imclient.VerbHistory, c.Type) != "" {
		return "", imclient.Unsupported("messages.at", imclient.Tencent)
	}
	seq, err := m.find(ctx, c.Group, t)
	if err != nil || seq == 0 {
		return "", err
	}
	return itoa(seq), nil
}

// find is a binary search over windows of 20 positions, about 25 calls for a group with a thousand million; 0 if the group
// has no messages. A window of nothing but holes is taken for expired, so that the search goes on above it.
func (m messagesArea) find(ctx context.Context, group string, t time.Time) (int64, error) {
	w, err := m.read(ctx, group, 0, maxHistory)
	if err != nil || w.top == 0 {
		return 0, err
	}
	best := w.top // the answer if all are older
	top := w.top
	if w.empty() && w.low > 1 {
		if top, err = m.below(ctx, group, w.low-1); err != nil || top == 0 {
			return best, err
		}
		if w, err = m.read(ctx, group, top, maxHistory); err != nil {
			return 0, err
		}
	}
	low, high := int64(1), top // where the first message at or after t is, if it is not best
	for {
		first, before := w.around(t)
		switch {
		case first == 0: // all of it is older, or gone
			low = top + 1
		case before: // the turn is in this window
			return first, nil
		default:
			best, high = first, w.low-1
		}
		if low > high {
			return best, nil
		}
		top = min(high, low+(high-low)/2+maxHistory/2)
		if w, err = m.read(ctx, group, top, maxHistory); err != nil {
			return 0, err
		}
	}
}

// around says where t falls in the window: the position of its first message at or after t, 0 if none, and whether it has
// one before t.
func (w window) around(t time.Time) (first int64, before bool) {
	for _, msg := range slices.Backward(w.messages) {
		switch {
		case msg.State == imclient.MessageHole || msg.At.IsZero():
		case msg.At.Before(t):
			before = true
		case first == 0:
			first, _ = strconv.ParseInt(msg.Seq, 10, 64)
		}
	}
	return first, before
}

// Recall takes messages back for everybody.
func (m messagesArea) Recall(ctx context.Context, c imclient.Conversation, ids []string, reason string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "messages.recall")
	if c.Direct() {
		return m.directRecall(ctx, c, ids)
	}
	if err := m.allow(ctx, imclient.VerbRecall, c.Group, c.Type); err != nil {
		return nil, err
	}
	group, topic := splitTopic(c.Group)
	return m.bySeq(ctx, ids, maxRecall, func(batch []MsgSeq) ([]imclient.Refused, error) {
		r, err := m.api.GroupMsgRecall(ctx, &GroupMsgRecallRequest{GroupId: group, TopicId: topic, Reason: cut(reason, maxReason), MsgSeqList: batch})
		if err != nil {
			return nil, err
		}
		var refused []imclient.Refused
		for _, result := range r.RecallRetList {
			if result.RetCode != 0 {
				refused = append(refused, imclient.Refused{
					ID: itoa(result.MsgSeq), Err: itemError(opOf(ctx, groupMsgRecall.Command), groupMsgRecall.Command, result.RetCode, ""),
				})
			}
		}
		return refused, nil
	})
}

// cut shortens s to at most n bytes without breaking a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// DeleteBySender takes back what a sender said in the last 1000 messages of a group.
func (m messagesArea) DeleteBySender(ctx context.Context, id, sender string) error {
	ctx = withOp(ctx, "messages.delete_by_sender")
	if err := m.allow(ctx, imclient.VerbDeleteBySend, id, ""); err != nil {
		return err
	}
	group, topic := splitTopic(id)
	_, err := m.api.DeleteGroupMsgBySender(ctx, &DeleteGroupMsgBySenderRequest{
		GroupId: group, SenderAccount: sender, TopicId: topic,
	})
	return err
}
