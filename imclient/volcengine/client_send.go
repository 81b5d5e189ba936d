package volcengine

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"time"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// Send says something, and reads it back: the service tells its id alone.
func (m messagesArea) Send(ctx context.Context, c imclient.Conversation, d imclient.Draft) (imclient.Sent, error) {
	ctx = withOp(ctx, "messages.send")
	typ, text, err := writeBody(ctx, d.Body)
	if err != nil {
		return imclient.Sent{}, err
	}
	if d.Fleeting || d.Quiet || d.Extensible || d.MentionAll {
		return imclient.Sent{}, refuse(ctx, imclient.ErrUnsupported, "messages cannot be fleeting, quiet or extensible, nor mention everybody")
	}
	conversation, sender, live, err := m.sender(ctx, c, d.From)
	if err != nil {
		return imclient.Sent{}, err
	}
	q := &SendMessageRequest{
		ConversationShortId: ID(conversation), Sender: ID(sender), MsgType: typ, Content: text, Ext: extOf(d.Custom, nil),
		ClientMsgId: cmp.Or(d.Key, rand.Text()), MentionedUsers: ids(d.Mention), VisibleUsers: ids(d.Only),
	}
	if q.Priority, err = priority(ctx, d.Priority, live); err != nil {
		return imclient.Sent{}, err
	}
	r, err := m.api.SendMessage(ctx, q)
	if err != nil {
		return imclient.Sent{}, err
	}
	sent := imclient.Sent{ID: string(r.MessageId), At: m.api.now()}
	found, err := m.given(ctx, conversation, []string{sent.ID})
	msg, ok := found[sent.ID]
	switch {
	case err != nil: // it is said all the same
	case ok:
		sent.Seq, sent.At = string(msg.IndexInConversation), millis(msg.CreateTime)
	case live:
		sent.Dropped = "not stored" // above 30 messages a second the service drops what it took
	}
	return sent, nil
}

// sender settles in which conversation and as whom something is said. The service has no administrator: in groups their
// owners speak where nobody is named.
func (m messagesArea) sender(ctx context.Context, c imclient.Conversation, from string) (conversation, sender string, live bool, err error) {
	if c.Direct() {
		if sender = cmp.Or(from, c.User); sender != c.User && sender != c.Peer || sender == "" {
			return "", "", false, refuse(ctx, imclient.ErrInvalid, "one of the two must speak")
		}
		conversation, err = m.makeChat(ctx, c.User, c.Peer)
		return conversation, sender, false, err
	}
	info, err := m.known(ctx, c.Group)
	if err != nil {
		return "", "", false, err
	}
	if sender = cmp.Or(from, info.OwnerUserId.or(string(info.OwnerUserIdStr))); !m.api.validUser(sender) {
		return "", "", false, refuse(ctx, imclient.ErrInvalid, "no user %.40q: ids are digits", sender)
	}
	return c.Group, sender, isLive(info), nil
}

// priority is that of a message in a live group; others have none.
func priority(ctx context.Context, word string, live bool) (*int, error) {
	n, known := map[string]int{"Low": PriorityLow, "Lowest": PriorityLow, "Normal": PriorityNormal, "High": PriorityHigh}[word]
	switch {
	case word == "":
		return nil, nil
	case !known:
		return nil, refuse(ctx, imclient.ErrInvalid, "no priority %.40q", word)
	case !live:
		return nil, refuse(ctx, imclient.ErrUnsupported, "live groups alone have priorities")
	}
	return &n, nil
}

// MarkRead moves the read position of c.User forward, if what was said up to then is ahead of it.
func (m messagesArea) MarkRead(ctx context.Context, c imclient.Conversation, upTo time.Time) error {
	ctx = withOp(ctx, "messages.mark_read")
	if !m.api.validUser(c.User) {
		return refuse(ctx, imclient.ErrInvalid, "whose read position?")
	}
	if !c.Direct() {
		info, err := m.known(ctx, c.Group)
		if err == nil {
			err = needGroup(ctx, info)
		}
		if err != nil {
			return err
		}
	}
	conversation, err := m.conversation(ctx, c)
	if err != nil || conversation == "" {
		return err
	}
	ctx = imclient.Fresh(ctx)
	last := ""
	if !upTo.IsZero() {
		later, _, err := m.first(ctx, conversation, upTo.UnixMicro(), func(x Message) bool { return millis(x.CreateTime).After(upTo) })
		if err != nil {
			return err
		}
		if len(later) > 0 {
			last = itoa(index(later[len(later)-1]) - 1)
		}
	}
	page, err := m.older(ctx, conversation, last, 1)
	if err != nil || len(page.Messages) == 0 {
		return err
	}
	target := page.Messages[0].IndexInConversation
	setting, err := m.setting(ctx, conversation, c.User)
	if err != nil || !ahead(target, setting.ReadIndex) {
		return err
	}
	return m.api.ModifyParticipantReadIndex(ctx, &ModifyParticipantReadIndexRequest{
		ConversationShortId: ID(conversation), ParticipantUserId: ID(c.User), ReadIndex: target,
	})
}

