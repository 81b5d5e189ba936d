package tencent

import (
	"context"
	"slices"
	"time"

	"imdesk/imclient"
)

// Send says something in a group, or in a direct chat.
func (m messagesArea) Send(ctx context.Context, c imclient.Conversation, d imclient.Draft) (imclient.Sent, error) {
	ctx = withOp(ctx, "messages.send")
	if len(d.Body) == 0 {
		return imclient.Sent{}, refuse(ctx, imclient.ErrInvalid, "a message without a body")
	}
	if c.Direct() {
		return m.directSend(ctx, c, d)
	}
	body, err := encodeBody(ctx, d.Body)
	if err != nil {
		return imclient.Sent{}, err
	}
	group, topic := splitTopic(c.Group)
	q := &SendGroupMsgRequest{
		GroupId: group, TopicId: topic, FromAccount: d.From, MsgBody: body, CloudCustomData: d.Custom, MsgPriority: d.Priority,
		OnlineOnlyFlag: flag(d.Fleeting), ToAccount: d.Only, SupportMessageExtension: flag(d.Extensible), NeedReadReceipt: flag(d.Receipts),
	}
	_, q.Random = repeatKey(d.Key)
	if d.MentionAll {
		q.GroupAtInfo = append(q.GroupAtInfo, GroupAt{GroupAtAllFlag: 1})
	}
	for _, user := range d.Mention {
		q.GroupAtInfo = append(q.GroupAtInfo, GroupAt{GroupAtAccount: user})
	}
	if d.Unasked {
		q.ForbidCallbackControl = []string{notAskedBefore}
	}
	if d.Quiet {
		if err := m.quiet(ctx, c, q); err != nil {
			return imclient.Sent{}, err
		}
	}
	r, err := m.api.SendGroupMsg(ctx, q)
	if err != nil {
		return imclient.Sent{}, err
	}
	sent := imclient.Sent{At: unix(r.MsgTime), Dropped: string(r.MsgDropReason)}
	if r.MsgSeq > 0 {
		sent.ID, sent.Seq = itoa(r.MsgSeq), itoa(r.MsgSeq)
	}
	return sent, nil
}

// quiet makes a message neither pushed nor counted. Types that count nothing refuse to be told not to, and what is not
// kept is not counted anyway.
func (m messagesArea) quiet(ctx context.Context, c imclient.Conversation, q *SendGroupMsgRequest) error {
	q.OfflinePushInfo = &OfflinePush{PushFlag: 1}
	typ, err := m.typeOf(ctx, c.Group, c.Type)
	if err == nil && q.OnlineOnlyFlag == 0 && why(imclient.VerbUnread, typ) == "" {
		q.SendMsgControl = []string{noUnread}
	}
	return err
}

// Edit overwrites a message.
func (m messagesArea) Edit(ctx context.Context, c imclient.Conversation, id string, e imclient.Edit) error {
	ctx = withOp(ctx, "messages.edit")
	if e.Body == nil && e.Custom == nil {
		return refuse(ctx, imclient.ErrInvalid, "neither body nor data to change")
	}
	var body []MsgElement
	var err error
	if e.Body != nil {
		if body, err = encodeBody(ctx, e.Body); err != nil {
			return err
		}
		if len(body) == 0 {
			return refuse(ctx, imclient.ErrInvalid, "a message without a body")
		}
	}
	if c.Direct() {
		if err := checkDirect(ctx, c); err != nil {
			return err
		}
		return m.directEdit(ctx, c, id, body, e.Custom)
	}
	if err := m.allow(ctx, imclient.VerbEditMessage, c.Group, c.Type); err != nil {
		return err
	}
	seq, err := messageSeq(ctx, id)
	if err != nil {
		return err
	}
	group, topic := splitTopic(c.Group)
	_, err = m.api.ModifyGroupMsg(ctx, &ModifyGroupMsgRequest{GroupId: group, TopicId: topic, MsgSeq: seq, MsgBody: body, CloudCustomData: e.Custom})
	return err
}

// messageSeq reads the id of a group message.
func messageSeq(ctx context.Context, id string) (int64, error) {
	seq, err := position(ctx, id)
	if err == nil && seq == 0 {
		err = refuse(ctx, imclient.ErrInvalid, "a message without a position")
	}
	return seq, err
}

// Clear deletes a group's messages for everybody.
func (m messagesArea) Clear(ctx context.Context, group, upTo string) error {
	ctx = withOp(ctx, "messages.clear")
	if _, topic := splitTopic(group); topic != "" {
		return refuse(ctx, imclient.ErrUnsupported, "the service clears whole groups, no topics")
	}
	if err := m.allow(ctx, imclient.VerbClearHistory, group, ""); err != nil {
		return err
	}
	seq, err := position(ctx, upTo)
	if err == nil {
		_, err = m.api.ClearGroupMsg(ctx, &ClearGroupMsgRequest{GroupId: group, MsgSeq: seq})
	}
	return err
}

// MarkRead marks what a user was told as read. The service knows a time for direct chats only.
func (m messagesArea) MarkRead(ctx context.Context, c imclient.Conversation, upTo time.Time) error {
	ctx = withOp(ctx, "messages.mark_read")
	if c.Direct() {
		if err := checkDirect(ctx, c); err != nil {
			return err
		}
		q := &AdminSetMsgReadRequest{ReportAccount: c.User, PeerAccount: c.Peer}
		if !upTo.IsZero() {
			q.MsgReadTime = upTo.Unix()
		}
		_, err := m.api.AdminSetMsgRead(ctx, q)
		return err
	}
	if !upTo.IsZero() {
		return refuse(ctx, imclient.ErrUnsupported, "groups are marked as read as a whole")
	}
	return membersArea(m).setUnread(ctx, c.Group, c.User, 0)
}

// Acknowledge sends read receipts of a user.
func (m messagesArea) Acknowledge(ctx context.Context, c imclient.Conversation, ids []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "messages.acknowledge")
	if !c.Direct() {
		if err := m.allow(ctx, imclient.VerbReceipts, c.Group, c.Type); err != nil {
			return nil, err
		}
		return m.bySeq(ctx, ids, maxReceipts, func(batch []MsgSeq) ([]imclient.Refused, error) {
			_, err := m.api.GroupMsgReceipt(ctx, &GroupMsgReceiptRequest{GroupId: c.Group, FromAccount: c.User, MsgSeqList: batch})
			return nil, err
		})
	}
	if err := checkDirect(ctx, c); err != nil {
		return nil, err
	}
	messages, refused := m.directMessages(ctx, c, ids)
	if len(messages) == 0 && len(refused) > 0 {
		return nil, refused[0].Err
	}
	id := func(d namedMessage) string { return d.id }
	more, err := inBatches(ctx, messages, maxReceipts, id, func(batch []namedMessage) ([]imclient.Refused, error) {
		q := &C2CMsgReadReceiptRequest{OperatorAccount: c.User, PeerAccount: c.Peer}
		for _, d := range batch {
			q.C2CMsgInfo = append(q.C2CMsgInfo, d.C2CMsg)
		}
		_, err := m.api.C2CMsgReadReceipt(ctx, q)
		return nil, err
	})
	if err != nil {
		return nil, err
	}
	return append(refused, more...), nil
}

// bySeq writes to messages of a group by their positions, at most n a call. Ids that are none are refused.
func (m messagesArea) bySeq(ctx context.Context, ids []string, n int, call func([]MsgSeq) ([]imclient.Refused, error)) ([]imclient.Refused, error) {
	var refused []imclient.Refused
	var seqs []MsgSeq
	for _, id := range ids {
		seq, err := messageSeq(ctx, id)
		if err != nil {
			refused = append(refused, imclient.Refused{ID: id, Err: asError(ctx, err)})
			continue
		}
		seqs = append(seqs, MsgSeq{seq})
	}
	if len(seqs) == 0 && len(refused) > 0 {
		return nil, refused[0].Err
	}
	more, err := inBatches(ctx, seqs, n, func(s MsgSeq) string { return itoa(s.MsgSeq) }, call)
	if err != nil {
		return nil, err
	}
	return append(refused, more...), nil
}