// ahead tells whether a position is behind another in time.
func ahead(a, b ID) bool {
	x, _ := strconv.ParseInt(string(a), 10, 64) // "" is 0
	y, _ := strconv.ParseInt(string(b), 10, 64)
	return x > y
}

// Acknowledge is what the vendor does not have: receipts are the clients' to send.
func (m messagesArea) Acknowledge(context.Context, imclient.Conversation, []string) ([]imclient.Refused, error) {
	return nil, unsupported("messages.acknowledge")
}

// receipts reads who has read messages of a group, by message.
func (m messagesArea) receipts(ctx context.Context, c imclient.Conversation, list []string) (map[string]ReadReceipt, error) {
	if c.Direct() {
		return nil, refuse(ctx, imclient.ErrUnsupported, "of a direct chat its messages tell")
	}
	found := map[string]ReadReceipt{}
	if !validID(c.Group) {
		return nil, refuse(ctx, imclient.ErrNotFound, "no group %.40q", c.Group)
	}
	for batch := range slices.Chunk(list, maxTargets) {
		r, err := m.api.GetMessagesReadReceipt(ctx, &GetMessagesReadReceiptRequest{ConversationShortId: ID(c.Group), MessageIds: ids(batch)})
		if err != nil {
			return nil, err
		}
		for _, receipt := range r.ReadReceipt {
			found[string(receipt.MessageId)] = receipt
		}
	}
	return found, nil
}

func (m messagesArea) Receipts(ctx context.Context, c imclient.Conversation, list []string) ([]imclient.Receipt, []imclient.Refused, error) {
	ctx = withOp(ctx, "messages.receipts")
	var valid []string
	list = calls.Unique(list)
	for _, id := range list {
		if validID(id) {
			valid = append(valid, id)
		}
	}
	found, err := m.receipts(ctx, c, valid)
	if err != nil {
		return nil, nil, err
	}
	var out []imclient.Receipt
	var refused []imclient.Refused
	for _, id := range list {
		r, ok := found[id]
		if !ok {
			refused = append(refused, imclient.Refused{ID: id, Err: refuse(ctx, imclient.ErrNotFound, "no such message")})
			continue
		}
		out = append(out, imclient.Receipt{
			ID: id, Read: len(twins(r.ReadUserIds, r.ReadUserIdsStr)), Unread: len(twins(r.UnReadUserIds, r.UnReadUserIdsStr)),
		})
	}
	return out, refused, nil
}

// Readers come all at once; the cursor is an offset.
func (m messagesArea) Readers(ctx context.Context, c imclient.Conversation, id string, read bool, cursor string, limit int) (imclient.Page[string], error) {
	ctx = withOp(ctx, "messages.readers")
	from, err := strconv.Atoi(cmp.Or(cursor, "0"))
	if err != nil || from < 0 {
		return imclient.Page[string]{}, refuse(ctx, imclient.ErrInvalid, "not a cursor")
	}
	if !validID(id) {
		return imclient.Page[string]{}, refuse(ctx, imclient.ErrInvalid, "not the id of a message")
	}
	found, err := m.receipts(ctx, c, []string{id})
	if err != nil {
		return imclient.Page[string]{}, err
	}
	r, ok := found[id]
	if !ok {
		return imclient.Page[string]{}, refuse(ctx, imclient.ErrNotFound, "no such message")
	}
	users := twins(r.ReadUserIds, r.ReadUserIdsStr)
	if !read {
		users = twins(r.UnReadUserIds, r.UnReadUserIdsStr)
	}
	if limit <= 0 {
		limit = defaultPage
	}
	from = min(from, len(users))
	to := min(from+limit, len(users))
	page := imclient.Page[string]{Items: users[from:to], Total: len(users)}
	if to < len(users) {
		page.Next = strconv.Itoa(to)
	}
	return page, nil
}