// Receipts counts who has read messages of a group.
func (m messagesArea) Receipts(ctx context.Context, c imclient.Conversation, ids []string) ([]imclient.Receipt, []imclient.Refused, error) {
	ctx = withOp(ctx, "messages.receipts")
	if c.Direct() {
		return nil, nil, imclient.Unsupported("messages.receipts", imclient.Tencent)
	}
	if err := m.allow(ctx, imclient.VerbReceipts, c.Group, c.Type); err != nil {
		return nil, nil, err
	}
	found := map[string]imclient.Receipt{}
	refused, err := m.bySeq(ctx, ids, maxReceipts, func(batch []MsgSeq) ([]imclient.Refused, error) {
		r, err := m.api.GetGroupMsgReceipt(ctx, &GetGroupMsgReceiptRequest{GroupId: c.Group, MsgSeqList: batch})
		if err != nil {
			return nil, err
		}
		var refused []imclient.Refused
		for _, g := range r.GroupMsgReceiptList {
			id := itoa(g.MsgSeq)
			if g.Code != 0 {
				refused = append(refused, imclient.Refused{ID: id, Err: itemError(opOf(ctx, getGroupMsgReceipt.Command), getGroupMsgReceipt.Command, g.Code, "")})
				continue
			}
			found[id] = imclient.Receipt{ID: id, Read: int(g.ReadNum), Unread: int(g.UnreadNum)}
		}
		return refused, nil
	})
	if err != nil {
		return nil, nil, err
	}
	var list []imclient.Receipt
	for _, id := range unique(ids) {
		if r, ok := found[id]; ok {
			list = append(list, r)
		}
	}
	return list, refused, nil
}

// Readers returns one page of those who have read a message of a group, or have not.
func (m messagesArea) Readers(ctx context.Context, c imclient.Conversation, id string, read bool, cursor string, limit int) (imclient.Page[string], error) {
	ctx = withOp(ctx, "messages.readers")
	page := imclient.Page[string]{Total: -1}
	if c.Direct() {
		return page, imclient.Unsupported("messages.readers", imclient.Tencent)
	}
	limit, err := pageSize(ctx, limit, maxReaders)
	if err != nil {
		return page, err
	}
	if err := m.allow(ctx, imclient.VerbReceipts, c.Group, c.Type); err != nil {
		return page, err
	}
	seq, err := messageSeq(ctx, id)
	if err != nil {
		return page, err
	}
	q := &GetGroupMsgReceiptDetailRequest{GroupId: c.Group, MsgSeq: seq, Filter: ReceiptReaders, Cursor: cursor, Count: limit}
	if !read {
		q.Filter = ReceiptNonReaders
	}
	r, err := m.api.GetGroupMsgReceiptDetail(ctx, q)
	if err != nil {
		return page, err
	}
	for _, a := range r.ReadList {
		page.Items = append(page.Items, string(a.ReadAccount))
	}
	for _, a := range r.UnreadList {
		page.Items = append(page.Items, string(a.UnreadAccount))
	}
	if next := string(r.Cursor); !r.Finished() && next != cursor {
		page.Next = next
	}
	return page, nil
}

// oneByOne writes to targets with one call each, each target once. A failure that says nothing about the next target makes
// its target refused; any other ends it, and those that follow are refused unsent.
func oneByOne(ctx context.Context, targets []string, call func(string) error) ([]imclient.Refused, error) {
	var refused []imclient.Refused
	targets = unique(targets)
	for i, target := range targets {
		err := call(target)
		if err == nil {
			continue
		}
		e := asError(ctx, err)
		if i == 0 && !aboutOne(e) {
			return nil, e
		}
		refused = append(refused, imclient.Refused{ID: target, Err: e})
		if !aboutOne(e) {
			unsent := *e
			unsent.Sent = false
			return append(refused, refuseAll(targets[i+1:], same, &unsent)...), nil
		}
	}
	return slices.Clip(refused), nil
}

// aboutOne tells failures that are about one target.
func aboutOne(e *imclient.Error) bool {
	return e.Kind == imclient.ErrNotFound || e.Kind == imclient.ErrDenied || passing(e)
}
